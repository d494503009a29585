/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/thread.c - a thread's first frame, and who owns the floating-point registers
 *
 * THE QUESTION   What does a thread that never ran look like on its stack? And whose numbers are in
 *                f0-f31, when switching must not cost 66 memory accesses each time?
 *
 * THE PICTURE    kstack_top -> | struct trapframe | user registers, always exactly here
 *                              | switch frame     | ra = thread_start, s0 = function, s1 = argument
 *                arch.sp ----> +------------------+
 *
 *                FP registers   sstatus.FS        memory (arch_thread.fp)
 *                never used     Off               zeroes
 *                trap: load     Clean             the same
 *                program writes Dirty             stale      -> switch.S saves, FS becomes Off
 *                runs again     Clean if the CPU's owner is still this thread, else Off
 *
 * ALWAYS TRUE    F1  a CPU's registers hold t's state iff its owner is t and t->fp_cpu is that CPU.
 *                F2  memory is up to date whenever the thread does not run.
 *
 * LOCKS          none: a thread's own state, or one that does not run yet. The owner word is
 *                touched with interrupts off or by the running thread only.
 */
#include <arch.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <lib/string.h>

BUILD_ASSERT(offsetof(struct cpu, curr) == CPU_CURRENT);
BUILD_ASSERT(offsetof(struct cpu, kstack_top) == CPU_KSTACK_TOP);
BUILD_ASSERT(offsetof(struct cpu, scratch) == CPU_USER_SP);
BUILD_ASSERT(offsetof(struct cpu, scratch[1]) == CPU_FULL_CALLS);
BUILD_ASSERT(offsetof(struct cpu, id) == CPU_ID);
BUILD_ASSERT(offsetof(struct cpu, hwid) == CPU_HWID);
BUILD_ASSERT(offsetof(struct cpu, arch[CPU_ARCH_FP_OWNER]) == CPU_FP_OWNER);
BUILD_ASSERT(offsetof(struct thread, work) == THREAD_WORK);
BUILD_ASSERT(offsetof(struct thread, kstack_top) == THREAD_KSTACK_TOP);
BUILD_ASSERT(offsetof(struct thread, arch.sp) == THREAD_SP);
BUILD_ASSERT(offsetof(struct thread, arch.fp) == THREAD_FP);
BUILD_ASSERT(offsetof(struct thread, arch.fcsr) == THREAD_FCSR);
BUILD_ASSERT(offsetof(struct thread, arch.fp_cpu) == THREAD_FP_CPU);

struct switch_frame {
	unsigned long ra, s[12], gp;
};
BUILD_ASSERT(sizeof(struct switch_frame) == SWITCH_SIZE);
BUILD_ASSERT(offsetof(struct switch_frame, gp) == SWITCH_GP);

void thread_start(void);	/* switch.S */

/* ---- switch.S, thread.c ---- */

/* The trap frame's place stays free: a kernel thread may become a user program (execve of init). */
void arch_thread_init_kernel(struct thread *t, void (*fn)(void *), void *arg)
{
	struct switch_frame *f = (struct switch_frame *)thread_regs(t) - 1;

	memset(f, 0, sizeof(*f));
	f->ra = (unsigned long)thread_start;
	f->s[0] = (unsigned long)fn;
	f->s[1] = (unsigned long)arg;
	t->arch.sp = (unsigned long)f;
	fp_state_changed(t);
}

int arch_thread_init_fork(struct thread *t, const struct trapframe *regs, unsigned long sp,
			  bool set_tls, unsigned long tls)
{
	struct trapframe *child = thread_regs(t);

	arch_thread_init_kernel(t, (void (*)(void *))arch_fork_return, NULL);
	*child = *regs;
	child->a0 = 0;
	if (sp)
		child->sp = sp;
	if (set_tls)
		child->tp = tls;
	fp_save_current();
	memcpy(t->arch.fp, current->arch.fp, sizeof(t->arch.fp));
	t->arch.fcsr = current->arch.fcsr;
	return 0;
}

void arch_start_user(struct trapframe *regs, unsigned long pc, unsigned long sp)
{
	memset(regs, 0, sizeof(*regs));
	regs->epc = pc;
	regs->sp = sp;
	memset(current->arch.fp, 0, sizeof(current->arch.fp));
	current->arch.fcsr = 0;
	fp_state_changed(current);
}

/* Nothing is allocated. A CPU that still names @t as owner is harmless: see F1. */
void arch_thread_free(struct thread *t)
{
	t->arch.fp_cpu = 0;
}

/* FP ownership */

void fp_save_current(void)
{
	unsigned long flags = arch_irq_save();

	if ((csr_read(sstatus) & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
		fp_save(&current->arch);
		csr_clear(sstatus, SSTATUS_FS);
		csr_set(sstatus, SSTATUS_FS_CLEAN);
	}
	arch_irq_restore(flags);
}

void fp_state_changed(struct thread *t)
{
	unsigned long flags = arch_irq_save();

	t->arch.fp_cpu = 0;
	if (t == current)
		csr_clear(sstatus, SSTATUS_FS);
	arch_irq_restore(flags);
}

bool fp_handle_illegal(void)
{
	unsigned long flags = arch_irq_save();
	bool was_off = (csr_read(sstatus) & SSTATUS_FS) == SSTATUS_FS_OFF;

	if (was_off) {
		csr_set(sstatus, SSTATUS_FS_DIRTY);
		fp_load(&current->arch);
		csr_clear(sstatus, SSTATUS_FS);
		csr_set(sstatus, SSTATUS_FS_CLEAN);
		arch_cpu()->arch[CPU_ARCH_FP_OWNER] = (unsigned long)current;
		current->arch.fp_cpu = arch_cpu()->id + 1;
	}
	arch_irq_restore(flags);
	return was_off;
}
