/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/printk.c - the kernel's log, and the consoles it goes to
 *
 * THE PICTURE    printk() --+--> ring of the last LOG_SIZE bytes --> syslog(2), /dev/kmsg
 *                pr_log() --+--> console driver (or the port's earliest console), pr_log only if `verbose`
 *
 * ALWAYS TRUE    K1  log_head counts every byte ever logged; the ring holds the last LOG_SIZE.
 *                K2  one message reaches the console whole: console_lock is held across it.
 *                K3  after printk_enter_panic() nothing waits for the lock: a CPU that died holding
 *                    it cannot silence the report.
 *
 * LOCKS          console_lock (RANK_CONSOLE, innermost, interrupts off).
 * READ NEXT      panic.c; drivers/uart16550.c (a console driver); fs/tty.c (the other writer).
 */
#include <arch.h>
#include <console.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/symbols.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <stdarg.h>

#define LOG_SIZE	16384
#define LINE_SIZE	512

static DEFINE_SPINLOCK(console_lock, RANK_CONSOLE);
static char log_buf[LOG_SIZE];
static u64 log_head;
static bool panicking;
static const struct console_ops *console;
static void (*receiver)(const char *s, size_t n);

/* %pS: function+0xoffset, or the bare address. Called by lib/printf.c. */
int printf_symbol(char *buf, size_t size, unsigned long addr)
{
	unsigned long offset;
	const char *name = symbol_lookup(addr, &offset);

	if (!name)
		return scnprintf(buf, size, "%#lx", addr);
	return scnprintf(buf, size, "%s+%#lx", name, offset);
}

static void emit(const char *s, size_t n)
{
	if (console) {
		console->write(s, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			arch_console_putc('\r');
		arch_console_putc(s[i]);
	}
}

static void emit_lines(const char *s, size_t n)
{
	size_t start = 0;

	for (size_t i = 0; console && i < n; i++) {
		if (s[i] != '\n')
			continue;
		emit(s + start, i - start);
		emit("\r\n", 2);
		start = i + 1;
	}
	emit(s + start, n - start);
}

static void log_append(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		log_buf[log_head++ % LOG_SIZE] = s[i];
}

static void output(const char *s, size_t n, bool to_console, bool to_log)
{
	unsigned long flags = arch_irq_save();
	bool locked = !READ_ONCE(panicking);

	if (locked)
		spin_lock(&console_lock);
	if (to_log)
		log_append(s, n);
	if (to_console)
		to_log ? emit_lines(s, n) : emit(s, n);
	if (locked)
		spin_unlock(&console_lock);
	arch_irq_restore(flags);
}

static void vlog(const char *fmt, va_list args, bool to_console)
{
	char line[LINE_SIZE];
	int n = vscnprintf(line, sizeof(line), fmt, args);

	output(line, (size_t)n, to_console, true);
}

void printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vlog(fmt, args, true);
	va_end(args);
}

void pr_log(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vlog(fmt, args, boot_params.verbose);
	va_end(args);
}

size_t printk_read(u64 *pos, char *buf, size_t size)
{
	unsigned long flags;
	size_t n = 0;

	spin_lock_irqsave(&console_lock, flags);
	if (log_head > LOG_SIZE && *pos < log_head - LOG_SIZE)
		*pos = log_head - LOG_SIZE;
	while (*pos < log_head && n < size)
		buf[n++] = log_buf[(*pos)++ % LOG_SIZE];
	spin_unlock_irqrestore(&console_lock, flags);
	return n;
}

void console_write_raw(const char *s, size_t n)
{
	output(s, n, true, false);
}

void printk_enter_panic(void)
{
	WRITE_ONCE(panicking, true);
}

/* ---- drivers and the terminal ---- */

void console_register(const struct console_ops *ops)
{
	console = ops;
}

void console_set_receiver(void (*rx)(const char *s, size_t n))
{
	WRITE_ONCE(receiver, rx);
}

void console_receive(const char *s, size_t n)
{
	void (*rx)(const char *s, size_t n) = READ_ONCE(receiver);

	if (rx)
		rx(s, n);
}
