/* SPDX-License-Identifier: MIT */
/* asm/port.h - the riscv port's file of this name, without the parts that are assembly, for boot_riscv_fuzz.c */
#ifndef ASM_PORT_H
#define ASM_PORT_H

#include <lib/fdt.h>

#define EARLY_MAP_GIB	4	/* less than the port's: it is all there, and reading behind it faults */
#define SATP_SV39	8
#define SATP_SV57	10

struct cpu;
extern struct fdt boot_fdt;
extern paddr_t direct_map_size;
#undef DIRECT_MAP_SIZE
#define DIRECT_MAP_SIZE	direct_map_size

void cpu_read_fdt(void);
void cpu_init_this(struct cpu *c);
void cpu_enable_counters(void);
void timer_probe(void);
void mmu_choose_layout(unsigned int levels);
void mmu_init(void);
void numa_probe(void);
unsigned int cpu_hart_count(void);
unsigned long cpu_hart_id(unsigned int cpu);
void power_init(void);
void power_map(void);

#endif
