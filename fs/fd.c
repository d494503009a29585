/* SPDX-License-Identifier: MIT */
/*
 * fs/fd.c - which open file does a small number mean?
 *
 * A files_struct is an array of file pointers and two bitmaps: descriptors in use, and those that
 * execve closes. 64 descriptors fit into the structure; more move to allocated arrays that double.
 * A reserved descriptor (fd_alloc before fd_install) is in use but has no file yet.
 *
 * ALWAYS TRUE  D1  fd[i] != NULL implies bit i of open_fds.
 *              D2  no descriptor below next_fd is free.
 *              D3  a table with refs 1 is changed by its one thread only (fdget relies on it).
 * LOCKS        files_struct.lock (RANK_FILES) for every change; never held across a file's end.
 */
#include <fs/flock.h>
#include <fs/vfs.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <lib/bitmap.h>
#include <lib/string.h>
#include <mm/slab.h>

#define NR_OPEN_MAX	(1u << 20)	/* fs.nr_open: no RLIMIT_NOFILE goes beyond */

static struct kmem_cache *files_cache;

void fd_init(void)
{
	files_cache = kmem_cache_create("files_struct", sizeof(struct files_struct), 0, SLAB_PANIC,
					NULL);
}

struct files_struct *files_alloc(void)
{
	struct files_struct *fs = kmem_cache_alloc(files_cache, GFP_KERNEL);

	if (!fs)
		return NULL;
	memset(fs, 0, sizeof(*fs));
	spin_lock_init(&fs->lock, RANK_FILES);
	fs->fd = fs->fd_inline;
	fs->open_fds = &fs->bits_inline[0];
	fs->close_on_exec = &fs->bits_inline[1];
	fs->max_fds = NR_OPEN_DEFAULT;
	atomic_set(&fs->refs, 1);
	return fs;
}

struct fd_arrays { struct file **fd; unsigned long *bits; unsigned int max; };

static bool arrays_alloc(struct fd_arrays *a, unsigned int max)
{
	a->max = max;
	a->fd = kcalloc(max, sizeof(*a->fd), GFP_KERNEL);
	a->bits = kcalloc(2 * (size_t)BITS_TO_LONGS(max), sizeof(long), GFP_KERNEL);
	if (a->fd && a->bits)
		return true;
	kfree(a->fd);
	kfree(a->bits);
	return false;
}

/* Put @a in place of the table's arrays; what is to be freed comes back in @a. lock held. */
static void arrays_swap(struct files_struct *fs, struct fd_arrays *a)
{
	struct fd_arrays old = { fs->fd, fs->open_fds, fs->max_fds };
	unsigned long *cloexec = a->bits + BITS_TO_LONGS(a->max);

	memcpy(a->fd, fs->fd, fs->max_fds * sizeof(*fs->fd));
	memcpy(a->bits, fs->open_fds, fs->max_fds / 8);
	memcpy(cloexec, fs->close_on_exec, fs->max_fds / 8);
	fs->fd = a->fd;
	fs->open_fds = a->bits;
	fs->close_on_exec = cloexec;
	fs->max_fds = a->max;
	*a = old;
	if (a->fd == fs->fd_inline) {
		a->fd = NULL;
		a->bits = NULL;
	}
}

/* Make room for descriptor @fd. lock held in and out, dropped meanwhile. */
static int files_grow(struct files_struct *fs, unsigned int fd)
{
	struct fd_arrays a;

	spin_unlock(&fs->lock);
	if (!arrays_alloc(&a, (unsigned int)roundup_pow_of_two(fd + 1UL))) {
		spin_lock(&fs->lock);
		return -ENOMEM;
	}
	spin_lock(&fs->lock);
	if (a.max > fs->max_fds)
		arrays_swap(fs, &a);
	kfree(a.fd);
	kfree(a.bits);
	return 0;
}

static void files_copy_entries(struct files_struct *fs, struct files_struct *old)
{
	memcpy(fs->open_fds, old->open_fds, old->max_fds / 8);
	memcpy(fs->close_on_exec, old->close_on_exec, old->max_fds / 8);
	for (unsigned int i = 0; i < old->max_fds; i++) {
		if (!old->fd[i]) {
			__clear_bit(i, fs->open_fds);	/* only reserved: not ours */
			continue;
		}
		fs->fd[i] = file_get(old->fd[i]);
	}
	fs->next_fd = 0;
}

struct files_struct *files_dup(struct files_struct *old)
{
	struct files_struct *fs = files_alloc();
	int err = 0;

	if (!fs)
		return NULL;
	spin_lock(&old->lock);
	while (fs->max_fds < old->max_fds && !err) {
		unsigned int max = old->max_fds;

		spin_unlock(&old->lock);
		spin_lock(&fs->lock);
		err = files_grow(fs, max - 1);
		spin_unlock(&fs->lock);
		spin_lock(&old->lock);
	}
	if (!err)
		files_copy_entries(fs, old);
	spin_unlock(&old->lock);
	if (err) {
		files_put(fs);
		return NULL;
	}
	return fs;
}

static void file_close(struct files_struct *fs, struct file *f)
{
	if (f->inode && !list_empty(&f->inode->locks))
		locks_remove_posix(f, fs);
	if (f->ops->flush && !(f->mode & FMODE_PATH))
		f->ops->flush(f);
	file_put(f);
}

void files_put(struct files_struct *fs)
{
	unsigned int fd;

	if (!atomic_dec_and_test(&fs->refs))
		return;
	for_each_set_bit(fd, fs->open_fds, fs->max_fds)
		if (fs->fd[fd])
			file_close(fs, fs->fd[fd]);
	if (fs->fd != fs->fd_inline) {
		kfree(fs->fd);
		kfree(fs->open_fds);
	}
	kmem_cache_free(files_cache, fs);
}

/* current's table becomes @fs. Others look at the old one under siglock (process_files_get). */
static void files_replace(struct files_struct *fs)
{
	struct process *p = current_process();
	struct files_struct *old = current->files;
	unsigned long flags;

	spin_lock_irqsave(&p->siglock, flags);
	current->files = fs;
	spin_unlock_irqrestore(&p->siglock, flags);
	files_put(old);
}

int files_unshare(void)
{
	struct files_struct *fs;

	if (atomic_read(&current->files->refs) == 1)
		return 0;
	fs = files_dup(current->files);
	if (!fs)
		return -ENOMEM;
	files_replace(fs);
	return 0;
}

/* Take the file out of a descriptor; NULL when there was none. lock held. */
static struct file *fd_detach(struct files_struct *fs, unsigned int fd)
{
	struct file *f = fd < fs->max_fds ? fs->fd[fd] : NULL;

	if (!f)
		return NULL;
	fs->fd[fd] = NULL;
	__clear_bit(fd, fs->open_fds);
	__clear_bit(fd, fs->close_on_exec);
	if (fd < fs->next_fd)
		fs->next_fd = fd;
	return f;
}

void files_close_on_exec(struct files_struct *fs)
{
	for (;;) {
		struct file *f = NULL;
		unsigned int fd;

		spin_lock(&fs->lock);
		fd = (unsigned int)find_first_bit(fs->close_on_exec, fs->max_fds);
		if (fd < fs->max_fds) {
			f = fd_detach(fs, fd);
			__clear_bit(fd, fs->close_on_exec);
		}
		spin_unlock(&fs->lock);
		if (!f)
			return;
		file_close(fs, f);
	}
}

struct file *fd_get_raw(int fd)
{
	struct files_struct *fs = current->files;
	struct file *f = NULL;

	spin_lock(&fs->lock);
	if ((unsigned int)fd < fs->max_fds && fs->fd[fd])
		f = file_get(fs->fd[fd]);
	spin_unlock(&fs->lock);
	return f;
}

struct file *fd_get(int fd)
{
	struct file *f = fd_get_raw(fd);

	if (f && (f->mode & FMODE_PATH)) {
		file_put(f);
		return NULL;
	}
	return f;
}

static unsigned int fd_limit(void)
{
	u64 limit = current->process ? rlimit(RLIMIT_NOFILE) : NR_OPEN_MAX;

	return (unsigned int)min_t(u64, limit, NR_OPEN_MAX);
}

int fd_alloc(int from, bool cloexec)
{
	struct files_struct *fs = current->files;
	unsigned int limit = fd_limit(), fd;
	int err = 0;

	spin_lock(&fs->lock);
	do {
		fd = max((unsigned int)from, fs->next_fd);
		if (fd < fs->max_fds)
			fd = (unsigned int)find_next_zero_bit(fs->open_fds, fs->max_fds, fd);
		if (fd >= limit)
			err = -EMFILE;
		else if (fd >= fs->max_fds)
			err = files_grow(fs, fd);
		else
			break;
	} while (!err);
	if (!err) {
		if ((unsigned int)from <= fs->next_fd)
			fs->next_fd = fd + 1;
		__set_bit(fd, fs->open_fds);
		if (cloexec)
			__set_bit(fd, fs->close_on_exec);
	}
	spin_unlock(&fs->lock);
	return err ? err : (int)fd;
}

void fd_install(int fd, struct file *f)
{
	struct files_struct *fs = current->files;

	spin_lock(&fs->lock);
	ASSERT(!fs->fd[fd] && test_bit((unsigned long)fd, fs->open_fds));
	fs->fd[fd] = f;
	spin_unlock(&fs->lock);
}

void fd_cancel(int fd)
{
	struct files_struct *fs = current->files;

	spin_lock(&fs->lock);
	__clear_bit((unsigned long)fd, fs->open_fds);
	__clear_bit((unsigned long)fd, fs->close_on_exec);
	if ((unsigned int)fd < fs->next_fd)
		fs->next_fd = (unsigned int)fd;
	spin_unlock(&fs->lock);
}

int fd_install_new(struct file *f, bool cloexec)
{
	int fd = fd_alloc(0, cloexec);

	if (fd < 0)
		file_put(f);
	else
		fd_install(fd, f);
	return fd;
}

int fd_close(int fd)
{
	struct files_struct *fs = current->files;
	struct file *f;

	spin_lock(&fs->lock);
	f = fd_detach(fs, (unsigned int)fd);
	spin_unlock(&fs->lock);
	if (!f)
		return -EBADF;
	file_close(fs, f);
	return 0;
}

int files_next(struct files_struct *fs, int fd, struct file **f)
{
	unsigned int i;

	spin_lock(&fs->lock);
	for (i = (unsigned int)fd; i < fs->max_fds; i++)
		if (fs->fd[i])
			break;
	if (i < fs->max_fds)
		*f = file_get(fs->fd[i]);
	else
		i = ~0u;
	spin_unlock(&fs->lock);
	return (int)i;
}

unsigned int files_max_fds(struct files_struct *fs)
{
	return fs->max_fds;
}

/* ---- dup, close ---- */

SYSCALL_DEFINE1(close, int, fd)
{
	return fd_close(fd);
}

static void cloexec_range(struct files_struct *fs, unsigned int first, unsigned int last)
{
	spin_lock(&fs->lock);
	for (unsigned int fd = first; fd <= last && fd < fs->max_fds; fd++)
		if (test_bit(fd, fs->open_fds))
			__set_bit(fd, fs->close_on_exec);
	spin_unlock(&fs->lock);
}

SYSCALL_DEFINE3(close_range, unsigned int, first, unsigned int, last, unsigned int, flags)
{
	int err = 0;

	if (flags & ~(unsigned int)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE)
		err = files_unshare();
	if (err)
		return err;
	if (flags & CLOSE_RANGE_CLOEXEC) {
		cloexec_range(current->files, first, last);
		return 0;
	}
	for (unsigned int fd = first; fd <= last && fd < current->files->max_fds; fd++)
		fd_close((int)fd);
	return 0;
}

static long do_dup3(unsigned int old, unsigned int new, bool cloexec)
{
	struct files_struct *fs = current->files;
	struct file *f, *replaced;
	int err = 0;

	if (new >= fd_limit())
		return -EBADF;
	spin_lock(&fs->lock);
	if (new >= fs->max_fds)
		err = files_grow(fs, new);
	f = old < fs->max_fds ? fs->fd[old] : NULL;
	if (!f)
		err = -EBADF;
	else if (!err && !fs->fd[new] && test_bit(new, fs->open_fds))
		err = -EBUSY;		/* reserved by an open() that is under way */
	if (err) {
		spin_unlock(&fs->lock);
		return err;
	}
	replaced = fd_detach(fs, new);
	fs->fd[new] = file_get(f);
	__set_bit(new, fs->open_fds);
	if (cloexec)
		__set_bit(new, fs->close_on_exec);
	spin_unlock(&fs->lock);
	if (replaced)
		file_close(fs, replaced);
	return (long)new;
}

SYSCALL_DEFINE3(dup3, int, old, int, new, int, flags)
{
	if (flags & ~O_CLOEXEC || old == new)
		return -EINVAL;
	return do_dup3((unsigned int)old, (unsigned int)new, flags != 0);
}

SYSCALL_DEFINE2(dup2, int, old, int, new)
{
	struct file *f;

	if (old != new)
		return do_dup3((unsigned int)old, (unsigned int)new, false);
	f = fd_get_raw(old);
	if (!f)
		return -EBADF;
	file_put(f);
	return new;
}

SYSCALL_DEFINE1(dup, int, old)
{
	struct file *f = fd_get_raw(old);

	return f ? fd_install_new(f, false) : -EBADF;
}
