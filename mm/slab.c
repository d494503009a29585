/* SPDX-License-Identifier: MIT */
/*
 * mm/slab.c - SLAB: Bonwick's slabs, behind a stack of objects for each CPU
 *
 * THE QUESTION   How can objects that were freed last (and are still in the CPU's cache) be handed out first,
 *                without a lock, and slabs be told apart by how full they are?
 *
 * THE PICTURE    CPU 0: array_cache [ o o o o . . . ]   CPU 1: [ o o . . ]      LIFO; avail of limit
 *                            ^ cache_alloc_refill  | cache_flusharray
 *                            |   batchcount        v
 *                node:  shared [ o o o ]                                         moves between CPUs
 *                       full           partial           free
 *                          slab <-> slab   slab              slab --> page allocator when too many
 *
 *                one slab:  |colour| object | object | ... | object | freelist |   on-slab
 *                           |colour| object | object | ... | object |              off-slab: the freelist
 *                                                                                  is an object elsewhere
 *                freelist[] = indices of objects: those from page->inuse on are free
 *
 *                colour: 0, one cache line, two, ... as far as the rest of the slab allows, then 0 again,
 *                so that the first objects of two slabs do not fight for one set of the CPU's cache
 *
 * ALWAYS TRUE    A1  freelist[inuse .. objects-1] names each free object once; an object in an array counts as in use.
 *                A2  a slab is on its node's free, partial or full list as inuse is 0, between, or objects.
 *                A3  free_objects of a node == sum of objects - inuse over its slabs.
 *                A4  a cache whose freelists are off-slab takes them from one whose freelists are on-slab, and
 *                    arrays come from caches without arrays: nothing here calls itself for ever.
 *                A5  debug builds: every object has a status byte, and POISON while it is free.
 *
 * LOCKS          arrays: interrupts off, own CPU (others ask by IPI: slab_reap.c);
 *                node lists, shared array, freelists: node->lock (RANK_SLAB).
 * LEFT OUT       alien arrays (an object of another node goes straight to its slab), the freelist inside
 *                a free object.
 * READ NEXT      slab_reap.c: what makes caches smaller again.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/percpu.h>
#include <lib/align.h>
#include <lib/bitmap.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include "slab_arrays.h"

#define SLAB_MAX_ORDER		1	/* up to here the first order that wastes little; above, the first that fits */
#define OFF_SLAB_MIN_SIZE	(PAGE_SIZE >> 3) /* below: the indices are small change, and lie next to the objects */
#define BATCHREFILL_LIMIT	16U	/* refill of an array that was idle: it may be idle again soon */
#define MAX_OBJECTS		((PAGE_SIZE << SLAB_MAX_ORDER) / sizeof(void *)) /* 1024 */
#define COLOUR_UNIT		8	/* of page->colour: 16 bits reach the end of any slab */
#define POISON			0x6b

enum { OBJECT_FREE = 0, OBJECT_ACTIVE = 0xac };

/* u16: one page of 8-byte objects has more than 256 */
typedef u16 freelist_idx_t;
#define MGMT_PER_OBJECT		(sizeof(freelist_idx_t) + (CONFIG_DEBUG ? 1 : 0))

/* ---- one slab: objects by index ---- */

static size_t mgmt_size(unsigned int objects)
{
	return ALIGN_UP(objects * MGMT_PER_OBJECT, sizeof(void *));
}

static size_t slab_bytes(const struct kmem_cache *c)
{
	return PAGE_SIZE << c->order;
}

static char *first_object(const struct page *slab)
{
	return (char *)page_address(slab) + (size_t)slab->colour * COLOUR_UNIT;
}

static void *index_to_obj(const struct kmem_cache *c, const struct page *slab, unsigned int i)
{
	return first_object(slab) + (size_t)i * c->size;
}

static unsigned int obj_to_index(const struct kmem_cache *c, const struct page *slab, const void *obj)
{
	return (unsigned int)((const char *)obj - first_object(slab)) / c->size;
}

static freelist_idx_t *freelist(const struct page *slab)
{
	return slab->freelist;
}

/* A5 */
static u8 *status_of(const struct kmem_cache *c, const struct page *slab, const void *obj)
{
	return (u8 *)(freelist(slab) + slab->objects) + obj_to_index(c, slab, obj);
}

static struct kmem_cache_node *slab_node(struct kmem_cache *c, const struct page *slab)
{
	return c_node(c, slab_nid(slab));
}

static struct kmem_cache_node *wanted_node(struct kmem_cache *c, int node)
{
	return (unsigned int)node < slab_nr_nodes ? c_node(c, (unsigned int)node) : local_node(c);
}

static struct page *slab_head(const void *obj)
{
	struct page *p = virt_to_page(obj);

	return pfn_to_page(page_to_pfn(p) & ~((1UL << p->slab_cache->order) - 1));
}

static void *slab_get_obj(const struct kmem_cache *c, struct page *slab)
{
	ASSERT(slab->inuse < slab->objects);
	return index_to_obj(c, slab, freelist(slab)[slab->inuse++]);
}

static void slab_put_obj(const struct kmem_cache *c, struct page *slab, const void *obj)
{
	ASSERT(slab->inuse > 0);
	freelist(slab)[--slab->inuse] = (freelist_idx_t)obj_to_index(c, slab, obj);
}

/* ---- what debug builds check ---- */

static void poison(const struct kmem_cache *c, void *obj)
{
	if (CONFIG_DEBUG && !c->ctor)
		memset(obj, POISON, c->object_size);
}

static void cache_alloc_debugcheck_after(const struct kmem_cache *c, void *obj)
{
	const u8 *b = obj;
	u8 *status = status_of(c, slab_head(obj), obj);

	if (*status != OBJECT_FREE)
		panic("slab %s: object %p handed out twice: status %#x", c->name, obj, *status);
	*status = OBJECT_ACTIVE;
	for (unsigned int i = 0; !c->ctor && i < c->object_size; i++)
		if (b[i] != POISON)
			panic("slab %s: object %p written after free: offset %u is %#x", c->name, obj, i, b[i]);
}

static void cache_free_debugcheck(const struct kmem_cache *c, const struct page *slab, void *obj)
{
	u8 *status;

	if ((const char *)obj < first_object(slab) || ((const char *)obj - first_object(slab)) % c->size ||
	    obj_to_index(c, slab, obj) >= slab->objects)
		panic("free of %p to slab %s: not the start of an object", obj, c->name);
	status = status_of(c, slab, obj);
	if (*status != OBJECT_ACTIVE)
		panic("double free of %p to slab %s: status %#x", obj, c->name, *status);
	*status = OBJECT_FREE;
	poison(c, obj);
}

/* ---- a slab's life ---- */

/* Colours go round: 0, one step, two, ... the last that leaves the objects inside, 0. */
static unsigned int next_colour(struct kmem_cache *c, struct kmem_cache_node *n)
{
	unsigned long flags;
	unsigned int colour;

	spin_lock_irqsave(&n->lock, flags);
	colour = n->colour_next++;
	if (n->colour_next > c->slab.colour)
		n->colour_next = 0;
	spin_unlock_irqrestore(&n->lock, flags);
	return colour * c->slab.colour_off;
}

static void cache_init_objs(struct kmem_cache *c, struct page *slab)
{
	for (unsigned int i = 0; i < slab->objects; i++) {
		void *obj = index_to_obj(c, slab, i);

		freelist(slab)[i] = (freelist_idx_t)i;
		if (c->ctor)
			c->ctor(obj);
		poison(c, obj);
		if (CONFIG_DEBUG)
			*status_of(c, slab, obj) = OBJECT_FREE;
	}
}

/* The freelist: behind the objects, or an object of another cache (A4). */
static void *alloc_slabmgmt(struct kmem_cache *c, struct page *slab, gfp_t gfp)
{
	if (c->slab.off_slab)
		return kmalloc(mgmt_size(c->objects), gfp & ~(__GFP_ZERO | __GFP_HIGHMEM | __GFP_DMA | __GFP_DMA32));
	return (char *)page_address(slab) + slab_bytes(c) - mgmt_size(c->objects);
}

/* A new slab, on no list yet. May sleep if @gfp says so. */
static struct page *cache_grow_begin(struct kmem_cache *c, gfp_t gfp, int node)
{
	struct page *slab = slab_alloc_pages(c, gfp, node);

	if (!slab)
		return NULL;
	slab->freelist = alloc_slabmgmt(c, slab, gfp);
	if (!slab->freelist) {
		slab_free_pages(c, slab);
		return NULL;
	}
	slab->objects = (u16)c->objects;
	slab->inuse = 0;
	slab->colour = (u16)(next_colour(c, slab_node(c, slab)) / COLOUR_UNIT);
	cache_init_objs(c, slab);
	return slab;
}

/* A2: put @slab, which is on no list, where it belongs. node->lock held. */
static void add_to_list(struct kmem_cache_node *n, struct page *slab)
{
	if (!slab->inuse)
		list_add_tail(&slab->lru, &n->free);
	else
		list_add(&slab->lru, slab->inuse == slab->objects ? &n->full : &n->partial);
}

/* The new slab joins its node; some of its objects may be gone already. node->lock held. */
static void cache_grow_end(struct kmem_cache_node *n, struct page *slab)
{
	n->nr_slabs++;
	n->free_objects += (unsigned long)(slab->objects - slab->inuse);
	add_to_list(n, slab);
}

static void slab_destroy(struct kmem_cache *c, struct page *slab)
{
	ASSERT_MSG(!slab->inuse, "slab %s: slab with %u objects in use destroyed", c->name, slab->inuse);
	if (c->slab.off_slab)
		kfree(slab->freelist);
	slab_free_pages(c, slab);
}

/* Slabs that were taken off their node's lists. No lock held. */
unsigned long slabs_destroy(struct kmem_cache *c, struct list_head *list)
{
	struct page *slab, *next;
	unsigned long pages = 0;

	list_for_each_entry_safe(slab, next, list, lru) {
		list_del(&slab->lru);
		slab_destroy(c, slab);
		pages += 1UL << c->order;
	}
	return pages;
}

/* ---- allocating ---- */

/* Partial slabs first, so that free ones can go back to the page allocator. node->lock held. */
static struct page *get_first_slab(struct kmem_cache_node *n)
{
	struct page *slab = list_first_entry_or_null(&n->partial, struct page, lru);

	if (slab)
		return slab;
	n->free_touched = true;
	return list_first_entry_or_null(&n->free, struct page, lru);
}

/* Move up to @count objects from @slab into @ac; returns how many. */
static unsigned int alloc_block(struct kmem_cache *c, struct array_cache *ac, struct page *slab, unsigned int count)
{
	unsigned int n = min(count, (unsigned int)(slab->objects - slab->inuse));

	ASSERT(ac->avail + n <= ac->limit);
	for (unsigned int i = 0; i < n; i++)
		ac->entry[ac->avail++] = slab_get_obj(c, slab);
	return n;
}

/* @slab, which get_first_slab() found, has fewer free objects: A2 again. node->lock held. */
static void fixup_slab_list(struct kmem_cache_node *n, struct page *slab)
{
	list_del(&slab->lru);
	add_to_list(n, slab);
}

/* Objects from @from to @to, at most @max; returns how many. */
static unsigned int transfer_objects(struct array_cache *to, struct array_cache *from, unsigned int max)
{
	unsigned int n = min(min(from->avail, max), to->limit - to->avail);

	memcpy(to->entry + to->avail, from->entry + from->avail - n, n * sizeof(void *));
	from->avail -= n;
	to->avail += n;
	to->touched = true;
	return n;
}

/* This CPU's array is empty: take a batch from its node, if it has objects. irqs off. */
static void *cache_alloc_refill(struct kmem_cache *c, struct array_cache *ac)
{
	struct kmem_cache_node *n = local_node(c);
	unsigned int want = ac->touched ? ac->batchcount : min(ac->batchcount, BATCHREFILL_LIMIT);
	struct page *slab;

	spin_lock(&n->lock);
	if (n->shared && transfer_objects(ac, n->shared, want))
		want = 0;
	while (want && (slab = get_first_slab(n))) {
		unsigned int got = alloc_block(c, ac, slab, want);

		n->free_objects -= got;
		want -= got;
		fixup_slab_list(n, slab);
	}
	spin_unlock(&n->lock);
	ac->touched = true;
	return ac->avail ? ac->entry[--ac->avail] : NULL;
}

/* One object, past the arrays: another node's, or before there are arrays. irqs off. */
static void *cache_alloc_node(struct kmem_cache *c, struct kmem_cache_node *n)
{
	struct page *slab;
	void *obj = NULL;

	spin_lock(&n->lock);
	slab = get_first_slab(n);
	if (slab) {
		obj = slab_get_obj(c, slab);
		n->free_objects--;
		fixup_slab_list(n, slab);
	}
	spin_unlock(&n->lock);
	return obj;
}

/* No object anywhere: a new slab, one object for the caller, a batch for the CPU we are on by now. */
static void *cache_grow(struct kmem_cache *c, gfp_t gfp, int node)
{
	struct page *slab = cache_grow_begin(c, gfp, node);
	struct kmem_cache_node *n;
	struct array_cache *ac;
	unsigned long flags;
	void *obj;

	if (!slab)
		return NULL;
	n = slab_node(c, slab);
	spin_lock_irqsave(&n->lock, flags);
	obj = slab_get_obj(c, slab);
	ac = cpu_cache_get(c);
	if (ac && !ac->avail && n == local_node(c))
		alloc_block(c, ac, slab, ac->batchcount - 1);
	cache_grow_end(n, slab);
	spin_unlock_irqrestore(&n->lock, flags);
	return obj;
}

/* This CPU has no object at hand, or not from @node. */
static noinline void *slab_alloc_slowly(struct kmem_cache *c, gfp_t gfp, int node)
{
	struct kmem_cache_node *n = wanted_node(c, node);
	unsigned long flags = arch_irq_save();
	struct array_cache *ac = cpu_cache_get(c);
	void *obj;

	if (!ac)
		ac = setup_cpu_cache(c);
	if (!ac || n != local_node(c))
		obj = cache_alloc_node(c, n);
	else if (ac->avail)	/* an interrupt filled it meanwhile, or the caller named our own node */
		obj = ac->entry[--ac->avail];
	else
		obj = cache_alloc_refill(c, ac);
	arch_irq_restore(flags);
	return obj ? obj : cache_grow(c, gfp, node);
}

static void *slab_alloc(struct kmem_cache *c, size_t size, gfp_t gfp, int node, unsigned long site)
{
	unsigned long flags = arch_irq_save();
	struct array_cache *ac = cpu_cache_get(c);
	void *obj = NULL;

	if (likely(ac && ac->avail && node == NUMA_NO_NODE)) {
		obj = ac->entry[--ac->avail];
		ac->touched = true;
	}
	arch_irq_restore(flags);
	if (unlikely(!obj))
		obj = slab_alloc_slowly(c, gfp, node);
	if (CONFIG_DEBUG && obj)
		cache_alloc_debugcheck_after(c, obj);
	return obj;
}

/* ---- freeing ---- */

/* A slab is free now: keep it, unless the node has too many free objects. node->lock held. */
static void slab_is_free(struct kmem_cache *c, struct kmem_cache_node *n, struct page *slab, struct list_head *surplus)
{
	if (n->free_objects > slab_free_limit(c)) {
		n->free_objects -= slab->objects;
		n->nr_slabs--;
		list_add_tail(&slab->lru, surplus);
	} else {
		add_to_list(n, slab);
	}
}

/* Objects of node @n back to their slabs; what becomes free too many goes to @surplus. node->lock held. */
void free_block(struct kmem_cache *c, struct kmem_cache_node *n, void **objs, unsigned int count,
		struct list_head *surplus)
{
	n->free_objects += count;
	for (unsigned int i = 0; i < count; i++) {
		struct page *slab = slab_head(objs[i]);

		list_del(&slab->lru);
		slab_put_obj(c, slab, objs[i]);
		if (!slab->inuse)
			slab_is_free(c, n, slab, surplus);
		else
			list_add_tail(&slab->lru, &n->partial);
	}
}

/* This CPU's array is full: its oldest objects to the shared array, or to their slabs. irqs off. */
static void cache_flusharray(struct kmem_cache *c, struct array_cache *ac)
{
	struct kmem_cache_node *n = local_node(c);
	unsigned int batch = ac->batchcount;
	LIST_HEAD(surplus);

	spin_lock(&n->lock);
	if (n->shared && n->shared->avail < n->shared->limit) {
		batch = min(batch, n->shared->limit - n->shared->avail);
		memcpy(n->shared->entry + n->shared->avail, ac->entry, batch * sizeof(void *));
		n->shared->avail += batch;
	} else {
		free_block(c, n, ac->entry, batch, &surplus);
	}
	spin_unlock(&n->lock);
	ac->avail -= batch;
	memmove(ac->entry, ac->entry + batch, ac->avail * sizeof(void *));
	slabs_destroy(c, &surplus);
}

/* One object straight to its slab: another node's, or before there are arrays. irqs off. */
static void free_to_node(struct kmem_cache *c, struct kmem_cache_node *n, void *obj)
{
	LIST_HEAD(surplus);

	spin_lock(&n->lock);
	free_block(c, n, &obj, 1, &surplus);
	spin_unlock(&n->lock);
	slabs_destroy(c, &surplus);
}

static void slab_free(struct kmem_cache *c, void *obj, unsigned long site)
{
	struct page *page = virt_to_page(obj);
	struct array_cache *ac;
	unsigned long flags;

	if (unlikely(!PageSlab(page) || page->slab_cache != c))
		panic("free of %p to slab %s: it is not from there", obj, c->name);
	if (CONFIG_DEBUG)
		cache_free_debugcheck(c, slab_head(obj), obj);
	flags = arch_irq_save();
	ac = cpu_cache_get(c);
	if (likely(ac && page_to_nid(page) == numa_node_id())) {
		if (unlikely(ac->avail == ac->limit))
			cache_flusharray(c, ac);
		else if (unlikely(ac->avail && ac->entry[ac->avail - 1] == obj))
			panic("double free of %p to slab %s", obj, c->name);
		ac->entry[ac->avail++] = obj;
	} else {
		free_to_node(c, c_node(c, page_to_nid(page)), obj);
	}
	arch_irq_restore(flags);
}

/* ---- a cache's measures ---- */

/* How many objects fit into 2^order pages, with or without their freelist. */
static unsigned int cache_estimate(const struct kmem_cache *c, unsigned int order)
{
	size_t bytes = PAGE_SIZE << order;
	size_t n = bytes / (c->size + (c->slab.off_slab ? 0 : MGMT_PER_OBJECT));

	while (!c->slab.off_slab && n && n * c->size + mgmt_size((unsigned int)n) > bytes)
		n--;
	return (unsigned int)n;
}

/* The smallest slab that wastes at most an eighth; large ones are hard to get when memory is in pieces. */
static size_t calculate_slab_order(struct kmem_cache *c)
{
	size_t left;

	for (c->order = 0;; c->order++) {
		c->objects = cache_estimate(c, c->order);
		if (!c->objects)
			continue;
		left = slab_bytes(c) - (size_t)c->objects * c->size;
		if (!c->slab.off_slab)
			left -= mgmt_size(c->objects);
		if (c->order >= SLAB_MAX_ORDER || left * 8 <= slab_bytes(c))
			return left;
	}
}

/* A4: kmalloc's classes are made in ascending order; the ones a freelist needs are there before off-slab ones. */
static bool kmalloc_works;

static int slab_cache_init(struct kmem_cache *c)
{
	struct kmem_cache_node *n;
	size_t left;

	for_each_slab_node(c, n) {
		spin_lock_init(&n->lock, RANK_SLAB);
		INIT_LIST_HEAD(&n->partial);
		INIT_LIST_HEAD(&n->full);
		INIT_LIST_HEAD(&n->free);
	}
	c->size = ALIGN_UP(c->object_size, c->align);
	c->slab.off_slab = c->size >= OFF_SLAB_MIN_SIZE && kmalloc_works;
	left = calculate_slab_order(c);
	if (c->slab.off_slab && left >= mgmt_size(c->objects)) {
		c->slab.off_slab = false;	/* it fits into what is left anyway */
		left -= mgmt_size(c->objects);
	}
	ASSERT(!c->slab.off_slab || mgmt_size(c->objects) <= OFF_SLAB_MIN_SIZE / 2);
	c->slab.colour_off = max((unsigned int)L1_CACHE_BYTES, c->align);
	c->slab.colour = (unsigned int)left / c->slab.colour_off;
	enable_cpucache(c);
	if (c->flags & SLAB_KMALLOC && c->object_size == OFF_SLAB_MIN_SIZE / 2)
		kmalloc_works = true;
	return 0;
}

/* ---- validator ---- */

/* A1 of one slab, and its place in A2. */
static void check_slab(struct kmem_cache *c, struct page *slab, unsigned int least, unsigned int most)
{
	DECLARE_BITMAP(seen, MAX_OBJECTS) = { 0 };

	if (slab->slab_cache != c || slab->objects != c->objects || slab->inuse < least || slab->inuse > most)
		panic("slab %s: slab pfn=%lx inuse=%u objects=%u on the list for %u to %u", c->name,
		      page_to_pfn(slab), slab->inuse, slab->objects, least, most);
	for (unsigned int i = slab->inuse; i < slab->objects; i++) {
		unsigned int index = freelist(slab)[i];

		if (index >= slab->objects || __test_and_set_bit(index, seen))
			panic("slab %s: slab pfn=%lx: freelist[%u]=%u is twice or too large", c->name,
			      page_to_pfn(slab), i, index);
	}
}

static unsigned long check_list(struct kmem_cache *c, struct list_head *list, unsigned int least, unsigned int most,
				unsigned long *free)
{
	unsigned long n = 0;
	struct page *slab;

	list_for_each_entry(slab, list, lru) {
		check_slab(c, slab, least, most);
		*free += (unsigned long)(slab->objects - slab->inuse);
		n++;
	}
	return n;
}

static void slab_cache_check(struct kmem_cache *c)
{
	struct kmem_cache_node *n;
	unsigned long flags;

	for_each_slab_node(c, n) {
		unsigned long slabs, free = 0;

		spin_lock_irqsave(&n->lock, flags);
		slabs = check_list(c, &n->free, 0, 0, &free);
		slabs += check_list(c, &n->partial, 1, c->objects - 1, &free);
		slabs += check_list(c, &n->full, c->objects, c->objects, &free);
		if (slabs != n->nr_slabs || free != n->free_objects)
			panic("slab %s: %lu slabs on lists, nr_slabs=%lu; %lu objects free, free_objects=%lu",
			      c->name, slabs, n->nr_slabs, free, n->free_objects);
		spin_unlock_irqrestore(&n->lock, flags);
	}
}

const struct slab_ops slab_ops_slab = {
	.name = "slab", .boot = slab_boot, .cache_init = slab_cache_init, .alloc = slab_alloc, .free = slab_free,
	.shrink = slab_shrink, .count = slab_count, .info = slab_fill_info, .check = slab_cache_check,
};
