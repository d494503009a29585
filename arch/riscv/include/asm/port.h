/* SPDX-License-Identifier: MIT */
/* asm/port.h - what the files of this port call in each other */
#ifndef ASM_PORT_H
#define ASM_PORT_H

#include <lib/compiler.h>
#include <lib/fdt.h>
#include <lib/types.h>

struct cpu;
struct trapframe;

/* boot.c */
extern struct fdt boot_fdt;		/* the devicetree, readable until the end of time */

/* cpu.c */
void cpu_read_fdt(void);		/* harts, ISA, timebase; before memblock is used */
void cpu_init_this(struct cpu *c);	/* the words entry.S needs; struct cpu is zeroed */
void cpu_enable_counters(void);
bool cpu_has_extension(const char *name);
unsigned int cpu_hart_count(void);
unsigned long cpu_hart_id(unsigned int cpu);
extern unsigned long timebase_hz;

/* trap.c -> fault.c */
void fault_user(struct trapframe *regs);
void fault_kernel(struct trapframe *regs);

/* irq.c */
void irq_dispatch(const struct trapframe *regs);
void irq_init_this(void);		/* which kinds of interrupt this CPU takes */

/* timer.c */
void timer_probe(void);			/* needs timebase_hz and the trap vector */
void timer_read_rtc(void);
void timer_irq(const struct trapframe *regs);

/* smp.c */
void ipi_irq(void);

/* mmu.c */
void mmu_choose_layout(unsigned int levels);	/* the variables of memlayout.h */
void mmu_init(void);			/* build the final tables and use them */

/* numa.c */
void numa_probe(void);			/* the devicetree's nodes to mm/numa.c, once CPUs and memory are known */

/* power.c */
void power_init(void);			/* find the finisher; early tables */
void power_map(void);			/* keep it; final tables */

#endif
