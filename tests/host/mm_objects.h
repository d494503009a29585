/* SPDX-License-Identifier: MIT */
/*
 * tests/host/mm_objects.h - files to map: a page cache each, some filled with words, one writable by notice
 *
 * File f is OBJECT_PAGES long. Files 0 and 1 are read from a "disk" (fill writes object_word() at both
 * ends of the page); file 1 wants to see first writes (page_mkwrite); files 2 and 3 are tmpfs-like and
 * start as zeroes. VMAs are counted by open and close.
 */
#ifndef TESTS_MM_OBJECTS_H
#define TESTS_MM_OBJECTS_H

#include <mm/mm.h>
#include <mm/page_cache.h>
#include <mm/vmstat.h>

#define NR_FILES	4
#define OBJECT_PAGES	48U
#define FIRST_DISKLESS	2	/* files from here on have no disk */

struct object {
	struct address_space as;
	long vmas;		/* open() minus close() */
	unsigned long mkwrites, fills;
	bool fail_fill;
	bool cut_before;	/* the file is cut to nothing behind the back of who fills a page */
	unsigned int on_disk;	/* pages: what was cut off and grew again is a hole */
};
extern struct object objects[NR_FILES];

void objects_create(void);
void objects_destroy(void);	/* no VMA refers to them any more */
u64 object_word(unsigned int file, unsigned int page);
/* object_request - make @rq map file @file */
void object_request(unsigned int file, struct mmap_request *rq);
void object_truncate(unsigned int file, unsigned int pages);

#endif
