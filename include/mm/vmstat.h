/* SPDX-License-Identifier: MIT */
/* vmstat.h - event counters and state counters, one set for each CPU (mm/vmstat.c) */
#ifndef MM_VMSTAT_H
#define MM_VMSTAT_H

#include <kernel/percpu.h>

/* X(name): the name is the line in /proc/vmstat. Events only grow. */
#define VM_EVENTS(X)											\
	X(pgalloc) X(pgfree) X(pgfault) X(pgmajfault)							\
	X(pgfault_anon) X(pgfault_zero) X(pgfault_file) X(pgfault_file_cow) X(pgfault_shared)		\
	X(pgfault_cow) X(pgfault_reuse) X(pgfault_spurious) X(pgfault_stack)				\
	X(pgfault_mmap_lock) X(pgmigrate_success) X(pgmigrate_fail) X(pglazyfree) X(pglazyfreed)		\
	X(pgfault_segv) X(pgfault_sigbus) X(pgfault_oom)						\
	X(pgalloc_cold) X(pgfree_cold) X(nr_bad_pages)							\
	X(numa_miss) X(numa_foreign) X(numa_interleave) X(numa_other)					\
	X(tlb_flush_local) X(tlb_flush_remote) X(ipi_sent) X(oom_kill) X(syscall_unknown)		\
	X(vmap_lazy_free) X(vmap_purge) X(vmap_purged) X(pgfault_vmalloc)				\
	X(nopage_shared) X(nopage_read)									\
	X(vmacache_find_calls) X(vmacache_find_hits)							\
	X(kmap_locals) X(kmaps) X(kmap_flushes) X(kmap_waits)

/* States go up and down: sums over CPUs are exact. */
#define VM_STATES(X)											\
	X(nr_page_table_pages) X(nr_kernel_stack_pages) X(nr_anon_pages) X(nr_mapped) X(nr_file_pages)	\
	X(nr_shmem) X(nr_dirty) X(nr_slab_pages) X(nr_vmalloc_pages)					\
	X(nr_kmalloc_pages) X(nr_pipe_pages) X(nr_kernel_pages)					\
	X(nr_kernel_table_pages) X(nr_vmap_lazy_pages)

#define X(name) name,
enum vm_event { VM_EVENTS(X) NR_VM_EVENTS };
enum vm_state { VM_STATES(X) NR_VM_STATES };
#undef X

struct vm_counters { unsigned long event[NR_VM_EVENTS]; long state[NR_VM_STATES]; };
DECLARE_PER_CPU(struct vm_counters, vm_counters);

/*
 * Plain adds: the kernel is not preempted. Interrupt handlers touch pgalloc, pgfree and ipi_sent; on RISC-V, where an
 * add is three instructions, one that comes in between may lose a count, which is tolerated.
 */
static inline void count_vm_event(enum vm_event e) { this_cpu_var(vm_counters).event[e]++; }
static inline void count_vm_events(enum vm_event e, unsigned long n) { this_cpu_var(vm_counters).event[e] += n; }
/* mod_vm_state - atomic on this CPU: also from interrupts */
static inline void mod_vm_state(enum vm_state s, long n)
{
	__atomic_fetch_add(&this_cpu_var(vm_counters).state[s], n, __ATOMIC_RELAXED);
}

unsigned long vm_event_sum(enum vm_event e);
long vm_state_sum(enum vm_state s);
const char *vm_event_name(enum vm_event e);
const char *vm_state_name(enum vm_state s);

#endif
