/* SPDX-License-Identifier: MIT */
/* tests/host/list_test.c - rings and chains against arrays that do the same */
#include "lib_hooks.h"
#include <lib/list.h>
#include <string.h>

#define ITEMS 24

struct item {
	int id;
	struct list_head node;
	struct hlist_node hash;
};

static struct item items[ITEMS];

static void fill(struct list_head *head, int n)
{
	int i;

	INIT_LIST_HEAD(head);
	for (i = 0; i < n; i++) {
		items[i].id = i;
		list_add_tail(&items[i].node, head);
	}
}

/* The ring has exactly these ids, forwards and backwards. */
static void assert_ring(struct list_head *head, const int *ids, int n)
{
	struct item *pos;
	int i = 0;

	list_for_each_entry(pos, head, node) {
		assert_true(i < n);
		assert_int_equal(pos->id, ids[i++]);
		assert_ptr_equal(pos->node.next->prev, &pos->node);
	}
	assert_int_equal(i, n);
	list_for_each_entry_reverse(pos, head, node)
		assert_int_equal(pos->id, ids[--i]);
	assert_int_equal(i, 0);
	assert_int_equal(list_count_nodes(head), n);
}

static void list_add_puts_first_and_list_add_tail_last(void **state)
{
	LIST_HEAD(head);
	struct item a = { .id = 1 }, b = { .id = 2 }, c = { .id = 3 };

	assert_true(list_empty(&head));
	list_add(&a.node, &head);
	assert_true(list_is_singular(&head));
	list_add(&b.node, &head);
	list_add_tail(&c.node, &head);
	assert_ring(&head, (int[]){ 2, 1, 3 }, 3);
	assert_ptr_equal(list_first_entry(&head, struct item, node), &b);
	assert_ptr_equal(list_last_entry(&head, struct item, node), &c);
	assert_true(list_is_first(&b.node, &head) && list_is_last(&c.node, &head));
	assert_false(list_is_singular(&head));
}

static void list_first_entry_or_null_is_null_only_for_an_empty_ring(void **state)
{
	LIST_HEAD(head);

	assert_null(list_first_entry_or_null(&head, struct item, node));
	assert_null(list_last_entry_or_null(&head, struct item, node));
	list_add(&items[0].node, &head);
	assert_ptr_equal(list_first_entry_or_null(&head, struct item, node), &items[0]);
}

static void list_del_poisons_and_list_del_init_leaves_an_empty_ring(void **state)
{
	struct list_head head;

	fill(&head, 3);
	list_del(&items[1].node);
	assert_ptr_equal(items[1].node.next, LIST_POISON1);
	assert_ptr_equal(items[1].node.prev, LIST_POISON2);
	list_del_init(&items[0].node);
	assert_true(list_empty(&items[0].node));
	assert_ring(&head, (int[]){ 2 }, 1);
}

static void splicing_keeps_both_orders_and_empties_the_source(void **state)
{
	struct list_head a, b;

	fill(&a, 4);
	INIT_LIST_HEAD(&b);
	list_move(&items[1].node, &b);
	list_move_tail(&items[3].node, &b);
	list_splice_init(&b, &a);
	assert_true(list_empty(&b));
	assert_ring(&a, (int[]){ 1, 3, 0, 2 }, 4);
	list_move(&items[0].node, &b);
	list_splice_tail_init(&b, &a);
	assert_ring(&a, (int[]){ 1, 3, 2, 0 }, 4);
	list_splice_init(&b, &a);
	assert_ring(&a, (int[]){ 1, 3, 2, 0 }, 4);
	list_rotate_left(&a);
	assert_ring(&a, (int[]){ 3, 2, 0, 1 }, 4);
}

static void safe_loops_survive_removal_of_the_current_entry(void **state)
{
	struct list_head head;
	struct item *pos, *n;

	fill(&head, 6);
	list_for_each_entry_safe(pos, n, &head, node) {
		if (pos->id % 2)
			list_del(&pos->node);
	}
	assert_ring(&head, (int[]){ 0, 2, 4 }, 3);
	list_for_each_entry_safe_reverse(pos, n, &head, node)
		list_del(&pos->node);
	assert_true(list_empty(&head));
}

static void list_replace_takes_the_same_place(void **state)
{
	struct list_head head;
	struct item other = { .id = 9 };

	fill(&head, 3);
	list_replace(&items[1].node, &other.node);
	assert_ring(&head, (int[]){ 0, 9, 2 }, 3);
}

/* The model: an array of ids in order. */
static void random_list_operations_match_an_array(void **state)
{
	struct list_head head;
	unsigned long steps = test_steps(QUICK_STEPS);
	int model[ITEMS], n = 0, i;
	bool in[ITEMS] = { false };

	INIT_LIST_HEAD(&head);
	test_seed();
	for (unsigned long step = 0; step < steps; step++) {
		int id = (int)test_random(ITEMS);
		bool front = test_random(2);

		items[id].id = id;
		if (in[id]) {
			for (i = 0; model[i] != id; i++)
				;
			memmove(&model[i], &model[i + 1], sizeof(int) * (size_t)(--n - i));
			list_del(&items[id].node);
		} else if (front) {
			memmove(&model[1], &model[0], sizeof(int) * (size_t)n++);
			model[0] = id;
			list_add(&items[id].node, &head);
		} else {
			model[n++] = id;
			list_add_tail(&items[id].node, &head);
		}
		in[id] = !in[id];
		if (test_look(step, 64))
			assert_ring(&head, model, n);
	}
}

static void hlist_keeps_order_and_forgets_removed_nodes(void **state)
{
	HLIST_HEAD(head);
	struct item *pos;
	struct hlist_node *n;
	int sum = 0, i;

	for (i = 0; i < 4; i++)
		items[i].id = i;
	assert_true(hlist_empty(&head));
	INIT_HLIST_NODE(&items[3].hash);
	assert_true(hlist_unhashed(&items[3].hash));
	hlist_del_init(&items[3].hash);
	hlist_add_head(&items[1].hash, &head);
	hlist_add_before(&items[0].hash, &items[1].hash);
	hlist_add_behind(&items[2].hash, &items[1].hash);
	hlist_add_behind(&items[3].hash, &items[2].hash);
	i = 0;
	hlist_for_each_entry(pos, &head, hash)
		assert_int_equal(pos->id, i++);
	assert_int_equal(i, 4);
	hlist_for_each_entry_safe(pos, n, &head, hash) {
		sum += pos->id;
		hlist_del_init(&pos->hash);
		assert_true(hlist_unhashed(&pos->hash));
	}
	assert_int_equal(sum, 6);
	assert_true(hlist_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_add_puts_first_and_list_add_tail_last),
		cmocka_unit_test(list_first_entry_or_null_is_null_only_for_an_empty_ring),
		cmocka_unit_test(list_del_poisons_and_list_del_init_leaves_an_empty_ring),
		cmocka_unit_test(splicing_keeps_both_orders_and_empties_the_source),
		cmocka_unit_test(safe_loops_survive_removal_of_the_current_entry),
		cmocka_unit_test(list_replace_takes_the_same_place),
		cmocka_unit_test(random_list_operations_match_an_array),
		cmocka_unit_test(hlist_keeps_order_and_forgets_removed_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
