/* SPDX-License-Identifier: MIT */
/*
 * mm/slub.c - SLUB: the free list lives inside the free objects
 *
 * THE QUESTION   How can allocating a small object be a handful of instructions, with no queues to
 *                balance and no memory spent on bookkeeping?
 *
 * THE PICTURE    one slab = 2^order pages          free objects point to the next one
 *                [ used ][ free --+ ][ used ][ free ]        page->freelist -> first
 *                                 +-----------^
 *
 *                CPU 0: freelist --> o --> o --> o     frozen slab: its remote frees go to page->freelist
 *                cache: partial  --> slab <-> slab     not frozen, at least one object free
 *                full slabs are on no list; a free brings them back
 *
 *                alloc   fast        pop this CPU's freelist
 *                        slow        take over what others freed into our slab, or a partial slab
 *                        very slow   a new slab from the page allocator
 *                free    fast        our frozen slab: push onto this CPU's freelist
 *                        slow        push onto page->freelist; a full slab becomes partial, an empty
 *                                    one goes back to the page allocator (all but MIN_PARTIAL)
 *
 * ALWAYS TRUE    S1  page->inuse + free objects on page->freelist == page->objects, where objects on a
 *                    CPU's freelist count as in use.
 *                S2  frozen slabs are on no list; an unfrozen slab is on `partial` iff
 *                    page->freelist != NULL.
 *                S3  debug builds: a free object is filled with POISON beyond its link; what differs at
 *                    the next allocation was written after free.
 *
 * LOCKS          per-CPU state: interrupts off (the kernel is not preempted, so that is all it takes);
 *                partial list and page->freelist/inuse: cache->lock (RANK_SLAB).
 * LEFT OUT       cmpxchg16b on (freelist, counter), per-CPU partial lists, red zones and owner tracking.
 * READ NEXT      slab_common.c (kmalloc), page_alloc.c.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/percpu.h>
#include <lib/align.h>
#include <lib/string.h>
#include <mm/fault_inject.h>
#include <mm/page_alloc.h>
#include <mm/vmstat.h>
#include "slab_internal.h"

#define MIN_PARTIAL	4	/* empty slabs kept per cache: a burst of frees and allocs stays off the buddy */
#define POISON		0x6b

/* ---- objects ---- */

/* The link to the next free object: its first word, or behind it when a constructor's work must last. */
static void *get_next(const struct kmem_cache *c, void *obj)
{
	return *(void **)((char *)obj + c->offset);
}

static void set_next(const struct kmem_cache *c, void *obj, void *next)
{
	*(void **)((char *)obj + c->offset) = next;
}

void slub_poison(struct kmem_cache *c, void *obj)
{
	if (CONFIG_DEBUG && !c->ctor && c->object_size > sizeof(void *))
		memset((char *)obj + sizeof(void *), POISON, c->object_size - sizeof(void *));
}

/* S3 */
void slub_check_poison(struct kmem_cache *c, void *obj)
{
	const u8 *b = obj;

	if (!CONFIG_DEBUG || c->ctor)
		return;
	for (unsigned int i = sizeof(void *); i < c->object_size; i++)
		if (b[i] != POISON)
			panic("slab %s: object %p written after free: offset %u is %#x", c->name, obj, i,
			      b[i]);
}

static struct page *slab_of(void *obj)
{
	struct page *p = virt_to_page(obj);
	pfn_t mask = (1UL << p->slab_cache->order) - 1;

	return pfn_to_page(page_to_pfn(p) & ~mask);
}

/* ---- slabs ---- */

/* Thread every object of a new slab onto its freelist, in address order. */
static void thread_objects(struct kmem_cache *c, struct page *slab)
{
	char *base = page_address(slab);
	void *next = NULL;

	for (unsigned int i = c->objects; i-- > 0;) {
		void *obj = base + (size_t)i * c->size;

		if (c->ctor)
			c->ctor(obj);
		slub_poison(c, obj);
		set_next(c, obj, next);
		next = obj;
	}
	slab->freelist = next;
}

static struct page *new_slab(struct kmem_cache *c, gfp_t gfp, int node)
{
	struct page *slab = slab_alloc_pages(c, gfp, node);
	unsigned long flags;

	if (!slab)
		return NULL;
	slab->objects = (u16)c->objects;
	slab->inuse = 0;
	slab->frozen = 0;
	thread_objects(c, slab);
	spin_lock_irqsave(&c_node(c, 0)->lock, flags);
	c_node(c, 0)->nr_slabs++;
	spin_unlock_irqrestore(&c_node(c, 0)->lock, flags);
	return slab;
}

static void free_slab(struct kmem_cache *c, struct page *slab)
{
	slab_free_pages(c, slab);
}

static void add_partial(struct kmem_cache *c, struct page *slab)
{
	list_add_tail(&slab->lru, &c_node(c, 0)->partial);
	c_node(c, 0)->nr_partial++;
}

static void del_partial(struct kmem_cache *c, struct page *slab)
{
	list_del(&slab->lru);
	c_node(c, 0)->nr_partial--;
}

/* ---- allocating ---- */

/* All free objects of @slab become this CPU's. c_node(c, 0)->lock held; S1: they count as in use. */
static void *claim(struct page *slab)
{
	void *list = slab->freelist;

	slab->freelist = NULL;
	slab->inuse = slab->objects;
	slab->frozen = 1;
	return list;
}

/* Someone wants to see each allocation (fault_inject.c): one object, and this CPU keeps none. irqs off. */
static noinline void *alloc_watched(struct kmem_cache *c)
{
	struct page *slab;
	void *obj = NULL;

	slub_flush_this_cpu(c);
	spin_lock(&c_node(c, 0)->lock);
	slab = list_first_entry_or_null(&c_node(c, 0)->partial, struct page, lru);
	if (slab) {
		obj = slab->freelist;
		slab->freelist = get_next(c, obj);
		slab->inuse++;
		if (!slab->freelist)
			del_partial(c, slab);
	}
	spin_unlock(&c_node(c, 0)->lock);
	return obj;
}

/* This CPU's list is empty: refill it and return one object. irqs off. */
static void *alloc_from_lists(struct kmem_cache *c, struct kmem_cache_cpu *cc)
{
	struct page *slab = cc->page;
	void *obj = NULL;

	if (slab_bypass())
		return alloc_watched(c);
	spin_lock(&c_node(c, 0)->lock);
	if (slab && !slab->freelist) {
		slab->frozen = 0;	/* full: on no list until something is freed (S2) */
		slab = NULL;
	}
	if (!slab) {
		slab = list_first_entry_or_null(&c_node(c, 0)->partial, struct page, lru);
		if (slab)
			del_partial(c, slab);
	}
	cc->page = slab;
	cc->base = slab ? (unsigned long)page_address(slab) : 0;
	if (slab) {
		obj = claim(slab);
		cc->freelist = get_next(c, obj);
	}
	spin_unlock(&c_node(c, 0)->lock);
	return obj;
}

/* A new slab, perhaps after sleeping: this CPU may have found objects meanwhile, or be another one. */
static void *alloc_new_slab(struct kmem_cache *c, gfp_t gfp, int node)
{
	struct page *slab = new_slab(c, gfp, node);
	struct kmem_cache_cpu *cc;
	unsigned long flags;
	void *obj;

	if (!slab)
		return NULL;
	spin_lock_irqsave(&c_node(c, 0)->lock, flags);
	cc = &c->cpu[smp_processor_id()];
	if (cc->page || slab_bypass()) {
		obj = slab->freelist;
		slab->freelist = get_next(c, obj);
		slab->inuse = 1;
		if (slab->freelist)
			add_partial(c, slab);
	} else {
		obj = claim(slab);
		cc->page = slab;
		cc->base = (unsigned long)page_address(slab);
		cc->freelist = get_next(c, obj);
	}
	spin_unlock_irqrestore(&c_node(c, 0)->lock, flags);
	return obj;
}

static void *slub_alloc(struct kmem_cache *c, size_t size, gfp_t gfp, int node, unsigned long site)
{
	unsigned long flags = arch_irq_save();
	void *obj = alloc_from_lists(c, &c->cpu[smp_processor_id()]);

	arch_irq_restore(flags);
	if (!obj)
		obj = alloc_new_slab(c, gfp, node);
	if (obj)
		slub_check_poison(c, obj);
	return obj;
}

/* ---- freeing ---- */

/* To a slab this CPU does not own. irqs off. */
static void free_to_slab(struct kmem_cache *c, struct page *slab, void *obj)
{
	bool was_full;

	spin_lock(&c_node(c, 0)->lock);
	was_full = !slab->freelist;
	set_next(c, obj, slab->freelist);
	slab->freelist = obj;
	slab->inuse--;
	if (slab->frozen) {
		slab = NULL;
	} else {
		if (was_full)
			add_partial(c, slab);
		if (slab->inuse || c_node(c, 0)->nr_partial <= MIN_PARTIAL) {
			slab = NULL;
		} else {
			del_partial(c, slab);
			c_node(c, 0)->nr_slabs--;
		}
	}
	spin_unlock(&c_node(c, 0)->lock);
	if (slab)
		free_slab(c, slab);
}

static void slub_free(struct kmem_cache *c, void *obj, unsigned long site)
{
	struct page *slab = slab_of(obj);
	unsigned long flags;

	ASSERT_MSG(PageSlab(slab) && slab->slab_cache == c, "free of %p to slab %s: it is not from there",
		   obj, c->name);
	ASSERT_MSG(((unsigned long)obj - (unsigned long)page_address(slab)) % c->size == 0,
		   "free of %p to slab %s: not the start of an object", obj, c->name);
	slub_poison(c, obj);
	flags = arch_irq_save();
	free_to_slab(c, slab, obj);
	arch_irq_restore(flags);
}

/* ---- the whole cache ---- */

static int slub_cache_init(struct kmem_cache *c)
{
	spin_lock_init(&c_node(c, 0)->lock, RANK_SLAB);
	INIT_LIST_HEAD(&c_node(c, 0)->partial);
	c->size = ALIGN_UP(c->object_size, c->align);
	if (c->ctor) {	/* the link must not overwrite what the constructor made */
		c->offset = ALIGN_UP(c->object_size, (unsigned int)sizeof(void *));
		c->size = ALIGN_UP(c->offset + (unsigned int)sizeof(void *), c->align);
	}
	while (c->order < 3 && (PAGE_SIZE << c->order) / c->size < 8)
		c->order++;
	while ((PAGE_SIZE << c->order) < c->size)
		c->order++;
	c->objects = (unsigned int)((PAGE_SIZE << c->order) / c->size);
	return 0;
}

void slub_flush_this_cpu(struct kmem_cache *c)
{
	struct kmem_cache_cpu *cc = &c->cpu[smp_processor_id()];
	struct page *slab = cc->page;
	void *obj;

	if (!slab)
		return;
	spin_lock(&c_node(c, 0)->lock);
	while ((obj = cc->freelist)) {
		cc->freelist = get_next(c, obj);
		set_next(c, obj, slab->freelist);
		slab->freelist = obj;
		slab->inuse--;
	}
	slab->frozen = 0;
	cc->page = NULL;
	cc->base = 0;
	if (slab->freelist)
		add_partial(c, slab);
	spin_unlock(&c_node(c, 0)->lock);
}

/* Other CPUs' frozen slabs stay theirs: only their owner may touch them. */
static unsigned long slub_shrink(struct kmem_cache *c)
{
	struct page *slab, *next;
	struct list_head empty;
	unsigned long flags, pages = 0;

	INIT_LIST_HEAD(&empty);
	flags = arch_irq_save();
	slub_flush_this_cpu(c);
	spin_lock(&c_node(c, 0)->lock);
	list_for_each_entry_safe(slab, next, &c_node(c, 0)->partial, lru) {
		if (slab->inuse)
			continue;
		del_partial(c, slab);
		c_node(c, 0)->nr_slabs--;
		list_add(&slab->lru, &empty);
	}
	spin_unlock(&c_node(c, 0)->lock);
	arch_irq_restore(flags);
	list_for_each_entry_safe(slab, next, &empty, lru) {
		list_del(&slab->lru);
		free_slab(c, slab);
		pages += 1UL << c->order;
	}
	return pages;
}

static unsigned int list_length(const struct kmem_cache *c, void *obj)
{
	unsigned int n = 0;

	for (; obj; obj = get_next(c, obj))
		n++;
	return n;
}

static unsigned long slub_count(struct kmem_cache *c)
{
	unsigned long flags, n;
	struct page *slab;
	unsigned int cpu;

	spin_lock_irqsave(&c_node(c, 0)->lock, flags);
	n = c_node(c, 0)->nr_slabs * c->objects;
	list_for_each_entry(slab, &c_node(c, 0)->partial, lru)
		n -= (unsigned long)(slab->objects - slab->inuse);
	for_each_online_cpu(cpu) {
		struct kmem_cache_cpu *cc = &c->cpu[cpu];

		if (cc->page)
			n -= (unsigned long)(cc->page->objects - cc->page->inuse);
		if (cpu == smp_processor_id())
			n -= list_length(c, cc->freelist);
	}
	spin_unlock_irqrestore(&c_node(c, 0)->lock, flags);
	return n;
}

static void slub_check(struct kmem_cache *c)
{
	unsigned int n = 0;
	struct page *slab;
	unsigned long flags;

	spin_lock_irqsave(&c_node(c, 0)->lock, flags);
	list_for_each_entry(slab, &c_node(c, 0)->partial, lru) {
		unsigned int nfree = list_length(c, slab->freelist);

		if (slab->frozen || !nfree || nfree + slab->inuse != slab->objects)
			panic("slab %s: slab pfn=%lx frozen=%u free=%u inuse=%u objects=%u", c->name,
			      page_to_pfn(slab), slab->frozen, nfree, slab->inuse, slab->objects);
		n++;
	}
	if (n != c_node(c, 0)->nr_partial)
		panic("slab %s: %u slabs on the partial list, nr_partial=%lu", c->name, n, c_node(c, 0)->nr_partial);
	spin_unlock_irqrestore(&c_node(c, 0)->lock, flags);
}

static void slub_info(struct kmem_cache *c, struct slabinfo *i)
{
	i->active_slabs = i->num_slabs = READ_ONCE(c_node(c, 0)->nr_slabs);
	i->num_objs = i->num_slabs * c->objects;
	i->active_objs = slub_count(c);
}

const struct slab_ops slub_ops = {
	.name = "slub", .cache_init = slub_cache_init, .alloc = slub_alloc, .free = slub_free, .shrink = slub_shrink,
	.count = slub_count, .info = slub_info, .check = slub_check,
};
