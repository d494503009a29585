/* SPDX-License-Identifier: MIT */
/*
 * tests/host/vma_model.h - an address space as an array of pages
 *
 * The model knows nothing of VMAs: for each page of a small window it keeps protection, object and
 * contents. The window straddles the border of the largest page table, so all levels take part.
 * A page's contents are one word, at its start and again at its end.
 */
#ifndef TESTS_VMA_MODEL_H
#define TESTS_VMA_MODEL_H

#include <mm/rmap.h>

#define WINDOW		256U		/* pages */
#define MMS		4
#define MAX_LEN		24U
#define NR_ANON_OBJECTS	512		/* names of MAP_SHARED|MAP_ANONYMOUS objects */
#define FIRST_ANON	NR_FILES
#define NR_OBJECTS	(FIRST_ANON + NR_ANON_OBJECTS)
#define NO_OBJECT	(-1)
#define LAST_WORD	(PAGE_SIZE - sizeof(u64))

struct mpage {
	bool mapped, shared, copied, dontfork, wipeonfork, locked;
	u8 prot;
	int object;
	unsigned int index;	/* page of the object */
	u64 value;		/* of a private page that was written (copied) */
};

struct mspace {
	struct mm_struct *mm;
	unsigned int brk_start, brk;	/* pages of the window */
	struct mpage page[WINDOW];
};

static struct mspace spaces[MMS];
static u64 contents[NR_OBJECTS][OBJECT_PAGES];
static unsigned int size_of[NR_OBJECTS];	/* pages */
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
	static const u8 prots[] = { 0, 1, 1, 3, 3, 3, 3, 4, 5, 7, 2 };

	return prots[random_below(ARRAY_SIZE(prots))];
}

/* ---- the model ------------------------------------------------------------------------------- */

static bool object_in_use(int object)
{
	for (unsigned int s = 0; s < MMS; s++)
		for (unsigned int i = 0; spaces[s].mm && i < WINDOW; i++)
			if (spaces[s].page[i].mapped && spaces[s].page[i].object == object)
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
	return FIRST_ANON + next;
}

static bool may_access(const struct mpage *p, enum soft_access a)
{
	if (a == SOFT_WRITE)
		return p->prot & PROT_WRITE;
	if (a == SOFT_EXEC)
		return p->prot & PROT_EXEC;
	return p->prot & (PROT_READ | PROT_WRITE) ||
	       (p->prot & PROT_EXEC && soft_hw.exec_reads);
}

static bool beyond_end(const struct mpage *p)
{
	return p->object != NO_OBJECT && p->index >= size_of[p->object];
}

static enum fault_result model_access(const struct mpage *p, enum soft_access a)
{
	if (!p->mapped)
		return FAULT_SEGV_MAPERR;
	if (!may_access(p, a))
		return FAULT_SEGV_ACCERR;
	return beyond_end(p) ? FAULT_SIGBUS : FAULT_OK;
}

static u64 model_value(const struct mpage *p)
{
	if (p->copied)
		return p->value;
	return p->object == NO_OBJECT ? 0 : contents[p->object][p->index];
}

static bool range_free(const struct mspace *s, unsigned int first, unsigned int n)
{
	for (unsigned int i = first; i < first + n && i < WINDOW; i++)
		if (s->page[i].mapped)
			return false;
	return true;
}

static void model_unmap(struct mspace *s, unsigned int first, unsigned int n)
{
	memset(&s->page[first], 0, n * sizeof(s->page[0]));
}

/* The highest free stretch of @n pages in the window, as a top-down search finds it; -1: below it. */
static int model_highest_gap(const struct mspace *s, unsigned int n)
{
	for (int i = (int)(WINDOW - n); i >= 0; i--)
		if (range_free(s, (unsigned int)i, n))
			return i;
	return -1;
}

/* ---- compare --------------------------------------------------------------------------------- */

static void compare_vma(const struct mspace *s, const struct vm_area_struct *vma, unsigned int *next)
{
	unsigned int first = (unsigned int)((vma->vm_start - base) >> PAGE_SHIFT);
	unsigned int end = (unsigned int)((vma->vm_end - base) >> PAGE_SHIFT);

	for (; *next < first; (*next)++)
		assert_false(s->page[*next].mapped);
	for (; *next < end; (*next)++) {
		const struct mpage *p = &s->page[*next];

		assert_true(p->mapped);
		assert_int_equal(vma->vm_flags & VM_ACCESS_FLAGS, p->prot);
		assert_int_equal(!!(vma->vm_flags & VM_SHARED), p->shared);
		assert_int_equal(!!(vma->vm_flags & VM_LOCKED), p->locked);
		assert_int_equal(!!(vma->vm_flags & VM_DONTCOPY), p->dontfork);
		assert_int_equal(vma->mapping != NULL, p->object != NO_OBJECT);
		if (p->object != NO_OBJECT)
			assert_int_equal(vma->vm_pgoff + *next - first, p->index);
	}
}

/* R5: a walk from each page finds as many ptes as it counts. */
static void compare_rmap(const struct mspace *s)
{
	for (unsigned int i = 0; i < WINDOW; i++) {
		struct page *page = page_at(s->mm, addr_of(i));

		if (!page || page == zero_page)
			continue;
		assert_true(trylock_page(page));
		assert_int_equal(rmap_count(page), page_mapcount(page));
		unlock_page(page);
	}
}

static void compare(const struct mspace *s)
{
	struct vm_area_struct *vma;
	unsigned int next = 0;
	unsigned long locked = 0;

	mm_check(s->mm);
	for_each_vma(s->mm, vma) {
		assert_true(vma->vm_start >= base && vma->vm_end <= addr_of(WINDOW));
		compare_vma(s, vma, &next);
		locked += vma->vm_flags & VM_LOCKED ? vma_pages(vma) : 0;
	}
	for (; next < WINDOW; next++)
		assert_false(s->page[next].mapped);
	assert_int_equal(locked, s->mm->locked_vm);
	compare_rmap(s);
}

/* Other frames, same contents: what maps the page here and in the relatives goes along. */
static void step_migrate(struct mspace *s, unsigned int first, unsigned int n)
{
	for (unsigned int i = first; i < first + n; i++) {
		struct page *page = page_at(s->mm, addr_of(i)), *new;
		int maps;

		if (!page || !PageAnon(page))
			continue;
		maps = page_mapcount(page);
		new = alloc_page(GFP_USER);
		get_page(page);
		assert_int_equal(migrate_page(page, new), 0);
		assert_ptr_equal(page_at(s->mm, addr_of(i)), new);
		assert_int_equal(page_mapcount(new), maps);
		put_page(new);
	}
}

#endif
