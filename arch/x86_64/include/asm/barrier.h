/* SPDX-License-Identifier: MIT */
/* asm/barrier.h - ordering towards devices; between CPUs use lib/atomic.h */
#ifndef ASM_BARRIER_H
#define ASM_BARRIER_H

#define mb()	asm volatile("mfence" : : : "memory")
#define rmb()	asm volatile("lfence" : : : "memory")
#define wmb()	asm volatile("sfence" : : : "memory")

#endif
