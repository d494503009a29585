/* SPDX-License-Identifier: MIT */
/*
 * tests/host/arch/os.c - RAM as a file in memory, mapped where the kernel wants it
 *
 * THE QUESTION   How can one physical page be seen at its direct-map address and at a vmalloc
 *                address, by ordinary loads and stores?
 *
 * Both addresses are shared mappings of the same offset of a memfd. A reserved address faults; the
 * SIGSEGV handler asks the port, which looks into the kernel's page tables and maps the page, just
 * as hardware fills its TLB. Taking the mapping away again is the flush.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "os.h"

static int ram_fd = -1;
static bool (*on_fault)(unsigned long va);

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(2);
}

void os_ram_create(size_t size)
{
	ram_fd = memfd_create("ram", MFD_CLOEXEC);
	check(ram_fd >= 0, "memfd_create");
	check(ftruncate(ram_fd, (off_t)size) == 0, "ftruncate");
}

void os_map(unsigned long va, size_t size, unsigned long offset, bool writable)
{
	int prot = PROT_READ | (writable ? PROT_WRITE : 0);

	check(mmap((void *)va, size, prot, MAP_SHARED | MAP_FIXED, ram_fd, (off_t)offset) !=
	      MAP_FAILED, "mmap of RAM");
}

void os_reserve(unsigned long va, size_t size)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;

	check(mmap((void *)va, size, PROT_NONE, flags, -1, 0) != MAP_FAILED, "mmap of addresses");
}

static void segv(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (on_fault((unsigned long)info->si_addr))
		return;
	dprintf(2, "# signal %d: access to %p\n", sig, info->si_addr);
	os_die();
}

void os_on_fault(bool (*fn)(unsigned long va))
{
	/* Not masked: the handler may leave by longjmp when a test expects the fault. */
	struct sigaction sa = { .sa_sigaction = segv, .sa_flags = SA_SIGINFO | SA_NODEFER };

	on_fault = fn;
	check(sigaction(SIGSEGV, &sa, NULL) == 0 && sigaction(SIGBUS, &sa, NULL) == 0, "sigaction");
}

void os_print(const char *s, size_t n)
{
	fwrite(s, 1, n, stdout);
	fflush(stdout);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
void __sanitizer_print_stack_trace(void);
#else
static void __sanitizer_print_stack_trace(void)
{
}
#endif

void os_die(void)
{
	fflush(stdout);
	__sanitizer_print_stack_trace();
	_exit(3);
}

void host_yield(void)
{
	sched_yield();
}

unsigned long os_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long)t.tv_sec * 1000000000UL + (unsigned long)t.tv_nsec;
}

unsigned long os_getenv(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
}
