/* SPDX-License-Identifier: MIT */
/*
 * syscall.h - how a system call is written
 *
 * SYSCALL_DEFINE3(read, int, fd, void __user *, buf, size_t, n) { ... } defines sys_read(), which takes
 * six registers and narrows each argument to its type, so stray upper bits from user mode never reach
 * the body. Results are values or -errno; -ERESTARTSYS and friends are turned into restarts or -EINTR by
 * kernel/signal.c. kernel/syscall.c lists every call once, by name, with its trace format.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include <arch.h>
#include <kernel/sched.h>
#include <mm/uaccess.h>
#include <uapi/errno.h>

typedef long (*syscall_fn)(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long, unsigned long);

/* results that never reach a program */
#define ERESTARTSYS		512	/* restart if SA_RESTART (or no handler), else EINTR   */
#define ERESTARTNOINTR		513	/* always restart                                      */
#define ERESTARTNOHAND		514	/* restart if no handler ran                           */
#define ERESTART_RESTARTBLOCK	516	/* nanosleep & co: again, until current->restart_deadline */

/*
 * restart_take - a call with a relative timeout asks at its start: the deadline it left in
 * current->restart_deadline when it returned -ERESTART_RESTARTBLOCK, else 0. The call is run again with
 * its old arguments, so that the time already slept must not count twice.
 */
static inline u64 restart_take(void)
{
	u64 deadline = current->restart_deadline;

	current->restart_deadline = 0;
	return deadline;
}

/* restart_at - the value to return when a signal interrupted a call that ends at @deadline */
static inline long restart_at(u64 deadline)
{
	current->restart_deadline = deadline;
	return -ERESTART_RESTARTBLOCK;
}

#define SC_PROTO__(name)										\
	long sys_##name(unsigned long r0, unsigned long r1, unsigned long r2, unsigned long r3,		\
			unsigned long r4, unsigned long r5)
#define SC_ARG__(t, r) ((t)(r))

#define SYSCALL_DEFINE0(name)									\
	static long do_sys_##name(void);							\
	SC_PROTO__(name); SC_PROTO__(name) { return do_sys_##name(); }				\
	static inline long do_sys_##name(void)
#define SYSCALL_DEFINE1(name, t0, a0)								\
	static long do_sys_##name(t0 a0);							\
	SC_PROTO__(name); SC_PROTO__(name) { return do_sys_##name((t0)r0); }			\
	static inline long do_sys_##name(t0 a0)
#define SYSCALL_DEFINE2(name, t0, a0, t1, a1)							\
	static long do_sys_##name(t0 a0, t1 a1);						\
	SC_PROTO__(name); SC_PROTO__(name) { return do_sys_##name((t0)r0, (t1)r1); }		\
	static inline long do_sys_##name(t0 a0, t1 a1)
#define SYSCALL_DEFINE3(name, t0, a0, t1, a1, t2, a2)						\
	static long do_sys_##name(t0 a0, t1 a1, t2 a2);						\
	SC_PROTO__(name); SC_PROTO__(name) { return do_sys_##name((t0)r0, (t1)r1, (t2)r2); }	\
	static inline long do_sys_##name(t0 a0, t1 a1, t2 a2)
#define SYSCALL_DEFINE4(name, t0, a0, t1, a1, t2, a2, t3, a3)					\
	static long do_sys_##name(t0 a0, t1 a1, t2 a2, t3 a3);					\
	SC_PROTO__(name); SC_PROTO__(name) { return do_sys_##name((t0)r0, (t1)r1, (t2)r2, (t3)r3); } \
	static inline long do_sys_##name(t0 a0, t1 a1, t2 a2, t3 a3)
#define SYSCALL_DEFINE5(name, t0, a0, t1, a1, t2, a2, t3, a3, t4, a4)				\
	static long do_sys_##name(t0 a0, t1 a1, t2 a2, t3 a3, t4 a4);				\
	SC_PROTO__(name); SC_PROTO__(name) { return do_sys_##name((t0)r0, (t1)r1, (t2)r2, (t3)r3, (t4)r4); } \
	static inline long do_sys_##name(t0 a0, t1 a1, t2 a2, t3 a3, t4 a4)
#define SYSCALL_DEFINE6(name, t0, a0, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5)			\
	static long do_sys_##name(t0 a0, t1 a1, t2 a2, t3 a3, t4 a4, t5 a5);			\
	SC_PROTO__(name); SC_PROTO__(name) { return do_sys_##name((t0)r0, (t1)r1, (t2)r2, (t3)r3, (t4)r4, (t5)r5); } \
	static inline long do_sys_##name(t0 a0, t1 a1, t2 a2, t3 a3, t4 a4, t5 a5)

#endif
