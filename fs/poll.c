/* SPDX-License-Identifier: MIT */
/*
 * fs/poll.c - poll, ppoll, select, pselect6: waiting for one of many files
 *
 * The first round asks every file for its state and, at the same time, puts an entry on each queue the
 * file names. If nothing is ready, the thread sleeps until an entry is woken or the time is up, and
 * asks again, this time without queueing. Nine entries live on the stack: that serves most calls.
 *
 * ALWAYS TRUE  Q1  an entry on a queue holds a reference on its file, so the queue exists.
 *              Q2  triggered is set before the thread is woken, and tested after its state is set.
 * LOCKS        wait queue locks only.
 */
#include <fs/vfs.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <lib/bitmap.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <uapi/errno.h>

#define INLINE_ENTRIES	9
#define BLOCK_ENTRIES	60
#define INLINE_POLLFDS	16

struct poll_entry {
	struct wait_queue_entry	wait;
	wait_queue_head_t	*queue;
	struct file		*file;
	struct poll_wqueues	*owner;
};

struct poll_block { struct poll_block *next; unsigned int n; struct poll_entry e[BLOCK_ENTRIES]; };

struct poll_wqueues {
	struct poll_table	pt;
	struct thread		*thread;
	bool			triggered;
	int			err;
	unsigned int		n;
	struct poll_block	*blocks;
	struct poll_entry	e[INLINE_ENTRIES];
};

static bool poll_woken(struct wait_queue_entry *w, unsigned long key)
{
	struct poll_entry *e = container_of(w, struct poll_entry, wait);

	smp_store_release(&e->owner->triggered, true);
	return thread_wake(e->owner->thread);
}

static struct poll_entry *new_entry(struct poll_wqueues *pw)
{
	struct poll_block *b = pw->blocks;

	if (pw->n < INLINE_ENTRIES)
		return &pw->e[pw->n++];
	if (!b || b->n == BLOCK_ENTRIES) {
		b = kmalloc(sizeof(*b), GFP_KERNEL);
		if (!b) {
			pw->err = -ENOMEM;
			return NULL;
		}
		b->next = pw->blocks;
		b->n = 0;
		pw->blocks = b;
	}
	return &b->e[b->n++];
}

static void poll_add(struct file *f, wait_queue_head_t *q, struct poll_table *pt)
{
	struct poll_wqueues *pw = container_of(pt, struct poll_wqueues, pt);
	struct poll_entry *e = new_entry(pw);

	if (!e)
		return;
	e->file = file_get(f);
	e->queue = q;
	e->owner = pw;
	init_wait_entry(&e->wait);
	e->wait.func = poll_woken;
	add_wait_queue(q, &e->wait);
}

static void poll_start(struct poll_wqueues *pw)
{
	pw->pt.add = poll_add;
	pw->thread = current;
	pw->triggered = false;
	pw->err = 0;
	pw->n = 0;
	pw->blocks = NULL;
}

static void entry_end(struct poll_entry *e)
{
	remove_wait_queue(e->queue, &e->wait);
	file_put(e->file);
}

static void poll_end(struct poll_wqueues *pw)
{
	struct poll_block *b;

	for (unsigned int i = 0; i < pw->n; i++)
		entry_end(&pw->e[i]);
	while ((b = pw->blocks) != NULL) {
		for (unsigned int i = 0; i < b->n; i++)
			entry_end(&b->e[i]);
		pw->blocks = b->next;
		kfree(b);
	}
}

/* Sleep until an entry is woken: 0, -EINTR or -ETIMEDOUT. */
static int poll_sleep(struct poll_wqueues *pw, u64 deadline)
{
	int err = 0;

	WRITE_ONCE(current->state, THREAD_INTERRUPTIBLE);
	smp_mb();
	if (!READ_ONCE(pw->triggered))
		err = schedule_until(deadline);
	WRITE_ONCE(current->state, THREAD_RUNNING);
	WRITE_ONCE(pw->triggered, false);
	smp_mb();	/* before the files are asked again: poll_woken() */
	return err;
}

/* The loop of all four calls: @scan(arg, pt) counts what is ready. Ready files win over a signal. */
static int poll_loop(int (*scan)(void *arg, struct poll_table *pt), void *arg, u64 deadline)
{
	struct poll_wqueues pw;
	int n, err = 0;

	if (deadline == 0)
		return scan(arg, NULL);
	poll_start(&pw);
	for (;;) {
		n = scan(arg, pw.pt.add ? &pw.pt : NULL);
		pw.pt.add = NULL;
		if (n || err || pw.err)
			break;
		err = poll_sleep(&pw, deadline);
	}
	poll_end(&pw);
	if (n)
		return n;
	return pw.err ? pw.err : err == -ETIMEDOUT ? 0 : err;
}

/* ---- time and signal masks ---- */

/* WAIT_FOREVER, 0 (do not wait), or an absolute time. */
static u64 deadline_in(u64 ns)
{
	u64 deadline;

	if (ns == 0)
		return 0;
	if (__builtin_add_overflow(arch_clock_ns(), ns, &deadline))
		return WAIT_FOREVER;
	return deadline;
}

static u64 deadline_after_time(u64 sec, u64 nsec)
{
	return sec > ~0ULL / NSEC_PER_SEC - 1 ? WAIT_FOREVER : deadline_in(sec * NSEC_PER_SEC + nsec);
}

static int import_timespec(u64 *deadline, const struct timespec64 __user *uts)
{
	struct timespec64 ts;

	*deadline = WAIT_FOREVER;
	if (!uts)
		return 0;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= (long)NSEC_PER_SEC)
		return -EINVAL;
	*deadline = deadline_after_time((u64)ts.tv_sec, (u64)ts.tv_nsec);
	return 0;
}

static void remaining_time(u64 deadline, s64 *sec, s64 *nsec)
{
	u64 now = arch_clock_ns(), left = deadline > now ? deadline - now : 0;

	*sec = (s64)(left / NSEC_PER_SEC);
	*nsec = (s64)(left % NSEC_PER_SEC);
}

/* Linux stores the time that was left, and does not mind when it cannot. */
static void export_timespec(u64 deadline, struct timespec64 __user *uts)
{
	struct timespec64 ts;
	s64 nsec;

	if (!uts || deadline == WAIT_FOREVER)
		return;
	remaining_time(deadline, &ts.tv_sec, &nsec);
	ts.tv_nsec = (long)nsec;
	(void)copy_to_user_partial(uts, &ts, sizeof(ts));
}

/* The mask for the time of the call: 0 or -errno. */
static int mask_enter(const sigset_t __user *umask, size_t size)
{
	sigset_t set;

	if (!umask)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, umask, sizeof(set)))
		return -EFAULT;
	current->saved_mask = current->blocked;
	set_current_blocked(set);
	return 0;
}

/* Back to the old mask: at once, or after the handler of the signal that ended the call has run. */
static void mask_leave(const sigset_t __user *umask, bool interrupted)
{
	if (!umask)
		return;
	if (interrupted)
		set_work(current, WORK_RESTORE_MASK);
	else
		set_current_blocked(current->saved_mask);
}

/* ---- poll ---- */

struct poll_call { struct pollfd *fds; unsigned int n; };

static int scan_pollfds(void *arg, struct poll_table *pt)
{
	struct poll_call *c = arg;
	int ready = 0;

	for (unsigned int i = 0; i < c->n; i++) {
		struct pollfd *p = &c->fds[i];
		struct fdref r;

		p->revents = 0;
		if (p->fd < 0)
			continue;
		r = fdget(p->fd);
		if (!r.file) {
			p->revents = POLLNVAL;
		} else {
			p->revents = (short)(file_poll(r.file, ready ? NULL : pt) &
					     ((unsigned short)p->events | POLLERR | POLLHUP));
			fdput(r);
		}
		if (p->revents)
			ready++;
	}
	return ready;
}

static int copy_revents(const struct poll_call *c, struct pollfd __user *ufds)
{
	for (unsigned int i = 0; i < c->n; i++)
		if (put_user(c->fds[i].revents, &ufds[i].revents))
			return -EFAULT;
	return 0;
}

static long do_poll(struct pollfd __user *ufds, unsigned int n, u64 deadline)
{
	struct pollfd few[INLINE_POLLFDS];
	struct poll_call c = { .fds = few, .n = n };
	int ready;

	if (n > rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (n > INLINE_POLLFDS)
		c.fds = kmalloc(n * sizeof(few[0]), GFP_KERNEL);
	if (!c.fds)
		return -ENOMEM;
	ready = copy_from_user(c.fds, ufds, n * sizeof(few[0]));
	if (!ready) {
		ready = poll_loop(scan_pollfds, &c, deadline);
		if (ready >= 0 && copy_revents(&c, ufds))
			ready = -EFAULT;
	}
	if (c.fds != few)
		kfree(c.fds);
	return ready;
}

SYSCALL_DEFINE3(poll, struct pollfd __user *, fds, unsigned int, n, int, timeout)
{
	u64 deadline = restart_take();
	long ret;

	if (!deadline)
		deadline = timeout < 0 ? WAIT_FOREVER : deadline_in((u64)timeout * NSEC_PER_MSEC);
	ret = do_poll(fds, n, deadline);
	return ret == -EINTR ? restart_at(deadline) : ret;
}

SYSCALL_DEFINE5(ppoll, struct pollfd __user *, fds, unsigned int, n, struct timespec64 __user *, ts,
		const sigset_t __user *, mask, size_t, size)
{
	u64 deadline;
	long ret = import_timespec(&deadline, ts);

	if (!ret)
		ret = mask_enter(mask, size);
	if (ret)
		return ret;
	ret = do_poll(fds, n, deadline);
	mask_leave(mask, ret == -EINTR);
	export_timespec(deadline, ts);
	return ret == -EINTR ? -ERESTARTNOHAND : ret;
}

/* ---- select ---- */

#define POLLIN_SET	(POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define POLLOUT_SET	(POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define POLLEX_SET	POLLPRI
#define INLINE_WORDS	4		/* of each bit set: 256 descriptors need no memory */

struct select_call {
	unsigned int	n;
	size_t		bytes;			/* of one bit set */
	unsigned long	*in[3], *out[3];	/* read, write, exceptional */
};

static const unsigned int set_events[3] = { POLLIN_SET, POLLOUT_SET, POLLEX_SET };

static int scan_one(struct select_call *c, unsigned int fd, struct poll_table *pt)
{
	unsigned long word = fd / 64, bit = 1UL << (fd % 64);
	struct fdref r = fdget((int)fd);
	unsigned int mask;
	int ready = 0;

	if (!r.file)
		return -EBADF;
	mask = file_poll(r.file, pt);
	fdput(r);
	for (int i = 0; i < 3; i++) {
		if ((c->in[i][word] & bit) && (mask & set_events[i])) {
			c->out[i][word] |= bit;
			ready++;
		}
	}
	return ready;
}

static int scan_sets(void *arg, struct poll_table *pt)
{
	struct select_call *c = arg;
	int ready = 0, n;

	memset(c->out[0], 0, 3 * c->bytes);
	for (unsigned int fd = 0; fd < c->n; fd++) {
		unsigned long word = fd / 64;
		unsigned long any = c->in[0][word] | c->in[1][word] | c->in[2][word];

		if (!any) {
			fd |= 63;
			continue;
		}
		if (!(any & (1UL << (fd % 64))))
			continue;
		n = scan_one(c, fd, ready ? NULL : pt);
		if (n < 0)
			return n;
		ready += n;
	}
	return ready;
}

static int import_sets(struct select_call *c, unsigned long __user *const sets[3])
{
	memset(c->in[0], 0, 3 * c->bytes);
	for (int i = 0; i < 3; i++)
		if (sets[i] && copy_from_user(c->in[i], sets[i], c->bytes))
			return -EFAULT;
	if (c->n % 64)		/* bits beyond n are none of ours */
		for (int i = 0; i < 3; i++)
			c->in[i][c->n / 64] &= (1UL << (c->n % 64)) - 1;
	return 0;
}

static int export_sets(const struct select_call *c, unsigned long __user *const sets[3])
{
	for (int i = 0; i < 3; i++)
		if (sets[i] && copy_to_user(sets[i], c->out[i], c->bytes))
			return -EFAULT;
	return 0;
}

static long do_select(int n, unsigned long __user *const sets[3], u64 deadline)
{
	unsigned long few[6 * INLINE_WORDS], *bits = few;
	struct select_call c;
	size_t words;
	int ready;

	if (n < 0)
		return -EINVAL;
	c.n = min((unsigned int)n, files_max_fds(current->files));
	words = BITS_TO_LONGS(c.n);
	c.bytes = words * sizeof(long);
	if (words > INLINE_WORDS)
		bits = kvmalloc(6 * c.bytes, GFP_KERNEL);
	if (!bits)
		return -ENOMEM;
	for (unsigned int i = 0; i < 3; i++) {
		c.in[i] = bits + i * words;
		c.out[i] = bits + (3 + i) * words;
	}
	ready = import_sets(&c, sets);
	if (!ready) {
		ready = poll_loop(scan_sets, &c, deadline);
		if (ready >= 0 && export_sets(&c, sets))
			ready = -EFAULT;
	}
	if (bits != few)
		kvfree(bits);
	return ready;
}

#define USEC_PER_SEC	(NSEC_PER_SEC / NSEC_PER_USEC)

struct timeval64 { s64 tv_sec, tv_usec; };

SYSCALL_DEFINE5(select, int, n, unsigned long __user *, in, unsigned long __user *, out,
		unsigned long __user *, ex, struct timeval64 __user *, utv)
{
	unsigned long __user *const sets[3] = { in, out, ex };
	u64 deadline = WAIT_FOREVER;
	struct timeval64 tv;
	long ret;

	if (utv) {
		if (copy_from_user(&tv, utv, sizeof(tv)))
			return -EFAULT;
		if (tv.tv_sec < 0 || tv.tv_usec < 0)
			return -EINVAL;
		deadline = deadline_after_time((u64)tv.tv_sec + (u64)tv.tv_usec / USEC_PER_SEC,
					       (u64)tv.tv_usec % USEC_PER_SEC * NSEC_PER_USEC);
	}
	ret = do_select(n, sets, deadline);
	if (utv) {
		remaining_time(deadline, &tv.tv_sec, &tv.tv_usec);
		tv.tv_usec /= 1000;
		(void)copy_to_user_partial(utv, &tv, sizeof(tv));
	}
	return ret == -EINTR ? -ERESTARTNOHAND : ret;
}

struct mask_arg { const sigset_t __user *mask; size_t size; };

SYSCALL_DEFINE6(pselect6, int, n, unsigned long __user *, in, unsigned long __user *, out,
		unsigned long __user *, ex, struct timespec64 __user *, ts,
		const struct mask_arg __user *, umask)
{
	unsigned long __user *const sets[3] = { in, out, ex };
	struct mask_arg m = { NULL, 0 };
	u64 deadline;
	long ret = import_timespec(&deadline, ts);

	if (!ret && umask && copy_from_user(&m, umask, sizeof(m)))
		ret = -EFAULT;
	if (!ret)
		ret = mask_enter(m.mask, m.size);
	if (ret)
		return ret;
	ret = do_select(n, sets, deadline);
	mask_leave(m.mask, ret == -EINTR);
	export_timespec(deadline, ts);
	return ret == -EINTR ? -ERESTARTNOHAND : ret;
}
