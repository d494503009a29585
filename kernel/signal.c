/* SPDX-License-Identifier: MIT */
/*
 * kernel/signal.c - who gets a signal, and what happens at once?
 *
 *	kill, tty, timer, fault
 *	       |  send_signal_*()
 *	       v
 *	ignored? --yes--> nothing            SIGCONT: ends a stop      SIGSTOP & co: drop SIGCONT
 *	       | no
 *	       v
 *	queue (of the thread, or shared by the process) + bit in its set
 *	       |  complete_signal(): whom to wake; a fatal one ends the whole process now
 *	       v
 *	WORK_SIGNAL of one thread  ...  signal_deliver.c, on its way to user mode
 *
 * ALWAYS TRUE    G1  a bit of a pending set is on <=> a number is pending; a standard signal is queued at
 *                    most once, a real-time signal as often as it was sent.
 *                G2  WORK_SIGNAL of a thread is on when a signal it does not block is pending, a stop is in
 *                    progress or the process is ending. Others only turn it on; the thread itself
 *                    turns it off (recalc_sigpending).
 *                G3  once p->group_exit is set every thread has WORK_FATAL and will leave.
 *
 * LOCKS          p->siglock (interrupts off), so that timers and the terminal may send from interrupts.
 * READ NEXT      signal_deliver.c (taking), signal_calls.c (system calls).
 */
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/signal.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "proc_internal.h"
#include "signal_internal.h"

static struct kmem_cache *sigqueue_cache, *sighand_cache;

/* ---- tables of actions ---- */

static struct sighand *sighand_new(void)
{
	struct sighand *sh = kmem_cache_alloc(sighand_cache, GFP_KERNEL);

	if (sh) {
		atomic_set(&sh->refs, 1);
		spin_lock_init(&sh->lock, RANK_SIGHAND);
	}
	return sh;
}

struct sighand *sighand_alloc(void)
{
	struct sighand *sh = sighand_new();

	if (sh)
		memset(sh->action, 0, sizeof(sh->action));
	return sh;
}

void sighand_copy(struct sighand *to, struct sighand *from)
{
	unsigned long flags;

	spin_lock_irqsave(&from->lock, flags);
	memcpy(to->action, from->action, sizeof(to->action));
	spin_unlock_irqrestore(&from->lock, flags);
}

struct sighand *sighand_dup(struct sighand *old)
{
	struct sighand *sh = sighand_new();

	if (sh)
		sighand_copy(sh, old);
	return sh;
}

void sighand_put(struct sighand *sh)
{
	if (atomic_dec_and_test(&sh->refs))
		kmem_cache_free(sighand_cache, sh);
}

/* ---- queues ---- */

/* Entries are limited per real uid; signals of the kernel and standard ones go beyond the limit. */
static struct sigqueue *sigqueue_alloc(struct process *p, bool over_limit)
{
	struct user *u = p->user;
	struct sigqueue *q;

	if (atomic_inc_return(&u->sigpending) > (int)min(p->rlim[RLIMIT_SIGPENDING].rlim_cur,
							 (u64)__INT_MAX__) && !over_limit)
		goto uncount;
	q = kmem_cache_alloc(sigqueue_cache, GFP_ATOMIC);
	if (!q)
		goto uncount;
	q->user = user_ref(u);
	q->timer = NULL;
	return q;
uncount:
	atomic_dec(&u->sigpending);
	return NULL;
}

void sigqueue_free(struct sigqueue *q)
{
	if (!q->user)
		return;		/* part of a posix_timer */
	atomic_dec(&q->user->sigpending);
	user_put(q->user);
	kmem_cache_free(sigqueue_cache, q);
}

void flush_signals(struct list_head *queue, u64 *set, u64 mask)
{
	struct sigqueue *q, *next;

	if (!(*set & mask))
		return;
	*set &= ~mask;
	list_for_each_entry_safe(q, next, queue, link) {
		if (!sig_in(q->info.si_signo, mask))
			continue;
		list_del_init(&q->link);
		sigqueue_free(q);
	}
}

/* Drop @mask from the process and from all of its threads. */
static void flush_process(struct process *p, u64 mask)
{
	struct thread *t;

	flush_signals(&p->shared_pending.queue, &p->shared_pending.set, mask);
	list_for_each_entry(t, &p->threads, thread_link)
		flush_signals(&t->sig_queue, &t->sig_pending, mask);
}

void recalc_sigpending(struct thread *t)
{
	struct process *p = t->process;

	if (((t->sig_pending | p->shared_pending.set) & ~t->blocked) || p->stop_sig ||
	    p->group_exit || p->cont_notify)
		set_work(t, WORK_SIGNAL);
	else if (t == current)
		clear_work(WORK_SIGNAL);
}

/* ---- deciding ---- */

static bool sig_ignored(const struct process *p, const struct thread *t, int sig)
{
	unsigned long handler = sig_handler(p, sig);

	if (sig_in(sig, t->blocked))
		return false;	/* the action may change before it is unblocked */
	if (p->unkillable && handler == SIG_DFL)
		return true;
	return handler == SIG_IGN || (handler == SIG_DFL && sig_in(sig, SIG_IGNORE_MASK));
}

/* Everybody goes on after a stop. */
static void continue_process(struct process *p)
{
	struct thread *t;

	if (!p->stop_sig)
		return;
	p->stop_sig = 0;
	p->stop_count = 0;
	if (p->stopped) {
		p->stopped = false;
		p->stop_unwaited = false;
		p->continued = true;
		p->cont_notify = true;
	}
	list_for_each_entry(t, &p->threads, thread_link) {
		set_work(t, WORK_SIGNAL);
		thread_wake_stopped(t);
	}
}

/* What happens when a signal is sent, whatever becomes of it; false: it is ignored. */
static bool prepare_signal(struct process *p, const struct thread *t, int sig)
{
	if (p->group_exit)
		return false;
	if (sig_in(sig, SIG_STOP_MASK)) {
		flush_process(p, sigmask(SIGCONT));
	} else if (sig == SIGCONT) {
		flush_process(p, SIG_STOP_MASK);
		p->stop_turn++;
		continue_process(p);
	}
	return !sig_ignored(p, t, sig);
}

static bool wants_signal(const struct thread *t, int sig)
{
	return !sig_in(sig, t->blocked) && t->state != THREAD_STOPPED && t->state != THREAD_DEAD;
}

/* Who should be woken for a signal to the process: the leader, else the first who does not block it. */
static struct thread *choose_thread(struct process *p, int sig)
{
	struct thread *t;

	if (p->leader && p->leader->process == p && !list_empty(&p->leader->thread_link) &&
	    wants_signal(p->leader, sig))
		return p->leader;
	list_for_each_entry(t, &p->threads, thread_link)
		if (wants_signal(t, sig))
			return t;
	return NULL;
}

static bool sig_fatal(const struct process *p, int sig)
{
	return sig_handler(p, sig) == SIG_DFL && !sig_in(sig, SIG_IGNORE_MASK | SIG_STOP_MASK);
}

void group_kill_locked(struct process *p, int code)
{
	struct thread *t;

	ASSERT_HELD(&p->siglock);
	p->group_exit = true;
	p->exit_code = code;
	p->stop_sig = 0;
	p->stop_count = 0;
	list_for_each_entry(t, &p->threads, thread_link)
		thread_wake_signal(t, true);
}

/* Wake whoever should take @sig; @t NULL: anyone of the process. */
static void complete_signal(struct process *p, struct thread *t, int sig)
{
	if (!t)
		t = choose_thread(p, sig);
	else if (!wants_signal(t, sig) && sig != SIGKILL)
		t = NULL;
	if (sig == SIGKILL || (t && sig_fatal(p, sig)))
		group_kill_locked(p, sig);
	else if (t == current && READ_ONCE(t->state) == THREAD_RUNNING)
		set_work(t, WORK_SIGNAL);	/* no wake-up; but an interrupt may find it falling asleep */
	else if (t)
		thread_wake_signal(t, false);
	if (waitqueue_active(&p->signalfd_wait))
		wake_up_all(&p->signalfd_wait);
}

static void fill_info(siginfo_t *dst, int sig, const siginfo_t *info)
{
	if (info) {
		copy_siginfo(dst, info);
	} else {
		memset(dst, 0, SIGINFO_USED);
		dst->si_code = SI_KERNEL;
	}
	dst->si_signo = sig;
}

/* ---- sending ---- */

int send_signal_locked(struct process *p, struct thread *t, int sig, const siginfo_t *info)
{
	struct list_head *queue = t ? &t->sig_queue : &p->shared_pending.queue;
	u64 *set = t ? &t->sig_pending : &p->shared_pending.set;
	struct thread *first = list_first_entry_or_null(&p->threads, struct thread, thread_link);
	struct sigqueue *q;

	ASSERT_HELD(&p->siglock);
	if (!first || !prepare_signal(p, t ? t : first, sig))
		return 0;
	if (sig < SIGRTMIN && sig_in(sig, *set))
		return 0;
	if (sig != SIGKILL) {
		q = sigqueue_alloc(p, sig < SIGRTMIN || !info);
		if (q) {
			fill_info(&q->info, sig, info);
			list_add_tail(&q->link, queue);
		} else if (sig >= SIGRTMIN && info && info->si_code != SI_USER) {
			return -EAGAIN;
		}
	}
	*set |= sigmask(sig);
	complete_signal(p, t, sig);
	return 0;
}

bool sigqueue_send(struct process *p, struct thread *t, struct sigqueue *q)
{
	struct thread *first = list_first_entry_or_null(&p->threads, struct thread, thread_link);
	int sig = q->info.si_signo;

	ASSERT_HELD(&p->siglock);
	if (!list_empty(&q->link))
		return false;
	if (!first || !prepare_signal(p, t ? t : first, sig))
		return true;
	q->thread = t;
	list_add_tail(&q->link, t ? &t->sig_queue : &p->shared_pending.queue);
	*(t ? &t->sig_pending : &p->shared_pending.set) |= sigmask(sig);
	complete_signal(p, t, sig);
	return true;
}

void sigqueue_unlink(struct process *p, struct sigqueue *q)
{
	struct list_head *queue = q->thread ? &q->thread->sig_queue : &p->shared_pending.queue;
	u64 *set = q->thread ? &q->thread->sig_pending : &p->shared_pending.set;
	struct sigqueue *other;

	ASSERT_HELD(&p->siglock);
	if (list_empty(&q->link))
		return;
	list_del_init(&q->link);
	list_for_each_entry(other, queue, link)
		if (other->info.si_signo == q->info.si_signo)
			return;
	*set &= ~sigmask(q->info.si_signo);
}

int send_signal_process(struct process *p, int sig, const siginfo_t *info)
{
	unsigned long flags;
	int err;

	ASSERT(sig_valid(sig));
	spin_lock_irqsave(&p->siglock, flags);
	err = send_signal_locked(p, NULL, sig, info);
	spin_unlock_irqrestore(&p->siglock, flags);
	return err;
}

int send_signal_thread(struct thread *t, int sig, const siginfo_t *info)
{
	struct process *p = t->process;
	unsigned long flags;
	int err = -ESRCH;

	ASSERT(sig_valid(sig));
	if (!p)
		return -ESRCH;
	spin_lock_irqsave(&p->siglock, flags);
	if (!list_empty(&t->thread_link))
		err = send_signal_locked(p, t, sig, info);
	spin_unlock_irqrestore(&p->siglock, flags);
	return err;
}

int send_signal_pgrp(pid_t pgid, int sig, const siginfo_t *info)
{
	struct id_group *g;
	struct process *p;
	int err = -ESRCH;

	spin_lock(&tasklist_lock);
	g = find_pgrp(pgid);
	if (g) {
		list_for_each_entry(p, &g->members, pgrp_link) {
			send_signal_process(p, sig, info);
			err = 0;
		}
	}
	spin_unlock(&tasklist_lock);
	return err;
}

/* What was blocked or ignored, or is @fatal, happens by default instead: a fault cannot be put off. */
static void unshield(struct process *p, int sig, bool fatal)
{
	struct ksigaction *sa = &p->sighand->action[sig - 1];

	if (fatal || sig_in(sig, current->blocked) || sa->handler == SIG_IGN) {
		sa->handler = SIG_DFL;
		current->blocked &= ~sigmask(sig);
	}
	if (sa->handler == SIG_DFL) {
		p->unkillable = false;
		pr_log("%s[%d]: killed by signal %d\n", current->comm, current->tid, sig);
	}
}

static void force(int sig, int code, unsigned long addr, bool fatal)
{
	siginfo_t info = { .si_signo = sig, .si_code = code };
	struct process *p = current_process();
	unsigned long flags;

	info.si_addr = addr;
	ASSERT_MSG(p != NULL, "signal %d (address %lx) for a kernel thread", sig, addr);
	spin_lock_irqsave(&p->siglock, flags);
	unshield(p, sig, fatal);
	send_signal_locked(p, current, sig, &info);
	spin_unlock_irqrestore(&p->siglock, flags);
}

void force_signal(int sig, int code, unsigned long addr)
{
	force(sig, code, addr, false);
}

void force_fatal_signal(int sig)
{
	force(sig, SI_KERNEL, 0, true);
}

void signal_retarget(struct process *p, u64 which)
{
	struct thread *t;

	which &= p->shared_pending.set;
	if (!which)
		return;
	list_for_each_entry(t, &p->threads, thread_link) {
		if (t == current || !(which & ~t->blocked))
			continue;
		thread_wake_signal(t, false);
		which &= t->blocked;
		if (!which)
			return;
	}
}

void signal_sets_get(const struct process *p, struct signal_sets *s)
{
	ASSERT_HELD(&p->siglock);
	*s = (struct signal_sets){ .pending = p->shared_pending.set };
	for (int sig = 1; sig <= NSIG; sig++) {
		if (sig_handler(p, sig) == SIG_IGN)
			s->ignored |= sigmask(sig);
		else if (sig_handler(p, sig) != SIG_DFL)
			s->caught |= sigmask(sig);
	}
}

/* ---- sending from interrupts ---- */

/*
 * The members of a group are found under tasklist_lock, which interrupts may not take. The terminal's
 * receive interrupt leaves group and signal here and wakes this thread. A hang-up and a Ctrl-C of
 * different terminals may come together: one entry per group; were there more, the oldest would lose.
 */
#define IRQ_SIGNALS	8

static struct irq_signal { pid_t pgid; u64 set; } irq_signals[IRQ_SIGNALS];	/* irq_signals_lock */
static bool irq_signals_pending;						/* irq_signals_lock */
static DEFINE_SPINLOCK(irq_signals_lock, RANK_DEVICE);
static DEFINE_WAIT_QUEUE(irq_signals_wait);

static void send_set(const struct irq_signal *s)
{
	for (u64 set = s->set; set; set &= set - 1)
		send_signal_pgrp(s->pgid, (int)__ffs(set) + 1, NULL);
}

static void ksignald_main(void *arg)
{
	struct irq_signal todo[IRQ_SIGNALS];
	unsigned long flags;

	for (;;) {
		wait_event(irq_signals_wait, READ_ONCE(irq_signals_pending));
		spin_lock_irqsave(&irq_signals_lock, flags);
		memcpy(todo, irq_signals, sizeof(todo));
		memset(irq_signals, 0, sizeof(irq_signals));
		irq_signals_pending = false;
		spin_unlock_irqrestore(&irq_signals_lock, flags);
		for (unsigned int i = 0; i < IRQ_SIGNALS; i++)
			send_set(&todo[i]);
	}
}

void send_signal_pgrp_irq(pid_t pgid, int sig)
{
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&irq_signals_lock, flags);
	for (i = 0; i < IRQ_SIGNALS - 1; i++)
		if (!irq_signals[i].set || irq_signals[i].pgid == pgid)
			break;
	if (irq_signals[i].pgid != pgid)
		irq_signals[i] = (struct irq_signal){ .pgid = pgid };
	irq_signals[i].set |= sigmask(sig);
	irq_signals_pending = true;
	spin_unlock_irqrestore(&irq_signals_lock, flags);
	wake_up(&irq_signals_wait);
}

void signal_start_daemon(void)
{
	struct thread *t = kthread_create(ksignald_main, NULL, "ksignald");

	if (!t)
		panic("no memory for ksignald");
	thread_wake(t);
}

void signal_init(void)
{
	sigqueue_cache = kmem_cache_create("sigqueue", sizeof(struct sigqueue), 0, SLAB_PANIC, NULL);
	sighand_cache = kmem_cache_create("sighand", sizeof(struct sighand), 0, SLAB_PANIC, NULL);
}
