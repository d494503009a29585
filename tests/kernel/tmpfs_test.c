/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/tmpfs_test.c - file contents in the page cache, holes, and the limit
 */
#include <fs/namei.h>
#include <fs/tmpfs.h>
#include <kernel/ktest.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <uapi/errno.h>

static const struct fs_type test_type = { "testfs", tmpfs_mount, true, NULL };

struct fixture { struct super_block *sb; struct file f; struct inode *inode; };

/* A file system with @options and one nameless file in it, open for reading and writing. */
static bool setup(struct fixture *x, const char *options)
{
	memset(x, 0, sizeof(*x));
	x->sb = tmpfs_mount(&test_type, "test", options, 0);
	if (IS_ERR(x->sb))
		return false;
	x->inode = x->sb->root->inode->ops->tmpfile(x->sb->root->inode, S_IFREG | 0600);
	if (IS_ERR(x->inode)) {
		sb_deactivate(x->sb);
		return false;
	}
	x->f.inode = x->inode;
	x->f.ops = x->inode->fops;
	x->f.mode = FMODE_READ | FMODE_WRITE;
	mutex_init(&x->f.pos_lock, RANK_FILE_POS);
	return true;
}

static void teardown(struct fixture *x)
{
	inode_put(x->inode);
	sb_deactivate(x->sb);
}

static ssize_t put_bytes(struct fixture *x, const void *buf, size_t n, loff_t pos)
{
	struct iov_iter it;

	iov_iter_kernel(&it, (void *)buf, n);
	return vfs_write(&x->f, &it, &pos);
}

static u64 free_blocks(struct fixture *x)
{
	struct kstatfs st = { .type = 0 };

	x->sb->ops->statfs(x->sb, &st);
	return st.bfree;
}

KTEST(tmpfs_bytes_written_are_read_back_across_a_page_boundary)
{
	struct fixture x;
	char in[64], out[64];

	REQUIRE(setup(&x, ""));
	for (unsigned int i = 0; i < sizeof(in); i++)
		in[i] = (char)(i * 7);
	EXPECT_EQ(put_bytes(&x, in, sizeof(in), PAGE_SIZE - 20), sizeof(in));
	EXPECT_EQ(x.inode->mapping.size, PAGE_SIZE - 20 + sizeof(in));
	EXPECT_EQ(x.inode->mapping.nrpages, 2);
	EXPECT_EQ(kernel_read(&x.f, out, sizeof(out), PAGE_SIZE - 20), sizeof(out));
	EXPECT(memcmp(in, out, sizeof(in)) == 0);
	teardown(&x);
}

KTEST(tmpfs_hole_reads_as_zeroes_and_takes_no_page)
{
	struct fixture x;
	char out[32];

	REQUIRE(setup(&x, ""));
	EXPECT_EQ(put_bytes(&x, "end", 3, 10 * PAGE_SIZE), 3);
	memset(out, 1, sizeof(out));
	EXPECT_EQ(kernel_read(&x.f, out, sizeof(out), 3 * PAGE_SIZE), sizeof(out));
	for (unsigned int i = 0; i < sizeof(out); i++)
		EXPECT_EQ(out[i], 0);
	EXPECT_EQ(x.inode->mapping.nrpages, 1);
	EXPECT_EQ(generic_file_llseek(&x.f, 0, SEEK_DATA), 10 * PAGE_SIZE);
	EXPECT_EQ(generic_file_llseek(&x.f, 0, SEEK_HOLE), 0);
	EXPECT_EQ(generic_file_llseek(&x.f, 10 * PAGE_SIZE, SEEK_HOLE), 10 * PAGE_SIZE + 3);
	teardown(&x);
}

KTEST(tmpfs_limit_stops_writing_with_enospc_and_truncation_gives_back)
{
	struct fixture x;
	static char page[PAGE_SIZE];
	u64 before;

	REQUIRE(setup(&x, "size=16k"));
	before = free_blocks(&x);
	EXPECT_EQ(before, 4);
	for (loff_t i = 0; i < 4; i++)
		EXPECT_EQ(put_bytes(&x, page, PAGE_SIZE, i * (loff_t)PAGE_SIZE), PAGE_SIZE);
	EXPECT_EQ(put_bytes(&x, page, 1, 4 * PAGE_SIZE), -ENOSPC);
	EXPECT_EQ(free_blocks(&x), 0);
	EXPECT_EQ(vfs_truncate(x.inode, PAGE_SIZE), 0);
	EXPECT_EQ(free_blocks(&x), 3);
	EXPECT_EQ(put_bytes(&x, page, 1, 2 * PAGE_SIZE), 1);
	EXPECT_EQ(vfs_truncate(x.inode, 0), 0);
	EXPECT_EQ(free_blocks(&x), before);
	teardown(&x);
}

KTEST(tmpfs_write_that_finds_no_room_leaves_a_hole)
{
	struct fixture x;
	static char page[PAGE_SIZE];

	REQUIRE(setup(&x, "size=4k"));
	EXPECT_EQ(put_bytes(&x, page, PAGE_SIZE, 0), PAGE_SIZE);
	EXPECT_EQ(vfs_truncate(x.inode, 64 * PAGE_SIZE), 0);
	for (loff_t i = 1; i < 64; i++)
		EXPECT_EQ(put_bytes(&x, "x", 1, i * (loff_t)PAGE_SIZE), -ENOSPC);
	EXPECT_EQ(x.inode->mapping.nrpages, 1);
	EXPECT_EQ(atomic64_read(&x.inode->charged), 1);
	page[0] = 1;
	EXPECT_EQ(kernel_read(&x.f, page, PAGE_SIZE, 5 * PAGE_SIZE), PAGE_SIZE);
	EXPECT_EQ(page[0], 0);
	EXPECT_EQ(generic_file_llseek(&x.f, PAGE_SIZE, SEEK_DATA), -ENXIO);
	EXPECT_EQ(vfs_truncate(x.inode, 0), 0);
	EXPECT_EQ(free_blocks(&x), 1);
	teardown(&x);
}

KTEST(tmpfs_shrinking_and_growing_again_shows_zeroes_not_old_bytes)
{
	struct fixture x;
	char out[8];

	REQUIRE(setup(&x, ""));
	EXPECT_EQ(put_bytes(&x, "12345678", 8, 0), 8);
	EXPECT_EQ(vfs_truncate(x.inode, 3), 0);
	EXPECT_EQ(vfs_truncate(x.inode, 8), 0);
	EXPECT_EQ(kernel_read(&x.f, out, 8, 0), 8);
	EXPECT(memcmp(out, "123\0\0\0\0\0", 8) == 0);
	teardown(&x);
}

static int allocate(struct fixture *x, int mode, unsigned int first, unsigned int pages)
{
	return x->inode->fops->fallocate(&x->f, mode, (loff_t)(first * PAGE_SIZE), (loff_t)(pages * PAGE_SIZE));
}

KTEST(tmpfs_fallocate_that_fails_keeps_what_others_made_and_what_was_written)
{
	struct fixture x, y;

	REQUIRE(setup(&x, "size=64k"));
	y = x;
	EXPECT_EQ(allocate(&x, FALLOC_FL_KEEP_SIZE, 2, 4), 0);		/* by another call, never touched */
	EXPECT_EQ(put_bytes(&x, "x", 1, 8 * PAGE_SIZE), 1);
	y.inode = y.f.inode = x.sb->root->inode->ops->tmpfile(x.sb->root->inode, S_IFREG | 0600);
	REQUIRE(!IS_ERR(y.inode));
	EXPECT_EQ(allocate(&y, 0, 0, 8), 0);
	EXPECT_EQ(free_blocks(&x), 3);
	EXPECT_EQ(allocate(&x, 0, 0, 12), -ENOSPC);
	EXPECT_EQ(x.inode->mapping.nrpages, 5);
	EXPECT_EQ(free_blocks(&x), 3);
	EXPECT_EQ(x.inode->mapping.size, 8 * PAGE_SIZE + 1);
	EXPECT_EQ(allocate(&x, 0, 0, 7), 0);
	EXPECT_EQ(free_blocks(&x), 0);
	inode_put(y.inode);
	EXPECT_EQ(free_blocks(&x), 8);
	teardown(&x);
}

KTEST(tmpfs_end_of_a_tree_deeper_than_the_stack)
{
	struct super_block *sb = tmpfs_mount(&test_type, "test", "", 0);
	struct dentry *dir, *d;
	int err = 0;

	REQUIRE(!IS_ERR(sb));
	dir = dget(sb->root);
	for (unsigned int depth = 0; depth < 3000 && !err; depth++) {
		mutex_lock(&dir->inode->lock);
		d = d_lookup(dir, "d", 1);
		err = IS_ERR(d) ? (int)PTR_ERR(d) : dir->inode->ops->mkdir(dir->inode, d, 0755);
		mutex_unlock(&dir->inode->lock);
		if (IS_ERR(d))
			break;
		dput(dir);
		dir = d;
	}
	dput(dir);
	EXPECT_EQ(err, 0);
	sb_deactivate(sb);
}

KTEST(tmpfs_bad_options_are_refused)
{
	static const char *const bad[] = {
		"size=banana", "no_such=1", "junk", "size", "size=", "size=k", "size=10mjunk", "size=-1", "size=50%%",
		"size=99999999999999999999", "size=16e", "nr_blocks=50%", "nr_blocks=8e", "nr_inodes=x", "mode=9",
		"uid=-1", "uid=4294967295", "huge=always", "rw,junk", "ro",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(PTR_ERR(tmpfs_mount(&test_type, "t", bad[i], 0)), -EINVAL);
}

KTEST(tmpfs_options_say_what_they_say_on_linux)
{
	static const struct { const char *text; long blocks, inodes; } good[] = {
		{ "size=8192", 2, -1 }, { "size=8193", 3, -1 }, { "size=0x3000,rw", 3, -1 }, { "size=010k", 2, -1 },
		{ "size=1m", 256, -1 }, { "size=2G", 524288, -1 }, { "size=0", 0, -1 }, { "nr_blocks=1000", 1000, -1 },
		{ "nr_blocks=2k,nr_inodes=1k", 2048, 1024 }, { "nr_inodes=0,,mode=0700", -1, 0 },
	};
	long half = (long)(totalram_pages() / 2);
	struct tmpfs_options o;

	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(tmpfs_parse_options(&o, good[i].text), 0);
		EXPECT_EQ(o.blocks, good[i].blocks < 0 ? half : good[i].blocks);
		EXPECT_EQ(o.inodes, good[i].inodes < 0 ? half : good[i].inodes);
	}
	EXPECT_EQ(tmpfs_parse_options(&o, "size=25%,mode=750,uid=0x10,gid=7"), 0);
	EXPECT_EQ(o.blocks, (long)DIV_ROUND_UP(totalram_pages(), 4UL));
	EXPECT_EQ(o.mode, 0750);
	EXPECT(o.uid == 16 && o.gid == 7);
}
