/* SPDX-License-Identifier: MIT */
/*
 * kernel/signal_deliver.c - taking a signal on the way to user mode
 *
 *	exit_to_user_work -> handle_signals -> get_signal:  next pending signal that is not blocked
 *	                                          |-- ignored: next one
 *	                                          |-- stop: sleep until SIGCONT, next one
 *	                                          |-- fatal: do_group_exit
 *	                                          '-- handler: frame on the user stack (arch_signal_deliver)
 *
 * A system call that a signal interrupted returned -ERESTART*; it is run again or becomes EINTR here:
 *
 *	result              no handler ran     handler        handler with SA_RESTART
 *	ERESTARTSYS         again              EINTR          again
 *	ERESTARTNOINTR      again              again          again
 *	ERESTARTNOHAND      again              EINTR          EINTR
 *	ERESTART_RESTARTBLOCK  again, until the old deadline   EINTR  EINTR
 *
 * ALWAYS TRUE    D1  handle_signals() returns with WORK_SIGNAL true to G2 of signal.c.
 *                D2  p->stop_count is the number of threads that take part in the stop p->stop_turn; it
 *                    counts from 0 in each. A thread of an older stop may still be on its way out of
 *                    do_signal_stop() and is not among them.
 *
 * LOCKS          p->siglock, dropped before anything that sleeps or takes tasklist_lock.
 */
#include <kernel/process.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include "proc_internal.h"
#include "signal_internal.h"

/* ---- taking from the queues ---- */

static int next_signal(u64 set)
{
	if (set & SIG_SYNC_MASK)
		set &= SIG_SYNC_MASK;
	return set ? (int)__ffs(set) + 1 : 0;
}

/* The first queued entry of @sig; the bit stays on if there is another. */
static void collect_signal(int sig, struct list_head *queue, u64 *set, siginfo_t *info)
{
	struct sigqueue *q, *first = NULL;
	bool more = false;

	list_for_each_entry(q, queue, link) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true;
			break;
		}
		first = q;
	}
	if (!more)
		*set &= ~sigmask(sig);
	if (!first) {		/* there was no memory for an entry */
		memset(info, 0, SIGINFO_USED);
		info->si_signo = sig;
		return;
	}
	copy_siginfo(info, &first->info);
	list_del_init(&first->link);
	if (first->timer)
		posix_timer_dequeued(first->timer, info);
	else
		sigqueue_free(first);
}

int dequeue_signal(u64 mask, siginfo_t *info)
{
	struct process *p = current_process();
	int sig = next_signal(current->sig_pending & mask);

	ASSERT_HELD(&p->siglock);
	if (sig) {
		collect_signal(sig, &current->sig_queue, &current->sig_pending, info);
	} else {
		sig = next_signal(p->shared_pending.set & mask);
		if (sig)
			collect_signal(sig, &p->shared_pending.queue, &p->shared_pending.set, info);
	}
	return sig;
}

/* ---- stopping ---- */

void notify_parent_stop(struct process *p, int why)
{
	struct process *parent = p->parent;
	siginfo_t info = { .si_signo = SIGCHLD, .si_code = why };
	unsigned long flags;
	bool wanted;

	ASSERT_HELD(&tasklist_lock);
	if (!parent)
		return;
	info.si_pid = p->pid;
	info.si_uid = p->uid;
	info.si_status = why == CLD_CONTINUED ? SIGCONT : (int)p->stop_sig;
	spin_lock_irqsave(&parent->siglock, flags);
	wanted = sig_handler(parent, SIGCHLD) != SIG_IGN &&
		 !(parent->sighand->action[SIGCHLD - 1].flags & SA_NOCLDSTOP);
	if (wanted)
		send_signal_locked(parent, NULL, SIGCHLD, &info);
	spin_unlock_irqrestore(&parent->siglock, flags);
	wake_up_all(&parent->wait_chldexit);
}

static void notify_parent_stop_unlocked(struct process *p, int why)
{
	spin_lock(&tasklist_lock);
	notify_parent_stop(p, why);
	spin_unlock(&tasklist_lock);
}

/*
 * A stop is in progress: take part in it. siglock held with irqs off on entry, released and taken again.
 * After the sleep that stop may be over and another have begun, whose count does not include us.
 */
static void do_signal_stop(struct process *p, unsigned long *flags)
{
	unsigned int turn = p->stop_turn;
	bool last;

	WRITE_ONCE(current->state, THREAD_STOPPED);
	p->stop_count++;
	last = p->stop_count == p->nr_threads && !p->stopped;
	if (last) {
		p->stopped = true;
		p->stop_unwaited = true;
		p->continued = false;
	}
	spin_unlock_irqrestore(&p->siglock, *flags);
	if (last)
		notify_parent_stop_unlocked(p, CLD_STOPPED);
	schedule();
	spin_lock_irqsave(&p->siglock, *flags);
	if (p->stop_sig && p->stop_turn == turn) {
		ASSERT(p->stop_count > 0);
		p->stop_count--;	/* woken by something else */
	}
}

/*
 * Begin a stop by @sig, just dequeued, unless SIGCONT comes while siglock is dropped: it found no stop to
 * end and may be ignored, so that only its turn tells of it.
 */
static void begin_stop(struct process *p, int sig, unsigned long *flags)
{
	unsigned int turn = p->stop_turn;
	struct thread *t;

	if (sig != SIGSTOP) {
		bool orphaned;

		spin_unlock_irqrestore(&p->siglock, *flags);
		orphaned = pgrp_is_orphaned(p->pgid);
		spin_lock_irqsave(&p->siglock, *flags);
		if (orphaned || p->stop_turn != turn)
			return;
	}
	if (p->stop_sig || p->group_exit)
		return;
	ASSERT(!p->stopped);
	p->stop_sig = (unsigned int)sig;
	p->stop_count = 0;
	p->stop_turn++;
	list_for_each_entry(t, &p->threads, thread_link)
		if (t != current)
			thread_wake_signal(t, false);
}

/* ---- choosing what to do ---- */

/* sigsuspend and its like left the mask to restore in saved_mask. */
static u64 mask_to_restore(void)
{
	if (READ_ONCE(current->work) & WORK_RESTORE_MASK)
		return current->saved_mask;
	return current->blocked;
}

/* New mask of current; siglock held. */
static void change_mask(struct process *p, u64 set)
{
	if (p->nr_threads > 1)
		signal_retarget(p, set & ~current->blocked);
	current->blocked = set;
	recalc_sigpending(current);
}

/* While the handler runs, its signal and those of its mask are blocked. */
static void block_for_handler(struct process *p, struct ksignal *ks)
{
	u64 set = current->blocked | ks->action.mask;

	if (!(ks->action.flags & SA_NODEFER))
		set |= sigmask(ks->sig);
	ks->mask = mask_to_restore();
	clear_work(WORK_RESTORE_MASK);
	change_mask(p, set & ~SIG_KERNEL_ONLY);
}

/* Fill @ks for a handler to run; false: the action is a default one. */
static bool take_handler(struct process *p, struct ksignal *ks)
{
	struct ksigaction *sa = &p->sighand->action[ks->sig - 1];

	spin_lock_nested(&p->sighand->lock);
	ks->action = *sa;
	if (sa->handler > SIG_IGN && (sa->flags & SA_RESETHAND))
		sa->handler = SIG_DFL;
	spin_unlock(&p->sighand->lock);
	return ks->action.handler > SIG_IGN;
}

/* The next signal with a handler; false: none left. Stops and deaths happen in here. */
static bool get_signal(struct ksignal *ks)
{
	struct process *p = current_process();
	unsigned long flags;
	int code;

	spin_lock_irqsave(&p->siglock, flags);
	for (;;) {
		if (p->group_exit || p->exec_thread)
			break;
		if (p->cont_notify) {
			p->cont_notify = false;
			spin_unlock_irqrestore(&p->siglock, flags);
			notify_parent_stop_unlocked(p, CLD_CONTINUED);
			spin_lock_irqsave(&p->siglock, flags);
			continue;
		}
		if (p->stop_sig) {
			do_signal_stop(p, &flags);
			continue;
		}
		ks->sig = dequeue_signal(~current->blocked, &ks->info);
		if (!ks->sig) {
			recalc_sigpending(current);
			spin_unlock_irqrestore(&p->siglock, flags);
			return false;
		}
		if (take_handler(p, ks)) {
			block_for_handler(p, ks);
			spin_unlock_irqrestore(&p->siglock, flags);
			return true;
		}
		if (ks->action.handler == SIG_IGN || sig_in(ks->sig, SIG_IGNORE_MASK))
			continue;
		if (sig_in(ks->sig, SIG_STOP_MASK) && !p->unkillable)
			begin_stop(p, ks->sig, &flags);
		else if (!p->unkillable)
			group_kill_locked(p, ks->sig);
	}
	code = p->group_exit ? p->exit_code : SIGKILL;
	spin_unlock_irqrestore(&p->siglock, flags);
	if (p->group_exit)
		do_group_exit(code);
	do_exit(code);		/* another thread execs: only we leave */
}

/* ---- system calls that were interrupted ---- */

static void restart_syscall_after_handler(struct trapframe *regs, const struct ksigaction *sa)
{
	unsigned long how = current->syscall_restart;

	current->syscall_restart = 0;
	current->restart_deadline = 0;
	if (!how)
		return;
	if (how == ERESTARTNOINTR || (how == ERESTARTSYS && (sa->flags & SA_RESTART)))
		regs_set_syscall_restart(regs);
	else
		regs_set_return(regs, (unsigned long)-EINTR);
}

static void restart_syscall_without_handler(struct trapframe *regs)
{
	if (current->syscall_restart)
		regs_set_syscall_restart(regs);
	current->syscall_restart = 0;
}

/* ---- delivering ---- */

/*
 * No room for the frame is a SIGSEGV; no room for SIGSEGV's own frame is the end. With SA_NODEFER
 * it would otherwise be tried for ever, here in the kernel.
 */
static void deliver(struct ksignal *ks, struct trapframe *regs)
{
	restart_syscall_after_handler(regs, &ks->action);
	clear_siginfo_rest(&ks->info);
	if (!arch_signal_deliver(ks, regs))
		return;
	if (ks->sig == SIGSEGV)
		force_fatal_signal(SIGSEGV);
	else
		force_signal(SIGSEGV, SI_KERNEL, 0);
}

void handle_signals(struct trapframe *regs)
{
	struct ksignal ks;

	while (signal_pending(current) && get_signal(&ks))
		deliver(&ks, regs);
	restart_syscall_without_handler(regs);
	if (READ_ONCE(current->work) & WORK_RESTORE_MASK) {
		clear_work(WORK_RESTORE_MASK);
		set_current_blocked(current->saved_mask);
	}
}

/* ---- masks ---- */

void set_current_blocked(sigset_t set)
{
	struct process *p = current_process();
	unsigned long flags;

	set &= ~SIG_KERNEL_ONLY;
	if (set == current->blocked)
		return;
	spin_lock_irqsave(&p->siglock, flags);
	change_mask(p, set);
	spin_unlock_irqrestore(&p->siglock, flags);
}

int set_user_sigmask(const sigset_t __user *uset, size_t size)
{
	sigset_t set;

	if (!uset)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, uset, sizeof(set)))
		return -EFAULT;
	current->saved_mask = current->blocked;
	set_work(current, WORK_RESTORE_MASK);
	set_current_blocked(set);
	return 0;
}

void restore_user_sigmask(bool interrupted)
{
	if (interrupted || !(READ_ONCE(current->work) & WORK_RESTORE_MASK))
		return;
	clear_work(WORK_RESTORE_MASK);
	set_current_blocked(current->saved_mask);
}

bool signal_ignored_or_blocked(int sig)
{
	return sig_in(sig, current->blocked) || sig_handler(current_process(), sig) == SIG_IGN;
}

/* ---- alternate stack ---- */

static bool on_altstack(unsigned long sp)
{
	const struct thread *t = current;

	return !(t->altstack_flags & SS_AUTODISARM) && sp > t->altstack_sp &&
	       sp - t->altstack_sp <= t->altstack_size;
}

unsigned long signal_altstack_sp(const struct ksigaction *sa, unsigned long sp)
{
	if (!(sa->flags & SA_ONSTACK) || !current->altstack_size || on_altstack(sp))
		return sp;
	return current->altstack_sp + current->altstack_size;
}

/* altstack_get - what sigaltstack(2) reports to a caller whose stack pointer is @sp */
void altstack_get(stack_t *st, unsigned long sp)
{
	memset(st, 0, sizeof(*st));
	st->ss_sp = current->altstack_sp;
	st->ss_size = current->altstack_size;
	if (!current->altstack_size)
		st->ss_flags = SS_DISABLE;
	else if (on_altstack(sp))
		st->ss_flags = SS_ONSTACK;
	st->ss_flags |= (s32)(current->altstack_flags & SS_AUTODISARM);
}

int altstack_set(const stack_t *st, unsigned long sp)
{
	unsigned int mode = (u32)st->ss_flags & ~SS_AUTODISARM;

	if (on_altstack(sp))
		return -EPERM;
	if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		current->altstack_sp = current->altstack_size = 0;
	} else {
		if (st->ss_size < MINSIGSTKSZ)
			return -ENOMEM;
		current->altstack_sp = st->ss_sp;
		current->altstack_size = st->ss_size;
	}
	current->altstack_flags = (u32)st->ss_flags & SS_AUTODISARM;
	return 0;
}

void signal_save_altstack(stack_t *st, unsigned long sp)
{
	altstack_get(st, sp);
	if (current->altstack_flags & SS_AUTODISARM) {
		current->altstack_sp = current->altstack_size = 0;
		current->altstack_flags = 0;
	}
}

/* What a handler stored there is its own business: a bad one only leaves the old setting. */
int signal_restore_altstack(const stack_t *st)
{
	altstack_set(st, regs_sp(current_regs()));
	return 0;
}

/* ---- life ---- */

void signal_exec_reset(struct process *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	for (unsigned int i = 0; i < NSIG; i++) {
		struct ksigaction *sa = &p->sighand->action[i];

		if (sa->handler != SIG_IGN)
			sa->handler = SIG_DFL;
		sa->flags = sa->restorer = sa->mask = 0;
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	current->altstack_sp = current->altstack_size = 0;
	current->altstack_flags = 0;
}

void signal_exit_flush(struct thread *t)
{
	struct process *p = t->process;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	flush_signals(&t->sig_queue, &t->sig_pending, ~0UL);
	spin_unlock_irqrestore(&p->siglock, flags);
}
