/* SPDX-License-Identifier: MIT */
/* page_kind_test.c - a page of each kind, and what may be done with it (mm/page_kind.c) */
#include <kernel/sched.h>
#include <kernel/symbols.h>
#include <mm/highmem.h>
#include <mm/ledger.h>
#include <mm/page_kind.h>
#include <mm/rmap.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include "mm_test.h"

extern char arch_vdso_start[];

static bool swappable(enum page_kind kind)
{
	return page_kinds[kind].swappable;
}

static bool shareable(enum page_kind kind)
{
	return page_kinds[kind].shareable;
}

static struct page *page_behind(struct mm_struct *mm, unsigned long addr)
{
	pte_t pte = test_pte(mm, addr);

	return pte_present(pte) ? pfn_to_page(pte_pfn(pte)) : NULL;
}

/* The kind of the page at @addr, as its VMA maps it. */
static enum page_kind kind_at(struct mm_struct *mm, unsigned long addr)
{
	struct page *page = page_behind(mm, addr);
	enum page_kind kind;

	if (!page)
		return NR_PAGE_KINDS;
	down_read(&mm->mmap_lock);
	kind = page_kind(find_vma(mm, addr), page);
	up_read(&mm->mmap_lock);
	return kind;
}

/* After a fork and a read on both sides, do parent and child map one frame? */
static bool fork_shares(struct mm_struct *mm, unsigned long addr)
{
	struct mm_struct *child = dup_mm(mm);
	bool same;

	if (!child)
		return false;
	same = test_fault(child, addr, false) == FAULT_OK && page_behind(child, addr) == page_behind(mm, addr);
	mmput(child);
	return same;
}

/* Can all ptes be found and taken away, and does the page come back, in another frame? */
static bool moves_away(struct page *page)
{
	struct page *new = alloc_page(GFP_KERNEL);

	if (!new)
		return false;
	get_page(page);			/* migrate_page() moves this reference to the new frame */
	if (!migrate_page(page, new)) {
		put_page(new);
		return true;
	}
	put_page(page);
	put_page(new);
	return false;
}

KTEST(page_kind_anonymous_pages_move_and_are_shared_until_written)
{
	struct mm_struct *mm = mm_alloc(), *child;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	EXPECT_EQ(test_poke(mm, TEST_BASE, 7), 0);
	EXPECT_EQ(kind_at(mm, TEST_BASE), KIND_anon);
	EXPECT(PageSwapBacked(page_behind(mm, TEST_BASE)));
	EXPECT_EQ(moves_away(page_behind(mm, TEST_BASE)), swappable(KIND_anon));
	EXPECT_EQ(test_peek(mm, TEST_BASE), 7);
	EXPECT_EQ(fork_shares(mm, TEST_BASE), shareable(KIND_anon));
	child = dup_mm(mm);
	REQUIRE(child);
	EXPECT_EQ(test_poke(child, TEST_BASE, 8), 0);
	EXPECT(page_behind(child, TEST_BASE) != page_behind(mm, TEST_BASE));
	EXPECT_EQ(kind_at(child, TEST_BASE), KIND_anon);
	mmput(child);
	mmput(mm);
}

KTEST(page_kind_the_zero_page_stays_and_is_everybodys)
{
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	EXPECT_EQ(test_fault(mm, TEST_BASE, false), FAULT_OK);
	EXPECT_EQ(kind_at(mm, TEST_BASE), KIND_zero);
	EXPECT_EQ(moves_away(page_behind(mm, TEST_BASE)), swappable(KIND_zero));
	EXPECT_EQ(fork_shares(mm, TEST_BASE), shareable(KIND_zero));
	mmput(mm);
}

KTEST(page_kind_shared_anonymous_pages_are_swap_backed_and_shared_writable)
{
	struct mm_struct *mm = mm_alloc(), *child;

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, MAP_SHARED | MAP_ANONYMOUS);
	EXPECT_EQ(test_poke(mm, TEST_BASE, 7), 0);
	EXPECT_EQ(kind_at(mm, TEST_BASE), KIND_shmem);
	EXPECT_EQ(PageSwapBacked(page_behind(mm, TEST_BASE)), swappable(KIND_shmem));
	EXPECT_EQ(fork_shares(mm, TEST_BASE), shareable(KIND_shmem));
	child = dup_mm(mm);
	REQUIRE(child);
	EXPECT_EQ(test_poke(child, TEST_BASE, 8), 0);
	EXPECT_EQ(test_peek(mm, TEST_BASE), 8);
	mmput(child);
	mmput(mm);
}

/* ---- files ---- */

static unsigned int fills;

static int counting_fill(struct address_space *as, struct page *page)
{
	clear_highpage(page);
	fills++;
	SetPageUptodate(page);
	unlock_page(page);
	return 0;
}

static int no_writeout(struct address_space *as, struct page *page)
{
	return -EIO;
}

static const struct aspace_ops disk_aops = { .fill = counting_fill, .writeout = no_writeout };

static long map_disk(struct mm_struct *mm, struct address_space *as, unsigned long flags)
{
	struct mmap_request rq = {
		.addr = TEST_BASE, .len = PAGE_SIZE, .prot = RW, .flags = flags | MAP_FIXED, .mapping = as,
	};

	return do_mmap(mm, &rq);
}

/* Take the page away, as reclaim would: out of every table, then out of the cache. */
static void drop(struct address_space *as, struct page *page)
{
	get_page(page);
	lock_page(page);
	unmap_mapping_range(as, page->index, page->index, false);
	EXPECT_EQ(page_mapcount(page), 0);
	remove_from_page_cache(page);
	unlock_page(page);
	put_page(page);
}

KTEST(page_kind_clean_file_pages_are_dropped_and_read_again)
{
	struct mm_struct *mm = mm_alloc();
	struct address_space as;

	REQUIRE(mm);
	fills = 0;
	address_space_init(&as, NULL, &disk_aops);
	as.size = PAGE_SIZE;
	EXPECT_EQ(map_disk(mm, &as, MAP_PRIVATE), (long)TEST_BASE);
	EXPECT_EQ(test_fault(mm, TEST_BASE, false), FAULT_OK);
	EXPECT_EQ(kind_at(mm, TEST_BASE), KIND_file);
	EXPECT(!PageSwapBacked(page_behind(mm, TEST_BASE)));
	EXPECT_EQ(fork_shares(mm, TEST_BASE), shareable(KIND_file));
	drop(&as, page_behind(mm, TEST_BASE));
	EXPECT(!page_behind(mm, TEST_BASE));
	EXPECT_EQ(test_fault(mm, TEST_BASE, false), FAULT_OK);
	EXPECT_EQ(fills == 2, swappable(KIND_file));
	/* a private write makes a page of another kind; the file's own stays clean */
	EXPECT_EQ(test_poke(mm, TEST_BASE, 1), 0);
	EXPECT_EQ(kind_at(mm, TEST_BASE), KIND_anon);
	mmput(mm);
	address_space_destroy(&as);
}

KTEST(page_kind_dirty_file_pages_have_to_be_written_first)
{
	unsigned long dirty = page_kind_count(KIND_dirty);
	struct mm_struct *mm = mm_alloc();
	struct address_space as;

	REQUIRE(mm);
	address_space_init(&as, NULL, &disk_aops);
	as.size = PAGE_SIZE;
	EXPECT_EQ(map_disk(mm, &as, MAP_SHARED), (long)TEST_BASE);
	EXPECT_EQ(test_poke(mm, TEST_BASE, 7), 0);
	EXPECT_EQ(kind_at(mm, TEST_BASE), KIND_dirty);
	EXPECT(swappable(KIND_dirty));
	EXPECT(PageDirty(page_behind(mm, TEST_BASE)) && as.ops->writeout);
	EXPECT_EQ(page_kind_count(KIND_dirty) - dirty, 1);
	EXPECT_EQ(fork_shares(mm, TEST_BASE), shareable(KIND_dirty));
	mmput(mm);
	address_space_destroy(&as);
}

/* ---- what stays ---- */

KTEST(page_kind_locked_pages_stay_until_they_are_unlocked)
{
	unsigned long locked = page_kind_count(KIND_locked);
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	EXPECT_EQ(test_poke(mm, TEST_BASE, 7), 0);
	EXPECT_EQ(do_mlock(mm, TEST_BASE, PAGE_SIZE, VM_LOCKED, ~0UL), 0);
	EXPECT_EQ(kind_at(mm, TEST_BASE), KIND_locked);
	EXPECT_EQ(page_kind_count(KIND_locked) - locked, 1);
	EXPECT_EQ(do_madvise(mm, TEST_BASE, PAGE_SIZE, MADV_DONTNEED) == 0, swappable(KIND_locked));
	EXPECT_EQ(fork_shares(mm, TEST_BASE), shareable(KIND_locked));
	EXPECT_EQ(do_mlock(mm, TEST_BASE, PAGE_SIZE, 0, ~0UL), 0);
	EXPECT_EQ(kind_at(mm, TEST_BASE), KIND_anon);
	EXPECT_EQ(do_madvise(mm, TEST_BASE, PAGE_SIZE, MADV_DONTNEED), 0);
	mmput(mm);
}

KTEST(page_kind_vdso_pages_stay_and_every_program_maps_them)
{
	static const struct vm_ops ops;
	struct page *page = phys_to_page(virt_to_phys(arch_vdso_start));
	struct page *pages[] = { page };
	struct mm_struct *mm = mm_alloc();

	REQUIRE(mm);
	EXPECT_EQ(install_special_mapping(mm, TEST_BASE, PAGE_SIZE, VM_READ | VM_MAYREAD, &ops, pages), 0);
	EXPECT_EQ(test_fault(mm, TEST_BASE, false), FAULT_OK);
	EXPECT_EQ(page_behind(mm, TEST_BASE), page);
	EXPECT_EQ(kind_at(mm, TEST_BASE), KIND_vdso);
	EXPECT_EQ(moves_away(page), swappable(KIND_vdso));
	EXPECT_EQ(fork_shares(mm, TEST_BASE), shareable(KIND_vdso));
	mmput(mm);
}

/* A page the kernel has for itself: of this kind, without a mapping to find ptes by, and it does not move. */
static void expect_kernel_page(struct page *page, enum page_kind kind)
{
	EXPECT_EQ(page_kind(NULL, page), kind);
	EXPECT(!swappable(kind) && !shareable(kind));
	EXPECT(!PageAnon(page));
	EXPECT_EQ(moves_away(page), swappable(kind));
}

KTEST(page_kind_of_kernel_pages_is_neither_swappable_nor_shareable)
{
	struct mm_struct *mm = mm_alloc(), *child;
	void *object = kmalloc(100, GFP_KERNEL), *area = vmalloc(PAGE_SIZE);
	pmd_t *mine, *its;

	REQUIRE(mm && object && area);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	EXPECT_EQ(test_poke(mm, TEST_BASE, 1), 0);
	child = dup_mm(mm);
	REQUIRE(child);
	mine = pmd_lookup(mm->pgd, TEST_BASE);
	its = pmd_lookup(child->pgd, TEST_BASE);
	REQUIRE(mine && its);
	EXPECT(pmd_table_pa(*mine) != pmd_table_pa(*its));		/* tables are not shared */
	expect_kernel_page(phys_to_page(pmd_table_pa(*mine)), KIND_table);
	expect_kernel_page(virt_to_page(object), KIND_slab);
	expect_kernel_page(vmalloc_to_page(area), KIND_kernel);
	expect_kernel_page(vmalloc_to_page((void *)(current->kstack_top - 8)), KIND_stack);
	expect_kernel_page(phys_to_page(virt_to_phys((void *)page_kinds)), KIND_image);
	mmput(child);
	mmput(mm);
	kfree(object);
	vfree(area);
}

KTEST(page_kind_of_a_free_page_is_nobodys)
{
	struct page *page = alloc_page(GFP_KERNEL);

	REQUIRE(page);
	put_page(page);
	EXPECT_EQ(page_kind(NULL, page), NR_PAGE_KINDS);
}
