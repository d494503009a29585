/* SPDX-License-Identifier: MIT */
/*
 * tests/user/file_test.c - open files: flags, offsets, reading, writing, duplicates, locks
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "utest.h"

static void expect(int fd, off_t at, const char *text)
{
	char buf[64];
	size_t n = strlen(text);

	CHECK_EQ(pread(fd, buf, n, at), (ssize_t)n);
	CHECK(!memcmp(buf, text, n));
}

/* ---- open ---- */
TEST(file_open_gives_the_lowest_free_descriptor)
{
	int a = make_file("a", "", 0), b = make_file("b", "", 0), c;

	CHECK(b > a);
	CHECK_OK(close(a));
	c = open("b", O_RDONLY);
	CHECK_EQ(c, a);
}

TEST(file_open_of_a_missing_file_is_enoent)
{
	CHECK_ERR(open("missing", O_RDONLY), ENOENT);
	CHECK_ERR(open("", O_RDONLY), ENOENT);
	CHECK_ERR(open("missing/x", O_CREAT | O_RDWR, 0644), ENOENT);
}

TEST(file_open_excl_fails_on_an_existing_name_even_a_dangling_link)
{
	close(make_file("f", "", 0));
	CHECK_ERR(open("f", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST);
	CHECK_OK(symlink("nowhere", "l"));
	CHECK_ERR(open("l", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST);
}

TEST(file_open_creates_through_a_dangling_link)
{
	CHECK_OK(symlink("target", "l"));
	CHECK_OK(open("l", O_CREAT | O_RDWR, 0644));
	CHECK_OK(access("target", F_OK));
}

TEST(file_open_trunc_empties_the_file)
{
	struct stat st;
	int fd;

	close(make_file("f", "abc", 3));
	fd = open("f", O_RDWR | O_TRUNC);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 0);
}

TEST(file_append_writes_at_the_end_whatever_the_offset)
{
	int fd;

	close(make_file("f", "abc", 3));
	fd = open("f", O_RDWR | O_APPEND);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "d", 1), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
	expect(fd, 0, "abcd");
}

TEST(file_open_directory_flag_and_directories)
{
	close(make_file("f", "", 0));
	CHECK_OK(mkdir("d", 0755));
	CHECK_ERR(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_OK(open("d", O_RDONLY | O_DIRECTORY));
	CHECK_ERR(open("d", O_RDWR), EISDIR);
	CHECK_ERR(open("d", O_CREAT | O_RDWR, 0644), EISDIR);
	CHECK_ERR(open("f/", O_RDONLY), ENOTDIR);
}

TEST(file_open_nofollow_refuses_a_link)
{
	close(make_file("f", "", 0));
	CHECK_OK(symlink("f", "l"));
	CHECK_ERR(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_OK(open("l", O_RDONLY));
}

TEST(file_open_path_gives_a_name_without_reading)
{
	struct stat st;
	char c;
	int fd;

	close(make_file("f", "abc", 3));
	fd = open("f", O_PATH);
	CHECK_OK(fd);
	CHECK_ERR(read(fd, &c, 1), EBADF);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 3);
}

TEST(file_open_mode_obeys_umask)
{
	struct stat st;

	umask(027);
	CHECK_OK(open("f", O_CREAT | O_RDWR, 0666));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_mode & 0777, 0640);
}

TEST(file_access_mode_is_enforced)
{
	int fd;
	char c = 0;

	close(make_file("f", "abc", 3));
	fd = open("f", O_RDONLY);
	CHECK_ERR(write(fd, &c, 1), EBADF);
	fd = open("f", O_WRONLY);
	CHECK_ERR(read(fd, &c, 1), EBADF);
}

/* ---- offsets ---- */
TEST(file_read_stops_at_the_end)
{
	int fd = make_file("f", "abc", 3);
	char buf[10];

	CHECK_EQ(read(fd, buf, 10), 3);
	CHECK_EQ(read(fd, buf, 10), 0);
	CHECK_EQ(pread(fd, buf, 10, 2), 1);
	CHECK_EQ(pread(fd, buf, 10, 100), 0);
}

TEST(file_lseek_whence_values)
{
	int fd = make_file("f", "abcdef", 6);

	CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
	CHECK_EQ(lseek(fd, 2, SEEK_CUR), 4);
	CHECK_EQ(lseek(fd, -1, SEEK_END), 5);
	CHECK_EQ(lseek(fd, 100, SEEK_END), 106);
	CHECK_ERR(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERR(lseek(fd, 0, 99), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 106);
}

TEST(file_write_beyond_the_end_leaves_zeroes)
{
	int fd = make_file("f", "a", 1);
	char buf[10];

	CHECK_EQ(pwrite(fd, "z", 1, 9), 1);
	CHECK_EQ(pread(fd, buf, 10, 0), 10);
	for (int i = 1; i < 9; i++)
		CHECK_EQ(buf[i], 0);
	CHECK_EQ(buf[9], 'z');
}

TEST(file_seek_data_and_hole)
{
	int fd = make_file("f", "", 0);

	CHECK_OK(ftruncate(fd, 64 * page));
	CHECK_EQ(pwrite(fd, "x", 1, 32 * page), 1);
	CHECK_EQ(lseek(fd, 40 * page, SEEK_HOLE) >= (off_t)(40 * page), 1);
	CHECK(lseek(fd, 0, SEEK_DATA) <= (off_t)(32 * page));
	CHECK_ERR(lseek(fd, 64 * page, SEEK_DATA), ENXIO);
	CHECK_ERR(lseek(fd, 64 * page, SEEK_HOLE), ENXIO);
}

TEST(file_pread_and_pwrite_leave_the_offset)
{
	int fd = make_file("f", "abcdef", 6);
	char c;

	CHECK_EQ(lseek(fd, 1, SEEK_SET), 1);
	CHECK_EQ(pread(fd, &c, 1, 4), 1);
	CHECK_EQ(pwrite(fd, "X", 1, 5), 1);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'b');
	CHECK_ERR(pread(fd, &c, 1, -1), EINVAL);
}

TEST(file_readv_and_writev_gather_in_order)
{
	int fd = make_file("f", "", 0);
	char a[3], b[4];
	struct iovec out[] = { { "abc", 3 }, { NULL, 0 }, { "defg", 4 } };
	struct iovec in[] = { { a, 3 }, { b, 4 } };

	CHECK_EQ(writev(fd, out, 3), 7);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(readv(fd, in, 2), 7);
	CHECK(!memcmp(a, "abc", 3) && !memcmp(b, "defg", 4));
	CHECK_ERR(syscall(SYS_readv, fd, in, -1), EINVAL);
	CHECK_ERR(syscall(SYS_readv, fd, in, IOV_MAX + 1), EINVAL);
}

TEST(file_large_write_is_read_back)
{
	size_t size = 1 << 20;
	unsigned char *buf = malloc(size), *back = malloc(size);
	int fd = make_file("f", "", 0);

	need_memory(4 << 20);
	CHECK(buf && back);
	for (size_t i = 0; i < size; i++)
		buf[i] = i * 7 + (i >> 12);
	CHECK_EQ(write(fd, buf, size), (ssize_t)size);
	CHECK_EQ(pread(fd, back, size, 0), (ssize_t)size);
	CHECK(!memcmp(buf, back, size));
	CHECK_EQ(pread(fd, back, 5000, 4000), 5000);
	CHECK(!memcmp(buf + 4000, back, 5000));
}

TEST(file_ftruncate_grows_with_zeroes_and_shrinks)
{
	int fd = make_file("f", "abcdef", 6);
	struct stat st;
	char c = 1;

	CHECK_OK(ftruncate(fd, 3));
	CHECK_OK(ftruncate(fd, 10000));
	CHECK_EQ(pread(fd, &c, 1, 4), 1);
	CHECK_EQ(c, 0);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 10000);
	CHECK_ERR(ftruncate(fd, -1), EINVAL);
	CHECK_ERR(ftruncate(open("f", O_RDONLY), 1), EINVAL);
	CHECK_ERR(truncate("missing", 1), ENOENT);
}

TEST(file_sendfile_copies_between_descriptors)
{
	int from = make_file("a", "hello world", 11), to = make_file("b", "", 0);
	off_t at = 6;

	CHECK_EQ(sendfile(to, from, &at, 100), 5);
	CHECK_EQ(at, 11);
	expect(to, 0, "world");
	CHECK_EQ(lseek(from, 0, SEEK_CUR), 0);
}

/* ---- descriptors ---- */
TEST(file_dup_shares_the_offset)
{
	int fd = make_file("f", "abcdef", 6), other = dup(fd);
	char c;

	CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
	CHECK_EQ(read(other, &c, 1), 1);
	CHECK_EQ(c, 'd');
	CHECK_OK(close(fd));
	CHECK_EQ(read(other, &c, 1), 1);
}

TEST(file_open_twice_has_two_offsets)
{
	int a = make_file("f", "abc", 3), b = open("f", O_RDONLY);
	char c;

	CHECK_EQ(read(a, &c, 1), 1);
	CHECK_EQ(read(b, &c, 1), 1);
	CHECK_EQ(c, 'a');
}

TEST(file_dup2_and_dup3_rules)
{
	int fd = make_file("f", "", 0);

	CHECK_EQ(dup2(fd, 20), 20);
	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_EQ(dup3(fd, 21, O_CLOEXEC), 21);
	CHECK_EQ(fcntl(21, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(20, F_GETFD), 0);
	CHECK_ERR(dup3(fd, fd, 0), EINVAL);
	CHECK_ERR(dup3(fd, 22, 0x1), EINVAL);
	CHECK_ERR(dup2(900, 5), EBADF);
	CHECK_ERR(dup2(fd, -1), EBADF);
	CHECK_ERR(dup(900), EBADF);
}

TEST(file_fcntl_dupfd_starts_at_the_minimum)
{
	int fd = make_file("f", "", 0);

	CHECK_EQ(fcntl(fd, F_DUPFD, 50), 50);
	CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 50), 51);
	CHECK_EQ(fcntl(51, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(fcntl(fd, F_DUPFD, -1), EINVAL);
	CHECK_ERR(fcntl(fd, 9999, 0), EINVAL);
}

TEST(file_fcntl_getfl_and_setfl)
{
	int fd = make_file("f", "abc", 3);

	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	CHECK_OK(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK), O_APPEND | O_NONBLOCK);
	CHECK_EQ(write(fd, "d", 1), 1);
	expect(fd, 0, "abcd");
}

TEST(file_calls_on_a_closed_descriptor_are_ebadf)
{
	char c;
	struct stat st;

	CHECK_ERR(close(77), EBADF);
	CHECK_ERR(read(77, &c, 1), EBADF);
	CHECK_ERR(write(77, &c, 1), EBADF);
	CHECK_ERR(fstat(77, &st), EBADF);
	CHECK_ERR(lseek(77, 0, SEEK_SET), EBADF);
	CHECK_ERR(fcntl(77, F_GETFD), EBADF);
	CHECK_ERR(ioctl(77, FIONREAD, &c), EBADF);
	CHECK_ERR(openat(77, "x", O_RDONLY), EBADF);
}

TEST(file_read_of_a_directory_is_eisdir)
{
	int fd = open(".", O_RDONLY);
	char c;

	CHECK_ERR(read(fd, &c, 1), EISDIR);
}

TEST(file_close_range_closes_that_range)
{
	int fd = make_file("f", "", 0);

	CHECK_EQ(dup2(fd, 30), 30);
	CHECK_EQ(dup2(fd, 31), 31);
	if (syscall(SYS_close_range, 30, 30, 0) && errno == ENOSYS)
		SKIP("no close_range");
	CHECK_ERR(fcntl(30, F_GETFD), EBADF);
	CHECK_OK(fcntl(31, F_GETFD));
}

TEST(file_record_locks_exclude_another_process)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10 };
	int fd = make_file("f", "0123456789", 10);
	pid_t pid;

	if (fcntl(fd, F_SETLK, &l) && (errno == ENOSYS || errno == EINVAL))
		SKIP("no record locks");
	pid = fork_ok();
	if (pid == 0) {
		struct flock mine = { .l_type = F_WRLCK, .l_start = 5, .l_len = 1 };

		CHECK_EQ(fcntl(fd, F_SETLK, &mine), -1);
		CHECK(errno == EAGAIN || errno == EACCES);
		CHECK_OK(fcntl(fd, F_GETLK, &mine));
		CHECK_EQ(mine.l_pid, getppid());
		mine = (struct flock){ .l_type = F_WRLCK, .l_start = 20, .l_len = 1 };
		CHECK_OK(fcntl(fd, F_SETLK, &mine));
		_exit(0);
	}
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(file_flock_excludes_another_open_file)
{
	int a = make_file("f", "", 0), b = open("f", O_RDWR);

	if (syscall(SYS_flock, a, 2 | 4) && errno == ENOSYS)
		SKIP("no flock");
	CHECK_ERR(syscall(SYS_flock, b, 2 | 4), EAGAIN);
	CHECK_OK(close(a));
	CHECK_OK(syscall(SYS_flock, b, 2 | 4));
}

/* ---- devices ---- */
TEST(file_dev_null_zero_full_behave)
{
	int fd = open("/dev/null", O_RDWR);
	char buf[16] = "xxxxxxxxxxxxxxx";

	CHECK_OK(fd);
	CHECK_EQ(write(fd, buf, 16), 16);
	CHECK_EQ(read(fd, buf, 16), 0);
	fd = open("/dev/zero", O_RDWR);
	CHECK_OK(fd);
	CHECK_EQ(read(fd, buf, 16), 16);
	for (int i = 0; i < 16; i++)
		CHECK_EQ(buf[i], 0);
	fd = open("/dev/full", O_RDWR);
	CHECK_OK(fd);
	CHECK_ERR(write(fd, buf, 1), ENOSPC);
}

TEST(file_dev_zero_can_be_mapped)
{
	int fd = open("/dev/zero", O_RDWR);
	char *p;

	CHECK_OK(fd);
	p = map(2 * page, RW, MAP_PRIVATE, fd);
	CHECK_EQ(p[page], 0);
	p[page] = 1;
	p = map(2 * page, RW, MAP_PRIVATE, fd);
	CHECK_EQ(p[page], 0);
}

/* Offset and name behind the rights in the line of @p in /proc/self/maps. */
static void zero_line(const char *p, unsigned long *offset, char name[64])
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start;
	char line[512];

	if (!f)
		SKIP("no /proc/self/maps");
	*name = '\0';
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-", &start) == 1 && start == (unsigned long)(uintptr_t)p)
			CHECK(sscanf(line, "%*s rw-p %lx %*s %*s %63s", offset, name) >= 1);
	fclose(f);
}

TEST(file_dev_zero_mapped_privately_is_anonymous_memory_with_a_name)
{
	int fd = open("/dev/zero", O_RDWR);
	unsigned long offset;
	char *p, *q, name[64];
	pid_t pid;

	CHECK_OK(fd);
	p = mmap(NULL, 4 * page, RW, MAP_PRIVATE, fd, (off_t)(3 * page));
	CHECK(p != MAP_FAILED);
	CHECK_OK(close(fd));
	zero_line(p, &offset, name);
	CHECK(!strcmp(name, "/dev/zero"));
	CHECK_EQ(offset, 3 * page);
	memset(p, 1, 4 * page);
	CHECK_OK(madvise(p, page, MADV_DONTNEED));
	CHECK_EQ(p[0] + p[page], 1);
	CHECK_OK(madvise(p, page, MADV_FREE));			/* which is for anonymous memory only */
	CHECK_OK(munmap(p + page, page));
	pid = fork_ok();
	if (pid == 0) {
		p[2 * page] = 5;
		_exit(p[2 * page + 1]);
	}
	CHECK_EXIT(wait_for(pid), 1);
	CHECK_EQ(p[2 * page], 1);
	q = mremap(p + 2 * page, 2 * page, 4 * page, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[page] + q[3 * page], 1);
	zero_line(q, &offset, name);
	CHECK(!strcmp(name, "/dev/zero"));
	CHECK_EQ(offset, 5 * page);
}

TEST(file_dev_urandom_gives_different_bytes)
{
	int fd = open("/dev/urandom", O_RDONLY);
	char a[32], b[32];

	CHECK_OK(fd);
	CHECK_EQ(read(fd, a, 32), 32);
	CHECK_EQ(read(fd, b, 32), 32);
	CHECK(memcmp(a, b, 32));
}
