/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_mm.c - /proc's files about memory: meminfo, vmstat, slabinfo, swaps
 */
#include <fs/proc.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/lazyfree.h>
#include <mm/overcommit.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/vmstat.h>
#include <mm/zone.h>
#include <uapi/errno.h>

extern char __percpu_start[], __percpu_end[];

static void kb(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%-16s%8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

static unsigned long state(enum vm_state s)
{
	long n = vm_state_sum(s);

	return n > 0 ? (unsigned long)n : 0;
}

static void show_free(struct seq_file *m, unsigned long cached)
{
	unsigned long nr_free = nr_free_pages(), total = totalram_pages();
	unsigned long high_free = nr_free_highpages(), high_total = totalhigh_pages();

	kb(m, "MemTotal:", total);
	kb(m, "MemFree:", nr_free);
	kb(m, "MemAvailable:", nr_free + cached + lazyfree_pages());
	if (!high_total)
		return;
	kb(m, "HighTotal:", high_total);
	kb(m, "HighFree:", high_free);
	kb(m, "LowTotal:", total - high_total);
	kb(m, "LowFree:", nr_free > high_free ? nr_free - high_free : 0);
}

static void show_used(struct seq_file *m, unsigned long anon, unsigned long cached, unsigned long shmem)
{
	kb(m, "Buffers:", 0);
	kb(m, "Cached:", cached + shmem);
	kb(m, "SwapCached:", 0);
	kb(m, "Active:", anon + shmem + cached);
	kb(m, "Inactive:", 0);
	kb(m, "Active(anon):", anon + shmem);
	kb(m, "Inactive(anon):", 0);
	kb(m, "Active(file):", cached);
	kb(m, "Inactive(file):", 0);
	kb(m, "Unevictable:", 0);
	kb(m, "Mlocked:", 0);
	kb(m, "SwapTotal:", 0);
	kb(m, "SwapFree:", 0);
	kb(m, "Dirty:", state(nr_dirty));
	kb(m, "Writeback:", 0);
	kb(m, "AnonPages:", anon);
	kb(m, "Mapped:", state(nr_mapped));
	kb(m, "Shmem:", shmem);
}

static void show_kernel_memory(struct seq_file *m)
{
	unsigned long slab = slab_pages();

	kb(m, "KReclaimable:", 0);
	kb(m, "Slab:", slab);
	kb(m, "SReclaimable:", 0);
	kb(m, "SUnreclaim:", slab);
	kb(m, "KernelStack:", state(nr_kernel_stack_pages));
	kb(m, "PageTables:", state(nr_page_table_pages));
	kb(m, "NFS_Unstable:", 0);
	kb(m, "Bounce:", 0);
	kb(m, "WritebackTmp:", 0);
}

/* Chunk is the largest free range of addresses; Linux has stopped to look for it and prints 0. */
static void show_vmalloc(struct seq_file *m)
{
	kb(m, "VmallocTotal:", (unsigned long)(vmalloc_end - vmalloc_start) >> PAGE_SHIFT);
	kb(m, "VmallocUsed:", vmalloc_used() >> PAGE_SHIFT);
	kb(m, "VmallocChunk:", vmalloc_largest_chunk() >> PAGE_SHIFT);
	kb(m, "Percpu:", DIV_ROUND_UP((unsigned long)(__percpu_end - __percpu_start), PAGE_SIZE) * nr_cpus);
}

static int show_meminfo(struct seq_file *m)
{
	unsigned long file = state(nr_file_pages), shmem = state(nr_shmem), anon = state(nr_anon_pages);
	unsigned long cached = file > shmem ? file - shmem : 0;

	show_free(m, cached);
	show_used(m, anon, cached, shmem);
	show_kernel_memory(m);
	kb(m, "CommitLimit:", vm_commit_limit());
	kb(m, "Committed_AS:", vm_committed());
	show_vmalloc(m);
	kb(m, "AnonHugePages:", 0);
	kb(m, "ShmemHugePages:", 0);
	seq_puts(m, "HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\n"
		 "HugePages_Surp:        0\n");
	kb(m, "Hugepagesize:", PMD_SIZE >> PAGE_SHIFT);
	return 0;
}

/* Lines that Linux has under names of its own for what we count otherwise. */
static void show_linux_names(struct seq_file *m)
{
	seq_printf(m, "nr_free_pages %lu\n", nr_free_pages());
	seq_printf(m, "nr_slab_reclaimable 0\nnr_slab_unreclaimable %lu\n", slab_pages());
	seq_printf(m, "nr_kernel_stack %lu\n", state(nr_kernel_stack_pages) << (PAGE_SHIFT - 10));
	seq_printf(m, "numa_hit %lu\n", vm_event_sum(pgalloc) - vm_event_sum(numa_miss));
	seq_printf(m, "numa_local %lu\n", vm_event_sum(pgalloc) - vm_event_sum(numa_other));
	seq_printf(m, "nr_tlb_remote_flush %lu\nnr_tlb_local_flush %lu\n", vm_event_sum(tlb_flush_remote),
		   vm_event_sum(tlb_flush_local));
}

static int show_vmstat(struct seq_file *m)
{
	show_linux_names(m);
	for (unsigned int i = 0; i < NR_VM_STATES; i++)
		seq_printf(m, "%s %ld\n", vm_state_name(i), vm_state_sum(i));
	for (unsigned int i = 0; i < NR_VM_EVENTS; i++)
		seq_printf(m, "%s %lu\n", vm_event_name(i), vm_event_sum(i));
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

/* "name limit batchcount sharedfactor", as for Linux's SLAB. */
static int write_slabinfo(struct inode *inode, char *text)
{
	const char *name = strsep(&text, " ");
	unsigned long v[3];

	for (unsigned int i = 0; i < ARRAY_SIZE(v); i++) {
		const char *word = strsep(&text, " ");

		if (!word || kstrtoul(word, 10, &v[i]) || v[i] > 1U << 16)
			return -EINVAL;
	}
	return text ? -EINVAL : slab_tune(name, (unsigned int)v[0], (unsigned int)v[1], (unsigned int)v[2]);
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
	{ .name = "extfrag_index", .mode = S_IFREG | 0444, .show = show_extfrag },
	{ .name = "meminfo", .mode = S_IFREG | 0444, .show = show_meminfo },
	{ .name = "slabinfo", .mode = S_IFREG | 0600, .show = show_slabinfo, .write = write_slabinfo },
	{ .name = "slabstat", .mode = S_IFREG | 0400, .show = show_slabstat },
	{ .name = "swaps", .mode = S_IFREG | 0444, .show = show_swaps },
	{ .name = "unusable_index", .mode = S_IFREG | 0444, .show = show_unusable },
	{ .name = "vmstat", .mode = S_IFREG | 0444, .show = show_vmstat },
	{ .mode = 0 },
};
