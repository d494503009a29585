/* SPDX-License-Identifier: MIT */
/* tests/kernel/layout_test.c - the address space and the physical map, as the kernel shows them */
#include <fs/proc.h>
#include <mm/memblock.h>
#include <mm/resource.h>
#include <mm/show_mem.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include "mm_test.h"

extern char _text[], _etext[];

static const char *region_of(unsigned long addr)
{
	struct layout_region r[MAX_LAYOUT_REGIONS];
	unsigned int n = kernel_layout(r);

	for (unsigned int i = 0; i < n; i++)
		if (addr >= r[i].start && addr < r[i].end)
			return r[i].name;
	return "none";
}

static bool lies_in(const void *p, const char *region)
{
	return strcmp(region_of((unsigned long)p), region) == 0;
}

KTEST(layout_regions_ascend_without_overlap_at_this_depth)
{
	struct layout_region r[MAX_LAYOUT_REGIONS];
	unsigned int n = kernel_layout(r);

	EXPECT_EQ(n, MAX_LAYOUT_REGIONS);
	for (unsigned int i = 0; i < n; i++) {
		EXPECT(r[i].start < r[i].end);
		EXPECT(i == 0 || r[i].start >= r[i - 1].end);
	}
}

KTEST(layout_regions_hold_what_they_are_named_for)
{
	void *area = vmalloc(PAGE_SIZE), *object = kmalloc(64, GFP_KERNEL);
	static int data = 1;

	REQUIRE(area && object);
	EXPECT(lies_in(NULL, "never mapped: NULL"));
	EXPECT(lies_in((void *)TEST_BASE, "user space"));
	EXPECT(lies_in(object, "direct map"));
	EXPECT(lies_in(virt_to_page(object), "vmemmap: struct pages"));
	EXPECT(lies_in(area, "vmalloc, ioremap"));
	EXPECT(lies_in(current->kstack, "vmalloc: kernel stacks"));
	EXPECT(lies_in((void *)lies_in, "kernel text"));
	EXPECT(lies_in("a string", "kernel rodata"));
	EXPECT(lies_in(&data, "kernel data, bss"));
	EXPECT(lies_in((void *)(1UL << (max_user_levels_bits - 1)), "not canonical"));
	vfree(area);
	kfree(object);
}

KTEST(iomem_contains_all_ram_and_the_kernel_in_it)
{
	static struct resource r[128];
	unsigned int n = physical_layout(r, ARRAY_SIZE(r));
	bool code = false;
	u64 ram = 0;

	EXPECT(n > 4 && n < ARRAY_SIZE(r));
	for (unsigned int i = 0; i < n; i++) {
		EXPECT(i == 0 || r[i].start >= r[i - 1].start);
		if (strcmp(r[i].name, "System RAM") == 0)
			ram += r[i].end - r[i].start + 1;
		if (strcmp(r[i].name, "Kernel code") == 0)
			code = r[i].depth == 1 && r[i].start == kimg_to_phys(_text);
	}
	EXPECT(code);
	EXPECT_EQ(ram, memblock_total());
}

KTEST(page_flags_shown_tell_free_slab_and_table_pages_apart)
{
	const u64 kinds = 1UL << KPF_BUDDY | 1UL << KPF_SLAB | 1UL << KPF_PGTABLE;
	struct page *p = alloc_pages(GFP_KERNEL, 4);
	void *object = kmalloc(64, GFP_KERNEL);
	struct mm_struct *mm = mm_alloc();

	REQUIRE(p && object && mm);
	EXPECT_EQ(stable_page_flags(p) & kinds, 0);
	EXPECT_EQ(stable_page_flags(virt_to_page(object)) & kinds, 1UL << KPF_SLAB);
	EXPECT_EQ(stable_page_flags(virt_to_page(mm->pgd)) & kinds, 1UL << KPF_PGTABLE);
	EXPECT(stable_page_flags(zero_page) & 1UL << KPF_ZERO_PAGE);
	free_pages(p, 4);
	kfree(object);
	mmput(mm);
	page_alloc_drain();
	for (unsigned int i = 0; i < 16; i++)
		EXPECT_EQ(stable_page_flags(p + i) & kinds, 1UL << KPF_BUDDY);
}
