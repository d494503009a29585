/* SPDX-License-Identifier: MIT */
/*
 * fs/flock.c - advisory locks on files
 *
 * Three kinds on one list per inode: flock(2) locks (whole file, owned by the open file), POSIX record
 * locks (a byte range, owned by the descriptor table, that is the process) and OFD locks (a range, owned
 * by the open file). Kinds flock and POSIX/OFD ignore each other, as on Linux.
 *
 * ALWAYS TRUE  L1  ranges of one owner and kind on one inode do not overlap.
 *              L2  two owners' ranges overlap only if both are read locks.
 * LOCKS        flock_lock (RANK_INODE_SPIN) covers all lists; waiters sleep on one queue, because
 *              contended locks are rare and a waiter looks again anyway.
 * LEFT OUT     deadlock detection beyond two processes (EDEADLK), mandatory locks, leases.
 */
#include <fs/flock.h>
#include <fs/vfs.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <mm/slab.h>
#include <uapi/errno.h>

enum lock_kind { KIND_FLOCK, KIND_POSIX, KIND_OFD };

struct file_lock {
	struct list_head	link;		/* inode->locks */
	enum lock_kind		kind;
	const void		*owner;		/* struct file, or files_struct for POSIX */
	pid_t			pid;
	bool			write;
	loff_t			start, end;	/* inclusive */
};

static DEFINE_SPINLOCK(flock_lock, RANK_INODE_SPIN);
static DEFINE_WAIT_QUEUE(flock_wait);

static bool same_family(enum lock_kind a, enum lock_kind b)
{
	return (a == KIND_FLOCK) == (b == KIND_FLOCK);
}

static bool overlaps(const struct file_lock *a, const struct file_lock *b)
{
	return a->start <= b->end && b->start <= a->end;
}

static struct file_lock *find_conflict(struct inode *inode, const struct file_lock *want)
{
	struct file_lock *l;

	list_for_each_entry(l, &inode->locks, link)
		if (same_family(l->kind, want->kind) && l->owner != want->owner &&
		    overlaps(l, want) && (l->write || want->write))
			return l;
	return NULL;
}

/* Cut [want->start, want->end] out of the owner's locks. @spare is used for a lock cut in two. */
static void cut_range(struct inode *inode, const struct file_lock *want, struct file_lock **spare)
{
	struct file_lock *l, *next;

	list_for_each_entry_safe(l, next, &inode->locks, link) {
		if (l->kind != want->kind || l->owner != want->owner || !overlaps(l, want))
			continue;
		if (l->start < want->start && l->end > want->end) {
			struct file_lock *tail = *spare;

			*spare = NULL;
			*tail = *l;
			tail->start = want->end + 1;
			l->end = want->start - 1;
			list_add(&tail->link, &l->link);
			return;
		}
		if (l->start < want->start) {
			l->end = want->start - 1;
		} else if (l->end > want->end) {
			l->start = want->end + 1;
		} else {
			list_del(&l->link);
			kfree(l);
		}
	}
}

/* One attempt: 0 done, -EAGAIN conflict. @unlock: only remove. */
static int lock_attempt(struct inode *inode, const struct file_lock *want, bool unlock,
			struct file_lock *spares[2])
{
	int err = 0;

	spin_lock(&flock_lock);
	if (!unlock && find_conflict(inode, want)) {
		err = -EAGAIN;
	} else {
		cut_range(inode, want, &spares[0]);
		if (!unlock) {
			*spares[1] = *want;
			list_add_tail(&spares[1]->link, &inode->locks);
			spares[1] = NULL;
		}
	}
	spin_unlock(&flock_lock);
	if (!err)
		wake_up_all(&flock_wait);
	return err;
}

static int lock_apply(struct file *f, const struct file_lock *want, bool unlock, bool wait)
{
	struct file_lock *spares[2] = { kmalloc(sizeof(*want), GFP_KERNEL),
					kmalloc(sizeof(*want), GFP_KERNEL) };
	int err = -ENOLCK;

	if (spares[0] && spares[1]) {
		if (!unlock)
			f->locked = true;
		err = lock_attempt(f->inode, want, unlock, spares);
		if (err == -EAGAIN && wait) {
			int sig = wait_event_interruptible(flock_wait,
				(err = lock_attempt(f->inode, want, unlock, spares)) != -EAGAIN);

			if (sig)
				err = -ERESTARTSYS;
		}
	}
	kfree(spares[0]);
	kfree(spares[1]);
	return err;
}

/* ---- fcntl ---- */

static int range_of(const struct file *f, const struct flock *fl, struct file_lock *l)
{
	loff_t base = fl->l_whence == SEEK_CUR ? f->pos :
		      fl->l_whence == SEEK_END ? f->inode->mapping.size : 0;
	loff_t start, end = 0x7fffffffffffffffLL;

	if (fl->l_whence < SEEK_SET || fl->l_whence > SEEK_END)
		return -EINVAL;
	if (__builtin_add_overflow(base, fl->l_start, &start))
		return -EOVERFLOW;
	if (fl->l_len > 0 && __builtin_add_overflow(start, fl->l_len - 1, &end))
		return -EOVERFLOW;
	if (fl->l_len < 0) {
		end = start - 1;
		start += fl->l_len;
	}
	if (start < 0)
		return -EINVAL;
	l->start = start;
	l->end = end;
	return 0;
}

static long lock_query(struct file *f, struct flock *fl, const struct file_lock *want)
{
	struct file_lock *l;

	spin_lock(&flock_lock);
	l = find_conflict(f->inode, want);
	if (l) {
		fl->l_type = l->write ? F_WRLCK : F_RDLCK;
		fl->l_whence = SEEK_SET;
		fl->l_start = l->start;
		fl->l_len = l->end == 0x7fffffffffffffffLL ? 0 : l->end - l->start + 1;
		fl->l_pid = l->kind == KIND_OFD ? -1 : l->pid;
	} else {
		fl->l_type = F_UNLCK;
	}
	spin_unlock(&flock_lock);
	return 0;
}

long fcntl_lock(struct file *f, unsigned int cmd, struct flock __user *ufl)
{
	bool ofd = cmd >= F_OFD_GETLK;
	struct file_lock want = { .kind = ofd ? KIND_OFD : KIND_POSIX };
	struct flock fl;
	int err;

	if (copy_from_user(&fl, ufl, sizeof(fl)))
		return -EFAULT;
	want.owner = ofd ? (const void *)f : (const void *)current->files;
	want.pid = current_process()->pid;
	want.write = fl.l_type == F_WRLCK;
	err = range_of(f, &fl, &want);
	if (err)
		return err;
	if (fl.l_type != F_RDLCK && fl.l_type != F_WRLCK && fl.l_type != F_UNLCK)
		return -EINVAL;
	if (ofd && fl.l_pid != 0)
		return -EINVAL;
	if (cmd == F_GETLK || cmd == F_OFD_GETLK) {
		if (fl.l_type == F_UNLCK)
			return -EINVAL;
		lock_query(f, &fl, &want);
		return copy_to_user(ufl, &fl, sizeof(fl));
	}
	if ((fl.l_type == F_RDLCK && !(f->mode & FMODE_READ)) ||
	    (fl.l_type == F_WRLCK && !(f->mode & FMODE_WRITE)))
		return -EBADF;
	return lock_apply(f, &want, fl.l_type == F_UNLCK,
			  cmd == F_SETLKW || cmd == F_OFD_SETLKW);
}

SYSCALL_DEFINE2(flock, int, fd, int, op)
{
	struct file_lock want = { .kind = KIND_FLOCK, .end = 0x7fffffffffffffffLL };
	int what = op & ~LOCK_NB;
	struct fdref r;
	int err;

	if (what != LOCK_SH && what != LOCK_EX && what != LOCK_UN)
		return -EINVAL;
	r = fdget(fd);
	if (!r.file)
		return -EBADF;
	want.owner = r.file;
	want.write = what == LOCK_EX;
	err = lock_apply(r.file, &want, what == LOCK_UN, !(op & LOCK_NB));
	fdput(r);
	return err;
}

/* ---- ends ---- */

static void remove_owner(struct inode *inode, const void *owner)
{
	struct file_lock *l, *next;

	spin_lock(&flock_lock);
	list_for_each_entry_safe(l, next, &inode->locks, link) {
		if (l->owner == owner) {
			list_del(&l->link);
			kfree(l);
		}
	}
	spin_unlock(&flock_lock);
	wake_up_all(&flock_wait);
}

void locks_remove_file(struct file *f)
{
	remove_owner(f->inode, f);
}

void locks_remove_posix(struct file *f, struct files_struct *fs)
{
	remove_owner(f->inode, fs);
}
