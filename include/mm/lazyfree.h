/* SPDX-License-Identifier: MIT */
/* lazyfree.h - pages that a program gave away by MADV_FREE and that nobody has needed yet (mm/lazyfree.c) */
#ifndef MM_LAZYFREE_H
#define MM_LAZYFREE_H

#include <mm/mm.h>

extern unsigned long nr_lazyfree;	/* (lock) pages on the list, or just being looked at */
static inline unsigned long lazyfree_pages(void) { return READ_ONCE(nr_lazyfree); }

/* lazyfree_range - MADV_FREE of [start, end) in anonymous @vma. mmap_lock held. */
void lazyfree_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* lazyfree_shrink - free up to @n pages of zones up to @highest on @nodes that are still clean; how many. sleeps: no.
 * locks: none that spins; page locks and anon_vmas are only tried. Interrupts on. */
unsigned int lazyfree_shrink(unsigned int n, unsigned int highest, unsigned long nodes);

/* PageLazyFree - anonymous, and to be dropped rather than kept */
static inline bool PageLazyFree(const struct page *p) { return PageAnon(p) && !PageSwapBacked(p); }
/* lazyfree_add - @page, which only the caller holds, joins the list. lazyfree_keep - it is needed after all. */
void lazyfree_add(struct page *page);
void lazyfree_keep(struct page *page);
/* lazyfree_forget - @page has no reference any more; false: it was not on the list */
bool lazyfree_forget(struct page *page);

#endif
