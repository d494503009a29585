/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/switch.S - from one kernel stack to another; floating-point registers
 *
 * THE QUESTION   What must be saved so that a thread continues, later and maybe on another CPU?
 *
 * THE PICTURE    arch_switch_to(prev, next) is an ordinary call for prev: the compiler expects only
 *                callee-saved registers to survive it. They go onto prev's stack:
 *
 *                prev->arch.sp -> | ra | s0 .. s11 | gp | <- SWITCH_SIZE bytes
 *
 *                gp is here because entry.S leaves the user's gp in the register.
 *
 * ALWAYS TRUE    W1  interrupts are off.
 *                W2  the caller has named next and its stack in struct cpu.
 *                W3  FP registers changed by prev are saved; next finds FP off (a trap then loads
 *                    its state), unless the registers still hold what next had: see thread.c.
 *                W4  an lr of prev's program never pairs with an sc of next's: a dummy sc ends it.
 *
 * LOCKS          the caller holds the run queue's lock; schedule_tail() or the return drops it.
 */
#include <asm/percpu.h>
#include <asm/regs.h>
#include <asm/thread.h>

	.text

/* struct thread *arch_switch_to(struct thread *prev, struct thread *next) */
	.balign	16
	.globl	arch_switch_to
arch_switch_to:
	addi	sp, sp, -SWITCH_SIZE
	sd	ra, SWITCH_RA(sp)
	sd	s0, SWITCH_S0(sp)
	sd	s1, SWITCH_S0 + 8(sp)
	sd	s2, SWITCH_S0 + 16(sp)
	sd	s3, SWITCH_S0 + 24(sp)
	sd	s4, SWITCH_S0 + 32(sp)
	sd	s5, SWITCH_S0 + 40(sp)
	sd	s6, SWITCH_S0 + 48(sp)
	sd	s7, SWITCH_S0 + 56(sp)
	sd	s8, SWITCH_S0 + 64(sp)
	sd	s9, SWITCH_S0 + 72(sp)
	sd	s10, SWITCH_S0 + 80(sp)
	sd	s11, SWITCH_S0 + 88(sp)
	sd	gp, SWITCH_GP(sp)
	sd	sp, THREAD_SP(a0)

	csrr	t0, sstatus
	li	t1, SSTATUS_FS
	and	t0, t0, t1
	beq	t0, t1, save_dirty
1:	csrc	sstatus, t1
	ld	t0, CPU_FP_OWNER(tp)
	beq	t0, a1, maybe_owner
2:	ld	sp, THREAD_SP(a1)
	addi	t0, tp, CPU_USER_SP
	sc.d	zero, zero, (t0)	# W4; a scratch word, should it ever succeed
	ld	ra, SWITCH_RA(sp)
	ld	s0, SWITCH_S0(sp)
	ld	s1, SWITCH_S0 + 8(sp)
	ld	s2, SWITCH_S0 + 16(sp)
	ld	s3, SWITCH_S0 + 24(sp)
	ld	s4, SWITCH_S0 + 32(sp)
	ld	s5, SWITCH_S0 + 40(sp)
	ld	s6, SWITCH_S0 + 48(sp)
	ld	s7, SWITCH_S0 + 56(sp)
	ld	s8, SWITCH_S0 + 64(sp)
	ld	s9, SWITCH_S0 + 72(sp)
	ld	s10, SWITCH_S0 + 80(sp)
	ld	s11, SWITCH_S0 + 88(sp)
	ld	gp, SWITCH_GP(sp)
	addi	sp, sp, SWITCH_SIZE
	ret

save_dirty:				# prev changed its registers: into memory
	mv	t2, ra
	addi	t3, a0, THREAD_SP
	call	save_registers
	mv	ra, t2
	j	1b
maybe_owner:				# the registers are next's, unless it ran elsewhere since
	lw	t0, CPU_ID(tp)
	lw	t2, THREAD_FP_CPU(a1)
	addi	t0, t0, 1
	bne	t0, t2, 2b
	li	t0, SSTATUS_FS_CLEAN
	csrs	sstatus, t0
	j	2b

/* The first code of a new thread: a0 = prev; s0 = its function, s1 = argument (thread.c). */
	.globl	thread_start
thread_start:
	call	schedule_tail
	mv	a0, s1
	mv	t0, s0
	li	s0, 0			# end of the frame-pointer chain
	li	ra, 0
	jr	t0

/* floating-point registers; FS is not off */

#define FP(n)	(THREAD_FP - THREAD_SP + 8 * (n))
#define FCSR	(THREAD_FCSR - THREAD_SP)

.macro	each_fp op, base
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	\op	f\n, FP(\n)(\base)
	.endr
	.irp	n, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\op	f\n, FP(\n)(\base)
	.endr
.endm

/* void fp_save(struct arch_thread *a) */
	.globl	fp_save
fp_save:
	mv	t3, a0
save_registers:				# t3 = struct arch_thread; clobbers t0
	each_fp	fsd, t3
	frcsr	t0
	sw	t0, FCSR(t3)
	ret

/* void fp_load(const struct arch_thread *a) */
	.globl	fp_load
fp_load:
	each_fp	fld, a0
	lw	t0, FCSR(a0)
	fscsr	t0
	ret
