/* SPDX-License-Identifier: MIT */
/* slab.h - kernel objects: named caches and kmalloc (mm/slab_common.c, mm/kmalloc.c) */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <mm/types.h>

struct kmem_cache;

#define SLAB_HWCACHE_ALIGN	BIT(0)
#define SLAB_PANIC		BIT(1)	/* creation failure is a boot failure                                   */
#define SLAB_CACHE_DMA		BIT(2)	/* objects in memory for devices with short addresses (GFP_DMA)         */
/* What to watch for in this cache's objects (slub_debug= does it for many; SLUB only, mm/slub_debug.c) */
#define SLAB_CONSISTENCY_CHECKS	BIT(3)	/* double frees, damaged links                                          */
#define SLAB_RED_ZONE		BIT(4)	/* writes past either end                                               */
#define SLAB_POISON		BIT(5)	/* writes after free                                                    */
#define SLAB_STORE_USER		BIT(6)	/* who allocated and freed last                                         */
#define SLAB_NO_DEBUG		BIT(7)	/* none of these, whatever slub_debug= and the build say                */

#define L1_CACHE_BYTES		64	/* of every CPU these ports run on; alignment only, so never a mistake  */

/*
 * kmem_cache_create - objects of @size, @align (0: 8 bytes), @ctor run once per object when its slab is made (or NULL).
 *   sleeps: yes. NULL: no memory, nonsense sizes, or a cache of that name (at most 31 characters) exists
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags, void (*ctor)(void *));
/* kmem_cache_destroy - 0; or -EBUSY while objects are allocated: reported, and the cache stays. sleeps: yes */
int kmem_cache_destroy(struct kmem_cache *c);
void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp);
/* kmem_cache_alloc_node - from memory of @node if there is some (NUMA_NO_NODE: anywhere) */
void *kmem_cache_alloc_node(struct kmem_cache *c, gfp_t gfp, int node);
void kmem_cache_free(struct kmem_cache *c, void *obj);
/* kmem_cache_alloc_bulk - @n objects into @obj[]: all of them, or none and false. _free_bulk takes any number back. */
bool kmem_cache_alloc_bulk(struct kmem_cache *c, gfp_t gfp, size_t n, void **obj);
void kmem_cache_free_bulk(struct kmem_cache *c, size_t n, void **obj);
/*
 * kmem_cache_shrink - empty slabs back to the page allocator; returns pages. Other CPUs give up theirs if interrupts
 *   are on (then no spinlock may be held).
 */
unsigned long kmem_cache_shrink(struct kmem_cache *c);
/* kmem_cache_shrink_all - every cache */
unsigned long kmem_cache_shrink_all(void);
unsigned long kmem_cache_inuse(struct kmem_cache *c);

/*
 * kmalloc - physically contiguous, at least 8-byte aligned (powers of two: naturally); up to 4 MiB; 0 bytes
 * gives ZERO_SIZE_PTR.
 */
void *kmalloc(size_t size, gfp_t gfp);
void *kmalloc_node(size_t size, gfp_t gfp, int node);
void *kzalloc(size_t size, gfp_t gfp);
void *kcalloc(size_t n, size_t size, gfp_t gfp);	/* overflow-checked */
void *krealloc(void *p, size_t size, gfp_t gfp);
void kfree(const void *p);				/* NULL is fine */
size_t ksize(const void *p);
char *kstrdup(const char *s, gfp_t gfp);
void *kmemdup(const void *p, size_t n, gfp_t gfp);
#define ZERO_SIZE_PTR ((void *)16)
#define KMALLOC_MAX_CACHE_SIZE 8192	/* larger requests get whole pages */

/* slab_init - after page_init(). slab_info - /proc/slabinfo line by line: @fn(text, arg). */
void slab_init(void);
void slab_info(void (*fn)(const char *line, void *arg), void *arg);
unsigned long slab_pages(void);
/* slab_stats - /proc/slabstat, line by line */
void slab_stats(void (*fn)(const char *line, void *arg), void *arg);
/*
 * slab_listen - @fn hears what is found wrong with objects before it is printed; true: it has been dealt with, nothing
 * is printed and no panic follows (tests). NULL: nobody.
 */
void slab_listen(bool (*fn)(const char *report));
/* slab_back_end - "slub", "slab" or "slob" */
const char *slab_back_end(void);
/* slab_watch - alloc_watch has begun to ask for slow paths: empty every CPU's lists. sleeps: yes */
void slab_watch(void);
/*
 * SLAB alone: slab_reap gives back what nobody used since it looked last. slab_reaper does so every two seconds: the
 * body of a thread, wanted if slab_has_reaper(). slab_tune sets the limits of a cache's arrays; 0 or -EINVAL.
 * sleeps: yes
 */
void slab_reap(void);
void slab_reaper(void *arg);
bool slab_has_reaper(void);
int slab_tune(const char *name, unsigned int limit, unsigned int batchcount, unsigned int shared);
/* slab_check - validator over all caches */
void slab_check(void);

#endif
