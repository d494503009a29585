/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sysfuzz_uffd.c - what sysfuzz.c asks of userfaultfds: their ioctls, with arguments that belong together
 *
 * THE PICTURE    each child: two descriptors, and WATCHED pages: half of them private, half of an object
 *                any thread:       fuzz_uffd()        a command, its structure, now and then with a bad word in it;
 *                                                     and now and then it touches or drops a watched page
 *                the first thread: fuzz_uffd_serve()  reads whatever there is, every few milliseconds, and takes back
 *                                                     what is registered: nobody is caught for the rest of the round
 *
 * The arena may be registered as well, so any call may meet a page that is missing or protected.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sysfuzz.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

#define PAGE	4096
#define WATCHED	16
#define HALF	(WATCHED / 2 * PAGE)
#define WORDS	5		/* of the longest structure */

static int fds[2] = { -1, -1 };
static char *watched, *arena;
static size_t arena_pages;

static int open_fd(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);	/* the kernel's faults too, where we may */

	return fd >= 0 ? fd : (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
}

/* Any of those that there are; but SIGBUS seldom, which ends the child. */
static uint64_t some_features(uint64_t *s)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = open_fd();

	if (fd < 0)
		return 0;
	if (ioctl(fd, UFFDIO_API, &api))
		api.features = 0;
	close(fd);
	return api.features & fuzz_below(s, 1 << 20) & (fuzz_below(s, 8) ? ~(uint64_t)UFFD_FEATURE_SIGBUS : ~0ULL);
}

static int new_fd(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = open_fd();

	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api)) {		/* fork events are not for everybody */
		api = (struct uffdio_api){ .api = UFFD_API, .features = features & ~(uint64_t)UFFD_FEATURE_EVENT_FORK };
		ioctl(fd, UFFDIO_API, &api);
	}
	return fd;
}

void fuzz_uffd_open(uint64_t *s, char *fuzz_arena, size_t pages)
{
	int m = memfd_create("watched", MFD_CLOEXEC);
	char *p = mmap(NULL, WATCHED * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (m < 0 || p == MAP_FAILED || ftruncate(m, HALF))
		_exit(6);
	if (mmap(p + HALF, HALF, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, m, 0) == MAP_FAILED)
		_exit(7);
	watched = p;
	arena = fuzz_arena;
	arena_pages = pages;
	close(m);
	fds[0] = new_fd(some_features(s));
	fds[1] = fuzz_below(s, 4) ? new_fd(some_features(s)) : open_fd();	/* UFFDIO_API is left to the fuzzing */
}

/* ---- what the threads do --------------------------------------------------------------------- */

static void make_range(uint64_t *s, uint64_t *start, uint64_t *len)
{
	*len = PAGE * (fuzz_below(s, 4) ? 1 : 1 + fuzz_below(s, 4));
	switch (fuzz_below(s, 8)) {
	case 0:
		*start = (uintptr_t)arena + PAGE * fuzz_below(s, arena_pages);
		break;
	case 1:
		*start = fuzz_value(s, 'm');
		break;
	default:
		*start = (uintptr_t)watched + PAGE * fuzz_below(s, WATCHED);
	}
}

/* The structure of @cmd as words: they are all made of 64-bit members. */
static void make_words(uint64_t *s, unsigned long cmd, uint64_t *w)
{
	memset(w, 0, WORDS * sizeof(*w));
	if (cmd == UFFDIO_API) {
		w[0] = UFFD_API;
		w[1] = fuzz_below(s, 2) ? fuzz_below(s, 1 << 13) : 0;
	} else if (cmd == UFFDIO_COPY) {
		make_range(s, &w[0], &w[2]);
		w[1] = fuzz_below(s, 2) ? (uintptr_t)arena + PAGE * fuzz_below(s, arena_pages) : fuzz_value(s, 'p');
		w[3] = fuzz_below(s, 4);
	} else if (cmd == UFFDIO_REGISTER && fuzz_below(s, 2)) {
		w[0] = (uintptr_t)watched + HALF * fuzz_below(s, 2);
		w[1] = HALF;
		w[2] = 1 + fuzz_below(s, 7);
	} else {
		make_range(s, &w[0], &w[1]);
		w[2] = cmd == UFFDIO_REGISTER ? 1 + fuzz_below(s, 7) : fuzz_below(s, 4);
	}
	if (!fuzz_below(s, 6))
		w[fuzz_below(s, WORDS)] = fuzz_value(s, 'z');
}

/* Drop a page from the table, or from the object too; or touch it, and wait if need be. */
static void use_watched(uint64_t *s)
{
	char *p = watched + PAGE * fuzz_below(s, WATCHED);

	switch (fuzz_below(s, 8)) {
	case 0:
		*(volatile char *)p = 'w';
		break;
	case 1:
		(void)*(volatile char *)p;
		break;
	case 2:
		madvise(p, PAGE, MADV_REMOVE);
		break;
	default:
		madvise(p, PAGE, MADV_DONTNEED);
	}
}

void fuzz_uffd(uint64_t *s, uint64_t arg[6])
{
	static const unsigned long cmds[] = {
		UFFDIO_API, UFFDIO_REGISTER, UFFDIO_REGISTER, UFFDIO_UNREGISTER, UFFDIO_WAKE, UFFDIO_COPY,
		UFFDIO_ZEROPAGE, UFFDIO_WRITEPROTECT, UFFDIO_CONTINUE,
	};
	static _Thread_local uint64_t words[WORDS];
	unsigned long cmd = cmds[fuzz_below(s, sizeof(cmds) / sizeof(cmds[0]))];

	if (!fuzz_below(s, 4))
		use_watched(s);
	make_words(s, cmd, words);
	arg[0] = fuzz_below(s, 16) ? (uint64_t)fds[fuzz_below(s, 2)] : fuzz_value(s, 'f');
	arg[1] = fuzz_below(s, 32) ? cmd : cmd ^ 1UL << fuzz_below(s, 30);
	arg[2] = fuzz_below(s, 8) ? (uintptr_t)words : fuzz_value(s, 'p');
}

/* ---- what the first thread does -------------------------------------------------------------- */

/* The number may be another file's by now, so we ask before we read; a fork's descriptor is closed again. */
static void read_all(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct uffd_msg msg;

	for (int i = 0; i < 64 && poll(&p, 1, 0) == 1 && (p.revents & POLLIN); i++)
		if (read(fd, &msg, sizeof(msg)) == sizeof(msg) && msg.event == UFFD_EVENT_FORK)
			close((int)msg.arg.fork.ufd);
}

/* Page by page: other calls may have put something else between. Linux wakes only who waits for a missing page. */
static void unregister_pages(int fd, char *p, size_t pages)
{
	struct uffdio_range all = { (uintptr_t)p, pages * PAGE };

	for (; pages; pages--, p += PAGE) {
		struct uffdio_range r = { (uintptr_t)p, PAGE };

		ioctl(fd, UFFDIO_UNREGISTER, &r);
	}
	ioctl(fd, UFFDIO_WAKE, &all);
}

void fuzz_uffd_serve(void)
{
	for (int i = 0; i < 2; i++) {
		read_all(fds[i]);
		unregister_pages(fds[i], watched, WATCHED);
		unregister_pages(fds[i], arena, arena_pages);
	}
}
