/* SPDX-License-Identifier: MIT */
/*
 * tests/link/omagic.c - a program linked with ld -N: text, data and bss in one segment that may be written
 *
 * Without the C library, whose start-up code needs the ELF header in memory; -N leaves that in the file. It changes
 * an instruction of its own, grows its heap, prints /proc/self/maps, and exits with 0 if all of that worked.
 */
#define PATCHED	42

#if defined(__x86_64__)
#define SYS_read 0
#define SYS_write 1
#define SYS_open_at 257
#define SYS_brk 12
#define SYS_exit 60
static long call(long n, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

/* mov $1, %eax; ret */
__asm__(".text\n.globl answer\nanswer: .byte 0xb8\n.globl answer_operand\nanswer_operand: .long 1\nret\n");
static void patch(void)
{
	extern unsigned char answer_operand[];

	answer_operand[0] = PATCHED;
}
#else
#define SYS_read 63
#define SYS_write 64
#define SYS_open_at 56
#define SYS_brk 214
#define SYS_exit 93
static long call(long n, long a, long b, long c, long d)
{
	register long a7 __asm__("a7") = n, a0 __asm__("a0") = a, a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c, a3 __asm__("a3") = d;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
	return a0;
}

/* li a0, 1; ret: the operand is in the upper 12 of 32 bits */
__asm__(".text\n.globl answer\n.balign 4\n.option push\n.option norvc\n"
	".globl answer_operand\nanswer_operand:\nanswer: li a0, 1\nret\n.option pop\n");
static void patch(void)
{
	extern unsigned int answer_operand[];

	answer_operand[0] = PATCHED << 20 | 10 << 7 | 0x13;
	__asm__ volatile("fence.i" : : : "memory");
}
#endif

int answer(void);
static volatile int data = 7, bss;

static void print_maps(void)
{
	static char buf[4096];
	long n, fd = call(SYS_open_at, -100, (long)"/proc/self/maps", 0, 0);

	while ((n = call(SYS_read, fd, (long)buf, sizeof(buf), 0)) > 0)
		call(SYS_write, 1, (long)buf, n, 0);
}

static int failures(void)
{
	long brk = call(SYS_brk, 0, 0, 0, 0);

	if (answer() != 1)
		return 1;
	patch();
	if (answer() != PATCHED)
		return 2;
	data++;
	bss++;
	if (data != 8 || bss != 1)
		return 3;
	if (call(SYS_brk, brk + 8192, 0, 0, 0) != brk + 8192)
		return 4;
	*(volatile char *)(brk + 4096) = 1;
	return 0;
}

__attribute__((noreturn, used)) void begin(void);
void begin(void)
{
	int why = failures();

	print_maps();
	call(SYS_exit, why, 0, 0, 0);
	__builtin_unreachable();
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start: and $-16, %rsp\ncall begin\n");
#else
__asm__(".globl _start\n_start: .option push\n.option norelax\nla gp, __global_pointer$\n.option pop\ncall begin\n");
#endif
