/* SPDX-License-Identifier: MIT */
/* tests/host/sort_test.c - heapsort against qsort(3) */
#include "lib_hooks.h"
#include <lib/sort.h>
#include <string.h>

#define MAX_ELEMENTS 40
#define MAX_SIZE 24

static size_t element_size;
static int comparisons;

static int compare(const void *a, const void *b)
{
	comparisons++;
	return memcmp(a, b, element_size);
}

static void sort_agrees_with_qsort_for_every_element_size(void **state)
{
	int step;

	test_seed();
	for (step = 0; step < 20000; step++) {
		size_t n = test_random(MAX_ELEMENTS), i;
		u8 *a, *b;

		element_size = 1 + test_random(MAX_SIZE);
		a = malloc(n * element_size + 1);
		b = malloc(n * element_size + 1);
		for (i = 0; i < n * element_size; i++)
			a[i] = b[i] = (u8)test_random(step % 2 ? 3 : 256);
		sort(a, n, element_size, compare);
		qsort(b, n, element_size, compare);
		assert_memory_equal(a, b, n * element_size + 0);
		free(a);
		free(b);
	}
}

static void sorted_input_needs_no_more_than_n_log_n_comparisons(void **state)
{
	static u8 a[256];
	int i;

	for (i = 0; i < 256; i++)
		a[i] = (u8)i;
	element_size = 1;
	comparisons = 0;
	sort(a, 256, 1, compare);
	assert_true(comparisons < 3 * 256 * 8);
	for (i = 0; i < 256; i++)
		assert_int_equal(a[i], i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sort_agrees_with_qsort_for_every_element_size),
		cmocka_unit_test(sorted_input_needs_no_more_than_n_log_n_comparisons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
