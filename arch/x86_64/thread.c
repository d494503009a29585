/* SPDX-License-Identifier: MIT */
/*
 * thread.c - what is a thread to this CPU, and how does it run for the first time?
 *
 * THE PICTURE    kernel stack of a thread that has not run yet
 *
 *                kernel thread                      forked thread
 *    kstack_top->+----------------------+           +------------------+
 *                | struct trapframe, in |           | struct trapframe | copy of the parent's,
 *                | case it execs        |           |                  | rax = 0
 *                +----------------------+           +------------------+
 *                | kernel_thread_first  |  return   | arch_fork_first  |
 *                | rbp=0 rbx=fn r12=arg |  address  | zeroes           |
 *       arch.sp->+----------------------+           +------------------+
 *
 * ALWAYS TRUE    H1  the FP registers belong to current if current->arch.user; they are saved and
 *                    loaded at each switch of user threads. The kernel itself uses none.
 *                H2  FS_BASE and KERNEL_GS_BASE are current's fs_base and gs_base if it has them;
 *                    both are below task_size, so SWAPGS never installs a kernel address.
 *                H3  cpu->kstack_top (set by the scheduler) and the TSS's rsp0 are current's kernel
 *                    stack top.
 *
 * LOCKS          none: current's own state, or a thread that nobody else knows yet.
 */
#include <asm/port.h>
#include <kernel/assert.h>
#include <kernel/sched.h>
#include <lib/string.h>
#include <mm/uaccess.h>

BUILD_ASSERT(offsetof(struct thread, work) == 0);
BUILD_ASSERT(offsetof(struct thread, kstack_top) == 8);
BUILD_ASSERT(offsetof(struct cpu, curr) == CPU_CURRENT);
BUILD_ASSERT(offsetof(struct cpu, kstack_top) == CPU_KSTACK_TOP);
BUILD_ASSERT(offsetof(struct cpu, scratch) == CPU_SCRATCH);
BUILD_ASSERT(offsetof(struct cpu, self) == CPU_SELF);
BUILD_ASSERT(sizeof(struct trapframe) == TF_SIZE);
BUILD_ASSERT(offsetof(struct trapframe, r11) == TF_R11);
BUILD_ASSERT(offsetof(struct trapframe, rax) == TF_RAX);
BUILD_ASSERT(offsetof(struct trapframe, orig_rax) == TF_ORIG_RAX);
BUILD_ASSERT(offsetof(struct trapframe, rsp) == TF_RSP);

/* arch_prctl(2) */
#define ARCH_SET_GS		0x1001
#define ARCH_SET_FS		0x1002
#define ARCH_GET_FS		0x1003
#define ARCH_GET_GS		0x1004

/* What switch_stacks() pops. */
struct switch_frame {
	u64	r15, r14, r13, r12, rbx, rbp;
	u64	return_address;
};

/* The state of a new program: control word and MXCSR as the ABI says, all exceptions masked. */
static const struct {
	u16	fcw, fsw;
	u32	tag_opcode;
	u64	rip, rdp;
	u32	mxcsr, mxcsr_mask;
	u8	rest[FP_STATE_MAX - 32];
} fp_initial __aligned(FP_ALIGN) = { .fcw = 0x37f, .mxcsr = 0x1f80 };

struct thread *switch_stacks(unsigned long *prev_sp, unsigned long next_sp, struct thread *prev);
void kernel_thread_first(void);
void arch_fork_first(void);

static void load_segment_bases(const struct arch_thread *a)
{
	wrmsr(MSR_FS_BASE, a->fs_base);
	wrmsr(MSR_KERNEL_GS_BASE, a->gs_base);
}

static void set_first_frame(struct thread *t, unsigned long top, struct switch_frame frame)
{
	struct switch_frame *f = (struct switch_frame *)top - 1;

	*f = frame;
	t->arch.sp = (unsigned long)f;
}

/* ---- switch.S, thread.c ---- */

struct thread *arch_switch_to(struct thread *prev, struct thread *next)
{
	struct cpu *c = arch_cpu();

	if (prev->arch.user)
		fp_save(fp_area(&prev->arch));
	*(u64 *)c->arch[CPU_TSS_RSP0] = next->kstack_top;
	if (next->arch.user) {
		fp_restore(fp_area(&next->arch));
		load_segment_bases(&next->arch);
	}
	return switch_stacks(&prev->arch.sp, next->arch.sp, prev);
}

void arch_thread_init_kernel(struct thread *t, void (*fn)(void *), void *arg)
{
	t->arch.user = false;
	t->arch.fs_base = 0;
	t->arch.gs_base = 0;
	set_first_frame(t, (unsigned long)thread_regs(t), (struct switch_frame){
		.rbx = (u64)fn,
		.r12 = (u64)arg,
		.return_address = (u64)kernel_thread_first,
	});
}

int arch_thread_init_fork(struct thread *t, const struct trapframe *regs, unsigned long sp,
			  bool set_tls, unsigned long tls)
{
	struct trapframe *child = thread_regs(t);

	if (set_tls && tls >= task_size)
		return -EPERM;
	*child = *regs;
	child->rax = 0;
	if (sp)
		child->rsp = sp;
	t->arch.user = true;
	t->arch.fs_base = set_tls ? tls : current->arch.fs_base;
	t->arch.gs_base = current->arch.gs_base;
	memset(fp_area(&t->arch), 0, FP_STATE_MAX);
	fp_save(fp_area(&t->arch));
	set_first_frame(t, (unsigned long)child, (struct switch_frame){
		.return_address = (u64)arch_fork_first,
	});
	return 0;
}

void arch_start_user(struct trapframe *regs, unsigned long pc, unsigned long sp)
{
	struct arch_thread *a = &current->arch;
	unsigned long flags;

	*regs = (struct trapframe){
		.orig_rax = ~0UL,
		.rip = pc,
		.cs = USER_CS,
		.rflags = RFLAGS_IF | RFLAGS_FIXED,
		.rsp = sp,
		.ss = USER_DS,
	};
	flags = arch_irq_save();
	a->user = true;
	a->fs_base = 0;
	a->gs_base = 0;
	load_segment_bases(a);
	fp_reset();
	arch_irq_restore(flags);
}

void arch_thread_free(struct thread *t)
{
	t->arch.user = false;	/* everything lies inside struct thread */
}

/* The FP registers belong to current (H1). */
void fp_save(void *area)
{
	if (fp_xfeatures)
		asm volatile("xsave64 (%0)" : : "r" (area), "a" (~0U), "d" (~0U) : "memory");
	else
		asm volatile("fxsave64 (%0)" : : "r" (area) : "memory");
}

void fp_restore(const void *area)
{
	if (fp_xfeatures)
		asm volatile("xrstor64 (%0)" : : "r" (area), "a" (~0U), "d" (~0U) : "memory");
	else
		asm volatile("fxrstor64 (%0)" : : "r" (area) : "memory");
}

void fp_reset(void)
{
	fp_restore(&fp_initial);
}

/* arch_prctl(2), the one system call that RISC-V does not have */

static long set_base(unsigned long *base, unsigned long addr)
{
	unsigned long flags;

	if (addr >= task_size)
		return -EPERM;
	flags = arch_irq_save();
	*base = addr;
	load_segment_bases(&current->arch);
	arch_irq_restore(flags);
	return 0;
}

long sys_arch_prctl(unsigned long option, unsigned long addr, unsigned long r2, unsigned long r3,
		    unsigned long r4, unsigned long r5)
{
	struct arch_thread *a = &current->arch;

	switch ((int)option) {
	case ARCH_SET_FS:
		return set_base(&a->fs_base, addr);
	case ARCH_SET_GS:
		return set_base(&a->gs_base, addr);
	case ARCH_GET_FS:
		return put_user(a->fs_base, (unsigned long __user *)addr);
	case ARCH_GET_GS:
		return put_user(a->gs_base, (unsigned long __user *)addr);
	default:
		return -EINVAL;
	}
}
