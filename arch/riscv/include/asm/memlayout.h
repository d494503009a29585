/* SPDX-License-Identifier: MIT */
/*
 * asm/memlayout.h - who lives where in the virtual address space
 *
 *                    Sv39 (512 GiB)        Sv48 (256 TiB)        Sv57 (128 PiB)
 *   top  ffffffff_ffffffff
 *        fixmap, 32 MiB: constants, the same at every depth (asm/fixmap.h)
 *        ffffffff_fe000000     ffffffff_fe000000     ffffffff_fe000000   FIXADDR_START
 *        kernel image: the same at every depth
 *        ffffffff_80000000     ffffffff_80000000     ffffffff_80000000
 *        KASAN shadow (kept free: 1/8 of the kernel half)
 *        fffffff7_00000000     ffffef80_00000000     ffdf0000_00000000
 *        direct map: RAM from physical 0 on, 124 GiB | 64 TiB | 31 PiB; the rest is high memory
 *        ffffffd8_00000000     ffffaf80_00000000     ff600000_00000000   page_offset
 *        vmalloc: 64 GiB       32 TiB                16 PiB   (first top-level entry: kernel stacks)
 *        ffffffc8_00000000     ffff8f80_00000000     ff200000_00000000   vmalloc_start
 *        vmemmap: struct pages of all RAM; 4 GiB describe the 256 GiB that Sv39 can use
 *        ffffffc7_00000000     ffff8d80_00000000     ff1c0000_00000000   vmemmap_base
 *        ---- not canonical: bits above the top one must repeat it ----
 *        00000040_00000000     00008000_00000000     01000000_00000000   TASK_SIZE
 *        user space
 *        00000000_00010000                                               USER_ADDR_MIN
 *   0    never mapped: a NULL pointer faults
 *
 * The bases are Linux's for each depth, so pictures in books fit. They are
 * variables because one image boots at every depth (mmu_choose_layout() in mmu.c sets them); only
 * the fixmap lies elsewhere than on Linux, because its addresses shall be constants.
 */
#ifndef ASM_MEMLAYOUT_H
#define ASM_MEMLAYOUT_H

#define USER_ADDR_MIN	0x10000UL

/* What the early tables map one to one: the lower half of Sv39. RAM above it is not used. */
#define EARLY_MAP_GIB	256

#define FIXADDR_START	0xfffffffffe000000UL
#define FIXADDR_SIZE	(32UL << 20)

#ifndef __ASSEMBLY__

#include <lib/types.h>

extern unsigned long task_size;
extern unsigned long vmemmap_base, vmalloc_start, vmalloc_end;
extern paddr_t direct_map_size;	/* RAM beyond is high memory */

#define TASK_SIZE	task_size
/* One past the last physical address that early boot, and the memmap of Sv39, can reach. */
#define DIRECT_MAP_SIZE	direct_map_size
#define MAX_PHYSMEM	((paddr_t)EARLY_MAP_GIB << 30)

#endif
/* Frames below this number form zone DMA: no device here is limited to a low window. */
#define ZONE_DMA_END_PFN	0

#endif
