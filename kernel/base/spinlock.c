/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/spinlock.c - the debug build's spinlocks: who holds it, was it taken in order?
 *
 * THE QUESTION   A CPU spins. Is that contention, a self-deadlock, or a lock taken against the order?
 *
 * ALWAYS TRUE    L1  lock->cpu == id + 1 of the holder while locked, 0 otherwise.
 *                L2  ranks held by one CPU ascend strictly (equal only through spin_lock_nested()).
 *
 * LOCKS          this file is the lock; lockdep.c keeps the list of held ones.
 * LEFT OUT       queued (MCS) locks: at most NR_CPUS waiters spin on one word here.
 * READ NEXT      lockdep.c (the order), include/kernel/spinlock.h (the default build's inline code).
 */
#include <kernel/percpu.h>
#include <kernel/spinlock.h>

#if CONFIG_DEBUG

#define SPIN_REPORT_LOOPS	(1UL << 31)	/* some seconds under TCG: nobody holds a spinlock that long */

static void spin_wait(spinlock_t *l, u16 me)
{
	unsigned long loops = 0;

	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != me) {
		arch_cpu_relax();
		if (++loops == SPIN_REPORT_LOOPS)
			panic("spinlock stuck: lock=%p held by cpu %d since %pS", (void *)l,
			      l->cpu - 1, (void *)l->site);
	}
}

void spin_lock_debug(spinlock_t *l, bool nested)
{
	unsigned long site = (unsigned long)__builtin_return_address(0);
	u16 self = (u16)(smp_processor_id() + 1);

	if (l->cpu == self && spin_is_locked(l))
		panic("spinlock taken twice: lock=%p first at %pS, again at %pS", (void *)l,
		      (void *)l->site, (void *)site);
	lockdep_acquire(l, (enum lock_rank)l->rank, false, nested, site);
	spin_wait(l, (u16)(spin_take_ticket(l) >> 16));
	l->cpu = self;
	l->site = site;
}

void spin_unlock_debug(spinlock_t *l)
{
	if (l->cpu != smp_processor_id() + 1)
		panic("spinlock released by another: lock=%p holder cpu %d", (void *)l, l->cpu - 1);
	l->cpu = 0;
	lockdep_release(l, false);
	__atomic_store_n(&l->owner, (u16)(l->owner + 1), __ATOMIC_RELEASE);
}

bool spin_trylock_debug(spinlock_t *l)
{
	if (!spin_try_ticket(l))
		return false;
	/* a trylock cannot deadlock, so any order is fine */
	lockdep_acquire(l, (enum lock_rank)l->rank, false, true, 0);
	l->cpu = (u16)(smp_processor_id() + 1);
	l->site = (unsigned long)__builtin_return_address(0);
	return true;
}

#endif
