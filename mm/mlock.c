/* SPDX-License-Identifier: MIT */
/*
 * mm/mlock.c - memory that must stay (mlock), must be there now (populate), is there (mincore),
 *              or must reach its file (msync)
 *
 * THE QUESTION   Four calls about residence, all a walk over the VMAs of a range.
 *
 * ALWAYS TRUE    locked_vm == pages of all VMAs with VM_LOCKED. Nothing is ever taken from such a
 *                VMA by reclaim; that alone is what locking means here. VM_LOCKONFAULT comes only
 *                with VM_LOCKED, and says that nobody populates.
 * LOCKS          mmap_lock: write for mlock, read otherwise. mm_populate() takes it per fault, so
 *                that a long populate does not keep other threads from mapping; between two faults it
 *                lets other threads run, and ends if it is killed.
 * LEFT OUT       writing (msync): memory is all the store that any object has, so what was written is where it
 *                belongs, and the call only looks at its arguments.
 * READ NEXT      fault.c, madvise.c.
 */
#include <mm/uaccess.h>
#include "mm_internal.h"

/* ---- populate -------------------------------------------------------------------------------- */

/* populate_flags - how to touch the VMA at @addr; *@end: where it ends. false: a hole */
static bool populate_flags(struct mm_struct *mm, unsigned long addr, unsigned long *end,
			   unsigned long *flags)
{
	struct vm_area_struct *vma;

	down_read(&mm->mmap_lock);
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start <= addr) {
		*end = min(*end, vma->vm_end);
		*flags = vma->vm_flags;
	} else {
		vma = NULL;
	}
	up_read(&mm->mmap_lock);
	return vma != NULL;
}

static int populate_vma(struct mm_struct *mm, unsigned long addr, unsigned long end,
			unsigned long flags)
{
	bool write = (flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;
	bool exec = !(flags & (VM_READ | VM_WRITE));

	if (flags & (VM_PFNMAP | VM_IO | VM_LOCKONFAULT))
		return 0;
	for (; addr < end; addr += PAGE_SIZE) {
		enum fault_result r;

		if (cond_resched_killable())
			return -EINTR;
		r = handle_mm_fault(mm, addr, write, exec, false);
		if (r != FAULT_OK)
			return r == FAULT_OOM ? -EAGAIN : -ENOMEM;
	}
	return 0;
}

int mm_populate(struct mm_struct *mm, unsigned long addr, size_t len)
{
	unsigned long stop = addr + len, end;
	int err = 0;

	for (; !err && addr < stop; addr = end) {
		unsigned long flags;

		end = stop;
		if (!populate_flags(mm, addr, &end, &flags))
			return -ENOMEM;
		err = populate_vma(mm, addr, end, flags);
	}
	return err;
}

void populate_locked(struct mm_struct *mm, unsigned long addr, unsigned long stop)
{
	unsigned long flags, end;

	for (; addr < stop; addr = end) {
		end = stop;
		if (!populate_flags(mm, addr, &end, &flags))
			return;
		if (flags & VM_LOCKED)
			(void)populate_vma(mm, addr, end, flags);
	}
}

/* ---- mlock ----------------------------------------------------------------------------------- */

/* lock_vma - the part of *@vmap inside [start, end) gets @lock for its VM_LOCKED_MASK bits */
static int lock_vma(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
		    unsigned long lock)
{
	struct vm_area_struct *vma = *vmap;
	unsigned long flags = (vma->vm_flags & ~VM_LOCKED_MASK) | lock, old = vma->vm_flags;
	struct mm_struct *mm = vma->vm_mm;
	int err;

	if (flags == vma->vm_flags || (vma->vm_flags & VM_SPECIAL))
		return 0;
	start = max(start, vma->vm_start);
	end = min(end, vma->vm_end);
	err = vma_modify(vmap, start, end, flags);
	if (err)
		return err;
	if (lock && !(old & VM_LOCKED))
		mm->locked_vm += (end - start) >> PAGE_SHIFT;
	else if (!lock)
		mm->locked_vm -= (end - start) >> PAGE_SHIFT;
	return 0;
}

static int lock_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		      unsigned long lock)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	unsigned long pos;
	int err;

	for (pos = start; pos < end; pos = vma->vm_end, vma = vma_next(vma)) {
		if (!vma || vma->vm_start > pos)
			return -ENOMEM;
		err = lock_vma(&vma, pos, end, lock);
		if (err)
			return err;
	}
	return 0;
}

/* locked_pages - how much of [start, end) counts as locked already: locking it again is free */
static unsigned long locked_pages(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	unsigned long bytes = 0;

	for (; vma && vma->vm_start < end; vma = vma_next(vma))
		if (vma->vm_flags & VM_LOCKED)
			bytes += min(end, vma->vm_end) - max(start, vma->vm_start);
	return bytes >> PAGE_SHIFT;
}

int do_mlock(struct mm_struct *mm, unsigned long addr, size_t len, unsigned long lock,
	     unsigned long rlimit)
{
	unsigned long start = ALIGN_DOWN(addr, PAGE_SIZE);
	unsigned long end = start + ALIGN_UP(len + (addr - start), PAGE_SIZE), pages = (end - start) >> PAGE_SHIFT;
	int err;

	ASSERT(!(lock & ~VM_LOCKED_MASK) && lock != VM_LOCKONFAULT);
	if (lock && !rlimit)
		return -EPERM;
	if (lock && pages > rlimit >> PAGE_SHIFT)
		return -ENOMEM;
	if (end <= start)		/* a length that rounds to 0 locks nothing, as on Linux */
		return end < start ? -EINVAL : 0;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	if (lock && mm->locked_vm + pages > rlimit >> PAGE_SHIFT &&
	    mm->locked_vm + pages - locked_pages(mm, start, end) > rlimit >> PAGE_SHIFT)
		err = -ENOMEM;
	else
		err = lock_range(mm, start, end, lock);
	VALIDATE(mm_check(mm));
	mmap_write_unlock(mm);
	return err || !lock ? err : mm_populate(mm, start, end - start);
}

/* ---- mincore --------------------------------------------------------------------------------- */

/* page_resident - would an access to @addr in @vma find its page in memory? */
static u8 page_resident(struct vm_area_struct *vma, unsigned long addr)
{
	pgoff_t index = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	struct page *page;
	spinlock_t *ptl;
	pte_t *pte = pte_lookup_lock(vma->vm_mm, addr, &ptl);
	u8 resident = 0;

	if (pte) {
		resident = pte_present(ptep_get(pte));
		pte_unlock(ptl);
	}
	if (resident || !vma->mapping)
		return resident;
	page = find_get_page(vma->mapping, index);
	if (!page)
		return 0;
	resident = PageUptodate(page);
	put_page(page);
	return resident;
}

/*
 * shows_residency - which pages of a file are in memory tells what others read: not for everybody. Memory without a
 * file belongs to who mapped it; of what the kernel itself put there all counts as resident.
 */
static bool shows_residency(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->shows_residency)
		return vma->vm_ops->shows_residency(vma);
	return vma_is_anonymous(vma) || vma->mapping;
}

static void vma_residency(struct vm_area_struct *vma, unsigned long addr, size_t n, u8 *vec)
{
	bool shown = shows_residency(vma);

	for (size_t i = 0; i < n; i++, addr += PAGE_SIZE)
		vec[i] = shown ? page_resident(vma, addr) : 1;
}

/* mincore_chunk - bytes for at most @n pages from @addr on, up to a hole; their number. Read lock taken here. */
static size_t mincore_chunk(struct mm_struct *mm, unsigned long addr, size_t n, u8 *vec)
{
	struct vm_area_struct *vma;
	size_t done = 0, part;

	down_read(&mm->mmap_lock);
	for (vma = find_vma(mm, addr); vma && vma->vm_start <= addr && done < n; vma = vma_next(vma)) {
		part = min(n - done, (vma->vm_end - addr) >> PAGE_SHIFT);
		vma_residency(vma, addr, part, vec + done);
		done += part;
		addr += part << PAGE_SHIFT;
	}
	up_read(&mm->mmap_lock);
	return done;
}

int do_mincore(struct mm_struct *mm, unsigned long addr, size_t len, u8 __user *vec)
{
	size_t pages = (len >> PAGE_SHIFT) + ((len & (PAGE_SIZE - 1)) != 0), done, n;
	u8 chunk[128];

	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (addr > mm->task_size || len > mm->task_size - addr)
		return -ENOMEM;
	if (!access_ok(vec, pages))
		return -EFAULT;
	for (done = 0; done < pages; done += n) {
		if (cond_resched_killable())
			return -EINTR;
		n = mincore_chunk(mm, addr + (done << PAGE_SHIFT), min(pages - done, sizeof(chunk)), chunk);
		if (!n)
			return -ENOMEM;
		if (copy_to_user(vec + done, chunk, n))
			return -EFAULT;
	}
	return 0;
}

/* ---- msync ----------------------------------------------------------------------------------- */

int do_msync(struct mm_struct *mm, unsigned long addr, size_t len, int flags)
{
	unsigned long end = addr + ALIGN_UP(len, PAGE_SIZE);
	struct vm_area_struct *vma;
	int err = 0, hole = 0;

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || !IS_ALIGNED(addr, PAGE_SIZE) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	if (end < addr)
		return -ENOMEM;
	down_read(&mm->mmap_lock);
	for (vma = find_vma(mm, addr); addr < end && !err; vma = vma_next(vma)) {
		if (!vma || vma->vm_start >= end) {
			hole = -ENOMEM;
			break;
		}
		if (vma->vm_start > addr) {
			hole = -ENOMEM;
			addr = vma->vm_start;
		}
		if ((flags & MS_INVALIDATE) && (vma->vm_flags & VM_LOCKED))
			err = -EBUSY;
		ASSERT(!vma->mapping || !vma->mapping->ops->writeout);
		addr = vma->vm_end;
	}
	up_read(&mm->mmap_lock);
	return err ? err : hole;
}
