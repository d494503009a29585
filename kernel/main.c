/* SPDX-License-Identifier: MIT */
/*
 * kernel/main.c - the boot order: the contents page of the kernel
 *
 * THE PICTURE    reset -> firmware -> arch start.S, boot.c, mmu.c -> kernel_main()
 *                      each line of boot_steps below, in order
 *                -> kernel_init thread: other CPUs, tests, or root file system and /init (PID 1)
 *                -> this CPU's idle loop
 *
 * ALWAYS TRUE    B1  a step may use what the steps above it set up, and nothing below.
 *                B2  one CPU runs until smp_init(); interrupts stay off until the idle loop.
 */
#include <arch.h>
#include <fs/file.h>
#include <kernel/ipi.h>
#include <kernel/irq.h>
#include <kernel/ktest.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/random.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <mm/fault_inject.h>
#include <mm/highmem.h>
#include <mm/memblock.h>
#include <mm/mm.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

static void print_banner(void)
{
	if (boot_params.quiet)
		return;
	printk("Verso on %s: %u-level page tables, %llu MiB of RAM\n", ARCH_NAME, pgtable_levels,
	       (unsigned long long)memblock_total() >> 20);
	params_report();
	memblock_print();
}

static const struct { void (*fn)(void); const char *what; } boot_steps[] = {
	{ percpu_init_boot,	"this CPU's data" },
	{ params_early,		"boot parameters" },
	{ print_banner,		"first words" },
	{ sched_init,		"run queue, so that locks and waits work" },
	{ page_init,		"memmap, zones, buddy lists" },
	{ slab_init,		"kmalloc" },
	{ mm_init,		"address spaces, page cache" },
	{ highmem_init,		"addresses for what the direct map does not hold" },
	{ vmalloc_init,		"vmalloc, ioremap" },
	{ thread_init,		"threads" },
	{ arch_init,		"interrupt controllers, clock" },
	{ timer_init,		"timers" },
	{ random_init,		"random numbers" },
	{ process_init,		"processes, signals, futexes" },
	{ vfs_init,		"root file system" },
	{ tty_init,		"terminal" },
};

/* ---- the other CPUs ---- */

/* Until @c is online; false: it has not come in @timeout ns, and never will be (secondary_main). */
static bool wait_for_cpu(struct cpu *c, u64 timeout)
{
	for (u64 end = arch_clock_ns() + timeout; !cpumask_test(c->id, &cpu_online_mask); arch_cpu_relax())
		if (arch_clock_ns() > end && cpu_decide(c, CPU_GIVEN_UP))
			return false;
	return true;
}

static bool start_cpu(unsigned int cpu)
{
	if (percpu_init_cpu(cpu) || sched_init_cpu(cpu))
		return false;
	return wait_for_cpu(&cpus[cpu], arch_smp_start(&cpus[cpu]) ? 0 : NSEC_PER_SEC);
}

static void smp_init(void)
{
	unsigned int n = min(arch_smp_count(), boot_params.maxcpus);

	for (unsigned int cpu = 1; cpu < min(n, (unsigned int)NR_CPUS); cpu++) {
		if (!start_cpu(cpu)) {
			printk("cpu %u did not start: going on with %u\n", cpu, nr_cpus);
			break;
		}
		nr_cpus = cpu + 1;
	}
	pr_log("%u CPUs online\n", nr_cpus);
}

void secondary_main(void)
{
	struct cpu *c = this_cpu();

	while (!cpu_decide(c, CPU_CAME))
		arch_cpu_relax();	/* too late: parked, with interrupts off */
	timer_init_cpu();
	pcp_init_cpu();
	cpumask_set(c->id, &cpu_online_mask);
	sched_idle_loop();
}

/* ---- PID 1's thread ---- */

static void run_tests(void)
{
#if CONFIG_KTEST
	arch_power_off(ktest_run_all() ? 1 : 0);
#else
	boot_failure("`ktest` was given, but this kernel has no tests inside: build it with KTEST=1");
#endif
}

static void load_root(void)
{
	if (!initrd_start)
		boot_failure("no initramfs, so there is no %s: pass one with -initrd FILE.cpio (make initrd)",
			     boot_params.rdinit);
	if (initramfs_unpack(initrd_start, initrd_end))
		boot_failure("the initramfs is not usable: rebuild it (make initrd)");
}

/* mm/ starts no threads itself. */
static void start_daemons(void)
{
	struct thread *reaper = slab_has_reaper() ? kthread_create(slab_reaper, NULL, "cache_reap") : NULL;

	if (reaper)
		thread_wake(reaper);
}

extern char __start_ro_after_init[], __end_ro_after_init[];

/* What boot decided once (layout, features) is read-only from here on, on every CPU. */
static void seal_ro_after_init(void)
{
	unsigned long start = (unsigned long)__start_ro_after_init;
	unsigned long end = (unsigned long)__end_ro_after_init;

	if (start < end && arch_map_kernel(start, kimg_to_phys(__start_ro_after_init), end - start,
					   PAGE_KERNEL_RO))
		panic("cannot make boot-time data read-only");
	flush_tlb_kernel_range(start, end);
}

static void kernel_init(void *arg)
{
	smp_init();
	seal_ro_after_init();
	start_daemons();
	if (boot_params.ktest)
		run_tests();
	load_root();
	fault_inject_init();
	start_init();
}

void kernel_main(void)
{
	struct thread *init;

	for (unsigned int i = 0; i < ARRAY_SIZE(boot_steps); i++)
		boot_steps[i].fn();
	init = kthread_create(kernel_init, NULL, "init");
	if (!init)
		panic("no memory for the first thread");
	thread_wake(init);
	sched_idle_loop();
}
