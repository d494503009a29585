/* SPDX-License-Identifier: MIT */
/*
 * mmu.c - the kernel's own page tables: what is mapped where, with which rights
 *
 * THE PICTURE    swapper_pg_dir
 *                  direct map    all RAM, 1 GiB and 2 MiB leaves, read-write, no-execute; where
 *                                it shows the kernel's text and constants, read-only
 *                  vmalloc       empty; mm/vmap.c fills it, others follow by vmalloc_fault()
 *                  vmemmap       its top-level entries lead to tables; mm/page.c fills it
 *                  fixmap        its pte table, empty: set_fixmap() needs no memory
 *                  kernel image  text r-x, constants r--, data rw-, boot text r-x, page by page
 *                  user half     empty: NULL faults, and nothing shows low memory at its address
 *
 * ALWAYS TRUE    M1  once an address space has copied the kernel half's top-level entries
 *                    (arch_pgd_init()), new ones appear only in the vmalloc area, and none changes.
 *                M2  no page is both writable and executable. (start.S's tables are, but nothing
 *                    runs on them after boot.)
 *                M3  CR3 holds the top-level table of some address space or swapper_pg_dir.
 *
 * LOCKS          arch_map_kernel(): the caller owns the virtual range; tables appear whole.
 * LEFT OUT       KPTI, PCID.
 * Formats: asm/pgtable.h. CR3, CR4: SDM vol. 3A ch. 2.5, 4.5.
 */
#include <asm/port.h>
#include <kernel/assert.h>
#include <kernel/percpu.h>
#include <mm/highmem.h>
#include <mm/memblock.h>
#include <mm/mm.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>

unsigned int pgtable_levels __ro_after_init;
unsigned int pgdir_shift __ro_after_init;
unsigned long max_user_levels_bits __ro_after_init;
unsigned long task_size __ro_after_init;
unsigned long page_offset __ro_after_init;
unsigned long vmalloc_start __ro_after_init;
unsigned long vmalloc_end __ro_after_init;
unsigned long vmemmap_base __ro_after_init;

pgd_t swapper_pg_dir[PTRS_PER_PTE] __aligned(4096);

void mmu_set_layout(unsigned int levels)
{
	bool five = levels == 5;

	pgtable_levels = levels;
	pgdir_shift = five ? 48 : P4D_SHIFT;
	max_user_levels_bits = five ? 57 : 48;
	task_size = (1UL << (max_user_levels_bits - 1)) - PAGE_SIZE;
	page_offset = five ? 0xff11000000000000UL : 0xffff888000000000UL;
	vmalloc_start = five ? 0xffa0000000000000UL : 0xffffc90000000000UL;
	vmalloc_end = five ? 0xffd2000000000000UL : 0xffffe90000000000UL;
	vmemmap_base = five ? 0xffd4000000000000UL : 0xffffea0000000000UL;
}

/* A zeroed page for a table; from memblock while that is all there is. */
static void *new_table(void)
{
	struct page *page;

	if (totalram_pages() == 0)
		return phys_to_virt(memblock_alloc(PAGE_SIZE, PAGE_SIZE));
	page = alloc_table(NULL);
	return page ? phys_to_virt(page_to_phys(page)) : NULL;
}

/* The entry for @va of each level, with the table it lies in built if missing; NULL: no memory. */
static p4d_t *kernel_p4d(unsigned long va)
{
	pgd_t *pgd = pgd_offset_pgd(swapper_pg_dir, va);

	if (pgd_none(*pgd)) {
		p4d_t *table = new_table();

		if (!table)
			return NULL;
		pgd_populate(pgd, table);
	}
	return p4d_offset(pgd, va);
}

static pud_t *kernel_pud(unsigned long va)
{
	p4d_t *p4d = kernel_p4d(va);

	if (p4d && p4d_none(*p4d)) {
		pud_t *table = new_table();

		if (!table)
			return NULL;
		p4d_populate(p4d, table);
	}
	return p4d ? pud_offset(p4d, va) : NULL;
}

static pmd_t *kernel_pmd(unsigned long va)
{
	pud_t *pud = kernel_pud(va);

	if (pud && pud_none(*pud)) {
		pmd_t *table = new_table();

		if (!table)
			return NULL;
		pud_populate(pud, table);
	}
	ASSERT(!pud || !pud_leaf(*pud));
	return pud ? pmd_offset(pud, va) : NULL;
}

static pte_t *kernel_pte(unsigned long va)
{
	pmd_t *pmd = kernel_pmd(va);

	if (pmd && pmd_none(*pmd)) {
		void *table = new_table();

		if (!table)
			return NULL;
		pmd_populate(pmd, virt_to_phys(table));
	}
	ASSERT(!pmd || !pmd_leaf(*pmd));
	return pmd ? pte_offset(pmd, va) : NULL;
}

/* Does a leaf of @leaf bytes fit at both addresses? */
static bool fits(unsigned long va, paddr_t pa, size_t size, size_t leaf)
{
	return size >= leaf && IS_ALIGNED(va | pa, leaf);
}

/* Map one leaf, the largest that fits; returns its size, 0: no memory. */
static size_t map_one(unsigned long va, paddr_t pa, size_t size, pgprot_t prot)
{
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;

	if (cpu_has_1g_pages && fits(va, pa, size, PUD_SIZE)) {
		pud = kernel_pud(va);
		if (!pud)
			return 0;
		set_pud(pud, __pud(pa | pgprot_val(prot) | _PAGE_PS));
		return PUD_SIZE;
	}
	if (fits(va, pa, size, PMD_SIZE)) {
		pmd = kernel_pmd(va);
		if (!pmd)
			return 0;
		set_pmd(pmd, __pmd(pa | pgprot_val(prot) | _PAGE_PS));
		return PMD_SIZE;
	}
	pte = kernel_pte(va);
	if (!pte)
		return 0;
	set_pte(pte, pfn_pte(pa >> PAGE_SHIFT, prot));
	return PAGE_SIZE;
}

static void map_image(char *start, char *end, pgprot_t prot)
{
	arch_map_kernel((unsigned long)start, kimg_to_phys(start), (size_t)(end - start), prot);
}

static void map_kernel_image(void)
{
	map_image(_text, __rodata_start, PAGE_KERNEL_EXEC);
	map_image(__rodata_start, __rodata_end, PAGE_KERNEL_RO);
	map_image(__rodata_end, __init_begin, PAGE_KERNEL);
	map_image(__init_begin, __init_text_end, PAGE_KERNEL_EXEC);
	map_image(__init_text_end, boot_stack_guard, PAGE_KERNEL);
	map_image(boot_stack_guard + PAGE_SIZE, _end, PAGE_KERNEL);
}

static void map_direct(paddr_t start, paddr_t end, pgprot_t prot)
{
	if (start < end)
		arch_map_kernel((unsigned long)phys_to_virt(start), start, end - start, prot);
}

/* All RAM but high memory; the image's text, constants and boot-time data can only be read here. */
static void map_all_memory(void)
{
	paddr_t ro_start = kimg_to_phys(_text), ro_end = kimg_to_phys(__end_ro_after_init);
	paddr_t start, end;
	unsigned int i = 0;

	while (memblock_next_memory(&i, &start, &end)) {
		end = min(end, lowmem_end);
		map_direct(start, min(end, ro_start), PAGE_KERNEL);
		map_direct(max(start, ro_start), min(end, ro_end), PAGE_KERNEL_RO);
		map_direct(max(start, ro_end), end, PAGE_KERNEL);
	}
}

/* M1: build the second-level table of every top-level entry that [start, end) will ever use. */
static void prepare_region(unsigned long start, unsigned long end)
{
	/* By index: the address after the last entry would be 0. */
	for (size_t i = pgd_index(start); i <= pgd_index(end - 1); i++, start += PGDIR_SIZE) {
		if (p4d_folded())
			kernel_pud(start);
		else
			kernel_p4d(start);
	}
}

void mmu_init(void)
{
	size_t memmap_size = memblock_end_of_ram() / PAGE_SIZE * sizeof(struct page);

	map_kernel_image();
	map_all_memory();
	prepare_region(vmemmap_base, vmemmap_base + memmap_size);
	kernel_pte(FIXADDR_START + FIXADDR_SIZE - PAGE_SIZE);
	write_cr3(kimg_to_phys(swapper_pg_dir));
	arch_tlb_flush_local_all();
}

/* ---- mmu.c ---- */

int arch_map_kernel(unsigned long va, paddr_t pa, size_t size, pgprot_t prot)
{
	ASSERT(IS_ALIGNED(va | pa | size, PAGE_SIZE));
	while (size > 0) {
		size_t done = map_one(va, pa, size, prot);

		if (done == 0)
			return -ENOMEM;
		va += done;
		pa += done;
		size -= done;
	}
	return 0;
}

pgd_t *arch_kernel_pgd(void)
{
	return swapper_pg_dir;
}

/* The upper half of the table is the kernel's; the lower half is the program's. */
void arch_pgd_init(pgd_t *pgd)
{
	for (unsigned int i = PTRS_PER_PTE / 2; i < PTRS_PER_PTE; i++)
		pgd[i] = swapper_pg_dir[i];
}

void arch_switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	(void)prev;
	write_cr3(virt_to_phys(next ? next->pgd : swapper_pg_dir));
}
