/* SPDX-License-Identifier: MIT */
/*
 * mm/ledger.c - where is every page of the machine?
 *
 * THE QUESTION   A page that nobody can use any more looks like any page in use. How is it missed?
 *
 * THE PICTURE    two books, kept by different hands:
 *
 *                counted   +1 / -1 where a page changes hands     vmstat.h, zone.c, pcplist.c
 *                scanned   one look at each struct page: PG_buddy? PG_slab? PG_anon? a mapping? ...
 *
 *                                         counted    scanned
 *                free: buddy lists         115230     115230
 *                free: per-CPU lists           61         61
 *                slab objects                 312        312
 *                ...
 *                total                     131072     131072
 *                balanced
 *
 *                A page forgotten by its owner leaves `counted' (its owner forgot it) but not `scanned';
 *                a page lost by the allocator is in use, and nothing says for what.
 *
 * ALWAYS TRUE    L1  at a quiet moment the classes of each column add up to the total.
 *                L2  at a quiet moment the columns agree, class by class.
 *                L3  the first page of a block of PG_kernel has its class in `index', its order in
 *                    `private'.
 *
 * A quiet moment: no page is being moved. The reader takes the sum of all allocations and frees before
 * and after; when it changed, or the columns differ, it looks again, LOOKS times in all. A page between
 * two owners (just allocated, not yet mapped) belongs to nobody: one that stays so is off.
 *
 * LOCKS          none; see above.
 * THE NUMBERS    a scan of 512 MiB looks at 131,072 struct pages: about 2 million instructions.
 * READ NEXT      page_owner.c (who took what is off), fs/proc_ledger.c, tests/kernel/ledger_test.c.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/ledger.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <mm/page_owner.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include "mm_phys.h"

#define LOOKS		20
#define LOOK_AGAIN_NS	2000000ULL

#define X(class, name) name,
static const char *const class_names[] = { LEDGER_CLASSES(X) };
#undef X

/* ---- counting ---- */

static enum vm_state counter_of(enum ledger_class class)
{
	switch (class) {
	case LEDGER_KMALLOC:
		return nr_kmalloc_pages;
	case LEDGER_PIPE:
		return nr_pipe_pages;
	default:
		ASSERT(class == LEDGER_KERNEL);
		return nr_kernel_pages;
	}
}

void ledger_own(struct page *p, enum ledger_class class, unsigned int order)
{
	ledger_mark(p, class);
	p->private = order;		/* L3 */
	mod_vm_state(counter_of(class), 1L << order);
}

void ledger_disown(struct page *p, unsigned int order)
{
	ASSERT_MSG(PageKernel(p) && p->private == order, "L3: pfn=%lx flags=%lx order=%lu, not %u", page_to_pfn(p),
		   p->flags, p->private, order);
	__ClearPageKernel(p);
	mod_vm_state(counter_of((enum ledger_class)p->index), -(1L << order));
}

static void count(struct ledger *l)
{
	long *c = l->counted, present = 0, managed = 0;
	struct zone *z;

	for_each_zone(z) {
		c[LEDGER_BUDDY] += (long)READ_ONCE(z->nr_free);
		present += (long)z->present;
		managed += (long)READ_ONCE(z->managed);
	}
	c[LEDGER_PCP] = (long)pcp_pages();
	c[LEDGER_SLAB] = vm_state_sum(nr_slab_pages);
	c[LEDGER_KMALLOC] = vm_state_sum(nr_kmalloc_pages);
	c[LEDGER_TABLE] = vm_state_sum(nr_page_table_pages) + vm_state_sum(nr_kernel_table_pages);
	c[LEDGER_STACK] = vm_state_sum(nr_kernel_stack_pages);
	c[LEDGER_VMALLOC] = vm_state_sum(nr_vmalloc_pages) - c[LEDGER_STACK];
	c[LEDGER_ANON] = vm_state_sum(nr_anon_pages);
	c[LEDGER_SHMEM] = vm_state_sum(nr_shmem);
	c[LEDGER_FILE] = vm_state_sum(nr_file_pages) - c[LEDGER_SHMEM];
	c[LEDGER_PIPE] = vm_state_sum(nr_pipe_pages);
	c[LEDGER_KERNEL] = vm_state_sum(nr_kernel_pages);
	c[LEDGER_BOOT] = present - managed;
	l->total = present;
}

void ledger_count(struct ledger *l)
{
	*l = (struct ledger){ .total = 0 };
	count(l);
}

/* ---- scanning ---- */

/* The class of a page in use, and its block's order in *@order; NR_LEDGER: nothing says what it is. */
static enum ledger_class class_in_use(const struct page *p, unsigned int *order)
{
	*order = 0;
	if (PageSlab(p))
		return LEDGER_SLAB;
	if (PageTable(p))
		return LEDGER_TABLE;
	if (PageKernel(p)) {
		*order = (unsigned int)p->private;
		return p->index < NR_LEDGER && p->private <= MAX_ORDER ? (enum ledger_class)p->index : NR_LEDGER;
	}
	if (page_count(p) == 0)
		return NR_LEDGER;
	if (PageAnon(p))
		return LEDGER_ANON;
	if (p->mapping)
		return PageSwapBacked(p) ? LEDGER_SHMEM : LEDGER_FILE;
	return NR_LEDGER;
}

static enum ledger_class class_of(const struct page *p, unsigned int *order)
{
	*order = 0;
	if (p == zero_page)
		return LEDGER_KERNEL;
	if (PageReserved(p))
		return LEDGER_BOOT;
	if (PagePcp(p))
		return LEDGER_PCP;
	if (PageBuddy(p)) {
		*order = (unsigned int)p->private;
		return LEDGER_BUDDY;
	}
	return class_in_use(p, order);
}

static void scan_range(struct ledger *l, pfn_t pfn, pfn_t end)
{
	while (pfn < end) {
		unsigned int order;
		enum ledger_class class = class_of(pfn_to_page(pfn), &order);
		pfn_t n = min((pfn_t)1 << min(order, (unsigned int)MAX_ORDER), end - pfn);

		if (class < NR_LEDGER)
			l->scanned[class] += (long)n;
		else
			l->lost += (long)n;
		pfn += n;
	}
}

static void scan(struct ledger *l)
{
	paddr_t start, end;
	unsigned int i = 0;

	while (memblock_next_memory(&i, &start, &end))
		scan_range(l, (pfn_t)(start >> PAGE_SHIFT), (pfn_t)(end >> PAGE_SHIFT));
}

enum ledger_class ledger_class_of(const struct page *p)
{
	unsigned int order;

	return class_of(p, &order);
}

/* ---- reading ---- */

static unsigned long moves(void)
{
	return vm_event_sum(pgalloc) + vm_event_sum(pgfree);
}

long ledger_unaccounted(const struct ledger *l)
{
	long sum = 0;

	for (unsigned int i = 0; i < NR_LEDGER; i++)
		sum += l->counted[i];
	return l->total - sum;
}

/* L1, L2 */
static bool balanced(const struct ledger *l)
{
	return l->lost == 0 && ledger_unaccounted(l) == 0 && !memcmp(l->counted, l->scanned, sizeof(l->counted));
}

void ledger_read(struct ledger *l)
{
	for (unsigned int look = 0; look < LOOKS; look++) {
		unsigned long before;

		if (look)
			sleep_until(arch_clock_ns() + LOOK_AGAIN_NS);
		memset(l, 0, sizeof(*l));
		before = moves();
		count(l);
		scan(l);
		l->quiet = moves() == before;
		if (balanced(l))
			break;
	}
}

void ledger_settle(void)
{
	sched_free_dead();
	thread_drop_stacks();
	vm_unmap_aliases();
	slab_watch();
	kmem_cache_shrink_all();
	page_alloc_drain();
}

/* ---- saying it ---- */

typedef void (*line_fn)(const char *line, void *arg);

static void print_line(line_fn fn, void *arg, const char *name, long counted, long scanned)
{
	char line[96];

	if (counted == scanned)
		snprintf(line, sizeof(line), "%-22s %10ld %10ld\n", name, counted, scanned);
	else
		snprintf(line, sizeof(line), "%-22s %10ld %10ld %+10ld\n", name, counted, scanned, counted - scanned);
	fn(line, arg);
}

static void print_verdict(const struct ledger *l, line_fn fn, void *arg)
{
	char line[160];
	size_t n = (size_t)scnprintf(line, sizeof(line), "off:%s", l->quiet ? "" : " (not quiet)");

	if (balanced(l)) {
		fn("balanced\n", arg);
		return;
	}
	if (ledger_unaccounted(l))
		n += (size_t)scnprintf(line + n, sizeof(line) - n, " %ld unaccounted,", ledger_unaccounted(l));
	if (l->lost)
		n += (size_t)scnprintf(line + n, sizeof(line) - n, " %ld of unknown use,", l->lost);
	for (unsigned int i = 0; i < NR_LEDGER; i++)
		if (l->counted[i] != l->scanned[i])
			n += (size_t)scnprintf(line + n, sizeof(line) - n, " %s %+ld,", class_names[i],
					       l->counted[i] - l->scanned[i]);
	line[n - 1] = '\n';
	fn(line, arg);
}

bool ledger_print(const struct ledger *l, line_fn fn, void *arg)
{
	long scanned = l->lost;

	fn("pages                     counted    scanned\n", arg);
	for (unsigned int i = 0; i < NR_LEDGER; i++) {
		print_line(fn, arg, class_names[i], l->counted[i], l->scanned[i]);
		scanned += l->scanned[i];
	}
	print_line(fn, arg, "unknown", ledger_unaccounted(l), l->lost);
	print_line(fn, arg, "total", l->total, scanned);
	print_verdict(l, fn, arg);
	return balanced(l);
}

static void to_log(const char *line, void *arg)
{
	printk("# %s", line);
}

bool ledger_check(void)
{
	struct ledger l;

	ledger_read(&l);
	if (balanced(&l))
		return true;
	ledger_print(&l, to_log, NULL);
	return false;
}
