/* SPDX-License-Identifier: MIT */
/*
 * lib/sort.h - sort an array in place: heapsort, O(n log n) always, no memory, no recursion
 */
#ifndef LIB_SORT_H
#define LIB_SORT_H

#include <lib/types.h>

/*
 * sort - order @num elements of @size bytes each by @cmp (<0, 0, >0 as qsort's); not stable
 */
void sort(void *base, size_t num, size_t size, int (*cmp)(const void *a, const void *b));

#endif
