/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/trap.c - what happened, and who answers
 *
 * THE QUESTION   scause is a number (Privileged ISA, table 4.2). Is it an interrupt, a fault, a
 *                mistake of a program, or a mistake of ours?
 *
 * THE PICTURE    scause        from user mode                 from the kernel
 *                interrupt     irq_dispatch()                 the same
 *                8   ecall     handle_syscall() (entry.S)     panic
 *                12 13 15      fault_user() (fault.c)         fault_kernel() (fault.c)
 *                2   illegal   FP off? on; else SIGILL        panic
 *                3   ebreak    SIGTRAP                        panic
 *                0 4 6         SIGBUS, BUS_ADRALN             fixup of a user copy, or panic
 *                1 5 7         SIGBUS, BUS_ADRERR             the same, or of arch_move_io()
 *
 * ALWAYS TRUE    T1  entry.S calls with interrupts off. After a user trap it turns them off itself;
 *                    after a kernel trap it expects them off again.
 *
 * LOCKS          none.
 */
#include <arch.h>
#include <asm/port.h>
#include <kernel/assert.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <uapi/signal.h>

void trap_user(struct trapframe *regs);
void trap_kernel(struct trapframe *regs);

extern char overflow_stack[], boot_stack[];

#define FRAME_RECORD	2	/* words below the frame pointer: caller's, return address */

/* ---- trapframe.h: user registers of a trap ---- */

void arch_show_regs(const struct trapframe *regs)
{
	static const char names[32][4] = {
		"pc", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",
		"a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5",
		"s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
	};
	const unsigned long *r = &regs->epc;

	for (unsigned int i = 0; i < 32; i++)
		printk("%4s %016lx%s", names[i], r[i], i % 4 == 3 ? "\n" : "");
	printk("status %lx cause %lx tval %lx (%s mode)\n", regs->status, regs->cause,
	       regs->tval, regs_user(regs) ? "user" : "kernel");
}

/* Is there room for a frame record below @fp in the @size bytes that end at @top? */
static bool record_within(unsigned long fp, unsigned long top, unsigned long size)
{
	return fp <= top && fp > top - size && fp - (top - size) >= FRAME_RECORD * sizeof(long);
}

/* Only the stacks that this CPU can be on are read. */
static bool frame_is_readable(unsigned long fp)
{
	const unsigned long overflow_size = 1UL << OVERFLOW_SIZE_SHIFT;

	return fp % sizeof(long) == 0 &&
	       (record_within(fp, arch_cpu()->kstack_top, THREAD_SIZE) ||
		record_within(fp, (unsigned long)overflow_stack + overflow_size, overflow_size));
}

void arch_backtrace(const struct trapframe *regs, bool (*fn)(unsigned long pc, void *arg),
		    void *arg)
{
	unsigned long fp = regs ? regs->s0 : (unsigned long)__builtin_frame_address(0);

	if (regs && (regs_user(regs) || !fn(regs->epc, arg)))
		return;
	for (unsigned int depth = 0; depth < 64 && frame_is_readable(fp); depth++) {
		const unsigned long *record = (const unsigned long *)fp - FRAME_RECORD;

		if (!record[1] || !fn(record[1], arg))
			return;
		fp = record[0];
	}
}

/* entry.S's callees */

static void exception_user(struct trapframe *regs)
{
	switch (regs->cause) {
	case EXC_INST_PAGE_FAULT:
	case EXC_LOAD_PAGE_FAULT:
	case EXC_STORE_PAGE_FAULT:
		fault_user(regs);
		break;
	case EXC_ILLEGAL:
		if (!fp_handle_illegal())
			handle_exception(regs, SIGILL, ILL_ILLOPC, regs->epc);
		break;
	case EXC_BREAKPOINT:
		handle_exception(regs, SIGTRAP, TRAP_BRKPT, regs->epc);
		break;
	case EXC_INST_MISALIGNED:
	case EXC_LOAD_MISALIGNED:
	case EXC_STORE_MISALIGNED:
		handle_exception(regs, SIGBUS, BUS_ADRALN, regs->tval);
		break;
	case EXC_INST_ACCESS:
	case EXC_LOAD_ACCESS:
	case EXC_STORE_ACCESS:
		handle_exception(regs, SIGBUS, BUS_ADRERR, regs->tval);
		break;
	default:
		arch_show_regs(regs);
		panic("trap from user mode with unknown cause %lx", regs->cause);
	}
}

void trap_user(struct trapframe *regs)
{
	if (regs->cause & CAUSE_INTERRUPT) {
		irq_dispatch(regs);
		return;
	}
	arch_irq_enable();
	exception_user(regs);
}

void trap_kernel(struct trapframe *regs)
{
	const char *top = overflow_stack + (1UL << OVERFLOW_SIZE_SHIFT);

	if ((const char *)regs == top - KFRAME_SIZE) {
		arch_show_regs(regs);
		panic("kernel stack overflow: sp %lx pc %lx", regs->sp, regs->epc);
	}
	if (regs->cause & CAUSE_INTERRUPT)
		irq_dispatch(regs);
	else
		fault_kernel(regs);
}
