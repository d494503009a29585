/* SPDX-License-Identifier: MIT */
/*
 * asm/page.h - pages of 4 KiB, and the two kernel mappings that are plain offsets
 *
 * direct map     page_offset + pa           every byte of RAM (memlayout.h draws where)
 * kernel image   KERNEL_LINK_BASE + (pa - kernel_phys_base)
 *
 * Until mmu.c has built the final tables page_offset is 0: the early tables map the lower half of
 * Sv39 one to one. A direct-map pointer must not survive that moment.
 */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#define PAGE_SHIFT		12

/* Top 2 GiB, where medany code reaches everything and `lui` reaches the base. */
#define KERNEL_LINK_BASE	0xffffffff80000000

#ifndef __ASSEMBLY__

#include <lib/types.h>

#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define PAGE_MASK		(~(PAGE_SIZE - 1))

extern unsigned long page_offset;	/* virtual address of physical 0 in the direct map */
extern paddr_t kernel_phys_base;	/* physical address of _text                       */

static inline void *phys_to_virt(paddr_t pa)
{
	return (void *)(pa + page_offset);
}

static inline paddr_t kimg_to_phys(const void *va)
{
	return (unsigned long)va - KERNEL_LINK_BASE + kernel_phys_base;
}

/* virt_to_phys - of a direct-map or kernel-image address; not of vmalloc or fixmap ones */
static inline paddr_t virt_to_phys(const void *va)
{
	if ((unsigned long)va >= KERNEL_LINK_BASE)
		return kimg_to_phys(va);
	return (unsigned long)va - page_offset;
}

/* uaccess.S: one page, 16 doublewords a turn */
void clear_page(void *kva);
void copy_page(void *dst, const void *src);

#endif
#endif
