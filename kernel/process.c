/* SPDX-License-Identifier: MIT */
/*
 * kernel/process.c - what is a process, and how long does it live?
 *
 *	         fork.c                        exit.c                      wait.c
 *	(none) ---------> alive: n threads ------------> zombie: none ------------> (freed)
 *	                                                    |  nobody will wait: reaped at once
 *
 * ALWAYS TRUE    P1  every process but init_process has a parent that is alive.
 *                P2  p->threads holds p->nr_threads threads, all with thread->process == p; a zombie has
 *                    none. p->leader keeps its struct until the process is reaped.
 *                P3  a process is on process_list and in the pid hash from fork until it is reaped.
 *                P4  each thread holds a reference on the struct, and so does process_list.
 *
 * LOCKS          tasklist_lock > siglock. Fields marked (t&s) are changed under both, so that
 *                interrupts (signals from timers) may read them under siglock alone.
 * READ NEXT      pid.c (numbers), fork.c, exit.c, wait.c.
 */
#include <fs/file.h>
#include <kernel/process.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include "proc_internal.h"
#include "signal_internal.h"
#include "strace.h"

DEFINE_SPINLOCK(tasklist_lock, RANK_TASKLIST);
LIST_HEAD(process_list);
struct process *init_process;
unsigned int nr_user_threads;
unsigned long total_forks;

static struct kmem_cache *process_cache;

/*
 * Kernel stacks, which nothing can reclaim, may take an eighth of memory, as in Linux: 256 threads in
 * 32 MiB. Never so few that a shell could not work.
 */
unsigned int max_threads(void)
{
	unsigned long n = totalram_pages() / (8 * (THREAD_SIZE / PAGE_SIZE));

	return (unsigned int)clamp(n, 64UL, (unsigned long)PID_MAX - 2);
}

unsigned int process_count(void)
{
	return READ_ONCE(nr_user_threads);
}

struct process *process_alloc(void)
{
	struct process *p = kmem_cache_alloc(process_cache, GFP_KERNEL);

	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	INIT_LIST_HEAD(&p->children);
	INIT_LIST_HEAD(&p->sibling);
	INIT_LIST_HEAD(&p->threads);
	INIT_LIST_HEAD(&p->all_link);
	INIT_LIST_HEAD(&p->pid_link);
	INIT_LIST_HEAD(&p->pgrp_link);
	INIT_LIST_HEAD(&p->session_link);
	INIT_LIST_HEAD(&p->shared_pending.queue);
	INIT_LIST_HEAD(&p->posix_timers);
	spin_lock_init(&p->siglock, RANK_SIGHAND);
	init_waitqueue_head(&p->wait_chldexit);
	init_waitqueue_head(&p->wait_pidfd);
	init_waitqueue_head(&p->signalfd_wait);
	timer_setup(&p->itimer_real, itimer_real_fire);
	p->start_ns = clock_monotonic_ns();
	p->dumpable = 1;
	atomic_set(&p->refs, 1);
	return p;
}

void process_put(struct process *p)
{
	if (!atomic_dec_and_test(&p->refs))
		return;
	ASSERT(list_empty(&p->threads) && list_empty(&p->children) && !p->mm);
	if (p->exe_file)
		file_put(p->exe_file);
	if (p->sighand)
		sighand_put(p->sighand);
	if (p->user)
		user_put(p->user);
	kmem_cache_free(process_cache, p);
}

struct process *process_get_by_pid(pid_t pid)
{
	struct process *p;

	spin_lock(&tasklist_lock);
	p = find_process(pid);
	if (p)
		process_get(p);
	spin_unlock(&tasklist_lock);
	return p;
}

struct mm_struct *process_mm_get(struct process *p)
{
	struct mm_struct *mm;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	mm = p->mm;
	if (mm)
		mmget(mm);
	spin_unlock_irqrestore(&p->siglock, flags);
	return mm;
}

struct file *process_exe_file_get(struct process *p)
{
	struct file *f;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	f = p->exe_file;
	if (f)
		file_get(f);
	spin_unlock_irqrestore(&p->siglock, flags);
	return f;
}

/* A thread that has its files and fs still: those of the others are the same, but for unusual clones. */
static struct thread *thread_with_files(struct process *p)
{
	struct thread *t;

	list_for_each_entry(t, &p->threads, thread_link)
		if (t->files && t->fs)
			return t;
	return NULL;
}

struct files_struct *process_files_get(struct process *p)
{
	struct files_struct *files = NULL;
	struct thread *t;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	t = thread_with_files(p);
	if (t) {
		files = t->files;
		files_get(files);
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	return files;
}

struct fs_struct *process_fs_get(struct process *p)
{
	struct fs_struct *fs = NULL;
	struct thread *t;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	t = thread_with_files(p);
	if (t) {
		fs = t->fs;
		atomic_inc(&fs->refs);
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	return fs;
}

void process_add_thread(struct process *p, struct thread *t)
{
	ASSERT_HELD(&tasklist_lock);
	ASSERT_HELD(&p->siglock);
	list_add_tail(&t->thread_link, &p->threads);
	p->nr_threads++;
	atomic_inc(&p->live);
	nr_user_threads++;
	thread_hash_add(t);
}

void process_cpu_times(struct process *p, u64 *utime, u64 *stime)
{
	struct thread *t;
	u64 u, s;

	ASSERT_HELD(&p->siglock);
	*utime = p->utime;
	*stime = p->stime;
	list_for_each_entry(t, &p->threads, thread_link) {
		thread_times(t, &u, &s);
		*utime += u;
		*stime += s;
	}
}

void process_init(void)
{
	process_cache = kmem_cache_create("process", sizeof(struct process), 0, SLAB_PANIC, NULL);
	pid_init();
	signal_init();
	futex_init();
	cpu_timers_init();
	vdso_init();
	strace_init();
}
