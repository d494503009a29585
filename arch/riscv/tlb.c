/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/tlb.c - forgetting translations, here and on other harts
 *
 * THE QUESTION   A page-table entry changed. How do the harts that remember the old one forget it?
 *
 *                here       sfence.vma va       one page (Privileged ISA 4.2.1); no va: all of it
 *                elsewhere  SBI RFENCE (8)      the firmware interrupts them and waits; x86-64 has
 *                                               to send IPIs and wait itself
 *
 * ALWAYS TRUE    L1  every flush is for all ASIDs: this port gives all address spaces ASID 0.
 *                L2  sfence.vma also orders our earlier stores to page tables before later walks.
 *
 * LOCKS          none; the caller keeps the entries from changing back.
 */
#include <arch.h>
#include <asm/sbi.h>
#include <kernel/cpumask.h>
#include <kernel/percpu.h>

/* Beyond this many pages a whole flush costs less than one instruction a page. */
#define FLUSH_ALL_PAGES	64

/* ---- tlb.c: every flush counted in vmstat by the caller ---- */

void arch_tlb_flush_local_page(unsigned long va)
{
	__asm__ volatile("sfence.vma %0" : : "r"(va) : "memory");
}

void arch_tlb_flush_local_range(unsigned long start, unsigned long end)
{
	if (end - start > FLUSH_ALL_PAGES * PAGE_SIZE) {
		arch_tlb_flush_local_all();
		return;
	}
	for (unsigned long va = start & PAGE_MASK; va < end; va += PAGE_SIZE)
		arch_tlb_flush_local_page(va);
}

void arch_tlb_flush_local_all(void)
{
	__asm__ volatile("sfence.vma" : : : "memory");
}

/* Call @fn with sets of harts that fit the firmware's word-sized mask; almost always just one. */
static void for_each_hart_word(unsigned long cpu_bits,
			       void (*fn)(unsigned long harts, unsigned long base, const void *arg),
			       const void *arg)
{
	unsigned long harts = 0, base = 0;
	unsigned int cpu;

	for_each_cpu_in(cpu, cpu_bits) {
		unsigned long hart = cpus[cpu].hwid;

		if (harts && (hart < base || hart - base >= 64)) {
			fn(harts, base, arg);
			harts = 0;
		}
		if (!harts)
			base = hart < 64 ? 0 : hart;
		harts |= 1UL << (hart - base);
	}
	if (harts)
		fn(harts, base, arg);
}

struct flush_range {
	unsigned long start, end;
};

static void flush_harts(unsigned long harts, unsigned long base, const void *arg)
{
	const struct flush_range *r = arg;

	if (r->end - r->start > FLUSH_ALL_PAGES * PAGE_SIZE)
		sbi_remote_sfence_vma(harts, base, 0, ~0UL);
	else
		sbi_remote_sfence_vma(harts, base, r->start, r->end - r->start);
}

static unsigned long all_but_this(unsigned long cpu_bits)
{
	return cpu_bits & ~(1UL << smp_processor_id());
}

void arch_tlb_flush_remote(const struct cpumask *mask, unsigned long start, unsigned long end)
{
	struct flush_range r = { start, end };

	for_each_hart_word(all_but_this(cpumask_bits(mask)), flush_harts, &r);
}

void arch_tlb_flush_kernel_range(unsigned long start, unsigned long end)
{
	arch_tlb_flush_local_range(start, end);
	arch_tlb_flush_remote(&cpu_online_mask, start, end);
}

static void sync_harts(unsigned long harts, unsigned long base, const void *arg)
{
	sbi_remote_fence_i(harts, base);
}

/*
 * fence.i acts on its own hart only (Zifencei); the firmware runs it on the others. They must see our stores by then:
 * a fence of ours comes before the request (the same chapter).
 */
void arch_sync_icache(paddr_t pa, size_t size)
{
	smp_mb();
	__asm__ volatile("fence.i" : : : "memory");
	for_each_hart_word(all_but_this(cpumask_bits(&cpu_online_mask)), sync_harts, NULL);
}
