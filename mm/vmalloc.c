/* SPDX-License-Identifier: MIT */
/*
 * mm/vmalloc.c - contiguous addresses from scattered pages
 *
 * THE QUESTION   Someone needs 16 KiB in one piece, and memory is fragmented. Addresses are not.
 *
 * THE PICTURE    vmalloc_start                                                     vmalloc_end
 *                [ area | guard ]   [ area | guard ][ area | guard ]   free   ...
 *                   |  |  |
 *                   v  v  v          page by page into the kernel's tables
 *                  any three frames
 *
 * ALWAYS TRUE    V1  areas do not overlap; each is followed by an unmapped guard page, so running off
 *                    the end of one faults instead of reaching the next.
 *                V2  the tree and the list hold the same areas in address order.
 *                V3  an area's addresses are reused only after every CPU has flushed them.
 *
 * LOCKS          vmap_lock (RANK_VMALLOC) for tree and list; never held while allocating or flushing.
 * LEFT OUT       lazy unmapping with one flush for many areas; huge mappings.
 * READ NEXT      pgtable.c (kernel_map_page), thread.c (kernel stacks: the biggest user).
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/spinlock.h>
#include <lib/align.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <mm/ledger.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/vmstat.h>

struct vm_struct {
	unsigned long	start, end;	/* (i) without the guard page */
	struct rb_node	rb;		/* vmap_lock */
	struct list_head link;		/* vmap_lock */
	struct page	**pages;	/* (i) NULL for ioremap */
	unsigned long	nr_pages;
};

static DEFINE_SPINLOCK(vmap_lock, RANK_VMALLOC);
static struct rb_root areas = RB_ROOT;
static struct list_head area_list = { &area_list, &area_list };
static struct kmem_cache *vm_struct_cache;
static unsigned long used_bytes;

/* ---- areas ---- */

static void insert_area(struct vm_struct *a)
{
	struct rb_node **link = &areas.rb_node, *parent = NULL;
	struct vm_struct *prev = NULL;

	while (*link) {
		struct vm_struct *v = rb_entry(*link, struct vm_struct, rb);

		parent = *link;
		ASSERT_MSG(a->end + PAGE_SIZE <= v->start || v->end + PAGE_SIZE <= a->start,
			   "V1: [%#lx,%#lx) and [%#lx,%#lx)", a->start, a->end, v->start, v->end);
		if (a->start < v->start) {
			link = &parent->rb_left;
		} else {
			prev = v;
			link = &parent->rb_right;
		}
	}
	rb_link_node(&a->rb, parent, link);
	rb_insert_color(&a->rb, &areas);
	list_add(&a->link, prev ? &prev->link : &area_list);
	used_bytes += a->end - a->start;
}

/* First gap that holds @size bytes and a guard page at an aligned address; 0: none. */
static unsigned long find_gap(size_t size, size_t align)
{
	unsigned long addr = ALIGN_UP(vmalloc_start + PAGE_SIZE, align);
	struct vm_struct *a;

	list_for_each_entry(a, &area_list, link) {
		if (addr + size + PAGE_SIZE <= a->start)
			break;
		addr = ALIGN_UP(a->end + PAGE_SIZE, align);
	}
	return addr + size + PAGE_SIZE <= vmalloc_end && addr + size > addr ? addr : 0;
}

static struct vm_struct *get_area(size_t size, size_t align, gfp_t gfp)
{
	struct vm_struct *a = kmem_cache_alloc(vm_struct_cache, gfp | __GFP_ZERO);
	unsigned long flags;

	if (!a)
		return NULL;
	spin_lock_irqsave(&vmap_lock, flags);
	a->start = find_gap(size, align);
	a->end = a->start + size;
	if (a->start)
		insert_area(a);
	spin_unlock_irqrestore(&vmap_lock, flags);
	if (!a->start) {
		kmem_cache_free(vm_struct_cache, a);
		return NULL;
	}
	return a;
}

static struct vm_struct *find_area(unsigned long addr)
{
	struct rb_node *n = areas.rb_node;

	while (n) {
		struct vm_struct *a = rb_entry(n, struct vm_struct, rb);

		if (addr >= a->start && addr < a->end)
			return a;
		n = addr < a->start ? n->rb_left : n->rb_right;
	}
	return NULL;
}

/* Unmapped and flushed already: forget the addresses. */
static void put_area(struct vm_struct *a)
{
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	rb_erase(&a->rb, &areas);
	list_del(&a->link);
	used_bytes -= a->end - a->start;
	spin_unlock_irqrestore(&vmap_lock, flags);
	kmem_cache_free(vm_struct_cache, a);
}

/* ---- vmalloc ---- */

static void free_area_pages(struct vm_struct *a)
{
	for (unsigned long i = 0; i < a->nr_pages; i++)
		free_pages(a->pages[i], 0);
	mod_vm_state(nr_vmalloc_pages, -(long)a->nr_pages);
	kfree(a->pages);
}

static int fill_area(struct vm_struct *a, gfp_t gfp)
{
	unsigned long n = (a->end - a->start) >> PAGE_SHIFT;

	a->pages = kcalloc(n, sizeof(a->pages[0]), gfp & ~__GFP_ZERO);
	if (!a->pages)
		return -ENOMEM;
	for (; a->nr_pages < n; a->nr_pages++) {
		struct page *p = alloc_page(gfp);

		if (!p)
			return -ENOMEM;
		ledger_mark(p, LEDGER_VMALLOC);
		a->pages[a->nr_pages] = p;
		if (kernel_map_page(a->start + (a->nr_pages << PAGE_SHIFT), p, PAGE_KERNEL)) {
			free_pages(p, 0);
			return -ENOMEM;
		}
	}
	return 0;
}

static void release_area(struct vm_struct *a)
{
	kernel_unmap_range(a->start, a->end);
	flush_tlb_kernel_range(a->start, a->end);
	if (a->pages)
		free_area_pages(a);
	put_area(a);
}

void *vmalloc_align(size_t size, size_t align, gfp_t gfp)
{
	struct vm_struct *a;
	int err;

	if (!size || size > totalram_pages() << PAGE_SHIFT)
		return NULL;
	a = get_area(ALIGN_UP(size, PAGE_SIZE), max(align, PAGE_SIZE), gfp & ~__GFP_ZERO);
	if (!a)
		return NULL;
	err = fill_area(a, gfp);
	mod_vm_state(nr_vmalloc_pages, a->pages ? (long)a->nr_pages : 0);
	if (err) {
		release_area(a);
		return NULL;
	}
	return (void *)a->start;
}

void *vmalloc(size_t size)
{
	return vmalloc_align(size, PAGE_SIZE, GFP_KERNEL);
}

void *vzalloc(size_t size)
{
	return vmalloc_align(size, PAGE_SIZE, GFP_KERNEL | __GFP_ZERO);
}

static struct vm_struct *find_area_or_panic(const void *p, const char *what)
{
	unsigned long flags;
	struct vm_struct *a;

	spin_lock_irqsave(&vmap_lock, flags);
	a = find_area((unsigned long)p);
	spin_unlock_irqrestore(&vmap_lock, flags);
	if (!a || a->start != ((unsigned long)p & PAGE_MASK))
		panic("%s of %p, which is not the start of an area", what, p);
	return a;
}

void vfree(const void *p)
{
	if (p)
		release_area(find_area_or_panic(p, "vfree"));
}

/* ---- device memory ---- */

void *ioremap(paddr_t pa, size_t size)
{
	paddr_t first = ALIGN_DOWN(pa, PAGE_SIZE), last = ALIGN_UP(pa + size, PAGE_SIZE);
	struct vm_struct *a;

	if (!size || pa + size < pa)
		return NULL;
	a = get_area(last - first, PAGE_SIZE, GFP_KERNEL);
	if (!a)
		return NULL;
	if (arch_map_kernel(a->start, first, last - first, PAGE_KERNEL_IO)) {
		release_area(a);
		return NULL;
	}
	return (void *)(a->start + (pa - first));
}

void iounmap(void *va)
{
	if (va)
		release_area(find_area_or_panic(va, "iounmap"));
}

/* ---- looking ---- */

bool is_vmalloc_addr(const void *p)
{
	return (unsigned long)p >= vmalloc_start && (unsigned long)p < vmalloc_end;
}

struct page *vmalloc_to_page(const void *p)
{
	struct page *page = NULL;
	unsigned long flags;
	struct vm_struct *a;

	spin_lock_irqsave(&vmap_lock, flags);
	a = find_area((unsigned long)p);
	if (a && a->pages)
		page = a->pages[((unsigned long)p - a->start) >> PAGE_SHIFT];
	spin_unlock_irqrestore(&vmap_lock, flags);
	return page;
}

unsigned long vmalloc_used(void)
{
	return READ_ONCE(used_bytes);
}

void vmalloc_init(void)
{
	vm_struct_cache = kmem_cache_create("vm_struct", sizeof(struct vm_struct), 0, SLAB_PANIC, NULL);
}
