/* SPDX-License-Identifier: MIT */
/* tests/link/dyn.c - a shared library with one of everything: data, relocated constants, TLS, an IFUNC */
#include "dyn.h"

int dyn_data[2048] = { 17 };		/* two pages: a write copies the page for one process only */
__thread int dyn_tls = 5;
static int answers[] = { 41, 42 };
int *const dyn_relro[] = { &answers[0], &answers[1] };	/* the linker fills it in, then makes it read-only */

int dyn_text(int x)
{
	return x + 1;
}

static int chosen(void)
{
	return 99;
}

static int (*choose(void))(void)
{
	return chosen;
}

int dyn_ifunc(void) __attribute__((ifunc("choose")));
