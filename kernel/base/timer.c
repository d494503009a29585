/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/timer.c - what time is it, and what is due?
 *
 * THE PICTURE    one CPU:   rbtree of armed timers by expiry   +   the scheduler's tick
 *                                    \                             /
 *                                     min -> arch_timer_set(deadline)
 *
 * ALWAYS TRUE    T1  an armed timer (cpu >= 0) is in the tree of exactly that CPU.
 *                T2  `programmed` is what the hardware was last asked for, and is not later than
 *                    the first timer or the tick: nothing fires late. It may be earlier: an
 *                    interrupt that finds nothing due costs less than reprogramming each change.
 *                T3  fn runs with interrupts off and base->lock not held; base->running names it.
 *                T4  a timer whose fn will run or runs is armed or running, whenever anybody looks: it becomes
 *                    `running' before cpu becomes -1. Whoever sees -1 (acquire) sees what it runs as.
 *
 * LOCKS          base->lock (RANK_TIMER, interrupts off).
 * LEFT OUT       timer wheels, slack, migration of timers from idle CPUs.
 * READ NEXT      sched.c (the tick), kernel/time.c (the calls programs make).
 */
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/timer.h>

#define NEVER	(~0ULL)

struct timer_base {
	spinlock_t	lock;
	struct rb_root	tree;		/* lock */
	struct rb_node	*first;		/* lock; leftmost, or NULL */
	struct timer	*running;	/* (a) */
	u64		programmed;	/* own CPU, interrupts off */
	u64		tick;		/* own CPU, interrupts off; NEVER = none wanted */
};

static DEFINE_PER_CPU(struct timer_base, timer_base);

static u64 realtime_offset;	/* (a) wall clock minus monotonic clock, ns */

/* ---- clocks ---- */

u64 clock_monotonic_ns(void)
{
	return arch_clock_ns();
}

u64 clock_realtime_offset(void)
{
	return __atomic_load_n(&realtime_offset, __ATOMIC_RELAXED);
}

u64 clock_realtime_ns(void)
{
	return arch_clock_ns() + clock_realtime_offset();
}

void clock_set_realtime(u64 ns)
{
	__atomic_store_n(&realtime_offset, ns - arch_clock_ns(), __ATOMIC_RELAXED);
}

/* ---- one CPU's queue ---- */

/* T2: ask the hardware for @deadline unless it will fire earlier anyway. Own CPU, irqs off. */
static void program(struct timer_base *b, u64 deadline)
{
	if (deadline >= b->programmed)
		return;
	b->programmed = deadline;
	arch_timer_set(deadline);
}

static struct timer *first_timer(struct timer_base *b)
{
	return b->first ? rb_entry(b->first, struct timer, node) : NULL;
}

static void enqueue(struct timer_base *b, struct timer *t)
{
	struct rb_node **link = &b->tree.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (t->expires < rb_entry(parent, struct timer, node)->expires) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&t->node, parent, link);
	rb_insert_color(&t->node, &b->tree);
	if (leftmost)
		b->first = &t->node;
	WRITE_ONCE(t->cpu, (int)smp_processor_id());
}

static void dequeue(struct timer_base *b, struct timer *t)
{
	if (b->first == &t->node)
		b->first = rb_next(&t->node);
	rb_erase(&t->node, &b->tree);
	smp_store_release(&t->cpu, -1);		/* T4 */
}

void timer_setup(struct timer *t, void (*fn)(struct timer *t))
{
	t->fn = fn;
	t->expires = NEVER;
	t->cpu = -1;
}

/* Take @t off whatever tree it is on; true if it was on one. */
static bool detach(struct timer *t)
{
	int cpu;

	while ((cpu = smp_load_acquire(&t->cpu)) >= 0) {
		struct timer_base *b = per_cpu_ptr(&timer_base, cpu);

		spin_lock(&b->lock);
		if (t->cpu == cpu) {
			dequeue(b, t);
			spin_unlock(&b->lock);
			return true;
		}
		spin_unlock(&b->lock);
	}
	return false;
}

void timer_arm(struct timer *t, u64 expires)
{
	unsigned long flags = arch_irq_save();
	struct timer_base *b = this_cpu_ptr(&timer_base);

	ASSERT(t->fn);
	detach(t);
	spin_lock(&b->lock);
	t->expires = expires;
	enqueue(b, t);
	if (b->first == &t->node)
		program(b, expires);
	spin_unlock(&b->lock);
	arch_irq_restore(flags);
}

bool timer_cancel(struct timer *t)
{
	unsigned long flags = arch_irq_save();
	bool armed = detach(t);
	unsigned int cpu;

	arch_irq_restore(flags);
	for_each_online_cpu(cpu)
		while (__atomic_load_n(&per_cpu_ptr(&timer_base, cpu)->running, __ATOMIC_ACQUIRE) == t)
			arch_cpu_relax();
	return armed;
}

void timer_slice(u64 deadline)
{
	struct timer_base *b = this_cpu_ptr(&timer_base);

	ASSERT(arch_irqs_disabled());
	b->tick = deadline;
	program(b, deadline);
}

/* ---- the interrupt ---- */

static void run_expired(struct timer_base *b, u64 now)
{
	struct timer *t;

	spin_lock(&b->lock);
	while ((t = first_timer(b)) && t->expires <= now) {
		WRITE_ONCE(b->running, t);		/* T4 */
		dequeue(b, t);
		spin_unlock(&b->lock);
		t->fn(t);
		spin_lock(&b->lock);
		__atomic_store_n(&b->running, NULL, __ATOMIC_RELEASE);
	}
	spin_unlock(&b->lock);
}

static void reprogram(struct timer_base *b)
{
	struct timer *t;
	u64 next;

	spin_lock(&b->lock);
	t = first_timer(b);
	next = t && t->expires < b->tick ? t->expires : b->tick;
	spin_unlock(&b->lock);
	b->programmed = next;
	arch_timer_set(next);
}

void timer_interrupt(const struct trapframe *regs)
{
	struct timer_base *b = this_cpu_ptr(&timer_base);
	u64 now = arch_clock_ns();

	this_cpu()->irq_depth++;
	b->programmed = NEVER;
	if (b->tick <= now) {
		b->tick = NEVER;
		sched_tick(now, regs_user(regs));
	}
	run_expired(b, now);
	reprogram(b);
	this_cpu()->irq_depth--;
}

void timer_init_cpu(void)
{
	struct timer_base *b = this_cpu_ptr(&timer_base);

	spin_lock_init(&b->lock, RANK_TIMER);
	b->tree = RB_ROOT;
	b->first = NULL;
	b->programmed = NEVER;
	b->tick = NEVER;
}

void timer_init(void)
{
	timer_init_cpu();
	realtime_offset = arch_clock_realtime_ns() - arch_clock_ns();
}
