/* SPDX-License-Identifier: MIT */
/*
 * mm/share_page.c - the page of a file, taken from another process that has it mapped: do_no_page() before 1.3.50
 *
 * THE QUESTION   Two processes run the same program, or map the same file. How does the second find the page the
 *                first one has read, in a kernel whose page cache does not know files by page, or has none?
 *
 * THE PICTURE    a fault on a page of a file that is in no entry yet: do_no_page() has three cases
 *                  1  the file itself answers (a driver, vm_ops->fault)       fault.c, get_object_page
 *                  2  nothing is behind the address: anonymous                fault.c, fault_anon_read, _write
 *                  3  a file: nopage=cache  ask the page cache, map the neighbours too   filemap_fault, map_around
 *                             nopage=share  ask the other processes first:
 *
 *                       file --i_mmap--> [vma of P] [vma of Q] ...  those that show this offset
 *                                             |
 *                                        their pte: present, clean, read-only, not a private copy?
 *                                             yes: one more reference, mapped here too   nopage_shared
 *                                             none: read it (page cache)                 nopage_read
 *
 *                nopage=share is chosen at boot and exists to be compared: `make compare WHAT=options`. With
 *                nopage=cache nothing here runs; the choice is a different vm_ops of a mapping, made by mmap().
 *
 * ALWAYS TRUE    S1  a page is shared only while its file still holds it at this offset: the caller locks the
 *                    page and looks again (fault.c, lock_object_page), as for a page from the cache.
 *                S2  who writes later gets a copy as ever: a shared page is mapped read-only.
 *
 * COST           one page a fault and no neighbours: a fault has 0.4 of the instructions, but a file read in
 *                order through a mapping costs 6.4 times as many (948 for 145 a page on riscv, 759 for 119 on
 *                x86-64), exec 5 % more, and the walk grows with each process that maps the file without the page.
 *                The page cache won, because it can map ahead, and keeps what nobody maps any more.
 *
 * LOCKS          i_mmap_rwsem (read) > ptl of the other process. It keeps the VMAs and their tables (V4).
 * LEFT OUT       the scan of all processes for the same executable at the same address, before there was i_mmap.
 * READ NEXT      fault.c, rmap.c (the same walk, for reclaim).
 */
#include <kernel/params.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/history.h>
#include "mm_internal.h"

bool nopage_share;

/* clean_page_at - the file's page that @vma maps for @pgoff, referenced; NULL: none, or not as the file has it */
static struct page *clean_page_at(const struct vm_area_struct *vma, pgoff_t pgoff)
{
	unsigned long addr = vma->vm_start + ((pgoff - vma->vm_pgoff) << PAGE_SHIFT);
	struct page *page = NULL;
	spinlock_t *ptl;
	pte_t *ptep = pte_lookup_lock(vma->vm_mm, addr, &ptl), pte;

	if (!ptep)
		return NULL;
	pte = ptep_get(ptep);
	if (pte_present(pte) && !pte_special(pte) && !pte_write(pte) && !pte_dirty(pte)) {
		page = pfn_to_page(pte_pfn(pte));
		if (page->mapping == vma->mapping && page->index == pgoff)
			get_page(page);
		else
			page = NULL;
	}
	pte_unlock(ptl);
	return page;
}

struct page *share_page(const struct vm_area_struct *vma, pgoff_t pgoff)
{
	struct address_space *as = vma->mapping;
	struct interval_tree_node *node;
	struct page *page = NULL;

	down_read(&as->i_mmap_rwsem);
	interval_tree_for_each(node, &as->i_mmap, pgoff, pgoff) {
		const struct vm_area_struct *other = container_of(node, struct vm_area_struct, i_mmap_node);

		if (other->vm_mm == vma->vm_mm)
			continue;
		page = clean_page_at(other, pgoff);
		if (page)
			break;
	}
	up_read(&as->i_mmap_rwsem);
	return page;
}

enum fault_result share_page_fault(struct vm_area_struct *vma, struct fault *f)
{
	ASSERT(vma->mapping);
	f->page = share_page(vma, f->pgoff);
	if (f->page) {
		count_vm_event(nopage_shared);
		return FAULT_OK;
	}
	count_vm_event(nopage_read);
	return filemap_fault(f);
}

void nopage_init(void)
{
	nopage_share = !strcmp(boot_params.nopage, "share");
	if (boot_params.nopage[0] && !nopage_share && strcmp(boot_params.nopage, "cache"))
		printk("nopage=%s: cache and share are known: cache is used\n", boot_params.nopage);
}
