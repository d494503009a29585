/* SPDX-License-Identifier: MIT */
/* uio.h - where the bytes of a read or write go or come from (fs/uio.c) */
#ifndef FS_UIO_H
#define FS_UIO_H

#include <arch.h>
#include <lib/compiler.h>
#include <lib/types.h>
#include <mm/highmem.h>

struct iovec { void __user *iov_base; size_t iov_len; };

struct iov_iter {
	const struct iovec	*iov;		/* segments, kernel copies of the descriptors        */
	unsigned int		nr_segs;
	size_t			offset;		/* into the first segment                            */
	size_t			count;		/* bytes left in all                                 */
	bool			kernel;		/* iov_base are kernel addresses                     */
	struct iovec		one;		/* storage for the single-segment case               */
};

/* iov_iter_user - one user buffer, which the caller has checked with access_ok() */
static inline void iov_iter_user(struct iov_iter *it, void __user *buf, size_t n)
{
	it->one.iov_base = buf;
	it->one.iov_len = n;
	it->iov = &it->one;
	it->nr_segs = 1;
	it->offset = 0;
	it->count = n;
	it->kernel = false;
}
void iov_iter_kernel(struct iov_iter *it, void *buf, size_t n);
/*
 * iov_iter_import - copy @nr descriptors from user space and check them; *@heap is to be kfree'd;
 *   0, -EINVAL, -EFAULT, -ENOMEM
 */
int iov_iter_import(struct iov_iter *it, const struct iovec __user *uiov, unsigned long nr,
		    struct iovec **heap);

/*
 * copy_to_iter / copy_from_iter - advance by what was copied and return it; fewer than @n: a fault
 * (or the end). What lies inside one user segment, nearly always all, is copied right here.
 */
size_t copy_to_iter_slow(const void *src, size_t n, struct iov_iter *it);
size_t copy_from_iter_slow(void *dst, size_t n, struct iov_iter *it);

static inline bool iter_in_segment(const struct iov_iter *it, size_t n)
{
	return !it->kernel && n <= it->count && n <= it->iov->iov_len - it->offset;
}

static inline size_t iter_advance(struct iov_iter *it, size_t moved)
{
	it->offset += moved;
	it->count -= moved;
	return moved;
}

static inline size_t copy_to_iter(const void *src, size_t n, struct iov_iter *it)
{
	char __user *to = (char *)it->iov->iov_base + it->offset;

	if (unlikely(!iter_in_segment(it, n)))
		return copy_to_iter_slow(src, n, it);
	return iter_advance(it, n - arch_copy_to_user(to, src, n));
}

static inline size_t copy_from_iter(void *dst, size_t n, struct iov_iter *it)
{
	const char __user *from = (const char *)it->iov->iov_base + it->offset;

	if (unlikely(!iter_in_segment(it, n)))
		return copy_from_iter_slow(dst, n, it);
	return iter_advance(it, n - arch_copy_from_user(dst, from, n));
}

/* copy_page_to_iter / copy_page_from_iter - the same for bytes of @page, wherever it lies */
size_t copy_high_to_iter(struct page *page, size_t offset, size_t n, struct iov_iter *it);
size_t copy_high_from_iter(struct page *page, size_t offset, size_t n, struct iov_iter *it);

static inline size_t copy_page_to_iter(struct page *page, size_t offset, size_t n, struct iov_iter *it)
{
	if (unlikely(highmem_present))
		return copy_high_to_iter(page, offset, n, it);
	return copy_to_iter((char *)page_address(page) + offset, n, it);
}

static inline size_t copy_page_from_iter(struct page *page, size_t offset, size_t n, struct iov_iter *it)
{
	if (unlikely(highmem_present))
		return copy_high_from_iter(page, offset, n, it);
	return copy_from_iter((char *)page_address(page) + offset, n, it);
}
size_t zero_iter(size_t n, struct iov_iter *it);
void iov_iter_revert(struct iov_iter *it, size_t n);

#endif
