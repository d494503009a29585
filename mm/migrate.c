/* SPDX-License-Identifier: MIT */
/*
 * mm/migrate.c - move a page to another frame under the feet of its programs
 *
 * THE QUESTION   How can a page change its frame while any number of processes have it mapped?
 *
 * THE PICTURE    pte of P  [pfn 7 RW] --.          [migration 7 W] --.          [pfn 9 RW] --.
 *                pte of C  [pfn 7 R ] --+-> 7  ==> [migration 7 R ] --+-> 7  ==> [pfn 9 R ] --+-> 9
 *                                        try_to_unmap          copy       remove_migration_ptes
 *
 *                Whoever touches the page in the middle finds an entry that is not present, sees
 *                what it says, and sleeps until the page lock is free (fault.c, do_swap_page).
 *
 *                A page of the page cache needs no entries: it is unmapped (a fault looks it up again),
 *                and the new page takes its place in the tree, locked and not up to date until the
 *                bytes are there. Who finds it waits as for a page that is being read.
 *
 * ALWAYS TRUE    G1  a migration entry exists only while its page is locked by the mover, who
 *                    also holds a reference: the entry needs none.
 *                G2  each process's resident count includes the page all the time.
 *                G3  a page with more references than its ptes and the mover's stays where it is:
 *                    somebody may be reading or writing the frame.
 *                G4  fork may copy an entry while remove_migration_ptes() walks: the parent's VMA
 *                    comes first in the tree (A3 of anon_vma.c), so the child either copies a
 *                    present pte, or its copy of the entry is found later in the same walk.
 *                G5  a cached page leaves the tree with two references, the tree's and the mover's, seen
 *                    under tree_lock, where every other one is made: nobody reads or writes it later.
 *                G6  uffd-wp goes along: an entry carries it, and is not writable then.
 *
 * LOCKS          page lock of the old page, then of the new (nobody else knows that one); tree_lock.
 * READ NEXT      rmap.c (the walk), fault.c (do_swap_page).
 */
#include <mm/highmem.h>
#include <mm/lazyfree.h>
#include <mm/rmap.h>
#include <mm/swapops.h>
#include "mm_internal.h"

/* ---- away ------------------------------------------------------------------------------------ */

static bool unmap_one(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	spinlock_t *ptl;
	pte_t *ptep = rmap_pte_lock(page, vma->vm_mm, addr, &ptl), pte, swp;
	enum swp_type type;

	(void)arg;
	if (!ptep)
		return true;
	pte = ptep_get_and_clear(ptep);
	flush_tlb_page(vma->vm_mm, addr);
	if (pte_dirty(pte) && PageLazyFree(page))
		lazyfree_keep(page);
	type = pte_write(pte) ? SWP_MIGRATION_WRITE : SWP_MIGRATION_READ;
	swp = swp_to_pte(swp_entry(type, page_to_pfn(page)));
	set_pte(ptep, pte_uffd_wp(pte) ? pte_swp_mkuffd_wp(swp) : swp);
	page_remove_rmap(page);
	pte_unlock(ptl);
	put_page(page);
	return true;
}

bool try_to_unmap(struct page *page)
{
	ASSERT(PageLocked(page) && PageAnon(page) && page_count(page) > 0);
	rmap_walk(page, unmap_one, NULL);
	return page_mapcount(page) == 0;
}

/* ---- back ------------------------------------------------------------------------------------ */

struct arrival {
	struct page *old, *new;
};

/*
 * present_pte - as a fault would make it; clean and old hardware bits cost one spurious fault at most, and D tells
 * that a page of MADV_FREE was written since
 */
static pte_t present_pte(const struct vm_area_struct *vma, struct page *page, pte_t swp)
{
	pte_t pte = pte_mkyoung(pfn_pte(page_to_pfn(page), vma->vm_page_prot));
	swp_entry_t entry = pte_to_swp(swp);

	if (!PageLazyFree(page))
		pte = pte_mkdirty(pte);
	if (pte_swp_uffd_wp(swp))
		return pte_mkuffd_wp(pte);
	return swp_type(entry) == SWP_MIGRATION_WRITE && (vma->vm_flags & VM_WRITE) ? pte_mkwrite(pte) : pte;
}

static bool arrive_one(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	struct arrival *a = arg;
	spinlock_t *ptl;
	pte_t *ptep = pte_lookup_lock(vma->vm_mm, addr, &ptl), pte;

	(void)page;
	if (!ptep)
		return true;
	pte = ptep_get(ptep);
	if (is_swap_pte(pte) && is_migration_entry(pte_to_swp(pte)) &&
	    migration_page(pte_to_swp(pte)) == a->old) {
		get_page(a->new);
		page_add_rmap(a->new);
		sync_icache(vma, a->new);
		set_pte(ptep, present_pte(vma, a->new, pte));
	}
	pte_unlock(ptl);
	return true;
}

/* ---- the move -------------------------------------------------------------------------------- */

/* move_contents - bytes and identity; both locked, @old mapped nowhere */
static void move_contents(struct page *old, struct page *new)
{
	copy_highpage(new, old);
	new->index = old->index;
	WRITE_ONCE(new->mapping, old->mapping);
	new->flags |= BIT(PG_swapbacked) | BIT(PG_uptodate);
	if (PageLazyFree(old))
		lazyfree_add(new);
}

/* migrate_locked - both locked; @av is kept alive by the caller: once unmapped, the page cannot tell it */
static bool migrate_locked(struct page *page, struct page *new, struct anon_vma *av)
{
	struct arrival a = { .old = page, .new = page };

	if (try_to_unmap(page) && page_count(page) == 1) {	/* G3 */
		move_contents(page, new);
		a.new = new;
	}
	rmap_walk_anon(page, av, arrive_one, &a);
	return a.new == new;
}

static bool migrate_anon(struct page *page, struct page *new)
{
	struct anon_vma *av = page_get_anon_vma(page);
	bool moved;

	if (!av)
		return false;
	lock_page(new);
	moved = migrate_locked(page, new, av);
	unlock_page(new);
	put_anon_vma(av);
	return moved;
}

/* ---- pages of the page cache ----------------------------------------------------------------- */

/* replace_cached - G5: @new, locked and not up to date, is in the tree instead of @page; tree_lock held */
static bool replace_cached(struct address_space *as, struct page *page, struct page *new)
{
	if (page_mapcount(page) || page_count(page) != 2)
		return false;
	new->flags |= READ_ONCE(page->flags) & (BIT(PG_swapbacked) | BIT(PG_dirty) | BIT(PG_referenced));
	new->index = page->index;
	new->private = page->private;
	new->mapping = as;
	get_page(new);
	radix_tree_replace(&as->page_tree, page->index, new);
	page->mapping = NULL;
	ClearPageDirty(page);		/* atomic: a waiter may just have marked the page */
	return true;
}

static bool migrate_cached(struct page *page, struct page *new)
{
	struct address_space *as = page->mapping;
	bool moved = false;

	if (!as || !PageUptodate(page) || PageWriteback(page))
		return false;
	unmap_mapping_range(as, page->index, page->index, false);
	lock_page(new);
	WITH_SPINLOCK(&as->tree_lock)
		moved = replace_cached(as, page, new);
	if (moved) {
		copy_highpage(new, page);
		SetPageUptodate(new);
		put_page(page);			/* the tree's */
	}
	unlock_page(new);
	return moved;
}

int migrate_page(struct page *page, struct page *new)
{
	bool moved;

	lock_page(page);
	moved = PageAnon(page) ? migrate_anon(page, new) : migrate_cached(page, new);
	unlock_page(page);
	count_vm_event(moved ? pgmigrate_success : pgmigrate_fail);
	if (!moved)
		return -EAGAIN;
	put_page(page);
	return 0;
}
