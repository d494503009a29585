/* SPDX-License-Identifier: MIT */
/*
 * kernel/symbols.h - from a code address to the name of its function
 *
 * The tables are written by scripts/gen-symbols.py and linked into .rodata.symbols: offsets of
 * all functions from _text in ascending order, and for each the place of its name in ksym_names.
 */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include <lib/types.h>

extern const u32 ksym_count;
extern const u32 ksym_offsets[];
extern const u32 ksym_name_index[];
extern const char ksym_names[];

/*
 * symbol_lookup - name the function that contains @addr
 *   locks:   none; the tables are constant, so any context may call, a dying kernel included
 *   returns: the name, and in *@offset the distance from its start; NULL when @addr is not in
 *            the kernel's text
 */
const char *symbol_lookup(unsigned long addr, unsigned long *offset);

#endif
