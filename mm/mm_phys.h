/* SPDX-License-Identifier: MIT */
/* mm_phys.h - what zone.c, buddy.c, pcplist.c, page.c and page_alloc.c share among themselves */
#ifndef MM_PHYS_H
#define MM_PHYS_H

#include <mm/zone.h>

/* ---- buddy.c: zone->lock held ---- */
/* buddy_alloc - a block of 2^@order pages off the lists, split as needed; NULL: none. */
struct page *buddy_alloc(struct zone *z, unsigned int order);
/* buddy_free - give a block back and merge it upwards; no flags set, reference count 0. */
void buddy_free(struct zone *z, struct page *p, unsigned int order);

/* ---- pcplist.c: any context ---- */
/* pcp_alloc - one page from this CPU's list of @z, refilled when empty down to @mark; NULL: none. */
struct page *pcp_alloc(struct zone *z, unsigned long mark);
void pcp_free(struct page *p);
/* pcp_drain_this_cpu - all lists of this CPU back to the buddy lists. */
void pcp_drain_this_cpu(void);
unsigned long pcp_pages(void);

#endif
