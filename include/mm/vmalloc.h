/* SPDX-License-Identifier: MIT */
/*
 * vmalloc.h - contiguous kernel addresses from scattered pages, with guard pages (mm/vmalloc.c), device
 * memory (mm/ioremap.c), and which addresses are whose (mm/vmap_area.c)
 */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include <arch.h>
#include <mm/numa.h>
#include <mm/types.h>

/* vm_struct.flags: what an area is */
#define VM_IOREMAP	BIT(0)	/* device memory                                           */
#define VM_ALLOC	BIT(1)	/* vmalloc: the pages are the area's own                   */
#define VM_MAP		BIT(2)	/* vmap: the pages are the caller's                        */
#define VM_VPAGES	BIT(3)	/* pages[] is vmalloc'ed itself: it is larger than a page  */
#define VM_UNINITIALIZED BIT(4)	/* being filled: not listed yet                            */

/* One area, found through its struct vmap_area. All fields (i) once VM_UNINITIALIZED is gone. */
struct vm_struct {
	void		*addr;
	unsigned long	size;		/* with the guard page                      */
	unsigned long	flags;
	struct page	**pages;	/* NULL: ioremap                            */
	unsigned int	nr_pages;
	unsigned int	nr_on_node[MAX_NUMNODES]; /* of pages[]                     */
	paddr_t		phys_addr;	/* ioremap                                  */
	unsigned long	caller;		/* who asked: a code address                */
};

/*
 * vmalloc - page-aligned, NULL: no memory or address space. sleeps: yes. vzalloc: cleared. vmalloc_node: pages
 * from @node first. vfree(NULL) is fine; it may be called from interrupts.
 */
void *vmalloc(size_t size);
void *vzalloc(size_t size);
void *vmalloc_node(size_t size, int node);
void *vzalloc_node(size_t size, int node);
/* vmalloc_align - as vmalloc with @align (power of two, multiple of PAGE_SIZE). */
void *vmalloc_align(size_t size, size_t align, gfp_t gfp);
void vfree(const void *p);

/* __vmalloc_node_range - the call that all of them come down to */
struct vm_request {
	size_t		size, align;
	unsigned long	start, end;	/* addresses to choose from */
	gfp_t		gfp;
	pgprot_t	prot;
	int		node;		/* NO_NODE: this CPU's */
	unsigned long	caller;
};
void *__vmalloc_node_range(const struct vm_request *rq);
/* vmalloc_stack - as vmalloc_align, where every address space can see it without a fault (mm/vmap.c) */
void *vmalloc_stack(size_t size, size_t align);

/* get_vm_area - addresses with nothing mapped (and a guard page), NULL: none; free_vm_area unmaps and frees them */
struct vm_struct *get_vm_area(size_t size, size_t align, unsigned long flags);
void free_vm_area(struct vm_struct *area);
/* map_vm_area - map the area's first pages to @pages; 0 or -ENOMEM (unmapped by whoever frees the area) */
int map_vm_area(struct vm_struct *area, pgprot_t prot, struct page **pages);
/* find_vm_area - the area that contains @addr; NULL: none */
struct vm_struct *find_vm_area(const void *addr);

/* vmap - @count pages of the caller's in one piece, NULL: no memory; vunmap forgets the mapping, not the pages */
void *vmap(struct page **pages, unsigned int count, pgprot_t prot);
void vunmap(const void *p);

/* kvmalloc - kmalloc if it can, else vmalloc; kvfree takes either, or NULL */
void *kvmalloc(size_t size, gfp_t gfp);
void *kvzalloc(size_t size, gfp_t gfp);
void kvfree(const void *p);

/* phys_overlaps_ram - is there RAM in [first, last)? */
bool phys_overlaps_ram(paddr_t first, paddr_t last);
/* ioremap - device memory [pa, pa+size) uncached; NULL: no memory, or it is RAM. iounmap undoes it. */
void *ioremap(paddr_t pa, size_t size);
void iounmap(void *va);

/* is_vmalloc_addr; vmalloc_to_page - the page behind a vmalloc or vmap address, NULL if none */
static inline bool is_vmalloc_addr(const void *p)
{
	return (unsigned long)p >= vmalloc_start && (unsigned long)p < vmalloc_end;
}
struct page *vmalloc_to_page(const void *p);
void vmalloc_init(void);
unsigned long vmalloc_used(void);		/* bytes in areas, without their guard pages */
unsigned long vmalloc_largest_chunk(void);	/* bytes in the largest free range           */

/* vm_unmap_aliases - when it returns, no CPU remembers a mapping of a freed area. sleeps: yes. */
void vm_unmap_aliases(void);
unsigned long lazy_max_pages(void);		/* pages of freed areas that wait for one flush, at most */
/* vmap_area_check - validator: trees, lists, sizes; panics with operands. Nobody else frees meanwhile. */
void vmap_area_check(void);

/* vmalloc_next - copy the first area at or above @addr to *@info (pages not to be followed); false: none */
bool vmalloc_next(unsigned long addr, struct vm_struct *info);

/* ---- vmap.c (vmalloc_fault: see arch.h) ---- */
unsigned long vmalloc_stacks_end(void);		/* kernel stacks lie in [vmalloc_start, here) */

#endif
