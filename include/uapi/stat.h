/* SPDX-License-Identifier: MIT */
/* stat.h - Linux's file modes, struct stat of each port, struct statx */
#ifndef UAPI_STAT_H
#define UAPI_STAT_H

#include <lib/types.h>

#define S_IFMT		0170000
#define S_IFSOCK	0140000
#define S_IFLNK		0120000
#define S_IFREG		0100000
#define S_IFBLK		0060000
#define S_IFDIR		0040000
#define S_IFCHR		0020000
#define S_IFIFO		0010000
#define S_ISUID		0004000
#define S_ISGID		0002000
#define S_ISVTX		0001000
#define S_IRWXU		00700
#define S_IRWXG		00070
#define S_IRWXO		00007
#define S_IXGRP		00010
#define S_IRUGO	00444
#define S_IWUGO	00222
#define S_IXUGO		00111
#define S_IRWXUGO	00777
#define S_IALLUGO	07777
#define S_ISLNK(m)	(((m) & S_IFMT) == S_IFLNK)
#define S_ISREG(m)	(((m) & S_IFMT) == S_IFREG)
#define S_ISDIR(m)	(((m) & S_IFMT) == S_IFDIR)
#define S_ISCHR(m)	(((m) & S_IFMT) == S_IFCHR)
#define S_ISBLK(m)	(((m) & S_IFMT) == S_IFBLK)
#define S_ISFIFO(m)	(((m) & S_IFMT) == S_IFIFO)
#define S_ISSOCK(m)	(((m) & S_IFMT) == S_IFSOCK)

#if defined(__riscv)
struct stat {				/* asm-generic/stat.h, 128 bytes */
	u64	st_dev, st_ino;
	u32	st_mode, st_nlink, st_uid, st_gid;
	u64	st_rdev, pad1;
	s64	st_size;
	s32	st_blksize, pad2;
	s64	st_blocks;
	s64	st_atime;
	u64	st_atime_nsec;
	s64	st_mtime;
	u64	st_mtime_nsec;
	s64	st_ctime;
	u64	st_ctime_nsec;
	u32	unused[2];
};
#else
struct stat {				/* x86-64, 144 bytes */
	u64	st_dev, st_ino, st_nlink;
	u32	st_mode, st_uid, st_gid, pad0;
	u64	st_rdev;
	s64	st_size, st_blksize, st_blocks;
	u64	st_atime, st_atime_nsec, st_mtime, st_mtime_nsec, st_ctime, st_ctime_nsec;
	s64	unused[3];
};
#endif

struct statx_timestamp { s64 tv_sec; u32 tv_nsec; s32 reserved; };
struct statx {
	u32	stx_mask, stx_blksize;
	u64	stx_attributes;
	u32	stx_nlink, stx_uid, stx_gid;
	u16	stx_mode, spare0;
	u64	stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct statx_timestamp stx_atime, stx_btime, stx_ctime, stx_mtime;
	u32	stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
	u64	stx_mnt_id;
	u32	stx_dio_mem_align, stx_dio_offset_align;
	u64	spare3[12];
};
#define STATX_BASIC_STATS	0x7ffu
#define STATX_BTIME		0x800u
#define STATX_RESERVED__	0x80000000u

#define UTIME_NOW	((1L << 30) - 1L)
#define UTIME_OMIT	((1L << 30) - 2L)

#endif
