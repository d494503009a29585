/* SPDX-License-Identifier: MIT */
/*
 * vfs.h - inodes, names, mounts (fs/inode.c, fs/dcache.c, fs/namei.c, fs/mount.c)
 */
#ifndef FS_VFS_H
#define FS_VFS_H

#include <fs/file.h>
#include <mm/page_cache.h>
#include <uapi/stat.h>
#include <uapi/time.h>		/* struct timespec64 */

struct super_block;



/* inode_ops - names and attributes. Directory's inode lock held (RANK_INODE_DIR) for create..rename; NULL: -EPERM (lookup: -ENOTDIR). */
struct inode_ops {
	/* lookup - find @dentry->name in @dir: set dentry->inode (referenced) or leave NULL; 0 or -errno */
	int	(*lookup)(struct inode *dir, struct dentry *dentry);
	int	(*create)(struct inode *dir, struct dentry *dentry, mode_t mode);		/* regular file */
	int	(*mknod)(struct inode *dir, struct dentry *dentry, mode_t mode, dev_t rdev);
	int	(*mkdir)(struct inode *dir, struct dentry *dentry, mode_t mode);
	int	(*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int	(*link)(struct inode *inode, struct inode *dir, struct dentry *dentry);
	int	(*unlink)(struct inode *dir, struct dentry *dentry);
	int	(*rmdir)(struct inode *dir, struct dentry *dentry);
	int	(*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new, unsigned int flags);
	/* readlink - target text into @buf, length (not NUL-terminated) or -errno */
	int	(*readlink)(struct dentry *dentry, char *buf, size_t size);
	/* follow - a magic link (/proc/PID/fd/N, exe, cwd): *@path referenced; NULL: use readlink */
	int	(*follow)(struct dentry *dentry, struct path *path);
	int	(*setattr)(struct inode *inode, const struct iattr *attr);
	int	(*getattr)(struct inode *inode, struct kstat *st);				/* NULL: generic_fillattr */
};

struct iattr {
	unsigned int	valid;			/* ATTR_* */
	mode_t		mode; uid_t uid; gid_t gid; loff_t size;
	struct timespec64 atime, mtime;
};
#define ATTR_MODE	1u
#define ATTR_UID	2u
#define ATTR_GID	4u
#define ATTR_SIZE	8u
#define ATTR_ATIME	16u
#define ATTR_MTIME	32u

struct kstat {
	u64 dev, ino, rdev, size, blocks; u32 mode, nlink, uid, gid, blksize;
	struct timespec64 atime, mtime, ctime, btime;
};

struct inode {
	struct super_block	*sb;		/* (i) */
	u64			ino;		/* (i) */
	mode_t			mode;		/* lock */
	u32			nlink;		/* lock */
	uid_t			uid; gid_t gid;	/* lock */
	dev_t			rdev;		/* (i) */
	struct timespec64	atime, mtime, ctime, btime;
	struct mutex		lock;		/* RANK_INODE (directories RANK_INODE_DIR): size, data, entries */
	struct address_space	mapping;	/* page cache; mapping.size is the file's size */
	const struct inode_ops	*ops;
	const struct file_ops	*fops;		/* what open gives */
	atomic_t		refs;
	void			*private;
	u64			blocks;		/* 512-byte units */
};

struct dentry {
	char			*name;		/* (d) */
	unsigned int		len, hash;
	struct inode		*inode;		/* (d) NULL: negative */
	struct dentry		*parent;	/* (d) referenced; root: itself */
	struct super_block	*sb;
	struct list_head	hash_link, children, child_link; /* (d) */
	struct mount		*mounted;	/* (d) a file system is mounted here, or NULL */
	atomic_t		refs;
	unsigned int		flags;
};
#define DENTRY_UNHASHED	1u	/* removed: the name is gone */
#define DENTRY_NOCACHE	2u	/* procfs: look up again each time */

struct super_ops {
	void	(*evict)(struct inode *inode);		/* last reference and nlink 0 (or not kept) */
	int	(*statfs)(struct super_block *sb, struct kstatfs *st);
	void	(*kill)(struct super_block *sb);
	void	(*show_options)(struct super_block *sb, char *buf, size_t n);
};

struct kstatfs { u64 type, bsize, blocks, bfree, bavail, files, ffree, namelen, flags; };

struct fs_type {
	const char *name;
	/* mount - a new (or the one) super block with root set; ERR_PTR(-errno) */
	struct super_block *(*mount)(const char *source, const char *options, unsigned long flags);
	bool nodev;
};

struct super_block {
	const struct fs_type	*type;
	const struct super_ops	*ops;
	struct dentry		*root;
	dev_t			dev;
	atomic_t		refs;
	atomic64_t		next_ino;
	struct mutex		rename_lock;	/* RANK_RENAME */
	void			*private;
};

struct mount {
	struct super_block	*sb;
	struct dentry		*root;		/* = sb->root (or a bind source) */
	struct mount		*parent;
	struct dentry		*mountpoint;
	char			*source;
	unsigned long		flags;		/* MS_* */
	struct list_head	link;
	atomic_t		refs;
};

/* ---- inode.c ---- */
struct inode *inode_alloc(struct super_block *sb, mode_t mode);	/* refs 1, nlink 1; NULL no memory */
static inline struct inode *inode_get(struct inode *i) { atomic_inc(&i->refs); return i; }
void inode_put(struct inode *i);
void generic_fillattr(struct inode *i, struct kstat *st);
struct timespec64 current_time(void);
/* inode_permission - current may do @mask (4 read, 2 write, 1 exec): 0 or -EACCES */
int inode_permission(struct inode *i, int mask);

/* ---- dcache.c ---- */
struct dentry *dget(struct dentry *d);
void dput(struct dentry *d);
void path_get(const struct path *p);
void path_put(const struct path *p);
char *path_text(const struct path *p, const struct path *root, char *buf, size_t size);

/* ---- namei.c ---- */
#define LOOKUP_FOLLOW		1u
#define LOOKUP_DIRECTORY	2u
#define LOOKUP_EMPTY		4u	/* AT_EMPTY_PATH */
#define LOOKUP_PARENT		8u
/* user_path_at - resolve a user path; 0 and referenced *@path, or -errno */
int user_path_at(int dirfd, const char __user *name, unsigned int flags, struct path *path);
int kern_path(int dirfd, const char *name, unsigned int flags, struct path *path);

/* ---- mount.c ---- */
void register_filesystem(const struct fs_type *t);
int do_mount(const char *source, const struct path *at, const char *type, unsigned long flags, const char *options);

/* ---- devices ---- */
#define MKDEV(ma, mi)	(((dev_t)(ma) << 8 & 0xfff00) | ((dev_t)(mi) & 0xff) | ((dev_t)((mi) & ~0xffu) << 12))
#define MAJOR(d)	((unsigned int)(((d) >> 8) & 0xfff))
#define MINOR(d)	((unsigned int)(((d) & 0xff) | (((d) >> 12) & 0xfff00)))
/* device_register - node /dev/@name of @type S_IFCHR/S_IFBLK with @ops. */
int device_register(const char *name, mode_t mode, dev_t dev, const struct file_ops *ops);

#endif
