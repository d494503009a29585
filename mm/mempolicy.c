/* SPDX-License-Identifier: MIT */
/*
 * mm/mempolicy.c - a program said which nodes its memory shall come from: where is its next page?
 *
 * THE PICTURE    MPOL_DEFAULT, MPOL_LOCAL    this CPU's node, then the nearest        (alloc_page())
 *                MPOL_PREFERRED      2       node 2, then the nearest to it
 *                MPOL_PREFERRED_MANY 0,2     the nearest of these, then any other
 *                MPOL_BIND           0,2     the nearest of these, and no other: else out of memory
 *                MPOL_INTERLEAVE     0,1,3   0, 1, 3, 0, 1, ... a page each
 *
 *                a fault in a VMA      of shared memory: the object's policy   shared_policy.c
 *                                      of other memory:  the VMA's             mbind.c
 *                                      none there:       the thread's
 *
 *                "Nearest" is as seen from this CPU's node, or from the home node of a BIND or
 *                PREFERRED_MANY policy. A thread's MPOL_INTERLEAVE takes turns; that of a mapping goes by the
 *                page's number, so that it does not matter who touches what first.
 *
 * ALWAYS TRUE    M1  `nodes` holds online nodes with memory; it is empty for DEFAULT and LOCAL alone.
 *                M2  a thread's policy belongs to it, which alone reads and changes it; fork and clone copy it,
 *                    exec keeps it. It rules faults, copies on write and the page cache, not the kernel's own memory.
 *                M3  a policy with references never changes: VMAs and objects share it and are given another.
 *                M4  mempolicies_used is set before the first policy can be found, and stays set.
 *
 * LOCKS          none: M2, M3. Who pins a VMA or holds mmap_lock may use its policy.
 * LEFT OUT       cpusets: every node with memory is allowed, so STATIC_NODES only remembers what was asked.
 * READ NEXT      mbind.c, shared_policy.c, numa.c, page_alloc.c; kernel/sys_mempolicy.c (the system calls).
 */
#include <lib/printf.h>
#include <mm/mempolicy.h>
#include <mm/slab.h>
#include <mm/zone.h>
#include "mm_internal.h"

bool mempolicies_used;

unsigned long nodes_with_memory(void)
{
	unsigned long mask = 0;
	struct zone *z;

	for_each_populated_zone(z)
		mask |= 1UL << z->node;
	return mask;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* nth_node - number @n of @nodes, counted from 0 and round again */
static unsigned int nth_node(unsigned long nodes, unsigned long n)
{
	for (n %= (unsigned long)__builtin_popcountl(nodes); n; n--)
		nodes &= nodes - 1;
	return (unsigned int)__builtin_ctzl(nodes);
}

/* relative_nodes - MPOL_F_RELATIVE_NODES: @asked counts nodes among @allowed, and starts over behind the last */
static unsigned long relative_nodes(unsigned long asked, unsigned long allowed)
{
	unsigned long nodes = 0;

	for (; asked; asked &= asked - 1)
		nodes |= 1UL << nth_node(allowed, (unsigned long)__builtin_ctzl(asked));
	return nodes;
}

int mpol_init(struct mempolicy *pol, unsigned int mode, unsigned int flags, unsigned long asked)
{
	unsigned long nodes = asked, allowed = nodes_with_memory();

	if (mode == MPOL_PREFERRED && !nodes && !flags)
		mode = MPOL_LOCAL;
	if (mode == MPOL_DEFAULT || mode == MPOL_LOCAL) {
		if (nodes || (flags && mode == MPOL_LOCAL))
			return -EINVAL;
	} else {
		nodes = flags & MPOL_F_RELATIVE_NODES ? relative_nodes(nodes, allowed) : nodes & allowed;
		if (!nodes)
			return -EINVAL;
	}
	if (mode == MPOL_PREFERRED)
		nodes &= -nodes;
	*pol = (struct mempolicy){ .mode = (u8)mode, .nodes = (u16)nodes, .asked = (u16)asked,
				   .flags = (u16)(mode ? flags : 0) };
	if (mode)
		WRITE_ONCE(mempolicies_used, true);
	return 0;
}

struct mempolicy *mpol_new(const struct mempolicy *like)
{
	struct mempolicy *pol = kmalloc(sizeof(*pol), GFP_KERNEL);

	if (!pol)
		return NULL;
	*pol = *like;
	atomic_set(&pol->refs, 1);
	return pol;
}

void mpol_put(struct mempolicy *pol)
{
	if (pol && atomic_dec_and_test(&pol->refs))
		kfree(pol);
}

bool mpol_differ(const struct mempolicy *a, const struct mempolicy *b)
{
	return !a || !b || a->mode != b->mode || a->flags != b->flags || a->nodes != b->nodes || a->home != b->home ||
	       (a->flags && a->asked != b->asked);
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Lists as "0-2,4". */
static int print_nodes(char *buf, size_t size, unsigned long nodes)
{
	int n = 0;

	while (nodes) {
		int first = __builtin_ctzl(nodes), last = first;

		while (nodes >> (last + 1) & 1)
			last++;
		n += scnprintf(buf + n, size - (size_t)n, "%s%d", n ? "," : ":", first);
		if (last > first)
			n += scnprintf(buf + n, size - (size_t)n, "-%d", last);
		nodes &= ~0UL << last << 1;
	}
	return n;
}

const char *mpol_name(const struct mempolicy *pol, char buf[MPOL_NAME_LEN])
{
	static const char *const names[MPOL_MAX] = {
		"default", "prefer", "bind", "interleave", "local", "prefer (many)",
	};
	int n = scnprintf(buf, MPOL_NAME_LEN, "%s", names[pol ? pol->mode : MPOL_DEFAULT]);

	if (pol && (pol->flags & MPOL_MODE_FLAGS))
		n += scnprintf(buf + n, MPOL_NAME_LEN - (size_t)n, "=%s",
			       pol->flags & MPOL_F_STATIC_NODES ? "static" : "relative");
	if (pol)
		print_nodes(buf + n, MPOL_NAME_LEN - (size_t)n, pol->nodes);
	return buf;
}

/* ---- pages ----------------------------------------------------------------------------------- */

unsigned int mempolicy_next_node(const struct mempolicy *pol)
{
	unsigned long later = pol->nodes & ~0UL << pol->next;

	return (unsigned int)__builtin_ctzl(later ? later : pol->nodes);
}

static struct page *alloc_interleaved(unsigned int nid, gfp_t gfp)
{
	struct page *p = alloc_pages_node((int)nid, gfp, 0);

	if (p && page_to_nid(p) == nid)
		count_vm_event(numa_interleave);
	return p;
}

/* near_node - whose neighbours are tried first */
static unsigned int near_node(const struct mempolicy *pol)
{
	return pol->home ? pol->home - 1U : numa_node_id();
}

/* alloc_by - @turn: the node whose turn it is, if pages are interleaved */
static struct page *alloc_by(const struct mempolicy *pol, gfp_t gfp, unsigned int turn)
{
	struct page *p;

	ASSERT(pol->mode < MPOL_MAX && (pol->nodes || pol->mode == MPOL_LOCAL || pol->mode == MPOL_DEFAULT));
	switch (pol->mode) {
	case MPOL_PREFERRED:
		return alloc_pages_node(__builtin_ctz(pol->nodes), gfp, 0);
	case MPOL_BIND:
		return alloc_pages_nodemask(gfp, 0, near_node(pol), pol->nodes);
	case MPOL_PREFERRED_MANY:
		p = alloc_pages_nodemask(gfp & ~__GFP_RECLAIM, 0, near_node(pol), pol->nodes);
		return p ? p : alloc_page(gfp);
	case MPOL_INTERLEAVE:
		return alloc_interleaved(turn, gfp);
	default:
		return alloc_page(gfp);
	}
}

struct page *alloc_page_by_policy(gfp_t gfp)
{
	struct mempolicy *pol = &current->mempolicy;
	unsigned int turn = 0;

	if (pol->mode == MPOL_INTERLEAVE) {
		turn = mempolicy_next_node(pol);
		pol->next = (u8)(turn + 1);
	}
	return alloc_by(pol, gfp, turn);
}

/* alloc_page_of - page @n of a mapping with policy @pol, whose reference it takes; NULL: the thread's */
static struct page *alloc_page_of(struct mempolicy *pol, gfp_t gfp, unsigned long n)
{
	struct page *p;

	if (!pol)
		return alloc_user_page(gfp);
	p = alloc_by(pol, gfp, pol->mode == MPOL_INTERLEAVE ? nth_node(pol->nodes, n) : 0);
	mpol_put(pol);
	return p;
}

struct page *alloc_page_vma_policy(gfp_t gfp, const struct vm_area_struct *vma, pgoff_t pgoff)
{
	return alloc_page_of(get_vma_policy(vma, pgoff), gfp, pgoff);
}

struct page *alloc_page_mapping_policy(gfp_t gfp, struct address_space *as, pgoff_t index)
{
	return alloc_page_of(mapping_policy_get(as, index), gfp, index);
}
