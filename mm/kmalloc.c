/* SPDX-License-Identifier: MIT */
/*
 * mm/kmalloc.c - from a size in bytes to one of 26 general caches, or to whole pages
 *
 * THE QUESTION   kmalloc(100) names no cache. Which one serves it, in a few instructions?
 *
 * THE PICTURE    kmalloc(100)   size_index[(100 - 1) / 8] = class 5  ->  kmalloc-128      up to 192
 *                kmalloc(300)   large_index[(300 - 1) / 256] = 8     ->  kmalloc-512      up to 8 KiB
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

static struct kmem_cache *kmalloc_caches[NR_KMALLOC_TYPES][NR_CLASSES];
static u8 size_index[192 / 8];			/* (size - 1) / 8 -> class, up to 192 bytes       */
static u8 large_index[KMALLOC_MAX_CACHE_SIZE / 256]; /* (size - 1) / 256 -> class, for the others */

static inline unsigned int class_of(size_t size)
{
	return size <= 192 ? size_index[(size - 1) / 8] : large_index[(size - 1) / 256];
}

/* The cache for @size bytes, 1 to KMALLOC_MAX_CACHE_SIZE. */
static inline struct kmem_cache *kmalloc_slab(size_t size, gfp_t gfp)
{
	enum kmalloc_type type = unlikely(gfp & (__GFP_DMA | __GFP_DMA32)) ? KMALLOC_DMA : KMALLOC_NORMAL;

	return kmalloc_caches[type][class_of(size)];
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

void *kmalloc_node(size_t size, gfp_t gfp, int node)
{
	if (size > KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_large(size, gfp);
	if (!size)
		return ZERO_SIZE_PTR;
	return slab_alloc_slow(kmalloc_slab(size, gfp), size, gfp, node, (unsigned long)__builtin_return_address(0));
}

void *kmalloc(size_t size, gfp_t gfp)
{
	struct kmem_cache *c;
	void *obj;

	if (unlikely(size - 1 >= KMALLOC_MAX_CACHE_SIZE))
		return size ? kmalloc_large(size, gfp) : ZERO_SIZE_PTR;
	c = kmalloc_slab(size, gfp);
	obj = slub_pop(c);
	if (unlikely(!obj))
		return slab_alloc_slow(c, size, gfp, NUMA_NO_NODE, (unsigned long)__builtin_return_address(0));
	if (unlikely(gfp & __GFP_ZERO))
		memset(obj, 0, size);
	return obj;
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kzalloc(bytes, gfp);
}

static inline bool is_nothing(const void *p)
{
	return (unsigned long)p <= (unsigned long)ZERO_SIZE_PTR;
}

static void kfree_large(struct page *page, const void *p)
{
	unsigned int order;

	if (!PageKernel(page) || ((unsigned long)p & ~PAGE_MASK))
		panic("kfree of %p, which kmalloc did not return: flags=%lx", p, page->flags);
	order = (unsigned int)page->private;
	ledger_disown(page, order);
	free_pages(page, order);
}

void kfree(const void *p)
{
	struct page *page;

	if (unlikely(is_nothing(p)))
		return;
	page = virt_to_page(p);
	if (unlikely(!PageSlab(page)))
		kfree_large(page, p);
	else if (unlikely(!slub_push(page->slab_cache, (void *)p)))
		slab_ops->free(page->slab_cache, (void *)p, (unsigned long)__builtin_return_address(0));
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
	void *new;

	if (!size) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	if (!is_nothing(p) && size <= ksize(p))
		return p;
	new = kmalloc(size, gfp);
	if (new && !is_nothing(p)) {
		memcpy(new, p, ksize(p));
		kfree(p);
	}
	return new;
}

void *kmemdup(const void *p, size_t n, gfp_t gfp)
{
	void *new = kmalloc(n, gfp);

	if (new && n)
		memcpy(new, p, n);
	return new;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return kmemdup(s, strlen(s) + 1, gfp);
}

/* ---- boot ---- */

static void create_class(enum kmalloc_type type, unsigned int class)
{
	size_t size = kmalloc_sizes[class];
	char name[32];

	snprintf(name, sizeof(name), "%skmalloc-%zu", type == KMALLOC_DMA ? "dma-" : "", size);
	kmalloc_caches[type][class] =
		kmem_cache_create(name, size, is_power_of_2(size) ? min(size, PAGE_SIZE) : 8,
				  SLAB_PANIC | SLAB_KMALLOC | (type == KMALLOC_DMA ? SLAB_CACHE_DMA : 0), NULL);
}

static void fill_index(u8 *index, unsigned int n, unsigned int step)
{
	unsigned int class = 0;

	for (unsigned int i = 0; i < n; i++) {
		while ((i + 1) * step > kmalloc_sizes[class])
			class++;
		index[i] = (u8)class;
	}
}

void kmalloc_init(void)
{
	fill_index(size_index, ARRAY_SIZE(size_index), 8);
	fill_index(large_index, ARRAY_SIZE(large_index), 256);
	for (unsigned int i = 0; i < NR_CLASSES; i++)
		create_class(KMALLOC_NORMAL, i);
	for (unsigned int i = 0; i < NR_CLASSES; i++)
		create_class(KMALLOC_DMA, i);
}
