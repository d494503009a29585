/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/boot_x86_64_fuzz.c - arch/x86_64/boot.c and memblock: from any PVH start info to a map of memory
 *
 * The input is the start info, and what it points to: an address below 64 KiB in it counts from the
 * start of the input, so that mutations lead somewhere. It lies at the end of the first 4 GiB, behind
 * which reading faults.
 */
#include "../../arch/x86_64/boot.c"
#include "../../mm/lowmem.c"
#include "../../mm/memblock.c"
#include "fuzz.h"

struct boot_params boot_params;
struct cpu cpus[NR_CPUS];
struct acpi_info acpi;
char _text[64], boot_stack[8], boot_stack_top[8];

/* What boot_start() calls besides: the machine's, never reached. */
void mmu_set_layout(unsigned int levels) { FUZZ_CHECK(levels == 4 || levels == 5); }
void mmu_init(void) { }
void gdt_init_cpu(struct cpu *c) { }
void idt_init(void) { }
void acpi_init(paddr_t rsdp) { }
void numa_probe(void) { }
void cpu_init_boot(void) { }
void cpu_init(void) { }
void enter_five_levels(void) { }
void params_early(void) { }
bool cpu_has_five_levels(void) { return boot_params.maxcpus & 1; }
void kernel_main(void) { longjmp(fuzz_exit, 1); }

static u64 near(u64 address, paddr_t base)
{
	return address && address < 1UL << 16 ? address + base : address;
}

static bool called_ram(paddr_t pa, const struct hvm_start_info *si)
{
	const struct hvm_memmap_entry *e = phys_to_virt(si->memmap);

	for (u32 i = 0; i < si->memmap_entries; i++)
		if (e[i].type == HVM_MEMMAP_RAM && pa >= e[i].pa && pa - e[i].pa < e[i].size)
			return true;
	return false;
}

static void check_memory(const struct hvm_start_info *si)
{
	for (unsigned int i = 0; i < memory.n; i++) {
		FUZZ_CHECK(memory.r[i].start < memory.r[i].end);
		FUZZ_CHECK(!i || memory.r[i - 1].end < memory.r[i].start);
		FUZZ_CHECK(called_ram(memory.r[i].start, si) && called_ram(memory.r[i].end - 1, si));
	}
	FUZZ_CHECK(memblock_end_of_ram() <= MAX_PHYSMEM && memblock_is_reserved(0));
	if (initrd_end)
		FUZZ_CHECK(initrd_start < initrd_end && memblock_is_reserved(initrd_start) &&
			   memblock_is_reserved(initrd_end - 1) && called_ram(initrd_start, si));
}

static void boot(paddr_t pa)
{
	const struct hvm_start_info *si = check_start_info(pa);

	copy_command_line(si->cmdline);
	FUZZ_CHECK(strnlen(boot_command_line, sizeof(boot_command_line)) < sizeof(boot_command_line));
	choose_levels();
	fill_memblock(si);
	check_memory(si);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t room = ALIGN_UP(size, 8);
	paddr_t base = EARLY_LIMIT - room;
	u8 mode = size ? data[size - 1] : 0;
	struct hvm_start_info *si;

	fuzz_physical(EARLY_LIMIT);
	memory.n = reserved.n = 0;
	memset(boot_command_line, 0, sizeof(boot_command_line));
	initrd_start = initrd_end = 0;
	boot_params.levels = mode & 8 ? 0 : mode & 7;
	boot_params.maxcpus = mode >> 7;
	boot_params.highmem = mode & 32 ? (u64)mode << 22 : ~0UL;
	boot_params.mem = mode & 64 ? (u64)mode << 20 : ~0UL;
	si = phys_to_virt(base);
	memcpy(si, data, size);
	if (size >= sizeof(*si)) {
		si->modlist = near(si->modlist, base);
		si->cmdline = near(si->cmdline, base);
		si->memmap = near(si->memmap, base);
	}
	fuzz_may_fail = true;
	if (!_setjmp(fuzz_exit))
		boot(base);
	memset(phys_to_virt(base), 0, room);
	return 0;
}
