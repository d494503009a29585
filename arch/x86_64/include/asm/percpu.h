/* SPDX-License-Identifier: MIT */
/*
 * asm/percpu.h - this CPU's struct cpu, through the GS segment base
 *
 * In the kernel GS_BASE is the address of struct cpu; entry.S exchanges it with the program's on
 * the way in and out (SWAPGS). The first members of struct cpu are known here by their offset.
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#define CPU_CURRENT	0
#define CPU_KSTACK_TOP	8
#define CPU_SCRATCH	16
#define CPU_SELF	32

#ifndef __ASSEMBLY__

struct cpu;
struct thread;

/* Volatile: a thread that sleeps may go on on another CPU, so no value may be kept. */
static inline struct cpu *arch_cpu(void)
{
	struct cpu *c;

	asm volatile("movq %%gs:%c1, %0" : "=r" (c) : "i" (CPU_SELF));
	return c;
}

/* Not volatile: a thread is itself, wherever it runs. */
static inline struct thread *arch_current(void)
{
	struct thread *t;

	asm("movq %%gs:%c1, %0" : "=r" (t) : "i" (CPU_CURRENT));
	return t;
}

#endif /* !__ASSEMBLY__ */
#endif
