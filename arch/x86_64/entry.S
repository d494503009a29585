/* SPDX-License-Identifier: MIT */
/*
 * entry.S - the one door: how the CPU comes into the kernel, and how it leaves
 *
 *     SYSCALL ------> syscall_entry --+                              +--> SYSRET
 *     exception ----> trap_common ----+--> C (trap.c) --> exit path -+
 *     interrupt ----> trap_common ----+                              +--> IRET
 *     page fault ---> page_fault_entry (its own copy: the hottest trap)
 *     NMI #DF #MC --> fatal_common (own stack, never returns)
 *
 * E1  In the kernel GS_BASE is struct cpu. SWAPGS is executed exactly once on each crossing, with
 *     interrupts off; fatal_common, which may interrupt between the two, looks at the MSR instead.
 * E2  A frame from user mode lies at the very top of the kernel stack (thread_regs()).
 * E3  DF and AC are clear while C runs.
 * E4  On the way to user mode interrupts are off from the test of thread->work on.
 * E5  IRET to user mode never faults: CS and SS are ours (signal.c), and rip is tested here.
 *
 * Segments, stack switch and frames: SDM vol. 3A ch. 6.14; SYSCALL and SYSRET: vol. 2B.
 */
#include <asm/extable.h>
#include <asm/percpu.h>
#include <asm/regs.h>
#include <asm/trapframe.h>

#define THREAD_WORK	0		/* offset in struct thread                      */
#define ENOSYS		38

/* Everything below orig_rax, in struct trapframe's order. */
.macro PUSH_REGS rax=%rax
	pushq %rdi
	pushq %rsi
	pushq %rdx
	pushq %rcx
	pushq \rax
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
.endm

.macro POP_REGS
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rax
	popq %rcx
	popq %rdx
	popq %rsi
	popq %rdi
.endm

	.section .text.entry, "ax"

/* ---- system calls ---- */

/* The CPU has put rip in rcx and RFLAGS in r11, cleared SFMASK's bits, and kept the user's rsp. */
	.globl syscall_entry
	.balign 16
syscall_entry:
	swapgs
	movq %rsp, %gs:CPU_SCRATCH
	movq %gs:CPU_KSTACK_TOP, %rsp
	pushq $USER_DS
	pushq %gs:CPU_SCRATCH
	pushq %r11
	pushq $USER_CS
	pushq %rcx
	pushq %rax			/* orig_rax                                     */
	PUSH_REGS $-ENOSYS
	xorl %ebp, %ebp			/* backtraces end here                          */
	movq %rsp, %rdi
	sti
	call handle_syscall
	cli
	movq %gs:CPU_CURRENT, %rax
	cmpq $0, THREAD_WORK(%rax)
	jne user_work
	/*
	 * SYSRET takes rip from rcx and RFLAGS from r11. A frame that was changed (signals, execve)
	 * has others, and leaves by IRET; so does a rip outside user space, on which SYSRET would
	 * fault in the kernel with the user's stack.
	 */
	movq TF_RIP(%rsp), %rcx
	cmpq %rcx, TF_RCX(%rsp)
	jne iret_to_user
	movq TF_RFLAGS(%rsp), %r11
	cmpq %r11, TF_R11(%rsp)
	jne iret_to_user
	cmpq task_size(%rip), %rcx
	jae iret_to_user
	POP_REGS
	movq TF_RSP - TF_ORIG_RAX(%rsp), %rsp
	swapgs
	sysretq

/* ---- the way back to user mode ---- */

/* A forked thread's first return from switch_stacks(): rax = the thread that ran before. */
	.globl arch_fork_first
arch_fork_first:
	movq %rax, %rdi
	xorl %ebp, %ebp
	call schedule_tail
	.globl arch_fork_return
arch_fork_return:
	cli

exit_to_user:
	movq %gs:CPU_CURRENT, %rax
	cmpq $0, THREAD_WORK(%rax)
	jne user_work
iret_to_user:
	movq TF_RIP(%rsp), %rcx
	cmpq task_size(%rip), %rcx
	jae user_bad_rip
	POP_REGS
	swapgs
	addq $8, %rsp			/* orig_rax                                     */
	iretq

user_work:
	movq %rsp, %rdi
	call exit_to_user_work
	jmp iret_to_user

user_bad_rip:
	movq %rsp, %rdi
	call bad_user_pc
	jmp exit_to_user

	.globl arch_enter_user
arch_enter_user:			/* (regs): the frame at the stack's top         */
	movq %rdi, %rsp
	cli
	jmp exit_to_user

/* ---- exceptions and interrupts ---- */

/*
 * From user mode or from the kernel: the saved CS tells.
 * On the stack: error code (or a stand-in) with the vector in its upper half, then IRET's
 * frame.
 */
	.balign 16
trap_common:
	PUSH_REGS
	cld
	SMAP_SITE clac
	movq %rsp, %rdi
	testb $3, TF_CS(%rsp)
	jz 1f
	swapgs
	xorl %ebp, %ebp
	call trap
	cli
	jmp exit_to_user
1:	call trap
	jmp iret_to_kernel

	.balign 16
page_fault_entry:
	PUSH_REGS
	cld
	SMAP_SITE clac
	movq %rsp, %rdi
	movq TF_ORIG_RAX(%rsp), %rsi	/* error code                                   */
	movq $-1, TF_ORIG_RAX(%rsp)
	testb $3, TF_CS(%rsp)
	jz 1f
	swapgs
	xorl %ebp, %ebp
	call page_fault
	cli
	jmp exit_to_user
1:	call page_fault
iret_to_kernel:
	POP_REGS
	addq $8, %rsp
	iretq

/* NMI, double fault, machine check: whichever stack and GS base were in use, stop the kernel. */
	.balign 16
fatal_common:
	PUSH_REGS
	cld
	movl $MSR_GS_BASE, %ecx
	rdmsr
	testl %edx, %edx		/* kernel addresses have bit 63 set             */
	js 1f
	swapgs
1:	xorl %ebp, %ebp
	movq %rsp, %rdi
	call fatal_trap
	ud2

/* One stub for each vector, 16 bytes each; idt.c points the IDT here. */

.macro TRAP_STUB vector
	.balign 16
	.if (\vector == 8) || (\vector == 10) || (\vector == 11) || (\vector == 12) || \
	    (\vector == 13) || (\vector == 14) || (\vector == 17) || (\vector == 21) || \
	    (\vector == 29) || (\vector == 30)
	/* the CPU has pushed an error code */
	.else
	pushq $0
	.endif
	.if \vector == 14
	jmp page_fault_entry
	.else
	movl $\vector, 4(%rsp)
	.if (\vector == 2) || (\vector == 8) || (\vector == 18)
	jmp fatal_common
	.else
	jmp trap_common
	.endif
	.endif
.endm

	.globl trap_stubs
	.balign 16
trap_stubs:
	.set v, 0
	.rept 256
	TRAP_STUB v
	.set v, v + 1
	.endr

	.section .note.GNU-stack, "", @progbits
