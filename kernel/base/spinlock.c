/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/spinlock.c - waiting for a spinlock, and the debug build's checks around it
 *
 * THE QUESTION   A CPU spins. Is that contention, a self-deadlock, or a lock taken against the order?
 *
 * ALWAYS TRUE    L1  (debug) lock->cpu == id + 1 of the holder while locked, 0 otherwise.
 *                L2  (debug) ranks held by one CPU ascend strictly (equal only through spin_lock_nested()).
 *
 * LOCKS          this file is the lock; lockdep.c keeps the list of held ones.
 * LEFT OUT       fairness (tickets, MCS queues): include/kernel/spinlock.h says why.
 * READ NEXT      lockdep.c (the order), include/kernel/spinlock.h (the default build's inline code).
 */
#include <kernel/percpu.h>
#include <kernel/spinlock.h>

#define SPIN_REPORT_LOOPS	(1UL << 31)	/* some seconds under TCG: nobody holds a spinlock that long */

static void check_stuck(spinlock_t *l, unsigned long loops)
{
#if CONFIG_DEBUG
	if (loops == SPIN_REPORT_LOOPS)
		panic("spinlock stuck: lock=%p held by cpu %d since %pS", (void *)l, l->cpu - 1,
		      (void *)l->site);
#else
	(void)l;
	(void)loops;
#endif
}

/* Look with plain loads, which share the line, and try only when it seems free. */
void spin_wait(spinlock_t *l)
{
	unsigned long loops = 0;

	do {
		while (spin_is_locked(l)) {
			arch_cpu_relax();
			check_stuck(l, ++loops);
		}
	} while (!spin_try(l));
}

#if CONFIG_DEBUG

void spin_lock_debug(spinlock_t *l, bool nested)
{
	unsigned long site = (unsigned long)__builtin_return_address(0);
	u16 self = (u16)(smp_processor_id() + 1);

	if (l->cpu == self && spin_is_locked(l))
		panic("spinlock taken twice: lock=%p first at %pS, again at %pS", (void *)l,
		      (void *)l->site, (void *)site);
	lockdep_acquire(l, (enum lock_rank)l->rank, false, nested, site);
	if (!spin_try(l))
		spin_wait(l);
	l->cpu = self;
	l->site = site;
}

void spin_unlock_debug(spinlock_t *l)
{
	if (l->cpu != smp_processor_id() + 1)
		panic("spinlock released by another: lock=%p holder cpu %d", (void *)l, l->cpu - 1);
	l->cpu = 0;
	lockdep_release(l, false);
	__atomic_store_n(&l->locked, 0, __ATOMIC_RELEASE);
}

bool spin_trylock_debug(spinlock_t *l)
{
	if (!spin_try(l))
		return false;
	/* a trylock cannot deadlock, so any order is fine */
	lockdep_acquire(l, (enum lock_rank)l->rank, false, true, 0);
	l->cpu = (u16)(smp_processor_id() + 1);
	l->site = (unsigned long)__builtin_return_address(0);
	return true;
}

#endif
