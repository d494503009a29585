/* SPDX-License-Identifier: MIT */
/*
 * mm/page_owner.c - who asked for this page?
 *
 * THE QUESTION   The ledger says that three pages are missing. Whose code took them?
 *
 * THE PICTURE    struct page    [ 0 ][ 1 ][ 2 ][ 3 ] ...
 *                page_owners    [ 0 ][ 1 ][ 2 ][ 3 ] ...     44 bytes each: 8 callers, tid, gfp, order, period
 *
 *                a report groups what is in use by its callers, largest group first
 *
 * ALWAYS TRUE    O1  the table exists in debug builds (unless page_owner=off) and with page_owner=on;
 *                    otherwise there is no memory for it and nothing is noted.
 *                O2  the entry of the first page of a block in use tells of that block's allocation.
 *                    Freeing writes nothing: whether a page is in use is the struct page's knowledge.
 *                O3  entries of pages in use since before the table, and of reserved ones, are empty.
 *
 * THE NUMBERS    1% of memory. In default builds with page_owner=on each allocation takes the slow path.
 * LOCKS          none: the CPU that allocates a page writes its entry; a report may see one half written.
 * LEFT OUT       free stacks, Linux's page_ext and stack depot.
 * READ NEXT      ledger.c, fs/proc_ledger.c.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/params.h>
#include <kernel/sched.h>
#include <lib/hash.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/fault_inject.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <mm/page_owner.h>
#include <mm/vmalloc.h>
#include <uapi/errno.h>

#define SITE_BITS	10		/* 1024 sites: a booted system with every test run has about 200 */

struct page_owner *page_owners;
static u32 period = 1;

/* ---- noting ---- */

/* 32 bits reach every function of the kernel from here. */
static unsigned long base(void)
{
	return (unsigned long)page_owner_note;
}

struct unwind { struct page_owner *o; unsigned int skip, n; };

static bool add_frame(unsigned long pc, void *arg)
{
	struct unwind *u = arg;

	if (u->skip) {
		u->skip--;
		return true;
	}
	u->o->pc[u->n++] = (s32)(pc - base());
	return u->n < OWNER_FRAMES;
}

void page_owner_note(struct page *p, unsigned int order, gfp_t gfp, unsigned int skip)
{
	struct page_owner *o = &page_owners[page_to_pfn(p) - min_pfn];
	struct unwind u = { o, skip + 1, 0 };		/* and this function */

	memset(o->pc, 0, sizeof(o->pc));
	arch_backtrace(NULL, add_frame, &u);
	o->tid = current->tid;
	o->gfp = gfp;
	o->note = period << 8 | order;
}

u32 page_owner_mark(void)
{
	return ++period;
}

void page_owner_init(void)
{
	size_t size = ALIGN_UP((size_t)(max_pfn - min_pfn) * sizeof(struct page_owner), PAGE_SIZE);
	const char *want = boot_params.page_owner;

	if (want[0] ? strcmp(want, "on") != 0 : !CONFIG_DEBUG)
		return;
	page_owners = phys_to_virt(memblock_alloc(size, PAGE_SIZE));
	alloc_watch |= WATCH_OWNER;
}

/* ---- reporting ---- */

struct site { struct page_owner like; unsigned long blocks, pages; };

static bool in_use(const struct page *p, const struct page_owner *o)
{
	return o->pc[0] && page_count(p) > 0 && !PageReserved(p) && !PageBuddy(p) && !PagePcp(p);
}

static u32 stack_hash(const struct page_owner *o)
{
	unsigned long h = o->note & 0xff;

	for (unsigned int i = 0; i < OWNER_FRAMES; i++)
		h = h * 31 + (u32)o->pc[i];
	return (u32)hash_long(h, SITE_BITS);
}

/* The slot of @o's site, or an empty one; NULL: the table is full of others. */
static struct site *find_site(struct site *t, const struct page_owner *o)
{
	u32 h = stack_hash(o);

	for (unsigned int i = 0; i < 1u << SITE_BITS; i++) {
		struct site *s = &t[(h + i) & ((1u << SITE_BITS) - 1)];

		if (!s->blocks || (!memcmp(s->like.pc, o->pc, sizeof(o->pc)) &&
				   (s->like.note & 0xff) == (o->note & 0xff)))
			return s;
	}
	return NULL;
}

static int collect(struct site *t, u32 since)
{
	int n = 0;

	for (pfn_t pfn = min_pfn; pfn < max_pfn; pfn++) {
		const struct page_owner *o = &page_owners[pfn - min_pfn];
		struct site *s;

		if (!o->pc[0] || o->note >> 8 < since || !in_use(pfn_to_page(pfn), o))
			continue;
		s = find_site(t, o);
		if (!s)
			continue;
		n += !s->blocks;
		s->like = *o;
		s->blocks++;
		s->pages += 1UL << (o->note & 0xff);
	}
	return n;
}

static struct site *largest(struct site *t)
{
	struct site *best = NULL;

	for (unsigned int i = 0; i < 1u << SITE_BITS; i++)
		if (t[i].blocks && (!best || t[i].pages > best->pages))
			best = &t[i];
	return best;
}

static void print_site(const struct site *s, void (*fn)(const char *line, void *arg), void *arg)
{
	char line[128];

	snprintf(line, sizeof(line), "%lu times, %lu pages:\n", s->blocks, s->pages);
	fn(line, arg);
	snprintf(line, sizeof(line), "Page allocated via order %u, mask %#x, pid %d\n", s->like.note & 0xff,
		 s->like.gfp, s->like.tid);
	fn(line, arg);
	for (unsigned int i = 0; i < OWNER_FRAMES && s->like.pc[i]; i++) {
		snprintf(line, sizeof(line), " %pS\n", (void *)(base() + (unsigned long)(long)s->like.pc[i]));
		fn(line, arg);
	}
	fn("\n", arg);
}

int page_owner_report(u32 since, unsigned int max, void (*fn)(const char *line, void *arg), void *arg)
{
	struct site *t, *s;
	int n;

	if (!page_owners)
		return 0;
	t = vzalloc(sizeof(*t) << SITE_BITS);
	if (!t)
		return -ENOMEM;
	n = collect(t, since);
	for (; max && (s = largest(t)); max--) {
		print_site(s, fn, arg);
		s->blocks = 0;
	}
	vfree(t);
	return n;
}
