/* SPDX-License-Identifier: MIT */
/*
 * mm/pcplist.c - how does each CPU avoid the zone lock?
 *
 * THE PICTURE    CPU 0, zone DMA32:   hot [p][p][p] cold        alloc and free at the hot end;
 *                                        |  ^                   free_cold_page() at the cold one
 *                        count > high:   v  |  empty: fetch BATCH
 *                             zone's buddy lists, under zone->lock
 *
 *                coldpages:  hot [p][p]   cold [p][p][p]        two lists, as in 2.6.0: __GFP_COLD takes from
 *                                                               the second, and only then from the first
 *
 *                a zone falls below its low mark:  closed (high = 0): each free goes through to the zone,
 *                each refill is one page, until the zone is above its high mark again
 *
 * ALWAYS TRUE    P1  a page on a list carries PG_pcp, has reference count 0, and belongs to that zone.
 *                P2  count is the list's length, at most high + 1 between calls.
 *                P3  only the owning CPU touches its lists, with interrupts off: no lock. `high` and `first`
 *                    are written by others: any value is good for a moment.
 *                    zone->lists_closed says which `high` is meant: both change together, under zone->lock.
 *                P4  a refill that goes below the low mark takes one page: the reserve never lies on a list
 *                    where a caller who may not enter it finds it.
 *
 * THE NUMBERS    BATCH 32: the lock and the split cost about 250 instructions, so 8 a page; high is 4
 *                batches: at most 512 KiB a CPU and zone out of everyone else's sight. On a machine
 *                with less than 64 MiB a quarter of that. A list is 32 bytes: two share a cache line.
 * HISTORY        Since 2.6.25 one list has two ends; hot and cold had a list each before. coldpages
 *                brings that back: nothing on the hot paths knows of it.
 * LEFT OUT       lists for orders above 0; batches that adapt to the zone's size beyond the one step.
 * READ NEXT      buddy.c, page_alloc.c.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/params.h>
#include <kernel/percpu.h>
#include <mm/fault_inject.h>
#include <mm/vmstat.h>
#include "mm_phys.h"

#define SMALL_MACHINE_PAGES	(64UL << 20 >> PAGE_SHIFT)	/* THE NUMBERS */

DEFINE_PER_CPU(struct pcplists, pcplists);
unsigned int pcp_batch = 8;

static struct pcplist *list_of(const struct zone *z, bool cold)
{
	struct pcplists *c = &this_cpu_var(pcplists);

	return cold && boot_params.coldpages ? &c->cold[z->id] : &c->list[z->id];
}

static bool take_from_zone(struct zone *z, struct pcplist *l, unsigned long mark)
{
	struct page *p = z->nr_free > mark ? buddy_alloc(z, 0) : NULL;

	if (!p)
		return false;
	__SetPagePcp(p);
	list_add_tail(&p->lru, &l->list);
	l->count++;
	return true;
}

/* A batch for @l; P4. */
static void refill(struct zone *z, struct pcplist *l, unsigned long mark)
{
	unsigned int n = READ_ONCE(z->lists_closed) ? 1 : pcp_batch;

	spin_lock(&z->lock);
	if (take_from_zone(z, l, mark))
		while (--n && take_from_zone(z, l, max(mark, z->watermark[WMARK_LOW])))
			;
	spin_unlock(&z->lock);
}

static struct page *pop_cold(struct pcplist *l)
{
	struct page *p;

	if (!l->count)
		return NULL;
	p = list_last_entry(&l->list, struct page, lru);
	list_del(&p->lru);
	l->count--;
	__ClearPagePcp(p);
	return p;
}

struct page *pcp_alloc(struct zone *z, unsigned long mark, bool cold)
{
	unsigned long flags = arch_irq_save();
	struct pcplist *l = list_of(z, cold);
	struct page *p;

	if (!l->count)
		refill(z, l, mark);
	p = cold ? pop_cold(l) : pcp_pop(l);
	arch_irq_restore(flags);
	if (cold && p)
		count_vm_event(pgalloc_cold);
	return p;
}

/* Return @n pages from the cold end. irqs off. */
static void drain(struct zone *z, struct pcplist *l, unsigned int n)
{
	struct page *p;

	spin_lock(&z->lock);
	while (n-- && (p = pop_cold(l)))
		buddy_free(z, p, 0);
	spin_unlock(&z->lock);
}

void pcp_trim(struct zone *z, struct pcplist *l)
{
	bool closed = READ_ONCE(z->lists_closed);

	drain(z, l, closed ? ~0U : pcp_batch);
	if (!closed)
		return;
	spin_lock(&z->lock);
	if (z->nr_free > z->watermark[WMARK_HIGH])
		pcp_open_lists(z);
	spin_unlock(&z->lock);
}

void pcp_free_cold(struct zone *z, struct page *p)
{
	unsigned long flags = arch_irq_save();
	struct pcplist *l = list_of(z, true);

	__SetPagePcp(p);
	list_add_tail(&p->lru, &l->list);
	if (++l->count > l->high)
		pcp_trim(z, l);
	arch_irq_restore(flags);
	count_vm_event(pgfree_cold);
}

/* ---- pressure ---- */

static void set_high(struct zone *z, unsigned int high)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		WRITE_ONCE(per_cpu(pcplists, cpu).list[z->id].high, high);
		WRITE_ONCE(per_cpu(pcplists, cpu).cold[z->id].high, high);
	}
}

void pcp_close_lists(struct zone *z)
{
	unsigned long flags;

	if (READ_ONCE(z->lists_closed))
		return;
	spin_lock_irqsave(&z->lock, flags);
	WRITE_ONCE(z->lists_closed, true);
	set_high(z, 0);
	spin_unlock_irqrestore(&z->lock, flags);
}

void pcp_open_lists(struct zone *z)
{
	ASSERT_HELD(&z->lock);
	WRITE_ONCE(z->lists_closed, false);
	set_high(z, PCP_HIGH * pcp_batch);
}

/* ---- all lists ---- */

void pcp_drain_this_cpu(void)
{
	unsigned long flags = arch_irq_save();
	struct zone *z;

	for_each_populated_zone(z) {
		drain(z, list_of(z, false), ~0U);
		if (boot_params.coldpages)
			drain(z, list_of(z, true), ~0U);
	}
	arch_irq_restore(flags);
}

/* Approximate while other CPUs run. */
unsigned long pcp_pages(void)
{
	unsigned long n = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		for (unsigned int id = 0; id < NR_ZONE_IDS; id++)
			n += READ_ONCE(per_cpu(pcplists, cpu).list[id].count) +
			     READ_ONCE(per_cpu(pcplists, cpu).cold[id].count);
	return n;
}

/* ---- setting up ---- */

/* While someone watches, the fast path is led to the list that is always empty (fault_inject.c). */
static bool fast_path_off(void)
{
	return alloc_watch & (WATCH_FAIL | (CONFIG_DEBUG ? 0 : WATCH_OWNER));
}

/* Where a search with the list bits @gfp begins for a CPU of node @nid. */
static unsigned int first_list(unsigned int nid, gfp_t gfp)
{
	if ((gfp & __GFP_COLD) || fast_path_off())
		return NO_LIST;
	for (struct zone **zl = NODE_DATA(nid)->zonelist; *zl; zl++)
		if (zone_type(*zl) <= gfp_zone(gfp))
			return (*zl)->node == nid ? (*zl)->id : NO_LIST;	/* not a hit: count_numa() */
	return NO_LIST;
}

static void choose_first_lists(unsigned int cpu)
{
	for (gfp_t gfp = 0; gfp <= GFP_LIST_BITS; gfp++)
		WRITE_ONCE(per_cpu(pcplists, cpu).first[gfp], (u8)first_list(cpu_to_node(cpu), gfp));
}

void pcp_init(void)
{
	unsigned int cpu;

	pcp_batch = zone_managed_pages() < SMALL_MACHINE_PAGES ? 8 : 32;
	for_each_online_cpu(cpu)
		choose_first_lists(cpu);
}

void pcp_init_cpu(void)
{
	struct pcplists *c = &this_cpu_var(pcplists);

	for (unsigned int id = 0; id <= NR_ZONE_IDS; id++) {
		INIT_LIST_HEAD(&c->list[id].list);
		c->list[id].high = PCP_HIGH * pcp_batch;
	}
	for (unsigned int id = 0; id < NR_ZONE_IDS; id++) {
		INIT_LIST_HEAD(&c->cold[id].list);
		c->cold[id].high = PCP_HIGH * pcp_batch;
	}
	choose_first_lists(smp_processor_id());
}
