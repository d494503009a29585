/* SPDX-License-Identifier: MIT */
/*
 * kernel/exec_script.c - programs that name their interpreter: #!
 *
 *	#!/bin/sh -e            execve("/x/script", {"script", "a"})
 *	                  ->    execve("/bin/sh", {"/bin/sh", "-e", "/x/script", "a"})
 *
 * The first line is cut at EXEC_HEAD_SIZE bytes; a name that may have been cut is ENOEXEC, as in Linux
 * (execve(2), "Interpreter scripts"). All words behind the name are one argument. An interpreter may be
 * a script itself, MAX_SCRIPT_DEPTH deep: then ELOOP.
 */
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/fcntl.h>
#include "exec_internal.h"

bool script_recognise(const struct binprm *b)
{
	return b->head[0] == '#' && b->head[1] == '!';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cut the line into the interpreter's name and at most one argument; -ENOEXEC if there is no name. */
static int parse_line(char *line, char **name, char **arg)
{
	char *end = memchr(line, '\n', EXEC_HEAD_SIZE), *p = line + 2, *last = line + EXEC_HEAD_SIZE - 1;
	bool whole = end != NULL;

	if (!end) {		/* the last byte only tells whether a word ends before it */
		end = line + strnlen(line, EXEC_HEAD_SIZE - 1);
		whole = end < last || !*last || is_blank(*last);
	}
	while (end > p && is_blank(end[-1])) {
		end--;
		whole = true;
	}
	*end = '\0';
	while (is_blank(*p))
		p++;
	if (!*p)
		return -ENOEXEC;
	*name = p;
	while (*p && !is_blank(*p))
		p++;
	if (!*p && !whole)
		return -ENOEXEC;	/* the name goes on behind the part that was read */
	*arg = NULL;
	if (*p) {
		*p++ = '\0';
		while (is_blank(*p))
			p++;
		*arg = p;
	}
	return 0;
}

/* The words so far move back by @n; the first of them, the script's name for itself, is dropped. */
static int make_room(struct binprm *b, unsigned int n)
{
	unsigned int keep;

	if (b->nr_words) {
		keep = b->nr_words - 1;
		if (keep + n > MAX_SCRIPT_WORDS)
			return -ELOOP;
		kfree(b->words[0]);
		memmove(&b->words[n], &b->words[1], keep * sizeof(char *));
	} else {
		keep = 0;
		b->drop_argv0 = true;
	}
	memset(b->words, 0, n * sizeof(char *));
	b->nr_words = keep + n;
	return 0;
}

static int put_words(struct binprm *b, const char *name, const char *arg, const char *script)
{
	unsigned int n = 0;
	char *copy = kstrdup(script, GFP_KERNEL);	/* may be the word that make_room() frees */
	int err;

	if (!copy)
		return -ENOMEM;
	err = make_room(b, arg ? 3 : 2);
	if (err) {
		kfree(copy);
		return err;
	}
	b->words[n] = kstrdup(name, GFP_KERNEL);
	if (!b->words[n++])
		err = -ENOMEM;
	if (arg) {
		b->words[n] = kstrdup(arg, GFP_KERNEL);
		if (!b->words[n++])
			err = -ENOMEM;
	}
	b->words[n] = copy;
	return err;
}

int script_load(struct binprm *b)
{
	char line[EXEC_HEAD_SIZE + 1], *name, *arg;
	struct file *interpreter;
	int err;

	if (++b->script_depth > MAX_SCRIPT_DEPTH)
		return -ELOOP;
	memcpy(line, b->head, EXEC_HEAD_SIZE);
	line[EXEC_HEAD_SIZE] = '\0';
	err = parse_line(line, &name, &arg);
	if (!err)
		err = exec_open(AT_FDCWD, name, 0, &interpreter);
	if (err)
		return err;
	err = put_words(b, name, arg, b->nr_words ? b->words[0] : b->filename);
	file_put(b->file);
	b->file = interpreter;
	return err;
}
