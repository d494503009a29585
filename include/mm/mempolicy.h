/* SPDX-License-Identifier: MIT */
/* mempolicy.h - which nodes a program's pages come from (mm/mempolicy.c); struct mempolicy is in kernel/sched.h */
#ifndef MM_MEMPOLICY_H
#define MM_MEMPOLICY_H

#include <kernel/sched.h>
#include <mm/page_alloc.h>

struct address_space;
struct mm_struct;
struct vm_area_struct;

/* set_mempolicy(2) */
enum { MPOL_DEFAULT, MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL, MPOL_PREFERRED_MANY, MPOL_MAX };
#define MPOL_F_RELATIVE_NODES	(1 << 14)
#define MPOL_F_STATIC_NODES	(1 << 15)
#define MPOL_MODE_FLAGS		(MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES)
/* get_mempolicy(2) */
#define MPOL_F_NODE		(1 << 0)
#define MPOL_F_ADDR		(1 << 1)
#define MPOL_F_MEMS_ALLOWED	(1 << 2)
/* mbind(2), move_pages(2) */
#define MPOL_MF_STRICT		(1 << 0)
#define MPOL_MF_MOVE		(1 << 1)
#define MPOL_MF_MOVE_ALL	(1 << 2)

/* ---- mempolicy.c: policies, and pages by them ---- */
extern bool mempolicies_used;	/* somebody has set a policy since boot: until then nobody looks for one */

/* mpol_init - a policy from what a program asked for, refs 0; 0 or -EINVAL. MPOL_DEFAULT is all zeroes. */
int mpol_init(struct mempolicy *pol, unsigned int mode, unsigned int flags, unsigned long nodes);
/* mpol_new - a copy of @like with one reference; NULL: no memory */
struct mempolicy *mpol_new(const struct mempolicy *like);
static inline void mpol_get(struct mempolicy *pol) { atomic_inc(&pol->refs); }
void mpol_put(struct mempolicy *pol);	/* NULL is fine */
bool mpol_differ(const struct mempolicy *a, const struct mempolicy *b);
/* mpol_equal - do they (NULL: none) mean the same? */
static inline bool mpol_equal(const struct mempolicy *a, const struct mempolicy *b)
{
	return likely(a == b) || !mpol_differ(a, b);
}
/* mpol_name - as /proc/PID/numa_maps shows it, in @buf; @pol may be NULL */
#define MPOL_NAME_LEN	64
const char *mpol_name(const struct mempolicy *pol, char buf[MPOL_NAME_LEN]);
/* alloc_page_by_policy - one page by the current thread's policy */
struct page *alloc_page_by_policy(gfp_t gfp);
/* mempolicy_next_node - where MPOL_INTERLEAVE goes next */
unsigned int mempolicy_next_node(const struct mempolicy *pol);
/* nodes_with_memory - as a mask */
unsigned long nodes_with_memory(void);

/* alloc_user_page - a page that a program will see and that belongs to no mapping */
static inline struct page *alloc_user_page(gfp_t gfp)
{
	return likely(!current->mempolicy.mode) ? alloc_page(gfp) : alloc_page_by_policy(gfp);
}

/* alloc_page_vma - page @pgoff of what @vma (pinned, or mmap_lock held) shows: its policy, else the thread's */
struct page *alloc_page_vma_policy(gfp_t gfp, const struct vm_area_struct *vma, pgoff_t pgoff);
static inline struct page *alloc_page_vma(gfp_t gfp, const struct vm_area_struct *vma, pgoff_t pgoff)
{
	return likely(!mempolicies_used) ? alloc_page(gfp) : alloc_page_vma_policy(gfp, vma, pgoff);
}

/* alloc_page_mapping - page @index of an object: the object's policy, else the thread's */
struct page *alloc_page_mapping_policy(gfp_t gfp, struct address_space *as, pgoff_t index);
static inline struct page *alloc_page_mapping(gfp_t gfp, struct address_space *as, pgoff_t index)
{
	return likely(!mempolicies_used) ? alloc_page(gfp) : alloc_page_mapping_policy(gfp, as, index);
}

/* ---- shared_policy.c: the policies of a shared object ---- */
/* mapping_policy_set - pages [first, last] of @as get @pol (NULL: none); 0 or -ENOMEM. sleeps. */
int mapping_policy_set(struct address_space *as, pgoff_t first, pgoff_t last, struct mempolicy *pol);
/* mapping_policy_get - that of page @index, referenced, or NULL */
struct mempolicy *mapping_policy_get(struct address_space *as, pgoff_t index);
void mapping_policy_free(struct address_space *as);

/* ---- mbind.c: the policies of VMAs ---- */
/* get_vma_policy - of page @pgoff in what @vma shows, referenced, or NULL: the thread's counts */
struct mempolicy *get_vma_policy(const struct vm_area_struct *vma, pgoff_t pgoff);
/* do_mbind - mbind(2) with checked arguments; @pol MPOL_DEFAULT: none. do_home_node: set_mempolicy_home_node(2) */
int do_mbind(struct mm_struct *mm, unsigned long start, size_t len, const struct mempolicy *pol, unsigned int flags);
int do_home_node(struct mm_struct *mm, unsigned long start, size_t len, unsigned int nid);

/* ---- migrate_nodes.c: pages that are there move to other nodes ---- */
/* move_misplaced - pages of @vma in [start, end) on nodes @from move to where its policy wants them. mmap_lock held.
 * @all: also those that others map too. returns: pages that should have moved and did not */
unsigned long move_misplaced(struct vm_area_struct *vma, unsigned long start, unsigned long end, unsigned long from,
			     bool all);
/* any_page_on - has @vma pages in [start, end) on one of @nodes? */
bool any_page_on(struct vm_area_struct *vma, unsigned long start, unsigned long end, unsigned long nodes);
/* do_migrate_pages - all pages of @mm on nodes @from go to @to, the first to the first; pages that did not */
unsigned long do_migrate_pages(struct mm_struct *mm, unsigned long from, unsigned long to, bool all);
/* do_move_page - to node @nid: its node afterwards, -EFAULT, -ENOENT, -EACCES (others map it, and not @all), -ENOMEM,
 * -EBUSY */
int do_move_page(struct mm_struct *mm, unsigned long addr, unsigned int nid, bool all);
/* node_of_page - where the page at @addr is, or -EFAULT, -ENOENT */
int node_of_page(struct mm_struct *mm, unsigned long addr);

#endif
