/* SPDX-License-Identifier: MIT */
/* tests/host/vmalloc_test.c - areas whose addresses this program can really touch */
#include "lib_hooks.h"
#include "arch/host.h"
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/vmstat.h>
#include "../../mm/vmap_area.h"

#define MAX_AREAS 64U

static struct { u8 *p; size_t size; u8 fill; } areas[MAX_AREAS];
static unsigned int nr_areas;

/* Free pages, and those of kernel tables, which stay. */
static unsigned long settled_pages(void)
{
	return host_free_pages() + (unsigned long)vm_state_sum(nr_kernel_table_pages);
}

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

/* What was stored at @p went to the pages of now, not to those a TLB remembers. */
static void check_translations(const u8 *p, size_t size, u8 fill)
{
	for (size_t at = 0; at < size; at += PAGE_SIZE) {
		const u8 *direct = host_bytes(vmalloc_to_page(p + at));

		assert_int_equal(direct[0], fill);
		assert_int_equal(direct[min(size - at, PAGE_SIZE) - 1], fill);
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
	check_translations(areas[nr_areas].p, areas[nr_areas].size, areas[nr_areas].fill);
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
	/* a step stores and compares up to 40 KB: STEPS= is for the model below */
	unsigned long steps = min(os_getenv("STEPS", 1500), 20000UL), start;

	host_catch_faults();
	test_seed();
	vfree(vmalloc(4UL << 20));		/* the tables stay */
	start = settled_pages();
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
	assert_int_equal(settled_pages(), start);
}

/* ---- addresses against a naive model ---- */

#define WINDOW	256UL			/* pages; busy pages on both sides close it off */

enum state { FREE, LAZY, BUSY };

static enum state window[WINDOW];	/* the model */
static unsigned long window_start;
static struct vmap_area *taken[WINDOW];
static unsigned int nr_taken;

static struct vmap_area *alloc_at(unsigned long start, unsigned long pages, unsigned long align, unsigned long end)
{
	const struct vmap_request rq = { .size = pages << PAGE_SHIFT, .align = align, .start = start, .end = end,
					 .gfp = GFP_KERNEL };

	return alloc_vmap_area(&rq);
}

/* Where in the run of @n free pages at @at do @pages fit? WINDOW: nowhere. */
static unsigned long place_in_run(unsigned long at, unsigned long n, unsigned long pages, unsigned long align)
{
	unsigned long addr = ALIGN_UP(window_start + (at << PAGE_SHIFT), align);
	unsigned long first = (addr - window_start) >> PAGE_SHIFT;

	return first + pages <= at + n ? first : WINDOW;
}

/* Lowest run that fits however it is aligned; if there is none, the lowest that fits at all. */
static unsigned long model_find(unsigned long pages, unsigned long align)
{
	unsigned long sure = pages + (align >> PAGE_SHIFT) - 1, lucky = WINDOW, n;

	for (unsigned long at = 0; at < WINDOW; at += n + 1) {
		unsigned long first;

		for (n = 0; at + n < WINDOW && window[at + n] == FREE; n++)
			;
		first = place_in_run(at, n, pages, align);
		if (first < WINDOW && n >= sure)
			return first;
		lucky = min(lucky, first);
	}
	return lucky;
}

static void model_purge(void)
{
	for (unsigned long i = 0; i < WINDOW; i++)
		if (window[i] == LAZY)
			window[i] = FREE;
}

static void model_set(const struct vmap_area *va, enum state from, enum state to)
{
	for (unsigned long a = va->va_start; a < va->va_end; a += PAGE_SIZE) {
		unsigned long i = (a - window_start) >> PAGE_SHIFT;

		assert_int_equal(window[i], from);
		window[i] = to;
	}
}

static void take_some(void)
{
	unsigned long pages = 1 + test_random(test_random(8) ? 6 : 40), align = PAGE_SIZE << test_random(6);
	unsigned long first = model_find(pages, align);
	struct vmap_area *va;

	if (first == WINDOW) {
		model_purge();
		first = model_find(pages, align);
	}
	va = alloc_at(window_start, pages, align, window_start + (WINDOW << PAGE_SHIFT));
	assert_int_equal(va != NULL, first < WINDOW);
	if (!va)
		return;
	assert_int_equal(va->va_start, window_start + (first << PAGE_SHIFT));
	assert_int_equal(va->va_end - va->va_start, pages << PAGE_SHIFT);
	model_set(va, FREE, BUSY);
	taken[nr_taken++] = va;
}

static void give_back(unsigned int i)
{
	struct vmap_area *va = taken[i];

	model_set(va, BUSY, LAZY);
	assert_ptr_equal(find_vmap_area(va->va_end - 1), va);
	assert_ptr_equal(unlink_vmap_area(va->va_start), va);
	assert_null(find_vmap_area(va->va_start));
	free_vmap_area_lazily(va);
	taken[i] = taken[--nr_taken];
}

static struct vmap_area *close_window(unsigned long page)
{
	struct vmap_area *va = alloc_at(page, 1, PAGE_SIZE, page + PAGE_SIZE);

	assert_non_null(va);
	return va;
}

static void open_window(struct vmap_area *va)
{
	unlink_vmap_area(va->va_start);
	free_vmap_area_lazily(va);
}

static void random_addresses_agree_with_a_naive_model(void **state)
{
	unsigned long steps = os_getenv("STEPS", QUICK_STEPS);
	struct vmap_area *below, *above;

	test_seed();
	window_start = ALIGN_UP(vmalloc_start, 64 * PAGE_SIZE) + 64 * PAGE_SIZE;
	below = close_window(window_start - PAGE_SIZE);
	above = close_window(window_start + (WINDOW << PAGE_SHIFT));
	for (unsigned long i = 0; i < steps; i++) {
		unsigned int op = (unsigned int)test_random(100);

		if (op == 0) {
			vm_unmap_aliases();
			model_purge();
		} else if (op < 52 || !nr_taken) {
			take_some();
		} else {
			give_back((unsigned int)test_random(nr_taken));
		}
		if (test_look(i, 64))
			vmap_area_check();
	}
	while (nr_taken)
		give_back(0);
	open_window(below);
	open_window(above);
	vm_unmap_aliases();
	vmap_area_check();
}

/* ---- lazy unmapping ---- */

static void a_thousand_frees_share_few_flushes(void **state)
{
	unsigned long purges = vm_event_sum(vmap_purge), flushes = vm_event_sum(tlb_flush_local);
	unsigned long frees = vm_event_sum(vmap_lazy_free);

	host_catch_faults();
	for (unsigned int i = 0; i < 1000; i++) {
		u8 *p = vmalloc(4 * PAGE_SIZE);

		assert_non_null(p);
		memset(p, (u8)i, 4 * PAGE_SIZE);
		check_translations(p, 4 * PAGE_SIZE, (u8)i);
		vfree(p);
	}
	assert_int_equal(vm_event_sum(vmap_lazy_free) - frees, 1000);
	assert_true(vm_event_sum(vmap_purge) - purges <= 1);
	assert_true(vm_event_sum(tlb_flush_local) - flushes <= 1);
	assert_true(vm_state_sum(nr_vmap_lazy_pages) <= (long)lazy_max_pages());
	vm_unmap_aliases();
	assert_int_equal(vm_state_sum(nr_vmap_lazy_pages), 0);
	assert_int_equal(vm_event_sum(vmap_lazy_free), vm_event_sum(vmap_purged));
}

/* Addresses run out at every fourth allocation: each comes back after a flush, with new pages behind it. */
static void a_reused_address_never_shows_its_old_page(void **state)
{
	unsigned long purges = vm_event_sum(vmap_purge);
	struct page *others[5] = { NULL };	/* or the same page would come back to the same address */
	struct vm_request rq = { .size = 3 * PAGE_SIZE, .align = PAGE_SIZE, .gfp = GFP_KERNEL,
				 .prot = PAGE_KERNEL, .node = NO_NODE };

	host_catch_faults();
	rq.start = vmalloc_start + (512UL << 20);
	rq.end = rq.start + 16 * PAGE_SIZE;
	for (unsigned int i = 0; i < 400; i++) {
		u8 *p = __vmalloc_node_range(&rq);

		assert_non_null(p);
		memset(p, (u8)i, rq.size);
		check_translations(p, rq.size, (u8)i);
		vfree(p);
		if (others[i % 5])
			free_pages(others[i % 5], 0);
		others[i % 5] = alloc_page(GFP_KERNEL);
	}
	for (unsigned int i = 0; i < 5; i++)
		free_pages(others[i], 0);
	assert_true(vm_event_sum(vmap_purge) - purges >= 90);
}

static void more_than_512_pages_keep_their_array_in_vmalloc_memory(void **state)
{
	struct vm_struct info;
	u8 *p, *q;

	host_catch_faults();
	p = vmalloc(513 * PAGE_SIZE);
	q = vmalloc(512 * PAGE_SIZE);
	assert_non_null(p);
	assert_non_null(q);
	assert_true(is_vmalloc_addr(find_vm_area(p)->pages));
	assert_false(is_vmalloc_addr(find_vm_area(q)->pages));
	assert_true(vmalloc_next((unsigned long)q, &info));
	assert_ptr_equal(info.addr, q);
	assert_int_equal(info.nr_pages, 512);
	p[513 * PAGE_SIZE - 1] = 1;
	vfree(p);
	vfree(q);
	assert_int_equal(vmalloc_used(), 0);
}

static void vmap_shows_pages_in_the_order_given(void **state)
{
	struct page *pages[3];
	u8 *p;

	host_catch_faults();
	for (unsigned int i = 0; i < 3; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	p = vmap(pages, 3, PAGE_KERNEL);
	assert_non_null(p);
	for (unsigned int i = 0; i < 3; i++) {
		p[i * PAGE_SIZE] = (u8)(i + 7);
		assert_ptr_equal(vmalloc_to_page(p + i * PAGE_SIZE), pages[i]);
		assert_int_equal(*(u8 *)host_bytes(pages[i]), i + 7);
	}
	vunmap(p);
	assert_null(vmalloc_to_page(p));
	for (unsigned int i = 0; i < 3; i++)
		free_pages(pages[i], 0);
}

static void kvmalloc_takes_what_kmalloc_cannot_give(void **state)
{
	void *small, *large;

	host_catch_faults();
	small = kvmalloc(100, GFP_KERNEL);
	large = kvzalloc(5UL << 20, GFP_KERNEL);
	assert_non_null(small);
	assert_non_null(large);
	assert_false(is_vmalloc_addr(small));
	assert_true(is_vmalloc_addr(large));
	assert_int_equal(((u8 *)large)[(5UL << 20) - 1], 0);
	kvfree(small);
	kvfree(large);
	kvfree(NULL);
}

/* ---- guards, pages, devices ---- */

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
	vm_unmap_aliases();
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
		assert_int_equal(((u8 *)host_bytes(page))[9], i + 40);
	}
	assert_true(is_vmalloc_addr(a));
	assert_false(is_vmalloc_addr(phys_to_virt(BANK0_START)));
	vfree(a);
	a = vzalloc(2 * PAGE_SIZE);
	for (unsigned int i = 0; i < 2 * PAGE_SIZE; i++)
		assert_int_equal(a[i], 0);
	vfree(a);
}

/* The bytes between the two banks of RAM: the machine has something there, and it is not RAM. */
static void ioremap_shows_the_physical_bytes_at_any_offset(void **state)
{
	u8 *a, *b;

	host_catch_faults();
	a = ioremap(BANK0_END + PAGE_SIZE - 1, 2);
	assert_non_null(a);
	a[0] = 0x12;
	a[1] = 0x34;
	b = ioremap(BANK0_END, 2 * PAGE_SIZE);
	assert_non_null(b);
	assert_int_equal(b[PAGE_SIZE - 1], 0x12);
	assert_int_equal(b[PAGE_SIZE], 0x34);
	iounmap(a);
	iounmap(b);
	vm_unmap_aliases();
	assert_true(host_panics(touch, a, "unmapped address"));
	assert_null(ioremap(~0UL - 5, 100));
	assert_null(ioremap(0x1000, 0));
}

static void ioremap_refuses_ram(void **state)
{
	assert_null(ioremap(BANK0_START, PAGE_SIZE));
	assert_null(ioremap(BANK0_END - 1, 2));
	assert_null(ioremap(BANK1_START - PAGE_SIZE, 2 * PAGE_SIZE));
	assert_null(ioremap(0, BANK1_START + PAGE_SIZE));
	assert_int_equal(vmalloc_used(), 0);
}

static void a_failing_vmalloc_leaves_nothing_behind(void **state)
{
	unsigned long start = settled_pages(), n;
	void *p = NULL;

	host_catch_faults();
	for (n = 0; !p; n++) {
		assert_int_equal(vmalloc_used(), 0);
		assert_int_equal(settled_pages(), start);
		host_fail_after((long)n);
		p = vmalloc(6 * PAGE_SIZE);
	}
	assert_true(n > 8);
	host_fail_after(-1);
	vfree(p);
	assert_int_equal(settled_pages(), start);
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
		cmocka_unit_test(random_addresses_agree_with_a_naive_model),
		cmocka_unit_test(a_thousand_frees_share_few_flushes),
		cmocka_unit_test(a_reused_address_never_shows_its_old_page),
		cmocka_unit_test(more_than_512_pages_keep_their_array_in_vmalloc_memory),
		cmocka_unit_test(vmap_shows_pages_in_the_order_given),
		cmocka_unit_test(kvmalloc_takes_what_kmalloc_cannot_give),
		cmocka_unit_test(running_off_an_area_hits_its_guard_page),
		cmocka_unit_test(a_freed_area_can_not_be_touched),
		cmocka_unit_test(pages_behind_an_area_are_the_ones_it_shows),
		cmocka_unit_test(ioremap_shows_the_physical_bytes_at_any_offset),
		cmocka_unit_test(ioremap_refuses_ram),
		cmocka_unit_test(a_failing_vmalloc_leaves_nothing_behind),
		cmocka_unit_test(vfree_of_what_is_no_area_panics),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
