/* SPDX-License-Identifier: MIT */
/*
 * mm/madvise.c - what a program tells about its future use of memory
 *
 * THE QUESTION   Which advice changes flags, which changes contents, and which is only a hint?
 *
 *                flags of the VMA        NORMAL RANDOM SEQUENTIAL DONTFORK DOFORK WIPEONFORK
 *                (mmap_lock: write)      KEEPONFORK DONTDUMP DODUMP
 *                contents                DONTNEED: drop the ptes; anonymous memory reads as zero
 *                (mmap_lock: read)       next; DONTNEED_LOCKED also in locked memory. FREE: the same
 *                                        once memory is needed (lazyfree.c). REMOVE: punch a
 *                                        hole into the shared object
 *                age                     COLD, PAGEOUT: the pages were not used lately
 *                bring in now            POPULATE_READ POPULATE_WRITE
 *                hint, nothing to do     WILLNEED (all objects are memory)
 *
 * Advice for a range with holes applies to what is mapped and then fails with ENOMEM.
 *
 * LOCKS          mmap_lock as above. REMOVE takes page locks inside it.
 * LEFT OUT       huge page and KSM advice: EINVAL, as a Linux built without them answers.
 * READ NEXT      zap.c, lazyfree.c, truncate.c.
 */
#include <kernel/sched.h>
#include <mm/lazyfree.h>
#include <mm/userfaultfd.h>
#include "mm_internal.h"

/* ---- flags ----------------------------------------------------------------------------------- */

/* advised_flags - the VMA's flags after @advice; 0 or -EINVAL if it does not apply to @vma */
static int advised_flags(const struct vm_area_struct *vma, int advice, unsigned long *flags)
{
	*flags = vma->vm_flags;
	switch (advice) {
	case MADV_NORMAL:
		*flags &= ~(VM_RAND_READ | VM_SEQ_READ);
		return 0;
	case MADV_RANDOM:
		*flags = (*flags & ~VM_SEQ_READ) | VM_RAND_READ;
		return 0;
	case MADV_SEQUENTIAL:
		*flags = (*flags & ~VM_RAND_READ) | VM_SEQ_READ;
		return 0;
	case MADV_DONTFORK:
		*flags |= VM_DONTCOPY;
		return 0;
	case MADV_DOFORK:
		*flags &= ~VM_DONTCOPY;
		return vma->vm_flags & VM_IO ? -EINVAL : 0;
	case MADV_WIPEONFORK:
		*flags |= VM_WIPEONFORK;
		return !vma_is_anonymous(vma) || (vma->vm_flags & VM_SHARED) ? -EINVAL : 0;
	case MADV_KEEPONFORK:
		*flags &= ~VM_WIPEONFORK;
		return 0;
	case MADV_DONTDUMP:
		*flags |= VM_DONTDUMP;
		return 0;
	case MADV_DODUMP:
		*flags &= ~VM_DONTDUMP;
		return vma->vm_flags & VM_SPECIAL ? -EINVAL : 0;
	default:
		panic("advised_flags: advice %d", advice);
	}
}

static int advise_flags(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
			int advice)
{
	unsigned long flags;
	int err = advised_flags(*vmap, advice, &flags);

	if (err || flags == (*vmap)->vm_flags)
		return err;
	if (vma_modify(vmap, start, end, flags))
		return -EAGAIN;			/* madvise(2): a kernel resource was not available */
	return 0;
}

/* ---- contents -------------------------------------------------------------------------------- */

static int dontneed_errno(const struct vm_area_struct *vma, int advice)
{
	unsigned long forbidden = advice == MADV_DONTNEED_LOCKED ? VM_PFNMAP : VM_LOCKED | VM_PFNMAP;

	return (vma->vm_flags & forbidden) || (advice == MADV_FREE && !vma_is_anonymous(vma)) ? -EINVAL : 0;
}

/*
 * announce_removal - a userfaultfd hears that the pages go, before they do; mmap_lock is let go meanwhile.
 * Then @vma is what is mapped at @start now, which may be more or less than it was: with less, @end comes closer,
 * and the caller goes on from there. 0, or -ENOMEM if nothing is.
 */
static int announce_removal(struct vm_area_struct **vma, unsigned long start, unsigned long *end)
{
	struct mm_struct *mm = (*vma)->vm_mm;

	if (likely(!(*vma)->uffd_ctx) || !userfaultfd_remove(*vma, start, *end))
		return 0;
	*vma = find_vma(mm, start);
	if (!*vma || (*vma)->vm_start > start)
		return -ENOMEM;
	*end = min(*end, (*vma)->vm_end);
	return 0;
}

static int advise_dontneed(struct vm_area_struct **vmap, unsigned long start, unsigned long *end, int advice)
{
	int err = dontneed_errno(*vmap, advice);
	struct vm_area_struct *vma = *vmap;
	struct mmu_gather tlb;

	if (err)
		return err;
	if (advice == MADV_COLD || advice == MADV_PAGEOUT) {
		age_range(vma, start, *end, AGE_ALL);
		return 0;
	}
	err = announce_removal(vmap, start, end);
	if (!err)
		err = dontneed_errno(*vmap, advice);
	if (err)
		return err;
	vma = *vmap;
	if (advice == MADV_FREE) {
		lazyfree_range(vma, start, *end);
		return 0;
	}
	tlb_gather_mmu(&tlb, vma->vm_mm, false);
	zap_pages(&tlb, vma, start, *end);
	tlb_finish_mmu(&tlb);
	return 0;
}

static int remove_errno(const struct vm_area_struct *vma)
{
	if ((vma->vm_flags & VM_LOCKED) || !vma->mapping)
		return -EINVAL;
	if (!(vma->vm_flags & VM_SHARED) || !(vma->vm_flags & VM_MAYWRITE))
		return -EACCES;
	if (!vma->mapping->ops->punch)
		return -EOPNOTSUPP;
	return 0;
}

static int advise_remove(struct vm_area_struct **vmap, unsigned long start, unsigned long *end)
{
	struct vm_area_struct *vma;
	int err = remove_errno(*vmap);
	u64 offset;

	if (!err)
		err = announce_removal(vmap, start, end);
	if (!err)
		err = remove_errno(*vmap);
	if (err)
		return err;
	vma = *vmap;
	offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) + (start - vma->vm_start);
	return vma->mapping->ops->punch(vma->mapping, (loff_t)offset,
					(loff_t)(offset + (*end - start)));
}

/* advise_vma - [start, *end) of *@vma; both may change, so that *@vma has what was done. 0 or -errno */
static int advise_vma(struct vm_area_struct **vma, unsigned long start, unsigned long *end, int advice)
{
	switch (advice) {
	case MADV_WILLNEED:
		return 0;
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
	case MADV_COLD:
	case MADV_PAGEOUT:
		return advise_dontneed(vma, start, end, advice);
	case MADV_REMOVE:
		return advise_remove(vma, start, end);
	default:
		return advise_flags(vma, start, *end, advice);
	}
}

/* ---- the call -------------------------------------------------------------------------------- */

static bool advice_known(int advice)
{
	switch (advice) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
	case MADV_REMOVE:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return true;
	default:
		return false;
	}
}

static bool advice_reads(int advice)
{
	return advice == MADV_WILLNEED || advice == MADV_DONTNEED || advice == MADV_FREE ||
	       advice == MADV_DONTNEED_LOCKED || advice == MADV_REMOVE || advice == MADV_COLD || advice == MADV_PAGEOUT;
}

static int advise_range(struct mm_struct *mm, unsigned long start, unsigned long end, int advice)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	unsigned long stop;
	int err, hole = 0;

	for (; start < end; start = stop) {
		if (!vma || vma->vm_start >= end)
			return -ENOMEM;
		if (vma->vm_start > start) {
			hole = -ENOMEM;
			start = vma->vm_start;
		}
		stop = min(end, vma->vm_end);
		err = advise_vma(&vma, start, &stop, advice);
		if (err)
			return err;
		ASSERT(vma->vm_start <= start && start < stop && stop <= vma->vm_end);
		if (stop == vma->vm_end)		/* else it has grown meanwhile, and the rest is to do */
			vma = vma_next(vma);
	}
	return hole;
}

static int populate_errno(enum fault_result r)
{
	switch (r) {
	case FAULT_OK:
		return 0;
	case FAULT_SEGV_ACCERR:
		return -EINVAL;
	case FAULT_SIGBUS:
		return -EFAULT;
	default:
		return -ENOMEM;
	}
}

/* populate_page - a fault as the program would take it, except that no stack grows */
static int populate_page(struct mm_struct *mm, unsigned long addr, bool write)
{
	struct vm_area_struct *vma;
	int err;

	down_read(&mm->mmap_lock);
	vma = find_vma_intersection(mm, addr, addr + 1);
	err = !vma ? -ENOMEM : vma->vm_flags & (VM_PFNMAP | VM_IO) ? -EINVAL : 0;
	if (!err && !(vma->vm_flags & (write ? VM_WRITE : VM_READ)))
		err = -EINVAL;			/* although a write implies a read elsewhere */
	up_read(&mm->mmap_lock);
	return err ? err : populate_errno(handle_mm_fault(mm, addr, write, false, false));
}

static int advise_populate(struct mm_struct *mm, unsigned long start, unsigned long end, bool write)
{
	int err = 0;

	for (; !err && start < end; start += PAGE_SIZE) {
		if (cond_resched_killable())
			return -EINTR;
		err = populate_page(mm, start, write);
	}
	return err;
}

int do_madvise(struct mm_struct *mm, unsigned long addr, size_t len, int advice)
{
	unsigned long end = addr + ALIGN_UP(len, PAGE_SIZE);
	int err;

	if (!advice_known(advice) || !IS_ALIGNED(addr, PAGE_SIZE) || end < addr ||
	    (len && ALIGN_UP(len, PAGE_SIZE) == 0))
		return -EINVAL;
	if (end == addr)
		return 0;
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		return advise_populate(mm, addr, end, advice == MADV_POPULATE_WRITE);
	if (advice_reads(advice)) {
		down_read(&mm->mmap_lock);
		err = advise_range(mm, addr, end, advice);
		up_read(&mm->mmap_lock);
		return err;
	}
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = advise_range(mm, addr, end, advice);
	VALIDATE(mm_check(mm));
	mmap_write_unlock(mm);
	return err;
}
