/* SPDX-License-Identifier: MIT */
/*
 * mm/mremap.c - resize a mapping, or move it with its pages to another address
 *
 * THE QUESTION   How does memory get a new address without being copied?
 *
 * THE PICTURE    shrink     munmap the tail
 *                grow       in place if nothing is above; else, with MREMAP_MAYMOVE:
 *                move       new VMA (same object; its pgoff where the old range began, or, as no page
 *                           remembers that, its own address) -> ptes old to new -> flush old range ->
 *                           munmap the old VMA, now without pages
 *
 * ALWAYS TRUE    R1  a page is mapped by exactly one of the two addresses at any time: its pte
 *                    is cleared before the new one is set, under both table locks.
 *                R2  truncation and reverse-map walks cannot fall between: i_mmap_rwsem and the root
 *                    anon_vma's lock are held over move and flush, so a walk sees all ptes at
 *                    the old place or all at the new.
 *                R3  all memory a move needs is there before the first pte moves, and before a lock is
 *                    taken that reclaim may want: a move goes through, or fails with ENOMEM.
 *
 * LOCKS          mmap_lock (write) > i_mmap_rwsem (write) > anon_vma (write) > old ptl > new ptl.
 * READ NEXT      vma.c, pgtable.c.
 */
#include <mm/userfaultfd.h>
#include "mm_internal.h"

struct move {
	struct vm_area_struct *vma;
	unsigned long old_addr, old_len, new_addr, new_len;
	bool dontunmap;
};

/* ---- page tables ----------------------------------------------------------------------------- */

/* part_end - from @addr, how far up to @end do the old and the new ptes stay in one table each? */
static unsigned long part_end(unsigned long addr, unsigned long end, unsigned long delta)
{
	end = pmd_addr_end(addr, end);
	return pmd_addr_end(addr + delta, end + delta) - delta;
}

/* make_tables - all that move_ptes() needs at the new address; 0 or -ENOMEM (munmap frees what is there) */
static int make_tables(const struct move *m, unsigned long len)
{
	unsigned long addr = m->old_addr, end = addr + len, delta = m->new_addr - addr, next;
	struct mm_struct *mm = m->vma->vm_mm;
	pmd_t *pmd;

	for (; (pmd = next_pmd(mm->pgd, &addr, end)); addr = next) {
		next = part_end(addr, end, delta);
		if (!pte_alloc(mm, addr + delta, &pmd))
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

/* move_table - the ptes of [from, end), all in one table, to @to onwards, all in one that is there */
static void move_table(struct mm_struct *mm, pmd_t *src_pmd, unsigned long from, unsigned long end,
		       unsigned long to)
{
	spinlock_t *src_ptl = pte_lockptr(src_pmd), *dst_ptl;
	pte_t *src = pte_offset(src_pmd, from), *dst;
	pmd_t *dst_pmd;

	dst = pte_alloc(mm, to, &dst_pmd);
	ASSERT(dst);
	dst_ptl = pte_lockptr(dst_pmd);
	spin_lock(src_ptl);
	if (dst_ptl != src_ptl)
		spin_lock_nested(dst_ptl);
	for (; from < end; from += PAGE_SIZE, src++, dst++) {
		if (pte_none(ptep_get(src)))
			continue;
		ASSERT(pte_none(ptep_get(dst)));
		set_pte(dst, ptep_get_and_clear(src));
	}
	if (dst_ptl != src_ptl)
		spin_unlock(dst_ptl);
	spin_unlock(src_ptl);
}

static void move_ptes(const struct move *m, unsigned long len)
{
	unsigned long addr = m->old_addr, end = addr + len, delta = m->new_addr - addr, next;
	struct mm_struct *mm = m->vma->vm_mm;
	pmd_t *pmd;

	for (; (pmd = next_pmd(mm->pgd, &addr, end)); addr = next) {
		next = part_end(addr, end, delta);
		move_table(mm, pmd, addr, next, addr + delta);
		cond_resched();
	}
}

static int move_pages(struct move *m)
{
	struct address_space *as = m->vma->mapping;
	unsigned long len = min(m->old_len, m->new_len);

	if (!len)
		return 0;
	vma_start_write(m->vma);		/* from here on no fault makes a table */
	if (make_tables(m, len))
		return -ENOMEM;
	if (as)
		down_write(&as->i_mmap_rwsem);
	anon_vma_lock_write(m->vma);
	move_ptes(m, len);
	flush_tlb_range(m->vma->vm_mm, m->old_addr, m->old_addr + len);
	anon_vma_unlock_write(m->vma);
	if (as)
		up_write(&as->i_mmap_rwsem);
	return 0;
}

/* ---- move ------------------------------------------------------------------------------------ */

/*
 * charge_move - both mappings exist for a while, and only what there is more of afterwards may be refused.
 * The old one's share is promised twice until munmap takes it back; MREMAP_DONTUNMAP keeps both.
 */
static bool charge_move(const struct move *m)
{
	unsigned long pages = m->new_len >> PAGE_SHIFT;
	unsigned long again = m->dontunmap ? 0 : min(m->old_len >> PAGE_SHIFT, pages);

	if (!vm_charge(m->vma->vm_mm, m->vma->vm_flags, pages - again))
		return false;
	if (m->vma->vm_flags & VM_ACCOUNT)
		vm_commit_add(again);
	return true;
}

/* make_copy - a VMA like m->vma for the new address, linked to its anon_vmas only; NULL: no memory */
static struct vm_area_struct *make_copy(const struct move *m)
{
	struct vm_area_struct *new = vm_area_alloc(m->vma->vm_mm, m->vma);

	if (!new)
		return NULL;
	new->vm_start = m->new_addr;
	new->vm_end = m->new_addr + m->new_len;
	new->vm_pgoff = m->vma->vm_pgoff + ((m->old_addr - m->vma->vm_start) >> PAGE_SHIFT);
	if (vma_is_anonymous(m->vma) && !m->vma->anon_vma)
		new->vm_pgoff = m->new_addr >> PAGE_SHIFT;	/* no page remembers the old one */
	if (anon_vma_clone(new, m->vma)) {
		vm_area_free(new);
		return NULL;
	}
	return new;
}

/* link_copy - the same, charged and in its place; NULL: no memory, or too much promised */
static struct vm_area_struct *link_copy(struct move *m)
{
	struct mm_struct *mm = m->vma->vm_mm;
	struct vm_area_struct *new, *prev;

	if (!charge_move(m))
		return NULL;
	new = make_copy(m);
	if (!new) {
		vm_uncharge(m->vma->vm_flags, m->new_len >> PAGE_SHIFT);
		return NULL;
	}
	find_vma_prev(mm, m->new_addr, &prev);
	vma_link(mm, new, prev);
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	vm_stat_account(mm, new->vm_flags, (long)vma_pages(new));
	if (new->vm_flags & VM_LOCKED)
		mm->locked_vm += vma_pages(new);
	return new;
}

/* leave_old - MREMAP_DONTUNMAP: what stays behind is not locked, and if all of it is empty, as good as new */
static void leave_old(struct move *m)
{
	struct vm_area_struct *vma = m->vma;

	vma_start_write(vma);
	if (vma->vm_flags & VM_LOCKED) {
		vma->vm_flags &= ~VM_LOCKED_MASK;
		vma->vm_mm->locked_vm -= vma_pages(vma);
	}
	if (vma->vm_start == m->old_addr && vma->vm_end == m->old_addr + m->old_len)
		anon_vma_unlink(vma);
}

/* undo_copy - the program never saw @new: nobody hears of its end */
static void undo_copy(const struct move *m, struct vm_area_struct *new)
{
	userfaultfd_forget(new);
	do_munmap_locked(new->vm_mm, m->new_addr, m->new_len);
}

static long move_vma(struct move *m)
{
	struct mm_struct *mm = m->vma->vm_mm;
	struct uffd_event *event = NULL;
	struct vm_area_struct *new;
	int err;

	if (mm->map_count >= MAX_MAP_COUNT - 3 || userfaultfd_remap_prepare(m->vma, &event))
		return -ENOMEM;
	new = link_copy(m);
	err = new ? move_pages(m) : -ENOMEM;
	if (new && err)
		undo_copy(m, new);
	if (err) {
		userfaultfd_remap_undo(event);
		return err;
	}
	if (unlikely(new->uffd_ctx))
		userfaultfd_remap(new, event, m->old_addr, m->old_len);
	if (m->dontunmap)
		leave_old(m);
	else if (m->old_len)
		/* -ENOMEM from a split leaves an empty mapping behind: harmless, and as on Linux */
		(void)do_munmap_locked(mm, m->old_addr, m->old_len);
	vma_merge(new);
	return (long)m->new_addr;
}

/* ---- checks ---------------------------------------------------------------------------------- */

/* resize_errno - may m->vma be resized from old_len to new_len? */
static int resize_errno(const struct move *m)
{
	const struct vm_area_struct *vma = m->vma;
	struct mm_struct *mm = vma->vm_mm;
	unsigned long grow = m->new_len > m->old_len ? m->new_len - m->old_len : 0;
	pgoff_t pgoff = vma->vm_pgoff + ((m->old_addr - vma->vm_start) >> PAGE_SHIFT);

	if (!m->old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return -EINVAL;			/* length 0 duplicates a mapping: shared ones only */
	if (m->dontunmap && (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP)))
		return -EINVAL;
	if (min(m->old_len, m->new_len) > vma->vm_end - m->old_addr)
		return -EFAULT;			/* what a move cuts off may lie anywhere */
	if (!grow)
		return 0;
	if (pgoff + (m->new_len >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		return -EFAULT;
	if (!may_lock(mm, vma->vm_flags, grow >> PAGE_SHIFT))
		return -EAGAIN;
	return may_expand_vm(mm, vma->vm_flags, grow >> PAGE_SHIFT) ? 0 : -ENOMEM;
}

/* mremap_to - MREMAP_FIXED or MREMAP_DONTUNMAP */
static long mremap_to(struct mm_struct *mm, struct move *m, unsigned long flags)
{
	long err;

	if (!IS_ALIGNED(m->new_addr, PAGE_SIZE) || m->new_len > mm->task_size || m->old_len > mm->task_size ||
	    m->new_addr > mm->task_size - m->new_len)
		return -EINVAL;
	if (m->old_addr + m->old_len > m->new_addr &&
	    m->new_addr + m->new_len > m->old_addr)
		return -EINVAL;
	if (mm->map_count + 2 >= MAX_MAP_COUNT - 3)
		return -ENOMEM;
	err = resize_errno(m);
	if (err)
		return err;
	err = find_unmapped_area(mm, m->new_addr, m->new_len,
				 flags & MREMAP_FIXED ? MAP_FIXED : 0);
	if (err < 0)
		return err;
	m->new_addr = (unsigned long)err;
	if (flags & MREMAP_FIXED) {
		err = do_munmap_locked(mm, m->new_addr, m->new_len);
		if (err)
			return err;
	}
	if (m->old_len > m->new_len) {
		err = do_munmap_locked(mm, m->old_addr + m->new_len, m->old_len - m->new_len);
		if (err)
			return err;
		m->old_len = m->new_len;
	}
	m->vma = find_vma(mm, m->old_addr);	/* both may have split it or freed neighbours */
	if (!m->vma || m->vma->vm_start > m->old_addr)
		return -EFAULT;			/* length 0, onto itself: it is gone */
	/* What was at the new place is gone, and counts no longer. */
	if (m->dontunmap && !may_expand_vm(mm, m->vma->vm_flags, m->old_len >> PAGE_SHIFT))
		return -ENOMEM;
	return move_vma(m);
}

/* grow_in_place - true if the VMA ends with the old range and the room above it is free */
static bool grow_in_place(struct mm_struct *mm, struct move *m)
{
	struct vm_area_struct *vma = m->vma, *next = vma_next(vma);
	unsigned long end = m->old_addr + m->new_len, pages;

	if (m->old_addr + m->old_len != vma->vm_end || end < m->old_addr || end > mm->task_size ||
	    (next && end > vm_start_gap(next)) || !m->old_len)
		return false;
	pages = (end - vma->vm_end) >> PAGE_SHIFT;
	if (!vm_charge(mm, vma->vm_flags, pages))
		return false;
	vma_adjust(vma, vma->vm_start, end, vma->vm_pgoff);
	vm_stat_account(mm, vma->vm_flags, (long)pages);
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += pages;
	vma_merge_above(vma);
	return true;
}

static long mremap_locked(struct mm_struct *mm, struct move *m, unsigned long flags)
{
	long ret;

	m->vma = find_vma(mm, m->old_addr);
	if (!m->vma || m->vma->vm_start > m->old_addr)
		return -EFAULT;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return mremap_to(mm, m, flags);
	if (m->old_len >= m->new_len) {
		if (m->old_len > m->new_len)
			ret = do_munmap_locked(mm, m->old_addr + m->new_len, m->old_len - m->new_len);
		else
			ret = 0;
		return ret ? ret : (long)m->old_addr;
	}
	ret = resize_errno(m);
	if (ret)
		return ret;
	if (grow_in_place(mm, m))
		return (long)m->old_addr;
	if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	ret = find_unmapped_area(mm, 0, m->new_len, 0);
	if (ret < 0)
		return ret;
	m->new_addr = (unsigned long)ret;
	return move_vma(m);
}

long do_mremap(struct mm_struct *mm, unsigned long addr, size_t old_len, size_t new_len,
	       unsigned long flags, unsigned long new_addr)
{
	struct move m = {
		.old_addr = addr, .old_len = ALIGN_UP(old_len, PAGE_SIZE),
		.new_addr = flags & MREMAP_FIXED || flags & MREMAP_DONTUNMAP ? new_addr : 0,
		.new_len = ALIGN_UP(new_len, PAGE_SIZE),
		.dontunmap = flags & MREMAP_DONTUNMAP,
	};
	bool populate;
	long ret;

	if ((flags & ~(unsigned long)(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP)) ||
	    ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE)) ||
	    (m.dontunmap && old_len != new_len) || !IS_ALIGNED(addr, PAGE_SIZE) || !m.new_len)
		return -EINVAL;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	ret = mremap_locked(mm, &m, flags);
	populate = ret > 0 && m.new_len > m.old_len && (find_vma(mm, (unsigned long)ret)->vm_flags &
							 VM_LOCKED);
	VALIDATE(mm_check(mm));
	mmap_write_unlock(mm);
	if (populate)
		(void)mm_populate(mm, (unsigned long)ret, m.new_len);
	return ret;
}
