/* SPDX-License-Identifier: MIT */
/*
 * tests/host/slab_model.h - random objects of named caches and kmalloc against an array of what is live
 *
 * Each object is filled with a byte of its own, so that an object that overlaps another one, or lost its contents,
 * shows as a wrong byte. For slab_test.c and slob_test.c; $STEPS operations, validators every $EVERY (256; 1 if SLOW).
 */
#ifndef TESTS_SLAB_MODEL_H
#define TESTS_SLAB_MODEL_H

#include "lib_hooks.h"
#include "arch/host.h"
#include <kernel/params.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>

#define MAX_LIVE 3000U

struct live { u8 *p; size_t size; u8 fill; struct kmem_cache *cache; };

static const size_t model_sizes[] = { 8, 24, 64, 100, 192, 512, 1500, 4096, 9000 };
static struct kmem_cache *model_caches[ARRAY_SIZE(model_sizes)];
static struct live live[MAX_LIVE];
static unsigned int nr_live;

static void check_fill(const struct live *l)
{
	for (size_t i = 0; i < l->size; i++)
		if (l->p[i] != l->fill)
			assert_int_equal(l->p[i], l->fill);
}

static void model_alloc(void)
{
	struct live *l = &live[nr_live];
	unsigned int k = (unsigned int)test_random(ARRAY_SIZE(model_sizes) * 2);
	bool zero = test_random(4) == 0;

	l->cache = k < ARRAY_SIZE(model_sizes) ? model_caches[k] : NULL;
	l->size = l->cache ? model_sizes[k] : 1 + test_random(test_random(8) ? 700 : 10000);
	if (l->cache)
		l->p = kmem_cache_alloc(l->cache, GFP_KERNEL | (zero ? __GFP_ZERO : 0));
	else
		l->p = zero ? kzalloc(l->size, GFP_KERNEL) : kmalloc(l->size, GFP_KERNEL);
	assert_non_null(l->p);
	assert_int_equal((unsigned long)l->p & 7, 0);
	if (!l->cache && (l->size & (l->size - 1)) == 0 && l->size <= PAGE_SIZE)
		assert_int_equal((unsigned long)l->p & (l->size - 1), 0);
	for (size_t i = 0; zero && i < l->size; i++)
		assert_int_equal(l->p[i], 0);
	l->fill = (u8)test_random(256);
	memset(l->p, l->fill, l->size);
	nr_live++;
}

static void model_free(void)
{
	struct live *l = &live[test_random(nr_live)];

	check_fill(l);
	if (l->cache)
		kmem_cache_free(l->cache, l->p);
	else
		kfree(l->p);
	*l = live[--nr_live];
}

/* @at_times runs now and then: what a back end does from time to time. */
static void model_run(void (*at_times)(void))
{
	unsigned long every = os_getenv("EVERY", os_getenv("SLOW", 0) ? 1 : 256);
	unsigned long steps = os_getenv("STEPS", 60000), start = host_free_pages();
	char name[32];

	test_seed();
	for (unsigned int i = 0; i < ARRAY_SIZE(model_sizes); i++) {
		snprintf(name, sizeof(name), "model-%zu", model_sizes[i]);
		model_caches[i] = kmem_cache_create(name, model_sizes[i], i % 2 ? 0 : 8, 0, NULL);
	}
	for (unsigned long i = 0; i < steps; i++) {
		host_run_on((unsigned int)test_random(HOST_CPUS));
		if (nr_live && (nr_live == MAX_LIVE || test_random(16) < (i / 5000 % 2 ? 10 : 6)))
			model_free();
		else
			model_alloc();
		if (i % every == 0)
			slab_check();
		if (i % 2048 == 0)
			at_times();
	}
	while (nr_live)
		model_free();
	slab_check();
	host_run_on(0);
	for (unsigned int i = 0; i < ARRAY_SIZE(model_sizes); i++) {
		assert_int_equal(kmem_cache_inuse(model_caches[i]), 0);
		assert_int_equal(kmem_cache_destroy(model_caches[i]), 0);
	}
	assert_int_equal(host_free_pages(), start);
}

/* ---- frees that make no sense ---- */

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

static void kfree_it(void *p)
{
	kfree(p);
}

static void model_bad_frees(void)
{
	struct kmem_cache *c = kmem_cache_create("one", 64, 0, 0, NULL);
	void *p = kmem_cache_alloc(c, GFP_KERNEL);
	static char not_ours[64];

	other_cache = kmem_cache_create("other", 64, 0, 0, NULL);
	assert_true(host_panics(free_to_other, p, "slab other: it is not from there"));
	assert_non_null(kmem_cache_alloc(other_cache, GFP_KERNEL));	/* the page stays */
	p = kmem_cache_alloc(other_cache, GFP_KERNEL);
	assert_true(host_panics(free_middle, p, "not the start of an object"));
	assert_true(host_panics(free_twice, p, "double free"));
	assert_true(host_panics(kfree_it, not_ours, "not in the direct map"));
}

static void alloc_some(void *cache)
{
	for (unsigned int i = 0; i < 400; i++)
		assert_non_null(kmem_cache_alloc(cache, GFP_KERNEL));
}

static void model_write_after_free(void)
{
	struct kmem_cache *c = kmem_cache_create("poisoned", 128, 0, 0, NULL);
	u8 *p = kmem_cache_alloc(c, GFP_KERNEL), *other = kmem_cache_alloc(c, GFP_KERNEL);

	assert_non_null(other);
	kmem_cache_free(c, p);
	p[77] = 1;
	assert_true(host_panics(alloc_some, c, "written after free"));
}

/* The fill-ups of the tests that panic leave objects behind, so they come last. */
static inline void model_unused(void)
{
	(void)model_run;
	(void)model_bad_frees;
	(void)model_write_after_free;
}

#endif
