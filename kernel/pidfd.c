/* SPDX-License-Identifier: MIT */
/*
 * kernel/pidfd.c - how does one name a process without a number that may soon be another's?
 *
 * By a descriptor. The file holds the struct process, which stays while it is referenced, dead or alive; so
 * a signal through it can never reach a stranger. It becomes readable when the last thread is gone.
 *
 *	from	pidfd_open, clone and clone3 with CLONE_PIDFD
 *	for	poll, pidfd_send_signal, waitid(P_PIDFD), process_madvise
 *
 * ALWAYS TRUE    P1  readable <=> p->zombie, or reaped: nothing makes it unreadable again.
 * LOCKS          tasklist_lock to find and to signal.
 * LEFT OUT       /proc/PID directories as pidfds, pidfd_getfd. (Linux: kernel/pid.c)
 * READ NEXT      wait.c, process_vm.c.
 */
#include <fs/proc.h>
#include <kernel/pidfd.h>
#include <kernel/syscall.h>
#include "signal_internal.h"

static unsigned int pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct process *p = f->private;

	poll_wait(f, &p->wait_pidfd, pt);
	return READ_ONCE(p->zombie) ? POLLIN | POLLRDNORM : 0;
}

static void pidfd_release(struct file *f)
{
	process_put(f->private);
}

static void pidfd_show_fdinfo(struct seq_file *m, struct file *f)
{
	struct process *p = f->private;
	int pid = list_empty(&p->pid_link) ? -1 : p->pid;

	seq_printf(m, "Pid:\t%d\nNSpid:\t%d\n", pid, pid);
}

static const struct file_ops pidfd_fops = {
	.poll		= pidfd_poll,
	.release	= pidfd_release,
	.show_fdinfo	= pidfd_show_fdinfo,
};

struct file *pidfd_file(struct process *p, unsigned int flags)
{
	struct file *f = anon_file("[pidfd]", &pidfd_fops, p, flags & O_NONBLOCK);

	if (!IS_ERR(f))
		process_get(p);
	return f;
}

struct process *pidfd_process_get(int fd, unsigned int *flags)
{
	struct file *f = fd_get(fd);
	struct process *p = NULL;

	if (!f)
		return NULL;
	if (f->ops == &pidfd_fops) {
		p = f->private;
		process_get(p);
		if (flags)
			*flags = f->flags;
	}
	file_put(f);
	return p;
}

/* The process of that number, referenced; EINVAL for one that names only a thread. */
static struct process *named_process(pid_t pid)
{
	struct process *p;
	struct thread *t;

	spin_lock(&tasklist_lock);
	p = find_process(pid);
	t = p ? NULL : find_thread(pid);
	if (p)
		process_get(p);
	spin_unlock(&tasklist_lock);
	return p ? p : ERR_PTR(t ? -EINVAL : -ESRCH);
}

SYSCALL_DEFINE2(pidfd_open, pid_t, pid, unsigned int, flags)
{
	struct process *p;
	struct file *f;

	if ((flags & ~(unsigned int)O_NONBLOCK) || pid <= 0)
		return -EINVAL;
	p = named_process(pid);
	if (IS_ERR(p))
		return PTR_ERR(p);
	f = pidfd_file(p, flags);
	process_put(p);
	return IS_ERR(f) ? PTR_ERR(f) : fd_install_new(f, true);
}

/* What the program says about its signal: to others nothing that only the kernel or kill(2) says. */
static long info_from_user(siginfo_t *info, const siginfo_t __user *uinfo, int sig, const struct process *p)
{
	if (!uinfo) {
		siginfo_user(info, sig, SI_USER);
		return 0;
	}
	if (copy_from_user(info, uinfo, sizeof(*info)))
		return -EFAULT;
	if (info->si_signo != sig)
		return -EINVAL;
	if (p != current_process() && (info->si_code >= 0 || info->si_code == SI_TKILL))
		return -EPERM;
	return 0;
}

SYSCALL_DEFINE4(pidfd_send_signal, int, pidfd, int, sig, const siginfo_t __user *, uinfo, unsigned int, flags)
{
	struct process *p;
	siginfo_t info;
	long err;

	if (flags)
		return -EINVAL;
	p = pidfd_process_get(pidfd, NULL);
	if (!p)
		return -EBADF;
	err = info_from_user(&info, uinfo, sig, p);
	if (!err && (sig < 0 || sig > NSIG))
		err = -EINVAL;
	if (!err) {
		spin_lock(&tasklist_lock);
		err = list_empty(&p->pid_link) ? -ESRCH : kill_one(p, sig, &info);
		spin_unlock(&tasklist_lock);
	}
	process_put(p);
	return err;
}
