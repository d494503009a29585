/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_layout.c - who lives where: /proc/iomem (physical), kernel_layout (virtual), vmallocinfo (in between)
 *
 * kernel_layout is the drawing of asm/memlayout.h, made by the running kernel: the same image has other
 * addresses at each number of page-table levels. iomem and vmallocinfo have Linux's formats; who is not root
 * sees no address.
 */
#include <arch.h>
#include <fs/proc.h>
#include <kernel/assert.h>
#include <kernel/symbols.h>
#include <lib/sort.h>
#include <mm/fixmap.h>
#include <mm/page_alloc.h>
#include <mm/resource.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <uapi/errno.h>

extern char _text[], _etext[], __end_ro_after_init[], __bss_start[], _end[];

/* ---- iomem ---- */

#define MAX_RESOURCES	128

unsigned int physical_layout(struct resource *r, unsigned int n)
{
	const struct { char *start, *end; const char *name; } parts[] = {
		{ _text, _etext, "Kernel code" },
		{ _etext, __end_ro_after_init, "Kernel rodata" },
		{ __end_ro_after_init, __bss_start, "Kernel data" },
		{ __bss_start, _end, "Kernel bss" },
	};

	ASSERT(n >= ARRAY_SIZE(parts));
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++)
		r[i] = (struct resource){ kimg_to_phys(parts[i].start), kimg_to_phys(parts[i].end) - 1,
					  parts[i].name, 0 };
	return iomem_resources(r, ARRAY_SIZE(parts), n);
}

static int show_iomem(struct seq_file *m)
{
	struct resource *r = kcalloc(MAX_RESOURCES, sizeof(*r), GFP_KERNEL);
	unsigned int n;

	if (!r)
		return -ENOMEM;
	n = physical_layout(r, MAX_RESOURCES);
	for (unsigned int i = 0; i < n; i++) {
		unsigned long long start = capable() ? r[i].start : 0, end = capable() ? r[i].end : 0;

		seq_printf(m, "%*s%08llx-%08llx : %s\n", (int)(2 * r[i].depth), "", start, end, r[i].name);
	}
	kfree(r);
	return 0;
}

/* ---- kernel_layout ---- */

static int by_start(const void *a, const void *b)
{
	const struct layout_region *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

unsigned int kernel_layout(struct layout_region *r)
{
	const unsigned long top = 1UL << (max_user_levels_bits - 1);
	const struct layout_region regions[MAX_LAYOUT_REGIONS] = {
		{ 0, USER_ADDR_MIN, "never mapped: NULL" },
		{ USER_ADDR_MIN, TASK_SIZE, "user space" },
		{ top, -top, "not canonical" },
		{ page_offset, page_offset + min((unsigned long)DIRECT_MAP_SIZE, -page_offset), "direct map" },
		{ vmalloc_start, vmalloc_stacks_end(), "vmalloc: kernel stacks" },
		{ vmalloc_stacks_end(), vmalloc_end, "vmalloc, ioremap" },
		{ vmemmap_base, (unsigned long)(vmemmap + max_pfn), "vmemmap: struct pages" },
		{ FIXADDR_START, FIXADDR_TOP, "fixmap" },
		{ (unsigned long)_text, (unsigned long)_etext, "kernel text" },
		{ (unsigned long)_etext, (unsigned long)__end_ro_after_init, "kernel rodata" },
		{ (unsigned long)__end_ro_after_init, (unsigned long)_end, "kernel data, bss" },
	};

	for (unsigned int i = 0; i < MAX_LAYOUT_REGIONS; i++)
		r[i] = regions[i];
	sort(r, MAX_LAYOUT_REGIONS, sizeof(*r), by_start);
	return MAX_LAYOUT_REGIONS;
}

static void print_size(struct seq_file *m, unsigned long bytes)
{
	static const char units[] = "KMGTPE";
	unsigned int u = 0;

	for (bytes >>= 10; bytes >= 10240 && u < 5; u++)
		bytes >>= 10;
	seq_printf(m, "%6lu %ciB", bytes, units[u]);
}

static void print_region(struct seq_file *m, unsigned long start, unsigned long end, const char *name)
{
	seq_printf(m, "%016lx-%016lx ", start, end - 1);
	print_size(m, end - start);
	seq_printf(m, "  %s\n", name);
}

static int show_layout(struct seq_file *m)
{
	struct layout_region r[MAX_LAYOUT_REGIONS];
	unsigned int n = kernel_layout(r);
	unsigned long at = 0;

	seq_printf(m, "%s, %u levels, %lu address bits\n", ARCH_NAME, pgtable_levels, max_user_levels_bits);
	for (unsigned int i = 0; i < n; i++) {
		if (r[i].start > at)
			print_region(m, at, r[i].start, "-");
		print_region(m, r[i].start, r[i].end, r[i].name);
		at = r[i].end;
	}
	if (at)
		print_region(m, at, 0, "-");
	return 0;
}

/* ---- vmallocinfo ---- */

/* " name+0xoffset/0xsize", as %pS of Linux */
static void print_caller(struct seq_file *m, unsigned long pc)
{
	unsigned long offset, target = pc - (unsigned long)_text;
	const char *name = symbol_lookup(pc, &offset);
	u32 lo = 0, hi = ksym_count;

	if (!name)
		return;
	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (ksym_offsets[mid] <= target)
			lo = mid + 1;
		else
			hi = mid;
	}
	seq_printf(m, " %s+%#lx/%#lx", name, offset,
		   (lo < ksym_count ? ksym_offsets[lo] : (unsigned long)(_etext - _text)) - (target - offset));
}

static void print_pages(struct seq_file *m, const struct vm_struct *v)
{
	if (v->nr_pages)
		seq_printf(m, " pages=%u", v->nr_pages);
	if (v->phys_addr)
		seq_printf(m, " phys=0x%016llx", (unsigned long long)v->phys_addr);
	if (v->flags & VM_IOREMAP)
		seq_puts(m, " ioremap");
	if (v->flags & VM_ALLOC)
		seq_puts(m, " vmalloc");
	if (v->flags & VM_MAP)
		seq_puts(m, " vmap");
	if (v->flags & VM_VPAGES)
		seq_puts(m, " vpages");
	for (unsigned int nid = 0; nid < MAX_NUMNODES; nid++)
		if (v->nr_on_node[nid])
			seq_printf(m, " N%u=%u", nid, v->nr_on_node[nid]);
}

static int show_vmallocinfo(struct seq_file *m)
{
	struct vm_struct v;
	unsigned long addr;

	for (addr = vmalloc_start; vmalloc_next(addr, &v); addr = (unsigned long)v.addr + v.size) {
		if (v.flags & VM_UNINITIALIZED)
			continue;
		seq_printf(m, "0x%016lx-0x%016lx %7lu", (unsigned long)v.addr, (unsigned long)v.addr + v.size,
			   v.size);
		print_caller(m, v.caller);
		print_pages(m, &v);
		seq_putc(m, '\n');
	}
	return 0;
}

const struct proc_entry proc_layout_entries[] = {
	{ .name = "iomem", .mode = S_IFREG | 0444, .show = show_iomem },
	{ .name = "kernel_layout", .mode = S_IFREG | 0400, .show = show_layout },
	{ .name = "vmallocinfo", .mode = S_IFREG | 0400, .show = show_vmallocinfo },
	{ .mode = 0 },
};
