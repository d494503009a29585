/* SPDX-License-Identifier: MIT */
/*
 * tests/user/sched_test.c - which CPU a thread runs on, and that it does run
 */
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "utest.h"

#define PATIENCE	(60 * 1000000000LL)	/* on a busy machine, emulated */

/* The first two CPUs that this process may use. */
static void need_two_cpus(int cpu[2])
{
	cpu_set_t mask;
	int n = 0;

	CHECK_OK(sched_getaffinity(0, sizeof(mask), &mask));
	for (int i = 0; i < CPU_SETSIZE && n < 2; i++)
		if (CPU_ISSET(i, &mask))
			cpu[n++] = i;
	if (n < 2)
		SKIP("one CPU");
}

static int use_only(pid_t tid, int cpu)
{
	cpu_set_t mask;

	CPU_ZERO(&mask);
	CPU_SET(cpu, &mask);
	return sched_setaffinity(tid, sizeof(mask), &mask);
}

static int cpu_now(void)
{
	unsigned int cpu;

	CHECK_OK(syscall(SYS_getcpu, &cpu, NULL, NULL));
	return (int)cpu;
}

/* A child that may never run again must not keep the test from saying so. */
static void check_ends(pid_t pid)
{
	int st;

	for (int64_t end = now_ns() + PATIENCE; waitpid(pid, &st, WNOHANG) != pid; sleep_ms(1))
		if (now_ns() > end)
			FAIL("the child has not run for a minute");
	CHECK_EXIT(st, 0);
}

static pid_t spin_on(int cpu)
{
	pid_t pid = fork_ok();

	if (pid == 0) {
		CHECK_OK(use_only(0, cpu));
		for (;;)
			;
	}
	return pid;
}

TEST(sched_thread_that_moves_itself_to_a_busy_cpu_runs_there)
{
	int cpu[2];
	pid_t pid;

	need_two_cpus(cpu);
	CHECK_OK(use_only(0, cpu[0]));
	spin_on(cpu[1]);
	sleep_ms(30);
	pid = fork_ok();
	if (pid == 0) {
		for (int i = 0; i < 5; i++) {
			CHECK_OK(use_only(0, cpu[1]));
			CHECK_EQ(cpu_now(), cpu[1]);
			CHECK_OK(use_only(0, cpu[0]));
			CHECK_EQ(cpu_now(), cpu[0]);
		}
		_exit(0);
	}
	check_ends(pid);
}

TEST(sched_thread_that_leaves_two_busy_cpus_runs_on_both)
{
	int cpu[2];
	pid_t pid;

	need_two_cpus(cpu);
	spin_on(cpu[0]);
	spin_on(cpu[1]);
	pid = fork_ok();
	if (pid == 0) {
		for (int i = 0; i < 10; i++) {
			CHECK_OK(use_only(0, cpu[i % 2]));
			CHECK_EQ(cpu_now(), cpu[i % 2]);
		}
		_exit(0);
	}
	check_ends(pid);
}

/* Sleeping, waking, running and queued: whatever the moved one does at the moment, it goes on. */
TEST(sched_thread_that_others_move_while_it_sleeps_and_wakes_goes_on)
{
	volatile unsigned int *rounds = (void *)map(page, RW, SHARED_ANON, -1);
	struct timespec nap = { 0, 20000 };
	int cpu[2], moves = 0;
	pid_t pid;

	need_two_cpus(cpu);
	pid = fork_ok();
	if (pid == 0) {
		for (*rounds = 0; *rounds < 200; ++*rounds)
			if (*rounds % 2)
				nanosleep(&nap, NULL);
			else
				sched_yield();
		pause();
	}
	for (int64_t end = now_ns() + PATIENCE; *rounds < 200; moves++) {
		CHECK_OK(use_only(pid, cpu[moves % 2]));
		if (moves % 3)			/* who is queued again and again never runs */
			nanosleep(&nap, NULL);
		if (now_ns() > end)
			FAIL("stuck after %u rounds and %d moves", *rounds, moves);
	}
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_KILLED(wait_for(pid), SIGKILL);
}
