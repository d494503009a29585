/* SPDX-License-Identifier: MIT */
/*
 * user/bench/mapping.c - mmap, munmap, mprotect, brk, mremap, and many mappings
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define BENCH_FILE 3

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

/* ---- one mapping ---- */
static void map_touch_unmap(struct run *r)
{
	begin(r);
	for (long i = 0; i < r->n; i++) {
		volatile char *p = memory(r, 1);

		if (!p)
			return;
		*p = 1;
		munmap((void *)p, page);
	}
	end(r, r->n);
}
BENCH("mmap + touch + munmap, 1 page", 1000, map_touch_unmap)

static void map_unmap(struct run *r)
{
	size_t pages = (1 << 20) / page;

	begin(r);
	for (long i = 0; i < r->n; i++) {
		char *p = memory(r, pages);

		if (!p)
			return;
		munmap(p, pages * page);
	}
	end(r, r->n);
}
BENCH("mmap + munmap, 1 MiB untouched", 1000, map_unmap)

static void protect_split(struct run *r)
{
	char *p = memory(r, 16);

	if (!p)
		return;
	for (int i = 0; i < 16; i++)
		p[i * page] = 1;
	begin(r);
	for (long i = 0; i < r->n; i++) {
		mprotect(p + 8 * page, page, PROT_READ);
		mprotect(p + 8 * page, page, RW);
	}
	end(r, r->n);
	munmap(p, 16 * page);
}
BENCH("mprotect, split + merge (2 calls)", 1000, protect_split)

static void protect_large(struct run *r)
{
	size_t size = (size_t)64 << 20, pages = size / page;
	char *p;

	if (!enough(r, size))
		return;
	p = memory(r, pages);
	if (!p)
		return;
	for (size_t i = 0; i < pages; i++)
		p[i * page] = 1;
	begin(r);
	for (long i = 0; i < r->n; i++)
		mprotect(p, size, i & 1 ? RW : PROT_READ);
	end(r, r->n * (long)pages);
	munmap(p, size);
}
BENCH("mprotect of 64 MiB, per page", 4, protect_large)

/* ---- ten thousand mappings ---- */
#define VMAS 10000L

/* Every second page gets another protection: VMAS mappings from VMAS / 2 calls. */
static char *many(struct run *r, bool measured)
{
	char *p = memory(r, VMAS);

	if (!p)
		return NULL;
	if (measured)
		begin(r);
	for (long i = 0; i < VMAS; i += 2) {
		if (mprotect(p + i * page, page, PROT_READ)) {
			cannot(r, strerror(errno));
			return NULL;
		}
	}
	if (measured)
		end(r, VMAS / 2);
	return p;
}

static void many_split(struct run *r)
{
	char *p = many(r, true);

	if (p)
		munmap(p, VMAS * page);
}
BENCH("10,000 VMAs: split, per call", 1, many_split)

static void many_fault(struct run *r)
{
	char *p = many(r, false);
	uint32_t seed = 1;
	long *order = malloc(VMAS / 2 * sizeof(*order));

	if (!p || !order)
		return;
	for (long i = 0; i < VMAS / 2; i++)
		order[i] = 2 * i + 1;
	for (long i = VMAS / 2; i > 1; i--) {
		long j = next_random(&seed) % i, x = order[i - 1];

		order[i - 1] = order[j];
		order[j] = x;
	}
	begin(r);
	for (long i = 0; i < r->n; i++)
		*(volatile char *)(p + order[i] * page) = 1;
	end(r, r->n);
	free(order);
	munmap(p, VMAS * page);
}
BENCH("10,000 VMAs: fault at random", 2000, many_fault)

static void many_map(struct run *r)
{
	char *p = many(r, false);

	if (!p)
		return;
	begin(r);
	for (long i = 0; i < r->n; i++)
		munmap(mmap(NULL, page, PROT_NONE, ANON, -1, 0), page);
	end(r, r->n);
	munmap(p, VMAS * page);
}
BENCH("10,000 VMAs: mmap + munmap", 1000, many_map)

static void many_unmap(struct run *r)
{
	char *p = many(r, false);

	if (!p)
		return;
	begin(r);
	munmap(p, VMAS * page);
	end(r, VMAS);
}
BENCH("10,000 VMAs: munmap, per VMA", 1, many_unmap)

/* ---- brk ---- */
static char *set_brk(char *p)
{
	return (char *)syscall(SYS_brk, p);
}

static char *aligned_brk(void)
{
	char *b = set_brk(NULL);

	return set_brk((char *)(((uintptr_t)b + page - 1) & ~(page - 1)));
}

static void brk_grow(struct run *r)
{
	char *b = aligned_brk();

	begin(r);
	for (long i = 0; i < r->n; i++) {
		set_brk(b + (i + 1) * page);
		b[i * page] = 1;
	}
	end(r, r->n);
	set_brk(b);
}
BENCH("brk grow + touch", 500, brk_grow)

static void brk_shrink(struct run *r)
{
	char *b = aligned_brk();

	set_brk(b + r->n * page);
	for (long i = 0; i < r->n; i++)
		b[i * page] = 1;
	begin(r);
	for (long i = r->n; i > 0; i--)
		set_brk(b + (i - 1) * page);
	end(r, r->n);
}
BENCH("brk shrink", 500, brk_shrink)

/* ---- mremap ---- */
static void remap_move(struct run *r)
{
	char *room = mmap(NULL, 256 * page, PROT_NONE, ANON, -1, 0);
	char *p = memory(r, 64);
	void *at = room, *other = room + 128 * page;

	if (!p || room == MAP_FAILED)
		return;
	for (int i = 0; i < 64; i++)
		p[i * page] = 1;
	if (mremap(p, 64 * page, 64 * page, MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED) {
		cannot(r, strerror(errno));
		return;
	}
	munmap(other, 64 * page);
	begin(r);
	for (long i = 0; i < r->n; i++) {
		void *from = at;

		at = mremap(from, 64 * page, 64 * page, MREMAP_MAYMOVE | MREMAP_FIXED, other);
		other = from;
	}
	end(r, r->n);
	munmap(at, 64 * page);
}
BENCH("mremap move of 64 pages", 200, remap_move)

static void remap_resize(struct run *r)
{
	char *p = memory(r, 128);

	if (!p)
		return;
	munmap(p + 16 * page, 112 * page);
	begin(r);
	for (long i = 0; i < r->n; i++) {
		if (mremap(p, 16 * page, 64 * page, 0) != p) {
			cannot(r, strerror(errno));
			return;
		}
		mremap(p, 64 * page, 16 * page, 0);
	}
	end(r, r->n);
	munmap(p, 16 * page);
}
BENCH("mremap grow + shrink", 500, remap_resize)
