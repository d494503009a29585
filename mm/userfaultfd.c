/* SPDX-License-Identifier: MIT */
/*
 * mm/userfaultfd.c - a descriptor through which a program resolves page faults: its life, and which memory it has
 *
 * THE QUESTION   A program wants to decide itself what a page contains, at the moment it is needed: memory that
 *                comes over a network, a snapshot that is written while the program runs on. How does it hear of
 *                the fault, and how does the faulting thread wait?
 *
 * THE PICTURE    struct file --> userfaultfd_ctx <-- vma->uffd_ctx      VM_UFFD_MISSING, _MINOR, _WP say which
 *                                 pending  o-o-o                        faults it wants
 *                                 waiting  o-o      <- read() moves them here
 *                                 events   o        fork, mremap, munmap, madvise
 *
 *                fault.c    FAULT_UFFD_*  ->  userfaultfd_fault.c  lets go of everything and sleeps
 *                ioctl      UFFDIO_COPY.. ->  userfaultfd_fill.c   puts the page there, wakes
 *                mmap.c ..  the map changes -> userfaultfd_event.c tells the reader, who answers by reading
 *
 * ALWAYS TRUE    U1  vma->uffd_ctx is set exactly if vm_flags has one of VM_UFFD_FLAGS (mm_check). Both change
 *                    after vma_start_write(), and so does the right to look at them: mmap_lock or a pinned VMA.
 *                U2  a context outlives what points to it: VMAs forget it before its file's reference goes.
 *                U3  uffd-wp in a pte, or a marker, means that the VMA has VM_UFFD_WP, and the pte is read-only.
 *                    So a VMA with VM_UFFD_WP makes no page writable by vm_page_prot alone (vma.c).
 *                U4  neighbours with different contexts are never one VMA.
 *
 * LOCKS          mmap_lock (write) to register. ctx->lock (RANK_UFFD) guards the three lists; nothing sleeps in it.
 * LIFE           born: userfaultfd(2), or fork of a registered VMA whose reader asked for fork events; ends: the
 *                file's last close, after which only sleepers on their way out refer to it.
 * LEFT OUT       huge pages. (Linux: fs/userfaultfd.c, mm/userfaultfd.c)
 * READ NEXT      userfaultfd_fault.c, userfaultfd_fill.c, userfaultfd_event.c, fs/userfaultfd.c (the descriptor).
 */
#include <mm/slab.h>
#include <mm/userfaultfd.h>
#include "mm_internal.h"

int sysctl_unprivileged_userfaultfd;

/* ---- life ------------------------------------------------------------------------------------ */

struct userfaultfd_ctx *userfaultfd_alloc(struct mm_struct *mm, unsigned int flags)
{
	struct userfaultfd_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return NULL;
	spin_lock_init(&ctx->lock, RANK_UFFD);
	INIT_LIST_HEAD(&ctx->pending);
	INIT_LIST_HEAD(&ctx->waiting);
	INIT_LIST_HEAD(&ctx->events);
	init_waitqueue_head(&ctx->fd_wait);
	atomic_set(&ctx->refs, 1);
	ctx->flags = flags;
	ctx->mm = mm;
	mmgrab(mm);
	return ctx;
}

void userfaultfd_get(struct userfaultfd_ctx *ctx)
{
	ASSERT(atomic_read(&ctx->refs) > 0);
	atomic_inc(&ctx->refs);
}

void userfaultfd_put(struct userfaultfd_ctx *ctx)
{
	if (!atomic_dec_and_test(&ctx->refs))
		return;
	ASSERT(list_empty(&ctx->pending) && list_empty(&ctx->waiting) && list_empty(&ctx->events));
	ASSERT(atomic_read(&ctx->mmap_changing) == 0);
	mmdrop(ctx->mm);
	kfree(ctx);
}

int userfaultfd_enable(struct userfaultfd_ctx *ctx, unsigned int features)
{
	int err = -EINVAL;

	WITH_SPINLOCK(&ctx->lock) {
		if (!ctx->features) {
			WRITE_ONCE(ctx->features, features | UFFD_INITIALIZED);
			err = 0;
		}
	}
	return err;
}

/* ---- one VMA --------------------------------------------------------------------------------- */

void userfaultfd_forget(struct vm_area_struct *vma)
{
	ASSERT(vma_is_locked(vma));
	vma->vm_flags &= ~VM_UFFD_FLAGS;
	vma->uffd_ctx = NULL;
	vma_set_page_prot(vma);
}

/* unregister_vma - all of @vma; returns the VMA that covers it now */
static struct vm_area_struct *unregister_vma(struct vm_area_struct *vma)
{
	bool wp = vma->vm_flags & VM_UFFD_WP;

	vma_start_write(vma);
	userfaultfd_forget(vma);
	if (wp)
		userfaultfd_clear_wp(vma, vma->vm_start, vma->vm_end);
	return vma_merge(vma);
}

static struct vm_area_struct *register_vma(struct vm_area_struct *vma, struct userfaultfd_ctx *ctx,
					   unsigned long vm_flags)
{
	bool wp_ends = (vma->vm_flags & VM_UFFD_WP) && !(vm_flags & VM_UFFD_WP);

	vma_start_write(vma);
	vma->vm_flags = (vma->vm_flags & ~VM_UFFD_FLAGS) | vm_flags;
	vma->uffd_ctx = ctx;
	vma_set_page_prot(vma);
	if (wp_ends)
		userfaultfd_clear_wp(vma, vma->vm_start, vma->vm_end);
	return vma_merge(vma);
}

/* vma_can_userfault - anonymous memory, or pages of an object that only memory stands behind */
static bool vma_can_userfault(const struct vm_area_struct *vma, unsigned long vm_flags)
{
	bool shmem = vma->mapping && (vma->mapping->flags & AS_SHMEM) && !(vma->vm_ops && vma->vm_ops->no_userfault);

	if (vm_flags & VM_UFFD_MINOR)
		return shmem;
	return shmem || vma_is_anonymous(vma);
}

/* ---- register -------------------------------------------------------------------------------- */

/* first_vma - the first VMA of [start, end); NULL with *@err: -ENOMEM nothing from @start on, -EINVAL only later */
static struct vm_area_struct *first_vma(struct mm_struct *mm, unsigned long start, unsigned long end, int *err)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	*err = !vma ? -ENOMEM : vma->vm_start >= end ? -EINVAL : 0;
	return *err ? NULL : vma;
}

static int register_errno(const struct userfaultfd_ctx *ctx, struct vm_area_struct *vma, unsigned long end,
			  unsigned long vm_flags)
{
	for (; vma && vma->vm_start < end; vma = vma_next(vma)) {
		if (!vma_can_userfault(vma, vm_flags))
			return -EINVAL;
		if (!(vma->vm_flags & VM_MAYWRITE))
			return -EPERM;		/* what UFFDIO_COPY puts there would reach the file */
		if (vma->uffd_ctx && vma->uffd_ctx != ctx)
			return -EBUSY;
	}
	return 0;
}

static int register_locked(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long end, unsigned long vm_flags)
{
	struct vm_area_struct *vma;
	int err;

	vma = first_vma(ctx->mm, start, end, &err);
	if (!err)
		err = register_errno(ctx, vma, end, vm_flags);
	for (; !err && vma && vma->vm_start < end; vma = vma_next(vma)) {
		if (vma->uffd_ctx == ctx && (vma->vm_flags & vm_flags) == vm_flags)
			continue;
		err = vma_isolate(vma, max(start, vma->vm_start), min(end, vma->vm_end));
		if (err)
			break;			/* and vma may be gone */
		vma = register_vma(vma, ctx, vm_flags);
	}
	VALIDATE(mm_check(ctx->mm));
	return err;
}

int userfaultfd_register(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len, unsigned long vm_flags)
{
	struct mm_struct *mm = ctx->mm;
	int err;

	ASSERT(vm_flags && !(vm_flags & ~VM_UFFD_FLAGS));
	if (!mmget_not_zero(mm))
		return -ENOMEM;
	down_write(&mm->mmap_lock);
	err = register_locked(ctx, start, start + len, vm_flags);
	mmap_write_unlock(mm);
	mmput(mm);
	return err;
}

static int unregister_errno(const struct userfaultfd_ctx *ctx, struct vm_area_struct *vma, unsigned long end)
{
	for (; vma && vma->vm_start < end; vma = vma_next(vma)) {
		if (!vma_can_userfault(vma, vma->vm_flags))
			return -EINVAL;
		if (vma->uffd_ctx && vma->uffd_ctx != ctx)
			return -EINVAL;		/* whoever serves it counts on it */
	}
	return 0;
}

static int unregister_locked(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma;
	int err;

	vma = first_vma(ctx->mm, start, end, &err);
	if (!err)
		err = unregister_errno(ctx, vma, end);
	for (; !err && vma && vma->vm_start < end; vma = vma_next(vma)) {
		if (!vma->uffd_ctx)
			continue;
		err = vma_isolate(vma, max(start, vma->vm_start), min(end, vma->vm_end));
		if (err)
			break;
		userfaultfd_wake(ctx, vma->vm_start, vma->vm_end - vma->vm_start);
		vma = unregister_vma(vma);
	}
	VALIDATE(mm_check(ctx->mm));
	return err;
}

int userfaultfd_unregister(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len)
{
	struct mm_struct *mm = ctx->mm;
	int err;

	if (!mmget_not_zero(mm))
		return -ENOMEM;
	down_write(&mm->mmap_lock);
	err = unregister_locked(ctx, start, start + len);
	mmap_write_unlock(mm);
	mmput(mm);
	return err;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void unregister_all(struct userfaultfd_ctx *ctx)
{
	struct mm_struct *mm = ctx->mm;
	struct vm_area_struct *vma;

	if (!mmget_not_zero(mm))
		return;			/* nothing is mapped any more */
	down_write(&mm->mmap_lock);
	vma = list_first_entry_or_null(&mm->mmap, struct vm_area_struct, vm_link);
	for (; vma; vma = vma_next(vma))
		if (vma->uffd_ctx == ctx)
			vma = unregister_vma(vma);
	VALIDATE(mm_check(mm));
	mmap_write_unlock(mm);
	mmput(mm);
}

/* end_events - whoever waits for a reader goes on; new ones see released (userfaultfd_event.c) */
static void end_events(struct userfaultfd_ctx *ctx)
{
	struct uffd_event *e, *next;

	WITH_SPINLOCK(&ctx->lock) {
		ctx->released = true;
		list_for_each_entry_safe(e, next, &ctx->events, link) {
			list_del_init(&e->link);
			e->done = true;
			wake_up_all(&e->wait);
		}
	}
}

void userfaultfd_release(struct userfaultfd_ctx *ctx)
{
	end_events(ctx);
	unregister_all(ctx);
	userfaultfd_wake(ctx, 0, ~0UL);		/* U2: from here on no fault finds it */
}
