/* SPDX-License-Identifier: MIT */
/* fcntl.h - Linux's open flags, fcntl commands, AT_* and lock structures (the same on both ports) */
#ifndef UAPI_FCNTL_H
#define UAPI_FCNTL_H

#include <lib/types.h>

#define O_ACCMODE	00000003
#define O_RDONLY	00000000
#define O_WRONLY	00000001
#define O_RDWR		00000002
#define O_CREAT		00000100
#define O_EXCL		00000200
#define O_NOCTTY	00000400
#define O_TRUNC		00001000
#define O_APPEND	00002000
#define O_NONBLOCK	00004000
#define O_DSYNC		00010000
#define O_ASYNC		00020000
#define O_DIRECT	00040000
#define O_LARGEFILE	00100000
#define O_DIRECTORY	00200000
#define O_NOFOLLOW	00400000
#define O_NOATIME	01000000
#define O_CLOEXEC	02000000
#define O_SYNC		(04000000 | O_DSYNC)
#define O_PATH		010000000
#define O_TMPFILE__	020000000
#define O_TMPFILE	(O_TMPFILE__ | O_DIRECTORY)

#define F_DUPFD			0
#define F_GETFD			1
#define F_SETFD			2
#define F_GETFL			3
#define F_SETFL			4
#define F_GETLK			5
#define F_SETLK			6
#define F_SETLKW		7
#define F_SETOWN		8
#define F_GETOWN		9
#define F_SETSIG		10
#define F_GETSIG		11
#define F_OFD_GETLK		36
#define F_OFD_SETLK		37
#define F_OFD_SETLKW		38
#define F_DUPFD_CLOEXEC		1030
#define F_SETPIPE_SZ		1031
#define F_GETPIPE_SZ		1032
#define F_ADD_SEALS		1033
#define F_GET_SEALS		1034

#define F_SEAL_SEAL		1
#define F_SEAL_SHRINK		2
#define F_SEAL_GROW		4
#define F_SEAL_WRITE		8
#define F_SEAL_FUTURE_WRITE	16
#define FD_CLOEXEC		1

#define F_RDLCK		0
#define F_WRLCK		1
#define F_UNLCK		2
struct flock { short l_type, l_whence; s64 l_start, l_len; pid_t l_pid; };

#define LOCK_SH		1
#define LOCK_EX		2
#define LOCK_NB		4
#define LOCK_UN		8

#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#define SEEK_DATA	3
#define SEEK_HOLE	4

#define AT_FDCWD		(-100)
#define AT_SYMLINK_NOFOLLOW	0x100
#define AT_EACCESS		0x200
#define AT_REMOVEDIR		0x200
#define AT_SYMLINK_FOLLOW	0x400
#define AT_NO_AUTOMOUNT		0x800
#define AT_EMPTY_PATH		0x1000
#define AT_STATX_SYNC_TYPE	0x6000

#define R_OK	4
#define W_OK	2
#define X_OK	1

#define RENAME_NOREPLACE	1
#define RENAME_EXCHANGE		2
#define RENAME_WHITEOUT		4

#define FALLOC_FL_KEEP_SIZE	1
#define FALLOC_FL_PUNCH_HOLE	2

#define CLOSE_RANGE_UNSHARE	2
#define CLOSE_RANGE_CLOEXEC	4

#define NAME_MAX	255
#define PATH_MAX	4096
#define PIPE_BUF	4096
#define IOV_MAX		1024
#define MAX_RW_COUNT	0x7ffff000UL	/* no read or write moves more */

#endif
