/* SPDX-License-Identifier: MIT */
/* tests/host/interval_tree_test.c - overlap queries against a look at every interval */
#include "lib_hooks.h"
#include <lib/interval_tree.h>

#define NODES 48

static struct interval_tree_node nodes[NODES];

static bool overlaps(const struct interval_tree_node *n, unsigned long start, unsigned long last)
{
	return n->start <= last && n->last >= start;
}

/* The query finds every overlapping node once, sorted by start. */
static void assert_query(struct rb_root *root, const bool *in, unsigned long start,
			 unsigned long last)
{
	struct interval_tree_node *pos;
	unsigned long previous = 0;
	int found = 0, expected = 0, i;

	interval_tree_for_each(pos, root, start, last) {
		assert_true(overlaps(pos, start, last));
		assert_true(in[pos - nodes]);
		assert_true(pos->start >= previous);
		previous = pos->start;
		found++;
	}
	for (i = 0; i < NODES; i++)
		expected += in[i] && overlaps(&nodes[i], start, last);
	assert_int_equal(found, expected);
}

static void random_queries_find_exactly_the_overlapping_nodes(void **state)
{
	struct rb_root root = RB_ROOT;
	bool in[NODES] = { false };
	unsigned long steps = test_steps(QUICK_STEPS);
	long count = 0;

	test_seed();
	for (unsigned long step = 0; step < steps; step++) {
		int i = (int)test_random(NODES);
		unsigned long start = test_random(200);

		if (in[i] && test_random(2)) {
			interval_tree_update(&nodes[i], &root, start, start + test_random(step % 2 ? 8 : 64));
			in[i] = !in[i];
		} else if (in[i]) {
			interval_tree_remove(&nodes[i], &root);
			count--;
		} else {
			nodes[i].start = test_random(200);
			nodes[i].last = nodes[i].start + test_random(step % 2 ? 8 : 64);
			interval_tree_insert(&nodes[i], &root);
			count++;
		}
		in[i] = !in[i];
		if (test_look(step, 64))
			assert_int_equal(interval_tree_check(&root), count);
		assert_query(&root, in, start, start + test_random(20));
	}
}

static void interval_ending_at_the_last_address_is_found(void **state)
{
	struct rb_root root = RB_ROOT;
	struct interval_tree_node n = { .start = ~0UL - 1, .last = ~0UL };

	interval_tree_insert(&n, &root);
	assert_ptr_equal(interval_tree_iter_first(&root, ~0UL, ~0UL), &n);
	assert_null(interval_tree_iter_next(&n, 0, ~0UL));
	assert_null(interval_tree_iter_first(&root, 0, ~0UL - 2));
	interval_tree_remove(&n, &root);
	assert_null(interval_tree_iter_first(&root, 0, ~0UL));
}

static void equal_intervals_are_all_found(void **state)
{
	struct rb_root root = RB_ROOT;
	struct interval_tree_node *pos;
	int i, found = 0;

	for (i = 0; i < NODES; i++) {
		nodes[i].start = 5;
		nodes[i].last = 7;
		interval_tree_insert(&nodes[i], &root);
	}
	interval_tree_for_each(pos, &root, 7, 100)
		found++;
	assert_int_equal(found, NODES);
	assert_null(interval_tree_iter_first(&root, 8, 100));
	assert_null(interval_tree_iter_first(&root, 0, 4));
}

/* Behind its equals, wherever it was before: walks meet parents before children that way. */
static void a_moved_interval_comes_last_among_its_equals(void **state)
{
	struct rb_root root = RB_ROOT;

	for (int i = 0; i < 3; i++) {
		nodes[i].start = nodes[i].last = i == 1 ? 4 : 5;
		interval_tree_insert(&nodes[i], &root);
	}
	interval_tree_update(&nodes[1], &root, 5, 9);
	assert_ptr_equal(interval_tree_iter_first(&root, 5, 5), &nodes[0]);
	assert_ptr_equal(interval_tree_iter_next(&nodes[2], 5, 5), &nodes[1]);
	assert_int_equal(interval_tree_check(&root), 3);
}

static void interval_tree_check_sees_order_ends_and_subtrees_that_are_wrong(void **state)
{
	struct rb_root root = RB_ROOT;

	for (int i = 0; i < 3; i++) {
		nodes[i].start = 10 * (unsigned long)i + 10;
		nodes[i].last = nodes[i].start + 5;
		interval_tree_insert(&nodes[i], &root);
	}
	assert_int_equal(interval_tree_check(&root), 3);
	nodes[1].subtree_last++;
	assert_int_equal(interval_tree_check(&root), -1);
	nodes[1].subtree_last--;
	nodes[2].start = 3;
	assert_int_equal(interval_tree_check(&root), -1);
	nodes[2].start = 40;
	assert_int_equal(interval_tree_check(&root), -1);
	nodes[2].start = 30;
	assert_int_equal(interval_tree_check(&root), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_queries_find_exactly_the_overlapping_nodes),
		cmocka_unit_test(interval_ending_at_the_last_address_is_found),
		cmocka_unit_test(a_moved_interval_comes_last_among_its_equals),
		cmocka_unit_test(equal_intervals_are_all_found),
		cmocka_unit_test(interval_tree_check_sees_order_ends_and_subtrees_that_are_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
