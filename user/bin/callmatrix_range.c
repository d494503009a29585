/* SPDX-License-Identifier: MIT */
/*
 * user/bin/callmatrix_range.c - the calls on a range of addresses, on every kind of mapping
 *
 * THE PICTURE    scene (what pages 4..7 of the arena are) x range (whole, part, over holes, misaligned,
 * wrapping, nowhere) x call (munmap, mprotect, msync, mincore, mlock, madvise, ... with each argument)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "callmatrix.h"

/* ---- scenes ---- */
static void map_fd(int fd, long page, long pages, int prot, int flags, long offset)
{
	if (mmap((void *)P(page), (size_t)pages * PAGE, prot, flags | MAP_FIXED, fd, offset * (long)PAGE) ==
	    MAP_FAILED)
		add(" cannot map: %s", strerrorname_np(errno));
}

static void empty(void) {}
static void anon(void) { map_anon(4, 4, RW, 0); }
static void readonly(void) { map_anon(4, 4, PROT_READ, 0); }
static void noaccess(void) { map_anon(4, 4, PROT_NONE, 0); }
static void executable(void) { map_anon(4, 4, RW | PROT_EXEC, 0); }
static void noreserve(void) { map_anon(4, 4, RW, MAP_NORESERVE); }
static void shared(void) { map_anon(4, 4, RW, MAP_SHARED); }
static void growsdown(void) { map_anon(4, 4, RW, MAP_GROWSDOWN); }

static void untouched(void) { map_fd(-1, 4, 4, RW, MAP_PRIVATE | MAP_ANONYMOUS, 0); }

static void hole(void)
{
	map_anon(4, 2, RW, 0);
	map_anon(7, 2, RW, 0);
}

static void mapped_file(int open_flags, int prot, int flags)
{
	int fd = file_of(6, 0);

	close(fd);
	fd = open_again(open_flags);
	map_fd(fd, 4, 4, prot, flags, 1);
	close(fd);
}

static void file(void) { mapped_file(O_RDWR, RW, MAP_SHARED); }
static void filero(void) { mapped_file(O_RDONLY, PROT_READ, MAP_SHARED); }
static void fileronly(void) { mapped_file(O_RDWR, PROT_READ, MAP_SHARED); }

static void filepriv(void)
{
	mapped_file(O_RDONLY, RW, MAP_PRIVATE);
	*(volatile char *)P(5) = 'x';
}

static void shortfile(void)
{
	int fd = file_of(1, 2048);

	map_fd(fd, 4, 4, RW, MAP_SHARED, 0);
	close(fd);
}

static void mixed(void)
{
	int fd = file_of(6, 0);

	map_anon(4, 1, RW, 0);
	map_fd(fd, 5, 1, RW, MAP_SHARED, 1);
	map_fd(fd, 6, 1, RW, MAP_PRIVATE, 2);
	map_anon(7, 1, PROT_READ, 0);
	close(fd);
}

static void locked(void)
{
	map_anon(4, 4, RW, 0);
	mlock((void *)P(4), 4 * PAGE);
}

static void halflocked(void)
{
	map_anon(4, 4, RW, 0);
	CALL(SYS_mlock2, P(4), 2 * PAGE, 1);
}

static void devzeroshared(void)
{
	int fd = open("/dev/zero", O_RDWR);

	map_fd(fd, 4, 4, RW, MAP_SHARED, 0);
	close(fd);
}

static void sealed(void)
{
	int fd = memfd_create("sealed", MFD_ALLOW_SEALING);

	if (pwrite(fd, "S", 1, 0) != 1 || ftruncate(fd, 4 * PAGE) || fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE))
		add(" cannot seal");
	map_fd(fd, 4, 4, PROT_READ, MAP_SHARED, 0);
	close(fd);
}

static void sysv(void)
{
	int id = shmget(IPC_PRIVATE, 4 * PAGE, 0600);

	if (shmat(id, (void *)P(4), 0) == (void *)-1)
		add(" cannot attach");
	shmctl(id, IPC_RMID, NULL);
	memset((void *)P(4), 's', 1);
}

static void forked(void)
{
	map_anon(4, 4, RW, 0);
	madvise((void *)P(4), 2 * PAGE, MADV_DONTFORK);
	madvise((void *)P(6), 2 * PAGE, MADV_WIPEONFORK);
}

#define SCENE(name)                                                                                            \
	{                                                                                                      \
#name, name                                                                                    \
	}
const struct scene scenes[] = {
	SCENE(empty),	   SCENE(anon),	     SCENE(untouched),	SCENE(readonly),      SCENE(noaccess),
	SCENE(executable), SCENE(noreserve), SCENE(shared),	SCENE(growsdown),     SCENE(hole),
	SCENE(file),	   SCENE(filero),    SCENE(fileronly),	SCENE(filepriv),      SCENE(shortfile),
	SCENE(mixed),	   SCENE(locked),    SCENE(halflocked), SCENE(devzeroshared), SCENE(sealed),
	SCENE(sysv),	   SCENE(forked),
};
const size_t nr_scenes = LENGTH(scenes);

/* ---- ranges ---- */
static const struct range {
	unsigned long start, length;
	bool odd; /* only its error matters: tried on few scenes */
} ranges[] = {
	{ P(4), 4 * PAGE, false }, { P(4), 1, false },
	{ P(5), PAGE, false },	   { P(5), 2 * PAGE + 1, false },
	{ P(3), 3 * PAGE, false }, { P(6), 4 * PAGE, false },
	{ P(3), 6 * PAGE, false }, { P(4) + 1, PAGE, true },
	{ P(4), 0, true },	   { P(4) + 1, 0, true },
	{ P(12), PAGE, true },	   { P(12), 0, true },
	{ P(4), -1UL, true },	   { P(4), -PAGE, true },
	{ P(4), -P(4), true },	   { P(4), -P(4) - PAGE, true },
	{ P(4), 1UL << 63, true }, { 1UL << 62, PAGE, true },
	{ 1UL << 62, 0, true },	   { -PAGE, PAGE, true },
	{ -PAGE, 0, true },	   { -PAGE, 1, true },
	{ 0, PAGE, true },	   { 0, 0, true },
};

static bool odd_scene(const char *name)
{
	return !strcmp(name, "empty") || !strcmp(name, "anon") || !strcmp(name, "file") ||
	       !strcmp(name, "hole");
}

/* ---- calls ---- */
static const struct range_call {
	const char *name;
	long nr;
	int arguments[48];
	int count; /* 0: no third argument */
	int what;
} calls[] = {
	{ "munmap", SYS_munmap, { 0 }, 0, EVERYTHING },
	{ "mprotect",
	  SYS_mprotect,
	  { 0, PROT_READ, PROT_WRITE, RW, PROT_EXEC, PROT_READ | PROT_EXEC, RW | PROT_EXEC, 8, PROT_READ | 8,
	    0x10, RW | 0x40, PROT_GROWSDOWN | RW, PROT_GROWSUP | RW, PROT_GROWSUP | PROT_GROWSDOWN,
	    PROT_GROWSDOWN, (int)0x80000000 },
	  16,
	  CONTENTS | COUNTERS | FLAGS },
	{ "msync",
	  SYS_msync,
	  { 0, MS_ASYNC, MS_SYNC, MS_INVALIDATE, MS_SYNC | MS_INVALIDATE, MS_ASYNC | MS_INVALIDATE,
	    MS_ASYNC | MS_SYNC, 8, -1 },
	  9,
	  0 },
	{ "mlock", SYS_mlock, { 0 }, 0, COUNTERS | FLAGS },
	{ "mlock2", SYS_mlock2, { 0, 1, 2, 3, -1 }, 5, COUNTERS | FLAGS },
	{ "munlock", SYS_munlock, { 0 }, 0, COUNTERS | FLAGS },
	{ "madvise",
	  SYS_madvise,
	  { 0,	1,  2,	3,  4,	5,  6,	7,  9,	10,  11,  12,  13,  14,	 15,  16, 17,	     18,
	    19, 20, 21, 22, 23, 24, 25, 26, 99, 100, 101, 102, 103, 104, 200, -1, 0x7fffffff },
	  35,
	  CONTENTS | FLAGS },
};

static void one(const struct range_call *c, int argument, const struct scene *s, const struct range *r)
{
	char where[64];

	if (c->nr == SYS_mprotect && !strcmp(s->name, "untouched") && linux_since(6, 5))
		return; /* what becomes read-only without pages is not accounted any more */
	if (c->nr == SYS_madvise && (argument == 22 || argument == 23) && r->start == P(3))
		return; /* versions differ in how they see a hole at the start */

	if (r->start >= ARENA && r->start < P(ARENA_PAGES))
		snprintf(where, sizeof(where), "page %lu+%lu", (r->start - ARENA) / PAGE, r->start % PAGE);
	else
		snprintf(where, sizeof(where), "at %#lx", r->start);
	arena_clear();
	if (c->count)
		key("%s %s %s length %#lx argument %d", c->name, s->name, where, r->length, argument);
	else
		key("%s %s %s length %#lx", c->name, s->name, where, r->length);
	s->make();
	result(CALL(c->nr, r->start, r->length, argument));
	/* pages that may only be executed cannot be read everywhere */
	if (!r->odd)
		arena_state(c->nr == SYS_mprotect && argument == PROT_EXEC ? c->what & ~CONTENTS : c->what);
	end();
}

/* What would reach beyond the arena, to our own stack; and what newer Linuxes have. */
static bool left_out(const struct range_call *c, const struct range *r, int argument)
{
	if ((c->nr == SYS_madvise || c->nr == SYS_mprotect) &&
	    (r->length == 1UL << 63 || r->length == -P(4) - PAGE))
		return true;
	if (c->nr != SYS_madvise)
		return false;
	if ((argument >= 12 && argument <= 15) || argument == 25 || argument == 100 || argument == 101)
		return linux_since(0, 0); /* huge pages, KSM, broken memory: a Linux may be built with them */
	return (argument == 102 || argument == 103) && linux_since(6, 13); /* guard pages */
}

static void run_calls(const char *name)
{
	for (size_t c = 0; c < LENGTH(calls); c++) {
		if (strcmp(calls[c].name, name))
			continue;
		for (size_t s = 0; s < nr_scenes; s++)
			for (size_t r = 0; r < LENGTH(ranges); r++)
				for (int i = 0; i < (calls[c].count ?: 1); i++)
					if ((!ranges[r].odd || odd_scene(scenes[s].name)) &&
					    !left_out(&calls[c], &ranges[r], calls[c].arguments[i]))
						one(&calls[c], calls[c].arguments[i], &scenes[s], &ranges[r]);
	}
}

static void run_munmap(void) { run_calls("munmap"); }
static void run_mprotect(void) { run_calls("mprotect"); }
static void run_msync(void) { run_calls("msync"); }
static void run_madvise(void) { run_calls("madvise"); }

static void run_mlock(void)
{
	run_calls("mlock");
	run_calls("mlock2");
	run_calls("munlock");
}

/* ---- mincore ---- */
static void run_mincore(void)
{
	static unsigned char vec[2 * PAGE];

	for (size_t s = 0; s < nr_scenes; s++) {
		for (size_t r = 0; r < LENGTH(ranges); r++) {
			if (ranges[r].odd && !odd_scene(scenes[s].name))
				continue;
			arena_clear();
			memset(vec, 9, sizeof(vec));
			key("mincore %s from %#lx length %#lx", scenes[s].name, ranges[r].start,
			    ranges[r].length);
			scenes[s].make();
			result(CALL(SYS_mincore, ranges[r].start, ranges[r].length, vec));
			add(" ");
			for (int i = 0; i < 7; i++)
				add("%c", vec[i] == 9 ? '.' : '0' + vec[i]);
			end();
		}
	}
	arena_clear();
	anon();
	for (size_t i = 0; i < 6; i++) {
		static const unsigned long at[] = { 0, 1, P(12), -PAGE, 1UL << 62, -1UL };

		key("mincore vector at %#lx", at[i]);
		result(CALL(SYS_mincore, P(4), 4 * PAGE, at[i]));
		end();
		key("mincore vector at %#lx length 0", at[i]);
		result(CALL(SYS_mincore, P(4), 0, at[i]));
		end();
	}
}

/* ---- remap_file_pages ---- */
static void run_remap(void)
{
	static const long arguments[][3] = {
		{ 0, 0, 0 },  { 0, 3, 0 },  { 0, 1, 0 },	{ PROT_READ, 3, 0 }, { 0, 3, MAP_NONBLOCK },
		{ 0, 3, -1 }, { 0, -1, 0 }, { 0, 1L << 51, 0 }, { 0, 100, 0 },
	};

	for (size_t s = 0; s < nr_scenes; s++)
		for (size_t r = 0; r < LENGTH(ranges); r++)
			for (size_t i = 0; i < LENGTH(arguments); i++) {
				const long *a = arguments[i];

				/* a segment that is removed already is lost when it is remapped as a whole */
				if ((ranges[r].odd && !odd_scene(scenes[s].name)) ||
				    !strcmp(scenes[s].name, "sysv") ||
				    !strcmp(scenes[s].name, "filero")) /* Linux wants a descriptor to write */
					continue;
				arena_clear();
				key("remap_file_pages %s from %#lx length %#lx prot %ld page %ld flags %ld",
				    scenes[s].name, ranges[r].start, ranges[r].length, a[0], a[1], a[2]);
				scenes[s].make();
				result(CALL(SYS_remap_file_pages, ranges[r].start, ranges[r].length, a[0], a[1],
					    a[2]));
				if (!ranges[r].odd)
					arena_state(EVERYTHING);
				end();
			}
}

const struct case_group range_groups[] = {
	{ "munmap", run_munmap, false, false },
	{ "mprotect", run_mprotect, false, false },
	{ "msync", run_msync, false, false },
	{ "madvise", run_madvise, false, false },
	{ "mlock", run_mlock, true, false },
	{ "mincore", run_mincore, true, false },
	{ "remap_file_pages", run_remap, false, false },
	{ NULL, NULL, false, false },
};
