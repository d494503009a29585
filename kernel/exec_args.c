/* SPDX-License-Identifier: MIT */
/*
 * kernel/exec_args.c - collecting argument and environment strings from the old program
 *
 * The strings are copied, NULs included, one behind the other into kernel pages while the old address
 * space is still there; exec_stack.c copies them onto the new stack. Kernel arrays (for init) take
 * the same way.
 *
 * ALWAYS TRUE    A1  no string is longer than MAX_ARG_STRLEN with its NUL, and all strings and pointers
 *                    together fit the budget, a quarter of the stack limit: else E2BIG.
 */
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include "exec_internal.h"

/* Where the next byte goes, and *@room bytes there; NULL: no memory. */
static char *next_room(struct arg_strings *a, size_t *room)
{
	size_t offset = a->len % PAGE_SIZE;

	if (a->len == (size_t)a->nr_pages * PAGE_SIZE) {
		if (a->nr_pages == a->max_pages) {
			unsigned int max = a->max_pages ? 2 * a->max_pages : 4;
			char **bigger = krealloc(a->page, max * sizeof(char *), GFP_KERNEL);

			if (!bigger)
				return NULL;
			a->page = bigger;
			a->max_pages = max;
		}
		a->page[a->nr_pages] = get_free_page(GFP_KERNEL);
		if (!a->page[a->nr_pages])
			return NULL;
		a->nr_pages++;
	}
	*room = PAGE_SIZE - offset;
	return a->page[a->nr_pages - 1] + offset;
}

/* As strncpy_from_user() for either kind of source. */
static long copy_piece(char *dst, const char *src, size_t size, bool kernel)
{
	size_t n;

	if (!kernel)
		return strncpy_from_user(dst, (const char __user *)src, size);
	n = strnlen(src, size);
	memcpy(dst, src, n < size ? n + 1 : size);
	return n < size ? (long)n : -ENAMETOOLONG;
}

static int add_string(struct arg_strings *a, const char *src, bool kernel, size_t *budget)
{
	size_t before = a->len, room, used;
	long n;

	do {
		char *dst = next_room(a, &room);

		if (!dst)
			return -ENOMEM;
		n = copy_piece(dst, src, room, kernel);
		if (n < 0 && n != -ENAMETOOLONG)
			return (int)n;
		used = n < 0 ? room : (size_t)n + 1;
		if (used > *budget)
			return -E2BIG;
		*budget -= used;
		a->len += used;
		src += used;
		if (a->len - before > MAX_ARG_STRLEN)
			return -E2BIG;
	} while (n < 0);
	if (!a->count++)
		a->first_len = a->len;
	return 0;
}

static int next_pointer(const void *vector, unsigned int i, bool kernel, const char **p)
{
	if (kernel) {
		*p = ((const char *const *)vector)[i];
		return 0;
	}
	return copy_from_user(p, (const char *const __user *)vector + i, sizeof(*p));
}

int args_collect(struct arg_strings *a, const void *vector, bool kernel_ptrs, size_t *budget)
{
	const char *p;
	int err;

	if (!vector)
		return 0;
	for (;;) {
		err = next_pointer(vector, a->count, kernel_ptrs, &p);
		if (err || !p)
			return err;
		if (*budget < sizeof(p))
			return -E2BIG;
		*budget -= sizeof(p);
		err = add_string(a, p, kernel_ptrs, budget);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
}

void args_free(struct arg_strings *a)
{
	for (unsigned int i = 0; i < a->nr_pages; i++)
		free_page_va(a->page[i]);
	kfree(a->page);
}
