/* SPDX-License-Identifier: MIT */
/*
 * fs/rename.c - rename, renameat2: moving a name, replacing or exchanging what is there
 *
 * Two directories are locked in one order everywhere: if one lies below the other the upper one first,
 * else the lower address first, and rename_lock of the file system holds the tree still meanwhile.
 * Without it, two renames (a into b/x, b into a/y) would each find the other's directory where it is
 * not any more, and cut a ring off the tree.
 *
 * LOCKS        sb->rename_lock, both directories' inode locks, then the victim's.
 */
#include <fs/namei.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <uapi/errno.h>

struct renaming {
	struct nameidata	from, to;
	struct dentry		*old, *new;
	unsigned int		flags;
};

static void lock_dirs(struct dentry *a, struct dentry *b)
{
	if (a == b) {
		mutex_lock(&a->inode->lock);
		return;
	}
	mutex_lock(&a->sb->rename_lock);
	if (d_is_below(a, b) || (!d_is_below(b, a) && a > b))
		swap(a, b);
	mutex_lock(&a->inode->lock);
	mutex_lock_nested(&b->inode->lock);
}

static void unlock_dirs(struct dentry *a, struct dentry *b)
{
	mutex_unlock(&a->inode->lock);
	if (a != b) {
		mutex_unlock(&b->inode->lock);
		mutex_unlock(&a->sb->rename_lock);
	}
}

/* What the names mean now that both directories stand still. */
static int rename_names(struct renaming *r)
{
	r->old = d_lookup(r->from.path.dentry, r->from.last, r->from.last_len);
	if (IS_ERR(r->old)) {
		int err = (int)PTR_ERR(r->old);

		r->old = NULL;
		return err;
	}
	r->new = d_lookup(r->to.path.dentry, r->to.last, r->to.last_len);
	if (IS_ERR(r->new)) {
		int err = (int)PTR_ERR(r->new);

		r->new = NULL;
		return err;
	}
	if (!r->old->inode)
		return -ENOENT;
	if (r->new->inode && (r->flags & RENAME_NOREPLACE))
		return -EEXIST;
	if (!r->new->inode && (r->flags & RENAME_EXCHANGE))
		return -ENOENT;
	return 0;
}

static int rename_loops(struct renaming *r)
{
	if (d_is_below(r->to.path.dentry, r->old))
		return -EINVAL;
	if (r->new->inode && d_is_below(r->from.path.dentry, r->new))
		return r->flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int rename_permission(struct renaming *r)
{
	bool olddir = S_ISDIR(r->old->inode->mode);
	bool newdir = r->flags & RENAME_EXCHANGE ? S_ISDIR(r->new->inode->mode) : olddir;
	int err = may_delete(r->from.path.dentry, r->old, olddir);

	if (err)
		return err;
	if (!olddir && (r->from.slash || (!r->new->inode && r->to.slash)))
		return -ENOTDIR;
	err = r->new->inode ? may_delete(r->to.path.dentry, r->new, newdir)
			    : may_create(r->to.path.dentry);
	if (!err && (r->old->mounted || r->new->mounted))
		err = -EBUSY;
	return err;
}

static int rename_locked(struct renaming *r)
{
	struct inode *dir = r->from.path.dentry->inode, *to = r->to.path.dentry->inode;
	struct inode *victim;
	int err = rename_names(r);

	if (!err)
		err = rename_loops(r);
	if (!err)
		err = rename_permission(r);
	if (err || r->old->inode == r->new->inode)
		return err;		/* two names of one file: nothing to do */
	if (!dir->ops->rename)
		return -EPERM;
	victim = r->new->inode;
	if (victim)
		mutex_lock_nested(&victim->lock);
	err = dir->ops->rename(dir, r->old, to, r->new, r->flags);
	if (victim)
		mutex_unlock(&victim->lock);
	return err;
}

static int rename_parents(struct renaming *r)
{
	struct dentry *a = r->from.path.dentry, *b = r->to.path.dentry;
	int err;

	if (r->from.path.mnt != r->to.path.mnt)
		return -EXDEV;
	if (r->from.last_type != LAST_NORM || r->to.last_type != LAST_NORM)
		return r->flags & RENAME_NOREPLACE && r->to.last_type != LAST_NORM ? -EEXIST
										   : -EBUSY;
	err = mnt_want_write(&r->from.path);
	if (err)
		return err;
	lock_dirs(a, b);
	err = rename_locked(r);
	unlock_dirs(a, b);
	if (r->old)
		dput(r->old);
	if (r->new)
		dput(r->new);
	return err;
}

static int rename_paths(int from_fd, const char *from, int to_fd, const char *to,
			unsigned int flags)
{
	struct renaming r = { .flags = flags };
	int err = lookup_parent(&r.from, from_fd, from);

	if (err)
		return err;
	err = lookup_parent(&r.to, to_fd, to);
	if (!err) {
		err = rename_parents(&r);
		path_put(&r.to.path);
		nd_done(&r.to);
	}
	path_put(&r.from.path);
	nd_done(&r.from);
	return err;
}

static long do_renameat2(int from_fd, const char __user *from, int to_fd, const char __user *to,
			 unsigned int flags)
{
	struct filename a, b;
	int err;

	if (flags & ~(unsigned int)(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
	    flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	err = getname(&a, from, false);
	if (err)
		return err;
	err = getname(&b, to, false);
	if (!err) {
		err = rename_paths(from_fd, a.name, to_fd, b.name, flags);
		putname(&b);
	}
	putname(&a);
	return err;
}

SYSCALL_DEFINE5(renameat2, int, from_fd, const char __user *, from, int, to_fd,
		const char __user *, to, unsigned int, flags)
{
	return do_renameat2(from_fd, from, to_fd, to, flags);
}

SYSCALL_DEFINE4(renameat, int, from_fd, const char __user *, from, int, to_fd,
		const char __user *, to)
{
	return do_renameat2(from_fd, from, to_fd, to, 0);
}

SYSCALL_DEFINE2(rename, const char __user *, from, const char __user *, to)
{
	return do_renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}
