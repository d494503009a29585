/* SPDX-License-Identifier: MIT */
/*
 * fs/read_write.c - read, write and their variants; positions; copying between descriptors
 *
 * The position of a file is locked only when the file has a second user: another descriptor, a thread
 * in a call. pread and pwrite, vectors and sendfile are the same two functions with another iterator.
 *
 * LOCKS        file.pos_lock (RANK_FILE_POS), the outermost lock of all file calls.
 */
#include <fs/vfs.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <uapi/errno.h>

static inline ssize_t file_rw(struct file *f, struct iov_iter *it, bool write)
{
	bool locked = !(f->mode & FMODE_STREAM) && atomic_read(&f->refs) > 1;
	ssize_t n;

	if (locked)
		mutex_lock(&f->pos_lock);
	n = write ? vfs_write(f, it, &f->pos) : vfs_read(f, it, &f->pos);
	if (locked)
		mutex_unlock(&f->pos_lock);
	return n;
}

static ssize_t fd_rw(int fd, void __user *buf, size_t count, bool write)
{
	struct fdref r = fdget(fd);
	struct iov_iter it;
	ssize_t n;

	if (!r.file)
		return -EBADF;
	if (unlikely((ssize_t)count < 0)) {
		n = -EINVAL;
	} else if (unlikely(!access_ok(buf, count))) {
		n = -EFAULT;
	} else {
		iov_iter_user(&it, buf, min_t(size_t, count, MAX_RW_COUNT));
		n = file_rw(r.file, &it, write);
	}
	fdput(r);
	return n;
}

SYSCALL_DEFINE3(read, int, fd, void __user *, buf, size_t, count)
{
	return fd_rw(fd, buf, count, false);
}

SYSCALL_DEFINE3(write, int, fd, void __user *, buf, size_t, count)
{
	return fd_rw(fd, buf, count, true);
}

/* A call with its own position: not for streams. */
static inline ssize_t file_prw(struct file *f, struct iov_iter *it, loff_t pos, bool write)
{
	if (pos < 0)
		return -EINVAL;
	if (!f->ops->llseek)		/* streams have none */
		return -ESPIPE;
	if ((loff_t)((u64)pos + it->count) < 0 && (f->mode & (write ? FMODE_WRITE : FMODE_READ)))
		return -EINVAL;
	return write ? vfs_write(f, it, &pos) : vfs_read(f, it, &pos);
}

/* Inline: 15 instructions less a call, as @write is known. */
static __always_inline ssize_t fd_prw(int fd, void __user *buf, size_t count, loff_t pos,
				      bool write)
{
	struct fdref r = fdget(fd);
	struct iov_iter it;
	ssize_t n;

	if (!r.file)
		return -EBADF;
	if ((ssize_t)count < 0) {
		n = -EINVAL;
	} else if (!access_ok(buf, count)) {
		n = -EFAULT;
	} else {
		iov_iter_user(&it, buf, min_t(size_t, count, MAX_RW_COUNT));
		n = file_prw(r.file, &it, pos, write);
	}
	fdput(r);
	return n;
}

SYSCALL_DEFINE4(pread64, int, fd, void __user *, buf, size_t, count, loff_t, pos)
{
	return fd_prw(fd, buf, count, pos, false);
}

SYSCALL_DEFINE4(pwrite64, int, fd, void __user *, buf, size_t, count, loff_t, pos)
{
	return fd_prw(fd, buf, count, pos, true);
}

/* ---- vectors: @pos NULL means the file's own ---- */

static ssize_t fd_rwv(int fd, const struct iovec __user *uiov, unsigned long nr, const loff_t *pos,
		      bool write)
{
	struct fdref r = fdget(fd);
	struct iovec *heap;
	struct iov_iter it;
	ssize_t n;

	if (!r.file)
		return -EBADF;
	n = iov_iter_import(&it, uiov, nr, &heap);
	if (!n) {
		n = pos ? file_prw(r.file, &it, *pos, write) : file_rw(r.file, &it, write);
		kfree(heap);
	}
	fdput(r);
	return n;
}

SYSCALL_DEFINE3(readv, int, fd, const struct iovec __user *, iov, unsigned long, nr)
{
	return fd_rwv(fd, iov, nr, NULL, false);
}

SYSCALL_DEFINE3(writev, int, fd, const struct iovec __user *, iov, unsigned long, nr)
{
	return fd_rwv(fd, iov, nr, NULL, true);
}

SYSCALL_DEFINE4(preadv, int, fd, const struct iovec __user *, iov, unsigned long, nr, loff_t, pos)
{
	return fd_rwv(fd, iov, nr, &pos, false);
}

SYSCALL_DEFINE4(pwritev, int, fd, const struct iovec __user *, iov, unsigned long, nr, loff_t, pos)
{
	return fd_rwv(fd, iov, nr, &pos, true);
}

/* The second word of the position is unused on 64-bit machines. No RWF_ flag is supported. */
SYSCALL_DEFINE6(preadv2, int, fd, const struct iovec __user *, iov, unsigned long, nr, loff_t, pos,
		unsigned long, high, int, flags)
{
	if (flags)
		return -EOPNOTSUPP;
	return fd_rwv(fd, iov, nr, pos == -1 ? NULL : &pos, false);
}

SYSCALL_DEFINE6(pwritev2, int, fd, const struct iovec __user *, iov, unsigned long, nr, loff_t, pos,
		unsigned long, high, int, flags)
{
	if (flags)
		return -EOPNOTSUPP;
	return fd_rwv(fd, iov, nr, pos == -1 ? NULL : &pos, true);
}

/* ---- positions ---- */

loff_t llseek_to(struct file *f, loff_t off, int whence, loff_t size)
{
	loff_t base = whence == SEEK_CUR ? f->pos : whence == SEEK_END ? size : 0;

	if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
		return -EINVAL;
	if (__builtin_add_overflow(base, off, &off) || off < 0)
		return -EINVAL;
	f->pos = off;
	return off;
}

SYSCALL_DEFINE3(lseek, int, fd, loff_t, off, int, whence)
{
	struct fdref r = fdget(fd);
	loff_t n;

	if (!r.file)
		return -EBADF;
	if (!r.file->ops->llseek) {
		fdput(r);
		return -ESPIPE;
	}
	mutex_lock(&r.file->pos_lock);
	n = r.file->ops->llseek(r.file, off, whence);
	mutex_unlock(&r.file->pos_lock);
	fdput(r);
	return n;
}

/* ---- from one descriptor to another ---- */

struct copy_job { struct file *in, *out; loff_t *in_pos, *out_pos; size_t count; };

/* One bounce page full at most; bytes moved, 0 at the end of the input, or -errno. */
static ssize_t copy_step(struct copy_job *job, void *page, size_t n)
{
	loff_t in_pos = *job->in_pos;
	struct iov_iter it;
	ssize_t got, put;

	iov_iter_kernel(&it, page, n);
	got = vfs_read(job->in, &it, &in_pos);
	if (got <= 0)
		return got;
	iov_iter_kernel(&it, page, (size_t)got);
	put = vfs_write(job->out, &it, job->out_pos);
	if (put > 0)
		*job->in_pos += put;
	return put;
}

static ssize_t copy_file(struct copy_job *job)
{
	void *page = get_free_page(GFP_KERNEL);
	ssize_t done = 0, n;

	if (!page)
		return -ENOMEM;
	do {
		n = copy_step(job, page, min_t(size_t, PAGE_SIZE, job->count - (size_t)done));
		if (n > 0)
			done += n;
	} while (n > 0 && (size_t)done < job->count && !signal_pending(current));
	free_page_va(page);
	return done ? done : n;
}

/* A position given by the program, or the file's own. */
static int import_pos(loff_t *pos, const loff_t __user *upos, const struct file *f)
{
	*pos = f->pos;
	if (upos && get_user(*pos, upos))
		return -EFAULT;
	return *pos < 0 ? -EINVAL : 0;
}

static int export_pos(loff_t pos, loff_t __user *upos, struct file *f)
{
	if (upos)
		return put_user(pos, upos);
	f->pos = pos;
	return 0;
}

static ssize_t copy_between(int in_fd, loff_t __user *in_upos, int out_fd, loff_t __user *out_upos,
			    size_t count)
{
	struct fdref in = fdget(in_fd), out = fdget(out_fd);
	struct copy_job job = { .in = in.file, .out = out.file };
	loff_t in_pos, out_pos;
	ssize_t n = -EBADF;

	if (!in.file || !out.file || !(in.file->mode & FMODE_READ) ||
	    !(out.file->mode & FMODE_WRITE))
		goto out;
	n = import_pos(&in_pos, in_upos, in.file);
	if (!n)
		n = import_pos(&out_pos, out_upos, out.file);
	if (n)
		goto out;
	job.in_pos = &in_pos;
	job.out_pos = &out_pos;
	job.count = min_t(size_t, count, MAX_RW_COUNT);
	n = job.count ? copy_file(&job) : 0;
	if (export_pos(in_pos, in_upos, in.file) || export_pos(out_pos, out_upos, out.file))
		n = -EFAULT;
out:
	fdput(in);
	fdput(out);
	return n;
}

SYSCALL_DEFINE4(sendfile, int, out_fd, int, in_fd, loff_t __user *, offset, size_t, count)
{
	struct fdref in = fdget(in_fd);
	bool seekable = in.file && in.file->ops->llseek;

	fdput(in);
	if (!in.file)
		return -EBADF;
	if (!seekable)
		return offset ? -ESPIPE : -EINVAL;
	return copy_between(in_fd, offset, out_fd, NULL, count);
}

SYSCALL_DEFINE6(copy_file_range, int, in_fd, loff_t __user *, in_off, int, out_fd,
		loff_t __user *, out_off, size_t, count, unsigned int, flags)
{
	struct fdref in, out;
	int err = 0;

	if (flags)
		return -EINVAL;
	in = fdget(in_fd);
	out = fdget(out_fd);
	if (!in.file || !out.file || (out.file->flags & O_APPEND))
		err = -EBADF;
	else if (S_ISDIR(in.file->inode->mode) || S_ISDIR(out.file->inode->mode))
		err = -EISDIR;
	else if (!S_ISREG(in.file->inode->mode) || !S_ISREG(out.file->inode->mode))
		err = -EINVAL;
	fdput(in);
	fdput(out);
	return err ? err : copy_between(in_fd, in_off, out_fd, out_off, count);
}
