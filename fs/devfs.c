/* SPDX-License-Identifier: MIT */
/*
 * fs/devfs.c - device numbers, devtmpfs, and the devices that are only memory
 *
 * device_register() puts a device into a table, by which opening a node with its number finds the
 * operations, and makes /dev/NAME in devtmpfs: one tmpfs that outlives its mounts. init mounts it,
 * as on Linux; the kernel itself opens the console without a name.
 *
 * ALWAYS TRUE  V1  table entries are never removed, so looking one up takes no lock.
 */
#include <fs/namei.h>
#include <fs/tmpfs.h>
#include <kernel/assert.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/random.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include <uapi/ioctls.h>
#include <uapi/mman.h>

#define MAX_DEVICES	48u
#define PTS_MAJOR	136u	/* one entry stands for all its minors */

static struct { mode_t type; dev_t dev; const struct file_ops *ops; const char *name; }
	devices[MAX_DEVICES];
static unsigned int nr_devices;
static struct super_block *devtmpfs_sb;

const struct file_ops *device_find(mode_t mode, dev_t dev)
{
	if (MAJOR(dev) == PTS_MAJOR)
		dev = MKDEV(PTS_MAJOR, 0);
	for (unsigned int i = 0; i < READ_ONCE(nr_devices); i++)
		if (devices[i].dev == dev && devices[i].type == (mode & S_IFMT))
			return devices[i].ops;
	return NULL;
}

static int make_node(const char *name, mode_t mode, dev_t dev)
{
	struct dentry *root = devtmpfs_sb->root, *d;
	struct inode *dir = root->inode;
	int err;

	mutex_lock(&dir->lock);
	d = d_lookup(root, name, strlen(name));
	err = IS_ERR(d) ? (int)PTR_ERR(d) : 0;
	if (!err) {
		err = d->inode ? -EEXIST : dir->ops->mknod(dir, d, mode, dev);
		dput(d);
	}
	mutex_unlock(&dir->lock);
	return err;
}

int device_register(const char *name, mode_t mode, dev_t dev, const struct file_ops *ops)
{
	if (nr_devices == MAX_DEVICES)
		return -ENOSPC;
	devices[nr_devices].type = mode & S_IFMT;
	devices[nr_devices].dev = dev;
	devices[nr_devices].ops = ops;
	devices[nr_devices].name = name;
	smp_wmb();
	nr_devices++;
	return name ? make_node(name, mode, dev) : 0;
}

void device_for_each(void (*fn)(const char *name, mode_t type, dev_t dev, void *arg), void *arg)
{
	for (unsigned int i = 0; i < nr_devices; i++)
		fn(devices[i].name, devices[i].type, devices[i].dev, arg);
}

/* ---- null, zero, full ---- */

static ssize_t null_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	return 0;
}

static ssize_t null_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	ssize_t n = (ssize_t)it->count;

	it->count = 0;
	return n;
}

static ssize_t zero_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	size_t want = it->count, n = 0;

	while (n < want) {
		size_t part = zero_iter(min_t(size_t, want - n, PAGE_SIZE), it);

		n += part;
		if (!part || signal_pending(current))
			break;
	}
	return n || !want ? (ssize_t)n : -EFAULT;
}

static ssize_t full_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	return -ENOSPC;
}

static loff_t null_llseek(struct file *f, loff_t off, int whence)
{
	f->pos = 0;
	return 0;
}

static const struct vm_ops zero_vm_ops = { .open = file_vm_open, .close = file_vm_close, .anonymous = true };

/* A mapping of /dev/zero is anonymous memory: private, with a file's name, or a shared object that do_mmap() makes. */
static int zero_mmap(struct file *f, struct mmap_request *rq)
{
	rq->flags |= MAP_ANONYMOUS;
	if ((rq->flags & MAP_TYPE) == MAP_PRIVATE) {
		rq->vm_ops = &zero_vm_ops;
		return 0;
	}
	rq->flags = (rq->flags & ~(unsigned long)MAP_TYPE) | MAP_SHARED;	/* _VALIDATE was checked */
	rq->vm_file = NULL;
	return 0;
}

/* ---- random ---- */

static ssize_t random_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	u8 buf[256];
	ssize_t done = 0;

	while (it->count && !signal_pending(current)) {
		size_t n = min(sizeof(buf), it->count);

		get_random_bytes(buf, n);
		n = copy_to_iter(buf, n, it);
		done += (ssize_t)n;
		if (!n)
			return done ? done : -EFAULT;
	}
	memset(buf, 0, sizeof(buf));
	return done;
}

static ssize_t random_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	u8 buf[64];
	ssize_t done = 0;

	while (it->count) {
		size_t n = copy_from_iter(buf, min(sizeof(buf), it->count), it);

		if (!n)
			return done ? done : -EFAULT;
		random_add(buf, n);
		done += (ssize_t)n;
	}
	return done;
}

static long random_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	return cmd == RNDGETENTCNT ? put_user(256, (int __user *)arg) : -ENOTTY;
}

/* ---- kmsg: the kernel log, a record per read on Linux; here the text from where it was read to ---- */

static ssize_t kmsg_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	char buf[256];
	u64 from = (u64)f->version;
	size_t n = printk_read(&from, buf, min(sizeof(buf), it->count));

	if (!n)
		return f->flags & O_NONBLOCK ? -EAGAIN : 0;
	if (copy_to_iter(buf, n, it) < n)
		return -EFAULT;
	f->version = from;
	return (ssize_t)n;
}

static ssize_t kmsg_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	char buf[256];
	ssize_t all = (ssize_t)it->count;
	size_t n = copy_from_iter(buf, min(sizeof(buf) - 1, it->count), it);

	if (!n)
		return all ? -EFAULT : 0;
	buf[n] = '\0';
	printk("%s%s", buf, buf[n - 1] == '\n' ? "" : "\n");
	return all;
}

static const struct file_ops null_fops = {
	.read = null_read, .write = null_write, .llseek = null_llseek,
};
static const struct file_ops zero_fops = {
	.read = zero_read, .write = null_write, .llseek = null_llseek, .mmap = zero_mmap,
};
static const struct file_ops full_fops = {
	.read = zero_read, .write = full_write, .llseek = null_llseek,
};
static const struct file_ops random_fops = {
	.read = random_read, .write = random_write, .llseek = null_llseek, .ioctl = random_ioctl,
};
static const struct file_ops kmsg_fops = { .read = kmsg_read, .write = kmsg_write };

/* ---- devtmpfs ---- */

static struct super_block *devtmpfs_mount(const struct fs_type *t, const char *source,
					  const char *options, unsigned long flags)
{
	return sb_activate(devtmpfs_sb);
}

static const struct fs_type devtmpfs_type = { "devtmpfs", devtmpfs_mount, true, tmpfs_remount };

static void make_links(void)
{
	static const struct { const char *name, *target; } links[] = {
		{ "fd", "/proc/self/fd" }, { "stdin", "/proc/self/fd/0" },
		{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
	};
	struct dentry *root = devtmpfs_sb->root, *d;

	mutex_lock(&root->inode->lock);
	for (unsigned int i = 0; i < ARRAY_SIZE(links); i++) {
		d = d_lookup(root, links[i].name, strlen(links[i].name));
		if (IS_ERR(d) || root->inode->ops->symlink(root->inode, d, links[i].target))
			panic("devtmpfs: cannot make %s", links[i].name);
		dput(d);
	}
	d = d_lookup(root, "pts", 3);
	if (IS_ERR(d) || root->inode->ops->mkdir(root->inode, d, 0755))
		panic("devtmpfs: cannot make pts");
	dput(d);
	mutex_unlock(&root->inode->lock);
}

void devfs_init(void)
{
	register_filesystem(&devtmpfs_type);
	devtmpfs_sb = tmpfs_mount(&devtmpfs_type, "devtmpfs", "mode=755", 0);
	if (IS_ERR(devtmpfs_sb))
		panic("devtmpfs: no memory");
	make_links();
	if (device_register("null", S_IFCHR | 0666, MKDEV(1, 3), &null_fops) ||
	    device_register("zero", S_IFCHR | 0666, MKDEV(1, 5), &zero_fops) ||
	    device_register("full", S_IFCHR | 0666, MKDEV(1, 7), &full_fops) ||
	    device_register("random", S_IFCHR | 0666, MKDEV(1, 8), &random_fops) ||
	    device_register("urandom", S_IFCHR | 0666, MKDEV(1, 9), &random_fops) ||
	    device_register("userfaultfd", S_IFCHR | 0600, MKDEV(10, 126), &userfaultfd_device_fops) ||
	    device_register("kmsg", S_IFCHR | 0644, MKDEV(1, 11), &kmsg_fops) ||
	    devmem_init())
		panic("devtmpfs: cannot register the memory devices");
}
