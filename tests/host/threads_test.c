/* SPDX-License-Identifier: MIT */
/*
 * tests/host/threads_test.c - the allocators with every CPU a host thread, under ThreadSanitizer
 *
 * Each thread plays one CPU: own struct cpu, own per-CPU data, real spinlocks, IPIs as bits that
 * the target polls. Objects and pages travel between CPUs, so remote frees happen all the time.
 * LEVELS chooses the back end of kmalloc: 3 SLAB, 4 SLUB, 5 SLOB.
 */
#include "lib_hooks.h"
#include "arch/host.h"
#include <kernel/params.h>
#include <kernel/percpu.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <pthread.h>

#define SLOTS	256U		/* mailboxes through which blocks change hands */

enum kind { KIND_PAGES, KIND_OBJECT, KIND_KMALLOC, NR_KINDS };
struct item { enum kind kind; unsigned int order; size_t size; struct page *page; u64 *p; u64 tag; };

static struct item *mailbox[SLOTS];
static struct kmem_cache *cache;
static unsigned long steps;
static int running;

static u64 next_random(u64 *seed)
{
	*seed = *seed * 6364136223846793005UL + 1442695040888963407UL;
	return *seed >> 33;
}

static void die(const char *what)
{
	printf("# %s\n", what);
	abort();
}

static void item_free(struct item *it)
{
	if (!it)
		return;
	if (it->p[0] != it->tag || it->p[it->size / 8 - 1] != it->tag)
		die("somebody else wrote into a block");
	if (it->kind == KIND_PAGES)
		free_pages(it->page, it->order);
	else if (it->kind == KIND_OBJECT)
		kmem_cache_free(cache, it->p);
	else
		kfree(it->p);
	kfree(it);
}

static struct item *item_alloc(u64 *seed)
{
	struct item *it = kmalloc(sizeof(*it), GFP_KERNEL);

	if (!it)
		return NULL;
	it->kind = (enum kind)(next_random(seed) % NR_KINDS);
	it->order = next_random(seed) % 8 ? 0 : (unsigned int)(next_random(seed) % 4);
	it->tag = next_random(seed);
	it->size = it->kind == KIND_PAGES ? PAGE_SIZE << it->order :
		   it->kind == KIND_OBJECT ? 200 : 16 + next_random(seed) % 1000 / 8 * 8;
	if (it->kind == KIND_PAGES) {
		it->page = alloc_pages(GFP_KERNEL, it->order);
		it->p = it->page ? page_address(it->page) : NULL;
	} else if (it->kind == KIND_OBJECT) {
		it->p = kmem_cache_alloc(cache, GFP_KERNEL);
	} else {
		it->p = kmalloc(it->size, GFP_KERNEL);
	}
	if (!it->p) {
		kfree(it);
		return NULL;
	}
	it->p[0] = it->p[it->size / 8 - 1] = it->tag;
	return it;
}

/* Put a new block into a mailbox and free the one that was there, whoever made it. */
static void *run_cpu(void *arg)
{
	unsigned int cpu = *(unsigned int *)arg;
	u64 seed = os_getenv("SEED", 1) * 16 + cpu;

	host_cpu = &cpus[cpu];
	for (unsigned long i = 0; i < steps; i++) {
		struct item **box = &mailbox[next_random(&seed) % SLOTS];
		struct item *it = next_random(&seed) % 8 ? item_alloc(&seed) : NULL;

		item_free(__atomic_exchange_n(box, it, __ATOMIC_ACQ_REL));
		if (next_random(&seed) % 4096 == 0)
			page_alloc_drain();
		if (next_random(&seed) % 4096 == 0)
			kmem_cache_shrink(cache);
		if (!cpu && i % 4096 == 0)
			slab_reap();	/* one CPU alone: a contended mutex needs fences */
		arch_cpu_relax();
	}
	__atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&running, __ATOMIC_SEQ_CST))
		arch_cpu_relax();	/* others may still send IPIs here */
	return NULL;
}

static void four_cpus_allocate_free_and_drain_without_a_race(void **state)
{
	unsigned int id[HOST_CPUS];
	pthread_t thread[HOST_CPUS];
	unsigned long start = host_free_pages();

	steps = os_getenv("STEPS", 100000);
	printf("# seed %lu\n", os_getenv("SEED", 1));
	cache = kmem_cache_create("threads", 200, 0, 0, NULL);
	host_threads = true;
	running = HOST_CPUS;
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++) {
		id[cpu] = cpu;
		assert_int_equal(pthread_create(&thread[cpu], NULL, run_cpu, &id[cpu]), 0);
	}
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++)
		assert_int_equal(pthread_join(thread[cpu], NULL), 0);
	host_threads = false;
	for (unsigned int i = 0; i < SLOTS; i++)
		item_free(mailbox[i]);
	buddy_check();
	slab_check();
	host_free_pages();
	assert_int_equal(kmem_cache_destroy(cache), 0);
	assert_int_equal(host_free_pages(), start);
}

/* ---- a page that one CPU fills and another reads, with no lock between them ---- */

static struct page handed;
static u64 contents;

static void *fill_page(void *arg)
{
	contents = 42;
	SetPageUptodate(&handed);
	return arg;
}

static void *read_page(void *arg)
{
	while (!PageUptodate(&handed))
		;
	return contents == 42 ? arg : NULL;
}

static void who_finds_a_page_up_to_date_finds_its_contents(void **state)
{
	pthread_t reader, filler;
	void *seen;

	memset(&handed, 0, sizeof(handed));
	contents = 0;
	assert_int_equal(pthread_create(&reader, NULL, read_page, &contents), 0);
	assert_int_equal(pthread_create(&filler, NULL, fill_page, NULL), 0);
	assert_int_equal(pthread_join(filler, NULL), 0);
	assert_int_equal(pthread_join(reader, &seen), 0);
	assert_ptr_equal(seen, &contents);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_cpus_allocate_free_and_drain_without_a_race),
		cmocka_unit_test(who_finds_a_page_up_to_date_finds_its_contents),
	};
	static const char *const back_ends[] = { "slab", "slub", "slob" };

	strscpy(boot_params.slab, back_ends[min(max(os_getenv("LEVELS", 4), 3UL), 5UL) - 3], sizeof(boot_params.slab));
	printf("# slab=%s\n", boot_params.slab);
	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
