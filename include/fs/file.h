/* SPDX-License-Identifier: MIT */
/*
 * file.h - open files and descriptor tables (fs/file.c, fs/fd.c)
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include <fs/uio.h>
#include <kernel/mutex.h>
#include <kernel/sched.h>
#include <kernel/wait.h>
#include <lib/atomic.h>
#include <uapi/fcntl.h>
#include <uapi/poll.h>

struct dentry;
struct file;
struct inode;
struct mmap_request;
struct mount;
struct poll_table;
struct seq_file;

struct path { struct mount *mnt; struct dentry *dentry; };	/* both referenced where stored */

/* dir_context - fill() gets each entry with the position of the NEXT one; false: buffer full */
struct dir_context {
	bool	(*fill)(struct dir_context *ctx, const char *name, size_t len, loff_t next, u64 ino,
			unsigned int type);
	loff_t	pos;
};

/*
 * file_ops - one open file's behaviour. NULL members: the error named. Nothing is locked by the
 * caller unless said.
 */
struct file_ops {
	ssize_t	(*read)(struct file *f, struct iov_iter *it, loff_t *pos);	/* -EINVAL */
	ssize_t	(*write)(struct file *f, struct iov_iter *it, loff_t *pos);	/* -EINVAL */
	loff_t	(*llseek)(struct file *f, loff_t off, int whence);		/* -ESPIPE */
	int	(*iterate)(struct file *f, struct dir_context *ctx); /* -ENOTDIR; inode locked */
	unsigned int (*poll)(struct file *f, struct poll_table *pt);	/* always ready */
	long	(*ioctl)(struct file *f, unsigned int cmd, unsigned long arg);	/* -ENOTTY */
	/* mmap - fill in vm_ops, mapping, vm_private of @rq (-ENODEV if absent); vm_file is set by
	 * the caller; references to the file are kept by file_vm_ops' open and close */
	int	(*mmap)(struct file *f, struct mmap_request *rq);
	int	(*open)(struct inode *inode, struct file *f);
	void	(*release)(struct file *f);				/* last reference gone */
	/* flush - one descriptor was closed (not necessarily the last) */
	void	(*flush)(struct file *f);
	int	(*fsync)(struct file *f, bool datasync);		/* -EINVAL */
	int	(*fallocate)(struct file *f, int mode, loff_t off, loff_t len);	/* -EOPNOTSUPP */
	void	(*show_fdinfo)(struct seq_file *m, struct file *f);	/* more lines of /proc/PID/fdinfo */
};

struct file {
	const struct file_ops	*ops;		/* (i) */
	struct inode		*inode;		/* (i) referenced through path.dentry, or own (pipes) */
	struct path		path;		/* (i) */
	unsigned int		flags;		/* O_* status flags; changed by F_SETFL             */
	unsigned int		mode;		/* (i) FMODE_READ | FMODE_WRITE | ...               */
	loff_t			pos;		/* pos_lock */
	struct mutex		pos_lock;	/* RANK_FILE_POS */
	atomic_t		refs;
	void			*private;	/* (i) the ops' own */
	int			owner;		/* F_SETOWN */
	u64			version;	/* directory reads */
	struct list_head	epitems;	/* epoll's lock: who watches this file */
	bool			locked;		/* a lock was ever taken through it */
	const char		*anon_name;	/* (i) text of a file without a path */
};
#define FMODE_READ	1u
#define FMODE_WRITE	2u
#define FMODE_PATH	4u	/* O_PATH: a name, not an open file */
#define FMODE_STREAM	8u	/* no position: pipes, terminals    */
#define FMODE_EXEC	16u	/* a program runs from it: nobody writes */

/* ---- open files ---- */
struct file *file_alloc(const struct file_ops *ops, unsigned int flags);	/* NULL no memory */
static inline struct file *file_get(struct file *f) { atomic_inc(&f->refs); return f; }
void file_put(struct file *f);		/* may sleep: last one releases */
/* file_open - open @path relative to @dirfd in current's context; ERR_PTR(-errno) on failure */
struct file *file_open(int dirfd, const char *path, int flags, mode_t mode);
void file_init(void);
/* anon_file - a nameless file: ERR_PTR(-ENOMEM) (@private not freed) */
struct file *anon_file(const char *name, const struct file_ops *ops, void *private, unsigned int flags);
/* anon_fd - a nameless file (eventfd, epoll): its descriptor, or -errno (@private not freed) */
int anon_fd(const char *name, const struct file_ops *ops, void *private, unsigned int flags);
/* kernel_read - read @n bytes at @pos into a kernel buffer; bytes or -errno */
ssize_t kernel_read(struct file *f, void *buf, size_t n, loff_t pos);
/* vfs_read / vfs_write - ops->read and ops->write of a file opened for it */
ssize_t vfs_cannot(const struct file *f, unsigned int mode);	/* why not: -errno */
static inline ssize_t vfs_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	if (unlikely(!(f->mode & FMODE_READ) || !f->ops->read))
		return vfs_cannot(f, FMODE_READ);
	return f->ops->read(f, it, pos);
}
static inline ssize_t vfs_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	if (unlikely(!(f->mode & FMODE_WRITE) || !f->ops->write))
		return vfs_cannot(f, FMODE_WRITE);
	return f->ops->write(f, it, pos);
}
/* file_path - absolute path text into @buf; a pointer into it, or ERR_PTR(-ENAMETOOLONG) */
char *file_path(struct file *f, char *buf, size_t size);
/* generic_file_read/write/mmap/llseek - through the page cache of f->inode */
ssize_t generic_file_read(struct file *f, struct iov_iter *it, loff_t *pos);
ssize_t generic_file_write(struct file *f, struct iov_iter *it, loff_t *pos);
int generic_file_mmap(struct file *f, struct mmap_request *rq);
/* file_vm_open, file_vm_close - for vm_ops of a mapping that keeps nothing but its file */
void file_vm_open(struct vm_area_struct *vma);
void file_vm_close(struct vm_area_struct *vma);
bool file_shows_residency(struct vm_area_struct *vma);	/* to its owner, and to those who may write it */
loff_t generic_file_llseek(struct file *f, loff_t off, int whence);
/* llseek_to - the common arithmetic: SET, CUR and END against @size; stores f->pos */
loff_t llseek_to(struct file *f, loff_t off, int whence, loff_t size);

/* ---- descriptor tables ---- */
#define NR_OPEN_DEFAULT	64		/* descriptors that need no second allocation */
struct files_struct {
	spinlock_t	lock;		/* RANK_FILES */
	struct file	**fd;		/* lock to change */
	unsigned long	*open_fds, *close_on_exec;	/* lock */
	unsigned int	max_fds;	/* lock; a multiple of 64 */
	unsigned int	next_fd;	/* lock; nothing below is free */
	atomic_t	refs;
	struct file	*fd_inline[NR_OPEN_DEFAULT];
	unsigned long	bits_inline[2];
};
struct files_struct *files_alloc(void);
struct files_struct *files_dup(struct files_struct *old);	/* NULL no memory */
static inline void files_get(struct files_struct *fs) { atomic_inc(&fs->refs); }
void files_put(struct files_struct *fs);
void files_close_on_exec(struct files_struct *fs);
void fd_init(void);
/* files_unshare - current gets a table of its own; 0 or -ENOMEM */
int files_unshare(void);
/* fd_get - referenced file, or NULL (EBADF); O_PATH files only with fd_get_raw. */
struct file *fd_get(int fd);
struct file *fd_get_raw(int fd);
/* fd_alloc - lowest free descriptor >= @from, reserved: -EMFILE, -ENOMEM; then install or cancel */
int fd_alloc(int from, bool cloexec);
void fd_install(int fd, struct file *f);	/* takes over the reference */
void fd_cancel(int fd);
int fd_close(int fd);
/* fd_install_new - fd_alloc and fd_install; on failure -errno and the reference is dropped */
int fd_install_new(struct file *f, bool cloexec);
/* files_next - for /proc/PID/fd: first used descriptor >= @fd with its referenced file, or -1 */
int files_next(struct files_struct *fs, int fd, struct file **f);
unsigned int files_max_fds(struct files_struct *fs);

/*
 * fdget - the file of a descriptor for the length of one call. A table with one user cannot lose an
 * entry meanwhile, so no reference is taken then; fdput() undoes what was done.
 */
struct fdref { struct file *file; bool put; };
static inline struct fdref fdget(int fd)
{
	struct files_struct *fs = current->files;
	struct file *f;

	if (unlikely(atomic_read(&fs->refs) != 1)) {
		f = fd_get(fd);
		return (struct fdref){ f, f != NULL };
	}
	f = (unsigned int)fd < fs->max_fds ? fs->fd[fd] : NULL;
	if (f && unlikely(f->mode & FMODE_PATH))
		f = NULL;
	return (struct fdref){ f, false };
}
static inline void fdput(struct fdref r)
{
	if (r.put)
		file_put(r.file);
}

/* ---- cwd, root, umask ---- */
struct fs_struct { spinlock_t lock; struct path cwd, root; mode_t umask; atomic_t refs; };
struct fs_struct *fs_alloc(void);		/* cwd and root are the root directory; umask 022 */
struct fs_struct *fs_dup(struct fs_struct *old);
void fs_put(struct fs_struct *fs);

/* ---- poll ---- */
struct poll_table { void (*add)(struct file *f, wait_queue_head_t *q, struct poll_table *pt); };
/* poll_wait - called by ops->poll for each queue whose wake-up may change the answer; @pt may be
 * NULL (just ask). */
static inline void poll_wait(struct file *f, wait_queue_head_t *q, struct poll_table *pt)
{
	if (pt && pt->add) {
		pt->add(f, q, pt);
		smp_mb();	/* queued before the caller looks: waitqueue_active() has the other half */
	}
}
#define POLL_READY	(POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)
static inline unsigned int file_poll(struct file *f, struct poll_table *pt)
{
	return f->ops->poll ? f->ops->poll(f, pt) : POLL_READY;
}

/* ---- ERR_PTR ---- */
static inline void *ERR_PTR(long err) { return (void *)err; }
static inline long PTR_ERR(const void *p) { return (long)p; }
static inline bool IS_ERR(const void *p) { return (unsigned long)p >= (unsigned long)-4095; }
static inline bool IS_ERR_OR_NULL(const void *p) { return !p || IS_ERR(p); }

/* ---- boot ---- */
void vfs_init(void);			/* caches, root tmpfs, /dev device numbers */
/* initramfs_unpack - the cpio at [start,end) (physical) into the root; 0 or -errno with one line */
int initramfs_unpack(paddr_t start, paddr_t end);
/* init_open_console - /dev/console as descriptors 0, 1, 2 of current; 0 or -errno */
int init_open_console(void);
void tty_init(void);			/* connect console input to the terminal */
void vfs_sync_all(void);		/* shutdown */

#endif
