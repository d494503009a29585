/* SPDX-License-Identifier: MIT */
/*
 * kernel/thread.c - the system calls that make threads, and what a thread tells the kernel about itself
 *
 * fork, vfork, clone and clone3 are four spellings of do_fork(). The order of clone's last two arguments
 * differs: RISC-V has (…, tls, child_tid), x86-64 (…, child_tid, tls).
 */
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include "proc_internal.h"

#if defined(__x86_64__)
#define CLONE_TLS_LAST	1
#else
#define CLONE_TLS_LAST	0
#endif

SYSCALL_DEFINE0(fork)
{
	struct clone_args_k a = { .exit_signal = SIGCHLD };

	return do_fork(&a);
}

SYSCALL_DEFINE0(vfork)
{
	struct clone_args_k a = { .flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD };

	return do_fork(&a);
}

SYSCALL_DEFINE5(clone, unsigned long, flags, unsigned long, stack, pid_t __user *, parent_tid,
		unsigned long, arg3, unsigned long, arg4)
{
	struct clone_args_k a = {
		.flags = (u32)flags & ~CSIGNAL,
		.exit_signal = (int)(flags & CSIGNAL),
		.stack = stack,
		.parent_tid = parent_tid,
		.pidfd = parent_tid,
		.child_tid = (pid_t __user *)(CLONE_TLS_LAST ? arg3 : arg4),
		.tls = CLONE_TLS_LAST ? arg4 : arg3,
	};

	return do_fork(&a);	/* an exit signal that does not exist is as good as another: exit.c sends none */
}

/* clone3(2): struct clone_args, which may grow; what we do not know must be zero */
struct clone_args {
	u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	u64 set_tid, set_tid_size, cgroup;
};
#define CLONE_ARGS_SIZE_VER0	64

/* Copy @size bytes of a structure that may be longer or shorter than ours: 0, -E2BIG, -EFAULT. */
static int copy_struct_from_user(void *dst, size_t dst_size, const void __user *src, size_t size)
{
	size_t n = min(dst_size, size);

	memset(dst, 0, dst_size);
	if (copy_from_user(dst, src, n))
		return -EFAULT;
	for (; n < size; n++) {
		u8 extra;

		if (copy_from_user(&extra, (const u8 __user *)src + n, 1))
			return -EFAULT;
		if (extra)
			return -E2BIG;
	}
	return 0;
}

SYSCALL_DEFINE2(clone3, const struct clone_args __user *, uargs, size_t, size)
{
	struct clone_args u;
	int err;

	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(&u, sizeof(u), uargs, size);
	if (err)
		return err;
	if (u.exit_signal > NSIG || (u.flags & (CSIGNAL | CLONE_DETACHED)) ||
	    (u.flags & ~((CLONE_INTO_CGROUP << 1) - 1)) || u.set_tid || u.set_tid_size)
		return -EINVAL;
	if ((u.flags & (CLONE_THREAD | CLONE_PARENT)) && u.exit_signal)
		return -EINVAL;
	if (!u.stack != !u.stack_size)
		return -EINVAL;
	if (u.stack && !access_ok((const void __user *)u.stack, u.stack_size))
		return -EINVAL;
	return do_fork(&(struct clone_args_k){
		.flags = u.flags,
		.exit_signal = (int)u.exit_signal,
		.stack = u.stack ? u.stack + u.stack_size : 0,
		.tls = u.tls,
		.parent_tid = (pid_t __user *)u.parent_tid,
		.child_tid = (pid_t __user *)u.child_tid,
		.pidfd = (pid_t __user *)u.pidfd,
	});
}

SYSCALL_DEFINE1(set_tid_address, u32 __user *, addr)
{
	current->clear_child_tid = addr;
	return current->tid;
}

SYSCALL_DEFINE0(gettid)
{
	return current->tid;
}
