/* SPDX-License-Identifier: MIT */
/*
 * mm/mmap_legacy.c - addresses from 1 GiB 512 MiB upwards: where shared libraries were before they could move
 *
 * THE QUESTION   The first shared libraries of Linux (a.out, 1992) were linked to fixed addresses, handed out by a
 *                list, from 0x60000000 on. What did an address space look like when the kernel looked for room
 *                from there upwards?
 *
 * THE PICTURE    program, heap ->       ld.so libc mmap() mmap() ->                       <- stack
 *                |text|data|brk         |    |    |      |                                    |
 *                0x400000           0x60000000                                          TASK_SIZE
 *
 *                Without mm->mmap_base (0) find_unmapped_area() comes here: the lowest gap that is large enough,
 *                found by going from VMA to VMA. Every run of a program has its libraries at the same addresses,
 *                so that one could still prelink them; and an attacker knows them as well.
 *                The modern form: any library anywhere (ET_DYN, PIC), top-down below the stack, at random.
 *
 * CHOSEN BY      personality(2) with ADDR_COMPAT_LAYOUT before exec, as `setarch --addr-compat-layout` does. Linux
 *                starts at a third of the address space today; we start where the libraries were.
 *
 * ALWAYS TRUE    An area that is found overlaps no VMA and no guard gap of a stack.
 *
 * LOCKS          mmap_lock (write).
 * LEFT OUT       the cache of the last hole (Linux: free_area_cache), which made the walk bearable.
 * READ NEXT      mmap.c (find_unmapped_area), kernel/exec_stack.c (exec_layout).
 */
#include "mm_internal.h"

unsigned long unmapped_area_bottomup(struct mm_struct *mm, size_t len)
{
	unsigned long addr = MMAP_LEGACY_BASE;
	struct vm_area_struct *vma = find_vma(mm, addr);

	for (; vma; vma = vma_next(vma)) {
		unsigned long gap = vm_start_gap(vma);

		if (gap > addr && gap - addr >= len)
			break;
		addr = max(addr, vma->vm_end);
	}
	return len <= mm->task_size && addr <= mm->task_size - len ? addr : 0;
}
