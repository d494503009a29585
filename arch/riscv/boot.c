/* SPDX-License-Identifier: MIT */
/*
 * arch/riscv/boot.c - what firmware told us, turned into memblock and a command line
 *
 * THE QUESTION   Firmware leaves a flattened devicetree (FDT). Where is memory, what of it is used,
 *                what does the user want, and how deep may the page tables be?
 *
 * THE PICTURE    start.S (Sv39, lower half one to one)
 *                  -> boot_main: FDT -> command line -> memory, reserved ranges -> depth
 *                  -> mmu_init: final tables at that depth; page_offset becomes the real one
 *                  -> kernel_main
 *
 * ALWAYS TRUE    B1  until mmu_init() a physical address below EARLY_MAP_GIB is its own pointer.
 *                B2  everything that firmware or we still need is reserved before the first
 *                    memblock_alloc().
 *                B3  bad input ends in one line that says what and what to do, then power off.
 *
 * LOCKS          none: one CPU, interrupts off.
 * READ NEXT      mmu.c, kernel/main.c.
 */
#include <arch.h>
#include <asm/port.h>
#include <kernel/params.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/memblock.h>

#define FDT_MAX_SIZE	(2UL << 20)	/* OpenSBI's own bound */
#define MIN_MEMORY	(16UL << 20)	/* image, page descriptors and an initramfs of 4 MiB */
#define SATP_MODE_TO_LEVELS(mode)	((mode) - SATP_SV39 + 3)

char boot_command_line[2048];
paddr_t initrd_start, initrd_end;
paddr_t kernel_phys_base;
struct fdt boot_fdt;

extern char _text[], _end[];

void boot_main(unsigned long hart, paddr_t fdt, unsigned long modes, paddr_t text) __noreturn;

/* what the devicetree says */

static void open_fdt(paddr_t pa)
{
	const paddr_t limit = (paddr_t)EARLY_MAP_GIB << 30;
	int err;

	if (pa == 0 || pa >= limit - FDT_MAX_SIZE)
		boot_failure("no devicetree: firmware passed address %lx in a1", pa);
	err = fdt_open(&boot_fdt, phys_to_virt(pa), FDT_MAX_SIZE);
	if (err)
		boot_failure("the devicetree at %lx cannot be read: %s", pa, fdt_strerror(err));
}

static u64 chosen_number(const char *name)
{
	u64 v;

	if (fdt_prop_u64(&boot_fdt, fdt_path_offset(&boot_fdt, "/chosen"), name, &v))
		return 0;
	return v;
}

static void read_chosen(void)
{
	int chosen = fdt_path_offset(&boot_fdt, "/chosen");
	const char *args = fdt_prop_string(&boot_fdt, chosen, "bootargs", 0);

	if (args && strlcpy(boot_command_line, args, sizeof(boot_command_line)) >=
		    sizeof(boot_command_line))
		boot_failure("the command line is longer than %lu bytes: shorten it",
			  sizeof(boot_command_line) - 1);
	initrd_start = chosen_number("linux,initrd-start");
	initrd_end = chosen_number("linux,initrd-end");
	if (initrd_end <= initrd_start)
		initrd_start = initrd_end = 0;
}

static void add_memory(void)
{
	const paddr_t limit = (paddr_t)EARLY_MAP_GIB << 30;
	u64 base, size;
	int node = -1;

	while ((node = fdt_node_by_device_type(&boot_fdt, node, "memory")) >= 0)
		for (unsigned int i = 0; fdt_reg(&boot_fdt, node, i, &base, &size) == 0; i++)
			if (base < limit)
				memblock_add(base, min(size, limit - base));
}

static void reserve_memory(paddr_t fdt)
{
	int node, parent = fdt_path_offset(&boot_fdt, "/reserved-memory");
	u64 base, size;

	memblock_reserve(kernel_phys_base, (u64)(_end - _text));
	memblock_reserve(fdt, boot_fdt.totalsize);
	if (initrd_end)
		memblock_reserve(initrd_start, initrd_end - initrd_start);
	for (unsigned int i = 0; fdt_memrsv(&boot_fdt, i, &base, &size) == 0 && size; i++)
		memblock_reserve(base, size);
	if (parent < 0)
		return;
	fdt_for_each_child(&boot_fdt, node, parent)
		for (unsigned int i = 0; fdt_reg(&boot_fdt, node, i, &base, &size) == 0; i++)
			memblock_reserve(base, size);
}

/* mem= may ask for less, highmem= for less within the direct map. What is needed must lie inside. */
static void limit_memory(void)
{
	memblock_limit(boot_params.mem);
	if (memblock_total() < MIN_MEMORY)
		boot_failure("%lu MiB of memory: Verso needs at least %lu MiB",
			  memblock_total() >> 20, MIN_MEMORY >> 20);
	if (initrd_end > memblock_end_of_ram())
		boot_failure("the initrd at %lx lies outside memory: give more of it (-m, mem=)",
			  initrd_start);
	memblock_set_max(highmem_setup(DIRECT_MAP_SIZE, kimg_to_phys(_end)));
}

/* The devicetree is read until the end of time: a copy of it, if it lies in high memory. */
static paddr_t reachable_fdt(paddr_t fdt)
{
	paddr_t copy;

	if (fdt + boot_fdt.totalsize <= lowmem_end)
		return fdt;
	copy = memblock_alloc(boot_fdt.totalsize, PAGE_SIZE);
	memcpy(phys_to_virt(copy), boot_fdt.blob, boot_fdt.totalsize);
	return copy;
}

/* how deep */

static unsigned int choose_levels(unsigned long modes)
{
	char offered[16] = "";
	unsigned int deepest = 0;

	for (unsigned int mode = SATP_SV39; mode <= SATP_SV57; mode++) {
		unsigned int levels = SATP_MODE_TO_LEVELS(mode);
		size_t len = strlen(offered);

		if (!(modes & 1UL << mode))
			continue;
		if (boot_params.levels == levels)
			return levels;
		deepest = levels;
		snprintf(offered + len, sizeof(offered) - len, "%s%u", len ? ", " : "", levels);
	}
	if (boot_params.levels || !deepest)
		boot_failure("levels=%u is not supported: this machine offers %s",
			  boot_params.levels, offered);
	return deepest;
}

void boot_main(unsigned long hart, paddr_t fdt, unsigned long modes, paddr_t text)
{
	unsigned int levels;

	kernel_phys_base = text;
	cpus[0].hwid = (unsigned int)hart;
	cpu_init_this(&cpus[0]);
	cpus[0].idle->kstack_top = cpus[0].kstack_top;
	cpu_enable_counters();
	open_fdt(fdt);
	power_init();
	read_chosen();
	params_early();
	levels = choose_levels(modes);
	mmu_choose_layout(levels);
	cpu_read_fdt();
	timer_probe();
	add_memory();
	reserve_memory(fdt);
	limit_memory();
	fdt = reachable_fdt(fdt);
	numa_probe();
	mmu_init();
	power_map();
	boot_fdt.blob = phys_to_virt(fdt);
	kernel_main();
}
