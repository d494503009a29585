/* SPDX-License-Identifier: MIT */
/* asm/page.h - pages, and from physical addresses to kernel addresses and back */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#define PAGE_SHIFT	12

#ifndef __ASSEMBLY__
#include <asm/memlayout.h>

#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))

/* phys_to_virt - where the direct map shows the byte at @pa. */
static inline void *phys_to_virt(paddr_t pa)
{
	return (void *)(pa + page_offset);
}

/* kimg_to_phys - physical address of something linked into the kernel image. */
static inline paddr_t kimg_to_phys(const void *va)
{
	return (unsigned long)va - KERNEL_LINK_BASE;
}

/* virt_to_phys - of a direct-map address or one in the kernel image. */
static inline paddr_t virt_to_phys(const void *va)
{
	if ((unsigned long)va >= KERNEL_LINK_BASE)
		return kimg_to_phys(va);
	return (unsigned long)va - page_offset;
}

/*
 * clear_page, copy_page - one page, 8 bytes at a time. A REP string instruction of quadwords is one
 * instruction per 8 bytes, the least that general registers allow; see uaccess.S.
 */
static inline void clear_page(void *page)
{
	unsigned long n = PAGE_SIZE / 8;

	asm volatile("rep stosq" : "+D" (page), "+c" (n) : "a" (0UL) : "memory");
}

static inline void copy_page(void *dst, const void *src)
{
	unsigned long n = PAGE_SIZE / 8;

	asm volatile("rep movsq" : "+D" (dst), "+S" (src), "+c" (n) : : "memory");
}

#endif /* !__ASSEMBLY__ */
#endif
