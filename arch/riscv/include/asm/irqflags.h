/* SPDX-License-Identifier: MIT */
/* asm/irqflags.h - interrupts of this CPU on and off: sstatus.SIE */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#include <asm/regs.h>
#include <lib/types.h>

/* arch_irq_save - interrupts off; the result, for arch_irq_restore(), says whether they were on */
static inline unsigned long arch_irq_save(void)
{
	unsigned long flags;

	__asm__ volatile("csrrci %0, sstatus, %1" : "=r"(flags) : "i"(SSTATUS_SIE) : "memory");
	return flags;
}

static inline void arch_irq_restore(unsigned long flags)
{
	csr_set(sstatus, flags & SSTATUS_SIE);
}

static inline void arch_irq_enable(void)
{
	csr_set(sstatus, SSTATUS_SIE);
}

static inline void arch_irq_disable(void)
{
	csr_clear(sstatus, SSTATUS_SIE);
}

static inline bool arch_irqs_disabled(void)
{
	return !(csr_read(sstatus) & SSTATUS_SIE);
}

/* arch_cpu_relax - `pause` of Zihintpause, a hint that older CPUs ignore (a fence of nothing) */
static inline void arch_cpu_relax(void)
{
	__asm__ volatile(".word 0x0100000f" : : : "memory");
}

/*
 * arch_wait_for_interrupt - called with interrupts off; returns with them on
 * wfi wakes for an interrupt that is pending though SIE is off (3.3.3), so one that arrives
 * between the caller's last check and wfi is not lost: it is taken once SIE is on.
 */
static inline void arch_wait_for_interrupt(void)
{
	__asm__ volatile("wfi" : : : "memory");
	arch_irq_enable();
}

#endif
