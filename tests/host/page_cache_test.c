/* SPDX-License-Identifier: MIT */
/* tests/host/page_cache_test.c - files in memory: fill, find, truncate, punch, while mapped */
#include "lib_hooks.h"
#include "arch/host.h"
#include "mm_space.h"
#include <lib/string.h>
#include <mm/mempolicy.h>

static struct address_space *const disk = &objects[0].as, *const memory = &objects[2].as;

static u8 *bytes_of(struct address_space *as, pgoff_t index)
{
	int err;
	struct page *page = page_cache_get(as, index, &err);
	u8 *b;

	assert_non_null(page);
	b = host_bytes(page);
	put_page(page);
	return b;
}

static void a_page_is_filled_once_and_found_after(void **state)
{
	struct page *first, *again;
	int err;

	assert_null(find_get_page(disk, 7));
	first = page_cache_get(disk, 7, &err);
	again = page_cache_get(disk, 7, &err);
	assert_ptr_equal(first, again);
	assert_int_equal(objects[0].fills, 1);
	assert_int_equal(page_count(first), 3);		/* ours twice, and the tree's */
	assert_int_equal(*(u64 *)host_bytes(first), object_word(0, 7));
	put_page(first);
	put_page(again);
	assert_int_equal(disk->nrpages, 1);
	address_space_check(disk);
}

static void a_failed_fill_is_reported_and_tried_again(void **state)
{
	int err = 0;

	objects[0].fail_fill = true;
	assert_null(page_cache_get(disk, 1, &err));
	assert_int_equal(err, -EIO);
	assert_int_equal(disk->nrpages, 0);
	assert_int_equal(next_cached_page(disk, 0), ~0UL);
	objects[0].fail_fill = false;
	assert_int_equal(*(u64 *)bytes_of(disk, 1), object_word(0, 1));
	assert_int_equal(objects[0].fills, 2);
}

static void no_memory_while_adding_leaves_the_cache_consistent(void **state)
{
	struct page *page = NULL;
	unsigned long n;
	int err;

	for (n = 0; !page; n++) {
		host_fail_after((long)n);
		page = page_cache_get(memory, 1UL << 30, &err);
		host_fail_after(-1);
		assert_true(page || err == -ENOMEM);
		address_space_check(memory);
	}
	assert_true(n > 1);
	put_page(page);
}

static void random_adds_and_removes_agree_with_an_array(void **state)
{
	bool cached[200] = { false };
	pgoff_t next;
	int err;

	test_seed();
	for (unsigned int i = 0; i < 5000; i++) {
		unsigned int index = (unsigned int)test_random(200);
		struct page *page;

		if (test_random(3)) {
			page = page_cache_get(memory, index, &err);
			put_page(page);
			cached[index] = true;
		} else if ((page = find_lock_page(memory, index))) {
			assert_true(cached[index]);
			remove_from_page_cache(page);
			unlock_page(page);
			put_page(page);
			cached[index] = false;
		} else {
			assert_false(cached[index]);
		}
		for (next = index; next < 200 && !cached[next]; next++)
			;
		assert_int_equal(next_cached_page(memory, index), next < 200 ? next : ~0UL);
		for (next = index; next < 200 && cached[next]; next++)
			;
		assert_int_equal(next_hole(memory, index), next);
		if (i % 50 == 0)
			address_space_check(memory);
	}
}

static void truncation_unmaps_pages_and_private_copies_everywhere(void **state)
{
	struct mm_struct *mm = mm_alloc(), *other = mm_alloc();
	unsigned long s = map_file(mm, 2, 0, 8, RW, MAP_SHARED);
	unsigned long p = map_file(other, 2, 0, 8, RW, MAP_PRIVATE);

	for (unsigned int i = 0; i < 8; i++) {
		host_run_on(0);
		expect_write(mm, s + i * PAGE_SIZE, 100 + i);
		host_run_on(1);
		expect_word(other, p + i * PAGE_SIZE, 100 + i);
		expect_write(other, p + i * PAGE_SIZE, 200 + i);
	}
	object_truncate(2, 3);
	soft_tlb_check();
	for (unsigned int i = 0; i < 8; i++) {
		host_run_on(0);
		assert_int_equal(soft_touch(mm, s + i * PAGE_SIZE, SOFT_READ, NULL),
				 i < 3 ? FAULT_OK : FAULT_SIGBUS);
		host_run_on(1);
		assert_int_equal(soft_touch(other, p + i * PAGE_SIZE, SOFT_READ, NULL),
				 i < 3 ? FAULT_OK : FAULT_SIGBUS);
	}
	expect_word(other, p, 200);
	assert_int_equal(memory->nrpages, 3);
	object_truncate(2, 8);
	expect_word(other, p + 5 * PAGE_SIZE, 0);
	end_space(other);
	end_space(mm);
}

static void the_tail_of_the_last_page_is_zeroed(void **state)
{
	u8 *b = bytes_of(memory, 2);

	memset(b, 0xff, PAGE_SIZE);
	memory->size = 2 * PAGE_SIZE + 100;
	truncate_pages(memory, memory->size);
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(b[i], i < 100 ? 0xff : 0);
	memory->size = 0;
	truncate_pages(memory, 0);
	assert_int_equal(memory->nrpages, 0);
}

/* Against a byte array: any range of bytes may be punched. */
static void random_punches_zero_exactly_their_bytes(void **state)
{
	static u8 model[16 * 4096];

	test_seed();
	for (unsigned int round = 0; round < 200; round++) {
		loff_t start = (loff_t)test_random(sizeof(model));
		loff_t end = start + (loff_t)test_random(sizeof(model) - (u64)start + 1);

		if (test_random(4) == 0)
			start = end;
		for (unsigned int i = 0; i < 16; i++) {
			memset(bytes_of(memory, i), (int)(i + round) | 1, PAGE_SIZE);
			memset(model + i * PAGE_SIZE, (int)(i + round) | 1, PAGE_SIZE);
		}
		punch_pages(memory, start, end);
		memset(model + start, 0, (size_t)(end - start));
		address_space_check(memory);
		for (unsigned int i = 0; i < 16; i++)
			assert_memory_equal(bytes_of(memory, i), model + i * PAGE_SIZE, PAGE_SIZE);
	}
}

static void a_hole_keeps_private_copies_of_its_pages(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long s = map_file(mm, 2, 0, 4, RW, MAP_SHARED);
	unsigned long p = map_file(mm, 2, 0, 4, RW, MAP_PRIVATE);

	expect_write(mm, s, 1);
	expect_write(mm, s + PAGE_SIZE, 2);
	expect_write(mm, p, 3);
	expect_word(mm, p + PAGE_SIZE, 2);
	punch_pages(memory, 0, 2 * PAGE_SIZE);
	expect_word(mm, s, 0);
	expect_word(mm, p, 3);
	expect_word(mm, p + PAGE_SIZE, 0);
	end_space(mm);
}

static void a_page_someone_still_holds_outlives_truncation(void **state)
{
	int err;
	struct page *page = page_cache_get(disk, 4, &err);

	object_truncate(0, 0);
	assert_null(page->mapping);
	assert_int_equal(page_count(page), 1);
	assert_int_equal(*(u64 *)host_bytes(page), object_word(0, 4));
	put_page(page);
}

static void an_adopted_frame_becomes_the_file_page(void **state)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	__SetPageKernel(page);
	*(u64 *)host_bytes(page) = 0xadad;
	assert_int_equal(page_cache_adopt(memory, page, 9), 0);
	assert_ptr_equal(bytes_of(memory, 9), host_bytes(page));
	assert_false(PageKernel(page));
	address_space_check(memory);
}

static void dirty_bits_in_entries_reach_the_page_when_unmapped(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long s = map_file(mm, 2, 0, 1, RW, MAP_SHARED);
	struct page *page;

	expect_word(mm, s, 0);
	page = page_at(mm, s);
	assert_false(PageDirty(page));
	expect_write(mm, s, 1);
	assert_int_equal(do_munmap(mm, s, PAGE_SIZE), 0);
	assert_true(PageDirty(page));
	end_space(mm);
}

/* What page @index of @as is told: the mode of its policy, 0 for none. */
static unsigned int mode_at(struct address_space *as, pgoff_t index)
{
	struct mempolicy *pol = mapping_policy_get(as, index);
	unsigned int mode = pol ? pol->mode : 0;

	mpol_put(pol);
	return mode;
}

static void random_policies_of_ranges_agree_with_an_array(void **state)
{
	struct mempolicy *pol[4] = { NULL };
	u8 model[64] = { 0 };

	test_seed();
	for (u8 i = 1; i < 4; i++)
		pol[i] = mpol_new(&(struct mempolicy){ .mode = i, .nodes = 1 });
	for (unsigned int step = 0; step < 3000; step++) {
		pgoff_t first = test_random(64), last = first + test_random(64 - first);
		unsigned int mode = (unsigned int)test_random(4);

		host_fail_after(step % 5 ? -1 : (long)test_random(2));
		if (!mapping_policy_set(memory, first, last, pol[mode]))
			memset(model + first, (int)mode, last - first + 1);
		host_fail_after(-1);
		assert_true(interval_tree_check(&memory->policies) >= 0);
		for (pgoff_t i = 0; i < 64; i++)
			assert_int_equal(mode_at(memory, i), model[i]);
	}
	mapping_policy_free(memory);
	for (u8 i = 1; i < 4; i++) {
		assert_int_equal(atomic_read(&pol[i]->refs), 1);
		mpol_put(pol[i]);
	}
}

/* ---- seals ----------------------------------------------------------------------------------- */

static bool gap_found;
static unsigned int flushes_seen;

static void seal_on_close(struct vm_area_struct *vma)
{
	gap_found |= mapping_deny_writable(vma->mapping);
}

static void a_remapped_window_keeps_its_object_from_being_sealed(void **state)
{
	static const struct vm_ops ops = { .close = seal_on_close };
	struct mm_struct *mm = mm_alloc();
	struct mmap_request rq = {
		.len = PAGE_SIZE, .prot = RW, .flags = MAP_SHARED, .vm_ops = &ops, .mapping = memory,
	};
	long addr = do_mmap(mm, &rq);

	assert_true(addr > 0);
	for (pgoff_t pgoff = 0; pgoff < 4; pgoff++)	/* each time the only VMA ends, and another one begins */
		assert_int_equal(do_remap_file_pages(mm, (unsigned long)addr, PAGE_SIZE, pgoff, MAP_NONBLOCK), 0);
	assert_false(gap_found);
	assert_int_equal(atomic_read(&memory->i_mmap_writable), 1);
	end_space(mm);
	assert_true(gap_found);			/* the end of the last one */
	atomic_set(&memory->i_mmap_writable, 0);
}

static void seal_on_flush(unsigned long start, unsigned long end)
{
	flushes_seen++;
	gap_found |= mapping_deny_writable(memory);
}

static void an_unmapped_window_keeps_its_object_from_being_sealed_until_the_flush(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long addr = map_file(mm, 2, 0, 1, RW, MAP_SHARED);

	map_anon(mm, addr - 8 * PAGE_SIZE, 1, RW, MAP_PRIVATE);
	expect_write(mm, addr - 8 * PAGE_SIZE, 1);		/* the table stays: a flush by address will do */
	expect_write(mm, addr, 1);
	gap_found = false;
	flushes_seen = 0;
	soft_flush_hook = seal_on_flush;
	assert_int_equal(do_munmap(mm, addr, PAGE_SIZE), 0);
	soft_flush_hook = NULL;
	assert_int_equal(flushes_seen, 1);
	assert_false(gap_found);
	assert_int_equal(atomic_read(&memory->i_mmap_writable), 0);
	end_space(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPACE_TEST(a_page_is_filled_once_and_found_after),
		SPACE_TEST(a_failed_fill_is_reported_and_tried_again),
		SPACE_TEST(no_memory_while_adding_leaves_the_cache_consistent),
		SPACE_TEST(random_adds_and_removes_agree_with_an_array),
		SPACE_TEST(truncation_unmaps_pages_and_private_copies_everywhere),
		SPACE_TEST(the_tail_of_the_last_page_is_zeroed),
		SPACE_TEST(random_punches_zero_exactly_their_bytes),
		SPACE_TEST(a_hole_keeps_private_copies_of_its_pages),
		SPACE_TEST(a_page_someone_still_holds_outlives_truncation),
		SPACE_TEST(an_adopted_frame_becomes_the_file_page),
		SPACE_TEST(dirty_bits_in_entries_reach_the_page_when_unmapped),
		SPACE_TEST(random_policies_of_ranges_agree_with_an_array),
		SPACE_TEST(a_remapped_window_keeps_its_object_from_being_sealed),
		SPACE_TEST(an_unmapped_window_keeps_its_object_from_being_sealed_until_the_flush),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
