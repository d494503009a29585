/* SPDX-License-Identifier: MIT */
/*
 * tests/host/string_test.c - ours against the C library's: (strlen)(s) in parentheses is theirs
 *
 * Linked twice: with the code for machines where misaligned access is free, and for the others.
 */
#define LIB_STRING_TEST
#include "lib_hooks.h"
#include <errno.h>
#include <lib/string.h>

#define AREA 400

/* Blocks of their own, so that AddressSanitizer sees a byte too far. */
static u8 *random_block(size_t n)
{
	u8 *p = malloc(n ? n : 1);
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (u8)test_random(256);
	return p;
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void memcpy_and_memmove_copy_exactly_n_bytes_at_any_alignment(void **state)
{
	int step;

	test_seed();
	for (step = 0; step < QUICK_STEPS / 2; step++) {
		size_t n = test_random(step % 4 ? 40 : 300);
		size_t d = test_random(AREA - n), s = test_random(AREA - n);
		u8 *ours = random_block(AREA), *theirs = malloc(AREA), *src = random_block(n);

		(memcpy)(theirs, ours, AREA);
		assert_ptr_equal(memcpy(ours + d, src, n), ours + d);
		(memcpy)(theirs + d, src, n);
		assert_memory_equal(ours, theirs, AREA);
		assert_ptr_equal(memmove(ours + d, ours + s, n), ours + d);
		(memmove)(theirs + d, theirs + s, n);
		assert_memory_equal(ours, theirs, AREA);
		free(ours);
		free(theirs);
		free(src);
	}
}

static void memset_fills_exactly_n_bytes_at_any_alignment(void **state)
{
	u8 ours[AREA] = { 0 }, theirs[AREA] = { 0 };
	int step;

	test_seed();
	for (step = 0; step < QUICK_STEPS; step++) {
		size_t n = test_random(300), d = test_random(AREA - n);
		int c = (int)test_random(1000);

		assert_ptr_equal(memset(ours + d, c, n), ours + d);
		(memset)(theirs + d, c, n);
		assert_memory_equal(ours, theirs, AREA);
	}
}

static void memcmp_and_memchr_agree_with_the_c_library(void **state)
{
	int step;

	test_seed();
	for (step = 0; step < QUICK_STEPS; step++) {
		size_t n = test_random(60), pad = test_random(8), at = test_random(n + 1);
		u8 *a = random_block(n + pad), *b = random_block(n);

		if (step % 4)
			(memcpy)(b, a + pad, n);
		if (at < n)
			b[at] ^= (u8)test_random(3);
		assert_int_equal(sign(memcmp(a + pad, b, n)), sign((memcmp)(a + pad, b, n)));
		assert_ptr_equal(memchr(b, (int)at, n), (memchr)(b, (int)at, n));
		free(a);
		free(b);
	}
}

/* A random string of a few letters, ending exactly at the end of its block. */
static char *random_string(size_t max_len, size_t *pad)
{
	size_t n = test_random(max_len + 1), i;
	char *p;

	*pad = test_random(9);
	p = malloc(*pad + n + 1);
	for (i = 0; i < *pad + n; i++)
		p[i] = (char)("abc\xe4"[test_random(4)]);
	p[*pad + n] = '\0';
	return p;
}

static void string_searches_agree_with_the_c_library(void **state)
{
	int step;

	test_seed();
	for (step = 0; step < QUICK_STEPS; step++) {
		size_t pa, pb, n = test_random(12);
		char *ma = random_string(40, &pa), *mb = random_string(3, &pb);
		char *a = ma + pa, *b = mb + pb;
		int c = "abc\xe4x\0"[test_random(6)];

		assert_int_equal(strlen(a), (strlen)(a));
		assert_int_equal(strnlen(a, n), (strnlen)(a, n));
		assert_int_equal(sign(strcmp(a, b)), sign((strcmp)(a, b)));
		assert_int_equal(sign(strncmp(a, b, n)), sign((strncmp)(a, b, n)));
		assert_ptr_equal(strchr(a, c), (strchr)(a, c));
		assert_ptr_equal(strrchr(a, c), (strrchr)(a, c));
		assert_ptr_equal(strstr(a, b), (strstr)(a, b));
		assert_int_equal(strspn(a, b), (strspn)(a, b));
		assert_int_equal(strcspn(a, b), (strcspn)(a, b));
		free(ma);
		free(mb);
	}
}

static void strsep_cuts_every_token_even_empty_ones(void **state)
{
	char text[] = "a,,bc;", *s = text;

	assert_string_equal(strsep(&s, ",;"), "a");
	assert_string_equal(strsep(&s, ",;"), "");
	assert_string_equal(strsep(&s, ",;"), "bc");
	assert_string_equal(strsep(&s, ",;"), "");
	assert_null(strsep(&s, ",;"));
}

static void strscpy_and_strlcpy_always_terminate_and_report_truncation(void **state)
{
	char buf[5] = "xxxx";

	assert_int_equal(strscpy(buf, "abcd", 5), 4);
	assert_string_equal(buf, "abcd");
	assert_int_equal(strscpy(buf, "abcde", 5), -E2BIG);
	assert_string_equal(buf, "abcd");
	assert_int_equal(strscpy(buf, "", 0), -E2BIG);
	assert_int_equal(strlcpy(buf, "0123456", 5), 7);
	assert_string_equal(buf, "0123");
	assert_int_equal(strlcpy(buf, "z", 0), 1);
	assert_string_equal(buf, "0123");
}

static void assert_ul(const char *s, unsigned int base, int err, unsigned long val)
{
	unsigned long got = 4711;

	assert_int_equal(kstrtoul(s, base, &got), err);
	assert_true(got == (err ? 4711 : val));
}

static void kstrtoul_takes_whole_numbers_and_nothing_else(void **state)
{
	assert_ul("0", 0, 0, 0);
	assert_ul("42", 0, 0, 42);
	assert_ul("+42\n", 10, 0, 42);
	assert_ul("0x1fF", 0, 0, 0x1ff);
	assert_ul("0X1f", 16, 0, 0x1f);
	assert_ul("1f", 16, 0, 0x1f);
	assert_ul("0755", 0, 0, 0755);
	assert_ul("zz", 36, 0, 35 * 36 + 35);
	assert_ul("18446744073709551615", 10, 0, ~0UL);
	assert_ul("18446744073709551616", 10, -ERANGE, 0);
	assert_ul("0x10000000000000000", 0, -ERANGE, 0);
	assert_ul("99999999999999999999x", 10, -EINVAL, 0);
	assert_ul("", 0, -EINVAL, 0);
	assert_ul("\n", 0, -EINVAL, 0);
	assert_ul("-1", 0, -EINVAL, 0);
	assert_ul("+", 0, -EINVAL, 0);
	assert_ul("0x", 0, -EINVAL, 0);
	assert_ul("08", 0, -EINVAL, 0);
	assert_ul(" 1", 0, -EINVAL, 0);
	assert_ul("1 ", 0, -EINVAL, 0);
	assert_ul("1\n\n", 0, -EINVAL, 0);
	assert_ul("12", 2, -EINVAL, 0);
}

static void kstrtol_covers_the_whole_range_of_long(void **state)
{
	long v = 0;

	assert_int_equal(kstrtol("-9223372036854775808", 10, &v), 0);
	assert_true(v == -__LONG_MAX__ - 1);
	assert_int_equal(kstrtol("9223372036854775807", 10, &v), 0);
	assert_true(v == __LONG_MAX__);
	assert_int_equal(kstrtol("9223372036854775808", 10, &v), -ERANGE);
	assert_int_equal(kstrtol("-9223372036854775809", 10, &v), -ERANGE);
	assert_int_equal(kstrtol("--1", 10, &v), -EINVAL);
	assert_int_equal(kstrtol("-0x10", 0, &v), 0);
	assert_int_equal(v, -16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memcpy_and_memmove_copy_exactly_n_bytes_at_any_alignment),
		cmocka_unit_test(memset_fills_exactly_n_bytes_at_any_alignment),
		cmocka_unit_test(memcmp_and_memchr_agree_with_the_c_library),
		cmocka_unit_test(string_searches_agree_with_the_c_library),
		cmocka_unit_test(strsep_cuts_every_token_even_empty_ones),
		cmocka_unit_test(strscpy_and_strlcpy_always_terminate_and_report_truncation),
		cmocka_unit_test(kstrtoul_takes_whole_numbers_and_nothing_else),
		cmocka_unit_test(kstrtol_covers_the_whole_range_of_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
