/* SPDX-License-Identifier: MIT */
/*
 * kernel/itimer.c - alarm, setitimer, RLIMIT_CPU: signals after a time
 *
 *	ITIMER_REAL     real time     SIGALRM     a struct timer of the process
 *	ITIMER_VIRTUAL  user time     SIGVTALRM   \  compared with the CPU time of the process at each
 *	ITIMER_PROF     user + kernel SIGPROF      > tick of one of its threads (10 ms), which runs only
 *	RLIMIT_CPU      user + kernel SIGXCPU     /  while something is armed: cpu_timers_armed
 *
 * LOCKS          p->siglock; callbacks run in interrupts.
 */
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <lib/string.h>
#include "proc_internal.h"
#include "signal_internal.h"
#include "time_internal.h"

/* ---- ITIMER_REAL ---- */

void itimer_real_fire(struct timer *t)
{
	struct process *p = container_of(t, struct process, itimer_real);
	unsigned long flags;
	u64 now = clock_monotonic_ns();

	spin_lock_irqsave(&p->siglock, flags);
	if (p->itimer_expires && p->itimer_expires <= now) {
		send_signal_locked(p, NULL, SIGALRM, NULL);
		if (p->itimer_interval) {
			u64 missed = (now - p->itimer_expires) / p->itimer_interval;

			p->itimer_expires += (missed + 1) * p->itimer_interval;
		} else {
			p->itimer_expires = 0;
		}
	}
	if (p->itimer_expires)
		timer_arm(t, p->itimer_expires);
	spin_unlock_irqrestore(&p->siglock, flags);
}

/*
 * New setting (@value 0: off); *@old_value and *@old_interval are ns left and the period. Switched off, the timer
 * stays armed and finds nothing to do: after the lock, a cancel could hit what another thread has armed meanwhile.
 */
static void set_real(struct process *p, u64 value, u64 interval, u64 *old_value, u64 *old_interval)
{
	unsigned long flags;
	u64 now = clock_monotonic_ns();

	spin_lock_irqsave(&p->siglock, flags);
	*old_interval = p->itimer_interval;
	*old_value = p->itimer_expires ? max(p->itimer_expires, now + 1) - now : 0;
	p->itimer_expires = value ? deadline_after(value) : 0;
	p->itimer_interval = interval;
	if (value)
		timer_arm(&p->itimer_real, p->itimer_expires);
	spin_unlock_irqrestore(&p->siglock, flags);
}

static void get_real(struct process *p, u64 *value, u64 *interval)
{
	unsigned long flags;
	u64 now = clock_monotonic_ns();

	spin_lock_irqsave(&p->siglock, flags);
	*interval = p->itimer_interval;
	*value = p->itimer_expires ? max(p->itimer_expires, now + 1) - now : 0;
	spin_unlock_irqrestore(&p->siglock, flags);
}

void itimers_exit(struct process *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	p->itimer_expires = 0;
	p->cpu_timer[0].expires = p->cpu_timer[1].expires = 0;
	p->cpu_limited = false;
	spin_unlock_irqrestore(&p->siglock, flags);
	timer_cancel(&p->itimer_real);
}

/* ---- CPU time ---- */

/* ITIMER_VIRTUAL counts user time only. @which 0: VIRTUAL, 1: PROF */
static u64 cpu_clock(struct process *p, unsigned int which)
{
	u64 utime, stime;

	process_cpu_times(p, &utime, &stime);
	return which == 0 ? utime : utime + stime;
}

static void check_cpu_timer(struct process *p, unsigned int which, int sig)
{
	struct cpu_timer *c = &p->cpu_timer[which];
	u64 now;

	if (!c->expires)
		return;
	now = cpu_clock(p, which);
	if (now < c->expires)
		return;
	send_signal_locked(p, NULL, sig, NULL);
	c->expires = c->interval ? now + c->interval : 0;
}

/* SIGXCPU at the soft limit and each second after, SIGKILL at the hard one (setrlimit(2)). */
static void check_cpu_limit(struct process *p)
{
	struct rlimit64 *limit = &p->rlim[RLIMIT_CPU];
	u64 seconds;

	if (!p->cpu_limited)
		return;
	seconds = cpu_clock(p, 1) / NSEC_PER_SEC;
	if (seconds >= limit->rlim_max) {
		send_signal_locked(p, NULL, SIGKILL, NULL);
	} else if (seconds >= limit->rlim_cur) {
		send_signal_locked(p, NULL, SIGXCPU, NULL);
		limit->rlim_cur = seconds + 1;
	}
}

static void cpu_tick(struct thread *t)
{
	struct process *p = t->process;

	if (!p || !(p->cpu_timer[0].expires | p->cpu_timer[1].expires | p->cpu_limited))
		return;
	spin_lock(&p->siglock);
	check_cpu_timer(p, 0, SIGVTALRM);
	check_cpu_timer(p, 1, SIGPROF);
	check_cpu_limit(p);
	spin_unlock(&p->siglock);
}

void cpu_timers_init(void)
{
	sched_tick_hook = cpu_tick;
}

void cpu_limit_update(struct process *p)
{
	ASSERT_HELD(&p->siglock);
	p->cpu_limited = p->rlim[RLIMIT_CPU].rlim_cur != RLIM_INFINITY;
}

static void set_cpu(struct process *p, unsigned int which, const u64 *value, u64 interval,
		    u64 *old_value, u64 *old_interval)
{
	struct cpu_timer *c = &p->cpu_timer[which];
	unsigned long flags;
	u64 now;

	spin_lock_irqsave(&p->siglock, flags);
	now = cpu_clock(p, which);
	*old_interval = c->interval;
	*old_value = c->expires ? max(c->expires, now + 1) - now : 0;
	if (value) {
		c->expires = *value ? now + *value : 0;
		c->interval = interval;
	}
	spin_unlock_irqrestore(&p->siglock, flags);
}

/* ---- system calls ---- */

static struct kernel_timeval ns_to_timeval(u64 ns)
{
	ns += NSEC_PER_USEC - 1;	/* what is left must not read as 0 */
	return (struct kernel_timeval){ (s64)(ns / NSEC_PER_SEC),
					(s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
}

static int timeval_to_ns(const struct kernel_timeval *tv, u64 *ns)
{
	if (tv->tv_sec < 0 || tv->tv_usec < 0 || tv->tv_usec >= 1000000)
		return -EINVAL;
	*ns = (u64)tv->tv_sec >= KTIME_MAX / NSEC_PER_SEC ? KTIME_MAX :
	      (u64)tv->tv_sec * NSEC_PER_SEC + (u64)tv->tv_usec * NSEC_PER_USEC;
	return 0;
}

static int put_itimer(struct kernel_itimerval __user *uold, u64 value, u64 interval)
{
	struct kernel_itimerval it = { ns_to_timeval(interval), { 0, 0 } };

	it.it_interval = (struct kernel_timeval){ (s64)(interval / NSEC_PER_SEC),
					(s64)(interval % NSEC_PER_SEC / NSEC_PER_USEC) };
	if (value)
		it.it_value = ns_to_timeval(value);
	return copy_to_user(uold, &it, sizeof(it));
}

SYSCALL_DEFINE2(getitimer, int, which, struct kernel_itimerval __user *, uit)
{
	struct process *p = current_process();
	u64 value, interval;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	if (which == ITIMER_REAL)
		get_real(p, &value, &interval);
	else
		set_cpu(p, (unsigned int)which - ITIMER_VIRTUAL, NULL, 0, &value, &interval);
	return put_itimer(uit, value, interval);
}

SYSCALL_DEFINE3(setitimer, int, which, const struct kernel_itimerval __user *, unew,
		struct kernel_itimerval __user *, uold)
{
	struct process *p = current_process();
	struct kernel_itimerval it = { { 0, 0 }, { 0, 0 } };
	u64 value, interval, old_value, old_interval;

	if (unew && copy_from_user(&it, unew, sizeof(it)))
		return -EFAULT;
	if (which < ITIMER_REAL || which > ITIMER_PROF || timeval_to_ns(&it.it_value, &value) ||
	    timeval_to_ns(&it.it_interval, &interval))
		return -EINVAL;
	if (which == ITIMER_REAL)
		set_real(p, value, interval, &old_value, &old_interval);
	else
		set_cpu(p, (unsigned int)which - ITIMER_VIRTUAL, &value, interval, &old_value,
			&old_interval);
	return uold ? put_itimer(uold, old_value, old_interval) : 0;
}

/* alarm - seconds left of the old one, rounded up so that an armed one is never 0 */
SYSCALL_DEFINE1(alarm, unsigned int, seconds)
{
	u64 old_value, old_interval;

	set_real(current_process(), (u64)seconds * NSEC_PER_SEC, 0, &old_value, &old_interval);
	return (long)DIV_ROUND_UP(old_value, NSEC_PER_SEC);
}
