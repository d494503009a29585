/* SPDX-License-Identifier: MIT */
/*
 * user/bin/callmatrix_process.c - limits, other processes' memory, membarrier, and what the counters say
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callmatrix.h"

/* The hard limit stays: raising it is a privilege that a container's root does not have. */
static void limit(int which, unsigned long soft)
{
	struct rlimit r;

	getrlimit(which, &r);
	r.rlim_cur = soft < r.rlim_max ? soft : r.rlim_max;
	if (setrlimit(which, &r))
		add(" cannot limit");
}

/* ---- mlock under RLIMIT_MEMLOCK ---- */
static void one_lock(unsigned long bytes, const char *what, long nr, long a, long b, long c)
{
	key("limit %ld locked: %s", bytes == RLIM_INFINITY ? -1L : (long)bytes, what);
	map_anon(4, 2, RW, 0);
	map_anon(8, 4, PROT_READ, 0);
	limit(RLIMIT_MEMLOCK, bytes);
	result(raw(nr, a, b, c, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_LOCKED, -1L, 0L));
	arena_state(COUNTERS | FLAGS);
	munlockall();
	arena_clear();
	end();
}

static void run_limits_mlock(void)
{
	static const unsigned long limits[] = { 0, 1, PAGE, 2 * PAGE, 3 * PAGE + 5, RLIM_INFINITY };

	for (size_t l = 0; l < LENGTH(limits); l++) {
		if (getuid() && limits[l] > (8UL << 20))
			continue;
		one_lock(limits[l], "mlock a page", SYS_mlock, P(4), PAGE, 0);
		one_lock(limits[l], "mlock two pages", SYS_mlock, P(4), 2 * PAGE, 0);
		one_lock(limits[l], "mlock nothing", SYS_mlock, P(4), 0, 0);
		one_lock(limits[l], "mlock a hole", SYS_mlock, P(6), PAGE, 0);
		one_lock(limits[l], "mlock four pages", SYS_mlock, P(8), 4 * PAGE, 0);
		one_lock(limits[l], "mlock2 on fault", SYS_mlock2, P(8), 4 * PAGE, 1);
		one_lock(limits[l], "mlock2 unknown", SYS_mlock2, P(8), PAGE, 2);
		one_lock(limits[l], "munlock", SYS_munlock, P(4), PAGE, 0);
		one_lock(limits[l], "munlock a hole", SYS_munlock, P(6), PAGE, 0);
		one_lock(limits[l], "mlockall 0", SYS_mlockall, 0, 0, 0);
		one_lock(limits[l], "mlockall unknown", SYS_mlockall, 8, 0, 0);
		one_lock(limits[l], "mlockall on fault", SYS_mlockall, 4, 0, 0);
		one_lock(limits[l], "mlockall future", SYS_mlockall, 2, 0, 0);
		one_lock(limits[l], "mlockall future on fault", SYS_mlockall, 6, 0, 0);
		one_lock(limits[l], "munlockall", SYS_munlockall, 0, 0, 0);
		one_lock(limits[l], "mmap locked a page", SYS_mmap, P(10), PAGE, RW);
		one_lock(limits[l], "mmap locked four pages", SYS_mmap, P(10), 4 * PAGE, RW);
		if (limits[l] < 4 * PAGE && getuid())
			one_lock(limits[l], "mlockall current", SYS_mlockall, 1, 0, 0);
	}
}

/* Memory locked already, and what then grows: mremap, mmap, mprotect, mlock again. */
static void run_limits_future(void)
{
	static const unsigned long limits[] = { PAGE, 2 * PAGE, 4 * PAGE };

	for (size_t l = 0; l < LENGTH(limits); l++) {
		key("limit %lu after locking two pages", limits[l]);
		map_anon(4, 2, RW, 0);
		limit(RLIMIT_MEMLOCK, 8 << 20);
		mlock((void *)P(4), 2 * PAGE);
		limit(RLIMIT_MEMLOCK, limits[l]);
		add(" again");
		result(CALL(SYS_mlock, P(4), 2 * PAGE));
		add(" one more");
		map_anon(6, 1, RW, 0);
		result(CALL(SYS_mlock, P(6), PAGE));
		add(" mremap");
		result(CALL(SYS_mremap, P(4), 2 * PAGE, 5 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, P(9)));
		add(" future");
		result(CALL(SYS_mlockall, MCL_FUTURE));
		add(" mmap");
		result(CALL(SYS_mmap, P(2), 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		arena_state(COUNTERS | FLAGS);
		munlockall();
		arena_clear();
		end();
	}
}

/* ---- RLIMIT_AS, _DATA, _STACK ---- */
static void one_limited(int which, const char *name, long spare, const char *what, long nr, long a, long b,
			long c, long d)
{
	long value;
	unsigned long now = (unsigned long)status_kb(which == RLIMIT_AS ? "VmSize:" : "VmData:") * 1024;

	key("limit %s %+ld pages: %s", name, spare, what);
	map_anon(4, 2, RW, 0);
	now += 2 * PAGE;
	limit(which, now + (unsigned long)(spare * (long)PAGE));
	value = raw(nr, a, b, c, d, nr == SYS_mmap ? -1L : (long)P(10), 0L);
	result(value);
	limit(which, RLIM_INFINITY);
	if (value >= 0) /* what was to be replaced may be split */
		arena_state(EVERYTHING);
	arena_clear();
	end();
}

static void run_limits_space(void)
{
	static const struct {
		int which;
		const char *name;
	} limits[] = { { RLIMIT_AS, "AS" }, { RLIMIT_DATA, "DATA" } };
	const long anon = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		   shared = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED;

	for (size_t i = 0; i < LENGTH(limits); i++)
		for (long spare = -1; spare <= 3; spare++) {
			int w = limits[i].which;
			const char *n = limits[i].name;

			one_limited(w, n, spare, "mmap two pages", SYS_mmap, P(8), 2 * PAGE, RW, anon);
			one_limited(w, n, spare, "mmap read only", SYS_mmap, P(8), 2 * PAGE, PROT_READ, anon);
			one_limited(w, n, spare, "mmap no access", SYS_mmap, P(8), 2 * PAGE, PROT_NONE, anon);
			one_limited(w, n, spare, "mmap shared", SYS_mmap, P(8), 2 * PAGE, RW, shared);
			one_limited(w, n, spare, "mmap over", SYS_mmap, P(5), 2 * PAGE, RW, anon);
			one_limited(w, n, spare, "mmap noreserve", SYS_mmap, P(8), 2 * PAGE, RW,
				    anon | MAP_NORESERVE);
			one_limited(w, n, spare, "mmap growsdown", SYS_mmap, P(8), 2 * PAGE, RW,
				    anon | MAP_GROWSDOWN);
			one_limited(w, n, spare, "mremap grow", SYS_mremap, P(4), 2 * PAGE, 4 * PAGE, 0);
			one_limited(w, n, spare, "mremap move", SYS_mremap, P(4), 2 * PAGE, 4 * PAGE, 3);
			one_limited(w, n, spare, "mremap dontunmap", SYS_mremap, P(4), 2 * PAGE, 2 * PAGE, 7);
			one_limited(w, n, spare, "mprotect", SYS_mprotect, P(4), 2 * PAGE, PROT_READ, 0);
		}
	for (long spare = -1; spare <= 3; spare++) {
		key("limit DATA %+ld pages: mprotect to writable", spare);
		map_anon(4, 2, PROT_READ, 0);
		limit(RLIMIT_DATA,
		      (unsigned long)status_kb("VmData:") * 1024 + (unsigned long)(spare * (long)PAGE));
		result(CALL(SYS_mprotect, P(4), 2 * PAGE, RW));
		limit(RLIMIT_DATA, RLIM_INFINITY);
		arena_state(EVERYTHING);
		arena_clear();
		end();
	}
}

static void run_limits_call(void)
{
	static const int which[] = { RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_MEMLOCK, 16, -1 };
	static const struct rlimit64 values[] = {
		{ 0, 0 },
		{ 1 << 20, 1 << 20 },
		{ 2 << 20, 1 << 20 },
		{ 1 << 20, RLIM_INFINITY },
		{ RLIM_INFINITY, RLIM_INFINITY },
		{ 5, 5 },
		{ 1UL << 63, 1UL << 63 },
	};

	for (size_t w = 0; w < LENGTH(which); w++)
		for (size_t v = 0; v < LENGTH(values); v++) {
			struct rlimit64 was, now;
			pid_t pid;

			if (which[w] == RLIMIT_MEMLOCK && values[v].rlim_max > (8 << 20))
				continue; /* a container's root may not raise it */

			fflush(stdout);
			pid = fork();
			if (pid == 0) {
				key("prlimit %d to %#lx %#lx", which[w], (unsigned long)values[v].rlim_cur,
				    (unsigned long)values[v].rlim_max);
				result(CALL(SYS_prlimit64, 0, which[w], &values[v], &was));
				result(CALL(SYS_prlimit64, 0, which[w], NULL, &now));
				if (which[w] >= 0 && which[w] < 16)
					add(" now %#lx %#lx", (unsigned long)now.rlim_cur,
					    (unsigned long)now.rlim_max);
				end();
				fflush(stdout);
				_exit(0);
			}
			waitpid(pid, NULL, 0);
		}
	key("prlimit bad pointers");
	result(CALL(SYS_prlimit64, 0, RLIMIT_AS, 8, NULL));
	result(CALL(SYS_prlimit64, 0, RLIMIT_AS, NULL, 8));
	result(CALL(SYS_prlimit64, 99999999, RLIMIT_AS, NULL, NULL));
	result(CALL(SYS_prlimit64, -1, RLIMIT_AS, NULL, NULL));
	end();
}

/* ---- process_vm_readv, process_vm_writev, process_madvise ---- */
static void one_vm(const char *what, long nr, pid_t pid, const struct iovec *l, unsigned long nl,
		   const struct iovec *r, unsigned long nrem, unsigned long flags)
{
	if (l && l->iov_len >= 1UL << 62 && linux_since(6, 4))
		return; /* cut before it is looked at */
	key("process_vm_%s %s", nr == SYS_process_vm_readv ? "readv" : "writev", what);
	map_anon(4, 2, RW, 0);
	map_anon(7, 1, PROT_READ, 0);
	map_anon(8, 1, PROT_NONE, 0);
	result(CALL(nr, pid, l, nl, r, nrem, flags));
	arena_state(CONTENTS);
	arena_clear();
	end();
}

#define IOV(page, offset, len)                                                                                 \
	{                                                                                                      \
		(void *)(P(page) + (offset)), (len)                                                            \
	}

static void run_process_vm(void)
{
	static char here[64 * 1024];
	static struct iovec many[1026];
	static const struct iovec ranges[][2] = {
		{ IOV(4, 0, 10), IOV(5, 0, 10) },
		{ IOV(4, 0, 2 * PAGE), IOV(7, 0, 1) },
		{ IOV(5, 0, 2 * PAGE), IOV(4, 0, 1) },
		{ IOV(6, 0, 1), IOV(4, 0, 1) },
		{ IOV(4, 0, 1), IOV(6, 0, 1) },
		{ IOV(7, 0, 2), IOV(8, 0, 2) },
		{ IOV(8, 0, 2), IOV(4, 0, 2) },
		{ IOV(4, 0, 0), IOV(4, 0, 3) },
		{ IOV(6, 0, 0), IOV(4, 0, 3) },
		{ IOV(4, 0, -1UL), IOV(4, 0, 1) },
		{ IOV(4, 0, 1UL << 62), IOV(4, 0, 1) },
		{ { (void *)-PAGE, 16 }, IOV(4, 0, 1) },
		{ { NULL, 16 }, IOV(4, 0, 1) },
		{ IOV(4, 4090, 20), IOV(5, 4090, 20) },
		{ { (void *)(1UL << 63), 16 }, IOV(4, 0, 1) },
	};
	const struct iovec local = { here, sizeof(here) }, small[2] = { { here, 5 }, { here + 100, 3 } };
	const long calls[] = { SYS_process_vm_readv, SYS_process_vm_writev };
	char name[64];

	for (size_t i = 0; i < LENGTH(many); i++)
		many[i] = (struct iovec)IOV(4, 0, 1);
	for (size_t c = 0; c < 2; c++) {
		for (size_t i = 0; i < LENGTH(ranges); i++)
			for (unsigned long n = 0; n <= 2; n++) {
				snprintf(name, sizeof(name), "remote %zu, %lu of them", i, n);
				one_vm(name, calls[c], getpid(), &local, 1, ranges[i], n, 0);
				snprintf(name, sizeof(name), "remote %zu, %lu of them, small", i, n);
				one_vm(name, calls[c], getpid(), small, 2, ranges[i], n, 0);
				snprintf(name, sizeof(name), "local %zu, %lu of them", i, n);
				one_vm(name, calls[c], getpid(), ranges[i], n, &local, 1, 0);
			}
		one_vm("flags", calls[c], getpid(), &local, 1, ranges[0], 1, 1);
		one_vm("nobody there", calls[c], 99999999, &local, 1, ranges[0], 1, 0);
		one_vm("pid -1", calls[c], -1, &local, 1, ranges[0], 1, 0);
		one_vm("pid 0", calls[c], 0, &local, 1, ranges[0], 1, 0);
		one_vm("1024 remote", calls[c], getpid(), &local, 1, many, 1024, 0);
		one_vm("1025 remote", calls[c], getpid(), &local, 1, many, 1025, 0);
		one_vm("1025 local", calls[c], getpid(), many, 1025, ranges[0], 1, 0);
		one_vm("-1 remote", calls[c], getpid(), &local, 1, many, -1UL, 0);
		one_vm("null remote", calls[c], getpid(), &local, 1, NULL, 1, 0);
		one_vm("null local", calls[c], getpid(), NULL, 1, ranges[0], 1, 0);
		one_vm("null, none of them", calls[c], getpid(), NULL, 0, NULL, 0, 0);
		one_vm("no local", calls[c], getpid(), NULL, 0, ranges[0], 1, 0);
		one_vm("kernel vector", calls[c], getpid(), &local, 1, (void *)(1UL << 63), 1, 0);
		one_vm("init", calls[c], 1, &local, 1, ranges[0], 0, 0);
	}
}

static void run_process_madvise(void)
{
	static const int advices[] = { 0, 1, 3, 4, 8, 9, 10, 14, 15, 20, 21, 22, 23, 99, -1 };
	static const struct iovec ranges[][2] = {
		{ IOV(4, 0, 2 * PAGE), IOV(7, 0, PAGE) }, { IOV(4, 0, PAGE), IOV(6, 0, PAGE) },
		{ IOV(6, 0, PAGE), IOV(4, 0, PAGE) },	  { IOV(4, 1, PAGE), IOV(4, 0, PAGE) },
		{ IOV(4, 0, 0), IOV(4, 0, PAGE) },	  { IOV(4, 0, 1), IOV(5, 0, 1) },
		{ IOV(4, 0, -1UL), IOV(4, 0, 1) },
	};
	int fd, p[2];

	if (linux_since(6, 13))
		return; /* any advice to oneself */
	fd = (int)CALL(SYS_pidfd_open, getpid(), 0);
	for (size_t a = 0; a < LENGTH(advices); a++)
		for (size_t r = 0; r < LENGTH(ranges); r++)
			for (unsigned long n = 0; n <= 2; n++) {
				if ((advices[a] == 14 || advices[a] == 15) && linux_since(0, 0))
					continue;
				key("process_madvise advice %d ranges %zu, %lu of them", advices[a], r, n);
				map_anon(4, 2, RW, 0);
				map_anon(7, 1, RW, 0);
				result(CALL(SYS_process_madvise, fd, ranges[r], n, advices[a], 0));
				arena_state(CONTENTS);
				arena_clear();
				end();
			}
	key("process_madvise of a descriptor that is none");
	result(CALL(SYS_process_madvise, -1, ranges[0], 1, 20, 0));
	result(CALL(SYS_process_madvise, 999, ranges[0], 1, 99, 0));
	if (!pipe(p))
		result(CALL(SYS_process_madvise, p[0], ranges[0], 1, 20, 0));
	result(CALL(SYS_process_madvise, fd, ranges[0], 1, 20, 1));
	result(CALL(SYS_process_madvise, -1, ranges[0], 1, 20, 1));
	result(CALL(SYS_process_madvise, fd, ranges[0], 1025, 20, 0));
	result(CALL(SYS_process_madvise, fd, NULL, 1, 20, 0));
	result(CALL(SYS_process_madvise, -1, NULL, 1, 20, 0));
	end();
}

/* ---- membarrier ---- */
static void run_membarrier(void)
{
	static const int commands[] = { 1, 2, 4, 8, 16, 32, 64, 2, 8, 32, 512, 3, 1024, -1, 0x40000000 };

	key("membarrier query");
	add(" %#lx", CALL(SYS_membarrier, 0, 0, 0) & 0x7f); /* without restartable sequences */
	end();
	for (size_t i = 0; i < LENGTH(commands); i++)
		for (unsigned int flags = 0; flags < 2; flags++) {
			key("membarrier number %zu command %d flags %u", i, commands[i], flags);
			if (commands[i] == 512 && linux_since(6, 3))
				add(" EINVAL"); /* GET_REGISTRATIONS */
			else
				result(CALL(SYS_membarrier, commands[i], flags, 0));
			end();
		}
	key("membarrier with a cpu");
	result(CALL(SYS_membarrier, 1, 0, 7));
	result(CALL(SYS_membarrier, 0, 1, 0));
	result(CALL(SYS_membarrier, 0, 0, 7) > 0);
	end();
}

/* ---- faults ---- */
static long faults(int which)
{
	struct rusage u;

	getrusage(which, &u);
	return u.ru_minflt;
}

static void run_faults(void)
{
	static const int who[] = { RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD, 2, -2, 99 };
	struct rusage u;
	long before;
	int fd;

	for (size_t i = 0; i < LENGTH(who); i++) {
		key("getrusage %d", who[i]);
		result(CALL(SYS_getrusage, who[i], &u));
		result(CALL(SYS_getrusage, who[i], 8));
		end();
	}
	key("faults of populated memory");
	before = faults(RUSAGE_SELF);
	mmap((void *)P(4), 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0);
	before = faults(RUSAGE_SELF);
	for (int i = 4; i < 8; i++)
		*(volatile char *)P(i) = 1;
	add(" %ld", faults(RUSAGE_SELF) - before);
	arena_clear();
	end();
	key("faults of a write, and of a write again");
	mmap((void *)P(4), PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	before = faults(RUSAGE_SELF);
	*(volatile char *)P(4) = 1;
	add(" %ld", faults(RUSAGE_SELF) - before);
	*(volatile char *)P(4) = 2;
	add(" %ld", faults(RUSAGE_SELF) - before);
	arena_clear();
	end();
	key("major faults of tmpfs");
	fd = file_of(4, 0);
	mmap((void *)P(4), 4 * PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0);
	getrusage(RUSAGE_SELF, &u);
	before = u.ru_majflt;
	for (int i = 4; i < 8; i++)
		*(volatile char *)P(i) = 1;
	getrusage(RUSAGE_SELF, &u);
	add(" %ld", u.ru_majflt - before);
	close(fd);
	arena_clear();
	end();
}

/* MAP_POPULATE of a file that is too short, and of what may not be touched. */
static void run_populate(void)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_WRITE, RW };
	static const int types[] = { MAP_SHARED, MAP_PRIVATE };
	static const int flags[] = { MAP_POPULATE, MAP_POPULATE | MAP_NONBLOCK, MAP_LOCKED, MAP_NONBLOCK };
	unsigned char vec[4];

	for (size_t p = 0; p < LENGTH(prots); p++)
		for (size_t t = 0; t < LENGTH(types); t++)
			for (size_t f = 0; f < LENGTH(flags); f++) {
				int fd;

				key("populate short file prot %d flags %#x", prots[p], types[t] | flags[f]);
				fd = file_of(2, 0);
				result(CALL(SYS_mmap, P(4), 4 * PAGE, prots[p], types[t] | flags[f] | MAP_FIXED,
					    fd, 0));
				memset(vec, 9, sizeof(vec));
				add(" mincore");
				result(CALL(SYS_mincore, P(4), 4 * PAGE, vec));
				add(" %d%d%d%d", vec[0], vec[1], vec[2], vec[3]);
				arena_state(COUNTERS | CONTENTS);
				close(fd);
				arena_clear();
				end();
				key("populate anonymous prot %d flags %#x", prots[p], types[t] | flags[f]);
				result(CALL(SYS_mmap, P(4), 2 * PAGE, prots[p],
					    types[t] | flags[f] | MAP_FIXED | MAP_ANONYMOUS, -1, 0));
				result(CALL(SYS_mincore, P(4), 2 * PAGE, vec));
				if (!(flags[f] & MAP_NONBLOCK))
					add(" %d%d", vec[0], vec[1]);
				arena_clear();
				end();
			}
}

const struct case_group process_groups[] = {
	{ "limits_mlock", run_limits_mlock, true, false },
	{ "limits_future", run_limits_future, true, false },
	{ "limits_space", run_limits_space, false, false },
	{ "limits_call", run_limits_call, true, false },
	{ "process_vm", run_process_vm, true, false },
	{ "process_madvise", run_process_madvise, true, false },
	{ "membarrier", run_membarrier, false, false },
	{ "faults", run_faults, false, false },
	{ "populate", run_populate, false, false },
	{ NULL, NULL, false, false },
};
