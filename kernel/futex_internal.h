/* SPDX-License-Identifier: MIT */
/* kernel/futex_internal.h - what robust.c needs of futex.c */
#ifndef KERNEL_FUTEX_INTERNAL_H
#define KERNEL_FUTEX_INTERNAL_H

#include <lib/types.h>

/* futex_key - the same for everybody who means the same word */
struct futex_key {
	const void	*object;	/* mm, or the address_space of a shared file */
	unsigned long	index;		/* address, or byte offset in the file       */
};

/* futex_key - of current's word at @uaddr: 0, -EINVAL (not aligned), -EFAULT */
int futex_key(u32 __user *uaddr, bool private, struct futex_key *key);
/* futex_wake_key - wake up to @max waiters of @key whose bitset meets @bitset; how many */
int futex_wake_key(const struct futex_key *key, int max, u32 bitset);

#endif
