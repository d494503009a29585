/* SPDX-License-Identifier: MIT */
/* tmpfs.h - what other file systems made of tmpfs use (fs/tmpfs.c) */
#ifndef FS_TMPFS_H
#define FS_TMPFS_H

#include <fs/vfs.h>

struct super_block *tmpfs_mount(const struct fs_type *t, const char *source, const char *options,
				unsigned long flags);
/* tmpfs_charge_adopted - a page was put into @inode's cache without ops->fill */
void tmpfs_charge_adopted(struct inode *inode);
void tmpfs_init(void);
void devfs_init(void);
void procfs_init(void);
void sysfs_init(void);
void devpts_init(void);

#endif
