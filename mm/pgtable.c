/* SPDX-License-Identifier: MIT */
/*
 * mm/pgtable.c - build, look up, walk and free page tables, level by level, at any depth
 *
 * THE QUESTION   Where is the pte for this address, and who makes the tables above it?
 *
 * THE PICTURE    address:  | pgd | p4d | pud | pmd | pte | offset |
 *                pgd -> p4d -> pud -> pmd -> pte -> page
 *                       absent with 3, 4 levels: p4d_offset() then returns the pgd entry under
 *                       another type, pgd_none() says false, and nobody populates it. The rest
 *                       of the kernel always sees five levels; only free_page_tables() asks
 *                       p4d_folded()/pud_folded(), because it must not free one table twice.
 *
 * ALWAYS TRUE    P1  a table page has PG_table, and is zeroed before an entry points to it.
 *                P2  an upper entry goes from none to a table under page_table_lock, and back
 *                    only in free_page_tables(): mmap_lock held for write (or no users left), no
 *                    VMA in the range, so no fault and no i_mmap walk is below it.
 *                P3  ptes change under the lock in their own table page (ptl): two threads that
 *                    fault 2 MiB apart do not meet.
 *
 * LOCKS          page_table_lock and ptl both have RANK_PTE and are never nested; dup_mm.c and
 *                mremap.c nest two ptls.
 *
 * LEFT OUT       huge pages in user tables, lockless walks. (Linux: mm/memory.c, mm/pagewalk.c)
 * READ NEXT      the ports' asm/pgtable.h for the bits; zap.c and fault.c for the users.
 */
#include "mm_internal.h"

struct page *alloc_table(struct mm_struct *mm)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (!page)
		return NULL;
	__SetPageTable(page);
	spin_lock_init(&page->ptl, RANK_PTE);
	mod_vm_state(mm ? nr_page_table_pages : nr_kernel_table_pages, 1);
	if (mm)
		atomic64_add(PAGE_SIZE, &mm->pgtables_bytes);
	return page;
}

/* uncount_table - @page stops being a table; the caller frees it */
static void uncount_table(struct mm_struct *mm, struct page *page)
{
	ASSERT(PageTable(page));
	__ClearPageTable(page);
	page->private = 0;
	mod_vm_state(mm ? nr_page_table_pages : nr_kernel_table_pages, -1);
	if (mm)
		atomic64_sub(PAGE_SIZE, &mm->pgtables_bytes);
}

void free_table(struct mm_struct *mm, struct page *page)
{
	uncount_table(mm, page);
	put_page(page);
}

/* ---- build: make the next table unless another CPU was faster ------------------------------- */

/* The table must be seen zeroed before it is seen at all, hence the write barrier. */
#define DEFINE_BUILD(level, entry_t, none, populate)				\
static bool level##_build(struct mm_struct *mm, entry_t *entry)			\
{										\
	struct page *table = alloc_table(mm == &init_mm ? NULL : mm);		\
										\
	if (!table)								\
		return false;							\
	smp_wmb();								\
	spin_lock(&mm->page_table_lock);					\
	if (none(*entry)) {							\
		populate;							\
		table = NULL;							\
	}									\
	spin_unlock(&mm->page_table_lock);					\
	if (table)								\
		free_table(mm == &init_mm ? NULL : mm, table);			\
	return true;								\
}

DEFINE_BUILD(p4d, pgd_t, pgd_none, pgd_populate(entry, page_address(table)))
DEFINE_BUILD(pud, p4d_t, p4d_none, p4d_populate(entry, page_address(table)))
DEFINE_BUILD(pmd, pud_t, pud_none, pud_populate(entry, page_address(table)))
DEFINE_BUILD(pte, pmd_t, pmd_none, pmd_populate(entry, page_to_phys(table)))

/* pmd_alloc_in - the pmd entry for @addr below @pgd, whose missing tables belong to @mm */
static pmd_t *pmd_alloc_in(struct mm_struct *mm, pgd_t *pgd, unsigned long addr)
{
	p4d_t *p4d;
	pud_t *pud;

	pgd += pgd_index(addr);
	if (unlikely(pgd_none(*pgd)) && !p4d_build(mm, pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (unlikely(p4d_none(*p4d)) && !pud_build(mm, p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (unlikely(pud_none(*pud)) && !pmd_build(mm, pud))
		return NULL;
	return pmd_offset(pud, addr);
}

pmd_t *pmd_alloc(struct mm_struct *mm, unsigned long addr)
{
	pmd_t *pmd = hinted_pmd(mm, addr);

	if (pmd)
		return pmd;
	pmd = pmd_alloc_in(mm, mm->pgd, addr);
	if (pmd)
		WRITE_ONCE(mm->pmd_hint,
			   HINT_KEY(addr) | ((virt_to_phys(pmd) >> PAGE_SHIFT) + 1));
	return pmd;
}

pte_t *pte_alloc(struct mm_struct *mm, unsigned long addr, pmd_t **pmdp)
{
	pmd_t *pmd = pmd_alloc(mm, addr);

	if (unlikely(!pmd) || (unlikely(pmd_none(*pmd)) && !pte_build(mm, pmd)))
		return NULL;
	*pmdp = pmd;
	return pte_offset(pmd, addr);
}

pte_t *pte_alloc_lock(struct mm_struct *mm, unsigned long addr, spinlock_t **ptl)
{
	pmd_t *pmd;
	pte_t *pte = pte_alloc(mm, addr, &pmd);

	if (!pte)
		return NULL;
	*ptl = pte_lockptr(pmd);
	spin_lock(*ptl);
	return pte;
}

/* ---- look up and walk ------------------------------------------------------------------------ */

/* pmd_descend - the pmd entry for @addr if it is not empty (a leaf, in the kernel's); else NULL and the hole's size */
static pmd_t *pmd_descend(pgd_t *pgd, unsigned long addr, unsigned long *hole)
{
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	pgd += pgd_index(addr);
	*hole = PGDIR_SIZE;
	if (pgd_none(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	*hole = min(*hole, (unsigned long)P4D_SIZE);
	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	*hole = PUD_SIZE;
	if (pud_none(*pud) || pud_leaf(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	*hole = PMD_SIZE;
	return pmd_none(*pmd) ? NULL : pmd;
}

pmd_t *pmd_lookup(pgd_t *pgd, unsigned long addr)
{
	unsigned long hole;
	pmd_t *pmd = pmd_descend(pgd, addr, &hole);

	return pmd && !pmd_leaf(*pmd) ? pmd : NULL;
}

pmd_t *next_pmd(pgd_t *pgd, unsigned long *addr, unsigned long end)
{
	while (*addr < end) {
		unsigned long hole;
		pmd_t *pmd = pmd_descend(pgd, *addr, &hole);

		if (pmd)
			return pmd;
		*addr = ALIGN_DOWN(*addr, hole) + hole;
		if (!*addr)
			break;
	}
	return NULL;
}

pte_t *pte_lookup_lock(struct mm_struct *mm, unsigned long addr, spinlock_t **ptl)
{
	pmd_t *pmd = pmd_lookup(mm->pgd, addr);

	if (!pmd)
		return NULL;
	*ptl = pte_lockptr(pmd);
	spin_lock(*ptl);
	return pte_offset(pmd, addr);
}

int walk_page_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		    int (*fn)(pte_t *pte, unsigned long addr, unsigned int n, void *arg), void *arg)
{
	unsigned long addr = start, next;
	pmd_t *pmd;

	for (; (pmd = next_pmd(mm->pgd, &addr, end)); addr = next) {
		spinlock_t *ptl = pte_lockptr(pmd);
		int ret;

		next = pmd_addr_end(addr, end);
		spin_lock(ptl);
		ret = fn(pte_offset(pmd, addr), addr, (unsigned int)((next - addr) >> PAGE_SHIFT),
			 arg);
		spin_unlock(ptl);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}

/* ---- free ------------------------------------------------------------------------------------ */

/* What free_page_tables() may take away: whole tables inside [floor, ceiling). */
struct table_range {
	struct mmu_gather *tlb;
	unsigned long floor, ceiling;
};

/* A table that maps @size bytes around @addr: does it map nothing outside the range? */
static bool covers_table(const struct table_range *r, unsigned long addr, unsigned long size)
{
	unsigned long first = ALIGN_DOWN(addr, size);

	return first >= r->floor && first + (size - 1) <= r->ceiling - 1;
}

/*
 * gather_table - the table at @pa goes with the next flush, which may be this call's own: so the entry that led to it
 * is none before (G1 of mmu_gather.c)
 */
static void gather_table(const struct table_range *r, paddr_t pa, bool unhooked)
{
	struct page *page = phys_to_page(pa);

	ASSERT_MSG(unhooked, "table %lx is gathered while an entry leads to it", page_to_pfn(page));
	uncount_table(r->tlb->mm, page);
	tlb_remove_table(r->tlb, page);
}

/* level_end - end of the part of [addr, end) that one entry of @size bytes maps */
static unsigned long level_end(unsigned long addr, unsigned long end, unsigned long size)
{
	unsigned long boundary = ALIGN_DOWN(addr, size) + size;

	return boundary - 1 < end - 1 ? boundary : end;
}

static void free_pmds(const struct table_range *r, pud_t *pud, unsigned long addr,
		      unsigned long end)
{
	unsigned long start = addr, next;
	paddr_t table;

	for (; addr != end; addr = next) {
		pmd_t *pmd = pmd_offset(pud, addr);

		next = level_end(addr, end, PMD_SIZE);
		if (pmd_none(*pmd) || !covers_table(r, addr, PMD_SIZE))
			continue;
		table = pmd_table_pa(*pmd);
		pmd_clear(pmd);
		gather_table(r, table, pmd_none(*pmd));
	}
	if (covers_table(r, start, PUD_SIZE)) {
		table = pud_table_pa(*pud);
		WRITE_ONCE(r->tlb->mm->pmd_hint, 0);
		pud_clear(pud);
		gather_table(r, table, pud_none(*pud));
	}
}

static void free_puds(const struct table_range *r, p4d_t *p4d, unsigned long addr,
		      unsigned long end)
{
	unsigned long start = addr, next;

	for (; addr != end; addr = next) {
		pud_t *pud = pud_offset(p4d, addr);

		next = level_end(addr, end, PUD_SIZE);
		if (!pud_none(*pud))
			free_pmds(r, pud, addr, next);
	}
	if (!pud_folded() && covers_table(r, start, P4D_SIZE)) {
		paddr_t table = p4d_table_pa(*p4d);

		p4d_clear(p4d);
		gather_table(r, table, p4d_none(*p4d));
	}
}

static void free_p4ds(const struct table_range *r, pgd_t *pgd, unsigned long addr,
		      unsigned long end)
{
	unsigned long start = addr, next;

	for (; addr != end; addr = next) {
		p4d_t *p4d = p4d_offset(pgd, addr);

		next = level_end(addr, end, P4D_SIZE);
		if (!p4d_none(*p4d))
			free_puds(r, p4d, addr, next);
	}
	if (!p4d_folded() && covers_table(r, start, PGDIR_SIZE)) {
		paddr_t table = pgd_table_pa(*pgd);

		pgd_clear(pgd);
		gather_table(r, table, pgd_none(*pgd));
	}
}

void free_page_tables(struct mmu_gather *tlb, unsigned long start, unsigned long end,
		      unsigned long floor, unsigned long ceiling)
{
	struct table_range r = { tlb, floor, ceiling };
	unsigned long addr = start, next;

	ASSERT(floor <= start && start < end && end <= ceiling);
	for (; addr != end; addr = next) {
		pgd_t *pgd = tlb->mm->pgd + pgd_index(addr);

		next = level_end(addr, end, PGDIR_SIZE);
		if (!pgd_none(*pgd))
			free_p4ds(&r, pgd, addr, next);
	}
}

/* ---- the kernel's tables: vmap.c edits them ---------------------------------------------------- */

pmd_t *kernel_pmd_alloc(unsigned long va)
{
	return pmd_alloc_in(&init_mm, arch_kernel_pgd(), va);
}

pte_t *kernel_pte_alloc(unsigned long va)
{
	pmd_t *pmd = kernel_pmd_alloc(va);

	if (!pmd || (pmd_none(*pmd) && !pte_build(&init_mm, pmd)))
		return NULL;
	ASSERT_MSG(!pmd_leaf(*pmd), "kernel_pte_alloc: %lx is in a large page", va);
	return pte_offset(pmd, va);
}

pte_t *kernel_pte_lookup(unsigned long va)
{
	pmd_t *pmd = pmd_lookup(arch_kernel_pgd(), va);

	return pmd ? pte_offset(pmd, va) : NULL;
}
