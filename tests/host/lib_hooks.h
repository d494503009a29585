/* SPDX-License-Identifier: MIT */
/*
 * tests/host/lib_hooks.h - switches and counters of the hooks, and repeatable random numbers
 */
#ifndef TESTS_LIB_HOOKS_H
#define TESTS_LIB_HOOKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <lib/types.h>

extern long radix_nodes_live;			/* allocated and not freed */
extern long radix_allocs_until_failure;		/* 0: none succeeds; -1: all do */
extern int refcount_bugs;			/* reports so far */

#define NAMED_ADDRESS	0x1234UL		/* prints as start+0x10 */

/* Steps of a randomised test that has no $STEPS; validators run after each. */
#define QUICK_STEPS	100000

/* test_steps - how long a randomised test runs: $STEPS, or @quick */
static inline unsigned long test_steps(unsigned long quick)
{
	const char *env = getenv("STEPS");

	return env && *env ? strtoul(env, NULL, 0) : quick;
}

/*
 * test_look - compare everything and run the validators after step @step? Quick runs and SLOW=1 do
 * so after each step, long ones each @every steps; what a step itself returns is always compared.
 */
static inline bool test_look(unsigned long step, unsigned long every)
{
	static int each = -1;

	if (each < 0) {
		const char *slow = getenv("SLOW"), *steps = getenv("STEPS");

		each = (slow && *slow && *slow != '0') || !steps || !*steps;
	}
	return each || step % every == every - 1;
}

static u64 random_model_state;

/* test_seed - start the generator from $SEED or 1, and say so: the run can be repeated */
static inline void test_seed(void)
{
	const char *env = getenv("SEED");

	random_model_state = env ? strtoull(env, NULL, 0) : 1;
	printf("# seed %lu\n", random_model_state);
	fflush(stdout);		/* a sanitizer's abort would lose it */
	random_model_state = random_model_state * 2 + 1;
}

/* test_random - a number below @limit (xorshift64*, Vigna 2016) */
static inline u64 test_random(u64 limit)
{
	random_model_state ^= random_model_state >> 12;
	random_model_state ^= random_model_state << 25;
	random_model_state ^= random_model_state >> 27;
	return ((random_model_state * 0x2545f4914f6cdd1dUL) >> 16) % limit;
}

#endif
