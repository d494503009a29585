/* SPDX-License-Identifier: MIT */
/*
 * user/bin/callmatrix.h - how a case of the matrix is set up, made and printed
 */
#ifndef USER_CALLMATRIX_H
#define USER_CALLMATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

#define PAGE		4096UL
#define ARENA		0x1000000000UL	/* below half of the smallest address space, above every heap */
#define ARENA_PAGES	16
#define P(page)		(ARENA + (unsigned long)(page) * PAGE)
#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))
#define RW		(PROT_READ | PROT_WRITE)

/* ---- a line: KEY = RESULT WHAT-CHANGED ---- */
void key(const char *format, ...) __attribute__((format(printf, 1, 2)));
void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
void result(long value);		/* a number, an errno by name, or a page of the arena */
void end(void);
void skip(const char *why);		/* the line says that this machine cannot tell */

/* What arena_state() adds to the line. */
#define FLAGS		1		/* VmFlags of each mapping */
#define CONTENTS	2		/* first byte of each page */
#define COUNTERS	4		/* VmSize, VmData, VmStk, VmLck in pages since count_from_here() */
#define EVERYTHING	7
void arena_state(int what);
void arena_clear(void);
void count_from_here(void);

/* ---- raw calls: a result or -errno ---- */
long raw(long nr, ...);
#define CALL6(nr, a, b, c, d, e, f, ...) \
	raw(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define CALL(nr, ...)			CALL6(nr, __VA_ARGS__, 0, 0, 0, 0, 0, 0)

/* Is this a Linux of at least that version? What it answers differently then is left out. */
bool linux_since(int major, int minor);
bool alone(void);			/* a machine of our own: system-wide state may be changed */
long read_text(const char *path, char *buf, size_t size);	/* bytes, or -errno */
long write_text(const char *path, const char *text);
long status_kb(const char *field);	/* of /proc/self/status */
void map_anon(long page, long pages, int prot, int flags);	/* fixed, filled with letters if writable */
int file_of(long pages, int extra);	/* a new file in the work directory, each page a letter */
int open_again(int flags);		/* the file file_of() made last */

struct scene {
	const char *name;
	void (*make)(void);
};
extern const struct scene scenes[];
extern const size_t nr_scenes;

struct case_group {
	const char *name;
	void (*run)(void);
	bool nobody;			/* once more without privileges */
	bool guest;			/* only on a machine of our own */
};
extern const struct case_group map_groups[], range_groups[], object_groups[], process_groups[], proc_groups[];

#endif
