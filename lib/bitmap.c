/* SPDX-License-Identifier: MIT */
/*
 * lib/bitmap.c - where is the next set (or clear) bit of a long map?
 *
 * Searches look at a word at a time: the first word is masked so that bits below the start do
 * not count, and a search for zeroes looks for ones in the complement.
 *
 * ALWAYS TRUE    B1  no word past the one that holds bit nbits - 1 is read or written.
 *                B2  results are < nbits, or nbits for "none": bits past nbits never show.
 * LOCKS          the caller's; nothing here is atomic
 */
#include <lib/bitmap.h>
#include <lib/compiler.h>

/* The first bit >= @start that is set in the map with every word flipped by @flip. */
static inline unsigned long find_next(const unsigned long *map, unsigned long nbits,
				      unsigned long start, unsigned long flip)
{
	unsigned long i, word;

	if (start >= nbits)
		return nbits;
	i = BIT_WORD(start);
	word = (map[i] ^ flip) & (~0UL << (start % BITS_PER_LONG));
	while (!word) {
		i++;
		if (i * BITS_PER_LONG >= nbits)
			return nbits;
		word = map[i] ^ flip;
	}
	return min(i * BITS_PER_LONG + __ffs(word), nbits);
}

unsigned long find_next_bit(const unsigned long *map, unsigned long nbits, unsigned long start)
{
	return find_next(map, nbits, start, 0);
}

unsigned long find_next_zero_bit(const unsigned long *map, unsigned long nbits,
				 unsigned long start)
{
	return find_next(map, nbits, start, ~0UL);
}

/* Mask of the bits of the last word that belong to a map of @nbits > 0 bits. */
static inline unsigned long last_word_mask(unsigned long nbits)
{
	return ~0UL >> (-nbits % BITS_PER_LONG);
}

unsigned long find_last_bit(const unsigned long *map, unsigned long nbits)
{
	unsigned long i = BITS_TO_LONGS(nbits);
	unsigned long mask = last_word_mask(nbits);

	while (i-- > 0) {
		if (map[i] & mask)
			return i * BITS_PER_LONG + __fls(map[i] & mask);
		mask = ~0UL;
	}
	return nbits;
}

static void fill_words(unsigned long *map, unsigned long nbits, unsigned long value)
{
	unsigned long i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		map[i] = value;
}

void bitmap_zero(unsigned long *map, unsigned long nbits)
{
	fill_words(map, nbits, 0);
}

void bitmap_fill(unsigned long *map, unsigned long nbits)
{
	fill_words(map, nbits, ~0UL);
}

/* Set (@on) or clear the bits of @mask in one word. */
static inline void change_word(unsigned long *word, unsigned long mask, bool on)
{
	*word = on ? *word | mask : *word & ~mask;
}

static inline void change_range(unsigned long *map, unsigned long start, unsigned long len,
				bool on)
{
	unsigned long *word = &map[BIT_WORD(start)];
	unsigned long mask = ~0UL << (start % BITS_PER_LONG);
	unsigned long in_word = BITS_PER_LONG - start % BITS_PER_LONG;

	while (len >= in_word) {
		change_word(word++, mask, on);
		len -= in_word;
		in_word = BITS_PER_LONG;
		mask = ~0UL;
	}
	if (len)
		change_word(word, mask & (~0UL >> (in_word - len)), on);
}

void bitmap_set(unsigned long *map, unsigned long start, unsigned long len)
{
	change_range(map, start, len, true);
}

void bitmap_clear(unsigned long *map, unsigned long start, unsigned long len)
{
	change_range(map, start, len, false);
}

unsigned long bitmap_weight(const unsigned long *map, unsigned long nbits)
{
	unsigned long i, weight = 0;

	for (i = 0; i < nbits / BITS_PER_LONG; i++)
		weight += hweight_long(map[i]);
	if (nbits % BITS_PER_LONG)
		weight += hweight_long(map[i] & last_word_mask(nbits));
	return weight;
}

unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long nbits,
					 unsigned long start, unsigned long len,
					 unsigned long align)
{
	unsigned long used;

	for (;;) {
		start = ALIGN_UP(find_next_zero_bit(map, nbits, start), align);
		if (start >= nbits || nbits - start < len)
			return nbits;
		used = find_next_bit(map, start + len, start);
		if (used == start + len)
			return start;
		start = used + 1;
	}
}
