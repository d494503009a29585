/* SPDX-License-Identifier: MIT */
/*
 * mm/pagetables.c - an address space's page table as text, every level and every bit
 *
 * THE QUESTION   What exactly does the hardware find when it walks this table (/proc/PID/pagetables)?
 *
 * THE PICTURE    pgd -> p4d -> pud -> pmd   one line per entry that leads to a table: what it covers, the
 *                 |  absent levels: no line  table's frame, the entry's bits
 *                pte, pte, pte ...          one line per run: neighbours with the same bits, frame after
 *                                           frame (or all the zero page)
 *
 *                a bit is its letter, or '-' when it is clear; the first line says which letter is what.
 *                The letters are the port's (PTE_BITS in asm/pgtable.h), everything else is here.
 *
 * ALWAYS TRUE    T1  a table's line comes before what it holds, and once.
 *                T2  each run was true at one moment; the text as a whole is not, unless nothing changes.
 *
 * LOCKS          mmap_lock (read), so that no table goes away; ptl while a table is read.
 * LEFT OUT       large pages: user tables have none. (Linux: arch/x86/mm/dump_pagetables.c)
 * READ NEXT      pgtable.c, pagemap.c.
 */
#include <lib/printf.h>
#include <mm/pagetables.h>
#include <mm/swapops.h>
#include "mm_internal.h"

#define LINE		160	/* bytes of one line at most: 2 addresses, level, count, PTE_TEXT   */
#define TABLE_LINES	5	/* the header or the four levels above ptes, and one run            */

static const struct pte_bit { unsigned long mask; char letter; const char *name; } pte_bits[] = {
#define PTE_BIT(mask, letter, name) { mask, letter, name },
	PTE_BITS(PTE_BIT)
#undef PTE_BIT
};

/* ---- one entry ------------------------------------------------------------------------------- */

static pgprot_t pte_prot(pte_t pte)
{
	return __pgprot(pte_val(pte) ^ pte_val(pfn_pte(pte_pfn(pte), __pgprot(0))));
}

/* What hardware or kernel use beyond the bits; "" if nothing. */
static const char *pte_note(pte_t pte)
{
	if (pte_protnone(pte))
		return " protnone";
	return is_zero_pte(pte) ? " zero" : "";
}

static void swap_text(char *buf, size_t size, swp_entry_t e, bool show_pfn)
{
	unsigned long offset = show_pfn ? swp_offset(e) : 0;

	if (is_pte_marker(swp_to_pte(e)))
		snprintf(buf, size, "%016lx uffd-wp-marker", 0UL);
	else if (is_migration_entry(e))
		snprintf(buf, size, "%016llx migration-%s", (unsigned long long)offset << PAGE_SHIFT,
			 swp_type(e) == SWP_MIGRATION_WRITE ? "write" : "read");
	else
		snprintf(buf, size, "%016lx swap type %u", offset, (unsigned int)swp_type(e));
}

void pte_text(char *buf, size_t size, pte_t pte, bool show_pfn)
{
	unsigned long long pa = show_pfn ? (unsigned long long)pte_pfn(pte) << PAGE_SHIFT : 0;
	unsigned long rest = pgprot_val(pte_prot(pte));
	char letters[ARRAY_SIZE(pte_bits) + 1], more[24] = "";

	ASSERT(size >= PTE_TEXT);
	if (is_swap_pte(pte)) {
		swap_text(buf, size, pte_to_swp(pte), show_pfn);
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(pte_bits); i++) {
		letters[i] = rest & pte_bits[i].mask ? pte_bits[i].letter : '-';
		rest &= ~pte_bits[i].mask;
	}
	letters[ARRAY_SIZE(pte_bits)] = '\0';
	if (rest)
		snprintf(more, sizeof(more), "+%lx", rest);
	snprintf(buf, size, "%016llx %s%s%s", pa, letters, more, pte_note(pte));
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool room_for(const struct pagetables *t, unsigned int lines)
{
	return t->size - t->len >= (size_t)lines * LINE;
}

static void show_header(struct pagetables *t, const struct mm_struct *mm)
{
	t->len += (size_t)scnprintf(t->buf + t->len, t->size - t->len, "levels %u root %016llx bits", pgtable_levels,
				    t->show_pfn ? (unsigned long long)virt_to_phys(mm->pgd) : 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(pte_bits); i++)
		t->len += (size_t)scnprintf(t->buf + t->len, t->size - t->len, " %c=%s", pte_bits[i].letter,
					    pte_bits[i].name);
	t->buf[t->len++] = '\n';
	ASSERT(t->len < t->size);
}

static void show_line(struct pagetables *t, const char *level, unsigned long start, unsigned long size, pte_t pte)
{
	char text[PTE_TEXT];

	ASSERT(room_for(t, 1));
	pte_text(text, sizeof(text), pte, t->show_pfn);
	t->len += (size_t)scnprintf(t->buf + t->len, LINE, "%016lx-%016lx %-7s %10lu %s\n", start, start + size,
				    level, size >> PAGE_SHIFT, text);
}

/* T1: a line for the entry for @addr, whose kind covers @size bytes, unless it was shown already */
static void show_table(struct pagetables *t, const char *level, unsigned long addr, unsigned long size,
		       unsigned long entry)
{
	if (!t->started || ALIGN_DOWN(addr, size) != ALIGN_DOWN(t->shown, size))
		show_line(t, level, ALIGN_DOWN(addr, size), size, __pte(entry));
}

/* An absent level is the level above under another type: it has no line. */
static void show_tables(struct pagetables *t, const struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset_pgd(mm->pgd, addr);
	p4d_t *p4d = p4d_offset(pgd, addr);
	pud_t *pud = pud_offset(p4d, addr);

	show_table(t, "pgd", addr, PGDIR_SIZE, pgd_val(*pgd));
	if (!p4d_folded())
		show_table(t, " p4d", addr, P4D_SIZE, p4d_val(*p4d));
	if (!pud_folded())
		show_table(t, "  pud", addr, PUD_SIZE, pud_val(*pud));
	show_table(t, "   pmd", addr, PMD_SIZE, pmd_val(*pmd_offset(pud, addr)));
	t->shown = addr;
	t->started = true;
}

/* ---- runs of ptes ---------------------------------------------------------------------------- */

/* Is @pte what a run that began with @first has @n pages later? */
static bool continues(pte_t first, unsigned long n, pte_t pte)
{
	if (is_zero_pte(first))
		return pte_same(first, pte);
	if (is_swap_pte(first)) {
		swp_entry_t e = pte_to_swp(first);
		unsigned long wp = e.val & SWP_UFFD_WP;

		if (is_pte_marker(first))
			return pte_same(first, pte);
		return pte_same(__pte(swp_entry(swp_type(e), swp_offset(e) + n).val | wp), pte);
	}
	return pte_same(pfn_pte(pte_pfn(first) + n, pte_prot(first)), pte);
}

/* The runs of the locked table from t->next to @end, or as many as there is room for. */
static void show_runs(struct pagetables *t, const pte_t *ptep, unsigned long end)
{
	while (t->next < end && room_for(t, 1)) {
		unsigned long left = (end - t->next) >> PAGE_SHIFT, n = 1;
		pte_t first = ptep_get(ptep);

		while (n < left && continues(first, n, ptep_get(ptep + n)))
			n++;
		if (!pte_none(first))
			show_line(t, "    pte", t->next, n << PAGE_SHIFT, first);
		else
			n = 1;
		ptep += n;
		t->next += n << PAGE_SHIFT;
	}
}

void pagetables_read(struct mm_struct *mm, struct pagetables *t)
{
	pmd_t *pmd;

	ASSERT(t->size >= 2 * TABLE_LINES * LINE);
	t->len = 0;
	down_read(&mm->mmap_lock);
	if (!t->started && !t->next)
		show_header(t, mm);
	while (room_for(t, TABLE_LINES)) {
		pmd = next_pmd(mm->pgd, &t->next, mm->task_size);
		if (!pmd) {
			t->next = mm->task_size;
			break;
		}
		show_tables(t, mm, t->next);
		WITH_SPINLOCK(pte_lockptr(pmd))
			show_runs(t, pte_offset(pmd, t->next), pmd_addr_end(t->next, mm->task_size));
	}
	up_read(&mm->mmap_lock);
}
