/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sh_glob.c - file name patterns and $((arithmetic))
 *
 * THE QUESTION   Which names match a / b* / ?.c, and what is 2 * (i + 1)?
 *
 * ALWAYS TRUE    G1  a pattern without a match stays as it was typed, without its backslashes.
 *                G2  matches come sorted; names starting with a dot need a dot in the pattern.
 *
 * LEFT OUT       assignment inside arithmetic.
 */
#include <ctype.h>
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sh.h"

/* ---- names ---- */
struct names {
	char **v;
	size_t n;
};

static void names_add(struct names *names, const char *s)
{
	names->v = realloc(names->v, (names->n + 1) * sizeof(*names->v));
	names->v[names->n++] = arena_dup(s, strlen(s));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void plain(char *to, const char *from)
{
	for (; *from; from++) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from;
	}
	*to = 0;
}

/* Matches the path components of @pattern below @dir (which ends in '/' or is empty). */
static void match(struct names *out, const char *dir, const char *pattern)
{
	size_t n = strcspn(pattern, "/");
	char *part = arena_dup(pattern, n);
	const char *rest = pattern + n + strspn(pattern + n, "/");
	DIR *d = opendir(*dir ? dir : ".");
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		char path[4096];
		struct stat st;

		if (fnmatch(part, e->d_name, FNM_PERIOD))
			continue;
		if ((size_t)snprintf(path, sizeof(path) - 1, "%s%s", dir, e->d_name) >=
		    sizeof(path) - 1)
			continue;
		if (!pattern[n]) {
			names_add(out, path);
		} else if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
			strcat(path, "/");
			if (*rest)
				match(out, path, rest);
			else
				names_add(out, path);
		}
	}
	closedir(d);
}

void glob_field(const char *pattern, struct word ***tail)
{
	struct names names = { 0 };

	match(&names, *pattern == '/' ? "/" : "", pattern + strspn(pattern, "/"));
	if (!names.n) {
		char *copy = arena_dup(pattern, strlen(pattern));

		plain(copy, pattern);
		names_add(&names, copy);
	}
	qsort(names.v, names.n, sizeof(*names.v), by_name);
	for (size_t i = 0; i < names.n; i++) {
		struct word *w = arena_alloc(sizeof(*w));

		w->text = names.v[i];
		**tail = w;
		*tail = &w->next;
	}
	free(names.v);
}

/* ---- arithmetic: a number for each level of binding, loosest first ---- */
static const char *pos;

static const struct {
	char op[3];
	int level;
} ops[] = {
	{ "||", 0 }, { "&&", 1 }, { "==", 5 }, { "!=", 5 }, { "<=", 6 }, { ">=", 6 }, { "<<", 7 },
	{ ">>", 7 }, { "<", 6 },  { ">", 6 },  { "|", 2 },  { "^", 3 },  { "&", 4 },  { "+", 8 },
	{ "-", 8 },  { "*", 9 },  { "/", 9 },  { "%", 9 },
};

static long binary(int level);

static long primary(void)
{
	long v;

	pos += strspn(pos, " \t\n");
	switch (*pos) {
	case '(':
		pos++;
		v = binary(0);
		pos += strspn(pos, " \t\n");
		pos += *pos == ')';
		return v;
	case '-':
		pos++;
		return -primary();
	case '+':
		pos++;
		return primary();
	case '!':
		pos++;
		return !primary();
	case '~':
		pos++;
		return ~primary();
	}
	if (isdigit((unsigned char)*pos))
		return strtol(pos, (char **)&pos, 0);
	if (name_length(pos)) {
		size_t n = name_length(pos);
		const char *value = var_get(arena_dup(pos, n));

		pos += n;
		return value ? strtol(value, NULL, 0) : 0;
	}
	if (*pos)
		fprintf(stderr, "sh: arithmetic: unexpected `%s'\n", pos);
	pos += strlen(pos);
	return 0;
}

static long apply(const char *op, long a, long b)
{
	if ((*op == '/' || *op == '%') && (b == 0 || b == -1)) {
		if (b == 0)
			fprintf(stderr, "sh: arithmetic: division by zero\n");
		return b && *op == '/' ? (long)-(unsigned long)a : 0;
	}
	switch (op[0] << 8 | op[1]) {
	case '|' << 8 | '|': return a || b;
	case '&' << 8 | '&': return a && b;
	case '=' << 8 | '=': return a == b;
	case '!' << 8 | '=': return a != b;
	case '<' << 8 | '=': return a <= b;
	case '>' << 8 | '=': return a >= b;
	case '<' << 8 | '<': return (unsigned long)a << (b & 63);
	case '>' << 8 | '>': return a >> (b & 63);
	case '<' << 8: return a < b;
	case '>' << 8: return a > b;
	case '|' << 8: return a | b;
	case '^' << 8: return a ^ b;
	case '&' << 8: return a & b;
	case '+' << 8: return (unsigned long)a + b;
	case '-' << 8: return (unsigned long)a - b;
	case '*' << 8: return (unsigned long)a * b;
	case '/' << 8: return a / b;
	default: return a % b;
	}
}

static long binary(int level)
{
	long v = primary();

	for (;;) {
		size_t i, count = sizeof(ops) / sizeof(ops[0]);

		pos += strspn(pos, " \t\n");
		for (i = 0; i < count; i++)
			if (!strncmp(pos, ops[i].op, strlen(ops[i].op)))
				break;
		if (i == count || ops[i].level < level)
			return v;
		pos += strlen(ops[i].op);
		v = apply(ops[i].op, v, binary(ops[i].level + 1));
	}
}

long arith(const char *text)
{
	const char *outer = pos;
	long v;

	pos = text;
	v = *text ? binary(0) : 0;
	pos = outer;
	return v;
}
