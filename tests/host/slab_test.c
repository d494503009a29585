/* SPDX-License-Identifier: MIT */
/* tests/host/slab_test.c - SLAB (mm/slab.c, mm/slab_reap.c) against a model, and its lists, colours and limits */
#include "slab_model.h"
#include <uapi/errno.h>
#include "../../mm/slab_arrays.h"

static void reap_or_shrink(void)
{
	if (test_random(2))
		slab_reap();
	else
		kmem_cache_shrink(model_caches[test_random(ARRAY_SIZE(model_caches))]);
}

static void slab_random_objects_agree_with_the_model(void **state)
{
	model_run(reap_or_shrink);
}

/* Which list of its node a slab is on. */
static bool on_list(const struct list_head *list, const struct page *slab)
{
	struct page *p;

	list_for_each_entry(p, list, lru)
		if (p == slab)
			return true;
	return false;
}

static void slab_moves_between_the_lists_as_it_fills(void **state)
{
	struct kmem_cache *c = kmem_cache_create("lists", 1000, 0, SLAB_NO_CPU, NULL);
	struct kmem_cache_node *n = &c->node[0];
	void *obj[16];
	struct page *slab;

	assert_in_range(c->objects, 3, 16);
	obj[0] = kmem_cache_alloc(c, GFP_KERNEL);
	slab = virt_to_page(obj[0]);
	assert_true(on_list(&n->partial, slab));
	for (unsigned int i = 1; i < c->objects; i++)
		obj[i] = kmem_cache_alloc(c, GFP_KERNEL);
	assert_true(on_list(&n->full, slab));
	kmem_cache_free(c, obj[1]);
	assert_true(on_list(&n->partial, slab));
	assert_ptr_equal(kmem_cache_alloc(c, GFP_KERNEL), obj[1]);
	for (unsigned int i = 0; i < c->objects; i++)
		kmem_cache_free(c, obj[i]);
	assert_int_equal(n->nr_slabs, 0);	/* such a cache keeps none */
	assert_int_equal(kmem_cache_destroy(c), 0);
}

static void slab_takes_partial_slabs_before_free_ones(void **state)
{
	struct kmem_cache *c = kmem_cache_create("order", 500, 0, 0, NULL);
	void *obj[300];

	for (unsigned int i = 0; i < 300; i++)
		obj[i] = kmem_cache_alloc(c, GFP_KERNEL);
	for (unsigned int i = 1; i < 300; i++)
		kmem_cache_free(c, obj[i]);
	kmem_cache_shrink(c);		/* arrays empty, free slabs gone: one partial slab is left */
	assert_int_equal(c->node[0].nr_slabs, 1);
	obj[1] = kmem_cache_alloc(c, GFP_KERNEL);
	assert_ptr_equal((void *)((unsigned long)obj[1] & PAGE_MASK), (void *)((unsigned long)obj[0] & PAGE_MASK));
	kmem_cache_free(c, obj[0]);
	kmem_cache_free(c, obj[1]);
	assert_int_equal(kmem_cache_destroy(c), 0);
}

static void slab_objects_travel_through_the_shared_array(void **state)
{
	struct kmem_cache *c = kmem_cache_create("shared", 64, 0, 0, NULL);
	void *obj[400], *again;
	bool found = false;

	for (unsigned int i = 0; i < 400; i++)
		obj[i] = kmem_cache_alloc(c, GFP_KERNEL);
	for (unsigned int i = 0; i < 400; i++)
		kmem_cache_free(c, obj[i]);
	assert_non_null(c->node[0].shared);
	assert_true(c->node[0].shared->avail > 0);
	host_run_on(1);
	again = kmem_cache_alloc(c, GFP_KERNEL);
	for (unsigned int i = 0; i < 400; i++)
		found |= obj[i] == again;
	assert_true(found);
	kmem_cache_free(c, again);
	host_run_on(0);
	assert_int_equal(kmem_cache_destroy(c), 0);
}

static void slab_array_is_not_overfilled_by_those_who_name_the_node(void **state)
{
	struct kmem_cache *c = kmem_cache_create("named", 64, 0, 0, NULL);
	void *obj[300];

	for (unsigned int i = 0; i < 300; i++) {
		obj[i] = kmem_cache_alloc_node(c, GFP_KERNEL, i % 3 ? 0 : NO_NODE);
		assert_true(cpu_cache_get(c)->avail <= cpu_cache_get(c)->limit);
	}
	for (unsigned int i = 0; i < 300; i++)
		kmem_cache_free(c, obj[i]);
	assert_int_equal(kmem_cache_destroy(c), 0);
}

static void slab_survives_failing_arrays_and_freelists(void **state)
{
	struct kmem_cache *c = kmem_cache_create("failing", 700, 0, 0, NULL);
	unsigned long start = host_free_pages();
	void *obj[50];

	for (long n = 1; n < 40; n++) {
		unsigned int got = 0;

		host_fail_after(n);
		while (got < 50 && (obj[got] = kmem_cache_alloc(c, GFP_KERNEL)))
			got++;
		host_fail_after(-1);
		while (got)
			kmem_cache_free(c, obj[--got]);
		slab_check();
	}
	assert_int_equal(host_free_pages(), start);
	assert_int_equal(kmem_cache_destroy(c), 0);
}

static unsigned int constructed;

static void construct(void *p)
{
	memset(p, 0xc0, 96);
	constructed++;
}

static void slab_objects_stay_constructed_while_free(void **state)
{
	struct kmem_cache *c = kmem_cache_create("constructed", 96, 0, 0, construct);
	u8 *p = kmem_cache_alloc(c, GFP_KERNEL);
	unsigned int made = constructed;

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

static void slab_write_after_free_is_found(void **state)
{
	model_write_after_free();
}

static void slab_bad_frees_panic_with_the_name_of_the_cache(void **state)
{
	model_bad_frees();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slab_random_objects_agree_with_the_model),
		cmocka_unit_test(slab_moves_between_the_lists_as_it_fills),
		cmocka_unit_test(slab_takes_partial_slabs_before_free_ones),
		cmocka_unit_test(slab_objects_travel_through_the_shared_array),
		cmocka_unit_test(slab_array_is_not_overfilled_by_those_who_name_the_node),
		cmocka_unit_test(slab_survives_failing_arrays_and_freelists),
		cmocka_unit_test(slab_objects_stay_constructed_while_free),
		cmocka_unit_test(slab_write_after_free_is_found),
		cmocka_unit_test(slab_bad_frees_panic_with_the_name_of_the_cache),
	};

	strscpy(boot_params.slab, "slab", sizeof(boot_params.slab));
	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
