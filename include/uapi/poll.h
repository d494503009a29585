/* SPDX-License-Identifier: MIT */
/* poll.h - Linux's poll, select and epoll interface */
#ifndef UAPI_POLL_H
#define UAPI_POLL_H

#include <lib/compiler.h>
#include <lib/types.h>

#define POLLIN		0x0001
#define POLLPRI		0x0002
#define POLLOUT		0x0004
#define POLLERR		0x0008
#define POLLHUP		0x0010
#define POLLNVAL	0x0020
#define POLLRDNORM	0x0040
#define POLLRDBAND	0x0080
#define POLLWRNORM	0x0100
#define POLLWRBAND	0x0200
#define POLLMSG		0x0400
#define POLLRDHUP	0x2000

struct pollfd { int fd; short events, revents; };

#define FD_SETSIZE	1024

#define EPOLL_CLOEXEC	02000000
#define EPOLL_CTL_ADD	1
#define EPOLL_CTL_DEL	2
#define EPOLL_CTL_MOD	3
#define EPOLLEXCLUSIVE	(1u << 28)
#define EPOLLWAKEUP	(1u << 29)
#define EPOLLONESHOT	(1u << 30)
#define EPOLLET		(1u << 31)

/* x86-64 keeps the 12-byte layout of 32-bit programs; RISC-V aligns data. */
#if defined(__riscv)
struct epoll_event { u32 events, pad; u64 data; };
#else
struct epoll_event { u32 events; u64 data; } __packed;
#endif

#define EFD_SEMAPHORE	1
#define EFD_CLOEXEC	02000000
#define EFD_NONBLOCK	00004000

#endif
