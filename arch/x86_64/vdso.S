/* SPDX-License-Identifier: MIT */
/*
 * arch/x86_64/vdso.S - the vDSO as bytes of the kernel image, in pages of its own
 *
 * The Makefile links vdso/ to vdso.so; kernel/vdso.c maps the pages between the two symbols into
 * every program. Signal handlers do not return through it: SA_RESTORER.
 */
	.section .vdso, "a", @progbits
	.balign	4096
	.globl	arch_vdso_start, arch_vdso_end
arch_vdso_start:
	.incbin	"vdso.so"
	.balign	4096
arch_vdso_end:

	.section .note.GNU-stack, "", @progbits
