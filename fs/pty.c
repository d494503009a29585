/* SPDX-License-Identifier: MIT */
/*
 * fs/pty.c - pseudo terminals: /dev/ptmx makes a pair, /dev/pts/N is its slave
 *
 *   program <-> /dev/pts/N = struct tty <-> line discipline <-> ring <-> master file <-> sshd, script
 *
 * What the master writes is keyboard input; what the slave's discipline outputs (echo included)
 * lands in a ring that the master reads. devpts is a directory that this file fills and empties.
 *
 * ALWAYS TRUE  Z1  pairs[n] is set from the master's open until both sides are closed.
 *              Z3  no process has a pair as its terminal once the master is closed.
 *              Z2  devpts has the name n while the master is open.
 * LOCKS        pty_lock (RANK_POLL) guards the table and the reference counts; the ring is guarded by
 *              the slave's tty->lock.
 */
#include <fs/namei.h>
#include <fs/tmpfs.h>
#include <fs/tty.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/printf.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include <uapi/ioctls.h>

#define MAX_PTYS	64u
#define OUT_SIZE	4096u
#define PTS_MAJOR	136

struct pty {
	struct tty		tty;		/* the slave */
	unsigned int		nr;
	unsigned int		refs;		/* pty_lock: the master and each open slave file */
	bool			locked;		/* until TIOCSPTLCK 0 (unlockpt) */
	bool			slave_opened;
	wait_queue_head_t	master_wait;
	unsigned int		head, tail;	/* tty.lock; free-running */
	char			out[OUT_SIZE];	/* tty.lock */
};

static DEFINE_SPINLOCK(pty_lock, RANK_POLL);
static struct pty *pairs[MAX_PTYS];
static struct super_block *devpts_sb;

/* ---- the slave's driver ---- */

static size_t pty_room(struct tty *tty)
{
	struct pty *p = tty->private;

	return OUT_SIZE - (READ_ONCE(p->head) - READ_ONCE(p->tail));
}

static size_t pty_output(struct tty *tty, const char *s, size_t n)
{
	struct pty *p = tty->private;

	n = min(n, pty_room(tty));
	for (size_t i = 0; i < n; i++)
		p->out[p->head++ % OUT_SIZE] = s[i];
	if (n)
		wake_up_poll(&p->master_wait, POLLIN | POLLRDNORM);
	return n;
}

static void pty_input_read(struct tty *tty)
{
	struct pty *p = tty->private;

	wake_up_poll(&p->master_wait, POLLOUT | POLLWRNORM);
}

static void slave_get(struct tty *tty)
{
	struct pty *p = tty->private;

	spin_lock(&pty_lock);
	p->refs++;
	spin_unlock(&pty_lock);
}

static void pty_put(struct pty *p)
{
	bool last;

	spin_lock(&pty_lock);
	last = --p->refs == 0;
	if (last)
		pairs[p->nr] = NULL;
	spin_unlock(&pty_lock);
	if (last)
		kfree(p);
}

static void slave_closed(struct tty *tty)
{
	struct pty *p = tty->private;

	wake_up_all(&p->master_wait);
	pty_put(p);
}

static const struct tty_driver pty_driver = {
	.write		= pty_output,
	.room		= pty_room,
	.input_read	= pty_input_read,
	.get		= slave_get,
	.closed		= slave_closed,
};

/* ---- names in devpts ---- */

static int devpts_add(struct pty *p)
{
	struct dentry *root = devpts_sb->root, *d;
	struct inode *dir = root->inode;
	char name[12];
	int n = snprintf(name, sizeof(name), "%u", p->nr), err;

	mutex_lock(&dir->lock);
	d = d_lookup(root, name, (size_t)n);
	err = IS_ERR(d) ? (int)PTR_ERR(d) : 0;
	if (!err && !d->inode)
		err = dir->ops->mknod(dir, d, S_IFCHR | 0620, p->tty.dev);
	if (!err)
		d->inode->uid = current_process()->fsuid;
	if (!IS_ERR(d))
		dput(d);
	mutex_unlock(&dir->lock);
	return err;
}

static void devpts_remove(struct pty *p)
{
	struct dentry *root = devpts_sb->root, *d;
	struct inode *dir = root->inode;
	char name[12];
	int n = snprintf(name, sizeof(name), "%u", p->nr);

	mutex_lock(&dir->lock);
	d = d_lookup(root, name, (size_t)n);
	if (!IS_ERR(d)) {
		if (d->inode)
			dir->ops->unlink(dir, d);
		dput(d);
	}
	mutex_unlock(&dir->lock);
}

/* ---- the master ---- */

static size_t master_take(struct pty *p, char *buf, size_t n)
{
	unsigned long flags;
	size_t got = 0;

	spin_lock_irqsave(&p->tty.lock, flags);
	while (got < n && p->head != p->tail)
		buf[got++] = p->out[p->tail++ % OUT_SIZE];
	spin_unlock_irqrestore(&p->tty.lock, flags);
	if (got)
		wake_up_poll(&p->tty.write_wait, POLLOUT | POLLWRNORM);
	return got;
}

static bool slave_gone(const struct pty *p)
{
	return p->slave_opened && !READ_ONCE(p->tty.files);
}

static bool master_readable(const struct pty *p)
{
	return READ_ONCE(p->head) != READ_ONCE(p->tail) || slave_gone(p);
}

static ssize_t master_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct pty *p = f->private;
	char buf[256];
	ssize_t done = 0;

	if (!it->count)
		return 0;
	if (!master_readable(p)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(p->master_wait, master_readable(p)))
			return -ERESTARTSYS;
	}
	while (it->count) {
		size_t n = master_take(p, buf, min(sizeof(buf), it->count));

		if (!n)
			break;
		if (copy_to_iter(buf, n, it) < n)
			return -EFAULT;
		done += (ssize_t)n;
	}
	return done ? done : slave_gone(p) ? -EIO : -EAGAIN;
}

static bool input_has_room(const struct pty *p)
{
	return READ_ONCE(p->tty.head) - READ_ONCE(p->tty.tail) < TTY_BUF_SIZE - 256 ||
	       ((p->tty.termios.c_lflag & ICANON) && p->tty.canon_head == p->tty.tail);
}

static ssize_t master_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct pty *p = f->private;
	char buf[128];
	ssize_t done = 0;
	unsigned long flags;

	while (it->count) {
		size_t n = min(sizeof(buf), it->count);

		if (!input_has_room(p)) {
			if (f->flags & O_NONBLOCK)
				return done ? done : -EAGAIN;
			if (wait_event_interruptible(p->master_wait, input_has_room(p)))
				return done ? done : -ERESTARTSYS;
		}
		if (copy_from_iter(buf, n, it) < n)
			return done ? done : -EFAULT;
		spin_lock_irqsave(&p->tty.lock, flags);
		n_tty_receive(&p->tty, buf, n);
		spin_unlock_irqrestore(&p->tty.lock, flags);
		done += (ssize_t)n;
	}
	return done;
}

static unsigned int master_poll(struct file *f, struct poll_table *pt)
{
	struct pty *p = f->private;
	unsigned int mask = 0;

	poll_wait(f, &p->master_wait, pt);
	if (READ_ONCE(p->head) != READ_ONCE(p->tail))
		mask |= POLLIN | POLLRDNORM;
	if (input_has_room(p))
		mask |= POLLOUT | POLLWRNORM;
	return slave_gone(p) ? mask | POLLHUP : mask;
}

/* Settings and size of the pair are the slave's. */
static long master_on_slave(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct pty *p = f->private;
	struct file slave = *f;

	if (cmd == TIOCGPGRP)
		return put_user(p->tty.pgrp, (pid_t __user *)arg);
	if (cmd == TIOCSCTTY || cmd == TIOCNOTTY)
		return -ENOTTY;
	slave.private = &p->tty;
	return tty_ioctl(&slave, cmd, arg);
}

static long master_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct pty *p = f->private;
	int value;

	switch (cmd) {
	case TIOCGPTN:
		return put_user(p->nr, (unsigned int __user *)arg);
	case TIOCSPTLCK:
		if (get_user(value, (const int __user *)arg))
			return -EFAULT;
		p->locked = value != 0;
		return 0;
	case TIOCGPTLCK:
		return put_user((int)p->locked, (int __user *)arg);
	case FIONREAD:
		return put_user((int)(p->head - p->tail), (int __user *)arg);
	default:
		return master_on_slave(f, cmd, arg);
	}
}

static void master_release(struct file *f)
{
	struct pty *p = f->private;
	unsigned long flags;
	pid_t sid;

	devpts_remove(p);
	spin_lock_irqsave(&p->tty.lock, flags);
	p->tty.other_closed = true;
	p->tty.hungup = true;
	sid = p->tty.session;
	spin_unlock_irqrestore(&p->tty.lock, flags);
	tty_hangup(&p->tty);
	if (sid)
		session_disassociate(sid);
	pty_put(p);
}

static const struct file_ops master_fops = {
	.read		= master_read,
	.write		= master_write,
	.poll		= master_poll,
	.ioctl		= master_ioctl,
	.release	= master_release,
};

/* A new pair, or an ERR_PTR: -ENOMEM, -ENOSPC when all numbers are taken. */
static struct pty *pty_new(void)
{
	struct pty *p = kzalloc(sizeof(*p), GFP_KERNEL);
	unsigned int nr;

	if (!p)
		return ERR_PTR(-ENOMEM);
	spin_lock(&pty_lock);
	for (nr = 0; nr < MAX_PTYS && pairs[nr]; nr++)
		;
	if (nr < MAX_PTYS)
		pairs[nr] = p;
	spin_unlock(&pty_lock);
	if (nr == MAX_PTYS) {
		kfree(p);
		return ERR_PTR(-ENOSPC);
	}
	tty_setup(&p->tty, &pty_driver, MKDEV(PTS_MAJOR, nr));
	init_waitqueue_head(&p->master_wait);
	p->tty.private = p;
	p->nr = nr;
	p->refs = 1;
	p->locked = true;
	return p;
}

static int ptmx_open(struct inode *inode, struct file *f)
{
	struct pty *p = pty_new();
	int err;

	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	err = devpts_add(p);
	if (err) {
		pty_put(p);
		return err;
	}
	f->private = p;
	f->ops = &master_fops;
	f->mode |= FMODE_STREAM;
	return 0;
}

static int slave_open(struct inode *inode, struct file *f)
{
	unsigned int nr = MINOR(inode->rdev);
	struct pty *p;
	int err = 0;

	spin_lock(&pty_lock);
	p = nr < MAX_PTYS ? pairs[nr] : NULL;
	if (!p || p->locked || p->tty.other_closed)
		err = -EIO;
	else
		p->refs++;
	spin_unlock(&pty_lock);
	if (err)
		return err;
	p->slave_opened = true;
	return tty_attach(f, &p->tty);
}

static const struct file_ops ptmx_fops = { .open = ptmx_open };
static const struct file_ops slave_fops = { .open = slave_open };

/* ---- devpts: one file system, however often it is mounted ---- */

static struct super_block *devpts_mount(const struct fs_type *t, const char *source,
					const char *options, unsigned long flags)
{
	return sb_activate(devpts_sb);
}

static const struct fs_type devpts_type = { "devpts", devpts_mount, true, NULL };

void devpts_init(void)
{
	register_filesystem(&devpts_type);
	devpts_sb = tmpfs_mount(&devpts_type, "devpts", "mode=755", 0);
	if (IS_ERR(devpts_sb))
		panic("devpts: no memory");
}

void pty_init(void)
{
	if (device_register("ptmx", S_IFCHR | 0666, MKDEV(5, 2), &ptmx_fops) ||
	    device_register(NULL, S_IFCHR, MKDEV(PTS_MAJOR, 0), &slave_fops))
		panic("pty: cannot register the devices");
}
