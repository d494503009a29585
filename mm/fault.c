/* SPDX-License-Identifier: MIT */
/*
 * mm/fault.c - what kind of fault is this? one function per case
 *
 * THE QUESTION   The hardware could not complete an access. Is it allowed, and what pte is missing?
 *
 * THE PICTURE    handle_mm_fault
 *                  vma_pin, or mmap_lock       SEGV_MAPERR, SEGV_ACCERR, or grow the stack
 *                  pte_alloc                   builds missing tables once
 *                  pte none                            userfaultfd.c first, if registered
 *                    anonymous  read     1     fault_anon_read       shared zero page, special
 *                               write    2     fault_anon_write      a new cleared page
 *                    file       read     3     fault_file_read       page cache; maps around
 *                               private write 4  fault_file_cow      a copy, through cow.c
 *                               shared write  5  fault_shared_write  dirty, after page_mkwrite
 *                  pte present, write to read-only  6  do_wp_page    cow.c
 *                  otherwise             7     fault_spurious        another CPU was faster, or
 *                                              hardware that leaves A and D to us
 *                  pte not present       8     do_swap_page          a page on its way: wait for it
 *                                              damaged: SIGBUS
 *                                        9     fault_marker          as none, but write-protected
 *
 * ALWAYS TRUE    F1  every pte made here is young, and dirty if made for a write, so no second
 *                    fault follows only to set these bits (RISC-V without Svadu).
 *                F2  the decision is made on orig_pte, read without a lock; it holds only if the
 *                    pte is still the same under ptl. If not, the access is simply retried.
 *                F3  none -> present needs no flush; more permission needs a local one.
 *                F4  a cached page, or the first private copy of it, is mapped under its page lock
 *                    with mapping and size checked, or (fault-around) a page under tree_lock, its
 *                    lock free, with a size that may be old: truncate.c finds all of them.
 *                F5  nobody waits with the VMA pinned for a userfaultfd, or for a locked page (one just being filled
 *                    excepted, page_cache_get()): FAULT_UFFD_* and FAULT_WAIT let go, wait and start over.
 *
 * LOCKS          pinned VMA (vma_lock.c) or mmap_lock (read) > page lock > ptl > tree_lock.
 *                Stack growth lets go, takes mmap_lock for writing and starts over.
 *
 * TRACED         a process with mm->fault_trace set takes fault_traced(): the same functions under mmap_lock,
 *                with a record of each round (fault_trace.c). FAULT_CASES lists the cases; docs/fault-flow.md
 *                is drawn from it.
 *
 * LEFT OUT       swap entries, huge pages. (Linux: mm/memory.c)
 * READ NEXT      vma_lock.c, stack.c, cow.c, page_cache.c, pgtable.c.
 */
#include <arch.h>
#include <kernel/printk.h>
#include <mm/fault_trace.h>
#include <mm/history.h>
#include <mm/mempolicy.h>
#include <mm/swapops.h>
#include <mm/userfaultfd.h>
#include "mm_internal.h"

/* 16 pages: 64 KiB is what a read would fetch ahead; more rarely pays and costs at exit. */
#define FAULT_AROUND	16

/* ---- is the access allowed? ------------------------------------------------------------------ */

/* On x86-64 an executable page is readable; RISC-V has execute-only pages. The port's protection
 * bits tell: if adding R to X changes nothing, then X implies R. */
static bool exec_implies_read(void)
{
	return pgprot_val(user_pgprot(false, false, true)) ==
	       pgprot_val(user_pgprot(true, false, true));
}

static bool access_allowed(const struct fault *f)
{
	unsigned long flags = f->vma->vm_flags;

	if (f->write)
		return flags & VM_WRITE;
	if (f->exec)
		return flags & VM_EXEC;
	return (flags & (VM_READ | VM_WRITE)) || ((flags & VM_EXEC) && exec_implies_read());
}

/* ---- 1, 2: anonymous memory ------------------------------------------------------------------ */

enum fault_result fault_anon_read(struct fault *f)
{
	count_vm_event(pgfault_zero);
	if (lock_pte(f))
		set_pte(f->pte, pte_mkspecial(pte_for(f, zero_pfn, false)));
	spin_unlock(f->ptl);
	return FAULT_OK;
}

enum fault_result fault_anon_write(struct fault *f)
{
	struct page *page;

	if (unlikely(anon_vma_prepare(f->vma)))
		return FAULT_OOM;
	page = alloc_page_vma(GFP_HIGHUSER | __GFP_ZERO, f->vma, f->pgoff);
	if (unlikely(!page))
		return FAULT_OOM;
	if (unlikely(!lock_pte(f))) {
		spin_unlock(f->ptl);
		put_page(page);
		return FAULT_OK;
	}
	page_add_new_anon(page, f->vma, f->pgoff);
	set_pte(f->pte, pte_for(f, page_to_pfn(page), true));
	spin_unlock(f->ptl);
	atomic64_inc(&f->mm->rss_anon);
	count_vm_event(pgfault_anon);
	return FAULT_OK;
}

/* ---- 3, 4: file memory ----------------------------------------------------------------------- */

/* map_cached - @page's reference becomes that of the pte being made; ptl held, pte none or a marker */
static void map_cached(struct fault *f, struct page *page, bool write)
{
	pte_t pte;

	ASSERT(!write || !is_pte_marker(f->orig_pte));
	page_add_rmap(page);
	sync_icache(f->vma, page);
	atomic64_inc(rss_counter(f->mm, page));
	pte = pte_for(f, page_to_pfn(page), write);
	set_pte(f->pte, is_pte_marker(f->orig_pte) ? pte_mkuffd_wp(pte) : pte);
}

/* The part of the 16 pages around the fault that lies in the VMA, the pte table and the object */
static void around_window(const struct fault *f, pgoff_t *first, pgoff_t *last)
{
	unsigned long start = ALIGN_DOWN(f->address, FAULT_AROUND * PAGE_SIZE);
	unsigned long end = start + FAULT_AROUND * PAGE_SIZE;

	start = max(start, f->vma->vm_start);
	end = min(end, f->vma->vm_end);
	*first = f->pgoff - ((f->address - start) >> PAGE_SHIFT);
	*last = f->pgoff + ((end - f->address) >> PAGE_SHIFT) - 1;
	ASSERT(ALIGN_DOWN(start, PMD_SIZE) == ALIGN_DOWN(end - 1, PMD_SIZE));
}

/* page_settled - up to date and not locked: what is locked may be on its way out, which must end (K2) */
static inline bool page_settled(const struct page *page)
{
	return (READ_ONCE(page->flags) & (BIT(PG_uptodate) | BIT(PG_locked))) == BIT(PG_uptodate);
}

/*
 * Map every up-to-date cached page of the window. No page lock: tree_lock keeps each page in the
 * cache, and truncation, which looks for new mappings under tree_lock before it takes a page out,
 * will find ours. Returns whether the faulting page itself is mapped now.
 */
static bool map_around(struct fault *f)
{
	struct address_space *as = f->vma->mapping;
	pgoff_t first, last, size = (pgoff_t)((as->size + (loff_t)PAGE_SIZE - 1) >> PAGE_SHIFT);
	unsigned long index[FAULT_AROUND];
	void *pages[FAULT_AROUND];
	unsigned int i, n;
	long mapped = 0;

	around_window(f, &first, &last);
	spin_lock(f->ptl);
	spin_lock(&as->tree_lock);
	n = radix_tree_gang_lookup(&as->page_tree, pages, index, first,
				   (unsigned int)(last - first) + 1);
	for (i = 0; i < n && index[i] <= last && index[i] < size; i++) {
		pte_t *pte = f->pte + (long)(index[i] - f->pgoff);
		struct page *page = pages[i];

		if (!pte_none(ptep_get(pte)) || !page_settled(page))
			continue;
		get_page(page);
		page_add_rmap(page);
		sync_icache(f->vma, page);
		set_pte(pte, pte_for(f, page_to_pfn(page), false));
		mapped++;
	}
	spin_unlock(&as->tree_lock);
	smp_rmb();				/* what made the pages up to date is seen behind the ptes */
	if (mapped)
		atomic64_add(mapped, as->flags & AS_SHMEM ? &f->mm->rss_shmem : &f->mm->rss_file);
	i = !pte_none(ptep_get(f->pte));
	spin_unlock(f->ptl);
	return i;
}

/* special_page - install_special_mapping()'s array answers for vm_ops without a fault member */
static enum fault_result special_page(struct fault *f)
{
	struct page **pages = f->vma->vm_private;

	if (!pages || (f->vma->vm_flags & (VM_PFNMAP | VM_IO)))
		return FAULT_SIGBUS;
	f->page = pages[f->pgoff];
	get_page(f->page);
	return FAULT_OK;
}

static inline bool beyond_object(const struct fault *f)
{
	return (loff_t)f->pgoff >= (f->vma->mapping->size + (loff_t)PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/*
 * made_object_page - this fault made f->page. A truncation that passed before it was there has left it to us. If
 * somebody else looks at it just now, it stays, full of zeroes, until the next truncation or the file's end: who only
 * finds a page there must let it be, for fallocate(2) makes some beyond the end that were asked for.
 */
static enum fault_result made_object_page(struct fault *f)
{
	struct address_space *as = f->vma->mapping;

	if (!(as->flags & AS_SHMEM))
		f->major = true;		/* ops->fill had to read it */
	if (likely(!beyond_object(f)) || !trylock_page(f->page))
		return FAULT_OK;
	if (f->page->mapping == as)
		remove_unused_page(f->page);
	unlock_page(f->page);
	put_page(f->page);
	return FAULT_RETRY;
}

enum fault_result filemap_fault(struct fault *f)
{
	int err = 1;		/* stays so if the page is there */

	if (beyond_object(f))
		return FAULT_SIGBUS;
	f->page = page_cache_get(f->vma->mapping, f->pgoff, &err);
	if (!f->page)
		return err == -ENOMEM ? FAULT_OOM : FAULT_SIGBUS;
	return err ? FAULT_OK : made_object_page(f);
}

/* get_object_page - f->page: the object's page at f->pgoff, referenced, up to date, not locked */
static enum fault_result get_object_page(struct fault *f)
{
	if (f->vma->vm_ops && f->vma->vm_ops->fault)
		return f->vma->vm_ops->fault(f->vma, f);
	return f->vma->mapping ? filemap_fault(f) : special_page(f);
}

/*
 * lock_object_page - lock f->page; FAULT_RETRY (and no reference left) if it was truncated meanwhile,
 * FAULT_WAIT (with the reference) if somebody else has it locked
 */
static __always_inline enum fault_result lock_object_page(struct fault *f)
{
	struct address_space *as = f->vma->mapping;

	if (!trylock_page(f->page))
		return FAULT_WAIT;
	if (!as || (f->page->mapping == as && !beyond_object(f)))
		return FAULT_OK;
	unlock_page(f->page);
	put_page(f->page);
	return FAULT_RETRY;
}

/* map_object_page - map the locked f->page, giving its reference to the pte, and unlock it */
static enum fault_result map_object_page(struct fault *f, bool write)
{
	bool ok = lock_pte(f);

	if (ok)
		map_cached(f, f->page, write);
	spin_unlock(f->ptl);
	unlock_page(f->page);
	if (!ok)
		put_page(f->page);
	return FAULT_OK;
}

enum fault_result fault_file_read(struct fault *f)
{
	enum fault_result r;

	count_vm_event(pgfault_file);
	f->ptl = pte_lockptr(f->pmd);
	if (f->vma->mapping && !f->vma->uffd_ctx && !(f->vma->vm_ops && f->vma->vm_ops->fault) && map_around(f))
		return FAULT_OK;
	r = get_object_page(f);
	if (r != FAULT_OK)
		return r;
	r = lock_object_page(f);
	return r == FAULT_OK ? map_object_page(f, false) : r;
}

static enum fault_result fault_file_cow(struct fault *f)
{
	struct page *new = anon_vma_prepare(f->vma) ? NULL : alloc_page_vma(GFP_HIGHUSER, f->vma, f->pgoff);
	enum fault_result r;

	if (unlikely(!new))
		return FAULT_OOM;		/* found before the page is locked, on which others wait */
	r = get_object_page(f);
	if (r == FAULT_OK)
		r = lock_object_page(f);
	if (unlikely(r != FAULT_OK)) {
		put_page(new);
		return r;
	}
	count_vm_event(pgfault_file_cow);
	cow_file_page(f, new);			/* F4: the copy, too, is in its place before the lock is free */
	unlock_page(f->page);
	put_page(f->page);
	return FAULT_OK;
}

/* ---- 5: the first write to a shared page, mapped or not -------------------------------------- */

/* make_writable - under ptl and page lock: a new pte, or more permission for the one there is */
static void make_writable(struct fault *f)
{
	pte_t pte = ptep_get(f->pte);

	if (pte_none(pte)) {
		get_page(f->page);
		map_cached(f, f->page, true);
	} else if (pte_present(pte) && pte_pfn(pte) == page_to_pfn(f->page) && !pte_uffd_wp(pte)) {
		set_pte(f->pte, pte_mkwrite(pte_mkdirty(pte_mkyoung(pte))));
		arch_tlb_flush_local_page(f->address);
	}
}

enum fault_result fault_shared_write(struct fault *f)
{
	const struct vm_ops *ops = f->vma->vm_ops;
	enum fault_result r = get_object_page(f);

	if (r != FAULT_OK)
		return r;
	count_vm_event(pgfault_shared);
	if (ops && ops->page_mkwrite) {
		r = ops->page_mkwrite(f->vma, f);
		if (r != FAULT_OK) {
			put_page(f->page);
			return r;
		}
	}
	r = lock_object_page(f);
	if (r != FAULT_OK)
		return r;
	set_page_dirty(f->page);
	f->ptl = pte_lockptr(f->pmd);
	WITH_SPINLOCK(f->ptl)
		make_writable(f);
	unlock_page(f->page);
	put_page(f->page);
	return FAULT_OK;
}

/* ---- 7: nothing is missing ------------------------------------------------------------------- */

static enum fault_result fault_spurious(struct fault *f)
{
	count_vm_event(pgfault_spurious);
	if (lock_pte(f))
		ptep_set_access(f->pte, f->write);
	spin_unlock(f->ptl);
	arch_tlb_flush_local_page(f->address);
	return FAULT_OK;
}

/* ---- 8: the pte says where the page is ------------------------------------------------------- */

/* fault_marker - only uffd-wp is known of this page of an object: map it like for a read; a write comes again (6) */
static enum fault_result fault_marker(struct fault *f)
{
	enum fault_result r = userfaultfd_missing(f);

	ASSERT((f->vma->vm_flags & VM_UFFD_WP) && f->vma->mapping);
	return r == FAULT_OK ? fault_file_read(f) : r;
}

/*
 * A migration entry: the page is locked by whoever moves it to another frame. An entry of a type that nobody
 * makes was damaged: the page cannot be found, which is the program's loss, not the machine's.
 */
enum fault_result do_swap_page(struct fault *f)
{
	enum fault_result r = FAULT_RETRY;

	if (is_pte_marker(f->orig_pte))
		return fault_marker(f);						/* 9 */
	if (lock_pte(f)) {
		if (!is_migration_entry(pte_to_swp(f->orig_pte))) {
			spin_unlock(f->ptl);
			printk("mm: bad swap entry %016lx for address %lx\n", pte_val(f->orig_pte), f->address);
			return FAULT_SIGBUS;
		}
		f->page = migration_page(pte_to_swp(f->orig_pte));
		get_page(f->page);		/* G1: the mover holds one as long as the entry is there */
		r = FAULT_WAIT;
	}
	spin_unlock(f->ptl);
	return r;
}

/* ---- the table of contents ------------------------------------------------------------------- */

static enum fault_result fault_none(struct fault *f)
{
	enum fault_result r = unlikely(f->vma->uffd_ctx) ? userfaultfd_missing(f) : FAULT_OK;

	if (unlikely(r != FAULT_OK))
		return r;
	if (vma_is_anonymous(f->vma))
		return f->write ? fault_anon_write(f) : fault_anon_read(f);	/* 2, 1 */
	if (!f->write)
		return fault_file_read(f);					/* 3 */
	if (!(f->vma->vm_flags & VM_SHARED))
		return fault_file_cow(f);					/* 4 */
	return fault_shared_write(f);						/* 5 */
}

static enum fault_result fault_in_vma(struct fault *f, struct vm_area_struct *vma)
{
	f->vma = vma;
	f->pgoff = vma->vm_pgoff + ((f->address - vma->vm_start) >> PAGE_SHIFT);
	if (unlikely(!access_allowed(f)))
		return FAULT_SEGV_ACCERR;
	f->pmd = hinted_pmd(f->mm, f->address);
	if (likely(f->pmd && !pmd_none(*f->pmd)))
		f->pte = pte_offset(f->pmd, f->address);
	else
		f->pte = pte_alloc(f->mm, f->address, &f->pmd);
	if (unlikely(!f->pte))
		return FAULT_OOM;
	f->orig_pte = ptep_get(f->pte);
	if (pte_none(f->orig_pte))
		return fault_none(f);
	if (unlikely(!pte_present(f->orig_pte)))
		return do_swap_page(f);						/* 8 */
	if (f->write && !pte_write(f->orig_pte)) {
		if (lock_pte(f))
			return do_wp_page(f);					/* 6 */
		spin_unlock(f->ptl);
		return FAULT_OK;
	}
	return fault_spurious(f);						/* 7 */
}

/* pin_is_enough - neither the neighbours nor a driver that counts on mmap_lock take part */
static bool pin_is_enough(const struct fault *f, const struct vm_area_struct *vma)
{
	if (!vma->vm_ops)
		return READ_ONCE(vma->anon_vma) || !f->write;
	return !vma->vm_ops->fault && (READ_ONCE(vma->anon_vma) || !f->write || (vma->vm_flags & VM_SHARED));
}

/* fault_locked - mmap_lock is held (read) */
static enum fault_result fault_locked(struct fault *f)
{
	struct vm_area_struct *vma = find_vma(f->mm, f->address);

	if (!vma)
		return FAULT_SEGV_MAPERR;
	if (vma->vm_start > f->address)
		return vma->vm_flags & VM_GROWSDOWN ? FAULT_GROW : FAULT_SEGV_MAPERR;
	return fault_in_vma(f, vma);
}

static noinline enum fault_result fault_with_mmap_lock(struct fault *f)
{
	enum fault_result r;

	count_vm_event(pgfault_mmap_lock);
	down_read(&f->mm->mmap_lock);
	r = fault_locked(f);
	up_read(&f->mm->mmap_lock);
	return r;
}

static enum fault_result fault_once(struct fault *f)
{
	struct vm_area_struct *vma = vma_pin(f->mm, f->address);
	enum fault_result r;

	if (unlikely(!vma))
		return fault_with_mmap_lock(f);
	if (unlikely(!pin_is_enough(f, vma))) {
		vma_unpin(vma);
		return fault_with_mmap_lock(f);
	}
	r = fault_in_vma(f, vma);
	vma_unpin(vma);
	return r;
}

/* try_again - what the fault needed while nothing was locked; false: *@r is its last result */
static bool try_again(struct fault *f, unsigned long address, enum fault_result *r)
{
	if (*r >= FAULT_UFFD_MISSING) {
		*r = userfaultfd_wait(f, address, *r);
		return *r == FAULT_RETRY;
	}
	if (*r == FAULT_GROW) {
		*r = expand_stack(f->mm, f->address);
		return *r == FAULT_OK;
	}
	if (*r == FAULT_WAIT)
		put_and_wait_on_page_locked(f->page);
	return true;
}

static void trace_round(struct fault *f, unsigned long address, enum fault_result *r, bool handle)
{
	u64 start;

	f->vma = NULL;
	f->pte = NULL;
	down_read(&f->mm->mmap_lock);
	start = arch_clock_ns();
	if (handle)
		*r = fault_locked(f);
	fault_trace_add(f, address, *r, arch_clock_ns() - start);
	up_read(&f->mm->mmap_lock);
}

/* fault_traced - the same as fault_untraced(), all of it under mmap_lock and with a record of each round */
static noinline enum fault_result fault_traced(struct fault *f, unsigned long address)
{
	enum fault_result r;
	bool grow;

	do {
		trace_round(f, address, &r, true);
		grow = r == FAULT_GROW;
	} while (r >= FAULT_RETRY && try_again(f, address, &r));
	if (grow)
		trace_round(f, address, &r, false);	/* it could not grow */
	return r;
}

static inline enum fault_result fault_untraced(struct fault *f, unsigned long address)
{
	for (;;) {
		enum fault_result r = fault_once(f);

		if (likely(r < FAULT_RETRY) || !try_again(f, address, &r))
			return r;
	}
}

static void count_failure(enum fault_result r)
{
	if (r == FAULT_SIGBUS)
		count_vm_event(pgfault_sigbus);
	else if (r == FAULT_OOM)
		count_vm_event(pgfault_oom);
	else
		count_vm_event(pgfault_segv);
}

/* count_success - as getrusage(2) tells it: major faults had to wait for a device */
static inline void count_success(const struct fault *f)
{
	if (likely(!f->major)) {
		current->min_flt++;
		return;
	}
	current->maj_flt++;
	count_vm_event(pgmajfault);
}

enum fault_result handle_mm_fault(struct mm_struct *mm, unsigned long address, bool write,
				  bool exec, bool user)
{
	struct fault f = {
		.mm = mm, .address = ALIGN_DOWN(address, PAGE_SIZE),
		.write = write, .exec = exec, .user = user,
	};
	enum fault_result r;

	if (unlikely(address >= mm->task_size)) {
		count_failure(FAULT_SEGV_MAPERR);
		return FAULT_SEGV_MAPERR;
	}
	count_vm_event(pgfault);
	if (unlikely(READ_ONCE(mm->fault_trace)))
		r = fault_traced(&f, address);
	else
		r = fault_untraced(&f, address);
	if (likely(r == FAULT_OK))
		count_success(&f);
	else
		count_failure(r);
	return r;
}
