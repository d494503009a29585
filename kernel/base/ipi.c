/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/ipi.c - run a function on other CPUs and wait until they have
 *
 * THE PICTURE    caller                         each target
 *                lock call_lock
 *                call = {fn, arg, pending=n}
 *                send IPI_CALL  ------------->  fn(arg); pending--
 *                spin until pending == 0
 *                unlock
 *
 * ALWAYS TRUE    I1  one call is in flight at a time (call_lock), so one static slot is enough.
 *                I2  the caller spins with interrupts on: a CPU that waits for call_lock or for
 *                    its own call still answers the calls of others, so no circle can form.
 *
 * LOCKS          call_lock (RANK_IPI_CALL), a plain spinlock that no interrupt handler takes.
 * LEFT OUT       queues of calls per CPU: the only frequent caller is TLB shootdown on x86-64.
 */
#include <kernel/ipi.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <mm/vmstat.h>

static DEFINE_SPINLOCK(call_lock, RANK_IPI_CALL);
static struct {
	void		(*fn)(void *);
	void		*arg;
	unsigned long	targets;	/* (a) CPUs that have not run it yet */
} call;

static void ipi_call_handler(void)
{
	unsigned long me = 1UL << smp_processor_id();

	if (!(__atomic_load_n(&call.targets, __ATOMIC_ACQUIRE) & me))
		return;		/* a stale interrupt: the call it announced has been run */
	call.fn(call.arg);
	__atomic_fetch_and(&call.targets, ~me, __ATOMIC_RELEASE);
}

void ipi_call_mask(const struct cpumask *mask, void (*fn)(void *), void *arg)
{
	unsigned long targets = cpumask_bits(mask) & cpumask_bits(&cpu_online_mask);
	unsigned int cpu;

	targets &= ~(1UL << smp_processor_id());
	if (!targets)
		return;
	ASSERT(!arch_irqs_disabled());
	spin_lock(&call_lock);
	call.fn = fn;
	call.arg = arg;
	__atomic_store_n(&call.targets, targets, __ATOMIC_RELEASE);
	for_each_cpu_in(cpu, targets) {
		count_vm_event(ipi_sent);
		arch_ipi_send(cpu, IPI_CALL);
	}
	while (__atomic_load_n(&call.targets, __ATOMIC_ACQUIRE))
		arch_cpu_relax();
	spin_unlock(&call_lock);
}

void ipi_call_all(void (*fn)(void *), void *arg)
{
	unsigned long flags;

	ipi_call_mask(&cpu_online_mask, fn, arg);
	flags = arch_irq_save();
	fn(arg);
	arch_irq_restore(flags);
}

void ipi_stop_others(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			arch_ipi_send(cpu, IPI_STOP);
}

static void stop_this_cpu(void)
{
	arch_irq_disable();
	cpumask_clear(smp_processor_id(), &cpu_online_mask);
	for (;;)
		arch_cpu_relax();
}

void handle_ipi(enum ipi_kind kind)
{
	switch (kind) {
	case IPI_RESCHED:
		sched_resched_ipi();
		break;
	case IPI_CALL:
		ipi_call_handler();
		break;
	case IPI_STOP:
		stop_this_cpu();
		break;
	default:
		panic("unknown IPI kind %d", (int)kind);
	}
}
