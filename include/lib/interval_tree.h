/* SPDX-License-Identifier: MIT */
/*
 * lib/interval_tree.h - which of these intervals overlap [start, last]?
 *
 * A red-black tree sorted by start, each node augmented with the largest `last` of its subtree,
 * so a search skips subtrees that end too early: O(log n + answers). Intervals are closed:
 * both ends belong to them, so start <= last, and one that ends at ULONG_MAX is possible.
 * Equal intervals may be in the tree together. The caller's lock covers the tree.
 */
#ifndef LIB_INTERVAL_TREE_H
#define LIB_INTERVAL_TREE_H

#include <lib/rbtree.h>

struct interval_tree_node {
	struct rb_node rb;
	unsigned long start;		/* first unit inside; set by the user before insert */
	unsigned long last;		/* last unit inside, >= start; set by the user */
	unsigned long subtree_last;	/* largest last in this subtree; kept by the tree */
};

/* interval_tree_insert - add @node, whose start and last are set and stay as they are */
void interval_tree_insert(struct interval_tree_node *node, struct rb_root *root);

/* interval_tree_update - new ends for @node, which is in the tree; the same as remove and insert, but cheaper */
void interval_tree_update(struct interval_tree_node *node, struct rb_root *root,
			  unsigned long start, unsigned long last);

/* interval_tree_remove - take @node, which is in the tree, out */
void interval_tree_remove(struct interval_tree_node *node, struct rb_root *root);

/*
 * interval_tree_iter_first - leftmost node that overlaps [@start, @last], or NULL
 * interval_tree_iter_next - the one after @node that overlaps the same range, or NULL
 * Answers come sorted by start.
 */
struct interval_tree_node *interval_tree_iter_first(struct rb_root *root,
						    unsigned long start, unsigned long last);
struct interval_tree_node *interval_tree_iter_next(struct interval_tree_node *node,
						   unsigned long start, unsigned long last);

/*
 * interval_tree_check - rb_check(), order by start, and every subtree_last; for tests
 * returns: number of nodes, or -1
 */
long interval_tree_check(const struct rb_root *root);

/* Loop over the nodes that overlap [start, last]; the body does not change the tree. */
#define interval_tree_for_each(pos, root, first_, last_) \
	for ((pos) = interval_tree_iter_first(root, first_, last_); (pos); \
	     (pos) = interval_tree_iter_next(pos, first_, last_))

#endif
