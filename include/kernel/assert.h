/* SPDX-License-Identifier: MIT */
/*
 * assert.h - saying what is true, in code
 *
 * ASSERT()     checked in debug builds (DEBUG=1 and up), no code otherwise
 * VALIDATE()   a whole-structure validator call, run in DEBUG=2 builds only
 * panic()      prints message, registers, backtrace, kernel state, then powers off; never returns
 */
#ifndef KERNEL_ASSERT_H
#define KERNEL_ASSERT_H

#include <lib/compiler.h>

#ifndef CONFIG_DEBUG
#define CONFIG_DEBUG 0
#endif
#ifndef CONFIG_KTEST
#define CONFIG_KTEST 0
#endif

void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

/* panic_set_regs - a port's trap handler, before panic(): print these registers and their backtrace. */
struct trapframe;
void panic_set_regs(const struct trapframe *regs);
/* print_backtrace - from @regs, or from the caller (NULL), with printk. */
void print_backtrace(const struct trapframe *regs);

#define ASSERT(cond) do {								\
	if (CONFIG_DEBUG && unlikely(!(cond)))						\
		panic("%s:%d: %s: assertion failed: %s", __FILE__, __LINE__, __func__, #cond); \
} while (0)

#define ASSERT_MSG(cond, fmt, ...) do {							\
	if (CONFIG_DEBUG && unlikely(!(cond)))						\
		panic("%s:%d: %s: " fmt, __FILE__, __LINE__, __func__, ##__VA_ARGS__);	\
} while (0)

#define VALIDATE(call) do { if (CONFIG_DEBUG >= 2) { call; } } while (0)

#endif
