/* SPDX-License-Identifier: MIT */
/*
 * mm/stack.c - a stack grows when its program touches what lies below it
 *
 * THE QUESTION   The access is below a VMA with VM_GROWSDOWN. May that VMA begin earlier?
 *
 * THE PICTURE         prev            guard gap           stack
 *                [============]<-- STACK_GUARD_GAP -->|    [===========]
 *                                                     ^ lowest start, unless prev is no access
 *                                                       at all, or a stack itself
 *
 * ALWAYS TRUE    a stack that grew is at most RLIMIT_STACK long, and all limits on memory were
 *                asked for the difference; it has an anon_vma, because it will be written to.
 * LOCKS          mmap_lock for write: the fault that found out has let go of its own (fault.c).
 * READ NEXT      fault.c (try_again), vma.c (vma_adjust).
 */
#include "mm_internal.h"

/* grow_allowed - RLIMIT_STACK, the guard gap below, and the limits on all memory */
static bool grow_allowed(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr)
{
	struct vm_area_struct *prev = vma_prev(vma);
	unsigned long pages = (vma->vm_start - addr) >> PAGE_SHIFT;

	if (vma->vm_end - addr > READ_ONCE(mm_limits()->stack) || addr < USER_ADDR_MIN)
		return false;
	if (prev && !(prev->vm_flags & VM_GROWSDOWN) && (prev->vm_flags & VM_ACCESS_FLAGS) &&
	    addr - prev->vm_end < STACK_GUARD_GAP)
		return false;
	if (prev && addr < prev->vm_end)
		return false;
	return may_expand_vm(mm, vma->vm_flags, pages) && may_lock(mm, vma->vm_flags, pages) &&
	       vm_charge(mm, vma->vm_flags, pages);
}

enum fault_result expand_stack(struct mm_struct *mm, unsigned long addr)
{
	enum fault_result r = FAULT_SEGV_MAPERR;
	struct vm_area_struct *vma;

	down_write(&mm->mmap_lock);
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start <= addr) {
		r = FAULT_OK;			/* another thread grew it */
	} else if (vma && (vma->vm_flags & VM_GROWSDOWN) && anon_vma_prepare(vma)) {
		r = FAULT_OOM;			/* a stack that grows will be written to, if not now */
	} else if (vma && (vma->vm_flags & VM_GROWSDOWN) && grow_allowed(mm, vma, addr)) {
		unsigned long pages = (vma->vm_start - addr) >> PAGE_SHIFT;

		vma_adjust(vma, addr, vma->vm_end, vma->vm_pgoff - pages);
		vm_stat_account(mm, vma->vm_flags, (long)pages);
		if (vma->vm_flags & VM_LOCKED)
			mm->locked_vm += pages;
		count_vm_event(pgfault_stack);
		r = FAULT_OK;
		VALIDATE(mm_check(mm));
	}
	mmap_write_unlock(mm);
	return r;
}
