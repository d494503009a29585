/* SPDX-License-Identifier: MIT */
/*
 * tests/host/space_threads_test.c - four threads of one program, each on its own CPU
 *
 * Host threads play the CPUs; TLB shootdown is by IPI. Each thread knows what is in its own pages,
 * which lie between those of the others, so all share page tables, VMAs and locks. A page of its own has
 * two places, and moves between them. Other pages, and the heap, belong to nobody: they are mapped,
 * unmapped, moved, locked and protected by all, and their frames exchanged. A fork by any thread must
 * give a child that sees that thread's pages as they were. At the end each page is found through its
 * reverse map as often as it is mapped.
 */
#include "lib_hooks.h"
#include "arch/host.h"
#include "mm_space.h"
#include <mm/rmap.h>
#include <pthread.h>

#define OWN_PAGES	64U
#define COMMON		(AT + (16UL << 20))
#define COMMON_PAGES	64U
#define HEAP		(AT + (64UL << 20))
#define HEAP_PAGES	32U

static struct mm_struct *mm;
static unsigned long steps;
static int running;

/* One page of a thread's own: what it holds, and what has been asked for it */
struct own { u64 value; bool freed, read_only, locked, dontfork, wipeonfork, moved; };

struct worker { unsigned int cpu; u64 seed; struct own page[OWN_PAGES]; };

static unsigned int pick(struct worker *w, unsigned int n)
{
	w->seed = w->seed * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned int)((w->seed >> 33) % n);
}

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	printf("# %s\n", what);
	fflush(stdout);
	abort();
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* The page at @addr gets another frame, or, while somebody else refers to it, is unmapped and comes back. */
static void change_frame(struct worker *w, unsigned long addr)
{
	bool pinned = pick(w, 4) == 0;
	struct page *page, *new;
	int err;

	page = get_user_page(mm, addr, &err);
	if (!page)
		return;
	new = alloc_page(GFP_USER);
	check(new, "alloc_page");
	if (pinned)
		get_page(page);
	err = migrate_page(page, new);
	check(!pinned || err, "a page that is referred to changed its frame");
	if (pinned)
		put_page(page);
	if (err)
		put_page(page);
	put_page(new);
}

/* ---- own pages ------------------------------------------------------------------------------- */

/* Page @i of a thread at its first or second place: every fourth page of the area belongs to it. */
static unsigned long place(const struct worker *w, unsigned int i, bool moved)
{
	return AT + ((unsigned long)(i + (moved ? OWN_PAGES : 0)) * HOST_CPUS + w->cpu) * PAGE_SIZE;
}

static unsigned long own_page(const struct worker *w, unsigned int i)
{
	return place(w, i, w->page[i].moved);
}

/*
 * What stays behind at the old place with MREMAP_DONTUNMAP is replaced when the page comes back. That flag unlocks
 * all of the old VMA, which may hold pages of others: no locked page moves so.
 */
static void move_own(struct worker *w, unsigned int i)
{
	unsigned long from = own_page(w, i), to = place(w, i, !w->page[i].moved);
	unsigned long flags = MREMAP_MAYMOVE | MREMAP_FIXED;

	flags |= !w->page[i].locked && pick(w, 2) ? MREMAP_DONTUNMAP : 0;
	check(do_mremap(mm, from, PAGE_SIZE, PAGE_SIZE, flags, to) == (long)to, "mremap");
	w->page[i].moved = !w->page[i].moved;
}

static void lock_own(struct worker *w, struct own *p, unsigned long a)
{
	unsigned long lock = p->locked ? 0 : VM_LOCKED | (pick(w, 2) ? VM_LOCKONFAULT : 0);

	check(do_mlock(mm, a, PAGE_SIZE, lock, ~0UL) == 0, "mlock");
	p->locked = lock;
}

/* advise_own - advice whose answer depends on the page: its errno, and what it does to the page */
static int advise_own(struct own *p, int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
		if (p->locked)
			return -EINVAL;
		/* fallthrough */
	case MADV_DONTNEED_LOCKED:
		p->value = 0;
		p->freed = false;
		return 0;
	case MADV_FREE:
		p->freed |= !p->locked;		/* reads as it was, or as zeroes, until it is written */
		return p->locked ? -EINVAL : 0;
	case MADV_COLD:
	case MADV_PAGEOUT:
		return p->locked ? -EINVAL : 0;
	case MADV_POPULATE_WRITE:
		return p->read_only ? -EINVAL : 0;
	case MADV_DONTFORK:
	case MADV_DOFORK:
		p->dontfork = advice == MADV_DONTFORK;
		return 0;
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
		p->wipeonfork = advice == MADV_WIPEONFORK;
		return 0;
	default:
		return 0;
	}
}

static int any_advice(struct worker *w)
{
	static const int advices[] = { MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED,
		MADV_DONTNEED, MADV_FREE, MADV_DONTFORK, MADV_DOFORK, MADV_DOFORK, MADV_WIPEONFORK,
		MADV_KEEPONFORK, MADV_DONTDUMP, MADV_DODUMP, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ,
		MADV_POPULATE_WRITE, MADV_DONTNEED_LOCKED };

	return advices[pick(w, ARRAY_SIZE(advices))];
}

static void write_own(struct worker *w, struct own *p, unsigned long a)
{
	u64 word = w->seed;

	if (soft_write(mm, a, word) == FAULT_OK) {
		check(!p->read_only, "a write went through to a read-only page");
		p->value = word;
		p->freed = false;
	} else {
		check(p->read_only, "a write to a writable page failed");
	}
}

static void use_own(struct worker *w)
{
	unsigned int i = pick(w, OWN_PAGES);
	unsigned long a = own_page(w, i);
	struct own *p = &w->page[i];
	u64 word;
	int advice, err;

	switch (pick(w, 16)) {
	case 0:
	case 1:
		advice = any_advice(w);
		err = do_madvise(mm, a, PAGE_SIZE, advice);
		if (err != advise_own(p, advice)) {
			printf("# madvise %d gave %d\n", advice, err);
			check(false, "an answer that does not fit the page");
		}
		break;
	case 2:
		p->read_only = !p->read_only;
		check(do_mprotect(mm, a, PAGE_SIZE, p->read_only ? PROT_READ : RW) == 0, "mprotect");
		break;
	case 3:
		move_own(w, i);
		break;
	case 4:
		lock_own(w, p, a);
		break;
	case 5:
		change_frame(w, a);
		break;
	default:
		if (pick(w, 2))
			write_own(w, p, a);
		check(soft_read(mm, a, &word) == FAULT_OK, "a read failed");
		check(word == p->value || (p->freed && !word), "a page has other contents");
	}
}

/* ---- nobody's pages -------------------------------------------------------------------------- */

static void map_common(struct worker *w, unsigned long a, size_t len)
{
	struct mmap_request rq = { .addr = a, .len = len, .prot = RW,
		.flags = MAP_FIXED | (pick(w, 2) ? MAP_SHARED : MAP_PRIVATE) | (pick(w, 8) ? 0 : MAP_POPULATE) };

	if (pick(w, 2))
		rq.flags |= MAP_ANONYMOUS;
	else
		object_request(2 + pick(w, 2), &rq);
	check(do_mmap(mm, &rq) == (long)a, "mmap");
}

/* What finds its place elsewhere leaves at once: nobody else would unmap it. */
static void move_common(struct worker *w, unsigned long a, size_t len)
{
	unsigned long to = COMMON + pick(w, COMMON_PAGES - 12) * PAGE_SIZE, flags = MREMAP_MAYMOVE;
	size_t new_len = (1 + pick(w, 12)) * PAGE_SIZE;
	long ret;

	flags |= pick(w, 2) ? MREMAP_FIXED : 0;
	if (pick(w, 4) == 0) {
		flags |= MREMAP_DONTUNMAP;
		new_len = len;
	}
	ret = do_mremap(mm, a, pick(w, 8) ? len : 0, new_len, flags, to);
	if (ret > 0 && ((unsigned long)ret < COMMON || (unsigned long)ret >= COMMON + COMMON_PAGES * PAGE_SIZE))
		check(do_munmap(mm, (unsigned long)ret, new_len) == 0, "munmap of what moved");
}

/* The heap: any thread moves the break, and touches what may be there. */
static void use_heap(struct worker *w)
{
	unsigned long brk = HEAP + pick(w, HEAP_PAGES * PAGE_SIZE), now = do_brk(mm, brk);

	check(now >= HEAP && now <= HEAP + HEAP_PAGES * PAGE_SIZE, "brk");
	soft_touch(mm, HEAP + pick(w, HEAP_PAGES) * PAGE_SIZE, pick(w, 2) ? SOFT_READ : SOFT_WRITE, NULL);
}

static void use_common(struct worker *w)
{
	unsigned int n = 1 + pick(w, 12), first = pick(w, COMMON_PAGES - n);
	unsigned long a = COMMON + first * PAGE_SIZE, len = n * PAGE_SIZE;

	switch (pick(w, 16)) {
	case 0:
	case 1:
		map_common(w, a, len);
		break;
	case 2:
		check(do_munmap(mm, a, len) == 0, "munmap");
		break;
	case 3:
		do_mprotect(mm, a, len, pick(w, 2) ? PROT_READ : RW);
		break;
	case 4:
		move_common(w, a, len);
		break;
	case 5:
		do_madvise(mm, a, len, pick(w, 4) ? any_advice(w) : MADV_REMOVE);
		break;
	case 6:
		do_mlock(mm, a, len, pick(w, 2) ? VM_LOCKED : 0, ~0UL);
		break;
	case 7:
		use_heap(w);
		break;
	case 8:
		change_frame(w, a);
		break;
	default:
		for (unsigned int i = 0; i < n; i++)
			soft_touch(mm, a + i * PAGE_SIZE, pick(w, 2) ? SOFT_READ : SOFT_WRITE, NULL);
	}
}

/* ---- relatives ------------------------------------------------------------------------------- */

static void look_in_child(struct worker *w, struct mm_struct *child, unsigned int i)
{
	const struct own *p = &w->page[i];
	unsigned long a = own_page(w, i);
	u64 word;

	if (p->dontfork)
		return;
	check(soft_read(child, a, &word) == FAULT_OK, "a child's read failed");
	check(word == (p->wipeonfork ? 0 : p->value) || (p->freed && !word), "a child sees other contents");
	if (!p->read_only && pick(w, 4) == 0)
		check(soft_write(child, a, ~word) == FAULT_OK, "a child's write");
}

static void fork_and_look(struct worker *w)
{
	struct mm_struct *child = dup_mm(mm);

	check(child, "fork");
	for (unsigned int i = 0; i < OWN_PAGES; i++)
		look_in_child(w, child, i);
	use_mm(mm);
	for (unsigned int i = 0; i < 4; i++)		/* frames that both map */
		change_frame(w, own_page(w, pick(w, OWN_PAGES)));
	mmput(child);
}

static void *run_thread(void *arg)
{
	struct worker *w = arg;

	host_cpu = &cpus[w->cpu];
	for (unsigned long i = 0; i < steps; i++) {
		unsigned int kind = pick(w, 256);

		if (kind == 0)
			fork_and_look(w);
		else if (kind < 96)
			use_common(w);
		else
			use_own(w);
		if (kind == 1)
			truncate_pages(&objects[2 + pick(w, 2)].as, 0);
		arch_cpu_relax();
	}
	use_mm(NULL);
	__atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&running, __ATOMIC_SEQ_CST))
		arch_cpu_relax();
	return NULL;
}

/* ---- the test -------------------------------------------------------------------------------- */

/* Nobody runs any more: what is mapped is found, and the counters are exact. */
static void check_pages(unsigned long start, unsigned long end, long *anon)
{
	for (; start < end; start += PAGE_SIZE) {
		struct page *page = page_at(mm, start);

		if (!page || page == zero_page)
			continue;
		*anon += PageAnon(page);
		assert_true(trylock_page(page));
		assert_int_equal(rmap_count(page), page_mapcount(page));
		unlock_page(page);
	}
}

static void check_space(void)
{
	struct vm_area_struct *vma;
	unsigned long locked = 0;
	long anon = 0;

	mm_check(mm);
	soft_tlb_check();
	for_each_vma(mm, vma) {
		check_pages(vma->vm_start, vma->vm_end, &anon);
		locked += vma->vm_flags & VM_LOCKED ? vma_pages(vma) : 0;
	}
	assert_int_equal(atomic64_read(&mm->rss_anon), anon);
	assert_int_equal(mm->locked_vm, locked);
}

static void run_threads(unsigned long seed)
{
	static struct worker workers[HOST_CPUS];
	pthread_t thread[HOST_CPUS];

	printf("# seed %lu\n", seed);
	fflush(stdout);
	mm = mm_alloc();
	mm->start_brk = mm->brk = HEAP;
	map_anon(mm, AT, OWN_PAGES * HOST_CPUS, RW, MAP_PRIVATE);
	host_threads = true;
	running = HOST_CPUS;
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++) {
		workers[cpu] = (struct worker){ .cpu = cpu, .seed = seed * 16 + cpu };
		pthread_create(&thread[cpu], NULL, run_thread, &workers[cpu]);
	}
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++)
		pthread_join(thread[cpu], NULL);
	host_threads = false;
	check_space();
	end_space(mm);
}

static void threads_share_an_address_space_and_keep_their_contents(void **state)
{
	unsigned long seed = os_getenv("SEED", 1);

	steps = os_getenv("STEPS", 1000);
	for (unsigned long i = 0; i < 4; i++)
		run_threads(seed + 1000 * i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPACE_TEST(threads_share_an_address_space_and_keep_their_contents),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
