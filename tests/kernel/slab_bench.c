/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/slab_bench.c - what an allocation costs in time and memory, with the back end that slab= chose
 *
 * THE QUESTION   `ktest=slabbench` (scripts/compare_slab.py, `make compare WHAT=slab`) prints `slabbench: NAME NUMBER`:
 *
 *                pair SIZE       ns of kmalloc + kfree, the same object again and again, on every CPU
 *                batch SIZE      the same, 64 objects at a time: arrays and free lists are emptied and filled
 *                cache           a named cache of 200 bytes, 64 at a time
 *                exchange        objects that one CPU allocates and another one may free
 *                mixed           an operation of a fixed mix of sizes and lives, and then, while it is full:
 *                requested, usable, pages, kept    bytes asked for, bytes given (ksize), pages in use for them,
 *                                                  and pages still held once everything was freed
 *
 * Under icount an instruction takes one ns, and the clock counts those of all CPUs: time / operations is
 * instructions per operation however many CPUs took part. In other runs of the tests this one is skipped.
 */
#include <kernel/ktest.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>

#define ROUNDS		4096U
#define BATCH		64U
#define SLOTS		1024U		/* live objects of each CPU in the mixed workload */
#define MIXED_STEPS	8192U

struct job { void (*fn)(const struct job *job, unsigned int cpu); size_t size; };

static struct kmem_cache *cache;
static const struct job *current_job;
static unsigned int running;
static u64 end_ns;
static void *mailbox[256];
static void *slots[NR_CPUS][SLOTS];
static unsigned int slot_size[NR_CPUS][SLOTS];

/* ---- a job on every CPU ---- */

static void finish_job(void)
{
	u64 now = arch_clock_ns();

	if (__atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST) == 0)
		__atomic_store_n(&end_ns, now, __ATOMIC_SEQ_CST);
}

static void worker(void *arg)
{
	current_job->fn(current_job, (unsigned int)(unsigned long)arg);
	finish_job();
}

static bool start_worker(unsigned int cpu)
{
	struct cpumask mask = { 1UL << cpu };
	struct thread *t = kthread_create(worker, (void *)(unsigned long)cpu, "slabbench");

	if (!t || thread_set_affinity(t, &mask))
		return false;
	thread_wake(t);
	return true;
}

/* ns for @job on all CPUs, 0: no memory for its threads. */
static u64 time_job(const struct job *job)
{
	u64 start;

	current_job = job;
	__atomic_store_n(&end_ns, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&running, nr_cpus, __ATOMIC_SEQ_CST);
	start = arch_clock_ns();
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (!start_worker(cpu))
			return 0;
	while (!__atomic_load_n(&end_ns, __ATOMIC_SEQ_CST))
		sleep_until(arch_clock_ns() + NSEC_PER_MSEC);
	return end_ns - start;
}

/* The second time: the first fills what the allocator keeps. */
static void print_job(const struct job *job, const char *name, unsigned int operations)
{
	u64 ns;

	time_job(job);
	ns = time_job(job);
	printk("slabbench: %s %llu\n", name, (unsigned long long)(ns / nr_cpus / operations));
}

/* ---- jobs ---- */

static void pairs(const struct job *job, unsigned int cpu)
{
	for (unsigned int i = 0; i < ROUNDS; i++)
		kfree(kmalloc(job->size, GFP_KERNEL));
}

static void batches(const struct job *job, unsigned int cpu)
{
	void **obj = slots[cpu];

	for (unsigned int i = 0; i < ROUNDS / BATCH; i++) {
		for (unsigned int j = 0; j < BATCH; j++)
			obj[j] = kmalloc(job->size, GFP_KERNEL);
		for (unsigned int j = 0; j < BATCH; j++)
			kfree(obj[j]);
	}
}

static void cache_batches(const struct job *job, unsigned int cpu)
{
	void **obj = slots[cpu];

	for (unsigned int i = 0; i < ROUNDS / BATCH; i++) {
		for (unsigned int j = 0; j < BATCH; j++)
			obj[j] = kmem_cache_alloc(cache, GFP_KERNEL);
		for (unsigned int j = 0; j < BATCH; j++)
			kmem_cache_free(cache, obj[j]);
	}
}

static u32 next_random(u32 *state)
{
	*state = *state * 1664525U + 1013904223U;	/* Numerical Recipes' generator: the same mix everywhere */
	return *state >> 8;
}

static void exchange(const struct job *job, unsigned int cpu)
{
	u32 random = cpu + 1;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		void **box = &mailbox[next_random(&random) % ARRAY_SIZE(mailbox)];

		kfree(__atomic_exchange_n(box, kmalloc(job->size, GFP_KERNEL), __ATOMIC_ACQ_REL));
	}
}

/* As in a kernel: most objects are small, a few are large, none has a round size. */
static unsigned int mixed_size(u32 *random)
{
	unsigned int kind = next_random(random) % 16;

	if (kind < 11)
		return 8 + next_random(random) % 249;
	if (kind < 15)
		return 257 + next_random(random) % 768;
	return 1025 + next_random(random) % 3072;
}

static void mixed(const struct job *job, unsigned int cpu)
{
	u32 random = cpu + 1;

	for (unsigned int i = 0; i < MIXED_STEPS; i++) {
		unsigned int slot = next_random(&random) % SLOTS;

		kfree(slots[cpu][slot]);
		slot_size[cpu][slot] = mixed_size(&random);
		slots[cpu][slot] = kmalloc(slot_size[cpu][slot], GFP_KERNEL);
	}
}

static void free_slots(void)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		for (unsigned int i = 0; i < SLOTS; i++)
			kfree(slots[cpu][i]);
	memset(slots, 0, sizeof(slots));
}

/* ---- memory ---- */

static unsigned long settled_pages(void)
{
	sched_free_dead();
	kmem_cache_shrink_all();
	return slab_pages();
}

static void print_memory(void)
{
	unsigned long before = settled_pages(), requested = 0, usable = 0;
	const struct job job = { .fn = mixed };
	u64 ns = time_job(&job);

	printk("slabbench: mixed %llu\n", (unsigned long long)(ns / nr_cpus / MIXED_STEPS));
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		for (unsigned int i = 0; i < SLOTS; i++) {
			requested += slots[cpu][i] ? slot_size[cpu][i] : 0;
			usable += ksize(slots[cpu][i]);
		}
	}
	printk("slabbench: requested %lu\nslabbench: usable %lu\nslabbench: pages %lu\n", requested, usable,
	       slab_pages() - before);
	free_slots();
	printk("slabbench: kept %lu\n", slab_pages() - before);
}

KTEST(slabbench_prints_what_allocations_cost)
{
	static const unsigned int sizes[] = { 8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192 };
	char name[32];

	if (strcmp(boot_params.ktest_filter, "slabbench")) {
		ktest_skip("a benchmark: ktest=slabbench");
		return;
	}
	cache = kmem_cache_create("slabbench", 200, 0, 0, NULL);
	REQUIRE(cache);
	print_memory();		/* first, when the heap is as boot left it */
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(name, sizeof(name), "pair %u", sizes[i]);
		print_job(&(struct job){ pairs, sizes[i] }, name, ROUNDS);
		snprintf(name, sizeof(name), "batch %u", sizes[i]);
		print_job(&(struct job){ batches, sizes[i] }, name, ROUNDS);
	}
	print_job(&(struct job){ cache_batches, 0 }, "cache", ROUNDS);
	print_job(&(struct job){ exchange, 200 }, "exchange", ROUNDS);
	memset(slots, 0, sizeof(slots));
	for (unsigned int i = 0; i < ARRAY_SIZE(mailbox); i++)
		kfree(mailbox[i]);
	memset(mailbox, 0, sizeof(mailbox));
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
}
