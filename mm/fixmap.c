/* SPDX-License-Identifier: MIT */
/*
 * mm/fixmap.c - addresses that are compile-time constants, for what must be reachable without asking
 *
 * THE QUESTION   A panic wants to switch the machine off, an interrupt wants its controller's registers,
 *                kmap wants a page of addresses now. Where, without an allocation that could fail?
 *
 * THE PICTURE    ffffffff_ffffffff
 *                [ hole | device | device | ...      | kmap slots of CPU 0, 1, ... | pkmap slots ]
 *                  0      1        2                   512                           1024
 *                slot n is at FIXADDR_TOP - n pages: an immediate operand. What it shows is one pte.
 *
 * ALWAYS TRUE    X1  the pte table of slots 0..511 exists before this file is used: mmu_init() makes it
 *                    of memblock's memory, so no call here can fail.
 *                X2  slot 0 is never mapped.
 *                X3  a slot is set only while it is clear, and cleared only after every CPU forgot it.
 *
 * LOCKS          none: each slot has one owner. highmem.c owns slots 512 and up.
 * LEFT OUT       boot-time slots for tables that lie anywhere: the early page tables show all that the
 *                devicetree and ACPI need, and a devicetree in high memory is copied (arch/riscv/boot.c).
 * READ NEXT      highmem.c, the ports' asm/fixmap.h and memlayout.h.
 */
#include <kernel/assert.h>
#include <mm/fixmap.h>
#include <mm/pgtable.h>

static pte_t *fixmap_pte(enum fixed_addresses slot)
{
	pte_t *pte = kernel_pte_lookup(fix_to_virt(slot));

	ASSERT(slot > FIX_HOLE && slot < NR_PERMANENT_FIXED_ADDRESSES);		/* X2 */
	ASSERT_MSG(pte, "X1: no table for fixmap slot %u", slot);
	return pte;
}

void set_fixmap(enum fixed_addresses slot, paddr_t pa, pgprot_t prot)
{
	pte_t *pte = fixmap_pte(slot);

	ASSERT_MSG(pte_none(ptep_get(pte)), "X3: fixmap slot %u shows %lx", slot, pte_pfn(ptep_get(pte)));
	set_pte(pte, pfn_pte(pa >> PAGE_SHIFT, prot));
	arch_tlb_flush_local_page(fix_to_virt(slot));	/* RISC-V may remember that there was nothing */
}

void clear_fixmap(enum fixed_addresses slot)
{
	unsigned long va = fix_to_virt(slot);

	pte_clear(fixmap_pte(slot));
	flush_tlb_kernel_range(va, va + PAGE_SIZE);
}

void *set_fixmap_offset_io(enum fixed_addresses slot, paddr_t pa)
{
	set_fixmap(slot, pa & PAGE_MASK, PAGE_KERNEL_IO);
	return (void *)(fix_to_virt(slot) + (pa & ~PAGE_MASK));
}
