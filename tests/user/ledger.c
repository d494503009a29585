/* SPDX-License-Identifier: MIT */
/*
 * tests/user/ledger.c - did all memory come back? Asked before and after tests, where /proc/ledger exists
 *
 * What a quiet machine may keep that it did not have before, in pages: see may_grow[]. Everything else
 * that grew leaked. Linux has no ledger: nothing is checked there.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utest.h"

#define SETTLE_MS	5000

/* Classes that may be larger after tests than before; all others may not grow by a page. */
static const struct { const char *name; long pages; } may_grow[] = {
	{ "free: buddy lists", 1L << 40 }, { "free: per-CPU lists", 1L << 40 },
	{ "total", 1L << 40 },		/* the initramfs' last pages join the allocator */
	{ "slab objects", 256 },	/* names, inodes: caches; slabs that one living object keeps */
	{ "page tables", 256 },		/* the kernel's are kept for the next stack or mapping */
	{ "kernel stacks", 256 },	/* a few per CPU wait for the next thread */
	{ "anonymous", 32 },		/* the test program's own memory */
};

void visit_each_cpu(void)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
	}
	sched_setaffinity(0, sizeof(all), &all);
}

/* One line: a name of 22 characters, and what was counted. */
static void parse_line(struct ledger *l, const char *line)
{
	struct ledger_line *e = &l->line[l->n];

	if (!strncmp(line, "pages ", 6))
		return;
	if (strlen(line) < 33 || !strncmp(line, "off:", 4) || l->n == LEDGER_LINES) {
		snprintf(l->verdict, sizeof(l->verdict), "%s", line);
		return;
	}
	snprintf(e->name, sizeof(e->name), "%.22s", line);
	for (size_t i = strlen(e->name); i > 0 && e->name[i - 1] == ' '; i--)
		e->name[i - 1] = 0;
	e->pages = atol(line + 22);
	l->n++;
}

static bool read_once(struct ledger *l)
{
	static char text[4096];
	int fd = open("/proc/ledger", O_RDWR);
	ssize_t n;

	l->n = 0;
	if (fd < 0)
		return false;
	n = write(fd, "1", 1) == 1 ? pread(fd, text, sizeof(text) - 1, 0) : -1;
	close(fd);
	if (n <= 0)
		return false;
	text[n] = 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		parse_line(l, line);
	return true;
}

bool ledger_read(struct ledger *l)
{
	visit_each_cpu();
	return read_once(l);
}

static long allowed(const char *name)
{
	for (size_t i = 0; i < sizeof(may_grow) / sizeof(may_grow[0]); i++)
		if (!strcmp(may_grow[i].name, name))
			return may_grow[i].pages;
	return 0;
}

/* What is wrong with @now, as text; "" when nothing is. */
static void complain(const struct ledger *before, const struct ledger *now, char *text, size_t size)
{
	size_t n = 0;

	text[0] = 0;
	if (strcmp(now->verdict, "balanced"))
		n = snprintf(text, size, "%s;", now->verdict);
	for (int i = 0; i < now->n && n < size; i++)
		if (now->line[i].pages > before->line[i].pages + allowed(now->line[i].name))
			n += snprintf(text + n, size - n, " %s: %ld pages before, %ld now;", now->line[i].name,
				      before->line[i].pages, now->line[i].pages);
}

bool ledger_compare(const struct ledger *before, char *text, size_t size)
{
	struct ledger now;

	for (int ms = 0;; ms += 50) {
		if (!ledger_read(&now)) {
			snprintf(text, size, "/proc/ledger cannot be read any more");
			return false;
		}
		complain(before, &now, text, size);
		if (!*text || ms >= SETTLE_MS)
			return !*text;
		sleep_ms(50);
	}
}

/* Who took the pages: the first groups of /proc/page_owner, on kernels that know. */
static void print_owners(void)
{
	FILE *f = fopen("/proc/page_owner", "r");
	char line[256];

	for (int i = 0; f && i < 100 && fgets(line, sizeof(line), f); i++)
		printf("# %s", line);
	if (f)
		fclose(f);
}

/* One line, which scripts/test.py repeats. */
static void print_change(const struct ledger *before)
{
	struct ledger now;

	if (!ledger_read(&now))
		return;
	printf("# ledger: %s", now.verdict);
	for (int i = 0; i < now.n; i++)
		if (now.line[i].pages != before->line[i].pages)
			printf(", %s %+ld", now.line[i].name, now.line[i].pages - before->line[i].pages);
	putchar('\n');
}

bool ledger_verdict(const struct ledger *before, int number)
{
	char text[512];
	bool ok = ledger_compare(before, text, sizeof(text));

	if (!ok) {
		printf("# %s\n", text);
		print_owners();
	}
	printf("%sok %d - ledger_balances_after_all_tests\n", ok ? "" : "not ", number);
	print_change(before);
	return ok;
}
