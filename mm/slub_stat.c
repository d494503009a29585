/* SPDX-License-Identifier: MIT */
/*
 * mm/slub_stat.c - how much of a SLUB cache is in use, and which way its calls went
 *
 * THE QUESTION   The fast path counts nothing. How many fast allocations were there?
 *
 * THE PICTURE    this CPU's list:   fast frees --+                  +--> fast allocations
 *                                   OBJECTS_TO_CPU --> o o o o o ---+--> OBJECTS_FROM_CPU
 *
 *                allocs + frees = changes of the list (the tag of <asm/local.h>) - LIST_SET
 *                allocs - frees = OBJECTS_TO_CPU - OBJECTS_FROM_CPU - what is on the list now
 *
 * ALWAYS TRUE    T1  slub_count() is exact when the cache is quiet: objects on the list of a CPU are
 *                    counted by that CPU, asked by an IPI (with interrupts off: this CPU alone).
 *
 * LOCKS          node->lock for lists and slabs.
 * READ NEXT      slub.c, whose invariants slub_check() verifies.
 */
#include <kernel/assert.h>
#include <kernel/ipi.h>
#include <lib/printf.h>
#include "slab_internal.h"

static unsigned int list_length(const struct kmem_cache *c, void *obj)
{
	unsigned int n = 0;

	for (; obj; obj = slub_next(c, obj))
		n++;
	return n;
}

/* ---- counting: what CPUs keep only they can count ---- */

struct cpu_counts { struct kmem_cache *c; unsigned long free, tags; };

static void count_on_cpu(void *arg)
{
	struct cpu_counts *k = arg;
	struct kmem_cache_cpu *cc = this_cpu_slab(k->c);

	__atomic_fetch_add(&k->free, list_length(k->c, cc->list.first), __ATOMIC_RELAXED);
	__atomic_fetch_add(&k->tags, cc->list.tag, __ATOMIC_RELAXED);
}

static struct cpu_counts count_on_cpus(struct kmem_cache *c)
{
	struct cpu_counts k = { .c = c };
	unsigned long flags;

	if (!arch_irqs_disabled() && nr_cpus > 1) {
		ipi_call_all(count_on_cpu, &k);
		return k;
	}
	flags = arch_irq_save();
	count_on_cpu(&k);
	arch_irq_restore(flags);
	return k;
}

static unsigned long frozen_free(struct kmem_cache *c, const struct kmem_cache_node *n)
{
	unsigned long free = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		const struct page *slab = READ_ONCE(c->cpu[cpu].page);

		if (slab && c_node(c, slab_nid(slab)) == n)
			free += (unsigned long)(slab->objects - slab->inuse);
	}
	return free;
}

void slub_info(struct kmem_cache *c, struct slabinfo *i)
{
	struct kmem_cache_node *n;
	struct page *slab;
	unsigned long flags, free = count_on_cpus(c).free;

	for_each_slab_node(c, n) {
		spin_lock_irqsave(&n->lock, flags);
		i->num_slabs += n->nr_slabs;
		i->active_slabs += n->nr_slabs;
		list_for_each_entry(slab, &n->partial, lru) {
			free += (unsigned long)(slab->objects - slab->inuse);
			i->active_slabs -= !slab->inuse;
		}
		free += frozen_free(c, n);
		spin_unlock_irqrestore(&n->lock, flags);
	}
	i->num_objs = i->num_slabs * c->objects;
	i->active_objs = i->num_objs - min(free, i->num_objs);
}

unsigned long slub_count(struct kmem_cache *c)
{
	struct slabinfo i = { .num_objs = 0 };

	slub_info(c, &i);
	return i.active_objs;
}

static void check_slab(struct kmem_cache *c, struct page *slab, bool partial)
{
	unsigned int nfree = list_length(c, slab->freelist);

	if (slab->frozen || !nfree == partial || nfree + slab->inuse != slab->objects)
		panic("slab %s: slab pfn=%lx frozen=%u free=%u inuse=%u objects=%u", c->name,
		      page_to_pfn(slab), slab->frozen, nfree, slab->inuse, slab->objects);
	if (slub_debugged(c))
		slub_debug_check_slab(c, slab);
}

void slub_check(struct kmem_cache *c)
{
	struct kmem_cache_node *n;
	struct page *slab;
	unsigned long flags, count;

	for_each_slab_node(c, n) {
		count = 0;
		spin_lock_irqsave(&n->lock, flags);
		list_for_each_entry(slab, &n->partial, lru) {
			check_slab(c, slab, true);
			count++;
		}
		list_for_each_entry(slab, &n->full, lru)
			check_slab(c, slab, false);
		if (count != n->nr_partial)
			panic("slab %s: %lu slabs on the partial list, nr_partial=%lu", c->name, count,
			      n->nr_partial);
		spin_unlock_irqrestore(&n->lock, flags);
	}
}

/* Both fast counts from their sum and their difference. */
void slub_stats(struct kmem_cache *c, char *line, size_t size)
{
	struct cpu_counts k = count_on_cpus(c);
	const unsigned long *s = c->slub.stat;
	unsigned long both = k.tags - s[LIST_SET];
	unsigned long more = s[OBJECTS_TO_CPU] - s[OBJECTS_FROM_CPU] - k.free;
	int n = scnprintf(line, size, "%lu %lu", (both + more) / 2, (both - more) / 2);

	for (unsigned int i = 0; i < OBJECTS_TO_CPU; i++)
		n += scnprintf(line + n, size - (size_t)n, " %lu", s[i]);
}
