/* SPDX-License-Identifier: MIT */
/*
 * mm/slob.c - SLOB: one heap for all small objects, as in the C library of old
 *
 * THE QUESTION   How little memory can an object allocator spend on itself? No caches, no slabs of one
 *                size: objects of all sizes share pages, side by side.
 *
 * THE PICTURE    one page, in units of 8 bytes; freelist -> the free blocks, in address order
 *
 *                [ 24 used | free: units=5, next --> | 96 used | 40 used | free: units=301, next = end ]
 *
 *                kmalloc   [ size | ... object ... ]          the size in front, for kfree and ksize
 *                kmem_cache_alloc  [ ... object ... ]         the cache knows its size: nothing in front
 *                                                             (debug builds: the cache)
 *
 *                slob=first   one list of pages; the first block that fits
 *                slob=size    three lists: requests below 256 bytes, below 1024, below a page; first fit in each,
 *                             so that small objects do not fill the holes of large ones (the default)
 *                slob=best    the three lists; of all their blocks the smallest that fits
 *
 * ALWAYS TRUE    O1  page->inuse units are used; the free blocks hold the other SLOB_UNITS - page->inuse.
 *                O2  two free blocks never touch: neighbours are merged when one is freed.
 *                O3  a page is on a list iff a unit of it is free; a page without a used unit goes back
 *                    to the page allocator at once.
 *                O4  debug builds: a free block is filled with POISON behind its header.
 *
 * LOCKS          slob_lock (RANK_SLAB) for all of it: the price of having one heap.
 * LEFT OUT       Linux's next fit (its list head moves on to the page that served last).
 * READ NEXT      slab_common.c; slab.c and slub.c spend memory to be faster.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <lib/align.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include "slab_internal.h"

#define SLOB_UNIT	8U				/* as much as the header of a free block */
#define SLOB_UNITS	((unsigned int)PAGE_SIZE / SLOB_UNIT)
#define SLOB_HEAD	SLOB_UNIT			/* what a block keeps in front of its object */
#define SLOB_SMALL	(256 / SLOB_UNIT)
#define SLOB_MEDIUM	(1024 / SLOB_UNIT)
#define SLOB_MAGIC	0x510bf00dU			/* behind the size, while the block is in use */
#define POISON		0x6b

enum slob_fit_kind { SLOB_FIRST, SLOB_SIZE, SLOB_BEST };
enum slob_list { LIST_SMALL, LIST_MEDIUM, LIST_LARGE, NR_SLOB_LISTS };

/* header of a free block; positions are units from the start of the page, SLOB_UNITS is the end of the list */
struct slob_block { u16 units, next; u32 unused; };
/* header of a used block from kmalloc */
struct slob_head { u32 size, magic; };

/* What is asked for: @offset bytes into the block must be aligned to @align. */
struct slob_request { unsigned int units, align, offset; int node; };
/* Where it fits: @delta units into @block of @page. */
struct slob_fit { struct page *page; struct slob_block *prev, *block; unsigned int delta; };

static DEFINE_SPINLOCK(slob_lock, RANK_SLAB);
static struct list_head slob_lists[NR_SLOB_LISTS] = {	/* slob_lock; pages with a free unit */
	LIST_HEAD_INIT(slob_lists[LIST_SMALL]), LIST_HEAD_INIT(slob_lists[LIST_MEDIUM]),
	LIST_HEAD_INIT(slob_lists[LIST_LARGE]),
};
static enum slob_fit_kind slob_kind __ro_after_init = SLOB_SIZE;
/* Whom the shared pages belong to: its line in /proc/slabinfo counts units. */
static struct kmem_cache heap = { .name = "slob_heap", .size = SLOB_UNIT, .objects = SLOB_UNITS };

/* ---- blocks ---- */

static struct slob_block *block_at(const struct page *page, unsigned int unit)
{
	return unit < SLOB_UNITS ? (struct slob_block *)((char *)page_address(page) + unit * SLOB_UNIT) : NULL;
}

static unsigned int unit_of(const void *p)
{
	return (unsigned int)(((unsigned long)p & ~PAGE_MASK) / SLOB_UNIT);
}

static struct slob_block *next_block(const struct page *page, const struct slob_block *b)
{
	return block_at(page, b->next);
}

/* Make @b follow @prev (NULL: be the first). */
static void set_link(struct page *page, struct slob_block *prev, struct slob_block *b)
{
	if (prev)
		prev->next = (u16)(b ? unit_of(b) : SLOB_UNITS);
	else
		page->freelist = b;
}

static void poison(void *p, unsigned int units)
{
	if (CONFIG_DEBUG)
		memset(p, POISON, units * SLOB_UNIT);
}

/* O4: @units from @p on, which lie inside a free block. */
static void check_poison(const void *p, unsigned int units)
{
	const u8 *b = p;

	if (!CONFIG_DEBUG)
		return;
	for (unsigned int i = 0; i < units * SLOB_UNIT; i++)
		if (b[i] != POISON)
			panic("slob: memory written after free: %p is %#x", b + i, b[i]);
}

/* ---- pages ---- */

static enum slob_list list_for(unsigned int units)
{
	if (slob_kind == SLOB_FIRST || units < SLOB_SMALL)
		return LIST_SMALL;
	return units < SLOB_MEDIUM ? LIST_MEDIUM : LIST_LARGE;
}

/* A page that is one free block. */
static void slob_page_init(struct page *page)
{
	struct slob_block *b = page_address(page);

	poison(b, SLOB_UNITS);
	*b = (struct slob_block){ .units = (u16)SLOB_UNITS, .next = (u16)SLOB_UNITS };
	page->freelist = b;
	page->inuse = 0;
	page->objects = (u16)SLOB_UNITS;
}

/* ---- where does it fit? slob_lock held ---- */

/* Units to skip at the start of @b so that the object is aligned. */
static unsigned int delta_of(const struct slob_block *b, const struct slob_request *rq)
{
	unsigned long object = (unsigned long)b + rq->offset;

	return (unsigned int)((ALIGN_UP(object, rq->align) - object) / SLOB_UNIT);
}

/* The first (or smallest) block of @page for @rq that is better than *@fit; true: look no further. */
static bool search_page(struct page *page, const struct slob_request *rq, struct slob_fit *fit)
{
	struct slob_block *prev = NULL;

	for (struct slob_block *b = page->freelist; b; prev = b, b = next_block(page, b)) {
		unsigned int delta = delta_of(b, rq);

		if (b->units < rq->units + delta || (fit->block && b->units >= fit->block->units))
			continue;
		*fit = (struct slob_fit){ page, prev, b, delta };
		if (slob_kind != SLOB_BEST || b->units == rq->units)
			return true;
	}
	return false;
}

static bool search_list(const struct slob_request *rq, struct slob_fit *fit)
{
	struct page *page;

	list_for_each_entry(page, &slob_lists[list_for(rq->units)], lru) {
		if (SLOB_UNITS - page->inuse < rq->units ||
		    (rq->node != NUMA_NO_NODE && (int)slab_nid(page) != rq->node))
			continue;
		if (search_page(page, rq, fit))
			break;
	}
	return fit->block != NULL;
}

/* Cut @units out of the block: what lies before and behind them stays free. */
static void *carve(const struct slob_fit *fit, unsigned int units)
{
	struct page *page = fit->page;
	struct slob_block *prev = fit->prev, *b = fit->block, *next = next_block(page, b);
	unsigned int left = b->units - units - fit->delta;
	struct slob_block *used = b + fit->delta;

	check_poison(used + !fit->delta, units - !fit->delta);
	if (fit->delta) {
		b->units = (u16)fit->delta;
		prev = b;
	}
	if (left) {
		struct slob_block *rest = used + units;

		*rest = (struct slob_block){ .units = (u16)left };
		set_link(page, rest, next);
		next = rest;
	}
	set_link(page, prev, next);
	page->inuse = (u16)(page->inuse + units);
	heap.node->free_objects -= units;
	if (page->inuse == SLOB_UNITS)
		list_del(&page->lru);
	return used;
}

static void *slob_alloc_block(const struct slob_request *rq, gfp_t gfp)
{
	struct slob_fit fit = { .page = NULL };
	unsigned long flags;
	void *p = NULL;

	spin_lock_irqsave(&slob_lock, flags);
	if (search_list(rq, &fit))
		p = carve(&fit, rq->units);
	spin_unlock_irqrestore(&slob_lock, flags);
	if (p)
		return p;
	fit.page = slab_alloc_pages(&heap, gfp, rq->node);
	if (!fit.page)
		return NULL;
	slob_page_init(fit.page);
	spin_lock_irqsave(&slob_lock, flags);
	heap.node->nr_slabs++;
	heap.node->free_objects += SLOB_UNITS;
	list_add(&fit.page->lru, &slob_lists[list_for(rq->units)]);
	fit.block = fit.page->freelist;
	fit.delta = delta_of(fit.block, rq);
	p = carve(&fit, rq->units);
	spin_unlock_irqrestore(&slob_lock, flags);
	return p;
}

/* ---- giving back. slob_lock held ---- */

/* The last free block before @p; NULL: none. */
static struct slob_block *block_before(struct page *page, const void *p)
{
	struct slob_block *prev = NULL;

	for (struct slob_block *b = page->freelist; b && (void *)b < p; b = next_block(page, b))
		prev = b;
	return prev;
}

/* O2: let @b swallow @next if they touch. */
static void merge(struct page *page, struct slob_block *b, struct slob_block *next)
{
	if (!b || !next || b + b->units != next)
		return;
	b->units = (u16)(b->units + next->units);
	b->next = next->next;
	poison(next, 1);
}

static void insert(struct page *page, struct slob_block *b, unsigned int units, const char *name)
{
	struct slob_block *prev = block_before(page, b);
	struct slob_block *next = prev ? next_block(page, prev) : page->freelist;

	if ((prev && prev + prev->units > b) || (next && b + units > next))
		panic("double free of %p to slab %s", (char *)b, name);
	poison(b, units);
	*b = (struct slob_block){ .units = (u16)units };
	set_link(page, b, next);
	set_link(page, prev, b);
	merge(page, b, next);
	merge(page, prev, b);
}

static void slob_free_block(void *p, unsigned int units, const char *name)
{
	struct page *page = virt_to_page(p);
	unsigned long flags;
	bool empty;

	spin_lock_irqsave(&slob_lock, flags);
	insert(page, p, units, name);
	if (page->inuse == SLOB_UNITS)
		list_add(&page->lru, &slob_lists[list_for(units)]);
	page->inuse = (u16)(page->inuse - units);
	heap.node->free_objects += units;
	empty = page->inuse == 0;
	if (empty) {
		list_del(&page->lru);
		heap.node->nr_slabs--;
		heap.node->free_objects -= SLOB_UNITS;
	}
	spin_unlock_irqrestore(&slob_lock, flags);
	if (empty)
		slab_free_pages(&heap, page);
}

/* ---- objects ---- */

/* Bytes in front of an object of @c. */
static unsigned int head_size(const struct kmem_cache *c)
{
	return (c->flags & SLAB_KMALLOC) || CONFIG_DEBUG > 0 ? SLOB_HEAD : 0;
}

static void set_head(const struct kmem_cache *c, void *obj, size_t size)
{
	if (c->flags & SLAB_KMALLOC)
		((struct slob_head *)obj)[-1] = (struct slob_head){ (u32)size, SLOB_MAGIC };
	else if (CONFIG_DEBUG)
		((const struct kmem_cache **)obj)[-1] = c;
}

/* kmalloc's promise: powers of two are naturally aligned. */
static unsigned int align_for(const struct kmem_cache *c, size_t size)
{
	if (!(c->flags & SLAB_KMALLOC))
		return c->align;
	return is_power_of_2(size) ? (unsigned int)max(min(size, PAGE_SIZE), (size_t)SLOB_UNIT) : SLOB_UNIT;
}

/* Does the object fit into a shared page, at an address that its alignment allows? Those may lie anywhere. */
static bool fits_into_page(const struct kmem_cache *c, size_t size)
{
	return !c->gfp && ALIGN_UP(head_size(c), align_for(c, size)) + size <= PAGE_SIZE;
}

static void *alloc_small(struct kmem_cache *c, size_t size, gfp_t gfp, int node)
{
	struct slob_request rq = { .align = align_for(c, size), .offset = head_size(c), .node = node };
	char *block;

	rq.units = (unsigned int)DIV_ROUND_UP(size + rq.offset, SLOB_UNIT);
	block = slob_alloc_block(&rq, gfp);
	if (!block)
		return NULL;
	set_head(c, block + rq.offset, size);
	return block + rq.offset;
}

static void *alloc_whole_pages(struct kmem_cache *c, gfp_t gfp, int node)
{
	struct page *page = slab_alloc_pages(c, gfp, node);

	return page ? page_address(page) : NULL;
}

static void *slob_alloc(struct kmem_cache *c, size_t size, gfp_t gfp, int node, unsigned long site)
{
	bool small = fits_into_page(c, size);
	void *obj = small ? alloc_small(c, size, gfp, node) : alloc_whole_pages(c, gfp, node);

	if (!obj)
		return NULL;
	if (c->ctor)
		c->ctor(obj);	/* each time: between two owners the bytes belong to the heap */
	if (!small || !(c->flags & SLAB_KMALLOC))
		__atomic_fetch_add(&c->nr_objects, 1, __ATOMIC_RELAXED);
	return obj;
}

/* The size in front of a block from kmalloc, if it is one. */
static size_t kmalloc_size(const void *obj)
{
	const struct slob_head *h = (const struct slob_head *)obj - 1;

	if ((unsigned long)obj % SLOB_UNIT || !((unsigned long)obj & ~PAGE_MASK) || h->magic != SLOB_MAGIC)
		panic("kfree of %p, which kmalloc did not return: not the start of an object, or a double free", obj);
	return h->size;
}

static void free_kmalloc(void *obj)
{
	size_t size = kmalloc_size(obj);

	slob_free_block((char *)obj - SLOB_HEAD, (unsigned int)DIV_ROUND_UP(size + SLOB_HEAD, SLOB_UNIT), "kmalloc");
}

static bool is_free(struct page *page, const void *p)
{
	struct slob_block *b;
	unsigned long flags;

	spin_lock_irqsave(&slob_lock, flags);
	b = block_before(page, (const char *)p + 1);
	spin_unlock_irqrestore(&slob_lock, flags);
	return b && (const void *)(b + b->units) > p;
}

/* Only debug builds know the cache of an object (set_head). */
static void check_owner(const struct kmem_cache *c, struct page *page, const void *obj)
{
	if ((unsigned long)obj & (c->align - 1))
		panic("free of %p to slab %s: not the start of an object", obj, c->name);
	if (!CONFIG_DEBUG)
		return;
	if (is_free(page, obj))
		panic("double free of %p to slab %s", obj, c->name);
	if (!((unsigned long)obj & ~PAGE_MASK) || ((const struct kmem_cache *const *)obj)[-1] != c)
		panic("free of %p to slab %s: it is not from there, or not the start of an object", obj, c->name);
}

static void free_object(struct kmem_cache *c, struct page *page, void *obj)
{
	unsigned int head = head_size(c);

	check_owner(c, page, obj);
	__atomic_fetch_sub(&c->nr_objects, 1, __ATOMIC_RELAXED);
	slob_free_block((char *)obj - head, (unsigned int)DIV_ROUND_UP(c->object_size + head, SLOB_UNIT), c->name);
}

static void free_whole_pages(struct kmem_cache *c, struct page *page, void *obj)
{
	if (page->slab_cache != c)
		panic("free of %p to slab %s: it is not from there, but from %s", obj, c->name, page->slab_cache->name);
	if (((unsigned long)obj & ~PAGE_MASK) || (page_to_pfn(page) & ((1UL << c->order) - 1)))
		panic("free of %p to slab %s: not the start of an object", obj, c->name);
	__atomic_fetch_sub(&c->nr_objects, 1, __ATOMIC_RELAXED);
	slab_free_pages(c, page);
}

/* @c is the heap if kfree() asks, for it knows the page alone. */
static void slob_free(struct kmem_cache *c, void *obj, unsigned long site)
{
	struct page *page = virt_to_page(obj);

	if (!PageSlab(page))
		panic("free of %p to slab %s: it is not from there, or a double free", obj, c->name);
	if (page->slab_cache != &heap)
		free_whole_pages(c, page, obj);
	else if (c == &heap)
		free_kmalloc(obj);
	else
		free_object(c, page, obj);
}

static size_t slob_ksize(struct kmem_cache *c, const void *obj)
{
	return c == &heap ? kmalloc_size(obj) : c->object_size;
}

/* ---- caches: hardly more than a size ---- */

static void choose_kind(void)
{
	static const char *const kinds[] = { [SLOB_FIRST] = "first", [SLOB_SIZE] = "size", [SLOB_BEST] = "best" };

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(boot_params.slob, kinds[i]))
			slob_kind = (enum slob_fit_kind)i;
	if (boot_params.slob[0] && strcmp(boot_params.slob, kinds[slob_kind]))
		printk("slob=%s: there is no such way to fit: %s is used\n", boot_params.slob, kinds[slob_kind]);
}

static void slob_boot(void)
{
	slab_add_cache(&heap);
}

static int slob_cache_init(struct kmem_cache *c)
{
	if (list_empty(&slob_lists[LIST_SMALL]) && !heap.node->nr_slabs)
		choose_kind();
	c->size = ALIGN_UP(c->object_size, SLOB_UNIT);
	while ((PAGE_SIZE << c->order) < c->size)
		c->order++;
	c->objects = (unsigned int)((PAGE_SIZE << c->order) / c->size);
	return 0;
}

/* Nothing is kept: a page without objects is gone already. */
static unsigned long slob_shrink(struct kmem_cache *c)
{
	return 0;
}

/* The heap's objects are units. */
static unsigned long slob_count(struct kmem_cache *c)
{
	if (c == &heap)
		return READ_ONCE(heap.node->nr_slabs) * SLOB_UNITS - READ_ONCE(heap.node->free_objects);
	return __atomic_load_n(&c->nr_objects, __ATOMIC_RELAXED);
}

static void slob_info(struct kmem_cache *c, struct slabinfo *i)
{
	i->active_objs = slob_count(c);
	i->num_objs = c == &heap ? READ_ONCE(heap.node->nr_slabs) * SLOB_UNITS : i->active_objs;
	i->num_slabs = i->active_slabs = c == &heap ? READ_ONCE(heap.node->nr_slabs) : 0;
}

/* ---- validator ---- */

/* O1 and O2 of one page; returns its free units. */
static unsigned int check_page(struct page *page)
{
	unsigned int free = 0, last = 0;

	for (struct slob_block *b = page->freelist; b; b = next_block(page, b)) {
		unsigned int unit = unit_of(b);

		if (!b->units || (free && unit <= last) || unit + b->units > SLOB_UNITS)
			panic("slob: pfn=%lx: free block of %u units at %u, the last one ended at %u",
			      page_to_pfn(page), b->units, unit, last);
		last = unit + b->units;
		free += b->units;
		check_poison(b + 1, b->units - 1U);
	}
	if (!PageSlab(page) || page->slab_cache != &heap || !free || !page->inuse || free + page->inuse != SLOB_UNITS)
		panic("slob: pfn=%lx flags=%lx: %u units free, %u in use", page_to_pfn(page), page->flags, free,
		      page->inuse);
	return free;
}

static void slob_check(struct kmem_cache *c)
{
	unsigned long flags, pages = 0, free = 0;
	struct page *page;

	if (c != &heap)
		return;
	spin_lock_irqsave(&slob_lock, flags);
	for (unsigned int i = 0; i < NR_SLOB_LISTS; i++) {
		list_for_each_entry(page, &slob_lists[i], lru) {
			free += check_page(page);
			pages++;
		}
	}
	if (pages > heap.node->nr_slabs || free != heap.node->free_objects)
		panic("slob: %lu pages with %lu free units on lists; pages=%lu, free=%lu", pages, free,
		      heap.node->nr_slabs, heap.node->free_objects);
	spin_unlock_irqrestore(&slob_lock, flags);
}

const struct slab_ops slob_ops = {
	.name = "slob", .boot = slob_boot, .cache_init = slob_cache_init, .alloc = slob_alloc, .free = slob_free,
	.ksize = slob_ksize, .shrink = slob_shrink, .count = slob_count, .info = slob_info, .check = slob_check,
};
