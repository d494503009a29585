/* SPDX-License-Identifier: MIT */
/*
 * mm/brk.c - the heap: one anonymous VMA that grows and shrinks at its upper end
 *
 * THE QUESTION   Where does the data segment end now? (brk(2); Linux's call returns the new break,
 *                or the old one when it could not be moved, and never an errno.)
 *
 *                start_brk            brk (any byte)   next VMA
 *                |====== heap VMA ======|      gap      [
 *                                        ^ VMA ends at the page border above brk
 *
 * ALWAYS TRUE    start_brk <= brk; the heap VMA, if any, ends at ALIGN_UP(brk); one page stays
 *                free between the heap and what lies above, so that an overrun faults. A program that
 *                unmapped its heap by other means keeps its break: there is nothing to shrink.
 * LOCKS          mmap_lock for write.
 * READ NEXT      mmap.c.
 */
#include "mm_internal.h"

#define BRK_FLAGS	(VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_ACCOUNT)

static bool brk_allowed(struct mm_struct *mm, unsigned long brk)
{
	unsigned long data = mm->end_data - mm->start_data, limit = READ_ONCE(mm_limits()->data);

	if (brk < mm->start_brk || brk > mm->task_size)
		return false;
	return brk - mm->start_brk <= limit && data <= limit && brk - mm->start_brk + data <= limit;
}

/* brk_grow - map [start, end), or change nothing */
static bool brk_grow(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct proto = {
		.vm_start = start, .vm_end = end, .vm_pgoff = start >> PAGE_SHIFT,
		.vm_flags = BRK_FLAGS | mm->def_flags,
	};
	struct vm_area_struct *next = find_vma(mm, start);
	unsigned long pages = vma_pages(&proto);

	if (next && end + PAGE_SIZE > vm_start_gap(next))
		return false;
	if (!may_expand_vm(mm, proto.vm_flags, pages) || mm->map_count > MAX_MAP_COUNT ||
	    !may_lock(mm, proto.vm_flags, pages))
		return false;
	/* what lies below an empty heap is not the heap */
	return mmap_region(mm, &proto, start > mm->start_brk) == 0;
}

unsigned long do_brk(struct mm_struct *mm, unsigned long brk)
{
	unsigned long old_end, new_end, result;
	bool ok = false, populate = false;

	down_write(&mm->mmap_lock);
	old_end = ALIGN_UP(mm->brk, PAGE_SIZE);
	new_end = ALIGN_UP(brk, PAGE_SIZE);
	if (brk_allowed(mm, brk)) {
		if (new_end == old_end)
			ok = true;
		else if (new_end < old_end)
			ok = find_vma_intersection(mm, new_end, old_end) &&
			     do_munmap_locked(mm, new_end, old_end - new_end) == 0;
		else
			ok = brk_grow(mm, old_end, new_end);
	}
	if (ok)
		mm->brk = brk;
	populate = ok && new_end > old_end && (mm->def_flags & VM_LOCKED);
	result = mm->brk;
	mmap_write_unlock(mm);
	if (populate)
		(void)mm_populate(mm, old_end, new_end - old_end);
	return result;
}
