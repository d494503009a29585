/* SPDX-License-Identifier: MIT */
/* tests/host/atomic_test.c - what atomic operations return, and reference counts that go wrong */
#include "lib_hooks.h"
#include <lib/atomic.h>
#include <lib/refcount.h>

static void atomic_operations_return_old_or_new_as_named(void **state)
{
	atomic_t v = ATOMIC_INIT(5);
	int old = 6;

	assert_int_equal(atomic_add_return(2, &v), 7);
	assert_int_equal(atomic_fetch_sub(3, &v), 7);
	assert_int_equal(atomic_inc_return(&v), 5);
	assert_int_equal(atomic_dec_return(&v), 4);
	assert_int_equal(atomic_xchg(&v, 12), 4);
	assert_int_equal(atomic_fetch_or(3, &v), 12);
	assert_int_equal(atomic_fetch_andnot(4, &v), 15);
	assert_int_equal(atomic_cmpxchg(&v, 1, 2), 11);
	assert_int_equal(atomic_cmpxchg(&v, 11, 2), 11);
	assert_false(atomic_try_cmpxchg(&v, &old, 9));
	assert_int_equal(old, 2);
	assert_true(atomic_try_cmpxchg(&v, &old, 1));
	assert_true(atomic_dec_and_test(&v));
	assert_false(atomic_inc_not_zero(&v));
	assert_true(atomic_add_unless(&v, 3, 1));
	assert_int_equal(atomic_read(&v), 3);
}

static void atomic64_holds_what_an_int_cannot(void **state)
{
	atomic64_t v = ATOMIC64_INIT(1L << 40);

	atomic64_add(1L << 41, &v);
	assert_true(atomic64_read(&v) == 3L << 40);
	assert_true(atomic64_sub_and_test(3L << 40, &v));
}

static void pointers_exchange_with_cmpxchg_and_xchg(void **state)
{
	int a, b;
	int *p = &a;

	assert_ptr_equal(cmpxchg(&p, &b, NULL), &a);
	assert_ptr_equal(cmpxchg(&p, &a, &b), &a);
	assert_ptr_equal(xchg(&p, NULL), &b);
	assert_null(p);
}

static void bit_operations_touch_one_bit_of_the_right_word(void **state)
{
	unsigned long map[2] = { 0, 0 };

	set_bit(64 + 7, map);
	assert_true(map[0] == 0 && map[1] == 1UL << 7);
	assert_true(test_and_set_bit(71, map));
	assert_false(test_and_set_bit(63, map));
	assert_true(test_bit(63, map));
	assert_true(test_and_clear_bit(63, map));
	assert_false(test_and_clear_bit(63, map));
	assert_false(test_and_set_bit_lock(0, map));
	assert_true(test_and_set_bit_lock(0, map));
	clear_bit_unlock(0, map);
	clear_bit(71, map);
	assert_true(map[0] == 0 && map[1] == 0);
}

static void refcount_tells_the_last_reference(void **state)
{
	refcount_t r = REFCOUNT_INIT(1);

	refcount_bugs = 0;
	refcount_inc(&r);
	refcount_add(3, &r);
	assert_int_equal(refcount_read(&r), 5);
	assert_false(refcount_sub_and_test(4, &r));
	assert_true(refcount_inc_not_zero(&r));
	assert_false(refcount_dec_and_test(&r));
	assert_true(refcount_dec_and_test(&r));
	assert_false(refcount_inc_not_zero(&r));
	assert_int_equal(refcount_bugs, 0);
}

static void refcount_misuse_saturates_and_is_reported(void **state)
{
	refcount_t dead = REFCOUNT_INIT(0), twice = REFCOUNT_INIT(0);
	refcount_t many = REFCOUNT_INIT(__INT_MAX__);

	refcount_bugs = 0;
	refcount_inc(&dead);
	assert_int_equal(refcount_bugs, 1);
	assert_int_equal(refcount_read(&dead), REFCOUNT_SATURATED);
	assert_false(refcount_dec_and_test(&twice));
	assert_int_equal(refcount_bugs, 2);
	assert_true(refcount_inc_not_zero(&many));
	assert_int_equal(refcount_bugs, 3);
	assert_int_equal(refcount_read(&many), REFCOUNT_SATURATED);
	assert_false(refcount_dec_and_test(&many));
	assert_int_equal(refcount_read(&many), REFCOUNT_SATURATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(atomic_operations_return_old_or_new_as_named),
		cmocka_unit_test(atomic64_holds_what_an_int_cannot),
		cmocka_unit_test(pointers_exchange_with_cmpxchg_and_xchg),
		cmocka_unit_test(bit_operations_touch_one_bit_of_the_right_word),
		cmocka_unit_test(refcount_tells_the_last_reference),
		cmocka_unit_test(refcount_misuse_saturates_and_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
