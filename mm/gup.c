/* SPDX-License-Identifier: MIT */
/*
 * mm/gup.c - get user pages: reach into an address space that may not be the loaded one
 *
 * THE QUESTION   The kernel wants the page behind a user address, not just its bytes: for exec's
 *                first stack, /proc/PID/mem, or a futex shared between processes.
 *
 * Look first, fault if the pte is not good enough, look again: a page found under ptl with the
 * right permission is read or written there, or gets a reference, and can then be looked at without
 * any lock. It may leave the address space meanwhile; it cannot be freed.
 *
 * FORCED         A debugger sees more than the program may, and sets breakpoints in its code:
 *
 *                read   mapping without PROT_READ      what is there, or would be
 *                write  private, without PROT_WRITE    a copy of the page, which the program maps read-only
 *                       shared, without PROT_WRITE     refused: the file would change
 *
 * ALWAYS TRUE    U1  a page is written while it is mapped writable, or (forced) anonymous with the pte as its only
 *                    reference: in both cases nobody but this address space sees the bytes, unless it is shared.
 *                U2  no pte becomes writable here that the mapping does not allow (C4 of cow.c).
 *                U3  a page is written only with the ptl of that pte held. Fork, and whatever else takes the page
 *                    away, comes before, and the look sees it, or after, and takes the bytes along. Written later, with
 *                    a mere reference, they would be lost where a store of the program had moved it to a copy meanwhile
 *                    (Linux: pages pinned by FOLL_PIN, which fork copies at once).
 *
 * LOCKS          mmap_lock (read) and ptl, both released on return. None may be held on entry.
 * READ NEXT      fault.c, cow.c.
 */
#include <kernel/sched.h>
#include <mm/highmem.h>
#include <mm/pagemap.h>
#include <mm/swapops.h>
#include <mm/userfaultfd.h>
#include "mm_internal.h"

struct gup {
	struct mm_struct	*mm;
	unsigned long		addr;
	bool			write, force;
	bool			remote;		/* a look from outside: at devices too, asking no userfaultfd */
	bool			refused;	/* the program may not: only a forced fault brings the page */
	void			*buf;		/* kernel memory; NULL: the page itself is wanted      */
	size_t			offset, len;	/* in the page: what to move from or to @buf           */
};

/* may_force - is what the program may not do with @vma a debugger's right? */
static bool may_force(const struct vm_area_struct *vma, bool write)
{
	if (write)
		return (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
	return vma->vm_flags & VM_MAYREAD;
}

/* has_right - may the program itself do this with @vma? */
static bool has_right(const struct gup *g, const struct vm_area_struct *vma)
{
	return vma->vm_flags & (g->write ? VM_WRITE : VM_READ);
}

/* check_vma - 0 or -EFAULT; g->refused. Who asks for no bytes gets a page that is there by any right, as in Linux. */
static int check_vma(struct gup *g, const struct vm_area_struct *vma)
{
	if (vma->vm_flags & (VM_PFNMAP | VM_IO))
		return -EFAULT;
	g->refused = g->force && !has_right(g, vma);
	if (g->refused)
		return may_force(vma, g->write) ? 0 : -EFAULT;
	return has_right(g, vma) || (!g->buf && (vma->vm_flags & VM_ACCESS_FLAGS)) ? 0 : -EFAULT;
}

/* good_enough - U1, and what a program could read; ptl held */
static bool good_enough(const struct gup *g, pte_t pte)
{
	struct page *page = pfn_to_page(pte_pfn(pte));

	if (!pte_present(pte))
		return false;
	if (!g->refused)
		return !pte_protnone(pte) && (!g->write || pte_write(pte));
	return !g->write || (!pte_special(pte) && !pte_uffd_wp(pte) && PageAnon(page) && page_count(page) == 1);
}

/* move_bytes - U3: the bytes first, then the news that the page has other ones (set_page_dirty) */
static void move_bytes(const struct gup *g, const struct vm_area_struct *vma, struct page *page)
{
	if (!g->write) {
		memcpy_from_page(g->buf, page, g->offset, g->len);
		return;
	}
	memcpy_to_page(page, g->offset, g->buf, g->len);
	if (!PageAnon(page))
		set_page_dirty(page);
	else if (PageIcache(page))
		ClearPageIcache(page);
	sync_icache(vma, page);			/* it may be a breakpoint */
}

/* follow_page - the page at g->addr if it is mapped well enough, referenced unless its bytes were moved to or from
 * g->buf already; *@err 0: fault it in */
static struct page *follow_page(struct gup *g, int *err)
{
	struct vm_area_struct *vma = find_vma(g->mm, g->addr);
	struct page *page = NULL;
	spinlock_t *ptl;
	pte_t *ptep, pte;

	*err = 0;
	g->refused = false;
	if (!vma || vma->vm_start > g->addr)
		return NULL;			/* handle_mm_fault() fails, or grows the stack */
	*err = check_vma(g, vma);
	if (*err)
		return NULL;
	*err = g->refused || has_right(g, vma) ? 0 : -EFAULT;	/* if the page has to be brought in */
	ptep = pte_lookup_lock(g->mm, g->addr, &ptl);
	if (!ptep)
		return NULL;
	pte = ptep_get(ptep);
	if (good_enough(g, pte)) {
		*err = 0;
		page = pfn_to_page(pte_pfn(pte));
		if (g->write && !pte_dirty(pte))
			set_pte(ptep, pte_mkdirty(pte_mkyoung(pte)));	/* lazyfree.c, Z3 */
		if (g->buf)
			move_bytes(g, vma, page);
		else
			get_page(page);
	}
	pte_unlock(ptl);
	return page;
}

/* ---- a fault that the mapping forbids -------------------------------------------------------- */

/* ask_userfaultfd - its reader would have to be asked first: SIGBUS, if the locked pte says so too (W4) */
static enum fault_result ask_userfaultfd(struct fault *f)
{
	enum fault_result r = FAULT_OK;
	bool same;

	if (pte_none_mostly(f->orig_pte))
		r = userfaultfd_missing(f);
	else if (f->write && pte_present(f->orig_pte) && pte_uffd_wp(f->orig_pte))
		r = FAULT_UFFD_WP;
	if (r == FAULT_OK || r == FAULT_WAIT)
		return r;
	same = lock_pte(f);
	spin_unlock(f->ptl);
	return same ? FAULT_SIGBUS : FAULT_RETRY;
}

/* force_in_vma - what is missing comes as for a read; what is there and shall be written becomes the program's own */
static enum fault_result force_in_vma(struct fault *f)
{
	enum fault_result r;

	f->pgoff = f->vma->vm_pgoff + ((f->address - f->vma->vm_start) >> PAGE_SHIFT);
	f->pte = pte_alloc(f->mm, f->address, &f->pmd);
	if (!f->pte)
		return FAULT_OOM;
	f->orig_pte = ptep_get(f->pte);
	r = unlikely(f->vma->uffd_ctx) ? ask_userfaultfd(f) : FAULT_OK;
	if (r != FAULT_OK)
		return r;
	if (pte_none(f->orig_pte))
		return vma_is_anonymous(f->vma) ? fault_anon_read(f) : fault_file_read(f);
	if (!pte_present(f->orig_pte))
		return do_swap_page(f);
	if (!f->write)
		return FAULT_OK;
	if (lock_pte(f))
		return unshare_page(f);
	spin_unlock(f->ptl);
	return FAULT_OK;
}

static enum fault_result forced_fault(const struct gup *g)
{
	struct fault f = { .mm = g->mm, .address = g->addr, .write = g->write };
	enum fault_result r = FAULT_SEGV_MAPERR;

	count_vm_event(pgfault);
	down_read(&g->mm->mmap_lock);
	f.vma = find_vma_intersection(g->mm, g->addr, g->addr + 1);
	if (f.vma)
		r = may_force(f.vma, g->write) ? force_in_vma(&f) : FAULT_SEGV_ACCERR;
	up_read(&g->mm->mmap_lock);
	if (r == FAULT_WAIT)
		put_and_wait_on_page_locked(f.page);
	return r == FAULT_WAIT || r == FAULT_RETRY ? FAULT_OK : r;	/* follow_page() looks again */
}

/* ---- the page -------------------------------------------------------------------------------- */

static int fault_errno(enum fault_result r)
{
	if (r == FAULT_OK)
		return 0;
	return r == FAULT_OOM ? -ENOMEM : -EFAULT;
}

static struct page *gup_page(struct gup *g, int *err)
{
	struct page *page;

	for (;;) {
		down_read(&g->mm->mmap_lock);
		page = follow_page(g, err);
		up_read(&g->mm->mmap_lock);
		if (page || *err)
			return page;
		*err = fault_errno(g->refused ? forced_fault(g) :
				   handle_mm_fault(g->mm, g->addr, g->write, false, false));
		if (*err)
			return NULL;
	}
}

struct page *get_user_page(struct mm_struct *mm, unsigned long addr, int *err)
{
	struct gup g = { .mm = mm, .addr = ALIGN_DOWN(addr, PAGE_SIZE) };

	return gup_page(&g, err);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

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

static long access_in_page(struct gup *g, unsigned long addr, void *buf, int len)
{
	struct page *page;
	int err;

	g->addr = ALIGN_DOWN(addr, PAGE_SIZE);
	g->offset = addr - g->addr;
	g->buf = buf;
	g->len = (size_t)len;
	page = gup_page(g, &err);
	if (!page && (err == -ENOMEM || !g->remote))
		return err;
	if (!page)
		return access_object(g->mm, addr, buf, len, g->write);
	return len;
}

static long access_vm(struct gup *g, unsigned long addr, void *buf, size_t len)
{
	bool before = current->no_userfault;
	size_t done = 0;
	long n = 0;

	current->no_userfault = before || g->remote;
	while (done < len) {
		size_t part = min(len - done, PAGE_SIZE - ((addr + done) & (PAGE_SIZE - 1)));

		n = access_in_page(g, addr + done, (char *)buf + done, (int)part);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	current->no_userfault = before;
	return done || !len ? (long)done : n < 0 ? n : -EFAULT;
}

long access_process_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write)
{
	struct gup g = { .mm = mm, .write = write };

	return access_vm(&g, addr, buf, len);
}

long access_process_vm_forced(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write)
{
	struct gup g = { .mm = mm, .write = write, .force = true, .remote = true };

	return access_vm(&g, addr, buf, len);
}

long access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write)
{
	struct gup g = { .mm = mm, .write = write, .remote = true };

	return access_vm(&g, addr, buf, len);
}
