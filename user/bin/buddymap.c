/* SPDX-License-Identifier: MIT */
/*
 * user/bin/buddymap.c - physical memory as the buddy allocator sees it: a map, and free blocks by order
 *
 * From /proc/buddyinfo (free blocks), zoneinfo (where each zone lies) and kpageflags (what each frame is; for
 * root). Two free buddies are always merged, so a run of free frames says what blocks it is made of.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools.h"

#define ORDERS		11
#define MAX_ZONES	32
#define WIDTH		64		/* cells in a line */
#define CELLS		1024		/* cells of a zone, unless asked */

struct zone {
	int node;
	char name[16];
	unsigned long start, spanned, nr_free[ORDERS];
};

static struct zone zones[MAX_ZONES];
static int nr_zones;

/* ---- what to draw ---- */

/* Linux's KPF_ bits, the first that matches; letters in the legend. */
static const struct { int bit; char letter; const char *what; } kinds[] = {
	{ 20, '-', "no memory" }, { 10, '.', "free" }, { 7, 's', "slab" }, { 26, 't', "page table" },
	{ 12, 'a', "anonymous" }, { 32, 'r', "reserved" }, { 11, 'f', "file, mapped" }, { 14, 'm', "tmpfs" },
	{ 5, 'f', NULL }, { 3, 'f', NULL },
};
#define NR_KINDS	((int)(sizeof(kinds) / sizeof(kinds[0])))
#define KIND_NONE	0
#define KIND_FREE	1

static int kind_of(uint64_t flags)
{
	for (int k = 0; k < NR_KINDS; k++)
		if (flags >> kinds[k].bit & 1)
			return k;
	return NR_KINDS;
}

static char letter_of(int kind)
{
	return kind < NR_KINDS ? kinds[kind].letter : 'k';
}

/* One cell: all free, mostly free, or the letter of what is there most. */
static char cell_of(const unsigned long *count, unsigned long frames)
{
	int most = NR_KINDS;

	if (count[KIND_FREE] == frames)
		return '.';
	for (int k = 0; k < NR_KINDS; k++)
		if (k != KIND_FREE && count[k] > count[most])
			most = k;
	return count[KIND_FREE] * 2 >= frames ? ':' : letter_of(most);
}

/* ---- reading ---- */

static struct zone *find_zone(int node, const char *name)
{
	for (int i = 0; i < nr_zones; i++)
		if (zones[i].node == node && strcmp(zones[i].name, name) == 0)
			return &zones[i];
	return NULL;
}

static bool read_buddyinfo(void)
{
	FILE *f = fopen("/proc/buddyinfo", "r");
	struct zone *z;
	char line[512];

	if (!f)
		return false;
	while (nr_zones < MAX_ZONES && fgets(line, sizeof(line), f)) {
		int used = 0;
		char *p;

		z = &zones[nr_zones];
		if (sscanf(line, "Node %d, zone %15s%n", &z->node, z->name, &used) != 2)
			continue;
		p = line + used;
		for (int o = 0; o < ORDERS; o++)
			z->nr_free[o] = strtoul(p, &p, 10);
		nr_zones++;
	}
	fclose(f);
	return true;
}

static bool read_zoneinfo(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	struct zone *z = NULL;
	char line[512], name[16];
	int node;

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		unsigned long n;

		if (sscanf(line, "Node %d, zone %15s", &node, name) == 2)
			z = find_zone(node, name);
		else if (z && sscanf(line, " spanned %lu", &n) == 1)
			z->spanned = n;
		else if (z && sscanf(line, " start_pfn: %lu", &n) == 1)
			z->start = n;
	}
	fclose(f);
	return true;
}

/* ---- the map ---- */

/* Counts the frames [pfn, pfn + n) by kind; false: they cannot be read. */
static bool count_kinds(int fd, unsigned long pfn, unsigned long n, unsigned long *count)
{
	static uint64_t words[1024];

	memset(count, 0, (NR_KINDS + 1) * sizeof(*count));
	while (n) {
		unsigned long part = n < 1024 ? n : 1024;
		ssize_t k = pread(fd, words, part * 8, (off_t)pfn * 8);

		if (k < 0)
			return false;
		if (k == 0) {		/* beyond the last frame */
			count[KIND_NONE] += n;
			return true;
		}
		for (ssize_t i = 0; i < k / 8; i++)
			count[kind_of(words[i])]++;
		pfn += k / 8;
		n -= k / 8;
	}
	return true;
}

static void draw(const struct zone *z, int fd, unsigned long cells)
{
	unsigned long per_cell = (z->spanned + cells - 1) / cells, count[NR_KINDS + 1];
	unsigned long end = z->start + z->spanned;
	unsigned int column = 0;

	for (unsigned long pfn = z->start; pfn < end; pfn += per_cell) {
		unsigned long n = end - pfn < per_cell ? end - pfn : per_cell;

		if (!count_kinds(fd, pfn, n, count)) {
			complain("buddymap", "/proc/kpageflags");
			return;
		}
		if (column == 0)
			printf("%012lx  ", pfn * sysconf(_SC_PAGESIZE));
		putchar(cell_of(count, n));
		column = (column + 1) % WIDTH;
		if (column == 0)
			putchar('\n');
	}
	if (column)
		putchar('\n');
	printf("%14s%lu KiB a cell\n", "", per_cell * sysconf(_SC_PAGESIZE) / 1024);
}

/* ---- free blocks by order ---- */

/*
 * unusable: the share of free memory that lies in blocks too small for a request of this order, as Linux's
 * unusable_index: 0 none of it, 1 all of it.
 */
static void print_orders(const struct zone *z)
{
	unsigned long total = 0, smaller = 0, kib = sysconf(_SC_PAGESIZE) / 1024;

	for (int o = 0; o < ORDERS; o++)
		total += z->nr_free[o] << o;
	printf("%6s %10s %10s %9s\n", "order", "blocks", "KiB free", "unusable");
	for (int o = 0; o < ORDERS; o++) {
		unsigned long pages = z->nr_free[o] << o, stars = total ? pages * 40 / total : 0;

		printf("%6d %10lu %10lu %5lu.%03lu ", o, z->nr_free[o], pages * kib,
		       total ? smaller / total : 1, total ? smaller * 1000 / total % 1000 : 0);
		for (unsigned long i = 0; i < stars; i++)
			putchar('*');
		putchar('\n');
		smaller += pages;
	}
	printf("%6s %10s %10lu\n", "", "total", total * kib);
}

static void print_legend(void)
{
	printf(". free  : more than half free  k other kernel");
	for (int k = 0; k < NR_KINDS; k++)
		if (k != KIND_FREE && kinds[k].what)
			printf("  %c %s", kinds[k].letter, kinds[k].what);
	putchar('\n');
}

int tool_buddymap(int argc, char **argv)
{
	unsigned long cells = argc > 1 ? strtoul(argv[1], NULL, 10) : CELLS;
	int fd;

	if (!cells || cells > 1 << 20) {
		errno = EINVAL;
		return complain("buddymap", argv[1]);
	}
	if (!read_buddyinfo() || !read_zoneinfo())
		return complain("buddymap", "/proc/buddyinfo, /proc/zoneinfo");
	fd = open("/proc/kpageflags", O_RDONLY);
	if (fd < 0)
		complain("buddymap", "/proc/kpageflags: no map, because");
	else
		print_legend();
	for (int i = 0; i < nr_zones; i++) {
		printf("\nNode %d, zone %s\n", zones[i].node, zones[i].name);
		if (fd >= 0)
			draw(&zones[i], fd, cells);
		print_orders(&zones[i]);
	}
	if (fd >= 0)
		close(fd);
	return 0;
}
