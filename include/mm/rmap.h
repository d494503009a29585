/* SPDX-License-Identifier: MIT */
/* rmap.h - from a page to the page-table entries that map it (mm/rmap.c), and what moves pages (mm/migrate.c) */
#ifndef MM_RMAP_H
#define MM_RMAP_H

#include <mm/mm.h>

/*
 * rmap_walk - call @one for every place of every VMA that may map locked @page, until it returns false.
 * The pte need not map it: @one looks, under ptl (rmap_pte_lock). The VMA and its tables stay. sleeps.
 */
typedef bool (*rmap_one_t)(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg);
void rmap_walk(struct page *page, rmap_one_t one, void *arg);
/* rmap_walk_anon - the same among the VMAs of @av, on which the caller holds a reference, mapped or not */
void rmap_walk_anon(struct page *page, struct anon_vma *av, rmap_one_t one, void *arg);
/* rmap_trywalk_anon - the same without waiting for the lock of @av; false: somebody has it */
bool rmap_trywalk_anon(struct page *page, struct anon_vma *av, rmap_one_t one, void *arg);
/* rmap_pte_lock - the pte at @addr with its lock in *@ptl if it maps @page; else NULL, nothing locked */
pte_t *rmap_pte_lock(struct page *page, struct mm_struct *mm, unsigned long addr, spinlock_t **ptl);

/* rmap_count - ptes that map locked @page, found one by one: page_mapcount() the hard way, for checks */
int rmap_count(struct page *page);

/*
 * try_to_unmap - replace every pte of locked, anonymous @page by a migration entry; the caller holds a
 * reference. true: no pte is left, and every flush is done; who touches the page waits for its lock.
 */
bool try_to_unmap(struct page *page);
/*
 * migrate_page - move @page (one reference is the caller's) to @new, fresh from the allocator.
 * 0: the caller's reference is on @new now, @page is gone; -EAGAIN: somebody else uses it, nothing has
 * changed and @new is still the caller's. sleeps.
 */
int migrate_page(struct page *page, struct page *new);

#endif
