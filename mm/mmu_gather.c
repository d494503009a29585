/* SPDX-License-Identifier: MIT */
/*
 * mm/mmu_gather.c - unhook, flush, then free: always in this order
 *
 * THE QUESTION   A pte was cleared. When may its page be used for something else?
 *
 * THE PICTURE    1. unhook  pte_clear()          new walks find nothing
 *                2. flush   TLBs of cpu_mask     old walks are forgotten
 *                3. free    put_page()           now the page may become someone else's
 *
 * Why no other order works: if 3 came before 2, then CPU B, which still has the translation in
 * its TLB, could write into the page after CPU A got it from the allocator. A flush per page
 * would be right too, but costs an IPI each; so pages are collected and flushed together.
 * The same holds for page-table pages, whose upper entries the hardware caches as well: a flush
 * by address may spare those (RISC-V privileged spec 4.2.1: rs1 != x0 orders leaf entries only),
 * so freed tables mean a flush of the whole address space.
 *
 * ALWAYS TRUE    G1  a page in pages[] is mapped by no pte of this mm and holds one reference; a table in tables[] is
 *                    reached from no entry. So from the moment they are handed over: a full array flushes at once.
 *                G2  references are dropped only in tlb_flush_mmu(), behind the flush.
 *                G3  fullmm: no CPU has the tables loaded (leave_mm()), so step 2 is empty.
 *
 * LOCKS          mmap_lock or i_mmap_rwsem by the caller. tlb_remove_page() may flush with the
 *                caller's own ptl held: a CPU that spins on it has interrupts on and answers.
 *
 * READ NEXT      tlb_shootdown.c (how step 2 reaches other CPUs), zap.c (step 1).
 */
#include <mm/lazyfree.h>
#include "mm_internal.h"

void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm, bool fullmm)
{
	tlb->mm = mm;
	tlb->start = ~0UL;
	tlb->end = 0;
	tlb->fullmm = fullmm;
	tlb->freed_tables = false;
	tlb->dirty = false;
	tlb->nr = 0;
	tlb->nr_tables = 0;
	ASSERT(!fullmm || !cpumask_bits(&mm->cpu_mask));
}

void tlb_remove_entry(struct mmu_gather *tlb, unsigned long addr)
{
	tlb->dirty = true;
	if (addr < tlb->start)
		tlb->start = addr;
	if (addr + PAGE_SIZE > tlb->end)
		tlb->end = addr + PAGE_SIZE;
}

void tlb_remove_page(struct mmu_gather *tlb, struct page *page, unsigned long addr)
{
	ASSERT(page_count(page) > 0);
	tlb_remove_entry(tlb, addr);
	tlb->pages[tlb->nr++] = page;
	if (tlb->nr == MMU_GATHER_BATCH)
		tlb_flush_mmu(tlb);
}

void tlb_remove_table(struct mmu_gather *tlb, struct page *table)
{
	tlb->dirty = true;
	tlb->freed_tables = true;
	tlb->tables[tlb->nr_tables++] = table;
	if (tlb->nr_tables == MMU_GATHER_TABLES)
		tlb_flush_mmu(tlb);
}

/* free_gathered() while there are pages of MADV_FREE: those are on a list by the same member (lazyfree.c, Z2). */
static noinline void free_gathered_lazy(struct page **pages, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		put_page(pages[i]);
}

/* Pages whose last reference this was go back together; the page cache keeps the others alive. */
static void free_gathered(struct page **pages, unsigned int n)
{
	LIST_HEAD(list);
	unsigned int i;

	if (unlikely(lazyfree_pages())) {
		free_gathered_lazy(pages, n);
		return;
	}
	for (i = 0; i < n; i++) {
		struct page *page = pages[i];
		int old = __atomic_fetch_sub(&page->_refcount.counter, 1, __ATOMIC_ACQ_REL);

		ASSERT_MSG(old > 0, "gathered page was free: pfn=%lx", page_to_pfn(page));
		if (old == 1)
			list_add(&page->lru, &list);
	}
	free_page_list(&list);
}

void tlb_flush_mmu(struct mmu_gather *tlb)
{
	if (tlb->dirty && !tlb->fullmm) {
		if (tlb->freed_tables)
			flush_tlb_mm(tlb->mm);
		else
			flush_tlb_range(tlb->mm, tlb->start, tlb->end);
	}
	free_gathered(tlb->pages, tlb->nr);
	free_gathered(tlb->tables, tlb->nr_tables);
	tlb->nr = 0;
	tlb->nr_tables = 0;
	tlb->dirty = false;
	tlb->freed_tables = false;
	tlb->start = ~0UL;
	tlb->end = 0;
}

void tlb_finish_mmu(struct mmu_gather *tlb)
{
	tlb_flush_mmu(tlb);
}
