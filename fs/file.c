/* SPDX-License-Identifier: MIT */
/*
 * fs/file.c - what is an open file, and when does it end?
 *
 * A struct file is one open(): position, mode, flags. Descriptors, mappings and running calls hold
 * references; the last file_put() calls ops->release and lets go of the name.
 *
 * ALWAYS TRUE  F1  a file with a path holds one reference on its mount and its dentry.
 *              F2  inode->writers counts the files open for writing (regular files only).
 * LOCKS        none here; pos_lock (RANK_FILE_POS) is taken by fs/read_write.c.
 */
#include <fs/epoll.h>
#include <fs/flock.h>
#include <fs/namei.h>
#include <kernel/assert.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>

static struct kmem_cache *file_cache;

void file_init(void)
{
	file_cache = kmem_cache_create("filp", sizeof(struct file), 0, SLAB_PANIC, NULL);
}

static unsigned int mode_of_flags(unsigned int flags)
{
	if (flags & O_PATH)
		return FMODE_PATH;
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return FMODE_READ;
	case O_WRONLY:
		return FMODE_WRITE;
	default:
		return FMODE_READ | FMODE_WRITE;
	}
}

struct file *file_alloc(const struct file_ops *ops, unsigned int flags)
{
	struct file *f = kmem_cache_alloc(file_cache, GFP_KERNEL);

	if (!f)
		return NULL;
	memset(f, 0, sizeof(*f));
	f->ops = ops;
	f->flags = flags & ~(unsigned int)(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC);
	f->mode = mode_of_flags(flags);
	mutex_init(&f->pos_lock, RANK_FILE_POS);
	INIT_LIST_HEAD(&f->epitems);
	atomic_set(&f->refs, 1);
	return f;
}

static void file_free(struct file *f)
{
	struct inode *inode = f->inode;

	if (!list_empty(&f->epitems))
		epoll_file_gone(f);
	if (f->locked)
		locks_remove_file(f);
	if (f->ops->release && !(f->mode & FMODE_PATH))
		f->ops->release(f);
	if (inode && S_ISREG(inode->mode) && (f->mode & FMODE_WRITE)) {
		put_write_access(inode);
		atomic_dec(&f->path.mnt->writers);
	}
	if (f->mode & FMODE_EXEC)
		allow_write_access(inode);
	if (f->path.dentry)
		path_put(&f->path);
	else if (inode)
		inode_put(inode);
	kmem_cache_free(file_cache, f);
}

void file_put(struct file *f)
{
	ASSERT_MSG(atomic_read(&f->refs) > 0, "file_put of a free file: %p", (void *)f);
	if (atomic_dec_and_test(&f->refs))
		file_free(f);
}

struct file *anon_file(const char *name, const struct file_ops *ops, void *private, unsigned int flags)
{
	struct file *f = file_alloc(ops, flags | O_RDWR);
	struct inode *inode = f ? anon_inode_get(0600) : NULL;

	if (!inode) {
		if (f)
			kmem_cache_free(file_cache, f);
		return ERR_PTR(-ENOMEM);
	}
	f->inode = inode;
	f->mode |= FMODE_STREAM;
	f->private = private;
	f->anon_name = name;
	return f;
}

int anon_fd(const char *name, const struct file_ops *ops, void *private, unsigned int flags)
{
	int fd = fd_alloc(0, (flags & O_CLOEXEC) != 0);
	struct file *f;

	if (fd < 0)
		return fd;
	f = anon_file(name, ops, private, flags);
	if (IS_ERR(f)) {
		fd_cancel(fd);
		return (int)PTR_ERR(f);
	}
	fd_install(fd, f);
	return fd;
}

/* The text of a file without a name, as /proc/PID/fd shows it. */
static char *anon_text(struct file *f, char *buf, size_t size)
{
	int n;

	if (f->inode && S_ISFIFO(f->inode->mode))
		n = snprintf(buf, size, "pipe:[%lu]", (unsigned long)f->inode->ino);
	else
		n = snprintf(buf, size, "anon_inode:%s", f->anon_name ? f->anon_name : "[file]");
	return n < (int)size ? buf : ERR_PTR(-ENAMETOOLONG);
}

char *file_path(struct file *f, char *buf, size_t size)
{
	/* A reopened pipe stands on a mount that is not its own (fs/proc_fd.c). */
	if (!f->path.dentry || f->path.dentry->sb != f->path.mnt->sb)
		return anon_text(f, buf, size);
	return path_text(&f->path, NULL, buf, size);
}

ssize_t kernel_read(struct file *f, void *buf, size_t n, loff_t pos)
{
	struct iov_iter it;

	iov_iter_kernel(&it, buf, n);
	return vfs_read(f, &it, &pos);
}

ssize_t vfs_cannot(const struct file *f, unsigned int mode)
{
	if (!(f->mode & mode))
		return -EBADF;
	return mode == FMODE_READ && f->inode && S_ISDIR(f->inode->mode) ? -EISDIR : -EINVAL;
}
