/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/irq.c - the three interrupts of S-mode, and what starts with them
 *
 * THE QUESTION   scause says software, timer or external (Privileged ISA 4.1.3). Who handles it?
 *
 *                1  software   another CPU's IPI      ipi_irq() (smp.c)
 *                5  timer      our own deadline       timer_irq() (timer.c)
 *                9  external   a device, by the PLIC  plic_handle() (drivers/irqchip_plic.c)
 *
 * ALWAYS TRUE    I1  interrupts are off in every handler, so handlers do not nest.
 *                I2  irq_depth is above 0 exactly while a handler runs.
 *
 * LOCKS          none.
 */
#include <arch.h>
#include <asm/port.h>
#include <console.h>
#include <irqchip_plic.h>
#include <kernel/assert.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <mm/fixmap.h>
#include <mm/resource.h>
#include <mm/vmalloc.h>

void irq_dispatch(const struct trapframe *regs)
{
	struct cpu *c = this_cpu();

	c->irq_depth++;
	switch (regs->cause & ~CAUSE_INTERRUPT) {
	case IRQ_S_SOFT:
		csr_clear(sip, SIE_SSIE);
		ipi_irq();
		break;
	case IRQ_S_TIMER:
		timer_irq(regs);
		break;
	case IRQ_S_EXT:
		plic_handle();
		break;
	default:
		panic("unknown interrupt: scause %lx", regs->cause);
	}
	c->irq_depth--;
}

void irq_init_this(void)
{
	csr_write(sie, SIE_SSIE | SIE_SEIE);
}

/*
 * The PLIC has one context per (hart, mode); "interrupts-extended" lists (interrupt controller of a
 * hart, cause) in that order. Ours is where the cause is 9 and the controller is the boot hart's.
 */
static int plic_context_of(int plic, unsigned long hart)
{
	u32 phandle, cause;
	u64 id, size;
	int node;

	for (unsigned int i = 0; ; i++) {
		if (fdt_prop_cell(&boot_fdt, plic, "interrupts-extended", 2 * i, &phandle) ||
		    fdt_prop_cell(&boot_fdt, plic, "interrupts-extended", 2 * i + 1, &cause))
			return -1;
		if (cause != IRQ_S_EXT)
			continue;
		node = fdt_parent(&boot_fdt, fdt_node_by_phandle(&boot_fdt, phandle));
		if (fdt_reg(&boot_fdt, node, 0, &id, &size) == 0 && id == hart)
			return (int)i;
	}
}

static void start_plic(void)
{
	int node = fdt_node_by_compatible(&boot_fdt, -1, "riscv,plic0");
	u64 base, size;
	u32 sources;
	int context;
	void *va;

	if (node < 0)
		node = fdt_node_by_compatible(&boot_fdt, -1, "sifive,plic-1.0.0");
	if (node < 0 || fdt_reg(&boot_fdt, node, 0, &base, &size) ||
	    fdt_prop_u32(&boot_fdt, node, "riscv,ndev", &sources)) {
		pr_warn("no interrupt controller (PLIC) in the devicetree: no console input\n");
		return;
	}
	context = plic_context_of(node, cpu_hart_id(0));
	request_mem_region(base, size, "plic");
	va = ioremap(base, size);
	if (context < 0 || !va) {
		pr_warn("PLIC at %lx: no context for the boot hart\n", base);
		return;
	}
	plic_init(va, (unsigned int)context, sources);
}

static void start_uart(void)
{
	int node = fdt_node_by_compatible(&boot_fdt, -1, "ns16550a");
	u32 irq, clock = 0, shift = 0;
	u64 base, size;

	if (node < 0 || fdt_reg(&boot_fdt, node, 0, &base, &size) ||
	    fdt_prop_cell(&boot_fdt, node, "interrupts", 0, &irq)) {
		pr_warn("no 16550 UART in the devicetree: output by firmware, no input\n");
		return;
	}
	fdt_prop_u32(&boot_fdt, node, "clock-frequency", &clock);
	fdt_prop_u32(&boot_fdt, node, "reg-shift", &shift);
	request_mem_region(base, size, "serial");
	if ((base & ~PAGE_MASK) + size > PAGE_SIZE ||
	    uart16550_init((unsigned long)set_fixmap_offset_io(FIX_UART, base), shift, false, irq, clock))
		pr_warn("UART at %lx cannot be used\n", base);
}

/* What /proc/iomem shows besides the devices with drivers. */
static void name_devices(void)
{
	int node = fdt_node_by_compatible(&boot_fdt, -1, "pci-host-ecam-generic");
	u64 base, size;

	if (node >= 0 && fdt_reg(&boot_fdt, node, 0, &base, &size) == 0)
		request_mem_region(base, size, "PCI ECAM");
}

/* ---- boot.c, cpu.c ---- */

void arch_init(void)
{
	timer_read_rtc();
	irq_init_this();
	start_plic();
	start_uart();
	name_devices();
}

void no_port_io(u16 port)
{
	panic("access to I/O port %x: this machine has none", port);
}
