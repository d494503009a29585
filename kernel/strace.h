/* SPDX-License-Identifier: MIT */
/* kernel/strace.h - tracing system calls in a readable form (kernel/strace.c) */
#ifndef KERNEL_STRACE_H
#define KERNEL_STRACE_H

#include <lib/types.h>

struct trapframe;

/* syscall_info - NULL format: not implemented */
struct syscall_info {
	const char *name, *format;
};

#define STRACE_LINE_MAX	320

struct strace_line {
	size_t	len;
	char	text[STRACE_LINE_MAX];
};

/* strace_enabled - boot parameter strace= was given */
extern bool strace_enabled;
void strace_init(void);
/* strace_wanted - is current one of those to be traced? */
bool strace_wanted(void);
/* strace_begin - decode the arguments, before the call changes what they point to; strace_end prints */
void strace_begin(struct strace_line *l, const struct syscall_info *info, struct trapframe *regs,
		  unsigned long nr);
void strace_end(struct strace_line *l, const struct syscall_info *info, long result);

#endif
