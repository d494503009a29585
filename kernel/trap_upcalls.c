/* SPDX-License-Identifier: MIT */
/*
 * kernel/trap_upcalls.c - what the ports call when user code stops: fault, exception, and the way back
 *
 *	port: trap -> handle_fault       page fault: mm/fault.c resolves it, or a signal
 *	              handle_exception   illegal instruction and the like: a signal
 *	              handle_syscall     syscall.c
 *	      then -> exit_to_user_work  while current->work says so: other threads, signals
 *
 * A fault in the kernel is only legal while it copies to or from user memory; false lets the port end
 * that copy early. A copy under a spinlock must not sleep in here: pagefault_disable().
 */
#include <arch.h>
#include <kernel/percpu.h>
#include <kernel/process.h>
#include <kernel/signal.h>
#include <mm/mm.h>
#include "proc_internal.h"
#include "signal_internal.h"

static DEFINE_PER_CPU(unsigned int, pagefault_disabled);

void pagefault_disable(void)
{
	this_cpu_var(pagefault_disabled)++;
	barrier();
}

void pagefault_enable(void)
{
	barrier();
	this_cpu_var(pagefault_disabled)--;
}

/* ---- faults ---- */

static bool fault_signal(const struct fault_info *fi, int sig, int code)
{
	if (!fi->user)
		return false;
	force_signal(sig, code, fi->address);
	return true;
}

static bool resolve(const struct fault_info *fi)
{
	for (;;) {
		switch (handle_mm_fault(current->mm, fi->address, fi->write, fi->exec, fi->user)) {
		case FAULT_OK:
			return true;
		case FAULT_SEGV_MAPERR:
			return fault_signal(fi, SIGSEGV, SEGV_MAPERR);
		case FAULT_SEGV_ACCERR:
			return fault_signal(fi, SIGSEGV, SEGV_ACCERR);
		case FAULT_SIGBUS:
			return fault_signal(fi, SIGBUS, BUS_ADRERR);
		case FAULT_OOM:
			if (oom_make_room())
				continue;
			if (!fatal_signal_pending(current) && fi->user)
				force_signal(SIGKILL, SI_KERNEL, fi->address);
			return fi->user;
		case FAULT_RETRY:
		case FAULT_WAIT:
		case FAULT_GROW:
		case FAULT_UFFD_MISSING:
		case FAULT_UFFD_MINOR:
		case FAULT_UFFD_WP:
			break;
		}
		panic("handle_mm_fault: address %lx: no such result", fi->address);
	}
}

bool handle_fault(struct trapframe *regs, const struct fault_info *fi)
{
	if (!current->mm || arch_irqs_disabled() || this_cpu_var(pagefault_disabled))
		return false;
	if (fi->noncanon || fi->address >= TASK_SIZE)
		return fault_signal(fi, SIGSEGV, fi->noncanon ? SI_KERNEL : SEGV_MAPERR);
	return resolve(fi);
}

void handle_exception(struct trapframe *regs, int sig, int code, unsigned long addr)
{
	force_signal(sig, code, addr);
}

/* ---- back to user mode ---- */

void exit_to_user_work(struct trapframe *regs)
{
	unsigned long work;

	ASSERT(arch_irqs_disabled());
	while ((work = READ_ONCE(current->work)) != 0) {
		arch_irq_enable();
		if (work & WORK_RESCHED) {
			clear_work(WORK_RESCHED);
			schedule();
		}
		if (work & (WORK_SIGNAL | WORK_RESTORE_MASK | WORK_FATAL))
			handle_signals(regs);
		arch_irq_disable();
	}
}
