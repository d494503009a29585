/* SPDX-License-Identifier: MIT */
/*
 * wait.h - sleeping until a condition holds
 *
 * The pattern is Linux's: a waiter puts itself on the queue, sets its state, tests the condition, and
 * only then schedules; a waker changes the condition first and wakes after. wake_up() may be called
 * from interrupt handlers.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <lib/list.h>
#include <uapi/errno.h>

struct wait_queue_entry {
	struct thread		*thread;
	bool			exclusive;	/* wake_up() stops after one of these             */
	/* default NULL: wake thread. Else called with the queue lock held (poll, epoll); true = counted as woken */
	bool			(*func)(struct wait_queue_entry *e, unsigned long key);
	struct list_head	link;
};

typedef struct wait_queue_head {
	spinlock_t		lock;		/* RANK_WAITQ, irq-safe */
	struct list_head	head;
} wait_queue_head_t;

#define WAIT_QUEUE_INIT(name)	{ .lock = SPINLOCK_INIT(RANK_WAITQ), .head = { &(name).head, &(name).head } }
#define DEFINE_WAIT_QUEUE(name)	wait_queue_head_t name = WAIT_QUEUE_INIT(name)

void init_waitqueue_head(wait_queue_head_t *q);
void init_wait_entry(struct wait_queue_entry *e);	/* for current, non-exclusive */

/* add_wait_queue / remove_wait_queue - without touching the thread's state (poll uses these). */
void add_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e);
void remove_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e);

/* prepare_to_wait - queue @e (once) and set current's state; finish_wait undoes both. */
void prepare_to_wait(wait_queue_head_t *q, struct wait_queue_entry *e, enum thread_state state);
void finish_wait(wait_queue_head_t *q, struct wait_queue_entry *e);

static inline bool waitqueue_active(wait_queue_head_t *q)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return READ_ONCE(q->head.next) != &q->head;
}

/*
 * wake_up - all non-exclusive waiters and one exclusive; wake_up_all - everyone. Any context.
 * wake_up_poll passes @key (POLL* bits) to function entries. The test whether anybody waits is inline:
 * 4 instructions instead of 38 for each mutex and rwsem released without a waiter.
 */
void wake_up_waiters(wait_queue_head_t *q, unsigned int nr_exclusive, unsigned long key);
static inline void wake_up_poll(wait_queue_head_t *q, unsigned long key)
{
	if (unlikely(waitqueue_active(q)))
		wake_up_waiters(q, 1, key);
}
static inline void wake_up(wait_queue_head_t *q) { wake_up_poll(q, ~0UL); }
static inline void wake_up_all(wait_queue_head_t *q)
{
	if (unlikely(waitqueue_active(q)))
		wake_up_waiters(q, 0, ~0UL);
}

/*
 * wait_event_state__ - the loop behind the macros below. @deadline is an absolute arch_clock_ns() time
 * or WAIT_FOREVER. Value: 0 condition true, -EINTR signal (interruptible or killable), -ETIMEDOUT.
 */
#define WAIT_FOREVER	(~0ULL)
#define wait_event_state__(q, cond, state, deadline) ({					\
	int ret__ = 0;									\
	if (!(cond)) {									\
		struct wait_queue_entry e__;						\
		init_wait_entry(&e__);							\
		for (;;) {								\
			prepare_to_wait(&(q), &e__, (state));				\
			if (cond)							\
				break;							\
			ret__ = schedule_until(deadline);				\
			if (ret__) {							\
				if (cond)						\
					ret__ = 0;					\
				break;							\
			}								\
		}									\
		finish_wait(&(q), &e__);						\
	}										\
	ret__;										\
})

#define wait_event(q, cond)		((void)wait_event_state__(q, cond, THREAD_UNINTERRUPTIBLE, WAIT_FOREVER))
#define wait_event_interruptible(q, cond) wait_event_state__(q, cond, THREAD_INTERRUPTIBLE, WAIT_FOREVER)
#define wait_event_killable(q, cond)	wait_event_state__(q, cond, THREAD_KILLABLE, WAIT_FOREVER)
#define wait_event_interruptible_until(q, cond, deadline) wait_event_state__(q, cond, THREAD_INTERRUPTIBLE, deadline)

#endif
