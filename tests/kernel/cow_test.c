/* SPDX-License-Identifier: MIT */
/* cow_test.c - fork shares, the first write copies (mm/dup_mm.c, cow.c) */
#include <mm/highmem.h>
#include "mm_test.h"

KTEST(cow_write_by_child_leaves_parents_page_unchanged)
{
	struct mm_struct *mm = mm_alloc(), *child;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 2, RW, ANON);
	test_poke(mm, TEST_BASE, 5);
	child = dup_mm(mm);
	REQUIRE(child);
	mm_check(child);
	EXPECT_EQ(pte_pfn(test_pte(mm, TEST_BASE)), pte_pfn(test_pte(child, TEST_BASE)));
	EXPECT(!pte_write(test_pte(mm, TEST_BASE)) && !pte_write(test_pte(child, TEST_BASE)));
	EXPECT_EQ(test_poke(child, TEST_BASE, 6), 0);
	EXPECT_EQ(test_peek(mm, TEST_BASE), 5);
	EXPECT_EQ(test_peek(child, TEST_BASE), 6);
	mmput(child);
	mmput(mm);
}

KTEST(cow_sole_owner_reuses_the_page)
{
	struct mm_struct *mm = mm_alloc(), *child;
	unsigned long pfn;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	test_poke(mm, TEST_BASE, 5);
	pfn = pte_pfn(test_pte(mm, TEST_BASE));
	child = dup_mm(mm);
	REQUIRE(child);
	mmput(child);
	EXPECT_EQ(test_fault(mm, TEST_BASE, true), FAULT_OK);
	EXPECT_EQ(pte_pfn(test_pte(mm, TEST_BASE)), pfn);
	EXPECT(pte_write(test_pte(mm, TEST_BASE)));
	mmput(mm);
}

KTEST(cow_copies_when_the_kernel_holds_a_reference)
{
	struct mm_struct *mm = mm_alloc();
	struct page *page;
	u8 byte;
	int err;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	test_poke(mm, TEST_BASE, 5);
	page = get_user_page(mm, TEST_BASE, &err);
	REQUIRE(page);
	EXPECT_EQ(do_mprotect(mm, TEST_BASE, PAGE_SIZE, PROT_READ), 0);
	EXPECT_EQ(do_mprotect(mm, TEST_BASE, PAGE_SIZE, RW), 0);
	EXPECT_EQ(test_poke(mm, TEST_BASE, 6), 0);
	memcpy_from_page(&byte, page, 0, 1);
	EXPECT_EQ(byte, 5);
	EXPECT(pte_pfn(test_pte(mm, TEST_BASE)) != page_to_pfn(page));
	EXPECT_EQ(page_count(page), 1);
	put_page(page);
	mmput(mm);
}

KTEST(cow_fork_respects_dontfork_and_wipeonfork)
{
	struct mm_struct *mm = mm_alloc(), *child;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 3, RW, ANON);
	for (unsigned int i = 0; i < 3; i++)
		test_poke(mm, TEST_BASE + i * PAGE_SIZE, 7);
	EXPECT_EQ(do_madvise(mm, TEST_BASE, PAGE_SIZE, MADV_DONTFORK), 0);
	EXPECT_EQ(do_madvise(mm, TEST_BASE + PAGE_SIZE, PAGE_SIZE, MADV_WIPEONFORK), 0);
	child = dup_mm(mm);
	REQUIRE(child);
	EXPECT_EQ(test_peek(child, TEST_BASE), -1);
	EXPECT_EQ(test_peek(child, TEST_BASE + PAGE_SIZE), 0);
	EXPECT_EQ(test_peek(child, TEST_BASE + 2 * PAGE_SIZE), 7);
	EXPECT_EQ(test_peek(mm, TEST_BASE + PAGE_SIZE), 7);
	mmput(child);
	mmput(mm);
}

KTEST(cow_chain_of_forks_gives_every_page_back)
{
	struct mm_struct *mm[6];
	unsigned long before;
	unsigned int i, j;

	mm[0] = mm_alloc();		/* warm caches: slabs stay */
	REQUIRE(mm[0]);
	mmput(mm[0]);
	before = pages_in_use();
	for (unsigned int round = 0; round < 2; round++) {
		mm[0] = mm_alloc();
		REQUIRE(mm[0]);
		test_map(mm[0], TEST_BASE, 32, RW, ANON);
		for (i = 0; i < 32; i++)
			test_poke(mm[0], TEST_BASE + i * PAGE_SIZE, (u8)i);
		for (i = 1; i < 6; i++) {
			mm[i] = dup_mm(mm[i - 1]);
			REQUIRE(mm[i]);
			for (j = i; j < 32; j += i)
				test_poke(mm[i], TEST_BASE + j * PAGE_SIZE, (u8)(100 + i));
		}
		for (i = 0; i < 6; i++)
			mmput(mm[(i * 5 + 2) % 6]);
		if (!round)
			before = pages_in_use();
	}
	EXPECT_EQ(pages_in_use(), before);
}

static struct page *test_page(struct mm_struct *mm)
{
	return pfn_to_page(pte_pfn(test_pte(mm, TEST_BASE)));
}

/* The program executes these bytes and does not know that they moved, or came from elsewhere. */
KTEST(cow_and_a_write_from_outside_show_code_to_instruction_fetch)
{
	struct mm_struct *mm = mm_alloc(), *child;
	struct page *first;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW | PROT_EXEC, ANON);
	EXPECT_EQ(test_fault(mm, TEST_BASE, true), FAULT_OK);
	first = test_page(mm);
	EXPECT_EQ(test_poke(mm, TEST_BASE, 5), 0);
	EXPECT(PageIcache(first));
	child = dup_mm(mm);
	REQUIRE(child);
	EXPECT_EQ(test_fault(child, TEST_BASE, true), FAULT_OK);
	EXPECT(test_page(child) != first && PageIcache(test_page(child)));
	mmput(child);
	mmput(mm);
}
