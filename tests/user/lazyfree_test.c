/* SPDX-License-Identifier: MIT */
/*
 * tests/user/lazyfree_test.c - MADV_FREE: memory that is kept until it is needed, and what is written after stays
 *
 * Pressure is made by touching new memory until the kernel says (pglazyfreed) that it took some back; only on
 * machines small enough for that.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>

#include "utest.h"

#ifndef MADV_FREE
#define MADV_FREE 8
#endif
#define SMALL_MACHINE	(600UL << 20)

static long freed(void)
{
	return read_number("/proc/vmstat", "pglazyfreed");
}

/* The whole machine but what must stay for others; SKIP where that is too much to touch. */
static size_t machine(void)
{
	struct sysinfo si;

	need_proc();
	if (freed() < 0)
		SKIP("no pglazyfreed in /proc/vmstat");
	CHECK_OK(sysinfo(&si));
	if (si.totalram * si.mem_unit > SMALL_MACHINE)
		SKIP("a machine of %lu MiB is too large to fill", si.totalram * si.mem_unit >> 20);
	return si.freeram * si.mem_unit / page * page;
}

static void *map_all(size_t size)
{
	return map(size, RW, ANON | MAP_NORESERVE, -1);
}

/* New memory until at least @want pages of MADV_FREE were taken back; then it goes again. */
static void press(long want)
{
	long goal = freed() + want;
	size_t size = machine() + (16UL << 20), at;
	char *hog = map_all(size);

	for (at = 0; at < size && freed() < goal; at += 16 * page)
		for (size_t i = 0; i < 16 && at + i * page < size; i++)
			hog[at + i * page] = 1;
	CHECK(freed() >= goal);
	CHECK_OK(munmap(hog, size));
}

/* Each page of [p, p+pages) holds @c all over, or zeroes all over; how many hold zeroes. */
static int count_zeroes(const char *p, int pages, char c)
{
	int zeroes = 0;

	for (int i = 0; i < pages; i++, p += page) {
		bool zero = p[0] == 0;

		zeroes += zero;
		for (size_t k = 0; k < page; k++)
			CHECK_EQ(p[k], zero ? 0 : c);
	}
	return zeroes;
}

/* ---- without pressure ------------------------------------------------------------------------ */

TEST(lazyfree_memory_stays_as_it_is_while_nobody_needs_it)
{
	char *p = map(16 * page, RW, ANON, -1);
	unsigned char there[16];

	memset(p, 'x', 16 * page);
	CHECK_OK(madvise(p, 16 * page, MADV_FREE));
	CHECK_OK(mincore(p, 16 * page, there));
	for (int i = 0; i < 16; i++)
		CHECK(there[i] & 1);
	CHECK_EQ(count_zeroes(p, 16, 'x'), 0);
}

/* The sum of LazyFree in the mappings that overlap [p, p+size), in kB; -1: no smaps. */
static long lazy_kb(const char *p, size_t size)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long start, end, kb;
	bool inside = false;
	char line[256];
	long sum = 0;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start < (uintptr_t)(p + size) && end > (uintptr_t)p;
		else if (inside && sscanf(line, "LazyFree: %lu", &kb) == 1)
			sum += (long)kb;
	}
	fclose(f);
	return sum;
}

TEST(lazyfree_smaps_counts_it_until_it_is_written)
{
	size_t size = 512 * page, kb = size >> 10;
	char *p = map(size + 2 * page, RW, ANON, -1) + page;
	long count = read_number("/proc/vmstat", "pglazyfree ");

	if (lazy_kb(p, size) < 0)
		SKIP("no /proc/self/smaps");
	memset(p, 1, size);
	CHECK_EQ(lazy_kb(p, size), 0);
	CHECK_OK(madvise(p, size, MADV_FREE));
	CHECK(lazy_kb(p, size) >= (long)kb / 2);	/* Linux may have some pages in a queue */
	CHECK(count < 0 || read_number("/proc/vmstat", "pglazyfree ") >= count + 256);
	memset(p, 2, size);
	CHECK_EQ(lazy_kb(p, size), 0);
}

TEST(lazyfree_is_refused_for_files_and_locked_memory)
{
	int fd = make_file("f", "data", 4);
	char *p = map(page, RW, ANON, -1), *s = map(page, RW, SHARED_ANON, -1);

	CHECK_ERR(madvise(map(page, RW, MAP_PRIVATE, fd), page, MADV_FREE), EINVAL);
	CHECK_ERR(madvise(s, page, MADV_FREE), EINVAL);
	CHECK_OK(mlock(p, page));
	CHECK_ERR(madvise(p, page, MADV_FREE), EINVAL);
}

/* ---- under pressure -------------------------------------------------------------------------- */

TEST(lazyfree_memory_is_taken_back_instead_of_a_kill)
{
	size_t size = machine() / 10 * 6, half = size / page / 2 * page;
	long kills = read_number("/proc/vmstat", "oom_kill ");
	char *p = map_all(size), *q;

	memset(p, 'a', size);
	CHECK_OK(madvise(p, size, MADV_FREE));
	q = map_all(size);
	memset(q, 'b', size);				/* both together are more than there is */
	CHECK_EQ(count_zeroes(q, (int)(size / page), 'b'), 0);
	CHECK(count_zeroes(p, (int)(size / page), 'a') > 0);
	CHECK_EQ(read_number("/proc/vmstat", "oom_kill "), kills);
	CHECK_OK(munmap(q, size));
	memset(p, 'c', half);				/* what was taken away can be used again */
	CHECK_EQ(count_zeroes(p, (int)(half / page), 'c'), 0);
}

TEST(lazyfree_memory_written_after_survives_every_way_of_writing)
{
	char *p, *moved = map(32 * page, PROT_NONE, ANON, -1), byte = 'k';
	struct iovec from = { &byte, 1 }, to;
	int fd;

	machine();
	p = map(256 * page, RW, ANON, -1);
	memset(p, 'x', 256 * page);
	CHECK_OK(madvise(p, 256 * page, MADV_FREE));
	for (int i = 0; i < 32; i++)
		p[i * page + 5] = 'u';			/* the program itself */
	fd = open("/proc/self/mem", O_RDWR);
	for (int i = 32; i < 64; i++) {
		to = (struct iovec){ p + i * page + 5, 1 };
		if (i < 48 && fd >= 0)
			CHECK_EQ(pwrite(fd, "k", 1, (off_t)(uintptr_t)(p + i * page + 5)), 1);
		else
			CHECK_EQ(process_vm_writev(getpid(), &from, 1, &to, 1, 0), 1);
	}
	for (int i = 64; i < 96; i++) {			/* the kernel, by a pointer */
		int z = open("/dev/zero", O_RDONLY);

		CHECK_EQ(read(z, p + i * page + 5, 1), 1);
		close(z);
	}
	CHECK(mremap(p, 32 * page, 32 * page, MREMAP_MAYMOVE | MREMAP_FIXED, moved) == moved);
	press(100);
	for (int i = 0; i < 96; i++) {
		char *q = i < 32 ? moved + i * page : p + i * page;

		CHECK_EQ(q[5], i < 32 ? 'u' : i < 64 ? 'k' : 0);
		CHECK_EQ(q[4], 'x');
		CHECK_EQ(q[page - 1], 'x');
	}
	count_zeroes(p + 96 * page, 160, 'x');
}

TEST(lazyfree_memory_locked_after_stays)
{
	char *p, *q;

	machine();
	p = map(512 * page, RW, ANON, -1);
	q = map(16 * page, RW, ANON, -1);
	memset(p, 'x', 512 * page);
	memset(q, 'l', 16 * page);
	CHECK_OK(madvise(q, 16 * page, MADV_FREE));
	CHECK_OK(mlock(q, 16 * page));
	CHECK_OK(madvise(p, 512 * page, MADV_FREE));
	press(100);
	CHECK_EQ(count_zeroes(q, 16, 'l'), 0);
}

TEST(lazyfree_memory_of_a_fork_is_each_sides_own)
{
	int ready[2];
	pid_t pid;
	char *p, c;

	machine();
	p = map(256 * page, RW, ANON, -1);
	CHECK_OK(pipe(ready));
	memset(p, 'x', 256 * page);
	CHECK_OK(madvise(p, 256 * page, MADV_FREE));
	pid = fork_ok();
	if (pid == 0) {
		memset(p, 'c', 64 * page);
		CHECK_EQ(read(ready[0], &c, 1), 1);
		_exit(count_zeroes(p, 64, 'c') != 0);
	}
	memset(p + 64 * page, 'p', 64 * page);
	press(50);
	CHECK_EQ(write(ready[1], "r", 1), 1);
	CHECK_EXIT(wait_for(pid), 0);
	count_zeroes(p, 64, 'x');
	CHECK_EQ(count_zeroes(p + 64 * page, 64, 'p'), 0);
	count_zeroes(p + 128 * page, 128, 'x');
}

/* ---- random steps against a model ------------------------------------------------------------ */

#define MODEL_PAGES	192

static struct { unsigned char value; bool lazy; } model[MODEL_PAGES];

/* Page @i: its bytes are the model's; a lazy one may have become zeroes for good. */
static void check_page(const unsigned char *p, int i)
{
	const unsigned char *q = p + (size_t)i * page;

	if (model[i].lazy && q[0] == 0)
		model[i].value = 0;
	CHECK_EQ(q[0], model[i].value);
	CHECK_EQ(q[page / 2], model[i].value);
	CHECK_EQ(q[page - 1], model[i].value);
}

/* The place that the memory just left stays ours. */
static void *keep_place(void *at)
{
	return mmap(at, MODEL_PAGES * page, PROT_NONE, ANON | MAP_FIXED, -1, 0);
}

static void write_pages(unsigned char *p, int first, int n)
{
	unsigned char v = (unsigned char)(1 + rand() % 255);

	for (int i = first; i < first + n; i++) {
		memset(p + (size_t)i * page, v, page);
		model[i].value = v;
		model[i].lazy = false;
	}
}

static void model_step(unsigned char **p, unsigned char **spare)
{
	int first = rand() % MODEL_PAGES, n = 1 + rand() % (MODEL_PAGES - first), kind = rand() % 10;
	unsigned char *q = *p + (size_t)first * page;
	int st;

	if (kind < 3) {
		write_pages(*p, first, n);
	} else if (kind < 6) {
		CHECK_OK(madvise(q, (size_t)n * page, MADV_FREE));
		for (int i = first; i < first + n; i++)
			model[i].lazy = true;
	} else if (kind == 6) {
		CHECK(mremap(*p, MODEL_PAGES * page, MODEL_PAGES * page, MREMAP_MAYMOVE | MREMAP_FIXED, *spare)
		      == *spare);
		q = *p;
		*p = *spare;
		*spare = keep_place(q);
	} else if (kind == 7) {
		CHECK_OK(mprotect(q, (size_t)n * page, PROT_READ));
		CHECK_OK(mprotect(q, (size_t)n * page, RW));
	} else if (kind == 8) {
		pid_t pid = fork_ok();

		if (pid == 0) {
			write_pages(*p, first, n);
			for (int i = 0; i < MODEL_PAGES; i++)
				check_page(*p, i);
			_exit(0);
		}
		if (rand() % 2)
			write_pages(*p, first, n);
		st = wait_for(pid);
		CHECK_EXIT(st, 0);
	} else {
		check_page(*p, first);
	}
}

TEST_WITHIN(240, lazyfree_random_steps_under_pressure_agree_with_a_model)
{
	unsigned char *p, *spare;

	if (machine() > (64UL << 20))
		SKIP("pressure takes too long on more than 64 MiB");
	p = (unsigned char *)map(MODEL_PAGES * page, RW, ANON, -1);
	spare = (unsigned char *)map(MODEL_PAGES * page, PROT_NONE, ANON, -1);
	srand(4711);
	for (int round = 0; round < 12; round++) {
		char *bait = map(64 * page, RW, ANON, -1);

		for (int i = 0; i < 25; i++)
			model_step(&p, &spare);
		memset(bait, 1, 64 * page);
		CHECK_OK(madvise(bait, 64 * page, MADV_FREE));
		press(rand() % 60);
		for (int i = 0; i < MODEL_PAGES; i++)
			check_page(p, i);
		CHECK_OK(munmap(bait, 64 * page));
	}
}
