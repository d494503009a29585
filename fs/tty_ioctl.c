/* SPDX-License-Identifier: MIT */
/*
 * fs/tty_ioctl.c - what a program can ask of and tell a terminal
 *
 * Settings (TCGETS and friends), size, job control (foreground group, session), queues. Whoever is in
 * the background and changes something is stopped by SIGTTOU first (tty_check_change).
 *
 * LOCKS        tasklist_lock outside tty->lock where a session is involved.
 */
#include <fs/tty.h>
#include <fs/vfs.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <uapi/errno.h>
#include <uapi/ioctls.h>

/* ---- settings ---- */

static long get_termios(struct tty *tty, struct termios __user *arg)
{
	struct termios t;
	unsigned long flags;

	spin_lock_irqsave(&tty->lock, flags);
	t = tty->termios;
	spin_unlock_irqrestore(&tty->lock, flags);
	return copy_to_user(arg, &t, sizeof(t));
}

static void apply_termios(struct tty *tty, const struct termios *t, bool flush)
{
	struct termios old;
	unsigned long flags;

	spin_lock_irqsave(&tty->lock, flags);
	old = tty->termios;
	tty->termios = *t;
	n_tty_mode_changed(tty, &old);
	if (flush)
		n_tty_flush_input(tty);
	if (!(t->c_iflag & IXON))
		tty->stopped = false;
	spin_unlock_irqrestore(&tty->lock, flags);
	wake_up_poll(&tty->write_wait, POLLOUT);
}

static long set_termios(struct tty *tty, const struct termios __user *arg, bool flush)
{
	struct termios t;
	int err = tty_check_change(tty);

	if (err)
		return err;
	if (copy_from_user(&t, arg, sizeof(t)))
		return -EFAULT;
	apply_termios(tty, &t, flush);
	return 0;
}

static long get_termio(struct tty *tty, struct termio __user *arg)
{
	struct termio t = { .c_iflag = (u16)tty->termios.c_iflag };

	t.c_oflag = (u16)tty->termios.c_oflag;
	t.c_cflag = (u16)tty->termios.c_cflag;
	t.c_lflag = (u16)tty->termios.c_lflag;
	memcpy(t.c_cc, tty->termios.c_cc, sizeof(t.c_cc));
	return copy_to_user(arg, &t, sizeof(t));
}

static long set_termio(struct tty *tty, const struct termio __user *arg, bool flush)
{
	struct termios t = tty->termios;
	struct termio o;
	int err = tty_check_change(tty);

	if (err)
		return err;
	if (copy_from_user(&o, arg, sizeof(o)))
		return -EFAULT;
	t.c_iflag = (t.c_iflag & ~0xffffu) | o.c_iflag;
	t.c_oflag = (t.c_oflag & ~0xffffu) | o.c_oflag;
	t.c_cflag = (t.c_cflag & ~0xffffu) | o.c_cflag;
	t.c_lflag = (t.c_lflag & ~0xffffu) | o.c_lflag;
	memcpy(t.c_cc, o.c_cc, sizeof(o.c_cc));
	apply_termios(tty, &t, flush);
	return 0;
}

/* ---- size ---- */

static long set_winsize(struct tty *tty, const struct winsize __user *arg)
{
	struct winsize ws;
	unsigned long flags;
	bool changed;

	if (copy_from_user(&ws, arg, sizeof(ws)))
		return -EFAULT;
	spin_lock_irqsave(&tty->lock, flags);
	changed = memcmp(&ws, &tty->winsize, sizeof(ws)) != 0;
	tty->winsize = ws;
	spin_unlock_irqrestore(&tty->lock, flags);
	if (changed && tty->pgrp)
		send_signal_pgrp(tty->pgrp, SIGWINCH, NULL);
	return 0;
}

/* ---- job control ---- */

/* 0 when group @pgrp exists and is of session @sid. tasklist lock held. */
static long pgrp_in_session(pid_t pgrp, pid_t sid)
{
	struct id_group *g = find_pgrp(pgrp);
	struct process *p;

	if (!g)
		return -ESRCH;
	p = list_first_entry_or_null(&g->members, struct process, pgrp_link);
	return p && p->sid == sid ? 0 : -EPERM;
}

static long set_pgrp(struct tty *tty, const pid_t __user *arg)
{
	struct process *me = current_process();
	pid_t pgrp;
	long err = tty_check_change(tty);

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (me->tty != tty || tty->session != me->sid)
		return -ENOTTY;
	if (get_user(pgrp, arg))
		return -EFAULT;
	if (pgrp < 0)
		return -EINVAL;
	spin_lock(&tasklist_lock);
	err = pgrp_in_session(pgrp, me->sid);
	if (!err)
		WRITE_ONCE(tty->pgrp, pgrp);
	spin_unlock(&tasklist_lock);
	return err;
}

/* Every process of the session loses or gets the terminal. tasklist lock held. */
static void session_set_tty(pid_t sid, struct tty *tty)
{
	struct process *p;

	list_for_each_entry(p, &process_list, all_link)
		if (p->sid == sid)
			p->tty = tty;
}

static long set_controlling(struct file *f, struct tty *tty, unsigned long steal)
{
	struct process *p = current_process();
	long err = 0;

	spin_lock(&tasklist_lock);
	if (p->sid == p->pid && tty->session == p->sid) {
		spin_unlock(&tasklist_lock);
		return 0;
	}
	if (p->sid != p->pid || p->tty || tty->other_closed)
		err = -EPERM;
	else if (tty->session && (steal != 1 || !capable()))
		err = -EPERM;
	else if (!(f->mode & FMODE_READ) && !capable())
		err = -EPERM;
	if (!err) {
		if (tty->session)
			session_set_tty(tty->session, NULL);
		WRITE_ONCE(tty->session, p->sid);
		WRITE_ONCE(tty->pgrp, p->pgid);
		p->tty = tty;
	}
	spin_unlock(&tasklist_lock);
	return err;
}

static long give_up_controlling(struct tty *tty)
{
	struct process *p = current_process();
	bool leader;

	if (p->tty != tty)
		return -ENOTTY;
	spin_lock(&tasklist_lock);
	leader = p->sid == p->pid;
	if (leader)
		session_set_tty(p->sid, NULL);
	p->tty = NULL;
	spin_unlock(&tasklist_lock);
	if (leader)
		tty_hangup(tty);
	return 0;
}

static long get_pgrp(struct tty *tty, pid_t __user *arg, pid_t value)
{
	/* a pty master may ask about its slave; all others only about their own terminal */
	if (current_process()->tty != tty)
		return -ENOTTY;
	return put_user(value, arg);
}

/* ---- queues ---- */

static long flush_queue(struct tty *tty, unsigned long which)
{
	unsigned long flags;
	int err = tty_check_change(tty);

	if (err)
		return err;
	if (which > TCIOFLUSH)
		return -EINVAL;
	if (which == TCOFLUSH)
		return 0;		/* output is written at once */
	spin_lock_irqsave(&tty->lock, flags);
	n_tty_flush_input(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	return 0;
}

static long flow_control(struct tty *tty, unsigned long action)
{
	int err = tty_check_change(tty);

	if (err)
		return err;
	if (action > TCION)
		return -EINVAL;
	if (action == TCOOFF || action == TCOON)
		WRITE_ONCE(tty->stopped, action == TCOOFF);
	wake_up_poll(&tty->write_wait, POLLOUT);
	return 0;
}

static long input_count(struct tty *tty, int __user *arg)
{
	unsigned long flags;
	unsigned int n;

	spin_lock_irqsave(&tty->lock, flags);
	n = n_tty_chars(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	return put_user((int)n, arg);
}

static long termios_ioctl(struct tty *tty, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case TCGETS:
		return get_termios(tty, (struct termios __user *)arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(tty, (const struct termios __user *)arg, cmd == TCSETSF);
	case TCGETA:
		return get_termio(tty, (struct termio __user *)arg);
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		return set_termio(tty, (const struct termio __user *)arg, cmd == TCSETAF);
	case TIOCGWINSZ:
		return copy_to_user((void __user *)arg, &tty->winsize, sizeof(tty->winsize));
	case TIOCSWINSZ:
		return set_winsize(tty, (const struct winsize __user *)arg);
	default:
		return -ENOTTY;
	}
}

long tty_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct tty *tty = f->private;
	long n = termios_ioctl(tty, cmd, arg);

	if (n != -ENOTTY)
		return n;
	switch (cmd) {
	case TIOCGPGRP:
		return get_pgrp(tty, (pid_t __user *)arg, tty->pgrp);
	case TIOCSPGRP:
		return set_pgrp(tty, (const pid_t __user *)arg);
	case TIOCGSID:
		return get_pgrp(tty, (pid_t __user *)arg, tty->session);
	case TIOCSCTTY:
		return set_controlling(f, tty, arg);
	case TIOCNOTTY:
		return give_up_controlling(tty);
	case FIONREAD:
		return input_count(tty, (int __user *)arg);
	case TIOCOUTQ:
		return put_user(0, (int __user *)arg);
	case TCFLSH:
		return flush_queue(tty, arg);
	case TCXONC:
		return flow_control(tty, arg);
	case TCSBRK:
	case TCSBRKP:
		return tty_check_change(tty);
	case TIOCGETD:
		return put_user(0, (int __user *)arg);
	case TIOCGDEV:
		return put_user((unsigned int)tty->dev, (unsigned int __user *)arg);
	default:
		return -ENOTTY;
	}
}
