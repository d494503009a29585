/* SPDX-License-Identifier: MIT */
/*
 * mm/page_alloc.c - the front door: from gfp flags to a page
 *
 * THE PICTURE    gfp -> highest zone allowed; node -> zonelist: NORMAL DMA32 DMA, then the next node's
 *                order 0: this CPU's list of the first zone, if it has a page        (the fast path ends here)
 *                each zone, down to `low`    order 0: per-CPU list (pcplist.c), refilled
 *                pages of MADV_FREE (lazyfree.c), then each zone, down to `low`, again
 *                each zone, down to `min`    else:    buddy lists
 *                drain everyone's per-CPU lists, down to `min` once more -> NULL
 *
 * ALWAYS TRUE    A1  a page given out has reference count 1, no flags but its zone, _mapcount -1.
 *                A2  a page taken back has reference count 0, no user mapping, no flags that say
 *                    someone still uses it (FLAGS_CHECKED_AT_FREE). A page that breaks A1 or A2 is
 *                    reported (bad_page) and never given out again, nor is its block; debug builds panic.
 *                    Of a block that is given out only debug builds look at more than the first page.
 *                A3  an allocation leaves free in a zone: min, and its lowmem_reserve for the caller's highest
 *                    zone. Of min itself __GFP_HIGH leaves a half, and 3/8 if the caller cannot wait either
 *                    (GFP_ATOMIC); __GFP_MEMALLOC leaves nothing at all. That is Linux's rule.
 *                A4  __GFP_THISNODE never gets a page of another node.
 *
 * NUMA           A page is a hit where it was wanted, a miss where it was not (and foreign to the node
 *                that was asked); other: a CPU of another node got it. Counted on the long way only: on the fast path
 *                everything is a hit, so hit = pgalloc - miss and local = pgalloc - other.
 * LOCKS          none held by callers of ranks above RANK_PCP; zone->lock inside.
 * CIRCLE         page_alloc -> vmscan -> swap -> page_alloc will close here once reclaim exists.
 * LEFT OUT       cpusets, compaction.
 * READ NEXT      pcplist.c, buddy.c, zone.c, numa.c.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/ipi.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <mm/fault_inject.h>
#include <mm/lazyfree.h>
#include <mm/ledger.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/page_owner.h>
#include <mm/vmstat.h>
#include "mm_phys.h"

#define FLAGS_CHECKED_AT_FREE	(1UL << PG_locked | 1UL << PG_lru | 1UL << PG_writeback | \
				 1UL << PG_buddy | 1UL << PG_slab | 1UL << PG_table | \
				 1UL << PG_reserved | 1UL << PG_pcp)
#define SHRINK_BATCH		32	/* pages freed for one that is needed: pressure rarely comes alone */
#define ZONE_MASK		(~0UL << PAGE_ZONE_SHIFT)

/* What someone wants: the caller's words, worked out once. */
struct alloc_request {
	gfp_t		gfp;
	unsigned int	order;
	enum zone_type	wanted;		/* highest zone allowed */
	unsigned int	nid;		/* whose zonelist       */
	unsigned long	nodes;		/* nodes allowed        */
};

static unsigned long total_pages;

enum zone_type gfp_zone(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA_END_PFN ? ZONE_DMA : ZONE_DMA32;
	if (gfp & __GFP_DMA32)
		return ZONE_DMA32;
	return gfp & __GFP_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL;
}

/* ---- the long way ---- */

/* A3: free pages that must stay in @z. */
static unsigned long keep_free(const struct zone *z, const struct alloc_request *r, enum zone_watermark w)
{
	unsigned long mark = z->watermark[w];

	if (r->gfp & __GFP_MEMALLOC)
		return 0;
	if (r->gfp & __GFP_HIGH) {
		mark -= mark / 2;
		if (!(r->gfp & __GFP_RECLAIM))
			mark -= mark / 4;
	}
	return mark + z->lowmem_reserve[r->wanted];
}

static struct page *alloc_from_zone(struct zone *z, const struct alloc_request *r, unsigned long keep)
{
	struct page *p = NULL;
	unsigned long flags;

	if (r->order == 0)
		return pcp_alloc(z, keep, r->gfp & __GFP_COLD);
	spin_lock_irqsave(&z->lock, flags);
	if (zone_watermark_ok(z, r->order, keep))
		p = buddy_alloc(z, r->order);
	spin_unlock_irqrestore(&z->lock, flags);
	return p;
}

/* @first is the zone that would have been best. */
static void count_numa(const struct zone *z, const struct zone *first, unsigned int order)
{
	if (z->node != first->node) {
		count_vm_events(numa_miss, 1UL << order);
		count_vm_events(numa_foreign, 1UL << order);
	}
	if (z->node != numa_node_id())
		count_vm_events(numa_other, 1UL << order);
}

static struct page *try_zones(const struct alloc_request *r, enum zone_watermark w)
{
	struct zone *first = NULL;

	for (struct zone **zl = NODE_DATA(r->nid)->zonelist, *z; (z = *zl); zl++) {
		unsigned long keep;
		struct page *p;

		if (zone_type(z) > r->wanted || !(r->nodes >> z->node & 1))
			continue;
		first = first ? first : z;
		keep = keep_free(z, r, w);
		p = alloc_from_zone(z, r, keep);
		if (p) {
			count_numa(z, first, r->order);
			return p;
		}
		if (READ_ONCE(z->nr_free) <= keep + (1UL << r->order))	/* not if it is only in pieces */
			pcp_close_lists(z);
	}
	return NULL;
}

/* What programs gave away by MADV_FREE, before anybody goes below `low`, or is killed for memory. */
static struct page *alloc_lazily_freed(const struct alloc_request *r)
{
	struct page *p;

	if (arch_irqs_disabled() || !(r->gfp & __GFP_RECLAIM))
		return NULL;
	while (lazyfree_shrink(SHRINK_BATCH, r->wanted, r->nodes)) {
		p = try_zones(r, WMARK_LOW);
		if (p)
			return p;
	}
	return NULL;
}

/* Interrupts on and nothing locked: other CPUs' lists may hold the last pages. */
static struct page *alloc_slowly(const struct alloc_request *r)
{
	struct page *p = lazyfree_pages() ? alloc_lazily_freed(r) : NULL;

	if (!p)
		p = try_zones(r, WMARK_MIN);
	if (p)
		return p;
	if (arch_irqs_disabled() || !(r->gfp & __GFP_RECLAIM))
		pcp_drain_this_cpu();
	else
		page_alloc_drain();
	return try_zones(r, WMARK_MIN);
}

static noinline struct page *alloc_from_zones(gfp_t gfp, unsigned int order, unsigned int nid, unsigned long nodes)
{
	struct alloc_request r = { gfp, order, gfp_zone(gfp), nid, nodes };
	struct page *p;

	if (should_fail_alloc_page(gfp, order))
		return NULL;
	if (gfp & __GFP_THISNODE)
		r.nodes &= 1UL << nid;
	p = try_zones(&r, WMARK_LOW);
	if (!p)
		p = alloc_slowly(&r);
	if (p)
		set_page_owner(p, order, gfp, 2);	/* alloc_from_node() came before */
	return p;
}

/* ---- giving out ---- */

/* A1 and A2 in one comparison: _refcount and _mapcount are neighbours. */
#define COUNTS(ref)	((u64)(u32)-1 << 32 | (u32)(ref))
BUILD_ASSERT(offsetof(struct page, _mapcount) == offsetof(struct page, _refcount) + 4);
BUILD_ASSERT(offsetof(struct page, _refcount) % 8 == 0);

static inline u64 page_counts(const struct page *p)
{
	return *(const volatile u64 *)&p->_refcount;
}

static inline void set_page_counts(struct page *p, u64 v)
{
	*(volatile u64 *)&p->_refcount = v;
}

static const char *what_is_wrong(const struct page *p)
{
	static const struct { unsigned int flag; const char *what; } flags[] = {
		{ PG_buddy, "double free: it is in the buddy lists" },
		{ PG_pcp, "double free: it is on a per-CPU list" },
		{ PG_reserved, "reserved, never the allocator's" }, { PG_slab, "still a slab" },
		{ PG_table, "still a page table" }, { PG_locked, "still locked" },
		{ PG_lru, "still on an LRU list" }, { PG_writeback, "still being written" },
	};

	if (page_count(p) < 0)
		return "a reference was put that nobody had";
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++)
		if (p->flags >> flags[i].flag & 1)
			return flags[i].what;
	return page_mapcount(p) ? "still in a page table" :
	       page_count(p) ? "others hold it" : "flags of a page in use";
}

/* Never corrupt silently, never guess: the page stays out of every list for good. */
static __cold noinline void bad_page(struct page *p, const char *when, const char *why)
{
	if (CONFIG_DEBUG)
		panic("bad page at %s: %s: pfn=%lx flags=%lx count=%d mapcount=%d", when, why, page_to_pfn(p),
		      p->flags, page_count(p), page_mapcount(p));
	count_vm_event(nr_bad_pages);
	page_dump(p, why);
	pr_err("bad page at %s: it will not be used again\n", when);
	print_backtrace(NULL);
}

/* A1; false: somebody writes to free pages. */
static inline bool is_free_page(const struct page *p)
{
	return likely(page_counts(p) == COUNTS(0) && !(p->flags & ~ZONE_MASK));
}

static inline bool prepare_new_page(struct page *p, unsigned int order)
{
	if (!is_free_page(p))
		return false;
	set_page_counts(p, COUNTS(1));
	p->mapping = NULL;
	p->private = order;
	return true;
}

/* The same for 2^@order pages; a bad one is reported, and the block stays out. */
static inline bool prepare_new_block(struct page *p, unsigned int order)
{
	for (unsigned long i = 1; CONFIG_DEBUG && i < 1UL << order; i++) {
		if (!is_free_page(p + i)) {
			bad_page(p + i, "allocation of a block", what_is_wrong(p + i));
			return false;
		}
	}
	if (likely(prepare_new_page(p, order)))
		return true;
	bad_page(p, "allocation", what_is_wrong(p));
	return false;
}

static noinline struct page *clear_pages(struct page *p, unsigned int order)
{
	for (unsigned long i = 0; i < 1UL << order; i++)
		clear_highpage(p + i);
	return p;
}

static noinline struct page *alloc_from_node(gfp_t gfp, unsigned int order, unsigned int nid, unsigned long nodes)
{
	struct page *p;

	if (order > MAX_ORDER)
		return NULL;
	do {
		p = alloc_from_zones(gfp, order, nid, nodes);
	} while (p && !prepare_new_block(p, order));
	if (!p)
		return NULL;
	count_vm_events(pgalloc, 1UL << order);
	return gfp & __GFP_ZERO ? clear_pages(p, order) : p;
}

static noinline struct page *alloc_from_here(gfp_t gfp, unsigned int order)
{
	return alloc_from_node(gfp, order, numa_node_id(), ~0UL);
}

/* A block from the zone where the search begins, if that has plenty: no lowmem_reserve applies there. */
static noinline struct page *alloc_block(gfp_t gfp, unsigned int order)
{
	struct zone *z = zone_table[this_cpu_var(pcplists).first[gfp & GFP_LIST_BITS]];
	struct page *p = NULL;
	unsigned long flags;

	if (unlikely(order > MAX_ORDER || !z))
		return alloc_from_here(gfp, order);
	spin_lock_irqsave(&z->lock, flags);
	if (likely(zone_watermark_ok(z, order, z->watermark[WMARK_LOW])))
		p = buddy_alloc(z, order);
	spin_unlock_irqrestore(&z->lock, flags);
	if (unlikely(!p || !prepare_new_block(p, order)))
		return alloc_from_here(gfp, order);
	if (CONFIG_DEBUG)
		set_page_owner(p, order, gfp, 1);
	count_vm_events(pgalloc, 1UL << order);
	return gfp & __GFP_ZERO ? clear_pages(p, order) : p;
}

/* Somebody wrote to @p while it was free: it is out of the list now, and stays out. */
static __cold noinline struct page *replace_bad_page(struct page *p, gfp_t gfp)
{
	bad_page(p, "allocation", what_is_wrong(p));
	return alloc_from_here(gfp, 0);
}

/* The fast path, to the end of the function without a value that must survive a call. */
struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct pcplists *c;
	unsigned long flags;
	struct page *p;

	if (unlikely(order))
		return alloc_block(gfp, order);
	flags = arch_irq_save();
	c = &this_cpu_var(pcplists);
	p = pcp_pop(&c->list[c->first[gfp & GFP_LIST_BITS]]);
	if (unlikely(!p)) {
		arch_irq_restore(flags);
		return alloc_from_here(gfp, 0);
	}
	if (unlikely(!prepare_new_page(p, 0))) {
		arch_irq_restore(flags);
		return replace_bad_page(p, gfp);
	}
	c->pgalloc++;
	arch_irq_restore(flags);
	if (CONFIG_DEBUG)
		set_page_owner(p, 0, gfp, 0);
	return gfp & __GFP_ZERO ? clear_pages(p, 0) : p;
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	if (nid == NO_NODE || nid == (int)numa_node_id())
		return alloc_pages(gfp, order);
	if (!node_online((unsigned int)nid))
		return NULL;
	return alloc_from_node(gfp, order, (unsigned int)nid, ~0UL);
}

struct page *alloc_pages_nodemask(gfp_t gfp, unsigned int order, unsigned int nid, unsigned long nodes)
{
	ASSERT(node_online(nid));
	return alloc_from_node(gfp, order, nid, nodes);
}

/* ---- taking back ---- */

/* A2, and the flags of the page's last life go. */
static inline bool prepare_free_page(struct page *p)
{
	if (unlikely((p->flags & FLAGS_CHECKED_AT_FREE) || (page_counts(p) | 1) != COUNTS(1)))
		return false;
	p->_refcount.counter = 0;
	p->flags &= ZONE_MASK;
	if (CONFIG_DEBUG)
		poison_free_page(p);
	return true;
}

/* A page of MADV_FREE leaves its list with the last reference. true: that was all, it is good. */
static __cold noinline bool leaves_list(struct page *p)
{
	return PageLazyFree(p) && lazyfree_forget(p) && prepare_free_page(p);
}

static __cold noinline void refuse_free(struct page *p)
{
	bad_page(p, "free", what_is_wrong(p));
}

static noinline void trim_and_restore(struct page *p, struct pcplist *l, unsigned long flags)
{
	pcp_trim(page_zone(p), l);
	arch_irq_restore(flags);
}

static inline void free_one(struct page *p)
{
	struct pcplists *c;
	struct pcplist *l;
	unsigned long flags;

	if (unlikely(!prepare_free_page(p) && !leaves_list(p))) {
		refuse_free(p);
		return;
	}
	flags = arch_irq_save();
	c = &this_cpu_var(pcplists);
	c->pgfree++;
	l = &c->list[page_zone_id(p)];
	pcp_push(l, p);
	if (unlikely(l->count > l->high)) {
		trim_and_restore(p, l, flags);
		return;
	}
	arch_irq_restore(flags);
}

static noinline void free_block(struct page *p, unsigned int order)
{
	struct zone *z = page_zone(p);
	unsigned long flags;
	bool good = true;

	for (unsigned long i = 0; i < 1UL << order; i++)
		if (unlikely(!prepare_free_page(p + i))) {
			refuse_free(p + i);
			good = false;
		}
	if (!good)
		return;			/* the whole block stays out */
	count_vm_events(pgfree, 1UL << order);
	spin_lock_irqsave(&z->lock, flags);
	buddy_free(z, p, order);
	if (unlikely(z->lists_closed) && z->nr_free > z->watermark[WMARK_HIGH])
		pcp_open_lists(z);
	spin_unlock_irqrestore(&z->lock, flags);
}

/* A page without a reference is freed by its owner, or already lies inside somebody's free block. */
static __cold noinline bool lies_in_free_block(struct page *p)
{
	struct zone *z = page_zone(p);
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&z->lock, flags);
	for (unsigned int order = 0; order <= MAX_ORDER && !found; order++) {
		struct page *head = pfn_to_page(page_to_pfn(p) & ~((1UL << order) - 1));

		found = PageBuddy(head) && head->private >= order;
	}
	spin_unlock_irqrestore(&z->lock, flags);
	return found;
}

void free_pages(struct page *p, unsigned int order)
{
	if (unlikely(page_count(p) == 0 && lies_in_free_block(p)))
		bad_page(p, "free", "double free: it lies in a free block");
	else if (likely(order == 0))
		free_one(p);
	else
		free_block(p, order);
}

void free_cold_page(struct page *p)
{
	if (!prepare_free_page(p)) {
		refuse_free(p);
		return;
	}
	count_vm_event(pgfree);
	pcp_free_cold(page_zone(p), p);
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
		free_one(p);
	}
}

void *get_free_page_node(int nid, gfp_t gfp)
{
	struct page *p = alloc_pages_node(nid, gfp, 0);

	if (!p)
		return NULL;
	ledger_own(p, LEDGER_KERNEL, 0);
	return page_address(p);
}

void *get_free_page(gfp_t gfp)
{
	return get_free_page_node(NO_NODE, gfp);
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
	struct zone *z;

	for_each_zone(z)
		n += READ_ONCE(z->nr_free);
	return n;
}

unsigned long totalram_pages(void)
{
	return total_pages;
}

void page_alloc_account(unsigned long pages)
{
	total_pages += pages;
}

void page_alloc_watch(void)
{
	pcp_init();
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
