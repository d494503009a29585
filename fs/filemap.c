/* SPDX-License-Identifier: MIT */
/*
 * fs/filemap.c - reading, writing and mapping a file whose pages are in the page cache
 *
 * Each step finds the page of the position and copies between it and the caller; the page needs no
 * lock, because it is up to date and its contents may change under a reader on Linux as well. A file
 * of tmpfs has no backing store: what is not in its cache is a hole, which reads as zeroes and is
 * not filled by reading.
 *
 * ALWAYS TRUE  P1  mapping.size only grows here, under the inode lock, after the bytes are in place.
 * LOCKS        inode->lock for writing; faults inside copies take mmap_lock, which is inner.
 */
#include <fs/memfd.h>
#include <fs/namei.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <lib/string.h>
#include <mm/history.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <uapi/errno.h>

#define MAX_LFS_FILESIZE	((loff_t)0x7fffffffffffffffLL)

/*
 * A page that is not simply there: NULL with *err 0 is a hole. What somebody else is filling at this moment is there
 * when its lock is free, or a hole again because there was no room for it: reading needs none.
 */
static noinline struct page *page_for_read_slow(struct address_space *as, pgoff_t index,
						struct page *page, int *err)
{
	if (page)
		put_page(page);
	if (!(as->flags & AS_SHMEM))
		return page_cache_get(as, index, err);
	if (!page)
		return NULL;
	page = find_lock_page(as, index);
	if (page)
		unlock_page(page);
	ASSERT(!page || PageUptodate(page));
	return page;
}

static inline struct page *page_for_read(struct address_space *as, pgoff_t index, int *err)
{
	struct page *page = find_get_page(as, index);

	if (likely(page && PageUptodate(page)))
		return page;
	return page_for_read_slow(as, index, page, err);
}

/* Bytes that a read at @pos may take from one page; 0 at the end of the file. */
static inline size_t read_span(const struct address_space *as, loff_t pos, size_t count)
{
	loff_t left = READ_ONCE(as->size) - pos;
	size_t n = PAGE_SIZE - ((size_t)pos & (PAGE_SIZE - 1));

	if (unlikely(left <= 0))
		return 0;
	if (n > count)
		n = count;
	return (loff_t)n > left ? (size_t)left : n;
}

ssize_t generic_file_read(struct file *f, struct iov_iter *it, loff_t *ppos)
{
	struct address_space *as = &f->inode->mapping;
	loff_t pos = *ppos;
	size_t n, copied;
	int err = 0;

	while ((n = read_span(as, pos, it->count)) != 0) {
		struct page *page = page_for_read(as, (pgoff_t)pos >> PAGE_SHIFT, &err);

		if (likely(page != NULL)) {
			copied = copy_page_to_iter(page, (size_t)pos & (PAGE_SIZE - 1), n, it);
			put_page(page);
		} else if (err) {
			break;
		} else {
			copied = zero_iter(n, it);
		}
		pos += (loff_t)copied;
		if (unlikely(copied < n)) {
			err = -EFAULT;
			break;
		}
		if (cond_resched_killable())
			break;			/* whoever dies is not told what is missing */
	}
	n = (size_t)(pos - *ppos);
	*ppos = pos;
	inode_accessed(f);
	return n ? (ssize_t)n : err;
}

/* How far a write at @pos may go: bytes, or -EFBIG (with SIGXFSZ where the limit is the process'). */
static ssize_t write_limit(loff_t pos, size_t count)
{
	u64 limit = current->process ? rlimit(RLIMIT_FSIZE) : RLIM_INFINITY;

	if (limit != RLIM_INFINITY && (u64)pos >= limit) {
		send_signal_thread(current, SIGXFSZ, NULL);
		return -EFBIG;
	}
	if (pos >= MAX_LFS_FILESIZE)
		return -EFBIG;
	if (limit != RLIM_INFINITY)
		count = min_t(u64, count, limit - (u64)pos);
	return (ssize_t)min_t(u64, count, (u64)(MAX_LFS_FILESIZE - pos));
}

/* Writing by others takes set-user-ID away. */
static void remove_privs(struct inode *inode)
{
	if ((inode->mode & (S_ISUID | S_ISGID)) && !capable()) {
		inode->mode &= ~(mode_t)S_ISUID;
		if (inode->mode & 00010)
			inode->mode &= ~(mode_t)S_ISGID;
	}
}

/* Copy @count bytes to @pos, page by page; bytes written, or -errno if none. Inode lock held. */
static ssize_t write_pages(struct address_space *as, struct iov_iter *it, loff_t pos, size_t count)
{
	size_t done = 0;
	int err = 0;

	while (done < count) {
		size_t off = (size_t)pos & (PAGE_SIZE - 1), copied;
		size_t n = min(PAGE_SIZE - off, count - done);
		struct page *page = page_cache_get(as, (pgoff_t)pos >> PAGE_SHIFT, &err);

		if (!page)
			break;
		copied = copy_page_from_iter(page, off, n, it);
		set_page_dirty(page);
		put_page(page);
		pos += (loff_t)copied;
		done += copied;
		if (pos > as->size && copied)
			WRITE_ONCE(as->size, pos);
		if (!copied) {		/* less than n: what is written now may be what was missing */
			err = -EFAULT;
			break;
		}
		if (unlikely(done < count) && cond_resched_killable())
			break;
	}
	return done ? (ssize_t)done : err;
}

ssize_t generic_file_write(struct file *f, struct iov_iter *it, loff_t *ppos)
{
	struct inode *inode = f->inode;
	loff_t pos = *ppos;
	ssize_t n;

	if (!it->count)
		return 0;
	mutex_lock(&inode->lock);
	if (f->flags & O_APPEND)
		pos = inode->mapping.size;
	n = write_limit(pos, it->count);
	if (n > 0 && unlikely(inode->mapping.seals & ~(unsigned int)F_SEAL_SEAL))
		n = seals_limit_write(&inode->mapping, pos, n);
	if (n > 0) {
		remove_privs(inode);
		n = write_pages(&inode->mapping, it, pos, (size_t)n);
	}
	if (n > 0) {			/* a write that fails leaves the offset, whatever O_APPEND says */
		*ppos = pos + n;
		inode_touch(inode);
	}
	mutex_unlock(&inode->lock);
	return n;
}

/* SEEK_DATA and SEEK_HOLE by what is cached: exact for tmpfs. */
static loff_t seek_hole_data(struct file *f, loff_t off, int whence)
{
	struct address_space *as = &f->inode->mapping;
	loff_t size = as->size, to;
	pgoff_t index;

	if (off < 0 || off >= size)
		return -ENXIO;
	index = (pgoff_t)off >> PAGE_SHIFT;
	index = whence == SEEK_DATA ? next_cached_page(as, index) : next_hole(as, index);
	if (index > (pgoff_t)size >> PAGE_SHIFT)
		to = size;
	else
		to = max(off, (loff_t)(index << PAGE_SHIFT));
	if (to >= size) {
		if (whence == SEEK_DATA)
			return -ENXIO;
		to = size;
	}
	f->pos = to;
	return to;
}

loff_t generic_file_llseek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_DATA || whence == SEEK_HOLE)
		return seek_hole_data(f, off, whence);
	return llseek_to(f, off, whence, f->inode->mapping.size);
}

/* ---- mappings ---- */

void file_vm_open(struct vm_area_struct *vma)
{
	struct file *f = vma->vm_file;

	file_get(f);
}

void file_vm_close(struct vm_area_struct *vma)
{
	file_put(vma->vm_file);
}

bool file_shows_residency(struct vm_area_struct *vma)
{
	const struct file *f = vma->vm_file;

	return inode_owner_or_capable(f->inode) || inode_permission(f->inode, W_OK) == 0;
}

/* fault is NULL: the page cache answers */
const struct vm_ops file_vm_ops = {
	.open	= file_vm_open,
	.close	= file_vm_close,
	.shows_residency = file_shows_residency,
};

/* boot parameter nopage=share: the page cache answers only if no other process can (mm/share_page.c) */
static const struct vm_ops share_vm_ops = {
	.open	= file_vm_open,
	.close	= file_vm_close,
	.fault	= share_page_fault,
	.shows_residency = file_shows_residency,
};

int generic_file_mmap(struct file *f, struct mmap_request *rq)
{
	rq->vm_ops = unlikely(nopage_share) ? &share_vm_ops : &file_vm_ops;
	rq->mapping = &f->inode->mapping;
	inode_accessed(f);
	return 0;
}

/* ---- size ---- */

int inode_newsize_ok(const struct inode *inode, loff_t size)
{
	u64 limit = current->process ? rlimit(RLIMIT_FSIZE) : RLIM_INFINITY;

	if (size <= inode->mapping.size || limit == RLIM_INFINITY || (u64)size <= limit)
		return 0;
	send_signal_thread(current, SIGXFSZ, NULL);
	return -EFBIG;
}

int vfs_truncate(struct inode *inode, loff_t size)
{
	struct iattr attr = { .valid = ATTR_SIZE, .size = size };
	int err;

	if (S_ISDIR(inode->mode))
		return -EISDIR;
	if (!S_ISREG(inode->mode) || !inode->ops->setattr)
		return -EINVAL;
	err = inode_newsize_ok(inode, size);
	return err ? err : inode_setattr(inode, &attr);
}
