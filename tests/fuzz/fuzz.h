/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/fuzz.h - what a fuzz target has: the input piece by piece, memory, a way out
 *
 * A target is one C file that contains the parser (#include "....c") and is compiled as kernel code of
 * the x86-64 port, which this machine can run; so nothing is exported for the sake of the test. Kernel
 * headers and the C library's do not mix: the few functions of the latter are declared here by hand.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <lib/compiler.h>
#include <lib/string.h>
#include <lib/types.h>

/* LLVMFuzzerTestOneInput - the target: any @size bytes at @data; must return */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* setjmp.h: a jmp_buf has 200 bytes on x86-64 */
typedef struct { unsigned long words[32]; } fuzz_jmp_buf[1];
int _setjmp(fuzz_jmp_buf buf) __attribute__((returns_twice));
void longjmp(fuzz_jmp_buf buf, int value) __attribute__((noreturn));
void *malloc(size_t n);
void free(void *p);

/* ---- the input ---- */
struct fuzz_input { const u8 *p; size_t left; };

static inline u8 take_u8(struct fuzz_input *in)
{
	return in->left ? in->left--, *in->p++ : 0;
}

static inline u64 take_number(struct fuzz_input *in, unsigned int bytes)
{
	u64 v = 0;

	while (bytes-- > 0)
		v = v << 8 | take_u8(in);
	return v;
}

/* ---- the kernel around the parser (fuzz_kernel.c) ---- */
extern fuzz_jmp_buf fuzz_exit;		/* set by the target: where boot_failure() leads */
extern bool fuzz_may_fail;		/* boot_failure() is an answer, not a bug */
extern long fuzz_blocks;		/* kmalloc'ed and not freed */
extern long fuzz_fail_after;		/* the n-th kmalloc from now fails, once; -1: none */

/* fuzz_bug - print @what and die, so that libFuzzer keeps the input */
void fuzz_bug(const char *what, int line) __attribute__((noreturn));
#define FUZZ_CHECK(truth) do { if (!(truth)) fuzz_bug(#truth, __LINE__); } while (0)

/* fuzz_physical - physical memory [0, @size) of zeroes behind page_offset; reading on from its end is a fault */
void fuzz_physical(unsigned long size);
/* fuzz_touch_string - read all of @s */
size_t fuzz_touch_string(const char *s);

#endif
