/* SPDX-License-Identifier: MIT */
/*
 * arch/x86_64/numa.c - which memory and which CPU are in which node, by ACPI
 *
 * THE PICTURE    SRAT   type 0: APIC id, domain      type 2: x2APIC id, domain    -> numa_add_cpu()
 *                       type 1: base, length, domain                              -> numa_add_memory()
 *                SLIT   n, then n * n bytes: distance from domain i to domain j   -> numa_set_distance()
 *
 * ALWAYS TRUE    U1  only entries with the enabled bit count, and only those that lie inside their table.
 *                U2  a proximity domain is a node number: machines and QEMU count from 0.
 *
 * LOCKS          none: one CPU, at boot; the tables are read through the early direct map.
 * Tables: ACPI 6.4 ch. 5.2.16 (SRAT), 5.2.17 (SLIT).
 * READ NEXT      mm/numa.c. The twin reads the devicetree.
 */
#include <arch.h>
#include <asm/acpi.h>
#include <asm/port.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/numa.h>

#define SRAT_ENTRIES		48	/* bytes before the first entry                        */
#define SRAT_CPU		0
#define SRAT_MEMORY		1
#define SRAT_X2APIC		2
#define SRAT_ENABLED		(1U << 0)
#define SRAT_HOTPLUG		(1U << 1)
#define SLIT_COUNT		36
#define SLIT_MATRIX		44
#define SLIT_MAX_DOMAINS	64

struct srat_entry {
	u8 type, length;
	union {
		struct { u8 domain_low, apic_id; u32 flags; u8 eid, domain_high[3]; u32 clock; } __packed cpu;
		struct { u32 domain; u16 reserved; u64 base, size; u32 reserved2, flags; u64 reserved3; } __packed mem;
		struct { u16 reserved; u32 domain, apic_id, flags, clock, reserved2; } __packed x2apic;
	};
} __packed;

BUILD_ASSERT(offsetof(struct srat_entry, cpu.domain_high) == 9);
BUILD_ASSERT(offsetof(struct srat_entry, mem.flags) == 28);
BUILD_ASSERT(offsetof(struct srat_entry, x2apic.flags) == 12);

static void add_cpu(u32 domain, u32 apic_id, u32 flags)
{
	for (unsigned int cpu = 0; (flags & SRAT_ENABLED) && cpu < acpi.nr_cpus; cpu++)
		if (acpi.apic_id[cpu] == apic_id)
			numa_add_cpu(domain, cpu);
}

/* Memory that may be plugged in later is not there now: the memory map would say so. */
static void add_memory(u32 domain, u64 base, u64 size, u32 flags)
{
	if (flags & SRAT_ENABLED && !(flags & SRAT_HOTPLUG))
		numa_add_memory(domain, base, size > ~0ULL - base ? ~0ULL : base + size);
}

static void parse_entry(const struct srat_entry *e)
{
	u32 domain = e->cpu.domain_low | (u32)e->cpu.domain_high[0] << 8 | (u32)e->cpu.domain_high[1] << 16 |
		     (u32)e->cpu.domain_high[2] << 24;

	if (e->type == SRAT_CPU && e->length >= 16)
		add_cpu(domain, e->cpu.apic_id, e->cpu.flags);
	else if (e->type == SRAT_MEMORY && e->length >= 40)
		add_memory(e->mem.domain, e->mem.base, e->mem.size, e->mem.flags);
	else if (e->type == SRAT_X2APIC && e->length >= 24)
		add_cpu(e->x2apic.domain, e->x2apic.apic_id, e->x2apic.flags);
}

static void parse_srat(const u8 *srat, u32 length)
{
	const u8 *p = srat + SRAT_ENTRIES, *end = srat + length;

	while (p < end && end - p >= 2 && p[1] >= 2 && p[1] <= end - p) {
		if (end - p >= 16)
			parse_entry((const struct srat_entry *)p);
		p += p[1];
	}
	if (p != end)
		pr_warn("numa: the SRAT is cut off after %lu of %u bytes\n", (unsigned long)(p - srat), length);
}

static void parse_slit(const u8 *slit, u32 length)
{
	u64 n = 0;

	if (length >= SLIT_MATRIX)
		memcpy(&n, slit + SLIT_COUNT, sizeof(n));
	if (n > SLIT_MAX_DOMAINS || length < SLIT_MATRIX + n * n) {
		pr_warn("numa: the SLIT has no room for %lu domains: left out\n", (unsigned long)n);
		return;
	}
	for (u32 i = 0; i < n; i++)
		for (u32 j = 0; j < n; j++)
			numa_set_distance(i, j, slit[SLIT_MATRIX + i * n + j]);
}

void numa_probe(void)
{
	u32 length;
	const u8 *t = acpi_find_table("SRAT", &length);

	if (!t)
		return;
	parse_srat(t, length);
	t = acpi_find_table("SLIT", &length);
	if (t)
		parse_slit(t, length);
}
