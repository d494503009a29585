/* SPDX-License-Identifier: MIT */
/*
 * mm/highmem.c - how does the kernel touch a page that the direct map does not reach?
 *
 * THE QUESTION   The window at page_offset has a size; RAM may be larger. Pages beyond its end are as good
 *                as others for programs and for the page cache, which name them by frame. But now and then
 *                the kernel itself must clear or copy one.
 *
 * THE PICTURE    physical   |-- DMA, DMA32, NORMAL: always mapped --|--- HIGHMEM: mapped when needed ---|
 *                                                            lowmem_end               |         |
 *                virtual    [ direct map                            ]                 v         v
 *                fixmap     ... [ CPU 0: local slots ][ CPU 1 ]...            [ pkmap: slots for all ]
 *
 *                            kmap_local_page()                   kmap()
 *                slots       KM_MAX_IDX a CPU, a stack           LAST_PKMAP, shared, counted
 *                may sleep   no                                  yes
 *                flush       the slot, here, at each unmap       all unused slots, everywhere, when none is
 *                                                                free: one flush for hundreds of maps
 *
 *                a pkmap slot's count:  0 free -> map -> 2 = one user, n + 1 = n users
 *                                       ^                 |  last user: mapped still, for the next
 *                                       '-- flush_unused -- 1     who wants this page
 *
 * ALWAYS TRUE    H1  a page of ZONE_HIGHMEM has no address but the one its caller got here.
 *                H2  slots of a CPU are used as a stack: an interrupt handler that maps in between has
 *                    unmapped again when it returns. So the depth needs no lock.
 *                H3  an empty slot's old translation is in no TLB: a local slot is flushed on its own CPU,
 *                    which alone uses it, a pkmap slot on all CPUs before its count becomes 0.
 *                H4  a page has at most one pkmap slot, found by the hash.
 *                H5  kernel data (GFP_KERNEL without __GFP_HIGHMEM) never lies in HIGHMEM (page_alloc.c).
 *
 * LOCKS          kmap_lock (RANK_KMAP, sleeping) for the pkmap table. Local slots: none (H2). Debug builds
 *                record a local mapping like a spinlock, so that sleeping under one panics, on every machine.
 *
 * WHY TWO        A local mapping costs two ptes' worth of work and no shared state, but belongs to a CPU. A
 *                copy to or from a program may fault and sleep; it takes kmap(). (Linux since 5.11 keeps
 *                local slots per thread and moves them at each switch; here a switch shall not know.)
 * LEFT OUT       kmap() from interrupts; huge zero pages; high memory for page tables and kernel objects.
 * READ NEXT      lowmem.c (which pages), fixmap.c (where the slots are), fs/uio.c (kmap's user).
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/mutex.h>
#include <kernel/percpu.h>
#include <lib/hash.h>
#include <mm/fixmap.h>
#include <mm/highmem.h>
#include <mm/memblock.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/vmstat.h>
#include <mm/zone.h>
#include "mm_internal.h"

struct page *high_page __ro_after_init = (struct page *)~0UL;
bool highmem_present __ro_after_init;
unsigned long page_address_base __ro_after_init;

BUILD_ASSERT(PAGE_SIZE % sizeof(struct page) == 0);

/* ---- what there is ---------------------------------------------------------------------------- */

void highmem_mark(void)
{
	page_address_base = page_offset - (unsigned long)vmemmap * (PAGE_SIZE / sizeof(struct page));
	highmem_present = lowmem_end < memblock_end_of_ram();
	if (highmem_present)
		high_page = phys_to_page(lowmem_end);
}

unsigned long totalhigh_pages(void)
{
	unsigned long n = 0;
	struct zone *z;

	for_each_zone(z)
		n += zone_type(z) == ZONE_HIGHMEM ? READ_ONCE(z->managed) : 0;
	return n;
}

unsigned long nr_free_highpages(void)
{
	unsigned long n = 0;
	struct zone *z;

	for_each_zone(z)
		n += zone_type(z) == ZONE_HIGHMEM ? READ_ONCE(z->nr_free) : 0;
	return n;
}

/* ---- local slots ----------------------------------------------------------------------------- */

static DEFINE_PER_CPU(unsigned int, kmap_depth);
static pte_t *local_ptes __ro_after_init;	/* of slot 0; slots go down in addresses, so their ptes do */

void *kmap_local_pfn(pfn_t pfn, pgprot_t prot)
{
	unsigned int depth = this_cpu_var(kmap_depth)++;	/* H2: ours before its pte is set */
	unsigned int slot = smp_processor_id() * KM_MAX_IDX + depth;
	unsigned long va = fix_to_virt(FIX_KMAP_FIRST + slot);

	barrier();
	if (depth >= KM_MAX_IDX)
		panic("kmap_local_page: more than %u mappings on one CPU", KM_MAX_IDX);
	ASSERT_MSG(pte_none(ptep_get(local_ptes - slot)), "H2: slot %u shows %lx", slot,
		   pte_pfn(ptep_get(local_ptes - slot)));
	set_pte(local_ptes - slot, pfn_pte(pfn, prot));
	arch_tlb_flush_local_page(va);		/* RISC-V may remember that there was nothing */
	count_vm_event(kmap_locals);
	return (void *)va;
}

void *kmap_local_slow(struct page *page)
{
	return PageHighMem(page) ? kmap_local_pfn(page_to_pfn(page), PAGE_KERNEL) : page_address(page);
}

void kunmap_local_slow(const void *va)
{
	unsigned int depth = this_cpu_var(kmap_depth) - 1;
	unsigned int slot = smp_processor_id() * KM_MAX_IDX + depth;

	if (!is_fixmap_addr(va))
		return;
	if (virt_to_fix((unsigned long)va) != FIX_KMAP_FIRST + slot)
		panic("kunmap_local of %p: this CPU has %u mappings, the last at %#lx", va, depth + 1,
		      fix_to_virt(FIX_KMAP_FIRST + slot));
	pte_clear(local_ptes - slot);
	arch_tlb_flush_local_page((unsigned long)va & PAGE_MASK);
	barrier();
	this_cpu_var(kmap_depth) = depth;
}

void clear_highpage_slow(struct page *page)
{
	void *va = kmap_local_page(page);

	clear_page(va);
	kunmap_local(va);
}

void copy_highpage_slow(struct page *to, struct page *from)
{
	const void *src = kmap_local_page(from);
	void *dst = kmap_local_page(to);

	copy_page(dst, src);
	kunmap_local(dst);
	kunmap_local(src);
}

/* ---- slots for all --------------------------------------------------------------------------- */

#define PKMAP_HASH_BITS	8
#define NO_SLOT		LAST_PKMAP

struct pkmap {
	struct page	*page;		/* count > 0 */
	unsigned int	count;		/* the picture */
	unsigned int	next;		/* slot with the same hash */
};

static struct pkmap *pkmap;		/* kmap_lock */
static unsigned int pkmap_hash[1 << PKMAP_HASH_BITS];
static unsigned int pkmap_last, pkmap_limit = LAST_PKMAP;
static unsigned int pkmap_busy;		/* slots with users; read without the lock by who waits */
static pte_t *pkmap_ptes __ro_after_init;
static DEFINE_MUTEX(kmap_lock, RANK_KMAP);
static DEFINE_WAIT_QUEUE(pkmap_wait);

static unsigned int *pkmap_chain(const struct page *page)
{
	return &pkmap_hash[hash_long(page_to_pfn(page), PKMAP_HASH_BITS)];
}

/* The slot that shows @page, or NO_SLOT. */
static unsigned int pkmap_find(const struct page *page)
{
	unsigned int i = *pkmap_chain(page);

	while (i != NO_SLOT && pkmap[i].page != page)
		i = pkmap[i].next;
	return i;
}

static void pkmap_unhash(unsigned int i)
{
	unsigned int *link = pkmap_chain(pkmap[i].page);

	while (*link != i)
		link = &pkmap[*link].next;
	*link = pkmap[i].next;
}

/* H3: every slot that is mapped and not used becomes free, after one flush for all of them. */
static void flush_unused(void)
{
	bool any = false;

	for (unsigned int i = 0; i < pkmap_limit; i++) {
		if (pkmap[i].count != 1)
			continue;
		pte_clear(pkmap_ptes - i);
		pkmap_unhash(i);
		any = true;
	}
	if (!any)
		return;
	flush_tlb_kernel_range(fix_to_virt(FIX_PKMAP_LAST), fix_to_virt(FIX_PKMAP_FIRST) + PAGE_SIZE);
	count_vm_event(kmap_flushes);
	for (unsigned int i = 0; i < pkmap_limit; i++)
		if (pkmap[i].count == 1)
			pkmap[i].count = 0;
}

/* The next free slot after the one found last; coming round to the start, flush. NO_SLOT: all are in use. */
static unsigned int find_free(void)
{
	for (unsigned int n = 0; n < 2 * pkmap_limit; n++) {
		pkmap_last = (pkmap_last + 1) % pkmap_limit;
		if (!pkmap_last)
			flush_unused();
		if (!pkmap[pkmap_last].count)
			return pkmap_last;
	}
	return NO_SLOT;
}

static unsigned int pkmap_add(struct page *page)
{
	unsigned int i = find_free();

	if (i == NO_SLOT)
		return i;
	ASSERT(pte_none(ptep_get(pkmap_ptes - i)));
	set_pte(pkmap_ptes - i, pfn_pte(page_to_pfn(page), PAGE_KERNEL));
	arch_tlb_flush_local_page(fix_to_virt(FIX_PKMAP_FIRST + i));
	pkmap[i] = (struct pkmap){ page, 1, *pkmap_chain(page) };
	*pkmap_chain(page) = i;
	count_vm_event(kmaps);
	return i;
}

void *kmap_high(struct page *page)
{
	unsigned int i;

	for (;;) {
		mutex_lock(&kmap_lock);
		i = pkmap_find(page);
		if (i == NO_SLOT)
			i = pkmap_add(page);
		if (i != NO_SLOT)
			break;
		mutex_unlock(&kmap_lock);
		count_vm_event(kmap_waits);
		wait_event(pkmap_wait, READ_ONCE(pkmap_busy) < pkmap_limit);
	}
	if (++pkmap[i].count == 2)
		pkmap_busy++;
	mutex_unlock(&kmap_lock);
	return (void *)fix_to_virt(FIX_PKMAP_FIRST + i);
}

void kunmap_high(struct page *page)
{
	unsigned int i;

	mutex_lock(&kmap_lock);
	i = pkmap_find(page);
	if (i == NO_SLOT || pkmap[i].count < 2)
		panic("kunmap of pfn %lx, which is not mapped", page_to_pfn(page));
	if (--pkmap[i].count == 1)
		WRITE_ONCE(pkmap_busy, pkmap_busy - 1);
	mutex_unlock(&kmap_lock);
	wake_up(&pkmap_wait);
}

struct page *kmap_to_page(const void *va)
{
	unsigned int slot = virt_to_fix((unsigned long)va);

	if (!is_fixmap_addr(va))
		return virt_to_page(va);
	ASSERT_MSG(slot >= FIX_KMAP_FIRST && slot < NR_FIXED_ADDRESSES, "kmap_to_page of %p", va);
	return pfn_to_page(pte_pfn(ptep_get(kernel_pte_lookup((unsigned long)va))));
}

unsigned int pkmap_set_limit(unsigned int n)
{
	unsigned int old = pkmap_limit;

	mutex_lock(&kmap_lock);
	ASSERT(!pkmap_busy && n && n <= LAST_PKMAP);
	flush_unused();
	pkmap_limit = n;
	pkmap_last = 0;
	mutex_unlock(&kmap_lock);
	return old;
}

/* ---- many pages in one piece ------------------------------------------------------------------ */

void *memremap(paddr_t pa, size_t size)
{
	paddr_t first = ALIGN_DOWN(pa, PAGE_SIZE), last = ALIGN_UP(pa + size, PAGE_SIZE);
	struct vm_struct *area;
	unsigned long va;

	if (last <= lowmem_end)
		return phys_to_virt(pa);
	area = get_vm_area(last - first, PAGE_SIZE, VM_MAP);
	if (!area)
		return NULL;
	va = (unsigned long)area->addr;
	if (vmap_phys_range(va, va + (last - first), first, PAGE_KERNEL)) {
		free_vm_area(area);
		return NULL;
	}
	return (void *)(va + (pa - first));
}

void memunmap(void *va)
{
	if (is_vmalloc_addr(va))
		free_vm_area(find_vm_area(va));
}

/* ---- boot ------------------------------------------------------------------------------------ */

static void make_slots(void)
{
	local_ptes = kernel_pte_alloc(fix_to_virt(FIX_KMAP_FIRST));
	pkmap_ptes = kernel_pte_alloc(fix_to_virt(FIX_PKMAP_FIRST));
	pkmap = kcalloc(LAST_PKMAP, sizeof(*pkmap), GFP_KERNEL);
	if (!local_ptes || !pkmap_ptes || !pkmap)
		panic("no memory for the tables of high memory");
	for (unsigned int i = 0; i < ARRAY_SIZE(pkmap_hash); i++)
		pkmap_hash[i] = NO_SLOT;
}

void highmem_init(void)
{
	lowmem_report();
	if (highmem_present || CONFIG_KTEST)
		make_slots();
}
