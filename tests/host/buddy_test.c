/* SPDX-License-Identifier: MIT */
/* tests/host/buddy_test.c - the page allocator against an array that knows who owns each frame */
#include "lib_hooks.h"
#include "arch/host.h"
#include <mm/page_alloc.h>
#include <mm/vmstat.h>
#include "../../mm/mm_phys.h"

#define FRAMES		((RAM_END - RAM_BASE) >> PAGE_SHIFT)
#define MAX_BLOCKS	4096

struct block { struct page *page; unsigned int order; };

static struct block blocks[MAX_BLOCKS];
static unsigned int nr_blocks;
static bool owned[FRAMES];

static bool is_ram(pfn_t pfn)
{
	paddr_t pa = pfn << PAGE_SHIFT;

	return (pa >= BANK0_START && pa < BANK0_END) || (pa >= BANK1_START && pa < BANK1_END);
}

/* Give the block to the model: it is aligned RAM that nobody owns. */
static void model_take(struct page *p, unsigned int order)
{
	pfn_t pfn = page_to_pfn(p);

	assert_true(nr_blocks < MAX_BLOCKS);
	assert_int_equal(pfn & ((1UL << order) - 1), 0);
	assert_int_equal(page_count(p), 1);
	for (pfn_t i = pfn; i < pfn + (1UL << order); i++) {
		assert_true(is_ram(i));
		assert_false(owned[i - (RAM_BASE >> PAGE_SHIFT)]);
		owned[i - (RAM_BASE >> PAGE_SHIFT)] = true;
	}
	blocks[nr_blocks++] = (struct block){ p, order };
	*(u64 *)page_address(p) = pfn;
}

static void model_give(unsigned int i)
{
	struct block b = blocks[i];
	pfn_t pfn = page_to_pfn(b.page);

	assert_int_equal(*(u64 *)page_address(b.page), pfn);
	for (pfn_t f = pfn; f < pfn + (1UL << b.order); f++)
		owned[f - (RAM_BASE >> PAGE_SHIFT)] = false;
	blocks[i] = blocks[--nr_blocks];
	free_pages(b.page, b.order);
}

static void give_all(void)
{
	while (nr_blocks)
		model_give(nr_blocks - 1);
}

static void random_allocs_and_frees_never_share_a_frame(void **state)
{
	unsigned long steps = os_getenv("STEPS", 20000), start = host_free_pages();
	bool slow = os_getenv("SLOW", 0);

	test_seed();
	for (unsigned long i = 0; i < steps; i++) {
		unsigned int order = test_random(4) ? 0 : (unsigned int)test_random(MAX_ORDER + 1);
		struct page *p;

		host_run_on((unsigned int)test_random(HOST_CPUS));
		if (nr_blocks && (nr_blocks == MAX_BLOCKS || test_random(2 + i / 1000 % 2) == 0)) {
			model_give((unsigned int)test_random(nr_blocks));
		} else {
			p = alloc_pages(test_random(8) ? GFP_KERNEL : GFP_ATOMIC, order);
			if (p)
				model_take(p, order);
			else
				assert_true(nr_free_pages() < 3UL << MAX_ORDER || order);
		}
		if (i % 64 == 0 || slow)
			buddy_check();
	}
	give_all();
	assert_int_equal(host_free_pages(), start);
	buddy_check();
}

/* With everything free again, memory has merged into as few blocks as alignment allows. */
static void freeing_everything_merges_back_to_the_same_blocks(void **state)
{
	unsigned long before[NR_ZONES][MAX_ORDER + 1];

	host_free_pages();
	for (unsigned int z = 0; z < NR_ZONES; z++)
		for (unsigned int o = 0; o <= MAX_ORDER; o++)
			before[z][o] = NODE_DATA(0)->node_zones[z].free_area[o].nr_free;
	for (unsigned int i = 0; i < MAX_BLOCKS; i++)
		model_take(alloc_pages(GFP_KERNEL, 0), 0);
	while (nr_blocks)
		model_give((unsigned int)(nr_blocks * 7UL / 13));
	host_free_pages();
	for (unsigned int z = 0; z < NR_ZONES; z++)
		for (unsigned int o = 0; o <= MAX_ORDER; o++)
			assert_int_equal(before[z][o], NODE_DATA(0)->node_zones[z].free_area[o].nr_free);
}

static void zone_flags_keep_pages_below_their_border(void **state)
{
	struct page *p;

	for (unsigned int i = 0; i < 64; i++) {
		p = alloc_page(GFP_KERNEL | __GFP_DMA);
		assert_non_null(p);
		assert_true(page_to_pfn(p) < ZONE_DMA_END_PFN);
		model_take(p, 0);
		p = alloc_page(GFP_KERNEL | __GFP_DMA32);
		assert_non_null(p);
		assert_true(page_to_phys(p) < 1UL << 32);
		model_take(p, 0);
	}
	give_all();
}

static void exhaustion_returns_null_and_leaves_a_reserve_for_atomic_callers(void **state)
{
	unsigned long start = host_free_pages(), reserve = 0;
	static struct page *taken[FRAMES];
	unsigned long n = 0;
	struct page *p;

	while ((p = alloc_page(GFP_KERNEL)))
		taken[n++] = p;
	assert_true(nr_free_pages() > 0);
	while ((p = alloc_page(GFP_ATOMIC))) {
		taken[n++] = p;
		reserve++;
	}
	assert_true(reserve > 0);
	while ((p = alloc_page(__GFP_MEMALLOC)))
		taken[n++] = p;
	assert_int_equal(nr_free_pages(), 0);
	assert_int_equal(n, start);
	buddy_check();
	while (n)
		free_pages(taken[--n], 0);
	assert_int_equal(host_free_pages(), start);
}

static void pages_kept_by_one_cpu_are_found_when_another_needs_them(void **state)
{
	unsigned long start = host_free_pages(), n = 0;
	static struct page *taken[FRAMES];
	struct page *p;

	while ((p = alloc_page(__GFP_MEMALLOC | GFP_KERNEL)))
		taken[n++] = p;
	host_run_on(2);
	for (unsigned int i = 0; i < 8; i++)
		free_pages(taken[--n], 0);	/* these stay on CPU 2's list */
	host_run_on(0);
	for (unsigned int i = 0; i < 8; i++)
		assert_non_null((taken[n++] = alloc_page(__GFP_MEMALLOC | GFP_KERNEL)));
	assert_null(alloc_page(__GFP_MEMALLOC | GFP_KERNEL));
	while (n)
		free_pages(taken[--n], 0);
	assert_int_equal(host_free_pages(), start);
}

static void zeroed_pages_are_zero_after_a_dirty_life(void **state)
{
	for (unsigned int i = 0; i < 200; i++) {
		struct page *p = alloc_pages(GFP_KERNEL | __GFP_ZERO, i % 3);
		u8 *b = page_address(p);

		for (size_t k = 0; k < PAGE_SIZE << (i % 3); k++)
			assert_int_equal(b[k], 0);
		memset(b, 0xee, PAGE_SIZE << (i % 3));
		free_pages(p, i % 3);
	}
}

static void free_page_again(void *p)
{
	free_pages(p, 0);
}

static void put_page_again(void *p)
{
	put_page(p);
}

static void a_second_free_panics(void **state)
{
	struct page *p = alloc_page(GFP_KERNEL);

	free_pages(p, 0);
	assert_true(host_panics(free_page_again, p, "double free"));
	p = alloc_page(GFP_KERNEL);
	put_page(p);
	assert_true(host_panics(put_page_again, p, "a reference was put that nobody had"));
	atomic_set(&p->_refcount, 0);
}

static void take_blocks(void *unused)
{
	while (alloc_pages(GFP_KERNEL, 3))
		;
}

/* The last tests: what they take stays away. */
static void damaged_free_block_is_reported(unsigned int which)
{
	struct page *p = alloc_pages(GFP_KERNEL, 3);

	assert_non_null(p);
	free_pages(p, 3);
	atomic_set(&p[which]._refcount, 5);
	assert_true(host_panics(take_blocks, NULL, "others hold it"));
	atomic_set(&p[which]._refcount, 0);
}

static void free_block_with_a_damaged_first_page_is_reported(void **state)
{
	damaged_free_block_is_reported(0);
}

static void free_block_with_a_damaged_page_inside_is_reported(void **state)
{
	damaged_free_block_is_reported(3);
	damaged_free_block_is_reported(7);
}

static void every_frame_of_ram_has_a_struct_page_and_holes_are_reserved(void **state)
{
	const pfn_t mask = (1UL << MAX_ORDER) - 1;

	for (pfn_t pfn = min_pfn & ~mask; pfn < max_pfn; pfn++) {
		assert_true(is_ram(pfn) <= pfn_valid(pfn));
		if (!pfn_valid(pfn))
			continue;
		if (!is_ram(pfn))
			assert_true(PageReserved(pfn_to_page(pfn)));
		else if (!PageReserved(pfn_to_page(pfn)))
			assert_true(page_zone(pfn_to_page(pfn))->start_pfn <= pfn &&
				    pfn < page_zone(pfn_to_page(pfn))->end_pfn);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_of_ram_has_a_struct_page_and_holes_are_reserved),
		cmocka_unit_test(random_allocs_and_frees_never_share_a_frame),
		cmocka_unit_test(freeing_everything_merges_back_to_the_same_blocks),
		cmocka_unit_test(zone_flags_keep_pages_below_their_border),
		cmocka_unit_test(exhaustion_returns_null_and_leaves_a_reserve_for_atomic_callers),
		cmocka_unit_test(pages_kept_by_one_cpu_are_found_when_another_needs_them),
		cmocka_unit_test(zeroed_pages_are_zero_after_a_dirty_life),
		cmocka_unit_test(a_second_free_panics),
		cmocka_unit_test(free_block_with_a_damaged_first_page_is_reported),
		cmocka_unit_test(free_block_with_a_damaged_page_inside_is_reported),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
