/* SPDX-License-Identifier: MIT */
/*
 * fs/eventfd.c - a counter as a file: write adds, read takes
 *
 * ALWAYS TRUE  count <= 2^64 - 2. A read of 0 and a write beyond the limit wait (or EAGAIN).
 * LOCKS        lock (RANK_POLL) guards the counter; both ends share one queue.
 */
#include <fs/vfs.h>
#include <kernel/syscall.h>
#include <mm/slab.h>
#include <uapi/errno.h>

#define EVENTFD_MAX	(~0ULL - 1)

struct eventfd { spinlock_t lock; u64 count; bool semaphore; wait_queue_head_t wait; };

static bool eventfd_take(struct eventfd *e, u64 *value)
{
	bool taken = false;

	spin_lock(&e->lock);
	if (e->count) {
		*value = e->semaphore ? 1 : e->count;
		e->count -= *value;
		taken = true;
	}
	spin_unlock(&e->lock);
	return taken;
}

static bool eventfd_add(struct eventfd *e, u64 value)
{
	bool added = false;

	spin_lock(&e->lock);
	if (EVENTFD_MAX - e->count >= value) {
		e->count += value;
		added = true;
	}
	spin_unlock(&e->lock);
	return added;
}

static ssize_t eventfd_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct eventfd *e = f->private;
	u64 value = 0;

	if (it->count < sizeof(value))
		return -EINVAL;
	if (!eventfd_take(e, &value)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(e->wait, eventfd_take(e, &value)))
			return -ERESTARTSYS;
	}
	wake_up_poll(&e->wait, POLLOUT);
	return copy_to_iter(&value, sizeof(value), it) == sizeof(value) ? 8 : -EFAULT;
}

static ssize_t eventfd_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct eventfd *e = f->private;
	u64 value;

	if (it->count < sizeof(value))
		return -EINVAL;
	if (copy_from_iter(&value, sizeof(value), it) != sizeof(value))
		return -EFAULT;
	if (value == ~0ULL)
		return -EINVAL;
	if (!eventfd_add(e, value)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(e->wait, eventfd_add(e, value)))
			return -ERESTARTSYS;
	}
	wake_up_poll(&e->wait, POLLIN);
	return sizeof(value);
}

static unsigned int eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->private;
	u64 count;

	poll_wait(f, &e->wait, pt);
	count = READ_ONCE(e->count);
	return (count ? POLLIN | POLLRDNORM : 0u) |
	       (count < EVENTFD_MAX ? POLLOUT | POLLWRNORM : 0u);
}

static void eventfd_release(struct file *f)
{
	kfree(f->private);
}

static const struct file_ops eventfd_fops = {
	.read		= eventfd_read,
	.write		= eventfd_write,
	.poll		= eventfd_poll,
	.release	= eventfd_release,
};

static long do_eventfd(unsigned int count, int flags)
{
	struct eventfd *e;
	int fd;

	if (flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK))
		return -EINVAL;
	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	spin_lock_init(&e->lock, RANK_POLL);
	init_waitqueue_head(&e->wait);
	e->count = count;
	e->semaphore = (flags & EFD_SEMAPHORE) != 0;
	fd = anon_fd("[eventfd]", &eventfd_fops, e,
		     (unsigned int)flags & (O_CLOEXEC | O_NONBLOCK));
	if (fd < 0)
		kfree(e);
	return fd;
}

SYSCALL_DEFINE2(eventfd2, unsigned int, count, int, flags)
{
	return do_eventfd(count, flags);
}

SYSCALL_DEFINE1(eventfd, unsigned int, count)
{
	return do_eventfd(count, 0);
}
