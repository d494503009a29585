/* SPDX-License-Identifier: MIT */
/*
 * tests/user/utest.h - how a test of the user-visible kernel is written
 *
 *	TEST(pipe_read_after_last_writer_closed_returns_zero)
 *	{
 *		int p[2];
 *
 *		CHECK_OK(pipe(p));
 *		CHECK_OK(close(p[1]));
 *		CHECK_EQ(read(p[0], &c, 1), 0);
 *	}
 *
 * The name is the claim. Each test runs in a child of its own, in an empty directory of its own
 * that is removed afterwards, as leader of a process group that is killed afterwards. A failed
 * check ends the test; so does any signal. SKIP(reason) says that this machine cannot run it.
 */
#ifndef TESTS_USER_UTEST_H
#define TESTS_USER_UTEST_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct utest {
	const char *name, *file;
	void (*fn)(void);
	unsigned int seconds;
};

/* A test that may need more than 120 seconds, on a busy machine, says so with TEST_WITHIN. */
#define TEST_WITHIN(limit, test)                                                         \
	static void test(void);                                                          \
	static const struct utest utest_##test = { #test, __FILE__, test, limit };       \
	static const struct utest *const utest_ref_##test                                \
		__attribute__((used, section("utests"))) = &utest_##test;                \
	static void test(void)
#define TEST(test) TEST_WITHIN(120, test)

void test_fail(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
void test_skip(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)
#define SKIP(...) test_skip(__VA_ARGS__)

#define CHECK(cond)                                   \
	do {                                          \
		if (!(cond))                          \
			FAIL("not true: %s", #cond);  \
	} while (0)

#define CHECK_EQ(a, b)                                                                     \
	do {                                                                               \
		long long a_ = (long long)(a), b_ = (long long)(b);                        \
		if (a_ != b_)                                                              \
			FAIL("%s is %lld (%#llx), not %s = %lld (%#llx); errno %d", #a, a_, \
			     (unsigned long long)a_, #b, b_, (unsigned long long)b_, errno); \
	} while (0)

/* The call must not return -1 (as a long or as MAP_FAILED). */
#define CHECK_OK(call)                                                          \
	do {                                                                    \
		if ((long)(call) == -1)                                         \
			FAIL("%s: %s", #call, test_errno());                    \
	} while (0)

/* The call must return -1 with exactly this errno. */
#define CHECK_ERR(call, err)                                                             \
	do {                                                                             \
		long r_;                                                                 \
		errno = 0;                                                               \
		r_ = (long)(call);                                                       \
		if (r_ != -1)                                                            \
			FAIL("%s gave %ld, not error " #err, #call, r_);                 \
		if (errno != (err))                                                      \
			FAIL("%s failed with %s, not " #err, #call, test_errno());       \
	} while (0)

const char *test_errno(void);

/* ---- children ---- */
/* in_child - run @fn in a fork; returns the wait status. _exit(0) when @fn returns. */
int in_child(void (*fn)(void *), void *arg);
#define EXITED(st, code) (WIFEXITED(st) && WEXITSTATUS(st) == (code))
#define KILLED(st, sig) (WIFSIGNALED(st) && WTERMSIG(st) == (sig))
#define CHECK_EXIT(st, code)                                                 \
	do {                                                                 \
		int st_ = (st);                                              \
		if (!EXITED(st_, code))                                      \
			FAIL("%s: wait status %#x, not exit %d", #st, st_, code); \
	} while (0)
#define CHECK_KILLED(st, sig)                                                    \
	do {                                                                     \
		int st_ = (st);                                                  \
		if (!KILLED(st_, sig))                                           \
			FAIL("%s: wait status %#x, not signal " #sig, #st, st_); \
	} while (0)
/* Waits for @pid; a test may not go on when the wait itself fails. */
int wait_for(pid_t pid);
/* Forks; the child is killed when the test ends. Never returns -1. */
pid_t fork_ok(void);

/* ---- memory ---- */
extern size_t page;				/* bytes in a page */
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define SHARED_ANON (MAP_SHARED | MAP_ANONYMOUS)
/* map - mmap that must succeed; anonymous when @fd is -1 */
char *map(size_t size, int prot, int flags, int fd);
/* What happened to one access: sig is 0 when it went well. */
struct probe {
	int sig, code;
	void *addr;
};
struct probe probe_read(const volatile void *p);
struct probe probe_write(volatile void *p);
struct probe probe_call(void (*fn)(void));
/* How many lines of /proc/self/maps overlap the range; -1 without /proc. */
int maps_count(const void *start, size_t size);
/* The line that contains @p, e.g. "rw-p", into @perms; false when not mapped. */
bool maps_perms(const void *p, char perms[5]);
void need_memory(size_t bytes);			/* SKIP unless the machine has it free */
void need_proc(void);				/* SKIP unless /proc is mounted */
void need_root(void);

/* ---- files and time ---- */
int make_file(const char *name, const void *data, size_t size);	/* open for read and write */
int write_text(const char *path, const char *text);	/* into a file of /proc; 0, or -1 and errno */
void read_whole(int fd, char *buf, size_t size);	/* up to its end, as a string; closes it */
int64_t now_ns(void);				/* CLOCK_MONOTONIC */
void sleep_ms(long ms);
long read_number(const char *file, const char *key);	/* after `key', or -1 */

/* ---- the ledger (ledger.c): where every page of the machine is ---- */
#define LEDGER_LINES 24
struct ledger {
	struct ledger_line {
		char name[24];
		long pages;
	} line[LEDGER_LINES];
	int n;
	char verdict[256];			/* the last line: "balanced", or what is off */
};
bool ledger_read(struct ledger *l);		/* caches emptied first; false: there is no /proc/ledger */
/* Did any class grow that has no reason to? Waits a while for memory to come back; says what is wrong. */
bool ledger_compare(const struct ledger *before, char *text, size_t size);
bool ledger_verdict(const struct ledger *before, int number);	/* the same as a result line */
/* An idle CPU keeps the last address space it ran, and its dead thread, until it runs another. */
void visit_each_cpu(void);

/* A sequence of numbers that is the same in every run. */
uint32_t test_random(uint32_t *state);

#endif
