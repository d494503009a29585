/* SPDX-License-Identifier: MIT */
/* printk.h - the kernel log: a ring in memory and the console (kernel/base/printk.c) */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include <lib/compiler.h>
#include <lib/types.h>

/*
 * printk - format one message into the log ring and, unless `quiet` or below the console level,
 * onto every console. No implicit newline. locks: console lock inside; any context. sleeps: no.
 */
void printk(const char *fmt, ...) __printf(1, 2);

#define pr_err(fmt, ...)	printk("error: " fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...)	printk("warning: " fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...)	pr_log(fmt, ##__VA_ARGS__)

/* pr_log - like printk, but kept off the console unless the boot parameter `verbose` is given. */
void pr_log(const char *fmt, ...) __printf(1, 2);

/* printk_read - copy log text from byte position *@pos on; returns bytes copied, advances *@pos. */
size_t printk_read(u64 *pos, char *buf, size_t size);

/* console_write_raw - bytes straight to the consoles (the terminal's output path). any context. */
void console_write_raw(const char *s, size_t n);

/*
 * boot_failure - "cannot boot: ...": one line that says what and what to do, then power off. For a machine
 * or an image that is not usable; nothing is broken in the kernel, so there is no panic. From the first C
 * code of a port on.
 */
void boot_failure(const char *fmt, ...) __printf(1, 2) __noreturn;

/* printk_enter_panic - break the console lock and turn buffering off: the machine is going down. */
void printk_enter_panic(void);

#endif
