/* SPDX-License-Identifier: MIT */
/* mm_test.h - a private address space to try things in, and counts that must come back */
#ifndef TESTS_MM_TEST_H
#define TESTS_MM_TEST_H

#include <kernel/ktest.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/page_alloc.h>
#include <mm/page_cache.h>
#include <mm/pgtable.h>
#include <mm/vmstat.h>
#include <uapi/errno.h>
#include <uapi/mman.h>

#define TEST_BASE	0x10000000UL	/* far from both ends, aligned to a pte table */
#define ANON		(MAP_PRIVATE | MAP_ANONYMOUS)
#define RW		(PROT_READ | PROT_WRITE)

/* test_map - anonymous memory at @addr (MAP_FIXED), or anywhere for 0 */
static inline long test_map(struct mm_struct *mm, unsigned long addr, unsigned long pages,
			    unsigned long prot, unsigned long flags)
{
	struct mmap_request rq = {
		.addr = addr, .len = pages * PAGE_SIZE, .prot = prot,
		.flags = flags | (addr ? MAP_FIXED : 0),
	};

	return do_mmap(mm, &rq);
}

static inline int test_poke(struct mm_struct *mm, unsigned long addr, u8 value)
{
	return access_process_vm(mm, addr, &value, 1, true) == 1 ? 0 : -1;
}

/* test_peek - the byte at @addr, or -1 */
static inline int test_peek(struct mm_struct *mm, unsigned long addr)
{
	u8 value;

	return access_process_vm(mm, addr, &value, 1, false) == 1 ? value : -1;
}

static inline pte_t test_pte(struct mm_struct *mm, unsigned long addr)
{
	spinlock_t *ptl;
	pte_t *ptep = pte_lookup_lock(mm, addr, &ptl), pte = __pte(0);

	if (ptep) {
		pte = ptep_get(ptep);
		pte_unlock(ptl);
	}
	return pte;
}

static inline enum fault_result test_fault(struct mm_struct *mm, unsigned long addr, bool write)
{
	return handle_mm_fault(mm, addr, write, false, true);
}

/* pages_in_use - exact: everything that per-CPU lists hold counts as free */
static inline unsigned long pages_in_use(void)
{
	page_alloc_drain();
	return totalram_pages() - nr_free_pages();
}

static inline int count_vmas(struct mm_struct *mm)
{
	mm_check(mm);
	return mm->map_count;
}

#endif
