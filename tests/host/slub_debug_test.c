/* SPDX-License-Identifier: MIT */
/* tests/host/slub_debug_test.c - each crime against an object is noticed, reported, and leaves its cache usable */
#include "lib_hooks.h"
#include "arch/host.h"
#include <kernel/params.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>

static char heard[1024];
static unsigned int reports;

static bool listen(const char *report)
{
	snprintf(heard, sizeof(heard), "%s", report);
	reports++;
	return true;
}

static struct kmem_cache *cache, *other;

static void expect_report(const char *text)
{
	if (reports != 1 || !strstr(heard, text))
		print_error("expected \"%s\", heard %u reports: %s\n", text, reports, heard);
	assert_int_equal(reports, 1);
	assert_non_null(strstr(heard, text));
	reports = 0;
}

static u8 *fresh(void)
{
	return kmem_cache_alloc(cache, GFP_KERNEL);
}

static void crimes_begin(const char *name, unsigned int flags)
{
	cache = kmem_cache_create(name, 72, 0, flags, NULL);
	assert_non_null(cache);
	slab_listen(listen);
	reports = 0;
}

static void crimes_end(void)
{
	slab_listen(NULL);
	slab_check();
	assert_int_equal(kmem_cache_inuse(cache), 0);
	assert_int_equal(kmem_cache_destroy(cache), 0);
}

static void a_write_after_free_is_found_by_the_next_allocation(void **state)
{
	u8 *p, *q;

	crimes_begin("checked-uaf", 0);
	p = fresh();
	kmem_cache_free(cache, p);
	p[33] = 1;
	q = fresh();	/* the next one: what is damaged is not given out */
	assert_ptr_not_equal(p, q);
	expect_report("written after free: offset 33 is 0x1, not 0x6b");
	assert_non_null(strstr(heard, "allocated by"));
	assert_non_null(strstr(heard, "freed by"));
	kmem_cache_free(cache, p);	/* it was leaked; the test gives it back */
	kmem_cache_free(cache, q);
	crimes_end();
}

static void a_write_past_or_before_an_object_is_found_when_it_is_freed(void **state)
{
	static const struct { long at; const char *text; } writes[] = {
		{ 72, "written past its end: offset 72" }, { 79, "written past its end: offset 79" },
		{ -1, "written before its start: offset -1" }, { 88, "bad state" },
	};

	crimes_begin("checked-oob", 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(writes); i++) {
		u8 *p = fresh();

		p[writes[i].at] ^= 0x40;
		kmem_cache_free(cache, p);
		expect_report(writes[i].text);
		assert_non_null(strstr(heard, "allocated by"));
		kmem_cache_free(cache, p);
		assert_int_equal(reports, 0);
	}
	crimes_end();
}

static void a_write_past_the_bytes_asked_of_kmalloc_is_found(void **state)
{
	u8 *p = kmalloc(50, GFP_KERNEL);

	slab_listen(listen);
	reports = 0;
	p[50] = 0;
	kfree(p);
	expect_report("written past its end: offset 50");
	kfree(p);
	slab_listen(NULL);
	assert_int_equal(reports, 0);
}

static void double_and_foreign_frees_are_refused(void **state)
{
	u8 *p, *q;

	crimes_begin("checked-free", 0);
	other = kmem_cache_create("checked-other", 72, 0, 0, NULL);
	p = fresh();
	q = fresh();
	kmem_cache_free(cache, p);
	kmem_cache_free(cache, q);
	kmem_cache_free(cache, p);
	expect_report("freed twice");
	assert_non_null(strstr(heard, "freed by"));
	p = fresh();
	kmem_cache_free(other, p);
	expect_report("freed to a slab that it is not from");
	kmem_cache_free(cache, p + 8);
	expect_report("not the start of an object");
	kmem_cache_free(cache, (void *)(page_offset + BANK0_START));
	expect_report("from no slab");
	kmem_cache_free(cache, p);
	assert_int_equal(kmem_cache_destroy(other), 0);
	crimes_end();
}

static void a_damaged_link_is_not_followed(void **state)
{
	u8 *p;

	crimes_begin("checked-link", 0);
	p = fresh();
	kmem_cache_free(cache, p);
	*(unsigned long *)(p + 80) = 0x1234;
	p = fresh();
	expect_report("bad link");
	slab_check();
	assert_non_null(p);
	slab_listen(NULL);	/* the objects behind it are lost: the cache stays */
}

static void cheap_checks_work_without_debugging(void **state)
{
	u8 *p;

	crimes_begin("plain-free", SLAB_NO_DEBUG);
	other = kmem_cache_create("plain-other", 72, 0, SLAB_NO_DEBUG, NULL);
	p = fresh();
	kmem_cache_free(other, p);
	expect_report("freed to a slab that it is not from");
	kmem_cache_free(cache, p);
	kmem_cache_free(cache, p);
	expect_report("freed twice");
	host_run_on(1);		/* not this CPU's slab: the slow path looks more closely */
	p = fresh();
	host_run_on(0);
	kmem_cache_free(cache, p + 8);
	expect_report("not the start of an object");
	kmem_cache_free(cache, p);
	assert_int_equal(kmem_cache_destroy(other), 0);
	crimes_end();
}

static void large_blocks_are_freed_once_and_by_their_start(void **state)
{
	u8 *p = kmalloc(20000, GFP_KERNEL);

	slab_listen(listen);
	reports = 0;
	kfree(p + PAGE_SIZE);
	expect_report("kmalloc did not return it");
	kfree(p + 8);
	expect_report("kmalloc did not return it");
	kfree(p);
	assert_int_equal(reports, 0);
	kfree(p);
	expect_report("freed twice");
	slab_listen(NULL);
}

static void free_again(void *p)
{
	kmem_cache_free(cache, p);
}

static void debug_builds_panic_where_nobody_listens(void **state)
{
	u8 *p;

	cache = kmem_cache_create("plain-panic", 72, 0, SLAB_NO_DEBUG, NULL);
	p = fresh();
	kmem_cache_free(cache, p);
	assert_true(host_panics(free_again, p, "freed twice"));
	assert_int_equal(kmem_cache_destroy(cache), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_after_free_is_found_by_the_next_allocation),
		cmocka_unit_test(a_write_past_or_before_an_object_is_found_when_it_is_freed),
		cmocka_unit_test(a_write_past_the_bytes_asked_of_kmalloc_is_found),
		cmocka_unit_test(double_and_foreign_frees_are_refused),
		cmocka_unit_test(a_damaged_link_is_not_followed),
		cmocka_unit_test(cheap_checks_work_without_debugging),
		cmocka_unit_test(large_blocks_are_freed_once_and_by_their_start),
		cmocka_unit_test(debug_builds_panic_where_nobody_listens),
	};

	strscpy(boot_params.slub_debug, "FZPU,checked-*,kmalloc-64", sizeof(boot_params.slub_debug));
	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
