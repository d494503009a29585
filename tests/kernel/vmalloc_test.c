/* SPDX-License-Identifier: MIT */
/* tests/kernel/vmalloc_test.c - mm/vmalloc.c, vmap_area.c, vmap.c, ioremap.c on the real page tables */
#include <kernel/ipi.h>
#include <kernel/sched.h>
#include <mm/highmem.h>
#include <mm/memblock.h>
#include <mm/vmalloc.h>
#include <mm/uaccess.h>
#include "mm_test.h"

/* ---- top-level entries reach every address space ---- */

/* The start of a top-level entry of the vmalloc area that the kernel's table does not have yet; 0: none. */
static unsigned long empty_top_entry(void)
{
	for (unsigned long va = vmalloc_stacks_end(); va < vmalloc_end; va += PGDIR_SIZE)
		if (!pgd_val(arch_kernel_pgd()[pgd_index(va)]))
			return va;
	return 0;
}

static void *vmalloc_at(unsigned long start, size_t size)
{
	const struct vm_request rq = {
		.size = size, .align = PAGE_SIZE, .start = start, .end = start + (1UL << 20), .gfp = GFP_KERNEL,
		.prot = PAGE_KERNEL, .node = NO_NODE,
	};

	return __vmalloc_node_range(&rq);
}

/* A thread with an address space loaded, on another CPU if there is one, that reads where it is told. */
static struct reader {
	struct mm_struct *mm;
	volatile unsigned long *addr;	/* NULL: wait; the reader's own address: end */
	unsigned long value, faults;
	int state;			/* counts its steps */
} reader;

static void reader_main(void *arg)
{
	use_mm(reader.mm);
	__atomic_store_n(&reader.state, 1, __ATOMIC_RELEASE);
	for (int step = 1;; step++) {
		volatile unsigned long *addr;

		while (!(addr = __atomic_load_n(&reader.addr, __ATOMIC_ACQUIRE)))
			sched_yield_current();
		reader.addr = NULL;
		if ((void *)addr == &reader)
			break;
		reader.value = *addr;
		__atomic_store_n(&reader.state, step + 1, __ATOMIC_RELEASE);
	}
	use_mm(NULL);
	__atomic_store_n(&reader.state, -1, __ATOMIC_RELEASE);
}

static void wait_for_reader(int state)
{
	while (__atomic_load_n(&reader.state, __ATOMIC_ACQUIRE) != state)
		sched_yield_current();
}

static bool start_reader(void)
{
	struct thread *t = kthread_create(reader_main, NULL, "reader");
	struct cpumask other = { cpumask_bits(&cpu_online_mask) & ~BIT(smp_processor_id()) };

	reader.state = 0;
	if (!t)
		return false;
	if (other.bits)
		thread_set_affinity(t, &other);
	thread_wake(t);
	wait_for_reader(1);
	return true;
}

static void let_reader_read(volatile unsigned long *addr, int step)
{
	unsigned long before = vm_event_sum(pgfault_vmalloc);

	__atomic_store_n(&reader.addr, addr, __ATOMIC_RELEASE);
	wait_for_reader(step + 1);
	reader.faults = vm_event_sum(pgfault_vmalloc) - before;
}

/* Not through the new mapping: this CPU may have the reader's tables loaded, too. */
static void store(unsigned long *p, unsigned long value)
{
	memcpy_to_page(vmalloc_to_page(p), (unsigned long)p & ~PAGE_MASK, &value, sizeof(value));
}

/* The first touch copies the entry; what is mapped below it later is there without a fault. */
static void read_twice_below(unsigned long top, unsigned long *a, unsigned long *b)
{
	pgd_t *copy = reader.mm->pgd + pgd_index(top);

	store(a, 11);
	EXPECT(pgd_val(*copy) == 0);
	let_reader_read(a, 1);
	EXPECT_EQ(reader.value, 11);
	EXPECT_EQ(reader.faults, 1);
	EXPECT(pgd_val(*copy) && pgd_val(*copy) == pgd_val(arch_kernel_pgd()[pgd_index(top)]));
	store(b, 22);
	let_reader_read(b, 2);
	EXPECT_EQ(reader.value, 22);
	EXPECT_EQ(reader.faults, 0);
}

KTEST(vmalloc_entry_of_the_top_level_reaches_an_address_space_loaded_elsewhere)
{
	unsigned long top = empty_top_entry();
	unsigned long *a, *b;

	REQUIRE(top);
	reader.mm = mm_alloc();
	REQUIRE(reader.mm && start_reader());
	a = vmalloc_at(top, PAGE_SIZE);
	b = vmalloc_at(top, 3 * PAGE_SIZE);
	EXPECT(a && b && pgd_index((unsigned long)a) == pgd_index(top));
	if (a && b)
		read_twice_below(top, a, b);
	__atomic_store_n(&reader.addr, (void *)&reader, __ATOMIC_RELEASE);
	wait_for_reader(-1);
	vfree(a);
	vfree(b);
	mmput(reader.mm);
}

/* The kernel's side of a user copy may be the one that faults. */
KTEST(vmalloc_entry_of_the_top_level_is_found_inside_a_user_copy)
{
	struct mm_struct *mm = mm_alloc();
	unsigned long top = empty_top_entry();
	u8 *p;

	REQUIRE(mm && top);
	test_map(mm, TEST_BASE, 1, RW, ANON);
	p = vmalloc_at(top, PAGE_SIZE);
	REQUIRE(p);
	*p = 77;
	use_mm(mm);
	mm->pgd[pgd_index(top)] = __pgd(0);
	EXPECT_EQ(arch_copy_to_user((void __user *)TEST_BASE, p, 1), 0);
	use_mm(NULL);
	EXPECT_EQ(test_peek(mm, TEST_BASE), 77);
	vfree(p);
	mmput(mm);
}

KTEST(vmalloc_stacks_lie_below_the_entry_that_every_table_has)
{
	pgd_t master = arch_kernel_pgd()[pgd_index(vmalloc_start)];
	struct mm_struct *mm = mm_alloc();
	unsigned long stack = (unsigned long)current->kstack;

	REQUIRE(mm);
	EXPECT(pgd_val(master) && pgd_val(mm->pgd[pgd_index(vmalloc_start)]) == pgd_val(master));
	EXPECT(stack >= vmalloc_start && stack + THREAD_SIZE < vmalloc_stacks_end());
	EXPECT_EQ(pgd_index(stack), pgd_index(vmalloc_start));
	mmput(mm);
}

KTEST(vmalloc_fault_leaves_other_faults_alone)
{
	EXPECT(!vmalloc_fault(0));
	EXPECT(!vmalloc_fault(vmalloc_start - 1));
	EXPECT(!vmalloc_fault(vmalloc_end));
	EXPECT(!vmalloc_fault(vmalloc_end - PAGE_SIZE));
	EXPECT(!vmalloc_fault((unsigned long)page_address(zero_page)));
}

/* ---- lazy unmapping ---- */

KTEST(vmalloc_thousand_frees_share_few_flushes)
{
	unsigned long purges = vm_event_sum(vmap_purge), flushes = vm_event_sum(tlb_flush_local);
	bool ok = true;

	for (unsigned int i = 0; ok && i < 1000; i++) {
		unsigned long *p = vmalloc(4 * PAGE_SIZE);

		ok = p;
		if (p)
			*p = i;
		vfree(p);
	}
	EXPECT(ok);
	EXPECT(vm_event_sum(vmap_purge) - purges <= 2);
	EXPECT(vm_event_sum(tlb_flush_local) - flushes <= 100);
	vm_unmap_aliases();
	EXPECT_EQ(vm_state_sum(nr_vmap_lazy_pages), 0);
	vmap_area_check();
}

/* Four places for areas: an address is used again after three others, and must show its new page. */
static unsigned long first_word(struct page *page)
{
	unsigned long word;

	memcpy_from_page(&word, page, 0, sizeof(word));
	return word;
}

static bool reuse_addresses(unsigned long start)
{
	struct vm_request rq = {
		.size = 3 * PAGE_SIZE, .align = PAGE_SIZE, .start = start, .end = start + 16 * PAGE_SIZE,
		.gfp = GFP_KERNEL, .prot = PAGE_KERNEL, .node = NO_NODE,
	};

	for (unsigned long i = 0; i < 200; i++) {
		volatile unsigned long *p = __vmalloc_node_range(&rq);
		struct page *page;

		if (!p)
			return false;
		page = vmalloc_to_page((const void *)p);
		if (*p != first_word(page))
			return false;
		*p = i;
		if (first_word(page) != i)
			return false;
		vfree((const void *)p);
	}
	return true;
}

KTEST(vmalloc_reused_address_never_shows_its_old_page)
{
	unsigned long purges = vm_event_sum(vmap_purge);

	EXPECT(reuse_addresses(vmalloc_stacks_end() + (64UL << 20)));
	EXPECT(vm_event_sum(vmap_purge) - purges >= 40);
}

static void *from_interrupt[NR_CPUS];

static void vfree_here(void *arg)
{
	vfree(from_interrupt[smp_processor_id()]);
}

KTEST(vfree_from_an_interrupt_leaves_the_flush_to_a_thread)
{
	unsigned long used = vmalloc_used(), purges = vm_event_sum(vmap_purge);
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		from_interrupt[cpu] = vmalloc(520 * PAGE_SIZE);
		EXPECT(from_interrupt[cpu]);
	}
	ipi_call_all(vfree_here, NULL);
	EXPECT_EQ(vmalloc_used(), used);
	EXPECT_EQ(vm_event_sum(vmap_purge), purges);
	vm_unmap_aliases();
	EXPECT_EQ(vm_event_sum(vmap_purge), purges + 1);
}

/* ---- many CPUs, no room, no memory ---- */

#define WORKERS		4
#define WORKER_AREAS	24
#define WORKER_STEPS	600

static atomic_t workers_left, worker_errors;

static void worker_alloc(unsigned long **slot, u64 r)
{
	unsigned long pages = 1 + (r >> 8) % 9;

	*slot = vmalloc_align(pages << PAGE_SHIFT, PAGE_SIZE << (r & 3), GFP_KERNEL);
	if (*slot)
		(*slot)[0] = (*slot)[(pages << PAGE_SHIFT) / sizeof(long) - 1] = (unsigned long)*slot;
}

static void worker_free(unsigned long **slot)
{
	if (*slot && **slot != (unsigned long)*slot)
		atomic_inc(&worker_errors);
	vfree(*slot);
	*slot = NULL;
}

static void worker_main(void *arg)
{
	unsigned long *area[WORKER_AREAS] = { NULL };
	u64 x = (u64)arg;

	for (unsigned int i = 0; i < WORKER_STEPS; i++) {
		unsigned long **slot;

		x = x * 6364136223846793005UL + 1442695040888963407UL;
		slot = &area[(x >> 33) % WORKER_AREAS];
		if (*slot)
			worker_free(slot);
		else
			worker_alloc(slot, x >> 40);
		if ((x >> 60) == 0)
			sched_yield_current();
		if ((x >> 54) == 0)
			vm_unmap_aliases();
	}
	for (unsigned int i = 0; i < WORKER_AREAS; i++)
		worker_free(&area[i]);
	atomic_dec(&workers_left);
}

KTEST(vmalloc_random_areas_on_all_cpus_keep_their_contents)
{
	unsigned long used = vmalloc_used();

	atomic_set(&worker_errors, 0);
	atomic_set(&workers_left, WORKERS);
	for (unsigned int i = 0; i < WORKERS; i++) {
		struct thread *t = kthread_create(worker_main, (void *)(ktest_random() | 1), "vmalloc");

		REQUIRE(t);
		thread_wake(t);
	}
	while (atomic_read(&workers_left))
		sched_yield_current();
	EXPECT_EQ(atomic_read(&worker_errors), 0);
	sched_free_dead();
	EXPECT(vmalloc_used() <= used + 8 * THREAD_SIZE);	/* stacks that are cached now */
	vmap_area_check();
}

KTEST(vmalloc_space_can_be_used_up_and_comes_back)
{
	static struct vm_struct *held[2048];
	unsigned int n = 0;

	for (size_t size = ALIGN_DOWN(vmalloc_largest_chunk(), PAGE_SIZE); size >= PAGE_SIZE; size /= 2) {
		size = ALIGN_UP(size, PAGE_SIZE);
		while (n < ARRAY_SIZE(held) && (held[n] = get_vm_area(size, PAGE_SIZE, VM_MAP)))
			n++;
		if (size == PAGE_SIZE)
			break;
	}
	EXPECT(n > 2 && n < ARRAY_SIZE(held));
	EXPECT(vmalloc(PAGE_SIZE) == NULL);
	vmap_area_check();
	while (n)
		free_vm_area(held[--n]);
	vmap_area_check();
	held[0] = get_vm_area(16UL << 30, PAGE_SIZE, VM_MAP);
	EXPECT(held[0]);
	if (held[0])
		free_vm_area(held[0]);
}

/* More than is free, so that it fails half-way; the leak check behind each test counts what came back. */
KTEST(vmalloc_without_memory_half_way_returns_everything)
{
	unsigned long used = vmalloc_used();
	void *most, *rest;

	most = vmalloc((totalram_pages() / 4) << PAGE_SHIFT);
	EXPECT(most);
	rest = vmalloc((totalram_pages() - 1) << PAGE_SHIFT);
	EXPECT(!rest);
	vfree(most);
	EXPECT_EQ(vmalloc_used(), used);
	vmap_area_check();
}

/* ---- devices ---- */

KTEST(ioremap_refuses_ram)
{
	struct page *p = alloc_page(GFP_KERNEL);

	REQUIRE(p);
	EXPECT(!ioremap(page_to_phys(p), PAGE_SIZE));
	EXPECT(!ioremap(page_to_phys(p) + 8, 8));
	EXPECT(!ioremap(0, memblock_end_of_ram() + PAGE_SIZE));
	EXPECT(!ioremap(memblock_end_of_ram() - 1, 2));
	free_pages(p, 0);
}

KTEST(ioremap_maps_uncached_and_unmaps)
{
	paddr_t pa = memblock_end_of_ram() + 0x123;
	char *va = ioremap(pa, 2 * PAGE_SIZE);
	pte_t *pte;

	REQUIRE(va);
	EXPECT_EQ((unsigned long)va & (PAGE_SIZE - 1), 0x123);
	pte = kernel_pte_lookup((unsigned long)va + 2 * PAGE_SIZE);
	REQUIRE(pte);
	EXPECT_EQ(pte_pfn(*pte), (pa >> PAGE_SHIFT) + 2);
	EXPECT_EQ(pte_val(*pte) & pgprot_val(PAGE_KERNEL_IO), pgprot_val(PAGE_KERNEL_IO));
	iounmap(va - 0x123);
	EXPECT(pte_none(*pte));
}

KTEST(ioremap_of_large_aligned_ranges_uses_large_pages)
{
	paddr_t pa = ALIGN_UP(memblock_end_of_ram(), PMD_SIZE);
	size_t size = 2 * PMD_SIZE + PAGE_SIZE;

	for (unsigned int round = 0; round < 2; round++) {
		unsigned long va = (unsigned long)ioremap(pa, size);
		unsigned long at = va;
		pmd_t *pmd;

		REQUIRE(va && IS_ALIGNED(va, PMD_SIZE));
		pmd = next_pmd(arch_kernel_pgd(), &at, va + size);
		REQUIRE(pmd && at == va);
		EXPECT(pmd_leaf(*pmd));
		EXPECT_EQ(pmd_pfn(*pmd), pa >> PAGE_SHIFT);
		EXPECT(kernel_pte_lookup(va + 2 * PMD_SIZE));
		iounmap((void *)va);
		EXPECT(pmd_none(*pmd));
	}
}
