/* SPDX-License-Identifier: MIT */
/*
 * tests/host/arch/shims.c - what stands in for the parts of kernel/base that need a machine
 *
 * Locks with their ranks, wait queues, per-CPU data and cross-calls are the real files. Here are a
 * log that prints, a panic that a test can expect, threads that never sleep, and allocators that
 * fail on demand.
 *
 * ALWAYS TRUE    while CPUs take turns a thread that would sleep has nobody to wake it, so it panics.
 */
#include <kernel/params.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/printf.h>
#include <lib/refcount.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <setjmp.h>
#include "host.h"

/* ---- log and panic ---- */

static sigjmp_buf panic_exit;
static bool panic_expected;
static char panic_text[256];

static void print_line(const char *prefix, const char *fmt, va_list args)
{
	char line[512];
	int n = scnprintf(line, sizeof(line), "# %s", prefix);

	n += vscnprintf(line + n, sizeof(line) - (size_t)n, fmt, args);
	os_print(line, (size_t)n);
}

void printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line("", fmt, args);
	va_end(args);
}

void pr_log(const char *fmt, ...)
{
	(void)fmt;
}

void print_backtrace(const struct trapframe *regs)
{
	(void)regs;
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(panic_text, sizeof(panic_text), fmt, args);
	va_end(args);
	if (panic_expected)
		siglongjmp(panic_exit, 1);
	printk("kernel panic: %s\n", panic_text);
	os_die();
}

void boot_failure(const char *fmt, ...)
{
	panic("boot failure: %s", fmt);
}

bool host_panics(void (*fn)(void *), void *arg, const char *text)
{
	volatile bool panicked = true;

	panic_expected = true;
	if (!sigsetjmp(panic_exit, 1)) {
		fn(arg);
		panicked = false;
	}
	panic_expected = false;
	host_irqs_off = false;
	forget_locks(current);
	if (panicked && !strstr(panic_text, text)) {
		printk("panicked with: %s\n", panic_text);
		return false;
	}
	return panicked;
}

void refcount_bug(const char *what, void *ref)
{
	panic("refcount %p: %s", ref, what);
}

int printf_symbol(char *buf, size_t size, unsigned long address)
{
	return scnprintf(buf, size, "%#lx", address);
}

/* ---- boot parameters: the defaults ---- */

struct boot_params boot_params = { .slub_debug = SLUB_DEBUG_UNSET };

/* ---- threads: one per CPU, always running ---- */

static struct thread threads[HOST_CPUS];
struct mm_limits host_limits;

void host_no_limits(void)
{
	host_limits = kernel_mm_limits;
}

void shims_init_cpu(unsigned int cpu)
{
	struct thread *t = &threads[cpu];

	scnprintf(t->comm, sizeof(t->comm), "test/%u", cpu);
	t->state = THREAD_RUNNING;
	if (cpu)
		cpus[cpu].curr = t;
	else
		host_no_limits();
	cpus[cpu].curr->limits = &host_limits;
}

int (*host_sleep_hook)(void);

/* With threads as CPUs a sleeper waits for its state to change, and answers IPIs meanwhile. */
int schedule_until(u64 deadline_ns)
{
	if (host_sleep_hook)
		return host_sleep_hook();
	if (!host_threads)
		panic("%s would sleep until %lu: nobody could wake it", current->comm, deadline_ns);
	while (__atomic_load_n(&current->state, __ATOMIC_ACQUIRE) != THREAD_RUNNING)
		arch_cpu_relax();
	return 0;
}

void schedule(void)
{
	schedule_until(~0UL);
}

bool thread_wake(struct thread *t)
{
	return __atomic_exchange_n(&t->state, THREAD_RUNNING, __ATOMIC_ACQ_REL) != THREAD_RUNNING;
}

void sched_resched_ipi(void)
{
}

int sleep_until(u64 deadline_ns)
{
	(void)deadline_ns;	/* nothing else runs here: the time would pass in vain */
	return 0;
}

void sched_free_dead(void)
{
}

void thread_drop_stacks(void)
{
}

/* ---- allocations that fail on demand; the linker sends calls across files here ---- */

static long fail_after = -1;

static bool fails_now(void)
{
	return fail_after >= 0 && fail_after-- == 0;
}

void host_fail_after(long n)
{
	fail_after = n;
}

bool host_fail_done(void)
{
	return fail_after < 0;
}

struct page *__real_alloc_pages(gfp_t gfp, unsigned int order);
struct page *__wrap_alloc_pages(gfp_t gfp, unsigned int order);
void *__real_kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp);
void *__wrap_kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp);
void *__real_kmalloc(size_t size, gfp_t gfp);
void *__wrap_kmalloc(size_t size, gfp_t gfp);

struct page *__wrap_alloc_pages(gfp_t gfp, unsigned int order)
{
	return fails_now() ? NULL : __real_alloc_pages(gfp, order);
}

void *__wrap_kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	return fails_now() ? NULL : __real_kmem_cache_alloc(c, gfp);
}

void *__wrap_kmalloc(size_t size, gfp_t gfp)
{
	return fails_now() ? NULL : __real_kmalloc(size, gfp);
}
