/* SPDX-License-Identifier: MIT */
/*
 * mm/vma_merge.c - which neighbours become one VMA, and how a part of one gets other flags
 *
 * THE QUESTION   Thousands of small changes should not leave thousands of VMAs. When may two that touch
 *                be one, and how few VMAs does a change of flags need?
 *
 * THE PICTURE    a new mapping N           [ P ] N [ X ]    P swallows N, then X, if it may; else X takes N
 *                part M of V gets the      [ P ][ M V ]     => [ P   ][ V ]    the border moves: no new VMA,
 *                flags of a neighbour      [ V M ][ X ]     => [ V ][   X ]    so no limit is in the way
 *                all of V does             [ P ][ V ][ X ]  => [    P    ]
 *                part M gets flags of      [ V M V ]        => [ V ][ M ][ V ] two splits
 *                its own
 *
 * ALWAYS TRUE    W1  neighbours that are equal in everything but their place, show consecutive offsets of
 *                    one object (W2 permitting) are one VMA after any change of one of them, except that
 *                    munmap and fork, which only take away or copy, look at nobody.
 *                W2  anon_vma: equal, or one side has none and the other's was not inherited through fork
 *                    (anon_vma_compatible()). If both neighbours qualify and exclude each other, the
 *                    lower one is taken.
 *                W3  a change that fails leaves all borders as they were.
 *                The host's model test (vma_test.c) compares each result with these rules, kept on its side
 *                in an array.
 *
 * LOCKS          mmap_lock for write; every VMA that changes after vma_start_write().
 * LEFT OUT       the order in which Linux 6.1 looks: it refuses a merge if only the changed part has an
 *                anon_vma and its neighbour has none. Later versions call that a mistake.
 * READ NEXT      anon_vma.c (why W2), mprotect.c (who changes flags).
 */
#include <mm/mempolicy.h>
#include "mm_internal.h"

/* ---- may they be one? ------------------------------------------------------------------------ */

/* Apart from continues(), which without policies ends in a jump: half the cost of small changes is such checks. */
static noinline bool compatible_policies(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return mpol_equal(a->vm_policy, b->vm_policy) && anon_vma_compatible(a, b);
}

/* continues - does @b, right behind @a, show what comes next, with nothing but flags left to compare? */
static __always_inline bool continues(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	if (a->vm_end != b->vm_start || a->vm_ops != b->vm_ops || a->mapping != b->mapping ||
	    a->vm_file != b->vm_file || a->vm_private != b->vm_private ||
	    a->vm_pgoff + vma_pages(a) != b->vm_pgoff)
		return false;
	return likely(a->vm_policy == b->vm_policy) ? anon_vma_compatible(a, b) : compatible_policies(a, b);
}

/* may_join - do equal @flags of the two allow it? Where userfaultfds come in, only within one descriptor. */
static bool may_join(const struct vm_area_struct *a, const struct vm_area_struct *b, unsigned long flags)
{
	if (likely(!(flags & (VM_SPECIAL | VM_UFFD_FLAGS))))
		return true;
	return !(flags & VM_SPECIAL) && a->uffd_ctx == b->uffd_ctx;
}

bool vma_compatible(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return a->vm_flags == b->vm_flags && may_join(a, b, a->vm_flags) && continues(a, b);
}

/* ---- merge ----------------------------------------------------------------------------------- */

/* merge_pair - @a swallows @b, its neighbour above */
static void merge_pair(struct vm_area_struct *a, struct vm_area_struct *b)
{
	ASSERT(!a->anon_vma || !b->anon_vma || a->anon_vma == b->anon_vma);
	vma_start_write(b);
	vma_adjust(a, a->vm_start, b->vm_end, a->vm_pgoff);
	if (a->anon_vma)
		anon_vma_unlink(b);
	else if (b->anon_vma)
		anon_vma_move(a, b);
	vma_unlink_mm(b);
	vma_unlink_file(b);
	vm_area_remove(b);
}

/* Whatever they are, also if two such VMAs would never merge by themselves: they were one. */
void vma_unsplit(struct vm_area_struct *vma)
{
	merge_pair(vma_prev(vma), vma);
}

void vma_merge_above(struct vm_area_struct *vma)
{
	struct vm_area_struct *next = vma_next(vma);

	if (next && vma_compatible(vma, next))
		merge_pair(vma, next);
}

struct vm_area_struct *vma_merge_below(struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma_prev(vma);

	if (!prev || !vma_compatible(prev, vma))
		return vma;
	merge_pair(prev, vma);
	return prev;
}

struct vm_area_struct *vma_merge(struct vm_area_struct *vma)
{
	vma = vma_merge_below(vma);
	vma_merge_above(vma);
	return vma;
}

struct vm_area_struct *vma_merge_new(struct vm_area_struct *new, struct vm_area_struct *prev,
				     struct vm_area_struct *next)
{
	if (prev && vma_compatible(prev, new)) {
		vma_adjust(prev, prev->vm_start, new->vm_end, prev->vm_pgoff);
		if (next && vma_compatible(prev, next))
			merge_pair(prev, next);
		return prev;
	}
	if (!next || !vma_compatible(new, next))
		return NULL;
	vma_adjust(next, new->vm_start, next->vm_end, new->vm_pgoff);
	return next;
}

/* ---- a part of a VMA changes ------------------------------------------------------------------ */

int vma_isolate(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	bool below = vma->vm_start < start, above = end < vma->vm_end;
	int splits = below + above, err = 0;

	if (vma->vm_mm->map_count + splits > MAX_MAP_COUNT && splits)
		return -ENOMEM;
	if (below)
		err = split_vma(vma, start, true);
	if (err || !above)
		return err;
	err = split_vma(vma, end, false);
	if (err && below)
		vma_unsplit(vma);
	return err;
}

/*
 * move_border - @low and @high, which touch, touch at @border from now on; 0, -ENOMEM (nothing changed).
 * As in a split, the two overlap for a moment, so that no gap appears between them and goes again.
 */
static int move_border(struct vm_area_struct *low, struct vm_area_struct *high, unsigned long border)
{
	pgoff_t pgoff = low->vm_pgoff + ((border - low->vm_start) >> PAGE_SHIFT);
	bool up = border > low->vm_end;
	struct vm_area_struct *grows = up ? low : high, *shrinks = up ? high : low;

	vma_start_write(grows);
	vma_start_write(shrinks);
	if (!grows->anon_vma && anon_vma_clone(grows, shrinks))
		return -ENOMEM;
	if (up)
		vma_adjust(low, low->vm_start, border, low->vm_pgoff);
	vma_adjust(high, border, high->vm_end, pgoff);
	if (!up)
		vma_adjust(low, low->vm_start, border, low->vm_pgoff);
	return 0;
}

/* takes - could neighbour @other have what @low and @high meet at, if that had @flags? */
static bool takes(const struct vm_area_struct *other, const struct vm_area_struct *low,
		  const struct vm_area_struct *high, unsigned long flags)
{
	return other && other->vm_flags == flags && may_join(low, high, flags) && continues(low, high);
}

/* modify_part - vma_modify() of less than all of *@vmap */
static int modify_part(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
		       unsigned long flags)
{
	struct vm_area_struct *vma = *vmap;
	struct vm_area_struct *prev = start == vma->vm_start ? vma_prev(vma) : NULL;
	struct vm_area_struct *next = end == vma->vm_end ? vma_next(vma) : NULL;
	int err;

	if (takes(prev, prev, vma, flags)) {
		*vmap = prev;
		return move_border(prev, vma, end);
	}
	if (takes(next, vma, next, flags)) {
		*vmap = next;
		return move_border(vma, next, start);
	}
	err = vma_isolate(vma, start, end);
	if (err)
		return err;
	vma_start_write(vma);
	vma->vm_flags = flags;
	vma_set_page_prot(vma);
	return 0;
}

int vma_modify(struct vm_area_struct **vmap, unsigned long start, unsigned long end, unsigned long flags)
{
	struct vm_area_struct *vma = *vmap;

	ASSERT(vma->vm_start <= start && start < end && end <= vma->vm_end);
	if (vma->vm_start < start || end < vma->vm_end)
		return modify_part(vmap, start, end, flags);
	vma_start_write(vma);
	vma->vm_flags = flags;
	vma_set_page_prot(vma);
	*vmap = vma_merge(vma);
	return 0;
}
