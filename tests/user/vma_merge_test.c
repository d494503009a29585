/* SPDX-License-Identifier: MIT */
/*
 * tests/user/vma_merge_test.c - which neighbours are one line of /proc/self/maps, and which stay apart
 *
 * Equal neighbours become one unless both have anonymous pages of different families, or fork copied one.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "utest.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define RWX (RW | PROT_EXEC)

/* area - where nothing else is: 64 pages without access that merge with nobody */
static char *area(void)
{
	need_proc();
	return map(64 * page, PROT_NONE, ANON | MAP_NORESERVE, -1);
}

static void put(char *p, size_t pages, int prot)
{
	CHECK(mmap(p, pages * page, prot, ANON | MAP_FIXED, -1, 0) == p);
}

TEST(merge_new_mapping_joins_both_neighbours)
{
	char *a = area();

	put(a + 2 * page, 2, RW);
	put(a + 6 * page, 2, RW);
	a[2 * page] = 1;
	CHECK_EQ(maps_count(a + 2 * page, 6 * page), 3);
	put(a + 4 * page, 2, RW);
	CHECK_EQ(maps_count(a + 2 * page, 6 * page), 1);
}

TEST(merge_takes_the_lower_of_two_neighbours_that_exclude_each_other)
{
	char *a = area();

	put(a, 2, RW);
	put(a + 4 * page, 2, RW);
	a[0] = a[4 * page] = 1;
	put(a + 2 * page, 2, RW);
	CHECK_EQ(maps_count(a, 4 * page), 1);
	CHECK_EQ(maps_count(a, 6 * page), 2);
}

TEST(merge_by_mprotect_takes_the_lower_of_two_neighbours_that_exclude_each_other)
{
	char *a = area();

	put(a, 2, RW);
	put(a + 4 * page, 2, RW);
	a[0] = a[4 * page] = 1;
	put(a + 2 * page, 2, RWX);
	CHECK_EQ(maps_count(a, 6 * page), 3);
	CHECK_OK(mprotect(a + 2 * page, 2 * page, RW));
	CHECK_EQ(maps_count(a, 4 * page), 1);
	CHECK_EQ(maps_count(a, 6 * page), 2);
}

TEST(merge_neighbours_written_with_different_rights_may_join_later)
{
	char *a = area();

	put(a, 2, RW);
	put(a + 2 * page, 2, RWX);
	a[0] = a[2 * page] = 1;
	CHECK_OK(mprotect(a + 2 * page, 2 * page, RW));
	CHECK_EQ(maps_count(a, 4 * page), 1);
}

TEST(merge_of_written_memory_with_untouched_below_and_above)
{
	char *a = area();

	put(a, 2, RW);
	put(a + 2 * page, 2, RWX);
	put(a + 4 * page, 2, RW);
	a[2 * page] = 1;
	CHECK_OK(mprotect(a + 2 * page, 2 * page, RW));
	CHECK_EQ(maps_count(a, 6 * page), 1);
}

TEST(merge_moves_a_border_to_the_page_that_changed)
{
	char *a = area();

	put(a, 4, RW);
	put(a + 4 * page, 4, PROT_READ | PROT_EXEC);
	a[0] = a[3 * page] = 1;
	CHECK_OK(mprotect(a + 4 * page, 4 * page, RWX));
	CHECK_OK(mprotect(a + 3 * page, page, RWX));
	CHECK_EQ(maps_count(a, 3 * page), 1);
	CHECK_EQ(maps_count(a, 8 * page), 2);
	CHECK_EQ(maps_count(a + 3 * page, 5 * page), 1);
	CHECK_OK(mprotect(a + 3 * page, 2 * page, RW));
	CHECK_EQ(maps_count(a, 5 * page), 1);
	CHECK_EQ(a[3 * page], 1);
	a[4 * page] = 2;
	CHECK_EQ(probe_call((void (*)(void))(a + 4 * page)).sig, SIGSEGV);
}

static void add_above(void *arg)
{
	char *a = arg;

	put(a + 2 * page, 2, RW);
	_exit(maps_count(a, 4 * page));
}

TEST(merge_forked_memory_stays_apart_from_new_memory)
{
	char *a = area();

	put(a, 2, RW);
	a[0] = 1;
	CHECK_EXIT(in_child(add_above, a), 2);
	put(a + 2 * page, 2, RW);
	CHECK_EQ(maps_count(a, 4 * page), 1);
}

TEST(merge_untouched_memory_joins_in_the_child_too)
{
	char *a = area();

	put(a, 2, RW);
	CHECK_EXIT(in_child(add_above, a), 1);
}

TEST(merge_moved_memory_joins_again_at_its_old_place)
{
	char *a = area(), *away = area();

	put(a, 4, RW);
	a[0] = a[2 * page] = 1;
	CHECK(mremap(a + 2 * page, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, away) == away);
	CHECK_EQ(maps_count(a, 4 * page), 1);
	CHECK(mremap(away, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, a + 2 * page) == a + 2 * page);
	CHECK_EQ(maps_count(a, 4 * page), 1);
	CHECK_EQ(a[2 * page], 1);
}

/* Its anonymous pages, and with them its family, have gone. */
TEST(merge_mapping_emptied_by_mremap_joins_as_if_new)
{
	char *a = area(), *away = area();

	put(a, 2, RW);
	a[0] = 1;
	put(a + 4 * page, 2, RW);
	a[4 * page] = 2;
	put(a + 2 * page, 2, RWX);
	CHECK_OK(mprotect(a, 2 * page, RWX));
	CHECK_OK(mprotect(a + 4 * page, 2 * page, RWX));
	CHECK_EQ(maps_count(a, 6 * page), 2);
	CHECK(mremap(a + 4 * page, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, away) == away);
	CHECK_OK(mprotect(a + 4 * page, 2 * page, RW));
	CHECK_OK(mprotect(a + 4 * page, 2 * page, RWX));
	CHECK_EQ(maps_count(a, 6 * page), 1);
	CHECK_EQ(a[4 * page], 0);
	CHECK_EQ(away[0], 2);
}

/* libc passes a wish on only with MREMAP_FIXED. */
TEST(mremap_dontunmap_refuses_a_wish_that_overlaps_the_old_place)
{
	const int flags = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
	char *a = area();

	put(a, 4, RW);
	CHECK_ERR(syscall(SYS_mremap, a, 4 * page, 4 * page, flags, a + page), EINVAL);
	CHECK_ERR(syscall(SYS_mremap, a, 4 * page, 4 * page, flags, a), EINVAL);
}

TEST(mremap_of_length_zero_onto_itself_finds_nothing_any_more)
{
	char *a = area();

	CHECK(mmap(a, 2 * page, RW, SHARED_ANON | MAP_FIXED, -1, 0) == a);
	CHECK_ERR(mremap(a, 0, page, MREMAP_MAYMOVE | MREMAP_FIXED, a), EFAULT);
	CHECK_EQ(maps_count(a, page), 0);
	CHECK_EQ(maps_count(a, 2 * page), 1);
	CHECK_ERR(mremap(a + page, 0, page, MREMAP_MAYMOVE | MREMAP_FIXED, a + page), EFAULT);
	CHECK_EQ(maps_count(a, 2 * page), 0);
}

TEST(brk_stays_when_the_heap_was_unmapped_by_other_means)
{
	long old = syscall(SYS_brk, 0), start = (old + (long)page - 1) & -(long)page, end = start + 4 * (long)page;

	CHECK_EQ(syscall(SYS_brk, end), end);
	CHECK_OK(munmap((void *)start, 4 * page));
	CHECK_EQ(syscall(SYS_brk, start + (long)page), end);
	CHECK_EQ(syscall(SYS_brk, end + (long)page), end + (long)page);
	CHECK_EQ(syscall(SYS_brk, end), end);
}
