/* SPDX-License-Identifier: MIT */
/* asm/barrier.h - there are no devices; between CPUs the __atomic builtins do */
#ifndef ASM_BARRIER_H
#define ASM_BARRIER_H

#define mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define rmb()	mb()
#define wmb()	mb()

#endif
