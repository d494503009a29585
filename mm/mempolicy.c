/* SPDX-License-Identifier: MIT */
/*
 * mm/mempolicy.c - a thread said which nodes its memory shall come from: where is its next page?
 *
 * THE PICTURE    MPOL_DEFAULT, MPOL_LOCAL    this CPU's node, then the nearest        (alloc_page())
 *                MPOL_PREFERRED      2       node 2, then the nearest to it
 *                MPOL_PREFERRED_MANY 0,2     the nearest of these, then any other
 *                MPOL_BIND           0,2     the nearest of these, and no other: else out of memory
 *                MPOL_INTERLEAVE     0,1,3   0, 1, 3, 0, 1, ... a page each
 *
 * ALWAYS TRUE    M1  `nodes` holds online nodes with memory; it is empty for DEFAULT and LOCAL alone.
 *                M2  a policy belongs to one thread, which alone reads and changes it; fork and clone copy it,
 *                    exec keeps it. It rules faults, copies on write and the page cache, not the kernel's own memory.
 *
 * LOCKS          none: M2.
 * LEFT OUT       policies of VMAs (mbind), moving what is already there (migrate_pages), cpusets.
 * READ NEXT      numa.c, page_alloc.c; kernel/sys_mempolicy.c (the system calls).
 */
#include <kernel/assert.h>
#include <mm/mempolicy.h>
#include <mm/vmstat.h>
#include <mm/zone.h>

unsigned long nodes_with_memory(void)
{
	unsigned long mask = 0;
	struct zone *z;

	for_each_populated_zone(z)
		mask |= 1UL << z->node;
	return mask;
}

unsigned int mempolicy_next_node(const struct mempolicy *pol)
{
	unsigned long later = pol->nodes & ~0UL << pol->next;

	return (unsigned int)__builtin_ctzl(later ? later : pol->nodes);
}

static struct page *alloc_interleaved(struct mempolicy *pol, gfp_t gfp)
{
	unsigned int nid = mempolicy_next_node(pol);
	struct page *p = alloc_pages_node((int)nid, gfp, 0);

	pol->next = (u8)(nid + 1);
	if (p && page_to_nid(p) == nid)
		count_vm_event(numa_interleave);
	return p;
}

struct page *alloc_page_by_policy(gfp_t gfp)
{
	struct mempolicy *pol = &current->mempolicy;
	struct page *p;

	ASSERT(pol->mode < MPOL_MAX && (pol->nodes || pol->mode == MPOL_LOCAL));
	switch (pol->mode) {
	case MPOL_PREFERRED:
		return alloc_pages_node(__builtin_ctz(pol->nodes), gfp, 0);
	case MPOL_BIND:
		return alloc_pages_nodemask(gfp, 0, numa_node_id(), pol->nodes);
	case MPOL_PREFERRED_MANY:
		p = alloc_pages_nodemask(gfp & ~__GFP_RECLAIM, 0, numa_node_id(), pol->nodes);
		return p ? p : alloc_page(gfp);
	case MPOL_INTERLEAVE:
		return alloc_interleaved(pol, gfp);
	default:
		return alloc_page(gfp);
	}
}
