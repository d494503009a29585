/* SPDX-License-Identifier: MIT */
/* page_alloc.h - the front door of physical memory (mm/page_alloc.c) */
#ifndef MM_PAGE_ALLOC_H
#define MM_PAGE_ALLOC_H

#include <mm/page.h>

#define MAX_ORDER	10		/* largest block: 2^10 pages = 4 MiB */

/*
 * alloc_pages - 2^@order contiguous pages, reference count 1 on the first; NULL: no memory.
 *   sleeps: only with __GFP_RECLAIM. Any context with GFP_ATOMIC or GFP_NOWAIT.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);
static inline struct page *alloc_page(gfp_t gfp) { return alloc_pages(gfp, 0); }
/* alloc_pages_node - the same from node @nid if it can, else from the nearest that can; NO_NODE: this CPU's. */
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);
/* alloc_pages_nodemask - nearest to @nid among @nodes, none of the others */
struct page *alloc_pages_nodemask(gfp_t gfp, unsigned int order, unsigned int nid, unsigned long nodes);
/* free_pages - the whole block back; its reference count is 0 or 1 and no one else holds it. */
void free_pages(struct page *p, unsigned int order);
/* free_cold_page - one that no cache of this CPU holds: it will be given out last. */
void free_cold_page(struct page *p);
/* alloc_pages_bulk - up to @n single pages into @pages[]; returns how many it got. */
unsigned int alloc_pages_bulk(gfp_t gfp, unsigned int n, struct page **pages);
/* free_page_list - pages linked by ->lru whose reference count is already 0. */
void free_page_list(struct list_head *list);

/* get_free_page - direct-map address of one (zeroed) page, or NULL; free_page_va gives it back. */
void *get_free_page(gfp_t gfp);
void *get_free_page_node(int nid, gfp_t gfp);
void free_page_va(void *va);

unsigned long nr_free_pages(void);
unsigned long totalram_pages(void);

/* page_alloc_drain - this and all other CPUs' per-CPU lists back to the buddy lists (exact counts for tests). */
void page_alloc_drain(void);
/* page_alloc_account - page.c: @pages more belong to the allocator, `managed` of their zones counts them. */
void page_alloc_account(unsigned long pages);
/* page_alloc_watch - alloc_watch changed: lead single-page allocations to their list, or to the slow path. */
void page_alloc_watch(void);
/* pcp_init_cpu - on each CPU */
void pcp_init_cpu(void);
/* buddy_check - validator: lists, flags, counts of every zone; panics with operands. */
void buddy_check(void);

#endif
