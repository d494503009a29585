/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/vdso.S - the vDSO as bytes of the kernel image, in pages of its own
 *
 * The Makefile links vdso/ to vdso.so; kernel/vdso.c maps the pages between the two symbols into
 * every program. A signal handler returns to VDSO_SIGRETURN_OFFSET in it (signal.c).
 */
	.section .vdso, "a", @progbits
	.balign	4096
	.globl	arch_vdso_start, arch_vdso_end
arch_vdso_start:
	.incbin	"vdso.so"
	.balign	4096
arch_vdso_end:
