/* SPDX-License-Identifier: MIT */
/*
 * tests/user/tmpfs_test.c - a tmpfs of one's own: its limits, what is left when they are reached, and its end
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "utest.h"

/* A new tmpfs is the working directory; leave_tmpfs() takes it away again. */
static void enter_tmpfs(const char *options)
{
	need_root();
	CHECK_OK(mkdir("t", 0755));
	if (mount("none", "t", "tmpfs", 0, options)) {
		if (errno == EPERM)
			SKIP("may not mount");
		FAIL("mount with %s: %s", options, test_errno());
	}
	CHECK_OK(chdir("t"));
}

static void leave_tmpfs(void)
{
	CHECK_OK(chdir(".."));
	CHECK_OK(umount("t"));
}

static struct statfs usage(void)
{
	struct statfs s;

	CHECK_OK(statfs(".", &s));
	return s;
}

static long blocks_of(int fd)
{
	struct stat st;

	CHECK_OK(fstat(fd, &st));
	return (long)st.st_blocks / (long)(page / 512);
}

TEST(tmpfs_that_is_full_leaves_holes_as_they_were)
{
	char c = 1;
	int fd;

	enter_tmpfs("size=16k");
	fd = make_file("f", "x", 1);
	CHECK_OK(ftruncate(fd, 1000 * (off_t)page));
	for (off_t i = 1; i < (off_t)(16384 / page); i++)
		CHECK_EQ(pwrite(fd, "x", 1, i * (off_t)page), 1);
	for (off_t i = 500; i < 600; i++)
		CHECK_ERR(pwrite(fd, "x", 1, i * (off_t)page), ENOSPC);
	CHECK_EQ(blocks_of(fd), 16384 / page);
	CHECK_EQ(pread(fd, &c, 1, 550 * (off_t)page), 1);
	CHECK_EQ(c, 0);
	CHECK_ERR(lseek(fd, 500 * (off_t)page, SEEK_DATA), ENXIO);
	CHECK_OK(ftruncate(fd, 0));
	CHECK_EQ(usage().f_bfree, 16384 / page);
	CHECK_OK(close(fd));
	leave_tmpfs();
}

TEST(tmpfs_fallocate_that_fails_leaves_only_what_was_there)
{
	int other, fd;
	char c = 0;

	enter_tmpfs("size=64k");
	other = make_file("other", "", 0);
	CHECK_OK(fallocate(other, 0, 0, 32768));
	fd = make_file("f", "", 0);
	CHECK_EQ(pwrite(fd, "x", 1, 8192), 1);
	CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 16384, 4096));
	CHECK_EQ(pwrite(fd, "y", 1, 16384), 1);
	CHECK_ERR(fallocate(fd, 0, 0, 49152), ENOSPC);
	CHECK_EQ(blocks_of(fd), 8192 / page);
	CHECK_EQ(usage().f_bfree, (65536 - 32768 - 8192) / page);
	CHECK_ERR(fallocate(fd, 0, 0, 65536 + 4096), ENOSPC);	/* refused at once */
	CHECK_EQ(blocks_of(fd), 8192 / page);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 16385);
	CHECK_EQ(pread(fd, &c, 1, 8192), 1);
	CHECK_EQ(c, 'x');
	CHECK_OK(close(fd));
	CHECK_OK(close(other));
	leave_tmpfs();
}

TEST(memfd_fallocate_obeys_the_limit_of_file_size_whether_the_size_changes_or_not)
{
	struct rlimit r = { 8192, 8192 };
	int fd = memfd_create("f", 0);

	CHECK_OK(fd);
	CHECK_OK(setrlimit(RLIMIT_FSIZE, &r));
	signal(SIGXFSZ, SIG_IGN);
	CHECK_ERR(fallocate(fd, 0, 4096, 4097), EFBIG);
	CHECK_ERR(fallocate(fd, FALLOC_FL_KEEP_SIZE, 8192, 1), EFBIG);
	CHECK_EQ(blocks_of(fd), 0);
	CHECK_OK(fallocate(fd, 0, 4096, 4096));
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1 << 20));
	CHECK_EQ(lseek(fd, 0, SEEK_END), 8192);
}

TEST(memfd_truncated_to_its_own_size_loses_what_was_allocated_beyond)
{
	int fd = memfd_create("f", 0);

	CHECK_OK(fd);
	CHECK_OK(ftruncate(fd, 8192));
	CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 65536));
	CHECK_EQ(blocks_of(fd), 65536 / page);
	CHECK_OK(ftruncate(fd, 8192));
	CHECK_EQ(blocks_of(fd), 8192 / page);
}

/* ---- the end ---- */

TEST(tmpfs_with_3000_directories_in_each_other_unmounts)
{
	int dir, next;

	enter_tmpfs("size=1m,nr_inodes=0");
	dir = open(".", O_RDONLY | O_DIRECTORY);
	for (int depth = 0; depth < 3000; depth++) {
		CHECK_OK(mkdirat(dir, "d", 0755));
		next = openat(dir, "d", O_RDONLY | O_DIRECTORY);
		CHECK_OK(next);
		CHECK_OK(close(dir));
		dir = next;
	}
	CHECK_OK(close(dir));
	leave_tmpfs();
}
