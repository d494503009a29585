/* SPDX-License-Identifier: MIT */
/* tests/kernel/buddy_test.c - blocks of pages: split, merge, limits (mm/buddy.c, mm/page_alloc.c, mm/pcplist.c) */
#include <kernel/assert.h>
#include <kernel/ktest.h>
#include <kernel/params.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmstat.h>
#include <mm/zone.h>

KTEST(buddy_block_is_aligned_to_its_order)
{
	for (unsigned int order = 0; order <= 6; order++) {
		struct page *p = alloc_pages(GFP_KERNEL, order);

		REQUIRE(p);
		EXPECT_EQ(page_to_pfn(p) & ((1UL << order) - 1), 0);
		EXPECT_EQ(page_count(p), 1);
		free_pages(p, order);
		buddy_check();
	}
}

KTEST(buddy_free_gives_every_page_back)
{
	unsigned long before, after;
	struct page *p;

	page_alloc_drain();
	before = nr_free_pages();
	p = alloc_pages(GFP_KERNEL, 4);
	REQUIRE(p);
	EXPECT_EQ(before - nr_free_pages(), 16);
	free_pages(p, 4);
	page_alloc_drain();
	after = nr_free_pages();
	EXPECT_EQ(before, after);
}

KTEST(buddy_free_merges_only_with_its_buddy)
{
	struct page *block = alloc_pages(GFP_KERNEL, 3);
	struct zone *z;

	REQUIRE(block);
	z = page_zone(block);
	/* free pages 1 and 2 of the block: neighbours, but not buddies */
	free_pages(block + 1, 0);
	free_pages(block + 2, 0);
	page_alloc_drain();
	buddy_check();
	EXPECT(PageBuddy(block + 1) && (block + 1)->private == 0);
	EXPECT(PageBuddy(block + 2) && (block + 2)->private == 0);
	EXPECT(page_zone(block + 2) == z);
	free_pages(block, 0);
	free_pages(block + 3, 0);
	free_pages(block + 4, 2);
	page_alloc_drain();
	buddy_check();
}

KTEST(page_alloc_zeroes_when_asked)
{
	struct page *p = alloc_page(GFP_KERNEL);
	unsigned long *words;

	REQUIRE(p);
	memset(page_address(p), 0xa5, PAGE_SIZE);
	free_pages(p, 0);
	p = alloc_page(GFP_KERNEL | __GFP_ZERO);
	REQUIRE(p);
	words = page_address(p);
	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		if (words[i]) {
			EXPECT_EQ(words[i], 0);
			break;
		}
	free_pages(p, 0);
}

KTEST(page_alloc_refuses_orders_beyond_the_largest)
{
	EXPECT(alloc_pages(GFP_KERNEL, MAX_ORDER + 1) == NULL);
	EXPECT(alloc_pages(GFP_KERNEL, ~0U) == NULL);
}

KTEST(page_alloc_to_the_last_page_and_back)
{
	unsigned long got = 0, before;
	struct list_head held;
	struct page *p;

	INIT_LIST_HEAD(&held);
	page_alloc_drain();
	before = nr_free_pages();
	while ((p = alloc_page(GFP_HIGHUSER | __GFP_NOWARN))) {
		list_add(&p->lru, &held);
		got++;
	}
	EXPECT(got > before / 2);
	/* the reserve is still there for those who may use it */
	p = alloc_page(__GFP_MEMALLOC);
	EXPECT(p != NULL);
	if (p)
		free_pages(p, 0);
	free_page_list(&held);
	page_alloc_drain();
	EXPECT_EQ(nr_free_pages(), before);
	buddy_check();
}

KTEST(watermarks_ascend_in_every_zone)
{
	struct zone *z;

	for_each_zone(z) {
		EXPECT(z->watermark[WMARK_MIN] <= z->watermark[WMARK_LOW]);
		EXPECT(z->watermark[WMARK_LOW] <= z->watermark[WMARK_HIGH]);
		EXPECT(z->managed <= z->present);
		EXPECT(z->present <= z->spanned);
	}
}

#define RANDOM_BLOCKS 64

KTEST(buddy_survives_random_allocs_and_frees)
{
	static struct { struct page *p; unsigned int order; } held[RANDOM_BLOCKS];
	unsigned long before;

	page_alloc_drain();
	before = nr_free_pages();
	for (unsigned int step = 0; step < 4000; step++) {
		unsigned int i = (unsigned int)(ktest_random() % RANDOM_BLOCKS);

		if (held[i].p) {
			free_pages(held[i].p, held[i].order);
			held[i].p = NULL;
		} else {
			held[i].order = (unsigned int)(ktest_random() % 5);
			held[i].p = alloc_pages(GFP_KERNEL, held[i].order);
		}
		if (step % 256 == 0)
			buddy_check();
	}
	for (unsigned int i = 0; i < RANDOM_BLOCKS; i++) {
		if (held[i].p)
			free_pages(held[i].p, held[i].order);
		held[i].p = NULL;
	}
	page_alloc_drain();
	EXPECT_EQ(nr_free_pages(), before);
	buddy_check();
}

/* ---- hot and cold ---- */

static void cold_pages(bool separate)
{
	struct page *hot, *cold, *p;

	page_alloc_drain();
	boot_params.coldpages = separate;
	cold = alloc_page(GFP_KERNEL);
	hot = alloc_page(GFP_KERNEL);
	REQUIRE(hot && cold);
	free_pages(hot, 0);
	free_cold_page(cold);
	p = alloc_page(GFP_KERNEL);
	EXPECT(p == hot);
	if (p)
		free_pages(p, 0);
	p = alloc_page(GFP_KERNEL | __GFP_COLD);
	EXPECT(p == cold);
	if (p)
		free_pages(p, 0);
	page_alloc_drain();
	boot_params.coldpages = false;
}

KTEST(pcp_cold_pages_go_to_the_far_end_of_the_list)
{
	unsigned long freed = vm_event_sum(pgfree_cold), taken = vm_event_sum(pgalloc_cold);

	cold_pages(false);
	EXPECT_EQ(vm_event_sum(pgfree_cold), freed + 1);
	EXPECT_EQ(vm_event_sum(pgalloc_cold), taken + 1);
}

KTEST(pcp_cold_pages_have_a_list_of_their_own_with_coldpages)
{
	bool before = boot_params.coldpages;

	cold_pages(true);
	boot_params.coldpages = before;
}

/* ---- frees that make no sense; debug builds panic: tests/host/buddy_test.c ---- */

static bool refused(struct page *p, unsigned int order)
{
	unsigned long bad = vm_event_sum(nr_bad_pages), free = nr_free_pages();

	free_pages(p, order);
	return vm_event_sum(nr_bad_pages) > bad && nr_free_pages() == free;
}

KTEST(bad_page_is_reported_and_never_given_out_again)
{
	struct page *p = alloc_page(GFP_KERNEL), *block = alloc_pages(GFP_KERNEL, 4), *q;

	REQUIRE(p && block);
	if (CONFIG_DEBUG) {
		free_pages(p, 0);
		free_pages(block, 4);
		ktest_skip("a debug build panics");
		return;
	}
	free_pages(p, 0);
	EXPECT(refused(p, 0));				/* on a per-CPU list */
	free_pages(block, 4);
	EXPECT(refused(block, 4));			/* the head of a free block */
	EXPECT(refused(block + 5, 0));			/* inside one */
	q = alloc_page(GFP_KERNEL);
	REQUIRE(q);
	get_page(q);
	EXPECT(refused(q, 0));				/* somebody else holds it */
	put_page(q);
	__SetPageSlab(q);
	EXPECT(refused(q, 0));
	__ClearPageSlab(q);
	atomic_set(&q->_mapcount, 0);
	EXPECT(refused(q, 0));
	atomic_set(&q->_mapcount, -1);
	free_pages(q, 0);
	atomic_set(&q->_refcount, 7);			/* a stray write to a free page */
	p = alloc_page(GFP_KERNEL);
	EXPECT(p && p != q);
	if (p)
		free_pages(p, 0);
	page_alloc_drain();
	buddy_check();
	/* the test knows what it did: q is free memory again */
	atomic_set(&q->_refcount, 1);
	free_pages(q, 0);
}
