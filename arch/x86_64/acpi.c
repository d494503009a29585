/* SPDX-License-Identifier: MIT */
/*
 * acpi.c - what does the firmware say about CPUs, interrupt controllers and power?
 *
 * THE PICTURE    RSDP --> XSDT (or RSDT) --> MADT "APIC": CPUs, local APIC, IO-APICs, ISA overrides
 *                                        \-> FADT "FACP": PM1 control ports, reset register
 *                                              \-> DSDT: the package _S5_ (sleep types for "off")
 *                                        \-> SRAT, SLIT: numa.c
 *
 * ALWAYS TRUE    D1  nothing in a table is believed before its length fits and its bytes add up to
 *                    zero; entries inside must lie inside the table.
 *                D2  a machine without usable tables still boots: one CPU, the usual addresses.
 *
 * LOCKS          none: boot CPU, before other CPUs run. Tables are read through the direct map and
 *                not touched again.
 * LEFT OUT       AML, but for a search for the bytes of _S5_. PCI, thermal, everything else.
 * Tables: ACPI 6.4 ch. 5.2.
 */
#include <asm/acpi.h>
#include <asm/port.h>
#include <kernel/cpumask.h>
#include <kernel/printk.h>
#include <lib/string.h>

#define EARLY_LIMIT		(4UL << 30)	/* what the early tables show           */
#define MAX_TABLE		(1U << 20)
#define DEFAULT_LAPIC		0xfee00000
#define DEFAULT_IOAPIC		0xfec00000
#define BIOS_AREA		0xe0000
#define BIOS_AREA_END		0x100000
#define EBDA_POINTER		0x40e
#define EBDA_SEARCHED		1024

#define MADT_CPU		0
#define MADT_IOAPIC		1
#define MADT_OVERRIDE		2
#define MADT_CPU_ENABLED	(1 << 0)
#define FADT_RESET_SUPPORTED	(1U << 10)
#define ADDRESS_SPACE_IO	1
#define AML_BYTE_PREFIX		0x0a
#define AML_PACKAGE		0x12

struct rsdp {
	char	signature[8];
	u8	checksum;
	char	oem[6];
	u8	revision;
	u32	rsdt;
	u32	length;			/* from here on: revision 2 */
	u64	xsdt;
	u8	checksum2, reserved[3];
} __packed;

struct table {
	char	signature[4];
	u32	length;
	u8	revision, checksum;
	char	oem[6], oem_table[8];
	u32	oem_revision, creator, creator_revision;
} __packed;

struct madt {
	struct table	h;
	u32		lapic, flags;
} __packed;

struct madt_entry {
	u8 type, length;
	union {
		struct { u8 processor, apic_id; u32 flags; } __packed cpu;
		struct { u8 id, reserved; u32 address, gsi_base; } __packed ioapic;
		struct { u8 bus, irq; u32 gsi; u16 flags; } __packed override;
	};
} __packed;

struct fadt {
	struct table	h;
	u32		facs, dsdt;
	u8		model, profile;
	u16		sci;
	u8		unused1[8];
	u32		pm1a_event, pm1b_event, pm1a_control, pm1b_control;
	u8		unused2[40];
	u32		flags;
	struct { u8 space, width, offset, access; u64 address; } __packed reset;
	u8		reset_value;
} __packed;

struct mcfg_entry {
	u64		base;
	u16		segment;
	u8		start_bus, end_bus;
	u32		reserved;
} __packed;

struct mcfg {
	struct table	h;
	u64		reserved;
	struct mcfg_entry entry[];
} __packed;

BUILD_ASSERT(offsetof(struct fadt, pm1a_control) == 64);
BUILD_ASSERT(offsetof(struct fadt, flags) == 112);
BUILD_ASSERT(offsetof(struct fadt, reset_value) == 128);

struct acpi_info acpi __ro_after_init;
static paddr_t rsdp_pa __ro_after_init;

static bool sums_to_zero(const void *p, size_t n)
{
	const u8 *bytes = p;
	u8 sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = (u8)(sum + bytes[i]);
	return sum == 0;
}

/* The table at @pa, or NULL if it is not one. */
static const struct table *get_table(paddr_t pa)
{
	const struct table *t = phys_to_virt(pa);

	if (pa == 0 || pa > EARLY_LIMIT - sizeof(*t))
		return NULL;
	if (t->length < sizeof(*t) || t->length > MAX_TABLE || pa > EARLY_LIMIT - t->length)
		return NULL;
	return sums_to_zero(t, t->length) ? t : NULL;
}

static const struct rsdp *check_rsdp(paddr_t pa)
{
	const struct rsdp *r = phys_to_virt(pa);

	if (pa == 0 || pa > EARLY_LIMIT - sizeof(*r))
		return NULL;
	if (memcmp(r->signature, "RSD PTR ", 8) != 0 || !sums_to_zero(r, 20))
		return NULL;
	return r;
}

static const struct rsdp *search_rsdp(paddr_t start, paddr_t end)
{
	for (paddr_t pa = start; pa < end; pa += 16) {
		const struct rsdp *r = check_rsdp(pa);

		if (r)
			return r;
	}
	return NULL;
}

static const struct rsdp *find_rsdp(paddr_t hint)
{
	const struct rsdp *r = check_rsdp(hint);
	paddr_t ebda;

	if (r)
		return r;
	ebda = (paddr_t)*(const u16 *)phys_to_virt(EBDA_POINTER) << 4;
	if (ebda >= 0x400 && ebda < 0xa0000)
		r = search_rsdp(ebda, ebda + EBDA_SEARCHED);
	return r ? r : search_rsdp(BIOS_AREA, BIOS_AREA_END);
}

/* Find the table with @signature in the root table, whose entries have @width bytes. */
static const struct table *find_in_root(const struct table *root, size_t width,
					const char *signature)
{
	size_t n = (root->length - sizeof(*root)) / width;
	const u8 *entry = (const u8 *)(root + 1);

	for (size_t i = 0; i < n; i++, entry += width) {
		const struct table *t;
		u64 pa = 0;

		memcpy(&pa, entry, width);
		t = get_table(pa);
		if (t && memcmp(t->signature, signature, 4) == 0)
			return t;
	}
	return NULL;
}

static const struct table *find_table(const struct rsdp *r, const char *signature)
{
	const struct table *root = r->revision >= 2 ? get_table(r->xsdt) : NULL;

	if (root)
		return find_in_root(root, 8, signature);
	root = get_table(r->rsdt);
	return root ? find_in_root(root, 4, signature) : NULL;
}

static void add_cpu(u32 apic_id)
{
	if (acpi.nr_cpus < NR_CPUS && apic_id != acpi.apic_id[0])
		acpi.apic_id[acpi.nr_cpus++] = apic_id;
}

static void add_ioapic(paddr_t pa, u32 gsi_base)
{
	if (acpi.nr_ioapics < ACPI_MAX_IOAPICS)
		acpi.ioapic[acpi.nr_ioapics++] = (struct acpi_ioapic){ pa, gsi_base };
}

/* Flags: bits 1..0 polarity (3: active low), 3..2 trigger (3: level); 0: as on ISA, high, edge. */
static void set_override(unsigned int irq, u32 gsi, u16 flags)
{
	bool active_low = (flags & 3) == 3;
	bool level = (flags >> 2 & 3) == 3;

	if (irq < ACPI_ISA_IRQS)
		acpi.isa[irq] = (struct acpi_override){ gsi, active_low, level };
}

static void parse_madt_entry(const struct madt_entry *e)
{
	if (e->type == MADT_CPU && e->length >= 8 && (e->cpu.flags & MADT_CPU_ENABLED))
		add_cpu(e->cpu.apic_id);
	else if (e->type == MADT_IOAPIC && e->length >= 12)
		add_ioapic(e->ioapic.address, e->ioapic.gsi_base);
	else if (e->type == MADT_OVERRIDE && e->length >= 10)
		set_override(e->override.irq, e->override.gsi, e->override.flags);
}

static void parse_madt(const struct madt *m)
{
	const u8 *p = (const u8 *)(m + 1);
	const u8 *end = (const u8 *)m + m->h.length;

	if (m->h.length < sizeof(*m))
		return;
	acpi.lapic_pa = m->lapic;
	while (end - p >= 2 && p[1] >= 2 && p[1] <= end - p) {
		parse_madt_entry((const struct madt_entry *)p);
		p += p[1];
	}
}

/* One element of a package of small integers: Zero, One, or a byte constant. */
static u8 aml_small(const u8 **p)
{
	if (**p == AML_BYTE_PREFIX)
		(*p)++;
	return *(*p)++;
}

/* Name(_S5_, Package(n){a, b, ...}): PkgLength's top two bits say how many bytes follow it. */
static void find_s5(const struct table *dsdt)
{
	const u8 *p = (const u8 *)(dsdt + 1);
	const u8 *end = (const u8 *)dsdt + dsdt->length;

	for (; end - p > 16; p++) {
		if (p[0] != '_' || memcmp(p, "_S5_", 4) != 0 || p[4] != AML_PACKAGE)
			continue;
		p += 5;
		p += 1 + (p[0] >> 6);	/* PkgLength     */
		p += 1;			/* element count */
		acpi.s5_a = aml_small(&p) & 7;
		acpi.s5_b = aml_small(&p) & 7;
		acpi.has_s5 = acpi.pm1a_cnt != 0;
		return;
	}
}

static void parse_fadt(const struct fadt *f)
{
	const struct table *dsdt;

	if (f->h.length < offsetof(struct fadt, flags) + 4)
		return;
	acpi.pm1a_cnt = (u16)f->pm1a_control;
	acpi.pm1b_cnt = (u16)f->pm1b_control;
	if (f->h.length >= sizeof(*f) && (f->flags & FADT_RESET_SUPPORTED) &&
	    f->reset.space == ADDRESS_SPACE_IO) {
		acpi.reset_port = (u16)f->reset.address;
		acpi.reset_value = f->reset_value;
	}
	dsdt = get_table(f->dsdt);
	if (dsdt)
		find_s5(dsdt);
}

/* The first segment group: 1 MiB of configuration space per bus (PCI Firmware 3.0, 4.1.2). */
static void parse_mcfg(const struct mcfg *t)
{
	const struct mcfg_entry *e = &t->entry[0];

	if (t->h.length < sizeof(*t) + sizeof(*e) || e->segment || e->end_bus < e->start_bus)
		return;
	acpi.ecam_pa = e->base + ((u64)e->start_bus << 20);
	acpi.ecam_size = (u64)(e->end_bus - e->start_bus + 1) << 20;
}

static void set_defaults(void)
{
	acpi.lapic_pa = DEFAULT_LAPIC;
	acpi.nr_cpus = 1;
	acpi.apic_id[0] = cpuid(1, 0).ebx >> 24;
	for (unsigned int irq = 0; irq < ACPI_ISA_IRQS; irq++)
		acpi.isa[irq].gsi = irq;
}

const void *acpi_find_table(const char *signature, u32 *length)
{
	const struct table *t = rsdp_pa ? find_table(phys_to_virt(rsdp_pa), signature) : NULL;

	*length = t ? t->length : 0;
	return t;
}

void acpi_init(paddr_t hint)
{
	const struct rsdp *r = find_rsdp(hint);
	const struct table *madt = r ? find_table(r, "APIC") : NULL;
	const struct table *fadt = r ? find_table(r, "FACP") : NULL;
	const struct table *mcfg = r ? find_table(r, "MCFG") : NULL;

	rsdp_pa = r ? virt_to_phys(r) : 0;
	set_defaults();
	if (madt)
		parse_madt((const struct madt *)madt);
	else
		pr_warn("no ACPI table of CPUs: one CPU, the usual interrupt controllers\n");
	if (acpi.nr_ioapics == 0)
		add_ioapic(DEFAULT_IOAPIC, 0);
	if (fadt)
		parse_fadt((const struct fadt *)fadt);
	if (mcfg)
		parse_mcfg((const struct mcfg *)mcfg);
}
