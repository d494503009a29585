/* SPDX-License-Identifier: MIT */
/*
 * tests/user/failnth_file_test.c - every allocation behind files, names and descriptors fails once, and nothing breaks
 *
 * How: failnth.c.
 */
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <termios.h>

#include "failnth.h"
#include "utest.h"

static int file;

static void prepare_file(void)
{
	file = open("data", O_RDWR | O_CREAT, 0644);
	CHECK_OK(file);
	CHECK_OK(ftruncate(file, 16 * page));
	CHECK_EQ(pwrite(file, "x", 1, 3 * page), 1);
}

/* ---- descriptors ---- */
static int fds[2];

static void close_both(void)
{
	close(fds[0]);
	close(fds[1]);
}

static void close_one(void)
{
	close(fds[0]);
}

static long act_pipe(void) { return pipe(fds); }
SWEEP(failnth_pipe_fails_cleanly, 4, .act = act_pipe, .undo = close_both)

static void prepare_pipe(void)
{
	CHECK_OK(pipe(fds));
}

static long act_pipe_write(void)
{
	static char data[12000] = { 1 };
	ssize_t n = write(fds[1], data, sizeof(data));

	if (n < 0)
		return -1;
	CHECK_EQ(read(fds[0], data, sizeof(data)), n);
	return 0;
}
SWEEP(failnth_write_to_a_pipe_fails_or_is_short, 1, .prepare = prepare_pipe, .act = act_pipe_write)

static long act_pipe_size(void) { return fcntl(fds[1], F_SETPIPE_SZ, 1 << 18); }
SWEEP(failnth_growing_a_pipe_fails_cleanly, 1, .prepare = prepare_pipe, .act = act_pipe_size)

static long keep(int fd)
{
	fds[0] = fd;
	return fd;
}

static long act_open(void) { return keep(open("data", O_RDONLY)); }
SWEEP(failnth_open_fails_cleanly, 1, .prepare = prepare_file, .act = act_open, .undo = close_one)

static long act_creat(void) { return keep(open("new", O_RDWR | O_CREAT | O_EXCL, 0644)); }
static void undo_creat(void)
{
	close(fds[0]);
	CHECK_OK(unlink("new"));
}
SWEEP(failnth_creating_a_file_fails_cleanly, 3, .act = act_creat, .undo = undo_creat)

static long act_dup(void) { return keep(dup2(0, 900)); }
static void undo_dup(void) { close(900); }
SWEEP(failnth_growing_the_descriptor_table_fails_cleanly, 1, .act = act_dup, .undo = undo_dup, .other = EMFILE)

static long act_eventfd(void) { return keep(eventfd(0, 0)); }
SWEEP(failnth_eventfd_fails_cleanly, 2, .act = act_eventfd, .undo = close_one)

static long act_epoll(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = epoll_create1(0);

	if (fd < 0)
		return -1;
	if (epoll_ctl(fd, EPOLL_CTL_ADD, fds[0], &ev)) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	epoll_wait(fd, &ev, 1, 0);
	close(fd);
	return 0;
}
SWEEP(failnth_epoll_fails_cleanly, 3, .prepare = prepare_pipe, .act = act_epoll)

static long act_memfd(void)
{
	fds[0] = syscall(SYS_memfd_create, "failnth", 0);
	if (fds[0] < 0)
		return -1;
	if (ftruncate(fds[0], 8 * page) || pwrite(fds[0], "x", 1, 3 * page) != 1) {
		int err = errno;

		close(fds[0]);
		errno = err;
		return -1;
	}
	return close(fds[0]);
}
SWEEP(failnth_memfd_fails_cleanly, 3, .act = act_memfd)

static long act_pidfd(void) { return keep(syscall(SYS_pidfd_open, getpid(), 0)); }
SWEEP(failnth_pidfd_fails_cleanly, 1, .act = act_pidfd, .undo = close_one)

static long act_poll(void)
{
	static struct pollfd p[300];

	for (int i = 0; i < 300; i++)
		p[i] = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	return poll(p, 300, 1);
}
SWEEP(failnth_poll_of_many_fails_cleanly, 1, .prepare = prepare_pipe, .act = act_poll)

static void prepare_select(void)
{
	prepare_pipe();
	CHECK_EQ(dup2(fds[0], 900), 900);	/* sets so large that they need memory */
}

static long act_select(void)
{
	struct timeval t = { 0, 1000 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	return select(1000, &set, NULL, NULL, &t);
}
SWEEP(failnth_select_fails_cleanly, 1, .prepare = prepare_select, .act = act_select)

/* ---- names ---- */
static long act_mkdir(void) { return mkdir("dir", 0755); }
static void undo_mkdir(void) { CHECK_OK(rmdir("dir")); }
SWEEP(failnth_mkdir_fails_cleanly, 2, .act = act_mkdir, .undo = undo_mkdir)

static long act_link(void) { return link("data", "other"); }
static void undo_link(void) { CHECK_OK(unlink("other")); }
SWEEP(failnth_link_fails_cleanly, 1, .prepare = prepare_file, .act = act_link, .undo = undo_link)

static long act_symlink(void) { return symlink("data", "other"); }
SWEEP(failnth_symlink_fails_cleanly, 3, .act = act_symlink, .undo = undo_link)

static long act_rename(void) { return rename("data", "other"); }
SWEEP(failnth_rename_fails_cleanly, 1, .prepare = prepare_file, .act = act_rename, .undo = undo_link)

static long act_paths(void)
{
	static char buf[4096];
	struct statfs fs;
	struct stat st;

	if (stat("data", &st) || access("data", R_OK) || statfs(".", &fs) || chdir(".") ||
	    !getcwd(buf, sizeof(buf)) || readlink("/proc/self/exe", buf, sizeof(buf)) < 0)
		return -1;
	return utimensat(AT_FDCWD, "data", NULL, 0);
}
SWEEP(failnth_looking_at_paths_fails_cleanly, 1, .prepare = prepare_file, .act = act_paths)

static long act_getdents(void)
{
	static char buf[4096];
	int fd = open(".", O_RDONLY | O_DIRECTORY);
	long n;

	if (fd < 0)
		return -1;
	n = syscall(SYS_getdents64, fd, buf, sizeof(buf));
	close(fd);
	return n;
}
SWEEP(failnth_getdents_fails_cleanly, 1, .act = act_getdents)

static long act_write_file(void)
{
	static char data[10000] = { 1 };
	ssize_t n = pwrite(file, data, sizeof(data), 5 * 65536);

	if (n < 0)
		return -1;
	return ftruncate(file, 16 * page);
}
SWEEP(failnth_write_of_new_pages_fails_or_is_short, 1, .prepare = prepare_file, .act = act_write_file)

static blkcnt_t blocks_of(int fd)
{
	struct stat st;

	CHECK_OK(fstat(fd, &st));
	return st.st_blocks;
}

/* All of the range, or what was there before. */
static long act_fallocate(void)
{
	blkcnt_t before = blocks_of(file);

	if (!fallocate(file, 0, 0, 40 * page))
		return 0;
	CHECK_EQ(blocks_of(file), before);
	return -1;
}
SWEEP(failnth_fallocate_fails_cleanly, 1, .prepare = prepare_file, .act = act_fallocate)

static long act_sendfile(void)
{
	int out = open("copy", O_WRONLY | O_CREAT, 0644);
	off_t off = 0;
	ssize_t n = out < 0 ? -1 : sendfile(out, file, &off, 3 * page);
	int err = errno;

	close(out);
	unlink("copy");
	errno = err;
	return n;
}
SWEEP(failnth_sendfile_fails_cleanly, 3, .prepare = prepare_file, .act = act_sendfile)

static long act_locks(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10 };

	if (fcntl(file, F_SETLK, &l))
		return -1;
	l.l_type = F_UNLCK;
	l.l_start = 3;
	l.l_len = 3;
	if (fcntl(file, F_SETLK, &l))
		return -1;
	if (flock(file, LOCK_EX))
		return -1;
	return flock(file, LOCK_UN);
}
SWEEP(failnth_file_locks_fail_cleanly, 2, .prepare = prepare_file, .act = act_locks, .other = ENOLCK)

/* ---- /proc ---- */
static long read_all(const char *path)
{
	static char buf[8192];
	int fd = open(path, O_RDONLY);
	ssize_t n;
	int err;

	if (fd < 0)
		return -1;
	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0);
	err = errno;
	close(fd);
	errno = err;
	return n;
}

static long act_proc(void)
{
	static const char *const files[] = {
		"/proc/meminfo", "/proc/stat", "/proc/self/maps", "/proc/self/status", "/proc/self/cmdline",
		"/proc/self/environ", "/proc/cpuinfo", "/proc/self/mounts", "/proc/slabinfo", "/proc/self/fdinfo/0",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (read_all(files[i]) < 0)
			return -1;
	return 0;
}
SWEEP(failnth_reading_proc_fails_cleanly, 20, .act = act_proc)

static long act_proc_dirs(void)
{
	static const char *const dirs[] = { "/proc", "/proc/self/fd", "/proc/self/task" };
	static char buf[4096];

	for (int i = 0; i < 3; i++) {
		int fd = open(dirs[i], O_RDONLY | O_DIRECTORY);
		long n;

		if (fd < 0)
			return -1;
		do {
			n = syscall(SYS_getdents64, fd, buf, sizeof(buf));
		} while (n > 0);
		close(fd);
		if (n < 0)
			return -1;
	}
	return 0;
}
SWEEP(failnth_listing_proc_fails_cleanly, 3, .act = act_proc_dirs)

/* ---- what root may do ---- */
static void make_mount_point(void)
{
	mkdir("mnt", 0755);
}

static long act_mount(void)
{
	if (mount("none", "mnt", "tmpfs", 0, "size=1m"))
		return -1;
	if (!umount("mnt"))
		return 0;
	if (errno == ENOMEM)
		CHECK_OK(umount("mnt"));
	return -1;
}
SWEEP(failnth_mount_fails_cleanly, 4, .prepare = make_mount_point, .act = act_mount)

static long act_setgroups(void)
{
	gid_t g[3] = { 1, 2, 3 };

	return setgroups(3, g);
}
SWEEP(failnth_setgroups_fails_cleanly, 0, .act = act_setgroups)

static long act_pty(void)
{
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0, number, other;
	struct winsize w;
	char name[32];

	if (fd < 0)
		return -1;
	CHECK_OK(ioctl(fd, TIOCSPTLCK, &zero));
	CHECK_OK(ioctl(fd, TIOCGPTN, &number));
	CHECK_OK(ioctl(fd, TIOCGWINSZ, &w));
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	other = open(name, O_RDWR | O_NOCTTY);
	if (other < 0 || write(other, "hello\n", 6) < 0) {
		int err = errno;

		close(other);
		close(fd);
		errno = err;
		return -1;
	}
	close(other);
	return close(fd);
}
SWEEP(failnth_pseudo_terminal_fails_cleanly, 4, .act = act_pty)

static long act_writev(void)
{
	static struct iovec v[20];
	static char byte[20];

	for (int i = 0; i < 20; i++)
		v[i] = (struct iovec){ byte + i, 1 };
	return pwritev(file, v, 20, 0);
}
SWEEP(failnth_writev_of_many_pieces_fails_cleanly, 1, .prepare = prepare_file, .act = act_writev)
