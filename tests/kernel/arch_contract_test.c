/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/arch_contract_test.c - does this port keep each promise of include/arch.h?
 *
 * Contract and test change in one commit. Sections in the order of arch.h.
 */
#include <arch.h>
#include <kernel/ktest.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/mm.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <mm/uaccess.h>
#include <mm/vmalloc.h>

#define SOME_PFN	0x1234UL

/* ---- page.h, memlayout.h ---- */

KTEST(arch_direct_map_is_an_offset)
{
	struct page *p = alloc_page(GFP_KERNEL);

	REQUIRE(p);
	EXPECT_EQ(virt_to_phys(phys_to_virt(page_to_phys(p))), page_to_phys(p));
	EXPECT_EQ((unsigned long)phys_to_virt(page_to_phys(p)) - page_to_phys(p), page_offset);
	free_pages(p, 0);
}

KTEST(arch_layout_regions_do_not_overlap)
{
	EXPECT(TASK_SIZE < page_offset || page_offset > TASK_SIZE);
	EXPECT(vmalloc_start < vmalloc_end);
	EXPECT(TASK_SIZE > USER_ADDR_MIN);
	EXPECT(vmalloc_end <= vmemmap_base || vmemmap_base < vmalloc_start);
	EXPECT_EQ(max_user_levels_bits, 12 + 9 * pgtable_levels);
	EXPECT(TASK_SIZE <= 1UL << (max_user_levels_bits - 1));
}

KTEST(arch_clear_and_copy_page_cover_exactly_one_page)
{
	struct page *p = alloc_pages(GFP_KERNEL, 2);
	u8 *b;

	REQUIRE(p);
	b = page_address(p);
	memset(b, 0x5a, 4 * PAGE_SIZE);
	clear_page(b + PAGE_SIZE);
	EXPECT(b[PAGE_SIZE - 1] == 0x5a && b[2 * PAGE_SIZE] == 0x5a);
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		if (b[PAGE_SIZE + i]) {
			EXPECT_EQ(i, PAGE_SIZE);
			break;
		}
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		b[i] = (u8)(i * 7);
	copy_page(b + 2 * PAGE_SIZE, b);
	EXPECT(!memcmp(b, b + 2 * PAGE_SIZE, PAGE_SIZE));
	EXPECT(b[3 * PAGE_SIZE] == 0x5a);
	free_pages(p, 2);
}

/* ---- irqflags.h, percpu.h, local.h ---- */

KTEST(arch_irq_save_nests)
{
	unsigned long outer = arch_irq_save(), inner;

	EXPECT(arch_irqs_disabled());
	inner = arch_irq_save();
	arch_irq_restore(inner);
	EXPECT(arch_irqs_disabled());
	arch_irq_restore(outer);
	EXPECT(!arch_irqs_disabled());
}

KTEST(arch_cpu_is_this_cpu)
{
	struct cpu *c = arch_cpu();

	EXPECT(c->self == c && c == &cpus[c->id]);
	EXPECT(arch_current() == c->curr);
	EXPECT_EQ(c->kstack_top, current->kstack_top);
}

static struct local_head local;
static volatile unsigned int local_interrupts;

/* One attempt; with interrupts on it may fail now and then, so a few are made. */
static bool local_replace(void *new)
{
	unsigned long tag;

	for (unsigned int tries = 0; tries < 100; tries++) {
		void *first = arch_local_begin(&local, &tag);

		if (arch_local_commit(&local, first, tag, new))
			return true;
	}
	return false;
}

KTEST(arch_local_commit_replaces_the_head_and_counts)
{
	unsigned long before = local.tag;
	int a, b;

	EXPECT(local_replace(&a));
	EXPECT(local.first == &a);
	EXPECT(local_replace(&b));
	EXPECT(local.first == &b);
	EXPECT(local_replace(NULL));
	EXPECT(local.first == NULL);
	EXPECT_EQ(local.tag, before + 3);
}

KTEST(arch_local_commit_fails_when_the_head_went_away_and_came_back)
{
	unsigned long tag, flags = arch_irq_save();
	int a, b;
	void *first;

	arch_local_set(&local, &a);
	first = arch_local_begin(&local, &tag);
	EXPECT(first == &a);
	arch_local_set(&local, &b);
	arch_local_set(&local, &a);
	EXPECT(!arch_local_commit(&local, first, tag, NULL));
	EXPECT(local.first == &a);
	arch_local_set(&local, NULL);
	arch_irq_restore(flags);
}

static void local_timer(struct timer *t)
{
	void *first = local.first;

	arch_local_set(&local, NULL);
	arch_local_set(&local, first);
	local_interrupts++;
}

/* @interrupt comes between begin and commit, 20 times. */
static void interrupted_commit_fails(void (*interrupt)(struct timer *t))
{
	unsigned long tag;
	struct timer t;
	void *first;
	int a;

	timer_setup(&t, interrupt);
	for (unsigned int round = 0; round < 20; round++) {
		unsigned int before = local_interrupts;

		EXPECT(local_replace(&a));
		timer_arm(&t, arch_clock_ns() + 20000);
		first = arch_local_begin(&local, &tag);
		if (local_interrupts != before)
			continue;	/* too early */
		while (local_interrupts == before)
			;
		EXPECT(!arch_local_commit(&local, first, tag, NULL));
		EXPECT(local.first == &a);
	}
	timer_cancel(&t);
	EXPECT(local_replace(NULL));
}

KTEST(arch_local_commit_fails_after_an_interrupt_that_touched_the_head)
{
	interrupted_commit_fails(local_timer);
}

static void local_timer_ends_in_an_attempt(struct timer *t)
{
	unsigned long tag;

	local_timer(t);
	arch_local_begin(&local, &tag);
}

/* The attempt that nobody finished must not be taken for the one that was interrupted. */
KTEST(arch_local_commit_fails_after_an_interrupt_that_began_one_of_its_own)
{
	interrupted_commit_fails(local_timer_ends_in_an_attempt);
}

/* ---- timer ---- */

KTEST(arch_clock_never_goes_back)
{
	u64 last = arch_clock_ns();

	for (unsigned int i = 0; i < 1000; i++) {
		u64 now = arch_clock_ns();

		EXPECT(now >= last);
		last = now;
	}
}

KTEST(arch_wall_clock_is_after_the_kernel_was_written)
{
	EXPECT(clock_realtime_ns() / NSEC_PER_SEC > 1767225600ULL - 366 * 86400ULL * 2);
}

/* ---- pgtable.h: entries as values ---- */

static const struct { bool r, w, x; } modes[] = {
	{ true, false, false }, { true, true, false }, { true, false, true }, { true, true, true },
};

KTEST(pte_none_is_zero_and_nothing_else)
{
	EXPECT(pte_none(__pte(0)));
	EXPECT(!pte_present(__pte(0)));
	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++)
		EXPECT(!pte_none(pfn_pte(SOME_PFN, user_pgprot(modes[i].r, modes[i].w, modes[i].x))));
}

KTEST(pte_keeps_pfn_and_access)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		pte_t pte = pfn_pte(SOME_PFN, user_pgprot(modes[i].r, modes[i].w, modes[i].x));

		EXPECT(pte_present(pte) && pte_user(pte) && !pte_protnone(pte));
		EXPECT_EQ(pte_pfn(pte), SOME_PFN);
		EXPECT_EQ(pte_write(pte), modes[i].w);
		EXPECT_EQ(pte_exec(pte), modes[i].x);
	}
}

KTEST(pte_protnone_is_present_but_gives_no_access)
{
	pte_t pte = pfn_pte(SOME_PFN, user_pgprot(false, false, false));

	EXPECT(pte_present(pte));
	EXPECT(pte_protnone(pte));
	EXPECT(!pte_none(pte));
	EXPECT_EQ(pte_pfn(pte), SOME_PFN);
	EXPECT(!pte_write(pte));
}

KTEST(pte_wrprotect_keeps_a_dirty_pte_dirty)
{
	pte_t pte = pte_mkdirty(pte_mkyoung(pfn_pte(SOME_PFN, user_pgprot(true, true, false))));

	pte = pte_wrprotect(pte);
	EXPECT(!pte_write(pte));
	EXPECT(pte_dirty(pte) && pte_young(pte));
	EXPECT_EQ(pte_pfn(pte), SOME_PFN);
}

KTEST(pte_mkwrite_makes_dirty_only_what_was_dirty)
{
	pte_t clean = pte_mkclean(pfn_pte(SOME_PFN, user_pgprot(true, false, false)));

	EXPECT(pte_write(pte_mkwrite(clean)));
	EXPECT(!pte_dirty(pte_mkwrite(clean)));
	EXPECT(pte_dirty(pte_mkwrite(pte_mkdirty(clean))));
}

KTEST(pte_young_and_dirty_are_independent)
{
	pte_t pte = pte_mkold(pte_mkclean(pfn_pte(SOME_PFN, user_pgprot(true, true, false))));

	EXPECT(!pte_young(pte) && !pte_dirty(pte));
	EXPECT(pte_young(pte_mkyoung(pte)) && !pte_dirty(pte_mkyoung(pte)));
	EXPECT(pte_dirty(pte_mkdirty(pte)) && !pte_young(pte_mkdirty(pte)));
	EXPECT(!pte_young(pte_mkold(pte_mkyoung(pte))));
	EXPECT(!pte_dirty(pte_mkclean(pte_mkdirty(pte))));
}

KTEST(pte_special_survives_a_change_of_protection)
{
	pte_t pte = pte_mkspecial(pte_mkdirty(pte_mkyoung(pfn_pte(SOME_PFN, user_pgprot(true, true, false)))));
	pte_t ro = pte_modify(pte, user_pgprot(true, false, false));

	EXPECT(pte_special(ro) && pte_dirty(ro) && pte_young(ro));
	EXPECT(!pte_write(ro));
	EXPECT_EQ(pte_pfn(ro), SOME_PFN);
	EXPECT(!pte_special(pfn_pte(SOME_PFN, user_pgprot(true, false, false))));
}

KTEST(pte_uffd_wp_takes_the_write_bit_and_survives_a_change_of_protection)
{
	pte_t rw = pte_mkwrite(pfn_pte(SOME_PFN, user_pgprot(true, false, false)));
	pte_t pte = pte_mkuffd_wp(pte_mkdirty(rw));

	EXPECT(!pte_uffd_wp(rw));
	EXPECT(pte_uffd_wp(pte) && !pte_write(pte) && pte_dirty(pte) && !pte_special(pte));
	EXPECT_EQ(pte_pfn(pte), SOME_PFN);
	EXPECT(pte_uffd_wp(pte_modify(pte, user_pgprot(false, false, false))));
	EXPECT(pte_same(pte_clear_uffd_wp(pte), pte_wrprotect(pte_mkdirty(rw))));
}

KTEST(pte_modify_to_none_and_back_keeps_the_page)
{
	pte_t pte = pte_mkdirty(pfn_pte(SOME_PFN, user_pgprot(true, true, false)));
	pte_t none = pte_modify(pte, user_pgprot(false, false, false));
	pte_t back = pte_modify(none, user_pgprot(true, true, false));

	EXPECT(pte_present(none) && pte_protnone(none) && pte_dirty(none));
	EXPECT(pte_present(back) && !pte_protnone(back) && pte_dirty(back));
	EXPECT_EQ(pte_pfn(back), SOME_PFN);
}

KTEST(pte_pfn_holds_the_largest_physical_address)
{
	pfn_t pfn = (1UL << 44) - 1;	/* 56 bits on RISC-V; x86-64 stores 52 */

	if (sizeof(paddr_t) == 8 && MAX_PHYSMEM <= 1UL << 52)
		pfn = (1UL << 40) - 1;
	EXPECT_EQ(pte_pfn(pfn_pte(pfn, user_pgprot(true, true, true))), pfn);
}

/* ---- pgtable.h: entries in memory ---- */

KTEST(ptep_get_and_clear_returns_what_was_there)
{
	pte_t slot = __pte(0), pte = pte_mkdirty(pfn_pte(SOME_PFN, user_pgprot(true, true, false)));

	set_pte(&slot, pte);
	EXPECT(pte_same(ptep_get(&slot), pte));
	ptep_set_wrprotect(&slot);
	EXPECT(!pte_write(ptep_get(&slot)) && pte_dirty(ptep_get(&slot)));
	EXPECT(pte_same(ptep_get_and_clear(&slot), pte_wrprotect(pte)));
	EXPECT(pte_none(ptep_get(&slot)));
}

KTEST(table_index_covers_each_address_bit_once)
{
	EXPECT_EQ(PMD_SIZE, PAGE_SIZE * PTRS_PER_PTE);
	EXPECT_EQ(pte_index(PAGE_SIZE * 5), 5);
	EXPECT_EQ(pmd_index(PMD_SIZE * 7), 7);
	EXPECT_EQ(1UL << PGDIR_SHIFT, 1UL << (12 + 9 * (pgtable_levels - 1)));
	EXPECT_EQ(pgd_index(3UL << PGDIR_SHIFT), 3);
}

KTEST(folded_levels_are_never_empty)
{
	pgd_t *pgd = arch_kernel_pgd() + pgd_index(page_offset);

	EXPECT_EQ(p4d_folded(), pgtable_levels < 5);
	EXPECT_EQ(pud_folded(), pgtable_levels < 4);
	if (p4d_folded()) {
		EXPECT(!pgd_none(*pgd));
		EXPECT((void *)p4d_offset(pgd, page_offset) == (void *)pgd);
	}
}

/* ---- mmu.c: the kernel's own map ---- */

extern char _text[], _etext[];

static bool kernel_address_is_mapped(unsigned long va)
{
	return kernel_pte_lookup(va) != NULL;
}

KTEST(null_is_not_mapped_in_the_kernel)
{
	EXPECT(pmd_lookup(arch_kernel_pgd(), 0) == NULL);
	EXPECT(pmd_lookup(arch_kernel_pgd(), USER_ADDR_MIN) == NULL);
	EXPECT(!kernel_address_is_mapped(0));
}

extern char __start_ro_after_init[], __end_ro_after_init[];

static bool kernel_page_is_writable(const char *va)
{
	pte_t *pte = kernel_pte_lookup((unsigned long)va);

	return !pte || pte_write(ptep_get(pte));
}

KTEST(text_and_boot_time_data_are_read_only)
{
	EXPECT(!kernel_page_is_writable(_text));
	for (char *p = __start_ro_after_init; p < __end_ro_after_init; p += PAGE_SIZE)
		EXPECT(!kernel_page_is_writable(p));
	EXPECT(kernel_page_is_writable((char *)cpus));
}

/* A copy whose "user" side is a kernel address must fail, not succeed. */
KTEST(user_copies_refuse_kernel_addresses)
{
	unsigned long here = 1, there = 2;

	EXPECT_EQ(copy_from_user(&here, (void __user *)&there, sizeof(here)), (unsigned long)-EFAULT);
	EXPECT_EQ(copy_to_user((void __user *)&there, &here, sizeof(here)), (unsigned long)-EFAULT);
	EXPECT_EQ(there, 2);
	EXPECT(!access_ok((void __user *)TASK_SIZE, 1));
	EXPECT(!access_ok((void __user *)0, TASK_SIZE + 1));
	EXPECT(!access_ok((void __user *)(TASK_SIZE - 1), ~0UL));
	EXPECT(access_ok((void __user *)(TASK_SIZE - 8), 8));
}

KTEST(vmap_makes_memory_appear_at_a_second_address)
{
	struct page *p = alloc_page(GFP_KERNEL | __GFP_ZERO);
	volatile unsigned long *alias;

	REQUIRE(p);
	alias = vmap(&p, 1, PAGE_KERNEL);
	REQUIRE(alias);
	*alias = 0x1122334455667788UL;
	EXPECT_EQ(*(volatile unsigned long *)page_address(p), 0x1122334455667788UL);
	vunmap((const void *)alias);
	EXPECT(kernel_pte_lookup((unsigned long)alias) == NULL ||
	       pte_none(ptep_get(kernel_pte_lookup((unsigned long)alias))));
	free_pages(p, 0);
}

KTEST(every_cpu_of_the_machine_is_online)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		EXPECT(cpumask_test(cpu, &cpu_online_mask) && cpus[cpu].coming == CPU_CAME);
}

static bool count_frame(unsigned long pc, void *arg)
{
	bool in_text = pc >= (unsigned long)_text && pc < (unsigned long)_etext;

	*(unsigned int *)arg += in_text;
	return in_text;
}

KTEST(backtrace_finds_its_callers)
{
	unsigned int frames = 0;

	arch_backtrace(NULL, count_frame, &frames);
	EXPECT(frames >= 3);
}
