/* SPDX-License-Identifier: MIT */
/*
 * switch.S - from one kernel stack to another
 *
 * The stack of a thread that does not run ends, at arch.sp, with the callee-saved registers of the
 * System V ABI and a return address. thread.c builds the same for a new thread.
 */
	.text

/*
 * struct thread *switch_stacks(unsigned long *prev_sp, unsigned long next_sp, struct thread *prev)
 * The third argument stays in its register across the switch: it is the thread that ran before.
 */
	.globl switch_stacks
switch_stacks:
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	movq %rdx, %rax
	ret

/* First code of a kernel thread: rbx = function, r12 = its argument (arch_thread_init_kernel()). */
	.globl kernel_thread_first
kernel_thread_first:
	movq %rax, %rdi
	call schedule_tail
	movq %r12, %rdi
	call *%rbx
	ud2				/* a thread's function ends the thread itself   */

	.section .note.GNU-stack, "", @progbits
