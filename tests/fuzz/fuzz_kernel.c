/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/fuzz_kernel.c - what stands in for the kernel around a parser that is fuzzed
 *
 * ALWAYS TRUE    messages are formatted, so that what they print is read; every allocation is
 *                malloc's, so that AddressSanitizer sees its end; a panic is a crash.
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* fuzz.h is for kernel code; these are its declarations as a hosted file can have them. */
typedef struct { unsigned long words[32]; } fuzz_jmp_buf[1];
void fuzz_longjmp(fuzz_jmp_buf buf, int value) __asm__("longjmp") __attribute__((noreturn));

fuzz_jmp_buf fuzz_exit;
bool fuzz_may_fail;
long fuzz_blocks, fuzz_fail_after = -1;
unsigned long page_offset;

void fuzz_bug(const char *what, int line) __attribute__((noreturn));
void fuzz_physical(unsigned long size);
size_t fuzz_touch_string(const char *s);
void printk(const char *fmt, ...);
void pr_log(const char *fmt, ...);
void boot_failure(const char *fmt, ...) __attribute__((noreturn));
void panic(const char *fmt, ...) __attribute__((noreturn));
void refcount_bug(const char *what, void *ref);
void *kmalloc(size_t size, unsigned int gfp);
void *kzalloc(size_t size, unsigned int gfp);
void *krealloc(void *p, size_t size, unsigned int gfp);
void kfree(const void *p);
char *kstrdup(const char *s, unsigned int gfp);

void fuzz_bug(const char *what, int line)
{
	dprintf(2, "not true in line %d: %s\n", line, what);
	abort();
}

void fuzz_physical(unsigned long size)
{
	const unsigned long guard = 1UL << 16;
	u8 *p;

	if (page_offset)
		return;
	p = mmap(NULL, size + guard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED || mprotect(p + size, guard, PROT_NONE) != 0) {
		perror("memory of the machine");
		exit(1);
	}
	page_offset = (unsigned long)p;
}

size_t fuzz_touch_string(const char *s)
{
	volatile size_t n = strlen(s);

	return n;
}

/* ---- messages ---- */

static char message[512];

static void print(const char *fmt, va_list args)
{
	vscnprintf(message, sizeof(message), fmt, args);
}

void printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print(fmt, args);
	va_end(args);
}

void pr_log(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print(fmt, args);
	va_end(args);
}

void boot_failure(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print(fmt, args);
	va_end(args);
	if (!fuzz_may_fail)
		fuzz_bug(message, 0);
	fuzz_longjmp(fuzz_exit, 1);
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print(fmt, args);
	va_end(args);
	fuzz_bug(message, 0);
}

void refcount_bug(const char *what, void *ref)
{
	fuzz_bug(what, 0);
}

int printf_symbol(char *buf, size_t size, unsigned long address)
{
	return scnprintf(buf, size, "%#lx", address);
}

/* ---- memory ---- */

static bool fails_now(void)
{
	return fuzz_fail_after >= 0 && fuzz_fail_after-- == 0;
}

void *kmalloc(size_t size, unsigned int gfp)
{
	void *p = fails_now() || size > 4UL << 20 ? NULL : malloc(size ? size : 1);

	fuzz_blocks += p != NULL;
	return p;
}

void *kzalloc(size_t size, unsigned int gfp)
{
	void *p = kmalloc(size, gfp);

	return p ? memset(p, 0, size) : NULL;
}

void *krealloc(void *p, size_t size, unsigned int gfp)
{
	if (!p)
		return kmalloc(size, gfp);
	return fails_now() ? NULL : realloc(p, size);
}

void kfree(const void *p)
{
	fuzz_blocks -= p != NULL;
	free((void *)p);
}

char *kstrdup(const char *s, unsigned int gfp)
{
	char *copy = kmalloc(strlen(s) + 1, gfp);

	return copy ? strcpy(copy, s) : NULL;
}
