/* SPDX-License-Identifier: MIT */
/*
 * user/bin/callmatrix_proc.c - the files of /proc about memory: reads, writes, seeks; settings and overcommit
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callmatrix.h"

static const char *const files[] = {
	"maps",	     "smaps",	      "smaps_rollup", "pagemap", "mem",	 "clear_refs",
	"oom_score", "oom_score_adj", "status",	      "statm",	 "stat", "numa_maps",
};

/* Many of these numbers are the machine's own: only whether there was something is printed. */
static long sign(long value) { return value == -1 ? -errno : value < 0 ? value : value > 0; }

static void run_proc_files(void)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	static const long offsets[] = { 0, 1, 4, 8, PAGE, INT64_MAX, -1, INT64_MIN };
	char path[64], buf[64];
	struct stat st;

	for (size_t f = 0; f < LENGTH(files); f++) {
		if (!strcmp(files[f], "numa_maps") && linux_since(0, 0) && access("/proc/self/numa_maps", F_OK))
			continue;
		snprintf(path, sizeof(path), "/proc/self/%s", files[f]);
		key("proc %s", files[f]);
		if (!stat(path, &st))
			add(" mode %o size %ld", st.st_mode, (long)st.st_size);
		end();
		for (size_t m = 0; m < LENGTH(modes); m++) {
			int fd = open(path, modes[m]);

			key("proc %s mode %d", files[f], modes[m]);
			if (fd < 0) {
				result(-errno);
				end();
				continue;
			}
			add(" read %ld", sign(read(fd, buf, 8)));
			add(" none %ld", sign(read(fd, buf, 0)));
			add(" bad %ld", sign(CALL(SYS_read, fd, 8, 8)));
			add(" write %ld", sign(write(fd, "x", 1)));
			add(" empty %ld", sign(write(fd, "", 0)));
			add(" bad %ld", sign(CALL(SYS_write, fd, 8, 8)));
			add(" mmap %d",
			    mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0);
			add(" truncate %d", ftruncate(fd, 0) ? errno : 0);
			end();
			for (size_t o = 0; o < LENGTH(offsets); o++) {
				key("proc %s mode %d offset %#lx", files[f], modes[m], offsets[o]);
				add(" seek %ld", sign(lseek(fd, offsets[o], SEEK_SET)));
				if (strcmp(files[f], "mem"))
					add(" pread %ld", sign(pread(fd, buf, 8, offsets[o])));
				end();
			}
			key("proc %s mode %d from the end", files[f], modes[m]);
			add(" %ld", sign(lseek(fd, 0, SEEK_END)));
			add(" %ld", sign(lseek(fd, -8, SEEK_CUR)));
			end();
			close(fd);
		}
	}
}

/* ---- pagemap and mem ---- */
static void run_pagemap(void)
{
	static const unsigned long sizes[] = { 0, 1, 4, 7, 8, 9, 12, 16, 64 };
	uint64_t entries[8];
	int fd = open("/proc/self/pagemap", O_RDONLY);

	map_anon(4, 2, RW, 0);
	map_anon(7, 1, RW, MAP_SHARED);
	for (size_t s = 0; s < LENGTH(sizes); s++)
		for (unsigned long shift = 0; shift < 9; shift += 4) {
			key("pagemap %lu bytes at page 3 + %lu", sizes[s], shift);
			result(pread(fd, entries, sizes[s], (long)(P(3) / PAGE * 8 + shift)) < 0
				       ? -errno
				       : (long)sizes[s]);
			if (sizes[s] == 64 && !shift)
				for (int i = 0; i < 8; i++) /* present, swapped, of a file or shared */
					add(" %d%d%d%s", (int)(entries[i] >> 63), (int)(entries[i] >> 62 & 1),
					    (int)(entries[i] >> 61 & 1),
					    entries[i] & ((1UL << 55) - 1) ? "pfn" : "");
			end();
		}
	for (unsigned long at = 1UL << 20; at;
	     at = at == 1UL << 28 ? 1UL << 48 : at << 1) { /* not between the depths */
		key("pagemap at %#lx", at & ~7UL);
		add(" %ld", sign(pread(fd, entries, 8, (long)at)));
		end();
	}
	arena_clear();
}

/* Would the process itself be refused? Linux forces such access for debuggers, Verso does not. */
static bool forced(unsigned long at, unsigned long length, bool write)
{
	return length && at < P(9) && at + length > P(write ? 7 : 8) && at >= P(4);
}

static void one_mem(int fd, unsigned long at, unsigned long length, bool write)
{
	static char buf[4 * PAGE];
	long value;

	key("mem %s %#lx bytes at %#lx", write ? "write" : "read", length, at);
	map_anon(4, 2, RW, 0);
	map_anon(7, 1, PROT_READ, 0);
	map_anon(8, 1, PROT_NONE, 0);
	map_anon(9, 1, PROT_READ, MAP_SHARED);
	memset(buf, 'W', sizeof(buf));
	value = write ? pwrite(fd, buf, length, (long)at) : pread(fd, buf, length, (long)at);
	result(value < 0 ? -errno : value);
	arena_state(CONTENTS);
	arena_clear();
	end();
}

static void run_mem(void)
{
	static const unsigned long at[] = { P(4), P(5) + 100, P(6), P(3),      P(7),
					    P(8), P(9),	      0,    1UL << 62, P(5) + 4090 };
	static const unsigned long lengths[] = { 0, 1, 10, PAGE, 3 * PAGE };
	int fd = open("/proc/self/mem", O_RDWR);

	for (size_t a = 0; a < LENGTH(at); a++)
		for (size_t l = 0; l < LENGTH(lengths); l++)
			for (int w = 0; w < 2; w++)
				if (!forced(at[a], lengths[l], w))
					one_mem(fd, at[a], lengths[l], w);
}

/* ---- writes to the files of a process ---- */
static void run_proc_writes(void)
{
	static const char *const adj[] = {
		"0",   "1000", "1001", "-1000", "-1001", "500\n", " 7", "7 ",
		"7x",  "x",    "",     "0x10",	"010",	 "+5",	  "-0", "99999999999999999999",
		"5 6",
	};
	static const char *const refs[] = { "0", "1", "2",   "3",  "5",	 "6",	       "-1",
					    "x", "",  "1\n", " 1", "1 ", "99999999999" };
	char buf[32];

	for (size_t i = 0; i < LENGTH(adj); i++) {
		if (!strcmp(adj[i], "-1000") && !alone() && !getuid())
			continue; /* a container's root may not */
		write_text("/proc/self/oom_score_adj", "0");
		key("oom_score_adj '%s'",
		    adj[i][0] && adj[i][strlen(adj[i]) - 1] == '\n' ? "with newline" : adj[i]);
		result(write_text("/proc/self/oom_score_adj", adj[i]));
		if (read_text("/proc/self/oom_score_adj", buf, sizeof(buf)) > 0)
			add(" now %d", atoi(buf));
		end();
	}
	write_text("/proc/self/oom_score_adj", "0");
	for (size_t i = 0; i < LENGTH(refs); i++) {
		key("clear_refs '%s'",
		    refs[i][0] && refs[i][strlen(refs[i]) - 1] == '\n' ? "with newline" : refs[i]);
		result(write_text("/proc/self/clear_refs", refs[i]));
		end();
	}
}

/* ---- settings ---- */
static const char *const settings[] = {
	"overcommit_memory",	"overcommit_ratio",    "overcommit_kbytes", "max_map_count",
	"admin_reserve_kbytes", "user_reserve_kbytes", "min_free_kbytes",
};

static void run_settings_read(void)
{
	char path[64];
	struct stat st;

	for (size_t i = 0; i < LENGTH(settings); i++) {
		snprintf(path, sizeof(path), "/proc/sys/vm/%s", settings[i]);
		key("sysctl %s", settings[i]);
		if (!stat(path, &st))
			add(" mode %o", st.st_mode);
		if (getuid())
			add(" write %ld", write_text(path, "1"));
		end();
	}
}

static void run_settings_write(void)
{
	static const char *const texts[] = {
		"0",   "1",   "2",   "3",  "-1",	 "100",	       "101",
		"200", "201", "x",   "",   " 1",	 "1 ",	       "1x",
		"1\n", "0x1", "010", "+1", "2147483647", "2147483648", "99999999999999999999"
	};
	char path[64], was[64], now[64];

	for (size_t i = 0; i < LENGTH(settings); i++) {
		snprintf(path, sizeof(path), "/proc/sys/vm/%s", settings[i]);
		if (read_text(path, was, sizeof(was)) < 0 || !strcmp(settings[i], "min_free_kbytes"))
			continue;
		for (size_t t = 0; t < LENGTH(texts); t++) {
			long value = write_text(path, texts[t]);

			read_text(path, now, sizeof(now));
			write_text(path, was);
			key("sysctl %s '%s'", settings[i], strchr(texts[t], '\n') ? "1 newline" : texts[t]);
			result(value);
			add(" now %s", strtok(now, "\n"));
			end();
		}
	}
	write_text("/proc/sys/vm/overcommit_memory", "0");
	write_text("/proc/sys/vm/overcommit_ratio", "50");
	write_text("/proc/sys/vm/max_map_count", "65530");
}

/* ---- overcommit: a machine of our own ---- */
static long meminfo(const char *field)
{
	static char text[8192];
	const char *at;

	read_text("/proc/meminfo", text, sizeof(text));
	at = strstr(text, field);
	return at ? atol(at + strlen(field)) : -1;
}

static void one_commit(int mode, long pages, int prot, int flags, const char *what)
{
	long before = meminfo("Committed_AS:"), after;
	long value = CALL(SYS_mmap, P(0), pages * (long)PAGE, prot, flags | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	after = meminfo("Committed_AS:");
	key("overcommit %d: %s", mode, what);
	result(value);
	if (pages == 1000)
		add(" committed %+ld", (after - before) / 4);
	munmap((void *)P(0), (size_t)pages * PAGE);
	add(" after %+ld", (meminfo("Committed_AS:") - before) / 4);
	end();
}

static void run_overcommit(void)
{
	long total = meminfo("MemTotal:") / 4, all = total + total / 8;
	char mode[2] = "0";

	for (int m = 0; m < 3; m++) {
		mode[0] = (char)('0' + m);
		key("overcommit mode %d", m);
		result(write_text("/proc/sys/vm/overcommit_memory", mode));
		end();
		one_commit(m, 1000, RW, MAP_PRIVATE, "private");
		one_commit(m, 1000, PROT_READ, MAP_PRIVATE, "private read only");
		one_commit(m, 1000, PROT_NONE, MAP_PRIVATE, "private no access");
		one_commit(m, 1000, RW, MAP_SHARED, "shared");
		one_commit(m, 1000, PROT_READ, MAP_SHARED, "shared read only");
		one_commit(m, 1000, RW, MAP_PRIVATE | MAP_NORESERVE, "private noreserve");
		one_commit(m, 1000, RW, MAP_SHARED | MAP_NORESERVE, "shared noreserve");
		one_commit(m, 1000, RW, MAP_PRIVATE | MAP_GROWSDOWN, "growsdown");
		one_commit(m, all, RW, MAP_PRIVATE, "more than there is");
		one_commit(m, all, RW, MAP_SHARED, "more than there is, shared");
		one_commit(m, all, PROT_NONE, MAP_PRIVATE, "more than there is, no access");
		one_commit(m, all, RW, MAP_PRIVATE | MAP_NORESERVE, "more than there is, noreserve");
		one_commit(m, total / 10 * 8, RW, MAP_PRIVATE, "eight tenths");
		one_commit(m, total / 10 * 2, RW, MAP_PRIVATE, "two tenths");
	}
	key("overcommit limit by ratio");
	write_text("/proc/sys/vm/overcommit_ratio", "30");
	add(" %d", labs(meminfo("CommitLimit:") - meminfo("MemTotal:") * 30 / 100) < 8);
	write_text("/proc/sys/vm/overcommit_kbytes", "12345");
	add(" %ld", meminfo("CommitLimit:"));
	write_text("/proc/sys/vm/overcommit_ratio", "50");
	add(" %d", labs(meminfo("CommitLimit:") - meminfo("MemTotal:") / 2) < 8);
	write_text("/proc/sys/vm/overcommit_memory", "0");
	end();
}

const struct case_group proc_groups[] = {
	{ "proc_files", run_proc_files, true, false },
	{ "pagemap", run_pagemap, true, false },
	{ "mem", run_mem, true, false },
	{ "proc_writes", run_proc_writes, true, false },
	{ "settings", run_settings_read, true, false },
	{ "settings_write", run_settings_write, false, true },
	{ "overcommit", run_overcommit, false, true },
	{ NULL, NULL, false, false },
};
