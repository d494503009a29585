/* SPDX-License-Identifier: MIT */
/* ledger.h - where every page of the machine is (mm/ledger.c) */
#ifndef MM_LEDGER_H
#define MM_LEDGER_H

#include <mm/page.h>
#include <mm/vmstat.h>

/* X(class, name): every page of RAM belongs to exactly one. */
#define LEDGER_CLASSES(X)								\
	X(LEDGER_BUDDY, "free: buddy lists")		X(LEDGER_PCP, "free: per-CPU lists")	\
	X(LEDGER_SLAB, "slab objects")			X(LEDGER_KMALLOC, "kmalloc blocks")	\
	X(LEDGER_TABLE, "page tables")			X(LEDGER_STACK, "kernel stacks")	\
	X(LEDGER_VMALLOC, "vmalloc")			X(LEDGER_ANON, "anonymous")		\
	X(LEDGER_FILE, "page cache")			X(LEDGER_SHMEM, "tmpfs, shared memory")	\
	X(LEDGER_PIPE, "pipes")				X(LEDGER_KERNEL, "other kernel pages")	\
	X(LEDGER_BOOT, "image, memmap, boot")

#define X(class, name) class,
enum ledger_class { LEDGER_CLASSES(X) NR_LEDGER };
#undef X

struct ledger {
	long total;			/* pages of RAM                                                */
	long counted[NR_LEDGER];	/* what was counted where pages change hands                   */
	long scanned[NR_LEDGER];	/* what the struct pages say                                   */
	long lost;			/* in use, and nothing says for what                           */
	bool quiet;			/* nothing was allocated or freed between count and scan       */
};

/*
 * ledger_own, ledger_disown - a page or block that alloc_pages() returned is the kernel's, for @class; and is so no
 * longer. For classes whose pages no other flag tells: kmalloc, pipes, other. vmalloc.c counts for itself.
 */
void ledger_own(struct page *p, enum ledger_class class, unsigned int order);
void ledger_disown(struct page *p, unsigned int order);
/* ledger_mark - PG_kernel and the class, without counting */
static inline void ledger_mark(struct page *p, enum ledger_class class)
{
	__SetPageKernel(p);
	p->index = class;
}

/* ledger_class_of - whose @p is; NR_LEDGER: nobody's, or the middle of a block */
enum ledger_class ledger_class_of(const struct page *p);
/* ledger_count - the first column only, as it is now */
void ledger_count(struct ledger *l);
/* ledger_read - both columns; repeated a few times until nothing happens meanwhile. sleeps: yes */
void ledger_read(struct ledger *l);
/* ledger_settle - empty what keeps free memory on purpose: dead threads, empty slabs, per-CPU lists. sleeps: yes */
void ledger_settle(void);
/* ledger_unaccounted - total minus all counted classes */
long ledger_unaccounted(const struct ledger *l);
/* ledger_print - /proc/ledger; its last line is `balanced', or says what is off. returns: balanced? */
bool ledger_print(const struct ledger *l, void (*fn)(const char *line, void *arg), void *arg);
/* ledger_check - validator: at a quiet moment both columns agree and add up; else what is off, with printk */
bool ledger_check(void);

#endif
