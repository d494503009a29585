/* SPDX-License-Identifier: MIT */
/*
 * tests/host/arch/host.h - what a test of mm/ does with the software machine
 */
#ifndef TESTS_ARCH_HOST_H
#define TESTS_ARCH_HOST_H

#include <kernel/sched.h>
#include <mm/mm.h>
#include "os.h"

#define HOST_CPUS	4

/* host_machine - RAM and addresses, nothing of the kernel yet (memblock's own test) */
void host_machine(void);
/* host_boot - the whole of mm/, HOST_CPUS CPUs, at $LEVELS (4) levels */
void host_boot(void);
/* host_catch_faults - a test that touches vmalloc addresses: take SIGSEGV back from cmocka */
void host_catch_faults(void);
/* host_bytes - what @page holds, wherever it lies: not a kernel address */
void *host_bytes(const struct page *page);
/* host_run_on - from here on the calling thread is CPU @cpu, running that CPU's own thread */
void host_run_on(unsigned int cpu);
/* host_free_pages - free pages once every CPU gave back what it keeps: equal before and after = no leak */
unsigned long host_free_pages(void);

/* host_panics - does @fn(@arg) panic with a message that contains @text? Held locks are forgotten. */
bool host_panics(void (*fn)(void *), void *arg, const char *text);
/* host_fail_after - the @n-th allocation from now (0: the next) fails, once; -1: none */
void host_fail_after(long n);
bool host_fail_done(void);	/* has it failed? */

/* host_sleep_hook - if set, it is what a sleep does: 0, or -EINTR */
extern int (*host_sleep_hook)(void);
/* host_limits - what the test's programs may have, all of them; host_no_limits - back to none */
extern struct mm_limits host_limits;
void host_no_limits(void);

/* ---- softmmu.c: user memory as the hardware of the current CPU sees it ---- */
enum soft_access { SOFT_READ, SOFT_WRITE, SOFT_EXEC };
/* soft_touch - one access of @mm's program on this CPU; *@kva (if not NULL): the byte behind it */
enum fault_result soft_touch(struct mm_struct *mm, unsigned long va, enum soft_access access, void **kva);
/* soft_read / soft_write - a word; FAULT_OK or why not */
enum fault_result soft_read(struct mm_struct *mm, unsigned long va, u64 *value);
enum fault_result soft_write(struct mm_struct *mm, unsigned long va, u64 value);
/* soft_tlb_check - panics if any CPU holds a translation that its page table no longer gives */
void soft_tlb_check(void);
/* soft_tlb_entries - translations that @cpu holds */
unsigned int soft_tlb_entries(unsigned int cpu);
extern void (*soft_flush_hook)(unsigned long start, unsigned long end);	/* called first by each flush of a range */
unsigned long soft_flushes(void);	/* flush operations so far, local and remote */

/* ---- between port.c and softmmu.c ---- */
void soft_flush_range(unsigned int cpu, unsigned long start, unsigned long end);
void soft_flush_all(unsigned int cpu);
void shims_init_cpu(unsigned int cpu);
static inline void forget_locks(struct thread *t)
{
#if CONFIG_DEBUG
	t->nheld = 0;
#else
	(void)t;
#endif
}

#endif
