/* SPDX-License-Identifier: MIT */
/*
 * tests/host/slob_test.c - SLOB (mm/slob.c) against a model, and which block each kind of fit takes
 *
 * LEVELS chooses the kind: 3 first, 4 size, 5 best.
 */
#include "slab_model.h"

static const char *kind;

static void nothing(void)
{
}

static void slob_random_objects_agree_with_the_model(void **state)
{
	model_run(nothing);
}

static unsigned int page_of(const void *p)
{
	return (unsigned int)((unsigned long)p >> PAGE_SHIFT);
}

static void *stuffing[4096];
static unsigned int nr_stuffing;

/* Fill the holes that boot and other tests left, so that the next page is a new one. */
static void stuff_holes(void)
{
	for (size_t size = 2040; size >= 8; size = size > 8 ? (size - 8) / 2 / 8 * 8 : 0) {
		unsigned long pages = slab_pages();
		void *p = kmalloc(size, GFP_KERNEL);

		for (; slab_pages() == pages; p = kmalloc(size, GFP_KERNEL))
			stuffing[nr_stuffing++] = p;
		kfree(p);
	}
}

static void free_stuffing(void)
{
	while (nr_stuffing)
		kfree(stuffing[--nr_stuffing]);
}

/* As many objects as fit into one new page, in address order. */
static unsigned int fill_page(void **obj, unsigned int max, size_t size)
{
	unsigned int n = 0;

	stuff_holes();
	for (;;) {
		obj[n] = kmalloc(size, GFP_KERNEL);
		if (n && page_of(obj[n]) != page_of(obj[0]))
			break;
		if (++n == max)
			return n;
	}
	kfree(obj[n]);
	return n;
}

static void slob_neighbours_merge_when_freed(void **state)
{
	void *obj[64], *p;
	unsigned int n = fill_page(obj, 64, 240);

	assert_in_range(n, 10, 17);
	kfree(obj[3]);
	kfree(obj[5]);
	kfree(obj[4]);
	slab_check();		/* O2 */
	p = kmalloc(3 * 248 - 8, GFP_KERNEL);
	if (!strcmp(kind, "first"))
		assert_ptr_equal(p, obj[3]);
	else	/* another list */
		assert_int_not_equal(page_of(p), page_of(obj[0]));
	kfree(p);
	for (unsigned int i = 0; i < n; i++)
		if (i < 3 || i > 5)
			kfree(obj[i]);
	slab_check();
	free_stuffing();
}

/* Two holes: a large one at a lower address, and one that fits exactly. */
static void slob_kinds_of_fit_choose_different_blocks(void **state)
{
	void *obj[64], *p;
	unsigned int n = fill_page(obj, 64, 200);

	assert_in_range(n, 12, 20);
	kfree(obj[2]);
	kfree(obj[3]);
	kfree(obj[7]);
	p = kmalloc(200, GFP_KERNEL);
	assert_ptr_equal(p, !strcmp(kind, "best") ? obj[7] : obj[2]);
	for (unsigned int i = 0; i < n; i++)
		if (i != 2 && i != 3 && i != 7)
			kfree(obj[i]);
	kfree(p);
	slab_check();
	free_stuffing();
}

static void slob_small_objects_keep_out_of_the_holes_of_large_ones(void **state)
{
	void *obj[64], *p;
	unsigned int n = fill_page(obj, 64, 1100);

	assert_in_range(n, 3, 3);
	kfree(obj[1]);
	p = kmalloc(1000 - 8, GFP_KERNEL);
	if (!strcmp(kind, "first"))
		assert_int_equal(page_of(p), page_of(obj[0]));
	else
		assert_int_not_equal(page_of(p), page_of(obj[0]));
	kfree(p);
	kfree(obj[0]);
	kfree(obj[2]);
	slab_check();
	free_stuffing();
}

static void slob_kmalloc_of_every_size_is_aligned_and_as_large_as_asked(void **state)
{
	unsigned long start = host_free_pages();

	for (size_t size = 1; size < 10000; size += size < 300 ? 1 : 31) {
		u8 *p = kmalloc(size, GFP_KERNEL);

		assert_non_null(p);
		assert_true(ksize(p) >= size);
		assert_int_equal((unsigned long)p & 7, 0);
		if ((size & (size - 1)) == 0)
			assert_int_equal((unsigned long)p & (min(size, PAGE_SIZE) - 1), 0);
		memset(p, 0xa5, ksize(p));
		kfree(p);
		slab_check();
	}
	assert_int_equal(host_free_pages(), start);
}

static void slob_fails_cleanly_without_pages(void **state)
{
	struct kmem_cache *c = kmem_cache_create("failing", 2000, 0, 0, NULL);
	unsigned long start = host_free_pages();
	void *p[20];
	unsigned int n = 0;

	host_fail_after(3);
	while (n < 20 && (p[n] = kmem_cache_alloc(c, GFP_KERNEL)))
		n++;
	assert_true(host_fail_done());
	assert_in_range(n, 1, 19);
	while (n)
		kmem_cache_free(c, p[--n]);
	slab_check();
	assert_int_equal(host_free_pages(), start);
	assert_int_equal(kmem_cache_destroy(c), 0);
}

static void slob_write_after_free_is_found(void **state)
{
	model_write_after_free();
}

static void kfree_twice(void *p)
{
	kfree(p);
	kfree(p);
}

static void slob_bad_frees_panic_with_the_name_of_the_cache(void **state)
{
	void *p = kmalloc(40, GFP_KERNEL), *stays = kmalloc(40, GFP_KERNEL);

	assert_non_null(stays);
	assert_true(host_panics(kfree_twice, p, "double free"));
	assert_true(host_panics(kfree_it, (char *)stays + 8, "not the start of an object"));
	model_bad_frees();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slob_random_objects_agree_with_the_model),
		cmocka_unit_test(slob_neighbours_merge_when_freed),
		cmocka_unit_test(slob_kinds_of_fit_choose_different_blocks),
		cmocka_unit_test(slob_small_objects_keep_out_of_the_holes_of_large_ones),
		cmocka_unit_test(slob_kmalloc_of_every_size_is_aligned_and_as_large_as_asked),
		cmocka_unit_test(slob_fails_cleanly_without_pages),
		cmocka_unit_test(slob_bad_frees_panic_with_the_name_of_the_cache),
		cmocka_unit_test(slob_write_after_free_is_found),	/* last: slob_lock stays locked */
	};
	static const char *const kinds[] = { "first", "size", "best" };

	kind = kinds[min(max(os_getenv("LEVELS", 4), 3UL), 5UL) - 3];
	printf("# slob=%s\n", kind);
	strscpy(boot_params.slab, "slob", sizeof(boot_params.slab));
	strscpy(boot_params.slob, kind, sizeof(boot_params.slob));
	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
