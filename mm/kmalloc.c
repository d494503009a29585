/* SPDX-License-Identifier: MIT */
/*
 * mm/kmalloc.c - from a size in bytes to one of 26 general caches, or to whole pages
 *
 * THE QUESTION   kmalloc(100) names no cache. Which one serves it, in a few instructions?
 *
 * THE PICTURE    kmalloc(100)   size_index.small[(100 - 1) / 8]   ->  kmalloc-128      up to 192
 *                kmalloc(300)   size_index.large[(300 - 1) / 256] ->  kmalloc-512      up to 8 KiB
 *                kmalloc(9000)  whole pages, order in page->private
 *                GFP_DMA        the same classes again: dma-kmalloc-N, in memory that old devices reach
 *
 *                8 16 32 64 96 128 192 256 512 1k 2k 4k 8k       96 and 192 cut the worst waste to 1/3
 *
 * ALWAYS TRUE    N1  an address from kmalloc() lies in a page with PG_slab (its cache says the size), or is
 *                    the start of a block with PG_kernel (page->private says the order).
 *                N2  an object of a power-of-two size is aligned to it, up to a page; others to 8 bytes.
 *
 * LOCKS          none here.
 * READ NEXT      slab_common.c (caches), slub.c.
 */
#include <kernel/assert.h>
#include <lib/align.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/ledger.h>
#include <mm/page_alloc.h>
#include "slab_internal.h"

#define MAX_KMALLOC	(PAGE_SIZE << MAX_ORDER)

enum kmalloc_type { KMALLOC_NORMAL, KMALLOC_DMA, NR_KMALLOC_TYPES };

static const unsigned int kmalloc_sizes[] = { 8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192 };
#define NR_CLASSES	ARRAY_SIZE(kmalloc_sizes)

/* Straight from a size to the cache of its class. One for each type of memory. */
struct size_index {
	struct kmem_cache *small[192 / 8];	/* (size - 1) / 8: up to 192 bytes   */
	struct kmem_cache *large[KMALLOC_MAX_CACHE_SIZE / 256]; /* (size - 1) / 256: all others */
};
static struct size_index size_index[NR_KMALLOC_TYPES] __ro_after_init;

/* page_of(p): the struct page of a direct-map address, without asking whether it is one. */
static unsigned long page_bias __ro_after_init;

static inline struct page *page_of(const void *p)
{
	return (struct page *)(page_bias + ((unsigned long)p >> PAGE_SHIFT) * sizeof(struct page));
}

/* The cache for @size bytes, 1 to KMALLOC_MAX_CACHE_SIZE. */
static struct kmem_cache *kmalloc_slab(size_t size, gfp_t gfp)
{
	struct size_index *s = &size_index[gfp & (__GFP_DMA | __GFP_DMA32) ? KMALLOC_DMA : KMALLOC_NORMAL];

	return size <= 192 ? s->small[(size - 1) / 8] : s->large[(size - 1) / 256];
}

static void *kmalloc_large(size_t size, gfp_t gfp)
{
	unsigned int order = 0;
	struct page *p;

	if (size > MAX_KMALLOC)
		return NULL;
	while ((PAGE_SIZE << order) < size)
		order++;
	p = alloc_pages(gfp & ~__GFP_HIGHMEM, order);
	if (!p)
		return NULL;
	ledger_own(p, LEDGER_KMALLOC, order);
	return page_address(p);
}

/* Everything but the common case: odd flags, no size or a large one, this CPU's list empty. */
static noinline void *kmalloc_slow(size_t size, gfp_t gfp, int node, unsigned long site)
{
	if (size > KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_large(size, gfp);
	if (!size)
		return ZERO_SIZE_PTR;
	return slab_alloc_slow(kmalloc_slab(size, gfp), size, gfp, node, site);
}

static __always_inline void *kmalloc_from(size_t size, gfp_t gfp, unsigned long site)
{
	struct kmem_cache *c;
	void *obj;

	if (likely(size - 1 < 192))
		c = size_index[KMALLOC_NORMAL].small[(size - 1) / 8];
	else if (likely(size - 1 < KMALLOC_MAX_CACHE_SIZE))
		c = size_index[KMALLOC_NORMAL].large[(size - 1) / 256];
	else
		return kmalloc_slow(size, gfp, NO_NODE, site);
	if (unlikely(gfp & (__GFP_DMA | __GFP_DMA32)) || unlikely(!(obj = slub_pop(c))))
		return kmalloc_slow(size, gfp, NO_NODE, site);
	if (gfp & __GFP_ZERO)
		memset(obj, 0, size);
	return obj;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	return kmalloc_from(size, gfp, (unsigned long)__builtin_return_address(0));
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc_from(size, gfp | __GFP_ZERO, (unsigned long)__builtin_return_address(0));
}

void *kmalloc_node(size_t size, gfp_t gfp, int node)
{
	return kmalloc_slow(size, gfp, node, (unsigned long)__builtin_return_address(0));
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc_from(bytes, gfp | __GFP_ZERO, (unsigned long)__builtin_return_address(0));
}

static inline bool is_nothing(const void *p)
{
	return (unsigned long)p <= (unsigned long)ZERO_SIZE_PTR;
}

static void kfree_large(struct page *page, const void *p, unsigned long site)
{
	unsigned int order;

	if (!PageKernel(page) || page->index != LEDGER_KMALLOC || ((unsigned long)p & ~PAGE_MASK)) {
		slab_report(NULL, (void *)p, site, page_count(page) ? "freed, but kmalloc did not return it" :
			    "freed twice, or kmalloc did not return it");
		return;
	}
	order = (unsigned int)page->private;
	ledger_disown(page, order);
	free_pages(page, order);
}

static noinline void kfree_slow(struct page *page, const void *p, unsigned long site)
{
	if (PageSlab(page))
		slab_free_slow(page->slab_cache, (void *)p, site);
	else
		kfree_large(page, p, site);
}

void kfree(const void *p)
{
	struct page *page;

	if (unlikely(is_nothing(p)))
		return;
	if (CONFIG_DEBUG && !pfn_valid(virt_to_phys(p) >> PAGE_SHIFT)) {
		slab_report(NULL, (void *)p, (unsigned long)__builtin_return_address(0), "freed, but it is no memory");
		return;
	}
	page = page_of(p);
	if (unlikely(!PageSlab(page)) || unlikely(!slub_push(page->slab_cache, (void *)p)))
		kfree_slow(page, p, (unsigned long)__builtin_return_address(0));
}

size_t ksize(const void *p)
{
	struct page *page;

	if (is_nothing(p))
		return 0;
	page = virt_to_page(p);
	if (!PageSlab(page))
		return PAGE_SIZE << page->private;
	return slab_ops->ksize ? slab_ops->ksize(page->slab_cache, p) : page->slab_cache->object_size;
}

void *krealloc(void *p, size_t size, gfp_t gfp)
{
	size_t old = ksize(p);
	void *new;

	if (!size) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	if (!is_nothing(p) && size <= old)
		return p;
	new = kmalloc_from(size, gfp, (unsigned long)__builtin_return_address(0));
	if (new && !is_nothing(p)) {
		memcpy(new, p, old);
		kfree(p);
	}
	return new;
}

void *kmemdup(const void *p, size_t n, gfp_t gfp)
{
	void *new = kmalloc_from(n, gfp, (unsigned long)__builtin_return_address(0));

	if (new && n)
		memcpy(new, p, n);
	return new;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	size_t n = strlen(s) + 1;
	char *new = kmalloc_from(n, gfp, (unsigned long)__builtin_return_address(0));

	if (new)
		memcpy(new, s, n);
	return new;
}

/* ---- boot ---- */

static struct kmem_cache *create_class(enum kmalloc_type type, unsigned int class)
{
	size_t size = kmalloc_sizes[class];
	char name[32];

	snprintf(name, sizeof(name), "%skmalloc-%zu", type == KMALLOC_DMA ? "dma-" : "", size);
	return kmem_cache_create(name, size, is_power_of_2(size) ? min(size, PAGE_SIZE) : 8,
				 SLAB_PANIC | SLAB_KMALLOC | (type == KMALLOC_DMA ? SLAB_CACHE_DMA : 0), NULL);
}

static void fill_index(struct size_index *s, unsigned int class, struct kmem_cache *c)
{
	unsigned int from = class ? kmalloc_sizes[class - 1] : 0;

	for (unsigned int size = from + 1; size <= kmalloc_sizes[class]; size++)
		*(size <= 192 ? &s->small[(size - 1) / 8] : &s->large[(size - 1) / 256]) = c;
}

void kmalloc_init(void)
{
	page_bias = (unsigned long)vmemmap - (page_offset >> PAGE_SHIFT) * sizeof(struct page);
	for (unsigned int type = 0; type < NR_KMALLOC_TYPES; type++)
		for (unsigned int class = 0; class < NR_CLASSES; class++)
			fill_index(&size_index[type], class, create_class((enum kmalloc_type)type, class));
}
