/* SPDX-License-Identifier: MIT */
/*
 * user/bin/faultfuzz.c - random memory calls and accesses whose outcomes every kernel must agree on
 *
 * THE QUESTION   Does this kernel answer each call and each access as Linux does, on each machine?
 *
 * THE PICTURE    faultfuzz [SEED [STEPS [SEEDS [EVERY]]]]
 *                  generator -> an operation on the arena, the stack, the heap or the files
 *                            -> one line: SEED.DEPTH.STEP operation arguments = outcome
 *                  after EVERY steps: the map, and a hash of all that can be read
 *
 *                  Linux here  ----+
 *                  riscv, 3 depths +--> the same bytes, or the first line that differs names the bug
 *                  x86_64, 2 depths+    (scripts/test.py --only faultfuzz)
 *
 * ALWAYS TRUE    Z1  what is printed depends on the seed alone: no clock, no pid, no address that the
 *                    kernel chose, no size of the machine, no instruction set.
 *                Z2  no operation is done whose outcome Linux leaves open: residency, MADV_FREE
 *                    before it is followed by MADV_DONTNEED, who comes first of two that run.
 *                Z3  code is planted as bytes that mean `return' on each machine (plant[]).
 *                Z4  one process runs at a time: a parent waits, or hands over by a pipe.
 *
 * READ NEXT      faultfuzz_ops.c (the operations).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faultfuzz.h"
#include "tools.h"

#define DIGEST_EVERY	40	/* what a digest reads is faulted in: another number is another run */
#define LOCK_PAGES	24
#define NOBODY		65534

struct fuzz_state fuzz;
volatile struct seen_fault seen;
sigjmp_buf fuzz_return;
volatile bool fuzz_armed;

/* ---- the generator ---- */
uint64_t fuzz_next(void)
{
	fuzz.random ^= fuzz.random << 13;
	fuzz.random ^= fuzz.random >> 7;
	fuzz.random ^= fuzz.random << 17;
	return fuzz.random * 0x2545f4914f6cdd1dULL;
}

/* ---- output: whole lines, so that a child's follow its parent's ---- */
static char line[4096];
static size_t line_length;

static void flush_line(void)
{
	for (size_t done = 0; done < line_length;) {
		ssize_t n = write(1, line + done, line_length - done);

		if (n <= 0)
			_exit(90);
		done += (size_t)n;
	}
	line_length = 0;
}

void say(const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line + line_length, sizeof(line) - line_length, format, ap);
	va_end(ap);
	line_length += (size_t)n;
	if (line_length >= sizeof(line) - 1)
		line_length = sizeof(line) - 1;
	if (line_length && line[line_length - 1] == '\n')
		flush_line();
}

void say_errno(long result)
{
	if (result == -1)
		say(" = %s", strerrorname_np(errno));
	else
		say(" = %ld", result);
}

void say_address(uintptr_t address)
{
	uintptr_t arena = (uintptr_t)ARENA, stack = (uintptr_t)STACK_TOP, heap = (uintptr_t)fuzz.heap;

	if (address - arena < ARENA_SPAN * PAGE)
		say("a+%lx", address - arena);
	else if (stack - address <= STACK_PAGES * PAGE)
		say("s-%lx", stack - address);
	else if (address - heap < 4 * HEAP_PAGES * PAGE)
		say("h+%lx", address - heap);
	else if (address < 0x10000 || address > (uintptr_t)-0x10000)
		say("%lx", address);
	else
		say("elsewhere");
}

/* ---- signals ---- */
static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!fuzz_armed) {
		say("\n%lu.%d.%lu died: signal %d code %d\n", fuzz.seed, fuzz.depth, fuzz.step, sig, info->si_code);
		_exit(99);
	}
	seen.sig = sig;
	seen.code = info->si_code;
	seen.address = (uintptr_t)info->si_addr;
	siglongjmp(fuzz_return, 1);
}

void say_fault(void)
{
	if (!seen.sig) {
		say(" ok");
		return;
	}
	say(" %s code %d at ", sigabbrev_np(seen.sig), seen.code);
	say_address(seen.address);
}

static void catch_signals(void)
{
	static char handler_stack[65536];
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	stack_t ss = { .ss_sp = handler_stack, .ss_size = sizeof(handler_stack) };

	sigaltstack(&ss, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
}

/* ---- the map ---- */
struct map_line {
	uintptr_t start, end;
	unsigned long offset;
	char perms[5], kind;
};

static struct map_line map_lines[1024];
static int map_count;

static char kind_of(const char *name)
{
	static const struct { const char *part; char kind; } kinds[] = {
		{ "memfd:", 'm' }, { "faultfuzz.", 'f' }, { "/dev/zero", 'z' }, { "[heap]", '-' },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strstr(name, kinds[i].part))
			return kinds[i].kind;
	return name[0] ? '?' : '-';
}

static void parse_line(char *text)
{
	struct map_line *m = &map_lines[map_count];
	char *name;

	m->start = strtoul(text, &text, 16);
	m->end = strtoul(text + 1, &text, 16);
	memcpy(m->perms, text + 1, 4);
	m->offset = strtoul(text + 6, &text, 16) >> 12;
	name = strpbrk(text, "/[");
	m->kind = kind_of(name ? name : "");
	map_count++;
}

/* All lines of /proc/self/maps, without the C library's buffers: they would be memory of ours. */
static void read_map(void)
{
	static char text[128 * 1024];
	int fd = open("/proc/self/maps", O_RDONLY);
	size_t length = 0;
	ssize_t n;

	map_count = 0;
	while (fd >= 0 && (n = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)n;
	close(fd);
	text[length] = '\0';
	for (char *at = text, *end; (end = strchr(at, '\n')) && map_count < 1024; at = end + 1) {
		*end = '\0';
		parse_line(at);
	}
}

bool one_vma(const char *p, long pages)
{
	uintptr_t start = (uintptr_t)p, end = start + (uintptr_t)(pages * PAGE);

	read_map();
	for (int i = 0; i < map_count; i++)
		if (map_lines[i].start <= start && map_lines[i].end >= end)
			return true;
	return false;
}

/* ---- the digest ---- */
static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

uint64_t hash_page(const char *p)
{
	volatile uint64_t hash = 1;

	GUARD(for (long i = 0; i < PAGE; i += 8) hash = mix(hash, *(volatile const uint64_t *)(p + i)));
	return seen.sig ? mix((uint64_t)seen.sig, (uint64_t)seen.code) : hash;
}

static uint64_t hash_range(const char *p, long pages)
{
	uint64_t hash = 0;

	for (long i = 0; i < pages; i++)
		hash = mix(hash, hash_page(p + i * PAGE));
	return hash;
}

/* Only what is mapped: a look below a stack makes it grow. */
static uint64_t hash_stack(void)
{
	uint64_t hash = 0;

	read_map();
	for (int i = 0; i < map_count; i++)
		if (map_lines[i].end <= (uintptr_t)STACK_TOP &&
		    map_lines[i].start >= (uintptr_t)STACK_TOP - STACK_PAGES * PAGE)
			hash = mix(hash, hash_range((char *)map_lines[i].start,
						    (long)(map_lines[i].end - map_lines[i].start) / PAGE));
	return hash;
}

static uint64_t hash_object(int fd)
{
	static char block[PAGE];
	uint64_t hash = 0;
	ssize_t n;

	for (off_t at = 0; (n = pread(fd, block, PAGE, at)) > 0; at += n)
		for (ssize_t i = 0; i < n; i++)
			hash = mix(hash, (unsigned char)block[i]);
	return hash;
}

/* The lines of the map inside [start, end), cut there: below the heap may be anything. */
static void say_lines(uintptr_t start, uintptr_t end)
{
	for (int i = 0; i < map_count; i++) {
		struct map_line *m = &map_lines[i];

		if (m->end <= start || m->start >= end)
			continue;
		say(" [");
		say_address(m->start < start ? start : m->start);
		say(" ");
		say_address(m->end - 1);
		say(" %s %c %lx]", m->perms, m->kind, m->kind == '-' ? 0 : m->offset);
	}
}

static void say_map(void)
{
	uintptr_t stack = (uintptr_t)STACK_TOP, heap = (uintptr_t)fuzz.heap, arena = (uintptr_t)ARENA;

	read_map();
	say_lines(stack - STACK_PAGES * PAGE, stack);
	say_lines(arena, arena + ARENA_SPAN * PAGE);
	say_lines(heap, heap + 4 * HEAP_PAGES * PAGE);
}

/* In KiB, from /proc/self/status */
static long status_value(const char *key)
{
	static char text[4096];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	const char *at;

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, key);
	return at ? atol(at + strlen(key) + 1) : -1;
}

/* The program's own stack is as long as the environment makes it. */
static void say_counters(void)
{
	static long size, data;

	if (!size) {
		size = status_value("VmSize") - status_value("VmStk");
		data = status_value("VmData");
	}
	say(" locked %ld size %ld data %ld", status_value("VmLck"),
	    status_value("VmSize") - status_value("VmStk") - size, status_value("VmData") - data);
}

void say_digest(void)
{
	uint64_t arena = hash_range(ARENA, ARENA_SPAN), stack = hash_stack();
	long heap = ((long)syscall(SYS_brk, 0) - (long)fuzz.heap) / PAGE;

	say("%lu.%d.%lu map", fuzz.seed, fuzz.depth, fuzz.step);
	say_map();
	say_counters();
	say("\n%lu.%d.%lu digest arena %016llx stack %016llx heap %ld %016llx memfd %016llx file %016llx\n", fuzz.seed,
	    fuzz.depth, fuzz.step, (unsigned long long)arena, (unsigned long long)stack, heap,
	    (unsigned long long)hash_range(fuzz.heap, heap), (unsigned long long)hash_object(fuzz.fd[OBJECT_MEMFD]),
	    (unsigned long long)hash_object(fuzz.fd[OBJECT_FILE]));
}

void fuzz_steps(long steps)
{
	for (long i = 1; i <= steps; i++) {
		fuzz.step++;
		say("%lu.%d.%lu ", fuzz.seed, fuzz.depth, fuzz.step);
		fuzz_operation();
		if (i % fuzz.every == 0 || i == steps)
			say_digest();
	}
}

/* ---- a seed ---- */
/* The objects have no name any more, so a run that is killed leaves nothing. */
static int open_objects(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/dev/shm/faultfuzz.%d", (int)getpid());
	fuzz.fd[OBJECT_MEMFD] = memfd_create("fuzz", 0);
	fuzz.fd[OBJECT_FILE] = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	fuzz.fd[OBJECT_READ_ONLY] = open(name, O_RDONLY);
	unlink(name);
	for (int i = 0; i < OBJECTS; i++)
		if (fuzz.fd[i] < 0)
			return complain("faultfuzz", name);
	return 0;
}

static void set_limit(int resource, rlim_t value)
{
	struct rlimit r = { value, value };

	if (setrlimit(resource, &r))
		_exit(91);
}

static void run_seed(unsigned long seed, long steps)
{
	set_limit(RLIMIT_MEMLOCK, LOCK_PAGES * PAGE);
	set_limit(RLIMIT_STACK, STACK_PAGES / 2 * PAGE);
	set_limit(RLIMIT_CORE, 0);
	if (open_objects() || (geteuid() == 0 && (setgid(NOBODY) || setuid(NOBODY))) || prctl(PR_SET_DUMPABLE, 1))
		_exit(92);
	fuzz.seed = seed;
	fuzz.random = seed * 0x9e3779b97f4a7c15ULL | 1;
	for (int i = 0; i < 10; i++)
		fuzz_next();
	fuzz.heap = (char *)(((uintptr_t)syscall(SYS_brk, 0) + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
	if (syscall(SYS_brk, fuzz.heap) != (long)fuzz.heap)
		_exit(93);
	if (chdir("/"))
		_exit(94);
	signal(SIGPIPE, SIG_IGN);
	catch_signals();
	fuzz_furnish();
	fuzz_steps(steps);
	say("%lu end\n", seed);
	_exit(0);
}

static void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mkdir("/dev/shm", 01777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
}

int tool_faultfuzz(int argc, char **argv)
{
	unsigned long seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	long steps = argc > 2 ? atol(argv[2]) : 1000, seeds = argc > 3 ? atol(argv[3]) : 1;
	int status = 0;

	for (int fd = 3; fd < 64; fd++)
		close(fd);		/* descriptors are handed out as on every machine */
	fuzz.every = argc > 4 ? atol(argv[4]) : DIGEST_EVERY;
	if (getpid() == 1)
		mount_all();
	for (long i = 0; i < seeds; i++) {
		pid_t pid = fork();
		int st;

		if (pid < 0)
			return complain("faultfuzz", "fork");
		if (!pid)
			run_seed(seed + (unsigned long)i, steps);
		if (waitpid(pid, &st, 0) != pid || st) {
			printf("faultfuzz: seed %lu ended with wait status %#x\n", seed + (unsigned long)i,
			       (unsigned int)st);
			status = 1;
		}
	}
	return status;
}
