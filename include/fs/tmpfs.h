/* SPDX-License-Identifier: MIT */
/* tmpfs.h - what other file systems made of tmpfs use (fs/tmpfs.c, tmpfs_options.c) */
#ifndef FS_TMPFS_H
#define FS_TMPFS_H

#include <fs/vfs.h>

struct tmpfs_info {			/* of a super block */
	atomic64_t	used;		/* pages */
	long		max;		/* pages; 0: no limit; a remount changes it */
	atomic64_t	inodes;		/* and names, without the first of each */
	long		max_inodes;	/* the same */
};

struct super_block *tmpfs_mount(const struct fs_type *t, const char *source, const char *options,
				unsigned long flags);
/* tmpfs_remount - other limits for what is mounted: 0, or -EINVAL, -ENOMEM and nothing changed */
int tmpfs_remount(struct super_block *sb, const char *options);
/* tmpfs_charge_adopted - a page was put into @inode's cache without ops->fill */
void tmpfs_charge_adopted(struct inode *inode);

struct tmpfs_options {
	unsigned int	seen;			/* which limits were named */
	long		blocks, inodes;		/* the limits: pages, inodes; 0: none */
	mode_t		mode;
	uid_t		uid;
	gid_t		gid;
};
#define TMPFS_BLOCKS	1u
#define TMPFS_INODES	2u
/* tmpfs_parse_options - what the comma-separated @text (or NULL) says, and defaults: 0, -EINVAL, -ENOMEM */
int tmpfs_parse_options(struct tmpfs_options *o, const char *text);
void tmpfs_show_options(struct super_block *sb, char *buf, size_t n);

void tmpfs_init(void);
void devfs_init(void);
void procfs_init(void);
void sysfs_init(void);
void devpts_init(void);

#endif
