/* SPDX-License-Identifier: MIT */
/*
 * tests/host/memblock_test.c - boot-time ranges against two maps of half pages
 *
 * memblock's lists are static and only grow from empty, so each test undoes what it did; random
 * ranges have borders in the middle of pages, because firmware's do.
 */
#include "lib_hooks.h"
#include "arch/host.h"
#include <mm/memblock.h>

#define PAGES	1024U
#define WINDOW	BANK1_START		/* RAM that is really there, for what memblock_alloc() clears */

static bool ram[PAGES], reserved[PAGES];

static void forget_all(void)
{
	memblock_remove(0, ~0UL & PAGE_MASK);
	memset(ram, 0, sizeof(ram));
}

/* Mark whole pages of [start, end) bytes of the window, rounded inwards or outwards. */
static void mark(bool *map, u64 start, u64 end, bool outwards, bool value)
{
	u64 first = outwards ? start / PAGE_SIZE : (start + PAGE_SIZE - 1) / PAGE_SIZE;
	u64 last = outwards ? (end + PAGE_SIZE - 1) / PAGE_SIZE : end / PAGE_SIZE;

	for (u64 i = first; start < end && i < last && i < PAGES; i++)
		map[i] = value;
}

static void compare(void)
{
	unsigned int i = 0, page = 0, n = 0;
	paddr_t start, end, last_end = 0;
	u64 total = 0;

	while (memblock_next_memory(&i, &start, &end)) {
		assert_true(start < end && (start > last_end || !last_end));
		last_end = end;
	}
	for (i = 0; memblock_next_free(&i, &start, &end); n++) {
		assert_true(start < end);
		for (; page < (start - WINDOW) / PAGE_SIZE; page++)
			assert_true(!ram[page] || reserved[page]);
		for (; page < (end - WINDOW) / PAGE_SIZE; page++)
			assert_true(ram[page] && !reserved[page]);
	}
	for (; page < PAGES; page++)
		assert_true(!ram[page] || reserved[page]);
	for (page = 0; page < PAGES; page++) {
		total += ram[page] ? PAGE_SIZE : 0;
		assert_int_equal(memblock_is_reserved(WINDOW + page * PAGE_SIZE),
				 !ram[page] || reserved[page]);
	}
	assert_int_equal(memblock_total(), total);
}

static void random_overlapping_ranges_give_the_union(void **state)
{
	unsigned long rounds = os_getenv("STEPS", 40);

	test_seed();
	for (unsigned long r = 0; r < rounds; r++) {
		for (unsigned int i = 0; i < 60; i++) {
			u64 start = test_random(PAGES * PAGE_SIZE);
			u64 end = min((u64)(PAGES * PAGE_SIZE),
				      start + test_random(test_random(2) ? 9000 : 200000));

			if (test_random(3)) {
				memblock_add(WINDOW + start, end - start);
				mark(ram, start, end, false, true);
			} else {
				memblock_remove(WINDOW + start, end - start);
				mark(ram, start, end, start < end, false);
			}
		}
		compare();
		forget_all();
	}
}

static void huge_and_wrapping_ranges_are_clipped(void **state)
{
	memblock_add(0x1000, ~0UL);
	assert_int_equal(memblock_end_of_ram(), MAX_PHYSMEM);
	assert_int_equal(memblock_start_of_ram(), 0x1000);
	forget_all();
	memblock_add(MAX_PHYSMEM + PAGE_SIZE, 1UL << 30);
	assert_int_equal(memblock_total(), 0);
	memblock_add(0x5001, 0xffe);		/* less than a page, across no whole one */
	memblock_add(0x7800, 0x1000);
	memblock_add(0x9000, 0);
	assert_int_equal(memblock_total(), 0);
}

static void limit_forgets_the_highest_ram_first(void **state)
{
	memblock_add(WINDOW, 64 * PAGE_SIZE);
	memblock_add(WINDOW + 128 * PAGE_SIZE, 64 * PAGE_SIZE);
	memblock_limit(80 * PAGE_SIZE + 5);
	assert_int_equal(memblock_total(), 80 * PAGE_SIZE);
	assert_int_equal(memblock_end_of_ram(), WINDOW + 144 * PAGE_SIZE);
	memblock_limit(64 * PAGE_SIZE);
	assert_int_equal(memblock_end_of_ram(), WINDOW + 64 * PAGE_SIZE);
	forget_all();
}

static void take_too_much(void *arg)
{
	memblock_alloc(1UL << 40, PAGE_SIZE);
}

/* Runs last: reservations stay. */
static void allocations_are_free_aligned_cleared_ram_below_the_limit(void **state)
{
	memblock_add(WINDOW, PAGES * PAGE_SIZE);
	mark(ram, 0, PAGES * PAGE_SIZE, false, true);
	memblock_reserve(WINDOW + 100 * PAGE_SIZE + 7, 3 * PAGE_SIZE);
	mark(reserved, 100 * PAGE_SIZE + 7, 103 * PAGE_SIZE + 7, true, true);
	memset(phys_to_virt(WINDOW), 0xee, PAGES * PAGE_SIZE);
	memblock_set_max(WINDOW + 800 * PAGE_SIZE);
	for (unsigned int i = 0; i < 60; i++) {
		u64 align = 1UL << test_random(16), size = 1 + test_random(6 * PAGE_SIZE);
		paddr_t pa = memblock_alloc(size, align);

		assert_int_equal(pa & (max(align, (u64)PAGE_SIZE) - 1), 0);
		assert_true(pa + size <= WINDOW + 800 * PAGE_SIZE);
		for (paddr_t p = pa; p < pa + size; p += PAGE_SIZE) {
			unsigned int page = (unsigned int)((p - WINDOW) / PAGE_SIZE);

			assert_true(ram[page] && !reserved[page]);
			reserved[page] = true;
		}
		for (u64 k = 0; k < size; k++)
			assert_int_equal(((u8 *)phys_to_virt(pa))[k], 0);
	}
	compare();
	assert_true(host_panics(take_too_much, NULL, "not enough memory to boot"));
	memblock_reserve(~0UL - 5, 100);
	compare();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_overlapping_ranges_give_the_union),
		cmocka_unit_test(huge_and_wrapping_ranges_are_clipped),
		cmocka_unit_test(limit_forgets_the_highest_ram_first),
		cmocka_unit_test(allocations_are_free_aligned_cleared_ram_below_the_limit),
	};

	host_machine();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
