/* SPDX-License-Identifier: MIT */
/* uaccess.h - copies between kernel and user memory (mm/uaccess.c) */
#ifndef MM_UACCESS_H
#define MM_UACCESS_H

#include <arch.h>
#include <uapi/errno.h>

/* access_ok - [p, p+n) lies in user space and does not wrap. */
static inline bool access_ok(const void __user *p, size_t n)
{
	unsigned long a = (unsigned long)p;

	return n <= TASK_SIZE && a <= TASK_SIZE - n;
}

/* All: sleep (they may fault); no spinlock held. Result 0 or -EFAULT; on -EFAULT part may have been copied,
 * and copy_from_user() has cleared the rest of @dst. */
int copy_from_user(void *dst, const void __user *src, size_t n);
int copy_to_user(void __user *dst, const void *src, size_t n);
int clear_user(void __user *dst, size_t n);
/* ..._partial: bytes NOT copied */
size_t copy_from_user_partial(void *dst, const void __user *src, size_t n);
size_t copy_to_user_partial(void __user *dst, const void *src, size_t n);
/* strncpy_from_user - length without NUL, -EFAULT, or -ENAMETOOLONG if there is no NUL in @size bytes. */
long strncpy_from_user(char *dst, const char __user *src, size_t size);

/* the type *@p has, without const: that of a cast expression */
#define user_type__(p)	__typeof__((__typeof__(*(p)))0)

#define put_user(val, uptr) __extension__({						\
	user_type__(uptr) put_user_v_ = (user_type__(uptr))(val);			\
	copy_to_user((uptr), &put_user_v_, sizeof(put_user_v_));			\
})

#define get_user(var, uptr) __extension__({						\
	user_type__(uptr) get_user_v_;							\
	int get_user_err_ = copy_from_user(&get_user_v_, (uptr), sizeof(get_user_v_));	\
											\
	if (!get_user_err_)								\
		(var) = (__typeof__(var))get_user_v_;					\
	get_user_err_;									\
})

#endif
