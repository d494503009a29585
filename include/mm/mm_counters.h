/* SPDX-License-Identifier: MIT */
/* mm_counters.h - an address space in numbers (mm/mm_counters.c) */
#ifndef MM_MM_COUNTERS_H
#define MM_MM_COUNTERS_H

#include <mm/mm.h>

/* X(name): a member, and a line of /proc/PID/mm_counters. Pages, but for map_count, nr_ptes, *_bytes, *flags. */
#define MM_COUNTERS(X)										\
	X(map_count) X(total_vm) X(hiwater_vm) X(data_vm) X(exec_vm) X(stack_vm) X(shared_vm)	\
	X(reserved_vm) X(locked_vm) X(pinned_vm) X(rss) X(hiwater_rss) X(nr_ptes) X(pgtables_bytes)

struct mm_counters {
#define MM_COUNTER(name) unsigned long name;
	MM_COUNTERS(MM_COUNTER)
#undef MM_COUNTER
	unsigned long def_flags, flags;		/* VM_*, MMF_* */
};

/* mm_counters - all of @mm's at one moment; locks: takes mmap_lock for reading; sleeps: yes */
void mm_counters(struct mm_struct *mm, struct mm_counters *c);
/* mm_text_pages - VmExe: the program's own text, of what exec_vm counts; the rest is VmLib */
unsigned long mm_text_pages(const struct mm_struct *mm);

#endif
