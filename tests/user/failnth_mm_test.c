/* SPDX-License-Identifier: MIT */
/*
 * tests/user/failnth_mm_test.c - every allocation behind the flags and advices of the memory calls fails once
 *
 * How: failnth.c. The plain calls are in failnth_test.c, the calls of other man pages in failnth_calls_test.c.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/uio.h>

#include "failnth.h"
#include "numa.h"
#include "uffd.h"

#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 3
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MAP_32BIT
#define MAP_32BIT 0
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

#define AREA	16			/* pages of the area */
#define PART	(area + 4 * page)	/* a part of its middle: changing it alone splits the mapping twice */
#define SPLITS	2

static char *area, *free_place;
static int file;

static void prepare_file(void)
{
	file = open("data", O_RDWR | O_CREAT, 0644);
	CHECK_OK(file);
	CHECK_OK(ftruncate(file, (off_t)(AREA * page)));
	for (int i = 0; i < AREA; i++)
		CHECK_EQ(pwrite(file, "x", 1, (off_t)(i * page)), 1);
}

/* Between walls: it merges with nothing, cannot grow, and nothing else merges with it. */
static void prepare_with(int flags, int fd)
{
	char *p = map((AREA + 2) * page, PROT_NONE, ANON, -1);

	area = mmap(p + page, AREA * page, RW, flags | MAP_FIXED, fd, 0);
	CHECK_OK(area);
	for (int i = 0; i < AREA; i++)
		area[i * page] = (char)(i + 1);
	free_place = map(AREA * page, PROT_NONE, ANON, -1);
}

static void prepare_anon(void) { prepare_with(ANON, -1); }
static void prepare_shared(void) { prepare_with(SHARED_ANON, -1); }

static void prepare_shared_file(void)
{
	prepare_file();
	prepare_with(MAP_SHARED, file);
}

static long unmap_after(char *p, size_t size, long ret)
{
	int err = errno;

	CHECK_OK(munmap(p, size));
	errno = err;
	return ret;
}

/* ---- mmap: each flag ---- */
static long map_and_unmap(int prot, int flags, int fd)
{
	char *p = mmap(free_place, page, prot, flags, fd, 0);

	return p == MAP_FAILED ? -1 : unmap_after(p, page, 0);
}

/* Executable, as nothing near it is: no neighbour takes it in. */
static long act_mmap_flags(void)
{
	static const int flags[] = {
		MAP_NORESERVE, MAP_GROWSDOWN, MAP_STACK, MAP_LOCKED, MAP_POPULATE | MAP_NONBLOCK, MAP_32BIT,
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (map_and_unmap(RW | PROT_EXEC, ANON | flags[i], -1))
			return -1;
	return 0;
}
SWEEP(failnth_mmap_with_each_flag_fails_cleanly, 6, .prepare = prepare_anon, .act = act_mmap_flags, .other = EAGAIN)

static long act_mmap_validate(void)
{
	return map_and_unmap(RW, MAP_SHARED_VALIDATE, file);
}
SWEEP(failnth_mmap_shared_validate_fails_cleanly, 1, .prepare = prepare_file, .act = act_mmap_validate)

static void prepare_hole(void)
{
	prepare_anon();
	CHECK_OK(munmap(free_place, AREA * page));
}

static long act_mmap_noreplace(void)
{
	char *p = mmap(free_place + page, page, PROT_READ | PROT_EXEC, ANON | MAP_FIXED_NOREPLACE, -1, 0);

	return p == MAP_FAILED ? -1 : unmap_after(p, page, 0);
}
SWEEP(failnth_mmap_fixed_noreplace_fails_cleanly, 1, .prepare = prepare_hole, .act = act_mmap_noreplace)

static long act_mmap_fixed_file(void)
{
	char *p = mmap(PART, 4 * page, RW, MAP_SHARED | MAP_FIXED, file, 0);

	return p == MAP_FAILED ? -1 : 0;
}
SWEEP(failnth_mmap_of_a_file_over_the_middle_fails_cleanly, 1, .prepare = prepare_shared_file,
      .act = act_mmap_fixed_file, .may_unmap = true)

/* ---- mprotect ---- */
static long act_mprotect_grows(void)
{
	char *p = mmap(NULL, 2 * page, RW, ANON | MAP_GROWSDOWN, -1, 0);
	long ret;

	if (p == MAP_FAILED)
		return -1;
	ret = mprotect(p + page, page, PROT_READ | PROT_GROWSDOWN);
	return unmap_after(p, 2 * page, ret);
}
SWEEP(failnth_mprotect_that_follows_a_growing_mapping_fails_cleanly, 1, .act = act_mprotect_grows)

static long act_mprotect_shared(void) { return mprotect(PART, 4 * page, PROT_READ); }
SWEEP(failnth_mprotect_of_shared_memory_fails_cleanly, SPLITS, .prepare = prepare_shared, .act = act_mprotect_shared)
SWEEP(failnth_mprotect_of_a_shared_file_fails_cleanly, SPLITS, .prepare = prepare_shared_file,
      .act = act_mprotect_shared)

static long act_munmap(void) { return munmap(PART, 4 * page); }
SWEEP(failnth_munmap_of_the_middle_of_a_file_fails_cleanly, 1, .prepare = prepare_shared_file, .act = act_munmap)

/* ---- mremap: what was there is still there, or has arrived completely ---- */
static void check_pages(const char *p, int first, int n)
{
	for (int i = 0; i < n; i++)
		CHECK_EQ(p[i * page], first + i + 1);
}

static long act_mremap_fixed(void)
{
	char *p = mremap(PART, 4 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_FIXED, free_place + 4 * page);

	check_pages(p == MAP_FAILED ? PART : p, 4, 4);
	return p == MAP_FAILED ? -1 : 0;
}
SWEEP(failnth_mremap_fixed_moves_everything_or_nothing, 2, .prepare = prepare_anon, .act = act_mremap_fixed,
      .may_unmap = true)
SWEEP(failnth_mremap_fixed_of_a_file_moves_everything_or_nothing, 2, .prepare = prepare_shared_file,
      .act = act_mremap_fixed, .may_unmap = true)

static long act_mremap_dontunmap(void)
{
	char *p = mremap(PART, 4 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);

	check_pages(p == MAP_FAILED ? PART : p, 4, 4);
	if (p == MAP_FAILED)
		return -1;
	CHECK_EQ(*PART, 0);
	return 0;
}
SWEEP(failnth_mremap_dontunmap_moves_everything_or_nothing, 1, .prepare = prepare_anon, .act = act_mremap_dontunmap)

static long act_mremap_shrink(void)
{
	return mremap(PART, 8 * page, 4 * page, 0) == MAP_FAILED ? -1 : 0;
}
SWEEP(failnth_mremap_that_shrinks_fails_cleanly, 1, .prepare = prepare_anon, .act = act_mremap_shrink)

/* Shared memory may be mapped once more: an old size of zero. */
static long act_mremap_twice(void)
{
	char *p = mremap(area, 0, 4 * page, MREMAP_MAYMOVE);

	if (p == MAP_FAILED)
		return -1;
	check_pages(p, 0, 4);
	return unmap_after(p, 4 * page, 0);
}
SWEEP(failnth_mremap_that_maps_twice_fails_cleanly, 1, .prepare = prepare_shared, .act = act_mremap_twice)

/* ---- madvise: advices that change the mapping, and those that change pages ---- */
static long advise(const int *advices, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (madvise(PART, 4 * page, advices[i]) && errno != EINVAL)
			return -1;	/* EINVAL: built without it */
	return 0;
}
#define ADVISE(...) advise((const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static long act_madvise_order(void) { return ADVISE(MADV_RANDOM, MADV_SEQUENTIAL, MADV_NORMAL); }
SWEEP(failnth_madvise_of_the_order_fails_cleanly, SPLITS, .prepare = prepare_anon, .act = act_madvise_order,
      .other = EAGAIN)
static long act_madvise_fork(void)
{
	return ADVISE(MADV_DONTFORK, MADV_DOFORK, MADV_WIPEONFORK, MADV_KEEPONFORK);
}
SWEEP(failnth_madvise_about_forks_fails_cleanly, 2 * SPLITS, .prepare = prepare_anon, .act = act_madvise_fork,
      .other = EAGAIN)
static long act_madvise_dump(void) { return ADVISE(MADV_DONTDUMP, MADV_DODUMP); }
SWEEP(failnth_madvise_about_dumps_fails_cleanly, SPLITS, .prepare = prepare_anon, .act = act_madvise_dump,
      .other = EAGAIN)
static long act_madvise_merge(void) { return ADVISE(MADV_MERGEABLE, MADV_UNMERGEABLE); }
SWEEP(failnth_madvise_about_merging_fails_cleanly, 0, .prepare = prepare_anon, .act = act_madvise_merge,
      .other = EAGAIN)
static long act_madvise_pages(void) { return ADVISE(MADV_WILLNEED, MADV_COLD, MADV_PAGEOUT, MADV_FREE); }
SWEEP(failnth_madvise_about_pages_loses_none, 0, .prepare = prepare_anon, .act = act_madvise_pages, .other = EAGAIN)
SWEEP(failnth_madvise_about_pages_of_a_file_loses_none, 0, .prepare = prepare_shared_file, .act = act_madvise_pages,
      .other = EAGAIN)
static long act_madvise_remove(void) { return ADVISE(MADV_REMOVE, MADV_DONTNEED); }
SWEEP(failnth_madvise_remove_fails_cleanly, 0, .prepare = prepare_shared, .act = act_madvise_remove, .other = EAGAIN)

static long act_madvise_populate(void)
{
	return ADVISE(MADV_DONTNEED, MADV_POPULATE_READ, MADV_DONTNEED, MADV_POPULATE_WRITE);
}
SWEEP(failnth_madvise_populate_fails_cleanly, 0, .prepare = prepare_anon, .act = act_madvise_populate, .other = EFAULT)
SWEEP(failnth_madvise_populate_of_a_file_fails_cleanly, 0, .prepare = prepare_shared_file,
      .act = act_madvise_populate, .other = EFAULT)

static long act_process_madvise(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0), err;
	struct iovec iov[20];
	long n;

	if (pidfd < 0)
		return -1;
	for (int i = 0; i < 20; i++)
		iov[i] = (struct iovec){ area + i % AREA * (int)page, page };
	n = syscall(SYS_process_madvise, pidfd, iov, 20UL, MADV_COLD, 0);
	err = errno;
	close(pidfd);
	errno = err;
	return n < 0 ? -1 : 0;
}
SWEEP(failnth_process_madvise_fails_cleanly, 2, .prepare = prepare_anon, .act = act_process_madvise)

/* ---- mlock ---- */
static long act_mlock2(void) { return mlock2(PART, 4 * page, MLOCK_ONFAULT) || munlock(PART, 4 * page) ? -1 : 0; }
SWEEP(failnth_mlock2_fails_cleanly, SPLITS, .prepare = prepare_anon, .act = act_mlock2, .other = EAGAIN)

static void prepare_locked(void)
{
	prepare_anon();
	CHECK_OK(mlock(area, AREA * page));
}

static long act_munlock(void) { return munlock(PART, 4 * page); }
SWEEP(failnth_munlock_that_splits_fails_cleanly, SPLITS, .prepare = prepare_locked, .act = act_munlock,
      .other = EAGAIN)

static long act_mlock_future(void)
{
	long ret = mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	int err;

	if (!ret)
		ret = map_and_unmap(RW | PROT_EXEC, ANON, -1);
	err = errno;
	munlockall();
	errno = err;
	return ret;
}
SWEEP(failnth_mlockall_of_the_future_fails_cleanly, 1, .prepare = prepare_anon, .act = act_mlock_future,
      .other = EAGAIN)

/* ---- msync, mincore, membarrier ---- */
static long act_msync_file(void)
{
	static unsigned char vec[AREA];

	return msync(area, AREA * page, MS_SYNC) || msync(area, AREA * page, MS_ASYNC | MS_INVALIDATE) ||
	       mincore(area, AREA * page, vec) ? -1 : 0;
}
SWEEP(failnth_msync_and_mincore_of_a_file_fail_cleanly, 0, .prepare = prepare_shared_file, .act = act_msync_file)

/* Global; registration and use of: global expedited, private expedited, and with a core serialised. */
static long act_membarrier(void)
{
	static const int commands[] = { 1, 4, 2, 16, 8, 64, 32 };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (syscall(SYS_membarrier, commands[i], 0, 0) && errno != EINVAL)
			return -1;
	return 0;
}
SWEEP(failnth_membarrier_fails_cleanly, 0, .act = act_membarrier)

/* ---- memory of others ---- */
static long act_process_vm_writev(void)
{
	static char from[64] = "data";
	struct iovec l[20], r[20];

	for (int i = 0; i < 20; i++) {
		l[i] = (struct iovec){ from + i, 1 };
		r[i] = (struct iovec){ area + i % AREA * (int)page, 1 };
	}
	return process_vm_writev(getpid(), l, 20, r, 20, 0) < 0 ? -1 : 0;
}
SWEEP(failnth_process_vm_writev_fails_cleanly, 1, .prepare = prepare_anon, .act = act_process_vm_writev)

/* ---- named shared memory: System V, POSIX ---- */
static int segment;

static void prepare_segment(void)
{
	prepare_anon();
	segment = shmget(IPC_PRIVATE, 4 * page, 0600);
	CHECK_OK(segment);
}

static void remove_segment(void)
{
	CHECK_OK(shmctl(segment, IPC_RMID, NULL));
}

static long act_shm_calls(void)
{
	struct shmid_ds ds;

	if (shmctl(segment, IPC_STAT, &ds) || shmctl(segment, IPC_SET, &ds) || shmctl(segment, SHM_LOCK, NULL) ||
	    shmctl(segment, SHM_UNLOCK, NULL))
		return -1;
	return shmat(segment, PART, SHM_REMAP) == PART ? shmdt(PART) : -1;
}

/* Also after a failure: a segment outlives its maker. */
static long act_shm_over_a_mapping(void)
{
	long ret = act_shm_calls();
	int err = errno;

	mmap(PART, 4 * page, RW, ANON | MAP_FIXED, -1, 0);
	errno = err;
	return ret;
}
SWEEP(failnth_shmat_over_a_mapping_fails_cleanly, 1, .prepare = prepare_segment, .act = act_shm_over_a_mapping,
      .undo = remove_segment, .may_unmap = true)

static long use_posix_shm(int fd)
{
	char *p;

	if (ftruncate(fd, (off_t)(4 * page)))
		return -1;
	p = mmap(NULL, 4 * page, RW, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -1;
	p[page] = 1;
	return unmap_after(p, 4 * page, 0);
}

static long act_posix_shm(void)
{
	int fd = shm_open("/failnth", O_RDWR | O_CREAT | O_EXCL, 0600), err;
	long ret;

	if (fd < 0)
		return -1;
	ret = use_posix_shm(fd);
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

static long act_posix_shm_and_unlink(void)
{
	long ret = act_posix_shm();
	int err = errno;

	shm_unlink("/failnth");
	errno = err;
	return ret;
}
SWEEP(failnth_posix_shared_memory_fails_cleanly, 3, .act = act_posix_shm_and_unlink)

/* ---- policies and nodes ---- */
static long act_set_policy(void)
{
	return set_policy(BIND, 1) || set_policy(INTERLEAVE, 1) || set_policy(DEFAULT, 0) ? -1 : 0;
}
SWEEP(failnth_set_mempolicy_needs_nothing, 0, .act = act_set_policy)

/* To the last node and back: with one node, nothing has to move. A page that finds no room stays. */
static long act_move_pages(void)
{
	static const int targets[] = { 1, 0 };
	int nodes[AREA], status[AREA];
	void *pages[AREA];

	for (int t = 0; t < 2; t++) {
		for (int i = 0; i < AREA; i++) {
			pages[i] = area + i * page;
			nodes[i] = targets[t];
		}
		if (syscall(SYS_move_pages, 0, AREA + 0UL, pages, nodes, status, MF_MOVE) < 0 && errno != ENODEV)
			return -1;
		check_pages(area, 0, AREA);
	}
	return 0;
}
SWEEP(failnth_move_pages_loses_none, 0, .prepare = prepare_anon, .act = act_move_pages, .other = ENODEV)

static long migrate(unsigned long from, unsigned long to)
{
	unsigned long a[NODE_WORDS] = { from }, b[NODE_WORDS] = { to };

	return syscall(SYS_migrate_pages, 0, NODE_BITS, a, b) < 0 && errno != EINVAL ? -1 : 0;
}

static long act_migrate_pages(void)
{
	if (migrate(1, 2) || migrate(2, 1))
		return -1;
	check_pages(area, 0, AREA);
	return 0;
}
SWEEP(failnth_migrate_pages_loses_none, 0, .prepare = prepare_anon, .act = act_migrate_pages, .stride = 7)

/* ---- userfaultfd: minor faults, waking ---- */
static void need_minor(void)
{
	close(uffd_new(UFFD_FEATURE_MINOR_SHMEM));
	prepare_shared();
}

static long act_uffd_continue(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK), err;
	long ret;

	if (fd < 0)
		return -1;
	madvise(area, AREA * page, MADV_DONTNEED);
	ret = uffd_api(fd, UFFD_FEATURE_MINOR_SHMEM) || uffd_register(fd, PART, 4 * page, MISSING | MINOR) ||
	      uffd_continue(fd, PART, 2 * page, 0) || uffd_wake(fd, PART, 4 * page) ? -1 : 0;
	err = errno;
	close(fd);
	errno = err;
	return ret;
}
SWEEP(failnth_userfaultfd_continue_fails_cleanly, 4, .prepare = need_minor, .act = act_uffd_continue)

/* ---- /proc ---- */
static long read_file(const char *path)
{
	static char buf[8192];
	int fd = open(path, O_RDONLY), err;
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	for (int i = 0; i < 4; i++)	/* kpageflags has no end in sight */
		if ((n = read(fd, buf, sizeof(buf))) <= 0)
			break;
	err = errno;
	close(fd);
	errno = err;
	return n < 0 ? -1 : 0;
}

static long act_proc_reads(void)
{
	static const char *const files[] = {
		"/proc/self/smaps", "/proc/self/smaps_rollup", "/proc/self/statm", "/proc/self/stat",
		"/proc/self/oom_score", "/proc/self/oom_score_adj", "/proc/kpagecount", "/proc/kpageflags",
		"/proc/self/numa_maps", "/proc/sys/vm/overcommit_memory", "/proc/sys/vm/max_map_count",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (read_file(files[i]) && errno != ENOENT)
			return -1;
	return 0;
}
SWEEP(failnth_proc_files_about_memory_fail_cleanly, 15, .prepare = prepare_anon, .act = act_proc_reads)

static long act_proc_writes(void)
{
	return write_text("/proc/self/clear_refs", "1") || write_text("/proc/self/clear_refs", "5") ||
	       write_text("/proc/self/oom_score_adj", "0") ||
	       write_text("/proc/sys/vm/overcommit_ratio", "50") ? -1 : 0;
}
SWEEP(failnth_writes_to_proc_files_about_memory_fail_cleanly, 4, .prepare = prepare_anon, .act = act_proc_writes)

/* ---- stacks ---- */

static long act_stack_grows(void)
{
	char *p = mmap(free_place + 12 * page, page, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	p[0] = 1;
	return mmap(free_place, AREA * page, PROT_NONE, ANON | MAP_FIXED, -1, 0) == MAP_FAILED ? -1 : 0;
}
SWEEP(failnth_growing_mapping_over_another_fails_cleanly, 1, .prepare = prepare_anon, .act = act_stack_grows,
      .may_unmap = true)
