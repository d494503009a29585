/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_status.c - /proc/PID/stat, statm, mm_counters, status, comm: a process in figures (proc(5))
 *
 * Every show function takes a snapshot of what it prints under the locks, and prints afterwards. A
 * process that was reaped since its directory was opened gives ESRCH.
 *
 * LOCKS        tasklist_lock, then siglock, for the snapshot.
 */
#include <fs/proc.h>
#include <fs/tty.h>
#include <kernel/timer.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm_counters.h>
#include <uapi/errno.h>

#define CLOCK_TICK_NS	(NSEC_PER_SEC / USER_HZ)

/* what stat and status need, taken in one go */
struct snapshot {
	char		comm[16];
	char		state;
	pid_t		tid, tgid, ppid, pgid, sid, tty_pgrp;
	int		tty_nr, exit_code, nice;
	unsigned int	nr_threads, cpu;
	u64		utime, stime, cutime, cstime, start_ns;
	unsigned long	min_flt, maj_flt, cmin_flt, cmaj_flt, nvcsw, nivcsw;
	uid_t		uid[4], gid[4];
	gid_t		groups[32];
	unsigned int	ngroups;
	u64		blocked, affinity;
	struct signal_sets sigs;
};

static char state_char(const struct process *p, const struct thread *t)
{
	if (p->zombie || !t)
		return 'Z';
	if (p->stopped)
		return 'T';
	switch (READ_ONCE(t->state)) {
	case THREAD_RUNNING:
		return 'R';
	case THREAD_INTERRUPTIBLE:
		return 'S';
	case THREAD_STOPPED:
		return 'T';
	case THREAD_DEAD:
		return 'X';
	default:
		return 'D';
	}
}

static void snap_thread(struct snapshot *s, const struct thread *t)
{
	s->tid = t->tid;
	s->nice = t->nice;
	s->cpu = t->cpu;
	s->blocked = t->blocked;
	s->affinity = cpumask_bits(&t->affinity);
	memcpy(s->comm, t->comm, sizeof(s->comm));
}

/* The counters of live threads are added to those of the dead. siglock held. */
static void snap_counters(struct snapshot *s, struct process *p)
{
	struct thread *t;

	process_cpu_times(p, &s->utime, &s->stime);
	s->min_flt = p->min_flt;
	s->maj_flt = p->maj_flt;
	s->nvcsw = p->nvcsw;
	s->nivcsw = p->nivcsw;
	list_for_each_entry(t, &p->threads, thread_link) {
		s->min_flt += t->min_flt;
		s->maj_flt += t->maj_flt;
		s->nvcsw += t->nvcsw;
		s->nivcsw += t->nivcsw;
	}
	s->cutime = p->cutime;
	s->cstime = p->cstime;
	s->cmin_flt = p->cmin_flt;
	s->cmaj_flt = p->cmaj_flt;
	s->exit_code = p->exit_code;
	signal_sets_get(p, &s->sigs);
}

static void snap_ids(struct snapshot *s, const struct process *p)
{
	const uid_t uid[4] = { p->uid, p->euid, p->suid, p->fsuid };
	const gid_t gid[4] = { p->gid, p->egid, p->sgid, p->fsgid };

	memcpy(s->uid, uid, sizeof(uid));
	memcpy(s->gid, gid, sizeof(gid));
	memcpy(s->groups, p->groups, sizeof(s->groups));
	s->ngroups = p->ngroups;
	s->tgid = p->pid;
	s->ppid = p->parent ? p->parent->pid : 0;
	s->pgid = p->pgid;
	s->sid = p->sid;
	s->tty_nr = p->tty ? tty_nr(p->tty) : 0;
	s->tty_pgrp = p->tty ? READ_ONCE(p->tty->pgrp) : -1;
	s->start_ns = p->start_ns;
	s->nr_threads = p->nr_threads;
}

/* 0 or -ESRCH */
static int snapshot(struct snapshot *s, const struct proc_pid *info)
{
	struct process *p = info->process;
	struct thread *t;
	unsigned long flags;

	memset(s, 0, sizeof(*s));
	spin_lock(&tasklist_lock);
	if (find_process(p->pid) != p) {
		spin_unlock(&tasklist_lock);
		return -ESRCH;
	}
	t = find_thread(info->tid);
	if (t && t->process != p)
		t = NULL;
	s->tid = info->tid;
	memcpy(s->comm, p->comm, sizeof(s->comm));
	snap_ids(s, p);
	spin_lock_irqsave(&p->siglock, flags);
	if (t)
		snap_thread(s, t);
	s->state = state_char(p, t);
	snap_counters(s, p);
	spin_unlock_irqrestore(&p->siglock, flags);
	spin_unlock(&tasklist_lock);
	return 0;
}

/* ---- stat, statm ---- */

static void show_stat_mm(struct seq_file *m, struct mm_struct *mm)
{
	seq_printf(m, "%lu %ld %lu %lu %lu %lu 0 0 ", mm->total_vm << PAGE_SHIFT,
		   (long)mm_rss(mm), ~0UL, mm->start_code, mm->end_code, mm->start_stack);
}

int proc_show_stat(struct seq_file *m)
{
	struct mm_struct *mm = process_mm_get(seq_process(m));
	struct snapshot s;
	int err = snapshot(&s, proc_pid(m->inode));

	if (!err) {
		seq_printf(m, "%d (%s) %c %d %d %d %d %d 0 %lu %lu %lu %lu ", s.tid, s.comm,
			   s.state, s.ppid, s.pgid, s.sid, s.tty_nr, s.tty_pgrp, s.min_flt,
			   s.cmin_flt, s.maj_flt, s.cmaj_flt);
		seq_printf(m, "%llu %llu %llu %llu %d %d %u 0 %llu ",
			   (unsigned long long)(s.utime / CLOCK_TICK_NS),
			   (unsigned long long)(s.stime / CLOCK_TICK_NS),
			   (unsigned long long)(s.cutime / CLOCK_TICK_NS),
			   (unsigned long long)(s.cstime / CLOCK_TICK_NS), 20 + s.nice, s.nice,
			   s.nr_threads, (unsigned long long)(s.start_ns / CLOCK_TICK_NS));
		if (mm)
			show_stat_mm(m, mm);
		else
			seq_printf(m, "0 0 %lu 0 0 0 0 0 ", ~0UL);
		seq_printf(m, "%llu %llu %llu %llu 0 0 0 17 %u 0 0 0 0 0 ",
			   (unsigned long long)s.sigs.pending & 0x7fffffff,
			   (unsigned long long)s.blocked & 0x7fffffff,
			   (unsigned long long)s.sigs.ignored & 0x7fffffff,
			   (unsigned long long)s.sigs.caught & 0x7fffffff, s.cpu);
		if (mm)
			seq_printf(m, "%lu %lu %lu %lu %lu %lu %lu %d\n", mm->start_data,
				   mm->end_data, mm->start_brk, mm->arg_start, mm->arg_end,
				   mm->env_start, mm->env_end, s.exit_code);
		else
			seq_printf(m, "0 0 0 0 0 0 0 %d\n", s.exit_code);
	}
	if (mm)
		mmput(mm);
	return err;
}

int proc_show_statm(struct seq_file *m)
{
	struct mm_struct *mm = process_mm_get(seq_process(m));
	unsigned long shared;

	if (!mm) {
		seq_puts(m, "0 0 0 0 0 0 0\n");
		return 0;
	}
	shared = (unsigned long)(atomic64_read(&mm->rss_file) + atomic64_read(&mm->rss_shmem));
	seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", mm->total_vm, mm_rss(mm), shared, mm_text_pages(mm),
		   mm->data_vm + mm->stack_vm);
	mmput(mm);
	return 0;
}

/* ---- mm_counters: all of them, one to a line; Verso's own ---- */

int proc_show_mm_counters(struct seq_file *m)
{
	struct mm_struct *mm = process_mm_get(seq_process(m));
	struct mm_counters c;

	if (!mm)
		return 0;
	mm_counters(mm, &c);
	mmput(mm);
#define SHOW_COUNTER(name) seq_printf(m, "%-15s %lu\n", #name, c.name);
	MM_COUNTERS(SHOW_COUNTER)
#undef SHOW_COUNTER
	seq_printf(m, "def_flags       %#lx\nflags           %#lx\n", c.def_flags, c.flags);
	return 0;
}

/* ---- status ---- */

static const char *state_text(char c)
{
	switch (c) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 'Z':
		return "Z (zombie)";
	default:
		return "X (dead)";
	}
}

static void kb_line(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%s:\t%8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

static void show_status_mm(struct seq_file *m, struct mm_struct *mm)
{
	unsigned long rss = mm_rss(mm);

	kb_line(m, "VmPeak", max(mm->hiwater_vm, mm->total_vm));
	kb_line(m, "VmSize", mm->total_vm);
	kb_line(m, "VmLck", mm->locked_vm);
	kb_line(m, "VmPin", 0);
	kb_line(m, "VmHWM", max(mm->hiwater_rss, rss));
	kb_line(m, "VmRSS", rss);
	kb_line(m, "RssAnon", (unsigned long)atomic64_read(&mm->rss_anon));
	kb_line(m, "RssFile", (unsigned long)atomic64_read(&mm->rss_file));
	kb_line(m, "RssShmem", (unsigned long)atomic64_read(&mm->rss_shmem));
	kb_line(m, "VmData", mm->data_vm);
	kb_line(m, "VmStk", mm->stack_vm);
	kb_line(m, "VmExe", mm_text_pages(mm));
	kb_line(m, "VmLib", mm->exec_vm - mm_text_pages(mm));
	seq_printf(m, "VmPTE:\t%8lu kB\n",
		   (unsigned long)atomic64_read(&mm->pgtables_bytes) >> 10);
	kb_line(m, "VmSwap", 0);
}

int proc_show_status(struct seq_file *m)
{
	struct process *p = seq_process(m);
	struct mm_struct *mm;
	struct snapshot s;
	int err = snapshot(&s, proc_pid(m->inode));

	if (err)
		return err;
	seq_printf(m, "Name:\t%s\nUmask:\t0022\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\n"
		   "PPid:\t%d\nTracerPid:\t0\n", s.comm, state_text(s.state), s.tgid, s.tid, s.ppid);
	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t64\nGroups:\t",
		   s.uid[0], s.uid[1], s.uid[2], s.uid[3], s.gid[0], s.gid[1], s.gid[2], s.gid[3]);
	for (unsigned int i = 0; i < s.ngroups; i++)
		seq_printf(m, "%u ", s.groups[i]);
	seq_printf(m, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", s.tgid, s.tid, s.pgid,
		   s.sid);
	mm = process_mm_get(p);
	if (mm) {
		show_status_mm(m, mm);
		mmput(mm);
	}
	seq_printf(m, "Threads:\t%u\nSigQ:\t0/1024\n", s.nr_threads);
	seq_printf(m, "SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\nSigIgn:\t%016llx\n"
		   "SigCgt:\t%016llx\n", 0ULL, (unsigned long long)s.sigs.pending,
		   (unsigned long long)s.blocked, (unsigned long long)s.sigs.ignored,
		   (unsigned long long)s.sigs.caught);
	seq_printf(m, "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\n", 0ULL,
		   s.uid[1] ? 0ULL : 0x1ffffffffffULL, s.uid[1] ? 0ULL : 0x1ffffffffffULL);
	seq_printf(m, "NoNewPrivs:\t%d\nSeccomp:\t0\nCpus_allowed:\t%llx\n"
		   "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
		   p->no_new_privs, (unsigned long long)s.affinity, s.nvcsw, s.nivcsw);
	return 0;
}

int proc_show_comm(struct seq_file *m)
{
	struct snapshot s;
	int err = snapshot(&s, proc_pid(m->inode));

	if (!err)
		seq_printf(m, "%s\n", s.comm);
	return err;
}
