/* SPDX-License-Identifier: MIT */
/* asm/syscall.h - no system calls are compiled here, so none has a number */
#ifndef ASM_SYSCALL_H
#define ASM_SYSCALL_H

#define ARCH_SYSCALLS(X)
#define ARCH_NR_SYSCALLS	0
#define ARCH_NAME		"soft"

#endif
