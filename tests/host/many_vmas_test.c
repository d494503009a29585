/* SPDX-License-Identifier: MIT */
/*
 * tests/host/many_vmas_test.c - ten thousand mappings: what does a call cost, counted in tree nodes?
 *
 * Contains mm/vma.c with a counter where it steps from one node to the next, so that the answer is the same
 * on every machine. A search goes down the tree once; a change goes up it a few times, for the gaps.
 */
#include <lib/rbtree.h>

static unsigned long nodes_seen;

#undef rb_entry
#define rb_entry(ptr, type, member)	(nodes_seen++, container_of(ptr, type, member))

#include "../../mm/mm_internal.h"
#define mm_check			check_all
void check_all(struct mm_struct *mm);
#include "../../mm/vma.c"
#undef mm_check

#include "lib_hooks.h"
#include "arch/host.h"
#include "mm_space.h"

#define MANY	10000U

/* A build that validates after each call walks the whole list: here once, at the end. */
void mm_check(struct mm_struct *mm)
{
	(void)mm;
}

static unsigned int log2_of(unsigned int n)
{
	unsigned int bits = 0;

	while (n >>= 1)
		bits++;
	return bits;
}

/* The longest way from the root of a red-black tree to its end is twice the shortest at most. */
static unsigned int depth(const struct rb_node *node)
{
	return node ? 1 + max(depth(node->rb_left), depth(node->rb_right)) : 0;
}

/* VMA @i: two pages, every second one with other rights, and holes of one page in between */
static unsigned long vma_at(unsigned int i)
{
	return AT + i * 3 * PAGE_SIZE;
}

static struct mm_struct *many_vmas(unsigned int n)
{
	struct mm_struct *mm = mm_alloc();

	mm->mmap_base = vma_at(n);
	for (unsigned int i = 0; i < n; i++)
		map_anon(mm, vma_at(i), 2, i % 2 ? RW : PROT_READ, MAP_PRIVATE);
	assert_int_equal(mm->map_count, n);
	return mm;
}

enum call { FIND, FAULT, MAP_AND_UNMAP, PROTECT, MOVE, NR_CALLS };
static const char *const names[] = { "find_vma", "fault", "mmap + munmap", "mprotect, twice", "mremap, and back" };

static void one_call(struct mm_struct *mm, enum call call, unsigned long a, unsigned long nowhere)
{
	unsigned long b;

	switch (call) {
	case FIND:
		assert_int_equal(find_vma(mm, a)->vm_start, a);
		break;
	case FAULT:
		assert_int_equal(handle_mm_fault(mm, a, false, false, true), FAULT_OK);
		break;
	case MAP_AND_UNMAP:			/* too long for all holes but the lowest */
		b = map_anon(mm, 0, 2, RW, MAP_PRIVATE);
		assert_int_equal(do_munmap(mm, b, 2 * PAGE_SIZE), 0);
		break;
	case PROTECT:
		assert_int_equal(do_mprotect(mm, a, PAGE_SIZE, PROT_NONE), 0);
		assert_int_equal(do_mprotect(mm, a, PAGE_SIZE, (a - AT) / (3 * PAGE_SIZE) % 2 ? RW : PROT_READ), 0);
		break;
	default:
		b = 2 * PAGE_SIZE;
		assert_int_equal(do_mremap(mm, a, b, b, MREMAP_MAYMOVE | MREMAP_FIXED, nowhere), nowhere);
		assert_int_equal(do_mremap(mm, nowhere, b, b, MREMAP_MAYMOVE | MREMAP_FIXED, a), a);
	}
}

/* The most nodes that one of a few hundred calls at random places looks at */
static unsigned long most_nodes(struct mm_struct *mm, unsigned int n, enum call call)
{
	unsigned long most = 0;

	for (unsigned int i = 0; i < 300; i++) {
		unsigned long a = vma_at((unsigned int)test_random(n));

		mm->mmap_cache = NULL;
		nodes_seen = 0;
		one_call(mm, call, a, vma_at(n) + 64 * PAGE_SIZE);
		most = max(most, nodes_seen);
	}
	return most;
}

static void a_call_among_many_mappings_looks_at_few_of_them(void **state)
{
	static const unsigned int ways[NR_CALLS] = { 2, 2, 24, 40, 64 };	/* times the depth of a balanced tree */

	test_seed();
	for (unsigned int n = MANY / 100; n <= MANY; n *= 10) {
		struct mm_struct *mm = many_vmas(n);
		unsigned int levels = log2_of(n) + 1;

		assert_true(depth(mm->mm_rb.rb_node) <= 2 * levels);
		for (enum call call = FIND; call < NR_CALLS; call++) {
			unsigned long most = most_nodes(mm, n, call);

			printf("# %u mappings: %s looks at %lu nodes at most\n", n, names[call], most);
			assert_true(most <= ways[call] * levels);
		}
		check_all(mm);
		end_space(mm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPACE_TEST(a_call_among_many_mappings_looks_at_few_of_them),
	};

	host_boot();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
