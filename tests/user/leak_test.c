/* SPDX-License-Identifier: MIT */
/*
 * tests/user/leak_test.c - after a program is gone, whatever it did, its memory is back
 *
 * THE QUESTION   Does any path, above all the failing ones, lose pages?
 *
 * HOW            a scenario runs once to fill the caches, then three times. What nobody can use any
 *                more must be 0 pages: free pages + slab pages + kernel stacks + the kernel's own
 *                page tables (the caches that keep pages on purpose) are the same before and after.
 *                The slabs themselves may grow in a repetition, but not in each of them.
 *
 * Linux keeps more caches than can be named here: these tests are for Verso only.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "utest.h"

#define REPEATS		3
#define LOOKS		60		/* the dead are freed by their CPU's next switch */

static void need_verso(void)
{
	struct utsname u;

	CHECK_OK(uname(&u));
	if (!strstr(u.version, "Verso") && strcmp(u.sysname, "Verso"))
		SKIP("strict only on Verso");
	need_proc();
}

static long number_after(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	CHECK(p);
	return atol(p + strlen(key));
}

struct counts { long slabs, sum, tables; };

/* Freed vmalloc addresses wait for a flush, each with a slab object: /proc/ledger has them flushed. */
static void settle(void)
{
	int fd = open("/proc/ledger", O_WRONLY);

	CHECK_OK(fd);
	CHECK_EQ(write(fd, "1", 1), 1);
	CHECK_OK(close(fd));
}

/* In one read: a page that moves from one to another between two would be counted twice. */
static struct counts count_pages(void)
{
	static char text[4096];
	int fd = open("/proc/vmstat", O_RDONLY);
	struct counts c;

	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	CHECK_OK(close(fd));
	c.slabs = number_after(text, "nr_slab_pages ");
	c.tables = number_after(text, "nr_page_table_pages ");
	c.sum = number_after(text, "nr_free_pages ") + c.slabs +
		number_after(text, "nr_kernel_stack_pages ") +
		number_after(text, "nr_kernel_table_pages ");
	return c;
}

/* Pages missing compared with @before, after a number of looks, until none are. */
static long missing(long before, int looks)
{
	long lost = before - count_pages().sum;

	for (; looks && lost > 0; looks--) {
		sleep_ms(50);
		visit_each_cpu();
		lost = before - count_pages().sum;
	}
	return lost;
}

static void check_no_leak(void (*scenario)(void))
{
	long least_growth = 1 << 20, lost;
	struct counts before;

	need_verso();
	count_pages();
	scenario();
	sleep_ms(100);
	visit_each_cpu();
	missing(count_pages().sum, 6);	/* whatever the measuring itself needs once */
	before = count_pages();
	for (int i = 0; i < REPEATS; i++) {
		long slabs = count_pages().slabs, growth;

		scenario();
		sleep_ms(50);
		growth = count_pages().slabs - slabs;
		if (growth > 0) {
			settle();
			growth = count_pages().slabs - slabs;
		}
		if (growth < least_growth)
			least_growth = growth;
	}
	lost = missing(before.sum, LOOKS);
	if (lost > 0)
		FAIL("%ld pages lost; page tables %+ld", lost, count_pages().tables - before.tables);
	if (least_growth > 0)
		FAIL("slabs grow by %ld pages in each repetition", least_growth);
}

/* ---- processes and threads ---- */
static void fork_and_exit(void)
{
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork_ok();

		if (pid == 0)
			_exit(0);
		wait_for(pid);
	}
}

TEST(leak_none_after_fork_and_exit)
{
	check_no_leak(fork_and_exit);
}

static void fork_and_exec(void)
{
	for (int i = 0; i < 50; i++) {
		pid_t pid = fork_ok();

		if (pid == 0) {
			execl("/proc/self/exe", "utest", "exec-count", NULL);
			_exit(99);
		}
		CHECK_EXIT(wait_for(pid), 2);
	}
}

TEST(leak_none_after_fork_and_exec)
{
	check_no_leak(fork_and_exec);
}

static void fail_to_exec(void)
{
	char *argv[] = { "x", NULL }, *bad[] = { "x", (char *)1, NULL };
	int fd = make_file("garbage", "\177ELF\2\1\1 and then nothing of use", 30);

	CHECK_OK(fchmod(fd, 0755));
	CHECK_OK(close(fd));
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(execv("./garbage", argv), -1);
		CHECK_ERR(execv("/nonexistent", argv), ENOENT);
		CHECK_ERR(execv("/proc/self/exe", bad), EFAULT);
		CHECK_ERR(execv("/tmp", argv), EACCES);
	}
}

TEST(leak_none_after_exec_that_failed)
{
	check_no_leak(fail_to_exec);
}

static void *thread_main(void *arg)
{
	return arg;
}

static void create_and_join(void)
{
	for (int i = 0; i < 50; i++) {
		pthread_t t[4];

		for (int k = 0; k < 4; k++)
			CHECK_EQ(pthread_create(&t[k], NULL, thread_main, NULL), 0);
		for (int k = 0; k < 4; k++)
			CHECK_EQ(pthread_join(t[k], NULL), 0);
	}
}

TEST(leak_none_after_threads)
{
	check_no_leak(create_and_join);
}

/* The first bomb is larger: kernel page tables for the most stacks at once are kept for ever. */
static rlim_t bomb_size = 60;

static void fork_until_refused(void)
{
	struct rlimit r = { bomb_size, bomb_size };

	CHECK_OK(setuid(64001));
	CHECK_OK(setrlimit(RLIMIT_NPROC, &r));
	for (;;) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0)
			for (;;)
				pause();
	}
	CHECK_EQ(errno, EAGAIN);
	kill(0, SIGKILL);
}

static void fork_bomb(void)
{
	for (int i = 0; i < 5; i++) {
		pid_t pid = fork_ok();

		if (pid == 0) {
			setpgid(0, 0);
			fork_until_refused();
		}
		CHECK_KILLED(wait_for(pid), SIGKILL);
		while (wait(NULL) > 0)
			;	/* its children, which are ours now */
		bomb_size = 20;
	}
}

TEST(leak_none_after_fork_bombs)
{
	need_root();
	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	check_no_leak(fork_bomb);
}

/* ---- crimes ---- */
static void read_at(uintptr_t p)
{
	(void)*(volatile char *)p;
}

static void illegal(void)
{
#if defined(__x86_64__)
	__asm__ volatile("ud2");
#else
	__asm__ volatile(".word 0");
#endif
}

static void privileged(void)
{
#if defined(__x86_64__)
	__asm__ volatile("cli");
#else
	__asm__ volatile("csrw sscratch, zero");
#endif
}

static int __attribute__((noinline)) deeper(int n)
{
	volatile char frame[4096];

	frame[0] = (char)n;
	return n == -1 ? 0 : deeper(n + 1) + frame[0];
}

static void run_data(void)
{
	static char data[16];
	void (*volatile fn)(void) = (void (*)(void))(uintptr_t)data;

	fn();
}

static void commit_crime(void *arg)
{
	switch (*(int *)arg) {
	case 0:
		read_at((uintptr_t)arg & 0);
		break;
	case 1:
		read_at((uintptr_t)-4096);
		break;
	case 2:
		read_at((uintptr_t)1 << 60);
		break;
	case 3:
		illegal();
		break;
	case 4:
		privileged();
		break;
	case 5:
		deeper(0);
		break;
	default:
		run_data();
		break;
	}
}

static void crimes(void)
{
	for (int i = 0; i < 70; i++) {
		int kind = i % 7;
		int st = in_child(commit_crime, &kind);

		CHECK(KILLED(st, SIGSEGV) || KILLED(st, SIGILL));
	}
}

TEST(leak_none_after_crashes_of_each_kind)
{
	check_no_leak(crimes);
}

/* ---- memory ---- */
static void map_and_unmap(void)
{
	for (int i = 0; i < 200; i++) {
		char *p = map(16 * page, RW, ANON, -1);

		for (int k = 0; k < 16; k += 3)
			p[k * page] = 1;
		CHECK_OK(mprotect(p + 4 * page, page, PROT_READ));
		CHECK_OK(munmap(p + 8 * page, page));
		CHECK_OK(munmap(p, 16 * page));
	}
}

TEST(leak_none_after_mmap_and_munmap)
{
	check_no_leak(map_and_unmap);
}

/* Touches until killed; the hog asks to be chosen, so that no other test dies. */
static void hog(void *arg)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	(void)arg;
	if (fd < 0 || write(fd, "1000", 4) != 4)
		_exit(3);
	for (;;) {
		char *p = mmap(NULL, 1 << 20, RW, ANON, -1, 0);

		if (p == MAP_FAILED)
			continue;
		for (int i = 0; i < 1 << 20; i += 4096)
			p[i] = 1;
	}
}

static void run_a_hog(void)
{
	CHECK_KILLED(in_child(hog, NULL), SIGKILL);
}

TEST(leak_none_after_memory_ran_out)
{
	if (read_number("/proc/meminfo", "MemTotal:") > 300000)
		SKIP("too much memory to fill");
	check_no_leak(run_a_hog);
}

/* ---- files ---- */
static void make_pipes(void)
{
	char buf[5000] = { 0 };

	for (int i = 0; i < 200; i++) {
		int p[2];

		CHECK_OK(pipe(p));
		CHECK_EQ(write(p[1], buf, sizeof(buf)), sizeof(buf));
		CHECK_OK(close(p[0]));
		CHECK_OK(close(p[1]));
	}
}

TEST(leak_none_after_pipes)
{
	check_no_leak(make_pipes);
}

static void make_files(void)
{
	char name[32], buf[3000] = { 0 };

	for (int i = 0; i < 200; i++) {
		int fd;

		snprintf(name, sizeof(name), "f%d", i);
		fd = make_file(name, buf, sizeof(buf));
		CHECK_OK(unlink(name));
		CHECK_OK(close(fd));
		CHECK_OK(mkdir(name, 0755));
		CHECK_OK(rmdir(name));
		CHECK_ERR(open("nosuch/file", O_RDONLY), ENOENT);
	}
}

TEST(leak_none_after_files_and_directories)
{
	check_no_leak(make_files);
}

static void exhaust_descriptors(void)
{
	int last = -1, fd, p[2];

	while ((fd = open("/dev/null", O_RDONLY)) >= 0)
		last = fd;
	CHECK_EQ(errno, EMFILE);
	CHECK_ERR(pipe(p), EMFILE);
	for (fd = last; fd > 10; fd--)
		close(fd);
}

TEST(leak_none_after_descriptors_ran_out)
{
	check_no_leak(exhaust_descriptors);
}

static void fill_the_disk(void)
{
	static char buf[65536];
	int fd = open("big", O_RDWR | O_CREAT, 0644);
	ssize_t n;

	CHECK_OK(fd);
	do {
		n = write(fd, buf, sizeof(buf));
	} while (n > 0);
	CHECK(errno == ENOSPC || errno == ENOMEM);
	CHECK_OK(close(fd));
	CHECK_OK(unlink("big"));
}

TEST(leak_none_after_tmpfs_was_full)
{
	if (read_number("/proc/meminfo", "MemTotal:") > 300000)
		SKIP("too much memory to fill");
	check_no_leak(fill_the_disk);
}
