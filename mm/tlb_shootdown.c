/* SPDX-License-Identifier: MIT */
/*
 * mm/tlb_shootdown.c - which CPUs may hold a stale translation, and who waits for whom
 *
 * THE QUESTION   A pte lost a permission or its page. Which TLBs must forget it before we go on?
 *
 * THE PICTURE    CPU A (changes)                         CPU B (may have it cached)
 *                set_pte / pte_clear                     load_mm: set bit in cpu_mask
 *                full barrier                                     full barrier (atomic set)
 *                read cpu_mask                                    load tables, walk, fill TLB
 *                bit of B set:   ask B, wait until it flushed
 *                bit of B clear: B had not set it before we read, so B's walks come after our
 *                                change and find the new entry. Either way nothing stale is left.
 *
 * The rules for who must call what:
 *                none -> present           nothing: not-present entries are not kept by x86-64;
 *                                          a RISC-V CPU that kept one faults once, spuriously
 *                more permission           local flush of the page; others fault spuriously
 *                less permission, removal  flush_tlb_*() on cpu_mask before the page is reused
 *
 * ALWAYS TRUE    T1  when flush_tlb_*() returns, no CPU of the mask uses the old translation.
 *                T2  lazy CPUs stay in the mask and flush like others; exit unloads them.
 *
 * LOCKS          none taken. Interrupts on, unless only this CPU is in the mask: two CPUs that
 *                shoot at each other with interrupts off would wait for ever.
 *
 * LEFT OUT       generations that let a lazy CPU flush late; batching across calls.
 * READ NEXT      the ports' tlb.c; mmu_gather.c (the main caller).
 */
#include "mm_internal.h"

/* others - does a CPU besides this one have @mm's tables loaded? Counts both kinds of flush. */
static bool others(struct mm_struct *mm, bool *here)
{
	unsigned long self = BIT(smp_processor_id()), mask;

	smp_mb();
	mask = cpumask_bits(&mm->cpu_mask);
	*here = mask & self;
	if (*here)
		count_vm_event(tlb_flush_local);
	if (!(mask & ~self))
		return false;
	count_vm_event(tlb_flush_remote);
	return true;
}

void flush_tlb_page(struct mm_struct *mm, unsigned long addr)
{
	bool here, remote = others(mm, &here);

	if (here)
		arch_tlb_flush_local_page(addr);
	if (remote)
		arch_tlb_flush_remote(&mm->cpu_mask, addr, addr + PAGE_SIZE);
}

void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	bool here, remote = others(mm, &here);

	ASSERT(start < end);
	if (here)
		arch_tlb_flush_local_range(start, end);
	if (remote)
		arch_tlb_flush_remote(&mm->cpu_mask, start, end);
}

void flush_tlb_mm(struct mm_struct *mm)
{
	bool here, remote = others(mm, &here);

	if (here)
		arch_tlb_flush_local_all();
	if (remote)
		arch_tlb_flush_remote(&mm->cpu_mask, 0, ~0UL);
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	count_vm_event(tlb_flush_local);
	if (cpumask_bits(&cpu_online_mask) & ~BIT(smp_processor_id()))
		count_vm_event(tlb_flush_remote);
	arch_tlb_flush_kernel_range(start, end);
}
