/* SPDX-License-Identifier: MIT */
/*
 * tests/user/pipe_test.c - pipes, poll and select
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "utest.h"

static int p[2];
static char c;

static void make_pipe(int flags)
{
	CHECK_OK(pipe2(p, flags));
}

/* ---- pipes ---- */
TEST(pipe_carries_bytes_in_order)
{
	char buf[8];

	make_pipe(0);
	CHECK_EQ(write(p[1], "abc", 3), 3);
	CHECK_EQ(write(p[1], "def", 3), 3);
	CHECK_EQ(read(p[0], buf, 4), 4);
	CHECK(!memcmp(buf, "abcd", 4));
	CHECK_EQ(read(p[0], buf, 8), 2);
}

TEST(pipe_read_after_last_writer_closed_returns_the_rest_then_zero)
{
	make_pipe(0);
	CHECK_EQ(write(p[1], "z", 1), 1);
	CHECK_OK(close(p[1]));
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(read(p[0], &c, 1), 0);
	CHECK_EQ(read(p[0], &c, 1), 0);
}

TEST(pipe_nonblocking_empty_read_and_full_write_are_eagain)
{
	size_t n = 0;
	char buf[4096] = { 0 };

	make_pipe(O_NONBLOCK);
	CHECK_ERR(read(p[0], &c, 1), EAGAIN);
	while (write(p[1], buf, sizeof(buf)) == (ssize_t)sizeof(buf))
		n += sizeof(buf);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 65536);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), (ssize_t)sizeof(buf));
	CHECK_EQ(write(p[1], buf, sizeof(buf)), (ssize_t)sizeof(buf));
}

TEST(pipe_size_can_be_read_and_changed)
{
	make_pipe(0);
	CHECK_EQ(fcntl(p[0], F_GETPIPE_SZ), 65536);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 8192), 8192);
	CHECK_EQ(fcntl(p[1], F_GETPIPE_SZ), 8192);
	CHECK_EQ(write(p[1], "abc", 3), 3);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 131072), 131072);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(c, 'a');
}

TEST(pipe_fionread_tells_the_bytes_waiting)
{
	int n = -1;

	make_pipe(0);
	CHECK_EQ(write(p[1], "abcde", 5), 5);
	CHECK_OK(ioctl(p[0], FIONREAD, &n));
	CHECK_EQ(n, 5);
}

TEST(pipe_writes_up_to_pipe_buf_are_not_mixed)
{
	char buf[512];
	int seen[4] = { 0 };
	pid_t pid[4];

	make_pipe(0);
	for (int i = 0; i < 4; i++) {
		pid[i] = fork_ok();
		if (pid[i] == 0) {
			memset(buf, 'a' + i, sizeof(buf));
			for (int k = 0; k < 50; k++)
				CHECK_EQ(write(p[1], buf, sizeof(buf)), (ssize_t)sizeof(buf));
			_exit(0);
		}
	}
	close(p[1]);
	for (int k = 0; k < 200; k++) {
		size_t got = 0;

		while (got < sizeof(buf)) {
			ssize_t n = read(p[0], buf + got, sizeof(buf) - got);

			CHECK(n > 0);
			got += n;
		}
		for (size_t i = 1; i < sizeof(buf); i++)
			CHECK_EQ(buf[i], buf[0]);
		seen[buf[0] - 'a']++;
	}
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(seen[i], 50);
		CHECK_EXIT(wait_for(pid[i]), 0);
	}
}

TEST(pipe_large_write_blocks_until_all_is_read)
{
	size_t size = 300000, got = 0;
	unsigned char *buf = malloc(size);
	pid_t pid;

	CHECK(buf);
	make_pipe(0);
	pid = fork_ok();
	if (pid == 0) {
		for (size_t i = 0; i < size; i++)
			buf[i] = i % 251;
		_exit(write(p[1], buf, size) != (ssize_t)size);
	}
	close(p[1]);
	for (;;) {
		ssize_t n = read(p[0], buf, 7001);

		if (n == 0)
			break;
		CHECK(n > 0);
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ(buf[i], (got + i) % 251);
		got += n;
	}
	CHECK_EQ(got, size);
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(pipe_without_readers_is_epipe)
{
	make_pipe(0);
	signal(SIGPIPE, SIG_IGN);
	CHECK_OK(close(p[0]));
	CHECK_ERR(write(p[1], "x", 1), EPIPE);
}

TEST(pipe_cannot_seek)
{
	make_pipe(0);
	CHECK_ERR(lseek(p[0], 0, SEEK_SET), ESPIPE);
	CHECK_ERR(pread(p[0], &c, 1, 0), ESPIPE);
	CHECK_ERR(pipe2(p, 0x1), EINVAL);
	CHECK_ERR(ftruncate(p[1], 0), EINVAL);
}

TEST(pipe_blocked_reader_wakes_when_the_writer_dies)
{
	pid_t pid;

	make_pipe(0);
	pid = fork_ok();
	if (pid == 0) {
		sleep_ms(20);
		_exit(0);
	}
	CHECK_OK(close(p[1]));
	CHECK_EQ(read(p[0], &c, 1), 0);
	CHECK_EXIT(wait_for(pid), 0);
}

/* ---- poll ---- */
static int poll_one(int fd, short events, int ms)
{
	struct pollfd f = { .fd = fd, .events = events };
	int n = poll(&f, 1, ms);

	return n < 0 ? -1 : f.revents;
}

TEST(poll_times_out_on_an_empty_pipe)
{
	int64_t start = now_ns();

	make_pipe(0);
	CHECK_EQ(poll_one(p[0], POLLIN, 30), 0);
	CHECK(now_ns() - start >= 30000000);
	CHECK_EQ(poll_one(p[0], POLLIN, 0), 0);
}

TEST(poll_tells_readable_writable_and_hangup)
{
	make_pipe(0);
	CHECK_EQ(poll_one(p[1], POLLOUT, 0), POLLOUT);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(poll_one(p[0], POLLIN, -1), POLLIN);
	CHECK_OK(close(p[1]));
	CHECK_EQ(poll_one(p[0], POLLIN, 0), POLLIN | POLLHUP);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(poll_one(p[0], POLLIN, 0), POLLHUP);
}

TEST(poll_on_the_write_end_without_readers_is_pollerr)
{
	make_pipe(0);
	CHECK_OK(close(p[0]));
	CHECK_EQ(poll_one(p[1], POLLOUT, 0), POLLOUT | POLLERR);
}

TEST(poll_of_a_closed_descriptor_is_pollnval_and_negative_is_skipped)
{
	struct pollfd f[2] = { { .fd = 700, .events = POLLIN }, { .fd = -1, .events = POLLIN } };

	CHECK_EQ(poll(f, 2, -1), 1);
	CHECK_EQ(f[0].revents, POLLNVAL);
	CHECK_EQ(f[1].revents, 0);
	CHECK_EQ(poll_one(make_file("f", "", 0), POLLIN | POLLOUT, 0), POLLIN | POLLOUT);
}

TEST(poll_wakes_when_data_arrives)
{
	pid_t pid;

	make_pipe(0);
	pid = fork_ok();
	if (pid == 0) {
		sleep_ms(20);
		_exit(write(p[1], "x", 1) != 1);
	}
	CHECK_EQ(poll_one(p[0], POLLIN, 10000), POLLIN);
	CHECK_EXIT(wait_for(pid), 0);
}

static void nothing(int sig)
{
	(void)sig;
}

TEST(poll_is_interrupted_by_a_handler_even_with_restart)
{
	struct sigaction sa = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	struct itimerval t = { .it_value = { 0, 20000 } };

	make_pipe(0);
	CHECK_OK(sigaction(SIGALRM, &sa, NULL));
	CHECK_OK(setitimer(ITIMER_REAL, &t, NULL));
	CHECK_ERR(poll_one(p[0], POLLIN, 10000), EINTR);
}

TEST(ppoll_unblocks_its_mask_only_while_waiting)
{
	struct timespec t = { 5, 0 };
	struct pollfd f;
	sigset_t none, s;

	make_pipe(0);
	f = (struct pollfd){ .fd = p[0], .events = POLLIN };
	signal(SIGUSR1, nothing);
	sigemptyset(&none);
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &s, NULL));
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_ERR(ppoll(&f, 1, &t, &none), EINTR);
	t.tv_nsec = 2000000000;
	CHECK_ERR(ppoll(&f, 1, &t, NULL), EINVAL);
}

TEST(select_reports_ready_sets_and_clears_the_rest)
{
	struct timeval t = { 0, 20000 };
	fd_set in, out;

	make_pipe(0);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(p[0], &in);
	FD_SET(p[1], &out);
	CHECK_EQ(select(p[1] + 1, &in, &out, NULL, &t), 1);
	CHECK(!FD_ISSET(p[0], &in) && FD_ISSET(p[1], &out));
	FD_ZERO(&in);
	FD_SET(p[0], &in);
	t = (struct timeval){ 0, 20000 };
	CHECK_EQ(select(p[0] + 1, &in, NULL, NULL, &t), 0);
	CHECK(!FD_ISSET(p[0], &in));
	FD_SET(50, &in);
	CHECK_ERR(select(51, &in, NULL, NULL, &t), EBADF);
	CHECK_ERR(select(-1, NULL, NULL, NULL, &t), EINVAL);
}

TEST(pselect_sleeps_without_descriptors)
{
	struct timespec t = { 0, 20000000 };
	int64_t start = now_ns();

	CHECK_EQ(pselect(0, NULL, NULL, NULL, &t, NULL), 0);
	CHECK(now_ns() - start >= 20000000);
}

TEST(pipe_opened_by_its_proc_fd_link_is_the_same_pipe)
{
	char link[32], name[32], again[32];
	struct stat a, b;
	int fd;

	make_pipe(0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", p[0]);
	CHECK_EQ(write(p[1], "x", 1), 1);
	fd = open(link, O_RDONLY);
	if (fd < 0 && errno == ENOENT)
		SKIP("no /proc");
	CHECK_OK(fd);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_OK(fstat(p[0], &a));
	CHECK_OK(stat(link, &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK(readlink(link, name, sizeof(name)) > 6);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	CHECK(readlink(link, again, sizeof(again)) > 6);
	CHECK(!memcmp(name, again, 6) && !memcmp(name, "pipe:[", 6));
	CHECK_OK(close(p[1]));
	CHECK_EQ(read(fd, &c, 1), 0);
}

TEST(pipe_opened_by_its_proc_fd_link_after_the_writer_left_does_not_wait)
{
	char link[32];
	int fd;

	make_pipe(0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_OK(close(p[1]));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", p[0]);
	fd = open(link, O_RDONLY);
	if (fd < 0 && errno == ENOENT)
		SKIP("no /proc");
	CHECK_OK(fd);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(read(fd, &c, 1), 0);
}

/* ---- what busier programs use ---- */
/* Between the fields, where a machine has room there: zero, or what we had there. */
TEST(epoll_event_has_no_byte_that_nobody_set)
{
	struct epoll_event e = { .events = EPOLLOUT }, got;
	size_t from = sizeof(got.events), to = offsetof(struct epoll_event, data);
	int ep = epoll_create1(0);

	CHECK_OK(ep);
	make_pipe(0);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &e));
	memset(&got, 0xff, sizeof(got));
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1);
	for (size_t i = from + 1; i < to; i++)
		CHECK_EQ(((unsigned char *)&got)[i], ((unsigned char *)&got)[from]);
	if (from < to)
		CHECK(((unsigned char *)&got)[from] == 0 || ((unsigned char *)&got)[from] == 0xff);
}

TEST(epoll_level_and_edge_triggering)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = 5 }, got[2];
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0 && errno == ENOSYS)
		SKIP("no epoll");
	make_pipe(0);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e));
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e), EEXIST);
	CHECK_EQ(epoll_wait(ep, got, 2, 0), 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(ep, got, 2, -1), 1);
	CHECK_EQ(got[0].data.u32, 5);
	CHECK_EQ(epoll_wait(ep, got, 2, 0), 1);
	e.events = EPOLLIN | EPOLLET;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &e));
	CHECK_EQ(epoll_wait(ep, got, 2, 0), 1);
	CHECK_EQ(epoll_wait(ep, got, 2, 0), 0);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL));
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL), ENOENT);
}

TEST(eventfd_adds_up_writes_until_read)
{
	int fd = eventfd(3, EFD_NONBLOCK);
	uint64_t v = 4;

	if (fd < 0 && errno == ENOSYS)
		SKIP("no eventfd");
	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 7);
	CHECK_ERR(read(fd, &v, 8), EAGAIN);
	CHECK_ERR(read(fd, &v, 4), EINVAL);
}

TEST(socketpair_carries_bytes_both_ways)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p)) {
		CHECK(errno == ENOSYS || errno == EAFNOSUPPORT);
		SKIP("no sockets");
	}
	CHECK_EQ(write(p[0], "a", 1), 1);
	CHECK_EQ(read(p[1], &c, 1), 1);
	CHECK_EQ(write(p[1], "b", 1), 1);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(c, 'b');
}

/* ---- packets ---- */
TEST(pipe_packet_is_read_alone_and_its_rest_is_dropped)
{
	char buf[16];

	make_pipe(O_DIRECT);
	CHECK_EQ(write(p[1], "abc", 3), 3);
	CHECK_EQ(write(p[1], "defgh", 5), 5);
	CHECK_EQ(write(p[1], "ij", 2), 2);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 3);
	CHECK(!memcmp(buf, "abc", 3));
	CHECK_EQ(read(p[0], buf, 2), 2);
	CHECK(!memcmp(buf, "de", 2));
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 2);
	CHECK(!memcmp(buf, "ij", 2));
}

TEST(pipe_packet_larger_than_a_page_is_several)
{
	char *buf = map(3 * page, RW, ANON, -1);

	make_pipe(O_DIRECT);
	CHECK_EQ(write(p[1], buf, 2 * page + 7), (ssize_t)(2 * page + 7));
	CHECK_EQ(read(p[0], buf, 3 * page), (ssize_t)page);
	CHECK_EQ(read(p[0], buf, 3 * page), (ssize_t)page);
	CHECK_EQ(read(p[0], buf, 3 * page), 7);
}

TEST(pipe_packets_are_the_writers_choice_and_can_be_switched)
{
	char buf[16];

	make_pipe(O_DIRECT);
	CHECK_EQ(fcntl(p[1], F_GETFL), O_WRONLY | O_DIRECT);
	CHECK_EQ(fcntl(p[0], F_GETFL), O_RDONLY);
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_OK(fcntl(p[1], F_SETFL, 0));
	CHECK_EQ(write(p[1], "b", 1), 1);
	CHECK_EQ(write(p[1], "c", 1), 1);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 1);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 2);
	CHECK_OK(fcntl(p[1], F_SETFL, O_DIRECT));
	CHECK_EQ(write(p[1], "d", 1), 1);
	CHECK_EQ(write(p[1], "", 0), 0);
	CHECK_EQ(write(p[1], "e", 1), 1);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 1);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], 'e');
}

TEST(pipe_keeps_its_contents_in_order_when_its_size_changes)
{
	char *buf = map(page, RW, ANON, -1);
	int in = 0, out = 0;

	make_pipe(O_NONBLOCK);
	for (int i = 0; i < 12; i++, in++) {
		buf[0] = (char)in;
		CHECK_EQ(write(p[1], buf, page), (ssize_t)page);
	}
	for (int i = 0; i < 10; i++, out++)
		CHECK_EQ(read(p[0], buf, page), (ssize_t)page);
	for (int i = 0; i < 12; i++, in++) {		/* the ring wraps */
		buf[0] = (char)in;
		CHECK_EQ(write(p[1], buf, page), (ssize_t)page);
	}
	CHECK_EQ(fcntl(p[1], F_SETPIPE_SZ, 32 * page), 32 * (long)page);
	CHECK_EQ(fcntl(p[1], F_SETPIPE_SZ, 16 * page), 16 * (long)page);
	CHECK_ERR(fcntl(p[1], F_SETPIPE_SZ, 8 * page), EBUSY);
	for (; out < in; out++) {
		CHECK_EQ(read(p[0], buf, page), (ssize_t)page);
		CHECK_EQ(buf[0], out);
	}
	CHECK_ERR(read(p[0], buf, page), EAGAIN);
}

/* ---- writers and readers that leave ---- */
static volatile sig_atomic_t pipe_signals;

static void count_sigpipe(int sig)
{
	(void)sig;
	pipe_signals++;
}

TEST(pipe_write_cut_short_by_the_last_reader_raises_sigpipe_and_returns_the_part)
{
	size_t size = 131072;
	char *buf = calloc(1, size);
	pid_t pid;

	CHECK(buf);
	signal(SIGPIPE, count_sigpipe);
	make_pipe(0);
	pid = fork_ok();
	if (pid == 0) {
		int n = 0;

		for (; n < 65536; sleep_ms(1))
			CHECK_OK(ioctl(p[0], FIONREAD, &n));
		_exit(0);
	}
	CHECK_OK(close(p[0]));
	CHECK_EQ(write(p[1], buf, size), 65536);
	CHECK_EQ(pipe_signals, 1);
	CHECK_EXIT(wait_for(pid), 0);
}

/* ---- long waits and large sets ---- */
static long raw_select(int n, unsigned long *in, long sec)
{
#ifdef SYS_select
	long t[2] = { sec, 0 };

	return syscall(SYS_select, n, in, NULL, NULL, sec < 0 ? NULL : t);
#else
	struct timespec t = { sec, 0 };

	return syscall(SYS_pselect6, n, in, NULL, NULL, sec < 0 ? NULL : &t, NULL);
#endif
}

TEST(select_with_a_timeout_of_a_billion_years_waits)
{
	struct itimerval t = { .it_value = { 0, 30000 }, .it_interval = { 0, 30000 } };

	signal(SIGALRM, nothing);
	CHECK_OK(setitimer(ITIMER_REAL, &t, NULL));
	CHECK_ERR(raw_select(0, NULL, 1L << 55), EINTR);
}

TEST(select_finds_a_descriptor_beyond_4096)
{
	struct rlimit r;
	unsigned long set[100] = { 0 };

	make_pipe(0);
	CHECK_OK(getrlimit(RLIMIT_NOFILE, &r));
	r.rlim_cur = 6000;
	if (r.rlim_max < 6000)
		r.rlim_max = 6000;
	if (setrlimit(RLIMIT_NOFILE, &r))
		SKIP("no more than %ld descriptors", (long)r.rlim_max);
	CHECK_EQ(dup2(p[0], 5000), 5000);
	set[5000 / 64] = 1UL << 5000 % 64;
	CHECK_EQ(raw_select(5001, set, 0), 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	set[5000 / 64] = 1UL << 5000 % 64;
	CHECK_EQ(raw_select(5001, set, -1), 1);
	CHECK_EQ(set[5000 / 64], 1UL << 5000 % 64);
	set[4999 / 64] |= 1UL << 4999 % 64;
	CHECK_ERR(raw_select(5001, set, 0), EBADF);
}
