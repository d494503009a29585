/* SPDX-License-Identifier: MIT */
/*
 * swapops.h - page-table entries that are neither present nor none: what they say instead of an address
 *
 *	 63                            15 14    10 9      0
 *	|  offset: frame or slot          | type   | 0     |     bits 0-9 clear: not present on either port
 *
 * A migration entry stands for a page on its way to another frame: its holder has the page locked, and
 * whoever faults on it waits for that lock (mm/migrate.c).
 */
#ifndef MM_SWAPOPS_H
#define MM_SWAPOPS_H

#include <mm/page.h>

enum swp_type { SWP_NONE, SWP_MIGRATION_READ, SWP_MIGRATION_WRITE };

#define SWP_TYPE_SHIFT		10
#define SWP_TYPE_MASK		31UL
#define SWP_OFFSET_SHIFT	15

typedef struct { unsigned long val; } swp_entry_t;

static inline bool is_swap_pte(pte_t pte) { return !pte_none(pte) && !pte_present(pte); }
static inline swp_entry_t pte_to_swp(pte_t pte) { return (swp_entry_t){ pte_val(pte) }; }
static inline pte_t swp_to_pte(swp_entry_t e) { return __pte(e.val); }

static inline swp_entry_t swp_entry(enum swp_type type, unsigned long offset)
{
	return (swp_entry_t){ offset << SWP_OFFSET_SHIFT | (unsigned long)type << SWP_TYPE_SHIFT };
}

static inline enum swp_type swp_type(swp_entry_t e)
{
	return (enum swp_type)(e.val >> SWP_TYPE_SHIFT & SWP_TYPE_MASK);
}

static inline unsigned long swp_offset(swp_entry_t e) { return e.val >> SWP_OFFSET_SHIFT; }

static inline bool is_migration_entry(swp_entry_t e)
{
	return swp_type(e) == SWP_MIGRATION_READ || swp_type(e) == SWP_MIGRATION_WRITE;
}

static inline struct page *migration_page(swp_entry_t e) { return pfn_to_page(swp_offset(e)); }

/* swp_read_only - the same entry, without the permission to write (fork, mprotect) */
static inline swp_entry_t swp_read_only(swp_entry_t e)
{
	return swp_type(e) == SWP_MIGRATION_WRITE ? swp_entry(SWP_MIGRATION_READ, swp_offset(e)) : e;
}

#endif
