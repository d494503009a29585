/* SPDX-License-Identifier: MIT */
/*
 * mm/userfaultfd_event.c - fork, mremap, munmap and madvise tell the reader what became of its memory
 *
 * THE QUESTION   The reader of a descriptor thinks of pages by address. The program moves them, drops them, or
 *                forks. How does the reader hear of it in time, and what may it not do meanwhile?
 *
 * THE PICTURE    munmap: mmap_lock (write) { ... the VMAs go ...
 *                                            event -> mm->uffd_events, ctx->mmap_changing + 1 }
 *                mmap_write_unlock           event -> ctx->events, and sleep until it was read
 *                                            ctx->mmap_changing - 1
 *                UFFDIO_COPY while mmap_changing > 0: EAGAIN. So what the reader does after it read the event
 *                finds the map that the event told of, and what it did before found the old one.
 *
 *                madvise holds mmap_lock for reading, and the reader must hear before the pages go, or it would
 *                think that they are there still: it lets go, tells, and looks again.
 *
 * ALWAYS TRUE    E1  each event on the way is counted in its context's mmap_changing, and holds a reference.
 *                E2  events of one call are told in the order in which things happened, one after the other.
 *                E3  a fork's context belongs to the event until a descriptor has it. If nobody took it, the
 *                    child's VMAs forget it again, before the child runs.
 *                    While a reader makes that descriptor (busy), the event is his: nobody else frees it.
 *                E4  nothing that was announced can fail any more: memory for events is taken first.
 *
 * LOCKS          mmap_lock (write) for mm->uffd_events; ctx->lock for ctx->events. None while waiting.
 * LEFT OUT       nothing; the end of a process is no event, as on Linux.
 * READ NEXT      vma_lock.c (mmap_write_unlock), dup_mm.c, mremap.c, mmap.c, madvise.c.
 */
#include <kernel/sched.h>
#include <mm/slab.h>
#include <mm/userfaultfd.h>
#include "mm_internal.h"

/* ---- one event ------------------------------------------------------------------------------- */

static void event_init(struct uffd_event *e, struct userfaultfd_ctx *ctx, unsigned int what)
{
	*e = (struct uffd_event){ .ctx = ctx, .msg.event = (u8)what };
	INIT_LIST_HEAD(&e->link);
	init_waitqueue_head(&e->wait);
	userfaultfd_get(ctx);
	atomic_inc(&ctx->mmap_changing);	/* E1 */
}

static struct uffd_event *event_alloc(struct userfaultfd_ctx *ctx, unsigned int what)
{
	struct uffd_event *e = kmalloc(sizeof(*e), GFP_KERNEL);

	if (e)
		event_init(e, ctx, what);
	return e;
}

/* event_end - nobody else knows @e any more */
static void event_end(struct uffd_event *e)
{
	atomic_dec(&e->ctx->mmap_changing);
	userfaultfd_put(e->ctx);
}

static void event_free(struct uffd_event *e)
{
	event_end(e);
	kfree(e);
}

/*
 * event_take_back - @e is on no list, and no reader works on it. While one makes a child's descriptor, @e is
 * not ours (userfaultfd_fork_read() gives it back); and only in the lock it is known that none has begun:
 *	we, killed: not busy -> a reader, in the lock: busy = true -> we, in the lock: free it -> the reader uses it
 */
static void event_take_back(struct uffd_event *e)
{
	bool busy;

	do {
		wait_event(e->wait, !READ_ONCE(e->busy));
		WITH_SPINLOCK(&e->ctx->lock) {
			busy = e->busy;
			if (!busy)
				list_del_init(&e->link);
		}
	} while (busy);
}

/* event_tell - wait until @e was read, its descriptor is closed, or somebody kills us */
static void event_tell(struct uffd_event *e)
{
	struct userfaultfd_ctx *ctx = e->ctx;

	WITH_SPINLOCK(&ctx->lock) {
		if (ctx->released)
			e->done = true;
		else
			list_add_tail(&e->link, &ctx->events);
	}
	wake_up(&ctx->fd_wait);
	(void)wait_event_killable(e->wait, READ_ONCE(e->done));
	event_take_back(e);
}

/* abandon_child - E3 */
static void abandon_child(struct uffd_event *e)
{
	if (!e->child)
		return;
	userfaultfd_release(e->child);
	userfaultfd_put(e->child);
}

void userfaultfd_deliver(struct uffd_event *events)
{
	struct uffd_event *e;

	might_sleep();
	while ((e = events)) {
		events = e->next;
		event_tell(e);
		abandon_child(e);
		event_free(e);
	}
}

/* announce - E2: behind what else @mm will tell when mmap_lock is released; a list of events */
static void announce(struct mm_struct *mm, struct uffd_event *e)
{
	struct uffd_event **link = &mm->uffd_events;

	ASSERT_HELD(&mm->mmap_lock);
	while (*link)
		link = &(*link)->next;
	*link = e;
}

static bool wants(const struct userfaultfd_ctx *ctx, unsigned int feature)
{
	return ctx && (ctx->features & feature);
}

/* ---- fork ------------------------------------------------------------------------------------ */

static struct uffd_event *find_fork(struct mm_struct *mm, const struct userfaultfd_ctx *ctx)
{
	struct uffd_event *e;

	for (e = mm->uffd_events; e; e = e->next)
		if (e->child && e->ctx == ctx)
			break;
	return e;
}

static struct uffd_event *fork_alloc(struct userfaultfd_ctx *ctx, struct mm_struct *child)
{
	struct uffd_event *e = event_alloc(ctx, UFFD_EVENT_FORK);

	if (!e)
		return NULL;
	e->child = userfaultfd_alloc(child, ctx->flags);
	if (!e->child) {
		event_free(e);
		return NULL;
	}
	e->child->features = ctx->features;
	return e;
}

int userfaultfd_dup(struct vm_area_struct *new, struct mm_struct *old)
{
	struct userfaultfd_ctx *ctx = new->uffd_ctx;
	struct uffd_event *e;

	if (!wants(ctx, UFFD_FEATURE_EVENT_FORK)) {
		userfaultfd_forget(new);
		return 0;
	}
	e = find_fork(old, ctx);
	if (!e) {
		e = fork_alloc(ctx, new->vm_mm);
		if (!e)
			return -ENOMEM;
		announce(old, e);
	}
	new->uffd_ctx = e->child;
	return 0;
}

void userfaultfd_dup_undo(struct mm_struct *old)
{
	struct uffd_event *e;

	while ((e = old->uffd_events)) {
		old->uffd_events = e->next;
		ASSERT(e->child);
		userfaultfd_put(e->child);	/* the child's VMAs are unmapped next, by nobody who asks for it */
		event_free(e);
	}
}

/* ---- mremap ---------------------------------------------------------------------------------- */

int userfaultfd_remap_prepare(const struct vm_area_struct *vma, struct uffd_event **event)
{
	*event = NULL;
	if (likely(!wants(vma->uffd_ctx, UFFD_FEATURE_EVENT_REMAP)))
		return 0;
	*event = event_alloc(vma->uffd_ctx, UFFD_EVENT_REMAP);
	return *event ? 0 : -ENOMEM;
}

void userfaultfd_remap_undo(struct uffd_event *event)
{
	if (event)
		event_free(event);
}

void userfaultfd_remap(struct vm_area_struct *new, struct uffd_event *event, unsigned long from, unsigned long len)
{
	if (!event) {
		userfaultfd_forget(new);
		userfaultfd_clear_wp(new, new->vm_start, new->vm_end);
		return;
	}
	event->msg.remap.from = from;
	event->msg.remap.to = new->vm_start;
	event->msg.remap.len = len;
	announce(new->vm_mm, event);
}

/* ---- munmap ---------------------------------------------------------------------------------- */

static bool has_event_for(const struct uffd_event *e, const struct userfaultfd_ctx *ctx)
{
	for (; e; e = e->next)
		if (e->ctx == ctx)
			return true;
	return false;
}

static void free_events(struct uffd_event *e)
{
	struct uffd_event *next;

	for (; e; e = next) {
		next = e->next;
		event_free(e);
	}
}

/* unmap_events - one for each context of the VMAs from @vma on, below @end; 0 or -ENOMEM */
static int unmap_events(struct vm_area_struct *vma, unsigned long start, unsigned long end, struct uffd_event **list)
{
	struct uffd_event *e;

	for (*list = NULL; vma && vma->vm_start < end; vma = vma_next(vma)) {
		if (!wants(vma->uffd_ctx, UFFD_FEATURE_EVENT_UNMAP) || has_event_for(*list, vma->uffd_ctx))
			continue;
		e = event_alloc(vma->uffd_ctx, UFFD_EVENT_UNMAP);
		if (!e) {
			free_events(*list);
			return -ENOMEM;
		}
		e->msg.remove.start = start;
		e->msg.remove.end = end;
		e->next = *list;
		*list = e;
	}
	return 0;
}

int userfaultfd_unmap(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	struct uffd_event *list;
	int err = unmap_events(vma, start, end, &list);

	if (!err)
		announce(mm, list);
	return err;
}

/* ---- madvise --------------------------------------------------------------------------------- */

bool userfaultfd_remove(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	struct uffd_event e;

	if (!wants(vma->uffd_ctx, UFFD_FEATURE_EVENT_REMOVE))
		return false;
	event_init(&e, vma->uffd_ctx, UFFD_EVENT_REMOVE);
	e.msg.remove.start = start;
	e.msg.remove.end = end;
	up_read(&mm->mmap_lock);
	event_tell(&e);
	event_end(&e);
	down_read(&mm->mmap_lock);
	return true;
}
