/* SPDX-License-Identifier: MIT */
/* tests/kernel/slab_test.c - kernel objects (mm/slub.c, mm/slab_common.c) and vmalloc (mm/vmalloc.c) */
#include <kernel/ktest.h>
#include <lib/align.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <uapi/errno.h>

KTEST(kmalloc_sizes_fit_and_powers_of_two_are_aligned)
{
	for (size_t size = 1; size <= 20000; size += size / 7 + 1) {
		u8 *p = kmalloc(size, GFP_KERNEL);

		REQUIRE(p);
		EXPECT(ksize(p) >= size);
		EXPECT(IS_ALIGNED((unsigned long)p, 8));
		if (is_power_of_2(size) && size >= 8)
			EXPECT(IS_ALIGNED((unsigned long)p, min(size, (size_t)PAGE_SIZE)));
		memset(p, 0x11, size);
		kfree(p);
	}
}

KTEST(kmalloc_of_nothing_is_not_null_and_can_be_freed)
{
	void *p = kmalloc(0, GFP_KERNEL);

	EXPECT(p == ZERO_SIZE_PTR);
	EXPECT_EQ(ksize(p), 0);
	kfree(p);
	kfree(NULL);
}

KTEST(kmalloc_of_absurd_sizes_fails_cleanly)
{
	EXPECT(kmalloc((size_t)-1, GFP_KERNEL) == NULL);
	EXPECT(kmalloc(PAGE_SIZE << (MAX_ORDER + 1), GFP_KERNEL) == NULL);
	EXPECT(kcalloc((size_t)-1, 16, GFP_KERNEL) == NULL);
	EXPECT(kmem_cache_create("zero", 0, 0, 0, NULL) == NULL);
	EXPECT(kmem_cache_create("odd", 64, 3, 0, NULL) == NULL);
}

KTEST(krealloc_keeps_the_contents)
{
	char *p = kmalloc(16, GFP_KERNEL), *q;

	REQUIRE(p);
	strscpy(p, "fifteen letters", 16);
	q = krealloc(p, 3000, GFP_KERNEL);
	REQUIRE(q);
	EXPECT(!strcmp(q, "fifteen letters"));
	kfree(q);
}

#define NOBJ 300

KTEST(cache_objects_never_overlap)
{
	static u8 *obj[NOBJ];
	struct kmem_cache *c = kmem_cache_create("ktest-72", 72, 0, 0, NULL);

	REQUIRE(c);
	for (unsigned int i = 0; i < NOBJ; i++) {
		obj[i] = kmem_cache_alloc(c, GFP_KERNEL);
		REQUIRE(obj[i]);
		memset(obj[i], (int)(i & 0xff), 72);
	}
	for (unsigned int i = 0; i < NOBJ; i++) {
		EXPECT(obj[i][0] == (i & 0xff) && obj[i][71] == (i & 0xff));
		if (i % 3)
			kmem_cache_free(c, obj[i]);
	}
	EXPECT_EQ(kmem_cache_destroy(c), (unsigned long)-EBUSY);
	EXPECT_EQ(kmem_cache_inuse(c), NOBJ / 3);
	for (unsigned int i = 0; i < NOBJ; i += 3)
		kmem_cache_free(c, obj[i]);
	slab_check();
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

static unsigned int constructed;
static void construct(void *obj)
{
	*(unsigned long *)obj = 0xc0ffee;
	constructed++;
}

KTEST(cache_constructor_runs_once_per_object_not_per_alloc)
{
	struct kmem_cache *c;
	unsigned long *p;
	unsigned int after_first;

	if (!strcmp(slab_back_end(), "slob")) {
		ktest_skip("SLOB has no objects of a cache between two allocations");
		return;
	}
	c = kmem_cache_create("ktest-ctor", 64, 0, 0, construct);
	REQUIRE(c);
	constructed = 0;
	p = kmem_cache_alloc(c, GFP_KERNEL);
	REQUIRE(p);
	EXPECT_EQ(*p, 0xc0ffee);
	after_first = constructed;
	kmem_cache_free(c, p);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	EXPECT_EQ(*p, 0xc0ffee);
	EXPECT_EQ(constructed, after_first);
	kmem_cache_free(c, p);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

KTEST(vmalloc_maps_distinct_zeroed_pages)
{
	unsigned long *p = vzalloc(5 * PAGE_SIZE);

	REQUIRE(p);
	EXPECT(is_vmalloc_addr(p));
	for (unsigned int i = 0; i < 5; i++) {
		unsigned long *w = p + i * PAGE_SIZE / sizeof(*p);

		EXPECT_EQ(*w, 0);
		*w = i + 1;
		EXPECT(vmalloc_to_page(w) != NULL);
		EXPECT_EQ(*(unsigned long *)page_address(vmalloc_to_page(w)), i + 1);
	}
	EXPECT(vmalloc_to_page((char *)p + 5 * PAGE_SIZE) == NULL);
	vfree(p);
	EXPECT(vmalloc_to_page(p) == NULL);
}

KTEST(vmalloc_refuses_more_than_there_is)
{
	EXPECT(vmalloc(0) == NULL);
	EXPECT(vmalloc((totalram_pages() + 1) << PAGE_SHIFT) == NULL);
	EXPECT(vmalloc(~0UL) == NULL);
}

KTEST(vmalloc_areas_leave_a_guard_page_between)
{
	char *a = vmalloc(PAGE_SIZE), *b = vmalloc(PAGE_SIZE);

	REQUIRE(a && b);
	EXPECT((a > b ? a - b : b - a) >= (long)(2 * PAGE_SIZE));
	vfree(a);
	vfree(b);
}
