/* SPDX-License-Identifier: MIT */
/* page_owner.h - who asked for each page (mm/page_owner.c): debug builds, and boot parameter page_owner=on */
#ifndef MM_PAGE_OWNER_H
#define MM_PAGE_OWNER_H

#include <lib/compiler.h>
#include <mm/page.h>

#define OWNER_FRAMES	8

struct page_owner {
	s32	pc[OWNER_FRAMES];	/* return addresses, innermost first, from an address in the kernel; 0: none */
	pid_t	tid;
	gfp_t	gfp;
	u32	note;			/* order in the low 8 bits, the mark in the others */
};

/* page_owners - one for each frame from min_pfn on; NULL: switched off, and no such table exists. */
extern struct page_owner *page_owners;

/* page_owner_note - without the @skip innermost callers, which are the allocator's own */
void page_owner_note(struct page *p, unsigned int order, gfp_t gfp, unsigned int skip);
static inline void set_page_owner(struct page *p, unsigned int order, gfp_t gfp, unsigned int skip)
{
	if (unlikely(page_owners != NULL))
		page_owner_note(p, order, gfp, skip);
}

/* page_owner_init - while memblock still allocates, with the memmap mapped. */
void page_owner_init(void);
/* page_owner_mark - start a new period; pages noted from now on belong to it. Returns its number. */
u32 page_owner_mark(void);
/*
 * page_owner_report - pages in use that were noted in period @since or later, grouped by who asked: the @max
 * largest groups, line by line to @fn. sleeps: yes. returns: groups there are, or -ENOMEM; 0 when switched off
 */
int page_owner_report(u32 since, unsigned int max, void (*fn)(const char *line, void *arg), void *arg);

#endif
