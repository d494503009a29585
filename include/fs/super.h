/* SPDX-License-Identifier: MIT */
/*
 * super.h - one file system's instance, and where it is mounted (fs/mount.c)
 *
 * letters: (d) dcache_lock
 */
#ifndef FS_SUPER_H
#define FS_SUPER_H

#include <kernel/mutex.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/types.h>

struct dentry;
struct fs_type;
struct inode;
struct kstatfs;
struct super_block;

struct super_ops {
	void	(*evict)(struct inode *inode);		/* last reference gone */
	int	(*statfs)(struct super_block *sb, struct kstatfs *st);
	void	(*umount)(struct super_block *sb);	/* the last mount is gone: let the tree go */
	void	(*kill)(struct super_block *sb);	/* the last inode is gone */
	void	(*show_options)(struct super_block *sb, char *buf, size_t n);
};

struct kstatfs { u64 type, bsize, blocks, bfree, bavail, files, ffree, namelen, flags; };

struct fs_type {
	const char *name;
	/* mount - a new (or the one, referenced) super block with root set; ERR_PTR(-errno) */
	struct super_block *(*mount)(const struct fs_type *t, const char *source,
				     const char *options, unsigned long flags);
	bool nodev;
	/* remount - change what @options say; mount_mutex held; 0 or -errno. NULL: they mean nothing here */
	int (*remount)(struct super_block *sb, const char *options);
};

struct super_block {
	const struct fs_type	*type;
	const struct super_ops	*ops;
	struct dentry		*root;
	dev_t			dev;
	atomic_t		refs;		/* inodes and mounts */
	atomic_t		active;		/* mounts; one more where it outlives them */
	atomic64_t		next_ino;
	struct mutex		rename_lock;	/* RANK_RENAME */
	u64			magic;
	unsigned int		dflags;		/* flags of its new dentries */
	void			*private;
};

struct mount {
	struct super_block	*sb;		/* referenced */
	struct dentry		*root;		/* = sb->root (or a bind source); referenced */
	struct mount		*parent;	/* referenced; the first mount: NULL */
	struct dentry		*mountpoint;	/* referenced */
	char			*source;
	unsigned long		flags;		/* MS_* */
	struct list_head	link;		/* (d) */
	atomic_t		refs;
	atomic_t		writers;	/* regular files open for writing through it */
	int			id;
	bool			detached;	/* (d) */
};

#endif
