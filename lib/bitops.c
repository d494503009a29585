/* SPDX-License-Identifier: MIT */
/*
 * lib/bitops.c - which bit is the only one set, without an instruction for it?
 *
 * In DEBRUIJN64 every window of six neighbouring bits has a different value. Multiplying by 2^n
 * shifts it left by n, so the top six bits of the product name n; this table reads the name.
 *
 * ALWAYS TRUE    B1  debruijn64_index[(DEBRUIJN64 << n) >> 58] == n for n = 0..63 (host test).
 * LOCKS          none: constant data
 */
#include <lib/bitops.h>

const u8 debruijn64_index[64] = {
	 0,  1, 48,  2, 57, 49, 28,  3, 61, 58, 50, 42, 38, 29, 17,  4,
	62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12,  5,
	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
	46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19,  9, 13,  8,  7,  6,
};
