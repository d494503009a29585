/* SPDX-License-Identifier: MIT */
/*
 * drivers/uart16550.c - the serial console of both machines (National Semiconductor PC16550D)
 *
 * THE QUESTION   How do bytes get out from any context, and in without asking all the time?
 *
 * THE PICTURE    register   read              write             used for
 *                0          received byte     byte to send
 *                1 IER                        interrupt enable  bit 0: received data
 *                2 FCR                        FIFO control      16 bytes each way
 *                3 LCR                        line control      8 bits, no parity, 1 stop
 *                4 MCR                        modem control     bit 3: interrupt line on (PC)
 *                5 LSR      line status                         bit 0: data, bit 5: room to send
 *
 *                riscv: registers in memory, `1 << shift` bytes apart; x86-64: I/O ports.
 *
 * ALWAYS TRUE    Q1  output is polled, so panic can print; input comes by interrupt only.
 *                Q2  once room is signalled the FIFO is empty: 16 bytes fit without asking again.
 *
 * LOCKS          writers are serialised by the console lock; the receive interrupt uses other
 *                registers.
 * LEFT OUT       the baud rate stays as firmware set it: emulated lines have none.
 */
#include <arch.h>
#include <console.h>
#include <kernel/irq.h>

#define UART_DATA	0
#define UART_IER	1
#define UART_FCR	2
#define UART_LCR	3
#define UART_MCR	4
#define UART_LSR	5

#define IER_RECEIVED	0x01
#define FCR_ENABLE	0x01		/* keeps what was typed ahead; interrupt from byte 1 */
#define LCR_8N1		0x03
#define MCR_DTR_RTS_OUT2 0x0b
#define LSR_DATA	0x01
#define LSR_ROOM	0x20
#define FIFO_SIZE	16

static struct {
	unsigned long	base;
	unsigned int	shift;
	bool		port;
} uart;

static u8 uart_read(unsigned int reg)
{
	if (uart.port)
		return inb((u16)(uart.base + reg));
	return readb((char *)uart.base + ((unsigned long)reg << uart.shift));
}

static void uart_write(unsigned int reg, u8 value)
{
	if (uart.port)
		outb(value, (u16)(uart.base + reg));
	else
		writeb(value, (char *)uart.base + ((unsigned long)reg << uart.shift));
}

static void uart_console_write(const char *s, size_t n)
{
	unsigned int room = 0;

	for (size_t i = 0; i < n; i++, room--) {
		while (!room)
			if (uart_read(UART_LSR) & LSR_ROOM)
				room = FIFO_SIZE;
		uart_write(UART_DATA, (u8)s[i]);
	}
}

static const struct console_ops uart_console = {
	.name = "ttyS0",
	.write = uart_console_write,
};

static void uart_interrupt(unsigned int irq, void *arg)
{
	char buf[FIFO_SIZE];
	size_t n = 0;

	while (uart_read(UART_LSR) & LSR_DATA) {
		buf[n++] = (char)uart_read(UART_DATA);
		if (n == sizeof(buf)) {
			console_receive(buf, n);
			n = 0;
		}
	}
	if (n)
		console_receive(buf, n);
}

int uart16550_init(unsigned long base, unsigned int shift, bool port, unsigned int irq,
		   u32 clock_hz)
{
	uart.base = base;
	uart.shift = shift;
	uart.port = port;
	uart_write(UART_IER, 0);
	uart_write(UART_LCR, LCR_8N1);
	uart_write(UART_FCR, FCR_ENABLE);
	uart_write(UART_MCR, MCR_DTR_RTS_OUT2);
	console_register(&uart_console);
	uart_write(UART_IER, IER_RECEIVED);
	return request_irq(irq, uart_interrupt, NULL, uart_console.name);
}
