/* SPDX-License-Identifier: MIT */
/*
 * mm/shared_policy.c - memory policies of a shared object: they outlive the mapping that set them
 *
 * THE QUESTION   Two programs share memory. One says by mbind(2) where it shall be, the other touches it first.
 *                Whose word counts?
 *
 * THE PICTURE    mbind() of a mapping of tmpfs, memfd, System V or shared anonymous memory
 *                    |
 *                    v
 *                address_space->policies     [0, 15] bind:0     [16, 31] interleave:0-1       (pages)
 *                    ^
 *                    |
 *                any fault or write() that makes page 17
 *
 * ALWAYS TRUE    S1  the ranges of one object do not overlap; each holds a reference to its policy.
 *                S2  they stay when the last mapping goes, and end with the object.
 *
 * LOCKS          tree_lock of the object; policies are freed outside of it.
 * READ NEXT      mbind.c (who sets them), page_cache.c (who asks).
 */
#include <mm/mempolicy.h>
#include <mm/slab.h>
#include "mm_internal.h"

struct policy_range {
	struct interval_tree_node it;	/* pages [start, last] */
	struct mempolicy *pol;
	struct policy_range *next;	/* of those that are going away */
};

static struct policy_range *range_at(struct address_space *as, pgoff_t first, pgoff_t last)
{
	struct interval_tree_node *it = interval_tree_iter_first(&as->policies, first, last);

	return it ? container_of(it, struct policy_range, it) : NULL;
}

struct mempolicy *mapping_policy_get(struct address_space *as, pgoff_t index)
{
	struct mempolicy *pol = NULL;
	struct policy_range *r;

	if (RB_EMPTY_ROOT(&as->policies))
		return NULL;
	WITH_SPINLOCK(&as->tree_lock) {
		r = range_at(as, index, index);
		if (r) {
			pol = r->pol;
			mpol_get(pol);
		}
	}
	return pol;
}

static struct policy_range *range_alloc(pgoff_t first, pgoff_t last, struct mempolicy *pol)
{
	struct policy_range *r = kmalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return NULL;
	*r = (struct policy_range){ .it = { .start = first, .last = last }, .pol = pol };
	if (pol)
		mpol_get(pol);
	return r;
}

static void free_ranges(struct policy_range *r)
{
	struct policy_range *next;

	for (; r; r = next) {
		next = r->next;
		mpol_put(r->pol);
		kfree(r);
	}
}

/* add_tail - @tail is what is left of a range with policy @pol behind a hole */
static struct policy_range *add_tail(struct address_space *as, struct policy_range *tail, struct mempolicy *pol,
				     pgoff_t first, pgoff_t last)
{
	ASSERT(tail && !tail->pol);
	tail->it.start = first;
	tail->it.last = last;
	tail->pol = pol;
	mpol_get(pol);
	interval_tree_insert(&tail->it, &as->policies);
	return NULL;
}

/* cut - [first, last] has no policy any more. *@tail, if a range is cut in two, becomes its end. tree_lock held.
 * returns: the ranges that are gone */
static struct policy_range *cut(struct address_space *as, pgoff_t first, pgoff_t last, struct policy_range **tail)
{
	struct policy_range *gone = NULL, *r;

	while ((r = range_at(as, first, last))) {
		pgoff_t start = r->it.start, end = r->it.last;

		if (start >= first && end <= last) {
			interval_tree_remove(&r->it, &as->policies);
			r->next = gone;
			gone = r;
		} else if (start >= first) {
			interval_tree_update(&r->it, &as->policies, last + 1, end);
		} else {
			interval_tree_update(&r->it, &as->policies, start, first - 1);
			if (end > last)
				*tail = add_tail(as, *tail, r->pol, last + 1, end);
		}
	}
	return gone;
}

int mapping_policy_set(struct address_space *as, pgoff_t first, pgoff_t last, struct mempolicy *pol)
{
	struct policy_range *new = range_alloc(first, last, pol), *tail = range_alloc(0, 0, NULL), *gone;

	ASSERT(first <= last);
	if (!new || !tail) {
		free_ranges(new);
		free_ranges(tail);
		return -ENOMEM;
	}
	spin_lock(&as->tree_lock);
	gone = cut(as, first, last, &tail);
	if (pol) {
		interval_tree_insert(&new->it, &as->policies);
		new = NULL;
	}
	spin_unlock(&as->tree_lock);
	free_ranges(new);
	free_ranges(tail);
	free_ranges(gone);
	return 0;
}

void mapping_policy_free(struct address_space *as)
{
	struct policy_range *tail = NULL;
	struct policy_range *gone;

	WITH_SPINLOCK(&as->tree_lock)
		gone = cut(as, 0, ~0UL, &tail);
	free_ranges(gone);
	ASSERT(RB_EMPTY_ROOT(&as->policies));
}
