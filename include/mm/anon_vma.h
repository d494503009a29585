/* SPDX-License-Identifier: MIT */
/*
 * anon_vma.h - which VMAs may map an anonymous page? (mm/anon_vma.c)
 *
 * letters: (r) root->rwsem (i) immutable (a) atomic (m) mmap_lock, or page_table_lock for the first
 */
#ifndef MM_ANON_VMA_H
#define MM_ANON_VMA_H

#include <mm/mm.h>

struct anon_vma {
	struct anon_vma		*root;		/* (i) of the fork tree: its rwsem is everybody's      */
	struct anon_vma		*parent;	/* (i) itself for a root                               */
	struct rw_semaphore	rwsem;		/* RANK_ANON_VMA; used in the root only                */
	atomic_t		refcount;	/* (a) 1 while VMAs are linked, children of a root, visitors */
	unsigned int		num_children;	/* (r) anon_vmas whose parent this is                  */
	unsigned int		num_active_vmas; /* (r) VMAs whose new pages get it: vma->anon_vma      */
	struct rb_root		rb_root;	/* (r) chains, as an interval tree over file offsets   */
};

/* The link between one VMA and one anon_vma: many to many. */
struct anon_vma_chain {
	struct vm_area_struct	*vma;		/* (r) */
	struct anon_vma		*anon_vma;	/* (i) */
	struct list_head	same_vma;	/* (m) vma->anon_vma_chain                             */
	struct interval_tree_node node;		/* (r) anon_vma->rb_root; [vm_pgoff, last page]        */
};

/* page->mapping of an anonymous page: its anon_vma and this bit. */
#define PAGE_MAPPING_ANON	1UL

/* anon_vma_make - __anon_vma_prepare: give @vma an anon_vma, a neighbour's if it may merge with it; 0, -ENOMEM. */
int anon_vma_make(struct vm_area_struct *vma);

/* anon_vma_prepare - before the first anonymous page of @vma; mmap_lock held (read); sleeps. */
static inline int anon_vma_prepare(struct vm_area_struct *vma)
{
	return likely(vma->anon_vma) ? 0 : anon_vma_make(vma);
}

/* anon_vma_clone - link @dst, a copy of @src's fields, to all that @src is linked to; 0, -ENOMEM (nothing linked). */
int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src);
/* anon_vma_fork - the same for the child's @dst, and an anon_vma of its own for pages to come; 0, -ENOMEM. */
int anon_vma_fork(struct vm_area_struct *dst, struct vm_area_struct *src);
/* anon_vma_move - @to takes over all links of @from, which has them and will go away; @to has none. */
void anon_vma_move(struct vm_area_struct *to, struct vm_area_struct *from);
/* anon_vma_unlink - unlink_anon_vmas: before the page tables of @vma are freed */
void anon_vma_unlink(struct vm_area_struct *vma);
/* anon_vma_compatible - may two VMAs be one as far as their anonymous pages are concerned? */
bool anon_vma_compatible(const struct vm_area_struct *a, const struct vm_area_struct *b);

/* anon_vma_lock_write - no walk sees @vma until unlock; nothing to do without an anon_vma. */
void anon_vma_lock_write(struct vm_area_struct *vma);
void anon_vma_unlock_write(struct vm_area_struct *vma);
/* anon_vma_update - vm_start, vm_end or vm_pgoff have changed, all under the lock */
void anon_vma_update(struct vm_area_struct *vma);

/* page_get_anon_vma - a reference on the anon_vma of locked @page, or NULL: nobody maps it. put_anon_vma drops it. */
struct anon_vma *page_get_anon_vma(struct page *page);
void put_anon_vma(struct anon_vma *av);

/* anon_vma_check - validator: the links of @vma are complete; panics. mmap_lock held. */
void anon_vma_check(struct vm_area_struct *vma);
void anon_vma_init(void);

#endif
