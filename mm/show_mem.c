/* SPDX-License-Identifier: MIT */
/*
 * mm/show_mem.c - what /proc asks of the page allocator that nobody else does
 *
 * THE QUESTION   A struct page in the middle of a free block says nothing: only the block's first page does.
 *                Is this frame free, and what is it otherwise, in the words of Linux's page-types?
 *
 * THE PICTURE    frame   8  9 10 11 12 13 14 15
 *                       [PG_buddy, order 3     ]   13: look at 13, 12, 12, 8: the first pages of the
 *                        ^                             blocks of order 0, 1, 2, 3 that could contain it
 *
 * Everything here is read without a lock: a page may have moved on before the answer is printed.
 * READ NEXT      fs/proc_page.c, fs/proc_zone.c.
 */
#include <mm/show_mem.h>
#include "mm_phys.h"

bool is_free_buddy_page(const struct page *p)
{
	pfn_t pfn = page_to_pfn(p);

	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		const struct page *head = p - (pfn & ((1UL << order) - 1));

		if (PageBuddy(head) && READ_ONCE(head->private) >= order)
			return true;
	}
	return false;
}

/* Which of our flags is which of Linux's, where one says it all. */
static const struct { u8 flag, kpf; } kpf_of_flag[] = {
	{ PG_locked, KPF_LOCKED },	   { PG_referenced, KPF_REFERENCED }, { PG_uptodate, KPF_UPTODATE },
	{ PG_dirty, KPF_DIRTY },	   { PG_lru, KPF_LRU },		      { PG_active, KPF_ACTIVE },
	{ PG_slab, KPF_SLAB },		   { PG_writeback, KPF_WRITEBACK },
	{ PG_swapbacked, KPF_SWAPBACKED }, { PG_table, KPF_PGTABLE },	      { PG_reserved, KPF_RESERVED },
};

u64 stable_page_flags(const struct page *p)
{
	u64 k = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(kpf_of_flag); i++)
		if (p->flags >> kpf_of_flag[i].flag & 1)
			k |= 1ULL << kpf_of_flag[i].kpf;
	if (page_count(p) == 0 && is_free_buddy_page(p))
		k |= 1ULL << KPF_BUDDY;
	if (!(k & (1ULL << KPF_SLAB | 1ULL << KPF_PGTABLE)) && page_mapcount(p) > 0)
		k |= 1ULL << KPF_MMAP;
	if (page_count(p) > 0 && PageAnon(p))
		k |= 1ULL << KPF_ANON;
	if (p == zero_page)
		k |= 1ULL << KPF_ZERO_PAGE;
	return k;
}

void zone_pcp_stat(const struct zone *z, unsigned int cpu, struct pcp_stat *s)
{
	const struct pcplists *lists = &per_cpu(pcplists, cpu);

	s->count = READ_ONCE(lists->list[z->id].count) + READ_ONCE(lists->cold[z->id].count);
	s->high = READ_ONCE(lists->list[z->id].high);
	s->batch = pcp_batch;
}

unsigned int zone_blocks(const struct zone *z)
{
	pfn_t block = 1UL << PAGEBLOCK_ORDER;
	unsigned int n = 0;

	for (pfn_t pfn = ALIGN_DOWN(z->start_pfn, block); pfn < z->end_pfn; pfn += block)
		if (pfn_valid(pfn) && !(PageReserved(pfn_to_page(pfn)) && PageReserved(pfn_to_page(pfn + block - 1))))
			n++;
	return n;
}
