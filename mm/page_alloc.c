/* SPDX-License-Identifier: MIT */
/*
 * mm/page_alloc.c - the front door: from gfp flags to a page
 *
 * THE PICTURE    gfp -> highest zone allowed -> zonelist: NORMAL -> DMA32 -> DMA
 *                        order 0: this CPU's list of the first zone, if it has a page
 *                        for each zone:  order 0: per-CPU list (pcplist.c), refilled
 *                                        else:    buddy lists, if free pages stay above the mark
 *                nothing found -> drain everyone's per-CPU lists -> once more, down to half of min for
 *                        __GFP_HIGH, to nothing for __GFP_MEMALLOC -> NULL
 *
 * ALWAYS TRUE    A1  a page given out has reference count 1, no flags but its zone, _mapcount -1.
 *                A2  a page taken back has reference count 0, no user mapping, no flags that say
 *                    someone still uses it (FLAGS_CHECKED_AT_FREE).
 *                A3  a zone below the wanted one is left its lowmem reserve: 1/256 of the zones above.
 *
 * LOCKS          none held by callers of ranks above RANK_PCP; zone->lock inside.
 * CIRCLE         page_alloc -> vmscan -> swap -> page_alloc will close here once reclaim exists.
 * LEFT OUT       NUMA, cpusets, compaction.
 * READ NEXT      pcplist.c, buddy.c, zone.c.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/ipi.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <mm/fault_inject.h>
#include <mm/ledger.h>
#include <mm/page_alloc.h>
#include <mm/page_owner.h>
#include <mm/vmstat.h>
#include "mm_phys.h"

#define FLAGS_CHECKED_AT_FREE	(1UL << PG_locked | 1UL << PG_lru | 1UL << PG_writeback | \
				 1UL << PG_buddy | 1UL << PG_slab | 1UL << PG_table | \
				 1UL << PG_reserved | 1UL << PG_pcp)
#define ZONE_MASK		(~0UL << PAGE_ZONE_SHIFT)

#define SMALL_MACHINE_PAGES	(64UL << 20 >> PAGE_SHIFT)	/* THE NUMBERS of pcplist.c */

#define GFP_ZONE_BITS		(__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM)

static unsigned long total_pages;

/* The zone that try_zones() would look into first, for each combination of GFP_ZONE_BITS. */
static u8 first_zone[GFP_ZONE_BITS + 1];

static enum zone_type gfp_zone(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA_END_PFN ? ZONE_DMA : ZONE_DMA32;
	if (gfp & __GFP_DMA32)
		return ZONE_DMA32;
	return gfp & __GFP_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL;
}

/* Free pages that must stay in @z after an allocation whose first choice was @wanted. */
static unsigned long keep_free(const struct zone *z, enum zone_type wanted, gfp_t gfp)
{
	unsigned long mark = z->watermark[WMARK_MIN];

	if (gfp & __GFP_MEMALLOC)
		return 0;
	if (gfp & __GFP_HIGH)
		mark /= 2;
	for (enum zone_type t = (enum zone_type)(z - zones) + 1; t <= wanted; t++)
		mark += zones[t].managed / 256;		/* A3 */
	return mark;
}

static struct page *alloc_from_zone(struct zone *z, unsigned int order, unsigned long keep)
{
	struct page *p = NULL;
	unsigned long flags;

	if (order == 0)
		return pcp_alloc(z, keep);
	spin_lock_irqsave(&z->lock, flags);
	if (zone_watermark_ok(z, order, keep))
		p = buddy_alloc(z, order);
	spin_unlock_irqrestore(&z->lock, flags);
	return p;
}

static struct page *try_zones(gfp_t gfp, unsigned int order)
{
	enum zone_type wanted = gfp_zone(gfp);

	for (int t = (int)wanted; t >= 0; t--) {
		struct page *p;

		if (!zones[t].managed)
			continue;
		p = alloc_from_zone(&zones[t], order, keep_free(&zones[t], wanted, gfp));
		if (p)
			return p;
	}
	return NULL;
}

/* Interrupts are on and nothing is locked: other CPUs' lists may hold the last pages. */
static struct page *alloc_slowly(gfp_t gfp, unsigned int order)
{
	if (arch_irqs_disabled() || !(gfp & __GFP_RECLAIM)) {
		pcp_drain_this_cpu();
		return try_zones(gfp | __GFP_HIGH, order);
	}
	page_alloc_drain();
	return try_zones(gfp, order);
}

static noinline struct page *alloc_from_zones(gfp_t gfp, unsigned int order)
{
	struct page *p;

	if (should_fail_alloc_page(gfp, order))
		return NULL;
	p = try_zones(gfp, order);
	if (!p)
		p = alloc_slowly(gfp, order);
	if (p)
		set_page_owner(p, order, gfp);
	return p;
}

static inline void prepare_new_page(struct page *p, unsigned int order)
{
	ASSERT_MSG(page_count(p) == 0 && atomic_read(&p->_mapcount) == -1, "A1: pfn=%lx count=%d mapcount=%d",
		   page_to_pfn(p), page_count(p), page_mapcount(p));
	atomic_set(&p->_refcount, 1);
	p->mapping = NULL;
	p->private = order;
}

static noinline struct page *alloc_block(gfp_t gfp, unsigned int order)
{
	struct page *p = order <= MAX_ORDER ? alloc_from_zones(gfp, order) : NULL;

	if (!p)
		return NULL;
	count_vm_events(pgalloc, 1UL << order);
	prepare_new_page(p, order);
	if (gfp & __GFP_ZERO)
		for (unsigned long i = 0; i < 1UL << order; i++)
			clear_page(page_address(p + i));
	return p;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	unsigned long flags;
	struct page *p;

	if (unlikely(order))
		return alloc_block(gfp, order);
	flags = arch_irq_save();
	p = pcp_pop(&this_cpu_var(pcplists)[first_zone[gfp & GFP_ZONE_BITS]]);
	arch_irq_restore(flags);
	if (unlikely(!p)) {
		p = alloc_from_zones(gfp, 0);
		if (!p)
			return NULL;
	} else if (CONFIG_DEBUG) {
		set_page_owner(p, 0, gfp);
	}
	count_vm_event(pgalloc);
	prepare_new_page(p, 0);
	if (gfp & __GFP_ZERO)
		clear_page(page_address(p));
	return p;
}

/* A2, and the flags of the page's last life go. */
static inline void prepare_free_page(struct page *p)
{
	ASSERT_MSG(!(p->flags & FLAGS_CHECKED_AT_FREE), "A2: free of a page in use: pfn=%lx flags=%lx",
		   page_to_pfn(p), p->flags);
	ASSERT_MSG(atomic_read(&p->_mapcount) == -1, "A2: free of a mapped page: pfn=%lx mapcount=%d",
		   page_to_pfn(p), page_mapcount(p));
	p->flags &= ZONE_MASK;
	if (CONFIG_DEBUG)
		poison_free_page(p);
}

static inline void free_one(struct page *p)
{
	struct zone *z = page_zone(p);
	struct pcplist *l;
	unsigned long flags;

	ASSERT_MSG(page_count(p) <= 1, "free of a page others hold: pfn=%lx count=%d",
		   page_to_pfn(p), page_count(p));
	atomic_set(&p->_refcount, 0);
	count_vm_event(pgfree);
	prepare_free_page(p);
	flags = arch_irq_save();
	l = &this_cpu_var(pcplists)[page_zonenum(p)];
	pcp_push(l, p);
	if (unlikely(l->count > PCP_HIGH * pcp_batch))
		pcp_trim(z, l);
	arch_irq_restore(flags);
}

void free_pages(struct page *p, unsigned int order)
{
	struct zone *z = page_zone(p);
	unsigned long flags;

	if (likely(order == 0)) {
		free_one(p);
		return;
	}
	ASSERT_MSG(page_count(p) <= 1, "free of a page others hold: pfn=%lx count=%d",
		   page_to_pfn(p), page_count(p));
	atomic_set(&p->_refcount, 0);
	count_vm_events(pgfree, 1UL << order);
	for (unsigned long i = 0; i < 1UL << order; i++)
		prepare_free_page(p + i);
	spin_lock_irqsave(&z->lock, flags);
	buddy_free(z, p, order);
	spin_unlock_irqrestore(&z->lock, flags);
}

void put_page_final(struct page *p)
{
	free_one(p);
}

unsigned int alloc_pages_bulk(gfp_t gfp, unsigned int n, struct page **pages)
{
	unsigned int got = 0;

	while (got < n && (pages[got] = alloc_page(gfp)))
		got++;
	return got;
}

void free_page_list(struct list_head *list)
{
	struct page *p, *next;

	list_for_each_entry_safe(p, next, list, lru) {
		list_del(&p->lru);
		free_pages(p, 0);
	}
}

void *get_free_page(gfp_t gfp)
{
	struct page *p = alloc_page(gfp);

	if (!p)
		return NULL;
	ledger_own(p, LEDGER_KERNEL, 0);
	return page_address(p);
}

void free_page_va(void *va)
{
	if (!va)
		return;
	ledger_disown(virt_to_page(va), 0);
	free_pages(virt_to_page(va), 0);
}

unsigned long nr_free_pages(void)
{
	unsigned long n = pcp_pages();

	for (unsigned int i = 0; i < NR_ZONES; i++)
		n += READ_ONCE(zones[i].nr_free);
	return n;
}

unsigned long totalram_pages(void)
{
	return total_pages;
}

/* While someone watches, the fast path is led to a list that is always empty (fault_inject.c). */
static bool fast_path_off(void)
{
	return alloc_watch & (WATCH_FAIL | (CONFIG_DEBUG ? 0 : WATCH_OWNER));
}

void page_alloc_watch(void)
{
	for (gfp_t gfp = 0; gfp <= GFP_ZONE_BITS; gfp++) {
		int z = (int)gfp_zone(gfp);

		while (z > 0 && !zones[z].managed)
			z--;
		first_zone[gfp] = fast_path_off() ? EMPTY_PCPLIST : (u8)z;
	}
}

void page_alloc_account(unsigned long pages)
{
	total_pages += pages;
	page_alloc_watch();
	pcp_batch = total_pages < SMALL_MACHINE_PAGES ? 8 : 32;
}

static void drain_call(void *arg)
{
	pcp_drain_this_cpu();
}

void page_alloc_drain(void)
{
	if (nr_cpus > 1 && !arch_irqs_disabled())
		ipi_call_all(drain_call, NULL);
	else
		pcp_drain_this_cpu();
}
