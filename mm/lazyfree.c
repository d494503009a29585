/* SPDX-License-Identifier: MIT */
/*
 * mm/lazyfree.c - MADV_FREE: memory that may be taken away any time, until it is written again
 *
 * THE QUESTION   An allocator gives memory back with MADV_DONTNEED and often wants it again at once: a fault, a new
 *                page and its clearing for each. Can it say "take it if you need it"?
 *
 * THE PICTURE    [pte D]-> page, swap-backed     --MADV_FREE-->     [pte -]-> page, not swap-backed, on the list
 *
 *                write before anybody needs memory:   [pte D]-> the same page; it is kept when it is looked at
 *                memory runs out (page_alloc.c):      [pte none]   the page is free; the next touch finds zeroes
 *
 *                lazyfree_shrink: off the list, page lock, each pte cleared and flushed, then its D bit decides
 *
 * ALWAYS TRUE    Z1  a page on the list is PG_lru, anonymous and not PG_swapbacked; it holds no reference for that:
 *                    who drops the last one takes it off (lazyfree_forget()).
 *                Z2  a page joins while the pte is its only reference: whoever holds another one later got it from a
 *                    pte, and has seen nr_lazyfree count the page (mmu_gather.c relies on it).
 *                Z3  a store after MADV_FREE survives: each way to store sets D in a pte first, the hardware, the
 *                    fault (fault_spurious(), cow.c) or get_user_pages, and D is looked at when no CPU has the pte.
 *                Z4  a page with other references than its ptes is kept: somebody may be using the frame.
 *                Z5  memory of a VM_LOCKED mapping is kept.
 *
 * LOCKS          ptl > lazyfree_lock. The shrinker comes from the depth of any allocation that may wait, so it only
 *                tries page locks and anon_vmas; fork and mremap are understood as in migrate.c (G4).
 * LEFT OUT       a daemon that frees these pages before somebody waits; pages mapped more than once, which MADV_FREE
 *                leaves alone.
 * READ NEXT      madvise.c, page_alloc.c (alloc_slowly), rmap.c.
 */
#include <mm/lazyfree.h>
#include <mm/rmap.h>
#include <mm/zone.h>
#include "mm_internal.h"

static LIST_HEAD(lazyfree_list);		/* oldest first, by page->lru */
static DEFINE_SPINLOCK(lazyfree_lock, RANK_LRU);
unsigned long nr_lazyfree;

/* ---- the list -------------------------------------------------------------------------------- */

static void link_page(struct page *page)
{
	ASSERT(PageLazyFree(page) && !PageLRU(page));
	SetPageLRU(page);
	list_add_tail(&page->lru, &lazyfree_list);
}

static void unlink_page(struct page *page)
{
	ASSERT(PageLRU(page));
	ClearPageLRU(page);
	list_del(&page->lru);
}

void lazyfree_add(struct page *page)
{
	WITH_SPINLOCK(&lazyfree_lock) {
		ClearPageSwapBacked(page);
		link_page(page);
		WRITE_ONCE(nr_lazyfree, nr_lazyfree + 1);
	}
}

void lazyfree_keep(struct page *page)
{
	ASSERT(PageLocked(page));
	WITH_SPINLOCK(&lazyfree_lock) {
		if (PageLRU(page)) {
			unlink_page(page);
			WRITE_ONCE(nr_lazyfree, nr_lazyfree - 1);
		}
		SetPageSwapBacked(page);
	}
}

bool lazyfree_forget(struct page *page)
{
	bool found;

	WITH_SPINLOCK(&lazyfree_lock) {
		found = PageLRU(page) && PageLazyFree(page) && !page_mapcount(page);
		if (found) {
			unlink_page(page);
			WRITE_ONCE(nr_lazyfree, nr_lazyfree - 1);
		}
	}
	return found;
}

/* ---- MADV_FREE ------------------------------------------------------------------------------- */

/* free_pte - Z2; false: the page stays as it is */
static bool free_pte(pte_t *ptep)
{
	struct page *page = pfn_to_page(pte_pfn(ptep_get(ptep)));

	if (!PageAnon(page) || page_count(page) != 1 || page_mapcount(page) != 1 || PageLocked(page) ||
	    PageDirty(page))
		return false;
	ptep_clear_access(ptep);
	if (PageSwapBacked(page)) {
		lazyfree_add(page);
		count_vm_event(pglazyfree);
	}
	return true;
}

static int free_ptes(pte_t *ptep, unsigned long addr, unsigned int n, void *arg)
{
	(void)addr;
	for (; n; n--, ptep++) {
		pte_t pte = ptep_get(ptep);

		if (pte_present(pte) && !pte_special(pte) && free_pte(ptep))
			*(bool *)arg = true;
	}
	return 0;
}

void lazyfree_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	bool flush = false;

	ASSERT(vma_is_anonymous(vma) && !(vma->vm_flags & VM_LOCKED));
	walk_page_range(vma->vm_mm, start, end, free_ptes, &flush);
	if (flush)
		flush_tlb_range(vma->vm_mm, start, end);
}

/* ---- memory is needed ------------------------------------------------------------------------ */

#define SCAN_BATCH	32	/* pages looked at in one hold of lazyfree_lock, which every exit and MADV_FREE wants */

/* scan_batch - the first of a batch that helps, unlinked and referenced; NULL: none. The rest rotates. */
static struct page *scan_batch(unsigned int highest, unsigned long nodes, unsigned long *scan)
{
	for (unsigned int i = 0; i < SCAN_BATCH && *scan; i++) {
		struct page *p = list_first_entry_or_null(&lazyfree_list, struct page, lru);

		*scan = p ? *scan - 1 : 0;
		if (!p)
			break;
		if (page_zonenum(p) <= highest && (nodes >> page_to_nid(p) & 1) && get_page_unless_zero(p)) {
			unlink_page(p);
			return p;
		}
		list_move_tail(&p->lru, &lazyfree_list);
	}
	return NULL;
}

/* isolate - the first of at most *@scan pages that helps, referenced and off the list; NULL: none */
static struct page *isolate(unsigned int highest, unsigned long nodes, unsigned long *scan)
{
	struct page *page = NULL;

	while (*scan && !page)
		WITH_SPINLOCK(&lazyfree_lock)
			page = scan_batch(highest, nodes, scan);
	return page;
}

/* discard_one - Z3, Z4, Z5: clear one pte, or set *@arg: the page is kept */
static bool discard_one(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	bool *keep = arg;
	spinlock_t *ptl;
	pte_t *ptep = rmap_pte_lock(page, vma->vm_mm, addr, &ptl), pte;

	if (!ptep)
		return true;
	pte = ptep_get_and_clear(ptep);
	flush_tlb_page(vma->vm_mm, addr);
	*keep = pte_dirty(pte) || PageDirty(page) || (vma->vm_flags & VM_LOCKED) ||
		page_count(page) != page_mapcount(page) + 1;
	if (*keep) {
		set_pte(ptep, pte);
		pte_unlock(ptl);
		return false;
	}
	page_remove_rmap(page);
	atomic64_dec(&vma->vm_mm->rss_anon);
	pte_unlock(ptl);
	put_page(page);
	return true;
}

enum discard { DISCARD_DONE, DISCARD_KEEP, DISCARD_BUSY };

static enum discard try_to_discard(struct page *page)
{
	struct anon_vma *av;
	bool keep = false, walked;

	ASSERT(PageLocked(page));
	if (!PageLazyFree(page))
		return DISCARD_KEEP;
	av = page_get_anon_vma(page);
	if (!av)
		return DISCARD_DONE;		/* unmapped meanwhile: ours may be the last reference */
	walked = rmap_trywalk_anon(page, av, discard_one, &keep);
	put_anon_vma(av);
	if (!walked)
		return DISCARD_BUSY;
	return keep || page_mapcount(page) ? DISCARD_KEEP : DISCARD_DONE;
}

/* settle - the isolated page goes back to the list, is kept, or is free with the reference that is put here */
static bool settle(struct page *page, enum discard how, bool locked)
{
	WITH_SPINLOCK(&lazyfree_lock) {
		if (how == DISCARD_BUSY && !PageSwapBacked(page)) {
			link_page(page);
		} else {
			WRITE_ONCE(nr_lazyfree, nr_lazyfree - 1);
			SetPageSwapBacked(page);
		}
	}
	if (locked)
		unlock_page(page);
	put_page(page);
	return how == DISCARD_DONE;
}

unsigned int lazyfree_shrink(unsigned int n, unsigned int highest, unsigned long nodes)
{
	unsigned long scan = lazyfree_pages();
	unsigned int freed = 0;
	struct page *page;

	while (freed < n && (page = isolate(highest, nodes, &scan))) {
		bool locked = trylock_page(page);

		freed += settle(page, locked ? try_to_discard(page) : DISCARD_BUSY, locked);
	}
	count_vm_events(pglazyfreed, freed);
	return freed;
}
