/* SPDX-License-Identifier: MIT */
/*
 * tests/user/utest.c - runs the tests and prints KTAP
 *
 * THE QUESTION   Which claims about the kernel hold on this machine?
 *
 * THE PICTURE    for each test: fork -> own process group, own directory -> test()
 *                     parent: wait for its end or its time limit -> kill the group -> ok / not ok
 *
 *                utest            all tests          utest -l        the names
 *                utest NAME...    those (a name may end in *)
 *                utest -s SEED    all, in an order drawn from SEED
 *
 *                last, on Verso: /proc/ledger balances, and no class of pages grew for good
 *
 * ALWAYS TRUE    U1  one result line per planned test, whatever the test did.
 *                U2  when utest returns, no process of a test is alive in its group.
 */
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

#include "utest.h"

extern const struct utest *const __start_utests[], *const __stop_utests[];

static int message[2];		/* a test's reason, from child to parent */
size_t page;

enum { EXIT_FAILED = 101, EXIT_SKIPPED = 102 };

#define SLOW	1.0		/* seconds from which a test is named for its time: twenty boots run it */

/* ---- what a test calls ---- */
const char *test_errno(void)
{
	const char *name = strerrorname_np(errno);

	return name ? name : "unknown errno";
}

static void tell(const char *prefix, const char *format, va_list ap)
{
	char buf[512];
	int n = snprintf(buf, sizeof(buf), "%s", prefix);

	n += vsnprintf(buf + n, sizeof(buf) - n, format, ap);
	if (n > (int)sizeof(buf) - 1)
		n = sizeof(buf) - 1;
	if (write(message[1], buf, n) < 0)
		_exit(EXIT_FAILED);
}

void test_fail(const char *file, int line, const char *format, ...)
{
	const char *base = strrchr(file, '/');
	char where[128];
	va_list ap;

	snprintf(where, sizeof(where), "%s:%d: ", base ? base + 1 : file, line);
	va_start(ap, format);
	tell(where, format, ap);
	va_end(ap);
	_exit(EXIT_FAILED);
}

void test_skip(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	tell("", format, ap);
	va_end(ap);
	_exit(EXIT_SKIPPED);
}

/* ---- the directory of a test ---- */
static void remove_tree(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[4096];

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (unlink(path) && errno != ENOENT) {
			chmod(path, 0700);
			remove_tree(path);
		}
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

static void enter_directory(const char *dir)
{
	mkdir("/tmp", 01777);
	remove_tree(dir);
	if (mkdir(dir, 0755) || chdir(dir))
		test_skip("no directory to work in: %s", test_errno());
}

/* ---- one test ---- */
static void run_child(const struct utest *t, const char *dir)
{
	sigset_t none;

	setpgid(0, 0);
	for (int sig = 1; sig < SIGRTMAX; sig++)	/* a shell ignores SIGINT for what it puts in the background */
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	close(message[0]);
	fcntl(message[1], F_SETFD, FD_CLOEXEC);
	enter_directory(dir);
	t->fn();
	_exit(0);
}

/* Waits for @pid until its time is over; false when it had to be killed. */
static bool wait_or_kill(pid_t pid, unsigned int seconds, int *st)
{
	struct timespec end, now, left;
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	for (;;) {
		if (waitpid(pid, st, WNOHANG) == pid)
			return true;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec >= end.tv_sec)
			break;
		left.tv_sec = end.tv_sec - now.tv_sec;
		left.tv_nsec = 0;
		sigtimedwait(&chld, NULL, &left);
	}
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, st, 0);
	return false;
}

/* The reason may hold no newline: it goes on the result line. */
static void read_reason(char *reason, size_t size)
{
	ssize_t n;

	fcntl(message[0], F_SETFL, O_NONBLOCK);
	n = read(message[0], reason, size - 1);
	reason[n > 0 ? n : 0] = 0;
	for (char *p = reason; *p; p++)
		if (*p == '\n')
			*p = ' ';
	close(message[0]);
	close(message[1]);
}

/* Prints the result line; false when the test failed. */
static bool verdict(const struct utest *t, int number, bool in_time, int st, const char *reason)
{
	if (in_time && EXITED(st, 0)) {
		printf("ok %d - %s\n", number, t->name);
		return true;
	}
	if (in_time && EXITED(st, EXIT_SKIPPED)) {
		printf("ok %d - %s # SKIP %s\n", number, t->name, reason);
		return true;
	}
	if (!in_time)
		printf("# still running after %u s\n", t->seconds);
	else if (WIFSIGNALED(st))
		printf("# killed by signal %d (%s)\n", WTERMSIG(st), strsignal(WTERMSIG(st)));
	else if (!EXITED(st, EXIT_FAILED))
		printf("# exit status %d\n", WEXITSTATUS(st));
	if (*reason)
		printf("# %s\n", reason);
	printf("not ok %d - %s\n", number, t->name);
	return false;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool run_test(const struct utest *t, int number)
{
	double start = seconds_now();
	char reason[512], dir[64];
	bool in_time;
	pid_t pid;
	int st = 0;

	snprintf(dir, sizeof(dir), "/tmp/utest.%d", (int)getpid());
	fflush(stdout);
	if (pipe(message)) {
		printf("not ok %d - %s\n# pipe: %s\n", number, t->name, test_errno());
		return false;
	}
	pid = fork();
	if (pid == 0)
		run_child(t, dir);
	if (pid < 0) {
		printf("not ok %d - %s\n# fork: %s\n", number, t->name, test_errno());
		return false;
	}
	setpgid(pid, pid);
	in_time = wait_or_kill(pid, t->seconds, &st);
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	read_reason(reason, sizeof(reason));
	remove_tree(dir);
	if (seconds_now() - start > SLOW)
		printf("# %.1f s: %s\n", seconds_now() - start, t->name);
	return verdict(t, number, in_time, st, reason);
}

/* ---- which tests, in which order ---- */
static int by_name(const void *a, const void *b)
{
	const struct utest *x = *(const struct utest *const *)a;
	const struct utest *y = *(const struct utest *const *)b;
	int c = strcmp(x->file, y->file);

	return c ? c : strcmp(x->name, y->name);
}

uint32_t test_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void shuffle(const struct utest **t, size_t n, uint32_t seed)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = test_random(&seed) % i;
		const struct utest *x = t[i - 1];

		t[i - 1] = t[j];
		t[j] = x;
	}
}

static bool wanted(const struct utest *t, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!fnmatch(*names, t->name, 0))
			return true;
	return false;
}

static int run_all(const struct utest **t, size_t n)
{
	size_t failed = 0;

	struct ledger before;
	bool books = ledger_read(&before);

	printf("1..%zu\n", n + books);
	for (size_t i = 0; i < n; i++)
		failed += !run_test(t[i], i + 1);
	if (books)
		failed += !ledger_verdict(&before, ++n);
	printf("# %zu passed, %zu failed\n", n - failed, failed);
	return failed ? 1 : 0;
}

/* Started as the first process there is no /proc yet: tests that need it would be skipped. */
static void prepare_machine(void)
{
	if (geteuid() || !access("/proc/self/stat", R_OK))
		return;
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	mkdir("/dev/shm", 0755);
	mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, NULL);
	mkdir("/dev/pts", 0755);
	mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=0666");
}

/* For aslr_test.c: where this start of the program has a mapping, its stack and its heap. */
static int print_where(void)
{
	void *p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int local;

	printf("%lx %lx %lx\n", (unsigned long)p, (unsigned long)&local, (unsigned long)sbrk(0));
	return 0;
}

int main(int argc, char **argv)
{
	size_t all = __stop_utests - __start_utests, n = 0;
	const struct utest **t = calloc(all + 1, sizeof(*t));
	bool list = false, mix = false;
	unsigned long seed = 0;
	sigset_t chld;
	int opt;

	if (argc == 2 && !strcmp(argv[1], "--where"))
		return print_where();
	while ((opt = getopt(argc, argv, "ls:")) != -1) {
		if (opt == '?')
			return 2;
		list |= opt == 'l';
		mix |= opt == 's';
		seed = opt == 's' ? strtoul(optarg, NULL, 0) : seed;
	}
	page = sysconf(_SC_PAGESIZE);
	for (size_t i = 0; t && i < all; i++)
		if (wanted(__start_utests[i], argv + optind))
			t[n++] = __start_utests[i];
	qsort(t, n, sizeof(*t), by_name);
	if (mix)
		shuffle(t, n, seed);
	for (size_t i = 0; list && i < n; i++)
		puts(t[i]->name);
	if (list)
		return 0;
	if (!n) {
		fprintf(stderr, "utest: no such test\n");
		return 2;
	}
	prepare_machine();
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	printf("KTAP version 1\n");
	if (mix)
		printf("# seed %lu\n", seed);
	return run_all(t, n);
}
