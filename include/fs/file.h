/* SPDX-License-Identifier: MIT */
/*
 * file.h - open files and descriptor tables (fs/file.c, fs/fd.c)
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include <fs/uio.h>
#include <kernel/mutex.h>
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

struct path { struct mount *mnt; struct dentry *dentry; };	/* both referenced where stored */

/* dir_emit - @fill(arg, name, len, offset of the NEXT entry, ino, DT_*) returns false when the buffer is full */
struct dir_context {
	bool	(*fill)(struct dir_context *ctx, const char *name, size_t len, loff_t next, u64 ino, unsigned int type);
	loff_t	pos;
};

/* file_ops - one open file's behaviour. NULL members: the error named. Nothing is locked by the caller unless said. */
struct file_ops {
	ssize_t	(*read)(struct file *f, struct iov_iter *it, loff_t *pos);		/* -EINVAL */
	ssize_t	(*write)(struct file *f, struct iov_iter *it, loff_t *pos);		/* -EINVAL */
	loff_t	(*llseek)(struct file *f, loff_t off, int whence);			/* -ESPIPE */
	int	(*iterate)(struct file *f, struct dir_context *ctx);			/* -ENOTDIR; inode lock held */
	unsigned int (*poll)(struct file *f, struct poll_table *pt);			/* always ready */
	long	(*ioctl)(struct file *f, unsigned int cmd, unsigned long arg);		/* -ENOTTY */
	/* mmap - fill in vm_ops, mapping, vm_private of @rq (-ENODEV if absent); vm_file is set by the caller;
	 * references to the file are kept by file_vm_ops' open and close */
	int	(*mmap)(struct file *f, struct mmap_request *rq);
	int	(*open)(struct inode *inode, struct file *f);
	void	(*release)(struct file *f);						/* last reference gone */
	int	(*fsync)(struct file *f, bool datasync);				/* -EINVAL */
	int	(*fallocate)(struct file *f, int mode, loff_t off, loff_t len);		/* -EOPNOTSUPP */
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
};
#define FMODE_READ	1u
#define FMODE_WRITE	2u
#define FMODE_PATH	4u	/* O_PATH: a name, not an open file */
#define FMODE_STREAM	8u	/* no position: pipes, terminals    */

/* ---- open files ---- */
struct file *file_alloc(const struct file_ops *ops, unsigned int flags);	/* refs 1; NULL no memory */
static inline struct file *file_get(struct file *f) { atomic_inc(&f->refs); return f; }
void file_put(struct file *f);		/* may sleep: last one releases */
/* file_open - open @path relative to @dirfd in current's context; ERR_PTR(-errno) on failure */
struct file *file_open(int dirfd, const char *path, int flags, mode_t mode);
/* kernel_read - read @n bytes at @pos into a kernel buffer; bytes or -errno */
ssize_t kernel_read(struct file *f, void *buf, size_t n, loff_t pos);
/* vfs_read / vfs_write - checks of mode and limits around ops */
ssize_t vfs_read(struct file *f, struct iov_iter *it, loff_t *pos);
ssize_t vfs_write(struct file *f, struct iov_iter *it, loff_t *pos);
/* file_path - absolute path text into @buf; returns a pointer into it, or ERR_PTR(-ENAMETOOLONG) */
char *file_path(struct file *f, char *buf, size_t size);
/* generic_file_read/write/mmap - through the page cache of f->inode */
ssize_t generic_file_read(struct file *f, struct iov_iter *it, loff_t *pos);
ssize_t generic_file_write(struct file *f, struct iov_iter *it, loff_t *pos);
int generic_file_mmap(struct file *f, struct mmap_request *rq);

/* ---- descriptor tables ---- */
struct files_struct;
struct files_struct *files_alloc(void);
struct files_struct *files_dup(struct files_struct *old);	/* NULL no memory */
static inline void files_get(struct files_struct *fs);
void files_put(struct files_struct *fs);
void files_close_on_exec(struct files_struct *fs);
/* fd_get - referenced file, or NULL (EBADF); O_PATH files only with fd_get_raw. */
struct file *fd_get(int fd);
struct file *fd_get_raw(int fd);
/* fd_alloc - lowest free descriptor >= @from, reserved: -EMFILE, -ENOMEM; then fd_install or fd_cancel. */
int fd_alloc(int from, bool cloexec);
void fd_install(int fd, struct file *f);	/* takes over the reference */
void fd_cancel(int fd);
int fd_close(int fd);
/* files_next - iterate for /proc/PID/fd: first used descriptor >= @fd with its referenced file, or -1 */
int files_next(struct files_struct *fs, int fd, struct file **f);
unsigned int files_max_fds(struct files_struct *fs);

/* ---- cwd, root, umask ---- */
struct fs_struct { spinlock_t lock; struct path cwd, root; mode_t umask; atomic_t refs; };
struct fs_struct *fs_dup(struct fs_struct *old);
void fs_put(struct fs_struct *fs);

/* ---- poll ---- */
/* poll_wait - called by ops->poll for each queue whose wake-up may change the answer; @pt may be NULL (just ask). */
void poll_wait(struct file *f, wait_queue_head_t *q, struct poll_table *pt);

/* ---- ERR_PTR ---- */
static inline void *ERR_PTR(long err) { return (void *)err; }
static inline long PTR_ERR(const void *p) { return (long)p; }
static inline bool IS_ERR(const void *p) { return (unsigned long)p >= (unsigned long)-4095; }

struct files_struct { spinlock_t lock; struct file **fd; unsigned long *open_fds, *close_on_exec; unsigned int max_fds; unsigned int next_fd; atomic_t refs; };
static inline void files_get(struct files_struct *fs) { atomic_inc(&fs->refs); }

/* ---- boot ---- */
void vfs_init(void);			/* caches, root tmpfs, /dev device numbers                          */
/* initramfs_unpack - the cpio at [start,end) (physical) into the root; 0 or -errno with one clear line printed */
int initramfs_unpack(paddr_t start, paddr_t end);
/* init_open_console - /dev/console as descriptors 0, 1, 2 of current; 0 or -errno */
int init_open_console(void);
/* tty_receive_init - connect console input to the terminal */
void tty_init(void);
/* vfs_sync_all - shutdown */
void vfs_sync_all(void);

#endif
