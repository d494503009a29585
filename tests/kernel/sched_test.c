/* SPDX-License-Identifier: MIT */
/* tests/kernel/sched_test.c - threads, sleeping, locks, timers, cross-calls (kernel/base) */
#include <kernel/ipi.h>
#include <kernel/ktest.h>
#include <kernel/mutex.h>
#include <kernel/percpu.h>
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

/* ---- a timer is cancelled while its function is about to run ---- */

#define CANCEL_ROUNDS	4000U

static struct {
	struct timer timer;
	volatile unsigned int asked, armed, cancelled;
	volatile bool gone;		/* what the timer lies in has ceased to be */
	unsigned int late;
} duel;

static void look_whether_gone(struct timer *t)
{
	duel.late += duel.gone;
}

static void arm_on_the_other_cpu(void *arg)
{
	for (unsigned int round = 1; round <= CANCEL_ROUNDS; round++) {
		while (duel.asked != round)
			arch_cpu_relax();
		timer_arm(&duel.timer, arch_clock_ns() + 3000);
		smp_mb();
		duel.armed = round;
		while (duel.cancelled != round)
			arch_cpu_relax();
	}
	finish();
}

static void wait_ns(u64 ns)
{
	for (u64 end = arch_clock_ns() + ns; arch_clock_ns() < end;)
		arch_cpu_relax();
}

KTEST(timer_cancel_returns_only_when_fn_will_not_run_any_more)
{
	struct cpumask last = { 1UL << (nr_cpus - 1) }, first = { 1 }, old = current->affinity;
	struct thread *t;

	if (nr_cpus < 2) {
		ktest_skip("one CPU");
		return;
	}
	t = kthread_create(arm_on_the_other_cpu, NULL, "ktest");
	REQUIRE(t);
	EXPECT_EQ(thread_set_affinity(current, &first), 0);
	schedule();
	duel.asked = duel.armed = duel.cancelled = 0;
	duel.gone = false;
	duel.late = 0;
	timer_setup(&duel.timer, look_whether_gone);
	EXPECT_EQ(thread_set_affinity(t, &last), 0);
	thread_wake(t);
	for (unsigned int round = 1; round <= CANCEL_ROUNDS; round++) {
		duel.asked = round;
		while (duel.armed != round)
			arch_cpu_relax();
		wait_ns(ktest_random() % 6000);
		timer_cancel(&duel.timer);
		duel.gone = true;
		smp_mb();
		wait_ns(5000);
		duel.gone = false;
		smp_mb();
		duel.cancelled = round;
	}
	wait_for_done(1);
	EXPECT_EQ(duel.late, 0);
	EXPECT_EQ(thread_set_affinity(current, &old), 0);
}

/* ---- deadlines as ticks of a counter ---- */

/* A counter of @hz, @uptime seconds after boot, is asked for @distance ns: how many ns late is it? ~0: it is early. */
static u64 lateness(u64 hz, u64 uptime, u64 distance, unsigned int attempts)
{
	const u64 ns_per_tick = (NSEC_PER_SEC << 32) / hz, ticks_per_ns = (hz << 32) / NSEC_PER_SEC;
	u64 ticks = uptime * hz + 7;
	u64 now = (u64)((unsigned __int128)ticks * ns_per_tick >> 32), deadline = now + distance;

	while (attempts--) {
		ticks += timer_ticks(now, deadline, ticks_per_ns, ~0UL - ticks);
		now = (u64)((unsigned __int128)ticks * ns_per_tick >> 32);
		if (now >= deadline)
			return now - deadline;
	}
	return ~0UL;
}

static const u64 frequencies[] = { 1000000, 10000000, 24000000, 32768000, 1000000000 };

KTEST(timer_deadline_is_not_early_however_long_the_machine_is_up)
{
	static const u64 uptimes[] = { 0, 1, 3600, 5 * 86400, 400 * 86400UL };
	static const u64 distances[] = { 1, 99, 12345, 10 * NSEC_PER_MSEC + 7, NSEC_PER_SEC, 4 * NSEC_PER_SEC };

	for (unsigned int f = 0; f < ARRAY_SIZE(frequencies); f++)
		for (unsigned int u = 0; u < ARRAY_SIZE(uptimes); u++)
			for (unsigned int d = 0; d < ARRAY_SIZE(distances); d++)
				EXPECT(lateness(frequencies[f], uptimes[u], distances[d], 1) <=
				       3 * NSEC_PER_SEC / frequencies[f] + 3);
}

KTEST(timer_deadline_a_year_away_is_reached_in_a_few_interrupts)
{
	for (unsigned int f = 0; f < ARRAY_SIZE(frequencies); f++)
		EXPECT(lateness(frequencies[f], 3600, 365 * 86400 * NSEC_PER_SEC, 3) <=
		       3 * NSEC_PER_SEC / frequencies[f] + 3);
}

KTEST(timer_ticks_are_one_for_what_has_passed_and_end_at_the_limit)
{
	EXPECT_EQ(timer_ticks(100, 100, 1UL << 32, ~0UL), 1);
	EXPECT_EQ(timer_ticks(100, 5, 1UL << 32, ~0UL), 1);
	EXPECT_EQ(timer_ticks(0, ~0UL - 1, 1UL << 32, ~0U), ~0U);
	EXPECT_EQ(timer_ticks(0, ~0UL - 1, 3UL << 32, ~0UL), ~0UL);
}

/* ---- */

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

static void spin_until_told(void *stop)
{
	while (!*(volatile bool *)stop) {
		arch_cpu_relax();
		schedule();
	}
	finish();
}

KTEST(affinity_moves_the_running_thread_to_a_cpu_that_is_never_idle)
{
	struct cpumask last = { 1UL << (nr_cpus - 1) }, first = { 1 }, old = current->affinity;
	volatile bool stop = false;
	struct thread *t = kthread_create(spin_until_told, (void *)&stop, "ktest");

	REQUIRE(t);
	EXPECT_EQ(thread_set_affinity(t, &last), 0);
	thread_wake(t);
	for (unsigned int i = 0; i < 20; i++) {
		EXPECT_EQ(thread_set_affinity(current, i % 2 ? &first : &last), 0);
		schedule();
		EXPECT_EQ(smp_processor_id(), i % 2 ? 0 : nr_cpus - 1);
	}
	stop = true;
	wait_for_done(1);
	EXPECT_EQ(thread_set_affinity(current, &old), 0);
}

static void busy_until_told(void *stop)
{
	while (!*(volatile bool *)stop)
		arch_cpu_relax();
	finish();
}

KTEST(load_is_sampled_by_a_cpu_that_is_busy_while_the_first_one_idles)
{
	struct cpumask last = { 1UL << (nr_cpus - 1) };
	volatile bool stop = false;
	u64 due, end;
	struct thread *t;

	if (nr_cpus < 2) {
		ktest_skip("one CPU");
		return;
	}
	t = kthread_create(busy_until_told, (void *)&stop, "ktest");
	REQUIRE(t);
	EXPECT_EQ(thread_set_affinity(t, &last), 0);
	thread_wake(t);
	due = arch_clock_ns();
	WRITE_ONCE(load_next_update, due);
	end = due + 30 * NSEC_PER_SEC;
	while (READ_ONCE(load_next_update) == due && arch_clock_ns() < end)
		sleep_until(arch_clock_ns() + 100 * NSEC_PER_MSEC);	/* no tick here: this CPU has no other thread */
	EXPECT(READ_ONCE(load_next_update) > due);
	stop = true;
	wait_for_done(1);
}

KTEST(idle_time_grows_while_a_cpu_goes_on_idling)
{
	u64 end = arch_clock_ns() + 50 * NSEC_PER_MSEC, begin, before[NR_CPUS];
	struct cpumask first = { 1 }, old = current->affinity;
	unsigned int cpu;

	if (nr_cpus < 2) {
		ktest_skip("one CPU");
		return;
	}
	EXPECT_EQ(thread_set_affinity(current, &first), 0);
	schedule();
	for_each_online_cpu(cpu)
		before[cpu] = sched_idle_ns(cpu);
	begin = before[nr_cpus - 1];
	while (arch_clock_ns() < end) {
		for_each_online_cpu(cpu) {
			u64 now = sched_idle_ns(cpu);

			EXPECT(now >= before[cpu] && now <= arch_clock_ns());
			before[cpu] = now;
		}
	}
	EXPECT(before[nr_cpus - 1] - begin > 20 * NSEC_PER_MSEC);	/* nobody wakes it to be counted */
	EXPECT_EQ(thread_set_affinity(current, &old), 0);
}

KTEST(cpu_that_was_given_up_never_counts_as_here)
{
	struct cpu late = { .id = 1 }, early = { .id = 1 };

	EXPECT(cpu_decide(&late, CPU_GIVEN_UP));
	EXPECT(!cpu_decide(&late, CPU_CAME));
	EXPECT(cpu_decide(&early, CPU_CAME));
	EXPECT(!cpu_decide(&early, CPU_GIVEN_UP));
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
