/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/wait.c - how does a thread sleep until something is true, and never miss it?
 *
 * THE PICTURE        waiter                               waker
 *                    prepare_to_wait: queue, set state    make the condition true
 *                    test the condition  <--- one of ---> wake_up: queue not empty? wake
 *                    schedule            the two sees
 *                    finish_wait         the other
 *
 * ALWAYS TRUE    W1  an entry is on at most one queue; its link is empty when it is on none.
 *                W2  the state is set before the condition is tested, with a full fence between, and
 *                    the waker's test of the queue comes after its change, with a full fence between.
 *
 * LOCKS          q->lock (RANK_WAITQ, interrupts off) > run queue lock.
 * READ NEXT      sched.c (thread_wake), mutex.c and rwsem.c (built on this).
 */
#include <kernel/wait.h>

void init_waitqueue_head(wait_queue_head_t *q)
{
	spin_lock_init(&q->lock, RANK_WAITQ);
	INIT_LIST_HEAD(&q->head);
}

void init_wait_entry(struct wait_queue_entry *e)
{
	e->thread = current;
	e->exclusive = false;
	e->func = NULL;
	INIT_LIST_HEAD(&e->link);
}

static void queue_entry(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	if (!list_empty(&e->link))
		return;
	if (e->exclusive)
		list_add_tail(&e->link, &q->head);
	else
		list_add(&e->link, &q->head);
}

void add_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	queue_entry(q, e);
	spin_unlock_irqrestore(&q->lock, flags);
}

void remove_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	list_del_init(&e->link);
	spin_unlock_irqrestore(&q->lock, flags);
}

void prepare_to_wait(wait_queue_head_t *q, struct wait_queue_entry *e, enum thread_state state)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	queue_entry(q, e);
	WRITE_ONCE(current->state, state);
	spin_unlock_irqrestore(&q->lock, flags);
	smp_mb();	/* W2 */
}

void finish_wait(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	WRITE_ONCE(current->state, THREAD_RUNNING);
	remove_wait_queue(q, e);
}

/* Wake one entry; true if it counts against the exclusive limit. */
static bool wake_entry(struct wait_queue_entry *e, unsigned long key)
{
	if (e->func)
		return e->func(e, key) && e->exclusive;
	return thread_wake(e->thread) && e->exclusive;
}

/* @nr_exclusive 0: all of them */
void wake_up_waiters(wait_queue_head_t *q, unsigned int nr_exclusive, unsigned long key)
{
	struct wait_queue_entry *e, *next;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	list_for_each_entry_safe(e, next, &q->head, link)
		if (wake_entry(e, key) && --nr_exclusive == 0)
			break;
	spin_unlock_irqrestore(&q->lock, flags);
}
