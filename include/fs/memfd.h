/* SPDX-License-Identifier: MIT */
/* memfd.h - nameless files of tmpfs, and their seals (fs/memfd.c) */
#ifndef FS_MEMFD_H
#define FS_MEMFD_H

#include <fs/vfs.h>

/*
 * shmem_file_setup - a file of @size bytes, open for reading and writing, shown as "/NAME (deleted)"; unless @noreserve
 *   all of its memory is promised now, else page by page
 *   sleeps: yes      returns: the file, or ERR_PTR(-ENOMEM, -ENFILE ...)
 */
struct file *shmem_file_setup(const char *name, loff_t size, bool noreserve);

/* inode_has_seals - is it a file that fcntl(F_ADD_SEALS) is for? */
static inline bool inode_has_seals(const struct inode *i)
{
	return S_ISREG(i->mode) && (i->mapping.flags & AS_SHMEM);
}
long memfd_add_seals(struct file *f, unsigned long seals);	/* 0 or -errno */
long memfd_get_seals(struct file *f);				/* F_SEAL_*, or -EINVAL */
/* seals_forbid_size - may the size become @size? 0 or -EPERM; inode lock held */
int seals_forbid_size(const struct address_space *as, loff_t size);
/* seals_limit_write - how much of a write of @n bytes at @pos gets through, or -EPERM; inode lock held */
ssize_t seals_limit_write(const struct address_space *as, loff_t pos, ssize_t n);
void memfd_init(void);

#endif
