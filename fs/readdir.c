/* SPDX-License-Identifier: MIT */
/*
 * fs/readdir.c - getdents64: the names of a directory, one record after the other
 *
 * ops->iterate hands out entries in the order of their positions; each record carries the position of
 * its successor, which lseek accepts. Names removed meanwhile do not shift the others, because
 * positions belong to names and not to places (fs/dcache.c, cookies).
 *
 * LOCKS        pos_lock, then the directory's inode lock; user copies fault inside them.
 */
#include <fs/vfs.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <uapi/dirent.h>
#include <uapi/errno.h>

struct getdents {
	struct dir_context	ctx;
	char __user		*buf;
	size_t			left;
	int			err;
	size_t			used;
};

static bool fill_dirent(struct dir_context *ctx, const char *name, size_t len, loff_t next, u64 ino,
			unsigned int type)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	size_t head = offsetof(struct linux_dirent64, d_name);
	size_t reclen = ALIGN_UP(head + len + 1, sizeof(u64));
	union { struct linux_dirent64 d; char raw[ALIGN_UP(24 + NAME_MAX + 1, 8)]; } rec;

	if (reclen > g->left) {
		g->err = -EINVAL;	/* reported only if nothing fitted */
		return false;
	}
	rec.d.d_ino = ino;
	rec.d.d_off = next;
	rec.d.d_reclen = (u16)reclen;
	rec.d.d_type = (u8)type;
	memcpy(rec.raw + head, name, len);
	memset(rec.raw + head + len, 0, reclen - head - len);
	if (copy_to_user(g->buf + g->used, &rec, reclen)) {
		g->err = -EFAULT;
		return false;
	}
	g->used += reclen;
	g->left -= reclen;
	return true;
}

static long file_getdents(struct file *f, char __user *buf, size_t size)
{
	struct getdents g = { .ctx = { fill_dirent, f->pos }, .buf = buf, .left = size };
	int err;

	mutex_lock(&f->inode->lock);
	if (f->inode->nlink == 0 && f->path.dentry->parent != f->path.dentry)
		err = -ENOENT;
	else
		err = f->ops->iterate(f, &g.ctx);
	mutex_unlock(&f->inode->lock);
	f->pos = g.ctx.pos;
	inode_accessed(f);
	if (g.used)
		return (long)g.used;
	return err ? err : g.err;
}

SYSCALL_DEFINE3(getdents64, int, fd, char __user *, buf, unsigned int, size)
{
	struct fdref r = fdget(fd);
	long n;

	if (!r.file)
		return -EBADF;
	if (!r.file->ops->iterate) {
		fdput(r);
		return -ENOTDIR;
	}
	mutex_lock(&r.file->pos_lock);
	n = file_getdents(r.file, buf, size);
	mutex_unlock(&r.file->pos_lock);
	fdput(r);
	return n;
}
