/* SPDX-License-Identifier: MIT */
/*
 * mm/extfrag.c - there is enough memory, and yet no block of that size: how bad is it?
 *
 * THE PICTURE    32 free pages, and someone wants 8 in a row (order 3):
 *                [8 . . . . . . .][8 . . . . . . .][8 ...][8 ...]    unusable 0.000: any order-3 request can be met
 *                [2 .] [2 .] [1] [4 . . .] [1] ...                   unusable 1.000: none of it serves
 *
 * TWO NUMBERS    in thousandths, for a zone and an order, as in Linux's debugfs directory extfrag:
 *                unusable  the share of free memory that lies in blocks too small for the order.
 *                index     why an allocation would fail: towards 0 too little memory (reclaim helps), towards
 *                          1 enough memory in too many pieces (only moving pages would help);
 *                          -1 when it would not fail at all.
 *                          1 - (1 + free / wanted) / blocks: with as many blocks as there would have to be
 *                          pieces of the wanted size it is 0, with all free memory in single pages nearly 1.
 *
 * LOCKS          the zone's lock, for a consistent picture.
 * SEEN BY        /proc/unusable_index, /proc/extfrag_index; internal fragmentation: /proc/slabinfo (row 76).
 * LEFT OUT       compaction, which in Linux starts above an index of 0.5.
 * READ NEXT      buddy.c.
 */
#include <mm/zone.h>

struct free_picture { unsigned long pages, blocks, suitable; };	/* suitable: blocks of the order that could be cut */

static struct free_picture look_at(struct zone *z, unsigned int order)
{
	struct free_picture f = { 0 };
	unsigned long flags;

	spin_lock_irqsave(&z->lock, flags);
	for (unsigned int o = 0; o <= MAX_ORDER; o++) {
		unsigned long n = z->free_area[o].nr_free;

		f.blocks += n;
		f.pages += n << o;
		f.suitable += o >= order ? n << (o - order) : 0;
	}
	spin_unlock_irqrestore(&z->lock, flags);
	return f;
}

int unusable_free_index(struct zone *z, unsigned int order)
{
	struct free_picture f = look_at(z, order);

	return f.pages ? (int)((f.pages - (f.suitable << order)) * 1000 / f.pages) : 1000;
}

int extfrag_index(struct zone *z, unsigned int order)
{
	struct free_picture f = look_at(z, order);

	if (!f.blocks)
		return 0;
	if (f.suitable)
		return -1000;
	return 1000 - (int)((1000 + f.pages * 1000 / (1UL << order)) / f.blocks);
}
