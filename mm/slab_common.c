/* SPDX-License-Identifier: MIT */
/*
 * mm/slab_common.c - named caches in front of one of three allocators
 *
 * THE QUESTION   Who decides how an object is laid out and found, if its user only knows the cache?
 *
 * THE PICTURE    user       kmem_cache_create("vma", 160) ... kmem_cache_alloc ... kmem_cache_free
 *                            |
 *                here       arguments, alignment, list of caches; this CPU's free object (slub_pop), else
 *                            |  slab_ops, chosen once at boot by slab=slub|slab|slob
 *                back end   slub.c | slab.c | slob.c
 *                            |
 *                pages      slab_alloc_pages(): each page says which cache owns it
 *
 * ALWAYS TRUE    N1  the first cache comes from a static struct: the cache of caches.
 *                N2  two caches never have the same name.
 *                N3  slab_ops does not change after slab_init().
 *
 * LOCKS          slab_mutex (RANK_MODULE) for the list of caches.
 * CIRCLE         slab -> page_alloc -> shrinker -> slab, once shrinkers exist: they run without slab locks.
 * LEFT OUT       merging of caches with equal sizes: each keeps its line in /proc/slabinfo.
 * READ NEXT      kmalloc.c (sizes), slub.c (the default back end).
 */
#include <kernel/assert.h>
#include <kernel/ipi.h>
#include <kernel/mutex.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <lib/align.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/fault_inject.h>
#include <mm/page_alloc.h>
#include <mm/vmstat.h>
#include <uapi/errno.h>
#include "slab_internal.h"

#define MAX_OBJECT_SIZE	(PAGE_SIZE << 3)

const struct slab_ops *slab_ops __ro_after_init = &slub_ops;
unsigned int slab_nr_nodes __ro_after_init = 1;

static const struct slab_ops *const back_ends[] = { &slub_ops, &slab_ops_slab, &slob_ops };
static struct kmem_cache cache_of_caches;
static struct list_head caches = { &caches, &caches };
static DEFINE_MUTEX(slab_mutex, RANK_MODULE);

/* ---- caches ---- */

/* Row 85: a small object need not have a line of its own, only never straddle two. */
static unsigned int choose_align(unsigned int flags, size_t size, size_t align)
{
	if (flags & SLAB_HWCACHE_ALIGN) {
		size_t line = L1_CACHE_BYTES;

		while (size <= line / 2)
			line /= 2;
		align = max(align, line);
	}
	return (unsigned int)ALIGN_UP(max(align, sizeof(void *)), sizeof(void *));
}

/* A cache, without the nodes that this machine does not have. */
static size_t cache_bytes(void)
{
	return offsetof(struct kmem_cache, node) + slab_nr_nodes * sizeof(struct kmem_cache_node);
}

static int cache_setup(struct kmem_cache *c, const char *name, size_t size, size_t align,
		       unsigned int flags, void (*ctor)(void *))
{
	memset(c, 0, cache_bytes());
	strscpy(c->name, name, sizeof(c->name));
	c->align = choose_align(flags, size, align);
	c->object_size = (unsigned int)max(size, sizeof(void *));
	c->flags = flags;
	c->gfp = flags & SLAB_CACHE_DMA ? GFP_DMA : 0;
	c->ctor = ctor;
	return slab_ops->cache_init(c);
}

void slab_add_cache(struct kmem_cache *c)
{
	list_add_tail(&c->link, &caches);
}

void slab_for_each_cache(void (*fn)(struct kmem_cache *c, void *arg), void *arg)
{
	struct kmem_cache *c;

	mutex_lock(&slab_mutex);
	list_for_each_entry(c, &caches, link)
		fn(c, arg);
	mutex_unlock(&slab_mutex);
}

static bool name_is_taken(const char *name)
{
	struct kmem_cache *c;

	list_for_each_entry(c, &caches, link)
		if (!strcmp(c->name, name))
			return true;
	return false;
}

static bool makes_sense(const char *name, size_t size, size_t align)
{
	return name && name[0] && strlen(name) < sizeof(cache_of_caches.name) && size && size <= MAX_OBJECT_SIZE &&
	       (!align || is_power_of_2(align)) && align <= PAGE_SIZE;
}

static struct kmem_cache *make_cache(const char *name, size_t size, size_t align, unsigned int flags,
				     void (*ctor)(void *))
{
	struct kmem_cache *c = NULL;

	if (makes_sense(name, size, align))
		c = kmem_cache_alloc(&cache_of_caches, GFP_KERNEL);
	if (c && cache_setup(c, name, size, align, flags, ctor)) {
		kmem_cache_free(&cache_of_caches, c);
		return NULL;
	}
	return c;
}

static void unmake_cache(struct kmem_cache *c)
{
	if (slab_ops->cache_exit)
		slab_ops->cache_exit(c);
	kmem_cache_free(&cache_of_caches, c);
}

/*
 * No cache is made with slab_mutex held, and nobody who frees memory for others takes it, so a report may allocate
 * under it (slab_info: the reader's buffer grows).
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align, unsigned int flags,
				     void (*ctor)(void *))
{
	struct kmem_cache *c = make_cache(name, size, align, flags, ctor);
	bool taken = false;

	if (c) {
		mutex_lock(&slab_mutex);
		taken = name_is_taken(name);
		if (!taken)
			list_add_tail(&c->link, &caches);
		mutex_unlock(&slab_mutex);
	}
	if (taken) {
		printk("slab %s: there is a cache of this name\n", name);
		unmake_cache(c);
		c = NULL;
	}
	if (!c && (flags & SLAB_PANIC))
		panic("cannot create slab cache %s of %zu bytes", name, size);
	return c;
}

/* ---- giving memory back ---- */

/* @arg: one cache, or NULL for all; then the list stands still, because the caller holds slab_mutex. */
static void flush_call(void *arg)
{
	struct kmem_cache *c = arg;

	if (c) {
		slab_ops->flush(c);
		return;
	}
	list_for_each_entry(c, &caches, link)
		slab_ops->flush(c);
}

/* Every CPU, or with interrupts off this one: what it keeps of @c (NULL: of all caches) goes back to the nodes. */
static void flush_cpus(struct kmem_cache *c)
{
	if (!slab_ops->flush)
		return;
	if (arch_irqs_disabled())
		flush_call(c);
	else
		ipi_call_all(flush_call, c);
}

unsigned long kmem_cache_shrink(struct kmem_cache *c)
{
	flush_cpus(c);
	return slab_ops->shrink(c);
}

unsigned long kmem_cache_shrink_all(void)
{
	unsigned long pages = 0;
	struct kmem_cache *c;

	mutex_lock(&slab_mutex);
	flush_cpus(NULL);
	list_for_each_entry(c, &caches, link)
		pages += slab_ops->shrink(c);
	mutex_unlock(&slab_mutex);
	return pages;
}

void slab_watch(void)
{
	mutex_lock(&slab_mutex);
	flush_cpus(NULL);
	mutex_unlock(&slab_mutex);
}

unsigned long kmem_cache_inuse(struct kmem_cache *c)
{
	return slab_ops->count(c);
}

int kmem_cache_destroy(struct kmem_cache *c)
{
	unsigned long left;

	kmem_cache_shrink(c);
	left = slab_ops->count(c);
	if (left) {
		printk("slab %s: destroyed with %lu objects in use: it stays\n", c->name, left);
		return -EBUSY;
	}
	mutex_lock(&slab_mutex);
	list_del(&c->link);
	mutex_unlock(&slab_mutex);
	unmake_cache(c);
	return 0;
}

/* ---- objects ---- */

void *slab_alloc_slow(struct kmem_cache *c, size_t size, gfp_t gfp, int node, unsigned long site)
{
	void *obj = NULL;

	if (node != NO_NODE && ((unsigned int)node >= slab_nr_nodes || !node_online((unsigned int)node)))
		node = NO_NODE;
	if (!should_failslab(c->name, size, gfp))
		obj = slab_ops->alloc(c, size, gfp, node, site);
	if (obj && (gfp & __GFP_ZERO))
		memset(obj, 0, size);
	return obj;
}

void slab_free_slow(struct kmem_cache *c, void *obj, unsigned long site)
{
	if (obj)
		slab_ops->free(c, obj, site);
}

void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	void *obj = slub_pop(c);

	if (unlikely(!obj))
		return slab_alloc_slow(c, c->object_size, gfp, NO_NODE, (unsigned long)__builtin_return_address(0));
	if (unlikely(gfp & __GFP_ZERO))
		memset(obj, 0, c->object_size);
	return obj;
}

void *kmem_cache_alloc_node(struct kmem_cache *c, gfp_t gfp, int node)
{
	return slab_alloc_slow(c, c->object_size, gfp, node, (unsigned long)__builtin_return_address(0));
}

void kmem_cache_free(struct kmem_cache *c, void *obj)
{
	if (unlikely(!slub_push(c, obj)))
		slab_free_slow(c, obj, (unsigned long)__builtin_return_address(0));
}

bool kmem_cache_alloc_bulk(struct kmem_cache *c, gfp_t gfp, size_t n, void **obj)
{
	for (size_t i = 0; i < n; i++) {
		obj[i] = kmem_cache_alloc(c, gfp);
		if (!obj[i]) {
			kmem_cache_free_bulk(c, i, obj);
			return false;
		}
	}
	return true;
}

void kmem_cache_free_bulk(struct kmem_cache *c, size_t n, void **obj)
{
	for (size_t i = 0; i < n; i++)
		kmem_cache_free(c, obj[i]);
}

/* ---- pages, for the back ends ---- */

unsigned int slab_nid(const struct page *slab)
{
	return page_to_nid(slab);
}

struct page *slab_alloc_pages(struct kmem_cache *c, gfp_t gfp, int node)
{
	struct page *slab;

	gfp = (gfp & ~(__GFP_ZERO | __GFP_HIGHMEM)) | c->gfp;
	slab = node == NO_NODE ? alloc_pages(gfp, c->order) : alloc_pages_node(node, gfp, c->order);
	if (!slab)
		return NULL;
	for (unsigned long i = 0; i < 1UL << c->order; i++) {
		__SetPageSlab(slab + i);
		slab[i].slab_cache = c;
	}
	mod_vm_state(nr_slab_pages, 1L << c->order);
	return slab;
}

void slab_free_pages(struct kmem_cache *c, struct page *slab)
{
	for (unsigned long i = 0; i < 1UL << c->order; i++) {
		__ClearPageSlab(slab + i);
		slab[i].slab_cache = NULL;
		slab[i].freelist = NULL;
	}
	mod_vm_state(nr_slab_pages, -(1L << c->order));
	free_pages(slab, c->order);
}

/* ---- boot and reports ---- */

static void choose_back_end(void)
{
	const char *want = boot_params.slab;

	for (unsigned int i = 0; i < ARRAY_SIZE(back_ends); i++) {
		if (!strcmp(back_ends[i]->name, want)) {
			slab_ops = back_ends[i];
			return;
		}
	}
	if (want[0])
		printk("slab=%s: there is no such allocator: %s is used\n", want, slab_ops->name);
}

void slab_init(void)
{
	choose_back_end();
	slab_nr_nodes = 64 - (unsigned int)__builtin_clzl(node_online_mask | 1);
	if (cache_setup(&cache_of_caches, "kmem_cache", cache_bytes(), 0,
			SLAB_HWCACHE_ALIGN | SLAB_PANIC, NULL))
		panic("no memory for the cache of caches");
	list_add_tail(&cache_of_caches.link, &caches);
	kmalloc_init();
	if (slab_ops->boot)
		slab_ops->boot();
}

const char *slab_back_end(void)
{
	return slab_ops->name;
}

static void info_line(struct kmem_cache *c, char *line, size_t size)
{
	struct slabinfo i = { .active_objs = 0 };

	slab_ops->info(c, &i);
	snprintf(line, size, "%-17s %6lu %6lu %6u %4u %4u : tunables %4u %4u %4u : slabdata %6lu %6lu %6lu\n",
		 c->name, i.active_objs, i.num_objs, c->size, c->objects, 1u << c->order, i.limit,
		 i.batchcount, i.shared, i.active_slabs, i.num_slabs, i.shared_avail);
}

void slab_info(void (*fn)(const char *line, void *arg), void *arg)
{
	struct kmem_cache *c;
	char line[192];

	fn("slabinfo - version: 2.1\n", arg);
	fn("# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> "
	   "<batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n", arg);
	mutex_lock(&slab_mutex);
	list_for_each_entry(c, &caches, link) {
		info_line(c, line, sizeof(line));
		fn(line, arg);
	}
	mutex_unlock(&slab_mutex);
}

void slab_stats(void (*fn)(const char *line, void *arg), void *arg)
{
	struct kmem_cache *c;
	char line[320];

	if (!slab_ops->stats)
		return;
	fn("cache ", arg);
	fn(slab_ops->stat_names, arg);
	mutex_lock(&slab_mutex);
	list_for_each_entry(c, &caches, link) {
		int n = scnprintf(line, sizeof(line), "\n%s ", c->name);

		slab_ops->stats(c, line + n, sizeof(line) - (size_t)n);
		fn(line, arg);
	}
	mutex_unlock(&slab_mutex);
	fn("\n", arg);
}

unsigned long slab_pages(void)
{
	return (unsigned long)vm_state_sum(nr_slab_pages);
}

void slab_check(void)
{
	struct kmem_cache *c;

	mutex_lock(&slab_mutex);
	list_for_each_entry(c, &caches, link)
		slab_ops->check(c);
	mutex_unlock(&slab_mutex);
}
