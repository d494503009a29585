/* SPDX-License-Identifier: MIT */
/* tests/host/slub_test.c - caches and kmalloc against an array of live objects */
#include "lib_hooks.h"
#include "arch/host.h"
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
	char name[32];

	test_seed();
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(name, sizeof(name), "model-%zu", sizes[i]);
		caches[i] = kmem_cache_create(name, sizes[i], i % 2 ? 0 : 8, 0, NULL);
	}
	for (unsigned long i = 0; i < steps; i++) {
		host_run_on((unsigned int)test_random(HOST_CPUS));
		if (nr_live && (nr_live == MAX_LIVE || test_random(16) < (i / 5000 % 2 ? 10 : 6)))
			random_free();
		else
			random_alloc();
		if (i % 256 == 0)
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

static void alloc_one(void *cache)
{
	for (unsigned int i = 0; i < 200; i++)
		kmem_cache_alloc(cache, GFP_KERNEL);
}

static void a_write_after_free_is_found_by_the_next_allocation(void **state)
{
	struct kmem_cache *c = kmem_cache_create("poisoned", 128, 0, 0, NULL);
	u8 *p = kmem_cache_alloc(c, GFP_KERNEL);

	kmem_cache_free(c, p);
	p[77] = 1;
	assert_true(host_panics(alloc_one, c, "written after free: offset 77"));
}

static struct kmem_cache *other_cache;

static void free_to_other(void *p)
{
	kmem_cache_free(other_cache, p);
}

static void free_twice(void *p)
{
	kmem_cache_free(other_cache, p);
	kmem_cache_free(other_cache, p);
}

static void free_middle(void *p)
{
	kmem_cache_free(other_cache, (char *)p + 8);
}

static void frees_that_make_no_sense_panic(void **state)
{
	struct kmem_cache *c = kmem_cache_create("one", 64, 0, 0, NULL);
	void *p = kmem_cache_alloc(c, GFP_KERNEL);

	other_cache = kmem_cache_create("other", 64, 0, 0, NULL);
	assert_true(host_panics(free_to_other, p, "it is not from there"));
	p = kmem_cache_alloc(other_cache, GFP_KERNEL);
	assert_true(host_panics(free_middle, p, "not the start of an object"));
	assert_true(host_panics(free_twice, p, "double free"));
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
		cmocka_unit_test(allocation_fails_cleanly_when_there_are_no_pages),
		cmocka_unit_test(a_write_after_free_is_found_by_the_next_allocation),
		cmocka_unit_test(frees_that_make_no_sense_panic),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
