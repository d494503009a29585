/* SPDX-License-Identifier: MIT */
/*
 * mm/zone.c - why DMA, DMA32, NORMAL and HIGHMEM, and what do min, low and high mean?
 *
 * THE PICTURE    0        16 MiB                4 GiB                    direct map's end
 *                |-- DMA --|------ DMA32 --------|------- NORMAL ---------|---- HIGHMEM ----|
 *                 x86 only    32-bit devices        everything else          empty on both ports
 *
 *                free pages of a zone:
 *                |#####|.......|.........|.................................|
 *                0    min     low       high                          managed
 *                 atomic   for reclaim to start
 *                 callers  and to stop
 *
 * ALWAYS TRUE    Z1  zones do not overlap and cover every frame of RAM.
 *                Z2  present <= spanned; managed <= present; nr_free <= managed.
 *                Z3  min <= low <= high, set once at boot from `managed`.
 *
 * THE NUMBERS    min = 4 * sqrt(KiB managed) KiB in all, shared out by size: Linux's rule, which keeps
 *                about 2.8 MiB of 512 MiB. low = min * 5/4, high = min * 3/2.
 * LOCKS          zone->lock for the counts that change (buddy.c).
 * LEFT OUT       reclaim: low and high are computed, and nobody waits for them yet. NUMA nodes,
 *                ZONE_MOVABLE, watermark boosting.
 * READ NEXT      buddy.c, page_alloc.c (who asks zone_watermark_ok()).
 */
#include <arch.h>
#include <kernel/assert.h>
#include <lib/align.h>
#include <mm/zone.h>

struct zone zones[NR_ZONES] = {
	[ZONE_DMA] = { .name = "DMA" },
	[ZONE_DMA32] = { .name = "DMA32" },
	[ZONE_NORMAL] = { .name = "Normal" },
	[ZONE_HIGHMEM] = { .name = "HighMem" },
};

#define DMA32_END_PFN	((pfn_t)(1UL << 32 >> PAGE_SHIFT))

static void set_span(enum zone_type type, pfn_t start, pfn_t end)
{
	struct zone *z = &zones[type];

	spin_lock_init(&z->lock, RANK_ZONE);
	for (unsigned int order = 0; order <= MAX_ORDER; order++)
		INIT_LIST_HEAD(&z->free_area[order].free_list);
	z->start_pfn = clamp(start, min_pfn, max_pfn);
	z->end_pfn = clamp(end, min_pfn, max_pfn);
	z->spanned = z->end_pfn - z->start_pfn;
}

void zone_init(void)
{
	set_span(ZONE_DMA, 0, ZONE_DMA_END_PFN);
	set_span(ZONE_DMA32, ZONE_DMA_END_PFN, DMA32_END_PFN);
	set_span(ZONE_NORMAL, DMA32_END_PFN, ~0UL);
	set_span(ZONE_HIGHMEM, ~0UL, ~0UL);
}

/* Integer square root, rounded down. */
static unsigned long isqrt(unsigned long x)
{
	unsigned long r = 0;

	for (unsigned long bit = 1UL << 31; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= x)
			r += bit;
	return r;
}

void zone_setup_watermarks(void)
{
	unsigned long total = 0, min_pages;

	for (unsigned int i = 0; i < NR_ZONES; i++)
		total += zones[i].managed;
	min_pages = isqrt(16 * (total << (PAGE_SHIFT - 10))) >> (PAGE_SHIFT - 10);
	for (unsigned int i = 0; i < NR_ZONES; i++) {
		struct zone *z = &zones[i];
		unsigned long m = total ? min_pages * z->managed / total : 0;

		z->watermark[WMARK_MIN] = m;
		z->watermark[WMARK_LOW] = m + m / 4;
		z->watermark[WMARK_HIGH] = m + m / 2;
		ASSERT(z->managed <= z->present && z->present <= z->spanned);
	}
}

/* Free blocks of at least @order must exist too: enough single pages do not make a block. */
bool zone_watermark_ok(const struct zone *z, unsigned int order, unsigned long mark)
{
	if (z->nr_free < mark + (1UL << order))
		return false;
	for (unsigned int o = order; o <= MAX_ORDER; o++)
		if (z->free_area[o].nr_free)
			return true;
	return false;
}
