/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/lockdep.c - is every lock taken in the order of its rank?
 *
 * THE QUESTION   Two CPUs that take two locks in opposite orders deadlock some day. Which code does?
 *
 * THE PICTURE    enum lock_rank:  EXEC < ... < MMAP < PAGE < ... | SPIN_FIRST | ... < ZONE < CONSOLE
 *                                 sleeping locks, held by a thread | spinlocks, held by a CPU
 *
 *                held now:  [INODE][MMAP]                 taking PAGE: fine, taking INODE: panic
 *
 * ALWAYS TRUE    D1  a lock's rank is above every rank this thread and this CPU hold (trylock and
 *                    _nested excepted).
 *                D2  while a spinlock is held no sleeping lock is taken and no thread sleeps.
 *                D3  every rank that interrupt handlers take is above every rank that is taken with
 *                    interrupts on: else a handler could wait for its own CPU, or close a circle.
 *
 * LOCKS          per-thread and per-CPU arrays; the CPU's is touched with interrupts off.
 * LEFT OUT       learning the order from behaviour (Linux: kernel/locking/lockdep.c): ours is
 *                declared, so one run of one path is enough to find a descent on it.
 * READ NEXT      docs/locking.md, generated from enum lock_rank.
 */
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/lockdep.h>

#if CONFIG_DEBUG

#define MAX_HELD_SPIN	16

struct held_lock { const void *lock; unsigned long site; u8 rank; };
struct held_list { struct held_lock lock[MAX_HELD_SPIN]; unsigned int n; };

static DEFINE_PER_CPU(struct held_list, held_spin);

static void rank_panic(unsigned int rank, unsigned long site, unsigned int held_rank,
		       unsigned long held_site, const void *held)
{
	panic("lock order: rank %u taken at %pS while holding rank %u (lock %p) taken at %pS",
	      rank, (void *)site, held_rank, held, (void *)held_site);
}

/* Highest rank held by this CPU's spinlocks, then by this thread's sleeping locks. */
static void check_order(unsigned int rank, bool sleeping, bool nested, unsigned long site)
{
	struct held_list *h = this_cpu_ptr(&held_spin);
	struct thread *t = current;

	for (unsigned int i = 0; i < h->n; i++) {
		if (sleeping)
			rank_panic(rank, site, h->lock[i].rank, h->lock[i].site, h->lock[i].lock);
		if (h->lock[i].rank > rank || (h->lock[i].rank == rank && !nested))
			rank_panic(rank, site, h->lock[i].rank, h->lock[i].site, h->lock[i].lock);
	}
	for (unsigned int i = 0; sleeping && i < t->nheld; i++)
		if (t->held_rank[i] > rank || (t->held_rank[i] == rank && !nested))
			rank_panic(rank, site, t->held_rank[i], t->held_site[i], t->held[i]);
}

static void push_spin(const void *lock, unsigned int rank, unsigned long site)
{
	struct held_list *h = this_cpu_ptr(&held_spin);

	if (h->n == MAX_HELD_SPIN)
		panic("lockdep: more than %u spinlocks held", MAX_HELD_SPIN);
	h->lock[h->n++] = (struct held_lock){ lock, site, (u8)rank };
}

static void push_sleeping(const void *lock, unsigned int rank, unsigned long site)
{
	struct thread *t = current;

	if (t->nheld == 16)
		panic("lockdep: more than 16 sleeping locks held by %s", t->comm);
	t->held[t->nheld] = lock;
	t->held_site[t->nheld] = site;
	t->held_rank[t->nheld++] = (u8)rank;
}

/*
 * D3, from what was seen so far on any CPU; a race between two CPUs at worst delays the report.
 * CPU 0 holds A with interrupts on; its interrupt wants B. CPU 1 holds B and wants A: a deadlock that
 * D1 alone shows only when the interrupt comes in just that moment.
 */
static void check_irq_ranks(unsigned int rank, bool irqs_on, unsigned long site)
{
	static unsigned int highest_irqs_on, lowest_in_irq = ~0U;
	static unsigned long site_irqs_on, site_in_irq;

	if (irqs_on && rank > highest_irqs_on) {
		highest_irqs_on = rank;
		site_irqs_on = site;
	}
	if (this_cpu()->irq_depth && rank < lowest_in_irq) {
		lowest_in_irq = rank;
		site_in_irq = site;
	}
	if (highest_irqs_on >= lowest_in_irq)
		panic("lock order: rank %u taken with interrupts on at %pS, rank %u in an interrupt at %pS",
		      highest_irqs_on, (void *)site_irqs_on, lowest_in_irq, (void *)site_in_irq);
}

/* @site 0 is a trylock: it is recorded, never refused. */
void lockdep_acquire(const void *lock, enum lock_rank rank, bool sleeping, bool nested,
		     unsigned long site)
{
	bool irqs_on = !arch_irqs_disabled();
	unsigned long flags = arch_irq_save();

	if (site)
		check_order(rank, sleeping, nested, site);
	if (site && !sleeping)
		check_irq_ranks(rank, irqs_on, site);
	if (sleeping)
		push_sleeping(lock, rank, site);
	else
		push_spin(lock, rank, site);
	arch_irq_restore(flags);
}

static void pop_spin(const void *lock)
{
	struct held_list *h = this_cpu_ptr(&held_spin);

	for (unsigned int i = h->n; i-- > 0;) {
		if (h->lock[i].lock != lock)
			continue;
		for (unsigned int j = i + 1; j < h->n; j++)
			h->lock[j - 1] = h->lock[j];
		h->n--;
		return;
	}
	panic("lockdep: release of spinlock %p that this CPU does not hold", lock);
}

static void pop_sleeping(const void *lock)
{
	struct thread *t = current;

	for (unsigned int i = t->nheld; i-- > 0;) {
		if (t->held[i] != lock)
			continue;
		for (unsigned int j = i + 1; j < t->nheld; j++) {
			t->held[j - 1] = t->held[j];
			t->held_site[j - 1] = t->held_site[j];
			t->held_rank[j - 1] = t->held_rank[j];
		}
		t->nheld--;
		return;
	}
	panic("lockdep: release of lock %p that %s does not hold", lock, t->comm);
}

void lockdep_release(const void *lock, bool sleeping)
{
	unsigned long flags = arch_irq_save();

	if (sleeping)
		pop_sleeping(lock);
	else
		pop_spin(lock);
	arch_irq_restore(flags);
}

bool lockdep_held(const void *lock)
{
	unsigned long flags = arch_irq_save();
	struct held_list *h = this_cpu_ptr(&held_spin);
	struct thread *t = current;
	bool found = false;

	for (unsigned int i = 0; i < h->n; i++)
		found |= h->lock[i].lock == lock;
	for (unsigned int i = 0; i < t->nheld; i++)
		found |= t->held[i] == lock;
	arch_irq_restore(flags);
	return found;
}

void lockdep_assert_may_sleep(const char *file, int line)
{
	unsigned long flags = arch_irq_save();
	struct held_list *h = this_cpu_ptr(&held_spin);

	if (h->n)
		panic("%s:%d: may sleep while a spinlock is held, taken at %pS", file, line,
		      (void *)h->lock[h->n - 1].site);
	if (this_cpu()->irq_depth)
		panic("%s:%d: may sleep in an interrupt handler", file, line);
	arch_irq_restore(flags);
}

void lockdep_print_held(void)
{
	struct held_list *h = this_cpu_ptr(&held_spin);
	struct thread *t = current;

	for (unsigned int i = 0; t && i < t->nheld; i++)
		printk("  held by thread: rank %u lock %p at %pS\n", t->held_rank[i], t->held[i],
		       (void *)t->held_site[i]);
	for (unsigned int i = 0; i < h->n; i++)
		printk("  held by cpu:    rank %u lock %p at %pS\n", h->lock[i].rank,
		       h->lock[i].lock, (void *)h->lock[i].site);
}

#endif
