/* SPDX-License-Identifier: MIT */
/*
 * tests/user/vma_bomb_test.c - a program that makes mappings until it may have no more
 *
 * THE QUESTION   What does a process with max_map_count mappings see, and can it find its way back?
 *
 * THE PICTURE    place: |x| |x| |x| ...      x by mmap over it, by mprotect of it, by mremap to it
 *                three: |   |3|   |          would have to be split: refused, and as it was; used, forked: works
 *                munmap(place): all is as before
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "utest.h"

#define MAX_MAP_COUNT	"/proc/sys/vm/max_map_count"
#define SLACK		16		/* some calls keep a few mappings back */

struct bomb {
	int (*add)(char *where, int i);	/* one or two mappings more, in the two pages at @where; 0, or -1 and errno */
	long limit;
	char *place;
};

static int add_by_mmap(char *where, int i)
{
	return mmap(where, page, i & 1 ? PROT_READ : RW, ANON | MAP_FIXED, -1, 0) == MAP_FAILED ? -1 : 0;
}

static int add_by_mprotect(char *where, int i)
{
	(void)i;
	return mprotect(where, page, RW);
}

/* The same page of shared memory once more. */
static int add_by_mremap(char *where, int i)
{
	static char *shared;

	if (!shared)
		shared = map(page, RW, SHARED_ANON, -1);
	(void)i;
	return mremap(shared, 0, page, MREMAP_MAYMOVE | MREMAP_FIXED, where) == MAP_FAILED ? -1 : 0;
}

static int count_mappings(void)
{
	return maps_count(NULL, SIZE_MAX);
}

static void do_nothing(void *arg)
{
	(void)arg;
}

/* Whatever needs one more mapping fails; whatever does not, works. */
static void check_full(char *three)
{
	CHECK_ERR(munmap(three + page, page), ENOMEM);
	CHECK_ERR(mprotect(three + page, page, PROT_NONE), ENOMEM);
	CHECK_EQ(three[page], 3);
	CHECK_EQ(probe_write(three + page).sig, 0);
	CHECK_OK(madvise(three + page, page, MADV_DONTNEED));
	CHECK_EQ(three[page], 0);
	CHECK_EXIT(in_child(do_nothing, NULL), 0);
}

/* Fill what mmap alone may still take. */
static void fill_up(char *place, int n)
{
	for (int i = 0; i < 4 * SLACK; i++)
		if (add_by_mmap(place + (n + 2 * i) * page, 1))
			break;
	CHECK_EQ(errno, ENOMEM);
}

static void explode(void *arg)
{
	struct bomb *b = arg;
	size_t size = 2 * (size_t)(b->limit + 4 * SLACK) * page;
	char *three = map(5 * page, PROT_NONE, ANON, -1) + page, *place = map(size, PROT_NONE, ANON, -1);
	int n = 0;

	CHECK(count_mappings() > 0);	/* the buffer for it is there from now on */
	CHECK_OK(mprotect(three, 3 * page, RW));
	three[page] = 3;
	while (n <= b->limit && !b->add(place + 2 * n * page, n))
		n++;
	CHECK_EQ(errno, ENOMEM);
	if (labs(count_mappings() - b->limit) > SLACK)
		FAIL("%d mappings, after %d calls", count_mappings(), n);
	fill_up(place, 2 * n);
	check_full(three);
	CHECK_OK(munmap(place, size));
	CHECK(count_mappings() < SLACK * 4);
	CHECK_OK(munmap(three + page, page));
	CHECK_EXIT(in_child(do_nothing, NULL), 0);
}

/* 65530 mappings are some 15 MiB of kernel memory: too much for the smallest machines. */
static void throw_bomb(int (*add)(char *, int))
{
	struct bomb b = { .add = add, .limit = read_number(MAX_MAP_COUNT, "") };
	long old = b.limit;
	struct sysinfo si;
	char text[32];
	int st;

	need_proc();
	CHECK_OK(sysinfo(&si));
	if ((uint64_t)si.freeram * si.mem_unit < 128 << 20) {
		need_root();
		b.limit = 3000;
	}
	snprintf(text, sizeof(text), "%ld", b.limit);
	if (b.limit != old)
		CHECK_OK(write_text(MAX_MAP_COUNT, text));
	st = in_child(explode, &b);
	snprintf(text, sizeof(text), "%ld", old);
	if (b.limit != old)
		CHECK_OK(write_text(MAX_MAP_COUNT, text));
	CHECK_EXIT(st, 0);
}

TEST(vma_bomb_of_mmaps_ends_at_max_map_count)
{
	throw_bomb(add_by_mmap);
}

TEST(vma_bomb_of_mprotects_ends_at_max_map_count)
{
	throw_bomb(add_by_mprotect);
}

TEST(vma_bomb_of_mremaps_ends_at_max_map_count)
{
	throw_bomb(add_by_mremap);
}
