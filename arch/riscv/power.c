/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/power.c - the end of the machine
 *
 * THE QUESTION   How does it stop, and how does the emulator's exit status tell how it went?
 *
 *                the test finisher of `virt` (FDT "sifive,test0"): one register
 *                    0x5555                     exit status 0
 *                    status << 16 | 0x3333      exit status `status`
 *                no finisher, or no devicetree: SBI SRST (chapter 10), then the legacy call
 *
 * ALWAYS TRUE    W1  the register is reachable from the moment the devicetree is: one to one on the
 *                    early tables, then by the fixmap.
 *
 * LOCKS          none: last act of the kernel.
 */
#include <arch.h>
#include <asm/port.h>
#include <asm/sbi.h>
#include <mm/fixmap.h>

#define FINISHER_PASS	0x5555u
#define FINISHER_FAIL	0x3333u
#define FINISHER_SHIFT	16

static volatile u32 *finisher;

void power_init(void)
{
	int node = fdt_node_by_compatible(&boot_fdt, -1, "sifive,test0");
	u64 base, size;

	if (node >= 0 && fdt_reg(&boot_fdt, node, 0, &base, &size) == 0 &&
	    base < (paddr_t)EARLY_MAP_GIB << 30)
		finisher = phys_to_virt(base);
}

void power_map(void)
{
	paddr_t pa = (paddr_t)(unsigned long)finisher;

	if (finisher)
		finisher = set_fixmap_offset_io(FIX_FINISHER, pa);
}

static void __noreturn halt(void)
{
	for (;;) {
		arch_irq_disable();
		__asm__ volatile("wfi");
	}
}

/* ---- console.c, power.c ---- */

void arch_power_off(int code)
{
	if (finisher)
		writel(code ? (u32)code << FINISHER_SHIFT | FINISHER_FAIL : FINISHER_PASS,
		       finisher);
	sbi_system_reset(SBI_SRST_SHUTDOWN, code ? SBI_SRST_FAILURE : SBI_SRST_NO_REASON);
	sbi_call(SBI_EXT_LEGACY_SHUTDOWN, 0, 0, 0, 0, 0);
	halt();
}

void arch_restart(void)
{
	sbi_system_reset(SBI_SRST_COLD_REBOOT, SBI_SRST_NO_REASON);
	halt();
}
