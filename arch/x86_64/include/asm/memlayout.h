/* SPDX-License-Identifier: MIT */
/*
 * asm/memlayout.h - the address space of x86-64, with 4 and with 5 levels of page tables
 *
 *     4 levels (48 bits)    5 levels (57 bits)
 *     ffffffff ffffffff     ffffffff ffffffff   +---------------------------------------+
 *     ffffffff fe000000     ffffffff fe000000   | fixmap, 32 MiB (asm/fixmap.h)         |
 *                                               +---------------------------------------+
 *     ffffffff 80000000     ffffffff 80000000   | kernel image; physical 0 is at the    |
 *                                               | start, the image 1 MiB above          |
 *                                               +---------------------------------------+
 *     ffffec00 00000000     ffdf0000 00000000   | KASAN shadow (reserved)               |
 *                                               +---------------------------------------+
 *     ffffea00 00000000     ffd40000 00000000   | vmemmap: struct page of every frame   |
 *                                               +---------------------------------------+
 *     ffffc900 00000000     ffa00000 00000000   | vmalloc, ioremap: 32 TiB, 12.5 PiB;   |
 *                                               | first top-level entry: kernel stacks  |
 *                                               +---------------------------------------+
 *     ffff8880 00000000     ff110000 00000000   | direct map of physical memory, 64 TiB |
 *                                               +---------------------------------------+
 *     ffff8000 00000000     ff000000 00000000   | kernel half begins                    |
 *                                               +---------------------------------------+
 *                           not canonical: bits 63..47 (or 63..56) must all be equal
 *                                               +---------------------------------------+
 *     00007fff fffff000     00ffffff fffff000   | TASK_SIZE: one page short of the end, |
 *                                               | so that no system call instruction is |
 *                                               | the last before the hole              |
 *     00000000 00010000     00000000 00010000   | USER_ADDR_MIN; below: never mapped    |
 *                                               +---------------------------------------+
 *
 * The bases are Linux's. Each region starts on a boundary of the top level, so that arch_pgd_init()
 * copies whole top-level entries and all address spaces share what is below them.
 */
#ifndef ASM_MEMLAYOUT_H
#define ASM_MEMLAYOUT_H

#define KERNEL_LINK_BASE	0xffffffff80000000
#define KERNEL_LOAD_PA		0x100000

#ifndef __ASSEMBLY__
#include <lib/types.h>

#define USER_ADDR_MIN		0x10000UL
#define TASK_SIZE		task_size
#define MAX_PHYSMEM		(1UL << 46)
#define DIRECT_MAP_SIZE		MAX_PHYSMEM	/* all of it: high memory only by highmem= */
#define FIXADDR_START		0xfffffffffe000000UL
#define FIXADDR_SIZE		(32UL << 20)

extern unsigned long task_size;		/* first address that no program can have       */
extern unsigned long page_offset;	/* direct map: virtual address of physical 0    */
extern unsigned long vmalloc_start;
extern unsigned long vmalloc_end;
extern unsigned long vmemmap_base;

/* Marks that kernel.ld puts between the parts of the image; all page aligned. */
extern char _text[], _etext[], __rodata_start[], __rodata_end[];
extern char __start_ro_after_init[], __end_ro_after_init[];
extern char __init_begin[], __init_text_end[], __init_end[], _end[];

#endif /* !__ASSEMBLY__ */
/* Frames below this number form zone DMA: ISA DMA reaches 16 MiB. */
#define ZONE_DMA_END_PFN	(16UL << 20 >> PAGE_SHIFT)

#endif
