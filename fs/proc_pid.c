/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_pid.c - /proc/PID: one process as files, in Linux's formats (proc(5))
 *
 * The directory, and its small files. stat and status are in fs/proc_status.c, maps in
 * fs/proc_maps.c, fd/ in fs/proc_fd.c.
 *
 * LOCKS        tasklist_lock and siglock to look for threads.
 * LEFT OUT     io, ns/, net/: not there, so programs see ENOENT.
 */
#include <fs/proc.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/pagemap.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <uapi/dirent.h>
#include <uapi/errno.h>

/* ---- text out of the process' own memory ---- */

static int show_memory(struct seq_file *m, struct mm_struct *mm, unsigned long start,
		       unsigned long end)
{
	char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);

	if (!buf)
		return -ENOMEM;
	while (start < end) {
		size_t n = min_t(size_t, end - start, PAGE_SIZE);
		long got = access_remote_vm(mm, start, buf, n, false);

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

static int show_environ(struct seq_file *m)
{
	struct mm_struct *mm = process_mm_access(seq_process(m));
	int err;

	if (IS_ERR_OR_NULL(mm))
		return (int)PTR_ERR(mm);
	err = show_memory(m, mm, mm->env_start, mm->env_end);
	mmput(mm);
	return err;
}

static int show_auxv(struct seq_file *m)
{
	struct mm_struct *mm = process_mm_access(seq_process(m));
	unsigned int n = 0;

	if (IS_ERR_OR_NULL(mm))
		return (int)PTR_ERR(mm);
	while (n + 1 < ARRAY_SIZE(mm->saved_auxv) && mm->saved_auxv[n])
		n += 2;
	seq_write(m, mm->saved_auxv, (n + 2) * sizeof(long));
	mmput(mm);
	return 0;
}

/* ---- small ones ---- */

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
	struct process *p = seq_process(m);
	struct mm_struct *mm = process_mm_get(p);
	long total = (long)totalram_pages(), points = 0;

	if (mm) {
		points = (long)mm_rss(mm) + atomic64_read(&mm->pgtables_bytes) / (long)PAGE_SIZE;
		mmput(mm);
	}
	points += p->oom_score_adj * (total / 1000);
	seq_printf(m, "%ld\n", p->oom_score_adj == -1000 ? 0 : max((1000 + points * 1000 / total) * 2 / 3, 0L));
	return 0;
}

static int show_oom_score_adj(struct seq_file *m)
{
	seq_printf(m, "%d\n", seq_process(m)->oom_score_adj);
	return 0;
}

static int set_oom_score_adj(struct process *p, long v)
{
	if (capable())
		p->oom_score_adj_min = (int)v;
	else if (v < p->oom_score_adj_min)
		return -EACCES;
	p->oom_score_adj = (int)v;
	return 0;
}

static int write_oom_score_adj(struct inode *inode, char *text)
{
	long v;
	int err = proc_parse_int(text, 0, &v);

	if (err)
		return err;
	return v < -1000 || v > 1000 ? -EINVAL : set_oom_score_adj(proc_pid(inode)->process, v);
}

/* The old scale: -17 never, -16 .. 15 by powers of two once, now 17 of it are 1000 of the new. */
#define OOM_DISABLE	(-17)
#define OOM_ADJUST_MAX	15

static int show_oom_adj(struct seq_file *m)
{
	int adj = seq_process(m)->oom_score_adj;

	seq_printf(m, "%d\n", adj == 1000 ? OOM_ADJUST_MAX : adj * -OOM_DISABLE / 1000);
	return 0;
}

static int write_oom_adj(struct inode *inode, char *text)
{
	long v;
	int err = proc_parse_int(text, 0, &v);

	if (err)
		return err;
	if (v < OOM_DISABLE || v > OOM_ADJUST_MAX)
		return -EINVAL;
	return set_oom_score_adj(proc_pid(inode)->process,
				 v == OOM_ADJUST_MAX ? 1000 : v * 1000 / -OOM_DISABLE);
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

/* Where it works, and what it runs, is the owner's business. */
static bool may_inspect(const struct process *p)
{
	return capable() || (current_process()->euid == p->uid && current_process()->euid == p->suid);
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
	{ .name = "clear_refs", .mode = S_IFREG | 0200, .write = proc_write_clear_refs },
	{ .name = "cmdline", .mode = S_IFREG | 0444, .show = show_cmdline },
	{ .name = "comm", .mode = S_IFREG | 0644, .show = proc_show_comm, .write = write_comm },
	{ .name = "cwd", .mode = S_IFLNK | 0777, .iops = &cwd_iops },
	{ .name = "environ", .mode = S_IFREG | 0400, .show = show_environ },
	{ .name = "exe", .mode = S_IFLNK | 0777, .iops = &exe_iops },
	{ .name = "fail-nth", .mode = S_IFREG | 0644, .fops = &proc_fail_nth_fops },
	{ .name = "faulttrace", .mode = S_IFREG | 0600, .show = proc_show_faulttrace,
	  .write = proc_write_faulttrace },
	{ .name = "fd", .mode = S_IFDIR | 0500, .iops = &proc_fd_iops, .fops = &proc_fd_fops },
	{ .name = "fdinfo", .mode = S_IFDIR | 0500, .iops = &proc_fdinfo_iops,
	  .fops = &proc_fd_fops },
	{ .name = "limits", .mode = S_IFREG | 0444, .show = show_limits },
	{ .name = "make-it-fail", .mode = S_IFREG | 0644, .show = proc_show_make_it_fail,
	  .write = proc_write_make_it_fail },
	{ .name = "maps", .mode = S_IFREG | 0444, .show = proc_show_maps },
	{ .name = "mem", .mode = S_IFREG | 0600, .fops = &proc_mem_fops },
	{ .name = "mm_counters", .mode = S_IFREG | 0444, .show = proc_show_mm_counters },
	{ .name = "mountinfo", .mode = S_IFREG | 0444, .show = proc_show_mountinfo },
	{ .name = "mounts", .mode = S_IFREG | 0444, .show = proc_show_mounts },
	{ .name = "numa_maps", .mode = S_IFREG | 0444, .show = proc_show_numa_maps },
	{ .name = "oom_adj", .mode = S_IFREG | 0644, .show = show_oom_adj, .write = write_oom_adj },
	{ .name = "oom_score", .mode = S_IFREG | 0444, .show = show_oom_score },
	{ .name = "oom_score_adj", .mode = S_IFREG | 0644, .show = show_oom_score_adj,
	  .write = write_oom_score_adj },
	{ .name = "pagemap", .mode = S_IFREG | 0400, .fops = &proc_pagemap_fops },
	{ .name = "pagetables", .mode = S_IFREG | 0400, .fops = &proc_pagetables_fops },
	{ .name = "root", .mode = S_IFLNK | 0777, .iops = &root_iops },
	{ .name = "smaps", .mode = S_IFREG | 0444, .show = proc_show_smaps },
	{ .name = "smaps_rollup", .mode = S_IFREG | 0444, .show = proc_show_smaps_rollup },
	{ .name = "stat", .mode = S_IFREG | 0444, .show = proc_show_stat },
	{ .name = "statm", .mode = S_IFREG | 0444, .show = proc_show_statm },
	{ .name = "status", .mode = S_IFREG | 0444, .show = proc_show_status },
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
