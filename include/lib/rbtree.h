/* SPDX-License-Identifier: MIT */
/*
 * lib/rbtree.h - red-black trees: sorted sets with O(log n) insert, erase and neighbours
 *
 * The tree knows no keys. The user descends from root->rb_node, links the new node at the leaf
 * it found (rb_link_node), then lets the tree rebalance (rb_insert_color):
 *
 *	struct rb_node **link = &root->rb_node, *parent = NULL;
 *
 *	while (*link) {
 *		parent = *link;
 *		link = key < rb_entry(parent, struct thing, rb)->key ? &parent->rb_left
 *								     : &parent->rb_right;
 *	}
 *	rb_link_node(&new->rb, parent, link);
 *	rb_insert_color(&new->rb, root);
 *
 * An augmented tree also keeps, in each node, a value computed from its subtree (largest gap,
 * latest end). Its user supplies struct rb_augment_callbacks and calls the _augmented pair.
 * The caller's lock covers tree and nodes; nothing here allocates or sleeps.
 */
#ifndef LIB_RBTREE_H
#define LIB_RBTREE_H

#include <lib/compiler.h>
#include <lib/types.h>

enum rb_color {
	RB_RED   = 0,
	RB_BLACK = 1,
};

enum rb_side {
	RB_LEFT  = 0,
	RB_RIGHT = 1,
};

struct rb_node {
	unsigned long rb_parent_color;	/* parent's address; bit 0 is enum rb_color */
	union {
		struct {
			struct rb_node *rb_left;
			struct rb_node *rb_right;
		};
		struct rb_node *rb_child[2];	/* the same by enum rb_side */
	};
} __aligned(sizeof(long));

struct rb_root {
	struct rb_node *rb_node;
};

/*
 * What an augmented tree asks of its user. A node's value depends on the node and on the values
 * of its two children only.
 */
struct rb_augment_callbacks {
	/* Recompute the values of @node and its ancestors, up to but excluding @stop (or NULL);
	 * may end early at a node whose value did not change. @node may be NULL. */
	void (*propagate)(struct rb_node *node, struct rb_node *stop);
	/* @node takes the place of @old, whose subtree is the same: copy the value. */
	void (*copy)(struct rb_node *old, struct rb_node *node);
	/* @node has become the parent of @old: copy @old's value up, then recompute @old's. */
	void (*rotate)(struct rb_node *old, struct rb_node *node);
};

#define RB_ROOT			((struct rb_root){ NULL })
#define RB_EMPTY_ROOT(root)	(READ_ONCE((root)->rb_node) == NULL)
#define rb_entry(ptr, type, member)	container_of(ptr, type, member)

/* The object around a node, NULL for NULL. */
#define rb_entry_safe(ptr, type, member) __extension__({ \
	struct rb_node *rb_ptr_ = (ptr); \
	rb_ptr_ ? rb_entry(rb_ptr_, type, member) : NULL; })

/* A cleared node is in no tree: RB_EMPTY_NODE tells, for nodes cleared before and after use. */
#define RB_EMPTY_NODE(node)	((node)->rb_parent_color == (unsigned long)(node))
#define RB_CLEAR_NODE(node)	((node)->rb_parent_color = (unsigned long)(node))

/* rb_parent - parent of @node, NULL at the root */
static inline struct rb_node *rb_parent(const struct rb_node *node)
{
	return (struct rb_node *)(node->rb_parent_color & ~3UL);
}

/* rb_color - colour of @node */
static inline enum rb_color rb_color(const struct rb_node *node)
{
	return (enum rb_color)(node->rb_parent_color & 1);
}

/* rb_link_node - hang @node as a red leaf under @parent at @link (&parent->rb_left, ...) */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->rb_parent_color = (unsigned long)parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

/* rb_insert_color - rebalance after rb_link_node() of @node */
void rb_insert_color(struct rb_node *node, struct rb_root *root);

/* rb_erase - remove @node, which is in the tree; its fields are stale afterwards */
void rb_erase(struct rb_node *node, struct rb_root *root);

/*
 * rb_insert_augmented - rb_insert_color() for an augmented tree
 * The caller has set @node's own value (as of a leaf) and updated its ancestors' on the way down,
 * or calls ops->propagate(parent, NULL) before this.
 */
void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *ops);

/* rb_erase_augmented - rb_erase() that keeps all remaining values right */
void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *ops);

/* rb_replace_node - @node takes @victim's place; their keys must sort alike (values: copy them) */
void rb_replace_node(struct rb_node *victim, struct rb_node *node, struct rb_root *root);

/* First and last node of the tree in order; NULL when it is empty. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);

/* In-order neighbours of a node that is in a tree; NULL at either end. */
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/*
 * rb_check - is this a red-black tree? For tests and debug builds; recursion-free, O(n)
 * returns: number of nodes, or -1 when a parent link is wrong, a red node has a red child, the
 * root is red, or two paths differ in black nodes
 */
long rb_check(const struct rb_root *root);

/* In-order loop over objects; the body removes none. */
#define rb_for_each_entry(pos, root, member) \
	for ((pos) = rb_entry_safe(rb_first(root), __typeof__(*(pos)), member); (pos); \
	     (pos) = rb_entry_safe(rb_next(&(pos)->member), __typeof__(*(pos)), member))

#endif
