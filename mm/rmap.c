/* SPDX-License-Identifier: MIT */
/*
 * mm/rmap.c - from a page to the page-table entries that map it: how many there are
 *
 * THE QUESTION   Is this page mapped by programs, and by how many ptes?
 *
 * ALWAYS TRUE    R1  page_mapcount(page) == number of user ptes that map the page, special ones
 *                    (zero page, VM_PFNMAP) not counted.
 *                R2  each counted pte holds one reference, so mapcount <= count.
 *                R3  nr_anon_pages and nr_mapped count pages with mapcount > 0.
 *                R4  PG_anon is set before the first pte and cleared after the last reference.
 *
 * LOCKS          the ptl of the pte being made or removed; the counter itself is atomic.
 *
 * LEFT OUT       anon_vma and the walk itself: file pages are found through i_mmap
 *                (truncate.c: unmap_mapping_range), anonymous pages need no walk before swap.
 * READ NEXT      fault.c, dup_mm.c (count up), zap.c, cow.c (count down).
 */
#include "mm_internal.h"

void page_add_rmap(struct page *page, struct vm_area_struct *vma)
{
	int old = __atomic_fetch_add(&page->_mapcount.counter, 1, __ATOMIC_RELAXED);

	(void)vma;
	ASSERT(old >= -1);
	if (old == -1)
		mod_vm_state(PageAnon(page) ? nr_anon_pages : nr_mapped, 1);
}

void page_remove_rmap(struct page *page)
{
	int old = __atomic_fetch_sub(&page->_mapcount.counter, 1, __ATOMIC_RELAXED);

	ASSERT_MSG(old >= 0, "mapcount underflow: pfn=%lx flags=%lx", page_to_pfn(page),
		   page->flags);
	if (old == 0)
		mod_vm_state(PageAnon(page) ? nr_anon_pages : nr_mapped, -1);
}
