/* SPDX-License-Identifier: MIT */
/*
 * fs/vfs.c - the order in which the file layer comes to life
 *
 * Caches first, then the types, then the root mount (a tmpfs), then devices: each step needs those
 * above it and none below.
 */
#include <fs/memfd.h>
#include <fs/tmpfs.h>
#include <fs/vfs.h>

void vfs_init(void)
{
	file_init();
	fd_init();
	inode_init();
	dcache_init();
	tmpfs_init();
	mount_init();
	memfd_init();
	devfs_init();
	devpts_init();
	procfs_init();
	sysfs_init();
}
