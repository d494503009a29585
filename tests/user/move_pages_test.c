/* SPDX-License-Identifier: MIT */
/* tests/user/move_pages_test.c - move_pages(2), migrate_pages(2): pages change their node and keep their bytes */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "numa.h"

static long move(pid_t pid, unsigned long n, void **pages, const int *nodes, int *status, int flags)
{
	return syscall(SYS_move_pages, pid, n, pages, nodes, status, flags);
}

static long migrate(pid_t pid, unsigned long from, unsigned long to)
{
	unsigned long a[NODE_WORDS] = { from }, b[NODE_WORDS] = { to };

	return syscall(SYS_migrate_pages, pid, NODE_BITS, a, b);
}

/* need_moves - as need_nodes(); containers may forbid these two while policies are allowed */
static unsigned long need_moves(int min)
{
	unsigned long nodes = need_nodes(min);

	if (move(0, 0, NULL, NULL, NULL, 0) < 0 && (errno == ENOSYS || errno == EPERM))
		SKIP("move_pages: %s", test_errno());
	return nodes;
}

TEST(move_pages_without_nodes_says_where_pages_are)
{
	unsigned long allowed = need_moves(1);
	char *p = map(4 * page, RW, ANON, -1);
	void *pages[4] = { p, p + page + 5, p + 2 * page, (void *)page };
	int status[4];

	CHECK_OK(mprotect(p + 2 * page, page, PROT_READ));	/* in a table that exists, but never touched */
	p[0] = p[page] = p[3 * page] = 1;
	CHECK_OK(move(0, 4, pages, NULL, status, 0));
	CHECK(status[0] >= 0 && (allowed >> status[0] & 1));
	CHECK_EQ(status[0], node_of(p));
	CHECK_EQ(status[1], node_of(p + page));
	CHECK(status[2] == -ENOENT || status[2] == -EFAULT);	/* before 6.12 this depended on the page tables */
	CHECK_EQ(status[3], -EFAULT);
}

TEST(move_pages_names_what_cannot_move)
{
	unsigned int n = first_node(need_moves(1));
	char *p = map(3 * page, RW, ANON, -1);
	void *pages[3] = { p, p + page, (void *)page };
	int nodes[3] = { (int)n, (int)n, (int)n }, status[3] = { 99, 99, 99 };

	p[0] = 1;
	CHECK_EQ(p[page], 0);						/* the page of zeroes */
	CHECK_OK(move(0, 3, pages, nodes, status, MF_MOVE));
	CHECK_EQ(status[0], n);
	CHECK_EQ(status[1], -EFAULT);
	CHECK_EQ(status[2], -EFAULT);
}

TEST(move_pages_refuses_what_makes_no_sense)
{
	unsigned int n = first_node(need_moves(1));
	char *p = map(page, RW, ANON, -1);
	void *pages[1] = { p };
	int nodes[1] = { (int)n }, status[1], none[1] = { 63 }, negative[1] = { -1 };

	p[0] = 1;
	CHECK_ERR(move(0, 1, pages, nodes, status, 64), EINVAL);
	CHECK_ERR(move(0, 1, pages, none, status, MF_MOVE), ENODEV);
	CHECK_ERR(move(0, 1, pages, negative, status, MF_MOVE), ENODEV);
	CHECK_ERR(move(0, 1, NULL, nodes, status, MF_MOVE), EFAULT);
	CHECK_ERR(move(0, 1, pages, nodes, NULL, MF_MOVE), EFAULT);
	CHECK_ERR(move(0, 1, pages, NULL, NULL, MF_MOVE), EFAULT);
	CHECK_ERR(move(0, 1, pages, (int *)16, status, MF_MOVE), EFAULT);
	CHECK_ERR(move(0x3fffffff, 1, pages, nodes, status, MF_MOVE), ESRCH);
	CHECK_OK(move(0, 0, pages, nodes, status, MF_MOVE));
}

TEST(move_pages_moves_private_and_shared_memory_from_node_to_node)
{
	unsigned long allowed = need_moves(2);
	char *p = map(8 * page, RW, ANON, -1), *s = map(8 * page, RW, SHARED_ANON, -1);
	void *pages[16];
	int nodes[16], status[16];

	for (size_t i = 0; i < 8; i++) {
		memset(p + i * page, (int)i + 1, page);
		memset(s + i * page, (int)i + 101, page);
		pages[i] = p + i * page;
		pages[8 + i] = s + i * page;
	}
	for_each_node(n, allowed) {
		for (int i = 0; i < 16; i++)
			nodes[i] = (int)n;
		CHECK_OK(move(0, 16, pages, nodes, status, MF_MOVE));
		for (int i = 0; i < 16; i++) {
			CHECK_EQ(status[i], n);
			CHECK_EQ(*((char *)pages[i] + 77), i < 8 ? i + 1 : i + 93);
			CHECK_EQ(node_of(pages[i]), n);
		}
	}
}

TEST(move_pages_of_several_processes_are_refused_one_by_one)
{
	unsigned long allowed = need_moves(2);
	char *p = map(2 * page, RW, ANON, -1);
	void *pages[2] = { p, p + page };
	int nodes[2], status[2], from;
	pid_t pid;

	need_root();
	p[0] = p[page] = 1;
	from = node_of(p);
	nodes[0] = nodes[1] = (int)first_node(allowed & ~(1UL << from));
	pid = fork_ok();
	if (pid == 0)
		for (;;)
			pause();
	p[page] = 2;						/* ours alone again */
	CHECK_OK(move(0, 2, pages, nodes, status, MF_MOVE));
	CHECK_EQ(status[0], -EACCES);
	CHECK_EQ(status[1], nodes[1]);
	CHECK_OK(move(pid, 1, pages, nodes, status, MF_MOVE_ALL));
	CHECK_EQ(status[0], nodes[0]);
	CHECK_EQ(node_of(p), nodes[0]);				/* ours too: it is the same page */
	kill(pid, SIGKILL);
	CHECK_KILLED(wait_for(pid), SIGKILL);
}

TEST(migrate_pages_moves_a_whole_process)
{
	unsigned long allowed = need_moves(2);
	unsigned int a = first_node(allowed), b = first_node(allowed & (allowed - 1));
	int ready[2], go[2];
	pid_t pid;
	char c;

	CHECK_OK(pipe(ready));
	CHECK_OK(pipe(go));
	pid = fork_ok();
	if (pid == 0) {
		char *p = map(16 * page, RW, ANON, -1);

		CHECK_OK(bind_nodes(p, 16 * page, BIND, 1UL << a, 0));
		memset(p, 5, 16 * page);
		CHECK_EQ(write(ready[1], "r", 1), 1);
		CHECK_EQ(read(go[0], &c, 1), 1);
		for (int i = 0; i < 16; i++) {
			CHECK_EQ(node_of(p + i * page), b);
			CHECK_EQ(p[i * page + 99], 5);
		}
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK(migrate(pid, 1UL << a, 1UL << b) >= 0);
	CHECK_EQ(write(go[1], "g", 1), 1);
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(migrate_pages_refuses_what_makes_no_sense)
{
	unsigned long allowed = need_moves(1), one = allowed & -allowed;

	CHECK_OK(migrate(0, one, one));
	CHECK_ERR(migrate(0x3fffffff, one, one), ESRCH);
	CHECK_ERR(migrate(0, one, 0), EINVAL);
	CHECK_ERR(syscall(SYS_migrate_pages, 0, NODE_BITS, 16, 16), EFAULT);
}

static void as_somebody_else(void *arg)
{
	void *pages[1] = { arg };
	int status[1];

	CHECK_OK(setresgid(1000, 1000, 1000));
	CHECK_OK(setresuid(1000, 1000, 1000));
	CHECK_ERR(move(getppid(), 1, pages, NULL, status, 0), EPERM);
	CHECK_ERR(move(0, 1, pages, status, status, MF_MOVE_ALL), EPERM);
	CHECK_ERR(migrate(getppid(), 1, 1), EPERM);
	CHECK_OK(move(0, 1, pages, NULL, status, 0));
}

TEST(move_pages_of_another_user_needs_privilege)
{
	need_moves(1);
	need_root();
	CHECK_EXIT(in_child(as_somebody_else, map(page, RW, ANON, -1)), 0);
}

/* ---- while others write ---------------------------------------------------------------------- */

#define MOVED_PAGES	16
#define WRITERS		3

static char *arena;
static atomic_bool stop;
static unsigned long written[WRITERS][MOVED_PAGES];

/* Each writer counts up words of its own in all pages. */
static void *count_up(void *arg)
{
	uintptr_t me = (uintptr_t)arg;

	while (!atomic_load(&stop))
		for (size_t i = 0; i < MOVED_PAGES; i++) {
			volatile unsigned long *word = (unsigned long *)(arena + i * page) + me;

			if (*word != written[me][i])
				return (void *)1;
			*word = ++written[me][i];
		}
	return NULL;
}

static void move_about(unsigned long allowed, int rounds)
{
	void *pages[MOVED_PAGES];
	int nodes[MOVED_PAGES], status[MOVED_PAGES];
	unsigned int n = first_node(allowed);

	int64_t end = now_ns() + 8000000000;

	for (int r = 0; r < rounds && now_ns() < end; r++) {
		n = first_node(allowed & ~0UL << (n + 1) ? allowed & ~0UL << (n + 1) : allowed);
		for (size_t i = 0; i < MOVED_PAGES; i++) {
			pages[i] = arena + i * page;
			nodes[i] = (int)n;
		}
		CHECK(move(0, MOVED_PAGES, pages, nodes, status, MF_MOVE) >= 0);
	}
}

static void writers_and_moves(int flags)
{
	unsigned long allowed = need_moves(1);
	pthread_t t[WRITERS];
	void *lost;

	arena = map(MOVED_PAGES * page, RW, flags, -1);
	for (uintptr_t i = 0; i < WRITERS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, count_up, (void *)i), 0);
	move_about(allowed, 300);
	atomic_store(&stop, true);
	for (int i = 0; i < WRITERS; i++) {
		CHECK_EQ(pthread_join(t[i], &lost), 0);
		CHECK(!lost);
	}
}

TEST(move_pages_loses_no_store_to_private_memory)
{
	writers_and_moves(ANON);
}

TEST(move_pages_loses_no_store_to_shared_memory)
{
	writers_and_moves(SHARED_ANON);
}
