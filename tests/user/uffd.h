/* SPDX-License-Identifier: MIT */
/*
 * tests/user/uffd.h - short ways to a userfaultfd and its messages, and a thread that touches memory
 */
#ifndef TESTS_USER_UFFD_H
#define TESTS_USER_UFFD_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "utest.h"

#ifndef UFFD_FEATURE_WP_HUGETLBFS_SHMEM
#define UFFD_FEATURE_WP_HUGETLBFS_SHMEM (1 << 12)
#endif
#ifndef UFFD_FEATURE_EXACT_ADDRESS
#define UFFD_FEATURE_EXACT_ADDRESS (1 << 11)
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

#define MISSING UFFDIO_REGISTER_MODE_MISSING
#define WP UFFDIO_REGISTER_MODE_WP
#define MINOR UFFDIO_REGISTER_MODE_MINOR

/* A descriptor without UFFDIO_API; SKIP where this machine does not allow one. */
static inline int uffd_open(int flags)
{
	int fd = (int)syscall(SYS_userfaultfd, flags);

	if (fd < 0 && (errno == EPERM || errno == ENOSYS))
		SKIP("userfaultfd: %s", test_errno());
	CHECK_OK(fd);
	return fd;
}

static inline int uffd_api(int fd, uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };

	return ioctl(fd, UFFDIO_API, &api);
}

/* SKIP where one of @features is unknown */
static inline int uffd_new(uint64_t features)
{
	int fd = uffd_open(O_CLOEXEC | O_NONBLOCK);

	if (uffd_api(fd, features)) {
		CHECK_EQ(errno, EINVAL);
		SKIP("no userfaultfd features %#llx", (unsigned long long)features);
	}
	return fd;
}

static inline int uffd_register(int fd, const void *p, size_t len, uint64_t mode)
{
	struct uffdio_register r = { .range = { (uintptr_t)p, len }, .mode = mode };

	return ioctl(fd, UFFDIO_REGISTER, &r);
}

static inline int uffd_unregister(int fd, const void *p, size_t len)
{
	struct uffdio_range r = { (uintptr_t)p, len };

	return ioctl(fd, UFFDIO_UNREGISTER, &r);
}

static inline int uffd_wake(int fd, const void *p, size_t len)
{
	struct uffdio_range r = { (uintptr_t)p, len };

	return ioctl(fd, UFFDIO_WAKE, &r);
}

static inline int uffd_copy(int fd, const void *dst, const void *src, size_t len, uint64_t mode)
{
	struct uffdio_copy c = { .dst = (uintptr_t)dst, .src = (uintptr_t)src, .len = len, .mode = mode };
	int r = ioctl(fd, UFFDIO_COPY, &c);

	if (!r)
		CHECK_EQ(c.copy, len);
	return r;
}

static inline int uffd_zero(int fd, const void *p, size_t len, uint64_t mode)
{
	struct uffdio_zeropage z = { .range = { (uintptr_t)p, len }, .mode = mode };

	return ioctl(fd, UFFDIO_ZEROPAGE, &z);
}

static inline int uffd_continue(int fd, const void *p, size_t len, uint64_t mode)
{
	struct uffdio_continue c = { .range = { (uintptr_t)p, len }, .mode = mode };

	return ioctl(fd, UFFDIO_CONTINUE, &c);
}

static inline int uffd_protect(int fd, const void *p, size_t len, uint64_t mode)
{
	struct uffdio_writeprotect w = { .range = { (uintptr_t)p, len }, .mode = mode };

	return ioctl(fd, UFFDIO_WRITEPROTECT, &w);
}

/* The next message, which must come within ten seconds. */
static inline struct uffd_msg uffd_next(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct uffd_msg msg;

	do {
		CHECK_EQ(poll(&p, 1, 10000), 1);
		CHECK_EQ(p.revents, POLLIN);
	} while (read(fd, &msg, sizeof(msg)) != sizeof(msg));
	return msg;
}

static inline void uffd_expect(int fd, const void *address, uint64_t flags)
{
	struct uffd_msg msg = uffd_next(fd);

	CHECK_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
	CHECK_EQ(msg.arg.pagefault.address, (uintptr_t)address);
	CHECK_EQ(msg.arg.pagefault.flags, flags);
}

static inline void uffd_expect_nothing(int fd)
{
	struct uffd_msg msg;

	CHECK_ERR(read(fd, &msg, sizeof(msg)), EAGAIN);
}

/* ---- a thread that does one access ---- */
struct toucher {
	volatile unsigned char *p;
	int write;			/* the byte to store, or -1: load */
	int seen, tid;
	pthread_t thread;
};

static inline void *touch_run(void *arg)
{
	struct toucher *t = arg;

	__atomic_store_n(&t->tid, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	if (t->write >= 0)
		*t->p = (unsigned char)t->write;
	t->seen = *t->p;
	return NULL;
}

static inline void touch_start(struct toucher *t, void *p, int write)
{
	t->p = p;
	t->write = write;
	t->tid = 0;
	CHECK_EQ(pthread_create(&t->thread, NULL, touch_run, t), 0);
}

static inline int touch_end(struct toucher *t)
{
	CHECK_EQ(pthread_join(t->thread, NULL), 0);
	return t->seen;
}

/* ---- a thread that serves one descriptor until it is stopped ---- */
struct server {
	int fd, stop[2];
	void (*serve)(struct server *s, const struct uffd_msg *msg);
	void *arg;
	int served;
	pthread_t thread;
};

static inline void *server_run(void *arg)
{
	struct server *s = arg;
	struct pollfd p[2] = { { .fd = s->fd, .events = POLLIN }, { .fd = s->stop[0], .events = POLLIN } };
	struct uffd_msg msg[4];
	ssize_t n;

	while (poll(p, 2, -1) > 0 && !p[1].revents) {
		n = read(s->fd, msg, sizeof(msg));
		for (int i = 0; i < n / (ssize_t)sizeof(msg[0]); i++, s->served++)
			s->serve(s, &msg[i]);
	}
	return NULL;
}

static inline void server_start(struct server *s, int fd, void (*serve)(struct server *, const struct uffd_msg *))
{
	s->fd = fd;
	s->serve = serve;
	s->served = 0;
	CHECK_OK(pipe(s->stop));
	CHECK_EQ(pthread_create(&s->thread, NULL, server_run, s), 0);
}

static inline void server_stop(struct server *s)
{
	CHECK_EQ(write(s->stop[1], "x", 1), 1);
	CHECK_EQ(pthread_join(s->thread, NULL), 0);
	close(s->stop[0]);
	close(s->stop[1]);
}

/* Bit 57 of /proc/self/pagemap. */
static inline bool page_is_wp(const void *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	CHECK_OK(fd);
	CHECK_EQ(pread(fd, &entry, 8, (off_t)((uintptr_t)p / page * 8)), 8);
	close(fd);
	return entry >> 57 & 1;
}

#endif
