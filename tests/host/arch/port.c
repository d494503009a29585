/* SPDX-License-Identifier: MIT */
/*
 * tests/host/arch/port.c - the half of include/arch.h that memory management needs
 *
 * THE QUESTION   Is the contract closed: does mm/ run on a machine that knows nothing of RISC-V or
 *                x86-64?
 *
 * THE PICTURE    physical              this program's addresses
 *                RAM (a memfd) --+---> direct map: both banks, always mapped
 *                                +---> vmemmap, vmalloc: a page at a time, when a touch faults and
 *                                      the kernel's page tables have an entry; the host's own
 *                                      mapping is our kernel TLB, and a flush removes it
 *
 * CPUs are struct cpus that host threads play in turn (host_run_on()), or one thread each when
 * host_threads is set. An IPI in turns is a call; with threads it is a bit that the target polls.
 *
 * LEFT OUT       threads, traps, signals, time of day, power: layers above mm/ that are not here.
 * READ NEXT      softmmu.c (user memory), shims.c (what stands in for kernel/base).
 */
#include <kernel/ipi.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <mm/highmem.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include "host.h"

#define VMALLOC_SIZE	(1UL << 30)
#define VMEMMAP_SIZE	((RAM_END >> PAGE_SHIFT) * sizeof(struct page))

unsigned long page_offset, task_size, vmemmap_base, vmalloc_start, vmalloc_end;
unsigned long max_user_levels_bits;
unsigned int pgtable_levels, pgdir_shift;
struct soft_hw soft_hw;
__thread struct cpu *host_cpu = &cpus[0];
__thread bool host_irqs_off;
bool host_threads;
void (*host_relax_hook)(void);
void (*host_interrupt)(void);

static pgd_t kernel_pgd[PTRS_PER_PGD] __aligned(4096);
static unsigned long ipi_pending[HOST_CPUS];	/* (a) bit n: IPI of kind n, with host_threads */

/* ---- page.h ---- */

paddr_t virt_to_phys(const void *va)
{
	paddr_t pa = (unsigned long)va - page_offset;

	if (pa < BANK0_START || pa >= min(RAM_END, lowmem_end) || (pa >= BANK0_END && pa < BANK1_START))
		panic("virt_to_phys of %p, which is not in the direct map", va);
	return pa;
}

paddr_t kimg_to_phys(const void *va)
{
	panic("kimg_to_phys of %p: the kernel image is not in RAM here", va);
}

/* ---- boot.c ---- */

static void choose_depth(unsigned int levels)
{
	if (levels < 3 || levels > 5)
		panic("LEVELS=%u: give 3, 4 or 5", levels);
	pgtable_levels = levels;
	pgdir_shift = PUD_SHIFT + 9 * (levels - 3);
	max_user_levels_bits = pgdir_shift + 9;
	task_size = 1UL << (max_user_levels_bits - 1);
	soft_hw.sets_ad = levels != 3;
	soft_hw.exec_reads = levels == 4;
	soft_hw.keeps_absent = levels == 5;
}

static bool kernel_fault(unsigned long va);

void host_catch_faults(void)
{
	os_on_fault(kernel_fault);
}

/* Both banks, up to @end, at @offset + physical address. */
static void map_ram(unsigned long offset, paddr_t end)
{
	os_map(offset + BANK0_START, BANK0_END - BANK0_START, BANK0_START - RAM_BASE, true);
	os_map(offset + BANK1_START, end - BANK1_START, BANK1_START - RAM_BASE, true);
}

void *host_bytes(const struct page *page)
{
	return (void *)(HOST_VIEW - RAM_BASE + page_to_phys(page));
}

void host_machine(void)
{
	choose_depth((unsigned int)os_getenv("LEVELS", 4));
	page_offset = HOST_BASE - RAM_BASE;
	vmemmap_base = HOST_BASE + 0x1000000000UL;
	vmalloc_start = HOST_BASE + 0x2000000000UL;
	vmalloc_end = vmalloc_start + VMALLOC_SIZE;
	os_ram_create(RAM_END - RAM_BASE);
	os_reserve(FIXADDR_START, FIXADDR_SIZE);
	os_reserve(vmemmap_base, VMEMMAP_SIZE);
	os_reserve(vmalloc_start, VMALLOC_SIZE);
	map_ram(page_offset, pgtable_levels == 3 ? HIGH_START : RAM_END);
	map_ram(HOST_VIEW - RAM_BASE, RAM_END);
	host_catch_faults();
	shims_init_cpu(0);
}

static void start_cpu(unsigned int cpu)
{
	if (percpu_init_cpu(cpu))
		panic("no memory for CPU %u", cpu);
	shims_init_cpu(cpu);
	host_run_on(cpu);
	pcp_init_cpu();
	cpumask_set(cpu, &cpu_online_mask);
	cpus[cpu].coming = CPU_CAME;
	nr_cpus = cpu + 1;
}

void host_boot(void)
{
	host_machine();
	memblock_add(BANK1_START, BANK1_END - BANK1_START);
	memblock_add(BANK0_START - 0x1234, BANK0_END - BANK0_START + 0x1234);
	memblock_remove(0, BANK0_START);
	memblock_reserve(BANK0_START + (3UL << 20), (1UL << 20) + 1);
	if (pgtable_levels == 3)
		lowmem_end = HIGH_START;
	percpu_init_boot();
	page_init();
	slab_init();
	mm_init();
	highmem_init();
	vmalloc_init();
	for (unsigned int cpu = 1; cpu < HOST_CPUS; cpu++)
		start_cpu(cpu);
	host_run_on(0);
}

void host_run_on(unsigned int cpu)
{
	ASSERT(!host_irqs_off);
	host_cpu = &cpus[cpu];
}

unsigned long host_free_pages(void)
{
	unsigned int cpu, self = smp_processor_id();

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		host_run_on(cpu);
		kmem_cache_shrink_all();
	}
	host_run_on(self);
	vm_unmap_aliases();
	kmem_cache_shrink_all();
	page_alloc_drain();
	return nr_free_pages();
}

/* ---- smp.c ---- */

void arch_ipi_send(unsigned int cpu, enum ipi_kind kind)
{
	struct cpu *self = host_cpu;
	unsigned long flags;

	if (host_threads) {
		__atomic_fetch_or(&ipi_pending[cpu], 1UL << kind, __ATOMIC_SEQ_CST);
		return;
	}
	flags = arch_irq_save();
	host_cpu = &cpus[cpu];
	handle_ipi(kind);
	host_cpu = self;
	arch_irq_restore(flags);
}

void host_poll_ipi(void)
{
	unsigned int self = smp_processor_id();
	unsigned long kinds = __atomic_load_n(&ipi_pending[self], __ATOMIC_RELAXED);

	if (!kinds)
		return;
	kinds = __atomic_exchange_n(&ipi_pending[self], 0, __ATOMIC_SEQ_CST);
	host_irqs_off = true;
	for (unsigned int kind = 0; kind < NR_IPI_KINDS; kind++)
		if (kinds & (1UL << kind))
			handle_ipi((enum ipi_kind)kind);
	host_irqs_off = false;
}

/* ---- mmu.c ---- */

static paddr_t table_alloc(void)
{
	struct page *page;

	if (totalram_pages() == 0)
		return memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	page = alloc_page(GFP_NOWAIT | __GFP_ZERO);
	return page ? page_to_phys(page) : 0;
}

static bool table_ensure(unsigned long *slot)
{
	paddr_t pa = *slot ? *slot : table_alloc();

	if (!*slot && pa)
		*slot = table_entry(pa);
	return pa != 0;
}

static int map_page(unsigned long va, paddr_t pa, pgprot_t prot)
{
	pgd_t *pgd = pgd_offset_pgd(kernel_pgd, va);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (!p4d_folded() && !table_ensure(&pgd->v))
		return -ENOMEM;
	p4d = p4d_offset(pgd, va);
	if (!pud_folded() && !table_ensure(&p4d->v))
		return -ENOMEM;
	pud = pud_offset(p4d, va);
	if (!table_ensure(&pud->v))
		return -ENOMEM;
	pmd = pmd_offset(pud, va);
	if (!table_ensure(&pmd->v))
		return -ENOMEM;
	set_pte(pte_offset(pmd, va), pfn_pte(pa >> PAGE_SHIFT, prot));
	return 0;
}

int arch_map_kernel(unsigned long va, paddr_t pa, size_t size, pgprot_t prot)
{
	int err = 0;

	ASSERT(IS_ALIGNED(va | pa | size, PAGE_SIZE));
	for (size_t done = 0; !err && done < size; done += PAGE_SIZE)
		err = map_page(va + done, pa + done, prot);
	return err;
}

pgd_t *arch_kernel_pgd(void)
{
	return kernel_pgd;
}

/* Kernel addresses are never looked up through a user's tables here, so nothing is shared. */
void arch_pgd_init(pgd_t *pgd)
{
	for (unsigned int i = 0; i < PTRS_PER_PGD; i++)
		ASSERT(!pgd[i].v);
}

void arch_switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	ASSERT(arch_irqs_disabled() && prev != next);
	soft_flush_all(smp_processor_id());
}

/* The pte for kernel address @va, walked as hardware would; 0: none. */
static pte_t kernel_walk(unsigned long va)
{
	pgd_t *pgd = pgd_offset_pgd(kernel_pgd, va);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (!pgd_present(*pgd))
		return __pte(0);
	p4d = p4d_offset(pgd, va);
	if (!p4d_present(*p4d))
		return __pte(0);
	pud = pud_offset(p4d, va);
	if (!pud_present(*pud))
		return __pte(0);
	pmd = pmd_offset(pud, va);
	return pmd_present(*pmd) ? ptep_get(pte_offset(pmd, va)) : __pte(0);
}

static bool in_region(unsigned long va)
{
	return (va >= vmemmap_base && va < vmemmap_base + VMEMMAP_SIZE) ||
	       (va >= vmalloc_start && va < vmalloc_end) || is_fixmap_addr((void *)va);
}

static bool kernel_fault(unsigned long va)
{
	pte_t pte = in_region(va) ? kernel_walk(va) : __pte(0);

	if (!pte_present(pte))
		panic("kernel access to unmapped address %#lx", va);
	os_map(va & PAGE_MASK, PAGE_SIZE, (pte_pfn(pte) << PAGE_SHIFT) - RAM_BASE, pte_write(pte));
	return true;
}

/* ---- tlb.c ---- */

void arch_tlb_flush_local_page(unsigned long va)
{
	if (is_fixmap_addr((void *)va)) {
		os_reserve(va & PAGE_MASK, PAGE_SIZE);
		if (pte_present(kernel_walk(va)))
			kernel_fault(va);	/* now: in a test SIGSEGV may be cmocka's */
		return;
	}
	soft_flush_range(smp_processor_id(), va, va + PAGE_SIZE);
}

void arch_tlb_flush_local_range(unsigned long start, unsigned long end)
{
	soft_flush_range(smp_processor_id(), start, end);
}

void arch_tlb_flush_local_all(void)
{
	soft_flush_all(smp_processor_id());
}

struct flush { unsigned long start, end; };

static void flush_here(void *arg)
{
	const struct flush *f = arg;

	if (f->end == ~0UL)
		soft_flush_all(smp_processor_id());
	else
		soft_flush_range(smp_processor_id(), f->start, f->end);
}

/* As on x86-64: by IPI, answered by CPUs that spin on a lock we hold but never with interrupts off. */
void arch_tlb_flush_remote(const struct cpumask *mask, unsigned long start, unsigned long end)
{
	struct flush f = { start, end };

	ASSERT(!arch_irqs_disabled());
	ipi_call_mask(mask, flush_here, &f);
}

void arch_tlb_flush_kernel_range(unsigned long start, unsigned long end)
{
	if (start < end)
		os_reserve(start & PAGE_MASK, ALIGN_UP(end, PAGE_SIZE) - (start & PAGE_MASK));
}

/* ---- timer.c, console.c ---- */

void arch_backtrace(const struct trapframe *regs, bool (*fn)(unsigned long pc, void *arg), void *arg)
{
	(void)regs;
	fn((unsigned long)__builtin_return_address(0), arg);
}

u64 arch_clock_ns(void)
{
	return os_clock_ns();
}

void arch_console_putc(char c)
{
	os_print(&c, 1);
}
