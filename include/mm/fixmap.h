/* SPDX-License-Identifier: MIT */
/* fixmap.h - kernel addresses known when the kernel is compiled; what they show is set at run time (mm/fixmap.c) */
#ifndef MM_FIXMAP_H
#define MM_FIXMAP_H

#include <kernel/cpumask.h>
#include <mm/page.h>

#define KM_MAX_IDX	16	/* kmap_local slots of a CPU: 2 for a copy, in a few nested interrupts */
#define LAST_PKMAP	512	/* kmap() slots for all: one pte table */

/* Slot n is the n-th page from the top of the address space. */
enum fixed_addresses {
	FIX_HOLE,		/* never mapped: running off the end faults before the address wraps to 0 */
	PORT_FIXED_ADDRESSES
	FIX_TEST,		/* tests/kernel/fixmap_test.c */
	NR_PERMANENT_FIXED_ADDRESSES,
	/* Pte tables of their own, which only exist with high memory. */
	FIX_KMAP_FIRST = PTRS_PER_PTE,
	FIX_KMAP_LAST = FIX_KMAP_FIRST + NR_CPUS * KM_MAX_IDX - 1,
	FIX_PKMAP_FIRST = 2 * PTRS_PER_PTE,
	FIX_PKMAP_LAST = FIX_PKMAP_FIRST + LAST_PKMAP - 1,
	NR_FIXED_ADDRESSES
};

#define FIXADDR_TOP	(FIXADDR_START + FIXADDR_SIZE - PAGE_SIZE)	/* of the last page: slot 0 */

BUILD_ASSERT(NR_PERMANENT_FIXED_ADDRESSES <= FIX_KMAP_FIRST && FIX_KMAP_LAST < FIX_PKMAP_FIRST);
BUILD_ASSERT(LAST_PKMAP <= PTRS_PER_PTE && NR_FIXED_ADDRESSES <= FIXADDR_SIZE / PAGE_SIZE);

static inline unsigned long fix_to_virt(unsigned int slot)
{
	return FIXADDR_TOP - ((unsigned long)slot << PAGE_SHIFT);
}

static inline unsigned int virt_to_fix(unsigned long va)
{
	return (unsigned int)((FIXADDR_TOP - (va & PAGE_MASK)) >> PAGE_SHIFT);
}

/*
 * set_fixmap - @slot shows the frame at @pa from now on; it showed nothing before. Permanent slots only: their
 * table is made with the kernel's own, so this cannot fail. Boot, or the slot's one owner.
 */
void set_fixmap(enum fixed_addresses slot, paddr_t pa, pgprot_t prot);
/* clear_fixmap - the slot shows nothing, on no CPU. irqs on (or boot). */
void clear_fixmap(enum fixed_addresses slot);
/* set_fixmap_offset_io - a device's registers at @pa, all in one page; returns their address. */
void *set_fixmap_offset_io(enum fixed_addresses slot, paddr_t pa);

#endif
