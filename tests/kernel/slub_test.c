/* SPDX-License-Identifier: MIT */
/* tests/kernel/slub_test.c - what is SLUB's own: paths and their counters, and objects that are watched (mm/slub*.c) */
#include <arch.h>
#include <kernel/ktest.h>
#include <kernel/percpu.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <uapi/errno.h>

#define WATCHED	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

static bool on_slub(void)
{
	if (!strcmp(slab_back_end(), "slub"))
		return true;
	ktest_skip("the allocator is not SLUB");
	return false;
}

/* ---- paths ---- */

static const char *stat_names[16];
static unsigned long stats[16];
static char title[320];

static void stats_line(const char *line, void *arg)
{
	const char *name = arg;
	unsigned int n = 0;
	char text[320], *s = text, *word;

	if (line[0] != '\n' || strncmp(line + 1, name, strlen(name)) || line[1 + strlen(name)] != ' ')
		return;
	strscpy(text, line + 2 + strlen(name), sizeof(text));
	while ((word = strsep(&s, " ")) && n < ARRAY_SIZE(stats))
		if (kstrtoul(word, 10, &stats[n++]))
			stats[n - 1] = ~0UL;
}

static void title_line(const char *line, void *arg)
{
	unsigned int n = 0;
	char *s = title;

	if (!strstr(line, "alloc_fastpath"))
		return;
	strscpy(title, line, sizeof(title));
	while (n < ARRAY_SIZE(stat_names) && (stat_names[n] = strsep(&s, " ")))
		n++;
}

static unsigned long stat(const char *cache, const char *name)
{
	slab_stats(title_line, NULL);
	slab_stats(stats_line, (void *)cache);
	for (unsigned int i = 0; i < ARRAY_SIZE(stat_names) && stat_names[i]; i++)
		if (!strcmp(stat_names[i], name))
			return stats[i];
	return ~0UL;
}

KTEST(slub_counts_fast_operations_without_counting_them)
{
	struct kmem_cache *c;
	unsigned long flags;
	void *p, *q;

	if (!on_slub())
		return;
	c = kmem_cache_create("ktest-paths", 64, 0, SLAB_NO_DEBUG, NULL);
	REQUIRE(c);
	flags = arch_irq_save();
	for (unsigned int i = 0; i < 100; i++) {
		p = kmem_cache_alloc(c, GFP_ATOMIC);
		q = kmem_cache_alloc(c, GFP_ATOMIC);
		kmem_cache_free(c, p);
		kmem_cache_free(c, q);
	}
	arch_irq_restore(flags);
	EXPECT_EQ(stat("ktest-paths", "alloc_fastpath"), 199);
	EXPECT_EQ(stat("ktest-paths", "free_fastpath"), 200);
	EXPECT_EQ(stat("ktest-paths", "alloc_slowpath"), 1);
	EXPECT_EQ(stat("ktest-paths", "alloc_slab"), 1);
	EXPECT_EQ(stat("ktest-paths", "free_slowpath"), 0);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

KTEST(slub_keeps_slabs_full_of_live_objects_on_no_list)
{
	struct kmem_cache *c;
	void *obj[128];

	if (!on_slub())
		return;
	c = kmem_cache_create("ktest-full", 64, 0, SLAB_NO_DEBUG, NULL);
	REQUIRE(c);
	REQUIRE(kmem_cache_alloc_bulk(c, GFP_KERNEL, 128, obj));
	EXPECT_EQ(stat("ktest-full", "alloc_from_partial"), 0);
	kmem_cache_shrink(c);		/* two full slabs, and this CPU owns none */
	kmem_cache_free(c, obj[0]);	/* the first free brings one back */
	EXPECT_EQ(stat("ktest-full", "free_add_partial"), 1);
	obj[0] = kmem_cache_alloc(c, GFP_KERNEL);
	EXPECT_EQ(stat("ktest-full", "alloc_from_partial"), 1);
	kmem_cache_free_bulk(c, 128, obj);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

/* ---- watched objects ---- */

static char heard[512];
static unsigned int reports;

static bool listen(const char *report)
{
	strscpy(heard, report, sizeof(heard));
	reports++;
	return true;
}

static void expect_report(const char *text)
{
	EXPECT_EQ(reports, 1);
	EXPECT(strstr(heard, text) != NULL);
	if (reports != 1 || !strstr(heard, text))
		ktest_fail(__FILE__, __LINE__, "\"%s\" in: %s", text, heard);
	reports = 0;
	heard[0] = '\0';
}

static struct kmem_cache *watched;

static noinline u8 *culprit_allocates(void)
{
	u8 *p = kmem_cache_alloc(watched, GFP_KERNEL);

	barrier();
	return p;
}

static noinline void culprit_frees(void *p)
{
	kmem_cache_free(watched, p);
	barrier();
}

static bool begin(unsigned int flags)
{
	if (!on_slub())
		return false;
	watched = kmem_cache_create("ktest-watched", 72, 0, flags, NULL);
	reports = 0;
	slab_listen(listen);
	return watched != NULL;
}

static void end(void)
{
	slab_listen(NULL);
	EXPECT_EQ(reports, 0);
	EXPECT_EQ(kmem_cache_destroy(watched), 0);
}

KTEST(slub_reports_a_write_after_free_with_both_sites)
{
	u8 *p, *q;

	if (!begin(WATCHED))
		return;
	p = culprit_allocates();
	culprit_frees(p);
	p[20] ^= 1;
	q = culprit_allocates();
	EXPECT(strstr(heard, "allocated by culprit_allocates+") != NULL);
	EXPECT(strstr(heard, "freed by culprit_frees+") != NULL);
	EXPECT(strstr(heard, "on cpu ") && strstr(heard, ", thread ") && strstr(heard, " us ago"));
	expect_report("written after free: offset 20 is 0x6a, not 0x6b");
	EXPECT(q != p);
	culprit_frees(p);
	culprit_frees(q);
	end();
}

KTEST(slub_reports_writes_past_either_end)
{
	static const struct { long at; const char *text; } writes[] = {
		{ 72, "written past its end: offset 72" }, { 79, "written past its end: offset 79" },
		{ -1, "written before its start: offset -1" }, { -8, "written before its start: offset -8" },
	};

	if (!begin(WATCHED))
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(writes); i++) {
		u8 *p = culprit_allocates();

		p[writes[i].at] ^= 1;
		culprit_frees(p);
		EXPECT(strstr(heard, "allocated by culprit_allocates+") != NULL);
		expect_report(writes[i].text);
		culprit_frees(p);
	}
	end();
}

KTEST(slub_reports_frees_that_are_one_too_many_or_of_something_else)
{
	u8 *p, *q;

	if (!begin(WATCHED))
		return;
	p = culprit_allocates();
	q = culprit_allocates();
	culprit_frees(p);
	culprit_frees(q);
	culprit_frees(p);		/* not the last one freed */
	EXPECT(strstr(heard, "freed by culprit_frees+") != NULL);
	expect_report("freed twice");
	p = culprit_allocates();
	culprit_frees(p + 16);
	expect_report("not the start of an object");
	q = kmalloc(72, GFP_KERNEL);
	culprit_frees(q);
	expect_report("freed to a slab that it is not from");
	kfree(q);
	culprit_frees(page_address(zero_page));
	expect_report("from no slab");
	culprit_frees(p);
	end();
}

KTEST(slub_tells_cheap_crimes_without_being_asked)
{
	u8 *p;

	if (!begin(SLAB_NO_DEBUG))
		return;
	p = culprit_allocates();
	culprit_frees(p);
	culprit_frees(p);
	EXPECT(strstr(heard, "now at culprit_frees+") != NULL);
	expect_report("freed twice");
	p = kmalloc(20000, GFP_KERNEL);
	kfree(p + PAGE_SIZE);
	expect_report("kmalloc did not return it");
	kfree(p);
	EXPECT_EQ(reports, 0);
	kfree(p);
	expect_report("freed twice");
	end();
}

KTEST(slub_reports_a_write_past_the_bytes_asked_of_kmalloc)
{
	u8 *p;

	if (!begin(WATCHED))
		return;
	p = kmalloc(50, GFP_KERNEL);
	if (ksize(p) != 50) {		/* kmalloc-64 is not watched in this build */
		kfree(p);
		end();
		ktest_skip("boot with slub_debug, or build with DEBUG=1");
		return;
	}
	p[50] ^= 1;
	kfree(p);
	expect_report("written past its end: offset 50");
	kfree(p);
	end();
}
