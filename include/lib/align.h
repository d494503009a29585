/* SPDX-License-Identifier: MIT */
/*
 * lib/align.h - rounding to powers of two, and masks
 *
 * Alignments are powers of two and have the type of the value or a narrower one. ALIGN_UP wraps
 * to 0 when the rounded value does not fit the type: the caller checks first where that can be.
 */
#ifndef LIB_ALIGN_H
#define LIB_ALIGN_H

#include <lib/bitops.h>
#include <lib/compiler.h>
#include <lib/types.h>

/* BIT - a word with only bit @n set (0..63) */
#define BIT(n)		(1UL << (n))

/* GENMASK - bits @l..@h set, both included; 63 >= h >= l >= 0 */
#define GENMASK(h, l)	((~0UL << (l)) & (~0UL >> (63 - (h))))

/* Next multiple of @a at or above, at or below @x; whether @x is one. @a is a power of two. */
#define ALIGN_UP(x, a)		(((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)

/* The same for pointers. */
#define PTR_ALIGN_UP(p, a)	((__typeof__(p))ALIGN_UP((unsigned long)(p), (unsigned long)(a)))
#define PTR_ALIGN_DOWN(p, a)	((__typeof__(p))ALIGN_DOWN((unsigned long)(p), (unsigned long)(a)))

/* DIV_ROUND_UP - @n / @d rounded up, for @n + @d - 1 that fits the type */
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))

/* Next multiple of any @m, not only powers of two. */
#define ROUND_UP(x, m)		(DIV_ROUND_UP(x, m) * (m))
#define ROUND_DOWN(x, m)	((x) / (m) * (m))

/* ilog2 - floor of the binary logarithm; undefined for 0; a constant for a constant */
#define ilog2(n) \
	(__builtin_constant_p(n) ? 63U - (unsigned int)__builtin_clzl((unsigned long)(n) | 1) \
				 : __fls((unsigned long)(n)))

/* is_power_of_2 - true when exactly one bit is set */
static inline bool is_power_of_2(unsigned long n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* roundup_pow_of_two - smallest power of two >= @n; 1 for 0; undefined above 2^63 */
static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return n <= 1 ? 1 : 1UL << fls_long(n - 1);
}

/* rounddown_pow_of_two - largest power of two <= @n; undefined for 0 */
static inline unsigned long rounddown_pow_of_two(unsigned long n)
{
	return 1UL << __fls(n);
}

#endif
