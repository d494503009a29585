/* SPDX-License-Identifier: MIT */
/*
 * mm/pfnmap.c - device memory in user space: frames that have no struct page
 *
 * THE QUESTION   A program maps device registers. No page is behind them that one could count, copy or
 *                lock: what do a fault, and somebody else's access through /proc/PID/mem, do?
 *
 * THE PICTURE    VMA  [ VM_PFNMAP, vm_pgoff = first frame ]      the offset is the physical address
 *                pte  [ frame | special | uncached ]             set by the first access, cleared by munmap
 *                other processes     ioremap() of one page, copy, iounmap()
 *
 * ALWAYS TRUE    P1  such a VMA is shared: nothing is ever copied on write.
 *                P2  its frames are no RAM, and some device has a register in each: whoever made the VMA has seen to
 *                    it. Not every byte, or width, need be answered: on RISC-V that is an access fault, which ends in
 *                    SIGBUS for a program and in -EFAULT for who accesses on its behalf (arch_move_io).
 *
 * LOCKS          mmap_lock (read) and ptl.
 * READ NEXT      ioremap.c; fs/devmem.c (/dev/mem, who uses this).
 */
#include <lib/string.h>
#include <mm/vmalloc.h>
#include "mm_internal.h"

enum fault_result pfn_fault(struct vm_area_struct *vma, struct fault *f)
{
	pte_t new = pte_mkspecial(pfn_pte(f->pgoff, pgprot_noncached(vma->vm_page_prot)));

	ASSERT((vma->vm_flags & VM_PFNMAP) && (vma->vm_flags & VM_SHARED));
	if (lock_pte(f))
		set_pte(f->pte, pte_write(new) ? pte_mkdirty(pte_mkyoung(new)) : pte_mkyoung(new));
	spin_unlock(f->ptl);
	return FAULT_RETRY;
}

/*
 * copy_registers - registers are often 32 bits wide and want to be read so; what is not aligned to that goes by bytes.
 * Bytes done, or -EFAULT if the device did not take the first access.
 */
static int copy_registers(u8 *io, u8 *buf, size_t len, bool write)
{
	const size_t width = ((unsigned long)io | len) & 3 ? 1 : 4;
	size_t done = 0;
	int err = 0;

	while (done < len && !err) {
		u32 v = 0;

		if (write)
			memcpy(&v, buf + done, width);
		err = write ? arch_move_io(io + done, &v, width) : arch_move_io(&v, io + done, width);
		if (!write && !err)
			memcpy(buf + done, &v, width);
		done += err ? 0 : width;
	}
	return done ? (int)done : err;
}

int pfn_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len, bool write)
{
	unsigned long offset = addr - vma->vm_start;
	void *io;

	if (!(vma->vm_flags & (write ? VM_WRITE : VM_READ)))
		return -EFAULT;
	io = ioremap(((paddr_t)vma->vm_pgoff << PAGE_SHIFT) + offset, (size_t)len);
	if (!io)
		return -ENOMEM;
	len = copy_registers(io, buf, (size_t)len, write);
	iounmap(io);
	return len;
}
