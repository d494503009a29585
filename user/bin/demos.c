/* SPDX-License-Identifier: MIT */
/*
 * user/bin/demos.c - small demonstrations of memory and processes: hello forktest cowtest mmaptest
 * memhog forkbomb
 *
 * Each prints what it does and what it saw, so that the output can be read beside the kernel's
 * counters. tests/user holds the strict versions.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools.h"

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

int tool_hello(int argc, char **argv)
{
	struct utsname u;

	(void)argc;
	(void)argv;
	if (uname(&u))
		return complain("hello", "uname");
	printf("Hello from process %d on %s %s (%s), page size %ld.\n", getpid(), u.sysname,
	       u.release, u.machine, sysconf(_SC_PAGESIZE));
	return 0;
}

/* ---- fork ---- */
int tool_forktest(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 10, wrong = 0, started = 0;

	for (; started < n; started++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(started & 127);
		if (pid < 0) {
			complain("forktest", "fork");
			break;
		}
	}
	for (int i = 0; i < started; i++) {
		int st;

		if (wait(&st) < 0 || !WIFEXITED(st))
			wrong++;
	}
	if (wait(NULL) != -1 || errno != ECHILD)
		wrong++;
	printf("forktest: %d children, %d wrong\n", started, wrong);
	return wrong || started < n;
}

static void minor_faults(const char *when)
{
	static long before;
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	printf("  %-36s %4ld page faults\n", when, u.ru_minflt - before);
	fflush(stdout);
	getrusage(RUSAGE_SELF, &u);
	before = u.ru_minflt;
}

int tool_cowtest(int argc, char **argv)
{
	size_t page = sysconf(_SC_PAGESIZE), pages = 64;
	char *p = mmap(NULL, pages * page, RW, ANON, -1, 0);
	int st;

	(void)argc;
	(void)argv;
	if (p == MAP_FAILED)
		return complain("cowtest", "mmap");
	minor_faults("start");
	memset(p, 'p', pages * page);
	minor_faults("parent wrote 64 pages");
	fflush(stdout);
	pid_t pid = fork();
	if (pid < 0)
		return complain("cowtest", "fork");
	if (pid == 0) {
		struct rusage u;

		memset(p, 'c', pages * page);
		getrusage(RUSAGE_SELF, &u);
		printf("  child wrote its copies: %ld page faults, sees %c\n", u.ru_minflt, p[0]);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &st, 0);
	minor_faults("parent while the child lived");
	for (size_t i = 0; i < pages * page; i++)
		if (p[i] != 'p') {
			printf("cowtest: the child's write reached the parent at %zu\n", i);
			return 1;
		}
	p[0] = 'x';
	minor_faults("parent wrote again, sole owner");
	printf("cowtest: parent still sees %c\n", p[1]);
	return 0;
}

/* ---- mmap ---- */
static void show(const char *what, const char *p, size_t size)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[256];

	printf("%s\n", what);
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start < (unsigned long)p + size &&
		    end > (unsigned long)p)
			printf("  %s", line);
	}
	if (f)
		fclose(f);
}

int tool_mmaptest(int argc, char **argv)
{
	size_t page = sysconf(_SC_PAGESIZE), size = 8 * page;
	char *p = mmap(NULL, size, RW, ANON, -1, 0);
	size_t set = 0;

	(void)argc;
	(void)argv;
	if (p == MAP_FAILED)
		return complain("mmaptest", "mmap");
	show("mmap of 8 pages:", p, size);
	if (mprotect(p + 2 * page, 2 * page, PROT_READ))
		return complain("mmaptest", "mprotect");
	show("mprotect of pages 2-3, read-only: one mapping becomes three:", p, size);
	if (mprotect(p + 2 * page, 2 * page, PROT_READ | PROT_WRITE))
		return complain("mmaptest", "mprotect");
	show("mprotect back: they merge:", p, size);
	if (munmap(p + 4 * page, page))
		return complain("mmaptest", "munmap");
	show("munmap of page 4: a hole:", p, size);
	for (size_t i = 0; i < 4 * page; i++)
		set += p[i] != 0;
	printf("%zu of %zu bytes were not zero\n", set, 4 * page);
	return munmap(p, size) || set;
}

int tool_memhog(int argc, char **argv)
{
	char *end = NULL;
	size_t size = argc > 1 ? strtoull(argv[1], &end, 0) : 0;
	size_t page = sysconf(_SC_PAGESIZE);
	struct rusage u;
	char *p;

	if (end && *end)
		size <<= *end == 'g' || *end == 'G' ? 30 : *end == 'm' || *end == 'M' ? 20 : 10;
	if (!size) {
		fprintf(stderr, "usage: memhog SIZE[kmg]\n");
		return 2;
	}
	p = mmap(NULL, size, RW, ANON, -1, 0);
	if (p == MAP_FAILED)
		return complain("memhog", argv[1]);
	for (size_t i = 0; i < size; i += page)
		*(volatile size_t *)(p + i) = i + 1;
	for (size_t i = 0; i < size; i += page)
		if (*(volatile size_t *)(p + i) != i + 1) {
			printf("memhog: page %zu lost what was written\n", i / page);
			return 1;
		}
	getrusage(RUSAGE_SELF, &u);
	printf("memhog: %zu KiB touched, resident at most %ld KiB, %ld minor, %ld major faults\n",
	       size / 1024, u.ru_maxrss, u.ru_minflt, u.ru_majflt);
	return 0;
}

/* Children wait on a pipe that closes when the parent is done, so nothing outlives it. */
int tool_forkbomb(int argc, char **argv)
{
	int limit = argc > 1 ? atoi(argv[1]) : 100000, n = 0, error = 0, p[2];
	char c;

	if (pipe(p))
		return complain("forkbomb", "pipe");
	for (; n < limit; n++) {
		pid_t pid = fork();

		if (pid == 0) {
			close(p[1]);
			_exit(read(p[0], &c, 1) != 0);
		}
		if (pid < 0) {
			error = errno;
			break;
		}
	}
	close(p[1]);
	close(p[0]);
	for (int i = 0; i < n; i++)
		wait(NULL);
	printf("forkbomb: %d children%s%s\n", n, error ? ", then: " : "",
	       error ? strerror(error) : "");
	return 0;
}
