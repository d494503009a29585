/* SPDX-License-Identifier: MIT */
/*
 * mm/memblock.c - how do we allocate before the allocator exists?
 *
 * THE QUESTION   Firmware says where RAM is; the kernel image, the initrd and firmware itself sit in
 *                some of it. Page tables and the memmap must be placed in the rest.
 *
 * THE PICTURE    memory    [=====================]      [==================]
 *                reserved  [kkk][tt]      [iiii]        [f]
 *                free           ^  [======]    [==]        [===============]
 *
 * ALWAYS TRUE    M1  both lists are sorted, and their ranges neither overlap nor touch.
 *                M2  memory ranges are whole pages, rounded inwards; reserved ones outwards.
 *                M3  what memblock_alloc() returns is RAM, was free, and is zeroed.
 *                M4  whatever firmware says, memory only ever names what it called RAM, and reserved
 *                    everything that was reserved: a list that is full loses detail, not safety.
 *
 * LOCKS          none: one CPU, before kernel_main() starts the others.
 * LIFE           ends with page_init(): what is free then goes to the buddy allocator.
 * LEFT OUT       nodes of ranges (numa.c has its own list), hot-plug flags. (Linux: mm/memblock.c)
 * READ NEXT      page.c (the memmap), buddy.c (its heir).
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/printk.h>
#include <lib/align.h>
#include <lib/string.h>
#include <mm/memblock.h>

/* Firmware maps have 10-20 entries, one more per reservation; a PVH loader may give 1024 (x86-64's boot.c). */
#define MAX_RANGES	1025	/* the last place stays free: a change needs at most one more */

struct range { paddr_t start, end; };
struct range_list { struct range r[MAX_RANGES]; unsigned int n; };

static struct range_list memory, reserved;
static paddr_t alloc_limit = ~0ULL;

/* ---- sorted lists of ranges ---- */

static void insert_at(struct range_list *l, unsigned int i, struct range new)
{
	ASSERT(l->n < MAX_RANGES);
	memmove(&l->r[i + 1], &l->r[i], (l->n - i) * sizeof(l->r[0]));
	l->r[i] = new;
	l->n++;
}

static void delete_at(struct range_list *l, unsigned int i)
{
	memmove(&l->r[i], &l->r[i + 1], (l->n - i - 1) * sizeof(l->r[0]));
	l->n--;
}

static void forget_smallest(void)
{
	unsigned int smallest = 0;

	for (unsigned int i = 1; i < memory.n; i++)
		if (memory.r[i].end - memory.r[i].start < memory.r[smallest].end - memory.r[smallest].start)
			smallest = i;
	pr_warn("memblock: more than %u ranges of memory: %llu KiB at %#llx are not used\n", MAX_RANGES - 1,
		(unsigned long long)(memory.r[smallest].end - memory.r[smallest].start) >> 10,
		(unsigned long long)memory.r[smallest].start);
	delete_at(&memory, smallest);
}

/* Two neighbours become one, with the gap between them. */
static void join_closest(void)
{
	unsigned int closest = 0;

	for (unsigned int i = 1; i + 1 < reserved.n; i++)
		if (reserved.r[i + 1].start - reserved.r[i].end <
		    reserved.r[closest + 1].start - reserved.r[closest].end)
			closest = i;
	reserved.r[closest].end = reserved.r[closest + 1].end;
	delete_at(&reserved, closest + 1);
}

/* M4: before a change, which adds one range at most. */
static void make_room(struct range_list *l)
{
	if (l->n < MAX_RANGES)
		return;
	if (l == &memory)
		forget_smallest();
	else
		join_closest();
}

/* Add [start, end), swallowing what it overlaps or touches (M1). */
static void range_add(struct range_list *l, paddr_t start, paddr_t end)
{
	unsigned int i = 0;

	if (start >= end)
		return;
	make_room(l);
	while (i < l->n && l->r[i].end < start)
		i++;
	while (i < l->n && l->r[i].start <= end) {
		start = min(start, l->r[i].start);
		end = max(end, l->r[i].end);
		delete_at(l, i);
	}
	insert_at(l, i, (struct range){ start, end });
}

static void range_remove(struct range_list *l, paddr_t start, paddr_t end)
{
	if (start >= end)
		return;
	make_room(l);
	for (unsigned int i = 0; i < l->n;) {
		struct range old = l->r[i];

		if (old.end <= start || old.start >= end) {
			i++;
			continue;
		}
		delete_at(l, i);
		if (old.start < start)
			insert_at(l, i++, (struct range){ old.start, start });
		if (old.end > end)
			insert_at(l, i++, (struct range){ end, old.end });
	}
}

/* ---- what the ports call ---- */

/* [base, base+size) as far as there can be memory: firmware's numbers may wrap. */
static struct range clip(paddr_t base, u64 size)
{
	paddr_t start = min(base, (paddr_t)MAX_PHYSMEM);

	return (struct range){ start, start + min(size, (u64)MAX_PHYSMEM - start) };
}

/* The whole pages that @r touches; nothing touches none. */
static struct range outwards(struct range r)
{
	if (r.start == r.end)
		return r;
	return (struct range){ ALIGN_DOWN(r.start, PAGE_SIZE), ALIGN_UP(r.end, PAGE_SIZE) };
}

void memblock_add(paddr_t base, u64 size)
{
	struct range r = clip(base, size);

	range_add(&memory, ALIGN_UP(r.start, PAGE_SIZE), ALIGN_DOWN(r.end, PAGE_SIZE));
}

void memblock_reserve(paddr_t base, u64 size)
{
	struct range r = outwards(clip(base, size));

	range_add(&reserved, r.start, r.end);
}

void memblock_remove(paddr_t base, u64 size)
{
	struct range r = outwards(clip(base, size));

	range_remove(&memory, r.start, r.end);
}

void memblock_limit(u64 bytes)
{
	for (unsigned int i = 0; i < memory.n; i++) {
		u64 size = memory.r[i].end - memory.r[i].start;

		if (size > bytes)
			memory.r[i].end = memory.r[i].start + ALIGN_DOWN(bytes, PAGE_SIZE);
		bytes -= min(bytes, size);
	}
	while (memory.n && memory.r[memory.n - 1].start == memory.r[memory.n - 1].end)
		memory.n--;
}

void memblock_set_max(paddr_t limit)
{
	alloc_limit = limit;
}

/* ---- looking ---- */

u64 memblock_total(void)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < memory.n; i++)
		sum += memory.r[i].end - memory.r[i].start;
	return sum;
}

paddr_t memblock_start_of_ram(void)
{
	return memory.n ? memory.r[0].start : 0;
}

paddr_t memblock_end_of_ram(void)
{
	return memory.n ? memory.r[memory.n - 1].end : 0;
}

bool memblock_next_memory(unsigned int *i, paddr_t *start, paddr_t *end)
{
	if (*i >= memory.n)
		return false;
	*start = memory.r[*i].start;
	*end = memory.r[(*i)++].end;
	return true;
}

/* First free stretch at or after @from: false when there is none. */
static bool free_from(paddr_t from, paddr_t *start, paddr_t *end)
{
	for (unsigned int i = 0; i < memory.n; i++) {
		paddr_t s = max(from, memory.r[i].start), e = memory.r[i].end;

		for (unsigned int j = 0; j < reserved.n && s < e; j++) {
			if (reserved.r[j].end <= s)
				continue;
			if (reserved.r[j].start > s) {
				e = min(e, reserved.r[j].start);
				break;
			}
			s = reserved.r[j].end;
		}
		if (s < e) {
			*start = s;
			*end = e;
			return true;
		}
	}
	return false;
}

/* Each step looks at every range once at most, so a walk is quadratic: 4 million steps over 2 * MAX_RANGES of them. */
bool memblock_next_free(paddr_t *from, paddr_t *start, paddr_t *end)
{
	if (!free_from(*from, start, end))
		return false;
	*from = *end;
	return true;
}

bool memblock_is_reserved(paddr_t pa)
{
	bool ram = false;

	for (unsigned int i = 0; i < memory.n; i++)
		ram |= pa >= memory.r[i].start && pa < memory.r[i].end;
	for (unsigned int i = 0; i < reserved.n; i++)
		ram &= pa < reserved.r[i].start || pa >= reserved.r[i].end;
	return !ram;
}

/* ---- allocating ---- */

/* A free, aligned place in [from, limit), or 0. */
static paddr_t find_place(u64 size, u64 align, paddr_t from, paddr_t limit)
{
	paddr_t start, end;

	while (free_from(from, &start, &end) && start < limit) {
		paddr_t pa = ALIGN_UP(start, align);

		if (pa >= start && pa + size <= min(end, limit) && pa + size > pa)
			return pa;
		from = end;
	}
	return 0;
}

static paddr_t take(paddr_t pa, u64 size)
{
	memblock_reserve(pa, size);
	memset(phys_to_virt(pa), 0, size);
	return pa;
}

paddr_t memblock_alloc_between(u64 size, u64 align, paddr_t from, paddr_t limit)
{
	paddr_t pa;

	ASSERT(is_power_of_2(align));
	size = ALIGN_UP(size, PAGE_SIZE);
	/* frame 0 stays out: a zero address means failure */
	pa = find_place(size, max(align, (u64)PAGE_SIZE), max(from, (paddr_t)PAGE_SIZE), min(limit, alloc_limit));
	return pa ? take(pa, size) : 0;
}

paddr_t memblock_alloc(u64 size, u64 align)
{
	paddr_t pa = memblock_alloc_between(size, align, 0, ~0ULL);

	if (!pa)
		panic("not enough memory to boot: %llu KiB of RAM, no room for another %llu KiB; give the machine "
		      "more (-m)", (unsigned long long)memblock_total() >> 10, (unsigned long long)size >> 10);
	return pa;
}

void memblock_print(void)
{
	for (unsigned int i = 0; i < memory.n; i++)
		pr_log("memory   [%#012lx, %#012lx)\n", memory.r[i].start, memory.r[i].end);
	for (unsigned int i = 0; i < reserved.n; i++)
		pr_log("reserved [%#012lx, %#012lx)\n", reserved.r[i].start, reserved.r[i].end);
}
