/* SPDX-License-Identifier: MIT */
/*
 * power.c - how does the machine end?
 *
 * off, success   ACPI's sleep state S5: SLP_TYP and SLP_EN into the PM1 control registers (ACPI 6.4
 *                ch. 4.8.3.2). acpi.c found the ports in the FADT and the types in the DSDT.
 * off, failure   first QEMU's isa-debug-exit device, which ends the emulator with (code << 1) | 1;
 *                a write to its port means nothing where the device is absent. Then S5.
 * restart        the FADT's reset register, the chipset's (port 0xcf9), or a triple fault.
 */
#include <arch.h>
#include <asm/acpi.h>

#define DEBUG_EXIT_PORT		0xf4
#define SLP_TYP_SHIFT		10
#define SLP_EN			(1U << 13)
#define RESET_PORT		0xcf9
#define RESET_FULL		0x0e
/* PM1a control of QEMU's PCs, whose S5 type is 0: for a failure before the tables were read. */
#define QEMU_PM1A_CNT		0x604

static void __noreturn halt_forever(void)
{
	for (;;)
		asm volatile("cli; hlt" : : : "memory");
}

static void soft_off(void)
{
	if (!acpi.has_s5) {
		outw(SLP_EN, QEMU_PM1A_CNT);
		return;
	}
	outw((u16)(acpi.s5_a << SLP_TYP_SHIFT | SLP_EN), acpi.pm1a_cnt);
	if (acpi.pm1b_cnt)
		outw((u16)(acpi.s5_b << SLP_TYP_SHIFT | SLP_EN), acpi.pm1b_cnt);
}

/* ---- console.c, power.c ---- */

void arch_power_off(int code)
{
	arch_irq_disable();
	if (code != 0)
		outl((u32)code, DEBUG_EXIT_PORT);
	soft_off();
	halt_forever();
}

void arch_restart(void)
{
	const struct { u16 limit; u64 base; } __packed empty_idt = { 0, 0 };

	arch_irq_disable();
	if (acpi.reset_port)
		outb(acpi.reset_value, acpi.reset_port);
	outb(RESET_FULL, RESET_PORT);
	asm volatile("lidt %0; int3" : : "m" (empty_idt));
	halt_forever();
}
