/* SPDX-License-Identifier: MIT */
/*
 * tests/user/helpers.c - what many tests need: children, probes of memory, /proc readers
 *
 * ALWAYS TRUE    H1  a probe leaves the signal handlers and the mask as it found them.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "utest.h"

/* ---- children ---- */
pid_t fork_ok(void)
{
	pid_t pid = fork();

	CHECK_OK(pid);
	return pid;
}

int wait_for(pid_t pid)
{
	int st = 0;

	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return st;
}

int in_child(void (*fn)(void *), void *arg)
{
	pid_t pid = fork_ok();

	if (pid == 0) {
		fn(arg);
		_exit(0);
	}
	return wait_for(pid);
}

/* ---- memory ---- */
char *map(size_t size, int prot, int flags, int fd)
{
	char *p = mmap(NULL, size, prot, flags, fd, 0);

	CHECK_OK(p);
	return p;
}

static sigjmp_buf probe_return;
static volatile struct probe seen;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	seen.sig = sig;
	seen.code = info->si_code;
	seen.addr = info->si_addr;
	siglongjmp(probe_return, 1);
}

enum probe_kind { PROBE_READ, PROBE_WRITE, PROBE_CALL };

static void access_memory(enum probe_kind kind, uintptr_t p)
{
	volatile char *c = (volatile char *)p;

	if (kind == PROBE_READ)
		(void)*c;
	else if (kind == PROBE_WRITE)
		*c = 1;
	else
		((void (*)(void))p)();
}

static struct probe probe(enum probe_kind kind, uintptr_t p)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO }, old[5];

	for (int i = 0; i < 5; i++)
		CHECK_OK(sigaction(sigs[i], &sa, &old[i]));
	seen.sig = 0;
	seen.code = 0;
	seen.addr = NULL;
	if (!sigsetjmp(probe_return, 1))
		access_memory(kind, p);
	for (int i = 0; i < 5; i++)
		CHECK_OK(sigaction(sigs[i], &old[i], NULL));
	return (struct probe){ seen.sig, seen.code, seen.addr };
}

struct probe probe_read(const volatile void *p)
{
	return probe(PROBE_READ, (uintptr_t)p);
}

struct probe probe_write(volatile void *p)
{
	return probe(PROBE_WRITE, (uintptr_t)p);
}

struct probe probe_call(void (*fn)(void))
{
	return probe(PROBE_CALL, (uintptr_t)fn);
}

int maps_count(const void *start, size_t size)
{
	uintptr_t from = (uintptr_t)start, to = from + size;
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	int n = 0;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		unsigned long a, b;

		if (sscanf(line, "%lx-%lx", &a, &b) == 2 && a < to && b > from)
			n++;
	}
	fclose(f);
	return n;
}

bool maps_perms(const void *p, char perms[5])
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned long a, b;

		found = sscanf(line, "%lx-%lx %4s", &a, &b, perms) == 3 && a <= (uintptr_t)p &&
			(uintptr_t)p < b;
	}
	if (f)
		fclose(f);
	return found;
}

void need_memory(size_t bytes)
{
	struct sysinfo si;

	CHECK_OK(sysinfo(&si));
	if ((uint64_t)si.totalram * si.mem_unit / 2 < bytes ||
	    (uint64_t)si.freeram * si.mem_unit < bytes + (4 << 20))
		SKIP("needs %zu KiB of free memory", bytes / 1024);
}

void need_proc(void)
{
	if (access("/proc/self/stat", R_OK))
		SKIP("no /proc");
}

void need_root(void)
{
	if (geteuid())
		SKIP("needs root");
}

/* ---- files and time ---- */
int make_file(const char *name, const void *data, size_t size)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK_OK(fd);
	if (size)
		CHECK_EQ(write(fd, data, size), (ssize_t)size);
	CHECK_OK(lseek(fd, 0, SEEK_SET));
	return fd;
}

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), err;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	err = errno;
	close(fd);
	errno = err;
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

void read_whole(int fd, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t k;

	while ((k = read(fd, buf + n, size - 1 - n)) > 0)
		n += (size_t)k;
	CHECK_EQ(k, 0);
	buf[n] = 0;
	close(fd);
}

int64_t now_ns(void)
{
	struct timespec t;

	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &t));
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

long read_number(const char *file, const char *key)
{
	FILE *f = fopen(file, "r");
	size_t n = strlen(key);
	char line[512];
	long value = -1;

	while (f && value < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, n))
			value = atol(line + n + strspn(line + n, " \t:"));
	if (f)
		fclose(f);
	return value;
}
