/* SPDX-License-Identifier: MIT */
/*
 * mm/vma_usage.c - what a VMA really costs: resident, shared, private, clean, dirty
 *
 * THE QUESTION   How much memory would come free if this mapping went away? (/proc/PID/smaps)
 *
 * Each present pte is classed by its page: mapped once = private, more often = shared; dirty by
 * pte or page. The proportional set size divides a page by its mapcount; it is kept shifted left
 * by 12 bits so that the parts of many pages do not round to nothing.
 *
 * LOCKS          mmap_lock (read) by the caller; ptl per table.
 * READ NEXT      rmap.c (what a mapcount is), fs/proc_pid.c.
 */
#include <mm/lazyfree.h>
#include <mm/vma_usage.h>
#include <mm/zone.h>
#include "mm_internal.h"

#define PSS_SHIFT 12

static void add_page(struct vma_usage *u, struct page *page, pte_t pte)
{
	int maps = page_mapcount(page);
	bool dirty = pte_dirty(pte) || PageDirty(page);
	unsigned long part = (PAGE_SIZE << PSS_SHIFT) / (unsigned long)max(maps, 1);

	u->rss += PAGE_SIZE;
	u->on_node[page_to_nid(page)]++;
	u->most_mapped = max(u->most_mapped, (unsigned long)maps);
	u->pss_shifted += part;
	u->pss_dirty += dirty ? part : 0;
	*(PageAnon(page) ? &u->pss_anon : PageSwapBacked(page) ? &u->pss_shmem : &u->pss_file) += part;
	if (maps > 1)
		*(dirty ? &u->shared_dirty : &u->shared_clean) += PAGE_SIZE;
	else
		*(dirty ? &u->private_dirty : &u->private_clean) += PAGE_SIZE;
	if (pte_young(pte) || PageReferenced(page))
		u->referenced += PAGE_SIZE;
	if (PageAnon(page))
		u->anonymous += PAGE_SIZE;
	if (PageLazyFree(page) && !dirty)
		u->lazyfree += PAGE_SIZE;
}

static int add_ptes(pte_t *ptep, unsigned long addr, unsigned int n, void *arg)
{
	unsigned int i;

	(void)addr;
	for (i = 0; i < n; i++) {
		pte_t pte = ptep_get(ptep + i);

		if (pte_present(pte) && !pte_special(pte))
			add_page(arg, pfn_to_page(pte_pfn(pte)), pte);
	}
	return 0;
}

void vma_usage(struct vm_area_struct *vma, struct vma_usage *u)
{
	*u = (struct vma_usage){ .rss = 0 };
	walk_page_range(vma->vm_mm, vma->vm_start, vma->vm_end, add_ptes, u);
}
