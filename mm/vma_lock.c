/* SPDX-License-Identifier: MIT */
/*
 * mm/vma_lock.c - per-VMA locks: a fault needs one VMA to stay as it is, not the whole map
 *
 * THE QUESTION   One thread maps and unmaps files, another reads /proc/self/maps, a third touches
 *                its own memory for the first time. Why should the third wait?
 *
 * THE PICTURE    fault     vma_lock { find_vma; refs + 1 }   ... the fault ...   refs - 1
 *                writer    mmap_lock (write)
 *                          vma_start_write(A): lock_seq of A = that of the mm; wait for refs of A == 0
 *                          change A, or free it                  faults in B, C go on meanwhile
 *                          mmap_write_unlock: lock_seq of the mm + 1 frees all VMAs at once
 *
 *                A fault that finds its VMA locked, or none, or needs the neighbours (the first
 *                anonymous page, stack growth) takes mmap_lock for reading, as everybody else.
 *
 * ALWAYS TRUE    L1  borders, flags, object and anon_vma chains of a VMA change only after
 *                    vma_start_write(), and its memory is freed only after it left the tree so.
 *                L2  refs of a VMA grow only under vma_lock, and only while lock_seq differs from the
 *                    mm's: so after lock_seq was set, under vma_lock too, they only fall.
 *                L3  page tables are freed only below VMAs that were taken out of the tree (L1), and
 *                    never those a remaining VMA needs: a pinned VMA keeps its tables.
 *
 * WHY NOT        a lockless lookup: it needs memory that is freed late (RCU), and a tree made for it.
 *                The spinlock is held for one lookup, some 60 instructions.
 * LOCKS          mmap_lock (write) > waiting for refs; pinned VMA > page lock. vma_lock inside all.
 * READ NEXT      fault.c (who pins), vma.c (who changes).
 */
#include <kernel/wait.h>
#include <mm/userfaultfd.h>
#include "mm_internal.h"

#define VMA_WRITER_WAITS	(1U << 31)	/* in refs: the last fault out wakes mm->vma_wait */

struct vm_area_struct *vma_pin(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	spin_lock(&mm->vma_lock);
	vma = find_vma(mm, addr);
	if (unlikely(!vma || addr < vma->vm_start || vma->lock_seq == mm->lock_seq))
		vma = NULL;
	else
		__atomic_fetch_add(&vma->refs, 1, __ATOMIC_RELAXED);
	spin_unlock(&mm->vma_lock);
	if (vma)
		lockdep_acquire(vma, RANK_VMA, true, false, (unsigned long)__builtin_return_address(0));
	return vma;
}

void vma_unpin(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;

	lockdep_release(vma, true);
	/* Behind this line a writer may free the VMA, but not the mm, which we use. */
	if (unlikely(__atomic_sub_fetch(&vma->refs, 1, __ATOMIC_SEQ_CST) == VMA_WRITER_WAITS))
		wake_up_all(&mm->vma_wait);
}

void __vma_start_write(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;

	ASSERT_HELD(&mm->mmap_lock);
	spin_lock(&mm->vma_lock);
	vma->lock_seq = mm->lock_seq;
	spin_unlock(&mm->vma_lock);
	if (likely(!__atomic_load_n(&vma->refs, __ATOMIC_ACQUIRE)))
		return;
	if (__atomic_or_fetch(&vma->refs, VMA_WRITER_WAITS, __ATOMIC_SEQ_CST) != VMA_WRITER_WAITS)
		wait_event(mm->vma_wait, __atomic_load_n(&vma->refs, __ATOMIC_SEQ_CST) == VMA_WRITER_WAITS);
	__atomic_store_n(&vma->refs, 0, __ATOMIC_RELAXED);	/* L2: nobody else changes it now */
}

void mmap_write_unlock(struct mm_struct *mm)
{
	struct uffd_event *events = mm->uffd_events;

	if (unlikely(events))
		mm->uffd_events = NULL;
	spin_lock(&mm->vma_lock);
	mm->lock_seq++;
	spin_unlock(&mm->vma_lock);
	up_write(&mm->mmap_lock);
	if (unlikely(events))
		userfaultfd_deliver(events);
}
