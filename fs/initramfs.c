/* SPDX-License-Identifier: MIT */
/*
 * fs/initramfs.c - the first files: a newc cpio archive becomes the root file system
 *
 * Where the data of a file start on a page boundary of the archive, its whole pages are not copied:
 * they become pages of the page cache as they lie. What is left of the archive then goes to the page
 * allocator.
 *
 *      archive:  | hdr name | data page | data page | tail | hdr name | data ...
 *                             adopted     adopted     copied
 *
 * ALWAYS TRUE  a corrupt archive gives one line with the offset and the reason; what was unpacked
 *              before stays. Names are taken relative to the root; ".." is refused.
 * LOCKS        those of the calls it makes; boot only.
 */
#include <fs/namei.h>
#include <fs/tmpfs.h>
#include <kernel/printk.h>
#include <lib/cpio.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/slab.h>
#include <uapi/errno.h>

struct hard_link { u32 ino, major, minor, archive; struct inode *inode; };

/* making names changes a directory's times, so they are set when all names are made */
struct dir_time { struct inode *inode; u32 mtime; };

struct unpack {
	const u8	*base;		/* of the archive, whose first byte is ... */
	paddr_t		start;		/* ... here: in high memory it has no direct-map address */
	paddr_t		freed;		/* below: adopted or given to the allocator */
	paddr_t		adopted, adopted_end;	/* pages of the entry at hand, or 0 */
	struct cpio_iter it;
	struct hard_link *links;
	unsigned int	nr_links, max_links;
	struct dir_time	*dirs;
	unsigned int	nr_dirs, max_dirs;
};

/* Pages between what was freed last and [from, to) are archive text that nobody needs any more. */
static void keep_pages(struct unpack *u, paddr_t from, paddr_t to)
{
	if (from > u->freed)
		free_reserved_area(u->freed, from);
	u->freed = to;
}

static bool name_is_safe(const char *name)
{
	for (const char *p = name; *p;) {
		size_t n = 0;

		while (p[n] && p[n] != '/')
			n++;
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return false;
		p += n;
		while (*p == '/')
			p++;
	}
	return true;
}

/* ---- data ---- */

/* Whole pages at @pa become pages of @inode; bytes taken. */
static size_t adopt_pages(struct unpack *u, struct inode *inode, paddr_t pa, size_t size)
{
	size_t done = 0;

	if (!IS_ALIGNED(pa, PAGE_SIZE))
		return 0;
	for (; size - done >= PAGE_SIZE; done += PAGE_SIZE) {
		struct page *page = phys_to_page(pa + done);

		if (page_cache_adopt(&inode->mapping, page, (pgoff_t)(done >> PAGE_SHIFT)))
			break;
		tmpfs_charge_adopted(inode);
	}
	return done;
}

static int write_rest(struct file *f, const u8 *data, size_t size, size_t done)
{
	struct iov_iter it;
	loff_t pos = (loff_t)done;
	ssize_t n;

	while (done < size) {
		iov_iter_kernel(&it, (void *)(data + done), size - done);
		n = generic_file_write(f, &it, &pos);
		if (n <= 0)
			return n ? (int)n : -EIO;
		done += (size_t)n;
	}
	return 0;
}

static int unpack_data(struct unpack *u, struct file *f, const struct cpio_entry *e)
{
	paddr_t pa = u->start + (paddr_t)(e->data - u->base);
	size_t adopted = adopt_pages(u, f->inode, pa, e->filesize);

	if (adopted) {
		f->inode->mapping.size = (loff_t)adopted;
		u->adopted = pa;
		u->adopted_end = pa + adopted;
	}
	return write_rest(f, e->data, e->filesize, adopted);
}

/* ---- hard links ---- */

static struct hard_link *find_link(struct unpack *u, const struct cpio_entry *e)
{
	for (unsigned int i = 0; i < u->nr_links; i++) {
		struct hard_link *l = &u->links[i];

		if (l->ino == e->ino && l->major == e->devmajor && l->minor == e->devminor &&
		    l->archive == e->archive)
			return l;
	}
	return NULL;
}

/* Room for one more element in a growing array; 0 or -ENOMEM. */
static int grow(void **array, unsigned int used, unsigned int *max, size_t size)
{
	unsigned int want = *max ? 2 * *max : 16;
	void *bigger;

	if (used < *max)
		return 0;
	bigger = krealloc(*array, want * size, GFP_KERNEL);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*max = want;
	return 0;
}

static int remember_link(struct unpack *u, const struct cpio_entry *e, struct inode *inode)
{
	int err = grow((void **)&u->links, u->nr_links, &u->max_links, sizeof(*u->links));

	if (!err)
		u->links[u->nr_links++] = (struct hard_link){ .ino = e->ino,
			.major = e->devmajor, .minor = e->devminor, .archive = e->archive,
			.inode = inode_get(inode) };
	return err;
}

static int remember_dir(struct unpack *u, const struct cpio_entry *e, struct inode *inode)
{
	int err = grow((void **)&u->dirs, u->nr_dirs, &u->max_dirs, sizeof(*u->dirs));

	if (!err)
		u->dirs[u->nr_dirs++] = (struct dir_time){ inode_get(inode), e->mtime };
	return err;
}

/* ---- names ---- */

static void set_attributes(struct inode *inode, const struct cpio_entry *e)
{
	inode->mode = (inode->mode & S_IFMT) | (e->mode & S_IALLUGO);
	inode->uid = e->uid;
	inode->gid = e->gid;
	inode->mtime = (struct timespec64){ e->mtime, 0 };
}

/* Make one entry under its parent directory, which is locked. An existing name is replaced. */
static int make_entry(struct dentry *dir, struct dentry *d, const struct cpio_entry *e,
		      struct inode *linked)
{
	const struct inode_ops *ops = dir->inode->ops;
	char target[CPIO_NAME_MAX];

	if (linked)
		return ops->link(linked, dir->inode, d);
	switch (e->mode & S_IFMT) {
	case S_IFDIR:
		return ops->mkdir(dir->inode, d, e->mode & S_IALLUGO);
	case S_IFLNK:
		if (e->filesize >= sizeof(target))
			return -ENAMETOOLONG;
		memcpy(target, e->data, e->filesize);
		target[e->filesize] = '\0';
		return ops->symlink(dir->inode, d, target);
	default:
		return ops->mknod(dir->inode, d, e->mode, MKDEV(e->rdevmajor, e->rdevminor));
	}
}

/* The dentry of the entry's name, made: referenced, or ERR_PTR. */
static struct dentry *place_entry(struct nameidata *nd, const struct cpio_entry *e,
				  struct inode *linked)
{
	struct dentry *dir = nd->path.dentry, *d;
	int err = 0;

	mutex_lock(&dir->inode->lock);
	d = d_lookup(dir, nd->last, nd->last_len);
	if (!IS_ERR(d)) {
		if (d->inode && S_ISDIR(d->inode->mode) && S_ISDIR(e->mode))
			goto out;	/* the same directory again */
		if (d->inode && !S_ISDIR(d->inode->mode)) {
			dir->inode->ops->unlink(dir->inode, d);
			dput(d);
			d = d_lookup(dir, nd->last, nd->last_len);
		}
	}
	if (!IS_ERR(d))
		err = d->inode ? -EEXIST : make_entry(dir, d, e, linked);
	if (err) {
		dput(d);
		d = ERR_PTR(err);
	}
out:
	mutex_unlock(&dir->inode->lock);
	return d;
}

static int fill_file(struct unpack *u, struct nameidata *nd, struct dentry *d,
		     const struct cpio_entry *e)
{
	struct path p = { nd->path.mnt, d };
	struct file *f = dentry_open(&p, O_RDWR);
	int err;

	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	err = unpack_data(u, f, e);
	file_put(f);
	return err;
}

static int unpack_entry(struct unpack *u, const struct cpio_entry *e)
{
	struct hard_link *l = e->nlink > 1 && !S_ISDIR(e->mode) ? find_link(u, e) : NULL;
	struct nameidata nd;
	struct dentry *d;
	int err;

	if (!name_is_safe(e->name))
		return -EINVAL;
	err = lookup_parent(&nd, AT_FDCWD, e->name);
	if (err)
		return err;
	if (nd.last_type != LAST_NORM) {	/* "." and "/": the root itself */
		set_attributes(nd.path.dentry->inode, e);
		goto out;
	}
	d = place_entry(&nd, e, l ? l->inode : NULL);
	err = IS_ERR(d) ? (int)PTR_ERR(d) : 0;
	if (!err) {
		if (S_ISREG(e->mode) && e->filesize)
			err = fill_file(u, &nd, d, e);
		if (!err && !l && e->nlink > 1 && !S_ISDIR(e->mode))
			err = remember_link(u, e, d->inode);
		if (!err && S_ISDIR(e->mode))
			err = remember_dir(u, e, d->inode);
		set_attributes(d->inode, e);
		dput(d);
	}
out:
	path_put(&nd.path);
	nd_done(&nd);
	return err;
}

static int unpack_all(struct unpack *u)
{
	struct cpio_entry e;
	int n, err;

	while ((n = cpio_next(&u->it, &e)) > 0) {
		err = unpack_entry(u, &e);
		if (err) {
			printk("initramfs: cannot unpack %s: error %d\n", e.name, -err);
			return err;
		}
		if (u->adopted_end)	/* only now is the entry's name not needed any more */
			keep_pages(u, u->adopted, u->adopted_end);
		u->adopted_end = 0;
	}
	if (n < 0) {
		printk("initramfs: corrupt archive at offset %zu: %s\n", u->it.pos,
		       cpio_strerror(n));
		return -EINVAL;
	}
	return 0;
}

static void forget(struct unpack *u)
{
	for (unsigned int i = 0; i < u->nr_links; i++)
		inode_put(u->links[i].inode);
	for (unsigned int i = 0; i < u->nr_dirs; i++) {
		u->dirs[i].inode->mtime = (struct timespec64){ u->dirs[i].mtime, 0 };
		inode_put(u->dirs[i].inode);
	}
	kfree(u->links);
	kfree(u->dirs);
}

/* What every system starts with, as the archive built into Linux: a console to speak to. */
static int make_default_root(void)
{
	static const struct cpio_entry dev = { .name = "dev", .mode = S_IFDIR | 0755 };
	static const struct cpio_entry console = {
		.name = "dev/console", .mode = S_IFCHR | 0600, .rdevmajor = 5, .rdevminor = 1,
	};
	struct unpack u = { .nr_links = 0 };
	int err = unpack_entry(&u, &dev);

	if (!err)
		err = unpack_entry(&u, &console);
	forget(&u);
	return err;
}

int initramfs_unpack(paddr_t start, paddr_t end)
{
	struct unpack u = { .start = start, .freed = ALIGN_UP(start, PAGE_SIZE) };
	void *archive = memremap(start, (size_t)(end - start));
	int err = archive ? make_default_root() : -ENOMEM;

	u.base = archive;
	cpio_iter_init(&u.it, archive, (size_t)(end - start));
	if (!err)
		err = unpack_all(&u);
	forget(&u);
	if (!err)
		keep_pages(&u, ALIGN_DOWN(end, PAGE_SIZE), end);
	memunmap(archive);
	return err;
}
