/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rmap_test.c - from the page to its ptes: fork trees, splits, moves, migration
 *
 * vma_test.c compares rmap_count() with the mapcount of every page after every random step; here are
 * the shapes that chance seldom makes.
 */
#include "lib_hooks.h"
#include "arch/host.h"
#include "mm_space.h"
#include <mm/anon_vma.h>
#include <mm/rmap.h>

#define MANY	100

static bool visit(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	++*(unsigned int *)arg;
	return true;
}

/* VMAs that a walk from @page looks at */
static unsigned int visited(struct page *page)
{
	unsigned int n = 0;

	lock_page(page);
	rmap_walk(page, visit, &n);
	unlock_page(page);
	return n;
}

static int ptes_of(struct page *page)
{
	int n;

	lock_page(page);
	n = rmap_count(page);
	unlock_page(page);
	return n;
}

static struct mm_struct *fork_of(struct mm_struct *mm)
{
	struct mm_struct *child = dup_mm(mm);

	assert_non_null(child);
	return child;
}

static int move_to_new(struct page *page, struct page **newp)
{
	int err;

	*newp = alloc_page(GFP_USER);
	get_page(page);
	err = migrate_page(page, *newp);
	put_page(err ? page : *newp);
	if (err)
		put_page(*newp);
	return err;
}

static void a_page_of_100_processes_moves_in_one_go(void **state)
{
	struct mm_struct *mm[MANY];
	struct page *page, *new;
	unsigned long a;

	mm[0] = mm_alloc();
	a = map_anon(mm[0], AT, 1, RW, MAP_PRIVATE);
	expect_write(mm[0], a, 4711);
	for (int i = 1; i < MANY; i++)
		mm[i] = fork_of(mm[i / 2]);
	page = page_at(mm[0], a);
	assert_int_equal(page_mapcount(page), MANY);
	assert_int_equal(ptes_of(page), MANY);
	assert_int_equal(move_to_new(page, &new), 0);
	assert_int_equal(page_mapcount(new), MANY);
	for (int i = 0; i < MANY; i++) {
		assert_ptr_equal(page_at(mm[i], a), new);
		expect_word(mm[i], a, 4711);
	}
	expect_write(mm[7], a, 1);		/* still copy-on-write */
	expect_word(mm[8], a, 4711);
	assert_int_equal(ptes_of(new), MANY - 1);
	for (int i = 0; i < MANY; i++)
		end_space(mm[i]);
}

static void a_page_in_use_by_the_kernel_stays_where_it_is(void **state)
{
	struct mm_struct *mm = mm_alloc(), *child;
	unsigned long a = map_anon(mm, AT, 1, RW, MAP_PRIVATE);
	struct page *page, *new;

	expect_write(mm, a, 5);
	child = fork_of(mm);
	page = page_at(mm, a);
	get_page(page);				/* a copy to user memory is under way, say */
	assert_int_equal(move_to_new(page, &new), -EAGAIN);
	assert_ptr_equal(page_at(mm, a), page);
	assert_ptr_equal(page_at(child, a), page);
	assert_int_equal(ptes_of(page), 2);
	put_page(page);
	expect_write(mm, a, 6);
	expect_word(child, a, 5);
	end_space(child);
	end_space(mm);
}

static void new_pages_of_a_grandchild_are_searched_in_one_vma(void **state)
{
	struct mm_struct *mm[4];
	unsigned long a;

	mm[0] = mm_alloc();
	a = map_anon(mm[0], AT, 2, RW, MAP_PRIVATE);
	expect_write(mm[0], a, 1);
	for (int i = 1; i < 4; i++)
		mm[i] = fork_of(mm[i - 1]);
	expect_write(mm[3], a + PAGE_SIZE, 2);	/* born in the youngest */
	assert_int_equal(visited(page_at(mm[3], a + PAGE_SIZE)), 1);
	assert_int_equal(visited(page_at(mm[0], a)), 4);
	expect_write(mm[3], a, 3);		/* copied there */
	assert_int_equal(visited(page_at(mm[3], a)), 1);
	for (int i = 0; i < 4; i++)
		end_space(mm[i]);
}

static void a_reused_page_belongs_to_its_last_owner(void **state)
{
	struct mm_struct *mm = mm_alloc(), *child;
	unsigned long a = map_anon(mm, AT, 1, RW, MAP_PRIVATE);
	struct page *page;

	expect_write(mm, a, 1);
	child = fork_of(mm);
	page = page_at(mm, a);
	expect_write(mm, a, 2);			/* the parent copies */
	expect_write(child, a, 3);		/* the child keeps the old page for itself */
	assert_ptr_equal(page_at(child, a), page);
	assert_int_equal(visited(page), 1);
	end_space(mm);
	assert_int_equal(ptes_of(page), 1);
	end_space(child);
}

static unsigned int chain_length(struct mm_struct *mm, unsigned long a)
{
	struct anon_vma_chain *c;
	unsigned int n = 0;

	list_for_each_entry(c, &find_vma(mm, a)->anon_vma_chain, same_vma)
		n++;
	return n;
}

static void a_line_of_forks_whose_parents_exit_does_not_grow_its_chain(void **state)
{
	struct mm_struct *mm = mm_alloc(), *child;
	unsigned long a = map_anon(mm, AT, 1, RW, MAP_PRIVATE);

	expect_write(mm, a, 1);
	for (int i = 0; i < 50; i++) {
		child = fork_of(mm);
		end_space(mm);
		mm = child;
		expect_write(mm, a, (u64)i);
		assert_in_range(chain_length(mm, a), 1, 3);
	}
	end_space(mm);
}

static void neighbours_that_became_compatible_share_an_anon_vma_and_merge(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 2, RW, MAP_PRIVATE);

	assert_int_equal(do_mprotect(mm, a + PAGE_SIZE, PAGE_SIZE, RW | PROT_EXEC), 0);
	expect_write(mm, a, 1);
	expect_write(mm, a + PAGE_SIZE, 2);
	assert_int_equal(mm->map_count, 2);
	assert_int_equal(do_mprotect(mm, a + PAGE_SIZE, PAGE_SIZE, RW), 0);
	assert_int_equal(mm->map_count, 1);
	assert_int_equal(ptes_of(page_at(mm, a + PAGE_SIZE)), 1);
	end_space(mm);
}

static void mappings_with_pages_of_different_origin_do_not_merge(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 1, RW, MAP_PRIVATE);

	map_anon(mm, a + 2 * PAGE_SIZE, 1, RW, MAP_PRIVATE);
	expect_write(mm, a, 1);
	expect_write(mm, a + 2 * PAGE_SIZE, 2);	/* too far apart to share */
	map_anon(mm, a + PAGE_SIZE, 1, RW, MAP_PRIVATE);
	assert_int_equal(mm->map_count, 2);
	assert_int_equal(ptes_of(page_at(mm, a)), 1);
	assert_int_equal(ptes_of(page_at(mm, a + 2 * PAGE_SIZE)), 1);
	end_space(mm);
}

static void moved_pages_are_found_at_their_new_address(void **state)
{
	struct mm_struct *mm = mm_alloc(), *child;
	unsigned long a = map_anon(mm, AT, 2, RW, MAP_PRIVATE), b = AT + 0x10000000UL;
	struct page *page;

	expect_write(mm, a + PAGE_SIZE, 9);
	child = fork_of(mm);
	page = page_at(mm, a + PAGE_SIZE);
	assert_int_equal(do_mremap(mm, a, 2 * PAGE_SIZE, 2 * PAGE_SIZE,
				   MREMAP_MAYMOVE | MREMAP_FIXED, b), b);
	assert_ptr_equal(page_at(mm, b + PAGE_SIZE), page);
	assert_int_equal(ptes_of(page), 2);
	assert_int_equal(move_to_new(page, &page), 0);
	expect_word(mm, b + PAGE_SIZE, 9);
	expect_word(child, a + PAGE_SIZE, 9);
	end_space(mm);
	end_space(child);
}

static void file_pages_are_found_through_the_file(void **state)
{
	struct mm_struct *mm[3];
	struct page *page;
	unsigned long a[3];

	for (int i = 0; i < 3; i++) {
		mm[i] = mm_alloc();
		a[i] = map_file(mm[i], 0, (pgoff_t)i, 8, PROT_READ, i ? MAP_SHARED : MAP_PRIVATE);
		expect_word(mm[i], a[i] + (unsigned long)(5 - i) * PAGE_SIZE, object_word(0, 5));
	}
	page = page_at(mm[0], a[0] + 5 * PAGE_SIZE);
	assert_int_equal(page_mapcount(page), 3);
	assert_int_equal(ptes_of(page), 3);
	for (int i = 0; i < 3; i++)
		end_space(mm[i]);
}

static void a_cached_page_moves_and_everyone_finds_the_new_one(void **state)
{
	struct mm_struct *mm[2];
	struct page *page, *old;
	unsigned long a[2];

	for (int i = 0; i < 2; i++) {
		mm[i] = mm_alloc();
		a[i] = map_file(mm[i], FIRST_DISKLESS, 0, 4, RW, MAP_SHARED);
	}
	expect_write(mm[0], a[0] + PAGE_SIZE, 77);
	expect_word(mm[1], a[1] + PAGE_SIZE, 77);
	old = page = page_at(mm[0], a[0] + PAGE_SIZE);
	get_page(page);				/* somebody reads it */
	assert_int_equal(move_to_new(page, &page), -EAGAIN);
	expect_word(mm[0], a[0] + PAGE_SIZE, 77);
	assert_ptr_equal(page_at(mm[0], a[0] + PAGE_SIZE), old);
	put_page(old);
	assert_int_equal(move_to_new(old, &page), 0);
	assert_ptr_not_equal(page, old);
	expect_word(mm[1], a[1] + PAGE_SIZE, 77);
	expect_word(mm[0], a[0] + PAGE_SIZE, 77);
	assert_ptr_equal(page_at(mm[0], a[0] + PAGE_SIZE), page_at(mm[1], a[1] + PAGE_SIZE));
	assert_ptr_not_equal(page_at(mm[0], a[0] + PAGE_SIZE), old);
	expect_write(mm[1], a[1] + PAGE_SIZE, 78);
	expect_word(mm[0], a[0] + PAGE_SIZE, 78);
	address_space_check(&objects[FIRST_DISKLESS].as);
	for (int i = 0; i < 2; i++)
		end_space(mm[i]);
}

static void no_memory_while_chains_are_copied_changes_nothing(void **state)
{
	struct mm_struct *mm = mm_alloc(), *child = NULL;
	unsigned long a = map_anon(mm, AT, 3, RW, MAP_PRIVATE);

	expect_write(mm, a, 1);
	for (long n = 0; !child; n++) {
		host_fail_after(n);
		child = dup_mm(mm);
		host_fail_after(-1);
		assert_int_equal(ptes_of(page_at(mm, a)), child ? 2 : 1);
	}
	for (long n = 0; mm->map_count == 1; n++) {
		host_fail_after(n);
		assert_true(do_munmap(mm, a + PAGE_SIZE, PAGE_SIZE) == 0 || mm->map_count == 1);
		host_fail_after(-1);
	}
	assert_int_equal(ptes_of(page_at(mm, a)), 2);
	end_space(mm);
	end_space(child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPACE_TEST(a_page_of_100_processes_moves_in_one_go),
		SPACE_TEST(a_page_in_use_by_the_kernel_stays_where_it_is),
		SPACE_TEST(new_pages_of_a_grandchild_are_searched_in_one_vma),
		SPACE_TEST(a_reused_page_belongs_to_its_last_owner),
		SPACE_TEST(a_line_of_forks_whose_parents_exit_does_not_grow_its_chain),
		SPACE_TEST(neighbours_that_became_compatible_share_an_anon_vma_and_merge),
		SPACE_TEST(mappings_with_pages_of_different_origin_do_not_merge),
		SPACE_TEST(moved_pages_are_found_at_their_new_address),
		SPACE_TEST(file_pages_are_found_through_the_file),
		SPACE_TEST(a_cached_page_moves_and_everyone_finds_the_new_one),
		SPACE_TEST(no_memory_while_chains_are_copied_changes_nothing),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
