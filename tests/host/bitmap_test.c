/* SPDX-License-Identifier: MIT */
/* tests/host/bitmap_test.c - bit searches against a look at every bit */
#include "lib_hooks.h"
#include <lib/bitmap.h>
#include <string.h>

#define BITS 200	/* not a multiple of 64 */

static unsigned long naive_next(const bool *m, unsigned long n, unsigned long i, bool want)
{
	while (i < n && m[i] != want)
		i++;
	return i < n ? i : n;
}

static unsigned long naive_area(const bool *m, unsigned long n, unsigned long start,
				unsigned long len, unsigned long align)
{
	unsigned long k;

	for (start = (start + align - 1) / align * align; start + len <= n; start += align) {
		for (k = 0; k < len && !m[start + k]; k++)
			;
		if (k == len && start < n)
			return start;
	}
	return n;
}

static void assert_same(const unsigned long *map, const bool *m, unsigned long n)
{
	unsigned long i, weight = 0, last = n;

	for (i = 0; i < n; i++) {
		weight += m[i];
		last = m[i] ? i : last;
		assert_int_equal(test_bit(i, map), m[i]);
	}
	assert_int_equal(bitmap_weight(map, n), weight);
	assert_int_equal(find_last_bit(map, n), last);
	assert_int_equal(bitmap_empty(map, n), weight == 0);
	assert_int_equal(bitmap_full(map, n), weight == n);
}

static void assert_searches(const unsigned long *map, const bool *m, unsigned long n)
{
	unsigned long start = test_random(n + 2), align = 1UL << test_random(4);
	unsigned long len = 1 + test_random(20);

	assert_int_equal(find_next_bit(map, n, start), naive_next(m, n, start, true));
	assert_int_equal(find_next_zero_bit(map, n, start), naive_next(m, n, start, false));
	assert_int_equal(bitmap_find_next_zero_area(map, n, start, len, align),
			 naive_area(m, n, start, len, align));
}

static void random_changes_match_an_array_of_flags(void **state)
{
	unsigned long *map = malloc(BITS_TO_LONGS(BITS) * sizeof(long));
	unsigned long steps = test_steps(QUICK_STEPS);
	bool m[BITS] = { false };

	bitmap_zero(map, BITS);
	test_seed();
	for (unsigned long step = 0; step < steps; step++) {
		unsigned long start = test_random(BITS);
		unsigned long len = test_random(BITS - start + 1);

		switch (test_random(6)) {
		case 0:
			bitmap_set(map, start, len);
			memset(m + start, 1, len);
			break;
		case 1:
			bitmap_clear(map, start, len);
			memset(m + start, 0, len);
			break;
		case 2:
			assert_int_equal(__test_and_set_bit(start, map), m[start]);
			m[start] = true;
			break;
		case 3:
			assert_int_equal(__test_and_clear_bit(start, map), m[start]);
			m[start] = false;
			break;
		case 4:
			__set_bit(start, map);
			m[start] = true;
			break;
		default:
			__clear_bit(start, map);
			m[start] = false;
			break;
		}
		assert_searches(map, m, 1 + test_random(BITS));
		if (test_look(step, 64))
			assert_same(map, m, 1 + test_random(BITS));
	}
	free(map);
}

static void bits_past_the_end_are_never_reported(void **state)
{
	unsigned long map[2] = { 0, ~0UL << 10 };

	assert_int_equal(find_first_bit(map, 74), 74);
	assert_int_equal(find_last_bit(map, 74), 74);
	assert_int_equal(bitmap_weight(map, 74), 0);
	bitmap_fill(map, 74);
	assert_true(bitmap_full(map, 74));
	assert_int_equal(find_first_zero_bit(map, 74), 74);
}

static void for_each_set_bit_visits_exactly_the_set_bits(void **state)
{
	unsigned long map[2] = { 1UL << 3 | 1UL << 63, 1UL << 5 };
	unsigned long bit, seen[3];
	int n = 0;

	for_each_set_bit(bit, map, 70)
		seen[n++] = bit;
	assert_int_equal(n, 3);
	assert_true(seen[0] == 3 && seen[1] == 63 && seen[2] == 69);
}

static void bit_positions_agree_with_the_compilers(void **state)
{
	unsigned long one, w;
	unsigned int n;

	test_seed();
	for (n = 0; n < 64; n++) {
		one = 1UL << n;
		w = one | (test_random(1UL << 40) << 16 & (one - 1));
		assert_int_equal(__ffs(one | ~(2 * one - 1)), n);
		assert_int_equal(__fls(w), n);
		assert_int_equal(fls_long(w), n + 1);
		assert_int_equal(hweight_long(w), __builtin_popcountl(w));
		assert_int_equal(debruijn64_index[(DEBRUIJN64 << n) >> 58], n);
		assert_int_equal(ilog2(w), n);
		assert_true(is_power_of_2(one));
		assert_int_equal(roundup_pow_of_two(one), one);
		assert_int_equal(rounddown_pow_of_two(w), one);
	}
	assert_int_equal(fls_long(0), 0);
	assert_int_equal(roundup_pow_of_two(0), 1);
	assert_int_equal(roundup_pow_of_two(5), 8);
	assert_false(is_power_of_2(0));
	assert_false(is_power_of_2(12));
	assert_int_equal(ffz(~0x10UL), 4);
}

static void rounding_macros_keep_the_type_of_the_value(void **state)
{
	u64 big = 0x100000000123UL;

	assert_true(ALIGN_DOWN(big, 4096U) == 0x100000000000UL);
	assert_true(ALIGN_UP(big, 4096U) == 0x100000001000UL);
	assert_true(IS_ALIGNED(0x3000UL, 4096) && !IS_ALIGNED(0x3001UL, 4096));
	assert_true(DIV_ROUND_UP(10, 4) == 3 && ROUND_UP(10, 7) == 14 && ROUND_DOWN(10, 7) == 7);
	assert_true(GENMASK(63, 0) == ~0UL && GENMASK(11, 4) == 0xff0);
	assert_int_equal(min(3, max(1, 2)), 2);
	assert_int_equal(clamp(9, 1, 5), 5);
	assert_int_equal(min_t(long, 3, 7U), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_changes_match_an_array_of_flags),
		cmocka_unit_test(bits_past_the_end_are_never_reported),
		cmocka_unit_test(for_each_set_bit_visits_exactly_the_set_bits),
		cmocka_unit_test(bit_positions_agree_with_the_compilers),
		cmocka_unit_test(rounding_macros_keep_the_type_of_the_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
