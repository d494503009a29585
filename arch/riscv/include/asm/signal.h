/* SPDX-License-Identifier: MIT */
/* asm/signal.h - what a signal handler finds on the stack: Linux's layout for riscv64 */
#ifndef ASM_SIGNAL_H
#define ASM_SIGNAL_H

#include <lib/compiler.h>
#include <lib/types.h>
#include <uapi/signal.h>

struct user_regs_struct {
	unsigned long regs[32];		/* pc, then x1 .. x31: the head of struct trapframe */
};

/* The double-precision state; the union it is in has the size of quad precision. */
struct riscv_d_ext_state {
	u64	f[32];
	u32	fcsr;
};

union riscv_fp_state {
	struct riscv_d_ext_state d;
	struct {
		u64	f[64] __aligned(16);
		u32	fcsr;
		u32	reserved[3];	/* zero: other extensions would begin here */
	} q;
};

struct sigcontext {
	struct user_regs_struct	sc_regs;
	union riscv_fp_state	sc_fpregs;
};

struct ucontext {
	unsigned long		uc_flags;
	struct ucontext		*uc_link;
	stack_t			uc_stack;
	u64			uc_sigmask;
	u8			unused[1024 / 8 - sizeof(u64)];	/* room for 1024 signals */
	struct sigcontext	uc_mcontext;
};

struct rt_sigframe {
	siginfo_t		info;
	struct ucontext		uc;
};

BUILD_ASSERT(offsetof(struct ucontext, uc_mcontext) == 176);
BUILD_ASSERT(sizeof(struct sigcontext) == 784);
BUILD_ASSERT(sizeof(struct rt_sigframe) == 1088);

#endif
