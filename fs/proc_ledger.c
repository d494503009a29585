/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_ledger.c - /proc/ledger and /proc/page_owner: where every page is, and who took it
 *
 * Reading ledger looks; writing anything to it first empties what keeps free memory on purpose (dead
 * threads' stacks, empty slabs, per-CPU lists), so that two readings can be compared.
 */
#include <fs/proc.h>
#include <mm/ledger.h>
#include <mm/page_owner.h>
#include <mm/slab.h>
#include <uapi/errno.h>

static void add_line(const char *line, void *arg)
{
	seq_puts(arg, line);
}

static int show_ledger(struct seq_file *m)
{
	struct ledger *l = kmalloc(sizeof(*l), GFP_KERNEL);

	if (!l)
		return -ENOMEM;
	ledger_read(l);
	ledger_print(l, add_line, m);
	kfree(l);
	return 0;
}

static int write_ledger(struct inode *inode, char *text)
{
	ledger_settle();
	return 0;
}

static int show_page_owner(struct seq_file *m)
{
	int n;

	if (!page_owners) {
		seq_puts(m, "off: boot with page_owner=on\n");
		return 0;
	}
	n = page_owner_report(0, ~0u, add_line, m);
	return n < 0 ? n : 0;
}

const struct proc_entry proc_ledger_entries[] = {
	{ .name = "ledger", .mode = S_IFREG | 0644, .show = show_ledger, .write = write_ledger },
	{ .name = "page_owner", .mode = S_IFREG | 0400, .show = show_page_owner },
	{ .mode = 0 },
};
