/* SPDX-License-Identifier: MIT */
/*
 * asm/trapframe.h - no user program runs here, so a trap saves nothing
 *
 * The regs_* accessors serve signals and system calls, which are above mm/ and not compiled here.
 */
#ifndef ASM_TRAPFRAME_H
#define ASM_TRAPFRAME_H

struct trapframe {
	unsigned long pc;
};

#endif
