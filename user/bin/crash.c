/* SPDX-License-Identifier: MIT */
/*
 * user/bin/crash.c - one crime per name, to see that the kernel answers with the right signal
 *
 * THE PICTURE    kind         what it does                              signal
 *                null         reads address 0                           SIGSEGV
 *                kernel       reads an address of the kernel half       SIGSEGV
 *                noncanon     reads an address with a wrong sign        SIGSEGV
 *                illegal      an undefined instruction                  SIGILL
 *                privileged   an instruction of the kernel's level      SIGSEGV x86, SIGILL RISC-V
 *                stack        recursion without end                     SIGSEGV
 *                exec-data    jumps to data                             SIGSEGV
 *                ro-text      writes to its own code                    SIGSEGV
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tools.h"

static volatile uintptr_t sink;

static void read_at(uintptr_t address)
{
	sink = *(volatile unsigned char *)address;
}

static void crash_null(void)
{
	read_at(sink);
}

static void crash_kernel(void)
{
	read_at(UINTPTR_MAX - 0xfff);
}

static void crash_noncanon(void)
{
	read_at((uintptr_t)1 << 60);
}

static void crash_illegal(void)
{
#if defined(__x86_64__)
	__asm__ volatile("ud2");
#else
	__asm__ volatile(".word 0");
#endif
}

static void crash_privileged(void)
{
#if defined(__x86_64__)
	__asm__ volatile("cli");
#else
	__asm__ volatile("csrw sscratch, zero");
#endif
}

static uintptr_t __attribute__((noinline)) deeper(uintptr_t n)
{
	volatile char frame[4096];

	frame[0] = (char)n;
	return n == UINTPTR_MAX ? 0 : deeper(n + 1) + (uintptr_t)frame[0];
}

static void crash_stack(void)
{
	sink = deeper(0);
}

static void crash_exec_data(void)
{
	static unsigned char data[16] __attribute__((aligned(16)));
	void (*volatile fn)(void) = (void (*)(void))(uintptr_t)data;

	fn();
}

static void crash_ro_text(void)
{
	*(volatile unsigned char *)(uintptr_t)crash_ro_text = 0;
}

static const struct {
	const char *name;
	void (*fn)(void);
} kinds[] = {
	{ "null", crash_null },		  { "kernel", crash_kernel },
	{ "noncanon", crash_noncanon },	  { "illegal", crash_illegal },
	{ "privileged", crash_privileged }, { "stack", crash_stack },
	{ "exec-data", crash_exec_data }, { "ro-text", crash_ro_text },
};

int tool_crash(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (argc < 2) {
			puts(kinds[i].name);
		} else if (!strcmp(kinds[i].name, argv[1])) {
			kinds[i].fn();
			printf("crash: %s was not stopped\n", argv[1]);
			return 1;
		}
	}
	return argc < 2 ? 0 : 2;
}
