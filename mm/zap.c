/* SPDX-License-Identifier: MIT */
/*
 * mm/zap.c - remove a range of mappings
 *
 * THE QUESTION   What happens to each pte when memory is unmapped?
 *
 *                pte            what is done
 *                none           nothing
 *                not present    a migration entry (migrate.c): cleared, the page was counted
 *                special        cleared; nobody counts it (zero page, VM_PFNMAP)
 *                anonymous      cleared, mapcount and resident counter down, page gathered
 *                file or shmem  the same; a dirty pte makes the page dirty; with zap_file_pages()
 *                               private copies (anonymous) stay
 *
 * ALWAYS TRUE    Z1  a pte is cleared by an atomic exchange: the hardware walker may set D in it
 *                    until the very moment it is gone, and that D must not be lost.
 *                Z2  the page's reference goes to the mmu_gather, never straight to put_page().
 *
 * LOCKS          ptl per table; the caller keeps the VMA alive (mmap_lock or i_mmap_rwsem).
 * READ NEXT      mmu_gather.c, truncate.c.
 */
#include <mm/swapops.h>
#include "mm_internal.h"

struct zap {
	struct mmu_gather *tlb;
	struct mm_struct *mm;
	bool keep_anon;
	long anon, file, shmem;		/* pages removed, for the resident counters */
};

static void zap_count(struct zap *z, const struct page *page)
{
	if (PageAnon(page))
		z->anon++;
	else if (PageSwapBacked(page))
		z->shmem++;
	else
		z->file++;
}

static void zap_pte(struct zap *z, pte_t *ptep, pte_t pte, unsigned long addr)
{
	struct page *page;

	if (!pte_present(pte)) {
		if (!z->keep_anon) {
			if (is_migration_entry(pte_to_swp(pte)))
				z->anon++;	/* a page that is on its way was counted (migrate.c, G2) */
			pte_clear(ptep);
		}
		return;
	}
	if (pte_special(pte)) {
		if (z->keep_anon && is_zero_pte(pte))
			return;
		pte_clear(ptep);
		tlb_remove_entry(z->tlb, addr);
		return;
	}
	page = pfn_to_page(pte_pfn(pte));
	if (z->keep_anon && PageAnon(page))
		return;
	pte = ptep_get_and_clear(ptep);
	if (pte_dirty(pte) && !PageAnon(page))
		set_page_dirty(page);
	zap_count(z, page);
	page_remove_rmap(page);
	tlb_remove_page(z->tlb, page, addr);
}

static int zap_ptes(pte_t *pte, unsigned long addr, unsigned int n, void *arg)
{
	pte_t *end = pte + n;

	for (; pte != end; pte++, addr += PAGE_SIZE) {
		pte_t old = ptep_get(pte);

		if (!pte_none(old))
			zap_pte(arg, pte, old, addr);
	}
	return 0;
}

static void zap(struct zap *z, unsigned long start, unsigned long end)
{
	walk_page_range(z->mm, start, end, zap_ptes, z);
	if (z->anon)
		atomic64_sub(z->anon, &z->mm->rss_anon);
	if (z->file)
		atomic64_sub(z->file, &z->mm->rss_file);
	if (z->shmem)
		atomic64_sub(z->shmem, &z->mm->rss_shmem);
}

void zap_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
	       unsigned long end)
{
	struct zap z = { .tlb = tlb, .mm = vma->vm_mm };

	ASSERT(vma->vm_start <= start && start < end && end <= vma->vm_end);
	zap(&z, start, end);
}

void zap_file_pages(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
		    unsigned long end)
{
	struct zap z = { .tlb = tlb, .mm = vma->vm_mm, .keep_anon = true };

	ASSERT(vma->vm_start <= start && start < end && end <= vma->vm_end);
	zap(&z, start, end);
}
