/* SPDX-License-Identifier: MIT */
/*
 * user/bin/faultfuzz_ops.c - what faultfuzz does beside map calls, and how often each operation is chosen
 *
 * THE QUESTION   Which accesses and copies have an outcome that is the same on every machine?
 *
 * ALWAYS TRUE    O1 to O3 in faultfuzz_calls.c, and
 *                O4  stacks (MAP_GROWSDOWN) stay in their own place: elsewhere they would make what is
 *                    read beside them depend on the kernel's version.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faultfuzz.h"

#define MAX_DEPTH	3

static char buffer[MAX_PAGES * PAGE];

/* `return', whoever reads it: x86 stops at the first byte; RISC-V sees fmadd.s ft1,ft0,ft0,ft0 and c.jr ra. */
static const unsigned char plant[] = { 0xc3, 0x00, 0x00, 0x00, 0x82, 0x80 };

/* ---- accesses ---- */
static void op_read(void)
{
	volatile unsigned char *p = (unsigned char *)any_page() + rnd(PAGE);
	volatile unsigned char value = 0;

	say_place("read", (char *)p, 1);
	GUARD(value = *p);
	say_fault();
	say(" %02x", value);
}

static void op_write(void)
{
	volatile char *p = any_page() + rnd(PAGE);
	char value = (char)rnd(256);

	say_place("write", (char *)p, 1);
	say(" %02x", (unsigned char)value);
	GUARD(*p = value);
	say_fault();
}

/* The processor names the page that is missing, and the first byte of the access or of that page. */
static void op_cross(void)
{
	char *edge = any_page() + PAGE;
	volatile uint64_t *p = (volatile uint64_t *)(edge - 1 - rnd(7));
	volatile uint64_t value = fuzz_next();
	bool write = rnd(2);

	say_place(write ? "write over" : "read over", (char *)p, 8);
	if (write)
		GUARD(*p = value);
	else
		GUARD(value = *p);
	if (seen.sig)
		seen.address &= ~(uintptr_t)(PAGE - 1);
	say_fault();
	if (!seen.sig)
		say(" %016llx", (unsigned long long)value);
}

static void op_fill(void)
{
	char *p = any_page();
	long length = few_pages() * PAGE;
	int value = (int)rnd(256);

	say_place("fill", p, length);
	say(" %02x", (unsigned int)value);
	GUARD(for (long i = 0; i < length; i += 64) *(volatile char *)(p + i) = (char)(value + i / 64));
	say_fault();
}

static void copy_plant(volatile char *p)
{
	for (size_t i = 0; i < sizeof(plant); i++)
		p[i] = (char)plant[i];
}

/*
 * Only what is known to be `return' is ever run; where nothing can be read, nothing can be run. Beyond the
 * end of an object Linux sends SIGBUS on x86 even if the mapping forbids execution, and SIGSEGV on RISC-V.
 */
static void op_execute(void)
{
	char *p = any_page() + rnd(63) * 64;
	volatile bool known;

	say_place("execute", p, 0);
	GUARD(copy_plant(p));
	known = !seen.sig;
	say_fault();
	if (!known) {
		GUARD(known = !memcmp(p, plant, sizeof(plant)));
		known |= seen.sig == SIGSEGV;
	}
	if (!known) {
		say(" not code");
		return;
	}
	__builtin___clear_cache(p, p + sizeof(plant));
	GUARD(((void (*)(void))(uintptr_t)p)());
	say_fault();
}

static void op_nowhere(void)
{
	uintptr_t p = rnd(2) ? (uintptr_t)rnd(0x10000) : (uintptr_t)-1 - (uintptr_t)rnd(0xffff);
	volatile unsigned char value = 0;
	long kind = rnd(3);

	say_place("nowhere", (char *)p, kind);
	p &= ~(uintptr_t)1;
	if (kind == 0)
		GUARD(value = *(volatile unsigned char *)p);
	else if (kind == 1)
		GUARD(*(volatile unsigned char *)p = value);
	else
		GUARD(((void (*)(void))p)());
	say_fault();
}

/* ---- copies by the kernel ---- */
static void op_file_read(void)
{
	char *p = any_page() + (rnd(2) ? 0 : rnd(PAGE));
	long length = any_length(), object = rnd(OBJECTS), offset = rnd(OBJECT_PAGES * PAGE);

	say_place("pread", p, length);
	say(" object %ld at %lx", object, offset);
	say_errno(pread(fuzz.fd[object], p, (size_t)length, offset));
}

/* Not beyond the end: there Linux 6.15 began to leave a hole behind when nothing could be read from memory. */
static void op_file_write(void)
{
	struct stat st;
	char *p = any_page() + (rnd(2) ? 0 : rnd(PAGE));
	long length = any_length(), object = rnd(2), offset = rnd(OBJECT_PAGES * PAGE);

	if (!fstat(fuzz.fd[object], &st) && offset > st.st_size)
		offset = st.st_size;
	if (length > OBJECT_PAGES * PAGE - offset)
		length = OBJECT_PAGES * PAGE - offset;
	say_place("pwrite", p, length);
	say(" object %ld at %lx", object, offset);
	say_errno(pwrite(fuzz.fd[object], p, (size_t)length, offset));
}

static uint64_t hash_buffer(long length)
{
	uint64_t hash = 7;

	for (long i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)buffer[i]) * 0x100000001b3ULL;
	return hash;
}

static void op_process_vm(void)
{
	char *a = arena_page() + (rnd(2) ? 0 : rnd(PAGE)), *b = arena_page() + (rnd(2) ? 0 : rnd(PAGE));
	long length = any_length(), second = few_pages() * PAGE, kind = rnd(4), n;
	struct iovec remote[2] = { { a, (size_t)length }, { b, (size_t)second } };
	/* never memory that is read too: in which order bytes are copied is the kernel's business */
	struct iovec local = { kind == 3 ? heap_page() : buffer, MAX_PAGES * PAGE };

	say_place(kind ? "process_vm_readv" : "process_vm_writev", a, length);
	say(" and ");
	say_address((uintptr_t)b);
	say(" %lx to ", second);
	say_address((uintptr_t)local.iov_base);
	if (kind == 0)
		n = process_vm_writev(getpid(), &local, 1, remote, 2, 0);
	else
		n = process_vm_readv(getpid(), &local, 1, remote, 2, 0);
	say_errno(n);
	if (kind == 1 || kind == 2)
		say(" %016llx", (unsigned long long)hash_buffer(n));
}

/* Small things that calls read and write, at any alignment. */
static void op_small_copy(void)
{
	char *p = any_page() + (rnd(2) ? PAGE - 1 - rnd(16) : rnd(PAGE));
	long kind = rnd(4), r;
	int first = dup(0), second = dup(0);	/* the lowest free ones, which pipe() takes */

	close(first);
	close(second);
	say_place("small copy", p, kind);
	if (kind == 0)
		r = syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, p);
	else if (kind == 1)
		r = syscall(SYS_rt_sigprocmask, 1, p, NULL, 8);
	else if (kind == 2)
		r = syscall(SYS_faccessat, AT_FDCWD, p, F_OK);
	else
		r = pipe((int *)(uintptr_t)p);
	say_errno(r);
	if (kind == 3 && r == 0) {
		close(first);
		close(second);
	}
}

/* ---- stacks ---- */
static void stack_fresh(void)
{
	long pages = 1 + rnd(8);
	int prot = rnd(4) ? PROT_READ | PROT_WRITE : PROT_READ;
	char *p = STACK_TOP - pages * PAGE;

	say("stack fresh %ld prot %d", pages, prot);
	munmap(STACK_TOP - STACK_PAGES * PAGE, STACK_PAGES * PAGE);
	p = mmap(p, (size_t)(pages * PAGE), prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
	say_errno(p == MAP_FAILED ? -1 : 0);
}

static void stack_touch(void)
{
	volatile char *p = STACK_TOP - (rnd(4) ? 1 + rnd(64 * PAGE) : 1 + rnd((STACK_PAGES - 200) * PAGE));
	volatile char value = 1;
	long kind = rnd(3);

	say_place("stack touch", (char *)p, kind);
	if (kind == 0)
		GUARD(*p = value);
	else if (kind == 1)
		GUARD(value = *p);
	if (kind == 2)
		say_errno(pread(fuzz.fd[OBJECT_FILE], (char *)p, 1, 0));
	else
		say_fault();
}

/* Something in the way: a stack keeps a distance from what can be accessed. */
static void stack_block(void)
{
	char *p = STACK_TOP - (100 + rnd(600)) * PAGE;
	int prot = rnd(3) ? PROT_READ : PROT_NONE;

	say_place("stack block", p, prot);
	p = mmap(p, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	say_errno(p == MAP_FAILED ? -1 : 0);
}

static void op_stack(void)
{
	long kind = rnd(8);

	if (kind == 0)
		stack_fresh();
	else if (kind == 1)
		stack_block();
	else
		stack_touch();
}

static __attribute__((noinline)) long recurse(long pages)
{
	volatile char here[PAGE];

	here[0] = 1;
	return pages ? recurse(pages - 1) + here[0] : here[0];
}

static void op_recurse(void)
{
	long pages = rnd(12) ? rnd(100) : 1000000;
	volatile long sum = 0;

	say("recurse %ld", pages);
	GUARD(sum = recurse(pages));
	if (seen.sig)
		say(" %s code %d", sigabbrev_np(seen.sig), seen.code);
	else
		say(" %ld", sum);
}

/* ---- children ---- */
static void child_steps(long steps, bool turns, const int *down, const int *up)
{
	char token = 0;

	close(down[1]);
	close(up[0]);
	fuzz.depth++;
	fuzz.random ^= 0x5851f42d4c957f2dULL;
	fuzz_steps(steps);
	if (turns && (write(up[1], &token, 1) != 1 || read(down[0], &token, 1) != 1))
		_exit(94);
	if (turns)
		fuzz_steps(steps);
	_exit(7);
}

/* The parent goes on between two halves of the child, so both write to what they share. */
static void take_turns(const int *down, const int *up, long steps)
{
	char token = 0;

	if (read(up[0], &token, 1) == 1)
		fuzz_steps(steps);
	if (write(down[1], &token, 1) != 1)
		say("no child ");
}

static void op_fork(void)
{
	bool turns = rnd(2);
	long steps = 3 + rnd(20);
	int down[2], up[2], st = 0;
	pid_t pid;

	say("fork %s %ld\n", turns ? "turns" : "waits", steps);
	if (fuzz.depth >= MAX_DEPTH || pipe(down) || pipe(up))
		return;
	pid = fork();
	if (pid == 0)
		child_steps(steps, turns, down, up);
	close(down[0]);
	close(up[1]);
	if (pid > 0 && turns)
		take_turns(down, up, steps);
	if (pid > 0)
		waitpid(pid, &st, 0);
	close(down[1]);
	close(up[0]);
	say("%lu.%d.%lu joined %x", fuzz.seed, fuzz.depth, fuzz.step, pid < 0 ? 0xffffu : (unsigned int)st);
}

/* ---- the choice ---- */
static const struct {
	int weight;
	void (*fn)(void);
} operations[] = {
	{ 16, op_mmap }, { 3, op_munmap }, { 9, op_mprotect }, { 9, op_mremap }, { 10, op_madvise }, { 4, op_brk },
	{ 2, op_remap_file_pages }, { 4, op_mlock }, { 1, op_mlockall }, { 1, op_munlockall }, { 2, op_msync },
	{ 2, op_mincore }, { 3, op_truncate }, { 2, op_punch }, { 10, op_read }, { 14, op_write }, { 6, op_cross },
	{ 8, op_fill }, { 5, op_execute }, { 2, op_nowhere }, { 6, op_file_read }, { 6, op_file_write },
	{ 4, op_process_vm }, { 4, op_small_copy }, { 8, op_stack }, { 2, op_recurse }, { 3, op_limit }, { 3, op_fork },
};

/* An empty arena would need many steps before anything happens in it. */
void fuzz_furnish(void)
{
	for (int i = 0; i < OBJECTS; i++)
		if (ftruncate(fuzz.fd[i], 16 * PAGE) && i != OBJECT_READ_ONLY)
			_exit(95);
	mmap(ARENA, 24 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mmap(ARENA + 24 * PAGE, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fuzz.fd[OBJECT_FILE], 0);
	mmap(ARENA + 40 * PAGE, 24 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fuzz.fd[OBJECT_MEMFD], 0);
	stack_fresh();
	say(" furnished\n");
}

void fuzz_operation(void)
{
	long total = 0, choice;
	size_t i = 0;

	for (size_t k = 0; k < sizeof(operations) / sizeof(operations[0]); k++)
		total += operations[k].weight;
	choice = rnd(total);
	while (choice >= operations[i].weight)
		choice -= operations[i++].weight;
	operations[i].fn();
	say("\n");
}
