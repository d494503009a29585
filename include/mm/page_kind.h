/* SPDX-License-Identifier: MIT */
/* page_kind.h - what may be done with a page of each kind: take it away, show it to several (mm/page_kind.c) */
#ifndef MM_PAGE_KIND_H
#define MM_PAGE_KIND_H

#include <mm/mm.h>

/*
 * The lecture's matrix. Asked from the top: the first row that fits is the page's kind. docs/page-kinds.md is made
 * of this list (`make docs`), /proc/page_kinds shows it with the pages of each kind, and
 * tests/kernel/page_kind_test.c makes a page of each and tries both columns.
 *	X(kind, swappable, shareable, what it is, how it may be taken away and who shares it)
 * swappable: a process can lose the page and get it back by a fault. shareable: several address spaces map it.
 */
#define PAGE_KINDS(X)											\
	X(zero, no, yes, "the zero page", "nothing to gain: one for all reads of fresh memory")	\
	X(vdso, no, yes, "vDSO and its data", "pages of the image that every program maps")		\
	X(image, no, no, "kernel image, memmap, boot", "pointers lead there; the kernel's in every process")	\
	X(table, no, no, "page tables", "freed with their mappings, never before; each process has its own") \
	X(slab, no, no, "slab and kmalloc objects", "pointers lead there; the kernel's in every process") \
	X(stack, no, no, "kernel stacks", "must be there when a fault is handled; one for each thread")	\
	X(kernel, no, no, "vmalloc, pipes, other", "pointers lead there; the kernel's in every process")	\
	X(locked, no, yes, "pages of VM_LOCKED mappings", "mlock(2) promised that they stay; shared as their kind is") \
	X(anon, yes, yes, "anonymous, private", "to swap, found by anon_vma; fork shares it until somebody writes") \
	X(shmem, yes, yes, "tmpfs, shared anonymous", "to swap, found by i_mmap; all who map it, writable")	\
	X(dirty, yes, yes, "file, dirty", "to its file first, then dropped; all who map or read the file")	\
	X(file, yes, yes, "file, clean", "dropped, and read again; all who map or read the file")

enum page_kind {
#define PAGE_KIND_ENUM(kind, swappable, shareable, what, how) KIND_##kind,
	PAGE_KINDS(PAGE_KIND_ENUM)
#undef PAGE_KIND_ENUM
	NR_PAGE_KINDS,			/* a free page, or a guard: nobody's */
};

struct page_kind_info { const char *name; bool swappable, shareable; const char *what, *how; };
extern const struct page_kind_info page_kinds[NR_PAGE_KINDS];

/* page_kind - of @page as @vma maps it; NULL: not through a mapping. The caller sees to it that both stay. */
enum page_kind page_kind(const struct vm_area_struct *vma, const struct page *page);
/* page_kind_count - pages of a kind. KIND_locked: of locked mappings, counted elsewhere too; KIND_vdso: 0 */
unsigned long page_kind_count(enum page_kind kind);

#endif
