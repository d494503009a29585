/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/numa_test.c - nodes (mm/numa.c, the zonelists of mm/zone.c, alloc_pages_node())
 *
 * Every claim holds on a machine with one node too; the matrix also runs them on several.
 */
#include <kernel/ipi.h>
#include <kernel/ktest.h>
#include <kernel/percpu.h>
#include <mm/ledger.h>
#include <mm/memblock.h>
#include <mm/mempolicy.h>
#include <mm/page_alloc.h>
#include <mm/vmstat.h>
#include <mm/zone.h>

static unsigned long node_managed(unsigned int nid)
{
	unsigned long sum = 0;
	struct zone *z;

	for_each_zone(z)
		if (z->node == nid)
			sum += z->managed;
	return sum;
}

static unsigned long node_free(unsigned int nid)
{
	unsigned long sum = 0;
	struct zone *z;

	for_each_zone(z)
		if (z->node == nid)
			sum += z->nr_free;
	return sum;
}

/* All that @gfp gets of node @nid, onto @held. */
static unsigned long take_node(unsigned int nid, gfp_t gfp, struct list_head *held)
{
	unsigned long n = 0;
	struct page *p;

	while ((p = alloc_pages_node((int)nid, gfp | __GFP_THISNODE | __GFP_NOWARN, 0))) {
		if (page_to_nid(p) != nid)
			ktest_fail(__FILE__, __LINE__, "THISNODE %u gave node %u", nid, page_to_nid(p));
		list_add(&p->lru, held);
		n++;
	}
	return n;
}

static void give_back(struct list_head *held)
{
	struct page *p, *next;

	list_for_each_entry_safe(p, next, held, lru) {
		list_del(&p->lru);
		put_page(p);
	}
}

KTEST(numa_every_frame_is_in_the_node_that_firmware_named)
{
	unsigned int i = 0;
	paddr_t start, end;

	while (memblock_next_memory(&i, &start, &end))
		for (pfn_t pfn = start >> PAGE_SHIFT; pfn < end >> PAGE_SHIFT; pfn += 61) {
			pfn_t stop = ~0UL;
			unsigned int nid = numa_next_range(pfn, &stop);

			EXPECT_EQ(page_to_nid(pfn_to_page(pfn)), nid);
			EXPECT(stop > pfn);
			EXPECT(page_zone(pfn_to_page(pfn))->node == nid);
		}
}

KTEST(numa_zonelists_name_every_zone_once_and_the_nearest_node_first)
{
	unsigned int nid;

	for_each_online_node(nid) {
		unsigned long zones_seen = 0, last = 0;
		struct zone *z;

		for (struct zone **zl = NODE_DATA(nid)->zonelist; *zl; zl++) {
			unsigned long distance = node_distance(nid, (*zl)->node);

			EXPECT(distance >= last);
			EXPECT(!(zones_seen >> (*zl)->id & 1));
			zones_seen |= 1UL << (*zl)->id;
			last = distance;
		}
		for_each_zone(z)
			EXPECT_EQ(zones_seen >> z->id & 1, z->managed != 0);
		EXPECT_EQ(node_distance(nid, nid), LOCAL_DISTANCE);
	}
}

KTEST(numa_a_node_gives_its_own_pages_or_with_thisnode_none)
{
	unsigned int nid;

	for_each_online_node(nid) {
		struct page *p = alloc_pages_node((int)nid, GFP_KERNEL | __GFP_THISNODE, 0);
		struct page *block = alloc_pages_node((int)nid, GFP_KERNEL | __GFP_THISNODE, 3);

		EXPECT_EQ(p != NULL, node_managed(nid) != 0);
		EXPECT_EQ(block != NULL, node_managed(nid) != 0);
		EXPECT(!p || page_to_nid(p) == nid);
		EXPECT(!block || page_to_nid(block) == nid);
		if (p)
			free_pages(p, 0);
		if (block)
			free_pages(block, 3);
	}
	EXPECT(alloc_pages_node(MAX_NUMNODES - 1, GFP_KERNEL, 0) == NULL || node_online(MAX_NUMNODES - 1));
}

static void alloc_here(void *arg)
{
	struct page *p = alloc_page(GFP_ATOMIC);
	unsigned int here = numa_node_id(), wanted = here;

	if (!node_managed(here))
		wanted = NODE_DATA(here)->zonelist[0]->node;
	if (p && page_to_nid(p) == wanted)
		atomic_inc((atomic_t *)arg);
	if (p)
		free_pages(p, 0);
}

KTEST(numa_each_cpu_gets_memory_of_its_own_node)
{
	atomic_t right = { 0 };

	ipi_call_all(alloc_here, &right);
	EXPECT_EQ(atomic_read(&right), nr_cpus);
}

KTEST(numa_a_full_node_falls_back_to_the_nearest_and_thisnode_fails)
{
	unsigned int nid;

	for_each_online_node(nid) {
		LIST_HEAD(held);
		struct page *p;
		unsigned long before, missed = vm_event_sum(numa_miss), foreign = vm_event_sum(numa_foreign);

		if (!node_managed(nid) || nr_online_nodes() == 1)
			continue;
		page_alloc_drain();
		before = node_free(nid);
		EXPECT(take_node(nid, GFP_KERNEL, &held) > before / 2);
		p = alloc_pages_node((int)nid, GFP_KERNEL, 0);
		EXPECT(p && page_to_nid(p) != nid);
		for (struct zone **zl = NODE_DATA(nid)->zonelist; p && *zl; zl++)
			if ((*zl)->node != nid) {
				EXPECT_EQ(page_to_nid(p), (*zl)->node);
				break;
			}
		EXPECT_EQ(vm_event_sum(numa_miss), missed + 1);
		EXPECT_EQ(vm_event_sum(numa_foreign), foreign + 1);
		if (p)
			free_pages(p, 0);
		give_back(&held);
		page_alloc_drain();
		EXPECT_EQ(node_free(nid), before);
	}
	buddy_check();
}

KTEST(numa_pages_of_another_node_are_counted_as_other)
{
	unsigned long other = vm_event_sum(numa_other);
	unsigned int nid, here = numa_node_id();

	for_each_online_node(nid) {
		struct page *p = nid != here ? alloc_pages_node((int)nid, GFP_KERNEL, 0) : NULL;

		if (!p)
			continue;
		EXPECT_EQ(vm_event_sum(numa_other), other + (page_to_nid(p) != here));
		other = vm_event_sum(numa_other);
		free_pages(p, 0);
	}
}

/* ---- policies ---- */

static struct page *by_policy(struct mempolicy pol)
{
	struct page *p;

	current->mempolicy = pol;
	p = alloc_user_page(GFP_USER | __GFP_NOWARN);
	current->mempolicy = (struct mempolicy){ 0 };
	return p;
}

KTEST(mempolicy_pages_come_from_the_nodes_it_names)
{
	static const u8 modes[] = { MPOL_PREFERRED, MPOL_BIND, MPOL_PREFERRED_MANY, MPOL_INTERLEAVE };
	unsigned int nid;

	for_each_online_node(nid)
		for (unsigned int i = 0; node_managed(nid) && i < ARRAY_SIZE(modes); i++) {
			struct page *p = by_policy((struct mempolicy){ .mode = modes[i], .nodes = (u16)(1U << nid) });

			REQUIRE(p);
			EXPECT_EQ(page_to_nid(p), nid);
			put_page(p);
		}
}

KTEST(mempolicy_interleave_takes_a_page_of_each_node_in_turn)
{
	unsigned long nodes = nodes_with_memory(), count[MAX_NUMNODES] = { 0 }, before = vm_event_sum(numa_interleave);
	unsigned int nid, rounds = 8, n = rounds * (unsigned int)__builtin_popcountl(nodes);

	current->mempolicy = (struct mempolicy){ .mode = MPOL_INTERLEAVE, .nodes = (u16)nodes };
	for (unsigned int i = 0; i < n; i++) {
		struct page *p = alloc_user_page(GFP_USER);

		EXPECT(p != NULL);
		if (p) {
			count[page_to_nid(p)]++;
			put_page(p);
		}
	}
	current->mempolicy = (struct mempolicy){ 0 };
	for_each_online_node(nid)
		EXPECT_EQ(count[nid], nodes >> nid & 1 ? rounds : 0);
	EXPECT_EQ(vm_event_sum(numa_interleave), before + n);
}

KTEST(mempolicy_bind_fails_when_its_nodes_are_full_and_preferred_goes_on)
{
	unsigned int nid = (unsigned int)__builtin_ctzl(nodes_with_memory());
	LIST_HEAD(held);
	struct page *p;

	if (nodes_with_memory() == 1UL << nid) {
		ktest_skip("needs two nodes with memory");
		return;
	}
	take_node(nid, GFP_KERNEL, &held);
	EXPECT(by_policy((struct mempolicy){ .mode = MPOL_BIND, .nodes = (u16)(1U << nid) }) == NULL);
	p = by_policy((struct mempolicy){ .mode = MPOL_PREFERRED, .nodes = (u16)(1U << nid) });
	EXPECT(p && page_to_nid(p) != nid);
	if (p)
		put_page(p);
	p = by_policy((struct mempolicy){ .mode = MPOL_PREFERRED_MANY, .nodes = (u16)(1U << nid) });
	EXPECT(p && page_to_nid(p) != nid);
	if (p)
		put_page(p);
	give_back(&held);
}
