/* SPDX-License-Identifier: MIT */
/* numa.h - nodes: which memory and which CPU is near which (mm/numa.c) */
#ifndef MM_NUMA_H
#define MM_NUMA_H

#include <kernel/cpumask.h>
#include <kernel/percpu.h>
#include <mm/types.h>

#define MAX_NUMNODES	8
#define NO_NODE		(-1)
#define LOCAL_DISTANCE	10	/* ACPI 6.4, 5.2.17: ten times the relative latency */
#define REMOTE_DISTANCE	20

/* numa_node_id - the node of this CPU */
static inline unsigned int numa_node_id(void) { return this_cpu()->node; }
static inline unsigned int cpu_to_node(unsigned int cpu) { return cpus[cpu].node; }

/* ---- what the ports call while they read the firmware's tables; boot CPU, before page_init() ---- */
/* numa_add_memory - [start, end) belongs to node @nid. numa_add_cpu - so does CPU @cpu (our number). */
void numa_add_memory(u32 nid, paddr_t start, paddr_t end);
void numa_add_cpu(u32 nid, unsigned int cpu);
/* numa_set_distance - from node @a to node @b */
void numa_set_distance(u32 a, u32 b, u32 distance);

/* ---- page_init() and the boot of CPUs ---- */
/* numa_init - check what was added; what makes no sense is reported in one line and left out. */
void numa_init(void);
/* numa_next_range - the node of frame *@pfn, and in *@end the frame where that answer ends (at most the value given) */
unsigned int numa_next_range(pfn_t pfn, pfn_t *end);
/* memblock_alloc_on_node - as memblock_alloc(), from node @nid; 0 when it has no room. */
paddr_t memblock_alloc_on_node(u64 size, u64 align, unsigned int nid);

/* ---- any time ---- */
extern unsigned long node_online_mask;	/* (i) nodes that have memory or a CPU */
static inline bool node_online(unsigned int nid) { return nid < MAX_NUMNODES && node_online_mask >> nid & 1; }
unsigned int node_distance(unsigned int a, unsigned int b);
unsigned int nr_online_nodes(void);

#define for_each_online_node(nid) \
	for ((nid) = 0; (nid) < MAX_NUMNODES; (nid)++) \
		if (!node_online(nid)) { } else

#endif
