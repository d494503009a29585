/* SPDX-License-Identifier: MIT */
/*
 * fs/userfaultfd.c - page faults as a file: userfaultfd(2), what read, poll and ioctl do with it
 *
 * THE PICTURE    userfaultfd(flags)   a context for our address space behind a descriptor
 *                UFFDIO_API           once, first: which features; before that everything else is EINVAL
 *                UFFDIO_REGISTER      memory whose faults shall come here
 *                read, poll           messages of 32 bytes, several at a time: faults, and changes of the map
 *                UFFDIO_COPY ...      answers; each wakes the threads it serves unless told not to
 *
 *                The memory is in mm/userfaultfd*.c; here numbers become requests, and results errno values.
 *
 * ALWAYS TRUE    A page fault is read once, by one reader; it stays unanswered until somebody wakes it.
 *                UFFDIO_API reports a feature only if it works here. What needs huge pages is not reported, and
 *                WP_HUGETLBFS_SHMEM speaks for the one of its two kinds of memory that there is.
 *
 * LOCKS          none here.
 * READ NEXT      mm/userfaultfd.c.
 */
#include <fs/device.h>
#include <fs/proc.h>
#include <fs/vfs.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <mm/userfaultfd.h>
#include <uapi/errno.h>

#define UFFD_FEATURES									\
	(UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP | \
	 UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_MISSING_SHMEM |	\
	 UFFD_FEATURE_SIGBUS | UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_MINOR_SHMEM |		\
	 UFFD_FEATURE_EXACT_ADDRESS | UFFD_FEATURE_WP_HUGETLBFS_SHMEM)

#define API_IOCTLS	(BIT(UFFD_NR_REGISTER) | BIT(UFFD_NR_UNREGISTER) | BIT(UFFD_NR_API))
#define RANGE_IOCTLS	(BIT(UFFD_NR_WAKE) | BIT(UFFD_NR_COPY) | BIT(UFFD_NR_ZEROPAGE) |	\
			 BIT(UFFD_NR_WRITEPROTECT) | BIT(UFFD_NR_CONTINUE))

static const struct file_ops userfaultfd_fops;

static bool initialized(const struct userfaultfd_ctx *ctx)
{
	return READ_ONCE(ctx->features) & UFFD_INITIALIZED;
}

/* userfaultfd_fd - a descriptor for @ctx, whose reference becomes the file's; -errno: it stays the caller's */
static int userfaultfd_fd(struct userfaultfd_ctx *ctx)
{
	int fd = fd_alloc(0, (ctx->flags & O_CLOEXEC) != 0);
	struct file *f;

	if (fd < 0)
		return fd;
	f = anon_file("[userfaultfd]", &userfaultfd_fops, ctx, ctx->flags & O_NONBLOCK);
	if (IS_ERR(f)) {
		fd_cancel(fd);
		return (int)PTR_ERR(f);
	}
	f->flags = (f->flags & ~(unsigned int)O_ACCMODE) | O_RDONLY;
	f->mode &= ~FMODE_WRITE;
	fd_install(fd, f);
	return fd;
}

/* ---- read and poll ---- */

/* The child's context becomes a descriptor of whoever reads: 0 or -errno, and then the event is there again. */
static int read_fork(struct uffd_event *e, struct uffd_msg *msg)
{
	int fd = userfaultfd_fd(e->child);

	userfaultfd_fork_read(e, fd >= 0);
	msg->fork.ufd = (u32)fd;
	return fd < 0 ? fd : 0;
}

static int read_msg(struct userfaultfd_ctx *ctx, struct uffd_msg *msg, bool wait)
{
	struct uffd_event *fork;

	if (!userfaultfd_next_msg(ctx, msg, &fork)) {
		if (!wait)
			return -EAGAIN;
		if (wait_event_interruptible(ctx->fd_wait, userfaultfd_next_msg(ctx, msg, &fork)))
			return -ERESTARTSYS;
	}
	return fork ? read_fork(fork, msg) : 0;
}

static ssize_t userfaultfd_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct userfaultfd_ctx *ctx = f->private;
	struct uffd_msg msg;
	ssize_t done = 0;
	int err;

	if (!initialized(ctx))
		return -EINVAL;
	do {
		if (it->count < sizeof(msg))
			return done ? done : -EINVAL;
		err = read_msg(ctx, &msg, !done && !(f->flags & O_NONBLOCK));
		if (!err && copy_to_iter(&msg, sizeof(msg), it) != sizeof(msg))
			err = -EFAULT;
		if (!err)
			done += (ssize_t)sizeof(msg);
	} while (!err);
	return done ? done : err;
}

/* A blocking descriptor cannot be polled: the fault may be resolved before it is read. */
static unsigned int userfaultfd_poll(struct file *f, struct poll_table *pt)
{
	struct userfaultfd_ctx *ctx = f->private;
	bool ready;

	poll_wait(f, &ctx->fd_wait, pt);
	if (!initialized(ctx) || !(f->flags & O_NONBLOCK))
		return POLLERR;
	WITH_SPINLOCK(&ctx->lock)
		ready = !list_empty(&ctx->pending) || !list_empty(&ctx->events);
	return ready ? POLLIN : 0;
}

/* ---- ioctl ---- */

/* range_errno - whole pages, at least one, that a program could have mapped */
static int range_errno(const struct userfaultfd_ctx *ctx, u64 start, u64 len)
{
	u64 task_size = ctx->mm->task_size;

	if (!len || !IS_ALIGNED(start | len, PAGE_SIZE) || start < USER_ADDR_MIN || start >= task_size)
		return -EINVAL;
	return len > task_size - start ? -EINVAL : 0;
}

static int api_errno(const struct uffdio_api *api)
{
	if (api->api != UFFD_API || (api->features & ~UFFD_FEATURES))
		return -EINVAL;
	return (api->features & UFFD_FEATURE_EVENT_FORK) && !capable() ? -EPERM : 0;
}

static long uffdio_api(struct userfaultfd_ctx *ctx, struct uffdio_api __user *arg)
{
	struct uffdio_api api;
	unsigned int features;
	int err;

	if (copy_from_user(&api, arg, sizeof(api)))
		return -EFAULT;
	features = (unsigned int)api.features;
	err = api_errno(&api);
	api = (struct uffdio_api){ UFFD_API, UFFD_FEATURES, API_IOCTLS };
	if (!err && copy_to_user(arg, &api, sizeof(api)))
		return -EFAULT;			/* a bad address changes nothing: the answer comes first */
	if (!err)
		err = userfaultfd_enable(ctx, features);
	if (err && clear_user(arg, sizeof(api)))
		return -EFAULT;
	return err;
}

static unsigned long register_flags(u64 mode)
{
	return (mode & UFFDIO_REGISTER_MODE_MISSING ? VM_UFFD_MISSING : 0) |
	       (mode & UFFDIO_REGISTER_MODE_WP ? VM_UFFD_WP : 0) |
	       (mode & UFFDIO_REGISTER_MODE_MINOR ? VM_UFFD_MINOR : 0);
}

static long uffdio_register(struct userfaultfd_ctx *ctx, struct uffdio_register __user *arg)
{
	const u64 modes = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP | UFFDIO_REGISTER_MODE_MINOR;
	struct uffdio_register r;
	u64 ioctls = RANGE_IOCTLS;
	int err;

	if (copy_from_user(&r, arg, offsetof(struct uffdio_register, ioctls)))
		return -EFAULT;
	if (!r.mode || (r.mode & ~modes))
		return -EINVAL;
	err = range_errno(ctx, r.range.start, r.range.len);
	if (!err)
		err = userfaultfd_register(ctx, r.range.start, r.range.len, register_flags(r.mode));
	if (err)
		return err;
	if (!(r.mode & UFFDIO_REGISTER_MODE_WP))
		ioctls &= ~BIT(UFFD_NR_WRITEPROTECT);
	if (!(r.mode & UFFDIO_REGISTER_MODE_MINOR))
		ioctls &= ~BIT(UFFD_NR_CONTINUE);
	return put_user(ioctls, &arg->ioctls);
}

/* UNREGISTER and WAKE */
static long uffdio_range(struct userfaultfd_ctx *ctx, unsigned int cmd, const struct uffdio_range __user *arg)
{
	struct uffdio_range r;
	int err;

	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;
	err = range_errno(ctx, r.start, r.len);
	if (err)
		return err;
	if (cmd == UFFDIO_UNREGISTER)
		return userfaultfd_unregister(ctx, r.start, r.len);
	userfaultfd_wake(ctx, r.start, r.len);
	return 0;
}

/*
 * fill - do @rq, store how far it went at @done, wake whoever waits there. 0; -EAGAIN: a part was done; or why
 * nothing was.
 */
static long fill(struct userfaultfd_ctx *ctx, const struct uffd_fill_request *rq, s64 __user *done, bool wake)
{
	long n;

	if (!mmget_not_zero(ctx->mm))
		return -ESRCH;
	n = userfaultfd_fill(ctx, rq);
	mmput(ctx->mm);
	if (put_user((s64)n, done))
		return -EFAULT;
	if (n < 0)
		return n;
	if (wake)
		userfaultfd_wake(ctx, rq->dst, (unsigned long)n);
	return (unsigned long)n == rq->len ? 0 : -EAGAIN;
}

/* fill_changing - nothing may be done before an event is read: 0; -EAGAIN, stored at @done too; -EFAULT */
static int fill_changing(const struct userfaultfd_ctx *ctx, s64 __user *done)
{
	if (likely(!atomic_read(&ctx->mmap_changing)))
		return 0;
	return put_user((s64)-EAGAIN, done) ? -EFAULT : -EAGAIN;
}

static long uffdio_copy(struct userfaultfd_ctx *ctx, struct uffdio_copy __user *arg)
{
	struct uffd_fill_request rq = { .what = UFFD_COPY };
	int err = fill_changing(ctx, &arg->copy);
	struct uffdio_copy c;

	if (err)
		return err;
	if (copy_from_user(&c, arg, offsetof(struct uffdio_copy, copy)))
		return -EFAULT;
	err = range_errno(ctx, c.dst, c.len);
	if (err)
		return err;
	if (c.src + c.len <= c.src || (c.mode & ~(UFFDIO_COPY_MODE_DONTWAKE | UFFDIO_COPY_MODE_WP)))
		return -EINVAL;
	rq.dst = c.dst;
	rq.len = c.len;
	rq.src = (const char __user *)c.src;
	rq.wp = c.mode & UFFDIO_COPY_MODE_WP;
	return fill(ctx, &rq, &arg->copy, !(c.mode & UFFDIO_COPY_MODE_DONTWAKE));
}

/* ZEROPAGE and CONTINUE have the same arguments. */
static long uffdio_zeropage(struct userfaultfd_ctx *ctx, struct uffdio_zeropage __user *arg, enum uffd_fill what)
{
	struct uffd_fill_request rq = { .what = what };
	int err = fill_changing(ctx, &arg->zeropage);
	struct uffdio_zeropage z;

	if (err)
		return err;
	if (copy_from_user(&z, arg, offsetof(struct uffdio_zeropage, zeropage)))
		return -EFAULT;
	err = range_errno(ctx, z.range.start, z.range.len);
	if (err)
		return err;
	if (z.mode & ~UFFDIO_ZEROPAGE_MODE_DONTWAKE)
		return -EINVAL;
	rq.dst = z.range.start;
	rq.len = z.range.len;
	return fill(ctx, &rq, &arg->zeropage, !(z.mode & UFFDIO_ZEROPAGE_MODE_DONTWAKE));
}

static long uffdio_writeprotect(struct userfaultfd_ctx *ctx, const struct uffdio_writeprotect __user *arg)
{
	const u64 on = UFFDIO_WRITEPROTECT_MODE_WP, dontwake = UFFDIO_WRITEPROTECT_MODE_DONTWAKE;
	struct uffdio_writeprotect w;
	int err;

	if (atomic_read(&ctx->mmap_changing))
		return -EAGAIN;
	if (copy_from_user(&w, arg, sizeof(w)))
		return -EFAULT;
	err = range_errno(ctx, w.range.start, w.range.len);
	if (err)
		return err;
	if ((w.mode & ~(on | dontwake)) || w.mode == (on | dontwake))
		return -EINVAL;
	if (!mmget_not_zero(ctx->mm))
		return -ESRCH;
	err = userfaultfd_writeprotect(ctx, w.range.start, w.range.len, w.mode & on);
	mmput(ctx->mm);
	if (!err && !w.mode)
		userfaultfd_wake(ctx, w.range.start, w.range.len);
	return err;
}

static long userfaultfd_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct userfaultfd_ctx *ctx = f->private;

	if (cmd != UFFDIO_API && !initialized(ctx))
		return -EINVAL;
	switch (cmd) {
	case UFFDIO_API:
		return uffdio_api(ctx, (struct uffdio_api __user *)arg);
	case UFFDIO_REGISTER:
		return uffdio_register(ctx, (struct uffdio_register __user *)arg);
	case UFFDIO_UNREGISTER:
	case UFFDIO_WAKE:
		return uffdio_range(ctx, cmd, (const struct uffdio_range __user *)arg);
	case UFFDIO_COPY:
		return uffdio_copy(ctx, (struct uffdio_copy __user *)arg);
	case UFFDIO_ZEROPAGE:
		return uffdio_zeropage(ctx, (struct uffdio_zeropage __user *)arg, UFFD_ZERO);
	case UFFDIO_CONTINUE:
		return uffdio_zeropage(ctx, (struct uffdio_zeropage __user *)arg, UFFD_CONTINUE);
	case UFFDIO_WRITEPROTECT:
		return uffdio_writeprotect(ctx, (const struct uffdio_writeprotect __user *)arg);
	default:
		return -EINVAL;
	}
}

/* ---- life ---- */

static void userfaultfd_close(struct file *f)
{
	userfaultfd_release(f->private);
	userfaultfd_put(f->private);
}

static void userfaultfd_fdinfo(struct seq_file *m, struct file *f)
{
	struct userfaultfd_ctx *ctx = f->private;
	unsigned long pending, total;

	userfaultfd_count(ctx, &pending, &total);
	seq_printf(m, "pending:\t%lu\ntotal:\t%lu\nAPI:\t%llx:%x:%lx\n", pending, total, UFFD_API,
		   ctx->features & ~UFFD_INITIALIZED, API_IOCTLS | RANGE_IOCTLS);
}

static const struct file_ops userfaultfd_fops = {
	.read		= userfaultfd_read,
	.poll		= userfaultfd_poll,
	.ioctl		= userfaultfd_ioctl,
	.release	= userfaultfd_close,
	.show_fdinfo	= userfaultfd_fdinfo,
};

static long userfaultfd_new(unsigned int flags)
{
	struct userfaultfd_ctx *ctx;
	int fd;

	if (flags & ~(unsigned int)(O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY))
		return -EINVAL;
	ctx = userfaultfd_alloc(current->mm, flags);
	if (!ctx)
		return -ENOMEM;
	fd = userfaultfd_fd(ctx);
	if (fd < 0)
		userfaultfd_put(ctx);
	return fd;
}

/* Who may stop the kernel in the middle of a copy may choose the moment of an attack: not everybody may. */
SYSCALL_DEFINE1(userfaultfd, int, flags)
{
	if (!(flags & UFFD_USER_MODE_ONLY) && !READ_ONCE(sysctl_unprivileged_userfaultfd) && !capable())
		return -EPERM;
	return userfaultfd_new((unsigned int)flags);
}

/* /dev/userfaultfd: whoever may open it may have a descriptor that serves the kernel's faults too */
static long device_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	return cmd == USERFAULTFD_IOC_NEW ? userfaultfd_new((unsigned int)arg) : -EINVAL;
}

const struct file_ops userfaultfd_device_fops = { .ioctl = device_ioctl };
