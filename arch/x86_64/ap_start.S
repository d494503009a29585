/* SPDX-License-Identifier: MIT */
/*
 * ap_start.S - how the other CPUs get from real mode into the kernel
 *
 * A start-up IPI (SDM vol. 3A ch. 8.4.4) starts a CPU in real mode at CS:IP = page:0 below 1 MiB.
 * smp.c copies [ap_start, ap_start_end) to AP_START_PA and fills in the variables at its end. The
 * CPU goes through protected mode into long mode on start.S's early tables, which still show low
 * memory at its physical address, and then loads the kernel's tables, which do not.
 */
#include <asm/memlayout.h>
#include <asm/regs.h>

/* Addresses as they are after the copy. */
#define AP_START_PA	0x8000
#define AP(symbol)	(AP_START_PA + (symbol) - ap_start)

	.section .init.data, "aw"
	.globl ap_start, ap_start_end, ap_cr3, ap_cr4, ap_stack, ap_cpu
	.balign 16
	.code16
ap_start:
	cli
	cld
	xorw %ax, %ax
	movw %ax, %ds
	lgdtl AP(ap_gdt_pointer)
	movl $(CR0_PE | CR0_NE | CR0_MP), %eax
	movl %eax, %cr0
	ljmpl $KERNEL32_CS, $AP(1f)
	.code32
1:	movl $KERNEL_DS, %eax
	movl %eax, %ds
	movl %eax, %ss
	movl AP(ap_cr4), %eax
	movl %eax, %cr4
	movl AP(ap_cr3), %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $(EFER_LME | EFER_SCE | EFER_NXE), %eax
	wrmsr
	movl $(CR0_PG | CR0_WP | CR0_NE | CR0_MP | CR0_PE), %eax
	movl %eax, %cr0
	ljmpl $KERNEL_CS, $AP(2f)
	.code64
2:	movq AP(ap_stack), %rsp
	movq AP(ap_cpu), %rdi
	xorl %ebp, %ebp
	movl %ebp, %ds
	movl %ebp, %es
	movl %ebp, %ss
	movl %ebp, %fs
	movl %ebp, %gs
	movq $ap_enter, %rax
	jmp *%rax

	.balign 8
ap_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
ap_gdt_pointer:
	.word ap_gdt_pointer - ap_gdt - 1
	.long AP(ap_gdt)
	.balign 8
ap_cr3:		.quad 0			/* early tables of the right depth              */
ap_cr4:		.quad 0
ap_stack:	.quad 0
ap_cpu:		.quad 0			/* struct cpu                                   */
ap_start_end:

/* At a kernel address: leave the early tables before using the stack, which may be vmalloc'ed. */
	.section .init.text, "ax"
ap_enter:
	movq $(swapper_pg_dir - KERNEL_LINK_BASE), %rax
	movq %rax, %cr3
	call ap_main
	ud2

	.section .note.GNU-stack, "", @progbits
