/* SPDX-License-Identifier: MIT */
/* show_mem.h - free blocks, per-CPU lists and frames as /proc shows them (mm/show_mem.c) */
#ifndef MM_SHOW_MEM_H
#define MM_SHOW_MEM_H

#include <mm/zone.h>

#define PAGEBLOCK_ORDER	9	/* 2 MiB: what /proc/pagetypeinfo counts in */

/* Bits of /proc/kpageflags: numbers of Linux's ABI (Documentation/admin-guide/mm/pagemap.rst). */
enum kpf {
	KPF_LOCKED = 0, KPF_REFERENCED = 2, KPF_UPTODATE = 3, KPF_DIRTY = 4, KPF_LRU = 5, KPF_ACTIVE = 6,
	KPF_SLAB = 7, KPF_WRITEBACK = 8, KPF_BUDDY = 10, KPF_MMAP = 11, KPF_ANON = 12, KPF_SWAPBACKED = 14,
	KPF_NOPAGE = 20, KPF_ZERO_PAGE = 24, KPF_PGTABLE = 26, KPF_RESERVED = 32,
};

struct pcp_stat { unsigned int count, high, batch; };

/* is_free_buddy_page - does @p lie in a free block? */
bool is_free_buddy_page(const struct page *p);
/* stable_page_flags - @p in bits of enum kpf */
u64 stable_page_flags(const struct page *p);
/* zone_pcp_stat - CPU @cpu's list of @z */
void zone_pcp_stat(const struct zone *z, unsigned int cpu, struct pcp_stat *s);
/* zone_blocks - blocks of PAGEBLOCK_ORDER that have memory for the allocator */
unsigned int zone_blocks(const struct zone *z);

#endif
