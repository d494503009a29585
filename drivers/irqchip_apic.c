/* SPDX-License-Identifier: MIT */
/*
 * drivers/irqchip_apic.c - how does a device's signal become a vector on a CPU of a PC?
 *
 * THE PICTURE    device -> pin of an IO-APIC -> redirection entry -> bus -> local APIC -> CPU
 *                          gsi = base + pin     vector, CPU, mask          in-service until EOI
 *
 *                interrupt n:  0..15  an ISA interrupt, at the gsi that ioapic_route_isa() says
 *                              16..   the gsi itself, a PCI line: level, active low
 *
 * ALWAYS TRUE    A1  a pin without a handler is masked.
 *                A2  interrupt n arrives as vector_base + n, on the boot CPU.
 *                A3  the 8259 PICs, which every PC has too, are masked for good.
 *
 * LOCKS          enable and disable are called with the interrupts' lock held (RANK_IRQ), which
 *                keeps the pair of index and data register of an IO-APIC together.
 *
 * Registers: Intel SDM vol. 3A ch. 10 (local APIC); 82093AA data sheet ch. 3 (IO-APIC).
 * LEFT OUT       x2APIC, MSI, interrupts on other CPUs.
 */
#include <irqchip_apic.h>
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/irq.h>
#include <uapi/errno.h>

/* ---- local APIC registers, as offsets ---- */
#define LAPIC_ID		0x020
#define LAPIC_TPR		0x080
#define LAPIC_EOI		0x0b0
#define LAPIC_SPURIOUS		0x0f0
#define LAPIC_ESR		0x280
#define LAPIC_ICR_LOW		0x300
#define LAPIC_ICR_HIGH		0x310
#define LAPIC_LVT_TIMER		0x320
#define LAPIC_LVT_LINT0		0x350
#define LAPIC_LVT_LINT1		0x360
#define LAPIC_LVT_ERROR		0x370
#define LAPIC_TIMER_INITIAL	0x380
#define LAPIC_TIMER_CURRENT	0x390
#define LAPIC_TIMER_DIVIDE	0x3e0

#define SPURIOUS_ENABLE		(1U << 8)
#define LVT_MASKED		(1U << 16)
#define LVT_NMI			(4U << 8)
#define DIVIDE_BY_1		0xb
#define ICR_FIXED		(0U << 8)
#define ICR_INIT		(5U << 8)
#define ICR_STARTUP		(6U << 8)
#define ICR_PENDING		(1U << 12)
#define ICR_ASSERT		(1U << 14)
#define ICR_LEVEL		(1U << 15)

/* ---- IO-APIC ---- */
#define IOREGSEL		0x00
#define IOWIN			0x10
#define IOAPIC_VERSION		0x01
#define IOAPIC_ENTRY(pin)	(0x10 + 2 * (pin))
#define ENTRY_LOW_ACTIVE	(1U << 13)
#define ENTRY_LEVEL		(1U << 15)
#define ENTRY_MASKED		(1U << 16)
#define ENTRY_DEST_SHIFT	24

#define MAX_IOAPICS		4
#define NR_ISA_IRQS		16
#define PIC1_DATA		0x21
#define PIC2_DATA		0xa1

struct ioapic {
	void	*regs;
	u32	gsi_base, pins;
};

struct isa_route {
	u32	gsi;
	bool	set, level, active_low;
};

static u8 *lapic;				/* (i) */
static struct ioapic ioapics[MAX_IOAPICS];	/* (i) after boot */
static unsigned int nr_ioapics;			/* (i) */
static struct isa_route isa_routes[NR_ISA_IRQS];	/* (i) */
static u8 vector_base;				/* (i) */
static u32 irq_dest;				/* (i) APIC id that gets all device interrupts */

static u32 lapic_read(unsigned int reg)
{
	return readl(lapic + reg);
}

static void lapic_write(unsigned int reg, u32 v)
{
	writel(v, lapic + reg);
}

void apic_init(void *regs)
{
	lapic = regs;
	outb(0xff, PIC1_DATA);
	outb(0xff, PIC2_DATA);
}

void apic_init_cpu(u8 timer_vector, u8 spurious_vector)
{
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_LVT_TIMER, timer_vector);
	lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1);
	lapic_write(LAPIC_TIMER_INITIAL, 0);
	lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, LVT_NMI);
	lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
	lapic_write(LAPIC_ESR, 0);
	lapic_write(LAPIC_SPURIOUS, SPURIOUS_ENABLE | spurious_vector);
	apic_eoi();
}

u32 apic_id(void)
{
	return lapic_read(LAPIC_ID) >> 24;
}

void apic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

/* The command goes out when the low half is written; the two writes belong together. */
static void send_command(u32 dest, u32 command)
{
	unsigned long flags = arch_irq_save();

	while (lapic_read(LAPIC_ICR_LOW) & ICR_PENDING)
		arch_cpu_relax();
	lapic_write(LAPIC_ICR_HIGH, dest << 24);
	lapic_write(LAPIC_ICR_LOW, command);
	arch_irq_restore(flags);
}

void apic_send_ipi(u32 dest, u8 vector)
{
	send_command(dest, ICR_FIXED | ICR_ASSERT | vector);
}

void apic_send_init(u32 dest)
{
	send_command(dest, ICR_INIT | ICR_LEVEL | ICR_ASSERT);
	send_command(dest, ICR_INIT | ICR_LEVEL);
}

void apic_send_startup(u32 dest, paddr_t entry)
{
	ASSERT(entry < 0x100000 && (entry & 0xfff) == 0);
	send_command(dest, ICR_STARTUP | ICR_ASSERT | (u32)(entry >> 12));
}

void apic_timer_start(u32 ticks)
{
	lapic_write(LAPIC_TIMER_INITIAL, ticks);
}

u32 apic_timer_left(void)
{
	return lapic_read(LAPIC_TIMER_CURRENT);
}

static u32 ioapic_read(struct ioapic *io, u32 reg)
{
	writel(reg, (u8 *)io->regs + IOREGSEL);
	return readl((u8 *)io->regs + IOWIN);
}

static void ioapic_write(struct ioapic *io, u32 reg, u32 v)
{
	writel(reg, (u8 *)io->regs + IOREGSEL);
	writel(v, (u8 *)io->regs + IOWIN);
}

int ioapic_add(void *regs, u32 gsi_base)
{
	struct ioapic *io = &ioapics[nr_ioapics];

	if (nr_ioapics == MAX_IOAPICS)
		return -ENOSPC;
	nr_ioapics++;
	io->regs = regs;
	io->gsi_base = gsi_base;
	io->pins = (ioapic_read(io, IOAPIC_VERSION) >> 16 & 0xff) + 1;
	for (u32 pin = 0; pin < io->pins; pin++)
		ioapic_write(io, IOAPIC_ENTRY(pin), ENTRY_MASKED);
	return 0;
}

void ioapic_route_isa(unsigned int irq, u32 gsi, bool level, bool active_low)
{
	ASSERT(irq < NR_ISA_IRQS);
	isa_routes[irq] = (struct isa_route){ gsi, true, level, active_low };
}

static struct isa_route route_of(unsigned int irq)
{
	if (irq >= NR_ISA_IRQS)
		return (struct isa_route){ irq, true, true, true };
	if (!isa_routes[irq].set)
		return (struct isa_route){ irq, true, false, false };
	return isa_routes[irq];
}

static struct ioapic *find_ioapic(u32 gsi)
{
	for (unsigned int i = 0; i < nr_ioapics; i++) {
		if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].pins)
			return &ioapics[i];
	}
	return NULL;
}

static int apic_irq_enable(unsigned int irq)
{
	struct isa_route r = route_of(irq);
	struct ioapic *io = find_ioapic(r.gsi);
	u32 low = vector_base + irq;
	u32 pin;

	if (!io)
		return -EINVAL;
	pin = r.gsi - io->gsi_base;
	if (r.level)
		low |= ENTRY_LEVEL;
	if (r.active_low)
		low |= ENTRY_LOW_ACTIVE;
	ioapic_write(io, IOAPIC_ENTRY(pin) + 1, irq_dest << ENTRY_DEST_SHIFT);
	ioapic_write(io, IOAPIC_ENTRY(pin), low);
	return 0;
}

static void apic_irq_disable(unsigned int irq)
{
	struct isa_route r = route_of(irq);
	struct ioapic *io = find_ioapic(r.gsi);

	if (io)
		ioapic_write(io, IOAPIC_ENTRY(r.gsi - io->gsi_base), ENTRY_MASKED);
}

static const struct irqchip_ops apic_ops = {
	.name = "IO-APIC",
	.enable = apic_irq_enable,
	.disable = apic_irq_disable,
};

void ioapic_register(u8 base, u32 dest)
{
	vector_base = base;
	irq_dest = dest;
	irqchip_register(&apic_ops);
}
