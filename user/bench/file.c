/* SPDX-License-Identifier: MIT */
/*
 * user/bench/file.c - cached files: mappings, pread, pwrite
 *
 * The file is written first, so every page is in the page cache; it lives in /tmp.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define BENCH_FILE 4

#define RW (PROT_READ | PROT_WRITE)
#define FILE_PAGES 1024L

static int cached_file(struct run *r)
{
	char name[] = "/tmp/benchXXXXXX", *buf = malloc(page);
	int fd = mkstemp(name);

	if (fd < 0 || !buf) {
		cannot(r, strerror(errno));
		return -1;
	}
	unlink(name);
	memset(buf, 'f', page);
	for (long i = 0; i < FILE_PAGES; i++) {
		if (write(fd, buf, page) != (ssize_t)page) {
			cannot(r, "the file did not fit");
			close(fd);
			free(buf);
			return -1;
		}
	}
	free(buf);
	return fd;
}

static char *map_file(struct run *r, int fd, int flags)
{
	char *p = fd < 0 ? MAP_FAILED : mmap(NULL, FILE_PAGES * page, RW, flags, fd, 0);

	if (p != MAP_FAILED)
		return p;
	if (!r->why)
		cannot(r, strerror(errno));
	return NULL;
}

static void read_pages(const char *p, long n)
{
	for (long i = 0; i < n; i++)
		(void)*(const volatile char *)(p + i * page);
}

/* @per_fault: divide by the faults taken, not by the pages read. */
static void map_read(struct run *r, bool per_fault)
{
	int fd = cached_file(r);
	char *p = map_file(r, fd, MAP_SHARED);
	long faults;

	if (!p)
		return;
	faults = minor_faults();
	begin(r);
	read_pages(p, FILE_PAGES);
	end(r, per_fault ? 0 : FILE_PAGES);
	if (per_fault)
		r->ops = minor_faults() - faults;
	munmap(p, FILE_PAGES * page);
	close(fd);
}

static void map_read_page(struct run *r)
{
	map_read(r, false);
}
BENCH("file mapping, sequential read, per page", 1, map_read_page)

static void map_read_fault(struct run *r)
{
	map_read(r, true);
}
BENCH("file mapping, per fault taken", 1, map_read_fault)

/*
 * Every page is in the page cache and none is mapped, so each first write is a fault. Were they read
 * first, the pages of a shared mapping would be writable already: a tmpfs keeps no account of dirt.
 */
static void map_write(struct run *r, int flags)
{
	int fd = cached_file(r);
	char *p = map_file(r, fd, flags);

	if (!p)
		return;
	begin(r);
	for (long i = 0; i < r->n; i++)
		*(volatile char *)(p + i * page) = 1;
	end(r, r->n);
	munmap(p, FILE_PAGES * page);
	close(fd);
}

static void map_write_private(struct run *r)
{
	map_write(r, MAP_PRIVATE);
}
BENCH("file private mapping, first write", FILE_PAGES, map_write_private)

static void map_write_shared(struct run *r)
{
	map_write(r, MAP_SHARED);
}
BENCH("file shared mapping, first write", FILE_PAGES, map_write_shared)

/* ---- calls ---- */
static void pread_loop(struct run *r, size_t size)
{
	static char buf[4096];
	int fd = cached_file(r);

	if (fd < 0)
		return;
	begin(r);
	for (long i = 0; i < r->n; i++) {
		if (pread(fd, buf, size, (i % FILE_PAGES) * page) != (ssize_t)size) {
			cannot(r, "short read");
			break;
		}
	}
	end(r, r->n);
	close(fd);
}

static void pread_page(struct run *r)
{
	pread_loop(r, 4096);
}
BENCH("pread 4 KiB, cached", 2000, pread_page)

static void pread_byte(struct run *r)
{
	pread_loop(r, 1);
}
BENCH("pread 1 byte, cached", 5000, pread_byte)

static void pwrite_page(struct run *r)
{
	static char buf[4096];
	int fd = cached_file(r);

	if (fd < 0)
		return;
	begin(r);
	for (long i = 0; i < r->n; i++) {
		if (pwrite(fd, buf, sizeof(buf), (i % FILE_PAGES) * page) != (ssize_t)sizeof(buf)) {
			cannot(r, "short write");
			break;
		}
	}
	end(r, r->n);
	close(fd);
}
BENCH("pwrite 4 KiB, cached", 2000, pwrite_page)
