/* SPDX-License-Identifier: MIT */
/*
 * tests/user/procmm_test.c - /proc's files about memory: in Linux's formats, and in agreement with each other
 *
 * They pass on Linux, too; there, what only root may read is skipped when a container hides it even so. Pages
 * move while files are read: sums are compared until they agree once.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "utest.h"

#define ORDERS		11
#define MAX_ZONES	16
#define TRIES		40
#define NEARLY		2048		/* pages that may be on the move: per-CPU lists, other programs */

static char text[1 << 18];

/* A file of /proc, or SKIP: not every machine shows it to everybody. */
static int open_readable(const char *path)
{
	int fd;

	need_proc();
	fd = open(path, O_RDONLY);
	if (fd < 0 && (errno == EACCES || errno == EPERM || errno == ENOENT))
		SKIP("cannot be read here");
	CHECK_OK(fd);
	return fd;
}

static char *slurp(const char *path)
{
	read_whole(open_readable(path), text, sizeof(text));
	return text;
}

static bool near(unsigned long a, unsigned long b)
{
	return a > b ? a - b <= NEARLY : b - a <= NEARLY;
}

/* ---- zones ---- */

struct zone_row {
	int node;
	char name[16];
	unsigned long n[ORDERS], nr_free, min, low, high, spanned, present, managed;
};

static int read_counts(const char *s, unsigned long *n)
{
	int fields = 0;
	char *end;

	for (;; s = end, fields++) {
		unsigned long v = strtoul(s, &end, 10);

		if (end == s)
			return fields;
		if (fields < ORDERS)
			n[fields] += v;
	}
}

static int read_buddyinfo(struct zone_row *z)
{
	char *s = slurp("/proc/buddyinfo");
	int zones = 0;

	for (char *line = strtok(s, "\n"); line; line = strtok(NULL, "\n"), zones++) {
		int used = 0;

		CHECK(zones < MAX_ZONES);
		memset(&z[zones], 0, sizeof(*z));
		CHECK_EQ(sscanf(line, "Node %d, zone %15s%n", &z[zones].node, z[zones].name, &used), 2);
		CHECK_EQ(read_counts(line + used, z[zones].n), ORDERS);
		for (int o = 0; o < ORDERS; o++)
			z[zones].nr_free += z[zones].n[o] << o;
	}
	CHECK(zones > 0);
	return zones;
}

/* A line of zoneinfo that belongs to the zone read last. */
static void zone_line(struct zone_row *z, const char *line)
{
	const struct { const char *format; unsigned long *to; } fields[] = {
		{ " pages free %lu", &z->nr_free }, { " min %lu", &z->min }, { " low %lu", &z->low },
		{ " high %lu", &z->high }, { " spanned %lu", &z->spanned }, { " present %lu", &z->present },
		{ " managed %lu", &z->managed },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (sscanf(line, fields[i].format, fields[i].to) == 1)
			return;
}

static int read_zoneinfo(struct zone_row *z)
{
	char *s = slurp("/proc/zoneinfo");
	int zones = 0;

	for (char *line = strtok(s, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, "Node", 4) == 0) {
			CHECK(zones < MAX_ZONES);
			memset(&z[zones], 0, sizeof(*z));
			CHECK_EQ(sscanf(line, "Node %d, zone %15s", &z[zones].node, z[zones].name), 2);
			zones++;
		} else if (zones) {
			zone_line(&z[zones - 1], line);
		}
	}
	CHECK(zones > 0);
	return zones;
}

static unsigned long sum_free(const struct zone_row *z, int zones)
{
	unsigned long sum = 0;

	for (int i = 0; i < zones; i++)
		sum += z[i].nr_free;
	return sum;
}

TEST(procmm_buddyinfo_zoneinfo_and_vmstat_agree_on_free_pages)
{
	struct zone_row b[MAX_ZONES], z[MAX_ZONES];
	unsigned long buddy = 0, zone = 0, vmstat = 0;

	for (int i = 0; i < TRIES; i++) {
		buddy = sum_free(b, read_buddyinfo(b));
		zone = sum_free(z, read_zoneinfo(z));
		vmstat = (unsigned long)read_number("/proc/vmstat", "nr_free_pages");
		if (near(buddy, zone) && near(zone, vmstat))
			return;
		sleep_ms(10);
	}
	FAIL("free pages: %lu in buddyinfo, %lu in zoneinfo, %lu in vmstat", buddy, zone, vmstat);
}

TEST(procmm_zoneinfo_marks_ascend_and_managed_pages_are_the_total)
{
	struct zone_row z[MAX_ZONES];
	int zones = read_zoneinfo(z);
	unsigned long managed = 0;

	for (int i = 0; i < zones; i++) {
		CHECK(z[i].min <= z[i].low && z[i].low <= z[i].high);
		CHECK(z[i].managed <= z[i].present && z[i].present <= z[i].spanned);
		managed += z[i].managed;
	}
	CHECK_EQ(managed * (page / 1024), read_number("/proc/meminfo", "MemTotal:"));
}

/* The row of @zones that a line of pagetypeinfo adds to. */
static struct zone_row *row_of(struct zone_row *z, int zones, int node, const char *name)
{
	for (int i = 0; i < zones; i++)
		if (z[i].node == node && strcmp(z[i].name, name) == 0)
			return &z[i];
	FAIL("zone %s of node %d is not in buddyinfo", name, node);
}

/* One reading of each, which others allocate between: do they agree? */
static bool types_add_up(void)
{
	struct zone_row b[MAX_ZONES], t[MAX_ZONES];
	int zones = read_buddyinfo(b), types = 0;
	bool same = true;
	char *s;

	memcpy(t, b, sizeof(t));
	for (int i = 0; i < zones; i++)
		memset(t[i].n, 0, sizeof(t[i].n));
	s = slurp("/proc/pagetypeinfo");
	CHECK(strncmp(s, "Page block order:", 17) == 0);
	for (char *line = strtok(s, "\n"); line; line = strtok(NULL, "\n")) {
		char name[16], type[16];
		int node, used = 0;

		if (sscanf(line, "Node %d, zone %15[^,], type %15s%n", &node, name, type, &used) != 3)
			continue;
		CHECK_EQ(read_counts(line + used, row_of(t, zones, node, name)->n), ORDERS);
		types++;
	}
	CHECK(types >= zones);
	for (int i = 0; i < zones; i++)
		for (int o = 5; o < ORDERS; o++)	/* the small ones come and go */
			same &= near(b[i].n[o] << o, t[i].n[o] << o);
	return same;
}

TEST(procmm_pagetypeinfo_types_add_up_to_buddyinfo)
{
	int tries = 50;

	while (!types_add_up() && --tries)	/* a busy machine */
		sleep_ms(20);
	CHECK(tries > 0);
}

/* ---- meminfo, vmstat ---- */

TEST(procmm_meminfo_has_the_fields_that_free_and_top_read_in_linux_order)
{
	static const char *const keys[] = {
		"MemTotal:", "MemFree:", "MemAvailable:", "Buffers:", "Cached:", "SwapCached:", "Active:", "Inactive:",
		"Active(anon):", "Inactive(anon):", "Active(file):", "Inactive(file):", "Unevictable:", "Mlocked:",
		"SwapTotal:", "SwapFree:", "Dirty:", "Writeback:", "AnonPages:", "Mapped:", "Shmem:", "KReclaimable:",
		"Slab:", "SReclaimable:", "SUnreclaim:", "KernelStack:", "PageTables:", "CommitLimit:", "Committed_AS:",
		"VmallocTotal:", "VmallocUsed:", "VmallocChunk:", "Percpu:",
	};
	const char *at = slurp("/proc/meminfo");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char line[64];
		const char *found;

		snprintf(line, sizeof(line), "%s%s", i ? "\n" : "", keys[i]);
		found = strstr(at, line);
		if (!found)
			FAIL("no %s, or not in its place", keys[i]);
		at = found;
	}
}

TEST(procmm_meminfo_parts_are_not_larger_than_their_wholes)
{
	const char *f = "/proc/meminfo";
	long total = read_number(f, "MemTotal:");

	slurp(f);
	CHECK(read_number(f, "MemFree:") < total && read_number(f, "MemAvailable:") <= total);
	CHECK(read_number(f, "SwapFree:") <= read_number(f, "SwapTotal:"));
	CHECK(read_number(f, "VmallocUsed:") < read_number(f, "VmallocTotal:"));
	CHECK(read_number(f, "Shmem:") <= total && read_number(f, "AnonPages:") < total);
	CHECK(labs(read_number(f, "Slab:") - read_number(f, "SReclaimable:") - read_number(f, "SUnreclaim:")) < 4096);
}

TEST(procmm_vmstat_has_linux_names_for_what_linux_has)
{
	static const char *const names[] = {
		"nr_free_pages ", "nr_anon_pages ", "nr_mapped ", "nr_file_pages ", "nr_dirty ", "nr_shmem ",
		"nr_slab_reclaimable ", "nr_slab_unreclaimable ", "nr_kernel_stack ", "nr_page_table_pages ",
		"pgfault ", "pgmajfault ", "pgfree ",
	};
	char *s = slurp("/proc/vmstat");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strstr(s, names[i]))
			FAIL("no %s", names[i]);
	for (char *line = strtok(s, "\n"); line; line = strtok(NULL, "\n")) {
		char name[64];
		long value;

		CHECK_EQ(sscanf(line, "%63s %ld", name, &value), 2);
	}
}

/* ---- addresses ---- */

TEST(procmm_vmallocinfo_areas_ascend_and_their_pages_fit)
{
	char *s = slurp("/proc/vmallocinfo");
	bool sorted = access("/proc/kernel_layout", F_OK) == 0;	/* Linux has several trees since 6.9 */
	unsigned long last = 0;
	int lines = 0;

	need_root();
	for (char *line = strtok(s, "\n"); line; line = strtok(NULL, "\n"), lines++) {
		unsigned long start, end, size, pages = 0;
		const char *p = strstr(line, " pages=");

		CHECK_EQ(sscanf(line, "0x%lx-0x%lx %lu", &start, &end, &size), 3);
		if (!start || (!sorted && end - start != size))
			SKIP("addresses are hidden");
		CHECK((start >= last || !sorted) && end - start == size && size % page == 0);
		last = end;
		if (p)
			pages = strtoul(p + 7, NULL, 10);
		CHECK(pages * page <= size);
	}
	CHECK(lines > 0);
}

TEST(procmm_vmallocinfo_names_callers_and_nodes)
{
	char *s = slurp("/proc/vmallocinfo"), *line;
	unsigned long pages, sum = 0;

	line = strstr(s, " vmalloc");
	CHECK(line);
	while (line > s && line[-1] != '\n')
		line--;
	strtok(line, "\n");
	CHECK(strchr(line, '+') && strstr(strchr(line, '+'), "/0x"));
	CHECK(strstr(line, " pages="));
	pages = strtoul(strstr(line, " pages=") + 7, NULL, 10);
	for (char *p = strstr(line, " N"); p; p = strstr(p + 1, " N"))
		if (isdigit((unsigned char)p[2]))
			sum += strtoul(strchr(p, '=') + 1, NULL, 10);
	CHECK_EQ(sum, pages);
}

TEST(procmm_iomem_nests_and_holds_at_least_the_memory_there_is)
{
	char *s = slurp("/proc/iomem");
	unsigned long long end_at[16] = { 0 }, start_at[16] = { 0 }, ram = 0;

	need_root();
	for (char *line = strtok(s, "\n"); line; line = strtok(NULL, "\n")) {
		size_t depth = strspn(line, " ") / 2;
		unsigned long long start, end;

		CHECK(depth < 15);
		CHECK_EQ(sscanf(line, "%llx-%llx", &start, &end), 2);
		if (!end && !start && !ram)
			SKIP("addresses are hidden");
		CHECK(start <= end && strstr(line, " : "));
		CHECK(depth == 0 || (start >= start_at[depth - 1] && end <= end_at[depth - 1]));
		start_at[depth] = start;
		end_at[depth] = end;
		if (strstr(line, " : System RAM"))
			ram += end - start + 1;
	}
	CHECK(ram / 1024 >= (unsigned long long)read_number("/proc/meminfo", "MemTotal:"));
}

TEST(procmm_kernel_layout_covers_all_addresses_without_a_gap)
{
	char *s = slurp("/proc/kernel_layout");		/* Verso only */
	unsigned long start, end = ~0UL;
	unsigned int levels, bits;
	char *line = strtok(s, "\n");

	CHECK_EQ(sscanf(line, "%*[^,], %u levels, %u address bits", &levels, &bits), 2);
	CHECK(bits == 12 + 9 * levels);
	while ((line = strtok(NULL, "\n"))) {
		unsigned long next;

		CHECK_EQ(sscanf(line, "%lx-%lx", &start, &next), 2);
		CHECK_EQ(start, end + 1);
		CHECK(next >= start);
		end = next;
	}
	CHECK_EQ(end, ~0UL);
}

/* ---- frames ---- */

#define KPF_SLAB	7
#define KPF_BUDDY	10
#define KPF_NOPAGE	20

static uint64_t words[8192];

/* Frames with bit @bit set and not @NOPAGE. */
static unsigned long count_frames(unsigned int bit, unsigned long *frames)
{
	int fd = open_readable("/proc/kpageflags");
	unsigned long n = 0;
	ssize_t k;

	*frames = 0;
	while ((k = read(fd, words, sizeof(words))) > 0) {
		CHECK_EQ(k % 8, 0);
		for (ssize_t i = 0; i < k / 8; i++) {
			n += !(words[i] >> KPF_NOPAGE & 1) && words[i] >> bit & 1;
			*frames += !(words[i] >> KPF_NOPAGE & 1);
		}
	}
	CHECK_EQ(k, 0);
	CHECK_OK(close(fd));
	return n;
}

TEST(procmm_kpageflags_count_as_many_free_pages_as_buddyinfo)
{
	struct zone_row b[MAX_ZONES];
	unsigned long n = 0, buddy = 0, frames = 0;

	for (int i = 0; i < TRIES; i++) {
		n = count_frames(KPF_BUDDY, &frames);
		buddy = sum_free(b, read_buddyinfo(b));
		if (near(n, buddy))
			break;
		sleep_ms(10);
	}
	CHECK(frames * (page / 1024) >= (unsigned long)read_number("/proc/meminfo", "MemTotal:"));
	if (!near(n, buddy))
		FAIL("%lu frames are free in kpageflags, %lu in buddyinfo", n, buddy);
	CHECK(count_frames(KPF_SLAB, &frames) > 0);
}

TEST(procmm_kpage_files_are_read_in_whole_words)
{
	static const char *const files[] = { "/proc/kpageflags", "/proc/kpagecount" };

	for (int i = 0; i < 2; i++) {
		int fd = open_readable(files[i]);

		CHECK_ERR(pread(fd, words, 7, 0), EINVAL);
		CHECK_ERR(pread(fd, words, 8, 4), EINVAL);
		CHECK_EQ(pread(fd, words, 16, 8), 16);
		CHECK_EQ(pread(fd, words, 8, (off_t)1 << 50), 0);
		CHECK_OK(close(fd));
	}
}

/* ---- buddymap ---- */

TEST(procmm_buddymap_draws_each_zone_and_counts_its_blocks)
{
	struct zone_row b[MAX_ZONES];
	unsigned long kib = 0, total = 0, buddy, cells = 0;
	char line[256];
	int zones = 0;
	FILE *f;

	if (access("/bin/buddymap", X_OK))
		SKIP("no buddymap here");
	f = popen("/bin/buddymap 64", "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		zones += strncmp(line, "Node ", 5) == 0;
		if (sscanf(line, " total %lu", &kib) == 1)
			total += kib;
		if (strspn(line, "0123456789abcdef") == 12)
			cells += strlen(line) - 15;	/* address, two blanks, newline */
	}
	CHECK_EQ(pclose(f), 0);
	CHECK_EQ(zones, read_buddyinfo(b));
	buddy = sum_free(b, zones);
	CHECK(near(total / (page / 1024), buddy));
	CHECK(cells > 32 * (unsigned long)zones && cells <= 64 * (unsigned long)zones);
}

TEST(procmm_maps_keeps_a_newline_in_a_file_name_on_the_line)
{
	int fd = make_file("two\nlines \\ tab\t", "x", 1);
	char *p = map(page, PROT_READ, MAP_PRIVATE, fd), line[512], start[32];
	bool found = false;
	FILE *f;

	need_proc();
	snprintf(start, sizeof(start), "%08lx-", (unsigned long)p);
	f = fopen("/proc/self/maps", "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, start, strlen(start)))
			found = strstr(line, "/two\\012lines \\ tab\t\n") != NULL;
	fclose(f);
	CHECK(found);
}
