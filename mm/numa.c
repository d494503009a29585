/* SPDX-License-Identifier: MIT */
/*
 * mm/numa.c - which node does a frame, or a CPU, belong to, and how far apart are nodes?
 *
 * THE PICTURE    firmware (SRAT and SLIT, or the devicetree)  -> arch/<port>/numa.c -> numa_add_*()
 *
 *                node 0  [0 .......... 2G)   CPUs 0 1        distance    0   1   2
 *                node 1  [2G ......... 4G)   CPUs 2 3               0   10  20  40
 *                node 2  memory only                                1   20  10  20
 *
 *                numa_init() -> node of every frame (ranges), of every CPU, node_online_mask
 *
 * ALWAYS TRUE    N1  after numa_init() the ranges are sorted, do not overlap, and every frame of RAM has a node:
 *                    that of its range, else the node of the nearest range below (or the first).
 *                N2  node_distance(a, a) == LOCAL_DISTANCE, every other distance is larger.
 *                N3  a machine that says nothing, or nonsense, is one node 0 with everything.
 *
 * BAD INPUT      ranges of two nodes overlap: one node, no guess. RAM of no node, a node number beyond
 *                MAX_NUMNODES, a distance table that breaks N2: one line, and what can be kept is kept.
 *                Nodes without memory or without CPUs are normal: a node without memory has an empty
 *                place in every zonelist, a node without CPUs is nobody's first choice.
 *
 * LOCKS          none: written before the second CPU runs.
 * LEFT OUT       hot-plugged memory, memory-side caches (HMAT), /sys/devices/system/node.
 * READ NEXT      zone.c (zonelists), page_alloc.c (who counts hits and misses), mempolicy.c (a thread's wishes).
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <lib/align.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/numa.h>

#define MAX_RANGES	64

struct numa_range { paddr_t start, end; unsigned int nid; };

static struct numa_range ranges[MAX_RANGES];
static unsigned int nr_ranges;
static u8 cpu_nodes[NR_CPUS];		/* node + 1; 0: nobody said */
static u32 distances[MAX_NUMNODES][MAX_NUMNODES];
static bool broken;			/* more ranges than fit */
unsigned long node_online_mask = 1;

/* ---- what firmware says ---- */

static bool known_node(u32 nid, const char *what)
{
	if (nid < MAX_NUMNODES)
		return true;
	pr_warn("numa: %s names node %u, nodes go up to %u: left out\n", what, nid, MAX_NUMNODES - 1);
	return false;
}

void numa_add_memory(u32 nid, paddr_t start, paddr_t end)
{
	unsigned int i = nr_ranges;

	if (start >= end || !known_node(nid, "a memory range"))
		return;
	if (nr_ranges == MAX_RANGES) {
		broken = true;
		return;
	}
	for (; i && ranges[i - 1].start > start; i--)
		ranges[i] = ranges[i - 1];
	ranges[i] = (struct numa_range){ start, end, nid };
	nr_ranges++;
}

void numa_add_cpu(u32 nid, unsigned int cpu)
{
	if (cpu < NR_CPUS && known_node(nid, "a CPU"))
		cpu_nodes[cpu] = (u8)(nid + 1);
}

void numa_set_distance(u32 a, u32 b, u32 distance)
{
	if (!known_node(max(a, b), "the distance table"))
		return;
	distances[a][b] = distance;
}

/* ---- does it make sense? ---- */

/* N1: ranges are sorted by their start; what one node repeats is merged, two nodes in one place is nonsense. */
static bool merge_ranges(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr_ranges; i++) {
		struct numa_range *r = &ranges[i], *last = n ? &ranges[n - 1] : NULL;

		if (last && r->start < last->end && r->nid != last->nid) {
			pr_warn("numa: nodes %u and %u both have memory at %#lx: taken for one node\n", last->nid,
				r->nid, (unsigned long)r->start);
			return false;
		}
		if (last && r->start <= last->end && r->nid == last->nid)
			last->end = max(last->end, r->end);
		else
			ranges[n++] = *r;
	}
	nr_ranges = n;
	return true;
}

static u64 covered(paddr_t start, paddr_t end)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < nr_ranges; i++) {
		paddr_t s = max(start, ranges[i].start), e = min(end, ranges[i].end);

		sum += s < e ? e - s : 0;
	}
	return sum;
}

static void report_uncovered(void)
{
	paddr_t start, end;
	unsigned int i = 0;
	u64 left = 0;

	while (memblock_next_memory(&i, &start, &end))
		left += end - start - covered(start, end);
	if (left)
		pr_warn("numa: %lu KiB of memory belong to no node: given to the node below\n",
			(unsigned long)(left >> 10));
}

/* N2, or the usual distances. */
static void check_distances(void)
{
	bool ok = true;

	for (unsigned int a = 0; a < MAX_NUMNODES; a++)
		for (unsigned int b = 0; b < MAX_NUMNODES; b++) {
			u32 *d = &distances[a][b];

			if (!*d)
				*d = a == b ? LOCAL_DISTANCE : distances[b][a] ? distances[b][a] : REMOTE_DISTANCE;
			ok = ok && (a == b ? *d == LOCAL_DISTANCE : *d > LOCAL_DISTANCE && *d < 256);
		}
	if (ok)
		return;
	pr_warn("numa: the distance table has a node nearer to another than to itself: left out\n");
	for (unsigned int a = 0; a < MAX_NUMNODES; a++)
		for (unsigned int b = 0; b < MAX_NUMNODES; b++)
			distances[a][b] = a == b ? LOCAL_DISTANCE : REMOTE_DISTANCE;
}

static void one_node(void)
{
	nr_ranges = 0;
	memset(cpu_nodes, 0, sizeof(cpu_nodes));
}

static unsigned long find_online(void)
{
	unsigned long mask = 0;
	pfn_t pfn, end;
	paddr_t s, e;
	unsigned int i = 0;

	while (memblock_next_memory(&i, &s, &e))
		for (pfn = s >> PAGE_SHIFT; pfn < e >> PAGE_SHIFT; pfn = end) {
			end = e >> PAGE_SHIFT;
			mask |= 1UL << numa_next_range(pfn, &end);
		}
	for (i = 0; i < NR_CPUS; i++)
		if (cpu_nodes[i])
			mask |= 1UL << (cpu_nodes[i] - 1);
	return mask;
}

static void place_cpus(void)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		cpus[cpu].node = cpu_nodes[cpu] ? (u8)(cpu_nodes[cpu] - 1) : (u8)__builtin_ctzl(node_online_mask);
}

void numa_init(void)
{
	if (broken)
		pr_warn("numa: more than %u memory ranges: taken for one node\n", MAX_RANGES);
	if (broken || !nr_ranges || !merge_ranges())
		one_node();
	check_distances();
	node_online_mask = find_online();
	place_cpus();
	if (nr_ranges)
		report_uncovered();
	for (unsigned int i = 0; i < nr_ranges; i++)
		pr_log("numa: node %u [%#012lx, %#012lx)\n", ranges[i].nid, (unsigned long)ranges[i].start,
		       (unsigned long)ranges[i].end);
}

/* ---- asking ---- */

/* N1. A frame that a border cuts in two belongs to where it starts. */
unsigned int numa_next_range(pfn_t pfn, pfn_t *end)
{
	unsigned int nid = nr_ranges ? ranges[0].nid : 0;

	for (unsigned int i = 0; i < nr_ranges; i++) {
		pfn_t start = (pfn_t)(ALIGN_UP(ranges[i].start, PAGE_SIZE) >> PAGE_SHIFT);

		if (start > pfn) {
			*end = min(*end, start);
			break;
		}
		nid = ranges[i].nid;
	}
	return nid;
}

paddr_t memblock_alloc_on_node(u64 size, u64 align, unsigned int nid)
{
	paddr_t pa = 0;

	for (unsigned int i = 0; i < nr_ranges && !pa; i++)
		if (ranges[i].nid == nid)
			pa = memblock_alloc_between(size, align, ranges[i].start, ranges[i].end);
	return pa;
}

unsigned int node_distance(unsigned int a, unsigned int b)
{
	ASSERT(a < MAX_NUMNODES && b < MAX_NUMNODES);
	return distances[a][b];
}

unsigned int nr_online_nodes(void)
{
	return (unsigned int)__builtin_popcountl(node_online_mask);
}
