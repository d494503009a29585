/* SPDX-License-Identifier: MIT */
/* pgtable_test.c - tables are built where needed and all come back (mm/pgtable.c) */
#include <mm/pagetables.h>
#include <mm/swapops.h>
#include "mm_test.h"

KTEST(pgtable_one_page_needs_one_table_per_level)
{
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	EXPECT_EQ(atomic64_read(&mm->pgtables_bytes), PAGE_SIZE);
	test_poke(mm, TEST_BASE, 1);
	EXPECT_EQ(atomic64_read(&mm->pgtables_bytes), pgtable_levels * PAGE_SIZE);
	EXPECT_EQ(do_munmap(mm, TEST_BASE, PAGE_SIZE), 0);
	EXPECT_EQ(atomic64_read(&mm->pgtables_bytes), PAGE_SIZE);
	mmput(mm);
}

KTEST(pgtable_a_table_stays_while_a_neighbour_needs_it)
{
	struct mm_struct *mm = mm_alloc();
	long bytes;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	test_map(mm, TEST_BASE + 4 * PAGE_SIZE, 1, RW, ANON);
	test_poke(mm, TEST_BASE, 1);
	test_poke(mm, TEST_BASE + 4 * PAGE_SIZE, 2);
	bytes = atomic64_read(&mm->pgtables_bytes);
	do_munmap(mm, TEST_BASE, PAGE_SIZE);
	EXPECT_EQ(atomic64_read(&mm->pgtables_bytes), bytes);
	EXPECT_EQ(test_peek(mm, TEST_BASE + 4 * PAGE_SIZE), 2);
	mmput(mm);
}

KTEST(pgtable_sparse_mappings_at_both_ends_come_back)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long top, used = 0;

	REQUIRE(mm);
	top = ALIGN_DOWN(mm->task_size, PAGE_SIZE) - PAGE_SIZE;
	for (unsigned int round = 0; round < 3; round++) {
		test_map(mm, USER_ADDR_MIN, 1, RW, ANON);
		test_map(mm, top, 1, RW, ANON);
		test_poke(mm, USER_ADDR_MIN, 1);
		test_poke(mm, top, 2);
		EXPECT_EQ(test_peek(mm, top), 2);
		EXPECT_EQ(do_munmap(mm, 0, mm->task_size), 0);
		EXPECT_EQ(atomic64_read(&mm->pgtables_bytes), PAGE_SIZE);
		if (round == 1)			/* the first round may have grown slabs */
			used = pages_in_use();
	}
	EXPECT_EQ(pages_in_use(), used);
	mmput(mm);
}

static int count_present(pte_t *pte, unsigned long addr, unsigned int n, void *arg)
{
	unsigned long *count = arg;

	(void)addr;
	while (n--)
		*count += pte_present(ptep_get(pte++));
	return 0;
}

KTEST(pgtable_walk_visits_every_present_pte_once)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long count = 0;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 2048, RW, ANON);
	for (unsigned int i = 0; i < 2048; i += 37)
		test_poke(mm, TEST_BASE + i * PAGE_SIZE, 1);
	walk_page_range(mm, TEST_BASE, TEST_BASE + 2048 * PAGE_SIZE, count_present, &count);
	EXPECT_EQ(count, (2048 + 36) / 37);
	count = 0;
	walk_page_range(mm, TEST_BASE + 37 * PAGE_SIZE, TEST_BASE + 75 * PAGE_SIZE, count_present,
			&count);
	EXPECT_EQ(count, 2);
	mmput(mm);
}

KTEST(pgtable_text_names_entries_that_map_nothing)
{
	char text[PTE_TEXT];

	pte_text(text, sizeof(text), swp_to_pte(swp_entry(SWP_MIGRATION_WRITE, 0x123)), true);
	EXPECT_EQ(strcmp(text, "0000000000123000 migration-write"), 0);
	pte_text(text, sizeof(text), swp_to_pte(swp_entry(SWP_MIGRATION_READ, 0x123)), false);
	EXPECT_EQ(strcmp(text, "0000000000000000 migration-read"), 0);
	pte_text(text, sizeof(text), swp_to_pte(swp_entry((enum swp_type)9, 7)), true);
	EXPECT_EQ(strcmp(text, "0000000000000007 swap type 9"), 0);
}

KTEST(pgtable_text_hides_no_bit_of_an_entry)
{
	char text[PTE_TEXT], all[PTE_TEXT];

	pte_text(text, sizeof(text), pte_mkwrite(pfn_pte(0x80, user_pgprot(true, true, false))), true);
	EXPECT_EQ(strncmp(text, "0000000000080000 ", 17), 0);
	EXPECT(strchr(text, 'W') && strchr(text, 'U') && !strchr(text, 'D') && !strchr(text, '+'));
	pte_text(all, sizeof(all), pte_mkdirty(__pte(pte_val(pfn_pte(0x80, PAGE_KERNEL)) | BIT(58))), true);
	EXPECT(strchr(all, 'D') && strstr(all, "+400000000000000"));
}

KTEST(ptep_set_access_and_clear_access_change_nothing_but_a_and_d)
{
	pte_t pte = pte_mkold(pte_mkclean(pfn_pte(4711, user_pgprot(true, true, false)))), slot = pte;

	ptep_set_access(&slot, false);
	EXPECT(pte_same(ptep_get(&slot), pte_mkyoung(pte)));
	ptep_set_access(&slot, true);
	EXPECT(pte_same(ptep_get(&slot), pte_mkdirty(pte_mkyoung(pte))));
	ptep_clear_access(&slot);
	EXPECT(pte_same(ptep_get(&slot), pte));
}
