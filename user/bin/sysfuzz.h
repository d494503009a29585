/* SPDX-License-Identifier: MIT */
/*
 * user/bin/sysfuzz.h - the calls that sysfuzz makes, with the kinds of their arguments
 */
#ifndef USER_SYSFUZZ_H
#define USER_SYSFUZZ_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Kinds: f descriptor, a directory descriptor, p pointer, s path, n length, m aligned place or
 * length, i small number, d process, S signal, x flags, z anything.
 */
struct fuzz_call {
	const char *name;
	long nr;
	const char *args;
	bool alone;		/* may reach other processes or the machine's state */
};

extern const struct fuzz_call fuzz_calls[];	/* ends with a NULL name */
extern const size_t fuzz_nr_calls;

#endif
