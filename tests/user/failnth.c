/* SPDX-License-Identifier: MIT */
/*
 * tests/user/failnth.c - make the N-th allocation of a call fail, for every N, and look what is left
 *
 * THE QUESTION   What does a call that runs out of memory halfway leave behind?
 *
 * HOW            for N = 1, 2, ... until the call no longer needs an N-th allocation:
 *                  a child prepares, writes N to fail-nth, makes the call, looks whether it fired
 *                  the call failed: its errno is ENOMEM (or the one the scenario names), descriptors,
 *                                   mappings and directory are what they were, and made once more
 *                                   the call succeeds
 *                  it did not fail: what failed was not needed, or was a page fault, which is taken
 *                                   again (so faults alone never fail)
 *                afterwards /proc/ledger and the slab object counts are what they were before.
 *
 * Only Verso is held to this: Linux has fail-nth if it was built with CONFIG_FAULT_INJECTION, but ignores
 * allocations that may wait unless told otherwise, and keeps more caches than can be named here.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "failnth.h"
#include "utest.h"

#define NEEDS_NO_MORE	77	/* exit status of a child whose fail-nth did not fire */

/* ---- fail-nth ---- */
static int nth_fd;

void open_fail_nth(void)
{
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	CHECK_OK(nth_fd);
}

void fail_nth(int n)
{
	char text[16];

	CHECK(pwrite(nth_fd, text, snprintf(text, sizeof(text), "%d", n), 0) > 0);
}

/* What is left of it; 0: it fired. */
int nth_left(void)
{
	static char text[16] = "no number";	/* written to: reading it must not fault */
	ssize_t n = pread(nth_fd, text, sizeof(text) - 1, 0);

	CHECK(n > 0);
	text[n] = 0;
	return atoi(text);
}

void need_fail_nth(void)
{
	if (access("/proc/thread-self/fail-nth", W_OK))
		SKIP("no fault injection");
	if (access("/proc/ledger", W_OK))
		SKIP("strict only on Verso");
}

/* ---- what a failed call must not change ---- */
struct state {
	int next_fd, mappings, names;
};

int count_lines(const char *file)
{
	static char buf[16384];
	int fd = open(file, O_RDONLY), lines = 0;
	ssize_t n;

	CHECK_OK(fd);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += buf[i] == '\n';
	close(fd);
	return lines;
}

static int count_names(void)
{
	static char buf[8192];
	int fd = open(".", O_RDONLY | O_DIRECTORY), names = 0;
	long n;

	CHECK_OK(fd);
	while ((n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		for (long i = 0; i < n; names++)
			i += ((struct dirent64 *)(buf + i))->d_reclen;
	close(fd);
	return names;
}

static struct state look(void)
{
	struct state s;

	s.next_fd = dup(0);
	CHECK_OK(s.next_fd);
	close(s.next_fd);
	s.mappings = count_lines("/proc/self/maps");
	s.names = count_names();
	return s;
}

/* ---- one N ---- */
static const char *text_of(int err)
{
	const char *name = strerrorname_np(err);

	return name ? name : "no errno";
}

static void check_failed_cleanly(const struct scenario *s, int n, int err, const struct state *before)
{
	struct state now = look();

	if (err != ENOMEM && err != s->other)
		FAIL("N=%d: failed with %s", n, text_of(err));
	if (now.next_fd != before->next_fd)
		FAIL("N=%d: next descriptor was %d, is %d", n, before->next_fd, now.next_fd);
	if (now.mappings != before->mappings && !s->may_unmap)
		FAIL("N=%d: %d mappings before, %d now", n, before->mappings, now.mappings);
	if (now.names != before->names)
		FAIL("N=%d: %d names before, %d now", n, before->names, now.names);
	if (s->act() == -1)
		FAIL("N=%d: after the failure it fails with %s", n, test_errno());
}

static void one_try(const struct scenario *s, int n)
{
	struct state before;
	long r;
	int err, left;

	if (s->prepare)
		s->prepare();
	open_fail_nth();
	look();			/* what looking itself needs, it has now */
	before = look();
	fail_nth(n);
	r = s->act();
	err = errno;
	left = nth_left();
	fail_nth(0);
	if (r == -1 && left)
		FAIL("N=%d: %s, %d allocations too early", n, text_of(err), left);
	if (r == -1)
		check_failed_cleanly(s, n, err, &before);
	if (s->undo)
		s->undo();
	_exit(left ? NEEDS_NO_MORE : r == -1 ? 1 : 0);
}

/* ---- nothing is lost ---- */
void put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_TRUNC);

	CHECK_OK(fd);
	CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	CHECK_OK(close(fd));
}

#define MAX_CACHES 128
struct slabs {
	struct {
		char name[32];
		long objects;
	} cache[MAX_CACHES];
	int n;
};

/* On one CPU, with all lists empty when the counting begins: what the others keep cannot be seen. */
static void count_objects(struct slabs *s)
{
	FILE *f = fopen("/proc/slabinfo", "r");
	char line[256];
	cpu_set_t all, one;

	CHECK(f);
	CHECK_OK(sched_getaffinity(0, sizeof(all), &all));
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
	put("/proc/ledger", "1");
	s->n = 0;
	while (fgets(line, sizeof(line), f) && s->n < MAX_CACHES)
		if (sscanf(line, "%31s %ld", s->cache[s->n].name, &s->cache[s->n].objects) == 2)
			s->n++;
	fclose(f);
	CHECK_OK(sched_setaffinity(0, sizeof(all), &all));
}

/* The first cache with more objects than before, or NULL. */
static const char *grown(const struct slabs *before, const struct slabs *now, long *by)
{
	for (int i = 0; i < now->n; i++)
		for (int k = 0; k < before->n; k++) {
			*by = now->cache[i].objects - before->cache[k].objects;
			if (!strcmp(now->cache[i].name, before->cache[k].name) && *by > 0)
				return now->cache[i].name;
		}
	return NULL;
}

/* What is missing compared with before, as text; "" when nothing is. Memory may take a while to come back. */
static void find_losses(const struct ledger *pages, const struct slabs *objects, char *text, size_t size)
{
	static struct slabs now;
	static struct ledger l;
	const char *cache = NULL;
	long by;

	for (int ms = 0; ms < 1000; ms += 50) {
		ledger_read(&l);
		count_objects(&now);
		cache = grown(objects, &now, &by);
		if (!cache)
			break;
		sleep_ms(50);
	}
	if (cache)
		snprintf(text, size, "%ld objects lost in slab cache %s", by, cache);
	else
		ledger_compare(pages, text, size);
}

/* Something may be made once and kept; what is lost each time is a leak. */
void check_nothing_lost(void (*run)(const void *), const void *arg)
{
	static struct slabs objects;
	static struct ledger pages;
	char text[512];

	run(arg);		/* fills what caches keep */
	for (int i = 0; i < 3; i++) {
		ledger_read(&pages);
		count_objects(&objects);
		run(arg);
		find_losses(&pages, &objects, text, sizeof(text));
		if (!*text)
			return;
	}
	FAIL("%s", text);
}

static int failures;		/* how many N made the call fail */

static void run_all_n(const void *scenario)
{
	const struct scenario *s = scenario;

	failures = 0;
	for (int n = 1; n <= MAX_N; n += n > 16 && s->stride ? s->stride : 1) {
		pid_t pid = fork_ok();
		int st;

		if (pid == 0)
			one_try(s, n);
		st = wait_for(pid);
		if (EXITED(st, NEEDS_NO_MORE))
			return;
		if (!EXITED(st, 0) && !EXITED(st, 1))
			FAIL("N=%d: wait status %#x", n, st);
		failures += EXITED(st, 1);
	}
	FAIL("more than %d allocations", MAX_N);
}

/* @min: as many failures at least, or the scenario does not test what it says. */
void sweep(const struct scenario *s, int min)
{
	need_fail_nth();
	check_nothing_lost(run_all_n, s);
	if (failures < min)
		FAIL("only %d failures, not %d", failures, min);
}
