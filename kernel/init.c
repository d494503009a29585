/* SPDX-License-Identifier: MIT */
/*
 * kernel/init.c - how does the first process come to be?
 *
 * The kernel thread that finished the boot becomes PID 1: it gets a struct process, files and fs of its
 * own, and then execs /init (or rdinit=) like any other program.
 */
#include <fs/file.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <lib/errname.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <uapi/fcntl.h>
#include "proc_internal.h"
#include "signal_internal.h"

#define DEFAULT_STACK	(8UL << 20)	/* Linux's _STK_LIM */

static void default_limits(struct process *p)
{
	u64 threads = max_threads() / 2;

	for (unsigned int i = 0; i < RLIM_NLIMITS; i++)
		p->rlim[i] = (struct rlimit64){ RLIM_INFINITY, RLIM_INFINITY };
	p->rlim[RLIMIT_STACK].rlim_cur = DEFAULT_STACK;
	p->rlim[RLIMIT_CORE].rlim_cur = 0;
	p->rlim[RLIMIT_NPROC] = (struct rlimit64){ threads, threads };
	p->rlim[RLIMIT_NOFILE] = (struct rlimit64){ 1024, 4096 };
	p->rlim[RLIMIT_MEMLOCK] = (struct rlimit64){ 8UL << 20, 8UL << 20 };
	p->rlim[RLIMIT_SIGPENDING] = (struct rlimit64){ threads, threads };
	p->rlim[RLIMIT_MSGQUEUE] = (struct rlimit64){ 819200, 819200 };
	p->rlim[RLIMIT_NICE] = (struct rlimit64){ 0, 0 };
	p->rlim[RLIMIT_RTPRIO] = (struct rlimit64){ 0, 0 };
}

static void publish_init(struct process *p)
{
	struct id_group *pgrp, *session;
	pid_t pid;

	spin_lock(&tasklist_lock);
	pid = pid_alloc();
	spin_unlock(&tasklist_lock);
	ASSERT(pid == 1);
	pgrp = id_group_alloc(pid);
	session = id_group_alloc(pid);
	if (!pgrp || !session)
		panic("no memory for the first process");
	spin_lock(&tasklist_lock);
	spin_lock_irq(&p->siglock);
	current->tid = p->pid = pid;
	p->leader = current;
	init_process = p;
	list_add_tail(&p->all_link, &process_list);
	process_hash_add(p);
	pgrp_join(p, pid, &pgrp);
	session_join(p, pid, &session);
	process_add_thread(p, current);
	spin_unlock_irq(&p->siglock);
	spin_unlock(&tasklist_lock);
}

static void make_init_process(void)
{
	struct process *p = process_alloc();

	if (!p)
		panic("no memory for the first process");
	p->user = user_get(0);
	p->sighand = sighand_alloc();
	current->files = files_alloc();
	current->fs = fs_alloc();
	if (!p->user || !p->sighand || !current->files || !current->fs)
		panic("no memory for the first process");
	default_limits(p);
	limits_update(p);
	p->exit_signal = SIGCHLD;
	p->unkillable = true;
	process_get(p);
	current->process = p;
	current->limits = &p->limits;
	atomic_inc(&p->user->threads);
	publish_init(p);
}

static void cannot_run(const char *path, int err) __noreturn;
static void cannot_run(const char *path, int err)
{
	const char *hint = "give another one with rdinit=PATH";

	if (err == -ENOEXEC)
		hint = "it is no ELF program for this machine, nor a #! script";
	else if (err == -ENOENT)
		hint = "no such file in the initramfs (or its interpreter is missing); rdinit=PATH names another";
	else if (err == -EACCES)
		hint = "it is not an executable file";
	boot_failure("%s: %s: %s", path, errname(err) ? errname(err) : "?", hint);
}

void start_init(void)
{
	struct exec_strings s = { .argv = init_argv, .envp = init_envp, .kernel_ptrs = true };
	int err;

	init_argv[0] = boot_params.rdinit;
	if (boot_params.norandom)
		sysctl_randomize_va_space = 0;
	signal_start_daemon();
	make_init_process();
	err = init_open_console();
	if (err)
		pr_warn("no console for init: %s\n", errname(err));
	err = do_execve(AT_FDCWD, boot_params.rdinit, &s, 0);
	if (err)
		cannot_run(boot_params.rdinit, err);
	arch_enter_user(current_regs());
}
