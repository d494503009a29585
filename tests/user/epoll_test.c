/* SPDX-License-Identifier: MIT */
/*
 * tests/user/epoll_test.c - epoll: what is reported, to whom, and how often
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>

#include "uffd.h"

static int ep, p[2];
static char c;

static void add(int fd, unsigned int events, unsigned int number)
{
	struct epoll_event e = { .events = events, .data.u64 = number };

	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
}

/* An epoll set that watches the read end of a pipe. */
static void make_set(unsigned int events)
{
	ep = epoll_create1(0);
	CHECK_OK(ep);
	CHECK_OK(pipe2(p, O_NONBLOCK));
	add(p[0], events, 7);
}

static short state_of(int fd, short events)
{
	struct pollfd f = { .fd = fd, .events = events };

	CHECK_OK(poll(&f, 1, 0));
	return f.revents;
}

/* ---- one file, several threads ---- */
static atomic_bool stop;

static void *write_bytes(void *arg)
{
	while (!stop)
		if (write(p[1], "x", 1) < 0)
			sched_yield();		/* full */
	return arg;
}

TEST(epoll_reports_a_file_once_per_call_while_a_thread_writes_to_it)
{
	struct epoll_event got[8], e = { .events = EPOLLIN };
	pthread_t t;

	make_set(EPOLLIN);
	CHECK_EQ(pthread_create(&t, NULL, write_bytes, NULL), 0);
	for (int i = 0; i < 4000; i++) {
		CHECK_EQ(epoll_wait(ep, got, 8, 10000), 1);
		CHECK_EQ(read(p[0], &c, 1), 1);
		if (i % 16)
			continue;
		CHECK_OK(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL));
		CHECK_EQ(epoll_wait(ep, got, 8, 0), 0);
		CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e));
	}
	stop = true;
	CHECK_EQ(pthread_join(t, NULL), 0);
}

/* A thread that is woken while another has the only item in its hands must not sleep on. */
#define ROUNDS 250

static pthread_barrier_t barrier;

static void *wait_in_rounds(void *arg)
{
	struct epoll_event got;

	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = now_ns();

		CHECK_EQ(epoll_wait(ep, &got, 1, 8000), 1);
		CHECK(now_ns() - start < 7000000000);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
	}
	return arg;
}

TEST(epoll_wakes_all_threads_that_wait_for_a_file_that_stays_ready)
{
	pthread_t t[2];

	make_set(EPOLLIN);
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, 3), 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, wait_in_rounds, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		for (volatile int k = 0; k < i % 50 * 100; k++)
			;
		CHECK_EQ(write(p[1], "x", 1), 1);
		pthread_barrier_wait(&barrier);
		CHECK_EQ(read(p[0], &c, 1), 1);
		pthread_barrier_wait(&barrier);
	}
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
}

/* ---- many files ---- */
#define FILES 40

TEST(epoll_reports_each_of_many_files_once_and_all_in_turn)
{
	struct epoll_event got[64];
	int seen[FILES] = { 0 }, n = 0;

	ep = epoll_create1(0);
	CHECK_OK(ep);
	for (unsigned int i = 0; i < FILES; i++) {
		CHECK_OK(pipe(p));
		CHECK_EQ(write(p[1], "x", 1), 1);
		add(p[0], EPOLLIN, i);
	}
	CHECK_EQ(epoll_wait(ep, got, 64, 0), FILES);
	for (int i = 0; i < FILES; i++)
		CHECK_EQ(seen[got[i].data.u64]++, 0);
	for (int i = 0; i < FILES / 10; i++) {
		CHECK_EQ(epoll_wait(ep, got, 10, 0), 10);
		for (int k = 0; k < 10; k++, n++)
			CHECK_EQ(seen[got[k].data.u64]++, 1);
	}
	CHECK_EQ(n, FILES);
}

/* ---- a program that does not get its events ---- */
static void lose_once(unsigned int events)
{
	struct epoll_event got, *nowhere = (void *)map(page, PROT_READ, ANON, -1);

	make_set(events);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_ERR(epoll_wait(ep, nowhere, 4, -1), EFAULT);
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1);
	CHECK_EQ(got.data.u64, 7);
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), !(events & (EPOLLET | EPOLLONESHOT)));
}

TEST(epoll_event_is_not_lost_when_memory_does_not_take_it)
{
	lose_once(EPOLLIN);
	lose_once(EPOLLIN | EPOLLET);
	lose_once(EPOLLIN | EPOLLONESHOT);
}

TEST(epoll_returns_the_events_before_bad_memory_and_keeps_the_rest)
{
	char *mem = map(2 * page, RW, ANON, -1);
	struct epoll_event *last = (struct epoll_event *)(mem + page) - 1, got;
	int q[2];

	make_set(EPOLLIN | EPOLLET);
	CHECK_OK(pipe(q));
	add(q[0], EPOLLIN | EPOLLET, 8);
	CHECK_OK(mprotect(mem + page, page, PROT_NONE));
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(write(q[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(ep, last, 2, -1), 1);
	CHECK_EQ(last->data.u64, 7);
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1);
	CHECK_EQ(got.data.u64, 8);
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
}

static int slow_ep;

static void *wait_into(void *mem)
{
	CHECK_EQ(epoll_wait(slow_ep, mem, 1, 10000), 1);
	return NULL;
}

TEST(epoll_wait_that_waits_for_a_userfaultfd_keeps_nobody_from_epoll)
{
	struct epoll_event *slow = (void *)map(page, RW, ANON, -1), got;
	static char zeroes[1 << 16];
	int fd = uffd_new(0), q[2];
	pthread_t t;

	make_set(EPOLLIN);
	slow_ep = ep;
	CHECK_OK(uffd_register(fd, slow, page, MISSING));
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(pthread_create(&t, NULL, wait_into, slow), 0);
	CHECK_EQ(uffd_next(fd).event, UFFD_EVENT_PAGEFAULT);

	ep = epoll_create1(0);			/* another set: its own waits for the event, on Linux */
	CHECK_OK(ep);
	CHECK_OK(pipe(q));
	add(q[0], EPOLLIN, 9);
	CHECK_EQ(write(q[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(ep, &got, 1, 10000), 1);
	CHECK_OK(close(q[0]));			/* a watched file's end */
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);

	CHECK_OK(uffd_copy(fd, slow, zeroes, page, 0));
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(slow->data.u64, 7);
}

/* ---- the descriptor itself ---- */
TEST(epoll_descriptor_is_readable_only_while_one_of_its_files_is)
{
	make_set(EPOLLIN);
	CHECK_EQ(state_of(ep, POLLIN), 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(state_of(ep, POLLIN), POLLIN);
	CHECK_EQ(state_of(ep, POLLIN), POLLIN);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(state_of(ep, POLLIN), 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(state_of(ep, POLLIN), POLLIN);
}

TEST(epoll_descriptor_polled_does_not_change_whose_turn_it_is)
{
	struct epoll_event got;
	int q[2], seen[2] = { 0, 0 };

	make_set(EPOLLIN);
	CHECK_OK(pipe(q));
	add(q[0], EPOLLIN, 8);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(write(q[1], "x", 1), 1);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(state_of(ep, POLLIN), POLLIN);
		CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1);
		seen[got.data.u64 - 7]++;
	}
	CHECK_EQ(seen[0], 2);
	CHECK_EQ(seen[1], 2);
}

TEST(epoll_descriptor_polled_for_output_sleeps)
{
	struct pollfd f;
	struct timespec before, after;
	int64_t used;

	make_set(EPOLLIN);
	CHECK_EQ(write(p[1], "x", 1), 1);
	f = (struct pollfd){ .fd = ep, .events = POLLOUT };
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	CHECK_EQ(poll(&f, 1, 300), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	used = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
	CHECK(used < 200000000);
}

/* ---- items ---- */
TEST(epoll_item_that_asks_for_nothing_still_reports_a_hangup)
{
	struct epoll_event got;

	make_set(0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
	CHECK_OK(close(p[1]));
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1);
	CHECK_EQ(got.events, EPOLLHUP);
}

TEST(epoll_oneshot_item_is_silent_once_it_fired_even_about_a_hangup)
{
	struct epoll_event got, e = { .events = EPOLLIN | EPOLLONESHOT, .data.u64 = 7 };
	pthread_t t;

	for (int i = 0; i < 60; i++) {
		make_set(EPOLLIN | EPOLLONESHOT);
		stop = false;
		CHECK_EQ(pthread_create(&t, NULL, write_bytes, NULL), 0);
		CHECK_EQ(epoll_wait(ep, &got, 1, 10000), 1);
		stop = true;
		CHECK_EQ(pthread_join(t, NULL), 0);
		CHECK_OK(close(p[1]));
		CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
		CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &e));
		CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1);
		CHECK(got.events & EPOLLHUP);
		CHECK_OK(close(p[0]));
		CHECK_OK(close(ep));
	}
}
