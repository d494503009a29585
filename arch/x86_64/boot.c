/* SPDX-License-Identifier: MIT */
/*
 * boot.c - what machine is this, and how does the kernel get to kernel_main()?
 *
 * THE PICTURE    start.S: early tables, long mode
 *                boot_start()
 *                  CPU's own tables       from here on a fault prints a panic
 *                  hvm_start_info         command line, initrd, memory map, RSDP
 *                  features, ACPI         CPUs, interrupt controllers, how to power off
 *                  4 or 5 levels          start.S again, for LA57
 *                  memblock               RAM; reserved: low 64 KiB, kernel image, initrd
 *                  numa_probe()           which node has what
 *                  mmu_init()             the final tables
 *                kernel_main()
 *
 * ALWAYS TRUE    B1  nothing the loader says is used before it is checked; what cannot be used ends
 *                    in one line that says what to do (boot_failure()).
 *                B2  until mmu_init() only the first 4 GiB are mapped, and memblock gives nothing
 *                    beyond.
 *
 * LOCKS          none: one CPU, interrupts off.
 * The start info is Xen's struct hvm_start_info (Xen: public/arch-x86/hvm/start_info.h).
 */
#include <asm/acpi.h>
#include <asm/port.h>
#include <kernel/params.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/memblock.h>

#define HVM_START_MAGIC		0x336ec578
#define HVM_MEMMAP_RAM		1
#define MAX_MEMMAP_ENTRIES	1024
#define EARLY_LIMIT		(4UL << 30)
#define LOW_RESERVED		0x10000		/* BIOS data, and smp.c's start-up page         */
#define MIN_MEGABYTES		16

struct hvm_start_info {
	u32	magic, version, flags, nr_modules;
	u64	modlist, cmdline, rsdp;
	u64	memmap;			/* from version 1 on */
	u32	memmap_entries, reserved;
};

struct hvm_module {
	u64	pa, size, cmdline, reserved;
};

struct hvm_memmap_entry {
	u64	pa, size;
	u32	type, reserved;
};

char boot_command_line[2048];
paddr_t initrd_start, initrd_end;

void boot_start(paddr_t start_info_pa) __noreturn;

/* [pa, pa+n) as memory, or NULL if that is not below 4 GiB. */
static void *early_memory(u64 pa, u64 n)
{
	if (pa == 0 || n > EARLY_LIMIT || pa > EARLY_LIMIT - n)
		return NULL;
	return phys_to_virt(pa);
}

static const struct hvm_start_info *check_start_info(paddr_t pa)
{
	const struct hvm_start_info *si = early_memory(pa, sizeof(*si));

	if (!si || si->magic != HVM_START_MAGIC)
		boot_failure("the loader gave no PVH start info (at %lx): boot with QEMU's -kernel",
			     pa);
	if (si->version < 1 || si->memmap_entries == 0 || si->memmap_entries > MAX_MEMMAP_ENTRIES ||
	    !early_memory(si->memmap, si->memmap_entries * sizeof(struct hvm_memmap_entry)))
		boot_failure("the loader's start info (version %u) has no usable memory map: use a "
			     "newer QEMU", si->version);
	return si;
}

static void copy_command_line(u64 pa)
{
	const char *line = early_memory(pa, sizeof(boot_command_line));
	size_t n;

	if (!line)
		return;
	n = strnlen(line, sizeof(boot_command_line));
	if (n == sizeof(boot_command_line)) {
		pr_warn("command line cut after %lu bytes\n", sizeof(boot_command_line) - 1);
		n--;
	}
	memcpy(boot_command_line, line, n);
}

/* The deepest the CPU has, or what levels= asks for. */
static void choose_levels(void)
{
	bool has_five = cpu_has_five_levels();
	unsigned int levels = boot_params.levels;

	if (levels == 0)
		levels = has_five ? 5 : 4;
	if (levels != 4 && !(levels == 5 && has_five))
		boot_failure("levels=%u is not supported: this machine offers %s", levels,
			     has_five ? "4, 5" : "4");
	if (levels == 5) {
		enter_five_levels();
		mmu_set_layout(5);
		gdt_init_cpu(&cpus[0]);	/* start.S has loaded its own */
	}
}

static bool is_ram(u64 pa, u64 size, const struct hvm_start_info *si)
{
	const struct hvm_memmap_entry *e = phys_to_virt(si->memmap);

	if (size > MAX_PHYSMEM || pa > MAX_PHYSMEM - size)
		return false;
	for (u32 i = 0; i < si->memmap_entries; i++) {
		if (e[i].type == HVM_MEMMAP_RAM && pa >= e[i].pa && size <= e[i].size &&
		    pa - e[i].pa <= e[i].size - size)
			return true;
	}
	return false;
}

static void add_memory(const struct hvm_start_info *si)
{
	const struct hvm_memmap_entry *e = phys_to_virt(si->memmap);

	for (u32 i = 0; i < si->memmap_entries; i++) {
		if (e[i].type != HVM_MEMMAP_RAM || e[i].pa >= MAX_PHYSMEM)
			continue;
		memblock_add(e[i].pa, min(e[i].size, MAX_PHYSMEM - e[i].pa));
	}
}

/* The first module is the initrd; it may lie anywhere in RAM. */
static void find_initrd(const struct hvm_start_info *si)
{
	const struct hvm_module *m;

	if (si->nr_modules == 0)
		return;
	m = early_memory(si->modlist, sizeof(*m));
	if (!m || m->size == 0 || !is_ram(m->pa, m->size, si)) {
		pr_warn("the loader's initrd does not lie in memory: ignored\n");
		return;
	}
	initrd_start = m->pa;
	initrd_end = m->pa + m->size;
}

static void fill_memblock(const struct hvm_start_info *si)
{
	u64 megabytes;

	add_memory(si);
	memblock_limit(boot_params.mem);
	megabytes = (memblock_total() >> 20) + 1;	/* the firmware keeps a little */
	if (megabytes < MIN_MEGABYTES)
		boot_failure("needs at least %u MiB of memory, this machine has %lu: give QEMU "
			     "more with -m", MIN_MEGABYTES, megabytes);
	find_initrd(si);
	if (initrd_end > memblock_end_of_ram())
		boot_failure("mem=%lu leaves out the initrd, which ends at %lu: raise it",
			     boot_params.mem, initrd_end);
	memblock_reserve(0, LOW_RESERVED);
	memblock_reserve(kimg_to_phys(_text), (u64)(_end - _text));
	if (initrd_end)
		memblock_reserve(initrd_start, initrd_end - initrd_start);
	memblock_set_max(min(highmem_setup(DIRECT_MAP_SIZE, kimg_to_phys(_end)), EARLY_LIMIT));
}

/* Enough of struct cpu and the CPU's tables that a fault prints what it is. */
static void init_boot_cpu(void)
{
	struct cpu *c = &cpus[0];

	wrmsr(MSR_GS_BASE, (u64)c);
	c->self = c;
	c->idle->kstack = boot_stack;
	c->idle->kstack_top = (unsigned long)boot_stack_top;
	c->kstack_top = c->idle->kstack_top;
	c->arch[CPU_TIMER_DEADLINE] = ~0UL;
	gdt_init_cpu(c);
	idt_init();
}

void boot_start(paddr_t start_info_pa)
{
	const struct hvm_start_info *si;

	mmu_set_layout(4);
	init_boot_cpu();
	si = check_start_info(start_info_pa);
	copy_command_line(si->cmdline);
	params_early();
	acpi_init(si->rsdp);
	cpu_init_boot();
	choose_levels();
	cpu_init();
	cpus[0].hwid = acpi.apic_id[0];
	si = phys_to_virt(start_info_pa);	/* the direct map has moved */
	fill_memblock(si);
	numa_probe();
	mmu_init();
	memblock_set_max(lowmem_end);
	kernel_main();
}
