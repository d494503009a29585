/* SPDX-License-Identifier: MIT */
/*
 * highmem_test.c - addresses for pages that the direct map does not reach (mm/highmem.c)
 *
 * The slots are tried with pages of low memory too, so most tests run on every machine of a KTEST build.
 */
#include <kernel/ipi.h>
#include <kernel/ktest.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/wait.h>
#include <mm/fixmap.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <mm/vmalloc.h>
#include <mm/vmstat.h>
#include <mm/zone.h>

#define NPAGES	6

/* @n pages that start with the word 0x1000 + i; false and nothing taken: no memory. */
static bool get_pages(struct page **pages, unsigned long n, gfp_t gfp)
{
	if (alloc_pages_bulk(gfp, (unsigned int)n, pages) != n)
		return false;
	for (unsigned long i = 0; i < n; i++) {
		unsigned long word = 0x1000 + i;

		memcpy_to_page(pages[i], 0, &word, sizeof(word));
	}
	return true;
}

static void put_pages(struct page **pages, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		free_pages(pages[i], 0);
}

static unsigned long word_at(const void *va)
{
	return *(const volatile unsigned long *)va;
}

static bool shows_nothing(const void *va)
{
	return pte_none(ptep_get(kernel_pte_lookup((unsigned long)va)));
}

static void *map_local(struct page *page)
{
	return kmap_local_pfn(page_to_pfn(page), PAGE_KERNEL);
}

/* ---- local slots ---- */

KTEST(kmap_local_slots_nest_and_each_shows_its_page)
{
	struct page *pages[NPAGES];
	void *va[NPAGES];

	REQUIRE(get_pages(pages, NPAGES, GFP_HIGHUSER));
	for (unsigned int i = 0; i < NPAGES; i++) {
		va[i] = map_local(pages[i]);
		EXPECT(is_fixmap_addr(va[i]));
		EXPECT(kmap_to_page(va[i]) == pages[i]);
	}
	for (unsigned int i = 0; i < NPAGES; i++)
		EXPECT_EQ(word_at(va[i]), 0x1000 + i);
	for (unsigned int i = NPAGES; i-- > 0;) {
		kunmap_local_slow(va[i]);
		EXPECT(shows_nothing(va[i]));
	}
	put_pages(pages, NPAGES);
}

KTEST(kmap_local_slot_is_flushed_before_it_shows_another_page)
{
	struct page *pages[2];
	void *first = NULL;

	REQUIRE(get_pages(pages, 2, GFP_HIGHUSER));
	for (unsigned int i = 0; i < 10; i++) {
		void *va = map_local(pages[i % 2]);

		first = first ? first : va;
		EXPECT(va == first);
		EXPECT_EQ(word_at(va), 0x1000 + i % 2);
		kunmap_local_slow(va);
	}
	put_pages(pages, 2);
}

static struct page *cpu_pages[NR_CPUS];
static void *cpu_va[NR_CPUS];
static unsigned long cpu_word[NR_CPUS];

static void map_mine(void *arg)
{
	unsigned int cpu = smp_processor_id();
	void *va = map_local(cpu_pages[cpu]);

	cpu_va[cpu] = va;
	cpu_word[cpu] = word_at(va);
	kunmap_local_slow(va);
}

KTEST(kmap_local_slots_belong_to_one_cpu)
{
	REQUIRE(get_pages(cpu_pages, nr_cpus, GFP_HIGHUSER));
	ipi_call_all(map_mine, NULL);
	for (unsigned int i = 0; i < nr_cpus; i++) {
		EXPECT_EQ(cpu_word[i], 0x1000 + i);
		for (unsigned int j = 0; j < i; j++)
			EXPECT(cpu_va[i] != cpu_va[j]);
	}
	put_pages(cpu_pages, nr_cpus);
}

KTEST(kmap_local_in_an_interrupt_leaves_the_interrupted_mapping_alone)
{
	struct page *pages[2];
	void *va;

	REQUIRE(get_pages(pages, 2, GFP_HIGHUSER));
	for (unsigned int i = 0; i < nr_cpus; i++)
		cpu_pages[i] = pages[1];
	va = map_local(pages[0]);
	ipi_call_all(map_mine, NULL);	/* here too, above the mapping we hold */
	EXPECT(cpu_va[smp_processor_id()] != va);
	EXPECT_EQ(word_at(va), 0x1000);
	kunmap_local_slow(va);
	put_pages(pages, 2);
}

KTEST(kmap_local_page_of_low_memory_is_its_direct_map_address)
{
	struct page *page = alloc_page(GFP_KERNEL);
	void *va;

	REQUIRE(page);
	EXPECT(!PageHighMem(page));
	va = kmap_local_page(page);
	EXPECT(va == page_address(page));
	EXPECT(kmap_to_page(va) == page);
	kunmap_local(va);
	EXPECT(kmap(page) == page_address(page));
	kunmap(page);
	free_pages(page, 0);
}

/* ---- slots for all ---- */

KTEST(kmap_shares_a_slot_among_users_of_a_page_and_keeps_it_for_the_next)
{
	struct page *page;
	unsigned long maps;
	void *va;

	REQUIRE(get_pages(&page, 1, GFP_HIGHUSER));
	va = kmap_high(page);
	maps = vm_event_sum(kmaps);
	EXPECT(kmap_to_page(va) == page);
	EXPECT(kmap_high(page) == va);
	kunmap_high(page);
	EXPECT_EQ(word_at(va), 0x1000);
	kunmap_high(page);
	EXPECT(kmap_high(page) == va);		/* unused, not forgotten */
	EXPECT_EQ(word_at(va), 0x1000);
	kunmap_high(page);
	EXPECT_EQ(vm_event_sum(kmaps), maps);
	put_pages(&page, 1);
}

static const void *look_at;

static void look(void *arg)
{
	cpu_word[smp_processor_id()] = word_at(look_at);
}

/* What every CPU sees at @va is @word. */
static bool all_see(const void *va, unsigned long word)
{
	bool same = true;

	look_at = va;
	ipi_call_all(look, NULL);
	for (unsigned int i = 0; i < nr_cpus; i++)
		same &= cpu_word[i] == word;
	return same;
}

KTEST(kmap_slot_shows_another_page_only_after_every_cpu_has_flushed)
{
	unsigned int limit = pkmap_set_limit(3);
	unsigned long flushes = vm_event_sum(kmap_flushes);
	struct page *pages[NPAGES];
	unsigned long reused = 0;
	void *seen[NPAGES];

	REQUIRE(get_pages(pages, NPAGES, GFP_HIGHUSER));
	for (unsigned int i = 0; i < NPAGES; i++) {
		seen[i] = kmap_high(pages[i]);
		EXPECT(all_see(seen[i], 0x1000 + i));
		kunmap_high(pages[i]);
		for (unsigned int j = 0; j < i; j++)
			reused += seen[j] == seen[i];
	}
	EXPECT(reused > 0);
	EXPECT(vm_event_sum(kmap_flushes) - flushes <= NPAGES / 3 + 1);	/* one for many */
	pkmap_set_limit(limit);
	put_pages(pages, NPAGES);
}

static DEFINE_WAIT_QUEUE(done_wait);
static atomic_t done;
static struct page *wanted;
static void *volatile got;

static void run_finished(void)
{
	atomic_inc(&done);
	wake_up_all(&done_wait);
}

static void map_wanted(void *arg)
{
	got = kmap_high(wanted);
	kunmap_high(wanted);
	run_finished();
}

static bool run(void (*fn)(void *), void *arg)
{
	struct thread *t = kthread_create(fn, arg, "ktest");

	if (t)
		thread_wake(t);
	return t != NULL;
}

static void wait_for_runs(int n)
{
	wait_event(done_wait, atomic_read(&done) == n);
	atomic_set(&done, 0);
}

KTEST(kmap_waits_for_a_slot_and_is_woken)
{
	unsigned int limit = pkmap_set_limit(1);
	unsigned long waits = vm_event_sum(kmap_waits);
	struct page *pages[2];
	void *va;

	REQUIRE(get_pages(pages, 2, GFP_HIGHUSER));
	wanted = pages[1];
	got = NULL;
	va = kmap_high(pages[0]);
	if (run(map_wanted, NULL)) {
		while (vm_event_sum(kmap_waits) == waits)
			sleep_until(arch_clock_ns() + 1000000);
		EXPECT(got == NULL);
		EXPECT_EQ(word_at(va), 0x1000);
		kunmap_high(pages[0]);
		wait_for_runs(1);
		EXPECT(got == va);		/* the only slot there is */
	} else {
		kunmap_high(pages[0]);
	}
	pkmap_set_limit(limit);
	put_pages(pages, 2);
}

#define STRESS_THREADS	8
#define STRESS_LOOPS	200

static struct page *stress_pages[NPAGES];
static atomic_t stress_errors;

static void map_at_random(void *arg)
{
	unsigned long x = (unsigned long)arg * 2 + 1;

	for (unsigned int n = 0; n < STRESS_LOOPS; n++) {
		unsigned long i = (x = x * 6364136223846793005UL + 1442695040888963407UL) >> 33;
		struct page *page = stress_pages[i % NPAGES];
		void *va = kmap_high(page);

		if (word_at(va) != 0x1000 + i % NPAGES)
			atomic_inc(&stress_errors);
		if (i % 3 == 0)
			sched_yield_current();
		if (word_at(va) != 0x1000 + i % NPAGES)
			atomic_inc(&stress_errors);
		kunmap_high(page);
	}
	run_finished();
}

KTEST(kmap_by_many_threads_with_few_slots_shows_each_its_page)
{
	unsigned int limit = pkmap_set_limit(3);
	int started = 0;

	atomic_set(&stress_errors, 0);
	REQUIRE(get_pages(stress_pages, NPAGES, GFP_HIGHUSER));
	for (unsigned long i = 0; i < STRESS_THREADS; i++)
		started += run(map_at_random, (void *)(i + ktest_random() % 1000));
	wait_for_runs(started);
	EXPECT_EQ(started, STRESS_THREADS);
	EXPECT_EQ(atomic_read(&stress_errors), 0);
	pkmap_set_limit(limit);
	put_pages(stress_pages, NPAGES);
}

/* ---- the zone ---- */

KTEST(highmem_is_what_lies_beyond_the_direct_map)
{
	struct zone *z;

	for_each_populated_zone(z) {
		bool high = zone_type(z) == ZONE_HIGHMEM;

		EXPECT_EQ(PageHighMem(pfn_to_page(z->start_pfn)), high);
		EXPECT_EQ(PageHighMem(pfn_to_page(z->end_pfn - 1)), high);
		EXPECT(high == (z->start_pfn << PAGE_SHIFT >= lowmem_end));
	}
	if (!highmem_present) {
		ktest_skip("no high memory: boot with highmem=SIZE");
		return;
	}
	EXPECT(kernel_pte_lookup(page_offset + lowmem_end) == NULL ||
	       pte_none(ptep_get(kernel_pte_lookup(page_offset + lowmem_end))));
}

KTEST(highmem_is_preferred_by_user_pages_and_never_given_to_the_kernel)
{
	struct page *pages[64];

	if (!highmem_present) {
		ktest_skip("no high memory: boot with highmem=SIZE");
		return;
	}
	REQUIRE(get_pages(pages, 64, GFP_HIGHUSER | __GFP_ZERO));
	for (unsigned int i = 0; i < 64; i++)
		EXPECT(PageHighMem(pages[i]));
	put_pages(pages, 64);
	REQUIRE(get_pages(pages, 64, GFP_KERNEL));
	for (unsigned int i = 0; i < 64; i++)
		EXPECT(!PageHighMem(pages[i]));
	put_pages(pages, 64);
}

KTEST(highmem_pages_are_cleared_copied_and_keep_their_bytes)
{
	struct page *pages[NPAGES], *copy = alloc_page(GFP_HIGHUSER | __GFP_ZERO);
	unsigned long word = 1;

	REQUIRE(copy && get_pages(pages, NPAGES, GFP_HIGHUSER));
	memcpy_from_page(&word, copy, PAGE_SIZE - sizeof(word), sizeof(word));
	EXPECT_EQ(word, 0);
	memset_page(pages[3], PAGE_SIZE / 2, 0x5a, PAGE_SIZE / 2);
	copy_highpage(copy, pages[3]);
	clear_highpage(pages[3]);
	memcpy_from_page(&word, copy, 0, sizeof(word));
	EXPECT_EQ(word, 0x1003);
	memcpy_from_page(&word, copy, PAGE_SIZE - sizeof(word), sizeof(word));
	EXPECT_EQ(word, 0x5a5a5a5a5a5a5a5aUL);
	memcpy_from_page(&word, pages[3], 0, sizeof(word));
	EXPECT_EQ(word, 0);
	memcpy_from_page(&word, pages[4], 0, sizeof(word));
	EXPECT_EQ(word, 0x1004);
	free_pages(copy, 0);
	put_pages(pages, NPAGES);
}

KTEST(highmem_users_leave_the_kernel_its_low_memory)
{
	struct list_head held;
	struct page *p;
	unsigned long low = 0;

	if (!highmem_present) {
		ktest_skip("no high memory: boot with highmem=SIZE");
		return;
	}
	INIT_LIST_HEAD(&held);
	while ((p = alloc_page(GFP_HIGHUSER | __GFP_NOWARN)))
		list_add(&p->lru, &held);
	for (; low < 256 && (p = alloc_page(GFP_KERNEL | __GFP_NOWARN)); low++)
		list_add(&p->lru, &held);
	EXPECT_EQ(low, 256);
	free_page_list(&held);
	page_alloc_drain();
}

KTEST(memremap_shows_memory_wherever_it_lies)
{
	struct page *page = alloc_page(GFP_HIGHUSER | __GFP_ZERO);
	unsigned long *va, word;

	REQUIRE(page);
	va = memremap(page_to_phys(page) + 8, 16);
	REQUIRE(va);
	EXPECT_EQ(is_vmalloc_addr(va), PageHighMem(page));
	*va = 77;
	memcpy_from_page(&word, page, 8, sizeof(word));
	EXPECT_EQ(word, 77);
	memunmap(va);
	free_pages(page, 0);
}
