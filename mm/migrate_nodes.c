/* SPDX-License-Identifier: MIT */
/*
 * mm/migrate_nodes.c - pages that are there already move to other nodes
 *
 * THE QUESTION   A program said too late where its memory shall be, or moved to another CPU. How do its pages
 *                follow?
 *
 * THE PICTURE    mbind(MPOL_MF_MOVE)   a range:         to where its policy says now
 *                migrate_pages(2)      a process:       nodes {0,1} to {2,3}: 0 -> 2, 1 -> 3
 *                move_pages(2)         single pages:    each to a node of its own
 *
 *                page table --collect, a few referenced pages--> new page there --migrate_page()--> put
 *
 * ALWAYS TRUE    E1  a page that cannot move stays, whole and mapped; the callers count or name it.
 *                E2  a page that others map too moves only with `all'.
 *
 * LOCKS          mmap_lock (read is enough) all the time; page locks inside migrate_page().
 * READ NEXT      migrate.c (how one page moves), kernel/sys_move_pages.c.
 */
#include <mm/mempolicy.h>
#include <mm/rmap.h>
#include <mm/zone.h>
#include "mm_internal.h"

#define COLLECT_MAX	16
#define TRIES		10	/* someone who just looks at a page lets go soon */

/* ---- which pages? ---------------------------------------------------------------------------- */

struct collection {
	unsigned long	from;			/* nodes they are on */
	unsigned long	next;			/* where the search goes on */
	unsigned int	n, max;
	struct page	*page[COLLECT_MAX];	/* referenced */
	unsigned long	addr[COLLECT_MAX];
};

static int collect_ptes(pte_t *ptep, unsigned long addr, unsigned int n, void *arg)
{
	struct collection *c = arg;

	for (; n; n--, ptep++, addr += PAGE_SIZE) {
		pte_t pte = ptep_get(ptep);
		struct page *page;

		if (!pte_present(pte) || pte_special(pte))
			continue;
		page = pfn_to_page(pte_pfn(pte));
		if (!(c->from >> page_to_nid(page) & 1))
			continue;
		if (c->n == c->max) {
			c->next = addr;
			return 1;
		}
		get_page(page);
		c->page[c->n] = page;
		c->addr[c->n++] = addr;
	}
	return 0;
}

/* collect - the next pages of [c->next, end) */
static void collect(struct collection *c, struct vm_area_struct *vma, unsigned long end)
{
	unsigned long start = c->next;

	c->n = 0;
	c->next = end;
	if (!(vma->vm_flags & (VM_PFNMAP | VM_IO)))
		walk_page_range(vma->vm_mm, start, end, collect_ptes, c);
}

bool any_page_on(struct vm_area_struct *vma, unsigned long start, unsigned long end, unsigned long nodes)
{
	struct collection c = { .from = nodes, .next = start, .max = 1 };

	collect(&c, vma, end);
	if (c.n)
		put_page(c.page[0]);
	return c.n;
}

/* ---- the move -------------------------------------------------------------------------------- */

/* move_one - @page, whose reference is used up, to @new (NULL: there was none); 0, -ENOMEM, -EBUSY */
static int move_one(struct page *page, struct page *new)
{
	int err = -EAGAIN;

	for (int i = 0; new && err == -EAGAIN && i < TRIES; i++) {
		if (i >= TRIES / 2)
			schedule();
		err = migrate_page(page, new);
	}
	if (!err) {
		put_page(new);
		return 0;
	}
	if (new)
		put_page(new);
	put_page(page);
	return new ? -EBUSY : -ENOMEM;
}

static bool shared_elsewhere(const struct page *page)
{
	return page_mapcount(page) > 1;
}

static struct page *alloc_on(unsigned int nid)
{
	return alloc_pages_node((int)nid, GFP_HIGHUSER | __GFP_THISNODE, 0);
}

unsigned long move_misplaced(struct vm_area_struct *vma, unsigned long start, unsigned long end, unsigned long from,
			     bool all)
{
	struct collection c = { .from = from, .next = start, .max = COLLECT_MAX };
	unsigned long stay = 0;

	for (; c.next < end; cond_resched()) {
		collect(&c, vma, end);
		for (unsigned int i = 0; i < c.n; i++) {
			pgoff_t pgoff = vma->vm_pgoff + ((c.addr[i] - vma->vm_start) >> PAGE_SHIFT);

			if (!all && shared_elsewhere(c.page[i]))
				put_page(c.page[i]);
			else if (move_one(c.page[i], alloc_page_vma(GFP_HIGHUSER, vma, pgoff)))
				stay++;
		}
	}
	return stay;
}

/* ---- a whole process ------------------------------------------------------------------------- */

/* node_remap - node @nid of @from goes to the one in the same place of @to, which starts over when it is shorter */
static unsigned int node_remap(unsigned int nid, unsigned long from, unsigned long to)
{
	int place = __builtin_popcountl(from & ((1UL << nid) - 1)) % __builtin_popcountl(to);

	if (__builtin_popcountl(from) != __builtin_popcountl(to) && (to >> nid & 1))
		return nid;		/* it is at home already */
	while (place--)
		to &= to - 1;
	return (unsigned int)__builtin_ctzl(to);
}

/* moving_nodes - nodes of @from that are not their own destination */
static unsigned long moving_nodes(unsigned long from, unsigned long to)
{
	unsigned long nodes = 0;

	for (unsigned int nid = 0; nid < MAX_NUMNODES; nid++)
		if ((from >> nid & 1) && node_remap(nid, from, to) != nid)
			nodes |= 1UL << nid;
	return nodes;
}

static unsigned long migrate_vma(struct vm_area_struct *vma, unsigned long from, unsigned long to, bool all)
{
	struct collection c = { .from = moving_nodes(from, to), .next = vma->vm_start, .max = COLLECT_MAX };
	unsigned long stay = 0;

	for (; c.from && c.next < vma->vm_end; cond_resched()) {
		collect(&c, vma, vma->vm_end);
		for (unsigned int i = 0; i < c.n; i++) {
			unsigned int nid = page_to_nid(c.page[i]);

			if (!all && shared_elsewhere(c.page[i]))
				put_page(c.page[i]);
			else if (move_one(c.page[i], alloc_on(node_remap(nid, from, to))))
				stay++;
		}
	}
	return stay;
}

unsigned long do_migrate_pages(struct mm_struct *mm, unsigned long from, unsigned long to, bool all)
{
	struct vm_area_struct *vma;
	unsigned long stay = 0;

	ASSERT(to);
	down_read(&mm->mmap_lock);
	for_each_vma(mm, vma)
		stay += migrate_vma(vma, from, to, all);
	up_read(&mm->mmap_lock);
	return stay;
}

/* ---- one page -------------------------------------------------------------------------------- */

/* find_page - the page at @addr, referenced; NULL with *@err -EFAULT: not mapped, or zeroes; -ENOENT: not there */
static struct page *find_page(struct mm_struct *mm, unsigned long addr, int *err)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, addr, addr + 1);
	struct page *page = NULL;
	spinlock_t *ptl;
	pte_t *ptep, pte;

	*err = -EFAULT;
	if (!vma || (vma->vm_flags & (VM_PFNMAP | VM_IO)))
		return NULL;
	*err = -ENOENT;
	ptep = pte_lookup_lock(mm, addr, &ptl);
	if (!ptep)
		return NULL;
	pte = ptep_get(ptep);
	if (pte_special(pte)) {
		*err = -EFAULT;
	} else if (pte_present(pte)) {
		page = pfn_to_page(pte_pfn(pte));
		get_page(page);
	}
	pte_unlock(ptl);
	return page;
}

static int move_found(struct page *page, unsigned int nid, bool all)
{
	bool there = page_to_nid(page) == nid;
	int err;

	if (there || (!all && shared_elsewhere(page))) {
		put_page(page);
		return there ? (int)nid : -EACCES;
	}
	err = move_one(page, alloc_on(nid));
	return err ? err : (int)nid;
}

int do_move_page(struct mm_struct *mm, unsigned long addr, unsigned int nid, bool all)
{
	struct page *page;
	int err;

	down_read(&mm->mmap_lock);
	page = find_page(mm, ALIGN_DOWN(addr, PAGE_SIZE), &err);
	if (page)
		err = move_found(page, nid, all);
	up_read(&mm->mmap_lock);
	return err;
}

int node_of_page(struct mm_struct *mm, unsigned long addr)
{
	struct page *page;
	int result;

	down_read(&mm->mmap_lock);
	page = find_page(mm, ALIGN_DOWN(addr, PAGE_SIZE), &result);
	if (page) {
		result = (int)page_to_nid(page);
		put_page(page);
	}
	up_read(&mm->mmap_lock);
	return result;
}
