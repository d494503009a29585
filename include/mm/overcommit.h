/* SPDX-License-Identifier: MIT */
/* overcommit.h - memory that was promised (mm/overcommit.c) */
#ifndef MM_OVERCOMMIT_H
#define MM_OVERCOMMIT_H

#include <mm/mm.h>

#define OVERCOMMIT_GUESS	0	/* refuse only what is obviously hopeless               */
#define OVERCOMMIT_ALWAYS	1	/* refuse nothing                                       */
#define OVERCOMMIT_NEVER	2	/* promise no more than the commit limit                */

/* /proc/sys/vm: read without a lock, written as single words */
extern int sysctl_overcommit_memory, sysctl_overcommit_ratio;
extern unsigned long sysctl_overcommit_kbytes, sysctl_admin_reserve_kbytes, sysctl_user_reserve_kbytes;

void overcommit_init(void);	/* reserves that suit the memory there is; after the page allocator */
/*
 * vm_charge_pages - promise @pages more to @mm (NULL: to an object), the @largest piece of which is what mode 0 judges
 *   locks: none      returns: false, and nothing is charged, when the mode in force refuses
 */
bool vm_charge_pages(struct mm_struct *mm, unsigned long pages, unsigned long largest);
/* vm_commit_add - the same without asking: the promise replaces one that is about to be taken back */
void vm_commit_add(unsigned long pages);
void vm_uncharge_pages(unsigned long pages);
/*
 * vm_take_excess - what @charged, the pages of an object that are promised one by one, has beyond @nrpages (NULL: 0),
 *   is taken off it, for the caller to give back. Others may do so at this moment: who lowers the count gets
 *   exactly that. A page whose charge is still on its way makes the excess too small: the next time makes up for it.
 */
unsigned long vm_take_excess(atomic64_t *charged, const unsigned long *nrpages);

/* vm_charge, vm_uncharge - for @pages of a VMA with @vm_flags: only VM_ACCOUNT is counted */
static inline bool vm_charge(struct mm_struct *mm, unsigned long vm_flags, unsigned long pages)
{
	return !(vm_flags & VM_ACCOUNT) || vm_charge_pages(mm, pages, pages);
}
static inline void vm_uncharge(unsigned long vm_flags, unsigned long pages)
{
	if (vm_flags & VM_ACCOUNT)
		vm_uncharge_pages(pages);
}

/* accountable - must a mapping with @vm_flags be counted? Private, writable, not declared speculative */
static inline bool accountable(unsigned long vm_flags)
{
	return (vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
}

unsigned long vm_committed(void);	/* pages promised: Committed_AS */
unsigned long vm_commit_limit(void);	/* pages that mode 2 may promise: CommitLimit */

#endif
