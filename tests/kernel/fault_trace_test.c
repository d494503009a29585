/* SPDX-License-Identifier: MIT */
/* fault_trace_test.c - the cases of a fault that no program provokes at will (mm/fault_trace.c) */
#include <kernel/sched.h>
#include <mm/fault_trace.h>
#include <mm/swapops.h>
#include "mm_test.h"

/* The last record of @mm's trace. */
static bool last_record(const struct mm_struct *mm, struct fault_record *last)
{
	struct fault_record rec;
	bool found = false;
	u64 seq = 0;

	while (fault_trace_next(&seq, &rec)) {
		if (rec.trace == mm->fault_trace) {
			*last = rec;
			found = true;
		}
	}
	return found;
}

KTEST(fault_trace_a_repeated_fault_is_spurious)
{
	struct mm_struct *mm = mm_alloc();
	struct fault_record rec;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	fault_trace_start(mm);
	EXPECT_EQ(test_fault(mm, TEST_BASE + 5, true), FAULT_OK);
	REQUIRE(last_record(mm, &rec));
	EXPECT_EQ(rec.what, FAULT_CASE_anon_write);
	EXPECT_EQ(test_fault(mm, TEST_BASE + 6, true), FAULT_OK);
	REQUIRE(last_record(mm, &rec));
	EXPECT_EQ(rec.what, FAULT_CASE_spurious);
	EXPECT_EQ(rec.address, TEST_BASE + 6);
	EXPECT(pte_same(rec.before, rec.after) && pte_write(rec.after));
	EXPECT_EQ(rec.vm_start, TEST_BASE);
	EXPECT_EQ(rec.tid, current->tid);
	mmput(mm);
}

/* What the tracer makes of a write to the first page of @vma that found @pte. */
static enum fault_case case_of(struct vm_area_struct *vma, pte_t pte, enum fault_result r, bool table)
{
	struct fault f = {
		.mm = vma->vm_mm, .vma = vma, .address = vma->vm_start, .write = true, .user = true,
		.orig_pte = pte, .pte = table ? &pte : NULL,
	};
	struct fault_record rec;

	down_read(&f.mm->mmap_lock);
	fault_trace_add(&f, f.address, r, 0);
	up_read(&f.mm->mmap_lock);
	return last_record(f.mm, &rec) ? rec.what : NR_FAULT_CASES;
}

KTEST(fault_trace_waiting_sharing_and_lack_of_memory_have_names)
{
	pte_t migrating = swp_to_pte(swp_entry(SWP_MIGRATION_WRITE, 5)), readable;
	struct mm_struct *mm = mm_alloc();
	struct vm_area_struct *vma;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, MAP_SHARED | MAP_ANONYMOUS);
	fault_trace_start(mm);
	vma = find_vma(mm, TEST_BASE);
	REQUIRE(vma);
	readable = pfn_pte(5, user_pgprot(true, false, false));
	EXPECT_EQ(case_of(vma, migrating, FAULT_WAIT, true), FAULT_CASE_wait);
	EXPECT_EQ(case_of(vma, migrating, FAULT_SIGBUS, true), FAULT_CASE_bad_entry);
	EXPECT_EQ(case_of(vma, readable, FAULT_OK, true), FAULT_CASE_wp_shared);
	EXPECT_EQ(case_of(vma, __pte(0), FAULT_OOM, false), FAULT_CASE_no_table);
	mmput(mm);
}

KTEST(fault_trace_ring_keeps_the_last_records_in_order)
{
	struct mm_struct *mm = mm_alloc();
	struct fault_record rec;
	unsigned int n = 0;
	u64 seq = 0, first;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	fault_trace_start(mm);
	for (int i = 0; i < FAULT_TRACE_SIZE + 9; i++)
		EXPECT_EQ(test_fault(mm, TEST_BASE, true), FAULT_OK);
	EXPECT(fault_trace_next(&seq, &rec));
	first = rec.seq;
	for (n = 1; fault_trace_next(&seq, &rec); n++)
		EXPECT_EQ(rec.seq, first + n);
	EXPECT_EQ(n, FAULT_TRACE_SIZE);
	fault_trace_stop(mm);
	EXPECT_EQ(test_fault(mm, TEST_BASE, true), FAULT_OK);
	EXPECT(!fault_trace_next(&seq, &rec));
	mmput(mm);
}
