/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/symbols.c - from a code address to the name of its function
 *
 * THE QUESTION   A backtrace has return addresses. Which function, and how far into it?
 *
 * THE PICTURE    ksym_offsets      [ 0x0 | 0x40 | 0x9c | ... ]   from _text, ascending
 *                ksym_name_index   [  0  |  7   |  12  | ... ]   same position, start of the name
 *                ksym_names        "_start\0" "trap\0" ...
 *
 *                scripts/gen-symbols.py writes the tables, from a link that had empty ones.
 *
 * ALWAYS TRUE    Y1  the offsets ascend strictly, so the last one not above the address is the
 *                    function that contains it.
 *                Y2  addresses outside [_text, _etext) have no name: a wild jump prints as a
 *                    number, not as the nearest function.
 *
 * LOCKS          none: constant data, usable from panic().
 */
#include <lib/types.h>
#include <kernel/symbols.h>

extern const char _text[], _etext[];

/* The position of the last offset that is not above @offset; there is at least one entry. */
static u32 find_last_not_above(unsigned long offset)
{
	u32 low = 0;
	u32 high = ksym_count;

	while (high - low > 1) {
		u32 middle = low + (high - low) / 2;

		if (ksym_offsets[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

const char *symbol_lookup(unsigned long addr, unsigned long *offset)
{
	unsigned long text = (unsigned long)_text;
	u32 i;

	if (addr < text || addr >= (unsigned long)_etext)
		return NULL;
	if (ksym_count == 0 || addr - text < ksym_offsets[0])
		return NULL;
	i = find_last_not_above(addr - text);
	*offset = addr - text - ksym_offsets[i];
	return &ksym_names[ksym_name_index[i]];
}
