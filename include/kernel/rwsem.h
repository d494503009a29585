/* SPDX-License-Identifier: MIT */
/* rwsem.h - a sleeping lock with many readers or one writer; waiting writers hold new readers back */
#ifndef KERNEL_RWSEM_H
#define KERNEL_RWSEM_H

#include <kernel/lockdep.h>
#include <kernel/wait.h>

struct CAPABILITY("rwsem") rw_semaphore {
	long			count;		/* (a) readers; -1 = writer                     */
	unsigned int		writers_waiting, readers_waiting; /* (a) */
	u16			rank;		/* (i) */
	bool			readers_turn;	/* (a) a writer left it to those who waited     */
	struct thread		*writer;	/* (a) for reports                              */
	wait_queue_head_t	waiters;
};

#define RWSEM_INIT(name, r)	{ .waiters = WAIT_QUEUE_INIT((name).waiters), .rank = (r) }

void init_rwsem(struct rw_semaphore *s, enum lock_rank rank);
void down_read(struct rw_semaphore *s);
bool down_read_trylock(struct rw_semaphore *s);
int down_read_killable(struct rw_semaphore *s);		/* 0 or -EINTR */
void up_read(struct rw_semaphore *s);
void down_write(struct rw_semaphore *s);
void down_write_nested(struct rw_semaphore *s);
bool down_write_trylock(struct rw_semaphore *s);
int down_write_killable(struct rw_semaphore *s);	/* 0 or -EINTR */
void up_write(struct rw_semaphore *s);
void downgrade_write(struct rw_semaphore *s);
bool rwsem_is_locked(const struct rw_semaphore *s);
bool rwsem_is_contended(const struct rw_semaphore *s);	/* does a writer wait? A reader with much to do gives way */

#endif
