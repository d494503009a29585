/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sh_test.c - test and [: questions about files, strings and numbers; and printf
 *
 * THE PICTURE    or = and { -o and };  and = not { -a not };  not = ! not | ( or ) | primary
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sh.h"

static char **arg, **end;
static bool bad;

static bool question(void);

static bool file_test(char op, const char *name)
{
	struct stat st;

	if (op == 'h' || op == 'L')
		return !lstat(name, &st) && S_ISLNK(st.st_mode);
	if (op == 'r' || op == 'w' || op == 'x')
		return !access(name, op == 'r' ? R_OK : op == 'w' ? W_OK : X_OK);
	if (stat(name, &st))
		return false;
	switch (op) {
	case 'f': return S_ISREG(st.st_mode);
	case 'd': return S_ISDIR(st.st_mode);
	case 'p': return S_ISFIFO(st.st_mode);
	case 'b': return S_ISBLK(st.st_mode);
	case 'c': return S_ISCHR(st.st_mode);
	case 's': return st.st_size > 0;
	default: return true;
	}
}

static bool unary(char op, const char *s)
{
	switch (op) {
	case 'n': return *s;
	case 'z': return !*s;
	case 't': return isatty(atoi(s));
	default: return file_test(op, s);
	}
}

static const char *const binaries[] = { "=", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "==" };

static int binary_op(const char *s)
{
	for (size_t i = 0; i < sizeof(binaries) / sizeof(binaries[0]); i++)
		if (!strcmp(s, binaries[i]))
			return i;
	return -1;
}

static long number(const char *s)
{
	char *rest;
	long v = strtol(s, &rest, 10);

	if (rest == s || *rest) {
		fprintf(stderr, "test: %s: not a number\n", s);
		bad = true;
	}
	return v;
}

static bool compare(int op, const char *a, const char *b)
{
	long x, y;

	if (op <= 1 || op == 8)
		return (strcmp(a, b) == 0) == (op != 1);
	x = number(a);
	y = number(b);
	switch (op) {
	case 2: return x == y;
	case 3: return x != y;
	case 4: return x < y;
	case 5: return x <= y;
	case 6: return x > y;
	default: return x >= y;
	}
}

static bool primary(void)
{
	if (end - arg >= 3 && binary_op(arg[1]) >= 0) {
		arg += 3;
		return compare(binary_op(arg[-2]), arg[-3], arg[-1]);
	}
	if (end - arg >= 2 && arg[0][0] == '-' && arg[0][1] && !arg[0][2] &&
	    strchr("nztfdpbcsehLrwx", arg[0][1])) {
		arg += 2;
		return unary(arg[-2][1], arg[-1]);
	}
	if (arg == end) {
		bad = true;
		return false;
	}
	return **arg++;
}

static bool not(void)
{
	if (end - arg >= 2 && !strcmp(*arg, "!")) {
		arg++;
		return !not();
	}
	if (end - arg >= 3 && !strcmp(*arg, "(")) {
		bool v;

		arg++;
		v = question();
		if (arg == end || strcmp(*arg++, ")"))
			bad = true;
		return v;
	}
	return primary();
}

static bool and(void)
{
	bool v = not();

	while (arg < end && !strcmp(*arg, "-a")) {
		arg++;
		v &= not();
	}
	return v;
}

static bool question(void)
{
	bool v = and();

	while (arg < end && !strcmp(*arg, "-o")) {
		arg++;
		v |= and();
	}
	return v;
}

int bi_test(int argc, char **argv)
{
	bool yes;

	arg = argv + 1;
	end = argv + argc;
	bad = false;
	if (!strcmp(argv[0], "[")) {
		if (argc < 2 || strcmp(argv[argc - 1], "]")) {
			fprintf(stderr, "[: missing ]\n");
			return 2;
		}
		end--;
	}
	if (arg == end)
		return 1;
	yes = question();
	if (arg != end || bad) {
		fprintf(stderr, "%s: cannot make sense of this\n", argv[0]);
		return 2;
	}
	return !yes;
}

/* ---- printf ---- */
static const char *escape(const char *s)
{
	static const char from[] = "abfnrtv\\\"", to[] = "\a\b\f\n\r\t\v\\\"";
	const char *p = *s ? strchr(from, *s) : NULL;

	if (*s >= '0' && *s <= '7') {
		int v = 0;

		for (int i = 0; i < 3 && *s >= '0' && *s <= '7'; i++)
			v = v * 8 + *s++ - '0';
		putchar(v);
		return s;
	}
	putchar(p ? to[p - from] : '\\');
	return p ? s + 1 : s;
}

static void escaped(const char *s)
{
	while (*s) {
		if (*s == '\\')
			s = escape(s + 1);
		else
			putchar(*s++);
	}
}

/* One %-directive at @s (after the %), its argument @a or NULL; returns what follows it. */
static const char *directive(const char *s, const char *a)
{
	size_t n = strspn(s, "-+ #0123456789.");
	char format[32];
	char c = s[n];

	if (n > 20 || !c)
		return s + n;
	if (c == 'b') {
		escaped(a ? a : "");
	} else if (c == 's') {
		snprintf(format, sizeof(format), "%%%.*ss", (int)n, s);
		printf(format, a ? a : "");
	} else if (c == 'c') {
		putchar(a ? *a : 0);
	} else if (strchr("diouxX", c)) {
		snprintf(format, sizeof(format), "%%%.*sj%c", (int)n, s, c);
		printf(format, a ? (intmax_t)strtoll(a, NULL, 0) : (intmax_t)0);
	}
	return s + n + 1;
}

/* The format is used again as long as there are arguments. */
int bi_printf(int argc, char **argv)
{
	int next = 2;

	if (argc < 2)
		return 2;
	do {
		int before = next;

		for (const char *s = argv[1]; *s; ) {
			if (*s == '\\') {
				s = escape(s + 1);
			} else if (*s == '%' && s[1] == '%') {
				putchar('%');
				s += 2;
			} else if (*s == '%') {
				s = directive(s + 1, next < argc ? argv[next] : NULL);
				next++;
			} else {
				putchar(*s++);
			}
		}
		if (next == before)
			break;
	} while (next < argc);
	return 0;
}
