/* SPDX-License-Identifier: MIT */
/*
 * console.c - how do we print before there is a driver?
 *
 * The first serial port of a PC is at I/O port 0x3f8, a 16550 that the firmware has set up. It is
 * polled, with an end to the patience: a machine without one must still boot.
 * drivers/uart16550.c takes over when interrupts work.
 */
#include <arch.h>

#define COM1_DATA		0x3f8
#define COM1_LINE_STATUS	0x3fd
#define LINE_STATUS_THRE	(1 << 5)	/* room for a byte                      */
#define PATIENCE		100000

static void serial_out(char c)
{
	for (unsigned int i = 0; i < PATIENCE; i++) {
		if (inb(COM1_LINE_STATUS) & LINE_STATUS_THRE)
			break;
		arch_cpu_relax();
	}
	outb((u8)c, COM1_DATA);
}

/* ---- console.c, power.c ---- */

void arch_console_putc(char c)
{
	if (c == '\n')
		serial_out('\r');
	serial_out(c);
}
