/* SPDX-License-Identifier: MIT */
/* tests/host/rbtree_test.c - red-black trees against an array of flags, checked after each step */
#include "lib_hooks.h"
#include <lib/rbtree.h>
#include <string.h>

#define KEYS 128

struct thing {
	struct rb_node rb;
	int key;
	int sum;	/* augmented: keys in the subtree */
};

static struct thing things[KEYS];

static struct thing *thing_of(struct rb_node *rb)
{
	return rb_entry(rb, struct thing, rb);
}

static int sum_of(struct rb_node *rb)
{
	return rb ? thing_of(rb)->sum : 0;
}

static int compute_sum(const struct thing *t)
{
	return t->key + sum_of(t->rb.rb_left) + sum_of(t->rb.rb_right);
}

static void sum_propagate(struct rb_node *rb, struct rb_node *stop)
{
	for (; rb != stop; rb = rb_parent(rb))
		thing_of(rb)->sum = compute_sum(thing_of(rb));
}

static void sum_copy(struct rb_node *old, struct rb_node *new)
{
	thing_of(new)->sum = thing_of(old)->sum;
}

static void sum_rotate(struct rb_node *old, struct rb_node *new)
{
	sum_copy(old, new);
	thing_of(old)->sum = compute_sum(thing_of(old));
}

static const struct rb_augment_callbacks sum_callbacks = {
	.propagate = sum_propagate,
	.copy = sum_copy,
	.rotate = sum_rotate,
};

static void link_thing(struct thing *t, struct rb_root *root)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = t->key < thing_of(parent)->key ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&t->rb, parent, link);
}

static void insert(struct thing *t, struct rb_root *root, bool augmented)
{
	link_thing(t, root);
	if (augmented) {
		t->sum = t->key;
		sum_propagate(&t->rb, NULL);
		rb_insert_augmented(&t->rb, root, &sum_callbacks);
	} else {
		rb_insert_color(&t->rb, root);
	}
}

/* The tree is valid and has exactly the keys of @in, in order both ways. */
static void assert_tree(struct rb_root *root, const bool *in, bool augmented)
{
	struct rb_node *node = rb_first(root);
	long count = 0;
	int i;

	for (i = 0; i < KEYS; i++) {
		if (!in[i])
			continue;
		assert_non_null(node);
		assert_int_equal(thing_of(node)->key, i);
		if (augmented)
			assert_int_equal(thing_of(node)->sum, compute_sum(thing_of(node)));
		if (rb_next(node))
			assert_ptr_equal(rb_prev(rb_next(node)), node);
		else
			assert_ptr_equal(rb_last(root), node);
		node = rb_next(node);
		count++;
	}
	assert_null(node);
	assert_int_equal(rb_check(root), count);
}

/* A key that has just gone in stands between the model's next keys on both sides. */
static void assert_neighbours(const bool *in, int key)
{
	struct rb_node *next = rb_next(&things[key].rb), *prev = rb_prev(&things[key].rb);
	int above = key + 1, below = key - 1;

	while (above < KEYS && !in[above])
		above++;
	while (below >= 0 && !in[below])
		below--;
	assert_ptr_equal(next, above < KEYS ? &things[above].rb : NULL);
	assert_ptr_equal(prev, below >= 0 ? &things[below].rb : NULL);
}

static void random_operations(bool augmented)
{
	unsigned long steps = test_steps(QUICK_STEPS);
	struct rb_root root = RB_ROOT;
	bool in[KEYS] = { false };

	test_seed();
	for (unsigned long step = 0; step < steps; step++) {
		/* The range breathes, so that the tree grows, shrinks and is empty at times. */
		int key = (int)test_random(1 + (u64)(step / 16 % KEYS));

		things[key].key = key;
		if (in[key] && augmented)
			rb_erase_augmented(&things[key].rb, &root, &sum_callbacks);
		else if (in[key])
			rb_erase(&things[key].rb, &root);
		else
			insert(&things[key], &root, augmented);
		in[key] = !in[key];
		if (in[key])
			assert_neighbours(in, key);
		if (test_look(step, 64))
			assert_tree(&root, in, augmented);
	}
}

static void random_inserts_and_erases_keep_a_valid_sorted_tree(void **state)
{
	random_operations(false);
}

static void augmented_sums_are_right_after_every_insert_and_erase(void **state)
{
	random_operations(true);
}

static void ascending_inserts_stay_shallow(void **state)
{
	struct rb_root root = RB_ROOT;
	struct rb_node *node;
	int i, depth, deepest = 0;

	for (i = 0; i < KEYS; i++) {
		things[i].key = i;
		insert(&things[i], &root, false);
	}
	for (i = 0; i < KEYS; i++) {
		for (depth = 0, node = &things[i].rb; node; node = rb_parent(node))
			depth++;
		if (depth > deepest)
			deepest = depth;
	}
	assert_true(deepest <= 2 * 8);	/* 2 log2(n + 1) */
}

static void replaced_node_takes_place_and_colour(void **state)
{
	struct rb_root root = RB_ROOT;
	bool in[KEYS] = { false };
	struct thing other;
	int i;

	for (i = 0; i < 20; i++) {
		things[i].key = i;
		insert(&things[i], &root, false);
		in[i] = true;
	}
	for (i = 0; i < 20; i++) {
		other.key = i;
		rb_replace_node(&things[i].rb, &other.rb, &root);
		memset(&things[i], 0xaa, sizeof(things[i]));
		assert_tree(&root, in, false);
		things[i].key = i;
		rb_replace_node(&other.rb, &things[i].rb, &root);
	}
	assert_tree(&root, in, false);
}

static void empty_tree_has_no_first_or_last(void **state)
{
	struct rb_root root = RB_ROOT;
	struct rb_node node;

	assert_true(RB_EMPTY_ROOT(&root));
	assert_null(rb_first(&root));
	assert_null(rb_last(&root));
	assert_int_equal(rb_check(&root), 0);
	RB_CLEAR_NODE(&node);
	assert_true(RB_EMPTY_NODE(&node));
}

static void rb_check_sees_a_red_child_of_a_red_node(void **state)
{
	struct rb_root root = RB_ROOT;
	int i;

	for (i = 0; i < 4; i++) {
		things[i].key = i;
		insert(&things[i], &root, false);
	}
	assert_int_equal(rb_check(&root), 4);
	rb_parent(&things[3].rb)->rb_parent_color &= ~1UL;
	assert_int_equal(rb_check(&root), -1);
}

static void rb_check_sees_a_wrong_parent_a_red_root_and_uneven_blacks(void **state)
{
	struct rb_root root = RB_ROOT;
	struct rb_node *top;
	unsigned long saved;

	for (int i = 0; i < 4; i++) {
		things[i].key = i;
		insert(&things[i], &root, false);
	}
	top = root.rb_node;
	saved = things[3].rb.rb_parent_color;
	things[3].rb.rb_parent_color = (unsigned long)&things[0].rb | (saved & 1);
	assert_int_equal(rb_check(&root), -1);
	things[3].rb.rb_parent_color = saved | 1;
	assert_int_equal(rb_check(&root), -1);
	things[3].rb.rb_parent_color = saved;
	saved = top->rb_parent_color;
	top->rb_parent_color &= ~1UL;
	assert_int_equal(rb_check(&root), -1);
	top->rb_parent_color = (unsigned long)&things[0].rb | 1;
	assert_int_equal(rb_check(&root), -1);
	top->rb_parent_color = saved;
	assert_int_equal(rb_check(&root), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_inserts_and_erases_keep_a_valid_sorted_tree),
		cmocka_unit_test(augmented_sums_are_right_after_every_insert_and_erase),
		cmocka_unit_test(ascending_inserts_stay_shallow),
		cmocka_unit_test(replaced_node_takes_place_and_colour),
		cmocka_unit_test(empty_tree_has_no_first_or_last),
		cmocka_unit_test(rb_check_sees_a_red_child_of_a_red_node),
		cmocka_unit_test(rb_check_sees_a_wrong_parent_a_red_root_and_uneven_blacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
