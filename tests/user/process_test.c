/* SPDX-License-Identifier: MIT */
/*
 * tests/user/process_test.c - fork, exit, wait, groups and sessions
 */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "utest.h"

/* ---- fork and exit ---- */
TEST(process_fork_returns_zero_in_child_and_pid_in_parent)
{
	pid_t me = getpid(), pid = fork_ok();

	if (pid == 0)
		_exit(getppid() != me || getpid() == me);
	CHECK(pid > 0 && pid != me);
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(process_exit_code_is_the_low_eight_bits)
{
	static const int codes[] = { 0, 1, 127, 128, 255, 256, 0x1ff };

	for (int i = 0; i < 7; i++) {
		pid_t pid = fork_ok();

		if (pid == 0)
			_exit(codes[i]);
		CHECK_EXIT(wait_for(pid), codes[i] & 255);
	}
}

TEST(process_forty_children_at_once_are_all_reaped)
{
	unsigned int seen = 0;
	pid_t pid[40];
	int st;

	for (int i = 0; i < 40; i++) {
		pid[i] = fork_ok();
		if (pid[i] == 0)
			_exit(i);
	}
	for (int i = 0; i < 40; i++) {
		CHECK(wait(&st) > 0);
		CHECK(WIFEXITED(st));
		seen += WEXITSTATUS(st);
	}
	CHECK_EQ(seen, 39 * 40 / 2);
	CHECK_ERR(wait(&st), ECHILD);
}

TEST(process_child_inherits_descriptors_that_share_the_offset)
{
	int fd = make_file("f", "abcdef", 6);
	pid_t pid = fork_ok();
	char c;

	if (pid == 0)
		_exit(lseek(fd, 3, SEEK_SET) != 3);
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'd');
}

TEST(process_child_close_does_not_close_the_parents)
{
	int fd = make_file("f", "a", 1);
	pid_t pid = fork_ok();
	char c;

	if (pid == 0)
		_exit(close(fd));
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_EQ(read(fd, &c, 1), 1);
}

TEST(process_vfork_child_shares_memory_and_parent_waits)
{
	static volatile int value;
	pid_t pid = vfork();

	if (pid == 0) {
		value = 17;
		_exit(3);
	}
	CHECK(pid > 0);
	CHECK_EQ(value, 17);
	CHECK_EXIT(wait_for(pid), 3);
}

/* ---- wait ---- */
TEST(process_wait_nohang_returns_zero_while_the_child_runs)
{
	pid_t pid = fork_ok();
	int st;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_KILLED(wait_for(pid), SIGKILL);
	CHECK_ERR(waitpid(pid, &st, WNOHANG), ECHILD);
}

TEST(process_wait_for_a_stranger_is_echild_and_bad_options_einval)
{
	int st;

	CHECK_ERR(waitpid(1, &st, 0), ECHILD);
	CHECK_ERR(waitpid(-1, &st, 0x7000000), EINVAL);
	CHECK_ERR(wait(NULL), ECHILD);
}

TEST(process_wait_by_group_takes_only_that_group)
{
	pid_t a = fork_ok(), b;
	int st;

	if (a == 0)
		_exit(1);
	b = fork_ok();
	if (b == 0) {
		setpgid(0, 0);
		_exit(2);
	}
	setpgid(b, b);
	CHECK_EQ(waitpid(-b, &st, 0), b);
	CHECK_EXIT(st, 2);
	CHECK_EQ(waitpid(0, &st, 0), a);
	CHECK_EXIT(st, 1);
}

TEST(process_waitid_fills_siginfo_and_wnowait_leaves_the_zombie)
{
	pid_t pid = fork_ok();
	siginfo_t i;

	if (pid == 0)
		_exit(9);
	memset(&i, 0, sizeof(i));
	CHECK_OK(waitid(P_PID, pid, &i, WEXITED | WNOWAIT));
	CHECK_EQ(i.si_pid, pid);
	CHECK_EQ(i.si_status, 9);
	CHECK_EQ(i.si_code, CLD_EXITED);
	CHECK_EQ(i.si_signo, SIGCHLD);
	CHECK_EXIT(wait_for(pid), 9);
}

TEST(process_waitid_tells_killed_stopped_continued)
{
	pid_t pid = fork_ok();
	siginfo_t i;

	if (pid == 0)
		for (;;)
			pause();
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_OK(waitid(P_PID, pid, &i, WSTOPPED));
	CHECK_EQ(i.si_code, CLD_STOPPED);
	CHECK_OK(kill(pid, SIGCONT));
	CHECK_OK(waitid(P_PID, pid, &i, WCONTINUED));
	CHECK_EQ(i.si_code, CLD_CONTINUED);
	CHECK_OK(kill(pid, SIGTERM));
	CHECK_OK(waitid(P_PID, pid, &i, WEXITED));
	CHECK_EQ(i.si_code, CLD_KILLED);
	CHECK_EQ(i.si_status, SIGTERM);
	CHECK_ERR(waitid(P_PID, pid, &i, 0), EINVAL);
	CHECK_ERR(waitid(P_PID, pid, &i, WEXITED), ECHILD);
}

TEST(process_wait4_reports_resource_use)
{
	pid_t pid = fork_ok();
	struct rusage u;
	int st;

	if (pid == 0) {
		memset(map(64 * page, RW, ANON, -1), 1, 64 * page);
		_exit(0);
	}
	memset(&u, 0xff, sizeof(u));
	CHECK_EQ(wait4(pid, &st, 0, &u), pid);
	CHECK(u.ru_minflt >= 1);
	CHECK(u.ru_utime.tv_sec >= 0 && u.ru_utime.tv_sec < 30);
}

TEST(process_ignoring_sigchld_reaps_by_itself)
{
	pid_t pid;

	signal(SIGCHLD, SIG_IGN);
	pid = fork_ok();
	if (pid == 0)
		_exit(0);
	CHECK_ERR(waitpid(pid, NULL, 0), ECHILD);
}

TEST(process_zombie_shows_state_z_until_reaped)
{
	pid_t pid = fork_ok();
	char path[64], stat[256];
	siginfo_t i;
	int fd;

	if (pid == 0)
		_exit(0);
	need_proc();
	CHECK_OK(waitid(P_PID, pid, &i, WEXITED | WNOWAIT));
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	CHECK_OK(fd);
	CHECK(read(fd, stat, sizeof(stat)) > 0);
	CHECK(strstr(stat, ") Z "));
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_ERR(access(path, F_OK), ENOENT);
}

TEST(process_orphan_gets_another_parent)
{
	int p[2];
	pid_t pid, parent = 0;

	CHECK_OK(pipe(p));
	pid = fork_ok();
	if (pid == 0) {
		pid_t me = getpid();

		if (fork_ok() == 0) {
			while (getppid() == me)
				sleep_ms(1);
			parent = getppid();
			_exit(write(p[1], &parent, sizeof(parent)) < 0);
		}
		_exit(0);
	}
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_EQ(read(p[0], &parent, sizeof(parent)), (ssize_t)sizeof(parent));
	CHECK(parent > 0 && parent != pid);
}

TEST(process_parent_death_signal_arrives)
{
	int p[2];
	pid_t pid;
	char c;

	if (prctl(PR_SET_PDEATHSIG, 0) && errno == EINVAL)
		SKIP("no PR_SET_PDEATHSIG");
	CHECK_OK(pipe(p));
	pid = fork_ok();
	if (pid == 0) {
		if (fork_ok() == 0) {
			if (prctl(PR_SET_PDEATHSIG, SIGKILL))
				_exit(1);
			CHECK_EQ(write(p[1], "r", 1), 1);
			pause();
			_exit(0);
		}
		CHECK_EQ(read(p[0], &c, 1), 1);
		_exit(0);
	}
	close(p[1]);
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_EQ(read(p[0], &c, 1), 0);
}

/* ---- groups and sessions ---- */
TEST(process_setpgid_makes_a_group_and_fork_inherits_it)
{
	pid_t pid = fork_ok();

	if (pid == 0) {
		CHECK_OK(setpgid(0, 0));
		CHECK_EQ(getpgrp(), getpid());
		if (fork_ok() == 0)
			_exit(getpgrp() != getppid());
		int st;
		wait(&st);
		_exit(WEXITSTATUS(st));
	}
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(process_setpgid_errors)
{
	CHECK_ERR(setpgid(getpid(), -1), EINVAL);
	CHECK_ERR(setpgid(999999, 0), ESRCH);
	CHECK_ERR(setpgid(0, 999999), EPERM);
	CHECK_ERR(getpgid(999999), ESRCH);
	CHECK_ERR(getsid(999999), ESRCH);
}

TEST(process_setpgid_of_a_child_after_exec_is_eacces)
{
	char *argv[] = { "utest", "exec-exit", NULL };
	int p[2];
	pid_t pid;
	char c;

	need_proc();
	CHECK_OK(pipe2(p, O_CLOEXEC));
	pid = fork_ok();
	if (pid == 0) {
		execv("/proc/self/exe", argv);
		_exit(1);
	}
	close(p[1]);
	CHECK_EQ(read(p[0], &c, 1), 0);
	errno = 0;
	CHECK_EQ(setpgid(pid, pid), -1);
	CHECK(errno == EACCES || errno == ESRCH);
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(process_setsid_starts_a_session_and_a_group)
{
	pid_t pid = fork_ok();

	if (pid == 0) {
		CHECK_EQ(setsid(), getpid());
		CHECK_EQ(getsid(0), getpid());
		CHECK_EQ(getpgrp(), getpid());
		CHECK_ERR(setsid(), EPERM);
		CHECK_ERR(setpgid(0, 0), EPERM);
		_exit(0);
	}
	CHECK_EXIT(wait_for(pid), 0);
}

static void touch_and_exit(void *arg)
{
	(void)arg;
	memset(map(64 * page, RW, ANON, -1), 1, 64 * page);
}

TEST(process_fork_and_exit_leak_no_memory)
{
	long before, after;

	need_proc();
	for (int i = 0; i < 20; i++)
		CHECK_EXIT(in_child(touch_and_exit, NULL), 0);
	before = read_number("/proc/meminfo", "MemFree");
	for (int i = 0; i < 200; i++)
		CHECK_EXIT(in_child(touch_and_exit, NULL), 0);
	after = read_number("/proc/meminfo", "MemFree");
	if (before < 0 || after < 0)
		SKIP("no MemFree");
	/* 200 children touched 64 pages each: 50 MiB if nothing came back. */
	CHECK(before - after < 20000);
}

/* A clone that ends without a signal is no child for a plain wait(); its next parent may wait for it. */
static void leave_a_silent_zombie(void *arg)
{
	(void)arg;
	if (syscall(SYS_clone, 0, 0, 0, 0, 0) == 0)
		_exit(7);
	sleep_ms(100);
}

TEST(process_zombie_with_another_exit_signal_can_be_reaped_by_its_new_parent)
{
	int st = 0;

	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHECK_EXIT(in_child(leave_a_silent_zombie, NULL), 0);
	CHECK_OK(wait(&st));
	CHECK_EXIT(st, 7);
}

TEST(process_clone_with_an_exit_signal_that_does_not_exist_ends_without_one)
{
	static const int signals[] = { 65, 100, 255 };
	int st;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid_t pid = (pid_t)syscall(SYS_clone, signals[i], 0, 0, 0, 0);

		CHECK_OK(pid);
		if (pid == 0)
			_exit(9);
		CHECK_ERR(waitpid(pid, &st, 0), ECHILD);
		CHECK_EQ(waitpid(pid, &st, __WALL), pid);
		CHECK_EXIT(st, 9);
	}
}

/* Else any child could send its parent any signal: SIGUSR1 would end us here. */
TEST(process_clone_parent_child_reports_by_the_signal_of_its_maker)
{
	pid_t maker = fork_ok();
	int st;

	if (maker == 0)
		_exit(syscall(SYS_clone, CLONE_PARENT | SIGUSR1, 0, 0, 0, 0) < 0);	/* maker and child */
	for (int i = 0; i < 2; i++) {
		CHECK_OK(waitpid(-1, &st, 0));
		CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	}
	CHECK_ERR(waitpid(-1, &st, 0), ECHILD);
}

/* ---- a creator that waits ---- */
static atomic_int vfork_left;

static int leave_late(void *arg)
{
	struct timespec t = { 0, 50000000 };

	syscall(SYS_nanosleep, &t, NULL);
	vfork_left = 1;
	syscall(SYS_exit, 0);
	return arg != NULL;
}

TEST(thread_made_with_clone_vfork_makes_its_creator_wait)
{
	char *stack = map(16 * page, RW, ANON, -1) + 16 * page;
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_VFORK;

	CHECK_OK(clone(leave_late, stack, flags, NULL));
	CHECK_EQ(vfork_left, 1);
}

/* ---- giving up root ---- */

/* What PR_GET_DUMPABLE says afterwards: an administrator of Linux may have chosen 2. */
static int shielded(void)
{
	char text[8] = "0";
	int fd = open("/proc/sys/fs/suid_dumpable", O_RDONLY);

	if (fd >= 0)
		read_whole(fd, text, sizeof(text));
	return atoi(text);
}

static void act_as_another(void *arg)
{
	int which = *(int *)arg, signal = 0;

	CHECK_OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	CHECK_OK(setresuid((uid_t)-1, 0, (uid_t)-1));		/* nothing new */
	CHECK_OK(setresgid(1000, (gid_t)-1, 1000));		/* nothing to act with */
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	switch (which) {
	case 0: CHECK_OK(syscall(SYS_setuid, 1000)); break;
	case 1: CHECK_OK(syscall(SYS_setgid, 1000)); break;
	case 2: CHECK_OK(syscall(SYS_setresuid, -1, 1000, -1)); break;
	case 3: CHECK_EQ(syscall(SYS_setfsuid, 1000), 0); break;
	case 4: CHECK_EQ(syscall(SYS_setfsgid, 1000), 0); break;
	}
	CHECK_EQ(prctl(PR_GET_DUMPABLE), shielded());
	CHECK_OK(prctl(PR_GET_PDEATHSIG, &signal));
	CHECK_EQ(signal, 0);
	CHECK_OK(prctl(PR_SET_DUMPABLE, 1));
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
}

TEST(process_that_changes_its_effective_ids_is_not_dumpable)
{
	need_root();
	for (int which = 0; which < 5; which++)
		CHECK_EXIT(in_child(act_as_another, &which), 0);
}

static void become_nobody(void)
{
	CHECK_OK(setgroups(0, NULL));
	CHECK_OK(setgid(64009));
	CHECK_OK(setuid(64009));
}

TEST(process_that_gave_up_root_hides_its_memory_from_its_new_user)
{
	char secret[8] = "secret", seen[8] = "";
	struct iovec to = { seen, sizeof(seen) }, from = { secret, sizeof(secret) };
	int ready[2];
	char c = 0;
	pid_t pid;

	need_root();
	CHECK_OK(pipe(ready));
	pid = fork_ok();
	if (pid == 0) {
		become_nobody();
		CHECK_EQ(write(ready[1], &c, 1), 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	become_nobody();
	CHECK_ERR(process_vm_readv(pid, &to, 1, &from, 1, 0), EPERM);
	CHECK_EQ(seen[0], 0);
}
