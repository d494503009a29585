/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_pid.c - /proc/PID: one process as files, in Linux's formats (proc(5))
 *
 * Every show function takes a snapshot of what it prints under the locks, and prints afterwards. A
 * process that was reaped since its directory was opened gives ESRCH.
 *
 * LOCKS        tasklist_lock and siglock for snapshots; mmap_lock (read) in fs/proc_maps.c.
 * LEFT OUT     mem, pagemap, io, ns/, net/: not there, so programs see ENOENT.
 */
#include <fs/proc.h>
#include <fs/tty.h>
#include <kernel/timer.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/dirent.h>
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

static int show_stat(struct seq_file *m)
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

static int show_statm(struct seq_file *m)
{
	struct mm_struct *mm = process_mm_get(seq_process(m));
	unsigned long shared, text;

	if (!mm) {
		seq_puts(m, "0 0 0 0 0 0 0\n");
		return 0;
	}
	shared = (unsigned long)(atomic64_read(&mm->rss_file) + atomic64_read(&mm->rss_shmem));
	text = (ALIGN_UP(mm->end_code, PAGE_SIZE) - ALIGN_DOWN(mm->start_code, PAGE_SIZE)) >>
	       PAGE_SHIFT;
	seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", mm->total_vm, mm_rss(mm), shared, text,
		   mm->data_vm + mm->stack_vm);
	mmput(mm);
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
	kb_line(m, "VmExe", (ALIGN_UP(mm->end_code, PAGE_SIZE) -
			     ALIGN_DOWN(mm->start_code, PAGE_SIZE)) >> PAGE_SHIFT);
	kb_line(m, "VmLib", 0);
	seq_printf(m, "VmPTE:\t%8lu kB\n",
		   (unsigned long)atomic64_read(&mm->pgtables_bytes) >> 10);
	kb_line(m, "VmSwap", 0);
}

static int show_status(struct seq_file *m)
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

/* ---- text out of the process' own memory ---- */

static int show_memory(struct seq_file *m, struct mm_struct *mm, unsigned long start,
		       unsigned long end)
{
	char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);

	if (!buf)
		return -ENOMEM;
	while (start < end) {
		size_t n = min_t(size_t, end - start, PAGE_SIZE);
		long got = access_process_vm(mm, start, buf, n, false);

		if (got <= 0)
			break;
		seq_write(m, buf, (size_t)got);
		start += (unsigned long)got;
	}
	kfree(buf);
	return 0;
}

static int show_cmdline(struct seq_file *m)
{
	struct mm_struct *mm = process_mm_get(seq_process(m));
	int err = 0;

	if (mm) {
		err = show_memory(m, mm, mm->arg_start, mm->arg_end);
		mmput(mm);
	}
	return err;
}

/* The environment and the like are the owner's business. */
static bool may_inspect(const struct process *p)
{
	return capable() || (current_process()->euid == p->uid && current_process()->euid == p->suid);
}

static int show_environ(struct seq_file *m)
{
	struct process *p = seq_process(m);
	struct mm_struct *mm;
	int err = 0;

	if (!may_inspect(p))
		return -EACCES;
	mm = process_mm_get(p);
	if (mm) {
		err = show_memory(m, mm, mm->env_start, mm->env_end);
		mmput(mm);
	}
	return err;
}

static int show_auxv(struct seq_file *m)
{
	struct mm_struct *mm = process_mm_get(seq_process(m));
	unsigned int n = 0;

	if (!mm)
		return 0;
	while (n + 1 < ARRAY_SIZE(mm->saved_auxv) && mm->saved_auxv[n])
		n += 2;
	seq_write(m, mm->saved_auxv, (n + 2) * sizeof(long));
	mmput(mm);
	return 0;
}

/* ---- small ones ---- */

static int show_comm(struct seq_file *m)
{
	struct snapshot s;
	int err = snapshot(&s, proc_pid(m->inode));

	if (!err)
		seq_printf(m, "%s\n", s.comm);
	return err;
}

static int write_comm(struct inode *inode, char *text)
{
	struct process *p = proc_pid(inode)->process;

	if (p != current_process())
		return -EINVAL;
	strscpy(current->comm, text, sizeof(current->comm));
	if (current == p->leader)
		strscpy(p->comm, text, sizeof(p->comm));
	return 0;
}

static int show_limits(struct seq_file *m)
{
	static const struct { const char *name, *unit; unsigned int which; } lim[] = {
		{ "Max cpu time", "seconds", RLIMIT_CPU }, { "Max file size", "bytes", RLIMIT_FSIZE },
		{ "Max data size", "bytes", RLIMIT_DATA }, { "Max stack size", "bytes", RLIMIT_STACK },
		{ "Max core file size", "bytes", RLIMIT_CORE },
		{ "Max resident set", "bytes", RLIMIT_RSS },
		{ "Max processes", "processes", RLIMIT_NPROC },
		{ "Max open files", "files", RLIMIT_NOFILE },
		{ "Max locked memory", "bytes", RLIMIT_MEMLOCK },
		{ "Max address space", "bytes", RLIMIT_AS }, { "Max file locks", "locks", RLIMIT_LOCKS },
		{ "Max pending signals", "signals", RLIMIT_SIGPENDING },
		{ "Max msgqueue size", "bytes", RLIMIT_MSGQUEUE },
		{ "Max nice priority", "", RLIMIT_NICE },
		{ "Max realtime priority", "", RLIMIT_RTPRIO },
		{ "Max realtime timeout", "us", RLIMIT_RTTIME },
	};
	struct process *p = seq_process(m);

	seq_printf(m, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (unsigned int i = 0; i < ARRAY_SIZE(lim); i++) {
		const u64 v[2] = { p->rlim[lim[i].which].rlim_cur, p->rlim[lim[i].which].rlim_max };

		seq_printf(m, "%-25s ", lim[i].name);
		for (int k = 0; k < 2; k++) {
			if (v[k] == RLIM_INFINITY)
				seq_printf(m, "%-20s ", "unlimited");
			else
				seq_printf(m, "%-20llu ", (unsigned long long)v[k]);
		}
		seq_printf(m, "%-10s\n", lim[i].unit);
	}
	return 0;
}

static int show_oom_score(struct seq_file *m)
{
	struct mm_struct *mm = process_mm_get(seq_process(m));
	unsigned long rss = mm ? mm_rss(mm) : 0;

	if (mm)
		mmput(mm);
	seq_printf(m, "%lu\n", rss * 1000 / totalram_pages());
	return 0;
}

static int show_oom_score_adj(struct seq_file *m)
{
	seq_printf(m, "%d\n", seq_process(m)->oom_score_adj);
	return 0;
}

static int write_oom_score_adj(struct inode *inode, char *text)
{
	struct process *p = proc_pid(inode)->process;
	long v;

	if (kstrtol(text, 10, &v) || v < -1000 || v > 1000)
		return -EINVAL;
	if (v < p->oom_score_adj && !capable())
		return -EACCES;
	p->oom_score_adj = (int)v;
	return 0;
}

static int show_wchan(struct seq_file *m)
{
	seq_putc(m, '0');
	return 0;
}

/* ---- links: exe, cwd, root ---- */

enum link_kind { LINK_EXE, LINK_CWD, LINK_ROOT };

static int fs_link(struct process *p, enum link_kind kind, struct path *path)
{
	struct fs_struct *fs = process_fs_get(p);

	if (!fs)
		return -ENOENT;
	spin_lock(&fs->lock);
	*path = kind == LINK_CWD ? fs->cwd : fs->root;
	path_get(path);
	spin_unlock(&fs->lock);
	fs_put(fs);
	return 0;
}

static int pid_link(struct dentry *d, enum link_kind kind, struct path *path)
{
	struct process *p = proc_pid(d->inode)->process;
	struct file *exe;

	if (!may_inspect(p))
		return -EACCES;
	if (kind != LINK_EXE)
		return fs_link(p, kind, path);
	exe = process_exe_file_get(p);
	if (!exe)
		return -ENOENT;
	*path = exe->path;
	path_get(path);
	file_put(exe);
	return 0;
}

static int pid_readlink(struct dentry *d, enum link_kind kind, char *buf, size_t size)
{
	struct path p;
	char *text;
	int n = pid_link(d, kind, &p);

	if (n)
		return n;
	text = path_text(&p, NULL, buf, size);
	path_put(&p);
	if (IS_ERR(text))
		return (int)PTR_ERR(text);
	n = (int)strlen(text);
	memmove(buf, text, (size_t)n);
	return n;
}

#define PID_LINK(name, kind)								\
static int name##_follow(struct dentry *d, struct path *p)				\
{											\
	return pid_link(d, kind, p);							\
}											\
static int name##_readlink(struct dentry *d, char *buf, size_t size)			\
{											\
	return pid_readlink(d, kind, buf, size);					\
}											\
static const struct inode_ops name##_iops = {						\
	.follow = name##_follow, .readlink = name##_readlink,				\
}
PID_LINK(exe, LINK_EXE);
PID_LINK(cwd, LINK_CWD);
PID_LINK(root, LINK_ROOT);

/* ---- directories: PID, PID/task, PID/task/TID ---- */

static const struct inode_ops task_iops;
static const struct file_ops task_fops;

const struct proc_entry proc_pid_entries[] = {
	{ .name = "auxv", .mode = S_IFREG | 0400, .show = show_auxv },
	{ .name = "cmdline", .mode = S_IFREG | 0444, .show = show_cmdline },
	{ .name = "comm", .mode = S_IFREG | 0644, .show = show_comm, .write = write_comm },
	{ .name = "cwd", .mode = S_IFLNK | 0777, .iops = &cwd_iops },
	{ .name = "environ", .mode = S_IFREG | 0400, .show = show_environ },
	{ .name = "exe", .mode = S_IFLNK | 0777, .iops = &exe_iops },
	{ .name = "fd", .mode = S_IFDIR | 0500, .iops = &proc_fd_iops, .fops = &proc_fd_fops },
	{ .name = "fdinfo", .mode = S_IFDIR | 0500, .iops = &proc_fdinfo_iops,
	  .fops = &proc_fd_fops },
	{ .name = "limits", .mode = S_IFREG | 0444, .show = show_limits },
	{ .name = "maps", .mode = S_IFREG | 0444, .show = proc_show_maps },
	{ .name = "mountinfo", .mode = S_IFREG | 0444, .show = proc_show_mountinfo },
	{ .name = "mounts", .mode = S_IFREG | 0444, .show = proc_show_mounts },
	{ .name = "oom_score", .mode = S_IFREG | 0444, .show = show_oom_score },
	{ .name = "oom_score_adj", .mode = S_IFREG | 0644, .show = show_oom_score_adj,
	  .write = write_oom_score_adj },
	{ .name = "root", .mode = S_IFLNK | 0777, .iops = &root_iops },
	{ .name = "smaps", .mode = S_IFREG | 0444, .show = proc_show_smaps },
	{ .name = "stat", .mode = S_IFREG | 0444, .show = show_stat },
	{ .name = "statm", .mode = S_IFREG | 0444, .show = show_statm },
	{ .name = "status", .mode = S_IFREG | 0444, .show = show_status },
	{ .name = "wchan", .mode = S_IFREG | 0444, .show = show_wchan },
	/* the last one: threads have no task/ of their own */
	{ .name = "task", .mode = S_IFDIR | 0555, .iops = &task_iops, .fops = &task_fops },
	{ .mode = 0 },
};

static bool is_thread_dir(const struct inode *dir);

static int pid_lookup(struct inode *dir, struct dentry *dentry)
{
	struct proc_pid *info = proc_pid(dir);
	const struct proc_entry *e;

	for (e = proc_pid_entries; e->mode; e++)
		if (strcmp(e->name, dentry->name) == 0)
			break;
	if (!e->mode || (e->iops == &task_iops && is_thread_dir(dir)))
		return 0;
	dentry->inode = proc_pid_inode(dir->sb, info->process, e);
	if (!dentry->inode)
		return -ENOMEM;
	proc_pid(dentry->inode)->tid = info->tid;
	return 0;
}

static int pid_iterate(struct file *f, struct dir_context *ctx)
{
	if (proc_emit_dots(f, ctx))
		proc_emit_table(ctx, proc_pid_entries, 2, f->inode->ino);
	return 0;
}

static loff_t pid_llseek(struct file *f, loff_t off, int whence)
{
	return llseek_to(f, off, whence, 0);
}

const struct inode_ops proc_pid_dir_iops = { .lookup = pid_lookup };
const struct file_ops proc_pid_dir_fops = { .iterate = pid_iterate, .llseek = pid_llseek };
const struct proc_entry proc_pid_root = {
	.name = "pid", .mode = S_IFDIR | 0555, .iops = &proc_pid_dir_iops,
	.fops = &proc_pid_dir_fops,
};
static const struct proc_entry thread_root = {
	.name = "tid", .mode = S_IFDIR | 0555, .iops = &proc_pid_dir_iops,
	.fops = &proc_pid_dir_fops,
};

static bool is_thread_dir(const struct inode *dir)
{
	return proc_pid(dir)->entry == &thread_root;
}

static int task_lookup(struct inode *dir, struct dentry *dentry)
{
	struct process *p = proc_pid(dir)->process;
	unsigned int tid = proc_parse_number(dentry->name, dentry->len);
	struct thread *t;
	bool ours;

	if (tid == ~0u)
		return 0;
	spin_lock(&tasklist_lock);
	t = find_thread((pid_t)tid);
	ours = (t && t->process == p) || (pid_t)tid == p->pid;
	spin_unlock(&tasklist_lock);
	if (!ours)
		return 0;
	dentry->inode = proc_pid_inode(dir->sb, p, &thread_root);
	if (!dentry->inode)
		return -ENOMEM;
	proc_pid(dentry->inode)->tid = (pid_t)tid;
	return 0;
}

static pid_t next_tid(struct process *p, pid_t from)
{
	struct thread *t;
	pid_t found = 0;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	list_for_each_entry(t, &p->threads, thread_link)
		if (t->tid >= from && (!found || t->tid < found))
			found = t->tid;
	spin_unlock_irqrestore(&p->siglock, flags);
	return found;
}

static int task_iterate(struct file *f, struct dir_context *ctx)
{
	struct process *p = proc_pid(f->inode)->process;
	pid_t tid;

	if (!proc_emit_dots(f, ctx))
		return 0;
	while ((tid = next_tid(p, (pid_t)(ctx->pos - 1))) != 0) {
		char name[12];
		int n = snprintf(name, sizeof(name), "%d", tid);

		if (!ctx->fill(ctx, name, (size_t)n, tid + 2, (u64)tid, DT_DIR))
			return 0;
		ctx->pos = tid + 2;
	}
	return 0;
}

static const struct inode_ops task_iops = { .lookup = task_lookup };
static const struct file_ops task_fops = { .iterate = task_iterate, .llseek = pid_llseek };
