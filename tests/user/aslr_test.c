/* SPDX-License-Identifier: MIT */
/*
 * tests/user/aslr_test.c - addresses at random: how far 64 starts of a program spread, and how to turn it off
 *
 * n random bits spread 64 addresses over more than half of 2^n, all but certainly. Promised are 16 bits of
 * page number with Sv39, whose programs have 26 in all, and 24 elsewhere; Linux promises less for stack and heap.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "utest.h"

#define STARTS 64

struct places { unsigned long mmap, stack, heap, program; };

static bool on_verso(void)
{
	struct utsname u;

	CHECK_OK(uname(&u));
	return strstr(u.release, "verso") != NULL;
}

/* The standard output of @path, run with @arg and without addresses at random if @fixed. */
static size_t output_of(const char *path, const char *arg, bool fixed, void *buf, size_t size)
{
	size_t n = 0;
	ssize_t k;
	int fds[2];
	pid_t pid;

	CHECK_OK(pipe(fds));
	pid = fork_ok();
	if (pid == 0) {
		char *argv[] = { (char *)"p", (char *)arg, NULL }, *env[] = { NULL };

		if (fixed)
			personality(ADDR_NO_RANDOMIZE);
		dup2(fds[1], 1);
		execve(path, argv, env);
		_exit(1);
	}
	close(fds[1]);
	while (n < size && (k = read(fds[0], (char *)buf + n, size - n)) > 0)
		n += (size_t)k;
	close(fds[0]);
	CHECK_EXIT(wait_for(pid), 0);
	return n;
}

/* ---- a program that can be anywhere: it writes its own stack, where the auxiliary vector says where it is ---- */

#define STACK_BYTES 320

static const unsigned char code[] = {
#if defined(__x86_64__)
	0xb8, 0x01, 0, 0, 0,		/* mov $1, %eax: write            */
	0xbf, 0x01, 0, 0, 0,		/* mov $1, %edi                   */
	0x48, 0x89, 0xe6,		/* mov %rsp, %rsi                 */
	0xba, 0x40, 0x01, 0, 0,		/* mov $320, %edx                 */
	0x0f, 0x05,			/* syscall                        */
	0xb8, 0x3c, 0, 0, 0,		/* mov $60, %eax: exit            */
	0x31, 0xff,			/* xor %edi, %edi                 */
	0x0f, 0x05,			/* syscall                        */
#else
	0x13, 0x05, 0x10, 0x00,		/* li a0, 1                       */
	0x93, 0x05, 0x01, 0x00,		/* mv a1, sp                      */
	0x13, 0x06, 0x00, 0x14,		/* li a2, 320                     */
	0x93, 0x08, 0x00, 0x04,		/* li a7, 64: write               */
	0x73, 0x00, 0x00, 0x00,		/* ecall                          */
	0x13, 0x05, 0x00, 0x00,		/* li a0, 0                       */
	0x93, 0x08, 0xd0, 0x05,		/* li a7, 93: exit                */
	0x73, 0x00, 0x00, 0x00,		/* ecall                          */
#endif
};

#define CODE_OFFSET (sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr))

static void write_program(const char *name)
{
	Elf64_Ehdr e = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN, .e_version = EV_CURRENT, .e_entry = CODE_OFFSET,
		.e_phoff = sizeof(e), .e_ehsize = sizeof(e), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
#if defined(__x86_64__)
		.e_machine = EM_X86_64,
#else
		.e_machine = EM_RISCV,
#endif
	};
	Elf64_Phdr ph = {
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = CODE_OFFSET + sizeof(code),
		.p_memsz = CODE_OFFSET + sizeof(code), .p_align = 4096,
	};
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0755);

	CHECK_OK(fd);
	CHECK_EQ(write(fd, &e, sizeof(e)), sizeof(e));
	CHECK_EQ(write(fd, &ph, sizeof(ph)), sizeof(ph));
	CHECK_EQ(write(fd, code, sizeof(code)), sizeof(code));
	CHECK_OK(close(fd));
}

static unsigned long program_base(bool fixed)
{
	unsigned long stack[STACK_BYTES / sizeof(long)], *aux = stack + 4;	/* argc, "p", NULL, NULL */

	CHECK_EQ(output_of("./pie", NULL, fixed, stack, sizeof(stack)), sizeof(stack));
	while (aux < stack + STACK_BYTES / sizeof(long) - 1 && aux[0] != AT_ENTRY)
		aux += 2;
	CHECK_EQ(aux[0], AT_ENTRY);
	return aux[1] - CODE_OFFSET;
}

static struct places places_of_a_start(bool fixed)
{
	char text[128] = "";
	struct places w;

	output_of("/proc/self/exe", "--where", fixed, text, sizeof(text) - 1);
	CHECK_EQ(sscanf(text, "%lx %lx %lx", &w.mmap, &w.stack, &w.heap), 3);
	w.program = program_base(fixed);
	return w;
}

/* ---- the tests ---- */

/* Bits of the distance, in pages, between the lowest and the highest. */
static int spread(const struct places *w, size_t field)
{
	unsigned long low = ~0UL, high = 0;
	int bits = 0;

	for (int i = 0; i < STARTS; i++) {
		unsigned long a = *(const unsigned long *)((const char *)&w[i] + field);

		low = a < low ? a : low;
		high = a > high ? a : high;
	}
	for (high = (high - low) / page; high; high >>= 1)
		bits++;
	return bits;
}

TEST(aslr_spreads_mmap_stack_heap_and_program)
{
	static struct places w[STARTS];
	int wanted, mmaps, stack, heap, program;

	need_proc();
	if (read_number("/proc/sys/kernel/randomize_va_space", "") < 2)
		SKIP("addresses are not random here");
	write_program("pie");
	for (int i = 0; i < STARTS; i++)
		w[i] = places_of_a_start(false);
	wanted = w[0].stack >> 38 ? 24 : 16;
	mmaps = spread(w, offsetof(struct places, mmap));
	stack = spread(w, offsetof(struct places, stack));
	heap = spread(w, offsetof(struct places, heap));
	program = spread(w, offsetof(struct places, program));
	if (!on_verso())
		SKIP("for comparison: mmap %d bits, stack %d, heap %d, program %d", mmaps, stack, heap, program);
	CHECK(mmaps >= wanted);
	CHECK(stack >= wanted);
	CHECK(heap >= wanted);
	CHECK(program >= wanted);
}

TEST(aslr_is_off_with_personality)
{
	struct places a, b;

	need_proc();
	write_program("pie");
	a = places_of_a_start(true);
	b = places_of_a_start(true);
	CHECK_EQ(a.mmap, b.mmap);
	CHECK_EQ(a.stack, b.stack);
	CHECK_EQ(a.heap, b.heap);
	CHECK_EQ(a.program, b.program);
}
