/* SPDX-License-Identifier: MIT */
/* asm/fixmap.h - what this port keeps at addresses that the compiler knows (mm/fixmap.c) */
#ifndef ASM_FIXMAP_H
#define ASM_FIXMAP_H

#include <asm/acpi.h>

/* From the top down. The UART of a PC has I/O ports, and the machine is switched off through one. */
#define PORT_FIXED_ADDRESSES									\
	FIX_APIC,			/* irq.c: each CPU sees its own local APIC there */	\
	FIX_IOAPIC_FIRST,		/* irq.c */						\
	FIX_IOAPIC_LAST = FIX_IOAPIC_FIRST + ACPI_MAX_IOAPICS - 1,

#endif
