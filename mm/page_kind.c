/* SPDX-License-Identifier: MIT */
/*
 * mm/page_kind.c - which pages may be taken away, and which may be shared: the lecture's matrix
 *
 * THE QUESTION   Memory is short. Which page can its owner lose without noticing, and who else has it?
 *
 * THE PICTURE                        shareable                          not
 *                swappable     anonymous, tmpfs: to swap              -
 *                              file: dropped, or written to its file
 *                not           zero page, vDSO, what is locked        kernel image, page tables, slab,
 *                                                                     kernel stacks, other kernel pages
 *
 *                Two things make a page swappable: all its ptes can be found (rmap.c: PageAnon, or a mapping), and
 *                its contents can come back by a fault (PG_swapbacked: from swap; else from its file). Pages the
 *                kernel has pointers to have neither. mlock(2) takes the right away again.
 *
 * ALWAYS TRUE    A kind is what page and mapping say, not a field of its own: nothing has to keep it current.
 *
 * SEEN BY        /proc/page_kinds, docs/page-kinds.md.
 * READ NEXT      ledger.c (the same pages by owner), rmap.c, migrate.c (try_to_unmap).
 */
#include <mm/ledger.h>
#include <mm/page_kind.h>
#include "mm_internal.h"

const struct page_kind_info page_kinds[NR_PAGE_KINDS] = {
#define PAGE_KIND_no	false
#define PAGE_KIND_yes	true
#define PAGE_KIND_INFO(kind, swappable, shareable, what, how) \
	{ #kind, PAGE_KIND_##swappable, PAGE_KIND_##shareable, what, how },
	PAGE_KINDS(PAGE_KIND_INFO)
#undef PAGE_KIND_INFO
#undef PAGE_KIND_no
#undef PAGE_KIND_yes
};

static enum page_kind kernel_kind(enum ledger_class class)
{
	switch (class) {
	case LEDGER_BOOT:
		return KIND_image;
	case LEDGER_TABLE:
		return KIND_table;
	case LEDGER_SLAB:
	case LEDGER_KMALLOC:
		return KIND_slab;
	case LEDGER_STACK:
		return KIND_stack;
	case LEDGER_VMALLOC:
	case LEDGER_PIPE:
	case LEDGER_KERNEL:
		return KIND_kernel;
	default:
		return NR_PAGE_KINDS;
	}
}

enum page_kind page_kind(const struct vm_area_struct *vma, const struct page *page)
{
	enum ledger_class class = ledger_class_of(page);

	if (page == zero_page)
		return KIND_zero;
	if (class != LEDGER_ANON && class != LEDGER_SHMEM && class != LEDGER_FILE)
		return vma ? KIND_vdso : kernel_kind(class);
	if (vma && (vma->vm_flags & VM_LOCKED))
		return KIND_locked;
	if (class == LEDGER_ANON)
		return KIND_anon;
	if (class == LEDGER_SHMEM)
		return KIND_shmem;
	return PageDirty(page) ? KIND_dirty : KIND_file;
}

/* ---- how many -------------------------------------------------------------------------------- */

static unsigned long state(enum vm_state s)
{
	long n = vm_state_sum(s);

	return n > 0 ? (unsigned long)n : 0;
}

static unsigned long locked_pages(void)
{
	struct mm_struct *mm;
	unsigned long n = 0;

	WITH_SPINLOCK(&mm_list_lock)
		list_for_each_entry(mm, &mm_list, mm_link)
			n += READ_ONCE(mm->locked_vm);
	return n;
}

static unsigned long counted_sum(const long *counted, enum page_kind kind)
{
	long n = 0;

	for (unsigned int class = 0; class < NR_LEDGER; class++)
		if (kernel_kind(class) == kind)
			n += counted[class];
	return n > 0 ? (unsigned long)n : 0;
}

/* less - @a - @b of two counts that were taken one after the other: the part may be larger than the whole by now */
static unsigned long less(unsigned long a, unsigned long b)
{
	return a > b ? a - b : 0;
}

unsigned long page_kind_count(enum page_kind kind)
{
	unsigned long file = less(state(nr_file_pages), state(nr_shmem)), dirty = state(nr_dirty);
	struct ledger l;

	switch (kind) {
	case KIND_zero:
		return 1;
	case KIND_vdso:
		return 0;		/* counted with the image, of which they are a part */
	case KIND_locked:
		return locked_pages();
	case KIND_anon:
		return state(nr_anon_pages);
	case KIND_shmem:
		return state(nr_shmem);
	case KIND_dirty:
		return dirty;
	case KIND_file:
		return less(file, dirty);
	default:
		ledger_count(&l);
		return counted_sum(l.counted, kind);
	}
}
