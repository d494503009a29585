/* SPDX-License-Identifier: MIT */
/*
 * fs/n_tty.c - what happens to bytes between the keyboard, the program and the screen
 *
 *   receive:  strip, map CR/NL  ->  signals, flow control  ->  line editing  ->  ring buffer, echo
 *   output:   program  ->  NL to CR NL, tabs, column  ->  driver
 *
 * In canonical mode only finished lines may be read: canon_head is the end of the last one, and a bit
 * per byte marks line ends. EOF is stored as a line end whose byte is not given to the reader.
 *
 * ALWAYS TRUE  Y1  tail <= canon_head <= head <= tail + TTY_BUF_SIZE (free-running counters).
 *              Y2  without ICANON, canon_head is not looked at.
 * LOCKS        tty->lock, held by every caller with interrupts off: input comes from an interrupt.
 * LEFT OUT     PARMRK and break handling: the consoles report no line errors.
 */
#include <fs/tty.h>
#include <kernel/assert.h>
#include <kernel/process.h>
#include <lib/bitmap.h>
#include <lib/string.h>

#define DISABLED_CHAR	0		/* _POSIX_VDISABLE */
#define EOF_BYTE	DISABLED_CHAR	/* what a stored EOF looks like in the ring */

static bool I(const struct tty *t, u32 f) { return (t->termios.c_iflag & f) != 0; }
static bool O(const struct tty *t, u32 f) { return (t->termios.c_oflag & f) != 0; }
static bool L(const struct tty *t, u32 f) { return (t->termios.c_lflag & f) != 0; }

static bool is_cc(const struct tty *t, u8 c, unsigned int which)
{
	return c != DISABLED_CHAR && t->termios.c_cc[which] == c;
}

/* ---- output ---- */

/* One byte as it goes to the driver; 0 bytes if it is swallowed. */
static size_t process_output(struct tty *t, u8 c, char out[8])
{
	size_t n = 0;

	switch (c) {
	case '\n':
		if (O(t, ONLRET))
			t->column = 0;
		if (O(t, ONLCR)) {
			out[n++] = '\r';
			t->column = 0;
		}
		break;
	case '\r':
		if (O(t, ONOCR) && t->column == 0)
			return 0;
		if (O(t, OCRNL)) {
			c = '\n';
			break;
		}
		t->column = 0;
		break;
	case '\t':
		if (O(t, TABDLY)) {
			do
				out[n++] = ' ';
			while (++t->column & 7);
			return n;
		}
		t->column = (t->column | 7) + 1;
		break;
	case '\b':
		if (t->column)
			t->column--;
		break;
	default:
		if (O(t, OLCUC) && c >= 'a' && c <= 'z')
			c = (u8)(c - 32);
		if (c >= ' ' && c != 127 && (c & 0xc0) != 0x80)
			t->column++;
	}
	out[n++] = (char)c;
	return n;
}

size_t n_tty_output(struct tty *t, const char *s, size_t n)
{
	char out[128];
	size_t used = 0, i;

	if (t->stopped)
		return 0;
	if (t->driver->room && O(t, OPOST))
		n = min(n, t->driver->room(t) / 8);	/* a tab becomes 8 blanks */
	if (!O(t, OPOST))
		return t->driver->write(t, s, n);
	for (i = 0; i <= n; i++) {
		if (i == n || used > sizeof(out) - 8) {
			t->driver->write(t, out, used);
			used = 0;
		}
		if (i < n)
			used += process_output(t, (u8)s[i], out + used);
	}
	return n;
}

/* ---- echo ---- */

static void echo_raw(struct tty *t, const char *s, size_t n)
{
	n_tty_output(t, s, n);
}

static bool echoes_as_caret(const struct tty *t, u8 c)
{
	return L(t, ECHOCTL) && (c < ' ' || c == 127) && c != '\t' && c != '\n';
}

static void echo_char(struct tty *t, u8 c)
{
	char caret[2] = { '^', (char)(c ^ 0100) };

	if (echoes_as_caret(t, c))
		echo_raw(t, caret, 2);
	else
		echo_raw(t, (char *)&c, 1);
}

static void echo_if(struct tty *t, u8 c)
{
	if (L(t, ECHO) || (c == '\n' && L(t, ECHONL) && L(t, ICANON)))
		echo_char(t, c);
}

/* ---- the ring ---- */

static void put_byte(struct tty *t, u8 c)
{
	unsigned int i = t->head % TTY_BUF_SIZE;

	t->buf[i] = c;
	__clear_bit(i, t->line_end);
	t->head++;
}

static bool ring_full(const struct tty *t)
{
	return t->head - t->tail >= TTY_BUF_SIZE - 1;	/* room for the end of a line */
}

static void end_line(struct tty *t, u8 c)
{
	put_byte(t, c);
	__set_bit((t->head - 1) % TTY_BUF_SIZE, t->line_end);
	t->canon_head = t->head;
	t->canon_column = t->column;
	wake_up_poll(&t->read_wait, POLLIN | POLLRDNORM);
}

unsigned int n_tty_chars(struct tty *t)
{
	return (L(t, ICANON) ? t->canon_head : t->head) - t->tail;
}

bool n_tty_input_ready(struct tty *t, unsigned int min)
{
	return n_tty_chars(t) >= (L(t, ICANON) ? 1u : min);
}

bool n_tty_take(struct tty *t, u8 *c, bool *eol, bool *eof)
{
	unsigned int i = t->tail % TTY_BUF_SIZE;

	*eol = *eof = false;
	if (!n_tty_chars(t))
		return false;
	*c = t->buf[i];
	t->tail++;
	if (L(t, ICANON) && test_bit(i, t->line_end)) {
		*eol = true;
		*eof = *c == EOF_BYTE;
	}
	return !*eof;
}

void n_tty_flush_input(struct tty *t)
{
	t->head = t->canon_head = t->tail = 0;
	t->lnext = false;
	if (t->driver->input_read)
		t->driver->input_read(t);
}

/* To and from canonical mode: what is there becomes readable, or starts a line. */
void n_tty_mode_changed(struct tty *t, const struct termios *old)
{
	if (((old->c_lflag ^ t->termios.c_lflag) & ICANON) == 0)
		return;
	bitmap_zero(t->line_end, TTY_BUF_SIZE);
	t->canon_head = t->head;
	if (L(t, ICANON) && t->head != t->tail)
		__set_bit((t->head - 1) % TTY_BUF_SIZE, t->line_end);
	t->lnext = false;
	wake_up_poll(&t->read_wait, POLLIN | POLLRDNORM);
}

/* ---- line editing ---- */

static bool is_continuation(const struct tty *t, u8 c)
{
	return I(t, IUTF8) && (c & 0xc0) == 0x80;
}

/* Columns the line takes up to (not including) position @end, from where it started. */
static unsigned int line_width(struct tty *t, unsigned int end)
{
	unsigned int col = t->canon_column;

	for (unsigned int i = t->canon_head; i != end; i++) {
		u8 c = t->buf[i % TTY_BUF_SIZE];

		if (c == '\t')
			col = (col | 7) + 1;
		else if (echoes_as_caret(t, c))
			col += 2;
		else if (!is_continuation(t, c))
			col++;
	}
	return col;
}

/* Take the last character from the line, and from the screen. */
static void erase_char(struct tty *t)
{
	unsigned int before, after;
	u8 c;

	do
		c = t->buf[--t->head % TTY_BUF_SIZE];
	while (is_continuation(t, c) && t->head != t->canon_head);
	if (!L(t, ECHO))
		return;
	if (!L(t, ECHOE)) {
		echo_char(t, t->termios.c_cc[VERASE]);
		return;
	}
	after = line_width(t, t->head);
	before = c == '\t' ? (after | 7) + 1 : after + (echoes_as_caret(t, c) ? 2 : 1);
	while (before-- > after)
		echo_raw(t, c == '\t' ? "\b" : "\b \b", c == '\t' ? 1 : 3);
}

static bool is_word(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c >= 0x80;
}

static void erase_word(struct tty *t)
{
	bool seen = false;

	while (t->head != t->canon_head) {
		u8 c = t->buf[(t->head - 1) % TTY_BUF_SIZE];

		if (is_word(c))
			seen = true;
		else if (seen)
			break;
		erase_char(t);
	}
}

static void kill_line(struct tty *t)
{
	if (!L(t, ECHO)) {
		t->head = t->canon_head;
		return;
	}
	if (L(t, ECHOK) && L(t, ECHOKE) && L(t, ECHOE)) {
		while (t->head != t->canon_head)
			erase_char(t);
		return;
	}
	t->head = t->canon_head;
	echo_char(t, t->termios.c_cc[VKILL]);
	if (L(t, ECHOK))
		echo_raw(t, "\n", 1);
}

static void reprint_line(struct tty *t, u8 c)
{
	echo_char(t, c);
	echo_raw(t, "\n", 1);
	for (unsigned int i = t->canon_head; i != t->head; i++)
		echo_char(t, t->buf[i % TTY_BUF_SIZE]);
}

/* The editing characters of canonical mode; false: an ordinary byte. */
static bool edit_line(struct tty *t, u8 c)
{
	bool ext = L(t, IEXTEN);

	if (is_cc(t, c, VERASE)) {
		if (t->head != t->canon_head)
			erase_char(t);
	} else if (is_cc(t, c, VKILL)) {
		kill_line(t);
	} else if (ext && is_cc(t, c, VWERASE)) {
		erase_word(t);
	} else if (ext && is_cc(t, c, VREPRINT) && L(t, ECHO)) {
		reprint_line(t, c);
	} else if (is_cc(t, c, VEOF)) {
		end_line(t, EOF_BYTE);
	} else if (c == '\n' || is_cc(t, c, VEOL) || (ext && is_cc(t, c, VEOL2))) {
		echo_if(t, c);
		end_line(t, c);
	} else {
		return false;
	}
	return true;
}

/* ---- special characters ---- */

static void signal_foreground(struct tty *t, int sig, u8 c)
{
	if (!L(t, NOFLSH)) {
		n_tty_flush_input(t);
		t->stopped = false;
	}
	if (L(t, ECHO))
		echo_char(t, c);
	if (t->pgrp)
		send_signal_pgrp_irq(t->pgrp, sig);
	wake_up_poll(&t->read_wait, POLLIN);
}

static bool signal_char(struct tty *t, u8 c)
{
	if (!L(t, ISIG))
		return false;
	if (is_cc(t, c, VINTR))
		signal_foreground(t, SIGINT, c);
	else if (is_cc(t, c, VQUIT))
		signal_foreground(t, SIGQUIT, c);
	else if (is_cc(t, c, VSUSP))
		signal_foreground(t, SIGTSTP, c);
	else
		return false;
	return true;
}

static bool flow_char(struct tty *t, u8 c)
{
	if (!I(t, IXON))
		return false;
	if (is_cc(t, c, VSTOP) || is_cc(t, c, VSTART)) {
		t->stopped = is_cc(t, c, VSTOP);
	} else {
		if (!t->stopped || !I(t, IXANY))
			return false;
		t->stopped = false;
		wake_up_poll(&t->write_wait, POLLOUT);
		return false;
	}
	if (!t->stopped)
		wake_up_poll(&t->write_wait, POLLOUT);
	return true;
}

/* CR and NL by the input flags; false: the byte is dropped. */
static bool map_input(const struct tty *t, u8 *c)
{
	if (I(t, ISTRIP))
		*c &= 0x7f;
	if (I(t, IUCLC) && L(t, IEXTEN) && *c >= 'A' && *c <= 'Z')
		*c = (u8)(*c + 32);
	if (*c == '\r') {
		if (I(t, IGNCR))
			return false;
		if (I(t, ICRNL))
			*c = '\n';
	} else if (*c == '\n' && I(t, INLCR)) {
		*c = '\r';
	}
	return true;
}

static void store_char(struct tty *t, u8 c)
{
	if (ring_full(t)) {
		if (I(t, IMAXBEL))
			echo_raw(t, "\a", 1);
		return;
	}
	if (L(t, ICANON) && t->head == t->canon_head)
		t->canon_column = t->column;
	echo_if(t, c);
	put_byte(t, c);
	if (!L(t, ICANON))
		wake_up_poll(&t->read_wait, POLLIN | POLLRDNORM);
}

static void receive_char(struct tty *t, u8 c)
{
	if (t->lnext) {
		t->lnext = false;
		store_char(t, c);
		return;
	}
	if (!map_input(t, &c) || flow_char(t, c) || signal_char(t, c))
		return;
	if (L(t, ICANON)) {
		if (L(t, IEXTEN) && is_cc(t, c, VLNEXT)) {
			t->lnext = true;
			if (L(t, ECHO) && L(t, ECHOCTL))
				echo_raw(t, "^\b", 2);
			return;
		}
		if (edit_line(t, c))
			return;
	}
	store_char(t, c);
}

void n_tty_receive(struct tty *t, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		receive_char(t, (u8)s[i]);
	ASSERT(t->head - t->tail <= TTY_BUF_SIZE);
}
