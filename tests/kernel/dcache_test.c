/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/dcache_test.c - names: the hash, the order of a directory, path walks
 *
 * Every test has a private tmpfs; walks use the kernel's own root (a kernel thread has no fs_struct).
 */
#include <fs/namei.h>
#include <fs/tmpfs.h>
#include <kernel/ktest.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/errno.h>

static const struct fs_type test_type = { "testfs", tmpfs_mount, true, NULL };

static struct super_block *new_fs(void)
{
	struct super_block *sb = tmpfs_mount(&test_type, "test", "", 0);

	return IS_ERR(sb) ? NULL : sb;
}

/* Make @name in the root of @sb; 0 or -errno */
static int make(struct super_block *sb, const char *name, mode_t mode)
{
	struct inode *dir = sb->root->inode;
	struct dentry *d;
	int err;

	mutex_lock(&dir->lock);
	d = d_lookup(sb->root, name, strlen(name));
	err = d->inode ? -EEXIST : dir->ops->mknod(dir, d, mode, 0);
	dput(d);
	mutex_unlock(&dir->lock);
	return err;
}

static int unlink_name(struct super_block *sb, const char *name)
{
	struct inode *dir = sb->root->inode;
	struct dentry *d;
	int err;

	mutex_lock(&dir->lock);
	d = d_lookup(sb->root, name, strlen(name));
	err = d->inode ? dir->ops->unlink(dir, d) : -ENOENT;
	dput(d);
	mutex_unlock(&dir->lock);
	return err;
}

KTEST(dcache_name_made_is_found_and_name_removed_is_not)
{
	struct super_block *sb = new_fs();
	struct dentry *d;

	REQUIRE(sb);
	EXPECT_EQ(make(sb, "one", S_IFREG | 0644), 0);
	EXPECT_EQ(make(sb, "one", S_IFREG | 0644), -EEXIST);
	spin_lock(&dcache_lock);
	d = d_find_locked(sb->root, "one", 3, name_hash("one", 3));
	spin_unlock(&dcache_lock);
	EXPECT(d && d->inode && !(d->flags & DENTRY_UNHASHED));
	EXPECT_EQ(unlink_name(sb, "one"), 0);
	EXPECT_EQ(unlink_name(sb, "one"), -ENOENT);
	EXPECT(dcache_dir_empty(sb->root));
	sb_deactivate(sb);
}

KTEST(dcache_names_of_255_bytes_do_not_live_inside_the_dentry)
{
	struct super_block *sb = new_fs();
	char name[NAME_MAX + 1];

	REQUIRE(sb);
	memset(name, 'x', NAME_MAX);
	name[NAME_MAX] = '\0';
	EXPECT_EQ(make(sb, name, S_IFREG | 0644), 0);
	EXPECT_EQ(unlink_name(sb, name), 0);
	sb_deactivate(sb);
}

/* a readdir that takes @room names, and notes them */
struct collect { struct dir_context ctx; unsigned int room, n; char names[16][8]; };

static bool collect_fill(struct dir_context *ctx, const char *name, size_t len, loff_t next, u64 ino,
			 unsigned int type)
{
	struct collect *c = container_of(ctx, struct collect, ctx);

	if (c->room == 0 || len >= sizeof(c->names[0]))
		return false;
	c->room--;
	memcpy(c->names[c->n], name, len);
	c->names[c->n++][len] = '\0';
	return true;
}

static void collect_some(struct super_block *sb, struct collect *c, unsigned int room)
{
	struct file f = { .path = { NULL, sb->root }, .inode = sb->root->inode };

	c->ctx.fill = collect_fill;
	c->room = room;
	mutex_lock(&f.inode->lock);
	dcache_iterate(&f, &c->ctx);
	mutex_unlock(&f.inode->lock);
}

KTEST(dcache_readdir_goes_on_where_it_was_although_names_vanish)
{
	struct super_block *sb = new_fs();
	struct collect c = { .n = 0 };

	REQUIRE(sb);
	for (int i = 0; i < 6; i++) {
		char name[4] = { 'f', (char)('0' + i), '\0' };

		EXPECT_EQ(make(sb, name, S_IFREG | 0644), 0);
	}
	collect_some(sb, &c, 4);		/* . .. f0 f1 */
	EXPECT_EQ(c.n, 4);
	EXPECT_EQ(unlink_name(sb, "f0"), 0);
	EXPECT_EQ(unlink_name(sb, "f1"), 0);
	EXPECT_EQ(unlink_name(sb, "f3"), 0);
	EXPECT_EQ(make(sb, "f0", S_IFREG | 0644), 0);	/* a new name comes last */
	collect_some(sb, &c, 10);
	EXPECT_EQ(c.n, 8);
	EXPECT(strcmp(c.names[4], "f2") == 0);
	EXPECT(strcmp(c.names[5], "f4") == 0);
	EXPECT(strcmp(c.names[6], "f5") == 0);
	EXPECT(strcmp(c.names[7], "f0") == 0);
	sb_deactivate(sb);
}

KTEST(dcache_unmounting_a_tree_frees_all_its_inodes_and_dentries)
{
	struct super_block *sb = new_fs();
	struct dentry *d;

	REQUIRE(sb);
	atomic_inc(&sb->refs);
	EXPECT_EQ(make(sb, "dir", S_IFDIR | 0755), 0);
	d = d_lookup(sb->root, "dir", 3);
	for (int i = 0; i < 20; i++) {
		char name[8];
		struct dentry *leaf;

		snprintf(name, sizeof(name), "n%d", i);
		leaf = d_lookup(d, name, strlen(name));
		EXPECT_EQ(d->inode->ops->mknod(d->inode, leaf, S_IFREG | 0644, 0), 0);
		dput(leaf);
	}
	dput(d);
	sb_deactivate(sb);
	EXPECT_EQ(atomic_read(&sb->refs), 1);	/* only ours: every inode has let go */
	sb_put(sb);
}

KTEST(namei_walk_knows_dots_slashes_and_links)
{
	struct path p;

	EXPECT_EQ(kern_path(AT_FDCWD, "/", 0, &p), 0);
	EXPECT(p.dentry == root_mount->root);
	path_put(&p);
	EXPECT_EQ(kern_path(AT_FDCWD, "//.././../.", LOOKUP_DIRECTORY, &p), 0);
	EXPECT(p.dentry == root_mount->root);
	path_put(&p);
	EXPECT_EQ(kern_path(AT_FDCWD, "", 0, &p), -ENOENT);
	EXPECT_EQ(kern_path(AT_FDCWD, "/no/such", 0, &p), -ENOENT);
}

KTEST(namei_ring_of_links_is_eloop_unless_the_link_itself_is_meant)
{
	struct dentry *root = root_mount->root, *d;
	struct inode *dir = root->inode;
	struct path p;

	mutex_lock(&dir->lock);
	d = d_lookup(root, "ring", 4);
	EXPECT(!IS_ERR(d) && !d->inode);
	EXPECT_EQ(dir->ops->symlink(dir, d, "/ring"), 0);
	mutex_unlock(&dir->lock);
	EXPECT_EQ(kern_path(AT_FDCWD, "/ring", LOOKUP_FOLLOW, &p), -ELOOP);
	EXPECT_EQ(kern_path(AT_FDCWD, "/ring", 0, &p), 0);	/* the link itself */
	path_put(&p);
	mutex_lock(&dir->lock);
	EXPECT_EQ(dir->ops->unlink(dir, d), 0);
	mutex_unlock(&dir->lock);
	dput(d);
}
