/* SPDX-License-Identifier: MIT */
/*
 * tests/user/overcommit_test.c - promised memory: Committed_AS, the three modes, and the settings of /proc/sys/vm
 *
 * What changes settings of the machine runs only on Verso: it is alone there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "failnth.h"
#include "utest.h"

#define VM "/proc/sys/vm/"

static void only_on_verso(void)
{
	struct utsname u;

	CHECK_OK(uname(&u));
	if (!strstr(u.release, "verso"))
		SKIP("would change this machine's settings");
}

static long read_long(const char *path)
{
	FILE *f = fopen(path, "r");
	long v;

	CHECK(f != NULL);
	CHECK_EQ(fscanf(f, "%ld", &v), 1);
	fclose(f);
	return v;
}

static void set(const char *path, long v)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld\n", v);
	CHECK_OK(write_text(path, text));
}

static long meminfo(const char *name)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long kb = -1;

	CHECK(f != NULL);
	while (kb < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			kb = atol(line + strlen(name) + 1);
	fclose(f);
	CHECK(kb >= 0);
	return kb;
}

/* Settings outlive a test that fails: the child that changes them is not the one that puts them back. */
static void with_mode(long mode, void (*fn)(void *), void *arg)
{
	long old = read_long(VM "overcommit_memory"), ratio = read_long(VM "overcommit_ratio");
	int status;

	set(VM "overcommit_memory", mode);
	status = in_child(fn, arg);
	set(VM "overcommit_memory", old);
	set(VM "overcommit_ratio", ratio);
	CHECK_EXIT(status, 0);
}

TEST(overcommit_settings_have_ranges_and_an_owner)
{
	CHECK(read_long(VM "overcommit_memory") >= 0 && read_long(VM "overcommit_memory") <= 2);
	CHECK(read_long(VM "max_map_count") > 0);
	only_on_verso();
	CHECK_ERR(write_text(VM "overcommit_memory", "3"), EINVAL);
	CHECK_ERR(write_text(VM "overcommit_memory", "-1"), EINVAL);
	CHECK_ERR(write_text(VM "overcommit_memory", "one"), EINVAL);
	CHECK_ERR(write_text(VM "overcommit_ratio", "-1"), EINVAL);
	CHECK_ERR(write_text(VM "max_map_count", "-1"), EINVAL);
	CHECK_ERR(open(VM "mmap_min_addr", O_WRONLY), EACCES);
	CHECK_OK(setuid(1000));
	CHECK_ERR(open(VM "overcommit_memory", O_WRONLY), EACCES);
}

TEST(overcommit_ratio_and_kbytes_exclude_each_other)
{
	long ratio = read_long(VM "overcommit_ratio");

	only_on_verso();
	set(VM "overcommit_kbytes", 65536);
	CHECK_EQ(read_long(VM "overcommit_ratio"), 0);
	CHECK_EQ(meminfo("CommitLimit"), 65536);
	set(VM "overcommit_ratio", ratio);
	CHECK_EQ(read_long(VM "overcommit_kbytes"), 0);
}

static long promised;

static void touch_copies(void *arg)
{
	memset(arg, 2, 7 * page);
}

static void touch_all_kinds(void *arg)
{
	char *p = map(64 * page, RW, ANON, -1), *q;
	int fd = open("f", O_RDWR | O_CREAT, 0600);

	(void)arg;
	map(32 * page, RW, SHARED_ANON, -1);
	map(32 * page, RW, SHARED_ANON | MAP_NORESERVE, -1)[5 * page] = 1;
	CHECK_OK(mprotect(map(16 * page, PROT_READ, ANON, -1) + page, 3 * page, RW));
	CHECK_OK(munmap(p + 3 * page, 5 * page));
	q = mremap(p + 16 * page, 16 * page, 48 * page, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	CHECK_OK(mremap(q, 48 * page, 7 * page, 0));
	CHECK_OK(ftruncate(fd, 32 * page));
	memset(map(32 * page, RW, MAP_PRIVATE, fd), 1, 8 * page);
	memset(map(32 * page, RW, MAP_SHARED, fd), 1, 8 * page);
	CHECK_OK(sbrk(100 * (intptr_t)page));
	CHECK_EXIT(in_child(touch_copies, q), 0);
	CHECK_OK(unlink("f"));
}

TEST(overcommit_everything_promised_is_taken_back_exactly)
{
	only_on_verso();
	touch_all_kinds(NULL);		/* what the C library keeps is there before we count */
	promised = meminfo("Committed_AS");
	for (int i = 0; i < 5; i++)
		CHECK_EXIT(in_child(touch_all_kinds, NULL), 0);
	CHECK_EQ(meminfo("Committed_AS"), promised);
}

TEST(overcommit_counts_what_mappings_promise)
{
	long kb = (long)page / 1024, before;
	char *p;

	only_on_verso();
	before = meminfo("Committed_AS");
	p = map(256 * page, RW, ANON, -1);
	CHECK_EQ(meminfo("Committed_AS"), before + 256 * kb);
	map(256 * page, PROT_READ, ANON, -1);
	map(256 * page, RW, ANON | MAP_NORESERVE, -1);
	CHECK_EQ(meminfo("Committed_AS"), before + 256 * kb);
	CHECK_OK(mprotect(map(100 * page, PROT_NONE, ANON, -1), 40 * page, RW));
	CHECK_EQ(meminfo("Committed_AS"), before + 296 * kb);
	*p = 1;
	CHECK_OK(mprotect(p, 256 * page, PROT_READ));	/* has a page: all of it stays promised */
	CHECK_OK(munmap(p, 128 * page));
	CHECK_EQ(meminfo("Committed_AS"), before + 168 * kb);
	map(64 * page, RW, SHARED_ANON, -1);
	CHECK_EQ(meminfo("Committed_AS"), before + 232 * kb);
	CHECK_OK(mprotect(map(64 * page, RW, ANON, -1), 64 * page, PROT_READ));	/* never written: is not */
	CHECK_EQ(meminfo("Committed_AS"), before + 232 * kb);
}

static void guess(void *arg)
{
	size_t all = (size_t)meminfo("MemTotal") * 1024;

	(void)arg;
	CHECK_ERR(mmap(NULL, 4 * all, RW, ANON, -1, 0), ENOMEM);
	CHECK_OK(mmap(NULL, 4 * all, RW, ANON | MAP_NORESERVE, -1, 0));
	CHECK_OK(mmap(NULL, 4 * all, PROT_NONE, ANON, -1, 0));
	for (int i = 0; i < 4; i++)
		CHECK_OK(mmap(NULL, all / 2, RW, ANON, -1, 0));
}

TEST(overcommit_guess_refuses_only_the_hopeless)
{
	only_on_verso();
	with_mode(0, guess, NULL);
}

static void always(void *arg)
{
	(void)arg;
	CHECK_OK(mmap(NULL, 4 * (size_t)meminfo("MemTotal") * 1024, RW, ANON, -1, 0));
}

TEST(overcommit_always_refuses_nothing)
{
	only_on_verso();
	with_mode(1, always, NULL);
}

static void never(void *arg)
{
	long left = meminfo("CommitLimit") - meminfo("Committed_AS");
	char *p;

	(void)arg;
	CHECK_ERR(mmap(NULL, (size_t)(left + 1024) * 1024, RW, ANON, -1, 0), ENOMEM);
	CHECK_ERR(mmap(NULL, (size_t)(left + 1024) * 1024, RW, ANON | MAP_NORESERVE, -1, 0), ENOMEM);
	CHECK_ERR(mmap(NULL, (size_t)(left + 1024) * 1024, RW, SHARED_ANON, -1, 0), ENOMEM);
	p = map((size_t)(left + 1024) * 1024, PROT_READ, ANON, -1);
	CHECK_ERR(mprotect(p, (size_t)(left + 1024) * 1024, RW), ENOMEM);
	CHECK_OK(mprotect(p, (size_t)left * 1024 / 2, RW));
	CHECK_ERR(mmap(NULL, (size_t)left * 1024 / 2 + 1024 * 1024, RW, ANON, -1, 0), ENOMEM);
	errno = 0;
	CHECK_ERR(fork(), ENOMEM);	/* the child would be promised as much again */
	CHECK_OK(munmap(p, (size_t)(left + 1024) * 1024));
	CHECK_EXIT(wait_for(fork_ok() ?: (_exit(0), 0)), 0);
}

TEST(overcommit_never_keeps_promises_below_the_limit)
{
	only_on_verso();
	with_mode(2, never, NULL);
}

/* Each call with its n-th allocation failing; whether it succeeds does not matter here. */
static void calls_with_failures(int n)
{
	char *p, *q;
	size_t size;
	pid_t pid;

	fail_nth(n);
	p = mmap(NULL, 16 * page, RW, ANON, -1, 0);
	fail_nth(n);
	pid = fork();
	if (pid == 0)
		_exit(0);
	fail_nth(0);
	if (pid > 0)
		wait_for(pid);
	if (p == MAP_FAILED)
		return;
	fail_nth(n);
	q = mremap(p, 16 * page, 64 * page, MREMAP_MAYMOVE);
	size = q == MAP_FAILED ? 16 * page : 64 * page;
	p = q == MAP_FAILED ? p : q;
	fail_nth(n);
	(void)!mprotect(p + 3 * page, page, PROT_READ);
	fail_nth(n);
	(void)!munmap(p + 5 * page, page);
	fail_nth(n);
	q = mmap(NULL, 8 * page, RW, SHARED_ANON, -1, 0);
	fail_nth(0);
	CHECK_OK(munmap(p, size));
	if (q != MAP_FAILED)
		CHECK_OK(munmap(q, 8 * page));
}

TEST(overcommit_is_exact_when_calls_fail_half_way)
{
	long before;

	only_on_verso();
	need_fail_nth();
	open_fail_nth();
	calls_with_failures(0);
	before = meminfo("Committed_AS");
	for (int n = 1; n <= 60; n++)
		calls_with_failures(n);
	CHECK_EQ(meminfo("Committed_AS"), before);
}

TEST(overcommit_max_map_count_is_obeyed)
{
	long old = read_long(VM "max_map_count");
	int made = 0;
	char *p;

	only_on_verso();
	p = map(200 * page, PROT_NONE, ANON, -1);
	set(VM "max_map_count", 64);
	while (made < 100 && mprotect(p + 2 * made * (int)page, page, RW) == 0)
		made++;
	set(VM "max_map_count", old);
	CHECK(made > 5 && made < 32);
	CHECK_OK(mprotect(p + 2 * made * (int)page, page, RW));
}

/* How far the promises rise while 128 MiB are touched and removed, 2 MiB at a time. */
static long promised_by_removed_pages(char *p, size_t size)
{
	long before = meminfo("Committed_AS");

	for (int i = 0; i < 64; i++) {
		memset(p, 1, size);
		CHECK_OK(madvise(p, size, MADV_REMOVE));
	}
	return meminfo("Committed_AS") - before;
}

/* Others on this machine may promise themselves something too, but hardly each time. */
TEST(overcommit_pages_removed_from_a_speculative_shared_mapping_are_no_promise)
{
	size_t size = 512 * page;
	char *p = map(size, RW, SHARED_ANON | MAP_NORESERVE, -1);
	long limit = (long)(32 * size / 1024), rise = limit;

	for (int i = 0; i < 4 && rise >= limit; i++)
		rise = promised_by_removed_pages(p, size);
	CHECK(rise < limit);
}
