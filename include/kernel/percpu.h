/* SPDX-License-Identifier: MIT */
/*
 * percpu.h - one struct per CPU, and variables that exist once per CPU
 *
 * struct cpu is found through a register that the port keeps (tp, %gs). DEFINE_PER_CPU variables are
 * collected by the linker into a template (.data..percpu between __percpu_start and __percpu_end);
 * each CPU has its own copy at cpu->percpu_delta from the template (the boot CPU uses the template
 * itself: delta 0). Touch one with preemption impossible, i.e. any kernel code that does not sleep
 * meanwhile; with interrupts off too if an interrupt handler uses it.
 */
#ifndef KERNEL_PERCPU_H
#define KERNEL_PERCPU_H

#include <arch.h>
#include <kernel/cpumask.h>

struct runqueue;

struct cpu {
	/* The first five are known to the ports' assembly by offset (BUILD_ASSERTed there). */
	struct thread	*curr;		/*  0: running thread                                   */
	unsigned long	kstack_top;	/*  8: current's kernel stack top: where a trap starts  */
	unsigned long	scratch[2];	/* 16: the port's entry code may spill here             */
	struct cpu	*self;		/* 32 */
	unsigned long	percpu_delta;	/* (i) address of my copy - address of template         */
	unsigned int	id;		/* (i) 0 = boot CPU                                     */
	unsigned int	hwid;		/* (i) hart id / APIC id                                */
	struct thread	*idle;		/* (i) */
	struct mm_struct *active_mm;	/* whose tables are loaded (may lag for kernel threads) */
	unsigned int	irq_depth;	/* > 0 inside an interrupt handler                      */
	unsigned int	preempt_off;	/* spinlocks held (debug builds)                        */
	unsigned int	coming;		/* (a) enum cpu_coming                                    */
	u8		node;		/* (i) NUMA node: numa_node_id()                          */
	unsigned long	arch[8];	/* the port's own (TSS pointer, ...)                    */
};

/*
 * A CPU that was started either comes, or is given up; both cannot happen. One that comes too late parks: the others
 * have counted the CPUs (nr_cpus) and built on that.
 */
enum cpu_coming { CPU_AWAITED, CPU_CAME, CPU_GIVEN_UP };

/* cpu_decide - the first to say so decides whether @c CPU_CAME or is CPU_GIVEN_UP; false: it was the other. */
static inline bool cpu_decide(struct cpu *c, enum cpu_coming how)
{
	return cmpxchg(&c->coming, (unsigned int)CPU_AWAITED, (unsigned int)how) == CPU_AWAITED;
}

extern struct cpu cpus[NR_CPUS];

#define this_cpu()		arch_cpu()
#define smp_processor_id()	(arch_cpu()->id)

#define DEFINE_PER_CPU(type, name)	__typeof__(type) name __section(".data..percpu")
#define DECLARE_PER_CPU(type, name)	extern __typeof__(type) name

#define per_cpu_ptr(ptr, cpu)	((__typeof__(ptr))((char *)(ptr) + cpus[cpu].percpu_delta))
#define per_cpu(var, cpu)	(*per_cpu_ptr(&(var), cpu))
#define this_cpu_ptr(ptr)	((__typeof__(ptr))((char *)(ptr) + arch_cpu()->percpu_delta))
#define this_cpu_var(var)	(*this_cpu_ptr(&(var)))

/* percpu_init_boot - make cpus[0] usable; first call of kernel_main (the port has set the register). */
void percpu_init_boot(void);
/* percpu_init_cpu - allocate and copy the template for @cpu; 0 or -ENOMEM. Boot only. */
int percpu_init_cpu(unsigned int cpu);

#endif
