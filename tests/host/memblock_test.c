/* SPDX-License-Identifier: MIT */
/*
 * tests/host/memblock_test.c - boot-time ranges against maps of pages
 *
 * memblock.c is part of this file, so that each round starts from empty lists. Random ranges have
 * borders in the middle of pages, because firmware's do; a second model has borders at the places
 * where numbers wrap.
 */
#include "lib_hooks.h"
#include <time.h>
#include "arch/host.h"
#include "../../mm/memblock.c"

#define PAGES	1024U
#define WINDOW	BANK1_START		/* RAM that is really there, for what memblock_alloc() clears */

static bool ram[PAGES], taken[PAGES];
static unsigned int max_page = PAGES;	/* allocations end below */

static void forget_all(void)
{
	memory.n = reserved.n = 0;
	memset(ram, 0, sizeof(ram));
	memset(taken, 0, sizeof(taken));
}

/* Mark whole pages of [start, end) bytes of the window, rounded inwards or outwards. */
static void mark(bool *map, u64 start, u64 end, bool out, bool value)
{
	u64 first = out ? start / PAGE_SIZE : (start + PAGE_SIZE - 1) / PAGE_SIZE;
	u64 last = out ? (end + PAGE_SIZE - 1) / PAGE_SIZE : end / PAGE_SIZE;

	for (u64 i = first; start < end && i < last && i < PAGES; i++)
		map[i] = value;
}

/* M1 and M2. */
static void assert_list(const struct range_list *l)
{
	assert_true(l->n <= MAX_RANGES);
	for (unsigned int i = 0; i < l->n; i++) {
		assert_true(l->r[i].start < l->r[i].end);
		assert_true(IS_ALIGNED(l->r[i].start | l->r[i].end, PAGE_SIZE));
		if (i)
			assert_true(l->r[i - 1].end < l->r[i].start);
	}
}

static void compare(void)
{
	unsigned int i = 0, page = 0;
	paddr_t start, end, from = 0;
	u64 total = 0;

	assert_list(&memory);
	assert_list(&reserved);
	while (memblock_next_memory(&i, &start, &end))
		total += end - start;
	while (memblock_next_free(&from, &start, &end)) {
		assert_true(start < end);
		for (; page < (start - WINDOW) / PAGE_SIZE; page++)
			assert_true(!ram[page] || taken[page]);
		for (; page < (end - WINDOW) / PAGE_SIZE; page++)
			assert_true(ram[page] && !taken[page]);
	}
	for (; page < PAGES; page++)
		assert_true(!ram[page] || taken[page]);
	for (page = 0; page < PAGES; page++) {
		total -= ram[page] ? PAGE_SIZE : 0;
		assert_int_equal(memblock_is_reserved(WINDOW + page * PAGE_SIZE),
				 !ram[page] || taken[page]);
	}
	assert_int_equal(total, 0);
}

/* ---- random operations ---- */

/* The first page of the lowest free run of @n that begins at a multiple of @align pages. */
static unsigned int naive_first_fit(unsigned int n, unsigned int align)
{
	unsigned int run = 0;

	for (unsigned int i = 0; i < max_page; i++) {
		bool aligned = IS_ALIGNED((WINDOW >> PAGE_SHIFT) + i, align);

		if (!ram[i] || taken[i])
			run = 0;
		else if (run || aligned)
			run++;
		if (run == n)
			return i + 1 - n;
	}
	return PAGES;
}

static void alloc_block(void *size)
{
	memblock_alloc(*(u64 *)size, 1);
}

static void alloc_step(void)
{
	u64 size = 1 + test_random(6 * PAGE_SIZE), align = 1UL << test_random(16);
	unsigned int n = (unsigned int)DIV_ROUND_UP(size, PAGE_SIZE);
	unsigned int page = naive_first_fit(n, (unsigned int)DIV_ROUND_UP(align, PAGE_SIZE));

	if (page == PAGES) {
		if (naive_first_fit(n, 1) == PAGES)
			assert_true(host_panics(alloc_block, &size, "not enough memory to boot"));
		return;
	}
	*(u64 *)phys_to_virt(WINDOW + page * PAGE_SIZE) = ~0UL;
	assert_int_equal(memblock_alloc(size, align), WINDOW + page * PAGE_SIZE);
	assert_int_equal(*(u64 *)phys_to_virt(WINDOW + page * PAGE_SIZE), 0);
	mark(taken, page * PAGE_SIZE, page * PAGE_SIZE + size, true, true);
}

static void limit_step(void)
{
	u64 keep = test_random(PAGES * PAGE_SIZE);

	memblock_limit(keep);
	keep /= PAGE_SIZE;
	for (unsigned int i = 0; i < PAGES; i++) {
		if (ram[i] && keep)
			keep--;
		else
			ram[i] = false;
	}
}

static void one_step(void)
{
	u64 start = test_random(PAGES * PAGE_SIZE);
	u64 end = min((u64)(PAGES * PAGE_SIZE),
		      start + test_random(test_random(2) ? 9000 : 200000));

	switch (test_random(12)) {
	case 0:
	case 1:
		memblock_remove(WINDOW + start, end - start);
		mark(ram, start, end, true, false);
		break;
	case 2:
		memblock_reserve(WINDOW + start, end - start);
		mark(taken, start, end, true, true);
		break;
	case 3:
		alloc_step();
		break;
	case 4:
		if (test_random(16) == 0)
			limit_step();
		break;
	default:
		memblock_add(WINDOW + start, end - start);
		mark(ram, start, end, false, true);
		break;
	}
}

static void random_overlapping_ranges_give_the_union(void **state)
{
	unsigned long steps = test_steps(6000);

	test_seed();
	for (unsigned long i = 0; i < steps; i++) {
		unsigned int page = (unsigned int)test_random(PAGES);

		if (i % 128 == 0) {
			forget_all();
			max_page = 1 + (unsigned int)test_random(PAGES);
			memblock_set_max(WINDOW + max_page * PAGE_SIZE);
		}
		one_step();
		assert_int_equal(memblock_is_reserved(WINDOW + page * PAGE_SIZE),
				 !ram[page] || taken[page]);
		if (test_look(i, 128))
			compare();
	}
	memblock_set_max(~0UL);
	forget_all();
}

/* ---- where numbers wrap ---- */

/* Whole pages on both sides of each border; the last stretch ends with the last byte there is. */
static const u64 border[] = {
	0, PAGE_SIZE, 2 * PAGE_SIZE, 1UL << 32, (1UL << 32) + PAGE_SIZE, MAX_PHYSMEM - PAGE_SIZE,
	MAX_PHYSMEM, MAX_PHYSMEM + PAGE_SIZE, 1UL << 63, -2 * PAGE_SIZE, -1 * PAGE_SIZE,
};

/* Is the stretch that begins at border @i wholly (@out: at all) in [base, base+size)? */
static bool covers(u64 base, u64 size, unsigned int i, bool out)
{
	unsigned __int128 end = (unsigned __int128)base + size;
	unsigned __int128 stretch_end = i + 1 < ARRAY_SIZE(border) ? (unsigned __int128)border[i + 1]
								   : (unsigned __int128)1 << 64;

	return out ? size && base < stretch_end && end > border[i]
		   : base <= border[i] && end >= stretch_end;
}

/* An address at a border or a little beside it, on either side. */
static u64 odd_address(void)
{
	static const s64 beside[] = { 0, 0, -1, 1, -4095, 4095 };

	return border[test_random(ARRAY_SIZE(border))] + (u64)beside[test_random(ARRAY_SIZE(beside))];
}

static void ranges_at_every_edge_of_the_address_space_are_clipped(void **state)
{
	unsigned long steps = test_steps(20000);
	bool is_ram[ARRAY_SIZE(border)], is_taken[ARRAY_SIZE(border)];

	test_seed();
	for (unsigned long step = 0; step < steps; step++) {
		u64 base = odd_address(), size = test_random(4) ? odd_address() - base : odd_address();
		u64 what = test_random(4);

		if (step % 16 == 0) {
			forget_all();
			memset(is_ram, 0, sizeof(is_ram));
			memset(is_taken, 0, sizeof(is_taken));
		}
		if (what == 0)
			memblock_remove(base, size);
		else if (what == 1)
			memblock_reserve(base, size);
		else
			memblock_add(base, size);
		for (unsigned int i = 0; i < ARRAY_SIZE(border); i++) {
			is_ram[i] |= what > 1 && border[i] < MAX_PHYSMEM && covers(base, size, i, false);
			is_ram[i] &= what != 0 || !covers(base, size, i, true);
			is_taken[i] |= what == 1 && covers(base, size, i, true);
			/* Stretches of several pages are taken in part only: their first page tells. */
			if (border[i] < MAX_PHYSMEM && is_ram[i])
				assert_true(is_taken[i] || !memblock_is_reserved(border[i]));
			if (!is_ram[i] && i != 2 && i != 4)
				assert_true(memblock_is_reserved(border[i]));
		}
		assert_list(&memory);
		assert_list(&reserved);
	}
	forget_all();
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
	assert_int_equal(memblock_start_of_ram() | memblock_end_of_ram(), 0);
}

static void ram_in_the_last_page_of_the_address_space_adds_nothing(void **state)
{
	memblock_add(~0UL - 5, 3);
	memblock_add(~0UL - 5, 100);
	memblock_add(~0UL, ~0UL);
	assert_int_equal(memblock_total(), 0);
}

static void reservation_up_to_the_last_page_of_the_address_space_holds(void **state)
{
	memblock_add(0, 8 * PAGE_SIZE);
	memblock_reserve(2 * PAGE_SIZE, ~0UL - 2 * PAGE_SIZE - 5);
	assert_false(memblock_is_reserved(PAGE_SIZE));
	assert_true(memblock_is_reserved(2 * PAGE_SIZE));
	assert_true(memblock_is_reserved(7 * PAGE_SIZE));
	forget_all();
}

static void empty_ranges_change_nothing(void **state)
{
	memblock_add(0, 8 * PAGE_SIZE);
	memblock_reserve(PAGE_SIZE + 5, 0);
	memblock_remove(PAGE_SIZE + 5, 0);
	assert_int_equal(memblock_total(), 8 * PAGE_SIZE);
	assert_false(memblock_is_reserved(PAGE_SIZE));
	forget_all();
}

/* ---- more ranges than there are places ---- */

static void too_many_memory_ranges_forget_the_smallest(void **state)
{
	unsigned int spare = 4;

	/* Ranges of 2 pages, every 8th of 1 page: those go first. */
	for (unsigned int i = 0; i < MAX_RANGES - 1 + spare; i++)
		memblock_add(WINDOW + i * 16 * PAGE_SIZE, (i % 8 ? 2 : 1) * PAGE_SIZE);
	assert_list(&memory);
	assert_true(memory.n >= MAX_RANGES - 1);
	assert_true(memblock_is_reserved(WINDOW));
	assert_false(memblock_is_reserved(WINDOW + 16 * PAGE_SIZE));
	assert_false(memblock_is_reserved(memblock_end_of_ram() - PAGE_SIZE));
	forget_all();
}

static void too_many_reservations_keep_everything_reserved(void **state)
{
	memblock_add(WINDOW, 1UL << 40);
	for (unsigned int i = 0; i < 2 * MAX_RANGES; i++)
		memblock_reserve(WINDOW + (u64)i * i * PAGE_SIZE, PAGE_SIZE);
	assert_list(&reserved);
	for (unsigned int i = 0; i < 2 * MAX_RANGES; i++)
		assert_true(memblock_is_reserved(WINDOW + (u64)i * i * PAGE_SIZE));
	assert_false(memblock_is_reserved(WINDOW + (4UL * MAX_RANGES * MAX_RANGES + 1) * PAGE_SIZE));
	forget_all();
}

static void too_many_reservations_join_the_closest_two(void **state)
{
	const u64 end = 16UL * MAX_RANGES;

	/* 16 pages apart, but for the last one: only the gap before it is swallowed. */
	memblock_add(WINDOW, 1UL << 40);
	for (unsigned int i = 0; i < MAX_RANGES - 1; i++)
		memblock_reserve(WINDOW + i * 16 * PAGE_SIZE, PAGE_SIZE);
	memblock_reserve(WINDOW + (end - 16 - 13) * PAGE_SIZE, PAGE_SIZE);
	memblock_reserve(WINDOW + end * PAGE_SIZE, PAGE_SIZE);
	assert_list(&reserved);
	assert_true(memblock_is_reserved(WINDOW + (end - 16 - 14) * PAGE_SIZE));
	assert_false(memblock_is_reserved(WINDOW + PAGE_SIZE));
	assert_false(memblock_is_reserved(WINDOW + (end - 1) * PAGE_SIZE));
	forget_all();
}

static void full_list_takes_a_removal_that_splits_a_range(void **state)
{
	for (unsigned int i = 0; i < MAX_RANGES - 1; i++)
		memblock_add(WINDOW + i * 16 * PAGE_SIZE, 8 * PAGE_SIZE);
	memblock_remove(WINDOW + 2 * PAGE_SIZE, PAGE_SIZE);
	memblock_remove(WINDOW + (16 + 2) * PAGE_SIZE, PAGE_SIZE);
	assert_list(&memory);
	assert_true(memblock_is_reserved(WINDOW + 2 * PAGE_SIZE));
	assert_true(memblock_is_reserved(WINDOW + (16 + 2) * PAGE_SIZE));
	assert_false(memblock_is_reserved(WINDOW + (16 + 7) * PAGE_SIZE));
	forget_all();
}

/* A walk that began anew for each range would take a thousand times as long: a thousand million steps. */
static void walk_over_a_thousand_free_ranges_takes_no_time(void **state)
{
	const unsigned int n = MAX_RANGES - 1;
	paddr_t start, end, from = 0;
	clock_t begin;

	for (unsigned int i = 0; i < n; i++) {
		memblock_add(WINDOW + i * 16 * PAGE_SIZE, 8 * PAGE_SIZE);
		memblock_reserve(WINDOW + (i * 16 + 3) * PAGE_SIZE, PAGE_SIZE);
	}
	begin = clock();
	for (unsigned int i = 0; i < 2 * n; i++) {
		assert_true(memblock_next_free(&from, &start, &end));
		assert_int_equal(start, WINDOW + (i / 2 * 16 + (i % 2 ? 4 : 0)) * PAGE_SIZE);
		assert_int_equal(end - start, (i % 2 ? 4 : 3) * PAGE_SIZE);
	}
	assert_false(memblock_next_free(&from, &start, &end));
	assert_true(clock() - begin < CLOCKS_PER_SEC);
	from = WINDOW + 17 * PAGE_SIZE;			/* begins in the middle, of a range too */
	assert_true(memblock_next_free(&from, &start, &end));
	assert_int_equal(start, WINDOW + 17 * PAGE_SIZE);
	assert_int_equal(end, WINDOW + 19 * PAGE_SIZE);
	forget_all();
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
	memblock_limit(0);
	assert_int_equal(memblock_end_of_ram(), 0);
	forget_all();
}

static void take_too_much(void *arg)
{
	memblock_alloc(*(u64 *)arg, PAGE_SIZE);
}

static void allocations_are_free_aligned_cleared_ram_below_the_limit(void **state)
{
	static const u64 absurd[] = { 1UL << 40, ~0UL, ~0UL - PAGE_SIZE, 1UL << 63 };

	memblock_add(WINDOW, PAGES * PAGE_SIZE);
	mark(ram, 0, PAGES * PAGE_SIZE, false, true);
	memblock_reserve(WINDOW + 100 * PAGE_SIZE + 7, 3 * PAGE_SIZE);
	mark(taken, 100 * PAGE_SIZE + 7, 103 * PAGE_SIZE + 7, true, true);
	memset(phys_to_virt(WINDOW), 0xee, PAGES * PAGE_SIZE);
	memblock_set_max(WINDOW + 800 * PAGE_SIZE);
	for (unsigned int i = 0; i < 60; i++) {
		u64 align = 1UL << test_random(16), size = 1 + test_random(6 * PAGE_SIZE);
		paddr_t pa = memblock_alloc(size, align);

		assert_int_equal(pa & (max(align, (u64)PAGE_SIZE) - 1), 0);
		assert_true(pa + size <= WINDOW + 800 * PAGE_SIZE);
		for (paddr_t p = pa; p < pa + size; p += PAGE_SIZE) {
			unsigned int page = (unsigned int)((p - WINDOW) / PAGE_SIZE);

			assert_true(ram[page] && !taken[page]);
			taken[page] = true;
		}
		for (u64 k = 0; k < size; k++)
			assert_int_equal(((u8 *)phys_to_virt(pa))[k], 0);
	}
	compare();
	for (unsigned int i = 0; i < ARRAY_SIZE(absurd); i++)
		assert_true(host_panics(take_too_much, (void *)&absurd[i], "not enough memory to boot"));
	memblock_set_max(~0UL);
	compare();
	memblock_print();
	forget_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_overlapping_ranges_give_the_union),
		cmocka_unit_test(ranges_at_every_edge_of_the_address_space_are_clipped),
		cmocka_unit_test(huge_and_wrapping_ranges_are_clipped),
		cmocka_unit_test(ram_in_the_last_page_of_the_address_space_adds_nothing),
		cmocka_unit_test(reservation_up_to_the_last_page_of_the_address_space_holds),
		cmocka_unit_test(empty_ranges_change_nothing),
		cmocka_unit_test(too_many_memory_ranges_forget_the_smallest),
		cmocka_unit_test(too_many_reservations_keep_everything_reserved),
		cmocka_unit_test(too_many_reservations_join_the_closest_two),
		cmocka_unit_test(full_list_takes_a_removal_that_splits_a_range),
		cmocka_unit_test(walk_over_a_thousand_free_ranges_takes_no_time),
		cmocka_unit_test(limit_forgets_the_highest_ram_first),
		cmocka_unit_test(allocations_are_free_aligned_cleared_ram_below_the_limit),
	};

	host_machine();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
