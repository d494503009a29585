/* SPDX-License-Identifier: MIT */
/*
 * lib/printf.h - formatted text into a buffer
 *
 *   %[-+ #0][width|*][.precision|.*][hh h l ll z j t] d i u x X o c s p %     (C11 7.21.6.1)
 *   %pS   symbol+offset of a code address, by printf_symbol()
 *
 * %p prints 0x and 16 digits. %s of NULL prints (null). Floating point and %n do not exist; an
 * unknown conversion is printed as it stands and takes no argument.
 * On the host these are macros over lib_snprintf and so on, so that kernel code prints the
 * kernel's way there too; (snprintf)(...) in parentheses reaches the C library's.
 */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <lib/compiler.h>
#include <lib/types.h>
#include <stdarg.h>

#if __STDC_HOSTED__
#include <stdio.h>
#define vsnprintf(buf, size, fmt, args)	lib_vsnprintf(buf, size, fmt, args)
#define snprintf(buf, size, ...)	lib_snprintf(buf, size, __VA_ARGS__)
int lib_vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int lib_snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
#else
/*
 * Print into @buf of @size bytes, terminated if @size > 0.
 * returns: how long the whole text is without NUL, even if it did not fit
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
#endif

/* The same; returns: how many characters are in @buf without NUL (0 when @size is 0) */
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/*
 * printf_symbol - supplied by the user of lib/: the name of code @address
 * Writes e.g. "handle_mm_fault+0x4c" into @buf of @size bytes, terminated.
 * returns: its length without NUL, at most @size - 1; 0 or less when there is none: %pS then
 * prints the number
 */
int printf_symbol(char *buf, size_t size, unsigned long address);

#endif
