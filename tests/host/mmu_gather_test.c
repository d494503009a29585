/* SPDX-License-Identifier: MIT */
/* tests/host/mmu_gather_test.c - unhook, flush, free; and that the software TLB would notice otherwise */
#include "lib_hooks.h"
#include "arch/host.h"
#include "mm_space.h"

/* Every CPU reads and writes [a, a + pages): translations everywhere. */
static void touch_on_all_cpus(struct mm_struct *mm, unsigned long a, unsigned int pages)
{
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++) {
		host_run_on(cpu);
		for (unsigned int i = 0; i < pages; i++)
			expect_write(mm, a + i * PAGE_SIZE, i + cpu);
	}
	host_run_on(0);
}

static void munmap_flushes_every_cpu_before_pages_are_free(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, PGDIR_SIZE - 100 * PAGE_SIZE, 200, RW, MAP_PRIVATE);

	touch_on_all_cpus(mm, a, 200);
	assert_int_equal(soft_tlb_entries(3), 200);
	assert_int_equal(do_munmap(mm, a + 50 * PAGE_SIZE, 100 * PAGE_SIZE), 0);
	soft_tlb_check();
	assert_true(soft_tlb_entries(3) <= 100);
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++) {
		host_run_on(cpu);
		assert_int_equal(soft_touch(mm, a + 60 * PAGE_SIZE, SOFT_READ, NULL),
				 FAULT_SEGV_MAPERR);
		expect_word(mm, a, HOST_CPUS - 1);
	}
	end_space(mm);
}

static void page_tables_go_when_their_last_mapping_goes(void **state)
{
	struct mm_struct *mm = mm_alloc();
	long empty = atomic64_read(&mm->pgtables_bytes);
	unsigned long a = map_anon(mm, AT, 1, RW, MAP_PRIVATE);
	unsigned long b = map_anon(mm, AT + PMD_SIZE / 2, 1, RW, MAP_PRIVATE);

	touch_on_all_cpus(mm, a, 1);
	touch_on_all_cpus(mm, b, 1);
	assert_int_equal(atomic64_read(&mm->pgtables_bytes),
			 empty + (long)((pgtable_levels - 1) * PAGE_SIZE));
	assert_int_equal(do_munmap(mm, a, PAGE_SIZE), 0);
	expect_word(mm, b, HOST_CPUS - 1);
	assert_int_equal(do_munmap(mm, b, PAGE_SIZE), 0);
	assert_int_equal(atomic64_read(&mm->pgtables_bytes), empty);
	soft_tlb_check();
	map_anon(mm, AT, 1, RW, MAP_PRIVATE);
	touch_on_all_cpus(mm, a, 1);		/* through new tables, not kept old ones */
	end_space(mm);
}

/* A full array of tables is flushed at once (tlb_remove_table): none of them may be reached from an entry then. */
static void more_tables_than_a_batch_are_unhooked_before_each_flush(void **state)
{
	struct mm_struct *mm = mm_alloc();
	long empty = atomic64_read(&mm->pgtables_bytes);
	const unsigned int tables = 3 * MMU_GATHER_TABLES + 1;
	unsigned long a = map_anon(mm, AT, tables * PMD_SIZE / PAGE_SIZE, RW,
				   MAP_PRIVATE | MAP_NORESERVE);

	for (unsigned int i = 0; i < tables; i++)
		touch_on_all_cpus(mm, a + i * PMD_SIZE, 1);
	assert_int_equal(do_munmap(mm, a, tables * PMD_SIZE), 0);	/* gather_table() looks at each entry */
	soft_tlb_check();
	assert_int_equal(atomic64_read(&mm->pgtables_bytes), empty);
	assert_int_equal(mm->pmd_hint, 0);
	end_space(mm);
}

static void more_pages_than_a_batch_are_freed_in_several_flushes(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned int n = MMU_GATHER_BATCH * 3 + 5;
	unsigned long a = map_anon(mm, AT, n, RW, MAP_PRIVATE), flushes;

	for (unsigned int i = 0; i < n; i++)
		expect_write(mm, a + i * PAGE_SIZE, i);
	flushes = soft_flushes();
	assert_int_equal(do_munmap(mm, a, n * PAGE_SIZE), 0);
	assert_in_range(soft_flushes() - flushes, 4, 5);
	end_space(mm);
}

static void exit_needs_no_flush_per_batch_once_all_cpus_left(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 200, RW, MAP_PRIVATE), flushes;

	touch_on_all_cpus(mm, a, 200);
	flushes = soft_flushes();
	end_space(mm);
	assert_int_equal(soft_flushes() - flushes, HOST_CPUS);	/* one switch of tables each */
}

static void lazy_cpus_are_flushed_like_others(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 8, RW, MAP_PRIVATE);

	touch_on_all_cpus(mm, a, 8);
	host_run_on(1);
	use_mm(NULL);				/* a kernel thread runs, the tables stay */
	assert_ptr_equal(this_cpu()->active_mm, mm);
	host_run_on(0);
	assert_int_equal(do_munmap(mm, a, 8 * PAGE_SIZE), 0);
	soft_tlb_check();
	assert_int_equal(soft_tlb_entries(1), 0);
	end_space(mm);
}

static void less_permission_is_flushed_and_more_is_found_by_a_fault(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 4, RW, MAP_PRIVATE);

	touch_on_all_cpus(mm, a, 4);
	assert_int_equal(do_mprotect(mm, a, 4 * PAGE_SIZE, PROT_READ), 0);
	soft_tlb_check();
	host_run_on(2);
	assert_int_equal(soft_touch(mm, a, SOFT_WRITE, NULL), FAULT_SEGV_ACCERR);
	host_run_on(0);
	assert_int_equal(do_mprotect(mm, a, 4 * PAGE_SIZE, RW), 0);
	touch_on_all_cpus(mm, a, 4);
	assert_int_equal(do_mprotect(mm, a, 4 * PAGE_SIZE, PROT_NONE), 0);
	soft_tlb_check();
	host_run_on(3);
	assert_int_equal(soft_touch(mm, a, SOFT_READ, NULL), FAULT_SEGV_ACCERR);
	end_space(mm);
}

/* ---- the oracles themselves ------------------------------------------------------------------- */

static struct mm_struct *victim;

static void free_mapped_page(void *page)
{
	put_page(page);
}

static void check_all(void *arg)
{
	soft_tlb_check();
}

static void a_page_freed_before_its_flush_is_noticed(void **state)
{
	unsigned long a;
	struct page *page;
	spinlock_t *ptl;
	pte_t *pte;

	victim = mm_alloc();
	a = map_anon(victim, AT, 1, RW, MAP_PRIVATE);
	touch_on_all_cpus(victim, a, 1);
	pte = pte_lookup_lock(victim, a, &ptl);
	page = pfn_to_page(pte_pfn(ptep_get_and_clear(pte)));
	pte_unlock(ptl);
	page_remove_rmap(page);
	atomic64_dec(&victim->rss_anon);
	assert_true(host_panics(check_all, NULL, "stale TLB"));
	assert_true(host_panics(free_mapped_page, page, "freed before flushed"));
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++)
		soft_flush_all(cpu);
	atomic_set(&page->_refcount, 1);
	put_page(page);
	end_space(victim);
}

static void a_permission_taken_without_a_flush_is_noticed(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 1, RW, MAP_PRIVATE);
	spinlock_t *ptl;

	touch_on_all_cpus(mm, a, 1);
	ptep_set_wrprotect(pte_lookup_lock(mm, a, &ptl));
	pte_unlock(ptl);
	assert_true(host_panics(check_all, NULL, "stale TLB"));
	flush_tlb_page(mm, a);
	soft_tlb_check();
	end_space(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPACE_TEST(munmap_flushes_every_cpu_before_pages_are_free),
		SPACE_TEST(page_tables_go_when_their_last_mapping_goes),
		SPACE_TEST(more_tables_than_a_batch_are_unhooked_before_each_flush),
		SPACE_TEST(more_pages_than_a_batch_are_freed_in_several_flushes),
		SPACE_TEST(exit_needs_no_flush_per_batch_once_all_cpus_left),
		SPACE_TEST(lazy_cpus_are_flushed_like_others),
		SPACE_TEST(less_permission_is_flushed_and_more_is_found_by_a_fault),
		SPACE_TEST(a_page_freed_before_its_flush_is_noticed),
		SPACE_TEST(a_permission_taken_without_a_flush_is_noticed),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
