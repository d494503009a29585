/* SPDX-License-Identifier: MIT */
/*
 * mm/slab_common.c - named caches, and kmalloc's table of sizes
 *
 * THE PICTURE    kmalloc(100)  ->  smallest class that fits: 128  ->  kmem_cache_alloc
 *                kmalloc(9000) ->  whole pages, order in page->private
 *
 *                8 16 32 64 96 128 192 256 512 1k 2k 4k 8k       96 and 192 cut the worst waste to 1/3
 *
 * ALWAYS TRUE    N1  an address from kmalloc() lies in a page with PG_slab (its cache says the size), or is
 *                    the start of a block with PG_kernel (page->private says the order).
 *                N2  the first cache comes from a static struct: the cache of caches.
 *
 * LOCKS          slab_mutex (RANK_MODULE) for the list of caches.
 * CIRCLE         slab -> page_alloc -> shrinker -> slab, once shrinkers exist: they run without slab locks.
 * READ NEXT      slub.c.
 */
#include <kernel/assert.h>
#include <kernel/mutex.h>
#include <lib/align.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/vmstat.h>
#include <uapi/errno.h>
#include "slab_internal.h"

#define MAX_OBJECT_SIZE	(PAGE_SIZE << 3)
#define MAX_KMALLOC	(PAGE_SIZE << MAX_ORDER)

static struct kmem_cache cache_of_caches;
static struct list_head caches = { &caches, &caches };
static DEFINE_MUTEX(slab_mutex, RANK_MODULE);

static const unsigned int kmalloc_sizes[] = { 8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192 };
static struct kmem_cache *kmalloc_caches[ARRAY_SIZE(kmalloc_sizes)];
static u8 size_index[24];	/* (size - 1) / 8 -> class, for sizes up to 192 */

/* ---- caches ---- */

static void cache_setup(struct kmem_cache *c, const char *name, size_t size, size_t align,
			unsigned int flags, void (*ctor)(void *))
{
	memset(c, 0, sizeof(*c));
	strscpy(c->name, name, sizeof(c->name));
	if (flags & SLAB_HWCACHE_ALIGN)
		align = max(align, (size_t)64);
	align = max(align, sizeof(void *));
	c->align = (unsigned int)align;
	c->object_size = (unsigned int)max(size, sizeof(void *));
	c->size = ALIGN_UP(c->object_size, c->align);
	if (ctor) {	/* the link must not overwrite what the constructor made */
		c->offset = ALIGN_UP(c->object_size, (unsigned int)sizeof(void *));
		c->size = ALIGN_UP(c->offset + (unsigned int)sizeof(void *), c->align);
	}
	c->flags = flags;
	c->ctor = ctor;
	slub_cache_init(c);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align, unsigned int flags,
				     void (*ctor)(void *))
{
	struct kmem_cache *c = NULL;

	if (size && size <= MAX_OBJECT_SIZE && (!align || is_power_of_2(align)) && align <= PAGE_SIZE)
		c = kmem_cache_alloc(&cache_of_caches, GFP_KERNEL);
	if (!c) {
		if (flags & SLAB_PANIC)
			panic("cannot create slab cache %s of %zu bytes", name, size);
		return NULL;
	}
	cache_setup(c, name, size, align, flags, ctor);
	mutex_lock(&slab_mutex);
	list_add_tail(&c->link, &caches);
	mutex_unlock(&slab_mutex);
	return c;
}

int kmem_cache_destroy(struct kmem_cache *c)
{
	slub_shrink(c);
	if (slub_count(c) || c->nr_slabs)
		return -EBUSY;
	mutex_lock(&slab_mutex);
	list_del(&c->link);
	mutex_unlock(&slab_mutex);
	kmem_cache_free(&cache_of_caches, c);
	return 0;
}

unsigned long kmem_cache_shrink(struct kmem_cache *c)
{
	return slub_shrink(c);
}

unsigned long kmem_cache_shrink_all(void)
{
	unsigned long pages = 0;
	struct kmem_cache *c;

	mutex_lock(&slab_mutex);
	list_for_each_entry(c, &caches, link)
		pages += slub_shrink(c);
	mutex_unlock(&slab_mutex);
	return pages;
}

unsigned long kmem_cache_inuse(struct kmem_cache *c)
{
	return slub_count(c);
}

/* ---- kmalloc ---- */

static unsigned int class_of(size_t size)
{
	if (size <= 192)
		return size_index[(size - 1) / 8];
	return (unsigned int)(7 + (64 - __builtin_clzl(size - 1)) - 8);	/* 256 is class 7 */
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
	__SetPageKernel(p);
	p->private = order;
	return page_address(p);
}

void *kmalloc(size_t size, gfp_t gfp)
{
	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE))
		return kmalloc_large(size, gfp);
	if (unlikely(!size))
		return ZERO_SIZE_PTR;
	return kmem_cache_alloc(kmalloc_caches[class_of(size)], gfp);
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

static bool is_nothing(const void *p)
{
	return !p || p == ZERO_SIZE_PTR;
}

void kfree(const void *p)
{
	struct page *page;

	if (is_nothing(p))
		return;
	page = virt_to_page(p);
	if (PageSlab(page)) {
		kmem_cache_free(page->slab_cache, (void *)p);
		return;
	}
	if (!PageKernel(page) || ((unsigned long)p & ~PAGE_MASK))
		panic("kfree of %p, which kmalloc did not return: flags=%lx", p, page->flags);
	free_pages(page, (unsigned int)page->private);
}

size_t ksize(const void *p)
{
	struct page *page;

	if (is_nothing(p))
		return 0;
	page = virt_to_page(p);
	return PageSlab(page) ? page->slab_cache->object_size : PAGE_SIZE << page->private;
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

/* ---- boot and reports ---- */

void slab_init(void)
{
	char name[32];
	unsigned int class = 0;

	cache_setup(&cache_of_caches, "kmem_cache", sizeof(struct kmem_cache), 64, 0, NULL);
	list_add_tail(&cache_of_caches.link, &caches);
	for (unsigned int i = 0; i < ARRAY_SIZE(kmalloc_sizes); i++) {
		size_t size = kmalloc_sizes[i];

		snprintf(name, sizeof(name), "kmalloc-%zu", size);
		kmalloc_caches[i] = kmem_cache_create(name, size, is_power_of_2(size) ? min(size, PAGE_SIZE) : 8,
						      SLAB_PANIC, NULL);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(size_index); i++) {
		if ((i + 1) * 8 > kmalloc_sizes[class])
			class++;
		size_index[i] = (u8)class;
	}
}

void slab_info(void (*fn)(const char *line, void *arg), void *arg)
{
	struct kmem_cache *c;
	char line[192];

	fn("slabinfo - version: 2.1\n", arg);
	fn("# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> "
	   "<batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n", arg);
	mutex_lock(&slab_mutex);
	list_for_each_entry(c, &caches, link) {
		unsigned long slabs = READ_ONCE(c->nr_slabs);

		snprintf(line, sizeof(line),
			 "%-17s %6lu %6lu %6u %4u %4u : tunables %4u %4u %4u : slabdata %6lu %6lu %6u\n",
			 c->name, slub_count(c), slabs * c->objects, c->size, c->objects, 1u << c->order, 0u,
			 0u, 0u, slabs, slabs, 0u);
		fn(line, arg);
	}
	mutex_unlock(&slab_mutex);
}

unsigned long slab_pages(void)
{
	return (unsigned long)vm_state_sum(nr_slab_pages);
}

void slab_check(void)
{
	struct kmem_cache *c;

	mutex_lock(&slab_mutex);
	list_for_each_entry(c, &caches, link)
		slub_check(c);
	mutex_unlock(&slab_mutex);
}
