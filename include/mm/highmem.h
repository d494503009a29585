/* SPDX-License-Identifier: MIT */
/*
 * highmem.h - addresses for pages that the direct map may not reach (mm/highmem.c)
 *
 * Whoever touches the bytes of a user page or of a cached page goes through here. Without high memory
 * each call is page_address() behind one test of a bool.
 *
 *   kmap_local_page   this CPU's own slot: cheap, nests, and the caller may not sleep until kunmap_local()
 *   kmap              a slot for everybody: may wait for one, and may be held while sleeping
 */
#ifndef MM_HIGHMEM_H
#define MM_HIGHMEM_H

#include <kernel/lockdep.h>
#include <lib/string.h>
#include <mm/page.h>

extern bool highmem_present;	/* (i) after boot */
extern paddr_t lowmem_end;	/* (i) RAM from here on is high memory */

/*
 * highmem_setup - where the direct map ends, once memblock knows all RAM: at @reach (one past what the window
 * holds), or lower if boot parameter highmem= asks for it and enough is left. @image_end: end of the kernel image.
 *   returns: lowmem_end. The port maps and allocates below it only.
 */
paddr_t highmem_setup(paddr_t reach, paddr_t image_end);
/* lowmem_report - on the console: what became of highmem=, and how much is high */
void lowmem_report(void);
/* highmem_mark - what page_address(), PageHighMem() and the test of highmem_present look at; page_init(), first. */
void highmem_mark(void);
/* highmem_init - tables for the slots, a line on the console; after slab_init(). */
void highmem_init(void);

/* totalhigh_pages - that the allocator has; nr_free_highpages - in its buddy lists */
unsigned long totalhigh_pages(void);
unsigned long nr_free_highpages(void);

/* kmap_local_pfn - @pfn at this CPU's next free slot, whatever zone it is in. irqs: any; at most KM_MAX_IDX deep. */
void *kmap_local_pfn(pfn_t pfn, pgprot_t prot);
void *kmap_local_slow(struct page *page);
void kunmap_local_slow(const void *va);

/*
 * kmap_local_page - an address for @page until kunmap_local(), on this CPU only: the caller does not sleep, fault
 * or return to user mode before. Unmap in the opposite order. any context.
 */
static inline void *kmap_local_page(struct page *page)
{
	void *va = unlikely(highmem_present) ? kmap_local_slow(page) : page_address(page);

	lockdep_acquire((void *)((unsigned long)va & PAGE_MASK), RANK_KMAP_LOCAL, false, true, 0);
	return va;
}

/* kunmap_local - @va: any address in the mapped page. */
static inline void kunmap_local(const void *va)
{
	lockdep_release((void *)((unsigned long)va & PAGE_MASK), false);
	if (unlikely(highmem_present))
		kunmap_local_slow(va);
}

/*
 * kmap, kunmap - an address for @page that is good on every CPU, and across sleep; users of one page share a slot.
 *   sleeps: yes, for a slot. So at most one at a time per thread, and none is taken under mmap_lock: who holds
 *   a slot may need that lock to go on.
 */
void *kmap_high(struct page *page);
void kunmap_high(struct page *page);

static inline void *kmap(struct page *page)
{
	might_sleep();
	return PageHighMem(page) ? kmap_high(page) : page_address(page);
}

static inline void kunmap(struct page *page)
{
	if (PageHighMem(page))
		kunmap_high(page);
}

/* kmap_to_page - the page behind an address of the direct map, kmap() or kmap_local_page() */
struct page *kmap_to_page(const void *va);
/* memremap - RAM [pa, pa+size) in one piece: its direct-map address, or one of its own; NULL: no memory. sleeps: yes */
void *memremap(paddr_t pa, size_t size);
void memunmap(void *va);
/* pkmap_set_limit - tests: only the first @n slots of kmap() are used; returns what it was. All must be free. */
unsigned int pkmap_set_limit(unsigned int n);

/* ---- whole pages and parts, without sleeping ---- */

void clear_highpage_slow(struct page *page);
void copy_highpage_slow(struct page *to, struct page *from);

static inline void clear_highpage(struct page *page)
{
	if (likely(!highmem_present))
		clear_page(page_address(page));
	else
		clear_highpage_slow(page);
}

static inline void copy_highpage(struct page *to, struct page *from)
{
	if (likely(!highmem_present))
		copy_page(page_address(to), page_address(from));
	else
		copy_highpage_slow(to, from);
}

static inline void memset_page(struct page *page, size_t offset, int byte, size_t n)
{
	char *va = kmap_local_page(page);

	memset(va + offset, byte, n);
	kunmap_local(va);
}

/* @buf is kernel memory: a fault could sleep. */
static inline void memcpy_to_page(struct page *page, size_t offset, const void *buf, size_t n)
{
	char *va = kmap_local_page(page);

	memcpy(va + offset, buf, n);
	kunmap_local(va);
}

static inline void memcpy_from_page(void *buf, struct page *page, size_t offset, size_t n)
{
	const char *va = kmap_local_page(page);

	memcpy(buf, va + offset, n);
	kunmap_local(va);
}

#endif
