/* SPDX-License-Identifier: MIT */
/*
 * user/bin/faultfuzz_calls.c - the operations of faultfuzz that change the map
 *
 * THE QUESTION   Which memory calls, with which arguments, have an outcome that is the same on every machine?
 *
 * ALWAYS TRUE    O1  an operation takes all its numbers from the generator before it asks the kernel
 *                    anything, or asks only what is printed.
 *                O2  what lands where the kernel chose is unmapped, or moved into the arena, at once.
 *                O3  PROT_EXEC alone is never asked for: it can be read on one machine and not on the other.
 *
 * READ NEXT      faultfuzz_ops.c (accesses, copies, children).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faultfuzz.h"

#define ADVICE_POPULATE_READ	22	/* newer than the C library's headers */

static bool limited;		/* inside op_limit() */

/* ---- places and sizes ---- */
char *arena_page(void)
{
	return ARENA + rnd(ARENA_PAGES) * PAGE;
}

char *heap_page(void)
{
	return fuzz.heap + rnd(HEAP_PAGES) * PAGE;
}

char *any_page(void)
{
	long kind = rnd(12);

	if (kind == 0)
		return heap_page();
	return kind == 1 ? STACK_TOP - (1 + rnd(40)) * PAGE : arena_page();
}

long few_pages(void)
{
	return rnd(4) ? 1 + rnd(6) : 1 + rnd(MAX_PAGES);
}

/* Usually whole pages; sometimes nothing, or a length that must be rounded up. */
long any_length(void)
{
	long length = few_pages() * PAGE;

	if (rnd(12))
		return length;
	return rnd(4) ? length - rnd(PAGE) : 0;
}

long sometimes_odd(void)
{
	return rnd(32) ? 0 : 1 + rnd(PAGE - 1);
}

static int any_prot(void)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE,
				     PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC,
				     PROT_WRITE | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC };

	return ONE_OF(prots);
}

void say_place(const char *what, const char *p, long length)
{
	say("%s ", what);
	say_address((uintptr_t)p);
	say(" %lx", length);
}

/* ---- map ---- */
static bool has_a_place(uintptr_t p)
{
	return p - (uintptr_t)ARENA < ARENA_SPAN * PAGE || p - (uintptr_t)fuzz.heap < 4 * HEAP_PAGES * PAGE;
}

void op_mmap(void)
{
	static const int types[] = { MAP_PRIVATE, MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED, MAP_SHARED,
				     MAP_SHARED_VALIDATE, 0 };
	static const int places[] = { MAP_FIXED, MAP_FIXED, MAP_FIXED, MAP_FIXED_NOREPLACE, 0 };
	static const int extras[] = { 0, 0, 0, 0, 0, MAP_NORESERVE, MAP_POPULATE, MAP_LOCKED, MAP_SYNC,
				      MAP_POPULATE | MAP_NONBLOCK, MAP_LOCKED | MAP_POPULATE };
	char *at = arena_page() + sometimes_odd(), *p;
	long length = any_length(), object = rnd(OBJECTS + 3), offset = rnd(OBJECT_PAGES) * PAGE;
	int type = ONE_OF(types), flags = type | ONE_OF(places), prot = any_prot(), fd = -1;

	flags |= ONE_OF(extras);
	if (type != MAP_SHARED_VALIDATE)
		flags &= ~MAP_SYNC;	/* elsewhere it is a secret flag that keeps VMAs from merging */
	if (limited)
		flags &= ~MAP_FIXED;	/* Linux 6.18 splits VMAs before it finds that there is no room */
	if (object < OBJECTS)
		fd = fuzz.fd[object];
	else
		flags |= rnd(20) ? MAP_ANONYMOUS : 0;
	say_place("mmap", at, length);
	say(" prot %d flags %x object %ld page %ld", prot, (unsigned int)flags, object, offset / PAGE);
	p = mmap(at, (size_t)length, prot, flags, fd, offset);
	if (p == MAP_FAILED) {
		say_errno(-1);
	} else {
		say(" = ");
		say_address((uintptr_t)p);
		if (!has_a_place((uintptr_t)p))
			munmap(p, (size_t)length);
	}
}

void op_munmap(void)
{
	char *p = any_page() + sometimes_odd();
	long length = any_length();

	say_place("munmap", p, length);
	say_errno(munmap(p, (size_t)length));
}

void op_mprotect(void)
{
	char *p = any_page() + sometimes_odd();
	long length = any_length();
	int prot = any_prot();

	if (!rnd(16))
		prot |= rnd(2) ? PROT_GROWSDOWN : PROT_GROWSUP;
	if (!rnd(64))
		prot |= 0x40;
	say_place("mprotect", p, length);
	say(" prot %x", (unsigned int)prot);
	say_errno(mprotect(p, (size_t)length, prot));
}

/* O2: what mremap put where it liked comes back into the arena. */
static void settle(char *p, char *home, long pages)
{
	if (p == MAP_FAILED) {
		say_errno(-1);
		return;
	}
	say(" = ");
	say_address((uintptr_t)p);
	if (has_a_place((uintptr_t)p))
		return;
	say(" back");
	if (mremap(p, (size_t)(pages * PAGE), (size_t)(pages * PAGE), MREMAP_MAYMOVE | MREMAP_FIXED, home) == home) {
		say(" ");
		say_address((uintptr_t)home);
		return;
	}
	say_errno(-1);
	munmap(p, (size_t)(pages * PAGE));
}

void op_mremap(void)
{
	static const int sets[] = {
		0, 0, MREMAP_MAYMOVE, MREMAP_MAYMOVE, MREMAP_MAYMOVE, MREMAP_MAYMOVE | MREMAP_FIXED,
		MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_DONTUNMAP, 8,
	};
	char *from = (rnd(12) ? arena_page() : heap_page()) + sometimes_odd(), *to = arena_page(), *home = arena_page();
	long old = rnd(16) ? few_pages() : 0, new = rnd(2) ? old : few_pages();
	int flags = ONE_OF(sets);

	say_place("mremap", from, old * PAGE);
	say(" to ");
	say_address((uintptr_t)to);
	say(" %lx flags %x", new * PAGE, (unsigned int)flags);
	/* Linux 6.17 began to move several mappings at once, and asks in another order since */
	if ((flags & ~MREMAP_MAYMOVE || new > old) && !one_vma(from, old ? old : 1)) {
		say(" several");
		return;
	}
	if (flags & MREMAP_DONTUNMAP)
		munlockall();		/* Linux loses count of what was locked and stays */
	/* the C library hides the last argument from MREMAP_DONTUNMAP on some machines */
	settle((char *)syscall(SYS_mremap, from, old * PAGE, new * PAGE, flags, to), home, new);
}

void op_brk(void)
{
	uintptr_t want = (uintptr_t)fuzz.heap + (uintptr_t)rnd(HEAP_PAGES * PAGE);

	if (rnd(4))
		want &= ~(uintptr_t)(PAGE - 1);
	say("brk ");
	say_address(want);
	say(" = ");
	say_address((uintptr_t)syscall(SYS_brk, want));
}

void op_remap_file_pages(void)
{
	char *p = arena_page() + sometimes_odd();
	long length = any_length(), index = rnd(OBJECT_PAGES);
	int prot = rnd(16) ? 0 : PROT_READ, flags = rnd(4) ? 0 : MAP_NONBLOCK;

	say_place("remap_file_pages", p, length);
	say(" page %ld prot %d", index, prot);
	say_errno(syscall(SYS_remap_file_pages, p, length, prot, index, flags));
}

/* ---- advice and residence ---- */
void op_madvise(void)
{
	static const int advices[] = { 0, 1, 2, MADV_WILLNEED, MADV_DONTNEED, MADV_DONTNEED, MADV_DONTNEED, MADV_FREE,
				       MADV_FREE, MADV_REMOVE, MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_WIPEONFORK,
				       MADV_KEEPONFORK, MADV_DONTDUMP, MADV_DODUMP, 20, 21, ADVICE_POPULATE_READ, 23,
				       ADVICE_POPULATE_READ, 23, 24, 7, 999, -1 };
	char *p = any_page() + sometimes_odd();
	long length = any_length();
	int advice = ONE_OF(advices);

	say_place("madvise", p, length);
	say(" %d", advice);
	say_errno(madvise(p, (size_t)length, advice));
	if (advice != MADV_FREE)
		return;
	say(", %d", MADV_DONTNEED);	/* when free memory is taken is nobody's business */
	say_errno(madvise(p, (size_t)length, MADV_DONTNEED));
}

void op_mlock(void)
{
	char *p = any_page() + sometimes_odd();
	long length = any_length(), kind = rnd(4);

	say_place("lock", p, length);
	say(" %ld", kind);
	if (kind == 0)
		say_errno(mlock(p, (size_t)length));
	else if (kind == 1)
		say_errno(syscall(SYS_mlock2, p, length, rnd(8) ? 1 : 2));
	else
		say_errno(munlock(p, (size_t)length));
}

void op_mlockall(void)
{
	static const int flags[] = { MCL_FUTURE, MCL_FUTURE | MCL_ONFAULT, MCL_CURRENT, MCL_ONFAULT, 8, 0 };
	int f = ONE_OF(flags);

	say("mlockall %d", f);
	say_errno(mlockall(f));
}

void op_munlockall(void)
{
	say("munlockall");
	say_errno(munlockall());
}

void op_msync(void)
{
	char *p = any_page() + sometimes_odd();
	long length = any_length();
	int flags = (int)rnd(9);

	say_place("msync", p, length);
	say(" %d", flags);
	say_errno(msync(p, (size_t)length, flags));
}

/* What is resident is the kernel's business; what is mapped is not. */
void op_mincore(void)
{
	static unsigned char vector[MAX_PAGES + 1];
	char *p = any_page() + sometimes_odd();
	long length = any_length();

	say_place("mincore", p, length);
	say_errno(mincore(p, (size_t)length, vector));
}

/* ---- objects ---- */
void op_truncate(void)
{
	long object = rnd(OBJECTS), size = rnd(OBJECT_PAGES * PAGE);

	if (rnd(2))
		size &= ~(PAGE - 1);
	say("truncate %ld to %lx", object, size);
	say_errno(ftruncate(fuzz.fd[object], size));
}

void op_punch(void)
{
	long object = rnd(2), from = rnd(OBJECT_PAGES * PAGE), length = 1 + rnd(8 * PAGE);

	say("punch %ld at %lx %lx", object, from, length);
	say_errno(fallocate(fuzz.fd[object], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, length));
}

/* ---- limits: relative to what is in use, which differs ---- */
static long in_use(int field)
{
	char text[256];
	int fd = open("/proc/self/statm", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	char *at = text;
	long value = 0;

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (int i = 0; i <= field; i++)
		value = strtol(at, &at, 10);
	return value;
}

void op_limit(void)
{
	long pages = rnd(10), kind = rnd(3);
	struct rlimit r = { (rlim_t)((in_use(0) + pages) * PAGE), RLIM_INFINITY };

	say("limit %ld: ", pages);
	setrlimit(RLIMIT_AS, &r);
	limited = true;
	if (kind == 0)
		op_mmap();
	else if (kind == 1)
		op_mremap();
	else
		op_brk();
	limited = false;
	r.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_AS, &r);
}
