/* SPDX-License-Identifier: MIT */
/* vma_test.c - what is mapped where: split, merge, gaps, limits (mm/vma.c, mmap.c, brk.c, mprotect.c, mremap.c) */
#include <mm/history.h>
#include "mm_test.h"

#define P(n)	(TEST_BASE + (n) * PAGE_SIZE)

KTEST(vma_neighbours_with_equal_rights_become_one)
{
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	EXPECT_EQ(test_map(mm, P(0), 2, RW, ANON), P(0));
	EXPECT_EQ(test_map(mm, P(4), 2, RW, ANON), P(4));
	EXPECT_EQ(count_vmas(mm), 2);
	EXPECT_EQ(test_map(mm, P(2), 2, RW, ANON), P(2));
	EXPECT_EQ(count_vmas(mm), 1);
	EXPECT_EQ(find_vma(mm, P(1))->vm_start, P(0));
	EXPECT_EQ(find_vma(mm, P(1))->vm_end, P(6));
	mmput(mm);
}

KTEST(vma_munmap_in_the_middle_splits)
{
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	test_map(mm, P(0), 8, RW, ANON);
	EXPECT_EQ(do_munmap(mm, P(3), 2 * PAGE_SIZE), 0);
	EXPECT_EQ(count_vmas(mm), 2);
	EXPECT_EQ(mm->total_vm, 6);
	EXPECT(!find_vma_intersection(mm, P(3), P(5)));
	EXPECT_EQ(find_vma(mm, P(3))->vm_start, P(5));
	EXPECT_EQ(find_vma(mm, P(3))->vm_pgoff, P(5) >> PAGE_SHIFT);
	mmput(mm);
}

KTEST(vma_munmap_checks_its_arguments)
{
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	EXPECT_EQ(do_munmap(mm, P(0) + 1, PAGE_SIZE), -EINVAL);
	EXPECT_EQ(do_munmap(mm, P(0), 0), -EINVAL);
	EXPECT_EQ(do_munmap(mm, mm->task_size, PAGE_SIZE), -EINVAL);
	EXPECT_EQ(do_munmap(mm, P(0), ~0UL), -EINVAL);
	EXPECT_EQ(do_munmap(mm, P(0), PAGE_SIZE), 0);
	mmput(mm);
}

KTEST(vma_mmap_without_a_wish_goes_to_the_highest_gap)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long top;
	long a, b, c;

	REQUIRE(mm);
	top = mm->mmap_base = ALIGN_DOWN(mm->task_size, PAGE_SIZE) - 1024 * PAGE_SIZE;
	a = test_map(mm, 0, 4, PROT_READ, ANON);
	b = test_map(mm, 0, 4, RW, ANON);
	EXPECT_EQ(a, top - 4 * PAGE_SIZE);
	EXPECT_EQ(b, top - 8 * PAGE_SIZE);
	EXPECT_EQ(do_munmap(mm, (unsigned long)a, 2 * PAGE_SIZE), 0);
	c = test_map(mm, 0, 2, RW, ANON);
	EXPECT_EQ(c, a);
	c = test_map(mm, 0, 1, PROT_EXEC, ANON);
	EXPECT_EQ(c, b - (long)PAGE_SIZE);
	mm_check(mm);
	mmput(mm);
}

KTEST(vma_mmap_flags_and_limits_give_the_documented_errors)
{
	struct mm_struct *mm = mm_alloc();
	struct mmap_request rq = { .addr = P(0), .len = PAGE_SIZE, .prot = RW, .flags = ANON };
	struct mm_limits limits = kernel_mm_limits;

	REQUIRE(mm);
	rq.len = 0;
	EXPECT_EQ(do_mmap(mm, &rq), -EINVAL);
	rq.len = ~0UL;
	EXPECT_EQ(do_mmap(mm, &rq), -ENOMEM);
	rq.len = PAGE_SIZE;
	rq.flags = MAP_ANONYMOUS;
	EXPECT_EQ(do_mmap(mm, &rq), -EINVAL);
	rq.flags = ANON | MAP_FIXED;
	rq.addr = P(0) + 8;
	EXPECT_EQ(do_mmap(mm, &rq), -EINVAL);
	rq.addr = 0x1000;
	EXPECT_EQ(do_mmap(mm, &rq), -EPERM);
	rq.addr = P(0);
	EXPECT_EQ(do_mmap(mm, &rq), P(0));
	rq.flags = ANON | MAP_FIXED_NOREPLACE;
	EXPECT_EQ(do_mmap(mm, &rq), -EEXIST);
	limits.as = PAGE_SIZE;
	current->limits = &limits;
	rq.flags = ANON;
	EXPECT_EQ(do_mmap(mm, &rq), -ENOMEM);
	rq.flags = ANON | MAP_FIXED;
	EXPECT_EQ(do_mmap(mm, &rq), P(0));
	current->limits = &kernel_mm_limits;
	mmput(mm);
}

KTEST(vma_mprotect_and_back_leaves_one_vma)
{
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	test_map(mm, P(0), 8, RW, ANON);
	EXPECT_EQ(test_poke(mm, P(3), 7), 0);
	EXPECT_EQ(do_mprotect(mm, P(2), 2 * PAGE_SIZE, PROT_READ), 0);
	EXPECT_EQ(count_vmas(mm), 3);
	EXPECT_EQ(test_fault(mm, P(3), true), FAULT_SEGV_ACCERR);
	EXPECT_EQ(test_peek(mm, P(3)), 7);
	EXPECT_EQ(do_mprotect(mm, P(2), 2 * PAGE_SIZE, RW), 0);
	EXPECT_EQ(count_vmas(mm), 1);
	EXPECT_EQ(test_poke(mm, P(3), 8), 0);
	EXPECT_EQ(do_mprotect(mm, P(6), 4 * PAGE_SIZE, PROT_NONE), -ENOMEM);
	EXPECT_EQ(test_fault(mm, P(7), false), FAULT_SEGV_ACCERR);
	EXPECT_EQ(do_mprotect(mm, P(0), PAGE_SIZE, 0x40), -EINVAL);
	mmput(mm);
}

KTEST(vma_prot_none_keeps_the_page)
{
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	test_map(mm, P(0), 1, RW, ANON);
	test_poke(mm, P(0), 42);
	EXPECT_EQ(do_mprotect(mm, P(0), PAGE_SIZE, PROT_NONE), 0);
	EXPECT(pte_present(test_pte(mm, P(0))));
	EXPECT_EQ(test_peek(mm, P(0)), -1);
	EXPECT_EQ(do_mprotect(mm, P(0), PAGE_SIZE, PROT_READ), 0);
	EXPECT_EQ(test_peek(mm, P(0)), 42);
	mmput(mm);
}

KTEST(vma_brk_grows_shrinks_and_refuses)
{
	struct mm_limits limits = kernel_mm_limits;
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	mm->start_brk = mm->brk = P(0);
	EXPECT_EQ(do_brk(mm, 0), P(0));
	EXPECT_EQ(do_brk(mm, P(3) + 5), P(3) + 5);
	EXPECT_EQ(mm->total_vm, 4);
	EXPECT_EQ(do_brk(mm, P(5)), P(5));
	EXPECT_EQ(count_vmas(mm), 1);
	EXPECT_EQ(do_brk(mm, P(1)), P(1));
	EXPECT_EQ(mm->total_vm, 1);
	test_map(mm, P(4), 1, RW, ANON);
	EXPECT_EQ(do_brk(mm, P(4)), P(1));
	limits.data = PAGE_SIZE;
	current->limits = &limits;
	EXPECT_EQ(do_brk(mm, P(2)), P(1));
	current->limits = &kernel_mm_limits;
	mmput(mm);
}

KTEST(vma_mremap_moves_pages_without_copying)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long pfn;
	long to;

	REQUIRE(mm);
	test_map(mm, P(0), 4, RW, ANON);
	test_map(mm, P(4), 1, PROT_READ, ANON);
	test_poke(mm, P(2), 9);
	pfn = pte_pfn(test_pte(mm, P(2)));
	EXPECT_EQ(do_mremap(mm, P(0), 4 * PAGE_SIZE, 6 * PAGE_SIZE, 0, 0), -ENOMEM);
	to = do_mremap(mm, P(0), 4 * PAGE_SIZE, 6 * PAGE_SIZE, MREMAP_MAYMOVE, 0);
	REQUIRE(to > 0);
	EXPECT_EQ(pte_pfn(test_pte(mm, (unsigned long)to + 2 * PAGE_SIZE)), pfn);
	EXPECT(!find_vma_intersection(mm, P(0), P(4)));
	EXPECT_EQ(test_peek(mm, (unsigned long)to + 5 * PAGE_SIZE), 0);
	EXPECT_EQ(do_mremap(mm, (unsigned long)to, 6 * PAGE_SIZE, PAGE_SIZE, 0, 0), to);
	EXPECT_EQ(mm->total_vm, 2);
	mm_check(mm);
	mmput(mm);
}

KTEST(vma_random_operations_agree_with_a_byte_map)
{
	enum { N = 64 };
	struct mm_struct *mm = mm_alloc();
	u8 map[N] = { 0 };
	int i, j;

	REQUIRE(mm);
	for (i = 0; i < 400; i++) {
		unsigned int a = (unsigned int)(ktest_random() % N);
		unsigned int n = 1 + (unsigned int)(ktest_random() % (N - a));
		unsigned int op = (unsigned int)(ktest_random() % 3);
		bool whole = true;

		for (j = (int)a; j < (int)(a + n); j++)
			whole &= map[j] != 0;
		if (op == 0) {
			EXPECT_EQ(test_map(mm, P(a), n, RW, ANON), P(a));
			memset(map + a, 2, n);
		} else if (op == 1) {
			EXPECT_EQ(do_munmap(mm, P(a), n * PAGE_SIZE), 0);
			memset(map + a, 0, n);
		} else if (whole) {
			EXPECT_EQ(do_mprotect(mm, P(a), n * PAGE_SIZE, PROT_READ), 0);
			memset(map + a, 1, n);
		}
		mm_check(mm);
		for (j = 0; j < N; j++) {
			struct vm_area_struct *vma = find_vma_intersection(mm, P(j), P(j) + 1);
			u8 is = !vma ? 0 : vma->vm_flags & VM_WRITE ? 2 : 1;

			EXPECT_EQ(is, map[j]);
		}
	}
	mmput(mm);
}

/* look_up - find_vma() for each of the @n addresses */
static void look_up(struct mm_struct *mm, const unsigned long *addr, unsigned int n)
{
	down_read(&mm->mmap_lock);
	for (unsigned int i = 0; i < n; i++)
		EXPECT(find_vma(mm, addr[i]) != NULL);
	up_read(&mm->mmap_lock);
}

KTEST(vma_found_last_is_remembered_counted_or_forgotten_as_the_boot_parameter_says)
{
	const unsigned long a = TEST_BASE, b = TEST_BASE + 0x10000, looked[] = { a, a, b, b + 1, a };
	enum mmap_cache_mode before = mmap_cache_mode;
	struct mm_struct *mm;
	unsigned long calls, hits;

	mmap_cache_mode = MMAP_CACHE_COUNT;
	mm = mm_alloc();
	REQUIRE(mm);
	test_map(mm, a, 1, RW, ANON);
	test_map(mm, b, 1, RW, ANON);
	calls = vm_event_sum(vmacache_find_calls);
	hits = vm_event_sum(vmacache_find_hits);
	mm->mmap_counted = NULL;
	look_up(mm, looked, ARRAY_SIZE(looked));
	EXPECT_EQ(vm_event_sum(vmacache_find_calls) - calls, 5);
	EXPECT_EQ(vm_event_sum(vmacache_find_hits) - hits, 2);
	EXPECT(!mm->mmap_cache && mm->mmap_counted && mm->mmap_counted->vm_start == a);
	EXPECT_EQ(do_munmap(mm, a, PAGE_SIZE), 0);
	EXPECT(!mm->mmap_counted || mm->mmap_counted->vm_start == b);
	mmap_cache_mode = MMAP_CACHE_OFF;
	look_up(mm, looked, ARRAY_SIZE(looked));
	EXPECT(!mm->mmap_cache);
	mmap_cache_mode = MMAP_CACHE_ON;
	look_up(mm, looked, 3);
	EXPECT(mm->mmap_cache && mm->mmap_cache->vm_start == b);
	mmap_cache_mode = before;
	mmput(mm);
}

KTEST(vma_legacy_layout_fills_the_lowest_hole_from_0x60000000_up)
{
	struct mm_struct *mm = mm_alloc();
	const unsigned long base = MMAP_LEGACY_BASE;

	REQUIRE(mm);
	mm->mmap_base = 0;
	test_map(mm, base - PAGE_SIZE, 2, PROT_READ, ANON);	/* reaches into it */
	EXPECT_EQ(test_map(mm, 0, 1, RW, ANON), base + PAGE_SIZE);
	EXPECT_EQ(test_map(mm, 0, 2, RW, ANON), base + 2 * PAGE_SIZE);
	EXPECT_EQ(do_munmap(mm, base + PAGE_SIZE, PAGE_SIZE), 0);
	EXPECT_EQ(test_map(mm, 0, 2, RW, ANON), base + 4 * PAGE_SIZE);
	EXPECT_EQ(test_map(mm, 0, 1, RW, ANON), base + PAGE_SIZE);
	EXPECT_EQ(test_map(mm, 0, (mm->task_size >> PAGE_SHIFT) - 16, RW, ANON), -ENOMEM);
	mmput(mm);
}
