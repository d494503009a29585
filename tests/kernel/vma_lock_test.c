/* SPDX-License-Identifier: MIT */
/* vma_lock_test.c - faults wait for changes of their own VMA only (mm/vma_lock.c) */
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <kernel/wait.h>
#include "../../mm/mm_internal.h"
#include "mm_test.h"

#define A(n)	(TEST_BASE + (n) * PAGE_SIZE)
#define B(n)	(TEST_BASE + (64 + (n)) * PAGE_SIZE)
#define PAGES	16UL
#define LONG	(10 * NSEC_PER_SEC)	/* never reached unless the test fails */
#define SHORT	(20 * NSEC_PER_MSEC)

static DEFINE_WAIT_QUEUE(done_wait);
static atomic_t done;
static struct mm_struct *mm;
static int result;

static void finish(void)
{
	atomic_inc(&done);
	wake_up_all(&done_wait);
}

static bool start(void (*fn)(void *), unsigned long arg)
{
	struct thread *t = kthread_create(fn, (void *)arg, "ktest");

	if (t)
		thread_wake(t);
	return t != NULL;
}

/* Have @n threads finished within @ns? */
static bool finished(int n, u64 ns)
{
	u64 deadline = arch_clock_ns() + ns;

	while (atomic_read(&done) < n && arch_clock_ns() < deadline)
		sleep_until(arch_clock_ns() + NSEC_PER_MSEC);
	return atomic_read(&done) == n;
}

static void fault_at(void *addr)
{
	result = (int)test_fault(mm, (unsigned long)addr, true);
	finish();
}

static void unmap_a(void *arg)
{
	result = do_munmap(mm, A(0), PAGES * PAGE_SIZE);
	finish();
}

/* Two VMAs, each with a first anonymous page: further ones need no neighbour. */
static bool two_vmas(void)
{
	atomic_set(&done, 0);
	result = -1;
	mm = mm_alloc();
	return mm && test_map(mm, A(0), PAGES, RW, ANON) > 0 && test_map(mm, B(0), PAGES, RW, ANON) > 0 &&
	       !test_poke(mm, A(0), 1) && !test_poke(mm, B(0), 1);
}

KTEST(vma_lock_fault_does_not_wait_for_a_writer_of_another_vma)
{
	REQUIRE(two_vmas());
	down_write(&mm->mmap_lock);
	vma_start_write(find_vma(mm, A(0)));
	EXPECT(start(fault_at, B(3)));
	EXPECT(finished(1, LONG));
	EXPECT_EQ(result, FAULT_OK);
	EXPECT(pte_present(test_pte(mm, B(3))));
	mmap_write_unlock(mm);
	EXPECT(finished(1, LONG));
	mmput(mm);
}

KTEST(vma_lock_fault_waits_while_its_own_vma_changes)
{
	REQUIRE(two_vmas());
	down_write(&mm->mmap_lock);
	vma_start_write(find_vma(mm, A(0)));
	EXPECT(start(fault_at, A(3)));
	EXPECT(!finished(1, SHORT));
	EXPECT(pte_none(test_pte(mm, A(3))));
	mmap_write_unlock(mm);
	EXPECT(finished(1, LONG));
	EXPECT_EQ(result, FAULT_OK);
	mmput(mm);
}

KTEST(vma_lock_munmap_waits_for_faults_inside)
{
	struct vm_area_struct *vma;

	REQUIRE(two_vmas());
	vma = vma_pin(mm, A(1));
	REQUIRE(vma);
	EXPECT(!vma_pin(mm, A(PAGES)));		/* nothing there */
	EXPECT(start(unmap_a, 0));
	EXPECT(!finished(1, SHORT));
	EXPECT_EQ(vma->vm_end, A(PAGES));
	EXPECT(!vma_pin(mm, A(1)));		/* no new fault gets in */
	vma_unpin(vma);
	EXPECT(finished(1, LONG));
	EXPECT_EQ(result, 0);
	EXPECT_EQ(count_vmas(mm), 1);
	mmput(mm);
}

KTEST(vma_lock_fault_needs_no_reader_to_leave_first)
{
	REQUIRE(two_vmas());
	down_read(&mm->mmap_lock);
	EXPECT(start(unmap_a, 0));		/* queues behind us, and holds new readers back */
	EXPECT(!finished(1, SHORT));
	EXPECT(start(fault_at, B(5)));
	EXPECT(finished(1, LONG));
	EXPECT(pte_present(test_pte(mm, B(5))));
	up_read(&mm->mmap_lock);
	EXPECT(finished(2, LONG));
	mmput(mm);
}

#define NTHREADS	4
#define ROUNDS		300UL

/* Each thread owns a stretch of 16 pages that it maps, splits and unmaps, and faults in everybody's. */
static void churn(void *arg)
{
	unsigned long me = (unsigned long)arg, seed = me * 77 + 1;

	for (unsigned long i = 0; i < ROUNDS; i++) {
		unsigned long addr = A(16 * me);
		enum fault_result r;

		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		switch (seed >> 60 & 3) {
		case 0:
			test_map(mm, addr, 16, RW, ANON);
			break;
		case 1:
			do_munmap(mm, addr + 4 * PAGE_SIZE, 8 * PAGE_SIZE);
			break;
		case 2:
			do_mprotect(mm, addr + (seed >> 40 & 7) * PAGE_SIZE, 4 * PAGE_SIZE, PROT_READ);
			break;
		}
		r = test_fault(mm, A(seed >> 33 & 63), true);
		if (r != FAULT_OK && r != FAULT_SEGV_MAPERR && r != FAULT_SEGV_ACCERR)
			result = (int)r;
	}
	finish();
}

KTEST(vma_lock_survives_faults_in_vmas_that_come_and_go)
{
	atomic_set(&done, 0);
	result = 0;
	mm = mm_alloc();
	REQUIRE(mm);
	for (unsigned long i = 0; i < NTHREADS; i++)
		EXPECT(start(churn, i));
	EXPECT(finished(NTHREADS, 6 * LONG));
	EXPECT_EQ(result, 0);
	down_write(&mm->mmap_lock);
	mm_check(mm);
	mmap_write_unlock(mm);
	mmput(mm);
}
