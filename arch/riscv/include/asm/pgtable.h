/* SPDX-License-Identifier: MIT */
/*
 * asm/pgtable.h - page-table entries (RISC-V Privileged Architecture 1.12, 4.3 to 4.5)
 *
 *    63    54 53                10 9    8   7 6 5 4 3 2 1 0
 *   | zero   | page frame number  |RSW     |D|A|G|U|X|W|R|V|
 *
 *   access    bits        | absent levels     | entry of the root covers
 *   kernel RW V R W A D G | Sv39: p4d and pud | 1 GiB    PGDIR_SHIFT 30
 *   kernel RX V R X A G   | Sv48: p4d         | 512 GiB  PGDIR_SHIFT 39
 *   user RW   V R W U     | Sv57: none        | 256 TiB  PGDIR_SHIFT 48
 *   user RO   V R U       |
 *   user X    V X U       | leaf: V and one of R W X; R=0 W=1 is reserved
 *   PROT_NONE G, no V     | table: V alone
 *
 * A PROT_NONE entry keeps its frame, A, D and ours, but has no V, so no access is possible; G
 * has no other meaning without V. A swap entry has neither V (bit 0) nor G (bit 5).
 * Hardware without Svadu faults where A (or for a store D) is clear; generic code then sets them.
 */
#ifndef ASM_PGTABLE_H
#define ASM_PGTABLE_H

#include <asm/page.h>

#define PTE_V		(1 << 0)
#define PTE_R		(1 << 1)
#define PTE_W		(1 << 2)
#define PTE_X		(1 << 3)
#define PTE_U		(1 << 4)
#define PTE_G		(1 << 5)
#define PTE_A		(1 << 6)
#define PTE_D		(1 << 7)
#define PTE_SPECIAL	(1 << 8)	/* RSW: no reference to a struct page (zero page, MMIO) */
#define PTE_UFFD_WP	(1 << 9)	/* RSW: userfaultfd hears of the first write */
#define PTE_PROTNONE	PTE_G		/* only when V is clear */
#define PTE_PFN_SHIFT	10
#define PTE_LEAF	(PTE_R | PTE_W | PTE_X)

#ifndef __ASSEMBLY__

#include <lib/compiler.h>
#include <lib/types.h>

#define PTE_PFN_MASK	(((1UL << 44) - 1) << PTE_PFN_SHIFT)

typedef struct { unsigned long v; } pgd_t;
typedef struct { unsigned long v; } p4d_t;
typedef struct { unsigned long v; } pud_t;
typedef struct { unsigned long v; } pmd_t;
typedef struct { unsigned long v; } pte_t;
typedef struct { unsigned long v; } pgprot_t;

#define pgd_val(x)	((x).v)
#define p4d_val(x)	((x).v)
#define pud_val(x)	((x).v)
#define pmd_val(x)	((x).v)
#define pte_val(x)	((x).v)
#define pgprot_val(x)	((x).v)
#define __pgd(x)	((pgd_t){ (x) })
#define __p4d(x)	((p4d_t){ (x) })
#define __pud(x)	((pud_t){ (x) })
#define __pmd(x)	((pmd_t){ (x) })
#define __pte(x)	((pte_t){ (x) })
#define __pgprot(x)	((pgprot_t){ (x) })

/* ---- levels: the one place that knows which are folded ---- */

extern unsigned int pgtable_levels;
extern unsigned int pgdir_shift;

static inline bool p4d_folded(void) { return pgtable_levels < 5; }
static inline bool pud_folded(void) { return pgtable_levels < 4; }

#define PTRS_PER_PTE	512
#define PTRS_PER_PMD	512
#define PTRS_PER_PUD	512
#define PTRS_PER_P4D	512
#define PTRS_PER_PGD	512

#define PMD_SHIFT	21
#define PUD_SHIFT	30
#define P4D_SHIFT	39
#define PGDIR_SHIFT	pgdir_shift
#define PMD_SIZE	(1UL << PMD_SHIFT)
#define PUD_SIZE	(1UL << PUD_SHIFT)
#define P4D_SIZE	(1UL << P4D_SHIFT)
#define PGDIR_SIZE	(1UL << PGDIR_SHIFT)
#define PMD_MASK	(~(PMD_SIZE - 1))
#define PUD_MASK	(~(PUD_SIZE - 1))
#define P4D_MASK	(~(P4D_SIZE - 1))
#define PGDIR_MASK	(~(PGDIR_SIZE - 1))

#define pte_index(va)	(((unsigned long)(va) >> PAGE_SHIFT) & 511)
#define pmd_index(va)	(((unsigned long)(va) >> PMD_SHIFT) & 511)
#define pud_index(va)	(((unsigned long)(va) >> PUD_SHIFT) & 511)
#define p4d_index(va)	(((unsigned long)(va) >> P4D_SHIFT) & 511)
#define pgd_index(va)	(((unsigned long)(va) >> PGDIR_SHIFT) & 511)
#define pgd_offset_pgd(pgd, va)	((pgd) + pgd_index(va))

/* ---- pgd p4d pud pmd ---- */

/* A folded level is always present and never a leaf: the walk passes through it. */
#define TABLE_ENTRY(x, folded)								\
static inline bool x##_none(x##_t e)	{ return !(folded) && x##_val(e) == 0; }	\
static inline bool x##_present(x##_t e)	{ return (folded) || (x##_val(e) & PTE_V); }	\
static inline bool x##_leaf(x##_t e)							\
{											\
	return !(folded) && (x##_val(e) & PTE_V) && (x##_val(e) & PTE_LEAF);		\
}											\
static inline bool x##_bad(x##_t e)							\
{											\
	return !(folded) && (x##_val(e) & ~PTE_PFN_MASK) != PTE_V;			\
}											\
static inline paddr_t x##_table_pa(x##_t e)						\
{											\
	return (x##_val(e) & PTE_PFN_MASK) << (PAGE_SHIFT - PTE_PFN_SHIFT);		\
}											\
static inline unsigned long x##_pfn(x##_t e)						\
{											\
	return (x##_val(e) & PTE_PFN_MASK) >> PTE_PFN_SHIFT;				\
}											\
static inline void set_##x(x##_t *p, x##_t e)						\
{											\
	__atomic_store_n(&p->v, e.v, __ATOMIC_RELEASE);					\
}											\
static inline void x##_clear(x##_t *p)							\
{											\
	if (!(folded))									\
		set_##x(p, (x##_t){ 0 });						\
}

TABLE_ENTRY(pgd, p4d_folded())
TABLE_ENTRY(p4d, pud_folded())
TABLE_ENTRY(pud, false)
TABLE_ENTRY(pmd, false)

static inline unsigned long table_entry(paddr_t pa)
{
	return (pa >> PAGE_SHIFT) << PTE_PFN_SHIFT | PTE_V;
}

static inline void pgd_populate(pgd_t *pgd, p4d_t *table)
{
	set_pgd(pgd, __pgd(table_entry(virt_to_phys(table))));
}

static inline void p4d_populate(p4d_t *p4d, pud_t *table)
{
	set_p4d(p4d, __p4d(table_entry(virt_to_phys(table))));
}

static inline void pud_populate(pud_t *pud, pmd_t *table)
{
	set_pud(pud, __pud(table_entry(virt_to_phys(table))));
}

static inline void pmd_populate(pmd_t *pmd, paddr_t pte_table)
{
	set_pmd(pmd, __pmd(table_entry(pte_table)));
}

static inline p4d_t *p4d_offset(pgd_t *pgd, unsigned long va)
{
	if (p4d_folded())
		return (p4d_t *)pgd;
	return (p4d_t *)phys_to_virt(pgd_table_pa(*pgd)) + p4d_index(va);
}

static inline pud_t *pud_offset(p4d_t *p4d, unsigned long va)
{
	if (pud_folded())
		return (pud_t *)p4d;
	return (pud_t *)phys_to_virt(p4d_table_pa(*p4d)) + pud_index(va);
}

static inline pmd_t *pmd_offset(pud_t *pud, unsigned long va)
{
	return (pmd_t *)phys_to_virt(pud_table_pa(*pud)) + pmd_index(va);
}

static inline pte_t *pte_offset(pmd_t *pmd, unsigned long va)
{
	return (pte_t *)phys_to_virt(pmd_table_pa(*pmd)) + pte_index(va);
}

/* ---- pte ---- */

static inline bool pte_none(pte_t p)	 { return pte_val(p) == 0; }
static inline bool pte_present(pte_t p)	 { return pte_val(p) & (PTE_V | PTE_PROTNONE); }
static inline bool pte_write(pte_t p)	 { return pte_val(p) & PTE_W; }
static inline bool pte_dirty(pte_t p)	 { return pte_val(p) & PTE_D; }
static inline bool pte_young(pte_t p)	 { return pte_val(p) & PTE_A; }
static inline bool pte_exec(pte_t p)	 { return pte_val(p) & PTE_X; }
static inline bool pte_user(pte_t p)	 { return pte_val(p) & PTE_U; }
static inline bool pte_special(pte_t p)	 { return pte_val(p) & PTE_SPECIAL; }
static inline bool pte_uffd_wp(pte_t p)	 { return pte_val(p) & PTE_UFFD_WP; }
static inline bool pte_protnone(pte_t p) { return (pte_val(p) & (PTE_V | PTE_G)) == PTE_G; }
static inline bool pte_same(pte_t a, pte_t b) { return pte_val(a) == pte_val(b); }

static inline unsigned long pte_pfn(pte_t p)
{
	return (pte_val(p) & PTE_PFN_MASK) >> PTE_PFN_SHIFT;
}

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte(pfn << PTE_PFN_SHIFT | pgprot_val(prot));
}

static inline pte_t pte_mkwrite(pte_t p)   { return __pte(pte_val(p) | PTE_R | PTE_W); }
static inline pte_t pte_wrprotect(pte_t p) { return __pte(pte_val(p) & ~PTE_W); }
static inline pte_t pte_mkdirty(pte_t p)   { return __pte(pte_val(p) | PTE_D); }
static inline pte_t pte_mkclean(pte_t p)   { return __pte(pte_val(p) & ~PTE_D); }
static inline pte_t pte_mkyoung(pte_t p)   { return __pte(pte_val(p) | PTE_A); }
static inline pte_t pte_mkold(pte_t p)     { return __pte(pte_val(p) & ~PTE_A); }
static inline pte_t pte_mkspecial(pte_t p) { return __pte(pte_val(p) | PTE_SPECIAL); }
static inline pte_t pte_mkuffd_wp(pte_t p) { return __pte((pte_val(p) & ~PTE_W) | PTE_UFFD_WP); }
static inline pte_t pte_clear_uffd_wp(pte_t p) { return __pte(pte_val(p) & ~PTE_UFFD_WP); }

/* pte_modify - new protection, same frame and history */
static inline pte_t pte_modify(pte_t p, pgprot_t prot)
{
	const unsigned long keep = PTE_PFN_MASK | PTE_A | PTE_D | PTE_SPECIAL | PTE_UFFD_WP;

	return __pte((pte_val(p) & keep) | pgprot_val(prot));
}

/* PTE_BITS - every bit beside the frame, lowest first, for who prints an entry: X(mask, letter, name) */
#define PTE_BITS(X)									\
	X(PTE_V, 'V', "valid") X(PTE_R, 'R', "read") X(PTE_W, 'W', "write")		\
	X(PTE_X, 'X', "exec") X(PTE_U, 'U', "user") X(PTE_G, 'G', "global")		\
	X(PTE_A, 'A', "accessed") X(PTE_D, 'D', "dirty") X(PTE_SPECIAL, 'S', "special")	\
	X(PTE_UFFD_WP, 'F', "uffd-wp")

/* ---- in memory ---- */

static inline pte_t ptep_get(const pte_t *p)
{
	return __pte(__atomic_load_n(&p->v, __ATOMIC_RELAXED));
}

/* Release: what the page holds is visible before the entry that leads to it. */
static inline void set_pte(pte_t *p, pte_t e)
{
	__atomic_store_n(&p->v, e.v, __ATOMIC_RELEASE);
}

static inline void pte_clear(pte_t *p)
{
	__atomic_store_n(&p->v, 0, __ATOMIC_RELAXED);
}

static inline pte_t ptep_get_and_clear(pte_t *p)
{
	return __pte(__atomic_exchange_n(&p->v, 0, __ATOMIC_RELAXED));
}

static inline void ptep_set_wrprotect(pte_t *p)
{
	__atomic_fetch_and(&p->v, ~PTE_W, __ATOMIC_RELAXED);
}

/* ptep_clear_young - was the page used since the last time? */
static inline bool ptep_clear_young(pte_t *p)
{
	return __atomic_fetch_and(&p->v, ~PTE_A, __ATOMIC_RELAXED) & PTE_A;
}

/* ---- protections ---- */

#define PAGE_KERNEL		__pgprot(PTE_V | PTE_R | PTE_W | PTE_A | PTE_D | PTE_G)
#define PAGE_KERNEL_RO		__pgprot(PTE_V | PTE_R | PTE_A | PTE_G)
#define PAGE_KERNEL_EXEC	__pgprot(PTE_V | PTE_R | PTE_X | PTE_A | PTE_G)
/* Whether an access may be cached or merged is a property of the address (PMA), not of the pte. */
#define PAGE_KERNEL_IO		PAGE_KERNEL
#define pgprot_noncached(prot)	(prot)

/* user_pgprot - a write implies a read (R=0 W=1 is reserved); nothing at all is PROT_NONE */
static inline pgprot_t user_pgprot(bool r, bool w, bool x)
{
	unsigned long v = PTE_U;

	if (!r && !w && !x)
		return __pgprot(v | PTE_PROTNONE);
	v |= PTE_V;
	if (r || w)
		v |= PTE_R;
	if (w)
		v |= PTE_W;
	if (x)
		v |= PTE_X;
	return __pgprot(v);
}

/* arch_sync_icache - code was stored at [pa, pa+size): every CPU fetches the new bytes (tlb.c) */
void arch_sync_icache(paddr_t pa, size_t size);

#endif
#endif
