/* SPDX-License-Identifier: MIT */
/*
 * mm/rmap.c - from a page to the page-table entries that map it
 *
 * THE QUESTION   Which ptes map this page? To move or evict it, every one must be found, and all
 *                must be found in one go: a page shared by 100 processes has 100 of them.
 *
 * THE PICTURE    page->mapping bit 0 set: anon_vma --interval tree--> VMAs that show page->index
 *                              clear:     file     --i_mmap---------> VMAs that show page->index
 *                VMA + (index - vm_pgoff) -> address -> walk its page table -> the pte, if it
 *                still leads to the page.
 *
 * ALWAYS TRUE    R1  page_mapcount(page) == number of user ptes that map the page, special ones
 *                    (zero page, VM_PFNMAP) not counted.
 *                R2  each counted pte holds one reference, so mapcount <= count.
 *                R3  nr_anon_pages and nr_mapped count pages with mapcount > 0.
 *                R4  page->mapping says "anonymous" before the first pte, until the page is free.
 *                R5  a walk that nobody races with finds exactly mapcount ptes (rmap_count(); the
 *                    host's model test compares after every step).
 *
 * LOCKS          page lock > i_mmap_rwsem or root anon_vma (read) > ptl. The tree's lock keeps each
 *                VMA's page tables: they are freed after the VMA left the tree (V4).
 *
 * READ NEXT      anon_vma.c, migrate.c (who unmaps), truncate.c (the file side).
 */
#include <mm/rmap.h>
#include "mm_internal.h"

void page_add_rmap(struct page *page)
{
	int old = __atomic_fetch_add(&page->_mapcount.counter, 1, __ATOMIC_RELAXED);

	ASSERT(old >= -1);
	if (old == -1)
		mod_vm_state(PageAnon(page) ? nr_anon_pages : nr_mapped, 1);
}

void page_remove_rmap(struct page *page)
{
	/* release: who sees 0 may take the page's identity away, which we have looked at (set_page_dirty) */
	int old = __atomic_fetch_sub(&page->_mapcount.counter, 1, __ATOMIC_RELEASE);

	ASSERT_MSG(old >= 0, "mapcount underflow: pfn=%lx flags=%lx", page_to_pfn(page),
		   page->flags);
	if (old == 0)
		mod_vm_state(PageAnon(page) ? nr_anon_pages : nr_mapped, -1);
}

/* ---- the walk -------------------------------------------------------------------------------- */

static unsigned long vma_address(const struct vm_area_struct *vma, pgoff_t index)
{
	unsigned long addr = vma->vm_start + ((index - vma->vm_pgoff) << PAGE_SHIFT);

	ASSERT(vma->vm_start <= addr && addr < vma->vm_end);
	return addr;
}

/* walk_anon - rwsem held for reading */
static void walk_anon(struct page *page, struct anon_vma *av, rmap_one_t one, void *arg)
{
	pgoff_t index = page->index;
	struct interval_tree_node *node;

	interval_tree_for_each(node, &av->rb_root, index, index) {
		struct vm_area_struct *vma = container_of(node, struct anon_vma_chain, node)->vma;

		if (!one(page, vma, vma_address(vma, index), arg))
			break;
	}
}

void rmap_walk_anon(struct page *page, struct anon_vma *av, rmap_one_t one, void *arg)
{
	down_read(&av->root->rwsem);
	walk_anon(page, av, one, arg);
	up_read(&av->root->rwsem);
}

bool rmap_trywalk_anon(struct page *page, struct anon_vma *av, rmap_one_t one, void *arg)
{
	if (!down_read_trylock(&av->root->rwsem))
		return false;
	walk_anon(page, av, one, arg);
	up_read(&av->root->rwsem);
	return true;
}

static void walk_file(struct page *page, struct address_space *as, rmap_one_t one, void *arg)
{
	pgoff_t index = page->index;
	struct interval_tree_node *node;

	down_read(&as->i_mmap_rwsem);
	interval_tree_for_each(node, &as->i_mmap, index, index) {
		struct vm_area_struct *vma = container_of(node, struct vm_area_struct, i_mmap_node);

		if (!one(page, vma, vma_address(vma, index), arg))
			break;
	}
	up_read(&as->i_mmap_rwsem);
}

void rmap_walk(struct page *page, rmap_one_t one, void *arg)
{
	struct anon_vma *av;

	ASSERT(PageLocked(page));
	if (!PageAnon(page)) {
		if (page->mapping)
			walk_file(page, page->mapping, one, arg);
		return;
	}
	av = page_get_anon_vma(page);
	if (!av)
		return;
	rmap_walk_anon(page, av, one, arg);
	put_anon_vma(av);
}

pte_t *rmap_pte_lock(struct page *page, struct mm_struct *mm, unsigned long addr, spinlock_t **ptl)
{
	pte_t *ptep = pte_lookup_lock(mm, addr, ptl), pte;

	if (!ptep)
		return NULL;
	pte = ptep_get(ptep);
	if (pte_present(pte) && !pte_special(pte) && pte_pfn(pte) == page_to_pfn(page))
		return ptep;
	pte_unlock(*ptl);
	return NULL;
}

static bool count_one(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	spinlock_t *ptl;

	if (rmap_pte_lock(page, vma->vm_mm, addr, &ptl)) {
		++*(int *)arg;
		pte_unlock(ptl);
	}
	return true;
}

int rmap_count(struct page *page)
{
	int n = 0;

	rmap_walk(page, count_one, &n);
	return n;
}
