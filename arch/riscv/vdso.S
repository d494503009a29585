/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/vdso.S - code that every process finds mapped, read-execute
 *
 * A signal handler returns to arch_sigreturn_offset. The generic side (kernel/vdso.c) maps the
 * pages between the two symbols; x86-64 programs bring their own return code (SA_RESTORER).
 */
#define NR_rt_sigreturn	139

	.section .vdso, "a", @progbits
	.balign	4096
	.globl	arch_vdso_start
arch_vdso_start:
vdso_sigreturn:
	li	a7, NR_rt_sigreturn
	ecall
	.balign	4096
	.globl	arch_vdso_end
arch_vdso_end:

	.section .rodata, "a", @progbits
	.balign	8
	.globl	arch_sigreturn_offset
arch_sigreturn_offset:
	.dword	vdso_sigreturn - arch_vdso_start
