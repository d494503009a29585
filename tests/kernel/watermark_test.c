/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/watermark_test.c - who may take the last pages (mm/zone.c, A3 of mm/page_alloc.c)
 *
 * Each test takes all that one kind of caller gets, and looks at what is left in every zone.
 */
#include <kernel/ipi.h>
#include <kernel/ktest.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <kernel/wait.h>
#include <mm/page_alloc.h>
#include <mm/vmstat.h>
#include <mm/zone.h>
#include "../../mm/mm_phys.h"

static DEFINE_WAIT_QUEUE(traders_wait);

#define BIG_MACHINE	(1UL << 30 >> PAGE_SHIFT)

/* The zones that GFP_KERNEL may use: HIGHMEM is not on its way. */
#define for_each_low_zone(z)	for_each_populated_zone(z) if (zone_type(z) == ZONE_HIGHMEM) { } else

static bool too_big(void)
{
	if (zone_managed_pages() > BIG_MACHINE)
		ktest_skip("debug builds take minutes to poison this much memory");
	return zone_managed_pages() > BIG_MACHINE;
}

static unsigned long take_all(gfp_t gfp, struct list_head *held)
{
	unsigned long n = 0;
	struct page *p;

	while ((p = alloc_page(gfp | __GFP_NOWARN))) {
		list_add(&p->lru, held);
		n++;
	}
	return n;
}

static void give_back(struct list_head *held)
{
	struct page *p, *next;

	list_for_each_entry_safe(p, next, held, lru) {
		list_del(&p->lru);
		put_page(p);
	}
}

static unsigned long all_free(void)
{
	page_alloc_drain();
	return nr_free_pages();
}

/* What A3 leaves in @z to a caller with @gfp. */
static unsigned long must_stay(const struct zone *z, gfp_t gfp)
{
	unsigned long min = z->watermark[WMARK_MIN];

	if (gfp & __GFP_MEMALLOC)
		return 0;
	if (gfp & __GFP_HIGH)
		min -= min / 2;
	if ((gfp & __GFP_HIGH) && !(gfp & __GFP_RECLAIM))
		min -= min / 4;
	return min + z->lowmem_reserve[gfp_zone(gfp)];
}

static void exhaust_and_compare(gfp_t gfp)
{
	unsigned long before = all_free(), had[NR_ZONE_IDS];
	LIST_HEAD(held);
	struct zone *z;

	if (too_big())
		return;
	for_each_zone(z)
		had[z->id] = z->nr_free;
	EXPECT(take_all(gfp, &held) > 0);
	for_each_low_zone(z)
		if (zone_type(z) <= gfp_zone(gfp))
			EXPECT_EQ(z->nr_free, min(had[z->id], must_stay(z, gfp)));
	give_back(&held);
	EXPECT_EQ(all_free(), before);
	buddy_check();
}

KTEST(watermark_kernel_callers_stop_at_min)	{ exhaust_and_compare(GFP_KERNEL); }
KTEST(watermark_nowait_callers_stop_at_min)	{ exhaust_and_compare(GFP_NOWAIT); }
KTEST(watermark_high_callers_stop_at_half_of_min)	{ exhaust_and_compare(GFP_NFS); }
KTEST(watermark_atomic_callers_stop_at_three_eighths_of_min)	{ exhaust_and_compare(GFP_ATOMIC); }
KTEST(watermark_memalloc_callers_get_the_last_page)	{ exhaust_and_compare(__GFP_MEMALLOC | GFP_KERNEL); }
KTEST(watermark_dma32_callers_leave_no_lowmem_reserve)	{ exhaust_and_compare(GFP_KERNEL | __GFP_DMA32); }
KTEST(watermark_historic_names_behave_as_their_modern_ones)
{
	EXPECT_EQ(GFP_BUFFER, GFP_NOIO);
	EXPECT_EQ(GFP_NFS & ~__GFP_HIGH, GFP_NOFS);
}

KTEST(watermark_blocks_stop_at_min_too)
{
	unsigned long before = all_free(), kept = 0;
	LIST_HEAD(held);
	struct page *p, *next;
	struct zone *z;

	if (too_big())
		return;
	while ((p = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 3)))
		list_add(&p->lru, &held);
	for_each_low_zone(z) {
		EXPECT(z->nr_free >= must_stay(z, GFP_KERNEL));
		kept += z->nr_free;
	}
	EXPECT(kept < before / 4);
	list_for_each_entry_safe(p, next, &held, lru) {
		list_del(&p->lru);
		free_pages(p, 3);
	}
	EXPECT_EQ(all_free(), before);
	buddy_check();
}

/* The reserve was used up by atomic callers; what is freed fills it before anybody else gets a page. */
KTEST(watermark_reserve_is_topped_up_before_kernel_callers_get_pages)
{
	unsigned long before = all_free(), reserve = 0;
	LIST_HEAD(held);
	LIST_HEAD(atomic);
	struct zone *z;

	if (too_big())
		return;
	take_all(GFP_KERNEL, &held);
	reserve = take_all(GFP_ATOMIC, &atomic);
	EXPECT(reserve > 0);
	for (unsigned long i = 0; i < reserve; i++) {
		struct page *p = list_first_entry(&atomic, struct page, lru);

		EXPECT(alloc_page(GFP_KERNEL | __GFP_NOWARN) == NULL);
		list_del(&p->lru);
		put_page(p);
	}
	for_each_low_zone(z)
		EXPECT_EQ(z->nr_free, must_stay(z, GFP_KERNEL));
	give_back(&held);
	EXPECT_EQ(all_free(), before);
}

KTEST(watermark_lists_close_under_pressure_and_open_again)
{
	struct page *p = too_big() ? NULL : alloc_page(GFP_KERNEL);
	LIST_HEAD(held);
	struct zone *z;

	if (too_big())
		return;
	REQUIRE(p);
	z = page_zone(p);
	take_all(GFP_KERNEL, &held);
	EXPECT(z->lists_closed);
	free_pages(p, 0);
	EXPECT_EQ(pcp_pages(), 0);
	give_back(&held);
	EXPECT(!z->lists_closed);
	EXPECT_EQ(this_cpu_var(pcplists).list[z->id].high, PCP_HIGH * pcp_batch);
}

KTEST(watermark_min_free_kbytes_moves_every_mark)
{
	unsigned long old = min_free_kbytes, low[NR_ZONE_IDS];
	struct zone *z;

	for_each_zone(z)
		low[z->id] = z->watermark[WMARK_LOW];
	zone_set_min_free(2 * old);
	for_each_low_zone(z)
		EXPECT(z->watermark[WMARK_LOW] >= low[z->id]);
	zone_set_min_free(~0UL >> 4);
	EXPECT(min_free_kbytes <= zone_managed_pages() << (PAGE_SHIFT - 10));
	zone_set_min_free(0);
	EXPECT_EQ(min_free_kbytes, old);
	for_each_zone(z)
		EXPECT_EQ(z->watermark[WMARK_LOW], low[z->id]);
}

/* A block that cannot be had though there are pages enough is no reason to take the lists away. */
KTEST(watermark_lists_stay_open_when_memory_is_only_in_pieces)
{
	unsigned long before = all_free(), n = 0;
	struct page *p, *next;
	LIST_HEAD(held);
	LIST_HEAD(odd);
	struct zone *z;

	if (too_big())
		return;
	take_all(GFP_KERNEL, &held);
	list_for_each_entry_safe(p, next, &held, lru)
		if (page_to_pfn(p) % 2)
			list_move(&p->lru, &odd);
	give_back(&odd);
	page_alloc_drain();
	EXPECT(alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER) == NULL);
	for_each_low_zone(z) {
		if (z->nr_free <= z->watermark[WMARK_HIGH] + z->lowmem_reserve[ZONE_NORMAL] + (1UL << MAX_ORDER))
			continue;
		EXPECT(!z->lists_closed);
		n++;
	}
	EXPECT(n > 0);
	give_back(&held);
	EXPECT_EQ(all_free(), before);
	buddy_check();
}

/* ---- two CPUs, one closes and one opens ---- */

#define SWITCHES	5000U

static struct { struct zone *zone; atomic_t at; atomic_t finished; } door;

static void open_again(struct zone *z)
{
	unsigned long flags;

	spin_lock_irqsave(&z->lock, flags);
	pcp_open_lists(z);
	spin_unlock_irqrestore(&z->lock, flags);
}

/* Two CPUs come here together, twice a round. */
static void meet(unsigned int n)
{
	atomic_inc(&door.at);
	while ((unsigned int)atomic_read(&door.at) < 2 * n)
		arch_cpu_relax();
}

static void keep_closing(void *arg)
{
	for (unsigned int i = 0; i < SWITCHES; i++) {
		meet(2 * i + 1);
		pcp_close_lists(door.zone);
		meet(2 * i + 2);
	}
	atomic_inc(&door.finished);
	wake_up_all(&traders_wait);
}

static bool lists_agree(const struct zone *z)
{
	unsigned int cpu, high = z->lists_closed ? 0 : PCP_HIGH * pcp_batch;
	bool agree = true;

	for_each_online_cpu(cpu)
		agree &= per_cpu(pcplists, cpu).list[z->id].high == high;
	return agree;
}

KTEST(watermark_lists_that_two_cpus_close_and_open_are_closed_or_open)
{
	struct cpumask last = { 1UL << (nr_cpus - 1) }, first = { 1 }, old = current->affinity;
	struct page *p = alloc_page(GFP_KERNEL);
	unsigned int torn = 0;
	struct thread *t;

	REQUIRE(p);
	door.zone = page_zone(p);
	free_pages(p, 0);
	if (nr_cpus < 2) {
		ktest_skip("one CPU");
		return;
	}
	atomic_set(&door.at, 0);
	atomic_set(&door.finished, 0);
	EXPECT_EQ(thread_set_affinity(current, &first), 0);
	schedule();
	t = kthread_create(keep_closing, NULL, "door");
	REQUIRE(t);
	EXPECT_EQ(thread_set_affinity(t, &last), 0);
	thread_wake(t);
	for (unsigned int i = 0; i < SWITCHES; i++) {
		meet(2 * i + 1);
		open_again(door.zone);
		meet(2 * i + 2);
		torn += !lists_agree(door.zone);
		open_again(door.zone);
	}
	wait_event(traders_wait, atomic_read(&door.finished) == 1);
	EXPECT_EQ(torn, 0);
	open_again(door.zone);
	EXPECT_EQ(thread_set_affinity(current, &old), 0);
}

/* ---- interrupts under pressure ---- */

#define TICKS	200U

static struct { struct timer timer; struct list_head pages; unsigned int ticks, got; } irq;

static void tick(struct timer *t)
{
	struct page *p = alloc_page(GFP_ATOMIC | __GFP_NOWARN);

	irq.ticks++;
	if (p) {
		irq.got++;
		if (irq.ticks % 2)
			list_add(&p->lru, &irq.pages);
		else
			free_pages(p, 0);
	}
	if (irq.ticks < TICKS)
		timer_arm(t, arch_clock_ns() + 20000);
}

KTEST(atomic_allocations_from_interrupts_succeed_when_kernel_callers_fail)
{
	unsigned long before = all_free();
	LIST_HEAD(held);

	if (too_big())
		return;
	INIT_LIST_HEAD(&irq.pages);
	irq.ticks = irq.got = 0;
	timer_setup(&irq.timer, tick);
	take_all(GFP_KERNEL, &held);
	timer_arm(&irq.timer, arch_clock_ns());
	while (READ_ONCE(irq.ticks) < TICKS) {
		struct page *p = alloc_page(GFP_KERNEL | __GFP_NOWARN);

		if (p)
			list_add(&p->lru, &held);
		if (!list_empty(&held)) {
			p = list_first_entry(&held, struct page, lru);
			list_del(&p->lru);
			put_page(p);
		}
		schedule();
	}
	timer_cancel(&irq.timer);
	EXPECT_EQ(irq.got, TICKS);
	give_back(&held);
	give_back(&irq.pages);
	EXPECT_EQ(all_free(), before);
	buddy_check();
}

/* ---- every CPU frees what another one took ---- */

#define BOXES		64U
#define ROUNDS		20000U

static struct page *boxes[BOXES];
static atomic_t traders;

static void trade(void *arg)
{
	u64 seed = (unsigned long)arg;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct page *p = alloc_page(GFP_KERNEL | __GFP_NOWARN);

		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		p = __atomic_exchange_n(&boxes[seed >> 40 & (BOXES - 1)], p, __ATOMIC_ACQ_REL);
		if (p)
			free_pages(p, 0);
		if (i % 1024 == 0)
			schedule();
	}
	atomic_dec(&traders);
	wake_up_all(&traders_wait);
}

KTEST(page_alloc_all_cpus_free_each_others_pages)
{
	unsigned long before = all_free();

	atomic_set(&traders, (int)nr_cpus);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct cpumask only = { 1UL << cpu };
		struct thread *t = kthread_create(trade, (void *)(ktest_random() | 1), "trade");

		REQUIRE(t);
		EXPECT_EQ(thread_set_affinity(t, &only), 0);
		thread_wake(t);
	}
	wait_event(traders_wait, atomic_read(&traders) == 0);
	for (unsigned int i = 0; i < BOXES; i++) {
		if (boxes[i])
			free_pages(boxes[i], 0);
		boxes[i] = NULL;
	}
	buddy_check();
	EXPECT(all_free() + 16 * nr_cpus >= before);	/* the threads' stacks may still be cached */
}
