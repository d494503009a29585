/* SPDX-License-Identifier: MIT */
/*
 * fs/memfd.c - memory as a file that has no name, and seals on what may still be done with it
 *
 * THE QUESTION   How do two programs that do not trust each other share memory? One fills a file, seals
 *                it, and passes the descriptor; the other checks the seals and may then rely on them.
 *
 * THE PICTURE    seal            from now on refused with EPERM
 *                SHRINK          ftruncate to less
 *                GROW            ftruncate, fallocate and write beyond the end
 *                WRITE           write, holes, and shared writable mappings (which must be gone: EBUSY)
 *                FUTURE_WRITE    the same, but mappings that exist stay writable
 *                SEAL            any further seal
 *
 * The files live in a tmpfs that is mounted nowhere (as do the segments of kernel/ipc_shm.c). Seals are
 * a word of the address space, so that any file of tmpfs has them; one that was not made with
 * MFD_ALLOW_SEALING is born with SEAL, and so cannot get another.
 *
 * ALWAYS TRUE    S1  a seal is never taken back.
 *                S2  with WRITE set, i_mmap_writable is negative: no shared writable mapping exists or
 *                    can come, because mmap() reserves its place there before it looks for an address.
 *
 * LOCKS          the inode's lock around adding a seal, and around every write and change of size.
 * READ NEXT      tmpfs.c, filemap.c (generic_file_write), kernel/sys_mm.c (mmap).
 */
#include <fs/memfd.h>
#include <fs/namei.h>
#include <fs/tmpfs.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/overcommit.h>
#include <mm/slab.h>
#include <uapi/errno.h>

#define F_ALL_SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

#define MFD_CLOEXEC		1U
#define MFD_ALLOW_SEALING	2U
#define MFD_HUGETLB		4U
#define MFD_HUGE_MASK		(0x3fU << 26)

#define MFD_PREFIX	"memfd:"
#define MFD_NAME_MAX	(NAME_MAX - (sizeof(MFD_PREFIX) - 1))

static struct mount *shm_mnt;
static const struct fs_type shm_type = { "tmpfs", tmpfs_mount, true, NULL };

void memfd_init(void)
{
	shm_mnt = kern_mount(&shm_type, "size=0,nr_inodes=0");
}

/* ---- files ---- */

/* A dentry that no directory knows, with an inode of the size asked for. */
static struct dentry *shmem_dentry(const char *name, loff_t size)
{
	struct dentry *root = shm_mnt->root, *d = d_alloc(root, name, strlen(name));
	struct inode *inode;

	if (!d)
		return ERR_PTR(-ENOMEM);
	inode = root->inode->ops->tmpfile(root->inode, S_IFREG | S_IRWXUGO);
	if (IS_ERR(inode)) {
		dput(d);
		return (struct dentry *)inode;
	}
	inode->mapping.size = size;
	d->inode = inode;
	return d;
}

struct file *shmem_file_setup(const char *name, loff_t size, bool noreserve)
{
	unsigned long pages = noreserve ? 0 : DIV_ROUND_UP((unsigned long)size, PAGE_SIZE);
	struct path path = { .mnt = shm_mnt };
	struct file *f;

	if (!vm_charge_pages(current->mm, pages, pages))
		return ERR_PTR(-ENOMEM);
	path.dentry = shmem_dentry(name, size);
	if (IS_ERR(path.dentry)) {
		vm_uncharge_pages(pages);
		return (struct file *)path.dentry;
	}
	if (!noreserve)
		path.dentry->inode->mapping.flags |= AS_RESERVED;	/* tmpfs_evict() takes it back */
	f = dentry_open(&path, O_RDWR);
	dput(path.dentry);
	return f;
}

static int memfd_name(char *buf, const char __user *uname)
{
	size_t prefix = sizeof(MFD_PREFIX) - 1;
	long n;

	memcpy(buf, MFD_PREFIX, prefix);
	n = strncpy_from_user(buf + prefix, uname, MFD_NAME_MAX + 1);
	return n == -ENAMETOOLONG ? -EINVAL : n < 0 ? (int)n : 0;
}

SYSCALL_DEFINE2(memfd_create, const char __user *, uname, unsigned int, flags)
{
	unsigned int known = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB;
	char name[NAME_MAX + 1];
	struct file *f;
	int err;

	if (flags & ~(flags & MFD_HUGETLB ? known | MFD_HUGE_MASK : known))
		return -EINVAL;
	err = memfd_name(name, uname);
	if (err)
		return err;
	if (flags & MFD_HUGETLB)
		return -ENOSYS;			/* as a Linux built without huge page files */
	f = shmem_file_setup(name, 0, true);
	if (IS_ERR(f))
		return PTR_ERR(f);
	f->flags |= O_LARGEFILE;
	if (flags & MFD_ALLOW_SEALING)
		f->inode->mapping.seals = 0;
	return fd_install_new(f, (flags & MFD_CLOEXEC) != 0);
}

/* ---- seals ---- */

static int add_seals_locked(struct address_space *as, unsigned int seals)
{
	if (as->seals & F_SEAL_SEAL)
		return -EPERM;
	if ((seals & F_SEAL_WRITE) && !(as->seals & F_SEAL_WRITE) && !mapping_deny_writable(as))
		return -EBUSY;
	WRITE_ONCE(as->seals, as->seals | seals);
	return 0;
}

long memfd_add_seals(struct file *f, unsigned long seals)
{
	struct inode *inode = f->inode;
	int err;

	if (seals >> 32)
		return -EINVAL;
	if (!(f->mode & FMODE_WRITE))
		return -EPERM;
	if ((seals & ~(unsigned long)F_ALL_SEALS) || !inode_has_seals(inode))
		return -EINVAL;
	mutex_lock(&inode->lock);
	err = add_seals_locked(&inode->mapping, (unsigned int)seals);
	mutex_unlock(&inode->lock);
	return err;
}

long memfd_get_seals(struct file *f)
{
	return inode_has_seals(f->inode) ? (long)READ_ONCE(f->inode->mapping.seals) : -EINVAL;
}

int seals_forbid_size(const struct address_space *as, loff_t size)
{
	if (size < as->size && (as->seals & F_SEAL_SHRINK))
		return -EPERM;
	return size > as->size && (as->seals & F_SEAL_GROW) ? -EPERM : 0;
}

/* Pages are written one by one: those that end within the file get through, the first beyond does not. */
ssize_t seals_limit_write(const struct address_space *as, loff_t pos, ssize_t n)
{
	loff_t limit = ALIGN_DOWN(as->size, (loff_t)PAGE_SIZE);

	if (as->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (!(as->seals & F_SEAL_GROW) || pos + n <= as->size)
		return n;
	return pos < limit ? (ssize_t)(limit - pos) : -EPERM;
}
