/* SPDX-License-Identifier: MIT */
/* memblock.h - physical memory before the page allocator exists (mm/memblock.c). Boot CPU only. */
#ifndef MM_MEMBLOCK_H
#define MM_MEMBLOCK_H

#include <lib/types.h>

/* memblock_add - [base, base+size) is RAM; ranges may overlap and come in any order; clipped to whole pages inwards. */
void memblock_add(paddr_t base, u64 size);
/* memblock_reserve - in use: kernel image, initrd, firmware; clipped to whole pages outwards. */
void memblock_reserve(paddr_t base, u64 size);
/* memblock_remove - not RAM after all (mem=, holes). */
void memblock_remove(paddr_t base, u64 size);
/* memblock_limit - forget RAM beyond @bytes in total (boot parameter mem=). */
void memblock_limit(u64 bytes);
/* memblock_set_max - allocations stay below @limit (what the early page tables reach). */
void memblock_set_max(paddr_t limit);
/* memblock_alloc - zeroed, reserved; @align a power of two >= 1; panics with one clear line when there is none. */
paddr_t memblock_alloc(u64 size, u64 align);
/* memblock_alloc_between - the same inside [@from, @limit); 0 when there is none. */
paddr_t memblock_alloc_between(u64 size, u64 align, paddr_t from, paddr_t limit);
u64 memblock_total(void);
paddr_t memblock_start_of_ram(void), memblock_end_of_ram(void);

/*
 * memblock_next_memory, memblock_next_free - iterate: true while a range was stored. *@i starts at 0; *@from at any
 * address, and becomes the end of what was found.
 */
bool memblock_next_memory(unsigned int *i, paddr_t *start, paddr_t *end);
bool memblock_next_free(paddr_t *from, paddr_t *start, paddr_t *end);
/* memblock_is_reserved - is the page frame at @pa reserved or not RAM? */
bool memblock_is_reserved(paddr_t pa);
void memblock_print(void);

#endif
