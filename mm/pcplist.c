/* SPDX-License-Identifier: MIT */
/*
 * mm/pcplist.c - how does each CPU avoid the zone lock?
 *
 * THE PICTURE    CPU 0, zone DMA32:   hot [p][p][p] cold        alloc and free at the hot end
 *                                        |  ^
 *                        count > HIGH:   v  |  empty: fetch BATCH
 *                             zone's buddy lists, under zone->lock
 *
 * ALWAYS TRUE    P1  a page on a list carries PG_pcp, has reference count 0, and belongs to that zone.
 *                P2  count is the list's length, at most HIGH + 1 between calls.
 *                P3  only the owning CPU touches its lists, with interrupts off: no lock.
 *
 * THE NUMBERS    BATCH 32: the lock and the split cost about 250 instructions, so 8 a page; HIGH 4
 *                batches: at most 512 KiB a CPU and zone out of everyone else's sight. On a machine
 *                with less than 64 MiB a quarter of that.
 * LEFT OUT       separate cold lists; batches that adapt to the zone's size beyond the one step.
 * READ NEXT      buddy.c, page_alloc.c.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/percpu.h>
#include "mm_phys.h"

DEFINE_PER_CPU(struct pcplist[NR_ZONES + 1], pcplists);
unsigned int pcp_batch = 8;

void pcp_refill(struct zone *z, struct pcplist *l, unsigned long mark)
{
	spin_lock(&z->lock);
	for (unsigned int i = pcp_batch; i > 0; i--) {
		struct page *p;

		if (z->nr_free <= mark)
			break;
		p = buddy_alloc(z, 0);
		if (!p)
			break;
		__SetPagePcp(p);
		list_add_tail(&p->lru, &l->list);
		l->count++;
	}
	spin_unlock(&z->lock);
}

struct page *pcp_alloc(struct zone *z, unsigned long mark)
{
	unsigned long flags = arch_irq_save();
	struct pcplist *l = &this_cpu_var(pcplists)[z - zones];
	struct page *p;

	if (!l->count)
		pcp_refill(z, l, mark);
	p = pcp_pop(l);
	arch_irq_restore(flags);
	return p;
}

/* Return @n pages from the cold end. irqs off. */
static void drain(struct zone *z, struct pcplist *l, unsigned int n)
{
	spin_lock(&z->lock);
	while (n-- && l->count) {
		struct page *p = list_last_entry(&l->list, struct page, lru);

		list_del(&p->lru);
		l->count--;
		__ClearPagePcp(p);
		buddy_free(z, p, 0);
	}
	spin_unlock(&z->lock);
}

void pcp_trim(struct zone *z, struct pcplist *l)
{
	drain(z, l, pcp_batch);
}

void pcp_drain_this_cpu(void)
{
	unsigned long flags = arch_irq_save();

	for (unsigned int i = 0; i < NR_ZONES; i++)
		drain(&zones[i], &this_cpu_var(pcplists)[i], ~0U);
	arch_irq_restore(flags);
}

/* Approximate while other CPUs run. */
unsigned long pcp_pages(void)
{
	unsigned long n = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		for (unsigned int i = 0; i < NR_ZONES; i++)
			n += READ_ONCE(per_cpu(pcplists, cpu)[i].count);
	return n;
}

void pcp_init_cpu(void)
{
	for (unsigned int i = 0; i <= EMPTY_PCPLIST; i++)
		INIT_LIST_HEAD(&this_cpu_var(pcplists)[i].list);
}
