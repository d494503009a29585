/* SPDX-License-Identifier: MIT */
/*
 * mm/zap.c - remove a range of mappings
 *
 * THE QUESTION   What happens to each pte when memory is unmapped?
 *
 *                pte            what is done
 *                none           nothing
 *                not present    a migration entry (migrate.c): cleared, the page was counted;
 *                               a uffd-wp marker: stays unless the VMA goes
 *                special        cleared; nobody counts it (zero page, VM_PFNMAP)
 *                anonymous      cleared, mapcount and resident counter down, page gathered
 *                file or shmem  the same; a dirty pte makes the page dirty; with zap_file_pages()
 *                               private copies (anonymous) stay
 *                uffd-wp        of an object's VMA that stays: a marker is left behind
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
	bool keep_wp;			/* leave markers where uffd-wp is set */
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

static inline void leave_marker(const struct zap *z, pte_t *ptep, bool uffd_wp)
{
	if (unlikely(uffd_wp) && z->keep_wp)
		set_pte(ptep, pte_marker());
}

/* zap_swap_pte - a migration entry is a page that is on its way, and counted (migrate.c, G2) */
static void zap_swap_pte(struct zap *z, pte_t *ptep, pte_t pte)
{
	if (is_pte_marker(pte)) {
		if (!z->keep_wp)
			pte_clear(ptep);
		return;
	}
	if (z->keep_anon)
		return;
	if (is_migration_entry(pte_to_swp(pte)))
		z->anon++;
	pte_clear(ptep);
	leave_marker(z, ptep, pte_swp_uffd_wp(pte));
}

static void zap_pte(struct zap *z, pte_t *ptep, pte_t pte, unsigned long addr)
{
	struct page *page;

	if (!pte_present(pte)) {
		zap_swap_pte(z, ptep, pte);
		return;
	}
	if (pte_special(pte)) {
		if (z->keep_anon && is_zero_pte(pte))
			return;
		pte_clear(ptep);
		leave_marker(z, ptep, pte_uffd_wp(pte));
		tlb_remove_entry(z->tlb, addr);
		return;
	}
	page = pfn_to_page(pte_pfn(pte));
	if (z->keep_anon && PageAnon(page))
		return;
	pte = ptep_get_and_clear(ptep);
	if (pte_dirty(pte) && !PageAnon(page))
		set_page_dirty(page);
	leave_marker(z, ptep, pte_uffd_wp(pte));
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

/*
 * keeps_wp - anonymous memory forgets its protection with its page, as on Linux. Truncation, without mmap_lock, does
 * not ask for VM_UFFD_WP: who takes it away clears the bits of ptes and markers afterwards, under ptl.
 */
static bool keeps_wp(const struct vm_area_struct *vma)
{
	return !vma_is_anonymous(vma);
}

void zap_pages(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct zap z = { .tlb = tlb, .mm = vma->vm_mm, .keep_wp = keeps_wp(vma) };

	ASSERT(vma->vm_start <= start && start < end && end <= vma->vm_end);
	zap(&z, start, end);
}

void zap_file_pages(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
		    unsigned long end)
{
	struct zap z = { .tlb = tlb, .mm = vma->vm_mm, .keep_anon = true, .keep_wp = keeps_wp(vma) };

	ASSERT(vma->vm_start <= start && start < end && end <= vma->vm_end);
	zap(&z, start, end);
}
