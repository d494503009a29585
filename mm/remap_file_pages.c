/* SPDX-License-Identifier: MIT */
/*
 * mm/remap_file_pages.c - pages of a shared mapping in another order
 *
 * THE QUESTION   A data base wants a window of its file whose pages are not in file order. How, when a
 *                VMA shows consecutive pages only?
 *
 * THE PICTURE    VMA  [ 0 1 2 3 4 5 ]     remap_file_pages(page 1, 2 pages, from page 4 on)
 *                  => [ 0 ][ 4 5 ][ 3 4 5 ]     three VMAs of the same object
 *
 * The lecture's kernels kept one VMA and wrote file offsets into absent ptes, with a fault handler of its
 * own for them (do_nonlinear_fault). That is history: the call is now a fixed mapping of the same object
 * over the old one, and nothing else in mm/ has to know.
 *
 * ALWAYS TRUE    P1  the object lives while its old VMA is unmapped: a VMA that is linked nowhere holds it.
 *                P2  it counts as mapped writable all the while, if its VMA does. Otherwise, between the end
 *                    of the old VMA and the start of the new one, F_SEAL_WRITE would find no writer, and
 *                    then there would be one.
 * LOCKS          mmap_lock for write. Seals are set under the inode's lock only, hence P2.
 * READ NEXT      mmap.c, page_cache.h (mapping_map_writable).
 */
#include <uapi/fcntl.h>
#include "mm_internal.h"

/* covers - is [start, end) one object's, in file order and with equal rights? */
static bool covers(struct vm_area_struct *vma, unsigned long end)
{
	struct vm_area_struct *next;

	for (; end > vma->vm_end; vma = next) {
		next = vma_next(vma);
		if (!next || next->vm_start != vma->vm_end || next->mapping != vma->mapping ||
		    next->vm_flags != vma->vm_flags)
			return false;
	}
	return true;
}

/* counts_as_shared - not what a read-only descriptor maps, as on Linux; that seals forbid writing does not matter */
static bool counts_as_shared(const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED) || !vma->mapping)
		return false;
	return (vma->vm_flags & VM_MAYWRITE) || (vma->mapping->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE));
}

/* mmap_held - mmap_locked() over a VMA like @vma, whose object lives on meanwhile (P1) and keeps its writer (P2) */
static long mmap_held(struct mm_struct *mm, const struct vm_area_struct *vma, const struct mmap_request *rq)
{
	bool writable = vma->vm_flags & VM_MAYWRITE;
	struct vm_area_struct pin = *vma;
	long ret;

	if (pin.vm_ops && pin.vm_ops->open)
		pin.vm_ops->open(&pin);
	if (writable && !mapping_map_writable(pin.mapping))
		panic("remap_file_pages: sealed against writing, but mapped: %lx-%lx", pin.vm_start, pin.vm_end);
	ret = mmap_locked(mm, rq, rq->len);
	if (writable)
		mapping_unmap_writable(pin.mapping);
	if (pin.vm_ops && pin.vm_ops->close)
		pin.vm_ops->close(&pin);
	return ret;
}

static long remap_locked(struct mm_struct *mm, unsigned long addr, size_t len, pgoff_t pgoff)
{
	const unsigned long may = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
	struct vm_area_struct *vma = find_vma(mm, addr);
	struct mmap_request rq = {
		.addr = addr, .len = len, .pgoff = pgoff, .flags = MAP_SHARED | MAP_FIXED,
	};

	if (!vma || vma->vm_start > addr || !counts_as_shared(vma) || !covers(vma, addr + len))
		return -EINVAL;
	if (pgoff + (len >> PAGE_SHIFT) > __INT64_MAX__ >> PAGE_SHIFT)
		return -EOVERFLOW;
	rq.vm_ops = vma->vm_ops;
	rq.mapping = vma->mapping;
	rq.vm_file = vma->vm_file;
	rq.vm_private = vma->vm_private;
	rq.vm_flags_clear = may & ~vma->vm_flags;
	rq.vm_flags_set = vma->vm_flags & ~VM_UFFD_FLAGS;
	return mmap_held(mm, vma, &rq);
}

long do_remap_file_pages(struct mm_struct *mm, unsigned long addr, size_t len, pgoff_t pgoff,
			 unsigned long flags)
{
	long ret;

	addr = ALIGN_DOWN(addr, PAGE_SIZE);
	len = ALIGN_DOWN(len, PAGE_SIZE);
	if (addr + len <= addr || pgoff + (len >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	ret = remap_locked(mm, addr, len, pgoff);
	VALIDATE(mm_check(mm));
	mmap_write_unlock(mm);
	if (ret < 0)
		return ret;
	if (!(flags & MAP_NONBLOCK))
		(void)mm_populate(mm, addr, len);
	return 0;
}
