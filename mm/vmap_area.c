/* SPDX-License-Identifier: MIT */
/*
 * mm/vmap_area.c - which addresses of the vmalloc area are free, and when may one be used again?
 *
 * THE QUESTION   Unmapping is cheap; telling every CPU to forget the old translation is not. Can a
 *                thousand frees share one flush?
 *
 * THE PICTURE    vmalloc_start                                                     vmalloc_end
 *                [ busy   |g][ busy |g][ lazy   |g][ busy|g][ free                      ]
 *
 *                       alloc_vmap_area()                       vfree()
 *                free ---------------------> busy ---------------------------> lazy: ptes are empty, but a
 *                tree     lowest that fits   tree   ptes cleared at once       list  CPU may remember them
 *                  ^                                                            |
 *                  +----------- __purge_vmap_area_lazy(): ONE flush, then all --+
 *                               when lazy_max_pages() wait, or no room is left,
 *                               or someone calls vm_unmap_aliases()
 *
 *                The free tree is augmented: each node knows the largest area below it, so that a search
 *                never enters a subtree in vain: O(log n).
 *
 * ALWAYS TRUE    A1  busy, lazy and free areas do not overlap and cover [space_start, vmalloc_end) together.
 *                A2  two free areas never touch: they would have been merged.
 *                A3  tree and list of a kind hold the same areas in address order; subtree_max_size is right.
 *                A4  an address leaves the purge list only after all CPUs flushed it, so a new mapping is
 *                    never hidden by an old translation. (The old *pages* are free at once, as in Linux: only
 *                    a use after vfree() could still reach them, and debug=2 builds flush at once to catch it.)
 *
 * LOCKS          vmap_area_lock (RANK_VMALLOC, irq-safe) for everything here; vmap_purge_lock
 *                (RANK_VMALLOC_PURGE, sleeping) around a purge: one flushes, others skip or wait.
 * THE NUMBERS    lazy_max_pages: 32 MiB times the number of bits of the CPU count: a flush gets dearer with
 *                CPUs, so more frees share it. 32 MiB of addresses are 2048 stacks of 16 KiB.
 * LEFT OUT       per-CPU blocks for small vmaps (vm_map_ram), a lock per part of the space.
 * READ NEXT      vmalloc.c (who allocates), vmap.c (the ptes), tlb_shootdown.c (the flush).
 */
#include <kernel/mutex.h>
#include <kernel/percpu.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include "mm_internal.h"
#include "vmap_area.h"

#define LAZY_BYTES	(32UL << 20)
#define PURGE_BATCH	32		/* areas given back per lock hold: interrupts are off meanwhile */

struct area_set { struct rb_root root; struct list_head list; };

static DEFINE_SPINLOCK(vmap_area_lock, RANK_VMALLOC);
static DEFINE_MUTEX(vmap_purge_lock, RANK_VMALLOC_PURGE);
static struct area_set busy = { RB_ROOT, LIST_HEAD_INIT(busy.list) };
static struct area_set vacant = { RB_ROOT, LIST_HEAD_INIT(vacant.list) };
static LIST_HEAD(purge_list);
static unsigned long lazy_pages;		/* on purge_list, or being purged */
static unsigned long space_start;
static struct kmem_cache *vmap_area_cache;

static unsigned long va_size(const struct vmap_area *va)
{
	return va->va_end - va->va_start;
}

/* ---- the augmented tree of free areas -------------------------------------------------------- */

static unsigned long subtree_max(const struct rb_node *node)
{
	return node ? rb_entry(node, struct vmap_area, rb_node)->subtree_max_size : 0;
}

static bool update_max(struct rb_node *node)
{
	struct vmap_area *va = rb_entry(node, struct vmap_area, rb_node);
	unsigned long m = max(va_size(va), max(subtree_max(node->rb_left), subtree_max(node->rb_right)));
	bool changed = va->subtree_max_size != m;

	va->subtree_max_size = m;
	return changed;
}

static void max_propagate(struct rb_node *node, struct rb_node *stop)
{
	while (node != stop && update_max(node))
		node = rb_parent(node);
}

static void max_copy(struct rb_node *old, struct rb_node *node)
{
	rb_entry(node, struct vmap_area, rb_node)->subtree_max_size = subtree_max(old);
}

static void max_rotate(struct rb_node *old, struct rb_node *node)
{
	max_copy(old, node);
	update_max(old);
}

static const struct rb_augment_callbacks max_callbacks = { max_propagate, max_copy, max_rotate };

/* The area in whose subtree nothing lower than @node's own is at least @length: leftmost that fits. */
static struct vmap_area *leftmost_fit(struct rb_node *node, unsigned long length)
{
	while (subtree_max(node) >= length) {
		struct vmap_area *va = rb_entry(node, struct vmap_area, rb_node);

		if (subtree_max(node->rb_left) >= length)
			node = node->rb_left;
		else if (va_size(va) >= length)
			return va;
		else
			node = node->rb_right;
	}
	return NULL;
}

/* The next area above @va of at least @length. */
static struct vmap_area *next_fit(struct vmap_area *va, unsigned long length)
{
	struct rb_node *node = &va->rb_node, *parent;

	if (subtree_max(node->rb_right) >= length)
		return leftmost_fit(node->rb_right, length);
	for (; (parent = rb_parent(node)); node = parent) {
		struct vmap_area *up = rb_entry(parent, struct vmap_area, rb_node);

		if (node == parent->rb_right)
			continue;
		if (va_size(up) >= length)
			return up;
		if (subtree_max(parent->rb_right) >= length)
			return leftmost_fit(parent->rb_right, length);
	}
	return NULL;
}

/* The first free area that ends above @addr. */
static struct vmap_area *first_above(unsigned long addr)
{
	struct rb_node *node = vacant.root.rb_node;
	struct vmap_area *best = NULL;

	while (node) {
		struct vmap_area *va = rb_entry(node, struct vmap_area, rb_node);

		if (va->va_end > addr) {
			best = va;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

/* Where in @va the request would start; 0: it does not fit. */
static unsigned long place(const struct vmap_area *va, const struct vmap_request *rq)
{
	unsigned long addr = ALIGN_UP(max(va->va_start, rq->start), rq->align);
	unsigned long end = min(va->va_end, rq->end);

	return addr >= va->va_start && addr < end && end - addr >= rq->size ? addr : 0;
}

/*
 * The lowest free area for @rq and the address in it; NULL: none. Areas of @length are sought first: what
 * surely fits however it is aligned. Those that fit by luck of alignment alone are tried only when no other is left.
 */
static struct vmap_area *find_vmap_lowest_match(const struct vmap_request *rq, unsigned long *addr)
{
	unsigned long length = rq->size + rq->align - PAGE_SIZE;
	struct vmap_area *first = first_above(rq->start), *va;

	va = first && va_size(first) < length ? next_fit(first, length) : first;
	for (; va && va->va_start < rq->end; va = next_fit(va, length))
		if ((*addr = place(va, rq)))
			return va;
	if (rq->align == PAGE_SIZE || !first)
		return NULL;
	for (va = first; &va->list != &vacant.list && va->va_start < rq->end; va = list_next_entry(va, list))
		if ((*addr = place(va, rq)))
			return va;
	return NULL;
}

/* ---- sets of areas --------------------------------------------------------------------------- */

static void insert_vmap_area(struct area_set *set, struct vmap_area *va)
{
	struct rb_node **link = &set->root.rb_node, *parent = NULL;
	struct list_head *before = &set->list;	/* the list goes on behind this one */

	while (*link) {
		struct vmap_area *v = rb_entry(*link, struct vmap_area, rb_node);

		parent = *link;
		ASSERT_MSG(va->va_end <= v->va_start || v->va_end <= va->va_start,
			   "A1: [%#lx,%#lx) and [%#lx,%#lx)", va->va_start, va->va_end, v->va_start, v->va_end);
		if (va->va_start < v->va_start) {
			link = &parent->rb_left;
		} else {
			before = &v->list;
			link = &parent->rb_right;
		}
	}
	rb_link_node(&va->rb_node, parent, link);
	list_add(&va->list, before);
	if (set == &busy) {
		rb_insert_color(&va->rb_node, &set->root);
		return;
	}
	va->subtree_max_size = va_size(va);
	max_propagate(parent, NULL);
	rb_insert_augmented(&va->rb_node, &set->root, &max_callbacks);
}

static void remove_vmap_area(struct area_set *set, struct vmap_area *va)
{
	if (set == &busy)
		rb_erase(&va->rb_node, &set->root);
	else
		rb_erase_augmented(&va->rb_node, &set->root, &max_callbacks);
	list_del(&va->list);
}

/* ---- free -> busy ---------------------------------------------------------------------------- */

/*
 * Cut [addr, addr + size) out of the free area @va. At most one of @va and *@spare is not needed then;
 * it is left in *@spare for the caller to free.
 *	[ left |  taken  | right ]	the left part is a new area, the right one stays @va
 */
static void cut_vmap_area(struct vmap_area *va, unsigned long addr, unsigned long size, struct vmap_area **spare)
{
	unsigned long start = va->va_start, end = addr + size;

	if (start == addr && end == va->va_end) {
		remove_vmap_area(&vacant, va);
		kmem_cache_free(vmap_area_cache, va);
		return;
	}
	if (end == va->va_end) {
		va->va_end = addr;
		max_propagate(&va->rb_node, NULL);
		return;
	}
	va->va_start = end;
	max_propagate(&va->rb_node, NULL);
	if (start == addr)
		return;
	(*spare)->va_start = start;
	(*spare)->va_end = addr;
	insert_vmap_area(&vacant, *spare);
	*spare = NULL;
}

/* One attempt. Both areas were allocated beforehand: nothing is allocated under the lock. */
static bool take_addresses(const struct vmap_request *rq, struct vmap_area *va, struct vmap_area **spare)
{
	struct vmap_area *from;
	unsigned long flags, addr;

	spin_lock_irqsave(&vmap_area_lock, flags);
	from = find_vmap_lowest_match(rq, &addr);
	if (from) {
		cut_vmap_area(from, addr, rq->size, spare);
		va->va_start = addr;
		va->va_end = addr + rq->size;
		va->vm = NULL;
		insert_vmap_area(&busy, va);
	}
	spin_unlock_irqrestore(&vmap_area_lock, flags);
	return from;
}

static bool may_purge(void)
{
	return !arch_irqs_disabled() && !this_cpu()->irq_depth;
}

struct vmap_area *alloc_vmap_area(const struct vmap_request *rq)
{
	struct vmap_area *va = kmem_cache_alloc(vmap_area_cache, rq->gfp);
	struct vmap_area *spare = va ? kmem_cache_alloc(vmap_area_cache, rq->gfp) : NULL;
	bool ok = false;

	ASSERT(IS_ALIGNED(rq->size | rq->align, PAGE_SIZE) && rq->size && rq->align);
	if (spare) {
		ok = take_addresses(rq, va, &spare);
		if (!ok && (rq->gfp & __GFP_RECLAIM) && may_purge()) {
			vm_unmap_aliases();
			ok = take_addresses(rq, va, &spare);
		}
	}
	if (spare)
		kmem_cache_free(vmap_area_cache, spare);
	if (!ok && va)
		kmem_cache_free(vmap_area_cache, va);
	return ok ? va : NULL;
}

void setup_vmap_area(struct vmap_area *va, struct vm_struct *vm)
{
	unsigned long flags;

	spin_lock_irqsave(&vmap_area_lock, flags);
	va->vm = vm;
	spin_unlock_irqrestore(&vmap_area_lock, flags);
}

/* ---- busy -> lazy -> free -------------------------------------------------------------------- */

static struct vmap_area *find_locked(unsigned long addr)
{
	struct rb_node *n = busy.root.rb_node;

	while (n) {
		struct vmap_area *va = rb_entry(n, struct vmap_area, rb_node);

		if (addr >= va->va_start && addr < va->va_end)
			return va;
		n = addr < va->va_start ? n->rb_left : n->rb_right;
	}
	return NULL;
}

struct vmap_area *find_vmap_area(unsigned long addr)
{
	struct vmap_area *va;
	unsigned long flags;

	spin_lock_irqsave(&vmap_area_lock, flags);
	va = find_locked(addr);
	spin_unlock_irqrestore(&vmap_area_lock, flags);
	return va;
}

struct vmap_area *unlink_vmap_area(unsigned long addr)
{
	struct vmap_area *va;
	unsigned long flags;

	spin_lock_irqsave(&vmap_area_lock, flags);
	va = find_locked(addr);
	if (va && va->va_start == addr)
		remove_vmap_area(&busy, va);
	else
		va = NULL;
	spin_unlock_irqrestore(&vmap_area_lock, flags);
	return va;
}

/* A2: join @va with the free areas that it touches, or add it as one of its own. */
static void merge_or_add(struct vmap_area *va)
{
	struct vmap_area *next = first_above(va->va_start), *prev = NULL;

	if (next ? !list_is_first(&next->list, &vacant.list) : !list_empty(&vacant.list))
		prev = next ? list_prev_entry(next, list) : list_last_entry(&vacant.list, struct vmap_area, list);
	ASSERT_MSG(!next || va->va_end <= next->va_start, "A1: %#lx is free already", next->va_start);
	if (prev && prev->va_end == va->va_start) {
		va->va_start = prev->va_start;
		remove_vmap_area(&vacant, prev);
		kmem_cache_free(vmap_area_cache, prev);
	}
	if (next && next->va_start == va->va_end) {
		next->va_start = va->va_start;
		max_propagate(&next->rb_node, NULL);
		kmem_cache_free(vmap_area_cache, va);
		return;
	}
	insert_vmap_area(&vacant, va);
}

/* The flush is done: give back up to PURGE_BATCH areas of @list. */
static void purge_some(struct list_head *list)
{
	unsigned long flags;

	spin_lock_irqsave(&vmap_area_lock, flags);
	for (unsigned int i = 0; i < PURGE_BATCH && !list_empty(list); i++) {
		struct vmap_area *va = list_first_entry(list, struct vmap_area, list);

		list_del(&va->list);
		lazy_pages -= va_size(va) >> PAGE_SHIFT;
		mod_vm_state(nr_vmap_lazy_pages, -(long)(va_size(va) >> PAGE_SHIFT));
		count_vm_event(vmap_purged);
		merge_or_add(va);
	}
	spin_unlock_irqrestore(&vmap_area_lock, flags);
}

/* vmap_purge_lock held. The list is taken first: what is added during the flush waits for the next. */
static void __purge_vmap_area_lazy(void)
{
	unsigned long flags, start = ~0UL, end = 0;
	struct vmap_area *va;
	LIST_HEAD(list);

	spin_lock_irqsave(&vmap_area_lock, flags);
	list_splice_init(&purge_list, &list);
	spin_unlock_irqrestore(&vmap_area_lock, flags);
	if (list_empty(&list))
		return;
	list_for_each_entry(va, &list, list) {
		start = min(start, va->va_start);
		end = max(end, va->va_end);
	}
	flush_tlb_kernel_range(start, end);
	count_vm_event(vmap_purge);
	while (!list_empty(&list))
		purge_some(&list);
}

void vm_unmap_aliases(void)
{
	WITH_MUTEX(&vmap_purge_lock)
		__purge_vmap_area_lazy();
}

unsigned long lazy_max_pages(void)
{
	unsigned int bits = 64 - (unsigned int)__builtin_clzl((unsigned long)nr_cpus);

	return bits * (LAZY_BYTES >> PAGE_SHIFT);
}

void free_vmap_area_lazily(struct vmap_area *va)
{
	unsigned long flags, pages = va_size(va) >> PAGE_SHIFT, waiting;

	spin_lock_irqsave(&vmap_area_lock, flags);
	list_add_tail(&va->list, &purge_list);
	waiting = lazy_pages += pages;
	spin_unlock_irqrestore(&vmap_area_lock, flags);
	mod_vm_state(nr_vmap_lazy_pages, (long)pages);
	count_vm_event(vmap_lazy_free);
	if (waiting <= lazy_max_pages() || !may_purge() || !mutex_trylock(&vmap_purge_lock))
		return;		/* from an interrupt: whoever comes next in a thread */
	__purge_vmap_area_lazy();
	mutex_unlock(&vmap_purge_lock);
}

/* ---- looking --------------------------------------------------------------------------------- */

bool with_next_vmap_area(unsigned long addr, void (*fn)(const struct vmap_area *va, void *arg), void *arg)
{
	struct vmap_area *best = NULL;
	struct rb_node *n;
	unsigned long flags;

	spin_lock_irqsave(&vmap_area_lock, flags);
	for (n = busy.root.rb_node; n;) {
		struct vmap_area *va = rb_entry(n, struct vmap_area, rb_node);

		if (va->va_start >= addr)
			best = va;
		n = va->va_start >= addr ? n->rb_left : n->rb_right;
	}
	while (best && !best->vm)
		best = list_is_last(&best->list, &busy.list) ? NULL : list_next_entry(best, list);
	if (best)
		fn(best, arg);
	spin_unlock_irqrestore(&vmap_area_lock, flags);
	return best;
}

/* A3, for one set; returns its pages. */
static unsigned long check_set(const struct area_set *set)
{
	unsigned long pages = 0, end = 0;
	struct list_head *at = set->list.next;
	struct vmap_area *va;
	long nodes = 0;

	rb_for_each_entry(va, &set->root, rb_node) {
		if (at != &va->list || va->va_start >= va->va_end || va->va_start < end)
			panic("A3: area [%#lx,%#lx) out of order", va->va_start, va->va_end);
		if (set == &vacant && va->va_start == end)
			panic("A2: free areas meet at %#lx", end);
		if (set == &vacant && va->subtree_max_size !=
		    max(va_size(va), max(subtree_max(va->rb_node.rb_left), subtree_max(va->rb_node.rb_right))))
			panic("A3: largest area below %#lx is not %#lx", va->va_start, va->subtree_max_size);
		at = at->next;
		end = va->va_end;
		pages += va_size(va) >> PAGE_SHIFT;
		nodes++;
	}
	if (at != &set->list || rb_check(&set->root) != nodes)
		panic("A3: tree of %ld areas is damaged", nodes);
	return pages;
}

void vmap_area_check(void)
{
	unsigned long flags, sum;

	mutex_lock(&vmap_purge_lock);
	spin_lock_irqsave(&vmap_area_lock, flags);
	sum = check_set(&busy) + check_set(&vacant) + lazy_pages;
	if (sum != (vmalloc_end - space_start) >> PAGE_SHIFT)
		panic("A1: %lu pages of addresses are busy, lazy or free, not %lu", sum,
		      (vmalloc_end - space_start) >> PAGE_SHIFT);
	spin_unlock_irqrestore(&vmap_area_lock, flags);
	mutex_unlock(&vmap_purge_lock);
}

unsigned long vmalloc_largest_chunk(void)
{
	unsigned long flags, size;

	spin_lock_irqsave(&vmap_area_lock, flags);
	size = subtree_max(vacant.root.rb_node);
	spin_unlock_irqrestore(&vmap_area_lock, flags);
	return size;
}

/* The first page stays empty, so that running off the front of the first area faults, too. */
void vmap_area_init(void)
{
	struct vmap_area *all;

	vmap_area_cache = kmem_cache_create("vmap_area", sizeof(struct vmap_area), 0, SLAB_PANIC, NULL);
	all = kmem_cache_alloc(vmap_area_cache, GFP_KERNEL);
	if (!all)
		panic("no memory for the vmalloc area");
	space_start = vmalloc_start + PAGE_SIZE;
	all->va_start = space_start;
	all->va_end = vmalloc_end;
	insert_vmap_area(&vacant, all);
}
