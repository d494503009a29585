/* SPDX-License-Identifier: MIT */
/* tests/kernel/extfrag_test.c - fragmentation indices of zones whose layout is known (mm/extfrag.c) */
#include <kernel/ktest.h>
#include <mm/page_alloc.h>
#include <mm/zone.h>

static struct zone layout;

/* A zone with @n[order] free blocks of each order; only the counts are looked at. */
static void lay_out(const unsigned long *n, unsigned int orders)
{
	spin_lock_init(&layout.lock, RANK_ZONE);
	for (unsigned int o = 0; o <= MAX_ORDER; o++)
		layout.free_area[o].nr_free = o < orders ? n[o] : 0;
}

KTEST(extfrag_without_free_memory_all_is_unusable)
{
	lay_out(NULL, 0);
	EXPECT_EQ(unusable_free_index(&layout, 0), 1000);
	EXPECT_EQ(extfrag_index(&layout, 0), 0);
}

KTEST(extfrag_single_pages_serve_no_block)
{
	static const unsigned long singles[] = { 64 };

	lay_out(singles, 1);
	EXPECT_EQ(unusable_free_index(&layout, 0), 0);
	EXPECT_EQ(unusable_free_index(&layout, 1), 1000);
	EXPECT_EQ(extfrag_index(&layout, 0), -1000);
	/* 64 pages are 32 pairs: 1 - (1 + 32) / 64 */
	EXPECT_EQ(extfrag_index(&layout, 1), 1000 - 33000 / 64);
	EXPECT_EQ(extfrag_index(&layout, 3), 1000 - 9000 / 64);
}

KTEST(extfrag_counts_the_share_in_blocks_that_are_too_small)
{
	static const unsigned long mixed[] = { 8, 4, 2, 1 };		/* 8 pages of each order */

	lay_out(mixed, 4);
	EXPECT_EQ(unusable_free_index(&layout, 1), 250);
	EXPECT_EQ(unusable_free_index(&layout, 2), 500);
	EXPECT_EQ(unusable_free_index(&layout, 3), 750);
	EXPECT_EQ(unusable_free_index(&layout, 4), 1000);
	EXPECT_EQ(extfrag_index(&layout, 3), -1000);
	EXPECT_EQ(extfrag_index(&layout, 4), 1000 - 3000 / 15);
	EXPECT_EQ(extfrag_index(&layout, 6), 1000 - 1500 / 15);
}

KTEST(extfrag_too_little_memory_shows_near_zero)
{
	static const unsigned long little[] = { 0, 1 };

	lay_out(little, 2);
	EXPECT(extfrag_index(&layout, 10) <= 0);
}

/* Every second page of a big block given back: half of it is free, and none of that makes a pair. */
KTEST(extfrag_of_a_real_zone_rises_with_every_second_page_freed)
{
	struct page *p = alloc_pages(GFP_KERNEL, MAX_ORDER);
	struct zone *z;
	int before;

	if (!p) {
		ktest_skip("no free block of the largest order");
		return;
	}
	z = page_zone(p);
	page_alloc_drain();
	before = unusable_free_index(z, 1);
	for (unsigned int i = 1; i < 1U << MAX_ORDER; i += 2)
		free_pages(p + i, 0);
	page_alloc_drain();
	EXPECT(unusable_free_index(z, 1) >= before);
	EXPECT(z->free_area[0].nr_free >= 1U << (MAX_ORDER - 1));
	for (unsigned int i = 0; i < 1U << MAX_ORDER; i += 2)
		free_pages(p + i, 0);
	page_alloc_drain();
	EXPECT_EQ(unusable_free_index(z, 1), before);
	buddy_check();
}
