/* SPDX-License-Identifier: MIT */
/*
 * irq.c - from a vector to the upcall, and which controllers the machine has
 *
 * THE PICTURE    vector            upcall
 *                0x30 + irq        handle_irq(irq)           IO-APIC pins
 *                0xec              timer_interrupt()         timer.c, this CPU's local APIC
 *                0xf0 + kind       handle_ipi(kind)          smp.c on another CPU
 *                0xff              none                      spurious: no EOI (SDM 3A ch. 10.9)
 *
 * ALWAYS TRUE    Q1  interrupts are off in all of this file's callees.
 *                Q2  each vector but 0xff is acknowledged exactly once: an edge (timer, IPI) before
 *                    its handler, so that the next one is not lost; a device after its handler,
 *                    so that a level that the handler ended does not come again.
 *
 * LOCKS          none.
 */
#include <irqchip_apic.h>
#include <console.h>
#include <asm/acpi.h>
#include <asm/port.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <mm/fixmap.h>
#include <mm/resource.h>

BUILD_ASSERT(VECTOR_IPI_BASE + NR_IPI_KINDS <= VECTOR_SPURIOUS);

static void add_ioapics(void)
{
	for (unsigned int i = 0; i < acpi.nr_ioapics; i++) {
		void *regs = set_fixmap_offset_io(FIX_IOAPIC_FIRST + i, acpi.ioapic[i].pa);

		if (ioapic_add(regs, acpi.ioapic[i].gsi_base) != 0)
			boot_failure("no room for IO-APIC %u at %lx", i, acpi.ioapic[i].pa);
	}
	for (unsigned int irq = 0; irq < ACPI_ISA_IRQS; irq++)
		ioapic_route_isa(irq, acpi.isa[irq].gsi, acpi.isa[irq].level,
				 acpi.isa[irq].active_low);
}

void irq_init(void)
{
	apic_init(set_fixmap_offset_io(FIX_APIC, acpi.lapic_pa));
	apic_init_cpu(VECTOR_TIMER, VECTOR_SPURIOUS);
	add_ioapics();
	ioapic_register(VECTOR_IRQ_BASE, apic_id());
}

/* What /proc/iomem shows. */
static void name_devices(void)
{
	request_mem_region(acpi.lapic_pa, PAGE_SIZE, "Local APIC");
	for (unsigned int i = 0; i < acpi.nr_ioapics; i++)
		request_mem_region(acpi.ioapic[i].pa, 0x400, "IOAPIC");
	if (acpi.ecam_size)
		request_mem_region(acpi.ecam_pa, acpi.ecam_size, "PCI ECAM");
}

void interrupt(struct trapframe *regs, unsigned int vector)
{
	struct cpu *c = arch_cpu();

	if (vector == VECTOR_SPURIOUS)
		return;
	c->irq_depth++;
	if (vector <= VECTOR_IRQ_LAST) {
		handle_irq(vector - VECTOR_IRQ_BASE);
		apic_eoi();
	} else {
		apic_eoi();
		if (vector == VECTOR_TIMER)
			timer_vector(regs);
		else if (vector - VECTOR_IPI_BASE < NR_IPI_KINDS)
			handle_ipi(vector - VECTOR_IPI_BASE);
		else
			pr_warn("interrupt on unused vector %u\n", vector);
	}
	c->irq_depth--;
}

/* ---- boot.c, cpu.c ---- */

void arch_init(void)
{
	irq_init();
	name_devices();
	timer_calibrate();
	if (uart16550_init(0x3f8, 0, true, 4, 1843200) != 0)
		pr_warn("no 16550 serial port at 0x3f8\n");
}
