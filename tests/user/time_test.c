/* SPDX-License-Identifier: MIT */
/*
 * tests/user/time_test.c - clocks, sleeping, timers, resource use
 *
 * Lower bounds are exact; upper bounds are loose, because the machine may be busy.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#include "utest.h"

static volatile sig_atomic_t ticks;

static void tick(int sig)
{
	(void)sig;
	ticks++;
}

static int64_t ns_between(const struct timespec *from, const struct timespec *to)
{
	return (to->tv_sec - from->tv_sec) * 1000000000LL + to->tv_nsec - from->tv_nsec;
}

TEST(time_monotonic_clock_never_goes_back)
{
	int64_t last = now_ns();

	for (int i = 0; i < 20000; i++) {
		int64_t t = now_ns();

		CHECK(t >= last);
		last = t;
	}
}

TEST(time_clocks_exist_and_bad_ones_are_einval)
{
	static const clockid_t ids[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
					 CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW,
					 CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE,
					 CLOCK_BOOTTIME };
	struct timespec t;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		CHECK_OK(clock_gettime(ids[i], &t));
		CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
		CHECK_OK(clock_getres(ids[i], &t));
	}
	CHECK_ERR(clock_gettime(77, &t), EINVAL);
}

TEST(time_gettimeofday_and_time_agree_with_realtime)
{
	struct timespec a, b;
	struct timeval v;

	CHECK_OK(clock_gettime(CLOCK_REALTIME, &a));
	CHECK_OK(gettimeofday(&v, NULL));
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &b));
	CHECK(v.tv_sec >= a.tv_sec && v.tv_sec <= b.tv_sec);
	CHECK(time(NULL) >= a.tv_sec - 1 && time(NULL) <= b.tv_sec + 5);
	CHECK(a.tv_sec > 1000000000);
}

TEST(time_nanosleep_sleeps_at_least_that_long)
{
	for (int i = 0; i < 5; i++) {
		struct timespec t = { 0, 3000000 };
		int64_t start = now_ns();

		CHECK_OK(nanosleep(&t, NULL));
		CHECK(now_ns() - start >= 3000000);
	}
}

TEST(time_nanosleep_of_bad_values_is_einval)
{
	struct timespec t = { 0, 1000000000 };

	CHECK_ERR(nanosleep(&t, NULL), EINVAL);
	t = (struct timespec){ -1, 0 };
	CHECK_ERR(nanosleep(&t, NULL), EINVAL);
	t = (struct timespec){ 0, 0 };
	CHECK_OK(nanosleep(&t, NULL));
}

TEST(time_clock_nanosleep_waits_for_an_absolute_time)
{
	struct timespec t;
	int64_t end;

	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &t));
	t.tv_nsec += 20000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	end = t.tv_sec * 1000000000LL + t.tv_nsec;
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
	CHECK(now_ns() >= end);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
	CHECK_EQ(clock_nanosleep(77, 0, &t, NULL), EINVAL);
}

/* The library has an opinion of its own on these, so the calls are made past it. */
static long raw_nanosleep(int clock, int flags, const struct timespec *t)
{
	return syscall(SYS_clock_nanosleep, clock, flags, t, NULL);
}

TEST(time_clocks_that_nobody_can_sleep_on_are_eopnotsupp)
{
	struct timespec t = { 0, 1000 }, bad = { 0, -1 };

	CHECK_ERR(raw_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &t), EOPNOTSUPP);
	CHECK_ERR(raw_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &bad), EOPNOTSUPP);
	CHECK_ERR(raw_nanosleep(CLOCK_THREAD_CPUTIME_ID, TIMER_ABSTIME, (void *)8), EOPNOTSUPP);
	CHECK_ERR(raw_nanosleep(CLOCK_MONOTONIC_RAW, 0, &t), EOPNOTSUPP);
	CHECK_ERR(raw_nanosleep(77, 0, &bad), EINVAL);
	CHECK_ERR(raw_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &bad), EINVAL);
}

TEST(time_clock_nanosleep_ignores_flags_it_does_not_know)
{
	struct timespec t = { 0, 2000000 };
	int64_t start = now_ns();

	CHECK_OK(raw_nanosleep(CLOCK_MONOTONIC, 0x70, &t));
	CHECK(now_ns() - start >= 2000000);
	CHECK_OK(raw_nanosleep(CLOCK_MONOTONIC, -1, &t));	/* absolute: long ago */
}

TEST(time_many_sleepers_all_wake)
{
	pid_t pid[20];

	for (int i = 0; i < 20; i++) {
		pid[i] = fork_ok();
		if (pid[i] == 0) {
			sleep_ms(5 + i * 3);
			_exit(i);
		}
	}
	for (int i = 0; i < 20; i++)
		CHECK_EXIT(wait_for(pid[i]), i);
}

TEST(time_alarm_fires_and_returns_what_was_left)
{
	signal(SIGALRM, tick);
	CHECK_EQ(alarm(100), 0);
	CHECK(alarm(1) >= 99);
	while (!ticks)
		pause();
	CHECK_EQ(alarm(0), 0);
}

TEST(time_setitimer_repeats)
{
	struct itimerval t = { { 0, 5000 }, { 0, 5000 } }, old;

	signal(SIGALRM, tick);
	CHECK_OK(setitimer(ITIMER_REAL, &t, NULL));
	while (ticks < 4)
		pause();
	CHECK_OK(getitimer(ITIMER_REAL, &old));
	CHECK_EQ(old.it_interval.tv_usec, 5000);
	memset(&t, 0, sizeof(t));
	CHECK_OK(setitimer(ITIMER_REAL, &t, NULL));
	t.it_value.tv_usec = 1000000;
	CHECK_ERR(setitimer(ITIMER_REAL, &t, NULL), EINVAL);
	CHECK_ERR(setitimer(9, &old, NULL), EINVAL);
}

TEST(time_itimer_is_not_inherited_by_a_child)
{
	struct itimerval t = { { 0, 0 }, { 50, 0 } }, left;
	pid_t pid;

	CHECK_OK(setitimer(ITIMER_REAL, &t, NULL));
	pid = fork_ok();
	if (pid == 0) {
		CHECK_OK(getitimer(ITIMER_REAL, &left));
		_exit(left.it_value.tv_sec != 0);
	}
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(time_profiling_timer_counts_cpu_time)
{
	struct itimerval t = { { 0, 0 }, { 0, 20000 } };

	signal(SIGVTALRM, tick);
	if (setitimer(ITIMER_VIRTUAL, &t, NULL) && errno == ENOSYS)
		SKIP("no ITIMER_VIRTUAL");
	for (int64_t end = now_ns() + 10000000000; !ticks && now_ns() < end; )
		;
	CHECK_EQ(ticks, 1);
}

TEST(time_posix_timer_delivers_its_value)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN,
			      .sigev_value.sival_int = 31 };
	struct itimerspec t = { .it_value = { 0, 5000000 } };
	siginfo_t i;
	sigset_t s;
	timer_t id;

	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN);
	CHECK_OK(sigprocmask(SIG_BLOCK, &s, NULL));
	if (timer_create(CLOCK_MONOTONIC, &e, &id) && errno == ENOSYS)
		SKIP("no timer_create");
	CHECK_OK(timer_settime(id, 0, &t, NULL));
	CHECK_EQ(sigwaitinfo(&s, &i), SIGRTMIN);
	CHECK_EQ(i.si_code, SI_TIMER);
	CHECK_EQ(i.si_value.sival_int, 31);
	CHECK_OK(timer_gettime(id, &t));
	CHECK_EQ(t.it_value.tv_nsec, 0);
	CHECK_OK(timer_delete(id));
}

/* ---- two threads, one alarm ---- */

static struct { int round, done; } duel;	/* round -1: it is over */

/* Spinning, so that both arrive at the same moment; on one CPU the other must get its turn. */
static int spin_until_changed(int *word, int old)
{
	int now;

	for (int i = 1; (now = __atomic_load_n(word, __ATOMIC_ACQUIRE)) == old; i++)
		if (i % 4096 == 0)
			sched_yield();
	return now;
}

static void *disarm_again_and_again(void *arg)
{
	struct itimerval off = { { 0, 0 }, { 0, 0 } };

	for (int round = 0; (round = spin_until_changed(&duel.round, round)) > 0; ) {
		setitimer(ITIMER_REAL, &off, NULL);
		__atomic_store_n(&duel.done, round, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Whichever of two calls was the last holds: when the alarm is said to be armed, it comes. */
TEST(time_alarm_armed_while_another_thread_disarms_comes_if_it_is_said_to)
{
	struct itimerval on = { { 0, 0 }, { 0, 700 } }, left;
	uint32_t random = 1;
	pthread_t t;

	signal(SIGALRM, tick);
	CHECK_EQ(pthread_create(&t, NULL, disarm_again_and_again, NULL), 0);
	for (int round = 1; round <= 300; round++) {
		int64_t limit;

		ticks = 0;
		__atomic_store_n(&duel.round, round, __ATOMIC_RELEASE);
		for (volatile uint32_t wait = test_random(&random) % 1024; wait; wait--)
			;
		CHECK_OK(setitimer(ITIMER_REAL, &on, NULL));
		spin_until_changed(&duel.done, round - 1);
		CHECK_OK(getitimer(ITIMER_REAL, &left));
		limit = now_ns() + 20000000000;
		while (left.it_value.tv_usec && !ticks)
			CHECK(now_ns() < limit);
	}
	__atomic_store_n(&duel.round, -1, __ATOMIC_RELEASE);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

/* ---- CPU time ---- */

static void *work_and_rest(void *over)
{
	struct timespec nap = { 0, 50000 };

	while (!*(volatile int *)over) {
		for (volatile int i = 0; i < 20000; i++)
			;
		nanosleep(&nap, NULL);
	}
	return NULL;
}

TEST(time_cpu_clock_of_another_thread_never_goes_back_or_ahead)
{
	int64_t start = now_ns(), last = 0;
	int over = 0;
	clockid_t id;
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, work_and_rest, &over), 0);
	CHECK_EQ(pthread_getcpuclockid(t, &id), 0);
	while (now_ns() - start < 1000000000) {
		struct timespec ts;
		int64_t used;

		CHECK_OK(clock_gettime(id, &ts));
		used = ts.tv_sec * 1000000000LL + ts.tv_nsec;
		if (used < last)
			FAIL("%lld ns after %lld", (long long)used, (long long)last);
		CHECK(used <= now_ns() - start);
		last = used;
	}
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

static void burn(int64_t ns)
{
	struct timespec t;
	int64_t used;

	do {
		for (volatile int i = 0; i < 10000; i++)
			;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
		used = t.tv_sec * 1000000000LL + t.tv_nsec;
	} while (used < ns);
}

TEST(time_process_cpu_clock_stands_while_sleeping)
{
	struct timespec a, b;

	CHECK_OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a));
	sleep_ms(50);
	CHECK_OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b));
	CHECK((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec < 40000000);
}

TEST(time_getrusage_and_times_count_work)
{
	struct rusage u;
	struct tms t;

	burn(60000000);
	CHECK_OK(getrusage(RUSAGE_SELF, &u));
	CHECK(u.ru_utime.tv_sec * 1000000LL + u.ru_utime.tv_usec +
	      u.ru_stime.tv_sec * 1000000LL + u.ru_stime.tv_usec >= 40000);
	CHECK(times(&t) != (clock_t)-1);
	CHECK(t.tms_utime + t.tms_stime >= 2);
	CHECK_ERR(getrusage(55, &u), EINVAL);
}

TEST(time_getrusage_of_children_counts_only_reaped_ones)
{
	struct rusage before, after;
	pid_t pid;

	CHECK_OK(getrusage(RUSAGE_CHILDREN, &before));
	CHECK_EQ(before.ru_utime.tv_sec * 1000000 + before.ru_utime.tv_usec, 0);
	pid = fork_ok();
	if (pid == 0) {
		burn(60000000);
		_exit(0);
	}
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_OK(getrusage(RUSAGE_CHILDREN, &after));
	CHECK(after.ru_utime.tv_sec * 1000000LL + after.ru_utime.tv_usec +
	      after.ru_stime.tv_sec * 1000000LL + after.ru_stime.tv_usec >= 40000);
}

TEST(time_minor_faults_are_counted)
{
	struct rusage a, b;
	char *p = map(32 * page, PROT_READ | PROT_WRITE, ANON, -1);

	/* A kernel without huge pages may refuse the advice; that is as good. */
	(void)madvise(p, 32 * page, MADV_NOHUGEPAGE);
	CHECK_OK(getrusage(RUSAGE_SELF, &a));
	for (int i = 0; i < 32; i++)
		p[i * page] = 1;
	CHECK_OK(getrusage(RUSAGE_SELF, &b));
	CHECK(b.ru_minflt > a.ru_minflt);
	CHECK(b.ru_maxrss > 0);
}

TEST(time_cpu_bound_processes_share_the_cpu)
{
	volatile unsigned long *n = (void *)map(page, PROT_READ | PROT_WRITE, SHARED_ANON, -1);
	pid_t pid[4];

	for (int i = 0; i < 4; i++) {
		pid[i] = fork_ok();
		if (pid[i] == 0)
			for (;;)
				n[i * 8]++;
	}
	sleep_ms(400);
	for (int i = 0; i < 4; i++) {
		CHECK_OK(kill(pid[i], SIGKILL));
		CHECK_KILLED(wait_for(pid[i]), SIGKILL);
		CHECK(n[i * 8] > 0);
	}
}

/* The C library reads most clocks in the vDSO; the kernel must tell the same time. */
TEST(time_library_and_system_call_tell_the_same_time)
{
	static const clockid_t ids[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW,
					 CLOCK_BOOTTIME, CLOCK_TAI };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		for (int turn = 0; turn < 100; turn++) {
			struct timespec a, b, c;

			CHECK_OK(clock_gettime(ids[i], &a));
			CHECK_OK(syscall(SYS_clock_gettime, ids[i], &b));
			CHECK_OK(clock_gettime(ids[i], &c));
			CHECK(ns_between(&a, &b) >= 0);
			CHECK(ns_between(&b, &c) >= 0);
		}
	}
}

TEST(time_getrusage_of_children_counts_their_context_switches)
{
	struct rusage before, after;
	pid_t pid;

	CHECK_OK(getrusage(RUSAGE_CHILDREN, &before));
	pid = fork_ok();
	if (pid == 0) {
		for (int i = 0; i < 20; i++)
			sleep_ms(10);		/* on a busy machine some are over before they begin */
		_exit(0);
	}
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_OK(getrusage(RUSAGE_CHILDREN, &after));
	CHECK(after.ru_nvcsw - before.ru_nvcsw >= 5);
}

TEST(time_getrusage_of_a_thread_knows_the_peak_memory_of_its_process)
{
	struct rusage self, thread;

	CHECK_OK(getrusage(RUSAGE_SELF, &self));
	CHECK_OK(getrusage(RUSAGE_THREAD, &thread));
	CHECK(self.ru_maxrss > 0);
	CHECK(thread.ru_maxrss >= self.ru_maxrss);
}
