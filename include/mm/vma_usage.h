/* SPDX-License-Identifier: MIT */
/* vma_usage.h - what a mapping costs, for /proc/PID/smaps and its kin (mm/vma_usage.c) */
#ifndef MM_VMA_USAGE_H
#define MM_VMA_USAGE_H

#include <mm/mm.h>

struct vma_usage {
	unsigned long rss, pss_shifted, shared_clean, shared_dirty, private_clean, private_dirty;
	unsigned long pss_dirty, pss_anon, pss_file, pss_shmem;	/* parts of pss_shifted, shifted too */
	unsigned long on_node[MAX_NUMNODES];			/* pages */
	unsigned long most_mapped;				/* mapcount of the page with the largest one */
	unsigned long referenced, anonymous, lazyfree, swap;
};
/* vma_usage - walk the page tables of @vma; bytes; pss_shifted is bytes << 12. mmap_lock held. */
void vma_usage(struct vm_area_struct *vma, struct vma_usage *u);

#endif
