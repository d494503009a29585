/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/thread.c - a thread's memory: its struct and its guarded kernel stack
 *
 * THE PICTURE    | guard page |  16 KiB stack, aligned to 32 KiB            |
 *                             ^ kstack                            kstack_top ^
 *                A push below kstack flips bit 14 of sp (sp & THREAD_SIZE): the ports' trap entry
 *                tests it, so an overflow is reported instead of recursing on its own fault.
 *
 * ALWAYS TRUE    K1  a thread's stack is mapped from thread_alloc() to thread_free(), and freed only
 *                    after the thread has left it (on_cpu false).
 *                K2  up to STACK_CACHE stacks per CPU stay mapped for the next fork: mapping one
 *                    costs page-table work and, when it is unmapped, a flush on every CPU.
 *
 * LOCKS          none: the cache is per CPU and used with interrupts on, without sleeping between.
 */
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <lib/string.h>
#include <mm/ledger.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/vmstat.h>

#define STACK_CACHE	4

static DEFINE_PER_CPU(void *[STACK_CACHE], stack_cache);
static struct kmem_cache *thread_cache;

static void *stack_alloc(void)
{
	void **cache = this_cpu_var(stack_cache);
	void *stack;

	for (unsigned int i = 0; i < STACK_CACHE; i++) {
		if (!READ_ONCE(cache[i]))
			continue;
		stack = __atomic_exchange_n(&cache[i], NULL, __ATOMIC_ACQUIRE);
		if (stack)		/* NULL: thread_drop_stacks() was faster */
			return stack;
	}
	stack = vmalloc_stack(THREAD_SIZE, 2 * THREAD_SIZE);
	if (!stack)
		return NULL;
	mod_vm_state(nr_kernel_stack_pages, THREAD_SIZE / PAGE_SIZE);
	for (size_t off = 0; off < THREAD_SIZE; off += PAGE_SIZE)
		ledger_mark(vmalloc_to_page((char *)stack + off), LEDGER_STACK);
	return stack;
}

static void stack_unmap(void *stack)
{
	mod_vm_state(nr_kernel_stack_pages, -(long)(THREAD_SIZE / PAGE_SIZE));
	vfree(stack);
}

static void stack_free(void *stack)
{
	void **cache = this_cpu_var(stack_cache);

	for (unsigned int i = 0; i < STACK_CACHE; i++) {
		if (!READ_ONCE(cache[i])) {
			__atomic_store_n(&cache[i], stack, __ATOMIC_RELEASE);	/* only its CPU fills a slot */
			return;
		}
	}
	stack_unmap(stack);
}

void thread_drop_stacks(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		void **cache = per_cpu(stack_cache, cpu);

		for (unsigned int i = 0; i < STACK_CACHE; i++) {
			void *stack = __atomic_exchange_n(&cache[i], NULL, __ATOMIC_ACQUIRE);

			if (stack)
				stack_unmap(stack);
		}
	}
}

struct thread *thread_alloc(const char *name)
{
	struct thread *t;
	void *stack;

	sched_free_dead();
	t = kmem_cache_alloc(thread_cache, GFP_KERNEL);
	if (!t)
		return NULL;
	stack = stack_alloc();
	if (!stack) {
		kmem_cache_free(thread_cache, t);
		return NULL;
	}
	memset(t, 0, sizeof(*t));
	t->kstack = stack;
	t->kstack_top = (unsigned long)stack + THREAD_SIZE;
	t->state = THREAD_UNINTERRUPTIBLE;
	t->cpu = smp_processor_id();
	t->sample_user = true;
	t->affinity.bits = ~0UL;
	t->limits = &kernel_mm_limits;
	INIT_LIST_HEAD(&t->rq_link);
	INIT_LIST_HEAD(&t->thread_link);
	INIT_LIST_HEAD(&t->pid_link);
	INIT_LIST_HEAD(&t->sig_queue);
	strscpy(t->comm, name, sizeof(t->comm));
	return t;
}

void thread_free(struct thread *t)
{
	ASSERT(!t->on_cpu && !t->on_rq && !t->is_idle);
	ASSERT_MSG(CONFIG_DEBUG == 0 || list_empty(&t->rq_link), "freed while queued: %s", t->comm);
	arch_thread_free(t);
	stack_free(t->kstack);
	kmem_cache_free(thread_cache, t);
}

/* What a kernel thread runs in, so that its function may simply return. */
struct kthread_start { void (*fn)(void *); void *arg; };

static void kthread_main(void *arg)
{
	struct kthread_start s = *(struct kthread_start *)arg;

	kfree(arg);
	s.fn(s.arg);
	current->autofree = true;
	thread_exit_switch();
}

struct thread *kthread_create(void (*fn)(void *), void *arg, const char *name)
{
	struct kthread_start *s = kmalloc(sizeof(*s), GFP_KERNEL);
	struct thread *t;

	if (!s)
		return NULL;
	t = thread_alloc(name);
	if (!t) {
		kfree(s);
		return NULL;
	}
	*s = (struct kthread_start){ fn, arg };
	arch_thread_init_kernel(t, kthread_main, s);
	return t;
}

void thread_init(void)
{
	thread_cache = kmem_cache_create("thread", sizeof(struct thread), 64, SLAB_PANIC, NULL);
}
