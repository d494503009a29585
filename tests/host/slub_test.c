/* SPDX-License-Identifier: MIT */
/* tests/host/slub_test.c - caches and kmalloc against an array of live objects */
#include "lib_hooks.h"
#include "arch/host.h"
#include <kernel/params.h>
#include <lib/align.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <uapi/errno.h>

#define MAX_LIVE 3000U

struct live { u8 *p; size_t size; u8 fill; struct kmem_cache *cache; };

static const size_t sizes[] = { 8, 24, 64, 100, 192, 512, 1500, 4096, 9000 };
static struct kmem_cache *caches[ARRAY_SIZE(sizes)];
static struct live live[MAX_LIVE];
static unsigned int nr_live;

static void check_fill(const struct live *l)
{
	for (size_t i = 0; i < l->size; i++)
		assert_int_equal(l->p[i], l->fill);
}

/* With random_alloc() in charge of contents, an object that overlaps another one shows as a wrong byte. */
static void random_alloc(void)
{
	struct live *l = &live[nr_live];
	unsigned int k = (unsigned int)test_random(ARRAY_SIZE(sizes) * 2);
	bool zero = test_random(4) == 0;

	l->cache = k < ARRAY_SIZE(sizes) ? caches[k] : NULL;
	l->size = l->cache ? sizes[k] : 1 + test_random(test_random(8) ? 700 : 40000);
	if (l->cache)
		l->p = kmem_cache_alloc(l->cache, GFP_KERNEL | (zero ? __GFP_ZERO : 0));
	else
		l->p = zero ? kzalloc(l->size, GFP_KERNEL) : kmalloc(l->size, GFP_KERNEL);
	assert_non_null(l->p);
	assert_int_equal((unsigned long)l->p & 7, 0);
	for (size_t i = 0; zero && i < l->size; i++)
		assert_int_equal(l->p[i], 0);
	l->fill = (u8)test_random(256);
	memset(l->p, l->fill, l->size);
	nr_live++;
}

static void random_free(void)
{
	struct live *l = &live[test_random(nr_live)];

	check_fill(l);
	if (l->cache)
		kmem_cache_free(l->cache, l->p);
	else
		kfree(l->p);
	*l = live[--nr_live];
}

static void random_objects_never_overlap_and_keep_their_contents(void **state)
{
	unsigned long steps = os_getenv("STEPS", 60000), start = host_free_pages();
	bool slow = os_getenv("SLOW", 0);
	char name[32];

	test_seed();
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(name, sizeof(name), "%s-%zu", i % 3 ? "plain" : "checked", sizes[i]);
		caches[i] = kmem_cache_create(name, sizes[i], i % 2 ? 0 : 8, i % 3 ? SLAB_NO_DEBUG : 0, NULL);
	}
	for (unsigned long i = 0; i < steps; i++) {
		host_run_on((unsigned int)test_random(HOST_CPUS));
		if (nr_live && (nr_live == MAX_LIVE || test_random(16) < (i / 5000 % 2 ? 10 : 6)))
			random_free();
		else
			random_alloc();
		if (i % 256 == 0 || slow)
			slab_check();
	}
	while (nr_live)
		random_free();
	slab_check();
	host_free_pages();
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_int_equal(kmem_cache_inuse(caches[i]), 0);
		assert_int_equal(kmem_cache_destroy(caches[i]), 0);
	}
	assert_int_equal(host_free_pages(), start);
	host_run_on(0);
}

static void kmalloc_of_every_size_gives_at_least_that_much(void **state)
{
	for (size_t size = 1; size < 20000; size += size < 300 ? 1 : 97) {
		u8 *p = kmalloc(size, GFP_KERNEL);

		assert_non_null(p);
		assert_true(ksize(p) >= size);
		if (size <= 8192)
			assert_true(ksize(p) <= (size <= 8 ? 8 : size * 2));
		if ((size & (size - 1)) == 0)
			assert_int_equal((unsigned long)p & (min(size, PAGE_SIZE) - 1), 0);
		memset(p, 0xa5, ksize(p));
		kfree(p);
	}
	assert_ptr_equal(kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	kfree(ZERO_SIZE_PTR);
	kfree(NULL);
	assert_null(kmalloc((PAGE_SIZE << MAX_ORDER) + 1, GFP_KERNEL));
	assert_null(kcalloc(1UL << 33, 1UL << 33, GFP_KERNEL));
	slab_check();
}

static void krealloc_keeps_the_bytes_that_fit(void **state)
{
	u8 *p = kmalloc(10, GFP_KERNEL);

	memset(p, 7, 10);
	for (size_t size = 20; size < 30000; size = size * 3 / 2) {
		p = krealloc(p, size, GFP_KERNEL);
		assert_non_null(p);
		for (unsigned int i = 0; i < 10; i++)
			assert_int_equal(p[i], 7);
	}
	assert_ptr_equal(krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
}

static struct kmem_cache *cache;

static u8 *fresh(void)
{
	return kmem_cache_alloc(cache, GFP_KERNEL);
}

/* ---- interrupts in the middle of the fast path ---- */

static void *taken;
static unsigned int interrupts;

static void take_one(void)
{
	if (interrupts++ == 0)
		taken = kmem_cache_alloc(cache, GFP_ATOMIC);
}

static void take_and_give_back(void)
{
	if (interrupts++ == 0)
		kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_ATOMIC));
}

static void take_everything(void)
{
	if (interrupts++ == 0) {
		slab_watch();		/* empties this CPU's list */
		taken = kmem_cache_alloc(cache, GFP_ATOMIC);
	}
}

static u8 *interrupted_alloc(void (*handler)(void))
{
	u8 *p;

	interrupts = 0;
	taken = NULL;
	host_interrupt = handler;
	p = fresh();
	host_interrupt = NULL;
	assert_int_not_equal(interrupts, 0);
	assert_ptr_not_equal(p, taken);
	return p;
}

static void interrupted_free(void (*handler)(void), void *p)
{
	interrupts = 0;
	taken = NULL;
	host_interrupt = handler;
	kmem_cache_free(cache, p);
	host_interrupt = NULL;
	assert_int_not_equal(interrupts, 0);
}

static void an_interrupted_fast_path_starts_again(void **state)
{
	static void (*const handlers[])(void) = { take_one, take_and_give_back, take_everything };

	cache = kmem_cache_create("plain-interrupted", 64, 0, SLAB_NO_DEBUG, NULL);
	kmem_cache_free(cache, fresh());
	for (unsigned int i = 0; i < ARRAY_SIZE(handlers); i++) {
		u8 *p = interrupted_alloc(handlers[i]), *t = taken;

		if (t)
			kmem_cache_free(cache, t);
		interrupted_free(handlers[i], p);
		if (taken)
			kmem_cache_free(cache, taken);
		slab_check();
		assert_int_equal(kmem_cache_inuse(cache), 0);
		kmem_cache_free(cache, fresh());
	}
	assert_int_equal(kmem_cache_destroy(cache), 0);
}

/* ---- the counters of each path ---- */

struct stats { unsigned long fast_alloc, fast_free, slow_alloc, redo, refill, partial, slab, slow_free, free_redo,
	       frozen, add_partial, free_slab, flush; };
static struct stats stats;

static void stats_line(const char *line, void *arg)
{
	const char *name = arg;
	size_t n = strlen(name);

	if (line[0] == '\n' && !strncmp(line + 1, name, n) && line[n + 1] == ' ')
		assert_int_equal(sscanf(line + n + 1, "%lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu",
			&stats.fast_alloc, &stats.fast_free, &stats.slow_alloc, &stats.redo, &stats.refill,
			&stats.partial, &stats.slab, &stats.slow_free, &stats.free_redo, &stats.frozen,
			&stats.add_partial, &stats.free_slab, &stats.flush), 13);
}

static void read_stats(void)
{
	memset(&stats, 0xff, sizeof(stats));
	slab_stats(stats_line, "plain-paths");
	assert_int_not_equal(stats.slab, ~0UL);
}

#define PER_SLAB 64U	/* objects of 64 bytes in a page */

static void every_path_is_counted_and_fast_ones_are_derived_exactly(void **state)
{
	static u8 *obj[PER_SLAB * 8];

	cache = kmem_cache_create("plain-paths", 64, 0, SLAB_NO_DEBUG, NULL);
	for (unsigned int i = 0; i < PER_SLAB; i++)
		obj[i] = fresh();
	read_stats();
	assert_int_equal(stats.fast_alloc, PER_SLAB - 1);
	assert_int_equal(stats.slow_alloc, 1);
	assert_int_equal(stats.slab, 1);
	kmem_cache_free(cache, obj[0]);
	assert_ptr_equal(fresh(), obj[0]);
	host_run_on(1);
	kmem_cache_free(cache, obj[1]);
	host_run_on(0);
	read_stats();
	assert_int_equal(stats.fast_alloc, PER_SLAB);
	assert_int_equal(stats.fast_free, 1);
	assert_int_equal(stats.frozen, 1);
	assert_ptr_equal(fresh(), obj[1]);
	for (unsigned int i = PER_SLAB; i < ARRAY_SIZE(obj); i++)
		obj[i] = fresh();
	read_stats();
	assert_int_equal(stats.refill, 1);
	assert_int_equal(stats.slab, 8);
	assert_int_equal(stats.slow_alloc, 9);
	host_run_on(1);
	for (unsigned int i = 0; i < ARRAY_SIZE(obj); i++)
		kmem_cache_free(cache, obj[i]);
	read_stats();
	assert_int_equal(stats.slow_free, 1 + ARRAY_SIZE(obj));
	assert_int_equal(stats.add_partial, 7);
	assert_int_equal(stats.free_slab, 7 - 4);	/* min_partial stay */
	obj[0] = fresh();
	read_stats();
	assert_int_equal(stats.partial, 1);
	assert_int_equal(stats.fast_free, 1);
	kmem_cache_free(cache, obj[0]);
	host_run_on(0);
	assert_int_equal(kmem_cache_inuse(cache), 0);
	assert_int_equal(kmem_cache_shrink(cache), 5);
	read_stats();
	assert_int_equal(stats.flush, 2);
	assert_int_equal(kmem_cache_destroy(cache), 0);
}

static void bulk_allocation_gives_all_or_nothing(void **state)
{
	unsigned long start;
	void *obj[200];

	cache = kmem_cache_create("plain-bulk", 2000, 0, SLAB_NO_DEBUG, NULL);
	assert_true(kmem_cache_alloc_bulk(cache, GFP_KERNEL, ARRAY_SIZE(obj), obj));
	assert_int_equal(kmem_cache_inuse(cache), ARRAY_SIZE(obj));
	kmem_cache_free_bulk(cache, ARRAY_SIZE(obj), obj);
	kmem_cache_shrink(cache);
	start = host_free_pages();
	host_fail_after(4);
	assert_false(kmem_cache_alloc_bulk(cache, GFP_KERNEL, ARRAY_SIZE(obj), obj));
	assert_int_equal(kmem_cache_inuse(cache), 0);
	assert_int_equal(host_free_pages(), start);
	assert_int_equal(kmem_cache_destroy(cache), 0);
}

static void caches_that_make_no_sense_are_refused(void **state)
{
	struct kmem_cache *c = kmem_cache_create("twin", 8, 0, 0, NULL);

	assert_null(kmem_cache_create("twin", 8, 0, 0, NULL));
	assert_null(kmem_cache_create("zero", 0, 0, 0, NULL));
	assert_null(kmem_cache_create("huge", 1UL << 20, 0, 0, NULL));
	assert_null(kmem_cache_create("huger", -1UL, 0, 0, NULL));
	assert_null(kmem_cache_create("odd", 64, 24, 0, NULL));
	assert_null(kmem_cache_create("wide", 64, PAGE_SIZE * 2, 0, NULL));
	assert_null(kmem_cache_create("", 64, 0, 0, NULL));
	assert_null(kmem_cache_create("a-name-that-does-not-fit-into-32", 64, 0, 0, NULL));
	assert_int_equal(kmem_cache_destroy(c), 0);
	c = kmem_cache_create("twin", 8, 0, 0, NULL);
	assert_non_null(c);
	assert_int_equal(kmem_cache_destroy(c), 0);
}

/* Row 85: never across a line that it could have kept clear of, and no larger than that needs. */
static void a_small_object_is_aligned_to_a_fraction_of_a_cache_line(void **state)
{
	static const struct { size_t size, align; } rule[] = {
		{ 8, 8 }, { 12, 16 }, { 16, 16 }, { 17, 32 }, { 32, 32 }, { 33, 64 }, { 64, 64 }, { 100, 64 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(rule); i++) {
		struct kmem_cache *c = kmem_cache_create("plain-lines", rule[i].size, 0,
							 SLAB_HWCACHE_ALIGN | SLAB_NO_DEBUG, NULL);
		u8 *p = kmem_cache_alloc(c, GFP_KERNEL), *q = kmem_cache_alloc(c, GFP_KERNEL);

		assert_int_equal((unsigned long)p % rule[i].align, 0);
		assert_int_equal(q - p, ALIGN_UP(rule[i].size, rule[i].align));
		kmem_cache_free(c, p);
		kmem_cache_free(c, q);
		assert_int_equal(kmem_cache_destroy(c), 0);
	}
}

static unsigned int constructed;

static void construct(void *p)
{
	memset(p, 0xc0, 96);
	constructed++;
}

static void a_constructed_object_stays_constructed_while_free(void **state)
{
	struct kmem_cache *c = kmem_cache_create("constructed", 96, 0, 0, construct);
	unsigned int made;
	u8 *p = kmem_cache_alloc(c, GFP_KERNEL);

	made = constructed;
	for (unsigned int round = 0; round < 10; round++) {
		for (unsigned int i = 0; i < 96; i++)
			assert_int_equal(p[i], 0xc0);
		kmem_cache_free(c, p);
		p = kmem_cache_alloc(c, GFP_KERNEL);
	}
	assert_int_equal(constructed, made);
	kmem_cache_free(c, p);
	assert_int_equal(kmem_cache_destroy(c), 0);
}

static void a_cache_with_objects_out_cannot_be_destroyed(void **state)
{
	struct kmem_cache *c = kmem_cache_create("busy", 40, 0, 0, NULL);
	void *p = kmem_cache_alloc(c, GFP_KERNEL);

	assert_int_equal(kmem_cache_destroy(c), -EBUSY);
	assert_int_equal(kmem_cache_inuse(c), 1);
	kmem_cache_free(c, p);
	assert_int_equal(kmem_cache_destroy(c), 0);
}

static void allocation_fails_cleanly_when_there_are_no_pages(void **state)
{
	struct kmem_cache *c = kmem_cache_create("failing", 2000, 0, 0, NULL);
	unsigned long start;
	void *p;

	start = host_free_pages();
	host_fail_after(1);		/* the cache's own call passes, its slab's pages do not */
	p = kmem_cache_alloc(c, GFP_KERNEL);
	assert_null(p);
	assert_true(host_fail_done());
	assert_int_equal(host_free_pages(), start);
	assert_int_equal(kmem_cache_destroy(c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_objects_never_overlap_and_keep_their_contents),
		cmocka_unit_test(kmalloc_of_every_size_gives_at_least_that_much),
		cmocka_unit_test(krealloc_keeps_the_bytes_that_fit),
		cmocka_unit_test(a_constructed_object_stays_constructed_while_free),
		cmocka_unit_test(a_cache_with_objects_out_cannot_be_destroyed),
		cmocka_unit_test(caches_that_make_no_sense_are_refused),
		cmocka_unit_test(a_small_object_is_aligned_to_a_fraction_of_a_cache_line),
		cmocka_unit_test(bulk_allocation_gives_all_or_nothing),
		cmocka_unit_test(allocation_fails_cleanly_when_there_are_no_pages),
		cmocka_unit_test(every_path_is_counted_and_fast_ones_are_derived_exactly),
		cmocka_unit_test(an_interrupted_fast_path_starts_again),
	};

	/* Some of each kind, so that one run goes both ways. */
	strscpy(boot_params.slub_debug, "FZPU,checked-*,kmalloc-64,kmalloc-512,kmalloc-8192",
		sizeof(boot_params.slub_debug));
	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
