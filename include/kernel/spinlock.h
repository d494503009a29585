/* SPDX-License-Identifier: MIT */
/*
 * spinlock.h - test-and-set locks for what must not sleep
 *
 * spin_lock() leaves interrupts alone: for data no interrupt handler touches. spin_lock_irqsave() is
 * for data an interrupt handler touches too. The kernel is never preempted inside, so there is no
 * preempt count. 4 bytes in default builds, 16 with CONFIG_DEBUG (rank and owner).
 *
 * Not fair on purpose. Tickets hand the lock to the CPU that waits longest; under an emulator with more
 * CPUs than its host that one is often not running, and everyone waits for the host's scheduler: a
 * thousand forks and exits on 4 CPUs of a 2-core host took up to 13 s with tickets (1 CPU: 0.3 s).
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <arch.h>
#include <kernel/lockdep.h>

typedef struct CAPABILITY("spinlock") spinlock {
	u32	locked;		/* (a) 0 or 1                                 */
#if CONFIG_DEBUG
	u16	rank;		/* (i) enum lock_rank                         */
	u16	cpu;		/* id + 1 of the holder                       */
	unsigned long site;	/* where it was taken                         */
#endif
} spinlock_t;

#if CONFIG_DEBUG
#define SPINLOCK_INIT(r)	{ .rank = (r) }
#else
#define SPINLOCK_INIT(r)	{ .locked = 0 }
#endif
#define DEFINE_SPINLOCK(name, r) spinlock_t name = SPINLOCK_INIT(r)

static inline void spin_lock_init(spinlock_t *l, enum lock_rank rank)
{
	*l = (spinlock_t){ .locked = 0 };
#if CONFIG_DEBUG
	l->rank = (u16)rank;
#else
	(void)rank;
#endif
}

static inline bool spin_is_locked(const spinlock_t *l)
{
	return __atomic_load_n(&l->locked, __ATOMIC_RELAXED) != 0;
}

/* spin_try - take the lock if nobody has it */
static inline bool spin_try(spinlock_t *l)
{
	return __atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE) == 0;
}

/* spin_wait - kernel/base/spinlock.c: somebody has it; returns with the lock taken */
void spin_wait(spinlock_t *l);

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
	if (unlikely(!spin_try(l)))
		spin_wait(l);
}

static inline void spin_unlock(spinlock_t *l)
{
	__atomic_store_n(&l->locked, 0, __ATOMIC_RELEASE);
}

static inline bool spin_trylock(spinlock_t *l)
{
	return spin_try(l);
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
