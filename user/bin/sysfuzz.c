/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sysfuzz.c - random system calls with bad arguments, from many threads at once
 *
 * THE QUESTION   Is there any call, with any arguments, that does more than give an errno or a signal?
 *
 * THE PICTURE    sysfuzz SEED ROUNDS [CALL]
 *                  round r: PROCS children, each with its own generator seeded from SEED and r
 *                    child: a directory of its own, limits, descriptors of many kinds, an arena
 *                           THREADS threads: { spoil a few words of the arena; a call; again }
 *                  after each round: kill and reap everything, print the free memory
 *
 * ALWAYS TRUE    F1  the seed is printed before anything is done with it, and CALL restricts a run
 *                    to one name of the table.
 *                F2  only as PID 1 (a machine of its own) are calls made that could reach other
 *                    processes or the machine; elsewhere they are left out (the column `alone').
 *                F3  a child of a child makes a few calls and leaves: the number stays bounded.
 *
 * The table gives each call the kinds its arguments should have; one argument in eight is of any
 * other kind, and one call in sixteen has a random number.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sysfuzz.h"
#include "tools.h"

#define PROCS		4
#define THREADS		3
#define ARENA		(16 * 4096)
#define ROUND_SECONDS	3
#define CALLS_A_THREAD	4000

static char *arena;			/* ARENA bytes, then a page without access */
static bool alone;			/* PID 1: F2 */
static const struct fuzz_call *only;

/* ---- numbers ---- */
static uint64_t next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s * 0x2545f4914f6cdd1dULL;
}

static uint64_t below(uint64_t *s, uint64_t n)
{
	return (next(s) >> 20) % n;
}

uint64_t fuzz_below(uint64_t *s, uint64_t n)
{
	return below(s, n);
}

static const uint64_t edges[] = {
	0, 1, 2, 7, 8, 63, 64, 65, 255, 4095, 4096, 4097, 0x7fffffff, 0x80000000, 0xffffffff,
	0x100000000, 0x7fffffffffffffff, 0x8000000000000000, (uint64_t)-1, (uint64_t)-2,
	(uint64_t)-4095, (uint64_t)-4096, (uint64_t)-100, 1 << 20, 1 << 30, (uint64_t)1 << 40,
};

static const uint64_t bad_addresses[] = {
	0, 1, 8, 4095, 4096, 0x3ffffff000, 0x4000000000, 0x7ffffffff000, 0x7fffffffffff,
	0x800000000000, 0xffffffffffff, 0x00fffffffffff000, 0x0100000000000000, 0x8000000000000000,
	0xffff800000000000, 0xffff888000000000, 0xffffffc000000000, 0xffffffd800000000,
	0xffffffff80000000, 0xffffffff81000000, 0xfffffffffffff000, (uint64_t)-8, (uint64_t)-1,
};

static const char *const paths[] = {
	"f0", "f1", "f2", "d0", "d0/f", "d0/d1", "d0/../f0", "l0", "l1", "p0", "m", "m/f", ".", "..", "/",
	"", "f0/x", "/proc/self/maps", "/proc/self/status", "/proc/self/fd/3", "/proc/self/exe",
	"/proc/meminfo", "/proc/self/smaps", "/proc/self/pagemap", "/proc", "/dev/null", "/dev/zero",
	"/dev/full", "/dev/ptmx", "/dev/tty", "/proc/self/mem", "/proc/vmstat", "/dev", "nosuch/f",
};

#define PICK(s, a) ((a)[below(s, sizeof(a) / sizeof((a)[0]))])

static uint64_t any_pointer(uint64_t *s)
{
	switch (below(s, 12)) {
	case 0:
		return PICK(s, bad_addresses);
	case 1:		/* reaches over the end into the page without access */
		return (uintptr_t)arena + ARENA - below(s, 64);
	case 2:
		return (uintptr_t)arena + below(s, ARENA);
	case 3:
		return (uintptr_t)arena + 4096 * below(s, ARENA / 4096 + 2);
	case 4:
		return (uintptr_t)paths + 8 * below(s, 64);	/* read-only memory */
	default:
		return (uintptr_t)arena + 8 * below(s, ARENA / 8 - 64);
	}
}

static uint64_t any_path(uint64_t *s)
{
	char *p = arena + 8 * below(s, ARENA / 8 - 64);

	if (!below(s, 10))
		return any_pointer(s);
	if (!below(s, 30)) {		/* a name without an end */
		memset(arena + ARENA - 5000, below(s, 2) ? 'a' : '/', 5000);
		return (uintptr_t)arena + ARENA - below(s, 5000);
	}
	strcpy(p, PICK(s, paths));
	return (uintptr_t)p;
}

static uint64_t any_pid(uint64_t *s)
{
	static const int others[] = { 0, -1, 2, 3, 99999, -99999, 0x7fffffff };

	if (!alone || below(s, 2))
		return below(s, 2) ? 0 : (uint64_t)getpid();
	return below(s, 4) ? (uint64_t)getpid() + below(s, 8) - 4 : (uint64_t)PICK(s, others);
}

static uint64_t any_flags(uint64_t *s)
{
	uint64_t v = (uint64_t)1 << below(s, 32);

	while (below(s, 2))
		v |= (uint64_t)1 << below(s, 32);
	return below(s, 3) ? v : below(s, 16);
}

static uint64_t any_value(uint64_t *s, char kind)
{
	if (!below(s, 8))
		kind = "fpsnixz"[below(s, 7)];
	switch (kind) {
	case 'f':
		return below(s, 10) ? 3 + below(s, 20) : PICK(s, edges);
	case 'a':
		return below(s, 3) ? (uint64_t)AT_FDCWD : 3 + below(s, 20);
	case 'p':
		return any_pointer(s);
	case 's':
		return any_path(s);
	case 'n':
		return below(s, 3) ? below(s, 2 * 4096) : PICK(s, edges);
	case 'm':		/* a page-aligned place or length */
		return below(s, 2) ? ((uintptr_t)arena & ~0xfffUL) + 4096 * below(s, 20)
				   : 4096 * below(s, 600);
	case 'i':
		return below(s, 4) ? below(s, 16) : PICK(s, edges);
	case 'd':
		return any_pid(s);
	case 'S':
		return below(s, 8) ? 1 + below(s, 64) : PICK(s, edges);
	case 'x':
		return any_flags(s);
	case '8':
		return 8;
	default:
		return below(s, 2) ? PICK(s, edges) : next(s);
	}
}

uint64_t fuzz_value(uint64_t *s, char kind)
{
	return any_value(s, kind);
}

/* ---- one call ---- */
static void spoil(uint64_t *s)
{
	static const char kinds[] = "fpsnixzmmppnn";
	uint64_t *w = (uint64_t *)arena;

	for (int i = 0; i < 8; i++) {
		uint64_t at = below(s, ARENA / 8 - 1);

		w[at] = any_value(s, kinds[below(s, sizeof(kinds) - 1)]);
		if (!below(s, 4))
			w[at] = any_value(s, 'f') | any_value(s, 'x') << 32;
		if (!below(s, 4)) {
			w[at] = any_value(s, 'p');
			w[at + 1] = any_value(s, 'n');
		}
	}
}

static bool makes_a_child(long nr)
{
#ifdef SYS_fork
	if (nr == SYS_fork || nr == SYS_vfork)
		return true;
#endif
	return nr == SYS_clone || nr == SYS_clone3;
}

/* May @nr be called, which is @made unless it was spoilt? Numbers outside the table: where nothing else can be hurt. */
static bool forbidden(const struct fuzz_call *made, long nr)
{
	if (nr == SYS_reboot || nr == SYS_exit_group || nr == SYS_exit)
		return true;
	if (nr == made->nr)
		return made->alone && !alone;
	for (const struct fuzz_call *c = fuzz_calls; c->name; c++)
		if (c->nr == nr)
			return c->alone && !alone;
	return !alone && nr >= 0;
}

static void one_call(uint64_t *s, int depth);

/* On a stack that may be shared with the parent, with registers as clone left them. */
static void be_a_child(uint64_t *s, int depth)
{
	if (depth < 2)
		for (int i = 0; i < 5; i++)
			one_call(s, depth + 1);
	syscall(SYS_exit_group, 0);
}

static void one_call(uint64_t *s, int depth)
{
	const struct fuzz_call *c = only ? only : &fuzz_calls[below(s, fuzz_nr_calls)];
	uint64_t arg[6];
	long nr = c->nr, r;

	if (!only && !below(s, 16))
		nr = below(s, 8) ? (long)below(s, 480) : (long)PICK(s, edges);
	spoil(s);
	for (int i = 0; i < 6; i++)
		arg[i] = any_value(s, i < (int)strlen(c->args) ? c->args[i] : 'z');
	if (c->make)
		c->make(s, arg);
	if (forbidden(c, nr) || (makes_a_child(nr) && (depth > 1 || below(s, 4))))
		return;
	if (nr == SYS_clone && below(s, 2))
		arg[0] = SIGCHLD | (below(s, 2) ? arg[0] & 0xff00 : 0);
	r = syscall(nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	if (makes_a_child(nr) && r == 0)
		be_a_child(s, depth);
}

/* ---- a child ---- */
static void on_signal(int sig)
{
	(void)sig;
}

static void *fuzz_thread(void *seed)
{
	uint64_t s = (uintptr_t)seed | 1;
	sigset_t none;

	sigemptyset(&none);
	for (int i = 0; i < CALLS_A_THREAD; i++) {
		one_call(&s, 0);
		if (i % 8 == 0)
			pthread_sigmask(SIG_SETMASK, &none, NULL);
	}
	return NULL;
}

static void open_descriptors(void)
{
	int p[2], fd;

	mkdir("d0", 0777);
	mkdir("m", 0777);
	symlink("f0", "l0");
	symlink("l1", "l1");
	mkfifo("p0", 0666);
	close(open("d0/f", O_RDWR | O_CREAT, 0666));
	fd = open("f0", O_RDWR | O_CREAT, 0666);
	if (fd >= 0 && ftruncate(fd, 20000))
		close(fd);
	open("f1", O_RDWR | O_CREAT | O_APPEND, 0666);
	open("d0", O_RDONLY | O_DIRECTORY);
	open("f0", O_PATH);
	open("/dev/zero", O_RDWR);
	open("/dev/ptmx", O_RDWR | O_NOCTTY);
	open("/proc/self/maps", O_RDONLY);
	open("/proc/self", O_RDONLY | O_DIRECTORY);
	open("p0", O_RDWR | O_NONBLOCK);
	if (pipe(p) || pipe2(p, O_NONBLOCK))
		perror("sysfuzz: pipe");
	eventfd(3, EFD_NONBLOCK);
	fd = epoll_create1(0);
	if (fd >= 0)
		epoll_ctl(fd, EPOLL_CTL_ADD, p[0], &(struct epoll_event){ .events = EPOLLIN });
}

static void set_limits(uint64_t *s)
{
	struct rlimit r = { 1 << 20, 1 << 20 };

	setrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = r.rlim_max = 64;
	setrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max = 0;
	setrlimit(RLIMIT_CORE, &r);
	r.rlim_cur = r.rlim_max = 40;
	setrlimit(RLIMIT_NPROC, &r);
	r.rlim_cur = r.rlim_max = (rlim_t)256 << 20;
	if (!alone || below(s, 4))
		setrlimit(RLIMIT_AS, &r);
}

static void enter(uint64_t *s, int n)
{
	char dir[64];
	int null = open("/dev/null", O_RDWR);

	snprintf(dir, sizeof(dir), "/tmp/fuzz.%d.%d", (int)getppid(), n);
	mkdir("/tmp", 01777);
	mkdir(dir, 0777);
	if (chmod(dir, 0777) || chdir(dir))
		_exit(2);
	if (!alone || setsid() < 0)
		setpgid(0, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	set_limits(s);
	if (getuid() == 0 && (!alone || below(s, 2)) && (setgid(1000 + n) || setuid(1000 + n)))
		_exit(3);
	open_descriptors();
	arena = mmap(NULL, ARENA + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED || mprotect(arena + ARENA, 4096, PROT_NONE))
		_exit(4);
	fuzz_uffd_open(s, arena, ARENA / 4096);
}

/* The first thread only wakes the others from calls that wait. */
static void child(uint64_t seed, int n)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct timespec tick = { 0, 10000000 };
	pthread_t t[THREADS];
	uint64_t s = seed;

	enter(&s, n);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, fuzz_thread, (void *)(uintptr_t)next(&s)))
			_exit(5);
	for (int i = 0; i < ROUND_SECONDS * 100; i++) {
		int left = THREADS;

		syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &tick, NULL);
		fuzz_uffd_serve();
		for (int k = 0; k < THREADS; k++)
			left -= pthread_kill(t[k], SIGUSR1) != 0;
		if (!left)
			break;
	}
	_exit(0);
}

/* ---- the parent ---- */
static long free_kib(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long kib = -1;

	while (f && kib < 0 && fgets(line, sizeof(line), f))
		sscanf(line, "MemFree: %ld", &kib);
	if (f)
		fclose(f);
	return kib;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

struct round {
	uint64_t seed;
	double end;
	pid_t pids[PROCS];
	int started, signals;
};

static void start(struct round *r, int n)
{
	uint64_t s = (r->seed + (uint64_t)++r->started) * 0x9e3779b97f4a7c15ULL;

	r->pids[n] = fork();
	if (r->pids[n] == 0)
		child(next(&s), n);
}

static void kill_all(const struct round *r)
{
	for (int n = 0; n < PROCS; n++)
		if (r->pids[n] > 0)
			kill(-r->pids[n], SIGKILL);
	if (alone)
		kill(-1, SIGKILL);
}

static void ended(struct round *r, pid_t pid, int st)
{
	r->signals += WIFSIGNALED(st) && WTERMSIG(st) != SIGKILL;
	for (int n = 0; n < PROCS; n++) {
		if (r->pids[n] != pid)
			continue;
		kill(-pid, SIGKILL);	/* its children: nobody remembers the group once pids[n] is another */
		r->pids[n] = 0;
		if (seconds() < r->end)
			start(r, n);
	}
}

/* Until nothing is left, or for ever: a process that cannot be killed is a bug to be seen. */
static void reap(struct round *r)
{
	struct timespec tick = { 0, 20000000 };
	int st;

	for (;;) {
		pid_t pid = waitpid(-1, &st, WNOHANG);

		if (pid < 0)
			return;
		if (pid > 0) {
			ended(r, pid, st);
			continue;
		}
		if (seconds() > r->end)
			kill_all(r);
		nanosleep(&tick, NULL);
	}
}

/* Segments of shared memory outlive the processes that made them. */
static void remove_segments(void)
{
	struct shmid_ds ds;
	int last = shmctl(0, SHM_INFO, &ds);

	for (int i = 0; alone && i <= last; i++)
		shmctl(shmctl(i, SHM_STAT, &ds), IPC_RMID, NULL);
}

/* What root's children may have done to names: mounts on their directories, or over /proc. */
static void clean_up(void)
{
	char cmd[64];

	remove_segments();
	sethostname("verso", 5);
	if (access("/proc/self/maps", R_OK))
		mount("proc", "/proc", "proc", 0, NULL);
	for (int n = 0; n < PROCS; n++) {
		char dir[80];
		pid_t pid;

		snprintf(dir, sizeof(dir), "/tmp/fuzz.%d.%d/m", (int)getpid(), n);
		while (alone && umount2(dir, MNT_DETACH) == 0)
			;
		snprintf(cmd, sizeof(cmd), "/tmp/fuzz.%d.%d", (int)getpid(), n);
		pid = fork();
		if (pid == 0) {
			char *args[] = { "rm", "-rf", cmd, NULL };

			_exit(tool_rm(3, args));
		}
		waitpid(pid, NULL, 0);
	}
}

static void run_round(uint64_t seed, int number)
{
	struct round r = { .seed = seed * 1000003 + (uint64_t)number * 1009 };
	double begin = seconds();

	r.end = begin + ROUND_SECONDS;
	for (int n = 0; n < PROCS; n++)
		start(&r, n);
	reap(&r);
	clean_up();
	printf("round %d: %d children, %d ended by signals, %.1f s, %ld KiB free\n", number,
	       r.started, r.signals, seconds() - begin, free_kib());
	fflush(stdout);
}

int tool_sysfuzz(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
	int rounds = argc > 2 ? atoi(argv[2]) : 5;

	alone = getpid() == 1;
	for (const struct fuzz_call *c = fuzz_calls; argc > 3 && c->name; c++)
		if (!strcmp(c->name, argv[3]))
			only = c;
	if (argc > 3 && (!only || (only->alone && !alone)))
		return complain("sysfuzz", argv[3]);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	mkdir("/proc", 0555);
	if (alone)
		mount("proc", "/proc", "proc", 0, NULL);
	printf("sysfuzz: seed %llu, %d rounds, %ld KiB free\n", (unsigned long long)seed, rounds,
	       free_kib());
	fflush(stdout);
	for (int r = 0; r < rounds; r++)
		run_round(seed, r);
	return 0;
}
