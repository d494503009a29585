/* SPDX-License-Identifier: MIT */
/*
 * asm/regs.h - control registers, model-specific registers and their bits
 *
 * Names and numbers: Intel 64 and IA-32 SDM, vol. 3A ch. 2.5 (CR0..CR4), ch. 2.2.1 (EFER),
 * vol. 1 ch. 3.4.3 (RFLAGS) and 13.3 (XCR0), vol. 4 ch. 2.1 (MSRs).
 */
#ifndef ASM_REGS_H
#define ASM_REGS_H

/* CR0 */
#define CR0_PE			(1 << 0)	/* protected mode                               */
#define CR0_MP			(1 << 1)	/* FWAIT obeys TS                               */
#define CR0_EM			(1 << 2)	/* no FPU: must be 0 for SSE                    */
#define CR0_NE			(1 << 5)	/* FPU errors as #MF, not through the PIC       */
#define CR0_WP			(1 << 16)	/* read-only holds for the kernel too           */
#define CR0_PG			(1 << 31)	/* paging                                       */

/* CR4 */
#define CR4_PAE			(1 << 5)	/* 64-bit entries: required by long mode        */
#define CR4_PGE			(1 << 7)	/* global pages                                 */
#define CR4_OSFXSR		(1 << 9)	/* FXSAVE saves SSE; SSE instructions work      */
#define CR4_OSXMMEXCPT		(1 << 10)	/* SSE exceptions as #XM                        */
#define CR4_UMIP		(1 << 11)	/* SGDT, SIDT, ... fault in user mode           */
#define CR4_LA57		(1 << 12)	/* five levels                                  */
#define CR4_OSXSAVE		(1 << 18)	/* XSAVE and XCR0                               */
#define CR4_SMEP		(1 << 20)	/* the kernel executes no user page             */
#define CR4_SMAP		(1 << 21)	/* ... and touches none unless RFLAGS.AC        */

/* XCR0 */
#define XCR0_X87		(1 << 0)
#define XCR0_SSE		(1 << 1)
#define XCR0_AVX		(1 << 2)

/* RFLAGS */
#define RFLAGS_CF		(1 << 0)
#define RFLAGS_FIXED		(1 << 1)	/* always 1                                     */
#define RFLAGS_PF		(1 << 2)
#define RFLAGS_AF		(1 << 4)
#define RFLAGS_ZF		(1 << 6)
#define RFLAGS_SF		(1 << 7)
#define RFLAGS_TF		(1 << 8)	/* single step                                  */
#define RFLAGS_IF		(1 << 9)	/* interrupts on                                */
#define RFLAGS_DF		(1 << 10)	/* string instructions go down                  */
#define RFLAGS_OF		(1 << 11)
#define RFLAGS_IOPL		(3 << 12)
#define RFLAGS_NT		(1 << 14)
#define RFLAGS_RF		(1 << 16)
#define RFLAGS_AC		(1 << 18)	/* user: alignment check; kernel: SMAP is off   */

/* model-specific registers */
#define MSR_APIC_BASE		0x0000001b
#define MSR_PAT			0x00000277
#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081	/* selectors of SYSCALL and SYSRET              */
#define MSR_LSTAR		0xc0000082	/* entry point of SYSCALL                       */
#define MSR_CSTAR		0xc0000083
#define MSR_SFMASK		0xc0000084	/* RFLAGS bits that SYSCALL clears              */
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102	/* what SWAPGS exchanges with GS_BASE           */

#define EFER_SCE		(1 << 0)	/* SYSCALL works                                */
#define EFER_LME		(1 << 8)	/* long mode when paging goes on                */
#define EFER_NXE		(1 << 11)	/* no-execute bit                               */

/* error code of a page fault (vol. 3A ch. 4.7) */
#define PF_PRESENT		(1 << 0)	/* protection, not absence                      */
#define PF_WRITE		(1 << 1)
#define PF_USER			(1 << 2)
#define PF_RSVD			(1 << 3)	/* a reserved bit is set in an entry            */
#define PF_INSTR		(1 << 4)

/* segment selectors: slots of the GDT (gdt.c), in the order SYSCALL and SYSRET want */
#define KERNEL32_CS		0x08		/* only while entering long mode                */
#define KERNEL_CS		0x10
#define KERNEL_DS		0x18
#define USER32_CS		0x23		/* empty: only names SYSRET's base              */
#define USER_DS			0x2b
#define USER_CS			0x33
#define TSS_SELECTOR		0x40

/* vectors */
#define VECTOR_DE		0		/* divide error                                 */
#define VECTOR_DB		1		/* debug                                        */
#define VECTOR_NMI		2
#define VECTOR_BP		3		/* int3                                         */
#define VECTOR_OF		4
#define VECTOR_BR		5
#define VECTOR_UD		6		/* invalid opcode                               */
#define VECTOR_NM		7
#define VECTOR_DF		8		/* double fault                                 */
#define VECTOR_TS		10
#define VECTOR_NP		11
#define VECTOR_SS		12
#define VECTOR_GP		13		/* general protection                           */
#define VECTOR_PF		14		/* page fault                                   */
#define VECTOR_MF		16		/* x87 error                                    */
#define VECTOR_AC		17		/* alignment check                              */
#define VECTOR_MC		18		/* machine check                                */
#define VECTOR_XM		19		/* SSE error                                    */
#define VECTOR_IRQ_BASE		0x30		/* + interrupt number                           */
#define VECTOR_IRQ_LAST		0xdf
#define VECTOR_TIMER		0xec
#define VECTOR_IPI_BASE		0xf0		/* + enum ipi_kind                              */
#define VECTOR_SPURIOUS		0xff		/* low four bits set, as old APICs want         */

#ifndef __ASSEMBLY__
#include <lib/types.h>

#define DEFINE_CR(n) \
static inline unsigned long read_cr##n(void) \
{ \
	unsigned long v; \
	asm volatile("movq %%cr" #n ", %0" : "=r" (v)); \
	return v; \
} \
static inline void write_cr##n(unsigned long v) \
{ \
	asm volatile("movq %0, %%cr" #n : : "r" (v) : "memory"); \
}
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)
#undef DEFINE_CR

static inline u64 rdmsr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" (msr));
	return (u64)high << 32 | low;
}

static inline void wrmsr(u32 msr, u64 v)
{
	asm volatile("wrmsr" : : "c" (msr), "a" ((u32)v), "d" ((u32)(v >> 32)) : "memory");
}

static inline void xsetbv(u32 reg, u64 v)
{
	asm volatile("xsetbv" : : "c" (reg), "a" ((u32)v), "d" ((u32)(v >> 32)));
}

static inline u64 rdtsc(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (u64)high << 32 | low;
}

struct cpuid_result {
	u32 eax, ebx, ecx, edx;
};

static inline struct cpuid_result cpuid(u32 leaf, u32 subleaf)
{
	struct cpuid_result r;

	asm volatile("cpuid" : "=a" (r.eax), "=b" (r.ebx), "=c" (r.ecx), "=d" (r.edx)
			     : "a" (leaf), "c" (subleaf));
	return r;
}

#endif /* !__ASSEMBLY__ */
#endif
