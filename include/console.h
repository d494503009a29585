/* SPDX-License-Identifier: MIT */
/* console.h - what a console driver offers and what it calls; layer-free */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <lib/types.h>

struct console_ops {
	const char *name;			/* "ttyS0" */
	/* write - any context, polled if it must; never sleeps */
	void (*write)(const char *s, size_t n);
};

/* console_register - printk and the terminal write here from now on (replaces the arch's earliest console). */
void console_register(const struct console_ops *ops);
/* console_set_receiver - fs/tty.c takes the input: @rx(bytes, n) is called by the driver from its interrupt. */
void console_set_receiver(void (*rx)(const char *s, size_t n));
/* console_receive - drivers: bytes arrived (irqs off). Dropped while there is no receiver. */
void console_receive(const char *s, size_t n);

/*
 * uart16550_init - drivers/uart16550.c: at @base (MMIO kernel address, stride 1<<@shift) or I/O port if @port;
 * irq @irq; registers itself.
 */
int uart16550_init(unsigned long base, unsigned int shift, bool port, unsigned int irq, u32 clock_hz);

#endif
