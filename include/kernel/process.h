/* SPDX-License-Identifier: MIT */
/*
 * process.h - what threads belong to: a process, its group and session
 *
 * letters: (t) tasklist_lock (s) sighand lock = p->siglock (i) immutable (a) atomic (o) own threads only
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <kernel/mutex.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/timer.h>
#include <kernel/wait.h>
#include <uapi/resource.h>	/* struct rlimit64, RLIM_*, RLIM_NLIMITS, struct rusage */

struct file;
struct mm_struct;
struct session;
struct tty;

struct sigpending_list { struct list_head queue; sigset_t set; };

struct process {
	pid_t			pid;		/* (i) = tid of its first thread                */
	struct process		*parent;	/* (t) reaps us                                 */
	struct list_head	children;	/* (t) by sibling                               */
	struct list_head	sibling;	/* (t) */
	struct list_head	threads;	/* (t) thread->thread_link                      */
	unsigned int		nr_threads;	/* (t) live ones                                */
	struct thread		*leader;	/* (t) its struct stays until the process is reaped */
	pid_t			pgid, sid;	/* (t) */
	struct tty		*tty;		/* (t) controlling terminal, refcount by tty    */
	bool			did_exec;	/* (a) setpgid refuses                          */
	bool			is_subreaper;	/* (a) PR_SET_CHILD_SUBREAPER                   */
	struct list_head	all_link;	/* (t) process_list                             */

	struct mm_struct	*mm;		/* (o) NULL once exiting                        */

	spinlock_t		siglock;	/* RANK_SIGHAND, irq-safe                       */
	struct sighand		*sighand;	/* (s) actions; shared with CLONE_SIGHAND       */
	struct sigpending_list	shared_pending;	/* (s) */
	unsigned int		stop_count, stop_sig; /* (s) group stop in progress          */
	bool			stopped, continued; /* (s) for wait                             */
	bool			group_exit;	/* (s) */
	int			exit_code;	/* (s) wait status of the process               */
	int			exit_signal;	/* (i) sent to the parent: SIGCHLD or 0         */
	bool			zombie;		/* (t) all threads gone, not yet reaped         */
	wait_queue_head_t	wait_chldexit;	/* this process' wait4 callers                  */
	wait_queue_head_t	signalfd_wait;	/* sigtimedwait and friends                     */

	struct rlimit64		rlim[RLIM_NLIMITS]; /* (s) */
	uid_t			uid, euid, suid, fsuid;	/* (o) */
	gid_t			gid, egid, sgid, fsgid;
	gid_t			groups[32];
	unsigned int		ngroups;

	u64			start_ns;	/* (i) */
	u64			utime, stime;	/* (s) of ended threads                         */
	u64			cutime, cstime;	/* (s) of reaped children                       */
	unsigned long		min_flt, maj_flt, cmin_flt, cmaj_flt, nvcsw, nivcsw; /* (s) ended threads */
	unsigned long		maxrss, cmaxrss; /* pages */
	struct timer		itimer_real;	/* alarm, ITIMER_REAL                           */
	u64			itimer_interval, itimer_expires; /* (s) */
	struct list_head	posix_timers;	/* (s) */
	bool			vfork_done;	/* (s) parent may go on                         */
	struct wait_queue_head	*vfork_wait;	/* (s) */
	int			oom_score_adj;
	int			dumpable;
	int			pdeath_signal;
	atomic_t		refs;		/* struct lifetime: process_get/put             */
};

extern spinlock_t tasklist_lock;	/* RANK_TASKLIST; interrupts may not take it */
extern struct list_head process_list;	/* (t) */
extern struct process *init_process;	/* PID 1 */

static inline struct process *current_process(void) { return current->process; }

/* find_process / find_thread - by id; tasklist lock held; NULL: none. Zombies included. */
struct process *find_process(pid_t pid);
struct thread *find_thread(pid_t tid);
/* process_get_by_pid - referenced, or NULL; process_put drops the struct. */
struct process *process_get_by_pid(pid_t pid);
static inline void process_get(struct process *p) { atomic_inc(&p->refs); }
void process_put(struct process *p);
/* process_mm_get - @p's mm with a user reference, or NULL when it has none (exiting). mmput() it. */
struct mm_struct *process_mm_get(struct process *p);
unsigned int process_count(void);	/* live threads in the system */

/* do_fork - clone(2)'s work; the new tid, or -errno. */
struct clone_args_k {
	u64		flags;		/* CLONE_* without the signal                             */
	int		exit_signal;
	unsigned long	stack;		/* new sp, 0: same as parent's                            */
	unsigned long	tls;
	pid_t __user	*parent_tid, *child_tid, *pidfd;
};
long do_fork(const struct clone_args_k *args);

/* do_exit - end current thread with wait status @code; do_group_exit - the whole process. */
void do_exit(int code) __noreturn;
void do_group_exit(int code) __noreturn;

/* do_execve - replace current's program. @argv/@envp: kernel arrays (init) if @kernel_ptrs, else user pointers. 0 or -errno; after the point of no return a failure kills. */
struct exec_strings { const void *argv, *envp; bool kernel_ptrs; };
int do_execve(int dirfd, const char *path, const struct exec_strings *s, int flags);

/* start_init - make PID 1 and run /init (rdinit=); called by kernel/main.c in a kernel thread's place. */
void start_init(void);

/* rlimit - current's soft limit */
u64 rlimit(unsigned int which);
bool capable(void);		/* euid == 0: the one privilege there is */
static inline bool in_group(gid_t g);
void process_init(void);

static inline bool in_group(gid_t g)
{
	const struct process *p = current_process();

	if (p->fsgid == g)
		return true;
	for (unsigned int i = 0; i < p->ngroups; i++)
		if (p->groups[i] == g)
			return true;
	return false;
}

#endif
