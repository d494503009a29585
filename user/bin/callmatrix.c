/* SPDX-License-Identifier: MIT */
/*
 * user/bin/callmatrix.c - what does each call about memory answer, argument by argument?
 *
 * THE QUESTION   Is Verso's answer Linux's, for every flag, state of the address space, kind of descriptor,
 *                limit and privilege? The program prints one line per case, on both kernels; a line
 *                that differs is a bug in one of them (scripts/test.py, job `calls`).
 *
 * THE PICTURE    a line   mprotect anon page 5 +0 4096 RW = 0 [4-5 r--p][5-6 rw-p] .ab.
 *                         call, scene, arguments ........ | | mappings of the arena, first bytes, counters
 *                                                  result +
 *
 * ALWAYS TRUE    K1  nothing that differs between two runs, machines or ports is printed: addresses are pages
 *                    of an arena at a fixed place, counters are differences.
 *                K2  the text before ` = ' is different for each case.
 *                K3  each group is a process of its own, as root and, where it matters, as nobody.
 *                K4  only as PID 1 (a machine of its own) is system-wide state changed.
 *
 * READ NEXT      callmatrix_range.c (the largest group).
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callmatrix.h"
#include "tools.h"

#define GROUP_SECONDS 60

static char line[16384], text[1 << 18], work[64];
static size_t used;
static const char *prefix = "";
static int scratch = -1;
static bool own_machine;

/* ---- lines ---- */
static void append(const char *format, va_list ap)
{
	int n = vsnprintf(line + used, sizeof(line) - used, format, ap);

	used = n < 0 || used + (size_t)n >= sizeof(line) ? sizeof(line) - 1 : used + (size_t)n;
}

void key(const char *format, ...)
{
	va_list ap;

	used = (size_t)snprintf(line, sizeof(line), "%s", prefix);
	va_start(ap, format);
	append(format, ap);
	va_end(ap);
	add(" =");
}

void add(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	append(format, ap);
	va_end(ap);
}

void result(long value)
{
	if (value < 0 && value > -4096)
		add(" %s", strerrorname_np((int)-value) ? strerrorname_np((int)-value) : "E?");
	else if ((unsigned long)value >= ARENA && (unsigned long)value < P(ARENA_PAGES))
		add(" page %lu", ((unsigned long)value - ARENA) / PAGE);
	else if (value < 0 || value > 0x10000000)
		add(" elsewhere");
	else
		add(" %ld", value);
}

void end(void)
{
	puts(line);
	if (getenv("FLUSH"))
		fflush(stdout);
	used = 0;
}

void skip(const char *why)
{
	add(" # SKIP %s", why);
	end();
}

/* ---- calls and files ---- */
long raw(long nr, ...)
{
	long a[6], value;
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	value = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	return value == -1 ? -errno : value;
}

long read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	size_t have = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (have < size - 1 && (n = read(fd, buf + have, size - 1 - have)) > 0)
		have += (size_t)n;
	n = n < 0 ? -errno : (ssize_t)have;
	buf[have] = '\0';
	close(fd);
	return n;
}

long write_text(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, what, strlen(what));
	n = n < 0 ? -errno : n;
	close(fd);
	return n;
}

long status_kb(const char *field)
{
	const char *at;

	if (read_text("/proc/self/status", text, sizeof(text)) < 0)
		return -1;
	at = strstr(text, field);
	return at ? atol(at + strlen(field) + 1) : -1;
}

bool linux_since(int major, int minor)
{
	struct utsname u;
	int a = 0, b = 0;

	if (uname(&u) || strstr(u.sysname, "Verso") || strstr(u.release, "verso") || strstr(u.version, "Verso"))
		return false;
	return sscanf(u.release, "%d.%d", &a, &b) == 2 && (a > major || (a == major && b >= minor));
}

bool alone(void) { return own_machine; }

/* ---- the arena ---- */
void map_anon(long page, long pages, int prot, int flags)
{
	char *p = mmap((void *)P(page), (size_t)pages * PAGE, prot | PROT_WRITE,
		       MAP_ANONYMOUS | MAP_FIXED | (flags & MAP_TYPE ? 0 : MAP_PRIVATE) | flags, -1, 0);

	if (p == MAP_FAILED) {
		add(" cannot map: %s", strerrorname_np(errno));
		return;
	}
	for (long i = 0; i < pages; i++)
		p[(size_t)i * PAGE] = (char)('a' + i);
	if (!(prot & PROT_WRITE))
		mprotect(p, (size_t)pages * PAGE, prot);
}

static char file_name[96];

int file_of(long pages, int extra)
{
	int fd;

	snprintf(file_name, sizeof(file_name), "%s/file", work);
	unlink(file_name);
	fd = open(file_name, O_RDWR | O_CREAT, 0666);
	for (long i = 0; i < pages; i++)
		if (pwrite(fd, &"ABCDEFGHIJKLMNOP"[i], 1, i * (long)PAGE) != 1)
			add(" cannot write");
	if (ftruncate(fd, pages * (long)PAGE + extra))
		add(" cannot truncate");
	return fd;
}

int open_again(int flags) { return open(file_name, flags); }

static const char *const counters[] = { "VmSize:", "VmData:", "VmStk:", "VmLck:" };
static long counted[LENGTH(counters)];

static void read_counters(long *values)
{
	const char *at = text;

	read_text("/proc/self/status", text, sizeof(text));
	for (size_t i = 0; i < LENGTH(counters); i++) {
		at = strstr(text, counters[i]);
		values[i] = at ? atol(at + strlen(counters[i])) / 4 : 0;
	}
}

void count_from_here(void) { read_counters(counted); }

void arena_clear(void) { munmap((void *)ARENA, ARENA_PAGES * PAGE); }

static void add_counters(void)
{
	long now[LENGTH(counters)];

	read_counters(now);
	for (size_t i = 0; i < LENGTH(counters); i++)
		if (now[i] != counted[i])
			add(" %.*s%+ld", (int)strlen(counters[i]) - 3, counters[i] + 2, now[i] - counted[i]);
}

static void add_flags(const char *flags)
{
	static const char known[] = "mr mw me ms gd lo rr sr dc de ac nr wf dd";
	char two[3];

	for (const char *k = known;; k += 3) {
		memcpy(two, k, 2);
		two[2] = '\0';
		if (strstr(flags, two))
			add(" %s", two);
		if (!k[2])
			return;
	}
}

/* One line of maps; true if it is of the arena. */
static bool add_mapping(const char *l)
{
	unsigned long start, stop, offset;
	char perms[8], name[128] = "";
	const char *base;

	if (sscanf(l, "%lx-%lx %7s %lx %*s %*s %127[^\n]", &start, &stop, perms, &offset, name) < 4 ||
	    stop <= ARENA || start >= P(ARENA_PAGES))
		return false;
	base = strrchr(name, '/');
	add(" [%ld-%ld %s", (long)(start - ARENA) / (long)PAGE, (long)(stop - ARENA) / (long)PAGE, perms);
	if (*name || offset)
		add(" %s+%lu", base ? base + 1 : name, offset / PAGE);
	return true;
}

static void add_mappings(int what)
{
	char *l, *next;
	bool open = false;

	read_text(what & FLAGS ? "/proc/self/smaps" : "/proc/self/maps", text, sizeof(text));
	for (l = text; *l; l = next) {
		next = strchr(l, '\n');
		if (!next)
			break;
		*next++ = '\0';
		if (!(what & FLAGS) ? add_mapping(l) : !open && strchr(l, '-') && add_mapping(l)) {
			if (what & FLAGS)
				open = true;
			else
				add("]");
		} else if (open && !strncmp(l, "VmFlags:", 8)) {
			add_flags(l + 8);
			add("]");
			open = false;
		}
	}
}

/* Read as a call reads: what would be a signal is an errno then. */
static void add_contents(void)
{
	char c;

	add(" ");
	for (long i = 2; i < 12; i++) {
		if (pwrite(scratch, (void *)P(i), 1, 0) != 1)
			c = '.';
		else if (pread(scratch, &c, 1, 0) != 1)
			c = '?';
		add("%c", c ? c : '0');
	}
}

void arena_state(int what)
{
	add_mappings(what);
	if (what & COUNTERS)
		add_counters();
	if (what & CONTENTS)
		add_contents();
}

/* ---- groups ---- */
static void become_nobody(void)
{
	struct rlimit r = { 8 << 20, 8 << 20 };

	setrlimit(RLIMIT_MEMLOCK, &r);
	if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		exit(1);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	prefix = "nobody: ";
}

/* The stack has grown as far as it will, and the buffers exist, before anything is counted. */
static void __attribute__((noinline)) grow_stack(void)
{
	volatile char room[64 << 10];

	for (size_t i = 0; i < sizeof(room); i += 1024)
		room[i] = 1;
}

/* A case that kills its process is a line as well; the group ends with it. */
static void on_death(int sig)
{
	add(" killed by signal %d", sig);
	end();
	fflush(stdout);
	_exit(1);
}

static void catch_deaths(void)
{
	static char stack[32768];
	const stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	const struct sigaction sa = { .sa_handler = on_death, .sa_flags = SA_ONSTACK };

	sigaltstack(&ss, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

static int run_group(const struct case_group *g, bool as_nobody)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(GROUP_SECONDS);
		if (as_nobody)
			become_nobody();
		grow_stack();
		catch_deaths();
		arena_clear();
		count_from_here();
		g->run();
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		printf("%s%s ended = status %#x\n", as_nobody ? "nobody: " : "", g->name, status);
		return 1;
	}
	return 0;
}

static int run_groups(const struct case_group *g, int argc, char **argv)
{
	int bad = 0;

	for (; g->name; g++) {
		bool wanted = argc < 2;

		for (int i = 1; i < argc; i++)
			wanted |= !fnmatch(argv[i], g->name, 0);
		if (!wanted || (g->guest && !own_machine))
			continue;
		bad |= run_group(g, false);
		if (g->nobody && getuid() == 0)
			bad |= run_group(g, true);
	}
	return bad;
}

/* What init does on a machine of our own, as far as the cases need it. */
static void mount_everything(void)
{
	static const char *const mounts[][2] = {
		{ "devtmpfs", "/dev" },
		{ "proc", "/proc" },
		{ "tmpfs", "/tmp" },
		{ "tmpfs", "/dev/shm" },
	};

	for (size_t i = 0; i < LENGTH(mounts); i++) {
		mkdir(mounts[i][1], 0755);
		mount(mounts[i][0], mounts[i][1], mounts[i][0], 0, NULL);
	}
	chmod("/dev/shm", 01777);
}

static void __attribute__((noreturn)) power_off(int status)
{
	printf("init exited with status %d\n", status);
	fflush(stdout);
	reboot(RB_POWER_OFF);
	_exit(status);
}

int tool_callmatrix(int argc, char **argv)
{
	static char buffer[1 << 16];
	const struct case_group *const all[] = {
		map_groups, range_groups, object_groups, process_groups, proc_groups,
	};
	int bad = 0;

	own_machine = getpid() == 1;
	if (own_machine)
		mount_everything();
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	umask(0);
	scratch = memfd_create("scratch", 0);
	snprintf(work, sizeof(work), "/dev/shm/callmatrix.%d", (int)getpid());
	if (mkdir(work, 0777) || scratch < 0)
		return complain("callmatrix", work);
	printf("callmatrix: begin\n");
	for (size_t i = 0; i < LENGTH(all); i++)
		bad |= run_groups(all[i], argc, argv);
	snprintf(file_name, sizeof(file_name), "%s/file", work);
	unlink(file_name);
	rmdir(work);
	printf("callmatrix: end\n");
	fflush(stdout);
	if (own_machine)
		power_off(bad);
	return bad;
}
