/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sh_expand.c - from raw words to the arguments a program gets
 *
 * THE QUESTION   What do $x, ${x:-y}, $(...), `...`, $((...)), ~, quotes and * become, and
 *                where does one word turn into several?
 *
 * THE PICTURE    raw text --expand()--> characters, each with a class --split()--> fields --> glob
 *
 *                class   from                      splits at IFS   is a glob character
 *                PLAIN   the text itself           no              yes
 *                QUOTED  inside quotes             no              no
 *                VALUE   an unquoted expansion     yes             yes
 *                EMPTY   "" (keeps the field)      -               -
 *                BREAK   between "$1" and "$2"     always          -
 *
 * LEFT OUT       nested quotes inside ${x:-"a b"} keep their spaces only as one VALUE.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sh.h"

enum class { PLAIN, QUOTED, VALUE, EMPTY, BREAK };
struct text {
	struct str chars, classes;
};

static void put(struct text *t, char c, enum class class)
{
	str_add(&t->chars, c);
	str_add(&t->classes, class);
}

static void put_string(struct text *t, const char *s, enum class class)
{
	for (; s && *s; s++)
		put(t, *s, class);
}

static void text_free(struct text *t)
{
	free(t->chars.s);
	free(t->classes.s);
}

static const char *expand(struct text *t, const char *s, bool quoted);

/* ---- parameters ---- */
static void put_args(struct text *t, bool at, bool quoted)
{
	for (int i = 0; i < sh.nargs; i++) {
		if (i > 0 && quoted && !at)
			put(t, ' ', QUOTED);
		else if (i > 0)
			put(t, ' ', BREAK);
		if (quoted && !*sh.args[i])
			put(t, ' ', EMPTY);
		put_string(t, sh.args[i], quoted ? QUOTED : VALUE);
	}
}

static const char *special(char c)
{
	static char buf[32];
	long value;

	switch (c) {
	case '?':
		value = sh.status;
		break;
	case '$':
		value = sh.pid;
		break;
	case '#':
		value = sh.nargs;
		break;
	case '!':
		if (!sh.last_bg)
			return "";
		value = sh.last_bg;
		break;
	default:
		return "";
	}
	snprintf(buf, sizeof(buf), "%ld", value);
	return buf;
}

static const char *parameter(const char *name, size_t n)
{
	char buf[256];

	if (isdigit((unsigned char)*name)) {
		int i = atoi(name);

		return i == 0 ? sh.name : i <= sh.nargs ? sh.args[i - 1] : NULL;
	}
	if (n == 1 && strchr("?$#!-", *name))
		return special(*name);
	if (n >= sizeof(buf))
		return NULL;
	memcpy(buf, name, n);
	buf[n] = 0;
	return var_get(buf);
}

static size_t parameter_length(const char *s)
{
	size_t n = 0;

	if (*s && strchr("?$#!@*-", *s))
		return 1;
	if (isdigit((unsigned char)*s)) {
		while (isdigit((unsigned char)s[n]))
			n++;
		return n;
	}
	return name_length(s);
}

/* ${x#p} ${x##p} ${x%p} ${x%%p}: cuts the shortest or longest match of @pat. */
static char *trim(const char *value, const char *pat, bool front, bool longest)
{
	size_t n = strlen(value);

	for (size_t k = 0; k <= n; k++) {
		size_t cut = longest ? n - k : k;
		char *part = front ? arena_dup(value, cut) : arena_dup(value + n - cut, cut);

		if (!fnmatch(pat, part, 0))
			return front ? arena_dup(value + cut, n - cut) : arena_dup(value, n - cut);
	}
	return arena_dup(value, n);
}

static void default_value(struct text *t, const char *name, size_t n, char op, const char *value,
			  const char *word, bool quoted)
{
	if (op == '+') {
		if (value)
			expand(t, word, quoted);
	} else if (value) {
		put_string(t, value, quoted ? QUOTED : VALUE);
	} else if (op == '-') {
		expand(t, word, quoted);
	} else if (op == '=') {
		char *w = expand_one(word);

		var_set(arena_dup(name, n), w, false);
		put_string(t, w, quoted ? QUOTED : VALUE);
	} else {
		fprintf(stderr, "sh: %.*s: %s\n", (int)n, name, *word ? word : "not set");
		if (!sh.interactive)
			shell_exit(1);
	}
}

/* @s is what stands between the braces of ${...}. */
static void braces(struct text *t, char *s, bool quoted)
{
	enum class class = quoted ? QUOTED : VALUE;
	const char *value, *op;
	char buf[24];
	size_t n;

	if (*s == '#' && s[1]) {
		value = parameter(s + 1, strlen(s + 1));
		snprintf(buf, sizeof(buf), "%zu", value ? strlen(value) : 0);
		put_string(t, buf, class);
		return;
	}
	n = parameter_length(s);
	op = s + n;
	if (n == 1 && (*s == '@' || *s == '*') && !*op) {
		put_args(t, *s == '@', quoted);
		return;
	}
	value = parameter(s, n);
	if (!*op) {
		put_string(t, value, class);
	} else if (*op == '#' || *op == '%') {
		bool longest = op[1] == op[0];
		char *pat = expand_pattern(op + 1 + longest);

		put_string(t, trim(value ? value : "", pat, *op == '#', longest), class);
	} else {
		if (*op == ':' && value && !*value)
			value = NULL;
		op += *op == ':';
		default_value(t, s, n, *op, value, op + (*op != 0), quoted);
	}
}

/* ---- $ ---- */
static size_t closing(const char *s, char open, char close)
{
	size_t i = 0;

	for (int depth = 1; s[i]; i++) {
		if (s[i] == '\\' && s[i + 1]) {
			i++;
		} else if (s[i] == '\'' || s[i] == '"') {
			const char *end = strchr(s + i + 1, s[i]);

			if (end)
				i = end - s;
		} else if (s[i] == close && --depth == 0) {
			break;
		} else if (s[i] == open) {
			depth++;
		}
	}
	return i;
}

static void put_capture(struct text *t, const char *command, bool quoted)
{
	char *out = capture(command);

	put_string(t, out, quoted ? QUOTED : VALUE);
	free(out);
}

static const char *dollar(struct text *t, const char *s, bool quoted)
{
	enum class class = quoted ? QUOTED : VALUE;
	size_t n;

	if (*s == '(') {
		n = closing(s + 1, '(', ')');
		if (s[1] == '(' && n > 1 && s[n] == ')') {
			char buf[24], *sum = expand_one(arena_dup(s + 2, n - 2));

			snprintf(buf, sizeof(buf), "%ld", arith(sum));
			put_string(t, buf, class);
		} else {
			put_capture(t, arena_dup(s + 1, n), quoted);
		}
		return s + n + (s[n + 1] ? 2 : 1);
	}
	if (*s == '{') {
		n = closing(s + 1, '{', '}');
		braces(t, arena_dup(s + 1, n), quoted);
		return s + n + (s[n + 1] ? 2 : 1);
	}
	if (*s == '@' || *s == '*') {
		put_args(t, *s == '@', quoted);
		return s + 1;
	}
	n = isdigit((unsigned char)*s) ? 1 : parameter_length(s);
	if (!n) {
		put(t, '$', quoted ? QUOTED : PLAIN);
		return s;
	}
	put_string(t, parameter(s, n), class);
	return s + n;
}

/* `command`: a backslash protects $ ` and itself. */
static const char *backquote(struct text *t, const char *s, bool quoted)
{
	struct str b = { 0 };

	str_adds(&b, "", 0);
	for (; *s && *s != '`'; s++) {
		if (*s == '\\' && s[1] && strchr("$`\\", s[1]))
			s++;
		str_add(&b, *s);
	}
	put_capture(t, b.s, quoted);
	free(b.s);
	return *s ? s + 1 : s;
}

/* ---- one word ---- */
static const char *single_quotes(struct text *t, const char *s)
{
	if (*s == '\'')
		put(t, ' ', EMPTY);
	while (*s && *s != '\'')
		put(t, *s++, QUOTED);
	return *s ? s + 1 : s;
}

static const char *double_quotes(struct text *t, const char *s)
{
	if (*s == '"')
		put(t, ' ', EMPTY);
	s = expand(t, s, true);
	return *s ? s + 1 : s;
}

/* Expands up to the end, or inside quotes up to the closing quote; returns where it stopped. */
static const char *expand(struct text *t, const char *s, bool quoted)
{
	while (*s && !(quoted && *s == '"')) {
		char c = *s++;

		if (c == '\\' && *s && (!quoted || strchr("$`\"\\", *s)))
			put(t, *s++, QUOTED);
		else if (c == '\'' && !quoted)
			s = single_quotes(t, s);
		else if (c == '"')
			s = double_quotes(t, s);
		else if (c == '$')
			s = dollar(t, s, quoted);
		else if (c == '`')
			s = backquote(t, s, quoted);
		else
			put(t, c, quoted ? QUOTED : PLAIN);
	}
	return s;
}

static void expand_word(struct text *t, const char *s)
{
	if (*s == '~' && (!s[1] || s[1] == '/') && var_get("HOME")) {
		put_string(t, var_get("HOME"), QUOTED);
		s++;
	}
	expand(t, s, false);
}

/* ---- fields ---- */
static void add_field(struct word ***tail, struct str *field, bool globs)
{
	struct word *w;

	if (globs) {
		glob_field(field->s, tail);
		return;
	}
	w = arena_alloc(sizeof(*w));
	w->text = arena_alloc(field->len + 1);
	for (char *from = field->s, *to = w->text; *from; from++) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from;
	}
	**tail = w;
	*tail = &w->next;
}

/* A field is gathered with its quoted glob characters backslashed; add_field() undoes that. */
static void split(const struct text *t, struct word ***tail)
{
	const char *ifs = var_get("IFS");
	struct str field = { 0 };
	bool open = false, globs = false;

	if (!ifs)
		ifs = " \t\n";
	for (size_t i = 0; i < t->chars.len; i++) {
		enum class class = t->classes.s[i];
		char c = t->chars.s[i];

		if (class == BREAK || (class == VALUE && strchr(ifs, c))) {
			if (open)
				add_field(tail, &field, globs);
			open = globs = false;
			field.len = 0;
			continue;
		}
		open = true;
		str_adds(&field, "", 0);
		if (class == EMPTY)
			continue;
		if (class != QUOTED && strchr("*?[", c))
			globs = true;
		if (c == '\\' || (class == QUOTED && strchr("*?[]", c)))
			str_add(&field, '\\');
		str_add(&field, c);
	}
	if (open)
		add_field(tail, &field, globs);
	free(field.s);
}

char **expand_words(const struct word *w, int *argc)
{
	struct word *fields = NULL, **tail = &fields;
	char **argv;
	int n = 0;

	for (; w; w = w->next) {
		struct text t = { 0 };

		expand_word(&t, w->text);
		split(&t, &tail);
		text_free(&t);
	}
	for (w = fields; w; w = w->next)
		n++;
	argv = arena_alloc((n + 2) * sizeof(*argv));
	*argc = n;
	for (n = 0, w = fields; w; w = w->next)
		argv[n++] = w->text;
	return argv;
}

static char *join(struct text *t, bool pattern)
{
	struct str b = { 0 };
	char *copy;

	for (size_t i = 0; i < t->chars.len; i++) {
		if (t->classes.s[i] == EMPTY)
			continue;
		if (pattern && t->classes.s[i] == QUOTED && strchr("*?[]\\", t->chars.s[i]))
			str_add(&b, '\\');
		str_add(&b, t->chars.s[i]);
	}
	copy = arena_dup(b.s ? b.s : "", b.len);
	free(b.s);
	text_free(t);
	return copy;
}

char *expand_one(const char *s)
{
	struct text t = { 0 };

	expand_word(&t, s);
	return join(&t, false);
}

char *expand_pattern(const char *s)
{
	struct text t = { 0 };

	expand_word(&t, s);
	return join(&t, true);
}

/* The body of a here-document: like double quotes, but a quote is an ordinary character. */
char *expand_here(const char *s)
{
	struct text t = { 0 };

	while (*s) {
		s = expand(&t, s, true);
		if (*s)
			put(&t, *s++, QUOTED);
	}
	return join(&t, false);
}
