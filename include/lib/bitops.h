/* SPDX-License-Identifier: MIT */
/*
 * lib/bitops.h - position and number of bits in one word
 *
 * RV64GC has no instruction for these (they come with Zbb), and gcc then calls a function for
 * __builtin_ctzl(). A multiplication by a de Bruijn constant and a table look-up take five
 * instructions in line. Ports that have the instruction use it.
 */
#ifndef LIB_BITOPS_H
#define LIB_BITOPS_H

#include <lib/types.h>

#define BITS_PER_LONG	64
#define BITS_PER_BYTE	8

/* For each 6-bit window of DEBRUIJN64, where it starts: lib/bitops.c. */
#define DEBRUIJN64	0x03f79d71b4cb0a89UL
extern const u8 debruijn64_index[64];

/* __ffs - number (0..63) of the lowest bit set in @word; undefined for 0 */
static inline unsigned int __ffs(unsigned long word)
{
#if defined(__riscv) && !defined(__riscv_zbb)
	return debruijn64_index[((word & -word) * DEBRUIJN64) >> 58];
#else
	return (unsigned int)__builtin_ctzl(word);
#endif
}

/* __fls - number (0..63) of the highest bit set in @word; undefined for 0 */
static inline unsigned int __fls(unsigned long word)
{
#if defined(__riscv) && !defined(__riscv_zbb)
	word |= word >> 1;
	word |= word >> 2;
	word |= word >> 4;
	word |= word >> 8;
	word |= word >> 16;
	word |= word >> 32;
	return debruijn64_index[((word - (word >> 1)) * DEBRUIJN64) >> 58];
#else
	return 63U - (unsigned int)__builtin_clzl(word);
#endif
}

/* ffz - number of the lowest bit clear in @word; undefined for ~0 */
static inline unsigned int ffz(unsigned long word)
{
	return __ffs(~word);
}

/* fls_long - one more than the number of the highest bit set; 0 for 0 */
static inline unsigned int fls_long(unsigned long word)
{
	return word ? __fls(word) + 1 : 0;
}

/* hweight_long - how many bits of @word are set (0..64) */
static inline unsigned int hweight_long(unsigned long word)
{
	word -= (word >> 1) & 0x5555555555555555UL;
	word = (word & 0x3333333333333333UL) + ((word >> 2) & 0x3333333333333333UL);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
	return (unsigned int)((word * 0x0101010101010101UL) >> 56);
}

#endif
