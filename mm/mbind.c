/* SPDX-License-Identifier: MIT */
/*
 * mm/mbind.c - a memory policy for a part of an address space
 *
 * THE QUESTION   A program wants this array on node 0 and that one on all nodes. Where is it written down?
 *
 * THE PICTURE    mbind(start, len, BIND, {1})
 *
 *                [      vma      ]          ==>   [ vma ][ vma, policy ][ vma ]
 *                                                             |
 *                                                 struct mempolicy, refs: one per VMA that points there
 *
 *                Split, fork and mremap copy the pointer and count it; neighbours whose policies say the same
 *                are merged. In a mapping of shared memory the object's own ranges are set as well, and those
 *                rule (shared_policy.c).
 *
 *                MPOL_MF_STRICT     a page on a wrong node: EIO, and nothing changes
 *                MPOL_MF_MOVE       such pages move, those of this process alone (migrate_nodes.c)
 *                MPOL_MF_MOVE_ALL   the same, pages of several processes too
 *
 * ALWAYS TRUE    B1  vm_policy is NULL or a reference; it changes only in a VMA locked by vma_start_write().
 *                B2  a hole in the range: EFAULT before anything changes.
 *
 * LOCKS          mmap_lock (write), also while pages move.
 * READ NEXT      mempolicy.c (what a policy means), migrate_nodes.c.
 */
#include <mm/mempolicy.h>
#include "mm_internal.h"

static bool is_shmem(const struct vm_area_struct *vma)
{
	return vma->mapping && (vma->mapping->flags & AS_SHMEM);
}

struct mempolicy *get_vma_policy(const struct vm_area_struct *vma, pgoff_t pgoff)
{
	if (is_shmem(vma))
		return mapping_policy_get(vma->mapping, pgoff);
	if (vma->vm_policy)
		mpol_get(vma->vm_policy);
	return vma->vm_policy;
}

/* set_policy - the part of *@vmap inside [start, end) gets @pol; after an error *@vmap may be gone */
static int set_policy(struct vm_area_struct **vmap, unsigned long start, unsigned long end, struct mempolicy *pol)
{
	struct vm_area_struct *vma = *vmap;
	int err = 0;

	if (!is_shmem(vma) && mpol_equal(vma->vm_policy, pol))
		return 0;
	err = vma_isolate(vma, max(start, vma->vm_start), min(end, vma->vm_end));
	if (err)
		return err;
	if (is_shmem(vma))
		err = mapping_policy_set(vma->mapping, vma->vm_pgoff, vma->vm_pgoff + vma_pages(vma) - 1, pol);
	if (!err) {
		vma_start_write(vma);
		if (pol)
			mpol_get(pol);
		mpol_put(vma->vm_policy);
		vma->vm_policy = pol;
	}
	*vmap = vma_merge(vma);
	return err;
}

/* wrong_nodes - where pages of this policy should not be; without nodes of its own: away from here */
static unsigned long wrong_nodes(const struct mempolicy *pol)
{
	return ~(pol && pol->nodes ? (unsigned long)pol->nodes : 1UL << numa_node_id());
}

/* check_range - B2, and MPOL_MF_STRICT for pages that nobody will move */
static int check_range(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned long wrong,
		       unsigned int flags)
{
	bool strict = (flags & (MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)) == MPOL_MF_STRICT;
	struct vm_area_struct *vma = find_vma(mm, start);

	for (; start < end; start = vma->vm_end, vma = vma_next(vma)) {
		if (!vma || vma->vm_start > start)
			return -EFAULT;
		if (strict && any_page_on(vma, start, min(end, vma->vm_end), wrong))
			return -EIO;
	}
	return 0;
}

static int set_range(struct mm_struct *mm, unsigned long start, unsigned long end, struct mempolicy *pol)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	int err = 0;

	for (; start < end; start = vma->vm_end, vma = vma_next(vma)) {
		err = set_policy(&vma, start, end, pol);
		if (err)
			break;			/* and vma may be gone */
	}
	return err;
}

static unsigned long move_range(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned long wrong,
				bool all)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	unsigned long stay = 0;

	for (; vma && vma->vm_start < end; vma = vma_next(vma))
		stay += move_misplaced(vma, max(start, vma->vm_start), min(end, vma->vm_end), wrong, all);
	return stay;
}

static int mbind_locked(struct mm_struct *mm, unsigned long start, unsigned long end, struct mempolicy *pol,
			unsigned int flags)
{
	unsigned long wrong = wrong_nodes(pol), stay = 0;
	int err = check_range(mm, start, end, wrong, flags);

	if (!err)
		err = set_range(mm, start, end, pol);
	if (!err && (flags & (MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)))
		stay = move_range(mm, start, end, wrong, flags & MPOL_MF_MOVE_ALL);
	return stay && (flags & MPOL_MF_STRICT) ? -EIO : err;
}

/* The end of a range as both calls take it: 0 or -EINVAL. An empty one is fine. */
static int range_end(unsigned long start, size_t len, unsigned long *end)
{
	*end = start + ALIGN_UP(len, PAGE_SIZE);
	return !IS_ALIGNED(start, PAGE_SIZE) || *end < start ? -EINVAL : 0;
}

int do_mbind(struct mm_struct *mm, unsigned long start, size_t len, const struct mempolicy *wish, unsigned int flags)
{
	struct mempolicy *pol = NULL;
	unsigned long end;
	int err = range_end(start, len, &end);

	if (err || start == end)
		return err;
	if (wish->mode == MPOL_DEFAULT) {
		flags &= ~(unsigned int)MPOL_MF_STRICT;
	} else {
		pol = mpol_new(wish);
		if (!pol)
			return -ENOMEM;
	}
	err = down_write_killable(&mm->mmap_lock) ? -EINTR : 0;
	if (!err) {
		err = mbind_locked(mm, start, end, pol, flags);
		VALIDATE(mm_check(mm));
		mmap_write_unlock(mm);
	}
	mpol_put(pol);
	return err;
}

/* ---- home nodes ------------------------------------------------------------------------------ */

/* set_home - the policy of *@vmap with another home node; -ENOENT: it has none */
static int set_home(struct vm_area_struct **vmap, unsigned long start, unsigned long end, unsigned int nid)
{
	const struct mempolicy *old = (*vmap)->vm_policy;
	struct mempolicy *pol;
	int err;

	if (!old)
		return -ENOENT;
	if (old->mode != MPOL_BIND && old->mode != MPOL_PREFERRED_MANY)
		return -EOPNOTSUPP;
	pol = mpol_new(old);
	if (!pol)
		return -ENOMEM;
	pol->home = (u8)(nid + 1);
	err = set_policy(vmap, start, end, pol);
	mpol_put(pol);
	return err;
}

int do_home_node(struct mm_struct *mm, unsigned long start, size_t len, unsigned int nid)
{
	struct vm_area_struct *vma;
	int err = 0, result = -ENOENT;
	unsigned long end;

	if (range_end(start, len, &end))
		return -EINVAL;
	if (start == end)
		return 0;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	for (vma = find_vma(mm, start); vma && vma->vm_start < end; vma = vma_next(vma)) {
		err = set_home(&vma, start, end, nid);
		if (err && err != -ENOENT)
			break;
		result = err ? result : 0;
	}
	VALIDATE(mm_check(mm));
	mmap_write_unlock(mm);
	return err && err != -ENOENT ? err : result;
}
