/* SPDX-License-Identifier: MIT */
/*
 * fs/sync.c - sizes and durability: truncate, fallocate, fadvise64, fsync, sync
 *
 * Nothing in the kernel's own file systems has a disk behind it, so the sync calls check their
 * arguments and ask the file's fsync, which for tmpfs has nothing to do.
 */
#include <fs/namei.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <uapi/errno.h>

SYSCALL_DEFINE2(truncate, const char __user *, name, loff_t, size)
{
	struct path p;
	int err;

	if (size < 0)
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	if (S_ISDIR(p.dentry->inode->mode))
		err = -EISDIR;
	if (!err)
		err = mnt_want_write(&p);
	if (!err)
		err = inode_permission(p.dentry->inode, W_OK);
	if (!err)
		err = get_write_access(p.dentry->inode);
	if (!err) {
		err = vfs_truncate(p.dentry->inode, size);
		put_write_access(p.dentry->inode);
	}
	path_put(&p);
	return err;
}

SYSCALL_DEFINE2(ftruncate, int, fd, loff_t, size)
{
	struct fdref r = fdget(fd);
	int err;

	if (!r.file)
		return -EBADF;
	if (size < 0 || !S_ISREG(r.file->inode->mode) || !(r.file->mode & FMODE_WRITE))
		err = -EINVAL;
	else
		err = vfs_truncate(r.file->inode, size);
	fdput(r);
	return err;
}

static int file_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	loff_t end;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (!(f->mode & FMODE_WRITE))
		return -EBADF;
	if (S_ISFIFO(f->inode->mode))
		return -ESPIPE;
	if (S_ISDIR(f->inode->mode))
		return -EISDIR;
	if (!S_ISREG(f->inode->mode))
		return -ENODEV;
	if (__builtin_add_overflow(off, len, &end))
		return -EFBIG;
	return f->ops->fallocate ? f->ops->fallocate(f, mode, off, len) : -EOPNOTSUPP;
}

SYSCALL_DEFINE4(fallocate, int, fd, int, mode, loff_t, off, loff_t, len)
{
	struct fdref r = fdget(fd);
	int err;

	if (!r.file)
		return -EBADF;
	err = file_fallocate(r.file, mode, off, len);
	fdput(r);
	return err;
}

#define POSIX_FADV_NOREUSE	5

/* Advice about what is in memory anyway. */
SYSCALL_DEFINE4(fadvise64, int, fd, loff_t, off, size_t, len, int, advice)
{
	struct fdref r = fdget(fd);
	int err = 0;

	if (!r.file)
		return -EBADF;
	if (S_ISFIFO(r.file->inode->mode))
		err = -ESPIPE;
	else if (advice < 0 || advice > POSIX_FADV_NOREUSE || (ssize_t)len < 0)
		err = -EINVAL;
	fdput(r);
	return err;
}

SYSCALL_DEFINE4(readahead, int, fd, loff_t, off, size_t, len, int, unused)
{
	struct fdref r = fdget(fd);
	int err = 0;

	if (!r.file || !(r.file->mode & FMODE_READ))
		err = -EBADF;
	else if (!S_ISREG(r.file->inode->mode))
		err = -EINVAL;
	fdput(r);
	return err;
}

static long do_fsync(int fd, bool datasync)
{
	struct fdref r = fdget(fd);
	long err;

	if (!r.file)
		return -EBADF;
	err = r.file->ops->fsync ? r.file->ops->fsync(r.file, datasync) : -EINVAL;
	fdput(r);
	return err;
}

SYSCALL_DEFINE1(fsync, int, fd)
{
	return do_fsync(fd, false);
}

SYSCALL_DEFINE1(fdatasync, int, fd)
{
	return do_fsync(fd, true);
}

void vfs_sync_all(void)
{
	/* tmpfs, procfs and the device nodes have no store to bring up to date */
}

SYSCALL_DEFINE0(sync)
{
	vfs_sync_all();
	return 0;
}

SYSCALL_DEFINE1(syncfs, int, fd)
{
	struct file *f = fd_get(fd);

	if (!f)
		return -EBADF;
	file_put(f);
	vfs_sync_all();
	return 0;
}
