/* SPDX-License-Identifier: MIT */
/*
 * user/bench/ipc.c - two parties: pipes, threads, futexes, yields, signals; and KSM
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define BENCH_FILE 5

#define RW (PROT_READ | PROT_WRITE)

/* ---- pipes ---- */
static void echo_bytes(int from, int to)
{
	char c;

	while (read(from, &c, 1) == 1)
		if (write(to, &c, 1) != 1)
			break;
	_exit(0);
}

static void ping_pong(struct run *r)
{
	int there[2], back[2];
	char c = 'x';
	pid_t pid;

	if (pipe(there) || pipe(back)) {
		cannot(r, strerror(errno));
		return;
	}
	pid = fork();
	if (pid == 0) {
		close(there[1]);
		close(back[0]);
		echo_bytes(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	begin(r);
	for (long i = 0; i < r->n; i++) {
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1) {
			cannot(r, "the partner is gone");
			break;
		}
	}
	end(r, r->n);
	close(there[1]);
	close(back[0]);
	waitpid(pid, NULL, 0);
}
BENCH("pipe ping-pong, two processes, round trip", 2000, ping_pong)

static void pipe_byte(struct run *r)
{
	char c = 'x';
	int p[2];

	if (pipe(p)) {
		cannot(r, strerror(errno));
		return;
	}
	begin(r);
	for (long i = 0; i < r->n; i++) {
		if (write(p[1], &c, 1) != 1 || read(p[0], &c, 1) != 1) {
			cannot(r, strerror(errno));
			break;
		}
	}
	end(r, r->n);
	close(p[0]);
	close(p[1]);
}
BENCH("pipe write + read 1 byte", 5000, pipe_byte)

static void drain(int fd)
{
	static char buf[65536];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
	_exit(0);
}

/* Writes of 64 KiB; the figure is per 4 KiB, with the reader's half in it. */
static void bandwidth(struct run *r)
{
	static char buf[65536];
	pid_t pid;
	int p[2];

	if (pipe(p)) {
		cannot(r, strerror(errno));
		return;
	}
	pid = fork();
	if (pid == 0) {
		close(p[1]);
		drain(p[0]);
	}
	close(p[0]);
	begin(r);
	for (long i = 0; i < r->n; i++)
		if (write(p[1], buf, sizeof(buf)) != (ssize_t)sizeof(buf))
			cannot(r, "short write");
	close(p[1]);
	waitpid(pid, NULL, 0);
	end(r, r->n * 16);
}
BENCH("pipe bandwidth, per 4 KiB", 200, bandwidth)

/* ---- threads ---- */
static void *nothing(void *arg)
{
	return arg;
}

static void thread_loop(struct run *r)
{
	begin(r);
	for (long i = 0; i < r->n; i++) {
		pthread_t t;

		if (pthread_create(&t, NULL, nothing, NULL) || pthread_join(t, NULL)) {
			cannot(r, "no threads");
			return;
		}
	}
	end(r, r->n);
}
BENCH("thread create + join", 300, thread_loop)

static atomic_int turn;
static atomic_bool over;

static void give_turn(int value)
{
	atomic_store(&turn, value);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void await_turn(int value)
{
	while (atomic_load(&turn) != value)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, !value, NULL, NULL, 0);
}

static void *futex_partner(void *arg)
{
	for (;;) {
		await_turn(1);
		if (over)
			return arg;
		give_turn(0);
	}
}

static void futex_ping_pong(struct run *r)
{
	pthread_t t;

	turn = 0;
	over = false;
	if (pthread_create(&t, NULL, futex_partner, NULL)) {
		cannot(r, "no threads");
		return;
	}
	begin(r);
	for (long i = 0; i < r->n; i++) {
		give_turn(1);
		await_turn(0);
	}
	end(r, r->n);
	over = true;
	give_turn(1);
	pthread_join(t, NULL);
}
BENCH("futex ping-pong, round trip", 2000, futex_ping_pong)

/* Each yield of the parent runs the child up to its own yield: one pair. */
static void yield_pair(struct run *r)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			sched_yield();
	if (pid < 0) {
		cannot(r, strerror(errno));
		return;
	}
	for (int i = 0; i < 100; i++)
		sched_yield();
	begin(r);
	for (long i = 0; i < r->n; i++)
		sched_yield();
	end(r, r->n);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
BENCH("sched_yield pair", 2000, yield_pair)

/* ---- signals ---- */
static void ignore(int sig)
{
	(void)sig;
}

static void signal_self(struct run *r)
{
	pid_t pid = getpid(), tid = syscall(SYS_gettid);

	signal(SIGUSR1, ignore);
	begin(r);
	for (long i = 0; i < r->n; i++)
		syscall(SYS_tgkill, pid, tid, SIGUSR1);
	end(r, r->n);
}
BENCH("signal to self, handler, return", 2000, signal_self)

static void unprotect(int sig, siginfo_t *info, void *context)
{
	char *p = (char *)((uintptr_t)info->si_addr & ~(page - 1));

	(void)sig;
	(void)context;
	if (mprotect(p, page, RW))
		_exit(1);
}

static void segv_resume(struct run *r)
{
	struct sigaction sa = { .sa_sigaction = unprotect, .sa_flags = SA_SIGINFO };
	char *p = memory(r, r->n);

	if (!p)
		return;
	for (long i = 0; i < r->n; i++)
		p[i * page] = 1;
	mprotect(p, r->n * page, PROT_READ);
	sigaction(SIGSEGV, &sa, NULL);
	begin(r);
	for (long i = 0; i < r->n; i++)
		*(volatile char *)(p + i * page) = 2;
	end(r, r->n);
	munmap(p, r->n * page);
}
BENCH("SIGSEGV handler + mprotect + resume", 500, segv_resume)

/* ---- KSM ---- */
static long ksm_value(const char *name, const char *set)
{
	char path[96], buf[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/mm/ksm/%s", name);
	fd = open(path, set ? O_WRONLY : O_RDONLY);
	if (fd < 0)
		return -1;
	if (set ? write(fd, set, strlen(set)) < 0 : read(fd, buf, sizeof(buf) - 1) < 0)
		buf[0] = '-';
	close(fd);
	return buf[0] == '-' ? -1 : atol(buf);
}

/* Waits (at most ten seconds) until ksmd has merged nearly all of @pages. */
static bool merged(long pages)
{
	for (int i = 0; i < 100; i++) {
		if (ksm_value("pages_sharing", NULL) >= pages - pages / 8)
			return true;
		usleep(100000);
	}
	return false;
}

/* Runs ksmd only for the measurement: its switches go back to what they were. */
static bool merge_all(struct run *r)
{
	long run = ksm_value("run", NULL), scan = ksm_value("pages_to_scan", NULL);
	char was[32];
	bool ok;

	if (run < 0 || ksm_value("run", "1") < 0) {
		cannot(r, "no ksmd control");
		return false;
	}
	ksm_value("pages_to_scan", "10000");
	ok = merged(r->n);
	snprintf(was, sizeof(was), "%ld", scan);
	ksm_value("pages_to_scan", was);
	snprintf(was, sizeof(was), "%ld", run);
	ksm_value("run", was);
	if (!ok)
		cannot(r, "ksmd merged nothing");
	return ok;
}

static void ksm_break(struct run *r)
{
	char *p = memory(r, r->n);

	if (!p)
		return;
	memset(p, 'k', r->n * page);
	if (madvise(p, r->n * page, MADV_MERGEABLE)) {
		cannot(r, "no MADV_MERGEABLE");
		return;
	}
	if (!merge_all(r))
		return;
	begin(r);
	for (long i = 0; i < r->n; i++)
		*(volatile char *)(p + i * page) = 1;
	end(r, r->n);
	munmap(p, r->n * page);
}
BENCH("KSM break (COW of a merged page)", 1024, ksm_break)
