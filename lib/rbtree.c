/* SPDX-License-Identifier: MIT */
/*
 * lib/rbtree.c - how does a binary search tree stay shallow?
 *
 *        node                       up          rotate(node, RB_LEFT): node goes down to the
 *       /    \                     /  \         left, its other child comes up; the order
 *      a      up        -->     node   c        a < node < b < up < c is unchanged. One
 *            /  \              /    \           function serves both directions.
 *           b    c            a      b
 *
 * ALWAYS TRUE    R1  the root is black.
 *                R2  a red node has no red child.
 *                R3  all paths from a node down to NULL have equally many black nodes.
 *                So no path is more than twice as long as another. rb_check() verifies them.
 *
 * An insertion adds a red node, which can break only R2, repaired upwards; an erasure of a black
 * node breaks only R3, repaired upwards (Cormen et al., Introduction to Algorithms, chapter 13).
 * Each takes at most three rotations. The fix-ups take the augment callbacks as a parameter that
 * is constant after inlining: plain trees pay nothing for augmented ones.
 *
 * LOCKS          the caller's; readers too
 * LEFT OUT       cached leftmost node, lockless readers (Linux: lib/rbtree.c, rbtree_latch.h)
 * READ NEXT      interval_tree.c, an augmented tree
 */
#include <lib/rbtree.h>

static inline bool is_red(const struct rb_node *node)
{
	return node && rb_color(node) == RB_RED;
}

static inline void set_color(struct rb_node *node, enum rb_color color)
{
	node->rb_parent_color = (node->rb_parent_color & ~1UL) | color;
}

static inline void set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->rb_parent_color = (unsigned long)parent | rb_color(node);
}

/* Which child of @parent is @node? A NULL @node has a sibling, so the answer is unique. */
static inline enum rb_side side_of(const struct rb_node *node, const struct rb_node *parent)
{
	return parent->rb_left == node ? RB_LEFT : RB_RIGHT;
}

static inline enum rb_side other(enum rb_side side)
{
	return side == RB_LEFT ? RB_RIGHT : RB_LEFT;
}

/* Whoever pointed down at @old (its @parent, or the root) points at @new from now on. */
static inline void replace_child(struct rb_node *old, struct rb_node *new,
				 struct rb_node *parent, struct rb_root *root)
{
	if (parent)
		parent->rb_child[side_of(old, parent)] = new;
	else
		root->rb_node = new;
}

/* See the drawing above. Colours stay with the nodes. */
static __always_inline void rotate(struct rb_node *node, enum rb_side side, struct rb_root *root,
				   const struct rb_augment_callbacks *ops)
{
	struct rb_node *up = node->rb_child[other(side)];
	struct rb_node *inner = up->rb_child[side];
	struct rb_node *parent = rb_parent(node);

	node->rb_child[other(side)] = inner;
	if (inner)
		set_parent(inner, node);
	up->rb_child[side] = node;
	replace_child(node, up, parent, root);
	set_parent(up, parent);
	set_parent(node, up);
	if (ops)
		ops->rotate(node, up);
}

/* ---- insertion ---- */

/* @node is red. Move the red-red pair up by recolouring while the uncle is red, then rotate. */
static __always_inline void insert_fixup(struct rb_node *node, struct rb_root *root,
					 const struct rb_augment_callbacks *ops)
{
	struct rb_node *parent, *gparent, *uncle;
	enum rb_side side;

	while (is_red(parent = rb_parent(node))) {
		gparent = rb_parent(parent);	/* exists: the root is black */
		side = side_of(parent, gparent);
		uncle = gparent->rb_child[other(side)];
		if (is_red(uncle)) {
			set_color(uncle, RB_BLACK);
			set_color(parent, RB_BLACK);
			set_color(gparent, RB_RED);
			node = gparent;
			continue;
		}
		if (parent->rb_child[side] != node) {	/* inner grandchild: make it outer */
			rotate(parent, side, root, ops);
			parent = node;
		}
		rotate(gparent, other(side), root, ops);
		set_color(parent, RB_BLACK);
		set_color(gparent, RB_RED);
		break;
	}
	set_color(root->rb_node, RB_BLACK);
}

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	insert_fixup(node, root, NULL);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *ops)
{
	insert_fixup(node, root, ops);
}

/* ---- erasure ---- */

/* @sibling is black and has a red child: up to two rotations give @side its black node back. */
static __always_inline void erase_borrow(struct rb_node *parent, struct rb_node *sibling,
					 enum rb_side side, struct rb_root *root,
					 const struct rb_augment_callbacks *ops)
{
	if (!is_red(sibling->rb_child[other(side)])) {	/* the red one is the inner: turn it out */
		struct rb_node *inner = sibling->rb_child[side];

		set_color(inner, RB_BLACK);
		set_color(sibling, RB_RED);
		rotate(sibling, other(side), root, ops);
		sibling = inner;
	}
	set_color(sibling, rb_color(parent));
	set_color(parent, RB_BLACK);
	set_color(sibling->rb_child[other(side)], RB_BLACK);
	rotate(parent, side, root, ops);
}

/* Paths through @node (maybe NULL), child of @parent, lack one black node. */
static __always_inline void erase_fixup(struct rb_node *node, struct rb_node *parent,
					struct rb_root *root,
					const struct rb_augment_callbacks *ops)
{
	while (parent && !is_red(node)) {
		enum rb_side side = side_of(node, parent);
		struct rb_node *sibling = parent->rb_child[other(side)];

		if (is_red(sibling)) {
			set_color(sibling, RB_BLACK);
			set_color(parent, RB_RED);
			rotate(parent, side, root, ops);
			sibling = parent->rb_child[other(side)];
		}
		if (is_red(sibling->rb_left) || is_red(sibling->rb_right)) {
			erase_borrow(parent, sibling, side, root, ops);
			return;
		}
		set_color(sibling, RB_RED);	/* both sides lack one now: the parent's problem */
		node = parent;
		parent = rb_parent(node);
	}
	if (node)
		set_color(node, RB_BLACK);
}

/* Take @node, which has at most one child, out; returns where its child hangs now. */
static inline struct rb_node *unlink_simple(struct rb_node *node, struct rb_node *child,
					    struct rb_root *root)
{
	struct rb_node *parent = rb_parent(node);

	replace_child(node, child, parent, root);
	if (child)
		set_parent(child, parent);
	return parent;
}

/* Give @successor the place, children and colour of @node, which is taken out. */
static inline void take_place(struct rb_node *node, struct rb_node *successor,
			      struct rb_root *root)
{
	*successor = *node;
	replace_child(node, successor, rb_parent(node), root);
	if (node->rb_left)
		set_parent(node->rb_left, successor);
	if (node->rb_right)
		set_parent(node->rb_right, successor);
}

static __always_inline void erase(struct rb_node *node, struct rb_root *root,
				  const struct rb_augment_callbacks *ops)
{
	struct rb_node *victim = node;	/* the node whose place in the tree disappears */
	struct rb_node *child, *parent;
	enum rb_color color;

	if (node->rb_left && node->rb_right) {
		victim = node->rb_right;
		while (victim->rb_left)
			victim = victim->rb_left;
	}
	child = victim->rb_left ? victim->rb_left : victim->rb_right;
	color = rb_color(victim);
	parent = unlink_simple(victim, child, root);
	if (victim != node) {
		take_place(node, victim, root);
		if (parent == node)
			parent = victim;
	}
	if (ops) {
		if (victim != node) {
			ops->copy(node, victim);
			if (parent != victim)
				ops->propagate(parent, victim);
			ops->propagate(victim, NULL);
		} else {
			ops->propagate(parent, NULL);
		}
	}
	if (color == RB_BLACK)
		erase_fixup(child, parent, root, ops);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	erase(node, root, NULL);
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *ops)
{
	erase(node, root, ops);
}

void rb_replace_node(struct rb_node *victim, struct rb_node *node, struct rb_root *root)
{
	take_place(victim, node, root);
}

/* ---- order ---- */

/* The outermost node of a subtree on @side. */
static inline struct rb_node *outermost(struct rb_node *node, enum rb_side side)
{
	while (node && node->rb_child[side])
		node = node->rb_child[side];
	return node;
}

/* The neighbour of @node on @side: down into that subtree, else up past equal turns. */
static inline struct rb_node *neighbour(const struct rb_node *node, enum rb_side side)
{
	struct rb_node *parent;

	if (node->rb_child[side])
		return outermost(node->rb_child[side], other(side));
	while ((parent = rb_parent(node)) && parent->rb_child[side] == node)
		node = parent;
	return parent;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return outermost(root->rb_node, RB_LEFT);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return outermost(root->rb_node, RB_RIGHT);
}

struct rb_node *rb_next(const struct rb_node *node)
{
	return neighbour(node, RB_RIGHT);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	return neighbour(node, RB_LEFT);
}

/* ---- validation ---- */

/* Black nodes from @node (a node with a NULL child) up to the root, both included. */
static long black_height(const struct rb_node *node)
{
	long n = 0;

	for (; node; node = rb_parent(node))
		n += rb_color(node) == RB_BLACK;
	return n;
}

static bool node_ok(const struct rb_node *node)
{
	int i;

	for (i = 0; i < 2; i++) {
		const struct rb_node *child = node->rb_child[i];

		if (!child)
			continue;
		if (rb_parent(child) != node || (is_red(node) && is_red(child)))
			return false;
	}
	return true;
}

long rb_check(const struct rb_root *root)
{
	const struct rb_node *node;
	long nodes = 0, height = -1;

	if (root->rb_node && (rb_parent(root->rb_node) || is_red(root->rb_node)))
		return -1;
	for (node = rb_first(root); node; node = rb_next(node)) {
		nodes++;
		if (!node_ok(node))
			return -1;
		if (node->rb_left && node->rb_right)
			continue;
		if (height < 0)
			height = black_height(node);
		if (black_height(node) != height)
			return -1;
	}
	return nodes;
}
