/* SPDX-License-Identifier: MIT */
/*
 * sched.h - threads as the scheduler sees them
 *
 * A struct thread is what a CPU runs. What it belongs to (process, files, signals) is opaque here and
 * defined by kernel/process.h. The kernel switches threads only where one blocks, on the way back to user
 * mode, and where a long call says that it may (cond_resched()); interrupts only set WORK_RESCHED.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <arch.h>
#include <kernel/cpumask.h>
#include <kernel/percpu.h>
#include <kernel/spinlock.h>
#include <lib/atomic.h>
#include <lib/list.h>

enum thread_state {
	THREAD_RUNNING,			/* running or on a run queue                             */
	THREAD_INTERRUPTIBLE,		/* asleep, any signal wakes                              */
	THREAD_KILLABLE,		/* asleep, a fatal signal wakes                          */
	THREAD_UNINTERRUPTIBLE,		/* asleep, only its event wakes                          */
	THREAD_STOPPED,			/* job control stop                                      */
	THREAD_DEAD,			/* last schedule() done or under way; reaper frees       */
};

/* thread->work: why the way back to user mode is not straight (tested by entry.S) */
#define WORK_RESCHED	(1UL << 0)	/* another thread should run                        */
#define WORK_SIGNAL	(1UL << 1)	/* a signal may be pending                          */
#define WORK_RESTORE_MASK (1UL << 2)	/* sigsuspend/ppoll: put saved_mask back            */
#define WORK_FATAL	(1UL << 3)	/* SIGKILL or group exit: killable sleeps end too   */

#define THREAD_SIZE_ORDER	2	/* 16 KiB kernel stack + guard page, aligned to 2 * size, so      */
#define THREAD_SIZE		(PAGE_SIZE << THREAD_SIZE_ORDER)	/* sp & THREAD_SIZE = overflow */

struct process;
struct files_struct;
struct fs_struct;
struct vfork_wait;

/* letters: (i) immutable after creation (o) only the thread itself (r) run queue lock (a) atomic
 *          (s) process->sighand lock (t) tasklist lock */
/* Which nodes its memory comes from: mm/mempolicy.c. All zeroes: nobody said. */
struct mempolicy {
	u8			mode;		/* MPOL_*                                       */
	u8			next;		/* a thread's MPOL_INTERLEAVE: the next page's node or a later one */
	u8			home;		/* set_mempolicy_home_node(2): node + 1; 0: nobody said */
	u16			nodes;		/* nodes it uses, all with memory               */
	u16			asked;		/* nodes as given                               */
	u16			flags;		/* MPOL_F_STATIC_NODES, ... as given            */
	atomic_t		refs;		/* (a) of a VMA's or an object's: who points here */
};

/*
 * How much memory it may get, and whether it is privileged, as mm/ sees it. These belong to the process, which mm/
 * does not know, and not to the address space: a vfork child shares its parent's, and the parent keeps its own.
 */
struct mm_limits {
	unsigned long	as, data, stack;	/* (a) bytes: RLIMIT_AS, _DATA, _STACK           */
	unsigned long	memlock;		/* (a) RLIMIT_MEMLOCK; the privileged have none  */
	bool		admin;			/* (a) overcommit.c leaves it the reserve        */
};
extern const struct mm_limits kernel_mm_limits;	/* kernel threads: none but that of a stack      */

struct thread {
	/* offsets known to entry.S */
	unsigned long		work;		/*  0 (a) WORK_*                                */
	unsigned long		kstack_top;	/*  8 (i) */
	struct arch_thread	arch;		/* 16 (o) saved registers, FP state             */

	enum thread_state	state;		/* (r) written by self before sleeping, by waker */
	bool			on_cpu;		/* (a) still using its stack on some CPU        */
	bool			on_rq;		/* (r) */
	bool			is_idle;
	bool			autofree;	/* (o) nobody waits for it: the scheduler frees it once dead */
	bool			sample_user;	/* (r) the last tick found it in user mode      */
	bool			make_it_fail;	/* (a) /proc/PID/make-it-fail: fault_inject.c   */
	bool			fail_armed;	/* (a) counted in fault_arm()'s number          */
	bool			fail_hit;	/* (o) an allocation failed on purpose          */
	bool			no_userfault;	/* (o) faults may not wait for a userfaultfd: SIGBUS */
	unsigned int		fail_nth;	/* (a) allocations until one fails; 0: none     */
	unsigned int		cpu;		/* (r) last CPU, whose run queue it is on       */
	struct list_head	rq_link;	/* (r) */
	int			nice;		/* -20..19, scales the time slice               */
	u64			slice_end;	/* (o) ns                                       */
	struct cpumask		affinity;	/* (r) CPUs it may run on                       */
	u64			utime, stime;	/* (r) ns in user and kernel mode               */
	u64			sched_stamp;	/* (r) when the running interval began          */
	unsigned long		nvcsw, nivcsw;	/* (o) voluntary, involuntary switches          */

	struct mm_struct	*mm;		/* (o) user address space; NULL: kernel thread  */
	struct mempolicy	mempolicy;	/* (o) */
	const struct mm_limits	*limits;	/* (o) its process's (kernel/rlimit.c)          */
	void			*kstack;	/* (i) lowest address                           */
	char			comm[16];	/* (o) name, NUL-terminated                     */
	pid_t			tid;		/* (t) changes once at most: exec makes a thread the leader */

	/* kernel/process.h */
	struct process		*process;	/* (i) NULL: kernel thread                      */
	struct files_struct	*files;		/* (o, s) written by itself under siglock: others read there */
	struct fs_struct	*fs;		/* (o, s) */
	struct list_head	thread_link;	/* (t) process->threads                         */
	struct list_head	pid_link;	/* (t) tid hash                                 */
	u64			blocked;	/* (s, o) signal mask, bit n-1 = signal n       */
	u64			saved_mask;	/* (o) for WORK_RESTORE_MASK                    */
	struct list_head	sig_queue;	/* (s) pending, this thread only                */
	u64			sig_pending;	/* (s) summary of sig_queue                     */
	unsigned long		altstack_sp, altstack_size;	/* (o) */
	unsigned int		altstack_flags;
	struct vfork_wait	*vfork;		/* (s) its creator waits for it: fork.c; or NULL */
	u32 __user		*clear_child_tid;	/* (o) */
	void __user		*robust_list;		/* (o) */
	size_t			robust_list_len;
	unsigned long		min_flt, maj_flt;	/* (o) */
	unsigned long		syscall_restart;	/* (o) restart_syscall block: see signal.c */
	u64			restart_deadline;
	int			exit_code;	/* (o) */

#if CONFIG_DEBUG
	const void		*held[16];	/* (o) sleeping locks, outermost first          */
	unsigned long		held_site[16];
	u8			held_rank[16];
	unsigned int		nheld;
#endif
};

#define current arch_current()

/* mm_limits - the running thread's */
static inline const struct mm_limits *mm_limits(void) { return current->limits; }

/* current_regs - the user registers of the running thread (top of its kernel stack). */
static inline struct trapframe *thread_regs(const struct thread *t)
{
	return (struct trapframe *)t->kstack_top - 1;
}
#define current_regs()	thread_regs(current)

/* thread_alloc - struct and guarded stack, state THREAD_UNINTERRUPTIBLE, not queued; NULL: no memory. */
struct thread *thread_alloc(const char *name);
/* thread_free - a thread that will never run (again); frees stack (cached for reuse) and struct. */
void thread_free(struct thread *t);
/* kthread_create - a kernel thread that runs @fn(@arg) once woken; NULL: no memory. When @fn returns, it ends. */
struct thread *kthread_create(void (*fn)(void *), void *arg, const char *name);

/* sched_init / sched_init_cpu - boot; the idle thread of the CPU exists after it. */
void sched_init(void);
int sched_init_cpu(unsigned int cpu);
/* sched_idle_loop - what an idle thread runs. */
void sched_idle_loop(void) __noreturn;

/* schedule - give up the CPU; runs again when woken (or at once if state is THREAD_RUNNING). might_sleep. */
void schedule(void);
/* schedule_until - as schedule() for a thread that set its state; 0, -EINTR (signal), -ETIMEDOUT. */
int schedule_until(u64 deadline_ns);
/* sched_yield_current - go behind the other runnable threads of this CPU. */
void sched_yield_current(void);
/* thread_wake - make @t runnable if its state is in the class; true if it was asleep. Any context. */
bool thread_wake(struct thread *t);
/*
 * thread_wake_signal - raise WORK_SIGNAL (and WORK_FATAL if @fatal) and wake @t: interruptible; killable and
 * stopped too if @fatal.
 */
bool thread_wake_signal(struct thread *t, bool fatal);
/* thread_exit_switch - last act of a thread: state THREAD_DEAD, never returns. With current->autofree set the scheduler
 * calls thread_free() later (kernel threads; user threads nobody reaps); else its owner does, after
 * thread_wait_off_cpu(). */
void thread_exit_switch(void) __noreturn;
/* thread_wait_off_cpu - spin until @t has left its stack (before freeing it). */
void thread_wait_off_cpu(struct thread *t);
/* thread_set_affinity - 0 or -EINVAL if no online CPU is in @m. */
int thread_set_affinity(struct thread *t, const struct cpumask *m);
/* set_work - raise WORK_* bits for @t and, if it runs in user mode elsewhere, make it notice. */
void set_work(struct thread *t, unsigned long bits);

/*
 * signal_pending - kernel/signal.c keeps WORK_SIGNAL true to "a deliverable signal waits"; WORK_FATAL stays set
 * until death.
 */
static inline bool signal_pending(const struct thread *t)
{
	return (READ_ONCE(t->work) & (WORK_SIGNAL | WORK_FATAL)) != 0;
}

static inline bool fatal_signal_pending(const struct thread *t) { return (READ_ONCE(t->work) & WORK_FATAL) != 0; }

/* cond_resched - a long call lets others run if it is their turn. As before any sleep: no spinlock is held. */
static inline void cond_resched(void)
{
	might_sleep();
	if (unlikely(READ_ONCE(current->work) & WORK_RESCHED))
		schedule();
}
/* cond_resched_killable - the same; true: do not go on, a fatal signal waits */
static inline bool cond_resched_killable(void)
{
	might_sleep();
	if (likely(!READ_ONCE(current->work)))
		return false;
	cond_resched();
	return fatal_signal_pending(current);
}

/* sched_load - load averages in 1/2048 units for 1, 5, 15 minutes; counts of runnable threads. */
struct sched_load { unsigned long avg[3]; unsigned int running, total; };
void sched_load(struct sched_load *l);
/* sched_idle_ns - how long @cpu has waited for something to do, up to now; never goes back. */
u64 sched_idle_ns(unsigned int cpu);
unsigned long sched_switches(void);
/*
 * thread_times - ns of CPU in user and kernel mode so far; the sum is exact and never goes back, the split is sampled
 * at each tick (10 ms). Any context; takes the run queue lock.
 */
void thread_times(struct thread *t, u64 *utime, u64 *stime);
/*
 * sched_tick_hook - kernel/itimer.c: called from the tick for a user thread (ITIMER_VIRTUAL, PROF, RLIMIT_CPU);
 * irqs off. May be NULL.
 */
extern void (*sched_tick_hook)(struct thread *t);

/* sleep_until - absolute ns; 0 or -EINTR. */
int sleep_until(u64 deadline_ns);

/* thread_wake_stopped - SIGCONT: make @t runnable if it is THREAD_STOPPED. */
bool thread_wake_stopped(struct thread *t);

/* ---- between the files of kernel/base ---- */
void thread_init(void);
void sched_tick(u64 now, bool user);		/* timer.c -> sched.c, irqs off */
void sched_load_tick(u64 now);			/* every CPU's tick */
extern u64 load_next_update;			/* (a) ns; a test makes it now */
void sched_resched_ipi(void);
void sched_free_dead(void);
/* thread_drop_stacks - free the stacks that all CPUs keep for the next threads (exact counts for tests). */
void thread_drop_stacks(void);
unsigned int sched_nr_queued(unsigned int cpu);	/* runnable, the running one included */

#endif
