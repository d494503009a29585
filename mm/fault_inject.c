/* SPDX-License-Identifier: MIT */
/*
 * mm/fault_inject.c - which allocation fails on purpose, and how is that free when none shall?
 *
 * THE QUESTION   Each `if (!p) return -ENOMEM' in the kernel is code that never runs on a machine with
 *                memory. How does a test run every one of them?
 *
 * THE PICTURE    echo 7 >/proc/thread-self/fail-nth     the 7th page or object that this task asks for
 *                /proc/fail_page_alloc/, /proc/failslab/, fail_page_alloc=1,20,0,-1 ...   a share of all
 *
 *                nobody watches                            someone does (alloc_watch)
 *                alloc_page: pcplists.first[] -> a list   pcplists.first[] -> a list that is always empty
 *                kmem_cache_alloc: this CPU's freelist     flushed, and not filled again
 *                                                             \-> slow path -> should_fail_...()?
 *
 *                So the fast paths have no test for this, not even one load: they miss, as they do when
 *                their list has run out, and the slow path asks.
 *
 * ALWAYS TRUE    J1  alloc_watch & WATCH_FAIL iff `armed' > 0: the number of tasks with a fail-nth written
 *                    and attributes with a probability.
 *                J2  what an interrupt allocates, and what is allocated in order to free memory
 *                    (__GFP_MEMALLOC), does not fail and is not counted.
 *                J3  fail-nth looks at no filter: the N-th is the N-th.
 *
 *                J4  `times' counts every failure down, and ends at 0 however many CPUs fail at once.
 *
 * LOCKS          none: `space' and the count for `interval' may lose something when two CPUs come at once.
 * LIFE           fail-nth: armed by the write, until 0 is written or the task ends; a fork does not inherit it.
 * LEFT OUT       Linux's stacktrace-depth and require-start/end, fail_usercopy, fail_futex, fail_make_request.
 * READ NEXT      page_alloc.c and slub.c (who asks), fs/proc_fault.c (the files), docs/user-guide.md.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/params.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/string.h>
#include <mm/fault_inject.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>

unsigned long alloc_watch;

struct fault_attr fail_page_alloc = {
	.name = "fail_page_alloc", .interval = 1, .times = -1, .ignore_gfp_wait = 1, .min_order = 1,
};
struct fault_attr failslab = { .name = "failslab", .interval = 1, .times = -1, .ignore_gfp_wait = 1 };

static atomic_t armed = ATOMIC_INIT(0);

/* ---- arming ---- */

/* J1. Two may come at once: whoever finds that the number has changed meanwhile does it again. */
static void update_watch(void)
{
	bool on;

	do {
		on = atomic_read(&armed) > 0;
		if (on)
			__atomic_fetch_or(&alloc_watch, WATCH_FAIL, __ATOMIC_SEQ_CST);
		else
			__atomic_fetch_and(&alloc_watch, ~WATCH_FAIL, __ATOMIC_SEQ_CST);
		page_alloc_watch();
	} while (on != (atomic_read(&armed) > 0));
}

void fault_arm(void)
{
	might_sleep();
	atomic_inc(&armed);
	update_watch();
	slab_watch();
}

void fault_disarm(void)
{
	int left = atomic_dec_return(&armed);

	ASSERT(left >= 0);
	if (left == 0)
		update_watch();
}

void fault_attr_update(struct fault_attr *a)
{
	unsigned int want = READ_ONCE(a->probability) != 0;

	if (__atomic_exchange_n(&a->armed, want, __ATOMIC_ACQ_REL) == want)
		return;
	if (want)
		fault_arm();
	else
		fault_disarm();
}

void fault_inject_exit(void)
{
	if (likely(!current->fail_armed))
		return;
	current->fail_armed = false;
	current->fail_nth = 0;
	fault_disarm();
}

bool fault_was_injected(void)
{
	bool hit = current->fail_hit;

	current->fail_hit = false;
	return hit;
}

/* ---- deciding ---- */

/* xorshift: the same seed= makes the same failures */
static unsigned int percent(void)
{
	static u64 state;
	u64 x = READ_ONCE(state);

	if (!x)
		x = boot_params.seed ? boot_params.seed : 0x9e3779b97f4a7c15ULL;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	WRITE_ONCE(state, x);
	return (unsigned int)(x >> 33) % 100;
}

static void failed(const struct fault_attr *a, const char *what, size_t size)
{
	const char *who = current->comm;

	current->fail_hit = true;
	if (a->verbose == 0)
		return;
	if (a->verbose == 1) {
		pr_log("%s: %s of %zu bytes refused to %s (%d)\n", a->name, what, size, who, current->tid);
		return;
	}
	printk("%s: %s of %zu bytes refused to %s (%d)\n", a->name, what, size, who, current->tid);
	print_backtrace(NULL);
}

/* fail-nth of the running task. J2, J3. */
enum nth { NTH_NONE, NTH_NOT_YET, NTH_NOW };

static enum nth nth_says(void)
{
	unsigned int n = READ_ONCE(current->fail_nth);

	if (!n)
		return NTH_NONE;
	WRITE_ONCE(current->fail_nth, n - 1);
	return n == 1 ? NTH_NOW : NTH_NOT_YET;
}

/* J4. One of the times that are left; false: none is. */
static bool take_one(struct fault_attr *a)
{
	long left = READ_ONCE(a->times), seen;

	while (left > 0) {
		seen = cmpxchg(&a->times, left, left - 1);
		if (seen == left)
			return true;
		left = seen;
	}
	return left < 0;
}

static bool attr_says(struct fault_attr *a, size_t size, gfp_t gfp)
{
	unsigned long interval = READ_ONCE(a->interval);	/* another may be written meanwhile, even 0 */

	if (!a->probability || !READ_ONCE(a->times))
		return false;
	if (a->task_filter && !current->make_it_fail)
		return false;
	if (a->ignore_gfp_wait && (gfp & __GFP_RECLAIM))
		return false;
	if (a->space > 0) {
		a->space -= (long)min(size, (size_t)a->space);
		return false;
	}
	if (interval > 1 && ++a->count % interval)
		return false;
	if (a->probability < 100 && a->probability <= percent())
		return false;
	return take_one(a);
}

/* J2 */
static bool is_exempt(gfp_t gfp)
{
	/* Quiet and not waiting: the caller can do without (SLAB's arrays), and no call would fail. */
	bool optional = (gfp & (__GFP_NOWARN | __GFP_RECLAIM | __GFP_HIGH)) == __GFP_NOWARN;

	return (gfp & __GFP_MEMALLOC) || optional || this_cpu()->irq_depth > 0;
}

bool fail_page(gfp_t gfp, unsigned int order)
{
	size_t size = PAGE_SIZE << order;
	enum nth nth;

	if (is_exempt(gfp))
		return false;
	nth = nth_says();
	if (nth == NTH_NOT_YET)
		return false;
	if (nth == NTH_NONE && (order < fail_page_alloc.min_order || !attr_says(&fail_page_alloc, size, gfp)))
		return false;
	failed(&fail_page_alloc, "a page block", size);
	return true;
}

bool fail_object(const char *cache, size_t size, gfp_t gfp)
{
	enum nth nth;

	if (is_exempt(gfp))
		return false;
	nth = nth_says();
	if (nth == NTH_NOT_YET)
		return false;
	if (nth == NTH_NONE && failslab.cache[0] && strcmp(failslab.cache, cache) != 0)
		return false;
	if (nth == NTH_NONE && !attr_says(&failslab, size, gfp))
		return false;
	failed(&failslab, cache, size);
	return true;
}

/* ---- boot ---- */

/* Cut the next number off *@s; false: there is none. */
static bool next_number(const char **s, long *v)
{
	char word[24];
	size_t n = 0;

	while ((*s)[n] && (*s)[n] != ',')
		n++;
	if (!n || n >= sizeof(word))
		return false;
	memcpy(word, *s, n);
	word[n] = '\0';
	*s += n + ((*s)[n] == ',');
	return kstrtol(word, 0, v) == 0;
}

bool fault_attr_parse(struct fault_attr *a, const char *text)
{
	long v[4];

	for (unsigned int i = 0; i < ARRAY_SIZE(v); i++)
		if (!next_number(&text, &v[i]))
			return false;
	if (*text || v[0] < 1 || v[1] < 0 || v[1] > 100 || v[2] < 0 || v[3] < -1)
		return false;
	a->interval = (unsigned long)v[0];
	a->probability = (unsigned long)v[1];
	a->space = v[2];
	a->times = v[3];
	return true;
}

static void boot_attr(struct fault_attr *a, const char *text)
{
	if (!text[0])
		return;
	if (!fault_attr_parse(a, text))
		printk("boot parameter: %s wants interval,percent,space,times: ignored\n", a->name);
	else
		fault_attr_update(a);
}

void fault_inject_init(void)
{
	boot_attr(&fail_page_alloc, boot_params.fail_page_alloc);
	boot_attr(&failslab, boot_params.failslab);
}
