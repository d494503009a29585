/* SPDX-License-Identifier: MIT */
/* uapi/userfaultfd.h - Linux's numbers and structures for userfaultfd(2) and ioctl_userfaultfd(2) */
#ifndef UAPI_USERFAULTFD_H
#define UAPI_USERFAULTFD_H

#include <lib/types.h>

#define UFFD_API			0xAAULL
#define UFFD_USER_MODE_ONLY		1

/* UFFDIO_API: features */
#define UFFD_FEATURE_PAGEFAULT_FLAG_WP	BIT(0)
#define UFFD_FEATURE_EVENT_FORK		BIT(1)
#define UFFD_FEATURE_EVENT_REMAP	BIT(2)
#define UFFD_FEATURE_EVENT_REMOVE	BIT(3)
#define UFFD_FEATURE_MISSING_SHMEM	BIT(5)
#define UFFD_FEATURE_EVENT_UNMAP	BIT(6)
#define UFFD_FEATURE_SIGBUS		BIT(7)
#define UFFD_FEATURE_THREAD_ID		BIT(8)
#define UFFD_FEATURE_MINOR_SHMEM	BIT(10)
#define UFFD_FEATURE_EXACT_ADDRESS	BIT(11)
#define UFFD_FEATURE_WP_HUGETLBFS_SHMEM	BIT(12)

struct uffdio_api { u64 api, features, ioctls; };
struct uffdio_range { u64 start, len; };
struct uffdio_register { struct uffdio_range range; u64 mode, ioctls; };
struct uffdio_copy { u64 dst, src, len, mode; s64 copy; };
struct uffdio_zeropage { struct uffdio_range range; u64 mode; s64 zeropage; };
struct uffdio_writeprotect { struct uffdio_range range; u64 mode; };
struct uffdio_continue { struct uffdio_range range; u64 mode; s64 mapped; };

#define UFFDIO_REGISTER_MODE_MISSING	BIT(0)
#define UFFDIO_REGISTER_MODE_WP		BIT(1)
#define UFFDIO_REGISTER_MODE_MINOR	BIT(2)
#define UFFDIO_COPY_MODE_DONTWAKE	BIT(0)
#define UFFDIO_COPY_MODE_WP		BIT(1)
#define UFFDIO_ZEROPAGE_MODE_DONTWAKE	BIT(0)
#define UFFDIO_WRITEPROTECT_MODE_WP	BIT(0)
#define UFFDIO_WRITEPROTECT_MODE_DONTWAKE BIT(1)
#define UFFDIO_CONTINUE_MODE_DONTWAKE	BIT(0)

/* ioctl numbers: direction (1: we read the structure, 2: we write it) << 30 | size << 16 | type << 8 | number */
#define UFFD_IOC(dir, nr, size)		((dir) << 30 | (unsigned int)(size) << 16 | 0xAAU << 8 | (nr))
enum { UFFD_NR_REGISTER, UFFD_NR_UNREGISTER, UFFD_NR_WAKE, UFFD_NR_COPY, UFFD_NR_ZEROPAGE,
       UFFD_NR_WRITEPROTECT = 6, UFFD_NR_CONTINUE, UFFD_NR_API = 0x3f };
#define UFFDIO_REGISTER			UFFD_IOC(3U, UFFD_NR_REGISTER, sizeof(struct uffdio_register))
#define UFFDIO_UNREGISTER		UFFD_IOC(2U, UFFD_NR_UNREGISTER, sizeof(struct uffdio_range))
#define UFFDIO_WAKE			UFFD_IOC(2U, UFFD_NR_WAKE, sizeof(struct uffdio_range))
#define UFFDIO_COPY			UFFD_IOC(3U, UFFD_NR_COPY, sizeof(struct uffdio_copy))
#define UFFDIO_ZEROPAGE			UFFD_IOC(3U, UFFD_NR_ZEROPAGE, sizeof(struct uffdio_zeropage))
#define UFFDIO_WRITEPROTECT		UFFD_IOC(3U, UFFD_NR_WRITEPROTECT, sizeof(struct uffdio_writeprotect))
#define UFFDIO_CONTINUE			UFFD_IOC(3U, UFFD_NR_CONTINUE, sizeof(struct uffdio_continue))
#define UFFDIO_API			UFFD_IOC(3U, UFFD_NR_API, sizeof(struct uffdio_api))
#define USERFAULTFD_IOC_NEW		UFFD_IOC(0U, 0, 0)	/* of /dev/userfaultfd */

/* ---- what read() gives ---- */
#define UFFD_EVENT_PAGEFAULT		0x12
#define UFFD_EVENT_FORK			0x13
#define UFFD_EVENT_REMAP		0x14
#define UFFD_EVENT_REMOVE		0x15
#define UFFD_EVENT_UNMAP		0x16

#define UFFD_PAGEFAULT_FLAG_WRITE	BIT(0)
#define UFFD_PAGEFAULT_FLAG_WP		BIT(1)
#define UFFD_PAGEFAULT_FLAG_MINOR	BIT(2)

struct uffd_msg {
	u8	event, reserved1;
	u16	reserved2;
	u32	reserved3;
	union {
		u64	arg[3];			/* all of it, and first: an initialiser clears this member */
		struct { u64 flags, address; u32 ptid; } pagefault;
		struct { u32 ufd; } fork;
		struct { u64 from, to, len; } remap;
		struct { u64 start, end; } remove;
	};
};

#endif
