/* SPDX-License-Identifier: MIT */
/*
 * mm/page_cache.c - file offset -> page through the radix tree; locked, up to date, dirty
 *
 * THE QUESTION   Is this part of the file in memory, and if not, who brings it in, once?
 *
 * THE PICTURE    absent --add--> locked, not up to date --fill--> up to date --> dirty
 *                   ^                    | fill failed
 *                   '---- remove (page locked; unmaps what still maps it) ----'
 *
 *                page_cache_get: find it; up to date? done. Else lock it and look again (another
 *                thread may have filled or removed it), fill, wait, check.
 *
 * ALWAYS TRUE    K1  page in as->page_tree at index i  <=>  page->mapping == as, index == i;
 *                    the tree holds one reference; nrpages counts them.
 *                K2  mapping changes from as to NULL under page lock and tree_lock, with
 *                    mapcount 0. So whoever holds the page lock and has seen mapping == as may
 *                    map the page; so may whoever holds tree_lock and found it, its page lock free
 *                    (map_around): a removal meets such mappings once, however many fault.
 *                K3  contents of a page that is not up to date are never shown to a program.
 *                K4  a reference to a cached page is made under tree_lock, or by who has one: with
 *                    two, seen under tree_lock, it is the tree's and ours, and nobody else's.
 *
 * LOCKS          page lock (sleeps) > i_mmap_rwsem > ptl > tree_lock. tree_lock is not taken by
 *                interrupts; radix nodes are allocated under it and so may not wait.
 *
 * LEFT OUT       writeback, readahead, reclaim, shadow entries. (Linux: mm/filemap.c)
 * READ NEXT      truncate.c (removal), fault.c (mapping), shmem.c (a fill that never waits).
 */
#include <mm/mempolicy.h>
#include <mm/slab.h>
#include <mm/zone.h>
#include "mm_internal.h"

static struct kmem_cache *node_cache;

struct radix_tree_node *radix_tree_node_alloc(void)
{
	return kmem_cache_alloc(node_cache, GFP_ATOMIC);
}

void radix_tree_node_free(struct radix_tree_node *node)
{
	kmem_cache_free(node_cache, node);
}

void page_cache_init(void)
{
	node_cache = kmem_cache_create("radix_tree_node", sizeof(struct radix_tree_node), 0,
				       SLAB_PANIC, NULL);
}

void address_space_init(struct address_space *as, void *host, const struct aspace_ops *ops)
{
	as->host = host;
	INIT_RADIX_TREE(&as->page_tree);
	as->policies = RB_ROOT;
	spin_lock_init(&as->tree_lock, RANK_CACHE_TREE);
	as->nrpages = 0;
	init_rwsem(&as->i_mmap_rwsem, RANK_IMMAP);
	as->i_mmap = RB_ROOT;
	atomic_set(&as->i_mmap_writable, 0);
	as->ops = ops;
	as->size = 0;
	as->flags = ops == &shmem_aspace_ops ? AS_SHMEM : 0;
}

void address_space_destroy(struct address_space *as)
{
	ASSERT(RB_EMPTY_ROOT(&as->i_mmap));
	as->size = 0;
	if (as->nrpages)
		truncate_pages(as, 0);
	ASSERT(as->nrpages == 0);
	if (unlikely(!RB_EMPTY_ROOT(&as->policies)))
		mapping_policy_free(as);
}

/* ---- find ------------------------------------------------------------------------------------ */

struct page *find_lock_page(struct address_space *as, pgoff_t index)
{
	struct page *page;

	while ((page = find_get_page(as, index))) {
		lock_page(page);
		if (page->mapping == as)
			break;
		unlock_page(page);		/* removed while we slept */
		put_page(page);
	}
	return page;
}

unsigned int find_get_pages(struct address_space *as, pgoff_t *from, pgoff_t last,
			    unsigned int max, struct page **pages)
{
	unsigned int i, n;

	spin_lock(&as->tree_lock);
	n = radix_tree_gang_lookup(&as->page_tree, (void **)pages, NULL, *from, max);
	for (i = 0; i < n && pages[i]->index <= last; i++) {
		get_page(pages[i]);
		*from = pages[i]->index + 1;
	}
	spin_unlock(&as->tree_lock);
	return i;
}

pgoff_t next_cached_page(struct address_space *as, pgoff_t from)
{
	pgoff_t index = ~0UL;
	void *page;

	WITH_SPINLOCK(&as->tree_lock)
		if (!radix_tree_gang_lookup(&as->page_tree, &page, &index, from, 1))
			index = ~0UL;
	return index;
}

pgoff_t next_hole(struct address_space *as, pgoff_t from)
{
	pgoff_t index = from;

	WITH_SPINLOCK(&as->tree_lock)
		index = radix_tree_next_hole(&as->page_tree, from, ~0UL - from);
	return index;
}

/* ---- add and remove -------------------------------------------------------------------------- */

/* insert_page - K1, with the caller's reference becoming the tree's */
static int insert_page(struct address_space *as, struct page *page, pgoff_t index)
{
	int err;

	ASSERT(!page->mapping);
	spin_lock(&as->tree_lock);
	err = radix_tree_insert(&as->page_tree, index, page);
	if (!err) {
		page->mapping = as;
		page->index = index;
		as->nrpages++;
	}
	spin_unlock(&as->tree_lock);
	if (err)
		return err;
	mod_vm_state(nr_file_pages, 1);
	if (as->flags & AS_SHMEM)
		mod_vm_state(nr_shmem, 1);
	return 0;
}

int add_to_page_cache(struct address_space *as, struct page *page, pgoff_t index)
{
	int err;

	__SetPageLocked(page);
	page->private = 0;
	if (as->flags & AS_SHMEM)
		__SetPageSwapBacked(page);
	get_page(page);
	err = insert_page(as, page, index);
	if (!err)
		return 0;
	page->flags &= ~(BIT(PG_locked) | BIT(PG_swapbacked));
	put_page(page);
	return err;
}

/* unreserve - a boot-time frame (initramfs data) will end in the allocator like any other page */
static void unreserve(struct page *page)
{
	if (!PageReserved(page))
		return;
	__ClearPageReserved(page);
	__atomic_fetch_add(&page_zone(page)->managed, 1, __ATOMIC_RELAXED);
	page_alloc_account(1);
}

int page_cache_adopt(struct address_space *as, struct page *page, pgoff_t index)
{
	const unsigned long set = BIT(PG_uptodate) | (as->flags & AS_SHMEM ? BIT(PG_swapbacked) : 0);
	int err;

	ASSERT(page_count(page) == 1);
	unreserve(page);
	page->flags = (page->flags & ~BIT(PG_kernel)) | set;
	page->mapping = NULL;
	page->private = 0;
	atomic_set(&page->_mapcount, -1);
	err = insert_page(as, page, index);
	if (err)
		page->flags &= ~set;
	return err;
}

/* take_out - the locked @page, which is mapped nowhere, leaves the tree; tree_lock held */
static void take_out(struct address_space *as, struct page *page)
{
	void *old = radix_tree_delete(&as->page_tree, page->index);

	ASSERT(old == page && !page_mapcount(page));
	(void)old;
	page->mapping = NULL;
	as->nrpages--;
}

/* forget_page - @page was taken out: the counters, and the tree's reference */
static void forget_page(const struct address_space *as, struct page *page)
{
	mod_vm_state(nr_file_pages, -1);
	if (as->flags & AS_SHMEM)
		mod_vm_state(nr_shmem, -1);
	if (TestClearPageDirty(page) && as->ops->writeout)
		mod_vm_state(nr_dirty, -1);
	put_page(page);
}

void remove_from_page_cache(struct page *page)
{
	struct address_space *as = page->mapping;

	ASSERT(PageLocked(page) && as);
	spin_lock(&as->tree_lock);
	while (unlikely(page_mapcount(page))) {
		/* map_around() found it before we locked it: unmap that too (K2) */
		spin_unlock(&as->tree_lock);
		unmap_mapping_range(as, page->index, page->index, false);
		spin_lock(&as->tree_lock);
	}
	take_out(as, page);
	spin_unlock(&as->tree_lock);
	forget_page(as, page);
}

bool remove_unused_page(struct page *page)
{
	struct address_space *as = page->mapping;
	bool unused;

	ASSERT(PageLocked(page) && as);
	spin_lock(&as->tree_lock);
	unused = page_count(page) == 2;		/* so it is mapped nowhere, and K4: no reference comes */
	smp_rmb();				/* who wrote to it marked it before the reference went */
	unused = unused && !PageDirty(page);
	if (unused)
		take_out(as, page);
	spin_unlock(&as->tree_lock);
	if (unused)
		forget_page(as, page);
	return unused;
}

/* ---- contents -------------------------------------------------------------------------------- */

void set_page_dirty(struct page *page)
{
	struct address_space *as = page->mapping;

	if (PageIcache(page))
		ClearPageIcache(page);
	if (PageDirty(page) || TestSetPageDirty(page))
		return;
	if (as && as->ops->writeout)
		mod_vm_state(nr_dirty, 1);
}

/* add_new_page - a locked page at @index, one reference ours; NULL: see *@err (-EEXIST: look again) */
static struct page *add_new_page(struct address_space *as, pgoff_t index, int *err)
{
	struct page *page = alloc_page_mapping(GFP_HIGHUSER, as, index);

	*err = -ENOMEM;
	if (!page)
		return NULL;
	*err = add_to_page_cache(as, page, index);
	if (!*err)
		return page;
	put_page(page);
	return NULL;
}

/* fill_page - @page is locked and not up to date; it is unlocked when this returns. 0 or -errno */
static int fill_page(struct address_space *as, struct page *page)
{
	int err = as->ops->fill(as, page);

	if (err) {
		remove_from_page_cache(page);	/* nobody has seen it: absent as before */
		unlock_page(page);
		return err;
	}
	if (!PageUptodate(page))
		wait_on_page_locked(page);
	return PageUptodate(page) ? 0 : -EIO;
}

struct page *page_cache_get(struct address_space *as, pgoff_t index, int *err)
{
	for (;;) {
		struct page *page = find_get_page(as, index);

		if (likely(page && PageUptodate(page)))
			return page;
		if (!page) {
			page = add_new_page(as, index, err);
			if (!page && *err == -EEXIST)
				continue;
			if (!page)
				return NULL;
		} else {
			lock_page(page);
			if (page->mapping != as || PageUptodate(page)) {
				unlock_page(page);
				put_page(page);
				continue;
			}
		}
		*err = fill_page(as, page);
		if (!*err)
			return page;
		put_page(page);
		return NULL;
	}
}

/* ---- validator ------------------------------------------------------------------------------- */

void address_space_check(struct address_space *as)
{
	struct page *pages[16];
	unsigned long index[16], from = 0, count = 0;
	unsigned int i, n;

	spin_lock(&as->tree_lock);
	do {
		n = radix_tree_gang_lookup(&as->page_tree, (void **)pages, index, from, 16);
		for (i = 0; i < n; i++) {
			if (pages[i]->mapping != as || pages[i]->index != index[i] ||
			    page_count(pages[i]) < 1)
				panic("address_space_check: index %lx: page %lx says %lx", index[i],
				      page_to_pfn(pages[i]), pages[i]->index);
			from = index[i] + 1;
		}
		count += n;
	} while (n == 16 && from);
	if (count != as->nrpages || radix_tree_check(&as->page_tree) != (long)count)
		panic("address_space_check: %lu pages found, nrpages %lu", count, as->nrpages);
	spin_unlock(&as->tree_lock);
}
