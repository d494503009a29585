/* SPDX-License-Identifier: MIT */
/*
 * kernel/futex.c - sleeping until a word of user memory changes
 *
 *	waiter                                  waker
 *	lock bucket                             *uaddr = new value
 *	*uaddr == expected? no: EAGAIN          lock bucket
 *	queue, unlock, sleep                    wake those with the same key, unlock
 *
 * The value is compared with the bucket locked, so a waker that changes the word and then wakes either
 * comes before the comparison (EAGAIN) or finds the waiter queued. Reading user memory under a spinlock
 * must not fault: pagefault_disable(), and on failure unlock, fault the page in, try again.
 *
 *	key    private or anonymous memory: mm, address      shared file: mapping, page index, offset
 *
 * ALWAYS TRUE    U1  q is on the list of q->bucket until q->woken; both change with that bucket locked.
 *                U2  a waiter locks its bucket once more before it returns, so a waker that holds the
 *                    lock may still use the waiter's thread and its q, which is on its stack.
 *
 * LOCKS          bucket->lock (RANK_FUTEX); two in address order for requeue.
 * LEFT OUT       priority inheritance (ENOSYS), futex_waitv (ENOSYS), FUTEX_FD.
 * READ NEXT      robust.c (locks whose owner died).
 */
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/wait.h>
#include <lib/hash.h>
#include <mm/mm.h>
#include <uapi/futex.h>
#include "futex_internal.h"
#include "proc_internal.h"
#include "time_internal.h"

#define HASH_BITS	8

struct futex_bucket {
	spinlock_t		lock;
	struct list_head	waiters;	/* lock */
};

struct futex_q {
	struct list_head	link;
	struct futex_key	key;
	struct futex_bucket	*bucket;	/* U1 */
	bool			woken;		/* U1 */
	struct thread		*thread;
	u32			bitset;
};

static struct futex_bucket buckets[1 << HASH_BITS];

void futex_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(buckets); i++) {
		spin_lock_init(&buckets[i].lock, RANK_FUTEX);
		INIT_LIST_HEAD(&buckets[i].waiters);
	}
}

/* ---- keys ---- */

static bool key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->index == b->index;
}

static struct futex_bucket *key_bucket(const struct futex_key *k)
{
	return &buckets[hash_long((unsigned long)k->object ^ k->index, HASH_BITS)];
}

/* A mapping of a shared object: the object and the place in it. */
static int shared_key(struct mm_struct *mm, unsigned long addr, struct futex_key *key)
{
	struct vm_area_struct *vma;
	int err = 0;

	down_read(&mm->mmap_lock);
	vma = find_vma(mm, addr);
	if (!vma || addr < vma->vm_start || !(vma->vm_flags & VM_READ)) {
		err = -EFAULT;
	} else if (vma->mapping && (vma->vm_flags & VM_SHARED)) {
		key->object = vma->mapping;
		key->index = (vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start);
	}
	up_read(&mm->mmap_lock);
	return err;
}

int futex_key(u32 __user *uaddr, bool private, struct futex_key *key)
{
	unsigned long addr = (unsigned long)uaddr;

	if (addr % sizeof(u32))
		return -EINVAL;
	if (!access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	key->object = current->mm;
	key->index = addr;
	return private ? 0 : shared_key(current->mm, addr, key);
}

/* ---- reading the word ---- */

/* With a spinlock held: 0, or -EFAULT when the page is not there (now). */
static int read_atomic(u32 *value, const u32 __user *uaddr)
{
	size_t left;

	pagefault_disable();
	left = arch_copy_from_user(value, uaddr, sizeof(*value));
	pagefault_enable();
	return left ? -EFAULT : 0;
}

static int fault_in(const u32 __user *uaddr)
{
	u32 value;

	return get_user(value, uaddr);
}

/* ---- waking ---- */

/* Bucket locked (U2). */
static void wake_one(struct futex_q *q)
{
	list_del(&q->link);
	WRITE_ONCE(q->woken, true);
	thread_wake(q->thread);
}

static int wake_bucket(struct futex_bucket *b, const struct futex_key *key, int max, u32 bitset)
{
	struct futex_q *q, *next;
	int n = 0;

	list_for_each_entry_safe(q, next, &b->waiters, link) {
		if (n >= max)
			break;
		if (!key_equal(&q->key, key) || !(q->bitset & bitset))
			continue;
		wake_one(q);
		n++;
	}
	return n;
}

int futex_wake_key(const struct futex_key *key, int max, u32 bitset)
{
	struct futex_bucket *b = key_bucket(key);
	int n;

	smp_mb();	/* the caller's store to the word comes before we look for waiters */
	if (list_empty(&b->waiters))
		return 0;
	spin_lock(&b->lock);
	n = wake_bucket(b, key, max, bitset);
	spin_unlock(&b->lock);
	return n;
}

static int futex_wake(u32 __user *uaddr, bool private, int max, u32 bitset)
{
	struct futex_key key;
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_key(uaddr, private, &key);
	return err ? err : futex_wake_key(&key, max, bitset);
}

void futex_wake_exit(u32 __user *uaddr)
{
	(void)futex_wake(uaddr, false, 1, FUTEX_BITSET_MATCH_ANY);
}

/* ---- waiting ---- */

/*
 * Queue @q if *@uaddr is still @expected: 0, -EAGAIN, -EFAULT. First on the list, then a look at the word:
 * futex_wake_key() does it the other way round, without the lock when the list is empty.
 */
static int queue_if_equal(struct futex_q *q, u32 __user *uaddr, u32 expected)
{
	struct futex_bucket *b = key_bucket(&q->key);
	u32 value;
	int err;

	q->bucket = b;
	for (;;) {
		spin_lock(&b->lock);
		list_add_tail(&q->link, &b->waiters);
		smp_mb();
		err = read_atomic(&value, uaddr);
		if (!err && value == expected)
			break;
		list_del(&q->link);
		spin_unlock(&b->lock);
		if (!err)
			return -EAGAIN;
		err = fault_in(uaddr);
		if (err)
			return err;
	}
	spin_unlock(&b->lock);
	return 0;
}

/* Take @q off wherever it is by now; true: it was still queued, so nobody woke us. */
static bool unqueue(struct futex_q *q)
{
	for (;;) {
		struct futex_bucket *b = READ_ONCE(q->bucket);
		bool ours, queued;

		spin_lock(&b->lock);
		ours = q->bucket == b;		/* else: requeued meanwhile */
		queued = ours && !q->woken;
		if (queued)
			list_del(&q->link);
		spin_unlock(&b->lock);
		if (ours)
			return queued;
	}
}

static int futex_wait(u32 __user *uaddr, bool private, u32 expected, u64 deadline, u32 bitset)
{
	struct futex_q q = { .thread = current, .bitset = bitset };
	int err, slept = 0;

	if (!bitset)
		return -EINVAL;
	err = futex_key(uaddr, private, &q.key);
	if (!err)
		err = queue_if_equal(&q, uaddr, expected);
	if (err)
		return err;
	while (!READ_ONCE(q.woken) && !slept) {
		WRITE_ONCE(current->state, THREAD_INTERRUPTIBLE);
		smp_mb();
		if (READ_ONCE(q.woken))
			break;
		slept = schedule_until(deadline);
	}
	WRITE_ONCE(current->state, THREAD_RUNNING);
	if (!unqueue(&q))
		return 0;
	return slept == -ETIMEDOUT ? -ETIMEDOUT : -ERESTARTSYS;
}

/* ---- requeue and wake-op ---- */

static void lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->lock);
	if (a != b)
		spin_lock_nested(&b->lock);
}

static void unlock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

static int requeue_locked(struct futex_bucket *from, struct futex_bucket *to,
			  const struct futex_key *key, const struct futex_key *key2, int max)
{
	struct futex_q *q, *next;
	int n = 0;

	list_for_each_entry_safe(q, next, &from->waiters, link) {
		if (n >= max)
			break;
		if (!key_equal(&q->key, key))
			continue;
		q->key = *key2;
		if (from != to)
			list_move_tail(&q->link, &to->waiters);
		WRITE_ONCE(q->bucket, to);
		n++;
	}
	return n;
}

/* Wake @nr_wake of @uaddr's waiters and move @nr_move to @uaddr2; @expected NULL: without comparing. */
static int futex_requeue(u32 __user *uaddr, u32 __user *uaddr2, bool private, int nr_wake,
			 int nr_move, const u32 *expected)
{
	struct futex_bucket *from, *to;
	struct futex_key key, key2;
	int err, n = 0;
	u32 value;

	if (nr_wake < 0 || nr_move < 0)
		return -EINVAL;
	err = futex_key(uaddr, private, &key);
	if (!err)
		err = futex_key(uaddr2, private, &key2);
	if (err)
		return err;
	from = key_bucket(&key);
	to = key_bucket(&key2);
	for (;;) {
		lock_two(from, to);
		err = expected ? read_atomic(&value, uaddr) : 0;
		if (!err)
			break;
		unlock_two(from, to);
		err = fault_in(uaddr);
		if (err)
			return err;
	}
	if (expected && value != *expected) {
		n = -EAGAIN;
	} else {
		n = wake_bucket(from, &key, nr_wake, FUTEX_BITSET_MATCH_ANY);
		n += requeue_locked(from, to, &key, &key2, nr_move);
	}
	unlock_two(from, to);
	return n;
}

static u32 apply_op(unsigned int op, u32 old, u32 arg)
{
	switch (op) {
	case FUTEX_OP_SET:  return arg;
	case FUTEX_OP_ADD:  return old + arg;
	case FUTEX_OP_OR:   return old | arg;
	case FUTEX_OP_ANDN: return old & ~arg;
	default:            return old ^ arg;
	}
}

static bool compare_op(unsigned int cmp, s32 old, s32 arg)
{
	switch (cmp) {
	case FUTEX_OP_CMP_EQ: return old == arg;
	case FUTEX_OP_CMP_NE: return old != arg;
	case FUTEX_OP_CMP_LT: return old < arg;
	case FUTEX_OP_CMP_LE: return old <= arg;
	case FUTEX_OP_CMP_GT: return old > arg;
	default:              return old >= arg;
	}
}

/* Sign-extended 12-bit field */
static s32 field12(u32 v)
{
	return (s32)(v << 20) >> 20;
}

/* Apply @op to *@uaddr atomically; was the old value as @op wants it? 1, 0, -EFAULT, -ENOSYS */
static int modify_word(u32 __user *uaddr, u32 op)
{
	unsigned int what = (op >> 28) & 7, cmp = (op >> 24) & 15;
	s32 arg = field12(op >> 12), cmparg = field12(op);
	u32 old, seen;
	int err;

	if ((op >> 28) & FUTEX_OP_OPARG_SHIFT)
		arg = (s32)(1U << (arg & 31));
	if (what > FUTEX_OP_XOR || cmp > FUTEX_OP_CMP_GE)
		return -ENOSYS;
	err = get_user(old, uaddr);
	while (!err) {
		err = arch_futex_cmpxchg(uaddr, old, apply_op(what, old, (u32)arg), &seen);
		if (err || seen == old)
			break;
		old = seen;
	}
	return err ? err : compare_op(cmp, (s32)old, cmparg);
}

/*
 * The word is modified before, not under, the bucket locks. That is allowed: whoever saw the old value
 * and queued before our wake is woken, whoever comes later compares with the new value.
 */
static int futex_wake_op(u32 __user *uaddr, u32 __user *uaddr2, bool private, int nr_wake,
			 int nr_wake2, u32 op)
{
	struct futex_key key, key2;
	int err, n;

	err = futex_key(uaddr, private, &key);
	if (!err)
		err = futex_key(uaddr2, private, &key2);
	if (err)
		return err;
	err = modify_word(uaddr2, op);
	if (err < 0)
		return err;
	n = futex_wake_key(&key, nr_wake, FUTEX_BITSET_MATCH_ANY);
	if (err)
		n += futex_wake_key(&key2, nr_wake2, FUTEX_BITSET_MATCH_ANY);
	return n;
}

/* ---- the call ---- */

/* FUTEX_WAIT's timeout is relative, FUTEX_WAIT_BITSET's absolute on either clock. */
static int wait_deadline(const struct timespec64 __user *uts, int cmd, bool realtime, u64 *deadline)
{
	struct timespec64 ts;

	*deadline = WAIT_FOREVER;
	if (!uts)
		return 0;
	if (cmd == FUTEX_WAIT)
		return timeout_from_user(uts, deadline);
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	*deadline = deadline_on_clock(realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC,
				      timespec_to_ns(&ts));
	return 0;
}

static long do_futex_wait(u32 __user *uaddr, int op, u32 val, const struct timespec64 __user *uts,
			  u32 bitset)
{
	int cmd = op & FUTEX_CMD_MASK;
	u64 deadline = restart_take();
	long err = 0;

	if (!deadline)
		err = wait_deadline(uts, cmd, op & FUTEX_CLOCK_REALTIME, &deadline);
	if (!err)
		err = futex_wait(uaddr, op & FUTEX_PRIVATE_FLAG, val, deadline, bitset);
	if (err == -ERESTARTSYS && uts)
		err = restart_at(deadline);
	return err;
}

SYSCALL_DEFINE6(futex, u32 __user *, uaddr, int, op, u32, val, unsigned long, arg4,
		u32 __user *, uaddr2, u32, val3)
{
	const struct timespec64 __user *uts = (const struct timespec64 __user *)arg4;
	bool private = op & FUTEX_PRIVATE_FLAG;
	int cmd = op & FUTEX_CMD_MASK;

	if ((op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET)
		return -ENOSYS;
	switch (cmd) {
	case FUTEX_WAIT:
		return do_futex_wait(uaddr, op, val, uts, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		return do_futex_wait(uaddr, op, val, uts, val3);
	case FUTEX_WAKE:
		return futex_wake(uaddr, private, max((int)val, 1), FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, private, max((int)val, 1), val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, uaddr2, private, (int)val, (int)arg4, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, uaddr2, private, (int)val, (int)arg4, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, uaddr2, private, max((int)val, 1), max((int)arg4, 1), val3);
	default:
		return -ENOSYS;
	}
}
