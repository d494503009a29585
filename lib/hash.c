/* SPDX-License-Identifier: MIT */
/*
 * lib/hash.c - how do a name and an array of words become one number?
 *
 * FNV-1a (Fowler, Noll, Vo; draft-eastlake-fnv): xor a byte in, multiply by a prime: tiny, good
 * enough for short names. lookup3 (Bob Jenkins, public domain, 2006): three words of state, all
 * mixed after every three words of input; for longer keys such as whole pages (KSM).
 *
 * LOCKS          none: pure functions
 */
#include <lib/hash.h>

#define FNV64_OFFSET	0xcbf29ce484222325UL
#define FNV64_PRIME	0x100000001b3UL

u64 hash_bytes(const void *data, size_t len)
{
	const u8 *p = data;
	u64 h = FNV64_OFFSET;

	while (len-- > 0)
		h = (h ^ *p++) * FNV64_PRIME;
	return h;
}

u64 hash_string(const char *s)
{
	u64 h = FNV64_OFFSET;

	while (*s)
		h = (h ^ (u8)*s++) * FNV64_PRIME;
	return h;
}

#define LOOKUP3_INIT	0xdeadbeefU

struct lookup3 {
	u32 a, b, c;
};

static inline u32 rotl32(u32 x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

/* Spread three words over each other, reversibly. */
static inline void lookup3_mix(struct lookup3 *s)
{
	s->a -= s->c; s->a ^= rotl32(s->c, 4);  s->c += s->b;
	s->b -= s->a; s->b ^= rotl32(s->a, 6);  s->a += s->c;
	s->c -= s->b; s->c ^= rotl32(s->b, 8);  s->b += s->a;
	s->a -= s->c; s->a ^= rotl32(s->c, 16); s->c += s->b;
	s->b -= s->a; s->b ^= rotl32(s->a, 19); s->a += s->c;
	s->c -= s->b; s->c ^= rotl32(s->b, 4);  s->b += s->a;
}

/* After the last words: every bit of the input reaches every bit of c. */
static inline void lookup3_final(struct lookup3 *s)
{
	s->c ^= s->b; s->c -= rotl32(s->b, 14);
	s->a ^= s->c; s->a -= rotl32(s->c, 11);
	s->b ^= s->a; s->b -= rotl32(s->a, 25);
	s->c ^= s->b; s->c -= rotl32(s->b, 16);
	s->a ^= s->c; s->a -= rotl32(s->c, 4);
	s->b ^= s->a; s->b -= rotl32(s->a, 14);
	s->c ^= s->b; s->c -= rotl32(s->b, 24);
}

u32 jhash2(const u32 *words, size_t count, u32 initval)
{
	u32 start = LOOKUP3_INIT + (u32)(count << 2) + initval;
	struct lookup3 s = { start, start, start };

	for (; count > 3; count -= 3, words += 3) {
		s.a += words[0];
		s.b += words[1];
		s.c += words[2];
		lookup3_mix(&s);
	}
	if (count == 0)
		return s.c;
	s.a += words[0];
	s.b += count > 1 ? words[1] : 0;
	s.c += count > 2 ? words[2] : 0;
	lookup3_final(&s);
	return s.c;
}
