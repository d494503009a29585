/* SPDX-License-Identifier: MIT */
/*
 * mm/truncate.c - cut a file, or a hole into it, while programs have it mapped
 *
 * THE QUESTION   How do pages leave a file for good, without a program keeping one mapped?
 *
 *                caller       as->size = newsize              faults beyond it: SIGBUS
 *                truncate     1. unmap all ptes of the range   (i_mmap, page tables)
 *                             2. each page: lock it, remove it (unmaps again what came back)
 *                             3. unmap once more, for private copies made meanwhile
 *                             4. zero the rest of the last page
 *
 * ALWAYS TRUE    T1  Step 2 misses no pte that maps a page. A slow fault holds the page lock and has
 *                    checked mapping and size under it: either it comes before step 2 locks the
 *                    page, and remove_from_page_cache() sees its mapcount; or after, and it sees
 *                    mapping == NULL. A fault-around maps under tree_lock, where removal looks too.
 *                T2  Step 3 misses no private copy: of a page that is gone nobody makes one. A first
 *                    write copies under the page lock, like a slow fault; a write to a page that is
 *                    mapped puts its copy in place only while the pte is still there (cow.c), and
 *                    removal has taken that. Counter-example without step 3: A faults the page in with
 *                    an old size, behind step 1; A writes: the copy maps no page, and step 2 sees none.
 *
 * LOCKS          inode lock by the caller; page lock > i_mmap_rwsem (read) > ptl.
 * READ NEXT      page_cache.c (K2), zap.c.
 */
#include <mm/highmem.h>
#include "mm_internal.h"

#define BATCH 16

/* unmap_in_vma - file pages [first, last] as far as @vma shows them */
static void unmap_in_vma(struct vm_area_struct *vma, pgoff_t first, pgoff_t last, bool even_cows)
{
	pgoff_t lo = max(first, vma->vm_pgoff);
	pgoff_t hi = min(last, vma->vm_pgoff + vma_pages(vma) - 1);
	unsigned long start = vma->vm_start + ((lo - vma->vm_pgoff) << PAGE_SHIFT);
	unsigned long end = vma->vm_start + ((hi - vma->vm_pgoff + 1) << PAGE_SHIFT);
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, vma->vm_mm, false);
	if (even_cows)
		zap_pages(&tlb, vma, start, end);
	else
		zap_file_pages(&tlb, vma, start, end);
	tlb_finish_mmu(&tlb);
}

void unmap_mapping_range(struct address_space *as, pgoff_t first, pgoff_t last, bool even_cows)
{
	struct interval_tree_node *node;

	if (RB_EMPTY_ROOT(&as->i_mmap))
		return;
	down_read(&as->i_mmap_rwsem);
	interval_tree_for_each(node, &as->i_mmap, first, last)
		unmap_in_vma(container_of(node, struct vm_area_struct, i_mmap_node), first, last,
			     even_cows);
	up_read(&as->i_mmap_rwsem);
}

/* remove_pages - every cached page of [first, last] */
static void remove_pages(struct address_space *as, pgoff_t first, pgoff_t last)
{
	struct page *pages[BATCH];
	unsigned int i, n;

	for (; (n = find_get_pages(as, &first, last, BATCH, pages)); cond_resched()) {
		for (i = 0; i < n; i++) {
			lock_page(pages[i]);
			if (pages[i]->mapping == as)
				remove_from_page_cache(pages[i]);
			unlock_page(pages[i]);
			put_page(pages[i]);
		}
		if (!first)
			break;			/* the last index there is */
	}
}

void undo_pages(struct address_space *as, pgoff_t first, pgoff_t last, unsigned long maker)
{
	struct page *pages[BATCH];
	unsigned int i, n;

	for (; (n = find_get_pages(as, &first, last, BATCH, pages)); cond_resched()) {
		for (i = 0; i < n; i++) {
			lock_page(pages[i]);
			if (pages[i]->mapping == as && pages[i]->private == maker)
				remove_unused_page(pages[i]);
			unlock_page(pages[i]);
			put_page(pages[i]);
		}
	}
}

/* zero_partial - bytes [from, to) of the page at @index, if it is cached; a hole reads as zero */
static void zero_partial(struct address_space *as, pgoff_t index, size_t from, size_t to)
{
	struct page *page = find_lock_page(as, index);

	if (!page)
		return;
	if (PageUptodate(page)) {
		memset_page(page, from, 0, to - from);
		set_page_dirty(page);
	}
	unlock_page(page);
	put_page(page);
}

void truncate_pages(struct address_space *as, loff_t newsize)
{
	pgoff_t first = (pgoff_t)(((u64)newsize + PAGE_SIZE - 1) >> PAGE_SHIFT);
	size_t tail = (size_t)newsize & (PAGE_SIZE - 1);

	ASSERT(newsize >= 0);
	unmap_mapping_range(as, first, ~0UL, true);
	remove_pages(as, first, ~0UL);
	unmap_mapping_range(as, first, ~0UL, true);
	if (tail)
		zero_partial(as, (pgoff_t)newsize >> PAGE_SHIFT, tail, PAGE_SIZE);
}

void punch_pages(struct address_space *as, loff_t start, loff_t end)
{
	pgoff_t first = (pgoff_t)(((u64)start + PAGE_SIZE - 1) >> PAGE_SHIFT);
	pgoff_t behind = (pgoff_t)((u64)end >> PAGE_SHIFT);
	size_t head = (size_t)start & (PAGE_SIZE - 1), tail = (size_t)end & (PAGE_SIZE - 1);

	ASSERT(0 <= start && start <= end);
	if (first > behind) {			/* both ends inside one page */
		zero_partial(as, behind, head, tail);
		return;
	}
	if (first < behind) {
		unmap_mapping_range(as, first, behind - 1, false);
		remove_pages(as, first, behind - 1);
	}
	if (head)
		zero_partial(as, first - 1, head, PAGE_SIZE);
	if (tail)
		zero_partial(as, behind, 0, tail);
}
