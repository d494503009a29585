/* SPDX-License-Identifier: MIT */
/*
 * kernel/exit.c - how does a thread end, and what remains of its process?
 *
 *	do_exit()
 *	  exit_mm_release   robust futexes, clear_child_tid: others learn that we let go
 *	  drop resources    memory, files, fs; the last thread drops those of the process
 *	  exit_notify       out of the lists; the last one makes the process a zombie:
 *	                      children go to the nearest subreaper or init, stopped orphans are woken,
 *	                      the parent gets SIGCHLD - or nothing remains (autoreap)
 *	  thread_exit_switch
 *
 * ALWAYS TRUE    X1  files are closed and memory is unmapped before the parent can learn of the death.
 *                X2  a zombie holds its struct process, the leader's struct and its numbers, no more.
 *
 * LOCKS          tasklist_lock > siglock. Nothing sleeps after exit_notify().
 * READ NEXT      wait.c (who reaps), signal.c (group_kill_locked).
 */
#include <fs/file.h>
#include <fs/tty.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/fault_inject.h>
#include "proc_internal.h"
#include "signal_internal.h"

static bool code_is_signal(int code) { return (code & 0x7f) != 0; }

/* ---- letting go of memory and files ---- */

static void exit_tid_address(void)
{
	u32 __user *tidptr = current->clear_child_tid;

	if (!tidptr)
		return;
	current->clear_child_tid = NULL;
	/* Only somebody who shares the memory can wait for this word. */
	if (current_process()->nr_threads > 1 || atomic_read(&current->mm->mm_users) > 1) {
		(void)put_user(0, tidptr);
		futex_wake_exit(tidptr);
	}
}

/* Whoever would serve our faults may be gone: these words are not waited for. After an exec the thread lives on. */
void exit_mm_release(void)
{
	ASSERT(!current->no_userfault);
	current->no_userfault = true;
	exit_robust_list();
	exit_tid_address();
	current->no_userfault = false;
}

static void exit_files(void)
{
	struct process *p = current_process();
	struct files_struct *files = current->files;
	struct fs_struct *fs = current->fs;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	current->files = NULL;
	current->fs = NULL;
	spin_unlock_irqrestore(&p->siglock, flags);
	if (files)
		files_put(files);
	if (fs)
		fs_put(fs);
}

/* The process' own reference; its last thread drops it. */
static void exit_process_mm(struct process *p)
{
	struct mm_struct *mm = p->mm;
	struct file *exe = p->exe_file;
	unsigned long flags, rss;

	if (!mm)
		return;
	rss = max(mm_rss(mm), mm->hiwater_rss);
	spin_lock_irqsave(&p->siglock, flags);
	p->mm = NULL;
	p->exe_file = NULL;
	if (rss > p->maxrss)
		p->maxrss = rss;
	spin_unlock_irqrestore(&p->siglock, flags);
	mmput(mm);
	if (exe)
		file_put(exe);
}

/* PID 1 is gone and with it what the machine was for. */
static void init_exit(int code)
{
	if (code_is_signal(code))
		printk("init killed by signal %d\n", code & 0x7f);
	else
		printk("init exited with status %d\n", (code >> 8) & 0xff);
	vfs_sync_all();
	arch_power_off(code_is_signal(code) ? 128 + (code & 0x7f) : (code >> 8) & 0xff);
}

/* The last thread begins to leave: what belongs to the process as a whole goes. */
static void exit_last_thread(struct process *p)
{
	if (p == init_process)
		init_exit(p->exit_code);
	itimers_exit(p);
	posix_timers_exit(p);
	exit_process_mm(p);
}

/* ---- telling others ---- */

/* Tell the parent; true: nobody wants to wait, so @p is to be reaped at once. tasklist lock held. */
static bool notify_parent_exit(struct process *p)
{
	struct process *parent = p->parent;
	siginfo_t info = { .si_signo = p->exit_signal };
	unsigned long flags;
	bool autoreap = false;

	info.si_pid = p->pid;
	info.si_uid = p->uid;
	info.si_utime = (s64)(p->utime / (NSEC_PER_SEC / USER_HZ));
	info.si_stime = (s64)(p->stime / (NSEC_PER_SEC / USER_HZ));
	info.si_code = code_is_signal(p->exit_code) ? CLD_KILLED : CLD_EXITED;
	info.si_status = code_is_signal(p->exit_code) ? p->exit_code & 0x7f : p->exit_code >> 8;
	spin_lock_irqsave(&parent->siglock, flags);
	if (p->exit_signal == SIGCHLD)
		autoreap = sig_handler(parent, SIGCHLD) == SIG_IGN ||
			   (parent->sighand->action[SIGCHLD - 1].flags & SA_NOCLDWAIT);
	if (sig_valid(p->exit_signal) && !(autoreap && sig_handler(parent, SIGCHLD) == SIG_IGN))
		send_signal_locked(parent, NULL, p->exit_signal, &info);
	spin_unlock_irqrestore(&parent->siglock, flags);
	wake_up_all(&parent->wait_chldexit);
	return autoreap;
}

static bool has_stopped_member(pid_t pgid)
{
	struct id_group *g = find_pgrp(pgid);
	struct process *p;

	if (g)
		list_for_each_entry(p, &g->members, pgrp_link)
			if (p->stopped)
				return true;
	return false;
}

/* Group @pgid may have lost, with @leaving, the last one who could continue it: wake what is stopped. */
static void check_orphaned(pid_t pgid, const struct process *leaving)
{
	struct id_group *g;
	struct process *p;

	if (!will_become_orphaned(pgid, leaving) || !has_stopped_member(pgid))
		return;
	g = find_pgrp(pgid);
	list_for_each_entry(p, &g->members, pgrp_link) {
		send_signal_process(p, SIGHUP, NULL);
		send_signal_process(p, SIGCONT, NULL);
	}
}

static struct process *find_reaper(const struct process *p)
{
	struct process *a;

	for (a = p->parent; a && a != init_process; a = a->parent)
		if (a->is_subreaper && !a->group_exit && a->nr_threads)
			return a;
	return init_process;
}

/* ---- out of the tree ---- */

/* A zombie leaves every list; its accounts go to the parent. Its struct waits on @dead for free_dead(). */
static void unlink_zombie(struct process *p, struct list_head *dead)
{
	struct process *parent = p->parent;
	unsigned long flags;

	ASSERT(p->zombie && p->nr_threads == 0);
	spin_lock_irqsave(&parent->siglock, flags);
	parent->cutime += p->utime + p->cutime;
	parent->cstime += p->stime + p->cstime;
	parent->cmin_flt += p->min_flt + p->cmin_flt;
	parent->cmaj_flt += p->maj_flt + p->cmaj_flt;
	parent->cnvcsw += p->nvcsw + p->cnvcsw;
	parent->cnivcsw += p->nivcsw + p->cnivcsw;
	parent->cmaxrss = max(parent->cmaxrss, max(p->maxrss, p->cmaxrss));
	spin_unlock_irqrestore(&parent->siglock, flags);
	list_del_init(&p->all_link);
	process_hash_del(p);
	groups_leave(p);
	pid_release(p->pid);
	list_move(&p->sibling, dead);
	p->parent = NULL;
}

/* Free what unlink_zombie() took out. No lock. Our own leader struct frees itself when we have left it. */
static void free_dead(struct list_head *dead)
{
	struct process *p, *next;

	list_for_each_entry_safe(p, next, dead, sibling) {
		list_del_init(&p->sibling);
		if (p->leader == current) {
			current->autofree = true;
		} else {
			thread_wait_off_cpu(p->leader);
			thread_free(p->leader);
		}
		p->leader = NULL;
		process_put(p);
	}
}

void process_unlink(struct process *p)
{
	LIST_HEAD(dead);

	ASSERT_HELD(&tasklist_lock);
	unlink_zombie(p, &dead);
	list_del_init(&p->sibling);
}

void process_free(struct process *p)
{
	LIST_HEAD(dead);

	list_add(&p->sibling, &dead);
	free_dead(&dead);
}

static void reparent_child(struct process *child, struct process *reaper, struct process *old,
			   struct list_head *dead)
{
	child->parent = reaper;
	WRITE_ONCE(child->ppid, reaper->pid);
	list_move_tail(&child->sibling, &reaper->children);
	child->exit_signal = SIGCHLD;	/* whatever clone() said: the new parent knows only this */
	if (child->pdeath_signal && !child->zombie)
		send_signal_process(child, child->pdeath_signal, NULL);
	if (child->zombie) {
		if (notify_parent_exit(child))
			unlink_zombie(child, dead);
		return;
	}
	if (child->pgid != old->pgid && child->sid == old->sid)
		check_orphaned(child->pgid, NULL);
}

static void forget_children(struct process *p, struct list_head *dead)
{
	struct process *reaper, *child, *next;

	if (list_empty(&p->children))
		return;
	reaper = find_reaper(p);
	list_for_each_entry_safe(child, next, &p->children, sibling)
		reparent_child(child, reaper, p, dead);
}

/* The leader of a session takes the terminal with it: the foreground group is hung up. */
static void leave_session(struct process *p)
{
	struct id_group *g;
	struct process *member;

	if (p->sid != p->pid || !p->tty)
		return;
	tty_session_exit(p->tty, p->sid);
	g = find_session(p->sid);
	list_for_each_entry(member, &g->members, session_link)
		member->tty = NULL;
}

/* No thread is left: the process is a zombie from here on. tasklist lock held. */
static void become_zombie(struct process *p, struct list_head *dead)
{
	leave_session(p);
	forget_children(p, dead);
	p->zombie = true;
	wake_up_poll(&p->wait_pidfd, POLLIN);
	if (p->parent->sid == p->sid && p->parent->pgid != p->pgid)
		check_orphaned(p->pgid, p);
	if (notify_parent_exit(p))
		unlink_zombie(p, dead);
}

/* The thread leaves its process; true: it was the last one. */
static bool unlink_thread(struct process *p, struct thread *t)
{
	unsigned long flags;
	u64 utime, stime;
	bool stopped, last;

	thread_hash_del(t);
	spin_lock_irqsave(&p->siglock, flags);
	thread_times(t, &utime, &stime);
	p->utime += utime;
	p->stime += stime;
	p->min_flt += t->min_flt;
	p->maj_flt += t->maj_flt;
	p->nvcsw += t->nvcsw;
	p->nivcsw += t->nivcsw;
	list_del_init(&t->thread_link);
	flush_signals(&t->sig_queue, &t->sig_pending, ~0UL);
	if (list_empty(&p->threads))
		flush_signals(&p->shared_pending.queue, &p->shared_pending.set, ~0UL);
	last = --p->nr_threads == 0;
	nr_user_threads--;
	stopped = !last && p->stop_sig && !p->stopped && p->stop_count == p->nr_threads;
	if (stopped)
		p->stopped = p->stop_unwaited = true;
	if (p->exec_thread && p->nr_threads == 1)
		thread_wake(p->exec_thread);
	spin_unlock_irqrestore(&p->siglock, flags);
	if (stopped)
		notify_parent_stop(p, CLD_STOPPED);
	if (t->tid != p->pid)
		pid_release(t->tid);
	return last;
}

static void exit_notify(struct process *p)
{
	LIST_HEAD(dead);

	spin_lock(&tasklist_lock);
	user_count_threads(p, -1);
	current->autofree = current != p->leader;
	if (unlink_thread(p, current))
		become_zombie(p, &dead);
	spin_unlock(&tasklist_lock);
	free_dead(&dead);
}

/* From here on no signal is delivered to this thread; those meant for the process go to others. */
static void exit_signals(struct process *p, int code)
{
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	current->blocked = ~0UL;
	signal_retarget(p, ~0UL);
	if (!p->group_exit && (current == p->leader || p->nr_threads == 1) && !p->exec_thread)
		p->exit_code = code;
	spin_unlock_irqrestore(&p->siglock, flags);
}

void do_exit(int code)
{
	struct process *p = current_process();

	ASSERT_MSG(p != NULL, "a kernel thread called do_exit: %s", current->comm);
	exit_signals(p, code);
	if (current->mm) {
		exit_mm_release();
		use_mm(NULL);
	}
	vfork_done(current);
	exit_files();
	if (atomic_dec_and_test(&p->live))
		exit_last_thread(p);
	signal_exit_flush(current);
	exit_notify(p);
	fault_inject_exit();
	current->process = NULL;
	current->limits = &kernel_mm_limits;
	process_put(p);
	thread_exit_switch();
}

void do_group_exit(int code)
{
	struct process *p = current_process();
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	if (!p->group_exit)
		group_kill_locked(p, code);
	code = p->exit_code;
	spin_unlock_irqrestore(&p->siglock, flags);
	do_exit(code);
}

SYSCALL_DEFINE1(exit, int, status)
{
	do_exit((status & 0xff) << 8);
}

SYSCALL_DEFINE1(exit_group, int, status)
{
	do_group_exit((status & 0xff) << 8);
}
