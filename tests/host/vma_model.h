/* SPDX-License-Identifier: MIT */
/*
 * tests/host/vma_model.h - an address space as an array of pages, and how to compare the kernel's with it
 *
 * For each page of a small window the model knows whether the program has an anonymous page there, and
 * what is in it; vma_linux.h adds the VMAs. The window straddles the border of the largest page table,
 * so all levels take part; a page that merges with nothing lies at each end. A page's contents are one
 * word, at its start and again at its end.
 */
#ifndef TESTS_VMA_MODEL_H
#define TESTS_VMA_MODEL_H

#include <mm/rmap.h>
#include "vma_linux.h"

#define MMS		4
#define MAX_LEN		24U
#define NR_ANON_OBJECTS	512		/* names of MAP_SHARED|MAP_ANONYMOUS objects */
#define FIRST_ANON	NR_FILES
#define NR_OBJECTS	(FIRST_ANON + NR_ANON_OBJECTS)
#define NO_OBJECT	(-1)
#define OUTSIDE		WINDOW		/* an address below the window: "where there was room" */
#define LAST_WORD	(PAGE_SIZE - sizeof(u64))
#define MAY		(VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
#define LOCKED		(VM_LOCKED | VM_LOCKONFAULT)

static struct mspace spaces[MMS];
static u64 contents[NR_OBJECTS][OBJECT_PAGES];
static unsigned int size_of[NR_OBJECTS];	/* pages */
static void *real_object[NR_OBJECTS];		/* vm_private */
static unsigned long base;
static u64 next_value = 1;

static unsigned long addr_of(unsigned int page)
{
	return base + ((unsigned long)page << PAGE_SHIFT);
}

static unsigned int random_below(unsigned int n)
{
	return (unsigned int)test_random(n);
}

static u8 random_prot(void)
{
	static const u8 prots[] = { 0, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5, 7, 2 };

	return prots[random_below(ARRAY_SIZE(prots))];
}

/* ---- objects --------------------------------------------------------------------------------- */

static bool object_in_use(int object)
{
	for (unsigned int k = 0; k < MMS; k++)
		for (unsigned int i = 0; spaces[k].mm && i < spaces[k].count; i++)
			if (spaces[k].vma[i].object == object)
				return true;
	return false;
}

static int new_anon_object(unsigned int pages)
{
	static int next;

	do {
		next = (next + 1) % NR_ANON_OBJECTS;
	} while (object_in_use(FIRST_ANON + next));
	memset(contents[FIRST_ANON + next], 0, sizeof(contents[0]));
	size_of[FIRST_ANON + next] = pages;
	real_object[FIRST_ANON + next] = NULL;
	return FIRST_ANON + next;
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* m_pages - pages of all VMAs whose flags, of those in @mask, are @flags */
static unsigned long m_pages(const struct mspace *s, unsigned long mask, unsigned long flags)
{
	unsigned long pages = 0;

	for (unsigned int i = 0; i < s->count; i++)
		if ((s->vma[i].flags & mask) == flags)
			pages += s->vma[i].end - s->vma[i].start;
	return pages;
}

#define m_total(s)	(m_pages(s, 0, 0) + GUARDS)
#define m_data(s)	m_pages(s, VM_WRITE | VM_SHARED, VM_WRITE)
#define m_locked(s)	m_pages(s, VM_LOCKED, VM_LOCKED)
#define m_maps(s)	(int)((s)->count + GUARDS)

static bool m_may_expand(const struct mspace *s, unsigned long flags, unsigned long pages)
{
	if (m_total(s) + pages > host_limits.as >> PAGE_SHIFT)
		return false;
	return (flags & (VM_WRITE | VM_SHARED)) != VM_WRITE ||
	       m_data(s) + pages <= host_limits.data >> PAGE_SHIFT;
}

static bool m_may_lock(const struct mspace *s, unsigned long flags, unsigned long pages)
{
	return !(flags & VM_LOCKED) || m_locked(s) + pages <= host_limits.memlock >> PAGE_SHIFT;
}

/* m_highest_gap - the highest free stretch of @n pages, as a top-down search finds it */
static unsigned int m_highest_gap(const struct mspace *s, unsigned int n)
{
	unsigned int top = WINDOW;

	for (unsigned int i = s->count; i-- > 0; top = s->vma[i].start)
		if (top - s->vma[i].end >= n)
			return top - n;
	return top >= n ? top - n : OUTSIDE;
}

/* ---- accesses -------------------------------------------------------------------------------- */

static bool may_access(const struct mvma *v, enum soft_access a)
{
	if (a == SOFT_WRITE)
		return v->flags & VM_WRITE;
	if (a == SOFT_EXEC)
		return v->flags & VM_EXEC;
	return v->flags & (VM_READ | VM_WRITE) || (v->flags & VM_EXEC && soft_hw.exec_reads);
}

/* object_page - which page of its object @page shows */
static unsigned long object_page(const struct mvma *v, unsigned int page)
{
	return v->pgoff + (page - v->start);
}

static bool beyond_end(const struct mvma *v, unsigned int page)
{
	return v->object != NO_OBJECT && object_page(v, page) >= size_of[v->object];
}

static u64 model_value(const struct mspace *s, const struct mvma *v, unsigned int page)
{
	if (s->page[page].anon)
		return s->page[page].value;
	return v->object == NO_OBJECT || beyond_end(v, page) ? 0 : contents[v->object][object_page(v, page)];
}

/* m_prepare - the first anonymous page of VMA @i needs an anon_vma: the upper neighbour's, the lower's, a new one */
static void m_prepare(struct mspace *s, unsigned int i)
{
	struct mvma *v = &s->vma[i], *lender = NULL, *low = i ? v - 1 : NULL, *high = v + 1;

	if (v->av)
		return;
	if (low && low->links == 1 && follows(low, v) && !((low->flags ^ v->flags) & ~VM_ACCESS_FLAGS))
		lender = low;
	if (i + 1 < s->count && high->links == 1 && follows(v, high) &&
	    !((high->flags ^ v->flags) & ~VM_ACCESS_FLAGS))
		lender = high;
	mav_use(v, lender ? lender->av : mav_new(NULL));
	mav_link(v, v->av);
}

/* m_access - what an access to @page brings, and what it leaves */
static enum fault_result m_access(struct mspace *s, unsigned int page, enum soft_access a)
{
	struct mvma *v = m_at(s, page);
	struct mpage *p = &s->page[page];
	bool copies = a == SOFT_WRITE && !p->anon;

	if (!v)
		return FAULT_SEGV_MAPERR;
	if (!may_access(v, a))
		return FAULT_SEGV_ACCERR;
	copies = copies && !(v->flags & VM_SHARED);
	if (copies)
		m_prepare(s, (unsigned int)(v - s->vma));
	if (!p->anon && beyond_end(v, page))
		return FAULT_SIGBUS;
	if (copies)
		*p = (struct mpage){ .anon = true, .value = model_value(s, v, page) };
	return FAULT_OK;
}

/* m_populate - as mlock and MAP_POPULATE do: up to the first page that cannot be there; 0 or -ENOMEM */
static int m_populate(struct mspace *s, unsigned int first, unsigned int end)
{
	for (unsigned int i = first; i < end; i++) {
		struct mvma *v = m_at(s, i);
		enum soft_access a;

		if (!v)
			return -ENOMEM;
		if (v->flags & VM_LOCKONFAULT)
			continue;
		a = (v->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE ? SOFT_WRITE :
		    v->flags & (VM_READ | VM_WRITE) ? SOFT_READ : SOFT_EXEC;
		if (m_access(s, i, a) != FAULT_OK)
			return -ENOMEM;
	}
	return 0;
}

/* ---- whole ranges ---------------------------------------------------------------------------- */

/* m_unmap - 0, or -ENOMEM: a hole would make one VMA too many */
static int m_unmap(struct mspace *s, unsigned int first, unsigned int n)
{
	struct mvma *v = m_at(s, first);

	if (v && v->start < first && first + n < v->end && m_maps(s) >= sysctl_max_map_count)
		return -ENOMEM;
	m_cut(s, first);
	m_cut(s, first + n);
	for (unsigned int i = m_first(s, first); i < s->count && s->vma[i].start < first + n;)
		m_remove(s, i);
	memset(&s->page[first], 0, n * sizeof(s->page[0]));
	return 0;
}

static void m_map(struct mspace *s, const struct mvma *v)
{
	m_settle(s, m_insert(s, v));
}

static void m_exit(struct mspace *s)
{
	while (s->count)
		m_remove(s, s->count - 1);
}

#endif
