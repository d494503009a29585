/* SPDX-License-Identifier: MIT */
/*
 * asm/trapframe.h - the registers of the interrupted code, as entry.S pushes them
 *
 * The frame of a trap from user mode ends exactly at the top of the kernel stack. The last five
 * words are pushed by the hardware (SDM vol. 3A ch. 6.14.2) or, for SYSCALL, by entry.S.
 */
#ifndef ASM_TRAPFRAME_H
#define ASM_TRAPFRAME_H

#define TF_R11		(6 * 8)
#define TF_RAX		(10 * 8)
#define TF_RCX		(11 * 8)
#define TF_ORIG_RAX	(15 * 8)
#define TF_RIP		(16 * 8)
#define TF_CS		(17 * 8)
#define TF_RFLAGS	(18 * 8)
#define TF_RSP		(19 * 8)
#define TF_SIZE		(21 * 8)

#ifndef __ASSEMBLY__
#include <asm/regs.h>
#include <lib/types.h>

struct trapframe {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 orig_rax;		/* system call number; -1 in any other trap                     */
	u64 rip, cs, rflags, rsp, ss;
};

static inline unsigned long regs_pc(const struct trapframe *regs)	{ return regs->rip; }
static inline void regs_set_pc(struct trapframe *regs, unsigned long v)	{ regs->rip = v; }
static inline unsigned long regs_sp(const struct trapframe *regs)	{ return regs->rsp; }
static inline void regs_set_sp(struct trapframe *regs, unsigned long v)	{ regs->rsp = v; }
static inline bool regs_user(const struct trapframe *regs)		{ return regs->cs & 3; }

/* regs_syscall_nr - number of the call, -1 if the trap was no system call */
static inline unsigned long regs_syscall_nr(const struct trapframe *regs)
{
	return regs->orig_rax;
}

/* The convention of the System V ABI for system calls: rdi rsi rdx r10 r8 r9 -> rax. */
static inline unsigned long regs_arg(const struct trapframe *regs, unsigned int n)
{
	switch (n) {
	case 0:  return regs->rdi;
	case 1:  return regs->rsi;
	case 2:  return regs->rdx;
	case 3:  return regs->r10;
	case 4:  return regs->r8;
	default: return regs->r9;
	}
}

static inline unsigned long regs_return(const struct trapframe *regs)	{ return regs->rax; }
static inline void regs_set_return(struct trapframe *regs, unsigned long v) { regs->rax = v; }

static inline bool regs_irqs_enabled(const struct trapframe *regs)
{
	return regs->rflags & RFLAGS_IF;
}

/* regs_set_syscall_restart - the SYSCALL instruction (2 bytes) runs again with the same number */
static inline void regs_set_syscall_restart(struct trapframe *regs)
{
	regs->rax = regs->orig_rax;
	regs->rip -= 2;
}

#endif /* !__ASSEMBLY__ */
#endif
