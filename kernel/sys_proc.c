/* SPDX-License-Identifier: MIT */
/*
 * kernel/sys_proc.c - the system calls about process ids, groups, sessions and prctl
 *
 * LOCKS          tasklist_lock for the tree, groups and sessions.
 */
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/prctl.h>
#include "proc_internal.h"
#include "signal_internal.h"

SYSCALL_DEFINE0(getpid)
{
	return current_process()->pid;
}

SYSCALL_DEFINE0(getppid)
{
	return READ_ONCE(current_process()->ppid);
}

/* ---- groups and sessions ---- */

/* Is group @pgid one of session @sid? tasklist lock held. */
static bool pgrp_in_session(pid_t pgid, pid_t sid)
{
	struct id_group *g = find_pgrp(pgid);

	return g && list_first_entry(&g->members, struct process, pgrp_link)->sid == sid;
}

/* setpgid(2)'s rules for putting @p into @pgid. tasklist lock held. */
static int check_setpgid(const struct process *p, pid_t pgid)
{
	const struct process *me = current_process();

	if (!p || (p != me && p->parent != me))
		return -ESRCH;
	if (p != me && p->sid != me->sid)
		return -EPERM;
	if (p != me && p->did_exec)
		return -EACCES;
	if (p->sid == p->pid)
		return -EPERM;		/* a session leader stays where it is */
	if (pgid != p->pid && !pgrp_in_session(pgid, me->sid))
		return -EPERM;
	return 0;
}

SYSCALL_DEFINE2(setpgid, pid_t, pid, pid_t, pgid)
{
	struct id_group *spare;
	struct process *p;
	int err;

	if (!pid)
		pid = current_process()->pid;
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;
	spare = id_group_alloc(pgid);
	if (!spare)
		return -ENOMEM;
	spin_lock(&tasklist_lock);
	p = find_process(pid);
	err = check_setpgid(p, pgid);
	if (!err)
		pgrp_join(p, pgid, &spare);
	spin_unlock(&tasklist_lock);
	id_group_free(spare);
	return err;
}

SYSCALL_DEFINE1(getpgid, pid_t, pid)
{
	struct process *p;
	long pgid = -ESRCH;

	if (!pid)
		return current_process()->pgid;
	spin_lock(&tasklist_lock);
	p = find_process(pid);
	if (p)
		pgid = p->pgid;
	spin_unlock(&tasklist_lock);
	return pgid;
}

SYSCALL_DEFINE0(getpgrp)
{
	return current_process()->pgid;
}

SYSCALL_DEFINE1(getsid, pid_t, pid)
{
	struct process *p;
	long sid = -ESRCH;

	if (!pid)
		return current_process()->sid;
	spin_lock(&tasklist_lock);
	p = find_process(pid);
	if (p)
		sid = p->sid;
	spin_unlock(&tasklist_lock);
	return sid;
}

SYSCALL_DEFINE0(setsid)
{
	struct process *p = current_process();
	struct id_group *pgrp = id_group_alloc(p->pid), *session = id_group_alloc(p->pid);
	long result = -EPERM;

	if (!pgrp || !session) {
		result = -ENOMEM;
		goto free;
	}
	spin_lock(&tasklist_lock);
	if (!find_pgrp(p->pid)) {
		pgrp_join(p, p->pid, &pgrp);
		session_join(p, p->pid, &session);
		p->tty = NULL;
		result = p->pid;
	}
	spin_unlock(&tasklist_lock);
free:
	id_group_free(pgrp);
	id_group_free(session);
	return result;
}

/* ---- prctl ---- */

static long prctl_set_name(const char __user *uname)
{
	struct process *p = current_process();
	char name[sizeof(current->comm)];
	unsigned long flags;
	long n = strncpy_from_user(name, uname, sizeof(name));

	if (n == -EFAULT)
		return n;
	name[sizeof(name) - 1] = '\0';
	spin_lock_irqsave(&p->siglock, flags);
	memcpy(current->comm, name, sizeof(name));
	if (current == p->leader)
		memcpy(p->comm, name, sizeof(name));
	spin_unlock_irqrestore(&p->siglock, flags);
	return 0;
}

static long prctl_get_name(char __user *uname)
{
	char name[sizeof(current->comm)] = "";

	strscpy(name, current->comm, sizeof(name));
	return copy_to_user(uname, name, sizeof(name));
}

/* Requests that set something; -EINVAL if @what is none of them. */
static long prctl_set(struct process *p, int what, unsigned long arg)
{
	switch (what) {
	case PR_SET_PDEATHSIG:
		if (arg > NSIG)
			return -EINVAL;
		p->pdeath_signal = (int)arg;
		return 0;
	case PR_SET_DUMPABLE:
		if (arg > 1)
			return -EINVAL;
		p->dumpable = (int)arg;
		return 0;
	case PR_SET_CHILD_SUBREAPER:
		p->is_subreaper = arg != 0;
		return 0;
	case PR_SET_NO_NEW_PRIVS:
		if (arg != 1)
			return -EINVAL;
		p->no_new_privs = true;
		return 0;
	case PR_SET_TIMERSLACK:		/* our timers have none */
		return 0;
	case PR_SET_THP_DISABLE:	/* there are no huge pages to disable */
		return 0;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE5(prctl, int, what, unsigned long, arg2, unsigned long, arg3, unsigned long, arg4,
		unsigned long, arg5)
{
	struct process *p = current_process();

	switch (what) {
	case PR_SET_NAME:
		return prctl_set_name((const char __user *)arg2);
	case PR_GET_NAME:
		return prctl_get_name((char __user *)arg2);
	case PR_GET_PDEATHSIG:
		return put_user(p->pdeath_signal, (int __user *)arg2);
	case PR_GET_DUMPABLE:
		return p->dumpable;
	case PR_GET_CHILD_SUBREAPER:
		return put_user((int)p->is_subreaper, (int __user *)arg2);
	case PR_GET_NO_NEW_PRIVS:
		return arg2 | arg3 | arg4 | arg5 ? -EINVAL : p->no_new_privs;
	case PR_SET_NO_NEW_PRIVS:
		return arg3 | arg4 | arg5 ? -EINVAL : prctl_set(p, what, arg2);
	case PR_GET_TIMERSLACK:
		return 1;
	case PR_GET_THP_DISABLE:
		return arg2 | arg3 | arg4 | arg5 ? -EINVAL : 1;
	case PR_SET_THP_DISABLE:
		return arg3 | arg4 | arg5 ? -EINVAL : prctl_set(p, what, arg2);
	case PR_GET_TID_ADDRESS:
		return put_user(current->clear_child_tid, (u32 __user * __user *)arg2);
	default:
		return prctl_set(p, what, arg2);
	}
}

/* ---- personality ---- */

#define PER_QUERY	0xffffffffU

SYSCALL_DEFINE1(personality, unsigned int, persona)
{
	struct process *p = current_process();
	unsigned int old = p->personality;

	if (persona != PER_QUERY)
		p->personality = persona;
	return old;
}

/* ---- what we do not have ---- */

/* Namespaces: as a Linux built without them. Sharing nothing new is granted. */
SYSCALL_DEFINE1(unshare, unsigned long, flags)
{
	return flags ? -EINVAL : 0;
}

SYSCALL_DEFINE2(setns, int, fd, int, type)
{
	return -EINVAL;
}

SYSCALL_DEFINE3(seccomp, unsigned int, op, unsigned int, flags, void __user *, args)
{
	return -EINVAL;
}

SYSCALL_DEFINE4(ptrace, long, request, long, pid, unsigned long, addr, unsigned long, data)
{
	return -EPERM;
}
