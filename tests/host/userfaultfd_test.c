/* SPDX-License-Identifier: MIT */
/*
 * tests/host/userfaultfd_test.c - registered memory against a model: what is there, what is protected, who hears
 *
 * The descriptor has the SIGBUS feature, so a fault that its reader should resolve comes back as FAULT_SIGBUS
 * instead of waiting for a reader. Waiting is tested by tests/user/userfaultfd*_test.c.
 */
#include "lib_hooks.h"
#include "arch/host.h"
#include "mm_space.h"
#include <mm/rmap.h>
#include <mm/swapops.h>
#include <mm/userfaultfd.h>

#define PAGES	24U
#define FROM	(AT + 0x1000000UL)	/* the page that UFFDIO_COPY copies */
#define SHMEM	2			/* the first file without a disk */

struct model {
	struct mm_struct *mm;
	struct userfaultfd_ctx *ctx;
	unsigned long base;
	bool object;			/* shared memory of file SHMEM */
	bool there[PAGES], wp[PAGES];
	u64 word[PAGES], next;
};

static void model_begin(struct model *m, bool object)
{
	unsigned int features = UFFD_FEATURE_SIGBUS;

	*m = (struct model){ .mm = mm_alloc(), .object = object, .next = 1 };
	map_anon(m->mm, FROM, 1, RW, MAP_PRIVATE);
	m->base = object ? map_file(m->mm, SHMEM, 0, PAGES, RW, MAP_SHARED) :
			   map_anon(m->mm, AT, PAGES, RW, MAP_PRIVATE);
	m->ctx = userfaultfd_alloc(m->mm, 0);
	assert_non_null(m->ctx);
	assert_int_equal(userfaultfd_enable(m->ctx, features), 0);
	assert_int_equal(userfaultfd_enable(m->ctx, features), -EINVAL);
	assert_int_equal(userfaultfd_register(m->ctx, m->base, PAGES * PAGE_SIZE, VM_UFFD_MISSING | VM_UFFD_WP), 0);
}

static void model_end(struct model *m)
{
	userfaultfd_release(m->ctx);
	userfaultfd_put(m->ctx);
	for (unsigned int i = 0; i < PAGES; i++)
		expect_write(m->mm, m->base + i * PAGE_SIZE, i);
	end_space(m->mm);
}

/* Is the protection of page @i in the table? */
static bool wp_in_table(struct model *m, unsigned int i)
{
	pte_t pte = pte_at(m->mm, m->base + i * PAGE_SIZE);

	if (!pte_present(pte))
		return is_pte_marker(pte);
	assert_false(pte_uffd_wp(pte) && pte_write(pte));
	return pte_uffd_wp(pte);
}

static void model_check(struct model *m)
{
	mm_check(m->mm);
	for (unsigned int i = 0; i < PAGES; i++)
		assert_int_equal(wp_in_table(m, i), m->wp[i]);
	soft_tlb_check();
}

/* ---- steps ---- */

static void step_read(struct model *m, unsigned int i)
{
	u64 word = 0;

	assert_int_equal(soft_read(m->mm, m->base + i * PAGE_SIZE, &word), m->there[i] ? FAULT_OK : FAULT_SIGBUS);
	if (m->there[i])
		assert_int_equal(word, m->word[i]);
}

static void step_write(struct model *m, unsigned int i)
{
	bool ok = m->there[i] && !m->wp[i];

	assert_int_equal(soft_write(m->mm, m->base + i * PAGE_SIZE, m->next), ok ? FAULT_OK : FAULT_SIGBUS);
	if (ok)
		m->word[i] = m->next++;
}

static void step_fill(struct model *m, unsigned int i)
{
	bool zero = test_random(3) == 0, wp = !zero && test_random(2);
	struct uffd_fill_request rq = {
		.what = zero ? UFFD_ZERO : UFFD_COPY, .dst = m->base + i * PAGE_SIZE, .len = PAGE_SIZE,
		.src = (const char *)FROM, .wp = wp,
	};

	expect_write(m->mm, FROM, m->next);
	if (m->there[i]) {
		assert_int_equal(userfaultfd_fill(m->ctx, &rq), -EEXIST);
		return;
	}
	assert_int_equal(userfaultfd_fill(m->ctx, &rq), PAGE_SIZE);
	m->there[i] = true;
	m->wp[i] |= wp;
	m->word[i] = zero ? 0 : m->next++;
}

static void step_protect(struct model *m, unsigned int i, unsigned int n)
{
	bool on = test_random(2);

	assert_int_equal(userfaultfd_writeprotect(m->ctx, m->base + i * PAGE_SIZE, n * PAGE_SIZE, on), 0);
	for (; n; n--, i++)
		m->wp[i] = on && (m->object || m->there[i]);
}

static void step_drop(struct model *m, unsigned int i, unsigned int n)
{
	assert_int_equal(do_madvise(m->mm, m->base + i * PAGE_SIZE, n * PAGE_SIZE, MADV_DONTNEED), 0);
	for (; n && !m->object; n--, i++)
		m->there[i] = m->wp[i] = false;
}

static void step_mprotect(struct model *m, unsigned int i, unsigned int n)
{
	unsigned long a = m->base + i * PAGE_SIZE;

	assert_int_equal(do_mprotect(m->mm, a, n * PAGE_SIZE, test_random(2) ? PROT_READ : PROT_NONE), 0);
	assert_int_equal(soft_write(m->mm, a, 0), FAULT_SEGV_ACCERR);
	assert_int_equal(do_mprotect(m->mm, a, n * PAGE_SIZE, RW), 0);
}

static void step_migrate(struct model *m, unsigned int i)
{
	struct page *page = page_at(m->mm, m->base + i * PAGE_SIZE), *new;

	if (!page || !PageAnon(page))
		return;
	new = alloc_page(GFP_USER);
	get_page(page);
	assert_int_equal(migrate_page(page, new), 0);
	put_page(new);
}

/* The child sees what is there, and nothing else of it: its memory is not registered. */
static void step_fork(struct model *m, unsigned int i)
{
	unsigned long a = m->base + i * PAGE_SIZE;
	struct mm_struct *child = dup_mm(m->mm);

	assert_non_null(child);
	if (!m->object) {
		expect_word(child, a, m->there[i] ? m->word[i] : 0);
		expect_write(child, a, 4711);
	} else if (m->there[i]) {
		expect_write(child, a, m->next);
		m->word[i] = m->next++;
	}
	end_space(child);
}

/* Registered anew: what was protected is not any more. */
static void step_register(struct model *m, unsigned int i, unsigned int n)
{
	unsigned long a = m->base + i * PAGE_SIZE;

	assert_int_equal(userfaultfd_unregister(m->ctx, a, n * PAGE_SIZE), 0);
	for (unsigned int k = i; k < i + n; k++)
		m->wp[k] = false;
	model_check(m);
	assert_int_equal(userfaultfd_register(m->ctx, a, n * PAGE_SIZE, VM_UFFD_MISSING | VM_UFFD_WP), 0);
}

static void model_step(struct model *m)
{
	unsigned int i = (unsigned int)test_random(PAGES), n = 1 + (unsigned int)test_random(PAGES - i);

	switch (test_random(12)) {
	case 0: case 1:
		step_read(m, i);
		break;
	case 2: case 3: case 4:
		step_write(m, i);
		break;
	case 5: case 6:
		step_fill(m, i);
		break;
	case 7:
		step_protect(m, i, n);
		break;
	case 8:
		step_drop(m, i, test_random(2) ? 1 : n);
		break;
	case 9:
		step_mprotect(m, i, n);
		break;
	case 10:
		step_migrate(m, i);
		break;
	default:
		if (test_random(2))
			step_fork(m, i);
		else
			step_register(m, i, n);
	}
	model_check(m);
	if (m->mm->map_count > 2 && m->object)
		panic("registered alike, but %d VMAs", m->mm->map_count);
}

static void run_model(bool object)
{
	unsigned long steps = (unsigned long)test_steps(8000);
	struct model m;

	test_seed();
	model_begin(&m, object);
	while (steps--)
		model_step(&m);
	model_end(&m);
}

static void random_steps_on_anonymous_memory_agree_with_a_model(void **state)
{
	run_model(false);
}

static void random_steps_on_shared_memory_agree_with_a_model(void **state)
{
	run_model(true);
}

/* ---- single claims ---- */

static void protection_moves_with_a_page_to_another_frame(void **state)
{
	struct uffd_fill_request rq = { .what = UFFD_COPY, .len = PAGE_SIZE, .src = (const char *)FROM, .wp = true };
	struct model m;
	struct page *old;

	model_begin(&m, false);
	expect_write(m.mm, FROM, 5);
	rq.dst = m.base;
	assert_int_equal(userfaultfd_fill(m.ctx, &rq), PAGE_SIZE);
	m.there[0] = m.wp[0] = true;
	m.word[0] = 5;
	old = page_at(m.mm, m.base);
	assert_true(PageAnon(old));
	step_migrate(&m, 0);
	assert_ptr_not_equal(page_at(m.mm, m.base), old);
	step_write(&m, 0);
	step_read(&m, 0);
	model_check(&m);
	model_end(&m);
}

static void moved_memory_forgets_its_protection(void **state)
{
	struct model m;
	long to;

	model_begin(&m, false);
	step_fill(&m, 3);
	assert_int_equal(userfaultfd_writeprotect(m.ctx, m.base, PAGES * PAGE_SIZE, true), 0);
	to = do_mremap(m.mm, m.base, PAGES * PAGE_SIZE, PAGES * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, AT * 2);
	assert_int_equal(to, AT * 2);
	m.base = (unsigned long)to;
	m.wp[3] = false;
	model_check(&m);
	assert_int_equal(userfaultfd_writeprotect(m.ctx, m.base, PAGE_SIZE, true), -ENOENT);
	model_end(&m);
}

/* ---- E3 of userfaultfd_event.c: nobody frees a fork's event that a reader has ---- */

static struct {
	struct userfaultfd_ctx *ctx, *child;
	struct uffd_event *fork;
	unsigned int sleeps;
} race;

/* CPU 1 had the lock, and lets go of it only now: with the event. */
static void read_of_the_fork(void)
{
	struct uffd_msg msg;

	host_relax_hook = NULL;
	__atomic_store_n(&race.ctx->lock.locked, 0, __ATOMIC_RELEASE);
	host_run_on(1);
	assert_true(userfaultfd_next_msg(race.ctx, &msg, &race.fork));
	assert_non_null(race.fork);
	host_run_on(0);
}

/* The forker sleeps: first until it is killed, when CPU 1 just takes the lock; then until CPU 1 is done. */
static int sleep_of_the_forker(void)
{
	if (!race.sleeps++) {
		assert_true(spin_try(&race.ctx->lock));
		host_relax_hook = read_of_the_fork;
		return -EINTR;
	}
	assert_non_null(race.fork);
	host_run_on(1);
	race.child = race.fork->child;
	userfaultfd_fork_read(race.fork, true);
	host_run_on(0);
	return 0;
}

static void killed_forker_leaves_its_event_to_the_reader_who_has_it(void **state)
{
	struct mm_struct *mm = mm_alloc(), *child;

	map_anon(mm, AT, 1, RW, MAP_PRIVATE);
	memset(&race, 0, sizeof(race));
	race.ctx = userfaultfd_alloc(mm, 0);
	assert_int_equal(userfaultfd_enable(race.ctx, UFFD_FEATURE_EVENT_FORK), 0);
	assert_int_equal(userfaultfd_register(race.ctx, AT, PAGE_SIZE, VM_UFFD_MISSING), 0);
	host_sleep_hook = sleep_of_the_forker;
	child = dup_mm(mm);
	host_sleep_hook = NULL;
	assert_int_equal(race.sleeps, 2);
	assert_ptr_equal(find_vma(child, AT)->uffd_ctx, race.child);
	userfaultfd_release(race.child);
	userfaultfd_put(race.child);
	end_space(child);
	userfaultfd_release(race.ctx);
	userfaultfd_put(race.ctx);
	end_space(mm);
}

/* ---- P3 of userfaultfd_fill.c: flushed before the table is unlocked ---- */

static struct mm_struct *hook_mm;
static unsigned int flushed_pages;

static void expect_table_locked(unsigned long start, unsigned long end)
{
	pmd_t *pmd = pmd_lookup(hook_mm->pgd, start);

	assert_true(pmd && pmd == pmd_lookup(hook_mm->pgd, end - 1));
	assert_true(spin_is_locked(pte_lockptr(pmd)));
	flushed_pages += (unsigned int)((end - start) >> PAGE_SHIFT);
}

/* Half of the pages are in one table, half in the next. */
static void protection_is_flushed_before_anybody_sees_it(void **state)
{
	unsigned long at = AT - PAGES / 2 * PAGE_SIZE;

	for (int object = 0; object < 2; object++) {
		struct userfaultfd_ctx *ctx;

		hook_mm = mm_alloc();
		if (object)
			at = map_file(hook_mm, SHMEM, 0, PAGES, RW, MAP_SHARED);
		else
			assert_int_equal(map_anon(hook_mm, at, PAGES, RW, MAP_PRIVATE), at);
		ctx = userfaultfd_alloc(hook_mm, 0);
		assert_int_equal(userfaultfd_enable(ctx, 0), 0);
		assert_int_equal(userfaultfd_register(ctx, at, PAGES * PAGE_SIZE, VM_UFFD_WP), 0);
		for (unsigned int i = 0; i < PAGES; i++)
			expect_write(hook_mm, at + i * PAGE_SIZE, i);
		flushed_pages = 0;
		soft_flush_hook = expect_table_locked;
		assert_int_equal(userfaultfd_writeprotect(ctx, at, PAGES * PAGE_SIZE, true), 0);
		assert_int_equal(flushed_pages, PAGES);
		assert_int_equal(userfaultfd_writeprotect(ctx, at, PAGES * PAGE_SIZE, true), 0);
		assert_int_equal(flushed_pages, PAGES);		/* nothing lost W */
		soft_flush_hook = NULL;
		soft_tlb_check();
		userfaultfd_release(ctx);
		userfaultfd_put(ctx);
		end_space(hook_mm);
	}
}

/* Filling gets -ENOMEM wherever memory ends, and then nothing is there. */
static void no_memory_while_filling_leaves_the_page_missing(void **state)
{
	for (int object = 0; object < 2; object++) {
		struct uffd_fill_request rq = { .what = UFFD_COPY, .len = PAGE_SIZE, .src = (const char *)FROM };
		struct model m;
		long r = -ENOMEM;

		model_begin(&m, object);
		expect_write(m.mm, FROM, 9);
		rq.dst = m.base;
		for (long n = 0; r == -ENOMEM; n++) {
			step_read(&m, 0);
			host_fail_after(n);
			r = userfaultfd_fill(m.ctx, &rq);
			host_fail_after(-1);
		}
		assert_int_equal(r, PAGE_SIZE);
		expect_word(m.mm, m.base, 9);
		model_end(&m);
	}
}

/* No table for the address exists yet: also where memory for that ends, the object must not keep the page. */
static void no_memory_while_filling_leaves_the_object_without_the_page(void **state)
{
	struct uffd_fill_request rq = { .what = UFFD_COPY, .len = PAGE_SIZE, .src = (const char *)FROM };
	long r = -ENOMEM;

	for (long n = 0; r == -ENOMEM; n++) {
		struct model m;

		model_begin(&m, true);
		expect_write(m.mm, FROM, 9);
		rq.dst = m.base;
		host_fail_after(n);
		r = userfaultfd_fill(m.ctx, &rq);
		host_fail_after(-1);
		if (r == -ENOMEM) {
			assert_int_equal(objects[SHMEM].as.nrpages, 0);
			assert_int_equal(userfaultfd_fill(m.ctx, &rq), PAGE_SIZE);
		}
		expect_word(m.mm, m.base, 9);
		model_end(&m);
		object_truncate(SHMEM, 0);
		object_truncate(SHMEM, OBJECT_PAGES);
	}
	assert_int_equal(r, PAGE_SIZE);
}

/* Registering the middle of a VMA splits it twice, or, without memory for that, not at all. */
static void no_memory_while_registering_the_middle_leaves_one_vma(void **state)
{
	struct model m;
	long n, maps;
	int r = -ENOMEM;

	model_begin(&m, false);
	assert_int_equal(userfaultfd_unregister(m.ctx, m.base, PAGES * PAGE_SIZE), 0);
	maps = m.mm->map_count;
	for (n = 0; r == -ENOMEM; n++) {
		host_fail_after(n);
		r = userfaultfd_register(m.ctx, m.base + PAGE_SIZE, PAGE_SIZE, VM_UFFD_MISSING);
		host_fail_after(-1);
		mm_check(m.mm);
		assert_int_equal(m.mm->map_count, r ? maps : maps + 2);
	}
	assert_int_equal(r, 0);
	assert_true(n > 2);
	model_end(&m);
}

static void a_file_cut_short_takes_its_pages_but_not_their_protection(void **state)
{
	struct uffd_fill_request rq = { .what = UFFD_ZERO, .len = PAGE_SIZE };
	struct model m;

	model_begin(&m, true);
	rq.dst = m.base + 5 * PAGE_SIZE;
	assert_int_equal(userfaultfd_fill(m.ctx, &rq), PAGE_SIZE);
	m.there[5] = true;
	assert_int_equal(userfaultfd_writeprotect(m.ctx, m.base, PAGES * PAGE_SIZE, true), 0);
	object_truncate(SHMEM, 5);
	assert_int_equal(userfaultfd_fill(m.ctx, &rq), -EFAULT);
	rq.what = UFFD_CONTINUE;
	assert_int_equal(userfaultfd_fill(m.ctx, &rq), -EINVAL);
	object_truncate(SHMEM, OBJECT_PAGES);
	m.there[5] = false;
	for (unsigned int i = 0; i < PAGES; i++)
		m.wp[i] = true;
	model_check(&m);
	step_read(&m, 5);
	assert_int_equal(userfaultfd_fill(m.ctx, &rq), -EFAULT);
	model_end(&m);
}

/* Its filler, or who moves it to another frame, has it locked: it is not missing, and will be there soon. */
static void a_page_that_arrives_in_the_object_is_waited_for(void **state)
{
	struct page *page = alloc_page(GFP_HIGHUSER | __GFP_ZERO);
	struct fault f = { .address = 0 };
	struct model m;

	model_begin(&m, true);
	f.mm = m.mm;
	f.vma = find_vma(m.mm, m.base);
	assert_non_null(page);
	assert_int_equal(userfaultfd_missing(&f), FAULT_UFFD_MISSING);
	assert_int_equal(add_to_page_cache(f.vma->mapping, page, 0), 0);
	assert_int_equal(userfaultfd_missing(&f), FAULT_WAIT);
	assert_ptr_equal(f.page, page);
	SetPageUptodate(page);
	unlock_page(page);
	put_page(f.page);
	assert_int_equal(userfaultfd_missing(&f), FAULT_OK);
	put_page(page);
	m.there[0] = true;
	step_read(&m, 0);
	model_end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPACE_TEST(random_steps_on_anonymous_memory_agree_with_a_model),
		SPACE_TEST(random_steps_on_shared_memory_agree_with_a_model),
		SPACE_TEST(protection_moves_with_a_page_to_another_frame),
		SPACE_TEST(moved_memory_forgets_its_protection),
		SPACE_TEST(killed_forker_leaves_its_event_to_the_reader_who_has_it),
		SPACE_TEST(protection_is_flushed_before_anybody_sees_it),
		SPACE_TEST(no_memory_while_filling_leaves_the_page_missing),
		SPACE_TEST(no_memory_while_filling_leaves_the_object_without_the_page),
		SPACE_TEST(no_memory_while_registering_the_middle_leaves_one_vma),
		SPACE_TEST(a_file_cut_short_takes_its_pages_but_not_their_protection),
		SPACE_TEST(a_page_that_arrives_in_the_object_is_waited_for),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
