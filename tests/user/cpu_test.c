/* SPDX-License-Identifier: MIT */
/*
 * tests/user/cpu_test.c - registers across switches, and instructions a program may not run
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "utest.h"

/* ---- floating point ---- */
/* Keeps eight doubles in registers over a yield; false when one changed. */
static bool keep_doubles(double seed)
{
	double a = seed, b = seed * 2, c = seed * 3, d = seed * 5, e = seed / 7, f = seed / 11,
	       g = seed * seed, h = -seed;

	__asm__ volatile("" : "+r"(seed));
	for (int i = 0; i < 3; i++)
		sched_yield();
	return a == seed && b == seed * 2 && c == seed * 3 && d == seed * 5 && e == seed / 7 &&
	       f == seed / 11 && g == seed * seed && h == -seed;
}

/* Loads a register, spins without a call (so only preemption can change it), reads it back. */
static bool keep_register(uint64_t value, unsigned long spins)
{
	uint64_t out;

#if defined(__x86_64__)
	__asm__ volatile("movq %1, %%xmm7; 1: dec %2; jnz 1b; movq %%xmm7, %0"
			 : "=r"(out), "+r"(value), "+r"(spins) : : "xmm7", "cc");
#else
	__asm__ volatile("fmv.d.x f27, %1; 1: addi %2, %2, -1; bnez %2, 1b; fmv.x.d %0, f27"
			 : "=&r"(out), "+r"(value), "+r"(spins) : : "f27");
#endif
	return out == value;
}

TEST(fp_registers_survive_switches_between_processes)
{
	pid_t pid[6];

	for (int i = 0; i < 6; i++) {
		pid[i] = fork_ok();
		if (pid[i] == 0) {
			for (int k = 1; k < 300; k++)
				CHECK(keep_doubles(i * 1000.25 + k));
			_exit(0);
		}
	}
	for (int i = 0; i < 6; i++)
		CHECK_EXIT(wait_for(pid[i]), 0);
}

TEST(fp_registers_survive_preemption)
{
	pid_t pid[4];

	for (int i = 0; i < 4; i++) {
		pid[i] = fork_ok();
		if (pid[i] == 0) {
			for (uint64_t k = 1; k < 40; k++)
				CHECK(keep_register(0x4045000000000000 + (i + 1) * 0x1234567 * k,
						    300000));
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		CHECK_EXIT(wait_for(pid[i]), 0);
}

static void *keep_in_thread(void *arg)
{
	for (int k = 1; k < 300; k++)
		if (!keep_doubles((long)arg * 77.5 + k))
			return arg;
	return NULL;
}

TEST(fp_registers_survive_switches_between_threads)
{
	pthread_t t[6];
	void *result;

	for (long i = 0; i < 6; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, keep_in_thread, (void *)(i + 1)), 0);
	for (int i = 0; i < 6; i++) {
		CHECK_EQ(pthread_join(t[i], &result), 0);
		CHECK(result == NULL);
	}
}

TEST(fp_rounding_mode_is_inherited_by_a_child)
{
	pid_t pid;
	unsigned int now = 0;

#if defined(__x86_64__)
	unsigned int mode = 0x1f80 | 0x6000;

	__asm__ volatile("ldmxcsr %0" : : "m"(mode));
	pid = fork_ok();
	__asm__ volatile("stmxcsr %0" : "=m"(now));
	if (pid == 0)
		_exit((now & 0x6000) != 0x6000);
#else
	__asm__ volatile("fsrm %0" : : "r"(1));
	pid = fork_ok();
	__asm__ volatile("frrm %0" : "=r"(now));
	if (pid == 0)
		_exit(now != 1);
#endif
	CHECK_EXIT(wait_for(pid), 0);
}

TEST(fp_state_survives_page_faults)
{
	char *p = map(64 * page, RW, ANON, -1);
	double a = 1.25, b = 2.5;

	for (int i = 0; i < 64; i++) {
		double x = a + i;

		p[i * page] = 1;
		CHECK(x - i == a && b == 2 * a);
	}
}

/* ---- forbidden instructions and addresses ---- */
static void run_privileged(void)
{
#if defined(__x86_64__)
	__asm__ volatile("cli");
#else
	__asm__ volatile("csrw sscratch, zero");
#endif
}

static void run_halt(void)
{
#if defined(__x86_64__)
	__asm__ volatile("hlt");
#else
	__asm__ volatile("sret");
#endif
}

static void run_port(void)
{
#if defined(__x86_64__)
	__asm__ volatile("outb %%al, $0x80" : : "a"(0));
#else
	__asm__ volatile("sfence.vma");
#endif
}

static void run_page_table_root(void)
{
#if defined(__x86_64__)
	__asm__ volatile("mov %%cr3, %%rax" : : : "rax");
#else
	__asm__ volatile("csrr t0, satp" : : : "t0");
#endif
}

#if defined(__x86_64__)
#define SIGPRIV SIGSEGV
#else
#define SIGPRIV SIGILL
#endif

TEST(fault_privileged_instructions_raise_the_right_signal)
{
	CHECK_EQ(probe_call(run_privileged).sig, SIGPRIV);
	CHECK_EQ(probe_call(run_halt).sig, SIGPRIV);
	CHECK_EQ(probe_call(run_port).sig, SIGPRIV);
	CHECK_EQ(probe_call(run_page_table_root).sig, SIGPRIV);
}

TEST(fault_null_pointer_is_maperr_at_zero)
{
	struct probe r = probe_read(NULL);

	CHECK_EQ(r.sig, SIGSEGV);
	CHECK_EQ(r.code, SEGV_MAPERR);
	CHECK(r.addr == NULL);
	CHECK_EQ(probe_write((char *)8).sig, SIGSEGV);
}

TEST(fault_kernel_addresses_are_sigsegv)
{
	static const uintptr_t at[] = { UINTPTR_MAX - 4095, UINTPTR_MAX, (uintptr_t)1 << 63,
					0xffffffff80000000, 0xffff800000000000 };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		CHECK_EQ(probe_read((char *)at[i]).sig, SIGSEGV);
		CHECK_EQ(probe_write((char *)at[i]).sig, SIGSEGV);
	}
}

TEST(fault_non_canonical_addresses_are_sigsegv)
{
	for (int bit = 57; bit < 63; bit++) {
		CHECK_EQ(probe_read((char *)((uintptr_t)1 << bit)).sig, SIGSEGV);
		CHECK_EQ(probe_write((char *)((uintptr_t)1 << bit)).sig, SIGSEGV);
	}
}

TEST(fault_jump_to_data_is_sigsegv_accerr_at_the_target)
{
	char *p = map(page, RW, ANON, -1);
	struct probe r;

	memset(p, 0, page);
	r = probe_call((void (*)(void))(uintptr_t)p);
	CHECK_EQ(r.sig, SIGSEGV);
	CHECK_EQ(r.code, SEGV_ACCERR);
	CHECK(r.addr == p);
}

TEST(fault_jump_to_nowhere_is_sigsegv)
{
	CHECK_EQ(probe_call((void (*)(void))(uintptr_t)0).sig, SIGSEGV);
	CHECK_EQ(probe_call((void (*)(void))(uintptr_t)(-4096L)).sig, SIGSEGV);
	CHECK_EQ(probe_call((void (*)(void))((uintptr_t)1 << 60)).sig, SIGSEGV);
}

TEST(fault_write_to_program_text_is_accerr)
{
	struct probe r = probe_write((char *)(uintptr_t)run_halt);

	CHECK_EQ(r.sig, SIGSEGV);
	CHECK_EQ(r.code, SEGV_ACCERR);
}

TEST(fault_write_to_a_constant_is_sigsegv)
{
	static const int constant = 5;

	CHECK_EQ(probe_write((char *)(uintptr_t)&constant).sig, SIGSEGV);
}

TEST(fault_access_across_a_page_end_faults_on_the_second_page)
{
	char *p = map(2 * page, RW, ANON, -1);
	uint64_t v = 0x1122334455667788, back;

	memcpy(p + page - 3, &v, 8);
	memcpy(&back, p + page - 3, 8);
	CHECK(v == back);
	CHECK_EQ(p[page], (char)(v >> 24));
}

static void write_and_die(void *arg)
{
	*(volatile int *)arg = 1;
}

TEST(fault_two_hundred_crashing_children_leave_the_system_well)
{
	for (int i = 0; i < 200; i++)
		CHECK_KILLED(in_child(write_and_die, NULL), SIGSEGV);
}
