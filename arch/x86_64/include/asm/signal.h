/* SPDX-License-Identifier: MIT */
/*
 * asm/signal.h - the frame of a signal handler on the user stack, exactly as Linux lays it out
 *
 * From the stack's top down: the FP state (aligned to 64, its size in sw_bytes), then
 * struct rt_sigframe, whose first word is where the handler returns to.
 */
#ifndef ASM_SIGNAL_H
#define ASM_SIGNAL_H

#include <uapi/signal.h>

/* bits of uc_flags */
#define UC_FP_XSTATE		0x1	/* fpstate is XSAVE's format                            */
#define UC_SIGCONTEXT_SS	0x2	/* sc.ss is valid                                       */
#define UC_STRICT_RESTORE_SS	0x4	/* sigreturn takes it                                   */

/* Marks that tell a program, and sigreturn, that more than the 512 legacy bytes are there. */
#define FP_XSTATE_MAGIC1	0x46505853U
#define FP_XSTATE_MAGIC2	0x46505845U
#define FP_SW_BYTES_OFFSET	464
#define FP_MXCSR_OFFSET		24

struct fpx_sw_bytes {
	u32	magic1;
	u32	extended_size;		/* with MAGIC2 at the end                               */
	u64	xfeatures;
	u32	xstate_size;
	u32	padding[7];
};

struct sigcontext {
	u64	r8, r9, r10, r11, r12, r13, r14, r15;
	u64	rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
	u16	cs, gs, fs, ss;
	u64	err, trapno, oldmask, cr2;
	u64	fpstate;		/* user address, 0 = none                               */
	u64	reserved[8];
};

struct ucontext {
	u64		uc_flags, uc_link;
	stack_t		uc_stack;
	struct sigcontext uc_mcontext;
	u64		uc_sigmask;
};

struct rt_sigframe {
	u64		pretcode;	/* sa_restorer                                          */
	struct ucontext	uc;
	siginfo_t	info;
};

_Static_assert(sizeof(struct fpx_sw_bytes) == 48, "Linux's layout");
_Static_assert(sizeof(struct sigcontext) == 256, "Linux's layout");
_Static_assert(sizeof(struct ucontext) == 304, "Linux's layout");
_Static_assert(sizeof(struct rt_sigframe) == 440, "Linux's layout");

#endif
