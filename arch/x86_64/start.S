/* SPDX-License-Identifier: MIT */
/*
 * start.S - from the first instruction to C: 32-bit mode, early tables, paging on, 64-bit mode
 *
 * The loader enters pvh_start as pvh_note.S says: 32-bit protected mode, flat segments, paging and
 * interrupts off, EBX = physical address of the start info. Early tables have four levels:
 *
 *     early_pgd[0], [273], [511]  ->  early_pud, early_pud, early_pud_kernel
 *     early_pud[0..3]             ->  early_pmd: the first 4 GiB in 2 MiB pages
 *     early_pud_kernel[510]       ->  early_pmd's first page: 1 GiB at KERNEL_LINK_BASE
 *
 * so the same memory appears at 0, at page_offset and (1 GiB of it) where the kernel is linked. The
 * slot of page_offset is 273 with four levels, and 273 with five. If five levels are wanted (the
 * command line must be read first, so C decides), enter_five_levels() leaves and re-enters long
 * mode, because LA57 may change only while paging is off (SDM vol. 3A ch. 4.1.1); early_pgd5's
 * slots 0, 273 and 511 then all lead to early_pgd, which has become the p4d table.
 */
#include <asm/memlayout.h>
#include <asm/page.h>
#include <asm/pgtable.h>
#include <asm/regs.h>

#define PA(symbol)		((symbol) - KERNEL_LINK_BASE)
#define SLOT_DIRECT_MAP		273
#define SLOT_KERNEL		511
#define TABLE_BITS		(_PAGE_P | _PAGE_RW | _PAGE_A)
#define EARLY_PMDS		4
#define BOOT_STACK_SIZE		16384

	.globl pvh_start_pa
	.set pvh_start_pa, PA(pvh_start)

	.section .init.text, "ax"
	.code32
	.globl pvh_start
pvh_start:
	cli
	cld
	movl $PA(boot_stack_top), %esp

	/* Long mode: CPUID leaf 0x80000001, EDX bit 29. */
	movl %ebx, %ebp
	movl $0x80000000, %eax
	cpuid
	cmpl $0x80000001, %eax
	jb no_long_mode
	movl $0x80000001, %eax
	cpuid
	testl $(1 << 29), %edx
	jz no_long_mode
	movl $EFER_LME | EFER_SCE, %esi
	testl $(1 << 20), %edx			/* NX */
	jz 1f
	orl $EFER_NXE, %esi
1:
	/* 2048 entries of 2 MiB. */
	movl $PA(early_pmd), %edi
	movl $(_PAGE_P | _PAGE_RW | _PAGE_PS | _PAGE_A | _PAGE_D), %eax
	movl $(EARLY_PMDS * 512), %ecx
2:	movl %eax, (%edi)
	addl $8, %edi
	addl $0x200000, %eax
	decl %ecx
	jnz 2b

	movl $PA(early_pud), %edi
	movl $(PA(early_pmd) + TABLE_BITS), %eax
	movl $EARLY_PMDS, %ecx
3:	movl %eax, (%edi)
	addl $8, %edi
	addl $4096, %eax
	decl %ecx
	jnz 3b

	movl $(PA(early_pmd) + TABLE_BITS), PA(early_pud_kernel) + 510 * 8
	movl $(PA(early_pud) + TABLE_BITS), PA(early_pgd)
	movl $(PA(early_pud) + TABLE_BITS), PA(early_pgd) + SLOT_DIRECT_MAP * 8
	movl $(PA(early_pud_kernel) + TABLE_BITS), PA(early_pgd) + SLOT_KERNEL * 8
	movl $(PA(early_pgd) + TABLE_BITS), %eax
	movl %eax, PA(early_pgd5)
	movl %eax, PA(early_pgd5) + SLOT_DIRECT_MAP * 8
	movl %eax, PA(early_pgd5) + SLOT_KERNEL * 8

	movl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $PA(early_pgd), %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl %esi, %eax
	wrmsr
	movl $(CR0_PG | CR0_WP | CR0_NE | CR0_MP | CR0_PE), %eax
	movl %eax, %cr0
	lgdt PA(early_gdt_pointer)
	ljmpl $KERNEL_CS, $PA(long_mode)

/* Without long mode there is no C; one line through the serial port's transmit register. */
no_long_mode:
	movl $PA(no_long_mode_text), %esi
1:	movb (%esi), %al
	testb %al, %al
	jz 2f
	movw $0x3f8, %dx
	outb %al, %dx
	incl %esi
	jmp 1b
2:	hlt
	jmp 2b

	.code64
long_mode:
	movq $long_mode_high, %rax
	jmp *%rax
long_mode_high:
	movq $boot_stack_top, %rsp
	movl %ebp, %edi
	xorl %ebp, %ebp
	movl %ebp, %ds
	movl %ebp, %es
	movl %ebp, %ss
	movl %ebp, %fs
	movl %ebp, %gs
	call boot_start
	ud2

/*
 * enter_five_levels(void) - the same code goes on with LA57 on. Runs at its physical address while
 * paging is off; only what is on the stack and in memory survives 32-bit mode.
 */
	.globl enter_five_levels
enter_five_levels:
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, early_saved_rsp(%rip)
	lgdt early_gdt_pointer(%rip)
	pushq $KERNEL32_CS
	pushq $PA(1f)
	lretq
	.code32
1:	movl $KERNEL_DS, %eax
	movl %eax, %ds
	movl %eax, %ss
	movl %cr0, %eax
	andl $~CR0_PG, %eax
	movl %eax, %cr0
	movl %cr4, %eax
	orl $CR4_LA57, %eax
	movl %eax, %cr4
	movl $PA(early_pgd5), %eax
	movl %eax, %cr3
	movl %cr0, %eax
	orl $CR0_PG, %eax
	movl %eax, %cr0
	ljmpl $KERNEL_CS, $PA(2f)
	.code64
2:	xorl %eax, %eax
	movl %eax, %ds
	movl %eax, %ss
	movq $3f, %rax
	jmp *%rax
3:	movq early_saved_rsp(%rip), %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	ret

	.section .init.data, "aw"
	.balign 8
	.globl early_gdt, early_gdt_pointer
early_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff		/* KERNEL32_CS: flat, 32 bits, execute          */
	.quad 0x00af9b000000ffff		/* KERNEL_CS: 64 bits, execute                  */
	.quad 0x00cf93000000ffff		/* KERNEL_DS: flat, write                       */
early_gdt_end:
early_gdt_pointer:
	.word early_gdt_end - early_gdt - 1
	.quad PA(early_gdt)
	.balign 8
early_saved_rsp:
	.quad 0
no_long_mode_text:
	.asciz "Verso needs a 64-bit CPU: give QEMU -cpu max or another x86-64 model\r\n"

	.section .init.bss, "aw", @nobits
	.balign 4096
	.globl early_pgd, early_pgd5
early_pgd:		.skip 4096
early_pgd5:		.skip 4096
early_pud:		.skip 4096
early_pud_kernel:	.skip 4096
early_pmd:		.skip 4096 * EARLY_PMDS

	.section .bss.page_aligned, "aw", @nobits
	.balign 4096
	.globl boot_stack_guard, boot_stack, boot_stack_top
boot_stack_guard:	.skip 4096	/* mmu.c leaves it unmapped                     */
boot_stack:		.skip BOOT_STACK_SIZE
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
