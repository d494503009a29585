/* SPDX-License-Identifier: MIT */
/*
 * kernel/posix_timer.c - timer_create(2) and its relatives
 *
 *	armed --expires--> its own queue entry is sent (timer waits) --dequeued--> overruns counted,
 *	  ^                                                                        armed again (interval)
 *	  '-------------------------------------------------------------------------------'
 *
 * A timer owns one queue entry, so that it cannot fail for want of memory and never floods the queue:
 * while the entry waits to be taken, expiries are only counted.
 *
 * ALWAYS TRUE    M1  a timer is on p->posix_timers from timer_create() until it is deleted.
 *                M2  t->entry is on a pending list, or the timer is armed, or it is idle.
 *
 * LOCKS          p->siglock; the callback runs in an interrupt.
 * LEFT OUT       timers on CPU-time clocks (EINVAL).
 */
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "proc_internal.h"
#include "signal_internal.h"
#include "time_internal.h"

#define MAX_TIMERS	1024	/* per process */

struct posix_timer {
	struct list_head	link;		/* (s) p->posix_timers                     */
	struct process		*process;	/* (i) */
	pid_t			tid;		/* (i) SIGEV_THREAD_ID, else 0             */
	int			id;		/* (i) */
	int			clock;		/* (i) */
	int			notify;		/* (i) SIGEV_*                             */
	u64			expires;	/* (s) monotonic ns; 0: not armed          */
	u64			interval;	/* (s) */
	int			overrun;	/* (s) of the last signal that was taken   */
	struct sigqueue		entry;		/* (s) */
	struct timer		timer;
};

/* Expiries between t->expires and now; moves t->expires behind now. */
static u64 skip_missed(struct posix_timer *t, u64 now)
{
	u64 n;

	if (!t->interval || t->expires > now)
		return 0;
	n = (now - t->expires) / t->interval + 1;
	t->expires += n * t->interval;
	return n;
}

static void fire(struct timer *timer)
{
	struct posix_timer *t = container_of(timer, struct posix_timer, timer);
	struct process *p = t->process;
	struct thread *target = NULL, *i;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	if (t->expires && t->expires <= clock_monotonic_ns()) {
		if (t->tid)
			list_for_each_entry(i, &p->threads, thread_link)
				if (i->tid == t->tid)
					target = i;
		if (t->notify != SIGEV_NONE && (!t->tid || target))
			sigqueue_send(p, target, &t->entry);
		if (list_empty(&t->entry.link)) {	/* ignored, or nobody to tell */
			skip_missed(t, clock_monotonic_ns());
			if (!t->interval)
				t->expires = 0;
		}
	}
	if (t->expires && list_empty(&t->entry.link))
		timer_arm(timer, t->expires);
	spin_unlock_irqrestore(&p->siglock, flags);
}

void posix_timer_dequeued(struct posix_timer *t, siginfo_t *info)
{
	u64 missed = skip_missed(t, clock_monotonic_ns());

	ASSERT_HELD(&t->process->siglock);
	t->overrun = missed > 1 ? (int)min(missed - 1, (u64)__INT_MAX__) : 0;
	info->si_overrun = t->overrun;
	if (t->interval && t->expires)
		timer_arm(&t->timer, t->expires);
	else
		t->expires = 0;
}

static struct posix_timer *find_timer(struct process *p, int id)
{
	struct posix_timer *t;

	list_for_each_entry(t, &p->posix_timers, link)
		if (t->id == id)
			return t;
	return NULL;
}

/* ---- life ---- */

static int check_event(const struct sigevent *ev)
{
	struct thread *t;
	bool ours;

	switch (ev->sigev_notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_SIGNAL | SIGEV_THREAD_ID:
		spin_lock(&tasklist_lock);
		t = find_thread(ev->sigev_tid);
		ours = t && t->process == current_process();
		spin_unlock(&tasklist_lock);
		if (!ours)
			return -EINVAL;
		/* fall through */
	case SIGEV_SIGNAL:
		return sig_valid(ev->sigev_signo) ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

static struct posix_timer *timer_alloc(int clock, const struct sigevent *ev)
{
	struct posix_timer *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return NULL;
	t->process = current_process();
	t->clock = clock;
	t->notify = ev->sigev_notify;
	t->tid = ev->sigev_notify == SIGEV_THREAD_ID ? ev->sigev_tid : 0;
	timer_setup(&t->timer, fire);
	INIT_LIST_HEAD(&t->entry.link);
	t->entry.timer = t;
	t->entry.info.si_signo = ev->sigev_signo;
	t->entry.info.si_code = SI_TIMER;
	t->entry.info.si_timer_value = ev->sigev_value;
	return t;
}

/* Give it an id and make it visible; -EAGAIN: too many. */
static int timer_publish(struct posix_timer *t, bool default_value)
{
	struct process *p = t->process;
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&p->siglock, flags);
	if (list_count_nodes(&p->posix_timers) >= MAX_TIMERS) {
		err = -EAGAIN;
	} else {
		do {
			t->id = p->next_timer_id;
			p->next_timer_id = (p->next_timer_id + 1) & __INT_MAX__;
		} while (find_timer(p, t->id));
		t->entry.info.si_timerid = t->id;
		if (default_value)
			t->entry.info.si_timer_value = (u64)t->id;
		list_add_tail(&t->link, &p->posix_timers);
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	return err;
}

/* Off every list under the lock, then wait for the callback and free. */
static void timer_unlink(struct posix_timer *t)
{
	list_del_init(&t->link);
	t->expires = 0;
	sigqueue_unlink(t->process, &t->entry);
}

static void timer_free(struct posix_timer *t)
{
	timer_cancel(&t->timer);
	kfree(t);
}

void posix_timers_exit(struct process *p)
{
	unsigned long flags;

	for (;;) {
		struct posix_timer *t;

		spin_lock_irqsave(&p->siglock, flags);
		t = list_first_entry_or_null(&p->posix_timers, struct posix_timer, link);
		if (t)
			timer_unlink(t);
		spin_unlock_irqrestore(&p->siglock, flags);
		if (!t)
			return;
		timer_free(t);
	}
}

SYSCALL_DEFINE3(timer_create, int, clock, const struct sigevent __user *, uev, int __user *, uid)
{
	struct sigevent ev = { .sigev_signo = SIGALRM, .sigev_notify = SIGEV_SIGNAL };
	struct posix_timer *t;
	int err;

	if (uev && copy_from_user(&ev, uev, sizeof(ev)))
		return -EFAULT;
	if (!clock_can_sleep(clock))
		return -EINVAL;
	err = check_event(&ev);
	if (err)
		return err;
	t = timer_alloc(clock, &ev);
	if (!t)
		return -EAGAIN;
	err = timer_publish(t, !uev);
	if (err) {
		kfree(t);
		return err;
	}
	return put_user(t->id, uid);
}

SYSCALL_DEFINE1(timer_delete, int, id)
{
	struct process *p = current_process();
	struct posix_timer *t;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	t = find_timer(p, id);
	if (t)
		timer_unlink(t);
	spin_unlock_irqrestore(&p->siglock, flags);
	if (!t)
		return -EINVAL;
	timer_free(t);
	return 0;
}

/* ---- arming ---- */

static void read_setting(const struct posix_timer *t, struct kernel_itimerspec *it)
{
	u64 now = clock_monotonic_ns();

	it->it_interval = ns_to_timespec(t->interval);
	it->it_value = ns_to_timespec(t->expires ? max(t->expires, now + 1) - now : 0);
}

SYSCALL_DEFINE2(timer_gettime, int, id, struct kernel_itimerspec __user *, uit)
{
	struct process *p = current_process();
	struct kernel_itimerspec it;
	struct posix_timer *t;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	t = find_timer(p, id);
	if (t)
		read_setting(t, &it);
	spin_unlock_irqrestore(&p->siglock, flags);
	if (!t)
		return -EINVAL;
	return copy_to_user(uit, &it, sizeof(it));
}

static void arm(struct posix_timer *t, int flags, const struct kernel_itimerspec *it)
{
	u64 value = timespec_to_ns(&it->it_value);

	t->interval = timespec_to_ns(&it->it_interval);
	t->overrun = 0;
	t->expires = 0;
	if (!value)
		return;
	t->expires = flags & TIMER_ABSTIME ? deadline_on_clock(t->clock, value) :
		     deadline_after(value);
	timer_arm(&t->timer, t->expires);
}

SYSCALL_DEFINE4(timer_settime, int, id, int, how, const struct kernel_itimerspec __user *, unew,
		struct kernel_itimerspec __user *, uold)
{
	struct process *p = current_process();
	struct kernel_itimerspec new, old;
	struct posix_timer *t;
	unsigned long flags;

	if (!unew)
		return -EINVAL;
	if (copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if (!timespec_valid(&new.it_value) || !timespec_valid(&new.it_interval))
		return -EINVAL;
	spin_lock_irqsave(&p->siglock, flags);
	t = find_timer(p, id);
	if (t) {
		read_setting(t, &old);
		arm(t, how, &new);
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	if (!t)
		return -EINVAL;
	return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

SYSCALL_DEFINE1(timer_getoverrun, int, id)
{
	struct process *p = current_process();
	struct posix_timer *t;
	unsigned long flags;
	long n = -EINVAL;

	spin_lock_irqsave(&p->siglock, flags);
	t = find_timer(p, id);
	if (t)
		n = t->overrun;
	spin_unlock_irqrestore(&p->siglock, flags);
	return n;
}
