/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/sleep.c - how does a thread sleep until a time, or until a signal if that comes first?
 *
 * THE PICTURE    schedule_until     state was set by the caller
 *                  signal? deadline passed? --> no sleep
 *                  arm a timer on the stack --> schedule() --> cancel it
 *                                 | fires
 *                                 v
 *                  sleeper_expired: thread_wake()
 *
 * ALWAYS TRUE    Z1  the timer lies on the sleeper's stack: timer_cancel() returns only when its function runs
 *                    nowhere, so the frame outlives it.
 *
 * LOCKS          none of its own.
 * READ NEXT      sched.c (schedule), timer.c, wait.c (sleeping until something is true).
 */
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <kernel/wait.h>

struct sleeper { struct timer timer; struct thread *thread; };

static void sleeper_expired(struct timer *t)
{
	thread_wake(container_of(t, struct sleeper, timer)->thread);
}

/* May a signal end a sleep in @state now? */
static bool interrupted(enum thread_state state)
{
	return (state == THREAD_INTERRUPTIBLE && signal_pending(current)) ||
	       (state == THREAD_KILLABLE && fatal_signal_pending(current));
}

int schedule_until(u64 deadline)
{
	enum thread_state state = current->state;
	struct sleeper s = { .thread = current };

	if (interrupted(state)) {
		current->state = THREAD_RUNNING;
		return -EINTR;
	}
	if (deadline == WAIT_FOREVER) {
		schedule();
		return interrupted(state) ? -EINTR : 0;
	}
	if (arch_clock_ns() >= deadline) {
		current->state = THREAD_RUNNING;
		return -ETIMEDOUT;
	}
	timer_setup(&s.timer, sleeper_expired);
	timer_arm(&s.timer, deadline);
	schedule();
	timer_cancel(&s.timer);
	if (interrupted(state))
		return -EINTR;
	return arch_clock_ns() >= deadline ? -ETIMEDOUT : 0;
}

int sleep_until(u64 deadline)
{
	int err;

	do {
		WRITE_ONCE(current->state, THREAD_INTERRUPTIBLE);
		smp_mb();
		err = schedule_until(deadline);
	} while (!err);
	return err == -ETIMEDOUT ? 0 : err;
}
