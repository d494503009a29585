/* SPDX-License-Identifier: MIT */
/*
 * fs/utimes.c - setting a file's access and modification times
 *
 * utimensat(2) is the whole story; the older calls translate their arguments. Setting both times to
 * "now" needs write permission, setting them to anything else needs ownership.
 */
#include <fs/namei.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <uapi/errno.h>

struct utimes { struct timespec64 atime, mtime; bool now; };

static bool nsec_valid(const struct timespec64 *t)
{
	return t->tv_nsec == UTIME_NOW || t->tv_nsec == UTIME_OMIT ||
	       (t->tv_nsec >= 0 && t->tv_nsec < 1000000000L);
}

static int utimes_permission(struct inode *inode, const struct utimes *ut)
{
	if (inode_owner_or_capable(inode))
		return 0;
	if (!ut->now)
		return -EPERM;
	return inode_permission(inode, W_OK);
}

static int path_utimes(struct path *p, struct utimes *ut)
{
	struct iattr attr = { .valid = ATTR_ATIME | ATTR_MTIME };
	struct timespec64 now = current_time();
	int err = mnt_want_write(p);

	if (!nsec_valid(&ut->atime) || !nsec_valid(&ut->mtime))
		return -EINVAL;
	if (ut->atime.tv_nsec == UTIME_OMIT && ut->mtime.tv_nsec == UTIME_OMIT)
		return 0;
	ut->now = ut->atime.tv_nsec == UTIME_NOW && ut->mtime.tv_nsec == UTIME_NOW;
	if (!err)
		err = utimes_permission(p->dentry->inode, ut);
	if (err)
		return err;
	attr.atime = ut->atime.tv_nsec == UTIME_NOW ? now : ut->atime;
	attr.mtime = ut->mtime.tv_nsec == UTIME_NOW ? now : ut->mtime;
	if (ut->atime.tv_nsec == UTIME_OMIT)
		attr.valid &= ~ATTR_ATIME;
	if (ut->mtime.tv_nsec == UTIME_OMIT)
		attr.valid &= ~ATTR_MTIME;
	return inode_setattr(p->dentry->inode, &attr);
}

static long fd_utimes(int fd, struct utimes *ut)
{
	struct file *f = fd_get(fd);
	long err;

	if (!f)
		return -EBADF;
	err = f->path.dentry ? path_utimes(&f->path, ut) : -EINVAL;
	file_put(f);
	return err;
}

static long do_utimes(int dirfd, const char __user *name, struct utimes *ut, int flags)
{
	struct path p;
	long err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!name)
		return dirfd == AT_FDCWD ? -EFAULT : fd_utimes(dirfd, ut);
	err = user_path_at(dirfd, name, (flags & AT_SYMLINK_NOFOLLOW ? 0u : LOOKUP_FOLLOW) |
			   (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0u), &p);
	if (err)
		return err;
	err = path_utimes(&p, ut);
	path_put(&p);
	return err;
}

static const struct utimes both_now = { { 0, UTIME_NOW }, { 0, UTIME_NOW }, true };

SYSCALL_DEFINE4(utimensat, int, dirfd, const char __user *, name,
		const struct timespec64 __user *, times, int, flags)
{
	struct utimes ut = both_now;

	if (times && (copy_from_user(&ut.atime, &times[0], sizeof(ut.atime)) ||
		      copy_from_user(&ut.mtime, &times[1], sizeof(ut.mtime))))
		return -EFAULT;
	return do_utimes(dirfd, name, &ut, flags);
}

struct timeval_pair { s64 sec[2]; };	/* seconds, microseconds */

static long do_utimes_us(int dirfd, const char __user *name, const struct timeval_pair __user *times)
{
	struct utimes ut = both_now;
	struct timeval_pair tv[2];

	if (times) {
		if (copy_from_user(tv, times, sizeof(tv)))
			return -EFAULT;
		for (int i = 0; i < 2; i++)
			if (tv[i].sec[1] < 0 || tv[i].sec[1] >= 1000000)
				return -EINVAL;
		ut.atime = (struct timespec64){ tv[0].sec[0], (long)tv[0].sec[1] * 1000 };
		ut.mtime = (struct timespec64){ tv[1].sec[0], (long)tv[1].sec[1] * 1000 };
	}
	return do_utimes(dirfd, name, &ut, 0);
}

SYSCALL_DEFINE2(utimes, const char __user *, name, const struct timeval_pair __user *, times)
{
	return do_utimes_us(AT_FDCWD, name, times);
}

SYSCALL_DEFINE3(futimesat, int, dirfd, const char __user *, name,
		const struct timeval_pair __user *, times)
{
	return do_utimes_us(dirfd, name, times);
}

SYSCALL_DEFINE2(utime, const char __user *, name, const s64 __user *, times)
{
	struct utimes ut = both_now;
	s64 t[2];

	if (times) {
		if (copy_from_user(t, times, sizeof(t)))
			return -EFAULT;
		ut.atime = (struct timespec64){ t[0], 0 };
		ut.mtime = (struct timespec64){ t[1], 0 };
	}
	return do_utimes(AT_FDCWD, name, &ut, 0);
}
