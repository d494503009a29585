/* SPDX-License-Identifier: MIT */
/*
 * tests/host/arch/os.h - what the software machine needs from the operating system it runs on
 *
 * Plain types only: os.c sees the C library's headers, everybody else the kernel's, and the two
 * define some names differently.
 */
#ifndef TESTS_ARCH_OS_H
#define TESTS_ARCH_OS_H

#include <stdbool.h>
#include <stddef.h>

/* os_ram_create - RAM of @size bytes, nothing of it mapped yet */
void os_ram_create(size_t size);
/* os_map - bytes [offset, offset+size) of RAM appear at @va */
void os_map(unsigned long va, size_t size, unsigned long offset, bool writable);
/* os_reserve - addresses [va, va+size) belong to us and fault (again) */
void os_reserve(unsigned long va, size_t size);
/* os_on_fault - @fn(va) makes a reserved address that was touched usable, or returns false */
void os_on_fault(bool (*fn)(unsigned long va));
void os_print(const char *s, size_t n);
/* os_die - after a message: a backtrace if a sanitizer can print one, then the end */
void os_die(void) __attribute__((noreturn));
void host_yield(void);
unsigned long os_clock_ns(void);
unsigned long os_getenv(const char *name, unsigned long otherwise);

#endif
