/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/initramfs_fuzz.c - fs/initramfs.c: any archive, unpacked into a directory of a few names
 *
 * The file system here only checks: a page is adopted or freed once and lies in the archive, what is
 * freed is not read again (AddressSanitizer watches), references balance. The last bytes of the input
 * decide where the archive lies in its page and which calls fail.
 */
#include "../../fs/initramfs.c"
#include "fuzz.h"

#define START_PA	(1UL << 20)
#define MAX_PAGES	20U
#define MAX_NAMES	24U

void __asan_poison_memory_region(const volatile void *p, size_t n);
void __asan_unpoison_memory_region(const volatile void *p, size_t n);

struct page *vmemmap = (struct page *)0x40000000UL;	/* only counted with, never looked at */

static struct inode inodes[MAX_NAMES + 1];
static struct dentry names[MAX_NAMES + 1];	/* [0]: the root */
static unsigned int nr_names;
static bool gone[MAX_PAGES];			/* adopted or freed */
static struct file the_file;
static long refs;				/* of dentries, files and paths handed out */
static paddr_t archive_start, archive_end;
static u32 choices;				/* a 1 at the bottom: the next call fails */

static bool fails(void)
{
	bool yes = choices & 1;

	choices >>= 1;
	return yes;
}

/* ---- pages ---- */

static void page_leaves(paddr_t pa)
{
	FUZZ_CHECK(IS_ALIGNED(pa, PAGE_SIZE) && pa >= archive_start && pa + PAGE_SIZE <= archive_end);
	FUZZ_CHECK(!gone[(pa - START_PA) >> PAGE_SHIFT]);
	gone[(pa - START_PA) >> PAGE_SHIFT] = true;
}

void free_reserved_area(paddr_t start, paddr_t end)
{
	for (paddr_t pa = start; pa < end; pa += PAGE_SIZE) {
		page_leaves(pa);
		__asan_poison_memory_region(phys_to_virt(pa), PAGE_SIZE);
	}
}

int page_cache_adopt(struct address_space *as, struct page *page, pgoff_t index)
{
	if (fails())
		return -ENOMEM;
	page_leaves(page_to_phys(page));
	return 0;
}

void tmpfs_charge_adopted(struct inode *inode) { }

void *memremap(paddr_t pa, size_t size)
{
	return phys_to_virt(pa);
}

void memunmap(void *va) { }

/* ---- names ---- */

int lookup_parent(struct nameidata *nd, int dirfd, const char *name)
{
	size_t n = strlen(name);
	const char *last;

	memset(nd, 0, sizeof(*nd));
	if (!n || fails())
		return -ENOENT;
	while (n && name[n - 1] == '/')
		n--;
	for (last = name + n; last > name && last[-1] != '/';)
		last--;
	nd->last = last;
	nd->last_len = (size_t)(name + n - last);
	nd->last_type = !nd->last_len ? LAST_ROOT : nd->last_len == 1 && *last == '.' ? LAST_DOT : LAST_NORM;
	FUZZ_CHECK(nd->last_len != 2 || memcmp(last, "..", 2));
	nd->path.dentry = &names[0];
	refs += 2;	/* path_put() and nd_done() */
	return 0;
}

void nd_done(struct nameidata *nd) { refs--; }
void path_put(const struct path *p) { refs--; }
void mutex_lock(struct mutex *m) { }
void mutex_unlock(struct mutex *m) { }

struct dentry *d_lookup(struct dentry *dir, const char *name, size_t len)
{
	struct dentry *d;
	unsigned int i;

	len = min(len, sizeof(d->iname) - 1);
	for (i = 1; i <= nr_names && (names[i].len != len || memcmp(names[i].iname, name, len)); i++)
		;
	if (i > MAX_NAMES || fails())
		return ERR_PTR(-ENOMEM);
	d = &names[i];
	if (i > nr_names) {
		nr_names = i;
		memcpy(d->iname, name, len);
		d->len = (unsigned int)len;
		d->inode = NULL;
	}
	refs++;
	return d;
}

void dput(struct dentry *d)
{
	refs--;
}

static int make_inode(struct dentry *d, mode_t mode)
{
	struct inode *inode = &inodes[d - names];

	FUZZ_CHECK(!d->inode);
	if (fails())
		return -ENOSPC;
	inode->mode = mode;
	d->inode = inode;
	return 0;
}

static int fake_mkdir(struct inode *dir, struct dentry *d, mode_t mode)
{
	return make_inode(d, S_IFDIR | mode);
}

static int fake_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	FUZZ_CHECK(fuzz_touch_string(target) < CPIO_NAME_MAX);
	return make_inode(d, S_IFLNK | 0777);
}

static int fake_mknod(struct inode *dir, struct dentry *d, mode_t mode, dev_t rdev)
{
	return make_inode(d, mode);
}

static int fake_link(struct inode *inode, struct inode *dir, struct dentry *d)
{
	FUZZ_CHECK(inode >= inodes && inode <= &inodes[MAX_NAMES]);
	if (fails())
		return -EMLINK;
	d->inode = inode;
	return 0;
}

static int fake_unlink(struct inode *dir, struct dentry *d)
{
	d->inode = NULL;
	d->len = 0;	/* found by no name any more */
	return 0;
}

static const struct inode_ops fake_ops = {
	.mkdir = fake_mkdir, .symlink = fake_symlink, .mknod = fake_mknod, .link = fake_link,
	.unlink = fake_unlink,
};

void inode_put(struct inode *i)
{
	FUZZ_CHECK(atomic_read(&i->refs) > 0);
	atomic_dec(&i->refs);
}

/* ---- data ---- */

struct file *dentry_open(const struct path *p, unsigned int flags)
{
	if (fails())
		return ERR_PTR(-ENFILE);
	refs++;
	the_file.inode = p->dentry->inode;
	return &the_file;
}

void file_put(struct file *f)
{
	refs--;
}

static const u8 *write_from;
static size_t write_size;

void iov_iter_kernel(struct iov_iter *it, void *buf, size_t n)
{
	write_from = buf;
	write_size = n;
}

ssize_t generic_file_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	size_t n = fails() ? write_size / 2 : write_size;

	for (size_t i = 0; i < n; i++)
		(void)((const volatile u8 *)write_from)[i];
	return fails() ? -ENOSPC : (ssize_t)n;
}

/* ---- the target ---- */

static void check_end(int err)
{
	FUZZ_CHECK(refs == 0 && fuzz_blocks == 0);
	for (unsigned int i = 0; i <= MAX_NAMES; i++)
		FUZZ_CHECK(atomic_read(&inodes[i].refs) == 0);
	/* All whole pages are somebody's when it went well. */
	for (unsigned int i = 0; i < MAX_PAGES && !err; i++) {
		paddr_t pa = START_PA + i * PAGE_SIZE;

		FUZZ_CHECK(gone[i] || pa < archive_start || pa + PAGE_SIZE > archive_end);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t offset, n;

	if (size < 8)
		return 0;
	fuzz_physical(START_PA + MAX_PAGES * PAGE_SIZE);
	n = min(size - 8, (size_t)(MAX_PAGES - 1) * PAGE_SIZE);
	memcpy(&choices, data + size - 4, 4);
	offset = (data[size - 8] | data[size - 7] << 8) % PAGE_SIZE;
	fuzz_fail_after = data[size - 6] % 16 - 8;
	for (unsigned int i = 0; i <= MAX_NAMES; i++)
		memset(&inodes[i].refs, 0, sizeof(inodes[i].refs));
	memset(gone, 0, sizeof(gone));
	nr_names = 0;
	names[0].inode = &inodes[0];
	inodes[0].ops = &fake_ops;
	archive_start = START_PA + offset;
	archive_end = archive_start + n;
	memcpy(phys_to_virt(archive_start), data, n);
	__asan_poison_memory_region(phys_to_virt(archive_end), START_PA + MAX_PAGES * PAGE_SIZE - archive_end);
	check_end(initramfs_unpack(archive_start, archive_end));
	__asan_unpoison_memory_region(phys_to_virt(START_PA), MAX_PAGES * PAGE_SIZE);
	return 0;
}
