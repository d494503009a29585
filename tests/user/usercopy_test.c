/* SPDX-License-Identifier: MIT */
/*
 * tests/user/usercopy_test.c - the kernel's own accesses to user memory meet every state of a page
 *
 * Each state is prepared afresh, then the kernel reads from it (write(2) to a pipe) and writes to it
 * (read(2) from a pipe). A copy faults the page in, breaks sharing, or fails with EFAULT; it never
 * changes what it may not, and never says it moved bytes that it did not.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "utest.h"

/* ---- one page in each state -------------------------------------------------------------------- */

static char *lazy(void)
{
	return map(page, RW, ANON, -1);
}

static char *zero_page(void)
{
	char *p = map(page, RW, ANON, -1);

	CHECK_EQ(*(volatile char *)p, 0);
	return p;
}

static char *touched(void)
{
	char *p = map(page, RW, ANON, -1);

	memset(p, 'o', page);
	return p;
}

static char *read_only(void)
{
	char *p = touched();

	CHECK_OK(mprotect(p, page, PROT_READ));
	return p;
}

static char *no_access(void)
{
	char *p = touched();

	CHECK_OK(mprotect(p, page, PROT_NONE));
	return p;
}

static char *unmapped(void)
{
	char *p = touched();

	CHECK_OK(munmap(p, page));
	return p;
}

static char *file_private(void)
{
	static char text[4096];

	memset(text, 'o', sizeof(text));
	return map(page, RW, MAP_PRIVATE, make_file("private", text, sizeof(text)));
}

static char *file_shared(void)
{
	static char text[4096];

	memset(text, 'o', sizeof(text));
	return map(page, RW, MAP_SHARED, make_file("shared", text, sizeof(text)));
}

static char *behind_the_end(void)
{
	return map(page, RW, MAP_SHARED, make_file("empty", "", 0));
}

static char *kernel_address(void)
{
	return (char *)-4096L;
}

static const struct state {
	const char *name;
	char *(*make)(void);
	int holds;			/* what the kernel reads there; -1: EFAULT */
	bool writable;
} states[] = {
	{ "lazy", lazy, 0, true },
	{ "zero page", zero_page, 0, true },
	{ "touched", touched, 'o', true },
	{ "read-only", read_only, 'o', false },
	{ "no access", no_access, -1, false },
	{ "unmapped", unmapped, -1, false },
	{ "private file", file_private, 'o', true },
	{ "shared file", file_shared, 'o', true },
	{ "behind the end of the file", behind_the_end, -1, false },
	{ "kernel address", kernel_address, -1, false },
};

#define EACH_STATE(s) for (const struct state *s = states; s < states + sizeof(states) / sizeof(*states); s++)

TEST(usercopy_out_of_every_page_state_gives_its_bytes_or_efault)
{
	char got[100], want[100];
	int pipes[2];

	CHECK_OK(pipe(pipes));
	EACH_STATE(s) {
		char *p = s->make();
		long n = syscall(SYS_write, pipes[1], p + 50, sizeof(got));

		if (s->holds < 0 ? n != -1 || errno != EFAULT : n != sizeof(got))
			FAIL("%s: write gave %ld, %s", s->name, n, test_errno());
		if (n < 0)
			continue;
		memset(want, s->holds, sizeof(want));
		CHECK_EQ(read(pipes[0], got, sizeof(got)), sizeof(got));
		if (memcmp(got, want, sizeof(got)))
			FAIL("%s: other bytes", s->name);
	}
}

TEST(usercopy_into_every_page_state_writes_all_or_gives_efault)
{
	int pipes[2];
	char sink[100];

	CHECK_OK(pipe(pipes));
	EACH_STATE(s) {
		char *p = s->make();
		long n;

		CHECK_EQ(write(pipes[1], "0123456789", 10), 10);
		n = syscall(SYS_read, pipes[0], p + 50, 10);
		if (s->writable ? n != 10 : n != -1 || errno != EFAULT)
			FAIL("%s: read gave %ld, %s", s->name, n, test_errno());
		if (s->writable) {
			if (memcmp(p + 50, "0123456789", 10) || p[49] != s->holds || p[60] != s->holds)
				FAIL("%s: other bytes", s->name);
			continue;
		}
		if (s->make == read_only)
			CHECK_EQ(p[50], 'o');
		CHECK_EQ(read(pipes[0], sink, sizeof(sink)), 10);	/* a failed read takes nothing */
	}
}

/* A child's copy must not be what the kernel writes for the parent, whoever comes first. */
TEST(usercopy_into_a_page_shared_by_fork_copies_it)
{
	char *p = touched();
	int pipes[2], back[2];
	pid_t pid;
	char c;

	CHECK_OK(pipe(pipes));
	CHECK_OK(pipe(back));
	pid = fork_ok();
	if (!pid) {
		CHECK_EQ(read(pipes[0], &c, 1), 1);
		_exit(p[0] == 'o' ? 0 : 1);
	}
	CHECK_EQ(write(back[1], "new", 3), 3);
	CHECK_EQ(syscall(SYS_read, back[0], p, 3), 3);
	CHECK_EQ(memcmp(p, "newo", 4), 0);
	CHECK_EQ(write(pipes[1], "g", 1), 1);
	CHECK_EXIT(wait_for(pid), 0);
}

/* ---- a buffer of several pages, in states that differ ------------------------------------------- */

TEST(usercopy_across_a_boundary_moves_what_it_says)
{
	EACH_STATE(s) {
		char *p = map(3 * page, RW, ANON, -1), *q;
		int fd = make_file("f", "", 0);
		long n;

		CHECK_OK(ftruncate(fd, 0));
		memset(p, 'a', 3 * page);
		if (s->make == kernel_address)
			continue;
		q = s->make();
		if (s->make == unmapped)
			CHECK_OK(munmap(p + page, page));
		else
			CHECK_OK(mremap(q, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, p + page));
		n = syscall(SYS_write, fd, p, 3 * page);
		if (s->holds < 0 ? n != -1 && n != (long)page : n != 3 * (long)page)
			FAIL("%s in the middle: write gave %ld, %s", s->name, n, test_errno());
		CHECK_EQ(lseek(fd, 0, SEEK_END), n < 0 ? 0 : n);
		CHECK_EQ(munmap(p, 3 * page), 0);
	}
}

TEST(usercopy_of_a_vector_stops_at_the_first_bad_part)
{
	char *good = touched(), *bad = no_access();
	struct iovec iov[3] = { { good, 10 }, { bad, 10 }, { good, 10 } };
	int pipes[2];
	long n;

	CHECK_OK(pipe(pipes));
	n = syscall(SYS_writev, pipes[1], iov, 3);
	CHECK(n == 10 || (n == -1 && errno == EFAULT));
	CHECK_ERR(syscall(SYS_writev, pipes[1], iov + 1, 2), EFAULT);
}

/* ---- a page that another thread takes away meanwhile -------------------------------------------- */

#define BUF_PAGES 16

static char *buf;
static volatile bool stop;

static void *come_and_go(void *unused)
{
	(void)unused;
	for (unsigned int i = 0; !stop; i++) {
		char *p = buf + (1 + i % (BUF_PAGES - 1)) * page;

		switch (i % 3) {
		case 0:
			munmap(p, page);
			mmap(p, page, RW, ANON | MAP_FIXED, -1, 0);
			break;
		case 1:
			mprotect(p, page, PROT_NONE);
			mprotect(p, page, RW);
			break;
		default:
			madvise(p, page, MADV_DONTNEED);
		}
	}
	return NULL;
}

/* Every byte of the file is 'x': what arrives is that, or zero where a page was replaced afterwards. */
static void transfer_once(int fd, int out)
{
	long n = syscall(SYS_pread64, fd, buf, BUF_PAGES * page, 0);

	CHECK((n > 0 && n <= (long)(BUF_PAGES * page)) || (n == -1 && errno == EFAULT));
	for (long i = 0; i < n && i < (long)page; i++)	/* the first page stays */
		CHECK_EQ(buf[i], 'x');
	n = syscall(SYS_pwrite64, out, buf, BUF_PAGES * page, 0);
	CHECK((n > 0 && n <= (long)(BUF_PAGES * page)) || (n == -1 && errno == EFAULT));
}

TEST(usercopy_survives_pages_that_another_thread_unmaps_meanwhile)
{
	int fd = make_file("in", "", 0), out = make_file("out", "", 0);
	char block[4096], c;
	pthread_t thread;

	memset(block, 'x', sizeof(block));
	for (unsigned int i = 0; i < BUF_PAGES; i++)
		CHECK_EQ(write(fd, block, sizeof(block)), sizeof(block));
	buf = map(BUF_PAGES * page, RW, ANON, -1);
	CHECK_EQ(pthread_create(&thread, NULL, come_and_go, NULL), 0);
	for (unsigned int i = 0; i < 1000; i++)
		transfer_once(fd, out);
	stop = true;
	CHECK_EQ(pthread_join(thread, NULL), 0);
	for (off_t at = 0; pread(out, &c, 1, at) == 1; at += 97)
		CHECK(c == 'x' || c == 0);
}
