/* SPDX-License-Identifier: MIT */
/* tests/host/hash_test.c - published values, and an independent lookup3 for words */
#include "lib_hooks.h"
#include <lib/hash.h>
#include <string.h>

static u32 rot(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

/* lookup3 over bytes, written from its description: blocks of 12, the last one zero-padded. */
static u32 naive_lookup3(const u8 *data, size_t len, u32 init)
{
	static const int mix[6] = { 4, 6, 8, 16, 19, 4 }, final[7] = { 14, 11, 25, 16, 4, 14, 24 };
	u32 s[3], w[3];
	int i;

	s[0] = s[1] = s[2] = 0xdeadbeef + (u32)len + init;
	while (len > 0) {
		size_t n = len < 12 ? len : 12;

		memset(w, 0, sizeof(w));
		memcpy(w, data, n);
		for (i = 0; i < 3; i++)
			s[i] += w[i];
		data += n;
		len -= n;
		for (i = 0; len > 0 && i < 6; i++) {
			u32 *x = &s[i % 3], *y = &s[(i + 2) % 3], *z = &s[(i + 1) % 3];

			*x -= *y;
			*x ^= rot(*y, mix[i]);
			*y += *z;
		}
		for (i = 0; len == 0 && i < 7; i++) {
			u32 *x = &s[(i + 2) % 3], *y = &s[(i + 1) % 3];

			*x ^= *y;
			*x -= rot(*y, final[i]);
		}
	}
	return s[2];
}

static void reference_lookup3_has_the_published_values(void **state)
{
	const char *text = "Four score and seven years ago";

	assert_int_equal(naive_lookup3((const u8 *)"", 0, 0), 0xdeadbeef);
	assert_int_equal(naive_lookup3((const u8 *)"", 0, 0xdeadbeef), 0xbd5b7dde);
	assert_int_equal(naive_lookup3((const u8 *)text, 30, 0), 0x17770551);
	assert_int_equal(naive_lookup3((const u8 *)text, 30, 1), 0xcd628161);
}

static void jhash2_is_lookup3_over_words(void **state)
{
	u32 words[20], init;
	size_t n, i;
	int step;

	test_seed();
	for (step = 0; step < 1000; step++) {
		n = test_random(21);
		init = (u32)test_random(1UL << 32);
		for (i = 0; i < n; i++)
			words[i] = (u32)test_random(1UL << 32);
		assert_int_equal(jhash2(words, n, init),
				 naive_lookup3((const u8 *)words, 4 * n, init));
	}
}

/* Values of draft-eastlake-fnv, appendix C. */
static void hash_string_is_fnv_1a(void **state)
{
	assert_true(hash_string("") == 0xcbf29ce484222325UL);
	assert_true(hash_string("a") == 0xaf63dc4c8601ec8cUL);
	assert_true(hash_string("foobar") == 0x85944171f73967e8UL);
	assert_true(hash_bytes("foobarX", 6) == hash_string("foobar"));
}

static void hash_long_stays_below_its_bits_and_spreads_pages(void **state)
{
	int used[64] = { 0 }, i, buckets = 0;

	for (i = 0; i < 64; i++)
		used[hash_long((unsigned long)i << 12, 6)]++;
	for (i = 0; i < 64; i++)
		buckets += used[i] > 0;
	assert_true(buckets >= 40);
	assert_true(hash_long(~0UL, 64) == ~0UL * GOLDEN_RATIO_64);
	assert_int_equal(hash_ptr((void *)5, 8), hash_long(5, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reference_lookup3_has_the_published_values),
		cmocka_unit_test(jhash2_is_lookup3_over_words),
		cmocka_unit_test(hash_string_is_fnv_1a),
		cmocka_unit_test(hash_long_stays_below_its_bits_and_spreads_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
