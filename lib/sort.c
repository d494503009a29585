/* SPDX-License-Identifier: MIT */
/*
 * lib/sort.c - how to sort with no memory, no recursion and no bad case?
 *
 * Heapsort. The array is made a heap (every parent >= its children: element i has the children
 * 2i + 1 and 2i + 2), then the largest element, the root, is swapped with the last one and the
 * shortened heap repaired. Quicksort is faster on average but needs a stack and has inputs that
 * take n^2; the kernel sorts small tables at boot, where neither is worth it.
 *
 * LOCKS          the caller's
 * LEFT OUT       a user's swap function, stability
 */
#include <lib/sort.h>

static void swap_elements(u8 *a, u8 *b, size_t size)
{
	while (size-- > 0) {
		u8 t = *a;

		*a++ = *b;
		*b++ = t;
	}
}

/* Let element @i sink until it is no smaller than its children, in a heap of @num elements. */
static void sift_down(u8 *base, size_t i, size_t num, size_t size,
		      int (*cmp)(const void *a, const void *b))
{
	while (i < num / 2) {
		size_t child = 2 * i + 1;

		if (child + 1 < num &&
		    cmp(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + i * size, base + child * size) >= 0)
			return;
		swap_elements(base + i * size, base + child * size, size);
		i = child;
	}
}

void sort(void *base, size_t num, size_t size, int (*cmp)(const void *a, const void *b))
{
	size_t i;

	for (i = num / 2; i-- > 0; )
		sift_down(base, i, num, size, cmp);
	for (i = num; i-- > 1; ) {
		swap_elements(base, (u8 *)base + i * size, size);
		sift_down(base, 0, i, size, cmp);
	}
}
