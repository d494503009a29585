/* SPDX-License-Identifier: MIT */
/*
 * mm/ioremap.c - kernel addresses for device registers
 *
 * THE QUESTION   A device answers at a physical address that the direct map does not have. Where does
 *                the kernel reach it, and how does the CPU know not to cache it?
 *
 * THE PICTURE    physical    |   RAM   |  ..  [regs]  ..  |        ioremap(RAM) is refused: the direct map
 *                                          |               has it already, cached; two mappings that
 *                vmalloc     [ area | g ][ v | g ]         differ in caching may show different bytes
 *
 *                x86-64      PAGE_KERNEL_IO has PCD and PWT: uncached, whatever the MTRRs say
 *                RISC-V      the address itself decides (PMA); Svpbmt, which lets the pte decide, is not
 *                            on QEMU 7.2's CPU, so PAGE_KERNEL_IO is PAGE_KERNEL
 *
 * ALWAYS TRUE    I1  no page of RAM is mapped by an area of VM_IOREMAP.
 *                I2  a range of at least 2 MiB that starts at a multiple of it gets such an address, too,
 *                    and large pages.
 *
 * LOCKS          none; vmap_area.c's.
 * READ NEXT      vmap.c (vmap_phys_range), resource.c (who owns which physical addresses).
 */
#include <kernel/printk.h>
#include <mm/memblock.h>
#include <mm/vmalloc.h>
#include "mm_internal.h"

bool phys_overlaps_ram(paddr_t first, paddr_t last)
{
	paddr_t start, end;
	unsigned int i = 0;

	while (memblock_next_memory(&i, &start, &end))
		if (first < end && start < last)
			return true;
	return false;
}

void *ioremap(paddr_t pa, size_t size)
{
	paddr_t first = ALIGN_DOWN(pa, PAGE_SIZE), last = ALIGN_UP(pa + size, PAGE_SIZE);
	size_t align = IS_ALIGNED(first, PMD_SIZE) && last - first >= PMD_SIZE ? PMD_SIZE : PAGE_SIZE;
	struct vm_struct *area;
	unsigned long va;

	if (!size || pa + size <= pa || last <= first)
		return NULL;
	if (phys_overlaps_ram(first, last)) {				/* I1 */
		printk("ioremap: %llx+%zx is RAM\n", (unsigned long long)pa, size);
		return NULL;
	}
	area = get_vm_area(last - first, align, VM_IOREMAP);
	if (!area)
		return NULL;
	area->phys_addr = first;
	area->caller = (unsigned long)__builtin_return_address(0);
	va = (unsigned long)area->addr;
	if (vmap_phys_range(va, va + (last - first), first, PAGE_KERNEL_IO)) {
		free_vm_area(area);
		return NULL;
	}
	return (void *)(va + (pa - first));
}

void iounmap(void *va)
{
	struct vm_struct *area;

	if (!va)
		return;
	area = find_vm_area(va);
	if (!area || !(area->flags & VM_IOREMAP))
		panic("iounmap of %p, which is not the start of an area", va);
	free_vm_area(area);
}
