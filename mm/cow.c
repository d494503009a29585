/* SPDX-License-Identifier: MIT */
/*
 * mm/cow.c - a write to a present read-only page: who may reuse it, who must copy?
 *
 * THE QUESTION   Fork left both sides with read-only ptes of one page. One of them writes.
 *
 * THE PICTURE    pte maps                         do_wp_page
 *                shared mapping                   make it writable after page_mkwrite (fault.c)
 *                uffd-wp                          nothing here: a userfaultfd hears of it first
 *                zero page                        a new cleared page in its place
 *                anonymous, one pte, one ref      reuse: set W and D, nobody else can see it
 *                anything else, private           copy: new page, same bytes
 *                                                 (a debugger's write, gup.c, always: unshare_page)
 *
 * ALWAYS TRUE    C1  the old page is never written through this pte.
 *                C2  reuse only when page_count() == 1: that reference is our pte's. A second one
 *                    could be a sharer's pte, or a kernel user that must not see later writes. A copy
 *                    loses nothing of such a user's: the kernel writes user pages under ptl (U3 of gup.c).
 *                C3  a replaced page: pte cleared, every CPU of the mm flushed, new pte set, all
 *                    under ptl; so no thread still reads the old page when another one has
 *                    written to the new one. The old page's reference is dropped after that.
 *                C4  a pte becomes writable only if its VMA is: a forced write leaves it read-only.
 *
 * LOCKS          mmap_lock (read), ptl on entry to do_wp_page(), released by it; allocation
 *                happens without ptl, hence the second look at orig_pte.
 *
 * READ NEXT      dup_mm.c (who made it read-only).
 */
#include <mm/highmem.h>
#include <mm/mempolicy.h>
#include "mm_internal.h"

static enum fault_result reuse_page(struct fault *f)
{
	if (!pte_special(f->orig_pte))
		page_set_anon(pfn_to_page(pte_pfn(f->orig_pte)), f->vma);	/* no longer the parent's */
	set_pte(f->pte, pte_mkwrite(pte_mkdirty(pte_mkyoung(f->orig_pte))));
	spin_unlock(f->ptl);
	arch_tlb_flush_local_page(f->address);
	count_vm_event(pgfault_reuse);
	return FAULT_OK;
}

/* replace_pte - C3: the pte leads to anonymous @new instead of what it mapped; ptl held */
static void replace_pte(struct fault *f, struct page *new)
{
	pte_t pte = pte_for(f, page_to_pfn(new), f->vma->vm_flags & VM_WRITE);

	page_add_new_anon(new, f->vma, f->pgoff);
	pte_clear(f->pte);
	flush_tlb_page(f->mm, f->address);
	set_pte(f->pte, pte_mkdirty(pte));
}

/* break_zero - orig_pte maps the zero page; no lock held */
static enum fault_result break_zero(struct fault *f)
{
	struct page *new;
	bool ok;

	if (anon_vma_prepare(f->vma))
		return FAULT_OOM;
	new = alloc_page_vma(GFP_HIGHUSER | __GFP_ZERO, f->vma, f->pgoff);
	if (!new)
		return FAULT_OOM;
	ok = lock_pte(f);
	if (ok)
		replace_pte(f, new);
	spin_unlock(f->ptl);
	if (!ok) {
		put_page(new);
		return FAULT_OK;
	}
	atomic64_inc(&f->mm->rss_anon);
	count_vm_event(pgfault_anon);
	return FAULT_OK;
}

/* copy_of - a new page for the fault, with @old's bytes; NULL: no memory */
static struct page *copy_of(const struct fault *f, struct page *old)
{
	struct page *new = alloc_page_vma(GFP_HIGHUSER, f->vma, f->pgoff);

	if (new)
		copy_highpage(new, old);
	return new;
}

/* break_share - private copy of @old, which orig_pte maps; no lock held, one reference of ours */
static enum fault_result break_share(struct fault *f, struct page *old)
{
	struct page *new;
	bool ok;

	if (anon_vma_prepare(f->vma))
		return FAULT_OOM;
	new = copy_of(f, old);
	if (!new)
		return FAULT_OOM;
	sync_icache(f->vma, new);		/* nobody told the program that its code moved */
	ok = lock_pte(f);
	if (ok) {
		replace_pte(f, new);
		if (!PageAnon(old)) {
			atomic64_dec(rss_counter(f->mm, old));
			atomic64_inc(&f->mm->rss_anon);
		}
		page_remove_rmap(old);
	}
	spin_unlock(f->ptl);
	put_page(ok ? old : new);
	if (ok)
		count_vm_event(pgfault_cow);
	return FAULT_OK;
}

/* write_special - a private or shared frame without struct page accounting; ptl held */
static enum fault_result write_special(struct fault *f)
{
	if (is_zero_pte(f->orig_pte)) {
		spin_unlock(f->ptl);
		return break_zero(f);
	}
	if (f->vma->vm_flags & VM_SHARED)
		return reuse_page(f);
	spin_unlock(f->ptl);
	return FAULT_SIGBUS;
}

enum fault_result unshare_page(struct fault *f)
{
	struct page *page = pfn_to_page(pte_pfn(f->orig_pte));
	enum fault_result r;

	if (pte_special(f->orig_pte))
		return write_special(f);
	get_page(page);
	spin_unlock(f->ptl);
	r = break_share(f, page);
	put_page(page);
	return r;
}

enum fault_result do_wp_page(struct fault *f)
{
	struct page *page;

	if (unlikely(pte_uffd_wp(f->orig_pte))) {
		ASSERT(f->vma->vm_flags & VM_UFFD_WP);
		spin_unlock(f->ptl);
		return FAULT_UFFD_WP;
	}
	if (pte_special(f->orig_pte))
		return write_special(f);
	if (f->vma->vm_flags & VM_SHARED) {
		spin_unlock(f->ptl);
		return fault_shared_write(f);
	}
	page = pfn_to_page(pte_pfn(f->orig_pte));
	if (PageAnon(page) && page_count(page) == 1) {
		ASSERT(page_mapcount(page) == 1);
		return reuse_page(f);
	}
	return unshare_page(f);
}

void cow_file_page(struct fault *f, struct page *new)
{
	bool ok;

	ASSERT(PageLocked(f->page) && f->vma->anon_vma);
	copy_highpage(new, f->page);
	sync_icache(f->vma, new);
	ok = lock_pte(f);
	if (ok) {
		page_add_new_anon(new, f->vma, f->pgoff);
		atomic64_inc(&f->mm->rss_anon);
		set_pte(f->pte, pte_for(f, page_to_pfn(new), true));
	}
	spin_unlock(f->ptl);
	if (!ok)
		put_page(new);
}
