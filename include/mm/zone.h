/* SPDX-License-Identifier: MIT */
/* zone.h - nodes and their zones DMA, DMA32, NORMAL and HIGHMEM; watermarks (mm/zone.c) */
#ifndef MM_ZONE_H
#define MM_ZONE_H

#include <kernel/cpumask.h>
#include <kernel/spinlock.h>
#include <mm/numa.h>
#include <mm/page_alloc.h>

enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_HIGHMEM, NR_ZONES };
enum zone_watermark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };

#define ZONES_SHIFT	2			/* bits of a zone's type in its id */
#define NR_ZONE_IDS	(MAX_NUMNODES << ZONES_SHIFT)
BUILD_ASSERT(NR_ZONES <= 1 << ZONES_SHIFT);
#define CACHE_LINE	64

struct free_area { struct list_head free_list; unsigned long nr_free; };	/* nr_free in blocks */

/* Grouped by cache line, one for each kind of user: scripts/pahole.py shows it, and that it stays so. */
struct zone {
	/* read by everyone who looks for memory, written when the marks are set */
	unsigned long		watermark[NR_WMARK];
	unsigned long		lowmem_reserve[NR_ZONES]; /* kept back from callers who could use the zone [i] */
	u8			id;		/* (i) node << ZONES_SHIFT | type                */
	u8			node;		/* (i)                                          */
	bool			lists_closed;	/* written under lock: under pressure: per-CPU lists keep nothing */
	/* written by every refill, under the lock */
	spinlock_t		lock __aligned(CACHE_LINE); /* RANK_ZONE, irq-safe              */
	unsigned long		nr_free;	/* lock; pages in free_area                     */
	struct free_area	free_area[MAX_ORDER + 1]; /* lock */
	/* boot and reports */
	const char		*name;		/* (i) */
	pfn_t			start_pfn, end_pfn; /* (i) */
	unsigned long		spanned, present, managed; /* pages; managed: given to the buddy lists */
};

/* A node: its zones, and every populated zone of the machine in the order this node's CPUs try them. */
struct pglist_data {
	struct zone		node_zones[NR_ZONES];
	struct zone		*zonelist[NR_ZONE_IDS + 1]; /* (i) after boot; NULL ends it    */
	unsigned int		node_id;
	pfn_t			node_start_pfn;
	unsigned long		node_spanned_pages, node_present_pages;
};

extern struct pglist_data node_data[MAX_NUMNODES];
extern struct zone *zone_table[NR_ZONE_IDS + 1]; /* by zone id; NULL: no such zone, and at the end */
#define NODE_DATA(nid)	(&node_data[nid])

static inline unsigned int page_zone_id(const struct page *p) { return p->flags >> PAGE_ZONE_SHIFT; }
static inline enum zone_type zone_type(const struct zone *z)
{
	return (enum zone_type)(z->id & ((1 << ZONES_SHIFT) - 1));
}

static inline enum zone_type page_zonenum(const struct page *p)
{
	return (enum zone_type)(page_zone_id(p) & ((1 << ZONES_SHIFT) - 1));
}

static inline unsigned int page_to_nid(const struct page *p) { return page_zone_id(p) >> ZONES_SHIFT; }
static inline struct zone *page_zone(const struct page *p) { return zone_table[page_zone_id(p)]; }

/* next_zone - in the order of ids, over online nodes; NULL: the first, and at the end */
struct zone *next_zone(const struct zone *z);
#define for_each_zone(z)		for ((z) = next_zone(NULL); (z); (z) = next_zone(z))
#define for_each_populated_zone(z)	for_each_zone(z) if (!(z)->managed) { } else

/* zone_init - nodes and spans, from memblock's ranges. */
void zone_init(void);
/* zone_setup - once pages are in: zonelists, watermarks, reserves. */
void zone_setup(void);
/* zone_of_pfn - where frame @pfn belongs; *@end (a frame beyond it) is lowered to where that answer ends. */
struct zone *zone_of_pfn(pfn_t pfn, pfn_t *end);
/* zone_watermark_ok - would @zone keep @mark pages free after giving 2^@order? (Has it such a block: buddy_alloc().) */
static inline bool zone_watermark_ok(const struct zone *z, unsigned int order, unsigned long mark)
{
	return z->nr_free >= mark + (1UL << order);
}

/* zone_managed_pages - in all zones */
unsigned long zone_managed_pages(void);

/* extfrag.c, thousandths: share of free memory too fragmented for @order; why it would fail (-1000: it would not) */
int unusable_free_index(struct zone *z, unsigned int order);
int extfrag_index(struct zone *z, unsigned int order);

extern unsigned long min_free_kbytes;	/* /proc/sys/vm/min_free_kbytes */
/* zone_set_min_free - new watermarks; 0: from the size of memory; too much is cut to a quarter of it. sleeps: yes */
void zone_set_min_free(unsigned long kb);

#endif
