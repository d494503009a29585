/* SPDX-License-Identifier: MIT */
/*
 * user/bin/procs.c - programs that read /proc: ps and vmmap
 *
 * THE QUESTION   Which processes are there, and how much of each mapping is in memory?
 *
 * ps reads /proc/PID/stat and cmdline; vmmap reads /proc/PID/smaps, and falls back to maps (with
 * resident pages counted from pagemap) where the kernel offers no smaps.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools.h"

/* ---- ps ---- */
static size_t slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	n = n < 0 ? 0 : n;
	buf[n] = 0;
	return n;
}

/* The command line with its zero bytes as spaces, or [name] when it has none. */
static void command(const char *pid, const char *comm, char *out, size_t size)
{
	char path[64];
	size_t n;

	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	n = slurp(path, out, size);
	for (size_t i = 0; i + 1 < n; i++)
		if (!out[i])
			out[i] = ' ';
	if (!n)
		snprintf(out, size, "[%s]", comm);
}

static void ps_line(const char *pid)
{
	char path[64], stat[1024], cmd[256], state;
	char *open, *close;
	int ppid, pgrp, session, threads;
	unsigned long long utime, stime, start;
	unsigned long vsize;
	long rss;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	if (!slurp(path, stat, sizeof(stat)))
		return;
	open = strchr(stat, '(');
	close = strrchr(stat, ')');
	if (!open || !close)
		return;
	*close = 0;
	if (sscanf(close + 2, "%c %d %d %d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d "
			      "%d %*d %llu %lu %ld", &state, &ppid, &pgrp, &session, &utime, &stime,
		   &threads, &start, &vsize, &rss) != 10)
		return;
	command(pid, open + 1, cmd, sizeof(cmd));
	printf("%5s %5d %5d %5d %c %3d %8lu %8ld %6llu.%02llu %s\n", pid, ppid, pgrp, session,
	       state, threads, vsize / 1024, rss * (sysconf(_SC_PAGESIZE) / 1024),
	       (utime + stime) / 100, (utime + stime) % 100, cmd);
}

static int is_pid(const struct dirent *e)
{
	return isdigit((unsigned char)e->d_name[0]);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	return atoi((*a)->d_name) - atoi((*b)->d_name);
}

int tool_ps(int argc, char **argv)
{
	struct dirent **e;
	int n = scandir("/proc", &e, is_pid, by_number);

	(void)argc;
	(void)argv;
	if (n < 0)
		return complain("ps", "/proc");
	printf("%5s %5s %5s %5s S %3s %8s %8s %9s COMMAND\n", "PID", "PPID", "PGRP", "SESS", "THR",
	       "VSZ", "RSS", "TIME");
	for (int i = 0; i < n; i++) {
		ps_line(e[i]->d_name);
		free(e[i]);
	}
	free(e);
	return 0;
}

/* ---- vmmap ---- */
struct mapping {
	uint64_t start, end;
	char perms[8], name[128];
	unsigned long rss, shared, private_dirty, anonymous, swap;
	bool known;		/* the kernel told the page facts */
};

static struct mapping total;

static void print_mapping(const struct mapping *m)
{
	printf("%012" PRIx64 "-%012" PRIx64 " %s %8" PRIu64, m->start, m->end, m->perms,
	       (m->end - m->start) / 1024);
	if (m->known)
		printf(" %8lu %8lu %8lu %8lu", m->rss, m->shared, m->private_dirty, m->anonymous);
	else
		printf(" %8s %8s %8s %8s", "-", "-", "-", "-");
	printf("  %s\n", m->name);
	total.end += m->end - m->start;
	total.rss += m->rss;
	total.shared += m->shared;
	total.private_dirty += m->private_dirty;
	total.anonymous += m->anonymous;
	total.known |= m->known;
}

static bool header(const char *line, struct mapping *m)
{
	struct mapping n = { 0 };

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s %127[^\n]", &n.start, &n.end,
		   n.perms, n.name) < 3)
		return false;
	*m = n;
	return true;
}

static void fact(const char *line, struct mapping *m)
{
	const struct {
		const char *key;
		unsigned long *to;
	} keys[] = {
		{ "Rss:", &m->rss },		   { "Shared_Clean:", &m->shared },
		{ "Shared_Dirty:", &m->shared },   { "Private_Dirty:", &m->private_dirty },
		{ "Anonymous:", &m->anonymous },   { "Swap:", &m->swap },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t n = strlen(keys[i].key);

		if (!strncmp(line, keys[i].key, n)) {
			*keys[i].to += strtoul(line + n, NULL, 10);
			m->known = true;
		}
	}
}

/* Without smaps: counts present pages (bit 63 of each 64-bit entry) in pagemap. */
static void count_present(int pagemap, struct mapping *m)
{
	uint64_t page = sysconf(_SC_PAGESIZE), e;

	for (uint64_t a = m->start; pagemap >= 0 && a < m->end; a += page) {
		if (pread(pagemap, &e, sizeof(e), a / page * sizeof(e)) != sizeof(e))
			return;
		m->known = true;
		if (e >> 63)
			m->rss += page / 1024;
	}
}

static FILE *proc_file(const char *pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	return fopen(path, "r");
}

static void print_all(FILE *f, int pagemap)
{
	struct mapping m = { 0 };
	bool have = false;
	char line[512];

	while (fgets(line, sizeof(line), f)) {
		struct mapping next;

		if (!header(line, &next)) {
			fact(line, &m);
			continue;
		}
		if (have)
			print_mapping(&m);
		m = next;
		have = true;
		count_present(pagemap, &m);
	}
	if (have)
		print_mapping(&m);
}

int tool_vmmap(int argc, char **argv)
{
	const char *pid = argc > 1 ? argv[1] : "self";
	FILE *f = proc_file(pid, "smaps"), *p = NULL;

	if (!f) {
		f = proc_file(pid, "maps");
		p = proc_file(pid, "pagemap");
	}
	if (!f)
		return complain("vmmap", pid);
	total = (struct mapping){ 0 };
	printf("%-25s %s %8s %8s %8s %8s %8s  %s\n", "ADDRESS", "PERM", "KiB", "RSS", "SHARED",
	       "DIRTY", "ANON", "WHAT");
	print_all(f, p ? fileno(p) : -1);
	printf("%-30s %8" PRIu64 " %8lu %8lu %8lu %8lu  total\n", "", total.end / 1024, total.rss,
	       total.shared, total.private_dirty, total.anonymous);
	fclose(f);
	if (p)
		fclose(p);
	return 0;
}
