/* SPDX-License-Identifier: MIT */
/* tests/host/vmalloc_test.c - areas whose addresses this program can really touch */
#include "lib_hooks.h"
#include "arch/host.h"
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#define MAX_AREAS 64U

static struct { u8 *p; size_t size; u8 fill; } areas[MAX_AREAS];
static unsigned int nr_areas;

static size_t pages_up(size_t size)
{
	return ALIGN_UP(size, PAGE_SIZE);
}

/* Areas do not overlap, and a page is free on both sides of each. */
static void check_new_area(unsigned int n)
{
	unsigned long start = (unsigned long)areas[n].p, end = start + pages_up(areas[n].size);

	assert_true(start >= vmalloc_start && end + PAGE_SIZE <= vmalloc_end);
	for (unsigned int i = 0; i < nr_areas; i++) {
		unsigned long s = (unsigned long)areas[i].p, e = s + pages_up(areas[i].size);

		assert_true(i == n || end + PAGE_SIZE <= s || e + PAGE_SIZE <= start);
	}
}

static void free_area(unsigned int i)
{
	for (size_t k = 0; k < areas[i].size; k++)
		assert_int_equal(areas[i].p[k], areas[i].fill);
	vfree(areas[i].p);
	areas[i] = areas[--nr_areas];
}

static void alloc_area(void)
{
	size_t align = PAGE_SIZE << test_random(6);

	areas[nr_areas].size = 1 + test_random(40000);
	areas[nr_areas].fill = (u8)test_random(256);
	areas[nr_areas].p = vmalloc_align(areas[nr_areas].size, align, GFP_KERNEL);
	assert_non_null(areas[nr_areas].p);
	assert_int_equal((unsigned long)areas[nr_areas].p & (align - 1), 0);
	check_new_area(nr_areas);
	memset(areas[nr_areas].p, areas[nr_areas].fill, areas[nr_areas].size);
	nr_areas++;
}

static unsigned long used_by_model(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < nr_areas; i++)
		sum += pages_up(areas[i].size);
	return sum;
}

static void random_areas_never_overlap_and_keep_their_contents(void **state)
{
	unsigned long steps = os_getenv("STEPS", 1500), start;

	host_catch_faults();
	test_seed();
	vfree(vmalloc(4UL << 20));		/* the tables stay */
	start = host_free_pages();
	for (unsigned long i = 0; i < steps; i++) {
		host_run_on((unsigned int)test_random(HOST_CPUS));
		if (nr_areas && (nr_areas == MAX_AREAS || test_random(2)))
			free_area((unsigned int)test_random(nr_areas));
		else
			alloc_area();
		assert_int_equal(vmalloc_used(), used_by_model());
	}
	while (nr_areas)
		free_area(0);
	host_run_on(0);
	assert_int_equal(vmalloc_used(), 0);
	assert_int_equal(host_free_pages(), start);
}

static void touch(void *p)
{
	*(volatile u8 *)p = 1;
}

static void running_off_an_area_hits_its_guard_page(void **state)
{
	u8 *a = vmalloc(3 * PAGE_SIZE - 100), *b = vmalloc(PAGE_SIZE);

	host_catch_faults();
	touch(a + 3 * PAGE_SIZE - 1);
	assert_true(host_panics(touch, a + 3 * PAGE_SIZE, "unmapped address"));
	assert_true(host_panics(touch, a - 1, "unmapped address"));
	vfree(a);
	vfree(b);
}

static void a_freed_area_can_not_be_touched(void **state)
{
	u8 *a = vmalloc(2 * PAGE_SIZE);

	host_catch_faults();
	touch(a);
	vfree(a);
	assert_true(host_panics(touch, a, "unmapped address"));
	assert_true(host_panics(touch, a + PAGE_SIZE, "unmapped address"));
}

static void pages_behind_an_area_are_the_ones_it_shows(void **state)
{
	u8 *a = vmalloc(5 * PAGE_SIZE);

	host_catch_faults();
	for (unsigned int i = 0; i < 5; i++) {
		struct page *page = vmalloc_to_page(a + i * PAGE_SIZE);

		assert_non_null(page);
		a[i * PAGE_SIZE + 9] = (u8)(i + 40);
		assert_int_equal(((u8 *)page_address(page))[9], i + 40);
	}
	assert_true(is_vmalloc_addr(a));
	assert_false(is_vmalloc_addr(phys_to_virt(BANK0_START)));
	vfree(a);
	a = vzalloc(2 * PAGE_SIZE);
	for (unsigned int i = 0; i < 2 * PAGE_SIZE; i++)
		assert_int_equal(a[i], 0);
	vfree(a);
}

static void ioremap_shows_the_physical_bytes_at_any_offset(void **state)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);
	u8 *va, *direct = page_address(page);

	host_catch_faults();
	direct[PAGE_SIZE - 1] = 0x12;
	direct[PAGE_SIZE] = 0x34;
	va = ioremap(page_to_phys(page) + PAGE_SIZE - 1, 2);
	assert_non_null(va);
	assert_int_equal(va[0], 0x12);
	assert_int_equal(va[1], 0x34);
	iounmap(va);
	assert_true(host_panics(touch, va, "unmapped address"));
	assert_null(ioremap(~0UL - 5, 100));
	assert_null(ioremap(0x1000, 0));
	free_pages(page, 1);
}

static void a_failing_vmalloc_leaves_nothing_behind(void **state)
{
	unsigned long start = host_free_pages(), n;
	void *p = NULL;

	host_catch_faults();
	for (n = 0; !p; n++) {
		assert_int_equal(vmalloc_used(), 0);
		assert_int_equal(host_free_pages(), start);
		host_fail_after((long)n);
		p = vmalloc(6 * PAGE_SIZE);
	}
	assert_true(n > 8);
	host_fail_after(-1);
	vfree(p);
	assert_int_equal(host_free_pages(), start);
	assert_null(vmalloc(0));
	assert_null(vmalloc(~0UL));
	assert_null(vmalloc(1UL << 40));
}

static void free_it(void *p)
{
	vfree(p);
}

static void vfree_of_what_is_no_area_panics(void **state)
{
	u8 *a = vmalloc(2 * PAGE_SIZE);

	host_catch_faults();
	assert_true(host_panics(free_it, a + PAGE_SIZE, "not the start of an area"));
	vfree(a);
	assert_true(host_panics(free_it, a, "not the start of an area"));
	vfree(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_areas_never_overlap_and_keep_their_contents),
		cmocka_unit_test(running_off_an_area_hits_its_guard_page),
		cmocka_unit_test(a_freed_area_can_not_be_touched),
		cmocka_unit_test(pages_behind_an_area_are_the_ones_it_shows),
		cmocka_unit_test(ioremap_shows_the_physical_bytes_at_any_offset),
		cmocka_unit_test(a_failing_vmalloc_leaves_nothing_behind),
		cmocka_unit_test(vfree_of_what_is_no_area_panics),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
