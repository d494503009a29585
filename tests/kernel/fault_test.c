/* SPDX-License-Identifier: MIT */
/* fault_test.c - each kind of fault makes the pte it should (mm/fault.c) */
#include "mm_test.h"

KTEST(fault_anonymous_read_maps_the_zero_page)
{
	struct mm_struct *mm = mm_alloc();
	pte_t pte;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	EXPECT_EQ(test_fault(mm, TEST_BASE, false), FAULT_OK);
	pte = test_pte(mm, TEST_BASE);
	EXPECT(pte_present(pte) && pte_special(pte) && !pte_write(pte) && pte_young(pte));
	EXPECT_EQ(pte_pfn(pte), page_to_pfn(zero_page));
	EXPECT_EQ(mm_rss(mm), 0);
	mmput(mm);
}

KTEST(fault_anonymous_write_maps_a_cleared_private_page)
{
	struct mm_struct *mm = mm_alloc();
	struct page *page;
	pte_t pte;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	EXPECT_EQ(test_fault(mm, TEST_BASE + 123, true), FAULT_OK);
	pte = test_pte(mm, TEST_BASE);
	REQUIRE(pte_present(pte));
	EXPECT(pte_write(pte) && pte_dirty(pte) && pte_young(pte) && pte_user(pte));
	page = pfn_to_page(pte_pfn(pte));
	EXPECT(PageAnon(page));
	EXPECT_EQ(page_count(page), 1);
	EXPECT_EQ(page_mapcount(page), 1);
	EXPECT_EQ(atomic64_read(&mm->rss_anon), 1);
	EXPECT_EQ(test_peek(mm, TEST_BASE), 0);
	mmput(mm);
}

KTEST(fault_write_replaces_the_zero_page)
{
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	test_fault(mm, TEST_BASE, false);
	EXPECT_EQ(test_fault(mm, TEST_BASE, true), FAULT_OK);
	EXPECT(pte_pfn(test_pte(mm, TEST_BASE)) != page_to_pfn(zero_page));
	EXPECT(pte_write(test_pte(mm, TEST_BASE)));
	EXPECT_EQ(atomic64_read(&mm->rss_anon), 1);
	mmput(mm);
}

KTEST(fault_outside_and_against_the_rights_is_refused)
{
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, PROT_READ, ANON);
	EXPECT_EQ(test_fault(mm, TEST_BASE - 1, false), FAULT_SEGV_MAPERR);
	EXPECT_EQ(test_fault(mm, TEST_BASE + PAGE_SIZE, false), FAULT_SEGV_MAPERR);
	EXPECT_EQ(test_fault(mm, TEST_BASE, true), FAULT_SEGV_ACCERR);
	EXPECT_EQ(handle_mm_fault(mm, TEST_BASE, false, true, true), FAULT_SEGV_ACCERR);
	EXPECT_EQ(test_fault(mm, mm->task_size, false), FAULT_SEGV_MAPERR);
	EXPECT_EQ(test_fault(mm, 0, false), FAULT_SEGV_MAPERR);
	mmput(mm);
}

KTEST(fault_repeated_is_spurious_and_changes_nothing)
{
	struct mm_struct *mm = mm_alloc();
	pte_t before;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	test_fault(mm, TEST_BASE, true);
	before = test_pte(mm, TEST_BASE);
	EXPECT_EQ(test_fault(mm, TEST_BASE, true), FAULT_OK);
	EXPECT_EQ(test_fault(mm, TEST_BASE, false), FAULT_OK);
	EXPECT(pte_same(before, test_pte(mm, TEST_BASE)));
	EXPECT_EQ(mm_rss(mm), 1);
	mmput(mm);
}

KTEST(fault_below_the_stack_grows_it_up_to_the_limit)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long top = TEST_BASE + (64UL << 20);

	REQUIRE(mm);
	mm->rlimit_stack = 16 * PAGE_SIZE;
	EXPECT_EQ(setup_stack_vma(mm, top, 4 * PAGE_SIZE, false), 0);
	EXPECT_EQ(test_fault(mm, top - 10 * PAGE_SIZE, true), FAULT_OK);
	EXPECT_EQ(find_vma(mm, top - 1)->vm_start, top - 10 * PAGE_SIZE);
	EXPECT_EQ(mm->stack_vm, 10);
	EXPECT_EQ(test_fault(mm, top - 17 * PAGE_SIZE, true), FAULT_SEGV_MAPERR);
	mm_check(mm);
	mm->rlimit_stack = 8UL << 20;
	test_map(mm, top - 300 * PAGE_SIZE, 1, RW, ANON);
	EXPECT_EQ(test_fault(mm, top - 44 * PAGE_SIZE, true), FAULT_SEGV_MAPERR);
	EXPECT_EQ(test_fault(mm, top - 43 * PAGE_SIZE, true), FAULT_OK);
	mmput(mm);
}

KTEST(fault_in_shared_anonymous_memory_is_seen_by_the_other_mapping)
{
	struct mm_struct *mm = mm_alloc(), *child;

	REQUIRE(mm);
	EXPECT_EQ(test_map(mm, TEST_BASE, 4, RW, MAP_SHARED | MAP_ANONYMOUS), TEST_BASE);
	EXPECT_EQ(test_poke(mm, TEST_BASE, 1), 0);
	child = dup_mm(mm);
	if (child) {
		EXPECT_EQ(test_peek(child, TEST_BASE), 1);
		EXPECT_EQ(test_poke(child, TEST_BASE + PAGE_SIZE, 2), 0);
		EXPECT_EQ(test_peek(mm, TEST_BASE + PAGE_SIZE), 2);
		mmput(child);
	}
	EXPECT(child);
	EXPECT_EQ(test_peek(mm, TEST_BASE + PAGE_SIZE), 2);
	mmput(mm);
}
