/* SPDX-License-Identifier: MIT */
/* tests/host/printf_test.c - ours against the C library's: (snprintf)(...) is theirs */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wformat-overflow"
#endif
#include "lib_hooks.h"
#include <lib/printf.h>
#include <string.h>

#define SIZE 200

static void random_spec(char *fmt, const char *length, char conversion)
{
	char *p = fmt;
	int i;

	*p++ = '<';
	*p++ = '%';
	for (i = 0; i < 5; i++) {
		/* # with d, u is undefined in C, and so is 0 with c and s: leave them out. */
		bool number = strchr("xXo", conversion);
		bool integer = number || strchr("diu", conversion);

		if (test_random(3) || ("-+ #0"[i] == '#' && !number) || (i == 4 && !integer))
			continue;
		*p++ = "-+ #0"[i];
	}
	if (test_random(2))
		p += sprintf(p, "%d", (int)test_random(30) + 1);
	if (test_random(3) == 0 && conversion != 'c')
		p += sprintf(p, ".%d", (int)test_random(25));
	sprintf(p, "%s%c>", length, conversion);
}

static u64 random_value(void)
{
	u64 v = test_random(1UL << 32) << 32 | test_random(1UL << 32);

	switch (test_random(4)) {
	case 0:
		return 0;
	case 1:
		return v >> test_random(64);
	case 2:
		return -(v >> test_random(64));
	default:
		return v;
	}
}

static void random_integer_conversions_match_the_c_library(void **state)
{
	static const char *const lengths[] = { "hh", "h", "", "l", "ll", "z", "j", "t" };
	int step;

	test_seed();
	for (step = 0; step < QUICK_STEPS; step++) {
		char fmt[40], ours[SIZE], theirs[SIZE];
		size_t size = test_random(4) ? SIZE : test_random(20);
		const char *length = lengths[test_random(8)];
		u64 v = random_value();
		int a, b;

		random_spec(fmt, length, "diuxXo"[test_random(6)]);
		memset(ours, 'z', SIZE);
		memset(theirs, 'z', SIZE);
		if (*length == 'h' || !*length) {
			a = snprintf(ours, size, fmt, (int)v);
			b = (snprintf)(theirs, size, fmt, (int)v);
		} else {
			a = snprintf(ours, size, fmt, v);
			b = (snprintf)(theirs, size, fmt, v);
		}
		if (a != b || memcmp(ours, theirs, SIZE) != 0)
			print_error("%s of %lx: ours %s theirs %s\n", fmt, v, ours, theirs);
		assert_int_equal(a, b);
		assert_memory_equal(ours, theirs, SIZE);
	}
}

static void random_string_and_char_conversions_match_the_c_library(void **state)
{
	int step;

	test_seed();
	for (step = 0; step < QUICK_STEPS; step++) {
		char fmt[40], ours[SIZE], theirs[SIZE], text[20];
		size_t n = test_random(sizeof(text));
		int a, b;

		memset(text, 'q', n);
		text[n] = '\0';
		if (step % 2) {
			random_spec(fmt, "", 's');
			a = snprintf(ours, SIZE, fmt, text);
			b = (snprintf)(theirs, SIZE, fmt, text);
		} else {
			random_spec(fmt, "", 'c');
			a = snprintf(ours, SIZE, fmt, 'x');
			b = (snprintf)(theirs, SIZE, fmt, 'x');
		}
		assert_int_equal(a, b);
		assert_string_equal(ours, theirs);
	}
}

/* One formatted line is as expected. */
#define assert_prints(expected, ...) do { \
	char buf_[SIZE]; \
	assert_int_equal(snprintf(buf_, SIZE, __VA_ARGS__), strlen(expected)); \
	assert_string_equal(buf_, expected); \
} while (0)

static void stars_take_width_and_precision_from_arguments(void **state)
{
	assert_prints("[   07]", "[%*.*d]", 5, 2, 7);
	assert_prints("[07   ]", "[%*.*d]", -5, 2, 7);
	assert_prints("[    7]", "[%*.*d]", 5, -2, 7);
	assert_prints("[00007]", "[%0*d]", 5, 7);
	assert_prints("[ab]", "[%.*s]", 2, "abc");
}

static void percent_s_with_precision_reads_no_further(void **state)
{
	char *unterminated = malloc(3);

	memcpy(unterminated, "xyz", 3);
	assert_prints("xyz", "%.3s", unterminated);
	free(unterminated);
	assert_prints("(null)", "%s", (char *)NULL);
}

static void pointers_have_all_digits_and_symbols_have_names(void **state)
{
	assert_prints("0x00000000deadbeef", "%p", (void *)0xdeadbeefUL);
	assert_prints("start+0x10", "%pS", (void *)NAMED_ADDRESS);
	assert_prints("[   start+0x10]", "[%13pS]", (void *)NAMED_ADDRESS);
	assert_prints("0x0000000000009999", "%pS", (void *)0x9999UL);
}

static void unknown_conversions_print_as_they_stand(void **state)
{
	assert_prints("100%", "%d%%", 100);
	assert_prints("%y 5", "%y %d", 5);
	assert_prints("%", "%");
	assert_prints("%5", "%5");
	assert_prints("%5.1l", "%5.1l");
}

static void return_values_tell_truncation(void **state)
{
	char buf[4];

	assert_int_equal(snprintf(buf, 4, "%s", "abcdef"), 6);
	assert_string_equal(buf, "abc");
	assert_int_equal(scnprintf(buf, 4, "%s", "abcdef"), 3);
	assert_int_equal(scnprintf(buf, 4, "%s", "ab"), 2);
	assert_int_equal(scnprintf(buf, 0, "%s", "ab"), 0);
	assert_int_equal(snprintf(NULL, 0, "%d", 12345), 5);
}

static void absurd_widths_are_counted_and_not_written(void **state)
{
	char buf[8];

	assert_int_equal(snprintf(buf, sizeof(buf), "%#.*x", __INT_MAX__, 5), __INT_MAX__);
	assert_string_equal(buf, "0x00000");
	assert_int_equal(snprintf(buf, sizeof(buf), "%*d", __INT_MAX__, 5), __INT_MAX__);
	assert_string_equal(buf, "       ");
	assert_int_equal(snprintf(buf, sizeof(buf), "%0*d%-*s", -__INT_MAX__ - 1, 7, __INT_MAX__, "x"),
			 __INT_MAX__);
	assert_string_equal(buf, "7x     ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_integer_conversions_match_the_c_library),
		cmocka_unit_test(random_string_and_char_conversions_match_the_c_library),
		cmocka_unit_test(stars_take_width_and_precision_from_arguments),
		cmocka_unit_test(percent_s_with_precision_reads_no_further),
		cmocka_unit_test(pointers_have_all_digits_and_symbols_have_names),
		cmocka_unit_test(unknown_conversions_print_as_they_stand),
		cmocka_unit_test(return_values_tell_truncation),
		cmocka_unit_test(absurd_widths_are_counted_and_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
