/* SPDX-License-Identifier: MIT */
/*
 * user/bin/text.c - programs that read lines or print names: echo head wc grep ls pwd
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "tools.h"

int tool_echo(int argc, char **argv)
{
	bool newline = argc < 2 || strcmp(argv[1], "-n") != 0;

	for (int i = newline ? 1 : 2; i < argc; i++)
		printf("%s%s", argv[i], i < argc - 1 ? " " : "");
	if (newline)
		putchar('\n');
	return fflush(stdout) ? complain("echo", "write") : 0;
}

int tool_pwd(int argc, char **argv)
{
	char cwd[PATH_MAX];

	(void)argc;
	(void)argv;
	if (!getcwd(cwd, sizeof(cwd)))
		return complain("pwd", ".");
	puts(cwd);
	return 0;
}

/* Calls @fn for each file of the command line, or for standard input. */
static int each_file(int argc, char **argv, int (*fn)(FILE *f, const char *name, void *arg),
		     void *arg)
{
	int status = 0;

	if (argc == 0)
		return fn(stdin, NULL, arg);
	for (int i = 0; i < argc; i++) {
		FILE *f = fopen(argv[i], "r");

		if (!f) {
			complain("open", argv[i]);
			status |= 2;
			continue;
		}
		status |= fn(f, argv[i], arg);
		if (ferror(f)) {
			complain("read", argv[i]);
			status |= 2;
		}
		fclose(f);
	}
	return status;
}

/* ---- head ---- */
static int head_one(FILE *f, const char *name, void *arg)
{
	long left = *(long *)arg;
	int c;

	(void)name;
	while (left > 0 && (c = getc(f)) != EOF) {
		putchar(c);
		left -= c == '\n';
	}
	return 0;
}

int tool_head(int argc, char **argv)
{
	long lines = 10;
	int skip = 1;

	if (argc > 2 && !strcmp(argv[1], "-n")) {
		lines = atol(argv[2]);
		skip = 3;
	} else if (argc > 1 && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1])) {
		lines = atol(argv[1] + 1);
		skip = 2;
	}
	return each_file(argc - skip, argv + skip, head_one, &lines);
}

/* ---- wc ---- */
struct wc {
	bool lines, words, bytes;
};

static int wc_one(FILE *f, const char *name, void *arg)
{
	struct wc *want = arg;
	unsigned long lines = 0, words = 0, bytes = 0;
	bool in_word = false;
	int c;

	while ((c = getc(f)) != EOF) {
		bytes++;
		lines += c == '\n';
		words += !isspace(c) && !in_word;
		in_word = !isspace(c);
	}
	if (want->lines)
		printf(" %7lu", lines);
	if (want->words)
		printf(" %7lu", words);
	if (want->bytes)
		printf(" %7lu", bytes);
	printf(" %s\n", name ? name : "");
	return 0;
}

int tool_wc(int argc, char **argv)
{
	struct wc want = { 0 };
	int opt;

	while ((opt = getopt(argc, argv, "lwc")) != -1) {
		if (opt == '?')
			return 2;
		want.lines |= opt == 'l';
		want.words |= opt == 'w';
		want.bytes |= opt == 'c';
	}
	if (!want.lines && !want.words && !want.bytes)
		want = (struct wc){ true, true, true };
	return each_file(argc - optind, argv + optind, wc_one, &want);
}

/* ---- grep ---- */
struct grep {
	regex_t regex;
	bool invert, number, count, names, found;
};

static int grep_one(FILE *f, const char *name, void *arg)
{
	struct grep *g = arg;
	char *line = NULL;
	size_t cap = 0;
	unsigned long n = 0, hits = 0;
	ssize_t len;

	while ((len = getline(&line, &cap, f)) > 0) {
		n++;
		if (line[len - 1] == '\n')
			line[len - 1] = 0;
		if ((regexec(&g->regex, line, 0, NULL, 0) == 0) == g->invert)
			continue;
		hits++;
		if (g->count)
			continue;
		if (g->names)
			printf("%s:", name);
		if (g->number)
			printf("%lu:", n);
		puts(line);
	}
	if (g->count)
		printf("%lu\n", hits);
	g->found |= hits > 0;
	free(line);
	return 0;
}

int tool_grep(int argc, char **argv)
{
	struct grep g = { 0 };
	int opt, flags = REG_NOSUB | REG_EXTENDED, status;

	while ((opt = getopt(argc, argv, "ivncE")) != -1) {
		if (opt == '?')
			return 2;
		flags |= opt == 'i' ? REG_ICASE : 0;
		g.invert |= opt == 'v';
		g.number |= opt == 'n';
		g.count |= opt == 'c';
	}
	if (optind == argc || regcomp(&g.regex, argv[optind], flags)) {
		fprintf(stderr, "usage: grep [-ivnc] REGEX [FILE...]\n");
		return 2;
	}
	g.names = argc - optind > 2;
	status = each_file(argc - optind - 1, argv + optind + 1, grep_one, &g);
	regfree(&g.regex);
	return status ? status : !g.found;
}

/* ---- ls ---- */
struct ls {
	bool all, details, self, title;
};

static void mode_string(mode_t m, char *s)
{
	static const char letters[] = "rwxrwxrwx";

	s[0] = S_ISDIR(m) ? 'd' : S_ISLNK(m) ? 'l' : S_ISCHR(m) ? 'c' : S_ISBLK(m) ? 'b' :
	       S_ISFIFO(m) ? 'p' : S_ISSOCK(m) ? 's' : '-';
	for (int i = 0; i < 9; i++)
		s[i + 1] = m & (0400 >> i) ? letters[i] : '-';
	if (m & S_ISUID)
		s[3] = 's';
	if (m & S_ISGID)
		s[6] = 's';
	if (m & S_ISVTX)
		s[9] = 't';
	s[10] = 0;
}

static int print_entry(const char *path, const char *name, const struct ls *o)
{
	struct stat st;
	char mode[11], when[32], link[PATH_MAX];
	ssize_t n;

	if (!o->details) {
		puts(name);
		return 0;
	}
	if (lstat(path, &st))
		return complain("ls", path);
	mode_string(st.st_mode, mode);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M", gmtime(&st.st_mtime));
	printf("%s %3lu %4u %4u ", mode, (unsigned long)st.st_nlink, st.st_uid, st.st_gid);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		printf("%4u,%4u", major(st.st_rdev), minor(st.st_rdev));
	else
		printf("%9lld", (long long)st.st_size);
	printf(" %s %s", when, name);
	n = S_ISLNK(st.st_mode) ? readlink(path, link, sizeof(link) - 1) : 0;
	if (n > 0)
		printf(" -> %.*s", (int)n, link);
	putchar('\n');
	return 0;
}

static int ls_dir(const char *dir, const struct ls *o)
{
	struct dirent **e;
	int status = 0, n = scandir(dir, &e, NULL, alphasort);

	if (n < 0)
		return complain("ls", dir);
	if (o->title)
		printf("%s:\n", dir);
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", dir, e[i]->d_name);
		if (o->all || e[i]->d_name[0] != '.')
			status |= print_entry(path, e[i]->d_name, o);
		free(e[i]);
	}
	free(e);
	return status;
}

static int ls_one(const char *path, const struct ls *o)
{
	struct stat st;

	if (lstat(path, &st))
		return complain("ls", path);
	if (S_ISLNK(st.st_mode) && !o->details)
		stat(path, &st);
	if (S_ISDIR(st.st_mode) && !o->self)
		return ls_dir(path, o);
	return print_entry(path, path, o);
}

int tool_ls(int argc, char **argv)
{
	struct ls o = { 0 };
	int opt, status = 0;

	while ((opt = getopt(argc, argv, "ald1")) != -1) {
		if (opt == '?')
			return 2;
		o.all |= opt == 'a';
		o.details |= opt == 'l';
		o.self |= opt == 'd';
	}
	if (optind == argc)
		return ls_one(".", &o);
	o.title = argc - optind > 1;
	for (int i = optind; i < argc; i++)
		status |= ls_one(argv[i], &o);
	return status;
}
