/* SPDX-License-Identifier: MIT */
/*
 * tests/user/procmem_test.c - a process's memory through /proc: mem, pagemap, clear_refs, smaps, oom scores
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "utest.h"

#define PM_PRESENT	(1ULL << 63)
#define PM_FILE		(1ULL << 61)
#define PM_EXCLUSIVE	(1ULL << 56)
#define PM_PFN		((1ULL << 55) - 1)

static uint64_t pagemap_of(const void *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t e;

	CHECK_OK(fd);
	CHECK_EQ(pread(fd, &e, 8, (off_t)((uintptr_t)p / page * 8)), 8);
	close(fd);
	return e;
}

/* ---- pagemap ---- */

TEST(pagemap_tells_what_is_behind_each_page)
{
	char *p = map(4 * page, RW, ANON, -1), *s = map(page, RW, SHARED_ANON, -1);

	CHECK_EQ(pagemap_of(p), 0);
	p[0] = 1;
	p[2 * page] = 1;
	s[0] = 1;
	CHECK(pagemap_of(p) & PM_PRESENT);
	CHECK(pagemap_of(p) & PM_EXCLUSIVE);
	CHECK(!(pagemap_of(p) & PM_FILE));
	CHECK_EQ(pagemap_of(p + page), 0);
	CHECK(pagemap_of(s) & PM_FILE);
	CHECK_OK(munmap(p, page));
	CHECK_EQ(pagemap_of(p), 0);
}

TEST(pagemap_shows_frames_to_root_only)
{
	char *p = map(2 * page, RW, ANON, -1);

	need_root();
	p[0] = p[page] = 1;
	if (!(pagemap_of(p) & PM_PFN))
		SKIP("frames are hidden here");
	CHECK((pagemap_of(p) & PM_PFN) != (pagemap_of(p + page) & PM_PFN));
	CHECK_OK(setuid(1000));
	CHECK_ERR(open("/proc/1/pagemap", O_RDONLY), EACCES);
}

TEST(pagemap_shares_frames_after_fork_until_written)
{
	char *p = map(page, RW, ANON, -1);
	uint64_t mine;
	pid_t pid;

	p[0] = 1;
	mine = pagemap_of(p);
	pid = fork_ok();
	if (pid == 0) {
		CHECK_EQ(pagemap_of(p) & PM_PFN, mine & PM_PFN);
		CHECK(!(pagemap_of(p) & PM_EXCLUSIVE));
		p[0] = 2;
		CHECK(!(mine & PM_PFN) || (pagemap_of(p) & PM_PFN) != (mine & PM_PFN));
		CHECK(pagemap_of(p) & PM_EXCLUSIVE);
		_exit(0);
	}
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(pagemap_reads_whole_entries_only)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	char buf[64];
	void *volatile bad = (void *)16;

	CHECK_OK(fd);
	CHECK_ERR(pread(fd, buf, 7, 0), EINVAL);
	CHECK_ERR(pread(fd, buf, 8, 4), EINVAL);
	CHECK_EQ(pread(fd, buf, 64, 0), 64);
	CHECK_EQ(pread(fd, buf, 8, (off_t)(1ULL << 60)), 0);
	CHECK_ERR(pread(fd, (char *)bad, 8, 0), EFAULT);
}

/* ---- mem ---- */

TEST(procmem_reads_and_writes_by_address)
{
	char *p = map(2 * page, RW, ANON, -1), buf[16] = "";
	int fd = open("/proc/self/mem", O_RDWR);

	CHECK_OK(fd);
	strcpy(p + page - 3, "across");
	CHECK_EQ(pread(fd, buf, 7, (off_t)(uintptr_t)(p + page - 3)), 7);
	CHECK(!strcmp(buf, "across"));
	CHECK_EQ(lseek(fd, (off_t)(uintptr_t)p, SEEK_SET), (off_t)(uintptr_t)p);
	CHECK_EQ(write(fd, "new", 4), 4);
	CHECK(!strcmp(p, "new"));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), (off_t)(uintptr_t)p + 4);
	CHECK_ERR(lseek(fd, 0, SEEK_END), EINVAL);
	CHECK_OK(munmap(p + page, page));
	CHECK_EQ(pread(fd, buf, 16, (off_t)(uintptr_t)(p + page - 3)), 3);
	CHECK_ERR(pread(fd, buf, 1, (off_t)(uintptr_t)(p + page)), EIO);
	CHECK_ERR(pwrite(fd, buf, 1, 0), EIO);
}

/* ---- mem, where the program itself may not ---- */

static long poke(int fd, const void *p, char c)
{
	return pwrite(fd, &c, 1, (off_t)(uintptr_t)p);
}

static int open_mem(void)
{
	int fd = open("/proc/self/mem", O_RDWR);

	CHECK_OK(fd);
	return fd;
}

TEST(procmem_writes_private_memory_that_the_program_may_only_read)
{
	char *p = map(4 * page, RW, ANON, -1), perms[5];
	int fd = open_mem();

	memset(p, 'x', page);
	CHECK_EQ(p[page], 0);					/* the page of zeroes */
	CHECK_OK(mprotect(p, 4 * page, PROT_READ));
	for (int i = 0; i < 3; i++)				/* a page, zeroes, nothing */
		CHECK_EQ(poke(fd, p + i * page + 7, '!'), 1);
	CHECK(p[7] == '!' && p[6] == 'x' && p[page + 7] == '!' && p[2 * page + 7] == '!' && p[2 * page] == 0);
	CHECK_EQ(probe_write(p).sig, SIGSEGV);			/* it still may not */
	CHECK_EQ(probe_write(p + page).sig, SIGSEGV);
	CHECK_EQ(probe_write(p + 2 * page).sig, SIGSEGV);
	CHECK(maps_perms(p, perms) && !strcmp(perms, "r--p"));
	CHECK_OK(mprotect(p, page, RW));
	p[8] = '?';
	CHECK(p[7] == '!' && p[8] == '?');
}

TEST(procmem_write_to_a_private_file_mapping_leaves_the_file_alone)
{
	int file = make_file("text", "contents", 8), fd = open_mem();
	char *p = map(page, PROT_READ | PROT_EXEC, MAP_PRIVATE, file), *q = map(page, PROT_READ, MAP_SHARED, file), c;

	CHECK_EQ(p[0], 'c');
	CHECK_EQ(poke(fd, p, 'C'), 1);
	CHECK_EQ(poke(fd, p + 1, 'O'), 1);			/* into the same copy */
	CHECK(p[0] == 'C' && p[1] == 'O' && p[2] == 'n');
	CHECK_EQ(q[0], 'c');
	CHECK_EQ(pread(file, &c, 1, 0), 1);
	CHECK_EQ(c, 'c');
}

TEST(procmem_write_to_a_page_shared_by_fork_reaches_one_side_alone)
{
	char *p = map(page, RW, ANON, -1);
	int go[2];
	pid_t pid;
	char c;

	CHECK_OK(pipe(go));
	p[0] = 'x';
	CHECK_OK(mprotect(p, page, PROT_READ));
	pid = fork_ok();
	if (pid == 0) {
		CHECK_EQ(read(go[0], &c, 1), 1);
		_exit(p[0] != 'x');
	}
	CHECK_EQ(poke(open_mem(), p, 'y'), 1);
	CHECK_EQ(p[0], 'y');
	CHECK_EQ(write(go[1], "g", 1), 1);
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(procmem_does_not_write_shared_memory_that_is_read_only)
{
	int file = make_file("text", "contents", 8), fd = open_mem();
	char *p = map(page, PROT_READ, MAP_SHARED, file), *s = map(page, RW, SHARED_ANON, -1);

	CHECK_OK(mprotect(s, page, PROT_READ));
	CHECK_ERR(poke(fd, p, 'C'), EIO);
	CHECK_ERR(poke(fd, s, 'C'), EIO);
	CHECK(p[0] == 'c' && s[0] == 0);
}

TEST(procmem_reads_and_writes_memory_without_any_access)
{
	char *p = map(3 * page, RW, ANON, -1), buf[2] = "";
	int fd = open_mem();

	strcpy(p, "x");
	CHECK_OK(mprotect(p, 3 * page, PROT_NONE));
	CHECK_EQ(pread(fd, buf, 2, (off_t)(uintptr_t)p), 2);
	CHECK_EQ(buf[0], 'x');
	CHECK_EQ(pread(fd, buf, 2, (off_t)(uintptr_t)(p + page)), 2);
	CHECK_EQ(buf[0], 0);
	CHECK_EQ(poke(fd, p, 'y'), 1);
	CHECK_EQ(poke(fd, p + page, 'z'), 1);
	CHECK_EQ(probe_read(p).sig, SIGSEGV);
	CHECK_EQ(probe_read(p + page).sig, SIGSEGV);
	CHECK_OK(mprotect(p, 3 * page, PROT_READ));
	CHECK(p[0] == 'y' && p[page] == 'z' && p[2 * page] == 0);
}

TEST(procmem_process_vm_writev_does_not_force)
{
	char *p = map(page, PROT_READ, ANON, -1), *n = map(page, PROT_NONE, ANON, -1), byte = 'x';
	struct iovec from = { &byte, 1 }, to = { p, 1 }, none = { n, 1 };

	CHECK_ERR(process_vm_writev(getpid(), &from, 1, &to, 1, 0), EFAULT);
	CHECK_ERR(process_vm_readv(getpid(), &from, 1, &none, 1, 0), EFAULT);
	CHECK_EQ(p[0], 0);
}

TEST(procmem_of_another_process_needs_its_rights)
{
	char *p = map(page, RW, ANON, -1), path[64], buf[8] = "";
	pid_t pid;
	int fd;

	need_root();
	strcpy(p, "parent");
	pid = fork_ok();
	if (pid == 0) {
		strcpy(p, "child");
		for (;;)
			pause();
	}
	sleep_ms(50);
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR);
	CHECK_OK(fd);
	CHECK_EQ(pread(fd, buf, 6, (off_t)(uintptr_t)p), 6);
	CHECK(!strcmp(buf, "child"));
	CHECK_OK(setuid(1000));
	CHECK_ERR(open(path, O_RDONLY), EACCES);
	CHECK_EQ(pread(fd, buf, 6, (off_t)(uintptr_t)p), 6);	/* what is open stays open */
}

TEST(procmem_reads_as_empty_when_the_process_is_gone)
{
	char *p = map(page, RW, ANON, -1), path[64], buf[8];
	pid_t pid = fork_ok();
	int fd;

	if (pid == 0)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDONLY);
	CHECK_OK(fd);
	CHECK_OK(kill(pid, SIGKILL));
	wait_for(pid);
	CHECK_EQ(pread(fd, buf, 8, (off_t)(uintptr_t)p), 0);
}

/* ---- smaps, clear_refs ---- */

/* A line of the mapping at @p in smaps, in kB. */
static long smaps_kb(const void *p, const char *key)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	bool here = false;
	long kb = -1;

	CHECK(f != NULL);
	while (kb < 0 && fgets(line, sizeof(line), f)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start <= (uintptr_t)p && (uintptr_t)p < end;
		else if (here && !strncmp(line, key, strlen(key)))
			kb = atol(line + strlen(key));
	}
	fclose(f);
	CHECK(kb >= 0);
	return kb;
}

TEST(clear_refs_makes_pages_unused_until_the_next_access)
{
	long kb = (long)page / 1024;
	char *p = map(8 * page, RW, ANON, -1);

	memset(p, 1, 8 * page);
	CHECK_EQ(smaps_kb(p, "Referenced:"), 8 * kb);
	CHECK_OK(write_text("/proc/self/clear_refs", "1"));
	CHECK_EQ(smaps_kb(p, "Referenced:"), 0);
	CHECK_EQ(*(volatile char *)(p + page), 1);
	CHECK_EQ(smaps_kb(p, "Referenced:"), kb);
	CHECK_OK(write_text("/proc/self/clear_refs", "3"));	/* files only */
	CHECK_EQ(smaps_kb(p, "Referenced:"), kb);
	CHECK_OK(write_text("/proc/self/clear_refs", "2"));
	CHECK_EQ(smaps_kb(p, "Referenced:"), 0);
	CHECK_ERR(write_text("/proc/self/clear_refs", "0"), EINVAL);
	CHECK_ERR(write_text("/proc/self/clear_refs", "9"), EINVAL);
	CHECK_ERR(write_text("/proc/self/clear_refs", "x"), EINVAL);
}

TEST(clear_refs_five_starts_the_peak_anew)
{
	char *p = map(2048 * page, RW, ANON, -1);
	long peak, slack = 256 * (long)page / 1024;	/* Linux counts in batches */

	need_memory(2048 * page);
	memset(p, 1, 2048 * page);
	peak = read_number("/proc/self/status", "VmHWM:");
	CHECK_OK(munmap(p, 2048 * page));
	CHECK(read_number("/proc/self/status", "VmHWM:") >= peak - slack);
	CHECK_OK(write_text("/proc/self/clear_refs", "5"));
	CHECK(read_number("/proc/self/status", "VmHWM:") < peak - slack);
}

TEST(madvise_cold_makes_pages_unused_and_keeps_them)
{
	char *p = map(4 * page, RW, ANON, -1);

	memset(p, 7, 4 * page);
	CHECK_OK(madvise(p, 4 * page, 20 /* MADV_COLD */));
	CHECK_EQ(smaps_kb(p, "Referenced:"), 0);
	CHECK_EQ(p[3 * page], 7);
}

TEST(smaps_has_every_line_of_linux)
{
	static const char *const keys[] = {
		"Size:", "KernelPageSize:", "MMUPageSize:", "Rss:", "Pss:", "Shared_Clean:", "Shared_Dirty:",
		"Private_Clean:", "Private_Dirty:", "Referenced:", "Anonymous:", "LazyFree:",
		"AnonHugePages:", "ShmemPmdMapped:", "FilePmdMapped:", "Shared_Hugetlb:",
		"Private_Hugetlb:", "Swap:", "SwapPss:", "Locked:", "THPeligible:",
	};
	char *p = map(4 * page, RW, ANON, -1);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		smaps_kb(p, keys[i]);
	CHECK_EQ(smaps_kb(p, "Size:"), 4 * (long)page / 1024);
}

TEST(smaps_rollup_is_the_sum)
{
	static const char *const keys[] = {
		"Rss:", "Pss:", "Pss_Anon:", "Pss_File:", "Pss_Shmem:", "Private_Dirty:", "Referenced:",
		"Anonymous:", "Swap:", "SwapPss:", "Locked:",
	};
	long anon, dirty, shmem;
	char *p, *s;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		CHECK(read_number("/proc/self/smaps_rollup", keys[i]) >= 0);
	anon = read_number("/proc/self/smaps_rollup", "Pss_Anon:");
	shmem = read_number("/proc/self/smaps_rollup", "Pss_Shmem:");
	dirty = read_number("/proc/self/smaps_rollup", "Private_Dirty:");
	p = map(512 * page, RW, ANON, -1);
	s = map(256 * page, RW, SHARED_ANON, -1);
	memset(p, 1, 512 * page);
	memset(s, 1, 256 * page);
	CHECK(read_number("/proc/self/smaps_rollup", "Pss_Anon:") - anon >= 512 * (long)page / 1024);
	CHECK(read_number("/proc/self/smaps_rollup", "Pss_Shmem:") - shmem >= 256 * (long)page / 1024);
	CHECK(read_number("/proc/self/smaps_rollup", "Private_Dirty:") - dirty >= 768 * (long)page / 1024);
}

TEST(numa_maps_counts_the_pages_of_a_mapping)
{
	char *p = map(8 * page, RW, ANON, -1), line[512];
	FILE *f = fopen("/proc/self/numa_maps", "r");
	unsigned long pages = 0;

	if (!f)
		SKIP("no /proc/self/numa_maps");
	fclose(f);
	CHECK_OK(mprotect(p, page, PROT_READ));		/* so that no neighbour is joined to it */
	CHECK_OK(mprotect(p + 7 * page, page, PROT_READ));
	memset(p + page, 1, 5 * page);
	f = fopen("/proc/self/numa_maps", "r");
	while (fgets(line, sizeof(line), f)) {
		if (strtoul(line, NULL, 16) != (uintptr_t)(p + page))
			continue;
		CHECK(strstr(line, " anon=5 "));
		CHECK(strstr(line, " dirty=5 "));
		CHECK(strstr(line, " kernelpagesize_kB="));
		for (char *n = strstr(line, " N"); n; n = strstr(n + 1, " N"))
			pages += strtoul(strchr(n, '=') + 1, NULL, 10);
	}
	CHECK_EQ(pages, 5);
}

/* ---- a program that moves to other frames while it is written to ---- */

/* Forks, and stores in the page before the child is gone: it has another frame from then on. */
static void fork_and_store(volatile uint64_t *last, int tell)
{
	for (uint64_t n = 1;; n++) {
		pid_t pid = fork();

		if (pid == 0)
			for (;;)
				pause();
		*last = n;
		if (pid < 0 || kill(pid, SIGKILL) || waitpid(pid, NULL, 0) != pid)
			_exit(1);
		if (n == 1 && write(tell, "x", 1) != 1)
			_exit(1);
	}
}

TEST(procmem_writes_are_kept_while_the_program_forks_and_stores)
{
	char *p = map(page, RW, ANON, -1), buf[4096], seen[4096];
	struct iovec to = { buf, sizeof(buf) - 8 }, from = { seen, sizeof(seen) - 8 };
	struct iovec there = { p, sizeof(buf) - 8 };
	int64_t end = now_ns() + 1500000000;
	int ready[2];
	pid_t pid;

	CHECK_OK(pipe(ready));
	pid = fork_ok();
	if (!pid)
		fork_and_store((volatile uint64_t *)(p + sizeof(buf) - 8), ready[1]);
	CHECK_EQ(read(ready[0], buf, 1), 1);
	for (int i = 0; i < 30000 && now_ns() < end; i++) {
		memset(buf, i & 127, sizeof(buf));
		if (process_vm_writev(pid, &to, 1, &there, 1, 0) < 0)
			SKIP("process_vm_writev: %s", test_errno());
		CHECK_EQ(process_vm_readv(pid, &from, 1, &there, 1, 0), sizeof(seen) - 8);
		CHECK(!memcmp(buf, seen, sizeof(seen) - 8));
	}
	CHECK_OK(kill(pid, SIGKILL));
}

/* ---- who dies first ---- */

static long number(const char *path)
{
	FILE *f = fopen(path, "r");
	long v;

	CHECK(f != NULL);
	CHECK_EQ(fscanf(f, "%ld", &v), 1);
	fclose(f);
	return v;
}

TEST(oom_score_follows_its_adjustment)
{
	need_root();
	CHECK_OK(write_text("/proc/self/oom_score_adj", "500"));
	CHECK_EQ(number("/proc/self/oom_score_adj"), 500);
	CHECK(number("/proc/self/oom_score") >= 900);	/* 1000, but for thousandths of a small memory */
	if (write_text("/proc/self/oom_score_adj", "-1000") && errno == EACCES)
		SKIP("not allowed to lower it here");
	CHECK_EQ(number("/proc/self/oom_score"), 0);
	CHECK_EQ(number("/proc/self/oom_adj"), -17);
	CHECK_OK(write_text("/proc/self/oom_adj", "15"));
	CHECK_EQ(number("/proc/self/oom_score_adj"), 1000);
	CHECK_EQ(number("/proc/self/oom_adj"), 15);
	CHECK_OK(write_text("/proc/self/oom_adj", "8"));
	CHECK_EQ(number("/proc/self/oom_score_adj"), 470);
	CHECK_ERR(write_text("/proc/self/oom_score_adj", "1001"), EINVAL);
	CHECK_ERR(write_text("/proc/self/oom_adj", "16"), EINVAL);
	CHECK_OK(write_text("/proc/self/oom_score_adj", "0"));
}
