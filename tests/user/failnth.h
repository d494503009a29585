/* SPDX-License-Identifier: MIT */
/* tests/user/failnth.h - what the tests that make allocations fail share (failnth.c) */
#ifndef TESTS_USER_FAILNTH_H
#define TESTS_USER_FAILNTH_H

#include <stdbool.h>

#define MAX_N	600		/* more allocations than any call makes */

struct scenario {
	void (*prepare)(void);	/* without failures; NULL: nothing to do */
	long (*act)(void);	/* -1 and errno, or anything else */
	void (*undo)(void);	/* after a success */
	bool may_unmap;		/* POSIX lets a failed MAP_FIXED take away what was there */
	int other;		/* an errno that is fine too, beside ENOMEM */
	int stride;		/* it allocates the same hundreds of times: beyond N = 16 only each stride-th fails */
};

/* sweep - all N; @min: at so many of them at least the call fails, or the scenario does not test what it says */
void sweep(const struct scenario *s, int min);
#define SWEEP(name, min, ...)							\
	TEST_WITHIN(120, name)							\
	{									\
		static const struct scenario s = { __VA_ARGS__ };		\
		sweep(&s, min);							\
	}

/* check_nothing_lost - @run(@arg) several times: pages and objects are as many after it as before */
void check_nothing_lost(void (*run)(const void *), const void *arg);

/* the calling thread's fail-nth: open once; 0 is off; what is left of it (0: it fired) */
void need_fail_nth(void);
void open_fail_nth(void);
void fail_nth(int n);
int nth_left(void);

void put(const char *file, const char *text);	/* write to an existing file, as `echo >file' does */
int count_lines(const char *file);

#endif
