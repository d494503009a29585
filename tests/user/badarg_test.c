/* SPDX-License-Identifier: MIT */
/*
 * tests/user/badarg_test.c - wrong pointers and lengths give an errno, never a death
 *
 * Calls go through syscall(), so that the C library neither checks nor touches anything.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "utest.h"

/* Null, kernel half, non-canonical or out of range, last byte of all, read-only and no access. */
static long bad[] = { 0, -4096, 1L << 60, -1, 0x7ffffffffff0, 0 };
#define NBAD 6

static void make_bad(void)
{
	bad[5] = (long)map(page, PROT_NONE, ANON, -1);
}

#define EACH_BAD(p) make_bad(); for (long i_ = 0, p = bad[0]; i_ < NBAD; i_++, p = bad[i_ % NBAD])

TEST(badarg_read_into_bad_memory_is_efault)
{
	int fd = make_file("f", "abcdef", 6);

	EACH_BAD(p)
		CHECK_ERR(syscall(SYS_pread64, fd, p, 4, 0), EFAULT);
}

TEST(badarg_write_from_bad_memory_is_efault)
{
	int fd = make_file("f", "", 0), pipes[2];

	CHECK_OK(pipe(pipes));
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_write, fd, p, 4), EFAULT);
		CHECK_ERR(syscall(SYS_write, pipes[1], p, 4), EFAULT);
	}
}

TEST(badarg_read_into_read_only_memory_is_efault)
{
	int fd = make_file("f", "abcdef", 6);
	char *p = map(page, PROT_READ, ANON, -1);

	CHECK_ERR(syscall(SYS_read, fd, p, 4), EFAULT);
	CHECK_ERR(syscall(SYS_read, fd, "constant", 4), EFAULT);
}

TEST(badarg_transfer_that_runs_into_bad_memory_is_partial_or_efault)
{
	int fd = make_file("f", "", 0), pipes[2];
	char *p = map(2 * page, RW, ANON, -1);
	long n;

	CHECK_OK(pipe(pipes));
	CHECK_OK(munmap(p + page, page));
	CHECK_OK(ftruncate(fd, 2 * page));
	n = syscall(SYS_pread64, fd, p + page - 10, 100, 0);
	CHECK(n == 10 || (n == -1 && errno == EFAULT) || n == 0);
	n = syscall(SYS_write, pipes[1], p + page - 10, 100);
	CHECK(n == 10 || (n == -1 && errno == EFAULT));
	CHECK_EQ(p[0], 0);
}

TEST(badarg_paths_from_bad_memory_are_efault)
{
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_openat, AT_FDCWD, p, O_RDONLY, 0), EFAULT);
		CHECK_ERR(syscall(SYS_mkdirat, AT_FDCWD, p, 0755), EFAULT);
		CHECK_ERR(syscall(SYS_unlinkat, AT_FDCWD, p, 0), EFAULT);
		CHECK_ERR(syscall(SYS_chdir, p), EFAULT);
		CHECK_ERR(syscall(SYS_execve, p, NULL, NULL), EFAULT);
		CHECK_ERR(syscall(SYS_readlinkat, AT_FDCWD, p, p, 10), EFAULT);
	}
}

TEST(badarg_path_that_is_not_terminated_before_bad_memory_is_efault)
{
	char *p = map(2 * page, RW, ANON, -1);

	CHECK_OK(munmap(p + page, page));
	memset(p, 'x', page);
	CHECK_ERR(syscall(SYS_openat, AT_FDCWD, p + page - 5, O_RDONLY, 0), EFAULT);
	p[page - 1] = 0;
	CHECK_ERR(syscall(SYS_openat, AT_FDCWD, p + page - 5, O_RDONLY, 0), ENOENT);
}

TEST(badarg_results_to_bad_memory_are_efault)
{
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_fstat, 0, p), EFAULT);
		CHECK_ERR(syscall(SYS_uname, p), EFAULT);
		CHECK_ERR(syscall(SYS_sysinfo, p), EFAULT);
		CHECK_ERR(syscall(SYS_getcwd, p, 100), EFAULT);
		CHECK_ERR(syscall(SYS_pipe2, p, 0), EFAULT);
		CHECK_ERR(syscall(SYS_clock_gettime, 1, p ? p : 8), EFAULT);
		CHECK_ERR(syscall(SYS_getrusage, 0, p), EFAULT);
		CHECK_ERR(syscall(SYS_getrandom, p, 16, 0), EFAULT);
		CHECK_ERR(syscall(SYS_getdents64, open(".", O_RDONLY), p, 4096), EFAULT);
		CHECK_ERR(syscall(SYS_statfs, "/", p), EFAULT);
	}
}

TEST(badarg_signal_calls_with_bad_memory_are_efault)
{
	make_bad();
	for (int i = 1; i < NBAD; i++) {
		CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, bad[i], NULL, 8), EFAULT);
		CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, bad[i], 8), EFAULT);
		CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, bad[i], NULL, 8), EFAULT);
		CHECK_ERR(syscall(SYS_sigaltstack, bad[i], NULL), EFAULT);
		CHECK_ERR(syscall(SYS_rt_sigtimedwait, bad[i], NULL, NULL, 8), EFAULT);
	}
}

TEST(badarg_time_calls_with_bad_memory_are_efault)
{
	EACH_BAD(p) {
		CHECK_ERR(syscall(SYS_nanosleep, p, NULL), EFAULT);
		if (p)
			CHECK_ERR(syscall(SYS_setitimer, 0, p, NULL), EFAULT);
	}
}

TEST(badarg_wait_status_to_bad_memory_is_efault)
{
	pid_t pid = fork_ok();

	if (pid == 0)
		_exit(0);
	CHECK_ERR(syscall(SYS_wait4, pid, -4096L, 0, NULL), EFAULT);
}

TEST(badarg_vectors_with_bad_pointers_or_lengths_fail)
{
	int fd = make_file("f", "abc", 3);
	char buf[8];
	struct iovec v[2] = { { buf, 1 }, { (void *)-4096L, 2 } };
	struct iovec huge[2] = { { buf, SSIZE_MAX }, { buf, SSIZE_MAX } };
	struct iovec negative = { buf, (size_t)-1 };

	CHECK_ERR(syscall(SYS_readv, fd, -4096L, 2), EFAULT);
	CHECK_ERR(syscall(SYS_writev, fd, 8L, 1), EFAULT);
	CHECK(syscall(SYS_readv, fd, v, 2) <= 1);
	CHECK_ERR(syscall(SYS_writev, fd, &negative, 1), EINVAL);
	CHECK(syscall(SYS_writev, fd, huge, 2) != -1 || errno == EINVAL || errno == EFAULT);
}

TEST(badarg_poll_and_select_with_bad_memory_are_efault)
{
	struct timespec now = { 0, 0 };

	make_bad();
	for (int i = 1; i < NBAD; i++) {
		CHECK_ERR(syscall(SYS_ppoll, bad[i], 1, &now, NULL, 8), EFAULT);
		CHECK_ERR(syscall(SYS_pselect6, 4, bad[i], NULL, NULL, &now, NULL), EFAULT);
	}
	CHECK_ERR(syscall(SYS_ppoll, NULL, 1u << 30, &now, NULL, 8), EINVAL);
}

static void bad_exec_vectors(void *arg)
{
	char *argv[] = { "x", (char *)-4096L, NULL };

	(void)arg;
	CHECK_ERR(syscall(SYS_execve, "/proc/self/exe", -4096L, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_execve, "/proc/self/exe", argv, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_execve, "/proc/self/exe", argv + 2, 8L), EFAULT);
}

TEST(badarg_exec_with_bad_vectors_is_efault_and_the_caller_lives)
{
	need_proc();
	CHECK_EXIT(in_child(bad_exec_vectors, NULL), 0);
}

TEST(badarg_huge_lengths_fail_or_are_cut)
{
	int fd = make_file("f", "abc", 3);
	char buf[8];

	CHECK_EQ(syscall(SYS_pread64, fd, buf, 8, INT64_MAX - 4) <= 0, 1);
	CHECK_ERR(syscall(SYS_pread64, fd, buf, 8, INT64_MIN), EINVAL);
	CHECK_ERR(syscall(SYS_munmap, 0L, -1L), EINVAL);
	CHECK_ERR(syscall(SYS_mprotect, page, -page, 0), ENOMEM);
	CHECK_ERR(syscall(SYS_madvise, page, -page, MADV_DONTNEED), EINVAL);
	CHECK_ERR(syscall(SYS_ftruncate, fd, INT64_MIN), EINVAL);
}

TEST(badarg_unknown_system_calls_are_enosys)
{
	CHECK_ERR(syscall(5000), ENOSYS);
	CHECK_ERR(syscall(-1), ENOSYS);
	CHECK_ERR(syscall(0x7fffffff), ENOSYS);
}

TEST(badarg_random_arguments_to_harmless_calls_never_kill)
{
	static const long calls[] = {
		SYS_read, SYS_write, SYS_lseek, SYS_fstat, SYS_readv, SYS_writev, SYS_pread64,
		SYS_pwrite64, SYS_dup, SYS_fcntl, SYS_ioctl, SYS_getcwd, SYS_readlinkat,
		SYS_faccessat, SYS_uname, SYS_sysinfo, SYS_getrusage, SYS_times, SYS_getpriority,
		SYS_sched_getaffinity, SYS_getrandom, SYS_mincore, SYS_sigaltstack,
		SYS_rt_sigpending, SYS_clock_getres, SYS_getitimer, SYS_statfs, SYS_getdents64,
		SYS_newfstatat, SYS_gettid, SYS_getsid, SYS_getpgid, SYS_ftruncate, SYS_prlimit64,
	};
	long pool[] = { 0, 1, -1, 2, 100, 4096, -4096, 1L << 60, LONG_MIN, LONG_MAX, 0x1000, 7, 40,
			INT_MIN, INT_MAX, (long)map(4 * page, RW, ANON, -1) };
	uint32_t seed = 2026;

	close(0);
	for (int i = 0; i < 20000; i++) {
		long a[5], nr = calls[test_random(&seed) % (sizeof(calls) / sizeof(calls[0]))];

		for (int k = 0; k < 5; k++)
			a[k] = pool[test_random(&seed) % (sizeof(pool) / sizeof(pool[0]))];
		/* Descriptors 1 and 2 belong to the runner, and so does its message pipe. */
		if (a[0] > 0 && a[0] < 10)
			a[0] = 100;
		if (nr == SYS_prlimit64)
			a[2] = 0;
		syscall(nr, a[0], a[1], a[2], a[3], a[4]);
	}
}
