/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_zone.c - /proc/buddyinfo, zoneinfo and pagetypeinfo: the zones in Linux's formats
 *
 * Verso has no migrate types: every block is `Unmovable' in pagetypeinfo. What is counted for the whole machine
 * only (per-node stats of zoneinfo) is shown at the first node.
 */
#include <fs/proc.h>
#include <kernel/percpu.h>
#include <mm/show_mem.h>
#include <mm/vmstat.h>

static void free_counts(struct seq_file *m, const struct zone *z)
{
	for (unsigned int o = 0; o <= MAX_ORDER; o++)
		seq_printf(m, "%6lu ", z->free_area[o].nr_free);
	seq_putc(m, '\n');
}

static int show_buddyinfo(struct seq_file *m)
{
	struct zone *z;

	for_each_populated_zone(z) {
		seq_printf(m, "Node %d, zone %8s ", z->node, z->name);
		free_counts(m, z);
	}
	return 0;
}

/* ---- zoneinfo ---- */

static unsigned long state(enum vm_state s)
{
	long n = vm_state_sum(s);

	return n > 0 ? (unsigned long)n : 0;
}

static void node_stats(struct seq_file *m)
{
	unsigned long file = state(nr_file_pages), shmem = state(nr_shmem);
	const struct { const char *name; unsigned long n; } stats[] = {
		{ "nr_active_anon", state(nr_anon_pages) + shmem },
		{ "nr_active_file", file > shmem ? file - shmem : 0 },
		{ "nr_slab_unreclaimable", state(nr_slab_pages) },
		{ "nr_anon_pages", state(nr_anon_pages) },
		{ "nr_mapped", state(nr_mapped) },
		{ "nr_file_pages", file },
		{ "nr_dirty", state(nr_dirty) },
		{ "nr_shmem", shmem },
		{ "nr_kernel_stack", state(nr_kernel_stack_pages) << (PAGE_SHIFT - 10) },
		{ "nr_page_table_pages", state(nr_page_table_pages) },
	};

	seq_puts(m, "\n  per-node stats");
	for (unsigned int i = 0; i < ARRAY_SIZE(stats); i++)
		seq_printf(m, "\n      %-12s %lu", stats[i].name, stats[i].n);
}

static void zone_marks(struct seq_file *m, const struct zone *z)
{
	seq_printf(m, "\n  pages free     %lu\n        boost    0\n        min      %lu\n        low      %lu\n"
		   "        high     %lu\n        spanned  %lu\n        present  %lu\n        managed  %lu\n"
		   "        cma      0", READ_ONCE(z->nr_free), z->watermark[WMARK_MIN], z->watermark[WMARK_LOW],
		   z->watermark[WMARK_HIGH], z->spanned, z->present, z->managed);
	seq_printf(m, "\n        protection: (%lu", z->lowmem_reserve[0]);
	for (unsigned int t = 1; t < NR_ZONES; t++)
		seq_printf(m, ", %lu", z->lowmem_reserve[t]);
	seq_putc(m, ')');
}

static void zone_cpus(struct seq_file *m, const struct zone *z)
{
	unsigned int cpu;

	seq_printf(m, "\n      %-12s %lu\n  pagesets", "nr_free_pages", READ_ONCE(z->nr_free));
	for_each_online_cpu(cpu) {
		struct pcp_stat s;

		zone_pcp_stat(z, cpu, &s);
		seq_printf(m, "\n    cpu: %u\n              count: %u\n              high:  %u\n"
			   "              batch: %u", cpu, s.count, s.high, s.batch);
	}
	seq_printf(m, "\n  node_unreclaimable:  0\n  start_pfn:           %lu", z->start_pfn);
}

static int show_zoneinfo(struct seq_file *m)
{
	bool first = true;
	struct zone *z;

	for_each_zone(z) {
		if (!z->spanned)
			continue;
		seq_printf(m, "Node %d, zone %8s", z->node, z->name);
		if (first)
			node_stats(m);
		first = false;
		zone_marks(m, z);
		if (z->managed)
			zone_cpus(m, z);
		seq_putc(m, '\n');
	}
	return 0;
}

/* ---- pagetypeinfo ---- */

static int show_pagetypeinfo(struct seq_file *m)
{
	struct zone *z;

	seq_printf(m, "Page block order: %d\nPages per block:  %lu\n\n%-43s ", PAGEBLOCK_ORDER,
		   1UL << PAGEBLOCK_ORDER, "Free pages count per migrate type at order");
	for (unsigned int o = 0; o <= MAX_ORDER; o++)
		seq_printf(m, "%6u ", o);
	seq_putc(m, '\n');
	for_each_populated_zone(z) {
		seq_printf(m, "Node %4d, zone %8s, type %12s ", z->node, z->name, "Unmovable");
		free_counts(m, z);
	}
	seq_printf(m, "\n%-23s%12s \n", "Number of blocks type ", "Unmovable");
	for_each_populated_zone(z)
		seq_printf(m, "Node %d, zone %8s %12u \n", z->node, z->name, zone_blocks(z));
	return 0;
}

const struct proc_entry proc_zone_entries[] = {
	{ .name = "buddyinfo", .mode = S_IFREG | 0444, .show = show_buddyinfo },
	{ .name = "pagetypeinfo", .mode = S_IFREG | 0400, .show = show_pagetypeinfo },
	{ .name = "zoneinfo", .mode = S_IFREG | 0444, .show = show_zoneinfo },
	{ .mode = 0 },
};
