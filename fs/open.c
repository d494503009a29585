/* SPDX-License-Identifier: MIT */
/*
 * fs/open.c - open, openat, creat: from a path and flags to a file
 *
 * One walk finds the file or, with O_CREAT, the directory that misses its name; creating happens under
 * that directory's lock, where a racing creator is noticed. Then permission, type and flags are checked
 * in the order of open(2), and the inode's fops (or the device's) make the file.
 *
 * LOCKS        the directory's inode lock while creating; nothing while fops->open runs, so opening a
 *              FIFO may sleep for its other end.
 */
#include <fs/namei.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <mm/slab.h>
#include <uapi/errno.h>

struct open_how {
	unsigned int flags;
	mode_t	mode;
	unsigned int acc;
	bool	created;
	struct file *f;		/* O_CREAT: made before the name is, which must not stay behind alone */
};

/* Read and write permission that the access mode asks for. */
static unsigned int acc_of_flags(unsigned int flags)
{
	static const unsigned char acc[] = { R_OK, W_OK, R_OK | W_OK, R_OK | W_OK };

	return acc[flags & O_ACCMODE] | (flags & O_TRUNC ? W_OK : 0u);
}

/* Create the missing last name; nd->path becomes the file. -EAGAIN: someone else was faster. */
static int open_create(struct nameidata *nd, struct open_how *how)
{
	struct dentry *dir = nd->path.dentry, *d;
	mode_t mode = how->mode & S_IALLUGO;
	int err = nd->slash ? -EISDIR : mnt_want_write(&nd->path);

	if (err)
		return err;
	if (current->fs)
		mode &= ~current->fs->umask;
	mutex_lock(&dir->inode->lock);
	d = d_lookup(dir, nd->last, nd->last_len);
	if (IS_ERR(d))
		err = (int)PTR_ERR(d);
	else if (d->inode)
		err = how->flags & O_EXCL ? -EEXIST : -EAGAIN;
	else
		err = may_create(dir);
	if (!err)
		err = dir->inode->ops->create ? dir->inode->ops->create(dir->inode, d, mode | S_IFREG)
					      : -EACCES;
	mutex_unlock(&dir->inode->lock);
	if (err) {
		if (!IS_ERR(d))
			dput(d);
		return err;
	}
	dput(dir);
	nd->path.dentry = d;
	how->created = true;
	return 0;
}

static int check_type(const struct path *p, const struct open_how *how)
{
	mode_t mode = p->dentry->inode->mode;

	switch (mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		return how->acc & W_OK || how->flags & O_CREAT ? -EISDIR : 0;
	case S_IFCHR:
	case S_IFBLK:
		return p->mnt->flags & MS_NODEV ? -EACCES : 0;
	case S_IFSOCK:
		return -ENXIO;
	case S_IFREG:
		return how->acc & W_OK ? mnt_want_write(p) : 0;
	default:
		return 0;
	}
}

static int may_open(const struct path *p, const struct open_how *how)
{
	struct inode *inode = p->dentry->inode;
	int err = check_type(p, how);

	if (!err && !how->created)
		err = inode_permission(inode, (int)how->acc);
	if (!err && (how->flags & O_NOATIME) && !inode_owner_or_capable(inode))
		err = -EPERM;
	return err;
}

static const struct file_ops *fops_of(const struct inode *inode)
{
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		return inode->fops ? inode->fops : device_find(inode->mode, inode->rdev);
	return S_ISFIFO(inode->mode) ? &fifo_fops : inode->fops;
}

static const struct file_ops path_fops = { .read = NULL };

/* Open @p with @f, which is new; it is gone when this fails. */
static struct file *open_with(struct file *f, const struct path *p, unsigned int flags)
{
	struct inode *inode = p->dentry->inode;
	const struct file_ops *ops = flags & O_PATH ? &path_fops : fops_of(inode);
	bool writer = S_ISREG(inode->mode) && (flags & O_ACCMODE) && !(flags & O_PATH);
	int err = ops ? 0 : -ENXIO;

	if (!err && writer)
		err = get_write_access(inode);
	if (err) {
		file_put(f);
		return ERR_PTR(err);
	}
	f->ops = ops;
	f->path = *p;
	path_get(&f->path);
	f->inode = inode;
	if (writer)
		atomic_inc(&p->mnt->writers);
	if (ops->open) {
		err = ops->open(inode, f);
		if (err) {
			f->ops = &path_fops;	/* never opened: nothing to release */
			file_put(f);
			return ERR_PTR(err);
		}
	}
	f->flags &= ~(unsigned int)O_NOCTTY;	/* only open() itself asks */
	return f;
}

struct file *dentry_open(const struct path *p, unsigned int flags)
{
	struct file *f = file_alloc(&path_fops, flags);

	return f ? open_with(f, p, flags) : ERR_PTR(-ENOMEM);
}

/* O_TRUNC writes, even through a descriptor that is only for reading. */
static int open_truncate(struct file *f)
{
	int err = get_write_access(f->inode);

	if (!err) {
		err = vfs_truncate(f->inode, 0);
		put_write_access(f->inode);
	}
	return err;
}

static struct file *open_found(const struct path *p, struct open_how *how)
{
	struct file *f;
	int err;

	if (how->flags & O_PATH)
		return dentry_open(p, how->flags);
	err = may_open(p, how);
	if (err)
		return ERR_PTR(err);
	f = how->f ? open_with(how->f, p, how->flags) : dentry_open(p, how->flags);
	how->f = NULL;
	if (!IS_ERR(f) && (how->flags & O_TRUNC) && S_ISREG(f->inode->mode) && !how->created) {
		err = open_truncate(f);
		if (err) {
			file_put(f);
			return ERR_PTR(err);
		}
	}
	return f;
}

/* O_TMPFILE: a file in @dir's file system that has no name. */
static struct file *open_tmpfile(struct path *dir, struct open_how *how)
{
	struct inode *di = dir->dentry->inode, *inode;
	struct path p = { dir->mnt, NULL };
	struct file *f;
	int err = mnt_want_write(dir);

	if (!err)
		err = inode_permission(di, W_OK | X_OK);
	if (!err && !di->ops->tmpfile)
		err = -EOPNOTSUPP;
	if (err)
		return ERR_PTR(err);
	inode = di->ops->tmpfile(di, S_IFREG | (how->mode & S_IALLUGO & ~current->fs->umask));
	if (IS_ERR(inode))
		return (struct file *)inode;
	p.dentry = d_alloc(dir->dentry, "#tmpfile", 8);
	if (!p.dentry) {
		inode_put(inode);
		return ERR_PTR(-ENOMEM);
	}
	p.dentry->inode = inode;
	f = dentry_open(&p, how->flags & ~(unsigned int)O_DIRECTORY);
	dput(p.dentry);
	return f;
}

static unsigned int lookup_flags(const struct open_how *how)
{
	unsigned int lf = 0;

	if (!(how->flags & O_NOFOLLOW) && (how->flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL))
		lf |= LOOKUP_FOLLOW;
	if (how->flags & O_DIRECTORY)
		lf |= LOOKUP_DIRECTORY;
	if (how->flags & O_CREAT)
		lf |= LOOKUP_CREATE;
	return lf;
}

static struct file *open_path_as(int dirfd, const char *path, struct open_how *how)
{
	struct nameidata nd;
	struct file *f;
	int err;

	do {
		err = path_lookup(&nd, dirfd, path, lookup_flags(how));
		if (err)
			return ERR_PTR(err);
		if (nd.missing)
			err = open_create(&nd, how);
		else if ((how->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
			err = -EEXIST;
		if (err) {
			path_put(&nd.path);
			nd_done(&nd);
		}
	} while (err == -EAGAIN);
	if (err)
		return ERR_PTR(err);
	f = how->flags & O_TMPFILE__ ? open_tmpfile(&nd.path, how) : open_found(&nd.path, how);
	path_put(&nd.path);
	nd_done(&nd);
	return f;
}

static struct file *do_open(int dirfd, const char *path, struct open_how *how)
{
	struct file *f;

	if (how->flags & O_CREAT) {
		how->f = file_alloc(&path_fops, how->flags);
		if (!how->f)
			return ERR_PTR(-ENOMEM);
	}
	f = open_path_as(dirfd, path, how);
	if (how->f)
		file_put(how->f);
	return f;
}

static int how_init(struct open_how *how, unsigned int flags, mode_t mode)
{
	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if ((flags & O_TMPFILE__) && ((flags & O_TMPFILE) != O_TMPFILE || !(flags & O_ACCMODE)))
		return -EINVAL;
	if ((flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT) &&
	    !(flags & O_TMPFILE__))
		return -EINVAL;
	*how = (struct open_how){ .flags = flags, .mode = mode, .acc = acc_of_flags(flags) };
	if (flags & O_TMPFILE__)
		how->flags &= ~(unsigned int)O_CREAT;
	return 0;
}

struct file *file_open(int dirfd, const char *path, int flags, mode_t mode)
{
	struct open_how how;
	int err = how_init(&how, (unsigned int)flags, mode);

	return err ? ERR_PTR(err) : do_open(dirfd, path, &how);
}

static long do_openat(int dirfd, const char __user *name, unsigned int flags, mode_t mode)
{
	struct filename fn;
	struct open_how how;
	struct file *f;
	int err = how_init(&how, flags, mode), fd;

	if (!err)
		err = getname(&fn, name, false);
	if (err)
		return err;
	fd = fd_alloc(0, (flags & O_CLOEXEC) != 0);
	if (fd >= 0) {
		f = do_open(dirfd, fn.name, &how);
		if (IS_ERR(f)) {
			fd_cancel(fd);
			fd = (int)PTR_ERR(f);
		} else {
			fd_install(fd, f);
		}
	}
	putname(&fn);
	return fd;
}

SYSCALL_DEFINE4(openat, int, dirfd, const char __user *, name, unsigned int, flags, mode_t, mode)
{
	return do_openat(dirfd, name, flags, mode);
}

SYSCALL_DEFINE3(open, const char __user *, name, unsigned int, flags, mode_t, mode)
{
	return do_openat(AT_FDCWD, name, flags, mode);
}

SYSCALL_DEFINE2(creat, const char __user *, name, mode_t, mode)
{
	return do_openat(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
