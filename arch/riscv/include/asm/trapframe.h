/* SPDX-License-Identifier: MIT */
/*
 * asm/trapframe.h - the registers of whoever was interrupted
 *
 * A user trap's frame sits at the very top of the thread's kernel stack. The order from epc to t6
 * is Linux's user_regs_struct, so a signal frame is filled by one copy.
 *
 * In a user frame s0-s11 and gp are present only where someone needs them (entry.S, "partial
 * frame"): in exit_to_user_work() and in the calls of FULL_CALLS. status is SPP = 0 always. During a
 * call a0 is in orig_a0 only, until regs_set_return().
 */
#ifndef ASM_TRAPFRAME_H
#define ASM_TRAPFRAME_H

#include <asm/regs.h>

#define TF_EPC		0
#define TF_RA		8
#define TF_SP		16
#define TF_GP		24
#define TF_TP		32
#define TF_T0		40
#define TF_T1		48
#define TF_T2		56
#define TF_S0		64
#define TF_S1		72
#define TF_A0		80
#define TF_A1		88
#define TF_A2		96
#define TF_A3		104
#define TF_A4		112
#define TF_A5		120
#define TF_A6		128
#define TF_A7		136
#define TF_S2		144
#define TF_S3		152
#define TF_S4		160
#define TF_S5		168
#define TF_S6		176
#define TF_S7		184
#define TF_S8		192
#define TF_S9		200
#define TF_S10		208
#define TF_S11		216
#define TF_T3		224
#define TF_T4		232
#define TF_T5		240
#define TF_T6		248
#define TF_STATUS	256
#define TF_CAUSE	264
#define TF_TVAL		272
#define TF_ORIG_A0	280
#define TF_SIZE		288
/* A kernel frame has a frame record on top, so that a backtrace walks through it. */
#define KFRAME_SIZE	(TF_SIZE + 16)

/* entry.S: the spare stack for a kernel stack that overflowed */
#define OVERFLOW_SIZE_SHIFT 13

#define SYSCALL_INSN_SIZE 4	/* ecall */

#ifndef __ASSEMBLY__

#include <lib/types.h>

struct trapframe {
	unsigned long epc, ra, sp, gp, tp, t0, t1, t2, s0, s1;
	unsigned long a0, a1, a2, a3, a4, a5, a6, a7;
	unsigned long s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
	unsigned long t3, t4, t5, t6;
	unsigned long status;		/* sstatus at the trap                      */
	unsigned long cause, tval;	/* scause, stval; kept for dumps            */
	unsigned long orig_a0;		/* a0 before the result replaced it         */
};

static inline unsigned long regs_pc(const struct trapframe *r)		{ return r->epc; }
static inline void regs_set_pc(struct trapframe *r, unsigned long pc)	{ r->epc = pc; }
static inline unsigned long regs_sp(const struct trapframe *r)		{ return r->sp; }
static inline void regs_set_sp(struct trapframe *r, unsigned long sp)	{ r->sp = sp; }
static inline bool regs_user(const struct trapframe *r)	{ return !(r->status & SSTATUS_SPP); }
static inline unsigned long regs_syscall_nr(const struct trapframe *r)	{ return r->a7; }

/* regs_arg - argument @n (0..5) of the call; a0 is read from its copy, results do not disturb it */
static inline unsigned long regs_arg(const struct trapframe *r, unsigned int n)
{
	return n == 0 ? r->orig_a0 : (&r->a0)[n];
}

static inline unsigned long regs_return(const struct trapframe *r)	{ return r->a0; }
static inline void regs_set_return(struct trapframe *r, unsigned long v) { r->a0 = v; }

static inline bool regs_irqs_enabled(const struct trapframe *r)
{
	return regs_user(r) || (r->status & SSTATUS_SPIE);
}

static inline void regs_set_syscall_restart(struct trapframe *r)
{
	r->a0 = r->orig_a0;
	r->epc -= SYSCALL_INSN_SIZE;
}

#endif
#endif
