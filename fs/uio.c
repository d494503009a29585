/* SPDX-License-Identifier: MIT */
/*
 * fs/uio.c - where the bytes of a read or write go or come from
 *
 * An iov_iter is a list of segments and how much of it is left. One user buffer, the common case, is
 * stored inside the iterator. Copies stop at the first fault; the caller sees that fewer bytes moved.
 *
 * ALWAYS TRUE  U1  offset < iov[0].iov_len while count > 0 (empty segments are skipped).
 *              U2  count = bytes left in all segments, less offset.
 *              U3  user segments passed access_ok() when the iterator was made.
 * LOCKS        none; copies may fault and sleep.
 */
#include <fs/uio.h>
#include <kernel/lockdep.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <uapi/fcntl.h>

static void iter_single(struct iov_iter *it, void *buf, size_t n, bool kernel)
{
	it->one = (struct iovec){ buf, n };
	it->iov = &it->one;
	it->nr_segs = 1;
	it->offset = 0;
	it->count = n;
	it->kernel = kernel;
}

void iov_iter_kernel(struct iov_iter *it, void *buf, size_t n)
{
	iter_single(it, buf, n, true);
}

/* Check each segment and cut the total to what one call may move. */
static int iter_check(struct iovec *iov, unsigned long nr, size_t *total)
{
	size_t sum = 0;

	for (unsigned long i = 0; i < nr; i++) {
		if ((ssize_t)iov[i].iov_len < 0)
			return -EINVAL;
		if (!access_ok(iov[i].iov_base, iov[i].iov_len))
			return -EFAULT;
		if (iov[i].iov_len > MAX_RW_COUNT - sum)
			iov[i].iov_len = MAX_RW_COUNT - sum;
		sum += iov[i].iov_len;
	}
	*total = sum;
	return 0;
}

int iov_iter_import(struct iov_iter *it, const struct iovec __user *uiov, unsigned long nr,
		    struct iovec **heap)
{
	struct iovec *iov;
	int err;

	*heap = NULL;
	if (nr > IOV_MAX)
		return -EINVAL;
	if (nr == 0) {
		iter_single(it, NULL, 0, false);
		return 0;
	}
	iov = kmalloc(nr * sizeof(*iov), GFP_KERNEL);
	if (!iov)
		return -ENOMEM;
	err = copy_from_user(iov, uiov, nr * sizeof(*iov));
	if (!err)
		err = iter_check(iov, nr, &it->count);
	if (err) {
		kfree(iov);
		return err;
	}
	it->iov = iov;
	it->nr_segs = (unsigned int)nr;
	it->offset = 0;
	it->kernel = false;
	*heap = iov;
	return 0;
}

enum iter_op { ITER_TO, ITER_FROM, ITER_ZERO };

static size_t copy_segment(enum iter_op op, void *seg, char *buf, size_t n, bool kernel)
{
	if (kernel) {
		if (op == ITER_TO)
			memcpy(seg, buf, n);
		else if (op == ITER_FROM)
			memcpy(buf, seg, n);
		else
			memset(seg, 0, n);
		return n;
	}
	might_sleep();
	if (op == ITER_TO)
		return n - arch_copy_to_user(seg, buf, n);
	if (op == ITER_FROM)
		return n - arch_copy_from_user(buf, seg, n);
	return n - arch_clear_user(seg, n);
}

static size_t iterate(enum iter_op op, char *buf, size_t n, struct iov_iter *it)
{
	size_t done = 0;

	n = min(n, it->count);
	while (done < n) {
		size_t room = it->iov->iov_len - it->offset;
		size_t part = min(room, n - done);
		size_t moved;

		if (part == 0) {
			it->iov++;
			it->nr_segs--;
			it->offset = 0;
			continue;
		}
		moved = copy_segment(op, (char *)it->iov->iov_base + it->offset, buf + done, part,
				     it->kernel);
		it->offset += moved;
		it->count -= moved;
		done += moved;
		if (moved < part)
			break;
	}
	return done;
}

size_t copy_to_iter_slow(const void *src, size_t n, struct iov_iter *it)
{
	return iterate(ITER_TO, (char *)src, n, it);
}

size_t copy_from_iter_slow(void *dst, size_t n, struct iov_iter *it)
{
	return iterate(ITER_FROM, dst, n, it);
}

/* A copy may fault and sleep: kmap(), not kmap_local_page(). */
size_t copy_high_to_iter(struct page *page, size_t offset, size_t n, struct iov_iter *it)
{
	size_t copied = copy_to_iter((char *)kmap(page) + offset, n, it);

	kunmap(page);
	return copied;
}

size_t copy_high_from_iter(struct page *page, size_t offset, size_t n, struct iov_iter *it)
{
	size_t copied = copy_from_iter((char *)kmap(page) + offset, n, it);

	kunmap(page);
	return copied;
}

size_t zero_iter(size_t n, struct iov_iter *it)
{
	return iterate(ITER_ZERO, NULL, n, it);
}

/* Only within the current segment and those before it, which the array still has. */
void iov_iter_revert(struct iov_iter *it, size_t n)
{
	it->count += n;
	while (n > it->offset) {
		n -= it->offset;
		it->iov--;
		it->nr_segs++;
		it->offset = it->iov->iov_len;
	}
	it->offset -= n;
}
