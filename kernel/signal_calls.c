/* SPDX-License-Identifier: MIT */
/*
 * kernel/signal_calls.c - the system calls about signals
 *
 * Thin: check arguments and permission, then signal.c or signal_deliver.c. A sender may signal a process
 * if it is privileged or one of its user ids is the target's real or saved one (kill(2)); SIGCONT also
 * within a session.
 *
 * LOCKS          tasklist_lock to find targets, siglock inside.
 */
#include <kernel/process.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <lib/string.h>
#include <uapi/time.h>
#include "proc_internal.h"
#include "signal_internal.h"
#include "time_internal.h"

/* ---- actions ---- */

static void ksigaction_from_user(struct ksigaction *sa, const struct kernel_sigaction *u)
{
	sa->handler = u->sa_handler;
	sa->flags = u->sa_flags & SA_KNOWN;	/* a program learns from the rest what is not supported */
#if defined(__x86_64__)
	sa->restorer = u->sa_restorer;
#else
	sa->restorer = 0;
#endif
	sa->mask = u->sa_mask & ~SIG_KERNEL_ONLY;
}

static void ksigaction_to_user(struct kernel_sigaction *u, const struct ksigaction *sa)
{
	memset(u, 0, sizeof(*u));
	u->sa_handler = sa->handler;
	u->sa_flags = sa->flags;
#if defined(__x86_64__)
	u->sa_restorer = sa->restorer;
#endif
	u->sa_mask = sa->mask;
}

/* A signal that is now ignored is dropped where it is pending. */
static void drop_ignored(struct process *p, int sig, const struct ksigaction *sa)
{
	struct thread *t;

	if (sa->handler != SIG_IGN && !(sa->handler == SIG_DFL && sig_in(sig, SIG_IGNORE_MASK)))
		return;
	flush_signals(&p->shared_pending.queue, &p->shared_pending.set, sigmask(sig));
	list_for_each_entry(t, &p->threads, thread_link)
		flush_signals(&t->sig_queue, &t->sig_pending, sigmask(sig));
}

SYSCALL_DEFINE4(rt_sigaction, int, sig, const struct kernel_sigaction __user *, unew,
		struct kernel_sigaction __user *, uold, size_t, size)
{
	struct process *p = current_process();
	struct kernel_sigaction user;
	struct ksigaction new, old;
	unsigned long flags;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (unew) {
		if (copy_from_user(&user, unew, sizeof(user)))
			return -EFAULT;
		ksigaction_from_user(&new, &user);
	}
	if (!sig_valid(sig) || (unew && sig_in(sig, SIG_KERNEL_ONLY)))
		return -EINVAL;
	spin_lock_irqsave(&p->siglock, flags);
	spin_lock_nested(&p->sighand->lock);
	old = p->sighand->action[sig - 1];
	if (unew)
		p->sighand->action[sig - 1] = new;
	spin_unlock(&p->sighand->lock);
	if (unew)
		drop_ignored(p, sig, &new);
	spin_unlock_irqrestore(&p->siglock, flags);
	if (!uold)
		return 0;
	ksigaction_to_user(&user, &old);
	return copy_to_user(uold, &user, sizeof(user));
}

/* ---- masks ---- */

SYSCALL_DEFINE4(rt_sigprocmask, int, how, const sigset_t __user *, unew, sigset_t __user *, uold,
		size_t, size)
{
	sigset_t old = current->blocked, set;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (unew) {
		if (copy_from_user(&set, unew, sizeof(set)))
			return -EFAULT;
		if (how == SIG_BLOCK)
			set |= old;
		else if (how == SIG_UNBLOCK)
			set = old & ~set;
		else if (how != SIG_SETMASK)
			return -EINVAL;
		set_current_blocked(set);
	}
	return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

SYSCALL_DEFINE2(rt_sigpending, sigset_t __user *, uset, size_t, size)
{
	struct process *p = current_process();
	unsigned long flags;
	sigset_t set;

	if (size > sizeof(set))
		return -EINVAL;
	spin_lock_irqsave(&p->siglock, flags);
	set = (current->sig_pending | p->shared_pending.set) & current->blocked;
	spin_unlock_irqrestore(&p->siglock, flags);
	return copy_to_user(uset, &set, size);
}

static long wait_for_signal(void)
{
	while (!signal_pending(current)) {
		WRITE_ONCE(current->state, THREAD_INTERRUPTIBLE);
		schedule_until(WAIT_FOREVER);
	}
	return -ERESTARTNOHAND;
}

SYSCALL_DEFINE2(rt_sigsuspend, const sigset_t __user *, uset, size_t, size)
{
	int err;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (!uset)
		return -EFAULT;
	err = set_user_sigmask(uset, size);
	return err ? err : wait_for_signal();
}

SYSCALL_DEFINE0(pause)
{
	return wait_for_signal();
}

/* Take one of @set now: its number, or 0. */
static int try_dequeue(u64 set, siginfo_t *info)
{
	struct process *p = current_process();
	unsigned long flags;
	int sig;

	spin_lock_irqsave(&p->siglock, flags);
	sig = dequeue_signal(set, info);
	if (sig)
		recalc_sigpending(current);
	spin_unlock_irqrestore(&p->siglock, flags);
	return sig;
}

SYSCALL_DEFINE4(rt_sigtimedwait, const sigset_t __user *, uset, siginfo_t __user *, uinfo,
		const struct timespec64 __user *, utimeout, size_t, size)
{
	struct process *p = current_process();
	u64 deadline = WAIT_FOREVER;
	siginfo_t info;
	sigset_t set;
	int sig = 0, err;

	if (size != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, uset, sizeof(set)))
		return -EFAULT;
	if (utimeout) {
		err = timeout_from_user(utimeout, &deadline);
		if (err)
			return err;
	}
	set &= ~SIG_KERNEL_ONLY;
	err = wait_event_interruptible_until(p->signalfd_wait,
					     (sig = try_dequeue(set, &info)) != 0, deadline);
	if (err)
		return err == -ETIMEDOUT ? -EAGAIN : err;
	clear_siginfo_rest(&info);
	if (uinfo && copy_to_user(uinfo, &info, sizeof(info)))
		return -EFAULT;
	return sig;
}

/* ---- sending ---- */

void siginfo_user(siginfo_t *info, int sig, int code)
{
	memset(info, 0, SIGINFO_USED);
	info->si_signo = sig;
	info->si_code = code;
	info->si_pid = current_process()->pid;
	info->si_uid = current_process()->uid;
}

static bool may_signal(const struct process *p, int sig)
{
	const struct process *me = current_process();

	if (me == p || capable() || me->euid == p->suid || me->euid == p->uid ||
	    me->uid == p->suid || me->uid == p->uid)
		return true;
	return sig == SIGCONT && me->sid == p->sid;
}

int kill_one(struct process *p, int sig, const siginfo_t *info)
{
	if (!may_signal(p, sig))
		return -EPERM;
	return sig ? send_signal_process(p, sig, info) : 0;
}

static int kill_group(pid_t pgid, int sig, const siginfo_t *info)
{
	struct id_group *g = find_pgrp(pgid);
	struct process *p;
	int result = -ESRCH;

	if (!g)
		return -ESRCH;
	list_for_each_entry(p, &g->members, pgrp_link) {
		int err = kill_one(p, sig, info);

		if (!err || result == -ESRCH)
			result = err;
	}
	return result;
}

/* Everybody but init and ourselves. Who may not be signalled is no error, even if that is all of them. */
static int kill_everyone(int sig, const siginfo_t *info)
{
	struct process *p;
	int result = -ESRCH;

	list_for_each_entry(p, &process_list, all_link) {
		int err;

		if (p == init_process || p == current_process())
			continue;
		err = kill_one(p, sig, info);
		if (result == -ESRCH || err != -EPERM)
			result = err == -EPERM ? 0 : err;
	}
	return result;
}

SYSCALL_DEFINE2(kill, pid_t, pid, int, sig)
{
	struct process *p;
	siginfo_t info;
	int err;

	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	if (pid == -__INT_MAX__ - 1)
		return -ESRCH;
	siginfo_user(&info, sig, SI_USER);
	spin_lock(&tasklist_lock);
	if (pid > 0) {
		p = find_process(pid);
		if (!p) {
			struct thread *t = find_thread(pid);

			p = t ? t->process : NULL;
		}
		err = p ? kill_one(p, sig, &info) : -ESRCH;
	} else if (pid == -1) {
		err = kill_everyone(sig, &info);
	} else {
		err = kill_group(pid ? -pid : current_process()->pgid, sig, &info);
	}
	spin_unlock(&tasklist_lock);
	return err;
}

/* To thread @tid, which must belong to @tgid unless that is 0. */
static long signal_thread(pid_t tgid, pid_t tid, int sig, const siginfo_t *info)
{
	struct thread *t;
	long err = -ESRCH;

	if (tid == current->tid && (!tgid || tgid == current_process()->pid))
		return sig ? send_signal_thread(current, sig, info) : 0;
	spin_lock(&tasklist_lock);
	t = find_thread(tid);
	if (t && (!tgid || t->process->pid == tgid)) {
		err = may_signal(t->process, sig) ? 0 : -EPERM;
		if (!err && sig)
			err = send_signal_thread(t, sig, info);
	}
	spin_unlock(&tasklist_lock);
	return err;
}

SYSCALL_DEFINE3(tgkill, pid_t, tgid, pid_t, tid, int, sig)
{
	siginfo_t info;

	if (tgid <= 0 || tid <= 0 || sig < 0 || sig > NSIG)
		return -EINVAL;
	siginfo_user(&info, sig, SI_TKILL);
	return signal_thread(tgid, tid, sig, &info);
}

SYSCALL_DEFINE2(tkill, pid_t, tid, int, sig)
{
	siginfo_t info;

	if (tid <= 0 || sig < 0 || sig > NSIG)
		return -EINVAL;
	siginfo_user(&info, sig, SI_TKILL);
	return signal_thread(0, tid, sig, &info);
}

/* A program may invent the siginfo, but to others not one that looks like the kernel's or kill()'s. */
static int queueinfo_from_user(siginfo_t *info, const siginfo_t __user *uinfo, int sig, pid_t pid)
{
	if (copy_from_user(info, uinfo, sizeof(*info)))
		return -EFAULT;
	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	info->si_signo = sig;
	if ((info->si_code >= 0 || info->si_code == SI_TKILL) && pid != current_process()->pid)
		return -EPERM;
	return 0;
}

SYSCALL_DEFINE3(rt_sigqueueinfo, pid_t, pid, int, sig, const siginfo_t __user *, uinfo)
{
	struct process *p;
	siginfo_t info;
	int err = queueinfo_from_user(&info, uinfo, sig, pid);

	if (err)
		return err;
	spin_lock(&tasklist_lock);
	p = find_process(pid);
	err = p ? kill_one(p, sig, &info) : -ESRCH;
	spin_unlock(&tasklist_lock);
	return err;
}

SYSCALL_DEFINE4(rt_tgsigqueueinfo, pid_t, tgid, pid_t, tid, int, sig, const siginfo_t __user *, uinfo)
{
	siginfo_t info;
	int err;

	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	err = queueinfo_from_user(&info, uinfo, sig, tgid);
	return err ? err : signal_thread(tgid, tid, sig, &info);
}

/* ---- frames and stacks ---- */

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct trapframe *regs = current_regs();
	unsigned long sp = regs_sp(regs);
	long value;

	current->restart_deadline = 0;
	value = arch_sigreturn(regs);
	/* -EFAULT may also be what the interrupted code had in the register: then the stack moved. */
	if (value == -EFAULT && regs_sp(regs) == sp)
		force_signal(SIGSEGV, SI_KERNEL, sp);
	return value;
}

SYSCALL_DEFINE2(sigaltstack, const stack_t __user *, unew, stack_t __user *, uold)
{
	unsigned long sp = regs_sp(current_regs());
	stack_t new, old;
	int err = 0;

	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	altstack_get(&old, sp);
	if (unew)
		err = altstack_set(&new, sp);
	if (!err && uold)
		err = copy_to_user(uold, &old, sizeof(old));
	return err;
}

SYSCALL_DEFINE0(restart_syscall)
{
	return -EINTR;
}
