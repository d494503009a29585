/* SPDX-License-Identifier: MIT */
/*
 * tests/host/arch/softmmu.c - a walker and TLBs that keep everything as long as they may
 *
 * THE QUESTION   Does mm/ flush every translation it takes away, before it frees what it led to?
 *                Real emulators flush too much to tell.
 *
 * THE PICTURE    access -> TLB of this CPU -- hit, allowed ---------------------> page
 *                              | miss          | hit, refused -> fault
 *                              v               v
 *                          table cache -> pte table -> entry kept in the TLB, or fault
 *                              | miss
 *                              v
 *                          walk from active_mm->pgd; the pte table's address is kept
 *
 * What a flush forgets is the least that an architecture promises: by address, leaf entries only
 * (RISC-V Privileged Architecture 4.2.1); everything, the table cache too. A switch of tables
 * forgets everything, because this machine has no tags.
 *
 * ALWAYS TRUE    S1  kept_maps[pfn] = TLB entries of all CPUs that lead to the frame; kept_tables
 *                    the same for pte tables in table caches. poison_free_page(), which every page
 *                    passes on its way to a free list, panics unless both are 0: freed before flushed.
 *                S2  between two operations no TLB entry allows more than its table does, or leads
 *                    elsewhere (soft_tlb_check()): not flushed at all.
 *                An access that keeps faulting although each fault is "resolved" panics.
 *
 * LOCKS          none: a CPU's TLB is touched by that CPU alone, and with threads as CPUs IPIs are taken
 *                only where it polls, so a translation and the access it was for are one step.
 * READ NEXT      port.c, mm/tlb_shootdown.c, mm/mmu_gather.c.
 */
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <lib/string.h>
#include <mm/pgtable.h>
#include <mm/uaccess.h>
#include "../../../mm/mm_phys.h"
#include "host.h"

#define TLB_SIZE	512
#define TABLES_KEPT	16
#define MAX_TRIES	8
#define NR_FRAMES	((RAM_END - RAM_BASE) >> PAGE_SHIFT)

struct tlb_entry { bool valid; unsigned long vpn; pte_t pte; };
struct table_entry_kept { bool valid; unsigned long prefix; paddr_t table; };

static struct tlb {
	struct tlb_entry entry[TLB_SIZE];
	struct table_entry_kept table[TABLES_KEPT];
} tlbs[HOST_CPUS];
static u16 kept_maps[NR_FRAMES], kept_tables[NR_FRAMES];
static __thread enum fault_result last_result;
static unsigned long flushes;
void (*soft_flush_hook)(unsigned long start, unsigned long end);

/* ---- the TLBs ---- */

static u16 *count_of(u16 *counts, pfn_t pfn)
{
	ASSERT(pfn >= RAM_BASE >> PAGE_SHIFT && pfn < RAM_END >> PAGE_SHIFT);
	return &counts[pfn - (RAM_BASE >> PAGE_SHIFT)];
}

static void count(u16 *counts, pfn_t pfn, int change)
{
	__atomic_fetch_add(count_of(counts, pfn), (u16)change, __ATOMIC_RELAXED);
}

static void entry_drop(struct tlb_entry *e)
{
	if (e->valid && pte_present(e->pte))
		count(kept_maps, pte_pfn(e->pte), -1);
	e->valid = false;
}

static void entry_keep(struct tlb *t, unsigned long vpn, pte_t pte)
{
	struct tlb_entry *e = &t->entry[vpn % TLB_SIZE];

	entry_drop(e);
	*e = (struct tlb_entry){ true, vpn, pte };
	if (pte_present(pte))
		count(kept_maps, pte_pfn(pte), 1);
}

static void table_drop(struct table_entry_kept *k)
{
	if (k->valid)
		count(kept_tables, k->table >> PAGE_SHIFT, -1);
	k->valid = false;
}

static void table_keep(struct tlb *t, unsigned long va, paddr_t table)
{
	struct table_entry_kept *k = &t->table[(va >> PMD_SHIFT) % TABLES_KEPT];

	table_drop(k);
	*k = (struct table_entry_kept){ true, va >> PMD_SHIFT, table };
	count(kept_tables, table >> PAGE_SHIFT, 1);
}

void soft_flush_all(unsigned int cpu)
{
	__atomic_fetch_add(&flushes, 1, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < TLB_SIZE; i++)
		entry_drop(&tlbs[cpu].entry[i]);
	for (unsigned int i = 0; i < TABLES_KEPT; i++)
		table_drop(&tlbs[cpu].table[i]);
}

void soft_flush_range(unsigned int cpu, unsigned long start, unsigned long end)
{
	unsigned long first = start >> PAGE_SHIFT, last = (end - 1) >> PAGE_SHIFT;

	__atomic_fetch_add(&flushes, 1, __ATOMIC_RELAXED);
	if (soft_flush_hook)
		soft_flush_hook(start, end);
	for (unsigned int i = 0; i < TLB_SIZE; i++) {
		struct tlb_entry *e = &tlbs[cpu].entry[i];

		if (e->valid && e->vpn >= first && e->vpn <= last)
			entry_drop(e);
	}
}

unsigned long soft_flushes(void)
{
	return flushes;
}

unsigned int soft_tlb_entries(unsigned int cpu)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < TLB_SIZE; i++)
		n += tlbs[cpu].entry[i].valid && pte_present(tlbs[cpu].entry[i].pte);
	return n;
}

/* ---- the walker ---- */

/* Physical address of the pte table for @va in @pgd; 0: none. Written without mm/pgtable.c. */
static paddr_t walk_to_table(pgd_t *pgd, unsigned long va)
{
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	pgd += pgd_index(va);
	if (!pgd_present(*pgd))
		return 0;
	p4d = p4d_offset(pgd, va);
	if (!p4d_present(*p4d))
		return 0;
	pud = pud_offset(p4d, va);
	if (!pud_present(*pud))
		return 0;
	pmd = pmd_offset(pud, va);
	ASSERT(pgd_bad(*pgd) + p4d_bad(*p4d) + pud_bad(*pud) == 0);
	if (!pmd_present(*pmd))
		return 0;
	ASSERT(!pmd_bad(*pmd));
	return pmd_table_pa(*pmd);
}

static pte_t *pte_in(paddr_t table, unsigned long va)
{
	return (pte_t *)phys_to_virt(table) + pte_index(va);
}

static pte_t *walk(struct tlb *t, pgd_t *pgd, unsigned long va)
{
	struct table_entry_kept *k = &t->table[(va >> PMD_SHIFT) % TABLES_KEPT];
	paddr_t table;

	if (k->valid && k->prefix == va >> PMD_SHIFT)
		return pte_in(k->table, va);
	table = walk_to_table(pgd, va);
	if (!table)
		return NULL;
	ASSERT_MSG(PageTable(phys_to_page(table)), "walk of %lx meets a page that is no table", va);
	table_keep(t, va, table);
	return pte_in(table, va);
}

static bool allows(pte_t pte, enum soft_access access)
{
	unsigned long need = PTE_V | PTE_U | (access == SOFT_WRITE ? PTE_W :
					      access == SOFT_EXEC ? PTE_X : PTE_R);

	if (!soft_hw.sets_ad)
		need |= PTE_A | (access == SOFT_WRITE ? PTE_D : 0);
	return (pte.v & need) == need;
}

/* Set A, and D for a store, in the entry just read; false if it has changed: start over. */
static bool set_ad(pte_t *ptep, pte_t *pte, enum soft_access access)
{
	unsigned long old = pte->v;

	pte->v |= PTE_A | (access == SOFT_WRITE ? PTE_D : 0);
	return __atomic_compare_exchange_n(&ptep->v, &old, pte->v, false, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED);
}

/* Look @va up as this CPU would; the entry used is left in *@pte. true: the access succeeds. */
static bool translate(struct mm_struct *mm, unsigned long va, enum soft_access access, pte_t *pte)
{
	struct tlb *t = &tlbs[smp_processor_id()];
	struct tlb_entry *e = &t->entry[(va >> PAGE_SHIFT) % TLB_SIZE];
	pte_t *ptep;

	if (e->valid && e->vpn == va >> PAGE_SHIFT &&
	    (access != SOFT_WRITE || !pte_write(e->pte) || pte_dirty(e->pte))) {
		*pte = e->pte;
		return allows(*pte, access);
	}
	ptep = walk(t, mm->pgd, va);
	*pte = ptep ? ptep_get(ptep) : __pte(0);
	if (soft_hw.sets_ad && allows(*pte, access) && !set_ad(ptep, pte, access))
		return false;
	if (pte_present(*pte) || soft_hw.keeps_absent)
		entry_keep(t, va >> PAGE_SHIFT, *pte);
	return allows(*pte, access);
}

/* ---- user accesses ---- */

/* arch.h's upcall: kernel/ would turn the result into a signal; here a test looks at it. */
bool handle_fault(struct trapframe *regs, const struct fault_info *fi)
{
	last_result = handle_mm_fault(current->mm, fi->address, fi->write, fi->exec, fi->user);
	return last_result == FAULT_OK;
}

static enum fault_result access_user(unsigned long va, enum soft_access access, void **kva)
{
	struct fault_info fi = { .address = va, .write = access == SOFT_WRITE,
				 .exec = access == SOFT_EXEC, .user = true };
	struct mm_struct *mm = current->mm;
	pte_t pte;

	ASSERT(mm && this_cpu()->active_mm == mm && !arch_irqs_disabled());
	if (va >= TASK_SIZE)
		return FAULT_SEGV_MAPERR;
	for (unsigned int tries = 0; !translate(mm, va, access, &pte); tries++) {
		if (tries == (host_threads ? MAX_TRIES * 1000 : MAX_TRIES))
			panic("access %d to %lx faults for ever: pte in use %lx", access, va,
			      pte_val(pte));
		if (!handle_fault(NULL, &fi))
			return last_result;
	}
	ASSERT_MSG(page_count(pfn_to_page(pte_pfn(pte))) > 0, "%lx leads to a free page", va);
	if (kva)
		*kva = (char *)host_bytes(pfn_to_page(pte_pfn(pte))) + (va & ~PAGE_MASK);
	return FAULT_OK;
}

enum fault_result soft_touch(struct mm_struct *mm, unsigned long va, enum soft_access access,
			     void **kva)
{
	if (current->mm != mm)
		use_mm(mm);
	return access_user(va, access, kva);
}

enum fault_result soft_read(struct mm_struct *mm, unsigned long va, u64 *value)
{
	void *kva;
	enum fault_result r = soft_touch(mm, va, SOFT_READ, &kva);

	if (r == FAULT_OK)
		memcpy(value, kva, sizeof(*value));
	return r;
}

enum fault_result soft_write(struct mm_struct *mm, unsigned long va, u64 value)
{
	void *kva;
	enum fault_result r = soft_touch(mm, va, SOFT_WRITE, &kva);

	if (r == FAULT_OK)
		memcpy(kva, &value, sizeof(value));
	return r;
}

/* ---- uaccess.S ---- */

/* One page's part at a time: @kbuf to or from user memory, or zeroes if @kbuf is NULL. */
static size_t copy_user(unsigned long ua, char *kbuf, size_t n, enum soft_access access)
{
	while (n) {
		size_t part = min(n, PAGE_SIZE - (ua & ~PAGE_MASK));
		void *kva;

		if (access_user(ua, access, &kva) != FAULT_OK)
			break;
		if (access == SOFT_READ)
			memcpy(kbuf, kva, part);
		else if (kbuf)
			memcpy(kva, kbuf, part);
		else
			memset(kva, 0, part);
		kbuf += kbuf ? part : 0;
		ua += part;
		n -= part;
	}
	return n;
}

size_t arch_copy_from_user(void *dst, const void __user *src, size_t n)
{
	return copy_user((unsigned long)src, dst, n, SOFT_READ);
}

size_t arch_copy_to_user(void __user *dst, const void *src, size_t n)
{
	return copy_user((unsigned long)dst, (char *)src, n, SOFT_WRITE);
}

size_t arch_clear_user(void __user *dst, size_t n)
{
	return copy_user((unsigned long)dst, NULL, n, SOFT_WRITE);
}

long arch_strncpy_from_user(char *dst, const char __user *src, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (arch_copy_from_user(dst + i, src + i, 1))
			return -EFAULT;
		if (!dst[i])
			return (long)i;
	}
	return (long)n;
}

/* There are no devices: nobody answers. */
int arch_move_io(void *dst, const void *src, size_t width)
{
	return -EFAULT;
}

/* ---- the two oracles ---- */

/* S1: the linker sends every call of poison_free_page() from page_alloc.c here. */
void __real_poison_free_page(struct page *p);
void __wrap_poison_free_page(struct page *p);

void __wrap_poison_free_page(struct page *p)
{
	pfn_t pfn = page_to_pfn(p);

	if (*count_of(kept_maps, pfn) || *count_of(kept_tables, pfn))
		panic("freed before flushed: pfn=%lx, %u translations and %u tables are kept", pfn,
		      *count_of(kept_maps, pfn), *count_of(kept_tables, pfn));
	__real_poison_free_page(p);
}

/* S2 for one entry: its page table must give at least as much. */
static void check_entry(unsigned int cpu, const struct tlb_entry *e)
{
	const unsigned long rights = PTE_V | PTE_R | PTE_W | PTE_X | PTE_U;
	unsigned long va = e->vpn << PAGE_SHIFT;
	struct mm_struct *mm = cpus[cpu].active_mm;
	paddr_t table;
	pte_t now;

	if (!e->valid || !(e->pte.v & PTE_V))
		return;
	ASSERT(mm);
	table = walk_to_table(mm->pgd, va);
	now = table ? ptep_get(pte_in(table, va)) : __pte(0);
	if ((e->pte.v & ~now.v & rights) || pte_pfn(now) != pte_pfn(e->pte))
		panic("stale TLB: CPU %u keeps %lx for %lx, the table says %lx", cpu, e->pte.v, va,
		      now.v);
}

void soft_tlb_check(void)
{
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++)
		for (unsigned int i = 0; i < TLB_SIZE; i++)
			check_entry(cpu, &tlbs[cpu].entry[i]);
}
