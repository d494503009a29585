/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/signal_test.c - sending and queueing (kernel/signal.c)
 *
 * The target is a private process with one thread that never runs.
 */
#include <kernel/ktest.h>
#include <kernel/process.h>
#include <lib/string.h>
#include <uapi/errno.h>
#include "../../kernel/proc_internal.h"
#include "../../kernel/signal_internal.h"

struct target {
	struct process	*p;
	struct thread	*t;
};

static bool target_make(struct target *x, u64 max_pending)
{
	unsigned long flags;

	x->p = process_alloc();
	x->t = thread_alloc("target");
	if (!x->p || !x->t)
		return false;
	x->p->user = user_get(12345);
	x->p->sighand = sighand_alloc();
	x->p->rlim[RLIMIT_SIGPENDING].rlim_cur = max_pending;
	x->p->leader = x->t;
	x->t->process = x->p;
	spin_lock(&tasklist_lock);
	x->t->tid = x->p->pid = pid_alloc();
	spin_lock_irqsave(&x->p->siglock, flags);
	process_add_thread(x->p, x->t);
	spin_unlock_irqrestore(&x->p->siglock, flags);
	spin_unlock(&tasklist_lock);
	return x->p->user && x->p->sighand;
}

static void target_free(struct target *x)
{
	struct process *p = x->p;
	unsigned long flags;

	spin_lock(&tasklist_lock);
	spin_lock_irqsave(&p->siglock, flags);
	flush_signals(&p->shared_pending.queue, &p->shared_pending.set, ~0UL);
	flush_signals(&x->t->sig_queue, &x->t->sig_pending, ~0UL);
	list_del_init(&x->t->thread_link);
	p->nr_threads--;
	nr_user_threads--;
	spin_unlock_irqrestore(&p->siglock, flags);
	thread_hash_del(x->t);
	pid_release(x->t->tid);
	spin_unlock(&tasklist_lock);
	EXPECT_EQ(atomic_read(&p->user->sigpending), 0);
	thread_free(x->t);
	process_put(p);
}

static void set_handler(struct target *x, int sig, unsigned long handler)
{
	x->p->sighand->action[sig - 1].handler = handler;
}

static int send(struct target *x, int sig, bool to_thread)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = sig;
	info.si_code = SI_QUEUE;
	return to_thread ? send_signal_thread(x->t, sig, &info) :
	       send_signal_process(x->p, sig, &info);
}

#define SOME_HANDLER	0x10000UL

KTEST(signal_standard_ones_coalesce_and_realtime_ones_queue)
{
	struct target x;

	REQUIRE(target_make(&x, 100));
	set_handler(&x, SIGUSR1, SOME_HANDLER);
	set_handler(&x, SIGRTMIN + 3, SOME_HANDLER);
	for (unsigned int i = 0; i < 5; i++) {
		EXPECT_EQ(send(&x, SIGUSR1, false), 0);
		EXPECT_EQ(send(&x, SIGRTMIN + 3, false), 0);
	}
	EXPECT_EQ(list_count_nodes(&x.p->shared_pending.queue), 6);
	EXPECT_EQ(x.p->shared_pending.set, sigmask(SIGUSR1) | sigmask(SIGRTMIN + 3));
	EXPECT(signal_pending(x.t) && !fatal_signal_pending(x.t));
	target_free(&x);
}

KTEST(signal_ignored_ones_are_dropped_unless_blocked)
{
	struct target x;

	REQUIRE(target_make(&x, 100));
	EXPECT_EQ(send(&x, SIGCHLD, false), 0);
	set_handler(&x, SIGTERM, SIG_IGN);
	EXPECT_EQ(send(&x, SIGTERM, true), 0);
	EXPECT_EQ(x.p->shared_pending.set | x.t->sig_pending, 0);
	EXPECT(!signal_pending(x.t));
	x.t->blocked = sigmask(SIGTERM);
	EXPECT_EQ(send(&x, SIGTERM, true), 0);
	EXPECT_EQ(x.t->sig_pending, sigmask(SIGTERM));
	EXPECT(!signal_pending(x.t));
	target_free(&x);
}

KTEST(signal_fatal_one_ends_the_whole_process_at_once)
{
	struct target x;

	REQUIRE(target_make(&x, 100));
	EXPECT_EQ(send(&x, SIGTERM, false), 0);
	EXPECT(x.p->group_exit && fatal_signal_pending(x.t));
	EXPECT_EQ(x.p->exit_code, SIGTERM);
	target_free(&x);
}

KTEST(signal_to_init_without_handler_does_nothing)
{
	struct target x;

	REQUIRE(target_make(&x, 100));
	x.p->unkillable = true;
	EXPECT_EQ(send(&x, SIGKILL, false), 0);
	EXPECT_EQ(send(&x, SIGTERM, true), 0);
	EXPECT(!x.p->group_exit && !signal_pending(x.t));
	target_free(&x);
}

KTEST(signal_cont_removes_stops_and_stop_removes_cont)
{
	struct target x;

	REQUIRE(target_make(&x, 100));
	set_handler(&x, SIGCONT, SOME_HANDLER);
	EXPECT_EQ(send(&x, SIGTSTP, false), 0);
	EXPECT_EQ(send(&x, SIGTTIN, true), 0);
	EXPECT_EQ(send(&x, SIGCONT, false), 0);
	EXPECT_EQ(x.p->shared_pending.set, sigmask(SIGCONT));
	EXPECT_EQ(x.t->sig_pending, 0);
	EXPECT_EQ(send(&x, SIGSTOP, false), 0);
	EXPECT_EQ(x.p->shared_pending.set, sigmask(SIGSTOP));
	target_free(&x);
}

KTEST(signal_realtime_queue_is_limited_by_rlimit)
{
	struct target x;

	REQUIRE(target_make(&x, 3));
	set_handler(&x, SIGRTMAX, SOME_HANDLER);
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ(send(&x, SIGRTMAX, false), 0);
	EXPECT_EQ(send(&x, SIGRTMAX, false), -EAGAIN);
	EXPECT_EQ(list_count_nodes(&x.p->shared_pending.queue), 3);
	target_free(&x);
}
