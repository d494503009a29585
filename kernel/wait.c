/* SPDX-License-Identifier: MIT */
/*
 * kernel/wait.c - how does a parent learn what became of its children?
 *
 * wait4 and waitid look through the children under tasklist_lock until one matches and has news: a
 * zombie, a stop not yet reported, or a continuation. Taking the news of a zombie (without WNOWAIT)
 * removes it from the tree; memory is freed after the loop, because looking happens in the middle
 * of going to sleep.
 *
 * ALWAYS TRUE    W1  each piece of news is reported once, to one waiter.
 *
 * LOCKS          tasklist_lock; the parent's wait_chldexit queue wakes the loop.
 * LEFT OUT       __WNOTHREAD (children belong to the process, not to the thread).
 */
#include <kernel/pidfd.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <uapi/wait.h>
#include "proc_internal.h"

struct wait_request {
	int		type;		/* P_ALL P_PID P_PGID P_PIDFD                           */
	struct process	*only;		/* P_PIDFD: referenced                                 */
	pid_t		id;
	unsigned int	options;
	bool		eagain;		/* a descriptor that does not block: EAGAIN, not 0     */
	/* the news */
	pid_t		pid;
	uid_t		uid;
	int		code;		/* CLD_*                                               */
	int		status;		/* as wait4() returns it                               */
	struct rusage	rusage;
	struct process	*reaped;	/* zombie to free when awake; still holds the list's reference */
};

static bool is_eligible(const struct wait_request *w, const struct process *child)
{
	bool clone_child = child->exit_signal != SIGCHLD;

	if (w->type == P_PID && child->pid != w->id)
		return false;
	if (w->type == P_PGID && child->pgid != w->id)
		return false;
	if (w->type == P_PIDFD && child != w->only)
		return false;
	return (w->options & __WALL) || clone_child == !!(w->options & __WCLONE);
}

static int exit_news(int status)
{
	return status & 0x7f ? CLD_KILLED : CLD_EXITED;
}

/* Does @child have news that @w asks for? Marks it as told unless WNOWAIT. siglock held. */
static bool take_stop_news(struct wait_request *w, struct process *child)
{
	bool keep = w->options & WNOWAIT;

	if ((w->options & WSTOPPED) && child->stopped && child->stop_unwaited) {
		child->stop_unwaited = keep;
		w->code = CLD_STOPPED;
		w->status = (int)child->stop_sig << 8 | 0x7f;
		return true;
	}
	if ((w->options & WCONTINUED) && child->continued) {
		child->continued = keep;
		w->code = CLD_CONTINUED;
		w->status = 0xffff;
		return true;
	}
	return false;
}

static bool take_news(struct wait_request *w, struct process *child)
{
	unsigned long flags;
	bool news = false;

	if (child->zombie) {
		if (!(w->options & WEXITED))
			return false;
		w->status = child->exit_code;
		w->code = exit_news(w->status);
		news = true;
	} else {
		spin_lock_irqsave(&child->siglock, flags);
		news = take_stop_news(w, child);
		spin_unlock_irqrestore(&child->siglock, flags);
	}
	if (news) {
		w->pid = child->pid;
		w->uid = child->uid;
	}
	return news;
}

/* One look at all children: > 0 news, 0 none yet, -ECHILD nobody to wait for. */
static int look(struct wait_request *w)
{
	struct process *child;
	int result = -ECHILD;

	spin_lock(&tasklist_lock);
	list_for_each_entry(child, &current_process()->children, sibling) {
		if (!is_eligible(w, child))
			continue;
		result = 0;
		if (!take_news(w, child))
			continue;
		rusage_both(child, &w->rusage);
		if (child->zombie && !(w->options & WNOWAIT)) {
			process_unlink(child);
			w->reaped = child;
		}
		result = 1;
		break;
	}
	spin_unlock(&tasklist_lock);
	return result;
}

/* pid of the child with news, 0 with WNOHANG and none, or -errno */
static long do_wait(struct wait_request *w)
{
	int result = look(w), err = 0;

	if (result == 0 && !(w->options & WNOHANG))
		err = wait_event_interruptible(current_process()->wait_chldexit,
					       (result = look(w)) != 0);
	if (w->reaped)
		process_free(w->reaped);
	if (err)
		return -ERESTARTSYS;
	return result > 0 ? w->pid : result;
}

SYSCALL_DEFINE4(wait4, pid_t, pid, int __user *, ustatus, int, options, struct rusage __user *, uru)
{
	struct wait_request w = { .type = P_ALL };
	long result;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (pid == -__INT_MAX__ - 1)
		return -ESRCH;
	if (pid > 0) {
		w.type = P_PID;
		w.id = pid;
	} else if (pid != -1) {
		w.type = P_PGID;
		w.id = pid ? -pid : current_process()->pgid;
	}
	w.options = (unsigned int)options | WEXITED;
	result = do_wait(&w);
	if (result <= 0)
		return result;
	if (ustatus && put_user(w.status, ustatus))
		return -EFAULT;
	if (uru && copy_to_user(uru, &w.rusage, sizeof(w.rusage)))
		return -EFAULT;
	return result;
}

static int pidfd_target(struct wait_request *w, int fd)
{
	unsigned int flags;

	if (fd < 0)
		return -EINVAL;
	w->only = pidfd_process_get(fd, &flags);
	if (!w->only)
		return -EBADF;
	w->eagain = (flags & O_NONBLOCK) && !(w->options & WNOHANG);
	w->options |= flags & O_NONBLOCK ? WNOHANG : 0;
	return 0;
}

static int waitid_target(struct wait_request *w, int type, pid_t id)
{
	w->type = type;
	w->id = id;
	if (type == P_PID)
		return id > 0 ? 0 : -EINVAL;
	if (type == P_PGID) {
		if (id == 0)
			w->id = current_process()->pgid;
		return id >= 0 ? 0 : -EINVAL;
	}
	if (type == P_PIDFD)
		return pidfd_target(w, id);
	return type == P_ALL ? 0 : -EINVAL;
}

static void fill_siginfo(siginfo_t *info, const struct wait_request *w)
{
	memset(info, 0, sizeof(*info));
	info->si_signo = SIGCHLD;
	info->si_code = w->code;
	info->si_pid = w->pid;
	info->si_uid = w->uid;
	if (w->code == CLD_CONTINUED)
		info->si_status = SIGCONT;
	else if (w->code == CLD_KILLED)
		info->si_status = w->status & 0x7f;
	else
		info->si_status = (w->status >> 8) & 0xff;
}

SYSCALL_DEFINE5(waitid, int, type, pid_t, id, siginfo_t __user *, uinfo, int, options,
		struct rusage __user *, uru)
{
	struct wait_request w = { .options = (unsigned int)options };
	siginfo_t info;
	long result;
	int err;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			__WCLONE | __WALL))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	err = waitid_target(&w, type, id);
	if (err)
		return err;
	result = do_wait(&w);
	if (w.only)
		process_put(w.only);
	if (result < 0)
		return result;
	if (result == 0 && w.eagain)
		return -EAGAIN;
	if (result > 0)
		fill_siginfo(&info, &w);
	else
		memset(&info, 0, sizeof(info));
	if (result > 0 && uru && copy_to_user(uru, &w.rusage, sizeof(w.rusage)))
		return -EFAULT;
	return uinfo ? copy_to_user(uinfo, &info, sizeof(info)) : 0;
}
