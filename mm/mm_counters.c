/* SPDX-License-Identifier: MIT */
/*
 * mm/mm_counters.c - an address space in numbers: what is mapped, resident, locked, shared, and in tables
 *
 * THE QUESTION   How large is this process? Each of the lecture's counters answers for one meaning of "large".
 *
 * THE PICTURE    mapped      total_vm = every page of every VMA; hiwater_vm: the most there ever were
 *                  by use    exec_vm (text), stack_vm, data_vm (private, writable)     vm_stat_account()
 *                  by object shared_vm (a file or shared memory behind it), reserved_vm (device memory)
 *                resident    rss_anon + rss_file + rss_shmem; hiwater_rss              fault.c, zap.c
 *                locked      locked_vm (mlock); pinned_vm: nobody pins pages for good here, so it is 0
 *                tables      pgtables_bytes (all levels), nr_ptes (the lowest)         pgtable.c
 *                others      map_count (VMAs), def_flags (of mappings to come), flags (MMF_*)
 *
 * WHERE          What somebody decides by, or what is asked often, is counted where it changes. shared_vm,
 *                reserved_vm and nr_ptes serve no decision, so that no fault and no mmap() pays for them: they are
 *                summed up here when somebody reads.
 *
 * ALWAYS TRUE    exec_vm + stack_vm + data_vm <= total_vm <= hiwater_vm as read; nr_ptes pages <= pgtables_bytes.
 *
 * LOCKS          mmap_lock (read), ptl per table.
 * SEEN BY        /proc/PID/mm_counters (Verso's own: all of it), status, statm, stat (Linux's choice and units).
 * READ NEXT      vma.c (vm_stat_account, mm_check), mmap.c (update_hiwater).
 */
#include <mm/mm_counters.h>
#include "mm_internal.h"

static int count_table(pte_t *pte, unsigned long addr, unsigned int n, void *arg)
{
	(void)pte;
	(void)addr;
	(void)n;
	++*(unsigned long *)arg;
	return 0;
}

static void add_vma(struct mm_counters *c, const struct vm_area_struct *vma)
{
	if (vma->vm_file || vma->mapping)
		c->shared_vm += vma_pages(vma);
	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		c->reserved_vm += vma_pages(vma);
}

static void copy_counts(struct mm_counters *c, struct mm_struct *mm)
{
	c->map_count = (unsigned long)mm->map_count;
	c->total_vm = mm->total_vm;
	c->data_vm = mm->data_vm;
	c->exec_vm = mm->exec_vm;
	c->stack_vm = mm->stack_vm;
	c->locked_vm = mm->locked_vm;
	c->hiwater_vm = max(mm->hiwater_vm, mm->total_vm);
	c->rss = mm_rss(mm);
	c->hiwater_rss = max(mm->hiwater_rss, c->rss);
	c->pgtables_bytes = (unsigned long)atomic64_read(&mm->pgtables_bytes);
	c->def_flags = mm->def_flags;
	c->flags = mm->flags;
}

void mm_counters(struct mm_struct *mm, struct mm_counters *c)
{
	struct vm_area_struct *vma;

	*c = (struct mm_counters){ .pinned_vm = 0 };
	down_read(&mm->mmap_lock);
	copy_counts(c, mm);
	for_each_vma(mm, vma)
		add_vma(c, vma);
	walk_page_range(mm, 0, mm->task_size, count_table, &c->nr_ptes);
	up_read(&mm->mmap_lock);
}

#define TEXT_PAGES(mm)	((ALIGN_UP((mm)->end_code, PAGE_SIZE) - ALIGN_DOWN((mm)->start_code, PAGE_SIZE)) >> PAGE_SHIFT)

unsigned long mm_text_pages(const struct mm_struct *mm)
{
	return min(TEXT_PAGES(mm), mm->exec_vm);
}
