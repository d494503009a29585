/* SPDX-License-Identifier: MIT */
/* mutex.h - a sleeping lock with one holder (kernel/base/mutex.c) */
#ifndef KERNEL_MUTEX_H
#define KERNEL_MUTEX_H

#include <kernel/lockdep.h>
#include <kernel/wait.h>

struct CAPABILITY("mutex") mutex {
	struct thread		*owner;		/* (a) NULL = free                              */
	wait_queue_head_t	waiters;
	u16			rank;		/* (i) enum lock_rank                           */
};

#define MUTEX_INIT(name, r)	{ .waiters = WAIT_QUEUE_INIT((name).waiters), .rank = (r) }
#define DEFINE_MUTEX(name, r)	struct mutex name = MUTEX_INIT(name, r)

void mutex_init(struct mutex *m, enum lock_rank rank);
/* mutex_lock - sleeps: yes. mutex_lock_nested: equal rank allowed, the caller orders them. */
void mutex_lock(struct mutex *m) ACQUIRES(m);
void mutex_lock_nested(struct mutex *m) ACQUIRES(m);
/* mutex_lock_interruptible / _killable - 0 or -EINTR */
int mutex_lock_interruptible(struct mutex *m);
int mutex_lock_killable(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m) RELEASES(m);
static inline bool mutex_is_locked(const struct mutex *m)
{
	return __atomic_load_n(&m->owner, __ATOMIC_RELAXED) != NULL;
}

#define WITH_MUTEX(m) \
	for (struct mutex *m__ = (m), *once__ = (mutex_lock(m__), m__); once__; mutex_unlock(m__), once__ = NULL)

#endif
