/* SPDX-License-Identifier: MIT */
/* fault_test.c - each kind of fault makes the pte it should (mm/fault.c) */
#include <kernel/sched.h>
#include <mm/highmem.h>
#include <mm/history.h>
#include <mm/swapops.h>
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
	struct mm_limits limits = kernel_mm_limits;

	REQUIRE(mm);
	limits.stack = 16 * PAGE_SIZE;
	current->limits = &limits;
	EXPECT_EQ(setup_stack_vma(mm, top, 4 * PAGE_SIZE, false), 0);
	EXPECT_EQ(test_fault(mm, top - 10 * PAGE_SIZE, true), FAULT_OK);
	EXPECT_EQ(find_vma(mm, top - 1)->vm_start, top - 10 * PAGE_SIZE);
	EXPECT_EQ(mm->stack_vm, 10);
	EXPECT_EQ(test_fault(mm, top - 17 * PAGE_SIZE, true), FAULT_SEGV_MAPERR);
	mm_check(mm);
	current->limits = &kernel_mm_limits;
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

/* put_entry - @entry takes the place of the pte at @addr, which is none */
static void put_entry(struct mm_struct *mm, unsigned long addr, swp_entry_t entry)
{
	spinlock_t *ptl;
	pte_t *ptep = pte_lookup_lock(mm, addr, &ptl);

	ASSERT(ptep && pte_none(ptep_get(ptep)));
	set_pte(ptep, swp_to_pte(entry));
	pte_unlock(ptl);
}

KTEST(fault_bad_swap_entry_is_sigbus_and_goes_with_its_mapping)
{
	const swp_entry_t bad = { 0x123UL << SWP_OFFSET_SHIFT | SWP_TYPE_MASK << SWP_TYPE_SHIFT };
	struct mm_struct *mm = mm_alloc(), *child;
	unsigned long sigbus;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 2, RW, ANON);
	EXPECT_EQ(test_fault(mm, TEST_BASE, true), FAULT_OK);
	put_entry(mm, TEST_BASE + PAGE_SIZE, bad);
	sigbus = vm_event_sum(pgfault_sigbus);
	EXPECT_EQ(test_fault(mm, TEST_BASE + PAGE_SIZE, false), FAULT_SIGBUS);
	EXPECT_EQ(test_fault(mm, TEST_BASE + PAGE_SIZE, true), FAULT_SIGBUS);
	EXPECT_EQ(vm_event_sum(pgfault_sigbus), sigbus + 2);
	EXPECT_EQ(test_fault(mm, TEST_BASE, false), FAULT_OK);
	child = dup_mm(mm);
	REQUIRE(child);
	EXPECT_EQ(test_fault(child, TEST_BASE + PAGE_SIZE, true), FAULT_SIGBUS);
	EXPECT_EQ(mm_rss(child), 1);
	mmput(child);
	EXPECT_EQ(do_munmap(mm, TEST_BASE, 2 * PAGE_SIZE), 0);
	EXPECT_EQ(mm_rss(mm), 0);
	mmput(mm);
}

/* ---- a file on a slow device ---- */

static int device_fill(struct address_space *as, struct page *page)
{
	clear_highpage(page);
	SetPageUptodate(page);
	unlock_page(page);
	return 0;
}

static const struct aspace_ops device_aops = { .fill = device_fill };

static long map_device_file(struct mm_struct *mm, struct address_space *as, unsigned long pages)
{
	struct mmap_request rq = {
		.addr = TEST_BASE, .len = pages * PAGE_SIZE, .prot = PROT_READ,
		.flags = MAP_SHARED | MAP_FIXED, .mapping = as,
	};

	return do_mmap(mm, &rq);
}

KTEST(fault_that_reads_the_device_is_major_and_the_next_is_minor)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long major = current->maj_flt, minor = current->min_flt, events = vm_event_sum(pgmajfault);
	struct address_space as;

	REQUIRE(mm);
	address_space_init(&as, NULL, &device_aops);
	as.size = 2 * PAGE_SIZE;
	EXPECT_EQ(map_device_file(mm, &as, 2), (long)TEST_BASE);
	EXPECT_EQ(test_fault(mm, TEST_BASE, false), FAULT_OK);
	EXPECT_EQ(current->maj_flt - major, 1);
	EXPECT_EQ(current->min_flt - minor, 0);
	EXPECT_EQ(vm_event_sum(pgmajfault) - events, 1);
	EXPECT_EQ(do_munmap(mm, TEST_BASE, 2 * PAGE_SIZE), 0);
	EXPECT_EQ(map_device_file(mm, &as, 2), (long)TEST_BASE);
	EXPECT_EQ(test_fault(mm, TEST_BASE, false), FAULT_OK);
	EXPECT_EQ(current->maj_flt - major, 1);
	EXPECT_EQ(current->min_flt - minor, 1);
	mmput(mm);
	address_space_destroy(&as);
}

/* ---- nopage=share ---- */

static const struct vm_ops share_test_ops = { .fault = share_page_fault };

static long map_shared_text(struct mm_struct *mm, struct address_space *as)
{
	struct mmap_request rq = {
		.addr = TEST_BASE, .len = 2 * PAGE_SIZE, .prot = RW, .flags = MAP_PRIVATE | MAP_FIXED,
		.mapping = as, .vm_ops = &share_test_ops,
	};

	return do_mmap(mm, &rq);
}

KTEST(fault_with_share_page_takes_the_clean_page_of_another_process)
{
	unsigned long shared = vm_event_sum(nopage_shared), read = vm_event_sum(nopage_read);
	struct mm_struct *a = mm_alloc(), *b = mm_alloc();
	struct address_space as;

	REQUIRE(a && b);
	address_space_init(&as, NULL, &device_aops);
	as.size = 2 * PAGE_SIZE;
	EXPECT_EQ(map_shared_text(a, &as), (long)TEST_BASE);
	EXPECT_EQ(map_shared_text(b, &as), (long)TEST_BASE);
	EXPECT_EQ(test_fault(a, TEST_BASE, false), FAULT_OK);
	EXPECT_EQ(vm_event_sum(nopage_read) - read, 1);
	EXPECT_EQ(test_fault(b, TEST_BASE, false), FAULT_OK);
	EXPECT_EQ(vm_event_sum(nopage_shared) - shared, 1);
	EXPECT_EQ(pte_pfn(test_pte(a, TEST_BASE)), pte_pfn(test_pte(b, TEST_BASE)));
	EXPECT_EQ(page_mapcount(pfn_to_page(pte_pfn(test_pte(a, TEST_BASE)))), 2);
	EXPECT(pte_none(test_pte(a, TEST_BASE + PAGE_SIZE)));	/* no neighbours */
	/* what somebody wrote to is not shared: both get copies of their own */
	EXPECT_EQ(test_fault(a, TEST_BASE + PAGE_SIZE, true), FAULT_OK);
	EXPECT_EQ(test_fault(b, TEST_BASE + PAGE_SIZE, false), FAULT_OK);
	EXPECT_EQ(vm_event_sum(nopage_shared) - shared, 1);
	EXPECT(pte_pfn(test_pte(a, TEST_BASE + PAGE_SIZE)) != pte_pfn(test_pte(b, TEST_BASE + PAGE_SIZE)));
	mmput(a);
	EXPECT_EQ(mm_rss(b), 2);
	mmput(b);
	address_space_destroy(&as);
}

/* ---- who maps it, and how many ---- */

KTEST(fault_mapcount_is_one_less_than_the_ptes_and_mapping_tells_anonymous_by_its_low_bit)
{
	struct mm_struct *mm = mm_alloc(), *child[3];
	struct page *page, *unmapped = alloc_page(GFP_KERNEL);

	REQUIRE(mm && unmapped);
	EXPECT_EQ(atomic_read(&unmapped->_mapcount), -1);
	put_page(unmapped);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	test_map(mm, TEST_BASE + 0x10000, 1, RW, MAP_SHARED | MAP_ANONYMOUS);
	EXPECT_EQ(test_fault(mm, TEST_BASE, true), FAULT_OK);
	page = pfn_to_page(pte_pfn(test_pte(mm, TEST_BASE)));
	EXPECT_EQ(atomic_read(&page->_mapcount), 0);
	EXPECT((unsigned long)page->mapping & 1);
	EXPECT(PageAnon(page));
	for (unsigned int i = 0; i < ARRAY_SIZE(child); i++) {
		child[i] = dup_mm(mm);
		REQUIRE(child[i]);
		EXPECT_EQ(atomic_read(&page->_mapcount), (int)i + 1);
		EXPECT_EQ(page_mapcount(page), (int)i + 2);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(child); i++)
		mmput(child[i]);
	EXPECT_EQ(atomic_read(&page->_mapcount), 0);
	EXPECT_EQ(test_fault(mm, TEST_BASE + 0x10000, true), FAULT_OK);
	page = pfn_to_page(pte_pfn(test_pte(mm, TEST_BASE + 0x10000)));
	EXPECT(!((unsigned long)page->mapping & 1) && !PageAnon(page));
	EXPECT_EQ(page->mapping, find_vma(mm, TEST_BASE + 0x10000)->mapping);
	mmput(mm);
}

/* ---- page_mkwrite ---- */

static enum fault_result refuse_write(struct vm_area_struct *vma, struct fault *f)
{
	return FAULT_SIGBUS;
}

static const struct vm_ops refusing_ops = { .page_mkwrite = refuse_write };

KTEST(fault_page_mkwrite_that_refuses_is_sigbus_and_the_page_stays_read_only)
{
	struct mm_struct *mm = mm_alloc();
	struct address_space as;
	struct mmap_request rq = {
		.addr = TEST_BASE, .len = PAGE_SIZE, .prot = RW, .flags = MAP_SHARED | MAP_FIXED,
		.mapping = &as, .vm_ops = &refusing_ops,
	};

	REQUIRE(mm);
	address_space_init(&as, NULL, &device_aops);
	as.size = PAGE_SIZE;
	EXPECT_EQ(do_mmap(mm, &rq), (long)TEST_BASE);
	EXPECT_EQ(test_fault(mm, TEST_BASE, true), FAULT_SIGBUS);	/* no pte yet */
	EXPECT_EQ(test_fault(mm, TEST_BASE, false), FAULT_OK);
	EXPECT_EQ(test_fault(mm, TEST_BASE, true), FAULT_SIGBUS);	/* a read-only one */
	EXPECT(pte_present(test_pte(mm, TEST_BASE)) && !pte_write(test_pte(mm, TEST_BASE)));
	EXPECT(!PageDirty(pfn_to_page(pte_pfn(test_pte(mm, TEST_BASE)))));
	EXPECT_EQ(page_count(pfn_to_page(pte_pfn(test_pte(mm, TEST_BASE)))), 2);
	mmput(mm);
	address_space_destroy(&as);
}
