/* SPDX-License-Identifier: MIT */
/*
 * spinlock.h - fair ticket locks for what must not sleep
 *
 * spin_lock() leaves interrupts alone: for data no interrupt handler touches. spin_lock_irqsave() is
 * for data an interrupt handler touches too. The kernel is never preempted inside, so there is no
 * preempt count. 4 bytes in default builds, 16 with CONFIG_DEBUG (rank and owner).
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <arch.h>
#include <kernel/lockdep.h>

typedef struct CAPABILITY("spinlock") spinlock {
	union {
		u32	tickets;	/* (a) both, for CPUs without 16-bit atomics  */
		struct {
			u16 owner;	/* (a) ticket being served; == next when free */
			u16 next;	/* (a) ticket to hand out                     */
		};
	};
#if CONFIG_DEBUG
	u16	rank;		/* (i) enum lock_rank                         */
	u16	cpu;		/* id + 1 of the holder                       */
	unsigned long site;	/* where it was taken                         */
#endif
} spinlock_t;

#if CONFIG_DEBUG
#define SPINLOCK_INIT(r)	{ .rank = (r) }
#else
#define SPINLOCK_INIT(r)	{ .tickets = 0 }
#endif
#define DEFINE_SPINLOCK(name, r) spinlock_t name = SPINLOCK_INIT(r)

static inline void spin_lock_init(spinlock_t *l, enum lock_rank rank)
{
	*l = (spinlock_t){ .tickets = 0 };
#if CONFIG_DEBUG
	l->rank = (u16)rank;
#else
	(void)rank;
#endif
}

static inline bool spin_is_locked(const spinlock_t *l)
{
	return __atomic_load_n(&l->next, __ATOMIC_RELAXED) != __atomic_load_n(&l->owner, __ATOMIC_RELAXED);
}

/* spin_take_ticket - the word before: our ticket in the upper half, the one being served in the lower */
static inline u32 spin_take_ticket(spinlock_t *l)
{
	return __atomic_fetch_add(&l->tickets, 1U << 16, __ATOMIC_ACQUIRE);
}

/* spin_try_ticket - take the lock if nobody has it */
static inline bool spin_try_ticket(spinlock_t *l)
{
	u32 old = __atomic_load_n(&l->tickets, __ATOMIC_RELAXED);

	return (u16)old == old >> 16 &&
	       __atomic_compare_exchange_n(&l->tickets, &old, old + (1U << 16), false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

#if CONFIG_DEBUG
/* kernel/base/spinlock.c: ranks, owner, self-deadlock, and a report after a very long spin */
void spin_lock_debug(spinlock_t *l, bool nested);
void spin_unlock_debug(spinlock_t *l);
bool spin_trylock_debug(spinlock_t *l);
#define spin_lock(l)		spin_lock_debug(l, false)
#define spin_lock_nested(l)	spin_lock_debug(l, true)	/* equal rank allowed: caller orders them */
#define spin_unlock(l)		spin_unlock_debug(l)
#define spin_trylock(l)		spin_trylock_debug(l)
#else
static inline void spin_lock(spinlock_t *l)
{
	u32 old = spin_take_ticket(l);

	if (likely((u16)old == old >> 16))
		return;
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != old >> 16)
		arch_cpu_relax();
}

static inline void spin_unlock(spinlock_t *l)
{
	u16 served = __atomic_load_n(&l->owner, __ATOMIC_RELAXED);

	__atomic_store_n(&l->owner, (u16)(served + 1), __ATOMIC_RELEASE);
}

static inline bool spin_trylock(spinlock_t *l)
{
	return spin_try_ticket(l);
}
#define spin_lock_nested(l)	spin_lock(l)
#endif

#define spin_lock_irqsave(l, flags)	do { (flags) = arch_irq_save(); spin_lock(l); } while (0)
#define spin_unlock_irqrestore(l, flags) do { spin_unlock(l); arch_irq_restore(flags); } while (0)
#define spin_lock_irq(l)		do { arch_irq_disable(); spin_lock(l); } while (0)
#define spin_unlock_irq(l)		do { spin_unlock(l); arch_irq_enable(); } while (0)

/* WITH_SPINLOCK(&x->lock) { ... } - the extent of a lock as indentation; no return or goto out of it */
#define WITH_SPINLOCK(l) \
	for (spinlock_t *l__ = (l), *once__ = (spin_lock(l__), l__); once__; spin_unlock(l__), once__ = NULL)

#endif
