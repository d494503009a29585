/* SPDX-License-Identifier: MIT */
/*
 * kernel/sys_sched.c - the system calls about priorities, policies and CPUs
 *
 * There is one policy, SCHED_OTHER (with its relatives BATCH and IDLE accepted as the same); the nice
 * value scales the time slice. Real-time policies are refused with EPERM, as to a user whose RLIMIT_RTPRIO
 * is 0.
 *
 * LOCKS          tasklist_lock to find threads.
 */
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/numa.h>
#include <uapi/sched.h>
#include <uapi/time.h>
#include "proc_internal.h"
#include "time_internal.h"

SYSCALL_DEFINE0(sched_yield)
{
	sched_yield_current();
	return 0;
}

static bool may_renice(const struct process *p)
{
	const struct process *me = current_process();

	return capable() || me->euid == p->uid || me->euid == p->euid;
}

/* ---- nice ---- */

/* Who getpriority and setpriority mean. */
static bool prio_matches(const struct process *p, int which, u32 who)
{
	switch (which) {
	case PRIO_PGRP:
		return (u32)p->pgid == who;
	default:
		return p->uid == who;
	}
}

static int set_nice(struct process *p, struct thread *t, int nice)
{
	if (!may_renice(p))
		return -EPERM;
	if (nice < t->nice && !capable() &&
	    (u64)(20 - nice) > p->rlim[RLIMIT_NICE].rlim_cur)
		return -EACCES;
	t->nice = nice;
	return 0;
}

/* Apply @fn to every thread meant; the value of the last one, -ESRCH when there is none. */
static int for_prio(int which, int who, int (*fn)(struct process *p, struct thread *t, int arg),
		    int arg)
{
	struct process *p, *me = current_process();
	struct thread *t;
	int result = -ESRCH;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	if (!who && which != PRIO_PROCESS)
		who = which == PRIO_PGRP ? me->pgid : (int)me->uid;
	spin_lock(&tasklist_lock);
	if (which == PRIO_PROCESS) {
		t = who ? find_thread(who) : current;
		if (t)
			result = fn(t->process, t, arg);
	} else {
		list_for_each_entry(p, &process_list, all_link) {
			if (!prio_matches(p, which, (u32)who))
				continue;
			list_for_each_entry(t, &p->threads, thread_link) {
				int r = fn(p, t, arg);

				result = result == -ESRCH || r < 0 || r > result ? r : result;
			}
		}
	}
	spin_unlock(&tasklist_lock);
	return result;
}

SYSCALL_DEFINE3(setpriority, int, which, int, who, int, nice)
{
	return for_prio(which, who, set_nice, clamp(nice, -20, 19));
}

/* 20 - nice, so that no priority looks like an error (the C library turns it back) */
static int get_nice(struct process *p, struct thread *t, int arg)
{
	return 20 - t->nice;
}

SYSCALL_DEFINE2(getpriority, int, which, int, who)
{
	return for_prio(which, who, get_nice, 0);
}

/* ---- policies ---- */

/* The thread with @tid exists (0: ours) */
static int check_tid(pid_t tid)
{
	bool found;

	if (tid < 0)
		return -EINVAL;
	if (!tid)
		return 0;
	spin_lock(&tasklist_lock);
	found = find_thread(tid) != NULL;
	spin_unlock(&tasklist_lock);
	return found ? 0 : -ESRCH;
}

SYSCALL_DEFINE1(sched_getscheduler, pid_t, tid)
{
	int err = check_tid(tid);

	return err ? err : SCHED_OTHER;
}

SYSCALL_DEFINE2(sched_getparam, pid_t, tid, struct sched_param __user *, uparam)
{
	struct sched_param param = { 0 };
	int err = check_tid(tid);

	if (err || !uparam)
		return err ? err : -EINVAL;
	return copy_to_user(uparam, &param, sizeof(param));
}

static long set_policy(pid_t tid, int policy, const struct sched_param __user *uparam)
{
	struct sched_param param;
	int err;

	if (!uparam)
		return -EINVAL;
	if (copy_from_user(&param, uparam, sizeof(param)))
		return -EFAULT;
	err = check_tid(tid);
	if (err)
		return err;
	switch (policy & ~SCHED_RESET_ON_FORK) {
	case SCHED_OTHER:
	case SCHED_BATCH:
	case SCHED_IDLE:
		return param.sched_priority ? -EINVAL : 0;
	case SCHED_FIFO:
	case SCHED_RR:
		return param.sched_priority < 1 || param.sched_priority > 99 ? -EINVAL : -EPERM;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE3(sched_setscheduler, pid_t, tid, int, policy, const struct sched_param __user *, uparam)
{
	return set_policy(tid, policy, uparam);
}

SYSCALL_DEFINE2(sched_setparam, pid_t, tid, const struct sched_param __user *, uparam)
{
	return set_policy(tid, SCHED_OTHER, uparam);
}

static long policy_limit(int policy, int realtime)
{
	switch (policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return realtime;
	case SCHED_OTHER:
	case SCHED_BATCH:
	case SCHED_IDLE:
	case SCHED_DEADLINE:
		return 0;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE1(sched_get_priority_max, int, policy)
{
	return policy_limit(policy, 99);
}

SYSCALL_DEFINE1(sched_get_priority_min, int, policy)
{
	return policy_limit(policy, 1);
}

SYSCALL_DEFINE2(sched_rr_get_interval, pid_t, tid, struct timespec64 __user *, uts)
{
	struct timespec64 ts = ns_to_timespec(10 * NSEC_PER_MSEC);	/* the tick of kernel/base/sched.c */
	int err = check_tid(tid);

	return err ? err : copy_to_user(uts, &ts, sizeof(ts));
}

/* ---- CPUs ---- */

/* The mask is as long as the caller's buffer up to one word; returns the bytes copied, as Linux. */
SYSCALL_DEFINE3(sched_getaffinity, pid_t, tid, unsigned int, len, unsigned long __user *, umask)
{
	struct thread *t = current;
	unsigned long mask = 0;

	if (len < sizeof(mask) || len % sizeof(mask))
		return -EINVAL;
	spin_lock(&tasklist_lock);
	if (tid)
		t = find_thread(tid);
	if (t)
		mask = cpumask_bits(&t->affinity) & cpumask_bits(&cpu_online_mask);
	spin_unlock(&tasklist_lock);
	if (!t)
		return -ESRCH;
	return put_user(mask, umask) ? -EFAULT : (long)sizeof(mask);
}

SYSCALL_DEFINE3(sched_setaffinity, pid_t, tid, unsigned int, len, const unsigned long __user *, umask)
{
	struct cpumask mask = { 0 };
	struct thread *t = current;
	int err;

	if (copy_from_user(&mask.bits, umask, min((size_t)len, sizeof(mask.bits))))
		return -EFAULT;
	spin_lock(&tasklist_lock);
	if (tid)
		t = find_thread(tid);
	if (!t)
		err = -ESRCH;
	else if (!may_renice(t->process))
		err = -EPERM;
	else
		err = thread_set_affinity(t, &mask);
	spin_unlock(&tasklist_lock);
	return err;
}

SYSCALL_DEFINE3(getcpu, unsigned int __user *, ucpu, unsigned int __user *, unode, void __user *, unused)
{
	if (ucpu && put_user(smp_processor_id(), ucpu))
		return -EFAULT;
	if (unode && put_user(numa_node_id(), unode))
		return -EFAULT;
	return 0;
}
