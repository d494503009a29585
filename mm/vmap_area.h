/* SPDX-License-Identifier: MIT */
/* vmap_area.h - which addresses of the vmalloc area are taken (mm/vmap_area.c); for vmalloc.c and ioremap.c */
#ifndef MM_VMAP_AREA_H
#define MM_VMAP_AREA_H

#include <lib/list.h>
#include <lib/rbtree.h>
#include <mm/types.h>

struct vm_struct;

/* One range of addresses: busy, waiting for the purge, or free. */
struct vmap_area {
	unsigned long		va_start, va_end;	/* with the guard page at the end       */
	struct rb_node		rb_node;		/* busy or free tree, by address        */
	struct list_head	list;			/* the same order; or the purge list    */
	union {
		struct vm_struct *vm;			/* busy: what is there; NULL: not yet   */
		unsigned long	subtree_max_size;	/* free: largest area at or below here  */
	};
};

/* What alloc_vmap_area() is asked for. */
struct vmap_request {
	unsigned long	size, align;	/* multiples of PAGE_SIZE; align is a power of two */
	unsigned long	start, end;	/* where to look                                   */
	gfp_t		gfp;		/* for the bookkeeping                             */
};

/*
 * alloc_vmap_area - a busy area, its vm NULL; NULL: no memory or no room, even after a purge. The lowest one
 * that fits. sleeps: with __GFP_RECLAIM.
 */
struct vmap_area *alloc_vmap_area(const struct vmap_request *rq);
/* setup_vmap_area - from here on the area at @va is found and listed as @vm's */
void setup_vmap_area(struct vmap_area *va, struct vm_struct *vm);
/* find_vmap_area - the busy area that contains @addr, NULL: none. Its owner keeps it from going. */
struct vmap_area *find_vmap_area(unsigned long addr);
/* unlink_vmap_area - take the area that starts at @addr out of the busy tree; NULL: there is none */
struct vmap_area *unlink_vmap_area(unsigned long addr);
/* free_vmap_area_lazily - unlinked and unmapped: reusable after the next purge. Any context. */
void free_vmap_area_lazily(struct vmap_area *va);
/* with_next_vmap_area - call @fn, under the lock, for the first busy area with a vm at or above @addr; false: none */
bool with_next_vmap_area(unsigned long addr, void (*fn)(const struct vmap_area *va, void *arg), void *arg);
void vmap_area_init(void);

#endif
