/* SPDX-License-Identifier: MIT */
/*
 * signal.h - signals as Linux's programs see them (kernel/signal.c)
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <kernel/spinlock.h>
#include <lib/list.h>
#include <uapi/signal.h>	/* SIG*, SA_*, SI_*, siginfo_t (128 bytes), struct kernel_sigaction, stack_t */

struct process;
struct thread;
struct trapframe;

typedef u64 sigset_t;		/* bit n-1 = signal n; NSIG = 64 */
#define sigmask(sig)	(1ULL << ((sig) - 1))

/* what a handler was installed with; sa_restorer only where SA_RESTORER exists (x86-64) */
struct ksigaction {
	unsigned long	handler;	/* SIG_DFL, SIG_IGN or user address */
	unsigned long	flags;
	unsigned long	restorer;
	sigset_t	mask;
};

/* one delivery, as arch_signal_deliver() gets it */
struct ksignal {
	int			sig;
	siginfo_t		info;
	struct ksigaction	action;
	sigset_t		mask;	/* what sigreturn restores */
};

/* ---- sending: each returns 0 or -errno; any context but send_sig_fault ---- */
/* info NULL: from the kernel (SI_KERNEL) */
int send_signal_process(struct process *p, int sig, const siginfo_t *info);
int send_signal_thread(struct thread *t, int sig, const siginfo_t *info);
/* siginfo_user - @info as kill(2) fills it: from current with @code (its first 48 bytes; no more is used) */
void siginfo_user(siginfo_t *info, int sig, int code);
/* send_signal_pgrp_irq - the same from an interrupt handler (Ctrl-C): a kernel thread does it at once after. */
void send_signal_pgrp_irq(pid_t pgid, int sig);
/* send_signal_pgrp - every process of group @pgid; -ESRCH if none. Takes the tasklist lock. */
int send_signal_pgrp(pid_t pgid, int sig, const siginfo_t *info);
/* force_signal - to current, cannot be blocked or ignored (faults). */
void force_signal(int sig, int code, unsigned long addr);
/* force_fatal_signal - the same, and a handler is not run either: current ends. */
void force_fatal_signal(int sig);
/* signal_ignored_or_blocked - would @sig do nothing to current? (terminals ask for SIGTTIN, SIGTTOU) */
bool signal_ignored_or_blocked(int sig);

/* ---- delivering ---- */
/* handle_signals - on the way to user mode (from exit_to_user_work): deliver, stop or die. */
void handle_signals(struct trapframe *regs);
/* set_current_blocked - new mask for current; SIGKILL and SIGSTOP are removed; recomputes WORK_SIGNAL. */
void set_current_blocked(sigset_t set);
/* set_user_sigmask - pselect, ppoll: block the user's set until the call returns; 0, -EINVAL, -EFAULT.
 * @uset NULL: nothing.
 * restore_user_sigmask - before the call returns: @interrupted = a signal ended it (then delivery puts the
 * mask back). */
int set_user_sigmask(const sigset_t __user *uset, size_t size);
void restore_user_sigmask(bool interrupted);
/* signal_altstack_sp - where a handler's frame starts (altstack if asked for and not on it already), given user @sp. */
unsigned long signal_altstack_sp(const struct ksigaction *sa, unsigned long sp);
/* signal_save_altstack / signal_restore_altstack - the uc_stack member of a frame. restore: 0 or -EFAULT */
void signal_save_altstack(stack_t *st, unsigned long sp);
int signal_restore_altstack(const stack_t *st);

/* signal_sets_get - for /proc/PID/status: pending for the process, ignored, caught. siglock of @p held. */
struct signal_sets { sigset_t pending, ignored, caught; };
void signal_sets_get(const struct process *p, struct signal_sets *s);

/* ---- life ---- */
struct sighand *sighand_alloc(void);
/* signal_exec_reset - handlers to default, altstack off; signal_exit_flush - drop a dying thread's queue */
void signal_exec_reset(struct process *p);
void signal_exit_flush(struct thread *t);

#endif
