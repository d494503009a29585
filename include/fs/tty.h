/* SPDX-License-Identifier: MIT */
/*
 * tty.h - terminals (fs/tty.c, fs/n_tty.c, fs/tty_ioctl.c, fs/pty.c)
 *
 * letters: (l) tty->lock (t) tasklist_lock (i) immutable
 */
#ifndef FS_TTY_H
#define FS_TTY_H

#include <fs/file.h>
#include <uapi/termios.h>

#define TTY_BUF_SIZE	4096u		/* input not read yet; N_TTY_BUF_SIZE */

struct process;
struct tty;

/* tty_driver - where the output goes. Called with tty->lock held and interrupts off. */
struct tty_driver {
	/* write - bytes taken, fewer than @n when there is no room now */
	size_t	(*write)(struct tty *tty, const char *s, size_t n);
	/* room - bytes that write() would take now; NULL: always enough; called without the lock */
	size_t	(*room)(struct tty *tty);
	/* input_read - bytes left the input buffer: the sender may go on; or NULL */
	void	(*input_read)(struct tty *tty);
	/* get - one more file will be opened: hold the terminal; tasklist lock held; or NULL */
	void	(*get)(struct tty *tty);
	/* closed - a file is gone, and with it what get() held; called without the lock; or NULL */
	void	(*closed)(struct tty *tty);
};

struct tty {
	const struct tty_driver	*driver;	/* (i) */
	void			*private;	/* (i) the driver's */
	dev_t			dev;		/* (i) what TIOCGDEV and /proc/PID/stat show */
	spinlock_t		lock;		/* RANK_TTY_SPIN, irq-safe */
	struct mutex		read_mutex;	/* RANK_TTY: one reader at a time */
	struct termios		termios;	/* (l) */
	struct winsize		winsize;	/* (l) */
	/* input: a ring; [tail, canon_head) may be read in canonical mode, [tail, head) otherwise */
	u8			buf[TTY_BUF_SIZE];	/* (l) */
	unsigned long		line_end[TTY_BUF_SIZE / 64]; /* (l) bit i: buf[i] ends a line */
	unsigned int		head, canon_head, tail;	/* (l) free-running */
	unsigned int		column, canon_column;	/* (l) cursor; where the line started */
	bool			lnext;		/* (l) the next byte is taken as it is */
	bool			stopped;	/* (l) Ctrl-S */
	bool			hungup;		/* (l) */
	bool			other_closed;	/* (l) pty: no file on the other side */
	pid_t			pgrp;		/* (l) foreground process group, 0: none */
	pid_t			session;	/* (l) whose controlling terminal it is, 0: none */
	unsigned int		files;		/* (l) open files */
	wait_queue_head_t	read_wait, write_wait;
};

/* ---- tty.c ---- */
void tty_setup(struct tty *tty, const struct tty_driver *driver, dev_t dev);
extern const struct file_ops tty_fops;
/* tty_attach - @f becomes an open file of @tty; the first terminal a session leader opens is its own */
int tty_attach(struct file *f, struct tty *tty);
ssize_t tty_read(struct file *f, struct iov_iter *it, loff_t *pos);
ssize_t tty_write(struct file *f, struct iov_iter *it, loff_t *pos);
unsigned int tty_poll(struct file *f, struct poll_table *pt);
/* tty_hangup - readers see the end, writers EIO; the foreground group gets SIGHUP and SIGCONT */
void tty_hangup(struct tty *tty);
/* tty_session_exit - the leader of session @sid exits; tasklist lock held */
void tty_session_exit(struct tty *tty, pid_t sid);
/* tty_check_change - may current change the terminal? 0, or SIGTTOU sent: -ERESTARTSYS, -EIO */
int tty_check_change(struct tty *tty);
int tty_nr(struct tty *tty);			/* device number for /proc/PID/stat */

/* ---- n_tty.c: the line discipline; tty->lock held ---- */
void n_tty_receive(struct tty *tty, const char *s, size_t n);
/* n_tty_input_ready - how many bytes a read could take now (noncanonical: compared with VMIN) */
bool n_tty_input_ready(struct tty *tty, unsigned int min);
unsigned int n_tty_chars(struct tty *tty);
/* n_tty_take - one byte; *@eol: it ended a line; false: none, or EOF consumed with *@eof */
bool n_tty_take(struct tty *tty, u8 *c, bool *eol, bool *eof);
void n_tty_flush_input(struct tty *tty);
/* n_tty_output - process and write; bytes of @s consumed */
size_t n_tty_output(struct tty *tty, const char *s, size_t n);
void n_tty_mode_changed(struct tty *tty, const struct termios *old);

/* ---- tty_ioctl.c ---- */
long tty_ioctl(struct file *f, unsigned int cmd, unsigned long arg);

/* ---- pty.c ---- */
void pty_init(void);

#endif
