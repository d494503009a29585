/* SPDX-License-Identifier: MIT */
/* tests/host/mm_space.h - short ways to make an address space and mappings in it */
#ifndef TESTS_MM_SPACE_H
#define TESTS_MM_SPACE_H

#include "mm_objects.h"
#include <kernel/percpu.h>
#include <mm/overcommit.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <uapi/errno.h>
#include <uapi/mman.h>

#define RW	(PROT_READ | PROT_WRITE)
#define AT	0x40000000UL		/* where tests map by habit */

static inline unsigned long map_anon(struct mm_struct *mm, unsigned long addr, size_t pages,
				     unsigned long prot, unsigned long flags)
{
	struct mmap_request rq = {
		.addr = addr, .len = pages * PAGE_SIZE, .prot = prot,
		.flags = flags | MAP_ANONYMOUS | (addr ? MAP_FIXED : 0),
	};
	long ret = do_mmap(mm, &rq);

	assert_true(ret > 0);
	return (unsigned long)ret;
}

static inline unsigned long map_file(struct mm_struct *mm, unsigned int file, pgoff_t pgoff,
				     size_t pages, unsigned long prot, unsigned long flags)
{
	struct mmap_request rq = {
		.len = pages * PAGE_SIZE, .prot = prot, .flags = flags, .pgoff = pgoff,
	};
	long ret;

	object_request(file, &rq);
	ret = do_mmap(mm, &rq);
	assert_true(ret > 0);
	return (unsigned long)ret;
}

/* pte_at - the entry for @addr, 0 if there is no table */
static inline pte_t pte_at(struct mm_struct *mm, unsigned long addr)
{
	pmd_t *pmd = pmd_lookup(mm->pgd, addr);

	return pmd ? ptep_get(pte_offset(pmd, addr)) : __pte(0);
}

static inline struct page *page_at(struct mm_struct *mm, unsigned long addr)
{
	pte_t pte = pte_at(mm, addr);

	return pte_present(pte) ? pfn_to_page(pte_pfn(pte)) : NULL;
}

/* expect_word - a program of @mm reads @value at @addr */
static inline void expect_word(struct mm_struct *mm, unsigned long addr, u64 value)
{
	u64 seen = ~value;

	assert_int_equal(soft_read(mm, addr, &seen), FAULT_OK);
	assert_int_equal(seen, value);
}

static inline void expect_write(struct mm_struct *mm, unsigned long addr, u64 value)
{
	assert_int_equal(soft_write(mm, addr, value), FAULT_OK);
	expect_word(mm, addr, value);
}

/* end_space - the program ends: no CPU runs it any more */
static inline void end_space(struct mm_struct *mm)
{
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++) {
		host_run_on(cpu);
		if (current->mm == mm)
			use_mm(NULL);
	}
	host_run_on(0);
	mmput(mm);
	soft_tlb_check();
}

/* Each test starts with fresh files and must end with as many free pages as it began, and with no promise open. */
static unsigned long pages_before;

static inline int space_setup(void **state)
{
	pages_before = host_free_pages();
	objects_create();
	return 0;
}

static inline int space_teardown(void **state)
{
	unsigned long now;

	objects_destroy();
	now = host_free_pages();
	buddy_check();
	if (vm_committed()) {
		printf("# %lu pages are still promised\n", vm_committed());
		return -1;
	}
	if (now == pages_before)
		return 0;
	printf("# %lu pages free before, %lu after\n", pages_before, now);
	return -1;
}

#define SPACE_TEST(fn) cmocka_unit_test_setup_teardown(fn, space_setup, space_teardown)

#endif
