/* SPDX-License-Identifier: MIT */
/*
 * user/bin/mmsoak.c - threads that change one address space for minutes, each checking its own part of it
 *
 * THE QUESTION   Does a page ever show anything but what its owner left there, when 4 CPUs fault, map, unmap,
 *                protect, move, lock and fork at once in one address space?
 *
 * THE PICTURE    mmsoak [SECONDS [THREADS [SEED]]]
 *
 *                the arena   | 0 | 1 | 2 | 3 | common | 0 | 1 | 2 | 3 | common | ...
 *                              a slot of worker 0, 1, ...: neighbours split, merge and change each other's VMAs
 *
 *                workers      slots_step() on their own slots, common_step() on the others, fork now and then:
 *                             the child checks what it inherited from the forking thread, goes on, checks again
 *                one thread   starts and joins threads that use their stacks and the heap
 *                two others   processes that read /proc/PID/{maps,smaps,numa_maps,pagemap,mem} all the time
 *
 * ALWAYS TRUE    S1  a worker's slot is touched by that worker alone, so its model is exact.
 *                S2  a byte of a common slot is 0 or what tag() has there, in whatever order things happen.
 *                S3  a child writes nothing that its parent sees, and its parent waits for it.
 *                S4  nothing else is ever mapped in the arena: no call there lets the kernel choose.
 *
 * READ NEXT      mmsoak_slots.c (the model, and what is done to it).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mmsoak.h"
#include "tools.h"

#define RW		(PROT_READ | PROT_WRITE)
#define OBSERVERS	2
#define OBSERVER_REST	5000		/* microseconds: who looks all the time keeps the workers from the lock */
#define CHILD_STEPS	16
#define FORK_EVERY	64
#define SMALL_STACK	(128 * 1024)

struct soak_shared *soak;
long soak_workers;
int soak_file;
static struct worker *workers;

static _Thread_local sigjmp_buf fault_return;
static _Thread_local volatile sig_atomic_t fault_expected;

/* ---- places and numbers ---- */
/* Column soak_workers is nobody's. */
char *slot_address(long column, long slot, long page)
{
	return ARENA + ((slot * (soak_workers + 1) + column) * SLOT_PAGES + page) * PAGE;
}

static size_t arena_size(void)
{
	return (size_t)(slot_address(0, SLOTS, 0) - ARENA);
}

uint64_t soak_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * 0x2545f4914f6cdd1dULL;
}

long soak_random(struct worker *w, long n)
{
	return (long)((soak_next(&w->random) >> 20) % (uint64_t)n);
}

/* ---- what went wrong ---- */
static void print_map_line(const void *address)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[256];
	unsigned long start, end;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && end > (uintptr_t)address) {
			dprintf(1, "mmsoak:   %s %s", start > (uintptr_t)address ? "not mapped; next" : "maps:", line);
			break;
		}
	if (f)
		fclose(f);
}

static void print_slot(const void *address)
{
	long page = ((const char *)address - ARENA) / PAGE, slot = page / SLOT_PAGES;

	if ((const char *)address < ARENA || (const char *)address >= ARENA + arena_size())
		dprintf(1, "mmsoak:   outside the arena\n");
	else if (slot % (soak_workers + 1) == soak_workers)
		dprintf(1, "mmsoak:   common slot %ld page %ld\n", slot / (soak_workers + 1), page % SLOT_PAGES);
	else
		dprintf(1, "mmsoak:   worker %ld slot %ld page %ld\n", slot % (soak_workers + 1),
			slot / (soak_workers + 1), page % SLOT_PAGES);
}

void soak_mismatch(const char *what, const void *address, uint64_t expected, uint64_t found)
{
	soak->stop = true;
	if (__atomic_fetch_add(&soak->mismatches, 1, __ATOMIC_SEQ_CST) >= 8)
		return;
	dprintf(1, "mmsoak: %s at %p in process %d: expected %#llx, found %#llx\n", what, address, (int)getpid(),
		(unsigned long long)expected, (unsigned long long)found);
	print_slot(address);
	print_map_line(address);
}

void soak_failed(const char *call, const void *address)
{
	int error = errno;

	soak_mismatch(call, address, 0, (uint64_t)error);
	dprintf(1, "mmsoak:   %s: %s\n", call, strerror(error));
}

/* ---- accesses that may fault ---- */
static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (fault_expected && sig == SIGSEGV) {
		fault_expected = 0;
		siglongjmp(fault_return, 1);
	}
	soak_mismatch("signal", info->si_addr, 0, (uint64_t)sig);
	_exit(1);
}

static void catch_faults(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

bool soak_read(const volatile uint64_t *p, uint64_t *value)
{
	if (sigsetjmp(fault_return, 0))
		return false;
	fault_expected = 1;
	*value = *p;
	fault_expected = 0;
	return true;
}

bool soak_write(volatile uint64_t *p, uint64_t value)
{
	if (sigsetjmp(fault_return, 0))
		return false;
	fault_expected = 1;
	*p = value;
	fault_expected = 0;
	return true;
}

/* ---- common slots ---- */
static uint64_t tag(const volatile void *p)
{
	return (uintptr_t)p * 0x9e3779b97f4a7c15ULL;
}

/* By bytes: a copy in the kernel may go on in the middle of a word, in another page than before. */
static void check_tags(const char *what, const char *place, const void *bytes, size_t n)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < n; i++) {
		unsigned char expected = (unsigned char)(tag(place + i / 8 * 8) >> i % 8 * 8);

		if (b[i] && b[i] != expected) {
			soak_mismatch(what, place + i, expected, b[i]);
			return;
		}
	}
}

static void common_map(struct worker *w, char *p, size_t n)
{
	static const int prots[] = { RW, RW, RW, PROT_READ, PROT_NONE };
	int prot = prots[soak_random(w, 5)];

	switch (soak_random(w, 6)) {
	case 0:
	case 1:
		if (mmap(p, n, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != p && errno != ENOMEM)
			soak_failed("mmap of a common slot", p);
		break;
	case 2:
		if (munmap(p, n))
			soak_failed("munmap of a common slot", p);
		break;
	case 3:
		if (mprotect(p, n, prot) && errno != ENOMEM)
			soak_failed("mprotect of a common slot", p);
		break;
	case 4:
		madvise(p, n, soak_random(w, 2) ? MADV_DONTNEED : MADV_FREE);
		break;
	default:
		if (soak_random(w, 2) ? mlock(p, n) : munlock(p, n))
			munlock(p, n);
	}
}

static void common_touch(struct worker *w, char *p)
{
	for (int i = 0; i < 8; i++) {
		volatile uint64_t *word = (volatile uint64_t *)p + soak_random(w, WORDS);
		uint64_t value;

		if (soak_random(w, 2))
			soak_write(word, tag(word));
		else if (soak_read(word, &value))
			check_tags("word of a common slot", (char *)word, &value, sizeof(value));
	}
}

/* What is in the pipe, all of it, belongs to @place. */
static void drain(struct worker *w, const char *place)
{
	uint64_t buffer[WORDS];
	ssize_t n;

	while ((n = read(w->pipe[0], buffer, PAGE)) > 0) {
		check_tags("bytes by pipe", place, buffer, (size_t)n);
		place += n;
	}
}

static void common_pipe_out(struct worker *w, char *p)
{
	if (write(w->pipe[1], p, PAGE) < 0 && errno != EFAULT)
		soak_failed("write from a common slot", p);
	drain(w, p);
}

static void common_pipe_in(struct worker *w, char *p)
{
	uint64_t buffer[WORDS];
	char sink[PAGE];

	for (long i = 0; i < WORDS; i++)
		buffer[i] = tag(p + i * 8);
	if (write(w->pipe[1], buffer, PAGE) != PAGE)
		soak_failed("write to a pipe", p);
	if (read(w->pipe[0], p, PAGE) < 0 && errno != EFAULT)
		soak_failed("read into a common slot", p);
	while (read(w->pipe[0], sink, PAGE) > 0)
		;
}

static void common_peek(struct worker *w, char *p)
{
	uint64_t buffer[SLOT_PAGES * WORDS];
	struct iovec local = { buffer, sizeof(buffer) }, remote = { p, sizeof(buffer) };
	ssize_t n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	if (n > 0)
		check_tags("bytes by process_vm_readv", p, buffer, (size_t)n);
	else if (errno != EFAULT && errno != EPERM && errno != ENOSYS)
		soak_failed("process_vm_readv of a common slot", p);
}

static void common_step(struct worker *w)
{
	long slot = soak_random(w, SLOTS), first = soak_random(w, SLOT_PAGES);
	char *p = slot_address(soak_workers, slot, first);

	switch (soak_random(w, 8)) {
	case 0:
		common_pipe_out(w, p);
		break;
	case 1:
		common_pipe_in(w, p);
		break;
	case 2:
		common_peek(w, slot_address(soak_workers, slot, 0));
		break;
	case 3:
	case 4:
		common_touch(w, p);
		break;
	default:
		common_map(w, p, (size_t)(1 + soak_random(w, SLOT_PAGES - first)) * PAGE);
	}
	w->operations++;
}

/* ---- fork ---- */
static void forget_locks(struct worker *w)
{
	for (long i = 0; i < SLOTS * SLOT_PAGES; i++)
		w->model[i / SLOT_PAGES][i % SLOT_PAGES].locked = false;
}

static void fork_and_check(struct worker *w, int depth);

/* Pipe and model are this process's own from now on, memory that is shared is not. */
static void run_child(struct worker *w, int depth)
{
	w->child = true;
	forget_locks(w);
	slots_verify(w);
	close(w->pipe[0]);
	close(w->pipe[1]);
	if (pipe2(w->pipe, O_NONBLOCK))
		_exit(0);
	for (int i = 0; i < CHILD_STEPS; i++)
		soak_random(w, 4) ? slots_step(w) : common_step(w);
	if (depth < 2 && soak_random(w, 4) == 0)
		fork_and_check(w, depth + 1);
	slots_verify(w);
	_exit(100 + depth);
}

/*
 * The system call alone: a fork copies page by page while the other threads go on, so the C library's list of
 * stacks, which its fork() walks in the child, may be of two moments, and then has no end.
 */
static pid_t fork_bare(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

/* No memory, too many processes: then there is no child. */
static void fork_and_check(struct worker *w, int depth)
{
	pid_t pid = fork_bare();
	int status;

	if (pid < 0)
		return;
	if (!pid)
		run_child(w, depth);
	if (waitpid(pid, &status, 0) != pid)
		soak_failed("waitpid", w);
	else if (status != (100 + depth) << 8 && status)
		soak_mismatch("status of a child", w, (uint64_t)(100 + depth) << 8, (uint64_t)status);
	w->forks++;
}

/* ---- threads ---- */
static void *run_worker(void *arg)
{
	struct worker *w = arg;

	while (!soak->stop) {
		soak_random(w, 4) ? slots_step(w) : common_step(w);
		if (soak_random(w, FORK_EVERY) == 0)
			fork_and_check(w, 0);
	}
	slots_verify(w);
	return NULL;
}

static void *run_short(void *arg)
{
	volatile char deep[32 * 1024];
	char *heap = malloc(8192);

	for (size_t i = 0; i < sizeof(deep); i += 1024)
		deep[i] = (char)i;
	if (heap)
		memset(heap, 1, 8192);
	free(heap);
	return (void *)((uintptr_t)arg * 3 + (uintptr_t)deep[1024]);
}

/* EAGAIN: no thread, so nothing to join */
static void *run_starter(void *arg)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, SMALL_STACK);
	for (uintptr_t i = 1; !soak->stop; i++) {
		pthread_t thread;
		void *result;

		if (pthread_create(&thread, &attr, run_short, (void *)i))
			continue;
		if (pthread_join(thread, &result) || (uintptr_t)result != i * 3)
			soak_mismatch("result of a thread", arg, i * 3, (uintptr_t)result);
	}
	pthread_attr_destroy(&attr);
	return NULL;
}

/* ---- other processes that look ---- */
static void read_lines(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512];
	unsigned long start, end;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2 && start >= end)
			soak_mismatch("empty line of a map", (void *)start, start, end);
	if (f)
		fclose(f);
}

static void read_memory(int mem, int pagemap)
{
	uint64_t buffer[SLOT_PAGES * WORDS];

	for (long i = 0; i < SLOTS; i++) {
		char *p = slot_address(soak_workers, i, 0);
		ssize_t n = pread(mem, buffer, sizeof(buffer), (off_t)p);

		if (n > 0)
			check_tags("bytes of /proc/PID/mem", p, buffer, (size_t)n);
		n = pread(mem, buffer, sizeof(buffer), (off_t)slot_address(i % soak_workers, i, 0));
		n = pread(pagemap, buffer, sizeof(buffer), (off_t)slot_address(0, i, 0) / PAGE * 8);
	}
}

static void observe(pid_t pid)
{
	static const char *const files[] = { "maps", "smaps", "numa_maps" };
	char path[64];
	int mem, pagemap;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	mem = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	pagemap = open(path, O_RDONLY);
	while (!soak->stop && getppid() == pid) {
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
			snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
			read_lines(path);
			usleep(OBSERVER_REST);
		}
		read_memory(mem, pagemap);
		usleep(OBSERVER_REST);
	}
	_exit(0);
}

/* ---- a run ---- */
static bool prepare(uint64_t seed)
{
	soak = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	workers = calloc((size_t)soak_workers, sizeof(*workers));
	soak_file = memfd_create("mmsoak", MFD_CLOEXEC);
	if (soak == MAP_FAILED || !workers || soak_file < 0 || ftruncate(soak_file, (off_t)arena_size()))
		return false;
	if (mmap(ARENA, arena_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != ARENA)
		return false;
	munmap(ARENA, arena_size());
	for (long i = 0; i < soak_workers; i++) {
		workers[i].number = i;
		workers[i].random = (seed * 1000 + (uint64_t)i) * 0x9e3779b97f4a7c15ULL | 1;
		if (pipe2(workers[i].pipe, O_NONBLOCK | O_CLOEXEC))
			return false;
	}
	catch_faults();
	return true;
}

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run_threads(double seconds)
{
	pthread_t thread[MAX_WORKERS + 1];
	double end = seconds_now() + seconds;
	long n = 0;

	for (; n < soak_workers; n++)
		if (pthread_create(&thread[n], NULL, run_worker, &workers[n]))
			break;
	if (n < soak_workers || pthread_create(&thread[n], NULL, run_starter, NULL))
		soak_failed("pthread_create", NULL);
	else
		n++;
	while (!soak->stop && seconds_now() < end)
		usleep(50000);
	soak->stop = true;
	while (n > 0)
		pthread_join(thread[--n], NULL);
}

static int report(double seconds)
{
	unsigned long operations = 0, forks = 0;

	for (long i = 0; i < soak_workers; i++) {
		operations += workers[i].operations;
		forks += workers[i].forks;
	}
	printf("mmsoak: %.0f seconds, %lu operations, %lu forks, %ld mismatches\n", seconds, operations, forks,
	       soak->mismatches);
	return soak->mismatches ? 1 : 0;
}

int tool_mmsoak(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 10, start = seconds_now();
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pid_t observers[OBSERVERS], self = getpid();

	soak_workers = argc > 2 ? atol(argv[2]) : cpus > 4 ? cpus : 4;
	if (soak_workers < 1 || soak_workers > MAX_WORKERS)
		soak_workers = soak_workers < 1 ? 1 : MAX_WORKERS;
	if (!prepare(argc > 3 ? strtoul(argv[3], NULL, 0) : 1))
		return complain("mmsoak", "arena");
	for (int i = 0; i < OBSERVERS; i++) {
		observers[i] = fork();
		if (!observers[i])
			observe(self);
	}
	run_threads(seconds);
	for (int i = 0; i < OBSERVERS; i++) {
		int status;

		if (observers[i] > 0 && (waitpid(observers[i], &status, 0) != observers[i] || status))
			soak_mismatch("status of an observer", NULL, 0, (uint64_t)status);
	}
	munmap(ARENA, arena_size());
	return report(seconds_now() - start);
}
