/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/mmu.c - the kernel's own page tables, and loading anybody's
 *
 * THE QUESTION   Which addresses does the kernel itself have, with which rights, at each depth?
 *
 * THE PICTURE    memlayout.h draws the regions. mmu_init() fills them:
 *
 *                kernel image   text RX | rodata R | data RW | init text RX | init data, bss RW
 *                direct map     all RAM RW; the image's text, rodata and ro_after_init only R
 *                vmemmap        second-level tables only
 *                vmalloc        empty: mm/vmap.c fills it, and other tables follow by vmalloc_fault()
 *                fixmap         its pte table, empty: set_fixmap() needs no memory
 *
 *                start.S's tables (one to one, Sv39) -> the same at the final depth -> these
 *
 * ALWAYS TRUE    K1  no address of user space is mapped here, least of all NULL.
 *                K2  once a user top level was copied (arch_pgd_init) a new top-level entry appears
 *                    only in the vmalloc area, and none ever changes or goes.
 *                K3  no page is writable and executable.
 *
 * LOCKS          arch_map_kernel: the caller owns [va, va+size); tables above it are made at boot,
 *                on one CPU, or under vmalloc's lock.
 * READ NEXT      tlb.c, mm/pgtable.c (user tables), mm/vmalloc.c.
 */
#include <arch.h>
#include <asm/port.h>
#include <kernel/assert.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <mm/highmem.h>
#include <mm/memblock.h>
#include <mm/mm.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>

unsigned long page_offset;
unsigned long task_size, vmemmap_base, vmalloc_start, vmalloc_end;
unsigned long max_user_levels_bits;
unsigned int pgtable_levels, pgdir_shift;
paddr_t direct_map_size;
unsigned long kernel_satp;		/* what a CPU without user address space loads; start.S */

static pgd_t swapper_pg_dir[PTRS_PER_PGD] __aligned(4096);
static unsigned long direct_map_base;	/* page_offset after mmu_init() */

/* The non-empty entries of the kernel half, collected when the first user table copies them. */
static u16 kernel_slots[PTRS_PER_PGD / 2];
static unsigned int nr_kernel_slots;

extern char _text[], _etext[], __start_rodata[], __end_rodata[], _data[], _edata[];
extern char __end_ro_after_init[], __init_begin[], __init_text_end[], _end[];

void early_switch_depth(unsigned long mode);	/* start.S */

#define GIB	(1UL << 30)
#define TIB	(1UL << 40)
#define PIB	(1UL << 50)

static const struct layout {
	unsigned int	levels;
	unsigned long	vmemmap, vmalloc, vmalloc_size, direct, direct_size;
} layouts[] = {
	{ 3, 0xffffffc700000000, 0xffffffc800000000, 64 * GIB,
	     0xffffffd800000000, 124 * GIB },
	{ 4, 0xffff8d8000000000, 0xffff8f8000000000, 32 * TIB,
	     0xffffaf8000000000, 64 * TIB },
	{ 5, 0xff1c000000000000, 0xff20000000000000, 16 * PIB,
	     0xff60000000000000, 31 * PIB },
};

void mmu_choose_layout(unsigned int levels)
{
	const struct layout *l = &layouts[levels - layouts[0].levels];

	ASSERT(l->levels == levels);
	pgtable_levels = levels;
	pgdir_shift = PUD_SHIFT + 9 * (levels - 3);
	max_user_levels_bits = pgdir_shift + 9;
	task_size = 1UL << (max_user_levels_bits - 1);
	vmemmap_base = l->vmemmap;
	vmalloc_start = l->vmalloc;
	vmalloc_end = l->vmalloc + l->vmalloc_size;
	direct_map_base = l->direct;
	direct_map_size = l->direct_size;
}

/* tables above an entry */

/* A zeroed page for a table: from memblock until the page allocator has pages. 0: no memory. */
static paddr_t table_alloc(void)
{
	struct page *page;

	if (totalram_pages() == 0)
		return memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	page = alloc_table(NULL);
	return page ? page_to_phys(page) : 0;
}

/* Make sure that the entry at @slot, a level above leaves, leads to a table. */
static bool table_ensure(unsigned long *slot)
{
	paddr_t pa;

	if (*slot) {
		ASSERT_MSG(!(*slot & PTE_LEAF), "kernel mapping overlaps a large page: %lx", *slot);
		return true;
	}
	pa = table_alloc();
	if (!pa)
		return false;
	__atomic_store_n(slot, table_entry(pa), __ATOMIC_RELEASE);
	return true;
}

/* The entry for @va of each level, with the tables above it made; NULL: no memory. */
static pud_t *pud_ensure(unsigned long va)
{
	pgd_t *pgd = pgd_offset_pgd(swapper_pg_dir, va);
	p4d_t *p4d;

	ASSERT_MSG(pgd_val(*pgd) || !nr_kernel_slots, "late top-level entry for %lx", va);
	if (!p4d_folded() && !table_ensure(&pgd->v))
		return NULL;
	p4d = p4d_offset(pgd, va);
	if (!pud_folded() && !table_ensure(&p4d->v))
		return NULL;
	return pud_offset(p4d, va);
}

static pmd_t *pmd_ensure(unsigned long va)
{
	pud_t *pud = pud_ensure(va);

	return pud && table_ensure(&pud->v) ? pmd_offset(pud, va) : NULL;
}

/* filling the final tables */

static void map_boot(unsigned long va, paddr_t pa, size_t size, pgprot_t prot)
{
	if (size && arch_map_kernel(va, pa, size, prot))
		boot_failure("no memory for the kernel's page tables");
}

static void map_image(void)
{
	const struct { char *start, *end; pgprot_t prot; } parts[] = {
		{ _text,	  _etext,	   PAGE_KERNEL_EXEC },
		{ __start_rodata, __end_rodata,	   PAGE_KERNEL_RO },
		{ _data,	  _edata,	   PAGE_KERNEL },
		{ __init_begin,	  __init_text_end, PAGE_KERNEL_EXEC },
		{ __init_text_end, _end,	   PAGE_KERNEL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++)
		map_boot((unsigned long)parts[i].start, kimg_to_phys(parts[i].start),
			 (size_t)(parts[i].end - parts[i].start), parts[i].prot);
}

static void map_direct(paddr_t start, paddr_t end, pgprot_t prot)
{
	if (start < end)
		map_boot(direct_map_base + start, start, end - start, prot);
}

/* All RAM but high memory; the image's text, constants and boot-time data can only be read here. */
static void map_all_memory(void)
{
	const paddr_t ro_start = kimg_to_phys(_text), ro_end = kimg_to_phys(__end_ro_after_init);
	paddr_t start, end;
	unsigned int i = 0;

	while (memblock_next_memory(&i, &start, &end)) {
		end = min(end, lowmem_end);
		map_direct(start, min(end, ro_start), PAGE_KERNEL);
		map_direct(max(start, ro_start), min(end, ro_end), PAGE_KERNEL_RO);
		map_direct(max(start, ro_end), end, PAGE_KERNEL);
	}
}

/* Give every top-level entry of [start, end) its table. */
static void preallocate(unsigned long start, unsigned long end)
{
	for (unsigned long va = start & PGDIR_MASK; va < end; va += PGDIR_SIZE) {
		pgd_t *pgd = pgd_offset_pgd(swapper_pg_dir, va);

		if (pgd_val(*pgd) == 0)
			set_pgd(pgd, __pgd(table_entry(memblock_alloc(PAGE_SIZE, PAGE_SIZE))));
	}
}

/* The pte table of the permanent slots, so that set_fixmap() cannot fail. */
static void prepare_fixmap(void)
{
	pmd_t *pmd = pmd_ensure(FIXADDR_START + FIXADDR_SIZE - PAGE_SIZE);

	table_ensure(&pmd->v);
}

static unsigned long satp_of(const pgd_t *pgd)
{
	unsigned long mode = SATP_SV39 + pgtable_levels - 3;

	return mode << SATP_MODE_SHIFT | virt_to_phys(pgd) >> PAGE_SHIFT;
}

static void load_satp(unsigned long satp)
{
	csr_write(satp, satp);
	/* all of ASID 0, which is everybody; global entries stay */
	__asm__ volatile("sfence.vma zero, %0" : : "r"(0UL) : "memory");
}

void mmu_init(void)
{
	map_image();
	map_all_memory();
	preallocate(vmemmap_base, vmemmap_base + (MAX_PHYSMEM >> PAGE_SHIFT) * sizeof(struct page));
	prepare_fixmap();
	kernel_satp = satp_of(swapper_pg_dir);
	if (pgtable_levels > 3)
		early_switch_depth(kernel_satp >> SATP_MODE_SHIFT);
	csr_write(satp, kernel_satp);
	arch_tlb_flush_local_all();
	page_offset = direct_map_base;
}

/* ---- mmu.c ---- */

static size_t leaf_size(unsigned long va, paddr_t pa, size_t size)
{
	if (IS_ALIGNED(va | pa, PUD_SIZE) && size >= PUD_SIZE)
		return PUD_SIZE;
	if (IS_ALIGNED(va | pa, PMD_SIZE) && size >= PMD_SIZE)
		return PMD_SIZE;
	return PAGE_SIZE;
}

/* One leaf of @size bytes at @va; 0 or -ENOMEM. */
static int map_leaf(unsigned long va, paddr_t pa, size_t size, pgprot_t prot)
{
	unsigned long leaf = pte_val(pfn_pte(pa >> PAGE_SHIFT, prot));
	pud_t *pud;
	pmd_t *pmd;

	if (size == PUD_SIZE) {
		pud = pud_ensure(va);
		if (!pud)
			return -ENOMEM;
		set_pud(pud, __pud(leaf));
		return 0;
	}
	pmd = pmd_ensure(va);
	if (!pmd)
		return -ENOMEM;
	if (size == PMD_SIZE) {
		set_pmd(pmd, __pmd(leaf));
		return 0;
	}
	if (!table_ensure(&pmd->v))
		return -ENOMEM;
	set_pte(pte_offset(pmd, va), __pte(leaf));
	return 0;
}

int arch_map_kernel(unsigned long va, paddr_t pa, size_t size, pgprot_t prot)
{
	unsigned long start = va, end = va + size;

	ASSERT(IS_ALIGNED(va | pa | size, PAGE_SIZE));
	while (va < end) {
		size_t step = leaf_size(va, pa, end - va);
		int err = map_leaf(va, pa, step, prot);

		if (err)
			return err;
		va += step;
		pa += step;
	}
	arch_tlb_flush_local_range(start, end);
	return 0;
}

pgd_t *arch_kernel_pgd(void)
{
	return swapper_pg_dir;
}

static void collect_kernel_slots(void)
{
	for (unsigned int i = PTRS_PER_PGD / 2; i < PTRS_PER_PGD; i++)
		if (pgd_val(swapper_pg_dir[i]))
			kernel_slots[nr_kernel_slots++] = (u16)i;
}

void arch_pgd_init(pgd_t *pgd)
{
	if (!nr_kernel_slots)
		collect_kernel_slots();
	for (unsigned int i = 0; i < nr_kernel_slots; i++)
		pgd[kernel_slots[i]] = swapper_pg_dir[kernel_slots[i]];
}

void arch_switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	load_satp(next ? satp_of(next->pgd) : kernel_satp);
}
