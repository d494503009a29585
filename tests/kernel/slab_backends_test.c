/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/slab_backends_test.c - what only SLAB (mm/slab.c, mm/slab_reap.c) or only SLOB (mm/slob.c) does
 *
 * Tests of a back end that was not chosen by slab= are skipped.
 */
#include <kernel/ktest.h>
#include <kernel/percpu.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include "../../mm/slab_arrays.h"

#define MANY 600

static void *object[MANY];

/* Is it the back end of this test? Else the test is skipped. */
static bool wanted(const char *name)
{
	if (!strcmp(slab_back_end(), name))
		return true;
	ktest_skip("for another back end: give slab=");
	return false;
}

static bool alloc_many(struct kmem_cache *c, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		object[i] = kmem_cache_alloc(c, GFP_KERNEL);
		if (!object[i])
			return false;
	}
	return true;
}

static void free_many(struct kmem_cache *c, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		kmem_cache_free(c, object[i]);
}

static struct page *slab_page(struct kmem_cache *c, void *obj)
{
	return pfn_to_page(page_to_pfn(virt_to_page(obj)) & ~((1UL << c->order) - 1));
}

/* ---- SLAB ---- */

KTEST(slab_colours_differ_between_consecutive_slabs_and_wrap)
{
	struct kmem_cache *c;
	unsigned int expected = 0;
	struct page *last = NULL;

	if (!wanted("slab"))
		return;
	c = kmem_cache_create("ktest-colour", 360, 0, 0, NULL);
	REQUIRE(c);
	EXPECT(c->slab.colour > 0 && c->slab.colour_off == L1_CACHE_BYTES);
	for (unsigned int i = 0; i < 12 * c->objects; i++) {
		object[i] = kmem_cache_alloc(c, GFP_KERNEL);
		REQUIRE(object[i]);
		if (slab_page(c, object[i]) == last || i % c->objects)
			continue;
		last = slab_page(c, object[i]);
		EXPECT_EQ(last->colour * 8U, expected * L1_CACHE_BYTES);
		expected = expected == c->slab.colour ? 0 : expected + 1;
	}
	free_many(c, 12 * c->objects);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

KTEST(slab_keeps_the_freelist_of_large_objects_elsewhere)
{
	struct kmem_cache *large, *small;
	void *p, *q;

	if (!wanted("slab"))
		return;
	large = kmem_cache_create("ktest-large", 1024, 0, 0, NULL);
	small = kmem_cache_create("ktest-small", 64, 0, 0, NULL);
	REQUIRE(large && small);
	p = kmem_cache_alloc(large, GFP_KERNEL);
	q = kmem_cache_alloc(small, GFP_KERNEL);
	REQUIRE(p && q);
	EXPECT_EQ(large->objects, (PAGE_SIZE << large->order) / 1024);
	EXPECT(virt_to_page(slab_page(large, p)->freelist)->slab_cache != large);
	EXPECT(virt_to_page(slab_page(small, q)->freelist)->slab_cache == small);
	kmem_cache_free(large, p);
	kmem_cache_free(small, q);
	EXPECT_EQ(kmem_cache_destroy(large), 0);
	EXPECT_EQ(kmem_cache_destroy(small), 0);
}

KTEST(slab_hands_out_first_what_was_freed_last)
{
	struct kmem_cache *c;

	if (!wanted("slab"))
		return;
	c = kmem_cache_create("ktest-lifo", 64, 0, 0, NULL);
	REQUIRE(c && alloc_many(c, 8));
	free_many(c, 8);
	for (unsigned int i = 8; i-- > 0;)
		EXPECT(kmem_cache_alloc(c, GFP_KERNEL) == object[i]);
	free_many(c, 8);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

KTEST(slab_destroys_slabs_when_too_many_objects_are_free)
{
	struct kmem_cache *c;
	unsigned long peak;

	if (!wanted("slab"))
		return;
	c = kmem_cache_create("ktest-limit", 512, 0, 0, NULL);
	REQUIRE(c && alloc_many(c, MANY));
	peak = c->node[0].nr_slabs;
	free_many(c, MANY);
	EXPECT(c->node[0].nr_slabs < peak);
	EXPECT(c->node[0].free_objects <= slab_free_limit(c) + c->objects);
	EXPECT_EQ(kmem_cache_inuse(c), 0);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

KTEST(slab_reap_gives_back_what_an_idle_cache_keeps)
{
	struct kmem_cache *c;

	if (!wanted("slab"))
		return;
	c = kmem_cache_create("ktest-idle", 200, 0, 0, NULL);
	REQUIRE(c && alloc_many(c, MANY));
	free_many(c, MANY);
	EXPECT(c->node[0].nr_slabs > 0);
	for (unsigned int pass = 0; pass < 40; pass++)
		slab_reap();
	EXPECT_EQ(c->node[0].nr_slabs, 0);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

KTEST(slab_tune_bounds_the_arrays)
{
	struct kmem_cache *c;

	if (!wanted("slab"))
		return;
	c = kmem_cache_create("ktest-tune", 64, 0, 0, NULL);
	REQUIRE(c && alloc_many(c, 100));
	EXPECT_EQ(c->slab.limit, 120);
	EXPECT_EQ(slab_tune("ktest-tune", 4, 5, 0), (unsigned long)-EINVAL);
	EXPECT_EQ(slab_tune("ktest-tune", 0, 0, 0), (unsigned long)-EINVAL);
	EXPECT_EQ(slab_tune("no such cache", 4, 2, 0), (unsigned long)-EINVAL);
	EXPECT_EQ(slab_tune("ktest-tune", 4, 2, 0), 0);
	free_many(c, 100);
	REQUIRE(alloc_many(c, 100));
	free_many(c, 100);
	REQUIRE(cpu_cache_get(c));
	EXPECT_EQ(cpu_cache_get(c)->limit, 4);
	EXPECT(cpu_cache_get(c)->avail <= 4);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

/* ---- SLOB ---- */

KTEST(slob_kmalloc_keeps_the_size_in_front)
{
	u32 *p;

	if (!wanted("slob"))
		return;
	p = kmalloc(100, GFP_KERNEL);
	REQUIRE(p);
	EXPECT_EQ(p[-2], 100);
	EXPECT_EQ(ksize(p), 100);
	kfree(p);
	p = kmalloc(5000, GFP_KERNEL);
	REQUIRE(p);
	EXPECT_EQ((unsigned long)p & ~PAGE_MASK, 0);
	kfree(p);
}

KTEST(slob_objects_of_different_caches_share_a_page)
{
	struct kmem_cache *a, *b;
	bool together = false;

	if (!wanted("slob"))
		return;
	a = kmem_cache_create("ktest-24", 24, 0, 0, NULL);
	b = kmem_cache_create("ktest-40", 40, 0, 0, NULL);
	REQUIRE(a && b);
	for (unsigned int i = 0; i < 20; i++) {
		object[i] = kmem_cache_alloc(i % 2 ? a : b, GFP_KERNEL);
		REQUIRE(object[i]);
		together |= i && virt_to_page(object[i]) == virt_to_page(object[i - 1]);
	}
	EXPECT(together);
	EXPECT_EQ(kmem_cache_inuse(a), 10);
	for (unsigned int i = 0; i < 20; i++)
		kmem_cache_free(i % 2 ? a : b, object[i]);
	EXPECT_EQ(kmem_cache_destroy(a), 0);
	EXPECT_EQ(kmem_cache_destroy(b), 0);
}

KTEST(slob_gives_pages_back_when_their_last_object_goes)
{
	unsigned long before = slab_pages();
	struct kmem_cache *c;

	if (!wanted("slob"))
		return;
	c = kmem_cache_create("ktest-pages", 1000, 0, 0, NULL);
	REQUIRE(c && alloc_many(c, 100));
	EXPECT(slab_pages() >= before + 100 / 4 - 1);
	free_many(c, 100);
	EXPECT(slab_pages() <= before + 1);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

static void mark(void *obj)
{
	memset(obj, 0x5e, 48);
}

KTEST(slob_constructs_at_each_allocation)
{
	struct kmem_cache *c;
	u8 *p;

	if (!wanted("slob"))
		return;
	c = kmem_cache_create("ktest-mark", 48, 0, 0, mark);
	REQUIRE(c);
	for (unsigned int round = 0; round < 3; round++) {
		p = kmem_cache_alloc(c, GFP_KERNEL);
		REQUIRE(p);
		EXPECT(p[0] == 0x5e && p[47] == 0x5e);
		memset(p, 0, 48);
		kmem_cache_free(c, p);
	}
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}
