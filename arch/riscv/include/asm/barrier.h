/* SPDX-License-Identifier: MIT */
/* asm/barrier.h - order among memory and device accesses; between CPUs use __atomic builtins */
#ifndef ASM_BARRIER_H
#define ASM_BARRIER_H

/* i, o: device input and output; r, w: memory (RISC-V Unprivileged ISA, 2.7) */
#define mb()	__asm__ volatile("fence iorw, iorw" : : : "memory")
#define rmb()	__asm__ volatile("fence ir, ir" : : : "memory")
#define wmb()	__asm__ volatile("fence ow, ow" : : : "memory")

#endif
