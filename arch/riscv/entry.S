/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/entry.S - the one door between user mode and the kernel
 *
 * THE QUESTION   A trap arrives with 31 registers of somebody else. How does C code get to run, and
 *                how does everything come back?
 *
 * THE PICTURE    user trap                                 kernel trap
 *                tp <-> sscratch (struct cpu *)            sscratch is 0: tp is right already
 *                sp = cpu->kstack_top - TF_SIZE            sp = sp - frame, unless it overflows
 *                save what C may clobber                   save everything
 *                ecall? handle_syscall : trap_user         trap_kernel
 *                current->work? exit_to_user_work          restore everything
 *                restore, sret                             sret
 *
 * PARTIAL FRAME  C code preserves s0-s11, and the kernel never touches gp, so a user trap saves
 *                only the others: 26 instructions less on every call. Who needs the whole frame:
 *                exit_to_user_work() (signals), reached from here; and the calls of
 *                FULL_CALLS below, recognised by one shift of a mask kept in struct cpu.
 *
 * ALWAYS TRUE    E1  sscratch is struct cpu * in user mode and 0 in the kernel.
 *                E2  a user frame lies at kstack_top - TF_SIZE, so thread_regs() finds it.
 *                E3  a kernel trap stores nothing below its stack: it first tests the bit of sp
 *                    that the stack's alignment makes 0 inside and 1 in the guard page below.
 *                E4  sstatus.FS is live: it belongs to the registers and never comes from a frame.
 *                E5  sstatus.SPP is 0 while C code runs, also below a kernel trap (which may sleep in
 *                    a user copy's fault), so the way out to user mode need not clear it.
 *                E6  a trap that came between two instructions leaves no reservation of LR behind. Without
 *                    end_reservation an LR down here, or of the thread that ran meanwhile, would pair with
 *                    the SC that comes next up there, if both mean one address. A call is no such trap:
 *                    nobody expects an LR before ECALL to be good for an SC after it.
 *
 * LOCKS          interrupts are off at both ends; between them the C code decides.
 * READ NEXT      trap.c; switch.S (gp and s0-s11 of a thread that waits); thread.c (FS).
 */
#include <asm/page.h>
#include <asm/percpu.h>
#include <asm/regs.h>
#include <asm/thread.h>
#include <asm/trapframe.h>

#define THREAD_SIZE_SHIFT	14

.macro	save_callee_saved
	sd	gp, TF_GP(sp)
	sd	s0, TF_S0(sp)
	sd	s1, TF_S1(sp)
	sd	s2, TF_S2(sp)
	sd	s3, TF_S3(sp)
	sd	s4, TF_S4(sp)
	sd	s5, TF_S5(sp)
	sd	s6, TF_S6(sp)
	sd	s7, TF_S7(sp)
	sd	s8, TF_S8(sp)
	sd	s9, TF_S9(sp)
	sd	s10, TF_S10(sp)
	sd	s11, TF_S11(sp)
.endm

.macro	restore_callee_saved
	ld	gp, TF_GP(sp)
	ld	s0, TF_S0(sp)
	ld	s1, TF_S1(sp)
	ld	s2, TF_S2(sp)
	ld	s3, TF_S3(sp)
	ld	s4, TF_S4(sp)
	ld	s5, TF_S5(sp)
	ld	s6, TF_S6(sp)
	ld	s7, TF_S7(sp)
	ld	s8, TF_S8(sp)
	ld	s9, TF_S9(sp)
	ld	s10, TF_S10(sp)
	ld	s11, TF_S11(sp)
.endm

/* ra, t1-t6, a1-a7; t0 and a0 are saved where each entry needs them */
.macro	save_clobbered
	sd	ra, TF_RA(sp)
	sd	t1, TF_T1(sp)
	sd	t2, TF_T2(sp)
	sd	t3, TF_T3(sp)
	sd	t4, TF_T4(sp)
	sd	t5, TF_T5(sp)
	sd	t6, TF_T6(sp)
	sd	a1, TF_A1(sp)
	sd	a2, TF_A2(sp)
	sd	a3, TF_A3(sp)
	sd	a4, TF_A4(sp)
	sd	a5, TF_A5(sp)
	sd	a6, TF_A6(sp)
	sd	a7, TF_A7(sp)
.endm

.macro	restore_clobbered
	ld	ra, TF_RA(sp)
	ld	t1, TF_T1(sp)
	ld	t2, TF_T2(sp)
	ld	t3, TF_T3(sp)
	ld	t4, TF_T4(sp)
	ld	t5, TF_T5(sp)
	ld	t6, TF_T6(sp)
	ld	a0, TF_A0(sp)
	ld	a1, TF_A1(sp)
	ld	a2, TF_A2(sp)
	ld	a3, TF_A3(sp)
	ld	a4, TF_A4(sp)
	ld	a5, TF_A5(sp)
	ld	a6, TF_A6(sp)
	ld	a7, TF_A7(sp)
.endm

/* E6: an SC ends it, whether it succeeds or not; this one stores what is there already. t0 = sepc */
.macro	end_reservation
	sc.d	zero, t0, (sp)
.endm

	.text

/* ---- system calls ---- */

	.balign	64
	.globl	trap_entry
trap_entry:
	csrrw	tp, sscratch, tp
	beqz	tp, kernel_trap
	sd	sp, CPU_USER_SP(tp)
	ld	sp, CPU_KSTACK_TOP(tp)
	addi	sp, sp, -TF_SIZE
	sd	t0, TF_T0(sp)
	save_clobbered
	ld	t1, CPU_USER_SP(tp)
	csrrw	t0, sscratch, zero
	sd	t1, TF_SP(sp)
	sd	t0, TF_TP(sp)
	csrr	t1, scause
	csrr	t0, sepc
	li	t2, EXC_SYSCALL
	bne	t1, t2, user_exception

	addi	t0, t0, SYSCALL_INSN_SIZE
	sd	t0, TF_EPC(sp)
	sd	a0, TF_ORIG_A0(sp)
	csrsi	sstatus, SSTATUS_SIE
	ld	t0, CPU_FULL_CALLS(tp)
	sll	t0, t0, a7		# by a7 modulo 64: a few other calls go the long way too
	mv	a0, sp
	bltz	t0, full_syscall
	call	handle_syscall

/* ---- the way back to user mode ---- */

user_exit:
	csrci	sstatus, SSTATUS_SIE
	ld	t0, CPU_CURRENT(tp)
	ld	t0, THREAD_WORK(t0)
	bnez	t0, user_exit_work
user_restore:
	ld	t0, TF_EPC(sp)
	csrw	sepc, t0		# SPP is 0: E5
	restore_clobbered
	csrw	sscratch, tp
	ld	t0, TF_T0(sp)
	ld	tp, TF_TP(sp)
	ld	sp, TF_SP(sp)
	sret

user_exit_work:
	save_callee_saved
	mv	a0, sp
	call	exit_to_user_work
user_restore_full:
	ld	t0, TF_EPC(sp)
	end_reservation
	restore_callee_saved
	j	user_restore

/* execve and rt_sigreturn change all registers, clone copies them */
full_syscall:
	save_callee_saved
	call	handle_syscall
	csrci	sstatus, SSTATUS_SIE
user_exit_full:
	ld	t0, CPU_CURRENT(tp)
	ld	t0, THREAD_WORK(t0)
	beqz	t0, user_restore_full
	mv	a0, sp
	call	exit_to_user_work
	j	user_restore_full

user_exception:				# t0 = sepc, t1 = scause
	csrr	t2, stval
	sd	a0, TF_A0(sp)
	sd	t0, TF_EPC(sp)
	sd	t1, TF_CAUSE(sp)
	sd	t2, TF_TVAL(sp)
	mv	a0, sp
	call	trap_user
	ld	t0, TF_EPC(sp)
	end_reservation			# before user_exit: what interrupts that ends its own
	j	user_exit

/* arch_fork_return - a new thread's first way out; arch_enter_user(regs) - execve of init */
	.globl	arch_fork_return
arch_fork_return:
	ld	a0, CPU_KSTACK_TOP(tp)
	addi	a0, a0, -TF_SIZE
	.globl	arch_enter_user
arch_enter_user:
	csrci	sstatus, SSTATUS_SIE
	mv	sp, a0
	j	user_exit_full

/* ---- exceptions and interrupts ---- */

kernel_trap:
	csrrw	tp, sscratch, zero	# tp comes back; sscratch had 0
	sd	t0, CPU_USER_SP(tp)
	addi	sp, sp, -KFRAME_SIZE
	srli	t0, sp, THREAD_SIZE_SHIFT
	andi	t0, t0, 1
	bnez	t0, stack_overflow
	addi	t0, sp, KFRAME_SIZE
kernel_trap_save:			# t0 = sp of the interrupted code
	sd	t0, TF_SP(sp)
	ld	t0, CPU_USER_SP(tp)
	sd	tp, TF_TP(sp)
	sd	t0, TF_T0(sp)
	sd	a0, TF_A0(sp)
	save_clobbered
	save_callee_saved
	csrr	t0, sepc
	sd	s0, TF_SIZE(sp)		# the frame record: caller's frame, return address
	sd	t0, TF_SIZE + 8(sp)
	sd	t0, TF_EPC(sp)
	addi	s0, sp, KFRAME_SIZE
	csrr	t0, sstatus
	csrr	t1, scause
	csrr	t2, stval
	li	t3, SSTATUS_SUM | SSTATUS_SPP
	csrc	sstatus, t3		# if it was a user copy: handlers have no such right; E5
	sd	t0, TF_STATUS(sp)
	sd	t1, TF_CAUSE(sp)
	sd	t2, TF_TVAL(sp)
	mv	a0, sp
	call	trap_kernel

	ld	t0, TF_STATUS(sp)
	csrr	t1, sstatus
	li	t2, SSTATUS_FS
	and	t1, t1, t2		# E4
	not	t2, t2
	and	t0, t0, t2
	or	t0, t0, t1
	csrw	sstatus, t0
	ld	t0, TF_EPC(sp)
	csrw	sepc, t0
	end_reservation
	restore_clobbered
	ld	s0, TF_S0(sp)
	ld	t0, TF_T0(sp)
	addi	sp, sp, KFRAME_SIZE
	sret

/*
 * The frame does not fit. The machine will panic on one spare stack (trap.c looks where its frame
 * is); a trap while that runs stays there, and a second CPU with the same trouble waits for ever.
 */
stack_overflow:
	la	t0, overflow_stack
	sub	t0, sp, t0
	srli	t0, t0, OVERFLOW_SIZE_SHIFT
	addi	t0, t0, -1
	bltz	t0, 1f			# already on the spare stack
	la	t0, overflow_owner
	amoswap.d t0, tp, (t0)
	bnez	t0, 2f
	addi	t0, sp, KFRAME_SIZE
	la	sp, overflow_stack + (1 << OVERFLOW_SIZE_SHIFT) - KFRAME_SIZE
	j	kernel_trap_save
1:	addi	t0, sp, KFRAME_SIZE
	j	kernel_trap_save
2:	wfi
	j	2b

	.section .bss, "aw", @nobits
	.balign	16
	.globl	overflow_stack
overflow_stack:	.zero	1 << OVERFLOW_SIZE_SHIFT
	.globl	overflow_owner
overflow_owner:	.zero	8
