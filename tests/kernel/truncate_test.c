/* SPDX-License-Identifier: MIT */
/* truncate_test.c - a file is cut while others fault its pages in: what may be mapped afterwards (mm/truncate.c) */
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <mm/fault_inject.h>
#include "mm_test.h"

#define PAGES	32UL
#define AT(n)	(TEST_BASE + (n) * PAGE_SIZE)
#define LONG	(10 * NSEC_PER_SEC)	/* never reached unless the test fails */

static struct mm_struct *mm;
static struct shmem_object *object;
static struct address_space *as;
static bool done;
static int result;

/* @mm maps all of the object privately; its page @index is there, and locked, one reference ours; NULL: no memory */
static struct page *map_with_locked_page(pgoff_t index)
{
	struct mmap_request rq = {
		.addr = TEST_BASE, .len = PAGES * PAGE_SIZE, .prot = RW, .flags = MAP_PRIVATE | MAP_FIXED,
		.vm_ops = &shmem_vm_ops,
	};
	struct page *page = NULL;
	int err;

	done = false;
	mm = mm_alloc();
	object = shmem_create_anon(PAGES * PAGE_SIZE, false);
	if (!mm || !object)
		return NULL;
	as = rq.mapping = shmem_mapping(object);
	rq.vm_private = object;
	for (pgoff_t i = 0; i < PAGES; i++) {
		struct page *p = page_cache_get(as, i, &err);

		if (p && i == index)
			page = p;
		else if (p)
			put_page(p);
	}
	if (!page || do_mmap(mm, &rq) != (long)TEST_BASE)
		return NULL;
	lock_page(page);
	return page;
}

static void unmap_all(void)
{
	mmput(mm);
	shmem_put(object);
}

static bool start(void (*fn)(void *), void *arg)
{
	struct thread *t = kthread_create(fn, arg, "ktest");

	if (t)
		thread_wake(t);
	return t != NULL;
}

/* The thread sleeps on @page's lock (NULL: it has ended). */
static bool reached(const struct page *page)
{
	u64 deadline = arch_clock_ns() + LONG;

	while (!(page && PageWaiters(page)) && !READ_ONCE(done) && arch_clock_ns() < deadline)
		sleep_until(arch_clock_ns() + NSEC_PER_MSEC);
	return page ? PageWaiters(page) && !READ_ONCE(done) : READ_ONCE(done);
}

static void poke(void *addr)
{
	result = test_poke(mm, (unsigned long)addr, 7);
	WRITE_ONCE(done, true);
}

static void cut_to_nothing(void *unused)
{
	WRITE_ONCE(as->size, 0);
	truncate_pages(as, 0);
	WRITE_ONCE(done, true);
}

KTEST(truncate_private_first_write_copies_under_the_page_lock)
{
	struct page *page = map_with_locked_page(3);

	REQUIRE(page);
	REQUIRE(start(poke, (void *)AT(3)));
	EXPECT(reached(page));
	EXPECT(pte_none(test_pte(mm, AT(3))));
	as->size = 0;				/* the file is cut: it must find nothing to copy */
	remove_from_page_cache(page);
	unlock_page(page);
	put_page(page);
	EXPECT(reached(NULL));
	EXPECT_EQ(result, -1);
	EXPECT(pte_none(test_pte(mm, AT(3))));
	unmap_all();
}

static void poke_without_memory(void *addr)
{
	current->fail_nth = 1;
	poke(addr);
	current->fail_nth = 0;
}

KTEST(truncate_private_first_write_has_its_page_before_it_wants_the_page_lock)
{
	struct page *page = map_with_locked_page(3);

	REQUIRE(page);
	EXPECT_EQ(test_poke(mm, AT(4), 7), 0);	/* all but the page itself is there */
	done = false;
	fault_arm();
	REQUIRE(start(poke_without_memory, (void *)AT(3)));
	EXPECT(reached(NULL));			/* it has not waited for ours */
	EXPECT_EQ(result, -1);
	fault_disarm();
	unlock_page(page);
	put_page(page);
	EXPECT_EQ(test_poke(mm, AT(3), 7), 0);
	unmap_all();
}

KTEST(truncate_unmaps_private_copies_made_by_faults_it_met)
{
	struct page *page = map_with_locked_page(0);

	REQUIRE(page);
	REQUIRE(start(cut_to_nothing, NULL));
	EXPECT(reached(page));			/* behind its first look at the page tables */
	as->size = PAGES * PAGE_SIZE;		/* what a fault has read that began before */
	EXPECT_EQ(test_fault(mm, AT(20), false), FAULT_OK);
	EXPECT_EQ(test_poke(mm, AT(20), 5), 0);
	EXPECT_EQ(test_poke(mm, AT(31), 5), 0);
	as->size = 0;
	unlock_page(page);
	put_page(page);
	EXPECT(reached(NULL));
	EXPECT(pte_none(test_pte(mm, AT(20))) && pte_none(test_pte(mm, AT(31))));
	EXPECT_EQ(test_fault(mm, AT(20), false), FAULT_SIGBUS);
	EXPECT_EQ(mm_rss(mm), 0);
	EXPECT_EQ(as->nrpages, 0);
	unmap_all();
}

KTEST(truncate_that_has_a_page_locked_meets_no_new_mapping_of_it)
{
	struct page *page = map_with_locked_page(5);

	REQUIRE(page);
	EXPECT_EQ(test_fault(mm, AT(4), false), FAULT_OK);
	EXPECT_EQ(mm_rss(mm), 15);
	EXPECT(pte_none(test_pte(mm, AT(5))));
	unlock_page(page);
	EXPECT_EQ(test_fault(mm, AT(5), false), FAULT_OK);
	EXPECT(pte_present(test_pte(mm, AT(5))));
	put_page(page);
	unmap_all();
}
