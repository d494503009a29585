/* SPDX-License-Identifier: MIT */
/* asm/port.h - what the files of this port know of each other; generic code includes none of it */
#ifndef ASM_PORT_H
#define ASM_PORT_H

#include <arch.h>

/* cpu->arch[]: the port's own words of struct cpu */
enum cpu_arch_slot {
	CPU_TSS_RSP0,		/* address of rsp0 in this CPU's TSS                            */
	CPU_TIMER_DEADLINE,	/* ns of arch_clock_ns(), ~0 = none                             */
	CPU_STARTED,		/* smp.c: the CPU has arrived in the kernel                     */
};

/* start.S */
void enter_five_levels(void);
extern char boot_stack_guard[], boot_stack[], boot_stack_top[];
extern u64 early_pgd[], early_pgd5[];

/* gdt.c, idt.c */
void gdt_init_cpu(struct cpu *c);
void idt_init(void);
void idt_load(void);

/* thread.c: an entry of kernel/syscall.c's table; the types are those of every entry */
long sys_arch_prctl(unsigned long option, unsigned long addr, unsigned long r2, unsigned long r3,
		    unsigned long r4, unsigned long r5);

/* cpu.c: features that change what the port does */
extern bool cpu_has_1g_pages;
bool cpu_has_five_levels(void);
void cpu_init_boot(void);	/* once: look, and require what we cannot do without            */
void cpu_init(void);		/* on each CPU: control registers and SYSCALL's registers       */

/* mmu.c */
void mmu_set_layout(unsigned int levels);
void mmu_init(void);

/* numa.c: firmware's tables to mm/numa.c, once CPUs and memory are known */
void numa_probe(void);

/* trap.c, fault.c, irq.c: called by entry.S */
void trap(struct trapframe *regs);
void fatal_trap(struct trapframe *regs) __noreturn;
void bad_user_pc(struct trapframe *regs);
void page_fault(struct trapframe *regs, unsigned long error);
void interrupt(struct trapframe *regs, unsigned int vector);
bool fixup_exception(struct trapframe *regs);
void syscall_entry(void);
void __noreturn die(struct trapframe *regs, const char *what, unsigned long error);

/* irq.c, timer.c */
void irq_init(void);
void timer_calibrate(void);
void timer_vector(const struct trapframe *regs);

/* smp.c: entry from ap_start.S */
void ap_main(struct cpu *c) __noreturn;

#endif
