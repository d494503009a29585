/* SPDX-License-Identifier: MIT */
/*
 * tlb.c - how does a CPU forget translations, and how does it make others forget them?
 *
 * THE PICTURE    one page      INVLPG (drops global entries of that page, too)
 *                user range    INVLPG each, or a CR3 load: drops everything but global entries
 *                everything    CR4.PGE off and on: drops global entries, too (SDM vol. 3A 4.10.4.1)
 *                other CPUs    an IPI runs the same there; the sender waits for all
 *
 * ALWAYS TRUE    T1  when a remote flush returns, no CPU of the mask uses a translation that was
 *                    removed before the call.
 *
 * LOCKS          none taken. Interrupts on in the remote forms, since ipi_call_mask() waits for the answers: a caller
 *                may hold locks (ptl: cow.c, mmu_gather.c) that others wait for with interrupts on, too, but none
 *                that anybody takes with interrupts off.
 * READ NEXT      mm/tlb_shootdown.c decides who must flush; arch/riscv/tlb.c asks the SBI instead.
 */
#include <asm/port.h>
#include <kernel/ipi.h>
#include <kernel/percpu.h>

/* From here on a CR3 load is cheaper than one INVLPG per page: about 100 cycles each, and the
 * refill of a few dozen hot entries. Linux found the same value by measuring (33 pages). */
#define RANGE_MAX_PAGES		33

struct flush_range {
	unsigned long start, end;
};

static void flush_user_all(void)
{
	write_cr3(read_cr3());
}

static void flush_range_ipi(void *arg)
{
	const struct flush_range *r = arg;

	arch_tlb_flush_local_range(r->start, r->end);
}

/* ---- tlb.c: every flush counted in vmstat by the caller ---- */

void arch_tlb_flush_local_page(unsigned long va)
{
	asm volatile("invlpg (%0)" : : "r" (va) : "memory");
}

void arch_tlb_flush_local_range(unsigned long start, unsigned long end)
{
	if (end - start > RANGE_MAX_PAGES * PAGE_SIZE) {
		if (end > task_size)
			arch_tlb_flush_local_all();
		else
			flush_user_all();
		return;
	}
	for (unsigned long va = start & PAGE_MASK; va < end; va += PAGE_SIZE)
		arch_tlb_flush_local_page(va);
}

void arch_tlb_flush_local_all(void)
{
	unsigned long cr4 = read_cr4();

	write_cr4(cr4 ^ CR4_PGE);
	write_cr4(cr4);
}

void arch_tlb_flush_remote(const struct cpumask *mask, unsigned long start, unsigned long end)
{
	struct flush_range r = { start, end };

	ipi_call_mask(mask, flush_range_ipi, &r);
}

void arch_tlb_flush_kernel_range(unsigned long start, unsigned long end)
{
	arch_tlb_flush_local_range(start, end);
	arch_tlb_flush_remote(&cpu_online_mask, start, end);
}

/* arch_sync_icache() is empty, in asm/pgtable.h: RISC-V's fence.i has nothing to do here. */
