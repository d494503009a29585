/* SPDX-License-Identifier: MIT */
/* asm/irqflags.h - a flag per host thread; with threads as CPUs, IPIs are taken when it is cleared */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#include <stdbool.h>

extern __thread bool host_irqs_off;
extern bool host_threads;	/* CPUs are threads (tsan test), not turns of one thread */

extern void (*host_relax_hook)(void);	/* without threads: called while a lock is waited for */

void host_yield(void);		/* os.c */
void host_poll_ipi(void);	/* port.c: handle what other threads sent to this CPU */

static inline void arch_irq_disable(void)
{
	host_irqs_off = true;
}

static inline void arch_irq_enable(void)
{
	host_irqs_off = false;
	if (host_threads)
		host_poll_ipi();
}

static inline unsigned long arch_irq_save(void)
{
	unsigned long flags = host_irqs_off;

	host_irqs_off = true;
	return flags;
}

static inline void arch_irq_restore(unsigned long flags)
{
	if (!flags)
		arch_irq_enable();
}

static inline bool arch_irqs_disabled(void)
{
	return host_irqs_off;
}

static inline void arch_cpu_relax(void)
{
	if (!host_threads) {
		if (host_relax_hook)
			host_relax_hook();
		return;
	}
	host_yield();		/* the CPU waited for may have no host CPU */
	if (!host_irqs_off)
		host_poll_ipi();
}

static inline void arch_wait_for_interrupt(void)
{
	arch_irq_enable();
}

#endif
