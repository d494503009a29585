/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sh_lex.c - from characters to tokens, and the shell's memory
 *
 * THE QUESTION   Where does one word end and the next operator begin, when quotes, $(...) and
 *                here-documents may hide any character?
 *
 * ALWAYS TRUE    L1  the lexer never reads past the newline that ends a command, so a program
 *                    started by a script on standard input finds the rest of it unread.
 *                L2  a T_WORD is raw: quotes and backslashes are still there.
 *
 * READ NEXT      sh_parse.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

/* ---- memory ---- */
struct chunk {
	struct chunk *prev;
	size_t used, size;
	_Alignas(16) char data[];
};
static struct chunk *top;
static unsigned int pins;

static void no_memory(void)
{
	static const char text[] = "sh: out of memory\n";

	if (write(2, text, sizeof(text) - 1) < 0)
		_exit(3);
	_exit(2);
}

void *arena_alloc(size_t size)
{
	size = (size + 15) & ~(size_t)15;
	if (!top || top->size - top->used < size) {
		size_t room = size > 8192 ? size : 8192;
		struct chunk *c = malloc(sizeof(*c) + room);

		if (!c)
			no_memory();
		*c = (struct chunk){ .prev = top, .size = room };
		top = c;
	}
	top->used += size;
	return memset(top->data + top->used - size, 0, size);
}

char *arena_dup(const char *s, size_t n)
{
	char *copy = arena_alloc(n + 1);

	memcpy(copy, s, n);
	return copy;
}

struct mark arena_mark(void)
{
	return (struct mark){ top, top ? top->used : 0, pins };
}

void arena_release(struct mark m)
{
	if (m.pins != pins)
		return;
	while (top != m.chunk) {
		struct chunk *prev = top->prev;

		free(top);
		top = prev;
	}
	if (top)
		top->used = m.used;
}

void arena_pin(void)
{
	pins++;
}

void str_adds(struct str *b, const char *s, size_t n)
{
	if (b->len + n + 1 > b->cap) {
		b->cap = (b->len + n + 1) * 2;
		b->s = realloc(b->s, b->cap);
		if (!b->s)
			no_memory();
	}
	memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = 0;
}

void str_add(struct str *b, char c)
{
	str_adds(b, &c, 1);
}

/* ---- input ---- */
struct input *in;

void input_open(struct input *i, int fd, const char *text, bool interactive)
{
	*i = (struct input){ .prev = in, .fd = fd, .interactive = interactive };
	if (text)
		str_adds(&i->buf, text, strlen(text));
	in = i;
}

void input_close(struct input *i)
{
	in = i->prev;
	free(i->buf.s);
}

static void prompt(void)
{
	const char *p = var_get(in->second ? "PS2" : "PS1");

	fflush(stdout);
	fputs(p ? p : in->second ? "> " : "$ ", stderr);
	fflush(stderr);
}

/* Reads one line. A terminal gives a line at a time; anything else is read bytewise (L1). */
static bool refill(void)
{
	size_t before = in->buf.len;
	char line[1024];

	if (in->fd < 0 || in->eof)
		return false;
	if (in->interactive)
		prompt();
	for (;;) {
		ssize_t n = read(in->fd, line, in->interactive ? sizeof(line) : 1);

		if (n < 0 && errno == EINTR) {
			run_traps();
			if (!in->interactive)
				continue;
			in->buf.len = in->pos = 0;
			syntax_error(NULL);
		}
		if (n <= 0) {
			in->eof = true;
			break;
		}
		str_adds(&in->buf, line, n);
		if (line[n - 1] == '\n')
			break;
	}
	return in->buf.len > before;
}

static int peek(void)
{
	if (in->pos >= in->buf.len && !refill())
		return EOF;
	return (unsigned char)in->buf.s[in->pos];
}

static int advance(void)
{
	int c = peek();

	if (c != EOF)
		in->pos++;
	return c;
}

static bool take(int c)
{
	if (peek() != c)
		return false;
	in->pos++;
	return true;
}

/* ---- words ---- */
static void copy_quoted(struct str *b, int end);

/* After `$(', `${' or '(' inside one of them: copies to the matching close. */
static void copy_nested(struct str *b, int open, int close)
{
	for (int depth = 1; depth > 0; ) {
		int c = advance();

		if (c == EOF)
			syntax_error("unterminated expansion");
		str_add(b, c);
		if (c == '\\')
			str_add(b, advance());
		else if (c == '\'' || c == '"')
			copy_quoted(b, c);
		else if (c == open)
			depth++;
		else if (c == close)
			depth--;
	}
}

static void copy_dollar(struct str *b)
{
	if (peek() == '(') {
		str_add(b, advance());
		copy_nested(b, '(', ')');
	} else if (peek() == '{') {
		str_add(b, advance());
		copy_nested(b, '{', '}');
	}
}

static void copy_quoted(struct str *b, int end)
{
	for (;;) {
		int c = advance();

		if (c == EOF)
			syntax_error("unterminated quote");
		if (c == '\\' && end != '\'' && peek() == '\n') {
			advance();
			continue;
		}
		str_add(b, c);
		if (c == end)
			return;
		if (c == '\\' && end != '\'')
			str_add(b, advance());
		else if (c == '$' && end == '"')
			copy_dollar(b);
	}
}

static void copy_part(struct str *b)
{
	int c = advance();

	if (c == '\\' && peek() == '\n') {
		advance();
		return;
	}
	str_add(b, c);
	if (c == '\\' && peek() != EOF)
		str_add(b, advance());
	else if (c == '\'' || c == '"' || c == '`')
		copy_quoted(b, c);
	else if (c == '$')
		copy_dollar(b);
}

static char *read_word(void)
{
	struct str b = { 0 };
	char *copy;

	while (peek() != EOF && !strchr(" \t\n;&|<>()", peek()))
		copy_part(&b);
	copy = arena_dup(b.s ? b.s : "", b.len);
	free(b.s);
	return copy;
}

/* ---- here-documents ---- */
static void read_here(struct redir *r)
{
	struct str body = { 0 }, line = { 0 };

	for (;;) {
		int c;

		line.len = 0;
		str_adds(&line, "", 0);
		while ((c = advance()) != EOF && c != '\n')
			if (c != '\t' || line.len || !r->strip_tabs)
				str_add(&line, c);
		if (!strcmp(line.s, r->target) || (c == EOF && !line.len))
			break;
		str_adds(&body, line.s, line.len);
		str_add(&body, '\n');
		if (c == EOF)
			break;
	}
	r->target = arena_dup(body.s ? body.s : "", body.len);
	free(body.s);
	free(line.s);
}

/* ---- operators ---- */
static enum tok redirection(int fd)
{
	struct redir *r = arena_alloc(sizeof(*r));

	if (advance() == '<') {
		r->fd = fd < 0 ? 0 : fd;
		if (take('<')) {
			r->kind = R_HERE;
			r->strip_tabs = take('-');
		} else {
			r->kind = take('&') ? R_DUP : take('>') ? R_RDWR : R_IN;
		}
	} else {
		r->fd = fd < 0 ? 1 : fd;
		r->kind = take('>') ? R_APPEND : take('&') ? R_DUP : R_OUT;
		if (r->kind == R_OUT)
			take('|');
	}
	in->redir = r;
	return T_REDIR;
}

static enum tok operator(int c)
{
	advance();
	switch (c) {
	case '\n':
		for (int i = 0; i < in->nheres; i++)
			read_here(in->heres[i]);
		in->nheres = 0;
		return T_NL;
	case ';':
		return take(';') ? T_DSEMI : T_SEMI;
	case '&':
		return take('&') ? T_AND : T_AMP;
	case '|':
		return take('|') ? T_OR : T_PIPE;
	case '(':
		return T_LPAR;
	default:
		return T_RPAR;
	}
}

static void skip_blanks(void)
{
	for (;;) {
		int c = peek();

		if (c == ' ' || c == '\t') {
			advance();
		} else if (c == '\\' && in->pos + 1 < in->buf.len &&
			   in->buf.s[in->pos + 1] == '\n') {
			in->pos += 2;
		} else if (c == '#') {
			while (peek() != EOF && peek() != '\n')
				advance();
		} else {
			return;
		}
	}
}

void next_token(void)
{
	int c;

	skip_blanks();
	c = peek();
	if (c == EOF) {
		in->tok = T_EOF;
	} else if (strchr("\n;&|()", c)) {
		in->tok = operator(c);
	} else if (c == '<' || c == '>') {
		in->tok = redirection(-1);
	} else {
		in->word = read_word();
		in->tok = T_WORD;
		c = peek();
		if ((c == '<' || c == '>') && in->word[0] >= '0' && in->word[0] <= '9' &&
		    !in->word[1])
			in->tok = redirection(in->word[0] - '0');
	}
}
