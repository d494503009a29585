/* SPDX-License-Identifier: MIT */
/*
 * mm/page.c - which struct page describes this frame, and who holds it?
 *
 * THE PICTURE    vmemmap:  [ struct page ][ struct page ][ ... ]      64 bytes each, indexed by frame number
 *                              frame 0        frame 1                 only blocks that contain RAM are mapped
 *
 *                _refcount   0 free    1 one owner    n shared        put_page() frees at 0
 *                _mapcount  -1 in no page table       n-1 in n ptes   never above _refcount - 1
 *
 * ALWAYS TRUE    F1  every frame of RAM has a mapped struct page; the memmap comes in blocks of 2^MAX_ORDER
 *                    frames, and frames of such a block that are not RAM are PG_reserved.
 *                F2  reserved frames (kernel image, early tables, the memmap itself) are PG_reserved,
 *                    have reference count 1, and never enter the allocator unless free_reserved_area()
 *                    hands them over.
 *                F3  PG_locked has one holder; PG_waiters is set before anyone sleeps on it.
 *
 * LOCKS          PG_locked is the page lock (RANK_PAGE); sleepers use a hash of wait queues.
 * THE NUMBERS    512 MiB: 131,072 frames * 64 bytes = 8 MiB, 1.6%. Initialising one
 *                costs 15 to 17 instructions: 10 to clear it (memblock), 5 or 6 here; giving it to the buddy lists 0.1.
 * LEFT OUT       compound pages, folios, deferred initialisation.
 * READ NEXT      zone.c, buddy.c; rmap.c (who counts _mapcount).
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/printk.h>
#include <kernel/wait.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/memblock.h>
#include <mm/page.h>
#include <mm/page_owner.h>
#include "mm_phys.h"

#define BLOCK_PAGES	(1UL << MAX_ORDER)
#define LARGE_CHUNK	(2UL << 20)	/* the smallest large leaf on both ports */
#define WAIT_TABLE_BITS	6

struct page *vmemmap;
pfn_t max_pfn, min_pfn;

static wait_queue_head_t page_wait[1 << WAIT_TABLE_BITS];

/* ---- the page lock ---- */

static wait_queue_head_t *page_waitqueue(const struct page *p)
{
	return &page_wait[hash_long((unsigned long)p, WAIT_TABLE_BITS)];
}

/* F3: leave the mark, then test again; unlock_page() clears the lock, then looks for the mark. */
static bool trylock_marking(struct page *p)
{
	if (trylock_page(p))
		return true;
	SetPageWaiters(p);
	smp_mb();
	return trylock_page(p);
}

void lock_page(struct page *p)
{
	might_sleep();
	if (!trylock_page(p))
		wait_event(*page_waitqueue(p), trylock_marking(p));
}

void unlock_page(struct page *p)
{
	unsigned long old;

	ASSERT_MSG(PageLocked(p), "unlock of an unlocked page: pfn=%lx flags=%lx", page_to_pfn(p), p->flags);
	old = __atomic_fetch_and(&p->flags, ~(1UL << PG_locked), __ATOMIC_SEQ_CST);
	if (old & (1UL << PG_waiters)) {
		ClearPageWaiters(p);
		wake_up_all(page_waitqueue(p));
	}
}

static bool unlocked_marking(struct page *p)
{
	if (!PageLocked(p))
		return true;
	SetPageWaiters(p);
	smp_mb();
	return !PageLocked(p);
}

void wait_on_page_locked(struct page *p)
{
	if (PageLocked(p))
		wait_event(*page_waitqueue(p), unlocked_marking(p));
}

/* Queued before the reference goes: who has the page locked will wake us, and @p is not touched after that. */
void put_and_wait_on_page_locked(struct page *p)
{
	wait_queue_head_t *q = page_waitqueue(p);
	struct wait_queue_entry e;
	bool unlocked;

	might_sleep();
	init_wait_entry(&e);
	prepare_to_wait(q, &e, THREAD_UNINTERRUPTIBLE);
	unlocked = unlocked_marking(p);
	put_page(p);
	if (!unlocked)
		schedule();
	finish_wait(q, &e);
}

/* ---- the memmap ---- */

bool pfn_valid(pfn_t pfn)
{
	paddr_t start, end;
	unsigned int i = 0;

	while (memblock_next_memory(&i, &start, &end))
		if (pfn >= ALIGN_DOWN(start >> PAGE_SHIFT, BLOCK_PAGES) &&
		    pfn < ALIGN_UP(end >> PAGE_SHIFT, BLOCK_PAGES))
			return true;
	return false;
}

/* The node's own memory for the struct pages at @va, if it has some; any will do. */
static paddr_t memmap_chunk(unsigned long va, size_t size)
{
	pfn_t pfn = page_to_pfn((struct page *)va), end = pfn + size / sizeof(struct page);
	unsigned int nid = numa_next_range(pfn, &end);
	u64 align = size == LARGE_CHUNK ? LARGE_CHUNK : PAGE_SIZE;
	paddr_t pa = memblock_alloc_on_node(size, align, nid);

	return pa ? pa : memblock_alloc(size, align);
}

/* Map struct pages at [va, end), a large leaf at a time where one fits. */
static void map_memmap(unsigned long va, unsigned long end)
{
	while (va < end) {
		unsigned long next = min(ALIGN_DOWN(va, LARGE_CHUNK) + LARGE_CHUNK, end);
		size_t size = next - va;

		if (arch_map_kernel(va, memmap_chunk(va, size), size, PAGE_KERNEL))
			panic("cannot map the memmap at %#lx", va);
		va = next;
	}
}

/* F1: map the blocks around every RAM range, each once. */
static void map_all_memmaps(void)
{
	unsigned long done = 0;
	paddr_t start, end;
	unsigned int i = 0;

	while (memblock_next_memory(&i, &start, &end)) {
		unsigned long va = (unsigned long)pfn_to_page(ALIGN_DOWN(start >> PAGE_SHIFT, BLOCK_PAGES));
		unsigned long va_end = (unsigned long)pfn_to_page(ALIGN_UP(end >> PAGE_SHIFT, BLOCK_PAGES));

		va = max(va, done);
		if (va < va_end)
			map_memmap(va, va_end);
		done = max(done, va_end);
	}
}

/* Frames [pfn, end): memory zeroed by memblock becomes struct pages. */
static void init_struct_pages(pfn_t pfn, pfn_t end, bool reserved)
{
	while (pfn < end) {
		pfn_t stop = end;
		unsigned long flags = (unsigned long)zone_of_pfn(pfn, &stop)->id << PAGE_ZONE_SHIFT;

		if (reserved)
			flags |= 1UL << PG_reserved;
		for (struct page *p = pfn_to_page(pfn), *last = pfn_to_page(stop); p < last; p++) {
			p->flags = flags;
			p->_refcount.counter = reserved;
			p->_mapcount.counter = -1;
		}
		pfn = stop;
	}
}

/* Hand [pfn, end), all of zone @z, to the buddy lists in the largest aligned blocks. */
static void free_range_of_zone(struct zone *z, pfn_t pfn, pfn_t end)
{
	while (pfn < end) {
		unsigned int order = pfn ? min((unsigned int)__builtin_ctzl(pfn), (unsigned int)MAX_ORDER) : MAX_ORDER;
		unsigned long flags;

		while (pfn + (1UL << order) > end)
			order--;
		spin_lock_irqsave(&z->lock, flags);
		z->managed += 1UL << order;
		buddy_free(z, pfn_to_page(pfn), order);
		spin_unlock_irqrestore(&z->lock, flags);
		pfn += 1UL << order;
	}
}

static void free_range(pfn_t pfn, pfn_t end)
{
	page_alloc_account(end - pfn);
	for (pfn_t stop; pfn < end; pfn = stop) {
		struct zone *z;

		stop = end;
		z = zone_of_pfn(pfn, &stop);
		free_range_of_zone(z, pfn, stop);
	}
}

/* Every block of the memmap starts as reserved; what memblock calls free is rewritten. */
static void init_all_struct_pages(void)
{
	paddr_t start, end;
	pfn_t done = 0;
	unsigned int i = 0;

	while (memblock_next_memory(&i, &start, &end)) {
		pfn_t from = max(ALIGN_DOWN((pfn_t)(start >> PAGE_SHIFT), BLOCK_PAGES), done);
		paddr_t fs, fe, at = (paddr_t)from << PAGE_SHIFT;

		done = max(ALIGN_UP((pfn_t)(end >> PAGE_SHIFT), BLOCK_PAGES), done);
		while (from < done && memblock_next_free(&at, &fs, &fe)) {
			pfn_t next = (pfn_t)(fs >> PAGE_SHIFT), last = min((pfn_t)(fe >> PAGE_SHIFT), done);

			if (next >= done)
				break;
			init_struct_pages(from, next, true);
			init_struct_pages(next, last, false);
			from = last;
		}
		init_struct_pages(from, done, true);
	}
}

void page_init(void)
{
	paddr_t start, end, from = 0;

	for (unsigned int q = 0; q < ARRAY_SIZE(page_wait); q++)
		init_waitqueue_head(&page_wait[q]);
	vmemmap = (struct page *)vmemmap_base;
	min_pfn = (pfn_t)(memblock_start_of_ram() >> PAGE_SHIFT);
	max_pfn = (pfn_t)(memblock_end_of_ram() >> PAGE_SHIFT);
	numa_init();
	highmem_mark();
	zone_init();
	map_all_memmaps();
	page_owner_init();
	init_all_struct_pages();
	while (memblock_next_free(&from, &start, &end))
		free_range((pfn_t)(start >> PAGE_SHIFT), (pfn_t)(end >> PAGE_SHIFT));
	zone_setup();
	pcp_init();
	pcp_init_cpu();
}

void free_reserved_area(paddr_t start, paddr_t end)
{
	pfn_t first = (pfn_t)(ALIGN_UP(start, PAGE_SIZE) >> PAGE_SHIFT);
	pfn_t last = (pfn_t)(ALIGN_DOWN(end, PAGE_SIZE) >> PAGE_SHIFT);

	if (first >= last)
		return;
	for (pfn_t pfn = first; pfn < last; pfn++) {
		struct page *p = pfn_to_page(pfn);

		ASSERT_MSG(PageReserved(p) && page_count(p) == 1, "F2: pfn=%lx flags=%lx count=%d", pfn,
			   p->flags, page_count(p));
		__ClearPageReserved(p);
		atomic_set(&p->_refcount, 0);
	}
	free_range(first, last);
	zone_setup();
}

void poison_free_page(struct page *p)
{
	memset_page(p, 0, 0x6b, PAGE_SIZE);
}

void page_dump(const struct page *p, const char *why)
{
	printk("page pfn=%lx flags=%lx count=%d mapcount=%d mapping=%p index=%lx private=%lx: %s\n",
	       page_to_pfn(p), p->flags, page_count(p), page_mapcount(p), (void *)p->mapping, p->index,
	       p->private, why);
}
