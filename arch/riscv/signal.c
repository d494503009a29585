/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/signal.c - a handler's frame on the user stack, and the way back
 *
 * THE QUESTION   How is a program made to call its handler, and how does it get its registers back?
 *
 * THE PICTURE    old sp ->  |                              |
 *                           | ucontext: mask, altstack,    |  <- a2
 *                           |           pc x1..x31, f0..f31|
 *                           | siginfo                      |  <- a1
 *                new sp ->  +------------------------------+  multiple of 16
 *
 *                a0 = signal, pc = handler, ra = the two instructions of the vDSO that call
 *                rt_sigreturn: programs for RISC-V have no sa_restorer.
 *
 * ALWAYS TRUE    G1  only the named fields are written: no kernel bytes reach the program.
 *                G2  a frame comes back from the program: nothing in it is trusted. No register can
 *                    hurt the kernel; status and FS are not part of it.
 *
 * LOCKS          none: the running thread's own state; user copies may sleep.
 * LEFT OUT       vector state (V is not offered).
 */
#include <arch.h>
#include <asm/signal.h>
#include <asm/vdso.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <mm/mm.h>
#include <mm/uaccess.h>

#define USER_REGS_SIZE	sizeof(struct user_regs_struct)
#define FP_STATE_SIZE	(sizeof(u64) * 32 + sizeof(u32))

BUILD_ASSERT(USER_REGS_SIZE == offsetof(struct trapframe, status));
BUILD_ASSERT(offsetof(struct arch_thread, fcsr) - offsetof(struct arch_thread, fp) == 256);

/* ---- signal.c: Linux's rt_sigframe on each architecture ---- */

/* The members before uc_mcontext that are used; they lie without gaps. */
struct uc_head {
	unsigned long	flags, link;
	stack_t		stack;
	u64		mask;
};
BUILD_ASSERT(sizeof(struct uc_head) == offsetof(struct ucontext, unused));

static size_t save_context(struct sigcontext __user *sc, const struct trapframe *regs)
{
	static const u32 no_extensions[3];

	fp_save_current();
	return arch_copy_to_user(&sc->sc_regs, regs, USER_REGS_SIZE) +
	       arch_copy_to_user(&sc->sc_fpregs.d, current->arch.fp, FP_STATE_SIZE) +
	       arch_copy_to_user(sc->sc_fpregs.q.reserved, no_extensions, sizeof(no_extensions));
}

static int write_frame(struct rt_sigframe __user *frame, const struct ksignal *ks,
		       const struct trapframe *regs)
{
	struct uc_head head = { .mask = ks->mask };
	size_t left;

	if (!access_ok(frame, sizeof(*frame)))
		return -EFAULT;
	signal_save_altstack(&head.stack, regs->sp);
	left = arch_copy_to_user(&frame->info, &ks->info, sizeof(ks->info)) +
	       arch_copy_to_user(&frame->uc, &head, sizeof(head)) +
	       save_context(&frame->uc.uc_mcontext, regs);
	return left ? -EFAULT : 0;
}

int arch_signal_deliver(struct ksignal *ks, struct trapframe *regs)
{
	unsigned long sp = signal_altstack_sp(&ks->action, regs->sp);
	struct rt_sigframe __user *frame;

	sp = ALIGN_DOWN(sp - sizeof(*frame), 16UL);
	frame = (struct rt_sigframe __user *)sp;
	if (write_frame(frame, ks, regs))
		return -EFAULT;
	regs->ra = current->mm->vdso_base + VDSO_SIGRETURN_OFFSET;
	regs->epc = ks->action.handler;
	regs->sp = sp;
	regs->a0 = (unsigned long)ks->sig;
	regs->a1 = (unsigned long)&frame->info;
	regs->a2 = (unsigned long)&frame->uc;
	return 0;
}

/* On a fault half of it is restored; that program gets SIGSEGV and has no use for either half. */
static int restore_context(struct trapframe *regs, const struct sigcontext __user *sc)
{
	u32 reserved[3];
	size_t left;

	fp_state_changed(current);
	left = arch_copy_from_user(reserved, sc->sc_fpregs.q.reserved, sizeof(reserved)) +
	       arch_copy_from_user(current->arch.fp, &sc->sc_fpregs.d, FP_STATE_SIZE) +
	       arch_copy_from_user(regs, &sc->sc_regs, USER_REGS_SIZE);
	return left || reserved[0] || reserved[1] || reserved[2] ? -EFAULT : 0;
}

long arch_sigreturn(struct trapframe *regs)
{
	struct rt_sigframe __user *frame = (struct rt_sigframe __user *)regs->sp;
	struct uc_head head;

	if (!access_ok(frame, sizeof(*frame)) ||
	    arch_copy_from_user(&head, &frame->uc, sizeof(head)) ||
	    restore_context(regs, &frame->uc.uc_mcontext) ||
	    signal_restore_altstack(&head.stack))
		return -EFAULT;
	set_current_blocked(head.mask);
	return (long)regs->a0;
}
