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

/* ---- options ---- */

TEST(tmpfs_limits_are_what_the_options_say)
{
	struct statfs s;

	enter_tmpfs("nr_blocks=1000,nr_inodes=2k,mode=0750");
	s = usage();
	CHECK_EQ(s.f_blocks, 1000);
	CHECK_EQ(s.f_bfree, 1000);
	CHECK_EQ(s.f_files, 2048);
	CHECK_EQ(s.f_ffree, 2047);
	leave_tmpfs();
	CHECK_OK(rmdir("t"));
	enter_tmpfs("size=0x10001");
	CHECK_EQ(usage().f_blocks, 17);
	leave_tmpfs();
	CHECK_OK(rmdir("t"));
	enter_tmpfs("size=0,nr_inodes=0");
	s = usage();
	CHECK_EQ(s.f_blocks + s.f_bfree + s.f_files + s.f_ffree, 0);
	leave_tmpfs();
}

TEST(tmpfs_options_that_are_none_are_einval)
{
	static const char *const bad[] = {
		"junk", "junk=1", "size", "size=", "size=10mjunk", "size=-1", "size=50%%", "nr_blocks=50%",
		"nr_inodes=x", "mode=9", "uid=-1", "rw,junk",
	};

	enter_tmpfs("size=1m");
	CHECK_OK(mkdir("d", 0755));
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_ERR(mount("none", "d", "tmpfs", 0, bad[i]), EINVAL);
		CHECK_ERR(mount("none", ".", "tmpfs", MS_REMOUNT, bad[i]), EINVAL);
	}
	CHECK_EQ(usage().f_blocks, (1 << 20) / page);
	leave_tmpfs();
}

TEST(tmpfs_limit_of_inodes_counts_files_and_further_names)
{
	char path[32];
	int fd;

	need_proc();
	enter_tmpfs("size=1m,nr_inodes=5");
	CHECK_EQ(usage().f_ffree, 4);		/* the root is one */
	CHECK_OK(close(make_file("a", "", 0)));
	CHECK_OK(link("a", "b"));
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(symlink("a", "s"));
	CHECK_EQ(usage().f_ffree, 0);
	CHECK_ERR(open("c", O_CREAT | O_RDWR, 0644), ENOSPC);
	CHECK_ERR(open(".", O_TMPFILE | O_RDWR, 0644), ENOSPC);
	CHECK_ERR(mkdir("c", 0755), ENOSPC);
	CHECK_ERR(mkfifo("c", 0644), ENOSPC);
	CHECK_ERR(symlink("a", "c"), ENOSPC);
	CHECK_ERR(link("a", "c"), ENOSPC);
	CHECK_OK(unlink("b"));
	CHECK_EQ(usage().f_ffree, 1);
	fd = open(".", O_TMPFILE | O_RDWR, 0644);
	CHECK_OK(fd);
	CHECK_EQ(usage().f_ffree, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_OK(linkat(AT_FDCWD, path, AT_FDCWD, "c", AT_SYMLINK_FOLLOW));	/* its first name */
	CHECK_OK(unlink("c"));
	CHECK_EQ(usage().f_ffree, 0);
	CHECK_OK(close(fd));
	CHECK_EQ(usage().f_ffree, 1);
	fd = open("a", O_RDWR);
	CHECK_OK(unlink("a"));
	CHECK_EQ(usage().f_ffree, 1);		/* it is still open */
	CHECK_OK(close(fd));
	CHECK_EQ(usage().f_ffree, 2);
	CHECK_OK(rmdir("d"));
	CHECK_EQ(usage().f_ffree, 3);
	leave_tmpfs();
}

TEST(tmpfs_rename_over_a_name_gives_back_what_it_counted)
{
	enter_tmpfs("size=1m,nr_inodes=10");
	CHECK_OK(close(make_file("a", "", 0)));
	CHECK_OK(close(make_file("b", "", 0)));
	CHECK_OK(link("b", "c"));
	CHECK_EQ(usage().f_ffree, 6);
	CHECK_OK(rename("a", "b"));		/* its other name stays */
	CHECK_EQ(usage().f_ffree, 7);
	CHECK_OK(rename("b", "c"));		/* its last one */
	CHECK_EQ(usage().f_ffree, 8);
	leave_tmpfs();
}

TEST(tmpfs_remount_changes_limits_but_brings_none)
{
	int fd;

	enter_tmpfs("size=64k,nr_inodes=10");
	fd = make_file("f", "", 0);
	CHECK_OK(fallocate(fd, 0, 0, 32768));
	CHECK_OK(mount("none", ".", "tmpfs", MS_REMOUNT, "size=128k"));
	CHECK_EQ(usage().f_blocks, 131072 / page);
	CHECK_EQ(usage().f_bfree, (131072 - 32768) / page);
	CHECK_EQ(usage().f_files, 10);
	CHECK_OK(mount("none", ".", "tmpfs", MS_REMOUNT, "nr_inodes=2"));
	CHECK_ERR(mkdir("d", 0755), ENOSPC);
	CHECK_ERR(mount("none", ".", "tmpfs", MS_REMOUNT, "size=16k,nr_inodes=20"), EINVAL);
	CHECK_ERR(mount("none", ".", "tmpfs", MS_REMOUNT, "size=256k,nr_inodes=1"), EINVAL);
	CHECK_EQ(usage().f_blocks, 131072 / page);
	CHECK_EQ(usage().f_files, 2);
	CHECK_OK(mount("none", ".", "tmpfs", MS_REMOUNT, "size=0,nr_inodes=0"));
	CHECK_OK(mkdir("d", 0755));
	CHECK_EQ(usage().f_blocks, 0);
	CHECK_ERR(mount("none", ".", "tmpfs", MS_REMOUNT, "size=1m"), EINVAL);
	CHECK_ERR(mount("none", ".", "tmpfs", MS_REMOUNT, "nr_inodes=100"), EINVAL);
	CHECK_OK(close(fd));
	leave_tmpfs();
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
