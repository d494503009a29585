/* SPDX-License-Identifier: MIT */
/*
 * fs/stat.c - what is known about a file, and changing it: stat, access, chmod, chown, readlink
 *
 * Every call resolves its path (or takes its descriptor's), then asks or changes the inode in one place:
 * inode_getattr() and inode_setattr(). Rules of who may change what are those of the man pages.
 *
 * LOCKS        inode->lock inside inode_setattr; reading attributes takes none.
 */
#include <fs/namei.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include <uapi/statfs.h>

/* The path of a descriptor (an O_PATH one too) or of a name. */
static int fd_path(int fd, struct path *p)
{
	struct file *f = fd_get_raw(fd);

	if (!f)
		return -EBADF;
	*p = f->path;
	if (p->dentry)
		path_get(p);
	file_put(f);
	return p->dentry ? 0 : -EINVAL;
}

static unsigned int at_lookup(int flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? 0u : LOOKUP_FOLLOW) |
	       (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0u);
}

/* ---- stat ---- */

static int fd_getattr(int fd, struct kstat *st)
{
	struct file *f = fd_get_raw(fd);
	int err = 0;

	if (!f)
		return -EBADF;
	memset(st, 0, sizeof(*st));
	if (f->path.dentry)
		err = inode_getattr(&f->path, st);
	else
		generic_fillattr(f->inode, st);
	file_put(f);
	return err;
}

static int path_getattr(int dirfd, const char __user *name, int flags, struct kstat *st)
{
	struct path p;
	char first = 1;
	int err;

	if (flags & AT_EMPTY_PATH && (!name || (!get_user(first, name) && !first)) &&
	    dirfd != AT_FDCWD)
		return fd_getattr(dirfd, st);
	err = user_path_at(dirfd, name, at_lookup(flags), &p);
	if (err)
		return err;
	memset(st, 0, sizeof(*st));
	err = inode_getattr(&p, st);
	path_put(&p);
	return err;
}

static long copy_stat(const struct kstat *k, struct stat __user *ust)
{
	struct stat st = { .st_dev = k->dev, .st_ino = k->ino };

	st.st_mode = k->mode;
	st.st_nlink = k->nlink;
	st.st_uid = k->uid;
	st.st_gid = k->gid;
	st.st_rdev = k->rdev;
	st.st_size = (s64)k->size;
	st.st_blksize = (__typeof__(st.st_blksize))k->blksize;
	st.st_blocks = (s64)k->blocks;
	st.st_atime = (__typeof__(st.st_atime))k->atime.tv_sec;
	st.st_atime_nsec = (u64)k->atime.tv_nsec;
	st.st_mtime = (__typeof__(st.st_mtime))k->mtime.tv_sec;
	st.st_mtime_nsec = (u64)k->mtime.tv_nsec;
	st.st_ctime = (__typeof__(st.st_ctime))k->ctime.tv_sec;
	st.st_ctime_nsec = (u64)k->ctime.tv_nsec;
	return copy_to_user(ust, &st, sizeof(st));
}

SYSCALL_DEFINE4(newfstatat, int, dirfd, const char __user *, name, struct stat __user *, ust,
		int, flags)
{
	struct kstat k;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_getattr(dirfd, name, flags, &k);
	return err ? err : copy_stat(&k, ust);
}

SYSCALL_DEFINE2(fstat, int, fd, struct stat __user *, ust)
{
	struct kstat k;
	int err = fd_getattr(fd, &k);

	return err ? err : copy_stat(&k, ust);
}

SYSCALL_DEFINE2(stat, const char __user *, name, struct stat __user *, ust)
{
	struct kstat k;
	int err = path_getattr(AT_FDCWD, name, 0, &k);

	return err ? err : copy_stat(&k, ust);
}

SYSCALL_DEFINE2(lstat, const char __user *, name, struct stat __user *, ust)
{
	struct kstat k;
	int err = path_getattr(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, &k);

	return err ? err : copy_stat(&k, ust);
}

static struct statx_timestamp statx_time(const struct timespec64 *t)
{
	return (struct statx_timestamp){ .tv_sec = t->tv_sec, .tv_nsec = (u32)t->tv_nsec };
}

SYSCALL_DEFINE5(statx, int, dirfd, const char __user *, name, int, flags, unsigned int, mask,
		struct statx __user *, ustx)
{
	struct statx stx = { .stx_mask = STATX_BASIC_STATS | STATX_BTIME };
	struct kstat k;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH |
		      AT_STATX_SYNC_TYPE) ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE || (mask & STATX_RESERVED__))
		return -EINVAL;
	err = path_getattr(dirfd, name, flags, &k);
	if (err)
		return err;
	stx.stx_blksize = k.blksize;
	stx.stx_nlink = k.nlink;
	stx.stx_uid = k.uid;
	stx.stx_gid = k.gid;
	stx.stx_mode = (u16)k.mode;
	stx.stx_ino = k.ino;
	stx.stx_size = k.size;
	stx.stx_blocks = k.blocks;
	stx.stx_atime = statx_time(&k.atime);
	stx.stx_btime = statx_time(&k.btime);
	stx.stx_ctime = statx_time(&k.ctime);
	stx.stx_mtime = statx_time(&k.mtime);
	stx.stx_rdev_major = MAJOR(k.rdev);
	stx.stx_rdev_minor = MINOR(k.rdev);
	stx.stx_dev_major = MAJOR(k.dev);
	stx.stx_dev_minor = MINOR(k.dev);
	stx.stx_mnt_id = k.mnt_id;
	return copy_to_user(ustx, &stx, sizeof(stx));
}

/* ---- statfs ---- */

static long do_statfs(struct super_block *sb, unsigned long mnt_flags, struct statfs __user *ust)
{
	struct kstatfs k = { .type = sb->magic, .bsize = PAGE_SIZE, .namelen = NAME_MAX };
	struct statfs st;
	int err = sb->ops->statfs ? sb->ops->statfs(sb, &k) : 0;

	if (err)
		return err;
	memset(&st, 0, sizeof(st));
	st.f_type = (s64)k.type;
	st.f_bsize = st.f_frsize = (s64)k.bsize;
	st.f_blocks = k.blocks;
	st.f_bfree = k.bfree;
	st.f_bavail = k.bavail;
	st.f_files = k.files;
	st.f_ffree = k.ffree;
	st.f_fsid[0] = (s32)sb->dev;
	st.f_namelen = (s64)k.namelen;
	st.f_flags = ST_VALID | (s64)(mnt_flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC |
						  MS_NOATIME));
	return copy_to_user(ust, &st, sizeof(st));
}

SYSCALL_DEFINE2(statfs, const char __user *, name, struct statfs __user *, ust)
{
	struct path p;
	long err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = do_statfs(p.dentry->sb, p.mnt->flags, ust);
	path_put(&p);
	return err;
}

SYSCALL_DEFINE2(fstatfs, int, fd, struct statfs __user *, ust)
{
	struct file *f = fd_get_raw(fd);
	long err;

	if (!f)
		return -EBADF;
	err = do_statfs(f->inode->sb, f->path.mnt ? f->path.mnt->flags : 0, ust);
	file_put(f);
	return err;
}

/* ---- access: with the real user's identity ---- */

static long do_faccessat(int dirfd, const char __user *name, int mode, int flags)
{
	struct process *me = current_process();
	uid_t fsuid = me->fsuid;
	gid_t fsgid = me->fsgid;
	struct inode *inode;
	struct path p;
	int err;

	if (mode & ~7 || flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!(flags & AT_EACCESS)) {
		me->fsuid = me->uid;
		me->fsgid = me->gid;
	}
	err = user_path_at(dirfd, name, at_lookup(flags), &p);
	if (!err) {
		inode = p.dentry->inode;
		if ((mode & X_OK) && S_ISREG(inode->mode) && (p.mnt->flags & MS_NOEXEC))
			err = -EACCES;
		if (!err)
			err = inode_permission(inode, mode);
		if (!err && (mode & W_OK) && !S_ISCHR(inode->mode) && !S_ISFIFO(inode->mode))
			err = mnt_want_write(&p);
		path_put(&p);
	}
	me->fsuid = fsuid;
	me->fsgid = fsgid;
	return err;
}

SYSCALL_DEFINE3(faccessat, int, dirfd, const char __user *, name, int, mode)
{
	return do_faccessat(dirfd, name, mode, 0);
}

SYSCALL_DEFINE4(faccessat2, int, dirfd, const char __user *, name, int, mode, int, flags)
{
	return do_faccessat(dirfd, name, mode, flags);
}

SYSCALL_DEFINE2(access, const char __user *, name, int, mode)
{
	return do_faccessat(AT_FDCWD, name, mode, 0);
}

/* ---- readlink ---- */

static long do_readlinkat(int dirfd, const char __user *name, char __user *ubuf, int size)
{
	struct path p;
	const struct inode_ops *ops;
	char *buf;
	int n;

	if (size <= 0)
		return -EINVAL;
	n = user_path_at(dirfd, name, LOOKUP_EMPTY, &p);
	if (n)
		return n;
	ops = p.dentry->inode->ops;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		n = -ENOMEM;
	else if (!S_ISLNK(p.dentry->inode->mode) || !ops->readlink)
		n = -EINVAL;
	else
		n = ops->readlink(p.dentry, buf, PATH_MAX);
	if (n > 0) {
		n = min(n, size);
		if (copy_to_user(ubuf, buf, (size_t)n))
			n = -EFAULT;
	}
	kfree(buf);
	path_put(&p);
	return n;
}

SYSCALL_DEFINE4(readlinkat, int, dirfd, const char __user *, name, char __user *, buf, int, size)
{
	return do_readlinkat(dirfd, name, buf, size);
}

SYSCALL_DEFINE3(readlink, const char __user *, name, char __user *, buf, int, size)
{
	return do_readlinkat(AT_FDCWD, name, buf, size);
}

/* ---- chmod ---- */

static int path_chmod(struct path *p, mode_t mode)
{
	struct inode *inode = p->dentry->inode;
	struct iattr attr = { .valid = ATTR_MODE, .mode = mode & S_IALLUGO };
	int err = mnt_want_write(p);

	if (err)
		return err;
	if (S_ISLNK(inode->mode))
		return -EOPNOTSUPP;
	if (!inode_owner_or_capable(inode))
		return -EPERM;
	if (!capable() && !in_group(inode->gid))
		attr.mode &= ~(mode_t)S_ISGID;
	return inode_setattr(inode, &attr);
}

static long do_fchmodat(int dirfd, const char __user *name, mode_t mode)
{
	struct path p;
	int err = user_path_at(dirfd, name, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = path_chmod(&p, mode);
	path_put(&p);
	return err;
}

SYSCALL_DEFINE3(fchmodat, int, dirfd, const char __user *, name, mode_t, mode)
{
	return do_fchmodat(dirfd, name, mode);
}

SYSCALL_DEFINE2(chmod, const char __user *, name, mode_t, mode)
{
	return do_fchmodat(AT_FDCWD, name, mode);
}

SYSCALL_DEFINE2(fchmod, int, fd, mode_t, mode)
{
	struct path p;
	int err = fd_path(fd, &p);

	if (err)
		return err;
	err = path_chmod(&p, mode);
	path_put(&p);
	return err;
}

/* ---- chown ---- */

static int path_chown(struct path *p, uid_t uid, gid_t gid)
{
	struct inode *inode = p->dentry->inode;
	struct iattr attr = { .valid = 0, .uid = uid, .gid = gid };
	int err = mnt_want_write(p);

	if (err)
		return err;
	if (uid != (uid_t)-1)
		attr.valid |= ATTR_UID;
	if (gid != (gid_t)-1)
		attr.valid |= ATTR_GID;
	if (!capable()) {
		if ((attr.valid & ATTR_UID) && (uid != inode->uid ||
						current_process()->fsuid != inode->uid))
			return -EPERM;
		if ((attr.valid & ATTR_GID) && (current_process()->fsuid != inode->uid ||
						(!in_group(gid) && gid != inode->gid)))
			return -EPERM;
	}
	if (!S_ISDIR(inode->mode) && (inode->mode & (S_ISUID | S_ISGID))) {
		attr.valid |= ATTR_MODE;
		attr.mode = inode->mode & ~(mode_t)(S_ISUID | S_ISGID);
	}
	return inode_setattr(inode, &attr);
}

static long do_fchownat(int dirfd, const char __user *name, uid_t uid, gid_t gid, int flags)
{
	struct path p;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = user_path_at(dirfd, name, at_lookup(flags), &p);
	if (err)
		return err;
	err = path_chown(&p, uid, gid);
	path_put(&p);
	return err;
}

SYSCALL_DEFINE5(fchownat, int, dirfd, const char __user *, name, uid_t, uid, gid_t, gid, int, flags)
{
	return do_fchownat(dirfd, name, uid, gid, flags);
}

SYSCALL_DEFINE3(chown, const char __user *, name, uid_t, uid, gid_t, gid)
{
	return do_fchownat(AT_FDCWD, name, uid, gid, 0);
}

SYSCALL_DEFINE3(lchown, const char __user *, name, uid_t, uid, gid_t, gid)
{
	return do_fchownat(AT_FDCWD, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

SYSCALL_DEFINE3(fchown, int, fd, uid_t, uid, gid_t, gid)
{
	struct path p;
	int err = fd_path(fd, &p);

	if (err)
		return err;
	err = path_chown(&p, uid, gid);
	path_put(&p);
	return err;
}

SYSCALL_DEFINE1(umask, int, mask)
{
	mode_t old;

	spin_lock(&current->fs->lock);
	old = current->fs->umask;
	current->fs->umask = (mode_t)mask & S_IRWXUGO;
	spin_unlock(&current->fs->lock);
	return (long)old;
}
