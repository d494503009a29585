/* SPDX-License-Identifier: MIT */
/*
 * tests/user/mmap_file_test.c - mappings of files and shared memory
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "utest.h"

static int pattern_file(const char *name, size_t size)
{
	char *buf = malloc(size);
	int fd;

	CHECK(buf);
	for (size_t i = 0; i < size; i++)
		buf[i] = (i / page + i) & 127;
	fd = make_file(name, buf, size);
	free(buf);
	return fd;
}

TEST(mmap_file_shows_the_bytes_of_the_file)
{
	int fd = pattern_file("f", 5 * page);
	char *p = map(5 * page, PROT_READ, MAP_PRIVATE, fd);

	CHECK_OK(close(fd));
	for (size_t i = 0; i < 5 * page; i++)
		CHECK_EQ(p[i], (char)((i / page + i) & 127));
}

TEST(mmap_file_offset_selects_the_page)
{
	int fd = pattern_file("f", 5 * page);
	char *p = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 3 * page);

	CHECK_OK(p);
	CHECK_EQ(p[0], (char)((3 + 3 * page) & 127));
}

TEST(mmap_private_write_does_not_reach_the_file)
{
	int fd = make_file("f", "abcd", 4);
	char *p = map(page, RW, MAP_PRIVATE, fd), c;

	p[0] = 'X';
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_EQ(c, 'a');
	CHECK_EQ(p[0], 'X');
}

TEST(mmap_private_untouched_page_follows_the_file)
{
	int fd = make_file("f", "abcd", 4);
	volatile char *p = map(page, RW, MAP_PRIVATE, fd);

	CHECK_EQ(p[0], 'a');
	CHECK_EQ(pwrite(fd, "Z", 1, 0), 1);
	CHECK_EQ(p[0], 'Z');
}

TEST(mmap_shared_write_reaches_read)
{
	int fd = make_file("f", "abcd", 4);
	char *p = map(page, RW, MAP_SHARED, fd), buf[4];

	p[1] = 'X';
	CHECK_EQ(pread(fd, buf, 4, 0), 4);
	CHECK(!memcmp(buf, "aXcd", 4));
}

TEST(mmap_shared_sees_what_write_wrote)
{
	int fd = make_file("f", "abcd", 4);
	volatile char *p = map(page, PROT_READ, MAP_SHARED, fd);

	CHECK_EQ(p[2], 'c');
	CHECK_EQ(pwrite(fd, "Q", 1, 2), 1);
	CHECK_EQ(p[2], 'Q');
}

TEST(mmap_two_shared_mappings_are_one_memory)
{
	int fd = pattern_file("f", page);
	volatile char *a = map(page, RW, MAP_SHARED, fd), *b = map(page, RW, MAP_SHARED, fd);

	CHECK(a != b);
	for (int i = 0; i < 100; i++) {
		a[i] = i;
		CHECK_EQ(b[i], i);
	}
}

TEST(mmap_file_tail_of_the_last_page_is_zero)
{
	int fd = make_file("f", "abc", 3);
	char *p = map(page, PROT_READ, MAP_SHARED, fd);

	for (size_t i = 3; i < page; i++)
		CHECK_EQ(p[i], 0);
}

TEST(mmap_write_beyond_eof_in_the_last_page_is_not_in_the_file)
{
	int fd = make_file("f", "abc", 3);
	char *p = map(page, RW, MAP_SHARED, fd), c = 1;

	p[10] = 'X';
	CHECK_OK(msync(p, page, MS_SYNC));
	CHECK_EQ(lseek(fd, 0, SEEK_END), 3);
	CHECK_EQ(pread(fd, &c, 1, 10), 0);
}

TEST(mmap_access_beyond_eof_is_sigbus)
{
	int fd = make_file("f", "abc", 3);
	char *p = map(3 * page, RW, MAP_SHARED, fd);
	struct probe r = probe_read(p + page);

	CHECK_EQ(probe_read(p).sig, 0);
	CHECK_EQ(r.sig, SIGBUS);
	CHECK_EQ(r.code, BUS_ADRERR);
	CHECK(r.addr == p + page);
	CHECK_EQ(probe_write(p + 2 * page).sig, SIGBUS);
}

static atomic_bool stop;

/* Write to the second page of @arg for as long as the file has one. */
static void *write_private(void *arg)
{
	char *p = arg;

	while (!stop)
		probe_write(p + page);
	return NULL;
}

TEST(mmap_private_page_written_while_the_file_is_cut_is_gone)
{
	int fd = make_file("f", "abcd", 4);
	pthread_t t;
	char *p;

	for (int round = 0; round < 100; round++) {
		CHECK_OK(ftruncate(fd, 2 * (off_t)page));
		CHECK_EQ(pwrite(fd, "x", 1, (off_t)page), 1);
		p = map(2 * page, RW, MAP_PRIVATE, fd);
		stop = false;
		CHECK_EQ(pthread_create(&t, NULL, write_private, p), 0);
		if (round % 3)
			sched_yield();
		CHECK_OK(ftruncate(fd, (off_t)page));
		stop = true;
		CHECK_EQ(pthread_join(t, NULL), 0);
		CHECK_EQ(probe_read(p + page).sig, SIGBUS);
		CHECK_OK(munmap(p, 2 * page));
	}
}

TEST(mmap_access_after_ftruncate_is_sigbus_and_growth_heals_it)
{
	int fd = pattern_file("f", 3 * page);
	char *p = map(3 * page, RW, MAP_SHARED, fd);

	CHECK_EQ(probe_read(p + 2 * page).sig, 0);
	CHECK_OK(ftruncate(fd, page));
	CHECK_EQ(probe_read(p + 2 * page).sig, SIGBUS);
	CHECK_EQ(probe_read(p).sig, 0);
	CHECK_OK(ftruncate(fd, 3 * page));
	CHECK_EQ(probe_read(p + 2 * page).sig, 0);
	CHECK_EQ(p[2 * page + 5], 0);
}

TEST(mmap_ftruncate_zeroes_the_rest_of_the_page)
{
	int fd = pattern_file("f", page);
	char *p = map(page, PROT_READ, MAP_SHARED, fd);

	CHECK_OK(ftruncate(fd, 100));
	CHECK_OK(ftruncate(fd, page));
	for (size_t i = 100; i < page; i++)
		CHECK_EQ(p[i], 0);
}

TEST(mmap_file_survives_unlink_and_close)
{
	int fd = make_file("f", "alive", 5);
	char *p = map(page, PROT_READ, MAP_PRIVATE, fd);

	CHECK_OK(unlink("f"));
	CHECK_OK(close(fd));
	CHECK(!memcmp(p, "alive", 5));
}

TEST(mmap_shared_anonymous_is_seen_by_a_child_and_back)
{
	volatile int *p = (void *)map(page, RW, SHARED_ANON, -1);
	pid_t pid;

	p[0] = 1;
	pid = fork_ok();
	if (pid == 0) {
		int was = p[0];

		p[1] = 2;
		_exit(was);
	}
	CHECK_EXIT(wait_for(pid), 1);
	CHECK_EQ(p[1], 2);
}

TEST(mmap_shared_anonymous_untouched_before_fork_is_still_shared)
{
	volatile char *p = map(4 * page, RW, SHARED_ANON, -1);
	pid_t pid = fork_ok();

	if (pid == 0) {
		for (int i = 0; i < 4; i++)
			p[i * page] = i + 10;
		_exit(0);
	}
	CHECK_EXIT(wait_for(pid), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(p[i * page], i + 10);
}

TEST(mmap_shared_file_is_shared_across_fork)
{
	int fd = make_file("f", "aaaa", 4);
	volatile char *p = map(page, RW, MAP_SHARED, fd);
	pid_t pid = fork_ok();

	if (pid == 0) {
		p[0] = 'c';
		_exit(0);
	}
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_EQ(p[0], 'c');
}

TEST(mmap_shared_mprotect_in_child_does_not_hide_parent_writes)
{
	volatile char *p = map(page, RW, SHARED_ANON, -1);
	int go[2];
	pid_t pid;
	char c;

	CHECK_OK(pipe(go));
	pid = fork_ok();
	if (pid == 0) {
		CHECK_OK(mprotect((void *)p, page, PROT_READ));
		CHECK_EQ(read(go[0], &c, 1), 1);
		_exit(p[0]);
	}
	p[0] = 42;
	CHECK_EQ(write(go[1], "x", 1), 1);
	CHECK_EXIT(wait_for(pid), 42);
}

TEST(mmap_private_file_page_written_after_fork_is_private_to_the_writer)
{
	int fd = make_file("f", "aaaa", 4);
	volatile char *p = map(page, RW, MAP_PRIVATE, fd);
	pid_t pid;

	p[0] = 'p';
	pid = fork_ok();
	if (pid == 0) {
		p[0] = 'c';
		p[1] = 'c';
		_exit(0);
	}
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_EQ(p[0], 'p');
	CHECK_EQ(p[1], 'a');
}

TEST(mmap_sparse_file_reads_zero_in_the_hole)
{
	int fd = make_file("f", "", 0);
	char *p;

	CHECK_OK(ftruncate(fd, 16 * page));
	CHECK_EQ(pwrite(fd, "E", 1, 15 * page), 1);
	p = map(16 * page, RW, MAP_SHARED, fd);
	CHECK_EQ(p[7 * page], 0);
	CHECK_EQ(p[15 * page], 'E');
	p[3 * page] = 'H';
	CHECK_EQ(pread(fd, p, 1, 3 * page), 1);
	CHECK_EQ(p[0], 'H');
}

TEST(mmap_read_into_a_mapping_of_the_same_file_works)
{
	int fd = pattern_file("f", 2 * page);
	char *p = map(2 * page, RW, MAP_SHARED, fd);
	char want = p[page];

	CHECK_EQ(pread(fd, p, page, page), (ssize_t)page);
	CHECK_EQ(p[0], want);
}

TEST(mmap_write_from_a_mapping_not_yet_resident_works)
{
	int from = pattern_file("a", 2 * page), to = make_file("b", "", 0);
	char *p = map(2 * page, PROT_READ, MAP_PRIVATE, from), c;

	CHECK_EQ(write(to, p, 2 * page), (ssize_t)(2 * page));
	CHECK_EQ(pread(to, &c, 1, page + 1), 1);
	CHECK_EQ(c, p[page + 1]);
}

TEST(mmap_shared_file_memory_is_named_in_maps)
{
	int fd = make_file("named", "x", 1);
	char *p = map(page, PROT_READ, MAP_SHARED, fd), perms[5];

	need_proc();
	CHECK(maps_perms(p, perms));
	CHECK(!strcmp(perms, "r--s"));
}

TEST(memfd_create_is_a_file_that_can_be_mapped)
{
	int fd = memfd_create("m", MFD_CLOEXEC);
	char *p;

	if (fd < 0 && errno == ENOSYS)
		SKIP("no memfd_create");
	CHECK_OK(fd);
	CHECK_OK(ftruncate(fd, 2 * page));
	p = map(2 * page, RW, MAP_SHARED, fd);
	p[page] = 'm';
	CHECK_EQ(pread(fd, p, 1, page), 1);
	CHECK_EQ(p[0], 'm');
}

TEST(msync_of_an_unmapped_range_is_enomem)
{
	char *p = map(2 * page, RW, ANON, -1);

	CHECK_OK(munmap(p + page, page));
	CHECK_ERR(msync(p, 2 * page, MS_SYNC), ENOMEM);
	CHECK_ERR(msync(p, page, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERR(msync(p + 1, page, MS_SYNC), EINVAL);
}
