/* SPDX-License-Identifier: MIT */
/*
 * lib/hash.h - spread keys over hash buckets
 *
 * None of these resists an opponent who chooses keys; the kernel bounds its chains otherwise.
 */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include <lib/types.h>

/* 2^64 divided by the golden ratio, odd: Knuth, The Art of Computer Programming 3, 6.4. */
#define GOLDEN_RATIO_64	0x9e3779b97f4a7c15UL

/* hash_long - @val spread over @bits bits (1..64): the top bits of one multiplication */
static inline unsigned long hash_long(unsigned long val, unsigned int bits)
{
	return (val * GOLDEN_RATIO_64) >> (64 - bits);
}

/* hash_ptr - the same for a pointer */
static inline unsigned long hash_ptr(const void *ptr, unsigned int bits)
{
	return hash_long((unsigned long)ptr, bits);
}

/* hash_bytes - FNV-1a (64 bits) of @len bytes; fold with hash_long() for a bucket number */
u64 hash_bytes(const void *data, size_t len);

/* hash_string - FNV-1a of a string without its NUL */
u64 hash_string(const char *s);

/* jhash2 - Bob Jenkins' lookup3 over @count 32-bit words, started from @initval */
u32 jhash2(const u32 *words, size_t count, u32 initval);

#endif
