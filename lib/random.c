/* SPDX-License-Identifier: MIT */
/*
 * lib/random.c - how do few secret bits become many unpredictable ones?
 *
 *   key --ChaCha20--> | 32 bytes: the next key | 32 bytes out | 64 bytes out | 64 bytes out ...
 *        block number:  0                        0              1              2
 *
 * ChaCha20 (RFC 8439 2.1-2.3) is run as a stream from the key; the first half block becomes the
 * next key before a byte is handed out ("fast key erasure"), so old output cannot be recomputed.
 * Entropy is xored into the key, which is then passed through a block: it can only add, since
 * without knowledge of the key nobody can choose input that cancels it.
 *
 * ALWAYS TRUE    R1  after each call the key differs from any that produced output.
 *                R2  a block that held key or output bytes is wiped before return.
 * LOCKS          the caller's, around each call
 * LEFT OUT       estimating entropy; the caller decides when it has seeded enough
 */
#include <lib/compiler.h>
#include <lib/random.h>
#include <lib/string.h>

/* "expand 32-byte k" as four little-endian words, RFC 8439 2.3. */
static const u32 chacha_constant[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

/* First nonce word, which keeps the blocks that mix entropy apart from those that go out. */
enum chacha_use { USE_OUTPUT = 0, USE_SEED = 1 };

/* Output words are copied as bytes, and both ports store the low byte first. */
BUILD_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

static inline u32 rotl32(u32 x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

static inline void quarter_round(u32 *x, int a, int b, int c, int d)
{
	x[a] += x[b]; x[d] = rotl32(x[d] ^ x[a], 16);
	x[c] += x[d]; x[b] = rotl32(x[b] ^ x[c], 12);
	x[a] += x[b]; x[d] = rotl32(x[d] ^ x[a], 8);
	x[c] += x[d]; x[b] = rotl32(x[b] ^ x[c], 7);
}

/* Columns, then diagonals of the 4 x 4 matrix. */
static void double_round(u32 *x)
{
	quarter_round(x, 0, 4, 8, 12);
	quarter_round(x, 1, 5, 9, 13);
	quarter_round(x, 2, 6, 10, 14);
	quarter_round(x, 3, 7, 11, 15);
	quarter_round(x, 0, 5, 10, 15);
	quarter_round(x, 1, 6, 11, 12);
	quarter_round(x, 2, 7, 8, 13);
	quarter_round(x, 3, 4, 9, 14);
}

/* @out = the block of @key, block number and nonce (words 12 to 15 of the matrix in @tail) */
static void chacha_words(const u32 key[8], const u32 tail[4], u32 out[16])
{
	u32 in[16];
	int i;

	memcpy(in, chacha_constant, sizeof(chacha_constant));
	memcpy(in + 4, key, CHACHA20_KEY_SIZE);
	memcpy(in + 12, tail, 16);
	memcpy(out, in, sizeof(in));
	for (i = 0; i < 10; i++)
		double_round(out);
	for (i = 0; i < 16; i++)
		out[i] += in[i];
	memset(in, 0, sizeof(in));
	barrier();
}

void chacha20_block(const u8 key[CHACHA20_KEY_SIZE], u32 counter,
		    const u8 nonce[CHACHA20_NONCE_SIZE], u8 out[CHACHA20_BLOCK_SIZE])
{
	u32 k[8], tail[4], block[16];

	memcpy(k, key, sizeof(k));
	tail[0] = counter;
	memcpy(tail + 1, nonce, CHACHA20_NONCE_SIZE);
	chacha_words(k, tail, block);
	memcpy(out, block, sizeof(block));
}

/* Forget what is in @block; the barrier keeps the compiler from dropping the stores. */
static void wipe(u32 block[16])
{
	memset(block, 0, CHACHA20_BLOCK_SIZE);
	__asm__ volatile("" : : "r"(block) : "memory");
}

void random_seed(struct random_state *r, const void *entropy, size_t len)
{
	const u8 *p = entropy;
	u32 chunk[8], block[16];

	do {
		size_t n = min(len, sizeof(chunk));
		u32 tail[4] = { (u32)n, USE_SEED, 0, 0 };
		int i;

		memset(chunk, 0, sizeof(chunk));
		memcpy(chunk, p, n);
		for (i = 0; i < 8; i++)
			r->key[i] ^= chunk[i];
		chacha_words(r->key, tail, block);
		memcpy(r->key, block, sizeof(r->key));
		p += n;
		len -= n;
	} while (len > 0);
	wipe(block);
}

void random_bytes(struct random_state *r, void *buf, size_t len)
{
	u32 old[8], block[16];
	u32 tail[4] = { 0, USE_OUTPUT, 0, 0 };
	size_t used = sizeof(r->key);	/* bytes of the block that are not for the caller */
	u8 *p = buf;

	memcpy(old, r->key, sizeof(old));
	chacha_words(old, tail, block);
	memcpy(r->key, block, sizeof(r->key));
	while (len > 0) {
		size_t n = min(len, sizeof(block) - used);

		memcpy(p, (u8 *)block + used, n);
		p += n;
		len -= n;
		if (len == 0)
			break;
		tail[0]++;
		tail[2] += tail[0] == 0;	/* 2^32 blocks: carry into the nonce */
		chacha_words(old, tail, block);
		used = 0;
	}
	wipe(block);
	memset(old, 0, sizeof(old));
	barrier();
}

u64 random_u64(struct random_state *r)
{
	u64 v;

	random_bytes(r, &v, sizeof(v));
	return v;
}
