/* SPDX-License-Identifier: MIT */
/*
 * asm/page.h - pages of the software machine: the direct map is where the arena is mapped
 *
 * RAM is a file in memory (os.c); its byte for physical address pa is mapped at page_offset + pa.
 * There is no kernel image in RAM: the kernel is this program.
 */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#include <lib/types.h>
#include <string.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))

extern unsigned long page_offset;

/* port.c: panics unless @va is a direct-map address */
paddr_t virt_to_phys(const void *va);
/* port.c: always panics */
paddr_t kimg_to_phys(const void *va);

static inline void *phys_to_virt(paddr_t pa)
{
	return (void *)(pa + page_offset);
}

static inline void clear_page(void *kva)
{
	memset(kva, 0, PAGE_SIZE);
}

static inline void copy_page(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}

#endif
