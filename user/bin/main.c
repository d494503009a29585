/* SPDX-License-Identifier: MIT */
/*
 * user/bin/main.c - one static binary, many programs
 *
 * THE QUESTION   Which program is meant? The last part of argv[0], or, when the binary is called
 *                by its own name, the first argument. `verso-tools --list' prints all names (the
 *                image builder makes a link for each), `--help' prints them with a line of help.
 *
 * WHY ONE        a static program carries 700 KiB of C library; thirty of them would not fit in
 *                the default image.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools.h"

static const struct {
	const char *name;
	tool_fn *fn;
	const char *help;
} table[] = {
#define TOOL_ROW(name, help) { #name, tool_##name, help },
	TOOLS(TOOL_ROW)
#undef TOOL_ROW
};

tool_fn *tool_find(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].name, name))
			return table[i].fn;
	return NULL;
}

int complain(const char *name, const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", name, what, strerror(errno));
	return 1;
}

static int list(int with_help)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (with_help)
			printf("%-9s %s\n", table[i].name, table[i].help);
		else
			puts(table[i].name);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = argc > 0 ? argv[0] : "verso-tools";
	const char *slash = strrchr(name, '/');
	tool_fn *fn;

	name = slash ? slash + 1 : name;
	if (*name == '-')
		name++;
	fn = tool_find(name);
	if (!fn && argc > 1) {
		if (!strcmp(argv[1], "--list"))
			return list(0);
		fn = tool_find(argv[1]);
		argc--;
		argv++;
	}
	if (!fn) {
		printf("usage: verso-tools PROGRAM [ARG...]; the programs are:\n");
		return list(1) + (argc > 1);
	}
	return fn(argc, argv);
}
