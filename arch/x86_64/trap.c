/* SPDX-License-Identifier: MIT */
/*
 * trap.c - what has interrupted this CPU, and who takes care of it?
 *
 * THE PICTURE    vector      from user mode                     from the kernel
 *                0..31       signal (the table below)           user copy: fixup; else panic
 *                14          fault.c, by an entry of its own    the same
 *                2, 8, 18    panic, on the stack of their own   the same
 *                0x30..0xff  irq.c                              irq.c
 *
 * ALWAYS TRUE    X1  interrupts are off on entry. Exceptions of user mode run with them on;
 *                    exceptions of the kernel are fixups or the end, and leave them off.
 *                X2  regs->orig_rax is -1 in the frame of every trap but a system call, so that
 *                    no signal restarts a call that was never made.
 *
 * LOCKS          none.
 * READ NEXT      entry.S before it, fault.c and irq.c after it.
 */
#include <asm/extable.h>
#include <asm/port.h>
#include <kernel/assert.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/align.h>
#include <uapi/signal.h>

/* ---- trapframe.h: user registers of a trap ---- */

void arch_show_regs(const struct trapframe *regs)
{
	printk("rip %016lx cs %04lx rflags %08lx rsp %016lx ss %04lx\n", regs->rip, regs->cs,
	       regs->rflags, regs->rsp, regs->ss);
	printk("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", regs->rax, regs->rbx, regs->rcx,
	       regs->rdx);
	printk("rsi %016lx rdi %016lx rbp %016lx orig_rax %lx\n", regs->rsi, regs->rdi, regs->rbp,
	       regs->orig_rax);
	printk("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", regs->r8, regs->r9, regs->r10,
	       regs->r11);
	printk("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", regs->r12, regs->r13, regs->r14,
	       regs->r15);
	printk("cr0 %lx cr2 %016lx cr3 %lx cr4 %lx\n", read_cr0(), read_cr2(), read_cr3(),
	       read_cr4());
}

/* A frame is [saved rbp][return address]; frames go up, inside one stack. */
void arch_backtrace(const struct trapframe *regs, bool (*fn)(unsigned long pc, void *arg),
		    void *arg)
{
	unsigned long fp = regs ? regs->rbp : (unsigned long)__builtin_frame_address(0);
	unsigned long limit = fp + THREAD_SIZE;

	if (regs && !fn(regs->rip, arg))
		return;
	while (fp >= page_offset && fp < limit && IS_ALIGNED(fp, sizeof(long))) {
		const unsigned long *frame = (const unsigned long *)fp;

		if (frame[1] == 0 || !fn(frame[1], arg))
			return;
		if (frame[0] <= fp)
			return;
		fp = frame[0];
	}
}

static const struct exception {
	const char	*name;
	u8		sig;
	u8		code;
	bool		pc_is_addr;	/* si_addr is the program counter; else 0       */
} exceptions[32] = {
	[VECTOR_DE] = { "divide error", SIGFPE, FPE_INTDIV, true },
	[VECTOR_DB] = { "debug", SIGTRAP, TRAP_TRACE, true },
	[VECTOR_BP] = { "breakpoint", SIGTRAP, SI_KERNEL, false },
	[VECTOR_OF] = { "overflow", SIGSEGV, SI_KERNEL, false },
	[VECTOR_BR] = { "bound range exceeded", SIGSEGV, SI_KERNEL, false },
	[VECTOR_UD] = { "invalid opcode", SIGILL, ILL_ILLOPN, true },
	[VECTOR_NM] = { "device not available", SIGILL, ILL_COPROC, true },
	[VECTOR_TS] = { "invalid TSS", SIGSEGV, SI_KERNEL, false },
	[VECTOR_NP] = { "segment not present", SIGBUS, SI_KERNEL, false },
	[VECTOR_SS] = { "stack segment", SIGBUS, SI_KERNEL, false },
	[VECTOR_GP] = { "general protection", SIGSEGV, SI_KERNEL, false },
	[VECTOR_MF] = { "x87 floating-point error", SIGFPE, 0, true },
	[VECTOR_AC] = { "alignment check", SIGBUS, BUS_ADRALN, false },
	[VECTOR_XM] = { "SIMD floating-point error", SIGFPE, 0, true },
};

/* x87 status word and MXCSR agree in their low six bits: IE DE ZE OE UE PE (SDM vol. 1 ch. 4.9). */
static int fpe_code(u32 raised)
{
	if (raised & 0x01)
		return FPE_FLTINV;
	if (raised & 0x04)
		return FPE_FLTDIV;
	if (raised & 0x08)
		return FPE_FLTOVF;
	if (raised & 0x12)
		return FPE_FLTUND;
	return FPE_FLTRES;
}

static int x87_code(void)
{
	u16 control, status;

	asm volatile("fnstcw %0; fnstsw %1" : "=m" (control), "=m" (status));
	return fpe_code(status & ~(u32)control & 0x3f);
}

static int sse_code(void)
{
	u32 mxcsr;

	asm volatile("stmxcsr %0" : "=m" (mxcsr));
	return fpe_code(mxcsr & ~(mxcsr >> 7) & 0x3f);
}

static const char *vector_name(unsigned int vector)
{
	if (vector < ARRAY_SIZE(exceptions) && exceptions[vector].name)
		return exceptions[vector].name;
	return "unexpected exception";
}

static void user_exception(struct trapframe *regs, unsigned int vector, unsigned long error)
{
	const struct exception *e = &exceptions[vector];
	int code = e->code;

	if (vector == VECTOR_MF)
		code = x87_code();
	else if (vector == VECTOR_XM)
		code = sse_code();
	current->arch.trap_vector = vector;
	current->arch.trap_error = error;
	arch_irq_enable();
	if (e->sig == 0)
		panic("%s: vector %u in user mode, rip %lx", vector_name(vector), vector,
		      regs->rip);
	handle_exception(regs, e->sig, code, e->pc_is_addr ? regs->rip : 0);
}

void die(struct trapframe *regs, const char *what, unsigned long error)
{
	panic_set_regs(regs);
	panic("%s in the kernel: error code %lx, rip %lx, cr2 %lx", what, error, regs->rip,
	      read_cr2());
}

/* An address that is not canonical raises #GP, not a page fault: user copies can meet it. */
static void kernel_exception(struct trapframe *regs, unsigned int vector, unsigned long error)
{
	if (vector == VECTOR_GP && fixup_exception(regs))
		return;
	die(regs, vector_name(vector), error);
}

void trap(struct trapframe *regs)
{
	unsigned int vector = (unsigned int)(regs->orig_rax >> 32);
	unsigned long error = (u32)regs->orig_rax;

	regs->orig_rax = ~0UL;
	if (vector >= VECTOR_IRQ_BASE)
		interrupt(regs, vector);
	else if (vector >= ARRAY_SIZE(exceptions))
		die(regs, "interrupt on a vector nobody uses", vector);
	else if (regs_user(regs))
		user_exception(regs, vector, error);
	else
		kernel_exception(regs, vector, error);
}

/* The guard page below a kernel stack turns its overflow into a double fault (gdt.c, G2). */
static bool is_stack_overflow(const struct trapframe *regs)
{
	unsigned long bottom = (unsigned long)current->kstack;

	return regs->rsp - (bottom - PAGE_SIZE) <= PAGE_SIZE;
}

void fatal_trap(struct trapframe *regs)
{
	unsigned int vector = (unsigned int)(regs->orig_rax >> 32);

	if (vector == VECTOR_DF && is_stack_overflow(regs)) {
		panic_set_regs(regs);
		panic("kernel stack overflow: rsp %lx, rip %lx", regs->rsp, regs->rip);
	}
	die(regs, vector == VECTOR_DF ? "double fault" : vector == VECTOR_NMI ?
	    "non-maskable interrupt" : "machine check", (u32)regs->orig_rax);
}

/*
 * entry.S found a program counter that user mode cannot have: a handler's address, or sigreturn put
 * it there. The CPU would raise #GP for one that is not canonical, and a page fault for others.
 */
void bad_user_pc(struct trapframe *regs)
{
	long sign = (long)regs->rip >> (max_user_levels_bits - 1);
	bool canonical = sign == 0 || sign == -1;

	regs->orig_rax = ~0UL;
	arch_irq_enable();
	handle_exception(regs, SIGSEGV, canonical ? SEGV_MAPERR : SI_KERNEL,
			 canonical ? regs->rip : 0);
	arch_irq_disable();
}
