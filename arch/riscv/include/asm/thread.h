/* SPDX-License-Identifier: MIT */
/* asm/thread.h - what a thread keeps while it does not run */
#ifndef ASM_THREAD_H
#define ASM_THREAD_H

/* Offsets in struct thread (include/kernel/sched.h); thread.c asserts them. */
#define THREAD_WORK		0
#define THREAD_KSTACK_TOP	8
#define THREAD_SP		16
#define THREAD_FP		24
#define THREAD_FCSR		280
#define THREAD_FP_CPU		284

/* What switch.S pushes: ra, s0-s11, gp, and a word that keeps sp a multiple of 16 */
#define SWITCH_RA		0
#define SWITCH_S0		8
#define SWITCH_GP		104
#define SWITCH_SIZE		112

#ifndef __ASSEMBLY__

#include <lib/types.h>

struct arch_thread {
	unsigned long	sp;		/* kernel sp in arch_switch_to()                       */
	u64		fp[32];		/* f0-f31, valid when not in the registers of fp_cpu   */
	u32		fcsr;
	u32		fp_cpu;		/* CPU id + 1 whose registers may still hold our state */
};

struct thread;

/* FP ownership, thread.c */
/* fp_save_current - the running thread's FP state is in its arch_thread from now on */
void fp_save_current(void);
/* fp_state_changed - @t's arch_thread was rewritten: registers anywhere are stale */
void fp_state_changed(struct thread *t);
/* fp_handle_illegal - true if the illegal instruction was only FP being off: it is on now */
bool fp_handle_illegal(void);

/* switch.S */
void fp_save(struct arch_thread *a);
void fp_load(const struct arch_thread *a);

#endif
#endif
