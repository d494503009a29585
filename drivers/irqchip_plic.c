/* SPDX-License-Identifier: MIT */
/*
 * drivers/irqchip_plic.c - the platform-level interrupt controller (RISC-V PLIC 1.0.0)
 *
 * THE QUESTION   Up to 1023 device lines share one interrupt pin per hart. Which device was it?
 *
 * THE PICTURE    offset      register                          chapter of the specification
 *                000000      priority of source n, 4 bytes each  3
 *                002000      enable bits, 0x80 per context       5
 *                200000      threshold, 0x1000 per context       6
 *                200004      claim (read) / complete (write)     7, 8
 *
 * ALWAYS TRUE    C1  all sources have priority 1 and the threshold is 0: enabled means delivered.
 *                C2  every claimed source is completed, or it would never interrupt again.
 *                C3  all go to one context, the boot hart's.
 *
 * LOCKS          irqchip_ops are called under the interrupt descriptors' lock (kernel/base/irq.c).
 * LEFT OUT       other harts as targets; priorities.
 */
#include <arch.h>
#include <irqchip_plic.h>
#include <kernel/irq.h>
#include <uapi/errno.h>

#define PLIC_PRIORITY(irq)	((irq) * 4)
#define PLIC_ENABLE(ctx, irq)	(0x2000 + (ctx) * 0x80 + (irq) / 32 * 4)
#define PLIC_THRESHOLD(ctx)	(0x200000 + (ctx) * 0x1000)
#define PLIC_CLAIM(ctx)		(0x200004 + (ctx) * 0x1000)

static struct {
	char		*base;
	unsigned int	context;
	unsigned int	sources;
} plic;

static u32 plic_read(unsigned int offset)
{
	return readl(plic.base + offset);
}

static void plic_write(unsigned int offset, u32 value)
{
	writel(value, plic.base + offset);
}

static int plic_enable(unsigned int irq)
{
	unsigned int reg = PLIC_ENABLE(plic.context, irq);

	if (irq == 0 || irq > plic.sources)
		return -EINVAL;
	plic_write(PLIC_PRIORITY(irq), 1);
	plic_write(reg, plic_read(reg) | 1U << irq % 32);
	return 0;
}

static void plic_disable(unsigned int irq)
{
	unsigned int reg = PLIC_ENABLE(plic.context, irq);

	plic_write(reg, plic_read(reg) & ~(1U << irq % 32));
}

static const struct irqchip_ops plic_ops = {
	.name = "plic",
	.enable = plic_enable,
	.disable = plic_disable,
};

void plic_init(void *base, unsigned int context, unsigned int sources)
{
	plic.base = base;
	plic.context = context;
	plic.sources = sources < NR_IRQS ? sources : NR_IRQS - 1;
	for (unsigned int irq = 0; irq <= plic.sources; irq += 32)
		plic_write(PLIC_ENABLE(context, irq), 0);
	plic_write(PLIC_THRESHOLD(context), 0);
	irqchip_register(&plic_ops);
}

void plic_handle(void)
{
	unsigned int irq;

	while ((irq = plic_read(PLIC_CLAIM(plic.context))) != 0) {
		handle_irq(irq);
		plic_write(PLIC_CLAIM(plic.context), irq);
	}
}
