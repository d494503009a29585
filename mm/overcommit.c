/* SPDX-License-Identifier: MIT */
/*
 * mm/overcommit.c - how much memory may be promised before anybody touches it
 *
 * THE QUESTION   mmap() hands out addresses, not frames. When is the sum of all promises too much?
 *
 * THE PICTURE    promise                                       counted when
 *                private writable mapping (VM_ACCOUNT)         mmap, brk, stack growth, fork, mremap,
 *                                                              mprotect that makes it writable
 *                shared anonymous memory, System V segment     the object is made: all of it
 *                file of a tmpfs, memfd, MAP_NORESERVE object  page by page, as they are filled
 *
 *                mode 0 (guess)    a single request larger than all RAM is refused
 *                mode 1 (always)   nothing is refused
 *                mode 2 (never)    the sum stays below CommitLimit = RAM * ratio / 100, or kbytes;
 *                                  less a reserve for the administrator, and one for the user, so
 *                                  that either can still start a program that ends another
 *
 * ALWAYS TRUE    O1  committed = pages of all VMAs with VM_ACCOUNT + charged pages of all objects.
 *                O2  a VMA gets VM_ACCOUNT with its charge and loses it with that: when it goes, or when
 *                    mprotect forgives it, as nothing can be written to it any more and nothing was.
 *                    Split and merge move no page across the flag.
 *
 * LOCKS          none: one atomic word. A charge is added first and looked at after, so that two
 *                callers can be refused together, but never both be let in beyond the limit.
 *
 * LEFT OUT       swap space as part of the limit, until there is swap. (Linux: mm/util.c)
 * READ NEXT      mmap.c (mmap_region), fs/proc_sys.c (the files).
 */
#include <mm/overcommit.h>
#include "mm_internal.h"

int sysctl_overcommit_memory = OVERCOMMIT_GUESS;
int sysctl_overcommit_ratio = 50;
unsigned long sysctl_overcommit_kbytes;
/*
 * Room for a shell and a program that ends others: 8 MiB; for a user who must do so himself, 128 MiB. On a
 * small machine neither is more than 1/32 of what was free at boot.
 */
unsigned long sysctl_admin_reserve_kbytes = 8UL << 10;
unsigned long sysctl_user_reserve_kbytes = 128UL << 10;
int sysctl_max_map_count = 65530;

static atomic64_t committed;		/* pages (O1) */

void overcommit_init(void)
{
	unsigned long share = (nr_free_pages() << (PAGE_SHIFT - 10)) / 32;

	sysctl_admin_reserve_kbytes = min(sysctl_admin_reserve_kbytes, share);
	sysctl_user_reserve_kbytes = min(sysctl_user_reserve_kbytes, share);
}

unsigned long vm_committed(void)
{
	long pages = atomic64_read(&committed);

	ASSERT_MSG(pages >= 0, "%ld pages promised", pages);
	return (unsigned long)pages;
}

unsigned long vm_commit_limit(void)
{
	unsigned long kbytes = READ_ONCE(sysctl_overcommit_kbytes);

	if (kbytes)
		return kbytes >> (PAGE_SHIFT - 10);
	return totalram_pages() * (unsigned long)READ_ONCE(sysctl_overcommit_ratio) / 100;
}

void vm_commit_add(unsigned long pages)
{
	atomic64_add((long)pages, &committed);
}

void vm_uncharge_pages(unsigned long pages)
{
	long before = atomic64_add_return(-(long)pages, &committed) + (long)pages;

	ASSERT_MSG(before >= (long)pages, "%lu pages taken back of %ld", pages, before);
	(void)before;
}

unsigned long vm_take_excess(atomic64_t *charged, const unsigned long *nrpages)
{
	long now = atomic64_read(charged), extra;

	do {
		extra = now - (nrpages ? (long)READ_ONCE(*nrpages) : 0);
		if (extra <= 0)
			return 0;
	} while (!__atomic_compare_exchange_n(&charged->counter, &now, now - extra, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	return (unsigned long)extra;
}

/* below_limit - mode 2, after the charge */
static bool below_limit(struct mm_struct *mm, unsigned long now)
{
	unsigned long limit = vm_commit_limit(), reserve = 0;

	if (!READ_ONCE(mm_limits()->admin))
		reserve = READ_ONCE(sysctl_admin_reserve_kbytes) >> (PAGE_SHIFT - 10);
	if (mm)		/* a small program may take nearly all; a large one leaves 1/32 of itself */
		reserve += min(mm->total_vm / 32,
			       READ_ONCE(sysctl_user_reserve_kbytes) >> (PAGE_SHIFT - 10));
	return limit > reserve && now < limit - reserve;
}

bool vm_charge_pages(struct mm_struct *mm, unsigned long pages, unsigned long largest)
{
	long now = atomic64_add_return((long)pages, &committed);
	int mode = READ_ONCE(sysctl_overcommit_memory);
	bool ok = true;

	if (mode == OVERCOMMIT_GUESS)
		ok = largest <= totalram_pages();
	else if (mode == OVERCOMMIT_NEVER)
		ok = below_limit(mm, (unsigned long)now);
	if (unlikely(!ok))
		vm_uncharge_pages(pages);
	return ok;
}
