/* SPDX-License-Identifier: MIT */
/*
 * kernel/rlimit.c - how much may a process use, and how much has it used?
 *
 * Limits belong to the process and are copied by fork. mm/ knows no process, so RLIMIT_AS, _DATA, _STACK and
 * _MEMLOCK, and whether the program is privileged, are copied to p->limits whenever they change: all threads
 * of the process point there (struct mm_limits).
 *
 * LOCKS          p->siglock for p->rlim and the usage of dead threads and children.
 */
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <mm/mm.h>
#include "proc_internal.h"

#define NR_OPEN_MAX	(1024UL * 1024)		/* /proc/sys/fs/nr_open's default */

void limits_update(struct process *p)
{
	struct mm_limits *l = &p->limits;
	bool admin = p->euid == 0;

	WRITE_ONCE(l->as, p->rlim[RLIMIT_AS].rlim_cur);
	WRITE_ONCE(l->data, p->rlim[RLIMIT_DATA].rlim_cur);
	WRITE_ONCE(l->stack, p->rlim[RLIMIT_STACK].rlim_cur);
	WRITE_ONCE(l->memlock, admin ? RLIM_INFINITY : p->rlim[RLIMIT_MEMLOCK].rlim_cur);
	WRITE_ONCE(l->admin, admin);
}

static int check_new(const struct rlimit64 *old, const struct rlimit64 *new, unsigned int which)
{
	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->rlim_max > NR_OPEN_MAX)
		return -EPERM;
	if (new->rlim_max > old->rlim_max && !capable())
		return -EPERM;
	return 0;
}

static int do_prlimit(struct process *p, unsigned int which, const struct rlimit64 *new,
		      struct rlimit64 *old)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&p->siglock, flags);
	if (old)
		*old = p->rlim[which];
	if (new) {
		err = check_new(&p->rlim[which], new, which);
		if (!err) {
			p->rlim[which] = *new;
			limits_update(p);
			cpu_limit_update(p);
		}
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	return err;
}

static bool may_prlimit(const struct process *p)
{
	const struct process *me = current_process();

	return p == me || capable() ||
	       (me->uid == p->uid && me->uid == p->euid && me->uid == p->suid &&
		me->gid == p->gid && me->gid == p->egid && me->gid == p->sgid);
}

SYSCALL_DEFINE4(prlimit64, pid_t, pid, unsigned int, which, const struct rlimit64 __user *, unew,
		struct rlimit64 __user *, uold)
{
	struct rlimit64 new, old;
	struct process *p;
	int err;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	p = process_get_by_pid(pid ? pid : current_process()->pid);
	if (!p)
		return -ESRCH;
	err = may_prlimit(p) ? do_prlimit(p, which, unew ? &new : NULL, &old) : -EPERM;
	process_put(p);
	if (!err && uold && copy_to_user(uold, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

SYSCALL_DEFINE2(getrlimit, unsigned int, which, struct rlimit64 __user *, uold)
{
	struct rlimit64 old;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	do_prlimit(current_process(), which, NULL, &old);
	return copy_to_user(uold, &old, sizeof(old));
}

SYSCALL_DEFINE2(setrlimit, unsigned int, which, const struct rlimit64 __user *, unew)
{
	struct rlimit64 new;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	if (copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	return do_prlimit(current_process(), which, &new, NULL);
}

/* ---- usage ---- */

static struct kernel_timeval ns_to_timeval(u64 ns)
{
	return (struct kernel_timeval){ (s64)(ns / NSEC_PER_SEC),
					(s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
}

static void add_thread_usage(struct rusage *ru, const struct thread *t)
{
	ru->ru_minflt += (s64)t->min_flt;
	ru->ru_majflt += (s64)t->maj_flt;
	ru->ru_nvcsw += (s64)t->nvcsw;
	ru->ru_nivcsw += (s64)t->nivcsw;
}

static void usage_self(struct process *p, struct rusage *ru)
{
	struct thread *t;
	u64 utime, stime;

	process_cpu_times(p, &utime, &stime);
	ru->ru_utime = ns_to_timeval(utime);
	ru->ru_stime = ns_to_timeval(stime);
	ru->ru_minflt = (s64)p->min_flt;
	ru->ru_majflt = (s64)p->maj_flt;
	ru->ru_nvcsw = (s64)p->nvcsw;
	ru->ru_nivcsw = (s64)p->nivcsw;
	list_for_each_entry(t, &p->threads, thread_link)
		add_thread_usage(ru, t);
	ru->ru_maxrss = (s64)(p->maxrss * (PAGE_SIZE / 1024));
}

static void usage_children(const struct process *p, struct rusage *ru)
{
	ru->ru_utime = ns_to_timeval(p->cutime);
	ru->ru_stime = ns_to_timeval(p->cstime);
	ru->ru_minflt = (s64)p->cmin_flt;
	ru->ru_majflt = (s64)p->cmaj_flt;
	ru->ru_nvcsw = (s64)p->cnvcsw;
	ru->ru_nivcsw = (s64)p->cnivcsw;
	ru->ru_maxrss = (s64)(p->cmaxrss * (PAGE_SIZE / 1024));
}

/* Memory belongs to all threads together. */
static void usage_thread(struct thread *t, struct rusage *ru)
{
	u64 utime, stime;

	thread_times(t, &utime, &stime);
	ru->ru_utime = ns_to_timeval(utime);
	ru->ru_stime = ns_to_timeval(stime);
	add_thread_usage(ru, t);
	ru->ru_maxrss = (s64)(t->process->maxrss * (PAGE_SIZE / 1024));
}

void rusage_get(struct process *p, int who, struct rusage *ru)
{
	struct mm_struct *mm = who == RUSAGE_CHILDREN ? NULL : process_mm_get(p);
	unsigned long rss = mm ? max(mm_rss(mm), READ_ONCE(mm->hiwater_rss)) : 0;
	unsigned long flags;

	if (mm)
		mmput(mm);
	*ru = (struct rusage){ .ru_maxrss = 0 };
	spin_lock_irqsave(&p->siglock, flags);
	if (rss > p->maxrss)
		p->maxrss = rss;
	if (who == RUSAGE_CHILDREN)
		usage_children(p, ru);
	else if (who == RUSAGE_THREAD)
		usage_thread(current, ru);
	else
		usage_self(p, ru);
	spin_unlock_irqrestore(&p->siglock, flags);
}

void rusage_both(struct process *p, struct rusage *ru)
{
	unsigned long flags;
	u64 utime, stime;

	*ru = (struct rusage){ .ru_maxrss = 0 };
	spin_lock_irqsave(&p->siglock, flags);
	usage_self(p, ru);
	process_cpu_times(p, &utime, &stime);
	ru->ru_utime = ns_to_timeval(utime + p->cutime);
	ru->ru_stime = ns_to_timeval(stime + p->cstime);
	ru->ru_minflt += (s64)p->cmin_flt;
	ru->ru_majflt += (s64)p->cmaj_flt;
	ru->ru_nvcsw += (s64)p->cnvcsw;
	ru->ru_nivcsw += (s64)p->cnivcsw;
	ru->ru_maxrss = (s64)(max(p->maxrss, p->cmaxrss) * (PAGE_SIZE / 1024));
	spin_unlock_irqrestore(&p->siglock, flags);
}

SYSCALL_DEFINE2(getrusage, int, who, struct rusage __user *, uru)
{
	struct rusage ru;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	rusage_get(current_process(), who, &ru);
	return copy_to_user(uru, &ru, sizeof(ru));
}
