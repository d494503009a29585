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
struct files_struct;
struct fs_struct;
struct mm_struct;
struct tty;
struct user;

struct sigpending_list { struct list_head queue; sigset_t set; };

/* id_group - a process group or a session: who is in it (kernel/pid.c). Lives while it has members. */
struct id_group {
	pid_t			id;		/* (i) */
	struct list_head	hash_link;	/* (t) */
	struct list_head	members;	/* (t) process->pgrp_link or session_link      */
};

/* cpu_timer - ITIMER_VIRTUAL, ITIMER_PROF: due when the process has used so much CPU time */
struct cpu_timer { u64 expires, interval; };	/* (s) ns; expires 0: not armed */

struct process {
	pid_t			pid;		/* (i) = tid of its first thread                */
	struct process		*parent;	/* (t) reaps us                                 */
	pid_t			ppid;		/* (t) its pid; read without the lock           */
	struct list_head	children;	/* (t) by sibling                               */
	struct list_head	sibling;	/* (t) */
	struct list_head	threads;	/* (t&s) thread->thread_link                    */
	unsigned int		nr_threads;	/* (t&s) on that list                           */
	atomic_t		live;		/* (a) threads that have not begun to exit      */
	struct thread		*leader;	/* (t) its struct stays until the process is reaped */
	pid_t			pgid, sid;	/* (t) = pgrp->id, session->id                  */
	struct id_group		*pgrp, *session; /* (t) */
	struct list_head	pgrp_link, session_link; /* (t) */
	struct list_head	pid_link;	/* (t) hash of processes by pid                 */
	char			comm[16];	/* (s) leader's name; stays for zombies         */
	struct tty		*tty;		/* (t) controlling terminal, refcount by tty    */
	bool			did_exec;	/* (a) setpgid refuses                          */
	bool			is_subreaper;	/* (a) PR_SET_CHILD_SUBREAPER                   */
	struct list_head	all_link;	/* (t) process_list                             */

	struct mm_struct	*mm;		/* (s) one user reference; NULL once exiting    */

	struct file		*exe_file;	/* (s) the program, referenced; NULL: none      */

	spinlock_t		siglock;	/* RANK_SIGHAND, irq-safe                       */
	struct sighand		*sighand;	/* (s) actions; shared with CLONE_SIGHAND       */
	struct sigpending_list	shared_pending;	/* (s) */
	unsigned int		stop_count, stop_sig; /* (s) threads stopped; signal of a group stop, or 0 */
	unsigned int		stop_turn;	/* (s) one more for each stop begun and each SIGCONT */
	bool			stopped;	/* (s) every thread is                          */
	bool			stop_unwaited, continued; /* (s) what wait has not reported yet    */
	bool			cont_notify;	/* (s) the parent is to hear CLD_CONTINUED      */
	bool			group_exit;	/* (s) everyone leaves with exit_code           */
	bool			unkillable;	/* (s) init: signals without handler do nothing */
	struct thread		*exec_thread;	/* (s) in de_thread(): waits to be the only one */
	int			exit_code;	/* (s) wait status of the process               */
	int			exit_signal;	/* (i) sent to the parent if there is such one  */
	bool			zombie;		/* (t) all threads gone, not yet reaped         */
	wait_queue_head_t	wait_chldexit;	/* this process' wait4 callers                  */
	wait_queue_head_t	wait_pidfd;	/* who polls a descriptor of it: woken at its end */
	wait_queue_head_t	signalfd_wait;	/* sigtimedwait and friends                     */

	struct rlimit64		rlim[RLIM_NLIMITS]; /* (s) */
	struct mm_limits	limits;		/* (s) what mm/ sees of rlim and euid           */
	uid_t			uid, euid, suid, fsuid;	/* (o) */
	gid_t			gid, egid, sgid, fsgid;
	gid_t			groups[32];
	unsigned int		ngroups;

	u64			start_ns;	/* (i) */
	u64			utime, stime;	/* (s) of ended threads                         */
	u64			cutime, cstime;	/* (s) of reaped children                       */
	unsigned long		min_flt, maj_flt, cmin_flt, cmaj_flt, nvcsw, nivcsw; /* (s) ended threads */
	unsigned long		cnvcsw, cnivcsw; /* (s) of reaped children                      */
	unsigned long		maxrss, cmaxrss; /* pages */
	struct timer		itimer_real;	/* alarm, ITIMER_REAL                           */
	u64			itimer_interval, itimer_expires; /* (s) */
	struct list_head	posix_timers;	/* (s) */
	int			next_timer_id;	/* (s) */
	struct cpu_timer	cpu_timer[2];	/* (s) ITIMER_VIRTUAL, ITIMER_PROF              */
	bool			cpu_limited;	/* (s) RLIMIT_CPU is finite                     */
	int			oom_score_adj;
	int			oom_score_adj_min;	/* what root set: an unprivileged writer stays above */
	int			dumpable;
	int			pdeath_signal;
	bool			no_new_privs;
	unsigned int		personality;
	struct user		*user;		/* (o) accounts of the real uid (kernel/cred.c) */
	atomic_t		refs;		/* struct lifetime: process_get/put             */
};

extern spinlock_t tasklist_lock;	/* RANK_TASKLIST; interrupts may not take it */
extern struct list_head process_list;	/* (t) */
extern struct process *init_process;	/* PID 1 */

static inline struct process *current_process(void) { return current->process; }

/* process_cpu_times - ns in user and kernel mode of all threads, dead and alive. siglock held. */
void process_cpu_times(struct process *p, u64 *utime, u64 *stime);
/* find_pgrp / find_session - members through pgrp_link / session_link; tasklist lock held; NULL: none. */
struct id_group *find_pgrp(pid_t id);
struct id_group *find_session(pid_t id);
/* pgrp_is_orphaned - no member has a parent elsewhere in its session (job control); takes the tasklist lock. */
bool pgrp_is_orphaned(pid_t pgid);
/*
 * session_disassociate - the terminal is gone: every process of session @sid loses its controlling terminal.
 * Takes the lock.
 */
void session_disassociate(pid_t sid);

/* find_process / find_thread - by id; tasklist lock held; NULL: none. Zombies included. */
struct process *find_process(pid_t pid);
struct thread *find_thread(pid_t tid);
/* process_get_by_pid - referenced, or NULL; process_put drops the struct. */
struct process *process_get_by_pid(pid_t pid);
static inline void process_get(struct process *p) { atomic_inc(&p->refs); }
void process_put(struct process *p);
/* process_mm_get - @p's mm with a user reference, or NULL when it has none (exiting). mmput() it. */
struct mm_struct *process_mm_get(struct process *p);
/* what /proc shows of another process: referenced, or NULL when it has none any more */
struct file *process_exe_file_get(struct process *p);
/* process_mm_access - the same for current to look into; ERR_PTR(-EACCES) unless it is privileged, or the same user
 * and nothing privileged there. */
struct mm_struct *process_mm_access(struct process *p);
struct files_struct *process_files_get(struct process *p);
struct fs_struct *process_fs_get(struct process *p);
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

/*
 * do_execve - replace current's program. @argv/@envp: kernel arrays (init) if @kernel_ptrs, else user pointers.
 * 0 or -errno, and the old program goes on. A failure once its other threads are gone also sends SIGSEGV.
 */
struct exec_strings { const void *argv, *envp; bool kernel_ptrs; };
int do_execve(int dirfd, const char *path, const struct exec_strings *s, int flags);

/* /proc/sys/kernel: 0 no random addresses, 1 stack, mmap and program, 2 also the heap (kernel/exec_stack.c) */
extern int sysctl_randomize_va_space;

/* start_init - make PID 1 and run /init (rdinit=); called by kernel/main.c in a kernel thread's place. */
void start_init(void);

/* rlimit - current's soft limit */
static inline u64 rlimit(unsigned int which)
{
	return READ_ONCE(current_process()->rlim[which].rlim_cur);
}
/* rusage_get - usage of @p in the sense of RUSAGE_*; sleeps. */
void rusage_get(struct process *p, int who, struct rusage *ru);
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
