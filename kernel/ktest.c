/* SPDX-License-Identifier: MIT */
/*
 * kernel/ktest.c - tests that run inside the kernel, in an order that the seed decides
 *
 * THE PICTURE    .rodata: __ktest_start [ name, file, fn ] ... __ktest_end     one entry per KTEST()
 *                `ktest`            all of them, shuffled by a seed from the clock, printed
 *                `ktest=cow seed=7` those whose name or file contains "cow", in the order of seed 7
 *
 * ALWAYS TRUE    K1  each test gives back every page it took: free pages before == after, else it fails.
 *                K2  the validators of the allocators run after each test.
 *
 * Output is KTAP (version 1), read by scripts/test.py.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/ktest.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/ledger.h>
#include <mm/page_alloc.h>
#include <mm/page_owner.h>
#include <mm/slab.h>
#include <mm/vmstat.h>

#if CONFIG_KTEST

#define MAX_TESTS	1024
#define QUIET_TRIES	50
#define LEAK_SITES	3
#define QUIET_STEP_NS	2000000ULL

extern const struct ktest __ktest_start[], __ktest_end[];

static const struct ktest *order[MAX_TESTS];
static unsigned int nr_tests;
static unsigned int failures_of_test;
static const char *skip_reason;
static u64 random_state;

u64 ktest_random(void)
{
	/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators" */
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dULL;
}

void ktest_fail(const char *file, int line, const char *fmt, ...)
{
	char msg[160];
	va_list args;

	va_start(args, fmt);
	vscnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	failures_of_test++;
	printk("# %s:%d: expected %s\n", file, line, msg);
}

void ktest_skip(const char *why)
{
	skip_reason = why;
}

static bool selected(const struct ktest *t)
{
	const char *filter = boot_params.ktest_filter;

	return !filter[0] || strstr(t->name, filter) || strstr(t->file, filter);
}

static void collect_and_shuffle(void)
{
	for (const struct ktest *t = __ktest_start; t < __ktest_end && nr_tests < MAX_TESTS; t++)
		if (selected(t))
			order[nr_tests++] = t;
	for (unsigned int i = nr_tests; i > 1; i--) {
		unsigned int j = (unsigned int)(ktest_random() % i);
		const struct ktest *swap = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swap;
	}
}

/* Free pages once caches that keep pages on purpose are emptied. */
static unsigned long settled_free_pages(void)
{
	ledger_settle();
	return nr_free_pages() + (unsigned long)vm_state_sum(nr_kernel_stack_pages) + slab_pages() +
	       (unsigned long)vm_state_sum(nr_kernel_table_pages);
}

/* Threads that a test started end on other CPUs after it: give their memory time to come back. */
static unsigned long free_pages_after(unsigned long before)
{
	unsigned long now = settled_free_pages();

	for (unsigned int i = 0; i < QUIET_TRIES && now < before; i++) {
		sleep_until(arch_clock_ns() + QUIET_STEP_NS);
		now = settled_free_pages();
	}
	return now;
}

static void print_line(const char *line, void *arg)
{
	printk("# %s", line);
}

/* K1. In debug builds what @t took and did not give back has names. */
static void check_memory(const struct ktest *t, unsigned long before, u32 mark)
{
	unsigned long after = free_pages_after(before);
	bool balanced = ledger_check();

	if (after < before)
		ktest_fail(t->file, 0, "no leak: %lu pages free before, %lu after", before, after);
	if (!balanced)
		ktest_fail(t->file, 0, "every page in the ledger");
	if (after < before || !balanced)
		page_owner_report(mark, LEAK_SITES, print_line, NULL);
	buddy_check();
	slab_check();
}

static bool run_one(unsigned int number, const struct ktest *t)
{
	unsigned long before = settled_free_pages();
	u32 mark = page_owner_mark();

	failures_of_test = 0;
	skip_reason = NULL;
	t->fn();
	check_memory(t, before, mark);
	if (skip_reason)
		printk("ok %u - %s # SKIP %s\n", number, t->name, skip_reason);
	else
		printk("%sok %u - %s\n", failures_of_test ? "not " : "", number, t->name);
	return failures_of_test == 0;
}

/* One line, which scripts/test.py repeats. */
static void print_ledger(void)
{
	struct ledger l;

	ledger_settle();
	ledger_read(&l);
	printk("# ledger: %ld pages, %ld free, %ld unaccounted\n", l.total, l.counted[LEDGER_BUDDY],
	       ledger_unaccounted(&l));
}

unsigned int ktest_run_all(void)
{
	unsigned int failed = 0;

	random_state = boot_params.seed ? boot_params.seed : arch_clock_realtime_ns() | 1;
	printk("KTAP version 1\n# seed=%llu repeats this order\n", (unsigned long long)random_state);
	collect_and_shuffle();
	printk("1..%u\n", nr_tests);
	for (unsigned int i = 0; i < nr_tests; i++)
		failed += !run_one(i + 1, order[i]);
	printk("# %u passed, %u failed\n", nr_tests - failed, failed);
	print_ledger();
	return failed;
}

#endif
