/* SPDX-License-Identifier: MIT */
/*
 * tests/host/numa_test.c - what mm/numa.c makes of firmware's tables, sane and not
 *
 * The file is included, under other names, so that each test begins with tables nobody has filled.
 */
#include "lib_hooks.h"
#include "arch/host.h"
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/numa.h>

static unsigned int warnings;
static char last_warning[256];

static void take_message(const char *format, ...) __printf(1, 2);

#define numa_add_memory		tested_add_memory
#define numa_add_cpu		tested_add_cpu
#define numa_set_distance	tested_set_distance
#define numa_init		tested_init
#define numa_next_range		tested_next_range
#define memblock_alloc_on_node	tested_alloc_on_node
#define node_distance		tested_distance
#define nr_online_nodes		tested_nr_online
#define node_online_mask	tested_online_mask
#define printk			take_message
void numa_add_memory(u32 nid, paddr_t start, paddr_t end);
void numa_add_cpu(u32 nid, unsigned int cpu);
void numa_set_distance(u32 a, u32 b, u32 distance);
void numa_init(void);
unsigned int numa_next_range(pfn_t pfn, pfn_t *end);
paddr_t memblock_alloc_on_node(u64 size, u64 align, unsigned int nid);
unsigned int node_distance(unsigned int a, unsigned int b);
unsigned int nr_online_nodes(void);
extern unsigned long node_online_mask;
#include "../../mm/numa.c"

static void take_message(const char *format, ...)
{
	if (strncmp(format, "warning", 7))
		return;
	warnings++;
	strscpy(last_warning, format, sizeof(last_warning));
}

#define MB	(1UL << 20)
#define RAM0	BANK0_START		/* 0x80003000 .. 0x81800000 */
#define RAM1	BANK1_START		/* 0xff800000 .. 0x102000000 */

static int forget(void **state)
{
	nr_ranges = 0;
	broken = false;
	warnings = 0;
	last_warning[0] = '\0';
	memset(cpu_nodes, 0, sizeof(cpu_nodes));
	memset(distances, 0, sizeof(distances));
	node_online_mask = 1;
	return 0;
}

static unsigned int node_of(paddr_t pa)
{
	pfn_t end = ~0UL;

	return numa_next_range(pa >> PAGE_SHIFT, &end);
}

static void one_node_with_everything(void)
{
	assert_int_equal(node_online_mask, 1);
	assert_int_equal(node_of(RAM0), 0);
	assert_int_equal(node_of(RAM1 + 8 * MB), 0);
	assert_int_equal(node_distance(0, 0), LOCAL_DISTANCE);
}

static void a_machine_that_says_nothing_is_one_node(void **state)
{
	numa_init();
	one_node_with_everything();
	assert_int_equal(warnings, 0);
	assert_int_equal(nr_online_nodes(), 1);
}

static void ranges_may_come_in_any_order_and_in_pieces(void **state)
{
	numa_add_memory(1, RAM1, BANK1_END);
	numa_add_memory(0, RAM0 + 4 * MB, BANK0_END);
	numa_add_memory(0, 0, RAM0 + 4 * MB);
	numa_add_memory(0, RAM0, RAM0 + MB);		/* said twice */
	numa_add_cpu(1, 2);
	numa_set_distance(0, 1, 33);
	numa_init();
	assert_int_equal(warnings, 0);
	assert_int_equal(nr_ranges, 2);
	assert_int_equal(node_online_mask, 3);
	assert_int_equal(node_of(RAM0), 0);
	assert_int_equal(node_of(BANK0_END - PAGE_SIZE), 0);
	assert_int_equal(node_of(RAM1), 1);
	assert_int_equal(cpus[2].node, 1);
	assert_int_equal(cpus[0].node, 0);
	assert_int_equal(node_distance(0, 1), 33);
	assert_int_equal(node_distance(1, 0), 33);	/* one direction given: the same back */
}

static void overlapping_nodes_become_one_and_one_line_says_so(void **state)
{
	numa_add_memory(0, RAM0, RAM1 + 8 * MB);
	numa_add_memory(1, RAM1, BANK1_END);
	numa_add_cpu(1, 1);
	numa_init();
	one_node_with_everything();
	assert_int_equal(cpus[1].node, 0);
	assert_int_equal(warnings, 1);
	assert_non_null(strstr(last_warning, "taken for one node"));
}

static void memory_of_no_node_goes_to_the_node_below(void **state)
{
	numa_add_memory(2, RAM0, RAM0 + MB);
	numa_add_memory(1, RAM1 + 8 * MB, BANK1_END);
	numa_init();
	assert_int_equal(warnings, 1);
	assert_non_null(strstr(last_warning, "belong to no node"));
	assert_int_equal(node_of(RAM0 + 10 * MB), 2);
	assert_int_equal(node_of(RAM1), 2);
	assert_int_equal(node_of(RAM1 + 8 * MB), 1);
	assert_int_equal(node_online_mask, 1UL << 1 | 1UL << 2);
	assert_int_equal(cpus[0].node, 1);		/* nobody said: the first there is */
}

static void node_numbers_beyond_the_table_are_left_out(void **state)
{
	numa_add_memory(0, RAM0, BANK0_END);
	numa_add_memory(MAX_NUMNODES, RAM1, BANK1_END);
	numa_add_memory(~0U, RAM1, BANK1_END);
	numa_add_cpu(77, 1);
	numa_set_distance(0, 99, 20);
	assert_int_equal(warnings, 4);
	numa_init();
	assert_int_equal(node_online_mask, 1);
	assert_int_equal(node_of(RAM1), 0);
}

static void nodes_without_memory_or_without_cpus_are_there(void **state)
{
	numa_add_memory(0, RAM0, BANK0_END);
	numa_add_memory(3, RAM1, BANK1_END);		/* no CPU */
	numa_add_memory(4, RAM1, RAM1);			/* empty */
	numa_add_memory(6, 0x900000000, 0x910000000);	/* promised, not there */
	numa_add_cpu(5, 3);				/* no memory */
	numa_init();
	assert_int_equal(warnings, 0);
	assert_int_equal(node_online_mask, 1UL << 0 | 1UL << 3 | 1UL << 5);
	assert_int_equal(cpus[3].node, 5);
	assert_int_equal(nr_online_nodes(), 3);
}

static void a_distance_table_that_makes_no_sense_is_left_out(void **state)
{
	static const u32 bad[][3] = { { 0, 0, 11 }, { 0, 1, 10 }, { 1, 0, 5 }, { 0, 1, 256 } };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		forget(state);
		numa_add_memory(0, RAM0, BANK0_END);
		numa_add_memory(1, RAM1, BANK1_END);
		numa_set_distance(0, 1, 30);
		numa_set_distance(bad[i][0], bad[i][1], bad[i][2]);
		numa_init();
		assert_int_equal(warnings, 1);
		assert_non_null(strstr(last_warning, "distance table"));
		assert_int_equal(node_distance(0, 0), LOCAL_DISTANCE);
		assert_int_equal(node_distance(0, 1), REMOTE_DISTANCE);
	}
}

static void too_many_ranges_are_one_node(void **state)
{
	for (unsigned int i = 0; i <= MAX_RANGES; i++)
		numa_add_memory(i % 2, RAM0 + i * PAGE_SIZE, RAM0 + (i + 1) * PAGE_SIZE);
	numa_init();
	one_node_with_everything();
	assert_int_equal(warnings, 1);
}

static void answers_end_where_the_node_ends(void **state)
{
	pfn_t end = ~0UL;

	numa_add_memory(0, RAM0, RAM0 + MB);
	numa_add_memory(1, RAM0 + MB, BANK0_END);
	numa_add_memory(0, RAM1, BANK1_END);
	numa_init();
	assert_int_equal(numa_next_range(RAM0 >> PAGE_SHIFT, &end), 0);
	assert_int_equal(end, (RAM0 + MB) >> PAGE_SHIFT);
	end = ~0UL;
	assert_int_equal(numa_next_range(RAM1 >> PAGE_SHIFT, &end), 0);
	assert_int_equal(end, ~0UL);
}

/* Whatever the tables hold: every frame gets a node that is online, and all distances keep their rule. */
static void random_tables_give_a_sane_machine(void **state)
{
	unsigned long rounds = os_getenv("STEPS", 3000);

	test_seed();
	for (unsigned long r = 0; r < min(rounds, 200000UL); r++) {
		forget(state);
		for (u64 n = test_random(12); n; n--) {
			paddr_t start = test_random(2) ? RAM0 + test_random(40 * MB) : test_random(1UL << 34);

			numa_add_memory((u32)test_random(test_random(8) ? 4 : 20), start, start + test_random(64 * MB));
		}
		for (u64 n = test_random(8); n; n--)
			numa_add_cpu((u32)test_random(10), (unsigned int)test_random(20));
		for (u64 n = test_random(6); n; n--)
			numa_set_distance((u32)test_random(9), (u32)test_random(9), (u32)test_random(60));
		numa_init();
		for (paddr_t pa = RAM0; pa < BANK0_END; pa += 511 * PAGE_SIZE)
			assert_true(node_online_mask >> node_of(pa) & 1);
		for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
			assert_true(node_online_mask >> cpus[cpu].node & 1);
		for (unsigned int a = 0; a < MAX_NUMNODES; a++)
			for (unsigned int b = 0; b < MAX_NUMNODES; b++)
				assert_true(a == b ? node_distance(a, b) == LOCAL_DISTANCE :
						     node_distance(a, b) > LOCAL_DISTANCE);
	}
	forget(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_machine_that_says_nothing_is_one_node, forget),
		cmocka_unit_test_setup(ranges_may_come_in_any_order_and_in_pieces, forget),
		cmocka_unit_test_setup(overlapping_nodes_become_one_and_one_line_says_so, forget),
		cmocka_unit_test_setup(memory_of_no_node_goes_to_the_node_below, forget),
		cmocka_unit_test_setup(node_numbers_beyond_the_table_are_left_out, forget),
		cmocka_unit_test_setup(nodes_without_memory_or_without_cpus_are_there, forget),
		cmocka_unit_test_setup(a_distance_table_that_makes_no_sense_is_left_out, forget),
		cmocka_unit_test_setup(too_many_ranges_are_one_node, forget),
		cmocka_unit_test_setup(answers_end_where_the_node_ends, forget),
		cmocka_unit_test_setup(random_tables_give_a_sane_machine, forget),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
