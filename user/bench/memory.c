/* SPDX-License-Identifier: MIT */
/*
 * user/bench/memory.c - page faults, mappings and their changes
 *
 * Pages are written with one store each; "per page" is the whole cost of the loop over a mapping.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define BENCH_FILE 1

#define RW (PROT_READ | PROT_WRITE)

static void write_pages(char *p, long pages)
{
	for (long i = 0; i < pages; i++)
		*(volatile char *)(p + i * page) = 1;
}

static void read_pages(const char *p, long pages)
{
	for (long i = 0; i < pages; i++)
		(void)*(const volatile char *)(p + i * page);
}

/* ---- calls ---- */
static void null_call(struct run *r)
{
	begin(r);
	for (long i = 0; i < r->n; i++)
		syscall(SYS_getppid);
	end(r, r->n);
}
BENCH("null system call (getppid)", 20000, null_call)

static void read_clock(struct run *r)
{
	struct timespec t;

	begin(r);
	for (long i = 0; i < r->n; i++)
		clock_gettime(CLOCK_MONOTONIC, &t);
	end(r, r->n);
}
BENCH("clock_gettime (vDSO)", 20000, read_clock)

/* ---- faults ---- */
static void first_write(struct run *r)
{
	char *p = memory(r, r->n);

	if (!p)
		return;
	begin(r);
	write_pages(p, r->n);
	end(r, r->n);
}
BENCH("anonymous first write, per 4K page", 1024, first_write)

static void unmap_touched(struct run *r)
{
	char *p = memory(r, r->n);

	if (!p)
		return;
	write_pages(p, r->n);
	begin(r);
	munmap(p, r->n * page);
	end(r, r->n);
}
BENCH("anonymous munmap, per page", 1024, unmap_touched)

static void first_read(struct run *r)
{
	char *p = memory(r, r->n);

	if (!p)
		return;
	begin(r);
	read_pages(p, r->n);
	end(r, r->n);
}
BENCH("anonymous first read (zero page)", 1024, first_read)

static void zero_to_private(struct run *r)
{
	char *p = memory(r, r->n);

	if (!p)
		return;
	read_pages(p, r->n);
	begin(r);
	write_pages(p, r->n);
	end(r, r->n);
}
BENCH("zero page to private page on write", 1024, zero_to_private)

/* @sharer: the child stays alive (each write copies), or has gone (the page is taken over). */
static void cow(struct run *r, bool sharer)
{
	char *p = memory(r, r->n), c;
	int hold[2];
	pid_t pid;

	if (!p)
		return;
	write_pages(p, r->n);
	if (pipe(hold)) {
		cannot(r, strerror(errno));
		return;
	}
	pid = fork();
	if (pid == 0) {
		close(hold[1]);
		_exit(sharer ? read(hold[0], &c, 1) != 0 : 0);
	}
	if (pid < 0) {
		cannot(r, strerror(errno));
		return;
	}
	if (!sharer)
		waitpid(pid, NULL, 0);
	begin(r);
	write_pages(p, r->n);
	end(r, r->n);
	close(hold[0]);
	close(hold[1]);
	if (sharer)
		waitpid(pid, NULL, 0);
}

static void cow_copy(struct run *r)
{
	cow(r, true);
}
BENCH("copy-on-write fault (copy)", 1024, cow_copy)

static void cow_reuse(struct run *r)
{
	cow(r, false);
}
BENCH("copy-on-write fault (reuse, sole owner)", 1024, cow_reuse)

static void shared_first_write(struct run *r)
{
	char *p = mmap(NULL, r->n * page, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		cannot(r, strerror(errno));
		return;
	}
	begin(r);
	write_pages(p, r->n);
	end(r, r->n);
	munmap(p, r->n * page);
}
BENCH("shared anonymous (shmem) first write", 1024, shared_first_write)

static void dontneed(struct run *r, long pages)
{
	char *p = memory(r, pages);

	if (!p)
		return;
	write_pages(p, pages);
	begin(r);
	for (long i = 0; i < r->n; i++) {
		if (madvise(p, pages * page, MADV_DONTNEED)) {
			cannot(r, strerror(errno));
			return;
		}
		write_pages(p, pages);
	}
	end(r, r->n * pages);
}

static void dontneed_64(struct run *r)
{
	dontneed(r, 64);
}
BENCH("MADV_DONTNEED + refault, per page of 64", 30, dontneed_64)

static void dontneed_1(struct run *r)
{
	dontneed(r, 1);
}
BENCH("MADV_DONTNEED + refault, 1 page", 1000, dontneed_1)
