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
struct pcplist { struct list_head list; unsigned int count; };
/* one for each zone, and one that nothing is ever put on: where fast paths are sent to fail */
#define EMPTY_PCPLIST	NR_ZONES
DECLARE_PER_CPU(struct pcplist[NR_ZONES + 1], pcplists);

/* PCP_HIGH - batches a list may hold; pcp_batch - pages that move between list and zone at once */
#define PCP_HIGH	4
extern unsigned int pcp_batch;

/* pcp_refill - a batch for @l, leaving @z more than @mark free pages. pcp_trim - a batch back. irqs off. */
void pcp_refill(struct zone *z, struct pcplist *l, unsigned long mark);
void pcp_trim(struct zone *z, struct pcplist *l);

/*
 * pcp_pop, pcp_push - the hot end; irqs off. Inline, and the marks are the refill's business: a page from
 * the list costs 60 instructions where the walk over the zones cost 250.
 */
static inline struct page *pcp_pop(struct pcplist *l)
{
	struct page *p = list_first_entry(&l->list, struct page, lru);

	if (unlikely(!l->count))
		return NULL;
	list_unlink(&l->list, p->lru.next);	/* no poison: PG_pcp tells who is on a list */
	l->count--;
	ASSERT_MSG(PagePcp(p), "P1: pfn=%lx flags=%lx", page_to_pfn(p), p->flags);
	__ClearPagePcp(p);
	return p;
}

static inline void pcp_push(struct pcplist *l, struct page *p)
{
	__SetPagePcp(p);
	list_add(&p->lru, &l->list);
	l->count++;
}

/* pcp_alloc - one page from this CPU's list of @z, refilled when empty down to @mark; NULL: none. */
struct page *pcp_alloc(struct zone *z, unsigned long mark);
/* pcp_drain_this_cpu - all lists of this CPU back to the buddy lists. */
void pcp_drain_this_cpu(void);
unsigned long pcp_pages(void);

#endif
