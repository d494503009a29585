/* SPDX-License-Identifier: MIT */
/* asm/acpi.h - what acpi.c found out about the machine; constant after boot */
#ifndef ASM_ACPI_H
#define ASM_ACPI_H

#include <lib/types.h>

#define ACPI_MAX_IOAPICS	4
#define ACPI_ISA_IRQS		16
#define ACPI_MAX_CPUS		16

struct acpi_ioapic {
	paddr_t		pa;
	u32		gsi_base;	/* number of its first pin                              */
};

struct acpi_override {
	u32		gsi;		/* pin that an ISA interrupt is wired to                */
	bool		active_low, level;
};

struct acpi_info {
	paddr_t		lapic_pa;
	unsigned int	nr_cpus, nr_ioapics;
	u32		apic_id[ACPI_MAX_CPUS];		/* boot CPU first                       */
	struct acpi_ioapic ioapic[ACPI_MAX_IOAPICS];
	struct acpi_override isa[ACPI_ISA_IRQS];
	u16		pm1a_cnt, pm1b_cnt;		/* I/O ports, 0 = none                  */
	u8		s5_a, s5_b;			/* SLP_TYP of "soft off"                */
	bool		has_s5;
	u16		reset_port;			/* 0 = none                             */
	u8		reset_value;
	paddr_t		ecam_pa;			/* PCI configuration space of segment 0 */
	u64		ecam_size;			/* 0 = none                             */
};

extern struct acpi_info acpi;

/* acpi_init - read the tables; @rsdp 0: search for it. Needs the first 4 GiB in the direct map. */
void acpi_init(paddr_t rsdp);
/* acpi_find_table - the checked table with @signature and its length, or NULL. Before mmu_init() only. */
const void *acpi_find_table(const char *signature, u32 *length);

#endif
