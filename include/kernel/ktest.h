/* SPDX-License-Identifier: MIT */
/*
 * ktest.h - tests that run inside the kernel (kernel/ktest.c): `ktest` on the command line of a KTEST=1 build
 *
 * KTEST(claim_in_snake_case) { ...; EXPECT(x == 3); } registers itself through the linker. Tests are
 * shuffled by the printed seed (seed=N repeats an order), filtered by ktest=SUBSTRING, and reported as KTAP.
 */
#ifndef KERNEL_KTEST_H
#define KERNEL_KTEST_H

#include <lib/compiler.h>
#include <lib/types.h>

struct ktest {
	const char	*name;
	const char	*file;
	void		(*fn)(void);
};

#define KTEST(claim)									\
	static void ktest_##claim(void);						\
	static const struct ktest ktest_entry_##claim					\
		__attribute__((used, section("__ktest"), aligned(8))) =			\
		{ #claim, __FILE__, ktest_##claim };					\
	static void ktest_##claim(void)

/* ktest_fail - record a failure of the running test (it goes on). */
void ktest_fail(const char *file, int line, const char *fmt, ...) __printf(3, 4);
/* ktest_skip - the running test does not apply here; return right after. */
void ktest_skip(const char *why);
/* ktest_random - reproducible from the seed */
u64 ktest_random(void);
/* ktest_run_all - run, print KTAP, return the number of failures. */
unsigned int ktest_run_all(void);

#define EXPECT(cond) do { if (!(cond)) ktest_fail(__FILE__, __LINE__, "%s", #cond); } while (0)
#define EXPECT_EQ(a, b) do { unsigned long a__ = (unsigned long)(a), b__ = (unsigned long)(b);	\
	if (a__ != b__) ktest_fail(__FILE__, __LINE__, "%s == %s: %#lx, %#lx", #a, #b, a__, b__); } while (0)
/* REQUIRE - as EXPECT, and the test function returns */
#define REQUIRE(cond) do { if (!(cond)) { ktest_fail(__FILE__, __LINE__, "%s", #cond); return; } } while (0)

#endif
