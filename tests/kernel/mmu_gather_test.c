/* SPDX-License-Identifier: MIT */
/* mmu_gather_test.c - pages survive until the flush, and are freed by it (mm/mmu_gather.c) */
#include "mm_test.h"

KTEST(mmu_gather_keeps_pages_until_it_finishes)
{
	struct mm_struct *mm = mm_alloc();
	struct mmu_gather tlb;
	struct page *page;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	test_poke(mm, TEST_BASE, 1);
	page = pfn_to_page(pte_pfn(test_pte(mm, TEST_BASE)));
	get_page(page);
	tlb_gather_mmu(&tlb, mm, false);
	zap_range(&tlb, find_vma(mm, TEST_BASE), TEST_BASE, TEST_BASE + PAGE_SIZE);
	EXPECT(pte_none(test_pte(mm, TEST_BASE)));
	EXPECT_EQ(page_mapcount(page), 0);
	EXPECT_EQ(page_count(page), 2);
	tlb_finish_mmu(&tlb);
	EXPECT_EQ(page_count(page), 1);
	put_page(page);
	mmput(mm);
}

KTEST(mmu_gather_frees_more_pages_than_one_batch)
{
	enum { N = 3 * MMU_GATHER_BATCH + 5 };
	struct mm_struct *mm = mm_alloc();
	unsigned long before;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, N, RW, ANON);
	test_poke(mm, TEST_BASE, 1);
	before = pages_in_use();
	for (unsigned int i = 1; i < N; i++)
		test_poke(mm, TEST_BASE + i * PAGE_SIZE, 1);
	EXPECT_EQ(mm_rss(mm), N);
	EXPECT_EQ(do_madvise(mm, TEST_BASE, N * PAGE_SIZE, MADV_DONTNEED), 0);
	EXPECT_EQ(mm_rss(mm), 0);
	EXPECT_EQ(pages_in_use(), before - 1);
	EXPECT_EQ(test_peek(mm, TEST_BASE), 0);
	mmput(mm);
}

/* A full array of tables is flushed at once (tlb_remove_table): gather_table() asserts that no entry leads there. */
KTEST(mmu_gather_frees_more_tables_than_one_batch)
{
	enum { N = 3 * MMU_GATHER_TABLES + 1 };
	struct mm_struct *mm = mm_alloc();
	long bytes;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, N * PMD_SIZE / PAGE_SIZE, RW, ANON);
	bytes = atomic64_read(&mm->pgtables_bytes);
	for (unsigned int i = 0; i < N; i++)
		test_poke(mm, TEST_BASE + i * PMD_SIZE, 1);
	EXPECT(atomic64_read(&mm->pgtables_bytes) >= bytes + (long)(N * PAGE_SIZE));
	EXPECT_EQ(do_munmap(mm, TEST_BASE, N * PMD_SIZE), 0);
	EXPECT_EQ(atomic64_read(&mm->pgtables_bytes), bytes);
	EXPECT_EQ(mm->pmd_hint, 0);
	mmput(mm);
}
