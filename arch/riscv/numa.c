/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/numa.c - which memory and which CPU are in which node, by the devicetree
 *
 * THE PICTURE    memory@80000000   reg, numa-node-id = <0>        -> numa_add_memory()
 *                cpu@0             reg, numa-node-id = <0>        -> numa_add_cpu()
 *                distance-map      distance-matrix = <0 0 10  0 1 20 ...>: from, to, distance
 *                                                                 -> numa_set_distance()
 *
 * ALWAYS TRUE    U1  what has no numa-node-id is not reported: mm/numa.c decides where it belongs.
 *
 * LOCKS          none: one CPU, at boot.
 * Bindings: Documentation/devicetree/bindings/numa.txt of Linux.
 * READ NEXT      mm/numa.c. The twin reads ACPI's SRAT and SLIT.
 */
#include <arch.h>
#include <asm/port.h>
#include <lib/string.h>
#include <mm/numa.h>

static void add_memory_node(int node)
{
	u64 base, size;
	u32 nid;

	if (fdt_prop_u32(&boot_fdt, node, "numa-node-id", &nid))
		return;
	for (unsigned int i = 0; fdt_reg(&boot_fdt, node, i, &base, &size) == 0; i++)
		numa_add_memory(nid, base, size > ~0ULL - base ? ~0ULL : base + size);
}

static void add_cpu_node(int node)
{
	u64 hart, size;
	u32 nid;

	if (fdt_prop_u32(&boot_fdt, node, "numa-node-id", &nid) || fdt_reg(&boot_fdt, node, 0, &hart, &size))
		return;
	for (unsigned int cpu = 0; cpu < cpu_hart_count(); cpu++)
		if (cpu_hart_id(cpu) == hart)
			numa_add_cpu(nid, cpu);
}

static void read_distances(void)
{
	int map = fdt_path_offset(&boot_fdt, "/distance-map");
	u32 from, to, distance;

	if (map < 0)
		return;
	for (unsigned int i = 0; !fdt_prop_cell(&boot_fdt, map, "distance-matrix", 3 * i, &from) &&
	     !fdt_prop_cell(&boot_fdt, map, "distance-matrix", 3 * i + 1, &to) &&
	     !fdt_prop_cell(&boot_fdt, map, "distance-matrix", 3 * i + 2, &distance); i++)
		numa_set_distance(from, to, distance);
}

void numa_probe(void)
{
	int node = -1, cpus_node = fdt_path_offset(&boot_fdt, "/cpus");

	while ((node = fdt_node_by_device_type(&boot_fdt, node, "memory")) >= 0)
		add_memory_node(node);
	fdt_for_each_child(&boot_fdt, node, cpus_node)
		add_cpu_node(node);
	read_distances();
}
