/* SPDX-License-Identifier: MIT */
/*
 * tests/user/pagetables_test.c - /proc/PID/pagetables: each level, run and bit, in agreement with pagemap
 *
 * The file is Verso's own: on other kernels these tests are skipped.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "utest.h"

#define PAGETABLES	"/proc/self/pagetables"

static char text[1 << 18];

static void need_pagetables(void)
{
	need_proc();
	if (access(PAGETABLES, F_OK))
		SKIP("no " PAGETABLES);
}

/* The whole text, read @piece bytes at a time. */
static char *read_text(size_t piece)
{
	int fd = open(PAGETABLES, O_RDONLY);
	size_t n = 0;
	ssize_t k;

	CHECK_OK(fd);
	while (n + piece < sizeof(text) && (k = read(fd, text + n, piece)) > 0)
		n += k;
	CHECK_EQ(k, 0);
	text[n] = 0;
	close(fd);
	return text;
}

struct row {
	unsigned long start, end, pages;
	unsigned long long pa;
	char level[8], bits[64];
};

static bool parse(const char *line, struct row *r)
{
	int n = 0;

	memset(r, 0, sizeof(*r));
	if (sscanf(line, "%lx-%lx %7s %lu %llx %n", &r->start, &r->end, r->level, &r->pages, &r->pa, &n) != 5)
		return false;
	strncpy(r->bits, line + n, strcspn(line + n, "\n") < 63 ? strcspn(line + n, "\n") : 63);
	return true;
}

static char *next_line(char *s)
{
	s = strchr(s, '\n');
	return s && s[1] ? s + 1 : NULL;
}

/* The run that maps @p, from a text made now; false: nothing does. */
static bool run_of(const void *p, struct row *r)
{
	for (char *s = read_text(4096); s; s = next_line(s))
		if (parse(s, r) && !strcmp(r->level, "pte") && r->start <= (uintptr_t)p && (uintptr_t)p < r->end)
			return true;
	return false;
}

static uint64_t frame_of(const void *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t e;

	CHECK_OK(fd);
	CHECK_EQ(pread(fd, &e, 8, (off_t)((uintptr_t)p / page * 8)), 8);
	close(fd);
	return e & ((1ULL << 55) - 1);
}

TEST(pagetables_frames_are_those_of_pagemap)
{
	char *p = map(8 * page, RW, ANON, -1);
	struct row r;

	need_root();
	need_pagetables();
	for (int i = 0; i < 4; i++)
		p[i * page] = 1;
	for (int i = 0; i < 4; i++) {
		CHECK(run_of(p + i * page, &r));
		CHECK_EQ(r.pages, (r.end - r.start) / page);
		CHECK_EQ(r.pa + ((uintptr_t)p + i * page - r.start), frame_of(p + i * page) * page);
	}
	CHECK(!run_of(p + 4 * page, &r));
	CHECK_OK(munmap(p, page));
	CHECK(!run_of(p, &r));
}

TEST(pagetables_letters_follow_the_protection)
{
	char *p = map(4 * page, RW, ANON, -1);
	struct row r;

	need_pagetables();
	p[0] = 1;
	CHECK(run_of(p, &r));
	CHECK(strchr(r.bits, 'W') && strchr(r.bits, 'U') && strchr(r.bits, 'A') && strchr(r.bits, 'D'));
	CHECK_OK(mprotect(p, page, PROT_READ));
	CHECK(run_of(p, &r));
	CHECK(!strchr(r.bits, 'W') && strchr(r.bits, 'D'));
	CHECK_OK(mprotect(p, page, PROT_NONE));
	CHECK(run_of(p, &r));
	CHECK(strstr(r.bits, " protnone"));
}

TEST(pagetables_zero_pages_are_one_run)
{
	char *p = map(4 * page, RW, ANON, -1);
	struct row r;

	need_pagetables();
	for (int i = 1; i < 4; i++)
		CHECK_EQ(*(volatile char *)(p + i * page), 0);
	CHECK(run_of(p + 2 * page, &r));
	CHECK(strstr(r.bits, " zero"));
	CHECK_EQ(r.pages, 3);
	CHECK_EQ(r.start, (uintptr_t)p + page);
}

TEST(pagetables_show_every_level_above_a_page)
{
	static const char *const names[] = { "pgd", "p4d", "pud", "pmd" };
	unsigned int levels = 0, seen = 0;
	char *p = map(page, RW, ANON, -1);
	struct row r;

	need_pagetables();
	p[0] = 1;
	for (char *s = read_text(4096); s; s = next_line(s)) {
		if (sscanf(s, "levels %u", &levels) == 1 || !parse(s, &r))
			continue;
		if (r.start > (uintptr_t)p || (uintptr_t)p >= r.end)
			continue;
		seen++;
		if (!strcmp(r.level, "pte"))
			break;
		CHECK(seen <= 4);
		CHECK(!strcmp(r.level, names[seen == 1 ? 0 : seen + 4 - levels]));
	}
	CHECK(levels >= 3 && levels <= 5);
	CHECK_EQ(seen, levels);
	CHECK(!strcmp(r.level, "pte"));
}

/* Bits change while we read about ourselves: two readings may differ, but not each time. */
static bool same_in_pieces_of(char *whole, size_t piece)
{
	for (int i = 0; i < 20; i++) {
		strcpy(whole, read_text(1 << 16));
		if (!strcmp(whole, read_text(piece)))
			return true;
	}
	return false;
}

TEST(pagetables_reads_the_same_in_small_pieces)
{
	char *p = map(400 * page, RW, ANON, -1), *whole;

	need_pagetables();
	for (int i = 0; i < 400; i += 2)
		p[i * page] = 1;
	whole = malloc(sizeof(text));
	CHECK(whole);
	memset(whole, 1, sizeof(text));
	CHECK(same_in_pieces_of(whole, 97));
	CHECK(strlen(whole) > 200 * 60);
	CHECK(same_in_pieces_of(whole, 4099));
}

/* Are 50 bytes at @at, or before the end for -1, those of the whole text? */
static bool same_at(int fd, long at)
{
	char part[50];

	for (int i = 0; i < 20; i++) {
		long from = (long)strlen(read_text(4096)) - 50;

		if (at >= 0)
			from = at;
		if (pread(fd, part, 50, from) == 50 && !memcmp(part, text + from, 50))
			return true;
	}
	return false;
}

TEST(pagetables_read_at_any_position_is_that_part_of_the_text)
{
	void *volatile bad = (void *)16;
	char part[64];
	int fd;

	need_pagetables();
	fd = open(PAGETABLES, O_RDONLY);
	CHECK_OK(fd);
	memset(part, 0, sizeof(part));
	CHECK(same_at(fd, 20));
	CHECK(same_at(fd, -1));
	CHECK(same_at(fd, 3));
	CHECK_EQ(pread(fd, part, 50, 1 << 30), 0);
	CHECK_ERR(pread(fd, (char *)bad, 50, 0), EFAULT);
	CHECK_ERR(lseek(fd, 0, SEEK_END), EINVAL);
}

TEST(pagetables_frames_are_for_root_and_others_have_no_access)
{
	char *p = map(page, RW, ANON, -1);
	struct row r;

	need_root();
	need_pagetables();
	p[0] = 1;
	CHECK(run_of(p, &r));
	CHECK(r.pa != 0);
	CHECK_OK(setuid(1000));
	CHECK_ERR(open("/proc/1/pagetables", O_RDONLY), EACCES);
	if (open(PAGETABLES, O_RDONLY) < 0) {
		CHECK_EQ(errno, EACCES);
		return;
	}
	for (char *s = read_text(4096); s; s = next_line(s))
		if (parse(s, &r))
			CHECK_EQ(r.pa, 0);
}
