/* SPDX-License-Identifier: MIT */
/* pagemap.h - page tables as /proc shows and ages them (mm/pagemap.c) */
#ifndef MM_PAGEMAP_H
#define MM_PAGEMAP_H

#include <mm/mm.h>

/*
 * pagemap_read - @n entries of /proc/PID/pagemap for the pages from @start on
 *   locks: takes mmap_lock for reading      sleeps: yes
 */
void pagemap_read(struct mm_struct *mm, unsigned long start, unsigned int n, u64 *entries, bool show_pfn);

/* what is written to /proc/PID/clear_refs; 4 would be soft-dirty tracking */
enum clear_refs {
	CLEAR_REFS_ALL = 1, CLEAR_REFS_ANON = 2, CLEAR_REFS_MAPPED = 3, CLEAR_REFS_MM_HIWATER_RSS = 5,
};
/* mm_clear_refs - the pages of @mm count as not used since now, or its peak as reached now; 0 or -EINTR */
int mm_clear_refs(struct mm_struct *mm, enum clear_refs what);

/* access_remote_vm - access_process_vm() for who looks from outside and shall not hang with it: asks no userfaultfd */
long access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write);

#endif
