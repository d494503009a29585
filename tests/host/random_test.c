/* SPDX-License-Identifier: MIT */
/* tests/host/random_test.c - ChaCha20 against the RFC's vectors; what the generator promises */
#include "lib_hooks.h"
#include <lib/random.h>
#include <string.h>

/* RFC 8439 2.3.2: key 00..1f, nonce 00 00 00 09 00 00 00 4a 00 00 00 00, block 1. */
static void chacha20_block_matches_rfc_8439_2_3_2(void **state)
{
	static const u8 nonce[12] = { 0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0 };
	static const u8 expected[64] = {
		0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20,
		0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22, 0xaa, 0x9a,
		0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09, 0x14, 0xc2,
		0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9,
		0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e
	};
	u8 key[32], out[64];
	int i;

	for (i = 0; i < 32; i++)
		key[i] = (u8)i;
	chacha20_block(key, 1, nonce, out);
	assert_memory_equal(out, expected, 64);
}

/* RFC 8439 A.1, test vector 1: all zero. */
static void chacha20_block_matches_rfc_8439_a_1(void **state)
{
	static const u8 zero[32];
	static const u8 expected[16] = {
		0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86,
		0xbd, 0x28
	};
	u8 out[64];

	chacha20_block(zero, 0, zero, out);
	assert_memory_equal(out, expected, 16);
}

static void output_is_the_keystream_behind_the_next_key(void **state)
{
	struct random_state r = RANDOM_STATE_INIT;
	u8 key[32], stream[64 * 4], out[200], zero[12] = { 0 };
	u32 i;

	random_seed(&r, "seed", 4);
	memcpy(key, r.key, 32);
	for (i = 0; i < 4; i++)
		chacha20_block(key, i, zero, stream + 64 * i);
	random_bytes(&r, out, sizeof(out));
	assert_memory_equal(out, stream + 32, sizeof(out));
	assert_memory_equal(r.key, stream, 32);
}

static void every_length_fills_exactly_its_bytes(void **state)
{
	struct random_state r = RANDOM_STATE_INIT;
	size_t len;

	for (len = 0; len < 200; len++) {
		struct random_state copy = r;
		u8 *a = malloc(len + 1), *b = malloc(len + 1);

		a[len] = 0x5a;
		random_bytes(&r, a, len);
		random_bytes(&copy, b, len);
		assert_memory_equal(a, b, len);
		assert_int_equal(a[len], 0x5a);
		assert_memory_equal(&r, &copy, sizeof(r));
		free(a);
		free(b);
	}
}

static void seeds_add_to_the_state_and_differ_by_length(void **state)
{
	struct random_state a = RANDOM_STATE_INIT, b = RANDOM_STATE_INIT, c = RANDOM_STATE_INIT;
	static const u8 long_seed[100] = { 1 };

	random_seed(&a, "\0", 1);
	random_seed(&b, "\0\0", 2);
	assert_memory_not_equal(&a, &b, sizeof(a));
	random_seed(&a, long_seed, 100);
	random_seed(&c, long_seed, 100);
	assert_memory_not_equal(&a, &c, sizeof(a));
	assert_true(random_u64(&a) != random_u64(&a));
}

/* 10^5 numbers: each bit is set about half of the time (6 sigma is 950). */
static void bits_are_balanced(void **state)
{
	struct random_state r = RANDOM_STATE_INIT;
	int count[64] = { 0 }, i, bit;

	for (i = 0; i < QUICK_STEPS; i++) {
		u64 v = random_u64(&r);

		for (bit = 0; bit < 64; bit++)
			count[bit] += v >> bit & 1;
	}
	for (bit = 0; bit < 64; bit++)
		assert_in_range(count[bit], QUICK_STEPS / 2 - 950, QUICK_STEPS / 2 + 950);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chacha20_block_matches_rfc_8439_2_3_2),
		cmocka_unit_test(chacha20_block_matches_rfc_8439_a_1),
		cmocka_unit_test(output_is_the_keystream_behind_the_next_key),
		cmocka_unit_test(every_length_fills_exactly_its_bytes),
		cmocka_unit_test(seeds_add_to_the_state_and_differ_by_length),
		cmocka_unit_test(bits_are_balanced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
