/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/start.S - from the first instruction to C
 *
 * THE QUESTION   Firmware enters at a physical address with paging off; the kernel is linked in the
 *                top 2 GiB. How does one get to the other, at three depths of page table?
 *
 * THE PICTURE    The early tables are one tower that serves every depth, because the root of one
 *                depth is also the first and the last entry of the next deeper one:
 *
 *                early_root5   [0], [511] -> early_root4                 root for Sv57
 *                early_root4   [0], [511] -> early_root3                 root for Sv48
 *                early_root3   [0..255]   1 GiB leaves, one to one       root for Sv39
 *                              [510]      -> early_pmd: the kernel image in 2 MiB leaves
 *
 *                Paging goes on at an address that is mapped one to one; then we jump up.
 *
 * ALWAYS TRUE    S1  No absolute address is used before paging is on: `la` is pc-relative.
 *                S2  satp ignores a write of an unsupported mode (Privileged ISA 4.1.11), so
 *                    reading it back tells what the CPU has.
 *                S3  A change of depth goes through satp = 0.
 *                S4  Firmware loads the image at a multiple of 2 MiB, as OpenSBI requires.
 *                S5  Every hart comes in at _start, and only the first boots. OpenSBI 1.1 makes a hart's state
 *                    START_PENDING before it writes the address to start at, so a hart that looks in between
 *                    jumps to where the first one was sent, with its arguments. There is one address here, and
 *                    what a later hart needs lies in starting_cpu.
 *
 * LOCKS          none: the boot hart alone, or another hart with a stack of its own.
 * READ NEXT      boot.c (boot_main), smp.c (secondary_boot), mmu.c (the final tables).
 */
#include <asm/memlayout.h>
#include <asm/page.h>
#include <asm/percpu.h>
#include <asm/pgtable.h>
#include <asm/regs.h>

#define BOOT_STACK_SIZE	16384
#define LEAF_RWX	(PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D)

/* a0 = hart id; boot hart: a1 = physical address of the FDT */

	.section .head.text, "ax"
	.globl	_start
_start:
	csrw	sie, zero
	li	t0, SSTATUS_FS | SSTATUS_SUM | SSTATUS_SPP | SSTATUS_SIE
	csrc	sstatus, t0
	la	t0, harts_entered
	li	t1, 1
	amoadd.d.aqrl t1, t1, (t0)
	beqz	t1, first_hart
	j	another_hart		# S5; a branch may not reach as far as .text
first_hart:
	mv	s0, a0
	mv	s1, a1

	la	t0, __bss_start		# both ends are page-aligned
	la	t1, __bss_end
1:	sd	zero, 0(t0)
	sd	zero, 8(t0)
	sd	zero, 16(t0)
	sd	zero, 24(t0)
	sd	zero, 32(t0)
	sd	zero, 40(t0)
	sd	zero, 48(t0)
	sd	zero, 56(t0)
	addi	t0, t0, 64
	bltu	t0, t1, 1b

	call	build_early_tables
	call	probe_modes
	mv	s2, a0
	li	a0, SATP_SV39
	call	early_paging_on
	call	jump_up
	la	t0, trap_entry
	csrw	stvec, t0
	csrw	sscratch, zero		# = in the kernel
	la	tp, cpus
	la	sp, boot_stack + BOOT_STACK_SIZE
	sd	sp, CPU_KSTACK_TOP(tp)
	mv	a0, s0
	mv	a1, s1
	mv	a2, s2
	li	s0, 0			# end of the frame-pointer chain
	li	ra, 0
	tail	boot_main		# (hart, FDT, mask of modes, physical _text)

/* other harts: a0 = hart id, paging off; one that arch_smp_start() does not wait for stays here */

	.section .init.text, "ax"
another_hart:
	la	t0, starting_cpu
	ld	tp, 0(t0)
	beqz	tp, 1f
	la	t1, _text
	li	t0, KERNEL_LINK_BASE
	sub	t0, tp, t0
	add	t0, t0, t1
	lwu	t0, CPU_HWID(t0)
	beq	t0, a0, 2f
1:	wfi
	j	1b
2:	la	s1, kernel_satp
	ld	s1, 0(s1)
	srli	a0, s1, SATP_MODE_SHIFT
	call	early_paging_on
	call	jump_up
	csrw	satp, s1		# same depth, same kernel image: we stay where we are
	sfence.vma
	la	t0, trap_entry
	csrw	stvec, t0
	csrw	sscratch, zero
	ld	sp, CPU_KSTACK_TOP(tp)
	li	s0, 0
	li	ra, 0
	tail	secondary_boot

/* the way up, shared */

/* early_paging_on - a0 = mode; returns one to one, a0 = what satp then holds; clobbers t0 t1 */
early_paging_on:
	la	t0, early_root3		# the roots lie in the order of the modes
	srli	t0, t0, PAGE_SHIFT
	addi	t1, a0, -SATP_SV39
	add	t0, t0, t1
	slli	t1, a0, SATP_MODE_SHIFT
	or	t0, t0, t1
	csrw	satp, zero
	sfence.vma
	csrw	satp, t0
	sfence.vma
	csrr	a0, satp
	ret

/* jump_up - return to the link address of the caller; a3 = physical address of _text */
jump_up:
	la	a3, _text
	li	t0, KERNEL_LINK_BASE
	sub	t0, t0, a3
	add	ra, ra, t0
	ret

/* probe_modes - a0 = mask, bit n set: satp takes mode n; paging is off again */
probe_modes:
	mv	t5, ra
	li	t3, 0
	li	t4, SATP_SV57
1:	mv	a0, t4
	call	early_paging_on
	srli	a0, a0, SATP_MODE_SHIFT
	bne	a0, t4, 2f
	li	t0, 1
	sll	t0, t0, t4
	or	t3, t3, t0
2:	addi	t4, t4, -1
	li	t0, SATP_SV39
	bgeu	t4, t0, 1b
	csrw	satp, zero
	sfence.vma
	mv	a0, t3
	jr	t5

/* early_switch_depth(mode) - from C: the early tables at another depth, through satp = 0 */
	.globl	early_switch_depth
early_switch_depth:
	mv	t3, ra
	la	t0, kernel_phys_base
	ld	t0, 0(t0)
	li	t1, KERNEL_LINK_BASE
	sub	t0, t0, t1
	la	t1, 1f
	add	t1, t1, t0
	jr	t1
1:	call	early_paging_on
	jr	t3

/* build_early_tables - the tower of the banner; clobbers t0-t6 */
build_early_tables:
	la	t0, early_root3
	la	t1, early_root4
	la	t2, early_root5
	la	t3, early_pmd

	li	t6, 511 * 8
	srli	t4, t0, PAGE_SHIFT - PTE_PFN_SHIFT
	ori	t4, t4, PTE_V
	sd	t4, 0(t1)
	add	t5, t1, t6
	sd	t4, 0(t5)
	srli	t4, t1, PAGE_SHIFT - PTE_PFN_SHIFT
	ori	t4, t4, PTE_V
	sd	t4, 0(t2)
	add	t5, t2, t6
	sd	t4, 0(t5)
	srli	t4, t3, PAGE_SHIFT - PTE_PFN_SHIFT
	ori	t4, t4, PTE_V
	add	t5, t0, t6
	sd	t4, -8(t5)		# entry 510

	li	t4, LEAF_RWX
	li	t5, 1 << (30 - PAGE_SHIFT + PTE_PFN_SHIFT)
	li	t6, EARLY_MAP_GIB * 8
	add	t6, t6, t0
1:	sd	t4, 0(t0)
	add	t4, t4, t5
	addi	t0, t0, 8
	bltu	t0, t6, 1b

	la	t0, _text
	la	t1, _end
	srli	t4, t0, PAGE_SHIFT - PTE_PFN_SHIFT
	ori	t4, t4, LEAF_RWX
	li	t5, 1 << (21 - PAGE_SHIFT + PTE_PFN_SHIFT)
	li	t6, 1 << 21
1:	sd	t4, 0(t3)
	add	t4, t4, t5
	add	t0, t0, t6
	addi	t3, t3, 8
	bltu	t0, t1, 1b
	ret

	.section .data, "aw", @progbits
	.balign	8
harts_entered:	.dword	0		# not in .bss, which the first hart clears

	.section .init.data, "aw", @progbits
	.balign	4096
early_root3:	.zero	4096
early_root4:	.zero	4096
early_root5:	.zero	4096
early_pmd:	.zero	4096

/* The boot CPU's idle thread keeps this stack; aligned as every kernel stack (sched.h). */
	.section .bss, "aw", @nobits
	.balign	2 * BOOT_STACK_SIZE
	.globl	boot_stack
boot_stack:	.zero	BOOT_STACK_SIZE
