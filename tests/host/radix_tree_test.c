/* SPDX-License-Identifier: MIT */
/* tests/host/radix_tree_test.c - the radix tree against a plain array of a few far-apart indices */
#include "lib_hooks.h"
#include <lib/radix_tree.h>
#include <uapi/errno.h>

#define PLACES 24

/* Indices at borders of leaves and levels, and next to each other; ascending. */
static const unsigned long place[PLACES] = {
	0, 1, 2, 62, 63, 64, 65, 127, 128, 4094, 4095, 4096, 4097, 8191, 262143, 262144, 262145,
	1UL << 36, (1UL << 36) + 63, 1UL << 59, 1UL << 60, 1UL << 63, ~0UL - 1, ~0UL
};

struct model {
	void *item[PLACES];
	bool tag[PLACES][RADIX_TREE_MAX_TAGS];
	long count;
};

/* Distinct pointers with two low bits clear. */
static long objects[64][4];

static void assert_same(struct radix_tree_root *root, const struct model *m)
{
	int i, tag;

	assert_int_equal(radix_tree_check(root), m->count);
	assert_int_equal(radix_tree_empty(root), m->count == 0);
	for (tag = 0; tag < RADIX_TREE_MAX_TAGS; tag++) {
		bool any = false;

		for (i = 0; i < PLACES; i++)
			any |= m->tag[i][tag];
		assert_int_equal(radix_tree_tagged(root, tag), any);
	}
	for (i = 0; i < PLACES; i++) {
		assert_ptr_equal(radix_tree_lookup(root, place[i]), m->item[i]);
		for (tag = 0; tag < RADIX_TREE_MAX_TAGS; tag++)
			assert_int_equal(radix_tree_tag_get(root, place[i], tag), m->tag[i][tag]);
	}
}

/* Gang lookup from a place on, of @max items, all or with a tag (-1: all). */
static void assert_gang(struct radix_tree_root *root, const struct model *m, int from,
			unsigned int max, int tag)
{
	void *results[PLACES];
	unsigned long indices[PLACES];
	unsigned int n, k = 0;
	int i;

	n = tag < 0 ? radix_tree_gang_lookup(root, results, indices, place[from], max)
		    : radix_tree_gang_lookup_tag(root, results, indices, place[from], max, tag);
	for (i = from; i < PLACES && k < max; i++) {
		if (!m->item[i] || (tag >= 0 && !m->tag[i][tag]))
			continue;
		assert_true(k < n);
		assert_ptr_equal(results[k], m->item[i]);
		assert_int_equal(indices[k], place[i]);
		k++;
	}
	assert_int_equal(k, n);
}

static void model_insert(struct radix_tree_root *root, struct model *m, int i, void *item)
{
	int err = radix_tree_insert(root, place[i], item);

	if (m->item[i]) {
		assert_int_equal(err, -EEXIST);
		return;
	}
	if (err == -ENOMEM) {
		assert_int_equal(radix_allocs_until_failure, 0);
		return;
	}
	assert_int_equal(err, 0);
	m->item[i] = item;
	m->count++;
}

static void model_delete(struct radix_tree_root *root, struct model *m, int i)
{
	int tag;

	assert_ptr_equal(radix_tree_delete(root, place[i]), m->item[i]);
	m->count -= m->item[i] != NULL;
	m->item[i] = NULL;
	for (tag = 0; tag < RADIX_TREE_MAX_TAGS; tag++)
		m->tag[i][tag] = false;
}

static void model_range_tag(struct radix_tree_root *root, struct model *m, int a, int b)
{
	unsigned long n = 0;
	int i;

	for (i = a; i <= b; i++) {
		if (m->tag[i][PAGECACHE_TAG_DIRTY]) {
			m->tag[i][PAGECACHE_TAG_TOWRITE] = true;
			n++;
		}
	}
	assert_int_equal(radix_tree_range_tag_if_tagged(root, place[a], place[b],
							PAGECACHE_TAG_DIRTY,
							PAGECACHE_TAG_TOWRITE), n);
}

static void one_step(struct radix_tree_root *root, struct model *m, int phase)
{
	int i = (int)test_random(PLACES), tag = (int)test_random(RADIX_TREE_MAX_TAGS);
	void *item = objects[test_random(64)];

	switch (test_random(8)) {
	case 0:
	case 1:
	case 2:
		if (phase)
			model_insert(root, m, i, item);
		else
			model_delete(root, m, i);
		break;
	case 3:
		model_delete(root, m, i);
		break;
	case 4:
		assert_ptr_equal(radix_tree_tag_set(root, place[i], tag), m->item[i]);
		m->tag[i][tag] = m->item[i] != NULL;
		break;
	case 5:
		assert_ptr_equal(radix_tree_tag_clear(root, place[i], tag), m->item[i]);
		m->tag[i][tag] = false;
		break;
	case 6:
		assert_ptr_equal(radix_tree_replace(root, place[i], item), m->item[i]);
		m->item[i] = m->item[i] ? item : NULL;
		break;
	default:
		model_range_tag(root, m, i, i + (int)test_random((u64)(PLACES - i)));
		break;
	}
}

static void random_steps(bool failing)
{
	RADIX_TREE(root);
	struct model m = { .count = 0 };
	unsigned long steps = test_steps(QUICK_STEPS);

	test_seed();
	for (unsigned long step = 0; step < steps; step++) {
		if (failing)
			radix_allocs_until_failure = (long)test_random(6);
		one_step(&root, &m, (int)(step / 64 % 2));
		radix_allocs_until_failure = -1;
		if (test_look(step, 64))
			assert_same(&root, &m);
		assert_gang(&root, &m, (int)test_random(PLACES),
			    (unsigned int)test_random(PLACES), (int)test_random(4) - 1);
	}
	for (int i = 0; i < PLACES; i++)
		model_delete(&root, &m, i);
	assert_int_equal(radix_nodes_live, 0);
}

static void random_operations_match_an_array(void **state)
{
	random_steps(false);
}

static void failed_allocations_change_nothing_and_leak_nothing(void **state)
{
	random_steps(true);
}

static void small_indices_need_one_node_and_large_ones_eleven(void **state)
{
	RADIX_TREE(root);

	assert_int_equal(radix_tree_insert(&root, 63, objects[0]), 0);
	assert_int_equal(radix_nodes_live, 1);
	assert_int_equal(radix_tree_insert(&root, ~0UL, objects[1]), 0);
	assert_int_equal(radix_nodes_live, 2 * RADIX_TREE_MAX_HEIGHT - 1);
	assert_ptr_equal(radix_tree_delete(&root, ~0UL), objects[1]);
	assert_int_equal(radix_nodes_live, 1);
	assert_ptr_equal(radix_tree_delete(&root, 63), objects[0]);
	assert_int_equal(radix_nodes_live, 0);
}

static void exceptional_entries_are_told_from_pointers(void **state)
{
	RADIX_TREE(root);
	void *shadow = (void *)(77UL << RADIX_TREE_EXCEPTIONAL_SHIFT |
				RADIX_TREE_EXCEPTIONAL_ENTRY);

	assert_int_equal(radix_tree_insert(&root, 5, shadow), 0);
	assert_true(radix_tree_exceptional_entry(radix_tree_lookup(&root, 5)));
	assert_ptr_equal(radix_tree_replace(&root, 5, objects[0]), shadow);
	assert_false(radix_tree_exceptional_entry(radix_tree_lookup(&root, 5)));
	assert_ptr_equal(*radix_tree_lookup_slot(&root, 5), objects[0]);
	assert_null(radix_tree_lookup_slot(&root, 6));
	radix_tree_delete(&root, 5);
}

static void next_hole_stops_at_the_first_gap_or_the_limit(void **state)
{
	RADIX_TREE(root);
	unsigned long i;

	for (i = 10; i < 100; i++)
		assert_int_equal(radix_tree_insert(&root, i, objects[0]), 0);
	assert_int_equal(radix_tree_next_hole(&root, 10, 1000), 100);
	assert_int_equal(radix_tree_next_hole(&root, 10, 20), 30);
	assert_int_equal(radix_tree_next_hole(&root, 5, 20), 5);
	for (i = 10; i < 100; i++)
		radix_tree_delete(&root, i);
	assert_int_equal(radix_nodes_live, 0);
}

static void next_hole_behind_the_last_index_is_index_0(void **state)
{
	RADIX_TREE(root);

	assert_int_equal(radix_tree_insert(&root, ~0UL, objects[0]), 0);
	assert_int_equal(radix_tree_next_hole(&root, ~0UL, 5), 0);
	radix_tree_delete(&root, ~0UL);
	assert_int_equal(radix_nodes_live, 0);
}

/* With @field changed to @wrong the validator complains. */
#define assert_seen(root, field, wrong) do { \
	__typeof__(field) saved_ = (field); \
	(field) = (wrong); \
	assert_int_equal(radix_tree_check(root), -1); \
	(field) = saved_; \
	assert_int_equal(radix_tree_check(root), 2); \
} while (0)

static void radix_tree_check_sees_each_broken_rule(void **state)
{
	RADIX_TREE(root);
	struct radix_tree_node *top, *leaf;
	void *second;

	assert_int_equal(radix_tree_insert(&root, 1, objects[0]), 0);
	assert_int_equal(radix_tree_insert(&root, 65, objects[1]), 0);
	radix_tree_tag_set(&root, 65, PAGECACHE_TAG_DIRTY);
	top = root.node;
	leaf = top->slots[1];
	assert_seen(&root, top->count, 3);
	assert_seen(&root, leaf->count, 0);
	assert_seen(&root, leaf->parent, leaf);
	assert_seen(&root, leaf->offset, 2);
	assert_seen(&root, leaf->shift, 12);
	assert_seen(&root, top->parent, leaf);
	assert_seen(&root, top->tags[PAGECACHE_TAG_DIRTY], 0);
	assert_seen(&root, top->tags[PAGECACHE_TAG_DIRTY], 6);
	assert_seen(&root, leaf->tags[PAGECACHE_TAG_DIRTY], 4);
	second = top->slots[1];
	top->slots[1] = NULL;
	top->count = 1;
	assert_int_equal(radix_tree_check(&root), -1);
	top->slots[1] = second;
	top->count = 2;
	radix_tree_delete(&root, 1);
	radix_tree_delete(&root, 65);
	assert_int_equal(radix_nodes_live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations_match_an_array),
		cmocka_unit_test(failed_allocations_change_nothing_and_leak_nothing),
		cmocka_unit_test(small_indices_need_one_node_and_large_ones_eleven),
		cmocka_unit_test(exceptional_entries_are_told_from_pointers),
		cmocka_unit_test(next_hole_stops_at_the_first_gap_or_the_limit),
		cmocka_unit_test(next_hole_behind_the_last_index_is_index_0),
		cmocka_unit_test(radix_tree_check_sees_each_broken_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
