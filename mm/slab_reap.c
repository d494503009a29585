/* SPDX-License-Identifier: MIT */
/*
 * mm/slab_reap.c - SLAB: how large arrays and free lists may be, and how they become smaller again
 *
 * THE QUESTION   An object in an array is fast to get, but its slab cannot go back to the page allocator.
 *                How many may wait there, and for how long?
 *
 * THE PICTURE    size of an object     limit  batchcount       /proc/slabinfo shows them, and takes
 *                 .. 256                120    60               "name limit batchcount sharedfactor"
 *                 .. 1024                54    27
 *                 .. a page              24    12              a node keeps free objects up to
 *                 larger                  8     4              (1 + CPUs) * batchcount + one slab
 *
 *                every REAP_PERIOD:  array touched since?  yes: touched = false
 *                                                          no:  drain a fifth of its limit
 *                                    free slabs touched?   yes: free_touched = false
 *                                                          no:  destroy a fifth of free_limit
 *
 * ALWAYS TRUE    R1  a CPU's array is looked into by that CPU alone, with interrupts off; others ask by IPI.
 *                R2  arrays are made when a CPU first allocates, and dropped by shrink and by new limits; a
 *                    cache without arrays works, slowly. So there is no order of caches at boot.
 *                R3  a cache of arrays has no arrays and keeps no free slab.
 *
 * LOCKS          as slab.c; the passes over all caches run under slab_mutex, which the callers hold.
 * READ NEXT      slab.c.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/ipi.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <lib/align.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <uapi/errno.h>
#include "slab_arrays.h"

#define REAP_PERIOD	(2 * NSEC_PER_SEC)
#define SHARED_FACTOR	8U	/* batches in the shared array, when there are CPUs to share with */

/* ---- arrays ---- */

/* A4: a whole number of them fills a page and leaves room for an on-slab freelist. */
static const unsigned int array_bytes[] = { 240, 496, 1008, 4080 };
static struct kmem_cache *array_caches[ARRAY_SIZE(array_bytes)];

#define MAX_ARRAY_LIMIT	array_limit(array_bytes[ARRAY_SIZE(array_bytes) - 1])

static unsigned int array_limit(unsigned int bytes)
{
	return (unsigned int)((bytes - sizeof(struct array_cache)) / sizeof(void *));
}

void slab_boot(void)
{
	char name[32];

	for (unsigned int i = 0; i < ARRAY_SIZE(array_bytes); i++) {
		snprintf(name, sizeof(name), "array_cache-%u", array_bytes[i]);
		array_caches[i] = kmem_cache_create(name, array_bytes[i], 0, SLAB_PANIC | SLAB_NO_CPU, NULL);
		ASSERT(!array_caches[i]->slab.off_slab);
	}
}

static struct array_cache *alloc_arraycache(unsigned int limit, unsigned int batchcount)
{
	struct array_cache *ac = NULL;

	for (unsigned int i = 0; i < ARRAY_SIZE(array_bytes); i++) {
		if (array_limit(array_bytes[i]) < limit || !array_caches[i])
			continue;
		ac = kmem_cache_alloc(array_caches[i], GFP_NOWAIT | __GFP_NOWARN);
		break;
	}
	if (ac)
		*ac = (struct array_cache){ .limit = limit, .batchcount = min(batchcount, limit) };
	return ac;
}

static void free_arraycache(struct array_cache *ac)
{
	unsigned int i = 0;

	ASSERT(!ac->avail);
	while (array_limit(array_bytes[i]) < ac->limit)
		i++;
	kmem_cache_free(array_caches[i], ac);
}

static bool has_shared(struct kmem_cache_node *n)
{
	bool has;

	spin_lock(&n->lock);
	has = n->shared;
	spin_unlock(&n->lock);
	return has;
}

static void setup_shared(struct kmem_cache *c, struct kmem_cache_node *n)
{
	unsigned int batch = READ_ONCE(c->slab.batchcount);
	struct array_cache *shared = alloc_arraycache(min(READ_ONCE(c->slab.shared) * batch, MAX_ARRAY_LIMIT), batch);
	struct array_cache *lost = shared;

	spin_lock(&n->lock);
	if (shared && !n->shared) {
		n->shared = shared;
		lost = NULL;
	}
	spin_unlock(&n->lock);
	if (lost)
		free_arraycache(lost);
}

/* Atomic, because others look whether there is an array. */
static void set_cpu_cache(struct kmem_cache *c, struct array_cache *ac)
{
	__atomic_store_n(&c->cpu[smp_processor_id()].array, ac, __ATOMIC_RELAXED);
}

/* R2: this CPU allocates from @c for the first time. irqs off. NULL: go on without. */
struct array_cache *setup_cpu_cache(struct kmem_cache *c)
{
	struct array_cache *ac;

	if (c->flags & SLAB_NO_CPU)
		return NULL;
	ac = alloc_arraycache(READ_ONCE(c->slab.limit), READ_ONCE(c->slab.batchcount));
	set_cpu_cache(c, ac);
	if (ac && READ_ONCE(c->slab.shared) && nr_cpus > 1 && !has_shared(local_node(c)))
		setup_shared(c, local_node(c));
	return ac;
}

/* ---- making smaller ---- */

/* Up to @count of the oldest objects of @ac back to their slabs. node->lock held. */
static void drain_array_locked(struct kmem_cache *c, struct array_cache *ac, struct kmem_cache_node *n,
			       unsigned int count, struct list_head *surplus)
{
	count = min(count, ac->avail);
	free_block(c, n, ac->entry, count, surplus);
	ac->avail -= count;
	memmove(ac->entry, ac->entry + count, ac->avail * sizeof(void *));
}

static void drain_array(struct kmem_cache *c, struct array_cache *ac, struct kmem_cache_node *n, unsigned int count)
{
	LIST_HEAD(surplus);
	unsigned long flags;

	spin_lock_irqsave(&n->lock, flags);
	drain_array_locked(c, ac, n, count, &surplus);
	spin_unlock_irqrestore(&n->lock, flags);
	slabs_destroy(c, &surplus);
}

/* This CPU's array away with its objects. irqs off. */
static void drop_this_cpu(void *arg)
{
	struct kmem_cache *c = arg;
	struct array_cache *ac = cpu_cache_get(c);

	if (!ac)
		return;
	set_cpu_cache(c, NULL);
	drain_array(c, ac, local_node(c), ac->avail);
	free_arraycache(ac);
}

static void drop_shared(struct kmem_cache *c, struct kmem_cache_node *n)
{
	struct array_cache *shared;
	unsigned long flags;

	spin_lock_irqsave(&n->lock, flags);
	shared = n->shared;
	n->shared = NULL;
	spin_unlock_irqrestore(&n->lock, flags);
	if (!shared)
		return;
	drain_array(c, shared, n, shared->avail);
	free_arraycache(shared);
}

/* The CPUs that have an array (a hint, see R1); with @wanted those for which it says that the array is worth an IPI. */
static struct cpumask cpus_with_array(struct kmem_cache *c, bool (*wanted)(const struct array_cache *))
{
	struct cpumask mask = { 0 };
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct array_cache *ac = __atomic_load_n(&c->cpu[cpu].array, __ATOMIC_RELAXED);

		if (ac && (!wanted || wanted(ac)))
			cpumask_set(cpu, &mask);
	}
	return mask;
}

/* R1: @fn(@c) on every CPU of @mask, with interrupts off. */
static void call_on(struct cpumask mask, void (*fn)(void *), struct kmem_cache *c)
{
	unsigned long flags;

	if (!cpumask_bits(&mask))
		return;
	if (!arch_irqs_disabled())
		ipi_call_mask(&mask, fn, c);
	flags = arch_irq_save();
	if (cpumask_test(smp_processor_id(), &mask))
		fn(c);
	arch_irq_restore(flags);
}

/* Up to @count free slabs of @n back to the page allocator; returns pages. */
static unsigned long drain_freelist(struct kmem_cache *c, struct kmem_cache_node *n, unsigned long count)
{
	unsigned long flags;
	LIST_HEAD(surplus);

	spin_lock_irqsave(&n->lock, flags);
	while (count-- && !list_empty(&n->free)) {
		struct page *slab = list_first_entry(&n->free, struct page, lru);

		list_move_tail(&slab->lru, &surplus);
		n->nr_slabs--;
		n->free_objects -= slab->objects;
	}
	spin_unlock_irqrestore(&n->lock, flags);
	return slabs_destroy(c, &surplus);
}

static void drop_arrays(struct kmem_cache *c)
{
	struct kmem_cache_node *n;

	call_on(cpus_with_array(c, NULL), drop_this_cpu, c);
	for_each_slab_node(c, n)
		drop_shared(c, n);
}

unsigned long slab_shrink(struct kmem_cache *c)
{
	struct kmem_cache_node *n;
	unsigned long pages = 0;

	drop_arrays(c);
	for_each_slab_node(c, n)
		pages += drain_freelist(c, n, ~0UL);
	return pages;
}

/* ---- cache_reap: what nobody used for a while ---- */

static bool may_be_idle(const struct array_cache *ac)
{
	return READ_ONCE(ac->avail) || READ_ONCE(ac->touched);
}

/* A first look only notes that the array is quiet; a second one takes a fifth of its limit. */
static bool reap_array(struct array_cache *ac, unsigned int *count)
{
	*count = min((ac->limit + 4) / 5, (ac->avail + 1) / 2);
	if (!ac->touched)
		return *count != 0;
	ac->touched = false;
	return false;
}

static void reap_this_cpu(void *arg)
{
	struct kmem_cache *c = arg;
	struct array_cache *ac = cpu_cache_get(c);
	unsigned int count;

	if (ac && reap_array(ac, &count))
		drain_array(c, ac, local_node(c), count);
}

static void reap_node(struct kmem_cache *c, struct kmem_cache_node *n)
{
	LIST_HEAD(surplus);
	unsigned long flags;
	unsigned int count;
	bool idle;

	spin_lock_irqsave(&n->lock, flags);
	if (n->shared && reap_array(n->shared, &count))
		drain_array_locked(c, n->shared, n, count, &surplus);
	idle = !n->free_touched;
	n->free_touched = false;
	spin_unlock_irqrestore(&n->lock, flags);
	slabs_destroy(c, &surplus);
	if (idle)
		drain_freelist(c, n, DIV_ROUND_UP(slab_free_limit(c), 5UL * c->objects));
}

bool slab_has_reaper(void)
{
	return slab_ops == &slab_ops_slab;
}

static void cache_reap(struct kmem_cache *c, void *arg)
{
	struct kmem_cache_node *n;

	call_on(cpus_with_array(c, may_be_idle), reap_this_cpu, c);
	for_each_slab_node(c, n)
		reap_node(c, n);
}

void slab_reap(void)
{
	if (slab_has_reaper())
		slab_for_each_cache(cache_reap, NULL);
}

void slab_reaper(void *arg)
{
	for (;;) {
		sleep_until(arch_clock_ns() + REAP_PERIOD);
		slab_reap();
	}
}

/* ---- limits ---- */

static unsigned int default_limit(const struct kmem_cache *c)
{
	if (c->size > PAGE_SIZE)
		return 8;
	if (c->size > 1024)
		return 24;
	return c->size > 256 ? 54 : 120;
}

static void set_limits(struct kmem_cache *c, unsigned int limit, unsigned int batchcount, unsigned int shared)
{
	WRITE_ONCE(c->slab.limit, limit);
	WRITE_ONCE(c->slab.batchcount, batchcount);
	WRITE_ONCE(c->slab.shared, shared);
}

void enable_cpucache(struct kmem_cache *c)
{
	unsigned int limit = default_limit(c);

	set_limits(c, limit, (limit + 1) / 2, c->size <= PAGE_SIZE ? SHARED_FACTOR : 0);
}

struct tuning { const char *name; unsigned int limit, batchcount, shared; bool found; };

/* Arrays of the old limits are dropped; each CPU makes a new one when it allocates next (R2). */
static void do_tune_cpucache(struct kmem_cache *c, void *arg)
{
	struct tuning *t = arg;

	if (strcmp(c->name, t->name) || c->flags & SLAB_NO_CPU)
		return;
	t->found = true;
	set_limits(c, t->limit, t->batchcount, t->shared);
	drop_arrays(c);
}

int slab_tune(const char *name, unsigned int limit, unsigned int batchcount, unsigned int shared)
{
	struct tuning t = { name, limit, batchcount, shared, false };

	if (slab_ops != &slab_ops_slab || !limit || !batchcount || batchcount > limit || limit > MAX_ARRAY_LIMIT)
		return -EINVAL;
	slab_for_each_cache(do_tune_cpucache, &t);
	return t.found ? 0 : -EINVAL;
}

/* ---- reports ---- */

static unsigned int nr_in_shared(struct kmem_cache_node *n)
{
	unsigned long flags;
	unsigned int avail;

	spin_lock_irqsave(&n->lock, flags);
	avail = n->shared ? n->shared->avail : 0;
	spin_unlock_irqrestore(&n->lock, flags);
	return avail;
}

/* Objects that arrays hold. Any number if the cache is not quiet: an array may go while we look at it (R1). */
static unsigned long nr_in_arrays(struct kmem_cache *c)
{
	struct kmem_cache_node *node;
	unsigned long n = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct array_cache *ac = __atomic_load_n(&c->cpu[cpu].array, __ATOMIC_RELAXED);

		n += ac ? READ_ONCE(ac->avail) : 0;
	}
	for_each_slab_node(c, node)
		n += nr_in_shared(node);
	return n;
}

/* Objects of @n's slabs that are not free there. Under the lock: a slab comes and goes with its free objects. */
static unsigned long nr_taken(struct kmem_cache *c, struct kmem_cache_node *n)
{
	unsigned long flags, taken;

	spin_lock_irqsave(&n->lock, flags);
	taken = n->nr_slabs * c->objects - n->free_objects;
	spin_unlock_irqrestore(&n->lock, flags);
	return taken;
}

unsigned long slab_count(struct kmem_cache *c)
{
	unsigned long n = 0, in_arrays = nr_in_arrays(c);
	struct kmem_cache_node *node;

	for_each_slab_node(c, node)
		n += nr_taken(c, node);
	return n > in_arrays ? n - in_arrays : 0;
}

static unsigned long list_length(struct kmem_cache_node *n, struct list_head *list)
{
	unsigned long flags, length;

	spin_lock_irqsave(&n->lock, flags);
	length = list_count_nodes(list);
	spin_unlock_irqrestore(&n->lock, flags);
	return length;
}

void slab_fill_info(struct kmem_cache *c, struct slabinfo *i)
{
	struct kmem_cache_node *n;

	i->active_objs = slab_count(c);
	i->limit = c->slab.limit;
	i->batchcount = c->slab.batchcount;
	i->shared = c->slab.shared;
	for_each_slab_node(c, n) {
		unsigned long slabs = READ_ONCE(n->nr_slabs);

		i->num_slabs += slabs;
		i->active_slabs += slabs - min(slabs, list_length(n, &n->free));
		i->shared_avail += nr_in_shared(n);
	}
	i->num_objs = i->num_slabs * c->objects;
}
