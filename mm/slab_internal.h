/* SPDX-License-Identifier: MIT */
/*
 * slab_internal.h - a cache as the allocator's files see it, and what a back end must provide
 *
 * THE PICTURE    kmem_cache_alloc, kfree ...  slab_common.c: names, sizes, fast path
 *                        |  this CPU's list is empty, or the object is not from its slab
 *                        v
 *                slab_ops->alloc, ->free      slub.c (slub_ops), slab.c (slab_ops_slab), slob.c (slob_ops)
 *
 * The fast path is SLUB's: pop or push on cpu[].freelist. It asks nobody which back end was chosen: in the
 * others cpu[].freelist and cpu[].base stay 0 for ever, so that it never hits and the slow path asks.
 */
#ifndef MM_SLAB_INTERNAL_H
#define MM_SLAB_INTERNAL_H

#include <kernel/percpu.h>
#include <kernel/spinlock.h>
#include <lib/list.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/zone.h>

#ifndef MAX_NUMNODES
#define MAX_NUMNODES	1
#endif
#ifndef NUMA_NO_NODE
#define NUMA_NO_NODE	(-1)
#endif

/* Flags that the front end sets beside those of <mm/slab.h>. */
#define SLAB_KMALLOC	BIT(30)	/* one of kmalloc's general caches */
#define SLAB_NO_CPU	BIT(31)	/* no per-CPU lists: every call takes the slow path (debugging, fault injection) */

struct array_cache;		/* mm/slab.c */

/* letters: (i) immutable (c) own CPU, interrupts off (n) node->lock (a) atomic (m) slab_mutex */
struct kmem_cache_cpu {
	void		*freelist;	/* (c) SLUB: free objects of `page` that only this CPU hands out */
	unsigned long	base;		/* (c) SLUB: address of `page`'s first byte; 0: none           */
	union {
		struct page *page;	/* (c) SLUB: frozen slab, or NULL                              */
		struct array_cache *array; /* (c) SLAB */
	};
};

/* One for each memory node. `partial` holds slabs with both used and free objects in SLUB and SLAB. */
struct kmem_cache_node {
	spinlock_t	lock;		/* RANK_SLAB, irq-safe                                     */
	struct list_head partial;	/* (n) */
	unsigned long	nr_partial;	/* (n) */
	unsigned long	nr_slabs;	/* (n) all slabs of this node                              */
	struct list_head full;		/* (n) SLAB; SLUB: only in caches that are debugged        */
	struct list_head free;		/* (n) SLAB */
	unsigned long	free_objects;	/* (n) SLAB */
	unsigned int	colour_next;	/* (n) SLAB */
	struct array_cache *shared;	/* (n) SLAB */
	bool		free_touched;	/* (n) SLAB: a slab of `free` was needed since cache_reap looked */
};

/* What only SLAB needs of a cache; its per-CPU arrays are cpu[].array. */
struct slab_cache_part {
	unsigned int	limit, batchcount, shared; /* (m) */
	unsigned int	colour, colour_off;	/* (i) */
	bool		off_slab;		/* (i) freelists are kmalloc'ed           */
};

struct kmem_cache {
	struct kmem_cache_cpu cpu[NR_CPUS];
	unsigned int	size;		/* (i) bytes from one object to the next                   */
	unsigned int	object_size;	/* (i) bytes the user asked for                            */
	unsigned int	offset;		/* (i) SLUB: of the free-list link in a free object        */
	unsigned int	align;		/* (i) */
	unsigned int	order;		/* (i) a slab is 2^order pages                             */
	unsigned int	objects;	/* (i) per slab                                            */
	unsigned int	flags;		/* (i) SLAB_*                                              */
	gfp_t		gfp;		/* (i) added to each page allocation (GFP_DMA)             */
	void		(*ctor)(void *);
	union {
		struct slab_cache_part slab;	/* SLAB's own */
		unsigned long nr_objects;	/* (a) SLOB: handed out, but for small kmalloc'ed ones */
	};
	struct list_head link;		/* (m) */
	char		name[32];	/* (i) */
	struct kmem_cache_node node[MAX_NUMNODES];
};

static inline struct kmem_cache_node *c_node(struct kmem_cache *c, unsigned int nid)
{
	return &c->node[nid];
}

#define for_each_slab_node(c, n) for ((n) = (c)->node; (n) < (c)->node + MAX_NUMNODES; (n)++)

/* The columns of /proc/slabinfo that a back end fills; the front end knows the rest. */
struct slabinfo {
	unsigned long	active_objs, num_objs, active_slabs, num_slabs, shared_avail;
	unsigned int	limit, batchcount, shared;
};

/*
 * A back end. The front end (slab_common.c) checks arguments, zeroes __GFP_ZERO objects and keeps the list of caches.
 * Objects lie in pages with PG_slab and page->slab_cache set to a cache, in each page of a slab: kfree() passes that
 * cache to ->free.
 */
struct slab_ops {
	const char *name;
	/*
	 * cache_init - name, object_size, align, flags, gfp and ctor are set, the rest is 0: choose size, order and
	 * objects, set up nodes. First call: the cache of caches, when nothing can be allocated. 0 or -ENOMEM.
	 */
	int (*cache_init)(struct kmem_cache *c);
	/* boot - last step of slab_init(), when kmalloc works (NULL: none) */
	void (*boot)(void);
	/* cache_exit - undo cache_init (NULL: nothing to undo); the cache has no slabs. */
	void (*cache_exit)(struct kmem_cache *c);
	/*
	 * alloc - one object, NULL: no memory. @size is what the caller asked for (kmalloc: at most object_size),
	 * @node a preference or NUMA_NO_NODE, @site who asks. Any context that @gfp allows.
	 */
	void *(*alloc)(struct kmem_cache *c, size_t size, gfp_t gfp, int node, unsigned long site);
	/* free - @obj is from @c, or should be. Any context. */
	void (*free)(struct kmem_cache *c, void *obj, unsigned long site);
	/* ksize - usable bytes of a kmalloc'ed object; NULL: object_size of its cache */
	size_t (*ksize)(struct kmem_cache *c, const void *obj);
	/* shrink - empty slabs back to the page allocator; returns pages. May call other CPUs if interrupts are on. */
	unsigned long (*shrink)(struct kmem_cache *c);
	/* count - objects handed out; exact when the cache is quiet */
	unsigned long (*count)(struct kmem_cache *c);
	/* info - fill @i (zeroed); from any thread */
	void (*info)(struct kmem_cache *c, struct slabinfo *i);
	/* check - validator: panics with operands */
	void (*check)(struct kmem_cache *c);
};

extern const struct slab_ops slub_ops, slab_ops_slab, slob_ops;
extern const struct slab_ops *slab_ops;		/* the chosen one */

/* ---- the fast path ---- */
/* slub_flush_this_cpu - give this CPU's objects back to its slab, and unfreeze it. irqs off */
void slub_flush_this_cpu(struct kmem_cache *c);
void slub_poison(struct kmem_cache *c, void *obj);
void slub_check_poison(struct kmem_cache *c, void *obj);

/* slub_pop - the first object of this CPU's list, or NULL */
static inline void *slub_pop(struct kmem_cache *c)
{
	unsigned long flags = arch_irq_save();
	struct kmem_cache_cpu *cc = &c->cpu[smp_processor_id()];
	void *obj = cc->freelist;

	if (likely(obj))
		cc->freelist = *(void **)((char *)obj + c->offset);
	arch_irq_restore(flags);
	if (CONFIG_DEBUG && obj)
		slub_check_poison(c, obj);
	return obj;
}

/* slub_push - @obj back to this CPU's list, if it is from this CPU's slab */
static inline bool slub_push(struct kmem_cache *c, void *obj)
{
	unsigned long flags = arch_irq_save();
	struct kmem_cache_cpu *cc = &c->cpu[smp_processor_id()];
	bool mine = (unsigned long)obj - cc->base < PAGE_SIZE << c->order;

	ASSERT_MSG(cc->freelist != obj, "double free of %p to slab %s", obj, c->name);
	ASSERT_MSG(!mine || ((unsigned long)obj - cc->base) % c->size == 0,
		   "free of %p to slab %s: not the start of an object", obj, c->name);
	if (likely(mine)) {
		if (CONFIG_DEBUG)
			slub_poison(c, obj);
		*(void **)((char *)obj + c->offset) = cc->freelist;
		cc->freelist = obj;
	}
	arch_irq_restore(flags);
	return mine;
}

/* ---- kmalloc.c, slab_common.c ---- */
void kmalloc_init(void);
/* slab_add_cache - a cache of a back end's own joins the list; boot only */
void slab_add_cache(struct kmem_cache *c);
/* slab_for_each_cache - @fn(cache, @arg), with slab_mutex held. sleeps: yes */
void slab_for_each_cache(void (*fn)(struct kmem_cache *c, void *arg), void *arg);
/* slab_alloc_slow - from the back end; zeroed if @gfp says so */
void *slab_alloc_slow(struct kmem_cache *c, size_t size, gfp_t gfp, int node, unsigned long site);
/* slab_alloc_pages - 2^@c->order pages of @node that belong to @c (PG_slab, slab_cache, nr_slab_pages), or NULL. */
struct page *slab_alloc_pages(struct kmem_cache *c, gfp_t gfp, int node);
/* slab_free_pages - undo it */
void slab_free_pages(struct kmem_cache *c, struct page *slab);
/* slab_nid - the node of a slab's pages: the index for c_node() */
unsigned int slab_nid(const struct page *slab);


#endif
