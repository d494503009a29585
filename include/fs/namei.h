/* SPDX-License-Identifier: MIT */
/* namei.h - what the callers of path walks in fs/ share (fs/namei.c) */
#ifndef FS_NAMEI_H
#define FS_NAMEI_H

#include <fs/vfs.h>

/* a path name copied from user space; short ones need no allocation */
struct filename {
	char		*name;
	char		inline_name[144];
};
/* getname - 0, -ENOENT for "" unless @empty_ok, -EFAULT, -ENAMETOOLONG, -ENOMEM; then putname() */
int getname(struct filename *fn, const char __user *name, bool empty_ok);
void putname(struct filename *fn);

enum last_type { LAST_NORM, LAST_ROOT, LAST_DOT, LAST_DOTDOT };

#define LOOKUP_CREATE	16u	/* the last name may be missing: then its parent is the result */

struct nameidata {
	struct path	path;		/* where we are: borrowed while walking, referenced at the end */
	struct path	root;		/* borrowed or pinned likewise */
	struct path	pin;		/* what keeps path alive after the last sleep */
	bool		root_pinned;
	unsigned int	flags;		/* LOOKUP_* */
	unsigned int	links;		/* symbolic links followed so far */
	int		err;
	char		*link_buf;	/* text of links being followed, PATH_MAX */
	/* the last name, with LOOKUP_PARENT or a missing name */
	const char	*last;
	size_t		last_len;
	enum last_type	last_type;
	bool		missing;	/* LOOKUP_CREATE: path is the parent */
	bool		slash;		/* a slash follows the last name */
};

/* path_lookup - walk @name; 0 with nd->path referenced; then nd_done(); nd_done() also on failure */
int path_lookup(struct nameidata *nd, int dirfd, const char *name, unsigned int flags);
void nd_done(struct nameidata *nd);
/* lookup_parent - directory and last name of @name: 0 or -errno (then nothing is held) */
int lookup_parent(struct nameidata *nd, int dirfd, const char *name);

/* may_create / may_delete - permission to add or remove names; inode lock of the directory held */
int may_create(struct dentry *dir);
int may_delete(struct dentry *dir, struct dentry *victim, bool isdir);
/* inode_newsize_ok - does RLIMIT_FSIZE let @inode grow to @size? 0, or -EFBIG and SIGXFSZ is sent */
int inode_newsize_ok(const struct inode *inode, loff_t size);
/* vfs_truncate - set the size; 0 or -errno */
int vfs_truncate(struct inode *inode, loff_t size);
int inode_setattr(struct inode *inode, const struct iattr *attr);
/* dentry_open - an open file on @p (references taken) */
struct file *dentry_open(const struct path *p, unsigned int flags);
/* pipes and FIFOs */
extern const struct file_ops fifo_fops;

#endif
