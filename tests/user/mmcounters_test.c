/* SPDX-License-Identifier: MIT */
/*
 * tests/user/mmcounters_test.c - each counter of an address space changes by exactly what was done
 *
 * Most are in /proc/PID/status on Linux too, under other names and in kB; the rest, and VmPTE's exact meaning, are
 * Verso's own (/proc/PID/mm_counters), and their tests are skipped where there is no such file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "utest.h"

/* The number behind @key at the start of a line. Neither stdio nor malloc: they would map memory. */
static long number_in(const char *file, const char *key)
{
	int fd = open(file, O_RDONLY);
	char buf[4096], *line;
	ssize_t n = 0, got;

	CHECK_OK(fd);
	while ((got = read(fd, buf + n, sizeof(buf) - 1 - (size_t)n)) > 0)
		n += got;
	close(fd);
	buf[n] = '\0';
	for (line = buf; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, strlen(key)) && strchr(" :\t", line[strlen(key)]))
			return strtol(line + strlen(key) + strspn(line + strlen(key), " :\t"), NULL, 0);
	}
	FAIL("%s has no %s", file, key);
}

static long counter(const char *name)
{
	if (access("/proc/self/mm_counters", R_OK))
		SKIP("no /proc/self/mm_counters");
	return number_in("/proc/self/mm_counters", name);
}

/* pages, by the name of status */
static long status_pages(const char *name)
{
	return number_in("/proc/self/status", name) * 1024 / (long)page;
}

static long statm(int column)
{
	int fd = open("/proc/self/statm", O_RDONLY);
	char buf[200], *s = buf;
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	close(fd);
	CHECK(n > 0);
	buf[n] = '\0';
	while (column--)
		strtol(s, &s, 10);
	return strtol(s, NULL, 10);
}

/* @n pages that nothing else touches, forbidden, with a forbidden page at both ends: they merge with nothing */
static char *island(size_t n)
{
	return map((n + 2) * page, PROT_NONE, ANON, -1) + page;
}

TEST(mmcounters_map_count_and_data_follow_mprotect_page_by_page)
{
	char *p = island(5);
	long maps = counter("map_count"), data = counter("data_vm"), total = counter("total_vm");

	CHECK_OK(mprotect(p, 5 * page, RW));
	CHECK_EQ(counter("map_count") - maps, 2);
	CHECK_EQ(counter("data_vm") - data, 5);
	CHECK_EQ(counter("total_vm") - total, 0);
	CHECK_OK(munmap(p + 2 * page, page));
	CHECK_EQ(counter("map_count") - maps, 3);
	CHECK_EQ(counter("data_vm") - data, 4);
	CHECK_EQ(counter("total_vm") - total, -1);
}

TEST(mmcounters_status_and_statm_show_size_and_data_in_linux_units)
{
	char *p = island(5);
	long size = status_pages("VmSize"), data = status_pages("VmData"), all = statm(0), both = statm(5);

	CHECK_OK(mprotect(p, 5 * page, RW));
	CHECK_EQ(status_pages("VmData") - data, 5);
	CHECK_EQ(statm(5) - both, 5);
	CHECK_EQ(status_pages("VmSize") - size, 0);
	CHECK_OK(munmap(p, 3 * page));
	CHECK_EQ(status_pages("VmSize") - size, -3);
	CHECK_EQ(statm(0) - all, -3);
	CHECK_EQ(status_pages("VmData") - data, 2);
}

TEST(mmcounters_peak_sizes_remember_what_is_gone)
{
	char *p = map(1000 * page, RW, ANON, -1);
	long size = status_pages("VmSize");

	memset(p, 1, 1000 * page);
	CHECK(status_pages("VmRSS") >= 900);
	CHECK_OK(munmap(p, 1000 * page));
	CHECK_EQ(status_pages("VmSize"), size - 1000);
	CHECK(status_pages("VmPeak") >= size);
	CHECK(status_pages("VmHWM") >= 900);
	CHECK(status_pages("VmHWM") >= status_pages("VmRSS") + 900);
	CHECK(counter("hiwater_vm") >= size);
	CHECK(counter("hiwater_rss") >= counter("rss") + 900);
}

TEST(mmcounters_executable_pages_are_text_or_library)
{
	char *p = island(6);
	long lib = status_pages("VmLib"), exe = status_pages("VmExe");

	CHECK_OK(mprotect(p, 6 * page, PROT_READ | PROT_EXEC));
	CHECK_EQ(status_pages("VmLib") - lib, 6);
	CHECK_EQ(status_pages("VmExe"), exe);
	CHECK_OK(mprotect(p, 2 * page, RW | PROT_EXEC));	/* writable: data */
	CHECK_EQ(status_pages("VmLib") - lib, 4);
	CHECK(counter("exec_vm") >= 4);
}

TEST(mmcounters_stack_is_what_grows_down)
{
	long stack = status_pages("VmStk"), data = status_pages("VmData");
	char *p = map(4 * page, RW, ANON | MAP_GROWSDOWN | MAP_STACK, -1);

	CHECK_EQ(status_pages("VmStk") - stack, 4);
	CHECK_EQ(status_pages("VmData") - data, 0);
	CHECK_OK(munmap(p, 4 * page));
	CHECK_EQ(status_pages("VmStk") - stack, 0);
}

TEST(mmcounters_locked_pages_and_default_flags_follow_mlock_and_mlockall)
{
	char *p = map(3 * page, RW, ANON, -1);
	long locked = status_pages("VmLck"), flags;

	CHECK_OK(mlock(p, 2 * page));
	CHECK_EQ(status_pages("VmLck") - locked, 2);
	CHECK_OK(munlock(p, 2 * page));
	CHECK_EQ(status_pages("VmLck") - locked, 0);
	CHECK_EQ(status_pages("VmPin"), 0);
	flags = counter("def_flags");
	CHECK_OK(mlockall(MCL_FUTURE));
	CHECK_EQ(counter("def_flags"), flags | 0x2000);		/* VM_LOCKED */
	CHECK_OK(munlockall());
	CHECK_EQ(counter("def_flags"), flags);
	CHECK_EQ(counter("pinned_vm"), 0);
}

TEST(mmcounters_shared_counts_what_has_a_file_or_shared_memory_behind_it)
{
	int fd = make_file("f", "text", 4);
	long shared = counter("shared_vm");
	char *p = map(3 * page, PROT_READ, MAP_PRIVATE, fd), *q;

	CHECK_EQ(counter("shared_vm") - shared, 3);
	q = map(4 * page, RW, SHARED_ANON, -1);
	CHECK_EQ(counter("shared_vm") - shared, 7);
	map(page, RW, ANON, -1);
	CHECK_EQ(counter("shared_vm") - shared, 7);
	CHECK_OK(munmap(p, 3 * page));
	CHECK_OK(munmap(q, 4 * page));
	CHECK_EQ(counter("shared_vm"), shared);
}

/* Where the machine's PCI bridge is; see devmem_test.c. */
static long bridge_address(void)
{
	char line[200];
	long at = -1;
	FILE *f = fopen("/proc/iomem", "r");

	while (f && at < 0 && fgets(line, sizeof(line), f))
		if (strstr(line, "PCI ECAM"))
			sscanf(line, "%lx", &at);
	if (f)
		fclose(f);
	return at;
}

TEST(mmcounters_reserved_is_device_memory)
{
	long reserved = counter("reserved_vm"), at = bridge_address();
	int fd = open("/dev/mem", O_RDONLY);
	char *p;

	if (fd < 0 || at <= 0)
		SKIP("no device to map");
	map(page, PROT_READ, SHARED_ANON, -1);
	CHECK_EQ(counter("reserved_vm") - reserved, 0);
	p = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, at);
	CHECK_OK(p);
	CHECK_EQ(counter("reserved_vm") - reserved, 1);
	CHECK_OK(munmap(p, page));
	CHECK_EQ(counter("reserved_vm") - reserved, 0);
}

TEST(mmcounters_nr_ptes_follows_the_tables)
{
	const size_t table = 512 * page;	/* what one table of the lowest level maps */
	char *p = map(2 * table, RW, ANON, -1), *alone;
	long ptes = counter("nr_ptes"), bytes = counter("pgtables_bytes"), kb = number_in("/proc/self/status", "VmPTE");

	alone = (char *)(((uintptr_t)p + table - 1) & ~(table - 1));
	*alone = 1;
	CHECK_EQ(counter("nr_ptes") - ptes, 1);
	CHECK(counter("pgtables_bytes") - bytes >= (long)page);
	CHECK_EQ(number_in("/proc/self/status", "VmPTE") - kb, (counter("pgtables_bytes") - bytes) / 1024);
	CHECK_OK(munmap(p, 2 * table));
	CHECK_EQ(counter("nr_ptes"), ptes);
}

TEST(mmcounters_flags_tell_what_the_process_registered)
{
	const int register_private_expedited = 1 << 4;
	long flags = counter("flags"), changed;

	CHECK_OK(syscall(SYS_membarrier, register_private_expedited, 0, 0));
	changed = counter("flags") ^ flags;
	CHECK(changed && !(changed & (changed - 1)));		/* one bit of MMF_MEMBARRIER's */
	CHECK(counter("flags") & changed);
}

/* Pages of a kind in /proc/page_kinds: "kind swappable shareable pages what" */
static long kind_pages(const char *kind, char swappable[4], char shareable[4])
{
	char line[200], name[16];
	FILE *f = fopen("/proc/page_kinds", "r");
	long pages = -1, n;

	if (!f)
		SKIP("no /proc/page_kinds");
	while (pages < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "%15s %3s %3s %ld", name, swappable, shareable, &n) == 4 && !strcmp(name, kind))
			pages = n;
	fclose(f);
	return pages;
}

TEST(mmcounters_page_kinds_show_what_may_be_swapped_and_shared_and_how_much_there_is)
{
	char swappable[4], shareable[4];
	long anon = kind_pages("anon", swappable, shareable), locked, shmem;
	char *p;

	CHECK(!strcmp(swappable, "yes") && !strcmp(shareable, "yes"));
	shmem = kind_pages("shmem", swappable, shareable);
	locked = kind_pages("locked", swappable, shareable);
	CHECK(!strcmp(swappable, "no") && !strcmp(shareable, "yes"));
	p = map(300 * page, RW, ANON, -1);
	memset(p, 1, 300 * page);
	memset(map(200 * page, RW, SHARED_ANON, -1), 1, 200 * page);
	CHECK_OK(mlock(p, 10 * page));
	CHECK(kind_pages("anon", swappable, shareable) - anon >= 300);
	CHECK(kind_pages("shmem", swappable, shareable) - shmem >= 200);
	CHECK(kind_pages("locked", swappable, shareable) - locked >= 10);
	CHECK(kind_pages("table", swappable, shareable) > 0);
	CHECK(!strcmp(swappable, "no") && !strcmp(shareable, "no"));
}
