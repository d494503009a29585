/* SPDX-License-Identifier: MIT */
/*
 * tests/host/vma_test.c - address spaces against an array of pages (vma_model.h)
 *
 * After every step permissions are compared page by page, mm_check() runs, and no CPU may hold a
 * translation that its table does not give. Steps are calls, forks, and accesses on random CPUs.
 */
#include "lib_hooks.h"
#include "arch/host.h"
#include "mm_space.h"
#include <kernel/percpu.h>
#include <mm/page_alloc.h>
#include <mm/page_cache.h>
#include <uapi/errno.h>
#include <uapi/mman.h>
#include "vma_model.h"

/* ---- steps: the calls ------------------------------------------------------------------------ */

static void model_map(struct mspace *s, unsigned int first, unsigned int n, struct mpage proto)
{
	for (unsigned int i = 0; i < n; i++, proto.index++)
		s->page[first + i] = proto;
}

static void step_mmap(struct mspace *s, unsigned int first, unsigned int n)
{
	struct mpage p = { .mapped = true, .prot = random_prot(), .shared = test_random(3) == 0 };
	bool fixed = test_random(4), noreplace = fixed && test_random(4) == 0;
	struct mmap_request rq = {
		.addr = fixed ? addr_of(first) : 0, .len = n * PAGE_SIZE - test_random(PAGE_SIZE),
		.prot = p.prot, .flags = p.shared ? MAP_SHARED : MAP_PRIVATE,
	};
	long addr;

	p.object = test_random(2) ? NO_OBJECT : (int)random_below(NR_FILES);
	rq.flags |= noreplace ? MAP_FIXED_NOREPLACE : fixed ? MAP_FIXED : 0;
	if (p.object == NO_OBJECT) {
		rq.flags |= MAP_ANONYMOUS;
	} else {
		p.index = random_below(OBJECT_PAGES - n);
		rq.pgoff = p.index;
		object_request((unsigned int)p.object, &rq);
	}
	addr = do_mmap(s->mm, &rq);
	if (noreplace && !range_free(s, first, n)) {
		assert_int_equal(addr, -EEXIST);
		return;
	}
	if (!fixed) {
		int gap = model_highest_gap(s, n);

		if (gap < 0) {
			assert_true(addr > 0 && (unsigned long)addr < base);
			assert_int_equal(do_munmap(s->mm, (unsigned long)addr, rq.len), 0);
			return;
		}
		first = (unsigned int)gap;
	}
	assert_int_equal(addr, addr_of(first));
	model_unmap(s, first, n);
	if (p.object == NO_OBJECT && p.shared)
		p.object = new_anon_object(n);
	model_map(s, first, n, p);
}

/* Now and then all of one side of the window's middle, so that page tables become empty. */
static void step_munmap(struct mspace *s, unsigned int first, unsigned int n)
{
	if (test_random(32) == 0) {
		first = first < WINDOW / 2 ? 0 : WINDOW / 2;
		n = WINDOW / 2;
	}
	assert_int_equal(do_munmap(s->mm, addr_of(first), n * PAGE_SIZE), 0);
	model_unmap(s, first, n);
}

/* Applies to everything up to the first hole; a hole is ENOMEM. */
static void step_mprotect(struct mspace *s, unsigned int first, unsigned int n)
{
	u8 prot = random_prot();
	int err = do_mprotect(s->mm, addr_of(first), n * PAGE_SIZE, prot);

	for (unsigned int i = first; i < first + n; i++) {
		if (!s->page[i].mapped) {
			assert_int_equal(err, -ENOMEM);
			return;
		}
		s->page[i].prot = prot;
	}
	assert_int_equal(err, 0);
}

static void model_move(struct mspace *s, unsigned int from, unsigned int to, unsigned int n)
{
	struct mpage moved[WINDOW];

	memcpy(moved, &s->page[from], n * sizeof(moved[0]));
	model_unmap(s, from, n);
	memcpy(&s->page[to], moved, n * sizeof(moved[0]));
}

/* The pages behind page @last of a mapping, as if it had always been longer. */
static void model_extend(struct mspace *s, unsigned int last, unsigned int n)
{
	struct mpage p = s->page[last];

	p.copied = false;
	p.index++;
	model_map(s, last + 1, n, p);
}

static void step_mremap(struct mspace *s, unsigned int first, unsigned int n)
{
	unsigned int new_n = 1 + random_below(MAX_LEN), to = random_below(WINDOW - new_n);
	unsigned long flags = test_random(3) ? MREMAP_MAYMOVE : 0;
	struct vm_area_struct *vma = find_vma(s->mm, addr_of(first));
	bool fixed = flags && test_random(3) == 0, one_vma;
	long ret;

	one_vma = vma && vma->vm_start <= addr_of(first) && vma->vm_end >= addr_of(first + n);
	flags |= fixed ? MREMAP_FIXED : 0;
	ret = do_mremap(s->mm, addr_of(first), n * PAGE_SIZE, new_n * PAGE_SIZE, flags, addr_of(to));
	if (fixed && first + n > to && to + new_n > first) {
		assert_true(ret == -EINVAL || (!s->page[first].mapped && ret == -EFAULT));
		return;
	}
	if (!s->page[first].mapped || ((fixed || new_n > n) && !one_vma)) {
		assert_int_equal(ret, -EFAULT);
		return;
	}
	if (new_n <= n && !fixed) {
		assert_int_equal(ret, addr_of(first));
		model_unmap(s, first + new_n, n - new_n);
		return;
	}
	if (ret == -ENOMEM) {
		assert_true(!(flags & MREMAP_MAYMOVE));
		assert_true(first + new_n > WINDOW || !range_free(s, first + n, new_n - n) ||
			    s->page[first + n].mapped);
		return;
	}
	assert_true(ret > 0);
	if ((unsigned long)ret == addr_of(first)) {
		assert_true(range_free(s, first + n, new_n - n));
		if (first + new_n > WINDOW) {		/* the model ends there */
			do_munmap(s->mm, addr_of(WINDOW), (first + new_n - WINDOW) * PAGE_SIZE);
			new_n = WINDOW - first;
		}
	} else if ((unsigned long)ret < base) {
		assert_int_equal(do_munmap(s->mm, (unsigned long)ret, new_n * PAGE_SIZE), 0);
		model_unmap(s, first, n);
		return;
	} else {
		to = (unsigned int)(((unsigned long)ret - base) >> PAGE_SHIFT);
		if (fixed)
			model_unmap(s, to, new_n);
		assert_true(range_free(s, to, new_n));
		model_move(s, first, to, min(n, new_n));
		if (new_n < n)
			model_unmap(s, first + new_n, n - new_n);
		first = to;
	}
	if (new_n > n)
		model_extend(s, first + n - 1, new_n - n);
}

/* ---- steps: advice, locks, break -------------------------------------------------------------- */

/* What @advice does to one mapped page: 0 or the call's errno from here on. */
static int model_advise(struct mpage *p, int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
		if (p->locked)
			return -EINVAL;
		p->copied = false;
		return 0;
	case MADV_DONTFORK:
	case MADV_DOFORK:
		p->dontfork = advice == MADV_DONTFORK;
		return 0;
	case MADV_WIPEONFORK:
		if (p->object != NO_OBJECT)
			return -EINVAL;
		p->wipeonfork = true;
		return 0;
	case MADV_KEEPONFORK:
		p->wipeonfork = false;
		return 0;
	case MADV_REMOVE:
		if (p->locked || p->object == NO_OBJECT)
			return -EINVAL;
		if (!p->shared)
			return -EACCES;
		if (p->object < FIRST_DISKLESS)
			return -EOPNOTSUPP;
		if (!beyond_end(p))
			contents[p->object][p->index] = 0;
		return 0;
	default:
		return 0;
	}
}

static void step_madvise(struct mspace *s, unsigned int first, unsigned int n)
{
	static const int advices[] = { MADV_DONTNEED, MADV_DONTNEED, MADV_DONTFORK, MADV_DOFORK,
		MADV_WIPEONFORK, MADV_KEEPONFORK, MADV_REMOVE, MADV_RANDOM, MADV_NORMAL };
	int advice = advices[random_below(ARRAY_SIZE(advices))];
	int err = do_madvise(s->mm, addr_of(first), n * PAGE_SIZE, advice), expected = 0;

	for (unsigned int i = first; i < first + n; i++) {
		if (!s->page[i].mapped) {
			expected = -ENOMEM;
			continue;
		}
		int one = model_advise(&s->page[i], advice);

		if (one) {
			expected = one;
			break;
		}
	}
	assert_int_equal(err, expected);
}

/* The lock flags change up to the first hole; then every page is brought in. */
static void step_mlock(struct mspace *s, unsigned int first, unsigned int n)
{
	bool lock = test_random(2);
	int err = do_mlock(s->mm, addr_of(first), n * PAGE_SIZE, lock ? VM_LOCKED : 0, ~0UL), expected = 0;

	for (unsigned int i = first; i < first + n; i++) {
		struct mpage *p = &s->page[i];

		if (!p->mapped) {
			expected = -ENOMEM;
			break;
		}
		p->locked = lock;
		if (lock && (!p->prot || beyond_end(p)))
			expected = -ENOMEM;
	}
	assert_int_equal(err, expected);
	for (unsigned int i = first; lock && !err && i < first + n; i++) {
		struct mpage *p = &s->page[i];

		if (!p->shared && (p->prot & PROT_WRITE) && !p->copied) {
			p->value = model_value(p);	/* populated by a write */
			p->copied = true;
		}
	}
}

/* As mlock stops at the first page it cannot bring in, copies up to there exist: read them back. */
static void settle_copies(struct mspace *s)
{
	for (unsigned int i = 0; i < WINDOW; i++) {
		struct mpage *p = &s->page[i];

		if (p->mapped && p->locked && !p->shared && (p->prot & PROT_WRITE) && !p->copied &&
		    p->object != NO_OBJECT && !beyond_end(p)) {
			assert_int_equal(soft_touch(s->mm, addr_of(i), SOFT_WRITE, NULL), FAULT_OK);
			p->value = model_value(p);
			p->copied = true;
		}
	}
}

static void step_brk(struct mspace *s, unsigned int first, unsigned int n)
{
	unsigned int new_brk = s->brk_start + random_below(MAX_LEN);
	unsigned long want = addr_of(new_brk) - test_random(PAGE_SIZE);
	struct mpage heap = { .mapped = true, .prot = PROT_READ | PROT_WRITE, .object = NO_OBJECT };
	bool ok = new_brk <= s->brk || range_free(s, s->brk, new_brk + 1 - s->brk);

	(void)first;
	(void)n;
	if (want < addr_of(s->brk_start))
		return;
	if (!ok) {
		assert_int_equal(ALIGN_UP(do_brk(s->mm, want), PAGE_SIZE), addr_of(s->brk));
		return;
	}
	assert_int_equal(do_brk(s->mm, want), want);
	if (new_brk < s->brk)
		model_unmap(s, new_brk, s->brk - new_brk);
	else
		model_map(s, s->brk, new_brk - s->brk, heap);
	s->brk = new_brk;
}

/* ---- steps: accesses, forks, truncation -------------------------------------------------------- */

static void step_access(struct mspace *s, unsigned int i)
{
	enum soft_access a = (enum soft_access)test_random(3);
	struct mpage *p = &s->page[i];
	char *kva;
	u64 word;

	assert_int_equal(soft_touch(s->mm, addr_of(i), a, (void **)&kva), model_access(p, a));
	if (model_access(p, a) != FAULT_OK)
		return;
	word = model_value(p);
	assert_int_equal(*(u64 *)kva, word);
	assert_int_equal(*(u64 *)(kva + LAST_WORD), word);
	if (a != SOFT_WRITE)
		return;
	word = next_value++;
	memcpy(kva, &word, sizeof(word));
	memcpy(kva + LAST_WORD, &word, sizeof(word));
	if (p->shared) {
		contents[p->object][p->index] = word;
	} else {
		p->copied = true;
		p->value = word;
	}
}

static void step_accesses(struct mspace *s, unsigned int first, unsigned int n)
{
	for (unsigned int i = first; i < first + n; i++)
		step_access(s, i);
}

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
	s->mm = NULL;
}

static void space_fork(struct mspace *s)
{
	struct mspace *child = &spaces[random_below(MMS)];

	if (child == s)
		return;
	if (child->mm)
		space_exit(child);
	*child = *s;
	child->mm = dup_mm(s->mm);
	assert_non_null(child->mm);
	for (unsigned int i = 0; i < WINDOW; i++) {
		struct mpage *p = &child->page[i];

		p->locked = false;
		if (p->dontfork)
			model_unmap(child, i, 1);
		else if (p->wipeonfork)
			p->copied = false;
	}
	compare(child);
}

static void space_new(struct mspace *s)
{
	memset(s, 0, sizeof(*s));
	s->mm = mm_alloc();
	assert_non_null(s->mm);
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

static void step_truncate(struct mspace *s, unsigned int first, unsigned int n)
{
	unsigned int file = random_below(NR_FILES), pages = random_below(OBJECT_PAGES + 1);

	object_truncate(file, pages);
	for (unsigned int i = pages; i < OBJECT_PAGES; i++)
		contents[file][i] = 0;
	for (unsigned int k = 0; k < MMS && pages < size_of[file]; k++)
		for (unsigned int i = 0; i < WINDOW; i++)
			if (spaces[k].page[i].object == (int)file &&
			    spaces[k].page[i].index >= pages)
				spaces[k].page[i].copied = false;
	size_of[file] = pages;
}

/* ---- the random test ------------------------------------------------------------------------- */

static const struct { void (*fn)(struct mspace *, unsigned int, unsigned int); unsigned int weight; }
step_kinds[] = {
	{ step_mmap, 20 }, { step_munmap, 8 }, { step_mprotect, 15 }, { step_mremap, 10 },
	{ step_madvise, 10 }, { step_mlock, 3 }, { step_brk, 5 }, { step_accesses, 40 },
	{ step_fork, 3 }, { step_truncate, 2 }, { step_migrate, 3 },
};

static void random_step(void)
{
	unsigned int total = 0, pick, k = 0, n = 1 + random_below(MAX_LEN);
	unsigned int first = random_below(WINDOW - n);
	struct mspace *s;

	do {
		s = &spaces[random_below(MMS)];
	} while (!s->mm);
	host_run_on(random_below(HOST_CPUS));
	for (unsigned int i = 0; i < ARRAY_SIZE(step_kinds); i++)
		total += step_kinds[i].weight;
	for (pick = random_below(total); pick >= step_kinds[k].weight; k++)
		pick -= step_kinds[k].weight;
	step_kinds[k].fn(s, first, n);
	if (s->mm) {
		settle_copies(s);
		compare(s);
	}
	soft_tlb_check();
}

static void random_calls_forks_and_accesses_agree_with_the_model(void **state)
{
	unsigned long steps = os_getenv("STEPS", 30000), start;
	long tables = vm_state_sum(nr_page_table_pages);

	test_seed();
	base = PGDIR_SIZE - WINDOW / 2 * PAGE_SIZE;
	start = host_free_pages();
	objects_create();
	for (unsigned int f = 0; f < NR_FILES; f++) {
		size_of[f] = OBJECT_PAGES;
		for (unsigned int i = 0; i < OBJECT_PAGES; i++)
			contents[f][i] = object_word(f, i);
	}
	space_new(&spaces[0]);
	for (unsigned long i = 0; i < steps; i++)
		random_step();
	for (unsigned int k = 0; k < MMS; k++)
		if (spaces[k].mm)
			space_exit(&spaces[k]);
	objects_destroy();
	for (unsigned int e = pgfault; e <= pgfault_oom; e++)
		printf("# %s %lu\n", vm_event_name(e), vm_event_sum(e));
	assert_int_equal(host_free_pages(), start);
	assert_int_equal(vm_state_sum(nr_page_table_pages), tables);
	assert_int_equal(vm_state_sum(nr_anon_pages), 0);
	assert_int_equal(vm_state_sum(nr_mapped), 0);
	buddy_check();
}

/* ---- without a model --------------------------------------------------------------------------- */

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
		do_mremap(mm, a, test_random(8) ? len : 0, (1 + test_random(MAX_LEN)) * PAGE_SIZE,
			  MREMAP_MAYMOVE | (test_random(2) ? MREMAP_FIXED : 0), to);
		break;
	case 5:
		do_mremap(mm, a, len, len, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, test_random(2) ? to : 0);
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
	unsigned long steps = os_getenv("STEPS", 15000), start = host_free_pages();
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_calls_forks_and_accesses_agree_with_the_model),
		cmocka_unit_test(calls_that_run_out_of_memory_leak_and_break_nothing),
		SPACE_TEST(a_dontunmap_move_leaves_an_empty_mapping_behind),
		SPACE_TEST(a_move_of_length_zero_maps_shared_memory_again),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
