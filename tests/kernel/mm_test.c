/* SPDX-License-Identifier: MIT */
/* mm_test.c - an address space lives, is loaded lazily, and leaves nothing behind (mm/mm.c) */
#include <kernel/sched.h>
#include "mm_test.h"

KTEST(mm_alloc_and_mmput_leave_nothing_behind)
{
	unsigned long before = 0;

	for (unsigned int i = 0; i < 3; i++) {
		struct mm_struct *mm = mm_alloc();

		REQUIRE(mm);
		test_map(mm, TEST_BASE, 10, RW, ANON);
		test_poke(mm, TEST_BASE, 1);
		mmput(mm);
		if (i == 1)
			before = pages_in_use();
		else if (i == 2)
			EXPECT_EQ(pages_in_use(), before);
	}
}

KTEST(mm_lazily_loaded_tables_are_unloaded_before_they_are_freed)
{
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	REQUIRE(!current->mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	use_mm(mm);
	EXPECT(this_cpu()->active_mm == mm);
	EXPECT(cpumask_test(smp_processor_id(), &mm->cpu_mask));
	EXPECT_EQ(atomic_read(&mm->mm_count), 2);
	use_mm(NULL);
	EXPECT(this_cpu()->active_mm == mm);
	mmput(mm);
	EXPECT(this_cpu()->active_mm == NULL);
}

KTEST(mm_user_copies_reach_the_loaded_address_space)
{
	struct mm_struct *mm = mm_alloc();
	u8 buf[4] = { 1, 2, 3, 4 };
	size_t left;

	REQUIRE(mm);
	REQUIRE(!current->mm);
	test_map(mm, TEST_BASE, 2, RW, ANON);
	test_fault(mm, TEST_BASE, true);
	use_mm(mm);
	left = arch_copy_to_user((void *)TEST_BASE, buf, sizeof(buf));
	use_mm(NULL);
	EXPECT_EQ(left, 0);
	EXPECT_EQ(test_peek(mm, TEST_BASE + 2), 3);
	mmput(mm);
}

KTEST(mm_access_process_vm_crosses_pages_and_stops_at_holes)
{
	struct mm_struct *mm = mm_alloc();
	char out[64], in[64];

	REQUIRE(mm);
	memset(out, 'x', sizeof(out));
	test_map(mm, TEST_BASE, 2, RW, ANON);
	EXPECT_EQ(access_process_vm(mm, TEST_BASE + PAGE_SIZE - 32, out, 64, true), 64);
	EXPECT_EQ(access_process_vm(mm, TEST_BASE + PAGE_SIZE - 32, in, 64, false), 64);
	EXPECT_EQ(memcmp(in, out, 64), 0);
	EXPECT_EQ(access_process_vm(mm, TEST_BASE + 2 * PAGE_SIZE - 10, in, 64, false), 10);
	EXPECT_EQ(access_process_vm(mm, TEST_BASE - 10, in, 5, false), -EFAULT);
	mmput(mm);
}

KTEST(mm_mlock_populates_and_counts)
{
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 4, RW, ANON);
	EXPECT_EQ(do_mlock(mm, TEST_BASE + PAGE_SIZE, 2 * PAGE_SIZE, true, 1UL << 20), 0);
	EXPECT_EQ(mm->locked_vm, 2);
	EXPECT_EQ(mm_rss(mm), 2);
	EXPECT_EQ(count_vmas(mm), 3);
	EXPECT_EQ(do_madvise(mm, TEST_BASE, 4 * PAGE_SIZE, MADV_DONTNEED), -EINVAL);
	EXPECT_EQ(do_mlock(mm, TEST_BASE, 4 * PAGE_SIZE, false, 0), 0);
	EXPECT_EQ(mm->locked_vm, 0);
	EXPECT_EQ(count_vmas(mm), 1);
	EXPECT_EQ(do_mlock(mm, TEST_BASE, 4 * PAGE_SIZE, true, PAGE_SIZE), -ENOMEM);
	mmput(mm);
}

KTEST(mm_vma_usage_tells_private_from_shared)
{
	struct mm_struct *mm = mm_alloc(), *child;
	struct vma_usage u;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 4, RW, ANON);
	test_poke(mm, TEST_BASE, 1);
	test_poke(mm, TEST_BASE + PAGE_SIZE, 1);
	child = dup_mm(mm);
	REQUIRE(child);
	test_poke(child, TEST_BASE, 2);
	vma_usage(find_vma(mm, TEST_BASE), &u);
	EXPECT_EQ(u.rss, 2 * PAGE_SIZE);
	EXPECT_EQ(u.private_dirty, PAGE_SIZE);
	EXPECT_EQ(u.shared_dirty, PAGE_SIZE);
	EXPECT_EQ(u.pss_shifted, (3 * PAGE_SIZE / 2) << 12);
	EXPECT_EQ(u.anonymous, 2 * PAGE_SIZE);
	mmput(child);
	mmput(mm);
}
