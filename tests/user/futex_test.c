/* SPDX-License-Identifier: MIT */
/*
 * tests/user/futex_test.c - the system call below every lock of a program
 */
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "utest.h"

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, fn, arg), 0);
	return t;
}

static void join(pthread_t t)
{
	CHECK_EQ(pthread_join(t, NULL), 0);
}

static long futex(void *word, int op, int value, const struct timespec *t)
{
	return syscall(SYS_futex, word, op, value, t, NULL, 0);
}

TEST(futex_wait_on_a_changed_value_is_eagain)
{
	int word = 3;

	CHECK_ERR(futex(&word, FUTEX_WAIT, 4, NULL), EAGAIN);
}

TEST(futex_wait_times_out)
{
	struct timespec t = { 0, 20000000 };
	int64_t begin = now_ns();
	int word = 3;

	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, 3, &t), ETIMEDOUT);
	CHECK(now_ns() - begin >= 20000000);
}

TEST(futex_wait_bitset_has_an_absolute_deadline)
{
	struct timespec t;
	int word = 3;

	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &t));
	CHECK_ERR(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 3, &t, NULL, ~0U),
		  ETIMEDOUT);
	CHECK_ERR(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 3, &t, NULL, 0), EINVAL);
}

TEST(futex_wake_without_waiters_returns_zero)
{
	int word = 0;

	CHECK_EQ(futex(&word, FUTEX_WAKE, INT_MAX, NULL), 0);
}

TEST(futex_bad_arguments_fail)
{
	struct timespec bad = { 0, 2000000000 };
	int words[2] = { 0, 0 };

	CHECK_ERR(futex((char *)words + 1, FUTEX_WAIT, 0, NULL), EINVAL);
	CHECK_ERR(futex(words, FUTEX_WAIT, 0, &bad), EINVAL);
	CHECK_ERR(futex(words, 99, 0, NULL), ENOSYS);
	CHECK_ERR(futex(map(page, PROT_NONE, ANON, -1), FUTEX_WAIT, 0, NULL), EFAULT);
}

TEST(futex_wakes_across_processes_in_shared_memory)
{
	atomic_int *word = (void *)map(page, RW, SHARED_ANON, -1);
	pid_t pid = fork_ok();

	if (pid == 0) {
		while (!*word)
			futex(word, FUTEX_WAIT, 0, NULL);
		_exit(*word);
	}
	sleep_ms(20);
	*word = 12;
	CHECK_OK(futex(word, FUTEX_WAKE, 1, NULL));
	CHECK_EXIT(wait_for(pid), 12);
}

static atomic_int gate;

static void *wait_gate(void *arg)
{
	while (!gate)
		futex(&gate, FUTEX_WAIT_PRIVATE, 0, NULL);
	return arg;
}

TEST(futex_wake_all_frees_every_waiter)
{
	pthread_t t[8];

	for (int i = 0; i < 8; i++)
		t[i] = start(wait_gate, NULL);
	sleep_ms(20);
	gate = 1;
	CHECK_OK(futex(&gate, FUTEX_WAKE_PRIVATE, INT_MAX, NULL));
	for (int i = 0; i < 8; i++)
		join(t[i]);
}

TEST(futex_requeue_moves_waiters_to_another_word)
{
	pthread_t t[4];
	int other = 0;
	long moved = 0;

	for (int i = 0; i < 4; i++)
		t[i] = start(wait_gate, NULL);
	sleep_ms(30);
	moved = syscall(SYS_futex, &gate, FUTEX_CMP_REQUEUE_PRIVATE, 1, INT_MAX, &other, 0);
	CHECK_OK(moved);
	gate = 1;
	futex(&gate, FUTEX_WAKE_PRIVATE, INT_MAX, NULL);
	futex(&other, FUTEX_WAKE_PRIVATE, INT_MAX, NULL);
	for (int i = 0; i < 4; i++)
		join(t[i]);
}

static void nothing(int sig)
{
	(void)sig;
}

static void alarm_soon(void)
{
	struct sigaction sa = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	struct itimerval t = { .it_value = { 0, 30000 }, .it_interval = { 0, 30000 } };

	CHECK_OK(sigaction(SIGALRM, &sa, NULL));
	CHECK_OK(setitimer(ITIMER_REAL, &t, NULL));
}

TEST(futex_wait_with_a_timeout_is_interrupted_by_a_handler_even_with_restart)
{
	struct timespec t = { 5, 0 };
	int word = 3;

	alarm_soon();
	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, 3, &t), EINTR);
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &t));
	t.tv_sec += 5;
	alarm_soon();
	CHECK_ERR(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 3, &t, NULL, ~0U), EINTR);
}

TEST(futex_wake_op_with_counts_of_zero_wakes_one_each)
{
	pthread_t t[3];
	int other = 0;
	long waiting = 0;

	for (int i = 0; i < 3; i++)
		t[i] = start(wait_gate, NULL);
	for (; waiting < 3; sleep_ms(1))	/* each that sleeps moves there, and back */
		waiting += syscall(SYS_futex, &gate, FUTEX_CMP_REQUEUE_PRIVATE, 0, INT_MAX, &other, 0);
	CHECK_EQ(syscall(SYS_futex, &other, FUTEX_CMP_REQUEUE_PRIVATE, 0, INT_MAX, &gate, 0), 3);
	gate = 1;
	CHECK_EQ(syscall(SYS_futex, &gate, FUTEX_WAKE_OP_PRIVATE, 0, 0, &other,
			 FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_EQ, 0)), 1);
	CHECK_EQ(syscall(SYS_futex, &other, FUTEX_WAKE_OP_PRIVATE, 0, 0, &gate,
			 FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_EQ, 1)), 1);
	CHECK_EQ(futex(&gate, FUTEX_WAKE_PRIVATE, INT_MAX, NULL), 1);
	for (int i = 0; i < 3; i++)
		join(t[i]);
}
