/* SPDX-License-Identifier: MIT */
/*
 * lib/refcount.c - what happens when a reference count goes wrong?
 *
 * The in-line paths of lib/refcount.h come here only on misuse. The count is pinned so deep in
 * the negative range that 2^30 racing operations cannot lift it to 0: the object leaks, and is
 * never freed under somebody's hands. refcount_bug() of the layer above then reports or panics.
 *
 * ALWAYS TRUE    R1  a saturated count stays negative; no operation then returns "was the last".
 * LOCKS          none
 */
#include <lib/refcount.h>

void refcount_saturate(refcount_t *r, const char *what)
{
	refcount_set(r, REFCOUNT_SATURATED);
	refcount_bug(what, r);
}
