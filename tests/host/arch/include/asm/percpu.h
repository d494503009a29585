/* SPDX-License-Identifier: MIT */
/* asm/percpu.h - which struct cpu the calling host thread plays now */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

struct cpu;
struct thread;

extern __thread struct cpu *host_cpu;

static inline struct cpu *arch_cpu(void)
{
	return host_cpu;
}

/* The first member of struct cpu is the running thread. */
static inline struct thread *arch_current(void)
{
	return *(struct thread **)host_cpu;
}

#endif
