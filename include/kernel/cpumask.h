/* SPDX-License-Identifier: MIT */
/* cpumask.h - a set of CPUs; each operation on one bit is atomic */
#ifndef KERNEL_CPUMASK_H
#define KERNEL_CPUMASK_H

#include <lib/atomic.h>
#include <lib/types.h>

#define NR_CPUS		16	/* one word; QEMU's q35 with xAPIC ids stays far below 255 */

struct cpumask { unsigned long bits; };

static inline void cpumask_set(unsigned int cpu, struct cpumask *m)
{
	__atomic_fetch_or(&m->bits, 1UL << cpu, __ATOMIC_SEQ_CST);
}

static inline void cpumask_clear(unsigned int cpu, struct cpumask *m)
{
	__atomic_fetch_and(&m->bits, ~(1UL << cpu), __ATOMIC_SEQ_CST);
}

static inline bool cpumask_test(unsigned int cpu, const struct cpumask *m)
{
	return (__atomic_load_n(&m->bits, __ATOMIC_SEQ_CST) >> cpu) & 1;
}

static inline unsigned long cpumask_bits(const struct cpumask *m)
{
	return __atomic_load_n(&m->bits, __ATOMIC_SEQ_CST);
}

/* for_each_cpu_in - @cpu runs over the members of @word, a snapshot taken by cpumask_bits() */
#define for_each_cpu_in(cpu, word) \
	for (unsigned long w__ = (word); w__ && ((cpu) = (unsigned int)__builtin_ctzl(w__), 1); w__ &= w__ - 1)

extern struct cpumask cpu_online_mask;
extern unsigned int nr_cpus;		/* CPUs online after boot; ids 0 .. nr_cpus-1 */

#define for_each_online_cpu(cpu) for_each_cpu_in(cpu, cpumask_bits(&cpu_online_mask))

#endif
