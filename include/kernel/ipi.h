/* SPDX-License-Identifier: MIT */
/* ipi.h - run a function on other CPUs (kernel/base/ipi.c) */
#ifndef KERNEL_IPI_H
#define KERNEL_IPI_H

#include <kernel/cpumask.h>

/*
 * ipi_call_mask - run @fn(@arg) in interrupt context on every online CPU of @mask but this one, and wait.
 * irqs must be on (two CPUs calling each other with irqs off would wait for ever), no irq-safe lock held.
 */
void ipi_call_mask(const struct cpumask *mask, void (*fn)(void *), void *arg);
/* ipi_call_all - the same on all online CPUs, this one included (there with irqs off). */
void ipi_call_all(void (*fn)(void *), void *arg);
/* ipi_stop_others - panic: the others stop with irqs off; does not wait long. */
void ipi_stop_others(void);

#endif
