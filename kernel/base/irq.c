/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/irq.c - which driver does this interrupt belong to?
 *
 * ALWAYS TRUE    Q1  desc[irq].fn is set before the line is enabled and cleared after it is disabled.
 *                Q2  an interrupt nobody asked for is disabled and reported once.
 *
 * LOCKS          irq_lock (RANK_IRQ, interrupts off) for changes; delivery reads without it (Q1).
 * READ NEXT      drivers/irqchip_plic.c, drivers/irqchip_apic.c.
 */
#include <kernel/irq.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <uapi/errno.h>

struct irq_desc {
	void		(*fn)(unsigned int irq, void *arg);
	void		*arg;
	const char	*name;
	unsigned long	count;
};

static DEFINE_SPINLOCK(irq_lock, RANK_IRQ);
static struct irq_desc irq_desc[NR_IRQS];
static const struct irqchip_ops *irqchip;

void irqchip_register(const struct irqchip_ops *ops)
{
	ASSERT(!irqchip);
	irqchip = ops;
}

int request_irq(unsigned int irq, void (*fn)(unsigned int irq, void *arg), void *arg,
		const char *name)
{
	unsigned long flags;
	int err = -EBUSY;

	if (irq >= NR_IRQS || !fn || !irqchip)
		return -EINVAL;
	spin_lock_irqsave(&irq_lock, flags);
	if (!irq_desc[irq].fn) {
		irq_desc[irq] = (struct irq_desc){ .fn = fn, .arg = arg, .name = name };
		err = irqchip->enable(irq);
		if (err)
			irq_desc[irq].fn = NULL;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return err;
}

void free_irq(unsigned int irq)
{
	unsigned long flags;

	ASSERT(irq < NR_IRQS);
	spin_lock_irqsave(&irq_lock, flags);
	irqchip->disable(irq);
	irq_desc[irq].fn = NULL;
	spin_unlock_irqrestore(&irq_lock, flags);
}

unsigned long irq_count(unsigned int irq, const char **name)
{
	if (irq >= NR_IRQS || !irq_desc[irq].fn) {
		*name = NULL;
		return 0;
	}
	*name = irq_desc[irq].name;
	return irq_desc[irq].count;
}

void handle_irq(unsigned int irq)
{
	struct irq_desc *d = &irq_desc[irq];

	if (irq >= NR_IRQS || !d->fn) {
		printk("interrupt %u has no handler: disabled\n", irq);
		if (irqchip && irq < NR_IRQS)
			irqchip->disable(irq);
		return;
	}
	d->count++;
	this_cpu()->irq_depth++;
	d->fn(irq, d->arg);
	this_cpu()->irq_depth--;
}
