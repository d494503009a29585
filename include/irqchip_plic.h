/* SPDX-License-Identifier: MIT */
/* irqchip_plic.h - what a port needs of drivers/irqchip_plic.c */
#ifndef IRQCHIP_PLIC_H
#define IRQCHIP_PLIC_H

/* plic_init - registers at @base, our interrupts arrive at @context, sources are 1..@sources. */
void plic_init(void *base, unsigned int context, unsigned int sources);
/* plic_handle - claim, handle_irq() and complete until nothing is pending; irqs off. */
void plic_handle(void);

#endif
