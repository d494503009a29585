/* SPDX-License-Identifier: MIT */
/*
 * pgtable.h - the one generic walker: build, look up, visit and free tables at any depth (mm/pgtable.c)
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include <mm/mm.h>

/* pmd_lookup - entry that points to the pte table for @addr, or NULL when a level above is empty. */
pmd_t *pmd_lookup(pgd_t *pgd, unsigned long addr);
/* pte_lookup_lock - the pte for @addr with its lock held in *@ptl, or NULL (no table). pte_unlock undoes it. */
pte_t *pte_lookup_lock(struct mm_struct *mm, unsigned long addr, spinlock_t **ptl);
/* pte_alloc_lock - the same, building missing tables; NULL: no memory. */
pte_t *pte_alloc_lock(struct mm_struct *mm, unsigned long addr, spinlock_t **ptl);
static inline void pte_unlock(spinlock_t *ptl) { spin_unlock(ptl); }
/* pmd_alloc - build the levels above the pte table; NULL: no memory. */
pmd_t *pmd_alloc(struct mm_struct *mm, unsigned long addr);

/* pte_alloc - the pte for @addr without its lock, *@pmdp the entry above; builds missing tables; NULL: no memory. */
pte_t *pte_alloc(struct mm_struct *mm, unsigned long addr, pmd_t **pmdp);
/* pte_lockptr - the lock of the pte table that @pmd points to */
static inline spinlock_t *pte_lockptr(const pmd_t *pmd) { return &phys_to_page(pmd_table_pa(*pmd))->ptl; }
/* ptep_set_access, ptep_clear_access - A, and D for a @write, as the hardware sets them; both gone. Atomic against it,
 * and a fault on another CPU never sees the entry empty, as between ptep_get_and_clear() and set_pte(). ptl held. */
static inline void ptep_set_access(pte_t *p, bool write)
{
	pte_t bits = pte_mkyoung(__pte(0));

	__atomic_fetch_or(&pte_val(*p), pte_val(write ? pte_mkdirty(bits) : bits), __ATOMIC_RELAXED);
}
static inline void ptep_clear_access(pte_t *p)
{
	__atomic_fetch_and(&pte_val(*p), pte_val(pte_mkold(pte_mkclean(__pte(~0UL)))), __ATOMIC_RELAXED);
}
/* next_pmd - first non-empty pmd entry for an address in [*@addr, end); *@addr moves there; NULL: none left. */
pmd_t *next_pmd(pgd_t *pgd, unsigned long *addr, unsigned long end);
/* pmd_addr_end - end of the part of [addr, end) that one pte table maps */
static inline unsigned long pmd_addr_end(unsigned long addr, unsigned long end)
{
	unsigned long boundary = (addr + PMD_SIZE) & PMD_MASK;

	return boundary - 1 < end - 1 ? boundary : end;
}

/* walk_page_range - call @fn for each pte table piece in [start, end): ptes [pte, pte+n) map addr
 * onwards; table locked.
 * Empty levels are skipped. @fn returns non-zero to stop; that value is returned. sleeps: between two tables */
int walk_page_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		    int (*fn)(pte_t *pte, unsigned long addr, unsigned int n, void *arg), void *arg);
/*
 * free_page_tables - release tables that lie wholly in [floor, ceiling) and held only [start, end); ptes already
 * empty.
 */
struct mmu_gather;
void free_page_tables(struct mmu_gather *tlb, unsigned long start, unsigned long end,
		      unsigned long floor, unsigned long ceiling);

/* alloc_table / free_table - one zeroed table page, counted; kernel tables pass mm = NULL. */
struct page *alloc_table(struct mm_struct *mm);
void free_table(struct mm_struct *mm, struct page *page);

/* kernel_pmd_alloc, kernel_pte_alloc - the entry for @va in the kernel's tables, built if missing; NULL: no memory */
pmd_t *kernel_pmd_alloc(unsigned long va);
pte_t *kernel_pte_alloc(unsigned long va);
pte_t *kernel_pte_lookup(unsigned long va);	/* NULL: no table */

/* ---- mmu_gather.c: unhook, flush, then free: always in this order ---- */
/*
 * 64 pages between two flushes: 512 bytes of a 16 KiB stack, and under 1% of the cost per page. Tables are 1/512
 * of that.
 */
#define MMU_GATHER_BATCH	64
#define MMU_GATHER_TABLES	8
struct mmu_gather {
	struct mm_struct	*mm;
	unsigned long		start, end;	/* range whose translations changed             */
	bool			fullmm;		/* no CPU has these tables loaded: nothing to flush */
	bool			freed_tables;
	bool			dirty;		/* something to flush                          */
	unsigned int		nr, nr_tables;
	struct page		*pages[MMU_GATHER_BATCH];	/* one reference each to drop    */
	struct page		*tables[MMU_GATHER_TABLES];
};
void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm, bool fullmm);
/*
 * tlb_remove_page - @page was unhooked from @addr; its reference is dropped after the flush. May flush: no pte
 * lock of ranks below held except the caller's own table lock.
 */
void tlb_remove_page(struct mmu_gather *tlb, struct page *page, unsigned long addr);
void tlb_remove_entry(struct mmu_gather *tlb, unsigned long addr);	/* entry changed, no page to free */
void tlb_remove_table(struct mmu_gather *tlb, struct page *table);
void tlb_flush_mmu(struct mmu_gather *tlb);
void tlb_finish_mmu(struct mmu_gather *tlb);

/* ---- tlb_shootdown.c ---- */
/*
 * flush_tlb_page/range/mm - no CPU uses an old translation of @mm's range when it returns. irqs on unless only
 * this CPU runs @mm.
 */
void flush_tlb_page(struct mm_struct *mm, unsigned long addr);
void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end);
void flush_tlb_mm(struct mm_struct *mm);
void flush_tlb_kernel_range(unsigned long start, unsigned long end);

/* ---- zap.c ---- */
/* zap_range - remove all ptes of [start, end) of @vma, which goes; pages are gathered. mmap_lock held. */
void zap_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start, unsigned long end);

/* zap_pages - the same, but @vma stays: where uffd-wp was set for a page of an object, a marker says so. mmap_lock
 * or i_mmap_rwsem held. */
void zap_pages(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* zap_file_pages - the same again, but private copies stay. The page lock or nothing held; i_mmap_rwsem keeps @vma. */
void zap_file_pages(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start, unsigned long end);

/* ---- rmap.c (mapcounts) ---- */
void page_add_rmap(struct page *page);					/* one more pte maps it */
void page_remove_rmap(struct page *page);				/* one less */

#endif
