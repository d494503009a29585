/* SPDX-License-Identifier: MIT */
/*
 * user/bench/bench.h - how one measured operation is written
 *
 *	static void null_call(struct run *r)
 *	{
 *		begin(r);
 *		for (long i = 0; i < r->n; i++)
 *			syscall(SYS_getppid);
 *		end(r, r->n);
 *	}
 *	BENCH("null system call (getppid)", 20000, null_call)
 *
 * Everything before begin() is set-up. end() adds to the total, so an operation may be measured
 * in several pieces. r->n is the planned count (a tenth of it with -q, and while warming up).
 */
#ifndef USER_BENCH_H
#define USER_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run {
	long n;			/* how many operations to do */
	uint64_t start, total;
	long ops;
	const char *why;	/* why it could not be measured */
};

struct bench {
	const char *name;
	long n;
	void (*fn)(struct run *r);
	int order;
};

/* Output comes in the order of FIGURES: by BENCH_FILE, which each file sets, then by line. */
#define BENCH(title, count, function)                                                         \
	static const struct bench bench_##function = { title, count, function,                \
						       BENCH_FILE * 1000 + __LINE__ };        \
	static const struct bench *const bench_ref_##function                                 \
		__attribute__((used, section("benches"))) = &bench_##function;

/*
 * ticks - executed instructions, under QEMU's -icount shift=0. There one instruction is one
 * nanosecond; rdtsc counts nanoseconds, rdtime counts the 10 MHz timebase, 100 of them.
 */
static inline uint64_t ticks(void)
{
#if defined(__x86_64__)
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
#else
	uint64_t t;

	__asm__ volatile("rdtime %0" : "=r"(t) : : "memory");
	return t * 100;
#endif
}

static inline void begin(struct run *r)
{
	r->start = ticks();
}

static inline void end(struct run *r, long ops)
{
	r->total += ticks() - r->start;
	r->ops += ops;
}

/* cannot - note why this machine cannot run the operation; the caller returns at once */
void cannot(struct run *r, const char *why);
/* memory - anonymous private memory, or NULL after cannot() */
char *memory(struct run *r, size_t pages);
/* enough - false after cannot() when the machine has less free memory than this */
bool enough(struct run *r, size_t bytes);
uint32_t next_random(uint32_t *state);
long minor_faults(void);

extern size_t page;
extern const char *self;	/* a path of this binary */

#endif
