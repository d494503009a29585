/* SPDX-License-Identifier: MIT */
/*
 * lib/random.h - unpredictable bytes from a 256-bit key, by ChaCha20 (RFC 8439 2.3)
 *
 * Fast key erasure: every request first produces the next key, then the answer, from the old key,
 * and forgets the old key; who reads the memory later cannot compute earlier answers.
 * The caller owns the structure and its lock. Nothing is unpredictable before random_seed().
 */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <lib/types.h>

#define CHACHA20_KEY_SIZE	32
#define CHACHA20_NONCE_SIZE	12
#define CHACHA20_BLOCK_SIZE	64

struct random_state {
	u32 key[CHACHA20_KEY_SIZE / 4];	/* replaced by every call */
};

/* All zeroes is a valid state; the first random_seed() gives it its secret. */
#define RANDOM_STATE_INIT	{ { 0 } }

/* random_seed - mix @len bytes of entropy into the key; adds to what is there, never replaces */
void random_seed(struct random_state *r, const void *entropy, size_t len);

/* random_bytes - fill @len bytes */
void random_bytes(struct random_state *r, void *buf, size_t len);

/* random_u64 - 8 bytes of the same as a number */
u64 random_u64(struct random_state *r);

/* chacha20_block - one block of keystream for a key, a 32-bit block number and a 12-byte nonce */
void chacha20_block(const u8 key[CHACHA20_KEY_SIZE], u32 counter,
		    const u8 nonce[CHACHA20_NONCE_SIZE], u8 out[CHACHA20_BLOCK_SIZE]);

#endif
