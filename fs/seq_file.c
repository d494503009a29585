/* SPDX-License-Identifier: MIT */
/*
 * fs/seq_file.c - files whose text the kernel makes up
 *
 * A read at position 0 makes the text; later reads get parts of that same text, wherever they start,
 * so a file read in two halves does not change in between. The buffer grows by doubling and belongs to
 * the open file. A text without a bound (the mappings of a process) is made in pieces:
 *
 *	show(resume = 0) -> first piece, resume = a        the file:  |  first  |  second  |  third  |
 *	show(resume = a) -> second piece, resume = b                             ^ start    ^ start + count
 *	show(resume = b) -> third piece, resume = 0                                buf        made at the next read
 *
 * A reader who goes back before the piece at hand starts over.
 *
 * LOCKS        seq->lock (RANK_TTY) guards the buffer against a second reader; the text is made
 *              without it.
 */
#include <fs/proc.h>
#include <kernel/syscall.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/errno.h>

#define SEQ_FIRST_SIZE	1024
#define SEQ_MAX_SIZE	(4u << 20)
#define SEQ_PIECE	(24u << 10)	/* and what the last entry adds: the buffer seldom exceeds 32 KiB */

/* The piece at hand: where it stands in the text, and where the next one begins (0: there is none). */
struct piece { char *buf; size_t count; loff_t start; unsigned long next; bool made; };
struct seq { struct mutex lock; struct piece now; };

bool seq_full(const struct seq_file *m)
{
	return m->count >= SEQ_PIECE;
}

static bool seq_grow(struct seq_file *m, size_t need)
{
	size_t size = m->size ? m->size : SEQ_FIRST_SIZE;
	char *buf;

	while (size < need)
		size *= 2;
	buf = size > SEQ_MAX_SIZE ? NULL : krealloc(m->buf, size, GFP_KERNEL);
	if (!buf) {
		m->failed = true;
		return false;
	}
	m->buf = buf;
	m->size = size;
	return true;
}

void seq_write(struct seq_file *m, const void *data, size_t n)
{
	if (m->count + n > m->size && !seq_grow(m, m->count + n))
		return;
	memcpy(m->buf + m->count, data, n);
	m->count += n;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
	seq_write(m, &c, 1);
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;
	int n;

	for (;;) {
		va_start(args, fmt);
		n = vsnprintf(m->buf ? m->buf + m->count : NULL, m->size - m->count, fmt, args);
		va_end(args);
		if (m->count + (size_t)n < m->size)
			break;
		if (!seq_grow(m, m->count + (size_t)n + 1))
			return;
	}
	m->count += (size_t)n;
}

void seq_puts_escaped(struct seq_file *m, const char *s, const char *chars)
{
	for (;;) {
		size_t n = strcspn(s, chars);

		seq_write(m, s, n);
		s += n;
		if (!*s)
			return;
		seq_printf(m, "\\%03o", (unsigned int)(unsigned char)*s++);
	}
}

/* ---- the file ---- */

static int seq_open(struct inode *inode, struct file *f)
{
	const struct proc_entry *e = proc_entry_of(inode);
	bool missing = ((f->mode & FMODE_READ) && !e->show) || ((f->mode & FMODE_WRITE) && !e->write);
	struct seq *s;

	if (missing && inode->ino < PID_INO)
		return -EACCES;			/* a setting that cannot be set: not by root either */
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	mutex_init(&s->lock, RANK_TTY);
	f->private = s;
	return 0;
}

static void seq_release(struct file *f)
{
	struct seq *s = f->private;

	kfree(s->now.buf);
	kfree(s);
}

/* Make the piece that begins with @resume, at @start in the text, and put it in place of the one at hand. */
static int seq_fill(struct file *f, struct seq *s, unsigned long resume, loff_t start)
{
	struct seq_file m = { .inode = f->inode, .resume = resume };
	int err = proc_entry_of(f->inode)->show(&m);
	struct piece made;

	if (!err && m.failed)
		err = -ENOMEM;
	if (err) {
		kfree(m.buf);
		return err;
	}
	made = (struct piece){ m.buf, m.count, start, m.resume, true };
	mutex_lock(&s->lock);
	swap(s->now, made);
	mutex_unlock(&s->lock);
	kfree(made.buf);
	return 0;
}

/* seq_find - the piece with @pos in it, or the last one; returns with the lock held unless it fails */
static int seq_find(struct file *f, struct seq *s, loff_t pos)
{
	int err = pos == 0 ? seq_fill(f, s, 0, 0) : 0;

	while (!err) {
		const struct piece *now = &s->now;
		unsigned long resume = 0;
		loff_t start = 0;

		mutex_lock(&s->lock);
		if (now->made && pos >= now->start) {
			start = now->start + (loff_t)now->count;
			resume = now->next;
			if (pos < start || !resume)
				return 0;
		}
		mutex_unlock(&s->lock);
		err = fatal_signal_pending(current) ? -EINTR : seq_fill(f, s, resume, resume ? start : 0);
	}
	return err;
}

static ssize_t seq_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct seq *s = f->private;
	loff_t skip;
	ssize_t n = 0;
	int err;

	if (!proc_entry_of(f->inode)->show)
		return -EINVAL;			/* opened by root, who may, but there is nothing to read */
	err = seq_find(f, s, *pos);
	if (err)
		return err;
	skip = *pos - s->now.start;
	if (skip < (loff_t)s->now.count && it->count) {
		size_t left = min(s->now.count - (size_t)skip, it->count);

		n = (ssize_t)copy_to_iter(s->now.buf + skip, left, it);
		if (!n)
			n = -EFAULT;
		else
			*pos += n;
	}
	mutex_unlock(&s->lock);
	return n;
}

static ssize_t seq_write_file(struct file *f, struct iov_iter *it, loff_t *pos)
{
	size_t n = it->count;
	char text[256];
	int err;

	if (n >= sizeof(text) || !proc_entry_of(f->inode)->write)
		return -EINVAL;
	if (copy_from_iter(text, n, it) < n)
		return -EFAULT;
	text[n] = '\0';
	if (n && text[n - 1] == '\n')
		text[n - 1] = '\0';
	err = proc_entry_of(f->inode)->write(f->inode, text);
	return err ? err : (ssize_t)n;
}

static loff_t seq_llseek(struct file *f, loff_t off, int whence)
{
	const struct proc_entry *e = proc_entry_of(f->inode);

	if (!e->show)
		return f->pos;			/* a file that is only written has no position */
	return whence == SEEK_END && !e->write ? -EINVAL : llseek_to(f, off, whence, 0);
}

const struct file_ops proc_seq_fops = {
	.open		= seq_open,
	.release	= seq_release,
	.read		= seq_read,
	.write		= seq_write_file,
	.llseek		= seq_llseek,
};
