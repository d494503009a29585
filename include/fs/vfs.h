/* SPDX-License-Identifier: MIT */
/*
 * vfs.h - inodes, names, mounts (fs/inode.c, fs/dcache.c, fs/namei.c, fs/mount.c)
 */
#ifndef FS_VFS_H
#define FS_VFS_H

#include <fs/device.h>
#include <fs/file.h>
#include <fs/super.h>
#include <lib/hlist.h>
#include <mm/page_cache.h>
#include <uapi/mount.h>
#include <uapi/stat.h>
#include <uapi/time.h>

struct iattr;
struct kstat;
struct pipe;
struct super_block;

/*
 * inode_ops - names and attributes. The directory's inode lock is held (RANK_INODE_DIR) for
 * create..rename; NULL: -EPERM (lookup: the dcache knows every name).
 */
struct inode_ops {
	/* lookup - find @dentry->name in @dir: set dentry->inode (referenced) or leave it NULL */
	int	(*lookup)(struct inode *dir, struct dentry *dentry);
	int	(*create)(struct inode *dir, struct dentry *dentry, mode_t mode); /* regular file */
	int	(*mknod)(struct inode *dir, struct dentry *dentry, mode_t mode, dev_t rdev);
	int	(*mkdir)(struct inode *dir, struct dentry *dentry, mode_t mode);
	int	(*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int	(*link)(struct inode *inode, struct inode *dir, struct dentry *dentry);
	int	(*unlink)(struct inode *dir, struct dentry *dentry);
	int	(*rmdir)(struct inode *dir, struct dentry *dentry);
	/* rename - @new is negative, or what is replaced (or exchanged, by @flags) */
	int	(*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			  struct dentry *new, unsigned int flags);
	/* tmpfile - an inode without a name, nlink 0; ERR_PTR */
	struct inode *(*tmpfile)(struct inode *dir, mode_t mode);
	/* readlink - target text into @buf, length (not NUL-terminated) or -errno */
	int	(*readlink)(struct dentry *dentry, char *buf, size_t size);
	/* follow - a magic link (/proc/PID/fd/N, exe, cwd): *@path referenced; NULL: use readlink */
	int	(*follow)(struct dentry *dentry, struct path *path);
	int	(*setattr)(struct inode *inode, const struct iattr *attr);	/* inode lock held */
	int	(*getattr)(struct inode *inode, struct kstat *st);	/* NULL: generic_fillattr */
	/* permission - NULL: by mode bits */
	int	(*permission)(struct inode *inode, int mask);
};

struct iattr {
	unsigned int	valid;			/* ATTR_* */
	mode_t		mode;
	uid_t		uid;
	gid_t		gid;
	loff_t		size;
	struct timespec64 atime, mtime;
};
#define ATTR_MODE	1u
#define ATTR_UID	2u
#define ATTR_GID	4u
#define ATTR_SIZE	8u
#define ATTR_ATIME	16u
#define ATTR_MTIME	32u

struct kstat {
	u64 dev, ino, rdev, size, blocks;
	u32 mode, nlink, uid, gid, blksize;
	struct timespec64 atime, mtime, ctime, btime;
	u64 mnt_id;
};

struct inode {
	struct super_block	*sb;		/* (i) */
	u64			ino;		/* (i) */
	mode_t			mode;		/* lock */
	u32			nlink;		/* lock */
	uid_t			uid;		/* lock */
	gid_t			gid;		/* lock */
	dev_t			rdev;		/* (i) */
	struct timespec64	atime, mtime, ctime, btime;
	bool			atime_old;	/* a change came after the last noted read */
	struct mutex		lock;		/* RANK_INODE or _DIR: size, data, entries */
	struct address_space	mapping;	/* page cache; mapping.size is the file's size */
	const struct inode_ops	*ops;
	const struct file_ops	*fops;		/* what open gives */
	atomic_t		refs;
	void			*private;
	struct pipe		*pipe;		/* a FIFO's buffers while open; lock */
	struct list_head	locks;		/* flock.c's lock: struct file_lock */
	u64			next_cookie;	/* directories: position of the next new name; lock */
	atomic_t		writers;	/* open for writing; -1 per running program (ETXTBSY) */
	atomic64_t		charged;	/* tmpfs: pages counted against the limit */
};

struct dentry {
	char			*name;		/* (d) iname, or kmalloc'ed */
	unsigned int		len, hash;
	struct inode		*inode;		/* (d) NULL: negative */
	struct dentry		*parent;	/* (d) referenced; root: itself */
	struct super_block	*sb;
	struct hlist_node	hash_link;	/* (d) */
	struct list_head	children, child_link;	/* (d) children in the order of their cookies */
	unsigned int		mounted;	/* (d) mounts on top of this dentry */
	atomic_t		refs;		/* 1 -> 0 only under (d) */
	unsigned int		flags;
	u64			cookie;		/* (d) position in its directory */
	char			iname[32];
};
#define DENTRY_UNHASHED	1u	/* removed: the name is gone */
#define DENTRY_NOCACHE	2u	/* procfs: look up again each time */
#define DENTRY_PINNED	4u	/* the name itself holds a reference (tmpfs) */

/* ---- inode.c ---- */
struct inode *inode_alloc(struct super_block *sb, mode_t mode);	/* refs 1, nlink 1; or NULL */
static inline struct inode *inode_get(struct inode *i) { atomic_inc(&i->refs); return i; }
void inode_put(struct inode *i);
/* anon_inode_get - an inode for a file without a name (pipes: S_IFIFO); NULL no memory */
struct inode *anon_inode_get(mode_t mode);
void inode_init(void);
void generic_fillattr(struct inode *i, struct kstat *st);
int inode_getattr(const struct path *p, struct kstat *st);
/* generic_setattr - what every file system does with mode, owner and times; inode lock held */
void generic_setattr(struct inode *i, const struct iattr *attr);
struct timespec64 current_time(void);
void inode_touch(struct inode *i);		/* mtime = ctime = now */
void inode_changed(struct inode *i);		/* ctime = now */
/* inode_accessed - atime by the relatime rule: only the first read after a change is noted */
void inode_note_access(struct file *f);
static inline void inode_accessed(struct file *f)
{
	if (unlikely(f->inode->atime_old))
		inode_note_access(f);
}
/* inode_permission - current may do @mask (4 read, 2 write, 1 exec): 0 or -EACCES */
int inode_permission(struct inode *i, int mask);
bool inode_owner_or_capable(const struct inode *i);
/* deny_write_access / allow_write_access - exec's hold on a program file: 0 or -ETXTBSY */
int deny_write_access(struct inode *i);
void allow_write_access(struct inode *i);
/* get_write_access / put_write_access - a writer's hold: 0, or -ETXTBSY while a program runs from it */
int get_write_access(struct inode *i);
void put_write_access(struct inode *i);
struct super_block *sb_alloc(const struct fs_type *t, const struct super_ops *ops, u64 magic);
static inline struct super_block *sb_get(struct super_block *sb)
{
	atomic_inc(&sb->refs);
	return sb;
}
void sb_put(struct super_block *sb);
/* sb_activate / sb_deactivate - a mount's hold: a reference, and with the last one ops->umount */
static inline struct super_block *sb_activate(struct super_block *sb)
{
	atomic_inc(&sb->active);
	return sb_get(sb);
}
void sb_deactivate(struct super_block *sb);

/* ---- dcache.c ---- */
extern spinlock_t dcache_lock;			/* (d), RANK_DCACHE */
static inline struct dentry *dget(struct dentry *d) { atomic_inc(&d->refs); return d; }
void dput(struct dentry *d);
void path_get(const struct path *p);
void path_put(const struct path *p);
/* path_text - names from @root (NULL: the very root) to @p; pointer into @buf or ERR_PTR */
char *path_text(const struct path *p, const struct path *root, char *buf, size_t size);
unsigned int name_hash(const char *name, size_t len);
/* d_alloc - a new unhashed negative child of @parent, referenced; NULL: no memory */
struct dentry *d_alloc(struct dentry *parent, const char *name, size_t len);
struct dentry *d_alloc_root(struct super_block *sb, struct inode *inode);	/* takes @inode */
/* d_find_locked - the hashed child, not referenced; dcache_lock held */
struct dentry *d_find_locked(struct dentry *parent, const char *name, size_t len,
			     unsigned int hash);
/* d_lookup - child @name of @dir (inode lock held): referenced, perhaps negative; ERR_PTR */
struct dentry *d_lookup(struct dentry *dir, const char *name, size_t len);
/* d_instantiate - @d gets @inode (reference taken over) and is put into the hash and its directory */
void d_instantiate(struct dentry *d, struct inode *inode);
void d_drop(struct dentry *d);			/* the name goes; last references may live on */
void d_move(struct dentry *d, struct dentry *target, bool exchange);
bool d_is_below(struct dentry *d, struct dentry *ancestor);
/* dcache_iterate - readdir of a directory whose names are all in the dcache; inode lock held */
int dcache_iterate(struct file *f, struct dir_context *ctx);
bool dcache_dir_empty(struct dentry *d);
extern const struct file_ops dcache_dir_fops;
void dcache_init(void);

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
int do_mount(const char *source, const struct path *at, const char *type, unsigned long flags,
	     const char *options);
/* kern_mount - a file system of the kernel's own, seen nowhere; boot only: panics without memory */
struct mount *kern_mount(const struct fs_type *t, const char *options);
struct mount *mnt_get(struct mount *m);
void mnt_put(struct mount *m);
/* mount_on_locked - the mount on top of @p, or NULL; dcache_lock held */
struct mount *mount_on_locked(const struct path *p);
/* mnt_want_write - 0 or -EROFS */
int mnt_want_write(const struct path *p);
extern struct mount *root_mount;
void mount_init(void);			/* the root; file systems are registered */
/* mount_for_each - @fn(mount, path text, arg) in mount order */
void mount_for_each(void (*fn)(struct mount *m, const char *at, void *arg), void *arg);
void fs_type_for_each(void (*fn)(const struct fs_type *t, void *arg), void *arg);

#endif
