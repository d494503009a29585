/* SPDX-License-Identifier: MIT */
/*
 * user/bin/mmsoak.h - what the two halves of mmsoak share: the arena, a worker, guarded accesses, mismatches
 */
#ifndef USER_MMSOAK_H
#define USER_MMSOAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE		4096L
#define WORDS		(PAGE / 8)
#define SLOT_PAGES	4L
#define SLOTS		16L		/* of each worker, and as many that nobody owns */
#define MAX_WORKERS	64
/* Far below what the kernel chooses by itself, so that nothing else takes a hole of it; across a border of
 * 1 GiB, so across two page tables of each level below the top on Sv39. */
#define ARENA		((char *)0x1000000000 - 40 * PAGE)

enum kind { HOLE, ANON, FILE_PRIVATE, FILE_SHARED };

/* What a page of a worker must look like. Word i of a page holds page_word(value, i). */
struct model_page {
	enum kind kind;
	int prot;
	bool locked;
	bool lazy;		/* MADV_FREE: the value, or zeroes                            */
	bool own;		/* FILE_PRIVATE: written, so it is `value' and not the file's */
	uint64_t value;
	uint64_t file;		/* what the file holds at this page's offset                  */
};

struct worker {
	long number;
	bool child;			/* forked: what is shared is the parent's to write */
	uint64_t random;
	long touched;			/* the slot of the last step */
	unsigned long operations, forks;
	int pipe[2];
	struct model_page model[SLOTS][SLOT_PAGES];
};

/* Seen by all processes of a run. */
struct soak_shared {
	volatile bool stop;
	long mismatches;
};
extern struct soak_shared *soak;
extern long soak_workers;
extern int soak_file;			/* a memfd as large as the arena */

static inline uint64_t page_word(uint64_t value, long i)
{
	return value ? value + (uint64_t)i * 0x9e3779b97f4a7c15ULL : 0;
}

/* ---- mmsoak.c ---- */
char *slot_address(long column, long slot, long page);
uint64_t soak_next(uint64_t *state);
long soak_random(struct worker *w, long n);
/* One guarded access; false when it was answered by SIGSEGV. */
bool soak_read(const volatile uint64_t *p, uint64_t *value);
bool soak_write(volatile uint64_t *p, uint64_t value);
/* Counts a mismatch and prints it with the line of the map; ends the run. */
void soak_mismatch(const char *what, const void *address, uint64_t expected, uint64_t found);
/* A call that must have succeeded did not. */
void soak_failed(const char *call, const void *address);

/* ---- mmsoak_slots.c: slots of the worker's own ---- */
void slots_step(struct worker *w);
void slots_verify(struct worker *w);

#endif
