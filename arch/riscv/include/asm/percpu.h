/* SPDX-License-Identifier: MIT */
/*
 * asm/percpu.h - tp leads to struct cpu while the kernel runs
 *
 * In user mode tp is the program's and sscratch keeps the pointer; entry.S exchanges them.
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

/* Offsets in struct cpu (include/kernel/percpu.h); trap.c asserts them. */
#define CPU_CURRENT	0
#define CPU_KSTACK_TOP	8
#define CPU_USER_SP	16	/* scratch[0]: the user's sp for the first instructions of a trap */
#define CPU_FULL_CALLS	24	/* scratch[1]: calls that need the whole frame, see entry.S       */
#define CPU_ID		48
#define CPU_HWID	52
#define CPU_FP_OWNER	88	/* arch[CPU_ARCH_FP_OWNER] */

/* struct cpu's arch[] words */
#define CPU_ARCH_FP_OWNER	0	/* struct thread * whose FP state the registers hold */
#define CPU_ARCH_IPI		1	/* bit n: IPI of kind n was sent here, not handled yet */

#ifndef __ASSEMBLY__

struct cpu;
struct thread;

static inline struct cpu *arch_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("mv %0, tp" : "=r"(cpu));
	return cpu;
}

static inline struct thread *arch_current(void)
{
	struct thread *t;

	__asm__ volatile("ld %0, %1(tp)" : "=r"(t) : "i"(CPU_CURRENT));
	return t;
}

#endif
#endif
