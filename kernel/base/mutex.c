/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/mutex.c - one holder at a time, the others sleep
 *
 * THE QUESTION   How does a lock stay two instructions long when nobody else wants it?
 *
 * ALWAYS TRUE    M1  owner is NULL or the thread that holds the mutex; only that thread releases it.
 *                M2  a waiter is on the queue before its last attempt to take the mutex, and the
 *                    releaser looks at the queue after clearing owner: no wake-up is lost.
 *
 * LIFE           a released mutex goes to whoever takes it first; exclusive waiting wakes one
 *                sleeper per release, in the order of arrival.
 * LEFT OUT       optimistic spinning, priority inheritance.
 * READ NEXT      wait.c.
 */
#include <kernel/mutex.h>

void mutex_init(struct mutex *m, enum lock_rank rank)
{
	m->owner = NULL;
	m->rank = (u16)rank;
	init_waitqueue_head(&m->waiters);
}

static bool take(struct mutex *m)
{
	struct thread *none = NULL;

	return __atomic_compare_exchange_n(&m->owner, &none, current, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

/* Sleep until taken; 0, or -EINTR in the interruptible states. */
static int take_slowly(struct mutex *m, enum thread_state state)
{
	struct wait_queue_entry e;
	int err = 0;

	ASSERT_MSG(m->owner != current, "mutex %p taken twice by %s", (void *)m, current->comm);
	init_wait_entry(&e);
	e.exclusive = true;
	for (;;) {
		prepare_to_wait(&m->waiters, &e, state);
		if (take(m))
			break;
		err = schedule_until(WAIT_FOREVER);
		if (err)
			break;
	}
	finish_wait(&m->waiters, &e);
	if (err && !m->owner)
		wake_up(&m->waiters);	/* the wake-up may have been meant for us: pass it on */
	return err;
}

static int lock_common(struct mutex *m, enum thread_state state, bool nested, unsigned long site)
{
	int err = 0;

	might_sleep();
	lockdep_acquire(m, (enum lock_rank)m->rank, true, nested, site);
	if (!take(m))
		err = take_slowly(m, state);
	if (err)
		lockdep_release(m, true);
	return err;
}

#define SITE ((unsigned long)__builtin_return_address(0))

void mutex_lock(struct mutex *m)
{
	lock_common(m, THREAD_UNINTERRUPTIBLE, false, SITE);
}

void mutex_lock_nested(struct mutex *m)
{
	lock_common(m, THREAD_UNINTERRUPTIBLE, true, SITE);
}

int mutex_lock_interruptible(struct mutex *m)
{
	return lock_common(m, THREAD_INTERRUPTIBLE, false, SITE);
}

int mutex_lock_killable(struct mutex *m)
{
	return lock_common(m, THREAD_KILLABLE, false, SITE);
}

bool mutex_trylock(struct mutex *m)
{
	if (!take(m))
		return false;
	lockdep_acquire(m, (enum lock_rank)m->rank, true, true, 0);
	return true;
}

void mutex_unlock(struct mutex *m)
{
	ASSERT_MSG(m->owner == current, "mutex %p released by %s, held by %s", (void *)m,
		   current->comm, m->owner ? m->owner->comm : "nobody");
	lockdep_release(m, true);
	__atomic_store_n(&m->owner, NULL, __ATOMIC_SEQ_CST);
	wake_up(&m->waiters);
}
