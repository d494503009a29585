/* SPDX-License-Identifier: MIT */
/*
 * kernel/robust.c - locks whose owner died
 *
 * A thread keeps a list of the robust locks it holds in its own memory and tells the kernel where it
 * begins (set_robust_list(2)). When the thread ends, the kernel walks the list and marks each word that
 * still names the thread: FUTEX_OWNER_DIED, one waiter woken. The list is user memory and may be
 * anything: every step is checked and the walk is bounded.
 */
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <uapi/futex.h>
#include "futex_internal.h"
#include "proc_internal.h"

SYSCALL_DEFINE2(set_robust_list, struct robust_list_head __user *, head, size_t, len)
{
	if (len != sizeof(*head))
		return -EINVAL;
	current->robust_list = head;
	current->robust_list_len = len;
	return 0;
}

SYSCALL_DEFINE3(get_robust_list, pid_t, tid, void __user * __user *, uhead, size_t __user *, ulen)
{
	struct thread *t = current;
	void __user *head = NULL;
	long err = 0;

	spin_lock(&tasklist_lock);
	if (tid)
		t = find_thread(tid);
	if (!t)
		err = -ESRCH;
	else if (t->process != current_process() && !capable() &&
		 t->process->uid != current_process()->euid)
		err = -EPERM;
	else
		head = t->robust_list;
	spin_unlock(&tasklist_lock);
	if (err)
		return err;
	if (put_user(sizeof(struct robust_list_head), ulen) || put_user(head, uhead))
		return -EFAULT;
	return 0;
}

/* The word of one lock: if it is ours, the owner is dead now. */
static void handle_futex_death(u32 __user *uaddr, bool pi, bool pending)
{
	struct futex_key key;
	u32 value, next, seen;

	if ((unsigned long)uaddr % sizeof(u32) || get_user(value, uaddr))
		return;
	for (;;) {
		/* The lock was just being released: its next owner must be woken in our place. */
		if (pending && !pi && !(value & FUTEX_TID_MASK))
			break;
		if ((value & FUTEX_TID_MASK) != (u32)current->tid)
			return;
		next = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		if (arch_futex_cmpxchg(uaddr, value, next, &seen))
			return;
		if (seen == value)
			break;
		value = seen;
	}
	if (!pi && ((value & FUTEX_WAITERS) || pending) && !futex_key(uaddr, false, &key))
		futex_wake_key(&key, 1, FUTEX_BITSET_MATCH_ANY);
}

/* Bit 0 of an entry says: a lock with priority inheritance. */
static u32 __user *entry_word(u64 entry, s64 offset)
{
	return (u32 __user *)((entry & ~1UL) + (u64)offset);
}

void exit_robust_list(void)
{
	struct robust_list_head __user *uhead = current->robust_list;
	struct robust_list_head head;
	u64 entry, next;

	if (!uhead)
		return;
	current->robust_list = NULL;
	if (copy_from_user(&head, uhead, sizeof(head)))
		return;
	entry = head.list.next;
	for (unsigned int i = 0; i < ROBUST_LIST_LIMIT && (entry & ~1UL) != (u64)uhead; i++) {
		bool more = !get_user(next, (const u64 __user *)(entry & ~1UL));

		if (entry != head.list_op_pending)
			handle_futex_death(entry_word(entry, head.futex_offset), entry & 1, false);
		if (!more)
			break;
		entry = next;
	}
	if (head.list_op_pending)
		handle_futex_death(entry_word(head.list_op_pending, head.futex_offset),
				   head.list_op_pending & 1, true);
}
