/* SPDX-License-Identifier: MIT */
/* tests/host/cow_test.c - fork shares pages, and nobody sees the other's writes */
#include "lib_hooks.h"
#include "arch/host.h"
#include "mm_space.h"

static void child_and_parent_share_until_one_writes(void **state)
{
	struct mm_struct *parent = mm_alloc(), *child;
	unsigned long a = map_anon(parent, AT, 3, RW, MAP_PRIVATE);

	expect_write(parent, a, 1);
	child = dup_mm(parent);
	assert_non_null(child);
	assert_ptr_equal(page_at(parent, a), page_at(child, a));
	assert_false(pte_write(pte_at(parent, a)) || pte_write(pte_at(child, a)));
	assert_int_equal(page_mapcount(page_at(parent, a)), 2);
	expect_word(child, a, 1);
	expect_write(child, a, 2);
	expect_word(parent, a, 1);
	assert_ptr_not_equal(page_at(parent, a), page_at(child, a));
	expect_write(parent, a, 3);
	expect_word(child, a, 2);
	end_space(child);
	end_space(parent);
}

static void last_owner_reuses_the_page_without_a_copy(void **state)
{
	struct mm_struct *parent = mm_alloc(), *child;
	unsigned long a = map_anon(parent, AT, 1, RW, MAP_PRIVATE), reuse, cow;
	struct page *page;

	expect_write(parent, a, 1);
	page = page_at(parent, a);
	child = dup_mm(parent);
	expect_write(child, a, 2);
	reuse = vm_event_sum(pgfault_reuse);
	cow = vm_event_sum(pgfault_cow);
	expect_write(parent, a, 3);
	assert_ptr_equal(page_at(parent, a), page);
	assert_int_equal(vm_event_sum(pgfault_reuse), reuse + 1);
	assert_int_equal(vm_event_sum(pgfault_cow), cow);
	end_space(child);
	end_space(parent);
}

static void fork_takes_write_access_from_the_parent_on_every_cpu(void **state)
{
	struct mm_struct *parent = mm_alloc(), *child;
	unsigned long a = map_anon(parent, AT, 1, RW, MAP_PRIVATE);

	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++) {
		host_run_on(cpu);
		expect_write(parent, a, cpu);
	}
	host_run_on(0);
	child = dup_mm(parent);
	soft_tlb_check();
	for (unsigned int cpu = 1; cpu < HOST_CPUS; cpu++) {
		host_run_on(cpu);
		expect_write(parent, a, 100 + cpu);
		soft_tlb_check();
	}
	host_run_on(0);
	expect_word(child, a, HOST_CPUS - 1);
	end_space(child);
	end_space(parent);
}

static void a_copy_on_one_cpu_is_seen_by_all_cpus_of_the_space(void **state)
{
	struct mm_struct *parent = mm_alloc(), *child;
	unsigned long a = map_anon(parent, AT, 1, RW, MAP_PRIVATE);

	expect_write(parent, a, 1);
	child = dup_mm(parent);
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++) {
		host_run_on(cpu);
		expect_word(parent, a, 1);	/* all hold the shared page now */
	}
	host_run_on(2);
	expect_write(parent, a, 2);
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++) {
		host_run_on(cpu);
		expect_word(parent, a, 2);
	}
	expect_word(child, a, 1);
	end_space(child);
	end_space(parent);
}

static void a_page_the_kernel_holds_is_copied_not_reused(void **state)
{
	struct mm_struct *mm = mm_alloc(), *child;
	unsigned long a = map_anon(mm, AT, 1, RW, MAP_PRIVATE);
	struct page *held;
	int err;

	expect_write(mm, a, 1);
	child = dup_mm(mm);
	held = get_user_page(child, a, &err);
	assert_non_null(held);
	end_space(child);
	expect_write(mm, a, 2);
	assert_int_equal(*(u64 *)host_bytes(held), 1);
	put_page(held);
	end_space(mm);
}

static void private_file_pages_are_copied_before_the_write(void **state)
{
	struct mm_struct *mm = mm_alloc(), *child, *other = mm_alloc();
	unsigned long a = map_file(mm, 0, 0, 4, RW, MAP_PRIVATE);
	unsigned long o = map_file(other, 0, 0, 4, PROT_READ, MAP_SHARED);

	expect_write(mm, a, 9);				/* never read before */
	expect_word(mm, a + PAGE_SIZE, object_word(0, 1));
	expect_write(mm, a + PAGE_SIZE, 10);		/* read before */
	child = dup_mm(mm);
	expect_word(child, a, 9);
	expect_write(child, a, 11);
	expect_word(mm, a, 9);
	expect_word(child, a + 2 * PAGE_SIZE, object_word(0, 2));
	expect_word(other, o, object_word(0, 0));
	expect_word(other, o + PAGE_SIZE, object_word(0, 1));
	end_space(other);
	end_space(mm);
	expect_word(child, a + PAGE_SIZE, 10);
	end_space(child);
}

static void merged_mappings_remember_their_private_copies(void **state)
{
	struct mm_struct *mm = mm_alloc(), *child;
	unsigned long a = map_file(mm, 0, 0, 4, RW, MAP_PRIVATE);

	assert_int_equal(do_mprotect(mm, a, 2 * PAGE_SIZE, PROT_READ), 0);
	expect_write(mm, a + 3 * PAGE_SIZE, 5);		/* in the upper VMA only */
	assert_int_equal(do_mprotect(mm, a, 2 * PAGE_SIZE, RW), 0);
	assert_int_equal(mm->map_count, 1);
	child = dup_mm(mm);
	expect_word(child, a + 3 * PAGE_SIZE, 5);
	end_space(child);
	end_space(mm);
}

static void shared_memory_is_one_across_forks(void **state)
{
	struct mm_struct *parent = mm_alloc(), *child, *grandchild;
	unsigned long a = map_anon(parent, AT, 4, RW, MAP_SHARED);

	expect_write(parent, a, 1);
	child = dup_mm(parent);
	grandchild = dup_mm(child);
	expect_write(grandchild, a + PAGE_SIZE, 2);
	end_space(child);
	expect_word(parent, a + PAGE_SIZE, 2);
	expect_write(parent, a, 3);
	end_space(parent);
	expect_word(grandchild, a, 3);
	end_space(grandchild);
}

static void advice_decides_what_a_child_gets(void **state)
{
	struct mm_struct *parent = mm_alloc(), *child;
	unsigned long a = map_anon(parent, AT, 3, RW, MAP_PRIVATE);

	for (unsigned int i = 0; i < 3; i++)
		expect_write(parent, a + i * PAGE_SIZE, i + 1);
	assert_int_equal(do_madvise(parent, a, PAGE_SIZE, MADV_DONTFORK), 0);
	assert_int_equal(do_madvise(parent, a + PAGE_SIZE, PAGE_SIZE, MADV_WIPEONFORK), 0);
	child = dup_mm(parent);
	assert_int_equal(soft_touch(child, a, SOFT_READ, NULL), FAULT_SEGV_MAPERR);
	expect_word(child, a + PAGE_SIZE, 0);
	expect_word(child, a + 2 * PAGE_SIZE, 3);
	expect_word(parent, a, 1);
	expect_word(parent, a + PAGE_SIZE, 2);
	end_space(child);
	end_space(parent);
}

static void a_fork_without_memory_leaves_the_parent_as_it_was(void **state)
{
	struct mm_struct *parent = mm_alloc(), *child = NULL;
	unsigned long n, failures = 0, a = map_anon(parent, PGDIR_SIZE - 4 * PAGE_SIZE, 8, RW, MAP_PRIVATE);
	unsigned long f = map_file(parent, 2, 0, 4, RW, MAP_PRIVATE);

	map_anon(parent, AT, 2, RW, MAP_SHARED);
	for (unsigned int i = 0; i < 8; i++)
		expect_write(parent, a + i * PAGE_SIZE, i);
	expect_write(parent, f, 99);
	for (n = 0; !child; n++) {
		host_fail_after((long)n);
		child = dup_mm(parent);
		host_fail_after(-1);
		failures += !child;
		mm_check(parent);
		for (unsigned int i = 0; i < 8; i++)
			expect_write(parent, a + i * PAGE_SIZE, i);
	}
	assert_true(failures > 6);
	expect_word(child, f, 99);
	end_space(child);
	end_space(parent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPACE_TEST(child_and_parent_share_until_one_writes),
		SPACE_TEST(last_owner_reuses_the_page_without_a_copy),
		SPACE_TEST(fork_takes_write_access_from_the_parent_on_every_cpu),
		SPACE_TEST(a_copy_on_one_cpu_is_seen_by_all_cpus_of_the_space),
		SPACE_TEST(a_page_the_kernel_holds_is_copied_not_reused),
		SPACE_TEST(private_file_pages_are_copied_before_the_write),
		SPACE_TEST(merged_mappings_remember_their_private_copies),
		SPACE_TEST(shared_memory_is_one_across_forks),
		SPACE_TEST(advice_decides_what_a_child_gets),
		SPACE_TEST(a_fork_without_memory_leaves_the_parent_as_it_was),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
