/* SPDX-License-Identifier: MIT */
/*
 * mm/slub_debug.c - objects that notice what is done to them
 *
 * THE QUESTION   Who wrote past his object, used it after he freed it, or freed it twice, and where?
 *
 * THE PICTURE    | red zone | object ............ | red zone | link | meta: state, size, last alloc and free |
 *                  0xcc       0x5a when allocated   0xcc                    site, CPU, thread, time of each
 *                  0xbb       0x6b ... 0xa5 free    0xbb
 *
 *                slub_debug=LETTERS,CACHE,...      F  state and links (SLAB_CONSISTENCY_CHECKS)
 *                    no letters: all               Z  red zones (SLAB_RED_ZONE)
 *                    no caches: all                P  poison in free objects (SLAB_POISON)
 *                    -: none                       U  who (SLAB_STORE_USER)
 *
 * ALWAYS TRUE    D1  a debugged cache has no per-CPU lists: every allocation and free comes here.
 *                D2  each object's state is USED or FREE; its zones and poison have that state's pattern.
 *                D3  a kmalloc'ed object's right zone begins behind the bytes that were asked for.
 *                D4  what is found is repaired and, if an object was damaged, leaked: its owner may
 *                    still be writing. Debug builds panic instead.
 *
 * LOCKS          node->lock, held by slub.c, for the object's slab.
 * LEFT OUT       checks between two calls (KASAN), call chains: one site each is kept.
 * READ NEXT      slub.c.
 */
#include <kernel/assert.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/align.h>
#include <lib/printf.h>
#include <lib/string.h>
#include "slab_internal.h"

#define FILL_NEW	0x5a
#define FILL_FREE	0x6b
#define FILL_END	0xa5		/* the last byte: "freed up to here" */
#define RED_USED	0xcc
#define RED_FREE	0xbb

#define STATE_USED	0x75736564u
#define STATE_FREE	0x66726565u

#define MAX_RED_LEFT	256U		/* objects with more alignment would double in size */

struct slub_track { unsigned long site; u64 when_ns; u32 cpu; pid_t tid; };
struct slub_meta { u32 state, asked; struct slub_track alloc, free; };

static bool (*listener)(const char *report);

void slab_listen(bool (*fn)(const char *report))
{
	listener = fn;
}

/* ---- which caches ---- */

static unsigned int letter_flag(char letter)
{
	switch (letter | 0x20) {
	case 'f':
		return SLAB_CONSISTENCY_CHECKS;
	case 'z':
		return SLAB_RED_ZONE;
	case 'p':
		return SLAB_POISON;
	case 'u':
		return SLAB_STORE_USER;
	default:
		return 0;
	}
}

static bool name_matches(const char *pattern, size_t n, const char *name)
{
	if (n && pattern[n - 1] == '*')
		return !strncmp(pattern, name, n - 1);
	return strlen(name) == n && !strncmp(pattern, name, n);
}

static bool list_names(const char *list, const char *name)
{
	while (*list) {
		const char *end = strchr(list, ',');
		size_t n = end ? (size_t)(end - list) : strlen(list);

		if (name_matches(list, n, name))
			return true;
		list += end ? n + 1 : n;
	}
	return false;
}

/* Once, for the first cache there is. */
static void complain(char letter)
{
	static bool said;

	if (!said)
		printk("slub_debug: '%c' is none of F Z P U and -: ignored\n", letter);
	said = true;
}

unsigned int slub_debug_flags(const struct kmem_cache *c)
{
	const char *s = boot_params.slub_debug;
	unsigned int flags = 0;

	if (c->flags & SLAB_NO_DEBUG)
		return 0;
	if (!strcmp(s, SLUB_DEBUG_UNSET))
		return CONFIG_DEBUG ? SLAB_DEBUG_FLAGS : 0;
	if (*s == '\0' || *s == ',')
		flags = SLAB_DEBUG_FLAGS;
	for (; *s && *s != ','; s++) {
		flags |= letter_flag(*s);
		if (*s != '-' && !letter_flag(*s))
			complain(*s);
	}
	return !*s || list_names(s + 1, c->name) ? flags : 0;
}

/* ---- layout ---- */

void slub_debug_layout(struct kmem_cache *c)
{
	unsigned int end = ALIGN_UP(c->object_size, (unsigned int)sizeof(void *));

	if (c->flags & SLAB_RED_ZONE) {
		c->slub.red_left = c->align <= MAX_RED_LEFT ? c->align : 0;
		end += (unsigned int)sizeof(void *);
	}
	c->offset = end;
	end += (unsigned int)(sizeof(void *) + sizeof(struct slub_meta));
	c->size = ALIGN_UP(c->slub.red_left + end, c->align);
}

static struct slub_meta *meta_of(const struct kmem_cache *c, const void *obj)
{
	return (struct slub_meta *)((char *)obj + c->offset + sizeof(void *));
}

/* Where the right red zone begins. D3 */
static size_t user_size(const struct kmem_cache *c, const void *obj)
{
	const struct slub_meta *m = meta_of(c, obj);

	return m->state == STATE_USED && m->asked < c->object_size ? m->asked : c->object_size;
}

size_t slub_debug_size(const struct kmem_cache *c, const void *obj)
{
	return user_size(c, obj);
}

static bool poisoned(const struct kmem_cache *c)
{
	return (c->flags & SLAB_POISON) && !c->ctor;
}

static void fill_zones(struct kmem_cache *c, void *obj, u8 pattern)
{
	size_t size = user_size(c, obj);

	if (!(c->flags & SLAB_RED_ZONE))
		return;
	memset((char *)obj - c->slub.red_left, pattern, c->slub.red_left);
	memset((char *)obj + size, pattern, c->offset - size);
}

static void make_used(struct kmem_cache *c, void *obj, size_t size)
{
	struct slub_meta *m = meta_of(c, obj);

	m->state = STATE_USED;
	m->asked = c->flags & SLAB_KMALLOC ? (u32)size : c->object_size;
	if (poisoned(c))
		memset(obj, FILL_NEW, c->object_size);
	fill_zones(c, obj, RED_USED);
}

static void make_free(struct kmem_cache *c, void *obj)
{
	meta_of(c, obj)->state = STATE_FREE;
	if (poisoned(c)) {
		memset(obj, FILL_FREE, c->object_size - 1);
		((u8 *)obj)[c->object_size - 1] = FILL_END;
	}
	fill_zones(c, obj, RED_FREE);
}

void slub_debug_new_object(struct kmem_cache *c, void *obj)
{
	memset(meta_of(c, obj), 0, sizeof(struct slub_meta));
	make_free(c, obj);
}

static void note(struct kmem_cache *c, struct slub_track *t, unsigned long site)
{
	if (!(c->flags & SLAB_STORE_USER))
		return;
	t->site = site;
	t->when_ns = arch_clock_ns();
	t->cpu = smp_processor_id();
	t->tid = current ? current->tid : 0;
}

/* ---- reports ---- */

static int print_track(char *buf, size_t size, const char *what, const struct slub_track *t, u64 now)
{
	if (!t->site)
		return 0;
	return scnprintf(buf, size, "  %s by %pS on cpu %u, thread %d, %llu us ago\n", what, (void *)t->site,
			 t->cpu, t->tid, (unsigned long long)(now - t->when_ns) / 1000);
}

static bool is_object(const struct kmem_cache *c, const void *obj)
{
	const struct page *p = virt_to_page(obj);
	unsigned long at;

	if (!PageSlab(p) || p->slab_cache != c)
		return false;
	at = ((unsigned long)obj & (c->slab_bytes - 1)) - c->slub.red_left;
	return at % c->size == 0 && at / c->size < c->objects;
}

void slab_report(struct kmem_cache *c, void *obj, unsigned long site, const char *what)
{
	const char *name = c ? c->name : "kmalloc";
	u64 time = arch_clock_ns();
	char text[512];
	int n = scnprintf(text, sizeof(text), "slab %s: object %p %s\n  now at %pS\n", name, obj, what,
			  (void *)site);

	if (c && (c->flags & SLAB_DEBUG_FLAGS) && is_object(c, obj)) {
		const struct slub_meta *m = meta_of(c, obj);

		n += print_track(text + n, sizeof(text) - (size_t)n, "allocated", &m->alloc, time);
		n += print_track(text + n, sizeof(text) - (size_t)n, "freed", &m->free, time);
	}
	if (listener && listener(text))
		return;
	printk("BUG: %s", text);
	if (CONFIG_DEBUG)
		panic("slab %s: object %p %s", name, obj, what);
}

/* ---- checks ---- */

/* The first byte of [from, to) that is not @pattern, or NULL. */
static const u8 *first_other(const u8 *from, const u8 *to, u8 pattern)
{
	for (; from < to; from++)
		if (*from != pattern)
			return from;
	return NULL;
}

/* Print into @why what is wrong at @bad; false if nothing is. */
static bool damaged(char *why, size_t size, const char *what, const void *obj, const u8 *bad, u8 pattern)
{
	if (!bad)
		return false;
	scnprintf(why, size, "%s: offset %ld is %#x, not %#x", what, (long)(bad - (const u8 *)obj), *bad, pattern);
	return true;
}

static bool zones_damaged(struct kmem_cache *c, const u8 *obj, u8 pattern, char *why, size_t size)
{
	const u8 *end = obj + user_size(c, obj), *zone_end = obj + c->offset;

	if (!(c->flags & SLAB_RED_ZONE))
		return false;
	return damaged(why, size, "written before its start", obj, first_other(obj - c->slub.red_left, obj, pattern),
		       pattern) ||
	       damaged(why, size, "written past its end", obj, first_other(end, zone_end, pattern), pattern);
}

static bool poison_damaged(struct kmem_cache *c, const u8 *obj, char *why, size_t size)
{
	const u8 *last = obj + c->object_size - 1;

	return poisoned(c) &&
	       (damaged(why, size, "written after free", obj, first_other(obj, last, FILL_FREE), FILL_FREE) ||
		damaged(why, size, "written after free", obj, first_other(last, last + 1, FILL_END), FILL_END));
}

static bool link_damaged(struct kmem_cache *c, const void *obj, char *why, size_t size)
{
	void **link = (void **)((char *)obj + c->offset);

	if (!(c->flags & SLAB_CONSISTENCY_CHECKS) || !*link ||
	    (((unsigned long)*link ^ (unsigned long)obj) < c->slab_bytes && is_object(c, *link)))
		return false;
	scnprintf(why, size, "has a bad link %p: the free objects behind it are lost", *link);
	*link = NULL;
	return true;
}

/* Is @obj what @state says? If not, say so and repair what can be. */
static bool sound(struct kmem_cache *c, void *obj, u32 state, unsigned long site)
{
	struct slub_meta *m = meta_of(c, obj);
	bool bad = false;
	char why[96];

	if (m->state != state && (c->flags & SLAB_CONSISTENCY_CHECKS)) {
		if (m->state == STATE_FREE)
			scnprintf(why, sizeof(why), "freed twice");
		else if (m->state == STATE_USED)
			scnprintf(why, sizeof(why), "in use, but on the free list");
		else
			scnprintf(why, sizeof(why), "has a bad state %#x: written far past an end", m->state);
		bad = true;
	}
	bad = bad || zones_damaged(c, obj, m->state == STATE_FREE ? RED_FREE : RED_USED, why, sizeof(why)) ||
	      (state == STATE_FREE && (poison_damaged(c, obj, why, sizeof(why)) ||
				       link_damaged(c, obj, why, sizeof(why))));
	if (bad)
		slab_report(c, obj, site, why);
	return !bad;
}

bool slub_debug_alloc(struct kmem_cache *c, struct page *slab, void *obj, size_t size, unsigned long site)
{
	bool ok = sound(c, obj, STATE_FREE, site);

	make_used(c, obj, ok ? size : c->object_size);
	if (ok)
		note(c, &meta_of(c, obj)->alloc, site);
	return ok;
}

bool slub_debug_free(struct kmem_cache *c, struct page *slab, void *obj, unsigned long site)
{
	struct slub_meta *m = meta_of(c, obj);

	if (!sound(c, obj, STATE_USED, site)) {
		if (m->state != STATE_FREE)
			make_used(c, obj, c->object_size);
		return false;
	}
	note(c, &m->free, site);
	make_free(c, obj);
	return true;
}

void slub_debug_check_slab(struct kmem_cache *c, struct page *slab)
{
	char *base = (char *)page_address(slab) + c->slub.red_left;

	for (unsigned int i = 0; i < c->objects; i++) {
		void *obj = base + (size_t)i * c->size;
		u32 state = meta_of(c, obj)->state;

		sound(c, obj, state == STATE_FREE ? STATE_FREE : STATE_USED, 0);
	}
}
