/* SPDX-License-Identifier: MIT */
/* asm/thread.h - threads are never switched here: see schedule_until() in shims.c */
#ifndef ASM_THREAD_H
#define ASM_THREAD_H

struct arch_thread {
	unsigned long sp;
};

#endif
