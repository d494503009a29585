/* SPDX-License-Identifier: MIT */
/*
 * fs/fcntl.c - fcntl and ioctl: what a descriptor and an open file can be told
 *
 * FD_CLOEXEC belongs to the descriptor, O_APPEND and O_NONBLOCK to the open file, which dup'ed
 * descriptors share. Locks are in fs/flock.c, pipe sizes in fs/pipe.c, device ioctls with the device.
 */
#include <fs/memfd.h>
#include <fs/flock.h>
#include <fs/pipe.h>
#include <fs/vfs.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/bitmap.h>
#include <uapi/errno.h>
#include <uapi/ioctls.h>

#define SETFL_MASK	(O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

static long fd_flags(int fd)
{
	struct files_struct *fs = current->files;
	long on;

	spin_lock(&fs->lock);
	on = test_bit((unsigned long)fd, fs->close_on_exec) ? FD_CLOEXEC : 0;
	spin_unlock(&fs->lock);
	return on;
}

static void fd_set_cloexec(int fd, bool on)
{
	struct files_struct *fs = current->files;

	spin_lock(&fs->lock);
	if (on)
		__set_bit((unsigned long)fd, fs->close_on_exec);
	else
		__clear_bit((unsigned long)fd, fs->close_on_exec);
	spin_unlock(&fs->lock);
}

static long fcntl_dupfd(struct file *f, unsigned long from, bool cloexec)
{
	int fd;

	if (from >= rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	fd = fd_alloc((int)from, cloexec);
	if (fd >= 0)
		fd_install(fd, file_get(f));
	return fd;
}

static long fcntl_setfl(struct file *f, unsigned int flags)
{
	if ((flags & O_NOATIME) && !(f->flags & O_NOATIME) && !inode_owner_or_capable(f->inode))
		return -EPERM;
	f->flags = (f->flags & ~(unsigned int)SETFL_MASK) | (flags & SETFL_MASK);
	return 0;
}

/* What works on O_PATH files too. -ENOSYS: not one of these. */
static long fcntl_any(int fd, struct file *f, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_DUPFD:
		return fcntl_dupfd(f, arg, false);
	case F_DUPFD_CLOEXEC:
		return fcntl_dupfd(f, arg, true);
	case F_GETFD:
		return fd_flags(fd);
	case F_SETFD:
		fd_set_cloexec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return (long)f->flags;
	default:
		return -ENOSYS;
	}
}

static long fcntl_file(struct file *f, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_SETFL:
		return fcntl_setfl(f, (unsigned int)arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_lock(f, cmd, (struct flock __user *)arg);
	case F_SETOWN:
		f->owner = (int)arg;
		return 0;
	case F_GETOWN:
		return f->owner;
	case F_SETPIPE_SZ:
		return pipe_set_size(f, (unsigned int)arg);
	case F_GETPIPE_SZ:
		return pipe_get_size(f);
	case F_ADD_SEALS:
		return memfd_add_seals(f, arg);
	case F_GET_SEALS:
		return memfd_get_seals(f);
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE3(fcntl, int, fd, unsigned int, cmd, unsigned long, arg)
{
	struct file *f = fd_get_raw(fd);
	long n;

	if (!f)
		return -EBADF;
	n = fcntl_any(fd, f, cmd, arg);
	if (n == -ENOSYS)
		n = f->mode & FMODE_PATH ? -EBADF : fcntl_file(f, cmd, arg);
	file_put(f);
	return n;
}

/* ---- ioctl ---- */

static long ioctl_fionbio(struct file *f, const int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	if (on)
		f->flags |= O_NONBLOCK;
	else
		f->flags &= ~(unsigned int)O_NONBLOCK;
	return 0;
}

static long ioctl_fionread(struct file *f, int __user *arg)
{
	loff_t left = f->inode->mapping.size - f->pos;

	return put_user((int)min_t(loff_t, max_t(loff_t, left, 0), 0x7fffffff), arg);
}

static long file_ioctl(int fd, struct file *f, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case FIOCLEX:
		fd_set_cloexec(fd, true);
		return 0;
	case FIONCLEX:
		fd_set_cloexec(fd, false);
		return 0;
	case FIONBIO:
		return ioctl_fionbio(f, (const int __user *)arg);
	case FIONREAD:
		if (S_ISREG(f->inode->mode))
			return ioctl_fionread(f, (int __user *)arg);
		break;
	}
	return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
}

SYSCALL_DEFINE3(ioctl, int, fd, unsigned int, cmd, unsigned long, arg)
{
	struct fdref r = fdget(fd);
	long n;

	if (!r.file)
		return -EBADF;
	n = file_ioctl(fd, r.file, cmd, arg);
	fdput(r);
	return n;
}
