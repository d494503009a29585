/* SPDX-License-Identifier: MIT */
/* asm/vdso.h - places in the vDSO that the kernel must know (vdso/vdso.ld) */
#ifndef ASM_VDSO_H
#define ASM_VDSO_H

#define VDSO_SIGRETURN_OFFSET	0x800	/* the first code, behind the tables of symbols */

#endif
