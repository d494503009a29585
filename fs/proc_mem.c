/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_mem.c - /proc/PID/mem, pagemap, pagetables and clear_refs: another process's memory as files
 *
 *	mem	    offset = address; read and write reach more than the process itself could (mm/gup.c)
 *	pagemap	    offset = 8 * page number; one entry of 64 bits per page (mm/pagemap.c)
 *	pagetables  text, made in pieces as it is read (mm/pagetables.c): it may be long
 *	clear_refs  1, 2, 3: all, anonymous, file pages count as unused; 5: the peak of RSS starts anew
 *
 * ALWAYS TRUE  M1  a file stands for the address space that the process had when it was opened, and that its opener
 *                  was allowed to look into; whatever the process runs later. It holds the struct, never the memory:
 *                  once no process uses that address space any more it reads as empty.
 *              M2  frame numbers are shown to files that root opened; others read 0 in their place.
 * LOCKS        mmap_lock inside the functions of mm/; tables->lock (RANK_TTY) against a second reader.
 * LEFT OUT     soft-dirty: 4 is EINVAL.
 */
#include <fs/proc.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/page_alloc.h>
#include <mm/pagemap.h>
#include <mm/pagetables.h>
#include <mm/slab.h>
#include <uapi/errno.h>

struct tables_text;
struct mem_file { struct mm_struct *mm; bool show_pfn; struct tables_text *tables; };

/* ---- life ---- */

static int mem_open(struct inode *inode, struct file *f)
{
	struct mem_file *mf = kzalloc(sizeof(*mf), GFP_KERNEL);
	struct mm_struct *mm;

	if (!mf)
		return -ENOMEM;
	mm = process_mm_access(proc_pid(inode)->process);
	if (IS_ERR(mm)) {
		kfree(mf);
		return (int)PTR_ERR(mm);
	}
	mf->show_pfn = capable();
	mf->mm = mm;
	if (mm) {
		mmgrab(mm);
		mmput(mm);
	}
	f->private = mf;
	return 0;
}

static void mem_release(struct file *f)
{
	struct mem_file *mf = f->private;

	if (mf->mm)
		mmdrop(mf->mm);
	kfree(mf->tables);
	kfree(mf);
}

/* The address space while it is in use; NULL: it is not any more. */
static struct mm_struct *mem_get(const struct file *f)
{
	struct mem_file *mf = f->private;

	return mf->mm && mmget_not_zero(mf->mm) ? mf->mm : NULL;
}

static loff_t mem_llseek(struct file *f, loff_t off, int whence)
{
	return whence == SEEK_SET || whence == SEEK_CUR ? llseek_to(f, off, whence, 0) : -EINVAL;
}

/* Where a position is an address, the upper half of the address space has positions too. */
static loff_t address_llseek(struct file *f, loff_t off, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	f->pos = (loff_t)((whence == SEEK_CUR ? (u64)f->pos : 0) + (u64)off);
	return f->pos;
}

/* ---- mem ---- */

/* One page of buffer at a time: bytes moved, or -EIO, -EFAULT if the first could not. */
static ssize_t mem_copy(struct mm_struct *mm, struct iov_iter *it, unsigned long addr, void *page, bool write)
{
	ssize_t done = 0;
	long err = 0;

	while (it->count && !err) {
		size_t n = min(it->count, PAGE_SIZE);
		long got;

		if (write)
			n = copy_from_iter(page, n, it);
		got = n ? access_process_vm_forced(mm, addr + (size_t)done, page, n, write) : 0;
		if (got <= 0) {
			err = n ? -EIO : -EFAULT;
			break;
		}
		if (!write && copy_to_iter(page, (size_t)got, it) < (size_t)got)
			err = -EFAULT;
		done += err ? 0 : got;
		if ((size_t)got < n)
			break;
	}
	return done ? done : err;
}

static ssize_t mem_rw(struct file *f, struct iov_iter *it, loff_t *pos, bool write)
{
	struct mm_struct *mm = mem_get(f);
	void *page;
	ssize_t n;

	if (!mm)
		return 0;
	page = get_free_page(GFP_KERNEL);
	n = page ? mem_copy(mm, it, (unsigned long)*pos, page, write) : -ENOMEM;
	mmput(mm);
	if (page)
		free_page_va(page);
	if (n > 0)
		*pos += n;
	return n;
}

static ssize_t mem_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	return mem_rw(f, it, pos, false);
}

static ssize_t mem_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	return mem_rw(f, it, pos, true);
}

const struct file_ops proc_mem_fops = {
	.open = mem_open, .release = mem_release, .llseek = address_llseek, .read = mem_read, .write = mem_write,
};

/* ---- pagemap ---- */

#define ENTRIES		64

static ssize_t pagemap_copy(struct mm_struct *mm, struct iov_iter *it, unsigned long vpn, bool show_pfn)
{
	unsigned long last = mm->task_size >> PAGE_SHIFT;
	u64 entries[ENTRIES];
	ssize_t done = 0;

	while (it->count && vpn < last) {
		unsigned int n = (unsigned int)min(min(it->count / sizeof(u64), (size_t)ENTRIES), last - vpn);

		pagemap_read(mm, vpn << PAGE_SHIFT, n, entries, show_pfn);
		if (copy_to_iter(entries, n * sizeof(u64), it) < n * sizeof(u64))
			return done ? done : -EFAULT;
		done += (ssize_t)(n * sizeof(u64));
		vpn += n;
		if (cond_resched_killable())
			break;
	}
	return done;
}

static ssize_t pagemap_file_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct mem_file *mf = f->private;
	struct mm_struct *mm = mem_get(f);
	ssize_t n;

	if (!mm)
		return 0;
	if ((*pos | (loff_t)it->count) % (loff_t)sizeof(u64))
		n = -EINVAL;
	else
		n = pagemap_copy(mm, it, (unsigned long)*pos / sizeof(u64), mf->show_pfn);
	mmput(mm);
	if (n > 0)
		*pos += n;
	return n;
}

const struct file_ops proc_pagemap_fops = {
	.open = mem_open, .release = mem_release, .llseek = address_llseek, .read = pagemap_file_read,
};

/* ---- pagetables ---- */

/* The piece of the text around the position read last; readers go forward, the others start over. */
struct tables_text {
	struct mutex		lock;
	struct pagetables	t;
	loff_t			pos;		/* of the piece in the text */
	char			buf[3 << 10];
};

static void tables_rewind(struct tables_text *text, bool show_pfn)
{
	text->pos = 0;
	text->t = (struct pagetables){ .buf = text->buf, .size = sizeof(text->buf), .show_pfn = show_pfn };
}

static int tables_open(struct inode *inode, struct file *f)
{
	int err = mem_open(inode, f);
	struct mem_file *mf = f->private;

	if (err)
		return err;
	mf->tables = kmalloc(sizeof(*mf->tables), GFP_KERNEL);
	if (!mf->tables) {
		mem_release(f);
		return -ENOMEM;
	}
	mutex_init(&mf->tables->lock, RANK_TTY);
	tables_rewind(mf->tables, mf->show_pfn);
	return 0;
}

static ssize_t tables_copy(struct mm_struct *mm, struct tables_text *text, struct iov_iter *it, loff_t pos)
{
	struct pagetables *t = &text->t;
	ssize_t done = 0;

	if (pos == 0 || pos < text->pos)
		tables_rewind(text, t->show_pfn);
	while (it->count && !cond_resched_killable()) {
		size_t skip = (size_t)(pos + done - text->pos), n;

		if (skip >= t->len) {
			text->pos += (loff_t)t->len;
			pagetables_read(mm, t);
			if (!t->len)
				break;
			continue;
		}
		n = copy_to_iter(t->buf + skip, min(it->count, t->len - skip), it);
		if (!n)
			return done ? done : -EFAULT;
		done += (ssize_t)n;
	}
	return done;
}

static ssize_t tables_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct mem_file *mf = f->private;
	struct mm_struct *mm = mem_get(f);
	ssize_t n;

	if (!mm)
		return 0;
	mutex_lock(&mf->tables->lock);
	n = tables_copy(mm, mf->tables, it, *pos);
	mutex_unlock(&mf->tables->lock);
	mmput(mm);
	if (n > 0)
		*pos += n;
	return n;
}

const struct file_ops proc_pagetables_fops = {
	.open = tables_open, .release = mem_release, .llseek = mem_llseek, .read = tables_read,
};

/* ---- clear_refs ---- */

int proc_write_clear_refs(struct inode *inode, char *text)
{
	struct mm_struct *mm;
	long what;
	int err;

	err = proc_parse_int(text, 10, &what);
	if (err)
		return err;
	if (what < CLEAR_REFS_ALL || what > CLEAR_REFS_MM_HIWATER_RSS || what == 4)
		return -EINVAL;
	mm = process_mm_get(proc_pid(inode)->process);
	if (!mm)
		return -ESRCH;
	err = mm_clear_refs(mm, (enum clear_refs)what);
	mmput(mm);
	return err;
}
