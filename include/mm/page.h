/* SPDX-License-Identifier: MIT */
/*
 * page.h - one struct page per frame: who holds it, and what it is (mm/page.c)
 *
 * letters: (i) immutable (a) atomic (z) zone lock (s) slab (p) page lock (l) LRU lock (w) whoever owns the page
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include <arch.h>
#include <kernel/spinlock.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <mm/types.h>

struct address_space;
struct kmem_cache;

/*
 * page->flags: low bits below, top byte node and zone. Owner in brackets: who may change the bit.
 */
enum pageflags {
	PG_locked,		/* [page lock holder] contents or identity are changing            */
	PG_uptodate,		/* [page lock] contents are valid                                  */
	PG_dirty,		/* [a_ops users] newer than its backing store                      */
	PG_writeback,		/* [page lock to set, I/O completion to clear]                     */
	PG_referenced,		/* [anyone] second chance                                          */
	PG_lru,			/* [LRU lock] on an LRU list                                       */
	PG_active,		/* [LRU lock] which one                                            */
	PG_reserved,		/* [boot] never managed by the allocator: kernel image, tables, holes */
	PG_buddy,		/* [zone lock] head of a free block in the buddy lists; order in private */
	PG_slab,		/* [slab] */
	PG_table,		/* [pgtable] a page table; ptl is in use                           */
	PG_swapbacked,		/* [owner] anonymous or shmem: swap is its backing store           */
	PG_waiters,		/* [page lock] someone sleeps on PG_locked or PG_writeback          */
	PG_kernel,		/* [allocator's caller] kernel data (stacks, vmalloc, pipes)        */
	PG_pcp,			/* [CPU] on a per-CPU free list                                    */
	PG_icache,		/* [fault] instruction fetch sees the contents: cleared when they change */
	NR_PAGEFLAGS
};

#define PAGE_ZONE_SHIFT		56	/* flags >> 56: node, then zone: page_to_nid(), page_zone() in zone.h */

struct page {
	unsigned long		flags;		/* (a) PG_*, zone                              */
	struct list_head	lru;		/* (l) LRU, (z) free list, (s) partial list, (w) else */
	union {
		struct address_space *mapping;	/* (p) page cache; anon_vma and bit 0 (anon_vma.h); NULL: neither */
		struct kmem_cache *slab_cache;	/* (i) while PG_slab, in every page of a slab  */
	};
	union {
		pgoff_t		index;		/* (p) offset in mapping, in pages             */
		void		*freelist;	/* (s) first free object of a slab             */
	};
	atomic_t		_refcount;	/* (a) 0 = free                                */
	atomic_t		_mapcount;	/* (a) user ptes mapping it, minus 1           */
	union {
		unsigned long	private;	/* (z) order if PG_buddy; order of a kmalloc block; (w) */
		spinlock_t	ptl;		/* PG_table: guards the entries                */
		struct {			/* (s) PG_slab, first page */
			u16	inuse, objects;	/* allocated, in all                           */
			u16	frozen;		/* SLUB: owned by a CPU, not on the partial list */
			u16	colour;		/* SLAB: where the objects begin, in 8 bytes   */
		};
	};
} __aligned(64);				/* a power of two: page_to_pfn() is a shift    */

extern struct page *vmemmap;			/* struct page of frame 0 (virtually)          */
extern pfn_t max_pfn, min_pfn;			/* frames of RAM lie in [min_pfn, max_pfn)     */
extern unsigned long page_address_base;		/* highmem.c, (i): see page_address()          */
extern struct page *high_page;			/* highmem.c: the first page of HIGHMEM; ~0: none */
extern struct page *zero_page;			/* shared page of zeroes: pte_special, no refcount */

static inline pfn_t page_to_pfn(const struct page *p)	{ return (pfn_t)(p - vmemmap); }
static inline struct page *pfn_to_page(pfn_t pfn)	{ return vmemmap + pfn; }
static inline paddr_t page_to_phys(const struct page *p) { return (paddr_t)page_to_pfn(p) << PAGE_SHIFT; }
static inline struct page *phys_to_page(paddr_t pa)	{ return pfn_to_page((pfn_t)(pa >> PAGE_SHIFT)); }
/* PageHighMem - beyond the direct map? Then only mm/highmem.h gives it an address. */
static inline bool PageHighMem(const struct page *p)	{ return p >= high_page; }
static inline bool is_fixmap_addr(const void *va)	{ return (unsigned long)va - FIXADDR_START < FIXADDR_SIZE; }
/*
 * page_address - direct-map address; the page must not be in HIGHMEM. Frame and struct page are both an offset times a
 * power of two, so (p - vmemmap) / 64 * 4096 + page_offset is p * 64 plus a constant: 4 instructions instead of 8.
 */
static inline void *page_address(const struct page *p)
{
	ASSERT_MSG(!PageHighMem(p), "page_address of a page in high memory: pfn=%lx flags=%lx", page_to_pfn(p),
		   p->flags);
	return (void *)((unsigned long)p * (PAGE_SIZE / sizeof(struct page)) + page_address_base);
}
/* virt_to_page - for direct-map addresses; kmap_to_page() takes those of high memory too. */
static inline struct page *virt_to_page(const void *va)
{
	ASSERT_MSG(!is_fixmap_addr(va), "virt_to_page of fixmap address %p", va);
	return phys_to_page(virt_to_phys(va));
}
/* pfn_valid - does @pfn have an initialised struct page? */
bool pfn_valid(pfn_t pfn);

#define PAGEFLAG(Name, name)									\
static inline bool Page##Name(const struct page *p)						\
{ return (READ_ONCE(p->flags) >> PG_##name) & 1; }						\
static inline void SetPage##Name(struct page *p)						\
{ __atomic_fetch_or(&p->flags, 1UL << PG_##name, __ATOMIC_RELAXED); }				\
static inline void ClearPage##Name(struct page *p)						\
{ __atomic_fetch_and(&p->flags, ~(1UL << PG_##name), __ATOMIC_RELAXED); }			\
static inline bool TestSetPage##Name(struct page *p)						\
{ return (__atomic_fetch_or(&p->flags, 1UL << PG_##name, __ATOMIC_ACQ_REL) >> PG_##name) & 1; }	\
static inline bool TestClearPage##Name(struct page *p)						\
{ return (__atomic_fetch_and(&p->flags, ~(1UL << PG_##name), __ATOMIC_ACQ_REL) >> PG_##name) & 1; } \
/* for a page nobody else can see yet (or any more) */						\
static inline void __SetPage##Name(struct page *p) { p->flags |= 1UL << PG_##name; }		\
static inline void __ClearPage##Name(struct page *p) { p->flags &= ~(1UL << PG_##name); }
PAGEFLAG(Locked, locked) PAGEFLAG(Dirty, dirty) PAGEFLAG(Writeback, writeback)
PAGEFLAG(Referenced, referenced) PAGEFLAG(LRU, lru) PAGEFLAG(Active, active) PAGEFLAG(Reserved, reserved)
PAGEFLAG(Buddy, buddy) PAGEFLAG(Slab, slab) PAGEFLAG(Table, table)
PAGEFLAG(SwapBacked, swapbacked) PAGEFLAG(Waiters, waiters) PAGEFLAG(Kernel, kernel) PAGEFLAG(Pcp, pcp)
PAGEFLAG(Icache, icache)

/*
 * PageUptodate, SetPageUptodate - acquire and release: who finds the flag set, with no lock, finds the contents too,
 * and not what the frame held for somebody else. A page nobody else can see yet gets the bit with others.
 */
static inline bool PageUptodate(const struct page *p)
{
	return (smp_load_acquire(&p->flags) >> PG_uptodate) & 1;
}
static inline void SetPageUptodate(struct page *p)
{
	__atomic_fetch_or(&p->flags, 1UL << PG_uptodate, __ATOMIC_RELEASE);
}

/* PageAnon - an anonymous user page: the low bit of mapping says that the rest is an anon_vma. */
static inline bool PageAnon(const struct page *p) { return (unsigned long)READ_ONCE(p->mapping) & 1; }

static inline int page_count(const struct page *p) { return atomic_read(&p->_refcount); }
/* page_mapcount - user ptes that map the page */
static inline int page_mapcount(const struct page *p) { return atomic_read(&p->_mapcount) + 1; }

/* put_page_final - mm/page.c: the last reference is gone; frees to the allocator. */
void put_page_final(struct page *p);

static inline void get_page(struct page *p)
{
	ASSERT_MSG(page_count(p) > 0, "get_page of a free page: pfn=%lx flags=%lx", page_to_pfn(p), p->flags);
	__atomic_fetch_add(&p->_refcount.counter, 1, __ATOMIC_RELAXED);
}
/* get_page_unless_zero - for lookups that race with freeing. */
static inline bool get_page_unless_zero(struct page *p)
{
	int v = atomic_read(&p->_refcount);

	while (v > 0)
		if (__atomic_compare_exchange_n(&p->_refcount.counter, &v, v + 1, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}
static inline void put_page(struct page *p)
{
	int old = __atomic_fetch_sub(&p->_refcount.counter, 1, __ATOMIC_ACQ_REL);

	if (old <= 1)			/* below: a reference nobody had, which it reports */
		put_page_final(p);
}

/* lock_page - sleep until PG_locked is ours. unlock_page wakes waiters. wait_on_page_locked does not take it. */
void lock_page(struct page *p);
static inline bool trylock_page(struct page *p) { return !TestSetPageLocked(p); }
void unlock_page(struct page *p);
void wait_on_page_locked(struct page *p);
/* put_and_wait_on_page_locked - give the reference back, then sleep until @p may be unlocked: the mover of a page
 * counts references, and those who wait for it must not be in its way. */
void put_and_wait_on_page_locked(struct page *p);

/* page_init - memblock -> memmap, zones, free pages to the buddy allocator. Boot only. */
void page_init(void);
/* free_reserved_area - boot memory [start, end) (physical, page aligned) becomes free pages. */
void free_reserved_area(paddr_t start, paddr_t end);
/* page_dump - one line about @p with printk (panic, vm page). */
void page_dump(const struct page *p, const char *why);

#endif
