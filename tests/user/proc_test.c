/* SPDX-License-Identifier: MIT */
/*
 * tests/user/proc_test.c - /proc in Linux's formats, as stock tools read it
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>

#include "utest.h"

static char text[65536];

/* Reads a /proc file whole; SKIPs only when there is no /proc at all. */
static char *slurp(const char *path)
{
	int fd;

	need_proc();
	fd = open(path, O_RDONLY);
	CHECK_OK(fd);
	read_whole(fd, text, sizeof(text));
	return text;
}

TEST(proc_stat_has_fifty_two_fields_that_agree)
{
	char *s = slurp("/proc/self/stat"), *after = strrchr(s, ')'), state;
	int fields = 2, pid, ppid, pgrp, session;

	CHECK(after);
	CHECK_EQ(sscanf(s, "%d (", &pid), 1);
	CHECK_EQ(pid, getpid());
	CHECK_EQ(sscanf(after + 2, "%c %d %d %d", &state, &ppid, &pgrp, &session), 4);
	CHECK_EQ(state, 'R');
	CHECK_EQ(ppid, getppid());
	CHECK_EQ(pgrp, getpgrp());
	CHECK_EQ(session, getsid(0));
	for (char *p = after + 1; *p; p++)
		fields += *p == ' ' && p[1] != '\n';
	CHECK_EQ(fields, 52);
}

TEST(proc_status_names_what_ps_and_top_need)
{
	static const char *const keys[] = { "Name:\t", "State:\t", "Tgid:\t", "Pid:\t", "PPid:\t",
					    "Uid:\t", "Gid:\t", "VmSize:\t", "VmRSS:\t",
					    "Threads:\t" };
	char *s = slurp("/proc/self/status");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strstr(s, keys[i]))
			FAIL("no %s", keys[i]);
	CHECK_EQ(read_number("/proc/self/status", "Pid:"), getpid());
	CHECK_EQ(read_number("/proc/self/status", "Threads:"), 1);
}

TEST(proc_statm_has_seven_numbers)
{
	unsigned long v[7];
	char *s = slurp("/proc/self/statm");

	CHECK_EQ(sscanf(s, "%lu %lu %lu %lu %lu %lu %lu", v, v + 1, v + 2, v + 3, v + 4, v + 5,
			v + 6), 7);
	CHECK(v[0] > v[1] && v[1] > 0);
}

TEST(proc_maps_lines_are_sorted_and_parse)
{
	char *s = slurp("/proc/self/maps");
	unsigned long last = 0;
	bool stack = false;
	int lines = 0;

	for (char *line = strtok(s, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned long a, b, off, ino;
		unsigned int maj, min;
		char perms[5];

		CHECK_EQ(sscanf(line, "%lx-%lx %4s %lx %x:%x %lu", &a, &b, perms, &off, &maj, &min,
				&ino), 7);
		CHECK(a < b && a >= last && a % page == 0);
		CHECK(strchr("r-", perms[0]) && strchr("w-", perms[1]) && strchr("x-", perms[2]) &&
		      strchr("ps", perms[3]));
		last = b;
		stack |= strstr(line, "[stack]") != NULL;
		lines++;
	}
	CHECK(lines >= 5);
	CHECK(stack);
}

TEST(proc_cmdline_is_the_arguments_with_zero_bytes)
{
	char *s = slurp("/proc/self/cmdline");

	CHECK(strstr(s, "utest"));
	CHECK(s[strlen(s)] == 0);
}

TEST(proc_comm_and_prctl_name_agree)
{
	char *s = slurp("/proc/self/comm");

	CHECK(strlen(s) >= 2 && strlen(s) <= 16);
	CHECK_EQ(s[strlen(s) - 1], '\n');
}

TEST(proc_exe_is_a_link_to_the_program)
{
	char path[512];
	ssize_t n;

	need_proc();
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	CHECK(n > 0);
	path[n] = 0;
	CHECK_EQ(path[0], '/');
	CHECK_OK(access("/proc/self/exe", X_OK));
}

TEST(proc_cwd_is_the_current_directory)
{
	char path[512], cwd[512];
	ssize_t n;

	need_proc();
	n = readlink("/proc/self/cwd", path, sizeof(path) - 1);
	CHECK(n > 0);
	path[n] = 0;
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK(!strcmp(path, cwd));
}

TEST(proc_fd_lists_open_descriptors)
{
	int fd = make_file("f", "abc", 3), n = 0;
	char name[64], path[512];
	struct dirent *e;
	ssize_t len;
	DIR *d;

	need_proc();
	d = opendir("/proc/self/fd");
	CHECK(d);
	while ((e = readdir(d)))
		n += atoi(e->d_name) == fd && e->d_name[0] != '.';
	CHECK_EQ(n, 1);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	len = readlink(name, path, sizeof(path) - 1);
	CHECK(len > 2);
	path[len] = 0;
	CHECK(!strcmp(path + len - 2, "/f"));
	CHECK_OK(open(name, O_RDONLY));
}

TEST(proc_self_is_this_process_and_numbers_list_it)
{
	char link[32];
	ssize_t n;

	need_proc();
	n = readlink("/proc/self", link, sizeof(link) - 1);
	CHECK(n > 0);
	link[n] = 0;
	CHECK_EQ(atoi(link), getpid());
	CHECK_ERR(access("/proc/999999", F_OK), ENOENT);
}

TEST(proc_meminfo_adds_up)
{
	long total, unused;
	struct sysinfo si;

	need_proc();
	total = read_number("/proc/meminfo", "MemTotal");
	unused = read_number("/proc/meminfo", "MemFree");
	CHECK_OK(sysinfo(&si));
	CHECK(total > 0 && unused > 0 && unused <= total);
	CHECK_EQ(total, (long)(si.totalram * si.mem_unit / 1024));
	CHECK(read_number("/proc/meminfo", "MemAvailable") > 0);
	CHECK(read_number("/proc/meminfo", "Cached") >= 0);
	CHECK(read_number("/proc/meminfo", "SwapTotal") >= 0);
}

TEST(proc_stat_of_the_machine_has_cpu_lines)
{
	char *s = slurp("/proc/stat");
	unsigned long v[4];

	CHECK_EQ(sscanf(s, "cpu  %lu %lu %lu %lu", v, v + 1, v + 2, v + 3), 4);
	CHECK(strstr(s, "\ncpu0 "));
	CHECK(strstr(s, "\nbtime "));
	CHECK(strstr(s, "\nprocesses "));
	CHECK(strstr(s, "\nctxt "));
}

/* All columns of the line "cpuN" of /proc/stat: user, nice, system, idle and so on; -1: no such line. */
static long cpu_line_sum(const char *stat, int cpu)
{
	long sum = 0, v;
	char key[16];
	int used;

	snprintf(key, sizeof(key), "\ncpu%d ", cpu);
	stat = strstr(stat, key);
	if (!stat)
		return -1;
	stat += strlen(key);
	while (*stat != '\n' && sscanf(stat, "%ld%n", &v, &used) == 1) {
		sum += v;
		stat += used;
	}
	return sum;
}

/* Also those of a CPU that has nothing to do all the time. */
TEST(proc_stat_lines_of_all_cpus_follow_the_clock)
{
	long before[64], hz = sysconf(_SC_CLK_TCK);
	char *s = slurp("/proc/stat");
	int64_t start = now_ns();

	for (int i = 0; i < 64; i++)
		before[i] = cpu_line_sum(s, i);
	sleep_ms(600);
	s = slurp("/proc/stat");
	for (int i = 0; i < 64; i++)
		if (before[i] >= 0)
			CHECK(cpu_line_sum(s, i) - before[i] >= hz * 3 / 10);
	CHECK(now_ns() - start >= 600000000);
}

TEST(proc_uptime_loadavg_version_mounts_cpuinfo_read)
{
	double up, idle, a, b, c;

	CHECK_EQ(sscanf(slurp("/proc/uptime"), "%lf %lf", &up, &idle), 2);
	CHECK(up > 0);
	CHECK_EQ(sscanf(slurp("/proc/loadavg"), "%lf %lf %lf", &a, &b, &c), 3);
	CHECK(strlen(slurp("/proc/version")) > 5);
	CHECK(strstr(slurp("/proc/mounts"), " /proc proc "));
	CHECK(strstr(slurp("/proc/cpuinfo"), "processor"));
	CHECK(strlen(slurp("/proc/filesystems")) > 5);
}

TEST(proc_file_read_in_small_pieces_is_the_same)
{
	char small[4096];
	size_t n = 0;
	ssize_t k;
	int fd;

	slurp("/proc/version");
	fd = open("/proc/version", O_RDONLY);
	while ((k = read(fd, small + n, 7)) > 0)
		n += k;
	small[n] = 0;
	CHECK(!strcmp(small, text));
}

TEST(proc_of_another_process_can_be_read)
{
	pid_t pid = fork_ok();
	char path[64];

	if (pid == 0) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	slurp(path);
	CHECK_EQ(read_number(path, "PPid:"), getpid());
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	CHECK(strstr(slurp(path), "[stack]"));
}

TEST(proc_open_files_outlive_their_process)
{
	pid_t pid = fork_ok();
	char path[64];
	int fd;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	need_proc();
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	CHECK_OK(fd);
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_KILLED(wait_for(pid), SIGKILL);
	CHECK_ERR(read(fd, text, 10), ESRCH);
}

TEST(proc_rss_follows_touching_and_unmapping)
{
	char *p = map(256 * page, RW, ANON, -1);
	long before, during, after;

	need_proc();
	before = read_number("/proc/self/status", "VmRSS:");
	memset(p, 1, 256 * page);
	during = read_number("/proc/self/status", "VmRSS:");
	CHECK_OK(munmap(p, 256 * page));
	after = read_number("/proc/self/status", "VmRSS:");
	/* Linux batches its counters per CPU: allow for 64 pages. */
	CHECK(during - before >= 700);
	CHECK(during - after >= 700);
}

TEST(proc_is_read_only_for_made_up_names)
{
	need_proc();
	CHECK_EQ(open("/proc/newfile", O_CREAT | O_RDWR, 0644), -1);
	CHECK(errno == ENOENT || errno == EACCES || errno == EPERM);
	CHECK_EQ(mkdir("/proc/newdir", 0755), -1);
}

/* Lines of 50 bytes and entries of 700: more text than a kernel would keep for one reader. */
static void count_starts(const char *file, const char *p, int *found)
{
	FILE *f = fopen(file, "r");
	unsigned long a, b, last = 0;
	char line[512];

	CHECK(f);
	*found = 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &a, &b) != 2)
			continue;
		CHECK(a >= last);
		last = b;
		*found += a >= (uintptr_t)p && b <= (uintptr_t)p + 20000 * page;
	}
	CHECK_EQ(ferror(f), 0);
	fclose(f);
}

TEST(proc_maps_and_smaps_of_many_mappings_are_complete)
{
	char *p = map(20000 * page, PROT_NONE, ANON, -1), line[64], again[64];
	int found, fd;

	need_proc();
	need_memory(32 << 20);
	for (int i = 1; i < 20000; i += 2)
		CHECK_OK(mprotect(p + i * page, page, PROT_READ));
	count_starts("/proc/self/maps", p, &found);
	CHECK(found >= 19998 && found <= 20000);
	count_starts("/proc/self/smaps", p, &found);
	CHECK(found >= 19998 && found <= 20000);
	fd = open("/proc/self/maps", O_RDONLY);
	CHECK_EQ(pread(fd, line, sizeof(line), 500000), sizeof(line));
	CHECK_EQ(pread(fd, again, sizeof(again), 100), sizeof(again));
	CHECK_EQ(pread(fd, again, sizeof(again), 500000), sizeof(again));
	CHECK(!memcmp(line, again, sizeof(line)));
}

/* ---- a process that changes while it is read ---- */
static void *wait_for_close(void *arg)
{
	char c;

	return read(*(int *)arg, &c, 1) < 0 ? arg : NULL;
}

/* The table is shared with a thread that outlives its copy for a moment only. */
static void unshare_for_ever(void)
{
	for (;;) {
		pthread_t t;
		int p[2];

		CHECK_OK(pipe(p));
		CHECK_EQ(pthread_create(&t, NULL, wait_for_close, &p[0]), 0);
		CHECK_EQ(write(p[1], "x", 1), 1);
		CHECK_OK(syscall(SYS_close_range, 1000, 1000, 2 /* CLOSE_RANGE_UNSHARE */));
		CHECK_EQ(pthread_join(t, NULL), 0);
		CHECK_OK(close(p[0]));
		CHECK_OK(close(p[1]));
	}
}

TEST(proc_fd_of_a_process_that_replaces_its_descriptor_table_can_be_read)
{
	int64_t end = now_ns() + 300000000;
	char name[32];
	pid_t pid;

	need_proc();
	pid = fork_ok();
	if (pid == 0)
		unshare_for_ever();
	snprintf(name, sizeof(name), "/proc/%d/fd", pid);
	while (now_ns() < end) {
		DIR *d = opendir(name);
		int n = 0;

		CHECK(d);
		while (readdir(d))
			n++;
		CHECK(n >= 2);
		CHECK_OK(closedir(d));
	}
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_KILLED(wait_for(pid), SIGKILL);
}
