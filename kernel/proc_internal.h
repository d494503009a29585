/* SPDX-License-Identifier: MIT */
/* kernel/proc_internal.h - what the files of kernel/ share about processes, and nobody else sees */
#ifndef KERNEL_PROC_INTERNAL_H
#define KERNEL_PROC_INTERNAL_H

#include <kernel/process.h>
#include <mm/mm.h>

/* clone(2): what the child shares, and where ids are stored */
#define CSIGNAL			0x000000ffUL
#define CLONE_VM		0x00000100UL
#define CLONE_FS		0x00000200UL
#define CLONE_FILES		0x00000400UL
#define CLONE_SIGHAND		0x00000800UL
#define CLONE_PIDFD		0x00001000UL
#define CLONE_PTRACE		0x00002000UL
#define CLONE_VFORK		0x00004000UL
#define CLONE_PARENT		0x00008000UL
#define CLONE_THREAD		0x00010000UL
#define CLONE_NEWNS		0x00020000UL
#define CLONE_SYSVSEM		0x00040000UL
#define CLONE_SETTLS		0x00080000UL
#define CLONE_PARENT_SETTID	0x00100000UL
#define CLONE_CHILD_CLEARTID	0x00200000UL
#define CLONE_DETACHED		0x00400000UL
#define CLONE_UNTRACED		0x00800000UL
#define CLONE_CHILD_SETTID	0x01000000UL
#define CLONE_NEWCGROUP		0x02000000UL
#define CLONE_NEWUTS		0x04000000UL
#define CLONE_NEWIPC		0x08000000UL
#define CLONE_NEWUSER		0x10000000UL
#define CLONE_NEWPID		0x20000000UL
#define CLONE_NEWNET		0x40000000UL
#define CLONE_IO		0x80000000UL
#define CLONE_CLEAR_SIGHAND	0x100000000UL
#define CLONE_INTO_CGROUP	0x200000000UL
#define CLONE_NEWTIME		0x00000080UL
#define CLONE_NEW_ANY		(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
				 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* ---- pid.c ---- */
#define PID_MAX		32768
/*
 * pid_alloc - a free number, reserved; -EAGAIN. pid_release - free unless something still bears it. Tasklist
 * lock held.
 */
pid_t pid_alloc(void);
void pid_release(pid_t nr);
/* hashes by number; tasklist lock held */
void thread_hash_add(struct thread *t);
void thread_hash_del(struct thread *t);
void process_hash_add(struct process *p);
void process_hash_del(struct process *p);
/* groups_join - @p enters group and session of these ids, leaving its old ones; @pgrp and @session are
 * groups to use if the id has none yet (taken: set to NULL). Tasklist lock held. */
struct id_group *id_group_alloc(pid_t id);
void id_group_free(struct id_group *spare);	/* an unused one, or NULL */
void pgrp_join(struct process *p, pid_t id, struct id_group **spare);
void session_join(struct process *p, pid_t id, struct id_group **spare);
void groups_leave(struct process *p);
void pid_init(void);

/* ---- process.c ---- */
struct process *process_alloc(void);
/* process_add_thread - @t belongs to @p from now on. Tasklist lock and siglock held. */
void process_add_thread(struct process *p, struct thread *t);
unsigned int max_threads(void);
extern unsigned int nr_user_threads;	/* (tasklist) */
extern unsigned long total_forks;	/* (tasklist) */

/* ---- cred.c: accounts per real uid ---- */
struct user {
	uid_t			uid;
	atomic_t		refs;
	atomic_t		threads;	/* RLIMIT_NPROC      */
	atomic_t		sigpending;	/* RLIMIT_SIGPENDING */
	atomic64_t		locked_shm;	/* RLIMIT_MEMLOCK: pages of segments, ipc_shm.c */
	struct list_head	link;
};
struct user *user_get(uid_t uid);	/* referenced; NULL no memory */
static inline struct user *user_ref(struct user *u) { atomic_inc(&u->refs); return u; }
void user_put(struct user *u);
/* user_of_process - referenced; user_count_threads - @n more (fewer) threads of @p */
struct user *user_of_process(struct process *p);
void user_count_threads(struct process *p, int n);
/* cred_exec - the saved ids follow the effective ones; siglock held */
void cred_exec(struct process *p);
/* limits_update - p->rlim is new, or p->euid: so mm/ will see it (kernel/rlimit.c); siglock held, or nobody knows @p */
void limits_update(struct process *p);

/* ---- exit.c ---- */
void exit_mm_release(void);		/* clear_child_tid, robust list, vfork parent: exec and exit */
/* vfork_done - current has left its creator's memory */
void vfork_done(struct thread *t);
/* process_unlink - a zombie out of the tree, tasklist lock held; process_free - then its memory, without */
void process_unlink(struct process *p);
void process_free(struct process *p);
/* rusage_both - of a process and its reaped children; takes siglock, does not sleep */
void rusage_both(struct process *p, struct rusage *ru);
bool will_become_orphaned(pid_t pgid, const struct process *ignored);

/* ---- time ---- */
void itimers_exit(struct process *p);
void posix_timers_exit(struct process *p);
void itimer_real_fire(struct timer *t);
void cpu_timers_init(void);
/* cpu_limit_update - RLIMIT_CPU changed; siglock held */
void cpu_limit_update(struct process *p);

/* ---- futex.c ---- */
void futex_init(void);
void futex_wake_exit(u32 __user *uaddr);	/* clear_child_tid */
void exit_robust_list(void);

/* ---- vdso.c, oom.c, random.c, ... ---- */
int vdso_map(struct mm_struct *mm);
void vdso_init(void);
/* vdso_clock_was_set - the wall clock moved: tell the programs */
void vdso_clock_was_set(void);
/* oom_make_room - free memory by killing one; returns false if current must die or fail instead of retrying */
bool oom_make_room(void);

/* ---- trap_upcalls.c ---- */
/* pagefault_disable - until enabled again, user copies on this CPU fail instead of faulting pages in: for
 * code that holds a spinlock. Must not sleep between. */
void pagefault_disable(void);
void pagefault_enable(void);

#endif
