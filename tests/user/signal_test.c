/* SPDX-License-Identifier: MIT */
/*
 * tests/user/signal_test.c - handlers, masks, siginfo, and the alternate stack
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "utest.h"

static volatile sig_atomic_t count, last;
static siginfo_t info;

static void on_signal(int sig)
{
	count++;
	last = sig;
}

static void on_info(int sig, siginfo_t *i, void *context)
{
	(void)context;
	count++;
	last = sig;
	info = *i;
}

static void handle(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	CHECK_OK(sigaction(sig, &sa, NULL));
}

static void handle_info(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = on_info, .sa_flags = flags | SA_SIGINFO };

	CHECK_OK(sigaction(sig, &sa, NULL));
}

static sigset_t set_of(int a, int b)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, a);
	if (b)
		sigaddset(&s, b);
	return s;
}

static void block(int a, int b)
{
	sigset_t s = set_of(a, b);

	CHECK_OK(sigprocmask(SIG_BLOCK, &s, NULL));
}

static void unblock(int a, int b)
{
	sigset_t s = set_of(a, b);

	CHECK_OK(sigprocmask(SIG_UNBLOCK, &s, NULL));
}

/* ---- handlers ---- */
TEST(signal_handler_runs_before_kill_to_self_returns)
{
	handle(SIGUSR1, 0);
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(count, 1);
	CHECK_EQ(last, SIGUSR1);
}

TEST(signal_ignored_does_nothing)
{
	signal(SIGUSR1, SIG_IGN);
	CHECK_OK(kill(getpid(), SIGUSR1));
}

static void die_by(void *arg)
{
	kill(getpid(), *(int *)arg);
	pause();
}

TEST(signal_default_actions_end_the_process)
{
	static int sigs[] = { SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM,
			      SIGTERM, SIGKILL, SIGSEGV, SIGXCPU, SIGVTALRM, SIGSYS };

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		CHECK_KILLED(in_child(die_by, &sigs[i]), sigs[i]);
}

TEST(signal_default_of_chld_urg_winch_cont_is_to_ignore)
{
	CHECK_OK(kill(getpid(), SIGCHLD));
	CHECK_OK(kill(getpid(), SIGURG));
	CHECK_OK(kill(getpid(), SIGWINCH));
	CHECK_OK(kill(getpid(), SIGCONT));
}

TEST(signal_kill_and_stop_cannot_be_caught)
{
	struct sigaction sa = { .sa_handler = on_signal };

	CHECK_ERR(sigaction(SIGKILL, &sa, NULL), EINVAL);
	CHECK_ERR(sigaction(SIGSTOP, &sa, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, 0, &sa, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, 65, &sa, NULL, 8), EINVAL);
}

TEST(signal_sigaction_returns_the_old_action)
{
	struct sigaction old;

	handle(SIGUSR1, SA_RESTART);
	CHECK_OK(sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == on_signal);
	CHECK(old.sa_flags & SA_RESTART);
}

TEST(signal_resethand_restores_the_default_after_one_delivery)
{
	struct sigaction old;

	handle(SIGUSR1, SA_RESETHAND);
	CHECK_OK(raise(SIGUSR1));
	CHECK_OK(sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == SIG_DFL);
}

static volatile sig_atomic_t depth, max_depth;

static void nested(int sig)
{
	if (++depth > max_depth)
		max_depth = depth;
	if (depth < 3)
		raise(sig);
	depth--;
	count++;
}

static void raise_once(int sig)
{
	if (++depth > max_depth)
		max_depth = depth;
	if (count++ == 0)
		raise(sig);
	depth--;
}

TEST(signal_raised_in_its_own_handler_waits_for_its_end)
{
	struct sigaction sa = { .sa_handler = raise_once };

	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
	CHECK_OK(raise(SIGUSR1));
	CHECK_EQ(count, 2);
	CHECK_EQ(max_depth, 1);
}

TEST(signal_nodefer_lets_a_handler_nest)
{
	struct sigaction sa = { .sa_handler = nested, .sa_flags = SA_NODEFER };

	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
	CHECK_OK(raise(SIGUSR1));
	CHECK_EQ(max_depth, 3);
	CHECK_EQ(count, 3);
}

static void check_mask(int sig)
{
	sigset_t now;

	sigprocmask(SIG_SETMASK, NULL, &now);
	count = sigismember(&now, sig) && sigismember(&now, SIGUSR2);
}

TEST(signal_sa_mask_holds_during_the_handler_only)
{
	struct sigaction sa = { .sa_handler = check_mask, .sa_mask = set_of(SIGUSR2, 0) };
	sigset_t now;

	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
	CHECK_OK(raise(SIGUSR1));
	CHECK_EQ(count, 1);
	CHECK_OK(sigprocmask(SIG_SETMASK, NULL, &now));
	CHECK(!sigismember(&now, SIGUSR1));
	CHECK(!sigismember(&now, SIGUSR2));
}

/* ---- masks and pending ---- */
TEST(signal_blocked_stays_pending_until_unblocked)
{
	sigset_t p;

	handle(SIGUSR1, 0);
	block(SIGUSR1, 0);
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(count, 0);
	CHECK_OK(sigpending(&p));
	CHECK(sigismember(&p, SIGUSR1));
	unblock(SIGUSR1, 0);
	CHECK_EQ(count, 1);
}

TEST(signal_realtime_signals_queue_in_order_with_values)
{
	sigset_t s = set_of(SIGRTMIN, 0);
	siginfo_t i;

	CHECK_OK(sigprocmask(SIG_BLOCK, &s, NULL));
	for (int v = 1; v <= 5; v++)
		CHECK_OK(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = v }));
	for (int v = 1; v <= 5; v++) {
		CHECK_EQ(sigwaitinfo(&s, &i), SIGRTMIN);
		CHECK_EQ(i.si_value.sival_int, v);
		CHECK_EQ(i.si_code, SI_QUEUE);
		CHECK_EQ(i.si_pid, getpid());
	}
}

TEST(signal_ignored_while_blocked_is_discarded)
{
	sigset_t p;

	signal(SIGUSR1, SIG_IGN);
	block(SIGUSR1, 0);
	CHECK_OK(kill(getpid(), SIGUSR1));
	handle(SIGUSR1, 0);
	signal(SIGUSR1, SIG_IGN);
	CHECK_OK(sigpending(&p));
	CHECK(!sigismember(&p, SIGUSR1));
}

TEST(signal_pending_is_not_inherited_by_fork_but_the_mask_is)
{
	pid_t pid;

	block(SIGUSR1, 0);
	CHECK_OK(kill(getpid(), SIGUSR1));
	pid = fork_ok();
	if (pid == 0) {
		sigset_t p, m;

		sigpending(&p);
		sigprocmask(SIG_SETMASK, NULL, &m);
		_exit(sigismember(&p, SIGUSR1) || !sigismember(&m, SIGUSR1));
	}
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(signal_sigsuspend_waits_with_another_mask_and_restores)
{
	sigset_t none, now;

	sigemptyset(&none);
	handle(SIGUSR1, 0);
	block(SIGUSR1, 0);
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_ERR(sigsuspend(&none), EINTR);
	CHECK_EQ(count, 1);
	CHECK_OK(sigprocmask(SIG_SETMASK, NULL, &now));
	CHECK(sigismember(&now, SIGUSR1));
}

TEST(signal_sigtimedwait_times_out_with_eagain)
{
	sigset_t s = set_of(SIGUSR1, 0);
	struct timespec t = { 0, 20000000 };
	int64_t start = now_ns();

	CHECK_OK(sigprocmask(SIG_BLOCK, &s, NULL));
	CHECK_ERR(sigtimedwait(&s, NULL, &t), EAGAIN);
	CHECK(now_ns() - start >= 20000000);
}

TEST(signal_sigprocmask_with_a_bad_how_is_einval)
{
	sigset_t s = set_of(SIGUSR1, 0);

	CHECK_ERR(sigprocmask(77, &s, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &s, NULL, 4), EINVAL);
}

/* ---- siginfo ---- */
TEST(signal_info_of_kill_names_the_sender)
{
	handle_info(SIGUSR1, 0);
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(info.si_signo, SIGUSR1);
	CHECK_EQ(info.si_code, SI_USER);
	CHECK_EQ(info.si_pid, getpid());
	CHECK_EQ(info.si_uid, getuid());
}

TEST(signal_info_of_tgkill_is_si_tkill)
{
	handle_info(SIGUSR1, 0);
	CHECK_OK(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1));
	CHECK_EQ(info.si_code, SI_TKILL);
	CHECK_ERR(syscall(SYS_tgkill, getpid() + 100000, getpid(), 0), ESRCH);
	CHECK_ERR(syscall(SYS_tgkill, -1, 1, 0), EINVAL);
}

TEST(signal_info_of_a_dead_child_tells_pid_and_status)
{
	pid_t pid;

	handle_info(SIGCHLD, 0);
	pid = fork_ok();
	if (pid == 0)
		_exit(5);
	CHECK_EXIT(wait_for(pid), 5);
	CHECK_EQ(count, 1);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_status, 5);
}

TEST(signal_segv_on_unmapped_memory_is_maperr_with_the_address)
{
	char *p = map(page, RW, ANON, -1);
	struct probe r;

	CHECK_OK(munmap(p, page));
	r = probe_read(p + 123);
	CHECK_EQ(r.sig, SIGSEGV);
	CHECK_EQ(r.code, SEGV_MAPERR);
	CHECK(r.addr == p + 123);
}

TEST(signal_segv_on_protected_memory_is_accerr_with_the_address)
{
	char *p = map(page, PROT_READ, ANON, -1);
	struct probe r = probe_write(p + 45);

	CHECK_EQ(r.sig, SIGSEGV);
	CHECK_EQ(r.code, SEGV_ACCERR);
	CHECK(r.addr == p + 45);
}

static void run_illegal(void)
{
#if defined(__x86_64__)
	__asm__ volatile("ud2");
#else
	__asm__ volatile(".word 0");
#endif
}

TEST(signal_illegal_instruction_is_sigill_at_its_address)
{
	struct probe r = probe_call(run_illegal);

	CHECK_EQ(r.sig, SIGILL);
	CHECK(r.code == ILL_ILLOPN || r.code == ILL_ILLOPC);
	CHECK((uintptr_t)r.addr - (uintptr_t)run_illegal < 64);
}

static void run_divide(void)
{
	volatile int zero = 0, one = 1;

	one = one / zero;
}

TEST(signal_division_by_zero_is_sigfpe_on_x86_and_nothing_on_riscv)
{
	struct probe r = probe_call(run_divide);

#if defined(__x86_64__)
	CHECK_EQ(r.sig, SIGFPE);
	CHECK_EQ(r.code, FPE_INTDIV);
#else
	CHECK_EQ(r.sig, 0);
#endif
}

static void run_break(void)
{
#if defined(__x86_64__)
	__asm__ volatile("int3");
#else
	__asm__ volatile("ebreak");
#endif
}

TEST(signal_breakpoint_is_sigtrap)
{
	CHECK_EQ(probe_call(run_break).sig, SIGTRAP);
}

static void segv_blocked(void *arg)
{
	block(SIGSEGV, 0);
	*(volatile char *)arg = 1;
}

TEST(signal_segv_while_blocked_kills)
{
	CHECK_KILLED(in_child(segv_blocked, map(page, PROT_NONE, ANON, -1)), SIGSEGV);
}

static void segv_ignored(void *arg)
{
	signal(SIGSEGV, SIG_IGN);
	*(volatile char *)arg = 1;
}

TEST(signal_segv_while_ignored_kills)
{
	CHECK_KILLED(in_child(segv_ignored, map(page, PROT_NONE, ANON, -1)), SIGSEGV);
}

static char *repair;

static void on_repair(int sig, siginfo_t *i, void *context)
{
	(void)sig;
	(void)context;
	count++;
	mprotect((char *)((uintptr_t)i->si_addr & ~(page - 1)), page, RW);
}

TEST(signal_segv_handler_may_repair_and_the_access_is_repeated)
{
	struct sigaction sa = { .sa_sigaction = on_repair, .sa_flags = SA_SIGINFO };

	repair = map(4 * page, PROT_NONE, ANON, -1);
	CHECK_OK(sigaction(SIGSEGV, &sa, NULL));
	for (int i = 0; i < 4; i++)
		repair[i * page + 9] = i + 1;
	CHECK_EQ(count, 4);
	CHECK_EQ(repair[3 * page + 9], 4);
}

/* ---- the alternate stack ---- */
static volatile uintptr_t handler_sp;

static void on_stack(int sig)
{
	char here;

	(void)sig;
	handler_sp = (uintptr_t)&here;
	count++;
}

TEST(signal_sigaltstack_is_used_with_sa_onstack)
{
	char *p = map(16 * page, RW, ANON, -1);
	stack_t s = { .ss_sp = p, .ss_size = 16 * page }, old;
	struct sigaction sa = { .sa_handler = on_stack, .sa_flags = SA_ONSTACK };

	CHECK_OK(sigaltstack(&s, NULL));
	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
	CHECK_OK(raise(SIGUSR1));
	CHECK(handler_sp - (uintptr_t)p < 16 * page);
	CHECK_OK(sigaltstack(NULL, &old));
	CHECK(old.ss_sp == p && !(old.ss_flags & SS_ONSTACK));
}

TEST(signal_sigaltstack_too_small_or_bad_flags_fail)
{
	char *p = map(page, RW, ANON, -1);
	stack_t s = { .ss_sp = p, .ss_size = 16 };

	CHECK_ERR(sigaltstack(&s, NULL), ENOMEM);
	s = (stack_t){ .ss_sp = p, .ss_size = page * 4, .ss_flags = 0x40 };
	CHECK_ERR(sigaltstack(&s, NULL), EINVAL);
}

static sigjmp_buf back;

static void on_overflow(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

static int __attribute__((noinline)) dive(int n)
{
	volatile char frame[2048];

	frame[0] = n;
	return n < 0 ? 0 : dive(n + 1) + frame[0];
}

TEST(signal_stack_overflow_can_be_handled_on_the_alternate_stack)
{
	stack_t s = { .ss_sp = map(16 * page, RW, ANON, -1), .ss_size = 16 * page };
	struct sigaction sa = { .sa_handler = on_overflow, .sa_flags = SA_ONSTACK };

	CHECK_OK(sigaltstack(&s, NULL));
	CHECK_OK(sigaction(SIGSEGV, &sa, NULL));
	if (!sigsetjmp(back, 1)) {
		dive(0);
		FAIL("the stack had no end");
	}
}

static void die_on_bad_stack(void *arg)
{
	stack_t s = { .ss_sp = arg, .ss_size = 16 * page };
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	sigaltstack(&s, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
}

TEST(signal_frame_that_cannot_be_written_kills_with_segv)
{
	CHECK_KILLED(in_child(die_on_bad_stack, map(16 * page, PROT_NONE, ANON, -1)), SIGSEGV);
}

static void die_in_segv_handler_without_stack(void *arg)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK | SA_NODEFER };

	sigaction(SIGSEGV, &sa, NULL);
	die_on_bad_stack(arg);
}

/* SIGSEGV is not blocked while it is delivered: its own frame fails in turn, which must end it. */
TEST(signal_segv_frame_that_cannot_be_written_kills_even_with_nodefer)
{
	void *stack = map(16 * page, PROT_NONE, ANON, -1);

	CHECK_KILLED(in_child(die_in_segv_handler_without_stack, stack), SIGSEGV);
}

TEST(signal_action_flags_that_nobody_knows_read_back_as_zero)
{
	unsigned long action[4] = { 0 }, got[4] = { 0 };

	action[0] = (unsigned long)on_signal;
	action[1] = SA_NODEFER | SA_ONSTACK | 0x400 | 0x00300000;
	CHECK_OK(syscall(SYS_rt_sigaction, SIGUSR1, action, NULL, 8));
	CHECK_OK(syscall(SYS_rt_sigaction, SIGUSR1, NULL, got, 8));
	CHECK_EQ(got[1], SA_NODEFER | SA_ONSTACK);
}
