/* SPDX-License-Identifier: MIT */
/*
 * mm/zone.c - why DMA, DMA32, NORMAL and HIGHMEM, and what do min, low and high mean?
 *
 * THE PICTURE    0        16 MiB                4 GiB                    direct map's end
 *                |-- DMA --|------ DMA32 --------|------- NORMAL ---------|---- HIGHMEM ----|
 *                 x86 only    32-bit devices        everything else
 *                |............ node 0 ...........|.......... node 1 .......................|
 *                Each node cuts its own zones out of its own memory (pglist_data.node_zones).
 *
 *                free pages of a zone:
 *                |##|####|.......|.........|................................|
 *                0 3/8  min     low       high                          managed
 *                   atomic   for the first  reclaim
 *                   callers  look at all zones  stops
 *
 *                zonelist of node 0:  Normal/0 DMA32/0 DMA/0  Normal/1 DMA32/1 ...   nearest node first
 *
 * ALWAYS TRUE    Z1  every frame of RAM belongs to one zone, named in its page->flags. Zones of one node do
 *                    not overlap; the spans of two nodes may (interleaved memory).
 *                Z2  present <= spanned; managed <= present; nr_free <= managed.
 *                Z3  min <= low <= high, from `managed` and min_free_kbytes.
 *                Z4  a zonelist names each populated zone of the machine once, own node first.
 *
 * THE NUMBERS    Linux's. min_free_kbytes = 4 * sqrt(KiB of memory below HIGHMEM), within 128 KiB and 256 MiB:
 *                about 2.8 MiB of 512 MiB. Each zone has its share by size as min; low and high lie
 *                max(min/4, managed/1000) further up each. HIGHMEM's min is managed/1024, within 32 and 128.
 *                lowmem_reserve: 1/256 of the memory above, 1/32 if that includes HIGHMEM: whatever zone
 *                lies below it (highmem= may leave DMA32 alone) is all the kernel has.
 * LOCKS          zone->lock for the counts that change (buddy.c) and the marks; one setter of marks at a time.
 * LEFT OUT       ZONE_MOVABLE, watermark boosting. Reclaim: high is computed and nobody waits for it yet.
 * READ NEXT      numa.c (nodes), buddy.c, page_alloc.c (who asks).
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/mutex.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <lib/align.h>
#include <mm/highmem.h>
#include <mm/memblock.h>
#include <mm/zone.h>

#define DMA32_END_PFN		((pfn_t)(1UL << 32 >> PAGE_SHIFT))
#define KB_TO_PAGES(kb)		((kb) >> (PAGE_SHIFT - 10))
#define MIN_FREE_KB_LOWEST	128
#define MIN_FREE_KB_HIGHEST	262144
#define HIGHMEM_RATIO		32
#define WATERMARK_SCALE		1000	/* marks lie at least managed/1000 apart (watermark_scale_factor 10) */

struct pglist_data node_data[MAX_NUMNODES];
struct zone *zone_table[NR_ZONE_IDS + 1];
unsigned long min_free_kbytes;		/* what holds; boot_params.min_free_kbytes is what was asked for */

static const char *const zone_names[NR_ZONES] = {
	[ZONE_DMA] = "DMA", [ZONE_DMA32] = "DMA32", [ZONE_NORMAL] = "Normal", [ZONE_HIGHMEM] = "HighMem",
};

/* A zone lends to callers who could have used a higher one all but 1/ratio of what those have: Linux's numbers. */
static const unsigned int reserve_ratio[NR_ZONES] = {
	[ZONE_DMA] = 256, [ZONE_DMA32] = 256, [ZONE_NORMAL] = 32, [ZONE_HIGHMEM] = 0,
};

struct zone *next_zone(const struct zone *z)
{
	for (unsigned int id = z ? z->id + 1U : 0; id < NR_ZONE_IDS; id++)
		if (zone_table[id])
			return zone_table[id];
	return NULL;
}

/* ---- spans ---- */

/* The direct map may end below any of the other borders (highmem=). */
static pfn_t zone_end_pfn(enum zone_type type)
{
	const pfn_t ends[NR_ZONES] = { ZONE_DMA_END_PFN, DMA32_END_PFN, ~0UL, ~0UL };

	return type == ZONE_HIGHMEM ? ~0UL : min(ends[type], (pfn_t)(lowmem_end >> PAGE_SHIFT));
}

struct zone *zone_of_pfn(pfn_t pfn, pfn_t *end)
{
	unsigned int nid = numa_next_range(pfn, end), type = ZONE_DMA;

	while (type < NR_ZONES - 1 && pfn >= zone_end_pfn((enum zone_type)type))
		type++;
	*end = min(*end, zone_end_pfn((enum zone_type)type));
	return &node_data[nid].node_zones[type];
}

static void init_zone(unsigned int nid, unsigned int type)
{
	struct zone *z = &node_data[nid].node_zones[type];

	z->id = (u8)(nid << ZONES_SHIFT | type);
	z->node = (u8)nid;
	z->name = zone_names[type];
	spin_lock_init(&z->lock, RANK_ZONE);
	for (unsigned int order = 0; order <= MAX_ORDER; order++)
		INIT_LIST_HEAD(&z->free_area[order].free_list);
	zone_table[z->id] = z;
}

/* [pfn, end) of RAM lies in @z: both spans grow. */
static void add_span(struct zone *z, pfn_t pfn, pfn_t end)
{
	struct pglist_data *n = NODE_DATA(z->node);
	pfn_t node_end = max(n->node_start_pfn + n->node_spanned_pages, end);

	z->start_pfn = z->present ? min(z->start_pfn, pfn) : pfn;
	z->end_pfn = max(z->end_pfn, end);
	z->spanned = z->end_pfn - z->start_pfn;
	z->present += end - pfn;
	n->node_start_pfn = n->node_present_pages ? min(n->node_start_pfn, pfn) : pfn;
	n->node_spanned_pages = node_end - n->node_start_pfn;
	n->node_present_pages += end - pfn;
}

void zone_init(void)
{
	unsigned int nid, i = 0;
	paddr_t start, end;

	for_each_online_node(nid) {
		node_data[nid].node_id = nid;
		for (unsigned int type = 0; type < NR_ZONES; type++)
			init_zone(nid, type);
	}
	while (memblock_next_memory(&i, &start, &end))
		for (pfn_t pfn = (pfn_t)(start >> PAGE_SHIFT), stop; pfn < end >> PAGE_SHIFT; pfn = stop) {
			struct zone *z;

			stop = (pfn_t)(end >> PAGE_SHIFT);
			z = zone_of_pfn(pfn, &stop);
			add_span(z, pfn, stop);
		}
}

unsigned long zone_managed_pages(void)
{
	unsigned long sum = 0;
	struct zone *z;

	for_each_zone(z)
		sum += z->managed;
	return sum;
}

/* ---- watermarks and reserves ---- */

/* Integer square root, rounded down. */
static unsigned long isqrt(unsigned long x)
{
	unsigned long r = 0;

	for (unsigned long bit = 1UL << 31; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= x)
			r += bit;
	return r;
}

static unsigned long lowmem_pages(void)
{
	unsigned long sum = 0;
	struct zone *z;

	for_each_zone(z)
		if (zone_type(z) != ZONE_HIGHMEM)
			sum += z->managed;
	return sum;
}

/* What min_free_kbytes= asks for, or the rule; never more than a quarter of memory, which nobody could boot with. */
static void choose_min_free(unsigned long lowmem)
{
	unsigned long lowmem_kb = lowmem << (PAGE_SHIFT - 10);

	unsigned long kb = boot_params.min_free_kbytes;

	if (!kb)
		kb = clamp(isqrt(16 * lowmem_kb), (unsigned long)MIN_FREE_KB_LOWEST,
			   (unsigned long)MIN_FREE_KB_HIGHEST);
	min_free_kbytes = min(kb, lowmem_kb / 4);
}

/* HIGHMEM serves nobody who cannot wait: a token amount, as Linux's. */
static unsigned long zone_min_pages(const struct zone *z, unsigned long lowmem)
{
	if (zone_type(z) == ZONE_HIGHMEM)
		return z->managed ? clamp(z->managed / 1024, 32UL, 128UL) : 0;
	return lowmem ? KB_TO_PAGES(min_free_kbytes) * z->managed / lowmem : 0;
}

static void set_marks(struct zone *z, unsigned long lowmem)
{
	unsigned long m = zone_min_pages(z, lowmem), gap = max(m / 4, z->managed / WATERMARK_SCALE);
	unsigned long flags;

	spin_lock_irqsave(&z->lock, flags);
	z->watermark[WMARK_MIN] = m;
	z->watermark[WMARK_LOW] = m + gap;
	z->watermark[WMARK_HIGH] = m + 2 * gap;
	spin_unlock_irqrestore(&z->lock, flags);
	ASSERT(z->managed <= z->present && z->present <= z->spanned);
}

/* For a caller who could have had zone @i of the node: all that lies above @z, up to @i, by the ratio. */
static void set_reserve(struct zone *z)
{
	struct pglist_data *n = NODE_DATA(z->node);
	unsigned long above = 0, ratio;

	for (unsigned int i = zone_type(z) + 1; i < NR_ZONES; i++) {
		above += n->node_zones[i].managed;
		ratio = i == ZONE_HIGHMEM ? HIGHMEM_RATIO : reserve_ratio[zone_type(z)];
		z->lowmem_reserve[i] = z->managed ? above / ratio : 0;
	}
}

/* ---- zonelists ---- */

/* The nearest node to @nid that is not in @done; of equals the next one round from @nid, to spread the load. */
static int nearest_node(unsigned int nid, unsigned long done)
{
	int best = -1;

	for (unsigned int i = 0; i < MAX_NUMNODES; i++) {
		unsigned int n = (nid + i) % MAX_NUMNODES;

		if (!node_online(n) || done >> n & 1)
			continue;
		if (best < 0 || node_distance(nid, n) < node_distance(nid, (unsigned int)best))
			best = (int)n;
	}
	return best;
}

/* Node order: all zones of the nearest node from the highest down, then the next node's. */
static void build_zonelist(unsigned int nid)
{
	unsigned long done = 0;
	unsigned int k = 0;
	int n;

	while ((n = nearest_node(nid, done)) >= 0) {
		done |= 1UL << n;
		for (int type = NR_ZONES - 1; type >= 0; type--)
			if (node_data[n].node_zones[type].managed)
				node_data[nid].zonelist[k++] = &node_data[n].node_zones[type];
	}
	node_data[nid].zonelist[k] = NULL;
}

static void set_all_marks(void)
{
	unsigned long lowmem = lowmem_pages();
	struct zone *z;

	choose_min_free(lowmem);
	for_each_zone(z) {
		set_marks(z, lowmem);
		set_reserve(z);
	}
}

void zone_set_min_free(unsigned long kb)
{
	static DEFINE_MUTEX(setting, RANK_MODULE);

	mutex_lock(&setting);
	boot_params.min_free_kbytes = kb;
	set_all_marks();
	mutex_unlock(&setting);
}

void zone_setup(void)
{
	unsigned int nid;

	set_all_marks();
	for_each_online_node(nid)
		build_zonelist(nid);
}
