/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/acpi_fuzz.c - arch/x86_64/acpi.c and numa.c: any tables, with lengths and sums right or wrong
 *
 *	input:  mode | signature length bytes... | signature length bytes... | ...
 *	memory: RSDP, XSDT or RSDT at 1 MiB; the tables below 4 GiB, the last one ends there
 *
 * The sums are made right, which no mutation would hit, except in the mode that takes the input as it is.
 */
#include "../../arch/x86_64/acpi.c"
#define add_cpu	srat_add_cpu	/* both files have one */
#include "../../arch/x86_64/numa.c"
#include "fuzz.h"

#define ROOT_PA		0x100000
#define MAX_TABLES	16

enum mode_bit { MODE_RAW = 1, MODE_OLD_ROOT = 2, MODE_WRONG_SUM = 4, MODE_SHORT = 8 };

void numa_add_memory(u32 nid, paddr_t start, paddr_t end) { }
void numa_add_cpu(u32 nid, unsigned int cpu) { FUZZ_CHECK(cpu < acpi.nr_cpus); }
void numa_set_distance(u32 a, u32 b, u32 distance) { FUZZ_CHECK(distance <= 255); }

static u64 table_pa[MAX_TABLES];
static unsigned int nr_tables;

static void make_sum_right(void *p, size_t n, u8 *sum)
{
	*sum = 0;
	for (size_t i = 0; i < n; i++)
		*sum = (u8)(*sum - ((u8 *)p)[i] + (&((u8 *)p)[i] == sum ? *sum : 0));
}

/* A table of the next record that ends at @end; where it begins. */
static paddr_t put_table(struct fuzz_input *in, paddr_t end)
{
	static const char signatures[][5] = { "APIC", "FACP", "SRAT", "SLIT", "MCFG", "DSDT", "HPET", "APIC" };
	const char *signature = signatures[take_u8(in) % ARRAY_SIZE(signatures)];
	u32 n = (u32)min((size_t)take_u8(in) * 2, in->left);
	paddr_t pa = end - sizeof(struct table) - n;
	struct table *t = phys_to_virt(pa);

	memcpy(t->signature, signature, 4);
	t->length = (u32)sizeof(*t) + n;
	memcpy(t + 1, in->p, n);
	in->p += n;
	in->left -= n;
	if (!memcmp(signature, "FACP", 4) && n >= 8 && nr_tables)
		((struct fadt *)t)->dsdt = (u32)table_pa[nr_tables - 1];
	make_sum_right(t, t->length, &t->checksum);
	table_pa[nr_tables++] = pa;
	return pa;
}

static void put_root(u8 mode)
{
	size_t width = mode & MODE_OLD_ROOT ? 4 : 8;
	struct rsdp *r = phys_to_virt(ROOT_PA);
	struct table *root = (struct table *)(r + 1);

	memcpy(r->signature, "RSD PTR ", 8);
	r->revision = mode & MODE_OLD_ROOT ? 0 : 2;
	r->rsdt = ROOT_PA + sizeof(*r);
	r->xsdt = ROOT_PA + sizeof(*r);
	make_sum_right(r, 20, &r->checksum);
	root->length = (u32)(sizeof(*root) + width * nr_tables - (mode & MODE_SHORT ? 3 : 0));
	for (unsigned int i = 0; i < nr_tables; i++)
		memcpy((u8 *)(root + 1) + i * width, &table_pa[nr_tables - 1 - i], width);
	make_sum_right(root, root->length, &root->checksum);
	root->checksum = (u8)(root->checksum + (mode & MODE_WRONG_SUM ? 1 : 0));
}

static void check_findings(void)
{
	FUZZ_CHECK(acpi.nr_cpus >= 1 && acpi.nr_cpus <= ACPI_MAX_CPUS);
	FUZZ_CHECK(acpi.nr_ioapics >= 1 && acpi.nr_ioapics <= ACPI_MAX_IOAPICS);
	FUZZ_CHECK(acpi.s5_a <= 7 && acpi.s5_b <= 7);
	FUZZ_CHECK(!acpi.has_s5 || acpi.pm1a_cnt);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, min(size, (size_t)4096) };
	u8 mode = take_u8(&in);
	paddr_t low = EARLY_LIMIT;

	fuzz_physical(EARLY_LIMIT);
	memset(&acpi, 0, sizeof(acpi));
	nr_tables = 0;
	if (mode & MODE_RAW) {
		memcpy(phys_to_virt(ROOT_PA), in.p, in.left);
	} else {
		while (in.left > 2 && nr_tables < MAX_TABLES)
			low = put_table(&in, low);
		put_root(mode);
	}
	acpi_init(ROOT_PA);
	numa_probe();
	check_findings();
	memset(phys_to_virt(ROOT_PA), 0, 4096);
	memset(phys_to_virt(low), 0, EARLY_LIMIT - low);
	return 0;
}
