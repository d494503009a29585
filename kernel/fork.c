/* SPDX-License-Identifier: MIT */
/*
 * kernel/fork.c - how does a thread or process come to be?
 *
 *	do_fork(flags)
 *	   |  check_flags     combinations clone(2) forbids, limits
 *	   |  thread_alloc    struct and stack; arch_thread_init_fork copies the registers
 *	   |  copy_process    a new struct process, or a reference on ours (CLONE_THREAD)
 *	   |  copy_resources  files, fs, mm: shared or copied, as the flags say
 *	   |  publish         numbers, lists, groups: from here on others see it
 *	   v  thread_wake     and with CLONE_VFORK wait until it execs or exits
 *
 * ALWAYS TRUE    F1  nothing can fail after publish(): a thread that others saw will run.
 *                F2  a process holds one mm user reference, its threads none of their own.
 *
 * LOCKS          tasklist_lock > parent's siglock > child's siglock (new, so nobody contends).
 * LEFT OUT       namespaces (EINVAL), cgroups.
 * READ NEXT      thread.c (the system calls), mm/dup_mm.c (copying memory), exit.c.
 */
#include <fs/file.h>
#include <kernel/pidfd.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include "proc_internal.h"
#include "signal_internal.h"

/* Tells which part of a new thread exists, for undoing. */
struct fork_state {
	const struct clone_args_k *args;
	struct thread	*t;
	struct process	*p;		/* ours with CLONE_THREAD */
	pid_t		tid;
	bool		counted;	/* in user->threads */
	struct file	*pidfd_file;	/* CLONE_PIDFD: not yet installed at pidfd */
	int		pidfd;
};

static int check_flags(const struct clone_args_k *a)
{
	u64 f = a->flags;

	if (f & (CLONE_NEW_ANY | CLONE_NEWTIME | CLONE_INTO_CGROUP))
		return -EINVAL;
	if ((f & CLONE_PIDFD) && ((f & (CLONE_THREAD | CLONE_DETACHED)) ||
				  ((f & CLONE_PARENT_SETTID) && a->pidfd == a->parent_tid)))
		return -EINVAL;
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		return -EINVAL;
	if ((f & CLONE_CLEAR_SIGHAND) && (f & CLONE_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_PARENT) && current_process() == init_process)
		return -EINVAL;
	return 0;
}

/* One more thread for the user and the machine? */
static int check_limits(struct process *p)
{
	struct user *u;
	bool full;

	if (process_count() >= max_threads())
		return -EAGAIN;
	u = user_of_process(p);
	full = (u64)atomic_read(&u->threads) >= p->rlim[RLIMIT_NPROC].rlim_cur;
	user_put(u);
	return full && !capable() ? -EAGAIN : 0;
}

static void copy_identity(struct process *p, struct process *old)
{
	p->uid = old->uid;
	p->euid = old->euid;
	p->suid = old->suid;
	p->fsuid = old->fsuid;
	p->gid = old->gid;
	p->egid = old->egid;
	p->sgid = old->sgid;
	p->fsgid = old->fsgid;
	memcpy(p->groups, old->groups, sizeof(p->groups));
	p->ngroups = old->ngroups;
	memcpy(p->rlim, old->rlim, sizeof(p->rlim));
	limits_update(p);
	p->cpu_limited = old->cpu_limited;
	p->oom_score_adj = old->oom_score_adj;
	p->oom_score_adj_min = old->oom_score_adj_min;
	p->dumpable = old->dumpable;
	p->no_new_privs = old->no_new_privs;
	p->personality = old->personality;
	p->exe_file = old->exe_file ? file_get(old->exe_file) : NULL;
	p->user = user_of_process(old);
}

static struct process *copy_process(const struct clone_args_k *a)
{
	struct process *old = current_process(), *p;

	if (a->flags & CLONE_THREAD) {
		process_get(old);
		return old;
	}
	p = process_alloc();
	if (!p)
		return NULL;
	if (a->flags & CLONE_SIGHAND)
		p->sighand = sighand_get(old->sighand);
	else if (a->flags & CLONE_CLEAR_SIGHAND)
		p->sighand = sighand_alloc();
	else
		p->sighand = sighand_dup(old->sighand);
	copy_identity(p, old);
	p->exit_signal = a->flags & CLONE_PARENT ? old->exit_signal : a->exit_signal;	/* a brother's is ours */
	strscpy(p->comm, current->comm, sizeof(p->comm));
	if (!p->sighand) {
		process_put(p);
		return NULL;
	}
	process_get(p);		/* the first thread's, beside that of process_list */
	return p;
}

static void copy_thread_state(struct thread *t, const struct clone_args_k *a)
{
	t->blocked = current->blocked;
	t->nice = current->nice;
	t->affinity = current->affinity;
	t->mempolicy = current->mempolicy;
	t->make_it_fail = current->make_it_fail;
	if (!(a->flags & CLONE_VM) || (a->flags & CLONE_VFORK)) {
		t->altstack_sp = current->altstack_sp;
		t->altstack_size = current->altstack_size;
		t->altstack_flags = current->altstack_flags;
	}
	if (a->flags & CLONE_CHILD_CLEARTID)
		t->clear_child_tid = (u32 __user *)a->child_tid;
}

static int copy_mm(struct fork_state *s)
{
	struct mm_struct *mm = current->mm;

	if (s->args->flags & CLONE_VM) {
		if (s->p != current_process())
			mmget(mm);
	} else {
		mm = dup_mm(mm);
	}
	if (!mm)
		return -ENOMEM;
	s->t->mm = mm;
	if (s->p != current_process())
		s->p->mm = mm;
	return 0;
}

static int copy_resources(struct fork_state *s)
{
	const struct clone_args_k *a = s->args;
	struct thread *t = s->t;

	if (a->flags & CLONE_FILES) {
		files_get(current->files);
		t->files = current->files;
	} else {
		t->files = files_dup(current->files);
	}
	if (!t->files)
		return -ENOMEM;
	if (a->flags & CLONE_FS) {
		atomic_inc(&current->fs->refs);
		t->fs = current->fs;
	} else {
		t->fs = fs_dup(current->fs);
	}
	if (!t->fs)
		return -ENOMEM;
	return copy_mm(s);
}

/* ---- numbers and lists ---- */

static int reserve_tid(struct fork_state *s)
{
	spin_lock(&tasklist_lock);
	s->tid = pid_alloc();
	spin_unlock(&tasklist_lock);
	if (s->tid < 0)
		return s->tid;
	s->t->tid = s->tid;
	return 0;
}

/* The ids that parent and child find in memory; a bad address is not an error (clone(2)). */
static void store_tids(struct fork_state *s)
{
	const struct clone_args_k *a = s->args;
	pid_t tid = s->tid;

	if (a->flags & CLONE_PARENT_SETTID)
		(void)put_user(tid, a->parent_tid);
	if (!(a->flags & CLONE_CHILD_SETTID))
		return;
	if (a->flags & CLONE_VM)
		(void)put_user(tid, a->child_tid);
	else
		access_process_vm(s->t->mm, (unsigned long)a->child_tid, &tid, sizeof(tid), true);
}

static void publish_process(struct process *p, struct thread *t, bool sibling)
{
	struct process *cur = current_process();

	p->pid = t->tid;
	p->leader = t;
	p->parent = sibling ? cur->parent : cur;
	p->ppid = p->parent->pid;
	p->tty = cur->tty;
	list_add_tail(&p->sibling, &p->parent->children);
	list_add_tail(&p->all_link, &process_list);
	process_hash_add(p);
	pgrp_join(p, cur->pgid, NULL);
	session_join(p, cur->sid, NULL);
	total_forks++;
}

/* Everything is ready: others may see it, unless we are about to die ourselves. */
static int publish(struct fork_state *s)
{
	struct process *cur = current_process(), *p = s->p;
	unsigned long flags;
	int err = 0;

	spin_lock(&tasklist_lock);
	spin_lock_irqsave(&cur->siglock, flags);
	if (cur->group_exit || cur->exec_thread || fatal_signal_pending(current)) {
		err = -ERESTARTNOINTR;
	} else if (p == cur) {
		process_add_thread(p, s->t);
		if (p->stop_sig)
			set_work(s->t, WORK_SIGNAL);
	} else {
		spin_lock_nested(&p->siglock);
		publish_process(p, s->t, s->args->flags & CLONE_PARENT);
		process_add_thread(p, s->t);
		spin_unlock(&p->siglock);
	}
	spin_unlock_irqrestore(&cur->siglock, flags);
	spin_unlock(&tasklist_lock);
	return err;
}

/* CLONE_PIDFD: reserved and told before anybody can see the child, installed when nothing can fail. */
static int prepare_pidfd(struct fork_state *s)
{
	struct file *f;

	if (!(s->args->flags & CLONE_PIDFD))
		return 0;
	s->pidfd = fd_alloc(0, true);
	if (s->pidfd < 0)
		return s->pidfd;
	f = pidfd_file(s->p, 0);
	if (IS_ERR(f)) {
		fd_cancel(s->pidfd);
		return (int)PTR_ERR(f);
	}
	s->pidfd_file = f;
	return put_user(s->pidfd, s->args->pidfd) ? -EFAULT : 0;
}

/* ---- undoing ---- */

static void fork_undo(struct fork_state *s)
{
	struct process *cur = current_process();
	struct thread *t = s->t;

	if (s->pidfd_file) {
		fd_cancel(s->pidfd);
		file_put(s->pidfd_file);
	}
	if (s->tid > 0) {
		spin_lock(&tasklist_lock);
		pid_release(s->tid);
		spin_unlock(&tasklist_lock);
	}
	if (s->counted)
		user_count_threads(s->p, -1);
	if (t && t->files)
		files_put(t->files);
	if (t && t->fs)
		fs_put(t->fs);
	if (s->p && s->p != cur) {
		if (s->p->mm)
			mmput(s->p->mm);
		s->p->mm = NULL;
		process_put(s->p);
	}
	if (s->p)
		process_put(s->p);
	if (t)
		thread_free(t);
}

static int build_thread(struct fork_state *s)
{
	const struct clone_args_k *a = s->args;
	int err;

	s->t = thread_alloc(current->comm);
	s->p = s->t ? copy_process(a) : NULL;
	if (!s->p)
		return -ENOMEM;
	s->t->process = s->p;
	s->t->limits = &s->p->limits;
	s->t->autofree = s->p == current_process();
	user_count_threads(s->p, 1);
	s->counted = true;
	copy_thread_state(s->t, a);
	err = copy_resources(s);
	if (err)
		return err;
	err = arch_thread_init_fork(s->t, current_regs(), a->stack, a->flags & CLONE_SETTLS, a->tls);
	if (err)
		return err;
	err = reserve_tid(s);
	if (err)
		return err;
	err = prepare_pidfd(s);
	if (err)
		return err;
	store_tids(s);
	return publish(s);
}

/* ---- vfork ---- */

/* On the stack of the one who waits. The new thread points to it until one of the two is through with it. */
struct vfork_wait { wait_queue_head_t queue; bool done; };	/* done: siglock of the new thread's process */

void vfork_done(struct thread *t)
{
	struct process *p = t->process;
	unsigned long flags;

	if (!t->vfork)		/* set before it ran */
		return;
	spin_lock_irqsave(&p->siglock, flags);
	if (t->vfork) {
		WRITE_ONCE(t->vfork->done, true);
		wake_up_all(&t->vfork->queue);
		t->vfork = NULL;
	}
	spin_unlock_irqrestore(&p->siglock, flags);
}

/* Wait until @t of @p leaves our memory; a fatal signal ends the wait. While !done, @t has not ended. */
static void wait_for_vfork(struct process *p, struct thread *t, struct vfork_wait *v)
{
	unsigned long flags;

	(void)wait_event_killable(v->queue, READ_ONCE(v->done));
	spin_lock_irqsave(&p->siglock, flags);
	if (!v->done)
		t->vfork = NULL;
	spin_unlock_irqrestore(&p->siglock, flags);
}

/* Let the new thread run; the struct of its process is kept for the wait. */
static void start_thread(struct fork_state *s)
{
	struct vfork_wait v = { .done = false };

	if (!(s->args->flags & CLONE_VFORK)) {
		thread_wake(s->t);
		return;
	}
	init_waitqueue_head(&v.queue);
	s->t->vfork = &v;
	process_get(s->p);
	thread_wake(s->t);
	wait_for_vfork(s->p, s->t, &v);
	process_put(s->p);
}

long do_fork(const struct clone_args_k *args)
{
	struct fork_state s = { .args = args };
	int err = check_flags(args);

	if (!err)
		err = check_limits(current_process());
	if (err)
		return err;
	err = build_thread(&s);
	if (err) {
		fork_undo(&s);
		return err;
	}
	if (s.pidfd_file)
		fd_install(s.pidfd, s.pidfd_file);
	start_thread(&s);
	return s.tid;
}
