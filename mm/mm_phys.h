/* SPDX-License-Identifier: MIT */
/* mm_phys.h - what zone.c, buddy.c, pcplist.c, page.c and page_alloc.c share among themselves */
#ifndef MM_PHYS_H
#define MM_PHYS_H

#include <kernel/assert.h>
#include <kernel/percpu.h>
#include <lib/list.h>
#include <mm/zone.h>

/* ---- buddy.c: zone->lock held ---- */
/* buddy_alloc - a block of 2^@order pages off the lists, split as needed; NULL: none. */
struct page *buddy_alloc(struct zone *z, unsigned int order);
/* buddy_free - give a block back and merge it upwards; no flags set, reference count 0. */
void buddy_free(struct zone *z, struct page *p, unsigned int order);

/* ---- page.c ---- */
/* poison_free_page - debug builds: every page on its way to the free lists; use after free shows as 0x6b. */
void poison_free_page(struct page *p);

/* ---- pcplist.c: any context ---- */
struct pcplist { struct list_head list; unsigned int count, high; } __aligned(32);

/*
 * A CPU's lists by zone id, and for each combination of GFP_LIST_BITS the list to look at first. NO_LIST is
 * always empty: who is sent there takes the long way.
 */
#define GFP_ZONE_BITS	(__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM)
#define GFP_LIST_BITS	(GFP_ZONE_BITS | __GFP_THISNODE | __GFP_COLD)
#define NO_LIST		NR_ZONE_IDS
struct pcplists {
	unsigned long pgalloc, pgfree;		/* the fast paths' share of these events: vm_event_sum() adds it */
	u8 first[GFP_LIST_BITS + 1];
	struct pcplist list[NR_ZONE_IDS + 1] __aligned(CACHE_LINE);
	struct pcplist cold[NR_ZONE_IDS];	/* in use with the boot parameter coldpages */
};
DECLARE_PER_CPU(struct pcplists, pcplists);

/* PCP_HIGH - batches a list may hold; pcp_batch - pages that move between list and zone at once */
#define PCP_HIGH	4
extern unsigned int pcp_batch;

/* pcp_trim - a batch back to @z, or all if @z is short of memory. irqs off. */
void pcp_trim(struct zone *z, struct pcplist *l);

/*
 * pcp_pop, pcp_push - the hot end; irqs off. Inline, and the marks are the refill's business: a page from
 * the list costs 60 instructions where the walk over the zones cost 250.
 */
static inline struct page *pcp_pop(struct pcplist *l)
{
	unsigned int count = l->count;
	struct page *p;

	if (unlikely(!count))
		return NULL;
	l->count = count - 1;
	p = list_first_entry(&l->list, struct page, lru);
	list_unlink(&l->list, p->lru.next);	/* no poison: PG_pcp tells who is on a list */
	ASSERT_MSG(PagePcp(p), "P1: pfn=%lx flags=%lx", page_to_pfn(p), p->flags);
	p->flags ^= 1UL << PG_pcp;
	return p;
}

static inline void pcp_push(struct pcplist *l, struct page *p)
{
	__SetPagePcp(p);
	list_add(&p->lru, &l->list);
	l->count++;
}

/* pcp_alloc - one page from this CPU's list of @z, refilled when empty down to @mark; NULL: none. */
struct page *pcp_alloc(struct zone *z, unsigned long mark, bool cold);
/* pcp_free_cold - to the end that is used last, or the cold list. */
void pcp_free_cold(struct zone *z, struct page *p);
/*
 * pcp_close_lists - @z is short: every CPU's list of it empties and stays so. Takes zone->lock.
 * pcp_open_lists - the end of that. zone->lock held.
 */
void pcp_close_lists(struct zone *z);
void pcp_open_lists(struct zone *z);
/* pcp_drain_this_cpu - all lists of this CPU back to the buddy lists. */
void pcp_drain_this_cpu(void);
unsigned long pcp_pages(void);
/* pcp_init - once the zonelists exist: the size of lists, and where each CPU's searches begin. */
void pcp_init(void);

/* ---- page_alloc.c ---- */
/* gfp_zone - the highest zone @gfp may use */
enum zone_type gfp_zone(gfp_t gfp);

#endif
