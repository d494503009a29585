/* SPDX-License-Identifier: MIT */
/*
 * fs/tty.c - terminals as files: opening, reading, writing, who is in the foreground
 *
 * There is one console terminal, behind /dev/console, /dev/ttyS0 and (for its session) /dev/tty, and
 * the slaves of fs/pty.c. Bytes arrive by n_tty_receive() from an interrupt or a pty master;
 * reading takes them out under the mode's rules; writing goes through n_tty_output().
 *
 * Job control: a background process that reads gets SIGTTIN, one that writes with TOSTOP, or changes
 * the terminal, gets SIGTTOU, unless it ignores or blocks the signal or nobody could continue it.
 *
 * ALWAYS TRUE  C1  session != 0 exactly while it is the controlling terminal of that session.
 * LOCKS        read_mutex (RANK_TTY) for readers; tty->lock (RANK_TTY_SPIN, irq-safe) inside. Signals
 *              are sent, and tasklist_lock is taken, with neither spinlock held.
 */
#include <console.h>
#include <fs/tty.h>
#include <fs/vfs.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <lib/string.h>
#include <uapi/errno.h>

static struct tty console_tty;

static const struct termios initial_termios = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD | HUPCL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc = {
		[VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4, [VMIN] = 1,
		[VSTART] = 17, [VSTOP] = 19, [VSUSP] = 26, [VREPRINT] = 18, [VDISCARD] = 15,
		[VWERASE] = 23, [VLNEXT] = 22,
	},
};

void tty_setup(struct tty *tty, const struct tty_driver *driver, dev_t dev)
{
	memset(tty, 0, sizeof(*tty));
	tty->driver = driver;
	tty->dev = dev;
	tty->termios = initial_termios;
	spin_lock_init(&tty->lock, RANK_TTY_SPIN);
	mutex_init(&tty->read_mutex, RANK_TTY);
	init_waitqueue_head(&tty->read_wait);
	init_waitqueue_head(&tty->write_wait);
}

int tty_nr(struct tty *tty)
{
	return (int)tty->dev;
}

/* ---- job control ---- */

/* Stop current's group with @sig and try again later; -EIO where that would be for ever. */
static int stop_background(int sig)
{
	pid_t pgid = current_process()->pgid;

	if (pgrp_is_orphaned(pgid))
		return -EIO;
	send_signal_pgrp(pgid, sig, NULL);
	return -ERESTARTSYS;
}

static bool in_background(struct tty *tty)
{
	struct process *p = current_process();
	pid_t pgrp = READ_ONCE(tty->pgrp);

	return p->tty == tty && pgrp && p->pgid != pgrp;
}

int tty_check_change(struct tty *tty)
{
	if (!in_background(tty) || signal_ignored_or_blocked(SIGTTOU))
		return 0;
	return stop_background(SIGTTOU);
}

static int check_read(struct tty *tty)
{
	if (!in_background(tty))
		return 0;
	if (signal_ignored_or_blocked(SIGTTIN))
		return -EIO;
	return stop_background(SIGTTIN);
}

/* ---- reading ---- */

/* The state that ends a wait for input. */
static bool read_ready(struct tty *tty, unsigned int min)
{
	unsigned long flags;
	bool ready;

	spin_lock_irqsave(&tty->lock, flags);
	ready = n_tty_input_ready(tty, min) || tty->hungup || tty->other_closed;
	spin_unlock_irqrestore(&tty->lock, flags);
	return ready;
}

/* Fill @out by the rules of the mode; *@end: the read is over whatever the count. */
static size_t take_input(struct tty *tty, u8 *out, size_t n, bool *end)
{
	bool eol = false, eof = false;
	size_t got = 0;
	unsigned long flags;

	spin_lock_irqsave(&tty->lock, flags);
	while (got < n && !eol && n_tty_take(tty, &out[got], &eol, &eof))
		got++;
	if (tty->driver->input_read)
		tty->driver->input_read(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	*end = eol || eof;
	return got;
}

/* MIN and TIME of noncanonical mode (termios(3)): what to wait for next. */
struct read_mode { bool canon; unsigned int min; u64 time_ns; bool interbyte; };

static struct read_mode mode_of(struct tty *tty)
{
	struct read_mode m = { .canon = (tty->termios.c_lflag & ICANON) != 0, .min = 1 };

	if (m.canon)
		return m;
	m.min = tty->termios.c_cc[VMIN];
	m.time_ns = tty->termios.c_cc[VTIME] * (NSEC_PER_SEC / 10);
	m.interbyte = m.min > 0;
	return m;
}

/* Wait for the first (or next) byte: 0 there is some (or hung up), -EAGAIN, -ERESTARTSYS, -ETIMEDOUT. */
static int wait_input(struct tty *tty, struct file *f, const struct read_mode *m, size_t got)
{
	u64 deadline = WAIT_FOREVER;
	int err;

	if (read_ready(tty, 1))
		return 0;
	if (!m->canon && m->min == 0 && m->time_ns == 0)
		return -ETIMEDOUT;
	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	if (m->time_ns && (!m->interbyte || got))
		deadline = arch_clock_ns() + m->time_ns;
	err = wait_event_interruptible_until(tty->read_wait, read_ready(tty, 1), deadline);
	return err == -EINTR ? -ERESTARTSYS : err;
}

static ssize_t read_loop(struct tty *tty, struct file *f, struct iov_iter *it)
{
	struct read_mode m = mode_of(tty);
	size_t done = 0, want = it->count;
	bool end = false;
	u8 chunk[128];
	int err = 0;

	while (done < want && !end) {
		size_t n, max = min(sizeof(chunk), want - done);

		err = wait_input(tty, f, &m, done);
		if (err)
			break;
		n = take_input(tty, chunk, max, &end);
		if (n == 0 && !end && (tty->hungup || tty->other_closed))
			return (ssize_t)done;
		if (copy_to_iter(chunk, n, it) < n)
			return -EFAULT;
		done += n;
		if (!m.canon && done >= max_t(size_t, min_t(size_t, m.min, want), 1) &&
		    !read_ready(tty, 1))
			break;
	}
	if (done || err == -ETIMEDOUT)
		return (ssize_t)done;
	return err;
}

ssize_t tty_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct tty *tty = f->private;
	ssize_t n;

	if (!it->count)
		return 0;
	n = check_read(tty);
	if (n)
		return n;
	if (mutex_lock_interruptible(&tty->read_mutex))
		return -ERESTARTSYS;
	n = read_loop(tty, f, it);
	mutex_unlock(&tty->read_mutex);
	return n;
}

/* ---- writing ---- */

static bool tty_has_room(struct tty *tty)
{
	return !tty->driver->room || tty->driver->room(tty) >= 8;
}

static bool write_ready(struct tty *tty)
{
	return (!tty->stopped && tty_has_room(tty)) || tty->hungup || tty->other_closed;
}

/* Until a wake-up of write_wait: output was resumed, or the reader of a pty made room. */
static int sleep_for_output(struct tty *tty)
{
	struct wait_queue_entry e;
	int err = 0;

	init_wait_entry(&e);
	prepare_to_wait(&tty->write_wait, &e, THREAD_INTERRUPTIBLE);
	if (!write_ready(tty))
		err = schedule_until(WAIT_FOREVER);
	finish_wait(&tty->write_wait, &e);
	return err;
}

/* As much of @s as the driver takes, waiting while it takes nothing. */
static ssize_t write_chunk(struct tty *tty, struct file *f, const char *s, size_t n)
{
	size_t done = 0, now;
	unsigned long flags;

	while (done < n) {
		spin_lock_irqsave(&tty->lock, flags);
		now = n_tty_output(tty, s + done, n - done);
		spin_unlock_irqrestore(&tty->lock, flags);
		done += now;
		if (tty->hungup || tty->other_closed)
			return -EIO;
		if (now)
			continue;
		if (f->flags & O_NONBLOCK)
			return done ? (ssize_t)done : -EAGAIN;
		if (sleep_for_output(tty))
			return done ? (ssize_t)done : -ERESTARTSYS;
	}
	return (ssize_t)done;
}

ssize_t tty_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct tty *tty = f->private;
	ssize_t done = 0, n = 0;
	char chunk[256];

	if (tty->termios.c_lflag & TOSTOP)
		n = tty_check_change(tty);
	if (n)
		return n;
	while (it->count) {
		size_t want = min(sizeof(chunk), it->count);

		if (copy_from_iter(chunk, want, it) < want)
			return done ? done : -EFAULT;
		n = write_chunk(tty, f, chunk, want);
		if (n > 0)
			done += n;
		if (n < (ssize_t)want)
			break;
	}
	return done ? done : n;
}

unsigned int tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty *tty = f->private;
	unsigned int min = mode_of(tty).canon ? 1 : max_t(unsigned int, mode_of(tty).min, 1);
	unsigned int mask = 0;

	poll_wait(f, &tty->read_wait, pt);
	poll_wait(f, &tty->write_wait, pt);
	if (read_ready(tty, tty->termios.c_cc[VTIME] ? 1 : min))
		mask |= POLLIN | POLLRDNORM;
	if (write_ready(tty))
		mask |= POLLOUT | POLLWRNORM;
	if (tty->hungup || tty->other_closed)
		mask |= POLLHUP;
	return mask;
}

/* ---- opening, closing, hanging up ---- */

/* A session leader without a terminal gets the first one it opens, if that one is free. */
static void maybe_set_controlling(struct file *f, struct tty *tty)
{
	struct process *p = current->process;
	unsigned long flags;

	if (!p || (f->flags & O_NOCTTY))
		return;
	spin_lock(&tasklist_lock);
	spin_lock_irqsave(&tty->lock, flags);
	if (p->sid == p->pid && !p->tty && !tty->session && !tty->other_closed) {
		tty->session = p->sid;
		tty->pgrp = p->pgid;
		p->tty = tty;
	}
	spin_unlock_irqrestore(&tty->lock, flags);
	spin_unlock(&tasklist_lock);
}

int tty_attach(struct file *f, struct tty *tty)
{
	unsigned long flags;

	f->private = tty;
	f->ops = &tty_fops;
	f->mode |= FMODE_STREAM;
	spin_lock_irqsave(&tty->lock, flags);
	tty->files++;
	tty->hungup = tty->other_closed;
	spin_unlock_irqrestore(&tty->lock, flags);
	maybe_set_controlling(f, tty);
	return 0;
}

static void tty_release(struct file *f)
{
	struct tty *tty = f->private;
	unsigned long flags;

	spin_lock_irqsave(&tty->lock, flags);
	tty->files--;
	spin_unlock_irqrestore(&tty->lock, flags);
	if (tty->driver->closed)
		tty->driver->closed(tty);
}

void tty_hangup(struct tty *tty)
{
	unsigned long flags;
	pid_t pgrp;

	spin_lock_irqsave(&tty->lock, flags);
	pgrp = tty->pgrp;
	tty->pgrp = 0;
	tty->session = 0;
	tty->stopped = false;
	spin_unlock_irqrestore(&tty->lock, flags);
	if (pgrp) {
		send_signal_pgrp_irq(pgrp, SIGHUP);
		send_signal_pgrp_irq(pgrp, SIGCONT);
	}
	wake_up_all(&tty->read_wait);
	wake_up_all(&tty->write_wait);
}

void tty_session_exit(struct tty *tty, pid_t sid)
{
	if (READ_ONCE(tty->session) == sid)
		tty_hangup(tty);
}

const struct file_ops tty_fops = {
	.read		= tty_read,
	.write		= tty_write,
	.poll		= tty_poll,
	.ioctl		= tty_ioctl,
	.release	= tty_release,
};

/* ---- the console ---- */

static size_t console_tty_write(struct tty *tty, const char *s, size_t n)
{
	console_write_raw(s, n);
	return n;
}

static const struct tty_driver console_driver = { .write = console_tty_write };

static void console_input(const char *s, size_t n)
{
	unsigned long flags;

	spin_lock_irqsave(&console_tty.lock, flags);
	n_tty_receive(&console_tty, s, n);
	spin_unlock_irqrestore(&console_tty.lock, flags);
}

static int console_open(struct inode *inode, struct file *f)
{
	if (inode->rdev == MKDEV(5, 1))
		f->flags |= O_NOCTTY;	/* /dev/console never becomes the terminal of a session */
	return tty_attach(f, &console_tty);
}

/* /dev/tty: the controlling terminal of whoever opens it. */
static int dev_tty_open(struct inode *inode, struct file *f)
{
	struct tty *tty;

	spin_lock(&tasklist_lock);
	tty = current_process()->tty;
	if (tty && tty->driver->get)
		tty->driver->get(tty);
	spin_unlock(&tasklist_lock);
	f->flags |= O_NOCTTY;
	return tty ? tty_attach(f, tty) : -ENXIO;
}

static const struct file_ops console_fops = { .open = console_open };
static const struct file_ops dev_tty_fops = { .open = dev_tty_open };

/* The console without a name, for a root without /dev/console. */
static struct file *nameless_console(void)
{
	struct file *f = file_alloc(&console_fops, O_RDWR | O_NOCTTY);

	if (!f)
		return ERR_PTR(-ENOMEM);
	f->inode = anon_inode_get(S_IFCHR | 0620);
	if (!f->inode) {
		file_put(f);
		return ERR_PTR(-ENOMEM);
	}
	f->inode->rdev = MKDEV(5, 1);
	f->anon_name = "/dev/console";
	tty_attach(f, &console_tty);
	return f;
}

int init_open_console(void)
{
	struct file *f = file_open(AT_FDCWD, "/dev/console", O_RDWR | O_NOCTTY, 0);
	int fd = 0;

	if (IS_ERR(f))
		f = nameless_console();
	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	for (int i = 0; i < 3 && fd >= 0; i++)
		fd = fd_install_new(file_get(f), false);
	file_put(f);
	return min(fd, 0);
}

void tty_init(void)
{
	tty_setup(&console_tty, &console_driver, MKDEV(4, 64));
	if (device_register("console", S_IFCHR | 0600, MKDEV(5, 1), &console_fops) ||
	    device_register("ttyS0", S_IFCHR | 0620, MKDEV(4, 64), &console_fops) ||
	    device_register("tty", S_IFCHR | 0666, MKDEV(5, 0), &dev_tty_fops))
		panic("tty: cannot register the console");
	pty_init();
	console_set_receiver(console_input);
}
