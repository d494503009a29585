/* SPDX-License-Identifier: MIT */
/*
 * lib/libgcc.c - what does the compiler call when the CPU has no instruction?
 *
 * gcc expands __builtin_ctzl() and its kin into calls of these when the target lacks them (RV64GC
 * without Zbb; x86-64 without POPCNT). The kernel does not link libgcc, so they are here under
 * the names of the GCC internals manual, chapter "The GCC low-level runtime library". Code that
 * runs often calls lib/bitops.h instead, which is in line.
 *
 * LOCKS          none
 * LEFT OUT       128-bit division and floating point: the kernel uses neither
 */
#include <lib/bitops.h>

int __ctzdi2(unsigned long x);
int __clzdi2(unsigned long x);
int __ffsdi2(unsigned long x);
int __popcountdi2(unsigned long x);
int __paritydi2(unsigned long x);
u32 __bswapsi2(u32 x);
u64 __bswapdi2(u64 x);

int __ctzdi2(unsigned long x)
{
	return (int)__ffs(x);
}

int __clzdi2(unsigned long x)
{
	return 63 - (int)__fls(x);
}

int __ffsdi2(unsigned long x)
{
	return x ? (int)__ffs(x) + 1 : 0;
}

int __popcountdi2(unsigned long x)
{
	return (int)hweight_long(x);
}

int __paritydi2(unsigned long x)
{
	return (int)(hweight_long(x) & 1);
}

u32 __bswapsi2(u32 x)
{
	return x << 24 | (x & 0xff00) << 8 | (x >> 8 & 0xff00) | x >> 24;
}

u64 __bswapdi2(u64 x)
{
	return (u64)__bswapsi2((u32)x) << 32 | __bswapsi2((u32)(x >> 32));
}
