/* SPDX-License-Identifier: MIT */
/*
 * mm/vmalloc.c - contiguous addresses from scattered pages
 *
 * THE QUESTION   Someone needs 16 KiB in one piece, and memory is fragmented. Addresses are not.
 *
 * THE PICTURE    [ area | guard ]   [ area | guard ]      struct vmap_area: the addresses
 *                   |  |  |                                 -> struct vm_struct: what is there
 *                   v  v  v                                    -> pages[]: any frames
 *
 *                vmalloc -> __vmalloc_node_range -+-> __get_vm_area_node -> alloc_vmap_area, setup_vmalloc_vm
 *                                                 +-> __vmalloc_area_node -> pages[], alloc_pages per page,
 *                                                                            map_vm_area -> vmap_pages_range
 *                vfree -> remove_vm_area: out of the tree, ptes cleared, addresses to the purge list
 *                      -> pages and pages[] freed
 *
 * ALWAYS TRUE    V1  each area is followed by an unmapped guard page, so running off the end of one faults
 *                    instead of reaching the next.
 *                V2  pages are mapped one by one: no two need to be neighbours, or to lie in the direct map.
 *                V3  an area of VM_ALLOC owns pages[0 .. nr_pages); of VM_MAP and VM_IOREMAP owns none.
 *
 * LOCKS          none of its own; see vmap_area.c. Nothing is held while pages are allocated or mapped.
 * LIFE           an area that is being filled is VM_UNINITIALIZED and not listed; vfree() may run anywhere.
 * LEFT OUT       huge mappings of vmalloc memory; vm_map_ram; reading areas through /proc/kcore.
 * READ NEXT      vmap_area.c (which addresses, and the lazy flush), vmap.c (the ptes), ioremap.c.
 */
#include <kernel/percpu.h>
#include <mm/ledger.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/zone.h>
#include "mm_internal.h"
#include "vmap_area.h"

static struct kmem_cache *vm_struct_cache;
static unsigned long used_bytes;	/* (a) */

#define CALLER	((unsigned long)__builtin_return_address(0))

static unsigned long area_bytes(const struct vm_struct *area)
{
	return area->size - PAGE_SIZE;		/* V1 */
}

/* Addresses for everybody but stacks. The soft machine of tests/host has one top-level entry for both. */
static unsigned long general_start(void)
{
	unsigned long end = vmalloc_stacks_end();

	return end < vmalloc_end ? end : vmalloc_start;
}

/* ---- areas ---- */

static void setup_vmalloc_vm(struct vm_struct *area, struct vmap_area *va, unsigned long flags)
{
	area->addr = (void *)va->va_start;
	area->size = va->va_end - va->va_start;
	area->flags = flags;
	setup_vmap_area(va, area);
}

/* Addresses and a vm_struct for @rq, nothing mapped; NULL: no memory or no room. */
static struct vm_struct *__get_vm_area_node(const struct vm_request *rq, unsigned long flags)
{
	const gfp_t gfp = rq->gfp & ~(__GFP_ZERO | __GFP_HIGHMEM);
	struct vmap_request where = {
		.size = ALIGN_UP(rq->size, PAGE_SIZE) + PAGE_SIZE, .align = max(rq->align, PAGE_SIZE),
		.start = rq->start, .end = rq->end, .gfp = gfp,
	};
	struct vm_struct *area;
	struct vmap_area *va;

	if (!rq->size || rq->size > rq->end - rq->start)
		return NULL;
	area = kmem_cache_alloc(vm_struct_cache, gfp | __GFP_ZERO);
	if (!area)
		return NULL;
	va = alloc_vmap_area(&where);
	if (!va) {
		kmem_cache_free(vm_struct_cache, area);
		return NULL;
	}
	area->caller = rq->caller;
	setup_vmalloc_vm(area, va, flags);
	__atomic_fetch_add(&used_bytes, area_bytes(area), __ATOMIC_RELAXED);
	return area;
}

struct vm_struct *get_vm_area(size_t size, size_t align, unsigned long flags)
{
	const struct vm_request rq = { .size = size, .align = align, .start = general_start(), .end = vmalloc_end,
				       .gfp = GFP_KERNEL, .node = NO_NODE, .caller = CALLER };

	return __get_vm_area_node(&rq, flags);
}

/* The area that starts at @p stops being one; its vm_struct and pages are the caller's. */
static struct vm_struct *remove_vm_area(const void *p, const char *what)
{
	struct vmap_area *va = unlink_vmap_area((unsigned long)p);
	struct vm_struct *area;

	if (!va)
		panic("%s of %p, which is not the start of an area", what, p);
	area = va->vm;
	ASSERT_MSG(area, "%s of %p: the area is not set up yet", what, p);
	vunmap_range_noflush(va->va_start, va->va_end - PAGE_SIZE);
	__atomic_fetch_sub(&used_bytes, area_bytes(area), __ATOMIC_RELAXED);
	free_vmap_area_lazily(va);
	return area;
}

void free_vm_area(struct vm_struct *area)
{
	kmem_cache_free(vm_struct_cache, remove_vm_area(area->addr, "free_vm_area"));
}

struct vm_struct *find_vm_area(const void *addr)
{
	struct vmap_area *va = find_vmap_area((unsigned long)addr);

	return va ? va->vm : NULL;
}

int map_vm_area(struct vm_struct *area, pgprot_t prot, struct page **pages)
{
	unsigned long addr = (unsigned long)area->addr;

	return vmap_pages_range(addr, addr + area_bytes(area), prot, pages);
}

/* ---- vmalloc ---- */

static void free_area_pages(struct vm_struct *area)
{
	for (unsigned int i = 0; i < area->nr_pages; i++)
		free_pages(area->pages[i], 0);
	mod_vm_state(nr_vmalloc_pages, -(long)area->nr_pages);
	if (area->flags & VM_VPAGES)
		vfree(area->pages);
	else
		kfree(area->pages);
}

/* pages[] for @area: for more than 512 pages it is larger than a page, and vmalloc'ed itself. */
static bool alloc_page_array(struct vm_struct *area, const struct vm_request *rq)
{
	size_t size = (area_bytes(area) >> PAGE_SHIFT) * sizeof(area->pages[0]);

	if (size > PAGE_SIZE) {
		struct vm_request inner = *rq;

		inner.size = size;
		inner.align = PAGE_SIZE;
		inner.start = general_start();
		inner.end = vmalloc_end;
		inner.prot = PAGE_KERNEL;
		area->pages = __vmalloc_node_range(&inner);
		area->flags |= VM_VPAGES;
	} else {
		area->pages = kmalloc_node(size, rq->gfp & ~(__GFP_ZERO | __GFP_HIGHMEM), rq->node);
	}
	return area->pages;
}

static struct page *alloc_area_page(const struct vm_request *rq)
{
	gfp_t gfp = rq->gfp | (rq->gfp & (__GFP_DMA | __GFP_DMA32) ? 0 : __GFP_HIGHMEM);	/* V2 */
	struct page *p = rq->node == NO_NODE ? alloc_page(gfp) : alloc_pages_node(rq->node, gfp, 0);

	if (p)
		ledger_mark(p, LEDGER_VMALLOC);
	return p;
}

/* Give @area its pages; 0 or -ENOMEM, then the caller frees what it has. */
static int __vmalloc_area_node(struct vm_struct *area, const struct vm_request *rq)
{
	unsigned int n = (unsigned int)(area_bytes(area) >> PAGE_SHIFT);
	int err = 0;

	if (!alloc_page_array(area, rq))
		return -ENOMEM;
	while (area->nr_pages < n && !err) {
		area->pages[area->nr_pages] = alloc_area_page(rq);
		if (area->pages[area->nr_pages])
			area->nr_on_node[page_to_nid(area->pages[area->nr_pages++])]++;
		else
			err = -ENOMEM;
	}
	mod_vm_state(nr_vmalloc_pages, (long)area->nr_pages);
	return err ? err : map_vm_area(area, rq->prot, area->pages);
}

static void __vunmap(const void *p, const char *what)
{
	struct vm_struct *area = remove_vm_area(p, what);

	if ((area->flags & VM_ALLOC) && area->pages)
		free_area_pages(area);
	kmem_cache_free(vm_struct_cache, area);
}

void *__vmalloc_node_range(const struct vm_request *rq)
{
	struct vm_struct *area;

	if (rq->size > totalram_pages() << PAGE_SHIFT)
		return NULL;
	area = __get_vm_area_node(rq, VM_ALLOC | VM_UNINITIALIZED);
	if (!area)
		return NULL;
	if (__vmalloc_area_node(area, rq)) {
		__vunmap(area->addr, "vmalloc");
		return NULL;
	}
	__atomic_store_n(&area->flags, area->flags & ~VM_UNINITIALIZED, __ATOMIC_RELEASE);
	return area->addr;
}

/* What the small front doors have in common. */
static void *vmalloc_from(size_t size, size_t align, gfp_t gfp, int node, unsigned long caller)
{
	const struct vm_request rq = { .size = size, .align = align, .start = general_start(), .end = vmalloc_end,
				       .gfp = gfp, .prot = PAGE_KERNEL, .node = node, .caller = caller };

	return __vmalloc_node_range(&rq);
}

void *vmalloc_align(size_t size, size_t align, gfp_t gfp)
{
	return vmalloc_from(size, align, gfp, NO_NODE, CALLER);
}

void *vmalloc(size_t size)
{
	return vmalloc_from(size, PAGE_SIZE, GFP_KERNEL, NO_NODE, CALLER);
}

void *vzalloc(size_t size)
{
	return vmalloc_from(size, PAGE_SIZE, GFP_KERNEL | __GFP_ZERO, NO_NODE, CALLER);
}

void *vmalloc_node(size_t size, int node)
{
	return vmalloc_from(size, PAGE_SIZE, GFP_KERNEL, node, CALLER);
}

void *vzalloc_node(size_t size, int node)
{
	return vmalloc_from(size, PAGE_SIZE, GFP_KERNEL | __GFP_ZERO, node, CALLER);
}

void *vmalloc_stack(size_t size, size_t align)
{
	const struct vm_request rq = {
		.size = size, .align = align, .start = vmalloc_start, .end = vmalloc_stacks_end(),
		.gfp = GFP_KERNEL, .prot = PAGE_KERNEL, .node = NO_NODE, .caller = CALLER,
	};

	return __vmalloc_node_range(&rq);
}

void vfree(const void *p)
{
	if (p)
		__vunmap(p, "vfree");
}

/* ---- vmap ---- */

void *vmap(struct page **pages, unsigned int count, pgprot_t prot)
{
	const struct vm_request rq = {
		.size = (size_t)count << PAGE_SHIFT, .align = PAGE_SIZE, .start = general_start(),
		.end = vmalloc_end, .gfp = GFP_KERNEL, .node = NO_NODE, .caller = CALLER,
	};
	struct vm_struct *area = __get_vm_area_node(&rq, VM_MAP);

	if (!area)
		return NULL;
	if (map_vm_area(area, prot, pages)) {
		free_vm_area(area);
		return NULL;
	}
	return area->addr;
}

void vunmap(const void *p)
{
	if (p)
		__vunmap(p, "vunmap");
}

/* ---- either kind of memory ---- */

void *kvmalloc(size_t size, gfp_t gfp)
{
	void *p = kmalloc(size, size > PAGE_SIZE ? gfp | __GFP_NOWARN : gfp);

	if (p || size <= PAGE_SIZE)
		return p;
	return vmalloc_from(size, PAGE_SIZE, gfp, NO_NODE, CALLER);
}

void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}

void kvfree(const void *p)
{
	if (is_vmalloc_addr(p))
		vfree(p);
	else
		kfree((void *)p);
}

/* ---- looking ---- */

struct page *vmalloc_to_page(const void *p)
{
	pte_t *pte = is_vmalloc_addr(p) ? kernel_pte_lookup((unsigned long)p) : NULL;
	pte_t entry = pte ? ptep_get(pte) : __pte(0);

	return pte_present(entry) && pfn_valid(pte_pfn(entry)) ? pfn_to_page(pte_pfn(entry)) : NULL;
}

unsigned long vmalloc_used(void)
{
	return READ_ONCE(used_bytes);
}

static void copy_info(const struct vmap_area *va, void *arg)
{
	*(struct vm_struct *)arg = *va->vm;
}

bool vmalloc_next(unsigned long addr, struct vm_struct *info)
{
	return with_next_vmap_area(addr, copy_info, info);
}

void vmalloc_init(void)
{
	vm_struct_cache = kmem_cache_create("vm_struct", sizeof(struct vm_struct), 0, SLAB_PANIC, NULL);
	vmap_area_init();
}
