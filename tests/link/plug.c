/* SPDX-License-Identifier: MIT */
/* tests/link/plug.c - a library that is loaded while the program runs */
#include <stddef.h>

#include "dyn.h"

static int *state;
__thread int plug_tls = 23;

void plug_report_to(int *where)
{
	state = where;
	*state = PLUG_READY;
}

int plug_count(void)
{
	return ++plug_tls;
}

__attribute__((destructor)) static void leave(void)
{
	if (state)
		*state = 0;
}
