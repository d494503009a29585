/* SPDX-License-Identifier: MIT */
/*
 * user/bin/slabtop.c - the kernel's object caches, from /proc/slabinfo, as they are or as they change
 *
 * THE QUESTION   Which cache holds the memory, and how much of it is used by objects?
 *
 * Runs on Linux too (as root: the file is readable to nobody else).
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools.h"

#define MAX_CACHES 1024

struct cache {
	char name[64];
	unsigned long active, objects, size, per_slab, pages, active_slabs, slabs;
	unsigned long limit, batchcount, shared;
};

static struct cache caches[MAX_CACHES];
static size_t nr_caches;
static char sort_key = 'o';

static unsigned long kib(const struct cache *c)
{
	return c->slabs * c->pages * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

static unsigned int use(unsigned long part, unsigned long whole)
{
	return whole ? (unsigned int)(part * 100 / whole) : 0;
}

static bool parse(const char *line, struct cache *c)
{
	return sscanf(line, "%63s %lu %lu %lu %lu %lu : tunables %lu %lu %lu : slabdata %lu %lu", c->name,
		      &c->active, &c->objects, &c->size, &c->per_slab, &c->pages, &c->limit, &c->batchcount,
		      &c->shared, &c->active_slabs, &c->slabs) == 11;
}

static int read_caches(void)
{
	FILE *f = fopen("/proc/slabinfo", "r");
	char line[512];

	if (!f)
		return complain("slabtop", "/proc/slabinfo");
	nr_caches = 0;
	while (nr_caches < MAX_CACHES && fgets(line, sizeof(line), f))
		nr_caches += parse(line, &caches[nr_caches]);
	fclose(f);
	return 0;
}

/* The column that a sort key means; larger comes first. */
static unsigned long value_of(const struct cache *c)
{
	switch (sort_key) {
	case 'a':
		return c->active;
	case 'c':
		return kib(c);
	case 'l':
		return c->slabs;
	case 'p':
		return c->per_slab;
	case 's':
		return c->size;
	case 'u':
		return use(c->active, c->objects);
	default:
		return c->objects;
	}
}

static int compare(const void *a, const void *b)
{
	const struct cache *x = a, *y = b;
	unsigned long vx = value_of(x), vy = value_of(y);

	if (sort_key == 'n' || vx == vy)
		return strcmp(x->name, y->name);
	return vx < vy ? 1 : -1;
}

static void print_summary(void)
{
	unsigned long active = 0, objects = 0, active_slabs = 0, slabs = 0, used = 0, total = 0;

	for (size_t i = 0; i < nr_caches; i++) {
		active += caches[i].active;
		objects += caches[i].objects;
		active_slabs += caches[i].active_slabs;
		slabs += caches[i].slabs;
		if (caches[i].slabs)	/* else its objects lie in another one's memory (SLOB) */
			used += caches[i].active * caches[i].size / 1024;
		total += kib(&caches[i]);
	}
	printf(" Active / Total Objects (%% used)    : %lu / %lu (%u%%)\n", active, objects, use(active, objects));
	printf(" Active / Total Slabs (%% used)      : %lu / %lu (%u%%)\n", active_slabs, slabs,
	       use(active_slabs, slabs));
	printf(" Caches                             : %zu\n", nr_caches);
	printf(" Active / Total Size (%% used)       : %luK / %luK (%u%%)\n\n", used, total, use(used, total));
}

static void print_caches(long lines)
{
	printf("%7s %7s %4s %8s %7s %8s %9s %s\n", "OBJS", "ACTIVE", "USE", "OBJ SIZE", "SLABS", "OBJ/SLAB",
	       "CACHE KiB", "NAME");
	for (size_t i = 0; i < nr_caches && lines-- != 0; i++) {
		const struct cache *c = &caches[i];

		printf("%7lu %7lu %3u%% %8lu %7lu %8lu %9lu %s\n", c->objects, c->active, use(c->active, c->objects),
		       c->size, c->slabs, c->per_slab, kib(c), c->name);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: slabtop [-o] [-d SECONDS] [-n LINES] [-s KEY]\n"
			"  -o  once          -d  every so many seconds (3)       -n  at most so many caches\n"
			"  -s  sort by: a active objects, c memory, l slabs, n name, o objects, p objects of a slab,\n"
			"      s size of an object, u use\n");
	return 2;
}

int tool_slabtop(int argc, char **argv)
{
	bool once = false;
	long lines = -1;
	double delay = 3;
	int option;

	optind = 1;
	while ((option = getopt(argc, argv, "od:n:s:")) != -1) {
		if (option == 'o')
			once = true;
		else if (option == 'd' && strtod(optarg, NULL) > 0)
			delay = strtod(optarg, NULL);
		else if (option == 'n' && atol(optarg) > 0)
			lines = atol(optarg);
		else if (option == 's' && strchr("aclnopsu", optarg[0]) && optarg[0])
			sort_key = optarg[0];
		else
			return usage();
	}
	if (optind != argc)
		return usage();
	for (;;) {
		if (read_caches())
			return 1;
		qsort(caches, nr_caches, sizeof(caches[0]), compare);
		if (!once)
			printf("\033[H\033[J");
		print_summary();
		print_caches(once ? lines : lines > 0 ? lines : 18);
		fflush(stdout);
		if (once)
			return 0;
		usleep((useconds_t)(delay * 1e6));
	}
}
