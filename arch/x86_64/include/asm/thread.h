/* SPDX-License-Identifier: MIT */
/*
 * asm/thread.h - what a thread keeps of the CPU while it does not run
 *
 * The callee-saved registers are on its kernel stack, at sp. The kernel itself uses no FP or SSE
 * register, so those of a user thread stay in the CPU until the switch (thread.c).
 */
#ifndef ASM_THREAD_H
#define ASM_THREAD_H

#include <lib/types.h>

/* XSAVE's standard format (SDM vol. 1 ch. 13.4): 512 legacy, 64 header, 256 upper halves of AVX */
#define FP_LEGACY_SIZE	512
#define FP_STATE_MAX	(FP_LEGACY_SIZE + 64 + 256)
#define FP_ALIGN	64

struct arch_thread {
	unsigned long	sp;			/* saved kernel stack pointer            */
	unsigned long	fs_base, gs_base;	/* user segment bases: TLS               */
	unsigned long	trap_vector, trap_error, trap_address;	/* last trap that became a signal */
	bool		user;			/* has FP state and user segment bases   */
	u8		fp_buf[FP_STATE_MAX + FP_ALIGN]; /* fp_area() lies inside       */
};

/* fp_area - the aligned save area; struct thread itself need not be aligned to 64 */
static inline void *fp_area(struct arch_thread *a)
{
	return (void *)(((unsigned long)a->fp_buf + FP_ALIGN - 1) & ~(unsigned long)(FP_ALIGN - 1));
}

/* Filled by cpu.c. */
extern unsigned int fp_state_size;	/* bytes that XSAVE or FXSAVE writes             */
extern u64 fp_xfeatures;		/* XCR0, or 0 without XSAVE                      */

/* fp_save, fp_restore - current's FP registers to and from memory aligned to 64 */
void fp_save(void *area);
void fp_restore(const void *area);
void fp_reset(void);

#endif
