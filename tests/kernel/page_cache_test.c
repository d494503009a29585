/* SPDX-License-Identifier: MIT */
/* page_cache_test.c - find, add, remove, truncate, with and without mappings (mm/page_cache.c, truncate.c) */
#include <mm/overcommit.h>
#include "mm_test.h"

static long map_object(struct mm_struct *mm, struct shmem_object *o, unsigned long addr,
		       unsigned long pages, unsigned long flags)
{
	struct mmap_request rq = {
		.addr = addr, .len = pages * PAGE_SIZE, .prot = RW, .flags = flags | MAP_FIXED,
		.vm_ops = &shmem_vm_ops, .mapping = shmem_mapping(o), .vm_private = o,
	};

	return do_mmap(mm, &rq);
}

KTEST(page_cache_get_makes_a_page_once)
{
	struct shmem_object *o = shmem_create_anon(16 * PAGE_SIZE, false);
	struct address_space *as;
	struct page *a, *b;
	int err = 0;

	REQUIRE(o);
	as = shmem_mapping(o);
	EXPECT(!find_get_page(as, 3));
	a = page_cache_get(as, 3, &err);
	b = page_cache_get(as, 3, &err);
	REQUIRE(a && a == b);
	EXPECT(PageUptodate(a) && !PageLocked(a));
	EXPECT_EQ(page_count(a), 3);
	EXPECT_EQ(as->nrpages, 1);
	EXPECT_EQ(next_cached_page(as, 0), 3);
	EXPECT_EQ(next_hole(as, 3), 4);
	address_space_check(as);
	put_page(a);
	put_page(b);
	shmem_put(o);
}

KTEST(page_cache_add_refuses_a_second_page_at_an_index)
{
	struct shmem_object *o = shmem_create_anon(PAGE_SIZE, false);
	struct page *a = alloc_page(GFP_KERNEL), *b = alloc_page(GFP_KERNEL);

	REQUIRE(o && a && b);
	EXPECT_EQ(add_to_page_cache(shmem_mapping(o), a, 0), 0);
	EXPECT_EQ(add_to_page_cache(shmem_mapping(o), b, 0), -EEXIST);
	EXPECT_EQ(page_count(a), 2);
	EXPECT_EQ(page_count(b), 1);
	EXPECT(!PageLocked(b));
	remove_from_page_cache(a);
	unlock_page(a);
	EXPECT_EQ(page_count(a), 1);
	put_page(a);
	put_page(b);
	shmem_put(o);
}

KTEST(page_cache_truncate_unmaps_and_then_faults_get_sigbus)
{
	struct mm_struct *mm = mm_alloc();
	struct shmem_object *o = shmem_create_anon(8 * PAGE_SIZE, false);
	struct address_space *as;

	REQUIRE(mm && o);
	as = shmem_mapping(o);
	EXPECT_EQ(map_object(mm, o, TEST_BASE, 8, MAP_SHARED), TEST_BASE);
	for (unsigned int i = 0; i < 8; i++)
		test_poke(mm, TEST_BASE + i * PAGE_SIZE + PAGE_SIZE - 1, 9);
	EXPECT_EQ(as->nrpages, 8);
	EXPECT_EQ(atomic64_read(&mm->rss_shmem), 8);
	as->size = 3 * PAGE_SIZE + 10;
	truncate_pages(as, as->size);
	address_space_check(as);
	EXPECT_EQ(as->nrpages, 4);
	EXPECT_EQ(mm_rss(mm), 4);
	EXPECT(pte_none(test_pte(mm, TEST_BASE + 4 * PAGE_SIZE)));
	EXPECT_EQ(test_fault(mm, TEST_BASE + 4 * PAGE_SIZE, false), FAULT_SIGBUS);
	EXPECT_EQ(test_fault(mm, TEST_BASE + 4 * PAGE_SIZE, true), FAULT_SIGBUS);
	EXPECT_EQ(test_peek(mm, TEST_BASE + 4 * PAGE_SIZE - 1), 0);
	EXPECT_EQ(test_peek(mm, TEST_BASE + 3 * PAGE_SIZE - 1), 9);
	mmput(mm);
	shmem_put(o);
}

KTEST(page_cache_private_write_is_not_seen_through_the_object)
{
	struct mm_struct *mm = mm_alloc(), *child;
	struct shmem_object *o = shmem_create_anon(4 * PAGE_SIZE, false);

	REQUIRE(mm && o);
	map_object(mm, o, TEST_BASE, 4, MAP_SHARED);
	map_object(mm, o, TEST_BASE + (1UL << 24), 4, MAP_PRIVATE);
	test_poke(mm, TEST_BASE, 1);
	EXPECT_EQ(test_peek(mm, TEST_BASE + (1UL << 24)), 1);
	EXPECT_EQ(test_poke(mm, TEST_BASE + (1UL << 24), 2), 0);
	EXPECT_EQ(test_peek(mm, TEST_BASE), 1);
	child = dup_mm(mm);
	REQUIRE(child);
	EXPECT_EQ(test_peek(child, TEST_BASE + (1UL << 24)), 2);
	EXPECT_EQ(test_poke(child, TEST_BASE, 3), 0);
	EXPECT_EQ(test_peek(mm, TEST_BASE), 3);
	EXPECT_EQ(test_peek(mm, TEST_BASE + (1UL << 24)), 2);
	mmput(child);
	mmput(mm);
	shmem_put(o);
}

KTEST(page_cache_read_fault_maps_the_cached_pages_around)
{
	struct mm_struct *mm = mm_alloc();
	struct shmem_object *o = shmem_create_anon(32 * PAGE_SIZE, false);
	int err;

	REQUIRE(mm && o);
	for (pgoff_t i = 0; i < 32; i++) {
		struct page *p = page_cache_get(shmem_mapping(o), i, &err);

		REQUIRE(p);
		put_page(p);
	}
	map_object(mm, o, TEST_BASE, 32, MAP_PRIVATE);
	EXPECT_EQ(test_fault(mm, TEST_BASE + 5 * PAGE_SIZE, false), FAULT_OK);
	EXPECT_EQ(mm_rss(mm), 16);
	EXPECT(pte_present(test_pte(mm, TEST_BASE)) && !pte_write(test_pte(mm, TEST_BASE)));
	EXPECT(pte_none(test_pte(mm, TEST_BASE + 16 * PAGE_SIZE)));
	punch_pages(shmem_mapping(o), 0, 4 * (loff_t)PAGE_SIZE);
	EXPECT_EQ(mm_rss(mm), 12);
	EXPECT_EQ(shmem_mapping(o)->nrpages, 28);
	mmput(mm);
	shmem_put(o);
}

KTEST(page_cache_counts_come_back)
{
	long files = vm_state_sum(nr_file_pages), shmem = vm_state_sum(nr_shmem);
	long mapped = vm_state_sum(nr_mapped);
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 8, RW, MAP_SHARED | MAP_ANONYMOUS);
	for (unsigned int i = 0; i < 8; i++)
		test_poke(mm, TEST_BASE + i * PAGE_SIZE, 1);
	EXPECT_EQ(vm_state_sum(nr_shmem), shmem + 8);
	EXPECT_EQ(vm_state_sum(nr_mapped), mapped + 8);
	mmput(mm);
	EXPECT_EQ(vm_state_sum(nr_file_pages), files);
	EXPECT_EQ(vm_state_sum(nr_shmem), shmem);
	EXPECT_EQ(vm_state_sum(nr_mapped), mapped);
}

/* The promise behind an object of 4 pages, two of which are cut out. */
static long promised_after_a_hole(bool noreserve)
{
	struct shmem_object *o = shmem_create_anon(4 * PAGE_SIZE, noreserve);
	struct address_space *as;
	long promised;
	int err;

	if (!o)
		return -1;
	as = shmem_mapping(o);
	for (pgoff_t i = 0; i < 4; i++)
		put_page(page_cache_get(as, i, &err));
	EXPECT_EQ(as->ops->punch(as, PAGE_SIZE, 3 * PAGE_SIZE), 0);
	promised = (long)vm_committed();
	shmem_put(o);
	return promised;
}

KTEST(page_cache_hole_in_an_object_promised_by_page_gives_its_promise_back)
{
	long before = (long)vm_committed();

	EXPECT_EQ(promised_after_a_hole(true), before + 2);
	EXPECT_EQ(promised_after_a_hole(false), before + 4);
	EXPECT_EQ((long)vm_committed(), before);
}
