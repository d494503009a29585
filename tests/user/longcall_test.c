/* SPDX-License-Identifier: MIT */
/*
 * tests/user/longcall_test.c - calls that take long by themselves: others run meanwhile, on the same CPU
 */
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "uffd.h"

#define PARTS		1024
#define PART_SIZE	((size_t)1 << 20)
#define FILE_SIZE	((off_t)64 << 20)
#define PROTECTED	((size_t)32 << 30)	/* 64 MiB of page tables */

enum progress { NOTHING, HALF, ALL };

struct long_call {
	void (*begin)(void);			/* as if it had never run */
	void (*call)(void);			/* in a child */
	enum progress (*progress)(pid_t pid);
};

static int fd;
static char *first, *last;			/* pages shared with the child */
static struct iovec local[PARTS];

static void stay_on_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
}

/*
 * On the CPU of a child that is in the middle of @c: does it give it away, and end when killed? Chance may have it that
 * we do not wake up in time, but not again and again.
 */
static void interrupt(const struct long_call *c)
{
	enum progress p = NOTHING;

	stay_on_one_cpu();
	for (int i = 0; i < 10 && p != HALF; i++) {
		int st = 0;
		pid_t pid;

		c->begin();
		pid = fork_ok();
		if (pid == 0) {
			c->call();
			pause();
		}
		do {
			sleep_ms(1);
			p = c->progress(pid);
		} while (p == NOTHING && waitpid(pid, &st, WNOHANG) == 0);
		CHECK(p != NOTHING);
		CHECK_OK(kill(pid, SIGKILL));
		CHECK_KILLED(wait_for(pid), SIGKILL);
	}
	CHECK_EQ(p, HALF);
}

/* ---- into memory: the first and the last page of the destination tell --------------------------- */

static void make_destination(int byte)
{
	char *part = map(PART_SIZE, RW, ANON, -1);

	memset(part, byte, PART_SIZE);
	first = map(page, RW, SHARED_ANON, -1);
	last = map(page, RW, SHARED_ANON, -1);
	for (int i = 0; i < PARTS; i++)
		local[i] = (struct iovec){ part, PART_SIZE };
	local[0] = (struct iovec){ first, page };
	local[PARTS - 1] = (struct iovec){ last, page };
}

static void mark_destination(void)
{
	*first = *last = 1;
}

static enum progress destination_progress(pid_t pid)
{
	(void)pid;
	return *(volatile char *)first ? NOTHING : *(volatile char *)last ? HALF : ALL;
}

static void read_hole(void)
{
	preadv(fd, local, PARTS, 0);
}

TEST(longcall_read_of_a_hole_lets_others_run_and_can_be_killed)
{
	static const struct long_call c = { mark_destination, read_hole, destination_progress };

	fd = memfd_create("hole", 0);
	CHECK_OK(ftruncate(fd, (off_t)(PARTS * PART_SIZE)));
	make_destination(1);
	interrupt(&c);
}

static void read_process(void)
{
	static struct iovec remote[PARTS];
	char *zeroes = map(PART_SIZE, RW, ANON, -1);

	for (int i = 0; i < PARTS; i++)
		remote[i] = (struct iovec){ zeroes, local[i].iov_len };
	process_vm_readv(getpid(), local, PARTS, remote, PARTS, 0);
}

TEST(longcall_process_vm_readv_lets_others_run_and_can_be_killed)
{
	static const struct long_call c = { mark_destination, read_process, destination_progress };

	make_destination(1);
	interrupt(&c);
}

/* ---- files: size and blocks tell ---------------------------------------------------------------- */

static void empty_file(void)
{
	CHECK_OK(ftruncate(fd, 0));
}

static enum progress progress_of(off_t done)
{
	return !done ? NOTHING : done < FILE_SIZE ? HALF : ALL;
}

static enum progress size_progress(pid_t pid)
{
	struct stat st;

	(void)pid;
	CHECK_OK(fstat(fd, &st));
	return progress_of(st.st_size);
}

static enum progress block_progress(pid_t pid)
{
	struct stat st;

	(void)pid;
	CHECK_OK(fstat(fd, &st));
	return progress_of((off_t)st.st_blocks * 512);
}

static void write_parts(void)
{
	pwritev(fd, local + 1, (int)(FILE_SIZE / (off_t)PART_SIZE), 0);
}

TEST(longcall_write_lets_others_run_and_can_be_killed)
{
	static const struct long_call c = { empty_file, write_parts, size_progress };

	need_memory((size_t)FILE_SIZE * 2);
	fd = memfd_create("written", 0);
	CHECK_OK(fd);
	make_destination(1);
	interrupt(&c);
}

static void allocate(void)
{
	fallocate(fd, 0, 0, FILE_SIZE);
}

TEST(longcall_fallocate_lets_others_run_and_can_be_killed)
{
	static const struct long_call c = { empty_file, allocate, block_progress };

	need_memory((size_t)FILE_SIZE * 2);
	fd = memfd_create("allocated", 0);
	CHECK_OK(fd);
	interrupt(&c);
	CHECK_EQ(size_progress(0), NOTHING);
	CHECK_EQ(block_progress(0), NOTHING);		/* all or nothing */
}

/* ---- page tables tell --------------------------------------------------------------------------- */

static void nothing(void)
{
}

static void protect(void)
{
	int u = uffd_new(UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
	char *p = map(PROTECTED, RW, MAP_SHARED | MAP_NORESERVE, fd);

	CHECK_OK(uffd_register(u, p, PROTECTED, WP));
	uffd_protect(u, p, PROTECTED, UFFDIO_WRITEPROTECT_MODE_WP);
}

static enum progress table_progress(pid_t pid)
{
	char path[32];
	long kb;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	kb = read_number(path, "VmPTE:");
	return kb < 1024 ? NOTHING : kb < (long)(PROTECTED >> 19) ? HALF : ALL;
}

TEST(longcall_uffd_writeprotect_lets_others_run_and_can_be_killed)
{
	static const struct long_call c = { nothing, protect, table_progress };

	need_proc();
	need_memory((size_t)128 << 20);
	close(uffd_new(UFFD_FEATURE_WP_HUGETLBFS_SHMEM));
	fd = memfd_create("protected", 0);
	CHECK_OK(ftruncate(fd, (off_t)PROTECTED));
	interrupt(&c);
}
