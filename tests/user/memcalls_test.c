/* SPDX-License-Identifier: MIT */
/*
 * tests/user/memcalls_test.c - membarrier, mlock2, remap_file_pages, madvise: the rarer calls about memory
 */
#include <fcntl.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "utest.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static int membarrier(int cmd, unsigned int flags)
{
	return (int)syscall(SYS_membarrier, cmd, flags, 0);
}

TEST(membarrier_private_fence_needs_registration)
{
	int all = membarrier(MEMBARRIER_CMD_QUERY, 0);

	CHECK_OK(all);
	CHECK(all & MEMBARRIER_CMD_GLOBAL);
	CHECK(all & MEMBARRIER_CMD_PRIVATE_EXPEDITED);
	CHECK(all & MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	CHECK_OK(membarrier(MEMBARRIER_CMD_GLOBAL, 0));
	CHECK_ERR(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0), EPERM);
	CHECK_OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
	CHECK_OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
	CHECK_OK(membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0));
	CHECK_OK(membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0));
	CHECK_OK(membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0));
	if (all & MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE) {
		CHECK_ERR(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0), EPERM);
		CHECK_OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0));
		CHECK_OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0));
	}
}

TEST(membarrier_refuses_unknown_commands_and_flags)
{
	CHECK_ERR(membarrier(1 << 20, 0), EINVAL);
	CHECK_ERR(membarrier(-1, 0), EINVAL);
	CHECK_ERR(membarrier(MEMBARRIER_CMD_QUERY, 1 << 20), EINVAL);
	CHECK_ERR(membarrier(MEMBARRIER_CMD_GLOBAL, 1 << 20), EINVAL);
}

/* Dekker's entry: without a fence on both sides both may see 0. The reader has only a compiler fence. */
#define TURNS	1000

static volatile int want[2], seen[2], turn;

static void *reader(void *arg)
{
	for (int i = 1; i <= TURNS; i++) {
		while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != i)
			;
		want[0] = i;
		__asm__ volatile("" ::: "memory");
		seen[0] = want[1];
		__atomic_store_n(&turn, -i, __ATOMIC_RELEASE);
	}
	return arg;
}

TEST(membarrier_orders_a_reader_that_has_no_fence)
{
	pthread_t t;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP("one CPU sees its own stores in order, and a turn takes a time slice");
	CHECK_OK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
	CHECK_EQ(pthread_create(&t, NULL, reader, NULL), 0);
	for (int i = 1; i <= TURNS; i++) {
		__atomic_store_n(&turn, i, __ATOMIC_RELEASE);
		want[1] = i;
		CHECK_OK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
		seen[1] = want[0];
		while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != -i)
			;
		CHECK(seen[0] == i || seen[1] == i);
	}
	CHECK_EQ(pthread_join(t, NULL), 0);
}

/* ---- locked memory ---- */

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

static long status_kb(const char *key)
{
	long kb = read_number("/proc/self/status", key);

	CHECK(kb >= 0);
	return kb;
}

static int resident(char *p, size_t pages)
{
	unsigned char vec[64];
	int n = 0;

	CHECK_OK(mincore(p, pages * page, vec));
	for (size_t i = 0; i < pages; i++)
		n += vec[i] & 1;
	return n;
}

TEST(mlock2_onfault_locks_pages_as_they_come)
{
	char *p = map(8 * page, RW, ANON, -1);
	long before = status_kb("VmLck:");

	CHECK_OK(mlock2(p, 8 * page, MLOCK_ONFAULT));
	CHECK_EQ(status_kb("VmLck:") - before, 8 * (long)page / 1024);
	CHECK_EQ(resident(p, 8), 0);
	p[3 * page] = 1;
	CHECK_EQ(resident(p, 8), 1);
	CHECK_ERR(madvise(p, page, MADV_DONTNEED), EINVAL);
	CHECK_OK(mlock(p, 2 * page));		/* and these now */
	CHECK_EQ(resident(p, 8), 3);
	CHECK_EQ(status_kb("VmLck:") - before, 8 * (long)page / 1024);
	CHECK_ERR(mlock2(p, page, 8), EINVAL);
	CHECK_OK(munlock(p, 8 * page));
	CHECK_EQ(status_kb("VmLck:"), before);
	CHECK_EQ(resident(p, 8), 3);
}

TEST(mlockall_future_onfault_locks_without_touching)
{
	char *p;

	CHECK_OK(mlockall(MCL_FUTURE | MCL_ONFAULT));
	p = map(8 * page, RW, ANON, -1);
	CHECK_EQ(resident(p, 8), 0);
	CHECK(status_kb("VmLck:") >= 8 * (long)page / 1024);
	CHECK_OK(munlockall());
	CHECK_EQ(status_kb("VmLck:"), 0);
	CHECK_ERR(mlockall(MCL_ONFAULT), EINVAL);
	CHECK_ERR(mlockall(0), EINVAL);
}

TEST(mlock_limit_is_obeyed_by_every_way_to_lock)
{
	struct rlimit l = { 4 * page, 4 * page }, none = { 0, 0 };
	char *p, *q;

	need_root();
	CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &l));
	CHECK_OK(setuid(1000));
	p = map(16 * page, RW, ANON, -1);
	CHECK_OK(mlock(p, 4 * page));
	CHECK_ERR(mlock(p + 4 * page, page), ENOMEM);
	CHECK_OK(mlock(p, 4 * page));			/* locked already: costs nothing */
	CHECK_ERR(mmap(NULL, page, RW, ANON | MAP_LOCKED, -1, 0), EAGAIN);
	CHECK_OK(munlock(p + 4 * page, page));
	CHECK_ERR(mlockall(MCL_CURRENT), ENOMEM);
	q = mremap(p, 4 * page, 5 * page, MREMAP_MAYMOVE);
	CHECK(q == MAP_FAILED && errno == EAGAIN);
	CHECK_OK(munlock(p, 4 * page));
	CHECK_OK(mmap(NULL, page, RW, ANON | MAP_LOCKED, -1, 0));
	CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &none));
	CHECK_ERR(mlock(p, page), EPERM);
	CHECK_ERR(mmap(NULL, page, RW, ANON | MAP_LOCKED, -1, 0), EPERM);
	CHECK_ERR(mlockall(MCL_FUTURE), EPERM);
}

/* ---- calls that would take minutes ---- */

#define HUGE	((size_t)64 << 30)	/* as much as Sv39 surely has a place for */

/* Zero pages only: what runs short is time. */
static void populate_huge(void *arg)
{
	int advice = *(int *)arg;
	char *p = mmap(NULL, HUGE, PROT_READ, ANON | MAP_NORESERVE | (advice ? 0 : MAP_POPULATE), -1, 0);

	if (p == MAP_FAILED)
		_exit(1);
	if (advice == -1)
		mlock(p, HUGE);
	else if (advice)
		madvise(p, HUGE, advice);
	_exit(2);
}

/* On one CPU, so that we only come back from our sleep when the kernel takes the CPU from the other. */
static void interrupt_populate(int advice)
{
	cpu_set_t one;
	int64_t start;
	int st = 0;
	pid_t pid;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
	pid = fork_ok();
	if (pid == 0)
		populate_huge(&advice);
	start = now_ns();
	sleep_ms(300);
	CHECK(now_ns() - start < 5000000000LL);
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);		/* it is at it */
	CHECK_OK(kill(pid, SIGKILL));
	start = now_ns();
	CHECK_KILLED(wait_for(pid), SIGKILL);
	CHECK(now_ns() - start < 10000000000LL);
}

TEST(populate_of_a_huge_range_lets_others_run_and_can_be_killed)
{
	interrupt_populate(0);
}

TEST(madvise_populate_of_a_huge_range_lets_others_run_and_can_be_killed)
{
	interrupt_populate(MADV_POPULATE_READ);
}

TEST(mlock_of_a_huge_range_lets_others_run_and_can_be_killed)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	need_root();
	if (setrlimit(RLIMIT_MEMLOCK, &all))
		SKIP("the limit of locked memory cannot be raised here");
	interrupt_populate(-1);
}

/* ---- remap_file_pages ---- */

TEST(remap_file_pages_shows_a_file_in_another_order)
{
	int fd = make_file("f", NULL, 0);
	char *p;

	CHECK_OK(ftruncate(fd, (off_t)(6 * page)));
	p = map(6 * page, RW, MAP_SHARED, fd);
	for (int i = 0; i < 6; i++)
		p[(size_t)i * page] = (char)('0' + i);
	CHECK_OK(remap_file_pages(p + page, 2 * page, 0, 4, 0));
	CHECK_EQ(p[0], '0');
	CHECK_EQ(p[page], '4');
	CHECK_EQ(p[2 * page], '5');
	CHECK_EQ(p[3 * page], '3');
	p[page] = 'x';
	CHECK_EQ(p[4 * page], 'x');
	p = map(4 * page, RW, SHARED_ANON, -1);
	p[3 * page] = 'z';
	CHECK_OK(remap_file_pages(p, page, 0, 3, 0));
	CHECK_EQ(p[0], 'z');
}

TEST(remap_file_pages_refuses_private_memory_and_rights)
{
	char *p = map(2 * page, RW, ANON, -1), *q = map(2 * page, RW, SHARED_ANON, -1);

	CHECK_ERR(remap_file_pages(p, page, 0, 1, 0), EINVAL);
	CHECK_ERR(remap_file_pages(q, page, PROT_READ, 1, 0), EINVAL);
	CHECK_ERR(remap_file_pages(q, 0, 0, 1, 0), EINVAL);
	CHECK_ERR(remap_file_pages(q, page, 0, ~0UL, 0), EINVAL);
	CHECK_OK(munmap(q + page, page));
	CHECK_ERR(remap_file_pages(q, 2 * page, 0, 0, 0), EINVAL);
}

/* ---- madvise, mprotect: the rarer values ---- */

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

TEST(madvise_dontneed_locked_drops_locked_pages)
{
	char *p = map(2 * page, RW, ANON, -1);

	p[0] = p[page] = 1;
	CHECK_OK(mlock(p, 2 * page));
	CHECK_ERR(madvise(p, page, MADV_DONTNEED), EINVAL);
	CHECK_OK(madvise(p, page, MADV_DONTNEED_LOCKED));
	CHECK_EQ(p[0], 0);
	CHECK_EQ(p[page], 1);
}

TEST(madvise_populate_brings_pages_in_or_says_why_not)
{
	char *p = map(8 * page, RW, ANON, -1), *f;
	int fd = make_file("f", "x", 1);

	CHECK_OK(madvise(p, 3 * page, MADV_POPULATE_WRITE));
	CHECK_EQ(resident(p, 8), 3);
	CHECK_OK(mprotect(p + 4 * page, page, PROT_READ));
	CHECK_ERR(madvise(p + 3 * page, 3 * page, MADV_POPULATE_WRITE), EINVAL);
	CHECK_EQ(resident(p, 8), 4);		/* up to what cannot be written */
	CHECK_OK(madvise(p + 4 * page, page, MADV_POPULATE_READ));
	CHECK_OK(munmap(p + 6 * page, page));
	CHECK_ERR(madvise(p + 5 * page, 3 * page, MADV_POPULATE_READ), ENOMEM);
	f = map(2 * page, RW, MAP_SHARED, fd);
	CHECK_ERR(madvise(f, 2 * page, MADV_POPULATE_READ), EFAULT);
	CHECK_ERR(madvise(p, page, 12345), EINVAL);
	CHECK_ERR(madvise(p + 1, page, MADV_POPULATE_READ), EINVAL);
}

TEST(madvise_remove_cuts_a_hole_and_frees_memory)
{
	int fd = memfd_create("holes", 0);
	char *p, *ro, c = 1;

	CHECK_OK(ftruncate(fd, (off_t)(4 * page)));
	p = map(4 * page, RW, MAP_SHARED, fd);
	memset(p, 7, 4 * page);
	CHECK_OK(madvise(p + page, 2 * page, MADV_REMOVE));
	CHECK_EQ(lseek(fd, (off_t)page, SEEK_DATA), 3 * page);
	CHECK_EQ(p[page] + p[3 * page - 1], 0);
	CHECK_EQ(p[0] + p[3 * page], 14);
	CHECK_EQ(pread(fd, &c, 1, (off_t)page), 1);
	CHECK_EQ(c, 0);
	CHECK_ERR(madvise(map(page, RW, ANON, -1), page, MADV_REMOVE), EINVAL);
	CHECK_ERR(madvise(map(page, RW, MAP_PRIVATE, fd), page, MADV_REMOVE), EACCES);
	CHECK_OK(mlock(p, page));
	CHECK_ERR(madvise(p, page, MADV_REMOVE), EINVAL);
	ro = map(page, PROT_READ, MAP_PRIVATE, fd);
	CHECK_ERR(madvise(ro, page, MADV_REMOVE), EACCES);
}

TEST(mprotect_grows_only_what_grows)
{
	char *p = map(2 * page, RW, ANON, -1);

	CHECK_ERR(mprotect(p, page, PROT_READ | PROT_GROWSUP), EINVAL);
	CHECK_ERR(mprotect(p, page, PROT_READ | PROT_GROWSDOWN), EINVAL);
	CHECK_ERR(mprotect(p, page, PROT_READ | PROT_GROWSUP | PROT_GROWSDOWN), EINVAL);
	CHECK_OK(mprotect(p, 0, PROT_READ | PROT_GROWSUP));
	CHECK_ERR(mprotect(p, page, PROT_READ | 0x40), EINVAL);
	CHECK_OK(mprotect(p, page, PROT_READ | 0x8));		/* PROT_SEM */
	CHECK_OK(munmap(p, page));
	CHECK_ERR(mprotect(p, page, PROT_READ | PROT_GROWSUP), ENOMEM);
}

TEST(mremap_dontunmap_leaves_an_empty_mapping_that_counts)
{
	char *p = map(4 * page, RW, ANON, -1), *q;
	struct rlimit l;

	memset(p, 5, 4 * page);
	q = mremap(p, 4 * page, 4 * page, MREMAP_MAYMOVE | 4 /* MREMAP_DONTUNMAP */, NULL);
	CHECK(q != MAP_FAILED && q != p);
	CHECK_EQ(q[3 * page], 5);
	CHECK_EQ(p[3 * page], 0);
	CHECK(mremap(p, 4 * page, 8 * page, MREMAP_MAYMOVE | 4, NULL) == MAP_FAILED && errno == EINVAL);
	CHECK(mremap(p, 4 * page, 4 * page, 4, NULL) == MAP_FAILED && errno == EINVAL);
	l.rlim_cur = l.rlim_max = (rlim_t)read_number("/proc/self/status", "VmSize:") * 1024 + page;
	CHECK_OK(setrlimit(RLIMIT_AS, &l));
	CHECK(mremap(q, 4 * page, 4 * page, MREMAP_MAYMOVE | 4, NULL) == MAP_FAILED && errno == ENOMEM);
}
