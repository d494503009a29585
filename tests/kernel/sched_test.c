/* SPDX-License-Identifier: MIT */
/* tests/kernel/sched_test.c - threads, sleeping, locks, timers, cross-calls (kernel/base) */
#include <kernel/ipi.h>
#include <kernel/ktest.h>
#include <kernel/mutex.h>
#include <kernel/rwsem.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <kernel/wait.h>

static DEFINE_WAIT_QUEUE(done_wait);
static atomic_t done;

static bool start(void (*fn)(void *), void *arg)
{
	struct thread *t = kthread_create(fn, arg, "ktest");

	if (t)
		thread_wake(t);
	return t != NULL;
}

static void finish(void)
{
	atomic_inc(&done);
	wake_up_all(&done_wait);
}

static void wait_for_done(int n)
{
	wait_event(done_wait, atomic_read(&done) == n);
	atomic_set(&done, 0);
}

static void set_flag(void *arg)
{
	*(volatile int *)arg = 1;
	finish();
}

KTEST(thread_runs_after_wake)
{
	volatile int flag = 0;

	REQUIRE(start(set_flag, (void *)&flag));
	wait_for_done(1);
	EXPECT_EQ(flag, 1);
}

#define NTHREADS	8
#define NLOOPS		500

static DEFINE_MUTEX(counter_mutex, RANK_MODULE);
static unsigned long counter;

static void count_under_mutex(void *arg)
{
	for (unsigned int i = 0; i < NLOOPS; i++) {
		unsigned long seen;

		mutex_lock(&counter_mutex);
		seen = counter;
		if (i % 50 == 0)
			sched_yield_current();
		counter = seen + 1;
		mutex_unlock(&counter_mutex);
	}
	finish();
}

KTEST(mutex_loses_no_increment)
{
	counter = 0;
	for (unsigned int i = 0; i < NTHREADS; i++)
		REQUIRE(start(count_under_mutex, NULL));
	wait_for_done(NTHREADS);
	EXPECT_EQ(counter, NTHREADS * NLOOPS);
	EXPECT(!mutex_is_locked(&counter_mutex));
}

static struct rw_semaphore rw = RWSEM_INIT(rw, RANK_MODULE);
static unsigned long pair[2];
static atomic_t torn;

static void read_pair(void *arg)
{
	for (unsigned int i = 0; i < NLOOPS; i++) {
		down_read(&rw);
		if (pair[0] != pair[1])
			atomic_inc(&torn);
		if (i % 100 == 0)
			sched_yield_current();
		up_read(&rw);
	}
	finish();
}

static void write_pair(void *arg)
{
	for (unsigned int i = 0; i < NLOOPS; i++) {
		down_write(&rw);
		pair[0]++;
		if (i % 50 == 0)
			sched_yield_current();
		pair[1]++;
		up_write(&rw);
	}
	finish();
}

KTEST(rwsem_readers_never_see_a_half_done_write)
{
	atomic_set(&torn, 0);
	pair[0] = pair[1] = 0;
	for (unsigned int i = 0; i < NTHREADS; i++)
		REQUIRE(start(i % 4 ? read_pair : write_pair, NULL));
	wait_for_done(NTHREADS);
	EXPECT_EQ(atomic_read(&torn), 0);
	EXPECT_EQ(pair[0], 2 * NLOOPS);
	EXPECT(!rwsem_is_locked(&rw));
}

static void write_once(void *arg)
{
	down_write(&rw);
	pair[0]++;
	up_write(&rw);
	finish();
}

KTEST(rwsem_tells_its_reader_that_a_writer_waits)
{
	pair[0] = 0;
	down_read(&rw);
	EXPECT(!rwsem_is_contended(&rw));
	REQUIRE(start(write_once, NULL));
	while (!rwsem_is_contended(&rw))
		sched_yield_current();
	EXPECT_EQ(READ_ONCE(pair[0]), 0);
	up_read(&rw);
	wait_for_done(1);
	EXPECT_EQ(pair[0], 1);
	EXPECT(!rwsem_is_contended(&rw));
}

KTEST(sleep_lasts_at_least_as_long_as_asked)
{
	u64 before = clock_monotonic_ns();

	EXPECT_EQ(sleep_until(before + 3 * NSEC_PER_MSEC), 0);
	EXPECT(clock_monotonic_ns() - before >= 3 * NSEC_PER_MSEC);
}

static u64 fired_at;
static void note_time(struct timer *t)
{
	fired_at = clock_monotonic_ns();
	finish();
}

KTEST(timer_fires_once_and_never_early)
{
	struct timer t;
	u64 due = clock_monotonic_ns() + 2 * NSEC_PER_MSEC;

	timer_setup(&t, note_time);
	timer_arm(&t, due);
	wait_for_done(1);
	EXPECT(fired_at >= due);
	EXPECT(!timer_cancel(&t));
}

KTEST(timer_cancelled_in_time_never_fires)
{
	struct timer t;

	timer_setup(&t, note_time);
	timer_arm(&t, clock_monotonic_ns() + NSEC_PER_SEC);
	EXPECT(timer_cancel(&t));
	EXPECT(!timer_cancel(&t));
	EXPECT_EQ(atomic_read(&done), 0);
}

static void count_cpu(void *arg)
{
	atomic_inc(arg);
}

KTEST(ipi_call_runs_once_on_every_cpu)
{
	atomic_t n = ATOMIC_INIT(0);

	for (unsigned int i = 1; i <= 20; i++) {
		ipi_call_all(count_cpu, &n);
		EXPECT_EQ(atomic_read(&n), i * nr_cpus);
	}
}

static void record_cpu(void *arg)
{
	*(volatile unsigned int *)arg = smp_processor_id();
	finish();
}

KTEST(affinity_keeps_a_thread_on_its_cpu)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct cpumask only = { 1UL << cpu };
		volatile unsigned int ran = ~0U;
		struct thread *t = kthread_create(record_cpu, (void *)&ran, "ktest");

		REQUIRE(t);
		EXPECT_EQ(thread_set_affinity(t, &only), 0);
		thread_wake(t);
		wait_for_done(1);
		EXPECT_EQ(ran, cpu);
	}
}

KTEST(affinity_to_no_cpu_is_refused)
{
	struct cpumask none = { 0 };

	EXPECT_EQ(thread_set_affinity(current, &none), (unsigned long)-EINVAL);
}

KTEST(wait_with_deadline_times_out)
{
	DEFINE_WAIT_QUEUE(q);
	u64 due = clock_monotonic_ns() + NSEC_PER_MSEC;

	EXPECT_EQ(wait_event_interruptible_until(q, false, due), (unsigned long)-ETIMEDOUT);
	EXPECT(clock_monotonic_ns() >= due);
	EXPECT(list_empty(&q.head));
}
