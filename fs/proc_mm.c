/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_mm.c - /proc's files about memory: meminfo, vmstat, buddyinfo, slabinfo, swaps
 */
#include <fs/proc.h>
#include <lib/printf.h>
#include <mm/overcommit.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/vmstat.h>
#include <mm/zone.h>

static void kb(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%-16s%8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

static unsigned long state(enum vm_state s)
{
	long n = vm_state_sum(s);

	return n > 0 ? (unsigned long)n : 0;
}

static int show_meminfo(struct seq_file *m)
{
	unsigned long nr_free = nr_free_pages(), file = state(nr_file_pages), shmem = state(nr_shmem);
	unsigned long total = totalram_pages(), anon = state(nr_anon_pages);
	unsigned long vmalloc_kb = (unsigned long)(vmalloc_end - vmalloc_start) >> 10;

	kb(m, "MemTotal:", total);
	kb(m, "MemFree:", nr_free);
	kb(m, "MemAvailable:", nr_free + (file > shmem ? file - shmem : 0));
	kb(m, "Buffers:", 0);
	kb(m, "Cached:", file);
	kb(m, "SwapCached:", 0);
	kb(m, "Active:", anon + file);
	kb(m, "Inactive:", 0);
	kb(m, "Active(anon):", anon + shmem);
	kb(m, "Inactive(anon):", 0);
	kb(m, "Active(file):", file > shmem ? file - shmem : 0);
	kb(m, "Inactive(file):", 0);
	kb(m, "Unevictable:", 0);
	kb(m, "Mlocked:", 0);
	kb(m, "SwapTotal:", 0);
	kb(m, "SwapFree:", 0);
	kb(m, "Dirty:", 0);
	kb(m, "Writeback:", 0);
	kb(m, "AnonPages:", anon);
	kb(m, "Mapped:", state(nr_mapped));
	kb(m, "Shmem:", shmem);
	kb(m, "Slab:", slab_pages());
	kb(m, "SReclaimable:", 0);
	kb(m, "SUnreclaim:", slab_pages());
	kb(m, "KernelStack:", state(nr_kernel_stack_pages));
	kb(m, "PageTables:", state(nr_page_table_pages));
	kb(m, "CommitLimit:", vm_commit_limit());
	kb(m, "Committed_AS:", vm_committed());
	seq_printf(m, "VmallocTotal:   %8lu kB\nVmallocUsed:    %8lu kB\nVmallocChunk:   %8u kB\n",
		   vmalloc_kb, vmalloc_used() >> 10, 0u);
	return 0;
}

static int show_vmstat(struct seq_file *m)
{
	seq_printf(m, "nr_free_pages %lu\n", nr_free_pages());
	for (unsigned int i = 0; i < NR_VM_STATES; i++)
		seq_printf(m, "%s %ld\n", vm_state_name(i), vm_state_sum(i));
	seq_printf(m, "numa_hit %lu\n", vm_event_sum(pgalloc) - vm_event_sum(numa_miss));
	seq_printf(m, "numa_local %lu\n", vm_event_sum(pgalloc) - vm_event_sum(numa_other));
	for (unsigned int i = 0; i < NR_VM_EVENTS; i++)
		seq_printf(m, "%s %lu\n", vm_event_name(i), vm_event_sum(i));
	return 0;
}

static int show_buddyinfo(struct seq_file *m)
{
	struct zone *z;

	for_each_populated_zone(z) {
		seq_printf(m, "Node %d, zone %8s ", z->node, z->name);
		for (unsigned int o = 0; o <= MAX_ORDER; o++)
			seq_printf(m, "%6lu ", z->free_area[o].nr_free);
		seq_putc(m, '\n');
	}
	return 0;
}

/* Linux's debugfs files extfrag/extfrag_index and extfrag/unusable_index */
static int show_fragmentation(struct seq_file *m, int (*index)(struct zone *z, unsigned int order), const char *format)
{
	struct zone *z;

	for_each_populated_zone(z) {
		seq_printf(m, "Node %d, zone %8s ", z->node, z->name);
		for (unsigned int o = 0; o <= MAX_ORDER; o++) {
			int i = index(z, o);

			seq_printf(m, format, i / 1000, i < 0 ? -i % 1000 : i % 1000);
		}
		seq_putc(m, '\n');
	}
	return 0;
}

static int show_extfrag(struct seq_file *m)
{
	return show_fragmentation(m, extfrag_index, "%2d.%03d ");
}

static int show_unusable(struct seq_file *m)
{
	return show_fragmentation(m, unusable_free_index, "%d.%03d ");
}

static void slab_line(const char *line, void *arg)
{
	seq_puts(arg, line);
}

static int show_slabinfo(struct seq_file *m)
{
	slab_info(slab_line, m);
	return 0;
}

static int show_slabstat(struct seq_file *m)
{
	slab_stats(slab_line, m);
	return 0;
}

static int show_swaps(struct seq_file *m)
{
	seq_puts(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

const struct proc_entry proc_mm_entries[] = {
	{ .name = "buddyinfo", .mode = S_IFREG | 0444, .show = show_buddyinfo },
	{ .name = "extfrag_index", .mode = S_IFREG | 0444, .show = show_extfrag },
	{ .name = "meminfo", .mode = S_IFREG | 0444, .show = show_meminfo },
	{ .name = "slabinfo", .mode = S_IFREG | 0400, .show = show_slabinfo },
	{ .name = "slabstat", .mode = S_IFREG | 0400, .show = show_slabstat },
	{ .name = "swaps", .mode = S_IFREG | 0444, .show = show_swaps },
	{ .name = "unusable_index", .mode = S_IFREG | 0444, .show = show_unusable },
	{ .name = "vmstat", .mode = S_IFREG | 0444, .show = show_vmstat },
	{ .mode = 0 },
};
