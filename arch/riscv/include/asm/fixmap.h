/* SPDX-License-Identifier: MIT */
/* asm/fixmap.h - what this port keeps at addresses that the compiler knows (mm/fixmap.c) */
#ifndef ASM_FIXMAP_H
#define ASM_FIXMAP_H

/* From the top down. The PLIC, 6 MiB of registers, and the clock, read once, use ioremap() instead. */
#define PORT_FIXED_ADDRESSES									\
	FIX_FINISHER,			/* power.c: usable from a panic, so never looked up */	\
	FIX_UART,			/* irq.c: the console */

#endif
