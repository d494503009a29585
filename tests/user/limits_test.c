/* SPDX-License-Identifier: MIT */
/*
 * tests/user/limits_test.c - resource limits, exhaustion, and questions about the machine
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "utest.h"

static void limit(int which, rlim_t soft)
{
	struct rlimit r;

	CHECK_OK(getrlimit(which, &r));
	r.rlim_cur = soft;
	CHECK_OK(setrlimit(which, &r));
}

TEST(limit_getrlimit_and_setrlimit_agree)
{
	struct rlimit r;

	limit(RLIMIT_NOFILE, 99);
	CHECK_OK(getrlimit(RLIMIT_NOFILE, &r));
	CHECK_EQ(r.rlim_cur, 99);
	r.rlim_cur = r.rlim_max;
	r.rlim_max = 50;
	CHECK_ERR(setrlimit(RLIMIT_NOFILE, &r), EINVAL);
	CHECK_ERR(getrlimit(99, &r), EINVAL);
}

TEST(limit_is_inherited_by_a_child)
{
	pid_t pid;
	struct rlimit r;

	limit(RLIMIT_NOFILE, 77);
	pid = fork_ok();
	if (pid == 0)
		_exit(getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur != 77);
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(limit_of_open_files_is_emfile)
{
	int n = 0, fd, p[2];

	limit(RLIMIT_NOFILE, 30);
	while ((fd = open("/dev/null", O_RDONLY)) >= 0)
		n++;
	CHECK_EQ(errno, EMFILE);
	CHECK(n >= 20 && n < 30);
	CHECK_ERR(dup(1), EMFILE);
	CHECK_ERR(pipe(p), EMFILE);
	CHECK_ERR(fcntl(1, F_DUPFD, 30), EINVAL);
	CHECK_ERR(dup2(1, 30), EBADF);
	CHECK_OK(close(29));
	CHECK_EQ(dup(1), 29);
}

static void fork_until_refused(void *arg)
{
	int n = 0;

	(void)arg;
	CHECK_OK(setgid(64000));
	CHECK_OK(setuid(64000));
	limit(RLIMIT_NPROC, 20);
	for (; n < 100; n++) {
		pid_t pid = fork();

		if (pid == 0) {
			pause();
			_exit(0);
		}
		if (pid < 0)
			break;
	}
	CHECK_EQ(errno, EAGAIN);
	CHECK(n >= 10 && n <= 20);
}

TEST(limit_of_processes_makes_fork_eagain)
{
	need_root();
	CHECK_EXIT(in_child(fork_until_refused, NULL), 0);
}

TEST(limit_of_address_space_makes_mmap_enomem)
{
	limit(RLIMIT_AS, (rlim_t)64 << 20);
	CHECK_ERR(mmap(NULL, (size_t)128 << 20, RW, ANON, -1, 0), ENOMEM);
	CHECK_OK(mmap(NULL, (size_t)1 << 20, RW, ANON, -1, 0));
}

TEST(limit_of_file_size_is_efbig_and_sigxfsz)
{
	int fd = make_file("f", "", 0);
	char buf[200] = { 0 };

	limit(RLIMIT_FSIZE, 100);
	signal(SIGXFSZ, SIG_IGN);
	CHECK_EQ(write(fd, buf, 200), 100);
	CHECK_ERR(write(fd, buf, 1), EFBIG);
	CHECK_ERR(ftruncate(fd, 101), EFBIG);
	CHECK_EQ(pwrite(fd, buf, 10, 0), 10);
}

TEST(limit_of_file_size_leaves_the_offset_of_a_failed_append)
{
	int fd;

	close(make_file("f", "0123456789", 10));
	fd = open("f", O_RDWR | O_APPEND);
	CHECK_OK(fd);
	limit(RLIMIT_FSIZE, 10);
	signal(SIGXFSZ, SIG_IGN);
	CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
	CHECK_ERR(write(fd, "x", 1), EFBIG);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
}

static void exceed_size(void *arg)
{
	limit(RLIMIT_FSIZE, 10);
	pwrite(*(int *)arg, "x", 1, 10);
}

TEST(limit_of_file_size_kills_by_default)
{
	int fd = make_file("f", "", 0);

	CHECK_KILLED(in_child(exceed_size, &fd), SIGXFSZ);
}

static void burn_cpu(void *arg)
{
	struct rlimit r = { 1, 2 };

	(void)arg;
	setrlimit(RLIMIT_CPU, &r);
	for (volatile unsigned long i = 0;; i++)
		;
}

TEST(limit_of_cpu_time_is_sigxcpu)
{
	CHECK_KILLED(in_child(burn_cpu, NULL), SIGXCPU);
}

TEST(limit_prlimit_sets_another_process)
{
	struct rlimit r = { 33, 44 }, old;
	pid_t pid = fork_ok();

	if (pid == 0)
		for (;;)
			pause();
	CHECK_OK(prlimit(pid, RLIMIT_NOFILE, &r, NULL));
	CHECK_OK(prlimit(pid, RLIMIT_NOFILE, NULL, &old));
	CHECK_EQ(old.rlim_cur, 33);
	CHECK_ERR(prlimit(999999, RLIMIT_NOFILE, NULL, &old), ESRCH);
}

/* ---- limits of one who shares our memory ---- */

#define BIG	((size_t)64 << 20)

static bool can_map_big(int flags)
{
	void *p = mmap(NULL, BIG, RW, ANON | MAP_NORESERVE | flags, -1, 0);

	return p != MAP_FAILED && munmap(p, BIG) == 0;
}

TEST(limit_of_a_vfork_child_does_not_stay_with_its_parent)
{
	const struct rlimit r = { (rlim_t)16 << 20, RLIM_INFINITY };
	volatile bool child_could = true;
	pid_t pid = vfork();

	if (pid == 0) {
		if (setrlimit(RLIMIT_AS, &r))
			_exit(1);
		child_could = can_map_big(0);
		_exit(0);
	}
	CHECK_OK(pid);
	CHECK_EXIT(wait_for(pid), 0);
	CHECK(!child_could);
	CHECK(can_map_big(0));
}

struct sharer {
	volatile int step, could;
};

static int limit_self_and_wait(void *arg)
{
	const struct rlimit r = { (rlim_t)16 << 20, RLIM_INFINITY };
	struct sharer *s = arg;

	if (syscall(SYS_prlimit64, 0, RLIMIT_AS, &r, NULL))
		return 1;
	s->step = 1;
	while (s->step == 1)
		sched_yield();
	s->could = can_map_big(0);
	return 0;
}

TEST(limit_counts_for_the_caller_where_two_processes_share_memory)
{
	struct sharer s = { 0 };
	char *stack = map(64 * 1024, RW, ANON, -1);
	pid_t pid = clone(limit_self_and_wait, stack + 64 * 1024, CLONE_VM | SIGCHLD, &s);
	bool we_could;

	CHECK_OK(pid);
	while (!s.step)
		sched_yield();
	we_could = can_map_big(0);
	s.step = 2;
	CHECK_EXIT(wait_for(pid), 0);
	CHECK(we_could);
	CHECK(!s.could);
}

TEST(limit_privilege_that_a_vfork_child_gives_up_stays_with_its_parent)
{
	const struct rlimit none = { 0, 0 };
	pid_t pid;

	need_root();
	CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &none));
	if (mmap(NULL, page, RW, ANON | MAP_LOCKED, -1, 0) == MAP_FAILED)
		SKIP("root may not lock memory beyond the limit here");
	pid = vfork();
	if (pid == 0)
		_exit(syscall(SYS_setuid, 1000) != 0 || mmap(NULL, page, RW, ANON | MAP_LOCKED, -1, 0) != MAP_FAILED);
	CHECK_OK(pid);
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_OK(mmap(NULL, page, RW, ANON | MAP_LOCKED, -1, 0));
}

/* ---- the machine ---- */
TEST(misc_uname_is_filled)
{
	struct utsname u;

	CHECK_OK(uname(&u));
	CHECK(*u.sysname && *u.release && *u.version && *u.nodename);
#if defined(__x86_64__)
	CHECK(!strcmp(u.machine, "x86_64"));
#else
	CHECK(!strcmp(u.machine, "riscv64"));
#endif
}

TEST(misc_sysinfo_is_plausible)
{
	struct sysinfo si;

	CHECK_OK(sysinfo(&si));
	CHECK(si.totalram > 0 && si.freeram <= si.totalram && si.mem_unit > 0);
	CHECK(si.procs >= 2);
	CHECK(si.uptime >= 0);
}

TEST(misc_getrandom_fills_and_differs)
{
	unsigned char a[64] = { 0 }, b[64] = { 0 };

	CHECK_EQ(getrandom(a, 64, 0), 64);
	CHECK_EQ(getrandom(b, 64, GRND_NONBLOCK), 64);
	CHECK(memcmp(a, b, 64));
	CHECK_ERR(syscall(SYS_getrandom, a, 4, 0x100), EINVAL);
}

TEST(misc_prctl_name_is_cut_to_fifteen)
{
	char name[17] = "";

	CHECK_OK(prctl(PR_SET_NAME, "a-name-longer-than-fifteen"));
	CHECK_OK(prctl(PR_GET_NAME, name));
	CHECK(!strcmp(name, "a-name-longer-t"));
	CHECK_ERR(prctl(12345678), EINVAL);
}

TEST(misc_affinity_has_a_cpu_and_can_be_set)
{
	cpu_set_t set, one, back;
	int cpu = 0;

	CHECK_OK(sched_getaffinity(0, sizeof(set), &set));
	CHECK(CPU_COUNT(&set) >= 1);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
	CHECK_OK(sched_getaffinity(0, sizeof(back), &back));
	CHECK(CPU_EQUAL(&one, &back));
	CHECK_EQ(sched_getcpu(), cpu);
	CPU_ZERO(&one);
	CHECK_ERR(sched_setaffinity(0, sizeof(one), &one), EINVAL);
	CHECK_ERR(sched_getaffinity(999999, sizeof(set), &set), ESRCH);
}

TEST(misc_each_cpu_can_be_run_on)
{
	cpu_set_t all, one;

	CHECK_OK(sched_getaffinity(0, sizeof(all), &all));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
		CHECK_EQ(sched_getcpu(), cpu);
	}
}

TEST(misc_sched_yield_and_nice)
{
	CHECK_OK(sched_yield());
	errno = 0;
	CHECK(getpriority(PRIO_PROCESS, 0) != -1 || !errno);
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 10));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 10);
}

TEST(misc_umask_returns_the_old_value)
{
	umask(022);
	CHECK_EQ(umask(077), 022);
	CHECK_EQ(umask(0), 077);
}

TEST(misc_ids_of_a_process)
{
	uid_t r, e, s;

	CHECK_OK(getresuid(&r, &e, &s));
	CHECK_EQ(r, getuid());
	CHECK_EQ(e, geteuid());
	CHECK(getgroups(0, NULL) >= 0);
}

TEST(misc_hostname_comes_from_uname)
{
	char name[256];
	struct utsname u;

	CHECK_OK(gethostname(name, sizeof(name)));
	CHECK_OK(uname(&u));
	CHECK(!strcmp(name, u.nodename));
}

TEST(misc_stdio_and_malloc_of_the_c_library_work)
{
	char *p[200], line[64] = "";
	FILE *f = fopen("f", "w+");

	CHECK(f);
	for (int i = 0; i < 200; i++) {
		p[i] = malloc(100 + i * 97);
		CHECK(p[i]);
		memset(p[i], i, 100 + i * 97);
		fprintf(f, "line %d %.3f\n", i, i / 8.0);
	}
	for (int i = 0; i < 200; i++) {
		CHECK_EQ((unsigned char)p[i][99 + i * 97], i);
		free(p[i]);
	}
	rewind(f);
	for (int i = 0; i < 200; i++)
		CHECK(fgets(line, sizeof(line), f));
	CHECK(!strcmp(line, "line 199 24.875\n"));
	CHECK_EQ(fclose(f), 0);
}

TEST(misc_large_malloc_and_realloc_move_contents)
{
	size_t size = 1 << 20;
	unsigned char *p;

	need_memory(8 << 20);
	p = malloc(size);
	CHECK(p);
	for (size_t i = 0; i < size; i += 1000)
		p[i] = i % 250;
	p = realloc(p, 3 * size);
	CHECK(p);
	for (size_t i = 0; i < size; i += 1000)
		CHECK_EQ(p[i], i % 250);
	free(p);
}

static void exhaust(void *arg)
{
	size_t chunk = 1 << 20;

	(void)arg;
	limit(RLIMIT_AS, (rlim_t)48 << 20);
	for (;;) {
		char *p = mmap(NULL, chunk, RW, ANON, -1, 0);

		if (p == MAP_FAILED)
			_exit(errno == ENOMEM ? 0 : 1);
		p[0] = 1;
	}
}

TEST(misc_exhausted_address_space_is_an_error_not_a_death)
{
	for (int i = 0; i < 3; i++)
		CHECK_EXIT(in_child(exhaust, NULL), 0);
}
