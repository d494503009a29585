/* SPDX-License-Identifier: MIT */
/*
 * lib/types.h - integer types by width, and the POSIX types as the kernel holds them
 *
 * u64 is `unsigned long` on both ports and on the host, so %lx prints it everywhere. The host
 * build takes the POSIX types from its C library; their widths there may differ from ours, so no
 * structure that a program sees may be built from them (include/uapi/ uses the uNN types).
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t  u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t   s8;
typedef int16_t  s16;
typedef int32_t  s32;
typedef int64_t  s64;

typedef u64 paddr_t;	/* a physical address */

#if __STDC_HOSTED__
#include <sys/types.h>
#else
typedef long  ssize_t;	/* a byte count, or -errno */
typedef s64   loff_t;	/* a position in a file, in bytes */
typedef s64   off_t;	/* the same, as system calls pass it */
typedef int   pid_t;
typedef u32   uid_t;
typedef u32   gid_t;
typedef u32   mode_t;	/* file type and permission bits */
typedef u64   dev_t;	/* major and minor number */
typedef u64   ino_t;
#endif

#endif
