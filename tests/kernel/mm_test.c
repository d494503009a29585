/* SPDX-License-Identifier: MIT */
/* mm_test.c - an address space lives, is loaded lazily, and leaves nothing behind (mm/mm.c) */
#include <kernel/sched.h>
#include <mm/vma_usage.h>
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
	EXPECT_EQ(do_mlock(mm, TEST_BASE + PAGE_SIZE, 2 * PAGE_SIZE, VM_LOCKED, 1UL << 20), 0);
	EXPECT_EQ(mm->locked_vm, 2);
	EXPECT_EQ(mm_rss(mm), 2);
	EXPECT_EQ(count_vmas(mm), 3);
	EXPECT_EQ(do_madvise(mm, TEST_BASE, 4 * PAGE_SIZE, MADV_DONTNEED), -EINVAL);
	EXPECT_EQ(do_mlock(mm, TEST_BASE, 4 * PAGE_SIZE, 0, 0), 0);
	EXPECT_EQ(mm->locked_vm, 0);
	EXPECT_EQ(count_vmas(mm), 1);
	EXPECT_EQ(do_mlock(mm, TEST_BASE, 4 * PAGE_SIZE, VM_LOCKED, PAGE_SIZE), -ENOMEM);
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

/* ---- several threads in one address space ---- */

enum { STRESS_THREADS = 4, STRESS_PAGES = 64, STRESS_ROUNDS = 100 };

static struct mm_struct *stress_mm;
static struct shmem_object *stress_object;
static atomic_t stress_left;

static void stress_truncate(void)
{
	struct address_space *as = shmem_mapping(stress_object);

	as->size = 8 * PAGE_SIZE;
	truncate_pages(as, as->size);
	as->size = STRESS_PAGES * PAGE_SIZE;
}

static void stress_change(unsigned long addr, unsigned int choice)
{
	struct mm_struct *child;

	switch (choice % 6) {
	case 0:
		do_madvise(stress_mm, addr, 3 * PAGE_SIZE, MADV_DONTNEED);
		break;
	case 1:
		do_mprotect(stress_mm, addr, 2 * PAGE_SIZE, PROT_READ);
		break;
	case 2:
		do_mprotect(stress_mm, addr, 5 * PAGE_SIZE, RW);
		break;
	case 3:
		test_map(stress_mm, addr, 4, RW, ANON);
		break;
	case 4:
		child = dup_mm(stress_mm);
		if (child) {
			test_poke(child, addr, 1);
			mmput(child);
		}
		break;
	default:
		stress_truncate();
	}
}

static void stress_thread(void *arg)
{
	unsigned long x = (unsigned long)arg;
	u8 byte = (u8)x;

	use_mm(stress_mm);
	for (unsigned int i = 0; i < STRESS_ROUNDS; i++) {
		unsigned long addr;

		x = x * 6364136223846793005UL + 1442695040888963407UL;
		addr = TEST_BASE + ((x >> 33) % (2 * STRESS_PAGES - 5)) * PAGE_SIZE;
		test_fault(stress_mm, addr, (x >> 50) & 1);
		(void)arch_copy_to_user((void *)addr, &byte, 1);
		if ((x >> 60) < 4)
			stress_change(addr, (unsigned int)(x >> 40) & 0xff);
		if ((x >> 60) == 5)
			sched_yield_current();
	}
	use_mm(NULL);
	atomic_dec(&stress_left);
}

static void stress_map(void)
{
	struct mmap_request rq = {
		.addr = TEST_BASE + STRESS_PAGES * PAGE_SIZE, .len = STRESS_PAGES * PAGE_SIZE,
		.prot = RW, .flags = MAP_SHARED | MAP_FIXED, .vm_ops = &shmem_vm_ops,
		.mapping = shmem_mapping(stress_object), .vm_private = stress_object,
	};

	test_map(stress_mm, TEST_BASE, STRESS_PAGES, RW, ANON);
	do_mmap(stress_mm, &rq);
}

KTEST(mm_threads_fault_unmap_truncate_and_fork_without_losing_a_page)
{
	long anon = vm_state_sum(nr_anon_pages), shmem = vm_state_sum(nr_shmem);
	long mapped = vm_state_sum(nr_mapped);

	stress_mm = mm_alloc();
	stress_object = shmem_create_anon(STRESS_PAGES * PAGE_SIZE, false);
	REQUIRE(stress_mm && stress_object);
	stress_map();
	atomic_set(&stress_left, STRESS_THREADS);
	for (unsigned long i = 0; i < STRESS_THREADS; i++) {
		struct thread *t = kthread_create(stress_thread, (void *)(ktest_random() + i),
						  "stress");

		REQUIRE(t);
		thread_wake(t);
	}
	while (atomic_read(&stress_left))
		sched_yield_current();
	down_read(&stress_mm->mmap_lock);
	mm_check(stress_mm);
	up_read(&stress_mm->mmap_lock);
	address_space_check(shmem_mapping(stress_object));
	mmput(stress_mm);
	shmem_put(stress_object);
	EXPECT_EQ(vm_state_sum(nr_anon_pages), anon);
	EXPECT_EQ(vm_state_sum(nr_shmem), shmem);
	EXPECT_EQ(vm_state_sum(nr_mapped), mapped);
}

KTEST(access_process_vm_reads_only_what_the_program_may_read)
{
	struct mm_struct *mm = mm_alloc();
	u8 byte = 0;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 2, PROT_WRITE, ANON);
	EXPECT_EQ(test_poke(mm, TEST_BASE, 7), 0);
	for (unsigned int i = 0; i < 2; i++) {		/* a page, and none */
		EXPECT_EQ(access_process_vm(mm, TEST_BASE + i * PAGE_SIZE, &byte, 1, false), -EFAULT);
		EXPECT_EQ(access_process_vm_forced(mm, TEST_BASE + i * PAGE_SIZE, &byte, 1, false), 1);
		EXPECT_EQ(byte, i ? 0 : 7);
	}
	mmput(mm);
}
