/* SPDX-License-Identifier: MIT */
/* slab_internal.h - a cache as the allocator's files see it: slab_common.c (names, sizes) and slub.c (objects) */
#ifndef MM_SLAB_INTERNAL_H
#define MM_SLAB_INTERNAL_H

#include <kernel/cpumask.h>
#include <kernel/spinlock.h>
#include <lib/list.h>
#include <mm/page.h>
#include <mm/slab.h>

/* letters: (i) immutable (c) own CPU, interrupts off (n) cache->lock (a) atomic (m) slab_mutex */
struct kmem_cache_cpu {
	void		*freelist;	/* (c) free objects of `page` that only this CPU hands out */
	struct page	*page;		/* (c) frozen slab, or NULL                                */
};

struct kmem_cache {
	struct kmem_cache_cpu cpu[NR_CPUS];
	unsigned int	size;		/* (i) bytes from one object to the next                   */
	unsigned int	object_size;	/* (i) bytes the user asked for                            */
	unsigned int	offset;		/* (i) of the free-list link in a free object              */
	unsigned int	align;		/* (i) */
	unsigned int	order;		/* (i) a slab is 2^order pages                             */
	unsigned int	objects;	/* (i) per slab                                            */
	unsigned int	flags;		/* (i) SLAB_*                                              */
	void		(*ctor)(void *);
	spinlock_t	lock;		/* RANK_SLAB, irq-safe */
	struct list_head partial;	/* (n) slabs with free objects, owned by no CPU            */
	unsigned int	nr_partial;	/* (n) */
	unsigned long	nr_slabs;	/* (n) all slabs                                           */
	struct list_head link;		/* (m) */
	char		name[32];	/* (i) */
};

/* ---- slub.c ---- */
void slub_cache_init(struct kmem_cache *c);
unsigned long slub_shrink(struct kmem_cache *c);
/* slub_count - objects handed out; exact when the cache is quiet */
unsigned long slub_count(struct kmem_cache *c);
void slub_check(struct kmem_cache *c);

#endif
