/* SPDX-License-Identifier: MIT */
/*
 * tests/user/failnth_calls_test.c - every allocation behind the rarer calls about memory fails once
 *
 * How: failnth.c. The common calls are in failnth_test.c.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "failnth.h"
#include "uffd.h"

#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif

static int fd = -1, segment = -1;
static char *mem;

static void close_fd(void)
{
	CHECK_OK(close(fd));
}

/* ---- System V segments ---- */

static long act_shmget(void)
{
	segment = shmget(IPC_PRIVATE, 4 * page, 0600);
	return segment;
}

static void remove_segment(void)
{
	CHECK_OK(shmctl(segment, IPC_RMID, NULL));
}
SWEEP(failnth_shmget_fails_cleanly, 3, .act = act_shmget, .undo = remove_segment)

/* Removed already: it goes with the last attachment, also when that was a failed one. */
static long act_shmat(void)
{
	char *p;

	segment = shmget(IPC_PRIVATE, 4 * page, 0600);
	if (segment < 0)
		return -1;
	p = shmat(segment, NULL, 0);
	shmctl(segment, IPC_RMID, NULL);
	return p == (char *)-1 ? -1 : shmdt(p);
}
SWEEP(failnth_shmat_of_a_removed_segment_loses_nothing, 4, .act = act_shmat)

/* ---- seals, processes as descriptors ---- */

static long act_sealed(void)
{
	char *p;

	fd = (int)syscall(SYS_memfd_create, "sealed", MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)page) || pwrite(fd, "x", 1, 0) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE))
		goto fail;
	p = mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		goto fail;
	return munmap(p, page);
fail:
	close(fd);
	return -1;
}
SWEEP(failnth_sealed_file_fails_cleanly, 4, .act = act_sealed, .undo = close_fd)

static long act_clone_pidfd(void)
{
	long pid;
	int st;

	fd = -1;
	pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -1;
	waitpid((pid_t)pid, &st, 0);
	close(fd);
	return EXITED(st, 0) ? 0 : -1;
}
SWEEP(failnth_clone_with_a_pidfd_leaves_no_descriptor, 10, .act = act_clone_pidfd, .other = EAGAIN)

/* ---- mappings in another order, and through /proc ---- */

static void prepare_window(void)
{
	mem = map(8 * page, RW, SHARED_ANON, -1);
	memset(mem, 1, 8 * page);
}

static long act_remap(void)
{
	char *p = mmap(NULL, 8 * page, RW, SHARED_ANON, -1, 0);
	long ret;

	if (p == MAP_FAILED)
		return -1;
	ret = remap_file_pages(p + 2 * page, 2 * page, 0, 6, 0);
	return munmap(p, 8 * page) ? -1 : ret;
}
SWEEP(failnth_remap_file_pages_fails_cleanly, 3, .act = act_remap)

static long act_proc_mem(void)
{
	int f = open("/proc/self/mem", O_RDONLY);
	long n;
	char c;

	if (f < 0)
		return -1;
	n = pread(f, &c, 1, (off_t)(uintptr_t)mem);
	close(f);
	return n == 1 ? 0 : -1;
}
SWEEP(failnth_proc_mem_fails_cleanly, 2, .prepare = prepare_window, .act = act_proc_mem)

static void prepare_read_only(void)
{
	mem = map(page, PROT_READ, ANON, -1);
}

/* A debugger's write gives the program a page that it may only read. */
static long act_poke(void)
{
	int f = open("/proc/self/mem", O_RDWR), err;
	long n;

	if (f < 0)
		return -1;
	n = pwrite(f, "x", 1, (off_t)(uintptr_t)mem);
	err = errno;
	close(f);
	errno = err;
	return n == 1 ? 0 : -1;
}
SWEEP(failnth_forced_write_through_proc_mem_fails_cleanly, 4, .prepare = prepare_read_only, .act = act_poke,
      .other = EIO)

static long act_pagemap(void)
{
	int f = open("/proc/self/pagemap", O_RDONLY);
	uint64_t e;
	long n;

	if (f < 0)
		return -1;
	n = pread(f, &e, 8, (off_t)((uintptr_t)mem / page * 8));
	close(f);
	return n == 8 ? 0 : -1;
}
SWEEP(failnth_pagemap_fails_cleanly, 2, .prepare = prepare_window, .act = act_pagemap)

static long read_some(const char *path)
{
	int f = open(path, O_RDONLY);
	char buf[128];
	long n;

	if (f < 0)
		return -1;
	n = read(f, buf, sizeof(buf));
	close(f);
	return n > 0 ? 0 : -1;
}

static long act_pagetables(void)
{
	return read_some("/proc/self/pagetables");
}
SWEEP(failnth_pagetables_fails_cleanly, 3, .act = act_pagetables)

static long act_faulttrace(void)
{
	return read_some("/proc/self/faulttrace");
}
SWEEP(failnth_faulttrace_fails_cleanly, 2, .act = act_faulttrace)

/* ---- memory policies ---- */

/* The middle of a mapping: it is split twice. */
static long bind_middle(int flags)
{
	unsigned long first = 1;
	char *p = mmap(NULL, 4 * page, RW, flags, -1, 0);
	long ret;

	if (p == MAP_FAILED)
		return -1;
	ret = syscall(SYS_mbind, p + page, 2 * page, 2, &first, 65UL, 0);
	if (!ret && syscall(SYS_set_mempolicy_home_node, p + 2 * page, page, 0UL, 0UL) && errno != ENOSYS)
		ret = -1;
	return munmap(p, 4 * page) ? -1 : ret;
}

static long act_mbind(void)
{
	return bind_middle(ANON);
}
SWEEP(failnth_mbind_fails_cleanly, 5, .act = act_mbind)

static long act_mbind_shared(void)
{
	return bind_middle(SHARED_ANON);
}
SWEEP(failnth_mbind_of_shared_memory_fails_cleanly, 9, .act = act_mbind_shared)

/* ---- userfaultfd ---- */

static char from[1 << 16] __attribute__((aligned(1 << 16)));

static void need_uffd(void)
{
	close(uffd_new(UFFD_FEATURE_WP_HUGETLBFS_SHMEM));
}

static int fill_registered(char *shared, char *private)
{
	return uffd_api(fd, UFFD_FEATURE_WP_HUGETLBFS_SHMEM) ||
	       uffd_register(fd, shared + page, 4 * page, MISSING | WP) ||
	       uffd_zero(fd, shared + page, page, 0) || uffd_copy(fd, shared + 2 * page, from, page, 0) ||
	       uffd_protect(fd, shared + page, 4 * page, UFFDIO_WRITEPROTECT_MODE_WP) ||
	       uffd_register(fd, private, page, MISSING) || uffd_copy(fd, private, from, page, 0) ||
	       uffd_unregister(fd, shared + page, page) ? -1 : 0;
}

static long act_uffd_fill(void)
{
	char *shared, *private;
	long ret = -1;
	int err;

	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	shared = mmap(NULL, 8 * page, RW, SHARED_ANON, -1, 0);
	private = mmap(NULL, 2 * page, RW, ANON, -1, 0);
	if (shared != MAP_FAILED && private != MAP_FAILED)
		ret = fill_registered(shared, private);
	err = errno;
	close(fd);
	if (shared != MAP_FAILED)
		munmap(shared, 8 * page);
	if (private != MAP_FAILED)
		munmap(private, 2 * page);
	errno = err;
	return ret;
}
SWEEP(failnth_userfaultfd_fills_completely_or_not_at_all, 10, .prepare = need_uffd, .act = act_uffd_fill)

static struct server server;
static int forks, closed;

static void close_childs(struct server *s, const struct uffd_msg *msg)
{
	(void)s;
	if (msg->event != UFFD_EVENT_FORK)
		return;
	close((int)msg->arg.fork.ufd);
	__atomic_fetch_add(&closed, 1, __ATOMIC_SEQ_CST);
}

static void prepare_events(void)
{
	need_root();
	fd = uffd_new(UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_UNMAP);
	mem = map(4 * page, PROT_NONE, ANON, -1);
	server_start(&server, fd, close_childs);
}

static int fork_once(void)
{
	pid_t pid = fork();
	int st;

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -1;
	waitpid(pid, &st, 0);
	for (forks++; __atomic_load_n(&closed, __ATOMIC_SEQ_CST) < forks;)
		sleep_ms(1);
	return 0;
}

static long act_uffd_events(void)
{
	char *p = mmap(NULL, 4 * page, RW, ANON, -1, 0), *moved = MAP_FAILED;
	long ret = -1;
	int err;

	if (p == MAP_FAILED)
		return -1;
	if (!uffd_register(fd, p, 3 * page, MISSING) && !fork_once())
		moved = mremap(p, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, mem);
	if (moved != MAP_FAILED)
		ret = munmap(moved + page, page);
	err = errno;
	munmap(p, 4 * page);
	mmap(mem, 4 * page, PROT_NONE, ANON | MAP_FIXED, -1, 0);
	errno = err;
	return ret;
}
SWEEP(failnth_userfaultfd_events_are_told_or_nothing_happens, 10, .prepare = prepare_events, .act = act_uffd_events,
      .other = EAGAIN)
