/* SPDX-License-Identifier: MIT */
/*
 * tests/user/signal_wait_test.c - signals and blocked calls, kill, stop and continue
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

#include "utest.h"

static volatile sig_atomic_t count;

static void on_signal(int sig)
{
	(void)sig;
	count++;
}

static void handle(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	CHECK_OK(sigaction(sig, &sa, NULL));
}

/* ---- interrupted calls ---- */
static void alarm_in_ms(long ms)
{
	struct itimerval t = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	CHECK_OK(setitimer(ITIMER_REAL, &t, NULL));
}

TEST(signal_without_restart_interrupts_read_with_eintr)
{
	int p[2];
	char c;

	CHECK_OK(pipe(p));
	handle(SIGALRM, 0);
	alarm_in_ms(20);
	CHECK_ERR(read(p[0], &c, 1), EINTR);
	CHECK_EQ(count, 1);
}

TEST(signal_with_restart_goes_on_with_read)
{
	pid_t pid;
	int p[2];
	char c;

	CHECK_OK(pipe(p));
	handle(SIGUSR1, SA_RESTART);
	pid = fork_ok();
	if (pid == 0) {
		sleep_ms(20);
		kill(getppid(), SIGUSR1);
		sleep_ms(20);
		_exit(write(p[1], "z", 1) != 1);
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(c, 'z');
	CHECK_EQ(count, 1);
}

TEST(signal_nanosleep_is_interrupted_and_tells_the_rest)
{
	struct timespec t = { 10, 0 }, left;

	handle(SIGALRM, SA_RESTART);
	alarm_in_ms(20);
	CHECK_ERR(nanosleep(&t, &left), EINTR);
	CHECK(left.tv_sec >= 8 && left.tv_sec < 10);
}

TEST(signal_pause_returns_eintr_after_a_handler)
{
	handle(SIGALRM, SA_RESTART);
	alarm_in_ms(10);
	CHECK_ERR(pause(), EINTR);
}

TEST(signal_wait_is_interrupted)
{
	pid_t pid = fork_ok();

	if (pid == 0) {
		sleep_ms(5000);
		_exit(0);
	}
	handle(SIGALRM, 0);
	alarm_in_ms(20);
	CHECK_ERR(waitpid(pid, NULL, 0), EINTR);
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_KILLED(wait_for(pid), SIGKILL);
}

/* ---- kill ---- */
TEST(signal_kill_errors)
{
	pid_t pid = fork_ok();

	if (pid == 0)
		_exit(0);
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_ERR(kill(pid, 0), ESRCH);
	CHECK_ERR(kill(getpid(), 65), EINVAL);
	CHECK_ERR(kill(getpid(), -1), EINVAL);
	CHECK_OK(kill(getpid(), 0));
}

TEST(signal_kill_zero_and_negative_reach_the_group)
{
	pid_t pid = fork_ok();
	int st;

	if (pid == 0) {
		setpgid(0, 0);
		if (fork_ok() == 0) {
			pause();
			_exit(0);
		}
		pause();
		_exit(0);
	}
	setpgid(pid, pid);
	sleep_ms(20);
	CHECK_OK(kill(-pid, SIGTERM));
	st = wait_for(pid);
	CHECK_KILLED(st, SIGTERM);
}

TEST(signal_stop_and_continue_are_seen_by_waitpid)
{
	pid_t pid = fork_ok();
	int st;

	if (pid == 0)
		for (;;)
			pause();
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
	CHECK_OK(kill(pid, SIGCONT));
	CHECK_EQ(waitpid(pid, &st, WCONTINUED), pid);
	CHECK(WIFCONTINUED(st));
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_KILLED(wait_for(pid), SIGKILL);
}

TEST(signal_kill_ends_a_stopped_process)
{
	pid_t pid = fork_ok();

	if (pid == 0)
		for (;;)
			pause();
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, NULL, WUNTRACED), pid);
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_KILLED(wait_for(pid), SIGKILL);
}

TEST(signal_sigkill_ends_a_process_in_a_busy_loop)
{
	pid_t pid = fork_ok();

	if (pid == 0)
		for (volatile unsigned int i = 0;; i++)
			;
	sleep_ms(10);
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_KILLED(wait_for(pid), SIGKILL);
}

TEST(signal_write_to_a_broken_pipe_is_sigpipe_or_epipe)
{
	int p[2];

	CHECK_OK(pipe(p));
	CHECK_OK(close(p[0]));
	handle(SIGPIPE, 0);
	CHECK_ERR(write(p[1], "x", 1), EPIPE);
	CHECK_EQ(count, 1);
}

/* ---- registers ---- */
TEST(signal_floating_point_registers_survive_a_handler_that_uses_them)
{
	volatile double sum = 0;
	double a = 1.5, b = 2.25, c = 1e-3;

	handle(SIGALRM, 0);
	alarm_in_ms(1);
	for (int64_t end = now_ns() + 30000000; now_ns() < end; ) {
		double x = a * b + c;

		sum = sum + x - x;
		CHECK(x == 1.5 * 2.25 + 1e-3);
	}
	CHECK_EQ(count, 1);
}

TEST(signal_handlers_are_reset_by_exec_but_ignored_stays_ignored)
{
	pid_t pid;

	handle(SIGUSR1, 0);
	signal(SIGUSR2, SIG_IGN);
	need_proc();
	pid = fork_ok();
	if (pid == 0) {
		char *argv[] = { "utest", "-l", NULL };

		close(1);
		kill(getpid(), SIGUSR1);
		execv("/proc/self/exe", argv);
		_exit(1);
	}
	CHECK_EXIT(wait_for(pid), 0);
}

/* ---- stops ---- */
static void *pause_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

TEST(signal_each_stop_of_a_process_with_two_threads_is_reported)
{
	pid_t pid = fork_ok();
	int st;

	if (pid == 0) {
		pthread_t t;

		CHECK_EQ(pthread_create(&t, NULL, pause_for_ever, NULL), 0);
		pause_for_ever(NULL);
	}
	sleep_ms(50);
	CHECK_OK(kill(pid, SIGSTOP));
	for (int i = 0; i < 150; i++) {
		CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
		CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
		CHECK_OK(kill(pid, SIGCONT));
		CHECK_OK(kill(pid, SIGSTOP));
	}
	CHECK_OK(kill(pid, SIGKILL));
	do
		CHECK_EQ(waitpid(pid, &st, 0), pid);
	while (!WIFSIGNALED(st));
}

TEST(signal_continue_right_after_a_terminal_stop_is_not_lost)
{
	volatile int *rounds = (void *)map(page, RW, SHARED_ANON, -1);
	pid_t pid = fork_ok();
	int st;

	if (pid == 0)
		for (;;)
			++*rounds;
	CHECK_OK(setpgid(pid, pid));		/* its parent is elsewhere in the session: no orphan */
	CHECK_OK(kill(pid, SIGTSTP));
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);	/* an orphan would go on for ever */
	CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGTSTP);
	CHECK_OK(kill(pid, SIGCONT));
	while (!*rounds)
		sleep_ms(1);
	for (int i = 0; i < 150; i++) {
		int64_t start;
		int before;

		CHECK_OK(kill(pid, SIGTSTP));
		for (volatile int k = 0; k < i % 100 * 20; k++)
			;
		CHECK_OK(kill(pid, SIGCONT));
		before = *rounds;
		for (start = now_ns(); *rounds == before; sleep_ms(1))
			CHECK(now_ns() - start < 10000000000);
	}
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_KILLED(wait_for(pid), SIGKILL);
}

TEST(signal_poll_keeps_its_deadline_over_a_stop)
{
	volatile int64_t *time = (void *)map(page, RW, SHARED_ANON, -1);
	int64_t go_on;
	pid_t pid;
	int st;

	do {
		pid = fork_ok();
		if (pid == 0) {
			time[0] = now_ns();
			CHECK_EQ(poll(NULL, 0, 2000), 0);
			time[1] = now_ns();
			_exit(0);
		}
		sleep_ms(300);
		CHECK_OK(kill(pid, SIGSTOP));
		CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	} while (!WIFSTOPPED(st) || !time[0]);
	sleep_ms(1800);				/* who now waits all the time again is two seconds late */
	go_on = now_ns();
	CHECK_OK(kill(pid, SIGCONT));
	CHECK_EXIT(wait_for(pid), 0);
	CHECK(time[1] >= time[0] + 2000000000);
	CHECK(time[1] < go_on + 2000000000);
}

TEST(signal_kill_of_everyone_succeeds_even_if_nobody_may_be_signalled)
{
	pid_t pid;

	need_root();
	pid = fork_ok();
	if (pid == 0) {
		CHECK_OK(setuid(54321));
		_exit(kill(-1, 0) ? errno : 0);
	}
	CHECK_EXIT(wait_for(pid), 0);
}
