/* SPDX-License-Identifier: MIT */
/*
 * user/bench/bench.c - what does each operation cost, in executed instructions?
 *
 * THE METHOD     Each operation runs in a child of its own: once to warm up (a tenth of the
 *                count), then a fixed number of times, total / count. Nothing adapts to time, so
 *                under QEMU's -icount two runs agree to the digit. On real hardware the figures
 *                are x86-64 TSC ticks and 100 x RISC-V timebase ticks, good only for smoke tests.
 *
 *                bench            all operations       bench -l       their names
 *                bench NAME...    those (a name may be a pattern)
 *                bench -q         a tenth of the iterations
 *                bench -b         as PID 1: instructions since reset, and memory gone by then
 *
 * OUTPUT         bench: NAME NUMBER      or      bench: NAME n/a (REASON)
 *
 * ALWAYS TRUE    B1  one line per operation, also when it dies.
 */
#include <errno.h>
#include <fnmatch.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

extern const struct bench *const __start_benches[], *const __stop_benches[];

size_t page;
const char *self = "/proc/self/exe";

void cannot(struct run *r, const char *why)
{
	r->why = why;
}

char *memory(struct run *r, size_t pages)
{
	char *p = mmap(NULL, pages * page, RW, ANON, -1, 0);

	if (p != MAP_FAILED)
		return p;
	cannot(r, strerror(errno));
	return NULL;
}

bool enough(struct run *r, size_t bytes)
{
	struct sysinfo si;

	if (sysinfo(&si) == 0 && (uint64_t)si.freeram * si.mem_unit >= bytes + bytes / 8)
		return true;
	cannot(r, "too little memory");
	return false;
}

uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

long minor_faults(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_minflt;
}

/* One CPU for everything: a partner on another CPU would run for free. */
static void stay_on_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one) && errno != ENOSYS)
		fprintf(stderr, "bench: cannot pin to CPU 0: %s\n", strerror(errno));
}

static void measure(const struct bench *b, bool quick)
{
	struct run r = { .n = b->n / 10 + 1 };

	setpgid(0, 0);
	stay_on_one_cpu();
	b->fn(&r);
	if (!r.why) {
		r = (struct run){ .n = quick ? b->n / 10 + 1 : b->n };
		b->fn(&r);
	}
	if (r.why || r.ops <= 0)
		printf("bench: %s n/a (%s)\n", b->name, r.why ? r.why : "nothing measured");
	else
		printf("bench: %s %llu\n", b->name, (unsigned long long)(r.total / r.ops));
	fflush(stdout);
	_exit(0);
}

static bool run_one(const struct bench *b, bool quick)
{
	pid_t pid;
	int st = 0;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		measure(b, quick);
	if (pid < 0 || waitpid(pid, &st, 0) != pid) {
		printf("bench: %s n/a (%s)\n", b->name, strerror(errno));
		return false;
	}
	kill(-pid, SIGKILL);
	if (WIFEXITED(st) && WEXITSTATUS(st) == 0)
		return true;
	printf("bench: %s n/a (wait status %#x)\n", b->name, (unsigned int)st);
	return false;
}

static bool wanted(const struct bench *b, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, b->name) || !fnmatch(*names, b->name, 0))
			return true;
	return false;
}

static int by_order(const void *a, const void *b)
{
	return (*(const struct bench *const *)a)->order - (*(const struct bench *const *)b)->order;
}

/* The chosen operations in their order, NULL at the end. */
static const struct bench **choose(char **names)
{
	size_t count = __stop_benches - __start_benches, n = 0;
	const struct bench **chosen = calloc(count + 1, sizeof(*chosen));

	for (size_t i = 0; chosen && i < count; i++)
		if (wanted(__start_benches[i], names))
			chosen[n++] = __start_benches[i];
	if (chosen)
		qsort(chosen, n, sizeof(*chosen), by_order);
	return chosen;
}

/*
 * What the boot cost, seen by the first program. @now was read first thing in main(), so the C
 * library's start-up (some 20,000 instructions) is in it. The initramfs stays in memory as files.
 */
static int report_boot(uint64_t now)
{
	struct sysinfo si;

	if (sysinfo(&si))
		return 1;
	printf("boot: instructions from reset to main() %lu\n", (unsigned long)now);
	printf("boot: KiB of memory managed %lu free %lu\n",
	       (unsigned long)si.totalram * si.mem_unit >> 10,
	       (unsigned long)si.freeram * si.mem_unit >> 10);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t started = ticks();
	const struct bench **b;
	bool list = false, quick = false, bad = false;
	int opt;

	if (argc == 2 && !strcmp(argv[1], "--exit"))
		_exit(0);
	if (argc == 2 && !strcmp(argv[1], "-b"))
		return report_boot(started);
	if (access(self, X_OK))
		self = argv[0];
	while ((opt = getopt(argc, argv, "lq")) != -1) {
		if (opt == '?')
			return 2;
		list |= opt == 'l';
		quick |= opt == 'q';
	}
	page = sysconf(_SC_PAGESIZE);
	b = choose(argv + optind);
	if (!b || !*b) {
		fprintf(stderr, "bench: no such operation\n");
		return 1;
	}
	for (; *b; b++) {
		if (list)
			puts((*b)->name);
		else
			bad |= !run_one(*b, quick);
	}
	return bad;
}
