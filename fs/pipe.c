/* SPDX-License-Identifier: MIT */
/*
 * fs/pipe.c - pipes and FIFOs: a ring of pages between writers and readers
 *
 *      tail                     head           bufs[i & (nr - 1)] = page, offset, length
 *       | [....xx] [xxxxxx] [xxx...] |         readers take at tail, writers append at head; a
 *       v reader            writer  v          slot keeps its drained page for the next round
 *
 * Writes of at most PIPE_BUF bytes go in whole or not at all (POSIX). A write joins the last page if
 * it fits there, so that many small writes do not eat a page each. With O_DIRECT each write is a packet
 * of its own (or several of a page): nothing joins it, a read takes one at most, and what of it does not
 * fit is gone.
 *
 * ALWAYS TRUE  R1  head - tail <= nr (buffers in use); each of those has len > 0.
 *              R2  readers and writers count open ends; with none left the struct is freed.
 * LOCKS        pipe->mutex (RANK_PIPE); user copies fault inside it. A FIFO's inode->lock guards
 *              inode->pipe itself.
 */
#include <fs/namei.h>
#include <fs/pipe.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <mm/ledger.h>
#include <mm/page.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include <uapi/ioctls.h>
#include <uapi/statfs.h>

#define PIPE_DEF_BUFFERS	16u
#define PIPE_MAX_SIZE		(1u << 20)	/* /proc/sys/fs/pipe-max-size */

struct pipe_buffer { struct page *page; unsigned int offset; unsigned short len; bool packet; };

struct pipe {
	struct mutex		mutex;		/* RANK_PIPE */
	wait_queue_head_t	rd_wait, wr_wait;
	unsigned int		head, tail;	/* mutex */
	unsigned int		nr;		/* mutex; a power of two */
	unsigned int		readers, writers;	/* mutex */
	unsigned int		r_counter, w_counter;	/* mutex; openings ever, for FIFOs */
	unsigned int		files;		/* mutex, or the FIFO's inode lock */
	struct pipe_buffer	*bufs;		/* mutex */
};

static struct pipe *pipe_new(void)
{
	struct pipe *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return NULL;
	p->nr = PIPE_DEF_BUFFERS;
	p->bufs = kcalloc(p->nr, sizeof(*p->bufs), GFP_KERNEL);
	if (!p->bufs) {
		kfree(p);
		return NULL;
	}
	mutex_init(&p->mutex, RANK_PIPE);
	init_waitqueue_head(&p->rd_wait);
	init_waitqueue_head(&p->wr_wait);
	return p;
}

static struct page *new_buffer_page(void)
{
	struct page *page = alloc_page(GFP_HIGHUSER);

	if (page)
		ledger_own(page, LEDGER_PIPE, 0);
	return page;
}

static void put_buffer_page(struct page *page)
{
	if (!page)
		return;
	ledger_disown(page, 0);
	put_page(page);
}

static void pipe_free(struct pipe *p)
{
	for (unsigned int i = 0; i < p->nr; i++)
		put_buffer_page(p->bufs[i].page);
	kfree(p->bufs);
	kfree(p);
}

static bool pipe_empty(const struct pipe *p)
{
	return READ_ONCE(p->head) == READ_ONCE(p->tail);
}

static bool pipe_full(const struct pipe *p)
{
	return READ_ONCE(p->head) - READ_ONCE(p->tail) >= READ_ONCE(p->nr);
}

static struct pipe_buffer *buf_at(struct pipe *p, unsigned int i)
{
	return &p->bufs[i & (p->nr - 1)];
}

/* ---- reading ---- */

/* Take what is there; bytes, or -EFAULT. */
static ssize_t pipe_drain(struct pipe *p, struct iov_iter *it)
{
	ssize_t done = 0;

	while (!pipe_empty(p) && it->count) {
		struct pipe_buffer *b = buf_at(p, p->tail);
		size_t n = min_t(size_t, b->len, it->count);
		size_t copied = copy_page_to_iter(b->page, b->offset, n, it);

		b->offset += (unsigned int)copied;
		b->len -= (unsigned int)copied;
		done += (ssize_t)copied;
		if (copied < n)
			return done ? done : -EFAULT;
		if (unlikely(b->packet)) {
			p->tail++;
			break;
		}
		if (!b->len)
			p->tail++;
	}
	return done;
}

static ssize_t pipe_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct pipe *p = f->private;
	ssize_t n = 0;

	if (!it->count)
		return 0;
	mutex_lock(&p->mutex);
	while (pipe_empty(p)) {
		if (!p->writers)
			goto out;
		if (f->flags & O_NONBLOCK) {
			n = -EAGAIN;
			goto out;
		}
		mutex_unlock(&p->mutex);
		if (wait_event_interruptible(p->rd_wait, !pipe_empty(p) || !READ_ONCE(p->writers)))
			return -ERESTARTSYS;
		mutex_lock(&p->mutex);
	}
	n = pipe_drain(p, it);
out:
	mutex_unlock(&p->mutex);
	if (n > 0 && waitqueue_active(&p->wr_wait))
		wake_up_poll(&p->wr_wait, POLLOUT | POLLWRNORM);
	return n;
}

/* ---- writing ---- */

/* Append to the last page if everything still fits there. Bytes, 0 if it does not, -EFAULT. */
static ssize_t pipe_join(struct pipe *p, struct iov_iter *it)
{
	struct pipe_buffer *b;
	size_t n = it->count & (PAGE_SIZE - 1), copied;

	if (pipe_empty(p) || !n)
		return 0;
	b = buf_at(p, p->head - 1);
	if (b->packet || b->offset + b->len + n > PAGE_SIZE)
		return 0;
	copied = copy_page_from_iter(b->page, b->offset + b->len, n, it);
	if (copied < n) {
		iov_iter_revert(it, copied);
		return -EFAULT;
	}
	b->len += (unsigned int)n;
	return (ssize_t)n;
}

/* One more page of data; bytes or -errno. There is a free buffer. */
static ssize_t pipe_append(struct pipe *p, struct iov_iter *it, bool packet)
{
	struct pipe_buffer *b = buf_at(p, p->head);
	size_t n = min_t(size_t, it->count, PAGE_SIZE), copied;

	if (!b->page)
		b->page = new_buffer_page();
	if (!b->page)
		return -ENOMEM;
	copied = copy_page_from_iter(b->page, 0, n, it);
	if (copied < n) {
		iov_iter_revert(it, copied);
		return -EFAULT;
	}
	b->offset = 0;
	b->len = (unsigned int)n;
	b->packet = packet;
	p->head++;
	return (ssize_t)n;
}

static int pipe_broken(void)
{
	send_signal_thread(current, SIGPIPE, NULL);
	return -EPIPE;
}

static void wake_readers(struct pipe *p)
{
	if (waitqueue_active(&p->rd_wait))
		wake_up_poll(&p->rd_wait, POLLIN | POLLRDNORM);
}

/* Wait for room with the mutex dropped; 0, -EAGAIN, -ERESTARTSYS. */
static int wait_for_room(struct pipe *p, struct file *f)
{
	int err;

	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	mutex_unlock(&p->mutex);
	wake_readers(p);
	err = wait_event_interruptible(p->wr_wait, !pipe_full(p) || !READ_ONCE(p->readers));
	mutex_lock(&p->mutex);
	return err ? -ERESTARTSYS : 0;
}

static ssize_t pipe_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct pipe *p = f->private;
	ssize_t done = 0, n = 0;

	if (!it->count)
		return 0;
	mutex_lock(&p->mutex);
	if (p->readers) {
		n = pipe_join(p, it);
		if (n > 0)
			done = n;
	}
	while (it->count && n >= 0) {
		if (!p->readers)
			n = pipe_broken();	/* even if a part went in: that is returned */
		else if (!pipe_full(p))
			n = pipe_append(p, it, f->flags & O_DIRECT);
		else
			n = wait_for_room(p, f);
		if (n > 0)
			done += n;
	}
	mutex_unlock(&p->mutex);
	if (done)
		wake_readers(p);
	return done ? done : n;
}

/* ---- the rest of a file's life ---- */

static unsigned int pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->private;
	unsigned int mask = 0;

	if (f->mode & FMODE_READ)
		poll_wait(f, &p->rd_wait, pt);
	if (f->mode & FMODE_WRITE)
		poll_wait(f, &p->wr_wait, pt);
	if (f->mode & FMODE_READ) {
		if (!pipe_empty(p))
			mask |= POLLIN | POLLRDNORM;
		if (!READ_ONCE(p->writers) && p->w_counter != f->version)
			mask |= POLLHUP;
	}
	if (f->mode & FMODE_WRITE) {
		if (!pipe_full(p))
			mask |= POLLOUT | POLLWRNORM;
		if (!READ_ONCE(p->readers))
			mask |= POLLERR;
	}
	return mask;
}

static long pipe_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct pipe *p = f->private;
	unsigned int bytes = 0;

	if (cmd != FIONREAD)
		return -ENOTTY;
	mutex_lock(&p->mutex);
	for (unsigned int i = p->tail; i != p->head; i++)
		bytes += buf_at(p, i)->len;
	mutex_unlock(&p->mutex);
	return put_user((int)bytes, (int __user *)arg);
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->private;
	struct inode *inode = f->inode;
	bool last;

	mutex_lock(&inode->lock);
	mutex_lock(&p->mutex);
	if (f->mode & FMODE_READ)
		p->readers--;
	if (f->mode & FMODE_WRITE)
		p->writers--;
	last = --p->files == 0;
	mutex_unlock(&p->mutex);
	wake_up_poll(&p->rd_wait, POLLIN | POLLHUP);
	wake_up_poll(&p->wr_wait, POLLOUT | POLLERR);
	if (last)
		inode->pipe = NULL;
	mutex_unlock(&inode->lock);	/* until here no other end can free the pipe */
	if (last)
		pipe_free(p);
}

static const struct file_ops pipe_fops = {
	.read		= pipe_read,
	.write		= pipe_write,
	.poll		= pipe_poll,
	.ioctl		= pipe_ioctl,
	.release	= pipe_release,
};

/* ---- FIFOs ---- */

/* The FIFO's pipe with one more file, made by the first opener. */
static struct pipe *fifo_get(struct inode *inode)
{
	mutex_lock(&inode->lock);
	if (!inode->pipe)
		inode->pipe = pipe_new();
	if (inode->pipe)
		inode->pipe->files++;
	mutex_unlock(&inode->lock);
	return inode->pipe;
}

/* A pipe that is opened again by its link in /proc had both its ends already: nobody waits. */
static bool is_fifo(const struct inode *inode)
{
	return inode->sb->magic != PIPEFS_MAGIC;
}

static int fifo_wait_partner(struct file *f, struct pipe *p)
{
	unsigned int r = p->r_counter, w = p->w_counter;

	if ((f->mode & (FMODE_READ | FMODE_WRITE)) == (FMODE_READ | FMODE_WRITE))
		return 0;
	if (!is_fifo(f->inode))
		return 0;
	if ((f->mode & FMODE_READ) && !p->writers) {
		if (f->flags & O_NONBLOCK) {
			f->version = p->w_counter;	/* no POLLHUP before a writer came */
			return 0;
		}
		mutex_unlock(&p->mutex);
		r = (unsigned int)wait_event_interruptible(p->rd_wait,
							   READ_ONCE(p->w_counter) != w);
		mutex_lock(&p->mutex);
		return r ? -ERESTARTSYS : 0;
	}
	if ((f->mode & FMODE_WRITE) && !p->readers) {
		mutex_unlock(&p->mutex);
		w = (unsigned int)wait_event_interruptible(p->wr_wait,
							   READ_ONCE(p->r_counter) != r);
		mutex_lock(&p->mutex);
		return w ? -ERESTARTSYS : 0;
	}
	return 0;
}

static int fifo_open(struct inode *inode, struct file *f)
{
	struct pipe *p = fifo_get(inode);
	int err = 0;

	if (!p)
		return -ENOMEM;
	f->private = p;
	f->mode |= FMODE_STREAM;
	f->ops = &pipe_fops;
	f->version = ~0ULL;
	mutex_lock(&p->mutex);
	if ((f->flags & O_NONBLOCK) && (f->mode & (FMODE_READ | FMODE_WRITE)) == FMODE_WRITE &&
	    !p->readers && is_fifo(inode))
		err = -ENXIO;
	if (f->mode & FMODE_READ) {
		p->readers++;
		p->r_counter++;
	}
	if (f->mode & FMODE_WRITE) {
		p->writers++;
		p->w_counter++;
	}
	wake_up_all(&p->rd_wait);
	wake_up_all(&p->wr_wait);
	if (!err)
		err = fifo_wait_partner(f, p);
	mutex_unlock(&p->mutex);
	if (err)
		pipe_release(f);
	return err;
}

const struct file_ops fifo_fops = { .open = fifo_open };

/* ---- pipe(2) ---- */

static struct file *pipe_end(struct inode *inode, struct pipe *p, unsigned int flags)
{
	struct file *f = file_alloc(&pipe_fops, flags);

	if (!f)
		return NULL;
	f->inode = inode_get(inode);
	f->mode |= FMODE_STREAM;
	f->private = p;
	f->version = ~0ULL;
	p->files++;
	if (f->mode & FMODE_READ)
		p->readers++;
	else
		p->writers++;
	return f;
}

int pipe_create(struct file *ends[2], unsigned int flags)
{
	struct inode *inode = anon_inode_get(S_IFIFO | 0600);
	struct pipe *p = inode ? pipe_new() : NULL;
	unsigned int direct = flags & O_DIRECT;		/* only the writer's: it makes the packets */

	if (!p) {
		if (inode)
			inode_put(inode);
		return -ENOMEM;
	}
	inode->pipe = p;
	p->r_counter = p->w_counter = 1;
	flags &= ~(unsigned int)O_DIRECT;
	ends[0] = pipe_end(inode, p, O_RDONLY | flags);
	ends[1] = ends[0] ? pipe_end(inode, p, O_WRONLY | flags | direct) : NULL;
	inode_put(inode);
	if (ends[1])
		return 0;
	if (ends[0])
		file_put(ends[0]);
	else
		pipe_free(p);
	return -ENOMEM;
}

static long do_pipe2(int __user *ufds, unsigned int flags)
{
	struct file *ends[2];
	bool cloexec = (flags & O_CLOEXEC) != 0;
	int fds[2], err;

	if (flags & ~(unsigned int)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	err = pipe_create(ends, flags & (O_NONBLOCK | O_DIRECT));
	if (err)
		return err;
	fds[0] = fd_alloc(0, cloexec);
	fds[1] = fds[0] < 0 ? fds[0] : fd_alloc(0, cloexec);
	if (fds[1] < 0)
		err = fds[1];
	else if (copy_to_user(ufds, fds, sizeof(fds)))
		err = -EFAULT;
	if (err) {
		if (fds[0] >= 0)
			fd_cancel(fds[0]);
		if (fds[1] >= 0)
			fd_cancel(fds[1]);
		file_put(ends[0]);
		file_put(ends[1]);
		return err;
	}
	fd_install(fds[0], ends[0]);
	fd_install(fds[1], ends[1]);
	return 0;
}

SYSCALL_DEFINE2(pipe2, int __user *, fds, unsigned int, flags)
{
	return do_pipe2(fds, flags);
}

SYSCALL_DEFINE1(pipe, int __user *, fds)
{
	return do_pipe2(fds, 0);
}

/* ---- size ---- */

static struct pipe *pipe_of(struct file *f)
{
	return f->ops == &pipe_fops ? f->private : NULL;
}

long pipe_get_size(struct file *f)
{
	struct pipe *p = pipe_of(f);

	return p ? (long)(p->nr * PAGE_SIZE) : -EBADF;
}

/*
 * Move what is inside to @bufs. head and tail stay as they are, so that pipe_empty(), which looks without
 * the lock, sees no difference. mutex held.
 */
static void move_buffers(struct pipe *p, struct pipe_buffer *bufs, unsigned int nr)
{
	for (unsigned int i = p->tail; i != p->head; i++) {
		bufs[i & (nr - 1)] = *buf_at(p, i);
		buf_at(p, i)->page = NULL;
	}
	for (unsigned int i = 0; i < p->nr; i++)
		put_buffer_page(p->bufs[i].page);
	p->bufs = bufs;
	WRITE_ONCE(p->nr, nr);
}

long pipe_set_size(struct file *f, unsigned int size)
{
	struct pipe *p = pipe_of(f);
	struct pipe_buffer *bufs, *old;
	unsigned int nr;

	if (!p)
		return -EBADF;
	if (size > PIPE_MAX_SIZE)
		return capable() && size <= (1u << 31) ? -ENOMEM : -EPERM;
	nr = (unsigned int)roundup_pow_of_two(DIV_ROUND_UP(max(size, 1u), PAGE_SIZE));
	bufs = kcalloc(nr, sizeof(*bufs), GFP_KERNEL);
	if (!bufs)
		return -ENOMEM;
	mutex_lock(&p->mutex);
	if (p->head - p->tail > nr) {
		mutex_unlock(&p->mutex);
		kfree(bufs);
		return -EBUSY;
	}
	old = p->bufs;
	move_buffers(p, bufs, nr);
	mutex_unlock(&p->mutex);
	kfree(old);
	wake_up(&p->wr_wait);
	return (long)(nr * PAGE_SIZE);
}
