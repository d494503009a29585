/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/panic.c - the machine cannot go on: say why, where, and what to look at
 *
 * THE QUESTION   What does a reader need who has nothing but the console's last screen?
 *
 *      kernel panic: <message>
 *      cpu, thread, process; registers of the trap if there was one
 *      backtrace with symbols; locks held (debug builds); memory left
 *
 * ALWAYS TRUE    P1  the first CPU to panic prints; others stop; a panic while panicking powers off
 *                    at once, with one line.
 *                P2  nothing here takes a lock or allocates.
 */
#include <arch.h>
#include <kernel/assert.h>
#include <kernel/ipi.h>
#include <kernel/lockdep.h>
#include <kernel/params.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/printf.h>
#include <lib/refcount.h>
#include <mm/page_alloc.h>
#include <stdarg.h>

#define PANIC_EXIT_CODE	101

static int panic_cpu = -1;
static const struct trapframe *panic_regs;

void panic_set_regs(const struct trapframe *regs)
{
	panic_regs = regs;
}

struct trace_state { unsigned int depth; };

static bool print_frame(unsigned long pc, void *arg)
{
	struct trace_state *s = arg;

	printk("  #%-2u %pS\n", s->depth, (void *)pc);
	return ++s->depth < 32;
}

void print_backtrace(const struct trapframe *regs)
{
	struct trace_state s = { 0 };

	printk("backtrace:\n");
	arch_backtrace(regs, print_frame, &s);
}

static void claim(const char *msg)
{
	int none = -1, me = (int)smp_processor_id();

	if (__atomic_compare_exchange_n(&panic_cpu, &none, me, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		return;
	if (none != me)
		for (;;)
			arch_cpu_relax();	/* another CPU is reporting; it will stop us */
	printk("\npanic while panicking: %s\n", msg);
	arch_power_off(PANIC_EXIT_CODE);
}

static void print_state(void)
{
	struct thread *t = current;

	printk("cpu %u of %u, thread %d \"%s\"%s, %lu of %lu pages free\n", smp_processor_id(),
	       nr_cpus, t->tid, t->comm, t->process ? "" : " (kernel)", nr_free_pages(),
	       totalram_pages());
	if (panic_regs)
		arch_show_regs(panic_regs);
	print_backtrace(panic_regs);
	lockdep_print_held();
}

void panic(const char *fmt, ...)
{
	char msg[256];
	va_list args;

	arch_irq_disable();
	va_start(args, fmt);
	vscnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	claim(msg);
	printk_enter_panic();
	printk("\nkernel panic: %s\n", msg);
	ipi_stop_others();
	print_state();
	printk("kernel panic: the machine is powered off\n");
	if (boot_params.panic_reboot)
		arch_restart();
	arch_power_off(PANIC_EXIT_CODE);
}

void boot_failure(const char *fmt, ...)
{
	char msg[256];
	va_list args;

	va_start(args, fmt);
	vscnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	printk_enter_panic();
	printk("\ncannot boot: %s\n", msg);
	arch_power_off(1);
}

/* lib/refcount.h's upcall: a count went wrong; the object is leaked, not reused. */
void refcount_bug(const char *what, void *ref)
{
	if (CONFIG_DEBUG)
		panic("refcount %p: %s", ref, what);
	printk("bug: refcount %p: %s, at %pS\n", ref, what, __builtin_return_address(0));
}
