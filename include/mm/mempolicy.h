/* SPDX-License-Identifier: MIT */
/* mempolicy.h - which nodes a thread's own pages come from (mm/mempolicy.c); struct mempolicy is in kernel/sched.h */
#ifndef MM_MEMPOLICY_H
#define MM_MEMPOLICY_H

#include <kernel/sched.h>
#include <mm/page_alloc.h>

/* set_mempolicy(2) */
enum { MPOL_DEFAULT, MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL, MPOL_PREFERRED_MANY, MPOL_MAX };
#define MPOL_F_RELATIVE_NODES	(1 << 14)
#define MPOL_F_STATIC_NODES	(1 << 15)
#define MPOL_MODE_FLAGS		(MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES)
/* get_mempolicy(2) */
#define MPOL_F_NODE		(1 << 0)
#define MPOL_F_ADDR		(1 << 1)
#define MPOL_F_MEMS_ALLOWED	(1 << 2)

/* alloc_page_by_policy - one page by the current thread's policy, which is not MPOL_DEFAULT */
struct page *alloc_page_by_policy(gfp_t gfp);
/* mempolicy_next_node - where MPOL_INTERLEAVE goes next */
unsigned int mempolicy_next_node(const struct mempolicy *pol);
/* nodes_with_memory - as a mask */
unsigned long nodes_with_memory(void);

/* alloc_user_page - a page that a program will see: memory it maps, files it reads */
static inline struct page *alloc_user_page(gfp_t gfp)
{
	return likely(!current->mempolicy.mode) ? alloc_page(gfp) : alloc_page_by_policy(gfp);
}

#endif
