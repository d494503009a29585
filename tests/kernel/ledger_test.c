/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/ledger_test.c - the ledger, who owns a page, and allocations that fail on purpose
 *
 * Not one of these tests leaves anything armed: ktest's own look at the ledger comes after each.
 */
#include <kernel/ktest.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <lib/string.h>
#include <mm/fault_inject.h>
#include <mm/ledger.h>
#include <mm/mm.h>
#include <mm/page_alloc.h>
#include <mm/page_owner.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <uapi/errno.h>

/* ---- the ledger ---- */

static void read_quietly(struct ledger *l)
{
	ledger_settle();
	ledger_read(l);
}

KTEST(ledger_columns_agree_and_add_up_at_a_quiet_moment)
{
	struct ledger l;
	long sum = 0;

	read_quietly(&l);
	for (unsigned int i = 0; i < NR_LEDGER; i++) {
		EXPECT_EQ(l.counted[i], l.scanned[i]);
		sum += l.scanned[i];
	}
	EXPECT_EQ(sum, l.total);
	EXPECT_EQ(ledger_unaccounted(&l), 0);
	EXPECT_EQ(l.lost, 0);
}

/* Both columns of @class, and nothing else in use, grow by @pages when @take runs. */
static void expect_class_grows(enum ledger_class class, long pages, void *(*take)(void), void (*give)(void *))
{
	struct ledger before, now;
	void *p;

	read_quietly(&before);
	p = take();
	REQUIRE(p);
	read_quietly(&now);
	EXPECT_EQ(now.counted[class], before.counted[class] + pages);
	EXPECT_EQ(now.scanned[class], before.scanned[class] + pages);
	EXPECT_EQ(ledger_unaccounted(&now), 0);
	EXPECT_EQ(now.lost, 0);
	give(p);
}

static void *take_page(void) { return get_free_page(GFP_KERNEL); }
static void *take_block(void) { return kmalloc(5 * PAGE_SIZE, GFP_KERNEL); }
static void give_block(void *p) { kfree(p); }
static void *take_area(void) { return vmalloc(3 * PAGE_SIZE); }
static void give_area(void *p) { vfree(p); }

KTEST(ledger_counts_a_page_a_kmalloc_block_and_a_vmalloc_area_in_their_classes)
{
	expect_class_grows(LEDGER_KERNEL, 1, take_page, free_page_va);
	expect_class_grows(LEDGER_KMALLOC, 8, take_block, give_block);
	expect_class_grows(LEDGER_VMALLOC, 3, take_area, give_area);
}

KTEST(ledger_misses_a_page_whose_owner_forgot_it)
{
	struct page *p = alloc_page(GFP_KERNEL);
	struct ledger l;

	REQUIRE(p);
	read_quietly(&l);
	EXPECT_EQ(ledger_unaccounted(&l), 1);
	EXPECT_EQ(l.lost, 1);
	free_pages(p, 0);
	read_quietly(&l);
	EXPECT_EQ(ledger_unaccounted(&l), 0);
	EXPECT_EQ(l.lost, 0);
}

static void last_line(const char *line, void *arg)
{
	strscpy(arg, line, 160);
}

KTEST(ledger_last_line_names_the_class_that_is_off)
{
	struct page *p = alloc_page(GFP_KERNEL);
	struct ledger l;
	char text[160];

	REQUIRE(p);
	ledger_mark(p, LEDGER_PIPE);		/* and not counted: the books differ */
	read_quietly(&l);
	EXPECT(!ledger_print(&l, last_line, text));
	EXPECT(strstr(text, "1 unaccounted") && strstr(text, "pipes -1"));
	free_pages(p, 0);
	read_quietly(&l);
	EXPECT(ledger_print(&l, last_line, text));
	EXPECT_EQ(strcmp(text, "balanced\n"), 0);
}

/* ---- who owns a page ---- */

static noinline struct page *page_taken_by_this_function(void)
{
	struct page *p = alloc_page(GFP_KERNEL);

	barrier();
	return p;
}

static void find_name(const char *line, void *arg)
{
	if (strstr(line, "page_taken_by_this_function"))
		*(bool *)arg = true;
}

KTEST(page_owner_names_the_function_that_took_a_page_until_it_is_freed)
{
	u32 mark = page_owner_mark();
	bool found = false;
	struct page *p;

	if (!page_owners) {
		ktest_skip("page_owner is off");
		return;
	}
	p = page_taken_by_this_function();
	REQUIRE(p);
	EXPECT(page_owner_report(mark, ~0u, find_name, &found) >= 1);
	EXPECT(found);
	free_pages(p, 0);
	found = false;
	EXPECT(page_owner_report(mark, ~0u, find_name, &found) >= 0);
	EXPECT(!found);
}

/* ---- failing on purpose ---- */

static void arm_nth(unsigned int n)
{
	fault_arm();
	current->fail_nth = n;
}

static unsigned int disarm_nth(void)
{
	unsigned int left = current->fail_nth;

	current->fail_nth = 0;
	fault_disarm();
	return left;
}

KTEST(fail_nth_fails_the_nth_page_and_no_other)
{
	struct page *p[4];

	arm_nth(3);
	for (unsigned int i = 0; i < 4; i++)
		p[i] = alloc_page(GFP_KERNEL);
	EXPECT_EQ(disarm_nth(), 0);
	EXPECT(p[0] && p[1] && !p[2] && p[3]);
	for (unsigned int i = 0; i < 4; i++)
		if (p[i])
			free_pages(p[i], 0);
}

KTEST(fail_nth_fails_the_nth_object_though_the_cpu_has_some_at_hand)
{
	void *o[4];

	kfree(kmalloc(64, GFP_KERNEL));
	arm_nth(2);
	for (unsigned int i = 0; i < 4; i++)
		o[i] = kmalloc(64, GFP_KERNEL);
	EXPECT_EQ(disarm_nth(), 0);
	EXPECT(!o[1] || !o[0]);		/* the first one may have needed a page for its slab */
	EXPECT(o[2] && o[3]);
	for (unsigned int i = 0; i < 4; i++)
		kfree(o[i]);
}

KTEST(fail_nth_fails_blocks_of_any_order)
{
	for (unsigned int order = 0; order <= 3; order++) {
		struct page *p;

		arm_nth(1);
		p = alloc_pages(GFP_KERNEL, order);
		EXPECT_EQ(disarm_nth(), 0);
		EXPECT(!p);
		if (p)
			free_pages(p, order);
	}
}

KTEST(fail_nth_does_not_count_interrupts_or_those_that_free_memory)
{
	struct page *p;

	arm_nth(1);
	p = alloc_page(GFP_KERNEL | __GFP_MEMALLOC);
	EXPECT(p);
	if (p)
		free_pages(p, 0);
	this_cpu()->irq_depth++;
	p = alloc_page(GFP_ATOMIC);
	this_cpu()->irq_depth--;
	EXPECT(p);
	if (p)
		free_pages(p, 0);
	EXPECT_EQ(disarm_nth(), 1);
}

KTEST(fault_injection_off_leaves_the_fast_paths_alone)
{
	unsigned long watch = alloc_watch;

	EXPECT(!(watch & WATCH_FAIL));
	arm_nth(5);
	EXPECT(alloc_watch & WATCH_FAIL);
	fault_arm();
	fault_disarm();
	EXPECT(alloc_watch & WATCH_FAIL);
	disarm_nth();
	EXPECT_EQ(alloc_watch, watch);
}

/* How many of @n pages of order 0 the attribute fails. */
static unsigned int pages_refused(unsigned int n, gfp_t gfp)
{
	unsigned int refused = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct page *p = alloc_page(gfp);

		refused += !p;
		if (p)
			free_pages(p, 0);
	}
	return refused;
}

static void set_attr(const struct fault_attr *like)
{
	const struct fault_attr old = fail_page_alloc;

	fail_page_alloc = *like;
	fail_page_alloc.armed = old.armed;
	fault_attr_update(&fail_page_alloc);
}

KTEST(fail_page_alloc_obeys_interval_space_times_and_its_filters)
{
	const struct fault_attr old = fail_page_alloc;
	struct fault_attr a = old;

	a.probability = 100;
	a.task_filter = 1;		/* nobody else on this machine may suffer */
	a.min_order = 0;
	a.ignore_gfp_wait = 0;
	set_attr(&a);
	EXPECT_EQ(pages_refused(20, GFP_KERNEL), 0);
	current->make_it_fail = true;
	EXPECT_EQ(pages_refused(20, GFP_KERNEL), 20);
	a.interval = 5;
	set_attr(&a);
	EXPECT_EQ(pages_refused(20, GFP_KERNEL), 4);
	a.interval = 1;
	a.times = 7;
	set_attr(&a);
	EXPECT_EQ(pages_refused(20, GFP_KERNEL), 7);
	a.times = -1;
	a.space = 6 * PAGE_SIZE;
	set_attr(&a);
	EXPECT_EQ(pages_refused(20, GFP_KERNEL), 14);
	a.space = 0;
	a.ignore_gfp_wait = 1;
	set_attr(&a);
	EXPECT_EQ(pages_refused(20, GFP_KERNEL), 0);
	EXPECT_EQ(pages_refused(20, GFP_NOWAIT), 20);
	a.min_order = 1;
	set_attr(&a);
	EXPECT_EQ(pages_refused(20, GFP_NOWAIT), 0);
	current->make_it_fail = false;
	set_attr(&old);
	EXPECT(!(alloc_watch & WATCH_FAIL));
}

#define FAILURES	30000U

static atomic_t refusals, refusers, ready;
static DEFINE_WAIT_QUEUE(refusers_wait);

static void ask_for_pages(void *arg)
{
	atomic_inc(&ready);
	while ((unsigned int)atomic_read(&ready) < nr_cpus)
		arch_cpu_relax();		/* all at once, or nobody loses anything */
	for (unsigned int i = 0; i < FAILURES; i++)
		if (fail_page(GFP_KERNEL, 0))
			atomic_inc(&refusals);
	fault_was_injected();
	atomic_dec(&refusers);
	wake_up_all(&refusers_wait);
}

/* Nothing is armed: only those who ask themselves are refused. */
KTEST(fail_page_alloc_times_is_exact_when_all_cpus_fail_at_once)
{
	const struct fault_attr old = fail_page_alloc;
	struct thread *t[NR_CPUS];

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		t[cpu] = kthread_create(ask_for_pages, NULL, "ktest");
		REQUIRE(t[cpu]);
	}
	fail_page_alloc.probability = 100;
	fail_page_alloc.ignore_gfp_wait = fail_page_alloc.min_order = 0;
	fail_page_alloc.times = FAILURES;
	atomic_set(&refusals, 0);
	atomic_set(&ready, 0);
	atomic_set(&refusers, (int)nr_cpus);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct cpumask only = { 1UL << cpu };

		EXPECT_EQ(thread_set_affinity(t[cpu], &only), 0);
		thread_wake(t[cpu]);
	}
	wait_event(refusers_wait, atomic_read(&refusers) == 0);
	EXPECT_EQ(atomic_read(&refusals), FAILURES);
	EXPECT_EQ(fail_page_alloc.times, 0);
	fail_page_alloc = old;
}

KTEST(fault_attr_takes_four_numbers_and_nothing_else)
{
	struct fault_attr a = { .interval = 9 };

	EXPECT(fault_attr_parse(&a, "2,50,4096,-1"));
	EXPECT(a.interval == 2 && a.probability == 50 && a.space == 4096 && a.times == -1);
	EXPECT(!fault_attr_parse(&a, ""));
	EXPECT(!fault_attr_parse(&a, "1,2,3"));
	EXPECT(!fault_attr_parse(&a, "1,2,3,4,5"));
	EXPECT(!fault_attr_parse(&a, "1,101,0,1"));
	EXPECT(!fault_attr_parse(&a, "0,1,0,1"));
	EXPECT(!fault_attr_parse(&a, "1,x,0,1"));
	EXPECT(!fault_attr_parse(&a, "1,,0,1"));
	EXPECT(a.interval == 2 && a.probability == 50);
}

/* ---- kernel functions, every allocation of which fails once: ktest's leak check is the judge ---- */

static void fail_each(bool (*fn)(void))
{
	unsigned int left = 0, n;

	for (n = 1; n < 1000 && !left; n++) {
		bool ok;

		arm_nth(n);
		ok = fn();
		left = disarm_nth();
		EXPECT(ok || !left);
	}
	EXPECT(left && n > 2);
}

static bool use_vmalloc(void)
{
	void *p = vmalloc(5 * PAGE_SIZE);

	vfree(p);
	return p;
}

static bool use_cache(void)
{
	struct kmem_cache *c = kmem_cache_create("ktest-failing", 200, 0, 0, NULL);
	void *o = c ? kmem_cache_alloc(c, GFP_KERNEL) : NULL;

	if (o)
		kmem_cache_free(c, o);
	if (c)
		EXPECT_EQ(kmem_cache_destroy(c), 0);
	return o;
}

static bool use_address_space(void)
{
	struct mm_struct *mm = mm_alloc();

	if (mm)
		mmput(mm);
	return mm;
}

static void nothing(void *arg)
{
}

static bool use_thread(void)
{
	struct thread *t = kthread_create(nothing, NULL, "ktest-failing");

	if (t)
		thread_wake(t);
	return t;
}

KTEST(vmalloc_loses_nothing_whichever_allocation_fails)
{
	fail_each(use_vmalloc);
}

KTEST(slab_cache_loses_nothing_whichever_allocation_fails)
{
	fail_each(use_cache);
}

KTEST(address_space_loses_nothing_whichever_allocation_fails)
{
	fail_each(use_address_space);
}

KTEST(kernel_thread_loses_nothing_whichever_allocation_fails)
{
	fail_each(use_thread);
}
