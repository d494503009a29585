/* SPDX-License-Identifier: MIT */
/*
 * mm/gup.c - get user pages: reach into an address space that may not be the loaded one
 *
 * THE QUESTION   The kernel wants the page behind a user address, not just its bytes: for exec's
 *                first stack, /proc/PID/mem, or a futex shared between processes.
 *
 * Look first, fault if the pte is not good enough, look again: a page found under ptl with the
 * right permission gets a reference there, and can then be used without any lock. It may leave
 * the address space meanwhile; it cannot be freed.
 *
 * LOCKS          mmap_lock (read) and ptl, both released on return. None may be held on entry.
 * READ NEXT      fault.c.
 */
#include <mm/highmem.h>
#include "mm_internal.h"

/* follow_page - the page at @addr if it is mapped well enough; *@err 0: fault it in */
static struct page *follow_page(struct mm_struct *mm, unsigned long addr, bool write, int *err)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	struct page *page = NULL;
	spinlock_t *ptl;
	pte_t *ptep, pte;

	*err = 0;
	if (!vma || vma->vm_start > addr)
		return NULL;			/* handle_mm_fault() fails, or grows the stack */
	if ((vma->vm_flags & (VM_PFNMAP | VM_IO)) || !(vma->vm_flags & VM_ACCESS_FLAGS))
		*err = -EFAULT;
	if (*err)
		return NULL;
	ptep = pte_lookup_lock(mm, addr, &ptl);
	if (!ptep)
		return NULL;
	pte = ptep_get(ptep);
	if (pte_present(pte) && !pte_protnone(pte) && (!write || pte_write(pte))) {
		page = pfn_to_page(pte_pfn(pte));
		get_page(page);
		if (write && !PageAnon(page))
			set_page_dirty(page);
		else if (write && !pte_dirty(pte))
			set_pte(ptep, pte_mkdirty(pte_mkyoung(pte)));	/* lazyfree.c, Z3 */
	}
	pte_unlock(ptl);
	return page;
}

static int fault_errno(enum fault_result r)
{
	if (r == FAULT_OK)
		return 0;
	return r == FAULT_OOM ? -ENOMEM : -EFAULT;
}

struct page *get_user_page(struct mm_struct *mm, unsigned long addr, bool write, int *err)
{
	struct page *page;

	addr = ALIGN_DOWN(addr, PAGE_SIZE);
	for (;;) {
		down_read(&mm->mmap_lock);
		page = follow_page(mm, addr, write, err);
		up_read(&mm->mmap_lock);
		if (page)
			return page;
		if (*err)
			return NULL;
		*err = fault_errno(handle_mm_fault(mm, addr, write, false, true));
		if (*err)
			return NULL;
	}
}

/* access_object - memory without struct pages, through the object; bytes done or -EFAULT */
static long access_object(struct mm_struct *mm, unsigned long addr, void *buf, int len, bool write)
{
	struct vm_area_struct *vma;
	long done = -EFAULT;

	down_read(&mm->mmap_lock);
	vma = find_vma_intersection(mm, addr, addr + 1);
	if (vma && vma->vm_ops && vma->vm_ops->access)
		done = vma->vm_ops->access(vma, addr, buf, len, write);
	up_read(&mm->mmap_lock);
	return done;
}

static long access_in_page(struct mm_struct *mm, unsigned long addr, void *buf, int len, bool write)
{
	struct page *page;
	int err;

	page = get_user_page(mm, addr, write, &err);
	if (!page)
		return err == -ENOMEM ? err : access_object(mm, addr, buf, len, write);
	if (write)
		memcpy_to_page(page, addr & (PAGE_SIZE - 1), buf, (size_t)len);
	else
		memcpy_from_page(buf, page, addr & (PAGE_SIZE - 1), (size_t)len);
	put_page(page);
	return len;
}

long access_process_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write)
{
	size_t done = 0;
	long n = 0;

	while (done < len) {
		size_t part = min(len - done, PAGE_SIZE - ((addr + done) & (PAGE_SIZE - 1)));

		n = access_in_page(mm, addr + done, (char *)buf + done, (int)part, write);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done || !len ? (long)done : n < 0 ? n : -EFAULT;
}
