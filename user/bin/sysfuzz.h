/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sysfuzz.h - the calls that sysfuzz makes, with the kinds of their arguments
 */
#ifndef USER_SYSFUZZ_H
#define USER_SYSFUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Kinds: f descriptor, a directory descriptor, p pointer, s path, n length, m aligned place or
 * length, i small number, d process, S signal, x flags, z anything.
 */
struct fuzz_call {
	const char *name;
	long nr;
	const char *args;
	bool alone;		/* may reach other processes or the machine's state */
	void (*make)(uint64_t *s, uint64_t arg[6]);	/* arguments that belong together, or NULL: @args says all */
};

extern const struct fuzz_call fuzz_calls[];	/* ends with a NULL name */
extern const size_t fuzz_nr_calls;

/* ---- sysfuzz.c: from the generator @s ---- */
uint64_t fuzz_below(uint64_t *s, uint64_t n);
uint64_t fuzz_value(uint64_t *s, char kind);	/* what that kind of argument may be, or something else */

/* ---- sysfuzz_uffd.c ---- */
/* fuzz_uffd_open - the child's descriptors and memory to watch; @arena has @pages pages */
void fuzz_uffd_open(uint64_t *s, char *arena, size_t pages);
void fuzz_uffd(uint64_t *s, uint64_t arg[6]);	/* an ioctl */
void fuzz_uffd_serve(void);			/* read events, unregister: whoever waits goes on */

#endif
