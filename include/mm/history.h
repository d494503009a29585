/* SPDX-License-Identifier: MIT */
/* history.h - old ways beside the modern ones, chosen by boot parameter (mm/mmap_cache.c, mm/share_page.c) */
#ifndef MM_HISTORY_H
#define MM_HISTORY_H

#include <mm/mm.h>

/* ---- mmap_cache.c ---- */
/* what find_vma() does with mm->mmap_cache: boot parameter mmap_cache */
extern enum mmap_cache_mode { MMAP_CACHE_ON, MMAP_CACHE_OFF, MMAP_CACHE_COUNT } mmap_cache_mode;
void mmap_cache_init(void);
/* mmap_cache_count - a lookup found @found (or NULL): would the cache have known? */
void mmap_cache_count(struct mm_struct *mm, struct vm_area_struct *found);

/* ---- share_page.c ---- */
extern bool nopage_share;		/* boot parameter nopage=share */
void nopage_init(void);
/* share_page - the page of @vma's file at @pgoff that another process maps clean, referenced; NULL: none does */
struct page *share_page(const struct vm_area_struct *vma, pgoff_t pgoff);
/* share_page_fault - vm_ops->fault of files with nopage=share: share_page(), else filemap_fault() */
enum fault_result share_page_fault(struct vm_area_struct *vma, struct fault *f);
/* filemap_fault - (fault.c) f->page: the page of f->vma->mapping at f->pgoff, referenced, from the page cache */
enum fault_result filemap_fault(struct fault *f);

#endif
