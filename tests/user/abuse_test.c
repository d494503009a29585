/* SPDX-License-Identifier: MIT */
/*
 * tests/user/abuse_test.c - programs that take away what they stand on, and those that have nothing left
 *
 * THE QUESTION   What is the worst a program can do to its own address space, and does it hurt anybody else?
 *
 * THE PICTURE    the suicides    unmap: stack | text | vDSO | heap | everything
 *                                protect the stack, with a signal on its way to it
 *                                    each alone, and with threads that go on computing
 *                                    each without a handler, with one, and with one on a stack of its own
 *                the overflows   signals in handlers of signals; a thread's stack; the stack of the handler
 *                the limits      RLIMIT_AS, DATA, STACK, MEMLOCK, down to nothing while the program runs
 *
 *                It is always a child that does it; its end is what Linux would make of it, and the ledger at
 *                the end of all tests tells whether anything was left behind. Those that want more than there is:
 *                vma_bomb_test.c.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "utest.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

/* ---- where things are ---- */
struct range {
	uintptr_t from, to;
};

/* The mapping called @name, or the one around @p. */
static struct range find(const char *name, uintptr_t p)
{
	FILE *f = fopen("/proc/self/maps", "r");
	struct range r, found = { 0, 0 };
	char line[512];

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned long a, b;

		if (sscanf(line, "%lx-%lx", &a, &b) != 2)
			continue;
		r = (struct range){ a, b };
		if (name ? strstr(line, name) != NULL : r.from <= p && p < r.to)
			found = r;
	}
	fclose(f);
	return found;
}

static struct range find_stack(void)
{
	return find("[stack]", 0);
}

static struct range find_text(void)
{
	return find(NULL, (uintptr_t)find_stack);
}

static struct range find_vdso(void)
{
	return find("[vdso]", 0);
}

static struct range find_heap(void)
{
	return find("[heap]", 0);
}

/* Up to the end of the stack or of whatever is above it. */
static struct range find_everything(void)
{
	struct range all = find_stack(), vdso = find_vdso();

	return (struct range){ 0, vdso.to > all.to ? vdso.to : all.to };
}

/* ---- the suicides ---- */
enum rescue { NO_HANDLER, HANDLER, HANDLER_ON_OWN_STACK };

struct suicide {
	struct range (*find)(void);
	long call;			/* SYS_munmap, or SYS_mprotect to PROT_NONE */
	bool signal_pending;
	void (*afterwards)(void);
	enum rescue rescue;
	int threads;
};

#define RESCUED 7

static void on_segv(int sig)
{
	(void)sig;
	_exit(RESCUED);
}

static void on_usr1(int sig)
{
	(void)sig;
}

static void install(enum rescue rescue)
{
	struct sigaction sa = { .sa_handler = on_segv, .sa_flags = rescue == HANDLER_ON_OWN_STACK ? SA_ONSTACK : 0 };
	stack_t s = { .ss_sp = map(16 * page, RW, ANON, -1), .ss_size = 16 * page };

	signal(SIGUSR1, on_usr1);
	if (rescue == HANDLER_ON_OWN_STACK)
		CHECK_OK(sigaltstack(&s, NULL));
	if (rescue != NO_HANDLER)
		CHECK_OK(sigaction(SIGSEGV, &sa, NULL));
}

static volatile long running;

static void *compute(void *arg)
{
	volatile long own[64] = { 0 };

	__atomic_add_fetch(&running, 1, __ATOMIC_SEQ_CST);
	for (long i = 0;; i++) {
		own[i % 64]++;
		if (i % 4096 == 0)
			getppid();
	}
	return arg;
}

static void start_threads(int n)
{
	pthread_t t;

	for (int i = 0; i < n; i++)
		CHECK_EQ(pthread_create(&t, NULL, compute, NULL), 0);
	while (running < n)
		sched_yield();
}

static void raise_blocked(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, set, NULL));
	CHECK_OK(raise(SIGUSR1));
}

/* When the stack is the victim, the next access to it is the end: with or without the signal. */
static void commit_suicide(void *arg)
{
	static struct suicide s;
	static struct range r;
	static sigset_t set;
	volatile char on_stack = 1;

	s = *(struct suicide *)arg;
	install(s.rescue);
	r = s.find();
	CHECK(r.to > r.from);
	start_threads(s.threads);
	if (s.signal_pending)
		raise_blocked(&set);
	syscall(s.call, r.from, r.to - r.from, PROT_NONE);
	on_stack = 2;
	if (s.signal_pending)
		syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, 8UL);
	if (s.afterwards)
		s.afterwards();
	_exit(on_stack == 2 ? 0 : 1);
}

static int result_of(struct suicide s, enum rescue rescue, int threads)
{
	need_proc();
	s.rescue = rescue;
	s.threads = threads;
	return in_child(commit_suicide, &s);
}

/* It dies of SIGSEGV, whatever its handler and its threads; @rescued: unless the handler has a stack of its own. */
static void check_dies(struct suicide s, bool rescued)
{
	for (int threads = 0; threads <= 3; threads += 3) {
		CHECK_KILLED(result_of(s, NO_HANDLER, threads), SIGSEGV);
		CHECK_KILLED(result_of(s, HANDLER, threads), SIGSEGV);
		if (rescued)
			CHECK_EXIT(result_of(s, HANDLER_ON_OWN_STACK, threads), RESCUED);
		else
			CHECK_KILLED(result_of(s, HANDLER_ON_OWN_STACK, threads), SIGSEGV);
	}
}

TEST(abuse_unmapping_the_own_stack_is_sigsegv)
{
	check_dies((struct suicide){ .find = find_stack, .call = SYS_munmap }, true);
}

TEST(abuse_protecting_the_own_stack_with_a_signal_pending_is_sigsegv)
{
	check_dies((struct suicide){ .find = find_stack, .call = SYS_mprotect, .signal_pending = true }, true);
}

TEST(abuse_unmapping_the_own_text_is_sigsegv)
{
	check_dies((struct suicide){ .find = find_text, .call = SYS_munmap }, false);
}

TEST(abuse_protecting_the_own_text_with_a_signal_pending_is_sigsegv)
{
	check_dies((struct suicide){ .find = find_text, .call = SYS_mprotect, .signal_pending = true }, false);
}

TEST(abuse_unmapping_everything_is_sigsegv)
{
	check_dies((struct suicide){ .find = find_everything, .call = SYS_munmap }, false);
}

TEST(abuse_unmapping_everything_with_a_signal_pending_is_sigsegv)
{
	check_dies((struct suicide){ .find = find_everything, .call = SYS_munmap, .signal_pending = true }, false);
}

/* Where handlers return to: a page of the kernel on RISC-V, a function of the C library on x86. */
static void check_trampoline(long call)
{
	struct suicide s = { .find = find_vdso, .call = call, .signal_pending = true };

	need_proc();
	if (find_vdso().to == 0)
		SKIP("no vDSO");
	for (int threads = 0; threads <= 3; threads += 3) {
#ifdef __riscv
		CHECK_KILLED(result_of(s, NO_HANDLER, threads), SIGSEGV);
		CHECK_EXIT(result_of(s, HANDLER, threads), RESCUED);
		CHECK_EXIT(result_of(s, HANDLER_ON_OWN_STACK, threads), RESCUED);
#else
		CHECK_EXIT(result_of(s, NO_HANDLER, threads), 0);
		CHECK_EXIT(result_of(s, HANDLER, threads), 0);
		CHECK_EXIT(result_of(s, HANDLER_ON_OWN_STACK, threads), 0);
#endif
	}
}

TEST(abuse_unmapping_the_vdso_with_a_signal_pending_harms_its_user_alone)
{
	check_trampoline(SYS_munmap);
}

TEST(abuse_protecting_the_vdso_with_a_signal_pending_harms_its_user_alone)
{
	check_trampoline(SYS_mprotect);
}

static volatile char *on_heap;

static struct range fill_and_find_heap(void)
{
	on_heap = sbrk((intptr_t)(2 * page));
	on_heap[page] = 1;
	return find_heap();
}

static void use_heap(void)
{
	on_heap[page] = 2;
}

TEST(abuse_unmapping_the_own_heap_is_sigsegv_at_its_next_use)
{
	struct suicide s = { .find = fill_and_find_heap, .call = SYS_munmap, .afterwards = use_heap };

	for (int threads = 0; threads <= 3; threads += 3) {
		CHECK_KILLED(result_of(s, NO_HANDLER, threads), SIGSEGV);
		CHECK_EXIT(result_of(s, HANDLER, threads), RESCUED);
		CHECK_EXIT(result_of(s, HANDLER_ON_OWN_STACK, threads), RESCUED);
	}
}

/* All threads at it at once, each from its own end: whoever comes first. */
static void *unmap_all(void *range)
{
	struct range *r = range;

	__atomic_add_fetch(&running, 1, __ATOMIC_SEQ_CST);
	while (running < 4)
		;
	for (uintptr_t p = r->from; p < r->to; p += r->to / 16 & -page)
		munmap((void *)p, r->to / 16 & -page);
	munmap((void *)r->from, r->to - r->from);
	return NULL;
}

static void unmap_all_together(void *arg)
{
	static struct range r;
	pthread_t t;

	(void)arg;
	r = find_everything();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&t, NULL, unmap_all, &r), 0);
	unmap_all(&r);
}

TEST(abuse_threads_that_all_unmap_everything_die_together)
{
	need_proc();
	for (int i = 0; i < 10; i++)
		CHECK_KILLED(in_child(unmap_all_together, NULL), SIGSEGV);
}

/* ---- the overflows ---- */
static int __attribute__((noinline)) dive(int n)
{
	volatile char frame[1024];

	frame[0] = (char)n;
	return n < 0 ? 0 : dive(n + 1) + frame[0];
}

static void on_signal_again(int sig)
{
	raise(sig);
}

static void raise_without_end(void *arg)
{
	struct sigaction sa = { .sa_handler = on_signal_again, .sa_flags = SA_NODEFER };

	(void)arg;
	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
	raise(SIGUSR1);
}

TEST(abuse_handlers_of_handlers_without_end_are_sigsegv)
{
	CHECK_KILLED(in_child(raise_without_end, NULL), SIGSEGV);
}

static void dive_with_handler(void *arg)
{
	install(HANDLER);
	dive(*(int *)arg);
}

TEST(abuse_overflow_with_a_handler_on_the_same_stack_is_sigsegv)
{
	int zero = 0;

	CHECK_KILLED(in_child(dive_with_handler, &zero), SIGSEGV);
}

static void dive_again(int sig)
{
	(void)sig;
	dive(0);
}

/* The stack of the handler has an end too, and there is no third one: its overflow must not be on mapped memory. */
static void dive_twice(void *arg)
{
	struct sigaction sa = { .sa_handler = dive_again, .sa_flags = SA_ONSTACK };
	char *p = map(32 * page, PROT_NONE, ANON, -1);
	stack_t s = { .ss_sp = p + 16 * page, .ss_size = 16 * page };

	(void)arg;
	CHECK_OK(mprotect(p + 16 * page, 16 * page, RW));
	CHECK_OK(sigaltstack(&s, NULL));
	CHECK_OK(sigaction(SIGSEGV, &sa, NULL));
	dive(0);
}

TEST(abuse_overflow_of_the_handlers_stack_too_is_sigsegv)
{
	CHECK_KILLED(in_child(dive_twice, NULL), SIGSEGV);
}

static void *dive_in_thread(void *arg)
{
	dive(0);
	return arg;
}

static void overflow_in_thread(void *arg)
{
	pthread_t t;

	start_threads(*(int *)arg);
	CHECK_EQ(pthread_create(&t, NULL, dive_in_thread, NULL), 0);
	pthread_join(t, NULL);
}

TEST(abuse_overflow_of_a_threads_stack_ends_the_whole_process)
{
	int others = 2;

	CHECK_KILLED(in_child(overflow_in_thread, &others), SIGSEGV);
}

/* ---- the limits ---- */
static void limit(int which, rlim_t soft)
{
	struct rlimit r;

	CHECK_OK(getrlimit(which, &r));
	r.rlim_cur = soft;
	CHECK_OK(setrlimit(which, &r));
}

static void do_nothing(void *arg)
{
	(void)arg;
}

/* Without any address space left: no call gives more, what is there stays, and processes still begin and end. */
static void live_without_address_space(void *arg)
{
	char *p = map(4 * page, RW, ANON, -1), *q;

	(void)arg;
	CHECK_OK(munmap(p + 2 * page, 2 * page));
	limit(RLIMIT_AS, 0);
	CHECK_ERR(mmap(NULL, page, PROT_NONE, ANON, -1, 0), ENOMEM);
	CHECK_ERR(mmap(NULL, page, PROT_READ, SHARED_ANON, -1, 0), ENOMEM);
	CHECK_ERR(mremap(p, 2 * page, 4 * page, MREMAP_MAYMOVE), ENOMEM);
	CHECK_ERR(mremap(p, page, page, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL), ENOMEM);
	CHECK_ERR(sbrk((intptr_t)(64 * page)), ENOMEM);
	q = mremap(p, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, p + 2 * page);
	CHECK_EQ(q, p + 2 * page);
	q[0] = q[page] = 1;
	CHECK_EXIT(in_child(do_nothing, NULL), 0);
	CHECK_OK(munmap(q, 2 * page));
	limit(RLIMIT_AS, RLIM_INFINITY);
	CHECK_OK(mmap(NULL, page, RW, ANON, -1, 0));
}

TEST(abuse_life_goes_on_without_any_address_space_left)
{
	CHECK_EXIT(in_child(live_without_address_space, NULL), 0);
}

static void dive_below_limit(void *arg)
{
	limit(*(int *)arg, page);
	dive(0);
}

TEST(abuse_stack_that_may_not_grow_is_sigsegv)
{
	int limits[] = { RLIMIT_AS, RLIMIT_STACK };

	for (int i = 0; i < 2; i++)
		CHECK_KILLED(in_child(dive_below_limit, &limits[i]), SIGSEGV);
}

/* Data is what is private and writable: everything else is still to be had. */
static void live_without_data(void *arg)
{
	char *p = map(2 * page, PROT_READ, ANON, -1), *grown = map(2 * page, RW, ANON, -1);

	(void)arg;
	limit(RLIMIT_DATA, page);	/* of zero, Linux says: the program does not know better, see the hard limit */
	CHECK_ERR(mmap(NULL, page, RW, ANON, -1, 0), ENOMEM);
	CHECK_ERR(mprotect(p, page, RW), ENOMEM);
	CHECK_ERR(mremap(grown, page, 64 * page, MREMAP_MAYMOVE), ENOMEM);
	CHECK_ERR(sbrk((intptr_t)(64 * page)), ENOMEM);
	CHECK_OK(mmap(NULL, page, PROT_READ, ANON, -1, 0));
	CHECK_OK(mmap(NULL, page, RW, SHARED_ANON, -1, 0));
	grown[page] = 1;
	CHECK_EXIT(in_child(do_nothing, NULL), 0);
	limit(RLIMIT_DATA, RLIM_INFINITY);
	CHECK_OK(mprotect(p, page, RW));
	p[0] = 1;
}

TEST(abuse_life_goes_on_without_any_data_left)
{
	CHECK_EXIT(in_child(live_without_data, NULL), 0);
}

/* Root may lock what it likes. */
static void live_without_locked_memory(void *arg)
{
	char *p = map(4 * page, RW, ANON, -1);

	(void)arg;
	CHECK_OK(setresuid(64001, 64001, 64001));
	limit(RLIMIT_MEMLOCK, page);
	CHECK_OK(mlock(p, page));
	CHECK_ERR(mlock(p + page, page), ENOMEM);
	CHECK_ERR(mmap(NULL, page, RW, ANON | MAP_LOCKED, -1, 0), EAGAIN);
	CHECK_ERR(mlockall(MCL_CURRENT), ENOMEM);
	CHECK_ERR(mremap(p, page, 2 * page, MREMAP_MAYMOVE), EAGAIN);
	CHECK_OK(munlock(p, page));
	CHECK_OK(mlock(p + page, page));
	limit(RLIMIT_MEMLOCK, 0);
	CHECK_ERR(mlock(p, page), EPERM);
	CHECK_OK(munlockall());
}

TEST(abuse_life_goes_on_without_any_memory_to_lock)
{
	need_root();
	CHECK_EXIT(in_child(live_without_locked_memory, NULL), 0);
}
