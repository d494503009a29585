/* SPDX-License-Identifier: MIT */
/*
 * tests/user/thread_test.c - threads, thread-local data, locks, and how threads end
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "utest.h"

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, fn, arg), 0);
	return t;
}

static void *join(pthread_t t)
{
	void *result;

	CHECK_EQ(pthread_join(t, &result), 0);
	return result;
}

/* ---- life ---- */
static void *increment(void *arg)
{
	return (char *)arg + 1;
}

TEST(thread_result_reaches_join)
{
	for (long i = 0; i < 50; i++)
		CHECK_EQ((long)join(start(increment, (void *)i)), i + 1);
}

static void *own_ids(void *arg)
{
	pid_t *ids = arg;

	ids[0] = getpid();
	ids[1] = syscall(SYS_gettid);
	return NULL;
}

TEST(thread_shares_the_pid_and_has_its_own_tid)
{
	pid_t ids[2];

	CHECK_EQ(getpid(), syscall(SYS_gettid));
	join(start(own_ids, ids));
	CHECK_EQ(ids[0], getpid());
	CHECK(ids[1] != getpid());
}

static _Thread_local int local = 5;
static _Thread_local int zeroed;

static void *use_tls(void *arg)
{
	long bad = local != 5 || zeroed != 0;

	local = (int)(long)arg;
	zeroed = local;
	sched_yield();
	return (void *)(bad || local != (long)arg || zeroed != (long)arg ? 1L : 0L);
}

TEST(thread_local_variables_are_separate)
{
	pthread_t t[16];

	local = 77;
	for (long i = 0; i < 16; i++)
		t[i] = start(use_tls, (void *)(i + 100));
	for (int i = 0; i < 16; i++)
		CHECK(join(t[i]) == NULL);
	CHECK_EQ(local, 77);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long shared;

static void *count_locked(void *arg)
{
	for (long i = 0; i < (long)arg; i++) {
		pthread_mutex_lock(&lock);
		shared++;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

TEST(thread_mutex_keeps_a_counter_exact)
{
	pthread_t t[8];

	for (int i = 0; i < 8; i++)
		t[i] = start(count_locked, (void *)5000L);
	for (int i = 0; i < 8; i++)
		join(t[i]);
	CHECK_EQ(shared, 40000);
}

TEST(thread_sixty_four_at_once_work)
{
	pthread_attr_t a;
	pthread_t t[64];

	CHECK_EQ(pthread_attr_init(&a), 0);
	CHECK_EQ(pthread_attr_setstacksize(&a, 64 << 10), 0);
	for (int i = 0; i < 64; i++)
		CHECK_EQ(pthread_create(&t[i], &a, count_locked, (void *)50L), 0);
	for (int i = 0; i < 64; i++)
		join(t[i]);
	CHECK_EQ(shared, 3200);
}

static atomic_long spins;

static void *count_atomic(void *arg)
{
	for (long i = 0; i < (long)arg; i++)
		atomic_fetch_add(&spins, 1);
	return NULL;
}

TEST(thread_atomic_adds_are_not_lost)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		t[i] = start(count_atomic, (void *)20000L);
	for (int i = 0; i < 4; i++)
		join(t[i]);
	CHECK_EQ(spins, 80000);
}

/* ---- conditions, barriers, read-write locks ---- */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;

static void *alternate(void *arg)
{
	int me = (int)(long)arg;

	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&lock);
		while (turn != me)
			pthread_cond_wait(&changed, &lock);
		turn = !me;
		shared++;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

TEST(thread_condition_variable_alternates_two_threads)
{
	pthread_t a = start(alternate, (void *)0), b = start(alternate, (void *)1);

	join(a);
	join(b);
	CHECK_EQ(shared, 400);
}

TEST(thread_timed_condition_wait_times_out)
{
	struct timespec t;

	CHECK_OK(clock_gettime(CLOCK_REALTIME, &t));
	t.tv_nsec += 20000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	pthread_mutex_lock(&lock);
	CHECK_EQ(pthread_cond_timedwait(&changed, &lock, &t), ETIMEDOUT);
}

static pthread_barrier_t barrier;
static atomic_int arrived;

static void *meet(void *arg)
{
	for (int i = 1; i <= 20; i++) {
		atomic_fetch_add(&arrived, 1);
		pthread_barrier_wait(&barrier);
		if (atomic_load(&arrived) < i * 4)
			return arg;
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

TEST(thread_barrier_lets_nobody_through_early)
{
	pthread_t t[4];

	CHECK_EQ(pthread_barrier_init(&barrier, NULL, 4), 0);
	for (int i = 0; i < 4; i++)
		t[i] = start(meet, &barrier);
	for (int i = 0; i < 4; i++)
		CHECK(join(t[i]) == NULL);
}

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static volatile long left, right;

static void *read_pairs(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		pthread_rwlock_rdlock(&rw);
		if (left != right)
			arg = (void *)1;
		pthread_rwlock_unlock(&rw);
	}
	return arg;
}

static void *write_pairs(void *arg)
{
	for (int i = 0; i < 500; i++) {
		pthread_rwlock_wrlock(&rw);
		left++;
		if (i % 16 == 0)
			sched_yield();
		right++;
		pthread_rwlock_unlock(&rw);
	}
	return arg;
}

TEST(thread_rwlock_readers_never_see_half_a_write)
{
	pthread_t r1 = start(read_pairs, NULL), w = start(write_pairs, NULL),
		  r2 = start(read_pairs, NULL);

	CHECK(join(r1) == NULL);
	CHECK(join(r2) == NULL);
	join(w);
	CHECK_EQ(left, 500);
}

/* ---- robust lists ---- */
TEST(thread_robust_mutex_tells_that_its_owner_died)
{
	struct {
		pthread_mutex_t m;
	} *s = (void *)map(page, RW, SHARED_ANON, -1);
	pthread_mutexattr_t a;
	pid_t pid;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	CHECK_EQ(pthread_mutex_init(&s->m, &a), 0);
	pid = fork_ok();
	if (pid == 0) {
		pthread_mutex_lock(&s->m);
		_exit(0);
	}
	CHECK_EXIT(wait_for(pid), 0);
	CHECK_EQ(pthread_mutex_lock(&s->m), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(&s->m), 0);
	CHECK_EQ(pthread_mutex_unlock(&s->m), 0);
}

/* ---- ends ---- */
static void *forever(void *arg)
{
	for (;;)
		sleep_ms(1000);
	return arg;
}

static void *spin(void *arg)
{
	for (volatile unsigned int i = 0;; i++)
		;
	return arg;
}

TEST(thread_cancellation_ends_a_sleeping_thread)
{
	pthread_t t = start(forever, NULL);

	sleep_ms(5);
	CHECK_EQ(pthread_cancel(t), 0);
	CHECK(join(t) == PTHREAD_CANCELED);
}

static void exit_with_threads(void *arg)
{
	(void)arg;
	for (int i = 0; i < 4; i++)
		start(i & 1 ? spin : forever, NULL);
	sleep_ms(5);
	_exit(21);
}

TEST(thread_exit_group_ends_all_threads)
{
	CHECK_EXIT(in_child(exit_with_threads, NULL), 21);
}

static void *exit_from_thread(void *arg)
{
	_exit((int)(long)arg);
}

static void other_thread_exits(void *arg)
{
	start(exit_from_thread, arg);
	for (;;)
		pause();
}

TEST(thread_exit_group_works_from_any_thread)
{
	CHECK_EXIT(in_child(other_thread_exits, (void *)33), 33);
}

static void *crash(void *arg)
{
	*(volatile char *)arg = 1;
	return NULL;
}

static void thread_crashes(void *arg)
{
	start(crash, arg);
	for (;;)
		pause();
}

TEST(thread_fatal_signal_in_one_thread_kills_the_process)
{
	CHECK_KILLED(in_child(thread_crashes, map(page, PROT_NONE, ANON, -1)), SIGSEGV);
}

static void *exec_self(void *arg)
{
	char *argv[] = { "utest", "exec-exit", "44", NULL };

	execv("/proc/self/exe", argv);
	return arg;
}

static void thread_execs(void *arg)
{
	(void)arg;
	start(spin, NULL);
	start(exec_self, NULL);
	for (;;)
		pause();
}

TEST(thread_exec_from_a_thread_ends_the_others)
{
	need_proc();
	CHECK_EXIT(in_child(thread_execs, NULL), 44);
}

static void *leader_gone(void *arg)
{
	sleep_ms(20);
	_exit((int)(long)arg);
}

static void leader_exits(void *arg)
{
	start(leader_gone, arg);
	pthread_exit(NULL);
}

TEST(thread_process_lives_on_when_the_first_thread_ends)
{
	CHECK_EXIT(in_child(leader_exits, (void *)9), 9);
}

/* ---- signals and memory ---- */
static volatile sig_atomic_t handled_by;

static void note_thread(int sig)
{
	(void)sig;
	handled_by = syscall(SYS_gettid);
}

TEST(thread_pthread_kill_reaches_that_thread)
{
	pthread_t t = start(forever, NULL);

	signal(SIGUSR1, note_thread);
	sleep_ms(5);
	CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
	while (!handled_by)
		sleep_ms(1);
	CHECK(handled_by != getpid());
}

static void *take_signal(void *arg)
{
	sigset_t s;
	int sig = 0;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	sigwait(&s, &sig);
	*(int *)arg = sig;
	return NULL;
}

TEST(thread_process_signal_goes_to_a_thread_that_waits_for_it)
{
	pthread_t t;
	sigset_t s;
	int sig = 0;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &s, NULL), 0);
	t = start(take_signal, &sig);
	sleep_ms(5);
	CHECK_OK(kill(getpid(), SIGUSR2));
	join(t);
	CHECK_EQ(sig, SIGUSR2);
}

static char *area;

static void *touch_area(void *arg)
{
	long me = (long)arg;

	for (size_t i = 0; i < 64; i++) {
		area[i * page + me] = (char)me;
		sched_yield();
	}
	return NULL;
}

TEST(thread_faults_on_the_same_pages_give_one_memory)
{
	pthread_t t[4];

	area = map(64 * page, RW, ANON, -1);
	for (long i = 0; i < 4; i++)
		t[i] = start(touch_area, (void *)(i + 1));
	for (int i = 0; i < 4; i++)
		join(t[i]);
	for (size_t i = 0; i < 64; i++)
		for (int k = 1; k <= 4; k++)
			CHECK_EQ(area[i * page + k], k);
}

static atomic_bool stop;

static void *map_and_unmap(void *arg)
{
	while (!stop) {
		char *p = mmap(NULL, 4 * page, RW, ANON, -1, 0);

		if (p == MAP_FAILED)
			return arg;
		memset(p, 1, 4 * page);
		munmap(p, 4 * page);
	}
	return NULL;
}

TEST(thread_concurrent_mmap_munmap_and_fork_work)
{
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		t[i] = start(map_and_unmap, &stop);
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork_ok();

		if (pid == 0)
			_exit(i);
		CHECK_EXIT(wait_for(pid), i);
	}
	stop = true;
	for (int i = 0; i < 3; i++)
		CHECK(join(t[i]) == NULL);
}

TEST(thread_reader_of_the_map_gets_its_turn_among_threads_that_change_it)
{
	pthread_t t[3];

	need_proc();
	for (int i = 0; i < 3; i++)
		t[i] = start(map_and_unmap, &stop);
	for (int i = 0; i < 20; i++)
		CHECK(maps_count(&stop, 1) == 1);
	stop = true;
	for (int i = 0; i < 3; i++)
		CHECK(join(t[i]) == NULL);
}

static void *protect_and_write(void *arg)
{
	(void)arg;
	for (int i = 0; i < 200; i++) {
		mprotect(area, page, PROT_READ);
		mprotect(area, page, RW);
		area[0] = 1;
	}
	return NULL;
}

TEST(thread_mprotect_by_one_thread_is_seen_by_another_at_once)
{
	volatile char *p = map(page, RW, ANON, -1);
	pthread_t t;

	area = map(page, RW, ANON, -1);
	t = start(protect_and_write, NULL);
	for (int i = 0; i < 50; i++) {
		p[0] = 1;
		CHECK_OK(mprotect((void *)p, page, PROT_READ));
		CHECK_EQ(probe_write(p).sig, SIGSEGV);
		CHECK_OK(mprotect((void *)p, page, RW));
	}
	join(t);
}

TEST(thread_fork_in_a_threaded_process_copies_only_the_caller)
{
	pthread_t t = start(forever, NULL);
	pid_t pid = fork_ok();

	(void)t;
	if (pid == 0) {
		long n = read_number("/proc/self/status", "Threads");

		_exit(n == -1 || n == 1 ? 0 : 1);
	}
	CHECK_EXIT(wait_for(pid), 0);
}

#define ROUND_PAGES 64

static volatile bool stop_rounds;

/* Round n writes n to each page, the lowest first. */
static void *write_rounds(void *pages)
{
	for (long n = 1; !stop_rounds; n++)
		for (int i = 0; i < ROUND_PAGES; i++)
			*(volatile long *)((char *)pages + (size_t)i * page) = n;
	return NULL;
}

/* Fork copies low pages first. What it shows of a round must be the beginning of it. */
static bool rounds_in_order(const char *pages)
{
	long first = *(const long *)pages, last = first;

	for (int i = 1; i < ROUND_PAGES; i++) {
		long n = *(const long *)(pages + (size_t)i * page);

		if (n > last || n < first - 1)
			return false;
		last = n;
	}
	return true;
}

TEST(thread_writes_are_seen_by_a_forked_child_in_their_order)
{
	char *pages = map(ROUND_PAGES * page, RW, ANON, -1);
	pthread_t t = start(write_rounds, pages);

	for (int i = 0; i < 200; i++) {
		pid_t pid = fork_ok();

		if (pid == 0)
			_exit(rounds_in_order(pages) ? 0 : 1);
		CHECK_EXIT(wait_for(pid), 0);
	}
	stop_rounds = true;
	join(t);
}
