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
 *                CPU 0: list --> o --> o --> o         frozen slab: its remote frees go to page->freelist
 *                node:  partial  --> slab <-> slab     not frozen, at least one object free
 *                full slabs are on no list; a free brings them back
 *
 *                alloc   fast        pop this CPU's list: no lock, interrupts on (slub_pop)
 *                        slow        ALLOC_REDO          an interrupt came between: look again
 *                                    ALLOC_REFILL        take what others freed into our slab
 *                                    ALLOC_FROM_PARTIAL  take over a slab of the node's list
 *                        very slow   ALLOC_SLAB          a new slab from the page allocator
 *                free    fast        our frozen slab: push onto this CPU's list (slub_push)
 *                        slow        FREE_REDO           an interrupt came between: push again
 *                                    FREE_FROZEN         another CPU's slab: onto page->freelist
 *                                    FREE_ADD_PARTIAL    a full slab becomes partial
 *                                    FREE_SLAB           an empty one goes back to the page allocator
 *                                                        (all but min_partial of the node)
 *
 * ALWAYS TRUE    S1  page->inuse + free objects on page->freelist == page->objects, where objects on a
 *                    CPU's list count as in use.
 *                S2  frozen slabs are on no list; an unfrozen slab is on `partial` iff
 *                    page->freelist != NULL.
 *                S3  cc->page, cc->base and the slab of cc->list's objects agree; each change of page or
 *                    base goes with arch_local_set(), so that no interrupted fast path commits across it.
 *                S4  with SLAB_DEBUG_FLAGS, or while someone wants allocations to fail (slab_bypass()),
 *                    cc->list is empty and cc->base 0 on every CPU: all calls come here.
 *
 * LOCKS          per-CPU state: interrupts off (the kernel is not preempted, so that is all it takes);
 *                partial list and page->freelist/inuse: node->lock (RANK_SLAB).
 * LEFT OUT       per-CPU partial lists, cmpxchg on page->freelist for remote frees, defragmentation.
 * READ NEXT      slab_common.c, <asm/local.h>, slub_stat.c (the counts), slub_debug.c, page_alloc.c.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/percpu.h>
#include <lib/align.h>
#include <mm/fault_inject.h>
#include "slab_internal.h"

#define MAX_SLAB_ORDER	3	/* larger blocks are scarce once memory is fragmented */
#define MIN_OBJECTS	8	/* per slab, if MAX_SLAB_ORDER allows */

static void count_stat(struct kmem_cache *c, enum slub_stat s, unsigned long n)
{
	__atomic_fetch_add(&c->slub.stat[s], n, __ATOMIC_RELAXED);
}

/* ---- objects ---- */

static void set_next(const struct kmem_cache *c, void *obj, void *next)
{
	*(void **)((char *)obj + c->offset) = next;
}

static struct page *slab_of(const struct kmem_cache *c, const void *obj)
{
	pfn_t mask = (1UL << c->order) - 1;

	return pfn_to_page(page_to_pfn(virt_to_page(obj)) & ~mask);
}

/* ---- slabs ---- */

/* Thread every object of a new slab onto its freelist, in address order. */
static void thread_objects(struct kmem_cache *c, struct page *slab)
{
	char *base = (char *)page_address(slab) + c->slub.red_left;
	void *next = NULL;

	for (unsigned int i = c->objects; i-- > 0;) {
		void *obj = base + (size_t)i * c->size;

		if (slub_debugged(c))
			slub_debug_new_object(c, obj);
		if (c->ctor)
			c->ctor(obj);
		set_next(c, obj, next);
		next = obj;
	}
	slab->freelist = next;
}

static struct page *new_slab(struct kmem_cache *c, gfp_t gfp, int node)
{
	struct page *slab = slab_alloc_pages(c, gfp, node);
	struct kmem_cache_node *n;
	unsigned long flags;

	if (!slab)
		return NULL;
	slab->objects = (u16)c->objects;
	slab->inuse = 0;
	slab->frozen = 0;
	thread_objects(c, slab);
	n = c_node(c, slab_nid(slab));
	spin_lock_irqsave(&n->lock, flags);
	n->nr_slabs++;
	spin_unlock_irqrestore(&n->lock, flags);
	count_stat(c, ALLOC_SLAB, 1);
	return slab;
}

/* One look without the lock is allowed: refill_from_partial(). */
static void set_nr_partial(struct kmem_cache_node *n, unsigned long count)
{
	__atomic_store_n(&n->nr_partial, count, __ATOMIC_RELAXED);
}

static void add_partial(struct kmem_cache_node *n, struct page *slab)
{
	list_add_tail(&slab->lru, &n->partial);
	set_nr_partial(n, n->nr_partial + 1);
}

static void del_partial(struct kmem_cache_node *n, struct page *slab)
{
	list_del(&slab->lru);
	set_nr_partial(n, n->nr_partial - 1);
}

/* ---- allocating ---- */

/* @page (or none) is this CPU's, with @list of its objects. irqs off. S3 */
static void set_cpu_slab(struct kmem_cache *c, struct kmem_cache_cpu *cc, struct page *page, void *list)
{
	cc->page = page;
	cc->base = page ? (unsigned long)page_address(page) : 0;
	arch_local_set(&cc->list, list);
	count_stat(c, LIST_SET, 1);
}

/* @slab's free objects become this CPU's, the first the caller's. node->lock held; S1: they count as in use. */
static void *claim(struct kmem_cache *c, struct kmem_cache_cpu *cc, struct page *slab)
{
	void *obj = slab->freelist;

	count_stat(c, OBJECTS_TO_CPU, slab->objects - slab->inuse - 1u);
	slab->freelist = NULL;
	slab->inuse = slab->objects;
	slab->frozen = 1;
	set_cpu_slab(c, cc, slab, slub_next(c, obj));
	return obj;
}

/* What others have freed into this CPU's slab; if nothing, the slab is full and goes its own way (S2). irqs off. */
static void *refill_from_own_slab(struct kmem_cache *c, struct kmem_cache_cpu *cc)
{
	struct page *slab = cc->page;
	struct kmem_cache_node *n = c_node(c, slab_nid(slab));
	void *obj = NULL;

	spin_lock(&n->lock);
	if (slab->freelist) {
		obj = claim(c, cc, slab);
	} else {
		slab->frozen = 0;
		set_cpu_slab(c, cc, NULL, NULL);
	}
	spin_unlock(&n->lock);
	if (obj)
		count_stat(c, ALLOC_REFILL, 1);
	return obj;
}

static void *refill_from_partial(struct kmem_cache *c, struct kmem_cache_cpu *cc, struct kmem_cache_node *n)
{
	struct page *slab;
	void *obj = NULL;

	if (!__atomic_load_n(&n->nr_partial, __ATOMIC_RELAXED))
		return NULL;
	spin_lock(&n->lock);
	slab = list_first_entry_or_null(&n->partial, struct page, lru);
	if (slab) {
		del_partial(n, slab);
		obj = claim(c, cc, slab);
	}
	spin_unlock(&n->lock);
	if (obj)
		count_stat(c, ALLOC_FROM_PARTIAL, 1);
	return obj;
}

static void flush_this_cpu(struct kmem_cache *c);

/* The fast path was interrupted, or did not try because it wants a node. irqs off. */
static void *pop_again(struct kmem_cache *c, struct kmem_cache_cpu *cc)
{
	void *obj = cc->list.first;

	if (!obj)
		return NULL;
	arch_local_set(&cc->list, slub_next(c, obj));
	count_stat(c, LIST_SET, 1);
	count_stat(c, OBJECTS_FROM_CPU, 1);
	count_stat(c, ALLOC_REDO, 1);
	return obj;
}

/* Without a new slab: an object of node @nid, or of the slab this CPU has if it may be @any. irqs off. */
static void *alloc_from_lists(struct kmem_cache *c, unsigned int nid, bool any)
{
	struct kmem_cache_cpu *cc = this_cpu_slab(c);
	void *obj;

	if (cc->page && !any && slab_nid(cc->page) != nid)
		flush_this_cpu(c);
	obj = pop_again(c, cc);
	if (!obj && cc->page)
		obj = refill_from_own_slab(c, cc);
	return obj ? obj : refill_from_partial(c, cc, c_node(c, nid));
}

/* No memory for a slab: what other nodes have is better than nothing. */
static void *alloc_from_any_node(struct kmem_cache *c)
{
	unsigned long flags = arch_irq_save();
	void *obj = NULL;

	for (unsigned int nid = 0; !obj && nid < slab_nr_nodes; nid++)
		obj = alloc_from_lists(c, nid, true);
	arch_irq_restore(flags);
	return obj;
}

/*
 * One object of @slab, which no CPU owns; node->lock held. NULL: a debugged object was damaged, and is leaked with
 * those that nothing leads to any more.
 */
static void *take_one(struct kmem_cache *c, struct page *slab, size_t size, unsigned long site)
{
	void *obj = slab->freelist;
	bool sound = !slub_debugged(c) || slub_debug_alloc(c, slab, obj, size, site);

	slab->freelist = slub_next(c, obj);
	slab->inuse = slab->freelist || sound ? slab->inuse + 1 : slab->objects;
	return sound ? obj : NULL;
}

/* S4: one object from a list, and this CPU keeps none. */
static void *alloc_one_from_node(struct kmem_cache *c, struct kmem_cache_node *n, size_t size, unsigned long site)
{
	struct page *slab;
	unsigned long flags;
	void *obj = NULL;

	spin_lock_irqsave(&n->lock, flags);
	while (!obj && (slab = list_first_entry_or_null(&n->partial, struct page, lru))) {
		obj = take_one(c, slab, size, site);
		if (!slab->freelist) {
			del_partial(n, slab);
			if (slub_debugged(c))
				list_add(&slab->lru, &n->full);
		}
	}
	spin_unlock_irqrestore(&n->lock, flags);
	if (obj)
		count_stat(c, ALLOC_FROM_PARTIAL, 1);
	return obj;
}

static void *alloc_one_from_lists(struct kmem_cache *c, size_t size, int node, unsigned long site)
{
	void *obj = NULL;

	if (node != NO_NODE)
		return alloc_one_from_node(c, c_node(c, (unsigned int)node), size, site);
	for (unsigned int nid = 0; !obj && nid < slab_nr_nodes; nid++)
		obj = alloc_one_from_node(c, c_node(c, nid), size, site);
	return obj;
}

static void *alloc_one(struct kmem_cache *c, size_t size, gfp_t gfp, int node, unsigned long site)
{
	struct kmem_cache_node *n;
	struct page *slab;
	unsigned long flags;
	void *obj;

	while (!(obj = alloc_one_from_lists(c, size, node, site)) && (slab = new_slab(c, gfp, node))) {
		node = (int)slab_nid(slab);	/* the wanted one, unless that has no memory left */
		n = c_node(c, slab_nid(slab));
		spin_lock_irqsave(&n->lock, flags);
		add_partial(n, slab);
		spin_unlock_irqrestore(&n->lock, flags);
	}
	return obj;
}

/* A new slab, perhaps after sleeping: this CPU may have found objects meanwhile, or be another one. */
static void *alloc_from_new_slab(struct kmem_cache *c, size_t size, gfp_t gfp, int node, unsigned long site)
{
	struct page *slab = new_slab(c, gfp, node);
	struct kmem_cache_cpu *cc;
	struct kmem_cache_node *n;
	unsigned long flags;
	void *obj;

	if (!slab)
		return NULL;
	n = c_node(c, slab_nid(slab));
	spin_lock_irqsave(&n->lock, flags);
	cc = this_cpu_slab(c);
	if (!cc->page && !slab_bypass()) {
		obj = claim(c, cc, slab);
	} else {
		obj = take_one(c, slab, size, site);
		if (slab->freelist)
			add_partial(n, slab);
	}
	spin_unlock_irqrestore(&n->lock, flags);
	return obj;
}

static void *slub_alloc(struct kmem_cache *c, size_t size, gfp_t gfp, int node, unsigned long site)
{
	bool any = node == NO_NODE;
	unsigned long flags;
	void *obj;

	count_stat(c, ALLOC_SLOWPATH, 1);
	if (slub_debugged(c) || slab_bypass())
		return alloc_one(c, size, gfp, node, site);
	flags = arch_irq_save();
	obj = alloc_from_lists(c, any ? numa_node_id() : (unsigned int)node, any);
	arch_irq_restore(flags);
	if (!obj)
		obj = alloc_from_new_slab(c, size, gfp, node, site);
	return obj ? obj : alloc_from_any_node(c);
}

/* ---- freeing ---- */

/* What a cheap look can tell in every build. */
static bool free_makes_sense(struct kmem_cache *c, void *obj, unsigned long site)
{
	const char *what = NULL;
	struct page *slab;

	if (!pfn_valid(virt_to_phys(obj) >> PAGE_SHIFT) || !PageSlab(virt_to_page(obj)))
		what = "freed, but it is from no slab";
	else if (slab = slab_of(c, obj), slab->slab_cache != c)
		what = "freed to a slab that it is not from";
	else if (((unsigned long)obj - (unsigned long)page_address(slab) - c->slub.red_left) % c->size)
		what = "freed, but it is not the start of an object";
	if (what)
		slab_report(c, obj, site, what);
	return !what;
}

/* @slab has one object more. Returns whether it is empty and surplus: off all lists, the caller frees it. lock held. */
static bool settle_after_free(struct kmem_cache *c, struct kmem_cache_node *n, struct page *slab, bool was_full)
{
	if (slab->frozen) {
		count_stat(c, FREE_FROZEN, 1);
		return false;
	}
	if (was_full) {
		if (slub_debugged(c))
			list_del(&slab->lru);
		add_partial(n, slab);
		count_stat(c, FREE_ADD_PARTIAL, 1);
	}
	if (slab->inuse || n->nr_partial <= c->slub.min_partial)
		return false;
	del_partial(n, slab);
	n->nr_slabs--;
	count_stat(c, FREE_SLAB, 1);
	return true;
}

/* To a slab this CPU does not own. irqs off. */
static void free_to_slab(struct kmem_cache *c, struct page *slab, void *obj, unsigned long site)
{
	struct kmem_cache_node *n = c_node(c, slab_nid(slab));
	bool surplus = false;

	spin_lock(&n->lock);
	if (slab->freelist == obj || !slab->inuse) {
		slab_report(c, obj, site, "freed twice");
	} else if (!slub_debugged(c) || slub_debug_free(c, slab, obj, site)) {
		bool was_full = !slab->freelist;

		set_next(c, obj, slab->freelist);
		slab->freelist = obj;
		slab->inuse--;
		surplus = settle_after_free(c, n, slab, was_full);
	}
	spin_unlock(&n->lock);
	if (surplus)
		slab_free_pages(c, slab);
}

/* The fast path was interrupted, or found the object on its list already. irqs off. */
static void free_to_cpu(struct kmem_cache *c, struct kmem_cache_cpu *cc, void *obj, unsigned long site)
{
	if (cc->list.first == obj) {
		slab_report(c, obj, site, "freed twice");
		return;
	}
	set_next(c, obj, cc->list.first);
	arch_local_set(&cc->list, obj);
	count_stat(c, LIST_SET, 1);
	count_stat(c, OBJECTS_TO_CPU, 1);
	count_stat(c, FREE_REDO, 1);
}

static void slub_free(struct kmem_cache *c, void *obj, unsigned long site)
{
	struct kmem_cache_cpu *cc;
	struct page *slab;
	unsigned long flags;

	count_stat(c, FREE_SLOWPATH, 1);
	if (!free_makes_sense(c, obj, site))
		return;
	slab = slab_of(c, obj);
	flags = arch_irq_save();
	cc = this_cpu_slab(c);
	if (cc->page == slab)
		free_to_cpu(c, cc, obj, site);
	else
		free_to_slab(c, slab, obj, site);
	arch_irq_restore(flags);
}

static size_t slub_ksize(struct kmem_cache *c, const void *obj)
{
	return slub_debugged(c) ? slub_debug_size(c, obj) : c->object_size;
}

/* ---- the whole cache ---- */

/* The smallest order with MIN_OBJECTS and little waste at the end; else the one with least to complain about. */
static unsigned int choose_order(unsigned int size)
{
	unsigned int order = 0;

	for (; order < MAX_SLAB_ORDER; order++) {
		unsigned long bytes = PAGE_SIZE << order;

		if (bytes / size >= MIN_OBJECTS && bytes % size <= bytes / 16)
			return order;
	}
	while (order > 0 && (PAGE_SIZE << (order - 1)) / size >= MIN_OBJECTS)
		order--;
	while ((PAGE_SIZE << order) < size)
		order++;
	return order;
}

static void plain_layout(struct kmem_cache *c)
{
	c->size = ALIGN_UP(c->object_size, c->align);
	if (c->ctor) {	/* the link must not overwrite what the constructor made */
		c->offset = ALIGN_UP(c->object_size, (unsigned int)sizeof(void *));
		c->size = ALIGN_UP(c->offset + (unsigned int)sizeof(void *), c->align);
	}
}

static int slub_cache_init(struct kmem_cache *c)
{
	struct kmem_cache_node *n;

	c->flags |= slub_debug_flags(c);
	if (slub_debugged(c))
		slub_debug_layout(c);
	else
		plain_layout(c);
	for_each_slab_node(c, n) {
		spin_lock_init(&n->lock, RANK_SLAB);
		INIT_LIST_HEAD(&n->partial);
		INIT_LIST_HEAD(&n->full);
	}
	c->order = choose_order(c->size);
	c->slab_bytes = PAGE_SIZE << c->order;
	c->objects = (unsigned int)(c->slab_bytes / c->size);
	c->slub.min_partial = c->object_size < 1024 ? 4 : 5;
	return 0;
}

/* Give this CPU's objects back to its slab, and unfreeze it. irqs off. */
static void flush_this_cpu(struct kmem_cache *c)
{
	struct kmem_cache_cpu *cc = this_cpu_slab(c);
	struct page *slab = cc->page;
	struct kmem_cache_node *n;
	unsigned int moved = 0;
	void *obj, *list;

	if (!slab)
		return;
	list = cc->list.first;
	set_cpu_slab(c, cc, NULL, NULL);
	n = c_node(c, slab_nid(slab));
	spin_lock(&n->lock);
	for (; (obj = list); moved++) {
		list = slub_next(c, obj);
		set_next(c, obj, slab->freelist);
		slab->freelist = obj;
	}
	slab->inuse = (u16)(slab->inuse - moved);
	slab->frozen = 0;
	if (slab->freelist)
		add_partial(n, slab);
	spin_unlock(&n->lock);
	count_stat(c, CPUSLAB_FLUSH, 1);
	count_stat(c, OBJECTS_FROM_CPU, moved);
}

static unsigned long slub_shrink(struct kmem_cache *c)
{
	struct page *slab, *next;
	struct kmem_cache_node *n;
	unsigned long flags, pages = 0;
	LIST_HEAD(empty);

	for_each_slab_node(c, n) {
		spin_lock_irqsave(&n->lock, flags);
		list_for_each_entry_safe(slab, next, &n->partial, lru) {
			if (slab->inuse)
				continue;
			del_partial(n, slab);
			n->nr_slabs--;
			list_add(&slab->lru, &empty);
		}
		spin_unlock_irqrestore(&n->lock, flags);
	}
	list_for_each_entry_safe(slab, next, &empty, lru) {
		list_del(&slab->lru);
		slab_free_pages(c, slab);
		pages += 1UL << c->order;
	}
	return pages;
}

const struct slab_ops slub_ops = {
	.name = "slub", .cache_init = slub_cache_init, .alloc = slub_alloc, .free = slub_free, .ksize = slub_ksize,
	.flush = flush_this_cpu, .shrink = slub_shrink, .count = slub_count, .info = slub_info, .check = slub_check,
	.stats = slub_stats, .stat_names = SLUB_STAT_NAMES,
};
