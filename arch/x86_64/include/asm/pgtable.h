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
 * special              9                             ours: no struct page accounting
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

#define PTRS_PER_PTE		512
#define PMD_SHIFT		21
#define PUD_SHIFT		30
#define P4D_SHIFT		39

#ifndef __ASSEMBLY__
#include <asm/page.h>
#include <lib/types.h>

#define _PAGE_NX		(1UL << 63)
#define _PAGE_PFN_MASK		0x000ffffffffff000UL

#define PMD_SIZE		(1UL << PMD_SHIFT)
#define PMD_MASK		(~(PMD_SIZE - 1))
#define PUD_SIZE		(1UL << PUD_SHIFT)
#define PUD_MASK		(~(PUD_SIZE - 1))
#define P4D_SIZE		(1UL << P4D_SHIFT)
#define P4D_MASK		(~(P4D_SIZE - 1))
#define PGDIR_SHIFT		(pgtable_levels == 5 ? 48 : P4D_SHIFT)
#define PGDIR_SIZE		(1UL << PGDIR_SHIFT)
#define PGDIR_MASK		(~(PGDIR_SIZE - 1))

extern unsigned int pgtable_levels;

/* ---- the five types; p4d and pud fold at run time, in the four functions X_offset() ---- */

#define DEFINE_ENTRY(X) \
typedef struct { u64 val; } X##_t; \
static inline u64 X##_val(X##_t e)	{ return e.val; } \
static inline X##_t __##X(u64 v)	{ return (X##_t){ v }; }

/* Stores before it (a cleared table) are visible first; never torn. */
static inline void entry_store(u64 *p, u64 v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

/* A table address goes into an entry with all rights: the leaf decides. */
#define _PAGE_TABLE		(_PAGE_P | _PAGE_RW | _PAGE_US | _PAGE_A)
#define _PAGE_LEAF		(_PAGE_P | _PAGE_PS)

#define DEFINE_TABLE_ENTRY(X) \
DEFINE_ENTRY(X) \
static inline bool X##_present(X##_t e)	{ return e.val & _PAGE_P; } \
static inline bool X##_leaf(X##_t e)	{ return (e.val & _PAGE_LEAF) == _PAGE_LEAF; } \
static inline paddr_t X##_table_pa(X##_t e)	{ return e.val & _PAGE_PFN_MASK; } \
static inline unsigned long X##_pfn(X##_t e)	{ return X##_table_pa(e) >> PAGE_SHIFT; } \
static inline void set_##X(X##_t *p, X##_t e)	{ entry_store(&p->val, e.val); }

DEFINE_TABLE_ENTRY(pgd)
DEFINE_TABLE_ENTRY(p4d)
DEFINE_TABLE_ENTRY(pud)
DEFINE_TABLE_ENTRY(pmd)
DEFINE_ENTRY(pte)
typedef struct { u64 val; } pgprot_t;

static inline bool p4d_folded(void)	{ return pgtable_levels < 5; }
static inline bool pud_folded(void)	{ return pgtable_levels < 4; }

/* A folded level always looks like a good table entry. */
static inline bool pgd_none(pgd_t e)	{ return !p4d_folded() && e.val == 0; }
static inline bool p4d_none(p4d_t e)	{ return e.val == 0; }
static inline bool pud_none(pud_t e)	{ return e.val == 0; }
static inline bool pmd_none(pmd_t e)	{ return e.val == 0; }

static inline bool table_entry_bad(u64 v) { return (v & _PAGE_LEAF) != _PAGE_P; }
static inline bool pgd_bad(pgd_t e)	{ return !p4d_folded() && table_entry_bad(e.val); }
static inline bool p4d_bad(p4d_t e)	{ return table_entry_bad(e.val); }
static inline bool pud_bad(pud_t e)	{ return table_entry_bad(e.val); }
static inline bool pmd_bad(pmd_t e)	{ return table_entry_bad(e.val); }

static inline void pgd_clear(pgd_t *p)	{ if (!p4d_folded()) set_pgd(p, __pgd(0)); }
static inline void p4d_clear(p4d_t *p)	{ set_p4d(p, __p4d(0)); }
static inline void pud_clear(pud_t *p)	{ set_pud(p, __pud(0)); }
static inline void pmd_clear(pmd_t *p)	{ set_pmd(p, __pmd(0)); }

/* ---- walking ---- */

#define table_index(va, shift)	(((va) >> (shift)) & (PTRS_PER_PTE - 1))
#define pgd_index(va)		table_index(va, PGDIR_SHIFT)
#define p4d_index(va)		table_index(va, P4D_SHIFT)
#define pud_index(va)		table_index(va, PUD_SHIFT)
#define pmd_index(va)		table_index(va, PMD_SHIFT)
#define pte_index(va)		table_index(va, PAGE_SHIFT)

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

static inline void pgd_populate(pgd_t *p, p4d_t *table)
{
	set_pgd(p, __pgd(virt_to_phys(table) | _PAGE_TABLE));
}

static inline void p4d_populate(p4d_t *p, pud_t *table)
{
	set_p4d(p, __p4d(virt_to_phys(table) | _PAGE_TABLE));
}

static inline void pud_populate(pud_t *p, pmd_t *table)
{
	set_pud(p, __pud(virt_to_phys(table) | _PAGE_TABLE));
}

static inline void pmd_populate(pmd_t *p, paddr_t table)
{
	set_pmd(p, __pmd(table | _PAGE_TABLE));
}

/* ---- ptes ---- */

static inline bool pte_none(pte_t e)	{ return e.val == 0; }
static inline bool pte_present(pte_t e)	{ return e.val & (_PAGE_P | _PAGE_PROTNONE); }
static inline bool pte_write(pte_t e)	{ return e.val & _PAGE_RW; }
static inline bool pte_dirty(pte_t e)	{ return e.val & _PAGE_D; }
static inline bool pte_young(pte_t e)	{ return e.val & _PAGE_A; }
static inline bool pte_exec(pte_t e)	{ return !(e.val & _PAGE_NX); }
static inline bool pte_user(pte_t e)	{ return e.val & _PAGE_US; }
static inline bool pte_special(pte_t e)	{ return e.val & _PAGE_SPECIAL; }
static inline bool pte_protnone(pte_t e) { return !(e.val & _PAGE_P) && pte_present(e); }
static inline bool pte_same(pte_t a, pte_t b) { return a.val == b.val; }
static inline unsigned long pte_pfn(pte_t e) { return (e.val & _PAGE_PFN_MASK) >> PAGE_SHIFT; }

static inline pte_t pte_set_bits(pte_t e, u64 bits)	{ return __pte(e.val | bits); }
static inline pte_t pte_clear_bits(pte_t e, u64 bits)	{ return __pte(e.val & ~bits); }
static inline pte_t pte_mkwrite(pte_t e)	{ return pte_set_bits(e, _PAGE_RW); }
static inline pte_t pte_wrprotect(pte_t e)	{ return pte_clear_bits(e, _PAGE_RW); }
static inline pte_t pte_mkdirty(pte_t e)	{ return pte_set_bits(e, _PAGE_D); }
static inline pte_t pte_mkclean(pte_t e)	{ return pte_clear_bits(e, _PAGE_D); }
static inline pte_t pte_mkyoung(pte_t e)	{ return pte_set_bits(e, _PAGE_A); }
static inline pte_t pte_mkold(pte_t e)		{ return pte_clear_bits(e, _PAGE_A); }
static inline pte_t pte_mkspecial(pte_t e)	{ return pte_set_bits(e, _PAGE_SPECIAL); }

/* ---- protections ---- */

#define pgprot_val(p)		((p).val)
#define __pgprot(v)		((pgprot_t){ (v) })

/* Kernel leaves are born accessed and dirty, so that the hardware never has to write them. */
#define _PAGE_KERNEL		(_PAGE_P | _PAGE_A | _PAGE_D | _PAGE_G)
#define PAGE_KERNEL		__pgprot(_PAGE_KERNEL | _PAGE_RW | _PAGE_NX)
#define PAGE_KERNEL_RO		__pgprot(_PAGE_KERNEL | _PAGE_NX)
#define PAGE_KERNEL_EXEC	__pgprot(_PAGE_KERNEL)
#define PAGE_KERNEL_IO		__pgprot(_PAGE_KERNEL | _PAGE_RW | _PAGE_NX | _PAGE_PCD | _PAGE_PWT)

/* user_pgprot - the hardware has no write-only and no execute-only page: any right includes read. */
static inline pgprot_t user_pgprot(bool r, bool w, bool x)
{
	if (!r && !w && !x)
		return __pgprot(_PAGE_PROTNONE | _PAGE_NX);
	return __pgprot(_PAGE_P | _PAGE_US | (w ? _PAGE_RW : 0UL) | (x ? 0UL : _PAGE_NX));
}

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte((u64)pfn << PAGE_SHIFT | prot.val);
}

static inline pte_t pte_modify(pte_t e, pgprot_t prot)
{
	return __pte((e.val & (_PAGE_PFN_MASK | _PAGE_A | _PAGE_D | _PAGE_SPECIAL)) | prot.val);
}

/* ---- entries in memory: the hardware walker may set A and D at any time ---- */

static inline pte_t ptep_get(const pte_t *p)
{
	return __pte(__atomic_load_n(&p->val, __ATOMIC_RELAXED));
}

static inline void set_pte(pte_t *p, pte_t e)	{ entry_store(&p->val, e.val); }
static inline void pte_clear(pte_t *p)		{ set_pte(p, __pte(0)); }

static inline pte_t ptep_get_and_clear(pte_t *p)
{
	return __pte(__atomic_exchange_n(&p->val, 0, __ATOMIC_ACQ_REL));
}

static inline void ptep_set_wrprotect(pte_t *p)
{
	__atomic_fetch_and(&p->val, ~(u64)_PAGE_RW, __ATOMIC_ACQ_REL);
}

/* ptep_clear_young - was the page accessed since the last call? */
static inline bool ptep_clear_young(pte_t *p)
{
	return __atomic_fetch_and(&p->val, ~(u64)_PAGE_A, __ATOMIC_ACQ_REL) & _PAGE_A;
}

/* arch_sync_icache - x86 snoops stores for instruction fetches (SDM vol. 3A ch. 8.1.3) */
static inline void arch_sync_icache(const void *kva, size_t size)
{
	(void)kva;
	(void)size;
}

#endif /* !__ASSEMBLY__ */
#endif
