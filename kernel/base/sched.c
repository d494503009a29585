/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/sched.c - which thread runs next on this CPU?
 *
 * THE QUESTION   A thread blocks, yields, is woken, or has used its slice. Who runs, and where?
 *
 * THE PICTURE    run queue of CPU 0:  [t3][t7][t1]      current: t5        first come, first served
 *                run queue of CPU 1:  (empty)           current: idle      steals t3 before it waits
 *
 *                        schedule() picks            thread_wake()
 *                 queued ----------------> running   asleep -------> queued (or: another CPU's queue)
 *                   ^                         |          ^
 *                   +--- slice over, yield ---+          +--- state set, then schedule() ---+
 *
 * ALWAYS TRUE    S1  a thread is on at most one run queue (on_rq), that of t->cpu, a CPU it may run on;
 *                    the running one and sleeping ones are on none.
 *                S2  rq->lock of t->cpu is held while t->state goes from asleep to running and while
 *                    schedule() looks at it; it is kept across the switch, so nobody can put a
 *                    thread on another CPU before it has left its stack here.
 *                S3  while a user or kernel thread runs (not idle) a tick is due within TICK_NS.
 *
 * LOCKS          rq->lock (RANK_RUNQUEUE, interrupts off). Two are never held together except by
 *                trylock (stealing).
 * LIFE           thread.c makes threads; a dead one is freed by its owner, or here (autofree).
 * LEFT OUT       fair shares by virtual run time (Linux CFS), real-time classes, cgroups: nice
 *                only scales the slice, so that a wake-up costs a list insertion.
 * READ NEXT      sleep.c and wait.c (sleeping), thread.c, kernel/base/timer.c (the tick).
 */
#include <kernel/ipi.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <mm/mm.h>
#include <mm/vmstat.h>

#define TICK_NS		(10 * NSEC_PER_MSEC)

struct runqueue {
	spinlock_t		lock;
	struct list_head	queue;		/* lock; runnable, not running      */
	unsigned int		nr_queued;	/* lock; read without as a hint     */
	unsigned int		idle_seq;	/* odd while the next two change    */
	u64			idle_ns;	/* own CPU; of periods that ended   */
	u64			idle_since;	/* own CPU; 0: not waiting          */
	unsigned long		switches;
};

static DEFINE_PER_CPU(struct runqueue, runqueues);
static struct cpumask idle_mask;	/* (a) CPUs in their idle loop with an empty queue */
static struct list_head dead_threads = { &dead_threads, &dead_threads };
static DEFINE_SPINLOCK(dead_lock, RANK_RUNQUEUE);

void (*sched_tick_hook)(struct thread *t);

/* ---- time used ---- */

/* Add the time since the last stamp to @t, as user or kernel time. rq lock held: thread_times(). */
static void account(struct thread *t, u64 now, bool user)
{
	u64 ns = now - t->sched_stamp;

	if (user)
		t->utime += ns;
	else
		t->stime += ns;
	t->sched_stamp = now;
}

/* ---- the queue ---- */

static struct runqueue *rq_of(unsigned int cpu)
{
	return per_cpu_ptr(&runqueues, cpu);
}

static void enqueue(struct runqueue *rq, struct thread *t)
{
	ASSERT(!t->on_rq && !t->is_idle && t->state == THREAD_RUNNING);
	list_add_tail(&t->rq_link, &rq->queue);
	rq->nr_queued++;
	t->on_rq = true;
}

static void dequeue(struct runqueue *rq, struct thread *t)
{
	ASSERT(t->on_rq && rq->nr_queued > 0);
	list_del_init(&t->rq_link);
	rq->nr_queued--;
	t->on_rq = false;
}

/* Lock the run queue that @t belongs to; t->cpu may change until the lock is held. irqs off. */
static struct runqueue *lock_rq_of(struct thread *t)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(t->cpu);
		struct runqueue *rq = rq_of(cpu);

		spin_lock(&rq->lock);
		if (t->cpu == cpu)
			return rq;
		spin_unlock(&rq->lock);
	}
}

/* The lock keeps switches and ticks away, so the interval under way is in the sum exactly once. */
void thread_times(struct thread *t, u64 *utime, u64 *stime)
{
	unsigned long flags = arch_irq_save();
	struct runqueue *rq = lock_rq_of(t);
	u64 running = 0;

	if (t->on_cpu && !t->is_idle) {
		u64 now = arch_clock_ns();

		running = now > t->sched_stamp ? now - t->sched_stamp : 0;	/* the clock may be read early */
	}
	*utime = t->utime + (t->sample_user ? running : 0);
	*stime = t->stime + (t->sample_user ? 0 : running);
	spin_unlock(&rq->lock);
	arch_irq_restore(flags);
}

static void kick(unsigned int cpu)
{
	if (cpu == smp_processor_id())
		return;
	count_vm_event(ipi_sent);
	arch_ipi_send(cpu, IPI_RESCHED);
}

/* ---- waking ---- */

/* Where should @t run? Its last CPU if that is idle or no other is; an idle one otherwise. */
static __always_inline unsigned int select_cpu(struct thread *t)
{
	unsigned long allowed = t->affinity.bits & cpumask_bits(&cpu_online_mask);
	unsigned long idle = cpumask_bits(&idle_mask) & allowed;

	if (!(allowed & (1UL << t->cpu)))
		return (unsigned int)__builtin_ctzl(allowed);
	if (!idle || (idle & (1UL << t->cpu)))
		return t->cpu;
	return (unsigned int)__builtin_ctzl(idle);
}

/*
 * @t changes to the queue of @cpu: from the lock that is held to the one returned.
 *
 * t->cpu changes before the old lock goes, so whoever wants @t's queue from then on waits for the new one. If
 * thread_set_affinity() gets that first, @t must not stay: no CPU steals while it is busy, and the one it
 * would be on may not run it.
 */
static noinline struct runqueue *change_queue(struct runqueue *rq, struct thread *t, unsigned int cpu)
{
	while (cpu != t->cpu) {
		WRITE_ONCE(t->cpu, cpu);
		spin_unlock(&rq->lock);
		rq = rq_of(cpu);
		spin_lock(&rq->lock);
		if (!cpumask_test(cpu, &t->affinity))
			cpu = select_cpu(t);
	}
	return rq;
}

/* @t is THREAD_RUNNING, on no queue and on no stack; its own rq lock is held and is released. */
static void place(struct runqueue *rq, struct thread *t)
{
	unsigned int cpu = select_cpu(t);

	if (cpu != t->cpu) {
		rq = change_queue(rq, t, cpu);
		cpu = t->cpu;
	}
	enqueue(rq, t);
	spin_unlock(&rq->lock);
	smp_mb();	/* queue, then look who is idle; the idle loop does it the other way round */
	if (cpumask_test(cpu, &idle_mask))
		kick(cpu);
}

static bool wake_if(struct thread *t, unsigned int states)
{
	unsigned long flags = arch_irq_save();
	struct runqueue *rq = lock_rq_of(t);
	bool asleep = (states >> t->state) & 1;

	if (!asleep) {
		spin_unlock(&rq->lock);
	} else {
		WRITE_ONCE(t->state, THREAD_RUNNING);
		if (cpus[t->cpu].curr == t)
			spin_unlock(&rq->lock);	/* it has not left yet: schedule() will see */
		else
			place(rq, t);
	}
	arch_irq_restore(flags);
	return asleep;
}

#define STATE(s)	(1u << THREAD_##s)

bool thread_wake(struct thread *t)
{
	return wake_if(t, STATE(INTERRUPTIBLE) | STATE(KILLABLE) | STATE(UNINTERRUPTIBLE));
}

bool thread_wake_stopped(struct thread *t)
{
	return wake_if(t, STATE(STOPPED));
}

bool thread_wake_signal(struct thread *t, bool fatal)
{
	unsigned int states = STATE(INTERRUPTIBLE);

	if (fatal)
		states |= STATE(KILLABLE) | STATE(STOPPED);
	set_work(t, WORK_SIGNAL | (fatal ? WORK_FATAL : 0));
	return wake_if(t, states);
}

void set_work(struct thread *t, unsigned long bits)
{
	__atomic_fetch_or(&t->work, bits, __ATOMIC_SEQ_CST);
	if (t != current && READ_ONCE(t->on_cpu))
		kick(READ_ONCE(t->cpu));
}

void sched_resched_ipi(void)
{
	/* The interrupt itself is the point: an idle CPU looks at its queue, and a thread in user
	 * mode passes the work test on its way back. */
	if (current->is_idle)
		set_work(current, WORK_RESCHED);
}

/* ---- switching ---- */

/* Take a thread this CPU may run from another CPU's queue; NULL if there is none, or its queue is locked. */
static struct thread *steal(unsigned int self)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct runqueue *rq = rq_of(cpu);
		struct thread *t;

		if (cpu == self || !READ_ONCE(rq->nr_queued) || !spin_trylock(&rq->lock))
			continue;
		list_for_each_entry(t, &rq->queue, rq_link) {
			if (!cpumask_test(self, &t->affinity))
				continue;
			dequeue(rq, t);
			WRITE_ONCE(t->cpu, self);
			spin_unlock(&rq->lock);
			return t;
		}
		spin_unlock(&rq->lock);
	}
	return NULL;
}

/* First of the queue that may run here. The running one may not when its affinity changed: finish_switch() moves it. */
static struct thread *pick_next(struct runqueue *rq)
{
	struct cpu *c = this_cpu();
	struct thread *t;

	list_for_each_entry(t, &rq->queue, rq_link) {
		if (likely(cpumask_test(c->id, &t->affinity))) {
			dequeue(rq, t);
			return t;
		}
		ASSERT_MSG(t == c->curr, "S1: %s waits on cpu %u, where it may not run", t->comm, c->id);
	}
	if (nr_cpus > 1) {
		t = steal(c->id);
		if (t)
			return t;
	}
	return c->idle;
}

static u64 slice_ns(const struct thread *t)
{
	return t->nice <= 0 ? TICK_NS * (u64)(1 - t->nice) : TICK_NS;
}

/* The incoming thread starts its interval; S3: a tick is due while it runs. */
static void start_interval(struct thread *t, u64 now)
{
	t->sched_stamp = now;
	t->on_cpu = true;
	if (t->is_idle)
		return;
	t->slice_end = now + slice_ns(t);
	timer_slice(now + TICK_NS);
}

static void bury(struct thread *t)
{
	if (!t->autofree)
		return;
	spin_lock_nested(&dead_lock);
	list_add_tail(&t->rq_link, &dead_threads);
	spin_unlock(&dead_lock);
}

/* S1: @prev may not run here any more, and this CPU's schedule() was the last to know. */
static __cold noinline void move_away(struct runqueue *rq, struct thread *prev)
{
	dequeue(rq, prev);
	place(rq, prev);
}

/* On the new thread's stack, with the rq lock that the old one took (S2). irqs off. */
static __always_inline void finish_switch(struct thread *prev)
{
	struct runqueue *rq = this_cpu_ptr(&runqueues);
	bool dead = prev->state == THREAD_DEAD;
	bool strays = prev->on_rq && !cpumask_test(smp_processor_id(), &prev->affinity);

	if (dead)
		bury(prev);
	__atomic_store_n(&prev->on_cpu, false, __ATOMIC_RELEASE);	/* freed at once, if it is dead */
	if (unlikely(strays))
		move_away(rq, prev);
	else
		spin_unlock(&rq->lock);
}

void schedule_tail(struct thread *prev)
{
	finish_switch(prev);
	arch_irq_enable();
}

static void switch_to(struct runqueue *rq, struct thread *prev, struct thread *next)
{
	struct cpu *c = this_cpu();
	u64 now = arch_clock_ns();

	account(prev, now, prev->sample_user);
	start_interval(next, now);
	rq->switches++;
	c->curr = next;
	c->kstack_top = next->kstack_top;
	switch_mm(prev, next);
	finish_switch(arch_switch_to(prev, next));
}

void schedule(void)
{
	unsigned long flags;
	struct runqueue *rq;
	struct thread *prev = current, *next;

	might_sleep();
	flags = arch_irq_save();
	rq = this_cpu_ptr(&runqueues);
	spin_lock(&rq->lock);
	if (prev->state == THREAD_RUNNING) {
		prev->nivcsw++;
		if (!prev->is_idle)
			enqueue(rq, prev);
	} else {
		prev->nvcsw++;
	}
	__atomic_fetch_and(&prev->work, ~WORK_RESCHED, __ATOMIC_RELAXED);
	next = pick_next(rq);
	if (next == prev) {
		prev->slice_end = arch_clock_ns() + slice_ns(prev);
		spin_unlock(&rq->lock);
	} else {
		switch_to(rq, prev, next);
	}
	arch_irq_restore(flags);
}

void sched_yield_current(void)
{
	ASSERT(current->state == THREAD_RUNNING);
	schedule();
}

/*
 * A CPU that found this queue locked, or looked before it filled, sleeps without a timer: once a tick it is told
 * of a thread that it could run. rq lock held.
 */
static void offer_to_idle(struct runqueue *rq)
{
	unsigned long idle = cpumask_bits(&idle_mask);
	struct thread *t;

	list_for_each_entry(t, &rq->queue, rq_link) {
		if (!(idle & t->affinity.bits))
			continue;
		kick((unsigned int)__builtin_ctzl(idle & t->affinity.bits));
		return;
	}
}

void sched_tick(u64 now, bool user)
{
	struct thread *t = current;
	struct runqueue *rq = this_cpu_ptr(&runqueues);

	if (t->is_idle)
		return;
	spin_lock(&rq->lock);
	t->sample_user = user;
	account(t, now, user);
	if (rq->nr_queued && now >= t->slice_end)
		__atomic_fetch_or(&t->work, WORK_RESCHED, __ATOMIC_RELAXED);
	if (rq->nr_queued && cpumask_bits(&idle_mask))
		offer_to_idle(rq);
	spin_unlock(&rq->lock);
	if (sched_tick_hook && t->process)
		sched_tick_hook(t);	/* sees this tick's sample */
	timer_slice(now + TICK_NS);
	sched_load_tick(now);
}

/* ---- ending ---- */

void thread_exit_switch(void)
{
	arch_irq_disable();
	current->state = THREAD_DEAD;
	schedule();
	panic("a dead thread ran: %s (%d)", current->comm, current->tid);
}

void thread_wait_off_cpu(struct thread *t)
{
	while (__atomic_load_n(&t->on_cpu, __ATOMIC_ACQUIRE))
		arch_cpu_relax();
}

void sched_free_dead(void)
{
	for (;;) {
		unsigned long flags;
		struct thread *t;

		if (list_empty(&dead_threads))
			return;
		spin_lock_irqsave(&dead_lock, flags);
		t = list_first_entry_or_null(&dead_threads, struct thread, rq_link);
		if (t)
			list_del_init(&t->rq_link);
		spin_unlock_irqrestore(&dead_lock, flags);
		if (!t)
			return;
		thread_wait_off_cpu(t);
		thread_free(t);
	}
}

int thread_set_affinity(struct thread *t, const struct cpumask *m)
{
	unsigned long flags;
	struct runqueue *rq;
	bool move;

	if (!(m->bits & cpumask_bits(&cpu_online_mask)))
		return -EINVAL;
	flags = arch_irq_save();
	rq = lock_rq_of(t);
	t->affinity = *m;
	move = !cpumask_test(t->cpu, m);
	if (move && t->on_rq) {
		dequeue(rq, t);
		place(rq, t);
	} else {
		spin_unlock(&rq->lock);
	}
	arch_irq_restore(flags);
	if (move)
		set_work(t, WORK_RESCHED);	/* if it runs: finish_switch() places it elsewhere */
	return 0;
}

/* ---- idling and boot ---- */

/* The end is read with idle_seq odd: a reader who was earlier saw an earlier time, a later one tries again. */
static void end_idle(struct runqueue *rq)
{
	WRITE_ONCE(rq->idle_seq, rq->idle_seq + 1);
	smp_mb();
	WRITE_ONCE(rq->idle_ns, rq->idle_ns + (arch_clock_ns() - rq->idle_since));
	WRITE_ONCE(rq->idle_since, 0);
	smp_store_release(&rq->idle_seq, rq->idle_seq + 1);
}

void sched_idle_loop(void)
{
	struct cpu *c = this_cpu();
	struct runqueue *rq = this_cpu_ptr(&runqueues);

	for (;;) {
		sched_free_dead();
		arch_irq_disable();
		cpumask_set(c->id, &idle_mask);
		smp_mb();
		if (!READ_ONCE(rq->nr_queued) && !(c->curr->work & WORK_RESCHED)) {
			WRITE_ONCE(rq->idle_since, arch_clock_ns());
			arch_wait_for_interrupt();
			end_idle(rq);
		} else {
			arch_irq_enable();
		}
		cpumask_clear(c->id, &idle_mask);
		schedule();
	}
}

/* With the period under way. */
u64 sched_idle_ns(unsigned int cpu)
{
	struct runqueue *rq = rq_of(cpu);
	unsigned int seq;
	u64 ns, since;

	do {
		seq = smp_load_acquire(&rq->idle_seq) & ~1U;
		ns = READ_ONCE(rq->idle_ns);
		since = READ_ONCE(rq->idle_since);
		if (since)
			ns += max(arch_clock_ns(), since) - since;
		smp_rmb();
	} while (READ_ONCE(rq->idle_seq) != seq);
	return ns;
}

unsigned long sched_switches(void)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		sum += rq_of(cpu)->switches;
	return sum;
}

unsigned int sched_nr_queued(unsigned int cpu)
{
	return READ_ONCE(rq_of(cpu)->nr_queued) + !cpus[cpu].curr->is_idle;
}

int sched_init_cpu(unsigned int cpu)
{
	struct runqueue *rq = rq_of(cpu);

	spin_lock_init(&rq->lock, RANK_RUNQUEUE);
	INIT_LIST_HEAD(&rq->queue);
	if (cpu == 0)
		return 0;
	cpus[cpu].idle = thread_alloc("idle");
	if (!cpus[cpu].idle)
		return -ENOMEM;
	cpus[cpu].idle->is_idle = true;
	cpus[cpu].idle->cpu = cpu;
	cpus[cpu].idle->state = THREAD_RUNNING;
	cpus[cpu].idle->on_cpu = true;
	cpus[cpu].curr = cpus[cpu].idle;
	cpus[cpu].kstack_top = cpus[cpu].idle->kstack_top;
	return 0;
}

void sched_init(void)
{
	INIT_LIST_HEAD(&cpus[0].idle->rq_link);
	sched_init_cpu(0);
}
