/* SPDX-License-Identifier: MIT */
/*
 * tests/host/lib_hooks.c - what does lib/ get when no kernel is above it?
 *
 * lib/ asks the layer above for memory for radix tree nodes, for names of addresses, and reports
 * broken reference counts to it. Here these are malloc with a failure switch, a fixed name, and a
 * counter, so that tests can count, inject and observe.
 *
 * LOCKS          none: every test program has one thread
 */
#include <lib/printf.h>
#include <lib/radix_tree.h>
#include <lib/refcount.h>
#include <stdlib.h>
#include "lib_hooks.h"

long radix_nodes_live;
long radix_allocs_until_failure = -1;
int refcount_bugs;

struct radix_tree_node *radix_tree_node_alloc(void)
{
	struct radix_tree_node *node;

	if (radix_allocs_until_failure == 0)
		return NULL;
	if (radix_allocs_until_failure > 0)
		radix_allocs_until_failure--;
	node = malloc(sizeof(*node));
	if (node)
		radix_nodes_live++;
	return node;
}

void radix_tree_node_free(struct radix_tree_node *node)
{
	radix_nodes_live--;
	free(node);
}

void refcount_bug(const char *what, void *ref)
{
	refcount_bugs++;
}

/* Only one address has a name. */
int printf_symbol(char *buf, size_t size, unsigned long address)
{
	if (address != NAMED_ADDRESS)
		return 0;
	return scnprintf(buf, size, "start+0x%x", 16);
}
