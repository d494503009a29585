/* SPDX-License-Identifier: MIT */
/* uio.h - where the bytes of a read or write go or come from: user segments or one kernel buffer (fs/uio.c) */
#ifndef FS_UIO_H
#define FS_UIO_H

#include <lib/compiler.h>
#include <lib/types.h>

struct iovec { void __user *iov_base; size_t iov_len; };

struct iov_iter {
	const struct iovec	*iov;		/* segments, kernel copies of the descriptors        */
	unsigned int		nr_segs;
	size_t			offset;		/* into the first segment                            */
	size_t			count;		/* bytes left in all                                 */
	bool			kernel;		/* iov_base are kernel addresses                     */
	struct iovec		one;		/* storage for the single-segment case               */
};

void iov_iter_user(struct iov_iter *it, void __user *buf, size_t n);
void iov_iter_kernel(struct iov_iter *it, void *buf, size_t n);
/* iov_iter_import - copy @nr descriptors from user space; *@heap is to be kfree'd; 0, -EINVAL, -EFAULT, -ENOMEM */
int iov_iter_import(struct iov_iter *it, const struct iovec __user *uiov, unsigned long nr, struct iovec **heap);

/* copy_to_iter / copy_from_iter - advance by what was copied and return it; fewer than @n: a fault (or the end). */
size_t copy_to_iter(const void *src, size_t n, struct iov_iter *it);
size_t copy_from_iter(void *dst, size_t n, struct iov_iter *it);
size_t zero_iter(size_t n, struct iov_iter *it);
void iov_iter_revert(struct iov_iter *it, size_t n);

#endif
