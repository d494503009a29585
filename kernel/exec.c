/* SPDX-License-Identifier: MIT */
/*
 * kernel/exec.c - how does a process become another program?
 *
 *	do_execve
 *	  | open, permissions, strings out of the old memory
 *	  | script_load ... elf_load      a new address space is built aside
 *	  | exec_build_stack
 *	  |                               until here any failure returns to the old program
 *	  v commit                        memory for copies of shared tables (may fail), other threads end,
 *	                                  memory is exchanged, handlers, descriptors, names are reset
 *
 * Because the new address space is complete before the old one goes, almost nothing can fail once the other
 * threads are gone: only a copy of a table that was not shared before, needed if one of those threads has just
 * cloned a process that shares it. That kills, as Linux does. The price is both address spaces at once in memory.
 *
 * ALWAYS TRUE    V1  after commit() the process has one thread, whose tid is the pid.
 *                V2  the memory of a program and the right to look into it change in one moment, under siglock: who
 *                    asks for both (process_mm_access) never gets a set-user-ID program's memory with the rights
 *                    over the program before it, nor the other way round.
 *
 * LOCKS          exec_thread makes execs of one process exclude each other; tasklist_lock > siglock.
 * LEFT OUT       binfmt_misc, core limits.
 * READ NEXT      exec_elf.c, exec_stack.c.
 */
#include <fs/namei.h>
#include <fs/vfs.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/fcntl.h>
#include <uapi/mount.h>
#include "exec_internal.h"
#include "proc_internal.h"
#include "signal_internal.h"

/* ---- the file ---- */

static int may_execute(const struct path *path)
{
	struct inode *inode = path->dentry->inode;

	if (!S_ISREG(inode->mode) || (path->mnt->flags & MS_NOEXEC))
		return -EACCES;
	return inode_permission(inode, 1);
}

/* An open file for @path without asking for read permission: execute permission is enough to run it. */
static int open_path(const struct path *path, struct file **fp)
{
	struct inode *inode = path->dentry->inode;
	struct file *f;
	int err = deny_write_access(inode);

	if (err)
		return err;
	f = dentry_open(path, O_RDONLY);
	if (IS_ERR(f)) {
		allow_write_access(inode);
		return (int)PTR_ERR(f);
	}
	f->mode |= FMODE_EXEC;
	*fp = f;
	return 0;
}

static int resolve(int dirfd, const char *name, int flags, struct path *path)
{
	struct file *f;

	if (*name || !(flags & AT_EMPTY_PATH))
		return kern_path(dirfd, name,
				 flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW, path);
	f = fd_get_raw(dirfd);
	if (!f)
		return -EBADF;
	if (!f->path.dentry) {
		file_put(f);
		return -EACCES;
	}
	*path = f->path;
	path_get(path);
	file_put(f);
	return 0;
}

int exec_open(int dirfd, const char *name, int flags, struct file **f)
{
	struct path path;
	int err = resolve(dirfd, name, flags, &path);

	if (err)
		return err;
	if (S_ISLNK(path.dentry->inode->mode))
		err = -ELOOP;
	if (!err)
		err = may_execute(&path);
	if (!err)
		err = open_path(&path, f);
	path_put(&path);
	return err;
}

/* ---- building ---- */

/* Set-user-ID and set-group-ID of the file that is run in the end (not of a script). */
static void new_ids(struct binprm *b)
{
	const struct process *p = current_process();
	const struct inode *inode = b->file->inode;

	b->euid = p->euid;
	b->egid = p->egid;
	if (!(b->file->path.mnt->flags & MS_NOSUID) && !p->no_new_privs) {
		if (inode->mode & S_ISUID)
			b->euid = inode->uid;
		if ((inode->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
			b->egid = inode->gid;
	}
	b->secure = b->euid != p->uid || b->egid != p->gid;
}

static int collect_strings(struct binprm *b, const struct exec_strings *s)
{
	size_t budget = clamp((size_t)rlimit(RLIMIT_STACK) / 4, MAX_ARG_STRLEN, MAX_ARG_TOTAL);
	static const char *const no_args[] = { "", NULL };
	int err = args_collect(&b->argv, s->argv, s->kernel_ptrs, &budget);

	if (!err && !b->argv.count)	/* as Linux since 5.18: a program may rely on argv[0] */
		err = args_collect(&b->argv, no_args, true, &budget);
	if (!err)
		err = args_collect(&b->envp, s->envp, s->kernel_ptrs, &budget);
	return err;
}

static struct mm_struct *new_mm(void)
{
	struct mm_struct *mm = mm_alloc();

	if (mm && current->mm)
		mm->fault_trace = READ_ONCE(current->mm->fault_trace);
	return mm;
}

static int load(struct binprm *b)
{
	int err;

	for (;;) {
		ssize_t n;

		b->unreadable |= inode_permission(b->file->inode, R_OK) != 0;
		memset(b->head, 0, sizeof(b->head));
		n = kernel_read(b->file, b->head, sizeof(b->head), 0);
		if (n < 0)
			return (int)n;
		if (!script_recognise(b))
			break;
		err = script_load(b);
		if (err)
			return err;
	}
	if (!elf_recognise(b))
		return -ENOEXEC;
	new_ids(b);
	b->mm = new_mm();
	if (!b->mm)
		return -ENOMEM;
	exec_layout(b);
	err = elf_load(b);
	if (!err)
		err = vdso_map(b->mm);
	return err ? err : exec_build_stack(b);
}

/* ---- becoming it ---- */

/* End the other threads. -EAGAIN: another one execs, or the process is being killed. */
static int de_thread(struct process *p)
{
	struct thread *t;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	if (p->group_exit || p->exec_thread) {
		spin_unlock_irqrestore(&p->siglock, flags);
		return -EAGAIN;
	}
	if (p->nr_threads > 1) {
		p->exec_thread = current;
		list_for_each_entry(t, &p->threads, thread_link)
			if (t != current)
				thread_wake_signal(t, true);
	}
	while (p->nr_threads > 1) {
		WRITE_ONCE(current->state, THREAD_UNINTERRUPTIBLE);
		spin_unlock_irqrestore(&p->siglock, flags);
		schedule();
		spin_lock_irqsave(&p->siglock, flags);
	}
	p->exec_thread = NULL;
	spin_unlock_irqrestore(&p->siglock, flags);
	return 0;
}

/* The only thread left takes over the number of the first (V1), whose struct was kept for this. */
static void become_leader(struct process *p)
{
	struct thread *old = p->leader;
	pid_t tid = current->tid;

	if (old == current)
		return;
	spin_lock(&tasklist_lock);
	thread_hash_del(current);
	current->tid = p->pid;
	thread_hash_add(current);
	current->autofree = false;
	p->leader = current;
	pid_release(tid);
	spin_unlock(&tasklist_lock);
	thread_wait_off_cpu(old);
	thread_free(old);
}

/* set_program - V2 */
static void set_program(struct process *p, const struct binprm *b)
{
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	p->mm = b->mm;
	p->exe_file = file_get(b->file);
	p->dumpable = !b->secure && !b->unreadable;
	p->euid = b->euid;
	p->egid = b->egid;
	cred_exec(p);
	spin_unlock_irqrestore(&p->siglock, flags);
}

static void exchange_mm(struct process *p, struct binprm *b)
{
	struct mm_struct *old = p->mm;
	struct file *old_exe = p->exe_file;

	if (old) {
		exit_mm_release();
		p->maxrss = max(p->maxrss, mm_rss(old));
	}
	set_program(p, b);
	use_mm(b->mm);
	b->mm = NULL;
	vfork_done(current);
	if (old)
		mmput(old);
	if (old_exe)
		file_put(old_exe);
}

/* Has current's descriptor table users beside the threads of @p? One that begins or ends is taken for another's. */
static bool files_shared(struct process *p)
{
	struct thread *t;
	unsigned long flags;
	int ours = 0;

	spin_lock_irqsave(&p->siglock, flags);
	list_for_each_entry(t, &p->threads, thread_link)
		ours += t->files == current->files;
	spin_unlock_irqrestore(&p->siglock, flags);
	return atomic_read(&current->files->refs) > ours;
}

/*
 * Spare tables, in case ours are shared. They are not used while other threads live: one that forks reads
 * p->sighand without siglock, and a table of descriptors that is ours alone in the end must stay, because the
 * record locks belong to it.
 */
static int spare_tables(struct process *p, struct binprm *b)
{
	if (!b->sighand && atomic_read(&p->sighand->refs) > 1) {
		b->sighand = sighand_alloc();
		if (!b->sighand)
			return -ENOMEM;
	}
	if (!b->files && files_shared(p)) {
		b->files = files_dup(current->files);
		if (!b->files)
			return -ENOMEM;
	}
	return 0;
}

/* Files and signal actions that are shared with another process become our own; binprm_free() drops what is left. */
static int unshare_tables(struct process *p, struct binprm *b)
{
	int err = spare_tables(p, b);
	unsigned long flags;

	ASSERT(p->nr_threads == 1);
	if (err)
		return err;
	if (b->sighand)
		sighand_copy(b->sighand, p->sighand);
	spin_lock_irqsave(&p->siglock, flags);
	if (b->sighand && atomic_read(&p->sighand->refs) > 1)
		swap(b->sighand, p->sighand);
	if (b->files && atomic_read(&current->files->refs) > 1)
		swap(b->files, current->files);
	spin_unlock_irqrestore(&p->siglock, flags);
	return 0;
}

static void set_names(struct process *p, const struct binprm *b)
{
	const char *slash = strrchr(b->filename, '/');
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	strscpy(current->comm, slash ? slash + 1 : b->filename, sizeof(current->comm));
	memcpy(p->comm, current->comm, sizeof(p->comm));
	spin_unlock_irqrestore(&p->siglock, flags);
}

static void forget_old_program(struct process *p, const struct binprm *b)
{
	p->did_exec = true;
	p->exit_signal = SIGCHLD;
	p->pdeath_signal = b->secure ? 0 : p->pdeath_signal;
	posix_timers_exit(p);
	signal_exec_reset(p);
	files_close_on_exec(current->files);
	current->robust_list = NULL;
	current->clear_child_tid = NULL;
	current->restart_deadline = 0;
}

/* The new program is complete. Before de_thread() an error harms nobody, so memory is asked for there. */
static int commit(struct binprm *b)
{
	struct process *p = current_process();
	int err = spare_tables(p, b);

	if (!err)
		err = de_thread(p);
	if (err)
		return err;
	err = unshare_tables(p, b);
	if (err) {
		force_fatal_signal(SIGSEGV);
		return err;
	}
	become_leader(p);
	exchange_mm(p, b);
	set_names(p, b);
	forget_old_program(p, b);
	arch_start_user(current_regs(), b->start, b->sp);
	return 0;
}

static void binprm_free(struct binprm *b)
{
	args_free(&b->argv);
	args_free(&b->envp);
	for (unsigned int i = 0; i < b->nr_words; i++)
		kfree(b->words[i]);
	kfree(b->filename);
	if (b->mm)
		mmput(b->mm);
	if (b->file)
		file_put(b->file);
	if (b->files)
		files_put(b->files);
	if (b->sighand)
		sighand_put(b->sighand);
	kfree(b);
}

/* What AT_EXECFN says: the name as given, or one that leads there through the descriptor. */
static char *program_name(int dirfd, const char *path)
{
	char text[32];

	if (*path == '/' || (dirfd == AT_FDCWD && *path))
		return kstrdup(path, GFP_KERNEL);
	if (!*path) {
		snprintf(text, sizeof(text), "/dev/fd/%d", dirfd);
		return kstrdup(text, GFP_KERNEL);
	}
	{
		size_t n = strlen(path) + sizeof(text);
		char *name = kmalloc(n, GFP_KERNEL);

		if (name)
			snprintf(name, n, "/dev/fd/%d/%s", dirfd, path);
		return name;
	}
}

int do_execve(int dirfd, const char *path, const struct exec_strings *s, int flags)
{
	struct binprm *b;
	int err;

	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return -ENOMEM;
	b->filename = program_name(dirfd, path);
	err = b->filename ? exec_open(dirfd, path, flags, &b->file) : -ENOMEM;
	if (!err)
		err = collect_strings(b, s);
	if (!err)
		err = load(b);
	if (!err)
		err = commit(b);
	binprm_free(b);
	return err;
}

/* ---- system calls ---- */

static long execve_user(int dirfd, const char __user *upath, const struct exec_strings *s, int flags)
{
	char *path = kmalloc(EXEC_PATH_MAX, GFP_KERNEL);
	long err;

	if (!path)
		return -ENOMEM;
	err = strncpy_from_user(path, upath, EXEC_PATH_MAX);
	if (err == 0 && !(flags & AT_EMPTY_PATH))
		err = -ENOENT;
	if (err >= 0)
		err = do_execve(dirfd, path, s, flags);
	kfree(path);
	/* A new program finds its registers as arch_start_user() left them. */
	return err ? err : (long)regs_return(current_regs());
}

SYSCALL_DEFINE3(execve, const char __user *, path, const void __user *, argv,
		const void __user *, envp)
{
	struct exec_strings s = { .argv = argv, .envp = envp };

	return execve_user(AT_FDCWD, path, &s, 0);
}

SYSCALL_DEFINE5(execveat, int, dirfd, const char __user *, path, const void __user *, argv,
		const void __user *, envp, int, flags)
{
	struct exec_strings s = { .argv = argv, .envp = envp };

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	return execve_user(dirfd, path, &s, flags);
}
