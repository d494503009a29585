/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/page_cost_test.c - what a page costs
 *
 * The figures are nanoseconds of arch_clock_ns(). Under -icount shift=0 one instruction is one nanosecond, and
 * then they are instructions; a build without DEBUG is the one that counts. Nothing is asserted of a clock.
 */
#include <kernel/assert.h>
#include <kernel/ktest.h>
#include <kernel/printk.h>
#include <mm/page_alloc.h>

#define ROUNDS	200U
#define HELD	24U		/* stays within what a per-CPU list holds */

static void report(const char *what, u64 ns, unsigned long n)
{
	if (!CONFIG_DEBUG)
		printk("# %s: %lu.%lu\n", what, (unsigned long)(ns / n), (unsigned long)(ns * 10 / n % 10));
}

KTEST(cost_of_alloc_page_and_free_page_from_the_cpu_list)
{
	static struct page *held[HELD];
	u64 alloc = 0, give = 0;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		u64 t = arch_clock_ns();

		for (unsigned int i = 0; i < HELD; i++)
			held[i] = alloc_page(GFP_KERNEL);
		alloc += arch_clock_ns() - t;
		t = arch_clock_ns();
		for (unsigned int i = 0; i < HELD; i++)
			free_pages(held[i], 0);
		give += arch_clock_ns() - t;
	}
	report("alloc_page", alloc, ROUNDS * HELD);
	report("free_page", give, ROUNDS * HELD);
	EXPECT(alloc > 0 && give > 0);
}

static void cost_of_blocks(unsigned int order, const char *alloc_name, const char *free_name)
{
	static struct page *held[HELD];
	u64 alloc = 0, give = 0;
	bool all = true;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		u64 t = arch_clock_ns();

		for (unsigned int i = 0; i < HELD; i++)
			held[i] = alloc_pages(GFP_KERNEL, order);
		alloc += arch_clock_ns() - t;
		for (unsigned int i = 0; i < HELD; i++)
			all &= held[i] != NULL;
		t = arch_clock_ns();
		for (unsigned int i = 0; i < HELD; i++)
			if (held[i])
				free_pages(held[i], order);
		give += arch_clock_ns() - t;
	}
	report(alloc_name, alloc, ROUNDS * HELD);
	report(free_name, give, ROUNDS * HELD);
	EXPECT(all);
}

KTEST(cost_of_blocks_of_eight_pages)	{ cost_of_blocks(3, "alloc_pages order 3", "free_pages order 3"); }
