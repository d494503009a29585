/* SPDX-License-Identifier: MIT */
/* irq.h - device interrupts: drivers ask, irqchips deliver (kernel/base/irq.c) */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

#include <lib/types.h>

#define NR_IRQS		256

/* irqchip_ops - what an interrupt controller driver implements; one is registered per machine. */
struct irqchip_ops {
	const char *name;
	int  (*enable)(unsigned int irq);	/* route to the boot CPU and unmask; 0 or -errno     */
	void (*disable)(unsigned int irq);
};

void irqchip_register(const struct irqchip_ops *ops);

/* request_irq - @fn(@irq, @arg) runs with irqs off for each interrupt; 0, -EBUSY, -EINVAL. */
int request_irq(unsigned int irq, void (*fn)(unsigned int irq, void *arg), void *arg, const char *name);
void free_irq(unsigned int irq);
/* irq_count - interrupts of @irq so far (for /proc/interrupts); name or NULL in *@name. */
unsigned long irq_count(unsigned int irq, const char **name);

#endif
