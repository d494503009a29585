/* SPDX-License-Identifier: MIT */
/*
 * mm/pagemap.c - an address space's page table, seen and aged from outside
 *
 * THE QUESTION   Which frame is behind this page of that process (/proc/PID/pagemap), and which of its
 *                pages were used since I last asked (/proc/PID/clear_refs, MADV_COLD)?
 *
 * THE PICTURE    one entry of 64 bits per page, Linux's format:
 *                | 63 present | 62 swapped | 61 file or shared | 60..58 0 | 57 uffd-wp | 56 mapped once |
 *                | 55 soft-dirty: 0, not tracked | 54..0 frame, or 0 for who may not know it |
 *
 * ALWAYS TRUE    A page that is aged has its accessed bit clear in every TLB when age_range() returns:
 *                the next use sets it again, so "referenced" in smaps means used since then.
 *
 * LOCKS          mmap_lock (read) by the caller or taken here; ptl per table, in walk_page_range().
 * LEFT OUT       soft-dirty tracking. (Linux: fs/proc/task_mmu.c)
 * READ NEXT      vma_usage.c, fs/proc_mem.c.
 */
#include <mm/pagemap.h>
#include <mm/swapops.h>
#include "mm_internal.h"

#define PM_PRESENT	BIT(63)
#define PM_FILE		BIT(61)
#define PM_SWAP		BIT(62)
#define PM_UFFD_WP	BIT(57)
#define PM_EXCLUSIVE	BIT(56)

/* ---- looking --------------------------------------------------------------------------------- */

struct pagemap_walk {
	u64		*entries;
	unsigned long	start;
	bool		show_pfn;
};

static u64 pagemap_entry(pte_t pte, bool show_pfn)
{
	u64 entry = PM_PRESENT | (show_pfn ? pte_pfn(pte) : 0) | (pte_uffd_wp(pte) ? PM_UFFD_WP : 0);
	struct page *page;

	if (pte_special(pte))
		return entry;
	page = pfn_to_page(pte_pfn(pte));
	return entry | (PageAnon(page) ? 0 : PM_FILE) | (page_mapcount(page) == 1 ? PM_EXCLUSIVE : 0);
}

static int pagemap_ptes(pte_t *ptep, unsigned long addr, unsigned int n, void *arg)
{
	struct pagemap_walk *w = arg;
	u64 *entry = w->entries + ((addr - w->start) >> PAGE_SHIFT);

	for (; n; n--, ptep++, entry++) {
		pte_t pte = ptep_get(ptep);

		if (pte_present(pte))
			*entry = pagemap_entry(pte, w->show_pfn);
		else if (pte_swp_uffd_wp(pte))
			*entry = PM_UFFD_WP | (is_pte_marker(pte) ? PM_SWAP : 0);
	}
	return 0;
}

void pagemap_read(struct mm_struct *mm, unsigned long start, unsigned int n, u64 *entries, bool show_pfn)
{
	struct pagemap_walk w = { .entries = entries, .start = start, .show_pfn = show_pfn };
	unsigned int i;

	ASSERT(IS_ALIGNED(start, PAGE_SIZE));
	for (i = 0; i < n; i++)
		entries[i] = 0;
	down_read(&mm->mmap_lock);
	walk_page_range(mm, start, start + ((unsigned long)n << PAGE_SHIFT), pagemap_ptes, &w);
	up_read(&mm->mmap_lock);
}

/* ---- ageing ---------------------------------------------------------------------------------- */

struct age_walk {
	enum age_what	what;
	bool		flush;			/* some translation says "accessed" and must go */
};

static int age_ptes(pte_t *ptep, unsigned long addr, unsigned int n, void *arg)
{
	struct age_walk *w = arg;

	(void)addr;
	for (; n; n--, ptep++) {
		pte_t pte = ptep_get(ptep);
		struct page *page;

		if (!pte_present(pte) || pte_special(pte))
			continue;
		page = pfn_to_page(pte_pfn(pte));
		if (w->what != AGE_ALL && PageAnon(page) != (w->what == AGE_ANON))
			continue;
		w->flush |= ptep_clear_young(ptep);
		ClearPageReferenced(page);
	}
	return 0;
}

void age_range(struct vm_area_struct *vma, unsigned long start, unsigned long end, enum age_what what)
{
	struct age_walk w = { .what = what };

	walk_page_range(vma->vm_mm, start, end, age_ptes, &w);
	if (w.flush)
		flush_tlb_range(vma->vm_mm, start, end);
}

int mm_clear_refs(struct mm_struct *mm, enum clear_refs what)
{
	static const enum age_what ages[] = {
		[CLEAR_REFS_ALL] = AGE_ALL, [CLEAR_REFS_ANON] = AGE_ANON,
		[CLEAR_REFS_MAPPED] = AGE_FILE,
	};
	struct vm_area_struct *vma;

	if (what == CLEAR_REFS_MM_HIWATER_RSS) {
		if (down_write_killable(&mm->mmap_lock))
			return -EINTR;
		mm->hiwater_rss = mm_rss(mm);
		mmap_write_unlock(mm);
		return 0;
	}
	if (down_read_killable(&mm->mmap_lock))
		return -EINTR;
	for_each_vma(mm, vma)
		age_range(vma, vma->vm_start, vma->vm_end, ages[what]);
	up_read(&mm->mmap_lock);
	return 0;
}
