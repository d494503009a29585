/* SPDX-License-Identifier: MIT */
/*
 * fs/tmpfs.c - a file system that lives in the page cache and the dcache
 *
 * Names are pinned dentries, contents are the pages of inode->mapping, and nothing is behind either:
 * a page that is not there is a hole. The root file system is one of these (filled by
 * fs/initramfs.c), and so is devtmpfs (fs/devfs.c).
 *
 * The limit counts pages per super block. A page is charged when it is first filled (aspace_ops.fill)
 * and given back when truncation or the inode's end removes it; inode->charged remembers how many. Each
 * is also a promise to find memory (mm/overcommit.c), unless all of the file was promised when it was made.
 * A second limit counts inodes, which take memory as well, and each name of an inode beyond the first.
 *
 * ALWAYS TRUE  T1  every name is a hashed positive dentry with one reference of its own.
 *              T2  info.used = sum of inode->charged.
 *                  info.inodes = inodes, and for each that is no directory its names without the first.
 *              T3  an inode with nlink 0 ends with its last reference; others are held by dentries.
 * LOCKS        directory inode locks by the callers; used and charged are atomic.
 * LEFT OUT     swap of tmpfs pages, huge pages, quotas, extended attributes.
 */
#include <fs/memfd.h>
#include <fs/namei.h>
#include <fs/tmpfs.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/overcommit.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include <uapi/statfs.h>

static const struct inode_ops tmpfs_dir_iops, tmpfs_file_iops, tmpfs_link_iops;
static const struct file_ops tmpfs_file_fops;

/* One more of what @max limits, if that is not 0. */
static bool take_one(atomic64_t *used, const long *max)
{
	long limit = READ_ONCE(*max);

	if (likely(atomic64_add_return(1, used) <= limit || !limit))
		return true;
	atomic64_dec(used);
	return false;
}

/* ---- pages ---- */

static int tmpfs_charge(struct address_space *as)
{
	struct inode *inode = as->host;
	struct tmpfs_info *info = inode->sb->private;

	if (!take_one(&info->used, &info->max))
		return -ENOSPC;
	if (!(as->flags & AS_RESERVED) && !vm_charge_pages(NULL, 1, 1)) {
		atomic64_dec(&info->used);
		return -ENOSPC;
	}
	atomic64_inc(&inode->charged);
	return 0;
}

static int tmpfs_fill(struct address_space *as, struct page *page)
{
	int err = tmpfs_charge(as);

	if (err)
		return err;
	clear_highpage(page);
	SetPageUptodate(page);
	unlock_page(page);
	return 0;
}

/* Give back what is charged beyond the pages that are there (NULL: none is). */
static void tmpfs_uncharge(struct inode *inode, const unsigned long *nrpages)
{
	struct tmpfs_info *info = inode->sb->private;
	unsigned long extra = vm_take_excess(&inode->charged, nrpages);

	if (!extra)
		return;
	atomic64_sub((long)extra, &info->used);
	if (!(inode->mapping.flags & AS_RESERVED))
		vm_uncharge_pages(extra);
}

static int tmpfs_punch(struct address_space *as, loff_t start, loff_t end)
{
	if (as->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	punch_pages(as, start, end);
	tmpfs_uncharge(as->host, &as->nrpages);
	inode_touch(as->host);
	return 0;
}

static const struct aspace_ops tmpfs_aspace_ops = {
	.fill = tmpfs_fill, .charge = tmpfs_charge, .punch = tmpfs_punch,
};

void tmpfs_charge_adopted(struct inode *inode)
{
	struct tmpfs_info *info = inode->sb->private;

	atomic64_inc(&info->used);
	atomic64_inc(&inode->charged);
	vm_commit_add(1);
}

/* ---- inodes ---- */

static void tmpfs_set_ops(struct inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFDIR:
		inode->ops = &tmpfs_dir_iops;
		inode->fops = &dcache_dir_fops;
		inode->nlink = 2;
		break;
	case S_IFREG:
		inode->ops = &tmpfs_file_iops;
		inode->fops = &tmpfs_file_fops;
		address_space_init(&inode->mapping, inode, &tmpfs_aspace_ops);
		inode->mapping.flags = AS_SHMEM;
		inode->mapping.seals = F_SEAL_SEAL;
		break;
	case S_IFLNK:
		inode->ops = &tmpfs_link_iops;
		break;
	default:
		inode->ops = &tmpfs_file_iops;	/* attributes only; fops come from the device */
	}
}

/* A new inode in @dir (NULL: the root), with the group of a set-group-ID directory; ERR_PTR: -ENOSPC, -ENOMEM. */
static struct inode *tmpfs_inode(struct super_block *sb, struct inode *dir, mode_t mode, dev_t rdev)
{
	struct tmpfs_info *info = sb->private;
	struct inode *inode;

	if (!take_one(&info->inodes, &info->max_inodes))
		return ERR_PTR(-ENOSPC);
	inode = inode_alloc(sb, mode);
	if (!inode) {
		atomic64_dec(&info->inodes);
		return ERR_PTR(-ENOMEM);
	}
	if (dir && (dir->mode & S_ISGID)) {
		inode->gid = dir->gid;
		if (S_ISDIR(mode))
			inode->mode |= S_ISGID;
	}
	inode->rdev = rdev;
	tmpfs_set_ops(inode);
	return inode;
}

static void tmpfs_evict(struct inode *inode)
{
	struct tmpfs_info *info = inode->sb->private;

	tmpfs_uncharge(inode, NULL);
	if (inode->mapping.flags & AS_RESERVED)
		vm_uncharge_pages(DIV_ROUND_UP((unsigned long)inode->mapping.size, PAGE_SIZE));
	if (S_ISLNK(inode->mode))
		kfree(inode->private);
	atomic64_dec(&info->inodes);
}

/* ---- names ---- */

static int tmpfs_mknod(struct inode *dir, struct dentry *dentry, mode_t mode, dev_t rdev)
{
	struct inode *inode = tmpfs_inode(dir->sb, dir, mode, rdev);

	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	if (S_ISDIR(mode))
		dir->nlink++;
	inode_touch(dir);
	d_instantiate(dentry, inode);
	return 0;
}

static int tmpfs_create(struct inode *dir, struct dentry *dentry, mode_t mode)
{
	return tmpfs_mknod(dir, dentry, mode, 0);
}

static int tmpfs_mkdir(struct inode *dir, struct dentry *dentry, mode_t mode)
{
	return tmpfs_mknod(dir, dentry, mode | S_IFDIR, 0);
}

static struct inode *tmpfs_tmpfile(struct inode *dir, mode_t mode)
{
	struct inode *inode = tmpfs_inode(dir->sb, dir, mode, 0);

	if (!IS_ERR(inode))
		inode->nlink = 0;
	return inode;
}

static int tmpfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	char *text = kstrdup(target, GFP_KERNEL);
	struct inode *inode = text ? tmpfs_inode(dir->sb, dir, S_IFLNK | S_IRWXUGO, 0) : ERR_PTR(-ENOMEM);

	if (IS_ERR(inode)) {
		kfree(text);
		return (int)PTR_ERR(inode);
	}
	inode->private = text;
	inode->mapping.size = (loff_t)strlen(text);
	inode_touch(dir);
	d_instantiate(dentry, inode);
	return 0;
}

static int tmpfs_readlink(struct dentry *dentry, char *buf, size_t size)
{
	size_t n = min((size_t)dentry->inode->mapping.size, size);

	memcpy(buf, dentry->inode->private, n);
	return (int)n;
}

static int tmpfs_link(struct inode *inode, struct inode *dir, struct dentry *dentry)
{
	struct tmpfs_info *info = inode->sb->private;

	if (inode->nlink && !take_one(&info->inodes, &info->max_inodes))
		return -ENOSPC;
	inode->nlink++;
	inode_changed(inode);
	inode_touch(dir);
	d_instantiate(dentry, inode_get(inode));
	return 0;
}

/* A name of @inode, which is no directory, goes. */
static void drop_name(struct inode *inode)
{
	struct tmpfs_info *info = inode->sb->private;

	if (inode->nlink-- > 1)
		atomic64_dec(&info->inodes);
	inode_changed(inode);
}

static int tmpfs_unlink(struct inode *dir, struct dentry *dentry)
{
	drop_name(dentry->inode);
	inode_touch(dir);
	d_drop(dentry);
	return 0;
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (!dcache_dir_empty(dentry))
		return -ENOTEMPTY;
	dentry->inode->nlink = 0;
	dir->nlink--;
	inode_touch(dir);
	d_drop(dentry);
	return 0;
}

/* A directory that changes its parent takes its ".." along. */
static void move_dir_links(struct inode *from, struct inode *to, const struct inode *what)
{
	if (what && S_ISDIR(what->mode)) {
		from->nlink--;
		to->nlink++;
	}
}

static int tmpfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			struct dentry *new, unsigned int flags)
{
	struct inode *victim = new->inode;
	bool exchange = (flags & RENAME_EXCHANGE) != 0;

	if (victim && !exchange) {
		if (S_ISDIR(victim->mode)) {
			if (!dcache_dir_empty(new))
				return -ENOTEMPTY;
			victim->nlink = 0;
			new_dir->nlink--;
			inode_changed(victim);
		} else {
			drop_name(victim);
		}
	}
	move_dir_links(old_dir, new_dir, old->inode);
	if (exchange)
		move_dir_links(new_dir, old_dir, victim);
	inode_changed(old->inode);
	inode_touch(old_dir);
	inode_touch(new_dir);
	d_move(old, new, exchange);
	return 0;
}

/* ---- attributes ---- */

static int tmpfs_setattr(struct inode *inode, const struct iattr *attr)
{
	struct address_space *as = &inode->mapping;
	loff_t old = as->size;

	if (attr->valid & ATTR_SIZE) {
		int err = seals_forbid_size(as, attr->size);

		if (err)
			return err;
		WRITE_ONCE(as->size, attr->size);
		if (attr->size <= old) {		/* the same: what was allocated beyond it goes */
			truncate_pages(as, attr->size);
			tmpfs_uncharge(inode, &as->nrpages);
		}
		inode_touch(inode);
	}
	generic_setattr(inode, attr);
	return 0;
}

/* tmpfs_may_allocate - what can be said before the first page is made; inode lock held */
static int tmpfs_may_allocate(struct inode *inode, loff_t end, u64 pages)
{
	struct tmpfs_info *info = inode->sb->private;
	long max = READ_ONCE(info->max);
	int err = inode_newsize_ok(inode, end);

	if (!err && end > inode->mapping.size && (inode->mapping.seals & F_SEAL_GROW))
		err = -EPERM;
	if (!err && max && pages > (u64)max)
		err = -ENOSPC;
	return err;
}

/* make_pages - [first, end), all of them or none that was not there before; inode lock held */
static int make_pages(struct inode *inode, pgoff_t first, pgoff_t end)
{
	static atomic64_t calls;		/* tells the pages that this call made from all others */
	unsigned long maker = (unsigned long)atomic64_add_return(1, &calls);
	struct address_space *as = &inode->mapping;
	int err = 0;

	for (pgoff_t index = first; index < end; index++) {
		struct page *page = NULL;
		int made = 1;			/* stays so if the page is there */

		if (signal_pending(current))
			made = -EINTR;
		else
			page = page_cache_get(as, index, &made);
		if (!page) {
			undo_pages(as, first, index, maker);
			tmpfs_uncharge(inode, &as->nrpages);
			err = made;
			break;
		}
		if (!made)
			page->private = maker;
		put_page(page);
		cond_resched();
	}
	return err;
}

static int tmpfs_allocate(struct inode *inode, int mode, loff_t off, loff_t end)
{
	pgoff_t first = (pgoff_t)off >> PAGE_SHIFT, behind = ((pgoff_t)end + PAGE_SIZE - 1) >> PAGE_SHIFT;
	int err = tmpfs_may_allocate(inode, end, behind - first);

	if (!err)
		err = make_pages(inode, first, behind);
	if (!err && end > inode->mapping.size && !(mode & FALLOC_FL_KEEP_SIZE))
		WRITE_ONCE(inode->mapping.size, end);
	return err;
}

static int tmpfs_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	struct inode *inode = f->inode;
	int err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	mutex_lock(&inode->lock);
	if (mode & FALLOC_FL_PUNCH_HOLE)
		err = tmpfs_punch(&inode->mapping, off, off + len);
	else
		err = tmpfs_allocate(inode, mode, off, off + len);
	if (!err)
		inode_touch(inode);
	mutex_unlock(&inode->lock);
	return err;
}

static int tmpfs_fsync(struct file *f, bool datasync)
{
	return 0;		/* memory is all there is */
}

static const struct inode_ops tmpfs_dir_iops = {
	.create		= tmpfs_create,
	.mknod		= tmpfs_mknod,
	.mkdir		= tmpfs_mkdir,
	.symlink	= tmpfs_symlink,
	.link		= tmpfs_link,
	.unlink		= tmpfs_unlink,
	.rmdir		= tmpfs_rmdir,
	.rename		= tmpfs_rename,
	.tmpfile	= tmpfs_tmpfile,
};
static const struct inode_ops tmpfs_file_iops = { .setattr = tmpfs_setattr };
static const struct inode_ops tmpfs_link_iops = { .readlink = tmpfs_readlink };
static const struct file_ops tmpfs_file_fops = {
	.read		= generic_file_read,
	.write		= generic_file_write,
	.llseek		= generic_file_llseek,
	.mmap		= generic_file_mmap,
	.fsync		= tmpfs_fsync,
	.fallocate	= tmpfs_fallocate,
};

/* ---- the file system ---- */

static u64 what_is_left(long max, const atomic64_t *used)
{
	long left = max - atomic64_read(used);

	return left > 0 ? (u64)left : 0;
}

/* What has no limit is shown as 0 of 0. */
static int tmpfs_statfs(struct super_block *sb, struct kstatfs *st)
{
	struct tmpfs_info *info = sb->private;

	st->bsize = PAGE_SIZE;
	st->blocks = (u64)info->max;
	st->bfree = st->bavail = what_is_left(info->max, &info->used);
	st->files = (u64)info->max_inodes;
	st->ffree = what_is_left(info->max_inodes, &info->inodes);
	st->namelen = NAME_MAX;
	return 0;
}

/* The first child of @dir, referenced, or NULL. */
static struct dentry *first_child(struct dentry *dir)
{
	struct dentry *d;

	spin_lock(&dcache_lock);
	d = list_first_entry_or_null(&dir->children, struct dentry, child_link);
	if (d)
		dget(d);
	spin_unlock(&dcache_lock);
	return d;
}

/*
 * Unpin what is below @top, depth first; the directories are nobody else's any more. From the dentry at hand up to
 * @top each has a reference of ours: a tree may be deeper than the stack.
 */
static void drop_children(struct dentry *top)
{
	struct dentry *d = top, *next;

	for (;;) {
		next = first_child(d);
		if (!next && d == top)
			return;
		if (!next) {
			next = d->parent;
			d_drop(d);
			dput(d);
		}
		d = next;
	}
}

/* The last mount is gone: take the tree apart; inodes then drop the super block one by one. */
static void tmpfs_umount(struct super_block *sb)
{
	struct dentry *root = sb->root;

	sb->root = NULL;
	drop_children(root);
	dput(root);
}

static void tmpfs_kill(struct super_block *sb)
{
	kfree(sb->private);
}

static const struct super_ops tmpfs_super_ops = {
	.evict		= tmpfs_evict,
	.statfs		= tmpfs_statfs,
	.umount		= tmpfs_umount,
	.kill		= tmpfs_kill,
	.show_options	= tmpfs_show_options,
};

/* A super block without a root; NULL: no memory. */
static struct super_block *tmpfs_super(const struct fs_type *t, const struct tmpfs_options *o)
{
	struct super_block *sb = sb_alloc(t, &tmpfs_super_ops, TMPFS_MAGIC);
	struct tmpfs_info *info = sb ? kzalloc(sizeof(*info), GFP_KERNEL) : NULL;

	if (sb && !info) {
		sb_put(sb);
		return NULL;
	}
	if (!sb)
		return NULL;
	info->max = o->blocks;
	info->max_inodes = o->inodes;
	sb->private = info;
	sb->dflags = DENTRY_PINNED;
	return sb;
}

static int make_root(struct super_block *sb, const struct tmpfs_options *o)
{
	struct inode *root = tmpfs_inode(sb, NULL, S_IFDIR | o->mode, 0);

	if (IS_ERR(root))
		return (int)PTR_ERR(root);
	root->uid = o->uid;
	root->gid = o->gid;
	sb->root = d_alloc_root(sb, root);
	if (sb->root)
		return 0;
	inode_put(root);
	return -ENOMEM;
}

struct super_block *tmpfs_mount(const struct fs_type *t, const char *source, const char *options,
				unsigned long flags)
{
	struct tmpfs_options o;
	int err = tmpfs_parse_options(&o, options);
	struct super_block *sb;

	if (err)
		return ERR_PTR(err);
	sb = tmpfs_super(t, &o);
	err = sb ? make_root(sb, &o) : -ENOMEM;
	if (!err)
		return sb;
	if (sb)
		sb_put(sb);
	return ERR_PTR(err);
}

static const struct fs_type tmpfs_type = { "tmpfs", tmpfs_mount, true, tmpfs_remount };
static const struct fs_type ramfs_type = { "ramfs", tmpfs_mount, true, NULL };

void tmpfs_init(void)
{
	register_filesystem(&tmpfs_type);
	register_filesystem(&ramfs_type);
}
