/* SPDX-License-Identifier: MIT */
/*
 * slab_internal.h - a cache as the allocator's files see it, and what a back end must provide
 *
 * THE PICTURE    kmem_cache_alloc, kfree ...  slab_common.c: names, sizes, fast path
 *                        |  this CPU's list is empty, or the object is not from its slab
 *                        v
 *                slab_ops->alloc, ->free      slub.c (slub_ops), slab.c (slab_ops_slab), slob.c (slob_ops)
 *
 * The fast path is SLUB's: pop or push on cpu[].list. It asks nobody which back end was chosen: in the
 * others cpu[].list and cpu[].base stay 0 for ever, so that it never hits and the slow path asks.
 */
#ifndef MM_SLAB_INTERNAL_H
#define MM_SLAB_INTERNAL_H

#include <kernel/percpu.h>
#include <kernel/spinlock.h>
#include <lib/list.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/zone.h>

#define NUMA_NO_NODE	NO_NODE

/* Flags that only these files set, beside those of <mm/slab.h>. */
#define SLAB_KMALLOC	BIT(30)	/* one of kmalloc's general caches */
#define SLAB_NO_CPU	BIT(31)	/* SLAB: no array for any CPU      */

/* Any of these: objects are checked on each call, so there are no per-CPU lists (mm/slub_debug.c). */
#define SLAB_DEBUG_FLAGS (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

struct array_cache;		/* mm/slab.c */

/*
 * letters: (i) immutable (c) own CPU, interrupts off, except `list` by arch_local_commit() (n) node->lock (a) atomic
 * (m) slab_mutex
 *
 * 32 bytes, two CPUs to a cache line: a line for each would double struct kmem_cache, and there are 50 of those.
 */
struct kmem_cache_cpu {
	struct local_head list;		/* (c) SLUB: free objects of `page` that only this CPU hands out */
	unsigned long	base;		/* (c) SLUB: address of `page`'s first byte; 0: none             */
	union {
		struct page *page;	/* (c) SLUB: frozen slab, or NULL                                */
		struct array_cache *array; /* (c) SLAB                                                   */
	};
};

/* One for each memory node. `partial` holds slabs with both used and free objects in SLUB and SLAB. */
struct kmem_cache_node {
	spinlock_t	lock;		/* RANK_SLAB, irq-safe                                     */
	unsigned int	colour_next;	/* (n) SLAB */
	struct list_head partial;	/* (n) */
	unsigned long	nr_partial;	/* (n) */
	unsigned long	nr_slabs;	/* (n) all slabs of this node                              */
	struct list_head full;		/* (n) SLAB; SLUB: only in caches that are debugged        */
	struct list_head free;		/* (n) SLAB */
	unsigned long	free_objects;	/* (n) SLAB */
	struct array_cache *shared;	/* (n) SLAB */
	bool		free_touched;	/* (n) SLAB: a slab of `free` was needed since cache_reap looked */
};

/* What only SLAB needs of a cache; its per-CPU arrays are cpu[].array. */
struct slab_cache_part {
	unsigned int	limit, batchcount, shared; /* (m) */
	unsigned int	colour, colour_off;	/* (i) */
	bool		off_slab;		/* (i) freelists are kmalloc'ed           */
};

/* What only SLUB needs: slow-path counters (slub.c says what each counts), and the layout of a debugged object. */
enum slub_stat {
	ALLOC_SLOWPATH, ALLOC_REDO, ALLOC_REFILL, ALLOC_FROM_PARTIAL, ALLOC_SLAB,
	FREE_SLOWPATH, FREE_REDO, FREE_FROZEN, FREE_ADD_PARTIAL, FREE_SLAB, CPUSLAB_FLUSH,
	OBJECTS_TO_CPU, OBJECTS_FROM_CPU, LIST_SET, NR_SLUB_STATS
};

struct slub_cache_part {
	unsigned int	min_partial;	/* (i) slabs a node keeps though they are empty            */
	unsigned int	red_left;	/* (i) bytes of red zone before an object                  */
	unsigned long	stat[NR_SLUB_STATS]; /* (a) */
};

struct kmem_cache {
	struct kmem_cache_cpu cpu[NR_CPUS];
	unsigned long	slab_bytes;	/* (i) PAGE_SIZE << order                                  */
	unsigned int	offset;		/* (i) SLUB: of the free-list link in a free object        */
	unsigned int	object_size;	/* (i) bytes the user asked for                            */
	unsigned int	flags;		/* (i) SLAB_*                                              */
	unsigned int	size;		/* (i) bytes from one object to the next                   */
	unsigned int	align;		/* (i) */
	unsigned int	order;		/* (i) a slab is 2^order pages                             */
	unsigned int	objects;	/* (i) per slab                                            */
	gfp_t		gfp;		/* (i) added to each page allocation (GFP_DMA)             */
	void		(*ctor)(void *);
	union {
		struct slub_cache_part slub;
		struct slab_cache_part slab;
		unsigned long nr_objects;	/* (a) SLOB: handed out, but for small kmalloc'ed ones */
	};
	struct list_head link;		/* (m) */
	char		name[32];	/* (i) */
	struct kmem_cache_node node[MAX_NUMNODES]; /* as many as slab_nr_nodes; the rest is not even allocated */
};

extern unsigned int slab_nr_nodes;	/* (i) highest node online + 1 */

static inline struct kmem_cache_node *c_node(struct kmem_cache *c, unsigned int nid)
{
	return &c->node[nid];
}

#define for_each_slab_node(c, n) for ((n) = (c)->node; (n) < (c)->node + slab_nr_nodes; (n)++)

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
	 * @node the wanted node or NO_NODE, @site who asks. Any context that @gfp allows.
	 */
	void *(*alloc)(struct kmem_cache *c, size_t size, gfp_t gfp, int node, unsigned long site);
	/* free - @obj is from @c, or should be. Any context. */
	void (*free)(struct kmem_cache *c, void *obj, unsigned long site);
	/* ksize - usable bytes of a kmalloc'ed object; NULL: object_size of its cache */
	size_t (*ksize)(struct kmem_cache *c, const void *obj);
	/* flush - what this CPU keeps goes back to the node lists; NULL: it keeps nothing. irqs off */
	void (*flush)(struct kmem_cache *c);
	/* shrink - after flush on every CPU: empty slabs back to the page allocator; returns pages */
	unsigned long (*shrink)(struct kmem_cache *c);
	/* count - objects handed out; exact when the cache is quiet */
	unsigned long (*count)(struct kmem_cache *c);
	/* info - fill @i (zeroed); from any thread */
	void (*info)(struct kmem_cache *c, struct slabinfo *i);
	/* check - validator: panics with operands */
	void (*check)(struct kmem_cache *c);
	/* stats - one line of /proc/slabstat into @line, without the cache's name; stat_names: its title */
	void (*stats)(struct kmem_cache *c, char *line, size_t size);
	const char *stat_names;
};

extern const struct slab_ops slub_ops, slab_ops_slab, slob_ops;
extern const struct slab_ops *slab_ops;		/* the chosen one */

/* ---- the fast path ---- */

static inline struct kmem_cache_cpu *this_cpu_slab(struct kmem_cache *c) { return &c->cpu[smp_processor_id()]; }

/* slub_pop - the first object of this CPU's list; NULL: take the slow path */
static __always_inline void *slub_pop(struct kmem_cache *c)
{
	struct kmem_cache_cpu *cc = this_cpu_slab(c);
	unsigned long tag;
	void *obj = arch_local_begin(&cc->list, &tag);

	if (unlikely(!obj))
		return NULL;
	/* An interrupt may give @obj away: then what is read here is rubbish, and the commit fails. */
	return likely(arch_local_commit(&cc->list, obj, tag, *(void **)((char *)obj + c->offset))) ? obj : NULL;
}

/* slub_push - @obj back to this CPU's list if it is from this CPU's slab; false: take the slow path */
static __always_inline bool slub_push(struct kmem_cache *c, void *obj)
{
	struct kmem_cache_cpu *cc = this_cpu_slab(c);
	unsigned long tag;
	void *first = arch_local_begin(&cc->list, &tag);

	if (unlikely((unsigned long)obj - READ_ONCE(cc->base) >= c->slab_bytes || first == obj))
		return false;
	*(void **)((char *)obj + c->offset) = first;
	return likely(arch_local_commit(&cc->list, first, tag, obj));
}

static inline bool slub_debugged(const struct kmem_cache *c) { return c->flags & SLAB_DEBUG_FLAGS; }

/* slub_next - the link to the next free object: its first word, or behind it when the contents must last */
static inline void *slub_next(const struct kmem_cache *c, const void *obj)
{
	return *(void *const *)((const char *)obj + c->offset);
}

/* ---- slub_stat.c: for slub_ops ---- */
void slub_info(struct kmem_cache *c, struct slabinfo *i);
unsigned long slub_count(struct kmem_cache *c);
void slub_check(struct kmem_cache *c);
void slub_stats(struct kmem_cache *c, char *line, size_t size);
#define SLUB_STAT_NAMES	"alloc_fastpath free_fastpath alloc_slowpath alloc_redo alloc_refill alloc_from_partial " \
			"alloc_slab free_slowpath free_redo free_frozen free_add_partial free_slab cpuslab_flush"

/* ---- kmalloc.c, slab_common.c ---- */
void kmalloc_init(void);
/* slab_add_cache - a cache of a back end's own joins the list; boot only */
void slab_add_cache(struct kmem_cache *c);
/* slab_for_each_cache - @fn(cache, @arg), with slab_mutex held. sleeps: yes */
void slab_for_each_cache(void (*fn)(struct kmem_cache *c, void *arg), void *arg);
/* slab_alloc_slow - from the back end; zeroed if @gfp says so */
void *slab_alloc_slow(struct kmem_cache *c, size_t size, gfp_t gfp, int node, unsigned long site);
/* slab_free_slow - to the back end */
void slab_free_slow(struct kmem_cache *c, void *obj, unsigned long site);
/* slab_alloc_pages - 2^@c->order pages of @node that belong to @c (PG_slab, slab_cache, nr_slab_pages), or NULL. */
struct page *slab_alloc_pages(struct kmem_cache *c, gfp_t gfp, int node);
/* slab_free_pages - undo it */
void slab_free_pages(struct kmem_cache *c, struct page *slab);
/* slab_nid - the node of a slab's pages: the index for c_node() */
unsigned int slab_nid(const struct page *slab);

/* ---- slub_debug.c ---- */
/* slub_debug_flags - which of SLAB_DEBUG_FLAGS the boot parameter, the build and @c's creator ask for */
unsigned int slub_debug_flags(const struct kmem_cache *c);
/* slub_debug_layout - offset, size and red zones of @c, whose flags are final */
void slub_debug_layout(struct kmem_cache *c);
/* slub_debug_new_object - @obj of a new slab is free */
void slub_debug_new_object(struct kmem_cache *c, void *obj);
/*
 * slub_debug_alloc, slub_debug_free - @obj changes hands; node->lock held. false: it is damaged, or should not be
 * freed; that has been reported, and it is to be leaked.
 */
bool slub_debug_alloc(struct kmem_cache *c, struct page *slab, void *obj, size_t size, unsigned long site);
bool slub_debug_free(struct kmem_cache *c, struct page *slab, void *obj, unsigned long site);
/* slub_debug_check_slab - validator: every object of @slab, used or free */
void slub_debug_check_slab(struct kmem_cache *c, struct page *slab);
/* slub_debug_size - bytes asked of kmalloc, for ksize() */
size_t slub_debug_size(const struct kmem_cache *c, const void *obj);
/*
 * slab_report - @what is wrong with @obj of @c (NULL: unknown): prints who, where and when; panics in debug builds
 * unless a test listens.
 */
void slab_report(struct kmem_cache *c, void *obj, unsigned long site, const char *what);


#endif
