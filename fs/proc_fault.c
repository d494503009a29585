/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_fault.c - the files of fault injection (mm/fault_inject.c)
 *
 * /proc/fail_page_alloc/ and /proc/failslab/ have the files that Linux has below /sys/kernel/debug, with
 * the same names and values; cache-filter is the name of a slab cache instead of a switch. Then there are
 * /proc/PID/fail-nth, make-it-fail, and the same below task/TID.
 *
 * LOCKS        tasklist_lock to find a thread, and to say that it is not yet on its way out.
 */
#include <fs/proc.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/fault_inject.h>
#include <uapi/errno.h>

/* ---- attributes ---- */

enum kind { NUMBER, SIGNED, SWITCH, NAME };

static int show_field(struct seq_file *m, enum kind kind, const void *field)
{
	if (kind == NUMBER)
		seq_printf(m, "%lu\n", *(const unsigned long *)field);
	else if (kind == SIGNED)
		seq_printf(m, "%ld\n", *(const long *)field);
	else if (kind == SWITCH)
		seq_puts(m, *(const unsigned long *)field ? "Y\n" : "N\n");
	else
		seq_printf(m, "%s\n", (const char *)field);
	return 0;
}

/* "Y", "N", "1", "0" and their like; -EINVAL */
static int parse_switch(const char *text, unsigned long *v)
{
	if (!text[0] || text[1])
		return -EINVAL;
	if (strchr("Yy1", text[0]))
		*v = 1;
	else if (strchr("Nn0", text[0]))
		*v = 0;
	else
		return -EINVAL;
	return 0;
}

static int write_field(enum kind kind, void *field, const char *text, long max)
{
	long v;

	if (kind == SWITCH)
		return parse_switch(text, field);
	if (kind == NAME)
		return strscpy(field, text, sizeof(failslab.cache)) < 0 ? -EINVAL : 0;
	if (kstrtol(text, 0, &v) || v < (kind == SIGNED ? -1 : 0) || v > max)
		return -EINVAL;
	WRITE_ONCE(*(long *)field, v);
	return 0;
}

#define ATTR_FIELD(attr, field, kind, max)						\
static int show_##attr##_##field(struct seq_file *m)					\
{											\
	return show_field(m, kind, &attr.field);					\
}											\
static int write_##attr##_##field(struct inode *inode, char *text)			\
{											\
	int err = write_field(kind, &attr.field, text, max);				\
											\
	fault_attr_update(&attr);							\
	return err;									\
}
#define ATTR_FIELDS(attr)								\
	ATTR_FIELD(attr, probability, NUMBER, 100)					\
	ATTR_FIELD(attr, interval, NUMBER, 1L << 30)					\
	ATTR_FIELD(attr, times, SIGNED, 1L << 30)					\
	ATTR_FIELD(attr, space, NUMBER, 1L << 40)					\
	ATTR_FIELD(attr, verbose, NUMBER, 2)						\
	ATTR_FIELD(attr, task_filter, SWITCH, 1)					\
	ATTR_FIELD(attr, ignore_gfp_wait, SWITCH, 1)
ATTR_FIELDS(fail_page_alloc)
ATTR_FIELD(fail_page_alloc, min_order, NUMBER, 10)
ATTR_FIELDS(failslab)
ATTR_FIELD(failslab, cache, NAME, 0)

#define ATTR_FILE(attr, file, field)							\
	{ .name = file, .mode = S_IFREG | 0600, .show = show_##attr##_##field, .write = write_##attr##_##field }
#define ATTR_FILES(attr)								\
	ATTR_FILE(attr, "ignore-gfp-wait", ignore_gfp_wait), ATTR_FILE(attr, "interval", interval),	\
	ATTR_FILE(attr, "probability", probability), ATTR_FILE(attr, "space", space),			\
	ATTR_FILE(attr, "task-filter", task_filter), ATTR_FILE(attr, "times", times),			\
	ATTR_FILE(attr, "verbose", verbose)

static const struct proc_entry page_entries[] = {
	ATTR_FILES(fail_page_alloc), ATTR_FILE(fail_page_alloc, "min-order", min_order), { .mode = 0 },
};
static const struct proc_entry slab_entries[] = {
	ATTR_FILES(failslab), ATTR_FILE(failslab, "cache-filter", cache), { .mode = 0 },
};
const struct proc_entry proc_fault_entries[] = {
	{ .name = "fail_page_alloc", .mode = S_IFDIR | 0500, .children = page_entries },
	{ .name = "failslab", .mode = S_IFDIR | 0500, .children = slab_entries },
	{ .mode = 0 },
};

/* ---- one task ---- */

/* The thread that a file is about, while it can still be told anything; tasklist lock held. */
static struct thread *thread_of(struct inode *inode)
{
	struct thread *t = find_thread(proc_pid(inode)->tid);

	return t && t->process == proc_pid(inode)->process && !list_empty(&t->thread_link) ? t : NULL;
}

int proc_show_make_it_fail(struct seq_file *m)
{
	struct thread *t;
	bool v = false;

	spin_lock(&tasklist_lock);
	t = thread_of(m->inode);
	if (t)
		v = t->make_it_fail;
	spin_unlock(&tasklist_lock);
	if (!t)
		return -ESRCH;
	seq_printf(m, "%d\n", v);
	return 0;
}

/* Without a seq_file: the reader is usually the task itself, and what it allocates would count. */
static ssize_t fail_nth_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct thread *t;
	char text[16];
	size_t n = 0;

	spin_lock(&tasklist_lock);
	t = thread_of(f->inode);
	if (t)
		n = (size_t)snprintf(text, sizeof(text), "%u\n", READ_ONCE(t->fail_nth));
	spin_unlock(&tasklist_lock);
	if (!t)
		return -ESRCH;
	if (*pos >= (loff_t)n || !it->count)
		return 0;
	n = copy_to_iter(text + *pos, min(n - (size_t)*pos, it->count), it);
	*pos += (loff_t)n;
	return n ? (ssize_t)n : -EFAULT;
}

/* Armed before the number can be seen, and never twice. */
static int set_fail_nth(struct inode *inode, const char *text)
{
	bool extra = true;
	struct thread *t;
	long v;

	if (kstrtol(text, 0, &v) || v < 0 || v > 1L << 30)
		return -EINVAL;
	fault_arm();
	spin_lock(&tasklist_lock);
	t = thread_of(inode);
	if (t) {
		extra = t->fail_armed || !v;
		if (t->fail_armed && !v)
			fault_disarm();
		t->fail_armed = v != 0;
		WRITE_ONCE(t->fail_nth, (unsigned int)v);
	}
	spin_unlock(&tasklist_lock);
	if (extra)
		fault_disarm();
	return t ? 0 : -ESRCH;
}

static ssize_t fail_nth_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	size_t n = it->count;
	char text[16];
	int err;

	if (n >= sizeof(text))
		return -EINVAL;
	if (copy_from_iter(text, n, it) < n)
		return -EFAULT;
	text[n] = '\0';
	if (n && text[n - 1] == '\n')
		text[n - 1] = '\0';
	err = set_fail_nth(f->inode, text);
	return err ? err : (ssize_t)n;
}

static loff_t fail_nth_llseek(struct file *f, loff_t off, int whence)
{
	return whence == SEEK_END ? -EINVAL : llseek_to(f, off, whence, 0);
}

const struct file_ops proc_fail_nth_fops = {
	.read = fail_nth_read, .write = fail_nth_write, .llseek = fail_nth_llseek,
};

int proc_write_make_it_fail(struct inode *inode, char *text)
{
	struct thread *t;
	long v;

	if (kstrtol(text, 0, &v) || v < 0 || v > 1)
		return -EINVAL;
	spin_lock(&tasklist_lock);
	t = thread_of(inode);
	if (t)
		t->make_it_fail = v != 0;
	spin_unlock(&tasklist_lock);
	return t ? 0 : -ESRCH;
}
