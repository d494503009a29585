/* SPDX-License-Identifier: MIT */
/*
 * kernel/syscall.c - from a number to a function
 *
 *	port's entry.S -> handle_syscall -> syscall_fns[nr](six registers) -> result register
 *
 * syscall_table.h lists the calls by name, the port's <asm/syscall.h> numbers all names of Linux;
 * the two meet in the array below at compile time. A number without function is ENOSYS, counted
 * in /proc/vmstat and logged once.
 *
 * ALWAYS TRUE    S1  with tracing off, a call costs one test, one bounds check and one indirect call here.
 *                S2  a result in -ERESTARTSYS .. -ERESTART_RESTARTBLOCK never stays in the register:
 *                    current->syscall_restart remembers it and WORK_SIGNAL brings handle_signals().
 */
#include <kernel/printk.h>
#include <kernel/syscall.h>
#include <lib/bitmap.h>
#include <mm/vmstat.h>
#include "strace.h"
#include "syscall_table.h"

/* A prototype for each name; those without a definition are never mentioned again. */
#define X(nr, name) SC_PROTO__(name);
ARCH_SYSCALLS(X)
#undef X

/*
 * SYSCALL_read is `~, sys_read, "fpu"`: the second and third argument are what we want. An undefined
 * SYSCALL_foo is one argument, and what follows moves up: NULL, NULL.
 */
#define SECOND(a, b, ...)	b
#define THIRD(a, b, c, ...)	c
#define PICK_FN(...)		SECOND(__VA_ARGS__, NULL, NULL)
#define PICK_FORMAT(...)	THIRD(__VA_ARGS__, NULL, NULL)

static const syscall_fn syscall_fns[ARCH_NR_SYSCALLS] = {
#define X(nr, name) [nr] = PICK_FN(SYSCALL_##name),
	ARCH_SYSCALLS(X)
#undef X
};

static const struct syscall_info syscall_infos[ARCH_NR_SYSCALLS] = {
#define X(nr, name) [nr] = { #name, PICK_FORMAT(SYSCALL_##name) },
	ARCH_SYSCALLS(X)
#undef X
};

static DECLARE_BITMAP(unknown_logged, ARCH_NR_SYSCALLS + 1);

static noinline long unknown_syscall(unsigned long nr)
{
	unsigned long bit = min(nr, (unsigned long)ARCH_NR_SYSCALLS);
	const char *name = nr < ARCH_NR_SYSCALLS ? syscall_infos[nr].name : NULL;

	count_vm_event(syscall_unknown);
	if (!test_and_set_bit(bit, unknown_logged))
		pr_log("%s[%d]: system call %lu (%s) is not implemented\n", current->comm,
		       current->tid, nr, name ? name : "no such number");
	return -ENOSYS;
}

static inline long call(struct trapframe *regs, unsigned long nr)
{
	if (unlikely(nr >= ARCH_NR_SYSCALLS || !syscall_fns[nr]))
		return unknown_syscall(nr);
	return syscall_fns[nr](regs_arg(regs, 0), regs_arg(regs, 1), regs_arg(regs, 2),
			       regs_arg(regs, 3), regs_arg(regs, 4), regs_arg(regs, 5));
}

/* S2. What rt_sigreturn restores may look like an interrupted call and is none. */
static noinline void note_restart(unsigned long nr, long result)
{
	if (syscall_fns[nr] == sys_rt_sigreturn)
		return;
	current->syscall_restart = (unsigned long)-result;
	set_work(current, WORK_SIGNAL);
}

static noinline long traced_call(struct trapframe *regs, unsigned long nr)
{
	static const struct syscall_info no_info = { "?", NULL };
	const struct syscall_info *info = nr < ARCH_NR_SYSCALLS ? &syscall_infos[nr] : &no_info;
	struct strace_line line;
	long result;

	strace_begin(&line, info, regs, nr);
	result = call(regs, nr);
	strace_end(&line, info, result);
	return result;
}

void handle_syscall(struct trapframe *regs)
{
	unsigned long nr = (unsigned long)regs_syscall_nr(regs);
	long result;

	if (unlikely(strace_enabled) && strace_wanted())
		result = traced_call(regs, nr);
	else
		result = call(regs, nr);
	regs_set_return(regs, (unsigned long)result);
	if (unlikely(result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK))
		note_restart(nr, result);
}
