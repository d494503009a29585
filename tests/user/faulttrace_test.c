/* SPDX-License-Identifier: MIT */
/*
 * tests/user/faulttrace_test.c - /proc/PID/faulttrace: each case of a page fault, provoked once, gives its record
 *
 * The file is Verso's own: on other kernels these tests are skipped. Cases that a program cannot provoke on
 * its own are in tests/kernel/fault_trace_test.c.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "uffd.h"

static char text[1 << 18];

static void set_trace(bool on)
{
	int fd = open("/proc/self/faulttrace", O_WRONLY);

	need_proc();
	if (fd < 0 && errno == ENOENT)
		SKIP("no /proc/self/faulttrace");
	CHECK_OK(fd);
	CHECK_EQ(write(fd, on ? "1\n" : "0\n", 2), 2);
	close(fd);
}

static void read_trace(const char *path)
{
	int fd = open(path, O_RDONLY);

	CHECK_OK(fd);
	read_whole(fd, text, sizeof(text));
}

/* The last record of @p so far that has @what in it, or NULL. */
static char *find_record(const volatile void *p, const char *what)
{
	char address[40], *found = NULL;

	read_trace("/proc/self/faulttrace");
	snprintf(address, sizeof(address), "address=%016lx ", (unsigned long)p);
	for (char *s = strtok(text, "\n"); s; s = strtok(NULL, "\n"))
		if (strstr(s, address) && strstr(s, what))
			found = s;
	return found;
}

#define EXPECT_RECORD(p, what)							\
	do {									\
		if (!find_record(p, what))					\
			FAIL("no record of %s: %s", #p, what);			\
	} while (0)

TEST(faulttrace_anonymous_memory_zero_page_and_first_write)
{
	volatile char *p = map(4 * page, RW, ANON, -1);

	set_trace(true);
	(void)p[1];
	p[page + 2] = 1;
	p[3] = 1;
	EXPECT_RECORD(p + 1, " access=user-read cause=empty ");
	EXPECT_RECORD(p + 1, " flags=rw-p case=anon_read result=ok before=[0000000000000000 ");
	EXPECT_RECORD(p + page + 2, " access=user-write cause=empty ");
	EXPECT_RECORD(p + page + 2, " case=anon_write result=ok ");
	EXPECT_RECORD(p + 3, " access=user-write cause=protection ");
	EXPECT_RECORD(p + 3, " case=wp_zero result=ok ");
	set_trace(false);
}

TEST(faulttrace_copy_on_write_copies_then_reuses)
{
	volatile char *p = map(page, RW, ANON, -1);
	pid_t pid;

	p[0] = 1;
	set_trace(true);
	set_trace(false);
	pid = fork_ok();
	if (pid == 0) {
		set_trace(true);
		p[1] = 2;
		EXPECT_RECORD(p + 1, " case=wp_copy result=ok ");
		_exit(0);
	}
	CHECK_EXIT(wait_for(pid), 0);
	set_trace(true);
	p[2] = 2;
	EXPECT_RECORD(p + 2, " case=wp_reuse result=ok ");
	set_trace(false);
}

TEST(faulttrace_file_mappings_read_private_and_shared_write)
{
	int fd = make_file("f", "file", 4);
	volatile char *r, *w, *s;

	CHECK_OK(ftruncate(fd, (off_t)(4 * page)));
	r = map(page, PROT_READ, MAP_PRIVATE, fd);
	w = map(page, RW, MAP_PRIVATE, fd);
	s = map(page, RW, MAP_SHARED, fd);
	set_trace(true);
	CHECK_EQ(r[0], 'f');
	w[1] = 'x';
	s[2] = 'y';
	EXPECT_RECORD(r, " case=file_read result=ok ");
	EXPECT_RECORD(w + 1, " case=file_cow result=ok ");
	EXPECT_RECORD(s + 2, " flags=rw-s case=shared_write result=ok ");
	set_trace(false);
}

TEST(faulttrace_refused_accesses_say_why)
{
	char *p = map(3 * page, PROT_READ, ANON, -1), *s;
	int fd = make_file("f", "file", 4);

	CHECK_OK(munmap(p + page, page));
	s = map(2 * page, PROT_READ, MAP_SHARED, fd);
	set_trace(true);
	CHECK_EQ(probe_read(p + page + 1).sig, SIGSEGV);
	CHECK_EQ(probe_write(p + 2).sig, SIGSEGV);
	CHECK_EQ(probe_read(s + page).sig, SIGBUS);
	EXPECT_RECORD(p + page + 1, " vma=0-0 flags=---p case=no_vma result=segv_maperr ");
	EXPECT_RECORD(p + 2, " case=no_access result=segv_accerr ");
	EXPECT_RECORD(s + page, " case=file_read result=sigbus ");
	set_trace(false);
}

static uintptr_t lowest;

static __attribute__((noinline)) void use_stack(void)
{
	volatile char room[700 << 10];

	lowest = (uintptr_t)room;
	room[0] = 1;
}

TEST(faulttrace_stack_growth_starts_over)
{
	set_trace(true);
	use_stack();
	EXPECT_RECORD((char *)lowest, " case=stack_growth result=grow ");
	EXPECT_RECORD((char *)lowest, " case=anon_write result=ok ");
	set_trace(false);
}

TEST(faulttrace_kernel_accesses_are_told_from_the_programs)
{
	volatile char *p = map(page, RW, ANON, -1);
	int fd = make_file("f", "file", 4);

	set_trace(true);
	CHECK_EQ(pread(fd, (char *)p + 8, 4, 0), 4);
	EXPECT_RECORD(p + 8, " access=kernel-write ");
	set_trace(false);
}

TEST(faulttrace_off_records_nothing_and_bad_words_are_refused)
{
	volatile char *p = map(2 * page, RW, ANON, -1);
	int fd;

	set_trace(true);
	set_trace(false);
	p[0] = 1;
	read_trace("/proc/self/faulttrace");
	CHECK(!strcmp(text, "trace 0\n"));
	set_trace(true);
	CHECK(!find_record(p, ""));
	fd = open("/proc/self/faulttrace", O_WRONLY);
	CHECK_ERR(write(fd, "2", 1), EINVAL);
	CHECK_ERR(write(fd, "10", 2), EINVAL);
	set_trace(false);
}

TEST(faulttrace_of_others_is_for_root)
{
	need_root();
	set_trace(true);
	read_trace("/proc/faulttrace");
	set_trace(false);
	CHECK_OK(setuid(1000));
	CHECK_ERR(open("/proc/faulttrace", O_RDONLY), EACCES);
	CHECK(open("/proc/1/faulttrace", O_WRONLY) < 0);
}

TEST(faulttrace_program_follows_a_command_from_its_exec)
{
	char line[640];
	bool seen = false;
	FILE *f;

	need_root();
	if (access("/bin/faulttrace", X_OK))
		SKIP("no faulttrace here");
	f = popen("/bin/faulttrace hello", "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f))
		seen |= strstr(line, " access=user-exec ") && strstr(line, " case=file_read result=ok ");
	CHECK_EQ(pclose(f), 0);
	CHECK(seen);
}

static void *map_write_unmap(void *arg)
{
	(void)arg;
	for (int i = 0; i < 60; i++) {
		char *p = mmap(NULL, 8 * page, RW, ANON, -1, 0);

		if (p == MAP_FAILED)
			return "mmap";
		for (int k = 0; k < 8; k++)
			p[k * page] = (char)k;
		for (int k = 0; k < 8; k++)
			if (p[k * page] != k)
				return "lost";
		if (munmap(p, 8 * page))
			return "munmap";
	}
	return NULL;
}

TEST(faulttrace_threads_may_map_and_unmap_while_traced)
{
	pthread_t threads[4];
	void *what;

	set_trace(true);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, map_write_unmap, NULL), 0);
	for (int i = 0; i < 4; i++) {
		read_trace("/proc/self/faulttrace");
		CHECK_EQ(pthread_join(threads[i], &what), 0);
		CHECK(!what);
	}
	set_trace(false);
}

/* ---- faults that a userfaultfd resolves ---- */

TEST(faulttrace_records_what_a_userfaultfd_is_asked_for)
{
	int fd = uffd_new(UFFD_FEATURE_MINOR_SHMEM | UFFD_FEATURE_WP_HUGETLBFS_SHMEM), m = memfd_create("x", 0);
	struct toucher t;
	char *p, *q;

	CHECK_OK(ftruncate(m, (off_t)(3 * page)));
	p = map(3 * page, RW, MAP_SHARED, m);
	q = map(3 * page, RW, MAP_SHARED, m);
	q[page] = q[2 * page] = 'q';
	CHECK_OK(uffd_register(fd, p, 2 * page, MISSING | MINOR));
	CHECK_OK(uffd_register(fd, p + 2 * page, page, WP));
	CHECK_OK(uffd_protect(fd, p + 2 * page, page, UFFDIO_WRITEPROTECT_MODE_WP));
	set_trace(true);
	touch_start(&t, p + 1, -1);
	uffd_expect(fd, p, 0);
	CHECK_OK(uffd_zero(fd, p, page, 0));
	touch_end(&t);
	EXPECT_RECORD(p + 1, " case=uffd_missing result=uffd_missing ");
	touch_start(&t, p + page + 2, -1);
	uffd_expect(fd, p + page, UFFD_PAGEFAULT_FLAG_MINOR);
	CHECK_OK(uffd_continue(fd, p + page, page, 0));
	touch_end(&t);
	EXPECT_RECORD(p + page + 2, " case=uffd_minor result=uffd_minor ");
	CHECK_EQ(p[2 * page + 3], 0);
	EXPECT_RECORD(p + 2 * page + 3, " case=uffd_marker result=ok ");
	touch_start(&t, p + 2 * page + 4, 'w');
	uffd_expect(fd, p + 2 * page, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(uffd_protect(fd, p + 2 * page, page, 0));
	touch_end(&t);
	EXPECT_RECORD(p + 2 * page + 4, " case=uffd_wp result=uffd_wp ");
	set_trace(false);
}
