/* SPDX-License-Identifier: MIT */
/*
 * mm/vmap.c - the kernel's page tables while it runs: map, unmap, and let every address space see it
 *
 * THE QUESTION   vmalloc() maps a page at a new kernel address. How do the programs' tables, which only
 *                copied the kernel half when they were made, get to know it?
 *
 * THE PICTURE    swapper_pg_dir (init_mm)        a program's top-level table
 *                [ user half: empty     ]        [ user half: its own      ]
 *                [ direct map        ---|--+  +--|--- copied when made     ]
 *                [ vmalloc: stacks   ---|--+--+--|--- copied when made     ]   same second-level tables
 *                [ vmalloc: later    ---|--> T   |    empty                ]   <- a touch faults here:
 *                                          ^-----|--- vmalloc_fault()      ]      the entry is copied, by
 *                                                                                 reference: T is shared
 *                Only top-level entries are ever copied. Whatever changes below them is seen by all at once.
 *
 * ALWAYS TRUE    M1  a top-level entry of swapper_pg_dir's kernel half goes from empty to a table, once, and
 *                    never back: so a copy is either empty or right.
 *                M2  kernel stacks lie in the first top-level entry of the vmalloc area, which is filled
 *                    before the first address space is made: the fault that would copy it could not be
 *                    taken, because taking it needs the stack.
 *                M3  ptes of an area are changed by the area's owner alone; they are empty when it gets them.
 *
 * LOCKS          init_mm.page_table_lock while an upper entry is filled (pgtable.c). vmalloc_fault() takes
 *                none: it reads one word and stores it.
 * LEFT OUT       large pages for vmalloc (ioremap has them); freeing tables: the next area needs them again.
 * READ NEXT      vmap_area.c (which addresses), vmalloc.c (which pages), the ports' fault.c (who calls us).
 */
#include <kernel/percpu.h>
#include <mm/vmalloc.h>
#include "mm_internal.h"

/* ---- top-level entries ----------------------------------------------------------------------- */

unsigned long vmalloc_stacks_end(void)
{
	return min(ALIGN_DOWN(vmalloc_start, PGDIR_SIZE) + PGDIR_SIZE, vmalloc_end);
}

/* M2: one top-level entry; the first time it is a table only if some pmd below it exists. */
void kernel_tables_init(void)
{
	if (!kernel_pmd_alloc(vmalloc_start))
		panic("no memory for the kernel's page tables: vmalloc area at %lx", vmalloc_start);
}

bool vmalloc_fault(unsigned long addr)
{
	struct mm_struct *mm = this_cpu()->active_mm;
	pgd_t *pgd, master;

	if (!mm || addr < vmalloc_start || addr >= vmalloc_end)
		return false;
	/* Raw words: where upper levels are folded, a top-level entry has another type, but one size. */
	master = arch_kernel_pgd()[pgd_index(addr)];
	pgd = mm->pgd + pgd_index(addr);
	if (!pgd_val(master) || pgd_val(*pgd) == pgd_val(master))
		return false;
	ASSERT_MSG(!pgd_val(*pgd), "M1: top-level entry for %lx is %lx, should be %lx", addr,
		   (unsigned long)pgd_val(*pgd), (unsigned long)pgd_val(master));
	set_pgd(pgd, master);
	count_vm_event(pgfault_vmalloc);
	return true;
}

/* ---- map and unmap --------------------------------------------------------------------------- */

int vmap_pages_range(unsigned long addr, unsigned long end, pgprot_t prot, struct page **pages)
{
	while (addr < end) {
		unsigned long next = pmd_addr_end(addr, end);
		pte_t *pte = kernel_pte_alloc(addr);

		if (!pte)
			return -ENOMEM;
		for (; addr < next; addr += PAGE_SIZE, pte++) {
			ASSERT_MSG(pte_none(ptep_get(pte)), "M3: %lx is mapped already", addr);
			set_pte(pte, pfn_pte(page_to_pfn(*pages++), prot));
		}
	}
	return 0;
}

/* The table that earlier areas left at @pmd is empty: everything it maps belongs to one area now. */
static void drop_table(pmd_t *pmd, unsigned long addr)
{
	struct page *table = phys_to_page(pmd_table_pa(*pmd));

	for (unsigned int i = 0; i < PTRS_PER_PTE; i++)
		ASSERT_MSG(pte_none(ptep_get(pte_offset(pmd, addr + i * PAGE_SIZE))), "M3: near %lx", addr);
	pmd_clear(pmd);
	flush_tlb_kernel_range(addr, addr + PMD_SIZE);	/* CPUs remember where tables are, too */
	free_table(NULL, table);
}

/* A 2 MiB leaf, if one fits. */
static int map_large(unsigned long addr, unsigned long end, paddr_t pa, pgprot_t prot)
{
	pmd_t *pmd;

	if (!IS_ALIGNED(addr | pa, PMD_SIZE) || end - addr < PMD_SIZE)
		return -EINVAL;
	pmd = kernel_pmd_alloc(addr);
	if (!pmd)
		return -ENOMEM;
	if (!pmd_none(*pmd))
		drop_table(pmd, addr);
	return arch_map_kernel(addr, pa, PMD_SIZE, prot);
}

int vmap_phys_range(unsigned long addr, unsigned long end, paddr_t pa, pgprot_t prot)
{
	for (unsigned long next; addr < end; pa += next - addr, addr = next) {
		paddr_t frame = pa;
		pte_t *pte;

		next = pmd_addr_end(addr, end);
		if (map_large(addr, end, pa, prot) == 0)
			continue;
		pte = kernel_pte_alloc(addr);
		if (!pte)
			return -ENOMEM;
		for (unsigned long va = addr; va < next; va += PAGE_SIZE, frame += PAGE_SIZE, pte++) {
			ASSERT_MSG(pte_none(ptep_get(pte)), "M3: %lx is mapped already", va);
			set_pte(pte, pfn_pte(frame >> PAGE_SHIFT, prot));
		}
	}
	return 0;
}

void vunmap_range_noflush(unsigned long start, unsigned long end)
{
	unsigned long addr = start, next;
	pmd_t *pmd;

	for (; (pmd = next_pmd(arch_kernel_pgd(), &addr, end)); addr = next) {
		pte_t *pte;

		next = pmd_addr_end(addr, end);
		if (pmd_leaf(*pmd)) {
			ASSERT_MSG(next - addr == PMD_SIZE, "half of a large page: %lx", addr);
			pmd_clear(pmd);
			continue;
		}
		for (pte = pte_offset(pmd, addr); addr < next; addr += PAGE_SIZE)
			pte_clear(pte++);
	}
}
