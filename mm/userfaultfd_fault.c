/* SPDX-License-Identifier: MIT */
/*
 * mm/userfaultfd_fault.c - a thread whose fault another thread must resolve: how it waits, and how it is found
 *
 * THE QUESTION   Between "the pte is empty" and "I sleep" somebody may put the page there and wake whoever
 *                sleeps. How is that wake-up not lost?
 *
 * THE PICTURE    faulting thread                               reader of the descriptor
 *                fault.c: pte empty, FAULT_UFFD_MISSING
 *                lets go of the VMA
 *                mmap_lock { VMA still registered?
 *                  put itself on ctx->pending             ->   poll: readable
 *                  look at the pte again }                     read: a message; moved to ctx->waiting
 *                sleep                                         UFFDIO_COPY: pte is set, then
 *                woken: off the list, try the access again <-  wake: takes it off the list
 *
 * ALWAYS TRUE    W1  on the list first, then the look at the pte; the reader does it the other way round. One of
 *                    the two sees the other: ctx->lock orders them.
 *                W2  struct waiter is on the sleeper's stack. It is touched only under ctx->lock, and its owner
 *                    takes that lock before it leaves, whoever woke it.
 *                W3  a page is never waited for twice in a row without its VMA, context and pte looked up anew.
 *                W4  nothing is decided against a program on a pte read without its lock: who replaces a page leaves
 *                    the entry empty for a moment (C3 of cow.c), with ptl held.
 *
 * SIGNALS        an access in user mode ends its wait for any signal: the handler runs, and the instruction
 *                faults again. One the kernel makes for a program (a copy, another process's memory) can only be
 *                killed; so can one that belongs to no program's instruction.
 *
 * LOCKS          mmap_lock (read) > ctx->lock > wait queues; and mmap_lock > ptl. None while it sleeps.
 * LEFT OUT       faults that must not wait (Linux: FAULT_FLAG_RETRY_NOWAIT).
 * READ NEXT      userfaultfd_fill.c.
 */
#include <kernel/sched.h>
#include <mm/swapops.h>
#include <mm/userfaultfd.h>
#include "mm_internal.h"

struct waiter {
	struct list_head	link;		/* (u) pending or waiting; empty: woken */
	unsigned long		address;	/* (i) of the page                      */
	struct uffd_msg		msg;		/* (i) */
	struct userfaultfd_ctx	*ctx;		/* (i) referenced                       */
	bool			woken;		/* (u) */
	wait_queue_head_t	wait;
};

/* ---- is it a case for the reader? ------------------------------------------------------------ */

static unsigned long wanted_flag(enum fault_result why)
{
	switch (why) {
	case FAULT_UFFD_MISSING:
		return VM_UFFD_MISSING;
	case FAULT_UFFD_MINOR:
		return VM_UFFD_MINOR;
	case FAULT_UFFD_WP:
		return VM_UFFD_WP;
	default:
		panic("userfaultfd: fault result %d", why);
	}
}

/* missing_from_object - what is at f->pgoff? A page that somebody fills, or moves to another frame, is waited for. */
static enum fault_result missing_from_object(struct fault *f)
{
	struct page *page = find_get_page(f->vma->mapping, f->pgoff);
	enum fault_result r = FAULT_UFFD_MISSING;

	if (page && PageUptodate(page)) {
		r = FAULT_UFFD_MINOR;
	} else if (page && PageLocked(page)) {
		f->page = page;
		return FAULT_WAIT;
	}
	if (page)
		put_page(page);
	return r;
}

enum fault_result userfaultfd_missing(struct fault *f)
{
	struct address_space *as = f->vma->mapping;
	enum fault_result r = FAULT_UFFD_MISSING;

	if (as && (loff_t)f->pgoff >= (as->size + (loff_t)PAGE_SIZE - 1) >> PAGE_SHIFT)
		return FAULT_OK;		/* beyond the end: SIGBUS as ever */
	if (as)
		r = missing_from_object(f);
	return r == FAULT_WAIT || (f->vma->vm_flags & wanted_flag(r)) ? r : FAULT_OK;
}

/* must_wait - W1: is the pte still what the fault was about? mmap_lock held. */
static bool must_wait(const struct fault *f, enum fault_result why)
{
	spinlock_t *ptl;
	pte_t *ptep = pte_lookup_lock(f->mm, f->address, &ptl), pte;

	if (!ptep)
		return why != FAULT_UFFD_WP;
	pte = ptep_get(ptep);
	pte_unlock(ptl);
	if (why == FAULT_UFFD_WP)
		return pte_present(pte) && pte_uffd_wp(pte);
	return pte_none_mostly(pte);
}

/* may_not_wait - the reader does not want it, or the thread has no time: SIGBUS */
static bool may_not_wait(const struct fault *f, const struct userfaultfd_ctx *ctx)
{
	return (ctx->features & UFFD_FEATURE_SIGBUS) || current->no_userfault ||
	       (!f->user && (ctx->flags & UFFD_USER_MODE_ONLY));
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void fill_msg(struct uffd_msg *msg, const struct fault *f, unsigned long address, enum fault_result why,
		     unsigned int features)
{
	*msg = (struct uffd_msg){ .event = UFFD_EVENT_PAGEFAULT };
	msg->pagefault.address = features & UFFD_FEATURE_EXACT_ADDRESS ? address : f->address;
	msg->pagefault.flags = (f->write ? UFFD_PAGEFAULT_FLAG_WRITE : 0) |
			       (why == FAULT_UFFD_WP ? UFFD_PAGEFAULT_FLAG_WP : 0) |
			       (why == FAULT_UFFD_MINOR ? UFFD_PAGEFAULT_FLAG_MINOR : 0);
	if (features & UFFD_FEATURE_THREAD_ID)
		msg->pagefault.ptid = (u32)current->tid;
}

static void waiter_begin(struct waiter *w, struct userfaultfd_ctx *ctx)
{
	init_waitqueue_head(&w->wait);
	w->woken = false;
	w->ctx = ctx;
	userfaultfd_get(ctx);
	WITH_SPINLOCK(&ctx->lock)
		list_add_tail(&w->link, &ctx->pending);
}

static void waiter_end(struct waiter *w)
{
	WITH_SPINLOCK(&w->ctx->lock)		/* W2 */
		list_del_init(&w->link);
	userfaultfd_put(w->ctx);
}

/* begin_wait - look everything up again; FAULT_OK: @w is queued, and there is something to wait for */
static enum fault_result begin_wait(const struct fault *f, unsigned long address, enum fault_result why,
				    struct waiter *w)
{
	struct vm_area_struct *vma = find_vma(f->mm, f->address);

	if (!vma || vma->vm_start > f->address || !(vma->vm_flags & wanted_flag(why)))
		return FAULT_RETRY;
	ASSERT(vma->uffd_ctx);
	if (may_not_wait(f, vma->uffd_ctx))
		return must_wait(f, why) ? FAULT_SIGBUS : FAULT_RETRY;	/* W4 */
	w->address = f->address;
	fill_msg(&w->msg, f, address, why, vma->uffd_ctx->features);
	waiter_begin(w, vma->uffd_ctx);
	if (must_wait(f, why))
		return FAULT_OK;
	waiter_end(w);
	return FAULT_RETRY;
}

enum fault_result userfaultfd_wait(const struct fault *f, unsigned long address, enum fault_result why)
{
	enum fault_result r;
	struct waiter w;

	down_read(&f->mm->mmap_lock);
	r = begin_wait(f, address, why, &w);
	up_read(&f->mm->mmap_lock);
	if (r != FAULT_OK)
		return r;
	wake_up(&w.ctx->fd_wait);
	if (f->user)
		(void)wait_event_interruptible(w.wait, READ_ONCE(w.woken));
	else
		(void)wait_event_killable(w.wait, READ_ONCE(w.woken));
	waiter_end(&w);
	if (f->user)
		return signal_pending(current) ? FAULT_OK : FAULT_RETRY;
	return fatal_signal_pending(current) ? FAULT_SIGBUS : FAULT_RETRY;
}

static void wake_list(struct list_head *list, unsigned long start, unsigned long len)
{
	struct waiter *w, *next;

	list_for_each_entry_safe(w, next, list, link) {
		if (w->address - start >= len)
			continue;
		list_del_init(&w->link);
		WRITE_ONCE(w->woken, true);
		wake_up_all(&w->wait);
	}
}

void userfaultfd_wake(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len)
{
	WITH_SPINLOCK(&ctx->lock) {
		wake_list(&ctx->pending, start, len);
		wake_list(&ctx->waiting, start, len);
	}
}

/* ---- reading --------------------------------------------------------------------------------- */

static void next_event(struct uffd_event *e, struct uffd_msg *msg, struct uffd_event **fork)
{
	list_del_init(&e->link);
	*msg = e->msg;
	if (e->child) {
		e->busy = true;
		*fork = e;
		return;
	}
	WRITE_ONCE(e->done, true);
	wake_up_all(&e->wait);
}

bool userfaultfd_next_msg(struct userfaultfd_ctx *ctx, struct uffd_msg *msg, struct uffd_event **fork)
{
	bool found = false;

	*fork = NULL;
	WITH_SPINLOCK(&ctx->lock) {
		struct waiter *w = list_first_entry_or_null(&ctx->pending, struct waiter, link);
		struct uffd_event *e = list_first_entry_or_null(&ctx->events, struct uffd_event, link);

		found = w || e;
		if (w) {
			list_move_tail(&w->link, &ctx->waiting);
			*msg = w->msg;
		} else if (e) {
			next_event(e, msg, fork);
		}
	}
	return found;
}

void userfaultfd_fork_read(struct uffd_event *e, bool taken)
{
	struct userfaultfd_ctx *ctx = e->ctx;	/* @e goes once it is not busy */

	WITH_SPINLOCK(&ctx->lock) {
		if (taken)
			e->child = NULL;
		if (taken || ctx->released)
			WRITE_ONCE(e->done, true);
		else
			list_add(&e->link, &ctx->events);
		WRITE_ONCE(e->busy, false);
		wake_up_all(&e->wait);
	}
}

void userfaultfd_count(struct userfaultfd_ctx *ctx, unsigned long *pending, unsigned long *total)
{
	struct waiter *w;

	*pending = *total = 0;
	WITH_SPINLOCK(&ctx->lock) {
		list_for_each_entry(w, &ctx->pending, link)
			++*pending;
		list_for_each_entry(w, &ctx->waiting, link)
			++*total;
	}
	*total += *pending;
}
