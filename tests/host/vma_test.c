/* SPDX-License-Identifier: MIT */
/*
 * tests/host/vma_test.c - address spaces against a model of what Linux does (vma_model.h, vma_linux.h)
 *
 * Steps are calls, good and bad, with and without a limit that is nearly reached, forks, and accesses on
 * random CPUs. Each call's result is compared with the model's; after it all VMAs with their flags, offsets
 * and anon_vmas, all present pages with their contents and the counters, mm_check() runs, and no CPU may
 * hold a translation that its table does not give. STEPS beyond the quick number compare the whole only now
 * and then (SLOW=1: always).
 */
#include "lib_hooks.h"
#include "arch/host.h"
#include "mm_space.h"
#include <kernel/percpu.h>
#include <limits.h>
#include <mm/lazyfree.h>
#include <mm/mempolicy.h>
#include <mm/page_alloc.h>
#include <mm/page_cache.h>
#include <uapi/errno.h>
#include <uapi/mman.h>
#include "vma_model.h"
#include "vma_compare.h"
#include "vma_calls.h"
#include "vma_remap.h"
#include "vma_advice.h"
#include "vma_bad.h"

/* ---- steps: accesses ------------------------------------------------------------------------- */

static void step_access(struct mspace *s, unsigned int i)
{
	enum soft_access a = (enum soft_access)test_random(3);
	enum fault_result expected = m_access(s, i, a);
	const struct mvma *v = m_at(s, i);
	char *kva;
	u64 word;

	assert_int_equal(soft_touch(s->mm, addr_of(i), a, (void **)&kva), expected);
	if (expected != FAULT_OK)
		return;
	word = model_value(s, v, i);
	assert_int_equal(*(u64 *)kva, word);
	assert_int_equal(*(u64 *)(kva + LAST_WORD), word);
	if (a != SOFT_WRITE)
		return;
	word = next_value++;
	memcpy(kva, &word, sizeof(word));
	memcpy(kva + LAST_WORD, &word, sizeof(word));
	if (v->flags & VM_SHARED)
		contents[v->object][object_page(v, i)] = word;
	else
		s->page[i] = (struct mpage){ .anon = true, .value = word };
}

static void step_accesses(struct mspace *s, unsigned int first, unsigned int n)
{
	for (unsigned int i = first; i < first + n; i++)
		step_access(s, i);
}

/* Memory is needed: of anonymous pages only those of MADV_FREE may go, and all go that nobody wrote since. */
static void step_shrink(struct mspace *s, unsigned int first, unsigned int n)
{
	(void)first;
	(void)n;
	lazyfree_shrink(~0U, ~0U, ~0UL);
	assert_int_equal(lazyfree_pages(), 0);
	for (s = spaces; s < spaces + MMS; s++)
		for (unsigned int i = 0; s->mm && i < WINDOW; i++)
			if (s->page[i].lazy && pte_none(pte_at(s->mm, addr_of(i))))
				s->page[i] = (struct mpage){ 0 };
}

/* Other frames, same contents: what maps the page here and in the relatives goes along. */
static void step_migrate(struct mspace *s, unsigned int first, unsigned int n)
{
	for (unsigned int i = first; i < first + n; i++) {
		struct page *page = page_at(s->mm, addr_of(i)), *new;
		int maps;

		if (!page || !PageAnon(page))
			continue;
		maps = page_mapcount(page);
		new = alloc_page(GFP_USER);
		get_page(page);
		assert_int_equal(migrate_page(page, new), 0);
		assert_ptr_equal(page_at(s->mm, addr_of(i)), new);
		assert_int_equal(page_mapcount(new), maps);
		put_page(new);
	}
}

/* ---- steps: life and death -------------------------------------------------------------------- */

static void leave_everywhere(struct mm_struct *mm)
{
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++) {
		host_run_on(cpu);
		if (current->mm == mm)
			use_mm(NULL);		/* the tables stay loaded: lazy */
	}
}

static void space_exit(struct mspace *s)
{
	leave_everywhere(s->mm);
	mmput(s->mm);
	m_exit(s);
	s->mm = NULL;
}

/* The copy has no links yet that anybody counted. */
static void m_fork(struct mspace *child)
{
	for (unsigned int i = 0; i < child->count; i++) {
		struct mvma *v = &child->vma[i];

		v->flags &= ~LOCKED;
		if (v->flags & (VM_DONTCOPY | VM_WIPEONFORK)) {
			memset(&child->page[v->start], 0, (v->end - v->start) * sizeof(child->page[0]));
			v->links = 0;
			v->av = NULL;
		}
		if (v->flags & VM_DONTCOPY)
			memmove(v, v + 1, (--child->count - i--) * sizeof(*v));
		else
			mav_fork(v);
	}
}

static void space_fork(struct mspace *s)
{
	struct mspace *child = &spaces[random_below(MMS)];

	if (child == s)
		return;
	if (child->mm)
		space_exit(child);
	*child = *s;
	m_fork(child);
	child->mm = dup_mm(s->mm);
	assert_non_null(child->mm);
	compare(child);
}

/* The special mapping at @addr, outside the window, keeps it apart from what lies beyond. */
static void guard(struct mm_struct *mm, unsigned long addr)
{
	static const struct vm_ops no_ops;

	assert_int_equal(install_special_mapping(mm, addr, PAGE_SIZE, VM_MAYREAD, &no_ops, NULL), 0);
}

static void space_new(struct mspace *s)
{
	memset(s, 0, sizeof(*s));
	s->mm = mm_alloc();
	assert_non_null(s->mm);
	guard(s->mm, base - PAGE_SIZE);
	guard(s->mm, addr_of(WINDOW));
	s->mm->mmap_base = addr_of(WINDOW);
	s->brk_start = s->brk = WINDOW / 2 - 8;
	s->mm->start_brk = s->mm->brk = addr_of(s->brk);
}

static void step_fork(struct mspace *s, unsigned int first, unsigned int n)
{
	unsigned int others = 0;

	for (unsigned int i = 0; i < MMS; i++)
		others += spaces[i].mm && &spaces[i] != s;
	if (others && test_random(4) == 0)
		space_exit(s);
	else
		space_fork(s);
}

/* Private copies of what is cut off go too. */
static void m_truncate(struct mspace *s, int file, unsigned int pages)
{
	for (unsigned int i = 0; i < WINDOW; i++) {
		const struct mvma *v = m_at(s, i);

		if (v && v->object == file && object_page(v, i) >= pages)
			s->page[i] = (struct mpage){ 0 };
	}
}

static void step_truncate(struct mspace *s, unsigned int first, unsigned int n)
{
	unsigned int file = random_below(NR_FILES), pages = random_below(OBJECT_PAGES + 1);

	object_truncate(file, pages);
	for (unsigned int i = pages; i < OBJECT_PAGES; i++)
		contents[file][i] = 0;
	for (unsigned int k = 0; k < MMS; k++)
		if (spaces[k].mm)
			m_truncate(&spaces[k], (int)file, pages);
	size_of[file] = pages;
}

/* ---- the random test ------------------------------------------------------------------------- */

static const struct { void (*fn)(struct mspace *, unsigned int, unsigned int); unsigned int weight; }
step_kinds[] = {
	{ step_mmap, 20 }, { step_munmap, 8 }, { step_mprotect, 15 }, { step_mremap, 12 },
	{ step_madvise, 15 }, { step_mlock, 4 }, { step_mlockall, 1 }, { step_level, 15 }, { step_brk, 6 },
	{ step_accesses, 40 }, { step_fork, 3 }, { step_truncate, 2 }, { step_migrate, 3 }, { step_shrink, 3 },
	{ step_bad, 10 },
};

/* Half of all ranges begin where a VMA begins or ends, and half of these end so, too; a few below the heap. */
static unsigned int random_range(const struct mspace *s, unsigned int *n)
{
	const struct mvma *v = s->count ? &s->vma[random_below(s->count)] : NULL;
	unsigned int first;

	*n = 1 + random_below(MAX_LEN);
	if (test_random(32) == 0)
		return s->brk_start - *n;
	if (!v || test_random(2))
		return random_below(WINDOW - *n);
	first = test_random(2) ? v->start : v->end;
	if (test_random(2)) {
		v = &s->vma[m_first(s, first)];
		if (v < s->vma + s->count)
			*n = (v->start > first ? v->start : v->end) - first;
	}
	*n = clamp(*n, 1U, MAX_LEN);
	return first + *n <= WINDOW ? first : WINDOW - *n;
}

static void any_step(struct mspace *s)
{
	unsigned int total = 0, pick, k = 0, first, n;

	for (unsigned int i = 0; i < ARRAY_SIZE(step_kinds); i++)
		total += step_kinds[i].weight;
	for (pick = random_below(total); pick >= step_kinds[k].weight; k++)
		pick -= step_kinds[k].weight;
	first = random_range(s, &n);
	step_kinds[k].fn(s, first, n);
}

/* One limit is close, now and then. */
static void near_a_limit(struct mspace *s)
{
	unsigned int left = random_below(8);

	switch (random_below(64)) {
	case 0:
	case 1:
		sysctl_max_map_count = m_maps(s) + (int)left - 2;
		break;
	case 2:
		host_limits.as = (m_total(s) + 2 * left) * PAGE_SIZE;
		break;
	case 3:
		host_limits.data = (m_data(s) + left) * PAGE_SIZE;
		break;
	case 4:
		host_limits.memlock = (m_locked(s) + left) * PAGE_SIZE;
		break;
	default:
		break;
	}
}

static void no_limits(void)
{
	sysctl_max_map_count = INT_MAX;
	host_no_limits();
}

static void random_step(unsigned long step)
{
	struct mspace *s;

	do {
		s = &spaces[random_below(MMS)];
	} while (!s->mm);
	host_run_on(random_below(HOST_CPUS));
	near_a_limit(s);
	any_step(s);
	no_limits();
	if (!test_look(step, 64))
		return;
	for (unsigned int k = 0; k < MMS; k++)
		if (spaces[k].mm && (&spaces[k] == s || step % 16 == 15))
			compare(&spaces[k]);
	compare_promises();
	soft_tlb_check();
}

static void random_calls_forks_and_accesses_agree_with_the_model(void **state)
{
	unsigned long steps = test_steps(20000), start;
	long tables = vm_state_sum(nr_page_table_pages);
	int max_map_count = sysctl_max_map_count;

	test_seed();
	base = PGDIR_SIZE - WINDOW / 2 * PAGE_SIZE;
	start = host_free_pages();
	objects_create();
	for (unsigned int f = 0; f < NR_FILES; f++) {
		size_of[f] = OBJECT_PAGES;
		real_object[f] = &objects[f];
		for (unsigned int i = 0; i < OBJECT_PAGES; i++)
			contents[f][i] = object_word(f, i);
	}
	space_new(&spaces[0]);
	no_limits();
	for (unsigned long i = 0; i < steps; i++)
		random_step(i);
	for (unsigned int k = 0; k < MMS; k++)
		if (spaces[k].mm)
			space_exit(&spaces[k]);
	objects_destroy();
	sysctl_max_map_count = max_map_count;
	for (unsigned int e = pgfault; e <= pgfault_oom; e++)
		printf("# %s %lu\n", vm_event_name(e), vm_event_sum(e));
	assert_int_equal(host_free_pages(), start);
	assert_int_equal(vm_state_sum(nr_page_table_pages), tables);
	assert_int_equal(vm_state_sum(nr_anon_pages), 0);
	assert_int_equal(vm_state_sum(nr_mapped), 0);
	buddy_check();
}

/* ---- without a model --------------------------------------------------------------------------- */

/* What lands outside of the window is removed at once: nothing would ever unmap it. */
static void blind_mremap(struct mm_struct *mm, unsigned long addr, size_t len, size_t new_len,
			 unsigned long flags, unsigned long to)
{
	long ret = do_mremap(mm, addr, len, new_len, MREMAP_MAYMOVE | flags, to);

	if (ret > 0 && ((unsigned long)ret < base || (unsigned long)ret >= addr_of(WINDOW)))
		do_munmap(mm, (unsigned long)ret, new_len);
}

/* One random call; results do not matter, only that nothing breaks or is lost. */
static void blind_call(struct mm_struct *mm, unsigned int first, unsigned int n)
{
	unsigned long a = addr_of(first), len = n * PAGE_SIZE, to = addr_of(random_below(WINDOW));
	struct mmap_request rq = {
		.addr = a, .len = len, .prot = random_prot(),
		.flags = MAP_FIXED | (test_random(2) ? MAP_SHARED : MAP_PRIVATE),
	};

	switch (random_below(8)) {
	case 0:
		object_request(random_below(NR_FILES), &rq);
		do_mmap(mm, &rq);
		break;
	case 1:
		rq.flags |= MAP_ANONYMOUS | (test_random(2) ? MAP_POPULATE : 0);
		do_mmap(mm, &rq);
		break;
	case 2:
		do_munmap(mm, a, len);
		break;
	case 3:
		do_mprotect(mm, a, len, random_prot());
		break;
	case 4:
		blind_mremap(mm, a, test_random(8) ? len : 0, (1 + test_random(MAX_LEN)) * PAGE_SIZE,
			     test_random(2) ? MREMAP_FIXED : 0, to);
		break;
	case 5:
		blind_mremap(mm, a, len, len, MREMAP_DONTUNMAP, test_random(2) ? to : 0);
		break;
	case 6:
		do_mlock(mm, a, len, test_random(2) ? VM_LOCKED : 0, ~0UL);
		break;
	default:
		do_madvise(mm, a, len, test_random(2) ? MADV_WIPEONFORK : MADV_POPULATE_WRITE);
	}
}

static void blind_touches(struct mm_struct *mm, unsigned int first, unsigned int n)
{
	for (unsigned int i = first; i < first + n; i++)
		soft_touch(mm, addr_of(i), (enum soft_access)test_random(3), NULL);
}

static void blind_fork(struct mm_struct **child, struct mm_struct *mm)
{
	if (*child) {
		leave_everywhere(*child);
		mmput(*child);
	}
	*child = dup_mm(mm);
}

static void calls_that_run_out_of_memory_leak_and_break_nothing(void **state)
{
	unsigned long steps = test_steps(15000), start = host_free_pages();
	struct mm_struct *mm = mm_alloc(), *child = NULL;

	test_seed();
	base = PGDIR_SIZE - WINDOW / 2 * PAGE_SIZE;
	objects_create();
	for (unsigned long i = 0; i < steps; i++) {
		unsigned int n = 1 + random_below(MAX_LEN), first = random_below(WINDOW - n);

		host_run_on(random_below(HOST_CPUS));
		host_fail_after((long)test_random(12));
		if (test_random(2))
			blind_call(mm, first, n);
		else if (test_random(8))
			blind_touches(child && test_random(2) ? child : mm, first, n);
		else
			blind_fork(&child, mm);
		host_fail_after(-1);
		mm_check(mm);
		soft_tlb_check();
	}
	for (unsigned int k = 0; k < 2; k++) {
		struct mm_struct *last = k ? mm : child;

		if (last) {
			leave_everywhere(last);
			mmput(last);
		}
	}
	objects_destroy();
	assert_int_equal(host_free_pages(), start);
	assert_int_equal(vm_committed(), 0);
	buddy_check();
}

/* ---- calls with a meaning of their own ----------------------------------------------------------- */

static void a_dontunmap_move_leaves_an_empty_mapping_behind(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 4, RW, MAP_PRIVATE), len = 4 * PAGE_SIZE;
	long to;

	expect_write(mm, a + PAGE_SIZE, 7);
	to = do_mremap(mm, a, len, len, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
	assert_true(to > 0 && (unsigned long)to != a);
	expect_word(mm, a + PAGE_SIZE, 0);
	expect_word(mm, (unsigned long)to + PAGE_SIZE, 7);
	end_space(mm);
}

static void a_move_of_length_zero_maps_shared_memory_again(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 2, RW, MAP_SHARED);
	long to = do_mremap(mm, a, 0, 2 * PAGE_SIZE, MREMAP_MAYMOVE, 0);

	assert_true(to > 0);
	expect_write(mm, a + PAGE_SIZE, 9);
	expect_word(mm, (unsigned long)to + PAGE_SIZE, 9);
	a = map_anon(mm, AT + 0x10000, 1, RW, MAP_PRIVATE);
	assert_int_equal(do_mremap(mm, a, 0, PAGE_SIZE, MREMAP_MAYMOVE, 0), -EINVAL);
	end_space(mm);
}

static void a_full_map_still_moves_borders_and_gives_up_ends(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 8, RW, MAP_PRIVATE);
	int max = sysctl_max_map_count;

	expect_write(mm, a + 3 * PAGE_SIZE, 7);
	assert_int_equal(do_mprotect(mm, a, 2 * PAGE_SIZE, PROT_READ), 0);
	sysctl_max_map_count = mm->map_count;
	assert_int_equal(do_mprotect(mm, a + 2 * PAGE_SIZE, 2 * PAGE_SIZE, PROT_READ), 0);
	assert_int_equal(mm->map_count, 2);
	expect_word(mm, a + 3 * PAGE_SIZE, 7);
	assert_int_equal(soft_write(mm, a + 3 * PAGE_SIZE, 8), FAULT_SEGV_ACCERR);
	assert_int_equal(do_mprotect(mm, a + 5 * PAGE_SIZE, PAGE_SIZE, PROT_READ), -ENOMEM);
	assert_int_equal(do_munmap(mm, a + 5 * PAGE_SIZE, PAGE_SIZE), -ENOMEM);
	assert_int_equal(do_munmap(mm, a + 7 * PAGE_SIZE, PAGE_SIZE), 0);
	assert_int_equal(do_munmap(mm, a + 4 * PAGE_SIZE, PAGE_SIZE), 0);
	sysctl_max_map_count = max;
	end_space(mm);
}

/* The middle of a VMA cannot be split off: it stays one, whatever it is, and nobody looks at what is gone. */
static void bind_middle(struct mm_struct *mm, unsigned long a, int *err)
{
	static const struct mempolicy wish = { .mode = MPOL_BIND, .nodes = 1, .asked = 1 };

	*err = do_mbind(mm, a + PAGE_SIZE, PAGE_SIZE, &wish, 0);
}

static void advise_middle(struct mm_struct *mm, unsigned long a, int *err)
{
	*err = do_madvise(mm, a + PAGE_SIZE, PAGE_SIZE, MADV_DONTFORK);
}

static void unmap_middle(struct mm_struct *mm, unsigned long a, int *err)
{
	*err = do_munmap(mm, a + PAGE_SIZE, PAGE_SIZE);
}

static void split_without_memory(unsigned long set, void (*call)(struct mm_struct *, unsigned long, int *))
{
	struct mmap_request rq = { .len = 3 * PAGE_SIZE, .prot = RW, .flags = MAP_SHARED, .vm_flags_set = set };
	struct mm_struct *mm = mm_alloc();
	unsigned int failed = 0;
	int err = -1;
	long a;

	object_request(0, &rq);
	a = do_mmap(mm, &rq);
	assert_true(a > 0);
	for (long n = 0; err; n++) {
		host_fail_after(n);
		call(mm, (unsigned long)a, &err);
		host_fail_after(-1);
		mm_check(mm);
		failed += err != 0;
		if (err)
			assert_int_equal(mm->map_count, 1);
	}
	assert_true(failed >= 2);
	end_space(mm);
}

static void a_vma_that_cannot_be_split_twice_stays_one(void **state)
{
	static const unsigned long sets[] = { 0, VM_DONTEXPAND };

	for (unsigned int i = 0; i < ARRAY_SIZE(sets); i++) {
		split_without_memory(sets[i], bind_middle);
		split_without_memory(sets[i], advise_middle);
		split_without_memory(sets[i], unmap_middle);
	}
}

static void a_border_that_cannot_move_stays_where_it_is(void **state)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long a = map_anon(mm, AT, 4, PROT_READ, MAP_PRIVATE);
	struct vm_area_struct *low, *high;

	map_anon(mm, AT + 4 * PAGE_SIZE, 4, RW, MAP_PRIVATE);
	assert_int_equal(do_mprotect(mm, a, 4 * PAGE_SIZE, RW | PROT_EXEC), 0);
	expect_write(mm, AT + 4 * PAGE_SIZE, 7);
	host_fail_after(0);
	assert_int_equal(do_mprotect(mm, AT + 4 * PAGE_SIZE, PAGE_SIZE, RW | PROT_EXEC), -ENOMEM);
	host_fail_after(-1);
	low = find_vma(mm, a);
	high = find_vma(mm, AT + 4 * PAGE_SIZE);
	assert_int_equal(vma_pages(low), 4);
	assert_int_equal(vma_pages(high), 4);
	assert_null(low->anon_vma);
	mm_check(mm);
	end_space(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_calls_forks_and_accesses_agree_with_the_model),
		cmocka_unit_test(calls_that_run_out_of_memory_leak_and_break_nothing),
		SPACE_TEST(a_dontunmap_move_leaves_an_empty_mapping_behind),
		SPACE_TEST(a_move_of_length_zero_maps_shared_memory_again),
		SPACE_TEST(a_full_map_still_moves_borders_and_gives_up_ends),
		SPACE_TEST(a_vma_that_cannot_be_split_twice_stays_one),
		SPACE_TEST(a_border_that_cannot_move_stays_where_it_is),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
