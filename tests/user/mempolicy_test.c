/* SPDX-License-Identifier: MIT */
/* tests/user/mempolicy_test.c - set_mempolicy(2), get_mempolicy(2) and getcpu(2) on any number of nodes */
#include "utest.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT		0
#define PREFERRED	1
#define BIND		2
#define INTERLEAVE	3
#define LOCAL		4
#define F_NODE		1
#define F_ADDR		2
#define F_MEMS_ALLOWED	4
#define STATIC_NODES	(1 << 15)
#define BITS		1025UL			/* maxnode: 1024 nodes, more than any kernel of this test has */
#define WORDS		16

static long set_policy(int mode, const unsigned long *mask, unsigned long maxnode)
{
	return syscall(SYS_set_mempolicy, mode, mask, maxnode);
}

static long get_policy(int *mode, unsigned long *mask, unsigned long maxnode, void *addr, unsigned long flags)
{
	return syscall(SYS_get_mempolicy, mode, mask, maxnode, addr, flags);
}

/* A kernel may be built without nodes. */
static void need_nodes(void)
{
	if (get_policy(NULL, NULL, 0, NULL, 0) < 0 && (errno == ENOSYS || errno == EPERM))
		SKIP("no memory policies here");
}

TEST(mempolicy_of_a_new_program_is_the_default)
{
	unsigned long mask[WORDS] = { 7 };
	int mode = 7;

	need_nodes();
	CHECK_OK(set_policy(DEFAULT, NULL, 0));
	CHECK_OK(get_policy(&mode, mask, BITS, NULL, 0));
	CHECK_EQ(mode, DEFAULT);
	CHECK_EQ(mask[0], 0);
}

TEST(mempolicy_set_is_got_back_and_inherited_by_a_child)
{
	unsigned long allowed[WORDS], mask[WORDS];
	int mode, status;
	pid_t pid;

	need_nodes();
	CHECK_OK(get_policy(NULL, allowed, BITS, NULL, F_MEMS_ALLOWED));
	CHECK(allowed[0] != 0);
	CHECK_OK(set_policy(INTERLEAVE, allowed, BITS));
	CHECK_OK(get_policy(&mode, mask, BITS, NULL, 0));
	CHECK_EQ(mode, INTERLEAVE);
	CHECK_EQ(mask[0], allowed[0]);
	CHECK_OK(get_policy(&mode, NULL, 0, NULL, F_NODE));
	CHECK(allowed[0] >> mode & 1);
	pid = fork();
	CHECK_OK(pid);
	if (pid == 0)
		_exit(get_policy(&mode, mask, BITS, NULL, 0) || mode != INTERLEAVE || mask[0] != allowed[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_OK(set_policy(BIND, allowed, BITS));
	CHECK_OK(get_policy(&mode, NULL, 0, NULL, 0));
	CHECK_EQ(mode, BIND);
}

TEST(mempolicy_bound_memory_comes_from_the_nodes_asked_for)
{
	unsigned long allowed[WORDS];
	char *p;
	int node;

	need_nodes();
	CHECK_OK(get_policy(NULL, allowed, BITS, NULL, F_MEMS_ALLOWED));
	for (unsigned int n = 0; n < 64; n++) {
		unsigned long one[WORDS] = { 1UL << n };

		if (!(allowed[0] >> n & 1))
			continue;
		CHECK_OK(set_policy(BIND, one, BITS));
		p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(p != MAP_FAILED);
		p[5] = 1;
		CHECK_OK(get_policy(&node, NULL, 0, p, F_NODE | F_ADDR));
		CHECK_EQ(node, n);
		CHECK_OK(munmap(p, 65536));
	}
}

TEST(mempolicy_arguments_that_make_no_sense_are_refused)
{
	unsigned long one[WORDS] = { 1 }, none[WORDS] = { 0 }, far[WORDS * 8] = { 0 };
	int mode;

	need_nodes();
	far[100] = 1;
	CHECK_ERR(set_policy(-1, NULL, 0), EINVAL);
	CHECK_ERR(set_policy(77, one, BITS), EINVAL);
	CHECK_ERR(set_policy(DEFAULT, one, BITS), EINVAL);
	CHECK_ERR(set_policy(LOCAL, one, BITS), EINVAL);
	CHECK_ERR(set_policy(BIND, none, BITS), EINVAL);
	CHECK_ERR(set_policy(BIND, NULL, 0), EINVAL);
	CHECK_ERR(set_policy(INTERLEAVE, far, WORDS * 8 * 64 + 1), EINVAL);
	CHECK_ERR(set_policy(BIND, one, 1UL << 40), EINVAL);
	CHECK_ERR(set_policy(BIND | STATIC_NODES | STATIC_NODES >> 1, one, BITS), EINVAL);
	CHECK_ERR(set_policy(BIND, (unsigned long *)16, BITS), EFAULT);
	CHECK_ERR(get_policy(&mode, NULL, 0, NULL, 64), EINVAL);
	CHECK_ERR(get_policy(&mode, NULL, 0, &mode, 0), EINVAL);
	CHECK_ERR(get_policy(&mode, NULL, 0, (void *)16, F_ADDR), EFAULT);
	CHECK_ERR(get_policy(&mode, NULL, 0, NULL, F_MEMS_ALLOWED | F_NODE), EINVAL);
	CHECK_ERR(get_policy((int *)16, NULL, 0, NULL, 0), EFAULT);
	CHECK_OK(set_policy(DEFAULT, NULL, 0));
	CHECK_ERR(get_policy(&mode, NULL, 0, NULL, F_NODE), EINVAL);
}

TEST(mempolicy_preferred_without_a_node_is_local)
{
	int mode;

	need_nodes();
	CHECK_OK(set_policy(PREFERRED, NULL, 0));
	CHECK_OK(get_policy(&mode, NULL, 0, NULL, 0));
	CHECK_EQ(mode, LOCAL);
}

TEST(getcpu_names_a_node_that_exists)
{
	unsigned int cpu = ~0U, node = ~0U;

	CHECK_OK(syscall(SYS_getcpu, &cpu, &node, NULL));
	CHECK(cpu < 4096 && node < 1024);
}

/* A page that is there has a node; to bring one in takes the right to read it. */
TEST(mempolicy_node_of_an_address_needs_a_page_or_the_right_to_read)
{
	static const int prots[] = { PROT_READ, PROT_WRITE, PROT_EXEC, PROT_NONE };
	int node;

	need_nodes();
	for (int i = 0; i < 4; i++) {
		char *there = map(page, RW, ANON, -1), *missing = map(page, prots[i], ANON, -1);

		there[0] = 1;
		CHECK_OK(mprotect(there, page, prots[i]));
		if (prots[i] == PROT_NONE)
			CHECK_ERR(get_policy(&node, NULL, 0, there, F_NODE | F_ADDR), EFAULT);
		else
			CHECK_OK(get_policy(&node, NULL, 0, there, F_NODE | F_ADDR));
		if (prots[i] == PROT_READ)
			CHECK_OK(get_policy(&node, NULL, 0, missing, F_NODE | F_ADDR));
		else
			CHECK_ERR(get_policy(&node, NULL, 0, missing, F_NODE | F_ADDR), EFAULT);
	}
}
