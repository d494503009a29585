/* SPDX-License-Identifier: MIT */
/*
 * swapops.h - page-table entries that are neither present nor none: what they say instead of an address
 *
 *	 63                            15 14    10 9      0
 *	|F|offset: frame or slot          | type   | 0     |     bits 0-9 clear: not present on either port
 *	F, bit 63: uffd-wp, which goes with the page wherever it is
 *
 * A migration entry stands for a page on its way to another frame: its holder has the page locked, and
 * whoever faults on it waits for that lock (mm/migrate.c). A marker stands for no page at all: it only keeps
 * uffd-wp where a page of a shared object was mapped, or will be (mm/userfaultfd.c).
 */
#ifndef MM_SWAPOPS_H
#define MM_SWAPOPS_H

#include <mm/page.h>

enum swp_type { SWP_NONE, SWP_MIGRATION_READ, SWP_MIGRATION_WRITE, SWP_PTE_MARKER };

#define SWP_TYPE_SHIFT		10
#define SWP_TYPE_MASK		31UL
#define SWP_OFFSET_SHIFT	15
#define SWP_UFFD_WP		(1UL << 63)

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

static inline unsigned long swp_offset(swp_entry_t e) { return (e.val & ~SWP_UFFD_WP) >> SWP_OFFSET_SHIFT; }

static inline bool is_migration_entry(swp_entry_t e)
{
	return swp_type(e) == SWP_MIGRATION_READ || swp_type(e) == SWP_MIGRATION_WRITE;
}

static inline struct page *migration_page(swp_entry_t e) { return pfn_to_page(swp_offset(e)); }

/* swp_read_only - the same entry, without the permission to write (fork, mprotect) */
static inline swp_entry_t swp_read_only(swp_entry_t e)
{
	if (swp_type(e) != SWP_MIGRATION_WRITE)
		return e;
	ASSERT(!(e.val & SWP_UFFD_WP));
	return swp_entry(SWP_MIGRATION_READ, swp_offset(e));
}

/* ---- uffd-wp of an entry that is not present ---- */

static inline bool pte_swp_uffd_wp(pte_t pte) { return pte_val(pte) & SWP_UFFD_WP; }
static inline pte_t pte_swp_mkuffd_wp(pte_t pte) { return __pte(pte_val(pte) | SWP_UFFD_WP); }
static inline pte_t pte_swp_clear_uffd_wp(pte_t pte) { return __pte(pte_val(pte) & ~SWP_UFFD_WP); }
/* pte_marker - uffd-wp and nothing else */
static inline pte_t pte_marker(void) { return __pte(SWP_UFFD_WP | swp_entry(SWP_PTE_MARKER, 0).val); }
static inline bool is_pte_marker(pte_t pte) { return pte_same(pte, pte_marker()); }
/* pte_none_mostly - no page is or was promised here */
static inline bool pte_none_mostly(pte_t pte) { return pte_none(pte) || is_pte_marker(pte); }

#endif
