/* SPDX-License-Identifier: MIT */
/*
 * user/bin/faultfuzz.h - what the two halves of faultfuzz share: the places, the generator, guarded accesses
 */
#ifndef USER_FAULTFUZZ_H
#define USER_FAULTFUZZ_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE		4096L
/* The arena lies across a border of 1 GiB, so across two page tables of each level below the top on Sv39,
 * and inside the user half of every depth. Addresses are picked in the first ARENA_PAGES, and no call is
 * longer than MAX_PAGES: nothing reaches over ARENA_SPAN. */
#define ARENA		((char *)0x1000000000 - 32 * PAGE)
#define ARENA_PAGES	64
#define ARENA_SPAN	96
#define MAX_PAGES	24
/* A stack of its own, with room to grow down over a border of 2 MiB; nothing else is ever near it. */
#define STACK_PAGES	1024
#define STACK_TOP	((char *)0x0800000000 + 100 * PAGE)
#define HEAP_PAGES	24
#define OBJECT_PAGES	24

enum object { OBJECT_MEMFD, OBJECT_FILE, OBJECT_READ_ONLY, OBJECTS };

struct fuzz_state {
	uint64_t random;
	unsigned long seed, step;
	long every;			/* steps from digest to digest              */
	int depth;			/* forks above this process                */
	int fd[OBJECTS];		/* two objects, and the second one read-only */
	char *heap;			/* where the break was, page aligned       */
};
extern struct fuzz_state fuzz;

/* ---- the generator ---- */
uint64_t fuzz_next(void);
static inline long rnd(long n) { return (long)((fuzz_next() >> 20) % (uint64_t)n); }
#define ONE_OF(array) ((array)[rnd((long)(sizeof(array) / sizeof((array)[0])))])

/* ---- one line per step ---- */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_errno(long result);		/* " = 0", " = 17" or the name of errno             */
void say_address(uintptr_t address);	/* relative to its place; "elsewhere" when it has none */

/* ---- accesses that may fault ---- */
struct seen_fault {
	int sig, code;
	uintptr_t address;
};
extern volatile struct seen_fault seen;
extern sigjmp_buf fuzz_return;
extern volatile bool fuzz_armed;
/* Runs the statement; seen.sig says whether a signal ended it. */
#define GUARD(statement)                                    \
	do {                                                \
		seen.sig = 0;                               \
		if (!sigsetjmp(fuzz_return, 0)) {           \
			fuzz_armed = true;                  \
			statement;                          \
		}                                           \
		fuzz_armed = false;                         \
	} while (0)
void say_fault(void);			/* " ok", or signal, code and address of the last GUARD */

/* ---- the map ---- */
/* one_vma - do [p, p + pages) lie in one line of /proc/self/maps? */
bool one_vma(const char *p, long pages);
uint64_t hash_page(const char *p);	/* a fault counts as content */
void say_digest(void);

/* ---- places and sizes (faultfuzz_calls.c) ---- */
char *arena_page(void);
char *heap_page(void);
char *any_page(void);
long few_pages(void);
long any_length(void);			/* in bytes; sometimes 0, or not of whole pages */
long sometimes_odd(void);		/* an offset that makes an address misaligned  */
void say_place(const char *what, const char *p, long length);

/* ---- operations on the map (faultfuzz_calls.c) ---- */
void op_brk(void);
void op_limit(void);
void op_madvise(void);
void op_mincore(void);
void op_mlock(void);
void op_mlockall(void);
void op_mmap(void);
void op_mprotect(void);
void op_mremap(void);
void op_msync(void);
void op_munlockall(void);
void op_munmap(void);
void op_punch(void);
void op_remap_file_pages(void);
void op_truncate(void);

/* ---- the others, and the choice (faultfuzz_ops.c) ---- */
void fuzz_furnish(void);
void fuzz_operation(void);
void fuzz_steps(long steps);

#endif
