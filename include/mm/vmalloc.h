/* SPDX-License-Identifier: MIT */
/* vmalloc.h - contiguous kernel addresses from scattered pages, with guard pages (mm/vmalloc.c) */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include <mm/types.h>

/*
 * vmalloc - page-aligned, NULL: no memory or address space. sleeps: yes. vfree(NULL) is fine; vfree may not be
 * called from interrupts.
 */
void *vmalloc(size_t size);
void *vzalloc(size_t size);
/* vmalloc_align - as vmalloc with @align (power of two, multiple of PAGE_SIZE). */
void *vmalloc_align(size_t size, size_t align, gfp_t gfp);
void vfree(const void *p);
/* ioremap - device memory [pa, pa+size) uncached; NULL on failure. iounmap undoes it. */
void *ioremap(paddr_t pa, size_t size);
void iounmap(void *va);
/* is_vmalloc_addr; vmalloc_to_page - the page behind a vmalloc address, NULL if none */
bool is_vmalloc_addr(const void *p);
struct page *vmalloc_to_page(const void *p);
void vmalloc_init(void);
unsigned long vmalloc_used(void);	/* bytes */

#endif
