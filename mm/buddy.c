/* SPDX-License-Identifier: MIT */
/*
 * mm/buddy.c - how are blocks of 2^n pages split and merged?
 *
 * THE QUESTION   Someone wants 4 contiguous pages; the smallest free block has 32. Who gets the rest,
 *                and how does it find together again?
 *
 * THE PICTURE    order 3   [ 0 . . . . . . . ]
 *                split     [ 0 . . . ][ 4 . . . ]            two buddies of order 2
 *                split     [ 0 . ][ 2 . ][ 4 . . . ]         allocate 2 pages at 0
 *                A block's buddy differs from it in one bit: pfn ^ (1 << order).
 *                Freeing 0: is its buddy 2 free and of order 1? merge to order 2; then 4? to order 3.
 *
 * ALWAYS TRUE    B1  a free block of order n starts at a multiple of 2^n; its first page carries
 *                    PG_buddy, its order in `private`, and is on free_area[n]; no other page does.
 *                B2  two free buddies of one order never exist side by side (below MAX_ORDER).
 *                B3  zone->nr_free == sum over n of free_area[n].nr_free << n.
 *                B4  the memmap covers whole blocks of MAX_ORDER (page.c), so looking at a buddy's
 *                    struct page is always safe.
 *
 * LOCKS          zone->lock held by the caller, always.
 * LIFE           pages enter at boot (page.c) and by buddy_free(), leave by buddy_alloc().
 * LEFT OUT       migrate types and compaction: nothing here moves pages.
 * READ NEXT      pcplist.c (in front), page_alloc.c (the door).
 */
#include <kernel/assert.h>
#include "mm_phys.h"

static void add_block(struct zone *z, struct page *p, unsigned int order)
{
	p->private = order;
	__SetPageBuddy(p);
	list_add(&p->lru, &z->free_area[order].free_list);
	z->free_area[order].nr_free++;
}

static void del_block(struct zone *z, struct page *p, unsigned int order)
{
	list_del(&p->lru);
	__ClearPageBuddy(p);
	z->free_area[order].nr_free--;
}

struct page *buddy_alloc(struct zone *z, unsigned int order)
{
	unsigned int o = order;
	struct page *p;

	while (o <= MAX_ORDER && list_empty(&z->free_area[o].free_list))
		o++;
	if (o > MAX_ORDER)
		return NULL;
	p = list_first_entry(&z->free_area[o].free_list, struct page, lru);
	ASSERT_MSG(PageBuddy(p) && p->private == o, "B1: pfn=%lx order=%u flags=%lx private=%lu",
		   page_to_pfn(p), o, p->flags, p->private);
	del_block(z, p, o);
	while (o > order) {
		o--;
		add_block(z, p + (1UL << o), o);	/* the upper half stays free */
	}
	z->nr_free -= 1UL << order;
	return p;
}

/* The free buddy of the block at @pfn, or NULL. */
static struct page *free_buddy(struct zone *z, pfn_t pfn, unsigned int order)
{
	pfn_t buddy_pfn = pfn ^ (1UL << order);
	struct page *buddy = pfn_to_page(buddy_pfn);

	if (!PageBuddy(buddy) || buddy->private != order || page_zone(buddy) != z)
		return NULL;
	return buddy;
}

void buddy_free(struct zone *z, struct page *p, unsigned int order)
{
	pfn_t pfn = page_to_pfn(p);
	struct page *buddy;

	ASSERT_MSG(!PageBuddy(p) && !PageReserved(p), "double free: pfn=%lx flags=%lx", pfn, p->flags);
	ASSERT(!(pfn & ((1UL << order) - 1)));
	z->nr_free += 1UL << order;
	while (order < MAX_ORDER && (buddy = free_buddy(z, pfn, order))) {
		del_block(z, buddy, order);
		pfn &= ~(1UL << order);
		order++;
	}
	add_block(z, pfn_to_page(pfn), order);
}

static unsigned long check_order(struct zone *z, unsigned int order)
{
	unsigned long n = 0;
	struct page *p;

	list_for_each_entry(p, &z->free_area[order].free_list, lru) {
		pfn_t pfn = page_to_pfn(p);

		if (!PageBuddy(p) || p->private != order || (pfn & ((1UL << order) - 1)) ||
		    page_count(p) != 0)
			panic("B1: zone %s pfn=%lx flags=%lx private=%lu order=%u count=%d", z->name,
			      pfn, p->flags, p->private, order, page_count(p));
		if (order < MAX_ORDER && free_buddy(z, pfn, order))
			panic("B2: zone %s pfn=%lx and its buddy are both free at order %u", z->name,
			      pfn, order);
		n++;
	}
	if (n != z->free_area[order].nr_free)
		panic("B3: zone %s order %u: %lu on the list, nr_free=%lu", z->name, order, n,
		      z->free_area[order].nr_free);
	return n << order;
}

void buddy_check(void)
{
	struct zone *z;

	for_each_zone(z) {
		unsigned long flags, sum = 0;

		spin_lock_irqsave(&z->lock, flags);
		for (unsigned int order = 0; order <= MAX_ORDER; order++)
			sum += check_order(z, order);
		if (sum != z->nr_free)
			panic("B3: zone %s: %lu pages on lists, nr_free=%lu", z->name, sum, z->nr_free);
		spin_unlock_irqrestore(&z->lock, flags);
	}
}
