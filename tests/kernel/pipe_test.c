/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/pipe_test.c - the ring of pages between writers and readers
 *
 * All ends are non-blocking: what would sleep says EAGAIN.
 */
#include <fs/pipe.h>
#include <fs/vfs.h>
#include <kernel/ktest.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <uapi/errno.h>

static ssize_t put_bytes(struct file *f, const void *buf, size_t n)
{
	struct iov_iter it;
	loff_t pos = 0;

	iov_iter_kernel(&it, (void *)buf, n);
	return vfs_write(f, &it, &pos);
}

static ssize_t take_bytes(struct file *f, void *buf, size_t n)
{
	return kernel_read(f, buf, n, 0);
}

KTEST(pipe_bytes_come_out_in_order_across_writes)
{
	struct file *ends[2];
	char out[16];

	REQUIRE(pipe_create(ends, O_NONBLOCK) == 0);
	EXPECT_EQ(put_bytes(ends[1], "abc", 3), 3);
	EXPECT_EQ(put_bytes(ends[1], "defg", 4), 4);
	EXPECT_EQ(take_bytes(ends[0], out, 5), 5);
	EXPECT_EQ(take_bytes(ends[0], out + 5, 10), 2);
	EXPECT(memcmp(out, "abcdefg", 7) == 0);
	EXPECT_EQ(take_bytes(ends[0], out, 1), -EAGAIN);
	file_put(ends[0]);
	file_put(ends[1]);
}

KTEST(pipe_without_writers_ends_and_wrong_ends_are_ebadf)
{
	struct file *ends[2];
	char c;

	REQUIRE(pipe_create(ends, O_NONBLOCK) == 0);
	EXPECT_EQ(put_bytes(ends[0], "x", 1), -EBADF);
	EXPECT_EQ(take_bytes(ends[1], &c, 1), -EBADF);
	EXPECT_EQ(put_bytes(ends[1], "x", 1), 1);
	file_put(ends[1]);
	EXPECT_EQ(take_bytes(ends[0], &c, 1), 1);
	EXPECT_EQ(take_bytes(ends[0], &c, 1), 0);
	file_put(ends[0]);
}

KTEST(pipe_holds_exactly_its_capacity_and_small_writes_are_whole_or_not_at_all)
{
	static char block[PIPE_BUF];
	struct file *ends[2];
	long capacity;
	ssize_t n;
	size_t in = 0;

	REQUIRE(pipe_create(ends, O_NONBLOCK) == 0);
	capacity = pipe_get_size(ends[1]);
	EXPECT_EQ(capacity, 65536);
	while ((n = put_bytes(ends[1], block, 3000)) > 0) {
		EXPECT_EQ(n, 3000);
		in += (size_t)n;
	}
	EXPECT_EQ(n, -EAGAIN);
	EXPECT(in <= (size_t)capacity);
	EXPECT_EQ(put_bytes(ends[1], block, 1), 1);	/* the last page has room for one */
	file_put(ends[0]);
	file_put(ends[1]);
}

KTEST(pipe_size_can_be_changed_but_not_below_what_is_inside)
{
	static char block[3 * PIPE_BUF];
	struct file *ends[2];

	REQUIRE(pipe_create(ends, O_NONBLOCK) == 0);
	EXPECT_EQ(pipe_set_size(ends[0], 5000), 2 * (long)PAGE_SIZE);
	EXPECT_EQ(put_bytes(ends[1], block, sizeof(block)), 2 * (long)PAGE_SIZE);
	EXPECT_EQ(pipe_set_size(ends[0], PAGE_SIZE), -EBUSY);
	EXPECT_EQ(pipe_set_size(ends[0], 4 * PAGE_SIZE), 4 * (long)PAGE_SIZE);
	EXPECT_EQ(put_bytes(ends[1], block, PAGE_SIZE), PAGE_SIZE);
	file_put(ends[0]);
	file_put(ends[1]);
}
