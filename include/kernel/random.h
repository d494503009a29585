/* SPDX-License-Identifier: MIT */
/* random.h - unpredictable bytes (kernel/random.c): getrandom, /dev/urandom, AT_RANDOM, address layout */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include <lib/types.h>

/* random_init - boot: the first seed from arch_entropy() */
void random_init(void);
/* get_random_bytes - fill @buf; any context. */
void get_random_bytes(void *buf, size_t n);
/* random_below - uniform in [0, @n), @n > 0 */
u64 random_below(u64 n);
/* random_add - mix what a program wrote to /dev/urandom into the state */
void random_add(const void *buf, size_t n);

#endif
