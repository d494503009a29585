/* SPDX-License-Identifier: MIT */
/* tests/user/mbind_test.c - mbind(2), set_mempolicy_home_node(2): policies of mappings, on any number of nodes */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "numa.h"

#ifndef MREMAP_MAYMOVE
#define MREMAP_MAYMOVE 1
#endif

/* ---- whose policy? --------------------------------------------------------------------------- */

TEST(mbind_policy_is_that_of_the_range_alone)
{
	unsigned long allowed = need_nodes(1), nodes;
	char *p = map(8 * page, RW, ANON, -1);

	CHECK_OK(bind_nodes(p + 2 * page, 3 * page, BIND, allowed, 0));
	CHECK_EQ(policy_of(p + 2 * page, &nodes), BIND);
	CHECK_EQ(nodes, allowed);
	CHECK_EQ(policy_of(p + 4 * page, &nodes), BIND);
	CHECK_EQ(policy_of(p + page, &nodes), DEFAULT);
	CHECK_EQ(nodes, 0);
	CHECK_EQ(policy_of(p + 5 * page, &nodes), DEFAULT);
	CHECK_OK(bind_nodes(p + 3 * page, page, DEFAULT, 0, 0));
	CHECK_EQ(policy_of(p + 3 * page, &nodes), DEFAULT);
	CHECK_EQ(policy_of(p + 4 * page, &nodes), BIND);
}

TEST(mbind_a_mapping_without_policy_says_default_whatever_the_thread_says)
{
	unsigned long allowed = need_nodes(1), nodes;
	char *p = map(page, RW, ANON, -1);

	CHECK_OK(set_policy(BIND, allowed));
	CHECK_EQ(policy_of(p, &nodes), DEFAULT);
	CHECK_EQ(policy_of(NULL, &nodes), BIND);
}

TEST(mbind_neighbours_with_the_same_policy_are_one_mapping)
{
	unsigned long allowed = need_nodes(1);
	char *p = map(12 * page, RW, ANON, -1) + 2 * page;

	if (maps_count(p, 8 * page) < 0)
		SKIP("no /proc");
	CHECK_EQ(maps_count(p, 8 * page), 1);
	CHECK_OK(bind_nodes(p, 4 * page, INTERLEAVE, allowed, 0));
	CHECK_EQ(maps_count(p, 8 * page), 2);
	CHECK_OK(bind_nodes(p + 4 * page, 4 * page, BIND, allowed, 0));
	CHECK_EQ(maps_count(p, 8 * page), 2);
	CHECK_OK(bind_nodes(p + 4 * page, 4 * page, INTERLEAVE, allowed, 0));
	CHECK_EQ(maps_count(p, 8 * page), 1);
}

TEST(mbind_policy_goes_along_with_splits_moves_and_forks)
{
	unsigned long allowed = need_nodes(1), nodes;
	char *p = map(8 * page, RW, ANON, -1), *to = map(8 * page, PROT_NONE, ANON, -1);
	pid_t pid;

	CHECK_OK(bind_nodes(p, 8 * page, PREFERRED_MANY, allowed, 0));
	CHECK_OK(mprotect(p + 3 * page, page, PROT_READ));
	for (int i = 0; i < 8; i++)
		CHECK_EQ(policy_of(p + i * page, &nodes), PREFERRED_MANY);
	CHECK_OK(mprotect(p + 3 * page, page, RW));
	memset(p, 1, 4 * page);
	pid = fork_ok();
	if (pid == 0) {
		CHECK_OK(bind_nodes(p, page, DEFAULT, 0, 0));
		_exit(policy_of(p + page, &nodes) != PREFERRED_MANY || policy_of(p, &nodes) != DEFAULT);
	}
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_EQ(policy_of(p, &nodes), PREFERRED_MANY);		/* not the child's */
	CHECK(mremap(p, 8 * page, 8 * page, MREMAP_MAYMOVE | 2, to) == to);
	CHECK_EQ(policy_of(to + 7 * page, &nodes), PREFERRED_MANY);
	CHECK_EQ(nodes, allowed);
}

TEST(mbind_node_flags_give_back_the_nodes_as_they_were_asked_for)
{
	unsigned long allowed = need_nodes(1), first = allowed & -allowed, nodes;
	char *p = map(page, RW, ANON, -1);

	CHECK_OK(bind_nodes(p, page, BIND | STATIC_NODES, first | 1UL << 7, 0));
	CHECK_EQ(policy_of(p, &nodes), BIND | STATIC_NODES);
	CHECK_EQ(nodes, first | 1UL << 7);
	CHECK_OK(bind_nodes(p, page, INTERLEAVE | RELATIVE_NODES, 1UL << 6, 0));
	CHECK_EQ(policy_of(p, &nodes), INTERLEAVE | RELATIVE_NODES);
	CHECK_EQ(nodes, 1UL << 6);
	p[0] = 1;
	CHECK(allowed >> node_of(p) & 1);
}

/* ---- which node? ----------------------------------------------------------------------------- */

TEST(mbind_pages_come_from_the_node_of_their_mapping)
{
	unsigned long allowed = need_nodes(1);
	static const int modes[] = { PREFERRED, BIND, INTERLEAVE, PREFERRED_MANY };

	CHECK_OK(set_policy(BIND, allowed & -allowed));		/* which must not count */
	for_each_node(n, allowed)
		for (int m = 0; m < 4; m++) {
			char *p = map(4 * page, RW, ANON, -1);

			CHECK_OK(bind_nodes(p, 4 * page, modes[m], 1UL << n, 0));
			memset(p, 1, 4 * page);
			for (int i = 0; i < 4; i++)
				CHECK_EQ(node_of(p + i * page), n);
			CHECK_OK(munmap(p, 4 * page));
		}
}

TEST(mbind_interleave_goes_by_the_number_of_the_page)
{
	unsigned long allowed = need_nodes(2);
	int count = __builtin_popcountl(allowed), here[64] = { 0 };
	char *p = map(32 * page, RW, ANON, -1);

	CHECK_OK(bind_nodes(p, 32 * page, INTERLEAVE, allowed, 0));
	for (int i = 31; i >= 0; i--)
		p[(size_t)(i * 7 % 32) * page] = 1;
	for (int i = 0; i < 32; i++) {
		here[node_of(p + i * page)]++;
		if (i >= count)
			CHECK_EQ(node_of(p + i * page), node_of(p + (i - count) * page));
	}
	for_each_node(n, allowed)
		CHECK(here[n] >= 32 / count);
}

TEST(mbind_copies_on_write_follow_the_policy_of_their_mapping)
{
	unsigned long allowed = need_nodes(2);
	unsigned int a = first_node(allowed), b = first_node(allowed & (allowed - 1));
	char *p = map(2 * page, RW, ANON, -1);
	pid_t pid;

	CHECK_OK(bind_nodes(p, 2 * page, BIND, 1UL << a, 0));
	p[0] = 1;
	CHECK_EQ(p[page], 0);				/* the page of zeroes */
	CHECK_OK(bind_nodes(p, 2 * page, BIND, 1UL << b, 0));
	CHECK_EQ(node_of(p), a);
	pid = fork_ok();
	if (pid == 0) {
		p[0] = 2;
		_exit(node_of(p) != (int)b);
	}
	CHECK_EXIT(wait_for(pid), 0);
	p[page] = 1;
	CHECK_EQ(node_of(p + page), b);
}

/* ---- shared memory --------------------------------------------------------------------------- */

TEST(mbind_policy_of_shared_memory_belongs_to_the_object)
{
	unsigned long allowed = need_nodes(1), nodes;
	unsigned int last = 63U - (unsigned int)__builtin_clzl(allowed);
	int fd = (int)syscall(SYS_memfd_create, "object", 0);
	char *p, *q;

	CHECK_OK(fd);
	CHECK_OK(ftruncate(fd, (off_t)(8 * page)));
	p = map(8 * page, RW, MAP_SHARED, fd);
	q = map(8 * page, RW, MAP_SHARED, fd);
	CHECK_OK(bind_nodes(p + 2 * page, 4 * page, BIND, 1UL << last, 0));
	CHECK_EQ(policy_of(q + 2 * page, &nodes), BIND);
	CHECK_EQ(policy_of(q + 5 * page, &nodes), BIND);
	CHECK_EQ(policy_of(q + 6 * page, &nodes), DEFAULT);
	CHECK_OK(bind_nodes(p + 3 * page, page, DEFAULT, 0, 0));	/* a hole in the range */
	CHECK_EQ(policy_of(p + 2 * page, &nodes), BIND);
	CHECK_EQ(policy_of(q + 3 * page, &nodes), DEFAULT);
	CHECK_EQ(policy_of(q + 4 * page, &nodes), BIND);
	q[4 * page] = 1;
	CHECK_EQ(node_of(p + 4 * page), last);
	CHECK_OK(munmap(p, 8 * page));
	CHECK_OK(munmap(q, 8 * page));
	CHECK_EQ(pwrite(fd, "x", 1, (off_t)(5 * page)), 1);		/* nobody maps it */
	p = map(8 * page, RW, MAP_SHARED, fd);
	CHECK_EQ(policy_of(p + 5 * page, &nodes), BIND);
	CHECK_EQ(node_of(p + 5 * page), last);
	CHECK_OK(bind_nodes(p, 8 * page, INTERLEAVE, allowed, 0));	/* over all of the old ranges */
	for (int i = 0; i < 8; i++)
		CHECK_EQ(policy_of(p + i * page, &nodes), INTERLEAVE);
	CHECK_OK(close(fd));
}

TEST(mbind_of_a_system_v_segment_is_seen_by_all_who_attach_it)
{
	unsigned long allowed = need_nodes(1), nodes;
	int id = shmget(IPC_PRIVATE, 4 * page, 0600);
	char *p, *q;

	if (id < 0)
		SKIP("no System V shared memory: %s", test_errno());
	p = shmat(id, NULL, 0);
	q = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	CHECK(p != (char *)-1 && q != (char *)-1);
	CHECK_OK(bind_nodes(p, 2 * page, PREFERRED, allowed & -allowed, 0));
	CHECK_EQ(policy_of(q + page, &nodes), PREFERRED);
	CHECK_EQ(policy_of(q + 2 * page, &nodes), DEFAULT);
	CHECK_OK(shmdt(p));
	CHECK_EQ(policy_of(q, &nodes), PREFERRED);
}

/* ---- pages that are there -------------------------------------------------------------------- */

TEST(mbind_strict_refuses_pages_on_wrong_nodes_and_changes_nothing)
{
	unsigned long allowed = need_nodes(2), nodes;
	unsigned int a = first_node(allowed), b = first_node(allowed & (allowed - 1));
	char *p = map(4 * page, RW, ANON, -1);

	CHECK_OK(bind_nodes(p, 4 * page, BIND, 1UL << a, 0));
	p[2 * page] = 1;
	CHECK_ERR(bind_nodes(p, 4 * page, BIND, 1UL << b, MF_STRICT), EIO);
	CHECK_EQ(policy_of(p, &nodes), BIND);
	CHECK_EQ(nodes, 1UL << a);
	CHECK_OK(bind_nodes(p, 4 * page, BIND, 1UL << a, MF_STRICT));
	CHECK_OK(bind_nodes(p, 4 * page, BIND, 1UL << b, MF_STRICT | MF_MOVE));
	CHECK_EQ(node_of(p + 2 * page), b);
}

static void fill(char *p, int pages)
{
	for (int i = 0; i < pages; i++)
		memset(p + i * page, 'a' + i, page);
}

static void check_filled(const char *p, int pages)
{
	for (int i = 0; i < pages; i++)
		for (size_t k = 0; k < page; k += 97)
			CHECK_EQ(p[i * page + k], 'a' + i);
}

TEST(mbind_move_takes_the_pages_along_with_their_bytes)
{
	unsigned long allowed = need_nodes(2);
	int fd = (int)syscall(SYS_memfd_create, "object", 0);
	char *p = map(8 * page, RW, ANON, -1), *s;

	CHECK_OK(ftruncate(fd, (off_t)(8 * page)));
	s = map(8 * page, RW, MAP_SHARED, fd);
	fill(p, 8);
	fill(s, 8);
	for_each_node(n, allowed) {
		CHECK_OK(bind_nodes(p, 8 * page, BIND, 1UL << n, MF_MOVE | MF_STRICT));
		CHECK_OK(bind_nodes(s, 8 * page, BIND, 1UL << n, MF_MOVE));
		check_filled(p, 8);
		check_filled(s, 8);
		for (int i = 0; i < 8; i++) {
			CHECK_EQ(node_of(p + i * page), n);
			CHECK_EQ(node_of(s + i * page), n);
		}
	}
	CHECK_OK(close(fd));
}

TEST(mbind_move_leaves_pages_of_several_processes_and_move_all_takes_them)
{
	unsigned long allowed = need_nodes(2);
	unsigned int a = first_node(allowed), b = first_node(allowed & (allowed - 1));
	char *p = map(4 * page, RW, ANON, -1);
	pid_t pid;

	need_root();
	CHECK_OK(bind_nodes(p, 4 * page, BIND, 1UL << a, 0));
	fill(p, 4);
	pid = fork_ok();
	if (pid == 0)
		for (;;)
			pause();
	CHECK_OK(bind_nodes(p, 4 * page, BIND, 1UL << b, MF_MOVE));
	CHECK_EQ(node_of(p), a);
	CHECK_OK(bind_nodes(p, 4 * page, BIND, 1UL << b, MF_MOVE_ALL | MF_STRICT));
	CHECK_EQ(node_of(p), b);
	check_filled(p, 4);
	kill(pid, SIGKILL);
	CHECK_KILLED(wait_for(pid), SIGKILL);
}

/* ---- home nodes ------------------------------------------------------------------------------ */

static long home_node(void *p, size_t size, unsigned long node, unsigned long flags)
{
	return syscall(SYS_set_mempolicy_home_node, p, size, node, flags);
}

TEST(home_node_is_for_ranges_with_a_set_of_nodes_alone)
{
	unsigned long allowed = need_nodes(1), nodes;
	unsigned int n = first_node(allowed);
	char *p = map(4 * page, RW, ANON, -1);

	if (home_node(p, page, n, 0) < 0 && errno == ENOSYS)
		SKIP("a kernel before 5.17");
	CHECK_ERR(home_node(p, 4 * page, n, 0), ENOENT);
	CHECK_OK(bind_nodes(p + page, page, BIND, allowed, 0));
	CHECK_OK(home_node(p + page, page, n, 0));
	CHECK_EQ(policy_of(p + page, &nodes), BIND);
	CHECK_OK(bind_nodes(p + 2 * page, page, INTERLEAVE, allowed, 0));
	CHECK_ERR(home_node(p + 2 * page, page, n, 0), EOPNOTSUPP);
	CHECK_ERR(home_node(p + page, page, n, 1), EINVAL);
	CHECK_ERR(home_node(p + page, page, 70000, 0), EINVAL);
	CHECK_ERR(home_node(p + 1, page, n, 0), EINVAL);
	CHECK_OK(home_node(p, 0, n, 0));
}

TEST(home_node_is_where_a_bound_page_is_looked_for_first)
{
	unsigned long allowed = need_nodes(2);

	for_each_node(n, allowed) {
		char *p = map(page, RW, ANON, -1);

		CHECK_OK(bind_nodes(p, page, BIND, allowed, 0));
		if (home_node(p, page, n, 0) < 0 && errno == ENOSYS)
			SKIP("a kernel before 5.17");
		p[0] = 1;
		CHECK_EQ(node_of(p), n);
	}
}

/* ---- what is refused, and what is shown ------------------------------------------------------ */

TEST(mbind_arguments_that_make_no_sense_are_refused)
{
	unsigned long allowed = need_nodes(1), far[NODE_WORDS * 8] = { 0 };
	char *p = map(4 * page, RW, ANON, -1);

	far[100] = 1;
	CHECK_ERR(bind_nodes(p + 1, page, BIND, allowed, 0), EINVAL);
	CHECK_ERR(bind_nodes(p, page, 77, allowed, 0), EINVAL);
	CHECK_ERR(bind_nodes(p, page, BIND | STATIC_NODES | RELATIVE_NODES, allowed, 0), EINVAL);
	CHECK_ERR(bind_nodes(p, page, BIND, 0, 0), EINVAL);
	CHECK_ERR(bind_nodes(p, page, DEFAULT, allowed, 0), EINVAL);
	CHECK_ERR(bind_nodes(p, page, LOCAL, allowed, 0), EINVAL);
	CHECK_ERR(bind_nodes(p, page, BIND, allowed, 64), EINVAL);
	CHECK_ERR(bind_nodes(p, ~0UL - page, BIND, allowed, 0), EINVAL);
	CHECK_ERR(syscall(SYS_mbind, p, page, BIND, far, NODE_WORDS * 8 * 64 + 1, 0), EINVAL);
	CHECK_ERR(syscall(SYS_mbind, p, page, BIND, 16, NODE_BITS, 0), EFAULT);
	CHECK_OK(munmap(p + 2 * page, page));
	CHECK_ERR(bind_nodes(p, 4 * page, BIND, allowed, 0), EFAULT);
	CHECK_OK(bind_nodes(p, 0, BIND, allowed, 0));
	CHECK_OK(bind_nodes(p, page - 1, BIND, allowed, 0));
}

static void without_privilege(void *arg)
{
	char *p = arg;
	unsigned long allowed = need_nodes(1);

	CHECK_OK(setresuid(1000, 1000, 1000));
	CHECK_ERR(bind_nodes(p, page, BIND, allowed, MF_MOVE_ALL), EPERM);
	CHECK_OK(bind_nodes(p, page, BIND, allowed, MF_MOVE));
}

TEST(mbind_move_all_needs_privilege)
{
	need_nodes(1);
	need_root();
	CHECK_EXIT(in_child(without_privilege, map(page, RW, ANON, -1)), 0);
}

/* The word behind the address of @p in numa_maps. */
static void policy_shown(const char *file, const char *p, char word[64])
{
	char line[512];
	FILE *f = fopen(file, "r");

	if (!f)
		SKIP("no %s", file);
	*word = '\0';
	while (fgets(line, sizeof(line), f))
		if (strtoul(line, NULL, 16) == (uintptr_t)p)
			CHECK_EQ(sscanf(line, "%*x %63s", word), 1);
	fclose(f);
}

TEST(numa_maps_shows_the_threads_policy_where_a_mapping_has_none)
{
	unsigned long nodes = need_nodes(1), one = nodes & -nodes;
	char *p = map(3 * page, RW, ANON, -1), word[64], want[64];

	CHECK_OK(bind_nodes(p + page, page, BIND, one, 0));
	CHECK_OK(set_policy(INTERLEAVE, one));
	snprintf(want, sizeof(want), "interleave:%u", first_node(nodes));
	policy_shown("/proc/self/numa_maps", p, word);
	CHECK(!strcmp(word, want));
	policy_shown("/proc/thread-self/numa_maps", p + 2 * page, word);
	CHECK(!strcmp(word, want));
	policy_shown("/proc/self/numa_maps", p + page, word);
	CHECK(!strncmp(word, "bind:", 5));
	CHECK_OK(set_policy(DEFAULT, 0));
	policy_shown("/proc/self/numa_maps", p, word);
	CHECK(!strcmp(word, "default"));
}

TEST(numa_maps_shows_the_policy_of_each_mapping)
{
	unsigned long allowed = need_nodes(1);
	char *p = map(3 * page, RW, ANON, -1), line[512], want[32];
	int seen = 0;
	FILE *f;

	CHECK_OK(bind_nodes(p + page, page, BIND | STATIC_NODES, allowed & -allowed, 0));
	snprintf(want, sizeof(want), " bind=static:%u ", first_node(allowed));
	p[page] = 1;
	f = fopen("/proc/self/numa_maps", "r");
	if (!f)
		SKIP("no /proc/self/numa_maps");
	while (fgets(line, sizeof(line), f))
		if (strtoul(line, NULL, 16) == (uintptr_t)(p + page))
			seen += strstr(line, want) != NULL;
	fclose(f);
	CHECK_EQ(seen, 1);
}
