/* SPDX-License-Identifier: MIT */
/*
 * mm/mmap_cache.c - the VMA that was found last: is it worth remembering?
 *
 * THE QUESTION   find_vma() descends a tree for each fault and each call. Faults come in runs; how often is the
 *                answer the same as before, and what does it save?
 *
 * THE PICTURE    find_vma(mm, addr)
 *                  mm->mmap_cache covers addr?  yes: done, 8 instructions
 *                        | no, or NULL
 *                  descend the tree             log2(VMAs) steps
 *                        |
 *                  mmap_cache=on     mm->mmap_cache = the VMA found
 *                  mmap_cache=off    it stays NULL: each lookup descends
 *                  mmap_cache=count  it stays NULL, and mmap_counted plays its part, so that each lookup comes
 *                                    by here: vmacache_find_calls, vmacache_find_hits of /proc/vmstat
 *
 *                So what is chosen at boot costs a test after a descent, and nothing on a hit.
 *
 * ALWAYS TRUE    mmap_cache and mmap_counted are NULL or a VMA of the tree: vma_unlink_mm() sees to it. Without
 *                `on` the first, without `count` the second is NULL in every address space made after boot.
 *
 * MEASURED       `make compare WHAT=options`: on against off, per operation, on both ports. On saves 16 to 33
 *                instructions of a fault in a space of a few VMAs (2 to 8 %), 62 to 81 in one of 10,000, and
 *                nowhere costs any. In the benchmark's run 62 % of 118,000 lookups hit. So it is the default.
 *
 * HISTORY        Linux had one such pointer in the mm until 3.15, then four in each thread (vmacache, from which
 *                the names of the counters are), and none since 6.1: a maple tree is found fast enough.
 *
 * LOCKS          as find_vma(): mmap_lock or vma_lock. Readers may race to write the word; any winner is right.
 * READ NEXT      vma.c (find_vma), vma_lock.c (who asks most).
 */
#include <kernel/params.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/history.h>
#include "mm_internal.h"

enum mmap_cache_mode mmap_cache_mode = MMAP_CACHE_ON;

void mmap_cache_init(void)
{
	static const char *const names[] = { "on", "off", "count" };
	const char *want = boot_params.mmap_cache;

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(want, names[i])) {
			mmap_cache_mode = (enum mmap_cache_mode)i;
			return;
		}
	}
	if (want[0])
		printk("mmap_cache=%s: on, off and count are known: on is used\n", want);
}

void mmap_cache_count(struct mm_struct *mm, struct vm_area_struct *found)
{
	const struct vm_area_struct *last = READ_ONCE(mm->mmap_counted);

	count_vm_event(vmacache_find_calls);
	if (last && last == found)
		count_vm_event(vmacache_find_hits);
	if (found)
		WRITE_ONCE(mm->mmap_counted, found);
}
