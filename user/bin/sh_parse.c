/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sh_parse.c - from tokens to a tree: the shell's grammar
 *
 * THE QUESTION   Which commands does this line hold, and how are they joined?
 *
 * THE PICTURE    list     = and_or { (';' | '&' | newline) and_or }
 *                and_or   = pipeline { ('&&' | '||') pipeline }
 *                pipeline = ['!'] command { '|' command }
 *                command  = if | while | until | for | case | '{' list '}' | '(' list ')'
 *                         | name '(' ')' command | words and redirections
 *
 * ALWAYS TRUE    P1  in->tok is the first token not yet used.
 *                P2  after an error the rest of the line is dropped and $? is 2.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "sh.h"

static jmp_buf *on_error;
static struct node *list(bool top);
static struct node *command(void);

void syntax_error(const char *what)
{
	if (what)
		fprintf(stderr, "sh: syntax error: %s\n", what);
	else
		fputc('\n', stderr);
	sh.status = what ? 2 : 130;
	in->pos = in->buf.len;
	in->nheres = 0;
	longjmp(*on_error, 1);
}

static struct node *node(enum node_kind kind, struct node *a, struct node *b)
{
	struct node *n = arena_alloc(sizeof(*n));

	n->kind = kind;
	n->a = a;
	n->b = b;
	return n;
}

static bool is_word(const char *text)
{
	return in->tok == T_WORD && !strcmp(in->word, text);
}

static void expect_word(const char *text)
{
	if (!is_word(text)) {
		char msg[64];

		snprintf(msg, sizeof(msg), "expected `%s'", text);
		syntax_error(msg);
	}
	next_token();
}

static void skip_newlines(void)
{
	while (in->tok == T_NL)
		next_token();
}

static void add_word(struct word ***tail, char *text)
{
	struct word *w = arena_alloc(sizeof(*w));

	w->text = text;
	**tail = w;
	*tail = &w->next;
}

/* ---- redirections ---- */
static void unquote(struct redir *r)
{
	char *to = r->target;

	for (const char *s = r->target; *s; s++) {
		if (strchr("'\"\\", *s))
			r->literal = true;
		else
			*to++ = *s;
	}
	*to = 0;
}

static void redirection(struct redir ***tail)
{
	struct redir *r = in->redir;

	next_token();
	if (in->tok != T_WORD)
		syntax_error("redirection without a name");
	r->target = in->word;
	if (r->kind == R_HERE) {
		unquote(r);
		if (in->nheres == 8)
			syntax_error("too many here-documents");
		in->heres[in->nheres++] = r;
	}
	**tail = r;
	*tail = &r->next;
	next_token();
}

static void redirections(struct node *n)
{
	struct redir **tail = &n->redirs;

	while (in->tok == T_REDIR)
		redirection(&tail);
}

/* ---- commands ---- */
static bool ends_list(void)
{
	static const char *const ends[] = {
		"then", "else", "elif", "fi", "do", "done", "esac", "}",
	};

	if (in->tok == T_EOF || in->tok == T_RPAR || in->tok == T_DSEMI)
		return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (is_word(ends[i]))
			return true;
	return false;
}

static struct node *body(void)
{
	struct node *n;

	skip_newlines();
	if (ends_list())
		syntax_error("empty command list");
	n = list(false);
	return n;
}

static struct node *if_command(void)
{
	struct node *n = node(N_IF, NULL, NULL);

	next_token();
	n->a = body();
	expect_word("then");
	n->b = body();
	if (is_word("elif")) {
		n->c = if_command();
		return n;
	}
	if (is_word("else")) {
		next_token();
		n->c = body();
	}
	expect_word("fi");
	return n;
}

static struct node *loop_command(enum node_kind kind)
{
	struct node *n = node(kind, NULL, NULL);

	next_token();
	n->a = body();
	expect_word("do");
	n->b = body();
	expect_word("done");
	return n;
}

static struct node *for_command(void)
{
	struct node *n = node(N_FOR, NULL, NULL);
	struct word **tail = &n->words;

	next_token();
	if (in->tok != T_WORD || name_length(in->word) != strlen(in->word))
		syntax_error("for: bad variable name");
	n->name = in->word;
	next_token();
	skip_newlines();
	if (is_word("in")) {
		n->has_list = true;
		for (next_token(); in->tok == T_WORD; next_token())
			add_word(&tail, in->word);
	}
	if (in->tok == T_SEMI)
		next_token();
	skip_newlines();
	expect_word("do");
	n->a = body();
	expect_word("done");
	return n;
}

static struct case_item *case_item(void)
{
	struct case_item *item = arena_alloc(sizeof(*item));
	struct word **tail = &item->patterns;

	if (in->tok == T_LPAR)
		next_token();
	for (;;) {
		if (in->tok != T_WORD)
			syntax_error("case: expected a pattern");
		add_word(&tail, in->word);
		next_token();
		if (in->tok != T_PIPE)
			break;
		next_token();
	}
	if (in->tok != T_RPAR)
		syntax_error("case: expected `)'");
	next_token();
	skip_newlines();
	if (!ends_list())
		item->body = list(false);
	return item;
}

static struct node *case_command(void)
{
	struct node *n = node(N_CASE, NULL, NULL);
	struct case_item **tail = &n->items;

	next_token();
	n->name = in->word;
	next_token();
	skip_newlines();
	expect_word("in");
	skip_newlines();
	while (!is_word("esac")) {
		*tail = case_item();
		tail = &(*tail)->next;
		if (in->tok == T_DSEMI)
			next_token();
		else if (!is_word("esac"))
			syntax_error("case: expected `;;'");
		skip_newlines();
	}
	next_token();
	return n;
}

static struct node *group(enum node_kind kind)
{
	struct node *n = node(kind, NULL, NULL);

	next_token();
	n->a = body();
	if (kind == N_SUBSHELL) {
		if (in->tok != T_RPAR)
			syntax_error("expected `)'");
		next_token();
	} else {
		expect_word("}");
	}
	return n;
}

static struct node *function(char *name)
{
	struct node *n = node(N_FUNC, NULL, NULL);

	next_token();
	if (in->tok != T_RPAR)
		syntax_error("expected `)'");
	next_token();
	skip_newlines();
	n->name = name;
	n->a = command();
	return n;
}

static struct node *simple(void)
{
	struct node *n = node(N_SIMPLE, NULL, NULL);
	struct word **words = &n->words;
	struct redir **redirs = &n->redirs;

	for (;;) {
		if (in->tok == T_WORD) {
			char *text = in->word;

			next_token();
			if (in->tok == T_LPAR && !n->words)
				return function(text);
			add_word(&words, text);
		} else if (in->tok == T_REDIR) {
			redirection(&redirs);
		} else {
			break;
		}
	}
	if (!n->words && !n->redirs)
		syntax_error("unexpected operator or end of input");
	return n;
}

static struct node *compound(void)
{
	if (in->tok == T_LPAR)
		return group(N_SUBSHELL);
	if (is_word("{"))
		return group(N_BRACE);
	if (is_word("if"))
		return if_command();
	if (is_word("while"))
		return loop_command(N_WHILE);
	if (is_word("until"))
		return loop_command(N_UNTIL);
	if (is_word("for"))
		return for_command();
	if (is_word("case"))
		return case_command();
	return NULL;
}

static struct node *command(void)
{
	struct node *n = compound();

	if (!n) {
		if (ends_list())
			syntax_error(in->tok == T_WORD ? in->word : "unexpected token");
		return simple();
	}
	redirections(n);
	return n;
}

/* ---- lists ---- */
static struct node *pipeline(void)
{
	bool negate = is_word("!");
	struct node *n;

	if (negate)
		next_token();
	n = command();
	if (in->tok == T_PIPE) {
		n = node(N_PIPE, n, NULL);
		for (struct node *last = n; in->tok == T_PIPE; last = last->b) {
			next_token();
			skip_newlines();
			last->b = node(N_PIPE, command(), NULL);
		}
	}
	return negate ? node(N_NOT, n, NULL) : n;
}

static struct node *and_or(void)
{
	struct node *n = pipeline();

	while (in->tok == T_AND || in->tok == T_OR) {
		enum node_kind kind = in->tok == T_AND ? N_AND : N_OR;

		next_token();
		skip_newlines();
		n = node(kind, n, pipeline());
	}
	return n;
}

/* At the top a list ends with its line; inside a compound command it ends at the keyword. */
static struct node *list(bool top)
{
	struct node *n = NULL;

	for (;;) {
		struct node *one = and_or();
		enum tok sep = in->tok;

		if (sep == T_AMP)
			one = node(N_BG, one, NULL);
		n = n ? node(N_SEQ, n, one) : one;
		if (sep != T_AMP && sep != T_SEMI && sep != T_NL)
			break;
		if (top && sep == T_NL)
			return n;
		next_token();
		if (top && in->tok == T_NL)
			return n;
		if (!top)
			skip_newlines();
		if (ends_list())
			break;
	}
	if (top && in->tok != T_EOF)
		syntax_error("unexpected token");
	return n;
}

bool parse_command(struct node **n)
{
	jmp_buf env, *outer = on_error;
	bool more = true;

	*n = NULL;
	on_error = &env;
	in->second = false;
	if (!setjmp(env)) {
		next_token();
		in->second = true;
		if (in->tok == T_EOF)
			more = false;
		else if (in->tok != T_NL)
			*n = list(true);
	} else if (!in->interactive) {
		more = false;
	}
	on_error = outer;
	if (in->pos >= in->buf.len)
		in->pos = in->buf.len = 0;
	return more;
}
