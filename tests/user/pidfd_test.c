/* SPDX-License-Identifier: MIT */
/*
 * tests/user/pidfd_test.c - processes by descriptor: pidfd_open, CLONE_PIDFD, waitid, signals, advice
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "utest.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#define CALL_PIDFD_OPEN 434
#define CALL_PIDFD_SEND_SIGNAL 424

static int pidfd(pid_t pid, unsigned int flags)
{
	return (int)syscall(CALL_PIDFD_OPEN, pid, flags);
}

static int pidfd_signal(int fd, int sig, siginfo_t *info, unsigned int flags)
{
	return (int)syscall(CALL_PIDFD_SEND_SIGNAL, fd, sig, info, flags);
}

static pid_t sleeper(void)
{
	pid_t pid = fork_ok();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

TEST(pidfd_becomes_readable_when_the_process_ends)
{
	pid_t pid = sleeper();
	int fd = pidfd(pid, 0), status;
	struct pollfd p = { fd, POLLIN, 0 };

	CHECK_OK(fd);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_OK(pidfd_signal(fd, 0, NULL, 0));
	CHECK_OK(pidfd_signal(fd, SIGTERM, NULL, 0));
	CHECK_EQ(poll(&p, 1, 10000), 1);
	CHECK(p.revents & POLLIN);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(KILLED(status, SIGTERM));
	CHECK_ERR(pidfd_signal(fd, 0, NULL, 0), ESRCH);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_ERR(read(fd, &status, 4), EINVAL);
}

TEST(pidfd_open_refuses_what_is_no_process)
{
	int p[2];

	CHECK_ERR(pidfd(0, 0), EINVAL);
	CHECK_ERR(pidfd(-1, 0), EINVAL);
	CHECK_ERR(pidfd(getpid(), 0x1000000), EINVAL);
	CHECK_ERR(pidfd(999999999, 0), ESRCH);
	CHECK_OK(pipe(p));
	CHECK_ERR(pidfd_signal(p[0], 0, NULL, 0), EBADF);
	CHECK_ERR(pidfd_signal(-1, 0, NULL, 0), EBADF);
	CHECK_ERR(pidfd_signal(pidfd(getpid(), 0), 0, NULL, 0x800000), EINVAL);
	CHECK_ERR(pidfd_signal(pidfd(getpid(), 0), 100, NULL, 0), EINVAL);
}

TEST(pidfd_signal_carries_its_information)
{
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE }, got;
	int self = pidfd(getpid(), 0), fd = pidfd(sleeper(), 0);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	info.si_value.sival_int = 4711;
	CHECK_OK(pidfd_signal(self, SIGUSR1, &info, 0));
	CHECK_EQ(sigwaitinfo(&set, &got), SIGUSR1);
	CHECK_EQ(got.si_value.sival_int, 4711);
	CHECK_ERR(pidfd_signal(self, SIGUSR2, &info, 0), EINVAL);
	info.si_code = SI_USER;
	CHECK_ERR(pidfd_signal(fd, SIGUSR1, &info, 0), EPERM);
	CHECK_OK(pidfd_signal(fd, SIGKILL, NULL, 0));
}

TEST(pidfd_waitid_waits_for_that_child)
{
	pid_t other = sleeper(), pid = fork_ok();
	siginfo_t info;
	int fd;

	if (pid == 0) {
		sleep_ms(50);
		_exit(7);
	}
	fd = pidfd(pid, O_NONBLOCK);
	CHECK_OK(fd);
	CHECK_ERR(waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED), EAGAIN);
	CHECK_OK(fcntl(fd, F_SETFL, 0));
	CHECK_OK(waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED));
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_status, 7);
	CHECK_ERR(waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED), ECHILD);
	CHECK_ERR(waitid((idtype_t)P_PIDFD, 999, &info, WEXITED), EBADF);
	CHECK_ERR(waitid((idtype_t)P_PIDFD, (id_t)pidfd(getpid(), 0), &info, WEXITED), ECHILD);
	CHECK_OK(kill(other, SIGKILL));
}

TEST(pidfd_from_clone_is_that_childs)
{
	int fd = -1;
	siginfo_t info;
	long pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);

	CHECK_OK(pid);
	if (pid == 0)
		_exit(3);
	CHECK(fd > 2);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_OK(waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED));
	CHECK_EQ(info.si_pid, pid);
	CHECK_ERR(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, 16, 0, 0), EFAULT);
	CHECK_ERR(wait(NULL), ECHILD);
}

TEST(pidfd_fdinfo_names_the_process)
{
	pid_t pid = sleeper();
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd(pid, 0));
	CHECK_EQ(read_number(path, "Pid:"), pid);
	CHECK_OK(kill(pid, SIGKILL));
	wait(NULL);
	CHECK_EQ(read_number(path, "Pid:"), -1);
}

TEST(process_madvise_gives_advice_to_another_process)
{
	char *p = map(4 * page, RW, SHARED_ANON, -1);
	struct iovec iov[2] = { { p, page }, { p + 2 * page, 2 * page } };
	pid_t pid = sleeper();
	int fd = pidfd(pid, 0);

	need_root();
	CHECK_EQ(syscall(SYS_process_madvise, fd, iov, 2, MADV_COLD, 0), 3 * page);
	CHECK_ERR(syscall(SYS_process_madvise, fd, iov, 2, MADV_COLD, 1), EINVAL);
	CHECK_ERR(syscall(SYS_process_madvise, fd, iov, 2000, MADV_COLD, 0), EINVAL);
	CHECK_ERR(syscall(SYS_process_madvise, fd, (void *)16, 1, MADV_COLD, 0), EFAULT);
	CHECK_ERR(syscall(SYS_process_madvise, fd, iov, 2, MADV_DONTNEED, 0), EINVAL);
	CHECK_ERR(syscall(SYS_process_madvise, -1, iov, 2, MADV_COLD, 0), EBADF);
	iov[1].iov_base = p + 1;
	CHECK_EQ(syscall(SYS_process_madvise, fd, iov, 2, MADV_PAGEOUT, 0), page);
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_OK(wait(NULL));
	CHECK_ERR(syscall(SYS_process_madvise, fd, iov, 1, MADV_COLD, 0), ESRCH);
}
