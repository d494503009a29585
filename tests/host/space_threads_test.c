/* SPDX-License-Identifier: MIT */
/*
 * tests/host/space_threads_test.c - four threads of one program, each on its own CPU
 *
 * Host threads play the CPUs; TLB shootdown is by IPI. Each thread knows what is in its own pages,
 * which lie between those of the others, so all share page tables and locks. Other pages belong to
 * nobody: they are mapped, unmapped and protected by all. A fork by any thread must give a child
 * that sees that thread's pages as they were.
 */
#include "lib_hooks.h"
#include "arch/host.h"
#include "mm_space.h"
#include <pthread.h>

#define OWN_PAGES	64U
#define COMMON		(AT + (16UL << 20))
#define COMMON_PAGES	64U

static struct mm_struct *mm;
static unsigned long steps;
static int running;

struct worker { unsigned int cpu; u64 seed; u64 value[OWN_PAGES]; bool read_only[OWN_PAGES]; };

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

/* Page @i of a thread: every fourth page of the area belongs to it. */
static unsigned long own_page(const struct worker *w, unsigned int i)
{
	return AT + ((unsigned long)i * HOST_CPUS + w->cpu) * PAGE_SIZE;
}

static void use_own(struct worker *w)
{
	unsigned int i = pick(w, OWN_PAGES);
	unsigned long a = own_page(w, i);
	u64 word;

	switch (pick(w, 8)) {
	case 0:
		check(do_madvise(mm, a, PAGE_SIZE, MADV_DONTNEED) == 0, "madvise");
		w->value[i] = 0;
		break;
	case 1:
		w->read_only[i] = !w->read_only[i];
		check(do_mprotect(mm, a, PAGE_SIZE, w->read_only[i] ? PROT_READ : RW) == 0, "mprotect");
		break;
	case 2:
	case 3:
	case 4:
		word = w->seed;
		if (soft_write(mm, a, word) == FAULT_OK) {
			check(!w->read_only[i], "a write went through to a read-only page");
			w->value[i] = word;
		} else {
			check(w->read_only[i], "a write to a writable page failed");
		}
		break;
	default:
		check(soft_read(mm, a, &word) == FAULT_OK, "a read failed");
		check(word == w->value[i], "a page has other contents");
	}
}

static void use_common(struct worker *w)
{
	unsigned int n = 1 + pick(w, 12), first = pick(w, COMMON_PAGES - n);
	unsigned long a = COMMON + first * PAGE_SIZE;
	struct mmap_request rq = { .addr = a, .len = n * PAGE_SIZE, .prot = RW,
		.flags = MAP_FIXED | (pick(w, 2) ? MAP_SHARED : MAP_PRIVATE) };

	switch (pick(w, 8)) {
	case 0:
		rq.flags |= MAP_ANONYMOUS;
		check(do_mmap(mm, &rq) == (long)a, "mmap");
		break;
	case 1:
		object_request(2 + pick(w, 2), &rq);
		check(do_mmap(mm, &rq) == (long)a, "mmap of a file");
		break;
	case 2:
		check(do_munmap(mm, a, rq.len) == 0, "munmap");
		break;
	case 3:
		do_mprotect(mm, a, rq.len, PROT_READ);
		break;
	default:
		for (unsigned int i = 0; i < n; i++)
			soft_touch(mm, a + i * PAGE_SIZE, pick(w, 2) ? SOFT_READ : SOFT_WRITE, NULL);
	}
}

static void fork_and_look(struct worker *w)
{
	struct mm_struct *child = dup_mm(mm);
	u64 word;

	check(child, "fork");
	for (unsigned int i = 0; i < OWN_PAGES; i++) {
		check(soft_read(child, own_page(w, i), &word) == FAULT_OK, "a child's read failed");
		check(word == w->value[i], "a child sees other contents");
		if (!w->read_only[i] && pick(w, 4) == 0)
			check(soft_write(child, own_page(w, i), ~word) == FAULT_OK, "a child's write");
	}
	use_mm(mm);
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

static void threads_share_an_address_space_and_keep_their_contents(void **state)
{
	static struct worker workers[HOST_CPUS];
	pthread_t thread[HOST_CPUS];

	steps = os_getenv("STEPS", 2000);
	printf("# seed %lu\n", os_getenv("SEED", 1));
	fflush(stdout);
	mm = mm_alloc();
	map_anon(mm, AT, OWN_PAGES * HOST_CPUS, RW, MAP_PRIVATE);
	host_threads = true;
	running = HOST_CPUS;
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++) {
		workers[cpu] = (struct worker){ .cpu = cpu, .seed = os_getenv("SEED", 1) * 16 + cpu };
		pthread_create(&thread[cpu], NULL, run_thread, &workers[cpu]);
	}
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++)
		pthread_join(thread[cpu], NULL);
	host_threads = false;
	mm_check(mm);
	soft_tlb_check();
	end_space(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPACE_TEST(threads_share_an_address_space_and_keep_their_contents),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
