/* SPDX-License-Identifier: MIT */
/*
 * vdso.S - the page of code that the kernel lends to every program: empty on x86-64
 *
 * RISC-V needs one, because a signal handler there returns to an address that only the kernel can
 * supply (arch/riscv/vdso.S). On x86-64 the C library supplies it with every sigaction()
 * (SA_RESTORER), and Linux demands it. A clock read without a system call would be the other use.
 * Start and end are equal, so exec maps nothing and passes no AT_SYSINFO_EHDR.
 */
	.section .rodata
	.globl arch_vdso_start, arch_vdso_end
arch_vdso_start:
arch_vdso_end:

	.section .note.GNU-stack, "", @progbits
