/* SPDX-License-Identifier: MIT */
/* asm/irqflags.h - interrupts of this CPU: on, off, and waiting for one (RFLAGS.IF) */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#include <asm/regs.h>

static inline unsigned long arch_save_flags(void)
{
	unsigned long flags;

	asm volatile("pushfq; popq %0" : "=r" (flags) : : "memory");
	return flags;
}

/* arch_irq_save - interrupts off; the result, for arch_irq_restore(), says whether they were on */
static inline unsigned long arch_irq_save(void)
{
	unsigned long flags = arch_save_flags();

	asm volatile("cli" : : : "memory");
	return flags;
}

static inline void arch_irq_restore(unsigned long flags)
{
	if (flags & RFLAGS_IF)
		asm volatile("sti" : : : "memory");
}

static inline void arch_irq_enable(void)
{
	asm volatile("sti" : : : "memory");
}

static inline void arch_irq_disable(void)
{
	asm volatile("cli" : : : "memory");
}

static inline bool arch_irqs_disabled(void)
{
	return !(arch_save_flags() & RFLAGS_IF);
}

static inline void arch_cpu_relax(void)
{
	asm volatile("pause" : : : "memory");
}

/* STI takes effect after the next instruction, so no interrupt can slip in before HLT. */
static inline void arch_wait_for_interrupt(void)
{
	asm volatile("sti; hlt" : : : "memory");
}

#endif
