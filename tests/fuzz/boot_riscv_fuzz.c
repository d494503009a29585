/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/boot_riscv_fuzz.c - arch/riscv/boot.c, numa.c and memblock: from any devicetree to a map of memory
 *
 * boot_main() either refuses in one line or arrives in kernel_main(), and then memory is sane. The last
 * bytes of the input are boot parameters and page-table modes.
 */
#include "../../arch/riscv/boot.c"
#include "../../arch/riscv/numa.c"
#include "../../mm/lowmem.c"
#include "../../mm/memblock.c"
#include <kernel/process.h>
#include "fuzz.h"

#define MODES_MASK	(7UL << SATP_SV39)

struct boot_params boot_params;
struct cpu cpus[NR_CPUS];
paddr_t direct_map_size;
char _text[64];

void cpu_read_fdt(void) { }
void cpu_init_this(struct cpu *c) { }
void cpu_enable_counters(void) { }
void timer_probe(void) { }
void mmu_init(void) { }
void power_init(void) { }
void power_map(void) { }
void params_early(void) { }
unsigned int cpu_hart_count(void) { return 4; }
unsigned long cpu_hart_id(unsigned int cpu) { return cpu; }
void numa_add_memory(u32 nid, paddr_t start, paddr_t end) { }
void numa_add_cpu(u32 nid, unsigned int cpu) { FUZZ_CHECK(cpu < 4); }
void numa_set_distance(u32 a, u32 b, u32 distance) { }

void mmu_choose_layout(unsigned int levels)
{
	FUZZ_CHECK(levels >= 3 && levels <= 5);
	direct_map_size = (paddr_t)(levels == 3 ? 3 : 100) << 30;
}

static void check_list(const struct range_list *l)
{
	for (unsigned int i = 0; i < l->n; i++)
		FUZZ_CHECK(l->r[i].start < l->r[i].end && (!i || l->r[i - 1].end < l->r[i].start));
}

void kernel_main(void)
{
	check_list(&memory);
	check_list(&reserved);
	FUZZ_CHECK(memblock_end_of_ram() <= (paddr_t)EARLY_MAP_GIB << 30);
	FUZZ_CHECK(lowmem_end <= direct_map_size);
	FUZZ_CHECK((paddr_t)((unsigned long)boot_fdt.blob - page_offset) + boot_fdt.totalsize <= lowmem_end);
	FUZZ_CHECK(memblock_total() >= MIN_MEMORY);
	FUZZ_CHECK(initrd_start <= initrd_end && initrd_end <= memblock_end_of_ram());
	if (initrd_end)
		FUZZ_CHECK(memblock_is_reserved(initrd_start) && memblock_is_reserved(initrd_end - 1));
	FUZZ_CHECK(memblock_is_reserved(kernel_phys_base));
	FUZZ_CHECK(strlen(boot_command_line) < sizeof(boot_command_line));
	longjmp(fuzz_exit, 1);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct thread idle;
	const paddr_t fdt = ((paddr_t)EARLY_MAP_GIB << 30) - FDT_MAX_SIZE - 8;
	u8 mode = size ? data[size - 1] : 0;

	fuzz_physical((unsigned long)EARLY_MAP_GIB << 30);
	size = min(size, (size_t)FDT_MAX_SIZE);
	memory.n = reserved.n = 0;
	memset(boot_command_line, 0, sizeof(boot_command_line));
	initrd_start = initrd_end = 0;
	boot_params.levels = mode & 7;
	boot_params.highmem = mode & 16 ? ~0UL : (u64)mode << 21;
	boot_params.mem = mode & 8 ? ~0UL : (u64)mode << 20;
	cpus[0].idle = &idle;
	memcpy(phys_to_virt(fdt), data, size);
	fuzz_may_fail = true;
	if (!_setjmp(fuzz_exit))
		boot_main(0, fdt, ~(u64)mode << 4 & MODES_MASK, 0x80200000);
	memset(phys_to_virt(fdt), 0, size);
	return 0;
}
