/* SPDX-License-Identifier: MIT */
/*
 * tests/user/forktree_test.c - trees of forks five deep, in which everybody writes and nobody may notice
 *
 * THE QUESTION   Does each process of a family see its own writes and those made before its fork, and no others?
 *
 * THE PICTURE    node(level)   verify what was inherited -> random operations -> fork 2 or 3 -> operations again
 *                                   |                                               |
 *                              private pages: anonymous and of a file            children: the same, one deeper
 *                              shared pages:  whoever holds the lock                |
 *                                   v                                               v
 *                              verify: nothing changed but by me    <-    exit status: the number of the node
 *
 *                The model, what a process expects on its pages, lies in shared memory, one row for each process:
 *                copied by the parent before the fork, so that it cannot go wrong together with copy-on-write.
 *
 * ALWAYS TRUE    T1  row[id] describes the private pages of process id; only this process writes it, and its
 *                    parent before it exists.
 *                T2  shared_row describes the shared pages; both change only under the lock.
 *                T3  the operations of a process follow from the seed and its place in the tree alone.
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>

#include "utest.h"

#define DEPTH		5
#define MAX_NODES	190
#define ANON_PAGES	12
#define FILE_PAGES	4
#define PAGES		(ANON_PAGES + FILE_PAGES)
#define SHARED_PAGES	4
#define STEPS		12

struct expected {
	uint32_t value[PAGES];		/* see stamp() */
	bool read_only[PAGES];
};

static struct family {
	struct expected row[MAX_NODES];
	uint32_t shared_row[SHARED_PAGES];
	int lock, nodes, alive;
} *family;

struct node {
	int id, level;
	uint32_t random;
	pid_t parent;
	int child[3];			/* their numbers */
	pid_t pid[3];
	int children;
};

static char *private_page[PAGES], *shared_pages;
static int zeroes;
static bool orphans;			/* parents do not wait for their children */
static bool small;			/* a machine on which the whole family would not fit at once */

/* ---- one page: three words that tell one value ---- */
static void stamp(char *p, uint32_t value)
{
	for (size_t k = 0; k < 3; k++)
		((volatile uint32_t *)p)[k * (page / 4 - 1) / 2] = value;
}

static void check_page(const char *p, uint32_t value, const char *kind, int i, const struct node *n)
{
	const volatile uint32_t *word = (const volatile uint32_t *)p;

	for (size_t k = 0; k < 3; k++) {
		uint32_t seen = word[k * (page / 4 - 1) / 2];

		if (seen != value)
			FAIL("node %d, level %d: %s page %d holds %#x, not %#x", n->id, n->level, kind, i, seen, value);
	}
}

static uint32_t file_value(int i)
{
	return 0xf0000000u + (uint32_t)i;
}

/* ---- the lock, between processes ---- */
static void lock(void)
{
	while (__atomic_exchange_n(&family->lock, 1, __ATOMIC_ACQUIRE))
		sched_yield();
}

static void unlock(void)
{
	__atomic_store_n(&family->lock, 0, __ATOMIC_RELEASE);
}

/* ---- verify ---- */
static void verify(const struct node *n)
{
	const struct expected *e = &family->row[n->id];

	for (int i = 0; i < PAGES; i++)
		check_page(private_page[i], e->value[i], "private", i, n);
	lock();
	for (int i = 0; i < SHARED_PAGES; i++)
		check_page(shared_pages + i * page, family->shared_row[i], "shared", i, n);
	unlock();
}

/* ---- operations ---- */
static void make_writable(struct expected *e, int i)
{
	if (!e->read_only[i])
		return;
	CHECK_OK(mprotect(private_page[i], page, RW));
	e->read_only[i] = false;
}

static void op_write(struct expected *e, int i, uint32_t value)
{
	make_writable(e, i);
	stamp(private_page[i], value);
	e->value[i] = value;
}

/* The kernel writes. */
static void op_read_zeroes(struct expected *e, int i)
{
	make_writable(e, i);
	CHECK_EQ(read(zeroes, private_page[i], page), (ssize_t)page);
	e->value[i] = 0;
}

static void op_dontneed(struct expected *e, int i)
{
	CHECK_OK(madvise(private_page[i], page, MADV_DONTNEED));
	e->value[i] = i < ANON_PAGES ? 0 : file_value(i - ANON_PAGES);
}

static void op_protect(struct expected *e, int i)
{
	CHECK_OK(mprotect(private_page[i], page, PROT_READ));
	e->read_only[i] = true;
	CHECK_EQ(probe_write(private_page[i]).sig, SIGSEGV);
}

/* All anonymous pages move, each by a call of its own: they may be mappings of several kinds by now. */
static void op_move_all(void)
{
	char *to = map(ANON_PAGES * page, PROT_NONE, ANON, -1);

	for (int i = 0; i < ANON_PAGES; i++) {
		CHECK_EQ(mremap(private_page[i], page, page, MREMAP_MAYMOVE | MREMAP_FIXED, to + i * page),
			 to + i * page);
		private_page[i] = to + i * page;
	}
}

/* Somewhere else and back again: its neighbours stay. */
static void op_move_there_and_back(int i)
{
	char *old = private_page[i], *to = map(page, PROT_NONE, ANON, -1);

	CHECK_EQ(mremap(old, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	CHECK_EQ(mremap(to, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, old), old);
}

static void op_write_shared(uint32_t value)
{
	int i = (int)(value % SHARED_PAGES);

	lock();
	stamp(shared_pages + i * page, value);
	family->shared_row[i] = value;
	unlock();
}

static void step(struct node *n)
{
	struct expected *e = &family->row[n->id];
	uint32_t what = test_random(&n->random) % 16, value = test_random(&n->random) | 1;
	int i = (int)(test_random(&n->random) % PAGES);

	if (what < 9)
		op_write(e, i, value);
	else if (what == 9)
		op_read_zeroes(e, i);
	else if (what == 10)
		op_dontneed(e, i);
	else if (what == 11)
		op_protect(e, i);
	else if (what == 12)
		op_move_all();
	else if (what == 13)
		op_move_there_and_back(i);
	else
		op_write_shared(value);
}

static void steps(struct node *n)
{
	for (int i = 0; i < STEPS; i++)
		step(n);
}

/* ---- the tree ---- */
static void node(struct node *n);

/* A number and a row for a child; -1: the family is large enough. */
static int new_row(const struct node *parent)
{
	int id = -1;

	lock();
	if (family->nodes < MAX_NODES)
		id = family->nodes++;
	unlock();
	if (id >= 0)
		family->row[id] = family->row[parent->id];
	return id;
}

static void reap(struct node *n, int child)
{
	CHECK_EXIT(wait_for(n->pid[child]), n->child[child] % 64);
}

/* Few at a time, as far as that is possible: those who wait for room take up room too. */
static void wait_for_room(void)
{
	for (int ms = 0; small && ms < 100 && __atomic_load_n(&family->alive, __ATOMIC_RELAXED) > 8; ms++)
		sleep_ms(1);
}

static void fork_child(struct node *n)
{
	struct node child = { .id = new_row(n), .level = n->level + 1, .parent = getpid() };

	child.random = test_random(&n->random);
	if (child.id < 0)
		return;
	wait_for_room();
	__atomic_add_fetch(&family->alive, 1, __ATOMIC_RELAXED);
	n->child[n->children] = child.id;
	n->pid[n->children] = fork_ok();
	if (!n->pid[n->children]) {
		node(&child);
		__atomic_sub_fetch(&family->alive, 1, __ATOMIC_RELAXED);
		_exit(child.id % 64);
	}
	if (small && !orphans)
		reap(n, n->children);
	n->children++;
}

/* Its pages are then those of a dead process, and so is the anon_vma they belong to. */
static void wait_for_parents_death(const struct node *n)
{
	for (int ms = 0; ms < 50 && getppid() == n->parent; ms++)
		sleep_ms(1);
}

static void node(struct node *n)
{
	int children = n->level == DEPTH ? 0 : 2 + (test_random(&n->random) % 4 == 0);

	verify(n);
	if (orphans && n->level > 1 && n->id % 2)
		wait_for_parents_death(n);
	steps(n);
	for (int i = 0; i < children; i++) {
		fork_child(n);
		step(n);
	}
	verify(n);
	steps(n);
	for (int i = 0; i < n->children && !small && !orphans; i++)
		reap(n, i);
	verify(n);
}

/* ---- the tests ---- */
static void make_private_pages(void)
{
	static char block[1 << 16];
	char *anon = map(ANON_PAGES * page, RW, ANON, -1), *of_file;
	int fd;

	for (int i = 0; i < FILE_PAGES; i++)
		stamp(block + i * page, file_value(i));
	fd = make_file("data", block, FILE_PAGES * page);
	of_file = map(FILE_PAGES * page, RW, MAP_PRIVATE, fd);
	CHECK_OK(close(fd));
	for (int i = 0; i < PAGES; i++)
		private_page[i] = i < ANON_PAGES ? anon + i * page : of_file + (i - ANON_PAGES) * page;
}

static void prepare(void)
{
	struct sysinfo si;

	CHECK_OK(sysinfo(&si));
	small = (uint64_t)si.freeram * si.mem_unit < 64 << 20;
	CHECK_OK(zeroes = open("/dev/zero", O_RDONLY));
	family = (struct family *)map(sizeof(*family), RW, SHARED_ANON, -1);
	shared_pages = map(SHARED_PAGES * page, RW, SHARED_ANON, -1);
	make_private_pages();
	for (int i = 0; i < FILE_PAGES; i++)
		family->row[0].value[ANON_PAGES + i] = file_value(i);
	family->nodes = 1;
}

/* Every descendant comes back to the eldest: as its child, or because the processes between are dead. */
static void reap_all(void)
{
	int st, ended = 0;

	while (waitpid(-1, &st, 0) > 0) {
		CHECK(WIFEXITED(st) && WEXITSTATUS(st) < 64);
		ended++;
	}
	CHECK_EQ(errno, ECHILD);
	CHECK_EQ(ended, family->nodes - 1);
}

static void grow_tree(uint32_t seed)
{
	struct node eldest = { .random = seed };

	prepare();
	if (orphans)
		CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	node(&eldest);
	if (orphans)
		reap_all();
	verify(&eldest);
	CHECK(family->nodes > 1 << DEPTH && family->nodes <= MAX_NODES);
	CHECK_ERR(waitpid(-1, NULL, 0), ECHILD);
}

static void tree_in_child(void *seed)
{
	grow_tree(*(uint32_t *)seed);
}

static void grow_trees(void)
{
	for (uint32_t seed = 1; seed <= 3; seed++)
		CHECK_EXIT(in_child(tree_in_child, &seed), 0);
}

TEST(forktree_five_deep_keeps_every_process_apart)
{
	grow_trees();
}

TEST(forktree_whose_parents_die_first_keeps_every_process_apart)
{
	orphans = true;
	grow_trees();
}
