/* SPDX-License-Identifier: MIT */
/*
 * asm/pgtable.h - page-table entries of x86-64 (Intel SDM vol. 3A ch. 4.5)
 *
 * level   table holds   entry maps   address bits   folded when
 * pgd     p4d tables    256 TiB      56..48         never; with 4 levels: pud tables, 47..39
 * p4d     pud tables    512 GiB      47..39         pgtable_levels < 5: is the pgd entry
 * pud     pmd tables    1 GiB        38..30         never on this port (pgtable_levels >= 4)
 * pmd     pte tables    2 MiB        29..21         never
 * pte     pages         4 KiB        20..12         -
 *
 * access               bits                          remarks
 * present              P (0)                         hardware looks no further without it
 * write                RW (1)                        needed on every level
 * user                 US (2)                        needed on every level; SMEP/SMAP keep us off
 * uncached             PWT (3) PCD (4)               device registers
 * accessed, dirty      A (5) D (6)                   set by hardware
 * large page           PS (7)                        in a pud or pmd entry: a leaf
 * global               G (8)                         survives a CR3 load; kernel only
 * PROT_NONE            G (8) without P               ours: present to us, absent to the hardware
 * special, uffd-wp     9, 10                         ours: no struct page accounting; see userfaultfd.c
 * frame                51..12
 * no-execute           NX (63)
 *
 * An entry with P and G clear and not 0 is a swap entry; its other bits are mm's to use.
 */
#ifndef ASM_PGTABLE_H
#define ASM_PGTABLE_H

#define _PAGE_P			(1 << 0)
#define _PAGE_RW		(1 << 1)
#define _PAGE_US		(1 << 2)
#define _PAGE_PWT		(1 << 3)
#define _PAGE_PCD		(1 << 4)
#define _PAGE_A			(1 << 5)
#define _PAGE_D			(1 << 6)
#define _PAGE_PS		(1 << 7)
#define _PAGE_G			(1 << 8)
#define _PAGE_PROTNONE		_PAGE_G
#define _PAGE_SPECIAL		(1 << 9)
#define _PAGE_UFFD_WP		(1 << 10)
#define _PAGE_LEAF		(_PAGE_P | _PAGE_PS)
/* An entry that leads to a table gets all rights: the leaf decides. */
#define _PAGE_TABLE		(_PAGE_P | _PAGE_RW | _PAGE_US | _PAGE_A)

#ifndef __ASSEMBLY__
#include <asm/page.h>
#include <lib/types.h>

#define _PAGE_NX		(1UL << 63)
#define _PAGE_PFN_MASK		0x000ffffffffff000UL

typedef struct { u64 v; } pgd_t;
typedef struct { u64 v; } p4d_t;
typedef struct { u64 v; } pud_t;
typedef struct { u64 v; } pmd_t;
typedef struct { u64 v; } pte_t;
typedef struct { u64 v; } pgprot_t;

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
static inline bool pud_folded(void) { return false; }

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
static inline bool x##_present(x##_t e)	{ return (folded) || (x##_val(e) & _PAGE_P); }	\
static inline bool x##_leaf(x##_t e)							\
{											\
	return !(folded) && (x##_val(e) & _PAGE_LEAF) == _PAGE_LEAF;			\
}											\
static inline bool x##_bad(x##_t e)							\
{											\
	return !(folded) && (x##_val(e) & _PAGE_LEAF) != _PAGE_P;			\
}											\
static inline paddr_t x##_table_pa(x##_t e)						\
{											\
	return x##_val(e) & _PAGE_PFN_MASK;						\
}											\
static inline unsigned long x##_pfn(x##_t e)						\
{											\
	return (x##_val(e) & _PAGE_PFN_MASK) >> PAGE_SHIFT;				\
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

static inline void pgd_populate(pgd_t *pgd, p4d_t *table)
{
	set_pgd(pgd, __pgd(virt_to_phys(table) | _PAGE_TABLE));
}

static inline void p4d_populate(p4d_t *p4d, pud_t *table)
{
	set_p4d(p4d, __p4d(virt_to_phys(table) | _PAGE_TABLE));
}

static inline void pud_populate(pud_t *pud, pmd_t *table)
{
	set_pud(pud, __pud(virt_to_phys(table) | _PAGE_TABLE));
}

static inline void pmd_populate(pmd_t *pmd, paddr_t pte_table)
{
	set_pmd(pmd, __pmd(pte_table | _PAGE_TABLE));
}

static inline p4d_t *p4d_offset(pgd_t *pgd, unsigned long va)
{
	if (p4d_folded())
		return (p4d_t *)pgd;
	return (p4d_t *)phys_to_virt(pgd_table_pa(*pgd)) + p4d_index(va);
}

static inline pud_t *pud_offset(p4d_t *p4d, unsigned long va)
{
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
static inline bool pte_present(pte_t p)	 { return pte_val(p) & (_PAGE_P | _PAGE_PROTNONE); }
static inline bool pte_write(pte_t p)	 { return pte_val(p) & _PAGE_RW; }
static inline bool pte_dirty(pte_t p)	 { return pte_val(p) & _PAGE_D; }
static inline bool pte_young(pte_t p)	 { return pte_val(p) & _PAGE_A; }
static inline bool pte_exec(pte_t p)	 { return !(pte_val(p) & _PAGE_NX); }
static inline bool pte_user(pte_t p)	 { return pte_val(p) & _PAGE_US; }
static inline bool pte_special(pte_t p)	 { return pte_val(p) & _PAGE_SPECIAL; }
static inline bool pte_uffd_wp(pte_t p)	 { return pte_val(p) & _PAGE_UFFD_WP; }
static inline bool pte_protnone(pte_t p) { return (pte_val(p) & (_PAGE_P | _PAGE_G)) == _PAGE_G; }
static inline bool pte_same(pte_t a, pte_t b) { return pte_val(a) == pte_val(b); }

static inline unsigned long pte_pfn(pte_t p)
{
	return (pte_val(p) & _PAGE_PFN_MASK) >> PAGE_SHIFT;
}

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte(pfn << PAGE_SHIFT | pgprot_val(prot));
}

static inline pte_t pte_mkwrite(pte_t p)   { return __pte(pte_val(p) | _PAGE_RW); }
static inline pte_t pte_wrprotect(pte_t p) { return __pte(pte_val(p) & ~(u64)_PAGE_RW); }
static inline pte_t pte_mkdirty(pte_t p)   { return __pte(pte_val(p) | _PAGE_D); }
static inline pte_t pte_mkclean(pte_t p)   { return __pte(pte_val(p) & ~(u64)_PAGE_D); }
static inline pte_t pte_mkyoung(pte_t p)   { return __pte(pte_val(p) | _PAGE_A); }
static inline pte_t pte_mkold(pte_t p)     { return __pte(pte_val(p) & ~(u64)_PAGE_A); }
static inline pte_t pte_mkspecial(pte_t p) { return __pte(pte_val(p) | _PAGE_SPECIAL); }
static inline pte_t pte_mkuffd_wp(pte_t p) { return __pte((pte_val(p) & ~(u64)_PAGE_RW) | _PAGE_UFFD_WP); }
static inline pte_t pte_clear_uffd_wp(pte_t p) { return __pte(pte_val(p) & ~(u64)_PAGE_UFFD_WP); }

/* pte_modify - new protection, same frame and history */
static inline pte_t pte_modify(pte_t p, pgprot_t prot)
{
	const u64 keep = _PAGE_PFN_MASK | _PAGE_A | _PAGE_D | _PAGE_SPECIAL | _PAGE_UFFD_WP | _PAGE_PCD | _PAGE_PWT;

	return __pte((pte_val(p) & keep) | pgprot_val(prot));
}

/* PTE_BITS - every bit beside the frame, lowest first, for who prints an entry: X(mask, letter, name) */
#define PTE_BITS(X)									\
	X(_PAGE_P, 'P', "present") X(_PAGE_RW, 'W', "write") X(_PAGE_US, 'U', "user")	\
	X(_PAGE_PWT, 'T', "write-through") X(_PAGE_PCD, 'C', "uncached")		\
	X(_PAGE_A, 'A', "accessed") X(_PAGE_D, 'D', "dirty") X(_PAGE_PS, 'L', "large") X(_PAGE_G, 'G', "global") \
	X(_PAGE_SPECIAL, 'S', "special") X(_PAGE_UFFD_WP, 'F', "uffd-wp") X(_PAGE_NX, 'N', "no-exec")

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
	__atomic_fetch_and(&p->v, ~(u64)_PAGE_RW, __ATOMIC_RELAXED);
}

/* ptep_clear_young - was the page used since the last time? */
static inline bool ptep_clear_young(pte_t *p)
{
	return __atomic_fetch_and(&p->v, ~(u64)_PAGE_A, __ATOMIC_RELAXED) & _PAGE_A;
}

/* ---- protections ---- */

/* Kernel leaves are born accessed and dirty, so that the hardware never has to write them. */
#define _PAGE_KERNEL		(_PAGE_P | _PAGE_A | _PAGE_D | _PAGE_G)
#define PAGE_KERNEL		__pgprot(_PAGE_KERNEL | _PAGE_RW | _PAGE_NX)
#define PAGE_KERNEL_RO		__pgprot(_PAGE_KERNEL | _PAGE_NX)
#define PAGE_KERNEL_EXEC	__pgprot(_PAGE_KERNEL)
#define PAGE_KERNEL_IO		pgprot_noncached(__pgprot(_PAGE_KERNEL | _PAGE_RW | _PAGE_NX))
#define pgprot_noncached(prot)	__pgprot(pgprot_val(prot) | _PAGE_PCD | _PAGE_PWT)

/* user_pgprot - any right includes read, as the hardware has it; none at all is PROT_NONE */
static inline pgprot_t user_pgprot(bool r, bool w, bool x)
{
	u64 v = _PAGE_P | _PAGE_US;

	if (!r && !w && !x)
		return __pgprot(_PAGE_PROTNONE | _PAGE_NX);
	if (w)
		v |= _PAGE_RW;
	if (!x)
		v |= _PAGE_NX;
	return __pgprot(v);
}

/* arch_sync_icache - nothing: fetches see earlier stores (SDM vol. 3A ch. 8.1.3) */
static inline void arch_sync_icache(paddr_t pa, size_t size)
{
	(void)pa, (void)size;
}

#endif /* !__ASSEMBLY__ */
#endif
