/* SPDX-License-Identifier: MIT */
/* slab_arrays.h - what SLAB's two files share: slab.c (slabs and objects), slab_reap.c (arrays and limits) */
#ifndef MM_SLAB_ARRAYS_H
#define MM_SLAB_ARRAYS_H

#include "slab_internal.h"

/* Objects ready to be handed out: a stack of one CPU, or what the CPUs of a node share (slab.shared batches). */
struct array_cache {
	unsigned int	avail;		/* objects in entry[]                                      */
	unsigned int	limit;		/* how many there may be                                   */
	unsigned int	batchcount;	/* how many move to or from the node at once               */
	unsigned int	touched;	/* allocated from since cache_reap looked                  */
	void		*entry[];	/* last in, first out                                      */
};

static inline struct array_cache *cpu_cache_get(struct kmem_cache *c)
{
	return c->cpu[smp_processor_id()].array;
}

/* Free objects a node may keep: a batch for everyone, and a slab; none where nobody has an array (R3). */
static inline unsigned long slab_free_limit(const struct kmem_cache *c)
{
	return c->flags & SLAB_NO_CPU ? 0 : (1UL + nr_cpus) * c->slab.batchcount + c->objects;
}

/* The node of the CPU we run on. */
static inline struct kmem_cache_node *local_node(struct kmem_cache *c)
{
	return c_node(c, numa_node_id());
}

/* ---- slab.c ---- */
/*
 * free_block - @count objects of node @n back to their slabs; slabs that are now too many go to @surplus.
 *   locks: node->lock held
 */
void free_block(struct kmem_cache *c, struct kmem_cache_node *n, void **objs, unsigned int count,
		struct list_head *surplus);
/* slabs_destroy - slabs that are on @list alone, back to the page allocator; returns pages. No lock held. */
unsigned long slabs_destroy(struct kmem_cache *c, struct list_head *list);

/* ---- slab_reap.c ---- */
/* setup_cpu_cache - this CPU's first array for @c, NULL: go on without. irqs off */
struct array_cache *setup_cpu_cache(struct kmem_cache *c);
/* enable_cpucache - default limits for a new cache */
void enable_cpucache(struct kmem_cache *c);
unsigned long slab_shrink(struct kmem_cache *c);
unsigned long slab_count(struct kmem_cache *c);
void slab_fill_info(struct kmem_cache *c, struct slabinfo *i);
void slab_boot(void);

#endif
