/* SPDX-License-Identifier: MIT */
/* tests/kernel/slab_test.c - kernel objects (mm/slub.c, mm/slab_common.c) and vmalloc (mm/vmalloc.c) */
#include <kernel/ktest.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <kernel/wait.h>
#include <lib/align.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/zone.h>
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

KTEST(krealloc_grows_shrinks_and_frees)
{
	u8 *p = krealloc(NULL, 40, GFP_KERNEL);

	REQUIRE(p);
	memset(p, 0x33, 40);
	for (size_t size = 60; size < 40000; size *= 2) {
		p = krealloc(p, size, GFP_KERNEL);
		REQUIRE(p);
		EXPECT(p[0] == 0x33 && p[39] == 0x33);
		EXPECT(ksize(p) >= size);
	}
	EXPECT(krealloc(p, 20, GFP_KERNEL) == p);
	EXPECT(krealloc(p, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	EXPECT(krealloc(ZERO_SIZE_PTR, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
}

KTEST(objects_have_the_alignment_asked_for)
{
	for (size_t align = 8; align <= PAGE_SIZE; align *= 2) {
		struct kmem_cache *c = kmem_cache_create("ktest-align", 40, align, 0, NULL);
		void *a, *b;

		REQUIRE(c);
		a = kmem_cache_alloc(c, GFP_KERNEL);
		b = kmem_cache_alloc(c, GFP_KERNEL);
		EXPECT(a && b && a != b);
		EXPECT(IS_ALIGNED((unsigned long)a, align) && IS_ALIGNED((unsigned long)b, align));
		kmem_cache_free(c, a);
		kmem_cache_free(c, b);
		EXPECT_EQ(kmem_cache_destroy(c), 0);
	}
}

KTEST(caches_that_exist_or_make_no_sense_are_refused)
{
	struct kmem_cache *c = kmem_cache_create("ktest-name", 40, 0, 0, NULL);

	REQUIRE(c);
	EXPECT(kmem_cache_create("ktest-name", 40, 0, 0, NULL) == NULL);
	EXPECT(kmem_cache_create("ktest-huge", (size_t)-1, 0, 0, NULL) == NULL);
	EXPECT(kmem_cache_create("ktest-wide", 40, PAGE_SIZE * 2, 0, NULL) == NULL);
	EXPECT(kmem_cache_create(NULL, 40, 0, 0, NULL) == NULL);
	EXPECT(kmem_cache_create("ktest-a-name-longer-than-31-chars", 40, 0, 0, NULL) == NULL);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

KTEST(kmalloc_dma_is_below_the_limit_of_old_devices)
{
	paddr_t limit = ZONE_DMA_END_PFN ? (paddr_t)ZONE_DMA_END_PFN << PAGE_SHIFT : 1UL << 32;

	for (size_t size = 8; size <= KMALLOC_MAX_CACHE_SIZE; size *= 2) {
		void *p = kmalloc(size - 3, GFP_KERNEL | GFP_DMA);

		REQUIRE(p);
		EXPECT(virt_to_phys(p) + size <= limit);
		kfree(p);
	}
}

KTEST(node_allocations_come_from_the_node)
{
	struct kmem_cache *c = kmem_cache_create("ktest-node", 128, 0, 0, NULL);
	unsigned int nid;
	void *p, *q;

	REQUIRE(c);
	for_each_online_node(nid) {
		if (!NODE_DATA(nid)->node_present_pages)
			continue;
		p = kmem_cache_alloc_node(c, GFP_KERNEL, (int)nid);
		q = kmalloc_node(700, GFP_KERNEL | __GFP_ZERO, (int)nid);
		REQUIRE(p && q);
		EXPECT_EQ(page_to_nid(virt_to_page(p)), nid);
		EXPECT_EQ(page_to_nid(virt_to_page(q)), nid);
		kmem_cache_free(c, p);
		kfree(q);
	}
	p = kmem_cache_alloc_node(c, GFP_KERNEL, NO_NODE);
	q = kmem_cache_alloc_node(c, GFP_KERNEL, 12345);	/* no such node: any will do */
	EXPECT(p && q);
	kmem_cache_free(c, p);
	kmem_cache_free(c, q);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

/* ---- counts ---- */

/* The numbers of one line of /proc/slabinfo. */
struct info { const char *name; char line[192]; unsigned int lines; };

static void find_line(const char *line, void *arg)
{
	struct info *i = arg;
	size_t n = strlen(i->name);

	i->lines++;
	if (!strncmp(line, i->name, n) && line[n] == ' ')
		strscpy(i->line, line, sizeof(i->line));
}

/* The @n-th word of @line as a number; 0: no such word. */
static unsigned long number(const char *line, unsigned int n)
{
	char text[192], *s = text, *word;
	unsigned long v;

	strscpy(text, line, sizeof(text));
	while ((word = strsep(&s, " \n")))
		if (*word && !n--)
			return kstrtoul(word, 10, &v) ? 0 : v;
	return 0;
}

enum { ACTIVE_OBJS = 1, NUM_OBJS, OBJSIZE, PER_SLAB, PAGES_PER_SLAB, ACTIVE_SLABS = 13, NUM_SLABS };

static void expect_columns(unsigned int objects)
{
	struct info i = { .name = "ktest-info" };

	slab_info(find_line, &i);
	EXPECT_EQ(number(i.line, ACTIVE_OBJS), objects);
	EXPECT(strstr(i.line, " : tunables ") && strstr(i.line, " : slabdata "));
	if (!strcmp(slab_back_end(), "slob"))
		return;		/* its slabs belong to everyone */
	EXPECT_EQ(number(i.line, NUM_OBJS), number(i.line, NUM_SLABS) * number(i.line, PER_SLAB));
	EXPECT(number(i.line, ACTIVE_SLABS) <= number(i.line, NUM_SLABS));
	EXPECT(number(i.line, NUM_OBJS) >= objects);
	EXPECT(number(i.line, ACTIVE_SLABS) * number(i.line, PER_SLAB) >= objects);
	EXPECT(number(i.line, OBJSIZE) * number(i.line, PER_SLAB) <= number(i.line, PAGES_PER_SLAB) * PAGE_SIZE);
}

KTEST(slabinfo_counts_each_object_and_slab)
{
	struct kmem_cache *c = kmem_cache_create("ktest-info", 100, 0, 0, NULL);
	static void *obj[NOBJ];

	REQUIRE(c);
	expect_columns(0);
	for (unsigned int i = 0; i < NOBJ; i++)
		REQUIRE(obj[i] = kmem_cache_alloc(c, GFP_KERNEL));
	expect_columns(NOBJ);
	for (unsigned int i = 0; i < NOBJ; i += 2)
		kmem_cache_free(c, obj[i]);
	expect_columns(NOBJ / 2);
	for (unsigned int i = 1; i < NOBJ; i += 2)
		kmem_cache_free(c, obj[i]);
	kmem_cache_shrink(c);
	expect_columns(0);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

static void check_title(const char *line, void *arg)
{
	unsigned int *n = arg;

	if (++*n == 1)
		EXPECT(!strcmp(line, "slabinfo - version: 2.1\n"));
	if (*n == 2)
		EXPECT(!strcmp(line, "# name            <active_objs> <num_objs> <objsize> <objperslab> "
				     "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata "
				     "<active_slabs> <num_slabs> <sharedavail>\n"));
}

KTEST(slabinfo_begins_as_version_2_1_and_has_a_line_for_each_of_26_general_caches)
{
	static const unsigned int sizes[] = { 8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192 };
	unsigned int n = 0;
	char name[32];

	slab_info(check_title, &n);
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		struct info info = { .name = name };

		snprintf(name, sizeof(name), "%skmalloc-%u", i % 2 ? "dma-" : "", sizes[i / 2]);
		slab_info(find_line, &info);
		EXPECT(info.line[0]);
	}
}

static unsigned long pages_of(const char *cache)
{
	struct info i = { .name = cache };

	slab_info(find_line, &i);
	return number(i.line, NUM_SLABS) * number(i.line, PAGES_PER_SLAB);
}

KTEST(shrink_returns_pages_and_frees_keep_few_empty_slabs)
{
	struct kmem_cache *c = kmem_cache_create("ktest-shrink", 512, 0, 0, NULL);
	bool slob = !strcmp(slab_back_end(), "slob");	/* pages belong to nobody, and go at once */
	unsigned long full, kept;
	static void *obj[NOBJ * 4];

	REQUIRE(c);
	for (unsigned int i = 0; i < ARRAY_SIZE(obj); i++)
		REQUIRE(obj[i] = kmem_cache_alloc(c, GFP_KERNEL));
	full = pages_of("ktest-shrink");
	EXPECT(slob || full >= ARRAY_SIZE(obj) * 512 / PAGE_SIZE);
	for (unsigned int i = 0; i < ARRAY_SIZE(obj); i++)
		kmem_cache_free(c, obj[i]);
	kept = pages_of("ktest-shrink");
	EXPECT(kept <= full / 2);
	EXPECT(kmem_cache_shrink(c) <= kept);	/* SLAB counts only those that were on its lists */
	EXPECT_EQ(pages_of("ktest-shrink"), 0);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

/* ---- pressure ---- */

KTEST(objects_to_the_last_page_and_back)
{
	struct kmem_cache *c = kmem_cache_create("ktest-all", 4096, 0, SLAB_NO_DEBUG, NULL);
	unsigned long n = 0;
	void **chain = NULL, **p;

	REQUIRE(c);
	while ((p = kmem_cache_alloc(c, GFP_KERNEL | __GFP_NOWARN))) {
		p[0] = chain;
		p[511] = p;
		chain = p;
		n++;
	}
	EXPECT(n > (totalram_pages() - totalhigh_pages()) / 2);
	EXPECT_EQ(kmem_cache_inuse(c), n);
	p = kmem_cache_alloc(c, GFP_ATOMIC);	/* the reserve is for those who cannot wait */
	EXPECT(p != NULL);
	if (p)
		kmem_cache_free(c, p);
	while ((p = chain)) {
		chain = p[0];
		EXPECT(p[511] == p);
		kmem_cache_free(c, p);
	}
	EXPECT_EQ(kmem_cache_inuse(c), 0);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

#define BOXES		64U
#define BOX_ROUNDS	3000U

static struct kmem_cache *box_cache;
static unsigned long *box[BOXES];	/* (a) objects on their way from one CPU to another */
static atomic_t box_errors, box_done;
static DEFINE_WAIT_QUEUE(box_wait);

static void box_free(unsigned long *p)
{
	if (!p)
		return;
	if (p[0] != (unsigned long)p || p[11] != ~(unsigned long)p)
		atomic_inc(&box_errors);
	kmem_cache_free(box_cache, p);
}

static unsigned long *box_alloc(gfp_t gfp)
{
	unsigned long *p = kmem_cache_alloc(box_cache, gfp);

	if (p) {
		p[0] = (unsigned long)p;
		p[11] = ~(unsigned long)p;
	}
	return p;
}

static void box_thread(void *arg)
{
	u64 seed = (unsigned long)arg;

	for (unsigned int i = 0; i < BOX_ROUNDS; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		box_free(__atomic_exchange_n(&box[(seed >> 33) % BOXES], box_alloc(GFP_KERNEL), __ATOMIC_ACQ_REL));
		if (i % 64 == 0)
			schedule();
	}
	atomic_inc(&box_done);
	wake_up_all(&box_wait);
}

static int start_box_threads(void)
{
	int started = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct cpumask only = { 1UL << cpu };
		struct thread *t = kthread_create(box_thread, (void *)(ktest_random() | 1), "ktest");

		if (!t)
			break;
		thread_set_affinity(t, &only);
		thread_wake(t);
		started++;
	}
	return started;
}

static void empty_boxes(void)
{
	for (unsigned int i = 0; i < BOXES; i++) {
		box_free(box[i]);
		box[i] = NULL;
	}
}

KTEST(cpus_free_each_others_objects)
{
	int n;

	box_cache = kmem_cache_create("ktest-boxes", 96, 0, SLAB_NO_DEBUG, NULL);
	REQUIRE(box_cache);
	atomic_set(&box_done, 0);
	n = start_box_threads();
	EXPECT_EQ(n, nr_cpus);
	wait_event(box_wait, atomic_read(&box_done) == n);
	empty_boxes();
	EXPECT_EQ(atomic_read(&box_errors), 0);
	EXPECT_EQ(kmem_cache_inuse(box_cache), 0);
	slab_check();
	EXPECT_EQ(kmem_cache_destroy(box_cache), 0);	/* though each CPU kept some of its slabs */
}

static struct timer box_timer;
static bool box_stop;
static unsigned int box_interrupts;

static void box_interrupt(struct timer *t)
{
	unsigned int i = box_interrupts++ % BOXES;

	box_free(__atomic_exchange_n(&box[i], NULL, __ATOMIC_ACQ_REL));
	box_free(__atomic_exchange_n(&box[(i * 7 + 3) % BOXES], box_alloc(GFP_ATOMIC), __ATOMIC_ACQ_REL));
	if (!READ_ONCE(box_stop))
		timer_arm(t, arch_clock_ns() + 15000 + ktest_random() % 20000);
}

KTEST(interrupts_allocate_and_free_in_the_middle_of_allocations_and_frees)
{
	u64 end = arch_clock_ns() + 60 * NSEC_PER_SEC / 1000;
	unsigned long *held[4] = { NULL };

	box_cache = kmem_cache_create("ktest-boxes", 96, 0, SLAB_NO_DEBUG, NULL);
	REQUIRE(box_cache);
	box_interrupts = 0;
	box_stop = false;
	timer_setup(&box_timer, box_interrupt);
	timer_arm(&box_timer, arch_clock_ns() + 10000);
	for (unsigned int i = 0; arch_clock_ns() < end; i++) {
		unsigned long *p = box_alloc(GFP_KERNEL);

		box_free(held[i % 4]);
		held[i % 4] = p;
		box_free(__atomic_exchange_n(&box[i % BOXES], box_alloc(GFP_KERNEL), __ATOMIC_ACQ_REL));
	}
	WRITE_ONCE(box_stop, true);
	timer_cancel(&box_timer);
	for (unsigned int i = 0; i < 4; i++)
		box_free(held[i]);
	empty_boxes();
	EXPECT(box_interrupts > 5);
	EXPECT_EQ(atomic_read(&box_errors), 0);
	EXPECT_EQ(kmem_cache_inuse(box_cache), 0);
	EXPECT_EQ(kmem_cache_destroy(box_cache), 0);
}

/* ---- counting while others allocate ---- */

#define COUNTED		48U
#define COUNT_ROUNDS	3000U

static atomic_t counted_done;

static void fill_and_empty(void *arg)
{
	void *obj[COUNTED];

	for (unsigned int round = 0; round < COUNT_ROUNDS; round++) {
		for (unsigned int i = 0; i < COUNTED; i++)
			obj[i] = kmem_cache_alloc(arg, GFP_KERNEL);
		for (unsigned int i = 0; i < COUNTED; i++)
			kmem_cache_free(arg, obj[i]);
	}
	atomic_set(&counted_done, 1);
	wake_up_all(&box_wait);
}

/* Slabs come and go meanwhile; half of a change must not show as millions of objects. */
KTEST(slab_count_of_a_busy_cache_is_never_more_than_it_has)
{
	struct cpumask last = { 1UL << (nr_cpus - 1) }, first = { 1 }, old = current->affinity;
	struct kmem_cache *c = kmem_cache_create("ktest-counted", 3000, 0, SLAB_NO_DEBUG, NULL);
	unsigned long most = 0;
	struct thread *t;

	REQUIRE(c);
	EXPECT_EQ(thread_set_affinity(current, &first), 0);
	schedule();
	atomic_set(&counted_done, 0);
	t = kthread_create(fill_and_empty, c, "ktest");
	REQUIRE(t);
	EXPECT_EQ(thread_set_affinity(t, &last), 0);
	thread_wake(t);
	while (nr_cpus > 1 && !atomic_read(&counted_done))
		most = max(most, kmem_cache_inuse(c));
	wait_event(box_wait, atomic_read(&counted_done));
	EXPECT(most < 1000);
	EXPECT_EQ(thread_set_affinity(current, &old), 0);
	EXPECT_EQ(kmem_cache_inuse(c), 0);
	EXPECT_EQ(kmem_cache_destroy(c), 0);
}

KTEST(vmalloc_maps_distinct_zeroed_pages)
{
	unsigned long *p = vzalloc(5 * PAGE_SIZE), seen;

	REQUIRE(p);
	EXPECT(is_vmalloc_addr(p));
	for (unsigned int i = 0; i < 5; i++) {
		unsigned long *w = p + i * PAGE_SIZE / sizeof(*p);

		EXPECT_EQ(*w, 0);
		*w = i + 1;
		EXPECT(vmalloc_to_page(w) != NULL);
		memcpy_from_page(&seen, vmalloc_to_page(w), 0, sizeof(seen));
		EXPECT_EQ(seen, i + 1);
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
