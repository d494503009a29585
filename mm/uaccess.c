/* SPDX-License-Identifier: MIT */
/*
 * mm/uaccess.c - copies between kernel and user memory
 *
 * THE QUESTION   A program gave us a pointer. How do we follow it without trusting it?
 *
 * First the range is checked: a kernel address would be readable to us, so it must be refused by
 * number (access_ok). Then the port's copy loop runs; a page that is not present faults and is
 * resolved like any user fault, and an address without a mapping ends the copy early through the
 * fixup table. Nothing here looks at VMAs.
 *
 * LOCKS          none, and none may be held that a fault takes: above all not mmap_lock.
 * READ NEXT      the ports' uaccess.S and fault.c.
 */
#include <kernel/lockdep.h>
#include <lib/string.h>
#include <mm/uaccess.h>

size_t copy_from_user_partial(void *dst, const void __user *src, size_t n)
{
	might_sleep();
	return access_ok(src, n) ? arch_copy_from_user(dst, src, n) : n;
}

size_t copy_to_user_partial(void __user *dst, const void *src, size_t n)
{
	might_sleep();
	return access_ok(dst, n) ? arch_copy_to_user(dst, src, n) : n;
}

int copy_from_user(void *dst, const void __user *src, size_t n)
{
	size_t left = copy_from_user_partial(dst, src, n);

	if (likely(!left))
		return 0;
	memset((char *)dst + (n - left), 0, left);
	return -EFAULT;
}

int copy_to_user(void __user *dst, const void *src, size_t n)
{
	return copy_to_user_partial(dst, src, n) ? -EFAULT : 0;
}

int clear_user(void __user *dst, size_t n)
{
	might_sleep();
	if (!access_ok(dst, n))
		return -EFAULT;
	return arch_clear_user(dst, n) ? -EFAULT : 0;
}

/* A string may end right below the top of user space: read no further than that. */
long strncpy_from_user(char *dst, const char __user *src, size_t size)
{
	unsigned long addr = (unsigned long)src;
	size_t room;
	long len;

	might_sleep();
	if (addr >= TASK_SIZE)
		return -EFAULT;
	room = min(size, (size_t)(TASK_SIZE - addr));
	len = arch_strncpy_from_user(dst, src, room);
	if (len < 0 || (size_t)len < room)
		return len;
	return room == size ? -ENAMETOOLONG : -EFAULT;
}
