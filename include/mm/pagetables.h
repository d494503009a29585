/* SPDX-License-Identifier: MIT */
/* pagetables.h - a process's page table as text (mm/pagetables.c) */
#ifndef MM_PAGETABLES_H
#define MM_PAGETABLES_H

#include <mm/mm.h>

#define PTE_TEXT	80	/* bytes that pte_text() needs at most */

/* pte_text - @pte into @buf of @size: "frame address, a letter for each bit, what else it says" */
void pte_text(char *buf, size_t size, pte_t pte, bool show_pfn);

/* pagetables - where a reader of the text is */
struct pagetables {
	char		*buf;		/* the caller's                            */
	size_t		size, len;	/* of buf; of the text in it               */
	unsigned long	next;		/* addresses from here on are to come      */
	unsigned long	shown;		/* the tables above it are in the text     */
	bool		started, show_pfn;
};

/*
 * pagetables_read - the next part of the text, @t->len bytes of whole lines; 0: that was all
 *   locks: takes mmap_lock for reading      sleeps: yes
 */
void pagetables_read(struct mm_struct *mm, struct pagetables *t);

#endif
