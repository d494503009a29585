/* SPDX-License-Identifier: MIT */
/*
 * lib/bitmap.h - arrays of bits in words of 64
 *
 * Bit n is bit n % 64 of word n / 64. Nothing here is atomic: the caller's lock covers the map.
 * The atomic set_bit(), clear_bit(), test_bit() on the same maps are in lib/atomic.h.
 * Bits of the last word past @nbits are never looked at, and only bitmap_fill/zero write them.
 */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include <lib/align.h>
#include <lib/atomic.h>
#include <lib/bitops.h>
#include <lib/types.h>

#define BITS_TO_LONGS(nbits)		DIV_ROUND_UP(nbits, BITS_PER_LONG)
#define DECLARE_BITMAP(name, nbits)	unsigned long name[BITS_TO_LONGS(nbits)]

/* __set_bit, __clear_bit - change one bit; not atomic */
static inline void __set_bit(unsigned long nr, unsigned long *map)
{
	map[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static inline void __clear_bit(unsigned long nr, unsigned long *map)
{
	map[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

/* __test_and_set_bit, __test_and_clear_bit - the same; return the old bit */
static inline bool __test_and_set_bit(unsigned long nr, unsigned long *map)
{
	bool old = test_bit(nr, map);

	__set_bit(nr, map);
	return old;
}

static inline bool __test_and_clear_bit(unsigned long nr, unsigned long *map)
{
	bool old = test_bit(nr, map);

	__clear_bit(nr, map);
	return old;
}

/* bitmap_zero, bitmap_fill - all bits 0 or 1, to the end of the last word */
void bitmap_zero(unsigned long *map, unsigned long nbits);
void bitmap_fill(unsigned long *map, unsigned long nbits);

/* bitmap_set, bitmap_clear - the @len bits from @start on */
void bitmap_set(unsigned long *map, unsigned long start, unsigned long len);
void bitmap_clear(unsigned long *map, unsigned long start, unsigned long len);

/* bitmap_weight - how many of the first @nbits bits are set */
unsigned long bitmap_weight(const unsigned long *map, unsigned long nbits);

/* find_next_bit, find_next_zero_bit - lowest bit >= @start that is 1 or 0; @nbits when none */
unsigned long find_next_bit(const unsigned long *map, unsigned long nbits, unsigned long start);
unsigned long find_next_zero_bit(const unsigned long *map, unsigned long nbits,
				 unsigned long start);

/* find_last_bit - highest bit that is 1; @nbits when none */
unsigned long find_last_bit(const unsigned long *map, unsigned long nbits);

/*
 * bitmap_find_next_zero_area - lowest run of @len >= 1 zero bits at or after @start
 * @align: a power of two, 1 for any; the run begins at a multiple of it
 * returns: its first bit, or @nbits when there is none
 */
unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long nbits,
					 unsigned long start, unsigned long len,
					 unsigned long align);

/* find_first_bit, find_first_zero_bit - the same from bit 0 */
static inline unsigned long find_first_bit(const unsigned long *map, unsigned long nbits)
{
	return find_next_bit(map, nbits, 0);
}

static inline unsigned long find_first_zero_bit(const unsigned long *map, unsigned long nbits)
{
	return find_next_zero_bit(map, nbits, 0);
}

/* bitmap_empty, bitmap_full - no bit, every bit set */
static inline bool bitmap_empty(const unsigned long *map, unsigned long nbits)
{
	return find_first_bit(map, nbits) == nbits;
}

static inline bool bitmap_full(const unsigned long *map, unsigned long nbits)
{
	return find_first_zero_bit(map, nbits) == nbits;
}

#define for_each_set_bit(bit, map, nbits) \
	for ((bit) = find_first_bit(map, nbits); (bit) < (nbits); \
	     (bit) = find_next_bit(map, nbits, (bit) + 1))

#endif
