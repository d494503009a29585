/* SPDX-License-Identifier: MIT */
/*
 * mm_internal.h - what the files of mm/ share among themselves and nobody else sees
 */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <kernel/sched.h>
#include <mm/anon_vma.h>
#include <mm/mm.h>
#include <mm/overcommit.h>
#include <mm/page_alloc.h>
#include <mm/page_cache.h>
#include <mm/pgtable.h>
#include <mm/vmstat.h>
#include <uapi/errno.h>
#include <uapi/mman.h>

/* VMAs that never merge and never grow by themselves */
#define VM_SPECIAL	(VM_IO | VM_DONTEXPAND | VM_PFNMAP)

extern unsigned long zero_pfn;		/* frame of zero_page */

static inline bool is_zero_pte(pte_t pte)
{
	return pte_special(pte) && pte_pfn(pte) == zero_pfn;
}

/* vm_start_gap - where the untouchable space below @vma begins */
static inline unsigned long vm_start_gap(const struct vm_area_struct *vma)
{
	unsigned long gap = vma->vm_flags & VM_GROWSDOWN ? STACK_GUARD_GAP : 0;

	return vma->vm_start > gap ? vma->vm_start - gap : 0;
}

/* rss_counter - which of the three resident counters @page belongs to */
static inline atomic64_t *rss_counter(struct mm_struct *mm, const struct page *page)
{
	if (PageAnon(page))
		return &mm->rss_anon;
	return PageSwapBacked(page) ? &mm->rss_shmem : &mm->rss_file;
}

/* page_set_anon - who may map @page: all VMAs of @vma's anon_vma that show offset @pgoff */
static inline void page_set_anon(struct page *page, const struct vm_area_struct *vma)
{
	ASSERT(vma->anon_vma);
	WRITE_ONCE(page->mapping, (void *)((unsigned long)vma->anon_vma | PAGE_MAPPING_ANON));
}

/* page_add_new_anon - @page, seen by nobody yet, becomes an anonymous page that one pte maps */
static inline void page_add_new_anon(struct page *page, const struct vm_area_struct *vma, pgoff_t pgoff)
{
	page->flags |= BIT(PG_swapbacked) | BIT(PG_uptodate);
	page->index = pgoff;
	page_set_anon(page, vma);
	atomic_set(&page->_mapcount, 0);
	mod_vm_state(nr_anon_pages, 1);
}

/* ---- vma_lock.c ---- */
/* vma_pin - the VMA at @addr, locked against changes, or NULL: use mmap_lock. vma_unpin undoes it. */
struct vm_area_struct *vma_pin(struct mm_struct *mm, unsigned long addr);
void vma_unpin(struct vm_area_struct *vma);

/* ---- vma.c ---- */
/* vm_area_alloc - an empty VMA of @mm, or a copy of @like's fields; NULL: no memory. */
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm, const struct vm_area_struct *like);
void vm_area_free(struct vm_area_struct *vma);
/* vm_area_remove - close and free a VMA that is linked nowhere any more, and that no TLB remembers: so nobody writes
 * through it from here on */
void vm_area_remove(struct vm_area_struct *vma);
struct vm_area_struct *vma_next(struct vm_area_struct *vma);	/* NULL at the end */
struct vm_area_struct *vma_prev(struct vm_area_struct *vma);	/* NULL at the start */
/* find_vma_prev - find_vma(), and in *@prev the VMA below @addr's (NULL: none) */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
				     struct vm_area_struct **prev);
/* vma_link - put @vma in right behind @prev (NULL: first), and into its mapping's interval tree */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev);
/* vma_unlink_mm - out of tree and list; the interval tree keeps it until vma_unlink_file() */
void vma_unlink_mm(struct vm_area_struct *vma);
void vma_link_file(struct vm_area_struct *vma);
void vma_unlink_file(struct vm_area_struct *vma);
/* vma_adjust - new borders (inside the gaps around it) and new first page */
void vma_adjust(struct vm_area_struct *vma, unsigned long start, unsigned long end, pgoff_t pgoff);
/* split_vma - at @addr, whatever the limit says; the new VMA is the lower part if @new_below; 0, -ENOMEM */
int split_vma(struct vm_area_struct *vma, unsigned long addr, bool new_below);
/* unmapped_area - highest free [addr, addr+len) inside [low, high); 0: none */
unsigned long unmapped_area(struct mm_struct *mm, size_t len, unsigned long low,
			    unsigned long high);
/* unmapped_area_bottomup - (mmap_legacy.c) lowest free [addr, addr+len) from MMAP_LEGACY_BASE on; 0: none */
unsigned long unmapped_area_bottomup(struct mm_struct *mm, size_t len);
/* vm_stat_account - @pages more (or fewer) of VMAs with @vm_flags */
void vm_stat_account(struct mm_struct *mm, unsigned long vm_flags, long pages);
/* may_expand_vm - do RLIMIT_AS and RLIMIT_DATA allow @pages more? */
bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long pages);
/* vma_set_page_prot - vm_page_prot from vm_flags and the object's wish to see first writes */
void vma_set_page_prot(struct vm_area_struct *vma);
bool vma_wants_writenotify(const struct vm_area_struct *vma);
void vma_init(void);

/* ---- vma_merge.c ---- */
/* vma_compatible - could @b, right behind @a, be one VMA with it? */
bool vma_compatible(const struct vm_area_struct *a, const struct vm_area_struct *b);
/* vma_merge_new - cover [new->vm_start, vm_end) by growing a neighbour; NULL: allocate one */
struct vm_area_struct *vma_merge_new(struct vm_area_struct *new, struct vm_area_struct *prev,
				     struct vm_area_struct *next);
/* vma_merge - join @vma with its neighbours where they match; returns the VMA that now covers it */
struct vm_area_struct *vma_merge(struct vm_area_struct *vma);
/* vma_merge_below, vma_merge_above - the same with one of them */
struct vm_area_struct *vma_merge_below(struct vm_area_struct *vma);
void vma_merge_above(struct vm_area_struct *vma);
/* vma_unsplit - take split_vma(vma, vma->vm_start, true) back; @vma is gone then */
void vma_unsplit(struct vm_area_struct *vma);
/* vma_isolate - split so that @vma is its part in [start, end); 0; -ENOMEM: borders as before, and @vma may be gone */
int vma_isolate(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* vma_modify - the part [start, end) of *@vmap gets @flags, and *@vmap is the VMA it is in now; 0; -ENOMEM: nothing
 * changed, and *@vmap may be gone */
int vma_modify(struct vm_area_struct **vmap, unsigned long start, unsigned long end, unsigned long flags);

/* ---- mmap.c ---- */
/* find_unmapped_area - address for @len bytes honouring hint and MAP_* flags, or -errno */
long find_unmapped_area(struct mm_struct *mm, unsigned long addr, size_t len, unsigned long flags);
/* unmap_region - zap, unhook and free the VMAs on @list, which are out of the tree already;
 * @prev, @next are the VMAs left around them */
void unmap_region(struct mm_struct *mm, struct list_head *list, struct vm_area_struct *prev,
		  struct vm_area_struct *next);
/* mmap_region - map proto's range, which is free: grow a neighbour or link a copy of @proto (and
 * call its open()); account and charge it; 0 or -ENOMEM. !@merge: always a VMA of its own */
int mmap_region(struct mm_struct *mm, struct vm_area_struct *proto, bool merge);
/* mmap_locked - do_mmap() without its checks of @rq; mmap_lock held for write, @len is rq->len in whole pages */
long mmap_locked(struct mm_struct *mm, const struct mmap_request *rq, size_t len);
/* populate_locked - fault in what is VM_LOCKED of [addr, stop), up to the first hole; mmap_lock not held */
void populate_locked(struct mm_struct *mm, unsigned long addr, unsigned long stop);
/* may_lock - does RLIMIT_MEMLOCK allow @pages more, if @vm_flags would lock them? */
bool may_lock(const struct mm_struct *mm, unsigned long vm_flags, unsigned long pages);
void update_hiwater(struct mm_struct *mm);

/* ---- stack.c ---- */
/* expand_stack - the VMA above @addr begins there from now on, if it may; FAULT_OK: try the access again */
enum fault_result expand_stack(struct mm_struct *mm, unsigned long addr);

/* ---- fault.c, cow.c ---- */
enum fault_result fault_anon_write(struct fault *f);
/* do_wp_page - write to a present read-only pte; ptl held on entry, released on return */
enum fault_result do_wp_page(struct fault *f);
/* unshare_page - a copy of its own for @f->vma of what the pte maps, writable if the VMA is; ptl as in do_wp_page() */
enum fault_result unshare_page(struct fault *f);
/* fault_anon_read, fault_file_read - the pte is none; do_swap_page - it is not present. No lock held. */
enum fault_result fault_anon_read(struct fault *f);
enum fault_result fault_file_read(struct fault *f);
enum fault_result do_swap_page(struct fault *f);
/* cow_file_page - private write to f->page, which is locked and not mapped yet: map @new, or free it, as its copy */
void cow_file_page(struct fault *f, struct page *new);
/* fault_shared_write - make the object's page at f->address writable; no lock held */
enum fault_result fault_shared_write(struct fault *f);
/* write_would_reuse - the present @pte of a private VMA: would a write fault on it merely set W again (cow.c)? */
static inline bool write_would_reuse(pte_t pte)
{
	struct page *page;

	if (!pte_dirty(pte) || pte_special(pte) || pte_uffd_wp(pte))
		return false;
	page = pfn_to_page(pte_pfn(pte));
	return PageAnon(page) && page_count(page) == 1;
}
/* pte_for - the entry a fault in @f->vma makes for @page: young, and dirty and writable if @write */
static inline pte_t pte_for(const struct fault *f, pfn_t pfn, bool write)
{
	pte_t pte = pte_mkyoung(pfn_pte(pfn, f->vma->vm_page_prot));

	return write ? pte_mkwrite(pte_mkdirty(pte)) : pte;
}

/* sync_icache - before the first executable pte of a page: fetches must see what was stored there */
static inline void sync_icache(const struct vm_area_struct *vma, struct page *page)
{
	if (!(vma->vm_flags & VM_EXEC) || PageIcache(page))
		return;
	arch_sync_icache(page_to_phys(page), PAGE_SIZE);
	SetPageIcache(page);
}

/* lock_pte - take the table's lock; true if the entry is still f->orig_pte */
static inline bool lock_pte(struct fault *f)
{
	f->ptl = pte_lockptr(f->pmd);
	spin_lock(f->ptl);
	return pte_same(ptep_get(f->pte), f->orig_pte);
}

/* ---- pagemap.c ---- */
enum age_what { AGE_ALL, AGE_ANON, AGE_FILE };
/* age_range - the pages mapped in [start, end) of @vma count as not used since now. mmap_lock held. */
void age_range(struct vm_area_struct *vma, unsigned long start, unsigned long end, enum age_what what);

/* ---- pgtable.c, mm.c ---- */
/*
 * Faults come close together, so the pmd table of the last one is remembered: which 1 GiB it maps
 * and its frame, packed into one word that other threads may replace at any time.
 *	| address >> PUD_SHIFT: 27 bits | frame + 1: 37 bits (2^49 bytes of RAM) |
 * Saves 4 of 5 levels: 85 of 365 instructions of a zero-page fault on RISC-V with Sv57. Used in
 * a pinned VMA or with mmap_lock: free_pmds() frees no table that a VMA needs, and forgets the hint.
 */
#define HINT_FRAME_BITS		37
#define HINT_FRAME_MASK		((1UL << HINT_FRAME_BITS) - 1)
#define HINT_KEY(addr)		((addr) >> PUD_SHIFT << HINT_FRAME_BITS)

/* hinted_pmd - the pmd entry for @addr if its table is the one used last; else NULL */
static inline pmd_t *hinted_pmd(struct mm_struct *mm, unsigned long addr)
{
	unsigned long hint = READ_ONCE(mm->pmd_hint);

	if (!hint || (hint >> HINT_FRAME_BITS) != addr >> PUD_SHIFT)
		return NULL;
	return (pmd_t *)phys_to_virt(((hint & HINT_FRAME_MASK) - 1) << PAGE_SHIFT) + pmd_index(addr);
}

/* ---- vmap.c ---- */
/* kernel_tables_init - fill the top-level entry that kernel stacks live in, before any address space copies it */
void kernel_tables_init(void);
/* vmap_pages_range, vmap_phys_range - map [addr, end), which is empty; 0 or -ENOMEM with a part mapped */
int vmap_pages_range(unsigned long addr, unsigned long end, pgprot_t prot, struct page **pages);
int vmap_phys_range(unsigned long addr, unsigned long end, paddr_t pa, pgprot_t prot);
/* vunmap_range_noflush - clear what is mapped in [start, end); the caller sees to the flush */
void vunmap_range_noflush(unsigned long start, unsigned long end);

void leave_mm(struct mm_struct *mm);	/* no CPU has @mm loaded when it returns */

#endif
