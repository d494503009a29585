/* SPDX-License-Identifier: MIT */
/*
 * fs/epoll.c - waiting for files that are named once
 *
 * An eventpoll has one item per watched (descriptor, file). Each item keeps an entry on the queues its
 * file named; the entry's wake-up puts the item on the ready list. epoll_wait takes items from
 * that list, asks the file again, and (level-triggered) puts those still ready back.
 *
 *      wake-up -> ep_woken() -> ready list -> epoll_wait: file_poll() -> event, or not ready any more
 *                                   ^------- mark_ready(): still ready ----'
 *
 * The list is a queue and each epoll_wait has a number: an item that bears it (or a later one) at the
 * head of the queue has been reported, so that one call names no file twice.
 *
 * ALWAYS TRUE  E1  an item is on its eventpoll's items list and on its file's epitems list, or freed.
 *              E2  an item does not hold its file: the file's end removes it (epoll_file_gone).
 *              E3  no user memory is touched with epoll_mutex held: a fault may wait for a userfaultfd,
 *                  and every close of a watched file in the machine for the mutex.
 * LOCKS        epoll_mutex (RANK_TTY) covers items and their files' lists; ep->lock (RANK_EPOLL)
 *              the ready list, taken inside wake-ups.
 * LEFT OUT     an eventpoll inside another one (EINVAL).
 */
#include <fs/epoll.h>
#include <fs/vfs.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <mm/slab.h>
#include <uapi/errno.h>

#define MAX_QUEUES	4	/* no file of ours names more */
#define BATCH		16	/* events copied out at a time: 256 bytes of stack */

struct eventpoll {
	spinlock_t		lock;		/* RANK_EPOLL */
	struct list_head	ready;		/* lock */
	wait_queue_head_t	wait;
	struct list_head	items;		/* epoll_mutex */
	u64			calls;		/* epoll_mutex; of epoll_wait so far */
};

struct epitem;
struct ep_entry { struct wait_queue_entry wait; wait_queue_head_t *queue; struct epitem *item; };

struct epitem {
	struct eventpoll	*ep;
	struct file		*file;
	int			fd;
	struct epoll_event	event;		/* epoll_mutex */
	bool			fired;		/* epoll_mutex; EPOLLONESHOT: silent until EPOLL_CTL_MOD */
	u64			call;		/* epoll_mutex; the last one that reported it, 0: none */
	int			place;		/* epoll_mutex; which of that call's events */
	struct list_head	link;		/* ep->items */
	struct list_head	file_link;	/* file->epitems */
	struct list_head	ready_link;	/* ep->lock; empty: not ready */
	struct poll_table	pt;
	unsigned int		n;
	struct ep_entry		entries[MAX_QUEUES];
};

static DEFINE_MUTEX(epoll_mutex, RANK_TTY);
static const struct file_ops epoll_fops;

/* ---- ready list ---- */

static void mark_ready(struct epitem *item)
{
	struct eventpoll *ep = item->ep;
	unsigned long flags;

	spin_lock_irqsave(&ep->lock, flags);
	if (list_empty(&item->ready_link))
		list_add_tail(&item->ready_link, &ep->ready);
	spin_unlock_irqrestore(&ep->lock, flags);
	wake_up(&ep->wait);
}

static struct epitem *first_ready(struct eventpoll *ep)
{
	struct epitem *item;
	unsigned long flags;

	spin_lock_irqsave(&ep->lock, flags);
	item = list_first_entry_or_null(&ep->ready, struct epitem, ready_link);
	spin_unlock_irqrestore(&ep->lock, flags);
	return item;
}

/* From here on a wake-up puts @item at the end of the list. */
static void leave_ready(struct epitem *item)
{
	struct eventpoll *ep = item->ep;
	unsigned long flags;

	spin_lock_irqsave(&ep->lock, flags);
	list_del_init(&item->ready_link);
	spin_unlock_irqrestore(&ep->lock, flags);
}

/* A queue of the file was woken; its lock is held. */
static bool ep_woken(struct wait_queue_entry *w, unsigned long key)
{
	struct epitem *item = container_of(w, struct ep_entry, wait)->item;

	if (!READ_ONCE(item->fired))
		mark_ready(item);
	return true;
}

/* ---- items ---- */

static void ep_add_queue(struct file *f, wait_queue_head_t *q, struct poll_table *pt)
{
	struct epitem *item = container_of(pt, struct epitem, pt);
	struct ep_entry *e = &item->entries[item->n];

	ASSERT(item->n < MAX_QUEUES);
	item->n++;
	e->item = item;
	e->queue = q;
	init_wait_entry(&e->wait);
	e->wait.func = ep_woken;
	add_wait_queue(q, &e->wait);
}

static unsigned int item_poll(struct epitem *item, struct poll_table *pt)
{
	if (item->fired)
		return 0;	/* not even EPOLLHUP */
	return file_poll(item->file, pt) & (item->event.events | POLLERR | POLLHUP);
}

static void item_remove(struct epitem *item)
{
	for (unsigned int i = 0; i < item->n; i++)
		remove_wait_queue(item->entries[i].queue, &item->entries[i].wait);
	leave_ready(item);
	list_del(&item->link);
	list_del(&item->file_link);
	kfree(item);
}

static struct epitem *find_item(struct eventpoll *ep, struct file *f, int fd)
{
	struct epitem *item;

	list_for_each_entry(item, &f->epitems, file_link)
		if (item->ep == ep && item->fd == fd)
			return item;
	return NULL;
}

void epoll_file_gone(struct file *f)
{
	struct epitem *item, *next;

	mutex_lock(&epoll_mutex);
	list_for_each_entry_safe(item, next, &f->epitems, file_link)
		item_remove(item);
	mutex_unlock(&epoll_mutex);
}

static int ep_insert(struct eventpoll *ep, struct file *f, int fd, const struct epoll_event *ev)
{
	struct epitem *item = kzalloc(sizeof(*item), GFP_KERNEL);

	if (!item)
		return -ENOMEM;
	item->ep = ep;
	item->file = f;
	item->fd = fd;
	item->event = *ev;
	item->pt.add = ep_add_queue;
	INIT_LIST_HEAD(&item->ready_link);
	list_add_tail(&item->link, &ep->items);
	list_add_tail(&item->file_link, &f->epitems);
	if (item_poll(item, &item->pt))
		mark_ready(item);
	return 0;
}

static int ep_modify(struct epitem *item, const struct epoll_event *ev)
{
	item->event = *ev;
	item->call = 0;
	WRITE_ONCE(item->fired, false);
	smp_mb();	/* not silent any more before the file is asked: ep_woken() */
	if (item_poll(item, NULL))
		mark_ready(item);
	return 0;
}

static int ep_ctl(struct eventpoll *ep, int op, int fd, struct file *f, struct epoll_event *ev)
{
	struct epitem *item;
	int err;

	mutex_lock(&epoll_mutex);
	item = find_item(ep, f, fd);
	switch (op) {
	case EPOLL_CTL_ADD:
		err = item ? -EEXIST : ep_insert(ep, f, fd, ev);
		break;
	case EPOLL_CTL_MOD:
		err = item ? ep_modify(item, ev) : -ENOENT;
		break;
	case EPOLL_CTL_DEL:
		err = item ? 0 : -ENOENT;
		if (item)
			item_remove(item);
		break;
	default:
		err = -EINVAL;
	}
	mutex_unlock(&epoll_mutex);
	return err;
}

SYSCALL_DEFINE4(epoll_ctl, int, epfd, int, op, int, fd, struct epoll_event __user *, uev)
{
	struct epoll_event ev = { .events = 0 };
	struct fdref e, t;
	int err;

	if (op != EPOLL_CTL_DEL && copy_from_user(&ev, uev, sizeof(ev)))
		return -EFAULT;
	e = fdget(epfd);
	t = fdget(fd);
	if (!e.file || !t.file)
		err = -EBADF;
	else if (!t.file->ops->poll || t.file->ops == &epoll_fops)
		err = t.file->ops == &epoll_fops ? -EINVAL : -EPERM;
	else if (e.file->ops != &epoll_fops)
		err = -EINVAL;
	else
		err = ep_ctl(e.file->private, op, fd, t.file, &ev);
	fdput(t);
	fdput(e);
	return err;
}

/* ---- waiting ---- */

/*
 * Up to @max ready events for call number @call, the first of them its event number @place; how many.
 * An item leaves the list before its file is asked, so that no wake-up in between is lost; who tests the
 * list just then and sleeps is woken when the item comes back. epoll_mutex held.
 */
static int take_events(struct eventpoll *ep, struct epoll_event *ev, int max, u64 call, int place)
{
	struct epitem *item;
	int n = 0;

	while (n < max && (item = first_ready(ep)) != NULL && item->call < call) {
		unsigned int events;

		leave_ready(item);
		events = item_poll(item, NULL);
		if (!events)
			continue;
		ev[n] = (struct epoll_event){ .events = events, .data = item->event.data };
		item->call = call;
		item->place = place + n++;
		if (item->event.events & EPOLLONESHOT)
			WRITE_ONCE(item->fired, true);
		else if (!(item->event.events & EPOLLET))
			mark_ready(item);
	}
	return n;
}

/* How many of @n events the program's memory took. */
static int put_events(struct epoll_event __user *uev, const struct epoll_event *ev, int n)
{
	int i = 0;

	while (i < n && !copy_to_user(&uev[i], &ev[i], sizeof(ev[i])))
		i++;
	return i;
}

/* The program did not get the events of @call from number @place on: they are as if nobody had asked. */
static void give_back(struct eventpoll *ep, u64 call, int place)
{
	struct epitem *item;

	mutex_lock(&epoll_mutex);
	list_for_each_entry(item, &ep->items, link) {
		if (item->call != call || item->place < place)
			continue;
		WRITE_ONCE(item->fired, false);
		mark_ready(item);
	}
	mutex_unlock(&epoll_mutex);
}

/* Up to @max ready events to the program; how many, or -EFAULT. */
static int ep_collect(struct eventpoll *ep, struct epoll_event __user *uev, int max)
{
	struct epoll_event ev[BATCH];
	int n, put, done = 0;
	u64 call = 0;

	do {
		mutex_lock(&epoll_mutex);
		if (!call)
			call = ++ep->calls;
		n = take_events(ep, ev, min(max - done, BATCH), call, done);
		mutex_unlock(&epoll_mutex);
		put = put_events(&uev[done], ev, n);
		done += put;
		if (put < n) {
			give_back(ep, call, done);
			return done ? done : -EFAULT;
		}
	} while (n == BATCH && done < max);
	return done;
}

static int ep_wait(struct eventpoll *ep, struct epoll_event __user *uev, int max, u64 deadline)
{
	int n, err = 0;

	for (;;) {
		n = ep_collect(ep, uev, max);
		if (n || deadline == 0 || err)
			break;
		err = wait_event_interruptible_until(ep->wait, !list_empty(&ep->ready), deadline);
		if (err == -EINTR)
			return err;
	}
	return n;
}

static long do_epoll_wait(int epfd, struct epoll_event __user *uev, int max, int timeout)
{
	u64 deadline = WAIT_FOREVER;
	struct fdref r;
	long n;

	if (max <= 0 || (unsigned int)max > 0x7fffffffu / sizeof(struct epoll_event))
		return -EINVAL;
	if (timeout >= 0)
		deadline = timeout ? arch_clock_ns() + (u64)timeout * NSEC_PER_MSEC : 0;
	r = fdget(epfd);
	if (!r.file)
		return -EBADF;
	n = r.file->ops == &epoll_fops ? ep_wait(r.file->private, uev, max, deadline) : -EINVAL;
	fdput(r);
	return n;
}

SYSCALL_DEFINE4(epoll_wait, int, epfd, struct epoll_event __user *, ev, int, max, int, timeout)
{
	return do_epoll_wait(epfd, ev, max, timeout);
}

SYSCALL_DEFINE6(epoll_pwait, int, epfd, struct epoll_event __user *, ev, int, max, int, timeout,
		const sigset_t __user *, umask, size_t, size)
{
	sigset_t set;
	long n;

	if (!umask)
		return do_epoll_wait(epfd, ev, max, timeout);
	if (size != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, umask, sizeof(set)))
		return -EFAULT;
	current->saved_mask = current->blocked;
	set_current_blocked(set);
	n = do_epoll_wait(epfd, ev, max, timeout);
	if (n == -EINTR)
		set_work(current, WORK_RESTORE_MASK);
	else
		set_current_blocked(current->saved_mask);
	return n;
}

/* ---- the file ---- */

static void epoll_release(struct file *f)
{
	struct eventpoll *ep = f->private;
	struct epitem *item, *next;

	mutex_lock(&epoll_mutex);
	list_for_each_entry_safe(item, next, &ep->items, link)
		item_remove(item);
	mutex_unlock(&epoll_mutex);
	kfree(ep);
}

/*
 * Would epoll_wait find something? Items that are not ready any more leave the list. One that is stays where
 * it is: taking it off and marking it would wake ourselves, for ever if POLLIN is not what was asked for.
 */
static bool ep_any_ready(struct eventpoll *ep)
{
	struct epitem *item;

	mutex_lock(&epoll_mutex);
	while ((item = first_ready(ep)) != NULL && !item_poll(item, NULL)) {
		leave_ready(item);
		if (item_poll(item, NULL))	/* it became ready before it left */
			mark_ready(item);
	}
	mutex_unlock(&epoll_mutex);
	return item != NULL;
}

static unsigned int epoll_poll(struct file *f, struct poll_table *pt)
{
	struct eventpoll *ep = f->private;

	poll_wait(f, &ep->wait, pt);
	return ep_any_ready(ep) ? POLLIN | POLLRDNORM : 0;
}

static const struct file_ops epoll_fops = { .release = epoll_release, .poll = epoll_poll };

SYSCALL_DEFINE1(epoll_create1, int, flags)
{
	struct eventpoll *ep;
	int fd;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	ep = kzalloc(sizeof(*ep), GFP_KERNEL);
	if (!ep)
		return -ENOMEM;
	spin_lock_init(&ep->lock, RANK_EPOLL);
	INIT_LIST_HEAD(&ep->ready);
	INIT_LIST_HEAD(&ep->items);
	init_waitqueue_head(&ep->wait);
	spin_lock_init(&ep->wait.lock, RANK_EPOLL);	/* woken from other queues' wake-ups */
	fd = anon_fd("[eventpoll]", &epoll_fops, ep, flags & EPOLL_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		kfree(ep);
	return fd;
}

SYSCALL_DEFINE1(epoll_create, int, size)
{
	return size <= 0 ? -EINVAL : sys_epoll_create1(0, 0, 0, 0, 0, 0);
}
