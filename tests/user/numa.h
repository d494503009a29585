/* SPDX-License-Identifier: MIT */
/* tests/user/numa.h - the system calls about nodes, which the C library leaves to libnuma */
#ifndef TESTS_USER_NUMA_H
#define TESTS_USER_NUMA_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "utest.h"

enum { DEFAULT, PREFERRED, BIND, INTERLEAVE, LOCAL, PREFERRED_MANY };
#define F_NODE		1
#define F_ADDR		2
#define F_MEMS_ALLOWED	4
#define MF_STRICT	1
#define MF_MOVE		2
#define MF_MOVE_ALL	4
#define STATIC_NODES	(1 << 15)
#define RELATIVE_NODES	(1 << 14)
#define NODE_BITS	1025UL		/* maxnode: 1024 nodes, more than any kernel of these tests has */
#define NODE_WORDS	16

#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif

static inline long set_policy(int mode, unsigned long nodes)
{
	unsigned long mask[NODE_WORDS] = { nodes };

	return syscall(SYS_set_mempolicy, mode, nodes ? mask : NULL, nodes ? NODE_BITS : 0);
}

/* bind_nodes - mbind(2) to the first 64 nodes */
static inline long bind_nodes(void *p, size_t size, int mode, unsigned long nodes, unsigned int flags)
{
	unsigned long mask[NODE_WORDS] = { nodes };

	return syscall(SYS_mbind, p, size, mode, nodes ? mask : NULL, nodes ? NODE_BITS : 0, flags);
}

/* policy_of - mode and flags of what is mapped at @p (NULL: of the thread), and its nodes */
static inline int policy_of(void *p, unsigned long *nodes)
{
	unsigned long mask[NODE_WORDS];
	int mode = -1;

	CHECK_OK(syscall(SYS_get_mempolicy, &mode, mask, NODE_BITS, p, p ? F_ADDR : 0));
	*nodes = mask[0];
	return mode;
}

/* node_of - where the page at @p is */
static inline int node_of(void *p)
{
	int node = -1;

	CHECK_OK(syscall(SYS_get_mempolicy, &node, NULL, 0, p, F_NODE | F_ADDR));
	return node;
}

/* need_nodes - the set of nodes with memory; SKIP where there are no policies, or fewer than @min nodes */
static inline unsigned long need_nodes(int min)
{
	unsigned long mask[NODE_WORDS] = { 0 };

	if (syscall(SYS_get_mempolicy, NULL, mask, NODE_BITS, NULL, F_MEMS_ALLOWED) < 0) {
		if (errno == ENOSYS || errno == EPERM)
			SKIP("no memory policies here");
		FAIL("get_mempolicy: %s", test_errno());
	}
	if (__builtin_popcountl(mask[0]) < min)
		SKIP("needs %d nodes with memory", min);
	return mask[0];
}

static inline unsigned int first_node(unsigned long nodes)
{
	return (unsigned int)__builtin_ctzl(nodes);
}

#define for_each_node(n, nodes) \
	for (unsigned int n = 0; n < 64; n++) \
		if (!((nodes) >> n & 1)) { } else

#endif
