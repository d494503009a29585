/* SPDX-License-Identifier: MIT */
/*
 * lib/string.c - how few instructions move, fill, compare and measure bytes?
 *
 * Blocks go by words of eight bytes, eight words per turn: two instructions per word to copy and
 * one to fill, with the loop's own three spread over 64 bytes. What differs is misalignment:
 *
 *   x86-64   a misaligned load or store costs nothing: words from the first byte on, and the last
 *            word is loaded from the end, overlapping the one before, instead of a byte loop.
 *   RISC-V   a misaligned access may trap to the firmware (Unprivileged ISA 2.6): the destination
 *            is brought to a word boundary by bytes, and a source that then is not at one is read
 *            in aligned words and shifted together, as no byte outside them is touched.
 *
 * ALWAYS TRUE    S1  an access never leaves an aligned word that holds a byte asked for, so none
 *                    faults where a byte loop would not.
 *                S2  copy_forward() is right for overlapping blocks with dst < src.
 *
 * LOCKS          none
 * LEFT OUT       vector registers (the kernel does not save them for itself); locale
 * READ NEXT      strings.c
 */
#define LIB_STRING_C
#if __STDC_HOSTED__ && !defined(LIB_STRING_TEST)
#define LIB_STRING_TEST
#endif
#include <lib/align.h>
#include <lib/bitops.h>
#include <lib/compiler.h>
#include <lib/string.h>

/* gcc would recognise these loops and turn memcpy() into a call of memcpy(). */
#ifndef __clang__
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#if defined(__x86_64__) && !defined(LIB_STRING_STRICT)
#define MISALIGNED_IS_FREE	1
#else
#define MISALIGNED_IS_FREE	0
#endif

#define WORD	sizeof(u64)
#define ONES	0x0101010101010101UL
#define HIGHS	0x8080808080808080UL

/* A word at any address; where misalignment is not free, only used at aligned ones. */
#if MISALIGNED_IS_FREE
struct word {
	u64 w;
} __packed __attribute__((may_alias));
#else
struct word {
	u64 w;
} __attribute__((may_alias));
#endif

/* Reads of whole words around a string's ends are right (S1), but AddressSanitizer forbids them. */
#define READS_WHOLE_WORDS	__attribute__((no_sanitize("address")))

/* A macro, so that it is part of its user also where that one is not sanitized. */
#define load(p)	(((const struct word *)(p))->w)

static inline void store(void *p, u64 w)
{
	((struct word *)p)->w = w;
}

static inline unsigned long misalignment(const void *p)
{
	return (unsigned long)p % WORD;
}

/* Two words upwards, both loaded first: a load-to-use delay is hidden, few registers are used. */
static __always_inline void copy_pair(u8 *d, const u8 *s)
{
	u64 a = load(s), b = load(s + WORD);

	store(d, a);
	store(d + WORD, b);
}

/* @n bytes by whole words, upwards (S2: a load never follows a store to a higher address than
 * its own); returns how many bytes were left over, less than a word. */
static __always_inline size_t copy_words(u8 *d, const u8 *s, size_t n)
{
	const u8 *stop;

	for (stop = s + ALIGN_DOWN(n, 8 * WORD); s != stop; d += 8 * WORD, s += 8 * WORD) {
		copy_pair(d, s);
		copy_pair(d + 2 * WORD, s + 2 * WORD);
		copy_pair(d + 4 * WORD, s + 4 * WORD);
		copy_pair(d + 6 * WORD, s + 6 * WORD);
	}
	for (stop = s + ALIGN_DOWN(n % (8 * WORD), WORD); s != stop; d += WORD, s += WORD)
		store(d, load(s));
	return n % WORD;
}

static __always_inline void copy_bytes(u8 *d, const u8 *s, size_t n)
{
	while (n-- > 0)
		*d++ = *s++;
}

#if MISALIGNED_IS_FREE

static __always_inline void copy_forward(u8 *d, const u8 *s, size_t n)
{
	u64 tail;

	if (n < WORD) {
		copy_bytes(d, s, n);
		return;
	}
	tail = load(s + n - WORD);	/* before a store can change it (S2) */
	copy_words(d, s, n - 1);
	store(d + n - WORD, tail);
}

#else

/* Aligned @d, misaligned @s: each word out is put together from two words in. */
static READS_WHOLE_WORDS size_t copy_shifted(u8 *d, const u8 *s, size_t n)
{
	unsigned int right = 8 * (unsigned int)misalignment(s);
	unsigned int left = 64 - right;
	const u8 *aligned = s - misalignment(s);
	u64 low = load(aligned);

	for (; n >= WORD; n -= WORD, d += WORD) {
		u64 high;

		aligned += WORD;
		high = load(aligned);
		store(d, low >> right | high << left);
		low = high;
	}
	return n;
}

static __always_inline void copy_forward(u8 *d, const u8 *s, size_t n)
{
	size_t head, left;

	if (n >= 2 * WORD) {
		head = -misalignment(d) % WORD;
		copy_bytes(d, s, head);
		d += head;
		s += head;
		n -= head;
		left = misalignment(s) ? copy_shifted(d, s, n) : copy_words(d, s, n);
		d += n - left;
		s += n - left;
		n = left;
	}
	copy_bytes(d, s, n);
}

#endif

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	copy_forward(dst, src, n);
	return dst;
}

/* From the last byte down, for overlapping blocks with dst > src. */
static void copy_backward(u8 *d, const u8 *s, size_t n)
{
	d += n;
	s += n;
	if (MISALIGNED_IS_FREE || misalignment(d) == misalignment(s)) {
		for (; n > 0 && misalignment(d); n--)
			*--d = *--s;
		for (; n >= WORD; n -= WORD) {
			d -= WORD;
			s -= WORD;
			store(d, load(s));
		}
	}
	while (n-- > 0)
		*--d = *--s;
}

void *memmove(void *dst, const void *src, size_t n)
{
	/* One comparison: dst < src makes the difference wrap to a huge number. */
	if ((unsigned long)dst - (unsigned long)src >= n)
		copy_forward(dst, src, n);
	else
		copy_backward(dst, src, n);
	return dst;
}

static __always_inline void fill_bytes(u8 *d, u8 c, size_t n)
{
	while (n-- > 0)
		*d++ = c;
}

/* @n bytes from an aligned @d on by whole words; returns how many were left over. */
static __always_inline size_t fill_words(u8 *d, u64 w, size_t n)
{
	u8 *stop;

	for (stop = d + ALIGN_DOWN(n, 8 * WORD); d != stop; d += 8 * WORD) {
		store(d, w);
		store(d + 8, w);
		store(d + 16, w);
		store(d + 24, w);
		store(d + 32, w);
		store(d + 40, w);
		store(d + 48, w);
		store(d + 56, w);
	}
	for (stop = d + ALIGN_DOWN(n % (8 * WORD), WORD); d != stop; d += WORD)
		store(d, w);
	return n % WORD;
}

void *memset(void *dst, int c, size_t n)
{
	u8 *d = dst;
	u64 w = (u8)c * ONES;
	size_t head, left;

	if (n < 2 * WORD) {
		fill_bytes(d, (u8)c, n);
		return dst;
	}
	head = -misalignment(d) % WORD;
	if (MISALIGNED_IS_FREE) {
		store(d, w);
		store(d + n - WORD, w);
		fill_words(d + head, w, n - head);
		return dst;
	}
	fill_bytes(d, (u8)c, head);
	left = fill_words(d + head, w, n - head);
	fill_bytes(d + n - left, (u8)c, left);
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	if (MISALIGNED_IS_FREE || (misalignment(p) | misalignment(q)) == 0) {
		while (n >= WORD && load(p) == load(q)) {
			p += WORD;
			q += WORD;
			n -= WORD;
		}
	}
	for (; n > 0; n--, p++, q++) {
		if (*p != *q)
			return *p - *q;
	}
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n > 0; n--, p++) {
		if (*p == (u8)c)
			return (void *)p;
	}
	return NULL;
}

/* The highest bit of each byte that is 0; the lowest set bit is exact, which is all we use. */
static inline u64 zero_bytes(u64 w)
{
	return (w - ONES) & ~w & HIGHS;
}

READS_WHOLE_WORDS size_t strlen(const char *s)
{
	const char *p = s;
	u64 zero;

	for (; misalignment(p); p++) {
		if (!*p)
			return (size_t)(p - s);
	}
	while (!(zero = zero_bytes(load(p))))
		p += WORD;
	return (size_t)(p - s) + __ffs(zero) / 8;
}
