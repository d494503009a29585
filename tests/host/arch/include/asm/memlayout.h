/* SPDX-License-Identifier: MIT */
/*
 * asm/memlayout.h - the address space of the software machine
 *
 *   kernel addresses are this program's, so the kernel half is wherever the host has room:
 *        HOST_BASE + 0x000000000    page_offset + RAM_BASE    direct map, two banks of RAM
 *        HOST_BASE + 0x1000000000   vmemmap_base
 *        HOST_BASE + 0x2000000000   vmalloc_start             1 GiB
 *        HOST_BASE + 0x3000000000   FIXADDR_START             32 MiB
 *        HOST_BASE + 0x3800000000   HOST_VIEW                 all RAM, as the tests see it
 *   user addresses are numbers that only the software MMU understands: [0, TASK_SIZE)
 *
 *   RAM, chosen to be awkward: a ragged start, a hole, and zone borders inside a bank
 *        0x80003000 .. 0x81800000     zone DMA below 0x80801000, then DMA32
 *        0xff800000 .. 0x102000000    DMA32 below 4 GiB, then Normal
 */
#ifndef ASM_MEMLAYOUT_H
#define ASM_MEMLAYOUT_H

/* Above this program and where the sanitizers leave room; ThreadSanitizer only has a low range. */
#ifdef __SANITIZE_THREAD__
#define HOST_BASE	0x1000000000UL
#else
#define HOST_BASE	0x580000000000UL
#endif

#define RAM_BASE	0x80000000UL
#define RAM_END		0x102000000UL
#define BANK0_START	0x80003000UL
#define BANK0_END	0x81800000UL
#define BANK1_START	0xff800000UL
#define BANK1_END	RAM_END
#define HIGH_START	0x101000000UL	/* with 3 levels the direct map ends here */
#define HOST_VIEW	(HOST_BASE + 0x3800000000UL)

#define USER_ADDR_MIN	0x10000UL
#define FIXADDR_START	(HOST_BASE + 0x3000000000UL)
#define FIXADDR_SIZE	(32UL << 20)
#define MAX_PHYSMEM	(1UL << 46)
#define DIRECT_MAP_SIZE	MAX_PHYSMEM
#define ZONE_DMA_END_PFN 0x80801UL
#define KERNEL_LINK_BASE 0UL

extern unsigned long task_size;
extern unsigned long vmemmap_base, vmalloc_start, vmalloc_end;

#define TASK_SIZE	task_size

#endif
