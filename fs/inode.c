/* SPDX-License-Identifier: MIT */
/*
 * fs/inode.c - what is a file apart from its names, and who may use it how?
 *
 * An inode lives while something refers to it: a dentry, a file without a path, a running call. What
 * the end means is up to the file system (super_ops.evict): tmpfs frees pages, procfs a process
 * reference. There is no cache of unused inodes, because nothing here has a slower backing store.
 *
 * ALWAYS TRUE  I1  mapping.size is the file's size; it changes only under inode->lock.
 *              I2  writers < 0: programs run from the file; > 0: it is open for writing; never both.
 * LOCKS        inode->lock is RANK_INODE_DIR for directories and RANK_INODE for all else.
 */
#include <fs/namei.h>
#include <kernel/process.h>
#include <kernel/timer.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include <uapi/statfs.h>

static struct kmem_cache *inode_cache;
static struct super_block *anon_sb, *pipe_sb;
static atomic_t next_dev = ATOMIC_INIT(0);

struct timespec64 current_time(void)
{
	u64 ns = clock_realtime_ns();

	return (struct timespec64){ (s64)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC) };
}

struct inode *inode_alloc(struct super_block *sb, mode_t mode)
{
	struct inode *i = kmem_cache_alloc(inode_cache, GFP_KERNEL);

	if (!i)
		return NULL;
	memset(i, 0, sizeof(*i));
	i->sb = sb_get(sb);
	i->ino = (u64)atomic64_inc_return(&sb->next_ino);
	i->mode = mode;
	i->nlink = 1;
	if (current->process) {
		i->uid = current_process()->fsuid;
		i->gid = current_process()->fsgid;
	}
	i->atime = i->mtime = i->ctime = i->btime = current_time();
	i->atime_old = true;
	mutex_init(&i->lock, S_ISDIR(mode) ? RANK_INODE_DIR : RANK_INODE);
	address_space_init(&i->mapping, i, NULL);
	INIT_LIST_HEAD(&i->locks);
	i->next_cookie = 2;		/* 0 and 1 are "." and ".." */
	atomic_set(&i->refs, 1);
	return i;
}

void inode_put(struct inode *i)
{
	struct super_block *sb = i->sb;

	if (!atomic_dec_and_test(&i->refs))
		return;
	ASSERT(list_empty(&i->locks));
	if (sb->ops->evict)
		sb->ops->evict(i);
	address_space_destroy(&i->mapping);
	kmem_cache_free(inode_cache, i);
	sb_put(sb);
}

struct inode *anon_inode_get(mode_t mode)
{
	return inode_alloc(S_ISFIFO(mode) ? pipe_sb : anon_sb, mode);
}

/* ---- super blocks ---- */

struct super_block *sb_alloc(const struct fs_type *t, const struct super_ops *ops, u64 magic)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);

	if (!sb)
		return NULL;
	sb->type = t;
	sb->ops = ops;
	sb->magic = magic;
	sb->dev = MKDEV(0, (unsigned int)atomic_inc_return(&next_dev));
	mutex_init(&sb->rename_lock, RANK_RENAME);
	atomic_set(&sb->refs, 1);
	atomic_set(&sb->active, 1);
	return sb;
}

void sb_put(struct super_block *sb)
{
	if (!atomic_dec_and_test(&sb->refs))
		return;
	if (sb->ops->kill)
		sb->ops->kill(sb);
	kfree(sb);
}

void sb_deactivate(struct super_block *sb)
{
	if (atomic_dec_and_test(&sb->active) && sb->ops->umount)
		sb->ops->umount(sb);
	sb_put(sb);
}

/* ---- attributes ---- */

void generic_fillattr(struct inode *i, struct kstat *st)
{
	st->dev = i->sb->dev;
	st->ino = i->ino;
	st->mode = i->mode;
	st->nlink = i->nlink;
	st->uid = i->uid;
	st->gid = i->gid;
	st->rdev = i->rdev;
	st->size = (u64)i->mapping.size;
	st->blksize = PAGE_SIZE;
	st->blocks = i->mapping.nrpages * (PAGE_SIZE / 512);
	st->atime = i->atime;
	st->mtime = i->mtime;
	st->ctime = i->ctime;
	st->btime = i->btime;
}

int inode_getattr(const struct path *p, struct kstat *st)
{
	struct inode *i = p->dentry->inode;

	st->mnt_id = (u64)p->mnt->id;
	if (i->ops && i->ops->getattr)
		return i->ops->getattr(i, st);
	generic_fillattr(i, st);
	return 0;
}

void generic_setattr(struct inode *i, const struct iattr *attr)
{
	if (attr->valid & ATTR_UID)
		i->uid = attr->uid;
	if (attr->valid & ATTR_GID)
		i->gid = attr->gid;
	if (attr->valid & ATTR_MODE)
		i->mode = (i->mode & S_IFMT) | (attr->mode & S_IALLUGO);
	if (attr->valid & ATTR_ATIME)
		i->atime = attr->atime;
	if (attr->valid & ATTR_MTIME)
		i->mtime = attr->mtime;
	inode_changed(i);
}

int inode_setattr(struct inode *inode, const struct iattr *attr)
{
	int err = 0;

	mutex_lock(&inode->lock);
	if (inode->ops && inode->ops->setattr)
		err = inode->ops->setattr(inode, attr);
	else
		generic_setattr(inode, attr);
	mutex_unlock(&inode->lock);
	return err;
}

void inode_touch(struct inode *i)
{
	i->mtime = i->ctime = current_time();
	i->atime_old = true;
}

void inode_changed(struct inode *i)
{
	i->ctime = current_time();
	i->atime_old = true;
}

void inode_note_access(struct file *f)
{
	struct inode *i = f->inode;

	if ((f->flags & O_NOATIME) ||
	    (f->path.mnt && f->path.mnt->flags & (MS_RDONLY | MS_NOATIME)))
		return;
	i->atime = current_time();
	i->atime_old = false;
}

/* ---- permission ---- */

int inode_permission(struct inode *i, int mask)
{
	const struct process *p = current->process;
	mode_t mode = i->mode;

	if (i->ops && i->ops->permission)
		return i->ops->permission(i, mask);
	if (!p)
		return 0;
	if (p->fsuid == 0) {
		if (!(mask & X_OK) || S_ISDIR(mode) || (mode & S_IXUGO))
			return 0;
		return -EACCES;
	}
	if (p->fsuid == i->uid)
		mode >>= 6;
	else if (in_group(i->gid))
		mode >>= 3;
	return (mask & ~(int)mode & 7) ? -EACCES : 0;
}

bool inode_owner_or_capable(const struct inode *i)
{
	return !current->process || current_process()->fsuid == i->uid || capable();
}

int deny_write_access(struct inode *i)
{
	int v = atomic_read(&i->writers);

	do {
		if (v > 0)
			return -ETXTBSY;
	} while (!atomic_try_cmpxchg(&i->writers, &v, v - 1));
	return 0;
}

void allow_write_access(struct inode *i)
{
	atomic_inc(&i->writers);
}

int get_write_access(struct inode *i)
{
	int v = atomic_read(&i->writers);

	do {
		if (v < 0)
			return -ETXTBSY;
	} while (!atomic_try_cmpxchg(&i->writers, &v, v + 1));
	return 0;
}

void put_write_access(struct inode *i)
{
	atomic_dec(&i->writers);
}

/* ---- boot ---- */

static const struct super_ops anon_super_ops = { .evict = NULL };
static const struct fs_type anon_type = { .name = "anon_inodefs", .nodev = true };
static const struct fs_type pipe_type = { .name = "pipefs", .nodev = true };

void inode_init(void)
{
	inode_cache = kmem_cache_create("inode_cache", sizeof(struct inode), 0, SLAB_PANIC, NULL);
	anon_sb = sb_alloc(&anon_type, &anon_super_ops, ANON_INODE_FS_MAGIC);
	pipe_sb = sb_alloc(&pipe_type, &anon_super_ops, PIPEFS_MAGIC);
	if (!anon_sb || !pipe_sb)
		panic("vfs: no memory for the anonymous file systems");
}
