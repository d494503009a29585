/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_fd.c - /proc/PID/fd and fdinfo: another process' descriptors as names
 *
 * fd/N is a magic link: following it gives the very file, because the walk takes the path from the
 * open file and not from text. A pipe has no path: it gets a nameless dentry when somebody follows
 * its link (`cat /dev/stdin`), so that pipe(2) need not make one. Opening that is opening a FIFO.
 *
 * LOCKS        files_struct.lock inside files_next().
 */
#include <fs/proc.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/dirent.h>
#include <uapi/errno.h>

static struct file *file_of(struct process *p, int fd)
{
	struct files_struct *files = process_files_get(p);
	struct file *f = NULL;

	if (!files)
		return NULL;
	if (files_next(files, fd, &f) != fd && f) {
		file_put(f);
		f = NULL;
	}
	files_put(files);
	return f;
}

/* A path to an inode that has no name, on a mount that is not its own: see file_path(). */
static int nameless_path(struct inode *inode, struct path *path)
{
	struct dentry *d = d_alloc_root(inode->sb, inode);

	if (!d)
		return -ENOMEM;
	inode_get(inode);
	*path = (struct path){ mnt_get(root_mount), d };
	return 0;
}

static int fd_follow(struct dentry *d, struct path *path)
{
	struct proc_pid *info = proc_pid(d->inode);
	struct file *f = file_of(info->process, info->fd);
	int err = 0;

	if (!f)
		return -ENOENT;
	if (f->path.dentry) {
		*path = f->path;
		path_get(path);
	} else if (f->inode && S_ISFIFO(f->inode->mode)) {
		err = nameless_path(f->inode, path);
	} else {
		err = -ENXIO;
	}
	file_put(f);
	return err;
}

static int fd_readlink(struct dentry *d, char *buf, size_t size)
{
	struct proc_pid *info = proc_pid(d->inode);
	struct file *f = file_of(info->process, info->fd);
	char *text;
	int n;

	if (!f)
		return -ENOENT;
	text = file_path(f, buf, size);
	file_put(f);
	if (IS_ERR(text))
		return (int)PTR_ERR(text);
	n = (int)strlen(text);
	memmove(buf, text, (size_t)n);
	return n;
}

static const struct inode_ops fd_link_iops = { .follow = fd_follow, .readlink = fd_readlink };
static const struct proc_entry fd_entry = {
	.name = "fd", .mode = S_IFLNK | 0700, .iops = &fd_link_iops,
};

static int show_fdinfo(struct seq_file *m)
{
	struct proc_pid *info = proc_pid(m->inode);
	struct file *f = file_of(info->process, info->fd);

	if (!f)
		return -ENOENT;
	seq_printf(m, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t%d\nino:\t%llu\n", (long long)f->pos, f->flags,
		   f->path.mnt ? f->path.mnt->id : 0, (unsigned long long)f->inode->ino);
	if (f->ops->show_fdinfo)
		f->ops->show_fdinfo(m, f);
	file_put(f);
	return 0;
}

static const struct proc_entry fdinfo_entry = {
	.name = "fdinfo", .mode = S_IFREG | 0400, .show = show_fdinfo,
};

static int lookup_entry(struct inode *dir, struct dentry *d, const struct proc_entry *e)
{
	struct process *p = proc_pid(dir)->process;
	unsigned int fd = proc_parse_number(d->name, d->len);
	struct file *f = fd == ~0u ? NULL : file_of(p, (int)fd);

	if (!f)
		return 0;
	d->inode = proc_pid_inode(dir->sb, p, e);
	if (d->inode) {
		proc_pid(d->inode)->fd = (int)fd;
		if (e == &fd_entry)
			d->inode->mode = S_IFLNK | (f->mode & FMODE_READ ? 0500u : 0u) |
					 (f->mode & FMODE_WRITE ? 0300u : 0u);
	}
	file_put(f);
	return d->inode ? 0 : -ENOMEM;
}

static int fd_lookup(struct inode *dir, struct dentry *d)
{
	return lookup_entry(dir, d, &fd_entry);
}

static int fdinfo_lookup(struct inode *dir, struct dentry *d)
{
	return lookup_entry(dir, d, &fdinfo_entry);
}

static int fd_iterate(struct file *dirf, struct dir_context *ctx)
{
	struct files_struct *files;
	struct file *f;
	int fd;

	if (!proc_emit_dots(dirf, ctx))
		return 0;
	files = process_files_get(proc_pid(dirf->inode)->process);
	if (!files)
		return 0;
	while ((fd = files_next(files, (int)ctx->pos - 2, &f)) >= 0) {
		char name[12];
		int n = snprintf(name, sizeof(name), "%d", fd);

		file_put(f);
		if (!ctx->fill(ctx, name, (size_t)n, fd + 3, dirf->inode->ino + (u64)fd + 1, DT_LNK))
			break;
		ctx->pos = fd + 3;
	}
	files_put(files);
	return 0;
}

static loff_t fd_llseek(struct file *f, loff_t off, int whence)
{
	return llseek_to(f, off, whence, 0);
}

const struct inode_ops proc_fd_iops = { .lookup = fd_lookup };
const struct inode_ops proc_fdinfo_iops = { .lookup = fdinfo_lookup };
const struct file_ops proc_fd_fops = { .iterate = fd_iterate, .llseek = fd_llseek };
