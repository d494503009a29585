/* SPDX-License-Identifier: MIT */
/*
 * lib/interval_tree.c - which intervals overlap this one?
 *
 *                 [20,25] 60          the second number is subtree_last: the largest `last` of
 *                /           \        the node and everything below it. A search for [40,50]
 *          [5,12] 60       [30,35] 35 does not enter [30,35]'s subtree: it ends too early.
 *              \
 *            [8,60] 60
 *
 * ALWAYS TRUE    I1  nodes are in order of start; equal ones in order of insertion.
 *                I2  subtree_last == max(last, left->subtree_last, right->subtree_last).
 *
 * Why the search may turn left without looking back: if the left subtree holds some interval that
 * ends at or after the query's start, then either it overlaps, or it begins after the query ends
 * and so does everything to its right. The answer is on the left, or there is none.
 *
 * LOCKS          the caller's (for i_mmap and anon_vma: see mm/rmap.c)
 * READ NEXT      rbtree.c
 */
#include <lib/interval_tree.h>

static inline struct interval_tree_node *node_of(struct rb_node *rb)
{
	return rb_entry(rb, struct interval_tree_node, rb);
}

/* I2 computed from the node and its children. */
static inline unsigned long compute_last(const struct interval_tree_node *node)
{
	unsigned long last = node->last;

	if (node->rb.rb_left)
		last = max(last, node_of(node->rb.rb_left)->subtree_last);
	if (node->rb.rb_right)
		last = max(last, node_of(node->rb.rb_right)->subtree_last);
	return last;
}

static void last_propagate(struct rb_node *rb, struct rb_node *stop)
{
	while (rb != stop) {
		struct interval_tree_node *node = node_of(rb);
		unsigned long last = compute_last(node);

		if (node->subtree_last == last)
			return;
		node->subtree_last = last;
		rb = rb_parent(rb);
	}
}

static void last_copy(struct rb_node *old, struct rb_node *new)
{
	node_of(new)->subtree_last = node_of(old)->subtree_last;
}

static void last_rotate(struct rb_node *old, struct rb_node *new)
{
	last_copy(old, new);
	node_of(old)->subtree_last = compute_last(node_of(old));
}

static const struct rb_augment_callbacks last_callbacks = {
	.propagate = last_propagate,
	.copy = last_copy,
	.rotate = last_rotate,
};

void interval_tree_insert(struct interval_tree_node *node, struct rb_root *root)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		struct interval_tree_node *p = node_of(*link);

		parent = *link;
		if (p->subtree_last < node->last)
			p->subtree_last = node->last;
		link = node->start < p->start ? &parent->rb_left : &parent->rb_right;
	}
	node->subtree_last = node->last;
	rb_link_node(&node->rb, parent, link);
	rb_insert_augmented(&node->rb, root, &last_callbacks);
}

void interval_tree_remove(struct interval_tree_node *node, struct rb_root *root)
{
	rb_erase_augmented(&node->rb, root, &last_callbacks);
}

/* May @node stay where it is with @start as its key? Behind equal ones, as if it were inserted now. */
static bool keeps_place(struct interval_tree_node *node, unsigned long start)
{
	struct rb_node *prev = rb_prev(&node->rb), *next = rb_next(&node->rb);

	return (!prev || node_of(prev)->start <= start) && (!next || start < node_of(next)->start);
}

void interval_tree_update(struct interval_tree_node *node, struct rb_root *root,
			  unsigned long start, unsigned long last)
{
	bool stays = (start == node->start && last == node->last) || keeps_place(node, start);

	if (!stays)
		interval_tree_remove(node, root);
	node->start = start;
	node->last = last;
	if (stays)
		last_propagate(&node->rb, NULL);
	else
		interval_tree_insert(node, root);
}

/* Whether something below @rb (maybe NULL) ends at or after @start. */
static inline bool reaches(struct rb_node *rb, unsigned long start)
{
	return rb && node_of(rb)->subtree_last >= start;
}

/* Leftmost overlap in the subtree of @rb, which reaches @start. */
static struct interval_tree_node *search_subtree(struct rb_node *rb, unsigned long start,
						 unsigned long last)
{
	for (;;) {
		struct interval_tree_node *node = node_of(rb);

		if (reaches(rb->rb_left, start)) {
			rb = rb->rb_left;
			continue;
		}
		if (node->start > last)
			return NULL;
		if (node->last >= start)
			return node;
		if (!reaches(rb->rb_right, start))
			return NULL;
		rb = rb->rb_right;
	}
}

struct interval_tree_node *interval_tree_iter_first(struct rb_root *root,
						    unsigned long start, unsigned long last)
{
	if (!reaches(root->rb_node, start))
		return NULL;
	return search_subtree(root->rb_node, start, last);
}

struct interval_tree_node *interval_tree_iter_next(struct interval_tree_node *node,
						   unsigned long start, unsigned long last)
{
	struct rb_node *rb = &node->rb;

	for (;;) {
		struct rb_node *parent;

		if (reaches(rb->rb_right, start))
			return search_subtree(rb->rb_right, start, last);
		while ((parent = rb_parent(rb)) && parent->rb_right == rb)
			rb = parent;
		if (!parent || node_of(parent)->start > last)
			return NULL;
		if (node_of(parent)->last >= start)
			return node_of(parent);
		rb = parent;
	}
}

long interval_tree_check(const struct rb_root *root)
{
	struct interval_tree_node *node;
	unsigned long start = 0;

	rb_for_each_entry(node, root, rb) {
		if (node->start < start || node->last < node->start)
			return -1;
		if (node->subtree_last != compute_last(node))
			return -1;
		start = node->start;
	}
	return rb_check(root);
}
