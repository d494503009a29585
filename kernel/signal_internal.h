/* SPDX-License-Identifier: MIT */
/* kernel/signal_internal.h - what signal.c, signal_deliver.c, signal_calls.c and posix_timer.c share */
#ifndef KERNEL_SIGNAL_INTERNAL_H
#define KERNEL_SIGNAL_INTERNAL_H

#include <kernel/process.h>
#include <lib/string.h>

struct posix_timer;
struct user;

/* sigqueue - one queued signal with what came along */
struct sigqueue {
	struct list_head	link;		/* (s) thread->sig_queue or process->shared_pending */
	struct user		*user;		/* counted there; NULL: belongs to a posix_timer */
	struct posix_timer	*timer;		/* SI_TIMER: re-armed when dequeued            */
	struct thread		*thread;	/* whose queue a timer's entry is on; NULL: shared */
	siginfo_t		info;
};

/* sighand - actions, shared by the threads of a process and by processes made with CLONE_SIGHAND */
struct sighand {
	atomic_t		refs;
	spinlock_t		lock;		/* inside siglock; copies of whole actions     */
	struct ksigaction	action[NSIG];
};

#define SIG_KERNEL_ONLY		(sigmask(SIGKILL) | sigmask(SIGSTOP))
#define SIG_STOP_MASK		(sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU))
#define SIG_IGNORE_MASK		(sigmask(SIGCONT) | sigmask(SIGCHLD) | sigmask(SIGWINCH) | sigmask(SIGURG))
#define SIG_SYNC_MASK		(sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) | sigmask(SIGTRAP) | \
				 sigmask(SIGFPE) | sigmask(SIGSYS))

/* All that the kernel or a program may say is in the first 48 bytes; the rest is zero when it leaves us. */
#define SIGINFO_USED	48
static inline void copy_siginfo(siginfo_t *dst, const siginfo_t *src)
{
	memcpy(dst, src, SIGINFO_USED);
}
/* clear_siginfo_rest - before @info goes to a program */
static inline void clear_siginfo_rest(siginfo_t *info)
{
	memset((u8 *)info + SIGINFO_USED, 0, sizeof(*info) - SIGINFO_USED);
}

static inline bool sig_valid(int sig) { return sig >= 1 && sig <= NSIG; }
static inline bool sig_in(int sig, u64 mask) { return (sigmask(sig) & mask) != 0; }

static inline unsigned long sig_handler(const struct process *p, int sig)
{
	return READ_ONCE(p->sighand->action[sig - 1].handler);
}

/* clear_work - of current */
static inline void clear_work(unsigned long bits)
{
	__atomic_fetch_and(&current->work, ~bits, __ATOMIC_SEQ_CST);
}

void signal_init(void);
/* signal_start_daemon - the thread behind send_signal_pgrp_irq() */
void signal_start_daemon(void);
void sighand_copy(struct sighand *to, struct sighand *from);
struct sighand *sighand_dup(struct sighand *old);
void sighand_put(struct sighand *sh);
static inline struct sighand *sighand_get(struct sighand *sh) { atomic_inc(&sh->refs); return sh; }

/* kill_one - permission, then the signal; number 0 only asks; 0 or -EPERM ... Tasklist lock held. */
int kill_one(struct process *p, int sig, const siginfo_t *info);

/* siglock of the process is held for all of these */
int send_signal_locked(struct process *p, struct thread *t, int sig, const siginfo_t *info);
/* sigqueue_send - queue a timer's own entry; @t NULL: to the process. false: it was queued already. */
bool sigqueue_send(struct process *p, struct thread *t, struct sigqueue *q);
/* sigqueue_unlink - take a timer's entry back if it is queued */
void sigqueue_unlink(struct process *p, struct sigqueue *q);
void sigqueue_free(struct sigqueue *q);
/* group_kill_locked - every thread of @p leaves with wait status @code */
void group_kill_locked(struct process *p, int code);
void recalc_sigpending(struct thread *t);
/* dequeue_signal - take the next signal in @mask for current: its number, or 0 */
int dequeue_signal(u64 mask, siginfo_t *info);
/* flush_signals - drop what is queued of @mask */
void flush_signals(struct list_head *queue, u64 *set, u64 mask);
/* signal_retarget - current will not take these of the shared signals: wake somebody who does */
void signal_retarget(struct process *p, u64 which);

/* posix_timer_dequeued - fills in the overrun count and re-arms */
void posix_timer_dequeued(struct posix_timer *timer, siginfo_t *info);

/* altstack_get / altstack_set - sigaltstack(2) for a caller whose stack pointer is @sp; set: 0 or -errno */
void altstack_get(stack_t *st, unsigned long sp);
int altstack_set(const stack_t *st, unsigned long sp);

/* notify_parent_stop - tell the parent of @p about CLD_STOPPED or CLD_CONTINUED; tasklist lock held */
void notify_parent_stop(struct process *p, int why);

#endif
