/* SPDX-License-Identifier: MIT */
/*
 * kernel/time.c - what time is it for a program, and how does it sleep?
 *
 *	clock                                    is
 *	MONOTONIC, _RAW, _COARSE, BOOTTIME       arch_clock_ns(): the machine never suspends
 *	REALTIME, _COARSE, TAI                   the same plus an offset that clock_settime moves
 *	PROCESS_CPUTIME, THREAD_CPUTIME, pids    thread_times() of one or all threads
 *
 * Sleeps are absolute deadlines of the monotonic clock. One to an absolute REALTIME is converted when
 * it begins; setting the clock meanwhile does not move it (left out: Linux does).
 *
 * READ NEXT      itimer.c (interval timers), posix_timer.c (timer_create).
 */
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <lib/string.h>
#include "proc_internal.h"
#include "time_internal.h"

/* ---- reading ---- */

static u64 process_cpu_ns(struct process *p)
{
	unsigned long flags;
	u64 utime, stime;

	spin_lock_irqsave(&p->siglock, flags);
	process_cpu_times(p, &utime, &stime);
	spin_unlock_irqrestore(&p->siglock, flags);
	return utime + stime;
}

static u64 thread_cpu_ns(struct thread *t)
{
	u64 utime, stime;

	thread_times(t, &utime, &stime);
	return utime + stime;
}

/*
 * A negative id names the CPU clock of a process or thread: ~pid << 3, bit 2 = thread, low bits =
 * which time (2 = all of it; PROF and VIRT are answered alike). clock_getcpuclockid(3) makes them.
 */
static int dynamic_clock_read(int id, u64 *ns)
{
	pid_t pid = ~(id >> 3);
	bool per_thread = id & 4;
	int err = -EINVAL;

	if ((id & 3) == 3)
		return -EINVAL;
	if (pid == 0) {
		*ns = per_thread ? thread_cpu_ns(current) : process_cpu_ns(current_process());
		return 0;
	}
	spin_lock(&tasklist_lock);
	if (per_thread) {
		struct thread *t = find_thread(pid);

		if (t && t->process == current_process()) {
			*ns = thread_cpu_ns(t);
			err = 0;
		}
	} else {
		struct process *p = find_process(pid);

		if (p) {
			*ns = process_cpu_ns(p);
			err = 0;
		}
	}
	spin_unlock(&tasklist_lock);
	return err;
}

int clock_read(int id, u64 *ns)
{
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*ns = clock_realtime_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = clock_monotonic_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*ns = process_cpu_ns(current_process());
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = thread_cpu_ns(current);
		return 0;
	default:
		return id < 0 ? dynamic_clock_read(id, ns) : -EINVAL;
	}
}

static int put_timespec(struct timespec64 __user *uts, u64 ns)
{
	struct timespec64 ts = ns_to_timespec(ns);

	return copy_to_user(uts, &ts, sizeof(ts));
}

SYSCALL_DEFINE2(clock_gettime, int, id, struct timespec64 __user *, uts)
{
	u64 ns;
	int err = clock_read(id, &ns);

	return err ? err : put_timespec(uts, ns);
}

SYSCALL_DEFINE2(clock_getres, int, id, struct timespec64 __user *, uts)
{
	u64 ns;
	int err = clock_read(id, &ns);

	if (err || !uts)
		return err;
	return put_timespec(uts, 1);
}

/* The time zone is the programs' business: it is accepted and reads as UTC. */
SYSCALL_DEFINE2(gettimeofday, struct kernel_timeval __user *, utv, struct kernel_timezone __user *, utz)
{
	u64 ns = clock_realtime_ns();
	struct kernel_timeval tv = { (s64)(ns / NSEC_PER_SEC),
				     (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
	struct kernel_timezone tz = { 0, 0 };

	if (utv && copy_to_user(utv, &tv, sizeof(tv)))
		return -EFAULT;
	if (utz && copy_to_user(utz, &tz, sizeof(tz)))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE1(time, s64 __user *, ut)
{
	s64 now = (s64)(clock_realtime_ns() / NSEC_PER_SEC);

	if (ut && put_user(now, ut))
		return -EFAULT;
	return now;
}

/* ---- setting ---- */

static int set_wall_clock(const struct timespec64 *ts)
{
	if (!timespec_valid(ts) || (u64)ts->tv_sec > KTIME_MAX / NSEC_PER_SEC)
		return -EINVAL;
	if (!capable())
		return -EPERM;
	if (timespec_to_ns(ts) < clock_monotonic_ns())
		return -EINVAL;		/* before the boot as the machine counts it */
	clock_set_realtime(timespec_to_ns(ts));
	vdso_clock_was_set();
	return 0;
}

SYSCALL_DEFINE2(clock_settime, int, id, const struct timespec64 __user *, uts)
{
	struct timespec64 ts;

	if (id != CLOCK_REALTIME)
		return -EINVAL;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	return set_wall_clock(&ts);
}

SYSCALL_DEFINE2(settimeofday, const struct kernel_timeval __user *, utv,
		const struct kernel_timezone __user *, utz)
{
	struct kernel_timeval tv;
	struct timespec64 ts;

	if (utz && !capable())
		return -EPERM;
	if (!utv)
		return 0;
	if (copy_from_user(&tv, utv, sizeof(tv)))
		return -EFAULT;
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EINVAL;
	ts = (struct timespec64){ tv.tv_sec, (long)(tv.tv_usec * 1000) };
	return set_wall_clock(&ts);
}

/* ---- sleeping ---- */

int timeout_from_user(const struct timespec64 __user *uts, u64 *deadline)
{
	struct timespec64 ts;

	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	*deadline = deadline_after(timespec_to_ns(&ts));
	return 0;
}

u64 deadline_on_clock(int id, u64 ns)
{
	u64 wall, mono;

	if (!clock_is_wall(id))
		return ns;
	wall = clock_realtime_ns();
	mono = clock_monotonic_ns();
	if (ns <= wall)
		return mono;
	return mono + (ns - wall);
}

/* Sleep until @deadline; interrupted, the rest goes to @urem and the call is run again. */
static long sleep_relative(u64 deadline, struct timespec64 __user *urem)
{
	u64 now;

	if (sleep_until(deadline) == 0)
		return 0;
	now = clock_monotonic_ns();
	if (now >= deadline)
		return 0;
	if (urem && put_timespec(urem, deadline - now))
		return -EFAULT;
	return restart_at(deadline);
}

static long do_nanosleep(const struct timespec64 __user *uts, struct timespec64 __user *urem)
{
	u64 deadline = restart_take();
	int err;

	if (!deadline) {
		err = timeout_from_user(uts, &deadline);
		if (err)
			return err;
	}
	return sleep_relative(deadline, urem);
}

SYSCALL_DEFINE2(nanosleep, const struct timespec64 __user *, uts, struct timespec64 __user *, urem)
{
	return do_nanosleep(uts, urem);
}

/* Sleeping on the CPU clock of a process: it is looked at again after what it lacks has passed. */
static long sleep_cpu_clock(int id, u64 until)
{
	u64 now;
	int err;

	for (;;) {
		err = clock_read(id, &now);
		if (err || now >= until)
			return err;
		if (sleep_until(deadline_after(max(until - now, (u64)NSEC_PER_MSEC))))
			return -ERESTARTNOHAND;
	}
}

/* Flags other than TIMER_ABSTIME mean nothing, and are not looked at: as Linux. */
SYSCALL_DEFINE4(clock_nanosleep, int, id, int, flags, const struct timespec64 __user *, uts,
		struct timespec64 __user *, urem)
{
	struct timespec64 ts;
	u64 now = 0;

	flags &= TIMER_ABSTIME;
	if (clock_can_sleep(id) && !flags)
		return do_nanosleep(uts, urem);
	if (!clock_can_sleep(id) && clock_read(id, &now))
		return -EINVAL;
	if (!clock_can_sleep(id) && id != CLOCK_PROCESS_CPUTIME_ID && id >= 0)
		return -EOPNOTSUPP;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	if (!clock_can_sleep(id))
		return sleep_cpu_clock(id, timespec_to_ns(&ts) + (flags ? 0 : now));
	return sleep_until(deadline_on_clock(id, timespec_to_ns(&ts))) ? -ERESTARTNOHAND : 0;
}

/* ---- CPU time used ---- */

SYSCALL_DEFINE1(times, struct kernel_tms __user *, utms)
{
	struct process *p = current_process();
	const u64 tick = NSEC_PER_SEC / USER_HZ;
	struct kernel_tms tms;
	unsigned long flags;
	u64 utime, stime;

	if (utms) {
		spin_lock_irqsave(&p->siglock, flags);
		process_cpu_times(p, &utime, &stime);
		tms = (struct kernel_tms){ (s64)(utime / tick), (s64)(stime / tick),
					   (s64)(p->cutime / tick), (s64)(p->cstime / tick) };
		spin_unlock_irqrestore(&p->siglock, flags);
		if (copy_to_user(utms, &tms, sizeof(tms)))
			return -EFAULT;
	}
	return (long)(clock_monotonic_ns() / tick);
}
