/* SPDX-License-Identifier: MIT */
/*
 * asm/io.h - device registers
 *
 * A write is ordered after earlier memory writes (the device sees what it is told to look at), and
 * memory reads after a read (what the device announced is there). RISC-V has no I/O ports: the
 * accessors exist so that a driver for both kinds compiles, and panic.
 */
#ifndef ASM_IO_H
#define ASM_IO_H

#include <lib/compiler.h>
#include <lib/types.h>

#define MMIO_ACCESSORS(suffix, type)							\
static inline type read##suffix(const volatile void *addr)				\
{											\
	type v = *(const volatile type *)addr;						\
											\
	__asm__ volatile("fence i, ir" : : : "memory");					\
	return v;									\
}											\
static inline void write##suffix(type v, volatile void *addr)				\
{											\
	__asm__ volatile("fence w, o" : : : "memory");					\
	*(volatile type *)addr = v;							\
}

MMIO_ACCESSORS(b, u8)
MMIO_ACCESSORS(w, u16)
MMIO_ACCESSORS(l, u32)
MMIO_ACCESSORS(q, u64)

void no_port_io(u16 port) __noreturn;

static inline u8 inb(u16 port)			{ no_port_io(port); }
static inline u16 inw(u16 port)			{ no_port_io(port); }
static inline u32 inl(u16 port)			{ no_port_io(port); }
static inline void outb(u8 v, u16 port)		{ no_port_io(port); }
static inline void outw(u16 v, u16 port)	{ no_port_io(port); }
static inline void outl(u32 v, u16 port)	{ no_port_io(port); }

#endif
