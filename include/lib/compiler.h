/* SPDX-License-Identifier: MIT */
/*
 * lib/compiler.h - names for what the compiler offers beyond ISO C
 *
 * The same text serves gcc and clang, the freestanding kernel and the host tests. Nothing here
 * generates code on its own except the value macros at the end (min, max, clamp, swap).
 */
#ifndef LIB_COMPILER_H
#define LIB_COMPILER_H

#include <stddef.h>

/* Branch hints: the value is that of @x; the compiler lays out the other branch out of line. */
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

/* A variable, parameter or function that may stay without a user. */
#define UNUSED		__attribute__((unused))

#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
#define __section(x)	__attribute__((section(x)))
#define __noreturn	__attribute__((noreturn))
#define __used		__attribute__((used))
#define __cold		__attribute__((cold))
#define noinline	__attribute__((noinline))
#ifndef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#endif
#ifndef __must_check
#define __must_check	__attribute__((warn_unused_result))
#endif

/* Argument @a is a printf format, the values start at argument @b (0: a va_list follows). */
#define __printf(a, b)	__attribute__((format(printf, a, b)))

/* Code and data whose memory is given back when boot is over. */
#define __init		__section(".init.text") __cold
#define __initdata	__section(".init.data")

/* Data written during boot and read-only from then on. */
#define __ro_after_init	__section(".data.ro_after_init")

/* Marks a pointer into user memory: for the reader, and never dereferenced directly. */
#define __user

/* The compiler moves no memory access across this line; the CPU still may. */
#define barrier()	__asm__ volatile("" ::: "memory")

/* One untorn access to a word that others change at the same time; orders nothing. */
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val)	do { *(volatile __typeof__(x) *)&(x) = (val); } while (0)

/* From a pointer to a member to the structure around it. */
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

/* Number of elements of an array; a pointer in its place does not compile. */
#define ARRAY_SIZE(a) \
	(sizeof(a) / sizeof((a)[0]) + \
	 0 * sizeof(struct { int not_an_array : 1 - 2 * \
		!!__builtin_types_compatible_p(__typeof__(a), __typeof__(&(a)[0])); }))

/* Stops the build when a constant expression is false; at file or block scope. */
#define BUILD_ASSERT(cond)	_Static_assert(cond, #cond)

/* Smaller and larger of two values of one type; each argument is evaluated once. */
#define min(a, b) __extension__({ \
	__typeof__(a) min_a_ = (a); \
	__typeof__(b) min_b_ = (b); \
	(void)(&min_a_ == &min_b_); \
	min_a_ < min_b_ ? min_a_ : min_b_; })
#define max(a, b) __extension__({ \
	__typeof__(a) max_a_ = (a); \
	__typeof__(b) max_b_ = (b); \
	(void)(&max_a_ == &max_b_); \
	max_a_ > max_b_ ? max_a_ : max_b_; })

/* @val moved into [@lo, @hi]; all three of one type. */
#define clamp(val, lo, hi)	min(max(val, lo), hi)

/* The same after conversion of all arguments to @type. */
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define clamp_t(type, v, l, h)	clamp((type)(v), (type)(l), (type)(h))

/* Exchange the values of two variables of one type. */
#define swap(a, b) do { \
	__typeof__(a) swap_tmp_ = (a); \
	(a) = (b); \
	(b) = swap_tmp_; \
} while (0)

#endif
