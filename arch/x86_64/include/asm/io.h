/* SPDX-License-Identifier: MIT */
/* asm/io.h - device registers: in memory (read, write), and behind I/O ports (in, out) */
#ifndef ASM_IO_H
#define ASM_IO_H

#include <lib/types.h>

/* x86 keeps the order of uncached accesses; the memory clobber keeps the compiler's. */
#define DEFINE_MMIO(suffix, type) \
static inline type read##suffix(const volatile void *addr) \
{ \
	type v = *(const volatile type *)addr; \
	asm volatile("" : : : "memory"); \
	return v; \
} \
static inline void write##suffix(type v, volatile void *addr) \
{ \
	asm volatile("" : : : "memory"); \
	*(volatile type *)addr = v; \
}
DEFINE_MMIO(b, u8)
DEFINE_MMIO(w, u16)
DEFINE_MMIO(l, u32)
DEFINE_MMIO(q, u64)
#undef DEFINE_MMIO

#define DEFINE_PORT(suffix, type) \
static inline type in##suffix(u16 port) \
{ \
	type v; \
	asm volatile("in" #suffix " %1, %0" : "=a" (v) : "Nd" (port) : "memory"); \
	return v; \
} \
static inline void out##suffix(type v, u16 port) \
{ \
	asm volatile("out" #suffix " %0, %1" : : "a" (v), "Nd" (port) : "memory"); \
}
DEFINE_PORT(b, u8)
DEFINE_PORT(w, u16)
DEFINE_PORT(l, u32)
#undef DEFINE_PORT

#endif
