/* SPDX-License-Identifier: MIT */
/*
 * asm/regs.h - control and status registers (RISC-V Privileged Architecture 1.12, chapter 4)
 *
 *   register   holds                                  used in
 *   sstatus    interrupt enable, previous mode, FS    entry.S, irqflags.h, thread.c
 *   stvec      where a trap jumps                     start.S, smp.c
 *   sscratch   struct cpu * in user mode, 0 in kernel entry.S
 *   sepc       pc of the trapped instruction          entry.S
 *   scause     why                                    trap.c
 *   stval      faulting address or instruction        trap.c, fault.c
 *   sie, sip   interrupts enabled, pending            irq.c
 *   satp       depth, ASID, root table                mmu.c
 *   stimecmp   next timer interrupt (Sstc extension)  timer.c
 */
#ifndef ASM_REGS_H
#define ASM_REGS_H

/* sstatus (4.1.1) */
#define SSTATUS_SIE	0x00000002	/* interrupts on in S-mode                 */
#define SSTATUS_SPIE	0x00000020	/* SIE before the trap                     */
#define SSTATUS_SPP	0x00000100	/* mode before the trap: 1 = S, 0 = U      */
#define SSTATUS_FS	0x00006000	/* state of the floating-point registers   */
#define SSTATUS_FS_OFF	0x00000000	/*   using them is an illegal instruction  */
#define SSTATUS_FS_INITIAL 0x00002000	/*   all zero                              */
#define SSTATUS_FS_CLEAN 0x00004000	/*   same as the copy in memory            */
#define SSTATUS_FS_DIRTY 0x00006000	/*   changed since                         */
#define SSTATUS_SUM	0x00040000	/* S-mode may touch user pages             */

/* scause (4.1.8, table 4.2): top bit set = interrupt */
#define CAUSE_INTERRUPT		(1UL << 63)
#define IRQ_S_SOFT		1
#define IRQ_S_TIMER		5
#define IRQ_S_EXT		9
#define EXC_INST_MISALIGNED	0
#define EXC_INST_ACCESS		1
#define EXC_ILLEGAL		2
#define EXC_BREAKPOINT		3
#define EXC_LOAD_MISALIGNED	4
#define EXC_LOAD_ACCESS		5
#define EXC_STORE_MISALIGNED	6
#define EXC_STORE_ACCESS	7
#define EXC_SYSCALL		8
#define EXC_INST_PAGE_FAULT	12
#define EXC_LOAD_PAGE_FAULT	13
#define EXC_STORE_PAGE_FAULT	15

/* sie, sip: one bit per interrupt number */
#define SIE_SSIE	(1 << IRQ_S_SOFT)
#define SIE_STIE	(1 << IRQ_S_TIMER)
#define SIE_SEIE	(1 << IRQ_S_EXT)

/* satp (4.1.11) */
#define SATP_MODE_SHIFT	60
#define SATP_SV39	8
#define SATP_SV48	9
#define SATP_SV57	10

/* Assemblers of 2022 do not know the name of this Sstc register. */
#define CSR_STIMECMP	0x14d

#ifndef __ASSEMBLY__

#define CSR_NAME_(x)	#x
#define CSR_NAME(x)	CSR_NAME_(x)

#define csr_read(csr) __extension__({ \
	unsigned long csr_v_; \
	__asm__ volatile("csrr %0, " CSR_NAME(csr) : "=r"(csr_v_) : : "memory"); \
	csr_v_; })
#define csr_write(csr, val) \
	__asm__ volatile("csrw " CSR_NAME(csr) ", %0" : : "rK"((unsigned long)(val)) : "memory")
#define csr_set(csr, bits) \
	__asm__ volatile("csrs " CSR_NAME(csr) ", %0" : : "rK"((unsigned long)(bits)) : "memory")
#define csr_clear(csr, bits) \
	__asm__ volatile("csrc " CSR_NAME(csr) ", %0" : : "rK"((unsigned long)(bits)) : "memory")

#endif
#endif
