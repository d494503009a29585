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

static int show_thread_field(struct seq_file *m, bool nth)
{
	struct thread *t;
	unsigned int v = 0;

	spin_lock(&tasklist_lock);
	t = thread_of(m->inode);
	if (t)
		v = nth ? READ_ONCE(t->fail_nth) : t->make_it_fail;
	spin_unlock(&tasklist_lock);
	if (!t)
		return -ESRCH;
	seq_printf(m, "%u\n", v);
	return 0;
}

int proc_show_fail_nth(struct seq_file *m)
{
	return show_thread_field(m, true);
}

int proc_show_make_it_fail(struct seq_file *m)
{
	return show_thread_field(m, false);
}

/* Armed before the number can be seen, and never twice. */
int proc_write_fail_nth(struct inode *inode, char *text)
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
