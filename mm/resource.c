/* SPDX-License-Identifier: MIT */
/*
 * mm/resource.c - the physical address map: RAM, the kernel in it, and devices
 *
 * THE QUESTION   What answers at this physical address?
 *
 * THE PICTURE    0                                                        top of the address lines
 *                [ RAM ] .. [ PCI ECAM ] .. [ serial ] .. [ RAM                 ] ..
 *                                                          [code][rodata][data][bss]   depth 1
 *
 * ALWAYS TRUE    R1  of two ranges, one contains the other or they do not meet; what does not fit this rule
 *                    is shown, but at the depth of its start.
 *
 * Drivers and ports name what they use by request_mem_region(). RAM comes from memblock, the kernel's parts
 * from the linker (fs/proc_layout.c). /proc/iomem prints all of it in Linux's format.
 *
 * LOCKS          resource_lock (RANK_DEVICE) for the table.
 * LEFT OUT       I/O ports, releasing, refusing a range that someone has: nothing here is hot-plugged.
 */
#include <kernel/spinlock.h>
#include <lib/align.h>
#include <lib/sort.h>
#include <mm/memblock.h>
#include <mm/resource.h>
#include <uapi/errno.h>

#define MAX_REQUESTED	64

static DEFINE_SPINLOCK(resource_lock, RANK_DEVICE);
static struct resource requested[MAX_REQUESTED];
static unsigned int nr_requested;

int request_mem_region(paddr_t start, u64 size, const char *name)
{
	unsigned long flags;
	int err = -EBUSY;

	spin_lock_irqsave(&resource_lock, flags);
	if (size && nr_requested < MAX_REQUESTED) {
		requested[nr_requested++] = (struct resource){ start, start + size - 1, name, 0 };
		err = 0;
	}
	spin_unlock_irqrestore(&resource_lock, flags);
	return err;
}

bool iomem_is_device(paddr_t start, paddr_t end)
{
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&resource_lock, flags);
	for (unsigned int i = 0; i < nr_requested; i++)
		found |= ALIGN_DOWN(requested[i].start, PAGE_SIZE) <= start &&
			 (requested[i].end | (PAGE_SIZE - 1)) >= end;
	spin_unlock_irqrestore(&resource_lock, flags);
	return found;
}

static unsigned int add(struct resource *r, unsigned int at, unsigned int n, struct resource new)
{
	if (at < n && new.start <= new.end)
		r[at++] = new;
	return at;
}

/* By start; of two that start together, the larger first: it contains the other. */
static int compare(const void *a, const void *b)
{
	const struct resource *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end;
}

static void set_depths(struct resource *r, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int k = 0; k < i; k++)
			r[i].depth += r[k].end >= r[i].start;
}

unsigned int iomem_resources(struct resource *r, unsigned int at, unsigned int n)
{
	paddr_t start, end;
	unsigned int i = 0;
	unsigned long flags;

	while (memblock_next_memory(&i, &start, &end))
		at = add(r, at, n, (struct resource){ start, end - 1, "System RAM", 0 });
	spin_lock_irqsave(&resource_lock, flags);
	for (i = 0; i < nr_requested; i++)
		at = add(r, at, n, requested[i]);
	spin_unlock_irqrestore(&resource_lock, flags);
	sort(r, at, sizeof(*r), compare);
	set_depths(r, at);
	return at;
}
