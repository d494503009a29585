/* SPDX-License-Identifier: MIT */
/*
 * user/bin/callmatrix_map.c - mmap, mremap and brk, with every flag on every kind of descriptor
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "callmatrix.h"

/* ---- descriptors ---- */
static int fd_none(void) { return -1; }
static int fd_closed(void) { return 777; }
static int fd_rdwr(void) { return file_of(6, 100); }
static int fd_directory(void) { return open("/proc/self", O_RDONLY); }
static int fd_zero(void) { return open("/dev/zero", O_RDWR); }
static int fd_zeroro(void) { return open("/dev/zero", O_RDONLY); }
static int fd_null(void) { return open("/dev/null", O_RDWR); }
static int fd_maps(void) { return open("/proc/self/maps", O_RDONLY); }
static int fd_mem(void) { return open("/proc/self/mem", O_RDWR); }
static int fd_event(void) { return eventfd(0, 0); }

static int again(int flags)
{
	int fd;

	close(file_of(6, 100));
	fd = open_again(flags);
	return fd;
}

static int fd_rdonly(void) { return again(O_RDONLY); }
static int fd_wronly(void) { return again(O_WRONLY); }
static int fd_append(void) { return again(O_RDWR | O_APPEND); }
static int fd_path(void) { return again(O_PATH); }

static int fd_shmdir(void) { return open("/dev/shm", O_RDONLY); }

static int fd_pipe(void)
{
	int p[2];

	if (pipe(p))
		return -1;
	close(p[1]);
	return p[0];
}

static int sealed_memfd(int seals)
{
	int fd = memfd_create("m", MFD_ALLOW_SEALING);

	if (ftruncate(fd, 4 * PAGE) || fcntl(fd, F_ADD_SEALS, seals))
		add(" cannot seal");
	return fd;
}

static int fd_memfd(void) { return sealed_memfd(0); }
static int fd_shrink(void) { return sealed_memfd(F_SEAL_SHRINK | F_SEAL_GROW); }
static int fd_write(void) { return sealed_memfd(F_SEAL_WRITE); }
static int fd_future(void) { return sealed_memfd(0x10); }

static const struct kind {
	const char *name;
	int (*make)(void);
} kinds[] = {
	{ "none", fd_none },	     { "closed", fd_closed },	    { "rdwr", fd_rdwr },
	{ "rdonly", fd_rdonly },     { "wronly", fd_wronly },	    { "append", fd_append },
	{ "path", fd_path },	     { "directory", fd_directory }, { "tmpfsdir", fd_shmdir },
	{ "pipe", fd_pipe },	     { "zero", fd_zero },	    { "zeroro", fd_zeroro },
	{ "null", fd_null },	     { "maps", fd_maps },	    { "mem", fd_mem },
	{ "eventfd", fd_event },     { "memfd", fd_memfd },	    { "memfd-shrink-grow", fd_shrink },
	{ "memfd-write", fd_write }, { "memfd-future", fd_future },
};

/* ---- mmap ---- */
struct wish {
	unsigned long addr, length, offset;
	long prot, flags;
};

static void state_at(long value)
{
	if (value <= 0 || ((unsigned long)value >= ARENA && (unsigned long)value < P(ARENA_PAGES)))
		arena_state(EVERYTHING);
}

static void one_mmap(const char *group, const struct kind *k, const struct wish *w)
{
	long value;
	int fd;

	if ((w->prot & PROT_EXEC) && (!strcmp(k->name, "pipe") || !strcmp(k->name, "eventfd")) &&
	    linux_since(6, 2))
		return; /* EPERM there: no programs in nameless files */
	if ((w->flags & 0x80) && linux_since(6, 5))
		return; /* MAP_ABOVE4G */
	key("mmap_%s %s at %s%#lx length %#lx prot %#lx flags %#lx offset %#lx", group, k->name,
	    w->addr >= ARENA ? "arena+" : "", w->addr >= ARENA && w->addr < P(99) ? w->addr - ARENA : w->addr,
	    w->length, w->prot, w->flags, w->offset);
	fd = k->make();
	value = CALL(SYS_mmap, w->addr, w->length, w->prot, w->flags, fd, w->offset);
	result(value);
	if (strncmp(k->name, "zero", 4)) /* what it shows in maps is not what matters */
		state_at(value);
	if (value > 0)
		munmap((void *)value, w->length);
	if (fd >= 0 && fd != 777)
		close(fd);
	arena_clear();
	end();
}

/* Every kind x type x protection, at a fixed place. */
static void run_mmap_kinds(void)
{
	static const long types[] = { 0, MAP_SHARED, MAP_PRIVATE, 3, 4, 15 };
	static const long prots[] = { 0,     PROT_READ, PROT_WRITE, RW, PROT_READ | PROT_EXEC, RW | PROT_EXEC,
				      RW | 8 };
	static const unsigned long offsets[] = { 0, PAGE };

	for (size_t k = 0; k < LENGTH(kinds); k++)
		for (size_t t = 0; t < LENGTH(types); t++)
			for (size_t p = 0; p < LENGTH(prots); p++)
				for (size_t a = 0; a < 2; a++)
					for (size_t o = 0; o < LENGTH(offsets); o++) {
						struct wish w = {
							P(4),
							2 * PAGE,
							offsets[o],
							prots[p],
							types[t] | MAP_FIXED | (a ? MAP_ANONYMOUS : 0),
						};

						if (!(types[t] == 4 || types[t] == 15 || (a && o)))
							one_mmap("kinds", &kinds[k], &w);
					}
}

/* Every flag bit, alone, with a file, shared and private. */
static void run_mmap_flags(void)
{
	static const long types[] = { MAP_SHARED, MAP_PRIVATE, 3, MAP_PRIVATE | MAP_ANONYMOUS,
				      MAP_SHARED | MAP_ANONYMOUS };
	static const char *const on[] = { "none", "rdwr", "memfd", "zero", "null" };

	for (size_t k = 0; k < LENGTH(kinds); k++)
		for (size_t i = 0; i < LENGTH(on); i++)
			for (size_t t = 0; t < LENGTH(types) && !strcmp(kinds[k].name, on[i]); t++)
				for (int bit = 6; bit < 33; bit++) {
					struct wish w = { P(4), 2 * PAGE, 0, RW,
							  types[t] | 1L << bit | MAP_FIXED };

					/* 32 bit is one port's; huge pages have sizes that differ between
					 * kernels */
					if (1L << bit == 0x40 || bit == 18)
						continue;
					one_mmap("flags", &kinds[k], &w);
				}
}

static const unsigned long huge[] = { 0,	 1,	    PAGE,      PAGE + 1, 1UL << 59,
				      1UL << 62, 1UL << 63, -PAGE - 1, -PAGE,	 -1UL };

static void run_mmap_numbers(void)
{
	static const unsigned long addrs[] = {
		0, P(4), P(4) + 1, 1UL << 62, 1UL << 63, -PAGE,
	};
	static const unsigned long offsets[] = {
		0,	   1,	      PAGE - 1,		  PAGE,	     6 * PAGE, 7 * PAGE,
		1UL << 50, 1UL << 62, (1UL << 63) - PAGE, 1UL << 63, -PAGE,    -1UL,
	};
	static const long flags[] = { MAP_SHARED, MAP_PRIVATE, MAP_PRIVATE | MAP_ANONYMOUS,
				      MAP_SHARED | MAP_ANONYMOUS };
	static const long fixed[] = { 0, MAP_FIXED, 0x100000 };

	for (size_t f = 0; f < LENGTH(flags); f++) {
		const struct kind *k = &kinds[flags[f] & MAP_ANONYMOUS ? 0 : 2];

		for (size_t x = 0; x < LENGTH(fixed); x++)
			for (size_t a = 0; a < LENGTH(addrs); a++)
				for (size_t l = 0; l < LENGTH(huge); l++) {
					struct wish w = { addrs[a], huge[l], 0, RW, flags[f] | fixed[x] };

					if (x && !addrs[a])
						continue; /* a privilege of Linux's root */
					one_mmap("numbers", k, &w);
				}
		for (size_t o = 0; o < LENGTH(offsets); o++)
			for (size_t l = 0; l < LENGTH(huge); l++) {
				struct wish w = { P(4), huge[l], offsets[o], RW, flags[f] | MAP_FIXED };

				one_mmap("offsets", k, &w);
			}
	}
}

/* On top of what is there, and next to it: replaced, refused, merged. */
static void run_mmap_over(void)
{
	static const long flags[] = {
		MAP_FIXED,
		0x100000,
		0,
		MAP_FIXED | MAP_LOCKED,
		MAP_FIXED | MAP_NORESERVE,
		MAP_FIXED | MAP_POPULATE,
		MAP_FIXED | MAP_GROWSDOWN,
		MAP_FIXED | 0x100000,
		MAP_FIXED | MAP_STACK, /* last: keeps huge pages away, and so neighbours, since 6.7 */
	};
	static const unsigned long at[][2] = { { 4, 4 }, { 5, 1 }, { 3, 1 }, { 8, 1 }, { 2, 8 }, { 0, 2 } };

	for (size_t s = 0; s < nr_scenes; s++)
		for (size_t f = 0; f < LENGTH(flags) && !(flags[f] & MAP_STACK && linux_since(6, 7)); f++)
			for (size_t a = 0; a < LENGTH(at); a++)
				for (int shared = 0; shared < 2; shared++) {
					long value, type = shared ? MAP_SHARED : MAP_PRIVATE;

					key("mmap over %s page %lu pages %lu flags %#lx %s", scenes[s].name,
					    at[a][0], at[a][1], flags[f], shared ? "shared" : "private");
					scenes[s].make();
					value = CALL(SYS_mmap, P(at[a][0]), at[a][1] * PAGE, RW,
						     flags[f] | type | MAP_ANONYMOUS, -1, 0);
					result(value);
					if (value >= 0 && (unsigned long)value - ARENA >= ARENA_PAGES * PAGE)
						munmap((void *)value, at[a][1] * PAGE);
					arena_state(EVERYTHING);
					arena_clear();
					end();
				}
}

/* ---- mremap ---- */
static bool odd_arguments(const unsigned long *r, long flags)
{
	return r[0] % PAGE || r[0] < P(4) || r[0] > P(8) || r[0] + r[1] > P(8) || r[2] > ARENA || flags & ~7L ||
	       !r[2];
}

static bool one_mapping(const char *scene)
{
	return strcmp(scene, "empty") && strcmp(scene, "hole") && strcmp(scene, "mixed") &&
	       strcmp(scene, "halflocked") && strcmp(scene, "forked");
}

static void one_mremap(const struct scene *s, const unsigned long *r, long flags, unsigned long new)
{
	long value;

	if ((flags & 4) && strstr(s->name, "locked") && linux_since(0, 0))
		return; /* it forgets to take the locked pages back */
	if (linux_since(6, 17) && (odd_arguments(r, flags) || !one_mapping(s->name)))
		return; /* it moves several mappings at once, and checks in another order */
	key("mremap %s page %ld+%lu old %#lx new %#lx flags %#lx to %ld+%lu", s->name,
	    (long)(r[0] - ARENA) / (long)PAGE, r[0] % PAGE, r[1], r[2], flags, (long)(new - ARENA) / (long)PAGE,
	    new % PAGE);
	s->make();
	value = CALL(SYS_mremap, r[0], r[1], r[2], flags, new);
	result(value);
	if (value >= 0 || !(flags & 2)) /* old Linuxes unmap the target before they refuse */
		arena_state(EVERYTHING);
	if (value > 0 && (unsigned long)value - ARENA >= ARENA_PAGES * PAGE)
		munmap((void *)value, r[2]);
	arena_clear();
	end();
}

static void run_mremap(void)
{
	static const unsigned long ranges[][3] = {
		{ P(4), 4 * PAGE, 4 * PAGE }, { P(4), 4 * PAGE, 2 * PAGE },
		{ P(4), 4 * PAGE, 5 * PAGE }, { P(4), 2 * PAGE, 3 * PAGE },
		{ P(5), PAGE, PAGE },	      { P(5), 2 * PAGE, PAGE },
		{ P(6), 2 * PAGE, 3 * PAGE }, { P(4), 0, PAGE },
		{ P(4), 0, 4 * PAGE },	      { P(5), 0, PAGE },
	};
	static const long flags[] = { 0, 1, 2, 3, 4, 5, 7 };
	static const unsigned long to[] = { P(10), P(6) };

	for (size_t s = 0; s < nr_scenes; s++)
		for (size_t r = 0; r < LENGTH(ranges); r++)
			for (size_t f = 0; f < LENGTH(flags); f++)
				for (size_t t = 0; t < LENGTH(to); t++)
					if (t == 0 || (flags[f] & 2))
						one_mremap(&scenes[s], ranges[r], flags[f], to[t]);
}

static bool plain(const char *name)
{
	return !strcmp(name, "empty") || !strcmp(name, "anon") || !strcmp(name, "file") ||
	       !strcmp(name, "hole");
}

static void run_mremap_numbers(void)
{
	static const unsigned long ranges[][3] = {
		{ P(4), 4 * PAGE, 0 },	       { P(4), 5 * PAGE, 5 * PAGE },
		{ P(4), 5 * PAGE, 4 * PAGE },  { P(4), 5 * PAGE, 6 * PAGE },
		{ P(4) + 1, PAGE, PAGE },      { P(3), PAGE, PAGE },
		{ P(3), PAGE, 2 * PAGE },      { P(4), 1, 1 },
		{ P(4), 1, PAGE + 1 },	       { P(4), -1UL, PAGE },
		{ P(4), PAGE, -1UL },	       { P(4), PAGE, -PAGE },
		{ P(4), PAGE, 1UL << 63 },     { P(4), PAGE, 1UL << 59 },
		{ P(4), 1UL << 63, PAGE },     { -PAGE, PAGE, PAGE },
		{ 1UL << 62, PAGE, 2 * PAGE }, { 0, PAGE, PAGE },
		{ P(4), 3 * PAGE, 6 * PAGE },  { P(4), 0, 0 },
	};
	static const long flags[] = { 0, 1, 3, 5, 7, 8, -1, 1 << 16 };
	static const unsigned long to[] = { P(10), P(10) + 1, P(4), P(5), 0, -PAGE, 1UL << 63, 1UL << 62 };

	for (size_t s = 0; s < nr_scenes; s++)
		for (size_t r = 0; r < LENGTH(ranges) && plain(scenes[s].name); r++)
			for (size_t f = 0; f < LENGTH(flags); f++)
				for (size_t t = 0; t < LENGTH(to); t++)
					if ((t == 0 || (flags[f] & 2)) && !(to[t] == 0 && getuid() == 0))
						one_mremap(&scenes[s], ranges[r], flags[f], to[t]);
}

/* ---- brk ---- */
static void one_brk(const char *what, unsigned long from, long by)
{
	unsigned long value;

	key("brk %s", what);
	raw(SYS_brk, from, 0L, 0L, 0L, 0L, 0L);
	value = (unsigned long)raw(SYS_brk, from + (unsigned long)by, 0L, 0L, 0L, 0L, 0L);
	add(" moved %+ld", (long)(value - from));
	arena_state(COUNTERS);
	raw(SYS_brk, from, 0L, 0L, 0L, 0L, 0L);
	end();
}

static void run_brk(void)
{
	unsigned long start = (unsigned long)raw(SYS_brk, 0L, 0L, 0L, 0L, 0L, 0L),
		      at = (start + 2 * PAGE) & ~(PAGE - 1);
	static const struct rlimit small = { 1 << 20, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };

	raw(SYS_brk, at, 0L, 0L, 0L, 0L, 0L);
	count_from_here();
	one_brk("by a byte", at, 1);
	one_brk("by a page", at, PAGE);
	one_brk("by three pages and a byte", at, 3 * PAGE + 1);
	one_brk("below its start", at, -(1L << 40));
	one_brk("to zero", at, -(long)at);
	one_brk("to the kernel", at, (long)((1UL << 63) - at));
	one_brk("to the last byte", at, (long)(-1UL - at));
	one_brk("over half of the address space", at, 1L << 62);
	setrlimit(RLIMIT_DATA, &small);
	one_brk("by 2 MiB with 1 MiB of data", at, 2 << 20);
	one_brk("by a page with 1 MiB of data", at, PAGE);
	setrlimit(RLIMIT_DATA, &none);
	mmap((void *)(at + 4 * PAGE), PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	count_from_here();
	one_brk("up to two pages below a mapping", at, 2 * PAGE);
	one_brk("up to a page below a mapping", at, 3 * PAGE);
	one_brk("up to a mapping", at, 4 * PAGE);
	one_brk("into a mapping", at, 4 * PAGE + 1);
	one_brk("beyond a mapping", at, 8 * PAGE);
	mlockall(MCL_FUTURE);
	one_brk("locked", at, PAGE);
	munlockall();
}

const struct case_group map_groups[] = {
	{ "mmap_kinds", run_mmap_kinds, false, false },
	{ "mmap_flags", run_mmap_flags, false, false },
	{ "mmap_numbers", run_mmap_numbers, true, false },
	{ "mmap_over", run_mmap_over, false, false },
	{ "mremap", run_mremap, false, false },
	{ "mremap_numbers", run_mremap_numbers, true, false },
	{ "brk", run_brk, true, false },
	{ NULL, NULL, false, false },
};
