/* SPDX-License-Identifier: MIT */
/* tests/host/fault_test.c - the outcome of each kind of fault, and what it leaves in the table */
#include "lib_hooks.h"
#include "arch/host.h"
#include "mm_space.h"
#include <mm/uaccess.h>
#include <mm/vma_usage.h>

static void read_of_fresh_memory_maps_the_zero_page(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 4, RW, MAP_PRIVATE), zero = vm_event_sum(pgfault_zero);

	expect_word(mm, a + 8, 0);
	assert_ptr_equal(page_at(mm, a), zero_page);
	assert_true(pte_special(pte_at(mm, a)) && !pte_write(pte_at(mm, a)));
	assert_int_equal(mm_rss(mm), 0);
	assert_int_equal(vm_event_sum(pgfault_zero), zero + 1);
	expect_write(mm, a, 5);
	assert_ptr_not_equal(page_at(mm, a), zero_page);
	assert_int_equal(mm_rss(mm), 1);
	expect_word(mm, a + PAGE_SIZE, 0);
	end_space(mm);
}

static void first_write_leaves_a_young_dirty_writable_entry(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 1, RW, MAP_PRIVATE);
	pte_t pte;

	assert_int_equal(handle_mm_fault(mm, a, true, false, true), FAULT_OK);
	pte = pte_at(mm, a);
	assert_true(pte_write(pte) && pte_dirty(pte) && pte_young(pte) && pte_user(pte));
	assert_false(pte_exec(pte));
	assert_int_equal(page_count(page_at(mm, a)), 1);
	assert_int_equal(page_mapcount(page_at(mm, a)), 1);
	end_space(mm);
}

static enum fault_result access_result(struct mm_struct *mm, unsigned long a, enum soft_access what)
{
	return soft_touch(mm, a, what, NULL);
}

static void forbidden_accesses_are_told_from_missing_mappings(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long none = map_anon(mm, AT, 1, PROT_NONE, MAP_PRIVATE);
	unsigned long ro = map_anon(mm, AT + 0x10000, 1, PROT_READ, MAP_PRIVATE);
	unsigned long rw = map_anon(mm, AT + 0x20000, 1, RW, MAP_PRIVATE);
	unsigned long x = map_anon(mm, AT + 0x30000, 1, PROT_EXEC, MAP_PRIVATE);

	assert_int_equal(access_result(mm, none, SOFT_READ), FAULT_SEGV_ACCERR);
	assert_int_equal(access_result(mm, none, SOFT_WRITE), FAULT_SEGV_ACCERR);
	assert_int_equal(access_result(mm, none, SOFT_EXEC), FAULT_SEGV_ACCERR);
	assert_int_equal(access_result(mm, ro, SOFT_WRITE), FAULT_SEGV_ACCERR);
	assert_int_equal(access_result(mm, ro, SOFT_READ), FAULT_OK);
	assert_int_equal(access_result(mm, ro, SOFT_WRITE), FAULT_SEGV_ACCERR);
	assert_int_equal(access_result(mm, rw, SOFT_EXEC), FAULT_SEGV_ACCERR);
	assert_int_equal(access_result(mm, x, SOFT_EXEC), FAULT_OK);
	assert_int_equal(access_result(mm, x, SOFT_READ),
			 soft_hw.exec_reads ? FAULT_OK : FAULT_SEGV_ACCERR);
	assert_int_equal(access_result(mm, rw + PAGE_SIZE, SOFT_READ), FAULT_SEGV_MAPERR);
	assert_int_equal(access_result(mm, 0, SOFT_READ), FAULT_SEGV_MAPERR);
	assert_int_equal(access_result(mm, TASK_SIZE - 8, SOFT_READ), FAULT_SEGV_MAPERR);
	assert_int_equal(access_result(mm, ~0UL, SOFT_WRITE), FAULT_SEGV_MAPERR);
	assert_int_equal(handle_mm_fault(mm, ~0UL, true, false, true), FAULT_SEGV_MAPERR);
	end_space(mm);
}

static void access_beyond_the_end_of_a_file_is_sigbus(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_file(mm, 0, OBJECT_PAGES - 1, 3, RW, MAP_PRIVATE);
	unsigned long s = map_file(mm, 2, OBJECT_PAGES - 1, 3, RW, MAP_SHARED);
	unsigned long before = vm_event_sum(pgfault_sigbus);

	expect_word(mm, a, object_word(0, OBJECT_PAGES - 1));
	assert_int_equal(access_result(mm, a + PAGE_SIZE, SOFT_READ), FAULT_SIGBUS);
	assert_int_equal(access_result(mm, a + 2 * PAGE_SIZE, SOFT_WRITE), FAULT_SIGBUS);
	assert_int_equal(access_result(mm, s + PAGE_SIZE, SOFT_WRITE), FAULT_SIGBUS);
	assert_int_equal(vm_event_sum(pgfault_sigbus), before + 3);
	end_space(mm);
}

static void a_page_that_can_not_be_read_is_sigbus_until_it_can(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_file(mm, 0, 3, 1, RW, MAP_PRIVATE);

	objects[0].fail_fill = true;
	assert_int_equal(access_result(mm, a, SOFT_READ), FAULT_SIGBUS);
	assert_int_equal(access_result(mm, a, SOFT_WRITE), FAULT_SIGBUS);
	objects[0].fail_fill = false;
	expect_word(mm, a, object_word(0, 3));
	end_space(mm);
}

static void a_page_that_comes_behind_a_truncation_does_not_stay(void **state)
{
	static const struct { unsigned int file; unsigned long flags; enum soft_access access; } how[] = {
		{ 0, MAP_SHARED, SOFT_READ }, { 2, MAP_SHARED, SOFT_WRITE }, { 2, MAP_PRIVATE, SOFT_WRITE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(how); i++) {
		struct object *o = &objects[how[i].file];
		struct mm_struct *mm = mm_alloc();
		unsigned long a = map_file(mm, how[i].file, 0, 4, RW, how[i].flags);

		o->as.size = 4 * PAGE_SIZE;
		o->cut_before = true;
		assert_int_equal(soft_touch(mm, a, how[i].access, NULL), FAULT_SIGBUS);
		o->cut_before = false;
		assert_int_equal(o->as.nrpages, 0);
		address_space_check(&o->as);
		end_space(mm);
	}
}

static void only_a_fault_that_reads_the_disk_is_major(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long disk = map_file(mm, 0, 0, 4, RW, MAP_PRIVATE), memory = map_file(mm, 2, 0, 1, RW, MAP_SHARED);
	unsigned long major = current->maj_flt, minor = current->min_flt, events = vm_event_sum(pgmajfault);

	assert_int_equal(handle_mm_fault(mm, memory, false, false, true), FAULT_OK);
	assert_int_equal(current->maj_flt, major);
	assert_int_equal(current->min_flt, minor + 1);
	assert_int_equal(handle_mm_fault(mm, disk, false, false, true), FAULT_OK);
	assert_int_equal(handle_mm_fault(mm, disk + PAGE_SIZE, true, false, true), FAULT_OK);
	assert_int_equal(current->maj_flt, major + 2);
	assert_int_equal(current->min_flt, minor + 1);
	assert_int_equal(handle_mm_fault(mm, disk, true, false, true), FAULT_OK);	/* copies the cached page */
	assert_int_equal(current->maj_flt, major + 2);
	assert_int_equal(current->min_flt, minor + 2);
	objects[0].fail_fill = true;
	assert_int_equal(handle_mm_fault(mm, disk + 3 * PAGE_SIZE, false, false, true), FAULT_SIGBUS);
	objects[0].fail_fill = false;
	assert_int_equal(current->maj_flt, major + 2);
	assert_int_equal(vm_event_sum(pgmajfault), events + 2);
	end_space(mm);
}

static void a_read_maps_cached_neighbours_but_nothing_beyond_the_vma(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_file(mm, 0, 2, 20, PROT_READ, MAP_PRIVATE);
	unsigned long faults;

	for (unsigned int i = 0; i < 20; i++)
		expect_word(mm, a + i * PAGE_SIZE, object_word(0, 2 + i));
	assert_int_equal(do_munmap(mm, a, 20 * PAGE_SIZE), 0);
	a = map_file(mm, 0, 4, 12, PROT_READ, MAP_PRIVATE);
	faults = vm_event_sum(pgfault);
	for (unsigned int i = 0; i < 12; i++)
		expect_word(mm, a + i * PAGE_SIZE, object_word(0, 4 + i));
	assert_in_range(vm_event_sum(pgfault) - faults, 1, soft_hw.keeps_absent ? 4 : 2);
	assert_true(pte_none(pte_at(mm, a - PAGE_SIZE)));
	assert_true(pte_none(pte_at(mm, a + 12 * PAGE_SIZE)));
	assert_int_equal(mm_rss(mm), 12);
	end_space(mm);
}

static void the_stack_grows_to_its_limit_and_keeps_its_guard_gap(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long top = TASK_SIZE - PAGE_SIZE;

	host_limits.stack = 4UL << 20;
	down_write(&mm->mmap_lock);
	mmap_write_unlock(mm);
	assert_int_equal(setup_stack_vma(mm, top, 2 * PAGE_SIZE, false), 0);
	expect_write(mm, top - 8, 1);
	expect_write(mm, top - (1UL << 20), 2);
	assert_int_equal(find_vma(mm, top - 8)->vm_start, top - (1UL << 20));
	assert_int_equal(access_result(mm, top - host_limits.stack - 8, SOFT_WRITE), FAULT_SEGV_MAPERR);
	map_anon(mm, top - (2UL << 20) - STACK_GUARD_GAP, 1, PROT_READ, MAP_PRIVATE);
	assert_int_equal(access_result(mm, top - (2UL << 20), SOFT_WRITE), FAULT_SEGV_MAPERR);
	expect_write(mm, top - (2UL << 20) + PAGE_SIZE, 3);
	host_no_limits();
	mm_check(mm);
	end_space(mm);
}

static void a_shared_file_page_asks_its_owner_before_the_first_write(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_file(mm, 1, 5, 1, RW, MAP_SHARED);

	expect_word(mm, a, object_word(1, 5));
	assert_false(pte_write(pte_at(mm, a)));
	assert_int_equal(objects[1].mkwrites, 0);
	expect_write(mm, a, 77);
	assert_int_equal(objects[1].mkwrites, 1);
	assert_true(PageDirty(page_at(mm, a)));
	expect_write(mm, a, 78);
	assert_int_equal(objects[1].mkwrites, 1);
	end_space(mm);
}

static void no_memory_for_a_fault_is_reported_and_leaves_nothing(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 1, RW, MAP_PRIVATE), n;
	enum fault_result r = FAULT_OOM;

	for (n = 0; r == FAULT_OOM; n++) {
		host_fail_after((long)n);
		r = handle_mm_fault(mm, a, true, false, true);
		assert_int_equal(mm_rss(mm), r == FAULT_OK);
	}
	host_fail_after(-1);
	assert_int_equal(r, FAULT_OK);
	/* tables made before a failure stay; anon_vma, its chain and their slabs; the page */
	assert_in_range(n, 2, pgtable_levels + 5);
	end_space(mm);
}

static void user_copies_stop_at_the_first_byte_that_is_not_there(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 2, RW, MAP_PRIVATE);
	char buf[64], text[16];

	use_mm(mm);
	memset(buf, 7, sizeof(buf));
	assert_int_equal(copy_to_user((void *)(a + PAGE_SIZE - 30), buf, 64), 0);
	assert_int_equal(copy_to_user_partial((void *)(a + 2 * PAGE_SIZE - 10), buf, 64), 54);
	assert_int_equal(copy_from_user(buf, (void *)(a + 2 * PAGE_SIZE - 10), 64), -EFAULT);
	assert_int_equal(buf[9], 7);
	assert_int_equal(buf[10], 0);		/* the rest is cleared */
	assert_int_equal(copy_from_user(buf, (void *)TASK_SIZE, 1), -EFAULT);
	assert_int_equal(copy_from_user(buf, (void *)(~0UL - 3), 64), -EFAULT);
	assert_int_equal(clear_user((void *)(a + PAGE_SIZE - 30), 64), 0);
	assert_int_equal(copy_to_user((void *)(a + 2 * PAGE_SIZE - 6), "hello", 6), 0);
	assert_int_equal(strncpy_from_user(text, (void *)(a + 2 * PAGE_SIZE - 6), 16), 5);
	assert_string_equal(text, "hello");
	assert_int_equal(strncpy_from_user(text, (void *)(a + 2 * PAGE_SIZE - 6), 3), -ENAMETOOLONG);
	assert_int_equal(copy_to_user((void *)(a + 2 * PAGE_SIZE - 5), "hello", 5), 0);
	assert_int_equal(strncpy_from_user(text, (void *)(a + 2 * PAGE_SIZE - 5), 16), -EFAULT);
	end_space(mm);
}

static void another_space_can_be_reached_without_being_loaded(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 2, RW, MAP_PRIVATE);
	unsigned long ro = map_anon(mm, AT + 0x10000, 1, PROT_READ, MAP_PRIVATE);
	char out[100], in[100];

	memset(out, 0x33, sizeof(out));
	assert_int_equal(access_process_vm(mm, a + PAGE_SIZE - 50, out, 100, true), 100);
	assert_int_equal(access_process_vm(mm, a + PAGE_SIZE - 50, in, 100, false), 100);
	assert_memory_equal(in, out, 100);
	assert_int_equal(access_process_vm(mm, a + 2 * PAGE_SIZE - 40, in, 100, false), 40);
	assert_int_equal(access_process_vm(mm, ro, out, 10, true), -EFAULT);
	assert_int_equal(access_process_vm(mm, 0x20000, in, 10, false), -EFAULT);
	expect_word(mm, a + PAGE_SIZE, 0x3333333333333333UL);
	end_space(mm);
}

static void residence_is_what_was_touched_or_cached(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 4, RW, MAP_PRIVATE);
	unsigned long f = map_file(mm, 0, 0, 4, PROT_READ, MAP_PRIVATE);
	unsigned long vec = map_anon(mm, AT + 0x10000, 1, RW, MAP_PRIVATE);
	u8 out[4];
	int err;

	use_mm(mm);
	expect_write(mm, a + PAGE_SIZE, 1);
	put_page(page_cache_get(&objects[0].as, 2, &err));
	assert_int_equal(do_mincore(mm, a, 4 * PAGE_SIZE, (u8 *)vec), 0);
	assert_int_equal(copy_from_user(out, (u8 *)vec, 4), 0);
	assert_memory_equal(out, "\0\1\0\0", 4);
	assert_int_equal(do_mincore(mm, f, 3 * PAGE_SIZE + 1, (u8 *)vec), 0);
	assert_int_equal(copy_from_user(out, (u8 *)vec, 4), 0);
	assert_memory_equal(out, "\0\0\1\0", 4);
	assert_int_equal(do_mincore(mm, a, 5 * PAGE_SIZE, (u8 *)vec), -ENOMEM);
	assert_int_equal(do_mincore(mm, a, 4 * PAGE_SIZE, (u8 *)0x20000), -EFAULT);
	assert_int_equal(do_mincore(mm, a + 1, PAGE_SIZE, (u8 *)vec), -EINVAL);
	end_space(mm);
}

static void usage_counts_shared_pages_by_their_share(void **state)
{
	struct mm_struct *mm = mm_alloc(), *child;
	unsigned long a = map_anon(mm, AT, 4, RW, MAP_PRIVATE);
	struct vma_usage u;

	for (unsigned int i = 0; i < 4; i++)
		expect_write(mm, a + i * PAGE_SIZE, i);
	child = dup_mm(mm);
	expect_write(mm, a, 9);
	vma_usage(find_vma(mm, a), &u);
	assert_int_equal(u.rss, 4 * PAGE_SIZE);
	assert_int_equal(u.anonymous, 4 * PAGE_SIZE);
	assert_int_equal(u.private_dirty, PAGE_SIZE);
	assert_int_equal(u.shared_dirty, 3 * PAGE_SIZE);
	assert_int_equal(u.pss_shifted >> 12, PAGE_SIZE + 3 * PAGE_SIZE / 2);
	end_space(child);
	vma_usage(find_vma(mm, a), &u);
	assert_int_equal(u.private_dirty, 4 * PAGE_SIZE);
	end_space(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPACE_TEST(read_of_fresh_memory_maps_the_zero_page),
		SPACE_TEST(first_write_leaves_a_young_dirty_writable_entry),
		SPACE_TEST(forbidden_accesses_are_told_from_missing_mappings),
		SPACE_TEST(access_beyond_the_end_of_a_file_is_sigbus),
		SPACE_TEST(a_page_that_can_not_be_read_is_sigbus_until_it_can),
		SPACE_TEST(a_page_that_comes_behind_a_truncation_does_not_stay),
		SPACE_TEST(only_a_fault_that_reads_the_disk_is_major),
		SPACE_TEST(a_read_maps_cached_neighbours_but_nothing_beyond_the_vma),
		SPACE_TEST(the_stack_grows_to_its_limit_and_keeps_its_guard_gap),
		SPACE_TEST(a_shared_file_page_asks_its_owner_before_the_first_write),
		SPACE_TEST(no_memory_for_a_fault_is_reported_and_leaves_nothing),
		SPACE_TEST(user_copies_stop_at_the_first_byte_that_is_not_there),
		SPACE_TEST(residence_is_what_was_touched_or_cached),
		SPACE_TEST(usage_counts_shared_pages_by_their_share),
		SPACE_TEST(another_space_can_be_reached_without_being_loaded),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
