/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/percpu.c - where does each CPU keep what only it touches?
 *
 * THE PICTURE    __percpu_start [ template = boot CPU's copy ] __percpu_end
 *                                     | + percpu_delta
 *                                     v
 *                [ copy of CPU 1 ]  [ copy of CPU 2 ] ...   from the page allocator, at boot
 *
 * ALWAYS TRUE    P1  cpus[i].percpu_delta is 0 for the boot CPU and never changes once CPU i runs.
 *                P2  every copy starts as zeroes; an owner that needs more sets it up for each CPU
 *                    (the template cannot be copied: the boot CPU has been using it).
 */
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <lib/align.h>
#include <lib/string.h>
#include <mm/ledger.h>
#include <mm/page_alloc.h>
#include <uapi/errno.h>

extern char __percpu_start[], __percpu_end[];

const struct mm_limits kernel_mm_limits = { .as = ~0UL, .data = ~0UL, .stack = 8UL << 20, .memlock = ~0UL };

/* The idle thread of the boot CPU: kernel_main() runs on it. */
static struct thread boot_idle = {
	.state = THREAD_RUNNING, .on_cpu = true, .is_idle = true, .comm = "idle/0",
	.affinity = { 1 }, .limits = &kernel_mm_limits,
};

struct cpu cpus[NR_CPUS] = {
	[0] = { .self = &cpus[0], .curr = &boot_idle, .idle = &boot_idle, .coming = CPU_CAME },
};
struct cpumask cpu_online_mask = { 1 };
unsigned int nr_cpus = 1;

void percpu_init_boot(void)
{
	ASSERT(arch_cpu() == &cpus[0]);
	ASSERT(current == &boot_idle);
}

int percpu_init_cpu(unsigned int cpu)
{
	size_t size = (size_t)(__percpu_end - __percpu_start);
	unsigned int order = 0;
	struct page *page;

	while ((PAGE_SIZE << order) < size)
		order++;
	page = alloc_pages_node(cpus[cpu].node, GFP_KERNEL | __GFP_ZERO, order);
	if (!page)
		return -ENOMEM;
	ledger_own(page, LEDGER_KERNEL, order);
	cpus[cpu].self = &cpus[cpu];
	cpus[cpu].id = cpu;
	cpus[cpu].percpu_delta = (unsigned long)page_address(page) - (unsigned long)__percpu_start;
	return 0;
}
