/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/console.c - the earliest console: the firmware's
 *
 * THE QUESTION   How does a line get out before any device is known? The firmware has a console of
 *                its own: the legacy call, or on firmware that dropped it the debug console (SBI
 *                2.0, 12). Slow (a trap to M-mode per character), so arch_init() starts the UART.
 *
 * LOCKS          none: usable from panic().
 */
#include <arch.h>
#include <asm/sbi.h>

#define DBCN_WRITE_BYTE	2

/* ---- console.c, power.c ---- */

void arch_console_putc(char c)
{
	static signed char has_debug_console = -1;

	if (has_debug_console < 0)
		has_debug_console = sbi_probe(SBI_EXT_DBCN);
	if (has_debug_console)
		sbi_call(SBI_EXT_DBCN, DBCN_WRITE_BYTE, (unsigned char)c, 0, 0, 0);
	else
		sbi_console_putchar(c);
}
