/* SPDX-License-Identifier: MIT */
/*
 * userfaultfd.h - page faults that a program resolves: contexts, waiting faults, events (mm/userfaultfd*.c)
 *
 * letters: (i) immutable (u) ctx->lock (a) atomic
 */
#ifndef MM_USERFAULTFD_H
#define MM_USERFAULTFD_H

#include <kernel/wait.h>
#include <mm/mm.h>
#include <uapi/userfaultfd.h>

/* userfaultfd_ctx - what a descriptor stands for: the faults of the VMAs that name it, in one address space */
struct userfaultfd_ctx {
	spinlock_t		lock;		/* RANK_UFFD */
	struct list_head	pending;	/* (u) faults nobody has read of               */
	struct list_head	waiting;	/* (u) faults that were read and not yet woken */
	struct list_head	events;		/* (u) uffd_events nobody has read             */
	bool			released;	/* (u) the descriptor is closed                */
	wait_queue_head_t	fd_wait;	/* readers and who polls                       */
	atomic_t		refs;		/* (a) the file; each fault and event on its way */
	atomic_t		mmap_changing;	/* (a) events not yet read: the map is not what the reader thinks */
	unsigned int		flags;		/* (i) of userfaultfd(2)                       */
	unsigned int		features;	/* (a) UFFD_FEATURE_*, UFFD_INITIALIZED        */
	struct mm_struct	*mm;		/* (i) the struct is referenced, not its users */
};
#define UFFD_INITIALIZED	(1U << 31)	/* UFFDIO_API was done */

/* uffd_event - something else than a fault; who caused it waits until it was read */
struct uffd_event {
	struct uffd_event	*next;		/* (m) on mm->uffd_events                      */
	struct userfaultfd_ctx	*ctx;		/* (i) referenced, counted in mmap_changing    */
	struct userfaultfd_ctx	*child;		/* (u) fork: the child's; NULL once a descriptor has it */
	struct uffd_msg		msg;		/* (i) */
	struct list_head	link;		/* (u) ctx->events                             */
	bool			done, busy;	/* (u) read; a reader makes the child's descriptor, and owns this */
	wait_queue_head_t	wait;
};

extern int sysctl_unprivileged_userfaultfd;

/* ---- userfaultfd.c: life ---- */
/* userfaultfd_alloc - a context for @mm with one reference; NULL: no memory */
struct userfaultfd_ctx *userfaultfd_alloc(struct mm_struct *mm, unsigned int flags);
void userfaultfd_get(struct userfaultfd_ctx *ctx);
void userfaultfd_put(struct userfaultfd_ctx *ctx);
/* userfaultfd_release - its descriptor is closed: nothing is registered any more, everybody goes on. sleeps. */
void userfaultfd_release(struct userfaultfd_ctx *ctx);
/* userfaultfd_enable - UFFDIO_API chose @features; 0, or -EINVAL: it did already */
int userfaultfd_enable(struct userfaultfd_ctx *ctx, unsigned int features);

/* ---- userfaultfd.c: which memory ---- */
/* userfaultfd_register - faults in [start, start+len) that @vm_flags name go to @ctx; 0 or -errno. sleeps. */
int userfaultfd_register(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len, unsigned long vm_flags);
int userfaultfd_unregister(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len);
/* userfaultfd_forget - @vma, locked for writing, belongs to no descriptor any more; its ptes stay as they are */
void userfaultfd_forget(struct vm_area_struct *vma);

/* ---- userfaultfd_fault.c ---- */
/* userfaultfd_missing - the pte of @f, in a registered VMA, leads to no page: FAULT_UFFD_*; FAULT_OK: not our case;
 * FAULT_WAIT: the object's page, which @f refers to now, is locked and will tell */
enum fault_result userfaultfd_missing(struct fault *f);
/*
 * userfaultfd_wait - tell the reader of the fault at @address and wait until it was dealt with. No lock held.
 *   returns: FAULT_RETRY; FAULT_OK: a signal comes first; FAULT_SIGBUS
 */
enum fault_result userfaultfd_wait(const struct fault *f, unsigned long address, enum fault_result why);
/* userfaultfd_wake - whoever waits for a page in [start, start+len) tries again */
void userfaultfd_wake(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len);
/* userfaultfd_next_msg - the next message, taken; *@fork: to be finished by userfaultfd_fork_read(). false: none */
bool userfaultfd_next_msg(struct userfaultfd_ctx *ctx, struct uffd_msg *msg, struct uffd_event **fork);
/* userfaultfd_fork_read - @taken: a descriptor owns event->child now; else the event waits to be read again */
void userfaultfd_fork_read(struct uffd_event *event, bool taken);
/* userfaultfd_count - faults that nobody has read of, and all */
void userfaultfd_count(struct userfaultfd_ctx *ctx, unsigned long *pending, unsigned long *total);

/* ---- userfaultfd_event.c: who changes the map. mmap_lock held for writing unless said; told on its release ---- */
/* userfaultfd_dup - fork: @new, a copy of a registered VMA of @old, keeps that or not; 0 or -ENOMEM */
int userfaultfd_dup(struct vm_area_struct *new, struct mm_struct *old);
/* userfaultfd_dup_undo - the fork of @old failed: nobody hears of it */
void userfaultfd_dup_undo(struct mm_struct *old);
/* userfaultfd_remap_prepare - @vma will move: *@event for userfaultfd_remap(), NULL: nobody asked; 0 or -ENOMEM */
int userfaultfd_remap_prepare(const struct vm_area_struct *vma, struct uffd_event **event);
void userfaultfd_remap_undo(struct uffd_event *event);
/* userfaultfd_remap - @len bytes from @from are at @new now, which stays registered only if somebody asked */
void userfaultfd_remap(struct vm_area_struct *new, struct uffd_event *event, unsigned long from, unsigned long len);
/* userfaultfd_unmap - @vma and those behind it, up to @end, are about to go; 0 or -ENOMEM */
int userfaultfd_unmap(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/*
 * userfaultfd_remove - madvise will drop the pages of [start, end). mmap_lock held (read).
 *   returns: true if it was let go meanwhile, because somebody had to hear of it first
 */
bool userfaultfd_remove(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* userfaultfd_deliver - the list that mm->uffd_events was; frees it. No lock held. sleeps. */
void userfaultfd_deliver(struct uffd_event *events);

/* ---- userfaultfd_fill.c: what the reader does about it. mmap_lock taken here. sleep. ---- */
enum uffd_fill { UFFD_COPY, UFFD_ZERO, UFFD_CONTINUE };
struct uffd_fill_request {
	enum uffd_fill		what;
	unsigned long		dst, len;
	const char __user	*src;		/* UFFD_COPY                                   */
	bool			wp;		/* UFFD_COPY: write-protected from the start   */
};
/* userfaultfd_fill - bytes done (at least one page), or -errno; wakes nobody */
long userfaultfd_fill(struct userfaultfd_ctx *ctx, const struct uffd_fill_request *rq);
/* userfaultfd_writeprotect - set or take away uffd-wp; 0 or -errno; wakes nobody */
int userfaultfd_writeprotect(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len, bool protect);
/* userfaultfd_clear_wp - no pte of [start, end) of @vma has uffd-wp any more. mmap_lock held for writing. */
void userfaultfd_clear_wp(struct vm_area_struct *vma, unsigned long start, unsigned long end);

#endif
