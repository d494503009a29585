/* SPDX-License-Identifier: MIT */
/*
 * fs/namei_calls.c - the calls that change names: mkdir, unlink, rmdir, link, symlink, mknod
 *
 * All find the directory and the last name, lock the directory, look the name up there, check, and call
 * the file system. rename, which needs two directories, is in fs/rename.c.
 *
 * LOCKS        the directory's inode lock, then that of the inode that goes.
 */
#include <fs/namei.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/errno.h>

/* a directory with a name to add: from make_start() to make_end() the directory is locked */
struct making {
	struct filename		fn;
	struct nameidata	nd;
	struct dentry		*dentry;
};

static void make_end(struct making *m)
{
	mutex_unlock(&m->nd.path.dentry->inode->lock);
	dput(m->dentry);
	path_put(&m->nd.path);
	nd_done(&m->nd);
	putname(&m->fn);
}

/* Checks common to all that make a name; the new dentry is negative. */
static int make_check(struct making *m, bool isdir)
{
	if (m->dentry->inode)
		return -EEXIST;
	if (m->nd.slash && !isdir)
		return -ENOENT;
	if (mnt_want_write(&m->nd.path))
		return -EROFS;
	return may_create(m->nd.path.dentry);
}

static int make_start(struct making *m, int dirfd, const char __user *name, bool isdir)
{
	int err = getname(&m->fn, name, false);

	if (err)
		return err;
	err = lookup_parent(&m->nd, dirfd, m->fn.name);
	if (err) {
		putname(&m->fn);
		return err;
	}
	mutex_lock(&m->nd.path.dentry->inode->lock);
	if (m->nd.last_type != LAST_NORM) {
		m->dentry = NULL;
		make_end(m);
		return -EEXIST;
	}
	m->dentry = d_lookup(m->nd.path.dentry, m->nd.last, m->nd.last_len);
	if (IS_ERR(m->dentry)) {
		err = (int)PTR_ERR(m->dentry);
		m->dentry = NULL;
	} else {
		err = make_check(m, isdir);
	}
	if (err)
		make_end(m);
	return err;
}

static mode_t masked(mode_t mode)
{
	return mode & ~current->fs->umask;
}

/* ---- mkdir, mknod, symlink, link ---- */

static long do_mkdirat(int dirfd, const char __user *name, mode_t mode)
{
	struct making m;
	struct inode *dir;
	int err = make_start(&m, dirfd, name, true);

	if (err)
		return err;
	dir = m.nd.path.dentry->inode;
	err = -EPERM;
	if (dir->ops->mkdir)
		err = dir->ops->mkdir(dir, m.dentry, masked(mode & (S_IRWXUGO | S_ISVTX)));
	make_end(&m);
	return err;
}

SYSCALL_DEFINE3(mkdirat, int, dirfd, const char __user *, name, mode_t, mode)
{
	return do_mkdirat(dirfd, name, mode);
}

SYSCALL_DEFINE2(mkdir, const char __user *, name, mode_t, mode)
{
	return do_mkdirat(AT_FDCWD, name, mode);
}

static int mknod_check(mode_t mode)
{
	switch (mode & S_IFMT) {
	case 0:
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	case S_IFCHR:
	case S_IFBLK:
		return capable() ? 0 : -EPERM;
	default:
		return S_ISDIR(mode) ? -EPERM : -EINVAL;
	}
}

static long do_mknodat(int dirfd, const char __user *name, mode_t mode, unsigned int dev)
{
	struct making m;
	struct inode *dir;
	int err = mknod_check(mode);

	if (!err)
		err = make_start(&m, dirfd, name, false);
	if (err)
		return err;
	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	dir = m.nd.path.dentry->inode;
	err = dir->ops->mknod ? dir->ops->mknod(dir, m.dentry, masked(mode), dev) : -EPERM;
	make_end(&m);
	return err;
}

SYSCALL_DEFINE4(mknodat, int, dirfd, const char __user *, name, mode_t, mode, unsigned int, dev)
{
	return do_mknodat(dirfd, name, mode, dev);
}

SYSCALL_DEFINE3(mknod, const char __user *, name, mode_t, mode, unsigned int, dev)
{
	return do_mknodat(AT_FDCWD, name, mode, dev);
}

static long do_symlinkat(const char __user *target, int dirfd, const char __user *name)
{
	struct filename text;
	struct making m;
	struct inode *dir;
	int err = getname(&text, target, false);

	if (err)
		return err;
	err = make_start(&m, dirfd, name, false);
	if (!err) {
		dir = m.nd.path.dentry->inode;
		err = dir->ops->symlink ? dir->ops->symlink(dir, m.dentry, text.name) : -EPERM;
		make_end(&m);
	}
	putname(&text);
	return err;
}

SYSCALL_DEFINE3(symlinkat, const char __user *, target, int, dirfd, const char __user *, name)
{
	return do_symlinkat(target, dirfd, name);
}

SYSCALL_DEFINE2(symlink, const char __user *, target, const char __user *, name)
{
	return do_symlinkat(target, AT_FDCWD, name);
}

static int link_checked(struct path *old, struct making *m)
{
	struct inode *inode = old->dentry->inode, *dir = m->nd.path.dentry->inode;
	int err;

	if (inode->sb != dir->sb)
		return -EXDEV;
	if (S_ISDIR(inode->mode) || !dir->ops->link)
		return -EPERM;
	if (inode->nlink == 0 && !(old->dentry->len == 8 &&
				   memcmp(old->dentry->name, "#tmpfile", 8) == 0))
		return -ENOENT;
	mutex_lock(&inode->lock);
	err = dir->ops->link(inode, dir, m->dentry);
	mutex_unlock(&inode->lock);
	return err;
}

static long do_linkat(int old_fd, const char __user *old_name, int new_fd,
		      const char __user *new_name, int flags)
{
	struct making m;
	struct path old;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = user_path_at(old_fd, old_name, (flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0u) |
			   (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0u), &old);
	if (err)
		return err;
	err = make_start(&m, new_fd, new_name, false);
	if (!err) {
		err = link_checked(&old, &m);
		make_end(&m);
	}
	path_put(&old);
	return err;
}

SYSCALL_DEFINE5(linkat, int, old_fd, const char __user *, old_name, int, new_fd,
		const char __user *, new_name, int, flags)
{
	return do_linkat(old_fd, old_name, new_fd, new_name, flags);
}

SYSCALL_DEFINE2(link, const char __user *, old_name, const char __user *, new_name)
{
	return do_linkat(AT_FDCWD, old_name, AT_FDCWD, new_name, 0);
}

/* ---- unlink, rmdir ---- */

static int unlink_last_type(enum last_type type, bool isdir)
{
	if (type == LAST_NORM)
		return 0;
	if (!isdir)
		return -EISDIR;
	return type == LAST_DOT ? -EINVAL : type == LAST_DOTDOT ? -ENOTEMPTY : -EBUSY;
}

static int unlink_checked(struct nameidata *nd, struct dentry *d, bool isdir)
{
	struct inode *dir = nd->path.dentry->inode, *inode = d->inode;
	int err;

	if (!inode)
		return -ENOENT;
	if (!isdir && nd->slash)
		return S_ISDIR(inode->mode) ? -EISDIR : -ENOTDIR;
	err = mnt_want_write(&nd->path);
	if (!err)
		err = may_delete(nd->path.dentry, d, isdir);
	if (err)
		return err;
	if (d->mounted)
		return -EBUSY;
	if (isdir)
		return dir->ops->rmdir ? dir->ops->rmdir(dir, d) : -EPERM;
	return dir->ops->unlink ? dir->ops->unlink(dir, d) : -EPERM;
}

/* The victim's own lock keeps new names out of a directory that goes. */
static int unlink_locked(struct nameidata *nd, bool isdir)
{
	struct dentry *d = d_lookup(nd->path.dentry, nd->last, nd->last_len);
	struct inode *inode;
	int err;

	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	inode = d->inode;
	if (inode)
		mutex_lock_nested(&inode->lock);
	err = unlink_checked(nd, d, isdir);
	if (inode)
		mutex_unlock(&inode->lock);
	dput(d);
	return err;
}

static long do_unlinkat(int dirfd, const char __user *name, bool isdir)
{
	struct filename fn;
	struct nameidata nd;
	int err = getname(&fn, name, false);

	if (err)
		return err;
	err = lookup_parent(&nd, dirfd, fn.name);
	if (!err) {
		err = unlink_last_type(nd.last_type, isdir);
		if (!err) {
			mutex_lock(&nd.path.dentry->inode->lock);
			err = unlink_locked(&nd, isdir);
			mutex_unlock(&nd.path.dentry->inode->lock);
		}
		path_put(&nd.path);
		nd_done(&nd);
	}
	putname(&fn);
	return err;
}

SYSCALL_DEFINE3(unlinkat, int, dirfd, const char __user *, name, int, flags)
{
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return do_unlinkat(dirfd, name, flags != 0);
}

SYSCALL_DEFINE1(unlink, const char __user *, name)
{
	return do_unlinkat(AT_FDCWD, name, false);
}

SYSCALL_DEFINE1(rmdir, const char __user *, name)
{
	return do_unlinkat(AT_FDCWD, name, true);
}
