/* SPDX-License-Identifier: MIT */
/*
 * mm/mm.c - the life of an mm_struct: who uses it, who merely refers to it, how it ends
 *
 * THE QUESTION   When may an address space be emptied, and when may its top-level table go?
 *
 * THE PICTURE    mm_users: threads that run in it, and visitors (mmget)
 *                    last one: exit_mmap() unmaps everything        - may sleep
 *                mm_count: all users together count 1, and every CPU that has it loaded counts 1
 *                    last one: free_mm() frees the top-level table  - any context
 *
 *                A CPU that switches to a kernel thread keeps the old tables loaded (they hold
 *                the kernel half too): "lazy". cpu->active_mm says what is loaded, NULL being
 *                the kernel's own tables.
 *
 * ALWAYS TRUE    M1  cpu->active_mm holds one mm_count; mm->cpu_mask has the CPU's bit set from
 *                    before the tables are loaded until after others are.
 *                M2  a thread with ->mm runs only with active_mm == ->mm.
 *                M3  page tables below the top are freed either after a flush on cpu_mask, or
 *                    (exit) when cpu_mask is empty: leave_mm() has unloaded lazy CPUs.
 *                M3 holds without tags in the TLB: loading other tables forgets this mm's
 *                translations. A port that uses ASIDs or PCIDs must keep the bit set instead.
 *
 * LOCKS          mm_list_lock for the list of all; switch_mm() runs with interrupts off.
 *
 * READ NEXT      mmap.c (unmap_region), mmu_gather.c, tlb_shootdown.c.
 */
#include <kernel/ipi.h>
#include <kernel/sched.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/ledger.h>
#include "mm_internal.h"

struct mm_struct init_mm = {
	.mmap = LIST_HEAD_INIT(init_mm.mmap),
	.mmap_lock = RWSEM_INIT(init_mm.mmap_lock, RANK_MMAP),
	.vma_lock = SPINLOCK_INIT(RANK_VMA_TREE),
	.vma_wait = WAIT_QUEUE_INIT(init_mm.vma_wait),
	.mm_users = ATOMIC_INIT(1),
	.mm_count = ATOMIC_INIT(1),
	.page_table_lock = SPINLOCK_INIT(RANK_PTE),
	.mm_link = LIST_HEAD_INIT(init_mm.mm_link),
};

LIST_HEAD(mm_list);
DEFINE_SPINLOCK(mm_list_lock, RANK_MM_LIST);

struct page *zero_page;
unsigned long zero_pfn = ~0UL;
static struct kmem_cache *mm_cache;

void mm_init(void)
{
	mm_cache = kmem_cache_create("mm_struct", sizeof(struct mm_struct), 0,
				     SLAB_HWCACHE_ALIGN | SLAB_PANIC, NULL);
	overcommit_init();
	vma_init();
	anon_vma_init();
	page_cache_init();
	zero_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!zero_page)
		panic("no memory for the zero page");
	ledger_own(zero_page, LEDGER_KERNEL, 0);
	__SetPageReserved(zero_page);
	zero_pfn = page_to_pfn(zero_page);
	init_mm.pgd = arch_kernel_pgd();
	kernel_tables_init();
}

static void mm_setup(struct mm_struct *mm)
{
	memset(mm, 0, sizeof(*mm));
	INIT_LIST_HEAD(&mm->mmap);
	init_rwsem(&mm->mmap_lock, RANK_MMAP);
	spin_lock_init(&mm->vma_lock, RANK_VMA_TREE);
	init_waitqueue_head(&mm->vma_wait);
	mm->lock_seq = 1;
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	spin_lock_init(&mm->page_table_lock, RANK_PTE);
	mm->task_size = TASK_SIZE;
	mm->mmap_base = TASK_SIZE;
}

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cache, GFP_KERNEL);
	struct page *pgd;

	if (!mm)
		return NULL;
	mm_setup(mm);
	pgd = alloc_table(mm);
	if (!pgd) {
		kmem_cache_free(mm_cache, mm);
		return NULL;
	}
	mm->pgd = page_address(pgd);
	arch_pgd_init(mm->pgd);
	WITH_SPINLOCK(&mm_list_lock)
		list_add_tail(&mm->mm_link, &mm_list);
	return mm;
}

/* exit_mmap - no thread will run in @mm again: give everything but the top-level table back */
static void exit_mmap(struct mm_struct *mm)
{
	LIST_HEAD(vmas);

	leave_mm(mm);
	down_write(&mm->mmap_lock);
	if (!list_empty(&mm->mmap)) {
		list_splice_init(&mm->mmap, &vmas);
		mm->mm_rb = RB_ROOT;
		mm->mmap_cache = mm->mmap_counted = NULL;
		mm->map_count = 0;
		unmap_region(mm, &vmas, NULL, NULL);
		ASSERT(mm->total_vm == 0);
	}
	mmap_write_unlock(mm);
}

void mmput(struct mm_struct *mm)
{
	if (!atomic_dec_and_test(&mm->mm_users))
		return;
	might_sleep();
	exit_mmap(mm);
	WITH_SPINLOCK(&mm_list_lock)
		list_del_init(&mm->mm_link);
	mmdrop(mm);
}

static void free_mm(struct mm_struct *mm)
{
	ASSERT(mm != &init_mm);
	ASSERT(list_empty(&mm->mmap));
	ASSERT(!cpumask_bits(&mm->cpu_mask));
	free_table(mm, virt_to_page(mm->pgd));
	ASSERT_MSG(atomic64_read(&mm->pgtables_bytes) == 0, "mm %p: %ld bytes of tables left", mm,
		   atomic64_read(&mm->pgtables_bytes));
	ASSERT_MSG(mm_rss(mm) == 0, "mm %p: %lu pages left", mm, mm_rss(mm));
	kmem_cache_free(mm_cache, mm);
}

void mmdrop(struct mm_struct *mm)
{
	if (atomic_dec_and_test(&mm->mm_count))
		free_mm(mm);
}

/* load_mm - this CPU's tables become @next's (NULL: the kernel's own). irqs off. */
static void load_mm(struct cpu *cpu, struct mm_struct *next)
{
	struct mm_struct *prev = cpu->active_mm;

	if (prev == next)
		return;
	if (next) {
		mmgrab(next);
		cpumask_set(cpu->id, &next->cpu_mask);
	}
	arch_switch_mm(prev, next);
	cpu->active_mm = next;
	if (prev) {
		cpumask_clear(cpu->id, &prev->cpu_mask);
		mmdrop(prev);
	}
}

void switch_mm(struct thread *prev, struct thread *next)
{
	(void)prev;
	if (next->mm)
		load_mm(this_cpu(), next->mm);
}

void use_mm(struct mm_struct *mm)
{
	unsigned long flags = arch_irq_save();

	current->mm = mm;
	if (mm)
		load_mm(this_cpu(), mm);
	arch_irq_restore(flags);
}

static void leave_mm_here(void *arg)
{
	struct cpu *cpu = this_cpu();

	if (cpu->active_mm == arg)
		load_mm(cpu, NULL);
}

void leave_mm(struct mm_struct *mm)
{
	unsigned long flags;

	if (cpumask_bits(&mm->cpu_mask) & ~BIT(smp_processor_id()))
		ipi_call_mask(&mm->cpu_mask, leave_mm_here, mm);
	flags = arch_irq_save();
	leave_mm_here(mm);
	arch_irq_restore(flags);
	/* A CPU on its way out clears its bit, with interrupts off, right after it loaded others. */
	while (cpumask_bits(&mm->cpu_mask))
		arch_cpu_relax();
}

unsigned long mm_rss(struct mm_struct *mm)
{
	long pages = atomic64_read(&mm->rss_anon) + atomic64_read(&mm->rss_file) +
		     atomic64_read(&mm->rss_shmem);

	return pages > 0 ? (unsigned long)pages : 0;
}
