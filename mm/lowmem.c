/* SPDX-License-Identifier: MIT */
/*
 * mm/lowmem.c - how much of RAM does the direct map show?
 *
 * THE QUESTION   The window for the direct map has a size, RAM has another, and highmem= may ask for less. Up to
 *                which address is memory low?
 *
 * THE PICTURE    RAM     |== image, tables ==|== free ... ==|========= ... =========|====== ... ======|
 *                                                           ^ least                 ^ end             ^ reach
 *                        what the kernel needs at least: never high                 |   window's end, or RAM's
 *                                                             highmem= SIZE, counted from the last byte down
 *
 * ALWAYS TRUE    W1  least <= lowmem_end <= reach, where RAM has that much below reach.
 *                W2  it is decided before the direct map is made, and never changes.
 *
 * LOCKS          none: one CPU, before kernel_main().
 * READ NEXT      the ports' boot.c and mmu.c (who ask), highmem.c (how the rest is touched).
 */
#include <arch.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <mm/highmem.h>
#include <mm/memblock.h>

paddr_t lowmem_end __ro_after_init = ~0UL;

/*
 * Left free for the kernel: 1/32 of RAM for the memmap (1/64) and page_owner's table (1/100), and 16 MiB for page
 * tables, slabs and stacks: what the smallest machine has.
 */
#define LOWMEM_MIN	(16UL << 20)
#define LEAST_FREE	(2UL << 20)	/* with no high memory: nobody gets far with less */

static const char *complaint __ro_after_init;	/* about highmem=, for lowmem_report() */

/* The lowest end of lowmem with @need free bytes below it; ~0: there are not so many. */
static paddr_t lowest_end(u64 need)
{
	paddr_t start, end, from = 0;

	while (memblock_next_free(&from, &start, &end)) {
		if (end - start >= need)
			return start + need;
		need -= end - start;
	}
	return ~0UL;
}

/* The address with @bytes of RAM at and above it; 0: there is less. */
static paddr_t top_of_ram(u64 bytes)
{
	paddr_t start, end, found = 0;
	u64 below = memblock_total() - bytes;
	unsigned int i = 0;

	if (bytes > memblock_total())
		return 0;
	while (!found && memblock_next_memory(&i, &start, &end)) {
		if (end - start >= below)
			found = start + below;
		below -= end - start;
	}
	return found;
}

/* Bytes of RAM at and above @pa. */
static u64 ram_from(paddr_t pa)
{
	paddr_t start, end;
	unsigned int i = 0;
	u64 bytes = 0;

	while (memblock_next_memory(&i, &start, &end))
		bytes += end > pa ? end - max(start, pa) : 0;
	return bytes;
}

paddr_t highmem_setup(paddr_t reach, paddr_t image_end)
{
	u64 asked = boot_params.highmem;
	u64 need = ALIGN_UP(memblock_total() / 32, PAGE_SIZE) + LOWMEM_MIN;
	paddr_t least = max(lowest_end(need), ALIGN_UP(image_end, PAGE_SIZE)), end;

	lowmem_end = min(reach, memblock_end_of_ram());
	if (lowest_end(ram_from(lowmem_end) ? LOWMEM_MIN : LEAST_FREE) > lowmem_end)
		boot_failure("of %llu MiB of memory too little is free below %#lx, where the direct map ends: "
			     "give the machine more (-m)", (unsigned long long)memblock_total() >> 20,
			     (unsigned long)lowmem_end);
	if (asked == ~0ULL)
		return lowmem_end;
	end = asked > memblock_total() ? 0 : top_of_ram(ALIGN_UP(asked, PAGE_SIZE));
	if (!asked)
		complaint = "asks for none: only what the direct map cannot hold is high memory";
	else if (end < least)
		complaint = "leaves the kernel too little: reduced";
	else if (end > lowmem_end)
		complaint = "is less than the direct map cannot hold: raised";
	lowmem_end = min(lowmem_end, max(end, least));
	return lowmem_end;
}

void lowmem_report(void)
{
	if (complaint)
		printk("boot parameter: 'highmem=%llu' %s\n", (unsigned long long)boot_params.highmem, complaint);
	if (ram_from(lowmem_end))
		printk("high memory: %llu MiB from %#lx on, beyond the direct map\n",
		       (unsigned long long)ram_from(lowmem_end) >> 20, (unsigned long)lowmem_end);
}
