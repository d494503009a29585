/* SPDX-License-Identifier: MIT */
/*
 * tests/user/path_test.c - names: directories, links, renames, attributes, and their errors
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include "utest.h"

static void touch(const char *name)
{
	close(make_file(name, "", 0));
}

static struct stat stat_of(const char *name)
{
	struct stat st;

	CHECK_OK(lstat(name, &st));
	return st;
}

/* ---- directories ---- */
TEST(path_mkdir_and_rmdir)
{
	CHECK_OK(mkdir("d", 0755));
	CHECK(S_ISDIR(stat_of("d").st_mode));
	CHECK_ERR(mkdir("d", 0755), EEXIST);
	CHECK_ERR(mkdir("x/y", 0755), ENOENT);
	CHECK_OK(rmdir("d"));
	CHECK_ERR(rmdir("d"), ENOENT);
}

TEST(path_rmdir_errors)
{
	CHECK_OK(mkdir("d", 0755));
	touch("d/f");
	CHECK_ERR(rmdir("d"), ENOTEMPTY);
	CHECK_ERR(rmdir("d/f"), ENOTDIR);
	CHECK_ERR(rmdir("d/."), EINVAL);
	CHECK_ERR(unlink("d"), EISDIR);
}

TEST(path_directory_link_counts_follow_subdirectories)
{
	CHECK_OK(mkdir("d", 0755));
	CHECK_EQ(stat_of("d").st_nlink, 2);
	CHECK_OK(mkdir("d/e", 0755));
	CHECK_EQ(stat_of("d").st_nlink, 3);
	CHECK_OK(rmdir("d/e"));
	CHECK_EQ(stat_of("d").st_nlink, 2);
}

static int count_entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	CHECK(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

TEST(path_getdents_lists_each_name_once)
{
	char name[16];
	bool seen[150] = { false };
	struct dirent *e;
	DIR *d;

	CHECK_OK(mkdir("d", 0755));
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "d/f%d", i);
		touch(name);
	}
	CHECK_EQ(count_entries("d"), 152);
	d = opendir("d");
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		CHECK_EQ(e->d_type, DT_REG);
		CHECK(!seen[atoi(e->d_name + 1)]);
		seen[atoi(e->d_name + 1)] = true;
	}
}

TEST(path_getdents_can_rewind_and_seek)
{
	struct dirent *e;
	long at;
	char third[256];
	DIR *d;

	for (int i = 0; i < 5; i++) {
		char name[3] = { 'f', '0' + i, 0 };

		touch(name);
	}
	d = opendir(".");
	CHECK(readdir(d) && readdir(d));
	at = telldir(d);
	e = readdir(d);
	CHECK(e);
	strcpy(third, e->d_name);
	while (readdir(d))
		;
	seekdir(d, at);
	e = readdir(d);
	CHECK(e && !strcmp(e->d_name, third));
	rewinddir(d);
	int n = 0;
	while (readdir(d))
		n++;
	CHECK_EQ(n, 7);
}

TEST(path_getdents_with_a_small_buffer_is_einval)
{
	int fd = open(".", O_RDONLY);
	char buf[8];

	CHECK_ERR(syscall(SYS_getdents64, fd, buf, sizeof(buf)), EINVAL);
	CHECK_ERR(syscall(SYS_getdents64, make_file("f", "", 0), buf, sizeof(buf)), ENOTDIR);
}

TEST(path_removing_names_while_listing_shows_the_rest)
{
	char name[16];
	struct dirent *e;
	int n = 0;
	DIR *d;

	CHECK_OK(mkdir("d", 0755));
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "d/f%d", i);
		touch(name);
	}
	d = opendir("d");
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		CHECK_OK(unlinkat(dirfd(d), e->d_name, 0));
		n++;
	}
	CHECK_EQ(n, 100);
	CHECK_OK(rmdir("d"));
}

TEST(path_chdir_getcwd_and_dotdot)
{
	char top[PATH_MAX], here[PATH_MAX];

	CHECK(getcwd(top, sizeof(top)));
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(chdir("d"));
	CHECK(getcwd(here, sizeof(here)));
	CHECK(!strncmp(here, top, strlen(top)) && !strcmp(here + strlen(top), "/d"));
	CHECK_OK(chdir(".."));
	CHECK(getcwd(here, sizeof(here)));
	CHECK(!strcmp(here, top));
	CHECK_OK(chdir("/../.."));
	CHECK(getcwd(here, sizeof(here)));
	CHECK(!strcmp(here, "/"));
	CHECK(!getcwd(here, 1) && errno == ERANGE);
}

TEST(path_fchdir_and_errors)
{
	int fd;

	CHECK_OK(mkdir("d", 0755));
	fd = open("d", O_RDONLY);
	touch("f");
	CHECK_OK(fchdir(fd));
	CHECK_ERR(access("f", F_OK), ENOENT);
	CHECK_OK(chdir(".."));
	CHECK_ERR(chdir("f"), ENOTDIR);
	CHECK_ERR(chdir("missing"), ENOENT);
	CHECK_ERR(fchdir(open("f", O_RDONLY)), ENOTDIR);
}

TEST(path_getcwd_of_a_removed_directory_is_enoent)
{
	char here[PATH_MAX];

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(chdir("d"));
	CHECK_OK(rmdir("../d"));
	CHECK(!getcwd(here, sizeof(here)));
	CHECK_EQ(errno, ENOENT);
	CHECK_ERR(open("x", O_CREAT | O_RDWR, 0644), ENOENT);
}

/* ---- links ---- */
TEST(path_hard_links_name_one_file)
{
	close(make_file("a", "abc", 3));
	CHECK_OK(link("a", "b"));
	CHECK_EQ(stat_of("a").st_ino, stat_of("b").st_ino);
	CHECK_EQ(stat_of("a").st_nlink, 2);
	CHECK_OK(unlink("a"));
	CHECK_EQ(stat_of("b").st_nlink, 1);
	CHECK_EQ(stat_of("b").st_size, 3);
}

TEST(path_link_errors)
{
	touch("a");
	touch("b");
	CHECK_OK(mkdir("d", 0755));
	CHECK_ERR(link("a", "b"), EEXIST);
	CHECK_ERR(link("missing", "c"), ENOENT);
	CHECK_ERR(link("d", "e"), EPERM);
}

TEST(path_unlinked_open_file_lives_until_closed)
{
	int fd = make_file("f", "abc", 3);
	struct stat st;
	char c;

	CHECK_OK(unlink("f"));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(pwrite(fd, "new", 3, 3), 3);
	CHECK_ERR(access("f", F_OK), ENOENT);
}

TEST(path_symlink_is_followed_and_read)
{
	char buf[32];

	close(make_file("f", "abc", 3));
	CHECK_OK(symlink("f", "l"));
	CHECK_EQ(readlink("l", buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], 'f');
	CHECK(S_ISLNK(stat_of("l").st_mode));
	CHECK_EQ(stat_of("l").st_size, 1);
	struct stat st;
	CHECK_OK(stat("l", &st));
	CHECK_EQ(st.st_size, 3);
	CHECK_ERR(readlink("f", buf, sizeof(buf)), EINVAL);
	CHECK_EQ(readlink("l", buf, 0) == -1 && errno == EINVAL, 1);
}

TEST(path_symlink_loops_are_eloop)
{
	CHECK_OK(symlink("b", "a"));
	CHECK_OK(symlink("a", "b"));
	CHECK_ERR(open("a", O_RDONLY), ELOOP);
	CHECK_ERR(access("a/x", F_OK), ELOOP);
	CHECK_OK(symlink("self/x", "self"));
	CHECK_ERR(open("self", O_RDONLY), ELOOP);
}

TEST(path_symlinks_to_directories_and_through_dotdot)
{
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/e", 0755));
	touch("d/f");
	CHECK_OK(symlink("d/e", "l"));
	CHECK_OK(access("l/../f", F_OK));
	CHECK_OK(access("d/e/.././f", F_OK));
	CHECK_OK(access("d//f", F_OK));
}

TEST(path_unlink_and_lstat_do_not_follow)
{
	touch("f");
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(unlink("l"));
	CHECK_OK(access("f", F_OK));
	CHECK_OK(symlink("missing", "l"));
	CHECK_ERR(access("l", F_OK), ENOENT);
	CHECK_OK(faccessat(AT_FDCWD, ".", R_OK, 0));
}

/* ---- errors of every name ---- */
TEST(path_name_errors)
{
	char name[NAME_MAX + 2], *path = malloc(PATH_MAX + 2);

	CHECK(path);
	memset(name, 'n', sizeof(name));
	name[NAME_MAX + 1] = 0;
	CHECK_ERR(open(name, O_RDONLY), ENAMETOOLONG);
	CHECK_ERR(mkdir(name, 0755), ENAMETOOLONG);
	name[NAME_MAX] = 0;
	CHECK_OK(mkdir(name, 0755));
	memset(path, '/', PATH_MAX + 1);
	path[PATH_MAX + 1] = 0;
	CHECK_ERR(open(path, O_RDONLY), ENAMETOOLONG);
	touch("f");
	CHECK_ERR(open("f/g", O_RDONLY), ENOTDIR);
	CHECK_ERR(mkdir("f/g", 0755), ENOTDIR);
	CHECK_ERR(unlink("f/g"), ENOTDIR);
	CHECK_ERR(unlink("missing"), ENOENT);
}

TEST(path_at_calls_start_at_the_descriptor)
{
	int dir, fd;

	CHECK_OK(mkdir("d", 0755));
	dir = open("d", O_RDONLY);
	fd = openat(dir, "f", O_CREAT | O_RDWR, 0644);
	CHECK_OK(fd);
	CHECK_OK(access("d/f", F_OK));
	CHECK_OK(mkdirat(dir, "e", 0755));
	CHECK_OK(renameat(dir, "f", AT_FDCWD, "g"));
	CHECK_OK(access("g", F_OK));
	CHECK_OK(unlinkat(dir, "e", AT_REMOVEDIR));
	CHECK_ERR(openat(fd, "x", O_RDONLY), ENOTDIR);
	CHECK_OK(openat(fd, "/", O_RDONLY));
}

/* ---- rename ---- */
TEST(path_rename_replaces_a_file)
{
	int fd;
	char c;

	close(make_file("a", "A", 1));
	fd = make_file("b", "B", 1);
	CHECK_OK(rename("a", "b"));
	CHECK_ERR(access("a", F_OK), ENOENT);
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_EQ(c, 'B');
	fd = open("b", O_RDONLY);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'A');
}

TEST(path_rename_of_directories)
{
	CHECK_OK(mkdir("a", 0755));
	touch("a/f");
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(rename("a", "b"));
	CHECK_OK(access("b/f", F_OK));
	CHECK_OK(mkdir("c", 0755));
	CHECK_ERR(rename("c", "b"), ENOTEMPTY);
	CHECK_ERR(rename("b", "b/inside"), EINVAL);
	touch("plain");
	CHECK_ERR(rename("b", "plain"), ENOTDIR);
	CHECK_ERR(rename("plain", "b"), EISDIR);
	CHECK_ERR(rename("missing", "x"), ENOENT);
}

TEST(path_rename_to_itself_or_its_other_name_does_nothing)
{
	touch("a");
	CHECK_OK(link("a", "b"));
	CHECK_OK(rename("a", "a"));
	CHECK_OK(rename("a", "b"));
	CHECK_OK(access("a", F_OK));
	CHECK_OK(access("b", F_OK));
}

TEST(path_rename_moves_a_directory_and_its_dotdot)
{
	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mkdir("a/m", 0755));
	CHECK_OK(rename("a/m", "b/m"));
	touch("b/mark");
	CHECK_OK(access("b/m/../mark", F_OK));
	CHECK_EQ(stat_of("a").st_nlink, 2);
	CHECK_EQ(stat_of("b").st_nlink, 3);
}

TEST(path_renameat2_noreplace_and_exchange)
{
	close(make_file("a", "A", 1));
	close(make_file("b", "BB", 2));
	if (renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE) == 0)
		FAIL("RENAME_NOREPLACE replaced");
	if (errno == ENOSYS)
		SKIP("no renameat2");
	CHECK_EQ(errno, EEXIST);
	CHECK_OK(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE));
	CHECK_EQ(stat_of("a").st_size, 2);
	CHECK_EQ(stat_of("b").st_size, 1);
	CHECK_ERR(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE | RENAME_EXCHANGE),
		  EINVAL);
}

/* ---- attributes ---- */
TEST(path_stat_of_a_file_is_complete)
{
	struct stat st;

	close(make_file("f", "hello", 5));
	st = stat_of("f");
	CHECK(S_ISREG(st.st_mode));
	CHECK_EQ(st.st_mode & 0777, 0644);
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(st.st_uid, geteuid());
	CHECK(st.st_blksize > 0);
	CHECK(st.st_ino != 0);
	CHECK_ERR(stat("missing", &st), ENOENT);
}

TEST(path_statx_agrees_with_stat)
{
	struct statx sx;
	struct stat st;

	close(make_file("f", "hello", 5));
	st = stat_of("f");
	if (statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &sx) && errno == ENOSYS)
		SKIP("no statx");
	CHECK_EQ(sx.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	CHECK_EQ(sx.stx_size, st.st_size);
	CHECK_EQ(sx.stx_ino, st.st_ino);
	CHECK_EQ(sx.stx_mode, st.st_mode);
	CHECK_EQ(sx.stx_mtime.tv_sec, st.st_mtime);
	CHECK_ERR(statx(AT_FDCWD, "missing", 0, STATX_BASIC_STATS, &sx), ENOENT);
	CHECK_ERR(statx(AT_FDCWD, "f", 0x40000000, STATX_BASIC_STATS, &sx), EINVAL);
}

TEST(path_chmod_and_chown)
{
	int fd = make_file("f", "", 0);

	CHECK_OK(chmod("f", 0600));
	CHECK_EQ(stat_of("f").st_mode & 07777, 0600);
	CHECK_OK(fchmod(fd, 04711));
	CHECK_EQ(stat_of("f").st_mode & 07777, 04711);
	CHECK_ERR(chmod("missing", 0600), ENOENT);
	need_root();
	CHECK_OK(chown("f", 12, 34));
	CHECK_EQ(stat_of("f").st_uid, 12);
	CHECK_EQ(stat_of("f").st_gid, 34);
	CHECK_OK(chown("f", -1, 56));
	CHECK_EQ(stat_of("f").st_uid, 12);
}

TEST(path_utimensat_sets_times_and_omit_keeps_them)
{
	struct timespec t[2] = { { 1000, 5 }, { 2000, 7 } };

	touch("f");
	CHECK_OK(utimensat(AT_FDCWD, "f", t, 0));
	CHECK_EQ(stat_of("f").st_atim.tv_sec, 1000);
	CHECK_EQ(stat_of("f").st_mtim.tv_sec, 2000);
	t[0].tv_nsec = UTIME_OMIT;
	t[1] = (struct timespec){ 3000, 0 };
	CHECK_OK(utimensat(AT_FDCWD, "f", t, 0));
	CHECK_EQ(stat_of("f").st_atim.tv_sec, 1000);
	CHECK_EQ(stat_of("f").st_mtim.tv_sec, 3000);
	t[1].tv_nsec = 2000000000;
	CHECK_ERR(utimensat(AT_FDCWD, "f", t, 0), EINVAL);
}

TEST(path_write_moves_the_modification_time)
{
	struct timespec t[2] = { { 1000, 0 }, { 1000, 0 } };
	int fd = make_file("f", "a", 1);

	CHECK_OK(futimens(fd, t));
	CHECK_EQ(write(fd, "b", 1), 1);
	CHECK(stat_of("f").st_mtim.tv_sec > 1000);
}

TEST(path_access_checks_bits)
{
	touch("f");
	CHECK_OK(access("f", F_OK));
	CHECK_OK(access("f", R_OK | W_OK));
	CHECK_ERR(access("f", X_OK), EACCES);
	CHECK_ERR(access("f", 99), EINVAL);
	CHECK_ERR(access("missing", F_OK), ENOENT);
}

static void as_nobody(void *arg)
{
	(void)arg;
	CHECK_OK(setgid(65534));
	CHECK_OK(setuid(65534));
	CHECK_ERR(open("secret", O_RDONLY), EACCES);
	CHECK_ERR(open("closed/f", O_RDONLY), EACCES);
	CHECK_ERR(open("new", O_CREAT | O_RDWR, 0644), EACCES);
	CHECK_ERR(unlink("secret"), EACCES);
	CHECK_ERR(chmod("secret", 0777), EPERM);
	CHECK_ERR(kill(getppid(), SIGTERM), EPERM);
}

TEST(path_permissions_hold_for_another_user)
{
	need_root();
	touch("secret");
	CHECK_OK(chmod("secret", 0600));
	CHECK_OK(mkdir("closed", 0700));
	touch("closed/f");
	CHECK_EXIT(in_child(as_nobody, NULL), 0);
}

TEST(path_statfs_tells_block_sizes)
{
	struct statfs s;

	CHECK_OK(statfs("/", &s));
	CHECK(s.f_bsize > 0);
	CHECK(s.f_namelen >= 255);
	CHECK_ERR(statfs("missing", &s), ENOENT);
}

TEST(path_mknod_makes_a_fifo)
{
	pid_t pid;
	char c;
	int fd;

	if (mkfifo("p", 0644) && errno == ENOSYS)
		SKIP("no mknodat");
	CHECK(S_ISFIFO(stat_of("p").st_mode));
	CHECK_ERR(open("p", O_WRONLY | O_NONBLOCK), ENXIO);
	pid = fork_ok();
	if (pid == 0) {
		fd = open("p", O_WRONLY);
		_exit(write(fd, "f", 1) != 1);
	}
	fd = open("p", O_RDONLY);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(path_tmpfs_mounts_hides_and_unmounts)
{
	need_root();
	CHECK_OK(mkdir("m", 0755));
	touch("m/under");
	if (mount("none", "m", "tmpfs", 0, NULL) && errno == EPERM)
		SKIP("may not mount");
	CHECK_ERR(access("m/under", F_OK), ENOENT);
	touch("m/over");
	CHECK_ERR(rename("m/over", "over"), EXDEV);
	CHECK_ERR(link("m/over", "over"), EXDEV);
	CHECK_ERR(rmdir("m"), EBUSY);
	CHECK_OK(umount("m"));
	CHECK_OK(access("m/under", F_OK));
}
