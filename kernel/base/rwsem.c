/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/rwsem.c - many readers or one writer, the others sleep
 *
 * THE PICTURE    count:  -1 one writer    0 free    n > 0 readers
 *
 * ALWAYS TRUE    R1  count is -1, or the number of readers.
 *                R2  while a writer waits no new reader enters, so a stream of readers cannot
 *                    starve it; readers that woke up together enter together.
 *                    Nor do writers starve readers: the one that leaves gives those who wait their turn,
 *                    and no writer enters before they are in.
 *                R3  a waiter is queued before its last attempt, and every release that could let
 *                    someone in looks at the queue afterwards.
 *
 * A reader never takes the same lock twice: a writer waiting in between would deadlock it (R2).
 * READ NEXT      mutex.c, wait.c; the biggest user is mm->mmap_lock.
 */
#include <kernel/rwsem.h>

void init_rwsem(struct rw_semaphore *s, enum lock_rank rank)
{
	s->count = 0;
	s->writers_waiting = s->readers_waiting = 0;
	s->readers_turn = false;
	s->rank = (u16)rank;
	s->writer = NULL;
	init_waitqueue_head(&s->waiters);
}

/* A turn that was given while the last waiter left (killed) is nobody's: hence the second question. */
static bool readers_first(const struct rw_semaphore *s)
{
	return unlikely(__atomic_load_n(&s->readers_turn, __ATOMIC_SEQ_CST)) &&
	       __atomic_load_n(&s->readers_waiting, __ATOMIC_SEQ_CST);
}

static bool take_read(struct rw_semaphore *s)
{
	long c = __atomic_load_n(&s->count, __ATOMIC_RELAXED);

	while (c >= 0 && (!__atomic_load_n(&s->writers_waiting, __ATOMIC_SEQ_CST) || readers_first(s)))
		if (__atomic_compare_exchange_n(&s->count, &c, c + 1, false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

static bool take_write(struct rw_semaphore *s)
{
	long zero = 0;

	if (readers_first(s))
		return false;
	if (!__atomic_compare_exchange_n(&s->count, &zero, -1, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED))
		return false;
	s->writer = current;
	return true;
}

static int wait_for(struct rw_semaphore *s, bool (*take)(struct rw_semaphore *),
		    enum thread_state state)
{
	struct wait_queue_entry e;
	int err = 0;

	init_wait_entry(&e);
	for (;;) {
		prepare_to_wait(&s->waiters, &e, state);
		if (take(s))
			break;
		err = schedule_until(WAIT_FOREVER);
		if (err)
			break;
	}
	finish_wait(&s->waiters, &e);
	return err;
}

/* read_slowly - the last of those whose turn it was ends it: inside, or (killed) with a word to the writers */
static int read_slowly(struct rw_semaphore *s, enum thread_state state)
{
	int err;

	__atomic_fetch_add(&s->readers_waiting, 1, __ATOMIC_SEQ_CST);
	err = wait_for(s, take_read, state);
	if (__atomic_sub_fetch(&s->readers_waiting, 1, __ATOMIC_SEQ_CST) == 0)
		__atomic_store_n(&s->readers_turn, false, __ATOMIC_SEQ_CST);
	if (err)
		wake_up_all(&s->waiters);
	return err;
}

static int read_common(struct rw_semaphore *s, enum thread_state state, unsigned long site)
{
	int err = 0;

	might_sleep();
	lockdep_acquire(s, (enum lock_rank)s->rank, true, false, site);
	if (!take_read(s))
		err = read_slowly(s, state);
	if (err)
		lockdep_release(s, true);
	return err;
}

static int write_slowly(struct rw_semaphore *s, enum thread_state state)
{
	int err;

	__atomic_fetch_add(&s->writers_waiting, 1, __ATOMIC_SEQ_CST);
	err = wait_for(s, take_write, state);
	__atomic_fetch_sub(&s->writers_waiting, 1, __ATOMIC_SEQ_CST);
	if (err)
		wake_up_all(&s->waiters);	/* readers held back by us may enter */
	return err;
}

static int write_common(struct rw_semaphore *s, enum thread_state state, bool nested,
			unsigned long site)
{
	int err = 0;

	might_sleep();
	lockdep_acquire(s, (enum lock_rank)s->rank, true, nested, site);
	if (!take_write(s))
		err = write_slowly(s, state);
	if (err)
		lockdep_release(s, true);
	return err;
}

#define SITE ((unsigned long)__builtin_return_address(0))

void down_read(struct rw_semaphore *s)
{
	read_common(s, THREAD_UNINTERRUPTIBLE, SITE);
}

int down_read_killable(struct rw_semaphore *s)
{
	return read_common(s, THREAD_KILLABLE, SITE);
}

bool down_read_trylock(struct rw_semaphore *s)
{
	if (!take_read(s))
		return false;
	lockdep_acquire(s, (enum lock_rank)s->rank, true, true, 0);
	return true;
}

void up_read(struct rw_semaphore *s)
{
	long old;

	lockdep_release(s, true);
	old = __atomic_fetch_sub(&s->count, 1, __ATOMIC_SEQ_CST);
	ASSERT_MSG(old > 0, "up_read of %p: count was %ld", (void *)s, old);
	if (old == 1)
		wake_up_all(&s->waiters);
}

void down_write(struct rw_semaphore *s)
{
	write_common(s, THREAD_UNINTERRUPTIBLE, false, SITE);
}

void down_write_nested(struct rw_semaphore *s)
{
	write_common(s, THREAD_UNINTERRUPTIBLE, true, SITE);
}

int down_write_killable(struct rw_semaphore *s)
{
	return write_common(s, THREAD_KILLABLE, false, SITE);
}

bool down_write_trylock(struct rw_semaphore *s)
{
	if (!take_write(s))
		return false;
	lockdep_acquire(s, (enum lock_rank)s->rank, true, true, 0);
	return true;
}

void up_write(struct rw_semaphore *s)
{
	ASSERT_MSG(s->count == -1, "up_write of %p: count is %ld", (void *)s, s->count);
	lockdep_release(s, true);
	s->writer = NULL;
	if (unlikely(__atomic_load_n(&s->readers_waiting, __ATOMIC_RELAXED)))
		__atomic_store_n(&s->readers_turn, true, __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->count, 0, __ATOMIC_SEQ_CST);
	wake_up_all(&s->waiters);
}

void downgrade_write(struct rw_semaphore *s)
{
	ASSERT_MSG(s->count == -1, "downgrade of %p: count is %ld", (void *)s, s->count);
	s->writer = NULL;
	__atomic_store_n(&s->count, 1, __ATOMIC_SEQ_CST);
	wake_up_all(&s->waiters);
}

bool rwsem_is_locked(const struct rw_semaphore *s)
{
	return __atomic_load_n(&s->count, __ATOMIC_RELAXED) != 0;
}

bool rwsem_is_contended(const struct rw_semaphore *s)
{
	return __atomic_load_n(&s->writers_waiting, __ATOMIC_RELAXED) != 0;
}
