/* SPDX-License-Identifier: MIT */
/*
 * mm/userfaultfd_fill.c - what the reader of a userfaultfd does about a fault: COPY, ZEROPAGE, CONTINUE, WRITEPROTECT
 *
 * THE QUESTION   How does a page appear in memory that other threads touch at this moment, complete or not at all?
 *
 * THE PICTURE    COPY       a new page is filled from the reader's memory first, with nothing locked; then
 *                             anonymous, or private over an object:  pte := page
 *                             shared object:  page -> page cache -> pte
 *                ZEROPAGE   pte := the zero page; a shared object gets a page of zeroes
 *                CONTINUE   pte := the page that the object has
 *                           All of them fail with EEXIST if the pte leads to a page already.
 *
 *                WRITEPROTECT   pte present:  uffd-wp on, W off (or uffd-wp off, W again if nobody shares it)
 *                               pte none:     a marker, for objects only: anonymous memory that is not there
 *                                             has nothing to protect
 *
 * ALWAYS TRUE    P1  a page is up to date before a pte or the page cache leads to it.
 *                P2  what goes into the page cache is locked until it is mapped, with the size checked: truncate.c
 *                    sees it, or is seen (F4 of fault.c).
 *                P3  after uffd-wp is set, every CPU is flushed before the table is unlocked: who can see uffd-wp can
 *                    rely on it. Flushed later, a store is lost, for two readers may work at once:
 *                      CPU 0 may write page P        CPU 1 protects P, unlocks       CPU 2 unprotects P, which somebody
 *                      else refers to: W stays off   CPU 3 writes: a copy of P       CPU 0 still stores to P itself
 *                P4  a marker's uffd-wp goes over to the page that comes.
 *                P5  a call that failed can be repeated: the page table comes before the object has the page, so
 *                    that there is no page without a pte, at which the second try would fail with EEXIST.
 *                P6  the object's size is looked at again in ptl: truncation sets it first, then takes each ptl to zap
 *                    even private pages. Either we see the size, or it sees our page.
 *
 * LOCKS          mmap_lock (read) > page lock > ptl; each page anew, so that a long copy keeps nobody waiting.
 * READ NEXT      fault.c (fault_marker), cow.c (who meets uffd-wp), zap.c (who leaves markers).
 */
#include <kernel/sched.h>
#include <mm/highmem.h>
#include <mm/mempolicy.h>
#include <mm/swapops.h>
#include <mm/uaccess.h>
#include <mm/userfaultfd.h>
#include "mm_internal.h"

/* ---- the page's contents --------------------------------------------------------------------- */

/* copy_in - @page's bytes from @src; a page beyond the direct map goes by pieces: a fault may wait for long */
static int copy_in(struct page *page, const char __user *src)
{
	char part[256];

	if (!PageHighMem(page))
		return copy_from_user(page_address(page), src, PAGE_SIZE);
	for (size_t at = 0; at < PAGE_SIZE; at += sizeof(part)) {
		if (copy_from_user(part, src + at, sizeof(part)))
			return -EFAULT;
		memcpy_to_page(page, at, part, sizeof(part));
	}
	return 0;
}

/* new_page - with the bytes at @src; NULL with *@err */
static struct page *new_page(const char __user *src, int *err)
{
	struct page *page = alloc_user_page(GFP_HIGHUSER);

	*err = page ? copy_in(page, src) : -ENOMEM;
	if (!page || !*err)
		return page;
	put_page(page);
	return NULL;
}

/* ---- the pte --------------------------------------------------------------------------------- */

/* find_dst_vma - the one registered VMA that has all of [start, start+len), or NULL */
static struct vm_area_struct *find_dst_vma(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start <= start && vma->vm_end - start >= len && vma->uffd_ctx ? vma : NULL;
}

static pgoff_t pgoff_of(const struct vm_area_struct *vma, unsigned long addr)
{
	return vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
}

static bool beyond_object(const struct vm_area_struct *vma, unsigned long addr)
{
	const struct address_space *as = vma->mapping;

	return as && (loff_t)pgoff_of(vma, addr) >= (as->size + (loff_t)PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* empty_pte - the locked entry for @addr, in which no page is; NULL with *@err: -EEXIST, -ENOMEM; -EFAULT: P6 */
static pte_t *empty_pte(struct vm_area_struct *vma, unsigned long addr, spinlock_t **ptl, int *err)
{
	pte_t *ptep = pte_alloc_lock(vma->vm_mm, addr, ptl);

	*err = -ENOMEM;
	if (!ptep)
		return NULL;
	*err = beyond_object(vma, addr) ? -EFAULT : pte_none_mostly(ptep_get(ptep)) ? 0 : -EEXIST;
	if (!*err)
		return ptep;
	pte_unlock(*ptl);
	return NULL;
}

/* put_pte - P4; @pte is complete but for uffd-wp */
static void put_pte(pte_t *ptep, pte_t pte, bool wp)
{
	set_pte(ptep, wp || is_pte_marker(ptep_get(ptep)) ? pte_mkuffd_wp(pte) : pte);
}

/* map_anon - @page, which nobody has seen, becomes private memory; its reference goes to the pte. 0 or -errno */
static int map_anon(struct vm_area_struct *vma, unsigned long addr, struct page *page, bool wp)
{
	pte_t *ptep, pte = pte_mkdirty(pte_mkyoung(pfn_pte(page_to_pfn(page), vma->vm_page_prot)));
	spinlock_t *ptl;
	int err;

	if (anon_vma_prepare(vma))
		return -ENOMEM;
	ptep = empty_pte(vma, addr, &ptl, &err);
	if (!ptep)
		return err;
	page_add_new_anon(page, vma, pgoff_of(vma, addr));
	sync_icache(vma, page);
	put_pte(ptep, vma->vm_flags & VM_WRITE ? pte_mkwrite(pte) : pte, wp);
	pte_unlock(ptl);
	atomic64_inc(&vma->vm_mm->rss_anon);
	return 0;
}

static int map_zero(struct vm_area_struct *vma, unsigned long addr)
{
	pte_t *ptep, pte = pte_mkspecial(pte_mkyoung(pfn_pte(zero_pfn, vma->vm_page_prot)));
	spinlock_t *ptl;
	int err;

	ptep = empty_pte(vma, addr, &ptl, &err);
	if (!ptep)
		return err;
	put_pte(ptep, pte, false);
	pte_unlock(ptl);
	return 0;
}

/* map_cached - the object's @page, locked and up to date; the pte gets a reference of its own */
static int map_cached(struct vm_area_struct *vma, unsigned long addr, struct page *page, bool wp)
{
	bool write = (vma->vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE);
	pte_t *ptep, pte = pte_mkyoung(pfn_pte(page_to_pfn(page), vma->vm_page_prot));
	spinlock_t *ptl;
	int err;

	ptep = empty_pte(vma, addr, &ptl, &err);
	if (!ptep)
		return err;
	get_page(page);
	page_add_rmap(page);
	sync_icache(vma, page);
	if (write)
		set_page_dirty(page);
	put_pte(ptep, write ? pte_mkwrite(pte_mkdirty(pte)) : pte, wp);
	atomic64_inc(rss_counter(vma->vm_mm, page));
	pte_unlock(ptl);
	return 0;
}

/* ---- the page cache -------------------------------------------------------------------------- */

/*
 * lock_hole - a locked page at @index of @as that is not up to date: @new itself, or one that a device could not fill.
 * Referenced; NULL with *@err: -EEXIST if there is a page.
 */
static struct page *lock_hole(struct address_space *as, pgoff_t index, struct page *new, int *err)
{
	struct page *old;

	for (;;) {
		*err = add_to_page_cache(as, new, index);
		if (!*err) {
			get_page(new);
			return new;
		}
		if (*err != -EEXIST)
			return NULL;
		old = find_lock_page(as, index);
		if (!old)
			continue;		/* it went away at this moment */
		if (!PageUptodate(old))
			break;
		unlock_page(old);
		put_page(old);
		return NULL;
	}
	copy_highpage(old, new);
	return old;
}

/* fill_hole - the locked @page has its bytes: account for it, map it; P2. 0 or -errno */
static int fill_hole(struct vm_area_struct *vma, unsigned long addr, struct page *page, bool wp)
{
	if (beyond_object(vma, addr)) {
		remove_from_page_cache(page);
		return -EFAULT;
	}
	if (vma->mapping->ops->charge && vma->mapping->ops->charge(vma->mapping)) {
		remove_from_page_cache(page);
		return -ENOMEM;			/* a hole as before: the next one tries again */
	}
	SetPageUptodate(page);
	set_page_dirty(page);
	return map_cached(vma, addr, page, wp);
}

static int fill_shared(struct vm_area_struct *vma, unsigned long addr, struct page *new, bool wp)
{
	struct page *page;
	pmd_t *pmd;
	int err;

	if (!pte_alloc(vma->vm_mm, addr, &pmd))
		return -ENOMEM;			/* P5 */
	page = lock_hole(vma->mapping, pgoff_of(vma, addr), new, &err);
	if (!page)
		return err;
	err = fill_hole(vma, addr, page, wp);
	unlock_page(page);
	put_page(page);
	return err;
}

static int fill_continue(struct vm_area_struct *vma, unsigned long addr)
{
	struct address_space *as = vma->mapping;
	struct page *page = find_lock_page(as, pgoff_of(vma, addr));
	int err;

	if (!page)
		return beyond_object(vma, addr) ? -EINVAL : -EFAULT;
	err = beyond_object(vma, addr) ? -EINVAL : PageUptodate(page) ? 0 : -EFAULT;
	if (!err)
		err = map_cached(vma, addr, page, false);
	unlock_page(page);
	put_page(page);
	return err;
}

/* ---- COPY, ZEROPAGE, CONTINUE ---------------------------------------------------------------- */

static int fill_errno(const struct userfaultfd_ctx *ctx, const struct uffd_fill_request *rq,
		      const struct vm_area_struct *vma)
{
	if (atomic_read(&ctx->mmap_changing))
		return -EAGAIN;
	if (!vma)
		return -ENOENT;
	if ((rq->wp && !(vma->vm_flags & VM_UFFD_WP)) || (rq->what == UFFD_CONTINUE && !vma->mapping))
		return -EINVAL;
	return 0;
}

/* fill_private - @page, of which the caller keeps its own reference, or the zero page */
static int fill_private(struct vm_area_struct *vma, unsigned long addr, struct page *page, bool wp)
{
	int err;

	if (!page)
		return map_zero(vma, addr);
	get_page(page);
	err = map_anon(vma, addr, page, wp);
	if (err)
		put_page(page);
	return err;
}

static int fill_shared_zero(struct vm_area_struct *vma, unsigned long addr)
{
	struct page *page = alloc_user_page(GFP_HIGHUSER | __GFP_ZERO);
	int err;

	if (!page)
		return -ENOMEM;
	err = fill_shared(vma, addr, page, false);
	put_page(page);
	return err;
}

/* fill_vma - one page at @addr: @page for UFFD_COPY, else NULL */
static int fill_vma(struct vm_area_struct *vma, unsigned long addr, const struct uffd_fill_request *rq,
		    struct page *page)
{
	if (rq->what == UFFD_CONTINUE)
		return fill_continue(vma, addr);
	if (beyond_object(vma, addr))
		return -EFAULT;
	if (!(vma->vm_flags & VM_SHARED))
		return fill_private(vma, addr, page, rq->wp);
	return page ? fill_shared(vma, addr, page, rq->wp) : fill_shared_zero(vma, addr);
}

static int fill_one(struct userfaultfd_ctx *ctx, const struct uffd_fill_request *rq, unsigned long done)
{
	struct mm_struct *mm = ctx->mm;
	struct vm_area_struct *vma;
	struct page *page = NULL;
	int err, page_err = 0;

	if (rq->what == UFFD_COPY)
		page = new_page(rq->src + done, &page_err);
	down_read(&mm->mmap_lock);
	vma = find_dst_vma(mm, rq->dst, rq->len);
	err = fill_errno(ctx, rq, vma);
	if (!err)
		err = page_err;			/* Linux looks at the destination first */
	if (!err)
		err = fill_vma(vma, rq->dst + done, rq, page);
	up_read(&mm->mmap_lock);
	if (page)
		put_page(page);
	return err;
}

long userfaultfd_fill(struct userfaultfd_ctx *ctx, const struct uffd_fill_request *rq)
{
	unsigned long done = 0;
	int err = 0;

	ASSERT(rq->len && IS_ALIGNED(rq->dst | rq->len, PAGE_SIZE));
	while (!err && done < rq->len) {
		err = fill_one(ctx, rq, done);
		if (err)
			break;
		done += PAGE_SIZE;
		if (cond_resched_killable())
			err = -EINTR;
	}
	return done ? (long)done : err;
}

/* ---- WRITEPROTECT ---------------------------------------------------------------------------- */

static pte_t protect_swap(pte_t pte)
{
	if (pte_swp_uffd_wp(pte))
		return pte;			/* a marker has it too */
	return pte_swp_mkuffd_wp(swp_to_pte(swp_read_only(pte_to_swp(pte))));
}

/* protect_ptes - of one table, whose lock is held */
static int protect_ptes(pte_t *ptep, unsigned long addr, unsigned int n, void *arg)
{
	const struct vm_area_struct *vma = arg;
	unsigned long end = addr + n * PAGE_SIZE;
	bool flush = false;

	for (; n; n--, ptep++) {
		pte_t pte = ptep_get(ptep);

		if (pte_none(pte)) {
			if (vma->mapping)
				set_pte(ptep, pte_marker());
		} else if (!pte_present(pte)) {
			set_pte(ptep, protect_swap(pte));
		} else if (!pte_uffd_wp(pte)) {
			flush |= pte_write(pte);
			set_pte(ptep, pte_mkuffd_wp(ptep_get_and_clear(ptep)));	/* hardware may set A or D */
		}
	}
	if (flush)
		flush_tlb_range(vma->vm_mm, addr, end);		/* P3 */
	return 0;
}

/* protect_object - its pages need an entry each, where there may be no table yet */
static int protect_object(struct vm_area_struct *vma, unsigned long addr, unsigned long end)
{
	unsigned long next;
	spinlock_t *ptl;
	pte_t *ptep;

	for (; addr < end; addr = next) {
		next = pmd_addr_end(addr, end);
		ptep = pte_alloc_lock(vma->vm_mm, addr, &ptl);
		if (!ptep)
			return -ENOMEM;
		protect_ptes(ptep, addr, (unsigned int)((next - addr) >> PAGE_SHIFT), vma);
		pte_unlock(ptl);
		if (cond_resched_killable())
			return -EINTR;
	}
	return 0;
}

static int protect(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	if (vma->mapping)
		return protect_object(vma, start, end);
	return walk_page_range(vma->vm_mm, start, end, protect_ptes, vma);
}

static int unprotect_ptes(pte_t *ptep, unsigned long addr, unsigned int n, void *arg)
{
	const struct vm_area_struct *vma = arg;
	bool write = (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;

	(void)addr;
	for (; n; n--, ptep++) {
		pte_t pte = ptep_get(ptep);

		if (is_pte_marker(pte)) {
			pte_clear(ptep);
		} else if (!pte_present(pte) && pte_swp_uffd_wp(pte)) {
			set_pte(ptep, pte_swp_clear_uffd_wp(pte));
		} else if (pte_present(pte) && pte_uffd_wp(pte)) {
			pte = pte_clear_uffd_wp(ptep_get_and_clear(ptep));
			set_pte(ptep, write && write_would_reuse(pte) ? pte_mkwrite(pte) : pte);
		}
	}
	return 0;
}

void userfaultfd_clear_wp(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	walk_page_range(vma->vm_mm, start, end, unprotect_ptes, vma);
}

int userfaultfd_writeprotect(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len, bool on)
{
	struct mm_struct *mm = ctx->mm;
	struct vm_area_struct *vma;
	int err = 0;

	down_read(&mm->mmap_lock);
	vma = find_dst_vma(mm, start, len);
	if (atomic_read(&ctx->mmap_changing))
		err = -EAGAIN;
	else if (!vma || !(vma->vm_flags & VM_UFFD_WP))
		err = -ENOENT;
	else if (on)
		err = protect(vma, start, start + len);
	else
		userfaultfd_clear_wp(vma, start, start + len);
	up_read(&mm->mmap_lock);
	return err;
}
