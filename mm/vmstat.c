/* SPDX-License-Identifier: MIT */
/*
 * mm/vmstat.c - the counters: each CPU counts for itself, a reader adds up
 *
 * ALWAYS TRUE    C1  an event counter only grows; the sum over CPUs may lag by what is being counted now.
 *                C2  a state counter may be negative on one CPU (it gave up what another took); the sum
 *                    over all CPUs is exact at any quiet moment.
 *
 * SEEN BY        /proc/vmstat, /proc/meminfo.
 */
#include <kernel/percpu.h>
#include <mm/vmstat.h>
#include "mm_phys.h"

DEFINE_PER_CPU(struct vm_counters, vm_counters);

#define X(name) #name,
static const char *const event_names[] = { VM_EVENTS(X) };
static const char *const state_names[] = { VM_STATES(X) };
#undef X

/* Two events are so frequent that they are counted where the fast path is anyway: page_alloc.c. */
static unsigned long counted_elsewhere(enum vm_event e, unsigned int cpu)
{
	if (e == pgalloc)
		return READ_ONCE(per_cpu(pcplists, cpu).pgalloc);
	return e == pgfree ? READ_ONCE(per_cpu(pcplists, cpu).pgfree) : 0;
}

unsigned long vm_event_sum(enum vm_event e)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(per_cpu(vm_counters, cpu).event[e]) + counted_elsewhere(e, cpu);
	return sum;
}

long vm_state_sum(enum vm_state s)
{
	unsigned int cpu;
	long sum = 0;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(per_cpu(vm_counters, cpu).state[s]);
	return sum;
}

const char *vm_event_name(enum vm_event e)
{
	return event_names[e];
}

const char *vm_state_name(enum vm_state s)
{
	return state_names[s];
}
