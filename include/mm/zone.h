/* SPDX-License-Identifier: MIT */
/* zone.h - why DMA, DMA32, NORMAL and HIGHMEM; watermarks (mm/zone.c) */
#ifndef MM_ZONE_H
#define MM_ZONE_H

#include <kernel/cpumask.h>
#include <kernel/spinlock.h>
#include <mm/page_alloc.h>

enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_HIGHMEM, NR_ZONES };
enum zone_watermark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };

struct free_area { struct list_head free_list; unsigned long nr_free; };	/* nr_free in blocks */

struct zone {
	spinlock_t		lock;		/* RANK_ZONE, irq-safe                          */
	const char		*name;		/* (i) */
	pfn_t			start_pfn, end_pfn; /* (i) */
	unsigned long		spanned, present, managed; /* pages; managed: given to the buddy lists */
	unsigned long		watermark[NR_WMARK]; /* (i) after boot */
	struct free_area	free_area[MAX_ORDER + 1]; /* lock */
	unsigned long		nr_free;	/* lock; pages in free_area                     */
};

extern struct zone zones[NR_ZONES];

static inline enum zone_type page_zonenum(const struct page *p)
{
	return (enum zone_type)(p->flags >> PAGE_ZONE_SHIFT);
}

static inline struct zone *page_zone(const struct page *p) { return &zones[page_zonenum(p)]; }

/* zone_init - spans from memblock's ranges; watermarks by zone_setup_watermarks() once pages are in. */
void zone_init(void);
void zone_setup_watermarks(void);
/* zone_watermark_ok - would @zone still have @mark pages free after taking 2^@order? */
bool zone_watermark_ok(const struct zone *z, unsigned int order, unsigned long mark);

#endif
